//! Every way to tamper with the ledger is found: each case works on a ledger of its own, by raw SQL.

use qingfeng::domain::audit::{Action, Actor, Event};
use qingfeng::office::audit::verify;
use qingfeng::store::{Result, Tx};

use crate::ack::confirm;
use crate::world::{World, at, worlds};

fn note(tx: &mut Tx, subject: &str) {
    tx.note(Event {
        at_ms: at(1).timestamp_millis(),
        actor: Actor::Operator { staff_no: None },
        action: Action::SettingSet,
        subject: subject.to_owned(),
        detail: serde_json::json!({ "by": "hand" }),
    });
}

/// Entries 1 to 6; entries 3 and 5 seal batches 1 (two acks) and 2 (one ack).
async fn write_ledger(world: &World) -> Result<()> {
    for (subject, people) in
        [("office", vec![]), ("setting:a", vec![world.zhang, world.li]), ("setting:b", vec![world.wang])]
    {
        let mut tx = world.store.write().await?;
        note(&mut tx, subject);
        tx.commit().await?;
        if !people.is_empty() {
            let mut tx = world.store.write().await?;
            confirm(world, &mut tx, &people).await;
            tx.commit().await?;
        }
    }
    let mut tx = world.store.write().await?;
    note(&mut tx, "setting:c");
    tx.commit().await
}

async fn first_bad(world: &World) -> Option<String> {
    verify(&world.ctx(), &Actor::Operator { staff_no: None }).await.unwrap().first_bad
}

/// What is done to a sound ledger by several statements, and what verifying names first.
const TAMPERED: &[(&str, &str)] = &[
    ("UPDATE audit_entry SET seq = 99 WHERE seq = 2", "entry:2"),
    ("UPDATE audit_entry SET at = at + 1 WHERE seq = 2", "entry:2"),
    ("UPDATE audit_entry SET actor = 'operator:G001' WHERE seq = 2", "entry:2"),
    ("UPDATE audit_entry SET action = 'db_init' WHERE seq = 2", "entry:2"),
    ("UPDATE audit_entry SET subject = 'setting:z' WHERE seq = 2", "entry:2"),
    ("UPDATE audit_entry SET detail = '{\"by\": \"hand\"}' WHERE seq = 2", "entry:2"),
    ("UPDATE audit_entry SET mac = upper(mac) WHERE seq = 2", "entry:2"),
    ("UPDATE audit_entry SET mac = 'nothing' WHERE seq = 2", "entry:2"),
    ("UPDATE audit_entry SET mac = (SELECT mac FROM audit_entry WHERE seq = 1) WHERE seq = 2", "entry:2"),
    ("UPDATE audit_entry SET detail = '{}' WHERE seq = 6", "entry:6"),
    ("UPDATE audit_entry SET mac = upper(mac) WHERE seq = 6", "entry:6"),
    ("DELETE FROM audit_entry WHERE seq = 1", "entry:1"),
    ("DELETE FROM audit_entry WHERE seq = 3", "entry:3"),
    ("DELETE FROM audit_entry WHERE seq = 6", "entry:6"),
    ("DELETE FROM audit_entry WHERE seq > 4", "entry:5"),
    ("DELETE FROM audit_entry", "entry:1"),
    ("DELETE FROM audit_entry; UPDATE audit_head SET seq = 0, mac = ''", "entry:1"),
    (
        "DELETE FROM audit_entry WHERE seq = 6;
      UPDATE audit_head SET seq = 5, mac = (SELECT mac FROM audit_entry WHERE seq = 5)",
        "audit_head",
    ),
    (
        "INSERT INTO audit_entry SELECT 7, at, actor, action, subject, detail, mac FROM audit_entry WHERE seq = 6",
        "entry:7",
    ),
    (
        "INSERT INTO audit_entry SELECT 9, at, actor, action, subject, detail, mac FROM audit_entry WHERE seq = 6",
        "entry:7",
    ),
    ("UPDATE audit_head SET seq = 5", "audit_head"),
    ("UPDATE audit_head SET seq = 7", "entry:7"),
    ("UPDATE audit_head SET seq = 0, mac = ''", "entry:1"),
    ("UPDATE audit_head SET mac = upper(mac)", "audit_head"),
    ("DELETE FROM audit_head", "audit_head"),
    ("UPDATE ack SET id = 99 WHERE id = 1", "ack_batch:1"),
    ("UPDATE ack SET id = -9223372036854775808 WHERE id = 1", "ack_batch:1"),
    ("UPDATE ack SET staff_id = staff_id + 2 WHERE id = 2", "ack_batch:1"),
    ("UPDATE ack SET pressed_at = pressed_at - 1 WHERE id = 1", "ack_batch:1"),
    ("UPDATE ack SET method = 'text' WHERE id = 1", "ack_batch:1"),
    ("UPDATE ack SET method = 'manual', recorded_by = '' WHERE id = 1", "ack_batch:1"),
    ("UPDATE ack SET inbox_id = 6 WHERE id = 1", "ack_batch:1"),
    ("UPDATE ack SET inbox_id = NULL WHERE id = 1", "ack_batch:1"),
    ("UPDATE ack SET batch_id = 2 WHERE id = 1", "ack_batch:2"),
    ("UPDATE ack SET batch_id = 1 WHERE id = 3", "ack:3"),
    ("UPDATE ack SET batch_id = 3 - batch_id", "ack_batch:2"),
    ("DELETE FROM ack WHERE id = 1", "ack_batch:1"),
    ("DELETE FROM ack", "ack_batch:1"),
    ("DELETE FROM ack WHERE batch_id = 2; DELETE FROM ack_batch WHERE id = 2", "ack_batch:2"),
    (
        "DELETE FROM ack WHERE batch_id = 2; DELETE FROM ack_batch WHERE id = 2; DELETE FROM audit_entry WHERE seq = 5",
        "entry:5",
    ),
    ("UPDATE ack_batch SET recorded_at = recorded_at - 1 WHERE id = 2", "ack_batch:2"),
    ("INSERT INTO ack_batch (id, recorded_at) VALUES (7, 1)", "ack_batch:7"),
    ("INSERT INTO ack_batch (id, recorded_at) VALUES (-9223372036854775808, 1)", "ack_batch:-9223372036854775808"),
    ("INSERT INTO ack (id, push_id, staff_id, pressed_at, method, batch_id) VALUES (4, 1, 4, 1, 'button', 2)", "ack:4"),
    (
        "INSERT INTO ack (id, push_id, staff_id, pressed_at, method, batch_id) VALUES (-1, 1, 4, 1, 'button', 1)",
        "ack_batch:1",
    ),
    (
        "INSERT INTO ack (id, push_id, staff_id, pressed_at, method, batch_id)
      VALUES (-9223372036854775808, 1, 4, 1, 'button', 2)",
        "ack_batch:2",
    ),
];

#[tokio::test]
async fn a_ledger_that_nobody_touched_is_right() {
    for world in worlds().await {
        write_ledger(&world).await.unwrap();
        let verified = verify(&world.ctx(), &Actor::Operator { staff_no: None }).await.unwrap();
        assert_eq!((verified.entries, verified.acks, verified.first_bad), (6, 3, None));
        let tail = qingfeng::office::audit::tail(&world.ctx(), &Actor::Operator { staff_no: None }, 2).await.unwrap();
        assert_eq!(tail.iter().map(|entry| entry.seq.0).collect::<Vec<_>>(), [5, 6]);
    }
}

#[tokio::test]
async fn whatever_is_tampered_with_is_named() {
    for world in worlds().await {
        write_ledger(&world).await.unwrap();
        world.keep_tables().await;
        let mut unnoticed = Vec::new();
        for (sql, expected) in TAMPERED {
            world.raw(sql).await.unwrap_or_else(|e| panic!("{}: {sql}: {e}", world.db.label));
            let found = first_bad(&world).await;
            if found.as_deref() != Some(expected) {
                unnoticed.push(format!("{}: {sql}\n  expected {expected}, found {found:?}", world.db.label));
            }
            world.restore_tables().await;
        }
        assert!(unnoticed.is_empty(), "{}", unnoticed.join("\n"));
        assert_eq!(first_bad(&world).await, None, "restored");
    }
}

#[tokio::test]
async fn an_ack_moved_to_another_push_is_named() {
    for world in worlds().await {
        write_ledger(&world).await.unwrap();
        let mut tx = world.tx().await;
        let other = crate::world::push(&mut tx, world.item_version).await;
        tx.commit().await.unwrap();
        world.raw(&format!("UPDATE ack SET push_id = {other} WHERE id = 3")).await.unwrap();
        assert_eq!(first_bad(&world).await.as_deref(), Some("ack_batch:2"));
    }
}

#[tokio::test]
async fn an_ack_given_a_copy_is_named() {
    for world in worlds().await {
        write_ledger(&world).await.unwrap();
        let mut tx = world.tx().await;
        world.deliver(&mut tx).await;
        let claimed = crate::delivery::claim(&mut tx, "b", 0).await.remove(0);
        qingfeng::store::delivery::begin_attempt(&mut tx, &claimed, "b", "-100", at(0)).await.unwrap();
        tx.commit().await.unwrap();
        world.raw("UPDATE ack SET attempt_id = 1 WHERE id = 3").await.unwrap();
        assert_eq!(first_bad(&world).await.as_deref(), Some("ack_batch:2"));
    }
}
