#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use super::*;
use crate::domain::delivery::DeliveryState;
use crate::office::push;

/// A chat that is known to be gone keeps its people in the count: they are undelivered, not forgotten.
#[tokio::test]
async fn people_of_a_chat_that_is_gone_are_undelivered() {
    let first = cast::slots()[0].at;
    let mut stage = Stage::open(cast::at(0, (16, 0))).await.unwrap();
    let players = cast::players(&read_roster(&stage.world).unwrap().people);
    let chats = found(&stage.world, &players).unwrap();
    stage.settle().await.unwrap();
    let items = content::check(&stage.world.config.content_dir).unwrap();
    set_up(&stage, &players, (chats, &items)).await.unwrap();
    let order = json!({ "chat": chats.id(Chat::Service), "standing": "kicked", "by": players[26].account });
    stage.world.order("bot", &order).unwrap();
    stage.settle().await.unwrap();
    stage.until(first).await.unwrap();

    let ctx = &stage.app.ctx;
    let made = push::list(ctx, &OPERATOR).await.unwrap().remove(0);
    let shown = push::show(ctx, &OPERATOR, made.id).await.unwrap();
    let states: Vec<DeliveryState> = shown.deliveries.iter().map(|(delivery, _)| delivery.state).collect();
    assert_eq!(states, [DeliveryState::Sent, DeliveryState::Failed]);
    let figures = report::figures(ctx, &OPERATOR, &made).await.unwrap().unwrap();
    assert_eq!(figures.counts.undelivered.send_failed, 9, "企业服务科 is in no other chat");
    assert_eq!(figures.counts.expected, 40, "of 42 two are away");
    stage.leave().await.close().await.unwrap();
}
