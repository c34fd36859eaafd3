#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use std::collections::BTreeSet;

use clap::{Command, CommandFactory};
use rstest::rstest;

use super::usage::{Stop, localise, parse};
use super::*;
use crate::render::table::display_width;

/// Columns of a common terminal; examples may run on, to be copied whole.
const PAGE: usize = 80;

fn page(line: &str) -> String {
    let words = line.split(' ').chain(["--help"]);
    match parse::<Cli>(words).expect_err("a page is no command") {
        Stop::Page(page) => page,
        Stop::Mistake(text) => panic!("{line}: {text}"),
    }
}

fn pages(command: &Command, line: &str, found: &mut Vec<(String, String)>) {
    found.push((line.to_owned(), page(line)));
    for sub in command.get_subcommands() {
        pages(sub, &format!("{line} {}", sub.get_name()), found);
    }
}

fn all() -> Vec<(String, String)> {
    let mut found = Vec::new();
    pages(&Cli::command(), "qingfeng", &mut found);
    found
}

#[test]
fn every_page_reads_like_a_manual() {
    let mut of_noun: Vec<(String, Vec<String>)> = Vec::new();
    for (line, page) in all() {
        let noun = line.split(' ').nth(1).unwrap_or("qingfeng").to_owned();
        let text = format!("$ {line} --help\n\n{page}");
        match of_noun.last_mut() {
            Some((known, texts)) if *known == noun => texts.push(text),
            Some(_) | None => of_noun.push((noun, vec![text])),
        }
    }
    for (noun, texts) in of_noun {
        insta::assert_snapshot!(format!("help_{noun}"), texts.join("\n"));
    }
}

#[test]
fn the_command_tree_is_sound() {
    localise(Cli::command()).debug_assert();
}

#[test]
fn every_verb_has_an_example_that_can_be_run() {
    let mut seen = 0;
    for (line, page) in all() {
        let (_, examples) = page.split_once("例子\n").unwrap_or_default();
        let verb = line.split(' ').count() > 2 && !page.contains("\n命令\n");
        assert!(!verb || !examples.is_empty(), "{line} has no example");
        for example in examples.lines().map(str::trim).filter(|example| !example.is_empty()) {
            let parsed = parse::<Cli>(shell_words(example));
            assert!(parsed.is_ok(), "{example}: {parsed:?}");
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
}

/// Words of a shell line with double quotes.
fn shell_words(line: &str) -> Vec<String> {
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

/// Runs of two or more ASCII letters.
fn ascii_words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 1).map(str::to_owned).collect()
}

/// Names that a command line has: commands, options, values, examples.
fn defined(command: &Command, words: &mut BTreeSet<String>) {
    words.extend(ascii_words(command.get_name()));
    words.extend(command.get_after_help().map(|help| ascii_words(&help.to_string())).unwrap_or_default());
    for arg in command.get_arguments() {
        words.extend(arg.get_long().into_iter().flat_map(ascii_words));
        words.extend(arg.get_possible_values().iter().flat_map(|value| ascii_words(value.get_name())));
    }
    command.get_subcommands().for_each(|sub| defined(sub, words));
}

#[test]
fn no_english_stands_in_a_page() {
    // File formats, keys of the environment and of item files, names of products.
    let known = ["JSON", "UTF", "QINGFENG", "OPERATOR", "CONTENT", "DIR", "items", "Telegram", "csv", "xlsx", "md"];
    let known = known.into_iter().chain(["toml", "TOML", "year", "papers", "days"]);
    let known = known
        .into_iter()
        .chain(["leader", "admin", "help", "version", "Ctrl", "SQLite", "TELOXIDE", "API", "URL", "TOKEN"]);
    let mut allowed: BTreeSet<String> = known.map(str::to_owned).collect();
    defined(&Cli::command(), &mut allowed);
    for (line, page) in all() {
        let leaked: Vec<String> = ascii_words(&page).into_iter().filter(|word| !allowed.contains(word)).collect();
        assert_eq!(leaked, Vec::<String>::new(), "{line}\n{page}");
    }
}

#[test]
fn pages_fit_a_terminal() {
    for (line, page) in all() {
        for row in page.lines().filter(|row| !row.contains("qingfeng ")) {
            assert!(display_width(row) <= PAGE, "{line}: {row}");
        }
    }
}

fn parsed(line: &str) -> Cli {
    parse::<Cli>(shell_words(line)).unwrap_or_else(|stop| panic!("{line}: {stop:?}"))
}

#[rstest]
#[case("qingfeng --as G2601 staff list")]
#[case("qingfeng staff list --as G2601")]
#[case("qingfeng staff --as G2601 list --json")]
fn the_staff_number_may_stand_anywhere(#[case] line: &str) {
    assert_eq!(parsed(line).acting_as.as_deref(), Some("G2601"));
}

#[rstest]
#[case("qingfeng group link -1001234567890 --units 综合科 财务科")]
#[case("qingfeng push now --item six-kinds --group -1001234567890 -5")]
#[case("qingfeng schedule add 甲 --cron \"30 9 * * *\" --group -1001234567890")]
#[case("qingfeng schedule edit 甲 --group -1001234567890 --end 2026-12-31")]
fn negative_chat_ids_are_arguments(#[case] line: &str) {
    let text = format!("{:?}", parsed(line).noun);
    assert!(text.contains("\"-1001234567890\""), "{text}");
}

const MISTAKES: [&str; 28] = [
    "qingfeng pusj list",
    "qingfeng push now --item a --group 1 --private 2",
    "qingfeng push now --item a",
    "qingfeng staff invite",
    "qingfeng staff invite G1 --all",
    "qingfeng schedule add 甲 --cron \"30 9 * * *\"",
    "qingfeng schedule add 甲 --cron \"30 9 * * *\" --group 1 --theme gifts --item six-kinds",
    "qingfeng schedule add 甲 --group 1",
    "qingfeng schedule add 甲 --group 1 --cron \"30 9 * * *\" --yearly 12-04 --at 09:30",
    "qingfeng schedule add 甲 --group 1 --cron \"30 9 * * *\" --at 09:30",
    "qingfeng schedule add 甲 --group 1 --yearly 12-04",
    "qingfeng schedule add 甲 --group 1 --before-festival all --at 09:30",
    "qingfeng schedule add 甲 --group 1 --every-weeks 2 --on mon --at 09:30",
    "qingfeng schedule add 甲 --group 1 --once 2026-12-01 --at 09:30 --max-late 5h",
    "qingfeng schedule add 甲 --group 1 --once 2026-12-01 --at 09:30 --end 2026-11-31",
    "qingfeng schedule month 2026-09 --out 九月.pdf",
    "qingfeng schedule export --ics 计划.txt",
    "qingfeng staff leave add G1 --category 生病 --from 2026-09-01",
    "qingfeng staff leave add G1 --category 产假 --from 2026-9-1",
    "qingfeng staff role grant G1 staff",
    "qingfeng report month 2026-9",
    "qingfeng report month 2026-09 --format docx",
    "qingfeng roster template 花名册.csv",
    "qingfeng roster export 花名册.doc",
    "qingfeng push now --item a --group 1 --deadline 明天",
    "qingfeng schedule next 甲 --count 0",
    "qingfeng audit tail --count x",
    "qingfeng --as 张三 staff list",
];

#[test]
fn what_cannot_be_meant_is_a_mistake_of_one_line() {
    let answer = |line: &str| {
        let stop = parse::<Cli>(shell_words(line)).expect_err("a mistake");
        assert_eq!(stop.exit_code(), 2);
        let Stop::Mistake(text) = stop else { panic!("{line} is a page") };
        assert_eq!(text.lines().count(), 1, "{text}");
        format!("$ {line}\n{text}")
    };
    insta::assert_snapshot!(MISTAKES.map(answer).join("\n"));
}
