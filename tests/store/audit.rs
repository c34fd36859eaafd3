//! The chain as it is stored: appended at a commit, never forked.

use std::sync::Arc;

use qingfeng::domain::audit::{Action, Actor, Event, Head};
use qingfeng::ids::AuditSeq;
use qingfeng::store::audit::{self, StoredHead};
use qingfeng::store::{Store, StoreError, Unsealed};

use crate::world::{at, keys_of, url_of, worlds};

fn event(subject: &str) -> Event {
    Event {
        at_ms: at(1).timestamp_millis(),
        actor: Actor::Operator { staff_no: None },
        action: Action::SettingSet,
        subject: subject.to_owned(),
        detail: serde_json::json!({ "value": "含“引号”、\\ 与换行\n" }),
    }
}

#[tokio::test]
async fn a_commit_appends_what_was_noted_and_moves_the_head() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        assert_eq!(audit::head(&mut tx).await.unwrap(), StoredHead::Sound(Head::EMPTY));
        tx.note(event("setting:a"));
        tx.note(event("setting:b"));
        tx.commit().await.unwrap();
        let mut tx = world.store.read().await.unwrap();
        let entries = audit::page(&mut tx, AuditSeq(1), 9).await.unwrap();
        let told: Vec<_> = entries.iter().map(|e| (e.seq.0, e.subject.as_str(), e.detail.as_str())).collect();
        let detail = "{\"value\":\"含“引号”、\\\\ 与换行\\n\"}";
        assert_eq!(told, [(1, "setting:a", detail), (2, "setting:b", detail)]);
        let last = Head { seq: AuditSeq(2), mac: entries[1].mac };
        assert_eq!(audit::head(&mut tx).await.unwrap(), StoredHead::Sound(last));
        assert_eq!(audit::page(&mut tx, AuditSeq(2), 9).await.unwrap(), entries[1..]);
        assert_eq!(audit::latest(&mut tx, 1).await.unwrap(), entries[1..]);
        assert_eq!(audit::latest(&mut tx, 9).await.unwrap(), entries);
        assert_eq!(audit::count(&mut tx).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn what_was_noted_goes_with_a_transaction_that_is_dropped() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        tx.note(event("setting:a"));
        world.deliver(&mut tx).await;
        drop(tx);
        let mut tx = world.tx().await;
        assert_eq!(audit::head(&mut tx).await.unwrap(), StoredHead::Sound(Head::EMPTY));
        assert_eq!(audit::count(&mut tx).await.unwrap(), 0);
        assert!(qingfeng::store::delivery::of_push(&mut tx, world.push).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn two_writers_never_fork_the_chain() {
    for world in worlds().await {
        let write = |store: Store, name: &'static str| async move {
            for n in 0..20 {
                let mut tx = store.write().await.unwrap();
                tx.note(event(&format!("setting:{name}{n}")));
                tx.note(event(&format!("setting:{name}{n}")));
                tx.commit().await.unwrap();
            }
        };
        let one = tokio::spawn(write(world.store.clone(), "a"));
        let two = tokio::spawn(write(world.again().await, "b"));
        one.await.unwrap();
        two.await.unwrap();
        let actor = Actor::Operator { staff_no: None };
        let verified = qingfeng::office::audit::verify(&world.ctx(), &actor).await.unwrap();
        assert_eq!((verified.entries, verified.head.seq, verified.first_bad), (80, AuditSeq(80), None));
    }
}

#[tokio::test]
async fn nothing_is_appended_to_a_head_that_was_edited() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        tx.note(event("setting:a"));
        tx.commit().await.unwrap();
        world.raw("UPDATE audit_head SET mac = 'x'").await.unwrap();
        let mut tx = world.tx().await;
        assert_eq!(audit::head(&mut tx).await.unwrap(), StoredHead::Edited);
        tx.note(event("setting:b"));
        let refused = tx.commit().await;
        assert!(matches!(refused, Err(StoreError::Unreadable(_))), "{refused:?}");
        assert_eq!(audit::count(&mut world.tx().await).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn nothing_is_appended_to_an_end_whose_entry_is_another() {
    for change in ["UPDATE audit_entry SET mac = 'x' WHERE seq = 2", "DELETE FROM audit_entry WHERE seq = 2"] {
        for world in worlds().await {
            for subject in ["setting:a", "setting:b"] {
                let mut tx = world.tx().await;
                tx.note(event(subject));
                tx.commit().await.unwrap();
            }
            world.raw(change).await.unwrap();
            let mut tx = world.tx().await;
            tx.note(event("setting:c"));
            let refused = tx.commit().await;
            assert!(matches!(refused, Err(StoreError::Unreadable(_))), "{}, {change}: {refused:?}", world.db.label);
            assert!(audit::latest(&mut world.tx().await, 9).await.unwrap().iter().all(|e| e.subject != "setting:c"));
        }
    }
}

#[tokio::test]
async fn an_end_that_was_undone_or_moved_by_somebody_else_is_not_gone_on_from() {
    for world in worlds().await {
        let other = world.again().await;
        let note = async |store: &Store, subject: &str| {
            let mut tx = store.write().await.unwrap();
            tx.note(event(subject));
            tx.commit().await.unwrap();
        };
        note(&world.store, "setting:a").await;
        let mut undone = world.tx().await;
        undone.note(event("setting:b"));
        drop(undone);
        note(&other, "setting:c").await;
        note(&world.store, "setting:d").await;
        note(&world.store, "setting:e").await;
        note(&other, "setting:f").await;
        let actor = Actor::Operator { staff_no: None };
        let verified = qingfeng::office::audit::verify(&world.ctx(), &actor).await.unwrap();
        assert_eq!((verified.entries, verified.first_bad), (5, None), "{}", world.db.label);
    }
}

#[tokio::test]
async fn a_key_is_put_in_force_by_the_entry_that_tells_of_it() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let before = tx.keys().current().id().clone();
        let office =
            qingfeng::store::office::OfficeRow { zone: "Asia/Shanghai".to_owned(), key_id: before.to_string() };
        if qingfeng::store::office::key_id(&mut tx).await.unwrap().is_none() {
            qingfeng::store::office::create(&mut tx, &office, at(0)).await.unwrap();
        }
        tx.note(event("setting:a"));
        tx.commit().await.unwrap();
        assert_eq!(
            qingfeng::store::office::key_id(&mut world.tx().await).await.unwrap().as_deref(),
            Some(before.as_str())
        );
        let next = Arc::new(qingfeng::secret::grow(&world.db.folder.path().join("test.key"), &before).unwrap());
        let after = next.current().id().clone();
        let mut tx = world.tx().await;
        tx.note(event("setting:b"));
        tx.rotate_to(next);
        tx.commit().await.unwrap();

        // The store that is open knows nothing of it: it reads the head of nobody it knows, and appends nothing.
        let mut tx = world.tx().await;
        assert_eq!(audit::head(&mut tx).await.unwrap(), StoredHead::Edited, "{}", world.db.label);
        tx.note(event("setting:c"));
        let refused = tx.commit().await;
        assert!(
            matches!(&refused, Err(StoreError::KeyChanged { wanted }) if *wanted == after.to_string()),
            "{refused:?}"
        );

        let again = Unsealed::open(&url_of(&world.db)).await.unwrap().seal(keys_of(&world.db));
        let mut tx = again.read().await.unwrap();
        let entries = audit::page(&mut tx, AuditSeq(1), 9).await.unwrap();
        let last = entries.last().unwrap();
        let head = Head { seq: last.seq, mac: last.mac };
        assert_eq!(audit::head(&mut tx).await.unwrap(), StoredHead::Sound(head));
        assert_eq!(audit::head_by(&mut tx, &after).await.unwrap(), StoredHead::Sound(head));
        assert_eq!(audit::head_by(&mut tx, &before).await.unwrap(), StoredHead::Edited);
        let old = again.keys().by_id(&before).unwrap();
        let link = qingfeng::domain::audit::link(&entries[entries.len() - 2].mac, last);
        assert_eq!(old.mac(qingfeng::secret::Purpose::Audit, &[&link]), last.mac, "the last one under the key before");
    }
}
