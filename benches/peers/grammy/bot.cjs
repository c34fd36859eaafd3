// Presses counted by a grammY bot with its runner, which handles updates side by side: a handler for callbacks, one commit
// for each press (better-sqlite3, WAL, synchronous=FULL), then the answer.
const { Bot } = require("grammy");
const { run } = require("@grammyjs/runner");
const Database = require("better-sqlite3");

const database = new Database("grammy.db");
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");
database.exec(
  "CREATE TABLE IF NOT EXISTS press (chat INTEGER, message INTEGER, person INTEGER, PRIMARY KEY (chat, message, person))",
);
const add = database.prepare("INSERT OR IGNORE INTO press VALUES (?, ?, ?)");

const apiRoot = process.env.TELOXIDE_API_URL.replace(/\/$/, "");
const bot = new Bot(process.env.TELOXIDE_TOKEN, { client: { apiRoot } });
bot.on("callback_query:data", async (ctx) => {
  const message = ctx.callbackQuery.message;
  add.run(message.chat.id, message.message_id, ctx.from.id);
  await ctx.answerCallbackQuery("已记录");
});
run(bot);
