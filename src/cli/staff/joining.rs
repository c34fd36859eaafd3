//! Binding codes, the slips they are handed out on, and accounts that are let go.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::out::{self, Ended, Form, NewFile, left};
use crate::cli::session::Session;
use crate::domain::channel::ChannelKind;
use crate::message::print::local;
use crate::office::staff::{self, Invitees};
use crate::render::invites::{Slip, docx};

#[derive(Serialize)]
struct InviteJson<'a> {
    staff_no: &'a str,
    code: &'a str,
    link: Option<&'a str>,
    expires_at: String,
}

#[derive(Serialize)]
struct UnboundJson<'a> {
    staff_no: &'a str,
    channels: Vec<&'static str>,
}

const NOBODY: &str = "在册的人都已绑定，没有要发的绑定码";

/// Reads the name of a document.
pub(super) fn document(text: &str) -> Result<PathBuf, &'static str> {
    let path = PathBuf::from(text);
    let named = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("docx"));
    if named { Ok(path) } else { Err("文件名要以.docx结尾") }
}

/// Reads a platform on which people have accounts.
pub(super) fn channel(text: &str) -> Result<ChannelKind, &'static str> {
    ChannelKind::parse(text).filter(|kind| kind.capabilities().ack).ok_or("平台可写telegram")
}

/// Codes to the terminal, or to another program.
pub(super) async fn invite(session: &Session, whom: &Invitees, form: Form) -> Ended {
    let invited = staff::invite(&session.ctx, &session.actor, whom).await?;
    let zone = session.config.zone;
    if form == Form::Json {
        let rows = invited.iter().map(|invited| InviteJson {
            staff_no: &invited.person.staff_no,
            code: &invited.code,
            link: invited.link.as_deref(),
            expires_at: out::instant(invited.expires_at, zone),
        });
        return out::json(&rows.collect::<Vec<_>>());
    }
    let columns = [left("工号"), left("姓名"), left("单位"), left("绑定码"), left("有效期至"), left("链接")];
    let rows = invited.into_iter().map(|invited| {
        let person = invited.person;
        let link = invited.link.unwrap_or_default();
        vec![person.staff_no, person.name, person.unit, invited.code, local(invited.expires_at, zone), link]
    });
    out::table(&columns, rows.collect(), NOBODY)
}

/// Codes on slips to print. The file is made first: codes that cannot be written down are not made.
pub(super) async fn slips(session: &Session, whom: &Invitees, file: &Path) -> Ended {
    let target = NewFile::create(file)?;
    let invited = staff::invite(&session.ctx, &session.actor, whom).await?;
    if invited.is_empty() {
        return out::print(NOBODY);
    }
    let slips: Vec<Slip<'_>> = invited
        .iter()
        .map(|invited| Slip {
            name: &invited.person.name,
            unit: &invited.person.unit,
            code: &invited.code,
            link: invited.link.as_deref(),
            until: invited.expires_at,
        })
        .collect();
    let bytes = docx(&slips, session.config.zone).map_err(|error| out::line(format!("纸条生成不了（{error}）")))?;
    target.write(&bytes)?;
    let people = invited.len();
    let linked = if invited.iter().all(|invited| invited.link.is_some()) {
        ""
    } else {
        "还不知道机器人的名字，纸条上没有二维码；先运行一次服务再生成就有。"
    };
    out::print(&format!(
        "已写出{people}张纸条到{}。{linked}里面有姓名和绑定码，打印后请删除；绑定码没有另外保存，丢了就重新生成",
        file.display()
    ))
}

/// An account that is let go.
pub(super) async fn unbind(session: &Session, (staff_no, channel): (&str, Option<ChannelKind>), form: Form) -> Ended {
    let unbound = staff::unbind(&session.ctx, &session.actor, staff_no, channel).await?;
    let person = &unbound.person;
    if form == Form::Json {
        let channels = unbound.channels.iter().map(|kind| kind.as_str()).collect();
        return out::json(&UnboundJson { staff_no: &person.staff_no, channels });
    }
    out::print(&format!(
        "已解除{}（{}）的绑定，原来的记录都在。换了手机的，重新生成绑定码：qingfeng staff invite {0}",
        person.staff_no, person.name
    ))
}
