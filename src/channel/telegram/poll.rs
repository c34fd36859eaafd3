//! What the next poll must ask for. Kept apart from the network, because losing or skipping updates hides here.
//!
//! Two traps of the Bot API shape it. The list of wanted kinds is sticky on the server, so it must be resent until one
//! poll has succeeded, or an old list stays in force unnoticed. And update numbers may restart lower after a quiet
//! week, so an offset kept for ever would make the bot deaf: it is dropped as soon as the server has taken it.

use crate::channel::RawUpdate;

/// The state of one polling loop. Lives in memory only: after a restart the server repeats what was not confirmed.
#[derive(Debug)]
pub struct Poll {
    wanted: &'static [&'static str],
    announced: bool,
    offset: Option<i64>,
}

impl Poll {
    /// A loop that has not polled yet and wants these kinds of updates.
    pub fn new(wanted: &'static [&'static str]) -> Self {
        Self { wanted, announced: false, offset: None }
    }

    /// What confirms everything committed so far; `None` takes whatever is unconfirmed.
    pub fn offset(&self) -> Option<i64> {
        self.offset
    }

    /// The kinds of updates to name in the next poll; `None` once the server knows them.
    pub fn allowed_updates(&self) -> Option<&'static [&'static str]> {
        (!self.announced).then_some(self.wanted)
    }

    /// A poll succeeded and all of its batch, possibly empty, is in the database. Not to be called after a failed
    /// poll or a failed commit: the next poll then repeats the same offset, and the server the same updates.
    pub fn committed(&mut self, batch: &[RawUpdate]) {
        self.announced = true;
        // An empty answer means the server took the offset and has nothing beyond it, so it is of no further use.
        self.offset = batch.iter().map(|update| update.id.saturating_add(1)).max();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(ids: &[i64]) -> Vec<RawUpdate> {
        ids.iter().map(|&id| RawUpdate { event_id: id.to_string(), id, raw: "{}".into() }).collect()
    }

    #[test]
    fn the_wanted_kinds_are_named_until_a_poll_has_succeeded() {
        let mut poll = Poll::new(&["message", "callback_query"]);
        assert_eq!(poll.allowed_updates(), Some(["message", "callback_query"].as_slice()));
        // A failed poll reports nothing, so the next one names them again.
        assert_eq!(poll.allowed_updates(), Some(["message", "callback_query"].as_slice()));
        poll.committed(&[]);
        assert_eq!(poll.allowed_updates(), None);
    }

    #[test]
    fn a_batch_is_confirmed_only_after_its_commit() {
        let mut poll = Poll::new(&[]);
        assert_eq!(poll.offset(), None);
        poll.committed(&batch(&[7, 9, 8]));
        assert_eq!(poll.offset(), Some(10));
        poll.committed(&batch(&[10]));
        assert_eq!(poll.offset(), Some(11));
    }

    #[test]
    fn numbers_that_restart_lower_are_followed() {
        let mut poll = Poll::new(&[]);
        poll.committed(&batch(&[900]));
        poll.committed(&[]);
        assert_eq!(poll.offset(), None, "an idle loop must not hold on to 901");
        poll.committed(&batch(&[12]));
        assert_eq!(poll.offset(), Some(13));
    }
}
