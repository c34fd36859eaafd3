//! Both folders of migrations describe the same tables, and the queries that run all the time find their indexes.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::world::{World, worlds};

/// `table.column null type`, with the types of both databases in one spelling.
async fn columns(world: &World) -> BTreeSet<String> {
    const SQLITE: &str =
        "SELECT m.name || '.' || p.name || CASE WHEN p.\"notnull\" OR p.pk THEN ' ' ELSE ' null ' END || p.type
        FROM sqlite_schema m JOIN pragma_table_info(m.name) p
        WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND m.name <> '_sqlx_migrations'";
    const PG: &str = "SELECT table_name || '.' || column_name || CASE is_nullable WHEN 'NO' THEN ' ' ELSE ' null ' END
            || CASE data_type WHEN 'bigint' THEN 'INTEGER' WHEN 'boolean' THEN 'INTEGER' WHEN 'date' THEN 'TEXT'
                ELSE upper(data_type) END
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'";
    let rows: Vec<String> = if world.db.label == "postgres" {
        let mut connection = PgConnection::connect(&world.db.url).await.unwrap();
        sqlx::query_scalar(PG).fetch_all(&mut connection).await.unwrap()
    } else {
        let mut connection = SqliteConnection::connect(&world.db.url).await.unwrap();
        sqlx::query_scalar(SQLITE).fetch_all(&mut connection).await.unwrap()
    };
    rows.into_iter().collect()
}

/// Names of all indexes that a migration gave a name.
async fn indexes(world: &World) -> BTreeSet<String> {
    let rows: Vec<String> = if world.db.label == "postgres" {
        let mut connection = PgConnection::connect(&world.db.url).await.unwrap();
        let sql = "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'public'
            AND indexname NOT LIKE '%\\_pkey' AND indexname NOT LIKE '%\\_key'";
        sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap()
    } else {
        let mut connection = SqliteConnection::connect(&world.db.url).await.unwrap();
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL";
        sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap()
    };
    rows.into_iter().collect()
}

#[tokio::test]
async fn both_databases_have_the_same_columns_and_indexes() {
    let worlds = worlds().await;
    let sqlite = (columns(&worlds[0]).await, indexes(&worlds[0]).await);
    assert!(sqlite.0.contains("ack.attempt_id null INTEGER") && sqlite.1.contains("ack_once"), "{sqlite:?}");
    for world in &worlds[1..] {
        let other = (columns(world).await, indexes(world).await);
        let apart: Vec<_> =
            sqlite.0.symmetric_difference(&other.0).chain(sqlite.1.symmetric_difference(&other.1)).collect();
        assert!(apart.is_empty(), "on one database only: {apart:#?}");
    }
}

/// What runs many times a minute on SQLite must not read whole tables. The texts are those of the store, shortened to
/// what the planner decides by.
#[tokio::test]
async fn what_runs_all_the_time_finds_its_index() {
    let world = worlds().await.remove(0);
    let mut connection = SqliteConnection::connect(&world.db.url).await.unwrap();
    for (sql, index) in [
        (
            "SELECT MIN(not_before) FROM delivery WHERE state IN ('queued', 'retry_wait') AND NOT by_hand AND not_before > 1",
            "delivery_due",
        ),
        (
            "SELECT d.target_id FROM delivery d WHERE d.state IN ('queued', 'retry_wait') AND NOT d.by_hand
                AND d.target_kind = 'group' AND d.target_id > 7 ORDER BY d.target_kind, d.target_id LIMIT 1",
            "INDEX delivery_waiting (target_kind=? AND target_id>?)",
        ),
        (
            "SELECT w.id FROM delivery w WHERE w.state IN ('queued', 'retry_wait') AND NOT w.by_hand
                AND w.target_kind = 'group' AND w.target_id = 7 ORDER BY w.not_before, w.id LIMIT 1",
            "INDEX delivery_waiting (target_kind=? AND target_id=?)",
        ),
        (
            "UPDATE delivery SET reason = NULL WHERE state IN ('queued', 'retry_wait') AND expires_at <= 1",
            "delivery_over",
        ),
        ("SELECT MIN(removal_at) FROM attempt WHERE removal = 'wanted'", "attempt_removal"),
        ("SELECT chat, at FROM pace WHERE channel_id = 1 AND at > 1 AND at <= 2", "pace_at"),
        ("SELECT COUNT(*) FROM delivery WHERE state = 'in_doubt' AND target_kind = 'group'", "delivery_doubt"),
        ("SELECT MIN(edit_after) FROM count_line WHERE dirty", "count_line_dirty"),
        ("SELECT id FROM inbox WHERE state = 'new' AND channel_id = 1 ORDER BY id LIMIT 9", "inbox_new"),
        ("SELECT id FROM inbox WHERE received_at < 1 AND raw IS NOT NULL AND state <> 'new'", "inbox_raw"),
        (
            "SELECT v.item_id, d.target_id, MAX(p.slot_at) FROM delivery d INDEXED BY delivery_push_group
            JOIN push p ON p.id = d.subject_id JOIN item_version v ON v.id = p.item_version_id
            WHERE d.kind = 'push' AND d.target_kind = 'group' AND d.target_id IN (SELECT value FROM json_each('[1,2]'))
                AND p.state <> 'cancelled' GROUP BY v.item_id, d.target_id",
            "SEARCH d USING COVERING INDEX delivery_push_group (target_id=?)",
        ),
        (
            "SELECT p.id AS push_id, p.slot_at, p.deadline_at FROM push p
            WHERE p.slot_at > 1 AND p.state = 'open' AND p.confirm = 'required' AND p.deadline_at IS NOT NULL AND (p.deadline_at > 2
                OR EXISTS (SELECT 1 FROM personal_deadline d WHERE d.push_id = p.id AND d.deadline_at > 2))
            AND NOT EXISTS (SELECT 1 FROM nudge_day n WHERE n.push_id = p.id AND n.day = '2026-09-07')
            ORDER BY p.slot_at, p.id",
            "SEARCH p USING INDEX push_slot (slot_at>?)",
        ),
    ] {
        let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
            .fetch_all(&mut connection)
            .await
            .unwrap();
        assert!(plan.iter().any(|step| step.3.contains(index)), "{sql}: {plan:?}");
    }
}
