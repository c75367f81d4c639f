//! Access providers through a view: whose JWTs open the database, which roles they give, and which JWTs are refused before
//! their end.

use super::{ReadView, WriteView};
use crate::audit::Event;
use crate::denied_jwt::{deny, fingerprint};
use crate::jwt::{KeySet, TOKEN_ID_BYTES_MAX};
use crate::provider::{
    GivenRole, IdentityMapping, PROVIDERS_MAX, Provider, check_provider_name, limit, own_audience,
};
use crate::provider_record::{AlgorithmName, GivenRole as KeptRole, KeysFrom, Mapping, ProviderRecord};
use crate::resource::{Action, Resource};
use crate::role_record::RoleRef;
use crate::rule::{Rule, Shape, Subject};
use crate::thing::{Described, Thing};
use crate::{Algorithm, BuiltInRole, Error, Result};
use portunus_scope::{DatabaseId, Timestamp};
use std::borrow::Borrow;
use std::time::Duration;

/// What a change of a provider that is not there, or may not be seen, is told.
const PROVIDER: &str = "access provider";

/// An access provider, as those see it who may.
///
/// ```
/// # use portunus_auth::{Algorithm, Error, Gate, GateOptions, Provider};
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&admin)?;
/// # view.create_database(&"acme".parse()?)?;
/// # view.commit(portunus_auth::Durability::Immediate)?;
/// # let mut view = gate.begin_write(&admin.scoped(&"@acme#admin".parse()?))?;
/// # let keys = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
/// let staff = Provider::new("staff", "https://issuer.example").jwks(keys).algorithm(Algorithm::EdDsa);
/// view.define_provider(&staff)?;
/// let provider = view.provider("staff")?.expect("it was defined just now");
/// assert_eq!(provider.definition, staff);
/// assert_eq!(provider.audience, format!("urn:portunus:db:{}", view.principal()?.database()));
/// assert_eq!((provider.not_before, provider.created_at), (None, view.now()));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderInfo {
    /// What it was defined as.
    pub definition: Provider,
    /// The audience that its database has by itself.
    pub audience: String,
    /// JWTs that were issued before this are refused.
    pub not_before: Option<Timestamp>,
    /// When it was first defined.
    pub created_at: Timestamp,
}

impl ReadView {
    /// The access providers of the database that the principal may see, in the order of their names.
    ///
    /// ```
    /// # use portunus_auth::{Error, Gate, GateOptions};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// let view = gate.begin_read(&admin)?;
    /// assert!(view.providers()?.is_empty() && view.provider("staff")?.is_none());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of every operation.
    pub fn providers(&self) -> Result<Vec<ProviderInfo>> {
        let mut found = self.policy()?.seen(|| {
            let records = ProviderRecord::all(self.reader(), self.database())?;
            records.iter().map(|record| self.describe_provider(record)).collect()
        })?;
        found.sort_by(|one, other| one.definition.name.cmp(&other.definition.name));
        Ok(found)
    }

    /// The access provider of this name, if there is one and the principal may see it.
    ///
    /// # Errors
    /// Those of every operation.
    pub fn provider(&self, name: &str) -> Result<Option<ProviderInfo>> {
        Ok(self.providers()?.into_iter().find(|found| found.definition.name == name))
    }

    /// The provider as it was defined. What it says of a collection that was dropped is left out.
    fn describe_provider(&self, record: &ProviderRecord) -> Result<ProviderInfo> {
        let (reader, database) = (self.reader(), self.database());
        let mut definition = Provider::new(&record.name, &record.issuer);
        definition.algorithms = record.algorithms();
        definition.age_max = record.age_max();
        definition.leeway = record.leeway();
        for given in &record.roles {
            if let Some((name, _)) = self.role_rights(database, RoleRef::User(given.role))? {
                let when = given.when.as_ref().map(|rule| rule.source.clone());
                definition.roles.push(GivenRole { role: name.to_string(), when });
            }
        }
        if let Some(Mapping { collection, fields: [issuer_field, subject_field] }) = record.identity.clone() {
            let name = reader.identity_collection(database, collection)?;
            definition.identity =
                name.map(|collection| IdentityMapping { collection, issuer_field, subject_field });
        }
        let audience = own_audience(&self.lease.principal().database_public_id);
        let (not_before, created_at) = (record.not_before(), Timestamp(record.created_at));
        definition.audiences = record.audiences.clone();
        definition.token_type = record.token_type.clone();
        match &record.keys {
            KeysFrom::Url(url) => definition.jwks_url = Some(url.clone()),
            KeysFrom::Set(json) => definition.jwks = Some(json.clone()),
        }
        Ok(ProviderInfo { definition, audience, not_before, created_at })
    }

    /// An access provider, if it may become what it is changed to.
    fn provider_to_change(
        &self,
        name: &str,
        change: impl FnOnce(ProviderInfo) -> ProviderInfo,
    ) -> Result<ProviderRecord> {
        let record = self.provider_there(Action::Write, name)?;
        self.policy()?.require_change::<ProviderInfo>(PROVIDER, || {
            let old = self.describe_provider(&record)?;
            Ok((old.thing(), change(old).thing()))
        })?;
        Ok(record)
    }

    /// An access provider that is there, if any is for the principal.
    fn provider_there(&self, action: Action, name: &str) -> Result<ProviderRecord> {
        self.policy()?.require_any(Resource::AccessProvider, action, PROVIDER)?;
        let all = ProviderRecord::all(self.reader(), self.database())?;
        all.into_iter().find(|record| record.name == name).ok_or(Error::NotFound(PROVIDER))
    }

    /// The key set of a definition, if it is one that could ever verify anything.
    fn key_set_of(&self, provider: &Provider) -> Result<KeysFrom> {
        if let Some(url) = &provider.jwks_url {
            let jwks = self.shared().opener.jwks();
            jwks.check_url(url).map_err(|problem| Error::invalid("jwks_url", problem))?;
            if !jwks.has_source() {
                return Err(Error::invalid("jwks_url", "this program has no way to fetch key sets"));
            }
            return Ok(KeysFrom::Url(url.clone()));
        }
        let json = provider.jwks.clone().unwrap_or_default();
        let keys = KeySet::from_json(json.as_bytes()).map_err(|error| match error {
            Error::Invalid { place, problem } if place.is_empty() => Error::invalid("jwks", problem),
            Error::Invalid { place, problem } => Error::invalid(format!("jwks.{place}"), problem),
            other => other,
        })?;
        if keys.shows_private_keys() {
            let problem = "has a private or symmetric key, which nobody but the issuer must have";
            return Err(Error::invalid("jwks", problem));
        }
        if !keys.serves(&provider.algorithms) {
            return Err(Error::invalid("jwks", "has no key for any of the algorithms"));
        }
        Ok(KeysFrom::Set(json))
    }

    /// The mapping of a definition. The issuer can then be any of the collection's documents, as if it had a token of each:
    /// whoever defines that could make such tokens, and holds all that these documents may do.
    fn mapping_of(&self, provider: &Provider) -> Result<Option<Mapping>> {
        let Some(IdentityMapping { collection, issuer_field, subject_field }) = &provider.identity else {
            return Ok(None);
        };
        let (reader, database, policy) = (self.reader(), self.database(), self.policy()?);
        policy.require(Resource::Token, Action::Create)?;
        let fields = [issuer_field.clone(), subject_field.clone()];
        let found = reader.collection(database, collection)?;
        let mapped = found.map(|found| (Mapping { collection: found.number(), fields }, found));
        // One answer for a collection that is not there and one that will not do: not everybody may know which are there.
        let Some((mapping, _)) = mapped.filter(|(mapping, found)| mapping.is_kept_by(found)) else {
            let problem = "the identity mapping names no collection with a finished unique index over just the two \
                           fields, the issuer's first: without one, two documents could be the same person";
            return Err(Error::Constraint(problem.into()));
        };
        self.check_holds_all_of_members(mapping.collection, Resource::AccessProvider)?;
        Ok(Some(mapping))
    }
}

impl Described for ProviderInfo {
    const KIND: Resource = Resource::AccessProvider;

    fn thing(&self) -> Thing {
        let Provider { name, issuer, audiences, algorithms, roles, jwks_url, .. } = &self.definition;
        Thing::of(Self::KIND, name)
            .with("name", name.as_str())
            .with("issuer", issuer.as_str())
            .with_all("audiences", audiences.iter().map(String::as_str))
            .with_all("algorithms", algorithms.iter().copied().map(Algorithm::name))
            .with_all("roles", roles.iter().map(|given| given.role.as_str()))
            .with("jwks_url", jwks_url.as_deref())
            .with("not_before", self.not_before)
            .with("created_at", self.created_at)
            .done()
    }
}

impl WriteView {
    /// Creates an access provider, or alters the one of that name to this definition. An altered one keeps what was said of
    /// JWTs to be refused, and every open transaction of its JWTs has to begin again.
    ///
    /// The root has none: it rules all other databases, and no issuer outside should open it.
    ///
    /// ```
    /// # use portunus_auth::{Action, Algorithm, Collection, Durability, Error, Gate, GateOptions, Provider, Role};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// # view.create_database(&"acme".parse()?)?;
    /// # view.commit(Durability::Immediate)?;
    /// # let mut view = gate.begin_write(&admin.scoped(&"@acme#admin".parse()?))?;
    /// # let keys = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    /// view.define(Collection::new("users").unique(["issuer", "subject"]))?;
    /// view.define_role(Role::new("reader").allow("users", Action::Read))?;
    /// let staff = Provider::new("staff", "https://issuer.example").jwks(keys).algorithm(Algorithm::EdDsa);
    /// view.define_provider(staff.role("reader").identity("users", ["issuer", "subject"]))?;
    /// view.rename_provider("staff", "employees")?;
    /// view.set_provider_not_before("employees", Some(view.now()))?;
    /// view.deny_jwt("employees", "the jti of a JWT", "2030-01-01T00:00:00Z".parse()?)?;
    /// assert!(view.delete_role("reader").is_err(), "a provider gives it");
    /// view.delete_provider("employees")?;
    /// assert!(view.providers()?.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Denied`, also if the provider would give roles that the principal does not hold; `Invalid` or `Limit` for its
    /// parts: no algorithm, no keys or none for its algorithms, a URL that is not `https`, a private key, a built-in role or
    /// one of a database above, a rule over the claims that is none;
    /// `Constraint` for the root, if a role or collection is not there, if the collection of the identity mapping has no
    /// unique index over just the two fields, or if another provider of the database has the same issuer.
    pub fn define_provider(&mut self, provider: impl Borrow<Provider>) -> Result<()> {
        let provider = provider.borrow();
        let (policy, database) = (self.policy()?, self.database());
        let all = ProviderRecord::all(self.reader(), database)?;
        let old = all.iter().find(|record| record.name == provider.name);
        let standing = old.map(|old| self.describe_provider(old)).transpose()?;
        let new = ProviderInfo {
            definition: provider.clone(),
            audience: own_audience(&self.lease.principal().database_public_id),
            not_before: old.and_then(ProviderRecord::not_before),
            created_at: old.map_or_else(|| self.now(), |old| Timestamp(old.created_at)),
        };
        policy.require_define(standing.as_ref().map(Described::thing).as_ref(), &new)?;
        if database == DatabaseId::ROOT {
            return Err(Error::Constraint("the root of the tree has no access providers".into()));
        }
        provider.check()?;
        let mut others = all.iter().filter(|other| other.name != provider.name);
        if let Some(other) = others.find(|other| other.issuer == provider.issuer) {
            return Err(if policy.sees_thing(&self.describe_provider(other)?)? {
                Error::Constraint("another access provider has the same issuer".into())
            } else {
                policy.denied(Action::Create, Resource::AccessProvider)
            });
        }
        if old.is_none() {
            limit("access providers of a database", all.len() + 1, PROVIDERS_MAX)?;
        }
        let (keys, roles) = (self.key_set_of(provider)?, self.roles_of(provider)?);
        let identity = self.mapping_of(provider)?;
        let now = self.now();
        let url = provider.jwks_url.clone();
        self.whole(|writer| {
            if let Some(mapping) = &provider.identity {
                writer.mark_identities(database, &mapping.collection)?;
            }
            let record = ProviderRecord {
                number: old
                    .map_or_else(|| ProviderRecord::next_number(writer, database), |old| Ok(old.number))?,
                name: provider.name.clone(),
                issuer: provider.issuer.clone(),
                audiences: provider.audiences.clone(),
                algorithms: provider.algorithms.iter().copied().map(AlgorithmName).collect(),
                keys,
                roles,
                identity,
                age_max: provider.age_max.map(microseconds),
                leeway: microseconds(provider.leeway),
                token_type: provider.token_type.clone(),
                not_before: old.and_then(|old| old.not_before),
                created_at: old.map_or(now.0, |old| old.created_at),
            };
            record.put(writer, database, old)
        })?;
        self.key_sets.extend(url);
        let name = provider.name.clone();
        self.note(match old {
            Some(_) => Event::ProviderAltered { provider: name },
            None => Event::ProviderCreated { provider: name },
        })
    }

    /// Gives an access provider another name.
    ///
    /// # Errors
    /// `NotFound`, `Denied`; `AlreadyExists` if there is one of the new name; `Invalid` or `Limit` if it can be none.
    pub fn rename_provider(&mut self, name: &str, new_name: &str) -> Result<()> {
        let old = self.provider_to_change(name, |mut info| {
            info.definition.name = new_name.into();
            info
        })?;
        check_provider_name(new_name)?;
        if name == new_name {
            return Ok(());
        }
        let database = self.database();
        let all = ProviderRecord::all(self.reader(), database)?;
        if let Some(other) = all.iter().find(|other| other.name == new_name) {
            let other = self.describe_provider(other)?;
            return Err(self.unchecked_policy().taken(&other, Action::Write, PROVIDER));
        }
        let new = ProviderRecord { name: new_name.into(), ..old.clone() };
        self.whole(|writer| new.put(writer, database, Some(&old)))?;
        self.note(Event::ProviderRenamed { provider: name.into(), to: new_name.into() })
    }

    /// Refuses all JWTs of an access provider that were issued before an instant, or that do not say when they were; or,
    /// with none, no JWT for that reason any more. Once that is committed, none of them reads or commits.
    ///
    /// # Errors
    /// `NotFound`; `Denied`, also if it lets JWTs in again whose holders may do what the principal may not.
    pub fn set_provider_not_before(&mut self, name: &str, not_before: Option<Timestamp>) -> Result<()> {
        let old = self.provider_to_change(name, |info| ProviderInfo { not_before, ..info })?;
        if old.not_before().is_some_and(|was| not_before.is_none_or(|at| at < was)) {
            self.check_holds_all_of(&old)?;
        }
        let new = ProviderRecord { not_before: not_before.map(|at| at.0), ..old.clone() };
        let database = self.database();
        self.whole(|writer| new.put(writer, database, Some(&old)))?;
        self.note(Event::ProviderNotBeforeSet { provider: name.into(), not_before })
    }

    /// Refuses one JWT of an access provider from now on: the one with this id (`jti`). It is remembered until some time
    /// after `until`, when it ends by itself.
    ///
    /// # Errors
    /// `NotFound` if there is no such provider; `Denied`; `Invalid` or `Limit` if no JWT has such an id.
    pub fn deny_jwt(&mut self, provider: &str, token_id: &str, until: Timestamp) -> Result<()> {
        let number = self.provider_to_change(provider, |info| info)?.number;
        limit("id of a JWT", token_id.len(), TOKEN_ID_BYTES_MAX)?;
        if token_id.is_empty() {
            return Err(Error::invalid("id of a JWT", "is empty"));
        }
        let database = self.database();
        self.whole(|writer| deny(writer, database, number, token_id, until))?;
        let jwt = fingerprint(token_id);
        self.note(Event::JwtDenied { provider: provider.into(), jwt, until })
    }

    /// Deletes an access provider. Once that is committed, no transaction of its JWTs goes on.
    ///
    /// # Errors
    /// `NotFound`, `Denied`.
    pub fn delete_provider(&mut self, name: &str) -> Result<()> {
        let record = self.provider_there(Action::Delete, name)?;
        self.policy()?.require_on(Action::Delete, PROVIDER, || self.describe_provider(&record))?;
        let database = self.database();
        self.whole(|writer| record.delete(writer, database))?;
        self.note(Event::ProviderDeleted { provider: name.into() })
    }

    /// That the principal holds all that the holders of a provider's JWTs may do: whoever lets more of them in could be one.
    fn check_holds_all_of(&self, provider: &ProviderRecord) -> Result<()> {
        for given in &provider.roles {
            self.check_gives(self.database(), RoleRef::User(given.role), Resource::AccessProvider)?;
        }
        match &provider.identity {
            Some(mapping) => self.check_holds_all_of_members(mapping.collection, Resource::AccessProvider),
            None => Ok(()),
        }
    }

    /// The roles that a definition gives, all of which the principal could give itself.
    fn roles_of(&self, provider: &Provider) -> Result<Vec<KeptRole>> {
        let library = self.known_library()?;
        let mut given = Vec::new();
        for GivenRole { role: name, when } in &provider.roles {
            if BuiltInRole::named(name).is_some() {
                let problem = "a built-in role is nothing that an outside issuer can give";
                return Err(Error::invalid("roles", problem));
            }
            match self.role_to_give(self.database(), name, Resource::AccessProvider)? {
                RoleRef::User(role) => {
                    let when = when.as_deref().map(Rule::new);
                    if let Some(rule) = &when {
                        rule.compile(Subject::Claims, &library, &Shape::unknown())?;
                    }
                    given.push(KeptRole { role, when });
                }
                RoleRef::Inherited(..) => {
                    return Err(Error::invalid(
                        "roles",
                        "a role of a database above is given by that one's providers",
                    ));
                }
                RoleRef::BuiltIn(_) => return Err(Error::Internal("a built-in role has no number".into())),
            }
        }
        Ok(given)
    }
}

fn microseconds(length: Duration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}
