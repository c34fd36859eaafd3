//! Binding codes for people. A code exists in the answer alone: the database has its keyed
//! hash.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{all, present};
use crate::channel::telegram::start_link;
use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::invite::{CODE_LEN, code_from, expiry, printed};
use crate::domain::policy::Act;
use crate::domain::wall;
use crate::ids::StaffId;
use crate::office::{Outcome, Refusal, authorise, binding, calendar, note, setting};
use crate::store::staff::PersonRow;
use crate::store::{self, StoreError, Tx};

/// A code to hand over.
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

/// Makes new codes; a person's earlier unused ones are no longer good.
pub async fn invite(ctx: &Ctx, actor: &Actor, whom: &Invitees) -> Outcome<Vec<Invited>> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::StaffWrite).await?;
    let people = match whom {
        Invitees::One(staff_no) => vec![present(&mut tx, staff_no).await?],
        Invitees::All => all(&mut tx).await?.into_iter().filter(|p| !p.bound).map(|p| p.person).collect(),
    };
    let terms = Terms::now(&mut tx, ctx).await?;
    let invited = make(&mut tx, ctx, actor, (people, &terms)).await?;
    tx.commit().await?;
    Ok(invited)
}

/// Makes a new code inside a transaction whose rights were checked.
pub(in crate::office) async fn issue(tx: &mut Tx, ctx: &Ctx, actor: &Actor, who: StaffId) -> Outcome<Invited> {
    let person = store::staff::find(tx, who).await?.ok_or_else(|| Refusal::NotOnRoster(who.to_string()))?;
    let terms = Terms::now(tx, ctx).await?;
    let invited = make(tx, ctx, actor, (vec![person], &terms)).await?;
    invited.into_iter().next().ok_or_else(|| Refusal::NotOnRoster(who.to_string()))
}

/// What all codes that are handed out at a time have in common.
struct Terms {
    expires_at: DateTime<Utc>,
    /// What our bot is called, where that is known.
    bot: Option<String>,
}

impl Terms {
    async fn now(tx: &mut Tx, ctx: &Ctx) -> Outcome<Self> {
        let bot = store::channel::names(tx).await?.into_iter().next();
        Ok(Self { expires_at: code_end(tx, ctx).await?, bot })
    }
}

/// Codes for people, all stored at once: for a whole office presses wait for one statement, not for thousands.
async fn make(
    tx: &mut Tx,
    ctx: &Ctx,
    actor: &Actor,
    (people, terms): (Vec<PersonRow>, &Terms),
) -> Outcome<Vec<Invited>> {
    let codes = people.iter().map(|_| new_code()).collect::<Result<Vec<String>, StoreError>>()?;
    let macs = people.iter().zip(&codes).map(|(person, code)| (person.id, binding::code_mac(tx.keys(), code)));
    let macs: Vec<(StaffId, String)> = macs.collect();
    let ids = store::invite::issue_many(tx, &macs, ctx.now(), terms.expires_at).await?;
    let mut invited = Vec::with_capacity(people.len());
    for ((person, code), id) in people.into_iter().zip(codes).zip(ids) {
        note(tx, ctx.now(), actor, (Action::Invite, format!("staff:{}", person.id), json!({ "invite": id })));
        let link = terms.bot.as_deref().map(|bot| start_link(bot, &code));
        invited.push(Invited { person, code: printed(&code), link, expires_at: terms.expires_at });
    }
    Ok(invited)
}

fn new_code() -> Result<String, StoreError> {
    let mut random = [0; CODE_LEN];
    getrandom::fill(&mut random).map_err(|error| StoreError::Io(std::io::Error::other(error.to_string())))?;
    Ok(code_from(random))
}

/// When a code that is handed out now runs out.
async fn code_end(tx: &mut Tx, ctx: &Ctx) -> Outcome<DateTime<Utc>> {
    let workdays = setting::load(tx, ctx.zone).await?.invite_workdays;
    let calendar = calendar::load(tx, ctx).await?;
    let today = wall::of(ctx.now(), ctx.zone).date();
    Ok(wall::instant(expiry(&calendar, today, workdays), ctx.zone))
}
