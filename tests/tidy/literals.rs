//! Where SQL and people's sentences may stand.

use crate::source::{Finding, Source, string_literals};

/// Finds SQL outside the store.
pub(crate) fn sql(source: &Source) -> Vec<Finding> {
    if source.module().first() == Some(&"store") {
        return Vec::new();
    }
    let literals = string_literals(source.tokens()).into_iter().filter(|(_, text)| is_sql(text));
    literals.map(|(line, _)| source.finding(line, "SQL stands in src/store/ alone; add a function there")).collect()
}

/// Words that follow each other in a statement, in this order.
const STATEMENTS: &[&[&str]] = &[
    &["SELECT", "FROM"],
    &["INSERT", "INTO"],
    &["UPDATE", "SET"],
    &["DELETE", "FROM"],
    &["CREATE", "TABLE"],
    &["ALTER", "TABLE"],
    &["DROP", "TABLE"],
    &["BEGIN", "IMMEDIATE"],
    &["PRAGMA"],
];

/// Capitals anywhere, or any case at the start of the text: "select … from" inside an English sentence is none.
fn is_sql(text: &str) -> bool {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect();
    let upper: Vec<String> = words.iter().map(|word| word.to_uppercase()).collect();
    STATEMENTS.iter().any(|statement| {
        let mut rest = words.iter();
        let capitals = statement.iter().all(|verb| rest.any(|word| word == verb));
        let first = upper.first().is_some_and(|word| word == statement[0]);
        let mut rest = upper.iter();
        capitals || (first && statement.len() > 1 && statement.iter().all(|verb| rest.any(|word| word == verb)))
    })
}

/// Modules that speak to people.
const SPEAKERS: &[&str] = &["message", "cli", "render", "sandbox"];
/// Files whose Chinese is data that other programs or sheets spell the same way, with the reason.
const DATA_WORDS: &[(&str, &str)] = &[
    ("src/domain/word.rs", "kinds and modes as sheets and content files spell them"),
    ("src/domain/roster", "header names and kinds of the roster sheet are its format"),
    ("src/domain/leave", "categories of absence and headers of their sheet are its format"),
    ("src/domain/content", "theme labels and the brackets of placeholders are the content files' format"),
    ("src/domain/quiz", "letters and brackets of citations are the content files' format"),
    ("src/domain/setting", "values of settings are the office's own words"),
    ("src/domain/schedule", "weekdays and deadlines as people write them on the command line"),
    ("src/domain/calendar", "names of festivals are data of the calendar files"),
    ("src/domain/dialogue/day", "days as people type them"),
];
/// Characters of the longest data word. Longer is a sentence.
const DATA_WORD_CHARS_MAX: usize = 16;

/// Finds people's sentences outside the modules that speak; product code only.
pub(crate) fn sentences(source: &Source) -> Vec<Finding> {
    if source.module().first().is_some_and(|module| SPEAKERS.contains(module)) {
        return Vec::new();
    }
    let data = DATA_WORDS.iter().any(|(path, _)| source.path.starts_with(path));
    let literals = string_literals(source.product_tokens());
    let chinese = literals.into_iter().filter(|(_, text)| text.chars().any(is_cjk));
    let refused = chinese.filter(|(_, text)| !(data && is_word(text)));
    let advice = "people's words stand in src/message.rs; return data or an enum here (words of a data format: list the \
                  file in tests/tidy/literals.rs with the reason)";
    refused.map(|(line, _)| source.finding(line, advice)).collect()
}

fn is_cjk(character: char) -> bool {
    matches!(character, '\u{3000}'..='\u{303f}' | '\u{3400}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}')
}

fn is_word(text: &str) -> bool {
    text.chars().count() <= DATA_WORD_CHARS_MAX && !text.contains(['，', '。', '；', '！', '？', '：'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_outside_the_store_is_found() {
        let found =
            |path: &str, literal: &str| sql(&Source::sample(path, &format!("fn f() {{ g({literal:?}); }}"))).len();
        for statement in [
            "SELECT id\n FROM push",
            "select id from push",
            "INSERT INTO push (id) VALUES ($1)",
            "UPDATE push SET state = $1",
            "DELETE FROM push",
            "PRAGMA journal_mode = WAL",
        ] {
            assert_eq!(found("src/office/push.rs", statement), 1, "{statement}");
            assert_eq!(found("src/store/push.rs", statement), 0, "{statement}");
        }
        assert_eq!(found("src/office/push.rs", "could not select an item from the list"), 0);
        assert_eq!(found("src/office/push.rs", "Update the settings"), 0);
        assert_eq!(sql(&Source::sample("src/app.rs", "fn f() { format!(\"DELETE FROM {t}\"); }")).len(), 1);
    }

    #[test]
    fn sentences_outside_the_speakers_are_found() {
        let found = |path: &str, text: &str| sentences(&Source::sample(path, text)).len();
        assert_eq!(found("src/office/push.rs", "const A: &str = \"已记录\";"), 1);
        assert_eq!(found("src/channel.rs", "#[error(\"没有找到\")] struct E;"), 1);
        assert_eq!(found("src/message/ack.rs", "const A: &str = \"已记录\";"), 0);
        assert_eq!(found("src/office/push.rs", "/// 已记录\n// 已记录\nstruct S;"), 0);
        assert_eq!(found("src/office/push.rs", "#[cfg(test)] mod tests { const A: &str = \"张三\"; }"), 0);
    }

    #[test]
    fn data_words_are_words() {
        let found = |text: &str| sentences(&Source::sample("src/domain/roster.rs", text)).len();
        assert_eq!(found("const A: &str = \"党员\";"), 0);
        assert_eq!(found("const A: &str = \"第3行：工号重复，请改正。\";"), 1);
    }
}
