//! What rules and their parts came to, without any value that they met. It knows nothing of what follows from that.

use super::Room;
use crate::Result;
use crate::judge::{Judge, Scene};
use portunus_predicate::{Fault, Outcome, Predicate, Span, Traced};
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What a rule came to, or an expression in it.
///
/// ```
/// use portunus_auth::Answer;
/// assert!(Answer::True.to_string() == "true" && !Answer::True.is_fault());
/// assert_eq!(serde_json::to_string(&Answer::Value).unwrap(), r#""a value""#);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// True.
    True,
    /// False.
    False,
    /// Nothing: a grant does not hold then, and a denial does.
    Fault(Fault),
    /// A value that is neither true nor false.
    Value,
}

/// A rule, and what it came to.
///
/// ```
/// # use portunus_auth::{Action, Collection, Error, Gate, GateOptions, Role};
/// use portunus_auth::{Answer, Deed, ExplainedPart, ExplainedRule, Who};
/// # use serde_json::json;
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&admin)?;
/// # view.define(Collection::new("notes"))?;
/// # view.create_with_id("notes", "n1", json!({"public": false}))?;
/// view.define_role(Role::new("reader").allow_when("notes", Action::Read, "doc.public || doc.open"))?;
/// let explanation = view.explain(&Who::role("reader"), &Deed::read("notes", "n1"))?;
/// let rule: &ExplainedRule = explanation.roles[0].grants[0].rule.as_ref().expect("it has one");
/// assert!(matches!(rule.answer, Some(Answer::Fault(_))), "`open` is not there");
/// let first: &ExplainedPart = &rule.parts[0];
/// assert_eq!((first.text.as_str(), first.answers.as_slice()), ("doc.public", &[Answer::False][..]));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExplainedRule {
    /// Its text.
    pub text: String,
    /// What it came to; nothing if there was no single thing to ask it of.
    pub answer: Option<Answer>,
    /// The expressions in it that are true or false, and those that had no value.
    pub parts: Vec<ExplainedPart>,
}

/// An expression in a rule, and what it came to. See [`ExplainedRule`].
///
/// ```
/// use portunus_auth::{Answer, ExplainedPart};
/// fn has_no_answer(part: &ExplainedPart) -> bool {
///     part.answers.iter().any(|answer| answer.is_fault())
/// }
/// assert!(!Answer::True.is_fault());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExplainedPart {
    /// Its text.
    pub text: String,
    /// Where that begins in the text of the rule, in bytes.
    pub at: usize,
    /// How many others it is part of.
    pub depth: usize,
    /// What it came to: nothing if that did not matter any more, and several if it was asked of several elements.
    pub answers: Vec<Answer>,
}

impl Answer {
    /// Whether there was none.
    #[must_use]
    pub fn is_fault(self) -> bool {
        matches!(self, Self::Fault(_))
    }
}

impl From<Traced> for Answer {
    fn from(traced: Traced) -> Self {
        match traced {
            Traced::True => Self::True,
            Traced::False => Self::False,
            Traced::Fault(fault) => Self::Fault(fault),
            Traced::Other => Self::Value,
        }
    }
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        Traced::from(outcome).into()
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::True => formatter.write_str("true"),
            Self::False => formatter.write_str("false"),
            Self::Fault(fault) => write!(formatter, "no answer: {fault}"),
            Self::Value => formatter.write_str("a value"),
        }
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl ExplainedRule {
    /// A rule that there is no single thing to ask of.
    pub(super) fn unasked(predicate: &Predicate, room: &mut Room) -> Self {
        Self {
            text: predicate.source().to_owned(),
            answer: None,
            parts: parts(predicate, &BTreeMap::new(), room),
        }
    }

    /// What a rule says in a scene.
    ///
    /// # Errors
    /// As every read of the store.
    pub(super) fn asked(
        predicate: &Predicate,
        judge: &mut Judge<'_>,
        scene: Scene<'_>,
        room: &mut Room,
    ) -> Result<Self> {
        let named: BTreeSet<Span> =
            predicate.parts().into_iter().filter(|part| part.is_named).map(|part| part.span).collect();
        let mut answers: BTreeMap<Span, Vec<Answer>> = BTreeMap::new();
        let outcome = judge.decide_traced(predicate, scene, &mut |span, traced| {
            let answers = answers.entry(span).or_default();
            // What a predicate with a name is made of is told at its place before itself.
            if named.contains(&span) {
                answers.clear();
            }
            let answer = Answer::from(traced);
            if !answers.contains(&answer) {
                answers.push(answer);
            }
        })?;
        let parts = parts(predicate, &answers, room);
        Ok(Self { text: predicate.source().to_owned(), answer: Some(outcome.into()), parts })
    }
}

fn parts(
    predicate: &Predicate,
    answers: &BTreeMap<Span, Vec<Answer>>,
    room: &mut Room,
) -> Vec<ExplainedPart> {
    let part = |part: portunus_predicate::Part| {
        let answers = answers.get(&part.span).cloned().unwrap_or_default();
        let is_told = part.depth > 0 && (part.is_truth || answers.iter().any(|answer| answer.is_fault()));
        (is_told && room.takes_one()).then(|| ExplainedPart {
            text: part.span.of(predicate.source()).to_owned(),
            at: usize::try_from(part.span.start).unwrap_or(usize::MAX),
            depth: part.depth,
            answers,
        })
    };
    predicate.parts().into_iter().filter_map(part).collect()
}
