//! Every migration is tried on a database that already holds rows, on both kinds of database.
//!
//! After each migration the rows of `tests/migrations/<number>.sql` are loaded (`<number>.sqlite.sql` and
//! `<number>.postgres.sql` where the two cannot share a text), so that the next one meets data as an office's would.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

#[path = "support/db.rs"]
mod db;

use std::path::Path;

use db::TestDb;
use qingfeng::config::DatabaseUrl;
use qingfeng::store::Unsealed;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

#[tokio::test]
async fn each_migration_applies_to_a_database_with_rows() {
    for db in db::databases().await {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (migrations, samples) = (root.join("migrations").join(db.label), root.join("tests/migrations"));
        let applied = apply_one_by_one(&db, &migrations, &samples).await;
        let applied = applied.unwrap_or_else(|problem| panic!("{}: {problem}", db.label));
        assert!(applied > 0, "migrations/{} holds no migration", db.label);
    }
}

/// The harness of `make faults` kills the program there; here the same state meets the next start on both databases.
#[tokio::test]
async fn c11_a_migration_that_was_cut_between_two_steps_is_finished_by_the_next_start() {
    for db in db::databases().await {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (migrations, samples) = (root.join("migrations").join(db.label), root.join("tests/migrations"));
        let (steps, migrator) = (read_steps(&migrations).unwrap(), Migrator::new(migrations).await.unwrap());
        let mut database = Database::open(&db).await;
        database.migrate_to(&migrator, steps[0].version).await.unwrap();
        database.execute(sample_rows(&samples, &steps[0], db.label).unwrap()).await.unwrap();
        let url = match db.url.strip_prefix("sqlite://") {
            Some(path) => DatabaseUrl::Sqlite { path: path.into() },
            None => DatabaseUrl::Postgres { url: db.url.clone().into(), shown: String::new() },
        };
        let office = Unsealed::open_migrated(&url).await.unwrap().office().await.unwrap();
        assert!(office.is_some(), "{}: the rows are there", db.label);
        assert!(Unsealed::open(&url).await.is_ok(), "{}: the schema is whole", db.label);
    }
}

/// One file of a migrations folder: `0001_first_tables.sql`.
struct Step {
    file: String,
    /// The digits before the first underscore, which also name the sample file.
    number: String,
    version: i64,
    sql: String,
}

/// Applies every migration in order and loads its sample rows; answers how many there were.
async fn apply_one_by_one(db: &TestDb, migrations: &Path, samples: &Path) -> Result<usize, String> {
    let steps = read_steps(migrations)?;
    let migrator = Migrator::new(migrations).await.map_err(|e| e.to_string())?;
    let mut database = Database::open(db).await;
    for step in &steps {
        if let Some(problem) = required_column_without_default(&step.sql) {
            return Err(format!("{}: {problem}", step.file));
        }
        let rows = sample_rows(samples, step, db.label)?;
        database.migrate_to(&migrator, step.version).await.map_err(|e| format!("{}: {e}", step.file))?;
        database.execute(rows).await.map_err(|e| format!("sample rows of {}: {e}", step.file))?;
        for table in created_tables(&step.sql) {
            if database.is_empty(&table).await {
                return Err(format!("{}: no sample row for {table}; add one to {}.sql", step.file, step.number));
            }
        }
    }
    database.migrate(&migrator).await.map_err(|e| format!("a second run of all migrations: {e}"))?;
    Ok(steps.len())
}

fn read_steps(folder: &Path) -> Result<Vec<Step>, String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut steps = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let number = file.split('_').next().unwrap_or_default().to_owned();
        let Ok(version) = number.parse() else {
            return Err(format!("{file}: name it <number>_<what_it_does>.sql"));
        };
        steps.push(Step { file, number, version, sql: std::fs::read_to_string(&path).unwrap() });
    }
    steps.sort_by_key(|step| step.version);
    Ok(steps)
}

fn sample_rows(samples: &Path, step: &Step, label: &str) -> Result<String, String> {
    let own = samples.join(format!("{}.{label}.sql", step.number));
    let shared = samples.join(format!("{}.sql", step.number));
    let path = if own.exists() { &own } else { &shared };
    std::fs::read_to_string(path).map_err(|_| {
        format!(
            "{file}: no sample rows. Write tests/migrations/{number}.sql with at least one INSERT for every table the \
             migration creates or changes (or {number}.sqlite.sql and {number}.postgres.sql where the texts must differ)",
            file = step.file,
            number = step.number
        )
    })
}

/// SQL without `--` comments, cut at semicolons, in capitals.
fn statements(sql: &str) -> Vec<String> {
    let code: Vec<&str> = sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let words = code.join(" ").split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
    words.split(';').map(|statement| statement.trim().to_owned()).filter(|s| !s.is_empty()).collect()
}

fn created_tables(sql: &str) -> Vec<String> {
    let all = statements(sql);
    let names = all.iter().filter_map(|s| s.strip_prefix("CREATE TABLE "));
    let names = names.map(|s| s.strip_prefix("IF NOT EXISTS ").unwrap_or(s));
    names.filter_map(|s| s.split([' ', '(']).next()).map(|name| name.trim_matches('"').to_lowercase()).collect()
}

/// A new column of a table that already has rows must say what those rows hold.
fn required_column_without_default(sql: &str) -> Option<String> {
    let new = created_tables(sql);
    for statement in statements(sql) {
        let Some(rest) = statement.strip_prefix("ALTER TABLE ") else { continue };
        let table = rest.trim_start_matches("ONLY ").split(' ').next().unwrap_or_default().to_lowercase();
        let mut columns = statement.split(" ADD ").skip(1);
        if !new.contains(&table) && columns.any(|c| c.contains("NOT NULL") && !c.contains("DEFAULT")) {
            return Some(format!("{table} may hold rows: a new NOT NULL column needs a DEFAULT"));
        }
    }
    None
}

enum Database {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Database {
    async fn open(db: &TestDb) -> Self {
        if db.label == "postgres" {
            return Self::Postgres(PgConnection::connect(&db.url).await.unwrap());
        }
        let options: SqliteConnectOptions = db.url.parse().unwrap();
        let options = options.create_if_missing(true).foreign_keys(true);
        Self::Sqlite(SqliteConnection::connect_with(&options).await.unwrap())
    }

    async fn migrate_to(&mut self, migrator: &Migrator, version: i64) -> Result<(), sqlx::migrate::MigrateError> {
        match self {
            Self::Sqlite(connection) => migrator.run_to(version, connection).await,
            Self::Postgres(connection) => migrator.run_to(version, connection).await,
        }
    }

    async fn migrate(&mut self, migrator: &Migrator) -> Result<(), sqlx::migrate::MigrateError> {
        match self {
            Self::Sqlite(connection) => migrator.run(connection).await,
            Self::Postgres(connection) => migrator.run(connection).await,
        }
    }

    async fn execute(&mut self, sql: String) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(connection) => sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(drop),
            Self::Postgres(connection) => sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(drop),
        }
    }

    async fn is_empty(&mut self, table: &str) -> bool {
        let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let count: i64 = match self {
            Self::Sqlite(connection) => sqlx::query_scalar(sql).fetch_one(connection).await.unwrap(),
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_one(connection).await.unwrap(),
        };
        count == 0
    }
}

/// The checker itself, on small folders made up here.
mod checker {
    use super::*;

    const PERSON: &str = "-- people\nCREATE TABLE person (id BIGINT PRIMARY KEY, name TEXT NOT NULL);\n";
    const ROW: &str = "INSERT INTO person (id, name) VALUES (1, 'a');";

    /// Runs the checker over two migrations and their sample rows on every database; answers what it said.
    async fn outcome(second: &str, samples: &[(&str, &str)]) -> Vec<Result<usize, String>> {
        let mut outcomes = Vec::new();
        for db in db::databases().await {
            let folder = tempfile::tempdir().unwrap();
            let (migrations, rows) = (folder.path().join("migrations"), folder.path().join("rows"));
            std::fs::create_dir(&migrations).unwrap();
            std::fs::create_dir(&rows).unwrap();
            std::fs::write(migrations.join("0001_person.sql"), PERSON).unwrap();
            std::fs::write(migrations.join("0002_second.sql"), second).unwrap();
            for (file, text) in samples {
                std::fs::write(rows.join(file), text).unwrap();
            }
            outcomes.push(apply_one_by_one(&db, &migrations, &rows).await);
        }
        outcomes
    }

    async fn complaint(second: &str, samples: &[(&str, &str)]) -> String {
        let mut said: Vec<String> = outcome(second, samples).await.into_iter().map(|o| o.unwrap_err()).collect();
        said.dedup();
        said.join("\n")
    }

    #[tokio::test]
    async fn accepts_a_column_with_a_default() {
        let second = "ALTER TABLE person ADD COLUMN muted BIGINT NOT NULL DEFAULT 0;";
        let samples = [("0001.sql", ROW), ("0002.sql", "UPDATE person SET muted = 1;")];
        assert!(outcome(second, &samples).await.iter().all(|o| *o == Ok(2)));
    }

    #[tokio::test]
    async fn takes_the_rows_of_the_dialect_where_there_are_any() {
        let broken = "INSERT INTO nowhere VALUES (1);";
        let samples = [("0001.sql", broken), ("0001.sqlite.sql", ROW), ("0001.postgres.sql", ROW), ("0002.sql", "")];
        assert!(outcome("", &samples).await.iter().all(|o| *o == Ok(2)));
    }

    #[tokio::test]
    async fn refuses_a_required_column_without_default() {
        let second = "ALTER TABLE person ADD COLUMN muted BIGINT NOT NULL;";
        let said = complaint(second, &[("0001.sql", ROW), ("0002.sql", "")]).await;
        assert_eq!(said, "0002_second.sql: person may hold rows: a new NOT NULL column needs a DEFAULT");
    }

    #[tokio::test]
    async fn refuses_a_migration_without_sample_rows() {
        let said = complaint("", &[("0001.sql", ROW)]).await;
        assert!(said.starts_with("0002_second.sql: no sample rows. Write tests/migrations/0002.sql"), "{said}");
    }

    #[tokio::test]
    async fn refuses_a_new_table_left_empty() {
        let said = complaint("CREATE TABLE unit (id BIGINT);", &[("0001.sql", ROW), ("0002.sql", "")]).await;
        assert_eq!(said, "0002_second.sql: no sample row for unit; add one to 0002.sql");
    }

    #[tokio::test]
    async fn refuses_a_migration_that_the_rows_contradict() {
        let rows = "INSERT INTO person (id, name) VALUES (1, 'a'), (2, 'a');";
        let samples = [("0001.sql", rows), ("0002.sql", "")];
        let said = complaint("CREATE UNIQUE INDEX one ON person (name);", &samples).await;
        assert!(said.starts_with("0002_second.sql: "), "{said}");
    }

    #[test]
    fn refuses_a_file_without_a_number() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("first.sql"), PERSON).unwrap();
        let said = read_steps(folder.path()).map(|steps| steps.len()).unwrap_err();
        assert_eq!(said, "first.sql: name it <number>_<what_it_does>.sql");
    }
}
