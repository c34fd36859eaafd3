//! The questions of a push, one after another, in private.

use std::collections::HashMap;

use super::Step;
use crate::ctx::Ctx;
use crate::domain::audit::Actor;
use crate::domain::dialogue::quiz::{Ended as End, Move, Question as Ask, Row, Run, Summary, next};
use crate::domain::dialogue::{Ended, Given, Pick, Question, Talk};
use crate::domain::quiz::{Answered, Begins, Next, Try, counted, judge, next as next_question};
use crate::ids::{PushId, StaffId};
use crate::office::Outcome;
use crate::office::ack::Known;
use crate::office::quiz::{self, Asking, Given as Answer, Shut, asking, try_of};
use crate::store::quiz::CopyRow;
use crate::store::{self, Tx};

/// What a person is asked, and what they answered so far.
struct Sheet {
    asking: Asking,
    /// The numbers under which the push knows them.
    numbers: Vec<StaffId>,
    /// The answers to each question.
    tries: Vec<Vec<Try>>,
}

/// The question of a place.
pub(super) async fn ask(tx: &mut Tx, ctx: &Ctx, actor: &Actor, at: Run) -> Outcome<Step> {
    let sheet = match sheet(tx, ctx, actor, at).await? {
        Ok(sheet) => sheet,
        Err(end) => return Ok(Step::End(end)),
    };
    Ok(match at.at {
        Some(place) => shown(at, usize::from(place), &sheet),
        None => onward(at, &sheet, Begins::Yes),
    })
}

/// Takes an answer; nobody answers for anybody else.
pub(super) async fn take(tx: &mut Tx, ctx: &Ctx, actor: &Actor, at: Run, given: Given) -> Outcome<Step> {
    let mut sheet = match sheet(tx, ctx, actor, at).await? {
        Ok(sheet) => sheet,
        Err(end) => return Ok(Step::End(end)),
    };
    let place = at.at.map_or(0, usize::from);
    let Some(asked) = sheet.asking.quiz.0.get(place) else { return Ok(onward(at, &sheet, Begins::Yes)) };
    Ok(match next(at, given, asked) {
        Move::Later => ended(End::Later),
        Move::Stay => shown(at, place, &sheet),
        Move::Mark(at) => shown(at, place, &sheet),
        Move::Answer(chosen) => {
            let tries = sheet.tries.get(place).map_or(&[][..], Vec::as_slice);
            let answered = judge(asked, tries, sheet.asking.rules, chosen);
            if answered.is_stored() {
                let right = answered == Answered::Right;
                let answer = Answer { question: place, n: tries.len() + 1, chosen, right };
                let push = sheet.asking.push;
                let rows = sheet.numbers.iter().map(|number| answer.row((push, *number), ctx.now(), (at.copy, None)));
                if quiz::seal(tx, ctx, &rows.collect::<Vec<_>>()).await? {
                    sheet.tries[place].push(Try { chosen, right });
                } else {
                    // Another instance stored an answer of theirs since this look: it stands, and this one is not counted.
                    sheet = match self::sheet(tx, ctx, actor, at).await? {
                        Ok(sheet) => sheet,
                        Err(end) => return Ok(Step::End(end)),
                    };
                }
            }
            onward(at, &sheet, Begins::No)
        }
    })
}

/// What a person is asked; the end when there is nothing to ask.
async fn sheet(tx: &mut Tx, ctx: &Ctx, actor: &Actor, at: Run) -> Outcome<Result<Sheet, Ended>> {
    let staff = match actor {
        Actor::Staff { id, .. } => *id,
        Actor::Operator { .. } | Actor::System { .. } => return Ok(Err(Ended::NotBound)),
    };
    let copies: Vec<CopyRow> = store::quiz::copies(tx, &[at.copy]).await?;
    let Some(copy) = copies.first() else { return Ok(Err(Ended::Quiz(End::Nothing))) };
    let asking = match asking(tx, ctx, copy).await? {
        Ok(asking) => asking,
        Err(Shut::Recalled) => return Ok(Err(Ended::Quiz(End::Recalled))),
        Err(Shut::Closed(month)) => return Ok(Err(Ended::Quiz(End::Closed(month)))),
    };
    let known = Known::read(tx, &[asking.push], &[staff]).await?;
    let numbers = known.numbers(asking.push, staff);
    let mut given: HashMap<(i64, StaffId), Vec<Try>> = HashMap::new();
    let pairs: Vec<(PushId, StaffId)> = numbers.iter().map(|number| (asking.push, *number)).collect();
    for row in store::quiz::answers(tx, &pairs).await? {
        given.entry((row.question, row.staff_id)).or_default().push(try_of(&row)?);
    }
    let mut tries = vec![Vec::new(); asking.quiz.0.len()];
    for (place, tries) in (0..).zip(&mut tries) {
        // A number that was merged may have answers that the other has not.
        let all = numbers.iter().filter_map(|number| given.remove(&(place, *number)));
        *tries = all.max_by_key(Vec::len).unwrap_or_default();
    }
    Ok(Ok(Sheet { asking, numbers, tries }))
}

/// The question that comes next, or the end.
fn onward(at: Run, sheet: &Sheet, begins: Begins) -> Step {
    match next_question(&sheet.tries, sheet.asking.rules, begins) {
        Next::Ask(place) => {
            let next = u8::try_from(place).unwrap_or(u8::MAX);
            shown(Run { at: Some(next), marked: 0, ..at }, place, sheet)
        }
        Next::Again { left } => ended(End::Again { summary: summary(sheet), left }),
        Next::Done => ended(End::Done(summary(sheet))),
    }
}

fn shown(at: Run, place: usize, sheet: &Sheet) -> Step {
    let Some(asked) = sheet.asking.quiz.0.get(place) else { return ended(End::Nothing) };
    let options = (0_u8..).zip(&asked.options).map(|(option, _)| Pick::Option(option));
    let confirm = asked.is_multiple().then_some(Pick::Confirm);
    let picks: Vec<Pick> = options.chain(confirm).chain([Pick::Cancel]).collect();
    let question = Ask {
        title: sheet.asking.title.clone(),
        nth: place + 1,
        of: sheet.asking.quiz.0.len(),
        asked: asked.clone(),
        marked: at.letters(),
    };
    Step::Ask { talk: Talk::Quiz(at), question: Question::Quiz(question), picks }
}

fn summary(sheet: &Sheet) -> Summary {
    let row = |(asked, tries): (&crate::domain::quiz::Question, &Vec<Try>)| Row {
        asked: asked.clone(),
        counted: counted(tries, sheet.asking.rules.score).copied(),
        known: tries.iter().any(|one| one.right),
    };
    let rows = sheet.asking.quiz.0.iter().zip(&sheet.tries).map(row).collect();
    Summary { title: sheet.asking.title.clone(), rows }
}

fn ended(end: End) -> Step {
    Step::End(Ended::Quiz(end))
}
