//! Inbound: what was polled or brought is stored with its acks in one transaction, then answered; what confirms nothing
//! waits in the inbox and is worked through one by one. Nothing here decides: intents go to `office`, answers come from
//! `message`.

/// What is written in the name of a group.
mod anonymous;
/// Chats that the bot is added to.
mod chats;
/// What confirms a push.
pub mod confirm;
/// Buttons that only admins use.
mod decide;
/// Conversations of several steps.
mod dialogue;
/// What an update leads to outside the database.
pub mod effect;
mod guard;
/// Stores a batch and answers its presses.
pub mod intake;
/// Joining in private.
mod joining;
/// Buttons of the one private reminder.
mod nudge;
/// The polling loop.
pub mod poll;
/// Answers to questions.
pub mod quiz;
/// What people in chat have no right to.
mod rights;
/// The address that updates are brought to.
pub mod webhook;
/// Texts and other presses, worked through one by one.
pub mod work;
/// Stores what is brought.
pub mod writer;
