//! Cold start to the first poll, memory at rest, size of the program: the release build of `serve` as a whole process
//! against the sandbox. Targets: 50 ms, 25 MiB, 40 MB.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark fails loudly and prints its figures")]

#[path = "support/machine.rs"]
mod machine;

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use qingfeng::sandbox::{Options, Sandbox, Time};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const PROGRAM: &str = env!("CARGO_BIN_EXE_qingfeng");
const TOKEN: &str = "7000001:bench";
const RUNS: usize = 11;
/// Rest before the memory is read.
const REST: Duration = Duration::from_secs(3);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let client = reqwest::Client::new();
    let mut starts = Vec::new();
    let mut memory = 0;
    for run in 0..=RUNS {
        let address = sandbox(&runtime);
        let mut child = None;
        let took = machine::time(|| {
            child = Some(serve(&folder, &address));
            first_poll(&runtime, &client, &address);
        });
        let mut child = child.expect("a process");
        // The first run sets the database up.
        if run > 0 {
            starts.push(took);
        }
        if run == RUNS {
            rest();
            memory = resident_kib(&child);
        }
        stop(&mut child);
    }
    machine::print();
    let start = machine::median(starts);
    println!(
        "cold start to the first poll: {start:?} (median of {RUNS}), {:.0} % of 50 ms",
        start.as_secs_f64() / 0.050 * 100.0
    );
    println!("memory at rest: {:.1} MiB resident, {:.0} % of 25 MiB", mib(memory), mib(memory) / 25.0 * 100.0);
    let size = std::fs::metadata(PROGRAM).expect("the program").len();
    #[expect(clippy::cast_precision_loss, reason = "a file of megabytes")]
    let megabytes = size as f64 / 1e6;
    println!("program: {megabytes:.1} MB, {:.0} % of 40 MB", megabytes / 40.0 * 100.0);
}

#[expect(clippy::disallowed_methods, reason = "memory at rest is read after real time has passed")]
fn rest() {
    std::thread::sleep(REST);
}

fn sandbox(runtime: &Runtime) -> String {
    let options = Options { token: TOKEN.to_owned(), username: "bench_bot".to_owned(), time: Time::System };
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    runtime.spawn(Sandbox::new(options).serve(listener, std::future::pending()));
    address
}

fn serve(folder: &TempDir, sandbox: &str) -> Child {
    Command::new(PROGRAM)
        .arg("serve")
        .current_dir(folder.path())
        .env_clear()
        .env("TELOXIDE_TOKEN", TOKEN)
        .env("TELOXIDE_API_URL", format!("http://{sandbox}/"))
        .env("QINGFENG_HTTP_ADDR", "127.0.0.1:0")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts")
}

fn first_poll(runtime: &Runtime, client: &reqwest::Client, sandbox: &str) {
    let url = format!("http://{sandbox}/sandbox/wait?idle=1&seconds=30");
    let answer = runtime.block_on(client.get(url).send()).expect("the sandbox answers");
    assert!(answer.status().is_success(), "no poll within 30 s");
}

fn stop(child: &mut Child) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
    assert!(child.wait().expect("an end").success(), "serve did not stop cleanly");
}

fn resident_kib(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("a process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a resident size");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
}

#[expect(clippy::cast_precision_loss, reason = "kilobytes of one process")]
fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
