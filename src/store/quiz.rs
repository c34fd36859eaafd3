//! Questions that pushes ask, and answers to them. Answers of a commit are one batch, which an entry of the ledger seals.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::types::json;
use super::{At, Result, Tx, on};
use crate::domain::delivery::AttemptOutcome;
use crate::domain::push::PushState;
use crate::domain::quiz::{Rules, Score};
use crate::ids::{AttemptId, InboxId, PushId, StaffId};

/// A push that asks, with its questions as its item version has them.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AskingRow {
    pub push_id: PushId,
    pub score: Score,
    /// As `domain::quiz::Quiz` stores them.
    pub quiz: String,
}

/// A copy of a push that asks.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CopyRow {
    pub id: AttemptId,
    pub outcome: AttemptOutcome,
    /// Where the copy was sent, and as which message once that is known.
    pub chat: String,
    pub message_id: Option<String>,
    /// What the platform calls the group now; none for a private copy.
    pub chat_now: Option<String>,
    pub push_id: PushId,
    pub state: PushState,
    /// `YYYY-MM`
    pub month: String,
    pub title: String,
    /// The item's, one a line.
    pub basis: String,
    pub attempts: i64,
    pub score: Score,
    pub quiz: String,
}

/// An answer to store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewAnswer {
    pub push_id: PushId,
    pub staff_id: StaffId,
    /// Counted from 0.
    pub question: i64,
    /// Which answer to it, counted from 1.
    pub n: i64,
    /// A set of options.
    pub chosen: i64,
    pub is_right: bool,
    /// In milliseconds.
    pub answered_at: i64,
    pub attempt_id: AttemptId,
    pub inbox_id: Option<InboxId>,
}

/// A stored answer with everything that its batch seals.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AnswerRow {
    pub id: i64,
    pub push_id: PushId,
    pub staff_id: StaffId,
    pub question: i64,
    pub n: i64,
    pub chosen: i64,
    pub is_right: bool,
    pub answered_at: At,
    pub attempt_id: AttemptId,
    pub inbox_id: Option<InboxId>,
    pub batch_id: i64,
}

/// Has a push ask the questions of its item version, by these rules. It does so from the beginning or never.
pub async fn ask(tx: &mut Tx, push: PushId, questions: usize, rules: Rules) -> Result<()> {
    const SQL: &str = "INSERT INTO push_quiz (push_id, questions, attempts, score) VALUES ($1, $2, $3, $4)";
    let questions = i64::try_from(questions).unwrap_or(i64::MAX);
    on!(tx, c => sqlx::query(SQL).bind(push).bind(questions).bind(i64::from(rules.attempts)).bind(rules.score)
        .execute(c).await.map(drop))?;
    Ok(())
}

macro_rules! asking_sql {
    ($ids:literal) => {
        concat!(
            "SELECT q.push_id, q.score, v.quiz FROM push_quiz q
            JOIN push p ON p.id = q.push_id JOIN item_version v ON v.id = p.item_version_id
            WHERE q.push_id IN ",
            $ids,
            " ORDER BY q.push_id"
        )
    };
}

/// Those of some pushes that ask, in order.
pub async fn asking(tx: &mut Tx, pushes: &[PushId]) -> Result<Vec<AskingRow>> {
    const SQLITE: &str = asking_sql!("(SELECT value FROM json_each($1))");
    const PG: &str = asking_sql!("(SELECT value::bigint FROM json_array_elements_text($1::json))");
    let (sql, ids) = (tx.pick(SQLITE, PG), json(pushes));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&ids).fetch_all(c).await)?)
}

macro_rules! copies_sql {
    ($ids:literal) => {
        concat!(
            "SELECT a.id, a.outcome, a.chat, a.message_id, g.external_id AS chat_now, p.id AS push_id, p.state,
                p.month, v.title, v.basis, q.attempts, q.score, v.quiz
            FROM attempt a JOIN delivery d ON d.id = a.delivery_id AND d.kind = 'push'
            JOIN push p ON p.id = d.subject_id JOIN push_quiz q ON q.push_id = p.id
            JOIN item_version v ON v.id = p.item_version_id
            LEFT JOIN chat_group g ON d.target_kind = 'group' AND g.id = d.target_id
            WHERE a.id IN ",
            $ids
        )
    };
}

/// The copies that some attempts made, of pushes that ask; others are left out.
pub async fn copies(tx: &mut Tx, attempts: &[AttemptId]) -> Result<Vec<CopyRow>> {
    const SQLITE: &str = copies_sql!("(SELECT value FROM json_each($1))");
    const PG: &str = copies_sql!("(SELECT value::bigint FROM json_array_elements_text($1::json))");
    let (sql, ids) = (tx.pick(SQLITE, PG), json(attempts));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&ids).fetch_all(c).await)?)
}

macro_rules! answers_sql {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.push_id, a.staff_id, a.question, a.n, a.chosen, a.is_right, a.answered_at, a.attempt_id,
                a.inbox_id, a.batch_id FROM quiz_answer a ",
            $rest
        )
    };
}

/// What given people answered to given pushes, in the order they did.
pub async fn answers(tx: &mut Tx, pairs: &[(PushId, StaffId)]) -> Result<Vec<AnswerRow>> {
    const SQLITE: &str = answers_sql!(
        "JOIN json_each($1) j ON a.push_id = json_extract(j.value, '$[0]')
            AND a.staff_id = json_extract(j.value, '$[1]') ORDER BY a.question, a.n"
    );
    const PG: &str = answers_sql!(
        "JOIN json_array_elements($1::json) j ON a.push_id = (j.value->>0)::bigint
            AND a.staff_id = (j.value->>1)::bigint ORDER BY a.question, a.n"
    );
    let (sql, pairs) = (tx.pick(SQLITE, PG), json(pairs));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&pairs).fetch_all(c).await)?)
}

/// Every answer to given pushes, each person's in the order they gave them: for figures alone.
pub async fn of_pushes(tx: &mut Tx, pushes: &[PushId]) -> Result<Vec<AnswerRow>> {
    const SQLITE: &str = answers_sql!(
        "WHERE a.push_id IN (SELECT value FROM json_each($1)) ORDER BY a.push_id, a.staff_id, a.question, a.n"
    );
    const PG: &str = answers_sql!(
        "WHERE a.push_id IN (SELECT value::bigint FROM json_array_elements_text($1::json))
            ORDER BY a.push_id, a.staff_id, a.question, a.n"
    );
    let (sql, ids) = (tx.pick(SQLITE, PG), json(pushes));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&ids).fetch_all(c).await)?)
}

/// Every answer in id order from `from` on, at most `limit`: the way the ledger is verified.
pub async fn page(tx: &mut Tx, from: i64, limit: i64) -> Result<Vec<AnswerRow>> {
    const SQL: &str = answers_sql!("WHERE a.id >= $1 ORDER BY a.id LIMIT $2");
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(from).bind(limit).fetch_all(c).await)?)
}

/// The pushes of a month (`YYYY-MM`) to whose questions a person gave answers.
pub async fn answered_in(tx: &mut Tx, staff: StaffId, month: &str) -> Result<Vec<PushId>> {
    const SQL: &str = "SELECT DISTINCT p.id FROM quiz_answer a JOIN push p ON p.id = a.push_id
        WHERE a.staff_id = $1 AND p.month = $2 ORDER BY p.id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(staff).bind(month).fetch_all(c).await)?)
}

/// Opens a batch: the answers of one commit.
pub async fn open_batch(tx: &mut Tx, now: DateTime<Utc>) -> Result<i64> {
    const SQL: &str = "INSERT INTO quiz_batch (recorded_at) VALUES ($1) RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(At::from(now)).fetch_one(c).await)?)
}

/// Takes a batch back that no answer went into.
pub async fn drop_batch(tx: &mut Tx, batch: i64) -> Result<()> {
    on!(tx, c => sqlx::query("DELETE FROM quiz_batch WHERE id = $1").bind(batch).execute(c).await.map(drop))?;
    Ok(())
}

/// Stores answers; one whose place was taken meanwhile is left out. Returns those stored, by id.
pub async fn add_many(tx: &mut Tx, batch: i64, answers: &[NewAnswer]) -> Result<Vec<AnswerRow>> {
    const SQLITE: &str =
        "INSERT INTO quiz_answer (push_id, staff_id, question, n, chosen, is_right, answered_at, attempt_id,
            inbox_id, batch_id)
        SELECT json_extract(value, '$.push_id'), json_extract(value, '$.staff_id'), json_extract(value, '$.question'),
            json_extract(value, '$.n'), json_extract(value, '$.chosen'), json_extract(value, '$.is_right'),
            json_extract(value, '$.answered_at'), json_extract(value, '$.attempt_id'),
            json_extract(value, '$.inbox_id'), $2
        FROM json_each($1) WHERE true ORDER BY key ON CONFLICT (push_id, staff_id, question, n) DO NOTHING
        RETURNING id, push_id, staff_id, question, n, chosen, is_right, answered_at, attempt_id, inbox_id, batch_id";
    const PG: &str =
        "INSERT INTO quiz_answer (push_id, staff_id, question, n, chosen, is_right, answered_at, attempt_id,
            inbox_id, batch_id)
        SELECT (value->>'push_id')::bigint, (value->>'staff_id')::bigint, (value->>'question')::bigint,
            (value->>'n')::bigint, (value->>'chosen')::bigint, (value->>'is_right')::boolean,
            (value->>'answered_at')::bigint, (value->>'attempt_id')::bigint, (value->>'inbox_id')::bigint, $2
        FROM json_array_elements($1::json) WITH ORDINALITY AS t (value, n) ORDER BY t.n
        ON CONFLICT (push_id, staff_id, question, n) DO NOTHING
        RETURNING id, push_id, staff_id, question, n, chosen, is_right, answered_at, attempt_id, inbox_id, batch_id";
    let (sql, rows) = (tx.pick(SQLITE, PG), json(answers));
    let mut stored: Vec<AnswerRow> = on!(tx, c => sqlx::query_as(sql).bind(&rows).bind(batch).fetch_all(c).await)?;
    stored.sort_unstable_by_key(|row| row.id);
    Ok(stored)
}
