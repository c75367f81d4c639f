//! The files of the repository, as text and as syntax. Knows no rule.

use proc_macro2::{Span, TokenStream, TokenTree};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use syn::visit::Visit;

/// Folders that hold what tools make, at any depth, and git's own.
const MADE: [&str; 6] = [".git", "target", "artifacts", "coverage", "mutants.out", "__pycache__"];

/// One file: its path from the top of the repository with forward slashes, and its text.
pub struct Source {
    pub path: String,
    pub text: String,
}

impl Source {
    /// A file that exists only in a test.
    pub fn planted(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Whether all of this file is test code.
    pub fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name == "tests.rs"
            || name.ends_with("_tests.rs")
            || self.path.split('/').any(|folder| ["tests", "benches", "fuzz"].contains(&folder))
    }

    /// The crate that this file is a source of: `portunus-scope` for `crates/portunus-scope/src/lib.rs`.
    pub fn crate_name(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }

    /// The syntax of this file.
    pub fn syntax(&self) -> syn::File {
        syn::parse_file(&self.text).unwrap_or_else(|error| panic!("{} does not parse: {error}", self.path))
    }

    /// The lines of items under `#[cfg(test)]`, and of files that are tests altogether.
    pub fn test_lines(&self) -> Vec<RangeInclusive<usize>> {
        if self.is_test() {
            return vec![RangeInclusive::new(1, usize::MAX)];
        }
        let mut found = TestItems(Vec::new());
        found.visit_file(&self.syntax());
        found.0
    }

    /// Every token outside of tests, flat, in order. Comments are none, and text in quotes is one token.
    pub fn tokens(&self) -> Vec<TokenTree> {
        let tests = self.test_lines();
        let stream: TokenStream =
            self.text.parse().unwrap_or_else(|error| panic!("{} does not parse: {error}", self.path));
        let mut tokens = Vec::new();
        flatten(stream, &mut tokens);
        tokens.retain(|token| !tests.iter().any(|lines| lines.contains(&line(token.span()))));
        tokens
    }

    /// `path:line`, for the report of a rule.
    pub fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }
}

/// The line that something starts on, from 1.
pub fn line(span: Span) -> usize {
    span.start().line
}

/// A stream as a flat list; a group's delimiters are left out, so that a path in brackets is found too.
fn flatten(stream: TokenStream, into: &mut Vec<TokenTree>) {
    for token in stream {
        match token {
            TokenTree::Group(group) => flatten(group.stream(), into),
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => into.push(token),
        }
    }
}

struct TestItems(Vec<RangeInclusive<usize>>);

impl<'ast> Visit<'ast> for TestItems {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let end = module.content.as_ref().map_or(module.ident.span(), |(braces, _)| braces.span.close());
        self.keep(&module.attrs, module.mod_token.span, end);
        syn::visit::visit_item_mod(self, module);
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.keep(&function.attrs, function.sig.fn_token.span, function.block.brace_token.span.close());
    }

    fn visit_item_impl(&mut self, block: &'ast syn::ItemImpl) {
        self.keep(&block.attrs, block.impl_token.span, block.brace_token.span.close());
        syn::visit::visit_item_impl(self, block);
    }

    fn visit_item_use(&mut self, import: &'ast syn::ItemUse) {
        self.keep(&import.attrs, import.use_token.span, import.semi_token.span);
    }
}

impl TestItems {
    fn keep(&mut self, attributes: &[syn::Attribute], from: Span, to: Span) {
        if let Some(attribute) = attributes.iter().find(|attribute| is_cfg_test(attribute)) {
            self.0.push(line(attribute.pound_token.span).min(line(from))..=to.end().line);
        }
    }
}

/// Whether an attribute is `#[cfg(test)]`.
fn is_cfg_test(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
}

/// The top of the repository.
pub fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every text file of the repository but what tools make, in the order of the paths.
pub fn all() -> Vec<Source> {
    let mut files = Vec::new();
    walk(&top(), "", &mut files);
    files.sort_by(|left, right| left.path.cmp(&right.path));
    assert!(files.len() > 20, "the repository has been looked for in the wrong place");
    files
}

/// Every Rust file of the repository.
pub fn rust() -> Vec<Source> {
    all().into_iter().filter(|file| file.path.ends_with(".rs")).collect()
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the repository can be read") {
        let entry = entry.expect("an entry of a folder can be read");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
        let kind = entry.file_type().expect("an entry has a type");
        if kind.is_dir() && !MADE.contains(&name.as_str()) {
            walk(&entry.path(), &path, files);
        } else if kind.is_file()
            && let Ok(text) = std::fs::read_to_string(entry.path())
        {
            files.push(Source { path, text });
        }
    }
}

/// Fails with all the places that break a rule.
pub fn nowhere(rule: &str, offences: &[String]) {
    assert!(offences.is_empty(), "{rule}:\n  {}", offences.join("\n  "));
}

#[test]
fn test_code_is_told_from_the_rest() {
    let file = Source::planted(
        "crates/portunus/src/lib.rs",
        "//! A.\nfn kept() {}\n#[cfg(test)]\nmod tests {\n    fn gone() {}\n}\nfn also() {}\n",
    );
    let names: Vec<String> = file.tokens().iter().map(ToString::to_string).collect();
    assert!(names.contains(&"kept".to_owned()) && names.contains(&"also".to_owned()));
    assert!(!names.contains(&"gone".to_owned()));
    assert!(Source::planted("crates/portunus/src/door/tests.rs", "").is_test());
    assert!(!Source::planted("crates/portunus/src/contests.rs", "").is_test());
}
