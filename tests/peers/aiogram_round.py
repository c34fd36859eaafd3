"""An aiogram bot, written as its manual shows: sends a button, waits for a press, answers it, edits, stops.

Arguments: server address, token, chat id.
"""

import asyncio
import sys

from aiogram import Bot, Dispatcher
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandObject, CommandStart
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
)

SERVER, TOKEN, CHAT = sys.argv[1], sys.argv[2], int(sys.argv[3])
session = AiohttpSession(api=TelegramAPIServer.from_base(SERVER))
bot = Bot(TOKEN, session=session, default=DefaultBotProperties(parse_mode="HTML"))
dispatcher = Dispatcher()


@dispatcher.startup()
async def send():
    keyboard = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="已阅", callback_data="round:1")]])
    await bot.set_my_commands([BotCommand(command="today", description="今天的小知识")])
    sent = await bot.send_message(CHAT, "<b>学习</b>一条", reply_markup=keyboard)
    assert sent.entities[0].type == "bold", sent
    document = await bot.send_document(CHAT, BufferedInputFile(b"a,b\n", "a.csv"), caption="表")
    assert document.document.file_name == "a.csv", document


@dispatcher.callback_query()
async def pressed(query: CallbackQuery):
    assert query.data == "round:1", query
    await query.answer(f"已记录 {query.from_user.id}")
    await query.message.edit_text("学习一条 · 已阅1人")


@dispatcher.message(CommandStart(deep_link=True))
async def start(message: Message, command: CommandObject):
    await message.answer(f"你好，{command.args}")
    asyncio.create_task(dispatcher.stop_polling())


asyncio.run(dispatcher.start_polling(bot, polling_timeout=2))
