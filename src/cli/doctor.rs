//! `doctor`: whether everything is in order, and what to do where it is not. It changes nothing.

use clap::Args;
use serde::Serialize;

use super::out::{self, Ended, Failure, Form, line};
use super::refusal;
use super::session::{Session, Setup};
use crate::config::Config;
use crate::domain::calendar::YearStatus;
use crate::domain::delivery::HaltCause;
use crate::domain::policy::Role;
use crate::domain::wall;
use crate::domain::word::{GroupState, words};
use crate::message;
use crate::office::{audit, calendar, content, db, group, halt, role};
use crate::store::halt::HaltRow;

/// How updates come in.
mod inbound;
/// The data's whereabouts: quarantine and pause, disk, file modes, the database's clock.
mod place;
/// Asks the platform who the token belongs to.
mod platform;

/// 检查配置、密钥、数据库、时钟、内容、工作日历和与Telegram的连接
///
/// 什么都不改动。有一项不通过就退出1，每一项都说明下一步。
#[derive(Debug, Args)]
#[command(after_help = "例子\n  qingfeng doctor\n  qingfeng doctor --offline --json")]
pub struct Doctor {
    /// 不连接Telegram
    #[arg(long)]
    offline: bool,
    /// 输出JSON，供其他程序读取
    #[arg(long)]
    json: bool,
}

words! {
    /// What is looked at, in the order of looking.
    CheckName {
        Config = "config",
        KeyFile = "key_file",
        Database = "database",
        /// Whether this machine may serve it, and what keeps messages from going out.
        Installation = "installation",
        Disk = "disk",
        Zone = "zone",
        Clock = "clock",
        Content = "content",
        Calendar = "calendar",
        Settings = "settings",
        Groups = "groups",
        Outgoing = "outgoing",
        Roles = "roles",
        Inbound = "inbound",
        Telegram = "telegram",
    }
}

impl CheckName {
    const fn label(self) -> &'static str {
        match self {
            Self::Config => "配置",
            Self::KeyFile => "密钥文件",
            Self::Database => "数据库",
            Self::Installation => "运行",
            Self::Disk => "磁盘",
            Self::Zone => "时区",
            Self::Clock => "时钟",
            Self::Content => "内容",
            Self::Calendar => "工作日历",
            Self::Settings => "待填项",
            Self::Groups => "群",
            Self::Outgoing => "推送",
            Self::Roles => "管理员",
            Self::Inbound => "接收方式",
            Self::Telegram => "连接",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug)]
struct Finding {
    check: CheckName,
    ok: bool,
    detail: String,
}

impl Finding {
    fn good(check: CheckName, detail: impl Into<String>) -> Self {
        Self { check, ok: true, detail: detail.into() }
    }

    fn bad(check: CheckName, detail: impl Into<String>) -> Self {
        Self { check, ok: false, detail: detail.into() }
    }

    fn of(check: CheckName, outcome: Result<String, String>) -> Self {
        match outcome {
            Ok(detail) => Self::good(check, detail),
            Err(detail) => Self::bad(check, detail),
        }
    }
}

#[derive(Serialize)]
struct FindingJson<'a> {
    check: &'static str,
    ok: bool,
    detail: &'a str,
}

impl Doctor {
    /// Looks at everything and tells.
    pub fn run(self, setup: &Setup) -> Ended {
        let mut findings = Vec::new();
        match setup.config() {
            Err(failure) => findings.push(Finding::bad(CheckName::Config, said(failure))),
            Ok(config) => {
                findings.push(Finding::good(CheckName::Config, format!("数据库{}", config.database)));
                setup.block_on(async {
                    let bot = inside(setup, config, &mut findings).await;
                    let inbound = if self.offline { inbound::way(config) } else { inbound::check(config).await };
                    findings.push(Finding::of(CheckName::Inbound, inbound));
                    if !self.offline {
                        findings.push(Finding::of(CheckName::Telegram, platform::check(config, bot.as_deref()).await));
                    }
                    Ok(())
                })?;
            }
        }
        print(&findings, self.json.into())
    }
}

fn said(failure: Failure) -> String {
    match failure {
        Failure::Refused(refusal) => refusal::words(&refusal),
        Failure::Line(text) => text,
    }
}

/// Everything that needs the database; returns the bot it belongs to.
async fn inside(setup: &Setup, config: &Config, findings: &mut Vec<Finding>) -> Option<String> {
    let session = match setup.session().await {
        Ok(session) => session,
        Err(failure) => {
            findings.push(Finding::bad(blamed(&failure), said(failure)));
            findings.push(Finding::of(CheckName::Content, files(config)));
            return None;
        }
    };
    findings.push(Finding::good(CheckName::KeyFile, config.secret_file.display().to_string()));
    findings.push(Finding::of(CheckName::Database, database(&session).await));
    findings.push(Finding::of(CheckName::Installation, place::installation(&session).await));
    findings.extend(place::disk(&session.config).map(|outcome| Finding::of(CheckName::Disk, outcome)));
    findings.push(Finding::good(CheckName::Zone, config.zone.name()));
    findings.push(Finding::of(CheckName::Clock, clock(&session).await));
    findings.push(Finding::of(CheckName::Content, files(config)));
    findings.push(Finding::of(CheckName::Calendar, years(&session).await));
    findings.push(Finding::of(CheckName::Settings, blanks(&session).await));
    findings.push(Finding::of(CheckName::Groups, groups(&session).await));
    findings.push(Finding::of(CheckName::Outgoing, outgoing(&session).await));
    findings.push(Finding::of(CheckName::Roles, roles(&session).await));
    let bot = db::bot(&session.ctx.store, crate::channel::telegram::KIND).await.ok().flatten();
    session.ctx.store.close().await;
    bot
}

/// What a database that does not open is blamed on.
fn blamed(failure: &Failure) -> CheckName {
    use crate::office::Refusal;
    match failure {
        Failure::Refused(Refusal::Secret(_)) => CheckName::KeyFile,
        Failure::Refused(Refusal::OtherZone { .. }) => CheckName::Zone,
        Failure::Refused(_) | Failure::Line(_) => CheckName::Database,
    }
}

async fn database(session: &Session) -> Result<String, String> {
    match db::integrity(&session.ctx.store).await {
        Ok(state) if state == "ok" => Ok("完好，版本与程序一致".to_owned()),
        Ok(state) => Err(format!("文件已损坏，请停止服务，用最近的备份恢复（{state}）")),
        Err(refusal) => Err(refusal::words(&refusal)),
    }
}

/// The machine's clock must not stand before what was already recorded.
async fn clock(session: &Session) -> Result<String, String> {
    let zone = session.config.zone;
    let now = session.ctx.now();
    let last = audit::tail(&session.ctx, &session.actor, 1).await.map_err(|refusal| refusal::words(&refusal))?;
    let last = last.last().and_then(|entry| chrono::DateTime::from_timestamp_millis(entry.at_ms));
    match last.filter(|last| now < *last) {
        Some(last) => Err(format!(
            "本机时间是{}，比最近一条审计记录（{}）还早。请校准本机时间，开启自动对时",
            out::instant(now, zone),
            out::instant(last, zone)
        )),
        None => place::clocks(session).await,
    }
}

fn files(config: &Config) -> Result<String, String> {
    let dir = config.content_dir.display();
    content::check(&config.content_dir)
        .map(|items| format!("{dir}里有{}条，都没有问题", items.len()))
        .map_err(|refusal| refusal::words(&refusal))
}

/// The present year must be known and every year readable; a notice that is due is a reminder, no fault.
async fn years(session: &Session) -> Result<String, String> {
    let standing = calendar::now(&session.ctx, &session.actor).await.map_err(|refusal| refusal::words(&refusal))?;
    // The warning says itself how its years stand.
    let warned_of = standing.warning.as_ref().map(|warning| warning.years.as_slice()).unwrap_or_default();
    let settled = standing.years.iter().filter(|year| !warned_of.contains(year));
    let stand = settled.map(|year| message::calendar::stands(*year)).collect::<Vec<_>>().join("，");
    let stand = (!stand.is_empty()).then_some(stand);
    let warned = standing.warning.as_ref().map(|warning| format!("注意：{}", message::calendar::warning(warning)));
    let told = stand.into_iter().chain(warned).collect::<Vec<_>>().join("；");
    let missing = standing.years.first().is_some_and(|(_, status)| *status == YearStatus::Missing);
    if standing.broken.is_empty() {
        return if missing { Err(told) } else { Ok(told) };
    }
    Err(super::calendar::broken(&standing.broken).into_iter().chain([told]).collect::<Vec<_>>().join("\n"))
}

async fn blanks(session: &Session) -> Result<String, String> {
    let unfilled = content::unfilled(&session.ctx, &session.actor).await.map_err(|refusal| refusal::words(&refusal))?;
    if unfilled.is_empty() {
        return Ok("没有待填项".to_owned());
    }
    Err(unfilled.iter().map(|(slug, blanks)| refusal::unfilled(slug, blanks)).collect::<Vec<_>>().join("\n"))
}

async fn groups(session: &Session) -> Result<String, String> {
    let groups = group::list(&session.ctx, &session.actor).await.map_err(|refusal| refusal::words(&refusal))?;
    let titles = |state: GroupState| -> String {
        let of = groups.iter().filter(|listed| listed.group.state == state);
        of.map(|listed| format!("{}（群{}）", listed.group.title, listed.group.id)).collect::<Vec<_>>().join("、")
    };
    let active = groups.iter().filter(|listed| listed.group.state == GroupState::Active).count();
    let notes = [
        (titles(GroupState::Unlinked), "还没有关联单位，请运行：qingfeng group link 群 --units 单位"),
        (titles(GroupState::Suspended), "已暂停，请检查机器人在群里的权限"),
    ];
    let notes = notes.into_iter().filter(|(titles, _)| !titles.is_empty());
    let notes = notes.map(|(titles, what)| format!("注意：{titles}{what}"));
    if groups.is_empty() {
        return Ok("还没有群。启动服务后把机器人拉进群，再看：qingfeng group list".to_owned());
    }
    Ok([format!("{active}个正常")].into_iter().chain(notes).collect::<Vec<_>>().join("；"))
}

/// A stop of today is a note; one that has stood since another day may have been forgotten, and is a fault.
async fn outgoing(session: &Session) -> Result<String, String> {
    let standing = halt::standing(&session.ctx).await.map_err(|refusal| refusal::words(&refusal))?;
    let zone = session.config.zone;
    let today = wall::of(session.ctx.now(), zone).date();
    let told: Vec<String> = standing.iter().map(|row| super::pause::standing(row, zone)).collect();
    let meant = |row: &HaltRow| row.cause == HaltCause::Paused && wall::of(row.since.utc(), zone).date() == today;
    if standing.is_empty() {
        Ok("没有暂停".to_owned())
    } else if standing.iter().all(meant) {
        Ok(format!("注意：{}", told.join("；")))
    } else {
        Err(told.join("\n"))
    }
}

async fn roles(session: &Session) -> Result<String, String> {
    let grants = role::list(&session.ctx, &session.actor).await.map_err(|refusal| refusal::words(&refusal))?;
    let admins: Vec<_> = grants.into_iter().filter(|grant| grant.role == Role::Admin).collect();
    if admins.is_empty() {
        return Ok("注意：还没有管理员，请运行：qingfeng staff role grant 工号 admin".to_owned());
    }
    let numbers = admins.iter().map(|admin| admin.staff_no.as_str()).collect::<Vec<_>>().join("、");
    if admins.iter().any(|admin| admin.bound) {
        return Ok(numbers);
    }
    Ok(format!("注意：{numbers}还没有绑定账号，机器人要告诉管理员的话没有人收到，请运行：qingfeng staff invite 工号"))
}

fn print(findings: &[Finding], form: Form) -> Ended {
    match form {
        Form::Json => {
            let rows = findings.iter().map(|finding| FindingJson {
                check: finding.check.as_str(),
                ok: finding.ok,
                detail: &finding.detail,
            });
            out::json(&rows.collect::<Vec<_>>())?;
        }
        Form::Text => {
            let lines = findings.iter().map(|finding| {
                let state = if finding.ok { "通过　" } else { "不通过" };
                let detail = finding.detail.replace('\n', "\n        ");
                format!("{state}  {}：{detail}", finding.check.label())
            });
            out::print(&lines.collect::<Vec<_>>().join("\n"))?;
        }
    }
    let bad: Vec<&str> = findings.iter().filter(|finding| !finding.ok).map(|finding| finding.check.label()).collect();
    if bad.is_empty() {
        return Ok(());
    }
    Err(line(format!("{}项没有通过：{}。请按说明处理后再检查一次", bad.len(), bad.join("、"))))
}
