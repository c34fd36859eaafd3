//! Which copy of the data this is, and copies of a database in use.

use qingfeng::domain::delivery::{DeliveryState, TargetKind};
use qingfeng::store::backup::{fold, looks_like_one};
use qingfeng::store::office::{self, OfficeRow};
use qingfeng::store::{At, StoreError, Unsealed, channel, delivery, installation};

use crate::world::{World, at, url_of, worlds};

async fn found(world: &World) {
    let mut tx = world.tx().await;
    let row = OfficeRow { zone: "Asia/Shanghai".to_owned(), key_id: world.keys.current().id().to_string() };
    office::create(&mut tx, &row, at(0)).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_database_is_named_once_and_its_generations_count() {
    for world in worlds().await {
        assert_eq!(installation::find(&mut world.tx().await).await.unwrap(), None);
        found(&world).await;
        let mut tx = world.tx().await;
        let new = installation::find(&mut tx).await.unwrap().unwrap();
        assert_eq!((new.installation_id.as_str(), new.generation, new.alive_at), ("", 0, None));
        assert!(installation::name(&mut tx, "first").await.unwrap());
        assert!(!installation::name(&mut tx, "second").await.unwrap());
        installation::alive(&mut tx, at(5)).await.unwrap();
        installation::begin_generation(&mut tx, 7).await.unwrap();
        installation::touch(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        world.store.probe().await.unwrap();
        let mut tx = world.tx().await;
        let named = installation::find(&mut tx).await.unwrap().unwrap();
        assert_eq!((named.installation_id.as_str(), named.generation), ("first", 7));
        assert_eq!(named.alive_at, Some(At::from(at(5))));
    }
}

#[tokio::test]
async fn what_is_not_over_is_listed() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = world.deliver(&mut tx).await;
        let rows = installation::unsettled(&mut tx).await.unwrap();
        assert_eq!(rows.iter().map(|row| (row.id, row.state)).collect::<Vec<_>>(), [(id, DeliveryState::Queued)]);
        assert_eq!((rows[0].target_kind, rows[0].not_before), (TargetKind::Group, At::from(at(0))));
        delivery::expire(&mut tx, at(3600)).await.unwrap();
        assert_eq!(installation::unsettled(&mut tx).await.unwrap(), []);
    }
}

#[tokio::test]
async fn what_another_copy_may_have_sent_is_in_doubt_and_its_second_copy_says_so() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = world.deliver(&mut tx).await;
        assert!(installation::unsettled(&mut tx).await.unwrap()[0].is_push());
        assert_eq!(installation::doubt_waiting(&mut tx, at(1)).await.unwrap(), [id]);
        assert_eq!(installation::doubt_waiting(&mut tx, at(2)).await.unwrap(), []);
        assert_eq!(delivery::requeue_doubtful(&mut tx, at(91), at(1)).await.unwrap(), [id]);
        let claimed = crate::delivery::claim(&mut tx, "boot", 91).await.remove(0);
        let attempt = delivery::begin_attempt(&mut tx, &claimed, "boot", "-100", at(91)).await.unwrap().unwrap();
        assert_eq!((attempt.n, attempt.possible_duplicate), (2, true));
    }
}

#[tokio::test]
async fn ids_given_out_after_a_copy_was_made_are_never_given_out_again() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let before = world.deliver(&mut tx).await;
        installation::skip_ids(&mut tx).await.unwrap();
        // Also of a table that held nothing when the copy was made.
        let gap = qingfeng::domain::hearing::Gap { from: at(0), to: at(200), settled: at(200) };
        let first = qingfeng::store::blind::add(&mut tx, world.channel, &gap).await.unwrap().unwrap();
        let next = qingfeng::store::delivery::NewDelivery { target_id: 99, ..world.to_chat(world.push) };
        let after = delivery::add(&mut tx, &next, at(0)).await.unwrap();
        assert!(after.0 > before.0 + 999_999 && first > 999_999, "{after} {first}");
    }
}

#[tokio::test]
async fn what_does_not_fit_together_is_named() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = world.deliver(&mut tx).await;
        tx.commit().await.unwrap();
        assert_eq!(installation::misfits(&mut world.tx().await, 5).await.unwrap(), [""; 0]);
        world.raw("UPDATE delivery SET state = 'sent'").await.unwrap();
        let found = installation::misfits(&mut world.tx().await, 5).await.unwrap();
        assert_eq!(found, [format!("delivery:{id}")]);
        if world.db.label == "sqlite" {
            world
                .raw("PRAGMA foreign_keys = 0; DELETE FROM delivery; INSERT INTO group_unit VALUES (4711, 4711)")
                .await
                .unwrap();
            let found = installation::misfits(&mut world.tx().await, 5).await.unwrap();
            assert!(found.iter().all(|wrong| wrong.starts_with("group_unit:")) && !found.is_empty(), "{found:?}");
        }
    }
}

#[tokio::test]
async fn how_updates_reach_us_is_told() {
    for world in worlds().await {
        let heard = channel::heard(&mut world.tx().await).await.unwrap();
        assert_eq!(heard, [(qingfeng::domain::word::InboundMode::Poll, None)]);
    }
}

#[tokio::test]
async fn a_copy_holds_what_was_committed_and_hinders_no_writer() {
    for world in worlds().await {
        found(&world).await;
        let target = world.db.folder.path().join("copy.db");
        let mut open = world.tx().await;
        world.deliver(&mut open).await;
        // A writer is at work while the copy is made: neither waits for the other.
        std::fs::write(&target, b"").unwrap();
        let copied = world.store.copy_into(&target).await.unwrap();
        open.commit().await.unwrap();
        assert_eq!(world.store.quick_check().await.unwrap(), "ok");
        if world.db.label == "postgres" {
            assert!(!copied, "the server has a program of its own");
            continue;
        }
        assert!(copied && looks_like_one(&target).unwrap());
        assert!(world.store.copy_into(&target).await.is_err(), "a file that holds something is not overwritten");
        let copy = Unsealed::open_copy(&target);
        assert_eq!(copy.version().await.unwrap(), 7);
        let copy = copy.seal(std::sync::Arc::clone(&world.keys));
        let mut tx = copy.read().await.unwrap();
        assert_eq!(installation::unsettled(&mut tx).await.unwrap(), [], "not what was committed later");
        assert!(installation::touch(&mut tx).await.is_err(), "it is only looked at");
        drop(tx);
        copy.close().await;
        let files = std::fs::read_dir(world.db.folder.path()).unwrap();
        let beside = files.filter(|f| f.as_ref().unwrap().file_name().to_string_lossy().starts_with("copy.db")).count();
        assert_eq!(beside, 1, "no side files");
    }
}

#[tokio::test]
async fn side_files_are_folded_into_one_file() {
    let world = worlds().await.remove(0);
    let path = world.db.folder.path().join("test.db");
    assert!(std::fs::metadata(path.with_extension("db-wal")).unwrap().len() > 0);
    let reading = world.store.read().await.unwrap();
    drop(reading);
    world.store.close().await;
    fold(&path).await.unwrap();
    assert!(!path.with_extension("db-wal").exists());
    let opened = Unsealed::open_copy(&path).version().await;
    assert_eq!(opened.unwrap(), 7);
    std::fs::write(&path, b"text").unwrap();
    assert!(!looks_like_one(&path).unwrap());
    let opened = Unsealed::open(&url_of(&world.db)).await;
    assert!(matches!(&opened, Err(StoreError::Db(_))), "{opened:?}");
}

#[tokio::test]
async fn a_reason_to_stand_still_is_put_once_and_lifted() {
    use qingfeng::domain::delivery::HaltCause;
    use qingfeng::store::halt;
    for world in worlds().await {
        let mut tx = world.tx().await;
        assert!(halt::put(&mut tx, HaltCause::Quarantine, ("system:serve", "older"), at(1)).await.unwrap());
        assert!(!halt::put(&mut tx, HaltCause::Quarantine, ("system:serve", "silent"), at(2)).await.unwrap());
        let stands = halt::list(&mut tx).await.unwrap().remove(0);
        assert_eq!((stands.detail.as_str(), stands.since), ("older", At::from(at(1))), "the first stays");
        assert!(halt::lift(&mut tx, HaltCause::Quarantine).await.unwrap());
        assert!(!halt::lift(&mut tx, HaltCause::Quarantine).await.unwrap());
    }
}
