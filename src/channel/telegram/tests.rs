//! The client against servers on this machine. Shared here: a bot with short time limits, and a look for the token in
//! everything that can be printed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

mod answers;
mod faults;
mod outcomes;
mod requests;

use std::fmt::{Debug, Display};

use super::*;
use crate::{
    domain::rich::{Rich, Span},
    message::outgoing::{Button, Emphasis},
};

const TOKEN: &str = "123456:AAErrorsMustNeverShowThis_-x";

fn settings(api_url: &str) -> Settings {
    Settings {
        token: TOKEN.into(),
        api_url: Some(api_url.to_owned()),
        proxy: None,
        timeouts: Timeouts {
            connect: Duration::from_millis(700),
            call: Duration::from_secs(1),
            poll_margin: Duration::from_secs(1),
        },
    }
}

fn bot(api_url: &str) -> Telegram {
    Telegram::new(&settings(api_url)).unwrap()
}

/// A bot for servers that do answer: a slow machine must not turn their answers into timeouts.
fn patient_bot(api_url: &str) -> Telegram {
    Telegram::new(&Settings { timeouts: Timeouts::default(), ..settings(api_url) }).unwrap()
}

fn group() -> Address {
    Address { chat: "-1001234567890".into(), thread: None }
}

fn item() -> Outgoing {
    Outgoing {
        text: Rich(vec![vec![Span::Bold("【廉政小知识】礼品 & 礼金".into())], vec![Span::Plain("记住：1 < 2".into())]]),
        buttons: vec![vec![
            Button::Press { label: "已阅".into(), data: "a1:7Qx".into() },
            Button::Open { label: "去绑定".into(), url: "https://t.me/qingfeng_bot?start=abc".into() },
        ]],
    }
}

fn toast() -> Answer {
    Answer { text: "已记录（11月25日09:41），谢谢。".into(), emphasis: Emphasis::Toast, open: None }
}

/// Passes a value on after checking that nothing printed of it holds the token or its secret half.
fn free_of_token<E: Debug + Display>(error: E) -> E {
    let printed = format!("{error} {error:?} {error:#?}");
    let secret = TOKEN.split_once(':').unwrap().1;
    assert!(!printed.contains(secret), "{printed}");
    error
}

#[test]
fn neither_the_client_nor_the_channel_prints_the_token() {
    let bot = bot("http://127.0.0.1:1/prefix");
    let printed = format!("{bot:?} {bot:#?} {:?}", crate::channel::Channel::Telegram(bot.clone()));
    assert!(!printed.contains(TOKEN) && printed.contains("127.0.0.1"), "{printed}");
}

#[rstest::rstest]
#[case::empty("", "http://127.0.0.1", None, SetupError::Token)]
#[case::malformed("123456:a/b", "http://127.0.0.1", None, SetupError::Token)]
#[case::blank("123456:ab ", "http://127.0.0.1", None, SetupError::Token)]
#[case::no_address(TOKEN, "api.telegram.org", None, SetupError::ApiUrl)]
#[case::other_scheme(TOKEN, "ftp://127.0.0.1", None, SetupError::ApiUrl)]
#[case::proxy_words(TOKEN, "http://127.0.0.1", Some("not an address"), SetupError::Proxy)]
#[case::proxy_scheme(TOKEN, "http://127.0.0.1", Some("gopher://127.0.0.1:1"), SetupError::Proxy)]
fn a_wrong_setting_is_named(
    #[case] token: &str,
    #[case] api_url: &str,
    #[case] proxy: Option<&str>,
    #[case] expected: SetupError,
) {
    let wrong = Settings { token: token.into(), proxy: proxy.map(str::to_owned), ..settings(api_url) };
    assert_eq!(Telegram::new(&wrong).err().map(free_of_token), Some(expected));
}

#[test]
fn a_start_link_opens_the_private_chat() {
    assert_eq!(start_link("qingfeng_bot", "Ab-_9"), "https://t.me/qingfeng_bot?start=Ab-_9");
}
