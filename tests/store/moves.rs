//! The conditions in the store's texts name the same states as the table of moves: each function is tried on a delivery in
//! every state.

use qingfeng::domain::delivery::{
    AttemptOutcome, Before, CallResult, DeliveryState, Event, Step, TargetKind, next, sources, step,
};
use qingfeng::ids::{AttemptId, DeliveryId};
use qingfeng::store::Tx;
use qingfeng::store::delivery::{self, CallRecord, DeliveryRow};

use crate::world::{World, at, worlds};

/// A delivery put into a state behind the program's back, with one call whose outcome is not known when `doubted`.
async fn in_state(world: &World, state: DeliveryState, doubted: bool) -> (DeliveryRow, AttemptId) {
    let sql = "DELETE FROM attempt; DELETE FROM delivery;";
    world.raw(sql).await.unwrap();
    let mut tx = world.tx().await;
    let id = world.deliver(&mut tx).await;
    tx.commit().await.unwrap();
    let outcome = if doubted { "unknown" } else { "not_sent" };
    let sql = format!(
        "UPDATE delivery SET state = '{}', epoch = 4, lease_owner = 'boot-1', lease_until = {} WHERE id = {id};
        INSERT INTO attempt (delivery_id, n, boot, chat, started_at, outcome) VALUES ({id}, 1, 'b', '-100', 0, '{outcome}')",
        state.as_str(),
        at(60).timestamp_millis()
    );
    world.raw(&sql).await.unwrap();
    let mut tx = world.tx().await;
    let attempt = delivery::attempts(&mut tx, id).await.unwrap().remove(0).id;
    (world.delivery(&mut tx, id).await, attempt)
}

fn to(state: DeliveryState) -> Step {
    Step { state, outcome: AttemptOutcome::NotSent, tries: 0, not_before: at(1) }
}

/// Does to a delivery what an event stands for.
async fn happen(tx: &mut Tx, event: Event, (row, attempt): (&DeliveryRow, AttemptId)) {
    let came = match event {
        Event::Accepted => Some(CallResult::Sent),
        Event::NotSent => Some(CallResult::NotSent),
        Event::Refused => Some(CallResult::Refused),
        Event::Mended => Some(CallResult::Mended),
        Event::Unknown => Some(CallResult::Unknown),
        Event::Claimed => delivery::claim(tx, "boot-2", &[row.id], at(0), at(60)).await.map(|_| None).unwrap(),
        Event::Released => delivery::release(tx, row, at(1)).await.map(|_| None).unwrap(),
        Event::SenderGone => delivery::recover(tx, None, at(60), at(60)).await.map(|_| None).unwrap(),
        Event::Begun => delivery::begin_attempt(tx, row, "boot-1", "-100", at(1)).await.map(|_| None).unwrap(),
        Event::Unmade | Event::Hopeless | Event::Lapsed => {
            let to = to(next(DeliveryState::Claimed, event).unwrap());
            delivery::put_down(tx, row, (&to, None), at(1)).await.map(|_| None).unwrap()
        }
        Event::Pressed => delivery::prove(tx, &[(attempt, ("-100", "9"))], at(1)).await.map(|_| None).unwrap(),
        Event::WaitedOut => delivery::requeue_doubtful(tx, at(999), at(900)).await.map(|_| None).unwrap(),
        Event::Expired => delivery::expire(tx, at(3600)).await.map(|_| None).unwrap(),
        Event::Sent
        | Event::Resend
        | Event::Abandon
        | Event::Relayed
        | Event::Declined
        | Event::Cancelled
        | Event::Again => unreachable!("not of the sender"),
    };
    if let Some(result) = came {
        let step = step(&result, Before { tries: 0, doubted: false }, at(1), 0.0);
        let (delivery, epoch) = (row.id, row.epoch);
        let record = CallRecord { attempt, delivery, epoch, step: &step, message_id: None, error: None };
        delivery::finish_attempt(tx, &record, None, at(1)).await.unwrap();
    }
}

#[tokio::test]
async fn every_condition_names_the_states_of_the_table() {
    let events = [
        (Event::Claimed, false),
        (Event::Released, false),
        (Event::SenderGone, false),
        (Event::Begun, false),
        (Event::Unmade, false),
        (Event::Hopeless, false),
        (Event::Accepted, false),
        (Event::NotSent, false),
        (Event::Refused, false),
        (Event::Mended, false),
        (Event::Unknown, false),
        (Event::Pressed, true),
        (Event::WaitedOut, false),
        (Event::Expired, false),
    ];
    for world in worlds().await {
        for (event, doubted) in events {
            for state in DeliveryState::ALL {
                let (row, attempt) = in_state(&world, *state, doubted).await;
                let mut tx = world.tx().await;
                happen(&mut tx, event, (&row, attempt)).await;
                let after = world.delivery(&mut tx, row.id).await.state;
                let expected = next(*state, event).unwrap_or(*state);
                let label = format!("{}: {} in {}", world.db.label, event.as_str(), state.as_str());
                assert_eq!(after, expected, "{label}");
                tx.commit().await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn what_may_be_there_lapses_from_every_state_that_waits() {
    for world in worlds().await {
        for state in DeliveryState::ALL {
            let (row, _) = in_state(&world, *state, true).await;
            let mut tx = world.tx().await;
            let ended: Vec<DeliveryId> =
                delivery::expire(&mut tx, at(3600)).await.unwrap().into_iter().map(|(id, _)| id).collect();
            let after = world.delivery(&mut tx, row.id).await.state;
            // A claim lapses when its sender puts it down.
            let lapses = sources(Event::Lapsed).contains(state) && *state != DeliveryState::Claimed;
            assert_eq!(ended, if lapses { vec![row.id] } else { vec![] }, "{}", state.as_str());
            assert_eq!(after, if lapses { DeliveryState::InDoubt } else { *state }, "{}", state.as_str());
            assert_eq!(row.target_kind, TargetKind::Group);
            tx.commit().await.unwrap();
        }
    }
}
