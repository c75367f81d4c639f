//! Passwords of identity documents through a view: set, turned off and on again, deleted. Nothing here shows one, or a hash
//! of one, and nothing here works one out: that takes longer than a transaction should.

use super::{ReadView, WriteView};
use crate::audit::Event;
use crate::credential_record::CredentialRecord;
use crate::resource::{Action, Resource};
use crate::rights::Ruling;
use crate::thing::{Described, Thing};
use crate::view::Logout;
use crate::{Error, PasswordHash, Result};
use portunus_scope::Timestamp;

/// What a change of a password that is not there, or may not be seen, is told.
const CREDENTIAL: &str = "credential";

/// What is shown of the password of an identity document: that there is one.
///
/// ```
/// # use portunus_auth::{Collection, Error, Gate, GateOptions, Password, Sessions};
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// # let hash = gate.hash_password(&Password::new("correct horse")?)?;
/// # let mut view = gate.begin_write(&admin)?;
/// # view.define(Collection::new("users"))?;
/// # view.create_with_id("users", "ann", serde_json::json!({}))?;
/// view.set_credential("users", "ann", &hash, Sessions::End)?;
/// let credential = view.credential("users", "ann")?.expect("it was set just now");
/// assert_eq!((credential.algorithm, credential.is_disabled), (Some("argon2id"), false));
/// assert_eq!(credential.created_at, credential.changed_at);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialInfo {
    /// When the document was first given a password.
    pub created_at: Timestamp,
    /// When it was given this one.
    pub changed_at: Timestamp,
    /// Whether the password proves nothing for now.
    pub is_disabled: bool,
    /// The function that it was hashed with; none if this program does not take over that function, or its cost.
    pub algorithm: Option<&'static str>,
}

/// What a change of a password does to the tokens of its owner, however they came to be.
///
/// ```
/// # use portunus_auth::{Collection, Durability, Error, Gate, GateOptions, NewToken, Password};
/// use portunus_auth::Sessions;
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// # let hash = gate.hash_password(&Password::new("correct horse")?)?;
/// # let mut view = gate.begin_write(&admin)?;
/// # view.define(Collection::new("users"))?;
/// # view.create_with_id("users", "ann", serde_json::json!({}))?;
/// # let token = view.create_token(NewToken::new("users", "ann"))?;
/// view.set_credential("users", "ann", &hash, Sessions::Keep)?;
/// assert_eq!(view.tokens_of("users", "ann")?.len(), 1);
/// view.set_credential("users", "ann", &hash, Sessions::End)?;
/// assert_eq!(view.tokens_of("users", "ann")?.len(), 0);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sessions {
    /// All of them end: what is right whenever the old password may have been known to somebody else.
    End,
    /// All of them end but those of the login in which the change is made. For anybody but the holder of a token of the same
    /// document this is as [`Sessions::End`].
    EndElsewhere,
    /// All of them go on. A refresh token of a password that is disabled is of no use all the same, and those of one that is
    /// deleted go with it.
    Keep,
}

impl ReadView {
    /// What there is of a document's password, if the principal may see that.
    ///
    /// ```
    /// # use portunus_auth::{Collection, Durability, Error, Gate, GateOptions};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// # view.define(Collection::new("users"))?;
    /// # view.create_with_id("users", "ann", serde_json::json!({}))?;
    /// # view.commit(Durability::Immediate)?;
    /// let view = gate.begin_read(&admin)?;
    /// assert!(view.credential("users", "ann")?.is_none(), "nobody has given her one");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of every operation.
    pub fn credential(&self, collection: &str, id: &str) -> Result<Option<CredentialInfo>> {
        let found = self.policy()?.seen_one(|| {
            let found = self.credential_of(collection, id)?;
            Ok(found.map(|(_, record)| NamedCredential::of((collection, id), &record)))
        })?;
        Ok(found.map(|found| found.info))
    }

    /// What is kept of a document's password, with the number of its collection, if the document is there.
    fn credential_of(&self, collection: &str, id: &str) -> Result<Option<(u32, CredentialRecord)>> {
        let number = match self.identity_number(collection, id) {
            Ok(number) => number,
            Err(Error::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let record = CredentialRecord::find(self.reader(), self.database(), number, id)?;
        Ok(record.map(|record| (number, record)))
    }
}

/// What rules know of the password of an identity document.
pub(super) struct NamedCredential {
    collection: String,
    document: String,
    info: CredentialInfo,
}

impl NamedCredential {
    pub(super) fn of((collection, document): (&str, &str), record: &CredentialRecord) -> Self {
        let info = CredentialInfo {
            created_at: record.created_at,
            changed_at: record.changed_at,
            is_disabled: record.disabled,
            algorithm: record.hash().map(|hash| hash.algorithm()),
        };
        Self { collection: collection.into(), document: document.into(), info }
    }
}

impl Described for NamedCredential {
    const KIND: Resource = Resource::Credential;

    fn thing(&self) -> Thing {
        Thing::of(Self::KIND, self.document.clone())
            .with("collection", self.collection.as_str())
            .with("document", self.document.as_str())
            .with("disabled", self.info.is_disabled)
            .with("algorithm", self.info.algorithm)
            .with("created_at", self.info.created_at)
            .with("changed_at", self.info.changed_at)
            .done()
    }
}

impl WriteView {
    /// Gives a document a password, in the place of the one that it has. From then on the document may be somebody's
    /// identity. A password that is disabled stays so.
    ///
    /// The hash is made before the transaction begins, with [`Gate::hash_password`](crate::Gate::hash_password), or was made
    /// elsewhere: [`PasswordHash::import`].
    ///
    /// ```
    /// # use portunus_auth::{Collection, Durability, Error, Gate, GateOptions};
    /// use portunus_auth::{Login, Password, Sessions, by};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// let password = Password::new("correct horse")?;
    /// let hash = gate.hash_password(&password)?;
    /// let mut view = gate.begin_write(&admin)?;
    /// # view.define(Collection::new("users").unique(["email"]))?;
    /// let ann = view.create("users", serde_json::json!({"email": "ann@example.org"}))?;
    /// view.set_credential("users", ann.id(), &hash, Sessions::End)?;
    /// view.commit(Durability::Immediate)?;
    /// let session = gate.login(&admin, Login::new("users", by("email", "ann@example.org"), &password))?;
    /// let me = gate.begin_read(&session.secret)?.principal()?.identity().cloned();
    /// assert_eq!(me.as_ref().map(|me| me.document()), Some(ann.id()));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Denied`, also if there is one that the principal may not change, or if documents of the collection may do what it may
    /// not: whoever knows a password could be its document; `NotFound` if there is no such document.
    pub fn set_credential(
        &mut self,
        collection: &str,
        id: &str,
        hash: &PasswordHash,
        sessions: Sessions,
    ) -> Result<()> {
        let old = self.credential_to_set(collection, id, hash)?;
        let number = self.identity_to(collection, id)?;
        let new = CredentialRecord::set(hash, old.as_ref(), self.now())?;
        self.put_credential(&new, number, id, sessions)?;
        self.note(Event::CredentialSet { collection: collection.into(), document: id.into() })
    }

    /// Lets a document's password prove nothing until it is [enabled](WriteView::enable_credential) again: nobody logs in by
    /// it, and no refresh token of such a login is good for anything. Whoever tries it is told that it is wrong.
    ///
    /// ```
    /// # use portunus_auth::{Collection, Durability, Error, Gate, GateOptions, Password, Sessions};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let hash = gate.hash_password(&Password::new("correct horse")?)?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// # view.define(Collection::new("users"))?;
    /// # view.create_with_id("users", "ann", serde_json::json!({}))?;
    /// # view.set_credential("users", "ann", &hash, Sessions::End)?;
    /// view.disable_credential("users", "ann", Sessions::End)?;
    /// assert!(view.credential("users", "ann")?.is_some_and(|credential| credential.is_disabled));
    /// view.enable_credential("users", "ann")?;
    /// view.delete_credential("users", "ann", Sessions::End)?;
    /// assert!(view.credential("users", "ann")?.is_none());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if the document has none, or none that the principal may see; `Denied`.
    pub fn disable_credential(&mut self, collection: &str, id: &str, sessions: Sessions) -> Result<()> {
        let (number, record) = self.credential_to_turn(collection, id, true)?;
        self.put_credential(&record, number, id, sessions)?;
        self.note(Event::CredentialDisabled { collection: collection.into(), document: id.into() })
    }

    /// Lets a document's password prove something again.
    ///
    /// # Errors
    /// As [`WriteView::disable_credential`]; `Denied` also if documents of the collection may do what the principal may not.
    pub fn enable_credential(&mut self, collection: &str, id: &str) -> Result<()> {
        let (number, record) = self.credential_to_turn(collection, id, false)?;
        self.check_lets_in((collection, id), Resource::Credential)?;
        self.put_credential(&record, number, id, Sessions::Keep)?;
        self.note(Event::CredentialEnabled { collection: collection.into(), document: id.into() })
    }

    /// Deletes a document's password, and the refresh tokens of all logins by it, whatever becomes of their tokens.
    ///
    /// # Errors
    /// As [`WriteView::disable_credential`].
    pub fn delete_credential(&mut self, collection: &str, id: &str, sessions: Sessions) -> Result<()> {
        let (number, record) = self.credential_there(Action::Delete, collection, id)?;
        let describe = || Ok(NamedCredential::of((collection, id), &record));
        self.policy()?.require_on(Action::Delete, CREDENTIAL, describe)?;
        let database = self.database();
        self.whole(|writer| CredentialRecord::delete(writer, database, number, id))?;
        self.end_sessions(number, id, sessions)?;
        // Whatever goes on: these would be good again for whoever is given another password later.
        self.end_refresh_tokens(number, id)?;
        self.note(Event::CredentialDeleted { collection: collection.into(), document: id.into() })
    }

    /// Stores what is kept of a document's password, without asking who may.
    pub(super) fn put_credential(
        &mut self,
        record: &CredentialRecord,
        collection: u32,
        id: &str,
        sessions: Sessions,
    ) -> Result<()> {
        let database = self.database();
        self.whole(|writer| record.put(writer, database, collection, id))?;
        self.end_sessions(collection, id, sessions)
    }

    fn end_sessions(&mut self, collection: u32, id: &str, sessions: Sessions) -> Result<()> {
        let which = match sessions {
            Sessions::End => Logout::Everywhere,
            Sessions::EndElsewhere => Logout::Elsewhere,
            Sessions::Keep => return Ok(()),
        };
        self.end_tokens(collection, id, which).map(|_| ())
    }

    /// What there is of a document's password, if that may be set to a hash: changed where there is one, created where there
    /// is none. Who may only create ones is not told which documents there are that it may create none for.
    fn credential_to_set(
        &self,
        collection: &str,
        id: &str,
        hash: &PasswordHash,
    ) -> Result<Option<CredentialRecord>> {
        let (policy, of_credential) = (self.policy()?, Resource::Credential);
        let denied = |action| Err(policy.denied(action, of_credential));
        let place = (collection, id);
        let first = CredentialRecord::set(hash, None, self.now())?;
        let may_create = policy.may_create(&NamedCredential::of(place, &first))?;
        let may_change = policy.ruling(of_credential, Action::Write);
        if !may_create && matches!(may_change, Ruling::Deny) {
            return denied(Action::Create);
        }
        self.check_lets_in(place, of_credential)?;
        let number = match self.identity_number(collection, id) {
            Err(Error::NotFound(_)) if !may_create && !matches!(may_change, Ruling::Allow) => {
                return denied(Action::Create);
            }
            number => number?,
        };
        let Some(old) = CredentialRecord::find(self.reader(), self.database(), number, id)? else {
            return if may_create { Ok(None) } else { denied(Action::Create) };
        };
        let standing = NamedCredential::of(place, &old);
        let new = NamedCredential::of(place, &CredentialRecord::set(hash, Some(&old), self.now())?);
        if policy.may_change(&standing, &new)? {
            return Ok(Some(old));
        }
        // That there is one is not told to those who may not see it.
        denied(if policy.sees_thing(&standing)? { Action::Write } else { Action::Create })
    }

    /// A document's password about to be disabled or enabled, with the number of its collection.
    fn credential_to_turn(
        &self,
        collection: &str,
        id: &str,
        disabled: bool,
    ) -> Result<(u32, CredentialRecord)> {
        let (number, old) = self.credential_there(Action::Write, collection, id)?;
        let mut new = old.clone();
        new.disabled = disabled;
        self.policy()?.require_change::<NamedCredential>(CREDENTIAL, || {
            let thing = |record| NamedCredential::of((collection, id), record).thing();
            Ok((thing(&old), thing(&new)))
        })?;
        Ok((number, new))
    }

    /// What is kept of a document's password, with the number of its collection, if any is there for the principal.
    fn credential_there(
        &self,
        action: Action,
        collection: &str,
        id: &str,
    ) -> Result<(u32, CredentialRecord)> {
        self.policy()?.require_any(Resource::Credential, action, CREDENTIAL)?;
        self.credential_of(collection, id)?.ok_or(Error::NotFound(CREDENTIAL))
    }
}
