//! What a caller sees of the documents of one collection: what its rights came to when they were bound to it. The only place
//! where an unfiltered document becomes one that may be shown.

use crate::Result;
use crate::fields::{Fields, Mask};
use crate::judge::{Judge, Scene};
use crate::resource::Action;
use crate::rights::{Conditions, Ruling};
use parking_lot::Mutex;
use portunus_predicate::{Entity, Fault, Outcome, Residual};
use portunus_scope::{Document, DocumentRef, StoredCollection, ValueRef};
use std::collections::HashMap;
use std::sync::Arc;

/// What an action is allowed on, of the documents of a collection, for one caller in one transaction.
#[derive(Clone, Debug)]
pub(crate) enum Sight {
    /// On all of them.
    All,
    /// On none.
    None,
    /// On those of which this is true.
    Some(Arc<Bound>),
}

/// What a caller sees of each collection, bound once in a transaction; again after a write of its own, if documents were read
/// for it.
#[derive(Default)]
pub(crate) struct Sights(Mutex<Bounds>);

#[derive(Default)]
struct Bounds {
    known: HashMap<(u32, Action), Sight>,
    /// Whether what some of them came to hangs on documents.
    read: bool,
}

/// Bound conditions.
#[derive(Debug)]
pub(crate) struct Bound {
    /// Some grant holds and no denial does.
    residual: Residual,
    /// Grants and the fields that each is for, if any is not for all of them.
    parts: Vec<(Residual, Option<Fields>)>,
    /// The same rules one by one: what each may cost is limited, and not what all of them do together.
    grants: Vec<Residual>,
    denials: Vec<Residual>,
    /// Whether any of them reads documents beside the one that it is about.
    reads: bool,
}

/// A document as a caller may see it: passed, and without the fields that do not exist for the caller.
pub(crate) enum Seen<'d> {
    Whole(DocumentRef<'d>),
    Masked(Document, Mask),
}

impl Sights {
    /// What an action is allowed on, of the documents of the collection of a number.
    ///
    /// # Errors
    /// As every read of the store.
    pub(crate) fn bind(
        &self,
        place: (u32, Action),
        ruling: Ruling<'_>,
        judge: &mut Judge<'_>,
    ) -> Result<Sight> {
        let Ruling::Depends(conditions) = ruling else { return Sight::bind(ruling, judge) };
        if let Some(known) = self.0.lock().known.get(&place) {
            return Ok(known.clone());
        }
        let bound = Sight::bind(ruling, judge)?;
        let mut bounds = self.0.lock();
        bounds.read |= conditions.read();
        bounds.known.insert(place, bound.clone());
        Ok(bound)
    }

    /// Forgets what may be another thing now, because documents have changed.
    pub(crate) fn forget(&mut self) {
        let bounds = self.0.get_mut();
        if bounds.read {
            *bounds = Bounds::default();
        }
    }
}

impl Sight {
    /// Binds a ruling to a caller.
    ///
    /// # Errors
    /// As every read of the store.
    pub(crate) fn bind(ruling: Ruling<'_>, judge: &mut Judge<'_>) -> Result<Self> {
        match ruling {
            Ruling::Allow => Ok(Self::All),
            Ruling::Deny => Ok(Self::None),
            Ruling::Depends(conditions) => Self::bind_conditions(conditions, judge),
        }
    }

    fn bind_conditions(conditions: &Conditions, judge: &mut Judge<'_>) -> Result<Self> {
        let mut grants = Vec::new();
        let mut parts = Vec::new();
        for grant in &conditions.grants {
            let residual = match &grant.when {
                Some(clause) => judge.bind(&clause.predicate)?,
                None => Residual::always(),
            };
            if matches!(residual.known(), Some(Outcome::False | Outcome::Fault(_))) {
                continue;
            }
            grants.push(residual.clone());
            parts.push((residual, grant.fields.clone()));
        }
        let denials = conditions.denials.iter().map(|clause| judge.bind(&clause.predicate));
        let denials = denials.collect::<Result<Vec<_>>>()?;
        let residual = Residual::any(&grants, &denials);
        if parts.iter().all(|(_, fields)| fields.is_none()) {
            parts.clear();
        }
        Ok(match residual.known() {
            Some(Outcome::True) if parts.is_empty() => Self::All,
            Some(Outcome::False | Outcome::Fault(_)) => Self::None,
            Some(Outcome::True) | None => {
                // A grant that always holds leaves nothing to be read of whether, but of which fields.
                let reads = residual.needs_reads() || parts.iter().any(|(part, _)| part.needs_reads());
                Self::Some(Arc::new(Bound { residual, parts, grants, denials, reads }))
            }
        })
    }

    /// Whether nothing at all can be seen.
    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// What must be true of a document, if it is not always or never.
    pub(crate) fn residual(&self) -> Option<&Residual> {
        match self {
            Self::All | Self::None => None,
            Self::Some(bound) => Some(&bound.residual),
        }
    }

    /// Whether some document may be shown without one of its fields.
    pub(crate) fn masks(&self) -> bool {
        matches!(self, Self::Some(bound) if !bound.parts.is_empty())
    }

    /// The union of all fields that some document may be shown with: what is hidden by it is hidden always, and what it may
    /// hide is hidden in some documents at least.
    pub(crate) fn may_hide(&self, path: &portunus_scope::FieldPath) -> bool {
        let hides = |fields: &Option<Fields>| fields.as_ref().is_some_and(|it| Mask::of(it).may_hide(path));
        matches!(self, Self::Some(bound) if bound.parts.iter().any(|(_, fields)| hides(fields)))
    }

    /// The document as the caller may see it, if it may.
    ///
    /// # Errors
    /// As every read of the store.
    pub(crate) fn look<'d>(
        &self,
        judge: &mut Judge<'_>,
        collection: &StoredCollection,
        document: DocumentRef<'d>,
    ) -> Result<Option<Seen<'d>>> {
        let scene = || Scene { doc: Some(entity(collection, document)), ..Scene::default() };
        match self.mask_in(judge, scene)? {
            None => Ok(None),
            Some(mask) if mask.is_all() => Ok(Some(Seen::Whole(document))),
            Some(mask) => Ok(Some(Seen::masked(document, mask)?)),
        }
    }

    /// Whether the action is allowed in a scene.
    ///
    /// # Errors
    /// As every read of the store.
    pub(crate) fn holds(&self, judge: &mut Judge<'_>, scene: Scene<'_>) -> Result<bool> {
        match self {
            Self::All => Ok(true),
            Self::None => Ok(false),
            Self::Some(bound) => match judge.decide_together(&bound.residual, bound.reads, scene)? {
                Outcome::Fault(Fault::Cost) => bound.holds_one_by_one(judge, scene),
                outcome => Ok(outcome == Outcome::True),
            },
        }
    }

    /// The fields for which the action is allowed in a scene, if it is at all: the union over the grants that hold.
    ///
    /// # Errors
    /// As every read of the store.
    pub(crate) fn mask_in<'s>(
        &self,
        judge: &mut Judge<'_>,
        scene: impl Fn() -> Scene<'s>,
    ) -> Result<Option<Mask>> {
        if !self.holds(judge, scene())? {
            return Ok(None);
        }
        let Self::Some(bound) = self else { return Ok(Some(Mask::all())) };
        if bound.parts.is_empty() {
            return Ok(Some(Mask::all()));
        }
        let mut shown = Vec::new();
        for (residual, fields) in &bound.parts {
            if judge.decide(residual, bound.reads, scene())? != Outcome::True {
                continue;
            }
            match fields {
                None => return Ok(Some(Mask::all())),
                Some(fields) => shown.push(fields),
            }
        }
        Ok(Some(Mask::union(shown)))
    }
}

impl Bound {
    /// Whether some grant holds and no denial does, where all of them together cost more than one may: else a grant that
    /// costs much would take away what another one gives.
    #[cold]
    fn holds_one_by_one(&self, judge: &mut Judge<'_>, scene: Scene<'_>) -> Result<bool> {
        let mut is_granted = false;
        for grant in &self.grants {
            is_granted = is_granted || judge.decide(grant, self.reads, scene)? == Outcome::True;
        }
        let mut is_lifted = is_granted;
        for denial in &self.denials {
            is_lifted = is_lifted && judge.decide(denial, self.reads, scene)? == Outcome::False;
        }
        Ok(is_lifted)
    }
}

impl<'d> Seen<'d> {
    /// The document without what a mask hides.
    ///
    /// # Errors
    /// None but a fault in this program: a part of a document is not larger than the whole.
    pub(crate) fn masked(document: DocumentRef<'_>, mask: Mask) -> Result<Self> {
        let value = mask.show(document.root());
        let masked = Document::new(document.id(), document.version(), document.expires_at(), &value)?;
        Ok(Self::Masked(masked, mask))
    }

    /// Whether nothing of what an index is made of is hidden.
    pub(crate) fn shows_fields_of(&self, collection: &StoredCollection, index: &str) -> bool {
        match self {
            Self::Whole(_) => true,
            Self::Masked(_, mask) => {
                collection.fields_of(index).is_some_and(|fields| !fields.iter().any(|it| mask.may_hide(it)))
            }
        }
    }

    pub(crate) fn document(&self) -> DocumentRef<'_> {
        match self {
            Self::Whole(document) => *document,
            Self::Masked(document, _) => document.as_ref(),
        }
    }

    pub(crate) fn into_document(self) -> Document {
        match self {
            Self::Whole(document) => document.to_document(),
            Self::Masked(document, _) => document,
        }
    }
}

/// A document as rules know it.
pub(crate) fn entity<'d>(
    collection: &'d StoredCollection,
    document: DocumentRef<'d>,
) -> Entity<'d, ValueRef<'d>> {
    Entity {
        id: document.id(),
        version: document.version(),
        collection: collection.name(),
        root: document.root(),
    }
}
