//! What goes out, before a channel turns it into its own markup.

use crate::domain::rich::Rich;

/// One message: formatted words and rows of buttons under them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outgoing {
    pub text: Rich,
    /// Rows from top to bottom, buttons from left to right.
    pub buttons: Vec<Vec<Button>>,
}

/// A button under a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Button {
    /// Comes back as a press. `data` is an opaque code of at most 64 bytes, never a name.
    Press { label: String, data: String },
    /// Opens an address; the program does not learn of it.
    Open { label: String, url: String },
}

/// The answer to a press.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// At most 200 characters.
    pub text: String,
    pub emphasis: Emphasis,
    /// An address to open instead of only showing the text. Telegram takes links into the bot's own private chat only.
    pub open: Option<String>,
}

/// How loudly an answer shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emphasis {
    /// A line that goes away by itself.
    Toast,
    /// A window the person closes.
    Alert,
}
