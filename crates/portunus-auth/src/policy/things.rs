//! What a principal may do with things that are no documents: each is looked at, where that depends on it. What it may not see
//! is not there. It knows nothing of where the things come from.

use super::Policy;
use crate::judge::{Judge, Scene};
use crate::resource::{Action, Resource};
use crate::rights::{Asked, Ruling};
use crate::sight::Sight;
use crate::thing::{Described, Thing};
use crate::{Error, Result};
use std::marker::PhantomData;

/// Tells of each thing of a kind whether there is one for a principal.
pub(crate) struct Eye<'p, T> {
    policy: Policy<'p>,
    judge: Judge<'p>,
    /// Of the whole kind.
    sight: Sight,
    things: PhantomData<T>,
}

impl<T: Described> Eye<'_, T> {
    /// Whether a thing is there for the principal.
    ///
    /// # Errors
    /// As every read of the store.
    pub(crate) fn sees(&mut self, found: &T) -> Result<bool> {
        if T::KIND == Resource::Procedure {
            // Of single procedures roles say something else than of all.
            return self.policy.sees_described(&found.thing());
        }
        match &self.sight {
            Sight::All => Ok(true),
            Sight::None => Ok(false),
            sight @ Sight::Some(_) => sight.holds(&mut self.judge, found.thing().standing()),
        }
    }
}

impl<'p> Policy<'p> {
    /// Whether there may be anything of a kind for the principal.
    fn sees_some(self, kind: Resource) -> bool {
        self.of_all(kind, Action::Read) != Some(false)
    }

    /// Those of some things that there are for the principal.
    ///
    /// # Errors
    /// As `load`; as every read of the store.
    pub(crate) fn seen<T: Described>(self, load: impl FnOnce() -> Result<Vec<T>>) -> Result<Vec<T>> {
        let Some(mut eye) = self.eye()? else { return Ok(Vec::new()) };
        let mut seen = Vec::new();
        for found in load()? {
            if eye.sees(&found)? {
                seen.push(found);
            }
        }
        Ok(seen)
    }

    /// What tells those of many things that there are for the principal, if there may be any.
    ///
    /// # Errors
    /// As every read of the store.
    pub(crate) fn eye<T: Described>(self) -> Result<Option<Eye<'p, T>>> {
        let mut judge = self.judge();
        let sight = self.sight(T::KIND, Action::Read, &mut judge)?;
        let is_blind = T::KIND != Resource::Procedure && sight.is_none();
        Ok((!is_blind).then_some(Eye { policy: self, judge, sight, things: PhantomData }))
    }

    /// A thing, if there is one for the principal.
    ///
    /// # Errors
    /// As `load`; as every read of the store.
    pub(crate) fn seen_one<T: Described>(
        self,
        load: impl FnOnce() -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        if !self.sees_some(T::KIND) {
            return Ok(None);
        }
        match load()? {
            Some(found) if self.sees_thing(&found)? => Ok(Some(found)),
            Some(_) | None => Ok(None),
        }
    }

    /// Whether a thing is there for the principal.
    ///
    /// # Errors
    /// As every read of the store.
    pub(crate) fn sees_thing<T: Described>(self, found: &T) -> Result<bool> {
        match self.of_all(T::KIND, Action::Read) {
            Some(sees) => Ok(sees),
            None => self.sees_described(&found.thing()),
        }
    }

    /// What can be said of a change before the thing is looked for: if the principal sees none there is none, and if it sees
    /// all and may do this to none it is denied.
    ///
    /// # Errors
    /// `NotFound` or `Denied`.
    pub(crate) fn require_any(self, kind: Resource, action: Action, what: &'static str) -> Result<()> {
        match (self.of_all(kind, Action::Read), self.of_all(kind, action)) {
            (Some(false), _) => Err(Error::NotFound(what)),
            (Some(true), Some(false)) => Err(self.denied(action, kind)),
            (Some(true), Some(true) | None) | (None, _) => Ok(()),
        }
    }

    /// That the principal may do something to all of several things, whether or not it sees them.
    ///
    /// # Errors
    /// `Denied`; as `load`; as every read of the store.
    pub(crate) fn require_on_each<T: Described>(
        self,
        action: Action,
        load: impl FnOnce() -> Result<Vec<T>>,
    ) -> Result<()> {
        if self.of_all(T::KIND, action) == Some(true) {
            return Ok(());
        }
        for found in load()? {
            let thing = found.thing();
            self.require_in(action, &thing, thing.standing())?;
        }
        Ok(())
    }

    /// That the principal may do something to a thing as it is: what it may not see is not there, what it may see but not do
    /// this to is denied.
    ///
    /// # Errors
    /// `NotFound` or `Denied`; as `describe`; as every read of the store.
    pub(crate) fn require_on<T: Described>(
        self,
        action: Action,
        what: &'static str,
        describe: impl FnOnce() -> Result<T>,
    ) -> Result<()> {
        if self.is_plain(T::KIND, action) {
            return Ok(());
        }
        let thing = describe()?.thing();
        if !self.sees_described(&thing)? {
            return Err(Error::NotFound(what));
        }
        self.require_in(action, &thing, thing.standing())
    }

    /// The same of a change: from what a thing is to what it is to become.
    ///
    /// # Errors
    /// As [`Policy::require_on`].
    pub(crate) fn require_change<T: Described>(
        self,
        what: &'static str,
        describe: impl FnOnce() -> Result<(Thing, Thing)>,
    ) -> Result<()> {
        if self.is_plain(T::KIND, Action::Write) {
            return Ok(());
        }
        let (old, new) = describe()?;
        if !self.sees_described(&old)? {
            return Err(Error::NotFound(what));
        }
        self.require_in(Action::Write, &old, new.from(&old))
    }

    /// That the principal may change a thing so, whether or not it sees it.
    ///
    /// # Errors
    /// `Denied`; as every read of the store.
    pub(crate) fn require_blind_change<T: Described>(self, old: &T, new: &T) -> Result<()> {
        if self.may_change(old, new)? { Ok(()) } else { Err(self.denied(Action::Write, T::KIND)) }
    }

    /// Whether the principal may change a thing so, whether or not it sees it.
    ///
    /// # Errors
    /// As every read of the store.
    pub(crate) fn may_change<T: Described>(self, old: &T, new: &T) -> Result<bool> {
        let (old, new) = (old.thing(), new.thing());
        self.may(Action::Write, &old, new.from(&old))
    }

    /// That a thing may come to be as it is about to.
    ///
    /// # Errors
    /// `Denied`; as every read of the store.
    pub(crate) fn require_create(self, new: &impl Described) -> Result<()> {
        let new = new.thing();
        self.require_in(Action::Create, &new, new.coming())
    }

    /// Whether it may.
    ///
    /// # Errors
    /// As every read of the store.
    pub(crate) fn may_create(self, new: &impl Described) -> Result<bool> {
        let new = new.thing();
        self.may(Action::Create, &new, new.coming())
    }

    /// The order of a definition, which creates what is not there and changes what is. What is there and may not be seen
    /// is in the way, and nothing is told of it: neither by what is denied, nor by a change in the place of a creation.
    ///
    /// # Errors
    /// `Denied`; as every read of the store.
    pub(crate) fn require_define<T: Described>(self, old: Option<&Thing>, new: &T) -> Result<()> {
        if let Some(old) = old
            && self.sees_described(old)?
        {
            return self.require_in(Action::Write, old, new.thing().from(old));
        }
        self.require_create(new)?;
        if old.is_some() { Err(self.denied(Action::Create, T::KIND)) } else { Ok(()) }
    }

    /// What somebody is told whose new name for a thing is another one's: that it is, if the principal may see that other
    /// one, and else no more than that this may not be done.
    pub(crate) fn taken<T: Described>(self, other: &T, action: Action, what: &'static str) -> Error {
        match self.sees_thing(other) {
            Ok(true) => Error::AlreadyExists(what),
            Ok(false) => self.denied(action, T::KIND),
            Err(error) => error,
        }
    }

    /// Whether there is a thing under a name, as far as the principal is concerned: one that it may neither see in lists nor
    /// do anything with is not there. Rights on all things of a kind say of one under which rules it is there only to those
    /// who see it so.
    ///
    /// # Errors
    /// As every read of the store.
    pub(crate) fn knows<'a, T: Described>(self, found: &T, asked: impl Into<Asked<'a>>) -> Result<bool> {
        let asked = asked.into();
        let may = |action| match self.ruling(asked, action) {
            Ruling::Allow => true,
            Ruling::Deny => false,
            Ruling::Depends(_) => self.principal.rights.names(asked),
        };
        Ok(Action::ALL.into_iter().any(may) || self.sees_thing(found)?)
    }

    fn sees_described(self, thing: &Thing) -> Result<bool> {
        self.may(Action::Read, thing, thing.standing())
    }

    fn require_in(self, action: Action, thing: &Thing, scene: Scene<'_>) -> Result<()> {
        if self.may(action, thing, scene)? { Ok(()) } else { Err(self.denied(action, thing.asked().kind())) }
    }

    fn may(self, action: Action, thing: &Thing, scene: Scene<'_>) -> Result<bool> {
        match self.ruling(thing.asked(), action) {
            Ruling::Allow => Ok(true),
            Ruling::Deny => Ok(false),
            ruling @ Ruling::Depends(_) => {
                let mut judge = self.judge();
                Sight::bind(ruling, &mut judge)?.holds(&mut judge, scene)
            }
        }
    }

    /// Whether the principal sees all things of a kind and may do this to them.
    fn is_plain(self, kind: Resource, action: Action) -> bool {
        [Action::Read, action].into_iter().all(|action| self.of_all(kind, action) == Some(true))
    }

    /// What is decided of all things of a kind together, if nothing has to be said of each.
    fn of_all(self, kind: Resource, action: Action) -> Option<bool> {
        match (kind, self.ruling(kind, action)) {
            // Of single procedures roles say something else than of all.
            (Resource::Procedure, _) | (_, Ruling::Depends(_)) => None,
            (_, Ruling::Allow) => Some(true),
            (_, Ruling::Deny) => Some(false),
        }
    }
}
