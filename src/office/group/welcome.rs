//! The first message in a chat, once ever: when it goes out, and what it says.

use chrono::Weekday;
use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::alert::{KEPT, opening};
use crate::domain::audit::{Action, Actor, Job};
use crate::domain::cron::Field;
use crate::domain::schedule::Rule;
use crate::domain::word::ScheduleState;
use crate::ids::GroupId;
use crate::message;
use crate::message::outgoing::Outgoing;
use crate::office::{Outcome, calendar, note, setting};
use crate::store::group::GroupRow;
use crate::store::{self, Tx};

/// Queues it, inside the allowed hours, unless the chat had it.
pub(super) async fn queue(tx: &mut Tx, ctx: &Ctx, group: &GroupRow) -> Outcome<()> {
    if group.welcomed_at.is_some() || !group.channel.capabilities().send {
        return Ok(());
    }
    let hours = setting::load(tx, ctx.zone).await?.hours;
    let not_before = opening(&hours, &calendar::load(tx, ctx).await?, ctx.now());
    Ok(store::delivery::notice::queue(tx, group.id, not_before, not_before + KEPT, ctx.now()).await?)
}

/// What it says, by the rules that speak to the chat when it goes out.
pub(in crate::office) async fn welcome(tx: &mut Tx, group: GroupId) -> Outcome<Outgoing> {
    let all = store::schedule::list(tx).await?.into_iter();
    let active: Vec<_> = all.filter(|schedule| schedule.state == ScheduleState::Active).collect();
    let groups = store::schedule::groups(tx, &active.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
    let speaks = |id| groups.contains(&(id, group));
    let rules = active.iter().filter(|row| speaks(row.id)).filter_map(|row| row.terms().ok());
    let rules: Vec<Rule> = rules.map(|terms| terms.rule).filter(|rule| !is_reminder(rule)).collect();
    let on = match rules.as_slice() {
        [only] => weekly_on(only),
        [] | [..] => None,
    };
    Ok(message::group::welcome(on))
}

/// It is out: said once, and never again in this chat.
pub(in crate::office) async fn welcomed(tx: &mut Tx, ctx: &Ctx, group: GroupId) -> Outcome<()> {
    if store::group::set_welcomed(tx, group, ctx.now()).await? {
        let actor = Actor::System { job: Job::Send };
        note(tx, ctx.now(), &actor, (Action::GroupWelcome, format!("group:{group}"), json!({})));
    }
    Ok(())
}

fn is_reminder(rule: &Rule) -> bool {
    match rule {
        Rule::BeforeFestival(_) => true,
        Rule::Cron(_)
        | Rule::EveryWeeks { .. }
        | Rule::WorkdayOfMonth { .. }
        | Rule::Yearly { .. }
        | Rule::Once { .. } => false,
    }
}

/// The one weekday of a rule that comes once a week.
fn weekly_on(rule: &Rule) -> Option<Weekday> {
    match rule {
        Rule::EveryWeeks { weeks: 1, on, .. } => Some(*on),
        Rule::Cron(expr) => {
            let free = expr.values(Field::Day).is_none() && expr.values(Field::Month).is_none();
            let once = |field| expr.values(field).is_some_and(|values| values.len() == 1);
            let weekdays = expr.values(Field::Weekday).filter(|_| free && once(Field::Hour) && once(Field::Minute))?;
            let [only] = weekdays.as_slice() else { return None };
            // Crontab counts from Sunday, 0.
            Weekday::try_from((only + 6) % 7).ok()
        }
        Rule::EveryWeeks { .. }
        | Rule::WorkdayOfMonth { .. }
        | Rule::BeforeFestival(_)
        | Rule::Yearly { .. }
        | Rule::Once { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;
    use crate::domain::cron::CronExpr;
    use rstest::rstest;

    #[rstest]
    #[case("30 9 * * 3", Some(Weekday::Wed))]
    #[case("30 9 * * 0", Some(Weekday::Sun))]
    #[case("30 9 * * 7", Some(Weekday::Sun))]
    #[case("30 9 * * MON", Some(Weekday::Mon))]
    #[case("30 9 * * 1-5", None)]
    #[case("30 9,15 * * 3", None)]
    #[case("30 9 1 * 3", None)]
    #[case("30 9 * 9 3", None)]
    #[case("30 9 * * *", None)]
    fn one_weekday_is_named(#[case] cron: &str, #[case] on: Option<Weekday>) {
        assert_eq!(weekly_on(&Rule::Cron(CronExpr::parse(cron).unwrap())), on);
    }
}
