//! One office under load whose service is ended again and again; then it is left in peace, and both sides are compared.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

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

/// An office under load.
pub(crate) struct Ground {
    pub(crate) office: Arc<Office>,
    pub(crate) dice: Dice,
    load: Load,
}

impl Ground {
    /// Opens an office and lets its people go to work.
    pub(crate) async fn lay(db: TestDb, hook: bool, mut dice: Dice) -> Self {
        let mut office = Office::open(db, MANY_GROUPS).await;
        office.hook = hook;
        // The platform comes again after pauses that double; they are cut to a tenth, as the lives are.
        office.order("webhook", &json!({ "second_ms": 100 }));
        let office = Arc::new(office);
        let load = Load::start(&office, PUSH_EVERY, &mut dice);
        Self { office, dice, load }
    }

    /// No more torment: everything is worked off, and judged. `broken` is what was seen on the way.
    pub(crate) async fn judge(mut self, broken: Vec<String>) -> Verdict {
        self.load.stop_pushing().await;
        let mut verdict = settle(&self.office, self.load).await;
        verdict.broken.extend(broken);
        verdict
    }
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
