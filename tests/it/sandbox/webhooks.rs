//! Webhooks: setting them, what they get, repeats, answers that are calls, and polls beside them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::handler::HandlerWithoutStateExt;
use axum::http::Response;
use qingfeng::sandbox::Time;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};

use super::{NOON, Server, TOKEN, assert_teloxide_reads};

const ACTIVE: &str = "409 Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the \
                      webhook first";

/// One request that came: the secret in its header, and its body.
struct Arrived {
    secret: Option<String>,
    update: Value,
}

/// Answers a hook has ready; when there is none left it says 200.
type Script = Arc<Mutex<VecDeque<Response<Body>>>>;

/// The bot's own server.
struct Hook {
    url: String,
    script: Script,
    /// A request waits for one of these before it is answered.
    permits: Arc<Semaphore>,
    came: mpsc::UnboundedReceiver<Arrived>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Hook {
    /// One that answers at once.
    async fn open() -> Self {
        Self::with_permits(Semaphore::MAX_PERMITS).await
    }

    async fn with_permits(permits: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (script, permits) = (Script::default(), Arc::new(Semaphore::new(permits)));
        let (tell, came) = mpsc::unbounded_channel();
        let (answers, gate) = (script.clone(), permits.clone());
        let answer = move |request: Request| {
            let (tell, answers, gate) = (tell.clone(), answers.clone(), gate.clone());
            async move {
                let secret = request.headers().get("X-Telegram-Bot-Api-Secret-Token");
                let secret = secret.map(|value| value.to_str().unwrap().to_owned());
                let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
                tell.send(Arrived { secret, update: serde_json::from_slice(&body).unwrap() }).unwrap();
                gate.acquire().await.unwrap().forget();
                let ready = answers.lock().unwrap().pop_front();
                ready.unwrap_or_else(|| Response::new(Body::empty()))
            }
        };
        let server = tokio::spawn(async move { axum::serve(listener, answer.into_make_service()).await.unwrap() });
        Self { url, script, permits, came, server }
    }

    fn will_answer(&self, status: u16, headers: &[(&str, &str)], body: Body) {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        self.script.lock().unwrap().push_back(response.body(body).unwrap());
    }

    async fn next(&mut self) -> Arrived {
        self.came.recv().await.unwrap()
    }
}

async fn press(server: &Server, user: i64, message: i64, count: usize) {
    let one = json!({"user": user, "chat": -100, "message_id": message, "button": 0});
    server.order("press", json!({"presses": vec![one; count]})).await;
}

async fn quick_repeats(server: &Server) {
    server.order("webhook", json!({"second_ms": 1})).await;
}

#[tokio::test]
async fn a_webhook_gets_updates_with_its_secret_and_polls_are_refused() {
    let server = Server::start().await;
    server.office().await;
    let mut hook = Hook::open().await;
    let id = server.send_button("a").await;
    press(&server, 1, id, 1).await;
    let setting = json!({"url": hook.url, "secret_token": "Ab-_9", "allowed_updates": ["callback_query", "message"]});
    assert_eq!(server.ok("setWebhook", setting).await, true);
    press(&server, 2, id, 1).await;
    let (first, second) = (hook.next().await, hook.next().await);
    assert_eq!(first.secret.as_deref(), Some("Ab-_9"));
    assert_eq!(first.update["callback_query"]["from"]["id"], 1, "what waited goes first");
    assert_eq!(second.update["update_id"], first.update["update_id"].as_i64().unwrap() + 1);
    assert_teloxide_reads(&json!([first.update, second.update]));
    let seen = server.look("wait?idle=1").await;
    assert_eq!((&seen["pending"], &seen["under_way"]), (&json!(0), &json!(0)));
    assert_eq!(server.look("ledger").await["pressed"][1]["fetched_at"], NOON);
    assert_eq!(server.refused("getUpdates", json!({})).await, ACTIVE);
    let info = server.ok("getWebhookInfo", json!({})).await;
    let expected = json!({
        "url": hook.url, "has_custom_certificate": false, "pending_update_count": 0, "max_connections": 40,
        "ip_address": "127.0.0.1", "allowed_updates": ["message", "callback_query"],
    });
    assert_eq!(info, expected);
    let _: teloxide::types::WebhookInfo = serde_json::from_str(&info.to_string()).unwrap();
}

#[tokio::test]
async fn a_deleted_webhook_leaves_the_rest_to_polls() {
    let server = Server::start().await;
    server.office().await;
    let mut hook = Hook::with_permits(0).await;
    server.ok("setWebhook", json!({"url": hook.url, "max_connections": 1})).await;
    server.order("say", json!({"user": 1, "text": "甲"})).await;
    server.order("say", json!({"user": 1, "text": "乙"})).await;
    assert_eq!(hook.next().await.update["message"]["text"], "甲");
    assert_eq!(server.look("bot").await["webhook"], json!(hook.url));
    server.ok("deleteWebhook", json!({})).await;
    let updates = server.ok("getUpdates", json!({})).await;
    assert_eq!(updates.as_array().unwrap().len(), 2, "what had no 2xx yet is still there");
    let none = json!({"url": "", "has_custom_certificate": false, "pending_update_count": 2});
    assert_eq!(server.ok("getWebhookInfo", json!({})).await, none);
    server.ok("deleteWebhook", json!({"drop_pending_updates": true})).await;
    assert_eq!(server.ok("getUpdates", json!({})).await, json!([]));
}

#[tokio::test]
async fn setting_a_webhook_ends_a_waiting_poll() {
    let server = Server::start().await;
    server.office().await;
    let hook = Hook::open().await;
    let (poll, ()) = tokio::join!(server.call("getUpdates", json!({"timeout": 50})), async {
        server.look("wait?idle=1").await;
        server.ok("setWebhook", json!({"url": hook.url})).await;
    });
    let text = "Conflict: terminated by setWebhook request";
    assert_eq!(poll, json!({"ok": false, "error_code": 409, "description": text}));
}

#[tokio::test]
async fn wrong_settings_are_refused() {
    let server = Server::start().await;
    for (field, value, refusal) in [
        ("url", json!("ftp://127.0.0.1"), "400 Bad Request: invalid webhook URL specified"),
        ("url", json!("http://"), "400 Bad Request: invalid webhook URL specified"),
        ("secret_token", json!("x".repeat(257)), "400 Bad Request: secret token is too long"),
        ("secret_token", json!("有"), "400 Bad Request: secret token contains unallowed characters"),
    ] {
        let mut setting = json!({"url": "http://127.0.0.1:1/"});
        setting[field] = value;
        assert_eq!(server.refused("setWebhook", setting).await, refusal);
    }
    assert_eq!(server.look("bot").await["webhook"], Value::Null);
}

#[tokio::test]
async fn webhooks_are_set_at_most_once_a_second() {
    let server = Server::start_at(Time::System).await;
    let hook = Hook::open().await;
    server.ok("setWebhook", json!({"url": hook.url})).await;
    let again = server.call("setWebhook", json!({"url": hook.url})).await;
    let text = "Too Many Requests: retry after 1";
    let expected = json!({"ok": false, "error_code": 429, "description": text, "parameters": {"retry_after": 1}});
    assert_eq!(again, expected);
}

#[tokio::test]
async fn an_update_is_repeated_until_a_2xx() {
    let server = Server::start().await;
    server.office().await;
    let mut hook = Hook::open().await;
    quick_repeats(&server).await;
    hook.will_answer(500, &[], Body::empty());
    hook.will_answer(429, &[("retry-after", "3")], Body::empty());
    let broken = futures::stream::iter([Err::<axum::body::Bytes, _>(std::io::Error::other("cut"))]);
    hook.will_answer(200, &[("content-length", "9")], Body::from_stream(broken));
    hook.will_answer(302, &[("location", "/elsewhere")], Body::empty());
    hook.will_answer(204, &[], Body::empty());
    server.ok("setWebhook", json!({"url": hook.url})).await;
    server.order("say", json!({"user": 1, "text": "你好"})).await;
    let mut numbers = Vec::new();
    for _ in 0..5 {
        numbers.push(hook.next().await.update["update_id"].as_i64().unwrap());
    }
    numbers.dedup();
    assert_eq!(numbers.len(), 1);
    server.look("wait?idle=1").await;
    assert!(hook.came.try_recv().is_err(), "nothing comes after a 2xx");
    let info = server.ok("getWebhookInfo", json!({})).await;
    assert_eq!(info["last_error_date"], NOON / 1000);
    assert_eq!(info["last_error_message"], "Wrong response from the webhook: 302 Found");
}

#[tokio::test]
async fn a_hook_that_is_down_is_named_and_its_presses_expire() {
    let server = Server::start().await;
    server.office().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    quick_repeats(&server).await;
    server.ok("setWebhook", json!({"url": url})).await;
    let id = server.send_button("a").await;
    press(&server, 1, id, 1).await;
    server.look("wait?turned=2").await;
    server.order("clock", json!({"set": NOON + 150_001})).await;
    server.look("wait?idle=1").await;
    let info = server.ok("getWebhookInfo", json!({})).await;
    assert_eq!(info["last_error_message"], "Connection refused");
    assert_eq!(info["pending_update_count"], 0, "a press is given up when its time is over");
}

#[tokio::test]
async fn an_answer_can_be_a_call() {
    let server = Server::start().await;
    server.office().await;
    let mut hook = Hook::open().await;
    let json_type = [("content-type", "application/json")];
    let reply = json!({"method": "sendMessage", "chat_id": 1, "text": "收到"}).to_string();
    hook.will_answer(200, &json_type, reply.into());
    hook.will_answer(200, &json_type, json!({"method": "deleteWebhook"}).to_string().into());
    hook.will_answer(200, &json_type, json!({"method": "sendMessage", "chat_id": 2, "text": "x"}).to_string().into());
    server.ok("setWebhook", json!({"url": hook.url})).await;
    for text in ["一", "二", "三"] {
        server.order("say", json!({"user": 1, "text": text})).await;
        hook.next().await;
    }
    server.look("wait?idle=1").await;
    let ledger = server.look("ledger").await;
    assert_eq!(ledger["sent"].as_array().unwrap().len(), 1);
    assert_eq!((&ledger["sent"][0]["chat"], &ledger["sent"][0]["text"]), (&json!(1), &json!("收到")));
    assert_eq!(ledger["refused"][0]["description"], "Forbidden: bot can't initiate conversation with a user");
    assert_eq!(server.look("bot").await["webhook"], json!(hook.url), "a webhook cannot take itself away by answering");
}

#[tokio::test]
async fn people_are_served_side_by_side_and_each_in_order() {
    let server = Server::start().await;
    server.office().await;
    let people = json!([{"id": 3, "first_name": "丙"}, {"id": 4, "first_name": "丁"}]);
    server.order("people", json!({"people": people})).await;
    server.order("members", json!({"chat": -100, "join": [3, 4]})).await;
    server.skip_updates().await;
    let id = server.send_button("a").await;
    let mut hook = Hook::with_permits(0).await;
    server.ok("setWebhook", json!({"url": hook.url, "max_connections": 2})).await;
    for user in [1, 1, 3, 4] {
        press(&server, user, id, 1).await;
    }
    let who = |arrived: &Arrived| arrived.update["callback_query"]["from"]["id"].as_i64().unwrap();
    let mut first = [who(&hook.next().await), who(&hook.next().await)];
    first.sort_unstable();
    assert_eq!(first, [1, 3], "the second press of one person waits for the first");
    assert_eq!(server.look("bot").await["under_way"], 2, "no more than it asked for");
    assert!(hook.came.try_recv().is_err());
    hook.permits.add_permits(4);
    let mut rest = [who(&hook.next().await), who(&hook.next().await)];
    rest.sort_unstable();
    assert_eq!(rest, [1, 4]);
    server.look("wait?idle=1").await;
}

#[tokio::test]
async fn a_new_webhook_takes_over_what_the_old_one_holds() {
    let server = Server::start().await;
    server.office().await;
    let mut old = Hook::with_permits(0).await;
    let mut new = Hook::open().await;
    server.ok("setWebhook", json!({"url": old.url})).await;
    server.order("say", json!({"user": 1, "text": "你好"})).await;
    let number = old.next().await.update["update_id"].clone();
    server.ok("setWebhook", json!({"url": new.url, "drop_pending_updates": false})).await;
    assert_eq!(new.next().await.update["update_id"], number);
    old.permits.add_permits(1);
    server.look("wait?idle=1").await;
    assert_eq!(server.look(&format!("bot?{TOKEN}")).await["pending"], 0);
}

#[tokio::test]
async fn e12_a_webhook_can_get_updates_again_and_out_of_order() {
    let server = Server::start().await;
    server.office().await;
    let mut hook = Hook::open().await;
    let first = server.order("updates", json!({"kind": "repeat", "count": 1})).await["next"].clone();
    server.order("say", json!({"user": 1, "text": "甲"})).await;
    server.ok("setWebhook", json!({"url": hook.url, "max_connections": 1})).await;
    assert_eq!(hook.next().await.update["update_id"], first);
    assert_eq!(hook.next().await.update["update_id"], first, "once more after its 2xx");
    server.look("wait?idle=1").await;
    server.ok("deleteWebhook", json!({})).await;
    let id = server.send_button("a").await;
    for user in [1, 2] {
        press(&server, user, id, 1).await;
    }
    server.order("updates", json!({"kind": "swap", "count": 1})).await;
    server.ok("setWebhook", json!({"url": hook.url, "max_connections": 1})).await;
    let who = [hook.next().await, hook.next().await].map(|came| came.update["callback_query"]["from"]["id"].clone());
    assert_eq!(who, [2, 1]);
    server.look("wait?idle=1").await;
    assert!(hook.came.try_recv().is_err());
}

#[tokio::test]
async fn a_storm_arrives_whole_over_a_hundred_connections() {
    let server = Server::start().await;
    server.office().await;
    let people: Vec<Value> = (10..110).map(|id| json!({"id": id, "first_name": "某"})).collect();
    server.order("people", json!({"people": people})).await;
    server.order("members", json!({"chat": -100, "join": (10..110).collect::<Vec<i64>>()})).await;
    server.skip_updates().await;
    let id = server.send_button("a").await;
    let mut hook = Hook::with_permits(0).await;
    server.ok("setWebhook", json!({"url": hook.url, "max_connections": 100})).await;
    let one = |user: i64| json!({"user": user, "chat": -100, "message_id": id, "button": 0});
    let presses: Vec<Value> = (0..10).flat_map(|_| (10..110).map(one)).collect();
    server.order("press", json!({"presses": presses})).await;
    let mut last: BTreeMap<i64, i64> = BTreeMap::new();
    for place in 0..1000 {
        let update = hook.next().await.update;
        let (number, person) = (&update["update_id"], &update["callback_query"]["from"]["id"]);
        let before = last.insert(person.as_i64().unwrap(), number.as_i64().unwrap());
        assert!(before.is_none_or(|before| Some(before) < number.as_i64()), "each person's presses keep their order");
        if place == 99 {
            assert_eq!(server.look("bot").await["under_way"], 100);
            hook.permits.add_permits(Semaphore::MAX_PERMITS / 2);
        }
    }
    server.look("wait?idle=1").await;
    assert!(hook.came.try_recv().is_err(), "nothing comes twice");
    let ledger = server.look("ledger?pressed=999").await;
    assert_eq!((&ledger["pressed"][0]["user"], &ledger["pressed"][0]["fetched_at"]), (&json!(109), &json!(NOON)));
}
