//! How a query would run, as a value: to whoever asks, what follows from its own query; what follows from rules and from how many
//! documents there are, only to those who may ask why: they could read it off the values that rules have read.

use super::executor::{Checked, Execution, Part};
use super::needs::Need;
use super::planner::{Arm, Candidate, Plan, Planner};
use super::sorting::Sorting;
use super::{Query, Wanted};
use crate::Result;
use crate::fields::Mask;
use crate::resource::{Action, Resource};
use crate::rights::Ruling;
use portunus_scope::{FieldPath, IdRange, Order, TermRange, Then, Value};
use serde::Serialize;
use std::fmt;
use std::ops::Bound;

/// The most ranges of one choice that are shown.
const SHOWN_MAX: usize = 8;

/// How a query would run. As text it is a tree.
///
/// ```
/// # use portunus_auth::{Collection, Error, Gate, GateOptions};
/// use portunus_auth::QueryPlan;
/// # use serde_json::json;
/// # let (gate, secret) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&secret)?;
/// view.define(Collection::new("notes").index(["owner"]))?;
/// # for (id, owner) in [("n1", "ann"), ("n2", "bob"), ("n3", "ann")] {
/// #     view.create_with_id("notes", id, json!({"owner": owner, "size": 3}))?;
/// # }
/// let query = view.query("notes").filter("doc.owner == args && doc.size > 2").args("ann").descending();
/// let plan: QueryPlan = query.explain()?;
/// assert_eq!(plan.own.candidates[0].range, r#"index owner: "ann""#);
/// assert_eq!(
///     plan.to_string(),
///     "\
/// query on notes
/// ├─ order: ids, from the last to the first
/// ├─ filter: doc.owner == args && doc.size > 2
/// │  └─ index owner: \"ann\"
/// └─ rules: all documents may be seen
///    └─ index owner: \"ann\", chosen
/// "
/// );
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct QueryPlan {
    /// The name of the collection.
    pub collection: String,
    /// In which order the documents come, and from where.
    pub order: String,
    /// The caller's own filter.
    pub filter: Option<String>,
    /// The ranges that the filter leaves to choose from. It says nothing of how many documents there are in them.
    pub own: PlanRanges,
    /// What the rules leave to be true of a document, with what is known of the caller put in. Only for those who may ask why somebody may do something.
    pub condition: Option<String>,
    /// The ranges that rules and filter together leave to choose from, and the choice. Only for those who may ask why somebody may do something.
    pub whole: Option<PlanRanges>,
}

/// The ranges that there are to choose from.
///
/// ```
/// # use portunus_auth::{Collection, Error, Gate, GateOptions};
/// use portunus_auth::PlanRanges;
/// # let (gate, secret) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&secret)?;
/// # view.define(Collection::new("notes"))?;
/// let PlanRanges { candidates, scan, .. } = view.query("notes").filter("doc.size > 3").explain()?.own;
/// assert!(candidates.is_empty() && scan.as_deref() == Some("no index has the field size"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlanRanges {
    /// The ranges.
    pub candidates: Vec<PlanRange>,
    /// Why all documents have to be gone through, if there is none.
    pub scan: Option<String>,
}

/// Ranges that hold all documents that are looked for.
///
/// ```
/// # use portunus_auth::{Collection, Error, Gate, GateOptions};
/// use portunus_auth::PlanRange;
/// # let (gate, secret) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&secret)?;
/// # view.define(Collection::new("notes").index(["size"]).index(["owner"]))?;
/// let plan = view.query("notes").filter("doc.size > 3 && doc.owner == 'ann'").explain()?;
/// let ranges: Vec<PlanRange> = plan.whole.expect("the caller may ask why").candidates;
/// assert_eq!(ranges.iter().filter(|range| range.is_chosen && range.entries == Some(0)).count(), 1);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlanRange {
    /// The ranges, as text.
    pub range: String,
    /// How many entries were counted, if they were: up to where the choice was clear.
    pub entries: Option<usize>,
    /// Whether this is how the query would run.
    pub is_chosen: bool,
}

impl Query<'_> {
    /// How the query would run, without running it. See [`QueryPlan`].
    ///
    /// # Errors
    /// As [`Query::for_each`].
    pub fn explain(self) -> Result<QueryPlan> {
        let policy = self.view.policy()?;
        let checked = Checked::new(&self.wanted)?;
        self.wanted.access()?;
        let nothing = || QueryPlan {
            collection: self.collection.to_owned(),
            order: order_of(&self.wanted, None),
            filter: self.wanted.filter.clone(),
            own: PlanRanges { candidates: Vec::new(), scan: Some("no document may be seen".to_owned()) },
            condition: None,
            whole: None,
        };
        // As everywhere, a collection that is not there is as one whose documents may not be seen.
        let Some(collection) = self.found()? else { return Ok(nothing()) };
        let ruling = policy.ruling(&*collection, Action::Read);
        if matches!(ruling, Ruling::Deny) {
            return Ok(nothing());
        }
        let execution = Execution::new(self.view, &collection, &self.wanted, &checked, Part::Whole)?;
        // What is hidden by any grant counts, whether or not that grant holds: rules can depend on what the caller does not see.
        let hides = |path: &FieldPath| may_hide(ruling, path);
        let sorting = Sorting::new(&self.wanted, &collection, &hides)?;
        let own = execution.filter_need(&hides)?;
        let own = own.unwrap_or_else(|| Need::Whatever("there is no filter".to_owned()));
        let reader = self.view.reader();
        let mut plan = QueryPlan {
            order: order_of(&self.wanted, Some(&sorting)),
            own: ranges(Planner::without_dives(reader, &collection), &own, false)?,
            ..nothing()
        };
        if policy.allows(Resource::Role, Action::Explain) {
            let condition = match execution.documents() {
                crate::sight::Sight::All => "all documents may be seen".to_owned(),
                crate::sight::Sight::None => "no document may be seen".to_owned(),
                sight => sight.residual().map(ToString::to_string).unwrap_or_default(),
            };
            plan.condition = Some(condition);
            plan.whole = Some(ranges(Planner::new(reader, &collection), &execution.need()?, true)?);
        }
        Ok(plan)
    }
}

fn may_hide(ruling: Ruling<'_>, path: &FieldPath) -> bool {
    let Ruling::Depends(conditions) = ruling else { return false };
    let mut fields = conditions.grants.iter().filter_map(|grant| grant.fields.as_ref());
    fields.any(|fields| Mask::of(fields).may_hide(path))
}

fn ranges(mut planner: Planner<'_>, need: &Need, tells_choice: bool) -> Result<PlanRanges> {
    let plan = planner.plan(need)?;
    let Plan::Scan(reason) = plan else {
        let candidates = planner.considered.iter().map(|it| described(it, tells_choice)).collect();
        return Ok(PlanRanges { candidates, scan: None });
    };
    Ok(PlanRanges { candidates: Vec::new(), scan: Some(reason) })
}

fn described(candidate: &Candidate, tells_choice: bool) -> PlanRange {
    let mut arms: Vec<String> = candidate.arms.iter().take(SHOWN_MAX).map(arm_text).collect();
    if let Some(more) = candidate.arms.len().checked_sub(SHOWN_MAX).filter(|more| *more > 0) {
        arms.push(format!("{more} more"));
    }
    let range = if arms.is_empty() { "nothing can be so".to_owned() } else { arms.join(" or ") };
    let (entries, is_chosen) =
        if tells_choice { (candidate.entries, candidate.is_chosen) } else { (None, false) };
    PlanRange { range, entries, is_chosen }
}

fn arm_text(arm: &Arm) -> String {
    match arm {
        Arm::Ids(ids) => format!("ids {}", id_range_text(ids)),
        Arm::Entries(range) => format!("index {}: {}", range.index(), terms_text(range.terms())),
    }
}

fn id_range_text((start, end): &IdRange) -> String {
    let value = |bound: &Bound<String>| bound.clone().map(Value::String);
    range_text(&value(start), &value(end))
}

fn terms_text(terms: &TermRange) -> String {
    let mut parts: Vec<String> = terms.equal.iter().map(value_text).collect();
    match &terms.then {
        Then::Any => {}
        Then::Prefix(prefix) => {
            parts.push(format!("begins with {}", value_text(&Value::from(prefix.as_str()))));
        }
        Then::Range(start, end) => parts.push(range_text(start, end)),
    }
    if parts.is_empty() { "all of it".to_owned() } else { parts.join(", ") }
}

fn range_text(start: &Bound<Value>, end: &Bound<Value>) -> String {
    if let (Bound::Included(start), Bound::Included(end)) = (start, end)
        && start == end
    {
        return value_text(start);
    }
    let start = match start {
        Bound::Included(start) => Some(format!("from {}", value_text(start))),
        Bound::Excluded(start) => Some(format!("above {}", value_text(start))),
        Bound::Unbounded => None,
    };
    let end = match end {
        Bound::Included(end) => Some(format!("to {}", value_text(end))),
        Bound::Excluded(end) => Some(format!("below {}", value_text(end))),
        Bound::Unbounded => None,
    };
    let ends: Vec<String> = start.into_iter().chain(end).collect();
    if ends.is_empty() { "all".to_owned() } else { ends.join(" ") }
}

fn value_text(value: &Value) -> String {
    value.to_tagged_json_text().unwrap_or_else(|_: portunus_scope::Error| value.kind().to_owned())
}

/// What of the order follows from the query and from definitions.
fn order_of(wanted: &Wanted, sorting: Option<&Sorting>) -> String {
    let mut order = match (&wanted.index, sorting) {
        (Some(index), _) => format!("index {index}: {}", terms_text(&wanted.terms)),
        (None, Some(Sorting::Fields(fields))) => {
            let by = wanted.sort.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            match &fields.index {
                Some(index) => format!("sorted by {by}: as in index {}", index.index()),
                None => format!("sorted by {by}: in memory"),
            }
        }
        _ => match &wanted.ids {
            Some(ids) => format!("ids {}", id_range_text(ids)),
            None => "ids".to_owned(),
        },
    };
    if wanted.order == Order::Descending {
        order.push_str(", from the last to the first");
    }
    order
}

impl fmt::Display for QueryPlan {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(to, "query on {}", self.collection)?;
        let rest = [self.filter.is_some(), self.condition.is_some()];
        let fork = |is_last: bool| if is_last { ("└─", "   ") } else { ("├─", "│  ") };
        let (branch, _) = fork(rest == [false, false]);
        writeln!(to, "{branch} order: {}", self.order)?;
        if let Some(filter) = &self.filter {
            let (branch, stem) = fork(self.condition.is_none());
            writeln!(to, "{branch} filter: {filter}")?;
            self.own.write(to, stem)?;
        }
        if let Some(condition) = &self.condition {
            let (branch, stem) = fork(true);
            writeln!(to, "{branch} rules: {condition}")?;
            self.whole.as_ref().map_or(Ok(()), |whole| whole.write(to, stem))?;
        }
        Ok(())
    }
}

impl PlanRanges {
    fn write(&self, to: &mut fmt::Formatter<'_>, stem: &str) -> fmt::Result {
        for (place, candidate) in self.candidates.iter().enumerate() {
            let branch = if place + 1 == self.candidates.len() { "└─" } else { "├─" };
            write!(to, "{stem}{branch} {}", candidate.range)?;
            if let Some(entries) = candidate.entries {
                write!(to, ", {entries} entries counted")?;
            }
            writeln!(to, "{}", if candidate.is_chosen { ", chosen" } else { "" })?;
        }
        match &self.scan {
            Some(reason) => writeln!(to, "{stem}└─ all documents: {reason}"),
            None => Ok(()),
        }
    }
}
