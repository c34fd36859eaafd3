//! What a command works with: the environment, read once; the configuration, checked when it is needed; the open
//! database and who acts on it.

use std::cell::OnceCell;

use crate::cli::out::{Ended, Failure, line};
use crate::clock::Clock;
use crate::config::{Config, EnvFileFault, Environment, RUST_LOG};
use crate::ctx::Ctx;
use crate::domain::audit::Actor;
use crate::message;
use crate::office::{self, db};

/// What every command starts with.
#[derive(Debug)]
pub struct Setup {
    environment: Environment,
    acting_as: Option<String>,
    config: OnceCell<Config>,
}

/// An open database and who acts on it.
#[derive(Debug)]
pub struct Session {
    pub ctx: Ctx,
    pub actor: Actor,
    pub config: Config,
}

impl Setup {
    /// Reads `.env`. `acting_as` is what `--as` says.
    pub fn read(acting_as: Option<&str>) -> Ended<Self> {
        let environment = Environment::read().map_err(|fault| line(env_file(&fault)))?;
        Ok(Self { environment, acting_as: acting_as.map(str::to_owned), config: OnceCell::new() })
    }

    /// What is to be logged, `default` unless the environment says otherwise.
    pub fn log(&self, default: &str) -> String {
        self.environment.get(RUST_LOG).unwrap_or_else(|| default.to_owned())
    }

    /// The configuration, or all of its problems.
    pub fn config(&self) -> Ended<&Config> {
        if let Some(config) = self.config.get() {
            return Ok(config);
        }
        let config = Config::from_env(|key| self.environment.get(key));
        let config = config.map_err(|problems| line(message::config::problems(&problems)))?;
        Ok(self.config.get_or_init(|| config))
    }

    /// Who acts.
    pub fn actor(&self) -> Ended<Actor> {
        let staff_no = self.acting_as.clone().or_else(|| self.config().ok()?.operator.clone());
        self.config()?;
        Ok(Actor::Operator { staff_no })
    }

    /// Runs work that waits for the network or the database.
    pub fn block_on<T>(&self, work: impl Future<Output = Ended<T>>) -> Ended<T> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| line(format!("程序启动不了（{error}）")))?.block_on(work)
    }

    /// Opens the database, works on it and closes it.
    pub fn open<T>(&self, work: impl AsyncFnOnce(&Session) -> Ended<T>) -> Ended<T> {
        self.block_on(async {
            let session = self.session().await?;
            let done = work(&session).await;
            session.end(done).await
        })
    }

    /// Opens the database.
    pub async fn session(&self) -> Result<Session, Failure> {
        let config = self.config()?.clone();
        let actor = self.actor()?;
        let clock = Clock::system();
        let store = db::open(&config).await?;
        let boot = format!("cli-{}-{}", std::process::id(), clock.now().timestamp_millis());
        let content_dir = config.content_dir.as_path().into();
        let ctx = Ctx { store, clock, zone: config.zone, content_dir, boot, spool: config.spool_file().into() };
        Ok(Session { ctx, actor, config })
    }
}

impl Session {
    /// Closes the database at the end of a command. What the actor had no right to is put on record first.
    pub async fn end<T>(self, done: Ended<T>) -> Ended<T> {
        if let Err(Failure::Refused(refusal)) = &done
            && let Err(error) = office::refused(&self.ctx, &self.actor, refusal).await
        {
            tracing::error!(%error, "what was refused could not be put on record");
        }
        self.ctx.store.close().await;
        done
    }
}

fn env_file(fault: &EnvFileFault) -> String {
    match fault {
        EnvFileFault::Line { key } if key.is_empty() => {
            ".env里有一行不是“键=值”的写法。请改正，或在行首加#（这里不显示那一行，它可能有密码）".to_owned()
        }
        EnvFileFault::Line { key } => {
            format!(".env里“{key}”这一行写法不对：值里有空格或引号时，整个值要加一对半角引号（这里不显示它的值）")
        }
        EnvFileFault::Unreadable => ".env读不了。请检查它的权限和编码（UTF-8）".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_env_file_is_worded() {
        let faults = [
            EnvFileFault::Line { key: String::new() },
            EnvFileFault::Line { key: "TELOXIDE_TOKEN".to_owned() },
            EnvFileFault::Unreadable,
        ];
        insta::assert_snapshot!(faults.map(|fault| env_file(&fault)).join("\n"));
    }
}
