//! Rules about files as text: how they open, how long they are, and what they never name.

use super::tree::{self, Source, nowhere};

/// The most lines of a source file, tests not counted.
const FILE_LINES_MAX: usize = 600;

/// What a file may not contain, why, and the files that may all the same. Put together here so that this file does not contain it.
fn forbidden() -> Vec<(String, &'static str, &'static [&'static str])> {
    let host = |name: &str, domain: &str| format!("{name}.{domain}");
    vec![
        (format!("..{}shared", '/'), "a path out of the repository", &[".ci/run"]),
        (format!("{}work/", '/'), "a path of one machine", &[]),
        (format!("{}root/", '/'), "a path of one machine", &[]),
        (format!("{}tmp/target", '/'), "a path of one machine", &[]),
        (format!("{}home/", '/'), "a path of one machine", &[]),
        (host("index.crates", "io"), "the host of a registry", &[]),
        (host("static.crates", "io"), "the host of a registry", &[]),
        (host("pypi", "org"), "the host of a registry", &[]),
        (host("pythonhosted", "org"), "the host of a registry", &[]),
        (host("registry.npmjs", "org"), "the host of a registry", &[]),
        (host("deb.debian", "org"), "the host of a registry", &[]),
    ]
}

fn without_opening_sentence(files: &[Source]) -> Vec<String> {
    let opens = |file: &&Source| {
        file.text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("//! "))
            .is_some_and(|rest| rest.len() > 10)
    };
    files.iter().filter(|file| !opens(file)).map(|file| file.place(1)).collect()
}

fn too_long(files: &[Source]) -> Vec<String> {
    let mut offences = Vec::new();
    for file in files.iter().filter(|file| !file.is_test()) {
        let tests = file.test_lines();
        let lines = (1..=file.text.lines().count())
            .filter(|line| !tests.iter().any(|test| test.contains(line)))
            .count();
        if lines > FILE_LINES_MAX {
            offences.push(format!("{} has {lines} lines", file.path));
        }
    }
    offences
}

fn naming_the_forbidden(files: &[Source]) -> Vec<String> {
    let mut offences = Vec::new();
    // A lock file is written by cargo.
    for file in files.iter().filter(|file| !file.path.ends_with("Cargo.lock")) {
        for (text, what, allowed) in forbidden() {
            if allowed.contains(&file.path.as_str()) {
                continue;
            }
            let lines = file.text.lines().enumerate().filter(|(_, line)| line.contains(&text));
            offences.extend(lines.map(|(index, _)| format!("{} names {what}", file.place(index + 1))));
        }
    }
    offences
}

/// Blocks of Rust in the README that are not, line by line, documentation of the facade, where they are run.
fn readme_examples_not_run(readme: &str, facade: &str) -> Vec<String> {
    let documented: Vec<&str> = facade
        .lines()
        .filter_map(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    let mut offences = Vec::new();
    for block in readme.split("```rust\n").skip(1) {
        let block: Vec<&str> = block.split("\n```").next().unwrap_or_default().lines().collect();
        if !documented.windows(block.len()).any(|lines| lines == block) {
            offences.push(block.join("\n"));
        }
    }
    offences
}

#[test]
fn every_source_opens_with_a_sentence_about_itself() {
    nowhere("these files do not open with a `//!` sentence", &without_opening_sentence(&tree::rust()));
    let bad = [
        Source::planted("a.rs", "use std::fmt;\n//! Too late, and not even Rust.\n"),
        Source::planted("b.rs", "//!\n"),
        Source::planted("c.rs", ""),
    ];
    assert_eq!(without_opening_sentence(&bad).len(), 3);
}

#[test]
fn no_source_is_longer_than_can_be_held_in_mind() {
    nowhere("these files should be split", &too_long(&tree::rust()));
    let long = "//! A file.\n".to_owned() + &"fn f() {}\n".repeat(FILE_LINES_MAX);
    let tested =
        format!("//! A file.\n#[cfg(test)]\nmod tests {{\n{}}}\n", "fn f() {}\n".repeat(FILE_LINES_MAX));
    assert_eq!(too_long(&[Source::planted("crates/a/src/lib.rs", &long)]).len(), 1);
    assert_eq!(too_long(&[Source::planted("crates/a/src/lib.rs", &tested)]).len(), 0);
    assert_eq!(too_long(&[Source::planted("crates/a/src/tests.rs", &long)]).len(), 0);
}

#[test]
fn nothing_names_this_machine_or_its_surroundings() {
    nowhere("these lines hold only on one machine", &naming_the_forbidden(&tree::all()));
    for (text, _, allowed) in forbidden() {
        let line = format!("a line with {text} in it\n");
        assert_eq!(naming_the_forbidden(&[Source::planted("README.md", &line)]).len(), 1, "{text}");
        for path in allowed {
            assert_eq!(naming_the_forbidden(&[Source::planted(path, &line)]).len(), 0, "{text}");
        }
    }
}

#[test]
fn the_examples_of_the_readme_are_run_as_documentation() {
    let files = tree::all();
    let text =
        |path: &str| files.iter().find(|file| file.path == path).map(|file| file.text.as_str()).unwrap();
    let offences = readme_examples_not_run(text("README.md"), text("crates/portunus/src/lib.rs"));
    nowhere("these examples of the README are not in the documentation of the facade", &offences);
    let facade = "//! Portunus.\n//!\n//! ```\n//! let a = 1;\n//!\n//! let b = 2;\n//! ```\n";
    assert_eq!(readme_examples_not_run("# P\n```rust\nlet a = 1;\n\nlet b = 2;\n```\n", facade).len(), 0);
    assert_eq!(readme_examples_not_run("# P\n```rust\nlet a = 1;\nlet b = 3;\n```\n", facade).len(), 1);
}
