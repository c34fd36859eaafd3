//! `/people`: its questions, its buttons and its ends. People are masked, and told from everyone else on their list.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::dialogue::{Worded, common, plain, short_day, unit_labels};
use super::outgoing::Outgoing;
use super::print::{date, day_time, person, unit_name, weekday_of};
use crate::domain::dialogue::people::{
    Absence, Change, CodeQuestion, Counted, Ended, Listed, Misread, NEWEST_MOST, Old, Question, Someone, Task, Typed,
    When,
};
use crate::domain::dialogue::{EXPIRES_AFTER, Page, Pick};

/// Who is not on any list.
const IMPORT_FIRST: &str = "名单里没有的人，请先在本机导入花名册。";
/// How a typed day looks.
const TYPE_A_DAY: &str = "请直接发日期，例如“1月5日”或者“2027-01-05”。";

/// What the bot understands, with what only an admin needs.
pub fn help(ordinary: &Outgoing) -> Outgoing {
    plain(&format!("{}\n管理员办人员的事（新进、换手机、调离、休假、未绑定名单）：/people", ordinary.text.to_plain()))
}

/// A file was sent, whatever it holds.
pub fn no_files() -> Outgoing {
    plain("含姓名的材料请在本机导入或导出。")
}

/// The words of a question and of its buttons.
pub fn question(question: &Question, picks: &[Pick], zone: Tz) -> Worded {
    Worded { text: text(question, zone), labels: picks.iter().map(|pick| label(question, *pick)).collect() }
}

fn text(question: &Question, zone: Tz) -> String {
    match question {
        Question::Menu => {
            format!("要办哪一件？点按钮就行，不用输入工号。{}分钟内有效。", EXPIRES_AFTER.num_minutes())
        }
        Question::Newest { people, page } => {
            let cut = if people.len() < NEWEST_MOST {
                String::new()
            } else {
                format!("只列最新的{NEWEST_MOST}人，其他人请点“按单位找”。")
            };
            format!("给谁发绑定码？下面是还没有绑定的人，新进的在前{}。{cut}\n{IMPORT_FIRST}", paged(*page))
        }
        Question::Units { task, units, page } => which_unit(*task, units, *page),
        Question::Staff { task, unit, people, page } => who_of(*task, unit, (people, *page)),
        Question::Code(question) => code(question, zone),
        Question::DepartDay { who, planned: None } => {
            format!("{}，从哪天起不在册？以前的记录和数字都不变。", named(who))
        }
        Question::DepartDay { who, planned: Some(day) } => {
            format!("{}已定于{}起不在册。改到哪天？不走了请点“撤销调离”。", named(who), whole_day(*day))
        }
        Question::Depart { who, day, changes } => {
            format!("{}请确认：{}，{}起不在册。以前的记录和数字都不变。", changed(changes), named(who), whole_day(*day))
        }
        Question::Category { who } => format!("{}，是哪一类？只选类别，不用写原因。", named(who)),
        Question::FirstDay { who, category } => format!("{}，{}。第一天是哪天？", named(who), category.label()),
        Question::LastDay { who, category, from } => {
            format!("{}，{}，{}起。最后一天是哪天？", named(who), category.label(), short_day(*from))
        }
        Question::Typed { about, who, misread } => typed(*about, who, *misread),
        Question::Away { who, away, changes } => {
            format!("{}请确认：{}，{}。只记类别，不记原因。", changed(changes), named(who), absence(away))
        }
    }
}

fn label(question: &Question, pick: Pick) -> String {
    let own = match (question, pick) {
        (Question::Newest { .. }, Pick::Task(_)) => Some("按单位找".to_owned()),
        (Question::Staff { .. }, Pick::Task(_)) => Some("换个单位".to_owned()),
        (_, Pick::Task(task)) => Some(task_name(task).to_owned()),
        (Question::Newest { people, .. }, Pick::Person(id)) => {
            let listed = people.iter().find(|listed| listed.id == id);
            listed.map(|listed| format!("{}·{}", masked(listed, people), unit_name(&listed.unit)))
        }
        (Question::Staff { people, .. }, Pick::Person(id)) => {
            people.iter().find(|listed| listed.id == id).map(|listed| masked(listed, people))
        }
        (Question::Units { units, .. }, Pick::Unit(id)) => {
            let labels = unit_labels(&units.iter().map(|unit| unit.path.as_str()).collect::<Vec<_>>());
            let unit = units.iter().zip(labels).find(|(unit, _)| unit.id == id);
            unit.map(|(unit, label)| format!("{label}（{}）", unit.people))
        }
        (_, Pick::Category(category)) => Some(category.label().to_owned()),
        (Question::Code(question), Pick::Confirm) => {
            let again = question.task == Task::Join && question.unused_until.is_some();
            Some(if again { "再发一张" } else { "发新码" }.to_owned())
        }
        (Question::DepartDay { .. }, Pick::Otherwise) => Some("撤销调离".to_owned()),
        (_, Pick::Otherwise) => Some("发新码并马上停用旧手机".to_owned()),
        (Question::Depart { .. }, Pick::Confirm) => Some("确认调离".to_owned()),
        (_, Pick::Confirm) => Some("确认记下".to_owned()),
        (_, pick) => common(pick),
    };
    own.unwrap_or_default()
}

const fn task_name(task: Task) -> &'static str {
    match task {
        Task::Join => "新进人员",
        Task::Phone => "换手机",
        Task::Depart => "调离",
        Task::Away => "休假",
        Task::Unbound => "未绑定名单",
    }
}

/// `（第1页，共3页）`; nothing for a list of one page.
fn paged(page: Page) -> String {
    if page.of > 1 { format!("（第{}页，共{}页）", page.at + 1, page.of) } else { String::new() }
}

fn which_unit(task: Task, units: &[Counted], page: Page) -> String {
    let page = paged(page);
    match task {
        Task::Join => format!("给哪个单位的人发绑定码？括号里是未绑定人数{page}。"),
        Task::Phone => format!("哪个单位的人换手机？括号里是已绑定人数{page}。"),
        Task::Depart => format!("哪个单位的人调离？括号里是在册人数{page}。"),
        Task::Away => format!("哪个单位的人休假？括号里是在册人数{page}。"),
        Task::Unbound => {
            let all: i64 = units.iter().map(|unit| unit.people).sum();
            format!("还有{all}人没有绑定，看哪个单位？括号里是人数{page}。")
        }
    }
}

fn who_of(task: Task, unit: &str, (people, page): (&[Listed], Page)) -> String {
    let unit = unit_name(unit);
    let asked = |what: &str| format!("{unit}：{what}{}", paged(page));
    match task {
        Task::Join => asked("给谁发绑定码？"),
        Task::Phone => asked("谁换手机？"),
        Task::Depart => asked("谁调离？"),
        Task::Away => asked("谁休假？"),
        Task::Unbound => {
            let mut lines = vec![format!("{unit}，{}人没有绑定{}：", people.len(), paged(page))];
            lines.extend(page.part(people).iter().map(|listed| masked(listed, people)));
            lines.push("要发绑定码，请发/people，点“新进人员”。".to_owned());
            lines.join("\n")
        }
    }
}

fn masked(listed: &Listed, all: &[Listed]) -> String {
    let others: Vec<&str> = all.iter().map(|other| other.staff_no.as_str()).collect();
    person(&listed.name, &listed.staff_no, &others).to_string()
}

/// `张*（工号尾号08）·综合科`
fn named(who: &Someone) -> String {
    let Someone { listed, peers } = who;
    let others: Vec<&str> = peers.iter().map(String::as_str).collect();
    format!("{}·{}", person(&listed.name, &listed.staff_no, &others), unit_name(&listed.unit))
}

/// `2027年1月4日（周一）`
fn whole_day(day: NaiveDate) -> String {
    format!("{}（{}）", date(day), weekday_of(day))
}

fn absence(away: &Absence) -> String {
    let category = away.category.0.label();
    match away.to {
        Some(to) if to == away.from => format!("{category}，{}一天", whole_day(to)),
        Some(to) => format!("{category}，{}至{}", whole_day(away.from), whole_day(to)),
        None => format!("{category}，{}起，最后一天未定", whole_day(away.from)),
    }
}

/// What someone else changed while this one was looking.
fn changed(changes: &[Change]) -> String {
    let word = |change: &Change| match change {
        Change::Moved => "单位或者类别变了",
        Change::Departing => "调离日期变了",
        Change::Binding => "手机绑定变了",
        Change::Code => "绑定码变了",
        Change::Leave => "休假记录变了",
    };
    if changes.is_empty() {
        return String::new();
    }
    format!("刚才有变化：{}。请再看一次。\n", changes.iter().map(word).collect::<Vec<_>>().join("，"))
}

fn code(question: &CodeQuestion, zone: Tz) -> String {
    let CodeQuestion { task, who, bound_at, unused_until, changes } = question;
    let bound = bound_at.map(|at| {
        format!(
            "现在的手机是{}绑定的。发新码后，旧手机用到新手机绑定为止；手机丢了，可以马上停用。",
            day_time(at, zone)
        )
    });
    let unused = unused_until
        .map(|until| format!("手里已有一张没用过的码，{}前有效；再发一张，那张就作废。", day_time(until, zone)));
    let bare = match task {
        Task::Phone => "现在没有绑定手机。",
        Task::Join | Task::Depart | Task::Away | Task::Unbound => "还没有绑定，也没有能用的码。",
    };
    let mut facts: Vec<String> = bound.into_iter().chain(unused).collect();
    if facts.is_empty() {
        facts.push(bare.to_owned());
    }
    format!("{}{}：{}", changed(changes), named(who), facts.concat())
}

fn typed(about: Typed, who: &Someone, misread: Option<Misread>) -> String {
    let what = match about {
        Typed::Depart => "从哪天起不在册",
        Typed::First => "休假第一天是哪天",
        Typed::Last(_) => "休假最后一天是哪天",
    };
    let wrong = match (misread, about) {
        (None, _) => String::new(),
        (Some(Misread::NoDay), _) => "没看懂这个日期。".to_owned(),
        (Some(Misread::TooFar), _) => "这个日期离今天超过一年，请核对。".to_owned(),
        (Some(Misread::TooEarly), Typed::Last(from)) => format!("最后一天不能早于{}。", short_day(from)),
        (Some(Misread::TooEarly), Typed::Depart | Typed::First) => "这个日期太早，请核对。".to_owned(),
    };
    format!("{wrong}{}，{what}？{TYPE_A_DAY}", named(who))
}

/// How it ended.
pub fn ended(ended: &Ended, zone: Tz) -> Outgoing {
    plain(&match ended {
        Ended::Code { who, code, link, until, old, .. } => {
            let mut lines = vec![format!("{}的绑定码：", named(who)), code.clone()];
            lines.extend(link.clone());
            lines.push(format!("{}前有效，只能用一次。请当面交给本人，不要发到群里。", day_time(*until, zone)));
            lines.extend(old.map(|old| {
                match old {
                    Old::UntilBound => "新手机绑定后，旧手机自动停用，原来的记录都在。",
                    Old::LetGo => "旧手机已经停用，原来的记录都在。",
                }
                .to_owned()
            }));
            lines.join("\n")
        }
        Ended::Departed { who, day, when } => {
            let who = named(who);
            match when {
                When::Now => format!("已办好：{who}，{}起不在册。以前的记录和数字都不变，无需处理。", whole_day(*day)),
                When::ToCome => format!("已记下：{who}，{}起不在册，到时自动生效，无需处理。", whole_day(*day)),
            }
        }
        Ended::Stays { who } => format!("已撤销调离：{}仍然在册，无需处理。", named(who)),
        Ended::Away { who, away } => format!("已记下：{}，{}。无需处理。", named(who), absence(away)),
        Ended::Gone => "这位同事已经不在册了，没有改动。".to_owned(),
        Ended::Nobody(Task::Join) => format!("在册的人都已经绑定，无需处理。{IMPORT_FIRST}"),
        Ended::Nobody(Task::Unbound) => "在册的人都已经绑定，无需处理。".to_owned(),
        Ended::Nobody(Task::Phone) => "还没有人绑定手机，无需处理。".to_owned(),
        Ended::Nobody(Task::Depart | Task::Away) => "花名册还是空的，请先在本机导入花名册。".to_owned(),
        Ended::LastAdmin { who } => {
            format!("{}是最后一位管理员，不能调离。请先在本机让另一位同事也当管理员。没有改动。", named(who))
        }
        Ended::Overlaps { who } => format!("{}在这段时间已有休假记录，没有重复记。", named(who)),
    })
}
