//! What buttons and links of questions carry: a copy and an option of the question under it, or a copy whose push asks in
//! private. They never name a person.

use crate::domain::quiz::OPTIONS_MOST;
use crate::domain::tag::{Tag, Verb};
use crate::ids::AttemptId;
use crate::secret::{Keys, Purpose};

/// Options a copy has numbers for.
const PLACES: i64 = 8;
const _: () = assert!(OPTIONS_MOST <= 8, "an option has a number of its own");

/// The code of the link to the questions of a copy; [`crate::channel::telegram::start_link`] makes the link of it.
pub fn code(keys: &Keys, attempt: AttemptId) -> String {
    Tag { verb: Verb::Quiz, id: attempt.0 }.link(|bytes| keys.mac(Purpose::Button, &[bytes]))
}

/// The copy that a code names; `None` for what is not ours.
pub fn read(keys: &Keys, code: &str) -> Option<AttemptId> {
    let tag = keys.every().find_map(|key| Tag::decode_link(code, |bytes| key.mac(Purpose::Button, &[bytes])))?;
    (tag.verb == Verb::Quiz).then_some(AttemptId(tag.id))
}

/// An option of the question under a copy, counted from 0, as one number; `None` beyond what numbers hold.
pub fn pack(attempt: AttemptId, option: u8) -> Option<i64> {
    let option = i64::from(option);
    (option < PLACES).then(|| attempt.0.checked_mul(PLACES)?.checked_add(option))?
}

/// Reads the number back.
pub fn unpack(number: i64) -> (AttemptId, u8) {
    (AttemptId(number / PLACES), u8::try_from(number % PLACES).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_reads_back() {
        for (attempt, option) in [(1, 0), (9, 5), (i64::MAX / 8 - 1, 7)] {
            let packed = pack(AttemptId(attempt), option).unwrap();
            assert_eq!(unpack(packed), (AttemptId(attempt), option));
        }
        assert_eq!(pack(AttemptId(1), 8), None);
        assert_eq!(pack(AttemptId(i64::MAX), 0), None);
    }
}
