//! One office under load whose service is ended again and again; then it is left in peace, and both sides are compared.

use std::sync::Arc;
use std::time::Duration;

use crate::db::TestDb;
use crate::dice::Dice;
use crate::facts;
use crate::load::Load;
use crate::office::{Office, Size};
use crate::verdict::{Verdict, judge};

/// Sixty small groups: many sends, so that ends often meet one.
pub(crate) const MANY_GROUPS: Size = Size { groups: 60, people: 4 };
/// Pause between two pushes. A group may get 18 messages a minute, so this is within our own pacing.
const PUSH_EVERY: Duration = Duration::from_secs(6);
/// Longest wait for a service that is to take up its work.
pub(crate) const START: Duration = Duration::from_secs(30);
/// Longest time a service may take to stop.
pub(crate) const STOP: Duration = Duration::from_secs(15);

/// Runs an office under load while `torment` starts and ends services, and judges what came of it.
pub(crate) async fn run<F>(db: TestDb, (hook, mut dice): (bool, Dice), torment: F) -> Verdict
where
    F: AsyncFnOnce(&Arc<Office>, &mut Dice) -> Vec<String>,
{
    let mut office = Office::open(db, MANY_GROUPS).await;
    office.hook = hook;
    let office = Arc::new(office);
    let mut load = Load::start(&office, PUSH_EVERY, &mut dice);
    let broken = torment(&office, &mut dice).await;
    load.stop_pushing().await;
    let mut verdict = settle(&office, load).await;
    verdict.broken.extend(broken);
    verdict
}

/// Lets a service work off everything, and compares.
pub(crate) async fn settle(office: &Office, load: Load) -> Verdict {
    let mut life = office.serve(None);
    load.finish().await;
    life.signal("TERM");
    let ended = life.ended(STOP).await;
    let mut verdict = judge(&facts::read(office).await);
    if ended.is_none_or(|status| !status.success()) {
        verdict.broken.push("the last service did not stop as asked".to_owned());
    }
    verdict
}
