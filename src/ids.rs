//! Newtype ids of stored rows. They are `i64`, grow, and are never promised to be gap-free.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type, serde::Serialize, serde::Deserialize)]
        #[sqlx(transparent)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+ };
}

ids! {
    /// One connection to a chat platform.
    ChannelId,
    /// One person's identity on one channel.
    AccountId,
    /// One chat, or one topic of it, on one channel.
    GroupId,
    /// One raw inbound update.
    InboxId,
    /// A unit of the office (科室) or a branch (支部).
    UnitId,
    /// A person on the roster.
    StaffId,
    /// One immutable state of a person: unit, branch, kinds, order.
    PersonVersionId,
    /// A one-use code that binds an account to a person.
    InviteId,
    /// A conversation of several steps.
    DialogueId,
    /// A dated absence or exemption.
    LeaveId,
    /// A content item.
    ItemId,
    /// One immutable version of an item.
    ItemVersionId,
    /// A recurring rule.
    ScheduleId,
    /// One due instant of a schedule.
    OccurrenceId,
    /// One item version sent to one frozen audience.
    PushId,
    /// One thing the admins were told.
    AlertId,
    /// One outgoing message to one target.
    DeliveryId,
    /// One call made for one delivery.
    AttemptId,
    /// One person's confirmation of one push.
    AckId,
    /// Place of an entry in the audit chain.
    AuditSeq,
}
