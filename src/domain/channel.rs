//! Kinds of chat platforms and what each of them can do. Rules ask for a capability, never for a platform.

use super::word::words;

words! {
    /// A kind of chat platform, as channels are stored.
    ChannelKind {
        /// Telegram, by its Bot API.
        Telegram = "telegram",
        /// 人工转发: a platform that takes no messages from programs; a person passes them on.
        Relay = "relay",
    }
}

/// What a platform lets programs do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Readers can press back. Without it nobody is asked to confirm, and who read a message is not known.
    pub ack: bool,
    /// The program sends by itself. Without it a person carries each message.
    pub send: bool,
}

impl ChannelKind {
    /// What the platform can do.
    pub const fn capabilities(self) -> Capabilities {
        match self {
            Self::Telegram => Capabilities { ack: true, send: true },
            Self::Relay => Capabilities { ack: false, send: false },
        }
    }
}
