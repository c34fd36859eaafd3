//! Bots written with other libraries, unmodified, against the sandbox: it must be a server to them too.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use qingfeng::sandbox::Time;
use rstest::rstest;
use serde_json::{Value, json};

use super::{Server, TOKEN};

/// A running bot; it ends with the test.
struct Peer(Child);

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn run(program: &Path, arguments: &[&str]) -> Result<(), String> {
    let name = program.display();
    let output = Command::new(program).args(arguments).output().map_err(|why| format!("{name}: {why}"))?;
    let problem = String::from_utf8_lossy(&output.stderr);
    let last = problem.lines().last().unwrap_or("it said nothing").to_owned();
    if output.status.success() { Ok(()) } else { Err(format!("{name} {}: {last}", arguments.join(" "))) }
}

/// The interpreter of a virtual environment beside the build, made on first use and kept. A file lock lets one test at
/// a time make it, because every test runs in a process of its own under some runners.
fn python() -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let wanted = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/requirements.txt");
    let wanted_text = std::fs::read_to_string(&wanted).map_err(|why| why.to_string())?;
    let lock = std::fs::File::create(root.join("peers.lock")).map_err(|why| why.to_string())?;
    lock.lock().map_err(|why| why.to_string())?;
    let home = root.join("peers");
    let interpreter = home.join("bin/python");
    let installed = home.join("installed.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|text| text == wanted_text) {
        return Ok(interpreter);
    }
    run(Path::new("python3"), &["-m", "venv", "--clear", &home.to_string_lossy()])?;
    run(
        &interpreter,
        &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", &wanted.to_string_lossy()],
    )?;
    std::fs::write(&installed, wanted_text).map_err(|why| why.to_string())?;
    Ok(interpreter)
}

#[allow(clippy::print_stdout, reason = "says that the peers were not asked")]
fn say_skipped(script: &str, why: &str) {
    println!("skipped {script}: {why}");
}

#[rstest]
#[case("ptb_round.py")]
#[case("aiogram_round.py")]
#[tokio::test]
async fn an_unmodified_bot_completes_a_round(#[case] script: &str) {
    let python = match python() {
        Ok(python) => python,
        Err(why) if std::env::var("CI").is_ok_and(|ci| ci == "true") => panic!("peers are required in CI: {why}"),
        Err(why) => {
            say_skipped(script, &why);
            return;
        }
    };
    let server = Server::start_at(Time::System).await;
    server.office().await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(script);
    let mut bot = Command::new(python);
    bot.arg(path).args([&format!("http://{}", server.address), TOKEN, "-100"]).stdout(Stdio::null());
    let mut bot = Peer(bot.spawn().unwrap());
    let reached = async |what: &str| {
        let seen = server.look(&format!("wait?{what}")).await;
        let ledger = server.look("ledger").await;
        assert_eq!(ledger["refused"], json!([]), "waiting for {what}, seen {seen}");
        ledger
    };
    let ledger = reached("sent=2").await;
    let message: &Value = &ledger["sent"][0]["message_id"];
    let press = json!({"user": 2, "chat": -100, "message_id": message, "button": "已阅"});
    server.order("press", json!({"presses": [press]})).await;
    reached("edits=1&answers=1").await;
    server.order("say", json!({"user": 2, "text": "/start 密语"})).await;
    let ledger = reached("sent=3").await;
    assert!(tokio::task::spawn_blocking(move || bot.0.wait().unwrap().success()).await.unwrap(), "the bot ends well");
    assert_eq!(ledger["pressed"][0]["answered"]["text"], "已记录 2");
    assert_eq!(ledger["sent"][0]["text"], "学习一条");
    assert_eq!(ledger["sent"][0]["edits"][0]["text"], "学习一条 · 已阅1人");
    assert_eq!((&ledger["sent"][1]["file"], &ledger["sent"][2]["text"]), (&json!("a.csv"), &json!("你好，密语")));
    assert_eq!(server.look("bot").await["commands"].as_object().unwrap().len(), 1);
}
