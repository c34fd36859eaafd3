//! What a batch of presses is judged by, in one look.

use qingfeng::domain::delivery::AttemptOutcome;
use qingfeng::domain::hearing::Gap;
use qingfeng::domain::push::{MemberStatus, PushState};
use qingfeng::domain::word::Confirm;
use qingfeng::ids::{AccountId, AttemptId, PushId, StaffId};
use qingfeng::store::ack::look::{Asked, Look, PressRow, PressedPush, look};
use qingfeng::store::deadline::{self, NewOwn};
use qingfeng::store::delivery::{self, count_line};
use qingfeng::store::merge::{self, Merge};
use qingfeng::store::push::{self, audience};
use qingfeng::store::{At, Tx, account, blind, leave};

use crate::ack::confirm;
use crate::leave::absent;
use crate::world::{World, at, chunk, worlds};

/// A copy of the push in the chat.
async fn copy(world: &World, tx: &mut Tx) -> AttemptId {
    world.deliver(tx).await;
    let claimed = crate::delivery::claim(tx, "boot", 0).await.remove(0);
    delivery::begin_attempt(tx, &claimed, "boot", "-100", at(0)).await.unwrap().unwrap().id
}

async fn bound(world: &World, tx: &mut Tx, name: &str, staff: StaffId) -> AccountId {
    let id = account::ensure(tx, world.channel, name).await.unwrap().id;
    account::bind(tx, world.channel, id, staff, at(1)).await.unwrap();
    id
}

async fn named(world: &World, tx: &mut Tx, asked: Asked<'_>) -> PressRow {
    look(tx, world.channel, &[asked]).await.unwrap().presses.remove(0)
}

#[tokio::test]
async fn every_press_has_its_row_in_the_order_asked() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let attempt = copy(&world, &mut tx).await;
        let (li, wang) =
            (bound(&world, &mut tx, "501", world.li).await, bound(&world, &mut tx, "502", world.wang).await);
        let left = account::ensure(&mut tx, world.channel, "503").await.unwrap().id;
        let asked = [
            Asked("502", Some(attempt), None),
            Asked("999", Some(attempt), None),
            Asked("501", None, Some(world.push)),
            Asked("503", Some(AttemptId(99)), None),
            Asked("502", Some(attempt), None),
            Asked("501", None, None),
            Asked("501", None, Some(PushId(99))),
        ];
        let Look { presses, pushes, chunks, formers, acks, own, gaps, unmarked } =
            look(&mut tx, world.channel, &asked).await.unwrap();
        let row = |account_id, staff_id, push_id, outcome| PressRow { account_id, staff_id, push_id, outcome };
        let pending = Some(AttemptOutcome::Pending);
        let expected = [
            row(Some(wang), Some(world.wang), Some(world.push), pending),
            row(None, None, Some(world.push), pending),
            row(Some(li), Some(world.li), Some(world.push), None),
            row(Some(left), None, None, None),
            row(Some(wang), Some(world.wang), Some(world.push), pending),
            row(Some(li), Some(world.li), None, None),
            row(Some(li), Some(world.li), Some(PushId(99)), None),
        ];
        assert_eq!(presses, expected, "{}", world.db.label);
        let known = PressedPush {
            id: world.push,
            state: PushState::Open,
            confirm: Confirm::Required,
            deadline_at: Some(At::from(at(3600))),
            audience: push::find(&mut tx, world.push).await.unwrap().unwrap().audience,
        };
        assert_eq!(pushes, [known], "one that is not there is left out");
        assert_eq!(chunks, audience::chunks(&mut tx, &[world.push]).await.unwrap());
        assert_eq!((formers, acks, own, gaps, unmarked), (vec![], vec![], vec![], vec![], vec![]));
        let nothing = look(&mut tx, world.channel, &[]).await.unwrap();
        assert_eq!((nothing.presses, nothing.pushes), (vec![], vec![]));
    }
}

#[tokio::test]
async fn an_account_that_is_bound_no_more_stands_for_nobody() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let attempt = copy(&world, &mut tx).await;
        let id = bound(&world, &mut tx, "501", world.li).await;
        account::unbind(&mut tx, world.li, qingfeng::store::account::On::Every, at(2)).await.unwrap();
        let row = named(&world, &mut tx, Asked("501", Some(attempt), None)).await;
        assert_eq!((row.account_id, row.staff_id), (Some(id), None), "{}", world.db.label);
        bound(&world, &mut tx, "501", world.wang).await;
        let row = named(&world, &mut tx, Asked("501", Some(attempt), None)).await;
        assert_eq!(row.staff_id, Some(world.wang), "{}", world.db.label);
    }
}

#[tokio::test]
async fn what_was_confirmed_and_put_off_is_known_under_every_number() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        bound(&world, &mut tx, "502", world.wang).await;
        let acks = confirm(&world, &mut tx, &[world.li, world.wang, world.zhang]).await;
        let leave_id = leave::add(&mut tx, &absent(world.li, 5, Some(9)), at(0)).await.unwrap();
        let to = |staff_id| NewOwn { push_id: world.push, staff_id, deadline_at: 7, leave_id };
        deadline::put_many(&mut tx, &[to(world.li), to(world.zhang)], at(0)).await.unwrap();
        // Li became Zhao and Zhao became Wang.
        for (from, into) in [(world.li, world.zhao), (world.zhao, world.wang)] {
            merge::close(&mut tx, Merge { from, into, at: at(9) }).await.unwrap();
        }
        let gap = Gap { from: at(3000), to: at(3500), settled: at(3600) };
        let before = Gap { from: at(0), to: at(9), settled: at(3599) };
        blind::add(&mut tx, world.channel, &before).await.unwrap();
        blind::add(&mut tx, world.channel, &gap).await.unwrap();
        let asked = [Asked("502", None, Some(world.push))];
        let mut found = look(&mut tx, world.channel, &asked).await.unwrap();
        found.acks.sort_unstable_by_key(|ack| ack.id);
        assert_eq!(found.acks, acks[..2], "{}: not Zhang's", world.db.label);
        assert_eq!(found.formers, [(world.li, world.wang), (world.zhao, world.wang)], "{}", world.db.label);
        assert_eq!(found.own.iter().map(|own| own.staff_id).collect::<Vec<_>>(), [world.li], "{}", world.db.label);
        let gaps: Vec<Gap> = found.gaps.into_iter().map(Gap::from).collect();
        assert_eq!(gaps, [gap], "{}: the other was settled before the deadline", world.db.label);
    }
}

#[tokio::test]
async fn a_push_is_named_while_its_count_line_is_not_marked() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let attempt = copy(&world, &mut tx).await;
        bound(&world, &mut tx, "501", world.li).await;
        let line = delivery::of_push(&mut tx, world.push).await.unwrap()[0].id;
        count_line::add(&mut tx, line, 0, at(30)).await.unwrap();
        let asked = [Asked("501", Some(attempt), None), Asked("502", None, Some(world.push))];
        let found = look(&mut tx, world.channel, &asked).await.unwrap();
        assert_eq!(found.unmarked, [world.push], "{}", world.db.label);
        count_line::touch(&mut tx, &[world.push]).await.unwrap();
        assert_eq!(look(&mut tx, world.channel, &asked).await.unwrap().unmarked, [], "{}", world.db.label);
    }
}

#[tokio::test]
async fn a_roll_that_was_kept_is_the_chunk_of_its_name() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let second = crate::world::push(&mut tx, world.item_version).await;
        let mut smaller = chunk(world.general, &[world.zhao]);
        smaller.members[0].status = MemberStatus::Exempt;
        push::add_chunk(&mut tx, second, &smaller, &smaller.hash()).await.unwrap();
        let both = audience::chunks(&mut tx, &[world.push, second]).await.unwrap();
        // The second look is answered out of memory.
        for _ in 0..2 {
            let rolls = audience::rolls(&mut tx, both.clone()).await.unwrap();
            let status = |push, staff| rolls[&push].iter().find_map(|roll| roll.status(staff));
            for staff in [world.zhang, world.li, world.wang, world.zhao] {
                assert_eq!(status(world.push, staff), Some(MemberStatus::Expected), "{}", world.db.label);
            }
            assert_eq!(status(second, world.zhao), Some(MemberStatus::Exempt), "{}", world.db.label);
            assert_eq!(status(second, world.wang), None, "{}", world.db.label);
        }
        // A chunk that was never stored for good leaves nothing behind that another could be taken for.
        drop(tx);
        let mut tx = world.tx().await;
        let third = crate::world::push(&mut tx, world.item_version).await;
        let other = chunk(world.general, &[world.wang]);
        push::add_chunk(&mut tx, third, &other, &other.hash()).await.unwrap();
        let chunks = audience::chunks(&mut tx, &[third]).await.unwrap();
        let rolls = audience::rolls(&mut tx, chunks).await.unwrap();
        assert_eq!(rolls[&third][0].status(world.wang), Some(MemberStatus::Expected), "{}", world.db.label);
        assert_eq!(rolls[&third][0].status(world.zhao), None, "{}", world.db.label);
    }
}
