//! The composition root: configuration to running program. Listener, clock and the word to stop are arguments, so that
//! tests and the demo build the same program.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::channel::telegram::{KIND, Settings, Telegram, Timeouts};
use crate::channel::{Channel, SendError, SetupError};
use crate::clock::{self, Clock};
use crate::config::Config;
use crate::ctx::{Ctx, Line};
use crate::domain::word::InboundMode;
use crate::inbox::poll::{self, Poller};
use crate::inbox::webhook::{self, Registration};
use crate::inbox::work;
use crate::inbox::writer::{self, Door, Turned};
use crate::office::db::{self, Hold, Home};
use crate::office::delivery::Others;
use crate::office::lease::{Keeper, Lease};
use crate::office::{Refusal, delivery, hearing};
use crate::stop::{self, Stop};
use crate::store::lease::LeaseClock;
use crate::web::hook::{self, Take, Taken};
use crate::{jobs, web};

/// Longest wait for the loops when the program stops; what is unfinished is found by the next start.
const DRAIN: Duration = Duration::from_secs(10);
/// Longest wait for the last things before the end: a database that does not answer, or whose rows another instance holds
/// while it stands still, must not keep the program. With [`DRAIN`] it ends within 15 seconds of being asked to.
const LEAVE: Duration = Duration::from_secs(3);
/// Pause before the platform is asked again who we are.
const GREET_PAUSE: Duration = Duration::from_secs(5);

/// Why the program could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("TELOXIDE_TOKEN is missing")]
    NoToken,
    #[error("the platform refuses TELOXIDE_TOKEN")]
    TokenRefused,
    #[error(transparent)]
    Channel(#[from] SetupError),
    #[error("a loop of the program ended by itself")]
    LoopEnded,
    #[error(transparent)]
    Office(#[from] Refusal),
}

/// A program ready to run. It holds its database until it is dropped.
#[derive(Debug)]
pub struct App {
    pub ctx: Ctx,
    pub line: Line,
    pub telegram: Telegram,
    /// What this machine knows of the database.
    pub home: Home,
    /// Where the platform is to bring updates; without it they are polled for.
    public_url: Option<String>,
    hold: Hold,
}

/// Opens everything. Makes no network call: it starts while the platform is down.
pub async fn build(config: &Config, clock: Clock) -> Result<App, StartError> {
    let token = config.token.as_ref().ok_or(StartError::NoToken)?;
    let telegram = Telegram::new(&Settings {
        token: token.expose().into(),
        api_url: Some(config.api_url.to_string()),
        proxy: config.proxy.as_ref().map(|proxy| secrecy::ExposeSecret::expose_secret(proxy).to_owned()),
        timeouts: Timeouts::default(),
    })?;
    let hold = db::hold(&config.database)?;
    let store = db::migrate(config, &hold, clock.now()).await?;
    // Of a clock that is moved by hand no database knows.
    let store = if clock.is_manual() { store.with_lease_clock(LeaseClock::Told) } else { store };
    db::sound(config, &store).await?;
    let home = Home::new(config);
    home.check_in(&store, clock.now()).await?;
    let id = db::connect(&store, KIND, &token.bot_id().to_string(), clock.now()).await?;
    let boot = format!("{}-{}", std::process::id(), clock.now().timestamp_millis());
    let line = Line { id, channel: Channel::Telegram(telegram.clone()), heard: Arc::default() };
    let public_url = config.public_url.as_ref().map(ToString::to_string);
    let (content_dir, spool) = (config.content_dir.as_path().into(), config.spool_file().into());
    let ctx = Ctx { store, clock, zone: config.zone, content_dir, boot, spool };
    Ok(App { ctx, line, telegram, home, public_url, hold })
}

/// Runs until `shutdown` resolves, then lets every loop finish its step.
pub async fn run(app: App, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result<(), StartError> {
    let App { ctx, line, telegram, home, public_url, hold } = app;
    let others = if hold.alone() { Others::None } else { Others::Maybe };
    let in_doubt = delivery::recover(&ctx, others).await?;
    if in_doubt > 0 {
        tracing::warn!(
            in_doubt,
            "messages were under way when the program last stopped; nobody knows whether they arrived"
        );
    }
    let (stopper, stop) = stop::pair();
    let mut loops: JoinSet<Result<(), StartError>> = JoinSet::new();
    let (keeper, leases) = Keeper::new(&ctx, line.id, others);
    let keeper = Arc::new(keeper);
    loops.spawn(jobs::lease::keep(Arc::clone(&keeper), ctx.clock.clone(), stop.clone()).map(Ok));
    loops.spawn(jobs::alive(ctx.clone(), home.clone(), stop.clone()).map(Ok));
    let inbound = Inbound { ctx: ctx.clone(), line: line.clone(), telegram: telegram.clone(), lease: leases.poll };
    let router = inbound.start(public_url, &mut loops, &stop).await?;
    loops.spawn(greet(ctx.clone(), line.clone(), telegram, stop.clone()));
    loops.spawn(jobs::send(ctx.clone(), line.clone(), stop.clone()).map(Ok));
    loops.spawn(planning(ctx.clone(), leases.plan, stop.clone()).map(Ok));
    loops.spawn(keeping(ctx.clone(), line, leases.keep, stop.clone()).map(Ok));
    loops.spawn(serve_http(listener, router, stop).map(Ok));
    let ended = tokio::select! {
        () = shutdown => Ok(()),
        // No loop ends before it is told to, except by a panic or for a token that is refused.
        ended = loops.join_next() => ended.and_then(Result::ok).unwrap_or(Err(StartError::LoopEnded)),
    };
    stopper.stop();
    let drained = async { while loops.join_next().await.is_some() {} };
    tokio::select! {
        () = drained => {}
        () = ctx.clock.sleep(DRAIN) => tracing::warn!("stopped before every loop had finished its step"),
    }
    // Whatever still runs has nothing left to rest on.
    loops.abort_all();
    let last = Box::pin(async {
        leave(&ctx, &keeper, &home).await;
        ctx.store.close().await;
    });
    if clock::limit(LEAVE, last).await.is_none() {
        tracing::warn!("the database does not answer; the leases run out by themselves");
    }
    drop(hold);
    ended
}

/// How updates come in.
struct Inbound {
    ctx: Ctx,
    line: Line,
    telegram: Telegram,
    lease: Lease,
}

impl Inbound {
    /// Starts the loops that take updates in, by the mode that is configured. Returns what the HTTP port serves; the writer
    /// ends when the port does, so that a request under way is stored.
    async fn start(
        self,
        public_url: Option<String>,
        loops: &mut JoinSet<Result<(), StartError>>,
        stop: &Stop,
    ) -> Result<axum::Router, StartError> {
        let router = web::router(self.ctx.clone());
        let Some(public) = public_url else {
            hearing::choose(&self.ctx, &self.line, InboundMode::Poll).await?;
            loops.spawn(self.poll(stop.clone()).map(Ok));
            return Ok(router);
        };
        hearing::choose(&self.ctx, &self.line, InboundMode::Webhook).await?;
        let url = format!("{}{}", public.trim_end_matches('/'), hook::PATH);
        let secrets = webhook::secrets(self.ctx.store.keys());
        let (door, writer) = writer::pair(self.ctx.clone(), self.line.clone());
        loops.spawn(self.attend(url, writer.news(), stop.clone()).map(Ok));
        loops.spawn(writer::run(writer).map(Ok));
        Ok(router.merge(hook::routes(secrets, through(door))))
    }

    /// Polls while the lease is held. When it is lost no more is asked for; a batch in hand is stored whole first.
    async fn poll(self, stop: Stop) {
        let Self { ctx, line, telegram, lease } = self;
        let poll = |until: Stop| {
            let news = Arc::<Notify>::default();
            let worked = work::run(ctx.clone(), line.clone(), Arc::clone(&news), until.clone());
            let polled = poll::run(Poller::new(ctx.clone(), line.clone(), telegram.clone()), news, until);
            futures::future::join(worked, polled).map(drop)
        };
        Box::pin(jobs::lease::under(lease, stop, poll)).await;
    }

    /// Keeps the platform told, and works through what any instance stored, while the lease is held: one instance is enough,
    /// and data in quarantine calls nothing here.
    async fn attend(self, url: String, news: Arc<Notify>, stop: Stop) {
        let Self { ctx, line, telegram, lease } = self;
        let attend = |until: Stop| {
            let (ctx, line, telegram, url) = (ctx.clone(), line.clone(), telegram.clone(), url.clone());
            let worked = work::run(ctx.clone(), line.clone(), Arc::clone(&news), until.clone());
            let kept = webhook::run(Registration { ctx, line, telegram, url }, until);
            futures::future::join(worked, kept).map(drop)
        };
        Box::pin(jobs::lease::under(lease, stop, attend)).await;
    }
}

/// Hands what is brought to the port on to the writer.
pub fn through(door: Door) -> Take {
    Arc::new(move |body| {
        let door = door.clone();
        async move { taken(door.hand_in(&body).await) }.boxed()
    })
}

fn taken(handed_in: Result<Option<Vec<u8>>, Turned>) -> Taken {
    match handed_in {
        Ok(reply) => Taken::Stored { reply },
        Err(Turned::Unreadable) => Taken::Never,
        Err(turned @ Turned::Full) => {
            tracing::warn!(error = %turned, "an update was turned away; the platform brings it again");
            Taken::Not
        }
        // The writer said why.
        Err(Turned::NotStored) => Taken::Not,
    }
}

/// Decides what goes out while the lease is held.
async fn planning(ctx: Ctx, lease: Lease, stop: Stop) {
    let plan = |until: Stop| {
        let refresh = jobs::refresh(ctx.clone(), until.clone());
        futures::future::join(jobs::plan(ctx.clone(), lease.clone(), until), refresh).map(drop).boxed()
    };
    jobs::lease::under(lease.clone(), stop, plan).await;
}

/// Looks ahead, leaves strange chats and tidies up while the lease is held.
async fn keeping(ctx: Ctx, line: Line, lease: Lease, stop: Stop) {
    let keep = |until: Stop| {
        let watch = jobs::watch(ctx.clone(), until.clone());
        let strangers = jobs::strangers(ctx.clone(), line.clone(), until.clone());
        futures::future::join3(watch, strangers, jobs::tidy(ctx.clone(), until)).map(drop).boxed()
    };
    jobs::lease::under(lease, stop, keep).await;
}

/// The last things before the program ends. Each is made good by the next start when it fails.
async fn leave(ctx: &Ctx, keeper: &Keeper, home: &Home) {
    if let Err(error) = keeper.give_back().await {
        tracing::warn!(%error, "the leases were not given back; another instance takes them within a minute");
    }
    if let Err(error) = home.alive(ctx).await {
        tracing::warn!(%error, "the last sign of life was not written");
    }
}

async fn serve_http(listener: TcpListener, router: axum::Router, mut stop: Stop) {
    let served = axum::serve(listener, router).with_graceful_shutdown(async move { stop.wait().await });
    if let Err(error) = served.await {
        tracing::error!(%error, "the HTTP port failed");
    }
}

/// Asks the platform what our bot is called, until it tells; links are made of it. A token that is refused at the start
/// ends the program; one that is refused later leaves everything waiting.
async fn greet(ctx: Ctx, line: Line, telegram: Telegram, mut stop: Stop) -> Result<(), StartError> {
    while !stop.stopped() {
        match introduce(&ctx, &line, &telegram).await {
            Ok(()) => break,
            Err(GreetError::Send(SendError::Unauthorized)) => return Err(StartError::TokenRefused),
            Err(error) => tracing::warn!(%error, "the platform did not tell what our bot is called"),
        }
        tokio::select! {
            () = ctx.clock.sleep(GREET_PAUSE) => {}
            () = stop.wait() => {}
        }
    }
    stop.wait().await;
    Ok(())
}

/// Why the platform's word on our bot was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum GreetError {
    #[error(transparent)]
    Send(#[from] SendError),
    #[error(transparent)]
    Office(#[from] Refusal),
}

/// Asks the platform once what our bot is called, and remembers it.
pub async fn introduce(ctx: &Ctx, line: &Line, telegram: &Telegram) -> Result<(), GreetError> {
    let me = telegram.get_me().await?;
    Ok(db::set_bot_name(&ctx.store, line.id, &me.username).await?)
}
