//! What came of a policy test. It knows nothing of how it was tried.

use super::PolicyCoverage;
use crate::Explanation;
use serde::Serialize;
use std::fmt;

/// What came of a policy test.
///
/// ```
/// use portunus_auth::{Error, PolicyOutcome, PolicyReport, PolicyTest, from_value, to_value};
/// # use serde_json::json;
/// let test: PolicyTest = from_value(&to_value(&json!({
///     "roles": {"role": [{"name": "reader", "allow": [{"on": "notes", "actions": ["read"], "when": "doc.public"}]}]},
///     "documents": {"notes": {"1": {"public": false}}},
///     "expect": [{"who": "role:reader", "can": "read", "on": "notes/1", "note": "all are public"}],
/// }))?)?;
/// let report: PolicyReport = test.run()?;
/// let outcome: &PolicyOutcome = &report.outcomes[0];
/// assert_eq!((report.holds(), outcome.expected.as_str()), (false, "role:reader can read notes/1"));
/// assert_eq!(outcome.failure.as_deref(), Some("it is as if it were not there"));
/// assert!(outcome.why.as_ref().is_some_and(|why| why.to_string().contains("doc.public: false")));
/// assert!(report.to_string().ends_with("0 of 1 expectations hold\n"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PolicyReport {
    /// What came of each expectation, in their order.
    pub outcomes: Vec<PolicyOutcome>,
    /// What was seen of the rules on the way.
    pub coverage: PolicyCoverage,
}

/// What came of one expectation. See [`PolicyReport`].
///
/// ```
/// use portunus_auth::PolicyOutcome;
/// fn failures(outcomes: &[PolicyOutcome]) -> Vec<&str> {
///     outcomes.iter().filter_map(|outcome| outcome.failure.as_deref()).collect()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PolicyOutcome {
    /// What was expected, in words.
    pub expected: String,
    /// What it is about, as whoever wrote it says.
    pub note: Option<String>,
    /// What is wrong, if anything is.
    pub failure: Option<String>,
    /// Why it came out so, if that is wrong.
    pub why: Option<Explanation>,
}

impl PolicyReport {
    /// Whether all is as it was expected.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.outcomes.iter().all(|outcome| outcome.failure.is_none())
    }
}

/// What failed, and how many did not.
impl fmt::Display for PolicyReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for PolicyOutcome { expected, note, failure, why } in &self.outcomes {
            let Some(failure) = failure else { continue };
            let note = note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
            writeln!(formatter, "{expected}{note}: {failure}")?;
            if let Some(why) = why {
                why.to_string().lines().try_for_each(|line| writeln!(formatter, "  {line}"))?;
            }
        }
        let held = self.outcomes.iter().filter(|outcome| outcome.failure.is_none()).count();
        writeln!(formatter, "{held} of {} expectations hold", self.outcomes.len())
    }
}
