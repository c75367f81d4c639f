//! The rule that a secret is never printed by a derived `Debug`. Knows names and types of fields only.

use super::tree::{self, Source, nowhere};
use syn::visit::Visit;

/// Words in the name of a type that holds what nobody may see.
const SECRET_WORDS: [&str; 4] = ["Secret", "Password", "MacKey", "SealKey"];

/// Types with such a word in their name that hold nothing secret, with the reason.
const PLAIN: [(&str, &str); 2] = [
    ("SecretKind", "says which kind of secret it is, which its prefix shows to all"),
    ("SecretScope", "says what a secret is narrowed to: a path and a role"),
];

struct Derived<'f> {
    file: &'f Source,
    offences: Vec<String>,
}

impl Derived<'_> {
    fn judge(&mut self, name: &syn::Ident, attributes: &[syn::Attribute], fields: &[&syn::Type]) {
        let named = SECRET_WORDS.iter().any(|word| name.to_string().contains(word))
            && !PLAIN.iter().any(|(plain, reason)| name == plain && !reason.is_empty());
        let holding = fields.iter().any(|field| holds_a_key(field));
        if (named || holding) && derives_debug(attributes) {
            self.offences.push(format!("{} {name}", self.file.place(tree::line(name.span()))));
        }
    }
}

impl<'ast> Visit<'ast> for Derived<'_> {
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        let fields: Vec<&syn::Type> = item.fields.iter().map(|field| &field.ty).collect();
        self.judge(&item.ident, &item.attrs, &fields);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        let fields = item.variants.iter().flat_map(|variant| variant.fields.iter());
        self.judge(&item.ident, &item.attrs, &fields.map(|field| &field.ty).collect::<Vec<_>>());
    }
}

/// Whether a field's type is one that keys and passwords are kept in: wiped on drop, or 32 bare bytes.
fn holds_a_key(field: &syn::Type) -> bool {
    struct Keys(bool);
    impl<'ast> Visit<'ast> for Keys {
        fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
            self.0 |= segment.ident == "Zeroizing";
            syn::visit::visit_path_segment(self, segment);
        }

        fn visit_type_array(&mut self, array: &'ast syn::TypeArray) {
            let of_bytes = matches!(&*array.elem, syn::Type::Path(path) if path.path.is_ident("u8"));
            let of_32 = matches!(&array.len, syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(length), .. })
                if length.base10_digits() == "32");
            self.0 |= of_bytes && of_32;
        }
    }
    let mut keys = Keys(false);
    keys.visit_type(field);
    keys.0
}

fn derives_debug(attributes: &[syn::Attribute]) -> bool {
    let mut found = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        // A list that does not parse is not accepted by the compiler either.
        let _ = attribute.parse_nested_meta(|derived| {
            found |= derived.path.segments.last().is_some_and(|last| last.ident == "Debug");
            Ok(())
        });
    }
    found
}

fn derived(file: &Source) -> Vec<String> {
    let mut found = Derived { file, offences: Vec::new() };
    found.visit_file(&file.syntax());
    found.offences
}

#[test]
fn no_secret_is_printed_by_a_derived_debug() {
    let offences: Vec<String> = tree::rust()
        .iter()
        .filter(|file| file.crate_name().is_some() && !file.is_test())
        .flat_map(derived)
        .collect();
    nowhere("write `Debug` for these types by hand, without what they hide", &offences);
}

#[test]
fn a_secret_with_a_derived_debug_is_found() {
    for (text, expected) in [
        ("#[derive(Clone, Debug)] struct Secret(String);", 1),
        ("#[derive(std::fmt::Debug)] struct AppSecret { text: String }", 1),
        ("#[derive(Debug)] enum Password { Plain(String) }", 1),
        ("#[derive(Debug)] struct Held { bytes: Zeroizing<Vec<u8>> }", 1),
        ("#[derive(Debug)] struct Held { bytes: Option<zeroize::Zeroizing<[u8; 4]>> }", 1),
        ("#[derive(Debug)] struct Held([u8; 32]);", 1),
        ("#[derive(Debug)] enum Held { Key([u8; 32]), None }", 1),
        ("mod inner { #[derive(Debug)] pub struct SealKey(Vec<u8>); }", 1),
        ("#[derive(Clone)] struct Secret([u8; 32]);", 0),
        ("#[derive(Debug)] enum SecretKind { Key }", 0),
        ("#[derive(Debug)] struct Name { text: String, hash: [u8; 16] }", 0),
    ] {
        assert_eq!(derived(&Source::planted("a.rs", text)).len(), expected, "{text}");
    }
}
