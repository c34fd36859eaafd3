//! What is written in a group in the name of the group itself: it counts for nobody, and the writer learns why.

use crate::channel::{Address, Said};
use crate::ctx::{Ctx, Line};
use crate::inbox::effect::Effect;
use crate::message::confirm as words;
use crate::office::anonymous::{self, Meant};
use crate::office::{Outcome, db};

/// The hint, where one is due.
pub(super) async fn said(ctx: &Ctx, line: &Line, said: &Said) -> Outcome<Vec<Effect>> {
    let bot = db::bot_name(&ctx.store).await?;
    let Some(meant) = meant(said, bot.as_deref()) else { return Ok(Vec::new()) };
    if !anonymous::hint(ctx, line, &said.chat, meant).await? {
        return Ok(Vec::new());
    }
    let to = Address { chat: said.chat.clone(), thread: said.thread.clone() };
    Ok(vec![Effect::Say { to, what: Box::new(words::anonymous()) }])
}

/// What was meant for the bot; talk is none of its business, nor are commands to other bots.
fn meant<'a>(said: &'a Said, bot: Option<&str>) -> Option<Meant<'a>> {
    if let Some(command) = said.text.trim().strip_prefix('/') {
        let word = command.split_whitespace().next().unwrap_or_default();
        let ours = word.split_once('@').is_none_or(|(_, name)| bot.is_some_and(|bot| name.eq_ignore_ascii_case(bot)));
        return (ours && !word.is_empty()).then_some(Meant::Command);
    }
    let replied = said.reply_to.as_deref().filter(|_| words::is_confirmation(&said.text));
    replied.map(Meant::Reply)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::{Place, Sender};
    use rstest::rstest;

    #[rstest]
    #[case("/start", None, Some(Meant::Command))]
    #[case("/start@Qingfeng_Bot", None, Some(Meant::Command))]
    #[case("/start@other_bot", None, None)]
    #[case("/", None, None)]
    #[case("已阅", Some("31"), Some(Meant::Reply("31")))]
    #[case("已阅", None, None)]
    #[case("收到", Some("31"), None)]
    fn only_what_is_meant_for_the_bot_is_answered(
        #[case] text: &str,
        #[case] reply_to: Option<&str>,
        #[case] expected: Option<Meant<'_>>,
    ) {
        let said = Said {
            account: "1087968824".to_owned(),
            sender: Sender::Anonymous,
            chat: "-1001".to_owned(),
            thread: None,
            place: Place::Group,
            reply_to: reply_to.map(str::to_owned),
            text: text.to_owned(),
        };
        assert_eq!(meant(&said, Some("qingfeng_bot")), expected);
    }
}
