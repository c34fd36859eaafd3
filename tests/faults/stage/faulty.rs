//! A platform that lies: every third or so call gets an error, a broken answer or none, and of half of them the message is
//! in the chat all the same.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::dice::Dice;
use crate::facts;
use crate::lane::settle;
use crate::load::Load;
use crate::office::{Office, Size};
use crate::run::Lane;
use crate::verdict::Verdict;

/// Few people: this is about sends.
const SIZE: Size = Size { groups: 50, people: 2 };
/// Pause between two pushes; a group may get 18 messages a minute.
const PUSH_EVERY: Duration = Duration::from_secs(5);
/// Of so many chats all but one meet a fault in each round.
const SPARED: u64 = 4;
/// Most rounds; a run that needs more is broken.
const ROUNDS_MOST: usize = 120;

/// What the lies came to.
#[derive(Debug)]
pub(crate) struct Lies {
    pub(crate) verdict: Verdict,
    /// Calls that met a fault.
    pub(crate) faulty: usize,
    /// Of those, the ones of which the platform had taken the message.
    pub(crate) taken: usize,
}

/// One office until `wanted` calls have met a fault.
pub(crate) async fn run(Lane { db, times: wanted, mut dice, .. }: Lane) -> Lies {
    let office = Arc::new(Office::open(db, SIZE).await);
    let mut load = Load::press_only(&office, &mut dice);
    let life = office.serve(None);
    let (mut rounds, mut faulty) = (0, 0);
    while faulty < wanted && rounds < ROUNDS_MOST {
        for chat in office.chats().filter(|_| !dice.one_in(SPARED)).collect::<Vec<_>>() {
            let fault = fault(&mut dice);
            office.order("faults", &json!({"method": "sendMessage", "chat": chat, "fault": fault}));
        }
        if rounds % 5 == 4 {
            office.push_privately(&mut dice).await;
        } else {
            office.push(&mut dice).await;
        }
        sleep(PUSH_EVERY).await;
        rounds += 1;
        faulty = facts::faulty(&office).await;
    }
    office.clear_faults().await;
    drop(life);
    load.stop_pushing().await;
    let ledger = office.look("ledger");
    let taken =
        ledger["sent"].as_array().unwrap().iter().filter(|sent| sent["accepted_but_unanswered"] == true).count();
    office.cut.fetch_add(taken, Ordering::Relaxed);
    office.count_cut().await;
    let mut verdict = settle(&office, load).await;
    if faulty < wanted {
        verdict.broken.push(format!("only {faulty} calls met a fault in {rounds} rounds"));
    }
    Lies { verdict, faulty, taken }
}

/// One of the ways to lie. Half of them keep the message.
fn fault(dice: &mut Dice) -> Value {
    let accept = dice.one_in(2);
    match dice.below(12) {
        0 => json!({"kind": "hang", "accept": accept}),
        1..=3 => json!({"kind": "reset", "accept": accept}),
        4 | 5 => json!({"kind": "html", "code": 200, "accept": accept}),
        6 => json!({"kind": "html", "accept": accept}),
        7 | 8 => json!({"kind": "error", "code": 500, "accept": accept}),
        9 => json!({"kind": "error", "code": 502, "accept": accept}),
        10 => json!({"kind": "error", "code": 504, "accept": accept}),
        _ => json!({"kind": "error", "code": 503, "accept": accept}),
    }
}
