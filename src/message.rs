//! Every sentence the program says to people, and the one function that renders a person.

/// What the admins are told without asking.
pub mod alert;
/// Joining: the notice, the question, the answers.
pub mod binding;
/// The working calendar: problems of year files, what an import changes, how years stand.
pub mod calendar;
/// Which units does a chat address?
pub mod chat;
/// What is wrong with the environment, and what to do about it.
pub mod config;
/// Confirming by words instead of a button.
pub mod confirm;
/// What is wrong with an item file, and what to do about it.
pub mod content;
/// What only an admin can settle.
pub mod decide;
/// Why a message did not go out.
pub mod delivery;
/// Conversations of several steps.
pub mod dialogue;
/// Chats: the first message in one, and what admins are asked about it.
pub mod group;
/// Why data may be a copy.
pub mod installation;
/// Absences: what people are told, and what is wrong with their sheet.
pub mod leave;
/// `/me`.
pub mod me;
/// The one private reminder.
pub mod nudge;
/// What goes out, before a channel turns it into its own markup.
pub mod outgoing;
/// `/people`.
pub mod people;
/// Days, times and people as they are printed.
pub mod print;
/// The push as a group reads it.
pub mod push;
/// Questions about an item, and answers to them.
pub mod quiz;
/// The words of a month's report.
pub mod report;
/// Problems of a roster sheet, and what an import changes.
pub mod roster;
/// Problems of a rule's parts and of deadlines.
pub mod rule;
/// Problems of a schedule's expression, and times that are printed.
pub mod schedule;
/// What is wrong with the key file, and what to do about it.
pub mod secret;
/// What a press on a button is answered with.
pub mod toast;
/// Names of units.
pub mod unit;
