//! Tokens through a view: made for identity documents by those who may, and what every holder of one may do with those
//! of its own identity, whatever its roles say. Nothing here shows a secret a second time.

use super::{ReadView, WriteView};
use crate::audit::Event;
use crate::mac::Tag;
use crate::principal::PrincipalKind;
use crate::resource::{Action, Resource};
use crate::secret::SecretKind;
use crate::thing::{Described, Thing, Unnamed};
use crate::token_record::{Purpose, Renewals, TokenRecord};
use crate::value_limit::check_value;
use crate::{Error, PublicId, Result, Secret};
use portunus_scope::{Timestamp, Value, to_value};
use serde::Serialize;
use std::borrow::Borrow;
use std::time::Duration;

/// The most bytes that the data of a token may take in its stored form.
pub const TOKEN_DATA_BYTES_MAX: usize = 4 << 10;

/// What a change of a token that is not there, or may not be seen, is told.
const TOKEN: &str = "token";
/// The most nested levels of a token's data.
const TOKEN_DATA_DEPTH_MAX: usize = 8;

/// A token about to be made, for an identity document. Its secret is made with it: nobody can bring one.
///
/// ```
/// use portunus_auth::NewToken;
/// use std::time::Duration;
/// let for_an_hour = NewToken::new("users", "ann").ttl(Duration::from_secs(3_600));
/// let marked = for_an_hour.data(serde_json::json!({"device": "phone"}))?;
/// let until = NewToken::new("users", "ann").expires_at("2030-01-01T00:00:00Z".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is made until `WriteView::create_token` is called"]
pub struct NewToken {
    collection: String,
    document: String,
    ends: Ends,
    data: Value,
}

/// When a new token ends.
#[derive(Clone, Copy, Debug)]
enum Ends {
    Never,
    At(Timestamp),
    After(Duration),
}

impl NewToken {
    /// A token for this document, without an end.
    pub fn new(collection: impl Into<String>, document: impl Into<String>) -> Self {
        let (collection, document) = (collection.into(), document.into());
        Self { collection, document, ends: Ends::Never, data: Value::Null }
    }

    /// A token that opens nothing from this instant on.
    pub fn expires_at(self, instant: Timestamp) -> Self {
        Self { ends: Ends::At(instant), ..self }
    }

    /// A token that opens nothing once it is this old.
    pub fn ttl(self, ttl: Duration) -> Self {
        Self { ends: Ends::After(ttl), ..self }
    }

    /// A token with data of the caller's, which listings show: what it is for, where it was made.
    ///
    /// # Errors
    /// `Invalid` or `Limit` if the data cannot be stored; whether it is small enough is found when the token is made.
    pub fn data<T: Serialize>(self, data: T) -> Result<Self> {
        Ok(Self { data: to_value(&data)?, ..self })
    }
}

/// A token that was made.
///
/// ```
/// # use portunus_auth::{Collection, Durability, Error, Gate, GateOptions, NewToken};
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&admin)?;
/// # view.define(Collection::new("users"))?;
/// # view.create_with_id("users", "ann", serde_json::json!({}))?;
/// let made = view.create_token(NewToken::new("users", "ann"))?;
/// view.commit(Durability::Immediate)?;
/// assert_eq!(gate.begin_read(&made.secret)?.principal()?.id(), made.id);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CreatedToken {
    /// What names it in listings and requests.
    pub id: PublicId,
    /// What opens transactions. It is shown this once: the store keeps only a keyed hash of it.
    pub secret: Secret,
    /// From when on it opens nothing.
    pub expires_at: Option<Timestamp>,
}

/// A token, as those see it who may.
///
/// ```
/// # use portunus_auth::{Collection, Error, Gate, GateOptions, NewToken};
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&admin)?;
/// # view.define(Collection::new("users"))?;
/// # view.create_with_id("users", "ann", serde_json::json!({}))?;
/// let made = view.create_token(NewToken::new("users", "ann"))?;
/// let token = view.token(made.id)?.expect("it was made just now");
/// assert_eq!((token.collection.as_str(), token.document.as_str()), ("users", "ann"));
/// assert_eq!((token.is_refresh, token.last_used_at), (false, None));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// What names it.
    pub id: PublicId,
    /// The collection of its identity document.
    pub collection: String,
    /// The id of its identity document.
    pub document: String,
    /// Whether it is good for new tokens only, and opens nothing itself.
    pub is_refresh: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it opens nothing.
    pub expires_at: Option<Timestamp>,
    /// When it was last seen to open a transaction, to within some minutes.
    pub last_used_at: Option<Timestamp>,
    /// What its maker put into it.
    pub data: Value,
}

/// Which tokens a logout ends.
///
/// ```
/// # use portunus_auth::{Collection, Durability, Error, Gate, GateOptions, NewToken};
/// use portunus_auth::Logout;
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&admin)?;
/// # view.define(Collection::new("users"))?;
/// # view.create_with_id("users", "ann", serde_json::json!({}))?;
/// # let phone = view.create_token(NewToken::new("users", "ann"))?;
/// # let laptop = view.create_token(NewToken::new("users", "ann"))?;
/// # view.commit(Durability::Immediate)?;
/// let mut view = gate.begin_write(&phone.secret)?;
/// assert_eq!(view.logout(Logout::Elsewhere)?, 1);
/// view.commit(Durability::Immediate)?;
/// assert!(gate.begin_read(&laptop.secret).is_err() && gate.begin_read(&phone.secret).is_ok());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Logout {
    /// The token of this transaction, with the refresh tokens of the same login.
    Here,
    /// All tokens of the identity.
    Everywhere,
    /// All tokens of the identity but those of this login.
    Elsewhere,
}

impl ReadView {
    /// The tokens of the caller's own identity, the oldest first; every holder of a token may see them.
    ///
    /// ```
    /// # use portunus_auth::{Collection, Durability, Error, Gate, GateOptions, NewToken};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// # view.define(Collection::new("users"))?;
    /// # view.create_with_id("users", "ann", serde_json::json!({}))?;
    /// # let made = view.create_token(NewToken::new("users", "ann"))?;
    /// # view.commit(Durability::Immediate)?;
    /// let view = gate.begin_read(&made.secret)?;
    /// assert_eq!(view.own_tokens()?.len(), 1);
    /// assert!(view.tokens_of("users", "ann")?.is_empty(), "that is for those with a right to it");
    /// assert!(view.token(made.id)?.is_some(), "its own is another thing");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of every operation; `Denied` if the caller is not the holder of a token.
    pub fn own_tokens(&self) -> Result<Vec<Token>> {
        let identity = self.own_identity(Action::Read, Resource::Token)?;
        self.describe_tokens(identity.number, &identity.document)
    }

    /// The tokens of an identity document that the principal may see, the oldest first.
    ///
    /// # Errors
    /// Those of every operation.
    pub fn tokens_of(&self, collection: &str, document: &str) -> Result<Vec<Token>> {
        self.policy()?.seen(|| match self.reader().collection(self.database(), collection)? {
            Some(collection) => self.describe_tokens(collection.number(), document),
            None => Ok(Vec::new()),
        })
    }

    /// A token of the database, if the principal may see it; one of its own identity in any case.
    ///
    /// # Errors
    /// Those of every operation.
    pub fn token(&self, id: PublicId) -> Result<Option<Token>> {
        let policy = self.policy()?;
        match self.token_record(id)? {
            Some(record) if self.is_own(&record) => self.describe_token(&record).map(Some),
            found => policy.seen_one(|| found.map(|record| self.describe_token(&record)).transpose()),
        }
    }

    fn is_own(&self, record: &TokenRecord) -> bool {
        let principal = self.lease.principal();
        principal.kind() == PrincipalKind::Token
            && principal.identity().is_some_and(|own| {
                (own.number, own.document.as_str()) == (record.collection, record.document.as_str())
            })
    }

    /// The record of a token, if it is one of this database that has not ended.
    fn token_record(&self, id: PublicId) -> Result<Option<TokenRecord>> {
        let found = TokenRecord::find(self.reader(), id)?;
        Ok(found.filter(|record| record.database == self.database() && record.is_alive(self.now())))
    }

    fn describe_tokens(&self, collection: u32, document: &str) -> Result<Vec<Token>> {
        let records = TokenRecord::of_identity(self.reader(), self.database(), collection, document)?;
        let alive = records.into_iter().filter(|record| record.is_alive(self.now()));
        let mut tokens = alive.map(|record| self.describe_token(&record)).collect::<Result<Vec<_>>>()?;
        tokens.sort_by_key(|token| (token.created_at, token.id));
        Ok(tokens)
    }

    fn describe_token(&self, record: &TokenRecord) -> Result<Token> {
        let missing = || Error::Corrupt("the collection of a token has no name".into());
        let collection = self.reader().identity_collection(self.database(), record.collection)?;
        Ok(Token {
            id: record.id,
            collection: collection.ok_or_else(missing)?,
            document: record.document.clone(),
            is_refresh: record.purpose != Purpose::Access,
            created_at: record.created_at,
            expires_at: record.expires_at,
            last_used_at: self.shared().uses.last(self.reader(), record.id)?,
            data: record.data.clone(),
        })
    }
}

impl Token {
    /// One that is about to be made, as far as that is the same for all.
    pub(super) fn to_be((collection, document): (&str, &str), data: &Value, created_at: Timestamp) -> Self {
        Self {
            id: PublicId::new(0),
            collection: collection.into(),
            document: document.into(),
            is_refresh: false,
            created_at,
            expires_at: None,
            last_used_at: None,
            data: data.clone(),
        }
    }
}

impl Described for Token {
    const KIND: Resource = Resource::Token;

    fn thing(&self) -> Thing {
        Thing::of(Self::KIND, self.id.to_string())
            .with("collection", self.collection.as_str())
            .with("document", self.document.as_str())
            .with("is_refresh", self.is_refresh)
            .with("data", self.data.clone())
            .with("created_at", self.created_at)
            .with("expires_at", self.expires_at)
            .with("last_used_at", self.last_used_at)
            .done()
    }
}

impl WriteView {
    /// Makes a token for an identity document, and its secret.
    ///
    /// ```
    /// # use portunus_auth::{Collection, Error, Gate, GateOptions, NewToken};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// # view.define(Collection::new("users"))?;
    /// # for id in ["ann", "bob"] { view.create_with_id("users", id, serde_json::json!({}))?; }
    /// let made = view.create_token(NewToken::new("users", "ann"))?;
    /// view.set_token_expiry(made.id, Some("2030-01-01T00:00:00Z".parse()?))?;
    /// view.retarget_token(made.id, "users", "bob")?;
    /// assert_eq!(view.tokens_of("users", "bob")?.len(), 1);
    /// view.delete_token(made.id)?;
    /// assert!(view.token(made.id)?.is_none());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Denied`, also if documents of the collection may do what the principal may not: whoever makes a token could be its
    /// document; `NotFound` if there is no such document; `Invalid` if the token would have ended already; `Limit` or
    /// `Invalid` for its data, `Limit` if the document has [`TOKENS_OF_IDENTITY_MAX`](crate::TOKENS_OF_IDENTITY_MAX) already.
    pub fn create_token(&mut self, token: impl Borrow<NewToken>) -> Result<CreatedToken> {
        let NewToken { collection, document, ends, data } = token.borrow().clone();
        let now = self.now();
        let expires_at = match ends {
            Ends::Never => None,
            Ends::At(at) => Some(at),
            Ends::After(ttl) => Some(now.saturating_add(ttl)),
        };
        let new = Token::to_be((&collection, &document), &data, now);
        self.policy()?.require_create(&Unnamed(Token { expires_at, ..new }))?;
        if expires_at.is_some_and(|at| at <= now) {
            return Err(Error::invalid("expires_at", "the instant has passed"));
        }
        check_data(&data)?;
        self.check_lets_in((&collection, &document), Resource::Token)?;
        let number = self.identity_to(&collection, &document)?;
        let complete = |record, _| TokenRecord { expires_at, data, ..record };
        let made = self.issue_token(SecretKind::Token, number, &document, complete)?;
        self.note(Event::TokenCreated { token: made.id, collection, document, expires_at })?;
        Ok(made)
    }

    /// Lets a token stand for another identity document of the database.
    ///
    /// # Errors
    /// `NotFound` if there is no such token or document; `Denied` as for [`WriteView::create_token`]; `Constraint` for a refresh token, which stays with its
    /// login.
    pub fn retarget_token(&mut self, id: PublicId, collection: &str, document: &str) -> Result<()> {
        let old = self.token_to_change(id, |token| Token {
            collection: collection.into(),
            document: document.into(),
            ..token
        })?;
        if old.purpose != Purpose::Access {
            return Err(Error::Constraint("a refresh token stays with its login".into()));
        }
        self.check_lets_in((collection, document), Resource::Token)?;
        let number = self.identity_to(collection, document)?;
        TokenRecord::check_room(self.reader(), self.database(), number, document)?;
        let new = TokenRecord { collection: number, document: document.into(), family: None, ..old.clone() };
        self.whole(|writer| {
            old.delete(writer)?;
            new.put(writer)
        })?;
        let (collection, document) = (collection.into(), document.into());
        self.note(Event::TokenRetargeted { token: id, collection, document })
    }

    /// Lets a token end at another instant, or never; a refresh token at the latest with its login.
    ///
    /// # Errors
    /// `NotFound`; `Denied`, for a later end as for [`WriteView::create_token`]; `Invalid` if the instant has passed: delete
    /// the token then.
    pub fn set_token_expiry(&mut self, id: PublicId, expires_at: Option<Timestamp>) -> Result<()> {
        let old = self.token_to_change(id, |token| Token { expires_at, ..token })?;
        if expires_at.is_some_and(|at| at <= self.now()) {
            return Err(Error::invalid("expires_at", "the instant has passed"));
        }
        let expires_at = match old.purpose {
            Purpose::Access => expires_at,
            Purpose::Refresh(Renewals { login_ends, .. }) => {
                Some(expires_at.map_or(login_ends, |at| at.min(login_ends)))
            }
        };
        if old.expires_at.is_some_and(|was| expires_at.is_none_or(|at| at > was)) {
            let was_to_end = self.describe_token(&old)?;
            self.check_lets_in((&was_to_end.collection, &old.document), Resource::Token)?;
        }
        let new = TokenRecord { expires_at, ..old };
        self.whole(|writer| new.put(writer))?;
        self.note(Event::TokenExpirySet { token: id, expires_at })
    }

    /// Deletes a token; one of the caller's own identity without any further right. Once that is committed, no
    /// transaction of its secret goes on.
    ///
    /// # Errors
    /// `NotFound`, `Denied`.
    pub fn delete_token(&mut self, id: PublicId) -> Result<()> {
        self.principal()?;
        let record = match self.token_record(id)? {
            Some(record) if self.is_own(&record) => record,
            _ => {
                let record = self.token_there(Action::Delete, id)?;
                self.policy()?.require_on(Action::Delete, TOKEN, || self.describe_token(&record))?;
                record
            }
        };
        self.whole(|writer| record.delete(writer))?;
        self.note(Event::TokenDeleted { token: id })
    }

    /// Ends tokens of the caller's own identity, and tells how many.
    ///
    /// ```
    /// # use portunus_auth::{Collection, Durability, Error, Gate, GateOptions, Logout, NewToken};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// # view.define(Collection::new("users"))?;
    /// # view.create_with_id("users", "ann", serde_json::json!({}))?;
    /// # let ann = view.create_token(NewToken::new("users", "ann"))?.secret;
    /// # view.commit(Durability::Immediate)?;
    /// let mut view = gate.begin_write(&ann)?;
    /// view.logout(Logout::Here)?;
    /// view.commit(Durability::Immediate)?;
    /// assert!(gate.begin_read(&ann).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Denied` if the caller is not the holder of a token.
    pub fn logout(&mut self, which: Logout) -> Result<usize> {
        let own = self.own_identity(Action::Delete, Resource::Token)?.clone();
        self.end_tokens(own.number, &own.document, which)
    }

    /// Ends tokens of an identity document, without asking who may. `Here` is with the token of the caller, if it has one.
    pub(super) fn end_tokens(&mut self, collection: u32, document: &str, which: Logout) -> Result<usize> {
        let here = self.lease.principal().id();
        let tokens = TokenRecord::of_identity(self.reader(), self.database(), collection, document)?;
        let login = tokens.iter().find(|token| token.id == here).and_then(TokenRecord::login);
        let is_here =
            |token: &TokenRecord| token.id == here || login.is_some_and(|login| token.login() == Some(login));
        let ended: Vec<_> = tokens
            .into_iter()
            .filter(|token| match which {
                Logout::Here => is_here(token),
                Logout::Everywhere => true,
                Logout::Elsewhere => !is_here(token),
            })
            .collect();
        self.whole(|writer| ended.iter().try_for_each(|token| token.delete(writer)))?;
        // Those that ended by themselves go with them, and do not count.
        let ended = ended.iter().filter(|token| token.is_alive(self.now()));
        let tokens: Vec<_> = ended.map(|token| token.id).collect();
        let count = tokens.len();
        if count > 0 {
            self.note(Event::TokensEnded { which, tokens })?;
        }
        Ok(count)
    }

    /// Ends the refresh tokens of an identity document, without asking who may.
    pub(super) fn end_refresh_tokens(&mut self, collection: u32, document: &str) -> Result<()> {
        let tokens = TokenRecord::of_identity(self.reader(), self.database(), collection, document)?;
        for token in tokens.iter().filter(|token| token.purpose != Purpose::Access) {
            self.whole(|writer| token.delete(writer))?;
            if token.is_alive(self.now()) {
                self.note(Event::TokenDeleted { token: token.id })?;
            }
        }
        Ok(())
    }

    /// Issues a token of either kind, without asking who may. Its record is completed with what is said of it, and with the
    /// tag of the login that it may begin.
    pub(super) fn issue_token(
        &mut self,
        kind: SecretKind,
        collection: u32,
        document: &str,
        complete: impl FnOnce(TokenRecord, Tag) -> TokenRecord,
    ) -> Result<CreatedToken> {
        let (database, created_at) = (self.database(), self.now());
        let keys = self.shared().opener.keys();
        let (secret, record) = TokenRecord::issue(self.reader(), keys, kind, |issued| {
            let record = TokenRecord {
                id: issued.id,
                purpose: Purpose::Access,
                database,
                collection,
                document: document.into(),
                tag: issued.tag,
                created_at,
                expires_at: None,
                data: Value::Null,
                family: None,
            };
            complete(record, issued.login_tag)
        })?;
        self.whole(|writer| record.put(writer))?;
        Ok(CreatedToken { id: record.id, secret, expires_at: record.expires_at })
    }

    /// A token, if it may become what it is changed to.
    fn token_to_change(&self, id: PublicId, change: impl FnOnce(Token) -> Token) -> Result<TokenRecord> {
        let record = self.token_there(Action::Write, id)?;
        self.policy()?.require_change::<Token>(TOKEN, || {
            let old = self.describe_token(&record)?;
            Ok((old.thing(), change(old).thing()))
        })?;
        Ok(record)
    }

    /// A token that is there, if any is for the principal.
    fn token_there(&self, action: Action, id: PublicId) -> Result<TokenRecord> {
        self.policy()?.require_any(Resource::Token, action, TOKEN)?;
        self.token_record(id)?.ok_or(Error::NotFound(TOKEN))
    }
}

/// # Errors
/// `Limit` if the data of a token is too large, `Invalid` if it cannot be stored.
pub(super) fn check_data(data: &Value) -> Result<()> {
    check_value("token data", data, TOKEN_DATA_DEPTH_MAX, TOKEN_DATA_BYTES_MAX)
}
