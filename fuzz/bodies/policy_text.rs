//! Texts as tests of policies: each is refused in words or tried, twice with one result, and what somebody is expected to be able to
//! comes out wrong exactly where the opposite comes out right. It knows nothing of how a test is tried.

use super::role_file::parse_test;
use portunus_auth::{Error, PolicyReport};
use toml::{Table, Value};

/// Reads `data` as a test of policies, and tries it, and its opposite.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(report) = tried(text) else { return };
    assert_eq!(tried(text).as_ref(), Some(&report), "the same test comes out otherwise");
    assert_eq!(report.holds(), report.outcomes.iter().all(|outcome| outcome.failure.is_none()));
    assert!(report.coverage.percent() <= 100 && report.to_string().contains("expectations hold"));
    let Some((opposite, turned)) = opposite(text) else { return };
    let other = tried(&opposite).unwrap_or_else(|| panic!("the opposite is refused: {opposite}"));
    for ((outcome, other), is_turned) in report.outcomes.iter().zip(&other.outcomes).zip(turned) {
        let holds = [outcome, other].map(|outcome| outcome.failure.is_none());
        assert_eq!(holds[0] == holds[1], !is_turned, "{} and {}", outcome.expected, other.expected);
    }
}

fn tried(text: &str) -> Option<PolicyReport> {
    let test = match parse_test(text) {
        Ok(test) => test,
        Err(problem) => {
            assert!(!problem.is_empty());
            return None;
        }
    };
    match test.run() {
        Ok(report) => Some(report),
        Err(Error::Internal(problem)) => panic!("{problem}"),
        Err(error) => {
            assert!(!error.to_string().ends_with('.'), "{error}");
            None
        }
    }
}

/// The same test with `can` and `cannot` turned around wherever an expectation says one of them and nothing else, and where that is.
fn opposite(text: &str) -> Option<(String, Vec<bool>)> {
    let mut table: Table = toml::from_str(text).ok()?;
    let expectations = table.get_mut("expect")?.as_array_mut()?;
    let turned = expectations.iter_mut().map(|expectation| {
        let Value::Table(expectation) = expectation else { return false };
        let others = ["sees", "does_not_see", "lists", "because"];
        if others.iter().any(|name| expectation.contains_key(*name)) {
            return false;
        }
        match (expectation.remove("can"), expectation.remove("cannot")) {
            (Some(action), None) => drop(expectation.insert("cannot".into(), action)),
            (None, Some(action)) => drop(expectation.insert("can".into(), action)),
            // Both at once hold never; nothing is turned there.
            (can, cannot) => {
                can.map(|action| expectation.insert("can".into(), action));
                cannot.map(|action| expectation.insert("cannot".into(), action));
                return false;
            }
        }
        true
    });
    let turned = turned.collect();
    Some((toml::to_string(&table).ok()?, turned))
}
