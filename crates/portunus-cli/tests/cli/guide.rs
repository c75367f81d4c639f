//! What the guide about rules shows of files and commands is what comes of them.

use crate::harness::World;

const GUIDE: &str = include_str!("../../../portunus/docs/rules.md");

/// The blocks of a guide that are in a language.
fn blocks<'g>(guide: &'g str, language: &str) -> Vec<&'g str> {
    let begin = format!("```{language}\n");
    guide.split(&begin).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// Writes the files that a guide shows, each under the name that its first line says, and runs its commands.
fn run(guide: &str) -> Vec<(String, String)> {
    let world = World::empty();
    for file in blocks(guide, "toml") {
        let name = file.lines().next().unwrap().strip_prefix("# ").unwrap();
        world.write(name, file);
    }
    let commands = blocks(guide, "text").into_iter().filter_map(|block| block.strip_prefix("$ portunus "));
    let outcome = |block: &str| {
        let (command, shown) = block.split_once('\n').unwrap();
        let args: Vec<&str> = command.split(' ').collect();
        (shown.to_owned(), world.run(&args).out)
    };
    commands.map(outcome).collect()
}

#[test]
fn the_guide_shows_what_comes_of_its_policy_test() {
    let outcomes = run(GUIDE);
    assert!(!outcomes.is_empty());
    for (shown, out) in outcomes {
        assert_eq!(shown, out);
    }
    // With another rule it does not.
    let wrong = GUIDE.replace("owns(doc) || doc.public", "doc.public");
    assert!(run(&wrong).iter().any(|(shown, out)| shown != out));
}
