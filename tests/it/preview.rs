//! The push that goes out next, as an admin sees it before and as its readers get it.

use qingfeng::domain::slot::MissReason;
use qingfeng::office::push::{self, Heads};
use qingfeng::office::{Refusal, report, schedule};

use crate::db::databases;
use crate::plan::{KNOWLEDGE, REMINDER, add, new};
use crate::world::{OPERATOR, STUDY, World};

#[tokio::test]
async fn what_was_previewed_is_what_goes_out_and_to_whom() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.at(19, 9, 0).await;
        let next = async |office: &World| push::coming(&office.ctx(), &OPERATOR, None).await;
        assert!(matches!(next(&office).await, Err(Refusal::NothingToCome(None))), "{label}");
        add(&office, "小知识", KNOWLEDGE).await;
        add(&office, "节前提醒", REMINDER).await;
        office.bind(1).await;
        office.away("S03", 22..=23).await;
        let named = push::coming(&office.ctx(), &OPERATOR, Some("没有")).await;
        assert!(matches!(named, Err(Refusal::UnknownSchedule(_))), "{label}");
        let mut seen = Vec::new();
        for n in 0..6 {
            let entries = office.entries_of_ledger().await;
            let coming = next(&office).await.unwrap();
            assert_eq!(office.entries_of_ledger().await, entries, "{label}: looking leaves no trace");
            assert_eq!(push::list(&office.ctx(), &OPERATOR).await.unwrap().len(), n, "{label}");
            assert!(coming.stop.is_none(), "{label}: {:?}", coming.stop);
            let draft = coming.draft.unwrap();
            office.move_to(coming.entry.at).await;
            office.work().await;
            let made = push::list(&office.ctx(), &OPERATOR).await.unwrap().remove(0);
            assert_eq!(made.slot_at.utc(), coming.entry.at, "{label}");
            assert_eq!(Some(made.item_version_id), coming.entry.item.map(|item| item.version), "{label}");
            assert_eq!(made.deadline_at.map(qingfeng::store::At::utc), draft.deadline, "{label}");
            let figures = report::figures(&office.ctx(), &OPERATOR, &made).await.unwrap().unwrap();
            let heads = [draft.heads.expected, draft.heads.exempt].map(|n| u32::try_from(n).unwrap());
            assert_eq!([figures.counts.expected, figures.counts.exempt], heads, "{label}");
            assert_eq!(office.sent(STUDY).await.last().unwrap()["text"], draft.words.text.to_plain(), "{label}");
            let nth: Vec<String> = coming.chats.iter().map(|chat| format!("{}{}", chat.title, chat.nth)).collect();
            let local = made.slot_at.utc().with_timezone(&office.ctx().zone).format("%m-%d");
            let moved = coming.entry.moved.map(|(_, by)| format!(" moved by {}", by.as_str())).unwrap_or_default();
            let Heads { expected, exempt, unasked: _, unbound } = draft.heads;
            let (slug, nth) = (made.slug, nth.join(" "));
            seen.push(format!("{local} {slug} {expected}-{exempt}, {unbound} unbound, {nth}{moved}"));
        }
        assert_eq!(
            seen,
            [
                "09-21 gift 12-0, 11 unbound, 学习群1 企业群1",
                "09-22 feast 10-1, 9 unbound, 学习群2 企业群2",
                "09-23 gift 11-1, 10 unbound, 学习群3 企业群3",
                "09-28 feast 11-0, 10 unbound, 学习群1 企业群1",
                "09-29 gift 12-0, 11 unbound, 学习群2 企业群2 moved by cap",
                "09-30 gift 12-0, 11 unbound, 学习群3 企业群3"
            ],
            "{label}"
        );
        office.stop().await;
    }
}

#[tokio::test]
async fn what_keeps_it_from_going_out_is_told_before() {
    let cases = [
        (MissReason::NoGroup, "UPDATE chat_group SET state = 'suspended'"),
        (MissReason::NoItem, "UPDATE item SET state = 'withdrawn'"),
        (MissReason::Nobody, "UPDATE item_version SET audience = '聘用'"),
    ];
    for (reason, change) in cases {
        for db in databases().await {
            let label = db.label;
            let mut office = World::new(db).await;
            schedule::add(&office.ctx(), &OPERATOR, &new("小知识", KNOWLEDGE, &[STUDY])).await.unwrap();
            office.behind_its_back(change.to_owned()).await;
            let coming = push::coming(&office.ctx(), &OPERATOR, Some("小知识")).await.unwrap();
            assert_eq!(coming.stop.map(|(reason, _)| reason), Some(reason), "{label}");
            assert_eq!(coming.draft.is_none(), reason == MissReason::NoItem, "{label}");
            office.move_to(coming.entry.at).await;
            office.work().await;
            assert!(push::list(&office.ctx(), &OPERATOR).await.unwrap().is_empty(), "{label}");
            let shown = schedule::show(&office.ctx(), &OPERATOR, "小知识").await.unwrap();
            assert_eq!(shown.latest.first().and_then(|row| row.reason), Some(reason), "{label}");
            office.stop().await;
        }
    }
}
