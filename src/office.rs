//! Use cases, one file per noun. Each checks the policy table, does its work in one write transaction with its audit
//! entry, and returns data. `cli`, `inbox`, `jobs` and `web` parse, call and word; they decide nothing.

use serde_json::Value;

use crate::domain::audit::{Action, Actor, Event};
use crate::domain::content::ContentProblem;
use crate::domain::cron::CronError;
use crate::domain::personal::Personal;
use crate::domain::policy::{Act, Role};
use crate::domain::report::CheckFailed;
use crate::domain::schedule::RuleError;
use crate::domain::setting::Key;
use crate::domain::slot::AllowedHours;
use crate::domain::unit::UnitFault;
use crate::domain::word::{ItemState, ScheduleState};
use crate::ids::UnitId;
use crate::store::{StoreError, Tx};

/// Presses and what they are answered with.
pub mod ack;
/// What the admins are told without asking.
pub mod alert;
/// Whoever acts in the name of a group.
pub mod anonymous;
/// The ledger: verify, note, read, change its key.
pub mod audit;
/// Joining: codes, accounts, people.
pub mod binding;
/// The working calendar.
pub mod calendar;
/// Items: check, sync, list, show.
pub mod content;
/// The database itself: set up, open, check.
pub mod db;
/// Sending what is due.
pub mod delivery;
/// People who leave the roster.
pub mod depart;
/// Conversations of several steps.
pub mod dialogue;
/// Removing who somebody was.
pub mod erase;
/// Chats and the units they address.
pub mod group;
/// Stopping everything that goes out, and letting it go on.
pub mod halt;
/// Whether updates reach us.
pub mod hearing;
/// Why a lever does not move.
pub mod held;
/// Keeping of raw inbound texts.
pub mod inbox;
/// Who of several instances does what only one does.
pub mod lease;
/// Absences: recorded, declared, ended, taken in from a file.
pub mod leave;
/// Two staff numbers of one person.
pub mod merge;
/// What a monitoring system is told.
pub mod metrics;
/// The one private reminder of a required push.
pub mod nudge;
/// What is going to go out, other rules and caps considered.
pub mod outlook;
/// Texts that must not tell of a person.
mod personal;
/// The planner.
pub mod plan;
/// Pushes: freeze an audience, send by hand, look.
pub mod push;
/// Answers to the questions that pushes ask.
pub mod quiz;
/// Messages that a person passes on by hand.
pub mod relay;
/// The month's report.
pub mod report;
/// Who may do what.
mod rights;
/// Roles: given, taken away, listed.
pub mod role;
/// The roster file.
pub mod roster;
/// What the choice of an item rests on.
pub mod rotation;
/// Recurring rules.
pub mod schedule;
/// Settings of the office.
pub mod setting;
/// People: codes, leave.
pub mod staff;
/// What a loop tells the log of its trouble.
pub mod troubled;
/// Units as people name them.
pub mod unit;

pub use rights::{Allowed, authorise, authorise_units, refused};

/// Why a use case did not do what was asked. Nothing was changed. Worded in one place: `cli::refusal`.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("{actor} may not {act:?}")]
    Forbidden { actor: String, act: Act },
    /// Units they asked for and do not head; `own` are the paths of theirs.
    #[error("{actor} may not {act:?} in units {asked:?}")]
    OtherUnit { actor: String, act: Act, asked: Vec<UnitId>, own: Vec<String> },
    #[error("staff number {0} is not on the roster")]
    NotOnRoster(String),
    #[error("staff number {0} is bound to no account")]
    NotBound(String),
    #[error("the roster is empty")]
    RosterEmpty,
    #[error("unit {given} is unknown")]
    UnknownUnit { given: String, known: Vec<String> },
    #[error("unit {given} could be several")]
    AmbiguousUnit { given: String, options: Vec<String> },
    #[error("the unit does not get that path or place: {0:?}")]
    Unit(UnitFault),
    #[error(transparent)]
    Import(#[from] roster::ImportFault),
    #[error(transparent)]
    Merge(#[from] merge::MergeFault),
    #[error("group {0} is unknown")]
    UnknownGroup(String),
    #[error("group {0} addresses no unit")]
    GroupNotLinked(String),
    #[error("item {0} is unknown")]
    UnknownItem(String),
    #[error("theme {0} is unknown")]
    UnknownTheme(String),
    #[error("item {slug} is {state:?}")]
    ItemNotReady { slug: String, state: ItemState },
    #[error("item {slug} expired on {on}")]
    ItemExpired { slug: String, on: chrono::NaiveDate },
    #[error("item {slug} has unfilled placeholders")]
    Unfilled { slug: String, blanks: Vec<(String, Option<Key>)> },
    #[error("schedule {0} is unknown")]
    UnknownSchedule(String),
    /// By the plan of that name, or by any.
    #[error("nothing is to come of {0:?}")]
    NothingToCome(Option<String>),
    #[error("schedule {0} exists")]
    ScheduleExists(String),
    #[error("a name is missing or too long")]
    ScheduleName,
    #[error("{at} lies outside the allowed hours")]
    ScheduleOutsideHours { at: chrono::NaiveTime, hours: AllowedHours },
    #[error("the rule has no slot to come")]
    ScheduleNeverDue,
    #[error("schedule {name} is {state:?} already")]
    ScheduleStands { name: String, state: ScheduleState },
    #[error("no approved item fits")]
    NoFittingItem,
    #[error(transparent)]
    Cron(#[from] CronError),
    #[error(transparent)]
    Rule(#[from] RuleError),
    #[error("push {0} is unknown")]
    UnknownPush(i64),
    #[error("push {0} has no list of the missing")]
    NoMissingList(i64),
    #[error("outside the allowed hours")]
    OutsideHours { hours: AllowedHours },
    #[error("the audience is empty")]
    NobodyAddressed,
    #[error("no chat and no person was named")]
    NoTarget,
    #[error("the deadline has passed")]
    DeadlinePassed,
    #[error("only a required push has a deadline")]
    DeadlineNotAsked,
    #[error("setting {0} is unknown")]
    UnknownSetting(String),
    #[error("setting {0:?} does not take this value")]
    SettingValue(Key),
    #[error("setting {key:?} would tell of a person: {what:?}")]
    SettingPersonal { key: Key, what: Personal },
    #[error("the role is held already")]
    RoleHeld { staff_no: String, role: Role },
    #[error("the role is not held")]
    RoleNotHeld { staff_no: String, role: Role },
    #[error("staff number {0} was never known")]
    UnknownStaff(String),
    #[error("the last admin cannot go")]
    LastAdmin,
    #[error(transparent)]
    Role(#[from] role::RoleFault),
    #[error(transparent)]
    Leave(#[from] leave::LeaveFault),
    #[error("the content has problems")]
    Content(Vec<(String, ContentProblem)>),
    #[error("the year file has problems")]
    Calendar(Vec<crate::domain::calendar::Problem>),
    #[error("nothing is known about the year {0}")]
    YearMissing(i32),
    #[error("no item file in {0}")]
    NoItemFiles(String),
    #[error("reading {path}")]
    File { path: String, source: std::io::Error },
    #[error("database of zone {stored}, configured {configured}")]
    OtherZone { stored: String, configured: String },
    #[error("database of bot {stored}, token of {configured}")]
    OtherBot { stored: String, configured: String },
    #[error("another serve holds the database: {holder}")]
    Held { holder: String },
    #[error(transparent)]
    Copy(#[from] db::CopyFault),
    #[error("the data may be a copy and takes nothing in")]
    Quarantined,
    #[error("not set up")]
    NotSetUp { database: String },
    #[error(transparent)]
    Secret(#[from] crate::secret::SecretFault),
    #[error("report check failed")]
    Check(CheckFailed),
    #[error(transparent)]
    Lever(#[from] held::Held),
    #[error(transparent)]
    Ledger(#[from] audit::LedgerFault),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<UnitFault> for Refusal {
    fn from(fault: UnitFault) -> Self {
        Self::Unit(fault)
    }
}

impl Refusal {
    /// What was asked for without a right, and the units it was asked of.
    pub fn denied(&self) -> Option<(Act, &[UnitId])> {
        if let Self::Forbidden { act, .. } = self {
            return Some((*act, &[]));
        }
        if let Self::OtherUnit { act, asked, .. } = self { Some((*act, asked)) } else { None }
    }
}

/// Result of every use case.
pub type Outcome<T> = Result<T, Refusal>;

/// Notes an entry for the audit chain, written with the transaction's commit. `detail` holds ids and words, never names.
pub fn note(tx: &mut Tx, at: chrono::DateTime<chrono::Utc>, actor: &Actor, what: (Action, String, Value)) {
    let (action, subject, detail) = what;
    tx.note(Event { at_ms: at.timestamp_millis(), actor: actor.clone(), action, subject, detail });
}
