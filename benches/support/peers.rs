//! The bots of `benches/peers` that are built or installed under `target/peers`; how to do that stands in their README.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A bot that does the same work: stores each press once, then answers it.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    program: PathBuf,
    script: Option<PathBuf>,
    /// Its database, in the folder that it is started in, and the table of presses.
    pub(crate) database: &'static str,
}

/// Name, program below `target/peers`, script below `benches/peers`, what has to be there, database.
const KNOWN: [(&str, &str, &str, &str, &str); 5] = [
    ("bare client", "bare-client/release/bare-client", "", "bare-client/release/bare-client", "bare.db"),
    ("teloxide", "stock/release/stock-dispatcher", "", "stock/release/stock-dispatcher", "stock.db"),
    ("aiogram", "aiogram/bin/python", "aiogram/bot.py", "aiogram/bin/python", "aiogram.db"),
    ("python-telegram-bot", "ptb/bin/python", "ptb/bot.py", "ptb/bin/python", "ptb.db"),
    ("grammY runner", "/usr/bin/node", "grammy/bot.cjs", "grammy/node_modules/@grammyjs/runner", "grammy.db"),
];

/// Those that can run here.
pub(crate) fn installed() -> Vec<Peer> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (built, sources) = (root.join("target/peers"), root.join("benches/peers"));
    let there = KNOWN.into_iter().filter(|(_, _, _, needs, _)| built.join(needs).exists());
    let peer = |(name, program, script, _, database): (&'static str, &str, &str, _, &'static str)| Peer {
        name,
        program: built.join(program),
        script: (!script.is_empty()).then(|| sources.join(script)),
        database,
    };
    there.map(peer).collect()
}

impl Peer {
    /// Its program with the address of the platform.
    pub(crate) fn command(&self, folder: &Path, (token, api): (&str, &str)) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.script).current_dir(folder).env_clear().env("TELOXIDE_TOKEN", token);
        let modules = concat!(env!("CARGO_MANIFEST_DIR"), "/target/peers/grammy/node_modules");
        command.env("TELOXIDE_API_URL", api).env("NODE_PATH", modules).env("HOME", folder).env("PATH", "/usr/bin:/bin");
        command
    }
}
