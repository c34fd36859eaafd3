//! What no button does: a thing twice, a thing of before, a thing of somebody else.

use qingfeng::domain::audit::Action;
use qingfeng::domain::policy::Role;
use qingfeng::office;

use super::{noted, present, press_data, screen, tap, with_admins};
use crate::db::databases;
use crate::world::{OPERATOR, World};

const PAST: &str = "这一步已经过去了，请看最新的一条。";
const UNKNOWN: &str = "这个按钮已经失效，没有记录，请以最新的一条为准。";

/// Up to the question whether 白露7 leaves today.
async fn before_leaving(office: &mut World, admin: i64) {
    office.say(admin, "/people").await;
    tap(office, admin, "调离").await;
    tap(office, admin, "规划科（5）").await;
    tap(office, admin, "白*（工号尾号07）").await;
    tap(office, admin, "9月1日 周二").await;
}

#[tokio::test]
async fn a_conversation_survives_a_restart() {
    for db in databases().await {
        let label = db.label;
        let mut office = with_admins(db).await;
        before_leaving(&mut office, 1).await;
        office.stop().await;
        office.start().await;
        let end = tap(&mut office, 1, "确认调离").await.text;
        assert!(end.starts_with("已办好："), "{label}: {end}");
        assert!(!present(&office, "S07").await, "{label}");
    }
}

#[tokio::test]
async fn a_button_of_before_changes_nothing_and_shows_what_stands() {
    for db in databases().await {
        let label = db.label;
        let mut office = with_admins(db).await;
        office.say(1, "/people").await;
        let menu = screen(&office, 1).await;
        tap(&mut office, 1, "调离").await;
        let units = tap(&mut office, 1, "规划科（5）").await;
        let (old, cancel) = (menu.data("休假"), menu.data("取消"));
        assert_eq!(press_data(&mut office, 1, &menu.id, &old).await, PAST, "{label}");
        assert_eq!(press_data(&mut office, 1, &menu.id, &cancel).await, PAST, "{label}");
        let now = screen(&office, 1).await;
        assert_eq!(now.read(), units.read(), "{label}: the same question, with buttons of its own");
        assert_ne!(now.data("取消"), units.data("取消"), "{label}");
        // What it showed before is of an earlier step as well.
        let person = units.data("白*（工号尾号07）");
        assert_eq!(press_data(&mut office, 1, &menu.id, &person).await, PAST, "{label}");
        tap(&mut office, 1, "白*（工号尾号07）").await;
        // A conversation that was begun anew leaves the first one without meaning.
        office.say(1, "/people").await;
        let fresh = screen(&office, 1).await;
        assert_eq!(press_data(&mut office, 1, &menu.id, &now.data("取消")).await, PAST, "{label}");
        assert_eq!(screen(&office, 1).await.data("调离"), fresh.data("调离"), "{label}: the new one stands");
        assert!(present(&office, "S07").await, "{label}");
    }
}

#[tokio::test]
async fn pressing_twice_does_it_once() {
    for db in databases().await {
        let label = db.label;
        let mut office = with_admins(db).await;
        before_leaving(&mut office, 1).await;
        let question = screen(&office, 1).await;
        let confirm = question.data("确认调离");
        assert_eq!(press_data(&mut office, 1, &question.id, &confirm).await, "nothing", "{label}");
        let again = press_data(&mut office, 1, &question.id, &confirm).await;
        assert_eq!(again, "这件事已经办完，没有重复办。还要办，请重新发/people。", "{label}");
        assert_eq!(noted(&office, Action::StaffLeave).await, 1, "{label}");
        assert!(screen(&office, 1).await.text.starts_with("已办好："), "{label}: what it came to stays in sight");
    }
}

#[tokio::test]
async fn other_accounts_and_forged_data_change_nothing() {
    for db in databases().await {
        let label = db.label;
        let mut office = with_admins(db).await;
        office.bind(3).await;
        before_leaving(&mut office, 1).await;
        let question = screen(&office, 1).await;
        let confirm = question.data("确认调离");
        for user in [2, 3, 4] {
            office.say(user, "/help").await;
            let message = office.newest(user).await;
            let toast = press_data(&mut office, user, &message, &confirm).await;
            assert_eq!(toast, "这个按钮是别人的，没有改动。", "{label}");
        }
        let (body, seal) = confirm.split_once('.').unwrap();
        for forged in [format!("{body}0.{seal}"), format!("{body}."), "1c1.000000000000".to_owned()] {
            assert_eq!(press_data(&mut office, 1, &question.id, &forged).await, UNKNOWN, "{label}: {forged}");
        }
        assert!(present(&office, "S07").await, "{label}");
        assert_eq!(screen(&office, 1).await.read(), question.read(), "{label}");
        assert!(
            tap(&mut office, 1, "确认调离").await.text.starts_with("已办好："),
            "{label}: the question still stands"
        );
    }
}

#[tokio::test]
async fn it_ends_by_itself_after_half_an_hour() {
    for db in databases().await {
        let label = db.label;
        let mut office = with_admins(db).await;
        before_leaving(&mut office, 1).await;
        office.later(29 * 60).await;
        let question = screen(&office, 1).await;
        office.later(60).await;
        let late = press_data(&mut office, 1, &question.id, &question.data("确认调离")).await;
        assert_eq!(late, "时间过了，没有改动。请重新发/people。", "{label}");
        assert_eq!(screen(&office, 1).await.read(), late, "{label}: its buttons are gone");
        assert!(present(&office, "S07").await, "{label}");
        // Tidied away, the button is merely one of before.
        office.later(25 * 3600).await;
        assert_eq!(office::dialogue::tidy(&office.ctx()).await.unwrap(), 1, "{label}");
        assert_eq!(press_data(&mut office, 1, &question.id, &question.data("确认调离")).await, PAST, "{label}");
        // A day typed when time is up is an ordinary text.
        office.say(1, "/people").await;
        assert!(office.say(1, "9月3日").await.contains("在群里点“已阅”就行"), "{label}");
    }
}

#[tokio::test]
async fn of_two_admins_the_later_one_is_told_what_changed() {
    for db in databases().await {
        let label = db.label;
        let mut office = with_admins(db).await;
        // Both are about to take the same person off the roster.
        before_leaving(&mut office, 1).await;
        before_leaving(&mut office, 2).await;
        assert!(tap(&mut office, 1, "确认调离").await.text.starts_with("已办好："), "{label}");
        assert_eq!(tap(&mut office, 2, "确认调离").await.text, "这位同事已经不在册了，没有改动。", "{label}");
        // One hands out a code while the other is at the same person.
        for admin in [1, 2] {
            office.say(admin, "/people").await;
            tap(&mut office, admin, "新进人员").await;
        }
        let first = tap(&mut office, 1, "白*（工号尾号12）·企业科").await.text;
        let asked = tap(&mut office, 2, "白*（工号尾号12）·企业科").await;
        assert!(asked.text.contains("手里已有一张没用过的码"), "{label}: {}", asked.text);
        // And once more before the second one says yes.
        office.invite(12).await;
        let told = tap(&mut office, 2, "再发一张").await;
        assert!(told.text.starts_with("刚才有变化：绑定码变了。请再看一次。\n"), "{label}: {}", told.text);
        let second = tap(&mut office, 2, "再发一张").await.text;
        assert!(second.contains("的绑定码：\n") && second != first, "{label}: {second}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn a_right_that_goes_while_a_conversation_stands_ends_it() {
    for db in databases().await {
        let label = db.label;
        let mut office = with_admins(db).await;
        before_leaving(&mut office, 2).await;
        office::role::revoke(&office.ctx(), &OPERATOR, "S02", Role::Admin).await.unwrap();
        let end = tap(&mut office, 2, "确认调离").await.text;
        assert_eq!(end, "您现在没有这项权限，没有改动。", "{label}");
        assert!(present(&office, "S07").await, "{label}");
    }
}
