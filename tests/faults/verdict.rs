//! What the database must look like, given what really happened. Pure: facts in, figures and broken promises out, so
//! that the self-test can show it doctored facts.

use std::collections::{BTreeMap, BTreeSet};

/// A copy of a push that stands in a chat, from the sandbox's ledger.
#[derive(Debug, Clone)]
pub(crate) struct Copy {
    /// The attempt whose tag its buttons carry.
    pub(crate) attempt: i64,
    pub(crate) message_id: String,
    /// It says （补发）.
    pub(crate) flagged: bool,
}

/// A press on 已阅, from the sandbox's ledger.
#[derive(Debug, Clone)]
pub(crate) struct Press {
    pub(crate) attempt: i64,
    pub(crate) user: String,
    /// The bot was given it, or it still waits at the platform; otherwise its time at the platform ran out first.
    pub(crate) within_ttl: bool,
}

/// A row of `delivery`, kind push.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) id: i64,
    pub(crate) push: i64,
    pub(crate) state: String,
    /// Group or staff.
    pub(crate) target: String,
}

/// A row of `attempt`.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) id: i64,
    pub(crate) delivery: i64,
    pub(crate) outcome: String,
    pub(crate) message_id: Option<String>,
    pub(crate) possible_duplicate: bool,
}

/// A row of `ack` with the account of its person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ack {
    pub(crate) push: i64,
    pub(crate) user: String,
}

/// Both sides of the comparison.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub(crate) copies: Vec<Copy>,
    pub(crate) presses: Vec<Press>,
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) acks: Vec<Ack>,
    /// The audit chain verifies.
    pub(crate) chain: bool,
    /// What `db check` says.
    pub(crate) integrity: String,
    /// Calls that were pending in the database at the moments of the kills: sends that a kill cut in two.
    pub(crate) cut: usize,
}

/// The figures of a table and what is wrong.
#[derive(Debug, Clone, Default)]
pub(crate) struct Verdict {
    pub(crate) presses: usize,
    /// Different (push, person) pairs among the presses that stayed within their time at the platform.
    pub(crate) pairs: usize,
    /// Presses whose time at the platform ran out before anyone asked for them.
    pub(crate) expired: usize,
    pub(crate) lost: usize,
    pub(crate) doubled: usize,
    pub(crate) deliveries: usize,
    pub(crate) duplicates: usize,
    pub(crate) flagged: usize,
    /// Most second copies of one delivery.
    pub(crate) most: usize,
    pub(crate) cut: usize,
    pub(crate) false_sent: usize,
    /// Deliveries that end in doubt.
    pub(crate) in_doubt: usize,
    pub(crate) broken: Vec<String>,
}

/// Compares.
pub(crate) fn judge(facts: &Facts) -> Verdict {
    let mut verdict = Verdict {
        presses: facts.presses.len(),
        deliveries: facts.deliveries.len(),
        cut: facts.cut,
        ..Verdict::default()
    };
    let index = Index::new(facts);
    presses(facts, &index, &mut verdict);
    copies(facts, &index, &mut verdict);
    states(facts, &index, &mut verdict);
    if !facts.chain {
        verdict.broken.push("the audit chain does not verify".to_owned());
    }
    if facts.integrity != "ok" {
        verdict.broken.push(format!("the database check says {}", facts.integrity));
    }
    verdict
}

struct Index<'a> {
    /// Attempts by id.
    attempts: BTreeMap<i64, &'a Attempt>,
    /// Attempts of each delivery, in the order of their making.
    of_delivery: BTreeMap<i64, Vec<&'a Attempt>>,
    /// Copies by attempt.
    copies: BTreeMap<i64, Vec<&'a Copy>>,
    /// The push of each delivery.
    pushes: BTreeMap<i64, i64>,
}

impl<'a> Index<'a> {
    fn new(facts: &'a Facts) -> Self {
        let mut of_delivery: BTreeMap<i64, Vec<&Attempt>> = BTreeMap::new();
        for attempt in &facts.attempts {
            of_delivery.entry(attempt.delivery).or_default().push(attempt);
        }
        for attempts in of_delivery.values_mut() {
            attempts.sort_by_key(|attempt| attempt.id);
        }
        let mut copies: BTreeMap<i64, Vec<&Copy>> = BTreeMap::new();
        for copy in &facts.copies {
            copies.entry(copy.attempt).or_default().push(copy);
        }
        Self {
            attempts: facts.attempts.iter().map(|attempt| (attempt.id, attempt)).collect(),
            pushes: facts.deliveries.iter().map(|delivery| (delivery.id, delivery.push)).collect(),
            of_delivery,
            copies,
        }
    }

    fn push_of(&self, attempt: i64) -> Option<i64> {
        self.pushes.get(&self.attempts.get(&attempt)?.delivery).copied()
    }
}

/// Every press is one ack of its push and person, and no ack is without a press.
fn presses(facts: &Facts, index: &Index<'_>, verdict: &mut Verdict) {
    let mut pairs = BTreeSet::new();
    let mut pressed = BTreeSet::new();
    for press in &facts.presses {
        let Some(push) = index.push_of(press.attempt) else {
            verdict.broken.push(format!("a copy was pressed whose attempt {} is not in the database", press.attempt));
            continue;
        };
        let pair = Ack { push, user: press.user.clone() };
        if press.within_ttl {
            pairs.insert(pair.clone());
        } else {
            verdict.expired += 1;
        }
        pressed.insert(pair);
    }
    let mut counted: BTreeMap<&Ack, usize> = BTreeMap::new();
    for ack in &facts.acks {
        *counted.entry(ack).or_default() += 1;
    }
    verdict.pairs = pairs.len();
    for pair in pairs.iter().filter(|pair| !counted.contains_key(pair)) {
        verdict.lost += 1;
        verdict.broken.push(format!("lost: person {} pressed push {} and is not counted", pair.user, pair.push));
    }
    for (pair, times) in counted {
        if times > 1 {
            verdict.doubled += 1;
            verdict.broken.push(format!("person {} is counted {times} times for push {}", pair.user, pair.push));
        }
        if !pressed.contains(pair) {
            verdict.broken.push(format!("person {} is counted for push {} and never pressed", pair.user, pair.push));
        }
    }
}

/// At most one second copy of a delivery, and it says that it is one.
fn copies(facts: &Facts, index: &Index<'_>, verdict: &mut Verdict) {
    for copy in facts.copies.iter().filter(|copy| !index.attempts.contains_key(&copy.attempt)) {
        verdict.broken.push(format!("message {} was sent by no attempt of the database", copy.message_id));
    }
    for (delivery, attempts) in &index.of_delivery {
        let copies = attempts.iter().flat_map(|attempt| index.copies.get(&attempt.id).into_iter().flatten().copied());
        let copies: Vec<&Copy> = copies.collect();
        let more = copies.len().saturating_sub(1);
        verdict.duplicates += more;
        verdict.most = verdict.most.max(more);
        if more > 1 {
            verdict.broken.push(format!("delivery {delivery} has {} copies", copies.len()));
        }
        for copy in copies.iter().skip(1) {
            let told = index.attempts.get(&copy.attempt).is_some_and(|attempt| attempt.possible_duplicate);
            if copy.flagged && told {
                verdict.flagged += 1;
            } else {
                verdict
                    .broken
                    .push(format!("unflagged: message {} is a second copy and does not say so", copy.message_id));
            }
        }
    }
    if verdict.duplicates > facts.cut {
        let (duplicates, cut) = (verdict.duplicates, facts.cut);
        verdict.broken.push(format!("{duplicates} second copies, but only {cut} sends were cut in two"));
    }
}

/// Every delivery ends in the state that the ledger justifies.
fn states(facts: &Facts, index: &Index<'_>, verdict: &mut Verdict) {
    for delivery in &facts.deliveries {
        let none = Vec::new();
        let attempts = index.of_delivery.get(&delivery.id).unwrap_or(&none);
        let arrived = attempts.iter().any(|attempt| index.copies.contains_key(&attempt.id));
        let Delivery { id, state, .. } = delivery;
        let fault = match state.as_str() {
            "sent" => {
                let proof = attempts.iter().find(|a| matches!(a.outcome.as_str(), "ok" | "proved"));
                let shown = proof.and_then(|a| Some((index.copies.get(&a.id)?, a.message_id.as_ref()?)));
                let true_sent = shown.is_some_and(|(copies, message)| copies.iter().any(|c| c.message_id == *message));
                verdict.false_sent += usize::from(!true_sent);
                (!true_sent).then(|| format!("false sent: delivery {id} is sent, and its message is not in the chat"))
            }
            "in_doubt" => {
                verdict.in_doubt += 1;
                let unknown = attempts.iter().any(|attempt| attempt.outcome == "unknown");
                let group = delivery.target == "group";
                let tried = !group || attempts.iter().any(|attempt| attempt.possible_duplicate);
                if unknown {
                    (!tried).then(|| format!("delivery {id} is left in doubt without its one re-send"))
                } else {
                    Some(format!("delivery {id} is in doubt without an attempt of unknown outcome"))
                }
            }
            "failed" | "expired" | "cancelled" => {
                arrived.then(|| format!("delivery {id} is {state}, and a copy is in the chat"))
            }
            other => Some(format!("delivery {id} is left {other}")),
        };
        verdict.broken.extend(fault);
    }
    let pending = facts.attempts.iter().filter(|attempt| attempt.outcome == "pending");
    verdict.broken.extend(pending.map(|attempt| format!("attempt {} is left pending", attempt.id)));
}
