//! A small model of deliveries beside the store: whatever happens in whatever order, also what comes too late, both say the
//! same, and what was promised holds. `QINGFENG_MODEL_STEPS` sets how many steps are tried; `make faults` tries 100,000.

use std::cell::Cell;

use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use qingfeng::domain::delivery::{CallResult, Decision};

use self::story::Story;
use crate::world::{World, worlds};

#[path = "model/delivery.rs"]
mod delivery_model;
#[path = "model/story.rs"]
mod story;

/// Steps of one story, at most.
const STORY: usize = 80;
/// Steps in the ordinary run on each database; PostgreSQL is asked over a socket for each.
const STEPS: usize = 4_000;

/// Something that happens. Numbers pick one of what there is at that moment.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    Later(i64),
    Claim(usize),
    Begin(usize),
    Release(usize),
    ReleaseOwn(usize),
    PutDown(usize),
    Finish(usize, CallResult),
    Press(usize),
    Expire,
    Recover(Option<usize>),
    Requeue,
    Decide(usize, Decision),
    Cancel(usize),
    Again,
}

fn result() -> impl Strategy<Value = CallResult> {
    let pause = || TimeDelta::seconds(3);
    prop_oneof![
        3 => Just(CallResult::Sent),
        3 => Just(CallResult::Unknown),
        2 => Just(CallResult::NotSent),
        1 => Just(CallResult::Refused),
        1 => Just(CallResult::Mended),
        1 => Just(CallResult::Halted),
        1 => Just(CallResult::Withheld),
        1 => Just(CallResult::Limited { retry_after: pause() }),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let pick = || 0..64_usize;
    let decision = prop::sample::select(vec![Decision::Sent, Decision::Resend, Decision::Abandon]);
    prop_oneof![
        4 => (1..120_i64).prop_map(Op::Later),
        6 => (0..2_usize).prop_map(Op::Claim),
        8 => pick().prop_map(Op::Begin),
        1 => pick().prop_map(Op::Release),
        1 => (0..2_usize).prop_map(Op::ReleaseOwn),
        1 => pick().prop_map(Op::PutDown),
        8 => (pick(), result()).prop_map(|(n, result)| Op::Finish(n, result)),
        2 => pick().prop_map(Op::Press),
        1 => Just(Op::Expire),
        3 => prop::option::of(0..2_usize).prop_map(Op::Recover),
        3 => Just(Op::Requeue),
        1 => (pick(), decision).prop_map(|(n, decision)| Op::Decide(n, decision)),
        1 => (0..8_usize).prop_map(Op::Cancel),
        1 => Just(Op::Again),
    ]
}

async fn tell(world: &World, ops: &[Op]) {
    let mut story = Story::new(world).await;
    for op in ops {
        let over: Vec<_> = story.deliveries.iter().filter(|d| d.is_over()).map(|d| (d.id, d.state)).collect();
        story.apply(op).await;
        story.compare(op, &over).await;
    }
    // Nothing is kept: the transaction is dropped, so that a step costs no flush of the disk.
}

#[test]
fn the_store_and_the_model_of_a_delivery_agree() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let steps = std::env::var("QINGFENG_MODEL_STEPS").ok().map_or(STEPS, |steps| steps.parse().unwrap());
    for world in runtime.block_on(worlds()) {
        // PostgreSQL takes a tenth of the steps: each is a dozen round trips.
        let wanted = if world.db.label == "postgres" { steps / 10 } else { steps };
        let done = Cell::new(0);
        while done.get() < wanted {
            let mut runner = TestRunner::new(Config { cases: 20, failure_persistence: None, ..Config::default() });
            let stories = prop::collection::vec(op(), STORY / 2..STORY);
            let result = runner.run(&stories, |ops| {
                done.set(done.get() + ops.len());
                runtime.block_on(tell(&world, &ops));
                Ok(())
            });
            result.unwrap_or_else(|why| panic!("{}: {why}", world.db.label));
        }
        println!("{}: {} steps", world.db.label, done.get());
    }
}
