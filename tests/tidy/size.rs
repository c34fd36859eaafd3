//! How long a file and a function may grow, and how much a function may ask for.

use syn::spanned::Spanned;
use syn::visit::Visit;

use crate::source::{Finding, Source, is_rust};

/// Lines of a file, comments and tests included.
const FILE_LINES_MAX: usize = 400;
/// Lines of a function from its name to its closing brace, comments included.
const FUNCTION_LINES_MAX: usize = 70;

/// A file that needs more has a second subject.
pub(crate) fn file(source: &Source) -> Vec<Finding> {
    let lines = source.text.lines().count();
    if !is_rust(&source.path) || lines <= FILE_LINES_MAX {
        return Vec::new();
    }
    vec![source.finding(lines, format!("{lines} lines; split the file by subject (at most {FILE_LINES_MAX})"))]
}

/// A function that needs more hides a second job.
pub(crate) fn functions(source: &Source) -> Vec<Finding> {
    if !is_rust(&source.path) {
        return Vec::new();
    }
    let file = syn::parse_file(&source.text).unwrap_or_else(|e| panic!("{}: {e}", source.path));
    let mut lengths = Lengths { found: Vec::new() };
    lengths.visit_file(&file);
    let long = lengths.found.into_iter().filter(|function| function.lines > FUNCTION_LINES_MAX);
    long.map(|Function { name, line, lines }| {
        source.finding(line, format!("{name} has {lines} lines; move steps of it out (at most {FUNCTION_LINES_MAX})"))
    })
    .collect()
}

/// More parameters than this are a named struct. What every use case and store function is given is not counted.
const CONTEXT: [&str; 3] = ["tx", "ctx", "now"];
/// See above; `self` is not counted either.
const PARAMETERS_MAX: usize = 4;

/// Finds functions of the product that take too much, or a bool that says nothing where it is passed.
pub(crate) fn parameters(source: &Source) -> Vec<Finding> {
    if !is_rust(&source.path) {
        return Vec::new();
    }
    let file: syn::File = syn::parse2(source.product_tokens()).unwrap_or_else(|e| panic!("{}: {e}", source.path));
    let mut parameters = Parameters { found: Vec::new() };
    parameters.visit_file(&file);
    parameters.found.into_iter().map(|(line, advice)| source.finding(line, advice)).collect()
}

struct Parameters {
    found: Vec<(usize, String)>,
}

impl<'ast> Visit<'ast> for Parameters {
    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        // A foreign trait decides about its own signatures.
        if item.trait_.is_none() {
            syn::visit::visit_item_impl(self, item);
        }
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        let line = signature.ident.span().start().line;
        let typed: Vec<&syn::Type> = signature
            .inputs
            .iter()
            .filter_map(|input| match input {
                syn::FnArg::Typed(typed) => Some(&*typed.ty),
                syn::FnArg::Receiver(_) => None,
            })
            .collect();
        let name = &signature.ident;
        let context = signature.inputs.iter().filter(|input| is_context(input)).count();
        let count = typed.len() - context;
        if count > PARAMETERS_MAX {
            self.found
                .push((line, format!("{name} takes {count} parameters; give it a struct (at most {PARAMETERS_MAX})")));
        }
        if typed.iter().any(|ty| matches!(ty, syn::Type::Path(path) if path.path.is_ident("bool"))) {
            self.found.push((line, format!("{name} takes a bool; use an enum, a field of a struct, or two functions")));
        }
    }
}

fn is_context(input: &syn::FnArg) -> bool {
    let syn::FnArg::Typed(typed) = input else { return false };
    let syn::Pat::Ident(name) = &*typed.pat else { return false };
    CONTEXT.iter().any(|context| name.ident == context)
}

struct Function {
    name: String,
    line: usize,
    lines: usize,
}

struct Lengths {
    found: Vec<Function>,
}

impl Lengths {
    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let line = signature.span().start().line;
        let lines = block.span().end().line - line + 1;
        self.found.push(Function { name: signature.ident.to_string(), line, lines });
    }
}

impl<'ast> Visit<'ast> for Lengths {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig, &item.block);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig, &item.block);
        syn::visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.add(&item.sig, block);
        }
        syn::visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function_of(lines: usize) -> Source {
        let body = "    let _ = 1;\n".repeat(lines - 2);
        Source::sample("src/x.rs", &format!("struct S;\nimpl S {{\nfn long() {{\n{body}}}\n}}\n"))
    }

    #[test]
    fn a_long_file_is_found() {
        assert_eq!(file(&Source::sample("src/x.rs", &"//\n".repeat(400))), []);
        assert_eq!(file(&Source::sample("src/x.rs", &"//\n".repeat(401))).len(), 1);
    }

    #[test]
    fn a_long_function_is_found() {
        assert_eq!(functions(&function_of(70)), []);
        let found = functions(&function_of(71));
        assert_eq!(found[0].to_string(), "src/x.rs:3: long has 71 lines; move steps of it out (at most 70)");
    }

    #[test]
    fn too_many_parameters_and_bools_are_found() {
        let found = |text: &str| parameters(&Source::sample("src/x.rs", text)).len();
        assert_eq!(found("impl S { fn f(&self, a: u8, b: u8, c: u8, d: u8) {} }"), 0);
        assert_eq!(found("fn f(a: u8, b: u8, c: u8, d: u8, e: u8) {}"), 1);
        assert_eq!(found("fn f(a: u8, loudly: bool) {}"), 1);
        assert_eq!(found("impl Visitor for S { fn visit_bool(self, v: bool) {} }"), 0);
        assert_eq!(found("#[cfg(test)] mod tests { fn f(expected: bool) {} }"), 0);
    }
}
