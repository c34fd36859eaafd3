//! One command as a manual page: 用途, 用法, 命令, 参数, 选项, then the examples that stand with the command.
//! Chinese characters are two columns wide and may break anywhere; clap's own layout knows neither.

use clap::builder::{PossibleValue, StyledStr};
use clap::{Arg, ArgAction, Command};

/// Width of a page in columns, the common width of a terminal.
const PAGE: usize = 80;
/// Names wider than this have their text on the next line.
const NAMES: usize = 28;
/// Where the options without a heading of their own stand.
const OPTIONS: &str = "选项";
/// What every command ends with; said once, on the program's own page.
const EXIT_CODES: [(&str, &str); 3] =
    [("0", "办成了"), ("1", "没办成，原因和下一步写在标准错误里"), ("2", "命令写错了")];

/// The page of `command`, which clap has built.
pub(super) fn page(command: &Command) -> String {
    let mut sections = vec![text_section("用途", &purpose(command)), ("用法".to_owned(), usage(command))];
    sections.push(rows_section("命令", &commands(command)));
    sections.push(rows_section("参数", &rows(command.get_positionals())));
    for heading in headings(command) {
        let under = options(command).into_iter().filter(|arg| heading_of(arg) == heading);
        sections.push(rows_section(heading, &rows(under)));
    }
    if is_program(command) {
        sections.push(rows_section("退出码", &EXIT_CODES.map(|(code, text)| (code.to_owned(), text.to_owned()))));
    }
    let mut blocks: Vec<String> = sections
        .into_iter()
        .filter(|(_, lines)| !lines.is_empty())
        .map(|(heading, lines)| format!("{heading}\n{}", lines.join("\n")))
        .collect();
    blocks.extend(command.get_after_long_help().or(command.get_after_help()).map(plain));
    blocks.join("\n\n") + "\n"
}

fn is_program(command: &Command) -> bool {
    command.get_bin_name().is_none_or(|name| !name.contains(' '))
}

fn plain(text: &StyledStr) -> String {
    text.to_string().trim_end().to_owned()
}

fn purpose(command: &Command) -> String {
    command.get_long_about().or(command.get_about()).map(plain).unwrap_or_default()
}

/// clap's usage line without its English words. It knows groups and which arguments are required. Broken between
/// words; what goes on is indented further.
fn usage(command: &Command) -> Vec<String> {
    let line = command.clone().render_usage().to_string();
    let line = line.replace("[OPTIONS]", "[选项]").replace("<COMMAND>", "<命令>").replace("[COMMAND]", "[命令]");
    let mut lines = vec![String::from(" ")];
    for word in line.trim_start_matches("Usage:").split_whitespace() {
        if lines.last().is_some_and(|last| width(last) + 1 + width(word) > PAGE) {
            lines.push(String::from("     "));
        }
        if let Some(last) = lines.last_mut() {
            last.push(' ');
            last.push_str(word);
        }
    }
    lines
}

fn commands(command: &Command) -> Vec<(String, String)> {
    let mut rows: Vec<(String, String)> = command
        .get_subcommands()
        .filter(|sub| !sub.is_hide_set())
        .map(|sub| {
            let about = sub.get_about().or(sub.get_long_about()).map(plain).unwrap_or_default();
            let aliases: Vec<&str> = sub.get_visible_aliases().collect();
            (sub.get_name().to_owned(), about + &note("也作", &aliases))
        })
        .collect();
    if is_program(command) && !rows.is_empty() {
        rows.push(("help".to_owned(), format!("显示某个命令的说明，如{} help {}", command.get_name(), first(&rows))));
    }
    rows
}

fn first(rows: &[(String, String)]) -> &str {
    rows.first().map_or("", |(name, _)| name.as_str())
}

/// The headings of options: the common one, then others in the order they first appear.
fn headings(command: &Command) -> Vec<&str> {
    let mut found = vec![OPTIONS];
    for heading in options(command).into_iter().map(heading_of) {
        if !found.contains(&heading) {
            found.push(heading);
        }
    }
    found
}

/// The command's own options first, then those that every command has, then help and version.
fn options(command: &Command) -> Vec<&Arg> {
    let mut options: Vec<&Arg> = command.get_arguments().filter(|arg| !arg.is_positional()).collect();
    options.sort_by_key(|arg| (is_about_program(arg), arg.is_global_set()));
    options
}

fn is_about_program(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version)
}

fn heading_of(arg: &Arg) -> &str {
    arg.get_help_heading().unwrap_or(OPTIONS)
}

fn rows<'a>(args: impl Iterator<Item = &'a Arg>) -> Vec<(String, String)> {
    args.filter(|arg| !arg.is_hide_set()).map(|arg| (name(arg), description(arg))).collect()
}

fn name(arg: &Arg) -> String {
    match (arg.get_short(), arg.get_long()) {
        (Some(short), Some(_)) => format!("-{short}, {arg}"),
        (None, Some(_)) => format!("    {arg}"),
        (_, None) => arg.to_string(),
    }
}

fn description(arg: &Arg) -> String {
    let mut text = arg.get_long_help().or(arg.get_help()).map(plain).unwrap_or_default();
    if arg.is_required_set() && !arg.is_positional() {
        text.push_str("〔必填〕");
    }
    if matches!(arg.get_action(), ArgAction::Append) && !arg.is_positional() {
        text.push_str("〔可写多次〕");
    }
    let values = arg.get_possible_values();
    let values: Vec<&PossibleValue> = values.iter().filter(|value| !value.is_hide_set()).collect();
    let explained = values.iter().any(|value| value.get_help().is_some());
    if !explained {
        text.push_str(&note("可选", &values.iter().map(|value| value.get_name()).collect::<Vec<_>>()));
    }
    if arg.get_action().takes_values() {
        let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        text.push_str(&note("默认", &defaults.iter().map(AsRef::as_ref).collect::<Vec<_>>()));
    }
    let aliases: Vec<String> =
        arg.get_visible_aliases().unwrap_or_default().iter().map(|name| format!("--{name}")).collect();
    text.push_str(&note("也作", &aliases.iter().map(String::as_str).collect::<Vec<_>>()));
    if explained {
        text.extend(values.into_iter().map(explanation));
    }
    text
}

/// A possible value with its meaning, on a line of its own.
fn explanation(value: &PossibleValue) -> String {
    format!("\n{}：{}", value.get_name(), value.get_help().map(plain).unwrap_or_default())
}

fn note(label: &str, words: &[&str]) -> String {
    if words.is_empty() { String::new() } else { format!("〔{label} {}〕", words.join("、")) }
}

type Section = (String, Vec<String>);

fn text_section(heading: &str, text: &str) -> Section {
    let lines = text.lines().flat_map(|line| wrap(line, PAGE - 2)).map(|line| indented(2, &line)).collect();
    (heading.to_owned(), lines)
}

fn rows_section(heading: &str, rows: &[(String, String)]) -> Section {
    let names = rows.iter().map(|(name, _)| width(name)).filter(|width| *width <= NAMES).max().unwrap_or(NAMES);
    let lines = rows.iter().flat_map(|(name, text)| row(name, text, names)).collect();
    (heading.to_owned(), lines)
}

/// A name and its text beside it, or below it when the name is too wide.
fn row(name: &str, text: &str, names: usize) -> Vec<String> {
    let text: Vec<String> = text.lines().flat_map(|line| wrap(line, PAGE - names - 4)).collect();
    let mut lines: Vec<String> = text.iter().map(|line| indented(names + 4, line)).collect();
    let gap = (names + 2).checked_sub(width(name)).filter(|gap| *gap >= 2);
    match (gap, text.first(), lines.first_mut()) {
        (Some(gap), Some(text), Some(line)) => *line = format!("  {name}{}{text}", " ".repeat(gap)),
        _ => lines.insert(0, format!("  {name}")),
    }
    lines
}

fn indented(columns: usize, line: &str) -> String {
    if line.is_empty() { String::new() } else { format!("{}{line}", " ".repeat(columns)) }
}

/// Columns a text takes in a terminal.
fn width(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// Whether a character is a Chinese one or its punctuation: two columns wide, with a possible break on both sides.
pub(super) fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '“' | '”' | '…' | '—')
}

/// Breaks one paragraph into lines of at most `columns`. No line begins with a closing mark or ends with an opening
/// one. A space between two Chinese characters is left over from joined source lines and is dropped.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in pieces(text) {
        let taken = lines.last().map_or(0, |line| width(line));
        if taken > 0 && taken + width(piece.trim_end()) > columns {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(&piece);
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// The parts of a paragraph that must not be broken.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut previous: Option<char> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == ' ' && previous.is_some_and(is_wide) && chars.peek().copied().is_some_and(is_wide) {
            continue;
        }
        match pieces.last_mut() {
            Some(last) if previous.is_some_and(|previous| holds(previous, c)) => last.push(c),
            Some(_) | None => pieces.push(c.to_string()),
        }
        previous = Some(c);
    }
    pieces
}

/// Whether no line may break between two characters.
fn holds(before: char, after: char) -> bool {
    const OPENING: &str = "（《“〔【";
    const CLOSING: &str = "，。；：、？！）》”〕】 ";
    OPENING.contains(before) || CLOSING.contains(after) || (before != ' ' && !is_wide(before) && !is_wide(after))
}
