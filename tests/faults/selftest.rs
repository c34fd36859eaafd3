//! A check that cannot fail is a defect: the verifier is shown doctored facts and must report each.

use crate::verdict::{Ack, Attempt, Copy, Delivery, Facts, Press, judge};

/// Three deliveries as they should be: sent at once; in doubt and then re-sent with its flag; in doubt and proved by a
/// press.
fn sound() -> Facts {
    let copy = |attempt: i64, flagged| Copy { attempt, message_id: (100 + attempt).to_string(), flagged };
    let press = |attempt, user: &str| Press { attempt, user: user.to_owned(), within_ttl: true };
    let delivery = |id, state: &str| Delivery { id, push: 1, state: state.to_owned(), target: "group".to_owned() };
    let attempt = |id: i64, delivery, outcome: &str, again| Attempt {
        id,
        delivery,
        outcome: outcome.to_owned(),
        message_id: (outcome != "unknown").then(|| (100 + id).to_string()),
        possible_duplicate: again,
    };
    Facts {
        copies: vec![copy(1, false), copy(2, false), copy(3, true), copy(4, false)],
        presses: vec![press(1, "7"), press(1, "7"), press(3, "8"), press(4, "9")],
        deliveries: vec![delivery(1, "sent"), delivery(2, "sent"), delivery(3, "sent")],
        attempts: vec![
            attempt(1, 1, "ok", false),
            attempt(2, 2, "unknown", false),
            attempt(3, 2, "ok", true),
            attempt(4, 3, "proved", false),
        ],
        acks: ["7", "8", "9"].map(|user| Ack { push: 1, user: user.to_owned() }).to_vec(),
        chain: true,
        integrity: "ok".to_owned(),
        cut: 2,
    }
}

type Doctor = fn(&mut Facts);

/// What is doctored, how, and a word of the complaint it must draw.
const DOCTORED: &[(&str, Doctor, &str)] = &[
    ("an ack is gone", |f| drop(f.acks.pop()), "lost"),
    ("an ack stands twice", |f| f.acks.push(f.acks[0].clone()), "counted 2 times"),
    ("an ack nobody pressed", |f| f.acks.push(Ack { push: 1, user: "10".to_owned() }), "never pressed"),
    ("a second copy without its words", |f| f.copies[2].flagged = false, "unflagged"),
    ("a second copy the database does not own up to", |f| f.attempts[2].possible_duplicate = false, "unflagged"),
    ("a third copy", |f| f.copies.push(f.copies[2].clone()), "3 copies"),
    ("more second copies than cut sends", |f| f.cut = 0, "cut in two"),
    ("sent, and nothing in the chat", |f| drop(f.copies.remove(0)), "false sent"),
    ("sent, as another message", |f| f.attempts[0].message_id = Some("999".to_owned()), "false sent"),
    ("failed, and a copy in the chat", |f| "failed".clone_into(&mut f.deliveries[0].state), "a copy is in the chat"),
    ("a delivery nobody took up", |f| "queued".clone_into(&mut f.deliveries[0].state), "left queued"),
    (
        "in doubt without a reason",
        |f| "in_doubt".clone_into(&mut f.deliveries[0].state),
        "without an attempt of unknown",
    ),
    ("in doubt and never re-sent", never_resent, "without its one re-send"),
    ("an attempt nobody ended", |f| "pending".clone_into(&mut f.attempts[0].outcome), "left pending"),
    ("a message from nowhere", |f| f.copies[0].attempt = 77, "by no attempt"),
    ("a broken chain", |f| f.chain = false, "chain"),
    ("a broken file", |f| "page 3 is torn".clone_into(&mut f.integrity), "torn"),
];

fn never_resent(facts: &mut Facts) {
    "in_doubt".clone_into(&mut facts.deliveries[1].state);
    facts.attempts.remove(2);
    facts.copies.remove(2);
    facts.presses.remove(2);
    facts.acks.remove(1);
}

/// Complaints that are missing; none when the verifier is to be trusted.
pub(crate) fn run() -> Vec<String> {
    let mut wrong = Vec::new();
    let clean = judge(&sound());
    wrong.extend(clean.broken.iter().map(|why| format!("sound facts are refused: {why}")));
    if (clean.duplicates, clean.flagged, clean.pairs) != (1, 1, 3) {
        wrong.push(format!("sound facts are counted wrongly: {clean:?}"));
    }
    let mut expired = sound();
    expired.acks.pop();
    expired.presses[3].within_ttl = false;
    if judge(&expired).lost != 0 || judge(&expired).expired != 1 {
        wrong.push("a press whose time at the platform ran out counts as lost".to_owned());
    }
    for (name, doctor, word) in DOCTORED {
        let mut facts = sound();
        doctor(&mut facts);
        let verdict = judge(&facts);
        if !verdict.broken.iter().any(|why| why.contains(word)) {
            wrong.push(format!("not reported: {name}; the verifier says {:?}", verdict.broken));
        }
    }
    wrong
}

/// How many doctored ledgers the self-test shows.
pub(crate) fn count() -> usize {
    DOCTORED.len()
}
