"""A python-telegram-bot bot, written as its manual shows: sends a button, waits for a press, answers it, edits, stops.

Arguments: server address, token, chat id.
"""

import sys

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.constants import ParseMode
from telegram.ext import Application, CallbackQueryHandler, CommandHandler

SERVER, TOKEN, CHAT = sys.argv[1], sys.argv[2], int(sys.argv[3])


async def send(application):
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("已阅", callback_data="round:1")]])
    await application.bot.set_my_commands([("today", "今天的小知识")])
    sent = await application.bot.send_message(
        CHAT, "<b>学习</b>一条", parse_mode=ParseMode.HTML, reply_markup=keyboard
    )
    assert sent.entities[0].type == "bold", sent
    document = await application.bot.send_document(CHAT, b"a,b\n", filename="a.csv", caption="表")
    assert document.document.file_name == "a.csv", document


async def pressed(update: Update, context):
    query = update.callback_query
    assert query.data == "round:1", query
    await query.answer(f"已记录 {query.from_user.id}")
    await query.edit_message_text("学习一条 · 已阅1人")


async def start(update: Update, context):
    await update.message.reply_text(f"你好，{context.args[0]}")
    context.application.stop_running()


application = Application.builder().token(TOKEN).base_url(f"{SERVER}/bot").post_init(send).build()
application.add_handler(CallbackQueryHandler(pressed))
application.add_handler(CommandHandler("start", start))
application.run_polling(timeout=2, allowed_updates=Update.ALL_TYPES)
