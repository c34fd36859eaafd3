//! One run of the program as a process, from its start to its end by whatever hand.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::office::Office;

/// How often it is looked whether something has come about.
const LOOK: Duration = Duration::from_millis(10);

/// A running process; killed when it is given up.
#[derive(Debug)]
pub(crate) struct Life(Child);

impl Life {
    /// Starts it; what it says is added to a file.
    pub(crate) fn start(mut command: Command, log: &Path) -> Self {
        let log = File::options().create(true).append(true).open(log).unwrap();
        Self(command.stdout(Stdio::null()).stderr(log).spawn().unwrap())
    }

    /// Its process id.
    #[allow(dead_code, reason = "for the benchmarks that use this file")]
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// `kill -9`, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.0.id().to_string()]).status().unwrap();
        assert!(sent.success(), "kill -{name}");
    }

    /// How it ended, once it has; `None` when it has not after `patience`.
    pub(crate) async fn ended(&mut self, patience: Duration) -> Option<ExitStatus> {
        let end = Instant::now() + patience;
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return Some(status);
            }
            if Instant::now() >= end {
                return None;
            }
            sleep(LOOK).await;
        }
    }

    /// Waits until its poll waits at the sandbox, or its webhook is set there and it answers; false when it ended or `patience` is over.
    pub(crate) async fn ready(&mut self, office: &Office, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        while !takes_updates(office).await {
            if Instant::now() >= end || self.0.try_wait().unwrap().is_some() {
                return false;
            }
            sleep(LOOK).await;
        }
        true
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

async fn takes_updates(office: &Office) -> bool {
    let bot = office.look("bot");
    if office.hook {
        let answers = reqwest::get(office.health()).await.is_ok_and(|answer| answer.status().is_success());
        return answers && !bot["webhook"].is_null();
    }
    bot["waiting"].as_i64().is_some_and(|waiting| waiting > 0)
}
