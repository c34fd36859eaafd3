//! The sandbox's own time. It reads the machine's clock in this file only, or stands at an instant set from outside,
//! so that a month can pass in seconds. Waiting (long polls) always takes real time.

/// Where the sandbox takes its time from. Instants are UTC milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// The machine's clock.
    System,
    /// A fixed instant that moves only when it is set.
    Manual(i64),
}

impl Time {
    /// The present instant in UTC milliseconds.
    #[expect(clippy::disallowed_methods, reason = "the one place of the sandbox that reads the machine's clock")]
    pub(super) fn now_ms(self) -> i64 {
        match self {
            Self::Manual(at) => at,
            Self::System => std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)),
        }
    }

    /// Whether the instant is set from outside.
    pub(super) fn is_manual(self) -> bool {
        match self {
            Self::System => false,
            Self::Manual(_) => true,
        }
    }
}
