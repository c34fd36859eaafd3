//! Small words used by several rules. Each has one spelling in code and tables (`as_str`) and is read back by `parse`.

/// Defines a closed set of words with their spelling in tables and JSON.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every word, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The spelling in tables, JSON and command lines.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// Reads the spelling back; `None` for any other text.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Kind of staff. One person may be of several kinds; an item addresses one or more.
    Kind {
        /// 党员
        PartyMember = "party",
        /// 公职人员
        PublicOfficial = "official",
        /// 聘用
        Contract = "contract",
    }
}

impl Kind {
    /// The word in rosters and in print.
    pub const fn label(self) -> &'static str {
        match self {
            Self::PartyMember => "党员",
            Self::PublicOfficial => "公职人员",
            Self::Contract => "聘用",
        }
    }
}

words! {
    /// What a push asks of its readers.
    Confirm {
        /// Expected by a deadline, counted as 知悉率.
        Required = "required",
        /// Free to read, counted as 参与率, never reminded of.
        Voluntary = "voluntary",
        /// No button, outside all figures.
        None = "none",
    }
}

words! {
    /// Where a chat stands with us.
    GroupState {
        /// The bot is in it and nobody said whom it addresses.
        Unlinked = "unlinked",
        /// Addresses its units.
        Active = "active",
        /// The platform refuses messages to it until someone acts.
        Suspended = "suspended",
        /// The bot is no longer in it.
        Gone = "gone",
    }
}

words! {
    /// How updates of a channel reach us.
    InboundMode {
        /// We ask for them.
        Poll = "poll",
        /// The platform brings them.
        Webhook = "webhook",
    }
}

words! {
    /// Where an item stands.
    ItemState {
        Draft = "draft",
        Submitted = "submitted",
        Approved = "approved",
        Published = "published",
        Withdrawn = "withdrawn",
        Expired = "expired",
    }
}

words! {
    /// How a confirmation reached us.
    AckMethod {
        Button = "button",
        Text = "text",
        DeepLink = "deep_link",
        Link = "link",
        Manual = "manual",
    }
}

words! {
    /// Where a recurring rule stands.
    ScheduleState {
        Active = "active",
        Paused = "paused",
        Removed = "removed",
    }
}
