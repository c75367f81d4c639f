//! What becomes of a document that somebody creates, changes or deletes. Written down from the table of what a denial looks
//! like, and from the documentation of `Addition` and `Change`.

use crate::Value;
use crate::fields::Mask;
use crate::judge::Scene;
use crate::value::is_equal;
use crate::world::{Action, Collection, Document, Flaw, Holder, World};
use std::collections::BTreeSet;

/// Why something is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    NotFound,
    Denied,
    AlreadyExists,
    /// Another version, or a clash in a unique index with what is seen.
    Constraint,
}

/// What somebody does.
#[derive(Clone, Debug)]
pub enum Deed {
    Create { id: Option<String>, value: Value },
    Replace { id: String, value: Value, version: Option<u64> },
    Patch { id: String, patch: Value, version: Option<u64> },
    Delete { id: String, version: Option<u64> },
}

/// What is done: the document as it was and as it is, and what the caller is shown of that.
#[derive(Clone, Debug)]
pub struct Done {
    pub old: Option<Document>,
    pub new: Option<Document>,
    pub shown: Option<Document>,
}

/// What is done, or for what reasons it can be refused where several are as good; or nothing where this oracle cannot tell.
pub type Outcome = Option<Result<Done, Vec<Refusal>>>;

impl World {
    /// What comes of a deed. Nothing is changed by asking.
    pub fn weigh(&self, holder: &Holder, name: &str, deed: &Deed) -> Outcome {
        let Some(collection) = self.collection(holder, name) else {
            let is_creation = matches!(deed, Deed::Create { .. });
            return refused(if is_creation { Refusal::Denied } else { Refusal::NotFound });
        };
        match deed {
            Deed::Create { id, value } => self.create(holder, (name, collection), id.as_deref(), value),
            Deed::Replace { id, version, .. }
            | Deed::Patch { id, version, .. }
            | Deed::Delete { id, version } => self.change(holder, (name, collection), (id, *version), deed),
        }
    }

    /// Does what has been weighed.
    pub fn apply(&mut self, holder: &Holder, name: &str, done: &Done) {
        let database = self.databases.get_mut(holder.database()).expect("somebody works there");
        let documents = &mut database.collections.get_mut(name).expect("something was done in it").documents;
        if let Some(old) = &done.old {
            documents.remove(&old.id);
        }
        documents.extend(done.new.iter().map(|new| (new.id.clone(), new.clone())));
    }

    /// Permission first, then uniqueness; a clash with what is not seen is a denial.
    fn create(
        &self,
        holder: &Holder,
        (name, collection): (&str, &Collection),
        id: Option<&str>,
        value: &Value,
    ) -> Outcome {
        let (given, value) = (id.unwrap_or_default().into(), value.clone());
        let new = Document { id: given, version: self.now, expires_at: None, value };
        let both = [Action::Create, Action::CreateWithId];
        for action in both.into_iter().take(if id.is_some() { 2 } else { 1 }) {
            let rights = self.rights(holder, name, action);
            let mask = rights.decide(|scene| Scene { new: Some(&new), ..scene });
            let Some(mask) = mask else { return refused(Refusal::Denied) };
            if !mask.is_flat() {
                return None;
            }
            if !changed(&Value::map([]), &new.value).iter().all(|field| mask.shows(&[field])) {
                return refused(Refusal::Denied);
            }
        }
        if id.is_some_and(|id| collection.documents.contains_key(id)) {
            let is_seen = self.get(holder, name, &new.id).is_some() || self.flaw == Some(Flaw::ClashTells);
            return refused(if is_seen { Refusal::AlreadyExists } else { Refusal::Denied });
        }
        self.stored(holder, (name, collection), None, new, Mask::ALL)
    }

    /// What is not seen is not there; what is seen but may not be changed is denied; then comes the version.
    fn change(
        &self,
        holder: &Holder,
        (name, collection): (&str, &Collection),
        (id, version): (&str, Option<u64>),
        deed: &Deed,
    ) -> Outcome {
        let Some(old) = collection.documents.get(id) else { return refused(Refusal::NotFound) };
        let Some(seen) = self.rights(holder, name, Action::Read).of(old) else {
            return refused(Refusal::NotFound);
        };
        let is_late = version.is_some_and(|it| it != old.version) && self.flaw != Some(Flaw::VersionIgnored);
        if let Deed::Delete { .. } = deed {
            return match self.rights(holder, name, Action::Delete).of(old) {
                None => refused(Refusal::Denied),
                Some(_) if is_late => refused(Refusal::Constraint),
                Some(_) => Some(Ok(Done { old: Some(old.clone()), new: None, shown: None })),
            };
        }
        let rights = self.rights(holder, name, Action::Write);
        if rights.is_never() {
            return refused(Refusal::Denied);
        }
        if !seen.is_flat() {
            return None;
        }
        let (value, named) = merged(old, &seen, deed);
        let value = if self.flaw == Some(Flaw::HiddenFieldsAreWritten) { given(deed).clone() } else { value };
        let new = Document { version: self.now.max(old.version + 1), value, ..old.clone() };
        let compared = if self.flaw == Some(Flaw::OldAlone) { old } else { &new };
        let may = rights.decide(|scene| Scene { old: Some(old), new: Some(compared), ..scene });
        if may.as_ref().is_some_and(|mask| !mask.is_flat()) {
            return None;
        }
        // Every field that differs must be one that may be changed; and a field that is named must be seen or one that may be
        // changed, whatever is there, or one could guess what is hidden.
        let is_allowed = may.as_ref().is_some_and(|mask| {
            changed(&old.value, &new.value).iter().all(|field| mask.shows(&[field]))
                && named.iter().all(|field| mask.shows(&[field]) || seen.shows(&[field]))
        });
        match (is_late, is_allowed) {
            (true, true) => refused(Refusal::Constraint),
            // It is not said which of the two is looked at first, where a rule decides.
            (true, false) => Some(Err(vec![Refusal::Constraint, Refusal::Denied])),
            (false, false) => refused(Refusal::Denied),
            (false, true) => self.stored(holder, (name, collection), Some(old), new, seen),
        }
    }

    /// A document that may be, unless it clashes in a unique index with another: one that is seen with its clashing field is
    /// told of. What its writer is shown is what it sees of it, or else what it saw before.
    fn stored(
        &self,
        holder: &Holder,
        (name, collection): (&str, &Collection),
        old: Option<&Document>,
        new: Document,
        before: Mask<'_>,
    ) -> Outcome {
        if let Some(field) = &collection.unique {
            let clashing = terms(&new, field);
            let is_other = |it: &&Document| old.is_none_or(|old| old.id != it.id);
            let clashes = |it: &&Document| {
                let taken = terms(it, field);
                clashing.iter().any(|term| taken.iter().any(|other| is_equal(term, other)))
            };
            let others: Vec<&Document> =
                collection.documents.values().filter(is_other).filter(clashes).collect();
            let refusal = |other: &Document| match self.rights(holder, name, Action::Read).of(other) {
                Some(mask) if mask.shows(&[field]) => Refusal::Constraint,
                _ => Refusal::Denied,
            };
            if !others.is_empty() {
                return Some(Err(others.into_iter().map(refusal).collect()));
            }
        }
        let mask = self.rights(holder, name, Action::Read).of(&new).unwrap_or(before);
        let shown = Some(new.shown(&mask));
        Some(Ok(Done { old: old.cloned(), new: Some(new), shown }))
    }
}

fn refused(refusal: Refusal) -> Outcome {
    Some(Err(vec![refusal]))
}

fn given(deed: &Deed) -> &Value {
    match deed {
        Deed::Create { value, .. } | Deed::Replace { value, .. } | Deed::Patch { patch: value, .. } => value,
        Deed::Delete { .. } => &Value::Null,
    }
}

/// What a document becomes for somebody who sees it through a mask, and the fields that it has to name for that: what is
/// hidden stays unless it is named.
fn merged(old: &Document, seen: &Mask<'_>, deed: &Deed) -> (Value, Vec<String>) {
    let given = given(deed);
    let named = fields(given).into_iter().map(str::to_owned).collect();
    if let Deed::Patch { .. } = deed {
        return (old.value.clone().patched(given), named);
    }
    let (Value::Map(members), Value::Map(new)) = (&old.value, given) else { return (given.clone(), named) };
    let hidden = members.iter().filter(|(name, _)| !seen.shows(&[name]) && !new.contains_key(*name));
    (Value::Map(new.iter().chain(hidden).map(|(name, it)| (name.clone(), it.clone())).collect()), named)
}

fn fields(value: &Value) -> BTreeSet<&str> {
    match value {
        Value::Map(members) => members.keys().map(String::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

/// The fields in which two documents differ.
fn changed<'v>(old: &'v Value, new: &'v Value) -> Vec<&'v str> {
    fields(old).union(&fields(new)).copied().filter(|field| old.field(field) != new.field(field)).collect()
}

/// What counts in a unique index: plain values but null, in an array each.
fn terms<'d>(document: &'d Document, field: &str) -> Vec<&'d Value> {
    let counts = |value: &&Value| value.is_plain() && **value != Value::Null;
    match document.value.field(field) {
        Some(Value::List(elements)) => elements.iter().filter(counts).collect(),
        found => found.into_iter().filter(counts).collect(),
    }
}
