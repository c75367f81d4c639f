//! The rule of the one door: what skips the check says so in its name, and nothing above the view asks for it.

use super::tree::{self, Source, nowhere};
use proc_macro2::TokenTree;
use syn::visit::Visit;

/// What the name of a function begins with that hands out documents nobody has filtered.
const UNFILTERED: &str = "unfiltered_";

/// The crates above the view.
const ABOVE: [&str; 4] = ["portunus", "portunus-wire", "portunus-server", "portunus-cli"];

/// Types of scope that are, or borrow, what a document holds, when they come out of a store.
const DOCUMENTS: [&str; 2] = ["Document", "DocumentRef"];

/// Public functions of scope that return documents and filter nothing, because they make one from what the caller gave.
const MAKERS: [(&str, &str); 0] = [];

/// The files of auth that ask for documents which nobody has filtered, and what becomes of them there. What callers get goes
/// through `sight.rs` in each of them.
const ASKING: [(&str, &str); 14] = [
    ("src/judge/reads.rs", "what a rule reads beside its document, which it decides by and never shows"),
    ("src/explain/case.rs", "the document that an explanation is about, of which only outcomes are told"),
    ("src/explain/reach.rs", "identity documents, of which only those who hold a role by them are told"),
    ("src/open/resolve.rs", "the identity document of a caller"),
    ("src/open/resolve_jwt.rs", "the identity document that a provider maps a subject to"),
    ("src/view.rs", "a document that a change clashes with: only whether it is seen comes of it"),
    ("src/view/backup.rs", "the whole store as bytes, for an administrator of all of it"),
    ("src/view/change.rs", "a document about to be changed, after a look through the sight"),
    ("src/view/create.rs", "a document about to be created"),
    ("src/view/documents.rs", "a document under an id, shown through the sight"),
    ("src/view/login.rs", "whoever logs in: only an identity comes of it"),
    ("src/view/identities.rs", "whether an identity document is there"),
    ("src/view/query/executor.rs", "the documents of a query, shown through the sight"),
    ("src/gate/speed.rs", "a figure beside the real thing"),
];

fn asking_from_above(file: &Source) -> Vec<String> {
    let mut offences = Vec::new();
    for token in file.tokens() {
        if let TokenTree::Ident(word) = &token
            && word.to_string().starts_with(UNFILTERED)
        {
            offences.push(format!("{} {word}", file.place(tree::line(word.span()))));
        }
    }
    offences
}

struct Unnamed<'f> {
    file: &'f Source,
    offences: Vec<String>,
}

impl Unnamed<'_> {
    fn judge(&mut self, visibility: &syn::Visibility, signature: &syn::Signature) {
        let name = signature.ident.to_string();
        let made = MAKERS.iter().any(|(maker, reason)| *maker == name && !reason.is_empty());
        let public = matches!(visibility, syn::Visibility::Public(_));
        if public && hands_out_documents(signature) && !name.starts_with(UNFILTERED) && !made {
            self.offences.push(format!("{} {name}", self.file.place(tree::line(signature.ident.span()))));
        }
    }
}

impl<'ast> Visit<'ast> for Unnamed<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.judge(&function.vis, &function.sig);
    }

    fn visit_item_impl(&mut self, block: &'ast syn::ItemImpl) {
        // A document may hand out itself.
        if !mentions_document(&block.self_ty) {
            syn::visit::visit_item_impl(self, block);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.judge(&function.vis, &function.sig);
    }
}

/// Whether a function returns a document, or calls somebody with one.
fn hands_out_documents(signature: &syn::Signature) -> bool {
    let returned = match &signature.output {
        syn::ReturnType::Type(_, returned) => mentions_document(returned),
        syn::ReturnType::Default => false,
    };
    returned || signature.inputs.iter().any(calls_with_document)
}

fn mentions_document(place: &syn::Type) -> bool {
    let mut names = Names(false);
    names.visit_type(place);
    names.0
}

/// Whether an argument is a function that takes a document: `&mut dyn FnMut(Document)`.
fn calls_with_document(argument: &syn::FnArg) -> bool {
    struct Called(bool);
    impl<'ast> Visit<'ast> for Called {
        fn visit_parenthesized_generic_arguments(
            &mut self,
            arguments: &'ast syn::ParenthesizedGenericArguments,
        ) {
            self.0 |= arguments.inputs.iter().any(|input| mentions_document(&input.ty));
        }
    }
    let mut called = Called(false);
    called.visit_fn_arg(argument);
    called.0
}

struct Names(bool);

impl<'ast> Visit<'ast> for Names {
    fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
        self.0 |= DOCUMENTS.iter().any(|name| segment.ident == name);
        syn::visit::visit_path_segment(self, segment);
    }
}

fn unnamed(file: &Source) -> Vec<String> {
    let mut found = Unnamed { file, offences: Vec::new() };
    found.visit_file(&file.syntax());
    found.offences
}

#[test]
fn nothing_above_the_view_asks_for_the_unfiltered() {
    let above =
        |file: &&Source| file.crate_name().is_some_and(|name| ABOVE.contains(&name)) && !file.is_test();
    let offences: Vec<String> = tree::rust().iter().filter(above).flat_map(asking_from_above).collect();
    nowhere("these lines go around the view", &offences);
    let sneaky =
        Source::planted("crates/portunus/src/read.rs", "//! A.\nfn f(t: T) { t.unfiltered_get(id) }\n");
    assert_eq!(asking_from_above(&sneaky).len(), 1);
}

/// Whether a file asks for documents that nobody has filtered. Records of system collections are no documents of callers.
fn asks_for_unfiltered(file: &Source) -> bool {
    file.tokens().iter().any(|token| {
        let TokenTree::Ident(word) = token else { return false };
        let word = word.to_string();
        word.starts_with(UNFILTERED) && !word.starts_with("unfiltered_system_")
    })
}

#[test]
fn only_a_few_files_of_the_view_ask_for_the_unfiltered() {
    let sources = tree::rust();
    let auth = sources.iter().filter(|file| file.crate_name() == Some("portunus-auth") && !file.is_test());
    let asking: Vec<String> =
        auth.filter(|file| asks_for_unfiltered(file)).map(|file| file.place(0)).collect();
    let is_listed =
        |place: &str| ASKING.iter().any(|(file, _)| place.contains(&format!("portunus-auth/{file}")));
    let offences: Vec<String> = asking.iter().filter(|place| !is_listed(place)).cloned().collect();
    nowhere("these files ask for documents that nobody has filtered, and are not known to", &offences);
    for (file, _) in ASKING {
        let found = asking.iter().any(|place| place.contains(&format!("portunus-auth/{file}")));
        assert!(found, "{file} asks for nothing unfiltered any more");
    }
    let sneaky = Source::planted("crates/portunus-auth/src/a.rs", "fn f(t: T) { t.unfiltered_get(id) }");
    assert!(asks_for_unfiltered(&sneaky));
    let of_system =
        Source::planted("crates/portunus-auth/src/a.rs", "fn f(t: T) { t.unfiltered_system_get(id) }");
    assert!(!asks_for_unfiltered(&of_system));
}

#[test]
fn what_hands_out_documents_below_the_view_says_so() {
    let scope = |file: &&Source| file.crate_name() == Some("portunus-scope") && !file.is_test();
    let offences: Vec<String> = tree::rust().iter().filter(scope).flat_map(unnamed).collect();
    nowhere("the names of these functions do not say that nobody filters what they return", &offences);
    for (text, expected) in [
        ("impl Reader { pub fn get(&self) -> Result<Option<Document>> {} }", 1),
        ("impl Reader { pub fn scan(&self, visit: &mut dyn FnMut(Document) -> bool) {} }", 1),
        ("pub fn all() -> Vec<Document> {}", 1),
        ("impl Reader { pub fn unfiltered_get(&self) -> Result<Option<Document>> {} }", 0),
        ("impl Reader { pub(crate) fn get(&self) -> Result<Option<Document>> {} }", 0),
        ("impl Reader { pub fn put(&self, document: Document) {} }", 0),
        ("impl Document { pub fn copy(&self) -> Document {} }", 0),
        ("impl DocumentRef<'_> { pub fn owned(self) -> Document {} }", 0),
    ] {
        assert_eq!(
            unnamed(&Source::planted("crates/portunus-scope/src/a.rs", text)).len(),
            expected,
            "{text}"
        );
    }
}
