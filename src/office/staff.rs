//! People: who is on the roster, binding codes.

use chrono::{DateTime, Datelike, TimeDelta, Utc, Weekday};
use serde_json::json;

use crate::channel::telegram::start_link;
use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::invite::{CODE_LEN, VALID_WEEKDAYS, code_from, printed};
use crate::domain::policy::Act;
use crate::domain::wall;
use crate::ids::StaffId;
use crate::office::{Outcome, Refusal, authorise, authorise_units, binding, note, unit};
use crate::store::staff::PersonRow;
use crate::store::unit::OFFICE;
use crate::store::{self, StoreError, Tx};

/// Wall time at which a code runs out on its last day: the end of the allowed hours.
const CODE_ENDS: (u32, u32) = (17, 30);

/// A person with whether an account is bound to them.
#[derive(Debug, Clone)]
pub struct Listed {
    pub person: PersonRow,
    pub bound: bool,
}

/// A code to hand over. It exists only here: the database has its keyed hash.
#[derive(Debug, Clone)]
pub struct Invited {
    pub person: PersonRow,
    /// As printed: `K7QF-3M2P`.
    pub code: String,
    /// Opens the private chat with the code filled in; `None` until the bot's name is known.
    pub link: Option<String>,
    pub expires_at: DateTime<Utc>,
}

/// Whom to make codes for.
#[derive(Debug, Clone)]
pub enum Invitees {
    One(String),
    /// Everyone on the roster who is not bound.
    All,
}

/// Everyone on the roster that the actor may see, in roster order. Each look at these names is an entry in the ledger.
pub async fn list(ctx: &Ctx, actor: &Actor) -> Outcome<Vec<Listed>> {
    let mut tx = ctx.store.write().await?;
    let allowed = authorise_units(&mut tx, actor, Act::RosterRead, &[]).await?;
    let mut people = all(&mut tx).await?;
    people.retain(|listed| allowed.covers(listed.person.unit_id));
    note(&mut tx, ctx.now(), actor, (Action::StaffView, "roster".to_owned(), json!({ "people": people.len() })));
    tx.commit().await?;
    Ok(people)
}

async fn all(tx: &mut Tx) -> Result<Vec<Listed>, StoreError> {
    let bound: std::collections::HashSet<StaffId> =
        store::account::bindings(tx).await?.into_iter().map(|binding| binding.staff_id).collect();
    let people = store::staff::roster(tx).await?;
    Ok(people.into_iter().map(|person| Listed { bound: bound.contains(&person.id), person }).collect())
}

/// The person of a staff number who is on the roster now.
pub(super) async fn present(tx: &mut Tx, staff_no: &str) -> Outcome<PersonRow> {
    let person = store::staff::find_by_no(tx, staff_no.trim()).await?.filter(|person| person.left_at.is_none());
    person.ok_or_else(|| Refusal::NotOnRoster(staff_no.to_owned()))
}

/// The people that a list of staff numbers and units means, each once.
pub(super) async fn pick(tx: &mut Tx, names: &[String]) -> Outcome<Vec<StaffId>> {
    let units = store::unit::list(tx, OFFICE).await?;
    let people = store::staff::roster(tx).await?;
    let mut picked = std::collections::HashSet::new();
    for name in names {
        if let Some(person) = people.iter().find(|person| person.staff_no == name.trim()) {
            picked.insert(person.id);
            continue;
        }
        let ids = unit::resolve(&units, std::slice::from_ref(name))?;
        picked.extend(people.iter().filter(|person| ids.contains(&person.unit_id)).map(|person| person.id));
    }
    Ok(people.iter().map(|person| person.id).filter(|id| picked.contains(id)).collect())
}

/// Makes new codes; a person's earlier unused ones are no longer good.
pub async fn invite(ctx: &Ctx, actor: &Actor, whom: &Invitees) -> Outcome<Vec<Invited>> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::StaffWrite).await?;
    let people = match whom {
        Invitees::One(staff_no) => vec![present(&mut tx, staff_no).await?],
        Invitees::All => all(&mut tx).await?.into_iter().filter(|p| !p.bound).map(|p| p.person).collect(),
    };
    let mut invited = Vec::with_capacity(people.len());
    for person in people {
        invited.push(issue(&mut tx, ctx, actor, person.id).await?);
    }
    tx.commit().await?;
    Ok(invited)
}

/// Makes a new code inside a transaction whose rights were checked.
pub(super) async fn issue(tx: &mut Tx, ctx: &Ctx, actor: &Actor, who: StaffId) -> Outcome<Invited> {
    let person = store::staff::find(tx, who).await?.ok_or_else(|| Refusal::NotOnRoster(who.to_string()))?;
    let expires_at = code_end(ctx);
    let bot = store::channel::names(tx).await?.into_iter().next();
    let mut random = [0; CODE_LEN];
    getrandom::fill(&mut random).map_err(|error| StoreError::Io(std::io::Error::other(error.to_string())))?;
    let code = code_from(random);
    let mac = binding::code_mac(tx.keys(), &code);
    let id = store::invite::issue(tx, person.id, &mac, ctx.now(), expires_at).await?;
    note(tx, ctx.now(), actor, (Action::Invite, format!("staff:{}", person.id), json!({ "invite": id })));
    let link = bot.as_deref().map(|bot| start_link(bot, &code));
    Ok(Invited { person, code: printed(&code), link, expires_at })
}

/// 17:30 on the last of the code's weekdays.
fn code_end(ctx: &Ctx) -> DateTime<Utc> {
    let mut day = wall::of(ctx.now(), ctx.zone).date();
    let mut left = VALID_WEEKDAYS;
    while left > 0 {
        day += TimeDelta::days(1);
        left -= u32::from(!matches!(day.weekday(), Weekday::Sat | Weekday::Sun));
    }
    let end = day.and_hms_opt(CODE_ENDS.0, CODE_ENDS.1, 0).unwrap_or_default();
    wall::instant(end, ctx.zone)
}
