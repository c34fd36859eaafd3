//! Codes and the accounts they were shown to, presses that are kept, chats the bot leaves, first words in chats.

use qingfeng::domain::channel::ChannelKind;
use qingfeng::domain::delivery::{DeliveryKind, DeliveryState};
use qingfeng::domain::word::AckMethod;
use qingfeng::ids::{DeliveryId, InboxId};
use qingfeng::store::account::On;
use qingfeng::store::ack::{self, KeptPress, NewAck};
use qingfeng::store::delivery::{self, notice};
use qingfeng::store::push::arrived;
use qingfeng::store::{At, account, group, invite, kept};

use crate::world::{at, worlds};

#[tokio::test]
async fn a_code_is_known_by_the_accounts_it_was_shown_to() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let account = account::ensure(&mut tx, world.channel, "501").await.unwrap().id;
        let other = account::ensure(&mut tx, world.channel, "502").await.unwrap().id;
        let code = invite::issue(&mut tx, world.li, "mac-1", at(0), at(100)).await.unwrap();
        for second in [1, 2] {
            invite::offer(&mut tx, code, account, at(second)).await.unwrap();
        }
        assert!(invite::offered(&mut tx, code, account).await.unwrap());
        assert!(!invite::offered(&mut tx, code, other).await.unwrap());
        assert!(invite::withdraw_offer(&mut tx, code, account).await.unwrap());
        assert!(!invite::withdraw_offer(&mut tx, code, account).await.unwrap());
        invite::offer(&mut tx, code, other, at(3)).await.unwrap();
        assert!(!invite::has_offers_over(&mut tx, at(99)).await.unwrap());
        invite::forget_offers(&mut tx, at(99)).await.unwrap();
        assert!(invite::offered(&mut tx, code, other).await.unwrap());
        assert!(invite::has_offers_over(&mut tx, at(100)).await.unwrap());
        invite::forget_offers(&mut tx, at(100)).await.unwrap();
        assert!(!invite::offered(&mut tx, code, other).await.unwrap());
    }
}

#[tokio::test]
async fn accounts_that_wait_are_counted_and_bindings_end_by_kind() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let one = account::ensure(&mut tx, world.channel, "501").await.unwrap().id;
        assert_eq!(account::paused(&mut tx, world.channel, at(0)).await.unwrap(), 0);
        account::set_code_failures(&mut tx, one, 0, Some(at(60))).await.unwrap();
        assert_eq!(account::paused(&mut tx, world.channel, at(59)).await.unwrap(), 1);
        assert_eq!(account::paused(&mut tx, world.channel, at(60)).await.unwrap(), 0);
        account::bind(&mut tx, world.channel, one, world.li, at(1)).await.unwrap();
        let none = account::unbind(&mut tx, world.li, On::Kind(ChannelKind::Relay), at(2)).await.unwrap();
        assert_eq!(none, []);
        let only = account::unbind(&mut tx, world.li, On::Kind(ChannelKind::Telegram), at(2)).await.unwrap();
        assert_eq!(only, [ChannelKind::Telegram]);
        assert_eq!(account::unbind(&mut tx, world.li, On::Every, at(3)).await.unwrap(), []);
        let spans = account::spans(&mut tx).await.unwrap();
        assert_eq!(spans[0].ended_at, Some(At::from(at(2))));
    }
}

#[tokio::test]
async fn kept_presses_go_with_their_month_and_arrived_pushes_are_listed() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        assert_eq!(arrived::arrived(&mut tx, world.li, at(-9)).await.unwrap(), []);
        world.deliver(&mut tx).await;
        let claimed = crate::delivery::claim(&mut tx, "boot", 0).await.remove(0);
        let attempt = delivery::begin_attempt(&mut tx, &claimed, "boot", "-100", at(0)).await.unwrap().unwrap().id;
        delivery::prove(&mut tx, &[(attempt, ("-100", "5"))], at(1)).await.unwrap();
        let account = account::ensure(&mut tx, world.channel, "501").await.unwrap().id;
        let press = KeptPress {
            push_id: world.push,
            account_id: account,
            attempt_id: attempt,
            pressed_at: at(1).timestamp_millis(),
            inbox_id: InboxId(1),
            method: AckMethod::Button,
        };
        assert!(kept::months(&mut tx).await.unwrap().is_empty());
        ack::keep(&mut tx, &[press]).await.unwrap();
        assert_eq!(kept::months(&mut tx).await.unwrap(), [("2026-08".to_owned(), At::from(at(1)))]);
        assert_eq!(kept::forget(&mut tx, "2026-07", at(2)).await.unwrap(), 0);
        assert_eq!(kept::forget(&mut tx, "2026-08", at(1)).await.unwrap(), 0, "pressed at that instant or later");
        assert_eq!(kept::forget(&mut tx, "2026-08", at(2)).await.unwrap(), 1);
        assert!(ack::take_kept(&mut tx, account).await.unwrap().is_empty());
        let open = arrived::arrived(&mut tx, world.li, at(-9)).await.unwrap();
        let told: Vec<_> = open.iter().map(|row| (row.push_id, row.attempt_id, row.confirmed)).collect();
        assert_eq!(told, [(world.push, attempt, false)]);
        let new = NewAck::made((world.push, world.li), at(2), (AckMethod::Button, Some(attempt)), InboxId(2));
        ack::add_batch(&mut tx, &[new], at(2)).await.unwrap();
        assert!(arrived::arrived(&mut tx, world.li, at(-9)).await.unwrap()[0].confirmed);
        assert_eq!(arrived::arrived(&mut tx, world.li, at(1)).await.unwrap(), [], "before the time asked about");
    }
}

#[tokio::test]
async fn a_chat_is_left_when_nobody_stands_for_it_and_welcomed_once() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let strange = group::seen(&mut tx, world.channel, "-200", "吃饭群").await.unwrap();
        assert_eq!(group::leaving(&mut tx).await.unwrap(), []);
        group::set_leaves(&mut tx, strange, Some(at(60))).await.unwrap();
        let leaving = group::leaving(&mut tx).await.unwrap();
        assert_eq!(
            leaving.iter().map(|g| (g.id, g.leaves_at)).collect::<Vec<_>>(),
            [(strange, Some(At::from(at(60))))]
        );
        group::set_leaves(&mut tx, strange, None).await.unwrap();
        assert_eq!(group::leaving(&mut tx).await.unwrap(), []);
        assert!(group::set_welcomed(&mut tx, strange, at(1)).await.unwrap());
        assert!(!group::set_welcomed(&mut tx, strange, at(2)).await.unwrap());
        assert_eq!(group::find(&mut tx, strange).await.unwrap().unwrap().welcomed_at, Some(At::from(at(1))));
    }
}

#[tokio::test]
async fn a_first_word_is_queued_once_and_again_only_when_it_ended_unsent() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        notice::queue(&mut tx, world.chat, at(0), at(60), at(0)).await.unwrap();
        notice::queue(&mut tx, world.chat, at(5), at(65), at(0)).await.unwrap();
        let claimed = crate::delivery::claim(&mut tx, "boot", 0).await;
        assert_eq!(
            claimed.iter().map(|row| (row.kind, row.subject_id)).collect::<Vec<_>>(),
            [(DeliveryKind::Notice, world.chat.0)]
        );
        let id: DeliveryId = claimed[0].id;
        // Its call came to nothing that anybody knows of: it is not repeated.
        delivery::begin_attempt(&mut tx, &claimed[0], "boot", "-100", at(1)).await.unwrap().unwrap();
        delivery::recover(&mut tx, Some("later"), at(2), at(2)).await.unwrap();
        assert_eq!(world.delivery(&mut tx, id).await.state, DeliveryState::InDoubt);
        assert_eq!(delivery::requeue_doubtful(&mut tx, at(50), at(40)).await.unwrap(), []);
        notice::queue(&mut tx, world.chat, at(5), at(65), at(3)).await.unwrap();
        assert_eq!(world.delivery(&mut tx, id).await.state, DeliveryState::InDoubt);
        tx.commit().await.unwrap();
        world.raw("UPDATE delivery SET state = 'expired' WHERE kind = 'notice'").await.unwrap();
        let mut tx = world.tx().await;
        notice::queue(&mut tx, world.chat, at(100), at(160), at(70)).await.unwrap();
        let again = world.delivery(&mut tx, id).await;
        assert_eq!((again.state, again.expires_at), (DeliveryState::Queued, At::from(at(160))));
    }
}
