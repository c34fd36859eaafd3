//! Names, posts and phones never leave the machine: an office whose people carry marks does everything that makes the bot
//! speak, and nothing that went out has one.

use qingfeng::channel::{Address, Style};
use qingfeng::domain::personal::Personal;
use qingfeng::domain::policy::Role;
use qingfeng::domain::roster::{self, Stated};
use qingfeng::domain::setting::Key;
use qingfeng::domain::word::Confirm;
use qingfeng::message::outgoing::Outgoing;
use qingfeng::office::push::{Now, NowTarget};
use qingfeng::office::roster::Mode;
use qingfeng::office::{self, Refusal};
use serde_json::{Value, json};

use crate::db::{TestDb, databases};
use crate::people_chat::screen;
use crate::world::{OPERATOR, STUDY, World};

/// Stands in every name after its first character, which may be shown.
const NAME_MARK: char = '㛃';
/// Stands in every post.
const POST_MARK: &str = "标记职务";
/// Stands in the phone that somebody tries to print.
const PHONE_MARK: &str = "13812345678";

/// The office of `World`, each of its people with a marked name and post.
async fn marked(db: TestDb) -> World {
    let office = World::new(db).await;
    let unit = |n: usize| match n {
        1..=5 => "管委会/综合科",
        6..=10 => "管委会/规划科",
        _ => "管委会/企业科",
    };
    let row = |n: usize| format!("S{n:02},白{NAME_MARK}{n},{},,{POST_MARK},公职人员,\n", unit(n));
    let sheet: String =
        std::iter::once("工号,姓名,单位,支部,职务,类别,顺序\n".to_owned()).chain((1..=12).map(row)).collect();
    let people = roster::parse(&qingfeng::render::sheet::read(sheet.as_bytes()).unwrap()).unwrap();
    let stated = Stated { renaming: Some(12), ..Stated::default() };
    let ctx = office.ctx();
    let taken = office::roster::import_stated(&ctx, &OPERATOR, (&people, &stated), Mode::Apply);
    Box::pin(taken).await.unwrap();
    office
}

/// Everything that went out and carries a mark: messages with their edits, buttons, captions and file names, and what
/// presses were answered with.
async fn leaks(office: &World) -> Vec<String> {
    let ledger = office.server.look("ledger").await;
    let answers = ledger["pressed"].as_array().unwrap().iter().map(|press| &press["answered"]);
    let all: Vec<&Value> = ledger["sent"].as_array().unwrap().iter().chain(answers).collect();
    assert!(!all.is_empty());
    let texts = all.into_iter().map(Value::to_string);
    texts.filter(|text| text.contains(NAME_MARK) || text.contains(POST_MARK) || text.contains(PHONE_MARK)).collect()
}

/// What people write to the bot in private, whoever they are.
const SAYINGS: [&str; 16] = [
    "/start",
    "/privacy",
    "/mydata",
    "/feedback 太长了",
    "/help",
    "/people",
    "/me",
    "/today",
    "/find 收礼",
    "/plan",
    "/push",
    "/session",
    "/report",
    "/status",
    "AAAA-AAAA",
    "谢谢",
];

/// Presses every button of the newest message in a private chat, each from a fresh start of the command.
async fn every_button(office: &mut World, user: i64, command: &str) -> usize {
    office.say(user, command).await;
    let labels = buttons(office, user).await;
    for label in &labels {
        office.say(user, command).await;
        let message = office.newest(user).await;
        if buttons(office, user).await.contains(label) {
            office.press(user, user, &message, label).await;
        }
        // One step further in.
        for inner in buttons(office, user).await {
            let message = office.newest(user).await;
            if buttons(office, user).await.contains(&inner) {
                office.press(user, user, &message, &inner).await;
            }
        }
    }
    labels.len()
}

/// As they stand now: a question is changed in place.
async fn buttons(office: &World, user: i64) -> Vec<String> {
    let all = screen(office, user).await.rows.into_iter().flatten();
    all.filter(|(_, data)| !data.is_empty()).map(|(label, _)| label).collect()
}

/// Joining, with everything that can go wrong, and what people may ask; user 1 becomes an admin.
async fn join(office: &mut World) {
    for user in 1..=3 {
        assert!(office.bind(user).await.starts_with("绑定好了"));
    }
    office::role::grant(&office.ctx(), &OPERATOR, "S01", Role::Admin).await.unwrap();
    let code = office.invite(4).await;
    let question = office.say(4, &code).await;
    assert!(question.contains("白*"), "{question}");
    let message = office.newest(4).await;
    office.press(4, 4, &message, "不是我").await;
    let spent = office.invite(5).await;
    office.say(5, &spent).await;
    let message = office.newest(5).await;
    office.press(5, 5, &message, "是我，绑定").await;
    office.say(6, &spent).await;
    for saying in SAYINGS {
        for user in [1, 2, 7] {
            office.say(user, saying).await;
        }
    }
    assert!(office.say(2, "/mydata").await.contains("白*"));
    every_button(office, 1, "/people").await;
    every_button(office, 2, "/people").await;
    every_button(office, 2, "/me").await;
}

/// Pushes to groups and people, presses of every standing, doubts, messages passed on by hand, chats that break.
async fn push(office: &mut World) {
    let ctx = office.ctx();
    let units = ["企业科"].map(str::to_owned);
    let relay = office::relay::add(&ctx, &OPERATOR, "机关微信群", &units).await.unwrap().group.id;
    let groups = NowTarget::Groups(vec![STUDY.to_string(), relay.to_string()]);
    let order = Now { target: groups, confirm: Some(Confirm::Required), ..World::by_hand() };
    let push = office::push::now(&ctx, &OPERATOR, &order).await.unwrap().shown.push.id;
    for _ in 0..3 {
        office.work().await;
        office.later(20).await;
    }
    let copy = office.newest(STUDY).await;
    for user in [1, 2, 2, 3, 8] {
        office.press(user, STUDY, &copy, "已阅").await;
        office.press(user, STUDY, &copy, "看原文").await;
    }
    for user in [1, 2, 8] {
        office.say(user, "已阅").await;
    }
    for label in buttons(office, 1).await {
        let message = office.newest(1).await;
        office.press(1, 1, &message, &label).await;
    }
    assert!(!office::report::missing(&ctx, &OPERATOR, push).await.unwrap().is_empty());
    // A private message in doubt: the admins are told of whom.
    let fault = json!({"kind": "reset", "accept": true});
    office.server.order("faults", json!({"method": "sendMessage", "chat": 2, "times": 1, "fault": fault})).await;
    let private = Now { target: NowTarget::Private(vec!["S02".to_owned()]), ..World::by_hand() };
    office::push::now(&ctx, &OPERATOR, &private).await.unwrap();
    for _ in 0..5 {
        office.work().await;
        office.later(90).await;
    }
    let told = office.sent(1).await.iter().any(|sent| sent["text"].as_str().unwrap().contains("白*（工号尾号02）"));
    assert!(told, "the admin is told of the doubt");
    office::push::levers::recall(&ctx, &OPERATOR, push, "内容有误").await.unwrap();
    office.work().await;
}

#[tokio::test]
async fn no_mark_of_a_person_ever_goes_out() {
    for db in databases().await {
        let label = db.label;
        let mut office = marked(db).await;
        Box::pin(join(&mut office)).await;
        Box::pin(push(&mut office)).await;
        assert_eq!(leaks(&office).await, Vec::<String>::new(), "{label}");
        // The search finds what it looks for.
        let people = office::staff::list(&office.ctx(), &OPERATOR).await.unwrap();
        assert!(people.iter().all(|listed| listed.person.name.contains(NAME_MARK) && listed.person.post == POST_MARK));
        let to = Address { chat: "2".to_owned(), thread: None };
        for (place, text) in [people[1].person.name.as_str(), POST_MARK, PHONE_MARK].into_iter().enumerate() {
            let leak = Outgoing { text: qingfeng::domain::rich::Rich::plain(text), buttons: Vec::new() };
            office.line().channel.send(&to, &leak, Style::Styled).await.unwrap();
            assert_eq!(leaks(&office).await.len(), place + 1, "{label}: {text}");
        }
        assert!(office.verified().await, "{label}");
    }
}

/// Whom to ask stands in many messages, so it names an office and no person.
#[tokio::test]
async fn a_text_of_the_office_that_would_tell_of_a_person_is_refused() {
    for db in databases().await {
        let label = db.label;
        let mut office = marked(db).await;
        let ctx = office.ctx();
        let name = format!("白{NAME_MARK}7");
        for (key, value, expected) in [
            (Key::OfficeContact, format!("机关党委办公室{name}"), Personal::Name),
            (Key::OfficeContact, format!("联系 白 {NAME_MARK}7"), Personal::Name),
            (Key::OfficeName, name.clone(), Personal::Name),
            (Key::OfficeHotline, format!("{name}，内线8000"), Personal::Name),
            (Key::OfficeContact, format!("机关党委办公室（{PHONE_MARK}）"), Personal::Mobile),
            (Key::OfficeContact, "机关党委办公室１３８-1234 5678".to_owned(), Personal::Mobile),
        ] {
            let came = office::setting::set(&ctx, &OPERATOR, key.as_str(), &value).await;
            assert!(
                matches!(&came, Err(Refusal::SettingPersonal { key: at, what }) if *at == key && *what == expected),
                "{label}: {value}: {came:?}"
            );
        }
        // An office's own numbers are none of a person's.
        for (key, value) in
            [(Key::OfficeContact, "机关党委办公室（0571-88001111转8000）"), (Key::OfficeHotline, "12388")]
        {
            office::setting::set(&ctx, &OPERATOR, key.as_str(), value).await.unwrap();
        }
        assert!(office.say(7, "/privacy").await.contains("0571-88001111转8000"), "{label}");
        assert!(office.verified().await, "{label}");
    }
}
