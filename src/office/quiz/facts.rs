//! What pushes asked and what was answered, for figures alone.

use std::collections::HashMap;

use super::try_of;
use crate::domain::quiz::Quiz;
use crate::domain::report::{Given, QuizFacts};
use crate::ids::PushId;
use crate::office::Outcome;
use crate::store::{self, StoreError, Tx};

/// Those of some pushes that ask, with every answer to them.
pub(in crate::office) async fn facts(tx: &mut Tx, pushes: &[PushId]) -> Outcome<HashMap<PushId, QuizFacts>> {
    let mut facts = HashMap::new();
    for row in store::quiz::asking(tx, pushes).await? {
        let quiz = Quiz::decode(&row.quiz).ok_or_else(|| StoreError::Unreadable(row.quiz.clone()))?;
        facts.insert(row.push_id, QuizFacts { score: row.score, questions: quiz.0, given: Vec::new() });
    }
    if facts.is_empty() {
        return Ok(facts);
    }
    for row in store::quiz::of_pushes(tx, pushes).await? {
        let Some(push) = facts.get_mut(&row.push_id) else { continue };
        let question = usize::try_from(row.question).unwrap_or(usize::MAX);
        push.given.push(Given { staff: row.staff_id, question, at: row.answered_at.utc(), one: try_of(&row)? });
    }
    Ok(facts)
}
