//! What an update leads to outside the database, done after the commit. Best effort: what it says is stored, and a person
//! can simply ask again.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::channel::{Address, Edited, Style};
use crate::ctx::Line;
use crate::message::outgoing::{Answer, Outgoing};

/// Answers under way at once; more would only queue inside the platform.
const UNDER_WAY_MOST: usize = 64;
/// Answers that wait for those under way. With more, the next updates wait too: people are answered within seconds or the
/// platform keeps their presses.
const WAITING_MOST: usize = 2_000;

/// An answer to a press that may be said, because what it says is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub callback_id: String,
    pub answer: Answer,
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// A message into a chat or a topic of it.
    Say { to: Address, what: Box<Outgoing> },
    /// Another text and other buttons for a message of ours.
    Edit { chat: String, message_id: String, what: Box<Outgoing> },
    /// An answer to a press.
    Answer(Due),
    /// The bot leaves a group. When it cannot, a job tries again; when it did, the platform says so.
    Leave { chat: String },
}

/// A message to a person; a private chat has the id of its person.
pub fn say(account: &str, what: Outgoing) -> Effect {
    Effect::Say { to: Address { chat: account.to_owned(), thread: None }, what: Box::new(what) }
}

/// Does one. Answers come in hundreds, so nothing else takes room in their future.
pub async fn carry_out(line: &Line, effect: Effect) {
    match effect {
        Effect::Answer(due) => {
            if let Err(error) = line.channel.answer(&due.callback_id, &due.answer).await {
                tracing::info!(%error, "a press was recorded and its answer did not arrive");
            }
        }
        Effect::Leave { chat } => Box::pin(leave(line, chat)).await,
        Effect::Say { to, what } => Box::pin(send(line, &to, &what)).await,
        Effect::Edit { chat, message_id, what } => Box::pin(edit(line, chat, (message_id, what))).await,
    }
}

async fn leave(line: &Line, chat: String) {
    if let Err(error) = line.channel.leave(&chat).await {
        tracing::info!(%error, "a group was not left yet");
    }
}

async fn edit(line: &Line, chat: String, (message_id, what): (String, Box<Outgoing>)) {
    let at = Address { chat, thread: None };
    match line.channel.edit(&at, &message_id, &what).await {
        Ok(Edited::Changed | Edited::Unchanged) => {}
        // The person removed it, or the platform no longer lets it be changed.
        Ok(Edited::Lost) => send(line, &at, &what).await,
        Err(error) => tracing::warn!(%error, "a question was not changed"),
    }
}

async fn send(line: &Line, to: &Address, what: &Outgoing) {
    if let Err(error) = line.channel.send(to, what, Style::Styled).await {
        tracing::warn!(%error, "a reply did not arrive");
    }
}

/// Those under way, side by side.
#[derive(Debug)]
pub struct Effects {
    line: Line,
    room: Arc<Semaphore>,
    started: JoinSet<()>,
}

impl Effects {
    /// None under way.
    pub fn new(line: Line) -> Self {
        Self { line, room: Arc::new(Semaphore::new(UNDER_WAY_MOST)), started: JoinSet::new() }
    }

    /// Lets one go its way; waits only while far too many do.
    pub async fn start(&mut self, effect: Effect) {
        while self.started.try_join_next().is_some() {}
        if self.started.len() >= WAITING_MOST {
            self.started.join_next().await;
        }
        let (line, room) = (self.line.clone(), Arc::clone(&self.room));
        // Boxed: a task is moved several times in its life, and hundreds of them live in a second.
        self.started.spawn(Box::pin(async move {
            // It is never closed.
            let _room = room.acquire().await;
            carry_out(&line, effect).await;
        }));
    }

    /// Waits for all of them.
    pub async fn drain(&mut self) {
        while self.started.join_next().await.is_some() {}
    }
}
