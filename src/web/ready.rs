//! Whether the service can work: the database takes what is written, the data is not in quarantine, the platform takes our
//! token, and updates come in. A pause is the office's own wish and no fault.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::ctx::Ctx;
use crate::domain::delivery::HaltCause;
use crate::domain::word::InboundMode;
use crate::office::{Outcome, Refusal, db};
use crate::store::trouble::Trouble;

/// Longest time without a poll that came through. The platform keeps a press for 150 s.
const POLL_SILENT: TimeDelta = TimeDelta::seconds(120);

/// How the service stands.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// Why it cannot work, one a line.
    causes: Vec<String>,
    /// What is to be known beside.
    notes: Vec<String>,
}

impl State {
    /// The database did not answer in time.
    pub(super) fn silent() -> Self {
        Self { causes: vec!["database: no answer".to_owned()], notes: Vec::new() }
    }

    pub(super) fn ready(&self) -> bool {
        self.causes.is_empty()
    }

    pub(super) fn text(&self) -> String {
        let head = self.ready().then_some("ready");
        let lines = head.into_iter().chain(self.causes.iter().chain(&self.notes).map(String::as_str));
        lines.flat_map(|line| [line, "\n"]).collect()
    }
}

/// Looks at everything.
pub(super) async fn look(ctx: &Ctx) -> State {
    let mut state = State::default();
    if let Err(refusal) = db::writable(&ctx.store).await {
        state.causes.push(format!("database: {}", told(&refusal)));
    }
    if let Err(refusal) = rest(ctx, &mut state).await
        && state.ready()
    {
        state.causes.push(format!("database: {}", told(&refusal)));
    }
    state
}

async fn rest(ctx: &Ctx, state: &mut State) -> Outcome<()> {
    for halt in db::halts(&ctx.store).await? {
        let since = instant(halt.since.utc());
        match halt.cause {
            HaltCause::Quarantine => state
                .causes
                .push(format!("quarantine: {} since {since}; look with `qingfeng db confirm-restore`", halt.detail)),
            HaltCause::Unauthorized => state.causes.push(format!("token: refused by the platform since {since}")),
            HaltCause::Paused => state.notes.push(format!("paused since {since}; presses are still taken in")),
        }
    }
    let quarantined = state.causes.iter().any(|cause| cause.starts_with("quarantine"));
    for (mode, heard_at) in db::heard(&ctx.store).await? {
        let silent = heard_at.filter(|at| ctx.now() - *at > POLL_SILENT);
        match (mode, silent) {
            (InboundMode::Poll, Some(at)) if !quarantined => {
                state.causes.push(format!("poll: silent since {}", instant(at)));
            }
            (InboundMode::Poll | InboundMode::Webhook, _) => {}
        }
    }
    Ok(())
}

/// The cause in a word where it is one that an operator can act on.
fn told(refusal: &Refusal) -> String {
    if let Refusal::Store(error) = refusal
        && error.trouble() != Trouble::Other
    {
        return error.trouble().as_str().to_owned();
    }
    refusal.to_string()
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
