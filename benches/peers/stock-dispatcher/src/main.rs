//! The other side of the comparison: a bot that counts presses on a button through teloxide's stock dispatcher. Each press
//! is one commit to SQLite with the same durability as ours, and only then answered. Started and killed by
//! `scripts/lost-presses.sh`.

use std::env;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use teloxide::prelude::*;

type Done = Result<(), Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Done {
    let url = env::var("TELOXIDE_API_URL")?.parse()?;
    let bot = Bot::new(env::var("TELOXIDE_TOKEN")?).set_api_url(url);
    let options = SqliteConnectOptions::new()
        .filename("stock.db")
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    let table = "CREATE TABLE IF NOT EXISTS press (callback TEXT PRIMARY KEY, person TEXT NOT NULL, data TEXT NOT NULL)";
    sqlx::query(table).execute(&pool).await?;
    let handler = dptree::entry().branch(Update::filter_callback_query().endpoint(pressed));
    Dispatcher::builder(bot, handler).dependencies(dptree::deps![pool]).enable_ctrlc_handler().build().dispatch().await;
    Ok(())
}

async fn pressed(bot: Bot, query: CallbackQuery, pool: SqlitePool) -> Done {
    sqlx::query("INSERT INTO press (callback, person, data) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(&query.id.0)
        .bind(query.from.id.to_string())
        .bind(&query.data)
        .execute(&pool)
        .await?;
    bot.answer_callback_query(query.id).text("已记录").await?;
    Ok(())
}
