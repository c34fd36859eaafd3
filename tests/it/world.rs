//! A small office for tests: the real program over a real database, against the sandbox over HTTP. Time is moved by hand
//! and each job is run by hand, so a test reads as a story and never sleeps.

use std::ops::RangeInclusive;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use qingfeng::app::{self, App};
use qingfeng::clock::{Clock, Hand};
use qingfeng::config::Config;
use qingfeng::ctx::{Ctx, Line};
use qingfeng::domain::audit::Actor;
use qingfeng::domain::content::ItemSource;
use qingfeng::domain::cron::CronExpr;
use qingfeng::domain::leave::LeaveCategory;
use qingfeng::domain::month::Month;
use qingfeng::domain::roster;
use qingfeng::domain::rotation::Pool;
use qingfeng::domain::schedule::{LATE_MINUTES, Missed, Rule, Terms};
use qingfeng::domain::word::Confirm;
use qingfeng::inbox::poll::Poller;
use qingfeng::jobs::send;
use qingfeng::office::delivery::Others;
use qingfeng::office::leave::Leave;
use qingfeng::office::push::{Hours, Now, NowTarget, Shown};
use qingfeng::office::roster::Mode;
use qingfeng::office::{self, plan, schedule};
use qingfeng::render::report as render;
use qingfeng::sandbox::Time;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Connection};

use crate::db::TestDb;
use crate::sandbox::{NOON, Server, TOKEN};

/// The admin at the machine.
pub(crate) const OPERATOR: Actor = Actor::Operator { staff_no: None };
/// Chat of 综合科 and 规划科.
pub(crate) const STUDY: i64 = -1001;
/// Chat of 企业科.
pub(crate) const FIRMS: i64 = -1002;

/// The cast: twelve people, numbered as their accounts. 11 and 12 work in 企业科, the others in 综合科 (1–5) and 规划科.
fn roster_csv() -> String {
    let person = |n: i64| {
        let unit = match n {
            1..=5 => "管委会/综合科",
            6..=10 => "管委会/规划科",
            _ => "管委会/企业科",
        };
        let kinds = if n == 12 { "聘用" } else { "公职人员" };
        format!("S{n:02},白露{n},{unit},,,{kinds},\n")
    };
    let header = "工号,姓名,单位,支部,职务,类别,顺序\n".to_owned();
    std::iter::once(header).chain((1..=12).map(person)).collect()
}

/// Two items: a voluntary one for everybody, a required one for public officials.
fn items() -> Vec<ItemSource> {
    let item = |slug: &str, theme: &str, audience: &str, code: &str| {
        let text = format!(
            "---\nslug: {slug}\ntheme: {theme}\ntitle: 题目{code}\naudience: {audience}\n\
             basis: 《中华人民共和国监察法》（2025年6月1日起施行）第六条\narticle_text: 条文。\ntakeaway: 一句话。\n\
             verified_on: 2026-07-17\nchecked_by: 机关党委办公室\ncode: {code}\n---\n正文。\n"
        );
        qingfeng::domain::content::parse(theme, slug, &text).unwrap()
    };
    vec![item("gift", "gifts", "全体", "LP-001"), item("feast", "festival", "公职人员", "JQ-2026-01")]
}

pub(crate) struct World {
    pub(crate) db: TestDb,
    pub(crate) server: Server,
    pub(crate) clock: Clock,
    pub(crate) hand: Hand,
    pub(crate) app: Option<App>,
    pub(crate) poller: Option<Poller>,
}

impl World {
    /// An office with its roster, items and two linked groups, at 09:30 on Tuesday 1 September 2026.
    pub(crate) async fn new(db: TestDb) -> Self {
        let server = Server::start_at(Time::Manual(NOON)).await;
        let (clock, hand) = Clock::manual(DateTime::from_timestamp_millis(NOON).unwrap());
        let mut world = Self { db, server, clock, hand, app: None, poller: None };
        // Boxed: stories are long, and a test's thread has a small stack.
        Box::pin(world.furnish()).await;
        world
    }

    async fn furnish(&mut self) {
        self.start().await;
        let ctx = self.ctx();
        let rows = qingfeng::render::sheet::read(roster_csv().as_bytes()).unwrap();
        let people = roster::parse(&rows).unwrap();
        office::roster::import(&ctx, &OPERATOR, &people, Mode::Apply).await.unwrap();
        office::content::sync(&ctx, &OPERATOR, &items()).await.unwrap();
        self.meet().await;
    }

    /// The people open the app, and the bot is added to both groups, which are then linked.
    async fn meet(&mut self) {
        let people: Vec<Value> =
            (1..=12).map(|n| json!({"id": n, "first_name": format!("甲{n}"), "started": true})).collect();
        self.server.order("people", json!({ "people": people })).await;
        for (chat, title, members) in [(STUDY, "学习群", 1..=10), (FIRMS, "企业群", 11..=12)] {
            let members: Vec<i64> = members.collect();
            let chat = json!({"id": chat, "kind": "supergroup", "title": title, "members": members, "bot": "member"});
            self.server.order("chats", chat).await;
        }
        self.poll().await;
        let ctx = self.ctx();
        // They know the bot for long: what it is for was said before these stories begin.
        let mut tx = ctx.store.write().await.unwrap();
        for group in qingfeng::store::group::list(&mut tx).await.unwrap() {
            qingfeng::store::group::set_welcomed(&mut tx, group.id, ctx.now()).await.unwrap();
        }
        tx.commit().await.unwrap();
        let link = async |chat: i64, units: &[&str]| {
            let units: Vec<String> = units.iter().map(|unit| (*unit).to_owned()).collect();
            office::group::link(&ctx, &OPERATOR, &chat.to_string(), &units).await.unwrap();
        };
        link(STUDY, &["综合科", "规划科"]).await;
        link(FIRMS, &["企业科"]).await;
    }

    pub(crate) fn config(&self, token: &str) -> Config {
        let api = format!("http://{}/", self.server.address);
        let url = self.db.url.clone();
        let key = self.db.folder.path().join("test.key").display().to_string();
        let token = token.to_owned();
        let lookup = move |name: &str| match name {
            "TELOXIDE_TOKEN" => Some(token.clone()),
            "TELOXIDE_API_URL" => Some(api.clone()),
            "DATABASE_URL" => Some(url.clone()),
            "QINGFENG_SECRET_FILE" => Some(key.clone()),
            _ => None,
        };
        Config::from_env(lookup).unwrap()
    }

    /// Starts the program, as `serve` does, with its loops in the test's hands. A test that was away for days has confirmed
    /// that it goes on.
    pub(crate) async fn start(&mut self) {
        self.start_as_it_is().await;
        if office::db::quarantine(&self.ctx().store).await.unwrap().is_some() {
            office::db::confirm::confirm(&self.ctx(), &OPERATOR, &self.app.as_ref().unwrap().home).await.unwrap();
        }
    }

    /// Starts the program and leaves it in quarantine when it starts there.
    pub(crate) async fn start_as_it_is(&mut self) {
        let app = app::build(&self.config(TOKEN), self.clock.clone()).await.unwrap();
        office::delivery::recover(&app.ctx, Others::Maybe).await.unwrap();
        self.poller = Some(Poller::new(app.ctx.clone(), app.line.clone(), app.telegram.clone()));
        self.app = Some(app);
    }

    /// The program is gone from one moment to the next; only the database and the platform remain.
    pub(crate) async fn stop(&mut self) {
        self.poller = None;
        if let Some(app) = self.app.take() {
            app.ctx.store.close().await;
        }
    }

    pub(crate) fn ctx(&self) -> Ctx {
        self.app.as_ref().unwrap().ctx.clone()
    }

    pub(crate) fn line(&self) -> Line {
        self.app.as_ref().unwrap().line.clone()
    }

    /// Moves the office's clock and the platform's to a wall time of September 2026.
    pub(crate) async fn at(&self, day: i64, hour: i64, minute: i64) {
        let start = DateTime::<Utc>::from_timestamp_millis(NOON).unwrap() - Duration::minutes(9 * 60 + 30);
        let instant = start + Duration::days(day - 1) + Duration::hours(hour) + Duration::minutes(minute);
        self.move_to(instant).await;
    }

    pub(crate) async fn later(&self, seconds: i64) {
        self.move_to(self.clock.now() + Duration::seconds(seconds)).await;
    }

    pub(crate) async fn move_to(&self, instant: DateTime<Utc>) {
        self.server.order("clock", json!({"set": instant.timestamp_millis()})).await;
        self.hand.set(instant);
    }

    /// One round of planning and sending.
    pub(crate) async fn work(&self) {
        // Boxed: stories are long, and a test's thread has a small stack.
        Box::pin(plan::plan(&self.ctx())).await.unwrap();
        Box::pin(send::step(&self.ctx(), &self.line())).await.unwrap();
    }

    /// Takes in everything that waits at the platform, as a program does that has been running all the while.
    pub(crate) async fn poll(&mut self) {
        office::hearing::keep(&self.ctx(), &self.line()).await.unwrap();
        self.poll_again().await;
    }

    /// Takes in everything that waits at the platform; time in which nobody did is a gap.
    pub(crate) async fn poll_again(&mut self) {
        let poller = self.poller.as_mut().unwrap();
        while Box::pin(poller.once(std::time::Duration::ZERO)).await.unwrap() > 0 {}
        poller.drain().await;
    }

    /// A person presses a button; the toast they get.
    pub(crate) async fn press(&mut self, user: i64, chat: i64, message: &str, button: &str) -> String {
        let press =
            json!({"user": user, "chat": chat, "message_id": message.parse::<i64>().unwrap(), "button": button});
        let ids = self.server.order("press", json!({ "presses": [press] })).await;
        self.poll().await;
        let ledger = self.server.look("ledger").await;
        let pressed = ledger["pressed"].as_array().unwrap();
        let mine = pressed.iter().find(|press| press["callback_id"] == ids["callback_ids"][0]).unwrap();
        mine["answered"]["text"].as_str().unwrap_or("nothing").to_owned()
    }

    /// A person writes to the bot; the reply.
    pub(crate) async fn say(&mut self, user: i64, text: &str) -> String {
        self.server.order("say", json!({"user": user, "text": text})).await;
        self.poll().await;
        self.sent(user).await.pop().unwrap()["text"].as_str().unwrap().to_owned()
    }

    /// Everything the bot sent to a chat.
    pub(crate) async fn sent(&self, chat: i64) -> Vec<Value> {
        let ledger = self.server.look("ledger").await;
        ledger["sent"].as_array().unwrap().iter().filter(|sent| sent["chat"] == chat).cloned().collect()
    }

    /// Id of the newest message in a chat.
    pub(crate) async fn newest(&self, chat: i64) -> String {
        self.sent(chat).await.last().unwrap()["message_id"].to_string()
    }

    pub(crate) async fn invite(&self, user: i64) -> String {
        let whom = office::staff::Invitees::One(format!("S{user:02}"));
        office::staff::invite(&self.ctx(), &OPERATOR, &whom).await.unwrap().remove(0).code
    }

    /// Joins the way people do: code, question, 是我. The bot's last words.
    pub(crate) async fn bind(&mut self, user: i64) -> String {
        let code = self.invite(user).await;
        self.say(user, &format!("/start {code}")).await;
        let question = self.newest(user).await;
        self.press(user, user, &question, "是我，绑定").await;
        self.sent(user).await.pop().unwrap()["text"].as_str().unwrap().to_owned()
    }

    /// 小知识 at 09:30 on workdays in both groups, the required item once on 3 September.
    pub(crate) async fn schedules(&self) {
        let new = |name: &str, cron: &str, pool| schedule::New {
            name: name.to_owned(),
            terms: Terms::every_day(Rule::Cron(CronExpr::parse(cron).unwrap())),
            missed: Missed::Late,
            max_late: LATE_MINUTES,
            groups: vec![STUDY.to_string(), FIRMS.to_string()],
            pool,
            confirm: None,
            deadline: None,
        };
        let ctx = self.ctx();
        schedule::add(&ctx, &OPERATOR, &new("小知识", "30 9 * * 1-5", Pool::Voluntary)).await.unwrap();
        let feast = new("节前", "35 9 3 9 *", Pool::Item("feast".to_owned()));
        schedule::add(&ctx, &OPERATOR, &feast).await.unwrap();
    }

    /// The voluntary item, by hand to the study group.
    pub(crate) fn by_hand() -> Now {
        Now {
            slug: "gift".to_owned(),
            target: NowTarget::Groups(vec![STUDY.to_string()]),
            confirm: None,
            hours: Hours::Any,
            deadline: None,
        }
    }

    /// Has every rule looked at anew, as after a year was taken in.
    pub(crate) async fn forget_calendar(&self) {
        let ctx = self.ctx();
        let mut tx = ctx.store.write().await.unwrap();
        qingfeng::store::schedule::set_plan_calendar(&mut tx, "").await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Sends the voluntary item by hand to the study group.
    pub(crate) async fn push_now(&self, confirm: Option<Confirm>) -> Shown {
        let order = Now { confirm, ..Self::by_hand() };
        office::push::now(&self.ctx(), &OPERATOR, &order).await.unwrap().shown
    }

    pub(crate) async fn report(&self) -> Value {
        let month = Month::new(2026, 9).unwrap();
        let report = office::report::month(&self.ctx(), &OPERATOR, month).await.unwrap();
        serde_json::to_value(render::json(&report)).unwrap()
    }

    /// State and attempts' outcomes of the first delivery of a push.
    pub(crate) async fn delivery(&self, push: &Shown) -> (String, Vec<String>) {
        let shown = office::push::show(&self.ctx(), &OPERATOR, push.push.id).await.unwrap();
        let (delivery, attempts) = &shown.deliveries[0];
        let outcomes = attempts.iter().map(|attempt| attempt.outcome.as_str().to_owned()).collect();
        (delivery.state.as_str().to_owned(), outcomes)
    }

    /// The ledger verifies.
    pub(crate) async fn verified(&self) -> bool {
        office::audit::verify(&self.ctx(), &OPERATOR).await.unwrap().first_bad.is_none()
    }

    /// Puts a person on parental leave for some days of September 2026.
    pub(crate) async fn away(&self, staff_no: &str, days: RangeInclusive<u32>) {
        let day = |day: &u32| NaiveDate::from_ymd_opt(2026, 9, *day).unwrap();
        let (staff_no, category) = (staff_no.to_owned(), LeaveCategory::Parental);
        let leave = Leave { staff_no, category, from: day(days.start()), to: Some(day(days.end())) };
        office::leave::add(&self.ctx(), &OPERATOR, &leave).await.unwrap();
    }

    /// How many entries the ledger has.
    pub(crate) async fn entries_of_ledger(&self) -> usize {
        office::audit::tail(&self.ctx(), &OPERATOR, i64::MAX).await.unwrap().len()
    }

    /// Changes the database as no command of the program would.
    pub(crate) async fn behind_its_back(&self, sql: String) {
        let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(sql));
        if let Some(path) = self.db.url.strip_prefix("sqlite://") {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            sql.execute(&mut options.connect().await.unwrap()).await.unwrap();
        } else {
            sql.execute(&mut sqlx::PgConnection::connect(&self.db.url).await.unwrap()).await.unwrap();
        }
    }
}
