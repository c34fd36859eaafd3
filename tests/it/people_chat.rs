//! Conversations in the private chat: `/people` of an admin, `/me` of a person. They live in the database, survive a restart,
//! end by themselves, and no button does a thing twice.

use qingfeng::domain::audit::Action;
use qingfeng::domain::policy::Role;
use qingfeng::office;
use serde_json::{Value, json};

use crate::db::{TestDb, databases};
use crate::world::{OPERATOR, World};

mod branches;
mod buttons;
mod me;

/// A message of the bot as it stands now, edits included.
pub(crate) struct Screen {
    pub(crate) id: String,
    pub(crate) text: String,
    /// Label and data, row by row.
    pub(crate) rows: Vec<Vec<(String, String)>>,
}

impl Screen {
    /// As people see it.
    pub(crate) fn read(&self) -> String {
        let row = |row: &Vec<(String, String)>| {
            row.iter().map(|(label, _)| format!("[ {label} ]")).collect::<Vec<_>>().join(" ")
        };
        [self.text.clone()].into_iter().chain(self.rows.iter().map(row)).collect::<Vec<_>>().join("\n")
    }

    /// What the button of that label carries.
    pub(crate) fn data(&self, label: &str) -> String {
        let mut all = self.rows.iter().flatten();
        all.find(|(shown, _)| shown == label).map_or_else(|| panic!("{}", self.read()), |(_, data)| data.clone())
    }
}

/// The newest message of the bot in a private chat.
pub(crate) async fn screen(office: &World, user: i64) -> Screen {
    let view = office.server.look(&format!("view?user={user}&chat={user}")).await;
    let messages = view["messages"].as_array().unwrap();
    let newest = messages.iter().rfind(|message| message["from"]["bot"] == true).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let button = |button: &Value| (text(&button["text"]), text(&button["data"]));
    let rows = newest["buttons"].as_array().unwrap().iter();
    Screen {
        id: newest["message_id"].to_string(),
        text: text(&newest["text"]),
        rows: rows.map(|row| row.as_array().unwrap().iter().map(button).collect()).collect(),
    }
}

/// Presses a button of the newest message; what stands there then.
pub(crate) async fn tap(office: &mut World, user: i64, label: &str) -> Screen {
    let now = screen(office, user).await;
    now.data(label);
    let toast = office.press(user, user, &now.id, label).await;
    assert_eq!(toast, "nothing", "{label}: {toast}");
    screen(office, user).await
}

/// Presses what a button carried once; the toast.
pub(crate) async fn press_data(office: &mut World, user: i64, message: &str, data: &str) -> String {
    let message: i64 = message.parse().unwrap();
    let press = json!({"user": user, "chat": user, "message_id": message, "data": data});
    let ids = office.server.order("press", json!({ "presses": [press] })).await;
    office.poll().await;
    let ledger = office.server.look("ledger").await;
    let pressed = ledger["pressed"].as_array().unwrap();
    let mine = pressed.iter().find(|press| press["callback_id"] == ids["callback_ids"][0]).unwrap();
    mine["answered"]["text"].as_str().unwrap_or("nothing").to_owned()
}

/// An office whose first two people are bound admins.
pub(crate) async fn with_admins(db: TestDb) -> World {
    let mut office = World::new(db).await;
    for user in 1..=2 {
        office.bind(user).await;
        admin(&office, user).await;
    }
    office
}

pub(crate) async fn admin(office: &World, user: i64) {
    office::role::grant(&office.ctx(), &OPERATOR, &format!("S{user:02}"), Role::Admin).await.unwrap();
}

/// How many entries of an action the ledger has.
pub(crate) async fn noted(office: &World, action: Action) -> usize {
    let entries = office::audit::tail(&office.ctx(), &OPERATOR, i64::MAX).await.unwrap();
    entries.iter().filter(|entry| entry.action == action.as_str()).count()
}

/// Whether somebody is on the roster.
pub(crate) async fn present(office: &World, staff_no: &str) -> bool {
    let people = office::staff::list(&office.ctx(), &OPERATOR).await.unwrap();
    people.iter().any(|listed| listed.person.staff_no == staff_no)
}

/// Whether an account is bound to somebody.
pub(crate) async fn bound(office: &World, staff_no: &str) -> bool {
    let people = office::staff::list(&office.ctx(), &OPERATOR).await.unwrap();
    people.iter().any(|listed| listed.person.staff_no == staff_no && listed.bound)
}

#[tokio::test]
async fn staff_get_the_ordinary_answer_and_strangers_the_notice() {
    for db in databases().await {
        let label = db.label;
        let mut office = with_admins(db).await;
        office.bind(3).await;
        let help = office.say(3, "/help").await;
        assert_eq!(office.say(3, "/people").await, help, "{label}");
        assert!(!help.contains("/people"), "{label}: {help}");
        assert!(office.say(1, "/help").await.contains("/people"), "{label}");
        assert!(office.say(4, "/people").await.contains("绑定前请先看"), "{label}");
        // In a group it is not answered.
        let before = office.sent(crate::world::STUDY).await.len();
        office
            .server
            .order("say", json!({"user": 1, "chat": crate::world::STUDY, "text": "/people@qingfeng_bot"}))
            .await;
        office.poll().await;
        assert_eq!(office.sent(crate::world::STUDY).await.len(), before, "{label}");
    }
}
