//! What a caller looks for: a text in the language of rules, asked of documents that have been decided on already, and as they
//! are shown. It knows nothing of rights, and reads no other document.

use crate::judge::{Caller, Ground, Judge, Scene};
use crate::rule::{Clause, Library, Rule, Shape, Subject};
use crate::sight;
use crate::value_limit::check_value;
use crate::view::ReadView;
use crate::{Error, Result};
use portunus_predicate::{Outcome, Residual};
use portunus_scope::{DocumentRef, StoredCollection, Value, to_value};
use serde::Serialize;

/// The most bytes of the arguments of a filter.
pub const FILTER_ARGS_BYTES_MAX: usize = 64 * 1024;
/// How deep they may be nested.
const ARGS_DEPTH_MAX: usize = 32;

/// The arguments of a filter, or why they can be none.
#[derive(Clone, Debug)]
pub(super) enum Arguments {
    Given(Value),
    Refused(String),
}

/// A filter that can be asked.
pub(super) struct Filter<'f> {
    residual: Residual,
    judge: Judge<'f>,
}

impl Arguments {
    pub(super) fn new(args: impl Serialize) -> Self {
        to_value(&args).map_or_else(|error| Self::Refused(error.to_string()), Self::Given)
    }

    /// # Errors
    /// `Invalid` or `Limit` if they can be none.
    pub(super) fn check(&self) -> Result<&Value> {
        match self {
            Self::Refused(problem) => Err(Error::invalid("args", problem)),
            Self::Given(args) => {
                check_value("arguments of a filter", args, ARGS_DEPTH_MAX, FILTER_ARGS_BYTES_MAX)?;
                Ok(args)
            }
        }
    }
}

/// A filter from its text. It has no named predicates, and knows nothing of what a schema declares: its errors would tell.
///
/// # Errors
/// `Rule` with the place.
pub(super) fn compiled(source: &str) -> Result<Clause> {
    Rule::new(source).compile(Subject::Filter, &Library::default(), &Shape::unknown())
}

impl<'f> Filter<'f> {
    /// Binds a filter to its arguments and to the time.
    ///
    /// # Errors
    /// As every read of the store.
    pub(super) fn bind(view: &'f ReadView, clause: &Clause, args: &'f Value) -> Result<Self> {
        let reader = view.reader();
        let of_principal = Caller::of(view.lease.principal(), reader);
        let caller = Caller { identity: None, claims: None, args: Some(args.into()), ..of_principal };
        // That a caller's own filter costs too much is nothing for an operator to look into.
        let ground = Ground { reader, memo: &view.memo, audit: None };
        let mut judge = Judge::new(ground, caller);
        let residual = judge.bind(&clause.predicate)?;
        Ok(Self { residual, judge })
    }

    pub(super) fn residual(&self) -> &Residual {
        &self.residual
    }

    /// Whether it is exactly true of a document. Where it faults, because a field is missing or of another type, it is not.
    ///
    /// # Errors
    /// As every read of the store.
    pub(super) fn passes(&mut self, collection: &StoredCollection, shown: DocumentRef<'_>) -> Result<bool> {
        let scene = Scene { doc: Some(sight::entity(collection, shown)), ..Scene::default() };
        Ok(self.judge.decide(&self.residual, false, scene)? == Outcome::True)
    }
}
