//! A made-up office: its own sandbox, database and folder, so that several can be tormented side by side.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use qingfeng::app;
use qingfeng::clock::Clock;
use qingfeng::config::Config;
use qingfeng::ctx::Ctx;
use qingfeng::domain::audit::Actor;
use qingfeng::domain::roster;
use qingfeng::domain::word::{Confirm, GroupState};
use qingfeng::office::push::{Hours, Now, NowTarget};
use qingfeng::office::roster::Mode;
use qingfeng::office::{self, Refusal};
use qingfeng::sandbox::{Options, Sandbox, Time};
use qingfeng::store;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::db::TestDb;
use crate::dice::Dice;
use crate::facts;
use crate::life::Life;
use crate::program;
use crate::proxy::Wire;

const TOKEN: &str = "7000001:sandbox-secret";
const OPERATOR: Actor = Actor::Operator { staff_no: None };
/// Tries of a push while the database is held up; each waits for it.
const PUSH_TRIES: usize = 10;
/// Chat of group 0; the others count down from it.
const FIRST_CHAT: i64 = -1001;

/// How large an office is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) groups: i64,
    /// People of each group.
    pub(crate) people: i64,
}

pub(crate) struct Office {
    pub(crate) size: Size,
    pub(crate) db: TestDb,
    pub(crate) sandbox: Sandbox,
    config: Config,
    /// How the database is worked on beside the service. Its own store is closed: nobody but the service and the command
    /// of the moment has the database open, so that a start after a crash finds it as in life.
    ctx: Ctx,
    /// Where the sandbox listens.
    pub(crate) api: SocketAddr,
    /// Ports of the program's own HTTP, one for each instance.
    ports: Vec<u16>,
    /// Sends that kills cut in two so far.
    pub(crate) cut: AtomicUsize,
    /// Another bot that stands in for the program, in a comparison.
    pub(crate) stock: Option<PathBuf>,
    /// Messages that were sent in its name.
    sent: AtomicI64,
    /// The way of the last instance to PostgreSQL, when it can be cut.
    pub(crate) wire: Option<Wire>,
    /// The platform brings updates instead of being asked for them.
    pub(crate) hook: bool,
}

impl Office {
    /// An office with people who are bound, groups that are linked, and one item.
    pub(crate) async fn open(db: TestDb, size: Size) -> Self {
        let options = Options { token: TOKEN.into(), username: "qingfeng_bot".into(), time: Time::System };
        let sandbox = Sandbox::new(options);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = listener.local_addr().unwrap();
        tokio::spawn(sandbox.clone().serve(listener, std::future::pending()));
        let mut ports = Vec::new();
        for _ in 0..3 {
            let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
            ports.push(free.local_addr().unwrap().port());
        }
        let config = config(&db, api);
        let app = app::build(&config, Clock::system()).await.unwrap();
        people(&app.ctx, size).await;
        order(&sandbox, "people", &platform_people(size));
        for chat in platform_chats(size) {
            order(&sandbox, "chats", &chat);
        }
        link(&app, size).await;
        let ctx = app.ctx.clone();
        ctx.store.close().await;
        drop(app);
        let office = Self {
            size,
            db,
            sandbox,
            config,
            ctx,
            api,
            ports,
            cut: AtomicUsize::new(0),
            stock: None,
            sent: AtomicI64::new(0),
            wire: None,
            hook: false,
        };
        office.skip_updates().await;
        office
    }

    /// One order to the sandbox.
    pub(crate) fn order(&self, route: &str, body: &Value) -> Value {
        order(&self.sandbox, route, body)
    }

    /// One look at the sandbox.
    pub(crate) fn look(&self, route: &str) -> Value {
        self.sandbox.control(route, None).unwrap()
    }

    /// The sandbox behaves again.
    pub(crate) async fn clear_faults(&self) {
        let url = format!("http://{}/sandbox/faults", self.api);
        reqwest::Client::new().delete(url).send().await.unwrap();
    }

    /// Everything the sandbox saw so far is no news to the program.
    async fn skip_updates(&self) {
        let url = format!("http://{}/bot{TOKEN}/getUpdates", self.api);
        let client = reqwest::Client::new();
        loop {
            let ask = |offset: i64| client.get(format!("{url}?offset={offset}&timeout=0")).send();
            let waiting: Value = serde_json::from_str(&ask(-1).await.unwrap().text().await.unwrap()).unwrap();
            let Some(last) = waiting["result"][0]["update_id"].as_i64() else { return };
            ask(last + 1).await.unwrap();
        }
    }

    /// The program with this office's environment. Instances share everything but their HTTP port.
    pub(crate) fn command(&self, line: &str, instance: usize) -> Command {
        let folder = self.db.folder.path();
        let mut command = Command::new(self.stock.as_deref().unwrap_or(program::path()));
        command.args(line.split_whitespace()).current_dir(folder).env_clear();
        command.env("TELOXIDE_TOKEN", TOKEN).env("TELOXIDE_API_URL", format!("http://{}/", self.api));
        command.env("DATABASE_URL", self.url_of(instance)).env("QINGFENG_SECRET_FILE", self.key());
        command.env("QINGFENG_HTTP_ADDR", format!("127.0.0.1:{}", self.ports[instance]));
        command.env("QINGFENG_CONTENT_DIR", concat!(env!("CARGO_MANIFEST_DIR"), "/content")).env("RUST_LOG", "warn");
        if self.hook {
            command.env("QINGFENG_PUBLIC_URL", format!("http://127.0.0.1:{}", self.ports[0]));
        }
        command
    }

    /// The last instance reaches PostgreSQL through the wire.
    fn url_of(&self, instance: usize) -> String {
        let wire = self.wire.as_ref().filter(|_| instance + 1 == self.ports.len());
        let name = self.db.url.split('?').next().and_then(|address| address.rsplit('/').next()).unwrap_or_default();
        wire.map_or_else(
            || self.db.url.clone(),
            |wire| format!("postgres://qingfeng@{}/{name}?sslmode=disable", wire.address),
        )
    }

    /// The socket of the PostgreSQL server, as `scripts/with-postgres.sh` starts it.
    pub(crate) fn pg_socket(&self) -> PathBuf {
        let (_, query) = self.db.url.split_once('?').unwrap();
        let host = query.split('&').find_map(|pair| pair.strip_prefix("host=")).unwrap();
        PathBuf::from(host).join(".s.PGSQL.5432")
    }

    /// Where the first instance tells that it lives.
    pub(crate) fn health(&self) -> String {
        format!("http://127.0.0.1:{}/healthz", self.ports[0])
    }

    pub(crate) fn set_silent(&self, silent: bool) {
        if let Some(wire) = &self.wire {
            wire.set_silent(silent);
        }
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.db.folder.path().join("test.key")
    }

    /// Starts the service; `orders` are crash points.
    pub(crate) fn serve(&self, orders: Option<&str>) -> Life {
        let mut command = self.command("serve", 0);
        if let Some(orders) = orders {
            command.env("FAILPOINTS", orders);
        }
        Life::start(command, &self.db.folder.path().join("serve.log"))
    }

    /// Starts one of several instances.
    pub(crate) fn instance(&self, n: usize) -> Life {
        Life::start(self.command("serve", n), &self.db.folder.path().join(format!("serve-{n}.log")))
    }

    /// The end of what each of several instances said.
    pub(crate) fn last_words(&self) -> String {
        let said = |n: usize| std::fs::read_to_string(self.db.folder.path().join(format!("serve-{n}.log"))).ok();
        let end = |text: String| text.lines().rev().take(4).map(str::to_owned).collect::<Vec<_>>().join(" ⏎ ");
        (0..3).filter_map(|n| Some(format!("[{n}] {}", end(said(n)?)))).collect::<Vec<_>>().join(" ")
    }

    /// Sends the item to every group. The database may be busy with the service's own work.
    pub(crate) async fn push(&self, dice: &mut Dice) {
        if self.stock.is_some() {
            return self.push_raw().await;
        }
        self.push_to(NowTarget::Groups(self.chats().map(|chat| chat.to_string()).collect()), dice).await;
    }

    /// Sends the item to everyone of the first groups in private.
    pub(crate) async fn push_privately(&self, dice: &mut Dice) {
        let units = (0..10).map(|n| format!("管委会/科室{n}")).collect();
        self.push_to(NowTarget::Private(units), dice).await;
    }

    async fn push_to(&self, target: NowTarget, dice: &mut Dice) {
        let order = Now {
            slug: "gift".to_owned(),
            target,
            confirm: Some(if dice.one_in(2) { Confirm::Voluntary } else { Confirm::Required }),
            hours: Hours::Any,
            deadline: None,
        };
        // A person whose command is refused because the database is held up tries again.
        for _ in 0..PUSH_TRIES {
            let ctx = self.beside().await;
            let pushed = office::push::now(&ctx, &OPERATOR, &order).await;
            ctx.store.close().await;
            match pushed {
                Ok(_) => return,
                Err(Refusal::Store(_)) => {}
                Err(refusal) => panic!("a push was refused: {refusal}"),
            }
        }
        panic!("the database takes no push");
    }

    /// A message with a button to every group, each with a number of its own, as any bot would send it.
    async fn push_raw(&self) {
        let client = reqwest::Client::new();
        for group in 0..self.size.groups {
            let n = self.sent.fetch_add(1, Ordering::Relaxed) + 1;
            let button = json!({"inline_keyboard": [[{"text": "已阅", "callback_data": format!("1a{n}.stock")}]]});
            let message = json!({"chat_id": FIRST_CHAT - group, "text": "学习", "reply_markup": button});
            let request = client.post(format!("http://{}/bot{TOKEN}/sendMessage", self.api));
            request.header("content-type", "application/json").body(message.to_string()).send().await.unwrap();
        }
    }

    /// Opens the database as a command does; to be closed again.
    async fn beside(&self) -> Ctx {
        Ctx { store: office::db::open(&self.config).await.unwrap(), ..self.ctx.clone() }
    }

    /// Whether the audit chain verifies, and what the database says of its own state.
    pub(crate) async fn checked(&self) -> (bool, String) {
        let ctx = self.beside().await;
        let chain = office::audit::verify(&ctx, &OPERATOR).await.unwrap().first_bad.is_none();
        let integrity = office::db::integrity(&ctx.store).await.unwrap();
        ctx.store.close().await;
        (chain, integrity)
    }

    /// Accounts of the people in a chat.
    pub(crate) fn members(&self, chat: i64) -> Vec<i64> {
        if chat > 0 {
            return vec![chat];
        }
        (0..self.size.people).map(|n| account(self.size, FIRST_CHAT - chat, n)).collect()
    }

    /// Chats of the groups.
    pub(crate) fn chats(&self) -> impl Iterator<Item = i64> + use<> {
        (0..self.size.groups).map(|n| FIRST_CHAT - n)
    }

    /// A kill happened: counts the calls that were under way.
    pub(crate) async fn count_cut(&self) -> usize {
        let pending = facts::pending(self).await;
        self.cut.fetch_add(pending, Ordering::Relaxed);
        pending
    }
}

fn order(sandbox: &Sandbox, route: &str, body: &Value) -> Value {
    sandbox.control(route, Some(body)).unwrap_or_else(|why| panic!("{route}: {why}"))
}

fn config(db: &TestDb, api: SocketAddr) -> Config {
    let key = db.folder.path().join("test.key").display().to_string();
    let known = BTreeMap::from([
        ("TELOXIDE_TOKEN", TOKEN.to_owned()),
        ("TELOXIDE_API_URL", format!("http://{api}/")),
        ("DATABASE_URL", db.url.clone()),
        ("QINGFENG_SECRET_FILE", key),
        ("QINGFENG_CONTENT_DIR", concat!(env!("CARGO_MANIFEST_DIR"), "/content").to_owned()),
    ]);
    Config::from_env(|key| known.get(key).cloned()).unwrap()
}

/// Person `n` of group `g` has this account and staff number.
fn account(size: Size, group: i64, n: i64) -> i64 {
    group * size.people + n + 1
}

/// The roster as a sheet: one unit for each group.
pub(crate) fn roster_csv(size: Size) -> String {
    let mut sheet = "工号,姓名,单位,支部,职务,类别,顺序\n".to_owned();
    for group in 0..size.groups {
        for n in 0..size.people {
            let id = account(size, group, n);
            writeln!(sheet, "S{id:05},白露{id},管委会/科室{group},,,公职人员,").unwrap();
        }
    }
    sheet
}

async fn people(ctx: &Ctx, size: Size) {
    let rows = qingfeng::render::sheet::read(roster_csv(size).as_bytes()).unwrap();
    office::roster::import(ctx, &OPERATOR, &roster::parse(&rows).unwrap(), Mode::Apply).await.unwrap();
    let text = "---\nslug: gift\ntheme: gifts\ntitle: 题目\naudience: 全体\n\
         basis: 《中华人民共和国监察法》（2025年6月1日起施行）第六条\narticle_text: 条文。\ntakeaway: 一句话。\n\
         verified_on: 2026-07-17\nchecked_by: 机关党委办公室\ncode: LP-001\n---\n正文。\n";
    let item = qingfeng::domain::content::parse("gifts", "gift", text).unwrap();
    office::content::sync(ctx, &OPERATOR, &[item]).await.unwrap();
}

fn platform_people(size: Size) -> Value {
    let all = 1..=size.groups * size.people;
    let people: Vec<Value> = all.map(|n| json!({"id": n, "first_name": format!("甲{n}"), "started": true})).collect();
    json!({ "people": people })
}

fn platform_chats(size: Size) -> impl Iterator<Item = Value> {
    (0..size.groups).map(move |group| {
        let members: Vec<i64> = (0..size.people).map(|n| account(size, group, n)).collect();
        let (id, title) = (FIRST_CHAT - group, format!("学习群{group}"));
        json!({"id": id, "kind": "supergroup", "title": title, "members": members, "bot": "member"})
    })
}

/// Links each group to its unit and binds everyone, in one transaction.
async fn link(app: &app::App, size: Size) {
    let mut tx = app.ctx.store.write().await.unwrap();
    let now = app.ctx.now();
    let units = store::unit::list(&mut tx, store::unit::OFFICE).await.unwrap();
    for group in 0..size.groups {
        let chat = (FIRST_CHAT - group).to_string();
        let id = store::group::seen(&mut tx, app.line.id, &chat, &format!("学习群{group}")).await.unwrap();
        let unit = units.iter().find(|unit| unit.path == format!("管委会/科室{group}")).unwrap();
        store::group::set_units(&mut tx, id, &[unit.id]).await.unwrap();
        store::group::set_state(&mut tx, id, GroupState::Active, None).await.unwrap();
    }
    for n in 1..=size.groups * size.people {
        let staff = store::staff::find_by_no(&mut tx, &format!("S{n:05}")).await.unwrap().unwrap();
        let account = store::account::ensure(&mut tx, app.line.id, &n.to_string()).await.unwrap();
        store::account::bind(&mut tx, app.line.id, account.id, staff.id, now).await.unwrap();
    }
    tx.commit().await.unwrap();
}
