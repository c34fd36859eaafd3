//! Sending: parameter forms, formatting, limits, buttons, files, topics.

use reqwest::multipart::{Form, Part};
use rstest::rstest;
use serde_json::{Value, json};

use super::{Server, TOKEN};

#[tokio::test]
async fn who_may_call() {
    let server = Server::start().await;
    let me = server.ok("GETME", json!({})).await;
    assert_eq!(me["id"], 7_000_001);
    let parsed: teloxide::types::Me = serde_json::from_str(&me.to_string()).unwrap();
    assert_eq!(parsed.username(), "qingfeng_bot");
    for (path, expected) in [
        ("bot7000001:other/getMe", "401 Unauthorized"),
        ("botjunk/getMe", "401 Unauthorized: invalid token specified"),
        ("bot7000001", "404 Not Found"),
        ("elsewhere", "404 Not Found"),
        (&format!("bot{TOKEN}/getMoon"), "404 Not Found: method not found"),
    ] {
        let url = format!("http://{}/{path}", server.address);
        let answer = server.client.get(url).send().await.unwrap();
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(body["error_code"], status);
        assert_eq!(format!("{status} {}", body["description"].as_str().unwrap()), expected, "{path}");
    }
}

#[tokio::test]
async fn parameters_come_in_four_forms() {
    let server = Server::start().await;
    server.office().await;
    let url = server.url("sendMessage");
    let form = "application/x-www-form-urlencoded";
    let requests = [
        server.client.post(&url).header("content-type", "application/json").body(r#"{"chat_id":-100,"text":"一 &"}"#),
        server.client.post(&url).header("content-type", form).body("chat_id=-100&text=%E4%B8%80+%26"),
        server.client.get(format!("{url}?chat_id=-100&text=%E4%B8%80%20%26")),
        server.client.post(&url).multipart(Form::new().text("chat_id", "-100").text("text", "一 &")),
    ];
    for request in requests {
        let answer: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
        assert_eq!(answer["result"]["text"], "一 &", "{answer}");
        assert_eq!(answer["result"]["from"]["is_bot"], true);
    }
    let ids: Vec<Value> =
        server.look("ledger").await["sent"].as_array().unwrap().iter().map(|s| s["message_id"].clone()).collect();
    assert_eq!(ids.windows(2).filter(|pair| pair[1].as_i64() == pair[0].as_i64().map(|id| id + 1)).count(), 3);
}

#[tokio::test]
async fn html_becomes_entities() {
    let server = Server::start().await;
    server.office().await;
    let text =
        " <b>粗</b>&lt;<i>斜<u>线</u></i> <a href=\"https://example.com/a?b=1&amp;c\">链</a> /start@x https://a.cn/ ";
    let sent = server.ok("sendMessage", json!({"chat_id": -100, "text": text, "parse_mode": "HTML"})).await;
    assert_eq!(sent["text"], "粗<斜线 链 /start@x https://a.cn/");
    let entities = json!([
        {"type": "bold", "offset": 0, "length": 1},
        {"type": "italic", "offset": 2, "length": 2},
        {"type": "underline", "offset": 3, "length": 1},
        {"type": "text_link", "offset": 5, "length": 1, "url": "https://example.com/a?b=1&c"},
        {"type": "bot_command", "offset": 7, "length": 8},
        {"type": "url", "offset": 16, "length": 13},
    ]);
    assert_eq!(sent["entities"], entities);
    let parsed: teloxide::types::Message = serde_json::from_str(&sent.to_string()).unwrap();
    assert_eq!(parsed.text(), Some("粗<斜线 链 /start@x https://a.cn/"));
    let emoji = server.ok("sendMessage", json!({"chat_id": -100, "text": "📘<b>书</b>", "parse_mode": "html"})).await;
    assert_eq!(emoji["entities"], json!([{"type": "bold", "offset": 2, "length": 1}]));
}

#[rstest]
#[case("<b>x", "Can't find end tag corresponding to start tag \"b\"")]
#[case("a<center>x</center>", "Unsupported start tag \"center\" at byte offset 1")]
#[case("<b>x</i>", "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\"")]
#[case("x</b>", "Unexpected end tag at byte offset 1")]
#[case("<b", "Unclosed start tag at byte offset 0")]
#[case("<b>x</b", "Unclosed end tag at byte offset 4")]
#[case("<span>x</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0")]
#[case("1 < 2", "Unsupported start tag \"\" at byte offset 2")]
#[tokio::test]
async fn wrong_markup_is_refused(#[case] text: &str, #[case] why: &str) {
    let server = Server::start().await;
    server.office().await;
    let refused = server.refused("sendMessage", json!({"chat_id": -100, "text": text, "parse_mode": "HTML"})).await;
    assert_eq!(refused, format!("400 Bad Request: can't parse entities: {why}"));
}

#[rstest]
#[case(json!({"text": "x"}), "400 Bad Request: chat_id is empty")]
#[case(json!({"chat_id": -7, "text": "x"}), "400 Bad Request: chat not found")]
#[case(json!({"chat_id": 2, "text": "x"}), "403 Forbidden: bot can't initiate conversation with a user")]
#[case(json!({"chat_id": 1}), "400 Bad Request: message text is empty")]
#[case(json!({"chat_id": 1, "text": " <b> </b> ", "parse_mode": "HTML"}), "400 Bad Request: message text is empty")]
#[case(json!({"chat_id": 1, "text": "字".repeat(4097)}), "400 Bad Request: message is too long")]
#[case(json!({"chat_id": 1, "text": "x", "parse_mode": "BB"}), "400 Bad Request: unsupported parse_mode")]
#[case(json!({"chat_id": -100, "text": "x", "message_thread_id": 9}), "400 Bad Request: message thread not found")]
#[case(json!({"chat_id": 1, "text": "x", "reply_parameters": {"message_id": 99}}), "400 Bad Request: message to be replied not found")]
#[case(json!({"chat_id": 1, "text": "x", "reply_markup": "{"}), "400 Bad Request: can't parse reply keyboard markup JSON object")]
#[case(json!({"chat_id": 1, "text": "x", "reply_markup": [1]}), "400 Bad Request: object expected as reply markup")]
#[tokio::test]
async fn wrong_messages_are_refused(#[case] body: Value, #[case] refusal: &str) {
    let server = Server::start().await;
    server.office().await;
    assert_eq!(server.refused("sendMessage", body).await, refusal);
    let ledger = server.look("ledger").await;
    assert_eq!(ledger["sent"], json!([]));
    assert_eq!(ledger["refused"].as_array().unwrap().len(), 1);
}

#[rstest]
#[case(json!({"text": "x", "callback_data": "d".repeat(65)}), "400 Bad Request: BUTTON_DATA_INVALID")]
#[case(json!({"text": "x", "callback_data": "阅".repeat(22)}), "400 Bad Request: BUTTON_DATA_INVALID")]
#[case(json!({"text": "x"}), "400 Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")]
#[case(json!({"callback_data": "x"}), "400 Bad Request: can't parse inline keyboard button: Can't find field \"text\"")]
#[case(json!({"text": "x", "url": "no address"}), "400 Bad Request: inline keyboard button URL 'no address' is invalid: Wrong HTTP URL specified")]
#[tokio::test]
async fn wrong_buttons_are_refused(#[case] button: Value, #[case] refusal: &str) {
    let server = Server::start().await;
    server.office().await;
    let body = json!({"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [[button]]}});
    assert_eq!(server.refused("sendMessage", body).await, refusal);
}

#[tokio::test]
async fn the_limits_themselves_are_allowed() {
    let server = Server::start().await;
    server.office().await;
    let text = format!("<b>{}</b>", "字".repeat(4096));
    let markup = json!({"inline_keyboard": [[{"text": "x", "callback_data": "d".repeat(64)}]]});
    server.ok("sendMessage", json!({"chat_id": 1, "text": text, "parse_mode": "HTML", "reply_markup": markup})).await;
}

#[tokio::test]
async fn documents_and_pictures_by_multipart() {
    let server = Server::start().await;
    server.office().await;
    let part = Part::bytes(b"a,b\n".to_vec()).file_name("九月.csv").mime_str("text/csv").unwrap();
    let form = Form::new().text("chat_id", "1").text("caption", "<b>报表</b>").text("parse_mode", "HTML");
    let form = form.text("document", "attach://sheet").part("sheet", part);
    let sent = server.client.post(server.url("sendDocument")).multipart(form).send().await.unwrap();
    let sent: Value = serde_json::from_str(&sent.text().await.unwrap()).unwrap();
    let document = &sent["result"]["document"];
    assert_eq!(document["file_name"], "九月.csv");
    assert_eq!(sent["result"]["caption_entities"][0]["type"], "bold");
    let _: teloxide::types::Message = serde_json::from_str(&sent["result"].to_string()).unwrap();

    let file = server.ok("getFile", json!({"file_id": document["file_id"]})).await;
    let url = format!("http://{}/file/bot{TOKEN}/{}", server.address, file["file_path"].as_str().unwrap());
    assert_eq!(server.client.get(url).send().await.unwrap().text().await.unwrap(), "a,b\n");
    let again = server.ok("sendDocument", json!({"chat_id": 1, "document": document["file_id"]})).await;
    assert_eq!(again["document"]["file_size"], 4);

    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([0, 0, 3, 0, 0, 0, 2, 0]);
    for (bytes, expected) in [(png, "768x512"), (b"text".to_vec(), "Bad Request: IMAGE_PROCESS_FAILED")] {
        let form = Form::new().text("chat_id", "1").part("photo", Part::bytes(bytes).file_name("p.png"));
        let sent = server.client.post(server.url("sendPhoto")).multipart(form).send().await.unwrap();
        let sent: Value = serde_json::from_str(&sent.text().await.unwrap()).unwrap();
        let photo = &sent["result"]["photo"][0];
        let seen = match sent["description"].as_str() {
            Some(why) => why.to_owned(),
            None => format!("{}x{}", photo["width"], photo["height"]),
        };
        assert_eq!(seen, expected);
    }
    let long = json!({"chat_id": 1, "document": document["file_id"], "caption": "字".repeat(1025)});
    assert_eq!(server.refused("sendDocument", long).await, "400 Bad Request: message caption is too long");
    assert_eq!(server.look("ledger").await["sent"][0]["file"], "九月.csv");
}
