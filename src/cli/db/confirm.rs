//! `db confirm-restore`.

use serde::Serialize;

use chrono_tz::Tz;

use crate::cli::out::{self, Ended, Form, left, line};
use crate::cli::schedule::view::{note, reason};
use crate::cli::session::Setup;
use crate::message::installation::why;
use crate::message::print::local;
use crate::office::db::Home;
use crate::office::db::confirm::{self, Message, Waiting};
use crate::office::outlook::{Entry, Standing};

#[derive(Serialize)]
struct WaitingJson<'a> {
    quarantine: QuarantineJson<'a>,
    alive_at: Option<String>,
    slots: Vec<SlotJson<'a>>,
    queued: Vec<MessageJson<'a>>,
    in_doubt: Vec<MessageJson<'a>>,
    /// The generation that began; null without `--yes`.
    generation: Option<i64>,
}

#[derive(Serialize)]
struct QuarantineJson<'a> {
    since: String,
    reason: &'a str,
}

#[derive(Serialize)]
struct SlotJson<'a> {
    schedule: &'a str,
    at: String,
    local: String,
    /// `sent` or `skipped`.
    becomes: &'static str,
    reason: Option<&'static str>,
}

#[derive(Serialize)]
struct MessageJson<'a> {
    delivery: i64,
    kind: &'a str,
    subject: i64,
    target: &'a str,
    not_before: String,
    /// `sent`, `expired`, or `in_doubt`.
    becomes: &'static str,
}

/// Shows what waits.
pub(super) fn look(setup: &Setup, form: Form) -> Ended {
    setup.open(async |session| {
        let waiting = confirm::waiting(&session.ctx, &session.actor).await?;
        show(&waiting, None, (form, session.config.zone))?;
        Err(line("还没有继续，什么都没有改动。弄清没有另一个服务在用同一个机器人后，加--yes再运行"))
    })
}

/// Shows what waits and lets it go on.
pub(super) fn go_on(setup: &Setup, form: Form) -> Ended {
    setup.open(async |session| {
        let waiting = confirm::waiting(&session.ctx, &session.actor).await?;
        let home = Home::new(&session.config);
        let generation = confirm::confirm(&session.ctx, &session.actor, &home).await?;
        show(&waiting, Some(generation), (form, session.config.zone))?;
        match form {
            Form::Text => out::print("\n已确认，继续推送。服务正在运行的，一秒内就会继续；没有运行的，请启动"),
            Form::Json => Ok(()),
        }
    })
}

fn show(waiting: &Waiting, generation: Option<i64>, (form, zone): (Form, Tz)) -> Ended {
    match form {
        Form::Json => out::json(&json(waiting, generation, zone)),
        Form::Text => print(waiting, zone),
    }
}

fn json<'a>(waiting: &'a Waiting, generation: Option<i64>, zone: Tz) -> WaitingJson<'a> {
    let message = |becomes: fn(&Message) -> &'static str| {
        move |message: &'a Message| MessageJson {
            delivery: message.id.0,
            kind: message.kind,
            subject: message.subject,
            target: &message.target,
            not_before: out::instant(message.not_before, zone),
            becomes: becomes(message),
        }
    };
    WaitingJson {
        quarantine: QuarantineJson { since: out::instant(waiting.since, zone), reason: &waiting.why },
        alive_at: waiting.alive_at.map(|at| out::instant(at, zone)),
        slots: waiting.slots.iter().map(|entry| slot(entry, zone)).collect(),
        queued: waiting.queued.iter().map(message(|m| if m.over { "expired" } else { "sent" })).collect(),
        in_doubt: waiting.in_doubt.iter().map(message(|_| "in_doubt")).collect(),
        generation,
    }
}

fn slot(entry: &Entry, zone: Tz) -> SlotJson<'_> {
    SlotJson {
        schedule: &entry.name,
        at: out::instant(entry.at, zone),
        local: local(entry.at, zone),
        becomes: if goes_out(entry) { "sent" } else { "skipped" },
        reason: reason(entry),
    }
}

fn goes_out(entry: &Entry) -> bool {
    entry.standing == Standing::Ahead && entry.item.is_some()
}

fn print(waiting: &Waiting, zone: Tz) -> Ended {
    let alive = waiting.alive_at.map_or_else(|| "没有记录".to_owned(), |at| local(at, zone));
    out::print(&format!(
        "从{}起停止推送和接收：{}\n最后一次运行：{alive}\n",
        local(waiting.since, zone),
        why(&waiting.why)
    ))?;
    let slots = waiting.slots.iter().map(|entry| {
        let becomes = if goes_out(entry) { "马上推送，注明原定时间" } else { "" };
        let note = note(entry, zone);
        let said = [becomes, &note].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join("；");
        vec![local(entry.at, zone), entry.name.clone(), said]
    });
    let columns = [left("时间"), left("计划"), left("继续后")];
    out::table(&columns, slots.collect(), "停下以来没有到时的推送")?;
    out::print("")?;
    let columns = [left("消息"), left("发给"), left("原定时间"), left("继续后")];
    let row = |message: &Message, becomes: &str| {
        vec![message.id.to_string(), message.target.clone(), local(message.not_before, zone), becomes.to_owned()]
    };
    let becomes = |message: &Message| match (message.over, message.ahead) {
        (true, _) => "过期，不发送",
        (false, true) => "到时发送",
        (false, false) => "马上发送",
    };
    let queued = waiting.queued.iter().map(|message| row(message, becomes(message)));
    let in_doubt = waiting.in_doubt.iter().map(|m| row(m, "不知是否送到：群里补发一次并注明，私聊由管理员决定"));
    out::table(&columns, queued.chain(in_doubt).collect(), "没有未发完的消息")
}
