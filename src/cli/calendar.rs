//! `calendar`: which days are worked.

use std::path::{Path, PathBuf};

use chrono::{Datelike, NaiveDate};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::out::{self, Ended, Failure, Form, left, line, right};
use super::refusal::io_words;
use super::session::{Session, Setup};
use super::words;
use crate::domain::calendar::{Day, DayKind, YEARS, YearStatus};
use crate::message::calendar as say;
use crate::message::print::{month_day, weekday_of};
use crate::office::Refusal;
use crate::office::calendar::{self, Fault, Imported, Loaded, Origin, Workday, Year};
use crate::office::roster::Mode;
use crate::render::table::Table;

/// 工作日历：放假、调休上班和工作日
///
/// 每年一个文件：calendar/年份.toml，放在内容文件夹里，不用导入就生效。新通知公布后用calendar import导入，导入的优先。
#[derive(Debug, Args)]
pub struct Calendar {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 显示一年的放假、调休上班和各月工作日数
    #[command(after_help = "例子\n  qingfeng calendar show 2026\n  qingfeng calendar show 2026 --json")]
    Show {
        /// 年份，2000至2099
        #[arg(value_name = "年份", value_parser = year)]
        year: i32,
        /// 输出JSON，一天一条，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 检查年度文件和已导入的年份
    ///
    /// 一次列出全部问题，每个问题一行：文件、行、怎么改。还没有数据库时只检查文件。
    #[command(after_help = "例子\n  qingfeng calendar check")]
    Check,
    /// 导入一年的放假安排
    ///
    /// 可用年度文件（TOML），或公开的JSON文件（year、papers、days）。先列出哪些天有变化；有一处问题就不导入。导入后以后的推送重新安排，已推送的不变。
    #[command(
        after_help = "例子\n  qingfeng calendar import 2027.json --dry-run\n  qingfeng calendar import 2027.json"
    )]
    Import {
        /// 年度文件，TOML或JSON，UTF-8
        #[arg(value_name = "文件")]
        file: PathBuf,
        /// 只看会有哪些变化，不改动数据库
        #[arg(long)]
        dry_run: bool,
    },
    /// 从某天起数工作日
    #[command(
        after_help = "例子\n  qingfeng calendar next-workday 2026-09-30\n  qingfeng calendar next-workday 2026-09-25 -3"
    )]
    NextWorkday {
        /// 从哪一天数起，这一天不算
        #[arg(value_name = "日期", value_parser = words::day)]
        date: NaiveDate,
        /// 第几个工作日，1至1000；往前数写负数
        #[arg(value_name = "个数", default_value = "1", value_parser = count, allow_negative_numbers = true)]
        n: i32,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
}

fn year(text: &str) -> Result<i32, &'static str> {
    text.parse().ok().filter(|year| YEARS.contains(year)).ok_or("年份要写成2026，在2000至2099之间")
}

fn count(text: &str) -> Result<i32, &'static str> {
    let asked = text.parse().ok().filter(|n: &i32| (1..=1000).contains(&n.unsigned_abs()));
    asked.ok_or("个数要写1至1000的整数；往前数写负数")
}

#[derive(Serialize)]
struct YearJson<'a> {
    year: i32,
    status: &'static str,
    source: Option<&'a str>,
    covers_until: Option<NaiveDate>,
    days: Vec<DayJson<'a>>,
}

#[derive(Serialize)]
struct DayJson<'a> {
    date: NaiveDate,
    kind: &'static str,
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct WorkdayJson<'a> {
    date: NaiveDate,
    weekday: &'static str,
    kind: &'static str,
    provisional: &'a [i32],
}

impl Verb {
    /// Carries the verb out.
    pub fn run(self, setup: &Setup) -> Ended {
        match self {
            Self::Show { year, json } => setup.open(async |session| {
                let year = calendar::show(&session.ctx, &session.actor, year).await?;
                show(&year, json.into())
            }),
            Self::Check => check(setup),
            Self::Import { file, dry_run } => {
                let mode = if dry_run { Mode::DryRun } else { Mode::Apply };
                setup.open(async |session| import(session, &file, mode).await)
            }
            Self::NextWorkday { date, n, json } => setup.open(async |session| {
                let workday = calendar::next_workday(&session.ctx, &session.actor, date, n).await?;
                print_workday(&workday, json.into())
            }),
        }
    }
}

fn show(year: &Year, form: Form) -> Ended {
    if form == Form::Json {
        let days = year.days.iter().map(|(date, day)| DayJson {
            date: *date,
            kind: day.kind.as_str(),
            name: day.name.as_deref(),
        });
        return out::json(&YearJson {
            year: year.year,
            status: year.status.as_str(),
            source: Some(year.source.as_str()).filter(|source| !source.is_empty()),
            covers_until: year.covers_until,
            days: days.collect(),
        });
    }
    if year.status == YearStatus::Missing {
        return out::print(&say::missing(year.year));
    }
    out::print(&page(year))
}

/// The year as people read it: what it rests on, days off, make-up workdays, workdays of each month.
fn page(year: &Year) -> String {
    let until = year.covers_until.map(|day| format!("，管到{day}")).unwrap_or_default();
    let head = format!("{}{until}\n依据：{}", say::stands((year.year, year.status)), year.source);
    let columns = [left("节日"), left("放假"), right("天数")];
    let blocks = Table { columns: &columns, rows: blocks(&year.days), total: None }.to_text();
    let makeup = year.days.iter().filter(|(_, day)| day.kind == DayKind::Makeup).map(|(date, _)| month_day(*date));
    let makeup = makeup.collect::<Vec<_>>().join("、");
    let makeup = if makeup.is_empty() { "没有".to_owned() } else { makeup };
    let months = workdays(&year.days);
    let all: usize = months.iter().sum();
    let columns = [right("1月"), right("2月"), right("3月"), right("4月"), right("5月"), right("6月")];
    let later = [right("7月"), right("8月"), right("9月"), right("10月"), right("11月"), right("12月")];
    let columns = [columns, later].concat();
    let row = months.iter().map(ToString::to_string).collect();
    let months = Table { columns: &columns, rows: vec![row], total: None }.to_text();
    format!("{head}\n\n{blocks}\n调休上班：{makeup}\n\n工作日全年{all}天\n{}", months.trim_end())
}

/// Days off in a row under one name, a row each.
fn blocks(days: &[(NaiveDate, Day)]) -> Vec<Vec<String>> {
    let same = |(_, a): &(NaiveDate, Day), (_, b): &(NaiveDate, Day)| a == b;
    let off = days.chunk_by(same).filter(|block| block.first().is_some_and(|(_, day)| day.kind == DayKind::Holiday));
    let row = |block: &[(NaiveDate, Day)]| {
        let [(first, day), ..] = block else { return Vec::new() };
        let last = block.last().map(|(last, _)| *last).filter(|last| last != first);
        let span = last.map(|last| format!("至{}", month_day(last))).unwrap_or_default();
        let name = day.name.clone().unwrap_or_default();
        vec![name, format!("{}{span}", month_day(*first)), block.len().to_string()]
    };
    off.map(row).collect()
}

/// Workdays of each month.
fn workdays(days: &[(NaiveDate, Day)]) -> [usize; 12] {
    let of = |month: u32| days.iter().filter(|(date, day)| date.month() == month && day.kind.is_worked()).count();
    std::array::from_fn(|month| u32::try_from(month + 1).map_or(0, of))
}

/// Files first: an office checks its file before it has a database.
fn check(setup: &Setup) -> Ended {
    let config = setup.config()?;
    let (loaded, note) = setup.block_on(async {
        match setup.session().await {
            Ok(session) => {
                let loaded = calendar::check(&session.ctx, &session.actor).await.map_err(Failure::from);
                Ok((session.end(loaded).await?, ""))
            }
            Err(Failure::Refused(Refusal::NotSetUp { .. })) => {
                Ok((calendar::shipped(&config.content_dir), "（数据库还没有建好，只检查了文件）"))
            }
            Err(failure) => Err(failure),
        }
    })?;
    let Loaded { files, broken: faults } = loaded;
    if !faults.is_empty() {
        return Err(line(broken(&faults).join("\n")));
    }
    let mut years: Vec<i32> = files.iter().map(|file| file.year).collect();
    years.sort_unstable();
    years.dedup();
    if years.is_empty() {
        let dir = config.content_dir.display();
        return Err(line(format!(
            "{dir}里没有calendar/年份.toml，也没有导入过。请运行：qingfeng calendar import 文件"
        )));
    }
    let years = years.iter().map(ToString::to_string).collect::<Vec<_>>().join("、");
    out::print(&format!("{years}年都没有问题{note}"))
}

/// What is wrong with years that could not be read, one problem a line.
pub(super) fn broken(faults: &[(Origin, Fault)]) -> Vec<String> {
    let lines = faults.iter().flat_map(|(origin, fault)| {
        let origin = match origin {
            Origin::File(path) => path.clone(),
            Origin::Imported(year) => format!("导入的{year}年"),
        };
        match fault {
            Fault::Io(error) => vec![format!("{origin}：{}", io_words(error))],
            Fault::Problems(problems) => say::problems(&origin, problems),
        }
    });
    lines.collect()
}

async fn import(session: &Session, file: &Path, mode: Mode) -> Ended {
    let shown = file.display().to_string();
    let bytes = calendar::read_file(file).map_err(|source| Refusal::File { path: shown.clone(), source })?;
    let imported = calendar::import(&session.ctx, &session.actor, &bytes, mode).await;
    let Imported { file, before, changes } = imported.map_err(|refusal| {
        // Only here the file's name is known.
        if let Refusal::Calendar(problems) = &refusal {
            return line(say::problems(&shown, problems).join("\n"));
        }
        Failure::Refused(refusal)
    })?;
    let mut lines: Vec<String> = changes.iter().map(say::change).collect();
    if lines.is_empty() {
        lines.push("没有变化".to_owned());
    }
    if before != file.status {
        lines.push(format!("原来{}，改为{}", say::stands((file.year, before)), say::stands((file.year, file.status))));
    }
    lines.push(match mode {
        Mode::DryRun => "这是试运行，没有改动。去掉--dry-run就正式导入".to_owned(),
        Mode::Apply if changes.is_empty() => format!("已导入{}年", file.year),
        Mode::Apply => format!("已导入{}年，{}天有变化。以后的推送会重新安排", file.year, changes.len()),
    });
    out::print(&lines.join("\n"))
}

fn print_workday(workday: &Workday, form: Form) -> Ended {
    let Workday { date, day, provisional } = workday;
    if form == Form::Json {
        let weekday = weekday_of(*date);
        return out::json(&WorkdayJson { date: *date, weekday, kind: day.kind.as_str(), provisional });
    }
    let makeup = if day.kind == DayKind::Makeup { "，调休" } else { "" };
    let note = if provisional.is_empty() { String::new() } else { format!("\n{}", say::provisional(provisional)) };
    out::print(&format!("{date}（{}{makeup}）{note}", weekday_of(*date)))
}
