//! What the choice of an item rests on, read once for many slots: the approved items, when each last went to which chat,
//! and in which chats everyone is 党员.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use crate::ctx::Ctx;
use crate::domain::rotation::Choice;
use crate::domain::wall;
use crate::domain::word::{ItemState, Kind};
use crate::ids::{GroupId, ItemId};
use crate::office::{Outcome, content};
use crate::store::item::ItemRow;
use crate::store::{self, Tx};

/// Items ready to be chosen from. Pushes made, or imagined, after it was read are told with [`Shelf::pushed`].
#[derive(Debug, Clone)]
pub struct Shelf {
    /// By 编号.
    rows: Vec<ItemRow>,
    /// In the order of `rows`, as if nothing had been pushed.
    choices: Vec<Choice>,
    last: BTreeMap<GroupId, BTreeMap<ItemId, DateTime<Utc>>>,
    party: BTreeSet<GroupId>,
}

fn choice(row: &ItemRow) -> Outcome<Choice> {
    Ok(Choice {
        slug: row.slug.clone(),
        code: row.code.clone(),
        theme: row.theme.clone(),
        tags: content::tags_of(&row.tags),
        festivals: content::festivals_of(&row.festivals)?,
        party_only: row.audience == Kind::PartyMember.label(),
        confirm: row.confirm,
        expires_on: row.expires_on,
        last: None,
    })
}

impl Shelf {
    /// Reads what slots of these chats choose from.
    pub async fn load(tx: &mut Tx, ctx: &Ctx, groups: &[GroupId]) -> Outcome<Self> {
        let mut rows = store::item::list(tx).await?;
        rows.retain(|item| item.state == ItemState::Approved);
        let choices: Vec<Choice> = rows.iter().map(choice).collect::<Outcome<_>>()?;
        let mut last: BTreeMap<GroupId, BTreeMap<ItemId, DateTime<Utc>>> = BTreeMap::new();
        for (item, group, at) in store::item::last_to_groups(tx, groups).await? {
            last.entry(group).or_default().insert(item, at.utc());
        }
        let party = if choices.iter().any(|choice| choice.party_only) {
            all_party(tx, wall::of(ctx.now(), ctx.zone).date()).await?
        } else {
            BTreeSet::new()
        };
        Ok(Self { rows, choices, last, party })
    }

    /// The items as the chats together have seen them.
    pub fn choices(&self, groups: &[GroupId]) -> Vec<Choice> {
        let latest = |item| groups.iter().filter_map(|group| self.last.get(group)?.get(&item)).max().copied();
        let both = self.rows.iter().zip(&self.choices);
        both.map(|(row, choice)| Choice { last: latest(row.id), ..choice.clone() }).collect()
    }

    /// The item at a place among the choices.
    pub fn item(&self, place: usize) -> Option<&ItemRow> {
        self.rows.get(place)
    }

    /// Whether everyone in the chats is 党员; not looked up while no item asks for it.
    pub fn all_party(&self, groups: &[GroupId]) -> bool {
        !groups.is_empty() && groups.iter().all(|group| self.party.contains(group))
    }

    /// Takes into account that an item goes to the chats.
    pub fn pushed(&mut self, item: ItemId, groups: &[GroupId], slot: DateTime<Utc>) {
        for group in groups {
            let at = self.last.entry(*group).or_default().entry(item).or_insert(slot);
            *at = slot.max(*at);
        }
    }
}

/// The chats in which everyone is 党员; one without people is none of them.
async fn all_party(tx: &mut Tx, day: NaiveDate) -> Outcome<BTreeSet<GroupId>> {
    let people = store::staff::candidates(tx, day).await?;
    let is_party = |kinds: &str| kinds.split(',').any(|kind| Kind::parse(kind) == Some(Kind::PartyMember));
    let mut units = BTreeMap::new();
    for person in people {
        *units.entry(person.unit_id).or_insert(true) &= is_party(&person.kinds);
    }
    let mut groups = BTreeMap::new();
    for (group, unit) in store::group::units(tx).await? {
        if let Some(all) = units.get(&unit) {
            *groups.entry(group).or_insert(true) &= all;
        }
    }
    Ok(groups.into_iter().filter(|(_, all)| *all).map(|(group, _)| group).collect())
}
