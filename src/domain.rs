//! Pure rules of the office: what is due, who is expected, what counts. Nothing here reads time, files or the network.

/// What a press on 已阅 comes to.
pub mod ack;
/// What the admins are told without asking.
pub mod alert;
/// The audit chain: canonical form, links, verification.
pub mod audit;
/// Workdays, holidays and festivals.
pub mod calendar;
/// Most messages a group gets, and which of them give way.
pub mod cap;
/// Kinds of chat platforms and what they can do.
pub mod channel;
/// What an item file says.
pub mod content;
/// Five-field crontab expressions.
pub mod cron;
/// The life of one outgoing message.
pub mod delivery;
/// Conversations of several steps.
pub mod dialogue;
/// Time in which nobody took in updates.
pub mod hearing;
/// Whether a database is the one that was served here before.
pub mod installation;
/// Binding codes.
pub mod invite;
/// Absences, and what each does to the count.
pub mod leave;
/// Calendar months.
pub mod month;
/// The one private reminder of a required push.
pub mod nudge;
/// How fast we call.
pub mod pacing;
/// Whether a text tells of a person.
pub mod personal;
/// Who may do what.
pub mod policy;
/// A push and its frozen audience.
pub mod push;
/// Questions about an item.
pub mod quiz;
/// Figures of a push and of a month.
pub mod report;
/// Text with the little formatting that every chat platform has.
pub mod rich;
/// The roster sheet.
pub mod roster;
/// Which item goes out next.
pub mod rotation;
/// One round of the planner.
pub mod round;
/// Rules of schedules and their slots.
pub mod schedule;
/// Settings, their defaults and bounds.
pub mod setting;
/// What becomes of a slot: on time, late, skipped; allowed hours and deadlines.
pub mod slot;
/// What stands inside a button.
pub mod tag;
/// The tree of units.
pub mod unit;
/// Wall-clock times of a zone.
pub mod wall;
/// Full-width forms.
pub mod width;
/// Small words used by several rules: kinds of staff, confirmation modes.
pub mod word;
