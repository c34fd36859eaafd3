//! A push: one item version for one audience, frozen before the first message goes out (invariant I4).
//!
//! The audience is kept per unit as a chunk of ids and status codes, never of names. Equal chunks are stored once.

use sha2::{Digest, Sha256};

use super::content::Addressed;
use super::word::{Kind, words};
use crate::ids::{PersonVersionId, StaffId, UnitId};

words! {
    /// Where a push stands.
    PushState {
        /// Takes acks.
        Open = "open",
        /// Its month is closed; later acks are listed apart.
        Closed = "closed",
        /// Taken back before anything was sent.
        Cancelled = "cancelled",
        /// Taken back after it was sent.
        Recalled = "recalled",
    }
}

words! {
    /// How a person stands to a push.
    MemberStatus {
        /// Counted in 应知.
        Expected = "e",
        /// On the roster and outside the count at the push's time (免计).
        Exempt = "x",
        /// Reached only through platforms on which nobody can press back: outside every rate.
        Unasked = "u",
    }
}

/// One person as a push saw them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    pub staff: StaffId,
    pub version: PersonVersionId,
    pub status: MemberStatus,
}

/// The people of one unit as a push saw them, in roster order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    pub unit: UnitId,
    pub members: Vec<Member>,
}

impl Chunk {
    /// The text that is stored: `staff/version/status`, joined by commas.
    pub fn encode(&self) -> String {
        let members = self.members.iter().map(|m| format!("{}/{}/{}", m.staff, m.version, m.status.as_str()));
        members.collect::<Vec<_>>().join(",")
    }

    /// Names a chunk by what it holds: ids and status words, never names.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(format!("{}:{}", self.unit, self.encode())))
    }

    /// Reads the stored text back; `None` when it was not written by [`Chunk::encode`].
    pub fn decode(unit: UnitId, text: &str) -> Option<Self> {
        let members = text.split(',').filter(|part| !part.is_empty()).map(decode_member).collect::<Option<_>>()?;
        Some(Self { unit, members })
    }
}

fn decode_member(text: &str) -> Option<Member> {
    let mut parts = text.split('/');
    let (staff, version, status) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Member {
        staff: StaffId(staff.parse().ok()?),
        version: PersonVersionId(version.parse().ok()?),
        status: MemberStatus::parse(status)?,
    })
}

/// A person on the roster at the moment of the freeze.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub staff: StaffId,
    pub version: PersonVersionId,
    pub unit: UnitId,
    pub kinds: Vec<Kind>,
    /// Outside the count on the day of the push, by an absence or because they joined that day.
    pub exempt: bool,
    /// Some chat that speaks to the person takes presses.
    pub asked: bool,
}

impl Candidate {
    /// How the person stands in an audience. Who is outside the count is so wherever the message goes.
    fn status(&self) -> MemberStatus {
        match (self.exempt, self.asked) {
            (true, _) => MemberStatus::Exempt,
            (false, true) => MemberStatus::Expected,
            (false, false) => MemberStatus::Unasked,
        }
    }
}

/// Freezes the audience: the candidates whom the item addresses, one chunk per unit. Order is kept, empty units go.
pub fn freeze(candidates: &[Candidate], audience: &Addressed) -> Vec<Chunk> {
    let mut chunks: Vec<Chunk> = Vec::new();
    for person in candidates.iter().filter(|person| audience.includes(&person.kinds)) {
        let member = Member { staff: person.staff, version: person.version, status: person.status() };
        match chunks.iter_mut().find(|chunk| chunk.unit == person.unit) {
            Some(chunk) => chunk.members.push(member),
            None => chunks.push(Chunk { unit: person.unit, members: vec![member] }),
        }
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn person(id: i64, unit: i64, kinds: &[Kind]) -> Candidate {
        Candidate {
            staff: StaffId(id),
            version: PersonVersionId(id + 100),
            unit: UnitId(unit),
            kinds: kinds.to_vec(),
            exempt: false,
            asked: true,
        }
    }

    #[test]
    fn only_those_addressed_are_frozen_and_units_keep_their_order() {
        let mut away = person(3, 9, &[Kind::PublicOfficial]);
        away.exempt = true;
        let people = [
            person(1, 9, &[Kind::PublicOfficial]),
            person(2, 4, &[Kind::Contract]),
            away,
            person(4, 9, &[Kind::Contract]),
        ];
        let chunks = freeze(&people, &Addressed::Kinds(vec![Kind::PublicOfficial]));
        assert_eq!(chunks.len(), 1);
        assert_eq!(chunks[0].encode(), "1/101/e,3/103/x");
        assert_eq!(freeze(&people, &Addressed::Everyone).iter().map(|chunk| chunk.unit.0).collect::<Vec<_>>(), [9, 4]);
    }

    #[test]
    fn a_chunk_reads_back() {
        let chunk = &freeze(&[person(1, 9, &[]), person(2, 9, &[])], &Addressed::Everyone)[0];
        assert_eq!(Chunk::decode(UnitId(9), &chunk.encode()).as_ref(), Some(chunk));
        assert_eq!(Chunk::decode(UnitId(9), "1/2"), None);
        assert_eq!(Chunk::decode(UnitId(9), "1/2/q"), None);
        assert_eq!(Chunk::decode(UnitId(9), ""), Some(Chunk { unit: UnitId(9), members: vec![] }));
    }

    proptest! {
        /// Of those addressed each is frozen once: exempt whatever else holds, unasked only when nobody could press.
        #[test]
        fn everyone_addressed_is_frozen_once(flags in proptest::collection::vec((any::<bool>(), any::<bool>(), 1..4i64), 0..20)) {
            let people: Vec<Candidate> = flags
                .iter()
                .zip(1..)
                .map(|((exempt, asked, unit), id)| Candidate { exempt: *exempt, asked: *asked, ..person(id, *unit, &[]) })
                .collect();
            let chunks = freeze(&people, &Addressed::Everyone);
            let members: Vec<&Member> = chunks.iter().flat_map(|chunk| &chunk.members).collect();
            prop_assert_eq!(members.len(), people.len());
            for one in &people {
                let status = members.iter().find(|member| member.staff == one.staff).map(|member| member.status);
                let expected = match (one.exempt, one.asked) {
                    (true, _) => MemberStatus::Exempt,
                    (false, true) => MemberStatus::Expected,
                    (false, false) => MemberStatus::Unasked,
                };
                prop_assert_eq!(status, Some(expected));
            }
            for chunk in &chunks {
                let read = Chunk::decode(chunk.unit, &chunk.encode());
                prop_assert_eq!(read.as_ref(), Some(chunk));
            }
        }
    }
}
