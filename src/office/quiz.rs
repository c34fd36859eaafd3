//! Answers to the questions that pushes ask. Presses are stored in the transaction of the batch they came with and answered
//! after its commit, like confirmations; none of them confirms anything. Whose answer was wrong is told to them alone.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::ctx::{Ctx, Line};
use crate::domain::ack::takes_presses;
use crate::domain::audit::{Action, Actor, AnswerLine, Job, answers_mac};
use crate::domain::content::Basis;
use crate::domain::month::Month;
use crate::domain::push::PushState;
use crate::domain::quiz::{Answered, Letters, Quiz, Rules, Score, Try, judge};
use crate::ids::{AttemptId, InboxId, PushId, StaffId};
use crate::office::ack::{self, Known};
use crate::office::{Outcome, calendar, note};
use crate::secret::Purpose;
use crate::store::quiz::{AnswerRow, CopyRow, NewAnswer};
use crate::store::{self, StoreError, Tx};

/// What was asked and answered, for figures.
mod facts;
/// Links that lead to questions, and the numbers of options.
pub mod link;
/// A person's own answers.
mod own;

pub use crate::domain::quiz::Pressed;
pub(in crate::office) use facts::facts;
pub(in crate::office) use own::own;

/// A press on an option.
#[derive(Debug, Clone, Copy)]
pub struct Press<'a> {
    /// The platform's identity of who did it.
    pub account: &'a str,
    /// Where it was pressed, and under which message.
    pub chat: &'a str,
    pub message_id: &'a str,
    /// The copy that the button belongs to.
    pub attempt: AttemptId,
    /// Counted from 0.
    pub option: u8,
    /// When it was received.
    pub at: DateTime<Utc>,
}

/// A push that asks, as far as answers are judged by it.
#[derive(Debug, Clone)]
pub(in crate::office) struct Asking {
    pub(in crate::office) push: PushId,
    pub(in crate::office) title: String,
    pub(in crate::office) quiz: Quiz,
    pub(in crate::office) rules: Rules,
    /// The first basis of the item.
    pub(in crate::office) item_basis: Option<Basis>,
}

/// Why a push takes no answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::office) enum Shut {
    Recalled,
    Closed(Option<Month>),
}

/// The push behind a copy, or why it takes no answers.
pub(in crate::office) async fn asking(tx: &mut Tx, ctx: &Ctx, copy: &CopyRow) -> Outcome<Result<Asking, Shut>> {
    if !takes_presses(copy.state) {
        return Ok(Err(Shut::Recalled));
    }
    let month = Month::parse(&copy.month);
    if copy.state == PushState::Closed || is_over(tx, ctx, month).await? {
        return Ok(Err(Shut::Closed(month)));
    }
    Ok(Ok(Asking {
        push: copy.push_id,
        title: copy.title.clone(),
        quiz: Quiz::decode(&copy.quiz).ok_or_else(|| StoreError::Unreadable(copy.quiz.clone()))?,
        rules: rules(copy.attempts, copy.score),
        item_basis: copy.basis.lines().next().and_then(Basis::parse),
    }))
}

/// Whether the figures of a month were taken. The calendar is asked only once the month itself is over.
async fn is_over(tx: &mut Tx, ctx: &Ctx, month: Option<Month>) -> Outcome<bool> {
    let Some(month) = month.filter(|month| month.instants(ctx.zone).end <= ctx.now()) else { return Ok(false) };
    Ok(month.cutoff(&calendar::load(tx, ctx).await?, ctx.zone) <= ctx.now())
}

/// The rules that a push stores.
fn rules(attempts: i64, score: Score) -> Rules {
    Rules { attempts: u8::try_from(attempts).unwrap_or(u8::MAX), score }
}

/// Answers as the rules read them.
pub(in crate::office) fn try_of(row: &AnswerRow) -> Outcome<Try> {
    let chosen = Letters::from_number(row.chosen).ok_or_else(|| StoreError::Unreadable(row.chosen.to_string()))?;
    Ok(Try { chosen, right: row.is_right })
}

/// An answer that stands, stored before or with this batch.
#[derive(Clone, Copy)]
struct Standing {
    one: Try,
    inbox: Option<InboxId>,
}

/// Stores the answers of a batch, and that its copies arrived. Returns what each press came to, in the order of the batch.
pub(in crate::office) async fn record(
    tx: &mut Tx,
    ctx: &Ctx,
    line: &Line,
    presses: &[(InboxId, Press<'_>)],
) -> Outcome<Vec<Pressed>> {
    let names: BTreeSet<&str> = presses.iter().map(|(_, press)| press.account).collect();
    let accounts = store::account::ensure_many(tx, line.id, &names.into_iter().collect::<Vec<_>>()).await?;
    let people: HashMap<String, StaffId> =
        accounts.into_iter().filter_map(|row| Some((row.external_id, row.staff_id?))).collect();
    let attempts: BTreeSet<AttemptId> = presses.iter().map(|(_, press)| press.attempt).collect();
    let copies = store::quiz::copies(tx, &attempts.into_iter().collect::<Vec<_>>()).await?;
    let pushes: BTreeSet<PushId> = copies.iter().map(|copy| copy.push_id).collect();
    let pushes: Vec<PushId> = pushes.into_iter().collect();
    let staff: Vec<StaffId> = people.values().copied().collect();
    let known = Known::read(tx, &pushes, &staff).await?;
    let mut asks = Copies::new();
    for copy in copies {
        let asking = asking(tx, ctx, &copy).await?;
        asks.insert(copy.id, (copy, asking));
    }
    prove(tx, ctx, presses, &asks).await?;
    let judge = |stands| {
        let mut batch = Batch { stands, new: Vec::new() };
        let take = |(inbox, press): &(InboxId, Press<'_>)| {
            batch.take((*inbox, press), asks.get(&press.attempt), (&people, &known))
        };
        let results: Vec<Pressed> = presses.iter().map(take).collect();
        (results, batch.new)
    };
    let (results, new) = judge(stands(tx, &pushes, (&staff, &known)).await?);
    if seal(tx, ctx, &new).await? {
        return Ok(results);
    }
    // Another instance stored an answer of these people between our look and our insert: theirs stands, and what is left of
    // ours comes after it.
    let (mut results, new) = judge(stands(tx, &pushes, (&staff, &known)).await?);
    if !seal(tx, ctx, &new).await? {
        let taken = stands(tx, &pushes, (&staff, &known)).await?;
        results.iter_mut().zip(presses).for_each(|(result, press)| overtaken(result, press.0, &taken));
    }
    Ok(results)
}

/// The copies of a batch, each with the push behind it.
type Copies = HashMap<AttemptId, (CopyRow, Result<Asking, Shut>)>;

type Stands = HashMap<(PushId, StaffId), Vec<Standing>>;

/// What people answered before to the question that stands under a copy.
async fn stands(tx: &mut Tx, pushes: &[PushId], (staff, known): (&[StaffId], &Known)) -> Outcome<Stands> {
    let pairs = pushes.iter().flat_map(|push| staff.iter().map(move |staff| (*push, *staff)));
    let pairs: Vec<(PushId, StaffId)> = pairs
        .flat_map(|(push, staff)| known.numbers(push, staff).into_iter().map(move |number| (push, number)))
        .collect();
    let mut stands: Stands = HashMap::new();
    for row in store::quiz::answers(tx, &pairs).await?.into_iter().filter(|row| row.question == 0) {
        let standing = Standing { one: try_of(&row)?, inbox: row.inbox_id };
        stands.entry((row.push_id, row.staff_id)).or_default().push(standing);
    }
    Ok(stands)
}

/// An answer that was not stored after all is told of the one that was.
fn overtaken(result: &mut Pressed, inbox: InboxId, taken: &Stands) {
    if let Pressed::Answered { answered, .. } = result
        && answered.is_stored()
        && !taken.values().flatten().any(|standing| standing.inbox == Some(inbox))
    {
        *answered = Answered::Spent;
    }
}

struct Batch {
    stands: Stands,
    new: Vec<NewAnswer>,
}

impl Batch {
    /// The number under which a person answered, or would: one that was merged may have answers that the other has not.
    fn answers_as(&self, push: PushId, numbers: &[StaffId]) -> Option<StaffId> {
        let given = |number: &StaffId| self.stands.get(&(push, *number)).map_or(0, Vec::len);
        numbers.iter().copied().rev().max_by_key(given)
    }

    fn take(
        &mut self,
        (inbox, press): (InboxId, &Press<'_>),
        asks: Option<&(CopyRow, Result<Asking, Shut>)>,
        (people, known): (&HashMap<String, StaffId>, &Known),
    ) -> Pressed {
        let Some((copy, asking)) = asks else { return Pressed::Unknown };
        if !is_under(press, copy) {
            return Pressed::Foreign;
        }
        let asking = match asking {
            Ok(asking) => asking,
            Err(Shut::Recalled) => return Pressed::Recalled,
            Err(Shut::Closed(month)) => return Pressed::Closed(*month),
        };
        let Some(question) = asking.quiz.in_place() else { return Pressed::Unknown };
        let Some(staff) = people.get(press.account) else { return Pressed::NotBound };
        let numbers = known.numbers(asking.push, *staff);
        let Some(who) = self.answers_as(asking.push, &numbers) else { return Pressed::NotBound };
        let chosen = Letters::one(press.option).unwrap_or_default();
        let stands = self.stands.entry((asking.push, who)).or_default();
        // Delivered again, it gets the same answer as the first time.
        let before = stands.iter().position(|standing| standing.inbox == Some(inbox));
        let tries: Vec<Try> = stands.iter().take(before.unwrap_or(stands.len())).map(|standing| standing.one).collect();
        let answered = judge(question, &tries, asking.rules, chosen);
        if before.is_none() && answered.is_stored() {
            let right = answered == Answered::Right;
            stands.push(Standing { one: Try { chosen, right }, inbox: Some(inbox) });
            let given = Given { question: 0, n: tries.len() + 1, chosen, right };
            let from = (press.attempt, Some(inbox));
            self.new.extend(numbers.iter().map(|number| given.row((asking.push, *number), press.at, from)));
        }
        let question = Box::new(question.clone());
        Pressed::Answered { answered, question, item_basis: asking.item_basis.clone() }
    }
}

/// Whether a press was made on the very message that a copy is. A group that became a supergroup has other numbers.
fn is_under(press: &Press<'_>, copy: &CopyRow) -> bool {
    if press.chat == copy.chat {
        copy.message_id.as_deref().is_none_or(|message| message == press.message_id)
    } else {
        copy.chat_now.as_deref() == Some(press.chat)
    }
}

/// An answer that is to be stored.
#[derive(Debug, Clone, Copy)]
pub(in crate::office) struct Given {
    /// Counted from 0.
    pub(in crate::office) question: usize,
    /// Counted from 1.
    pub(in crate::office) n: usize,
    pub(in crate::office) chosen: Letters,
    pub(in crate::office) right: bool,
}

impl Given {
    pub(in crate::office) fn row(
        self,
        (push_id, staff_id): (PushId, StaffId),
        at: DateTime<Utc>,
        (attempt_id, inbox_id): (AttemptId, Option<InboxId>),
    ) -> NewAnswer {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        NewAnswer {
            push_id,
            staff_id,
            question: number(self.question),
            n: number(self.n),
            chosen: self.chosen.number(),
            is_right: self.right,
            answered_at: at.timestamp_millis(),
            attempt_id,
            inbox_id,
        }
    }
}

/// Stores answers as one batch with the entry that seals it; false when the place of one was taken meanwhile.
pub(in crate::office) async fn seal(tx: &mut Tx, ctx: &Ctx, answers: &[NewAnswer]) -> Outcome<bool> {
    if answers.is_empty() {
        return Ok(true);
    }
    let now = ctx.now();
    let batch = store::quiz::open_batch(tx, now).await?;
    let stored = store::quiz::add_many(tx, batch, answers).await?;
    if stored.is_empty() {
        store::quiz::drop_batch(tx, batch).await?;
        return Ok(false);
    }
    let lines: Vec<AnswerLine> = stored.iter().map(line).collect();
    let keys = std::sync::Arc::clone(tx.keys());
    let mac = answers_mac(&lines, |bytes| keys.mac(Purpose::AckBatch, &[bytes]));
    let detail = json!({ "count": stored.len(), "mac": hex::encode(mac) });
    let actor = Actor::System { job: Job::Inbox };
    note(tx, now, &actor, (Action::QuizBatch, format!("quiz_batch:{batch}"), detail));
    Ok(stored.len() == answers.len())
}

/// What the seal of a batch covers of one answer: every column of its row.
pub fn line(row: &AnswerRow) -> AnswerLine {
    AnswerLine {
        answer: row.id,
        push: row.push_id,
        staff: row.staff_id,
        question: row.question,
        n: row.n,
        chosen: row.chosen,
        is_right: row.is_right,
        at_ms: row.answered_at.0,
        attempt: row.attempt_id,
        inbox: row.inbox_id,
        batch: row.batch_id,
    }
}

/// Stores an answer that was taken in and could not be stored then.
pub async fn again(ctx: &Ctx, line: &Line, stored: (InboxId, Press<'_>)) -> Outcome<()> {
    let mut tx = ctx.store.write().await?;
    record(&mut tx, ctx, line, &[stored]).await?;
    store::inbox::done(&mut tx, &[stored.0]).await?;
    Ok(tx.commit().await?)
}

/// A press on an option shows that the copy it belongs to arrived, like one on 已阅.
async fn prove(tx: &mut Tx, ctx: &Ctx, presses: &[(InboxId, Press<'_>)], asks: &Copies) -> Outcome<()> {
    let shown = presses.iter().filter_map(|(_, press)| {
        let (copy, _) = asks.get(&press.attempt)?;
        ack::is_open(copy.outcome).then_some((press.attempt, (press.chat, press.message_id)))
    });
    ack::proved(tx, ctx, shown.collect()).await
}
