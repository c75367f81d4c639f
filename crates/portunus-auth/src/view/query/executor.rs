//! The one way in which queries run: ranges, then what may be seen, then what is shown of it, then the caller's own filter. It knows
//! nothing of how many documents are wanted, nor of what is done with them.

use super::filter::{self, Filter};
use super::needs::{Need, Needs};
use super::place::{At, Place, Ranking};
use super::planner::{Arm, DIVE_MAX, Plan, Planner};
use super::sorting::{self, SORT_DOCUMENTS_MAX, SortFields, Sorting};
use super::wanted::Wanted;
use crate::fields::{Fields, Mask};
use crate::judge::Judge;
use crate::resource::Action;
use crate::rule::DOC;
use crate::sight::{Seen, Sight};
use crate::view::ReadView;
use crate::{Error, Result};
use portunus_predicate::{Outcome, Reach};
use portunus_scope::{
    Access, Document, DocumentRef, EntryRange, FieldPath, IdRange, Merge, Order, Position, Scan,
    StoredCollection,
};
use std::ops::{Bound, ControlFlow};

/// What of a document is handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Id,
    /// Nothing but that it is there, in whatever order.
    Existence,
}

/// What is handed out of one document.
pub(super) enum Shown<'s> {
    Document(DocumentRef<'s>),
    Id(&'s str),
}

/// What is called for every document that is shown, with its place.
pub(super) type Visit<'v> = dyn FnMut(Shown<'_>, At<'_>) -> ControlFlow<()> + 'v;

/// A query that has been checked, for one principal and one collection.
pub(super) struct Execution<'e> {
    view: &'e ReadView,
    collection: &'e StoredCollection,
    part: Part,
    /// Which documents the principal may see.
    documents: Sight,
    /// Of which it may see the ids, if ids are enough.
    ids: Sight,
    judge: Judge<'e>,
    filter: Option<Filter<'e>>,
    projection: Option<Mask>,
}

/// Where a query begins and ends.
pub(super) struct Extent {
    pub(super) sorting: Sorting,
    /// Which ids count.
    pub(super) within: IdRange,
    pub(super) order: Order,
    /// Behind which place.
    pub(super) after: Option<Place>,
    pub(super) limit: usize,
}

impl<'e> Execution<'e> {
    /// # Errors
    /// As every read of the store.
    pub(super) fn new(
        view: &'e ReadView,
        collection: &'e StoredCollection,
        wanted: &'e Wanted,
        checked: &Checked,
        part: Part,
    ) -> Result<Self> {
        let policy = view.unchecked_policy();
        let mut judge = policy.judge();
        let documents = view.sight(policy, collection, Action::Read, &mut judge)?;
        // Whoever sees no more than ids sees nothing that depends on values: filters, orders and indexes would tell them.
        let ids = match part == Part::Id && !wanted.tells_values() {
            true => view.sight(policy, collection, Action::ListIds, &mut judge)?,
            false => Sight::None,
        };
        let filter = match &checked.filter {
            Some(clause) => Some(Filter::bind(view, clause, wanted.args.check()?)?),
            None => None,
        };
        Ok(Self {
            view,
            collection,
            part,
            documents,
            ids,
            judge,
            filter,
            projection: checked.projection.clone(),
        })
    }

    /// Whether the principal sees nothing at all here.
    pub(super) fn is_blind(&self) -> bool {
        self.documents.is_none() && self.ids.is_none()
    }

    /// The order that is asked for.
    ///
    /// # Errors
    /// `NotFound` if there is no such index, `Invalid` if it is still being built or the terms do not fit it.
    pub(super) fn sorting(&self, wanted: &Wanted) -> Result<Sorting> {
        Sorting::new(wanted, self.collection, &|path| self.documents.may_hide(path))
    }

    /// Visits the documents in their order, and makes sure before each that the principal still may see it.
    ///
    /// # Errors
    /// `Limit` if more documents are to be sorted than can be; as every read of the store.
    pub(super) fn run(&mut self, extent: &Extent, visit: &mut Visit<'_>) -> Result<()> {
        let is_false = |filter: &Filter<'_>| !matches!(filter.residual().known(), None | Some(Outcome::True));
        if self.is_blind() || extent.limit == 0 || self.filter.as_ref().is_some_and(is_false) {
            return Ok(());
        }
        let mut planner = Planner::new(self.view.reader(), self.collection);
        let plan = planner.plan(&self.need()?)?;
        match &extent.sorting {
            Sorting::Ids => self.run_by_ids(&planner, &plan, extent, visit),
            Sorting::Entries(range) => {
                let hides = self.hides_fields_of(range);
                if hides && self.part == Part::Existence {
                    self.run_within(&planner, &plan, extent, range, visit)
                } else if hides || is_shorter(&planner, &plan, range)? {
                    self.run_in_memory(
                        &planner,
                        &plan,
                        (extent, extent.order),
                        &Key::Entry(range, extent.order),
                        visit,
                    )
                } else {
                    self.run_by_index(range, extent, extent.order, visit)
                }
            }
            Sorting::Fields(fields) => match &fields.index {
                Some(range) if is_all(&extent.within) && !is_shorter(&planner, &plan, range)? => {
                    self.run_by_index(range, extent, fields.order, visit)
                }
                _ => self.run_in_memory(&planner, &plan, (extent, fields.order), &Key::Fields(fields), visit),
            },
        }
    }

    /// What must be true of every document that is shown.
    ///
    /// # Errors
    /// As every read of the store.
    pub(super) fn need(&self) -> Result<Need> {
        let (rule, own) = (self.rule_need()?, self.filter_need(&|path| self.documents.may_hide(path))?);
        Ok(Need::All(std::iter::once(rule).chain(own).collect()))
    }

    fn rule_need(&self) -> Result<Need> {
        let reach = |sight: &Sight| match sight {
            Sight::All => Reach::Everything("all documents may be seen".to_owned()),
            Sight::None => Reach::Nothing,
            Sight::Some(_) => sight.residual().map_or(Reach::Nothing, |residual| residual.reach(DOC)),
        };
        // A rule is decided on whole documents, so it can make use of any field.
        let needs = Needs { reader: self.view.reader(), collection: self.collection, hides: &|_| false };
        let (documents, ids) = (reach(&self.documents), reach(&self.ids));
        Ok(match self.ids {
            Sight::None => needs.of(documents)?,
            Sight::All | Sight::Some(_) => Need::Any(vec![needs.of(documents)?, needs.of(ids)?]),
        })
    }

    /// What the caller's own filter needs. It is asked of what is shown, which is never more than what an index knows; but how
    /// long an index takes must not tell a hidden field.
    ///
    /// # Errors
    /// As every read of the store.
    pub(super) fn filter_need(&self, hides: &dyn Fn(&FieldPath) -> bool) -> Result<Option<Need>> {
        let needs = Needs { reader: self.view.reader(), collection: self.collection, hides };
        self.filter.as_ref().map(|filter| needs.of(filter.residual().reach(DOC))).transpose()
    }

    pub(super) fn documents(&self) -> &Sight {
        &self.documents
    }

    fn hides_fields_of(&self, range: &EntryRange) -> bool {
        let fields = self.collection.fields_of(range.index()).unwrap_or_default();
        self.documents.masks() && fields.iter().any(|field| self.documents.may_hide(field))
    }

    fn run_by_ids(
        &mut self,
        planner: &Planner<'_>,
        plan: &Plan,
        extent: &Extent,
        visit: &mut Visit<'_>,
    ) -> Result<()> {
        let mut within = extent.within.clone();
        if let Some(after) = &extent.after {
            let behind = Bound::Excluded(after.id.clone());
            match extent.order {
                Order::Ascending => within.0 = behind,
                Order::Descending => within.1 = behind,
            }
        }
        let mut left = extent.limit;
        self.each_by_id(planner, plan, (&within, extent.order), &mut |this, document| {
            let at = At { key: &[], id: document.id() };
            let flow = this.show(document, &mut |shown| visit(shown, at))?;
            Ok(counted(flow, &mut left))
        })
    }

    /// The documents that have an entry in a range as they are shown, in no order of that range.
    fn run_within(
        &mut self,
        planner: &Planner<'_>,
        plan: &Plan,
        extent: &Extent,
        range: &EntryRange,
        visit: &mut Visit<'_>,
    ) -> Result<()> {
        let key = Key::Entry(range, extent.order);
        let mut left = extent.limit;
        self.each_by_id(planner, plan, (&extent.within, extent.order), &mut |this, document| {
            let Some(seen) = this.seen(document)? else { return Ok(ControlFlow::Continue(())) };
            let key = key.of(this.collection, seen.document())?;
            let flow =
                key.map(|key| visit(Shown::Document(seen.document()), At { key: &key, id: document.id() }));
            Ok(counted(flow, &mut left))
        })
    }

    fn run_by_index(
        &mut self,
        range: &EntryRange,
        extent: &Extent,
        order: Order,
        visit: &mut Visit<'_>,
    ) -> Result<()> {
        let access = Access::Index { name: range.index().to_owned(), terms: range.terms().clone() };
        let after = extent.after.as_ref().map(|after| Position::from_bytes(after.to_entry()));
        let scan = Scan { collection: self.collection, access: &access, order, after: after.as_ref() };
        let mut left = extent.limit;
        let mut failed = None;
        self.view.reader().unfiltered_scan(&scan, &mut |document, place| {
            let id = document.id();
            let key = place.get(..place.len().saturating_sub(id.len())).unwrap_or_default();
            Ok(match self.show(document, &mut |shown| visit(shown, At { key, id })) {
                Ok(flow) => counted(flow, &mut left),
                Err(error) => failed_with(&mut failed, error),
            })
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// Sorts the places of the documents in memory, as many as are wanted, and then visits those.
    fn run_in_memory(
        &mut self,
        planner: &Planner<'_>,
        plan: &Plan,
        (extent, order): (&Extent, Order),
        key: &Key<'_>,
        visit: &mut Visit<'_>,
    ) -> Result<()> {
        let mut ranking = Ranking::new(order, extent.limit.min(SORT_DOCUMENTS_MAX));
        self.each_by_id(planner, plan, (&extent.within, Order::Ascending), &mut |this, document| {
            let Some(seen) = this.seen(document)? else { return Ok(ControlFlow::Continue(())) };
            if let Some(key) = key.of(this.collection, seen.document())? {
                let place = Place { key, id: document.id().to_owned() };
                if sorting::is_behind(&place, extent.after.as_ref(), order) {
                    ranking.add(place);
                }
            }
            if ranking.has_overflowed() && extent.limit > SORT_DOCUMENTS_MAX {
                let (what, max) = ("number of documents to sort", SORT_DOCUMENTS_MAX);
                return Err(Error::Limit { what, actual: max + 1, max });
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let reader = self.view.reader();
        let mut failed = None;
        for Place { key, id } in ranking.into_places() {
            let flow = reader.unfiltered_visit(self.collection, &id, &mut |document, _| {
                Ok(match self.show(document, &mut |shown| visit(shown, At { key: &key, id: &id })) {
                    Ok(flow) => flow.unwrap_or(ControlFlow::Continue(())),
                    Err(error) => failed_with(&mut failed, error),
                })
            })?;
            if flow.is_break() {
                break;
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Goes through the documents that a plan names, none of which has been looked at.
    fn each_by_id(
        &mut self,
        planner: &Planner<'_>,
        plan: &Plan,
        (within, order): (&IdRange, Order),
        each: &mut Each<'_, 'e>,
    ) -> Result<()> {
        let reader = self.view.reader();
        let collection = self.collection;
        let mut failed = None;
        let mut visit = |document: DocumentRef<'_>, _: &[u8]| {
            Ok(match each(self, document) {
                Ok(flow) => flow,
                Err(error) => failed_with(&mut failed, error),
            })
        };
        match planner.sources(plan)? {
            Some(sources) => {
                reader
                    .unfiltered_merge(&Merge { collection, sources: &sources, within, order }, &mut visit)?;
            }
            None => {
                let access = Access::Ids(within.0.clone(), within.1.clone());
                let scan = Scan { collection, access: &access, order, after: None };
                reader.unfiltered_scan(&scan, &mut visit)?;
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// A document as the caller sees it, if the caller may and looks for it.
    fn seen<'d>(&mut self, document: DocumentRef<'d>) -> Result<Option<Seen<'d>>> {
        self.view.lease.check()?;
        let Some(seen) = self.documents.look(&mut self.judge, self.collection, document)? else {
            return Ok(None);
        };
        Ok(match &mut self.filter {
            Some(filter) => filter.passes(self.collection, seen.document())?.then_some(seen),
            None => Some(seen),
        })
    }

    /// Hands out what is shown of a document; nothing if it is not.
    fn show(
        &mut self,
        document: DocumentRef<'_>,
        visit: &mut dyn FnMut(Shown<'_>) -> ControlFlow<()>,
    ) -> Result<Option<ControlFlow<()>>> {
        if let Some(seen) = self.seen(document)? {
            return Ok(Some(match (self.part, &self.projection) {
                (Part::Id, _) => visit(Shown::Id(document.id())),
                (Part::Existence, _) | (Part::Whole, None) => visit(Shown::Document(seen.document())),
                (Part::Whole, Some(mask)) => {
                    visit(Shown::Document(projected(seen.document(), mask)?.as_ref()))
                }
            }));
        }
        let sees_id =
            !self.ids.is_none() && self.ids.look(&mut self.judge, self.collection, document)?.is_some();
        Ok(sees_id.then(|| visit(Shown::Id(document.id()))))
    }
}

/// What is called for every document of a plan.
type Each<'f, 'e> = dyn FnMut(&mut Execution<'e>, DocumentRef<'_>) -> Result<ControlFlow<()>> + 'f;

/// What of a query can be checked without a store.
pub(super) struct Checked {
    filter: Option<crate::rule::Clause>,
    projection: Option<Mask>,
}

impl Checked {
    /// # Errors
    /// `Rule` with the place if the filter is none; `Invalid` or `Limit` for what else cannot be asked for.
    pub(super) fn new(wanted: &Wanted) -> Result<Self> {
        let filter = wanted.filter.as_deref().map(filter::compiled).transpose()?;
        let _: &portunus_scope::Value = wanted.args.check()?;
        let _: Option<SortFields> = SortFields::new(wanted)?;
        let projection = match &wanted.projection {
            Some(paths) => {
                let fields = Fields::only(paths);
                fields.check()?;
                Some(Mask::of(&fields))
            }
            None => None,
        };
        Ok(Self { filter, projection })
    }
}

/// What documents are sorted by in memory.
enum Key<'k> {
    /// The first entry that a document has in a range, as it is shown.
    Entry(&'k EntryRange, Order),
    Fields(&'k SortFields),
}

impl Key<'_> {
    fn of(&self, collection: &StoredCollection, shown: DocumentRef<'_>) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Entry(range, order) => {
                Ok(collection.first_entry(range, *order, shown.id(), shown.root())?)
            }
            Self::Fields(fields) => Ok(Some(fields.key(shown))),
        }
    }
}

/// Whether a plan has so few documents that it is cheaper to sort them than to go along an index.
fn is_shorter(planner: &Planner<'_>, plan: &Plan, range: &EntryRange) -> Result<bool> {
    let Plan::Ranges(arms) = plan else { return Ok(false) };
    let few = planner.count(arms, DIVE_MAX)?;
    let many = few.saturating_mul(4).saturating_add(64);
    let along = [Arm::Entries(range.clone())];
    Ok(few < DIVE_MAX && planner.count(&along, many)? == many)
}

fn is_all(within: &IdRange) -> bool {
    *within == (Bound::Unbounded, Bound::Unbounded)
}

/// A document with no more than some of its fields.
fn projected(document: DocumentRef<'_>, mask: &Mask) -> Result<Document> {
    let value = mask.show(document.root());
    Ok(Document::new(document.id(), document.version(), document.expires_at(), &value)?)
}

/// Counts a document that was shown, and ends with the last that is wanted.
fn counted(flow: Option<ControlFlow<()>>, left: &mut usize) -> ControlFlow<()> {
    let Some(flow) = flow else { return ControlFlow::Continue(()) };
    *left = left.saturating_sub(1);
    if *left == 0 { ControlFlow::Break(()) } else { flow }
}

fn failed_with(failed: &mut Option<Error>, error: Error) -> ControlFlow<()> {
    *failed = Some(error);
    ControlFlow::Break(())
}
