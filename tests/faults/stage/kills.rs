//! `kill -9` at random moments, also while the service is starting.

use std::time::Duration;

use tokio::time::sleep;

use crate::dice::Dice;
use crate::lane::Ground;
use crate::life::Life;
use crate::run::Lane;
use crate::verdict::Verdict;

/// Shortest and longest life in milliseconds.
const LIFE: (u64, u64) = (50, 4_000);

/// One office whose service is killed `times` times.
pub(crate) async fn run(Lane { db, hook, times, dice }: Lane) -> Verdict {
    let mut ground = Ground::lay(db, hook, dice).await;
    for _ in 0..times {
        let mut life = ground.office.serve(None);
        live(&mut life, &mut ground.dice).await;
        ground.office.count_cut().await;
    }
    ground.judge(Vec::new()).await
}

/// A life of chance length, and the moment a service manager waits before the next.
pub(crate) async fn live(life: &mut Life, dice: &mut Dice) {
    sleep(dice.ms(LIFE.0, LIFE.1)).await;
    life.kill();
    sleep(Duration::from_millis(dice.below(300))).await;
}
