//! Opening: which databases are refused, and how the connections are set.

use std::os::unix::fs::PermissionsExt;

use qingfeng::store::office::{self, OfficeRow};
use qingfeng::store::{StoreError, Unsealed, delivery, setting};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

use crate::db::databases;
use crate::world::{at, keys_of, url_of, worlds};

#[tokio::test]
async fn a_database_that_is_missing_or_empty_is_older() {
    for db in databases().await {
        let opened = Unsealed::open(&url_of(&db)).await;
        assert!(matches!(opened, Err(StoreError::Older)), "{}: {opened:?}", db.label);
        assert!(!db.folder.path().join("test.db").exists(), "opening creates nothing");
    }
}

#[tokio::test]
async fn a_database_of_another_version_is_refused() {
    for world in worlds().await {
        world.store.close().await;
        let last = "(SELECT MAX(version) FROM _sqlx_migrations)";
        world.raw(&format!("UPDATE _sqlx_migrations SET version = 9999 WHERE version = {last}")).await.unwrap();
        let opened = Unsealed::open(&url_of(&world.db)).await;
        assert!(matches!(opened, Err(StoreError::Newer { found: 9999 })), "{opened:?}");
        let migrated = Unsealed::open_migrated(&url_of(&world.db)).await;
        assert!(matches!(migrated, Err(StoreError::Newer { found: 9999 })), "{migrated:?}");
        world.raw("DELETE FROM _sqlx_migrations WHERE version = 9999").await.unwrap();
        let opened = Unsealed::open(&url_of(&world.db)).await;
        assert!(matches!(opened, Err(StoreError::Older)), "{opened:?}");
    }
}

#[tokio::test]
async fn the_office_is_known_before_its_keys_and_there_is_one() {
    for db in databases().await {
        let unsealed = Unsealed::open_migrated(&url_of(&db)).await.unwrap();
        assert!(unsealed.office().await.unwrap().is_none());
        let store = unsealed.seal(keys_of(&db));
        let row = OfficeRow { zone: "Asia/Shanghai".to_owned(), key_id: "0123abcd".to_owned() };
        let mut tx = store.write().await.unwrap();
        office::create(&mut tx, &row, at(0)).await.unwrap();
        assert_eq!(office::integrity(&mut tx).await.unwrap(), "ok");
        tx.commit().await.unwrap();
        crate::world::assert_constraint(office::create(&mut store.write().await.unwrap(), &row, at(0)).await);
        store.close().await;
        let found = Unsealed::open_migrated(&url_of(&db)).await.unwrap().office().await.unwrap().unwrap();
        assert_eq!((found.zone, found.key_id), (row.zone, row.key_id));
    }
}

#[tokio::test]
async fn sqlite_files_are_private_and_in_wal_mode() {
    let world = worlds().await.remove(0);
    assert_eq!(world.db.label, "sqlite");
    for file in ["test.db", "test.db-wal", "test.db-shm"] {
        let mode = std::fs::metadata(world.db.folder.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let options: SqliteConnectOptions = world.db.url.parse().unwrap();
    let mut plain = SqliteConnection::connect_with(&options).await.unwrap();
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut plain).await.unwrap();
    assert_eq!(journal, "wal", "written into the file");
}

#[tokio::test]
async fn a_reading_transaction_sees_one_moment_and_writes_nothing() {
    for world in worlds().await {
        let mut reading = world.store.read().await.unwrap();
        assert!(delivery::of_push(&mut reading, world.push).await.unwrap().is_empty());
        let mut tx = world.tx().await;
        world.deliver(&mut tx).await;
        tx.commit().await.unwrap();
        assert!(delivery::of_push(&mut reading, world.push).await.unwrap().is_empty());
        let key = qingfeng::domain::setting::Key::OfficeName;
        assert!(setting::put(&mut reading, key, "某局", at(0)).await.is_err());
        drop(reading);
        let mut reading = world.store.read().await.unwrap();
        assert_eq!(delivery::of_push(&mut reading, world.push).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_transaction_that_is_not_committed_writes_nothing() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        world.deliver(&mut tx).await;
        drop(tx);
        assert!(delivery::of_push(&mut world.tx().await, world.push).await.unwrap().is_empty());
    }
}
