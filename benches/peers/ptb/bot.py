"""Presses counted by a python-telegram-bot bot, as its documentation teaches: an application that polls, a handler for
callbacks, updates handled side by side, one commit for each press (aiosqlite, WAL, synchronous=FULL), then the answer."""

import os

import aiosqlite
from telegram import Update
from telegram.ext import Application, CallbackQueryHandler, ContextTypes


async def begin(application: Application) -> None:
    database = await aiosqlite.connect("ptb.db")
    await database.execute("PRAGMA journal_mode = WAL")
    await database.execute("PRAGMA synchronous = FULL")
    await database.execute(
        "CREATE TABLE IF NOT EXISTS press (chat INTEGER, message INTEGER, person INTEGER,"
        " PRIMARY KEY (chat, message, person))"
    )
    application.bot_data["database"] = database


async def pressed(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    query, database = update.callback_query, context.bot_data["database"]
    message = query.message
    await database.execute(
        "INSERT OR IGNORE INTO press VALUES (?, ?, ?)", (message.chat.id, message.message_id, query.from_user.id)
    )
    await database.commit()
    await query.answer("已记录")


builder = Application.builder().token(os.environ["TELOXIDE_TOKEN"])
builder = builder.base_url(os.environ["TELOXIDE_API_URL"].rstrip("/") + "/bot")
application = builder.concurrent_updates(True).connection_pool_size(256).pool_timeout(30).post_init(begin).build()
application.add_handler(CallbackQueryHandler(pressed))
application.run_polling()
