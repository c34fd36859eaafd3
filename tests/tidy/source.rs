//! What the rules work on: the repository's texts, and Rust as tokens, which see into macros and skip comments.

use std::fmt;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One text file.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// From the repository's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) path: String,
    /// From 1.
    pub(crate) line: usize,
    /// What to do about it.
    pub(crate) advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.advice)
    }
}

impl Source {
    /// A sample for the rules' own tests.
    pub(crate) fn sample(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub(crate) fn finding(&self, line: usize, advice: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, advice: advice.into() }
    }

    /// The module path of a file under src/: `src/store/staff.rs` is `["store", "staff"]`, `src/main.rs` is `["main"]`.
    pub(crate) fn module(&self) -> Vec<&str> {
        let inner = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        inner.split('/').filter(|part| *part != "mod").collect()
    }

    /// The tokens of a Rust file; empty for other files.
    pub(crate) fn tokens(&self) -> TokenStream {
        if !is_rust(&self.path) {
            return TokenStream::new();
        }
        self.text.parse().unwrap_or_else(|e| panic!("{}: {e}", self.path))
    }

    /// The tokens of a Rust file without `mod tests { … }`; empty for a file that holds only tests.
    pub(crate) fn product_tokens(&self) -> TokenStream {
        if self.path.ends_with("/tests.rs") || self.path.contains("/tests/") {
            return TokenStream::new();
        }
        without_tests(self.tokens())
    }
}

pub(crate) fn is_rust(path: &str) -> bool {
    has_extension(path, "rs")
}

pub(crate) fn has_extension(path: &str, expected: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == expected)
}

pub(crate) fn is_punct(token: Option<&TokenTree>, expected: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == expected)
}

pub(crate) fn is_ident(token: Option<&TokenTree>, expected: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == expected)
}

fn without_tests(stream: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut kept = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let opens = matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        let of_tests = opens && at >= 2 && is_ident(tokens.get(at - 2), "mod") && is_ident(tokens.get(at - 1), "tests");
        match token {
            TokenTree::Group(group) if of_tests => {
                kept.push(TokenTree::Group(proc_macro2::Group::new(group.delimiter(), TokenStream::new())));
            }
            TokenTree::Group(group) => {
                let mut copy = proc_macro2::Group::new(group.delimiter(), without_tests(group.stream()));
                copy.set_span(group.span());
                kept.push(TokenTree::Group(copy));
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => kept.push(token.clone()),
        }
    }
    kept.into_iter().collect()
}

/// Every string literal outside doc comments, with its line.
pub(crate) fn string_literals(stream: TokenStream) -> Vec<(usize, String)> {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Literal(literal) => {
                if let syn::Lit::Str(text) = syn::Lit::new(literal.clone()) {
                    found.push((literal.span().start().line, text.value()));
                }
            }
            TokenTree::Group(group) => {
                let attribute = is_punct(at.checked_sub(1).and_then(|i| tokens.get(i)), '#')
                    || is_punct(at.checked_sub(1).and_then(|i| tokens.get(i)), '!');
                let doc = attribute && is_ident(group.stream().into_iter().next().as_ref(), "doc");
                if !doc {
                    found.extend(string_literals(group.stream()));
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
    found
}

/// Every text file that belongs to the repository: what git does not ignore, without lock file and licence.
pub(crate) fn repository() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let hidden = name.starts_with('.') && !matches!(name.as_str(), ".env.example" | ".ci" | ".config");
        if !hidden && !matches!(name.as_str(), "target" | "data" | "Cargo.lock" | "LICENSE") {
            collect(root, &path, &mut sources);
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

fn collect(root: &Path, path: &Path, sources: &mut Vec<Source>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            collect(root, &entry.unwrap().path(), sources);
        }
        return;
    }
    // Files that are not UTF-8 (images, sheets) are no texts.
    let Ok(text) = std::fs::read_to_string(path) else { return };
    let relative = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
    sources.push(Source { path: relative, text });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_named_as_rust_names_them() {
        assert_eq!(Source::sample("src/store/staff.rs", "").module(), ["store", "staff"]);
        assert_eq!(Source::sample("src/main.rs", "").module(), ["main"]);
    }

    #[test]
    fn literals_are_seen_in_macros_and_not_in_docs_or_comments() {
        let text = "/// \"doc\"\n// \"comment\"\nfn f() { println!(\"in a macro {}\", r#\"raw\"#); }";
        let found = string_literals(Source::sample("src/x.rs", text).tokens());
        assert_eq!(found, [(3, "in a macro {}".to_owned()), (3, "raw".to_owned())]);
    }

    #[test]
    fn test_modules_are_no_product() {
        let text = "const A: &str = \"a\";\n#[cfg(test)]\nmod tests { const B: &str = \"b\"; }\nmod more { const C: &str = \"c\"; }";
        let found = string_literals(Source::sample("src/x.rs", text).product_tokens());
        assert_eq!(found, [(1, "a".to_owned()), (4, "c".to_owned())]);
    }
}
