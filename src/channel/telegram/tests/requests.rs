//! What goes over the wire, and what comes back, method by method.

use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use super::*;

async fn answering(result: Value) -> (MockServer, Telegram) {
    let server = MockServer::start().await;
    let body = json!({ "ok": true, "result": result });
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(&server).await;
    let bot = patient_bot(&server.uri());
    (server, bot)
}

/// The only request a server got: its path with the token masked, and its body.
async fn request(server: &MockServer) -> String {
    let requests = server.received_requests().await.unwrap();
    let [request] = requests.as_slice() else { panic!("{} requests", requests.len()) };
    let path = request.url.path().replace(TOKEN, "TOKEN");
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(request.headers["content-type"], "application/json");
    format!("{path}\n{body:#}")
}

#[tokio::test]
async fn get_me() {
    let me = json!({ "id": 123_456, "is_bot": true, "first_name": "清风", "username": "qingfeng_bot", "can_join_groups": true });
    let (server, bot) = answering(me).await;
    let expected = Me { id: "123456".into(), username: "qingfeng_bot".into(), can_join_groups: true };
    assert_eq!(bot.get_me().await, Ok(expected));
    insta::assert_snapshot!(request(&server).await, @r#"
    /botTOKEN/getMe
    {}
    "#);
}

#[tokio::test]
async fn send_in_markup() {
    let (server, bot) = answering(json!({ "message_id": 4711, "date": 0, "chat": {} })).await;
    let receipt = bot.send(&group(), &item(), Style::Styled).await;
    assert_eq!(receipt, Ok(Receipt { message_id: "4711".into() }));
    insta::assert_snapshot!(request(&server).await, @r#"
    /botTOKEN/sendMessage
    {
      "chat_id": -1001234567890,
      "link_preview_options": {
        "is_disabled": true
      },
      "parse_mode": "HTML",
      "reply_markup": {
        "inline_keyboard": [
          [
            {
              "callback_data": "a1:7Qx",
              "text": "已阅"
            },
            {
              "text": "去绑定",
              "url": "https://t.me/qingfeng_bot?start=abc"
            }
          ]
        ]
      },
      "text": "<b>【廉政小知识】礼品 &amp; 礼金</b>\n\n记住：1 &lt; 2"
    }
    "#);
}

#[tokio::test]
async fn send_words_alone_to_a_topic() {
    let (server, bot) = answering(json!({ "message_id": 1 })).await;
    let to = Address { thread: Some("12".into()), ..group() };
    let what = Outgoing { buttons: Vec::new(), ..item() };
    bot.send(&to, &what, Style::Plain).await.unwrap();
    insta::assert_snapshot!(request(&server).await, @r#"
    /botTOKEN/sendMessage
    {
      "chat_id": -1001234567890,
      "link_preview_options": {
        "is_disabled": true
      },
      "message_thread_id": 12,
      "text": "【廉政小知识】礼品 & 礼金\n\n记住：1 < 2"
    }
    "#);
}

#[tokio::test]
async fn the_general_topic_is_left_out() {
    let (server, bot) = answering(json!({ "message_id": 1 })).await;
    let to = Address { thread: Some("1".into()), ..group() };
    bot.send(&to, &Outgoing::default(), Style::Plain).await.unwrap();
    assert!(!request(&server).await.contains("message_thread_id"));
}

#[tokio::test]
async fn edit() {
    let (server, bot) = answering(json!({ "message_id": 4711 })).await;
    assert_eq!(bot.edit(&group(), "4711", &item()).await, Ok(Edited::Changed));
    insta::assert_snapshot!(request(&server).await, @r#"
    /botTOKEN/editMessageText
    {
      "chat_id": -1001234567890,
      "link_preview_options": {
        "is_disabled": true
      },
      "message_id": 4711,
      "parse_mode": "HTML",
      "reply_markup": {
        "inline_keyboard": [
          [
            {
              "callback_data": "a1:7Qx",
              "text": "已阅"
            },
            {
              "text": "去绑定",
              "url": "https://t.me/qingfeng_bot?start=abc"
            }
          ]
        ]
      },
      "text": "<b>【廉政小知识】礼品 &amp; 礼金</b>\n\n记住：1 &lt; 2"
    }
    "#);
}

#[tokio::test]
async fn answer_with_a_toast() {
    let (server, bot) = answering(json!(true)).await;
    assert_eq!(bot.answer("cb-1", &toast()).await, Ok(Answered::Shown));
    insta::assert_snapshot!(request(&server).await, @r#"
    /botTOKEN/answerCallbackQuery
    {
      "callback_query_id": "cb-1",
      "text": "已记录（11月25日09:41），谢谢。"
    }
    "#);
}

#[tokio::test]
async fn answer_with_an_alert_or_an_address() {
    let (server, bot) = answering(json!(true)).await;
    let open = Some("https://t.me/qingfeng_bot?start=b".to_owned());
    let answer = Answer { text: String::new(), emphasis: Emphasis::Alert, open };
    bot.answer("cb-1", &answer).await.unwrap();
    insta::assert_snapshot!(request(&server).await, @r#"
    /botTOKEN/answerCallbackQuery
    {
      "callback_query_id": "cb-1",
      "show_alert": true,
      "url": "https://t.me/qingfeng_bot?start=b"
    }
    "#);
}

#[tokio::test]
async fn delete() {
    let (server, bot) = answering(json!(true)).await;
    assert_eq!(bot.delete(&group(), "4711").await, Ok(Deleted::Done));
    insta::assert_snapshot!(request(&server).await, @r#"
    /botTOKEN/deleteMessage
    {
      "chat_id": -1001234567890,
      "message_id": 4711
    }
    "#);
}

#[tokio::test]
async fn set_my_commands_for_one_chat() {
    let (server, bot) = answering(json!(true)).await;
    let commands = [Command { name: "today".into(), description: "今天的廉政小知识".into() }];
    bot.set_my_commands(&CommandScope::Chat("77".into()), &commands).await.unwrap();
    insta::assert_snapshot!(request(&server).await, @r#"
    /botTOKEN/setMyCommands
    {
      "commands": [
        {
          "command": "today",
          "description": "今天的廉政小知识"
        }
      ],
      "scope": {
        "chat_id": 77,
        "type": "chat"
      }
    }
    "#);
}

#[rstest::rstest]
#[case(CommandScope::AllPrivate, "all_private_chats")]
#[case(CommandScope::AllGroups, "all_group_chats")]
#[tokio::test]
async fn set_my_commands_for_many_chats(#[case] scope: CommandScope, #[case] expected: &str) {
    let (server, bot) = answering(json!(true)).await;
    bot.set_my_commands(&scope, &[]).await.unwrap();
    assert!(request(&server).await.contains(&format!("\"type\": \"{expected}\"")));
}

#[tokio::test]
async fn leave_chat() {
    let (server, bot) = answering(json!(true)).await;
    bot.leave_chat("-1001234567890").await.unwrap();
    insta::assert_snapshot!(request(&server).await, @r#"
    /botTOKEN/leaveChat
    {
      "chat_id": -1001234567890
    }
    "#);
}

#[tokio::test]
async fn delete_webhook_keeps_what_is_waiting() {
    let (server, bot) = answering(json!(true)).await;
    bot.delete_webhook().await.unwrap();
    insta::assert_snapshot!(request(&server).await, @r#"
    /botTOKEN/deleteWebhook
    {
      "drop_pending_updates": false
    }
    "#);
}

#[tokio::test]
async fn send_document() {
    let (server, bot) = answering(json!({ "message_id": 9 })).await;
    let document =
        Document { file_name: "9月参与情况.csv".into(), bytes: "工号,姓名\r\n".as_bytes().to_vec() };
    let to = Address { thread: Some("12".into()), ..group() };
    assert_eq!(bot.send_document(&to, &document).await, Ok(Receipt { message_id: "9".into() }));
    let requests = server.received_requests().await.unwrap();
    let kind = requests[0].headers["content-type"].to_str().unwrap();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    let body = String::from_utf8(requests[0].body.clone()).unwrap().replace(boundary, "BOUNDARY").replace('\r', "");
    insta::assert_snapshot!(body, @r#"
    --BOUNDARY
    Content-Disposition: form-data; name="chat_id"

    -1001234567890
    --BOUNDARY
    Content-Disposition: form-data; name="message_thread_id"

    12
    --BOUNDARY
    Content-Disposition: form-data; name="document"; filename="9月参与情况.csv"

    工号,姓名

    --BOUNDARY--
    "#);
}

#[tokio::test]
async fn get_updates_names_the_offset_and_the_kinds() {
    let (server, bot) = answering(json!([])).await;
    let batch = bot.get_updates(Some(5_000_000_000), Duration::from_secs(50), Some(inbound::WANTED)).await;
    assert_eq!(batch, Ok(vec![]));
    insta::assert_snapshot!(request(&server).await, @r#"
    /botTOKEN/getUpdates
    {
      "allowed_updates": [
        "message",
        "callback_query",
        "my_chat_member"
      ],
      "offset": 5000000000,
      "timeout": 50
    }
    "#);
}

#[tokio::test]
async fn get_updates_says_nothing_it_need_not() {
    let (server, bot) = answering(json!([])).await;
    bot.get_updates(None, Duration::ZERO, None).await.unwrap();
    insta::assert_snapshot!(request(&server).await, @r#"
    /botTOKEN/getUpdates
    {
      "timeout": 0
    }
    "#);
}

/// One update of an unknown shape costs neither itself nor the others; the texts are kept as they came.
#[tokio::test]
async fn get_updates_keeps_odd_updates_and_their_exact_text() {
    let server = MockServer::start().await;
    let odd = r#"{ "update_id" : 3, "poll_answer": {"poll_id":"1","option_ids":[]},  "new": [1.50, "\u5df2"] }"#;
    let body = format!(r#"{{"ok":true,"result":[{odd},{{"no":"number"}},7,{{"update_id":4}}]}}"#);
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200).set_body_string(body)).mount(&server).await;
    let batch = patient_bot(&server.uri()).get_updates(None, Duration::ZERO, None).await.unwrap();
    let expected = [
        RawUpdate { event_id: "3".into(), id: 3, raw: odd.into() },
        RawUpdate { event_id: "4".into(), id: 4, raw: r#"{"update_id":4}"#.into() },
    ];
    assert_eq!(batch, expected);
}

#[tokio::test]
async fn a_path_prefix_of_the_api_address_is_kept() {
    let (server, _) = answering(json!(true)).await;
    patient_bot(&format!("{}/relay/", server.uri())).leave_chat("1").await.unwrap();
    assert!(request(&server).await.starts_with("/relay/botTOKEN/leaveChat\n"));
}

/// What cannot be asked is refused before the network, and would be refused again: it must not be repeated.
#[rstest::rstest]
#[case::chat(Address { chat: "@group".into(), thread: None }, vec![])]
#[case::topic(Address { chat: "1".into(), thread: Some("x".into()) }, vec![])]
#[case::button(group(), vec![vec![Button::Open { label: "x".into(), url: "t.me/secret-code".into() }]])]
#[tokio::test]
async fn malformed_requests_never_leave(#[case] to: Address, #[case] buttons: Vec<Vec<Button>>) {
    let (server, bot) = answering(json!({ "message_id": 1 })).await;
    let error = bot.send(&to, &Outgoing { buttons, ..item() }, Style::Styled).await.unwrap_err();
    assert!(matches!(&error, SendError::Refused(Refusal { kind: RefusalKind::Malformed, .. })), "{error:?}");
    assert!(!error.to_string().contains("secret-code"));
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn set_webhook_names_everything_and_drops_nothing() {
    let (server, bot) = answering(json!(true)).await;
    let secret = "Ab-_9".to_owned().into();
    let url = "https://office.example/hook/telegram";
    let hook = Webhook { url, secret: &secret, allowed_updates: inbound::WANTED, max_connections: 100 };
    bot.set_webhook(&hook).await.unwrap();
    assert!(!format!("{hook:?}").contains("Ab-_9"), "the secret is not printed");
    insta::assert_snapshot!(request(&server).await, @r#"
    /botTOKEN/setWebhook
    {
      "allowed_updates": [
        "message",
        "callback_query",
        "my_chat_member"
      ],
      "max_connections": 100,
      "secret_token": "Ab-_9",
      "url": "https://office.example/hook/telegram"
    }
    "#);
}

#[tokio::test]
async fn webhook_info() {
    let result = json!({
        "url": "https://office.example/hook/telegram", "has_custom_certificate": false, "pending_update_count": 7,
        "max_connections": 40, "ip_address": "192.0.2.1", "last_error_date": 1_788_226_200,
        "last_error_message": "Wrong response from the webhook: 503 Service Unavailable",
    });
    let (server, bot) = answering(result).await;
    let info = bot.webhook_info().await.unwrap();
    let words = "Wrong response from the webhook: 503 Service Unavailable";
    let expected = WebhookInfo {
        url: "https://office.example/hook/telegram".into(),
        pending_update_count: 7,
        max_connections: Some(40),
        allowed_updates: None,
        last_error_date: Some(1_788_226_200),
        last_error_message: Some(words.into()),
    };
    assert_eq!(info, expected);
    insta::assert_snapshot!(request(&server).await, @"
    /botTOKEN/getWebhookInfo
    {}
    ");
}
