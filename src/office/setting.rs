//! Settings of the office: every default that may be changed.

use chrono::{Duration, NaiveTime};
use chrono_tz::Tz;
use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::cap::Caps;
use crate::domain::content::{KnownSetting, Placeholder};
use crate::domain::personal::{Personal, has_mobile};
use crate::domain::policy::Act;
use crate::domain::quiz::{Rules, Score};
use crate::domain::setting::{Key, OFF, Shape, hours, minutes};
use crate::domain::slot::{AllowedHours, Window};
use crate::office::{Outcome, Refusal, authorise, note, personal};
use crate::store::{self, StoreError, Tx};

/// One setting as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    pub key: Key,
    /// None: nobody filled it in and it has no default.
    pub value: Option<String>,
    pub changed: bool,
}

/// The values in force, typed.
#[derive(Debug, Clone)]
pub struct Settings {
    values: Vec<Setting>,
    pub hours: AllowedHours,
    /// Smallest audience, in expected people, whose count is shown in a group.
    pub count_min_audience: u32,
    /// Pause between two edits of a count line.
    pub count_pause: Duration,
    /// Most items a group gets.
    pub caps: Caps,
    /// Months within which an item is not repeated to the same chats while others are left.
    pub rotation_months: u32,
    /// How long a raw inbound message is kept.
    pub inbox_kept: Duration,
    /// Most messages and edits a second over all chats.
    pub send_per_second: u32,
    /// Most messages and edits a minute in one group.
    pub send_per_group: u32,
    /// Over how long messages due at the full or half hour are spread.
    pub send_spread: Duration,
    /// Workdays for which a binding code is good.
    pub invite_workdays: u32,
    /// From when on people are reminded on the day of a deadline; `None`: they are not.
    pub nudge_time: Option<NaiveTime>,
    /// By which rules pushes ask the questions of their items; `None`: they ask nothing.
    pub quiz: Option<Rules>,
}

impl Settings {
    /// The text of a setting; empty while it is not filled in.
    pub fn text(&self, key: Key) -> &str {
        self.values.iter().find(|setting| setting.key == key).and_then(|s| s.value.as_deref()).unwrap_or_default()
    }

    /// What a placeholder of an item is filled with.
    pub fn fill(&self, blank: &Placeholder) -> Option<String> {
        let key = placeholder_key(blank)?;
        self.values.iter().find(|setting| setting.key == key).and_then(|setting| setting.value.clone())
    }
}

/// The setting that fills a placeholder.
pub fn placeholder_key(blank: &Placeholder) -> Option<Key> {
    Key::parse(blank.key(&known())?)
}

/// The settings that a placeholder may name.
pub fn known() -> Vec<KnownSetting<'static>> {
    Key::ALL.iter().map(|key| KnownSetting { key: key.as_str(), label: key.label() }).collect()
}

/// Reads the values in force; [`StoreError::Unreadable`] names the setting that another program wrote.
pub async fn load(tx: &mut Tx, zone: Tz) -> Outcome<Settings> {
    let stored = store::setting::all(tx).await?;
    let values: Vec<Setting> = Key::ALL.iter().map(|key| setting(*key, &stored)).collect();
    // What is stored was accepted by the key's bounds. A value that does not read any more stops the work: taken for
    // nought, it would erase the inbox or show the count of a small audience.
    let text = |key: Key| values.iter().find(|s| s.key == key).and_then(|s| s.value.as_deref()).unwrap_or_default();
    let unreadable = |key: Key| StoreError::Unreadable(format!("{}={}", key.as_str(), text(key)));
    let number = |key: Key| text(key).parse::<u32>().map_err(|_| unreadable(key));
    let hours_of = |key: Key| window(text(key)).ok_or_else(|| unreadable(key));
    Ok(Settings {
        hours: AllowedHours { windows: vec![hours_of(Key::HoursMorning)?, hours_of(Key::HoursAfternoon)?], tz: zone },
        count_min_audience: number(Key::CountMinAudience)?,
        count_pause: Duration::seconds(number(Key::CountEditSeconds)?.into()),
        caps: Caps { per_day: number(Key::PushPerDay)?, per_week: number(Key::PushPerWeek)? },
        rotation_months: number(Key::RotationMonths)?,
        inbox_kept: Duration::days(number(Key::InboxDays)?.into()),
        send_per_second: number(Key::SendPerSecond)?,
        send_per_group: number(Key::SendPerGroup)?,
        send_spread: Duration::seconds(number(Key::SendSpread)?.into()),
        invite_workdays: number(Key::InviteWorkdays)?,
        nudge_time: match text(Key::NudgeTime) {
            OFF => None,
            time => Some(minutes(time).and_then(time_of_day).ok_or_else(|| unreadable(Key::NudgeTime))?),
        },
        quiz: match text(Key::QuizEnabled) {
            "on" => Some(Rules {
                attempts: u8::try_from(number(Key::QuizAttempts)?).map_err(|_| unreadable(Key::QuizAttempts))?,
                score: Score::parse(text(Key::QuizScore)).ok_or_else(|| unreadable(Key::QuizScore))?,
            }),
            "off" => None,
            _ => return Err(unreadable(Key::QuizEnabled).into()),
        },
        values,
    })
}

/// The values in force, for words that name the office.
pub async fn read(ctx: &Ctx) -> Outcome<Settings> {
    let mut tx = ctx.store.read().await?;
    load(&mut tx, ctx.zone).await
}

fn window(text: &str) -> Option<Window> {
    let (from, to) = hours(text)?;
    Some(Window { from: time_of_day(from)?, to: time_of_day(to)? })
}

fn time_of_day(minutes: u32) -> Option<NaiveTime> {
    NaiveTime::from_hms_opt(minutes / 60, minutes % 60, 0)
}

fn setting(key: Key, stored: &[(String, String)]) -> Setting {
    let changed = stored.iter().find(|(name, _)| name == key.as_str()).map(|(_, value)| value.clone());
    Setting { key, changed: changed.is_some(), value: changed.or_else(|| key.default().map(str::to_owned)) }
}

/// Every setting.
pub async fn list(ctx: &Ctx, actor: &Actor) -> Outcome<Vec<Setting>> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::SettingRead).await?;
    Ok(load(&mut tx, ctx.zone).await?.values)
}

/// One setting.
pub async fn show(ctx: &Ctx, actor: &Actor, key: &str) -> Outcome<Setting> {
    let key = Key::parse(key).ok_or_else(|| Refusal::UnknownSetting(key.to_owned()))?;
    let settings = list(ctx, actor).await?;
    settings.into_iter().find(|setting| setting.key == key).ok_or(Refusal::UnknownSetting(key.as_str().to_owned()))
}

/// Changes a setting within its bounds.
pub async fn set(ctx: &Ctx, actor: &Actor, key: &str, value: &str) -> Outcome<Setting> {
    let key = Key::parse(key).ok_or_else(|| Refusal::UnknownSetting(key.to_owned()))?;
    let value = value.trim();
    if !key.accepts(value) {
        return Err(Refusal::SettingValue(key));
    }
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::SettingWrite).await?;
    if let Some(what) = tells(&mut tx, key, value).await? {
        return Err(Refusal::SettingPersonal { key, what });
    }
    store::setting::put(&mut tx, key, value, ctx.now()).await?;
    note(&mut tx, ctx.now(), actor, (Action::SettingSet, key.as_str().to_owned(), json!({ "value": value })));
    tx.commit().await?;
    Ok(Setting { key, value: Some(value.to_owned()), changed: true })
}

/// What a value would tell of a person, wherever the texts of the office are sent (invariant I10).
async fn tells(tx: &mut Tx, key: Key, value: &str) -> Outcome<Option<Personal>> {
    match key.shape() {
        Shape::Text { .. } => {}
        Shape::Word { .. } | Shape::Hours | Shape::Number { .. } | Shape::TimeOrOff { .. } => return Ok(None),
    }
    if key != Key::OfficeHotline && has_mobile(value) {
        return Ok(Some(Personal::Mobile));
    }
    Ok(personal::names(tx, value).await?.then_some(Personal::Name))
}
