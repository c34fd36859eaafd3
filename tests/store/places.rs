//! Channels, chats and settings.

use qingfeng::domain::channel::ChannelKind;
use qingfeng::domain::delivery::StopReason;
use qingfeng::domain::setting::Key;
use qingfeng::domain::word::GroupState;
use qingfeng::ids::GroupId;
use qingfeng::store::group::GroupRow;
use qingfeng::store::{At, Tx, channel, group, setting};

use crate::world::{World, assert_constraint, at, day, worlds};

async fn chat(tx: &mut Tx, id: GroupId) -> GroupRow {
    group::find(tx, id).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_channel_is_stored_once_and_learns_its_name() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        assert_eq!(channel::find(&mut tx, "telegram").await.unwrap(), Some((world.channel, "7001".to_owned())));
        assert_eq!(channel::find(&mut tx, "relay").await.unwrap(), None);
        assert_eq!(channel::names(&mut tx).await.unwrap(), Vec::<String>::new());
        channel::set_name(&mut tx, world.channel, "qingfeng_bot").await.unwrap();
        assert_eq!(channel::names(&mut tx).await.unwrap(), ["qingfeng_bot"]);
        assert_constraint(channel::add(&mut tx, "telegram", "7001").await);
    }
}

#[tokio::test]
async fn a_chat_is_met_mute_and_comes_back_as_it_was_linked() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let new = group::seen(&mut tx, world.channel, "-200", "新群").await.unwrap();
        assert_eq!(chat(&mut tx, new).await.state, GroupState::Unlinked);
        assert_eq!(group::seen(&mut tx, world.channel, "-200", "改名").await.unwrap(), new);
        assert_eq!(chat(&mut tx, new).await.title, "改名");
        for id in [new, world.chat] {
            group::set_state(&mut tx, id, GroupState::Gone, Some(StopReason::Removed)).await.unwrap();
            assert_eq!(chat(&mut tx, id).await.reason, Some(StopReason::Removed));
        }
        group::seen(&mut tx, world.channel, "-200", "改名").await.unwrap();
        group::seen(&mut tx, world.channel, "-100", "机关大群").await.unwrap();
        let told: Vec<_> = group::list(&mut tx).await.unwrap().into_iter().map(|g| (g.id, g.state, g.reason)).collect();
        assert_eq!(told, [(world.chat, GroupState::Active, None), (new, GroupState::Unlinked, None)]);
        assert_eq!(group::find(&mut tx, GroupId(99)).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_linked_chat_is_told_once_a_day_how_to_be_counted() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        assert!(group::hint(&mut tx, world.channel, "-100", day(1)).await.unwrap());
        assert!(!group::hint(&mut tx, world.channel, "-100", day(1)).await.unwrap());
        assert!(group::hint(&mut tx, world.channel, "-100", day(2)).await.unwrap());
        group::seen(&mut tx, world.channel, "-200", "新群").await.unwrap();
        for chat in ["-200", "-999"] {
            assert!(!group::hint(&mut tx, world.channel, chat, day(1)).await.unwrap(), "{chat}: nobody linked it");
        }
    }
}

#[tokio::test]
async fn a_chat_addresses_units_in_roster_order() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let both = [(world.chat, world.finance), (world.chat, world.general)];
        assert_eq!(group::units(&mut tx).await.unwrap(), both);
        qingfeng::store::unit::retire_many(&mut tx, &[world.finance], at(1)).await.unwrap();
        assert_eq!(group::units(&mut tx).await.unwrap(), both[1..]);
        group::set_units(&mut tx, world.chat, &[]).await.unwrap();
        assert_eq!(group::units(&mut tx).await.unwrap(), []);
        let unknown = [qingfeng::ids::UnitId(99)];
        assert_constraint(group::set_units(&mut tx, world.chat, &unknown).await);
    }
}

/// Which chats there are as `(id, external id, state)`.
async fn chats(world: &World, tx: &mut Tx) -> Vec<(GroupId, String, GroupState)> {
    let rows = group::list(tx).await.unwrap();
    assert!(rows.iter().all(|row| row.channel == ChannelKind::Telegram && row.channel_id == world.channel));
    rows.into_iter().map(|row| (row.id, row.external_id, row.state)).collect()
}

#[tokio::test]
async fn a_chat_keeps_its_row_when_the_platform_moves_it() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        group::migrate(&mut tx, world.channel, "-100", "-1009").await.unwrap();
        let moved = [(world.chat, "-1009".to_owned(), GroupState::Active)];
        assert_eq!(chats(&world, &mut tx).await, moved);
        group::migrate(&mut tx, world.channel, "-100", "-1009").await.unwrap();
        assert_eq!(chats(&world, &mut tx).await, moved, "told twice");
        assert_eq!(group::find_external(&mut tx, world.channel, "-1009").await.unwrap()[0].id, world.chat);
        assert_eq!(group::find_external(&mut tx, world.channel, "-100").await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_chat_that_was_met_under_its_new_id_first_makes_way() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        group::seen(&mut tx, world.channel, "-1009", "机关大群").await.unwrap();
        group::migrate(&mut tx, world.channel, "-100", "-1009").await.unwrap();
        assert_eq!(chats(&world, &mut tx).await, [(world.chat, "-1009".to_owned(), GroupState::Active)]);
    }
}

#[tokio::test]
async fn a_chat_that_was_linked_under_its_new_id_stays_and_the_old_one_is_gone() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let new = group::seen(&mut tx, world.channel, "-1009", "机关大群").await.unwrap();
        group::set_units(&mut tx, new, &[world.finance]).await.unwrap();
        group::set_state(&mut tx, new, GroupState::Active, None).await.unwrap();
        group::migrate(&mut tx, world.channel, "-100", "-1009").await.unwrap();
        let expected =
            [(world.chat, "-100".to_owned(), GroupState::Gone), (new, "-1009".to_owned(), GroupState::Active)];
        assert_eq!(chats(&world, &mut tx).await, expected);
    }
}

#[tokio::test]
async fn a_setting_has_one_value() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        assert_eq!(setting::changed(&mut tx, Key::OfficeName).await.unwrap(), None);
        setting::put(&mut tx, Key::OfficeName, "某局", at(0)).await.unwrap();
        assert_eq!(setting::changed(&mut tx, Key::OfficeName).await.unwrap(), Some(At::from(at(0))));
        setting::put(&mut tx, Key::InboxDays, "5", at(0)).await.unwrap();
        setting::put(&mut tx, Key::OfficeName, "某某局", at(1)).await.unwrap();
        let all = setting::all(&mut tx).await.unwrap();
        assert_eq!(
            all.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect::<Vec<_>>(),
            [("inbox.days", "5"), ("office.name", "某某局")]
        );
    }
}
