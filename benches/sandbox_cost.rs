//! What one press costs the sandbox: made in bulk over the control API, delivered by getUpdates a hundred at a time,
//! answered over kept-alive connections. The sandbox runs on a thread of its own and its processor time is read from
//! `/proc`; the client, plain sockets on the main thread, is counted apart.
//!
//! `cargo bench --bench sandbox_cost -- [presses] [connections]`. One connection is the worst case: the sandbox
//! falls asleep after every answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a measurement fails loudly")]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use qingfeng::sandbox::{Options, Sandbox, Time};
use serde_json::json;

const TOKEN: &str = "7000001:sandbox-secret";
/// People who press, each in turn.
const PEOPLE: usize = 300;
/// Presses made by one control request.
const BULK: usize = 10_000;

/// One kept-alive connection.
struct Connection {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

impl Connection {
    fn open(address: SocketAddr) -> Self {
        let writer = TcpStream::connect(address).unwrap();
        writer.set_nodelay(true).unwrap();
        Self { reader: BufReader::with_capacity(1 << 18, writer.try_clone().unwrap()), writer }
    }

    fn send(&mut self, path: &str, body: &str) {
        let head = "Host: sandbox\r\nContent-Type: application/json";
        let request = format!("POST {path} HTTP/1.1\r\n{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        self.writer.write_all(request.as_bytes()).unwrap();
    }

    fn receive(&mut self) -> String {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line).unwrap();
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body).unwrap();
        String::from_utf8(body).unwrap()
    }

    fn ask(&mut self, path: &str, body: &str) -> String {
        self.send(path, body);
        self.receive()
    }
}

/// Processor time of a thread in microseconds.
#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn spent_us(thread: &Path) -> f64 {
    let text = std::fs::read_to_string(thread.join("schedstat")).unwrap();
    text.split_whitespace().next().unwrap().parse::<u64>().unwrap() as f64 / 1000.0
}

/// The kernel's part of a thread's processor time, 0 to 1, from its clock ticks.
#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn kernel_share(thread: &Path) -> f64 {
    let text = std::fs::read_to_string(thread.join("stat")).unwrap();
    let after_name = text.rsplit(')').next().unwrap();
    let ticks = |place: usize| after_name.split_whitespace().nth(place).unwrap().parse::<u64>().unwrap() as f64;
    let (user, kernel) = (ticks(11), ticks(12));
    kernel / (user + kernel).max(1.0)
}

fn this_thread() -> PathBuf {
    PathBuf::from("/proc").join(std::fs::read_link("/proc/thread-self").unwrap())
}

fn start() -> (SocketAddr, PathBuf) {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let options = Options { token: TOKEN.into(), username: "qingfeng_bot".into(), time: Time::Manual(0) };
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send((listener.local_addr().unwrap(), this_thread())).unwrap();
            Sandbox::new(options).serve(listener, std::future::pending()).await.unwrap();
        });
    });
    told.recv().unwrap()
}

fn prepare(line: &mut Connection) {
    let people: Vec<_> = (1..=PEOPLE).map(|id| json!({"id": id, "first_name": format!("职工{id}")})).collect();
    line.ask("/sandbox/people", &json!({"people": people}).to_string());
    let members: Vec<usize> = (1..=PEOPLE).collect();
    let group = json!({"id": -100, "kind": "supergroup", "title": "机关", "members": members, "bot": "member"});
    line.ask("/sandbox/chats", &group.to_string());
    let markup = json!({"inline_keyboard": [[{"text": "已阅", "callback_data": "a1:0000:abcdefgh"}]]});
    let text = "中央八项规定精神学习要点。".repeat(20);
    let message = json!({"chat_id": -100, "text": text, "reply_markup": markup});
    line.ask(&format!("/bot{TOKEN}/sendMessage"), &message.to_string());
}

fn callback_ids(updates: &str) -> impl Iterator<Item = &str> {
    let after = "\"callback_query\":{\"id\":\"";
    updates.split(after).skip(1).map(|rest| rest.split('"').next().unwrap())
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn main() {
    // Cargo adds an option of its own.
    let words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let mut arguments = words.map(|text| text.parse::<usize>().expect("a number"));
    let presses = arguments.next().unwrap_or(200_000) / BULK * BULK;
    let connections = arguments.next().unwrap_or(8);
    let (address, server) = start();
    let client = this_thread();
    let mut control = Connection::open(address);
    let mut poll = Connection::open(address);
    let mut lines: Vec<Connection> = (0..connections).map(|_| Connection::open(address)).collect();
    prepare(&mut control);
    let (mut made, mut delivered, mut answered) = (0.0, 0.0, 0.0);
    let (mut offset, mut done) = (0_i64, 0_usize);
    let mut rounds = Vec::new();
    let (server_before, client_before) = (spent_us(&server), spent_us(&client));
    for round in 0..presses / BULK {
        let mut body = String::from("{\"presses\":[");
        for place in 0..BULK {
            let user = (round * BULK + place) % PEOPLE + 1;
            let comma = if place == 0 { "" } else { "," };
            write!(body, "{comma}{{\"user\":{user},\"chat\":-100,\"message_id\":2,\"button\":0}}").unwrap();
        }
        body.push_str("]}");
        let begun = spent_us(&server);
        let round_begun = begun;
        let made_now = control.ask("/sandbox/press", &body);
        assert!(made_now.contains("callback_ids"), "{made_now}");
        made += spent_us(&server) - begun;
        while done < (round + 1) * BULK {
            let begun = spent_us(&server);
            let updates =
                poll.ask(&format!("/bot{TOKEN}/getUpdates"), &format!("{{\"offset\":{offset},\"timeout\":50}}"));
            let fetched = spent_us(&server);
            let last = updates.rsplit("{\"update_id\":").next().unwrap().split(',').next().unwrap();
            offset = last.parse::<i64>().unwrap() + 1;
            let ids: Vec<&str> = callback_ids(&updates).collect();
            for group in ids.chunks(connections) {
                for (line, id) in lines.iter_mut().zip(group) {
                    let body = format!("{{\"callback_query_id\":\"{id}\",\"text\":\"已记录：9月1日 学习要点\"}}");
                    line.send(&format!("/bot{TOKEN}/answerCallbackQuery"), &body);
                }
                for (line, _) in lines.iter_mut().zip(group) {
                    assert_eq!(line.receive(), "{\"ok\":true,\"result\":true}");
                    done += 1;
                }
            }
            delivered += fetched - begun;
            answered += spent_us(&server) - fetched;
        }
        rounds.push((spent_us(&server) - round_begun) / BULK as f64);
    }
    assert_eq!(done, presses, "every press was answered");
    let count = presses as f64;
    let (server_us, client_us) = (spent_us(&server) - server_before, spent_us(&client) - client_before);
    println!("{presses} presses, {connections} connection(s)");
    rounds.sort_by(f64::total_cmp);
    let (least, median, most) = (rounds[0], rounds[rounds.len() / 2], rounds[rounds.len() - 1]);
    println!(
        "sandbox: {:.2} µs of processor per press, {:.0} % of it in the kernel",
        server_us / count,
        kernel_share(&server) * 100.0
    );
    println!("  rounds of {BULK}: least {least:.2}, median {median:.2}, most {most:.2}");
    let parts = (made / count, delivered / count, answered / count);
    println!("  made {:.2}, delivered {:.2}, answered {:.2}", parts.0, parts.1, parts.2);
    println!("client (not the sandbox): {:.2} µs per press", client_us / count);
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM unknown"));
}
