//! The engine of conversations: they live in the database, survive a restart, and end by themselves. How to add one stands
//! in `domain::dialogue`.
//!
//! A press or a text is worked through in one write transaction: the step is taken, rights are checked, the answer changes
//! what it changes, and the next question is stored. Delivered again, the same update finds the step taken and shows the
//! question that stands; it never does a thing twice.

use chrono::{DateTime, Utc};

use crate::ctx::{Ctx, Line};
use crate::domain::audit::Actor;
use crate::domain::dialogue::{
    Choice, EXPIRES_AFTER, Ended, Given, Kept, Pick, Pressed, Question, Standing, State, Talk, day, judge,
};
use crate::domain::policy::Act;
use crate::domain::wall;
use crate::ids::{AccountId, DialogueId, InboxId};
use crate::office::rights::note_refused;
use crate::office::{Outcome, authorise, binding, refused};
use crate::store::dialogue::DialogueRow;
use crate::store::{self, Tx};

/// Which units a chat addresses, step by step.
mod chat_talk;
/// `/me`, step by step.
mod me_talk;
/// `/people`, step by step.
mod people_talk;
/// The questions of a push.
mod quiz_talk;
/// One arm a conversation.
mod talks;

/// A question as it was stored: its buttons are made of `dialogue`, `step` and the place of each pick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub dialogue: DialogueId,
    pub step: u16,
    pub question: Question,
    pub picks: Vec<Pick>,
}

/// What a press, a text or a command led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// The question that stands now.
    Asked(Asked),
    Ended(Ended),
    /// The button is of an earlier step; the question that stands, where one does.
    Past(Option<Asked>),
    /// The conversation ran out.
    Expired(Talk),
    /// The conversation was over before.
    Over(Talk),
    /// The button is another person's.
    Foreign,
}

/// Where a conversation goes after an answer: told by the conversation's own file.
#[derive(Debug)]
enum Step {
    Ask { talk: Talk, question: Question, picks: Vec<Pick> },
    End(Ended),
}

/// Begins a conversation for an account; its earlier one is gone. An account that is bound to nobody, or has no right to it,
/// is told so by the end it gets.
pub async fn begin(ctx: &Ctx, line: &Line, account: &str, update: InboxId, talk: Talk) -> Outcome<Turn> {
    let mut tx = ctx.store.write().await?;
    let account = store::account::ensure(&mut tx, line.id, account).await?.id;
    // The platform, or a crash, brought the same text again: the conversation that it began stands.
    if let Some((row, state)) = stored(&mut tx, account).await?
        && state.by == update
        && !state.is_over()
    {
        return again(tx, ctx, line, (row, state, update)).await;
    }
    let Some(actor) = actor(&mut tx, line, account).await? else { return Ok(Turn::Ended(Ended::NotBound)) };
    match talks::ask(&mut tx, ctx, &actor, talk).await {
        Ok(Step::Ask { talk, question, picks }) => {
            let state = State::new(talk, picks.clone(), update).encode();
            let dialogue = store::dialogue::begin(&mut tx, account, &state, ctx.now() + EXPIRES_AFTER).await?;
            tx.commit().await?;
            Ok(Turn::Asked(Asked { dialogue, step: 0, question, picks }))
        }
        Ok(Step::End(ended)) => {
            tx.commit().await?;
            Ok(Turn::Ended(ended))
        }
        Err(refusal) if refusal.denied().is_some() => {
            drop(tx);
            refused(ctx, &actor, &refusal).await?;
            Ok(Turn::Ended(Ended::NoRight))
        }
        Err(other) => Err(other),
    }
}

/// A button of a conversation was pressed.
pub async fn choose(ctx: &Ctx, line: &Line, account: &str, update: InboxId, choice: Choice) -> Outcome<Turn> {
    let mut tx = ctx.store.write().await?;
    let account = store::account::ensure(&mut tx, line.id, account).await?.id;
    let Some(row) = store::dialogue::find(&mut tx, choice.dialogue).await? else { return Ok(Turn::Past(None)) };
    let Some(state) = State::decode(&row.state) else { return Ok(Turn::Past(None)) };
    let kept = Kept { account: row.account_id, step: step_of(&row), state: &state, expires_at: row.expires_at.utc() };
    match judge(&kept, &Pressed { account, choice, update }, ctx.now()) {
        Standing::Answers(pick) => take(tx, ctx, line, (row, state, update), Given::Pick(pick)).await,
        Standing::Repeated => again(tx, ctx, line, (row, state, update)).await,
        Standing::Past => Ok(match again(tx, ctx, line, (row, state, update)).await? {
            Turn::Asked(asked) => Turn::Past(Some(asked)),
            other @ (Turn::Ended(_) | Turn::Past(_) | Turn::Expired(_) | Turn::Over(_) | Turn::Foreign) => other,
        }),
        Standing::Foreign => Ok(Turn::Foreign),
        Standing::Expired => Ok(Turn::Expired(state.talk)),
        Standing::Over => Ok(Turn::Over(state.talk)),
    }
}

/// A text came in private. `None`: no conversation of this person waits for one.
pub async fn typed(ctx: &Ctx, line: &Line, account: &str, update: InboxId, text: &str) -> Outcome<Option<Turn>> {
    let mut tx = ctx.store.write().await?;
    let account = store::account::ensure(&mut tx, line.id, account).await?.id;
    let Some((row, state)) = stored(&mut tx, account).await? else { return Ok(None) };
    if state.is_over() || row.expires_at.utc() <= ctx.now() {
        return Ok(None);
    }
    // An update that was worked through before, and one that was left behind while later ones were answered.
    if update <= state.by {
        return again(tx, ctx, line, (row, state, update)).await.map(Some);
    }
    let Some(lean) = talks::wants_day(&state.talk) else { return Ok(None) };
    let given = Given::Day(day::read(text, wall::of(ctx.now(), ctx.zone).date(), lean));
    take(tx, ctx, line, (row, state, update), given).await.map(Some)
}

/// Whether an account's person may do what `/people` is for.
pub async fn may_manage(ctx: &Ctx, line: &Line, account: &str) -> Outcome<bool> {
    let mut tx = ctx.store.write().await?;
    let account = store::account::ensure(&mut tx, line.id, account).await?.id;
    let Some(actor) = actor(&mut tx, line, account).await? else { return Ok(false) };
    match authorise(&mut tx, &actor, Act::StaffWrite).await {
        Ok(()) => Ok(true),
        Err(refusal) if refusal.denied().is_some() => Ok(false),
        Err(other) => Err(other),
    }
}

/// Removes conversations that ran out a day ago or earlier; until then a late press is told that time is up.
pub async fn tidy(ctx: &Ctx) -> Outcome<u64> {
    let mut tx = ctx.store.write().await?;
    let forgotten = store::dialogue::forget(&mut tx, ctx.now() - chrono::TimeDelta::days(1)).await?;
    tx.commit().await?;
    Ok(forgotten)
}

async fn stored(tx: &mut Tx, account: AccountId) -> Outcome<Option<(DialogueRow, State)>> {
    let row = store::dialogue::of_account(tx, account).await?;
    Ok(row.and_then(|row| State::decode(&row.state).map(|state| (row, state))))
}

/// Steps beyond the bound end nowhere: the button for one cannot be made.
fn step_of(row: &DialogueRow) -> u16 {
    u16::try_from(row.step).unwrap_or(u16::MAX)
}

/// Who acts: the person on the roster whom the account is bound to.
async fn actor(tx: &mut Tx, line: &Line, account: AccountId) -> Outcome<Option<Actor>> {
    let person = binding::present(tx, account).await?;
    Ok(person.map(|id| Actor::Staff { id, channel: line.id }))
}

type Held = (DialogueRow, State, InboxId);

/// Takes an answer: the step, what it changes, and the next question, all or nothing.
async fn take(mut tx: Tx, ctx: &Ctx, line: &Line, (row, state, update): Held, given: Given) -> Outcome<Turn> {
    if !store::dialogue::take(&mut tx, row.id, row.step).await? {
        return Ok(Turn::Past(None));
    }
    let Some(actor) = actor(&mut tx, line, row.account_id).await? else {
        return settle(tx, ctx, (row, state.talk, update), Step::End(Ended::NotBound)).await;
    };
    let talk = state.talk.clone();
    match talks::take(&mut tx, ctx, &actor, talk, given).await {
        Ok(step) => settle(tx, ctx, (row, state.talk, update), step).await,
        Err(refusal) if refusal.denied().is_some() => {
            // Whatever was begun is undone; only that it is over is stored.
            drop(tx);
            refused(ctx, &actor, &refusal).await?;
            let mut tx = ctx.store.write().await?;
            if !store::dialogue::take(&mut tx, row.id, row.step).await? {
                return Ok(Turn::Past(None));
            }
            settle(tx, ctx, (row, state.talk, update), Step::End(Ended::NoRight)).await
        }
        Err(other) => Err(other),
    }
}

/// Shows the question that stands once more. What it shows may have changed, so it becomes a step of its own: the buttons of
/// its earlier copies might mean something else.
async fn again(mut tx: Tx, ctx: &Ctx, line: &Line, (row, state, _): Held) -> Outcome<Turn> {
    if !store::dialogue::take(&mut tx, row.id, row.step).await? {
        return Ok(Turn::Past(None));
    }
    let by = state.by;
    let step = match actor(&mut tx, line, row.account_id).await? {
        Some(actor) => match talks::ask(&mut tx, ctx, &actor, state.talk.clone()).await {
            Ok(step) => step,
            Err(refusal) if refusal.denied().is_some() => {
                note_refused(&mut tx, ctx, &actor, &refusal);
                Step::End(Ended::NoRight)
            }
            Err(other) => return Err(other),
        },
        None => Step::End(Ended::NotBound),
    };
    settle(tx, ctx, (row, state.talk, by), step).await
}

/// Stores where the conversation stands now, and commits.
async fn settle(mut tx: Tx, ctx: &Ctx, (row, talk, by): (DialogueRow, Talk, InboxId), step: Step) -> Outcome<Turn> {
    let expires_at: DateTime<Utc> = ctx.now() + EXPIRES_AFTER;
    let (state, turn) = match step {
        Step::Ask { talk, question, picks } => {
            let asked = Asked { dialogue: row.id, step: step_of(&row) + 1, question, picks: picks.clone() };
            (State::new(talk, picks, by), Turn::Asked(asked))
        }
        Step::End(ended) => (State::new(talk, Vec::new(), by), Turn::Ended(ended)),
    };
    store::dialogue::put(&mut tx, row.id, &state.encode(), expires_at).await?;
    tx.commit().await?;
    Ok(turn)
}
