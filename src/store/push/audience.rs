//! Frozen audiences as presses ask for them: how a person stands to a push. A chunk never changes and is named by what it
//! holds, so one that was read stays in memory; a name that came back after a transaction was undone still means the same.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::push::{Chunk, MemberStatus};
use crate::ids::{PushId, StaffId, UnitId};
use crate::store::types::json;
use crate::store::{Result, StoreError, Tx, on};

/// People kept in memory at most, over all chunks; then the next look starts anew. Sixteen bytes each.
const KEPT_MOST: usize = 200_000;

/// How the people of one chunk stand, by person.
#[derive(Debug)]
pub struct Roll(Vec<(StaffId, MemberStatus)>);

impl Roll {
    fn of(chunk: &Chunk) -> Self {
        let mut members: Vec<_> = chunk.members.iter().map(|member| (member.staff, member.status)).collect();
        members.sort_unstable_by_key(|(staff, _)| *staff);
        Self(members)
    }

    /// How a person stands; `None`: not in it.
    pub fn status(&self, staff: StaffId) -> Option<MemberStatus> {
        let place = self.0.binary_search_by_key(&staff, |(staff, _)| *staff).ok()?;
        self.0.get(place).map(|(_, status)| *status)
    }
}

/// Rolls that were read, by the name of their chunk.
#[derive(Debug, Clone, Default)]
pub(in crate::store) struct Rolls(Arc<Mutex<HashMap<String, Arc<Roll>>>>);

impl Rolls {
    fn get(&self, hash: &str) -> Option<Arc<Roll>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(hash).cloned()
    }

    fn put(&self, hash: String, roll: &Arc<Roll>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.values().map(|roll| roll.0.len()).sum::<usize>() + roll.0.len() > KEPT_MOST {
            kept.clear();
        }
        kept.insert(hash, Arc::clone(roll));
    }
}

/// The chunks that some pushes are made of, as `(push, name)`.
pub async fn chunks(tx: &mut Tx, pushes: &[PushId]) -> Result<Vec<(PushId, String)>> {
    const SQLITE: &str = "SELECT u.push_id, c.hash FROM push_chunk u JOIN audience_chunk c ON c.id = u.chunk_id
        WHERE u.push_id IN (SELECT value FROM json_each($1))";
    const PG: &str = "SELECT u.push_id, c.hash FROM push_chunk u JOIN audience_chunk c ON c.id = u.chunk_id
        WHERE u.push_id IN (SELECT value::bigint FROM json_array_elements_text($1::json))";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(pushes));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&ids).fetch_all(c).await)?)
}

/// The rolls of pushes, of which the chunks are known.
pub async fn rolls(tx: &mut Tx, chunks: Vec<(PushId, String)>) -> Result<HashMap<PushId, Vec<Arc<Roll>>>> {
    let kept = tx.rolls.clone();
    let named: HashSet<&str> = chunks.iter().map(|(_, hash)| hash.as_str()).collect();
    let mut read: HashMap<String, Arc<Roll>> =
        named.iter().filter_map(|hash| Some(((*hash).to_owned(), kept.get(hash)?))).collect();
    let missing: Vec<&str> = named.into_iter().filter(|hash| !read.contains_key(*hash)).collect();
    for (hash, unit, members) in stored(tx, &missing).await? {
        let chunk = Chunk::decode(unit, &members).ok_or(StoreError::Unreadable(members))?;
        let roll = Arc::new(Roll::of(&chunk));
        kept.put(hash.clone(), &roll);
        read.insert(hash, roll);
    }
    let mut rolls: HashMap<PushId, Vec<Arc<Roll>>> = HashMap::new();
    for (push, hash) in &chunks {
        rolls.entry(*push).or_default().extend(read.get(hash).cloned());
    }
    Ok(rolls)
}

async fn stored(tx: &mut Tx, hashes: &[&str]) -> Result<Vec<(String, UnitId, String)>> {
    const SQLITE: &str = "SELECT hash, unit_id, members FROM audience_chunk
        WHERE hash IN (SELECT value FROM json_each($1))";
    const PG: &str = "SELECT hash, unit_id, members FROM audience_chunk
        WHERE hash IN (SELECT value FROM json_array_elements_text($1::json))";
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    let (sql, hashes) = (tx.pick(SQLITE, PG), json(hashes));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&hashes).fetch_all(c).await)?)
}
