//! The same people, the same presses, the same kills: a bot on the library's stock dispatcher beside ours.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::db;
use crate::dice::Dice;
use crate::facts;
use crate::lane::{MANY_GROUPS, START, STOP};
use crate::load::Load;
use crate::office::Office;
use crate::run::Lane;
use crate::stage::kills;

/// Pause between two messages to every group.
const PUSH_EVERY: Duration = Duration::from_secs(6);

/// Presses issued and lost on one side.
#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) name: &'static str,
    pub(crate) issued: usize,
    pub(crate) lost: usize,
}

/// Both sides, each killed `times` times; `stock` is the other bot's program.
pub(crate) async fn run(stock: PathBuf, times: usize, mut dice: Dice) -> (Vec<Side>, Vec<String>) {
    let (mine, theirs) = (dice.split(), dice.split());
    let database = async || db::databases().await.swap_remove(0);
    let (ours, other) = tokio::join!(
        kills::run(Lane { db: database().await, hook: false, times, dice: mine }),
        of_stock(database().await, stock, (times, theirs))
    );
    let ours_side = Side { name: "qingfeng", issued: ours.pairs, lost: ours.lost };
    (vec![other, ours_side], ours.broken)
}

async fn of_stock(database: db::TestDb, stock: PathBuf, (times, mut dice): (usize, Dice)) -> Side {
    let mut office = Office::open(database, MANY_GROUPS).await;
    office.stock = Some(stock);
    let office = Arc::new(office);
    let mut load = Load::start(&office, PUSH_EVERY, &mut dice);
    for _ in 0..times {
        let mut life = office.serve(None);
        kills::live(&mut life, &mut dice).await;
    }
    load.stop_pushing().await;
    let mut life = office.serve(None);
    life.ready(&office, START).await;
    load.finish().await;
    // The last batch was handed out; its handlers have all the time they need.
    sleep(STOP).await;
    drop(life);
    let (issued, stored) = facts::stock(&office).await;
    Side { name: "stock dispatcher", issued: issued.len(), lost: issued.difference(&stored).count() }
}
