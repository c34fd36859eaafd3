//! After the month everything stays up on the machine's own time, so that a visitor can be anyone of the cast.

use std::future::Future;
use std::io::Write;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::Context;
use serde_json::json;
use tokio::net::TcpListener;

use super::cast::{Chat, Part, Player};
use super::month::{self, OPERATOR, Played};
use super::stage::World;
use super::verdict::judge;
use crate::app::{self, App};
use crate::clock::Clock;
use crate::inbox::poll::Poller;
use crate::office::db::{self, confirm};
use crate::office::push::{self, Hours, Now, NowTarget};
use crate::office::staff::{self, Invitees};

/// The item sent by hand at the start, so that something fresh is there to press.
const FRESH_ITEM: &str = "gift-no-threshold";

/// Plays the month, then serves until `shutdown` resolves. Returns the process's exit status.
pub async fn live(out: &mut impl Write, shutdown: impl Future<Output = ()>) -> anyhow::Result<u8> {
    writeln!(out, "清风试用：正在把2026年9月走一遍，请稍候几秒……")?;
    let Played { stage, month, players, chats } = month::play().await?;
    let equal = judge(&month)?.equal;
    let world = stage.leave().await;
    // The database goes on in a program on the machine's own time. The slots in between come out as skipped.
    world.order("clock", &json!({ "release": true }))?;
    let app = app::build(&world.config, Clock::system()).await?;
    // Between the month that was played and today nobody gave a sign of life; nobody else has this database either.
    if db::quarantine(&app.ctx.store).await?.is_some() {
        confirm::confirm(&app.ctx, &OPERATOR, &app.home).await?;
    }
    let service = chats.id(Chat::Service);
    let by = players.iter().find(|player| player.is_in(Chat::Service)).map(|player| player.account);
    world.order("bot", &json!({ "chat": service, "standing": "member", "by": by }))?;
    let code = prepare(&app, &players, Chat::ALL.map(|chat| chats.id(chat).to_string()).to_vec()).await?;
    writeln!(out, "{}", guide(&world, &players, (&code, equal)))?;
    out.flush()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    app::run(app, listener, shutdown).await?;
    world.close().await?;
    writeln!(out, "已停止，临时文件已删除。")?;
    Ok(0)
}

/// The bot is let back into the second chat, a fresh item goes out to both, and the one who never joined gets a code.
async fn prepare(app: &App, players: &[Player], groups: Vec<String>) -> anyhow::Result<String> {
    let App { ctx, line, telegram, .. } = app;
    let mut poller = Poller::new(ctx.clone(), line.clone(), telegram.clone());
    while poller.once(Duration::ZERO).await? > 0 {}
    let target = NowTarget::Groups(groups);
    let now = Now { slug: FRESH_ITEM.to_owned(), target, confirm: None, hours: Hours::Any, deadline: None };
    push::now(ctx, &OPERATOR, &now).await?;
    let outsider = unbound(players).context("everyone has joined")?;
    let invited = staff::invite(ctx, &OPERATOR, &Invitees::One(outsider.staff_no.clone())).await?;
    invited.into_iter().next().map(|invited| invited.code).context("no code was made")
}

fn unbound(players: &[Player]) -> Option<&Player> {
    players.iter().find(|player| player.part == Part::Unbound)
}

/// What to open and what to try.
fn guide(world: &World, players: &[Player], (code, equal): (&str, bool)) -> String {
    let newcomer = unbound(players).map_or("", |player| player.name.as_str());
    let checked = if equal {
        "与聊天记录另行核算的结果一致"
    } else {
        "与聊天记录另行核算的结果不一致"
    };
    format!(
        "9月已经走完，程序继续运行。请用浏览器打开：\n\n  http://{}/\n\n可以试试：\n  \
         1. 在左上角选一个人，打开“{}”，在最新一条下面点“已阅”，看弹出的提示；再点一次看看。\n  \
         2. 点“看原文”，看这条依据的法条原文。\n  \
         3. 选“{newcomer}”（还没有绑定的人），打开“清风”，发送绑定码 {code}，点“是我，绑定”。\n  \
         4. 往上翻，看9月的每一条推送和“已阅”人数。\n\n\
         9月报表（{checked}）：\n  {}\n\n按Ctrl-C停止，临时文件会自动删除。",
        world.address,
        Chat::Office.title(),
        world.file("report-2026-09.txt").display(),
    )
}
