//! Content items and their immutable versions.

use chrono::{DateTime, NaiveDate, Utc};

use super::types::json;
use super::{At, Result, Tx, on};
use crate::domain::word::{Confirm, ItemState};
use crate::ids::{GroupId, ItemId, ItemVersionId};

/// An item with its version in force.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ItemRow {
    pub id: ItemId,
    pub slug: String,
    pub state: ItemState,
    pub version_id: ItemVersionId,
    pub version: i64,
    pub code: String,
    pub theme: String,
    pub title: String,
    /// As printed: 全体, or kinds joined by 、.
    pub audience: String,
    pub confirm: Confirm,
    /// As printed, one a line.
    pub basis: String,
    pub expires_on: Option<NaiveDate>,
    pub hash: String,
    /// Joined by a comma.
    pub tags: String,
    /// As `domain::calendar::Festival` spells them, joined by a comma.
    pub festivals: String,
}

/// The whole text of one version.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct VersionRow {
    pub id: ItemVersionId,
    pub slug: String,
    pub version: i64,
    pub code: String,
    pub theme: String,
    pub title: String,
    pub audience: String,
    pub confirm: Confirm,
    /// As printed, one a line.
    pub basis: String,
    pub article_text: String,
    pub takeaway: String,
    /// Markdown.
    pub body: String,
    pub verified_on: NaiveDate,
    pub checked_by: String,
    pub expires_on: Option<NaiveDate>,
    /// Joined by a comma.
    pub tags: String,
    /// As `domain::calendar::Festival` spells them, joined by a comma.
    pub festivals: String,
    /// Its questions as JSON; empty when it has none.
    pub quiz: String,
}

/// A version to store.
#[derive(Debug, Clone)]
pub struct NewVersion {
    pub item_id: ItemId,
    pub version: i64,
    pub code: String,
    pub theme: String,
    pub title: String,
    pub audience: String,
    pub confirm: Confirm,
    pub basis: String,
    pub article_text: String,
    pub takeaway: String,
    pub body: String,
    pub verified_on: NaiveDate,
    pub checked_by: String,
    pub expires_on: Option<NaiveDate>,
    pub hash: String,
    /// Joined by a comma.
    pub tags: String,
    /// As `domain::calendar::Festival` spells them, joined by a comma.
    pub festivals: String,
    /// Its questions as JSON; empty when it has none.
    pub quiz: String,
}

macro_rules! item_sql {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.slug, i.state, i.version_id, v.version, v.code, v.theme, v.title, v.audience, v.confirm, v.basis,
                v.expires_on, v.hash, v.tags, v.festivals
             FROM item i JOIN item_version v ON v.id = i.version_id ",
            $rest
        )
    };
}

/// Every item by 编号.
pub async fn list(tx: &mut Tx) -> Result<Vec<ItemRow>> {
    Ok(on!(tx, c => sqlx::query_as(item_sql!("ORDER BY v.code, i.slug")).fetch_all(c).await)?)
}

/// One item.
pub async fn find(tx: &mut Tx, slug: &str) -> Result<Option<ItemRow>> {
    Ok(on!(tx, c => sqlx::query_as(item_sql!("WHERE i.slug = $1")).bind(slug).fetch_optional(c).await)?)
}

/// Adds an item. Its first version follows with [`add_version`] in the same transaction.
pub async fn add(tx: &mut Tx, slug: &str, state: ItemState) -> Result<ItemId> {
    const SQL: &str = "INSERT INTO item (slug, version_id, state) VALUES ($1, 0, $2) RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(slug).bind(state).fetch_one(c).await)?)
}

/// Stores a version and puts it in force.
pub async fn add_version(tx: &mut Tx, new: &NewVersion, now: DateTime<Utc>) -> Result<ItemVersionId> {
    const ADD: &str = "INSERT INTO item_version (item_id, version, code, theme, title, audience, confirm, basis,
            article_text, takeaway, body, verified_on, checked_by, expires_on, hash, tags, festivals, quiz, synced_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) RETURNING id";
    const USE: &str = "UPDATE item SET version_id = $2 WHERE id = $1";
    let id: ItemVersionId = on!(tx, c => sqlx::query_scalar(ADD)
        .bind(new.item_id).bind(new.version).bind(&new.code).bind(&new.theme).bind(&new.title).bind(&new.audience)
        .bind(new.confirm).bind(&new.basis).bind(&new.article_text).bind(&new.takeaway).bind(&new.body)
        .bind(new.verified_on).bind(&new.checked_by).bind(new.expires_on).bind(&new.hash).bind(&new.tags)
        .bind(&new.festivals).bind(&new.quiz).bind(At::from(now)).fetch_one(c).await)?;
    on!(tx, c => sqlx::query(USE).bind(new.item_id).bind(id).execute(c).await.map(drop))?;
    Ok(id)
}

/// Moves an item to a state.
pub async fn set_state(tx: &mut Tx, id: ItemId, state: ItemState) -> Result<()> {
    const SQL: &str = "UPDATE item SET state = $2 WHERE id = $1";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(state).execute(c).await.map(drop))?;
    Ok(())
}

/// The whole text of a version, also after its file is gone.
pub async fn version(tx: &mut Tx, id: ItemVersionId) -> Result<Option<VersionRow>> {
    const SQL: &str = "SELECT v.id, i.slug, v.version, v.code, v.theme, v.title, v.audience, v.confirm, v.basis,
            v.article_text, v.takeaway, v.body, v.verified_on, v.checked_by, v.expires_on, v.tags, v.festivals,
            v.quiz
        FROM item_version v JOIN item i ON i.id = v.item_id WHERE v.id = $1";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(id).fetch_optional(c).await)?)
}

/// The latest slot of each item in each of the chats, pushes that were taken back before they went out aside.
pub async fn last_to_groups(tx: &mut Tx, groups: &[GroupId]) -> Result<Vec<(ItemId, GroupId, At)>> {
    // Named, because SQLite would rather read every delivery of a push.
    const SQLITE: &str = "SELECT v.item_id, d.target_id, MAX(p.slot_at) FROM delivery d INDEXED BY delivery_push_group
        JOIN push p ON p.id = d.subject_id JOIN item_version v ON v.id = p.item_version_id
        WHERE d.kind = 'push' AND d.target_kind = 'group' AND d.target_id IN (SELECT value FROM json_each($1))
            AND p.state <> 'cancelled'
        GROUP BY v.item_id, d.target_id ORDER BY v.item_id, d.target_id";
    const PG: &str = "SELECT v.item_id, d.target_id, MAX(p.slot_at) FROM delivery d
        JOIN push p ON p.id = d.subject_id JOIN item_version v ON v.id = p.item_version_id
        WHERE d.kind = 'push' AND d.target_kind = 'group'
            AND d.target_id IN (SELECT value::bigint FROM json_array_elements_text($1::json)) AND p.state <> 'cancelled'
        GROUP BY v.item_id, d.target_id ORDER BY v.item_id, d.target_id";
    let (sql, groups) = (tx.pick(SQLITE, PG), json(groups));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&groups).fetch_all(c).await)?)
}
