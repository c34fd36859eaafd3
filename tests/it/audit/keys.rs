//! A new key: what was made before goes on working, every death on the way is survived, and nobody seals with the old one.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use qingfeng::office::audit::{self, LedgerFault, Rotated};
use qingfeng::office::{Refusal, db};
use qingfeng::secret;
use qingfeng::store::StoreError;

use super::{beside, note, press_all, push, unmet};
use crate::db::databases;
use crate::sandbox::TOKEN;
use crate::world::{OPERATOR, STUDY, World};

/// Stops, changes the key, starts.
pub(super) async fn change_key(office: &mut World) -> Rotated {
    office.stop().await;
    let config = office.config(TOKEN);
    let hold = db::hold(&config.database).unwrap();
    let ctx = office_ctx(office).await;
    let rotated = audit::rotate(&ctx, &OPERATOR, &config, &hold).await.unwrap();
    ctx.store.close().await;
    drop(hold);
    office.start().await;
    rotated
}

/// What a command works with.
async fn office_ctx(office: &World) -> qingfeng::ctx::Ctx {
    let config = office.config(TOKEN);
    let store = db::open(&config).await.unwrap();
    let (clock, zone) = (office.clock.clone(), config.zone);
    let (content_dir, spool) = (config.content_dir.as_path().into(), config.spool_file().into());
    qingfeng::ctx::Ctx { store, clock, zone, content_dir, boot: "test".to_owned(), spool }
}

#[tokio::test]
async fn everything_made_before_a_change_of_keys_goes_on_working() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.bind(2).await;
        let (code, file) = (office.invite(3).await, beside(&office, "stick.txt"));
        let message = push(&office).await;
        press_all(&mut office, &[1], &message).await;
        note(&office, &file).await.unwrap();
        let hook = |office: &World| qingfeng::inbox::webhook::secrets(office.ctx().store.keys()).len();
        assert_eq!(hook(&office), 1);

        let rotated = change_key(&mut office).await;
        let keys = fs::read_to_string(beside(&office, "test.key")).unwrap();
        let ids: Vec<&str> = keys.lines().map(|line| line.split_once(':').unwrap().0).collect();
        assert_eq!(ids, [rotated.from.as_str(), rotated.to.as_str()], "{label}: oldest first");
        assert_eq!(fs::metadata(beside(&office, "test.key")).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(office.ctx().store.keys().current().id().as_str(), rotated.to, "{label}");
        assert!(office.verified().await, "{label}");

        assert_eq!(
            office.press(2, STUDY, &message, "已阅").await,
            "已记录（9月1日09:30），谢谢。",
            "{label}: an old button"
        );
        assert!(office.say(3, &format!("/start {code}")).await.contains("白"), "{label}: an old code");
        let question = office.newest(3).await;
        office.press(3, 3, &question, "是我，绑定").await;
        let next = push(&office).await;
        press_all(&mut office, &[1, 2, 3], &next).await;
        assert_eq!(office.report().await["voluntary"]["acked"], 5, "{label}");
        assert_eq!(hook(&office), 2, "{label}: the platform may go on with the word it was told");
        assert!(office.verified().await, "{label}");
        assert_eq!(note(&office, &file).await.unwrap().line, 2, "{label}: one file, two keys");
        assert_eq!(unmet(&office, &file).await, None, "{label}");
        let again = change_key(&mut office).await;
        assert_eq!(again.from, rotated.to, "{label}");
        assert!(office.verified().await && unmet(&office, &file).await.is_none(), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_change_of_keys_survives_every_death_and_a_lost_key_is_named() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let path = beside(&office, "test.key");
        // Death between file and database: the program goes on with the key before, and verifying says that one waits.
        let old = office.ctx().store.keys().current().id().clone();
        let grown = secret::grow(&path, &old).unwrap();
        let waiting = grown.current().id().to_string();
        office.stop().await;
        office.start().await;
        office.bind(1).await;
        let found = audit::verify(&office.ctx(), &OPERATOR).await.unwrap();
        assert_eq!((found.first_bad, found.waiting_key.as_ref()), (None, Some(&waiting)), "{label}");
        // The next run takes it up.
        let rotated = change_key(&mut office).await;
        assert_eq!((rotated.from.as_str(), &rotated.to), (old.as_str(), &waiting), "{label}");
        office.bind(2).await;
        assert!(office.verified().await, "{label}");
        let at = qingfeng::office::audit::tail(&office.ctx(), &OPERATOR, i64::MAX).await.unwrap();
        assert_eq!(at.iter().filter(|entry| entry.action == "key_rotate").count(), 1, "{label}");

        // The old key is taken out of the file.
        let keys = fs::read_to_string(&path).unwrap();
        office.stop().await;
        fs::write(&path, keys.split_inclusive('\n').next_back().unwrap()).unwrap();
        office.start().await;
        let found = audit::verify(&office.ctx(), &OPERATOR).await.unwrap();
        assert_eq!((found.first_bad.as_deref(), found.missing_key.as_deref()), (Some("entry:1"), Some(old.as_str())));
        office.stop().await;
        fs::write(&path, &keys).unwrap();
        office.start().await;
        assert!(office.verified().await, "{label}");
        // A database that is made to name another of the keys.
        office.behind_its_back(format!("UPDATE office SET key_id = '{old}'")).await;
        assert_eq!(
            audit::verify(&office.ctx(), &OPERATOR).await.unwrap().first_bad.as_deref(),
            Some("key_id"),
            "{label}"
        );
        office.stop().await;
    }
}

#[tokio::test]
async fn a_process_that_missed_the_change_writes_nothing_false() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let config = office.config(TOKEN);
        let (ctx, missed) = (office_ctx(&office).await, office_ctx(&office).await);
        // Beside a running service it is refused: by the lock of the file, or by the leases on a server.
        if label == "postgres" {
            // By the server's own clock, which the office's hand does not move.
            let taken = "INSERT INTO lease (name, owner, epoch, until) VALUES ('plan', 'another', 1, 9999999999999)";
            office.behind_its_back(taken.to_owned()).await;
            let hold = db::hold(&config.database).unwrap();
            let refused = audit::rotate(&ctx, &OPERATOR, &config, &hold).await;
            assert!(matches!(refused, Err(Refusal::Ledger(LedgerFault::ServiceRuns { .. }))), "{refused:?}");
            office.behind_its_back("DELETE FROM lease WHERE owner = 'another'".to_owned()).await;
        } else {
            assert!(matches!(db::hold(&config.database), Err(Refusal::Held { .. })));
        }
        office.stop().await;
        let hold = db::hold(&config.database).unwrap();
        audit::rotate(&ctx, &OPERATOR, &config, &hold).await.unwrap();
        drop(hold);
        // One that was overlooked: what it would seal with the key before is not written.
        let name = qingfeng::domain::setting::Key::OfficeName;
        let refused = qingfeng::office::setting::set(&missed, &OPERATOR, name.as_str(), "园区").await;
        assert!(matches!(&refused, Err(Refusal::Store(StoreError::KeyChanged { .. }))), "{label}: {refused:?}");
        ctx.store.close().await;
        missed.store.close().await;
        office.start().await;
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}
