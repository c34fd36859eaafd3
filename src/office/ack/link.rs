//! Links into the private chat that confirm a copy of a push. The platform keeps what is said there for a day, where it keeps
//! a press for minutes. The link names the copy, never a person.

use crate::domain::tag::{Tag, Verb};
use crate::ids::AttemptId;
use crate::secret::{Keys, Purpose};

/// The code of the link for the copy made by an attempt; [`crate::channel::telegram::start_link`] makes the link of it.
pub fn code(keys: &Keys, attempt: AttemptId) -> String {
    Tag { verb: Verb::Ack, id: attempt.0 }.link(|bytes| keys.mac(Purpose::Button, &[bytes]))
}

/// The copy that a code names; `None` for what is not ours.
pub fn read(keys: &Keys, code: &str) -> Option<AttemptId> {
    let tag = keys.every().find_map(|key| Tag::decode_link(code, |bytes| key.mac(Purpose::Button, &[bytes])))?;
    (tag.verb == Verb::Ack).then_some(AttemptId(tag.id))
}
