//! Telling the admins of what stays in doubt: the program does nothing more about it by itself.

use crate::ctx::Ctx;
use crate::domain::alert::Alert;
use crate::domain::channel::Names;
use crate::domain::delivery::{DOUBT_WAIT, TargetKind};
use crate::ids::{GroupId, StaffId};
use crate::message::print::named;
use crate::office::{Outcome, alert};
use crate::store::{self, Tx};

/// Raises an alert for each delivery that stays in doubt, once for its newest copy.
pub(super) async fn tell(tx: &mut Tx, ctx: &Ctx) -> Outcome<()> {
    let now = ctx.now();
    for row in store::delivery::stuck(tx, now, now - DOUBT_WAIT).await? {
        let Some(push) = store::push::find(tx, row.push_id).await? else { continue };
        let target = target(tx, (row.target_kind, row.target_id)).await?;
        let (delivery, attempt) = (row.id, row.attempt_id.0);
        let told = Alert::InDoubt { delivery, push: row.push_id, title: push.title, target, attempt };
        alert::raise(tx, ctx, &told).await?;
    }
    Ok(())
}

/// What an admin calls the target, wherever they read it.
pub(super) async fn target(tx: &mut Tx, (kind, id): (TargetKind, i64)) -> Outcome<String> {
    match kind {
        TargetKind::Group => {
            let group = store::group::find(tx, GroupId(id)).await?;
            Ok(group.map(|group| group.title).unwrap_or_default())
        }
        TargetKind::Staff => {
            let people = store::staff::find_many(tx, &[StaffId(id)]).await?;
            Ok(people.first().map(|p| named(Names::anywhere(), &p.name, &p.staff_no, &[])).unwrap_or_default())
        }
    }
}
