//! Identity documents through a view: whose they are, and who may let somebody in as one. It knows nothing of what somebody
//! is let in with: a token, a password, a JWT.

use super::{ReadView, WriteView};
use crate::principal::{Identity, PrincipalKind};
use crate::resource::{Action, Resource};
use crate::rights::Rights;
use crate::{Error, Result};

impl ReadView {
    /// The identity of the caller, if it holds a token: what it may do with its own tokens and password, it may by that.
    pub(super) fn own_identity(&self, action: Action, resource: Resource) -> Result<&Identity> {
        let principal = self.principal()?;
        let own = principal.identity().filter(|_| principal.kind() == PrincipalKind::Token);
        own.ok_or_else(|| self.unchecked_policy().denied(action, resource))
    }

    /// The number of the collection of a document that is there, whether or not the principal may see it.
    pub(super) fn identity_number(&self, collection: &str, document: &str) -> Result<u32> {
        let missing = Error::NotFound("identity document");
        let Some(found) = self.reader().collection(self.database(), collection)? else { return Err(missing) };
        let identity = self.reader().unfiltered_identity(self.database(), found.number(), document)?;
        identity.map(|_| found.number()).ok_or(missing)
    }

    /// That the principal may let somebody in as a document: whoever does could be it. So it holds all that documents of the
    /// collection may do, whatever this one may now, or it is the document itself. A server may in any case: its key can be
    /// narrowed to any document.
    ///
    /// It is asked before the document is looked for, and says the same of one that is not there.
    pub(super) fn check_lets_in(&self, (collection, document): (&str, &str), with: Resource) -> Result<()> {
        let policy = self.policy()?;
        let is_own = |own: &Identity| (own.collection(), own.document()) == (collection, document);
        if policy.is_server() || self.principal()?.identity().is_some_and(is_own) {
            return Ok(());
        }
        match self.reader().collection(self.database(), collection)? {
            Some(found) => self.check_holds_all_of_members(found.number(), with),
            None => Ok(()),
        }
    }

    /// That the principal holds all that documents of a collection may do: what any role grants that they may be members of,
    /// be it one of a database above.
    pub(super) fn check_holds_all_of_members(&self, collection: u32, with: Resource) -> Result<()> {
        let (reader, policy) = (self.reader(), self.policy()?);
        for role in self.shared().opener.roles().of_members(reader, self.database(), collection)? {
            policy.require_cover(&Rights::of(role.grants().iter(), [].iter()), with)?;
        }
        Ok(())
    }
}

impl WriteView {
    /// The number of the collection of a document that is there, marked as one whose documents may be identities.
    pub(super) fn identity_to(&mut self, collection: &str, document: &str) -> Result<u32> {
        let number = self.identity_number(collection, document)?;
        let database = self.database();
        self.writer()?.mark_identities(database, collection)?;
        Ok(number)
    }
}
