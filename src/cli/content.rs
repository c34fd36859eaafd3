//! `content`: check files, take them in, list and show items.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::out::{self, Ended, Form, left, right};
use super::session::{Session, Setup};
use super::words;
use crate::domain::calendar::Festival;
use crate::domain::content::{Theme, body};
use crate::domain::quiz::{Question, Quiz};
use crate::office::content::{self, Synced, listed};
use crate::store::item::{ItemRow, VersionRow};

/// 内容：检查、收入、查看
///
/// 每条内容是一个文件：items/主题/短名.md。开头写资料（标题、依据、原文、核对日期等），下面写正文。
#[derive(Debug, Args)]
pub struct Content {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 检查内容文件，不改动数据库
    ///
    /// 一次列出全部问题，每个问题一行：文件、行、键、怎么改。
    #[command(after_help = "例子\n  qingfeng content check\n  qingfeng content check 草稿")]
    Check {
        /// 内容文件夹，里面有items；不写就用QINGFENG_CONTENT_DIR
        #[arg(value_name = "文件夹")]
        dir: Option<PathBuf>,
    },
    /// 把内容文件收进数据库
    ///
    /// 先检查，有一个问题就都不收。改过的成为新版本，删掉的撤下，已推送的不受影响。
    #[command(after_help = "例子\n  qingfeng content sync")]
    Sync,
    /// 列出全部内容
    #[command(after_help = "例子\n  qingfeng content list\n  qingfeng content list --json")]
    List {
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 显示一条内容的全文和依据
    #[command(after_help = "例子\n  qingfeng content show token-price-is-gift")]
    Show {
        /// 内容的短名，见content list
        #[arg(value_name = "短名")]
        slug: String,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
struct ItemJson<'a> {
    slug: &'a str,
    version: i64,
    code: &'a str,
    theme: &'a str,
    title: &'a str,
    audience: &'a str,
    confirm: &'a str,
    state: &'a str,
    expires_on: Option<chrono::NaiveDate>,
    tags: Vec<&'a str>,
    /// As the calendar's files and commands spell them.
    festivals: Vec<&'a str>,
}

#[derive(Serialize)]
struct ShownJson<'a> {
    #[serde(flatten)]
    item: ItemJson<'a>,
    basis: Vec<&'a str>,
    article_text: &'a str,
    takeaway: &'a str,
    body: &'a str,
    quiz: Vec<QuestionJson>,
    verified_on: chrono::NaiveDate,
    checked_by: &'a str,
}

#[derive(Serialize)]
struct QuestionJson {
    question: String,
    options: Vec<String>,
    /// Letters of the right options.
    answer: String,
    explain: String,
    basis: String,
}

impl Verb {
    /// Carries the verb out.
    pub fn run(self, setup: &Setup) -> Ended {
        match self {
            Self::Check { dir } => {
                let dir = dir.map_or_else(|| Ok(setup.config()?.content_dir.clone()), Ended::Ok)?;
                let items = content::check(&dir)?;
                out::print(&format!("{}条内容都没有问题", items.len()))
            }
            Self::Sync => setup.open(sync),
            Self::List { json } => setup.open(async |session| list(session, json.into()).await),
            Self::Show { slug, json } => setup.open(async |session| show(session, &slug, json.into()).await),
        }
    }
}

async fn sync(session: &Session) -> Ended {
    let items = content::check(&session.config.content_dir)?;
    let synced = content::sync(&session.ctx, &session.actor, &items).await?;
    out::print(&synced_lines(&synced))
}

fn synced_lines(synced: &Synced) -> String {
    let counts = format!(
        "新增{}条，更新{}条，撤下{}条，不变{}条",
        synced.added.len(),
        synced.changed.len(),
        synced.withdrawn.len(),
        synced.unchanged
    );
    let named = [("新增", &synced.added), ("更新", &synced.changed), ("撤下", &synced.withdrawn)];
    let named = named.into_iter().filter(|(_, slugs)| !slugs.is_empty());
    let lines = named.map(|(what, slugs)| format!("{what}：{}", slugs.join("、")));
    [counts].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

fn item_json(row: &ItemRow) -> ItemJson<'_> {
    ItemJson {
        slug: &row.slug,
        version: row.version,
        code: &row.code,
        theme: &row.theme,
        title: &row.title,
        audience: &row.audience,
        confirm: row.confirm.as_str(),
        state: row.state.as_str(),
        expires_on: row.expires_on,
        tags: listed(&row.tags).collect(),
        festivals: listed(&row.festivals).collect(),
    }
}

async fn list(session: &Session, form: Form) -> Ended {
    let items = content::list(&session.ctx, &session.actor).await?;
    if form == Form::Json {
        return out::json(&items.iter().map(item_json).collect::<Vec<_>>());
    }
    let columns = [
        left("编号"),
        left("短名"),
        right("版本"),
        left("主题"),
        left("对象"),
        left("方式"),
        left("状态"),
        left("标题"),
    ];
    let rows = items.into_iter().map(|row| {
        vec![
            row.code,
            row.slug,
            row.version.to_string(),
            theme(&row.theme),
            row.audience,
            words::confirm(row.confirm).to_owned(),
            words::item_state(row.state).to_owned(),
            row.title,
        ]
    });
    out::table(&columns, rows.collect(), "还没有内容。请运行：qingfeng content sync")
}

/// The label of a theme.
pub(super) fn theme(word: &str) -> String {
    Theme::parse(word).map_or_else(|| word.to_owned(), |theme| theme.label().to_owned())
}

fn festival(word: &str) -> String {
    Festival::parse(word).map_or_else(|| word.to_owned(), |festival| festival.label().to_owned())
}

async fn show(session: &Session, slug: &str, form: Form) -> Ended {
    let (row, version) = content::show(&session.ctx, &session.actor, slug).await?;
    if form == Form::Json {
        return out::json(&ShownJson {
            item: item_json(&row),
            basis: version.basis.lines().collect(),
            article_text: &version.article_text,
            takeaway: &version.takeaway,
            body: &version.body,
            quiz: questions(&version).into_iter().map(question_json).collect(),
            verified_on: version.verified_on,
            checked_by: &version.checked_by,
        });
    }
    out::print(&page(&row, &version))
}

/// The questions of a version; what was stored by a later program and cannot be read is left out.
fn questions(version: &VersionRow) -> Vec<Question> {
    Quiz::decode(&version.quiz).unwrap_or_default().0
}

fn question_json(question: Question) -> QuestionJson {
    QuestionJson {
        answer: question.key.joined(""),
        basis: question.basis.label(),
        question: question.text,
        options: question.options,
        explain: question.explain,
    }
}

fn page(row: &ItemRow, version: &VersionRow) -> String {
    let expires = version.expires_on.map_or_else(|| "长期".to_owned(), |day| format!("{day}起不再推送"));
    let festivals = listed(&version.festivals).map(festival);
    let head = [
        ("标题", version.title.clone()),
        ("编号", format!("{}（第{}版）", version.code, version.version)),
        ("短名", version.slug.clone()),
        ("主题", theme(&version.theme)),
        ("对象", version.audience.clone()),
        ("方式", words::confirm(version.confirm).to_owned()),
        ("状态", words::item_state(row.state).to_owned()),
        ("依据", version.basis.lines().collect::<Vec<_>>().join("；")),
        ("原文", version.article_text.clone()),
        ("一句话", version.takeaway.clone()),
        ("核对", format!("{}，{}", version.verified_on, version.checked_by)),
        ("期限", expires),
        ("标签", listed(&version.tags).collect::<Vec<_>>().join("、")),
        ("节日", festivals.collect::<Vec<_>>().join("、")),
    ];
    let head: Vec<String> =
        head.into_iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| format!("{label}：{text}")).collect();
    let asked = (1..).zip(questions(version)).map(|(nth, one): (usize, Question)| {
        format!("小题{nth}：{}（{}）正确答案{}。{}", one.text, one.options.join("／"), one.key, one.explain)
    });
    let parts = [head.join("\n"), body(&version.body).to_plain()].into_iter().chain(asked);
    parts.collect::<Vec<_>>().join("\n\n")
}
