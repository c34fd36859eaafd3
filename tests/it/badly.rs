//! The database does badly: a full or read-only disk, a lock that another holds, a server that is gone or silent. Nothing is
//! confirmed to the platform, nothing is sent, `/readyz` says why, and all goes on by itself.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use qingfeng::inbox::poll::PollFailure;
use qingfeng::office::{Refusal, db, setting};
use qingfeng::sandbox::Time;
use qingfeng::store::trouble::Trouble;
use serde_json::json;
use sqlx::{ConnectOptions, Connection};
use tokio::net::{TcpListener, TcpStream, UnixStream};

use crate::db::{TestDb, databases};
use crate::process::{Machine, Running};
use crate::sandbox::Server;
use crate::world::{OPERATOR, STUDY, World};

fn trouble(refusal: &Refusal) -> Option<Trouble> {
    if let Refusal::Store(error) = refusal { Some(error.trouble()) } else { None }
}

async fn set(office: &World, name: &str) -> Result<(), Refusal> {
    let key = qingfeng::domain::setting::Key::OfficeName.as_str();
    setting::set(&office.ctx(), &OPERATOR, key, name).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn c3_a_lock_that_another_program_holds_costs_no_press() {
    let mut office = World::new(databases().await.remove(0)).await;
    office.bind(1).await;
    office.push_now(None).await;
    office.work().await;
    let message = office.newest(STUDY).await.parse::<i64>().unwrap();
    let path = office.db.url.strip_prefix("sqlite://").unwrap().to_owned();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut other = options.connect().await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let press = json!({"user": 1, "chat": STUDY, "message_id": message, "button": "已阅"});
    office.server.order("press", json!({ "presses": [press] })).await;
    let poller = office.poller.as_mut().unwrap();
    let failed = poller.once(Duration::ZERO).await.unwrap_err();
    let PollFailure::Store(refusal) = &failed else { unreachable!("{failed}") };
    assert_eq!(trouble(refusal), Some(Trouble::Busy), "{refusal}");
    assert!(qingfeng::cli::refusal::words(refusal).starts_with("数据库正忙"));
    assert!(office.server.look("bot").await["pending"].as_i64().unwrap() > 0, "it is not confirmed");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    office.poll().await;
    let push = office.ctx();
    let mut tx = push.store.read().await.unwrap();
    assert_eq!(qingfeng::store::ack::count(&mut tx, qingfeng::ids::PushId(1)).await.unwrap(), 1);
    drop(tx);
    office.stop().await;
}

/// An instance that stands still may hold the end of the ledger for as long as the server lets it. Each press of a batch
/// that waited for it by itself would hold up the others until their time at the platform is over.
#[tokio::test(flavor = "multi_thread")]
async fn c3_a_row_that_another_instance_holds_costs_no_press() {
    let Some(db) = databases().await.into_iter().find(|db| db.label == "postgres") else { return };
    let mut office = World::new(db).await;
    for user in 1..=3 {
        office.bind(user).await;
    }
    office.push_now(None).await;
    office.work().await;
    let message = office.newest(STUDY).await.parse::<i64>().unwrap();
    let mut other = sqlx::PgConnection::connect(&office.db.url).await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT seq FROM audit_head FOR UPDATE").execute(&mut other).await.unwrap();
    let press = |user| json!({"user": user, "chat": STUDY, "message_id": message, "button": "已阅"});
    office.server.order("press", json!({ "presses": [press(1), press(2), press(3)] })).await;
    let failed = office.poller.as_mut().unwrap().once(Duration::ZERO).await.unwrap_err();
    let PollFailure::Store(refusal) = &failed else { unreachable!("{failed}") };
    assert_eq!(trouble(refusal), Some(Trouble::Busy), "{refusal}");
    assert_eq!(office.server.look("bot").await["pending"], 3, "nothing is confirmed");
    let mut tx = office.ctx().store.read().await.unwrap();
    assert!(qingfeng::store::inbox::waiting(&mut tx, office.line().id, 10).await.unwrap().is_empty());
    drop(tx);
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    office.poll().await;
    let ledger = office.server.look("ledger").await;
    let pressed = ledger["pressed"].as_array().unwrap().iter().rev().take(3);
    let told: Vec<_> = pressed.map(|press| press["answered"]["text"].as_str().unwrap().to_owned()).collect();
    assert!(told.iter().all(|text| text.starts_with("已记录（")), "{told:?}");
    let mut tx = office.ctx().store.read().await.unwrap();
    assert_eq!(qingfeng::store::ack::count(&mut tx, qingfeng::ids::PushId(1)).await.unwrap(), 3);
    drop(tx);
    office.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c4_fifty_writers_at_once_get_through() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let office_ref = &office;
        let writes = (0..50).map(|n| async move { set(office_ref, &format!("园区{n}")).await });
        let done = futures::future::join_all(writes).await;
        let failed: Vec<_> = done.into_iter().filter_map(Result::err).collect();
        assert!(failed.is_empty(), "{label}: {failed:?}");
        office.stop().await;
    }
}

#[tokio::test]
async fn c8_a_read_only_database_is_refused_and_one_that_others_may_read_is_closed_to_them() {
    let mut office = World::new(databases().await.remove(0)).await;
    let path = office.db.folder.path().join("test.db");
    office.stop().await;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    office.start().await;
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    office.stop().await;
    let key = office.db.folder.path().join("test.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = qingfeng::app::build(&office.config(crate::sandbox::TOKEN), office.clock.clone()).await;
    assert!(refused.unwrap_err().to_string().contains("TooOpen"));
}

/// `serve` with a limit on how large a file may grow, which stands for a disk that fails.
fn limited(machine: &Machine, blocks: u64) -> Running {
    let mut command = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_qingfeng");
    // The signal would end the process; without it the write fails, as on a disk.
    command.args(["-c", &format!("trap '' XFSZ; ulimit -S -f {blocks}; exec {program} serve")]);
    machine.surround(&mut command);
    Running(Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()))
}

async fn group_of(server: &Server, people: i64) {
    let cast: Vec<_> = (1..=people).map(|id| json!({"id": id, "first_name": format!("甲{id}")})).collect();
    server.order("people", json!({ "people": cast })).await;
    let members: Vec<i64> = (1..=people).collect();
    let group = json!({"id": -1001, "kind": "supergroup", "title": "学习群", "members": members, "bot": "member"});
    server.order("chats", group).await;
}

/// People write to the bot until the database takes no more.
async fn write_until_it_fails(server: &Server, machine: &Machine, cause: &str) -> String {
    let mut last = (0, String::new());
    for _ in 0..200 {
        for _ in 0..20 {
            server.order("say", json!({"user": 1, "text": "请".repeat(1000)})).await;
        }
        last = machine.ready().await;
        if last.0 == 503 && last.1.contains(cause) {
            return last.1;
        }
    }
    unreachable!("it never failed by {cause}: {last:?}")
}

#[tokio::test(flavor = "multi_thread")]
async fn c5_a_disk_that_fails_stops_confirming_and_sending_and_it_goes_on_by_itself() {
    let server = Server::start_at(Time::System).await;
    let machine = Machine::new(format!("http://{}/", server.address)).await;
    machine.run("db migrate");
    group_of(&server, 1).await;
    let size = |name: &str| std::fs::metadata(machine.folder.path().join(name)).map_or(0, |found| found.len());
    let blocks = (size("data/qingfeng.db") + 300_000) / 512;
    let running = limited(&machine, blocks);
    machine.until_ready_says("ready").await;
    let said = write_until_it_fails(&server, &machine, "database:").await;
    assert!(said.contains("disk"), "{said}");
    let pid = running.0.as_ref().unwrap().id().to_string();
    let lifted = Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status().unwrap();
    assert!(lifted.success());
    machine.until_ready_says("ready\n").await;
    server.look("wait?idle=1&seconds=90").await;
    let said = server.look("ledger").await["said"].as_array().unwrap().len();
    let taken_in = machine.number("SELECT COUNT(*) FROM inbox WHERE raw LIKE '%\"text\"%'").await;
    assert_eq!(usize::try_from(taken_in).unwrap(), said);
    assert_eq!(running.end("TERM"), Some(0));
    assert_eq!(machine.run("db check --json")["ok"], true);
}

/// A shell in a name space of its own with a small disk; `None` where the system does not let us.
fn small_disk(machine: &Machine) -> Option<Child> {
    let program = env!("CARGO_BIN_EXE_qingfeng");
    let script = format!(
        "mount -t tmpfs -o size=8m tmpfs data || exit 7; {program} db migrate >&2; {program} serve & echo ready; \
         while read order; do case $order in fill) cat /dev/zero > data/filler 2>/dev/null; echo full;; free) rm data/filler; echo free;; \
         stop) kill -TERM $!; wait $!; echo $?; {program} db check --json >&2; echo $?; exit 0;; esac; done"
    );
    std::fs::create_dir_all(machine.folder.path().join("data")).unwrap();
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]);
    machine.surround(&mut command);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_a_full_disk_confirms_nothing_says_so_and_it_goes_on_when_there_is_room() {
    use std::io::BufRead;
    let server = Server::start_at(Time::System).await;
    let machine = Machine::new(format!("http://{}/", server.address)).await;
    let Some(mut shell) = small_disk(&machine) else {
        eprintln!("skipped: this system lets nobody mount a small disk");
        return;
    };
    let mut orders = shell.stdin.take().unwrap();
    let mut answers = std::io::BufReader::new(shell.stdout.take().unwrap()).lines();
    if answers.next().and_then(Result::ok).as_deref() != Some("ready") {
        eprintln!("skipped: this system lets nobody mount a small disk");
        shell.wait().unwrap();
        return;
    }
    group_of(&server, 1).await;
    machine.until_ready_says("ready").await;
    server.look("wait?idle=1&seconds=30").await;
    let mut order = |word: &str| {
        writeln!(orders, "{word}").unwrap();
        answers.next().unwrap().unwrap()
    };
    assert_eq!(order("fill"), "full");
    let said = write_until_it_fails(&server, &machine, "disk full").await;
    assert!(said.contains("database: disk full"), "{said}");
    assert!(server.look("bot").await["pending"].as_i64().unwrap() > 0, "nothing of it is confirmed");
    assert_eq!(order("free"), "free");
    machine.until_ready_says("ready\n").await;
    server.look("wait?idle=1&seconds=90").await;
    assert_eq!(order("stop"), "0");
    shell.wait().unwrap();
}

/// Stands between the program and a PostgreSQL server, and can cut or swallow everything.
struct Proxy {
    url: String,
    silent: Arc<AtomicBool>,
    cut: tokio::sync::watch::Sender<u64>,
}

impl Proxy {
    async fn start(db: &TestDb) -> Self {
        let options: sqlx::postgres::PgConnectOptions = db.url.parse().unwrap();
        let socket = options.get_socket().map(|folder| folder.join(format!(".s.PGSQL.{}", options.get_port())));
        let address = format!("{}:{}", options.get_host(), options.get_port());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!(
            "postgres://{}@127.0.0.1:{port}/{}?sslmode=disable",
            options.get_username(),
            options.get_database().unwrap()
        );
        let silent = Arc::new(AtomicBool::new(false));
        let (cut, cuts) = tokio::sync::watch::channel(0);
        let swallow = Arc::clone(&silent);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let mut cuts = cuts.clone();
                cuts.mark_unchanged();
                let (socket, address, silent) = (socket.clone(), address.clone(), Arc::clone(&swallow));
                tokio::spawn(async move {
                    let relayed = async {
                        match socket {
                            Some(socket) => relay(client, UnixStream::connect(socket).await.unwrap(), silent).await,
                            None => relay(client, TcpStream::connect(address).await.unwrap(), silent).await,
                        }
                    };
                    tokio::select! { () = relayed => {}, _ = cuts.changed() => {} }
                });
            }
        });
        Self { url, silent, cut }
    }
}

/// Carries bytes both ways; while it is silent it holds on to everything and closes nothing.
async fn relay<S>(client: TcpStream, server: S, silent: Arc<AtomicBool>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite,
{
    let (client_in, client_out) = client.into_split();
    let (server_in, server_out) = tokio::io::split(server);
    tokio::join!(carry(client_in, server_out, &silent), carry(server_in, client_out, &silent));
}

async fn carry<R, W>(mut from: R, mut to: W, silent: &AtomicBool)
where
    R: tokio::io::AsyncRead + Unpin,
    W: tokio::io::AsyncWrite + Unpin,
{
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if silent.load(Ordering::SeqCst) {
            // Half-open for good: this connection never speaks again.
            std::future::pending::<()>().await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

async fn behind_a_proxy() -> Option<(World, Proxy)> {
    let mut db = databases().await.into_iter().find(|db| db.label == "postgres")?;
    let proxy = Proxy::start(&db).await;
    db.url.clone_from(&proxy.url);
    Some((World::new(db).await, proxy))
}

#[tokio::test(flavor = "multi_thread")]
async fn c14_a_server_that_restarts_costs_one_transaction_at_most() {
    let Some((mut office, proxy)) = behind_a_proxy().await else { return };
    for n in 0..20 {
        proxy.cut.send_modify(|cuts| *cuts += 1);
        // Every connection is gone at once. What is under way may fail, what follows may not.
        let first = set(&office, &format!("园区{n}")).await;
        if let Err(refusal) = first {
            assert_eq!(trouble(&refusal), Some(Trouble::Gone), "{refusal:?}");
        }
        set(&office, &format!("新区{n}")).await.unwrap();
    }
    office.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c13_a_connection_that_fell_silent_is_noticed_within_half_a_minute_and_given_up() {
    let Some((mut office, proxy)) = behind_a_proxy().await else { return };
    set(&office, "园区").await.unwrap();
    let mark = qingfeng::clock::Clock::system().mark();
    // A transaction under way, and one that begins.
    let mut tx = office.ctx().store.write().await.unwrap();
    proxy.silent.store(true, Ordering::SeqCst);
    let under_way = async { qingfeng::store::installation::touch(&mut tx).await.unwrap_err().trouble() };
    let begins = async { trouble(&set(&office, "新区").await.unwrap_err()) };
    let (one, other) = tokio::join!(under_way, begins);
    assert_eq!((one, other), (Trouble::Gone, Some(Trouble::Gone)));
    assert!(qingfeng::clock::Clock::system().since(&mark) < Duration::from_secs(30));
    // The network is back; the silent connections stay silent for ever.
    proxy.silent.store(false, Ordering::SeqCst);
    set(&office, "新区").await.unwrap();
    drop(tx);
    office.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c15_requests_that_go_away_leave_no_transaction_open() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = qingfeng::web::router(office.ctx());
        let served = tokio::spawn(async move { axum::serve(listener, router).await });
        for n in 0..300 {
            use tokio::io::AsyncWriteExt;
            let path = ["readyz", "metrics"][n % 2];
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(format!("GET /{path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
            drop(client);
        }
        // The one writer is free again, and the server knows of no transaction that nobody ends.
        db::writable(&office.ctx().store).await.unwrap();
        let answer = reqwest::get(format!("http://{address}/readyz")).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "ready\n"), "{label}");
        served.abort();
        if label == "postgres" {
            let mut other = sqlx::PgConnection::connect(&office.db.url).await.unwrap();
            let idle = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()
                AND state LIKE 'idle in transaction%' AND state_change < clock_timestamp() - interval '1 second'";
            let open: i64 = sqlx::query_scalar(idle).fetch_one(&mut other).await.unwrap();
            assert_eq!(open, 0);
        }
        office.stop().await;
    }
}
