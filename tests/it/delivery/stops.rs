//! What stops everything: nothing is claimed, nothing is begun, and nothing is lost by it.

use qingfeng::domain::delivery::HaltCause;
use qingfeng::office::delivery::{self, Cursor};
use qingfeng::store::halt;

use crate::db::databases;
use crate::world::{STUDY, World};

async fn put(office: &World) {
    let ctx = office.ctx();
    let mut tx = ctx.store.write().await.unwrap();
    assert!(halt::put(&mut tx, HaltCause::Paused, ("operator", ""), ctx.now()).await.unwrap());
    tx.commit().await.unwrap();
}

async fn lift(office: &World) {
    let ctx = office.ctx();
    let mut tx = ctx.store.write().await.unwrap();
    assert!(halt::lift(&mut tx, HaltCause::Paused).await.unwrap());
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn while_everything_is_stopped_no_message_and_no_edit_goes_out_and_then_all_do() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.push_now(None).await;
        office.work().await;
        let message = office.newest(STUDY).await;
        office.press(1, STUDY, &message, "已阅").await;
        put(&office).await;
        let held = office.push_now(None).await;
        for _ in 0..3 {
            office.later(20).await;
            office.work().await;
        }
        assert_eq!(office.delivery(&held).await, ("queued".to_owned(), vec![]), "{label}");
        let sent = office.sent(STUDY).await;
        assert_eq!((sent.len(), sent[0]["edits"].as_array().unwrap().len()), (1, 0), "{label}");
        office.stop().await;
        office.start().await;
        office.work().await;
        assert_eq!(office.delivery(&held).await.0, "queued", "{label}: also after a restart");
        lift(&office).await;
        office.work().await;
        office.later(1).await;
        office.work().await;
        assert_eq!(office.delivery(&held).await.0, "sent", "{label}");
        assert_eq!(office.sent(STUDY).await[0]["edits"].as_array().unwrap().len(), 1, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_stop_between_the_claim_and_the_call_gives_the_claim_back() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let push = office.push_now(None).await;
        let (ctx, line) = (office.ctx(), office.line());
        let round = delivery::claim(&ctx, &line, (64, &mut Cursor::default())).await.unwrap();
        assert_eq!(office.delivery(&push).await.0, "claimed", "{label}");
        put(&office).await;
        let begun = delivery::begin(&ctx, &line, round.claimed).await;
        assert!(begun.calls.is_empty() && begun.left.is_empty() && begun.trouble.is_none(), "{label}");
        assert_eq!(office.delivery(&push).await, ("queued".to_owned(), vec![]), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn what_is_out_of_time_ends_also_while_everything_is_stopped() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let push = office.push_now(None).await;
        put(&office).await;
        office.later(5 * 3600).await;
        office.work().await;
        assert_eq!(office.delivery(&push).await.0, "expired", "{label}");
        office.stop().await;
    }
}
