//! The rule that the README's example is one that runs: the first example of the facade's documentation.

use super::tree::{self, Source, nowhere};

const README: &str = "README.md";
const FACADE: &str = "crates/portunus/src/lib.rs";

/// The first Rust example of a text, without the lines that documentation hides.
fn example(text: &str) -> Vec<&str> {
    let inside = text.lines().skip_while(|line| !line.starts_with("```rust")).skip(1);
    inside.take_while(|line| !line.starts_with("```")).filter(|line| !line.starts_with("# ")).collect()
}

fn unlike_the_facade(files: &[Source]) -> Vec<String> {
    let text = |path: &str| files.iter().find(|file| file.path == path).map(|file| file.text.clone());
    let (Some(readme), Some(facade)) = (text(README), text(FACADE)) else {
        return vec![format!("{README} or {FACADE} is missing")];
    };
    let documentation: Vec<&str> = facade
        .lines()
        .filter_map(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    let (shown, run) = (example(&readme), documentation.join("\n"));
    if shown.is_empty() || shown != example(&run) {
        return vec![format!("the example of {README} is not the first one of {FACADE}")];
    }
    Vec::new()
}

#[test]
fn the_readme_shows_an_example_that_runs() {
    nowhere("the README shows an example that runs", &unlike_the_facade(&tree::all()));
}

#[test]
fn another_example_is_found() {
    let readme = |code: &str| Source::planted(README, &format!("# Portunus\n```rust\n{code}\n```\n"));
    let facade = Source::planted(FACADE, "//! ```rust,no_run\n//! # hidden();\n//! shown();\n//! ```\n");
    assert_eq!(unlike_the_facade(&[readme("other();"), facade]).len(), 1);
    let facade = Source::planted(FACADE, "//! ```rust,no_run\n//! # hidden();\n//! shown();\n//! ```\n");
    assert!(unlike_the_facade(&[readme("shown();"), facade]).is_empty());
    assert_eq!(unlike_the_facade(&[readme("shown();")]).len(), 1);
}
