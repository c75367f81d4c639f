//! Access providers: whose JWTs open a database. It knows nothing of how one is verified.

use crate::Answer;
use crate::instant::{Instant, text_of};
use crate::operation::{Act, Ask};
use portunus::{
    Algorithm, GivenRole, IdentityMapping, Provider as Stated, ProviderInfo, ReadView, Result, WriteView,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// A provider as JSON: its definition, and what the engine says of it.
#[must_use]
pub fn provider_json(info: &ProviderInfo) -> Json {
    let definition = &info.definition;
    let identity = definition.identity.as_ref().map(|IdentityMapping { collection, issuer_field, subject_field }| {
        json!({"collection": collection, "issuer_field": issuer_field, "subject_field": subject_field})
    });
    // A set that is no JSON could not have been defined.
    let jwks = definition.jwks.as_ref().map(|text| serde_json::from_str::<Json>(text).unwrap_or_default());
    let algorithms = definition.algorithms.iter().copied().map(Algorithm::name);
    json!({
        "name": definition.name,
        "issuer": definition.issuer,
        "jwks_url": definition.jwks_url,
        "jwks": jwks,
        "algorithms": algorithms.collect::<Vec<_>>(),
        "audience": info.audience,
        "audiences": definition.audiences,
        "roles": definition.roles.iter().map(role_json).collect::<Json>(),
        "identity": identity,
        "leeway_s": definition.leeway.as_secs(),
        "age_max_s": definition.age_max.map(|age| age.as_secs()),
        "token_type": definition.token_type,
        "not_before": text_of(info.not_before),
        "created_at": info.created_at.to_string(),
    })
}

fn role_json(given: &GivenRole) -> Json {
    match &given.when {
        Some(rule) => json!({"role": given.role, "when": rule}),
        None => json!(given.role),
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Providers {}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Provider {
    name: String,
}

/// Makes a provider, or changes the one of this name to what is said here.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DefineProvider {
    name: String,
    issuer: String,
    #[serde(default)]
    jwks_url: Option<String>,
    #[serde(default)]
    jwks: Option<Box<RawValue>>,
    algorithms: Vec<String>,
    #[serde(default)]
    audiences: Vec<String>,
    #[serde(default)]
    roles: Vec<Given>,
    #[serde(default)]
    identity: Option<Mapping>,
    #[serde(default)]
    leeway_s: Option<u64>,
    #[serde(default)]
    age_max_s: Option<u64>,
    #[serde(default)]
    token_type: Option<String>,
}

/// A role by its name alone, or with a rule about claims.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Given {
    Always(String),
    When(GivenWhen),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenWhen {
    role: String,
    when: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mapping {
    collection: String,
    issuer_field: String,
    subject_field: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenameProvider {
    name: String,
    new_name: String,
}

/// Refuses what was issued before; null lets all in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetProviderNotBefore {
    name: String,
    not_before: Option<Instant>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DenyJwt {
    name: String,
    jti: String,
    until: Instant,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteProvider {
    name: String,
}

impl DefineProvider {
    fn stated(&self) -> Result<Stated> {
        let mut provider = Stated::new(&self.name, &self.issuer);
        if let Some(url) = &self.jwks_url {
            provider = provider.jwks_url(url);
        }
        if let Some(jwks) = &self.jwks {
            provider = provider.jwks(jwks.get());
        }
        for algorithm in &self.algorithms {
            provider = provider.algorithm(algorithm.parse()?);
        }
        for audience in &self.audiences {
            provider = provider.audience(audience);
        }
        for given in &self.roles {
            provider = match given {
                Given::Always(role) => provider.role(role),
                Given::When(GivenWhen { role, when }) => provider.role_when(role, when),
            };
        }
        if let Some(Mapping { collection, issuer_field, subject_field }) = &self.identity {
            provider = provider.identity(collection, [issuer_field, subject_field]);
        }
        if let Some(leeway) = self.leeway_s {
            provider = provider.leeway(Duration::from_secs(leeway));
        }
        if let Some(age) = self.age_max_s {
            provider = provider.age_max(Duration::from_secs(age));
        }
        if let Some(token_type) = &self.token_type {
            provider = provider.token_type(token_type);
        }
        Ok(provider)
    }
}

impl Ask for Providers {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        Answer::of(&view.providers()?.iter().map(provider_json).collect::<Json>())
    }
}

impl Ask for Provider {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        Answer::one(view.provider(&self.name)?, |info| Answer::of(&provider_json(&info)))
    }
}

impl Act for DefineProvider {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.define_provider(self.stated()?)?;
        Answer::one(view.provider(&self.name)?, |info| Answer::of(&provider_json(&info)))
    }
}

impl Act for RenameProvider {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.rename_provider(&self.name, &self.new_name)?;
        Ok(Answer::done())
    }
}

impl Act for SetProviderNotBefore {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.set_provider_not_before(&self.name, self.not_before.map(|at| at.0))?;
        Ok(Answer::done())
    }
}

impl Act for DenyJwt {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.deny_jwt(&self.name, &self.jti, self.until.0)?;
        Ok(Answer::done())
    }
}

impl Act for DeleteProvider {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.delete_provider(&self.name)?;
        Ok(Answer::done())
    }
}
