//! An office whose messages are out and that nobody has confirmed, put back for every run.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::db::TestDb;
use crate::dice::Dice;
use crate::facts;
use crate::history;
use crate::life::Life;
use crate::office::{Office, Size};
use crate::peers::Peer;
use crate::process::{self, Flushes};
use crate::runs::Figures;

const TOKEN: &str = "7000001:sandbox-secret";
/// Three thousand people in ten groups; each press is of another person or on another message.
const SIZE: Size = Size { groups: 10, people: 300 };
/// Pushes, each a message in every group.
const PUSHES: i64 = 18;
const PATIENCE: Duration = Duration::from_mins(2);
const LOOK: Duration = Duration::from_millis(20);

/// What is pressed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) in_flight: usize,
    pub(crate) messages: usize,
}

pub(crate) struct Stage {
    office: Office,
    flushes: Flushes,
    /// The database and the key as they were before any press.
    before: TempDir,
    /// Messages in the chats, newest push last.
    messages: Vec<Value>,
    /// Holds the library that counts flushes.
    _tools: TempDir,
}

impl Stage {
    /// Sends everything; `flush_us` is what a flush takes then, 0 what it takes.
    pub(crate) async fn open(flush_us: u32, db: TestDb) -> Self {
        let office = Office::open(db, SIZE).await;
        for n in 0..PUSHES {
            office.push(&mut Dice::new(u64::try_from(n).unwrap())).await;
        }
        let mut life = office.serve(None);
        let wanted = usize::try_from(PUSHES * SIZE.groups).unwrap();
        let end = Instant::now() + PATIENCE;
        while office.look("ledger")["sent"].as_array().unwrap().len() < wanted {
            assert!(Instant::now() < end, "the messages are sent");
            sleep(LOOK).await;
        }
        sleep(Duration::from_secs(1)).await;
        life.signal("TERM");
        assert!(life.ended(Duration::from_secs(20)).await.is_some(), "the service stops");
        let before = tempfile::tempdir().unwrap();
        copy(office.db.folder.path(), before.path());
        let tools = tempfile::tempdir().unwrap();
        let flushes = Flushes::new(tools.path(), flush_us);
        let sent = office.look("ledger")["sent"].clone();
        let place = |sent: &Value| json!({"chat": sent["chat"], "message_id": sent["message_id"]});
        let messages = sent.as_array().unwrap().iter().map(place).collect();
        Self { office, flushes, before, messages, _tools: tools }
    }

    /// The folder of the database.
    pub(crate) fn folder(&self) -> &Path {
        self.office.db.folder.path()
    }

    /// What is put back before each run.
    pub(crate) fn kept(&self) -> PathBuf {
        self.before.path().to_owned()
    }

    /// The program, polling.
    pub(crate) async fn ours(&self, load: Load) -> Figures {
        self.run(&self.office, load).await
    }

    /// The same with a second instance on the same database, which sends when something is to be sent.
    pub(crate) async fn two(&self, load: Load) -> Figures {
        self.beside(&self.office, load, 1).await
    }

    /// The program, with updates brought to it.
    pub(crate) async fn brought(&mut self, load: Load) -> Figures {
        self.office.hook = true;
        let figures = self.run(&self.office, load).await;
        self.office.hook = false;
        self.call("deleteWebhook").await;
        figures
    }

    async fn run(&self, office: &Office, load: Load) -> Figures {
        self.beside(office, load, 0).await
    }

    /// The instance that is measured takes the updates; so many others are started after it.
    async fn beside(&self, office: &Office, load: Load, others: usize) -> Figures {
        self.put_back().await;
        let known = facts::acked(office).await;
        let mut command = office.command("serve", 0);
        self.flushes.dress(&mut command);
        let mut life = Life::start(command, &self.folder().join("serve.log"));
        assert!(life.ready(office, PATIENCE).await, "the service takes up its work");
        let mut others: Vec<Life> = (1..=others).map(|n| office.instance(n)).collect();
        // They have work of their own at the start.
        sleep(Duration::from_secs(1)).await;
        let (figures, presses) = self.measure(&life, load).await.expect("every press is answered");
        assert_eq!(facts::acked(office).await - known, presses, "each press is stored once");
        // Stopped, not killed: the next run would wait for their leases to run out.
        for instance in others.iter_mut().chain([&mut life]) {
            instance.signal("TERM");
            assert!(instance.ended(PATIENCE).await.is_some(), "the service stops");
        }
        figures
    }

    /// A peer in a fresh folder; `None` when it was ready and did not answer everything in time.
    pub(crate) async fn peer(&self, peer: &Peer, load: Load) -> Option<Figures> {
        let folder = tempfile::tempdir().unwrap();
        let mut command = peer.command(folder.path(), (TOKEN, &format!("http://{}/", self.office.api)));
        self.flushes.dress(&mut command);
        let mut life = Life::start(command, &folder.path().join("log"));
        let ready = life.ready(&self.office, PATIENCE).await;
        assert!(ready, "{}: {}", peer.name, fs::read_to_string(folder.path().join("log")).unwrap());
        sleep(Duration::from_secs(1)).await;
        let measured = self.measure(&life, load).await;
        life.kill();
        if measured.is_none() {
            self.call("deleteWebhook?drop_pending_updates=true").await;
        }
        let (figures, presses) = measured?;
        let stored = history::stored(&folder.path().join(peer.database)).await;
        assert_eq!(stored, presses, "{} stores each press once", peer.name);
        Some(figures)
    }

    async fn measure(&self, life: &Life, Load { in_flight, messages }: Load) -> Option<(Figures, usize)> {
        let cost = || (process::processor(life.id()), self.flushes.so_far(), process::processor(std::process::id()));
        let before = cost();
        let order = json!({"in_flight": in_flight, "messages": &self.messages[..messages.min(self.messages.len())]});
        let made = self.office.order("load", &order);
        let presses = usize::try_from(made["presses"].as_u64().unwrap()).unwrap();
        let end = Instant::now() + PATIENCE;
        while self.office.look("load")["answered"].as_u64().unwrap() < made["presses"].as_u64().unwrap() {
            if Instant::now() > end {
                return None;
            }
            sleep(LOOK).await;
        }
        let after = cost();
        let ledger = self.office.look(&format!("ledger?pressed={}&sent=1000000000", made["first"]));
        let all = count(presses);
        let (processor, load_us) = (after.0 - before.0, after.2 - before.2);
        let figures = Figures {
            processor: processor / all * 1_000.0,
            load_us: load_us / all * 1_000_000.0,
            flushes: count(usize::try_from(after.1 - before.1).unwrap()) / all,
            memory: process::peak_mib(life.id()),
            ..times(ledger["pressed"].as_array().unwrap())
        };
        Some((figures, presses))
    }

    async fn put_back(&self) {
        if self.office.db.label == "sqlite" {
            let inside = fs::read_dir(self.folder()).unwrap().map(|entry| entry.unwrap().path());
            for file in inside.filter(|path| path.is_file()) {
                fs::remove_file(file).unwrap();
            }
            copy(self.before.path(), self.folder());
            history::listening(&self.folder().join("test.db")).await;
        } else {
            history::forget_acks(&self.office.db.url).await;
        }
    }

    async fn call(&self, method: &str) {
        reqwest::get(format!("http://{}/bot{TOKEN}/{method}", self.office.api)).await.unwrap();
    }

    /// What one exchange with the sandbox takes, over a connection that is kept.
    pub(crate) async fn exchange_ms(&self) -> f64 {
        const TIMES: u32 = 500;
        let client = reqwest::Client::new();
        let url = format!("http://{}/bot{TOKEN}/getMe", self.office.api);
        let begun = Instant::now();
        for _ in 0..TIMES {
            client.get(&url).send().await.unwrap().text().await.unwrap();
        }
        begun.elapsed().as_secs_f64() * 1_000.0 / f64::from(TIMES)
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Speed and waits, from the ledger.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn times(pressed: &[Value]) -> Figures {
    let at = |press: &Value| press["at"].as_i64().unwrap();
    let answered = |press: &Value| press["answered"]["at"].as_i64().unwrap();
    let begun = pressed.iter().map(at).min().unwrap();
    let ended = pressed.iter().map(answered).max().unwrap();
    let mut waits: Vec<i64> = pressed.iter().map(|press| answered(press) - at(press)).collect();
    waits.sort_unstable();
    let wait = |percent: usize| waits[waits.len() * percent / 100] as f64;
    let per_second = count(pressed.len()) * 1_000.0 / (ended - begun) as f64;
    Figures { per_second, p50: wait(50), p99: wait(99), ..Figures::default() }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn count(number: usize) -> f64 {
    number as f64
}
