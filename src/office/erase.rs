//! Removing who somebody was. Past figures, the hashes of audiences and the ledger hold ids, so they stay as they are and still
//! verify; what leads from an id to a person goes. Copies of the database made before still have it.

use serde_json::{Value, json};

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::policy::Act;
use crate::ids::{InboxId, StaffId};
use crate::office::{Outcome, Refusal, authorise, note, role};
use crate::store::erase::AccountRow;
use crate::store::staff::PersonRow;
use crate::store::{self, Tx};

/// What goes of a person.
#[derive(Debug, Clone)]
pub struct Erased {
    /// As they stood before.
    pub person: PersonRow,
    /// Other staff numbers that were merged into theirs.
    pub merged: usize,
    /// Accounts on chat platforms.
    pub accounts: usize,
    /// Texts that came in from or about those accounts.
    pub texts: usize,
    pub leaves: u64,
}

/// Removes a person's identity, whether they left before or leave by it. Their staff number is free again.
pub async fn erase(ctx: &Ctx, actor: &Actor, staff_no: &str) -> Outcome<Erased> {
    let mut tx = ctx.store.write().await?;
    let erased = work(&mut tx, ctx, actor, staff_no).await?;
    tx.commit().await?;
    Ok(erased)
}

/// What [`erase`] would remove, by doing it and taking it back: it is refused for the same reasons.
pub async fn preview(ctx: &Ctx, actor: &Actor, staff_no: &str) -> Outcome<Erased> {
    let mut tx = ctx.store.write().await?;
    work(&mut tx, ctx, actor, staff_no).await
}

async fn work(tx: &mut Tx, ctx: &Ctx, actor: &Actor, staff_no: &str) -> Outcome<Erased> {
    authorise(tx, actor, Act::StaffErase).await?;
    let person = store::staff::find_by_no(tx, staff_no.trim()).await?;
    let person = person.ok_or_else(|| Refusal::UnknownStaff(staff_no.to_owned()))?;
    let formers = store::merge::formers(tx, &[person.id]).await?;
    let people: Vec<StaffId> = formers.into_iter().map(|(former, _)| former).chain([person.id]).collect();
    let accounts = store::erase::accounts(tx, &people).await?;
    let mut texts = 0;
    for account in &accounts {
        texts += silence(tx, account).await?;
        store::erase::account(tx, account).await?;
    }
    let leaves = store::erase::leaves(tx, &people).await?;
    store::erase::people(tx, &people, ctx.now()).await?;
    role::guard_last_admin(tx).await?;
    store::office::bump_roster(tx).await?;
    let merged = people.len().saturating_sub(1);
    let detail = json!({
        "merged": merged, "accounts": accounts.len(), "texts": texts, "leaves": leaves,
        "left": person.left_at.is_none(),
    });
    note(tx, ctx.now(), actor, (Action::StaffErase, format!("staff:{}", person.id), detail));
    Ok(Erased { person, merged, accounts: accounts.len(), texts, leaves })
}

/// Takes away the texts in which an account occurs; returns how many.
async fn silence(tx: &mut Tx, account: &AccountRow) -> Outcome<usize> {
    let updates = store::erase::updates_with(tx, account.channel_id, &account.external_id).await?;
    let about = |raw: &str| serde_json::from_str(raw).map_or(true, |update| names(&update, &account.external_id));
    let ids: Vec<InboxId> = updates.into_iter().filter(|(_, raw)| about(raw)).map(|(id, _)| id).collect();
    store::erase::updates(tx, &ids).await?;
    Ok(ids.len())
}

/// Whether something inside an update has this id: the sender, the chat with them, a member who came or went.
fn names(value: &Value, id: &str) -> bool {
    match value {
        Value::Object(map) => {
            // A person is {"id": …}, a shared contact has a user_id of its own.
            let names_one = |key: &str| key == "id" || key.ends_with("user_id");
            map.iter().any(|(key, inner)| (names_one(key) && is(inner, id)) || names(inner, id))
        }
        Value::Array(list) => list.iter().any(|inner| names(inner, id)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn is(value: &Value, id: &str) -> bool {
    match value {
        Value::Number(number) => number.to_string() == id,
        Value::String(text) => text == id,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_updates_of_the_account_are_meant() {
        let update = json!({ "update_id": 42, "message": { "message_id": 7, "from": { "id": 42 }, "text": "7" } });
        assert!(names(&update, "42") && !names(&update, "7"));
        assert!(names(&json!({ "left": [{ "user": { "id": "7" } }] }), "7"));
        assert!(names(&json!({ "message": { "contact": { "user_id": 7 } } }), "7"));
    }
}
