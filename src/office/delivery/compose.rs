//! The words and buttons of a copy.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::channel::telegram::start_link;
use crate::ctx::Ctx;
use crate::domain::content::ItemSource;
use crate::domain::delivery::{DeliveryKind, TargetKind};
use crate::domain::push::MemberStatus;
use crate::domain::rich::Rich;
use crate::domain::tag::{Tag, Verb};
use crate::domain::word::Confirm;
use crate::ids::{AlertId, AttemptId, GroupId, PushId, StaffId};
use crate::message::outgoing::{Button, Outgoing};
use crate::message::push::{Copy, Tags, copy};
use crate::message::quiz::Asked;
use crate::office::delivery::{hint, nudge};
use crate::office::push::filled;
use crate::office::{Outcome, Refusal, alert, content, group, quiz, setting};
use crate::secret::{Keys, Purpose};
use crate::store::delivery::{AttemptRow, DeliveryRow};
use crate::store::push::PushRow;
use crate::store::{self, StoreError, Tx};

/// The words and buttons of a copy, and the number it shows.
pub(super) async fn compose(
    tx: &mut Tx,
    ctx: &Ctx,
    delivery: &DeliveryRow,
    attempt: &AttemptRow,
) -> Outcome<(Outgoing, Option<i64>)> {
    match delivery.kind {
        DeliveryKind::Push => {}
        DeliveryKind::Alert => return Ok((alert::told(tx, ctx, AlertId(delivery.subject_id)).await?, None)),
        DeliveryKind::Notice => {
            let group = GroupId(delivery.subject_id);
            return Ok((group::welcome(tx, group).await?, None));
        }
        DeliveryKind::Nudge => return Ok((nudge::compose(tx, ctx, delivery, attempt).await?, None)),
    }
    let push = PushId(delivery.subject_id);
    let row = store::push::find(tx, push).await?.ok_or(Refusal::UnknownPush(push.0))?;
    let count = match delivery.target_kind {
        TargetKind::Group if shows_count(tx, ctx, &row).await? => Some(store::ack::count(tx, push).await?),
        TargetKind::Group | TargetKind::Staff => None,
    };
    let outgoing = words(tx, ctx, &row, (attempt.id, attempt.possible_duplicate), count).await?;
    Ok((outgoing, count))
}

/// How far back a push is still the newest that someone who just joined may read.
const LATEST: TimeDelta = TimeDelta::days(31);

/// The newest open push that addresses a person and is in a chat, as they read it in private. Its button is that of the
/// copy in the chat; who confirmed already gets none.
pub async fn latest(ctx: &Ctx, staff: StaffId) -> Outcome<Option<Outgoing>> {
    let mut tx = ctx.store.read().await?;
    let arrived = store::push::arrived::arrived(&mut tx, staff, ctx.now() - LATEST).await?;
    let ids: Vec<PushId> = arrived.iter().map(|row| row.push_id).collect();
    let audiences = store::push::audiences(&mut tx, &ids).await?;
    let addresses = |push| {
        let mut members = audiences.iter().filter(|(of, _)| *of == push).flat_map(|(_, chunk)| &chunk.members);
        members.any(|member| member.staff == staff)
    };
    let Some(row) = arrived.into_iter().find(|row| addresses(row.push_id)) else { return Ok(None) };
    let push = store::push::find(&mut tx, row.push_id).await?.ok_or(Refusal::UnknownPush(row.push_id.0))?;
    let asks = Asks::of(&mut tx, &push, row.attempt_id, Place::Elsewhere).await?;
    let mut outgoing = worded(&mut tx, ctx, &push, ((row.attempt_id, false), None, asks)).await?;
    if row.confirmed {
        let ack = tag(tx.keys(), Verb::Ack, row.attempt_id.0);
        let asks = |button: &Button| matches!(button, Button::Press { data, .. } if *data == ack);
        outgoing.buttons.iter_mut().for_each(|row| row.retain(|button| !asks(button)));
    }
    Ok(Some(outgoing))
}

/// A group sees how many confirmed unless the audience is so small that the number would tell who did.
pub(super) async fn shows_count(tx: &mut Tx, ctx: &Ctx, push: &PushRow) -> Outcome<bool> {
    let smallest = setting::load(tx, ctx.zone).await?.count_min_audience;
    let audience = store::push::audiences(tx, &[push.id]).await?;
    let members = audience.iter().flat_map(|(_, chunk)| &chunk.members);
    let expected = members.filter(|member| member.status == MemberStatus::Expected).count();
    Ok(push.confirm != Confirm::None && u32::try_from(expected).is_ok_and(|expected| expected >= smallest))
}

pub(super) async fn words(
    tx: &mut Tx,
    ctx: &Ctx,
    push: &PushRow,
    (attempt, resent): (AttemptId, bool),
    count: Option<i64>,
) -> Outcome<Outgoing> {
    let asks = Asks::of(tx, push, attempt, Place::Own).await?;
    worded(tx, ctx, push, ((attempt, resent), count, asks)).await
}

/// Where the words of a copy are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In its own message, whose options belong to it.
    Own,
    /// Elsewhere: whoever answers there is led to the questions by link.
    Elsewhere,
}

/// What a copy needs to ask its questions.
struct Asks {
    place: Place,
    /// The link to the questions, once the platform told what our bot is called.
    link: Option<String>,
}

impl Asks {
    /// `None`: the push asks nothing, which was fixed when it was made.
    async fn of(tx: &mut Tx, push: &PushRow, attempt: AttemptId, place: Place) -> Outcome<Option<Self>> {
        if !push.asks {
            return Ok(None);
        }
        let bot = store::channel::names(tx).await?.into_iter().next();
        let link = bot.map(|bot| start_link(&bot, &quiz::link::code(tx.keys(), attempt)));
        Ok(Some(Self { place, link }))
    }

    fn asked<'a>(self, keys: &Keys, attempt: AttemptId, item: &'a ItemSource) -> Option<Asked<'a>> {
        let here = item.quiz.in_place().filter(|_| self.place == Place::Own).and_then(|question| {
            let tag = |option| Some(tag(keys, Verb::Answer, quiz::link::pack(attempt, option)?));
            let tags = (0_u8..).zip(&question.options).map(|(option, _)| tag(option));
            Some(Asked::Here { question, tags: tags.collect::<Option<_>>()? })
        });
        here.or_else(|| Some(Asked::Private { questions: item.quiz.0.len(), link: self.link? }))
    }
}

async fn worded(
    tx: &mut Tx,
    ctx: &Ctx,
    push: &PushRow,
    ((attempt, resent), count, asks): ((AttemptId, bool), Option<i64>, Option<Asks>),
) -> Outcome<Outgoing> {
    let (item, body) = item_of(tx, push).await?;
    let keys = std::sync::Arc::clone(tx.keys());
    let ack = (push.confirm != Confirm::None).then(|| tag(&keys, Verb::Ack, attempt.0));
    let tags = Tags { ack, basis: tag(&keys, Verb::Basis, attempt.0) };
    let text = Copy {
        item: &item,
        body: &body,
        version: push.version,
        due: push.late.then(|| push.slot_at.utc()),
        deadline: push.deadline_at.map(store::At::utc),
        resent,
        silent: &hint::gaps(tx, attempt).await?,
        count,
        asked: asks.and_then(|asks| asks.asked(&keys, attempt, &item)),
        zone: ctx.zone,
    };
    Ok(copy(&text, tags))
}

/// The item of a push, and its body with the placeholders filled.
pub(super) async fn item_of(tx: &mut Tx, push: &PushRow) -> Outcome<(ItemSource, Rich)> {
    let version = store::item::version(tx, push.item_version_id).await?;
    let version = version.ok_or_else(|| Refusal::UnknownItem(push.slug.clone()))?;
    let item = content::source_of(&version)?;
    let fills: BTreeMap<String, String> =
        serde_json::from_str(&push.fills).map_err(|_| StoreError::Unreadable(push.fills.clone()))?;
    let body = filled(&item, &fills)?;
    Ok((item, body))
}

/// The text inside a button.
pub fn tag(keys: &Keys, verb: Verb, id: i64) -> String {
    Tag { verb, id }.encode(|bytes| keys.mac(Purpose::Button, &[bytes]))
}

/// The meaning of a button's text; `None` for what is not ours.
pub fn read_tag(keys: &Keys, data: &str) -> Option<Tag> {
    keys.every().find_map(|key| Tag::decode(data, |bytes| key.mac(Purpose::Button, &[bytes])))
}

/// What 看原文 shows for the copy that an attempt made.
pub async fn basis(ctx: &Ctx, attempt: AttemptId) -> Outcome<Option<String>> {
    let mut tx = ctx.store.read().await?;
    let copies = store::delivery::pushes_of_attempts(&mut tx, &[attempt]).await?;
    let Some(copy) = copies.first() else { return Ok(None) };
    let Some(push) = store::push::find(&mut tx, copy.push_id).await? else { return Ok(None) };
    let version = store::item::version(&mut tx, push.item_version_id).await?;
    version.map(|row| Ok(content::source_of(&row)?.alert_text())).transpose()
}
