//! The demo month: sets the office up as an administrator would, lets the cast act, and asks for the report.

use std::collections::HashMap;
use std::fs;

use anyhow::Context;
use chrono::{DateTime, FixedOffset, Utc};
use serde_json::{Value, json};

use super::cast::{self, Act, Chat, Cue, Player};
use super::stage::{Stage, World};
use super::verdict::Month;
use crate::domain::audit::Actor;
use crate::domain::content::ItemSource;
use crate::domain::leave::LeaveCategory;
use crate::domain::month;
use crate::domain::roster;
use crate::domain::rotation::Pool;
use crate::domain::schedule::{LATE_MINUTES, Missed, Rule, Terms};
use crate::domain::setting::Key;
use crate::office::leave::{self, Leave};
use crate::office::staff::Invitees;
use crate::office::{content, group, report, schedule, setting, staff};
use crate::render;

/// Who sets things up: the machine's operator.
pub(super) const OPERATOR: Actor = Actor::Operator { staff_no: None };
/// Every Monday, Wednesday and Friday at 09:30.
const KNOWLEDGE: &str = "30 9 * * 1,3,5";
/// The third workday before every festival at 09:30.
const REMINDER: &str = "before-festival all 3 0 09:30";
/// The office is set up on the eve of the month. Codes are good for ten workdays, and the last one is used on the 10th.
const SET_UP: (i64, (i64, i64)) = (0, (16, 0));
/// What the office is called, and the number printed in reminders; no real ones.
const OFFICE: [(Key, &str); 2] =
    [(Key::OfficeName, "示范区机关党委"), (Key::OfficeHotline, "内线6012（机关党委办公室）")];

/// A month that was played, and the world it was played in.
pub(super) struct Played {
    pub(super) stage: Stage,
    pub(super) month: Month,
    pub(super) players: Vec<Player>,
    pub(super) chats: Chats,
}

/// The chats of the office with their ids in the sandbox.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chats {
    office: i64,
    service: i64,
}

impl Chats {
    pub(super) fn id(self, chat: Chat) -> i64 {
        match chat {
            Chat::Office => self.office,
            Chat::Service => self.service,
        }
    }
}

/// Plays September 2026 from the eve of the 1st to the evening of the 30th.
pub(super) async fn play() -> anyhow::Result<Played> {
    let (day, time) = SET_UP;
    let mut stage = Stage::open(cast::at(day, time)).await?;
    let players = cast::players(&read_roster(&stage.world)?.people);
    let chats = found(&stage.world, &players)?;
    stage.settle().await?;
    let items = content::check(&stage.world.config.content_dir)?;
    let codes = set_up(&stage, &players, (chats, &items)).await?;
    let mut run = Run { stage, players, chats, codes, copies: HashMap::new(), removed: false };
    for burst in cast::script(&run.players).chunk_by(|one, next| one.at == next.at) {
        run.burst(burst).await?;
    }
    run.stage.until(cast::end()).await?;
    run.stage.settle().await?;
    let Run { stage, players, .. } = run;
    let month = close(&stage, cast_file(&players, chats, &items)).await?;
    Ok(Played { stage, month, players, chats })
}

fn read_roster(world: &World) -> anyhow::Result<roster::Roster> {
    let bytes = fs::read(world.config.content_dir.join("roster.example.csv"))?;
    let rows = render::sheet::read(&bytes).map_err(|problem| anyhow::anyhow!("{problem:?}"))?;
    roster::parse(&rows).map_err(|problems| anyhow::anyhow!("{problems:?}"))
}

/// The people and their chats, with the bot in both.
fn found(world: &World, players: &[Player]) -> anyhow::Result<Chats> {
    let people: Vec<Value> = players.iter().map(|p| json!({ "id": p.account, "first_name": p.name })).collect();
    world.order("people", &json!({ "people": people }))?;
    let found = |chat: Chat| {
        let members: Vec<i64> = players.iter().filter(|player| player.is_in(chat)).map(|p| p.account).collect();
        let new = json!({ "kind": "supergroup", "title": chat.title(), "members": members, "bot": "member" });
        world.order("chats", &new)?["chat"].as_i64().context("a chat without id")
    };
    Ok(Chats { office: found(Chat::Office)?, service: found(Chat::Service)? })
}

/// Roster, items, settings, chats, absences, schedules, codes. Returns the codes by staff number.
async fn set_up(
    stage: &Stage,
    players: &[Player],
    (chats, items): (Chats, &[ItemSource]),
) -> anyhow::Result<HashMap<String, String>> {
    let ctx = &stage.app.ctx;
    crate::office::roster::import(ctx, &OPERATOR, &read_roster(&stage.world)?, crate::office::roster::Mode::Apply)
        .await?;
    content::sync(ctx, &OPERATOR, items).await?;
    for (key, value) in OFFICE {
        setting::set(ctx, &OPERATOR, key.as_str(), value).await?;
    }
    for chat in Chat::ALL {
        let units: Vec<String> = chat.units().iter().map(|unit| (*unit).to_owned()).collect();
        group::link(ctx, &OPERATOR, &chats.id(chat).to_string(), &units).await?;
    }
    for player in players {
        if let Some((from, category)) = player.away_from() {
            let category = LeaveCategory::parse(category).context("an unknown category of absence")?;
            let away = Leave { staff_no: player.staff_no.clone(), category, from, to: None };
            leave::add(ctx, &OPERATOR, &away).await?;
        }
    }
    for (name, rule) in [("小知识", format!("cron {KNOWLEDGE}")), ("节前提醒", REMINDER.to_owned())] {
        let new = schedule::New {
            name: name.to_owned(),
            terms: Terms::every_day(Rule::parse(&rule)?),
            missed: Missed::Late,
            max_late: LATE_MINUTES,
            groups: Chat::ALL.map(|chat| chats.id(chat).to_string()).to_vec(),
            pool: Pool::Voluntary,
            confirm: None,
            deadline: None,
        };
        schedule::add(ctx, &OPERATOR, &new).await?;
    }
    let invited = staff::invite(ctx, &OPERATOR, &Invitees::All).await?;
    Ok(invited.into_iter().map(|invited| (invited.person.staff_no, invited.code)).collect())
}

/// The month under way.
struct Run {
    stage: Stage,
    players: Vec<Player>,
    chats: Chats,
    codes: HashMap<String, String>,
    /// Message ids of the pushes, by place and chat.
    copies: HashMap<(usize, Chat), i64>,
    removed: bool,
}

impl Run {
    /// Everything that happens at one instant.
    async fn burst(&mut self, cues: &[Cue]) -> anyhow::Result<()> {
        let Some(at) = cues.first().map(|cue| cue.at) else { return Ok(()) };
        if at > cast::removal() && !self.removed {
            self.remove_bot().await?;
        }
        self.stage.until(at).await?;
        let joining: Vec<usize> = cues.iter().filter(|cue| cue.act == Act::Join).map(|cue| cue.who).collect();
        if !joining.is_empty() {
            self.join(&joining).await?;
        }
        let mut presses = Vec::new();
        for cue in cues {
            if let Act::Press { slot, chat } = cue.act {
                let user = self.players[cue.who].account;
                let message = self.copy((slot, chat))?;
                let chat = self.chats.id(chat);
                presses.push(json!({ "user": user, "chat": chat, "message_id": message, "button": "已阅" }));
            }
        }
        self.stage.world.order("press", &json!({ "presses": presses }))?;
        self.stage.settle().await
    }

    /// Someone throws the bot out of the second chat. The news is still on its way when the last push goes out.
    async fn remove_bot(&mut self) -> anyhow::Result<()> {
        self.stage.until(cast::removal()).await?;
        let by = self.member(Chat::Service)?;
        let order = json!({ "chat": self.chats.id(Chat::Service), "standing": "kicked", "by": by });
        self.stage.world.order("bot", &order)?;
        self.removed = true;
        Ok(())
    }

    /// People type their codes, then say 是我.
    async fn join(&mut self, who: &[usize]) -> anyhow::Result<()> {
        for place in who {
            let player = &self.players[*place];
            let code = self.codes.get(&player.staff_no).context("a person without a code")?;
            self.stage.world.order("say", &json!({ "user": player.account, "text": format!("/start {code}") }))?;
        }
        self.stage.settle().await?;
        let mut presses = Vec::new();
        for account in who.iter().map(|place| self.players[*place].account) {
            let messages = self.stage.world.messages(account, account)?;
            let question = messages.last().context("no answer to a code")?;
            let id = &question["message_id"];
            presses.push(json!({ "user": account, "chat": account, "message_id": id, "button": "是我，绑定" }));
        }
        self.stage.world.order("press", &json!({ "presses": presses }))?;
        self.stage.settle().await
    }

    /// The message of a push in a chat: the one of its time.
    fn copy(&mut self, (slot, chat): (usize, Chat)) -> anyhow::Result<i64> {
        if let Some(id) = self.copies.get(&(slot, chat)) {
            return Ok(*id);
        }
        let at = cast::slots().get(slot).context("no such push")?.at.timestamp_millis();
        let messages = self.stage.world.messages(self.member(chat)?, self.chats.id(chat))?;
        let copy = messages.iter().find(|message| message["at"] == at && message["from"]["bot"] == true);
        let id = copy.and_then(|copy| copy["message_id"].as_i64());
        let id = id.with_context(|| format!("push {slot} is not in {}", chat.title()))?;
        self.copies.insert((slot, chat), id);
        Ok(id)
    }

    fn member(&self, chat: Chat) -> anyhow::Result<i64> {
        let member = self.players.iter().find(|player| player.is_in(chat));
        member.map(|player| player.account).context("a chat without members")
    }
}

/// The report and what it is checked against.
async fn close(stage: &Stage, cast: Value) -> anyhow::Result<Month> {
    let september = month::Month::new(2026, 9).context("no such month")?;
    let report = report::month(&stage.app.ctx, &OPERATOR, september).await?;
    let month = Month {
        report: serde_json::to_value(render::report::json(&report))?,
        text: render::report::text(&report),
        ledger: stage.world.look("ledger")?,
        cast,
    };
    fs::write(stage.world.file("report-2026-09.txt"), &month.text)?;
    fs::write(stage.world.file("cast.json"), serde_json::to_vec_pretty(&month.cast)?)?;
    fs::write(stage.world.file("ledger.json"), serde_json::to_vec_pretty(&month.ledger)?)?;
    Ok(month)
}

/// What the office knows by itself: people, units, absences, chats, items and when each push was to go out.
fn cast_file(players: &[Player], chats: Chats, items: &[ItemSource]) -> Value {
    let mut units: Vec<&str> = Vec::new();
    for player in players {
        if !units.contains(&player.unit.as_str()) {
            units.push(&player.unit);
        }
    }
    let person = |player: &Player| {
        json!({
            "staff_no": player.staff_no, "unit": player.unit, "kinds": player.kinds, "account": player.account,
            "bound_at": player.joins_at().map(local), "exempt_from": player.away_from().map(|(from, _)| from),
        })
    };
    let group = |chat: Chat| json!({ "chat": chats.id(chat), "title": chat.title(), "units": chat.units() });
    let item = |item: &ItemSource| json!({ "slug": item.slug, "code": item.code, "audience": item.audience.label() });
    let push = |slot: &cast::Slot| json!({ "at": local(slot.at), "deadline": slot.deadline.map(local) });
    json!({
        "as_of": local(cast::end()),
        "units": units,
        "people": players.iter().map(person).collect::<Vec<_>>(),
        "groups": Chat::ALL.map(group),
        "items": items.iter().map(item).collect::<Vec<_>>(),
        "pushes": cast::slots().iter().map(push).collect::<Vec<_>>(),
    })
}

/// An instant with the offset of the office's zone, which has no summer time.
fn local(at: DateTime<Utc>) -> Option<DateTime<FixedOffset>> {
    FixedOffset::east_opt(8 * 3600).map(|zone| at.with_timezone(&zone))
}

#[cfg(test)]
mod tests;
