//! Texts, other presses and membership, worked through one by one. A poison update is tried three times, then set
//! aside; the others go on.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::channel::{Inbound, Place, Press, Said, Sender};
use crate::ctx::{Ctx, Line};
use crate::domain::delivery::Decision;
use crate::domain::dialogue::Talk;
use crate::domain::dialogue::me::Me;
use crate::domain::dialogue::people::People;
use crate::domain::invite::{looks_like_code, normalise};
use crate::domain::setting::Key;
use crate::domain::tag::{Tag, Verb};
use crate::ids::{AttemptId, DeliveryId, GroupId, InboxId, InviteId};
use crate::inbox::anonymous;
use crate::inbox::confirm;
use crate::inbox::decide::{self, Asked};
use crate::inbox::dialogue::{self, Begun};
use crate::inbox::effect::{Due, Effect, carry_out, say};
use crate::inbox::guard::{Trouble, guarded, is_database};
use crate::inbox::intake::BIND_LINK;
use crate::inbox::{chats, joining, nudge, quiz};
use crate::message::outgoing::Outgoing;
use crate::message::{binding as words, confirm as sayings, me, people, toast};
use crate::office::inbox::{self as stored, Failed};
use crate::office::{Outcome, ack, binding, delivery, dialogue as conversations, group, quiz as answers, setting};
use crate::stop::Stop;
use crate::store::inbox::InboxRow;

/// How often it is looked for what another instance stored, and what failed is tried again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Works through what is brought, here or to another instance, until told to stop. One instance does at a time, or people
/// would be answered twice; it is apart from storing, so that presses never wait for a text that is being answered.
pub async fn run(ctx: Ctx, line: Line, news: Arc<Notify>, mut stop: Stop) {
    while !stop.stopped() {
        step(&ctx, &line).await;
        tokio::select! {
            () = news.notified() => {}
            () = ctx.clock.sleep(LOOK_AGAIN) => {}
            () = stop.wait() => {}
        }
    }
}

/// Works through what waits. Never fails: what cannot be worked through is logged, kept and set aside in the end.
pub async fn step(ctx: &Ctx, line: &Line) {
    let waiting = match stored::waiting(ctx, line).await {
        Ok(waiting) => waiting,
        Err(error) => {
            tracing::error!(%error, "the inbox could not be read");
            return;
        }
    };
    for row in waiting {
        let effects = match guarded(Box::pin(handle(ctx, line, &row))).await {
            Ok(effects) => effects,
            // It and what came after it wait for the database, and no try is used up.
            Err(Trouble::Refused(refusal)) if is_database(&refusal) => {
                tracing::error!(error = %refusal, update = %row.id, "the database takes nothing now; updates wait in the inbox");
                return;
            }
            Err(error) => {
                tracing::error!(%error, update = %row.id, "an update could not be worked through");
                fail(ctx, &row).await;
                continue;
            }
        };
        if let Err(error) = stored::done(ctx, row.id).await {
            tracing::error!(%error, update = %row.id, "an update will be worked through again");
        }
        for effect in effects {
            carry_out(line, effect).await;
        }
    }
}

async fn fail(ctx: &Ctx, row: &InboxRow) {
    match stored::failed(ctx, row.id).await {
        Ok(Failed::SetAside) => tracing::error!(update = %row.id, "an update was set aside"),
        Ok(Failed::Again) => {}
        Err(error) => tracing::error!(%error, update = %row.id, "a failed update could not be counted"),
    }
}

async fn handle(ctx: &Ctx, line: &Line, row: &InboxRow) -> Outcome<Vec<Effect>> {
    // Only a confirmation that could not be counted with its batch is left here. The person was told so; it counts all the
    // same, with its own time, once it can.
    if let Some(confirming) = confirm::read(ctx, line, &row.raw) {
        ack::again(ctx, line, (row.id, confirming.press(row.received_at.utc()))).await?;
        return Ok(Vec::new());
    }
    if let Some(answering) = quiz::read(ctx, line, &row.raw) {
        answers::again(ctx, line, (row.id, answering.press(row.received_at.utc()))).await?;
        return Ok(Vec::new());
    }
    match line.channel.read(&row.raw) {
        Inbound::Press(press) => pressed(ctx, line, &press, row.id).await,
        Inbound::Said(said) => said_something(ctx, line, &said, row.id).await,
        // A roster, a list of names: nothing of the kind is taken in over a channel. In a group nobody is answered.
        Inbound::Filed(filed) => Ok(match (filed.place, filed.sender) {
            (Place::Private, Sender::Person) => vec![say(&filed.account, people::no_files())],
            (Place::Private | Place::Group, Sender::Person | Sender::Anonymous) => Vec::new(),
        }),
        Inbound::GroupSeen(seen) => chats::seen(ctx, line, &seen, row.id).await,
        Inbound::GroupGone(gone) => {
            group::gone(ctx, line, &gone.chat).await?;
            Ok(Vec::new())
        }
        Inbound::Migrated(moved) => {
            group::migrated(ctx, line, &moved.from, &moved.to).await?;
            Ok(Vec::new())
        }
        Inbound::Reachable(reachable) => {
            binding::reached(ctx, line, &reachable).await?;
            Ok(Vec::new())
        }
        Inbound::Other => Ok(Vec::new()),
    }
}

/// A press that is not on 已阅, or is not ours.
async fn pressed(ctx: &Ctx, line: &Line, press: &Press, update: InboxId) -> Outcome<Vec<Effect>> {
    let answer = |answer| Effect::Answer(Due { callback_id: press.callback_id.clone(), answer });
    if press.sender == Sender::Anonymous {
        return Ok(vec![answer(toast::anonymous())]);
    }
    let Some(Tag { verb, id }) = delivery::read_tag(ctx.store.keys(), &press.data) else {
        return Ok(vec![answer(toast::unknown())]);
    };
    let decided = async |asked| Ok(vec![answer(decide::pressed(ctx, line, press, asked).await?)]);
    match verb {
        Verb::Basis => {
            let text = delivery::basis(ctx, AttemptId(id)).await?;
            Ok(vec![answer(text.map_or_else(toast::unknown, toast::basis))])
        }
        Verb::Accept => joining::accepted(ctx, line, press, InviteId(id)).await,
        Verb::Decline => joining::declined(ctx, line, press, InviteId(id)).await,
        Verb::Latest => joining::latest(ctx, line, press).await,
        Verb::Record => joining::recorded(ctx, line, press).await,
        Verb::Away => nudge::away(ctx, line, press, (AttemptId(id), update)).await,
        Verb::Mute => nudge::muted(ctx, line, press, AttemptId(id)).await,
        Verb::Ours | Verb::Leave => chats::answered(ctx, line, press, (verb, GroupId(id), update)).await,
        Verb::Seen => decided(Asked::Doubt(AttemptId(id), Decision::Sent)).await,
        Verb::Resend => decided(Asked::Doubt(AttemptId(id), Decision::Resend)).await,
        Verb::Abandon => decided(Asked::Doubt(AttemptId(id), Decision::Abandon)).await,
        Verb::Relayed => decided(Asked::Relay(DeliveryId(id), Decision::Relayed)).await,
        Verb::NotToday => decided(Asked::Relay(DeliveryId(id), Decision::Declined)).await,
        Verb::Choose => dialogue::pressed(ctx, line, press, (update, id)).await,
        // A confirmation or an answer was read above; questions are asked by link.
        Verb::Ack | Verb::Answer | Verb::Quiz => Ok(vec![answer(toast::unknown())]),
    }
}

/// What a private text asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Intent<'a> {
    Code(&'a str),
    /// A link that confirms, of which nothing can be made.
    DeadLink,
    /// A link that leads to questions.
    Quiz(&'a str),
    Privacy,
    Feedback,
    MyData,
    People,
    Me,
    Other,
}

fn intent(text: &str) -> Intent<'_> {
    let text = text.trim();
    let (command, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    match command.split('@').next().unwrap_or_default() {
        "/start" if Tag::is_link(rest) => Intent::DeadLink,
        "/start" if Tag::is_quiz_link(rest) => Intent::Quiz(rest),
        "/start" if !rest.is_empty() && rest != BIND_LINK => Intent::Code(rest),
        "/privacy" => Intent::Privacy,
        "/mydata" => Intent::MyData,
        "/feedback" => Intent::Feedback,
        "/people" => Intent::People,
        "/me" => Intent::Me,
        _ if !text.starts_with('/') && (normalise(text).is_some() || looks_like_code(text)) => Intent::Code(text),
        _ => Intent::Other,
    }
}

async fn said_something(ctx: &Ctx, line: &Line, said: &Said, update: InboxId) -> Outcome<Vec<Effect>> {
    match (said.place, said.sender) {
        (Place::Private, Sender::Person) => {}
        (Place::Group, Sender::Anonymous) => return anonymous::said(ctx, line, said).await,
        (Place::Group, Sender::Person) | (Place::Private, Sender::Anonymous) => return Ok(Vec::new()),
    }
    // A day that is typed may look like a binding code; a command is never an answer.
    if !said.text.trim().starts_with('/')
        && let Some(effects) = dialogue::typed(ctx, line, &said.account, (update, &said.text)).await?
    {
        return Ok(effects);
    }
    let settings = setting::read(ctx).await?;
    let (office, contact) = (settings.text(Key::OfficeName), settings.text(Key::OfficeContact));
    let meant = intent(&said.text);
    let what = match meant {
        Intent::Code(typed) => joining::offered(ctx, line, &said.account, typed, &settings).await?,
        Intent::DeadLink => sayings::link_gone(),
        Intent::Quiz(code) => match quiz::opened(ctx, line, &said.account, (update, code)).await? {
            Some(what) => what,
            None => words::notice(office, contact),
        },
        Intent::Privacy => words::privacy(office, contact),
        Intent::Feedback => words::feedback(contact),
        Intent::MyData => joining::record(ctx, line, &said.account, &settings).await?,
        Intent::People | Intent::Me => {
            let talk = if meant == Intent::Me { Talk::Me(Me::Record) } else { Talk::People(People::Menu) };
            match dialogue::begin(ctx, line, &said.account, update, talk).await? {
                Begun::Said(what) => what,
                Begun::NoRight | Begun::NotBound => ordinary(ctx, line, &said.account, (office, contact)).await?,
            }
        }
        Intent::Other => ordinary(ctx, line, &said.account, (office, contact)).await?,
    };
    Ok(vec![say(&said.account, what)])
}

/// What everybody gets who did not ask for anything in particular.
async fn ordinary(ctx: &Ctx, line: &Line, account: &str, (office, contact): (&str, &str)) -> Outcome<Outgoing> {
    Ok(match binding::stored(ctx, line, account).await? {
        Some(_) => {
            let help = me::help(&words::help(contact));
            if conversations::may_manage(ctx, line, account).await? { people::help(&help) } else { help }
        }
        None => words::notice(office, contact),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("/start", Intent::Other)]
    #[case("/start bind", Intent::Other)]
    #[case("/start K7QF3M2P", Intent::Code("K7QF3M2P"))]
    #[case("/start@qingfeng_bot K7QF3M2P", Intent::Code("K7QF3M2P"))]
    #[case("/start ack_1a7-00", Intent::DeadLink)]
    #[case("/start quiz_1z7-00", Intent::Quiz("quiz_1z7-00"))]
    #[case(" k7qf-3m2p ", Intent::Code("k7qf-3m2p"))]
    #[case("K7QF-3M20", Intent::Code("K7QF-3M20"))]
    #[case("/privacy", Intent::Privacy)]
    #[case("/mydata", Intent::MyData)]
    #[case("/me", Intent::Me)]
    #[case("/people@qingfeng_bot", Intent::People)]
    #[case("/feedback 太长了", Intent::Feedback)]
    #[case("谢谢", Intent::Other)]
    #[case("", Intent::Other)]
    fn texts_are_understood(#[case] text: &str, #[case] meant: Intent<'_>) {
        assert_eq!(intent(text), meant);
    }
}
