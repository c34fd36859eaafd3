//! Updates that are brought: the real route, the real writer, the sandbox's deliveries over HTTP.

use std::process::Stdio;
use std::time::Duration;

use futures::future::join_all;
use qingfeng::channel::telegram::inbound::WANTED;
use qingfeng::domain::delivery::HaltCause;
use qingfeng::domain::word::InboundMode;
use qingfeng::inbox::webhook::{self, Kept, Registration};
use qingfeng::inbox::work;
use qingfeng::inbox::writer::{self, Turned};
use qingfeng::office::hearing;
use qingfeng::sandbox::Time;
use qingfeng::stop::{self, Stopper};
use qingfeng::store::halt;
use qingfeng::{app, web};
use reqwest::{Client, Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::db::{TestDb, databases};
use crate::process::{Machine, Running};
use crate::sandbox::Server;
use crate::world::{STUDY, World};

mod reply;

const HEADER: &str = "X-Telegram-Bot-Api-Secret-Token";

/// A program that is brought its updates.
struct Hooked {
    office: World,
    url: String,
    keeper: Registration,
    port: JoinHandle<()>,
    writer: JoinHandle<()>,
    worker: JoinHandle<()>,
    stopper: Stopper,
}

impl Hooked {
    async fn new(db: TestDb) -> Self {
        Self::over(World::new(db).await).await
    }

    /// Serves the route of an office and tells the platform of it.
    async fn over(office: World) -> Self {
        let (ctx, line) = (office.ctx(), office.line());
        hearing::choose(&ctx, &line, InboundMode::Webhook).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{}", listener.local_addr().unwrap(), web::hook::PATH);
        let (door, writer) = writer::pair(ctx.clone(), line.clone());
        let router = web::hook::routes(webhook::secrets(ctx.store.keys()), app::through(door));
        let port = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let (stopper, stop) = stop::pair();
        let worker = tokio::spawn(work::run(ctx.clone(), line.clone(), writer.news(), stop));
        let writer = tokio::spawn(writer::run(writer));
        let telegram = office.app.as_ref().unwrap().telegram.clone();
        let keeper = Registration { ctx, line, telegram, url: url.clone() };
        office.server.order("webhook", json!({"second_ms": 1})).await;
        keeper.set().await.unwrap();
        Self { office, url, keeper, port, writer, worker, stopper }
    }

    /// Sends a push to the study group; its message.
    async fn push(&self) -> i64 {
        self.office.push_now(None).await;
        self.office.work().await;
        self.office.newest(STUDY).await.parse().unwrap()
    }

    async fn press(&self, user: i64, message: i64, times: usize) {
        let one = json!({"user": user, "chat": STUDY, "message_id": message, "button": "已阅"});
        self.office.server.order("press", json!({ "presses": vec![one; times] })).await;
    }

    /// Waits until everything was brought, and as many presses answered.
    async fn settle(&self, answers: usize) {
        self.office.server.look(&format!("wait?answers={answers}&idle=1&seconds=30")).await;
    }

    async fn acked(&self) -> Value {
        self.office.report().await["voluntary"]["acked"].clone()
    }

    /// One request of a stranger, or of one who knows the secret.
    async fn request(&self, method: Method, secret: Option<&str>, body: impl Into<reqwest::Body>) -> StatusCode {
        let mut request = Client::new().request(method, &self.url).body(body);
        if let Some(secret) = secret {
            request = request.header(HEADER, secret);
        }
        request.send().await.unwrap().status()
    }

    fn secret(&self) -> String {
        webhook::secret(self.office.ctx().store.keys()).expose_secret().to_owned()
    }

    async fn close(self) {
        let mut office = self.end().await;
        office.stop().await;
    }

    /// Ends every loop; the office is left.
    async fn end(self) -> World {
        self.stopper.stop();
        self.port.abort();
        let _ = self.port.await;
        self.writer.await.unwrap();
        self.worker.await.unwrap();
        self.office
    }
}

/// Binds people while the program still polls.
async fn bound(db: TestDb, people: i64) -> Hooked {
    let mut office = World::new(db).await;
    for user in 1..=people {
        office.bind(user).await;
    }
    Hooked::over(office).await
}

#[tokio::test]
async fn a_press_that_is_brought_counts_and_is_answered() {
    for db in databases().await {
        let label = db.label;
        let hooked = bound(db, 2).await;
        let answered = 2;
        let message = hooked.push().await;
        hooked.press(1, message, 3).await;
        hooked.press(2, message, 1).await;
        hooked.settle(answered + 4).await;
        assert_eq!(hooked.acked().await, 2, "{label}");
        let ledger = hooked.office.server.look("ledger").await;
        let pressed = ledger["pressed"].as_array().unwrap();
        let texts: Vec<&str> = pressed[2..].iter().map(|p| p["answered"]["text"].as_str().unwrap()).collect();
        assert_eq!(
            texts.iter().filter(|text| **text == "已记录（9月1日09:30），谢谢。").count(),
            2,
            "{label}: {texts:?}"
        );
        assert!(hooked.office.verified().await, "{label}");
        hooked.close().await;
    }
}

#[tokio::test]
async fn texts_that_are_brought_are_worked_through_as_well() {
    for db in databases().await {
        let label = db.label;
        let hooked = Hooked::new(db).await;
        hooked.office.server.order("say", json!({"user": 1, "text": "/help"})).await;
        hooked.office.server.look("wait?sent=1&idle=1&seconds=30").await;
        let reply = hooked.office.sent(1).await.pop().unwrap();
        assert!(reply["text"].as_str().unwrap().contains("绑定前请先看"), "{label}");
        hooked.close().await;
    }
}

#[tokio::test]
async fn e16_who_does_not_know_the_secret_learns_nothing() {
    for db in databases().await {
        let label = db.label;
        let hooked = Hooked::new(db).await;
        let secret = hooked.secret();
        assert!(secret.len() == 64 && secret.chars().all(|c| c.is_ascii_hexdigit()), "{label}");
        let update = json!({"update_id": 5, "message": {}}).to_string();
        let post = Method::POST;
        let wrong = format!("{}x", &secret[..63]);
        for given in [None, Some(""), Some(wrong.as_str()), Some(&secret[..63])] {
            assert_eq!(hooked.request(post.clone(), given, update.clone()).await, 401, "{label}: {given:?}");
        }
        // Not even the size of the body is looked at before the secret.
        let stranger = Client::new().post(&hooked.url).header("Content-Length", 1_u64 << 40).send().await;
        assert!(stranger.is_err() || stranger.unwrap().status() == 401, "{label}");
        assert_eq!(hooked.request(Method::GET, Some(&secret), "").await, 405, "{label}");
        assert_eq!(hooked.request(post.clone(), Some(&secret), vec![b' '; 10 << 20]).await, 413, "{label}");
        assert_eq!(hooked.request(post.clone(), Some(&secret), vec![b' '; (1 << 20) + 1]).await, 413, "{label}");
        let ctx = hooked.office.ctx();
        let stored = async |event: &str| {
            let mut tx = ctx.store.read().await.unwrap();
            qingfeng::store::inbox::seen(&mut tx, hooked.office.line().id, &[event]).await.unwrap().len()
        };
        assert_eq!(stored("5").await, 0, "{label}");
        assert_eq!(hooked.request(post.clone(), Some(&secret), update.clone()).await, 200, "{label}");
        assert_eq!(hooked.request(post, Some(&secret), update).await, 200, "{label}: a replay is known");
        assert_eq!(stored("5").await, 1, "{label}");
        hooked.close().await;
    }
}

#[tokio::test]
async fn e11_a_body_that_is_no_json_is_kept_by_its_number_or_let_go() {
    for db in databases().await {
        let label = db.label;
        let hooked = Hooked::new(db).await;
        let secret = hooked.secret();
        let kept = "{\"update_id\" : 41, \"message\": {\0\u{1f600}".to_owned();
        for body in
            [kept.into_bytes(), b"<html>".to_vec(), vec![0xff; 9], Vec::new(), b"{\"update_id\":\"x\"}".to_vec()]
        {
            // Sending it again would change nothing, so the platform is told that it was taken.
            assert_eq!(hooked.request(Method::POST, Some(&secret), body).await, 200, "{label}");
        }
        let mut tx = hooked.office.ctx().store.read().await.unwrap();
        let seen = qingfeng::store::inbox::seen(&mut tx, hooked.office.line().id, &["41"]).await.unwrap();
        assert_eq!(seen.len(), 1, "{label}");
        drop(tx);
        hooked.close().await;
    }
}

#[tokio::test]
async fn e17_nothing_is_confirmed_that_could_not_be_stored() {
    for db in databases().await {
        let label = db.label;
        let hooked = bound(db, 1).await;
        let message = hooked.push().await;
        // The database is gone when the press is brought: 503, again and again, and nothing is said.
        hooked.office.ctx().store.close().await;
        hooked.press(1, message, 1).await;
        hooked.office.server.look("wait?turned=2&seconds=30").await;
        let ledger = hooked.office.server.look("ledger").await;
        assert_eq!(ledger["pressed"].as_array().unwrap().last().unwrap()["answered"], json!(null), "{label}");
        // A new run takes over the address; what waited is brought there.
        let mut office = hooked.end().await;
        office.stop().await;
        office.start().await;
        let hooked = Hooked::over(office).await;
        hooked.settle(2).await;
        assert_eq!(hooked.acked().await, 1, "{label}");
        hooked.close().await;
    }
}

#[tokio::test]
async fn what_is_brought_to_data_in_quarantine_is_turned_away_and_comes_again() {
    for db in databases().await {
        let label = db.label;
        let hooked = bound(db, 2).await;
        let message = hooked.push().await;
        hooked.press(1, message, 1).await;
        hooked.settle(3).await;
        // It is set aside under the running service, which has just found it at home.
        let ctx = hooked.office.ctx();
        let mut tx = ctx.store.write().await.unwrap();
        assert!(halt::put(&mut tx, HaltCause::Quarantine, ("operator", "older"), ctx.now()).await.unwrap());
        tx.commit().await.unwrap();
        hooked.office.later(2).await;
        hooked.press(2, message, 1).await;
        hooked.office.server.look("wait?turned=2&seconds=30").await;
        assert_eq!(hooked.acked().await, 1, "{label}");
        let mut tx = ctx.store.write().await.unwrap();
        assert!(halt::lift(&mut tx, HaltCause::Quarantine).await.unwrap());
        tx.commit().await.unwrap();
        hooked.settle(4).await;
        assert_eq!(hooked.acked().await, 2, "{label}");
        hooked.close().await;
    }
}

#[tokio::test]
async fn a_storm_of_presses_shares_commits_and_too_many_are_turned_away() {
    for db in databases().await {
        let label = db.label;
        let hooked = bound(db, 1).await;
        let message = hooked.push().await;
        let before = hooked.office.entries_of_ledger().await;
        let presses: Vec<Value> = (1..=10)
            .flat_map(|user| vec![json!({"user": user, "chat": STUDY, "message_id": message, "button": "已阅"}); 30])
            .collect();
        hooked.office.server.order("press", json!({ "presses": presses })).await;
        hooked.settle(301).await;
        assert_eq!(hooked.acked().await, 1, "{label}: one is bound, the others' presses are kept");
        assert!(hooked.office.entries_of_ledger().await - before <= 3, "{label}: one seal a batch");
        hooked.close().await;
    }
    // A door that nobody empties.
    let db = databases().await.remove(0);
    let mut office = World::new(db).await;
    let (door, writer) = writer::pair(office.ctx(), office.line());
    let body = |id: usize| format!("{{\"update_id\":{id}}}").into_bytes();
    let hand_in = |id: usize| {
        let door = door.clone();
        async move { door.hand_in(&body(id)).await }
    };
    let mut waiting = Box::pin(join_all((0..1_000).map(hand_in)));
    let one_more = body(1_000);
    tokio::select! {
        biased;
        _ = &mut waiting => panic!("nobody stores anything yet"),
        turned = door.hand_in(&one_more) => assert_eq!(turned, Err(Turned::Full)),
    }
    assert_eq!(door.hand_in(b"nothing").await, Err(Turned::Unreadable));
    // Whoever waits when the program ends is stored before it does.
    drop(door);
    let (stored, ()) = tokio::join!(waiting, writer::run(writer));
    assert!(stored.iter().all(Result::is_ok));
    office.stop().await;
}

#[tokio::test]
async fn an_address_that_was_set_elsewhere_is_set_again() {
    for db in databases().await {
        let label = db.label;
        let hooked = Hooked::new(db).await;
        let keeper = &hooked.keeper;
        let info = keeper.telegram.webhook_info().await.unwrap();
        assert_eq!((info.url.as_str(), info.max_connections), (hooked.url.as_str(), Some(100)), "{label}");
        assert_eq!(info.allowed_updates.unwrap().len(), WANTED.len(), "{label}");
        assert_eq!(keeper.look().await.unwrap(), Kept::Stands, "{label}");
        for other in [
            json!({"url": "http://127.0.0.1:9/elsewhere", "allowed_updates": WANTED}),
            json!({"url": hooked.url, "allowed_updates": ["message"]}),
            json!({"url": ""}),
        ] {
            hooked.office.server.ok("setWebhook", other.clone()).await;
            assert_eq!(keeper.look().await.unwrap(), Kept::Mended, "{label}: {other}");
            assert_eq!(keeper.look().await.unwrap(), Kept::Stands, "{label}: {other}");
        }
        // Another instance was told to poll: this one does not take the updates away from it.
        hearing::choose(&keeper.ctx, &keeper.line, InboundMode::Poll).await.unwrap();
        hooked.office.server.ok("deleteWebhook", json!({})).await;
        assert_eq!(keeper.look().await.unwrap(), Kept::NotOurs, "{label}");
        hooked.close().await;
    }
}

/// A `serve` that is brought its updates at its own port.
fn serve(machine: &Machine) -> Running {
    let mut command = machine.command("serve");
    command.env("QINGFENG_PUBLIC_URL", format!("http://{}", machine.http));
    Running(Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn e17_a_killed_program_is_brought_again_what_it_had_not_stored() {
    let server = Server::start_at(Time::System).await;
    let machine = Machine::new(format!("http://{}/", server.address)).await;
    machine.run("db migrate");
    server.order("webhook", json!({"second_ms": 1})).await;
    let running = serve(&machine);
    while server.look("bot").await["webhook"].is_null() {
        tokio::task::yield_now().await;
    }
    assert_eq!(running.end("KILL"), None);
    server.order("people", json!({"people": [{"id": 1, "first_name": "甲"}]})).await;
    server.order("say", json!({"user": 1, "text": "/help"})).await;
    server.look("wait?turned=1&seconds=30").await;
    // The address stayed while the program was gone; the next run is brought what waited.
    let running = serve(&machine);
    let told = server.look("wait?sent=1&idle=1&seconds=30").await;
    assert_eq!(told["sent"], 1, "{told}");
    assert_eq!(running.end("TERM"), Some(0));
    assert!(server.look("bot").await["webhook"].is_string(), "a restart must not drop presses");
    // Without the setting the program polls, and takes the address back.
    let running = machine.serve();
    server.look("wait?idle=1&seconds=30").await;
    while server.look("bot").await["waiting"] == 0 {
        tokio::time::timeout(Duration::from_secs(30), tokio::task::yield_now()).await.unwrap();
    }
    assert!(server.look("bot").await["webhook"].is_null());
    assert_eq!(running.end("TERM"), Some(0));
}
