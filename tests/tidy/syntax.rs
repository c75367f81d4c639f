//! Rules about code as syntax: how long a function is, and words that are not used.

use super::tree::{self, Source, nowhere};
use proc_macro2::{Span, TokenTree};
use syn::visit::Visit;

/// The most lines of a function, from its signature to its closing brace: a screen.
const FUNCTION_LINES_MAX: usize = 70;

/// What stands above a function that is longer, before the reason.
const REASON: &str = "// over 70 lines: ";

struct LongFunctions<'f> {
    file: &'f Source,
    offences: Vec<String>,
}

impl LongFunctions<'_> {
    fn judge(&mut self, signature: &syn::Signature, attributes: &[syn::Attribute], end: Span) {
        let first = tree::line(signature.fn_token.span);
        let lines = end.end().line - first + 1;
        let top = attributes.iter().map(|it| tree::line(it.pound_token.span)).min().unwrap_or(first);
        if lines > FUNCTION_LINES_MAX && !self.reasoned(top.min(first), first) {
            self.offences.push(format!("{} {} has {lines} lines", self.file.place(first), signature.ident));
        }
    }

    /// Whether a reason stands directly above the function, or among its attributes.
    fn reasoned(&self, top: usize, first: usize) -> bool {
        let head = self.file.text.lines().skip(top.saturating_sub(2)).take(first - top + 1);
        head.filter_map(|line| line.trim().strip_prefix(REASON)).any(|reason| reason.len() > 10)
    }
}

impl<'ast> Visit<'ast> for LongFunctions<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.judge(&function.sig, &function.attrs, function.block.brace_token.span.close());
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.judge(&function.sig, &function.attrs, function.block.brace_token.span.close());
        syn::visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(body) = &function.default {
            self.judge(&function.sig, &function.attrs, body.brace_token.span.close());
        }
        syn::visit::visit_trait_item_fn(self, function);
    }
}

fn long_functions(file: &Source) -> Vec<String> {
    let mut found = LongFunctions { file, offences: Vec::new() };
    found.visit_file(&file.syntax());
    found.offences
}

/// Places of words that no code may have: the keyword that lifts the compiler's checks, and the macros of what is not written yet.
fn words(file: &Source) -> Vec<String> {
    let stream: proc_macro2::TokenStream = file.text.parse().expect("the file parses");
    let mut offences = Vec::new();
    words_of(stream, file, &mut offences);
    offences
}

fn words_of(stream: proc_macro2::TokenStream, file: &Source, offences: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => words_of(group.stream(), file, offences),
            TokenTree::Ident(word) => {
                let called =
                    matches!(tokens.get(index + 1), Some(TokenTree::Punct(mark)) if mark.as_char() == '!');
                if *word == "unsafe" || (called && (*word == "todo" || *word == "unimplemented")) {
                    offences.push(format!("{} {word}", file.place(tree::line(word.span()))));
                }
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

#[test]
fn a_function_fits_a_screen_or_says_why_not() {
    let offences: Vec<String> = tree::rust().iter().flat_map(long_functions).collect();
    nowhere("these functions are too long, and no comment right above them gives the reason", &offences);
}

#[test]
fn a_function_too_long_is_found_wherever_it_stands() {
    let body = "    call();\n".repeat(FUNCTION_LINES_MAX - 1);
    let check = |text: String, expected: usize| {
        assert_eq!(long_functions(&Source::planted("a.rs", &text)).len(), expected, "{text}");
    };
    check(format!("fn f() {{\n{body}}}\n"), 1);
    check(format!("impl A {{\nfn f(&self) {{\n{body}}}\n}}\n"), 1);
    check(format!("trait A {{\nfn f(&self) {{\n{body}}}\n}}\n"), 1);
    check(format!("mod a {{\nfn f() {{\n{body}}}\n}}\n"), 1);
    check(format!("fn f() {{\n{}}}\n", body.replacen("    call();\n", "", 1)), 0);
    check(format!("// over 70 lines: a table reads best in one piece.\nfn f() {{\n{body}}}\n"), 0);
    check(format!("// over 70 lines: a table reads best in one piece.\n#[test]\nfn f() {{\n{body}}}\n"), 0);
    check(format!("// over 70 lines: \nfn f() {{\n{body}}}\n"), 1);
    check(format!("// over 70 lines: a table reads best in one piece.\n\nfn f() {{\n{body}}}\n"), 1);
}

#[test]
fn no_code_lifts_the_checks_or_is_unwritten() {
    let offences: Vec<String> = tree::rust().iter().flat_map(words).collect();
    nowhere("these words are not used here", &offences);
    for (text, expected) in [
        ("fn f() { unsafe { g() } }", 1),
        ("fn f() { mac!(unsafe { g() }) }", 1),
        ("fn f() { todo!() }", 1),
        ("fn f() { unimplemented!(\"later\") }", 1),
        ("// unsafe\nfn todo() -> &'static str { \"unsafe todo!()\" }", 0),
    ] {
        assert_eq!(words(&Source::planted("a.rs", text)).len(), expected, "{text}");
    }
}
