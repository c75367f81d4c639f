//! Rounds of fuzzing: each runs one target for a while, from what was found before, and counts what it has tried. It differs from
//! other kinds: the seed says which target it is and how it begins, but the time decides how far it comes. It knows nothing of
//! what a target tries.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// How long a round lasts.
const ROUND_SECONDS: u64 = 20;
/// How long one input may take. What takes longer has a fault.
const INPUT_SECONDS_MAX: u64 = 60;
/// The most memory of a target. What needs more has a fault.
const MEMORY_MB_MAX: u64 = 2_048;
/// What the fuzzer says before the number of inputs that it has tried.
const EXECUTED: &str = "stat::number_of_executed_units:";
/// What it says before the name of the file with the input that broke a rule.
const WRITTEN: &str = "Test unit written to ";

/// Fuzzes the target that the seed says, and tells how many inputs it has tried: none where there is nothing to fuzz with.
pub fn run(seed: u64) -> Result<u64, String> {
    static READY: OnceLock<Result<bool, String>> = OnceLock::new();
    if !READY.get_or_init(build).clone()? {
        return Ok(0);
    }
    let targets = targets();
    let place = usize::try_from(seed % u64::try_from(targets.len()).unwrap()).unwrap();
    fuzz(&targets[place], seed)
}

/// The names of all targets, in order.
fn targets() -> Vec<String> {
    let files = std::fs::read_dir(folder().join("fuzz_targets")).expect("the targets are there");
    let mut names: Vec<String> =
        files.filter_map(|file| Some(file.ok()?.path().file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    names
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// Builds all targets once, so that no round has to. Tells whether there is a toolchain that can.
fn build() -> Result<bool, String> {
    let lacks = |subcommand: &[&str]| !cargo(subcommand).output().is_ok_and(|output| output.status.success());
    if lacks(&["--version"]) || lacks(&["fuzz", "--version"]) {
        eprintln!("fuzz: left out, because there is no nightly toolchain or no cargo-fuzz here");
        return Ok(false);
    }
    let output = cargo(&["fuzz", "build"]).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(true);
    }
    Err(format!("the targets cannot be built:\n{}", end_of(&String::from_utf8_lossy(&output.stderr))))
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    // What the stable toolchain has set for this program is not for another one.
    for variable in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(variable);
    }
    command.arg("+nightly").args(arguments).current_dir(folder().join(".."));
    command
}

fn fuzz(target: &str, seed: u64) -> Result<u64, String> {
    // What is found goes beside what is built: the corpus of the repository stays as it is.
    let found = folder().join("target").join("found").join(target);
    let broken = folder().join("target").join("broken").join(target);
    for folder in [&found, &broken] {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    let kept = folder().join("corpus").join(target);
    let output = cargo(&["fuzz", "run", target])
        .args([&found, &kept])
        .arg("--")
        .arg(format!("-max_total_time={ROUND_SECONDS}"))
        // The fuzzer takes 0 for none.
        .arg(format!("-seed={}", seed % u64::from(u32::MAX) + 1))
        .arg(format!("-timeout={INPUT_SECONDS_MAX}"))
        .arg(format!("-rss_limit_mb={MEMORY_MB_MAX}"))
        .arg(format!("-artifact_prefix={}/", broken.display()))
        .arg("-print_final_stats=1")
        .output()
        .map_err(|error| error.to_string())?;
    outcome(target, output.status.success(), &String::from_utf8_lossy(&output.stderr))
}

/// What came of a target, by what the fuzzer has said.
fn outcome(target: &str, is_success: bool, said: &str) -> Result<u64, String> {
    if !is_success {
        let input = said.lines().find_map(|line| line.split_once(WRITTEN).map(|(_, path)| path.trim()));
        let again = input
            .map_or_else(String::new, |input| format!("\nagain: cargo +nightly fuzz run {target} {input}"));
        return Err(format!("{target}: {}{again}", end_of(said)));
    }
    let count = said.lines().find_map(|line| line.strip_prefix(EXECUTED)?.trim().parse().ok());
    count.ok_or_else(|| format!("{target}: the fuzzer does not say how much it has tried: {}", end_of(said)))
}

/// The part of what was said in which a fault is told, without what was tried before.
fn end_of(said: &str) -> String {
    let told = said.find("panicked at").or_else(|| said.find("ERROR:")).or_else(|| said.find("error"));
    told.map_or(said, |place| &said[place..]).lines().take(30).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_a_body_and_a_corpus_and_there_are_at_least_twelve() {
        let targets = targets();
        assert!(targets.len() >= 12, "{targets:?}");
        let manifest = std::fs::read_to_string(folder().join("Cargo.toml")).unwrap();
        for target in targets {
            assert!(folder().join("bodies").join(format!("{target}.rs")).is_file(), "{target} has no body");
            assert!(folder().join("corpus").join(&target).is_dir(), "{target} has no corpus");
            assert!(manifest.contains(&format!("name = \"{target}\"")), "{target} is not built");
        }
    }

    #[test]
    fn what_was_tried_is_counted() {
        let said = "#2\tINITED\n#1500\tDONE   cov: 30\nstat::number_of_executed_units: 1500\nstat::peak_rss_mb: 40\n";
        assert_eq!(outcome("jwks", true, said), Ok(1_500));
        assert!(outcome("jwks", true, "#2\tINITED\n").unwrap_err().contains("does not say"));
    }

    #[test]
    fn an_input_that_breaks_a_rule_is_told_with_what_repeats_it() {
        let said = "#2\tINITED\nthread '<unnamed>' panicked at bodies/jwks.rs:3:1:\na rule is broken\n\
                    Test unit written to /somewhere/crash-77\nBase64: AA==\n";
        let told = outcome("jwks", false, said).unwrap_err();
        assert!(told.contains("a rule is broken") && !told.contains("INITED"), "{told}");
        assert!(told.ends_with("again: cargo +nightly fuzz run jwks /somewhere/crash-77"), "{told}");
        let unbuilt = outcome("jwks", false, "error: could not compile").unwrap_err();
        assert!(unbuilt.contains("could not compile") && !unbuilt.contains("again:"), "{unbuilt}");
    }
}
