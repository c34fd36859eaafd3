//! Deadlines of open required pushes that fall into an absence which is recorded after the push went out.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::ctx::Ctx;
use crate::domain::leave::{Absence, Span, own_deadline};
use crate::domain::push::MemberStatus;
use crate::domain::wall;
use crate::ids::{PushId, StaffId};
use crate::office::{Outcome, calendar, setting};
use crate::store::deadline::NewOwn;
use crate::store::{self, Tx};

/// Whether deadlines that have passed move as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    /// An admin vouches for it.
    Too,
    /// Nobody makes themselves punctual afterwards.
    Never,
}

/// Moves the deadlines of open pushes that fall into new absences, which are recorded already. Returns how many moved.
pub(super) async fn extend(tx: &mut Tx, ctx: &Ctx, new: &[(StaffId, Span)], past: Past) -> Outcome<usize> {
    let Some(first) = new.iter().map(|(_, span)| span.from).min() else { return Ok(0) };
    let last = new.iter().map(|(_, span)| span.to).max_by_key(|to| to.unwrap_or(NaiveDate::MAX)).flatten();
    let midnight = |day: NaiveDate| wall::instant(day.and_time(NaiveTime::MIN), ctx.zone);
    let from = match past {
        Past::Too => midnight(first),
        Past::Never => midnight(first).max(ctx.now()),
    };
    let open = store::deadline::open(tx, from, last.and_then(|day| day.succ_opt()).map(midnight)).await?;
    if open.is_empty() {
        return Ok(0);
    }
    let calendar = calendar::load(tx, ctx).await?;
    let hours = setting::load(tx, ctx.zone).await?.hours;
    let mut absences = absences(tx, new).await?;
    // What is out may name the person by a number that was merged since.
    let mut spans: Vec<(StaffId, Span)> = new.to_vec();
    for (former, now) in store::merge::formers(tx, &new.iter().map(|(staff, _)| *staff).collect::<Vec<_>>()).await? {
        let away = absences.get(&now).cloned().unwrap_or_default();
        absences.insert(former, away);
        spans.extend(new.iter().filter(|(staff, _)| *staff == now).map(|(_, span)| (former, *span)));
    }
    let waiting = waiting(tx, &open, &absences).await?;
    let mut moved = Vec::new();
    for ((push_id, staff_id), deadline) in waiting {
        let away = absences.get(&staff_id).map_or(&[][..], Vec::as_slice);
        let day = wall::of(deadline, ctx.zone).date();
        let falls = spans.iter().any(|(staff, span)| *staff == staff_id && span.covers(day));
        let late = past == Past::Never && deadline <= ctx.now();
        let own = own_deadline(away, (None, deadline), &calendar, &hours).filter(|_| falls && !late);
        moved.extend(own.map(|own| NewOwn {
            push_id,
            staff_id,
            deadline_at: own.deadline.timestamp_millis(),
            leave_id: own.leave,
        }));
    }
    store::deadline::put_many(tx, &moved, ctx.now()).await?;
    Ok(moved.len())
}

/// The absences of the people that new ones are of.
async fn absences(tx: &mut Tx, new: &[(StaffId, Span)]) -> Outcome<HashMap<StaffId, Vec<Absence>>> {
    let people: Vec<StaffId> = new.iter().map(|(staff, _)| *staff).collect();
    let mut absences: HashMap<StaffId, Vec<Absence>> = HashMap::new();
    for row in store::leave::of_many(tx, &people).await? {
        absences.entry(row.staff_id).or_default().push(row.absence());
    }
    Ok(absences)
}

/// The deadlines of these people for the pushes that expect them.
async fn waiting(
    tx: &mut Tx,
    open: &[(PushId, store::At)],
    people: &HashMap<StaffId, Vec<Absence>>,
) -> Outcome<BTreeMap<(PushId, StaffId), DateTime<Utc>>> {
    let ids: Vec<PushId> = open.iter().map(|(push, _)| *push).collect();
    let everybodys: HashMap<PushId, DateTime<Utc>> = open.iter().map(|(push, at)| (*push, at.utc())).collect();
    let mut waiting = BTreeMap::new();
    for (push, chunk) in store::push::audiences(tx, &ids).await? {
        let Some(deadline) = everybodys.get(&push) else { continue };
        let expected = chunk.members.iter().filter(|member| member.status == MemberStatus::Expected);
        let of_these = expected.filter(|member| people.contains_key(&member.staff));
        waiting.extend(of_these.map(|member| ((push, member.staff), *deadline)));
    }
    for own in store::deadline::of_pushes(tx, &ids).await? {
        waiting.entry((own.push_id, own.staff_id)).and_modify(|deadline| *deadline = own.deadline_at.utc());
    }
    Ok(waiting)
}
