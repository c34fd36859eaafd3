//! Deliveries, attempts and count lines.

use qingfeng::domain::delivery::{AttemptOutcome, Before, CallResult, DeliveryState, TargetKind, step};
use qingfeng::ids::{ChannelId, DeliveryId};
use qingfeng::store::delivery::{self, AttemptRow, CallRecord, DeliveryRow, NewDelivery, count_line};
use qingfeng::store::{At, StoreError, Tx};

use crate::world::{World, assert_constraint, at, worlds};

/// The first message of each target, as far as it is due.
pub(crate) async fn due(tx: &mut Tx, second: i64) -> Vec<DeliveryId> {
    let mut ids = Vec::new();
    for kind in [TargetKind::Group, TargetKind::Staff] {
        let rows = delivery::waiting(tx, ChannelId(1), (kind, -1), 100, at(second)).await.unwrap();
        ids.extend(rows.into_iter().filter(|row| row.due).map(|row| row.id));
    }
    ids
}

/// Claims everything due at `at(second)` for `boot`, under a lease of 60 s.
pub(crate) async fn claim(tx: &mut Tx, boot: &str, second: i64) -> Vec<DeliveryRow> {
    let ids = due(tx, second).await;
    delivery::claim(tx, boot, &ids, at(second), at(second + 60)).await.unwrap()
}

/// Whether a sender would take the writer.
pub(crate) async fn any_work(tx: &mut Tx, second: i64) -> bool {
    let work = delivery::work(tx, at(second), at(second), at(second - 90)).await.unwrap();
    work.due || work.over || work.doubt
}

async fn begin(tx: &mut Tx, claimed: &DeliveryRow, second: i64) -> AttemptRow {
    delivery::begin_attempt(tx, claimed, "boot-1", "-100", at(second)).await.unwrap().unwrap()
}

/// Stores what the call came to, as the sender does.
pub(crate) async fn finish(tx: &mut Tx, row: &DeliveryRow, attempt: &AttemptRow, result: CallResult) -> bool {
    let message_id = (result == CallResult::Sent).then_some("901");
    let step = step(&result, Before { tries: row.tries, doubted: attempt.possible_duplicate }, at(20), 0.0);
    let record =
        CallRecord { attempt: attempt.id, delivery: row.id, epoch: row.epoch, step: &step, message_id, error: None };
    delivery::finish_attempt(tx, &record, None, at(20)).await.unwrap()
}

/// A delivery whose first call is under way.
pub(crate) async fn sending(world: &World, tx: &mut Tx) -> (DeliveryRow, AttemptRow) {
    world.deliver(tx).await;
    let claimed = claim(tx, "boot-1", 0).await.remove(0);
    let attempt = begin(tx, &claimed, 1).await;
    (claimed, attempt)
}

#[tokio::test]
async fn one_delivery_per_subject_and_target() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = world.deliver(&mut tx).await;
        let row = world.delivery(&mut tx, id).await;
        assert_eq!(
            (row.state, row.tries, row.epoch, row.expires_at),
            (DeliveryState::Queued, 0, 0, At::from(at(3600)))
        );
        assert_eq!(delivery::of_push(&mut tx, world.push).await.unwrap(), [row]);
        assert_eq!(delivery::find(&mut tx, DeliveryId(99)).await.unwrap(), None);
        assert_constraint(delivery::add(&mut tx, &world.to_chat(world.push), at(1)).await);
    }
}

#[tokio::test]
async fn only_what_is_due_and_in_time_is_claimed() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let due = world.deliver(&mut tx).await;
        let later = NewDelivery { target_id: 7, not_before: at(30), ..world.to_chat(world.push) };
        let later = delivery::add(&mut tx, &later, at(0)).await.unwrap();
        let over = NewDelivery { target_id: 8, expires_at: at(10), ..world.to_chat(world.push) };
        let over = delivery::add(&mut tx, &over, at(0)).await.unwrap();
        assert_eq!(delivery::next_due(&mut tx, at(-1)).await.unwrap(), Some(At::from(at(0))));
        assert_eq!(delivery::next_due(&mut tx, at(0)).await.unwrap(), Some(At::from(at(30))), "what comes after");
        let claimed = claim(&mut tx, "boot-1", 10).await;
        assert_eq!(claimed.iter().map(|row| row.id).collect::<Vec<_>>(), [due]);
        assert_eq!((claimed[0].state, claimed[0].epoch), (DeliveryState::Claimed, 1));
        assert_eq!(delivery::expire(&mut tx, at(10)).await.unwrap(), [(over, DeliveryState::Expired)]);
        assert_eq!(delivery::expire(&mut tx, at(10)).await.unwrap(), []);
        assert_eq!(world.delivery(&mut tx, over).await.state, DeliveryState::Expired);
        assert_eq!(claim(&mut tx, "boot-1", 30).await[0].id, later);
        assert_eq!(delivery::next_due(&mut tx, at(10)).await.unwrap(), None);
    }
}

#[tokio::test]
async fn two_senders_never_get_the_same_delivery() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        for target in 0..60 {
            let new = NewDelivery { target_id: target, ..world.to_chat(world.push) };
            delivery::add(&mut tx, &new, at(0)).await.unwrap();
        }
        tx.commit().await.unwrap();
        let sender = |store: qingfeng::store::Store, boot: &'static str| async move {
            let mut got = Vec::new();
            for _ in 0..20 {
                let mut tx = store.write().await.unwrap();
                let few: Vec<DeliveryId> = due(&mut tx, 0).await.into_iter().take(3).collect();
                got.extend(delivery::claim(&mut tx, boot, &few, at(0), at(60)).await.unwrap());
                tx.commit().await.unwrap();
            }
            got.into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        let one = tokio::spawn(sender(world.store.clone(), "boot-1"));
        let two = tokio::spawn(sender(world.again().await, "boot-2"));
        let mut all = [one.await.unwrap(), two.await.unwrap()].concat();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 60, "{}", world.db.label);
    }
}

#[tokio::test]
async fn a_lost_claim_begins_no_attempt() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        world.deliver(&mut tx).await;
        let lost = claim(&mut tx, "boot-0", 0).await.remove(0);
        assert_eq!(delivery::recover(&mut tx, Some("boot-1"), at(1), at(1)).await.unwrap(), []);
        assert_eq!(delivery::begin_attempt(&mut tx, &lost, "boot-0", "-100", at(2)).await.unwrap(), None, "requeued");
        let held = claim(&mut tx, "boot-1", 3).await.remove(0);
        assert_eq!(delivery::begin_attempt(&mut tx, &lost, "boot-0", "-100", at(4)).await.unwrap(), None, "re-claimed");
        let attempt = begin(&mut tx, &held, 5).await;
        assert_eq!((attempt.n, attempt.outcome, attempt.possible_duplicate), (1, AttemptOutcome::Pending, false));
        assert_eq!(delivery::begin_attempt(&mut tx, &held, "boot-1", "-100", at(6)).await.unwrap(), None, "one call");
        assert_eq!(delivery::attempts(&mut tx, held.id).await.unwrap(), [attempt]);
    }
}

#[tokio::test]
async fn a_result_settles_the_delivery_and_its_attempt() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let (row, attempt) = sending(&world, &mut tx).await;
        assert!(finish(&mut tx, &row, &attempt, CallResult::NotSent).await);
        let waiting = world.delivery(&mut tx, row.id).await;
        assert_eq!((waiting.state, waiting.tries), (DeliveryState::RetryWait, 1));
        let again = claim(&mut tx, "boot-1", 40).await.remove(0);
        let second = begin(&mut tx, &again, 41).await;
        assert_eq!((second.n, second.possible_duplicate), (2, false));
        assert!(finish(&mut tx, &again, &second, CallResult::Sent).await);
        assert_eq!(world.delivery(&mut tx, row.id).await.state, DeliveryState::Sent);
        let attempts = delivery::attempts(&mut tx, row.id).await.unwrap();
        let told: Vec<_> = attempts.iter().map(|a| (a.outcome, a.message_id.as_deref())).collect();
        assert_eq!(told, [(AttemptOutcome::NotSent, None), (AttemptOutcome::Ok, Some("901"))]);
    }
}

#[tokio::test]
async fn an_old_epoch_changes_only_the_attempt() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let (row, attempt) = sending(&world, &mut tx).await;
        delivery::recover(&mut tx, Some("boot-2"), at(2), at(2)).await.unwrap();
        delivery::requeue_doubtful(&mut tx, at(92), at(2)).await.unwrap();
        let taken = claim(&mut tx, "boot-2", 92).await.remove(0);
        let second = begin(&mut tx, &taken, 93).await;
        assert!(second.possible_duplicate);
        assert!(!finish(&mut tx, &row, &attempt, CallResult::Refused).await);
        assert_eq!(world.delivery(&mut tx, row.id).await.state, DeliveryState::Sending);
        let outcomes: Vec<_> = delivery::attempts(&mut tx, row.id).await.unwrap().iter().map(|a| a.outcome).collect();
        assert_eq!(outcomes, [AttemptOutcome::Rejected, AttemptOutcome::Pending]);
    }
}

#[tokio::test]
async fn a_reply_after_the_call_was_given_up_still_counts() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let (row, attempt) = sending(&world, &mut tx).await;
        assert_eq!(delivery::recover(&mut tx, Some("boot-2"), at(2), at(2)).await.unwrap(), [row.id]);
        assert!(finish(&mut tx, &row, &attempt, CallResult::Sent).await);
        assert_eq!(world.delivery(&mut tx, row.id).await.state, DeliveryState::Sent);
    }
}

#[tokio::test]
async fn recovery_leaves_the_own_leases_alone_until_they_end() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let (row, attempt) = sending(&world, &mut tx).await;
        assert_eq!(delivery::recover(&mut tx, Some("boot-1"), at(59), at(59)).await.unwrap(), []);
        assert_eq!(delivery::recover(&mut tx, None, at(59), at(59)).await.unwrap(), [], "others may be alive");
        assert!(!any_work(&mut tx, 59).await);
        assert_eq!(world.delivery(&mut tx, row.id).await.state, DeliveryState::Sending);
        assert!(any_work(&mut tx, 60).await);
        assert_eq!(delivery::recover(&mut tx, Some("boot-1"), at(60), at(60)).await.unwrap(), [row.id]);
        assert_eq!(world.delivery(&mut tx, row.id).await.state, DeliveryState::InDoubt);
        let stored = delivery::attempts(&mut tx, row.id).await.unwrap().remove(0);
        assert_eq!((stored.id, stored.outcome), (attempt.id, AttemptOutcome::Unknown));
    }
}

#[tokio::test]
async fn only_groups_in_doubt_are_sent_again_once_and_in_time() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let private =
            NewDelivery { target_kind: TargetKind::Staff, target_id: world.li.0, ..world.to_chat(world.push) };
        delivery::add(&mut tx, &private, at(0)).await.unwrap();
        let id = world.deliver(&mut tx).await;
        for claimed in claim(&mut tx, "boot-0", 0).await {
            begin(&mut tx, &claimed, 1).await;
        }
        assert_eq!(delivery::recover(&mut tx, Some("boot-1"), at(10), at(10)).await.unwrap().len(), 2);
        assert!(!any_work(&mut tx, 99).await, "too early");
        assert_eq!(delivery::requeue_doubtful(&mut tx, at(99), at(9)).await.unwrap(), []);
        assert_eq!(delivery::stuck(&mut tx, at(3599), at(3509)).await.unwrap().len(), 1, "the private one");
        assert_eq!(delivery::requeue_doubtful(&mut tx, at(3600), at(3510)).await.unwrap(), []);
        assert!(any_work(&mut tx, 100).await);
        assert_eq!(delivery::requeue_doubtful(&mut tx, at(100), at(10)).await.unwrap(), [id]);
        let claimed = claim(&mut tx, "boot-1", 100).await.remove(0);
        let attempt = begin(&mut tx, &claimed, 101).await;
        finish(&mut tx, &claimed, &attempt, CallResult::Unknown).await;
        assert_eq!(delivery::stuck(&mut tx, at(900), at(810)).await.unwrap().len(), 2, "only once");
        assert_eq!(delivery::requeue_doubtful(&mut tx, at(900), at(810)).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_press_proves_its_copy() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let (row, attempt) = sending(&world, &mut tx).await;
        finish(&mut tx, &row, &attempt, CallResult::Unknown).await;
        let copy = delivery::pushes_of_attempts(&mut tx, &[attempt.id]).await.unwrap().remove(0);
        assert_eq!((copy.delivery_id, copy.push_id, copy.outcome), (row.id, world.push, AttemptOutcome::Unknown));
        // In another chat it proves nothing.
        assert_eq!(delivery::prove(&mut tx, &[(attempt.id, ("-200", "902"))], at(30)).await.unwrap(), []);
        let seen = (attempt.id, ("-100", "902"));
        assert_eq!(delivery::prove(&mut tx, &[seen], at(30)).await.unwrap(), [(attempt.id, Some(row.id))]);
        assert_eq!(delivery::prove(&mut tx, &[seen], at(31)).await.unwrap(), []);
        assert_eq!(world.delivery(&mut tx, row.id).await.state, DeliveryState::Sent);
        let stored = delivery::attempts(&mut tx, row.id).await.unwrap().remove(0);
        assert_eq!((stored.outcome, stored.message_id.as_deref()), (AttemptOutcome::Proved, Some("902")));
    }
}

#[tokio::test]
async fn a_press_quicker_than_the_reply_is_not_forgotten_when_the_reply_is_lost() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let (row, attempt) = sending(&world, &mut tx).await;
        let seen = (attempt.id, ("-100", "902"));
        assert_eq!(delivery::prove(&mut tx, &[seen], at(3)).await.unwrap(), [(attempt.id, Some(row.id))]);
        assert!(!finish(&mut tx, &row, &attempt, CallResult::Unknown).await);
        assert_eq!(world.delivery(&mut tx, row.id).await.state, DeliveryState::Sent);
        let stored = delivery::attempts(&mut tx, row.id).await.unwrap().remove(0);
        assert_eq!((stored.outcome, stored.message_id.as_deref()), (AttemptOutcome::Proved, Some("902")));
        assert!(!finish(&mut tx, &row, &attempt, CallResult::Sent).await, "the reply itself, after all");
        assert_eq!(delivery::attempts(&mut tx, row.id).await.unwrap()[0].outcome, AttemptOutcome::Ok);
    }
}

#[tokio::test]
async fn a_count_line_is_edited_when_it_changed_and_rested() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let (row, attempt) = sending(&world, &mut tx).await;
        finish(&mut tx, &row, &attempt, CallResult::Sent).await;
        count_line::add(&mut tx, row.id, 0, at(30)).await.unwrap();
        count_line::add(&mut tx, row.id, 9, at(99)).await.unwrap();
        assert_eq!(count_line::next_due(&mut tx).await.unwrap(), None, "nothing changed");
        crate::ack::confirm(&world, &mut tx, &[world.li]).await;
        count_line::touch(&mut tx, &[world.push]).await.unwrap();
        assert_eq!(count_line::next_due(&mut tx).await.unwrap(), Some(At::from(at(30))));
        assert!(count_line::due(&mut tx, at(29), 9).await.unwrap().is_empty());
        let due = count_line::due(&mut tx, at(30), 9).await.unwrap().remove(0);
        assert_eq!((due.delivery_id, due.push_id, due.attempt_id), (row.id, world.push, attempt.id));
        assert_eq!((due.shown, due.count, due.chat.as_str(), due.message_id.as_str()), (0, 1, "-100", "901"));
        assert!(!due.possible_duplicate);
        count_line::book(&mut tx, row.id, at(60)).await.unwrap();
        assert!(count_line::due(&mut tx, at(59), 9).await.unwrap().is_empty(), "booked");
        assert_eq!(count_line::due(&mut tx, at(60), 9).await.unwrap()[0].shown, 0, "and tried again");
        count_line::show(&mut tx, row.id, 1, at(45)).await.unwrap();
        assert_eq!(count_line::next_due(&mut tx).await.unwrap(), None);
        // One more came while the edit was under way.
        count_line::show(&mut tx, row.id, 0, at(70)).await.unwrap();
        assert_eq!(count_line::next_due(&mut tx).await.unwrap(), Some(At::from(at(70))));
        // It was settled by somebody who did not see the last press yet.
        count_line::show(&mut tx, row.id, 1, at(90)).await.unwrap();
        crate::ack::confirm(&world, &mut tx, &[world.wang]).await;
        count_line::recount(&mut tx, at(91)).await.unwrap();
        assert_eq!(count_line::next_due(&mut tx).await.unwrap(), None, "settled longer ago");
        count_line::recount(&mut tx, at(90)).await.unwrap();
        assert_eq!(count_line::next_due(&mut tx).await.unwrap(), Some(At::from(at(90))));
        count_line::show(&mut tx, row.id, 2, at(99)).await.unwrap();
        count_line::recount(&mut tx, at(90)).await.unwrap();
        assert_eq!(count_line::next_due(&mut tx).await.unwrap(), None, "it shows what there is");
        count_line::remove(&mut tx, row.id).await.unwrap();
        assert_eq!(count_line::next_due(&mut tx).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_word_nobody_knows_is_an_error_not_a_guess() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = world.deliver(&mut tx).await;
        tx.commit().await.unwrap();
        // Of a later program: its words pass the schema and are unknown to this one.
        world.raw("UPDATE delivery SET kind = 'report'").await.unwrap();
        let mut tx = world.tx().await;
        let found = delivery::find(&mut tx, id).await;
        assert!(matches!(&found, Err(StoreError::Unreadable(word)) if word == "report"), "{found:?}");
    }
}
