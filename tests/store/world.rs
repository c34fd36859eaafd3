//! A small office in a fresh database of each kind: two units, four people, one chat, one item, one push.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use qingfeng::clock::Clock;
use qingfeng::config::DatabaseUrl;
use qingfeng::ctx::Ctx;
use qingfeng::domain::delivery::{DeliveryKind, TargetKind};
use qingfeng::domain::push::{Chunk, Member, MemberStatus};
use qingfeng::domain::word::{Confirm, ItemState};
use qingfeng::ids::{ChannelId, DeliveryId, GroupId, ItemVersionId, PersonVersionId, PushId, StaffId, UnitId};
use qingfeng::secret::{self, Keys};
use qingfeng::store::delivery::{DeliveryRow, NewDelivery};
use qingfeng::store::item::NewVersion;
use qingfeng::store::push::NewPush;
use qingfeng::store::roster::{self, Staged};
use qingfeng::store::{self, Store, StoreError, Tx, Unsealed};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::db::{self, TestDb};

/// An office whose rows below are committed.
pub(crate) struct World {
    pub(crate) db: TestDb,
    pub(crate) store: Store,
    pub(crate) keys: Arc<Keys>,
    pub(crate) channel: ChannelId,
    /// Has `zhang` and `li`.
    pub(crate) finance: UnitId,
    /// Has `wang` and `zhao`.
    pub(crate) general: UnitId,
    pub(crate) zhang: StaffId,
    pub(crate) li: StaffId,
    pub(crate) wang: StaffId,
    pub(crate) zhao: StaffId,
    /// An active chat of both units.
    pub(crate) chat: GroupId,
    pub(crate) item_version: ItemVersionId,
    /// A required push at `at(0)`, frozen for all four, with no delivery yet.
    pub(crate) push: PushId,
}

/// A world on each database.
pub(crate) async fn worlds() -> Vec<World> {
    let mut all = Vec::new();
    for db in db::databases().await {
        all.push(build(db).await);
    }
    all
}

/// Seconds after a fixed instant.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_788_000_000, 0).unwrap() + TimeDelta::seconds(seconds)
}

pub(crate) fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 9, day).unwrap()
}

pub(crate) fn url_of(db: &TestDb) -> DatabaseUrl {
    match db.url.strip_prefix("sqlite://") {
        Some(path) => DatabaseUrl::Sqlite { path: path.into() },
        None => DatabaseUrl::Postgres { url: db.url.clone().into(), shown: String::new() },
    }
}

pub(crate) fn keys_of(db: &TestDb) -> Arc<Keys> {
    Arc::new(secret::open(&db.folder.path().join("test.key"), None).unwrap())
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "what a refused call answered is of no further use")]
pub(crate) fn assert_constraint<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::Constraint(_))), "{result:?}");
}

async fn build(db: TestDb) -> World {
    let keys = keys_of(&db);
    let store = Unsealed::open_migrated(&url_of(&db)).await.unwrap().seal(Arc::clone(&keys));
    let mut tx = store.write().await.unwrap();
    let channel = store::channel::add(&mut tx, "telegram", "7001").await.unwrap();
    let finance = unit(&mut tx, store::unit::OFFICE, "机关/财务科", 1).await;
    let general = unit(&mut tx, store::unit::OFFICE, "机关/办公室", 2).await;
    let zhang = person(&mut tx, "G001", finance).await;
    let li = person(&mut tx, "G002", finance).await;
    let wang = person(&mut tx, "G003", general).await;
    let zhao = person(&mut tx, "G004", general).await;
    let chat = store::group::seen(&mut tx, channel, "-100", "机关大群").await.unwrap();
    store::group::set_units(&mut tx, chat, &[finance, general]).await.unwrap();
    store::group::set_state(&mut tx, chat, qingfeng::domain::word::GroupState::Active, None).await.unwrap();
    let item_version = item(&mut tx, "gifts").await;
    let push = push(&mut tx, item_version).await;
    for (unit, people) in [(finance, [zhang, li]), (general, [wang, zhao])] {
        let chunk = chunk(unit, &people);
        store::push::add_chunk(&mut tx, push, &chunk, &chunk.encode()).await.unwrap();
    }
    tx.commit().await.unwrap();
    World { db, store, keys, channel, finance, general, zhang, li, wang, zhao, chat, item_version, push }
}

/// A unit in force at a place of the order.
pub(crate) async fn unit(tx: &mut Tx, kind: &str, path: &str, position: i64) -> UnitId {
    store::unit::stage(tx, kind, &[(path, position)], at(0)).await.unwrap();
    let all = store::unit::list_all(tx, kind).await.unwrap();
    let id = all.into_iter().find(|unit| unit.path == path).unwrap().id;
    store::unit::arrange(tx, &[(id, position)]).await.unwrap();
    id
}

/// A person on the roster, at the place of their number.
pub(crate) async fn person(tx: &mut Tx, no: &str, unit: UnitId) -> StaffId {
    let name = format!("姓名{no}");
    let new = Staged { name: Some(&name), post: Some("科员"), ..new_person(tx, no, unit).await };
    take_in(tx, std::slice::from_ref(&new), None).await;
    new.staff_id
}

/// A person without a name whom an import brings.
pub(crate) async fn new_person<'a>(tx: &mut Tx, no: &'a str, unit: UnitId) -> Staged<'a> {
    let ids = (roster::new_staff(tx, 1).await.unwrap()[0], roster::new_versions(tx, 1).await.unwrap()[0]);
    joins(ids, no, unit)
}

pub(crate) fn joins((staff_id, version_id): (StaffId, PersonVersionId), no: &str, unit: UnitId) -> Staged<'_> {
    Staged {
        staff_no: Some(no),
        unit_id: Some(unit),
        kinds: Some("official"),
        new_staff: 1,
        new_version: 1,
        ..stays(staff_id, version_id, no[1..].parse().unwrap())
    }
}

/// A known person whom an import leaves on the roster, or puts back on it.
pub(crate) async fn known_person(tx: &mut Tx, staff: StaffId) -> Staged<'static> {
    let known = store::staff::find(tx, staff).await.unwrap().unwrap();
    stays(known.id, known.version_id, known.position)
}

/// Someone on the roster about whom an import changes nothing.
pub(crate) fn stays(staff_id: StaffId, version_id: PersonVersionId, position: i64) -> Staged<'static> {
    Staged {
        staff_id,
        version_id,
        position,
        left_at: None,
        staff_no: None,
        unit_id: None,
        branch_id: None,
        kinds: None,
        name: None,
        post: None,
        new_staff: 0,
        new_version: 0,
        new_name: 0,
    }
}

/// Another state of a known person.
pub(crate) async fn moved<'a>(tx: &mut Tx, staff: StaffId, unit: UnitId, kinds: &'a str) -> Staged<'a> {
    let version_id = roster::new_versions(tx, 1).await.unwrap()[0];
    Staged { version_id, unit_id: Some(unit), kinds: Some(kinds), new_version: 1, ..known_person(tx, staff).await }
}

/// Puts people in force as an import does.
pub(crate) async fn take_in(tx: &mut Tx, people: &[Staged<'_>], joined_on: Option<NaiveDate>) {
    roster::stage(tx, (1, 1), people, at(0)).await.unwrap();
    roster::swap(tx, joined_on).await.unwrap();
}

/// An approved item with its first version.
pub(crate) async fn item(tx: &mut Tx, slug: &str) -> ItemVersionId {
    let id = store::item::add(tx, slug, ItemState::Approved).await.unwrap();
    store::item::add_version(tx, &version(id, 1), at(0)).await.unwrap()
}

pub(crate) fn version(item_id: qingfeng::ids::ItemId, version: i64) -> NewVersion {
    NewVersion {
        item_id,
        version,
        code: format!("L-{item_id}"),
        theme: "law".to_owned(),
        title: "礼品礼金".to_owned(),
        audience: "全体".to_owned(),
        confirm: Confirm::Required,
        basis: "条例第一条".to_owned(),
        article_text: "条文".to_owned(),
        takeaway: "不收".to_owned(),
        body: "正文\n第二段".to_owned(),
        verified_on: day(1),
        checked_by: "审核".to_owned(),
        expires_on: Some(day(30)),
        hash: format!("hash-{item_id}-{version}"),
        tags: "日常,new".to_owned(),
        festivals: String::new(),
        quiz: String::new(),
    }
}

/// A required push by hand at `at(0)`.
pub(crate) async fn push(tx: &mut Tx, item_version: ItemVersionId) -> PushId {
    store::push::add(tx, &new_push(item_version), at(0)).await.unwrap()
}

pub(crate) fn new_push(item_version_id: ItemVersionId) -> NewPush<'static> {
    NewPush {
        occurrence_id: None,
        item_version_id,
        confirm: Confirm::Required,
        slot_at: at(0),
        month: "2026-08",
        deadline_at: Some(at(3600)),
        late: false,
        fills: "{}",
    }
}

/// The people of a unit as a push sees them, all expected.
pub(crate) fn chunk(unit: UnitId, people: &[StaffId]) -> Chunk {
    let member =
        |staff: &StaffId| Member { staff: *staff, version: PersonVersionId(staff.0), status: MemberStatus::Expected };
    Chunk { unit, members: people.iter().map(member).collect() }
}

impl World {
    pub(crate) async fn tx(&self) -> Tx {
        self.store.write().await.unwrap()
    }

    /// The same database opened once more, as by another process.
    pub(crate) async fn again(&self) -> Store {
        Unsealed::open(&url_of(&self.db)).await.unwrap().seal(Arc::clone(&self.keys))
    }

    /// What use cases need.
    pub(crate) fn ctx(&self) -> Ctx {
        let (store, zone) = (self.store.clone(), chrono_tz::Asia::Shanghai);
        Ctx {
            store,
            clock: Clock::system(),
            zone,
            content_dir: std::path::Path::new("content").into(),
            boot: "test".to_owned(),
            spool: self.db.folder.path().join("test.spool").into(),
        }
    }

    /// A delivery of the push to the chat, due at `at(0)` and out of time at `at(3600)`.
    pub(crate) async fn deliver(&self, tx: &mut Tx) -> DeliveryId {
        store::delivery::add(tx, &self.to_chat(self.push), at(0)).await.unwrap()
    }

    pub(crate) fn to_chat(&self, push: PushId) -> NewDelivery {
        NewDelivery {
            by_hand: false,
            kind: DeliveryKind::Push,
            subject_id: push.0,
            target_kind: TargetKind::Group,
            target_id: self.chat.0,
            not_before: at(0),
            expires_at: at(3600),
        }
    }

    /// What the delivery stands at.
    pub(crate) async fn delivery(&self, tx: &mut Tx, id: DeliveryId) -> DeliveryRow {
        store::delivery::find(tx, id).await.unwrap().unwrap()
    }

    /// Runs SQL behind the program's back.
    pub(crate) async fn raw(&self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = AssertSqlSafe(sql);
        if self.db.label == "postgres" {
            let mut connection = PgConnection::connect(&self.db.url).await?;
            return sqlx::raw_sql(sql).execute(&mut connection).await.map(drop);
        }
        let mut connection = SqliteConnection::connect(&self.db.url).await?;
        sqlx::raw_sql(sql).execute(&mut connection).await.map(drop)
    }
}

/// The tables of the ledger, each before those it points to.
const LEDGER: [&str; 4] = ["ack", "ack_batch", "audit_entry", "audit_head"];

/// Setting the ledger aside and bringing it back, for tests that tamper with it.
impl World {
    pub(crate) async fn keep_tables(&self) {
        let copies: Vec<String> =
            LEDGER.iter().map(|t| format!("CREATE TABLE kept_{t} AS SELECT * FROM {t};")).collect();
        self.raw(&copies.concat()).await.unwrap();
    }

    pub(crate) async fn restore_tables(&self) {
        let clear = LEDGER.iter().map(|t| format!("DELETE FROM {t};"));
        let fill = LEDGER.iter().rev().map(|t| format!("INSERT INTO {t} SELECT * FROM kept_{t};"));
        self.raw(&clear.chain(fill).collect::<String>()).await.unwrap();
    }
}
