//! Backup and restore: a copy is whole, and data that may be a copy sends nothing until someone says so.

use std::fs;
use std::path::{Path, PathBuf};

use qingfeng::config::Config;
use qingfeng::domain::installation::Doubt;
use qingfeng::office::db::{self, CopyFault, Home, backup, confirm, restore};
use qingfeng::office::delivery::Others;
use qingfeng::office::lease::Keeper;
use qingfeng::office::{Refusal, audit};
use qingfeng::sandbox::Time;
use qingfeng::store::{At, installation};
use serde_json::json;

use crate::db::databases;
use crate::process::{Machine, press, refused};
use crate::sandbox::{Server, TOKEN};
use crate::world::{FIRMS, OPERATOR, STUDY, World};

/// The database's file.
fn file(office: &World) -> PathBuf {
    office.db.folder.path().join("test.db")
}

async fn back_up(office: &World, name: &str) -> PathBuf {
    let target = office.db.folder.path().join(name);
    backup::backup(&office.ctx(), &OPERATOR, &office.config(TOKEN), &target).await.unwrap();
    target
}

async fn put_back(office: &World, from: &Path) -> restore::Restored {
    let config = office.config(TOKEN);
    let hold = db::hold(&config.database).unwrap();
    restore::restore(&config, &hold, (&OPERATOR, &office.clock), from).await.unwrap()
}

async fn doubt(office: &World) -> Option<Doubt> {
    let halt = db::quarantine(&office.ctx().store).await.unwrap();
    halt.map(|halt| Doubt::parse(&halt.detail).unwrap())
}

/// The program is gone without a clean stop; the service had given a sign of life a moment before.
async fn die(office: &mut World) {
    let app = office.app.as_ref().unwrap();
    app.home.alive(&app.ctx).await.unwrap();
    office.stop().await;
}

/// Whether anything may be planned or polled.
async fn at_work(office: &World) -> bool {
    let (keeper, leases) = Keeper::new(&office.ctx(), office.line().id, Others::None);
    keeper.renew().await.unwrap();
    leases.plan.held() || leases.poll.held() || leases.keep.held()
}

fn shown(waiting: &confirm::Waiting) -> Vec<String> {
    let zone = chrono_tz::Tz::Asia__Shanghai;
    let line = |entry: &qingfeng::office::outlook::Entry| {
        let at = entry.at.with_timezone(&zone).format("%m-%d %H:%M");
        format!("{} {at} {:?}", entry.name, entry.standing)
    };
    waiting.slots.iter().map(line).collect()
}

#[tokio::test]
async fn c9_an_old_backup_sends_nothing_until_someone_confirms_and_lists_its_slots() {
    let mut office = World::new(databases().await.remove(0)).await;
    office.schedules().await;
    let copy = back_up(&office, "monday.db").await;
    for day in [2, 3] {
        office.at(day, 9, 35).await;
        office.work().await;
    }
    let sent = (office.sent(STUDY).await.len(), office.sent(FIRMS).await.len());
    assert!(sent.0 >= 2 && sent.1 >= 2, "{sent:?}");
    office.at(3, 14, 0).await;
    die(&mut office).await;

    let restored = put_back(&office, &copy).await;
    let aside = restored.aside.unwrap();
    assert!(fs::metadata(&aside).unwrap().len() > 0, "what stood there is kept");
    office.start_as_it_is().await;
    assert_eq!(doubt(&office).await, Some(Doubt::Restored));
    assert!(!at_work(&office).await);
    let waiting = confirm::waiting(&office.ctx(), &OPERATOR).await.unwrap();
    insta::assert_snapshot!(shown(&waiting).join("\n"));
    assert!(waiting.queued.is_empty() && waiting.in_doubt.is_empty());
    let last = waiting.alive_at.unwrap();
    // A restart changes nothing of it: the last sign of life stays what it was.
    die(&mut office).await;
    office.start_as_it_is().await;
    assert_eq!(confirm::waiting(&office.ctx(), &OPERATOR).await.unwrap().alive_at, Some(last));
    assert_eq!((office.sent(STUDY).await.len(), office.sent(FIRMS).await.len()), sent, "nothing went out");

    let home = office.app.as_ref().unwrap().home.clone();
    assert_eq!(confirm::confirm(&office.ctx(), &OPERATOR, &home).await.unwrap(), 2);
    assert!(matches!(
        confirm::confirm(&office.ctx(), &OPERATOR, &home).await,
        Err(Refusal::Copy(CopyFault::NothingToConfirm))
    ));
    assert!(at_work(&office).await);
    office.work().await;
    // What had been listed as missed does not go out a second time.
    assert_eq!((office.sent(STUDY).await.len(), office.sent(FIRMS).await.len()), sent);
    assert_eq!(audit::verify(&office.ctx(), &OPERATOR).await.unwrap().first_bad, None);
    // Buttons of what was sent after the copy was made never come to mean a later message.
    let next = office.push_now(None).await;
    assert!(next.push.id.0 > 1_000_000, "{}", next.push.id);
    die(&mut office).await;
    office.start_as_it_is().await;
    assert_eq!(doubt(&office).await, None, "confirmed once is confirmed");
    // The copy from before that confirmation is another generation, however it got there.
    office.stop().await;
    for side in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{side}", file(&office).display()));
    }
    fs::copy(&copy, file(&office)).unwrap();
    office.start_as_it_is().await;
    assert_eq!(doubt(&office).await, Some(Doubt::Older));
    office.stop().await;
}

#[tokio::test]
async fn c10_backups_under_load_restore_to_a_commit_point_and_verify() {
    let mut office = World::new(databases().await.remove(0)).await;
    let ctx = office.ctx();
    let load = async {
        for n in 0..200 {
            let name = qingfeng::domain::setting::Key::OfficeName;
            qingfeng::office::setting::set(&ctx, &OPERATOR, name.as_str(), &format!("园区{n}")).await.unwrap();
        }
    };
    let backups = async {
        let mut copies = Vec::new();
        for n in 0..5 {
            copies.push(back_up(&office, &format!("copy{n}.db")).await);
        }
        copies
    };
    let ((), copies) = tokio::join!(load, backups);
    let again = backup::backup(&ctx, &OPERATOR, &office.config(TOKEN), &copies[0]).await;
    assert!(matches!(&again, Err(Refusal::File { .. })), "{again:?}");
    let live = audit::tail(&ctx, &OPERATOR, i64::MAX).await.unwrap();
    office.stop().await;
    for copy in copies {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
        let head = put_back(&office, &copy).await.verified.head;
        let at = usize::try_from(head.seq.0).unwrap() - 1;
        assert_eq!(live[at].mac, head.mac, "the copy's end is an entry of the live chain");
        office.start().await;
        assert_eq!(audit::verify(&office.ctx(), &OPERATOR).await.unwrap().first_bad, None);
        assert_eq!(db::misfits(&office.ctx().store).await.unwrap(), [""; 0]);
        office.stop().await;
    }
}

#[tokio::test]
async fn c7_a_database_without_its_wal_is_noticed() {
    let mut office = World::new(databases().await.remove(0)).await;
    // A clean stop leaves everything in the main file; what follows stands in the -wal alone.
    office.stop().await;
    office.start().await;
    let main = fs::read(file(&office)).unwrap();
    office.bind(1).await;
    die(&mut office).await;
    fs::write(file(&office), &main).unwrap();
    office.start_as_it_is().await;
    assert_eq!(doubt(&office).await, Some(Doubt::Older));
    office.stop().await;
    // Of a young database everything may have stood there, or somebody emptied the file: no new one is made silently.
    fs::write(file(&office), b"").unwrap();
    let refused = qingfeng::app::build(&office.config(TOKEN), office.clock.clone()).await;
    assert!(
        matches!(&refused, Err(qingfeng::app::StartError::Office(Refusal::Copy(CopyFault::Vanished { .. })))),
        "{refused:?}"
    );
}

/// The files of a machine without what it keeps beside its key.
fn carried(config: &Config) {
    fs::remove_file(config.secret_file.with_added_extension("installation")).unwrap();
}

#[tokio::test]
async fn i10_a_copy_on_another_machine_sends_nothing() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.push_now(None).await;
        die(&mut office).await;
        office.later(3600).await;
        carried(&office.config(TOKEN));
        office.start_as_it_is().await;
        assert_eq!(doubt(&office).await, Some(Doubt::Foreign), "{label}");
        assert!(!at_work(&office).await, "{label}");
        let waiting = confirm::waiting(&office.ctx(), &OPERATOR).await.unwrap();
        // The machine it came from may have sent it meanwhile.
        let doubts: Vec<_> = waiting.in_doubt.iter().map(|m| (m.target.as_str(), m.over)).collect();
        assert_eq!((doubts, waiting.queued.len()), (vec![("学习群", false)], 0), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn i10_a_machine_joins_only_while_another_is_at_work() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        die(&mut office).await;
        office.later(60).await;
        carried(&office.config(TOKEN));
        office.start_as_it_is().await;
        // A SQLite file has one service: a sign of life in it is of the machine it came from.
        let expected = (label == "sqlite").then_some(Doubt::Foreign);
        assert_eq!(doubt(&office).await, expected, "{label}");
        office.stop().await;
        if expected.is_none() {
            office.later(3600).await;
            office.start_as_it_is().await;
            assert_eq!(doubt(&office).await, None, "{label}: it belongs here from then on");
            office.stop().await;
        }
    }
}

#[tokio::test]
async fn c9_a_day_of_silence_and_data_put_back_under_a_running_service_are_noticed() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        die(&mut office).await;
        office.later(24 * 3600).await;
        office.start_as_it_is().await;
        assert_eq!(doubt(&office).await, Some(Doubt::Silent), "{label}");
        let home = office.app.as_ref().unwrap().home.clone();
        confirm::confirm(&office.ctx(), &OPERATOR, &home).await.unwrap();
        home.alive(&office.ctx()).await.unwrap();
        assert_eq!(doubt(&office).await, None, "{label}");
        office.behind_its_back("UPDATE office SET generation = 1".to_owned()).await;
        home.alive(&office.ctx()).await.unwrap();
        assert_eq!(doubt(&office).await, Some(Doubt::Generation), "{label}");
        let mut tx = office.ctx().store.read().await.unwrap();
        let before = installation::find(&mut tx).await.unwrap().unwrap().alive_at;
        drop(tx);
        office.later(60).await;
        home.alive(&office.ctx()).await.unwrap();
        let mut tx = office.ctx().store.read().await.unwrap();
        let after = installation::find(&mut tx).await.unwrap().unwrap().alive_at;
        assert_eq!((before, after.map(At::utc).is_some()), (after, true), "{label}: no sign of life in quarantine");
        drop(tx);
        office.stop().await;
    }
}

#[tokio::test]
async fn a_file_that_is_no_sound_copy_changes_nothing() {
    let mut office = World::new(databases().await.remove(0)).await;
    let copy = back_up(&office, "copy.db").await;
    let folder = office.db.folder.path().to_owned();
    let entries = office.entries_of_ledger().await;
    office.stop().await;
    let config = office.config(TOKEN);
    let text = folder.join("text.db");
    fs::write(&text, "a text").unwrap();
    let mut bytes = fs::read(&copy).unwrap();
    let end = bytes.len();
    bytes.truncate(end - end / 3);
    let cut = folder.join("cut.db");
    fs::write(&cut, &bytes).unwrap();
    let edited = folder.join("edited.db");
    fs::copy(&copy, &edited).unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&edited);
    let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::raw_sql("UPDATE audit_entry SET detail = '{}' WHERE seq = 2").execute(&mut connection).await.unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    for (from, kind) in [(&text, "no copy"), (&cut, "not right"), (&edited, "entry:2")] {
        let hold = db::hold(&config.database).unwrap();
        let refused = restore::restore(&config, &hold, (&OPERATOR, &office.clock), from).await.unwrap_err();
        assert!(refused.to_string().contains(kind), "{from:?}: {refused}");
    }
    let files = fs::read_dir(&folder).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap());
    assert!(!files.into_iter().any(|name| name.contains("restoring") || name.contains("before-restore")));
    office.start_as_it_is().await;
    assert_eq!((doubt(&office).await, office.entries_of_ledger().await), (None, entries));
    assert_eq!(
        Home::new(&config).check_in(&office.ctx().store, office.clock.now()).await.unwrap(),
        qingfeng::domain::installation::Start::Home
    );
    office.stop().await;
}

/// The whole way with processes: what waited when the copy was made waits again after it was put back, and goes out when
/// it is told to, with the service running.
#[tokio::test(flavor = "multi_thread")]
async fn c9_a_restored_service_waits_for_the_word_and_goes_on_within_a_second() {
    let server = Server::start_at(Time::System).await;
    let machine = Machine::new(format!("http://{}/", server.address)).await;
    machine.run("db migrate");
    machine.run(&format!("roster import {}/content/roster.example.csv", env!("CARGO_MANIFEST_DIR")));
    machine.run("content sync");
    machine.run("setting set office.hotline 内线8000");
    let running = machine.serve();
    server.order("people", json!({"people": [{"id": 1, "first_name": "甲"}]})).await;
    let group = json!({"id": -1001, "kind": "supergroup", "title": "学习群", "members": [1], "bot": "member"});
    server.order("chats", group).await;
    machine.until_worked_through(&server).await;
    machine.run("group link -1001 --units 管委会");
    assert_eq!(running.end("TERM"), Some(0));
    machine.run("push now --item gift-no-threshold --group -1001 --outside-hours --yes --json");
    let copied = machine.run("db backup copy.db --json");
    assert!(copied["entries"].as_i64().unwrap() > 3, "{copied}");
    let running = machine.serve();
    server.look("wait?sent=1&idle=1&seconds=30").await;
    let beside = refused(&mut machine.command("db restore copy.db"));
    assert!(beside.contains("另一个服务"), "{beside}");
    assert_eq!(running.end("KILL"), None);

    let restored = machine.run("db restore copy.db --json");
    assert!(restored["aside"].as_str().unwrap().contains("before-restore"), "{restored}");
    let running = machine.serve();
    let (status, text) = machine.until_ready_says("quarantine").await;
    assert_eq!(status, 503, "{text}");
    let waited = server.client.get(format!("http://{}/sandbox/wait?sent=2&seconds=3", server.address)).send().await;
    assert_eq!(waited.unwrap().status().as_u16(), 408, "nothing is sent");
    assert_eq!(server.look("bot").await["waiting"], 0, "nothing is polled");
    let shown = machine.command("db confirm-restore --json").output().unwrap();
    assert_eq!(shown.status.code(), Some(1), "shown and not done");
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!((&shown["quarantine"]["reason"], &shown["generation"]), (&json!("restored"), &json!(null)));
    let doubt = &shown["in_doubt"][0];
    assert_eq!((&doubt["target"], &doubt["becomes"]), (&json!("学习群"), &json!("in_doubt")));
    let confirmed = machine.run("db confirm-restore --yes --json");
    assert_eq!(confirmed["generation"], 2);
    machine.until_ready_says("ready\n").await;
    // It went out after the copy was made, which the copy cannot know: a person decides, or the second copy says so.
    let push = machine.run("push list --json")[0]["push"].clone();
    let delivery = machine.run(&format!("push show {push} --json"))["deliveries"][0].clone();
    assert_eq!(delivery["state"], "in_doubt");
    machine.run(&format!("push resolve {} --resend --reason 核对过", delivery["id"]));
    server.look("wait?sent=2&idle=1&seconds=30").await;
    let again = machine.run(&format!("push show {push} --json"))["deliveries"][0]["attempts"][1].clone();
    assert_eq!(again["possible_duplicate"], true);
    press(&server, -1001, "已阅").await;
    server.look("wait?answers=1&seconds=30").await;
    assert_eq!(running.end("TERM"), Some(0));
    assert_eq!(machine.run("db check --json")["ok"], true);
}
