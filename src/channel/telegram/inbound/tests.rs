#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};
use teloxide::types::{MaybeInaccessibleMessage, Update, UpdateKind};

use super::*;

fn person() -> Value {
    json!({ "id": 4_503_599_627_370_495_i64, "is_bot": false, "first_name": "某甲" })
}

fn group() -> Value {
    json!({ "id": -1_001_234_567_890_i64, "type": "supergroup", "title": "机关一支部" })
}

fn private() -> Value {
    json!({ "id": 4_503_599_627_370_495_i64, "type": "private", "first_name": "某甲" })
}

fn bot() -> Value {
    json!({ "id": 99, "is_bot": true, "first_name": "清风", "username": "qingfeng_bot" })
}

fn pressed(message: &Value) -> Value {
    json!({ "update_id": 7, "callback_query": {
        "id": "cb-1", "from": person(), "chat_instance": "c", "data": "a1:tag", "message": message
    } })
}

fn wrote(fields: &Value) -> Value {
    let mut message =
        json!({ "message_id": 5, "date": 1_790_000_000, "chat": private(), "from": person(), "text": "/start abc" });
    for (key, value) in fields.as_object().unwrap() {
        message[key] = value.clone();
    }
    json!({ "update_id": 8, "message": message })
}

fn member(status: &str) -> Value {
    let mut member = json!({ "status": status, "user": bot() });
    if status == "kicked" {
        member["until_date"] = json!(0);
    }
    if status == "restricted" {
        member["is_member"] = json!(true);
    }
    member
}

fn joined(chat: &Value, status: &str) -> Value {
    json!({ "update_id": 9, "my_chat_member": {
        "chat": chat, "from": person(), "date": 1_790_000_000,
        "old_chat_member": member("left"), "new_chat_member": member(status)
    } })
}

fn press_of(message_id: &str) -> Inbound {
    Inbound::Press(Press {
        callback_id: "cb-1".into(),
        account: "4503599627370495".into(),
        chat: "-1001234567890".into(),
        place: Place::Group,
        message_id: message_id.into(),
        data: "a1:tag".into(),
    })
}

fn ordinary_press() -> Value {
    pressed(&json!({ "message_id": 31, "date": 1_790_000_000, "chat": group(), "from": bot(), "text": "正文" }))
}

#[test]
fn a_press_names_the_person_the_message_and_the_button() {
    assert_eq!(read(&ordinary_press().to_string()), press_of("31"));
}

#[test]
fn a_press_on_a_message_nobody_can_read_any_more_counts() {
    assert_eq!(read(&pressed(&json!({ "message_id": 31, "date": 0, "chat": group() })).to_string()), press_of("31"));
}

/// The reason why the library's `Update` does not read presses.
#[test]
fn a_press_counts_when_the_message_has_a_shape_the_library_gives_up_on() {
    let message = json!({ "message_id": 31, "date": "tomorrow", "chat": group(), "entities": [{ "type": "future" }] });
    let raw = pressed(&message).to_string();
    assert!(matches!(serde_json::from_str::<Update>(&raw).unwrap().kind, UpdateKind::Error(_)));
    assert_eq!(read(&raw), press_of("31"));
}

#[test]
fn the_library_reads_the_same_from_what_it_can_read() {
    let raw = ordinary_press().to_string();
    let UpdateKind::CallbackQuery(query) = serde_json::from_str::<Update>(&raw).unwrap().kind else { panic!() };
    let Some(MaybeInaccessibleMessage::Regular(message)) = query.message else { panic!() };
    let Inbound::Press(press) = read(&raw) else { panic!() };
    assert_eq!(press.callback_id, query.id.0);
    assert_eq!(press.account, query.from.id.to_string());
    assert_eq!(press.chat, message.chat.id.to_string());
    assert_eq!(press.message_id, message.id.to_string());
    assert_eq!(Some(press.data), query.data);
}

#[rstest]
#[case::private(json!({}), Some((Sender::Person, Place::Private, None)))]
#[case::group(json!({ "chat": group() }), Some((Sender::Person, Place::Group, None)))]
#[case::topic(json!({ "chat": group(), "message_thread_id": 12, "is_topic_message": true }),
    Some((Sender::Person, Place::Group, Some("12"))))]
#[case::reply_thread(json!({ "chat": group(), "message_thread_id": 12 }), Some((Sender::Person, Place::Group, None)))]
#[case::anonymous_admin(json!({ "chat": group(), "sender_chat": group(),
    "from": { "id": 1_087_968_824, "is_bot": true, "first_name": "Group" } }),
    Some((Sender::Anonymous, Place::Group, None)))]
#[case::stand_in_alone(json!({ "chat": group(), "from": { "id": 1_087_968_824, "is_bot": true, "first_name": "Group" } }),
    Some((Sender::Anonymous, Place::Group, None)))]
#[case::as_a_channel(json!({ "chat": group(), "sender_chat": { "id": -1_002, "type": "channel", "title": "x" } }),
    Some((Sender::Anonymous, Place::Group, None)))]
#[case::other_bot(json!({ "chat": group(), "from": bot() }), None)]
#[case::no_text(json!({ "text": null }), None)]
#[case::channel(json!({ "chat": { "id": -1_002, "type": "channel", "title": "x" } }), None)]
#[case::new_kind_of_chat(json!({ "chat": { "id": -1_002, "type": "agora" } }), None)]
fn a_text_says_who_stands_behind_it(#[case] fields: Value, #[case] expected: Option<(Sender, Place, Option<&str>)>) {
    let inbound = read(&wrote(&fields).to_string());
    let said = if let Inbound::Said(said) = &inbound { Some(said) } else { None };
    let seen = said.map(|said| (said.sender, said.place, said.thread.as_deref()));
    assert_eq!(seen, expected);
    assert!(said.is_some() || inbound == Inbound::Other);
    assert!(said.is_none_or(|said| said.text == "/start abc"));
}

#[rstest]
#[case::added(group(), "member", Some(true))]
#[case::made_admin(group(), "administrator", Some(true))]
#[case::silenced(group(), "restricted", Some(true))]
#[case::left(group(), "left", Some(false))]
#[case::kicked(group(), "kicked", Some(false))]
#[case::new_status(group(), "honorary", None)]
#[case::channel(json!({ "id": -1_002, "type": "channel", "title": "x" }), "member", None)]
fn being_in_a_group_is_told(#[case] chat: Value, #[case] status: &str, #[case] inside: Option<bool>) {
    let (chat_id, by) = ("-1001234567890".to_owned(), "4503599627370495".to_owned());
    let expected = match inside {
        Some(true) => Inbound::GroupSeen(GroupSeen { chat: chat_id, title: "机关一支部".into(), by }),
        Some(false) => Inbound::GroupGone(GroupGone { chat: chat_id, by }),
        None => Inbound::Other,
    };
    assert_eq!(read(&joined(&chat, status).to_string()), expected);
}

#[rstest]
#[case("member", true)]
#[case("kicked", false)]
fn opening_and_blocking_the_private_chat_is_told(#[case] status: &str, #[case] can_dm: bool) {
    let expected = Inbound::Reachable(Reachable { account: "4503599627370495".into(), can_dm });
    assert_eq!(read(&joined(&private(), status).to_string()), expected);
}

#[rstest]
#[case::told_in_the_old_chat(json!({ "chat": { "id": -55, "type": "group", "title": "x" }, "text": null,
    "migrate_to_chat_id": -1_001_i64 }))]
#[case::told_in_the_new_chat(json!({ "chat": { "id": -1_001, "type": "supergroup", "title": "x" }, "text": null,
    "migrate_from_chat_id": -55 }))]
fn an_upgraded_group_is_told_by_either_chat(#[case] fields: Value) {
    let expected = Inbound::Migrated(Migrated { from: "-55".into(), to: "-1001".into() });
    assert_eq!(read(&wrote(&fields).to_string()), expected);
}

#[rstest]
#[case::empty("")]
#[case::not_json("<html>")]
#[case::cut(r#"{"update_id":1,"message":{"mess"#)]
#[case::wrong_type(r#"{"update_id":1,"message":7}"#)]
#[case::future(r#"{"update_id":1,"telepathy":{"from":{"id":1}}}"#)]
#[case::list("[1,2]")]
#[case::twice(r#"{"update_id":1,"message":{},"message":{}}"#)]
#[case::game(r#"{"update_id":1,"callback_query":{"id":"1","from":{"id":1},"game_short_name":"g","message":{"message_id":1,"chat":{"id":1,"type":"private"}}}}"#)]
#[case::content_of_the_future(
    r#"{"update_id":1,"message":{"message_id":1,"from":{"id":1},"chat":{"id":1,"type":"private"},"hologram":{}}}"#
)]
#[case::poll_without_the_old_field(
    r#"{"update_id":1,"poll":{"id":"1","question":"?","type":"quiz","correct_option_ids":[0]}}"#
)]
#[case::forged_poll_answer(r#"{"update_id":1,"poll_answer":{"poll_id":"1","option_ids":[0]}}"#)]
fn e11_what_is_not_understood_is_other(#[case] raw: &str) {
    assert_eq!(read(raw), Inbound::Other);
}

#[test]
fn deep_nesting_is_refused_and_does_not_overflow() {
    let raw = format!(r#"{{"update_id":1,"message":{}1{}}}"#, "[".repeat(200_000), "]".repeat(200_000));
    assert_eq!(read(&raw), Inbound::Other);
}

/// The text of an update is kept byte for byte, odd spacing and escapes included.
#[test]
fn the_number_is_taken_out_and_the_text_kept() {
    let text = "{ \"x\" : \"\\u5df2\\ud83d\", \"update_id\":  12 }";
    let update = number(serde_json::from_str(text).unwrap()).unwrap();
    assert_eq!(update, RawUpdate { event_id: "12".into(), id: 12, raw: text.into() });
    assert_eq!(number(serde_json::from_str("{\"x\":1}").unwrap()), None);
}

fn samples() -> Vec<String> {
    let group_text = wrote(&json!({ "chat": group() }));
    [ordinary_press(), group_text, joined(&group(), "member")].iter().map(Value::to_string).collect()
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(raw in ".*") {
        read(&raw);
    }

    #[test]
    fn no_damaged_update_makes_it_panic_or_change_the_person(
        sample in 0..3_usize,
        at in any::<prop::sample::Index>(),
        cut in 0..6_usize,
        patch in "[0-9a-z{}\\[\\]\":,.\\-é]{0,4}",
    ) {
        let good = samples().swap_remove(sample);
        let chars: Vec<char> = good.chars().collect();
        let at = at.index(chars.len());
        let rest = chars.iter().skip(at + cut);
        let damaged: String = chars.iter().take(at).copied().chain(patch.chars()).chain(rest.copied()).collect();
        if let (Inbound::Press(before), Inbound::Press(after)) = (read(&good), read(&damaged)) {
            // Whoever is named is named by `from` in the damaged text itself, never by the button.
            let value: Value = serde_json::from_str(&damaged).unwrap();
            prop_assert_eq!(after.account, value["callback_query"]["from"]["id"].to_string());
            prop_assert_eq!(before.account, "4503599627370495");
        }
    }
}

#[rstest]
#[case::in_private(private(), Place::Private)]
#[case::in_a_group(group(), Place::Group)]
fn a_file_is_known_as_one_and_its_caption_is_nobody_s_word(#[case] chat: Value, #[case] place: Place) {
    let update = wrote(&json!({
        "chat": chat, "text": null, "caption": "花名册 /people",
        "document": { "file_id": "f", "file_unique_id": "u", "file_name": "花名册.xlsx" }
    }));
    let filed =
        Filed { account: "4503599627370495".into(), sender: Sender::Person, chat: chat["id"].to_string(), place };
    assert_eq!(read(&update.to_string()), Inbound::Filed(filed));
}
