//! The step from a JWT that was shown to one that is proven: what it says of itself leads to a provider, and the provider's
//! record says how it is verified. There is no other way to come by a proof of one. Keys may have to be fetched for it, so
//! no snapshot is held meanwhile. It knows nothing of what the provider lets its holder do.

use super::Opened;
use crate::jwks::{CachedKeys, JwksCache};
use crate::jwt::{Algorithm, JwtClaims, JwtFault, JwtRules, KeySet, UnverifiedJwt};
use crate::mac::digest;
use crate::provider_record::{KeysFrom, ProviderRecord};
use crate::refusal::{OpenError, Refusal};
use crate::route::{Lead, RouteEnd, Ways};
use crate::{Error, PublicId, Result};
use portunus_scope::{Clock, DatabaseId, Timestamp, TreeReader, Value, Version};
use std::sync::Arc;

/// A provider as it was in some snapshot, ready for JWTs to be held against it.
pub(crate) struct LoadedProvider {
    pub(super) database: DatabaseId,
    pub(super) record: ProviderRecord,
    /// Of the record.
    pub(super) version: Version,
    audiences: Vec<String>,
    algorithms: Vec<Algorithm>,
    keys: Keys,
}

enum Keys {
    Url(String),
    /// None if this program finds none of them good enough any more.
    Set(Option<KeySet>),
}

/// A JWT that was verified as its provider's record said in some snapshot.
pub(crate) struct ProvenJwt {
    pub(super) provider: Arc<LoadedProvider>,
    ways: Ways,
    /// Stands for its issuer and subject.
    pub(super) id: PublicId,
    pub(super) subject: String,
    pub(super) token_id: Option<String>,
    pub(super) issued_at: Option<Timestamp>,
    pub(super) expires_at: Timestamp,
    pub(super) payload: Arc<Value>,
    /// When that was. A clock that says that it is earlier may be right.
    verified_at: Timestamp,
    /// The key set that it was verified with, unless that is part of the record.
    keys: Option<Arc<CachedKeys>>,
}

impl LoadedProvider {
    /// The provider that a route leads to.
    ///
    /// # Errors
    /// `Corrupt` if the route leads to none; as every read.
    pub(super) fn read(reader: &TreeReader, end: RouteEnd) -> Result<Self> {
        let found = ProviderRecord::find(reader, end.database, end.provider)?;
        let (record, version) = found.ok_or_else(leads_nowhere)?;
        let keys = match &record.keys {
            KeysFrom::Url(url) => Keys::Url(url.clone()),
            KeysFrom::Set(json) => Keys::Set(KeySet::from_json(json.as_bytes()).ok()),
        };
        Ok(Self {
            database: end.database,
            version,
            audiences: record.all_audiences(reader, end.database)?,
            algorithms: record.algorithms(),
            keys,
            record,
        })
    }

    /// Whether this is what the provider's record says in a snapshot.
    ///
    /// # Errors
    /// As [`LoadedProvider::read`].
    pub(super) fn is_current(&self, reader: &TreeReader) -> Result<bool> {
        let version = ProviderRecord::version(reader, self.database, self.record.number)?;
        Ok(version.ok_or_else(leads_nowhere)? == self.version)
    }

    /// Verifies a JWT. Keys that it takes and that are not there are fetched before, as the cache of them allows.
    pub(super) fn prove(
        self: Arc<Self>,
        (jwt, ways): (UnverifiedJwt<'_>, Ways),
        cache: &JwksCache,
        clock: &dyn Clock,
    ) -> Opened<ProvenJwt> {
        let refuse = |why: Refusal| why.at(self.database);
        // Before anything is fetched for it.
        if !self.algorithms.contains(&jwt.algorithm()) {
            return Err(refuse(Refusal::Jwt(JwtFault::Algorithm)));
        }
        let cached = match &self.keys {
            Keys::Url(url) => cache.keys(url, jwt.key_id()),
            Keys::Set(_) => None,
        };
        let keys = match (&cached, &self.keys) {
            (Some(cached), _) => cached.keys(),
            (None, Keys::Set(Some(keys))) => keys,
            (None, Keys::Set(None) | Keys::Url(_)) => return Err(refuse(Refusal::KeySet)),
        };
        let verified_at = clock.now();
        let verified = jwt.verify(keys, &self.rules(), verified_at);
        let claims = verified.map_err(|fault| refuse(Refusal::Jwt(fault)))?;
        let JwtClaims { issuer, subject, expires_at, issued_at, token_id, payload, .. } = claims;
        let id = fingerprint(&issuer, &subject);
        let (payload, keys) = (Arc::new(payload), cached);
        Ok(ProvenJwt {
            provider: self,
            ways,
            id,
            subject,
            token_id,
            issued_at,
            expires_at,
            payload,
            verified_at,
            keys,
        })
    }

    fn rules(&self) -> JwtRules<'_> {
        JwtRules {
            algorithms: &self.algorithms,
            issuer: &self.record.issuer,
            audiences: &self.audiences,
            leeway: self.record.leeway(),
            age_max: self.record.age_max(),
            token_type: self.record.token_type.as_deref(),
        }
    }
}

impl ProvenJwt {
    /// Whether it need not be verified again: the keys that it was verified with are still the issuer's, and it is later.
    /// What changes with a commit is not asked here.
    pub(super) fn stands(&self, now: Timestamp) -> bool {
        now >= self.verified_at && self.keys.as_ref().is_none_or(|keys| keys.is_current(now))
    }

    /// That it leads to its provider in this snapshot too: another database may have come to answer to an audience of it.
    pub(super) fn check_ways(&self, reader: &TreeReader) -> Opened<()> {
        let end = lead(reader, &self.ways)?;
        let LoadedProvider { database, record, .. } = &*self.provider;
        if (end.database, end.provider) == (*database, record.number) {
            Ok(())
        } else {
            Err(OpenError::Changed)
        }
    }

    /// Whether it was issued before an instant, or does not say when.
    pub(super) fn predates(&self, not_before: Option<Timestamp>) -> bool {
        not_before.is_some_and(|not_before| self.issued_at.is_none_or(|issued_at| issued_at < not_before))
    }
}

/// Where a JWT leads, by its own words.
///
/// # Errors
/// That it leads to no database, or to several.
pub(super) fn lead(reader: &TreeReader, ways: &Ways) -> Opened<RouteEnd> {
    match ways.lead(reader)? {
        Lead::To(end) => Ok(end),
        Lead::Nowhere => Err(Refusal::Provider.of(None)),
        Lead::Several => Err(Refusal::SeveralDatabases.of(None)),
    }
}

/// A number that stands for a subject of an issuer.
fn fingerprint(issuer: &str, subject: &str) -> PublicId {
    let hash = digest(&[issuer.as_bytes(), subject.as_bytes()]);
    let (first, _) = hash.split_first_chunk().unwrap_or((&[0; 8], &[]));
    PublicId::new(u64::from_be_bytes(*first))
}

fn leads_nowhere() -> Error {
    Error::Corrupt("a route leads to no access provider".into())
}

/// A JWT that could be read.
pub(super) fn read(text: &str) -> Opened<UnverifiedJwt<'_>> {
    UnverifiedJwt::read(text).map_err(|fault| -> OpenError { Refusal::Jwt(fault).of(None) })
}
