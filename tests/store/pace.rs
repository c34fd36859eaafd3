//! The calls of the last minute, the gates, and what holds everything up.

use qingfeng::domain::delivery::HaltCause;
use qingfeng::domain::pacing::Gate;
use qingfeng::store::{gate, halt, pace};

use crate::world::{at, worlds};

#[tokio::test]
async fn calls_count_for_a_minute_and_not_when_the_clock_was_set_back() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        pace::hold(&mut tx, world.channel).await.unwrap();
        pace::add(&mut tx, world.channel, &["-100", "7"], at(0)).await.unwrap();
        let seen = async |tx: &mut qingfeng::store::Tx, second| {
            let past = pace::recent(tx, world.channel, at(second)).await.unwrap();
            past.into_iter().map(|call| (call.chat, call.at)).collect::<Vec<_>>()
        };
        assert_eq!(seen(&mut tx, 59).await, [("-100".to_owned(), at(0)), ("7".to_owned(), at(0))]);
        assert_eq!(seen(&mut tx, -5).await.len(), 2, "another instance is a little ahead");
        assert_eq!(seen(&mut tx, -6).await, []);
        pace::made_late(&mut tx, world.channel, at(0), at(2)).await.unwrap();
        assert_eq!(seen(&mut tx, 60).await, [("-100".to_owned(), at(2)), ("7".to_owned(), at(2))]);
        pace::made_late(&mut tx, world.channel, at(2), at(0)).await.unwrap();
        pace::add(&mut tx, world.channel, &["8"], at(60)).await.unwrap();
        assert_eq!(seen(&mut tx, 60).await, [("8".to_owned(), at(60))]);
    }
}

#[tokio::test]
async fn a_gate_stays_closed_for_the_longest_that_was_asked_for() {
    for world in worlds().await {
        let (mut tx, channel) = (world.tx().await, world.channel);
        gate::close(&mut tx, channel, Some("-100"), at(35), at(0)).await.unwrap();
        gate::close(&mut tx, channel, Some("-100"), at(9), at(1)).await.unwrap();
        let closed = gate::closed(&mut tx, channel, at(34)).await.unwrap();
        assert_eq!(closed, [Gate { chat: Some("-100".to_owned()), until: at(35) }]);
        assert_eq!(gate::closed(&mut tx, channel, at(35)).await.unwrap(), []);
        assert!(!gate::others(&mut tx, channel, "-100", at(0)).await.unwrap());
        assert!(gate::others(&mut tx, channel, "7", at(1)).await.unwrap());
        assert!(!gate::others(&mut tx, channel, "7", at(2)).await.unwrap());
        gate::close(&mut tx, channel, None, at(200), at(150)).await.unwrap();
        let all = gate::closed(&mut tx, channel, at(150)).await.unwrap();
        assert_eq!(all, [Gate { chat: None, until: at(200) }]);
        assert!(!gate::others(&mut tx, channel, "7", at(0)).await.unwrap(), "old ones are forgotten");
    }
}

#[tokio::test]
async fn each_reason_to_stand_still_is_put_and_lifted_by_itself() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        assert_eq!(halt::list(&mut tx).await.unwrap(), []);
        assert!(halt::put(&mut tx, HaltCause::Paused, ("operator", "搬家"), at(0)).await.unwrap());
        assert!(!halt::put(&mut tx, HaltCause::Paused, ("system:send", ""), at(9)).await.unwrap());
        assert!(halt::put(&mut tx, HaltCause::Unauthorized, ("system:send", ""), at(5)).await.unwrap());
        let stood: Vec<_> =
            halt::list(&mut tx).await.unwrap().into_iter().map(|row| (row.cause, row.since.utc())).collect();
        assert_eq!(stood, [(HaltCause::Paused, at(0)), (HaltCause::Unauthorized, at(5))]);
        assert!(halt::lift(&mut tx, HaltCause::Paused).await.unwrap());
        assert!(!halt::lift(&mut tx, HaltCause::Paused).await.unwrap());
        assert_eq!(halt::list(&mut tx).await.unwrap().len(), 1);
    }
}
