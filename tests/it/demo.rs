//! The demo: its month agrees with what really happened and notices when it does not; then it can be tried out.

use std::io::Write;

use qingfeng::cli::demo::{self, Args, Month};
use serde_json::{Value, json};
use tokio::sync::{OnceCell, mpsc, oneshot};

/// Played once for all tests.
static MONTH: OnceCell<Month> = OnceCell::const_new();

async fn month() -> Month {
    MONTH.get_or_init(|| async { demo::month().await.unwrap() }).await.clone()
}

/// A press on a push: its place in the ledger, who pressed, and when the push went out.
struct Press {
    place: usize,
    user: i64,
    push_at: i64,
}

/// Every press on a push that reached the program.
fn presses(ledger: &Value) -> Vec<Press> {
    let sent = ledger["sent"].as_array().unwrap();
    let push_at = |press: &Value| {
        let copy = sent.iter().find(|s| s["chat"] == press["chat"] && s["message_id"] == press["message_id"]).unwrap();
        (copy["chat"].as_i64().unwrap() < 0).then(|| copy["at"].as_i64().unwrap())
    };
    let pressed = ledger["pressed"].as_array().unwrap().iter().enumerate();
    let press = |(place, press): (usize, &Value)| {
        Some(Press { place, user: press["user"].as_i64().unwrap(), push_at: push_at(press)? })
    };
    pressed.filter_map(press).collect()
}

/// A counted press of someone who pressed that push once: taking it away changes a figure.
fn single(month: &Month, push_at: i64) -> usize {
    let presses = presses(&month.ledger);
    let recorded =
        |place: usize| month.ledger["pressed"][place]["answered"]["text"].as_str().unwrap().starts_with("已记录（");
    let once = |one: &&Press| {
        let same = |other: &&Press| other.user == one.user && other.push_at == one.push_at;
        one.push_at == push_at && recorded(one.place) && presses.iter().filter(same).count() == 1
    };
    presses.iter().find(once).unwrap().place
}

fn instant(value: &Value) -> i64 {
    chrono::DateTime::parse_from_rfc3339(value.as_str().unwrap()).unwrap().timestamp_millis()
}

fn push(month: &Month, required: bool) -> &Value {
    month.cast["pushes"].as_array().unwrap().iter().find(|push| push["deadline"].is_null() != required).unwrap()
}

/// An account by staff number.
fn account(month: &Month, staff_no: &str) -> i64 {
    let people = month.cast["people"].as_array().unwrap();
    people.iter().find(|person| person["staff_no"] == staff_no).unwrap()["account"].as_i64().unwrap()
}

fn pressed(month: &mut Month) -> &mut Vec<Value> {
    month.ledger["pressed"].as_array_mut().unwrap()
}

fn exit_status(month: &Month) -> u8 {
    demo::judge(month).unwrap().exit_status()
}

#[tokio::test]
async fn the_month_agrees_with_what_really_happened() {
    let month = month().await;
    assert_eq!(exit_status(&month), 0);
    insta::assert_snapshot!("month", month.text);
}

#[tokio::test]
async fn once_prints_both_counts_and_is_the_same_every_time() {
    let mut out = Vec::new();
    assert_eq!(demo::run(&Args { once: true, json: true }, &mut out, std::future::pending()).await.unwrap(), 0);
    let printed: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(printed["equal"], true);
    assert_eq!(printed["report"], month().await.report);
    assert_eq!(printed["recomputed"]["pushes"].as_array().unwrap().len(), 14);
    insta::assert_snapshot!(printed["recomputed"]["totals"].to_string(), @r#"{"acked":462,"exempt":37,"expected":531,"in_doubt":0,"late":3,"missing":48,"on_time":459,"on_time_rate":"—","others":22,"rate":"—","rate_delivered":"—","undelivered":21}"#);
}

#[tokio::test]
async fn every_kind_of_press_was_answered_within_fifteen_seconds() {
    let month = month().await;
    let answers: Vec<&Value> = month.ledger["pressed"].as_array().unwrap().iter().collect();
    for press in &answers {
        let (at, answered) = (press["at"].as_i64().unwrap(), press["answered"]["at"].as_i64().unwrap());
        assert!(answered - at <= 15_000, "{press}");
    }
    let kinds = ["已记录（", "已记录过", "已记录。本条", "已记录。您目前在免计", "谢谢阅读", "已收到您的点击"];
    let count = |kind: &str| {
        answers.iter().filter(|p| p["answered"]["text"].as_str().is_some_and(|t| t.starts_with(kind))).count()
    };
    insta::assert_snapshot!(kinds.map(|kind| format!("{kind} {}", count(kind))).join("\n"), @r"
    已记录（ 456
    已记录过 64
    已记录。本条 3
    已记录。您目前在免计 3
    谢谢阅读 19
    已收到您的点击 4
    ");
}

#[tokio::test]
async fn a_press_removed_from_the_ledger_is_noticed() {
    let mut month = month().await;
    let place = single(&month, instant(&push(&month, false)["at"]));
    pressed(&mut month).remove(place);
    assert_eq!(exit_status(&month), 1);
}

#[tokio::test]
async fn a_press_moved_past_the_deadline_is_noticed() {
    let mut month = month().await;
    let (at, deadline) = (instant(&push(&month, true)["at"]), instant(&push(&month, true)["deadline"]));
    let place = single(&month, at);
    pressed(&mut month)[place]["at"] = json!(deadline - 1);
    assert_eq!(exit_status(&month), 0, "before the deadline nothing changes");
    pressed(&mut month)[place]["at"] = json!(deadline);
    assert_eq!(exit_status(&month), 1);
}

/// Doubled under another person of the audience it is a press that the program did not count. Doubled under the same
/// person it changes nothing: a person confirms a push once.
#[tokio::test]
async fn a_press_doubled_for_someone_else_is_noticed() {
    let mut month = month().await;
    let place = single(&month, instant(&push(&month, false)["at"]));
    let mut copy = month.ledger["pressed"][place].clone();
    pressed(&mut month).push(copy.clone());
    assert_eq!(exit_status(&month), 0);
    copy["user"] = json!(account(&month, "G2607"));
    pressed(&mut month).push(copy);
    assert_eq!(exit_status(&month), 1);
}

/// Passes on what is printed while it is printed.
struct Printed(mpsc::UnboundedSender<String>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.send(String::from_utf8_lossy(bytes).into_owned()).unwrap();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A browser at the chat page.
struct Visitor {
    client: reqwest::Client,
    page: String,
}

impl Visitor {
    async fn get(&self, route: &str) -> Value {
        self.client.get(format!("{}sandbox/{route}", self.page)).send().await.unwrap().json().await.unwrap()
    }

    async fn order(&self, route: &str, body: Value) -> Value {
        let request = self.client.post(format!("{}sandbox/{route}", self.page)).body(body.to_string());
        request.send().await.unwrap().json().await.unwrap()
    }

    /// The newest message of a chat that holds these words, once it is there.
    async fn message(&self, user: i64, chat: i64, words: &str) -> Value {
        loop {
            let sent = self.get("wait").await["sent"].as_i64().unwrap();
            let view = self.get(&format!("view?user={user}&chat={chat}")).await;
            let holds = |message: &&Value| message["text"].as_str().is_some_and(|text| text.contains(words));
            if let Some(found) = view["messages"].as_array().unwrap().iter().rev().find(holds) {
                return found.clone();
            }
            self.get(&format!("wait?sent={}&seconds=20", sent + 1)).await;
        }
    }

    async fn press(&self, (user, chat): (i64, i64), message: &Value, button: &str) -> Value {
        let press = json!({ "user": user, "chat": chat, "message_id": message["message_id"], "button": button });
        self.order("press", json!({ "presses": [press] })).await["callback_ids"][0].clone()
    }

    /// What a press is answered with, once it is.
    async fn toast(&self, (user, chat): (i64, i64), press: &Value) -> String {
        loop {
            let answers = self.get("wait").await["answers"].as_i64().unwrap();
            let view = self.get(&format!("view?user={user}&chat={chat}")).await;
            let toast = view["toasts"].as_array().unwrap().iter().find(|toast| toast["callback_id"] == *press);
            if let Some(toast) = toast {
                return toast["text"].as_str().unwrap().to_owned();
            }
            self.get(&format!("wait?answers={}&seconds=20", answers + 1)).await;
        }
    }
}

/// The text between two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split_once(from).unwrap().1.split_once(to).unwrap().0
}

#[tokio::test]
async fn after_the_month_a_visitor_presses_and_joins() {
    let (sender, mut printed) = mpsc::unbounded_channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let mut out = Printed(sender);
    let serving = demo::live(&mut out, async { drop(stopped.await) });
    let visiting = async {
        let mut text = String::new();
        while !text.contains("Ctrl-C") {
            text += &printed.recv().await.unwrap();
        }
        let page = format!("http://{}/", between(&text, "http://", "/"));
        let visitor = Visitor { client: reqwest::Client::new(), page };
        let month = month().await;
        let (reader, newcomer) = (account(&month, "G2601"), account(&month, "G2634"));
        let chats = visitor.get("chats").await;
        let chat = chats["chats"].as_array().unwrap().iter().find(|chat| chat["title"] == "机关学习群").unwrap();
        let chat = chat["id"].as_i64().unwrap();
        let fresh = visitor.message(reader, chat, "收礼多少算违规").await;
        let press = visitor.press((reader, chat), &fresh, "已阅").await;
        let toast = visitor.toast((reader, chat), &press).await;
        assert!(toast.starts_with("已记录（"), "{toast}");
        let code = between(&text, "绑定码 ", "，");
        visitor.order("say", json!({ "user": newcomer, "text": code })).await;
        let question = visitor.message(newcomer, newcomer, "是您本人吗").await;
        visitor.press((newcomer, newcomer), &question, "是我，绑定").await;
        let bound = visitor.message(newcomer, newcomer, "绑定好了").await;
        // What they pressed in the month went when it closed.
        assert_eq!(bound["text"], "绑定好了。以后在群里点“已阅”就行，不用再来这里。");
        stop.send(()).unwrap();
        text
    };
    let (status, text) = tokio::join!(serving, visiting);
    assert_eq!(status.unwrap(), 0);
    let guide = text.lines().filter(|line| !line.contains("http://") && !line.contains("report-"));
    let code = between(&text, "绑定码 ", "，");
    insta::assert_snapshot!(guide.collect::<Vec<_>>().join("\n").replace(code, "K7QF-3M2P"), @r"
    清风试用：正在把2026年9月走一遍，请稍候几秒……
    9月已经走完，程序继续运行。请用浏览器打开：


    可以试试：
      1. 在左上角选一个人，打开“机关学习群”，在最新一条下面点“已阅”，看弹出的提示；再点一次看看。
      2. 点“看原文”，看这条依据的法条原文。
      3. 选“谢青禾”（还没有绑定的人），打开“清风”，发送绑定码 K7QF-3M2P，点“是我，绑定”。
      4. 往上翻，看9月的每一条推送和“已阅”人数。

    9月报表（与聊天记录另行核算的结果一致）：

    按Ctrl-C停止，临时文件会自动删除。
    ");
}
