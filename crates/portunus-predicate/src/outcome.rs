//! What a decision comes to, and how its single steps are told to whoever asks. It knows nothing of why.

use crate::{Fault, Span};

/// What a predicate says. A grant needs exactly true, and a denial lifts only on exactly false.
///
/// ```
/// use portunus_predicate::{Fault, Outcome};
/// assert_eq!(Outcome::from(Ok(true)), Outcome::True);
/// assert!(Outcome::True.is_true() && !Outcome::Fault(Fault::Missing).is_true());
/// assert!(Outcome::False.is_false() && !Outcome::Fault(Fault::Missing).is_false());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// True.
    True,
    /// False.
    False,
    /// Neither.
    Fault(Fault),
}

impl Outcome {
    /// Whether it is exactly true.
    #[must_use]
    #[inline]
    pub fn is_true(self) -> bool {
        self == Self::True
    }

    /// Whether it is exactly false.
    #[must_use]
    #[inline]
    pub fn is_false(self) -> bool {
        self == Self::False
    }
}

impl From<Result<bool, Fault>> for Outcome {
    #[inline]
    fn from(truth: Result<bool, Fault>) -> Self {
        match truth {
            Ok(true) => Self::True,
            Ok(false) => Self::False,
            Err(fault) => Self::Fault(fault),
        }
    }
}

/// What an expression inside a predicate came to, without its value.
///
/// ```
/// use portunus_predicate::{Fault, Outcome, Traced};
/// assert_eq!(Traced::from(Outcome::True), Traced::True);
/// assert_ne!(Traced::from(Outcome::Fault(Fault::Type)), Traced::Other);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Traced {
    /// True.
    True,
    /// False.
    False,
    /// A value that is neither true nor false.
    Other,
    /// Nothing.
    Fault(Fault),
}

impl From<Outcome> for Traced {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::True => Self::True,
            Outcome::False => Self::False,
            Outcome::Fault(fault) => Self::Fault(fault),
        }
    }
}

/// Who is told what each expression came to. One that is not `IS_ON` costs nothing.
pub(crate) trait Trace {
    const IS_ON: bool;

    fn told(&mut self, span: Span, traced: Traced);
}

/// Nobody.
pub(crate) struct NoTrace;

impl Trace for NoTrace {
    const IS_ON: bool = false;

    #[inline]
    fn told(&mut self, _: Span, _: Traced) {}
}

impl Trace for &mut dyn FnMut(Span, Traced) {
    const IS_ON: bool = true;

    fn told(&mut self, span: Span, traced: Traced) {
        self(span, traced);
    }
}
