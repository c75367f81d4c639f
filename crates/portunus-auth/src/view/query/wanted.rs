//! What a query asks for, apart from how many: all of what a cursor is bound to. It knows nothing of who asks.

use super::filter::Arguments;
use super::sorting::Sort;
use crate::{Error, Result};
use portunus_scope::{Access, Order, TermRange};
use std::ops::Bound;

/// All that decides which documents come, in which order, and what of them. Its debugging form is the same for the same query,
/// and another for another.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) ids: Option<(Bound<String>, Bound<String>)>,
    pub(super) index: Option<String>,
    pub(super) terms: TermRange,
    pub(super) order: Order,
    pub(super) filter: Option<String>,
    pub(super) args: Arguments,
    pub(super) sort: Vec<Sort>,
    pub(super) projection: Option<Vec<String>>,
}

impl Wanted {
    pub(super) fn everything() -> Self {
        Self {
            ids: None,
            index: None,
            terms: TermRange::default(),
            order: Order::Ascending,
            filter: None,
            args: Arguments::Given(portunus_scope::Value::Null),
            sort: Vec::new(),
            projection: None,
        }
    }

    /// The documents that are asked for, before any filter.
    ///
    /// # Errors
    /// `Invalid` if that cannot be.
    pub(super) fn access(&self) -> Result<Access> {
        match (&self.index, &self.ids) {
            (Some(_), Some(_)) => Err(Error::invalid("query", "follows either ids or an index")),
            (Some(_), None) if !self.sort.is_empty() => {
                Err(Error::invalid("query", "follows an index or is sorted"))
            }
            (Some(name), None) => Ok(Access::Index { name: name.clone(), terms: self.terms.clone() }),
            (None, _) if self.terms != TermRange::default() => {
                Err(Error::invalid("query", "has terms, but no index that they are of"))
            }
            (None, Some((start, end))) => Ok(Access::Ids(start.clone(), end.clone())),
            (None, None) => Ok(Access::Ids(Bound::Unbounded, Bound::Unbounded)),
        }
    }

    /// Whether values of documents decide which come, or in which order: then whoever sees no more than ids sees nothing.
    pub(super) fn tells_values(&self) -> bool {
        self.index.is_some() || self.filter.is_some() || !self.sort.is_empty()
    }
}
