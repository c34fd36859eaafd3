//! Where the demo plays: a folder that goes away, the built-in sandbox, and the program itself, all on one clock that is
//! turned by hand. The same jobs run as in `serve`; only nobody waits.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::app::{self, App};
use crate::clock::{Clock, Hand};
use crate::config::{self, Config};
use crate::inbox::poll::Poller;
use crate::jobs::send;
use crate::office::{binding, hearing, inbox, plan};
use crate::sandbox::{Options, Sandbox, Time};
use crate::stop::{self, Stopper};

/// The sandbox's only bot. The token opens nothing else.
const TOKEN: &str = "7000001:demo";
const BOT: &str = "qingfeng_bot";
/// How often raw texts past their keeping are looked for, as in `serve`.
const TIDY_EVERY: TimeDelta = TimeDelta::hours(1);

/// The shipped items and the example roster.
#[derive(rust_embed::RustEmbed)]
#[folder = "content/"]
struct Shipped;

/// The folder and the sandbox, which outlive the month.
pub(super) struct World {
    dir: TempDir,
    pub(super) address: SocketAddr,
    sandbox: Sandbox,
    stopper: Stopper,
    server: JoinHandle<std::io::Result<()>>,
    pub(super) config: Config,
}

impl World {
    /// Unpacks what the program carries and starts the sandbox with its time standing at `start`.
    pub(super) async fn open(start: DateTime<Utc>) -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new().prefix("qingfeng-demo-").tempdir()?;
        unpack(&dir.path().join("content"))?;
        let time = Time::Manual(start.timestamp_millis());
        let sandbox = Sandbox::new(Options { token: TOKEN.to_owned(), username: BOT.to_owned(), time });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (stopper, mut stop) = stop::pair();
        let server = tokio::spawn(sandbox.clone().serve(listener, async move { stop.wait().await }));
        let config = configuration(dir.path(), address)?;
        Ok(Self { dir, address, sandbox, stopper, server, config })
    }

    /// A file of the demo's folder.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Looks something up in the sandbox.
    pub(super) fn look(&self, route: &str) -> anyhow::Result<Value> {
        self.sandbox.control(route, None).map_err(|why| anyhow!("sandbox, {route}: {why}"))
    }

    /// Makes something happen in the sandbox.
    pub(super) fn order(&self, route: &str, body: &Value) -> anyhow::Result<Value> {
        self.sandbox.control(route, Some(body)).map_err(|why| anyhow!("sandbox, {route}: {why}"))
    }

    /// The messages of a chat as a person sees it, oldest first.
    pub(super) fn messages(&self, user: i64, chat: i64) -> anyhow::Result<Vec<Value>> {
        let mut view = self.look(&format!("view?user={user}&chat={chat}"))?;
        let messages = view["messages"].as_array_mut().map(std::mem::take);
        messages.with_context(|| format!("the view of chat {chat} has no messages"))
    }

    /// Stops the sandbox and removes the folder.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        self.stopper.stop();
        self.server.await??;
        Ok(self.dir.close()?)
    }
}

fn unpack(to: &Path) -> anyhow::Result<()> {
    for name in Shipped::iter() {
        let file = Shipped::get(&name).with_context(|| name.to_string())?;
        let path = to.join(&*name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, file.data)?;
    }
    Ok(())
}

fn configuration(dir: &Path, sandbox: SocketAddr) -> anyhow::Result<Config> {
    let lookup = |key: &str| match key {
        config::TELOXIDE_TOKEN => Some(TOKEN.to_owned()),
        config::TELOXIDE_API_URL => Some(format!("http://{sandbox}")),
        config::DATABASE_URL => Some(format!("sqlite://{}", dir.join("demo.db").display())),
        config::QINGFENG_CONTENT_DIR => Some(dir.join("content").display().to_string()),
        _ => None,
    };
    Config::from_env(lookup).map_err(|problems| anyhow!("{problems:?}"))
}

/// The program on a clock that is turned by hand.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) app: App,
    poller: Poller,
    hand: Hand,
    tidied: DateTime<Utc>,
}

impl Stage {
    /// Starts the program in an empty world.
    pub(super) async fn open(start: DateTime<Utc>) -> anyhow::Result<Self> {
        let world = World::open(start).await?;
        let (clock, hand) = Clock::manual(start);
        let app = app::build(&world.config, clock).await?;
        app::introduce(&app.ctx, &app.line, &app.telegram).await?;
        let poller = Poller::new(app.ctx.clone(), app.line.clone(), app.telegram.clone());
        Ok(Self { world, app, poller, hand, tidied: start })
    }

    /// Lets time pass up to `at`; every job runs at each instant it asked for.
    pub(super) async fn until(&mut self, at: DateTime<Utc>) -> anyhow::Result<()> {
        while let Some(next) = self.work().await?.filter(|next| *next <= at) {
            // A job that asks for an instant already reached gets the next one, as a loop that does not wait would.
            self.turn(next.max(self.app.ctx.now() + TimeDelta::milliseconds(1)))?;
        }
        self.turn(at)
    }

    /// Takes in everything that people did, answers it, and does what follows from it.
    pub(super) async fn settle(&mut self) -> anyhow::Result<()> {
        // A running program polls all the while; here time jumps from one event to the next.
        hearing::keep(&self.app.ctx, &self.app.line).await?;
        while self.poller.once(Duration::ZERO).await? > 0 {}
        self.poller.drain().await;
        self.work().await.map(drop)
    }

    /// Runs each job once. Returns when the next falls due.
    async fn work(&mut self) -> anyhow::Result<Option<DateTime<Utc>>> {
        let App { ctx, line, .. } = &self.app;
        if ctx.now() - self.tidied >= TIDY_EVERY {
            inbox::tidy(ctx).await?;
            binding::tidy(ctx).await?;
            self.tidied = ctx.now();
        }
        let slot = plan::plan(ctx).await?;
        let message = send::step(ctx, line).await?;
        Ok([slot, message].into_iter().flatten().min())
    }

    /// Turns both clocks.
    fn turn(&self, to: DateTime<Utc>) -> anyhow::Result<()> {
        self.hand.advance_to(to);
        self.world.order("clock", &json!({ "set": to.timestamp_millis() })).map(drop)
    }

    /// Ends the program and leaves the world as it is.
    pub(super) async fn leave(self) -> World {
        self.app.ctx.store.close().await;
        self.world
    }
}
