//! Where a message goes and what became of it, in words every platform shares.

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// The platform's id of the group or of the private chat.
    pub chat: String,
    /// The topic inside the group, where the platform has topics and the group uses them.
    pub thread: Option<String>,
}

/// How a text is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// In the platform's markup.
    Styled,
    /// Words alone: the one repeat after [`SendError::MarkupRefused`](super::SendError::MarkupRefused).
    Plain,
}

/// Proof that a message is out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The platform's id of the message inside its chat.
    pub message_id: String,
}

/// A file to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What people see as the file's name, ending included.
    pub file_name: String,
    pub bytes: Vec<u8>,
}

/// What became of an answer to a press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    Shown,
    /// The platform no longer waits for it. What the press recorded stays recorded.
    TooLate,
}

/// What became of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edited {
    Changed,
    /// The message already said just that.
    Unchanged,
    /// The message is gone or can no longer be changed: further edits of it are pointless.
    Lost,
}

/// What became of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    Done,
    /// It was not there any more.
    AlreadyGone,
    /// It stays: too old to be deleted, or not ours to delete.
    TooOld,
}
