//! Asks the platform who the token belongs to. What goes wrong is told by the key's name, never by its value.

use secrecy::ExposeSecret;

use crate::channel::telegram::{Settings, Telegram, Timeouts};
use crate::channel::{Fault, FaultKind, SendError, SetupError};
use crate::cli::refusal;
use crate::config::{BotToken, Config};
use crate::office::Refusal;

/// What follows a bot that may not be added to groups.
const BARRED: &str = "；注意：它不能进群，请在@BotFather用/setjoingroups打开";

/// The bot behind the token, or why it cannot be told. `stored` is the bot that the database belongs to.
pub(super) async fn check(config: &Config, stored: Option<&str>) -> Result<String, String> {
    let Some(token) = &config.token else {
        return Err(
            "TELOXIDE_TOKEN没有填。请在Telegram里向@BotFather申请，写进.env；不检查连接就加--offline".to_owned()
        );
    };
    let bot = token.bot_id().to_string();
    if let Some(stored) = stored.filter(|stored| *stored != bot) {
        return Err(refusal::words(&Refusal::OtherBot { stored: stored.to_owned(), configured: bot }));
    }
    match connect(config, token).map_err(|error| set_up(error).to_owned())?.get_me().await {
        Ok(me) if me.can_join_groups => Ok(format!("机器人@{}（{}）", me.username, me.id)),
        Ok(me) => Ok(format!("机器人@{}（{}）{BARRED}", me.username, me.id)),
        Err(error) => Err(call(&error)),
    }
}

/// A client for the configured platform; makes no call.
pub(super) fn connect(config: &Config, token: &BotToken) -> Result<Telegram, SetupError> {
    Telegram::new(&Settings {
        token: token.expose().into(),
        api_url: Some(config.api_url.to_string()),
        proxy: config.proxy.as_ref().map(|proxy| proxy.expose_secret().to_owned()),
        timeouts: Timeouts::default(),
    })
}

const fn set_up(error: SetupError) -> &'static str {
    match error {
        SetupError::Token => "TELOXIDE_TOKEN写法不对。请到@BotFather重新复制（这里不显示它的内容）",
        SetupError::ApiUrl => "TELOXIDE_API_URL不是网址。请写成https://api.telegram.org",
        SetupError::Proxy => "TELOXIDE_PROXY不能用。请写成socks5://127.0.0.1:1080（这里不显示它的内容）",
        SetupError::Client => "加密连接用不了。请检查系统的根证书",
    }
}

fn call(error: &SendError) -> String {
    match error {
        SendError::Unauthorized => {
            "TELOXIDE_TOKEN不被接受：写错了或已作废。请到@BotFather重新复制（这里不显示它的内容）".to_owned()
        }
        SendError::Limited { retry_after } => format!("Telegram要求稍等，请{}秒后再检查", retry_after.as_secs()),
        SendError::NotSent(fault) | SendError::InDoubt(fault) => reach(fault),
        SendError::Gone(_) | SendError::Refused(_) | SendError::Migrated { .. } | SendError::MarkupRefused(_) => {
            format!("TELOXIDE_API_URL的回答不像Telegram。请核对地址（{error}）")
        }
    }
}

fn reach(fault: &Fault) -> String {
    let why = match fault.kind {
        FaultKind::Dns => "找不到这个主机名",
        FaultKind::Connect => "连不上",
        FaultKind::Tls => "加密连接建不起来",
        FaultKind::Timeout => "等不到回答",
        FaultKind::Broken => "连接中断",
        FaultKind::BadBody => "回答不像Telegram",
        FaultKind::Server(_) => "对方服务器出错",
    };
    format!("Telegram接口{why}。请检查网络、TELOXIDE_API_URL和TELOXIDE_PROXY（{fault}）")
}
