//! Items and their versions.

use qingfeng::domain::word::{Confirm, ItemState};
use qingfeng::ids::ItemVersionId;
use qingfeng::store::delivery::{self, NewDelivery};
use qingfeng::store::push::{self, NewPush};
use qingfeng::store::{At, Tx, group, item};

use crate::world::{assert_constraint, at, day, new_push, version, worlds};

#[tokio::test]
async fn an_item_shows_its_version_in_force_and_keeps_the_others() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let row = item::find(&mut tx, "gifts").await.unwrap().unwrap();
        let next = item::NewVersion {
            title: "新标题".to_owned(),
            expires_on: None,
            festivals: "national".to_owned(),
            quiz: "[]".to_owned(),
            ..version(row.id, 2)
        };
        let second = item::add_version(&mut tx, &next, at(5)).await.unwrap();
        let found = item::find(&mut tx, "gifts").await.unwrap().unwrap();
        assert_eq!((found.version_id, found.version, found.title.as_str()), (second, 2, "新标题"));
        assert_eq!(
            (found.hash.as_str(), found.expires_on, found.confirm),
            (next.hash.as_str(), None, Confirm::Required)
        );
        assert_eq!((found.tags.as_str(), found.festivals.as_str()), ("日常,new", "national"));
        let old = item::version(&mut tx, world.item_version).await.unwrap().unwrap();
        assert_eq!(
            (old.slug.as_str(), old.version, old.title.as_str(), old.body.as_str()),
            ("gifts", 1, "礼品礼金", "正文\n第二段")
        );
        assert_eq!((old.tags.as_str(), old.festivals.as_str(), old.quiz.as_str()), ("日常,new", "", ""));
        assert_eq!(item::version(&mut tx, second).await.unwrap().unwrap().quiz, "[]");
        assert_eq!((old.verified_on, old.expires_on), (day(1), Some(day(30))));
        assert!(item::version(&mut tx, ItemVersionId(99)).await.unwrap().is_none());
        assert_constraint(item::add_version(&mut tx, &next, at(6)).await);
    }
}

#[tokio::test]
async fn items_are_listed_by_code() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let other = item::add(&mut tx, "banquets", ItemState::Draft).await.unwrap();
        let first = item::NewVersion { code: "A-1".to_owned(), ..version(other, 1) };
        item::add_version(&mut tx, &first, at(0)).await.unwrap();
        item::set_state(&mut tx, other, ItemState::Withdrawn).await.unwrap();
        let rows = item::list(&mut tx).await.unwrap();
        let told: Vec<_> = rows.iter().map(|row| (row.slug.as_str(), row.state, row.tags.as_str())).collect();
        assert_eq!(told, [("banquets", ItemState::Withdrawn, "日常,new"), ("gifts", ItemState::Approved, "日常,new")]);
        assert!(item::find(&mut tx, "nothing").await.unwrap().is_none());
        assert_constraint(item::add(&mut tx, "gifts", ItemState::Draft).await);
    }
}

#[tokio::test]
async fn each_chat_tells_when_it_last_had_an_item() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let gifts = item::find(&mut tx, "gifts").await.unwrap().unwrap();
        let other = group::seen(&mut tx, world.channel, "-200", "第二个群").await.unwrap();
        let last = async |tx: &mut Tx| item::last_to_groups(tx, &[world.chat, other]).await.unwrap();
        assert_eq!(last(&mut tx).await, [], "a push without a delivery went to no chat");
        world.deliver(&mut tx).await;
        // A later version is the same item; to the other chat it went later still.
        let second = item::add_version(&mut tx, &version(gifts.id, 2), at(5)).await.unwrap();
        for (slot, chat) in [(60, world.chat), (90, other)] {
            let new = NewPush { slot_at: at(slot), ..new_push(second) };
            let push = push::add(&mut tx, &new, at(slot)).await.unwrap();
            delivery::add(&mut tx, &NewDelivery { target_id: chat.0, ..world.to_chat(push) }, at(slot)).await.unwrap();
        }
        let told = [(gifts.id, world.chat, At::from(at(60))), (gifts.id, other, At::from(at(90)))];
        assert_eq!(last(&mut tx).await, told);
        assert_eq!(item::last_to_groups(&mut tx, &[other]).await.unwrap(), told[1..]);
        assert_eq!(item::last_to_groups(&mut tx, &[]).await.unwrap(), []);
        tx.commit().await.unwrap();
        world.raw("UPDATE push SET state = 'cancelled' WHERE slot_at = (SELECT MAX(slot_at) FROM push)").await.unwrap();
        assert_eq!(last(&mut world.tx().await).await, told[..1]);
    }
}
