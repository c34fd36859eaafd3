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
    /// How people are named there (invariant I10).
    pub names: Names,
}

/// How people appear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Names {
    /// 张*（工号尾号08）: servers abroad, or hands that pass it on to a platform nobody asked.
    Masked,
    /// By staff number and name: what stays with the office.
    Full,
}

impl Names {
    /// How people are named in what may be read on any platform.
    pub fn anywhere() -> Self {
        ChannelKind::ALL.iter().map(|kind| kind.capabilities().names).min().unwrap_or(Self::Masked)
    }
}

impl ChannelKind {
    /// What the platform can do.
    pub const fn capabilities(self) -> Capabilities {
        match self {
            Self::Telegram => Capabilities { ack: true, send: true, names: Names::Masked },
            Self::Relay => Capabilities { ack: false, send: false, names: Names::Masked },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_masked_where_servers_are_abroad_and_where_hands_carry_messages() {
        for kind in ChannelKind::ALL {
            let expected = match kind {
                ChannelKind::Telegram | ChannelKind::Relay => Names::Masked,
            };
            assert_eq!(kind.capabilities().names, expected, "{}", kind.as_str());
        }
        assert_eq!(Names::anywhere(), Names::Masked);
    }
}
