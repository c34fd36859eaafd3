//! The address that updates are brought to: told to the platform, and looked after while the program runs. It stays when
//! the program stops, so that what people press meanwhile is brought to the next run.

use std::time::Duration;

use secrecy::SecretString;

use crate::channel::SendError;
use crate::channel::telegram::inbound::WANTED;
use crate::channel::telegram::{Telegram, Webhook};
use crate::ctx::{Ctx, Line};
use crate::domain::word::InboundMode;
use crate::office::hearing;
use crate::secret::{Keys, Purpose};
use crate::stop::Stop;

/// Requests side by side that the platform may make. They wait for one writer, which stores them together.
const CONNECTIONS: u8 = 100;
/// How often it is looked at whether the address is still set.
const LOOK_EVERY: Duration = Duration::from_mins(3);
/// First and longest pause before the platform is told again.
const PAUSE_FIRST: Duration = Duration::from_secs(2);
const PAUSE_LONGEST: Duration = Duration::from_mins(1);

/// The word by which the platform shows that an update is from it; made from the key, stored nowhere.
pub fn secret(keys: &Keys) -> SecretString {
    hex::encode(keys.mac(Purpose::Webhook, &[b"telegram"])).into()
}

/// The words by which an update is taken. The platform goes on with the one it was told before until it is told another.
pub fn secrets(keys: &Keys) -> Vec<SecretString> {
    keys.every().map(|key| hex::encode(key.mac(Purpose::Webhook, &[b"telegram"])).into()).collect()
}

/// Keeps the address set.
#[derive(Debug, Clone)]
pub struct Registration {
    pub ctx: Ctx,
    pub line: Line,
    pub telegram: Telegram,
    /// The whole address.
    pub url: String,
}

/// What became of looking after the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It stands.
    Stands,
    /// It was not set, or set elsewhere, and is set now.
    Mended,
    /// Other instances were told to ask for updates instead; nothing is done.
    NotOurs,
}

impl Registration {
    /// Tells the platform. Updates that wait there are kept and brought here.
    pub async fn set(&self) -> Result<(), SendError> {
        let secret = secret(self.ctx.store.keys());
        let hook = Webhook { url: &self.url, secret: &secret, allowed_updates: WANTED, max_connections: CONNECTIONS };
        self.telegram.set_webhook(&hook).await
    }

    /// Looks at what the platform knows, and mends it.
    pub async fn look(&self) -> Result<Kept, SendError> {
        if self.ours().await { self.mend().await } else { Ok(Kept::NotOurs) }
    }

    /// Whether updates are to be brought here at all.
    async fn ours(&self) -> bool {
        match hearing::mode(&self.ctx, &self.line).await {
            Ok(InboundMode::Webhook) => true,
            Ok(InboundMode::Poll) => {
                tracing::warn!("another instance polls for updates; the webhook is left alone");
                false
            }
            // Without a database nothing can be stored, so nothing need be brought.
            Err(error) => {
                tracing::error!(%error, "it could not be read how updates are to come in");
                false
            }
        }
    }

    async fn mend(&self) -> Result<Kept, SendError> {
        let info = self.telegram.webhook_info().await?;
        if let Some(error) = info.last_error_message.filter(|_| info.pending_update_count > 0) {
            tracing::warn!(%error, waiting = info.pending_update_count, "the platform has trouble bringing updates");
        }
        let mut wanted: Vec<&str> = WANTED.to_vec();
        let mut known: Vec<&str> = info.allowed_updates.iter().flatten().map(String::as_str).collect();
        wanted.sort_unstable();
        known.sort_unstable();
        if info.url == self.url && known == wanted {
            return Ok(Kept::Stands);
        }
        tracing::warn!(elsewhere = !info.url.is_empty(), "the webhook is not as it is to be; setting it again");
        self.set().await?;
        Ok(Kept::Mended)
    }
}

/// Tells the platform until it answers, then looks again and again, until told to stop.
pub async fn run(registration: Registration, mut stop: Stop) {
    let clock = registration.ctx.clock.clone();
    let mut pause = PAUSE_FIRST;
    let mut told = false;
    while !stop.stopped() {
        let ours = registration.ours().await;
        let call = async {
            match (ours, told) {
                (false, _) => Ok(()),
                (true, false) => registration.set().await,
                (true, true) => registration.mend().await.map(drop),
            }
        };
        let done = tokio::select! {
            done = call => done,
            () = stop.wait() => break,
        };
        let rest = match done {
            Ok(()) => {
                if ours && !told {
                    tracing::info!("the platform brings updates to QINGFENG_PUBLIC_URL");
                }
                (told, pause) = (ours, PAUSE_FIRST);
                LOOK_EVERY
            }
            Err(error) => {
                tracing::warn!(%error, "the platform was not told where to bring updates");
                let asked = match error {
                    SendError::Limited { retry_after } => retry_after,
                    SendError::NotSent(_)
                    | SendError::InDoubt(_)
                    | SendError::Gone(_)
                    | SendError::Refused(_)
                    | SendError::Migrated { .. }
                    | SendError::MarkupRefused(_)
                    | SendError::Unauthorized => Duration::ZERO,
                };
                let rest = pause.max(asked);
                pause = (pause * 2).min(PAUSE_LONGEST);
                rest
            }
        };
        tokio::select! {
            () = clock.sleep(rest) => {}
            () = stop.wait() => {}
        }
    }
}
