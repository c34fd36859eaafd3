//! What goes on meanwhile: pushes every few seconds, and everyone presses every copy they are shown, some of them twice.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::dice::Dice;
use crate::office::Office;

/// How often it is looked for new copies and due presses.
const LOOK: Duration = Duration::from_millis(100);
/// People press within this many milliseconds of seeing a copy.
const HESITATION: (u64, u64) = (200, 6_000);
/// One in so many presses twice.
const TWICE: u64 = 10;
/// One in so many copies is left lying, longer than a message stays in doubt before it is sent once more.
const LEFT_LYING: u64 = 3;
const LYING: (u64, u64) = (95_000, 110_000);

/// Load that goes on until it is stopped.
pub(crate) struct Load {
    stop: watch::Sender<bool>,
    pusher: JoinHandle<()>,
    presser: JoinHandle<()>,
}

/// A press to come: when, who, where.
type Due = Reverse<(Instant, i64, i64, i64)>;

impl Load {
    /// Starts it: a push to every group each `every`.
    pub(crate) fn start(office: &Arc<Office>, every: Duration, dice: &mut Dice) -> Self {
        let stop = watch::Sender::new(false);
        let pusher = tokio::spawn(push(Arc::clone(office), every, dice.split(), stop.subscribe()));
        let presser = tokio::spawn(press(Arc::clone(office), dice.split(), stop.subscribe()));
        Self { stop, pusher, presser }
    }

    /// Only presses; the pushes come from elsewhere.
    pub(crate) fn press_only(office: &Arc<Office>, dice: &mut Dice) -> Self {
        let stop = watch::Sender::new(false);
        let presser = tokio::spawn(press(Arc::clone(office), dice.split(), stop.subscribe()));
        Self { stop, pusher: tokio::spawn(std::future::ready(())), presser }
    }

    /// No more pushes; the people go on pressing what they see.
    pub(crate) async fn stop_pushing(&mut self) {
        self.stop.send_replace(true);
        (&mut self.pusher).await.unwrap();
    }

    /// Waits until the people have pressed everything.
    pub(crate) async fn finish(self) {
        self.presser.await.unwrap();
    }
}

async fn push(office: Arc<Office>, every: Duration, mut dice: Dice, mut stop: watch::Receiver<bool>) {
    loop {
        office.push(&mut dice).await;
        tokio::select! {
            () = sleep(every) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// Follows the sandbox's list of sent messages. Ends when told to stop, nothing is left to be sent and everything was
/// pressed.
async fn press(office: Arc<Office>, mut dice: Dice, stop: watch::Receiver<bool>) {
    let mut seen = 0;
    let mut due: BinaryHeap<Due> = BinaryHeap::new();
    loop {
        let new = office.look(&format!("ledger?sent={seen}&pressed=1000000000"));
        for sent in new["sent"].as_array().unwrap() {
            seen += 1;
            if has_button(sent) {
                hesitate(&office, sent, &mut dice, &mut due);
            }
        }
        let now = Instant::now();
        let mut presses = Vec::new();
        while due.peek().is_some_and(|Reverse((at, ..))| *at <= now) {
            let Some(Reverse((_, user, chat, message_id))) = due.pop() else { break };
            presses.push(json!({"user": user, "chat": chat, "message_id": message_id, "button": 0}));
        }
        if !presses.is_empty() {
            office.order("press", &json!({ "presses": presses }));
        }
        if *stop.borrow() && crate::facts::settled(&office).await {
            if due.is_empty() {
                return;
            }
            // Nothing is in doubt any more: what is left lying may be pressed now.
            due =
                due.into_iter().map(|Reverse((_, user, chat, message))| Reverse((now, user, chat, message))).collect();
        }
        sleep(LOOK).await;
    }
}

/// Whether a message can be pressed: its first button carries the tag of an ack.
pub(crate) fn has_button(sent: &Value) -> bool {
    crate::facts::attempt_of(&sent["buttons"][0][0]["data"]).is_some()
}

fn hesitate(office: &Office, sent: &Value, dice: &mut Dice, due: &mut BinaryHeap<Due>) {
    let (chat, message) = (sent["chat"].as_i64().unwrap(), sent["message_id"].as_i64().unwrap());
    let (from, to) = if dice.one_in(LEFT_LYING) { LYING } else { HESITATION };
    for user in office.members(chat) {
        let first = Instant::now() + dice.ms(from, to);
        due.push(Reverse((first, user, chat, message)));
        if dice.one_in(TWICE) {
            due.push(Reverse((first + dice.ms(0, 3_000), user, chat, message)));
        }
    }
}
