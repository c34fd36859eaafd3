//! The working calendar: problems of year files, what an import changes, how years stand.

#[cfg(test)]
mod tests;

use chrono::NaiveDate;

use super::print::weekday_of;
use super::roster::shown;
use crate::domain::calendar::{
    BLOCK_DAYS_MAX, Change, Day, DayKind, FILE_BYTES_MAX, Festival, Form, Key, Place, Problem, ProblemKind as Kind,
    Warning, YearStatus,
};

/// Problems printed of one file; whoever corrects these tries again and sees the rest.
const PROBLEMS_SHOWN_MAX: usize = 50;

const BYTES_PER_MIB: usize = 1024 * 1024;

/// What brings a notice into the calendar.
const IMPORT: &str = "请运行：qingfeng calendar import 文件";

/// All problems of a file, one line each; of very many the first ones and the count of the rest.
pub fn problems(file: &str, problems: &[Problem]) -> Vec<String> {
    let mut lines: Vec<String> = problems.iter().take(PROBLEMS_SHOWN_MAX).map(|p| problem(file, p)).collect();
    if let Some(rest) = problems.len().checked_sub(PROBLEMS_SHOWN_MAX).filter(|rest| *rest > 0) {
        lines.push(format!("{file}：另有{rest}处问题，改好以上各处再试即可看到。"));
    }
    lines
}

/// One problem of a file.
fn problem(file: &str, problem: &Problem) -> String {
    let place = match problem.place {
        Place::File => String::new(),
        Place::Line(line) => format!("第{line}行"),
        Place::Entry(nth) => format!(" days第{nth}条"),
    };
    format!("{file}{place}：{}", what(&problem.kind))
}

fn what(kind: &Kind) -> String {
    match kind {
        Kind::TooLarge => format!("文件太大，最多读{}MB。请核对是不是年度文件。", FILE_BYTES_MAX / BYTES_PER_MIB),
        Kind::NotUtf8 => "不是UTF-8编码的文本。请用记事本打开，另存为时编码选UTF-8。".to_owned(),
        Kind::Syntax(Form::Toml) => {
            "看不懂，不是TOML写法。请照content/calendar里的年度文件写，或用公开的JSON文件。".to_owned()
        }
        Kind::Syntax(Form::Json) => {
            "看不懂，JSON写法不完整。请重新下载，或照content/calendar里的年度文件写。".to_owned()
        }
        Kind::Missing(key) => format!("没有写{}。请补上：{}。", key.as_str(), written(*key)),
        Kind::UnknownKey(key) => format!("没有“{}”这个键。请核对拼写，或删去这一行。", shown(key)),
        Kind::BadValue(key) => format!("{}写法不对。请写成：{}。", key.as_str(), written(*key)),
        Kind::Year => "year不在2000至2099之间。请核对年份。".to_owned(),
        Kind::NotFileName { year } => format!("文件名与里面的年份不同。请改名为{year}.toml，或改正year。"),
        Kind::Empty => "一天放假、一天调休都没有列，这一年的安排还没有公布，不能用。请等通知公布后再导入。".to_owned(),
        Kind::NoSource => "没有写依据哪个通知。请在source（JSON是papers）里写通知的标题或网址。".to_owned(),
        Kind::CoversOtherYear => {
            "covers_until不在这一年里。请写这一年里通知管到的最后一天，一般是12月31日。".to_owned()
        }
        Kind::NotCovered(day) => {
            format!("{}在covers_until之后。请把covers_until改晚，或删去这一天。", spelt(*day))
        }
        Kind::UnknownFestival(name) => {
            format!(
                "“{}”不是全体公民放假的节日。可写：{}；几个节日连休用顿号隔开。",
                shown(name),
                Festival::labels(Festival::ALL)
            )
        }
        Kind::FestivalTwice(festival) => format!("{}列了两次。请合成一段，或删去一段。", festival.label()),
        Kind::FestivalElsewhere { festival, day } => {
            format!("{}是{}，不在这一段里。请核对日期。", festival.label(), spelt(*day))
        }
        Kind::OutsideYear(day) => format!("{}不在这一年，也不在上一年12月。请核对日期。", spelt(*day)),
        Kind::Backwards => "最后一天早于第一天。请核对from和to。".to_owned(),
        Kind::TooLong => format!("一段超过{BLOCK_DAYS_MAX}天。请核对from和to。"),
        Kind::Overlap(day) => format!("从{}起与前面的一段放假重叠。请核对日期。", spelt(*day)),
        Kind::Repeated(day) => format!("{}列了两次。请删去一个。", spelt(*day)),
        Kind::Contradiction(day) => format!("{}既列为放假，又列为调休上班。请核对通知，留一个。", spelt(*day)),
        Kind::MakeupOnWeekday(day) => format!("{}不是周六、周日，不用列为调休上班。请核对日期。", spelt(*day)),
    }
}

/// How a key's value is written.
fn written(key: Key) -> &'static str {
    match key {
        Key::Year => "四位数的年份，如2026",
        Key::Status => "\"official\"（按通知）或\"provisional\"（暂定）",
        Key::Source => "引号里写通知的标题和网址",
        Key::CoversUntil | Key::From | Key::To => "日期，不加引号，如2026-12-31",
        Key::Makeup => "方括号里写调休上班的日期，如[2026-01-04, 2026-02-14]",
        Key::Holiday => "每段放假一节，以[[holiday]]开头，下面写name、from、to",
        Key::Name => "引号里写节日，如\"春节\"",
        Key::Papers => "方括号里写通知的网址，如[\"https://…\"]",
        Key::Days => "方括号里一天一条，各有name、date、isOffDay",
        Key::Date => "引号里写日期，如\"2026-01-01\"",
        Key::IsOffDay => "放假写true，调休上班写false",
    }
}

/// `2026-01-04（周日）`
fn spelt(day: NaiveDate) -> String {
    format!("{day}（{}）", weekday_of(day))
}

/// How a day is spent: 上班, 调休上班, 周末, 放假（春节）.
pub fn day(day: &Day) -> String {
    let name = day.name.as_ref().map(|name| format!("（{name}）")).unwrap_or_default();
    format!("{}{name}", kind(day.kind))
}

const fn kind(kind: DayKind) -> &'static str {
    match kind {
        DayKind::Workday => "上班",
        DayKind::Makeup => "调休上班",
        DayKind::Weekend => "周末",
        DayKind::Holiday => "放假",
    }
}

/// What an import changes: `2027-02-09  周二  上班 → 放假（春节）`.
pub fn change(change: &Change) -> String {
    let Change { date, before, after } = change;
    format!("{date}  {}  {} → {}", weekday_of(*date), day(before), day(after))
}

/// How a year stands.
pub fn stands((year, status): (i32, YearStatus)) -> String {
    match status {
        YearStatus::Official => format!("{year}年按放假通知"),
        YearStatus::Provisional => format!("{year}年暂按法定节日，没有补假和调休"),
        YearStatus::Missing => format!("{year}年没有放假安排"),
    }
}

/// What an admin is to do about years that no notice settles.
pub fn warning(warning: &Warning) -> String {
    let year = |(year, status): &(i32, YearStatus)| match status {
        YearStatus::Official | YearStatus::Provisional => {
            format!("{year}年的放假通知还没有导入，暂按周一至周五、除去法定节日安排")
        }
        YearStatus::Missing => format!("{year}年没有放假安排，要看工作日的计划到时会停下"),
    };
    let years = warning.years.iter().map(year).collect::<Vec<_>>().join("；");
    format!("{years}。通知公布后，{IMPORT}")
}

/// Nothing is known about a year.
pub fn missing(year: i32) -> String {
    format!("没有{year}年的放假安排，算不出工作日。{IMPORT}")
}

/// The days before the notice is known: what they rest on.
pub fn provisional(years: &[i32]) -> String {
    let years = years.iter().map(|year| format!("{year}年")).collect::<Vec<_>>().join("、");
    format!("{years}的放假通知还没有导入，以上暂按法定节日，通知公布后可能变化")
}
