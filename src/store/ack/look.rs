//! Everything that a batch of presses is judged by, in one look. Each statement waits for the database's own thread on SQLite
//! and for the network on PostgreSQL; while an office presses, that is most of what a batch costs.

use serde::{Deserialize, Serialize};

use super::AckRow;
use crate::domain::delivery::AttemptOutcome;
use crate::domain::push::PushState;
use crate::domain::word::Confirm;
use crate::ids::{AccountId, AttemptId, ChannelId, PushId, StaffId};
use crate::store::blind::GapRow;
use crate::store::deadline::OwnRow;
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

/// The look: the presses as rows `j`, the three parts of one, what makes a list of rows, and the rows `a` and `d` that belong to
/// people. No database may go through a whole table to find those few: SQLite is kept from it by a `CROSS JOIN`, PostgreSQL,
/// whatever number of people it expects, by an `OFFSET`.
macro_rules! look_sql {
    (
        rows $rows:literal, parts $name:literal $attempt:literal $push:literal,
        list $list:literal $end:literal $last:literal, acks $acks:literal, own $own:literal
    ) => {
        concat!(
            "WITH RECURSIVE press (n, account_id, staff_id, outcome, push_id) AS MATERIALIZED (
                SELECT j.key, a.id, b.staff_id, CASE WHEN d.id IS NOT NULL THEN t.outcome END,
                    COALESCE(d.subject_id, ", $push, ")
                FROM ", $rows, " LEFT JOIN account a ON a.channel_id = $1 AND a.external_id = ", $name, "
                LEFT JOIN binding b ON b.account_id = a.id AND b.ended_at IS NULL
                LEFT JOIN attempt t ON t.id = ", $attempt, "
                LEFT JOIN delivery d ON d.id = t.delivery_id AND d.kind IN ('push', 'nudge')),
            target AS MATERIALIZED (SELECT p.id, p.state, p.confirm, p.deadline_at, v.audience
                FROM push p JOIN item_version v ON v.id = p.item_version_id WHERE p.id IN (SELECT push_id FROM press)),
            merged (id, now) AS MATERIALIZED (SELECT id, merged_into FROM staff WHERE merged_into IS NOT NULL
                UNION SELECT m.id, s.merged_into FROM merged m JOIN staff s ON s.id = m.now
                WHERE s.merged_into IS NOT NULL),
            person (push_id, staff_id) AS MATERIALIZED (SELECT push_id, staff_id FROM press
                UNION ALL SELECT p.push_id, m.id FROM merged m CROSS JOIN press p WHERE p.staff_id = m.now)
            SELECT (SELECT ", $list, "account_id, staff_id, push_id, outcome", $end, " ORDER BY n", $last, " FROM press),
            (SELECT ", $list, "id, state, confirm, deadline_at, audience", $end, $last, " FROM target),
            (SELECT ", $list, "u.push_id, c.hash", $end, $last, " FROM push_chunk u
                JOIN audience_chunk c ON c.id = u.chunk_id WHERE u.push_id IN (SELECT id FROM target)),
            (SELECT ", $list, "id, now", $end, " ORDER BY id", $last, " FROM merged
                WHERE now IN (SELECT staff_id FROM press)),
            (SELECT ", $list, "a.id, a.push_id, a.staff_id, a.pressed_at, a.method, a.recorded_by, a.attempt_id,
                a.inbox_id, a.batch_id", $end, $last, " FROM person p CROSS JOIN ", $acks, "),
            (SELECT ", $list, "d.push_id, d.staff_id, d.deadline_at", $end, $last, " FROM person p CROSS JOIN ", $own, "),
            (SELECT ", $list, "id, from_at, to_at, settled_at", $end, " ORDER BY from_at, id", $last, "
                FROM blind_window WHERE settled_at >= (SELECT MIN(deadline_at) FROM target))"
        )
    };
}

type Lists = (String, String, String, String, String, String, String);

/// Looks.
pub async fn look(tx: &mut Tx, channel: ChannelId, presses: &[Asked<'_>]) -> Result<Look> {
    const SQLITE: &str = look_sql!(
        rows "jsonb_each($2) j",
        parts "json_extract(j.value, '$[0]')" "json_extract(j.value, '$[1]')" "json_extract(j.value, '$[2]')",
        list "json_group_array(json_array(" ")" ")",
        acks "ack a WHERE a.push_id = p.push_id AND a.staff_id = p.staff_id",
        own "personal_deadline d WHERE d.push_id = p.push_id AND d.staff_id = p.staff_id"
    );
    const PG: &str = look_sql!(
        rows "json_array_elements($2::json) WITH ORDINALITY AS j (value, key)",
        parts "j.value->>0" "(j.value->>1)::bigint" "(j.value->>2)::bigint",
        list "COALESCE(json_agg(json_build_array(" ")" "), '[]')::text",
        acks "LATERAL (SELECT * FROM ack k WHERE k.push_id = p.push_id AND k.staff_id = p.staff_id OFFSET 0) a",
        own "LATERAL (SELECT * FROM personal_deadline k
            WHERE k.push_id = p.push_id AND k.staff_id = p.staff_id OFFSET 0) d"
    );
    let (sql, presses) = (tx.pick(SQLITE, PG), json(presses));
    let (presses, pushes, chunks, formers, acks, own, gaps): Lists =
        on!(tx, c => sqlx::query_as(sql).bind(channel).bind(&presses).fetch_one(c).await)?;
    Ok(Look {
        presses: told(&presses)?,
        pushes: told(&pushes)?,
        chunks: told(&chunks)?,
        formers: told(&formers)?,
        acks: told(&acks)?,
        own: told(&own)?,
        gaps: told(&gaps)?,
    })
}
