//! How many items a group gets, and which of them give way. Office rules count messages per workday and week; a message
//! with less right of way moves to a workday of the same week that is still free for its chats.

/// Most items a group gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// On one day.
    pub per_day: u32,
    /// From Monday to Sunday.
    pub per_week: u32,
}
