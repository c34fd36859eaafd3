//! Items and their versions.

use qingfeng::domain::word::{Confirm, ItemState};
use qingfeng::ids::ItemVersionId;
use qingfeng::store::{At, item};

use crate::world::{assert_constraint, at, day, version, worlds};

#[tokio::test]
async fn an_item_shows_its_version_in_force_and_keeps_the_others() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let row = item::find(&mut tx, "gifts").await.unwrap().unwrap();
        let next = item::NewVersion { title: "新标题".to_owned(), expires_on: None, ..version(row.id, 2) };
        let second = item::add_version(&mut tx, &next, at(5)).await.unwrap();
        let found = item::find(&mut tx, "gifts").await.unwrap().unwrap();
        assert_eq!((found.version_id, found.version, found.title.as_str()), (second, 2, "新标题"));
        assert_eq!(
            (found.hash.as_str(), found.expires_on, found.confirm),
            (next.hash.as_str(), None, Confirm::Required)
        );
        let old = item::version(&mut tx, world.item_version).await.unwrap().unwrap();
        assert_eq!(
            (old.slug.as_str(), old.version, old.title.as_str(), old.body.as_str()),
            ("gifts", 1, "礼品礼金", "正文\n第二段")
        );
        assert_eq!((old.verified_on, old.expires_on), (day(1), Some(day(30))));
        assert!(item::version(&mut tx, ItemVersionId(99)).await.unwrap().is_none());
        assert_constraint(item::add_version(&mut tx, &next, at(6)).await);
    }
}

#[tokio::test]
async fn items_are_listed_by_code_with_their_latest_push() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let other = item::add(&mut tx, "banquets", ItemState::Draft).await.unwrap();
        let first = item::NewVersion { code: "A-1".to_owned(), ..version(other, 1) };
        item::add_version(&mut tx, &first, at(0)).await.unwrap();
        item::set_state(&mut tx, other, ItemState::Withdrawn).await.unwrap();
        let rows = item::list(&mut tx).await.unwrap();
        let told: Vec<_> = rows.iter().map(|row| (row.slug.as_str(), row.state, row.last_slot)).collect();
        let pushed = ("gifts", ItemState::Approved, Some(At::from(at(0))));
        assert_eq!(told, [("banquets", ItemState::Withdrawn, None), pushed]);
        assert!(item::find(&mut tx, "nothing").await.unwrap().is_none());
        assert_constraint(item::add(&mut tx, "gifts", ItemState::Draft).await);
    }
}
