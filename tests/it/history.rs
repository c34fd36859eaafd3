//! What was counted stays as it was counted, whatever becomes of the people.

use qingfeng::domain::leave::LeaveCategory;
use qingfeng::domain::policy::Role;
use qingfeng::office::leave::Leave;
use qingfeng::office::merge::{OtherName, merge};
use qingfeng::office::roster::Mode;
use qingfeng::office::{self, Refusal, erase};
use qingfeng::store;

use crate::db::databases;
use crate::world::{OPERATOR, STUDY, World};

const HEAD: &str = "工号,姓名,单位,支部,职务,类别,顺序\n";

/// The roster of the world with some rows put in place of others; an empty row leaves the person out.
fn roster(changed: &[(i64, &str)]) -> String {
    let unit = |n: i64| match n {
        1..=5 => "管委会/综合科",
        6..=10 => "管委会/规划科",
        _ => "管委会/企业科",
    };
    let row = |n: i64| match changed.iter().find(|(of, _)| *of == n) {
        Some((_, row)) => (*row).to_owned(),
        None => format!("S{n:02},白露{n},{},,,{},\n", unit(n), if n == 12 { "聘用" } else { "公职人员" }),
    };
    std::iter::once(HEAD.to_owned()).chain((1..=12).map(row)).collect()
}

async fn import(office: &World, text: &str) {
    let rows = qingfeng::render::sheet::read(text.as_bytes()).unwrap();
    let people = qingfeng::domain::roster::parse(&rows).unwrap();
    office::roster::import(&office.ctx(), &OPERATOR, &people, Mode::Apply).await.unwrap();
}

/// Everything that was counted, to the byte.
async fn counted(office: &World) -> String {
    serde_json::to_string_pretty(&office.report().await).unwrap()
}

/// A month under way: presses in time and late, one kept, one exempt, one private push.
async fn a_month(office: &mut World) {
    for user in 1..=9 {
        office.bind(user).await;
    }
    office.away("S09", 1..=30).await;
    office.schedules().await;
    office.at(2, 9, 30).await;
    office.work().await;
    let first = office.newest(STUDY).await;
    for user in [1, 2, 3, 9, 10] {
        office.press(user, STUDY, &first, "已阅").await;
    }
    office.at(3, 9, 35).await;
    office.work().await;
    let feast = office.newest(STUDY).await;
    office.press(3, STUDY, &feast, "已阅").await;
    office.at(7, 10, 0).await;
    let (from, to) = ("2026-09-07".parse().unwrap(), "2026-09-08".parse().ok());
    let sick = Leave { staff_no: "S05".to_owned(), category: LeaveCategory::Sick, from, to };
    office::leave::add(&office.ctx(), &OPERATOR, &sick).await.unwrap();
    office.at(9, 9, 30).await;
    for user in [4, 5] {
        office.press(user, STUDY, &feast, "已阅").await;
    }
}

#[tokio::test]
async fn whatever_becomes_of_people_every_past_figure_stays() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        a_month(&mut office).await;
        let before = counted(&office).await;
        let required = office.report().await["required"].clone();
        assert_eq!((&required["on_time"], &required["late"]), (&2.into(), &1.into()), "{label}: 5 was sick");

        import(&office, &roster(&[(2, "S02,白露2,管委会/规划科,,,公职人员,\n")])).await;
        assert_eq!(counted(&office).await, before, "{label}: one moved");
        import(&office, &roster(&[(1, "S01,改名,管委会/综合科,,主任,党员,\n")])).await;
        assert_eq!(counted(&office).await, before, "{label}: one was renamed and is of another kind");
        import(&office, &roster(&[(4, "")])).await;
        assert_eq!(counted(&office).await, before, "{label}: one left");
        for staff_no in ["S03", "S06"] {
            let (from, category) = ("2026-09-01".parse().unwrap(), LeaveCategory::Retired);
            let retired = Leave { staff_no: staff_no.to_owned(), category, from, to: None };
            office::leave::add(&office.ctx(), &OPERATOR, &retired).await.unwrap();
        }
        assert_eq!(counted(&office).await, before, "{label}: two were found to be retired since the first");
        merge(&office.ctx(), &OPERATOR, ("S10", "S07"), OtherName::Stated).await.unwrap();
        assert_eq!(counted(&office).await, before, "{label}: two numbers were made one");
        for (staff_no, merged) in [("S03", 0), ("S04", 0), ("S05", 0), ("S09", 0), ("S07", 1)] {
            let erased = erase::erase(&office.ctx(), &OPERATOR, staff_no).await.unwrap();
            assert_eq!(erased.merged, merged, "{label}: {staff_no}");
            assert_eq!(counted(&office).await, before, "{label}: {staff_no} was erased");
        }
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

/// Every text of the database in which something occurs, as `table.column`.
async fn found(office: &World, needle: &str) -> Vec<String> {
    const TEXTS: [&str; 11] = [
        "staff.staff_no",
        "person_name.name",
        "person_name.post",
        "account.external_id",
        "inbox.raw",
        "attempt.chat",
        "audit_entry.actor",
        "audit_entry.detail",
        "dialogue.state",
        "alert.detail",
        "pace.chat",
    ];
    let mut found = Vec::new();
    for place in TEXTS {
        let (table, column) = place.split_once('.').unwrap();
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE {column} LIKE '%{needle}%'");
        if count(office, &sql).await > 0 {
            found.push(place.to_owned());
        }
    }
    found
}

async fn count(office: &World, sql: &str) -> i64 {
    use sqlx::{AssertSqlSafe, Connection};
    if office.db.label == "sqlite" {
        let mut connection = sqlx::SqliteConnection::connect(&office.db.url).await.unwrap();
        return sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap();
    }
    let mut connection = sqlx::PgConnection::connect(&office.db.url).await.unwrap();
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap()
}

#[tokio::test]
async fn an_identity_goes_and_the_number_is_free_again() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        // An account number that stands nowhere else.
        office.server.order("people", serde_json::json!({"people": [{"id": 987_001, "first_name": "霜见"}]})).await;
        let code = office.invite(4).await;
        office.say(987_001, &format!("/start {code}")).await;
        let question = office.newest(987_001).await;
        office.press(987_001, 987_001, &question, "是我，绑定").await;
        office.push_now(None).await;
        office.work().await;
        let message = office.newest(STUDY).await;
        office.server.order("members", serde_json::json!({"chat": STUDY, "join": [987_001]})).await;
        office.press(987_001, STUDY, &message, "已阅").await;
        assert!(!found(&office, "987001").await.is_empty(), "{label}");
        let before = counted(&office).await;

        let looked = erase::preview(&office.ctx(), &OPERATOR, "S04").await.unwrap();
        assert_eq!((looked.person.staff_no.as_str(), looked.accounts), ("S04", 1), "{label}");
        assert_eq!(found(&office, "S04").await, ["staff.staff_no"], "{label}: nothing was changed");
        erase::erase(&office.ctx(), &OPERATOR, "S04").await.unwrap();
        for needle in ["S04", "白露4", "987001", "霜见"] {
            assert_eq!(found(&office, needle).await, Vec::<String>::new(), "{label}: {needle}");
        }
        assert_eq!(counted(&office).await, before, "{label}");
        let again = erase::erase(&office.ctx(), &OPERATOR, "S04").await;
        assert!(matches!(again, Err(Refusal::UnknownStaff(_))), "{label}");

        // The account is a stranger's now, and the number somebody else's.
        let stranger = office.press(987_001, STUDY, &message, "已阅").await;
        assert!(stranger.starts_with("已收到您的点击。还差一步"), "{label}: {stranger}");
        office.at(2, 9, 0).await;
        import(&office, &roster(&[(4, "S04,新人,管委会/企业科,,,公职人员,\n")])).await;
        let ctx = office.ctx();
        let mut tx = ctx.store.read().await.unwrap();
        let new = store::staff::find_by_no(&mut tx, "S04").await.unwrap().unwrap();
        drop(tx);
        assert_ne!(new.id, looked.person.id, "{label}");
        assert_eq!(office.bind(4).await.split('。').next(), Some("绑定好了"), "{label}");
        assert_eq!(office.press(4, STUDY, &message, "已阅").await.split('。').next(), Some("谢谢阅读"), "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn somebody_is_left_who_can_put_things_right() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let ctx = office.ctx();
        office::role::grant(&ctx, &OPERATOR, "S01", Role::Admin).await.unwrap();
        let refused = erase::erase(&ctx, &OPERATOR, "S01").await;
        assert!(matches!(refused, Err(Refusal::LastAdmin)), "{label}: {refused:?}");
        office::role::grant(&ctx, &OPERATOR, "S02", Role::Admin).await.unwrap();
        erase::erase(&ctx, &OPERATOR, "S01").await.unwrap();
        let nobody = erase::preview(&ctx, &OPERATOR, "S99").await;
        assert!(matches!(nobody, Err(Refusal::UnknownStaff(_))), "{label}");
        office.stop().await;
    }
}
