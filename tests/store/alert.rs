//! What the admins were told.

use chrono::{DateTime, TimeDelta, Utc};
use qingfeng::clock::Clock;
use qingfeng::ctx::Ctx;
use qingfeng::domain::alert::{Alert, AlertKind};
use qingfeng::domain::delivery::{DeliveryKind, TargetKind};
use qingfeng::domain::policy::Role;
use qingfeng::domain::schedule::{Missed, OnHoliday};
use qingfeng::ids::AlertId;
use qingfeng::office;
use qingfeng::store::alert::{self, AlertRow};
use qingfeng::store::delivery::DeliveryRow;
use qingfeng::store::schedule::{self, NewSchedule};
use qingfeng::store::{account, delivery, role};

use crate::world::{World, at, day, worlds};

/// 09:00 in Shanghai on the first workday after `at(0)`, a Saturday evening.
fn monday() -> DateTime<Utc> {
    "2026-08-31T01:00:00Z".parse().unwrap()
}

/// Two admins, of whom one has an account; an account whose person is none.
async fn admins(world: &World) {
    let mut tx = world.tx().await;
    for staff in [world.zhang, world.li] {
        role::grant(&mut tx, staff, Role::Admin, at(0)).await.unwrap();
    }
    for (staff, chat) in [(world.zhang, "501"), (world.wang, "502")] {
        let account = account::ensure(&mut tx, world.channel, chat).await.unwrap();
        account::bind(&mut tx, world.channel, account.id, staff, at(0)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn ctx_at(world: &World, now: DateTime<Utc>) -> Ctx {
    Ctx { clock: Clock::manual(now).0, ..world.ctx() }
}

async fn claimed(world: &World, now: DateTime<Utc>) -> Vec<DeliveryRow> {
    let mut tx = world.tx().await;
    let waiting = delivery::waiting(&mut tx, world.channel, (TargetKind::Staff, 0), 20, now).await.unwrap();
    let due: Vec<_> = waiting.into_iter().filter(|row| row.due).map(|row| row.id).collect();
    let rows = delivery::claim(&mut tx, "test", &due, now, now + TimeDelta::seconds(60)).await.unwrap();
    tx.commit().await.unwrap();
    rows
}

#[tokio::test]
async fn admins_with_an_account_are_told_once_when_they_are_at_their_desks() {
    for world in worlds().await {
        admins(&world).await;
        let ctx = ctx_at(&world, at(0));
        let told = Alert::CalendarProvisional { year: 2027, week: day(7), known: true };
        for first in [true, false] {
            let mut tx = world.tx().await;
            assert_eq!(office::alert::raise(&mut tx, &ctx, &told).await.unwrap(), first);
            tx.commit().await.unwrap();
        }
        assert_eq!(claimed(&world, monday() - TimeDelta::seconds(1)).await, []);
        let rows = claimed(&world, monday()).await;
        let whom: Vec<_> = rows.iter().map(|row| (row.kind, row.target_kind, row.target_id)).collect();
        assert_eq!(whom, [(DeliveryKind::Alert, TargetKind::Staff, world.zhang.0)]);
        assert_eq!(rows[0].expires_at.utc(), monday() + TimeDelta::days(3));
        let alert = office::alert::find(&mut world.tx().await, AlertId(rows[0].subject_id)).await.unwrap();
        assert_eq!(alert, Some(told));
    }
}

#[tokio::test]
async fn an_admin_who_joins_later_is_told_what_still_holds() {
    for world in worlds().await {
        // 2027 has no file here, and no admin has an account on 2 November.
        let mut tx = world.tx().await;
        role::grant(&mut tx, world.li, Role::Admin, at(0)).await.unwrap();
        tx.commit().await.unwrap();
        let watch = async |now: &str| {
            let ctx = ctx_at(&world, now.parse().unwrap());
            office::alert::watch(&ctx).await.unwrap();
            claimed(&world, ctx.now()).await.iter().map(|row| row.target_id).collect::<Vec<_>>()
        };
        let none: [i64; 0] = [];
        assert_eq!(watch("2026-11-02T02:00:00Z").await, none);
        let mut tx = world.tx().await;
        let account = account::ensure(&mut tx, world.channel, "503").await.unwrap();
        account::bind(&mut tx, world.channel, account.id, world.li, at(0)).await.unwrap();
        tx.commit().await.unwrap();
        let told = watch("2026-11-05T02:00:00Z").await;
        assert!(!told.is_empty() && told.iter().all(|staff| *staff == world.li.0), "{told:?}");
        assert_eq!(watch("2026-11-05T03:00:00Z").await, none);
    }
}

#[tokio::test]
async fn looking_ahead_finds_what_runs_out_and_what_expires() {
    for world in worlds().await {
        admins(&world).await;
        let new = NewSchedule {
            name: "每周一学",
            rule: "cron 30 9 * * MON",
            on_holiday: OnHoliday::Skip,
            missed: Missed::Late,
            max_late: 240,
            starts_on: None,
            ends_on: None,
            theme: Some("law"),
            tag: None,
            slug: None,
            confirm: None,
            deadline: None,
            groups: std::slice::from_ref(&world.chat),
            since: at(0),
        };
        let mut tx = world.tx().await;
        let id = schedule::add(&mut tx, &new, at(0)).await.unwrap();
        tx.commit().await.unwrap();
        // The one item goes out on 31 August and would have to be repeated on 7 September.
        for _ in 0..2 {
            office::alert::watch(&ctx_at(&world, at(0))).await.unwrap();
        }
        let rows = claimed(&world, monday()).await;
        let mut told = Vec::new();
        for row in &rows {
            told.extend(office::alert::find(&mut world.tx().await, AlertId(row.subject_id)).await.unwrap());
        }
        let (name, again) = (new.name.to_owned(), Some("礼品礼金".to_owned()));
        assert_eq!(told, [Alert::PoolExhausted { schedule: id, name, day: day(7), left: 1, again, months: 12 }]);
        let late = at(0) + TimeDelta::days(24);
        office::alert::watch(&ctx_at(&world, late)).await.unwrap();
        let mut tx = world.tx().await;
        assert!(alert::raised(&mut tx, AlertKind::ItemExpiring, "gifts:2026-09-30").await.unwrap().is_some());
    }
}

#[tokio::test]
async fn an_alert_stands_once_for_its_kind_and_key() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let kind = AlertKind::CalendarProvisional;
        assert_eq!(alert::raised(&mut tx, kind, "2027:2026-11-02").await.unwrap(), None);
        let id = alert::add(&mut tx, kind, "2027:2026-11-02", "{}", at(0)).await.unwrap().unwrap();
        assert_eq!(alert::raised(&mut tx, kind, "2027:2026-11-02").await.unwrap(), Some(id));
        assert_eq!(alert::raised(&mut tx, AlertKind::ItemExpiring, "2027:2026-11-02").await.unwrap(), None);
        assert_eq!(alert::told(&mut tx, id).await.unwrap(), []);
        assert_eq!(alert::add(&mut tx, kind, "2027:2026-11-02", "{}", at(9)).await.unwrap(), None);
        let other = alert::add(&mut tx, kind, "2027:2026-11-09", "{\"year\":2027}", at(9)).await.unwrap().unwrap();
        assert!(other > id);
        let row = AlertRow { kind, detail: "{\"year\":2027}".to_owned() };
        assert_eq!(alert::find(&mut tx, other).await.unwrap(), Some(row));
        assert_eq!(alert::find(&mut tx, AlertId(99)).await.unwrap(), None);
    }
}
