//! Joining takes a minute: codes, whose they are, and what comes after; chats, who added the bot, and what it says first.
//!
//! The cast: 白露1 and 白露2 are the admins, 白露3 to 白露6 join here, 乙13 is a new phone, and 乙14 belongs to no office.

use qingfeng::domain::policy::Role;
use qingfeng::office;
use serde_json::json;

use crate::db::TestDb;
use crate::world::{OPERATOR, World};

mod attacks;
mod codes;
mod groups;
mod kept;
mod units;

/// Two who may link chats and hand out codes.
pub(crate) const ADMIN: i64 = 1;
pub(crate) const OTHER_ADMIN: i64 = 2;
/// A second phone.
pub(crate) const PHONE: i64 = 13;
/// Belongs to no office.
pub(crate) const STRANGER: i64 = 14;

/// The office with its admins, and two accounts that nobody knows.
async fn staffed(db: TestDb) -> World {
    let mut office = World::new(db).await;
    for admin in [ADMIN, OTHER_ADMIN] {
        office.bind(admin).await;
        office::role::grant(&office.ctx(), &OPERATOR, &format!("S{admin:02}"), Role::Admin).await.unwrap();
    }
    let people = json!([{"id": PHONE, "first_name": "乙13", "started": true}, {"id": STRANGER, "first_name": "乙14", "started": true}]);
    office.server.order("people", json!({ "people": people })).await;
    office
}

impl World {
    /// The newest words in a private chat.
    async fn told(&self, user: i64) -> String {
        self.sent(user).await.pop().map(|sent| sent["text"].as_str().unwrap().to_owned()).unwrap_or_default()
    }

    /// What the newest button of these words in a private chat carries.
    async fn data(&self, user: i64, label: &str) -> String {
        for sent in self.sent(user).await.iter().rev() {
            let rows = sent["buttons"].as_array().into_iter().flatten();
            let mut buttons = rows.flat_map(|row| row.as_array().unwrap());
            if let Some(button) = buttons.find(|button| button["text"] == label) {
                return button["data"].as_str().unwrap().to_owned();
            }
        }
        panic!("nobody showed {user} a button {label}");
    }

    /// A person sends what a button carries without having one, as a program may that pretends to be a chat app.
    async fn forge(&mut self, user: i64, chat: i64, data: &str) -> String {
        let message = self.newest(chat).await.parse::<i64>().unwrap();
        let press = json!({"user": user, "chat": chat, "message_id": message, "data": data});
        let ids = self.server.order("press", json!({ "presses": [press] })).await;
        self.poll().await;
        let ledger = self.server.look("ledger").await;
        let pressed = ledger["pressed"].as_array().unwrap();
        let mine = pressed.iter().find(|press| press["callback_id"] == ids["callback_ids"][0]).unwrap();
        mine["answered"]["text"].as_str().unwrap_or("nothing").to_owned()
    }

    /// A person taps a button of the newest message in their private chat; the bot's next words there.
    async fn tap(&mut self, user: i64, label: &str) -> String {
        let message = self.newest(user).await;
        self.press(user, user, &message, label).await;
        self.told(user).await
    }

    async fn is_bound(&self, staff_no: &str) -> bool {
        let people = office::staff::list(&self.ctx(), &OPERATOR).await.unwrap();
        people.iter().any(|listed| listed.person.staff_no == staff_no && listed.bound)
    }

    /// How many entries of a kind the ledger has.
    async fn entries(&self, action: &str) -> usize {
        let all = office::audit::tail(&self.ctx(), &OPERATOR, i64::MAX).await.unwrap();
        all.iter().filter(|entry| entry.action == action).count()
    }
}
