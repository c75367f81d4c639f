//! How an expectation is tried: in a transaction of whoever it is about, and beside the explanation of what comes of that. It
//! knows nothing of how the store was made.

use super::coverage::Count;
use super::decisive::is_because;
use super::expectation::{Check, Does, Expectation};
use super::report::PolicyOutcome;
use super::world::World;
use crate::fields::Mask;
use crate::view::{ReadView, WriteView};
use crate::{Deed, Error, Explanation, Result, Secret, Verdict};
use portunus_scope::{Document, Value};

impl Expectation {
    /// What comes of it.
    ///
    /// # Errors
    /// `Invalid` with the place if it cannot be tried.
    pub(super) fn tried(&self, world: &mut World, count: &mut Count) -> Result<PolicyOutcome> {
        let place = |error: Error| match error {
            Error::Invalid { .. } | Error::NotFound(_) | Error::Denied { .. } | Error::Constraint(_) => {
                Error::invalid(self.place.clone(), error.to_string())
            }
            other => other,
        };
        let secret = world.secret_of(&self.who).map_err(place)?;
        let trial = Trial { expectation: self, world, secret };
        let mut outcome =
            PolicyOutcome { expected: self.to_string(), note: self.note.clone(), failure: None, why: None };
        for check in &self.checks {
            if let Some((failure, why)) = trial.failure_of(check, count).map_err(place)? {
                (outcome.failure, outcome.why) = (Some(failure), why);
                break;
            }
        }
        Ok(outcome)
    }
}

struct Trial<'t> {
    expectation: &'t Expectation,
    world: &'t World,
    secret: Secret,
}

/// What is wrong, and why.
type Failure = Option<(String, Option<Explanation>)>;

impl Trial<'_> {
    fn failure_of(&self, check: &Check, count: &mut Count) -> Result<Failure> {
        match check {
            Check::Can { deed, does, is_expected } => {
                let why = self.explained(deed, count)?;
                let got = self.done(does)?;
                let verdict = match got {
                    Got::Verdict(verdict) => verdict,
                    Got::Failed(error) => {
                        return Ok(Some((format!("it fails for another reason: {error}"), Some(why))));
                    }
                };
                agree(&why, &verdict)?;
                if verdict.is_allowed() != *is_expected {
                    return Ok(Some((format!("it is {}", why.verdict), Some(why))));
                }
                Ok(self.is_otherwise(why, *is_expected))
            }
            Check::Sees { collection, id, path, mask, is_expected } => {
                let why = self.explained(&Deed::read(collection, id), count)?;
                let whole = self.world.admins()?.get(collection, id)?.ok_or(Error::NotFound("document"))?;
                if !holds(&whole, mask) {
                    return Err(Error::invalid(
                        self.expectation.place.clone(),
                        format!("{collection}/{id} has no {path}"),
                    ));
                }
                let seen = self.opened(|view| view.get(collection, id))?.flatten();
                let sees = seen.as_ref().is_some_and(|document| holds(document, mask));
                if sees == *is_expected {
                    return Ok(self.is_otherwise(why, *is_expected));
                }
                let failure = match (&seen, sees) {
                    (_, true) => "it is seen",
                    (Some(_), false) => "it is not seen",
                    (None, false) => "the document is not seen at all",
                };
                Ok(Some((failure.to_owned(), Some(why))))
            }
            Check::Lists { collection, ids } => self.listed(collection, ids, count),
        }
    }

    fn listed(&self, collection: &str, expected: &[String], count: &mut Count) -> Result<Failure> {
        let listed = |document: &Document| document.id().to_owned();
        let seen = self
            .opened(|view| Ok(view.query(collection).documents()?.iter().map(listed).collect::<Vec<_>>()))?;
        let seen = seen.unwrap_or_default();
        let mut wrong = None;
        for id in self.world.admins()?.query(collection).list_ids()? {
            let why = self.explained(&Deed::read(collection, &id), count)?;
            let is_seen = seen.contains(&id);
            if why.verdict.is_allowed() != is_seen {
                return Err(disagree());
            }
            if is_seen != expected.contains(&id) && wrong.is_none() {
                let what = if is_seen { "is listed" } else { "is not" };
                wrong = Some((format!("{id} {what}"), Some(why)));
            }
        }
        match expected.iter().find(|id| !seen.contains(id)) {
            Some(id) if wrong.is_none() => Ok(Some((format!("there is no {collection}/{id}"), None))),
            Some(_) | None => Ok(wrong),
        }
    }

    /// What is wrong if it comes out as expected, but for another reason.
    fn is_otherwise(&self, why: Explanation, is_allowed: bool) -> Failure {
        let because = self.expectation.because.as_deref()?;
        (!is_because(&why, is_allowed, because))
            .then(|| (format!("it is, but not because of {because:?}"), Some(why)))
    }

    fn explained(&self, deed: &Deed, count: &mut Count) -> Result<Explanation> {
        let why = self.world.admins()?.explain(&self.expectation.who.who()?, deed)?;
        count.add(&why);
        Ok(why)
    }

    /// What a transaction of theirs comes to; nothing if their secret opens none.
    fn opened<T>(&self, run: impl FnOnce(&ReadView) -> Result<T>) -> Result<Option<T>> {
        match self.world.gate().begin_read(&self.secret) {
            Ok(view) => run(&view).map(Some),
            Err(Error::Unauthenticated) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn done(&self, does: &Does) -> Result<Got> {
        let got = match does {
            Does::Read { collection, id } => {
                return Ok(self.seen(|view| Ok(view.get(collection, id)?.is_some())));
            }
            Does::ListIds { collection, id } => {
                let range = || id.as_str()..=id.as_str();
                return Ok(self.seen(|view| Ok(!view.query(collection).ids(range()).list_ids()?.is_empty())));
            }
            Does::Delete { collection, id } => self.written(|view| view.delete(collection, id)),
            Does::Create { collection, id: None, value } => {
                self.written(|view| view.create(collection, value).map(drop))
            }
            Does::Create { collection, id: Some(id), value } => {
                self.written(|view| view.create_with_id(collection, id, value).map(drop))
            }
            Does::Patch { collection, id, patch } => {
                self.written(|view| view.patch(collection, id, patch).map(drop))
            }
            Does::Replace { collection, id, value } => {
                self.written(|view| view.replace(collection, id, value).map(drop))
            }
            Does::Call { procedure, arguments } => {
                self.world.gate().call::<_, ()>(&self.secret, procedure, arguments)
            }
        };
        Ok(Got::of(got))
    }

    fn seen(&self, run: impl FnOnce(&ReadView) -> Result<bool>) -> Got {
        match self.world.gate().begin_read(&self.secret).and_then(|view| run(&view)) {
            Ok(true) => Got::Verdict(Verdict::Allowed),
            Ok(false) => Got::Verdict(Verdict::Unseen),
            Err(error) => Got::of(Err(error)),
        }
    }

    /// Something is done and never committed.
    fn written(&self, run: impl FnOnce(&mut WriteView) -> Result<()>) -> Result<()> {
        run(&mut self.world.gate().begin_write(&self.secret)?)
    }
}

/// What came of a transaction.
enum Got {
    Verdict(Verdict),
    Failed(Error),
}

impl Got {
    fn of(done: Result<()>) -> Self {
        Self::Verdict(match done {
            Ok(()) => Verdict::Allowed,
            Err(Error::NotFound(_)) => Verdict::Unseen,
            Err(Error::Denied { .. }) => Verdict::Denied,
            Err(Error::Unauthenticated) => Verdict::OpensNothing { reason: String::new() },
            Err(error) => return Self::Failed(error),
        })
    }
}

/// An explanation that says something else than what happens is a fault in this program, and not in a policy.
fn agree(why: &Explanation, got: &Verdict) -> Result<()> {
    let is_same = match (&why.verdict, got) {
        (Verdict::Masked { .. }, Verdict::Allowed)
        | (Verdict::OpensNothing { .. }, Verdict::OpensNothing { .. }) => true,
        (one, other) => one == other,
    };
    if is_same { Ok(()) } else { Err(disagree()) }
}

fn disagree() -> Error {
    Error::Internal("an explanation says something else than a transaction does".into())
}

/// Whether a document has something that a mask shows.
fn holds(document: &Document, mask: &Mask) -> bool {
    matches!(mask.show(document.root()), Value::Object(shown) if !shown.is_empty())
}
