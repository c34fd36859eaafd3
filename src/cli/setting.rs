//! `setting`: what the office may change.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::out::{self, Ended, Form, left};
use super::refusal::bounds;
use super::session::Setup;
use crate::domain::setting::Key;
use crate::office::setting;

/// 设置：单位名称、监督电话、允许时段等
///
/// 设置存在数据库里，不用重启，每次更改都记入审计记录。内容里的〔…〕由设置填写。
#[derive(Debug, Args)]
pub struct Setting {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 列出全部设置和现在的值
    #[command(after_help = "例子\n  qingfeng setting list\n  qingfeng setting list --json")]
    List {
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 显示一项设置
    #[command(after_help = "例子\n  qingfeng setting show office.hotline")]
    Show {
        /// 设置的键，见setting list
        #[arg(value_name = "键")]
        key: String,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 更改一项设置
    #[command(after_help = set_help())]
    Set {
        /// 设置的键，见下
        #[arg(value_name = "键")]
        key: String,
        /// 新的值，有空格时加引号
        #[arg(value_name = "值", allow_hyphen_values = true)]
        value: String,
    },
}

fn set_help() -> String {
    let each = |key: &Key| {
        let default = key.default().map_or_else(|| "没有默认，要填".to_owned(), |value| format!("默认{value}"));
        format!("  {}\n      {}，{default}\n      {}", key.as_str(), key.label(), bounds(*key))
    };
    let keys = Key::ALL.iter().map(each).collect::<Vec<_>>().join("\n");
    let examples = "qingfeng setting set office.hotline 内线8000\n  qingfeng setting set hours.morning 08:30-11:30";
    format!("可改的设置\n{keys}\n\n例子\n  {examples}")
}

#[derive(Serialize)]
struct SettingJson<'a> {
    key: &'a str,
    label: &'a str,
    value: Option<&'a str>,
    default: Option<&'a str>,
    changed: bool,
    bounds: String,
}

impl Verb {
    /// Carries the verb out.
    pub fn run(self, setup: &Setup) -> Ended {
        match self {
            Self::List { json } => {
                setup.open(async |session| print(&setting::list(&session.ctx, &session.actor).await?, json.into()))
            }
            Self::Show { key, json } => setup.open(async |session| {
                let setting = setting::show(&session.ctx, &session.actor, &key).await?;
                match Form::from(json) {
                    Form::Json => out::json(&one_json(&setting)),
                    Form::Text => print(&[setting], Form::Text),
                }
            }),
            Self::Set { key, value } => setup.open(async |session| {
                let set = setting::set(&session.ctx, &session.actor, &key, &value).await?;
                let value = set.value.unwrap_or_default();
                out::print(&format!("{}（{}）已改为：{value}", set.key.as_str(), set.key.label()))
            }),
        }
    }
}

fn one_json(setting: &setting::Setting) -> SettingJson<'_> {
    SettingJson {
        key: setting.key.as_str(),
        label: setting.key.label(),
        value: setting.value.as_deref(),
        default: setting.key.default(),
        changed: setting.changed,
        bounds: bounds(setting.key),
    }
}

fn print(settings: &[setting::Setting], form: Form) -> Ended {
    if form == Form::Json {
        return out::json(&settings.iter().map(one_json).collect::<Vec<_>>());
    }
    let rows = settings.iter().map(|setting| {
        let value = setting.value.clone().unwrap_or_else(|| "（未填）".to_owned());
        let changed = if setting.changed { "已改" } else { "默认" };
        vec![
            setting.key.as_str().to_owned(),
            setting.key.label().to_owned(),
            value,
            changed.to_owned(),
            bounds(setting.key),
        ]
    });
    let columns = [left("键"), left("名称"), left("值"), left("来源"), left("可写")];
    out::table(&columns, rows.collect(), "没有设置")
}
