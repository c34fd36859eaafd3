//! `/me`: a person's own record, and until when they are away.

use chrono_tz::Tz;

use super::dialogue::{Worded, common, plain, short_day};
use super::outgoing::Outgoing;
use super::print::{Masked, day_time, person, unit_name};
use crate::domain::dialogue::Pick;
use crate::domain::dialogue::me::{Ended, Misread, Question, Record};
use crate::domain::quiz::Tally;

/// What the bot understands, with a person's own record.
pub fn help(ordinary: &Outgoing) -> Outgoing {
    plain(&format!("{}\n我的记录，登记休假或出差：/me", ordinary.text.to_plain()))
}

/// The words of a question and of its buttons.
pub fn question(question: &Question, picks: &[Pick], zone: Tz) -> Worded {
    let text = match question {
        Question::Record(shown) => record(shown, zone),
        Question::Back => "哪天返岗？只选日期，不用写原因。".to_owned(),
        Question::BackTyped { misread, latest } => {
            let wrong = match misread {
                None => String::new(),
                Some(Misread::NoDay) => "没看懂这个日期。".to_owned(),
                Some(Misread::NotAhead) => "返岗日要在今天以后。".to_owned(),
                Some(Misread::TooFar) => format!("{}以后返岗的，请告诉管理员。", short_day(*latest)),
            };
            format!("{wrong}哪天返岗？请直接发日期，例如“1月5日”或者“明天”。")
        }
    };
    let label = |pick: &Pick| {
        if *pick == Pick::Confirm {
            "我在休假或出差".to_owned()
        } else if *pick == Pick::Otherwise {
            "恢复私聊提醒".to_owned()
        } else {
            common(*pick).unwrap_or_default()
        }
    };
    Worded { text, labels: picks.iter().map(label).collect() }
}

fn record(record: &Record, zone: Tz) -> String {
    let Record { who, bound_at, acks, answers, away, muted } = record;
    let Masked { name, tail } = person(&who.listed.name, &who.listed.staff_no, &[]);
    let away = match away {
        None => "休假或出差：现在没有登记".to_owned(),
        Some((category, Some(last))) => format!("休假或出差：{}，到{}", category.label(), short_day(*last)),
        Some((category, None)) => format!("休假或出差：{}，返岗日未定", category.label()),
    };
    let away = if *muted { format!("{away}\n私聊提醒：已关闭，统计不受影响") } else { away };
    let answers = answers.map_or_else(String::new, |Tally { answered, right }| {
        format!("\n本月答题：{answered}题，答对{right}题（只有您自己看得到）")
    });
    format!(
        "{name}，{}，工号尾号{tail}\n绑定时间：{}\n本月已确认：{acks}条（只有您自己看得到）{answers}\n{away}\n要看保存了什么：/mydata",
        unit_name(&who.listed.unit),
        day_time(*bound_at, zone)
    )
}

/// How it ended.
pub fn ended(ended: &Ended, zone: Tz) -> Outgoing {
    plain(&match ended {
        Ended::Declared { back, deadline: Some(at) } => {
            format!("已记下：{}返岗。这期间不再提醒，截止时间顺延到{}。", short_day(*back), day_time(*at, zone))
        }
        Ended::Declared { back, deadline: None } => format!("已记下：{}返岗。这期间不再提醒。", short_day(*back)),
        Ended::Unmuted => "已恢复私聊提醒：要求确认的内容到截止那天还没有确认的，私聊提醒一次。".to_owned(),
        Ended::NotTaken => "这个日期没有记下。请重新发/me，或者告诉管理员。".to_owned(),
    })
}
