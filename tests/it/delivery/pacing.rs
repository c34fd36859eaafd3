//! How fast messages go: never faster than we may, none held up by another's chat.

use chrono::{DateTime, Duration};
use qingfeng::jobs::send;
use qingfeng::office::push::{Now, NowTarget};
use qingfeng::office::{self, delivery};
use qingfeng::store;
use serde_json::json;

use crate::db::databases;
use crate::sandbox::NOON;
use crate::world::{FIRMS, OPERATOR, STUDY, World};

/// When each message of a chat was sent, in seconds after the start.
async fn seconds(office: &World, chat: i64) -> Vec<i64> {
    office.sent(chat).await.iter().map(|sent| (sent["at"].as_i64().unwrap() - NOON) / 1000).collect()
}

#[tokio::test]
async fn a_group_gets_one_message_a_second_and_eighteen_a_minute() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        for _ in 0..20 {
            office.push_now(None).await;
        }
        let ctx = office.ctx();
        let forecast = delivery::forecast(&mut ctx.store.read().await.unwrap(), &ctx).await.unwrap();
        assert_eq!(forecast, Duration::seconds(61), "{label}");
        let end = DateTime::from_timestamp_millis(NOON + 300_000).unwrap();
        while let Some(next) = send::step(&ctx, &office.line()).await.unwrap().filter(|next| *next < end) {
            office.move_to(next).await;
        }
        let sent = seconds(&office, STUDY).await;
        assert_eq!(sent, [(0..18).collect(), vec![60, 61]].concat(), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn five_hundred_waiting_for_one_chat_hold_up_no_other() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.push_now(None).await;
        // As many messages of the same words, each of its own subject.
        let many = "INSERT INTO delivery (kind, subject_id, target_kind, target_id, part, state, not_before, expires_at, changed_at)
            SELECT d.kind, d.subject_id, d.target_kind, d.target_id, d.part + n.n, 'queued', d.not_before, d.expires_at, d.changed_at
            FROM delivery d, (SELECT row_number() OVER () AS n FROM audit_entry a, audit_entry b, audit_entry c LIMIT 500) n";
        office.behind_its_back(many.to_owned()).await;
        let target = NowTarget::Groups(vec![FIRMS.to_string()]);
        let late =
            office::push::now(&office.ctx(), &OPERATOR, &Now { target, ..World::by_hand() }).await.unwrap().shown;
        office.work().await;
        assert_eq!(office.delivery(&late).await.0, "sent", "{label}");
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
        let mut tx = office.ctx().store.read().await.unwrap();
        let waiting = store::delivery::backlog(&mut tx, office.clock.now()).await.unwrap();
        assert!(waiting[0].calls > 400, "{label}: {waiting:?}");
        drop(tx);
        office.stop().await;
    }
}

#[tokio::test]
async fn the_pace_holds_across_restarts_and_between_two_senders() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.push_now(None).await;
        office.work().await;
        office.stop().await;
        office.start().await;
        let held = office.push_now(None).await;
        let (ctx, line) = (office.ctx(), office.line());
        let (one, two) = tokio::join!(send::step(&ctx, &line), send::step(&ctx, &line));
        assert_eq!(one.unwrap(), two.unwrap(), "{label}");
        assert_eq!(office.delivery(&held).await.0, "queued", "{label}");
        office.later(1).await;
        let (one, two) = tokio::join!(send::step(&ctx, &line), send::step(&ctx, &line));
        one.and(two).unwrap();
        assert_eq!(seconds(&office, STUDY).await, [0, 1], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn d3_a_call_that_hangs_holds_up_nothing_but_its_own_message() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let hang = json!({"kind": "hang", "accept": true});
        office.server.order("faults", json!({"method": "sendMessage", "chat": STUDY, "times": 1, "fault": hang})).await;
        let hanging = office.push_now(None).await;
        let mut sender = send::Sender::new(office.ctx(), office.line());
        sender.round().await.unwrap();
        office.server.look("wait?sent=1").await;
        let target = NowTarget::Groups(vec![FIRMS.to_string()]);
        let other =
            office::push::now(&office.ctx(), &OPERATOR, &Now { target, ..World::by_hand() }).await.unwrap().shown;
        office.later(1).await;
        let same = office.push_now(None).await;
        sender.round().await.unwrap();
        office.server.look("wait?sent=3").await;
        // The calls that came back are settled while the first still hangs.
        while office.delivery(&other).await.0 != "sent" || office.delivery(&same).await.0 != "sent" {
            tokio::task::yield_now().await;
        }
        assert_eq!(office.delivery(&hanging).await.0, "sending", "{label}");
        drop(sender);
        office.stop().await;
    }
}

#[tokio::test]
async fn messages_at_the_full_hour_are_spread_and_stay_on_time() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office::setting::set(&office.ctx(), &OPERATOR, "send.spread_seconds", "120").await.unwrap();
        office.schedules().await;
        office.at(2, 9, 30).await;
        let end = office.clock.now() + Duration::seconds(120);
        office.work().await;
        while let Some(next) = send::step(&office.ctx(), &office.line()).await.unwrap().filter(|next| *next <= end) {
            office.move_to(next).await;
        }
        let sent = [office.sent(STUDY).await, office.sent(FIRMS).await].concat();
        assert_eq!(sent.len(), 2, "{label}");
        assert!(
            sent.iter().any(|sent| sent["at"].as_i64().unwrap() > (end - Duration::seconds(120)).timestamp_millis())
        );
        assert!(sent.iter().all(|sent| !sent["text"].as_str().unwrap().contains("原定")), "{label}");
        office.stop().await;
    }
}
