//! Rules about manifests: every crate takes its lints and its metadata from the workspace, and its packages by name.

use super::tree::{self, Source, nowhere};

/// What every crate of `crates/` says.
const CRATE_LINES: [&str; 9] = [
    "version.workspace = true",
    "edition.workspace = true",
    "rust-version.workspace = true",
    "license.workspace = true",
    "authors.workspace = true",
    "categories.workspace = true",
    "keywords.workspace = true",
    "[lints]",
    "workspace = true",
];

/// What the other packages of the workspace say: they are never published, and tests and benches may unwrap.
const ROOM_LINES: [&str; 3] =
    ["edition.workspace = true", "rust-version.workspace = true", "publish = false"];

/// One of these is said by the other packages too.
const ROOM_LINTS: [&str; 2] = ["workspace = true", "unsafe_code = \"forbid\""];

fn not_inheriting(files: &[Source]) -> Vec<String> {
    let mut offences = Vec::new();
    for file in
        files.iter().filter(|file| file.path.ends_with("/Cargo.toml") && !file.path.starts_with("fuzz/"))
    {
        let says = |wanted: &&&str| file.text.lines().any(|line| line == **wanted);
        // A crate that is never published is a tool that tests.
        let is_crate = file.crate_name().is_some() && !says(&&"publish = false");
        let wanted = if is_crate { &CRATE_LINES[..] } else { &ROOM_LINES[..] };
        let missing = wanted.iter().filter(|wanted| !says(wanted));
        offences.extend(missing.map(|missing| format!("{} does not say `{missing}`", file.path)));
        if !is_crate && !ROOM_LINTS.iter().any(|wanted| says(&wanted)) {
            offences.push(format!("{} has no lints", file.path));
        }
    }
    offences
}

/// Dependencies of crates that give a version of their own instead of the workspace's.
fn own_versions(files: &[Source]) -> Vec<String> {
    let mut offences = Vec::new();
    for file in
        files.iter().filter(|file| file.path.ends_with("/Cargo.toml") && !file.path.starts_with("fuzz/"))
    {
        let mut section = "";
        for (index, line) in file.text.lines().enumerate() {
            let line = line.trim();
            if line.starts_with('[') {
                section = line;
            } else if section.contains("dependencies")
                && line.contains('=')
                && !line.contains("workspace = true")
            {
                offences.push(format!("{} `{line}`", file.place(index + 1)));
            }
        }
    }
    offences
}

#[test]
fn every_crate_inherits_lints_and_metadata() {
    nowhere("these manifests go their own way", &not_inheriting(&tree::all()));
    let bare = "[package]\nname = \"a\"\nversion = \"0.1.0\"\n";
    assert_eq!(not_inheriting(&[Source::planted("crates/a/Cargo.toml", bare)]).len(), CRATE_LINES.len());
    assert_eq!(not_inheriting(&[Source::planted("benches/Cargo.toml", bare)]).len(), ROOM_LINES.len() + 1);
}

#[test]
fn versions_of_packages_stand_in_one_place() {
    nowhere("these dependencies do not take the workspace's version", &own_versions(&tree::all()));
    let own = "[dependencies]\nserde.workspace = true\nredb = \"4\"\n";
    assert_eq!(own_versions(&[Source::planted("crates/a/Cargo.toml", own)]).len(), 1);
}
