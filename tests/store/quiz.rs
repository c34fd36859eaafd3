//! Questions that pushes ask, and answers to them.

use qingfeng::domain::delivery::AttemptOutcome;
use qingfeng::domain::push::PushState;
use qingfeng::domain::quiz::{Rules, Score};
use qingfeng::ids::{AttemptId, InboxId, PushId, StaffId};
use qingfeng::store::quiz::{self, AnswerRow, AskingRow, NewAnswer};
use qingfeng::store::{At, Tx, delivery};

use crate::world::{World, assert_constraint, at, worlds};

/// The push asks, and its copy is out.
async fn out(world: &World, tx: &mut Tx) -> AttemptId {
    quiz::ask(tx, world.push, 2, Rules { attempts: 3, score: Score::Best }).await.unwrap();
    world.deliver(tx).await;
    let claimed = crate::delivery::claim(tx, "boot", 0).await.remove(0);
    delivery::begin_attempt(tx, &claimed, "boot", "-100", at(0)).await.unwrap().unwrap().id
}

fn answer(world: &World, attempt: AttemptId, staff: StaffId, (question, n): (i64, i64)) -> NewAnswer {
    NewAnswer {
        push_id: world.push,
        staff_id: staff,
        question,
        n,
        chosen: 5,
        is_right: n == 2,
        answered_at: at(n).timestamp_millis(),
        attempt_id: attempt,
        inbox_id: (n == 1).then_some(InboxId(7)),
    }
}

#[tokio::test]
async fn a_push_asks_by_the_rules_it_was_made_with() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        assert!(quiz::asking(&mut tx, &[world.push]).await.unwrap().is_empty());
        let attempt = out(&world, &mut tx).await;
        let row = AskingRow { push_id: world.push, score: Score::Best, quiz: String::new() };
        assert_eq!(quiz::asking(&mut tx, &[world.push, PushId(99)]).await.unwrap(), [row]);
        let copies = quiz::copies(&mut tx, &[attempt, AttemptId(99)]).await.unwrap();
        let copy = &copies[0];
        assert_eq!((copies.len(), copy.id, copy.push_id, copy.state), (1, attempt, world.push, PushState::Open));
        assert_eq!((copy.outcome, copy.chat.as_str(), &copy.message_id), (AttemptOutcome::Pending, "-100", &None));
        assert_eq!((copy.chat_now.as_deref(), copy.month.as_str(), copy.attempts), (Some("-100"), "2026-08", 3));
        assert_eq!((copy.title.as_str(), copy.basis.as_str(), copy.score), ("礼品礼金", "条例第一条", Score::Best));
        let rules = Rules { attempts: 1, score: Score::First };
        assert_constraint(quiz::ask(&mut tx, world.push, 1, rules).await);
    }
}

#[tokio::test]
async fn an_answer_has_one_place_and_only_new_rows_come_back() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let attempt = out(&world, &mut tx).await;
        let batch = quiz::open_batch(&mut tx, at(1)).await.unwrap();
        let new = |staff, place| answer(&world, attempt, staff, place);
        let first = [new(world.li, (1, 1)), new(world.wang, (0, 1)), new(world.li, (1, 2)), new(world.li, (1, 1))];
        let rows = quiz::add_many(&mut tx, batch, &first).await.unwrap();
        let told: Vec<_> = rows.iter().map(|row| (row.staff_id, row.question, row.n, row.is_right)).collect();
        assert_eq!(told, [(world.li, 1, 1, false), (world.wang, 0, 1, false), (world.li, 1, 2, true)]);
        let whole = AnswerRow {
            id: rows[2].id,
            push_id: world.push,
            staff_id: world.li,
            question: 1,
            n: 2,
            chosen: 5,
            is_right: true,
            answered_at: At::from(at(2)),
            attempt_id: attempt,
            inbox_id: None,
            batch_id: batch,
        };
        assert_eq!(rows[2], whole);
        assert_eq!(rows[0].inbox_id, Some(InboxId(7)));
        let next = quiz::open_batch(&mut tx, at(2)).await.unwrap();
        assert!(quiz::add_many(&mut tx, next, &first[..1]).await.unwrap().is_empty());
        quiz::drop_batch(&mut tx, next).await.unwrap();
        let of = quiz::answers(&mut tx, &[(world.push, world.li), (PushId(99), world.wang)]).await.unwrap();
        assert_eq!(of, [rows[0].clone(), rows[2].clone()]);
        let all = quiz::of_pushes(&mut tx, &[world.push]).await.unwrap();
        assert_eq!(all.len(), 3);
        assert_eq!(quiz::page(&mut tx, rows[1].id, 1).await.unwrap(), rows[1..2]);
        assert_eq!(quiz::answered_in(&mut tx, world.li, "2026-08").await.unwrap(), [world.push]);
        assert!(quiz::answered_in(&mut tx, world.li, "2026-09").await.unwrap().is_empty());
        assert!(quiz::answered_in(&mut tx, world.zhao, "2026-08").await.unwrap().is_empty());
        let nobody = NewAnswer { staff_id: StaffId(99), ..first[0].clone() };
        assert_constraint(quiz::add_many(&mut tx, batch, &[nobody]).await);
    }
}
