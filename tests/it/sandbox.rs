//! The sandbox through real HTTP: what it promises to a bot, and what it must refuse.

use std::net::SocketAddr;

use qingfeng::sandbox::{Options, Sandbox, Time};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

mod client;
mod edits;
mod faults;
mod groups;
mod limits;
mod numbers;
mod page;
mod peers;
mod presses;
mod sending;
mod updates;
mod webhooks;

/// The token every bot here uses.
pub(crate) const TOKEN: &str = "7000001:sandbox-secret";
/// 2026-09-01 09:30 in Shanghai.
pub(crate) const NOON: i64 = 1_788_226_200_000;

/// A sandbox on a free port, with the clock standing at `NOON`.
pub(crate) struct Server {
    pub(crate) sandbox: Sandbox,
    pub(crate) address: SocketAddr,
    pub(crate) client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    task: Option<tokio::task::JoinHandle<std::io::Result<()>>>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_at(Time::Manual(NOON)).await
    }

    pub(crate) async fn start_at(time: Time) -> Self {
        let options = Options { token: TOKEN.into(), username: "qingfeng_bot".into(), time };
        let sandbox = Sandbox::new(options);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = sandbox.clone().serve(listener, async move { drop(stopped.await) });
        let task = Some(tokio::spawn(serving));
        Self { sandbox, address, client: reqwest::Client::new(), stop: Some(stop), task }
    }

    pub(crate) async fn stop(&mut self) {
        drop(self.stop.take());
        self.task.take().unwrap().await.unwrap().unwrap();
    }

    pub(crate) fn url(&self, method: &str) -> String {
        format!("http://{}/bot{TOKEN}/{method}", self.address)
    }

    /// One call with JSON parameters: the whole answer.
    pub(crate) async fn call(&self, method: &str, body: Value) -> Value {
        let sent = self.client.post(self.url(method)).header(CONTENT_TYPE, "application/json").body(body.to_string());
        read(sent.send().await.unwrap()).await
    }

    /// One call that must succeed: its result.
    pub(crate) async fn ok(&self, method: &str, body: Value) -> Value {
        let answer = self.call(method, body).await;
        assert_eq!(answer["ok"], true, "{method}: {answer}");
        answer["result"].clone()
    }

    /// One call that must be refused: code and description.
    pub(crate) async fn refused(&self, method: &str, body: Value) -> String {
        let answer = self.call(method, body).await;
        assert_eq!(answer["ok"], false, "{method}: {answer}");
        format!("{} {}", answer["error_code"], answer["description"].as_str().unwrap())
    }

    /// One control order over HTTP.
    pub(crate) async fn order(&self, route: &str, body: Value) -> Value {
        let url = format!("http://{}/sandbox/{route}", self.address);
        let answer = self.client.post(url).body(body.to_string()).send().await.unwrap();
        let status = answer.status();
        let body = read(answer).await;
        assert_eq!(status, 200, "{route}: {body}");
        body
    }

    /// One look through the control API over HTTP.
    pub(crate) async fn look(&self, route: &str) -> Value {
        let url = format!("http://{}/sandbox/{route}", self.address);
        read(self.client.get(url).send().await.unwrap()).await
    }

    /// Two people, 1 who has pressed Start and 2 who has not, and a supergroup -100 with both and the bot.
    pub(crate) async fn office(&self) {
        let people = json!([{"id": 1, "first_name": "甲", "started": true}, {"id": 2, "first_name": "乙"}]);
        self.order("people", json!({"people": people})).await;
        let group = json!({"id": -100, "kind": "supergroup", "title": "综合科", "members": [1, 2], "bot": "member"});
        self.order("chats", group).await;
        self.skip_updates().await;
    }

    /// Confirms everything that waits.
    pub(crate) async fn skip_updates(&self) {
        let waiting = self.ok("getUpdates", json!({"offset": -1})).await;
        if let Some(last) = waiting[0]["update_id"].as_i64() {
            self.ok("getUpdates", json!({"offset": last + 1})).await;
        }
    }

    /// Sends a message with one button to the group; its id.
    pub(crate) async fn send_button(&self, data: &str) -> i64 {
        let markup = json!({"inline_keyboard": [[{"text": "已阅", "callback_data": data}]]});
        let sent = self.ok("sendMessage", json!({"chat_id": -100, "text": "学习", "reply_markup": markup})).await;
        sent["message_id"].as_i64().unwrap()
    }
}

async fn read(answer: reqwest::Response) -> Value {
    let text = answer.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

/// Fails unless teloxide reads every one of these updates as a known kind.
pub(crate) fn assert_teloxide_reads(updates: &Value) {
    for update in updates.as_array().unwrap() {
        let parsed: teloxide::types::Update = serde_json::from_str(&update.to_string()).unwrap();
        let unread = matches!(parsed.kind, teloxide::types::UpdateKind::Error(_));
        assert!(!unread, "teloxide cannot read {update}");
    }
}
