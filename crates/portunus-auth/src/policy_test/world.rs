//! The store that a policy test is tried in, at one instant: made for it alone, in memory, and gone after it. It knows nothing of
//! what is expected.

use super::expectation::{Asked, provider_of};
use super::form::{Form, GivenForm, ProviderForm, WhoForm};
use crate::base64url::encode;
use crate::jwt::SigningKey;
use crate::view::{NewKey, NewToken, ReadView};
use crate::{
    Algorithm, Error, ExplainedRole, Extent, Gate, GateOptions, Procedure, Provider, Result, RoleSet, Secret,
};
use portunus_scope::{
    Collection, DatabasePath, Durability, ManualClock, Object, Timestamp, TreeOptions, Value,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The database that everything happens in: the root of a store has no access providers.
const PLACE: &str = "policy-test";
/// How long a JWT is good.
const JWT_TIME: Duration = Duration::from_secs(600);
/// What a signature is asked for by.
const KEY_ID: &str = "policy-test";

/// A store, and those who come to it.
pub(super) struct World {
    gate: Gate,
    admin: Secret,
    at: Timestamp,
    signer: SigningKey,
    /// The issuers of access providers.
    issuers: BTreeMap<String, String>,
    /// The secrets of those who have come, as they are told.
    known: Vec<(Asked, Secret)>,
}

impl World {
    /// # Errors
    /// What the store says to what it is to hold.
    pub(super) fn new(form: &Form, roles: &RoleSet, at: Timestamp) -> Result<Self> {
        let procedures =
            form.procedures.iter().map(|name| Procedure::new(name.clone(), |_, _: Value| Ok(())));
        let tree = TreeOptions { clock: Arc::new(ManualClock::new(at)), ..TreeOptions::default() };
        let options = GateOptions { tree, procedures: procedures.collect(), ..GateOptions::default() };
        let (gate, root) = Gate::create_in_memory(&options)?;
        let path: DatabasePath = PLACE.parse()?;
        let mut view = gate.begin_write(&root)?;
        view.create_database(&path)?;
        let admin = view.create_key(NewKey::new("admin").at(path))?.secret;
        view.commit(Durability::Relaxed)?;
        let signer = SigningKey::generate().ok_or(Error::Internal("there are no random numbers".into()))?;
        let (issuers, known) = (BTreeMap::new(), Vec::new());
        let mut world = Self { gate, admin, at, signer, issuers, known };
        world.fill(form, roles)?;
        Ok(world)
    }

    /// As the administrator sees it.
    ///
    /// # Errors
    /// As every transaction.
    pub(super) fn admins(&self) -> Result<ReadView> {
        self.gate.begin_read(&self.admin)
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// All that the roles say.
    ///
    /// # Errors
    /// As every transaction.
    pub(super) fn outline(&self) -> Result<Vec<ExplainedRole>> {
        self.admins()?.outline()
    }

    /// A secret of somebody.
    ///
    /// # Errors
    /// What the store says to that.
    pub(super) fn secret_of(&mut self, who: &Asked) -> Result<Secret> {
        if let Some((_, secret)) = self.known.iter().find(|(known, _)| known == who) {
            return Ok(secret.clone());
        }
        let secret = match who {
            Asked::Holder { provider, claims } => self.jwt(provider, claims)?,
            Asked::Document { .. } | Asked::Role(_) => {
                let mut view = self.gate.begin_write(&self.admin)?;
                let secret = match who {
                    Asked::Role(name) => view.create_key(NewKey::new(name))?.secret,
                    Asked::Document { collection, id } => {
                        view.create_token(NewToken::new(collection, id))?.secret
                    }
                    Asked::Holder { .. } => return Err(Error::Internal("a holder has no record".into())),
                };
                view.commit(Durability::Relaxed)?;
                secret
            }
        };
        self.known.push((who.clone(), secret.clone()));
        Ok(secret)
    }

    fn fill(&mut self, form: &Form, roles: &RoleSet) -> Result<()> {
        let mut view = self.gate.begin_write(&self.admin)?;
        for collection in &form.collections {
            view.define(collection.clone())?;
        }
        for name in form.documents.keys() {
            if !form.collections.iter().any(|collection| collection.name() == name) {
                view.define(Collection::new(name))?;
            }
        }
        form.procedures.iter().try_for_each(|name| view.define_procedure(name, None))?;
        view.apply_roles(roles, Extent::All)?;
        for (collection, documents) in &form.documents {
            for (id, value) in documents {
                let place =
                    |error: Error| Error::invalid(format!("documents.{collection}.{id}"), error.to_string());
                view.create_with_id(collection, id, value).map_err(place)?;
            }
        }
        let mut providers: Vec<(String, Provider)> = Vec::new();
        for provider in form.providers.iter().cloned().chain(implied(form)) {
            let issuer =
                provider.issuer.clone().unwrap_or_else(|| format!("urn:policy-test:{}", provider.name));
            providers.push((provider.name.clone(), defined(provider, &issuer, &self.jwks())));
        }
        for (name, provider) in providers {
            if self.issuers.contains_key(&name) {
                continue;
            }
            view.define_provider(&provider)?;
            self.issuers.insert(name, provider.issuer);
        }
        view.commit(Durability::Relaxed)
    }

    fn jwks(&self) -> String {
        let key = [("kty", "OKP"), ("crv", "Ed25519"), ("kid", KEY_ID), ("x", &encode(self.signer.public()))];
        serde_json::json!({"keys": [BTreeMap::from(key)]}).to_string()
    }

    /// A JWT with these claims, and those without which none is good.
    fn jwt(&self, provider: &str, claims: &Object) -> Result<Secret> {
        let issuer = self.issuers.get(provider).ok_or(Error::NotFound("access provider"))?;
        let database = self.admins()?.principal()?.database().to_owned();
        let mut claims = claims.clone();
        let ends = self.at.saturating_add(JWT_TIME).0 / 1_000_000;
        let own = [
            ("iss", Value::from(issuer.as_str())),
            ("aud", Value::from(format!("urn:portunus:db:{database}"))),
            ("exp", Value::Int(ends)),
        ];
        for (name, value) in own {
            claims.insert(name, value);
        }
        let header = serde_json::json!({"alg": Algorithm::EdDsa.name(), "kid": KEY_ID});
        let claims = Value::Object(claims).to_json()?.to_string();
        let signed = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.as_bytes()));
        let signature = encode(&self.signer.sign(signed.as_bytes()));
        Ok(Secret::new(format!("{signed}.{signature}")))
    }
}

/// The access providers of those who hold claims and are given roles.
fn implied(form: &Form) -> impl Iterator<Item = ProviderForm> {
    form.expectations.iter().filter_map(|expectation| match &expectation.who {
        WhoForm::Holder(holder) if holder.provider.is_none() => {
            let roles = holder.roles.iter().cloned().map(GivenForm::Always).collect();
            Some(ProviderForm { name: provider_of(&holder.roles), issuer: None, roles, identity: None })
        }
        WhoForm::Holder(_) | WhoForm::Named(_) => None,
    })
}

fn defined(form: ProviderForm, issuer: &str, jwks: &str) -> Provider {
    let mut provider = Provider::new(form.name, issuer).jwks(jwks).algorithm(Algorithm::EdDsa);
    for given in form.roles {
        provider = match given {
            GivenForm::Always(role) => provider.role(role),
            GivenForm::When(given) => match given.when {
                None => provider.role(given.role),
                Some(rule) => provider.role_when(given.role, rule),
            },
        };
    }
    match form.identity {
        None => provider,
        Some(mapping) => provider.identity(mapping.collection, mapping.fields),
    }
}
