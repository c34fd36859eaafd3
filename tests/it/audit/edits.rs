//! Ten thousand changes of the ledger behind the program's back, drawn by a seed: any column of any row, rows deleted,
//! copied, exchanged and moved, both ends cut. Every one is found and located.
//!
//! **Located** means: when entries of the chain differ from what they were, verifying names the first of them, or the gap
//! before it when something was put in further on; when the head differs as well, it may name the head, or what lies right
//! behind the place that the head was moved to. When acks or batches differ, it names one of them, or the batch that one of
//! them is in or was in. What differs is found by comparing the tables with copies of them, by the database itself.

use std::collections::BTreeSet;

use qingfeng::office;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::world::{OPERATOR, World};

/// The tables of the ledger, each before those it points to.
const TABLES: [&str; 4] = ["ack", "ack_batch", "audit_entry", "audit_head"];
const ENTRY: [&str; 7] = ["seq", "at", "actor", "action", "subject", "detail", "mac"];
const ACK: [&str; 9] =
    ["id", "push_id", "staff_id", "pressed_at", "method", "recorded_by", "attempt_id", "inbox_id", "batch_id"];
const BATCH: [&str; 2] = ["id", "recorded_at"];
const HEAD: [&str; 3] = ["id", "seq", "mac"];

/// splitmix64: the same seed gives the same edits.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, below: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(below.max(1)).unwrap()).unwrap()
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

/// Someone who can write the database and nothing else.
enum Hand {
    Sqlite(SqliteConnection),
    Pg(PgConnection),
}

impl Hand {
    async fn of(world: &World) -> Self {
        if let Some(path) = world.db.url.strip_prefix("sqlite://") {
            let options = SqliteConnectOptions::new().filename(path);
            let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
            // They obey no rule of the schema that can be put off, and this test waits for no disk.
            let off = "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON";
            sqlx::raw_sql(off).execute(&mut connection).await.unwrap();
            return Self::Sqlite(connection);
        }
        let mut connection = PgConnection::connect(&world.db.url).await.unwrap();
        sqlx::raw_sql("SET session_replication_role = replica").execute(&mut connection).await.unwrap();
        Self::Pg(connection)
    }

    async fn run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Self::Sqlite(connection) => sql.execute(connection).await.map(drop),
            Self::Pg(connection) => sql.execute(connection).await.map(drop),
        }
    }

    async fn rows(&mut self, sql: &'static str) -> Vec<(String, i64)> {
        match self {
            Self::Sqlite(connection) => sqlx::query_as(sql).fetch_all(connection).await.unwrap(),
            Self::Pg(connection) => sqlx::query_as(sql).fetch_all(connection).await.unwrap(),
        }
    }

    fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    async fn keep(&mut self) {
        let copies: Vec<String> = TABLES.map(|t| format!("CREATE TABLE kept_{t} AS SELECT * FROM {t};")).to_vec();
        self.run(&copies.concat()).await.unwrap();
    }

    async fn put_back(&mut self) {
        let clear = TABLES.iter().map(|t| format!("DELETE FROM {t};"));
        let fill = TABLES.iter().rev().map(|t| format!("INSERT INTO {t} SELECT * FROM kept_{t};"));
        let all: String = clear.chain(fill).collect();
        self.run(&format!("BEGIN; {all} COMMIT;")).await.unwrap();
    }

    /// Makes an edit whole; false when the database does not take it.
    async fn edit(&mut self, sql: &str) -> bool {
        if self.run(&format!("BEGIN; {sql}; COMMIT;")).await.is_ok() {
            return true;
        }
        self.run("ROLLBACK").await.unwrap();
        false
    }
}

/// What there is to be edited.
struct Ledger {
    entries: i64,
    acks: Vec<i64>,
    batches: Vec<i64>,
    sqlite: bool,
}

impl Ledger {
    async fn of(hand: &mut Hand) -> Self {
        let ids = |rows: Vec<(String, i64)>| rows.into_iter().map(|(_, id)| id).collect::<Vec<i64>>();
        let entries = ids(hand.rows("SELECT 'entry', seq FROM audit_entry").await);
        let acks = ids(hand.rows("SELECT 'ack', id FROM ack ORDER BY id").await);
        let batches = ids(hand.rows("SELECT 'batch', id FROM ack_batch ORDER BY id").await);
        Self { entries: entries.into_iter().max().unwrap(), acks, batches, sqlite: hand.is_sqlite() }
    }

    fn seq(&self, dice: &mut Dice) -> i64 {
        1 + i64::try_from(dice.below(usize::try_from(self.entries).unwrap())).unwrap()
    }

    /// One edit: its kind, and the statements.
    fn draw(&self, dice: &mut Dice) -> (&'static str, String) {
        match dice.below(10) {
            0..=5 => ("column", self.column(dice)),
            6 => ("delete", self.delete(dice)),
            7 => ("insert", self.insert(dice)),
            8 => ("exchange or move", self.exchange(dice)),
            _ => ("cut", self.cut(dice)),
        }
    }

    /// A row of a table: the table, its columns, the one that names its rows, and a row.
    fn row(&self, dice: &mut Dice) -> (&'static str, &'static [&'static str], i64) {
        match dice.below(10) {
            0..=4 => ("audit_entry", &ENTRY, self.seq(dice)),
            5..=7 => ("ack", &ACK, dice.of(&self.acks)),
            8 => ("ack_batch", &BATCH, dice.of(&self.batches)),
            _ => ("audit_head", &HEAD, 1),
        }
    }

    fn column(&self, dice: &mut Dice) -> String {
        let (table, columns, row) = self.row(dice);
        let (key, column) = (columns[0], dice.of(columns));
        let other = match table {
            "audit_entry" => self.seq(dice),
            "ack" => dice.of(&self.acks),
            "ack_batch" => dice.of(&self.batches),
            _ => 1,
        };
        let text = ["actor", "action", "subject", "detail", "mac", "method", "recorded_by"].contains(&column);
        let to = if dice.below(6) == 0 {
            format!("(SELECT {column} FROM kept_{table} WHERE {key} = {other})")
        } else if text {
            self.text(dice, column)
        } else {
            number(dice, column)
        };
        // A check of the table couples the two.
        let coupled = if column == "recorded_by" && dice.below(2) == 0 { ", method = 'manual'" } else { "" };
        format!("UPDATE {table} SET {column} = {to}{coupled} WHERE {key} = {row}")
    }

    fn text(&self, dice: &mut Dice, column: &str) -> String {
        let at = dice.below(64);
        let letter = dice.of(&["0", "f", "a", "人", " ", ":", "\"", "9"]);
        match dice.below(if self.sqlite { 12 } else { 9 }) {
            0 => format!("{column} || '{letter}'"),
            1 => format!("'{letter}' || {column}"),
            2 => format!("substr({column}, 1, {at}) || '{letter}' || substr({column}, {})", at + 2),
            3 => format!("substr({column}, 1, {at}) || substr({column}, {})", at + 2),
            4 => format!("upper({column})"),
            5 => "''".to_owned(),
            6 => format!("substr({column}, 1, {at})"),
            7 => dice.of(&["'button'", "'text'", "'link'", "'manual'", "'operator'", "'system:inbox'"]).to_owned(),
            8 => "NULL".to_owned(),
            // No text at all, and a byte that ends one elsewhere.
            9 => format!("CAST(x'ff' || CAST({column} AS BLOB) AS TEXT)"),
            10 => format!("CAST(CAST(substr({column}, 1, {at}) AS BLOB) || x'80' AS TEXT)"),
            _ => format!("{column} || char(0)"),
        }
    }

    fn delete(&self, dice: &mut Dice) -> String {
        let (table, columns, row) = self.row(dice);
        let key = columns[0];
        if dice.below(3) > 0 || table == "audit_head" {
            return format!("DELETE FROM {table} WHERE {key} = {row}");
        }
        // The gap is closed.
        let rest = columns[1..].join(", ");
        format!(
            "DELETE FROM {table} WHERE {key} >= {row}; INSERT INTO {table} ({key}, {rest})
            SELECT {key} - 1, {rest} FROM kept_{table} WHERE {key} > {row}"
        )
    }

    fn insert(&self, dice: &mut Dice) -> String {
        let (table, columns, row) = self.row(dice);
        let (key, rest) = (columns[0], columns[1..].join(", "));
        let far = i64::try_from(dice.below(1000)).unwrap();
        let end = self.entries.max(*self.acks.last().unwrap()).max(*self.batches.last().unwrap());
        let place = dice.of(&[end + 1, end + 2 + far, self.entries + 1, -far, i64::MAX, i64::MIN, 0]);
        match table {
            "ack" => {
                // Nobody confirms twice; this one is made of somebody else's.
                let batch = dice.of(&self.batches);
                let columns = columns[3..8].join(", ");
                format!(
                    "INSERT INTO ack (id, push_id, staff_id, {columns}, batch_id)
                    SELECT {place}, push_id, staff_id + {}, {columns}, {batch} FROM kept_ack WHERE id = {row}",
                    1000 + far
                )
            }
            "audit_entry" if dice.below(2) == 0 => format!(
                "DELETE FROM audit_entry WHERE seq > {row}; INSERT INTO audit_entry (seq, {rest})
                SELECT seq + 1, {rest} FROM kept_audit_entry WHERE seq >= {row}"
            ),
            "audit_head" => "INSERT INTO audit_head (id, seq, mac) SELECT 2, seq, mac FROM kept_audit_head".to_owned(),
            _ => format!(
                "INSERT INTO {table} ({key}, {rest}) SELECT {place}, {rest} FROM kept_{table} WHERE {key} = {row}"
            ),
        }
    }

    fn exchange(&self, dice: &mut Dice) -> String {
        let (ack, other) = (dice.of(&self.acks), dice.of(&self.acks));
        let (batch, into) = (dice.of(&self.batches), dice.of(&self.batches));
        let swap = |table: &str, columns: &[&str], (one, two): (i64, i64)| {
            let (key, rest) = (columns[0], columns[1..].join(", "));
            format!(
                "DELETE FROM {table} WHERE {key} IN ({one}, {two}); INSERT INTO {table} ({key}, {rest})
                SELECT CASE {key} WHEN {one} THEN {two} ELSE {one} END, {rest} FROM kept_{table}
                WHERE {key} IN ({one}, {two})"
            )
        };
        let column = dice.of(&ACK[1..]);
        match dice.below(7) {
            0 => swap("audit_entry", &ENTRY, (self.seq(dice), self.seq(dice))),
            1 => swap("ack", &ACK, (ack, other)),
            2 => swap("ack_batch", &BATCH, (batch, into)),
            3 => format!("UPDATE ack SET batch_id = {into} WHERE id = {ack}"),
            4 => format!("UPDATE ack SET batch_id = {into} WHERE batch_id = {batch}"),
            5 => format!(
                "UPDATE ack SET batch_id = CASE batch_id WHEN {batch} THEN {into} ELSE {batch} END
                WHERE batch_id IN ({batch}, {into})"
            ),
            _ => format!(
                "UPDATE ack SET {column} = (SELECT k.{column} FROM kept_ack k
                    WHERE k.id = CASE ack.id WHEN {ack} THEN {other} ELSE {ack} END) WHERE id IN ({ack}, {other})"
            ),
        }
    }

    fn cut(&self, dice: &mut Dice) -> String {
        let (seq, ack, batch) = (self.seq(dice), dice.of(&self.acks), dice.of(&self.batches));
        let tail = format!("DELETE FROM audit_entry WHERE seq > {seq}");
        let mac = format!("(SELECT mac FROM kept_audit_entry WHERE seq = {seq})");
        match dice.below(9) {
            0 => format!("DELETE FROM audit_entry WHERE seq < {seq}"),
            1 => tail,
            2 => format!("{tail}; UPDATE audit_head SET seq = {seq}, mac = {mac}"),
            3 => format!("{tail}; UPDATE audit_head SET seq = {seq}"),
            4 => format!("{tail}; DELETE FROM ack WHERE id >= {ack}"),
            5 => format!("UPDATE audit_head SET seq = {seq}, mac = {mac}"),
            6 => format!("DELETE FROM ack WHERE id <= {ack}"),
            7 => format!("DELETE FROM ack WHERE id >= {ack}"),
            _ => format!("DELETE FROM ack WHERE batch_id >= {batch}; DELETE FROM ack_batch WHERE id >= {batch}"),
        }
    }

    /// What may be named when this differs.
    fn places(&self, differs: &[(String, i64)]) -> BTreeSet<String> {
        let of = |kind: &str| -> Vec<i64> { differs.iter().filter(|(k, _)| k == kind).map(|(_, id)| *id).collect() };
        let (entries, heads) = (of("entry"), of("head"));
        let first = entries.iter().min().map(|first| (*first).min(self.entries + 1));
        let mut places: BTreeSet<String> = first.map(|seq| format!("entry:{seq}")).into_iter().collect();
        if !heads.is_empty() {
            places.insert("audit_head".to_owned());
            places.insert(format!("entry:{}", self.entries + 1));
            places.extend(heads.iter().filter_map(|seq| Some(format!("entry:{}", seq.checked_add(1)?))));
        }
        if places.is_empty() {
            places.extend(of("ack").iter().map(|id| format!("ack:{id}")));
            places.extend(of("batch").iter().map(|id| format!("ack_batch:{id}")));
        }
        places
    }
}

fn number(dice: &mut Dice, column: &str) -> String {
    let bit = 1_u64 << dice.below(62);
    match dice.below(9) {
        0 => format!("{column} + 1"),
        1 => format!("{column} - 1"),
        2 => format!("-{column}"),
        3 => "0".to_owned(),
        4 => "9223372036854775807".to_owned(),
        5 => "-9223372036854775807 - 1".to_owned(),
        6 => "NULL".to_owned(),
        7 => format!("COALESCE({column}, 0) + {bit}"),
        _ => format!("{column} - {bit}"),
    }
}

/// Every row that is not as it was, with what it is in.
const DIFFERS: &str = "
    SELECT 'entry' AS kind, seq AS place FROM (SELECT * FROM audit_entry EXCEPT SELECT * FROM kept_audit_entry) a
    UNION SELECT 'entry', seq FROM (SELECT * FROM kept_audit_entry EXCEPT SELECT * FROM audit_entry) b
    UNION SELECT 'ack', id FROM (SELECT * FROM ack EXCEPT SELECT * FROM kept_ack) c
    UNION SELECT 'ack', id FROM (SELECT * FROM kept_ack EXCEPT SELECT * FROM ack) d
    UNION SELECT 'batch', batch_id FROM (SELECT * FROM ack EXCEPT SELECT * FROM kept_ack) e
    UNION SELECT 'batch', batch_id FROM (SELECT * FROM kept_ack EXCEPT SELECT * FROM ack) f
    UNION SELECT 'batch', id FROM (SELECT * FROM ack_batch EXCEPT SELECT * FROM kept_ack_batch) g
    UNION SELECT 'batch', id FROM (SELECT * FROM kept_ack_batch EXCEPT SELECT * FROM ack_batch) h
    UNION SELECT 'head', seq FROM (SELECT * FROM audit_head EXCEPT SELECT * FROM kept_audit_head) i
    UNION SELECT 'head', seq FROM (SELECT * FROM kept_audit_head EXCEPT SELECT * FROM audit_head) j";

/// Makes so many edits, each of a sound ledger, and asserts that each is found and located. Returns how many of each kind.
pub(crate) async fn all_are_located(world: &World, seed: u64, wanted: usize) -> Vec<(&'static str, usize)> {
    let mut hand = Hand::of(world).await;
    hand.keep().await;
    let ledger = Ledger::of(&mut hand).await;
    let (ctx, mut dice) = (world.ctx(), Dice(seed));
    let mut made: std::collections::BTreeMap<&'static str, usize> = std::collections::BTreeMap::new();
    let mut done = 0;
    while done < wanted {
        let (kind, sql) = ledger.draw(&mut dice);
        if !hand.edit(&sql).await {
            continue;
        }
        let places = ledger.places(&hand.rows(DIFFERS).await);
        if !places.is_empty() {
            let found = office::audit::verify(&ctx, &OPERATOR).await;
            let named = found.map(|found| found.first_bad);
            assert!(
                matches!(&named, Ok(Some(place)) if places.contains(place)),
                "{}, seed {seed}, edit {done}: {sql}\n  named {named:?}, expected one of {places:?}",
                world.db.label
            );
            *made.entry(kind).or_default() += 1;
            done += 1;
        }
        hand.put_back().await;
    }
    assert!(world.verified().await, "{}: put back", world.db.label);
    made.into_iter().collect()
}
