//! The store and the model side by side: each event is done to both.

use chrono::{DateTime, TimeDelta, Utc};
use qingfeng::domain::delivery::{
    AttemptOutcome, Before, CallResult, DOUBT_WAIT, Decision, DeliveryState, Event, LEASE, Step, StopReason,
    TargetKind, next, step, unmade,
};
use qingfeng::ids::{AttemptId, DeliveryId, PushId};
use qingfeng::store::delivery::{self, AttemptRow, CallRecord, DeliveryRow, NewDelivery, decide};
use qingfeng::store::{At, Tx};

use super::Op;
use super::delivery_model::{Call, Model};
use crate::world::{World, at};

const SENDERS: [&str; 2] = ["boot-1", "boot-2"];
/// How long a failed delivery that is sent again may take.
const AGAIN: TimeDelta = TimeDelta::seconds(900);

/// The store's side and the model's.
pub(crate) struct Story<'a> {
    tx: Tx,
    world: &'a World,
    now: DateTime<Utc>,
    pub(crate) deliveries: Vec<Model>,
    /// Claims that were handed out, also those that are lost since.
    claims: Vec<DeliveryRow>,
    /// Calls that have not returned.
    open: Vec<(DeliveryRow, AttemptRow)>,
}

impl<'a> Story<'a> {
    /// Two pushes to a group, and one of them to two people in private.
    pub(crate) async fn new(world: &'a World) -> Self {
        let mut tx = world.tx().await;
        let other = crate::world::push(&mut tx, world.item_version).await;
        let to = |push: PushId, target_kind, target_id, seconds| NewDelivery {
            target_kind,
            target_id,
            expires_at: at(seconds),
            ..world.to_chat(push)
        };
        let wanted = [
            (world.push, to(world.push, TargetKind::Group, world.chat.0, 3_600)),
            (other, to(other, TargetKind::Group, world.chat.0, 700)),
            (world.push, to(world.push, TargetKind::Staff, world.zhang.0, 3_600)),
            (world.push, to(world.push, TargetKind::Staff, world.li.0, 400)),
        ];
        let mut deliveries = Vec::new();
        for (push, new) in wanted {
            let id = delivery::add(&mut tx, &new, at(0)).await.unwrap();
            let group = new.target_kind == TargetKind::Group;
            deliveries.push(Model {
                id,
                push,
                group,
                state: DeliveryState::Queued,
                tries: 0,
                epoch: 0,
                not_before: at(0),
                expires_at: new.expires_at,
                changed_at: at(0),
                lease: None,
                calls: Vec::new(),
                decision: None,
                resends: 0,
            });
        }
        Self { tx, world, now: at(1), deliveries, claims: Vec::new(), open: Vec::new() }
    }

    fn of(&mut self, id: DeliveryId) -> &mut Model {
        self.deliveries.iter_mut().find(|delivery| delivery.id == id).unwrap()
    }

    pub(crate) async fn apply(&mut self, op: &Op) {
        match op {
            Op::Later(seconds) => self.now += TimeDelta::seconds(*seconds),
            Op::Claim(sender) => self.claim(SENDERS[*sender]).await,
            Op::Begin(n) => self.begin(*n).await,
            Op::Release(n) => self.release(*n).await,
            Op::ReleaseOwn(sender) => self.release_own(SENDERS[*sender]).await,
            Op::PutDown(n) => self.put_down(*n).await,
            Op::Finish(n, result) => self.finish(*n, result).await,
            Op::Press(n) => self.press(*n).await,
            Op::Expire => self.expire().await,
            Op::Recover(alone) => self.recover(alone.map(|n| SENDERS[n])).await,
            Op::Requeue => self.requeue().await,
            Op::Decide(n, decision) => self.decide(*n, *decision).await,
            Op::Cancel(n) => self.cancel(*n).await,
            Op::Again => self.again().await,
        }
    }

    async fn claim(&mut self, sender: &'static str) {
        let now = self.now;
        let ids: Vec<DeliveryId> = self.deliveries.iter().map(|delivery| delivery.id).collect();
        let got = delivery::claim(&mut self.tx, sender, &ids, now, now + LEASE).await.unwrap();
        let mut expected = Vec::new();
        for delivery in &mut self.deliveries {
            if delivery.is_waiting() && delivery.not_before <= now && delivery.expires_at > now {
                assert!(delivery.go(Event::Claimed, now));
                delivery.epoch += 1;
                delivery.lease = Some((sender, now + LEASE));
                expected.push(delivery.id);
            }
        }
        assert_eq!(got.iter().map(|row| row.id).collect::<Vec<_>>(), expected);
        self.claims.extend(got);
    }

    /// One of the claims that were handed out; a sender that was frozen does not know that it lost its own.
    fn claimed(&mut self, n: usize) -> Option<(DeliveryRow, bool)> {
        let row = self.claims.get(n.checked_rem(self.claims.len())?)?.clone();
        let model = self.of(row.id);
        let held = model.state == DeliveryState::Claimed && model.epoch == row.epoch;
        Some((row, held))
    }

    async fn begin(&mut self, n: usize) {
        let Some((row, held)) = self.claimed(n) else { return };
        let now = self.now;
        let begun = delivery::begin_attempt(&mut self.tx, &row, "boot", "-100", now).await.unwrap();
        assert_eq!(begun.is_some(), held, "only who holds the claim begins a call");
        let Some(attempt) = begun else { return };
        let model = self.of(row.id);
        let (second, lease) = (model.doubted(), model.lease);
        assert!(model.go(Event::Begun, now));
        model.lease = lease;
        model.calls.push(Call { id: attempt.id, outcome: AttemptOutcome::Pending, second, message: None });
        self.open.push((row, attempt));
    }

    async fn release(&mut self, n: usize) {
        let Some((row, held)) = self.claimed(n) else { return };
        assert_eq!(delivery::release(&mut self.tx, &row, self.now).await.unwrap(), held);
        let now = self.now;
        if held {
            self.of(row.id).go(Event::Released, now);
        }
    }

    async fn release_own(&mut self, sender: &'static str) {
        let now = self.now;
        let given = delivery::release_own(&mut self.tx, sender, now).await.unwrap();
        let own =
            |d: &&mut Model| d.state == DeliveryState::Claimed && d.lease.is_some_and(|(owner, _)| owner == sender);
        let mut expected = 0;
        for delivery in self.deliveries.iter_mut().filter(own) {
            assert!(delivery.go(Event::Released, now));
            expected += 1;
        }
        assert_eq!(given, expected);
    }

    async fn put_down(&mut self, n: usize) {
        let Some((row, held)) = self.claimed(n) else { return };
        let now = self.now;
        let before = Before { tries: row.tries, doubted: self.of(row.id).doubted() };
        let step = unmade(before, now, 0.0);
        let reason = (step.state == DeliveryState::Failed).then_some(StopReason::Broken);
        assert_eq!(delivery::put_down(&mut self.tx, &row, (&step, reason), now).await.unwrap(), held);
        if held {
            self.settle(row.id, &step);
        }
    }

    fn settle(&mut self, id: DeliveryId, step: &Step) {
        let now = self.now;
        let model = self.of(id);
        (model.state, model.tries, model.not_before) = (step.state, step.tries, step.not_before);
        (model.changed_at, model.lease) = (now, None);
    }

    async fn finish(&mut self, n: usize, result: &CallResult) {
        let Some(n) = n.checked_rem(self.open.len()) else { return };
        let (row, attempt) = self.open.remove(n);
        let before = Before { tries: row.tries, doubted: attempt.possible_duplicate };
        let step = step(result, before, self.now, 0.0);
        let message = (*result == CallResult::Sent).then(|| format!("m{}", attempt.id));
        let record = CallRecord {
            attempt: attempt.id,
            delivery: row.id,
            epoch: row.epoch,
            step: &step,
            message_id: message.as_deref(),
            error: None,
        };
        let settled = delivery::finish_attempt(&mut self.tx, &record, None, self.now).await.unwrap();
        let model = self.of(row.id);
        let call = model.calls.iter_mut().find(|call| call.id == attempt.id).unwrap();
        if call.outcome != AttemptOutcome::Proved || step.outcome == AttemptOutcome::Ok {
            call.outcome = step.outcome;
        }
        call.message = message.or(call.message.take());
        let moves = next(model.state, result.event(Before { tries: row.tries, doubted: attempt.possible_duplicate }));
        let expected = model.epoch == row.epoch && moves.is_some();
        assert_eq!(settled, expected, "a result settles only what its sender still holds");
        if expected {
            assert_eq!(moves, Some(step.state), "the step is a move of the table");
            self.settle(row.id, &step);
        }
    }

    async fn press(&mut self, n: usize) {
        let all: Vec<(DeliveryId, AttemptId)> =
            self.deliveries.iter().flat_map(|d| d.calls.iter().map(|call| (d.id, call.id))).collect();
        let Some((id, attempt)) = n.checked_rem(all.len()).map(|n| all[n]) else { return };
        let (now, pressed) = (self.now, format!("pressed {attempt}"));
        let proved = delivery::prove(&mut self.tx, &[(attempt, ("-100", &pressed))], now).await.unwrap();
        let model = self.of(id);
        let call = model.calls.iter_mut().find(|call| call.id == attempt).unwrap();
        let mut expected = Vec::new();
        let is_under = call.message.as_deref().is_none_or(|message| message == pressed);
        if is_under && matches!(call.outcome, AttemptOutcome::Pending | AttemptOutcome::Unknown) {
            call.outcome = AttemptOutcome::Proved;
            call.message.get_or_insert(pressed);
            expected.push((attempt, model.go(Event::Pressed, now).then_some(id)));
        }
        assert_eq!(proved, expected);
    }

    async fn expire(&mut self) {
        let now = self.now;
        let mut ended = delivery::expire(&mut self.tx, now).await.unwrap();
        let mut expected = Vec::new();
        for delivery in self.deliveries.iter_mut().filter(|d| d.is_waiting() && d.expires_at <= now) {
            let event = if delivery.doubted() { Event::Lapsed } else { Event::Expired };
            assert!(delivery.go(event, now));
            expected.push((delivery.id, delivery.state));
        }
        ended.sort_unstable_by_key(|(id, _)| *id);
        assert_eq!(ended, expected);
    }

    async fn recover(&mut self, alone: Option<&'static str>) {
        let now = self.now;
        let mut doubted = delivery::recover(&mut self.tx, alone, now, now).await.unwrap();
        let mut expected = Vec::new();
        for delivery in &mut self.deliveries {
            let gone = delivery.lease.is_some_and(|(owner, until)| until <= now || alone.is_some_and(|me| owner != me));
            if gone && delivery.go(Event::SenderGone, now) && delivery.state == DeliveryState::InDoubt {
                expected.push(delivery.id);
            }
            if delivery.state == DeliveryState::InDoubt {
                for call in delivery.calls.iter_mut().filter(|call| call.outcome == AttemptOutcome::Pending) {
                    call.outcome = AttemptOutcome::Unknown;
                }
            }
        }
        doubted.sort_unstable();
        assert_eq!(doubted, expected);
    }

    async fn requeue(&mut self) {
        let now = self.now;
        let mut queued = delivery::requeue_doubtful(&mut self.tx, now, now - DOUBT_WAIT).await.unwrap();
        let ripe = |d: &&mut Model| {
            d.state == DeliveryState::InDoubt
                && d.group
                && d.changed_at <= now - DOUBT_WAIT
                && d.expires_at > now
                && !d.calls.iter().any(|call| call.second)
        };
        let mut expected = Vec::new();
        for delivery in self.deliveries.iter_mut().filter(ripe) {
            assert!(delivery.go(Event::WaitedOut, now));
            delivery.not_before = now;
            expected.push(delivery.id);
        }
        queued.sort_unstable();
        assert_eq!(queued, expected);
    }

    async fn decide(&mut self, n: usize, decision: Decision) {
        let now = self.now;
        let model = &mut self.deliveries[n % 4];
        let from = model.state;
        if !model.go(decision.into(), now) {
            return;
        }
        (model.decision, model.not_before) = (Some(decision), now);
        model.resends += usize::from(decision == Decision::Resend);
        let (id, to) = (model.id, model.state);
        let ruling =
            decide::NewRuling { decision, by: "operator", why: None, from, to, reason: None, expires_at: None };
        assert!(decide::rule(&mut self.tx, id, &ruling, now).await.unwrap());
    }

    async fn cancel(&mut self, n: usize) {
        let Some(push) = self.deliveries.get(n).map(|delivery| delivery.push) else { return };
        let now = self.now;
        let mut cancelled = decide::cancel(&mut self.tx, push, now).await.unwrap();
        let mut expected = Vec::new();
        for delivery in self.deliveries.iter_mut().filter(|delivery| delivery.push == push) {
            if delivery.go(Event::Cancelled, now) {
                expected.push(delivery.id);
            }
        }
        cancelled.sort_unstable();
        assert_eq!(cancelled, expected);
    }

    async fn again(&mut self) {
        let now = self.now;
        let ids: Vec<DeliveryId> = self.deliveries.iter().map(|delivery| delivery.id).collect();
        let moved = decide::again(&mut self.tx, &ids, now + AGAIN, now).await.unwrap();
        let mut expected = Vec::new();
        for delivery in &mut self.deliveries {
            if delivery.go(Event::Again, now) {
                (delivery.tries, delivery.not_before, delivery.expires_at) = (0, now, now + AGAIN);
                expected.push(delivery.id);
            }
        }
        assert_eq!(moved, expected);
    }

    /// The store's rows are the model's, and what is over stayed over.
    pub(crate) async fn compare(&mut self, op: &Op, over: &[(DeliveryId, DeliveryState)]) {
        for model in &self.deliveries {
            let row = delivery::find(&mut self.tx, model.id).await.unwrap().unwrap();
            let stored = (row.state, row.tries, row.epoch, row.expires_at, row.decision);
            let expected = (model.state, model.tries, model.epoch, At::from(model.expires_at), model.decision);
            assert_eq!(stored, expected, "{} after {op:?}", self.world.db.label);
            let calls = delivery::attempts(&mut self.tx, model.id).await.unwrap();
            let call = |a: AttemptRow| Call {
                id: a.id,
                outcome: a.outcome,
                second: a.possible_duplicate,
                message: a.message_id,
            };
            assert_eq!(calls.into_iter().map(call).collect::<Vec<_>>(), model.calls, "after {op:?}");
            model.check();
        }
        for (id, before) in over {
            let model = self.deliveries.iter().find(|delivery| delivery.id == *id).unwrap();
            let again = *before == DeliveryState::Failed && matches!(op, Op::Again);
            assert!(model.state == *before || again, "{before:?} moved by {op:?}");
        }
    }
}
