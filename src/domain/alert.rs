//! What the admins are told without asking, each thing once: a year without its notice, items that run out, items that
//! expire. Decided ahead of time, so that there is a workday left to act on.

#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc, Weekday};
use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, YearStatus, warning};
use super::rotation::{self, Choice, Pool, Want};
use super::schedule::Slot;
use super::slot::{AllowedHours, Window};
use super::wall;
use super::word::words;
use crate::ids::{DeliveryId, GroupId, InviteId, PushId, ScheduleId, StaffId};

/// Workdays ahead of which admins are told: time to write an item, have it checked and take it in.
const AHEAD_WORKDAYS: i32 = 7;

/// How long after it may first be sent an alert is still worth sending.
pub const KEPT: TimeDelta = TimeDelta::days(3);

words! {
    /// What an alert is about.
    AlertKind {
        CalendarProvisional = "calendar_provisional",
        PoolExhausted = "pool_exhausted",
        ItemExpiring = "item_expiring",
        GroupSuspended = "group_suspended",
        TopicLost = "topic_lost",
        InDoubt = "in_doubt",
        PushFailed = "push_failed",
        RemovalRefused = "removal_refused",
        DeliveryBroken = "delivery_broken",
        Relay = "relay",
        UpdateAside = "update_aside",
        OtherPoller = "other_poller",
        CodeDeclined = "code_declined",
        CodesGuessed = "codes_guessed",
        StrangeChat = "strange_chat",
    }
}

/// One thing to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "detail", rename_all = "snake_case")]
pub enum Alert {
    /// No notice of the State Council settles a year.
    CalendarProvisional {
        year: i32,
        /// First day of the week in which it is told.
        week: NaiveDate,
        /// Whether the days of the law stand in for the notice. If not, schedules hold.
        known: bool,
    },
    /// A slot to come finds nothing that rested.
    PoolExhausted {
        schedule: ScheduleId,
        name: String,
        /// Day of the slot in the office's zone.
        day: NaiveDate,
        /// Slots before it that still find something.
        left: usize,
        /// Title of what is repeated; nothing fits at all without one.
        again: Option<String>,
        /// Months that an item should rest.
        months: u32,
    },
    /// An item that a schedule may choose will no longer go out.
    ItemExpiring { slug: String, code: String, title: String, on: NaiveDate },
    /// The platform refuses messages to a group for good; the reason is a [`StopReason`](super::delivery::StopReason).
    GroupSuspended { group: GroupId, title: String, reason: String, since: DateTime<Utc> },
    /// A topic takes no messages; they go to the whole group instead.
    TopicLost { group: GroupId, title: String, since: DateTime<Utc> },
    /// Nobody knows whether a message arrived, and the program does nothing more about it by itself. Decided by buttons.
    InDoubt { delivery: DeliveryId, push: PushId, title: String, target: String, attempt: i64 },
    /// A message of a push will not go out, though its chat takes others.
    PushFailed { delivery: DeliveryId, push: PushId, title: String, target: String, reason: String, attempt: i64 },
    /// The platform does not let us delete a copy of a push that was taken back.
    RemovalRefused { push: PushId, title: String, target: String, attempt: i64 },
    /// A message could not be made in any of the tries.
    DeliveryBroken { delivery: DeliveryId },
    /// Someone has to pass a push on by hand. The words to copy are made when it is sent.
    Relay { delivery: DeliveryId },
    /// Something a person did could not be worked through and was set aside.
    UpdateAside { day: NaiveDate, first: i64 },
    /// Another program takes this bot's updates.
    OtherPoller { day: NaiveDate },
    /// Someone who got a binding code says that it is not theirs. The person's masked words are made when it is sent.
    CodeDeclined { invite: InviteId, staff: StaffId },
    /// Several accounts at a time wait after wrong binding codes.
    CodesGuessed { day: NaiveDate, accounts: i64 },
    /// Someone who is no admin added the bot to a chat. Decided by buttons; the bot leaves by itself in the end.
    StrangeChat { group: GroupId, title: String, leaves: DateTime<Utc> },
}

impl Alert {
    /// What it is about.
    pub const fn kind(&self) -> AlertKind {
        match self {
            Self::CalendarProvisional { .. } => AlertKind::CalendarProvisional,
            Self::PoolExhausted { .. } => AlertKind::PoolExhausted,
            Self::ItemExpiring { .. } => AlertKind::ItemExpiring,
            Self::GroupSuspended { .. } => AlertKind::GroupSuspended,
            Self::TopicLost { .. } => AlertKind::TopicLost,
            Self::InDoubt { .. } => AlertKind::InDoubt,
            Self::PushFailed { .. } => AlertKind::PushFailed,
            Self::RemovalRefused { .. } => AlertKind::RemovalRefused,
            Self::DeliveryBroken { .. } => AlertKind::DeliveryBroken,
            Self::Relay { .. } => AlertKind::Relay,
            Self::UpdateAside { .. } => AlertKind::UpdateAside,
            Self::OtherPoller { .. } => AlertKind::OtherPoller,
            Self::CodeDeclined { .. } => AlertKind::CodeDeclined,
            Self::CodesGuessed { .. } => AlertKind::CodesGuessed,
            Self::StrangeChat { .. } => AlertKind::StrangeChat,
        }
    }

    /// Names it among its kind: a second alert with the same key is not told.
    pub fn key(&self) -> String {
        match self {
            Self::CalendarProvisional { year, week, .. } => format!("{year}:{week}"),
            Self::PoolExhausted { schedule, day, .. } => format!("{schedule}:{}", day.format("%Y-%m")),
            Self::ItemExpiring { slug, on, .. } => format!("{slug}:{on}"),
            Self::GroupSuspended { group, since, .. }
            | Self::TopicLost { group, since, .. }
            | Self::StrangeChat { group, leaves: since, .. } => {
                format!("{group}:{}", since.timestamp_millis())
            }
            Self::InDoubt { delivery, attempt, .. } | Self::PushFailed { delivery, attempt, .. } => {
                format!("{delivery}:{attempt}")
            }
            Self::RemovalRefused { attempt, .. } => attempt.to_string(),
            Self::DeliveryBroken { delivery } | Self::Relay { delivery } => delivery.to_string(),
            Self::UpdateAside { day, .. } | Self::OtherPoller { day } | Self::CodesGuessed { day, .. } => {
                day.to_string()
            }
            Self::CodeDeclined { invite, .. } => invite.to_string(),
        }
    }
}

/// The last day that admins are told of on `today`.
pub fn horizon(calendar: &Calendar, today: NaiveDate) -> NaiveDate {
    calendar.workdays_from(today, AHEAD_WORKDAYS)
}

/// The years to tell of, each once a week from its first workday on.
pub fn unsettled_years(calendar: &Calendar, today: NaiveDate) -> Vec<Alert> {
    if !calendar.is_workday(today) {
        return Vec::new();
    }
    let week = today.week(Weekday::Mon).first_day();
    let years = warning(calendar, today).map(|warning| warning.years).unwrap_or_default();
    let told = |(year, status)| Alert::CalendarProvisional { year, week, known: status != YearStatus::Missing };
    years.into_iter().map(told).collect()
}

/// A slot to come that finds nothing that rested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    /// When the slot goes out.
    pub due: DateTime<Utc>,
    /// Slots before it that still find something.
    pub left: usize,
    /// Place of the item that is repeated; `None`: nothing fits at all.
    pub again: Option<usize>,
}

/// The first of a schedule's slots that runs short when each before it takes what rotation gives it. A schedule that names
/// its item repeats it on purpose and runs short only when the item may not go out. `want` is what the slots have in common.
pub fn shortage(mut choices: Vec<Choice>, want: &Want<'_>, slots: impl IntoIterator<Item = Slot>) -> Option<Shortage> {
    let named = matches!(want.pool, Pool::Item(_));
    let goes_out = |slot: &Slot| slot.off.is_none() && slot.known;
    for (left, slot) in slots.into_iter().filter(goes_out).enumerate() {
        let day = wall::of(slot.due, want.zone).date();
        let want = Want { day, festivals: &slot.festivals, ..*want };
        let pick = rotation::next(&choices, &want);
        let fine = pick.filter(|pick| pick.fresh || named).and_then(|pick| choices.get_mut(pick.place));
        let Some(chosen) = fine else {
            return Some(Shortage { due: slot.due, left, again: pick.map(|pick| pick.place) });
        };
        chosen.last = Some(slot.due);
    }
    None
}

/// Places of the items that stop going out within the horizon although a schedule may choose them. Reminders are meant to:
/// their festival is over by then.
pub fn expiring(choices: &[Choice], pools: &[Pool], today: NaiveDate, horizon: NaiveDate) -> Vec<usize> {
    let soon = |end: NaiveDate| today < end && end <= horizon;
    let wanted = |choice: &Choice| pools.iter().any(|pool| pool.has(choice));
    let told = |choice: &Choice| !choice.is_reminder() && choice.expires_on.is_some_and(soon) && wanted(choice);
    choices.iter().enumerate().filter(|(_, choice)| told(choice)).map(|(place, _)| place).collect()
}

/// The first instant from `now` on at which messages may reach people: a workday of the calendar, inside the hours.
pub fn opening(hours: &AllowedHours, calendar: &Calendar, now: DateTime<Utc>) -> DateTime<Utc> {
    let wall = wall::of(now, hours.tz);
    // The last minute of a window belongs to it.
    let open = |(day, window): (NaiveDate, &Window)| wall < day.and_time(window.to) + TimeDelta::minutes(1);
    let workdays = wall.date().iter_days().filter(|day| calendar.is_workday(*day)).take(2);
    let windows = workdays.flat_map(|day| hours.windows.iter().map(move |window| (day, window)));
    let starts = windows.filter(|window| open(*window)).map(|(day, window)| day.and_time(window.from));
    starts.min().map_or(now, |start| wall::instant(start, hours.tz).max(now))
}
