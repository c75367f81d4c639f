//! The rule of one package, one file: within a crate, a package of others is named by one file, so that it can be replaced there.

use super::arrows::{list, metadata};
use super::tree::{self, Source, nowhere};
use proc_macro2::{Spacing, TokenTree};
use std::collections::{BTreeMap, BTreeSet};

/// Where a package may be named, in every crate that has it.
enum Place {
    /// In one file of the crate, whichever it is.
    OneFile,
    /// In this file of the crate alone.
    File(&'static str),
    /// Anywhere, for a reason.
    Anywhere(&'static str),
}

/// Every package that a crate depends on, for itself or for its users, tests aside.
const PACKAGES: [(&str, Place); 43] = [
    ("adya", Place::OneFile),
    ("arc-swap", Place::Anywhere("a published pointer belongs to what it publishes")),
    ("argon2", Place::OneFile),
    ("aws-lc-rs", Place::OneFile),
    ("axum", Place::Anywhere("its types of HTTP are what requests and answers are made of")),
    ("bcrypt", Place::OneFile),
    ("blake3", Place::OneFile),
    ("bumpalo", Place::OneFile),
    ("clap", Place::Anywhere("each command declares its own arguments")),
    ("clap_complete", Place::OneFile),
    ("clap_mangen", Place::OneFile),
    ("comfy-table", Place::OneFile),
    ("crc32fast", Place::OneFile),
    ("crossbeam-channel", Place::Anywhere("a channel has two ends")),
    ("data-encoding", Place::OneFile),
    ("getrandom", Place::OneFile),
    ("http-body-util", Place::OneFile),
    ("hyper", Place::OneFile),
    ("hyper-util", Place::OneFile),
    ("indicatif", Place::OneFile),
    ("jiff", Place::OneFile),
    ("jsonwebtoken", Place::OneFile),
    ("parking_lot", Place::Anywhere("a lock belongs to what it guards")),
    ("phc", Place::OneFile),
    ("quick_cache", Place::OneFile),
    ("redb", Place::OneFile),
    ("regex", Place::OneFile),
    ("rkyv", Place::File("src/stored.rs")),
    ("rpassword", Place::OneFile),
    ("rpds", Place::OneFile),
    ("rustls", Place::OneFile),
    ("scrypt", Place::OneFile),
    ("serde", Place::Anywhere("each type says how it is written")),
    ("serde_json", Place::Anywhere("its value type is part of the interface")),
    ("terminal_size", Place::OneFile),
    ("thiserror", Place::Anywhere("a crate has one error; a command line may have one beside it")),
    ("tokio", Place::Anywhere("what waits says so where it waits")),
    ("toml", Place::OneFile),
    ("tracing", Place::Anywhere("what happens is told where it happens")),
    ("ureq", Place::OneFile),
    ("uuid", Place::OneFile),
    ("xxhash-rust", Place::File("src/record.rs")),
    ("zeroize", Place::Anywhere("each secret type wipes itself")),
];

/// The lines on which a file names a package, tests and comments aside.
fn naming(file: &Source, package: &str) -> Vec<usize> {
    let name = package.replace('-', "_");
    let tokens = file.tokens();
    let separator = |at: usize| is_mark(tokens.get(at), ':') && is_mark(tokens.get(at + 1), ':');
    let word = |at: usize, words: &[&str]| is_word(tokens.get(at), words);
    // Where a module of the same name is declared, the bare name means that.
    let is_module = (0..tokens.len()).any(|at| word(at, &["mod"]) && word(at + 1, &[&name]));
    let mut lines = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| is_word(Some(token), &[&name])) {
        let imported = at >= 1 && word(at - 1, &["use", "crate"]);
        let inside = at >= 2 && separator(at - 2) && is_joint(&tokens[at - 2]);
        let absolute =
            inside && (at < 3 || word(at - 3, &["use"]) || matches!(tokens[at - 3], TokenTree::Punct(_)));
        if absolute || (!is_module && (imported || (separator(at + 1) && !inside))) {
            lines.push(tree::line(token.span()));
        }
    }
    lines
}

fn is_mark(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(found)) if found.as_char() == mark)
}

fn is_joint(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(mark) if mark.spacing() == Spacing::Joint)
}

fn is_word(token: Option<&TokenTree>, words: &[&str]) -> bool {
    matches!(token, Some(TokenTree::Ident(found)) if words.iter().any(|word| found == word))
}

/// `packages` are pairs of a crate and a package that it depends on.
fn scattered(packages: &BTreeSet<(String, String)>, files: &[Source]) -> Vec<String> {
    let mut offences = Vec::new();
    for (member, package) in packages {
        let Some((_, place)) = PACKAGES.iter().find(|(name, _)| name == package) else {
            offences.push(format!("{package} of {member} has no line in the table of this rule"));
            continue;
        };
        let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let own = format!("crates/{member}/");
        for file in files.iter().filter(|file| file.path.starts_with(&own) && !file.is_test()) {
            let lines = naming(file, package);
            if !lines.is_empty() {
                places.insert(file.path.trim_start_matches(&own), lines);
            }
        }
        let fine = match place {
            Place::OneFile => places.len() <= 1,
            Place::File(allowed) => places.keys().all(|path| path == allowed),
            Place::Anywhere(reason) => !reason.is_empty(),
        };
        if !fine {
            offences.push(format!("{package} in {member}: {places:?}"));
        }
    }
    offences
}

fn dependencies() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for package in list(&metadata("Cargo.toml"), "packages") {
        let member = package["name"].as_str().unwrap().to_owned();
        for dependency in list(package, "dependencies").iter().filter(|it| it["kind"] != "dev") {
            let name = dependency["name"].as_str().unwrap();
            if !name.starts_with("portunus") {
                found.insert((member.clone(), name.to_owned()));
            }
        }
    }
    found
}

#[test]
fn one_package_is_named_by_one_file() {
    let dependencies = dependencies();
    nowhere("these packages are named in too many places", &scattered(&dependencies, &tree::rust()));
    let is_used = |name: &str| dependencies.iter().any(|(_, package)| package == name);
    let unused = PACKAGES.iter().map(|(name, _)| *name).filter(|name| !is_used(name)).map(str::to_owned);
    nowhere("no crate depends on these packages", &unused.collect::<Vec<_>>());
}

#[test]
fn every_way_to_name_a_package_is_found() {
    for (text, expected) in [
        ("use redb::Database;", 1),
        ("pub use redb::Database;", 1),
        ("use redb as storage;", 1),
        ("use ::redb::Database;", 1),
        ("extern crate redb;", 1),
        ("fn f(a: redb::Database) -> ::redb::Error {}", 2),
        ("fn f() { vec![redb::Database::create(p)] }", 1),
        ("use {redb::Database, std::fmt};", 1),
        ("mod redb;\nuse crate::redb::Engine;\nuse self::redb::Other;\npub use redb::create;", 0),
        ("mod redb;\nuse ::redb::Database;", 1),
        ("// redb::Database\nfn f() { print(\"redb::Database\") }", 0),
        ("#[cfg(test)]\nmod tests {\n    use redb::Database;\n}", 0),
    ] {
        let file = Source::planted("crates/portunus-storage/src/a.rs", &format!("//! A.\n{text}\n"));
        assert_eq!(naming(&file, "redb").len(), expected, "{text}");
    }
}

#[test]
fn a_package_in_two_files_or_in_the_wrong_one_is_found() {
    let pair = |member: &str, package: &str| BTreeSet::from([(member.to_owned(), package.to_owned())]);
    let file = |path: &str, text: &str| Source::planted(path, &format!("//! A.\n{text}\n"));
    let redb = |name: &str| file(&format!("crates/portunus-storage/src/{name}.rs"), "use redb::Key;");
    let check =
        |packages, files: &[Source], expected: usize| assert_eq!(scattered(&packages, files).len(), expected);
    check(pair("portunus-storage", "redb"), &[redb("redb")], 0);
    check(pair("portunus-storage", "redb"), &[redb("redb"), redb("other")], 1);
    check(
        pair("portunus-storage", "redb"),
        &[redb("redb"), file("crates/portunus-cli/src/raw.rs", "use redb::Key;")],
        0,
    );
    check(
        pair("portunus-scope", "rkyv"),
        &[file("crates/portunus-scope/src/stored.rs", "use rkyv::Archive;")],
        0,
    );
    check(
        pair("portunus-scope", "rkyv"),
        &[file("crates/portunus-scope/src/value.rs", "use rkyv::Archive;")],
        1,
    );
    check(pair("portunus-scope", "left-pad"), &[], 1);
}
