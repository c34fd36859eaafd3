//! Confirmations: presses on 已阅 and what stands in for them. A batch and its acks are one transaction: what is confirmed to
//! the platform is stored, and 已记录 is said only after the commit (invariants I1, I5, I6).

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::crash;
use crate::ctx::{Ctx, Line};
use crate::domain::ack::PressResult;
use crate::domain::audit::{AckLine, Action, Actor, Job, batch_mac};
use crate::domain::delivery::AttemptOutcome;
use crate::domain::word::AckMethod;
use crate::ids::{AttemptId, InboxId, PushId, StaffId};
use crate::office::ack::facts::{Taken, facts};
use crate::office::{Outcome, delivery, hearing, note, quiz};
use crate::secret::Purpose;
use crate::store::ack::{AckRow, KeptPress, NewAck};
use crate::store::delivery::Seen;
use crate::store::{self, Tx};

/// Which push a confirmation speaks of.
mod aim;
/// What a batch is judged by.
mod facts;
/// By which staff numbers pushes know people.
mod known;
/// Links that confirm.
pub mod link;
/// Recorded for somebody else.
pub mod manual;

pub use aim::Choice;
pub(in crate::office) use known::Known;

/// One update of a batch as it came in.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    pub event_id: &'a str,
    pub raw: &'a str,
    /// Set when the update confirms something.
    pub press: Option<Press<'a>>,
    /// Set when the update answers a question.
    pub answer: Option<quiz::Press<'a>>,
}

/// A press on 已阅, or what stands in for one.
#[derive(Debug, Clone, Copy)]
pub struct Press<'a> {
    /// The platform's identity of who did it.
    pub account: &'a str,
    pub by: By<'a>,
    /// When it was received.
    pub at: DateTime<Utc>,
}

/// How a confirmation names what it confirms. It never names a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// The button of a copy; the press shows that the copy arrived, as this message.
    Button { attempt: AttemptId, chat: &'a str, message_id: &'a str },
    /// A text in reply to a message in a group.
    GroupReply { chat: &'a str, message_id: &'a str },
    /// A text in private, in reply to a message of ours or to none.
    Private { chat: &'a str, reply_to: Option<&'a str> },
    /// A link that was opened, sealed for a copy.
    Link { attempt: AttemptId },
}

impl By<'_> {
    const fn method(self) -> AckMethod {
        match self {
            Self::Button { .. } => AckMethod::Button,
            Self::GroupReply { .. } | Self::Private { .. } => AckMethod::Text,
            Self::Link { .. } => AckMethod::DeepLink,
        }
    }
}

/// What a press came to, with what its answer needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pressed {
    pub result: PressResult,
    /// Whom the push is for, as printed.
    pub audience: String,
    /// What could be meant, when it was not said.
    pub choices: Vec<Choice>,
}

impl Pressed {
    fn of(result: PressResult) -> Self {
        Self { result, audience: String::new(), choices: Vec::new() }
    }
}

/// What the updates of a batch came to, each kind in the order of the batch.
#[derive(Debug, Default)]
pub struct Received {
    pub pressed: Vec<Pressed>,
    pub answered: Vec<quiz::Pressed>,
}

/// A transaction that waits for a batch, which may still be being read.
#[derive(Debug)]
pub struct Intake(Tx);

impl Intake {
    /// Begins it.
    pub async fn ready(ctx: &Ctx) -> Outcome<Self> {
        Ok(Self(ctx.store.write().await?))
    }

    /// Stores a batch that came in now, with its acks and answers. Returns what each came to; the other updates wait in the
    /// inbox.
    pub async fn receive(
        self,
        ctx: &Ctx,
        line: &Line,
        (batch, now): (&[Incoming<'_>], DateTime<Utc>),
    ) -> Outcome<Received> {
        let Self(mut tx) = self;
        let ids = store_batch(&mut tx, line, batch, now).await?;
        hearing::heard(&mut tx, ctx, line, now).await?;
        let pressed = confirm(&mut tx, ctx, line, (batch, &ids)).await?;
        let answered = answer(&mut tx, ctx, line, (batch, &ids)).await?;
        crash::point("before_inbox_commit");
        tx.commit().await?;
        crash::point("after_inbox_commit");
        Ok(Received { pressed, answered })
    }
}

/// Stores a batch that came in now in a transaction of its own.
pub async fn receive(ctx: &Ctx, line: &Line, now: DateTime<Utc>, batch: &[Incoming<'_>]) -> Outcome<Received> {
    Intake::ready(ctx).await?.receive(ctx, line, (batch, now)).await
}

/// Counts a confirmation that was stored and could not be counted then.
pub async fn again(ctx: &Ctx, line: &Line, stored: (InboxId, Press<'_>)) -> Outcome<()> {
    let mut tx = ctx.store.write().await?;
    record(&mut tx, ctx, line, &Brought { presses: vec![stored], again: true }).await?;
    store::inbox::done(&mut tx, &[stored.0]).await?;
    Ok(tx.commit().await?)
}

async fn confirm(tx: &mut Tx, ctx: &Ctx, line: &Line, (batch, ids): (&[Incoming<'_>], &Ids)) -> Outcome<Vec<Pressed>> {
    let presses: Vec<(InboxId, Press<'_>)> =
        batch.iter().filter_map(|update| Some((*ids.of.get(update.event_id)?, update.press?))).collect();
    if presses.is_empty() {
        return Ok(Vec::new());
    }
    record(tx, ctx, line, &Brought { presses, again: ids.again }).await
}

/// Stores the answers of a batch; one without any asks the database nothing.
async fn answer(
    tx: &mut Tx,
    ctx: &Ctx,
    line: &Line,
    (batch, ids): (&[Incoming<'_>], &Ids),
) -> Outcome<Vec<quiz::Pressed>> {
    let presses: Vec<(InboxId, quiz::Press<'_>)> =
        batch.iter().filter_map(|update| Some((*ids.of.get(update.event_id)?, update.answer?))).collect();
    if presses.is_empty() {
        return Ok(Vec::new());
    }
    quiz::record(tx, ctx, line, &presses).await
}

/// The rows of a batch by the platform's ids of its updates.
struct Ids {
    of: HashMap<String, InboxId>,
    /// Some of what confirms or answers came before.
    again: bool,
}

/// Confirmations with the updates that brought them.
struct Brought<'a> {
    presses: Vec<(InboxId, Press<'a>)>,
    /// Some of the updates came before.
    again: bool,
}

/// Stores the raw updates; one that came before keeps its row. What confirms something is done with this transaction.
async fn store_batch(tx: &mut Tx, line: &Line, batch: &[Incoming<'_>], now: DateTime<Utc>) -> Outcome<Ids> {
    let (confirming, others): (Vec<_>, Vec<_>) =
        batch.iter().partition(|update| update.press.is_some() || update.answer.is_some());
    let (confirming, others) = (rows(&confirming), rows(&others));
    let mut ids = HashMap::with_capacity(batch.len());
    let mut again = false;
    if !confirming.is_empty() {
        let (stored, new) = store::inbox::receive_done(tx, line.id, &confirming, now).await?;
        ids.extend(stored);
        again = new < ids.len();
        if again {
            // One that came before may have been stored without being counted.
            store::inbox::done(tx, &ids.values().copied().collect::<Vec<_>>()).await?;
        }
    }
    if !others.is_empty() {
        ids.extend(store::inbox::receive(tx, line.id, &others, now).await?);
        let others = events(&others);
        let known: Vec<&str> = others.into_iter().filter(|event| !ids.contains_key(*event)).collect();
        if !known.is_empty() {
            ids.extend(store::inbox::seen(tx, line.id, &known).await?);
        }
    }
    Ok(Ids { of: ids, again })
}

fn events<'a>(rows: &[(&'a str, &str)]) -> Vec<&'a str> {
    rows.iter().map(|(event, _)| *event).collect()
}

fn rows<'a>(updates: &[&Incoming<'a>]) -> Vec<(&'a str, &'a str)> {
    updates.iter().map(|update| (update.event_id, update.raw)).collect()
}

async fn record(tx: &mut Tx, ctx: &Ctx, line: &Line, brought: &Brought<'_>) -> Outcome<Vec<Pressed>> {
    let aims = aim::find(tx, line, brought).await?;
    let (taken, facts, before) = facts(tx, line, &brought.presses, aims).await?;
    let mut wanted: Vec<NewAck> = Vec::new();
    let mut kept: Vec<KeptPress> = Vec::new();
    for one in &taken {
        let Some((push, account, numbers)) = facts.resolve(one) else { continue };
        let Taken { inbox, press, aim, .. } = one;
        let method = press.by.method();
        // What names no copy is looked for by the person, so that it is never kept for somebody unknown.
        if let (true, Some(attempt)) = (numbers.is_empty(), aim.attempt()) {
            kept.push(KeptPress {
                push_id: push.id,
                account_id: account,
                attempt_id: attempt,
                pressed_at: press.at.timestamp_millis(),
                inbox_id: *inbox,
                method,
            });
        }
        let made = |staff| NewAck::made((push.id, staff), press.at, (method, aim.attempt()), *inbox);
        wanted.extend(numbers.into_iter().map(made));
    }
    if !kept.is_empty() {
        store::ack::keep(tx, &kept).await?;
    }
    let standing = store_new(tx, ctx, wanted, (before, &facts.unmarked)).await?;
    prove(tx, ctx, &taken).await?;
    Ok(taken.iter().map(|one| facts.judge(one, &standing)).collect())
}

/// Stores those acks that are not there yet and marks those count lines they change that are not marked. Returns the ack that
/// stands for every wanted (push, person), and others that were there before.
async fn store_new(
    tx: &mut Tx,
    ctx: &Ctx,
    mut wanted: Vec<NewAck>,
    (before, unmarked): (Vec<AckRow>, &HashSet<PushId>),
) -> Outcome<HashMap<(PushId, StaffId), AckRow>> {
    let mut standing: HashMap<_, _> = before.into_iter().map(by_person).collect();
    wanted.retain(|ack| !standing.contains_key(&(ack.push_id, ack.staff_id)));
    let stored = store_sealed(tx, ctx, &wanted).await?;
    // A line that is marked is counted after this commit. On PostgreSQL it may be being counted now, without these: what shows
    // another number than there is, is marked again within a minute (`count_line::recount`).
    mark(tx, &pushes(&stored).intersection(unmarked).copied().collect::<Vec<_>>()).await?;
    standing.extend(stored.into_iter().map(by_person));
    let pairs = wanted.iter().map(|ack| (ack.push_id, ack.staff_id));
    let raced: Vec<(PushId, StaffId)> = pairs.filter(|pair| !standing.contains_key(pair)).collect();
    if !raced.is_empty() {
        // Another instance stored these between our look and our insert; theirs stand.
        standing.extend(store::ack::find_many(tx, &raced).await?.into_iter().map(by_person));
    }
    Ok(standing)
}

fn by_person(ack: AckRow) -> ((PushId, StaffId), AckRow) {
    ((ack.push_id, ack.staff_id), ack)
}

fn pushes(acks: &[AckRow]) -> HashSet<PushId> {
    acks.iter().map(|ack| ack.push_id).collect()
}

/// Stores acks as one batch with the entry that seals it, and marks the count lines they change.
pub(super) async fn seal(tx: &mut Tx, ctx: &Ctx, acks: &[NewAck]) -> Outcome<Vec<AckRow>> {
    let stored = store_sealed(tx, ctx, acks).await?;
    mark(tx, &pushes(&stored).into_iter().collect::<Vec<_>>()).await?;
    Ok(stored)
}

/// Marks the count lines of pushes whose number changed.
async fn mark(tx: &mut Tx, pushes: &[PushId]) -> Outcome<()> {
    if pushes.is_empty() { Ok(()) } else { Ok(store::delivery::count_line::touch(tx, pushes).await?) }
}

/// [`seal`] without the count lines, which are left to the caller.
async fn store_sealed(tx: &mut Tx, ctx: &Ctx, acks: &[NewAck]) -> Outcome<Vec<AckRow>> {
    if acks.is_empty() {
        return Ok(Vec::new());
    }
    let now = ctx.now();
    let (batch, stored) = store::ack::add_batch(tx, acks, now).await?;
    seal_batch(tx, (batch, now), &stored).await?;
    Ok(stored)
}

/// Writes the entry that seals what went into a batch, at the instant at which the batch was opened; one that nothing went
/// into is taken back.
async fn seal_batch(tx: &mut Tx, (batch, now): (i64, DateTime<Utc>), stored: &[AckRow]) -> Outcome<()> {
    if stored.is_empty() {
        return Ok(store::ack::drop_batch(tx, batch).await?);
    }
    let lines: Vec<AckLine> = stored.iter().map(line).collect();
    let keys = std::sync::Arc::clone(tx.keys());
    let mac = batch_mac(&lines, |bytes| keys.mac(Purpose::AckBatch, &[bytes]));
    let detail = json!({ "count": stored.len(), "mac": hex::encode(mac) });
    let actor = Actor::System { job: Job::Inbox };
    note(tx, now, &actor, (Action::AckBatch, format!("ack_batch:{batch}"), detail));
    Ok(())
}

/// What the seal of a batch covers of one ack: every column of its row.
pub fn line(ack: &AckRow) -> AckLine {
    AckLine {
        ack: ack.id,
        push: ack.push_id,
        staff: ack.staff_id,
        at_ms: ack.pressed_at.0,
        method: ack.method.as_str().to_owned(),
        recorded_by: ack.recorded_by.clone(),
        attempt: ack.attempt_id,
        inbox: ack.inbox_id,
        batch: ack.batch_id,
    }
}

/// A press on a copy shows that this copy arrived.
async fn prove(tx: &mut Tx, ctx: &Ctx, taken: &[Taken<'_>]) -> Outcome<()> {
    let open = taken.iter().filter(|one| one.outcome.is_some_and(is_open));
    let copies = open.filter_map(|one| match one.press.by {
        By::Button { attempt, chat, message_id } => Some((attempt, (chat, message_id))),
        By::GroupReply { .. } | By::Private { .. } | By::Link { .. } => None,
    });
    let copies: BTreeSet<Seen<'_>> = copies.collect();
    proved(tx, ctx, copies).await
}

/// Whether it is not known that the copy of an attempt arrived.
pub(super) const fn is_open(outcome: AttemptOutcome) -> bool {
    match outcome {
        AttemptOutcome::Pending | AttemptOutcome::Unknown => true,
        AttemptOutcome::Ok
        | AttemptOutcome::NotSent
        | AttemptOutcome::Limited
        | AttemptOutcome::Rejected
        | AttemptOutcome::Proved => false,
    }
}

/// Stores that these copies arrived, where they were pressed under the messages they can be.
pub(super) async fn proved(tx: &mut Tx, ctx: &Ctx, copies: BTreeSet<Seen<'_>>) -> Outcome<()> {
    let copies: Vec<Seen<'_>> = copies.into_iter().collect();
    let proved = store::delivery::prove(tx, &copies, ctx.now()).await?;
    for delivery in proved.iter().filter_map(|(_, delivery)| *delivery) {
        let actor = Actor::System { job: Job::Inbox };
        let detail = json!({ "state": "sent", "by": "press" });
        note(tx, ctx.now(), &actor, (Action::DeliveryState, format!("delivery:{delivery}"), detail));
    }
    let proved: Vec<AttemptId> = proved.into_iter().map(|(attempt, _)| attempt).collect();
    if !proved.is_empty() {
        store::delivery::decide::remove_late(tx, &proved, ctx.now()).await?;
        delivery::found(tx, ctx, &proved).await?;
    }
    Ok(())
}
