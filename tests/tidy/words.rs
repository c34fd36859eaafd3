//! Words that do not belong into a repository. They are put together here so that this file does not hold them itself.

use proc_macro2::{TokenStream, TokenTree};

use crate::source::{Finding, Source, is_ident, is_punct, is_rust};

const PUT_OFF: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
const MACHINE_PATHS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

/// Finds marks of work that was put off.
pub(crate) fn put_off(source: &Source) -> Vec<Finding> {
    find(source, |line| {
        let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| PUT_OFF.contains(&word)).then(|| "do it now, or open an issue and say nothing here".to_owned())
    })
}

/// Finds paths of somebody's machine.
pub(crate) fn machine_paths(source: &Source) -> Vec<Finding> {
    find(source, |line| {
        let starts = |path: &&&str| {
            line.match_indices(**path)
                .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "./_-".contains(c)))
        };
        MACHINE_PATHS.iter().find(starts).map(|path| format!("{path} is a path of one machine; make it relative"))
    })
}

/// Finds numbers of issues in comments: a comment gives the reason itself.
pub(crate) fn issue_numbers(source: &Source) -> Vec<Finding> {
    if !is_rust(&source.path) {
        return Vec::new();
    }
    find(source, |line| {
        let comment = comment_of(line)?;
        let numbered = comment.match_indices('#').any(|(at, _)| is_issue_number(&comment[..at], &comment[at + 1..]));
        numbered.then(|| "give the reason instead of an issue's number".to_owned())
    })
}

/// The text after the first `//` that is not part of an address.
fn comment_of(line: &str) -> Option<&str> {
    let starts = line.match_indices("//").map(|(at, _)| at);
    let mut starts = starts.filter(|at| !line[..*at].ends_with([':', '/']));
    starts.next().map(|at| &line[at..])
}

/// A number that stands alone is one; a character reference, a colour, an anchor of a page and a standard (UAX, PKCS) are not.
fn is_issue_number(before: &str, after: &str) -> bool {
    let digits = after.chars().take_while(char::is_ascii_digit).count();
    let next = after.chars().nth(digits);
    let word = before.split_whitespace().next_back().unwrap_or_default();
    let standard = word.len() > 2 && word.trim_start_matches('(').chars().all(|c| c.is_ascii_uppercase());
    let stands_alone = !standard && !before.ends_with(|c: char| c.is_alphanumeric() || c == '&');
    (1..=5).contains(&digits) && stands_alone && next.is_none_or(|c| !c.is_alphanumeric() && c != ';')
}

/// Finds tests that are switched off.
pub(crate) fn ignored(source: &Source) -> Vec<Finding> {
    ignore_attributes(source.tokens())
        .into_iter()
        .map(|line| source.finding(line, "mend the test or delete it; an ignored test holds nothing"))
        .collect()
}

fn ignore_attributes(stream: TokenStream) -> Vec<usize> {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut lines = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let attribute = is_punct(at.checked_sub(1).and_then(|i| tokens.get(i)), '#');
        if attribute && is_ident(group.stream().into_iter().next().as_ref(), "ignore") {
            lines.push(group.span_open().start().line);
        }
        lines.extend(ignore_attributes(group.stream()));
    }
    lines
}

fn find(source: &Source, rule: impl Fn(&str) -> Option<String>) -> Vec<Finding> {
    let lines = source.text.lines().enumerate();
    lines.filter_map(|(at, line)| rule(line).map(|advice| source.finding(at + 1, advice))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(rule: fn(&Source) -> Vec<Finding>, text: &str) -> Vec<usize> {
        rule(&Source::sample("src/x.rs", text)).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn put_off_work_is_found() {
        for word in PUT_OFF {
            assert_eq!(lines(put_off, &format!("// fine\n// {word}: later")), [2]);
            assert_eq!(lines(put_off, &format!("// {word}S and {}", word.to_lowercase())), [0_usize; 0]);
        }
    }

    #[test]
    fn machine_paths_are_found() {
        for path in MACHINE_PATHS {
            assert_eq!(lines(machine_paths, &format!("let a = \"{path}x\";")), [1]);
            assert_eq!(lines(machine_paths, &format!("let a = \"my{path}x\"; let b = \"..{path}\";")), [0_usize; 0]);
        }
    }

    /// Samples are written with `~`, so that this file holds no number itself.
    fn sharp(text: &str) -> String {
        text.replace('~', "#")
    }

    #[test]
    fn issue_numbers_are_found_in_comments() {
        assert_eq!(lines(issue_numbers, &sharp("// see ~12\nlet a = \"~12\"; // because of (~7)")), [1, 2]);
        assert_eq!(
            lines(issue_numbers, &sharp("let a = \"http://x/~12\"; // &~12; page~3 ~123abc ~1234567 (UAX ~11)")),
            [0_usize; 0]
        );
    }

    #[test]
    fn ignored_tests_are_found() {
        let attribute = format!("#[{}]", "ignore");
        assert_eq!(lines(ignored, &format!("#[test]\n{attribute}\nfn f() {{}}")), [2]);
        assert_eq!(lines(ignored, "// no #[ignored]\nfn ignore() {}"), [0_usize; 0]);
    }
}
