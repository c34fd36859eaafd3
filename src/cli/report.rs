//! `report`: the month's figures.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Subcommand};

use super::out::{self, Ended};
use super::session::Setup;
use super::words;
use crate::domain::month::Month;
use crate::domain::report::MonthReport;
use crate::office::report;
use crate::render::report as render;

/// 报表：一个月的参学情况
#[derive(Debug, Args)]
pub struct Report {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 出一个月的参学情况报表
    ///
    /// 按科室汇总，不列个人。写--unit就只出所写单位的。科室负责人只能出本人负责单位的。供了解情况、改进内容使用，不作为对单位和个人考核评价的依据。
    #[command(after_help = "例子\n  qingfeng report month 2026-09\n  \
                            qingfeng report month 2026-09 --format csv --out 2026-09.csv\n  \
                            qingfeng report month 2026-09 --unit 综合科")]
    Month {
        /// 哪个月
        #[arg(value_name = "月份", value_parser = words::month)]
        month: Month,
        /// 哪些单位，上级单位指下面的全部科室；不写就是能看的全部单位
        #[arg(long, value_name = "单位", num_args = 1..)]
        unit: Vec<String>,
        /// 格式；不写就看文件的扩展名，没有扩展名的是text
        #[arg(long, value_name = "格式", value_parser = formats())]
        format: Option<String>,
        /// 写到文件，已有的会换掉；不写就显示在屏幕上
        #[arg(long, value_name = "文件")]
        out: Option<PathBuf>,
    },
}

fn formats() -> PossibleValuesParser {
    PossibleValuesParser::new([
        PossibleValue::new("text").help("文字，给人看"),
        PossibleValue::new("json").help("JSON，给程序读"),
        PossibleValue::new("csv").help("表格软件能打开的csv"),
    ])
}

impl Verb {
    /// Carries the verb out.
    pub fn run(self, setup: &Setup) -> Ended {
        let Self::Month { month, unit, format, out } = self;
        let units = words::list(&unit);
        let format = chosen(format.as_deref(), out.as_deref())?;
        let report =
            setup.open(async |session| Ok(report::month_of(&session.ctx, &session.actor, month, &units).await?))?;
        let text = rendered(&report, format)?;
        let Some(path) = out else { return out::print(text.trim_end()) };
        out::replace(&path, text.as_bytes())?;
        out::print(&format!("{month}的报表已写到{}", path.display()))
    }
}

/// The format that was asked for, or that the file's extension says. A file of another kind than its name says is refused.
fn chosen<'a>(format: Option<&'a str>, out: Option<&Path>) -> Ended<&'a str> {
    let extension = out.and_then(Path::extension).map(|extension| extension.to_string_lossy().to_lowercase());
    let told = match extension.as_deref() {
        Some("txt" | "text" | "md") => Some("text"),
        Some("json") => Some("json"),
        Some("csv") => Some("csv"),
        Some(other) if format.is_none() => {
            return Err(out::line(format!("报表不能写成{other}文件，什么都没有写。扩展名请用txt、csv或json")));
        }
        Some(_) | None => None,
    };
    match (format, told) {
        (Some(format), Some(told)) if format != told => {
            Err(out::line(format!("扩展名是{told}的，--format写的是{format}，什么都没有写。请改成一样的")))
        }
        (Some(format), _) => Ok(format),
        (None, told) => Ok(told.unwrap_or("text")),
    }
}

fn rendered(report: &MonthReport, format: &str) -> Ended<String> {
    match format {
        "json" => serde_json::to_string_pretty(&render::json(report))
            .map(|text| text + "\n")
            .map_err(|error| out::line(format!("JSON写不出来（{error}）"))),
        "csv" => Ok(render::csv(report)),
        _ => Ok(render::text(report)),
    }
}
