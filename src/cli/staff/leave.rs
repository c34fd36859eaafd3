//! `staff leave`: dated absences and exemptions.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::cli::out::{self, Ended, Form, left, line};
use crate::cli::session::{Session, Setup};
use crate::cli::words;
use crate::domain::leave::{LeaveCategory, Span, sheet};
use crate::ids::LeaveId;
use crate::message::print::date;
use crate::message::{leave as say, roster as file};
use crate::office::leave::{self, Ending, Which};
use crate::office::roster::Mode;
use crate::render::sheet::read_dated;

/// 请假和免计：只记类别和起止日期，不记事由
#[derive(Debug, Args)]
pub struct Leave {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 登记一个人的请假或免计
    ///
    /// 只记类别，不记事由。以后的推送按登记计人；已经发出的推送，应知人数不变，截止时间落在这段日期里的顺延到返岗后第二个工作日，返岗当天算第一个。
    #[command(after_help = categories())]
    Add(Add),
    /// 列出还没有结束的；写工号就列这个人的全部
    #[command(after_help = "例子\n  qingfeng staff leave list\n  qingfeng staff leave list G2608 --json")]
    List {
        /// 只看谁的
        #[arg(value_name = "工号", value_parser = words::staff_no)]
        staff_no: Option<String>,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 提前结束一段，或者撤销登记错的
    ///
    /// 已经顺延的截止时间不再提前。要延长，请另登记首尾相接的一段。
    #[command(after_help = "例子\n  qingfeng staff leave end G2608 --on 2026-09-10\n  \
                            qingfeng staff leave end --id 12 --withdraw")]
    End(End),
    /// 导入请假表，列名是工号、类别、起、止
    ///
    /// 有一处问题就都不导入。已经登记过的行不重复登记，所以同一份表添几行可以再导入。
    #[command(
        after_help = "例子\n  qingfeng staff leave import 请假.xlsx --dry-run\n  qingfeng staff leave import 请假.xlsx"
    )]
    Import {
        /// 请假表，xlsx或UTF-8的csv
        #[arg(value_name = "文件")]
        file: PathBuf,
        /// 只看会登记多少，不改动数据库
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Args)]
pub struct Add {
    /// 谁
    #[arg(value_name = "工号", value_parser = words::staff_no)]
    staff_no: String,
    /// 类别，见下
    #[arg(long, value_name = "类别", value_parser = words::leave_category)]
    category: LeaveCategory,
    /// 第一天
    #[arg(long, value_name = "日期", value_parser = words::day)]
    from: NaiveDate,
    /// 最后一天；长期的可以不写
    #[arg(long, value_name = "日期", value_parser = words::day)]
    to: Option<NaiveDate>,
}

#[derive(Debug, Args)]
pub struct End {
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    how: HowArgs,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct WhichArgs {
    /// 谁的；他还没有结束的只有一段时可用
    #[arg(value_name = "工号", value_parser = words::staff_no)]
    staff_no: Option<String>,
    /// 哪一段，编号见staff leave list
    #[arg(long, value_name = "编号")]
    id: Option<i64>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct HowArgs {
    /// 最后一天
    #[arg(long, value_name = "日期", value_parser = words::day)]
    on: Option<NaiveDate>,
    /// 登记错了，整段撤销
    #[arg(long)]
    withdraw: bool,
}

fn categories() -> String {
    let rows = LeaveCategory::ALL.iter().map(|category| {
        let (names, word) = (say::names(*category), category.as_str());
        format!("  {names}（{word}）\n      {}", say::of_category(*category))
    });
    format!(
        "类别\n{}\n\n例子\n  qingfeng staff leave add G2608 --category 产假 --from 2026-09-01 --to 2027-02-05\n  \
         qingfeng staff leave add G2609 --category 出差 --from 2026-09-01 --to 2026-09-03",
        rows.collect::<Vec<_>>().join("\n")
    )
}

#[derive(Serialize)]
struct LeaveJson<'a> {
    id: LeaveId,
    staff_no: &'a str,
    name: &'a str,
    unit: &'a str,
    category: &'a str,
    from: NaiveDate,
    to: Option<NaiveDate>,
    effect: &'a str,
    declared: bool,
    withdrawn: bool,
}

impl Verb {
    /// Carries the verb out.
    pub fn run(self, setup: &Setup) -> Ended {
        match self {
            Self::Add(args) => setup.open(async |session| add(session, args).await),
            Self::List { staff_no, json } => {
                setup.open(async |session| list(session, staff_no.as_deref(), json.into()).await)
            }
            Self::End(args) => setup.open(async |session| end(session, args).await),
            Self::Import { file, dry_run } => import(setup, &file, if dry_run { Mode::DryRun } else { Mode::Apply }),
        }
    }
}

async fn add(session: &Session, args: Add) -> Ended {
    let Add { staff_no, category, from, to } = args;
    let recorded = leave::add(&session.ctx, &session.actor, &leave::Leave { staff_no, category, from, to }).await?;
    let until = to.map_or_else(|| "起一直".to_owned(), |to| format!("至{}", date(to)));
    let (person, effect, what) = (&recorded.person, say::short(recorded.effect), category.label());
    out::print(&format!(
        "已登记：{}（{}）{}{until}{effect}（{what}）{}",
        person.staff_no,
        person.name,
        date(from),
        moved(recorded.moved)
    ))
}

fn moved(deadlines: usize) -> String {
    if deadlines == 0 { String::new() } else { format!("；已推送的有{deadlines}条，截止时间随之顺延") }
}

async fn list(session: &Session, staff_no: Option<&str>, form: Form) -> Ended {
    let listed = leave::list(&session.ctx, &session.actor, staff_no).await?;
    if form == Form::Json {
        return out::json(&listed.iter().map(of).collect::<Vec<_>>());
    }
    let columns = ["编号", "工号", "姓名", "单位", "类别", "起", "止", "统计", "状态"].map(left);
    let rows = listed.into_iter().map(|leave::Listed { row, person, effect }| {
        let state = match (row.withdrawn_at, row.declared) {
            (Some(_), _) => "已撤销",
            (None, true) => "本人申报",
            (None, false) => "",
        };
        let to = row.ends_on.map(|day| day.to_string()).unwrap_or_default();
        let (id, category, from) = (row.id.to_string(), row.category.label().to_owned(), row.starts_on.to_string());
        let (effect, state) = (say::short(effect).to_owned(), state.to_owned());
        vec![id, person.staff_no, person.name, person.unit, category, from, to, effect, state]
    });
    out::table(&columns, rows.collect(), "没有还没结束的请假和免计")
}

fn of(leave::Listed { row, person, effect }: &leave::Listed) -> LeaveJson<'_> {
    LeaveJson {
        id: row.id,
        staff_no: &person.staff_no,
        name: &person.name,
        unit: &person.unit,
        category: row.category.as_str(),
        from: row.starts_on,
        to: row.ends_on,
        effect: effect.as_str(),
        declared: row.declared,
        withdrawn: row.withdrawn_at.is_some(),
    }
}

async fn end(session: &Session, args: End) -> Ended {
    let which = match (args.which.staff_no, args.which.id) {
        (Some(no), _) => Which::Of(no),
        (None, id) => Which::Id(LeaveId(id.unwrap_or_default())),
    };
    let ending = args.how.on.map_or(Ending::Withdrawn, Ending::On);
    let leave::Listed { row, person, .. } = leave::end(&session.ctx, &session.actor, &which, ending).await?;
    let (no, name, what) = (&person.staff_no, &person.name, row.category.label());
    let days = say::days(Span { from: row.starts_on, to: row.ends_on });
    out::print(&match ending {
        Ending::On(_) => format!("已改为：{no}（{name}）{days}（{what}）。已经顺延的截止时间不变"),
        Ending::Withdrawn => format!("已撤销：{no}（{name}）{days}（{what}）。已经顺延的截止时间不变"),
    })
}

fn import(setup: &Setup, path: &std::path::Path, mode: Mode) -> Ended {
    let shown = path.display().to_string();
    let rows = read_dated(&out::read(path)?).map_err(|problem| line(file::file_problem(&shown, &problem)))?;
    let sheet = sheet::parse(&rows);
    let taken = setup.open(async |session| Ok(leave::import(&session.ctx, &session.actor, &sheet, mode).await?))?;
    let counts = format!("新登记{}段，已有{}段不变", taken.added, taken.known);
    out::print(&match mode {
        Mode::DryRun => format!("{counts}。这是试运行，没有改动。去掉--dry-run就正式导入"),
        Mode::Apply => format!("{counts}{}", moved(taken.moved)),
    })
}
