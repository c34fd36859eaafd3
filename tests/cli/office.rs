//! One office in a folder of its own, and the program run in it.

use std::collections::BTreeMap;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use chrono::Datelike;
use qingfeng::config::Config;
use qingfeng::store;
use serde_json::Value;
use tempfile::TempDir;

/// A roster of six people in three units.
pub(crate) const ROSTER: &str = "工号,姓名,单位,支部,职务,类别,顺序
G01,赵霜降,管委会/综合科,一支部,科长,党员、公职人员,1
G02,钱青黛,管委会/综合科,,,公职人员,2
G03,孙鸦青,管委会/财务科,一支部,,党员,3
G04,李忍冬,管委会/财务科,,,聘用,4
G05,周苍术,服务中心/综合科,,,聘用,5
G06,吴荇菜,服务中心/综合科,,,公职人员,6
";

/// What the program answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program speaks UTF-8");
        Self { code: output.status.code().expect("not killed"), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The output of a command that was carried out.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    /// The reason of a command that was refused without any output.
    #[track_caller]
    pub(crate) fn refused(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (1, ""), "{}", self.err);
        self.err
    }

    #[track_caller]
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.done()).unwrap()
    }
}

/// An office: a folder, and the environment the program runs in.
pub(crate) struct Office {
    folder: TempDir,
    environment: BTreeMap<&'static str, String>,
}

impl Office {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), environment: BTreeMap::new() }
    }

    /// With a database, people and two items.
    pub(crate) fn ready() -> Self {
        let office = Self::new();
        office.item("gifts/token", &item("token", "gifts", "LP-101", "价低也是礼"));
        office.item("notice/hotline", &item("hotline", "notice", "TZ-101", "反映问题：〔本单位监督电话〕"));
        office.years(2024..=2027);
        // What the program sees is the machine's own time.
        let now = qingfeng::clock::Clock::system().now();
        office.years(now.year()..=now.year());
        office.write("花名册.csv", ROSTER.as_bytes());
        office.run("db migrate").done();
        office.run("roster import 花名册.csv").done();
        office.run("content sync").done();
        office
    }

    pub(crate) fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.environment.insert(key, value.into());
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Puts years of the working calendar beside the items: a shipped one, or what the law alone gives.
    pub(crate) fn years(&self, years: RangeInclusive<i32>) {
        for year in years {
            let file = format!("calendar/{year}.toml");
            let bare = format!(
                "year = {year}\nstatus = \"provisional\"\ncovers_until = {year}-12-31\n
                [[holiday]]\nname = \"元旦\"\nfrom = {year}-01-01\nto = {year}-01-01\n"
            );
            let shipped = fs::read(Path::new(&shipped()).join(&file)).unwrap_or(bare.into());
            self.write(&format!("content/{file}"), &shipped);
        }
    }

    /// Writes `content/items/<theme>/<slug>.md`.
    pub(crate) fn item(&self, name: &str, text: &str) {
        self.write(&format!("content/items/{name}.md"), text.as_bytes());
    }

    /// A command line to run here; double quotes keep words together.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qingfeng"));
        command.current_dir(self.folder.path()).env_clear().envs(&self.environment).args(words(line));
        command
    }

    /// Runs a command line.
    pub(crate) fn run(&self, line: &str) -> Answer {
        Answer::of(self.command(line).output().unwrap())
    }

    /// The end of the ledger: equal when nothing was changed that is audited.
    pub(crate) fn ledger(&self) -> Value {
        self.run("audit verify --json").json()
    }

    /// Asserts that a command is refused and changes nothing; returns the command with its reason.
    #[track_caller]
    pub(crate) fn refuses(&self, line: &str) -> String {
        let before = self.ledger();
        let reason = self.run(line).refused();
        assert_eq!(self.ledger(), before, "{line}");
        format!("$ qingfeng {line}\n{reason}")
    }

    /// The configuration that the program reads here.
    pub(crate) fn config(&self) -> Config {
        let database = format!("sqlite://{}", self.path("data/qingfeng.db").display());
        Config::from_env(|key| match key {
            "DATABASE_URL" => Some(database.clone()),
            key => self.environment.get(key).cloned(),
        })
        .unwrap()
    }

    /// A chat that the bot was added to, as the running service would store it.
    pub(crate) fn meet_group(&self, chat: &str, title: &str) {
        block_on(async {
            let store = qingfeng::office::db::open(&self.config()).await.unwrap();
            let mut tx = store.write().await.unwrap();
            let channel = match store::channel::find(&mut tx, "telegram").await.unwrap() {
                Some((id, _)) => id,
                None => store::channel::add(&mut tx, "telegram", "1001").await.unwrap(),
            };
            store::group::seen(&mut tx, channel, chat, title).await.unwrap();
            tx.commit().await.unwrap();
            store.close().await;
        });
    }

    /// Changes the database behind the program's back.
    pub(crate) fn tamper(&self, sql: &'static str) {
        let path = self.path("data/qingfeng.db");
        block_on(async {
            use sqlx::Connection;
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::query(sql).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        });
    }
}

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// The items that are shipped.
pub(crate) fn shipped() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("content").display().to_string()
}

/// A whole item file.
pub(crate) fn item(slug: &str, theme: &str, code: &str, body: &str) -> String {
    format!(
        "---
slug: {slug}
theme: {theme}
title: 一条内容
audience: 全体
basis: 《国家行政机关及其工作人员在国内公务活动中不得赠送和接受礼品的规定》（1988年12月1日发布施行）第四条
article_text: 以象征性低价收款的物品。
takeaway: 换个说法的礼品，还是礼品。
verified_on: 2026-07-17
checked_by: 机关党委办公室
code: {code}
---
{body}
"
    )
}

fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    words
}
