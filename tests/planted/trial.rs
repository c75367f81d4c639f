//! The trial: each fault is planted in a copy of the tree, which must build, and the test that is named with it must fail, and
//! pass without it. It knows nothing of what a fault or a test is about.

use super::chosen::chosen;
use super::copy::Copy;
use super::fault::{Fault, Test, top};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;

/// What was seen of one or several tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// This many passed.
    Passed(usize),
    /// At least one failed, or ended the process.
    Failed,
    DoesNotBuild,
}

/// After these seconds a test that hangs is ended, and counts as one that failed: nobody waits for it in earnest either.
const TEST_SECONDS_MAX: &str = "900";

/// How often a test is run that has to fail: some draw what they try at random.
const TRIES: usize = 3;

/// A place where copies are built.
struct Workshop {
    copy: Copy,
    target: std::path::PathBuf,
}

impl Workshop {
    fn open() -> Self {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("planted");
        Self { copy: Copy::of_tree(kept.join("tree")), target: kept.join("build") }
    }

    /// Builds the tests and runs them.
    fn run(&self, package: &str, target: &str, tests: &[&str]) -> Seen {
        let build = self.cargo("cargo", package, target).arg("--no-run").output().unwrap();
        if !build.status.success() {
            print!("{}", String::from_utf8_lossy(&build.stderr));
            return Seen::DoesNotBuild;
        }
        let mut command = self.cargo("timeout", package, target);
        command.args(["--quiet", "--", "--exact"]).args(tests);
        verdict(&command.output().unwrap())
    }

    /// Runs a test until it fails, which it has to.
    fn run_to_fail(&self, Test { package, target, test }: &Test) -> Seen {
        let mut seen = self.run(package, target, &[test]);
        for _ in 1..TRIES {
            if matches!(seen, Seen::Passed(_)) {
                seen = self.run(package, target, &[test]);
            }
        }
        seen
    }

    fn cargo(&self, program: &str, package: &str, target: &str) -> Command {
        let mut command = Command::new(program);
        if program == "timeout" {
            command.args([TEST_SECONDS_MAX, "cargo"]);
        }
        command.args(["test", "--offline", "--locked", "--all-features", "--package", package]);
        match target {
            "lib" => command.arg("--lib"),
            name => command.args(["--test", name]),
        };
        command
            .current_dir(self.copy.folder())
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_PROFILE_DEV_DEBUG", "false");
        command
    }
}

fn verdict(output: &Output) -> Seen {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let passed = stdout
        .lines()
        .find_map(|line| line.strip_prefix("test result: ok. ")?.split(' ').next()?.parse().ok());
    match passed {
        Some(passed) if output.status.success() => Seen::Passed(passed),
        _ => Seen::Failed,
    }
}

/// The tests that are named with some faults, by package and target.
fn named(faults: &[Fault]) -> BTreeMap<(&str, &str), Vec<&str>> {
    let mut named: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for Fault { caught_by: Test { package, target, test }, .. } in faults {
        let tests = named.entry((package.as_str(), target.as_str())).or_default();
        if !tests.contains(&test.as_str()) {
            tests.push(test.as_str());
        }
    }
    named
}

#[test]
#[ignore = "takes a build for each fault: .ci/run tries a sample and .ci/soak all"]
fn every_planted_fault_is_caught() {
    let asked = std::env::var("PORTUNUS_PLANTED").unwrap_or_else(|_| "all".into());
    let head = Command::new("git").args(["rev-parse", "HEAD"]).current_dir(top()).output();
    let commit = head.map(|it| String::from_utf8_lossy(&it.stdout).into_owned()).unwrap_or_default();
    let faults = chosen(&Fault::all(), &asked, &commit).unwrap();
    let workshop = Workshop::open();
    for ((package, target), tests) in named(&faults) {
        let seen = workshop.run(package, target, &tests);
        assert_eq!(seen, Seen::Passed(tests.len()), "{package} {target} without a fault: {tests:?}");
    }
    let mut survived = Vec::new();
    for fault in &faults {
        let began = Instant::now();
        let seen = workshop.copy.with(fault, || workshop.run_to_fail(&fault.caught_by)).unwrap();
        println!("{}: {seen:?} after {} s: {}", fault.name, began.elapsed().as_secs(), fault.caught_by.test);
        if seen != Seen::Failed {
            survived.push((&fault.name, seen));
        }
    }
    println!("planted faults: {} of {} caught", faults.len() - survived.len(), faults.len());
    assert!(survived.is_empty(), "{survived:?}");
}

#[test]
fn only_a_test_that_has_run_has_passed() {
    let output = |script: &str| Command::new("sh").args(["-c", script]).output().unwrap();
    assert_eq!(verdict(&output("echo 'test result: ok. 2 passed; 0 failed'")), Seen::Passed(2));
    assert_eq!(verdict(&output("echo 'test result: ok. 0 passed; 0 failed'")), Seen::Passed(0));
    assert_eq!(verdict(&output("echo 'test result: FAILED. 0 passed; 1 failed'; exit 101")), Seen::Failed);
    assert_eq!(verdict(&output("exit 124")), Seen::Failed);
}
