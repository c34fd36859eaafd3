"""Presses counted by an aiogram 3 bot, as its documentation teaches: a dispatcher that polls, a handler for callbacks, one
commit for each press (aiosqlite, WAL, synchronous=FULL), then the answer."""

import asyncio
import os

import aiosqlite
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import CallbackQuery

dispatcher = Dispatcher()


@dispatcher.callback_query()
async def pressed(query: CallbackQuery, database: aiosqlite.Connection) -> None:
    message = query.message
    await database.execute(
        "INSERT OR IGNORE INTO press VALUES (?, ?, ?)", (message.chat.id, message.message_id, query.from_user.id)
    )
    await database.commit()
    await query.answer("已记录")


async def main() -> None:
    api = TelegramAPIServer.from_base(os.environ["TELOXIDE_API_URL"].rstrip("/"))
    bot = Bot(os.environ["TELOXIDE_TOKEN"], session=AiohttpSession(api=api))
    async with aiosqlite.connect("aiogram.db") as database:
        await database.execute("PRAGMA journal_mode = WAL")
        await database.execute("PRAGMA synchronous = FULL")
        await database.execute(
            "CREATE TABLE IF NOT EXISTS press (chat INTEGER, message INTEGER, person INTEGER,"
            " PRIMARY KEY (chat, message, person))"
        )
        await dispatcher.start_polling(bot, database=database)


asyncio.run(main())
