//! The rule that no file is forgotten: every Rust file is compiled by some target, so every test in it runs.

use super::arrows::{list, metadata};
use super::tree::{self, Source, nowhere, top};
use std::collections::BTreeSet;

/// The files that a file names with `mod name;`, as paths that may exist.
fn modules(file: &Source, is_root: bool) -> Vec<String> {
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let name = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
    let below = if is_root || name == "mod" { folder.to_owned() } else { format!("{folder}/{name}") };
    let mut found = Vec::new();
    named(&file.syntax().items, folder, &below, &mut found);
    found
}

fn named(items: &[syn::Item], folder: &str, below: &str, found: &mut Vec<String>) {
    for item in items {
        let syn::Item::Mod(module) = item else { continue };
        let name = module.ident.to_string();
        match (&module.content, path_of(module)) {
            (Some((_, inner)), _) => named(inner, folder, &format!("{below}/{name}"), found),
            (None, Some(path)) => found.push(plain(&format!("{folder}/{path}"))),
            (None, None) => found.extend([format!("{below}/{name}.rs"), format!("{below}/{name}/mod.rs")]),
        }
    }
}

/// The text of `#[path = "…"]`.
fn path_of(module: &syn::ItemMod) -> Option<String> {
    module.attrs.iter().find_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        syn::Meta::Path(_) | syn::Meta::List(_) | syn::Meta::NameValue(_) => None,
    })
}

/// A path without its `..` segments.
fn plain(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            ".." => drop(segments.pop()),
            "." | "" => {}
            name => segments.push(name),
        }
    }
    segments.join("/")
}

/// Files that no root leads to.
fn forgotten(roots: &BTreeSet<String>, files: &[Source]) -> Vec<String> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<String> = roots.iter().cloned().collect();
    while let Some(path) = open.pop() {
        let Some(file) = files.iter().find(|file| file.path == path) else { continue };
        if reached.insert(path.clone()) {
            open.extend(modules(file, roots.contains(&path)));
        }
    }
    files.iter().map(|file| file.path.clone()).filter(|path| !reached.contains(path)).collect()
}

/// The files that cargo starts to compile from.
fn roots() -> BTreeSet<String> {
    let home = top().canonicalize().expect("the repository has a place");
    let mut roots = BTreeSet::new();
    for manifest in ["Cargo.toml", "fuzz/Cargo.toml"] {
        if !home.join(manifest).exists() {
            continue;
        }
        for target in
            list(&metadata(manifest), "packages").iter().flat_map(|package| list(package, "targets"))
        {
            let path = std::path::Path::new(target["src_path"].as_str().unwrap());
            let path = path.canonicalize().expect("a target's source exists");
            let path = path.strip_prefix(&home).expect("a target lies in the repository");
            roots.insert(path.to_string_lossy().replace('\\', "/"));
        }
    }
    roots
}

/// Transcripts that no test runs: a test names them as text, by a pattern that ends in `/*.trycmd` or `/*.toml`.
fn transcripts_not_run(files: &[Source]) -> Vec<String> {
    let mut offences = Vec::new();
    for transcript in files.iter().filter(|file| file.path.ends_with(".trycmd")) {
        let (folder, _) = transcript.path.rsplit_once('/').unwrap_or_default();
        let pattern = format!("{}/*.trycmd", folder.rsplit('/').next().unwrap_or_default());
        let run = files
            .iter()
            .any(|file| file.path.ends_with(".rs") && file.is_test() && file.text.contains(&pattern));
        if !run {
            offences.push(transcript.path.clone());
        }
    }
    offences
}

#[test]
fn every_source_belongs_to_a_target() {
    nowhere("nothing compiles these files", &forgotten(&roots(), &tree::rust()));
}

#[test]
fn every_transcript_is_run() {
    nowhere("no test runs these transcripts", &transcripts_not_run(&tree::all()));
    let transcript = Source::planted("crates/portunus-cli/tests/cmd/init.trycmd", "");
    assert_eq!(transcripts_not_run(&[transcript]).len(), 1);
}

#[test]
fn a_file_without_a_way_to_it_is_found() {
    let root = "//! A.\nmod a;\n#[cfg(test)]\nmod tests;\n#[path = \"../odd/place.rs\"]\nmod odd;\nmod inline {\n    mod deep;\n}\n";
    let files: Vec<Source> = [
        ("c/src/lib.rs", root),
        ("c/src/a.rs", "mod b;"),
        ("c/src/a/b.rs", ""),
        ("c/src/a/tests.rs", ""),
        ("c/src/tests.rs", ""),
        ("c/odd/place.rs", ""),
        ("c/src/inline/deep.rs", ""),
        ("c/tests/lost.rs", ""),
    ]
    .into_iter()
    .map(|(path, text)| Source::planted(path, text))
    .collect();
    let roots = BTreeSet::from(["c/src/lib.rs".to_owned()]);
    assert_eq!(forgotten(&roots, &files), ["c/src/a/tests.rs", "c/tests/lost.rs"]);
}
