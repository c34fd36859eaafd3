//! Chats: who added the bot, who stands for the chat, and the first word in it.

use qingfeng::domain::schedule::{LATE_MINUTES, Missed, Rule, Terms};
use qingfeng::jobs::strangers;
use qingfeng::office;
use qingfeng::office::schedule;
use serde_json::{Value, json};

use super::{ADMIN, OTHER_ADMIN, STRANGER, staffed};
use crate::db::databases;
use crate::world::{OPERATOR, STUDY, World};

/// A chat that nobody linked.
const DINNER: i64 = -2001;

/// What the bot says first where no weekday can be named.
const WELCOME: &str = "大家好，这里会推送廉政小知识，节前发一次提醒。小知识自愿阅读，点“已阅”即可，不点也不会被催。\
                       首次使用请私聊绑定，约一分钟。意见请发 /feedback。";

impl World {
    /// Someone founds a chat with the bot in it.
    async fn found(&mut self, chat: i64, title: &str, by: i64) {
        let new = json!({"id": chat, "kind": "supergroup", "title": title, "members": [by, 3], "bot": "member"});
        self.server.order("chats", new).await;
        self.poll().await;
    }

    /// Where the bot stands in a chat, by the platform's word.
    async fn standing(&self, chat: i64) -> String {
        let chats = self.server.look("chats").await;
        let chat = chats["chats"].as_array().unwrap().iter().find(|found| found["id"] == chat).unwrap().clone();
        chat["bot"].as_str().unwrap_or_default().to_owned()
    }

    async fn group(&self, chat: i64) -> office::group::Listed {
        let groups = office::group::list(&self.ctx(), &OPERATOR).await.unwrap();
        groups.into_iter().find(|listed| listed.group.external_id == chat.to_string()).unwrap()
    }

    async fn depart(&mut self) {
        Box::pin(strangers::step(&self.ctx(), &self.line())).await.unwrap();
        self.poll().await;
    }

    async fn link(&self, chat: i64, units: &[&str]) {
        let units: Vec<String> = units.iter().map(|unit| (*unit).to_owned()).collect();
        office::group::link(&self.ctx(), &OPERATOR, &chat.to_string(), &units).await.unwrap();
    }
}

fn texts(sent: &[Value]) -> Vec<&str> {
    sent.iter().map(|sent| sent["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_bot_stays_mute_in_a_strange_chat_and_leaves_after_three_workdays() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        office.found(DINNER, "吃饭群", STRANGER).await;
        office.work().await;
        for admin in [ADMIN, OTHER_ADMIN] {
            assert_eq!(
                office.told(admin).await,
                "【管理员】有人把机器人拉进了“吃饭群”。它在群里不说话。是本单位的群请点“是我们的群”；\
                 不是的请点“退出”，不点的话9月4日17:30自动退出。",
                "{label}"
            );
        }
        // A change of its rights is no second coming.
        office.server.order("bot", json!({"chat": DINNER, "standing": "administrator", "by": STRANGER})).await;
        office.poll().await;
        office.work().await;
        assert_eq!(office.entries("alert_raise").await, 3, "{label}: two chats of before, and this one");
        // Whoever is no admin of the office decides nothing, whatever they are in the chat.
        let data = office.data(ADMIN, "退出").await;
        office.bind(3).await;
        for user in [STRANGER, 3] {
            office.say(user, "/start").await;
            let refused = office.forge(user, user, &data).await;
            assert_eq!(refused, "这个按钮由管理员使用，没有改动。", "{label}");
        }
        office.at(4, 17, 29).await;
        office.depart().await;
        assert_eq!(office.standing(DINNER).await, "administrator", "{label}");
        office.at(4, 17, 30).await;
        office.depart().await;
        assert_eq!(office.standing(DINNER).await, "left", "{label}");
        let group = office.group(DINNER).await.group;
        assert_eq!((group.state.as_str(), group.reason.unwrap().as_str()), ("gone", "left"), "{label}");
        assert!(office.sent(DINNER).await.is_empty(), "{label}");
        assert_eq!(office.tap_answer(ADMIN, "是我们的群").await, "机器人已经不在这个群里了。无需处理。", "{label}");
        assert!(office.verified().await, "{label}");
    }
}

impl World {
    /// A person taps a button of the newest message in their private chat; the answer shown at once.
    async fn tap_answer(&mut self, user: i64, label: &str) -> String {
        let data = self.data(user, label).await;
        self.forge(user, user, &data).await
    }
}

#[tokio::test]
async fn an_admin_sends_the_bot_out_at_once() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        office.found(DINNER, "吃饭群", STRANGER).await;
        office.work().await;
        // The platform does not answer at first; what was decided is done by the next look.
        office.server.order("faults", json!({"method": "leaveChat", "fault": {"kind": "error", "code": 500}})).await;
        assert_eq!(office.tap_answer(ADMIN, "退出").await, "这就退出这个群。无需处理。", "{label}");
        assert_eq!(office.standing(DINNER).await, "member", "{label}");
        office.depart().await;
        assert_eq!(office.standing(DINNER).await, "left", "{label}");
        assert_eq!(office.tap_answer(OTHER_ADMIN, "退出").await, "机器人已经不在这个群里了。无需处理。", "{label}");
        // It comes back on the same day: the question of the morning stands, and its buttons work.
        office.server.order("bot", json!({"chat": DINNER, "standing": "member", "by": STRANGER})).await;
        office.later(60).await;
        office.poll().await;
        office.work().await;
        assert_eq!(office.group(DINNER).await.group.state.as_str(), "unlinked", "{label}");
        let asked = office.sent(OTHER_ADMIN).await;
        assert_eq!(texts(&asked).iter().filter(|text| text.contains("吃饭群")).count(), 1, "{label}");
        // Deleted meanwhile: the platform knows no such chat any more.
        let gone = json!({"method": "leaveChat", "fault": {"kind": "refused", "why": "deleted"}});
        office.server.order("faults", gone).await;
        office.at(9, 9, 0).await;
        office.depart().await;
        assert_eq!(office.group(DINNER).await.group.state.as_str(), "gone", "{label}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn a_chat_that_was_linked_meanwhile_stays_and_the_later_admin_is_told() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        office.found(DINNER, "规划群", STRANGER).await;
        office.work().await;
        office.link(DINNER, &["规划科"]).await;
        let told = "这个群已经关联好了，面向：管委会/规划科。无需处理。";
        assert_eq!(office.tap_answer(ADMIN, "退出").await, told, "{label}");
        assert_eq!(office.tap_answer(OTHER_ADMIN, "是我们的群").await, told, "{label}");
        office.at(9, 9, 0).await;
        office.depart().await;
        assert_eq!(office.standing(DINNER).await, "member", "{label}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn an_admin_who_joins_later_is_told_of_a_chat_that_waits() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let stranger = json!([{"id": STRANGER, "first_name": "乙14", "started": true}]);
        office.server.order("people", json!({ "people": stranger })).await;
        office.found(DINNER, "吃饭群", STRANGER).await;
        office.bind(ADMIN).await;
        office::role::grant(&office.ctx(), &OPERATOR, "S01", qingfeng::domain::policy::Role::Admin).await.unwrap();
        office.depart().await;
        office.work().await;
        assert!(office.told(ADMIN).await.contains("有人把机器人拉进了“吃饭群”"), "{label}");
        office.depart().await;
        office.later(2).await;
        office.work().await;
        let sent = office.sent(ADMIN).await;
        assert_eq!(texts(&sent).iter().filter(|text| text.contains("吃饭群")).count(), 1, "{label}");
    }
}

#[tokio::test]
async fn the_first_word_in_a_chat_is_said_once_inside_the_hours_and_counts_for_nothing() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        office.at(1, 12, 0).await;
        office.found(DINNER, "规划群", STRANGER).await;
        office.link(DINNER, &["规划科"]).await;
        office.work().await;
        assert!(office.sent(DINNER).await.is_empty(), "{label}: it is lunch time");
        office.at(1, 14, 30).await;
        office.work().await;
        assert_eq!(texts(&office.sent(DINNER).await), [WELCOME], "{label}");
        // Linked anew, sent out and taken in again: nothing is said twice.
        office.link(DINNER, &["规划科", "综合科"]).await;
        office.server.order("bot", json!({"chat": DINNER, "standing": "left", "by": STRANGER})).await;
        office.server.order("bot", json!({"chat": DINNER, "standing": "member", "by": STRANGER})).await;
        office.poll().await;
        office.link(DINNER, &["规划科"]).await;
        office.later(3600).await;
        office.work().await;
        assert_eq!(office.sent(DINNER).await.len(), 1, "{label}");
        assert_eq!(office.entries("group_welcome").await, 1, "{label}");
        let report = office.report().await;
        assert_eq!((report["pushes"].as_array().unwrap().len(), &report["relayed"]), (0, &json!(0)), "{label}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn the_first_word_names_the_weekday_and_a_doubtful_one_is_not_repeated() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        office.found(DINNER, "规划群", STRANGER).await;
        for (name, rule) in [("小知识", "cron 30 9 * * 3"), ("节前", "before-festival all 3 0 09:30")] {
            let rule = Rule::parse(rule).unwrap();
            let new = schedule::New {
                name: name.to_owned(),
                terms: Terms::every_day(rule),
                missed: Missed::Late,
                max_late: LATE_MINUTES,
                groups: vec![STUDY.to_string()],
                pool: qingfeng::domain::rotation::Pool::Voluntary,
                confirm: None,
                deadline: None,
            };
            schedule::add(&office.ctx(), &OPERATOR, &new).await.unwrap();
        }
        office.behind_its_back("UPDATE chat_group SET welcomed_at = NULL WHERE external_id = '-1001'".to_owned()).await;
        office.link(STUDY, &["综合科", "规划科"]).await;
        office.link(DINNER, &["规划科"]).await;
        // The call to the second chat breaks off after the platform took it.
        let fault = json!({"method": "sendMessage", "chat": DINNER, "fault": {"kind": "reset", "accept": true}});
        office.server.order("faults", fault).await;
        office.work().await;
        let said = WELCOME.replacen("会推送廉政小知识", "每周三推送一条廉政小知识", 1);
        assert_eq!(texts(&office.sent(STUDY).await), [said.as_str()], "{label}");
        assert_eq!(texts(&office.sent(DINNER).await), [WELCOME], "{label}");
        assert!(office.group(DINNER).await.group.welcomed_at.is_none(), "{label}");
        office.later(120).await;
        office.work().await;
        office.link(DINNER, &["规划科"]).await;
        office.later(120).await;
        office.work().await;
        assert_eq!(office.sent(DINNER).await.len(), 1, "{label}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn a_press_in_an_unlinked_chat_counts_for_its_person_alone() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        office.bind(3).await;
        office.push_now(None).await;
        office.work().await;
        office.found(DINNER, "吃饭群", STRANGER).await;
        // It was linked for a time: there is a message of ours to press on.
        office.link(DINNER, &["企业科"]).await;
        office.later(2).await;
        office.work().await;
        let said = office.newest(DINNER).await.parse::<i64>().unwrap();
        office.behind_its_back("UPDATE chat_group SET state = 'unlinked' WHERE external_id = '-2001'".to_owned()).await;
        let press = async |office: &mut World, user: i64, data: &str| {
            let press = json!({"user": user, "chat": DINNER, "message_id": said, "data": data});
            office.server.order("press", json!({ "presses": [press] })).await;
            office.poll().await;
            let ledger = office.server.look("ledger").await;
            ledger["pressed"].as_array().unwrap().last().unwrap()["answered"]["text"].as_str().unwrap_or("").to_owned()
        };
        assert!(press(&mut office, STRANGER, "1a1.000000000000").await.starts_with("这个按钮已经失效"), "{label}");
        let ack = office.sent(STUDY).await.pop().unwrap()["buttons"][0][0]["data"].as_str().unwrap().to_owned();
        assert!(press(&mut office, STRANGER, &ack).await.starts_with("已收到您的点击。还差一步"), "{label}");
        assert!(press(&mut office, 3, &ack).await.starts_with("已记录（"), "{label}");
        assert_eq!(office.report().await["pushes"][0]["acked"], 1, "{label}");
        assert_eq!(office.sent(DINNER).await.len(), 1, "{label}: not a word more in that chat");
        assert!(office.verified().await, "{label}");
    }
}
