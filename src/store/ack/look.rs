//! Everything that a batch of presses is judged by, in one look. Each statement waits for the database's own thread on SQLite
//! and for the network on PostgreSQL; while an office presses, that is most of what a batch costs.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::AckRow;
use crate::domain::delivery::AttemptOutcome;
use crate::domain::push::PushState;
use crate::domain::word::Confirm;
use crate::ids::{AccountId, AttemptId, ChannelId, PushId, StaffId};
use crate::store::blind::GapRow;
use crate::store::deadline::{self, OwnRow};
use crate::store::merge;
use crate::store::types::{json, told};
use crate::store::{At, Result, Tx, on};

/// Who pressed, and what: a copy, or a push that is known without one.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Asked<'a>(pub &'a str, pub Option<AttemptId>, pub Option<PushId>);

/// What there is to know.
#[derive(Debug, Clone)]
pub struct Look {
    /// One for each press, in their order.
    pub presses: Vec<PressRow>,
    pub pushes: Vec<PressedPush>,
    /// The chunks of these pushes, as `(push, name)`.
    pub chunks: Vec<(PushId, String)>,
    /// Former numbers of the people, as `(former, now)`.
    pub formers: Vec<(StaffId, StaffId)>,
    /// What the people have confirmed of this before, under any of their numbers.
    pub acks: Vec<AckRow>,
    /// Their own deadlines for it.
    pub own: Vec<OwnRow>,
    /// Times in which nobody took in presses, from the first deadline of these pushes on, in order.
    pub gaps: Vec<GapRow>,
    /// Those of the pushes that have a count line which is not marked to be edited.
    pub unmarked: Vec<PushId>,
}

/// What a press names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct PressRow {
    /// `None`: the account is not stored yet.
    pub account_id: Option<AccountId>,
    /// Whom the account is bound to.
    pub staff_id: Option<StaffId>,
    /// Of the copy, a reminder's too, or as it was asked; it may not be there.
    pub push_id: Option<PushId>,
    /// What became of the call that made the copy.
    pub outcome: Option<AttemptOutcome>,
}

/// A push, as far as a press is judged by it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PressedPush {
    pub id: PushId,
    pub state: PushState,
    pub confirm: Confirm,
    pub deadline_at: Option<At>,
    /// As printed: 全体, or kinds joined by 、.
    pub audience: String,
}

/// What belongs to one press, in the order in which [`look_sql`] lists it: its place, what it names, the number of its person when another was merged into it, and what
/// the person confirmed and put off of it.
#[derive(Deserialize)]
struct Found {
    n: usize,
    account_id: Option<AccountId>,
    staff_id: Option<StaffId>,
    push_id: Option<PushId>,
    outcome: Option<AttemptOutcome>,
    merged: Option<StaffId>,
    ack: Option<AckRow>,
    own: Option<OwnRow>,
}

/// The look: the presses as rows `j` with the three parts of one, what they name as rows `c` with the two parts of one, what makes
/// a list of rows, and the rows `k` and `o` that belong to a press. No database may go through a whole table to find those few:
/// PostgreSQL, whatever number of people it expects, is kept from it by an `OFFSET`.
macro_rules! look_sql {
    (
        rows $rows:literal, parts $name:literal $attempt:literal $push:literal,
        named $named:literal, parts $named_attempt:literal $named_push:literal,
        list $list:literal $row:literal $end:literal, ack $ack:literal, own $own:literal
    ) => {
        concat!(
            "WITH target AS MATERIALIZED (SELECT p.id, p.state, p.confirm, p.deadline_at, v.audience
                FROM push p JOIN item_version v ON v.id = p.item_version_id WHERE p.id IN (
                    SELECT COALESCE(d.subject_id, ",
            $named_push,
            ") FROM ",
            $named,
            "
                    LEFT JOIN attempt t ON t.id = ",
            $named_attempt,
            "
                    LEFT JOIN delivery d ON d.id = t.delivery_id AND d.kind IN ('push', 'nudge')))
            SELECT (SELECT ",
            $list,
            $row,
            "j.key, a.id, b.staff_id, COALESCE(d.subject_id, ",
            $push,
            "),
                    CASE WHEN d.id IS NOT NULL THEN t.outcome END,
                    CASE WHEN EXISTS (SELECT 1 FROM staff f WHERE f.merged_into = b.staff_id) THEN b.staff_id END,
                    CASE WHEN k.id IS NOT NULL THEN ",
            $row,
            "k.id, k.push_id, k.staff_id, k.pressed_at, k.method, k.recorded_by,
                        k.attempt_id, k.inbox_id, k.batch_id) END,
                    CASE WHEN o.push_id IS NOT NULL THEN ",
            $row,
            "o.push_id, o.staff_id, o.deadline_at) END)",
            $end,
            "
                FROM ",
            $rows,
            " LEFT JOIN account a ON a.channel_id = $1 AND a.external_id = ",
            $name,
            "
                LEFT JOIN binding b ON b.account_id = a.id AND b.ended_at IS NULL
                LEFT JOIN attempt t ON t.id = ",
            $attempt,
            "
                LEFT JOIN delivery d ON d.id = t.delivery_id AND d.kind IN ('push', 'nudge')
                LEFT JOIN ",
            $ack,
            " LEFT JOIN ",
            $own,
            "),
            (SELECT ",
            $list,
            $row,
            "id, state, confirm, deadline_at, audience)",
            $end,
            " FROM target),
            (SELECT ",
            $list,
            $row,
            "u.push_id, c.hash)",
            $end,
            " FROM push_chunk u
                JOIN audience_chunk c ON c.id = u.chunk_id WHERE u.push_id IN (SELECT id FROM target)),
            (SELECT ",
            $list,
            $row,
            "id, from_at, to_at, settled_at) ORDER BY from_at, id",
            $end,
            "
                FROM blind_window WHERE settled_at >= (SELECT MIN(deadline_at) FROM target)),
            (SELECT ",
            $list,
            "DISTINCT d.subject_id",
            $end,
            " FROM delivery d JOIN count_line l ON l.delivery_id = d.id
                WHERE d.kind = 'push' AND d.subject_id IN (SELECT id FROM target) AND NOT l.dirty)"
        )
    };
}

/// Looks.
pub async fn look(tx: &mut Tx, channel: ChannelId, presses: &[Asked<'_>]) -> Result<Look> {
    const SQLITE: &str = look_sql!(
        rows "jsonb_each($2) j",
        parts "json_extract(j.value, '$[0]')" "json_extract(j.value, '$[1]')" "json_extract(j.value, '$[2]')",
        named "jsonb_each($3) c", parts "json_extract(c.value, '$[0]')" "json_extract(c.value, '$[1]')",
        list "json_group_array(" "json_array(" ")",
        ack "ack k ON k.push_id = COALESCE(d.subject_id, json_extract(j.value, '$[2]')) AND k.staff_id = b.staff_id",
        own "personal_deadline o
            ON o.push_id = COALESCE(d.subject_id, json_extract(j.value, '$[2]')) AND o.staff_id = b.staff_id"
    );
    const PG: &str = look_sql!(
        rows "json_array_elements($2::json) WITH ORDINALITY AS j (value, key)",
        parts "j.value->>0" "(j.value->>1)::bigint" "(j.value->>2)::bigint",
        named "json_array_elements($3::json) AS c (value)", parts "(c.value->>0)::bigint" "(c.value->>1)::bigint",
        list "COALESCE(json_agg(" "json_build_array(" "), '[]')::text",
        ack "LATERAL (SELECT * FROM ack k WHERE k.push_id = COALESCE(d.subject_id, (j.value->>2)::bigint)
            AND k.staff_id = b.staff_id OFFSET 0) k ON TRUE",
        own "LATERAL (SELECT * FROM personal_deadline o WHERE o.push_id = COALESCE(d.subject_id, (j.value->>2)::bigint)
            AND o.staff_id = b.staff_id OFFSET 0) o ON TRUE"
    );
    let named: BTreeSet<_> = presses.iter().map(|Asked(_, attempt, push)| (attempt, push)).collect();
    let (sql, presses, named) = (tx.pick(SQLITE, PG), json(presses), json(&named));
    let (found, pushes, chunks, gaps, unmarked): (String, String, String, String, String) =
        on!(tx, c => sqlx::query_as(sql).bind(channel).bind(&presses).bind(&named).fetch_one(c).await)?;
    let mut found: Vec<Found> = told(&found)?;
    found.sort_unstable_by_key(|press| press.n);
    let mut look = Look {
        presses: found.iter().map(Found::press).collect(),
        pushes: told(&pushes)?,
        chunks: told(&chunks)?,
        formers: Vec::new(),
        acks: found.iter().filter_map(|press| press.ack.clone()).collect(),
        own: found.iter().filter_map(|press| press.own).collect(),
        gaps: told(&gaps)?,
        unmarked: told(&unmarked)?,
    };
    let merged: BTreeSet<StaffId> = found.iter().filter_map(|press| press.merged).collect();
    if !merged.is_empty() {
        under_former_numbers(tx, &merged.into_iter().collect::<Vec<_>>(), &mut look).await?;
    }
    Ok(look)
}

impl Found {
    fn press(&self) -> PressRow {
        let Self { account_id, staff_id, push_id, outcome, .. } = *self;
        PressRow { account_id, staff_id, push_id, outcome }
    }
}

/// Adds what was confirmed and put off under numbers that were merged into those of today: few people have such numbers.
async fn under_former_numbers(tx: &mut Tx, merged: &[StaffId], look: &mut Look) -> Result<()> {
    look.formers = merge::formers(tx, merged).await?;
    let former = |press: &PressRow| {
        let of_person = look.formers.iter().filter(|(_, now)| press.staff_id == Some(*now));
        of_person.filter_map(|(former, _)| Some((press.push_id?, *former))).collect::<Vec<_>>()
    };
    let pairs: BTreeSet<(PushId, StaffId)> = look.presses.iter().flat_map(former).collect();
    let pairs: Vec<(PushId, StaffId)> = pairs.into_iter().collect();
    look.acks.extend(super::find_many(tx, &pairs).await?);
    look.own.extend(deadline::find_many(tx, &pairs).await?);
    Ok(())
}
