//! Imports point one way: `main → cli → app → {web, jobs, inbox} → office → ctx → {store, channel, render} → message →
//! domain → ids`. `config`, `clock` and `secret` are leaves below `ctx`; `sandbox` stands apart.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::source::{Finding, Source, is_ident, is_punct};

/// From the top down; a module imports itself and rows below its own, never its neighbours in the row.
const ROWS: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["app"],
    &["web", "jobs", "inbox"],
    &["office"],
    &["ctx"],
    &["store", "channel", "render"],
    &["clock", "stop", "crash"],
    &["message"],
    // Below message, which words what is wrong with a setting or a key file.
    &["config", "secret"],
    &["domain"],
    &["ids"],
];
/// They import nothing of the crate.
const LEAVES: &[&str] = &["config", "clock", "stop", "crash", "secret", "ids"];
/// The demo's second opinion, which shares nothing with what it checks.
const RECOMPUTE: &str = "src/cli/demo/recompute.rs";
const RECOMPUTE_MUST_NOT: &[&str] =
    &["domain", "store", "message", "office", "render", "app", "jobs", "inbox", "config"];

/// A path into the crate, as written anywhere in a file.
struct Reference {
    line: usize,
    /// The module at the crate's root; `*` for all of them.
    module: String,
}

/// Finds imports that point up or sideways.
pub(crate) fn direction(source: &Source) -> Vec<Finding> {
    let module = source.module();
    let from = module.first().copied().unwrap_or_default();
    // lib.rs is the list of modules itself.
    if from == "lib" {
        return Vec::new();
    }
    let mut found = Vec::new();
    if from != "sandbox" && row(from).is_none() {
        let advice = format!("`{from}` has no place in the order of imports; give it a row in tests/tidy/imports.rs");
        found.push(source.finding(1, advice));
    }
    let references = references(source);
    let refused = references.iter().filter_map(|r| refusal(&source.path, from, &r.module).map(|why| (r.line, why)));
    found.extend(refused.map(|(line, why)| source.finding(line, why)));
    found
}

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

/// Why a file of module `from` may not name module `to`; `None` when it may.
fn refusal(path: &str, from: &str, to: &str) -> Option<String> {
    if path == RECOMPUTE && RECOMPUTE_MUST_NOT.contains(&to) {
        return Some(format!(
            "the demo recomputes without `{to}`; read the sandbox's ledger and the cast file instead"
        ));
    }
    if from == to {
        return None;
    }
    if to == "*" {
        return Some("name the module; a glob of the crate's root hides where things come from".to_owned());
    }
    if from == "sandbox" {
        return Some(format!("the sandbox imports nothing of the crate; `{to}` reaches it over HTTP"));
    }
    if to == "sandbox" {
        let user = ["src/cli/sandbox", "src/cli/demo"].iter().any(|verb| path.starts_with(verb));
        return (!user).then(|| "only the verbs `sandbox` and `demo` in cli/ start the sandbox".to_owned());
    }
    if LEAVES.contains(&from) {
        return Some(format!("`{from}` is a leaf; pass in what it needs of `{to}`"));
    }
    let below = matches!((row(from), row(to)), (Some(above), Some(below)) if above < below);
    if !below {
        return Some(format!("`{from}` may not import `{to}`: imports point one way; move the shared part below both"));
    }
    None
}

/// Every `crate::…`, `qingfeng::…` and `super::…` that leaves its top module, in code and inside macros. Unit tests may
/// look up, to see what becomes of a value; those of the sandbox may not, so that it can be lifted out whole.
fn references(source: &Source) -> Vec<Reference> {
    let module = source.module();
    let tokens = if module.first() == Some(&"sandbox") { source.tokens() } else { source.product_tokens() };
    let mut found = Vec::new();
    walk(tokens, &module.iter().map(|m| (*m).to_owned()).collect::<Vec<_>>(), &mut found);
    found
}

fn walk(stream: TokenStream, module: &[String], found: &mut Vec<Reference>) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    for at in 0..tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => {
                let mut inner = module.to_vec();
                if group.delimiter() == Delimiter::Brace
                    && at >= 2
                    && is_ident(tokens.get(at - 2), "mod")
                    && let TokenTree::Ident(name) = &tokens[at - 1]
                {
                    inner.push(name.to_string());
                }
                walk(group.stream(), &inner, found);
            }
            TokenTree::Ident(ident) if starts_path(&tokens, at) => {
                let root = match ident.to_string().as_str() {
                    "crate" | "qingfeng" => Some(at),
                    "super" => above_top(&tokens, at, module.len()),
                    _ => None,
                };
                found.extend(root.into_iter().flat_map(|root| after(&tokens, root)));
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// Whether no `::` stands before the token, which would make it the middle of a path.
fn starts_path(tokens: &[TokenTree], at: usize) -> bool {
    at < 2 || !(is_punct(tokens.get(at - 1), ':') && is_punct(tokens.get(at - 2), ':'))
}

/// The place of the last `super` of a chain that ends at the crate's root.
fn above_top(tokens: &[TokenTree], at: usize, depth: usize) -> Option<usize> {
    let mut last = at;
    let mut steps = 1;
    while is_punct(tokens.get(last + 1), ':')
        && is_punct(tokens.get(last + 2), ':')
        && is_ident(tokens.get(last + 3), "super")
    {
        last += 3;
        steps += 1;
    }
    (steps >= depth).then_some(last)
}

/// The modules named after a path's root: one, or all of a brace group.
fn after(tokens: &[TokenTree], root: usize) -> Vec<Reference> {
    let line = tokens[root].span().start().line;
    if is_ident(tokens.get(root + 1), "as") {
        return vec![Reference { line, module: "*".to_owned() }];
    }
    if !(is_punct(tokens.get(root + 1), ':') && is_punct(tokens.get(root + 2), ':')) {
        return Vec::new();
    }
    match tokens.get(root + 3) {
        Some(TokenTree::Ident(ident)) => vec![Reference { line: ident.span().start().line, module: ident.to_string() }],
        Some(TokenTree::Punct(star)) if star.as_char() == '*' => vec![Reference { line, module: "*".to_owned() }],
        Some(TokenTree::Group(group)) => heads(group.stream()),
        Some(TokenTree::Punct(_) | TokenTree::Literal(_)) | None => Vec::new(),
    }
}

/// The first word of each entry of `{a::b, c::{d, e}}`.
fn heads(stream: TokenStream) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut first = true;
    for token in stream {
        match &token {
            TokenTree::Ident(ident) if first => {
                found.push(Reference { line: ident.span().start().line, module: ident.to_string() });
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Group(_) | TokenTree::Literal(_) => {}
        }
        first = is_punct(Some(&token), ',');
    }
    found
}

/// Words that would let time, files or the network into the domain, with what to do instead.
const IMPURE: &[(&[&str], &str)] = &[
    (&["async"], "domain has no async; return data and let office do the work"),
    (&["await"], "domain has no async; return data and let office do the work"),
    (&["Utc", "now"], "take `now` as an argument"),
    (&["Local", "now"], "take `now` as an argument"),
    (&["SystemTime"], "take `now` as an argument"),
    (&["Instant", "now"], "take `now` as an argument"),
    (&["tokio"], "domain does no I/O; move this to office, store or channel"),
    (&["sqlx"], "domain does not know the database; map rows in store/"),
    (&["reqwest"], "domain does no I/O; move this to channel/"),
    (&["axum"], "domain does no I/O; move this to web/"),
    (&["teloxide"], "domain knows no platform; move this to channel/"),
    (&["std", "fs"], "domain reads no files; take their text as an argument"),
    (&["std", "net"], "domain does no I/O; move this to channel/"),
    (&["std", "env"], "domain reads no environment; take the value as an argument"),
];

/// Finds what makes the domain depend on more than its arguments.
pub(crate) fn purity(source: &Source) -> Vec<Finding> {
    let paths = paths(source.product_tokens());
    let is_impure = |words: &[String]| IMPURE.iter().find(|(bad, _)| words.windows(bad.len()).any(|part| part == *bad));
    paths
        .iter()
        .filter_map(|(line, words)| is_impure(words).map(|(_, advice)| source.finding(*line, *advice)))
        .collect()
}

/// The environment is read once, where its keys are checked and documented.
pub(crate) fn environment(source: &Source) -> Vec<Finding> {
    if source.module().first() == Some(&"config") {
        return Vec::new();
    }
    let reads = |words: &[String]| {
        words
            .windows(2)
            .any(|part| part[0] == "env" && ["var", "var_os", "vars", "vars_os"].contains(&part[1].as_str()))
    };
    let found = paths(source.product_tokens()).into_iter().filter(|(_, words)| reads(words));
    found.map(|(line, _)| source.finding(line, "read the key in src/config.rs and pass the value on")).collect()
}

/// Words joined by `::`, each path with the line of its first word.
fn paths(stream: TokenStream) -> Vec<(usize, Vec<String>)> {
    let mut found: Vec<(usize, Vec<String>)> = Vec::new();
    let mut joined = 0;
    for token in stream {
        match token {
            TokenTree::Ident(ident) => {
                match found.last_mut() {
                    Some((_, words)) if joined == 2 => words.push(ident.to_string()),
                    Some(_) | None => found.push((ident.span().start().line, vec![ident.to_string()])),
                }
                joined = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => joined += 1,
            TokenTree::Group(group) => {
                let inner = paths(group.stream());
                // `std::{fs, net}` is `std::fs` and `std::net`.
                let prefix = if joined == 2 { found.last().map(|(_, words)| words.clone()) } else { None };
                let prefix = prefix.unwrap_or_default();
                found.extend(inner.into_iter().map(|(line, words)| (line, [prefix.clone(), words].concat())));
                joined = 0;
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => joined = 0,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(path: &str, text: &str) -> bool {
        !direction(&Source::sample(path, text)).is_empty()
    }

    #[test]
    fn downward_is_fine() {
        assert!(!refused("src/office/push.rs", "use crate::ctx::Ctx;\nuse crate::{domain::push, ids::PushId};"));
        assert!(!refused("src/cli/push.rs", "use crate::office::push;"));
        assert!(!refused("src/message/config.rs", "use crate::config::Problem;"));
        assert!(!refused("src/config.rs", "#[cfg(test)] mod tests { use crate::message::config; }"));
        assert!(!refused("src/main.rs", "fn main() { qingfeng::cli::run() }"));
        assert!(!refused("src/store/push.rs", "use super::Tx;\nmod inner { use super::super::Tx; }"));
        assert!(!refused("src/cli/demo.rs", "use crate::sandbox::Sandbox;"));
    }

    #[test]
    fn upward_and_sideways_are_found() {
        assert!(refused("src/domain/push.rs", "use crate::store::push;"));
        assert!(refused("src/store/push.rs", "use crate::channel::Telegram;"));
        assert!(refused("src/channel/telegram.rs", "fn f() { let x = crate::store::open(); }"));
        assert!(refused("src/jobs/send.rs", "use crate::inbox;"));
        assert!(refused("src/office/push.rs", "use crate::{\n domain::push,\n cli::word,\n};"));
        assert!(refused("src/config.rs", "use crate::domain::x;"));
        assert!(refused("src/domain/push.rs", "use crate::config::Config;"));
        assert!(refused("src/message.rs", "use crate::clock::Clock;"));
    }

    #[test]
    fn other_spellings_are_found() {
        assert!(refused("src/domain/push.rs", "use super::super::store::push;"));
        assert!(refused("src/domain.rs", "use super::store::push;"));
        assert!(refused("src/domain/push.rs", "fn f() { format!(\"{}\", crate::store::X) }"));
        assert!(refused("src/domain/push.rs", "use crate::*;"));
        assert!(refused("src/domain/push.rs", "use crate as all;"));
        assert!(refused("src/helpers.rs", ""));
    }

    #[test]
    fn the_sandbox_stands_apart() {
        assert!(refused("src/sandbox/api.rs", "use crate::ids::PushId;"));
        assert!(refused("src/sandbox/api.rs", "#[cfg(test)] mod tests { use crate::ids::PushId; }"));
        assert!(!refused("src/sandbox/api.rs", "use crate::sandbox::world::World;"));
        assert!(refused("src/app.rs", "use crate::sandbox::Sandbox;"));
    }

    #[test]
    fn the_recomputation_shares_nothing() {
        assert!(refused(RECOMPUTE, "use crate::domain::word::Kind;"));
        assert!(refused(RECOMPUTE, "use crate::office::report;"));
        assert!(!refused(RECOMPUTE, "use super::cast::Cast;\nuse crate::sandbox::ledger::Ledger;"));
    }

    #[test]
    fn impure_domain_is_found() {
        let lines = |text: &str| purity(&Source::sample("src/domain/x.rs", text)).len();
        assert_eq!(lines("pub async fn f() {}"), 1);
        assert_eq!(lines("fn f() { let t = chrono::Utc::now(); }"), 1);
        assert_eq!(lines("use std::{fmt, fs::File};"), 1);
        assert_eq!(lines("// async, Utc::now\nfn f(now: DateTime<Utc>) -> DateTime<Utc> { now }"), 0);
        assert_eq!(lines("#[cfg(test)] mod tests { fn f() { std::fs::read(\"x\"); } }"), 0);
    }

    #[test]
    fn a_read_of_the_environment_is_found() {
        let text = "fn f() { std::env::var(\"QINGFENG_TZ\"); }";
        assert_eq!(environment(&Source::sample("src/app.rs", text)).len(), 1);
        assert_eq!(environment(&Source::sample("src/config.rs", text)), []);
        assert_eq!(environment(&Source::sample("src/cli.rs", "fn f() { std::env::args(); }")), []);
    }
}
