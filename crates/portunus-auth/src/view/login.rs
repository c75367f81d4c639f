//! What a login does inside of a transaction: finds the document that a password is for, with the engine's rights, and
//! makes the session. It hands out no document; who may ask for a login at all is decided here, before anybody is looked for.

use super::{ReadView, WriteView};
use crate::audit::{Event, FailedTrial};
use crate::credential_record::CredentialRecord;
use crate::login::{By, Login, LoginFailure, Named, Session};
use crate::principal::{Identity, Principal};
use crate::resource::{Action, Resource};
use crate::secret::SecretKind;
use crate::thing::Unnamed;
use crate::token_record::{Purpose, Renewals, TokenRecord};
use crate::view::credentials::NamedCredential;
use crate::view::{Sessions, Token, tokens};
use crate::{CreatedToken, Error, PasswordHash, Result};
use portunus_scope::{Access, DatabaseId, Order, Scan, StoredCollection, TermRange, Then, Value};
use std::ops::ControlFlow;

/// Why a password is tried, and for whom.
#[derive(Clone, Copy)]
pub(crate) enum Trial<'t> {
    /// For a session.
    Login(&'t Login),
    /// To know whether it is the right one.
    Verify { collection: &'t str, by: &'t By },
    /// To change the caller's own.
    Own,
}

/// Whose password is tried.
pub(crate) struct Tried {
    pub(crate) database: DatabaseId,
    /// The number of the collection.
    pub(crate) collection: u32,
    /// What was said of the document, by which attempts are counted.
    pub(crate) by: By,
    pub(crate) found: std::result::Result<Candidate, LoginFailure>,
    /// The document, whether or not it has a password that may be tried.
    pub(crate) document: Option<String>,
}

/// A document with a password that is not disabled.
pub(crate) struct Candidate {
    pub(crate) document: String,
    pub(crate) credential: CredentialRecord,
}

impl Trial<'_> {
    /// What an audit log is told of it.
    pub(crate) fn told(self, caller: &Principal, document: Option<String>) -> FailedTrial {
        let (purpose, collection, source) = match self {
            Trial::Login(login) => ("login", login.collection.as_str(), login.source.clone()),
            Trial::Verify { collection, .. } => ("verify", collection, None),
            Trial::Own => ("change", caller.identity().map_or("", Identity::collection), None),
        };
        FailedTrial { purpose, collection: collection.into(), document, source }
    }
}

impl Candidate {
    /// Whether this is the same password of the same document.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.document == other.document && self.credential.is_same_password(&other.credential)
    }
}

impl ReadView {
    /// Whose password it is that is tried.
    ///
    /// # Errors
    /// `Denied`; `NotFound` if there is no such collection; `Invalid` or `Limit` by what the definition and the arguments
    /// say, whoever there is.
    pub(crate) fn try_for(&self, trial: Trial<'_>) -> Result<Tried> {
        let policy = self.policy()?;
        match trial {
            Trial::Login(login) => {
                policy.require_some(Resource::Credential, Action::Read)?;
                policy.require_some(Resource::Token, Action::Create)?;
                login.check()?;
                tokens::check_data(&login.data)?;
                self.try_named(&login.collection, &login.by)
            }
            Trial::Verify { collection, by } => {
                policy.require_some(Resource::Credential, Action::Read)?;
                self.try_named(collection, by)
            }
            Trial::Own => {
                let own = self.own_identity(Action::Write, Resource::Credential)?;
                let by = By::id(own.document.as_str());
                self.try_document(own.number, by, Some(own.document.clone()))
            }
        }
    }

    fn try_named(&self, collection: &str, by: &By) -> Result<Tried> {
        by.key()?;
        let database = self.database();
        let stored = self.reader().collection(database, collection)?.ok_or(Error::NotFound("collection"))?;
        let document = match &by.named {
            Named::Id(id) => Some(id.clone()),
            Named::Index { name, term } => self.id_by(&stored, name, term)?,
        };
        let tried = self.try_document(stored.number(), by.clone(), document)?;
        // A password that the caller may not see is none: it fails as those that nobody has, after the same work.
        match &tried.found {
            Ok(Candidate { document, credential })
                if !self
                    .policy()?
                    .sees_thing(&NamedCredential::of((collection, document), credential))? =>
            {
                Ok(Tried { found: Err(LoginFailure::NoCredential), ..tried })
            }
            Ok(_) | Err(_) => Ok(tried),
        }
    }

    fn try_document(&self, collection: u32, by: By, document: Option<String>) -> Result<Tried> {
        let (reader, database) = (self.reader(), self.database());
        // A name that nobody has is no id of a document, whatever it is.
        let document = match document {
            Some(id) if reader.unfiltered_identity(database, collection, &id)?.is_some() => Some(id),
            Some(_) | None => None,
        };
        let found = self.candidate(collection, document.clone())?;
        Ok(Tried { database, collection, by, found, document })
    }

    /// The id of the document that has a term in a unique index. Whether the index will do is decided by its definition
    /// alone.
    fn id_by(&self, collection: &StoredCollection, name: &str, term: &Value) -> Result<Option<String>> {
        let indexes = collection.definition().indexes();
        let is_it = indexes
            .iter()
            .any(|index| index.is_unique() && index.fields().len() == 1 && index.name() == name);
        if !is_it || collection.building().contains(&name) {
            return Err(Error::invalid("by", "is not a unique index of one field that is ready"));
        }
        let terms = TermRange { equal: vec![term.clone()], then: Then::Any };
        let access = Access::Index { name: name.into(), terms };
        let scan = Scan { collection, access: &access, order: Order::Ascending, after: None };
        let mut id = None;
        self.reader().unfiltered_scan(&scan, &mut |document, _| {
            id = Some(document.id().to_owned());
            Ok(ControlFlow::Break(()))
        })?;
        Ok(id)
    }

    fn candidate(
        &self,
        collection: u32,
        document: Option<String>,
    ) -> Result<std::result::Result<Candidate, LoginFailure>> {
        let Some(document) = document else { return Ok(Err(LoginFailure::Unknown)) };
        Ok(match CredentialRecord::find(self.reader(), self.database(), collection, &document)? {
            None => Err(LoginFailure::NoCredential),
            Some(credential) if credential.disabled => Err(LoginFailure::Disabled),
            Some(credential) => Ok(Candidate { document, credential }),
        })
    }
}

impl WriteView {
    /// Makes the session of a login whose password was proven, if it is still that of the same document, and stores its hash
    /// if that was made anew.
    ///
    /// # Errors
    /// `WrongCredentials` if it is another password now; as [`ReadView::try_for`]; `Limit` if the document has too many
    /// tokens.
    pub(crate) fn begin_session(
        &mut self,
        login: &Login,
        proven: &Candidate,
        raised: Option<&PasswordHash>,
    ) -> Result<Session> {
        let tried = self.try_for(Trial::Login(login))?;
        let number = tried.collection;
        let Candidate { document, credential } = self.still(Trial::Login(login), tried, proven)?;
        if let Some(hash) = raised {
            self.put_credential(&credential.raised(hash), number, &document, Sessions::Keep)?;
        }
        let now = self.now();
        let data = &login.data;
        let mut expires_at = now.saturating_add(login.ttl);
        let mut refresh = None;
        let new = Token::to_be((&login.collection, &document), data, now);
        if let Some(terms) = login.refresh {
            let ends = now.saturating_add(terms.absolute);
            expires_at = expires_at.min(ends);
            let refresh_ends = Some(now.saturating_add(terms.idle).min(ends));
            let new = Token { is_refresh: true, expires_at: refresh_ends, ..new.clone() };
            self.policy()?.require_create(&Unnamed(new))?;
            let complete = |record, login_tag| TokenRecord {
                purpose: Purpose::Refresh(Renewals {
                    login_tag,
                    login_ends: ends,
                    idle: terms.idle,
                    ttl: login.ttl,
                }),
                expires_at: refresh_ends,
                data: data.clone(),
                ..record
            };
            refresh = Some(self.issue_token(SecretKind::Refresh, number, &document, complete)?);
        }
        self.policy()?.require_create(&Unnamed(Token { expires_at: Some(expires_at), ..new }))?;
        let CreatedToken { id, secret, .. } =
            self.issue_token(SecretKind::Token, number, &document, |record, _| TokenRecord {
                expires_at: Some(expires_at),
                data: data.clone(),
                family: refresh.as_ref().map(|refresh| refresh.id),
                ..record
            })?;
        self.note(Event::LoggedIn {
            collection: login.collection.clone(),
            document,
            token: id,
            refresh_token: refresh.as_ref().map(|refresh| refresh.id),
            source: login.source.clone(),
        })?;
        Ok(Session { id, secret, expires_at, refresh })
    }

    /// Changes the caller's own password, if the one that was proven is still it.
    ///
    /// # Errors
    /// `WrongCredentials` if it is not; `Denied` if the caller is not the holder of a token.
    pub(crate) fn change_own_password(
        &mut self,
        proven: &Candidate,
        hash: &PasswordHash,
        sessions: Sessions,
    ) -> Result<()> {
        let tried = self.try_for(Trial::Own)?;
        let number = tried.collection;
        let Candidate { document, credential } = self.still(Trial::Own, tried, proven)?;
        let new = CredentialRecord::set(hash, Some(&credential), self.now())?;
        self.put_credential(&new, number, &document, sessions)?;
        let collection = self.own_identity(Action::Write, Resource::Credential)?.collection.clone();
        self.note(Event::CredentialChanged { collection, document })
    }

    /// What is found now, if it is what was proven before.
    fn still(&self, trial: Trial<'_>, tried: Tried, proven: &Candidate) -> Result<Candidate> {
        let now = tried.found.ok().filter(|now| now.is(proven));
        now.ok_or_else(|| {
            let (shared, caller) = (self.shared(), self.lease.principal());
            shared.password_failed(caller, trial.told(caller, tried.document), LoginFailure::Changed)
        })
    }
}
