//! `kill -9` at random moments, also while the service is starting.

use std::time::Duration;

use tokio::time::sleep;

use crate::dice::Dice;
use crate::lane;
use crate::verdict::Verdict;

/// Shortest and longest life in milliseconds.
const LIFE: (u64, u64) = (50, 4_000);

/// One office whose service is killed `times` times.
pub(crate) async fn run(db: crate::db::TestDb, times: usize, mut dice: Dice) -> Verdict {
    lane::run(db, &mut dice, async |office, dice| {
        for _ in 0..times {
            let mut life = office.serve(None);
            sleep(dice.ms(LIFE.0, LIFE.1)).await;
            life.kill();
            office.count_cut().await;
            // A service manager waits a moment too.
            sleep(Duration::from_millis(dice.below(300))).await;
        }
        Vec::new()
    })
    .await
}
