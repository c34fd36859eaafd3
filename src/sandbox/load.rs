//! A steady load, for benchmarks: everybody in some chats presses the button of some messages once, message after message,
//! and as many presses as ordered wait for their answer at any time: each answer makes the next press.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::press::NewPress;
use super::world::World;

/// Orders of the control API about the load. A new one takes the place of the one before.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LoadOrder {
    in_flight: usize,
    messages: Vec<Target>,
    /// Number of the button, from 0.
    #[serde(default)]
    button: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    chat: i64,
    message_id: i64,
}

/// What is still to be pressed.
#[derive(Debug, Default)]
pub(super) struct Load {
    /// Place in the ledger of the first press of this load.
    first: usize,
    pressed: usize,
    answered: usize,
    /// The next one is the last.
    left: Vec<(NewPress, Arc<str>)>,
}

impl World {
    /// Begins a load, or nothing when one of its presses is impossible.
    pub(super) fn start_load(&mut self, order: &LoadOrder) -> Result<Value, String> {
        let mut left = Vec::new();
        for Target { chat, message_id } in &order.messages {
            let found = self.chats.get(chat).ok_or_else(|| format!("no chat {chat}"))?;
            let inside = found.members.iter().filter(|(_, standing)| standing.is_inside());
            for (user, _) in inside {
                let press = NewPress::of_button(*user, (*chat, *message_id), order.button);
                let data = self.pressed_data(&press)?;
                left.push((press, data));
            }
        }
        left.reverse();
        let all = left.len();
        self.load = Load { first: self.ledger.pressed.len(), left, ..Load::default() };
        for _ in 0..order.in_flight {
            self.press_next();
        }
        Ok(json!({"presses": all, "first": self.load.first}))
    }

    /// A press of the ledger was answered.
    pub(super) fn load_answered(&mut self, place: usize) {
        let Load { first, pressed, .. } = self.load;
        if (first..first + pressed).contains(&place) {
            self.load.answered += 1;
            self.press_next();
        }
    }

    fn press_next(&mut self) {
        if let Some((press, data)) = self.load.left.pop() {
            self.load.pressed += 1;
            self.press_one(self.now(), &press, data);
        }
    }

    /// How far the load is.
    pub(super) fn load_view(&self) -> Value {
        let Load { first, pressed, answered, left } = &self.load;
        json!({"first": first, "pressed": pressed, "answered": answered, "left": left.len()})
    }
}
