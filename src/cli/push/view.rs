//! How a push and its deliveries are printed, for people and for programs.

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Serialize;

use super::traces::{self, RulingJson};
use crate::cli::out::{self, Ended, left, right};
use crate::cli::words;
use crate::domain::delivery::{Removal, StopReason, TargetKind};
use crate::domain::report::{Basis, Figures};
use crate::message::report::with_fraction;
use crate::office::push::Shown;
use crate::office::report::Missing;
use crate::render::report::FiguresJson;
use crate::store::delivery::{AttemptRow, DeliveryRow};
use crate::store::nudge::DayRow;
use crate::store::push::PushRow;

/// A push in `push list`.
#[derive(Serialize)]
pub(super) struct PushJson<'a> {
    push: i64,
    slug: &'a str,
    version: i64,
    slot: String,
    confirm: &'a str,
    state: &'a str,
    title: &'a str,
    deadline: Option<String>,
    /// Whether questions go with it.
    quiz: bool,
}

impl<'a> PushJson<'a> {
    pub(super) fn of(push: &'a PushRow, zone: Tz) -> Self {
        Self {
            push: push.id.0,
            slug: &push.slug,
            version: push.version,
            slot: out::instant(push.slot_at.utc(), zone),
            confirm: push.confirm.as_str(),
            state: push.state.as_str(),
            title: &push.title,
            deadline: push.deadline_at.map(|at| out::instant(at.utc(), zone)),
            quiz: push.asks,
        }
    }
}

/// What `push now` made.
#[derive(Serialize)]
pub(super) struct MadeJson<'a> {
    push: i64,
    deliveries: Vec<QueuedJson<'a>>,
}

#[derive(Serialize)]
struct QueuedJson<'a> {
    id: i64,
    target: String,
    state: &'a str,
}

impl<'a> MadeJson<'a> {
    pub(super) fn of(shown: &'a Shown) -> Self {
        let queued = |(row, _): &'a (DeliveryRow, Vec<AttemptRow>)| QueuedJson {
            id: row.id.0,
            target: target(shown, row),
            state: row.state.as_str(),
        };
        Self { push: shown.push.id.0, deliveries: shown.deliveries.iter().map(queued).collect() }
    }
}

/// One push in `push show`.
#[derive(Serialize)]
pub(super) struct ShownJson<'a> {
    #[serde(flatten)]
    push: PushJson<'a>,
    figures: Option<FiguresJson>,
    /// Messages that people passed on by hand.
    relayed: usize,
    /// Confirmations that an admin recorded for somebody else; null for who sees a part of the office.
    manual: Option<i64>,
    /// Private reminders that arrived.
    nudged: Option<i64>,
    /// Each day on which people were reminded.
    nudges: Option<Vec<NudgeJson>>,
    deliveries: Vec<DeliveryJson<'a>>,
}

#[derive(Serialize)]
struct NudgeJson {
    day: NaiveDate,
    /// Reminders that were made.
    queued: i64,
    /// People without a private chat.
    unreachable: i64,
    /// Nobody was reminded: the program did not run, or was stopped.
    missed: bool,
}

#[derive(Serialize)]
struct DeliveryJson<'a> {
    id: i64,
    kind: &'a str,
    target: String,
    state: &'a str,
    attempts: Vec<AttemptJson<'a>>,
    reason: Option<&'static str>,
    by_hand: bool,
    decided: Option<RulingJson<'a>>,
}

#[derive(Serialize)]
struct AttemptJson<'a> {
    n: i64,
    outcome: &'a str,
    message_id: Option<&'a str>,
    possible_duplicate: bool,
    removal: Option<&'static str>,
}

impl<'a> ShownJson<'a> {
    pub(super) fn of(shown: &'a Shown, figures: Option<&Figures>, zone: Tz) -> Self {
        let attempt = |row: &'a AttemptRow| AttemptJson {
            n: row.n,
            outcome: row.outcome.as_str(),
            message_id: row.message_id.as_deref(),
            possible_duplicate: row.possible_duplicate,
            removal: traces::removal(shown, row.id).map(Removal::as_str),
        };
        let delivery = |(row, attempts): &'a (DeliveryRow, Vec<AttemptRow>)| DeliveryJson {
            id: row.id.0,
            kind: row.kind.as_str(),
            target: target(shown, row),
            state: row.state.as_str(),
            attempts: attempts.iter().map(attempt).collect(),
            reason: row.reason.map(StopReason::as_str),
            by_hand: row.by_hand,
            decided: traces::ruling(shown, row.id, zone),
        };
        let day = |row: &DayRow| NudgeJson {
            day: row.day,
            queued: row.queued,
            unreachable: row.unreachable,
            missed: traces::is_missed(row, zone),
        };
        let beside = shown.beside.as_ref();
        Self {
            manual: beside.map(|beside| beside.manual),
            nudged: beside.map(|beside| beside.nudged),
            nudges: beside.map(|beside| beside.nudges.iter().map(day).collect()),
            push: PushJson::of(&shown.push, zone),
            figures: figures.map(FiguresJson::from),
            relayed: traces::relayed(shown),
            deliveries: shown.deliveries.iter().map(delivery).collect(),
        }
    }
}

/// A person in `push missing`.
#[derive(Serialize)]
pub(super) struct MissingJson<'a> {
    staff_no: &'a str,
    name: &'a str,
    unit: &'a str,
    reached: bool,
    /// Until when they are asked: everybody's deadline or their own.
    deadline: Option<String>,
}

impl<'a> MissingJson<'a> {
    pub(super) fn of(missing: &'a Missing, zone: Tz) -> Self {
        let person = &missing.person;
        Self {
            staff_no: &person.staff_no,
            name: &person.name,
            unit: &person.unit,
            reached: missing.reached,
            deadline: missing.deadline.map(|deadline| out::instant(deadline, zone)),
        }
    }
}

/// A target for programs: `group:3`, `staff:G2601`.
pub(super) fn target(shown: &Shown, row: &DeliveryRow) -> String {
    match row.target_kind {
        TargetKind::Group => format!("group:{}", row.target_id),
        TargetKind::Staff => {
            let person = shown.people.iter().find(|person| person.id.0 == row.target_id);
            format!("staff:{}", person.map(|person| person.staff_no.as_str()).unwrap_or_default())
        }
    }
}

/// A target for people: `机关群（3）`, `G2601`.
pub(super) fn shown_target(shown: &Shown, row: &DeliveryRow) -> String {
    match row.target_kind {
        TargetKind::Group => {
            let group = shown.groups.iter().find(|group| group.id.0 == row.target_id);
            format!("{}（群{}）", group.map(|group| group.title.as_str()).unwrap_or_default(), row.target_id)
        }
        TargetKind::Staff => {
            let person = shown.people.iter().find(|person| person.id.0 == row.target_id);
            person.map(|person| person.staff_no.clone()).unwrap_or_default()
        }
    }
}

/// The figures of a push in a line.
pub(super) fn figures(figures: &Figures) -> String {
    let counts = &figures.counts;
    let gaps = format!("未送达{}，存疑{}，免计{}", counts.undelivered.total(), counts.in_doubt, counts.exempt);
    let rates = match figures.basis {
        Some(Basis::Required) => format!(
            "应知{}，已确认{}（按期{}），未确认{}，{gaps}；知悉率{}",
            counts.expected,
            counts.acked,
            counts.on_time,
            counts.missing,
            with_fraction(figures.rate())
        ),
        Some(Basis::Voluntary) | None => {
            format!("可阅{}，已阅{}，{gaps}；参与率{}", counts.expected, counts.acked, with_fraction(figures.rate()))
        }
    };
    let after = if figures.has_gaps() {
        format!("；按已送达计{}", with_fraction(figures.rate_delivered()))
    } else {
        String::new()
    };
    rates + &after
}

/// Every message of a push with its latest call.
pub(super) fn deliveries(shown: &Shown) -> Ended {
    let columns =
        [right("编号"), left("发到"), left("状态"), right("次数"), left("最近一次"), left("消息号"), left("原因")];
    let rows = shown.deliveries.iter().map(|(row, attempts)| {
        let last = attempts.last();
        let outcome = last.map(|attempt| words::attempt_outcome(attempt.outcome)).unwrap_or_default();
        let doubled = if last.is_some_and(|attempt| attempt.possible_duplicate) { "（补发）" } else { "" };
        let removal = last.and_then(|attempt| traces::removal(shown, attempt.id)).map(traces::removal_word);
        let removal = removal.map(|word| format!("，{word}")).unwrap_or_default();
        let outcome = if row.by_hand { "人工转发" } else { outcome };
        vec![
            row.id.to_string(),
            shown_target(shown, row),
            words::delivery_state(row.state).to_owned(),
            attempts.len().to_string(),
            format!("{outcome}{doubled}{removal}"),
            last.and_then(|attempt| attempt.message_id.clone()).unwrap_or_default(),
            row.reason.map(words::reason).unwrap_or_default().to_owned(),
        ]
    });
    out::table(&columns, rows.collect(), "没有消息")
}
