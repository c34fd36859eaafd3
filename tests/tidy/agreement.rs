//! Files that describe each other agree.

use std::collections::BTreeSet;

use syn::visit::Visit;

use crate::source::{Finding, Source, has_extension, is_ident, string_literals};

/// Read by the logging library itself, hence absent from config.rs.
const KEYS_READ_ELSEWHERE: &[&str] = &["RUST_LOG"];

/// `.env.example` documents every key that config reads, and no other.
pub(crate) fn environment_keys(sources: &[Source]) -> Vec<Finding> {
    let config: Vec<&Source> =
        sources.iter().filter(|s| s.path.starts_with("src/") && s.module()[0] == "config").collect();
    let Some(first) = config.first() else { return Vec::new() };
    let Some(example) = sources.iter().find(|s| s.path == ".env.example") else {
        return vec![first.finding(1, "write .env.example: every key, its default and what it does")];
    };
    let literals = config.iter().flat_map(|s| string_literals(s.product_tokens()).into_iter().map(move |l| (*s, l)));
    let read: Vec<(&Source, usize, String)> =
        literals.filter(|(_, (_, text))| is_key(text)).map(|(s, (line, text))| (s, line, text)).collect();
    let shown: Vec<(usize, &str)> =
        example.text.lines().enumerate().filter_map(|(at, l)| Some((at + 1, key_of(l)?))).collect();
    let missing = read.iter().filter(|(_, _, key)| !shown.iter().any(|(_, shown)| shown == key));
    let mut found: Vec<Finding> =
        missing.map(|(s, line, key)| s.finding(*line, format!("document {key} in .env.example"))).collect();
    let stale =
        shown.iter().filter(|(_, key)| !KEYS_READ_ELSEWHERE.contains(key) && !read.iter().any(|(_, _, k)| k == key));
    found.extend(stale.map(|(line, key)| example.finding(*line, format!("{key} is read nowhere; remove it"))));
    found
}

/// `QINGFENG_TZ`, `DATABASE_URL`: capitals with an underscore inside.
fn is_key(text: &str) -> bool {
    let inner = text.trim_matches('_');
    inner.len() == text.len()
        && text.contains('_')
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// The key of `KEY=value` or of `# KEY=value`, the form of a key that is off.
fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.trim_start_matches(['#', ' ']).split_once('=')?;
    is_key(key).then_some(key)
}

/// Each migration exists for both databases, under the same name.
pub(crate) fn migration_folders(sources: &[Source]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (here, there) in
        [("migrations/sqlite/", "migrations/postgres/"), ("migrations/postgres/", "migrations/sqlite/")]
    {
        for source in sources.iter().filter(|s| s.path.starts_with(here)) {
            let twin = source.path.replacen(here, there, 1);
            if !sources.iter().any(|s| s.path == twin) {
                found.push(source.finding(1, format!("write its twin {twin}")));
            }
        }
    }
    found
}

/// SQL is not checked when it is compiled, so each function of the store is run on both databases.
pub(crate) fn store_functions(sources: &[Source]) -> Vec<Finding> {
    let suite = |s: &&Source| s.path == "tests/store.rs" || s.path.starts_with("tests/store/");
    let mut called = BTreeSet::new();
    for source in sources.iter().filter(suite) {
        collect_idents(source.tokens(), &mut called);
    }
    let mut found = Vec::new();
    for source in sources.iter().filter(|s| s.path == "src/store.rs" || s.path.starts_with("src/store/")) {
        let Ok(file) = syn::parse_file(&source.text) else { continue };
        let mut functions = PublicAsync { found: Vec::new() };
        functions.visit_file(&file);
        let missing = functions.found.into_iter().filter(|(_, name)| !called.contains(name));
        found.extend(missing.map(|(line, name)| {
            source.finding(line, format!("call {name} in tests/store.rs or tests/store/: both databases must run it"))
        }));
    }
    found
}

fn collect_idents(stream: proc_macro2::TokenStream, into: &mut BTreeSet<String>) {
    for token in stream {
        match token {
            proc_macro2::TokenTree::Ident(ident) => {
                into.insert(ident.to_string());
            }
            proc_macro2::TokenTree::Group(group) => collect_idents(group.stream(), into),
            proc_macro2::TokenTree::Punct(_) | proc_macro2::TokenTree::Literal(_) => {}
        }
    }
}

struct PublicAsync {
    found: Vec<(usize, String)>,
}

impl PublicAsync {
    fn add(&mut self, visibility: &syn::Visibility, signature: &syn::Signature) {
        if matches!(visibility, syn::Visibility::Public(_)) && signature.asyncness.is_some() {
            self.found.push((signature.ident.span().start().line, signature.ident.to_string()));
        }
    }
}

impl<'ast> Visit<'ast> for PublicAsync {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.vis, &item.sig);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.vis, &item.sig);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_ident(Some(&proc_macro2::TokenTree::Ident(item.ident.clone())), "tests") {
            syn::visit::visit_item_mod(self, item);
        }
    }
}

/// `make x` in a document is a target of the Makefile.
pub(crate) fn make_targets(sources: &[Source]) -> Vec<Finding> {
    let Some(makefile) = sources.iter().find(|s| s.path == "Makefile") else { return Vec::new() };
    let targets: BTreeSet<&str> = makefile
        .text
        .lines()
        .filter(|line| !line.starts_with(['\t', '.', '#']))
        .filter_map(|l| Some(l.split_once(':')?.0))
        .collect();
    let documents = sources.iter().filter(|s| !s.path.contains('/') && has_extension(&s.path, "md"));
    documents.flat_map(|document| unknown_targets(document, &targets)).collect()
}

/// Commands stand in back-quotes or alone on a line of a fenced block.
fn unknown_targets(document: &Source, targets: &BTreeSet<&str>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (at, line) in document.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let shell = line.trim_start().trim_start_matches("$ ");
        let quoted = line.split('`').skip(1).step_by(2);
        for command in quoted.chain(fenced.then_some(shell)) {
            let Some(rest) = command.strip_prefix("make ") else { continue };
            let target = rest.split_whitespace().next().unwrap_or_default();
            if !targets.contains(target) {
                found.push(document.finding(at + 1, format!("the Makefile has no target {target}")));
            }
        }
    }
    found
}

/// A promise in the README names a test, as `module::name`, that exists.
pub(crate) fn promised_tests(sources: &[Source]) -> Vec<Finding> {
    let Some(readme) = sources.iter().find(|s| s.path == "README.md") else { return Vec::new() };
    let suites = || sources.iter().filter(|s| s.path.starts_with("tests/"));
    let exists = |name: &str| suites().any(|suite| suite.text.contains(&format!("fn {name}(")));
    let mut found = Vec::new();
    for (at, line) in readme.text.lines().enumerate().filter(|(_, line)| line.starts_with('|')) {
        for (_, name) in line.split('`').skip(1).step_by(2).filter_map(|quoted| quoted.split_once("::")) {
            if !exists(name) {
                found.push(readme.finding(at + 1, format!("no test is called {name}")));
            }
        }
    }
    found
}

/// Places to die at, where they are and where they are tried.
const CRASH_TRIED: &[&str] = &["tests/faults/stage/points.rs", "tests/faults/stage/setup.rs"];

/// Every place in src at which the program can be made to die is tried by `make faults`, and there is no other.
pub(crate) fn crash_points(sources: &[Source]) -> Vec<Finding> {
    let mut placed: Vec<(&Source, usize, String)> = Vec::new();
    for source in sources.iter().filter(|s| s.path.starts_with("src/")) {
        for (at, line) in source.text.lines().enumerate() {
            let name = line.split_once("crash::point(\"").and_then(|(_, rest)| rest.split('"').next());
            placed.extend(name.map(|name| (source, at + 1, name.to_owned())));
        }
    }
    let tried: Vec<&Source> = sources.iter().filter(|s| CRASH_TRIED.contains(&s.path.as_str())).collect();
    let names = |name: &str| tried.iter().any(|source| source.text.contains(&format!("\"{name}")));
    let untried = placed.iter().filter(|(_, _, name)| !names(name));
    let mut found: Vec<Finding> = untried
        .map(|(source, line, name)| source.finding(*line, format!("try {name} in tests/faults/stage")))
        .collect();
    for source in tried.iter().filter(|s| s.path.ends_with("points.rs")) {
        for (at, line) in source.text.lines().enumerate() {
            let Some((_, name)) = line.trim().strip_prefix("(\"").and_then(|rest| rest.split_once("\", \"")) else {
                continue;
            };
            let name = name.split('"').next().unwrap_or_default();
            if !placed.iter().any(|(_, _, placed)| placed == name) {
                found.push(source.finding(at + 1, format!("{name} is nowhere in src")));
            }
        }
    }
    found
}

/// The table of faults in docs/reliability.md names tests, as `module::name`, that exist; the row of A1 names one that
/// carries `a1` in its name, or says `none:` and why.
pub(crate) fn proved_faults(sources: &[Source]) -> Vec<Finding> {
    let Some(document) = sources.iter().find(|s| s.path == "docs/reliability.md") else { return Vec::new() };
    let rust = || sources.iter().filter(|s| has_extension(&s.path, "rs"));
    let exists = |name: &str| rust().any(|source| source.text.contains(&format!("fn {name}(")));
    let mut found = Vec::new();
    for (at, line) in document.text.lines().enumerate().filter(|(_, line)| line.starts_with('|')) {
        let quoted = line.split('`').skip(1).step_by(2).filter(|quoted| !quoted.contains(' '));
        let tests: Vec<&str> = quoted.filter_map(|quoted| Some(quoted.rsplit_once("::")?.1)).collect();
        for name in tests.iter().filter(|name| !exists(name)) {
            found.push(document.finding(at + 1, format!("no test is called {name}")));
        }
        let number = line.trim_start_matches('|').split('|').next().unwrap_or_default().trim();
        let is_fault = number.len() >= 2
            && number.starts_with(|c: char| ('A'..='E').contains(&c))
            && number[1..].bytes().all(|b| b.is_ascii_digit());
        // One test may hold several: `d3_d4_…`.
        let number = number.to_lowercase();
        let carries = |name: &&str| name.split('_').any(|part| part == number);
        if is_fault && !line.contains("none:") && !tests.iter().any(carries) {
            found.push(document.finding(at + 1, format!("name a test that carries {number}, or `none:` and why")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(rule: fn(&[Source]) -> Vec<Finding>, files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<Source> = files.iter().map(|(path, text)| Source::sample(path, text)).collect();
        rule(&sources).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn keys_missing_on_either_side_are_found() {
        let config = ("src/config.rs", "const A: &str = \"QINGFENG_TZ\";\nconst B: &str = \"DATABASE_URL\";");
        let example = (".env.example", "# The zone.\n# QINGFENG_TZ=Asia/Shanghai\nOLD_KEY=1\nRUST_LOG=info\n");
        let expected = [
            "src/config.rs:2: document DATABASE_URL in .env.example",
            ".env.example:3: OLD_KEY is read nowhere; remove it",
        ];
        assert_eq!(said(environment_keys, &[config, example]), expected);
        assert_eq!(said(environment_keys, &[config]).len(), 1);
        let agreed = (".env.example", "QINGFENG_TZ=\nDATABASE_URL=");
        assert!(said(environment_keys, &[config, agreed]).is_empty());
    }

    #[test]
    fn a_migration_without_twin_is_found() {
        let both = [("migrations/sqlite/0001_a.sql", ""), ("migrations/postgres/0001_a.sql", "")];
        assert!(said(migration_folders, &both).is_empty());
        let expected = ["migrations/postgres/0001_a.sql:1: write its twin migrations/sqlite/0001_a.sql"];
        assert_eq!(said(migration_folders, &both[1..]), expected);
    }

    #[test]
    fn a_store_function_without_test_is_found() {
        let store = (
            "src/store/push.rs",
            "pub async fn open_pushes() {}\nasync fn private() {}\npub fn pure() {}\nimpl S { pub async fn tx(&self) {} }",
        );
        let suite = ("tests/store/push.rs", "async fn t() { assert!(store::push::open_pushes().await); } // tx()");
        let expected = ["src/store/push.rs:4: call tx in tests/store.rs or tests/store/: both databases must run it"];
        assert_eq!(said(store_functions, &[store, suite]), expected);
        assert_eq!(said(store_functions, &[store]).len(), 2);
    }

    #[test]
    fn a_target_that_does_not_exist_is_found() {
        let makefile = ("Makefile", "demo: ## try it\n\tcargo run\n");
        let readme = ("README.md", "Run `make demo`, make sure it works.\n```\nmake test\n```\n`make nothing`");
        let expected =
            ["README.md:3: the Makefile has no target test", "README.md:5: the Makefile has no target nothing"];
        assert_eq!(said(make_targets, &[makefile, readme]), expected);
    }

    #[test]
    fn a_promise_without_test_is_found() {
        let readme =
            ("README.md", "| stored first | `inbox::kept`, `inbox::lost` | `cargo test` |\n`std::env` in prose");
        let suite = ("tests/it/inbox.rs", "async fn kept() {}");
        assert_eq!(said(promised_tests, &[readme, suite]), ["README.md:1: no test is called lost"]);
    }

    #[test]
    fn a_place_to_die_at_that_is_not_tried_is_found() {
        let src = ("src/jobs/send.rs", "crash::point(\"here\");\ncrash::point(\"there\");");
        let tried = ("tests/faults/stage/points.rs", "    (\"a1\", \"here\"),\n    (\"a2\", \"gone\"),");
        let found = [
            "src/jobs/send.rs:2: try there in tests/faults/stage",
            "tests/faults/stage/points.rs:2: gone is nowhere in src",
        ];
        assert_eq!(said(crash_points, &[src, tried]), found);
    }

    #[test]
    fn a_fault_without_its_test_is_found() {
        let document = (
            "docs/reliability.md",
            "| A1 | dies | `it::a1_dies` |\n| A2 | lives | `it::lives` |\n| A3 | - | none: no such thing |\n| A4 | x | `it::a4_x` |",
        );
        let suite = ("tests/it/x.rs", "fn a1_dies() {} fn lives() {}");
        let found = [
            "docs/reliability.md:2: name a test that carries a2, or `none:` and why",
            "docs/reliability.md:4: no test is called a4_x",
        ];
        assert_eq!(said(proved_faults, &[document, suite]), found);
    }
}
