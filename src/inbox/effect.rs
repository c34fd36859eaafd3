//! What an update leads to outside the database, done after the commit. Best effort: what it says is stored, and a person
//! can simply ask again.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::Notify;

use crate::channel::{Address, Edited, Style};
use crate::ctx::Line;
use crate::message::outgoing::{Answer, Outgoing};

/// Answers under way at once; more would only queue inside the platform.
const UNDER_WAY_MOST: usize = 64;
/// Answers that wait for those under way, beside those of batches that are being put into words. With more, the next updates
/// wait too: people are answered within seconds or the platform keeps their presses.
const WAITING_MOST: usize = 2_000;
/// Batches that may be put into words at once; it takes a look at the database for people who are not bound.
const IN_WORDS_MOST: usize = 20;

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

/// An effect with the place of its update in the batch.
pub type Placed = (usize, Effect);

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

/// Those that are to be done and those under way, side by side. Cheap to clone. They go on when whoever started them is gone;
/// who wants to see them done waits in [`Effects::drain`].
#[derive(Debug, Clone)]
pub struct Effects {
    line: Line,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    todo: Mutex<Todo>,
    /// Rings when something was begun or done.
    eased: Notify,
}

#[derive(Debug, Default)]
struct Todo {
    waiting: VecDeque<Effect>,
    /// Tasks that each do one after the other until none waits.
    workers: usize,
    /// Batches whose effects are being put into words.
    in_words: usize,
}

impl Effects {
    /// None to be done.
    pub fn new(line: Line) -> Self {
        Self { line, shared: Arc::default() }
    }

    /// Lets one go its way.
    pub fn start(&self, effect: Effect) {
        let mut todo = self.todo();
        todo.waiting.push_back(effect);
        if todo.workers < UNDER_WAY_MOST {
            todo.workers += 1;
            // Boxed: a task is moved several times in its life.
            tokio::spawn(Box::pin(self.clone().work()));
        }
    }

    /// Lets those of a batch that is stored go their way once they are put into words: the next batch does not wait for that.
    pub fn follow(&self, words: BoxFuture<'static, Vec<Placed>>) {
        self.todo().in_words += 1;
        let effects = self.clone();
        tokio::spawn(async move {
            let due = AssertUnwindSafe(words).catch_unwind().await.unwrap_or_else(|_| {
                tracing::error!("the answers to a batch that is stored were lost by a panic");
                Vec::new()
            });
            for (_, effect) in due {
                effects.start(effect);
            }
            effects.todo().in_words -= 1;
            effects.shared.eased.notify_waiters();
        });
    }

    /// Waits while far too many wait.
    pub async fn room(&self) {
        self.until(|todo| todo.waiting.len() < WAITING_MOST && todo.in_words < IN_WORDS_MOST).await;
    }

    /// Waits for all of them.
    pub async fn drain(&self) {
        self.until(|todo| todo.in_words == 0 && todo.workers == 0).await;
    }

    async fn work(self) {
        while let Some(effect) = self.next() {
            if AssertUnwindSafe(carry_out(&self.line, effect)).catch_unwind().await.is_err() {
                tracing::error!("the program panicked over an answer");
            }
        }
    }

    /// The next one; without any this worker has ended.
    fn next(&self) -> Option<Effect> {
        let mut todo = self.todo();
        let next = todo.waiting.pop_front();
        if next.is_none() {
            todo.workers -= 1;
        }
        self.shared.eased.notify_waiters();
        next
    }

    async fn until(&self, enough: impl Fn(&Todo) -> bool) {
        loop {
            let eased = self.shared.eased.notified();
            if enough(&self.todo()) {
                return;
            }
            eased.await;
        }
    }

    fn todo(&self) -> MutexGuard<'_, Todo> {
        self.shared.todo.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::channel::Channel;
    use crate::channel::telegram::{Settings, Telegram, Timeouts};
    use crate::ids::ChannelId;
    use crate::message::toast;

    const SHOWN: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 25\r\n\r\n{\"ok\":true,\"result\":true}";

    /// What a server that lets answers through one by one has seen.
    #[derive(Debug)]
    struct Seen {
        asked: AtomicUsize,
        leave: Semaphore,
    }

    async fn server() -> (Line, Arc<Seen>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api_url = Some(format!("http://{}", listener.local_addr().unwrap()));
        let seen = Arc::new(Seen { asked: AtomicUsize::new(0), leave: Semaphore::new(0) });
        let told = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let seen = Arc::clone(&told);
                tokio::spawn(async move {
                    let mut request = vec![0; 8192];
                    while stream.read(&mut request).await.unwrap_or(0) > 0 {
                        seen.asked.fetch_add(1, Ordering::SeqCst);
                        seen.leave.acquire().await.unwrap().forget();
                        stream.write_all(SHOWN).await.unwrap();
                    }
                });
            }
        });
        let settings = Settings { token: "1:a".into(), api_url, proxy: None, timeouts: Timeouts::default() };
        let channel = Channel::Telegram(Telegram::new(&settings).unwrap());
        (Line { id: ChannelId(1), channel, heard: Arc::default() }, seen)
    }

    fn answer(n: usize) -> Effect {
        Effect::Answer(Due { callback_id: n.to_string(), answer: toast::quiet() })
    }

    async fn until(mut reached: impl FnMut() -> bool) {
        while !reached() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn so_many_are_under_way_at_once_and_no_more() {
        let (line, seen) = server().await;
        let effects = Effects::new(line);
        (0..UNDER_WAY_MOST + 9).for_each(|n| effects.start(answer(n)));
        until(|| seen.asked.load(Ordering::SeqCst) == UNDER_WAY_MOST).await;
        assert_eq!(effects.todo().waiting.len(), 9);
        seen.leave.add_permits(5);
        until(|| seen.asked.load(Ordering::SeqCst) == UNDER_WAY_MOST + 5).await;
        assert_eq!(effects.todo().waiting.len(), 4);
        seen.leave.add_permits(UNDER_WAY_MOST + 9);
        effects.drain().await;
        assert_eq!(seen.asked.load(Ordering::SeqCst), UNDER_WAY_MOST + 9);
        assert_eq!(effects.todo().workers, 0);
    }

    #[tokio::test]
    async fn there_is_room_again_once_few_enough_wait() {
        let (line, seen) = server().await;
        let effects = Effects::new(line);
        (0..UNDER_WAY_MOST + WAITING_MOST).for_each(|n| effects.start(answer(n)));
        until(|| seen.asked.load(Ordering::SeqCst) == UNDER_WAY_MOST).await;
        let mut room = Box::pin(effects.room());
        assert!(futures::poll!(&mut room).is_pending());
        seen.leave.add_permits(1);
        room.await;
        assert_eq!(effects.todo().waiting.len(), WAITING_MOST - 1);
    }

    #[tokio::test]
    async fn a_panic_costs_the_batch_it_is_in_and_nothing_else() {
        let (line, seen) = server().await;
        let effects = Effects::new(line);
        seen.leave.add_permits(2);
        effects.follow(Box::pin(async { panic!("poison") }));
        effects.follow(Box::pin(async { vec![(0, answer(0)), (1, answer(1))] }));
        effects.drain().await;
        assert_eq!(seen.asked.load(Ordering::SeqCst), 2);
    }
}
