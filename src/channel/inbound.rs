//! What comes in, in words every platform shares.

/// One update as the platform sent it. The raw text is what is stored, before anything reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawUpdate {
    /// What makes the update unique on its channel, for the inbox.
    pub event_id: String,
    /// The platform's running number, for the next poll only: it may restart lower after a quiet week.
    pub id: i64,
    /// Exactly the text received.
    pub raw: String,
}

/// An update, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inbound {
    Press(Press),
    Said(Said),
    Filed(Filed),
    GroupSeen(GroupSeen),
    GroupGone(GroupGone),
    Migrated(Migrated),
    Reachable(Reachable),
    /// Something the program does not act on, or does not understand.
    Other,
}

/// Someone pressed a button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Press {
    /// Names the press when it is answered.
    pub callback_id: String,
    /// Who pressed, by the platform's word. The button's data never says who.
    pub account: String,
    pub chat: String,
    pub place: Place,
    /// The message that carried the button, even when it can no longer be read or edited.
    pub message_id: String,
    /// What the button carried: untrusted, only to be looked up.
    pub data: String,
}

/// Someone wrote a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub account: String,
    pub sender: Sender,
    pub chat: String,
    /// The topic, when it was written in one.
    pub thread: Option<String>,
    pub place: Place,
    /// The message it replies to, in the same chat.
    pub reply_to: Option<String>,
    pub text: String,
}

/// Someone sent a file. What it holds is never fetched, and neither its name nor its caption is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    pub account: String,
    pub sender: Sender,
    pub chat: String,
    pub place: Place,
}

/// Who stands behind a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The account is the person.
    Person,
    /// The text was written in the name of a group or channel; the account is a stand-in and nobody's identity.
    Anonymous,
}

/// The kind of chat something happened in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Private,
    Group,
}

/// The bot is in a group: it was added, or its rights there changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSeen {
    pub chat: String,
    pub title: String,
    /// The account that did it.
    pub by: String,
}

/// The bot is no longer in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupGone {
    pub chat: String,
    /// The account that did it.
    pub by: String,
}

/// A group goes on under another id. Both the old and the new chat may report it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    pub from: String,
    pub to: String,
}

/// A person opened or closed the private chat to the bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reachable {
    pub account: String,
    /// Whether the bot may write to the account from now on.
    pub can_dm: bool,
}
