//! The rule that what the facade exports shows itself: in an example that runs, of its own or on the page of its type.
//! Knows the documentation as text, never whether an example is a good one.

use super::tree::{self, Source, nowhere};
use std::collections::BTreeMap;

const FACADE: &str = "crates/portunus/src/lib.rs";

/// Where an exported name is looked for, from the facade downward: the first crate that has it is meant.
const CRATES: [&str; 4] = ["portunus", "portunus-auth", "portunus-scope", "portunus-storage"];

/// What may stand behind the marks of an example that is compiled, run and must not fail.
const RUN: [&str; 3] = ["", "rust", "standalone_crate"];

/// Something public: what it is called, where it stands, and its documentation.
struct Public {
    name: String,
    place: String,
    docs: String,
}

/// The public types, traits and functions of one crate, and the public methods of each type.
#[derive(Default)]
struct Definitions {
    items: Vec<Public>,
    methods: BTreeMap<String, Vec<Public>>,
}

impl Definitions {
    fn of(files: &[Source], crate_name: &str) -> Self {
        let mut found = Self::default();
        for file in files.iter().filter(|file| file.crate_name() == Some(crate_name) && !file.is_test()) {
            for item in file.syntax().items {
                found.add(file, &item);
            }
        }
        found
    }

    fn add(&mut self, file: &Source, item: &syn::Item) {
        let item = match item {
            syn::Item::Struct(item) => public(file, &item.vis, &item.ident, &item.attrs),
            syn::Item::Enum(item) => public(file, &item.vis, &item.ident, &item.attrs),
            syn::Item::Trait(item) => public(file, &item.vis, &item.ident, &item.attrs),
            syn::Item::Type(item) => public(file, &item.vis, &item.ident, &item.attrs),
            syn::Item::Fn(item) => public(file, &item.vis, &item.sig.ident, &item.attrs),
            syn::Item::Impl(block) => return self.add_methods(file, block),
            _ => None,
        };
        self.items.extend(item);
    }

    fn add_methods(&mut self, file: &Source, block: &syn::ItemImpl) {
        let (None, syn::Type::Path(path)) = (&block.trait_, &*block.self_ty) else { return };
        let Some(last) = path.path.segments.last() else { return };
        let methods = self.methods.entry(last.ident.to_string()).or_default();
        methods.extend(block.items.iter().filter_map(|item| match item {
            syn::ImplItem::Fn(method) => public(file, &method.vis, &method.sig.ident, &method.attrs),
            _ => None,
        }));
    }
}

fn public(
    file: &Source,
    visibility: &syn::Visibility,
    name: &syn::Ident,
    attributes: &[syn::Attribute],
) -> Option<Public> {
    let place = file.place(tree::line(name.span()));
    matches!(visibility, syn::Visibility::Public(_)).then(|| Public {
        name: name.to_string().trim_start_matches("r#").to_owned(),
        place,
        docs: documentation(attributes),
    })
}

fn documentation(attributes: &[syn::Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes {
        if let syn::Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("doc")
            && let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(line), .. }) = &pair.value
        {
            text.push_str(line.value().trim());
            text.push('\n');
        }
    }
    text
}

/// What the examples that run show: their lines but those that documentation hides.
fn shown(docs: &str) -> String {
    let mut inside = None;
    let mut text = String::new();
    for line in docs.lines() {
        match (line.strip_prefix("```"), inside) {
            (Some(marks), None) => inside = Some(marks.split(',').all(|mark| RUN.contains(&mark))),
            (Some(_), Some(_)) => inside = None,
            (None, Some(true)) if line != "#" && !line.starts_with("# ") => text.extend([line, "\n"]),
            (None, _) => {}
        }
    }
    text
}

/// Whether code names a method as one: behind a dot, or a type and two colons.
fn uses(code: &str, method: &str) -> bool {
    code.match_indices(method).any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + method.len()..]);
        let before = before.trim_end_matches("r#");
        let ends = !after.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        ends && (before.ends_with('.') || before.ends_with("::"))
    })
}

/// The names that the facade exports, without constants: their one line says all there is to a number.
fn exported(facade: &Source) -> Vec<String> {
    let mut names = Vec::new();
    let mut own = Definitions::default();
    for item in facade.syntax().items {
        own.add(facade, &item);
        if let syn::Item::Use(import) = item
            && matches!(import.vis, syn::Visibility::Public(_))
        {
            leaves(&import.tree, &mut names);
        }
    }
    names.extend(own.items.into_iter().map(|item| item.name));
    names.retain(|name| name.chars().any(char::is_lowercase));
    names
}

fn leaves(tree: &syn::UseTree, names: &mut Vec<String>) {
    match tree {
        syn::UseTree::Path(path) => leaves(&path.tree, names),
        syn::UseTree::Group(group) => group.items.iter().for_each(|item| leaves(item, names)),
        syn::UseTree::Name(name) => names.push(name.ident.to_string()),
        syn::UseTree::Rename(rename) => names.push(rename.ident.to_string()),
        // No item is called that, so it is reported.
        syn::UseTree::Glob(_) => names.push("all of a module".to_owned()),
    }
}

/// Items without an example, and methods that are shown neither on the page of their type nor on one that they refer to.
fn without_example(files: &[Source]) -> Vec<String> {
    let Some(facade) = files.iter().find(|file| file.path == FACADE) else {
        return vec![format!("{FACADE} is missing")];
    };
    let crates = CRATES.map(|name| Definitions::of(files, name));
    let mut offences = Vec::new();
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    let mut methods: Vec<(String, &Public)> = Vec::new();
    for name in exported(facade) {
        let is_there = |definitions: &&Definitions| definitions.items.iter().any(|item| item.name == name);
        let Some(definitions) = crates.iter().find(is_there) else {
            offences.push(format!("{FACADE} exports {name}, which is not found"));
            continue;
        };
        let items = definitions.items.iter().filter(|item| item.name == name);
        let missing = items.clone().filter(|item| shown(&item.docs).is_empty());
        offences.extend(missing.map(|item| format!("{} {name}", item.place)));
        let own = definitions.methods.get(&name).map(Vec::as_slice).unwrap_or_default();
        let page = items.chain(own).map(|public| shown(&public.docs)).collect();
        pages.insert(name.clone(), page);
        methods.extend(own.iter().map(|method| (name.clone(), method)));
    }
    for (name, method) in methods {
        let refers = |other: &str| method.docs.contains(&format!("[`{other}`]"));
        let mut near = pages.iter().filter(|(other, _)| **other == name || refers(other));
        if !near.any(|(_, page)| uses(page, &method.name)) {
            offences.push(format!("{} {name}::{}", method.place, method.name));
        }
    }
    offences
}

#[test]
fn what_the_facade_exports_has_an_example_that_runs() {
    nowhere("no example shows these", &without_example(&tree::rust()));
}

#[test]
fn what_has_no_example_is_found() {
    let check = |below: &str, expected: usize| {
        let facade = "//! A.\nmod a;\npub use a::Here;\npub use portunus_auth::{Below, LIMIT};\n";
        let files = [
            Source::planted(FACADE, facade),
            Source::planted("crates/portunus/src/a.rs", "/// ```\n/// x.far();\n/// ```\npub struct Here;\n"),
            Source::planted("crates/portunus-auth/src/below.rs", below),
            // Further down, and not the one that is meant.
            Source::planted("crates/portunus-scope/src/below.rs", "pub struct Below;\n"),
        ];
        assert_eq!(without_example(&files).len(), expected, "{below}");
    };
    let with = |marks: &str, code: &str, methods: &str| {
        format!(
            "/// A.\n/// ```{marks}\n/// {code}\n/// ```\npub struct Below;\nimpl Below {{ {methods} }}\n"
        )
    };
    check("/// A.\npub struct Below;\n", 1);
    check("pub use deeper::Below;\n", 1);
    check(&with("", "Below;", ""), 0);
    check(&with("rust,standalone_crate", "Below;", ""), 0);
    for marks in ["no_run", "ignore", "text", "compile_fail", "rust,no_run"] {
        check(&with(marks, "Below;", ""), 1);
    }
    check(&with("", "# Below;", ""), 1);
    check(&with("", "Below.go();", "pub fn go(self) {}"), 0);
    check(&with("", "let go = Below::go;", "pub fn go(self) {}"), 0);
    check(&with("", "Below.gone(); go();", "pub fn go(self) {}"), 1);
    check(&with("", "Below;", "pub fn go(self) {} fn hidden(self) {} pub(crate) fn near(self) {}"), 1);
    check(&with("", "Below;", "pub fn far(self) {}"), 1);
    check(&with("", "Below;", "/** See [`Here`]. */ pub fn far(self) {}"), 0);
    check(&with("", "Below;", "/** ```\nBelow.go();\n``` */\npub fn go(self) {}"), 0);
}
