//! The program as a process: it starts while the platform is down, stops when asked to, holds its database, and other
//! commands work beside it.

use std::process::{Child, Command, Output, Stdio};

use qingfeng::sandbox::Time;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::sandbox::{Server, TOKEN};

const PROGRAM: &str = env!("CARGO_BIN_EXE_qingfeng");

/// A folder with a database, and the environment of one office.
pub(crate) struct Machine {
    pub(crate) folder: TempDir,
    api: String,
    pub(crate) http: String,
    /// What stands in `DATABASE_URL`, unless it is the file in the folder.
    pub(crate) database: Option<String>,
}

impl Machine {
    pub(crate) async fn new(api: String) -> Self {
        let http = free_address().await;
        Self { folder: tempfile::tempdir().unwrap(), api, http, database: None }
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(line.split(' '));
        self.surround(&mut command);
        command
    }

    /// The folder and the environment of this machine.
    pub(crate) fn surround(&self, command: &mut Command) {
        command.current_dir(self.folder.path()).env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        if let Some(database) = &self.database {
            command.env("DATABASE_URL", database);
        }
        command.env("TELOXIDE_TOKEN", TOKEN).env("TELOXIDE_API_URL", &self.api).env("QINGFENG_HTTP_ADDR", &self.http);
        command.env("QINGFENG_CONTENT_DIR", concat!(env!("CARGO_MANIFEST_DIR"), "/content"));
    }

    pub(crate) fn serve(&self) -> Running {
        let child = self.command("serve").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Running(Some(child))
    }

    /// What `/readyz` says: its status and its text.
    pub(crate) async fn ready(&self) -> (u16, String) {
        match reqwest::get(format!("http://{}/readyz", self.http)).await {
            Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap_or_default()),
            Err(error) => (0, error.to_string()),
        }
    }

    /// How many confirmations the database holds, and presses that are kept for people who are not bound yet.
    pub(crate) async fn presses(&self) -> i64 {
        self.number("SELECT (SELECT COUNT(*) FROM ack) + (SELECT COUNT(*) FROM kept_press)").await
    }

    /// A number from the database.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        if let Some(url) = &self.database {
            let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(url).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
        } else {
            let options = sqlx::sqlite::SqliteConnectOptions::new();
            let options = options.filename(self.folder.path().join("data/qingfeng.db"));
            let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
        }
    }

    /// Waits until everything that came in was polled and worked through, which is done after the poll.
    pub(crate) async fn until_worked_through(&self, server: &Server) {
        server.look("wait?idle=1&seconds=30").await;
        let clock = qingfeng::clock::Clock::system();
        let mark = clock.mark();
        while self.number("SELECT COUNT(*) FROM inbox WHERE state = 'new'").await > 0 {
            assert!(clock.since(&mark).as_secs() < 90, "waited for what came in to be worked through");
            tokio::task::yield_now().await;
        }
    }

    /// Asks `/readyz` until its text holds some words.
    pub(crate) async fn until_ready_says(&self, words: &str) -> (u16, String) {
        let clock = qingfeng::clock::Clock::system();
        let mark = clock.mark();
        loop {
            let (status, text) = self.ready().await;
            if text.contains(words) {
                return (status, text);
            }
            assert!(clock.since(&mark).as_secs() < 90, "waited for {words}, which it never said: {status} {text}");
            tokio::task::yield_now().await;
        }
    }

    /// Runs a command that must succeed; its JSON.
    pub(crate) fn run(&self, line: &str) -> Value {
        let output = self.command(line).output().unwrap();
        assert!(output.status.success(), "{line}: {}", errors(&output));
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }
}

/// Runs a command that must fail; what it says.
pub(crate) fn refused(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", errors(&output));
    errors(&output)
}

pub(crate) fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A running `serve`; killed when the test gives it up.
pub(crate) struct Running(pub(crate) Option<Child>);

impl Running {
    /// Sends a signal.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.0.as_ref().unwrap().id().to_string();
        let sent = Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Sends a signal and waits for the end: the exit code.
    pub(crate) fn end(mut self, signal: &str) -> Option<i32> {
        self.signal(signal);
        let mut child = self.0.take().unwrap();
        child.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

pub(crate) async fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_cleanly_on_every_signal_and_tells_its_health() {
    let server = Server::start_at(Time::System).await;
    let machine = Machine::new(format!("http://{}/", server.address)).await;
    for signal in ["TERM", "INT", "HUP"] {
        let running = machine.serve();
        server.look("wait?idle=1&seconds=30").await;
        for (path, body) in [("healthz", "ok\n"), ("readyz", "ready\n")] {
            let answer = reqwest::get(format!("http://{}/{path}", machine.http)).await.unwrap();
            assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, body));
        }
        assert_eq!(running.end(signal), Some(0), "{signal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a11_it_starts_while_the_platform_is_down_and_goes_on_when_it_is_back() {
    let address = free_address().await;
    let machine = Machine::new(format!("http://{address}/")).await;
    let running = machine.serve();
    let health = format!("http://{}/healthz", machine.http);
    while reqwest::get(&health).await.is_err() {
        tokio::task::yield_now().await;
    }
    let options =
        qingfeng::sandbox::Options { token: TOKEN.into(), username: "qingfeng_bot".into(), time: Time::System };
    let listener = TcpListener::bind(&address).await.unwrap();
    tokio::spawn(qingfeng::sandbox::Sandbox::new(options).serve(listener, std::future::pending()));
    let polled = reqwest::get(format!("http://{address}/sandbox/wait?idle=1&seconds=30")).await.unwrap();
    assert_eq!(polled.status().as_u16(), 200);
    assert_eq!(running.end("TERM"), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a12_a_second_serve_and_a_foreign_token_are_refused_and_other_commands_work_beside() {
    let server = Server::start_at(Time::System).await;
    let machine = Machine::new(format!("http://{}/", server.address)).await;
    let running = machine.serve();
    server.look("wait?idle=1&seconds=30").await;
    let pid = running.0.as_ref().unwrap().id().to_string();
    let second = refused(&mut machine.command("serve"));
    assert!(second.contains(&pid), "{second}");
    let migrate = refused(&mut machine.command("db migrate"));
    assert!(migrate.contains(&pid), "{migrate}");
    assert_eq!(machine.run("db check --json")["ok"], true);
    assert_eq!(running.end("TERM"), Some(0));
    let foreign = refused(machine.command("serve").env("TELOXIDE_TOKEN", "8000002:another-secret"));
    assert!(foreign.contains("7000001") && foreign.contains("8000002"), "{foreign}");
    assert!(!foreign.contains("another-secret"), "{foreign}");
    let missing = refused(machine.command("serve").env_remove("TELOXIDE_TOKEN"));
    assert!(missing.contains("TELOXIDE_TOKEN"), "{missing}");
}

/// The whole way as an office goes it, with nothing but commands and chat.
#[tokio::test(flavor = "multi_thread")]
async fn from_an_empty_folder_to_a_figure_in_the_report() {
    let server = Server::start_at(Time::System).await;
    let machine = Machine::new(format!("http://{}/", server.address)).await;
    machine.run("db migrate");
    let roster = concat!(env!("CARGO_MANIFEST_DIR"), "/content/roster.example.csv");
    machine.run(&format!("roster import {roster}"));
    machine.run("content sync");
    machine.run("setting set office.hotline 内线8000");
    let _running = machine.serve();
    let staff = machine.run("staff list --json");
    let staff_no = staff[0]["staff_no"].as_str().unwrap().to_owned();
    server.order("people", json!({"people": [{"id": 1, "first_name": "甲"}]})).await;
    let group = json!({"id": -1001, "kind": "supergroup", "title": "学习群", "members": [1], "bot": "member"});
    server.order("chats", group).await;
    machine.until_worked_through(&server).await;
    machine.run("group link -1001 --units 管委会");
    let invite = machine.run(&format!("staff invite {staff_no} --json"));
    let code = invite[0]["code"].as_str().unwrap();
    assert!(invite[0]["link"].as_str().unwrap().starts_with("https://t.me/qingfeng_bot?start="));
    server.order("say", json!({"user": 1, "text": format!("/start {code}")})).await;
    server.look("wait?sent=1&seconds=30").await;
    press(&server, 1, "是我，绑定").await;
    server.look("wait?sent=2&answers=1&seconds=30").await;
    let pushed = machine.run("push now --item gift-no-threshold --group -1001 --outside-hours --yes --json");
    copies(&server, -1001).await;
    press(&server, -1001, "已阅").await;
    server.look("wait?answers=2&idle=1&seconds=30").await;
    let shown = machine.run(&format!("push show {} --json", pushed["push"]));
    assert_eq!((&shown["figures"]["acked"], &shown["deliveries"][0]["state"]), (&json!(1), &json!("sent")));
    assert_eq!(machine.run("audit verify --json")["ok"], true);
    assert_eq!(
        machine.run("doctor --offline --json").as_array().unwrap().iter().filter(|c| c["ok"] == false).count(),
        0
    );
}

/// The copies of pushes that a chat has, once it has one: messages with a button. In the allowed hours the chat's first
/// message, which has none, is out before them.
pub(crate) async fn copies(server: &Server, chat: i64) -> Vec<Value> {
    let is_copy = |sent: &&Value| sent["chat"] == chat && sent["buttons"].is_array();
    loop {
        let ledger = server.look("ledger").await;
        let sent = ledger["sent"].as_array().unwrap();
        let copies: Vec<Value> = sent.iter().filter(is_copy).cloned().collect();
        if !copies.is_empty() {
            return copies;
        }
        let more = server.look(&format!("wait?sent={}&seconds=30", sent.len() + 1)).await;
        assert!(more["sent"].as_u64().unwrap() > sent.len() as u64, "no copy: {more}");
    }
}

/// Person 1 presses a button of the newest message in a chat.
pub(crate) async fn press(server: &Server, chat: i64, button: &str) {
    let ledger = server.look("ledger").await;
    let sent = ledger["sent"].as_array().unwrap().iter().rev().find(|sent| sent["chat"] == chat).unwrap().clone();
    let press = json!({"user": 1, "chat": chat, "message_id": sent["message_id"], "button": button});
    server.order("press", json!({ "presses": [press] })).await;
}
