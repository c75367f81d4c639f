//! How tests of policies are written by people. It knows nothing of what comes of them.

use super::{POLICY_DOCUMENTS_MAX, POLICY_EXPECTATIONS_MAX};
use crate::{Action, Error, Result, RoleSet};
use portunus_scope::{Collection, Timestamp, Value};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// The most access providers, and the most procedures, of a policy test.
const PROVIDERS_MAX: usize = 100;

/// All of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    #[serde(default)]
    pub(super) at: Option<Timestamp>,
    #[serde(default)]
    pub(super) roles: Option<RolesFrom>,
    #[serde(default, rename = "collection")]
    pub(super) collections: Vec<Collection>,
    #[serde(default)]
    pub(super) documents: BTreeMap<String, BTreeMap<String, Value>>,
    #[serde(default)]
    pub(super) procedures: Vec<String>,
    #[serde(default, rename = "provider")]
    pub(super) providers: Vec<ProviderForm>,
    #[serde(default, rename = "expect")]
    pub(super) expectations: Vec<ExpectForm>,
}

/// Where the roles are.
#[derive(Clone, Debug)]
pub(super) enum RolesFrom {
    File(String),
    Set(RoleSet),
}

/// An access provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProviderForm {
    pub(super) name: String,
    /// One is made up where this says none.
    #[serde(default)]
    pub(super) issuer: Option<String>,
    #[serde(default)]
    pub(super) roles: Vec<GivenForm>,
    #[serde(default)]
    pub(super) identity: Option<MappingForm>,
}

/// A role that is given, always or under a rule.
#[derive(Clone, Debug)]
pub(super) enum GivenForm {
    Always(String),
    When(GivenWhen),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GivenWhen {
    pub(super) role: String,
    #[serde(default)]
    pub(super) when: Option<String>,
}

/// The collection and the two fields by which holders are found.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MappingForm {
    pub(super) collection: String,
    pub(super) fields: [String; 2],
}

/// An expectation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectForm {
    pub(super) who: WhoForm,
    #[serde(default)]
    pub(super) can: Option<Action>,
    #[serde(default)]
    pub(super) cannot: Option<Action>,
    pub(super) on: String,
    #[serde(default)]
    pub(super) document: Option<Value>,
    #[serde(default)]
    pub(super) change: Option<Value>,
    #[serde(default)]
    pub(super) replace: Option<Value>,
    #[serde(default)]
    pub(super) args: Option<Value>,
    #[serde(default)]
    pub(super) sees: Vec<String>,
    #[serde(default)]
    pub(super) does_not_see: Vec<String>,
    #[serde(default)]
    pub(super) lists: Option<Vec<String>>,
    #[serde(default)]
    pub(super) because: Option<String>,
    #[serde(default)]
    pub(super) at: Option<Timestamp>,
    #[serde(default)]
    pub(super) note: Option<String>,
}

/// Whom an expectation is about.
#[derive(Clone, Debug)]
pub(super) enum WhoForm {
    Named(String),
    Holder(HolderForm),
}

/// The holder of a JWT.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HolderForm {
    pub(super) claims: Value,
    #[serde(default)]
    pub(super) provider: Option<String>,
    #[serde(default)]
    pub(super) roles: Vec<String>,
}

impl Form {
    /// # Errors
    /// `Limit`.
    pub(super) fn check(&self) -> Result<()> {
        let documents = self.documents.values().map(BTreeMap::len).sum();
        let limits = [
            ("expectations of a policy test", self.expectations.len(), POLICY_EXPECTATIONS_MAX),
            ("documents of a policy test", documents, POLICY_DOCUMENTS_MAX),
            ("access providers of a policy test", self.providers.len(), PROVIDERS_MAX),
            ("procedures of a policy test", self.procedures.len(), PROVIDERS_MAX),
        ];
        match limits.into_iter().find(|(_, actual, max)| actual > max) {
            Some((what, actual, max)) => Err(Error::Limit { what, actual, max }),
            None => Ok(()),
        }
    }
}

/// Reads a text or a map, by what is there, so that what is wrong in it is told.
struct TextOr<T, M> {
    expected: &'static str,
    of_text: fn(String) -> T,
    of_map: fn(M) -> T,
    map: PhantomData<M>,
}

impl<'de, T, M: Deserialize<'de>> Visitor<'de> for TextOr<T, M> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.expected)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> std::result::Result<T, E> {
        Ok((self.of_text)(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<T, A::Error> {
        let read = M::deserialize(MapAccessDeserializer::new(map));
        read.map(self.of_map).map_err(A::Error::custom)
    }
}

impl<'de> Deserialize<'de> for RolesFrom {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let expected = "roles, or the name of a file with roles";
        deserializer.deserialize_any(TextOr {
            expected,
            of_text: Self::File,
            of_map: Self::Set,
            map: PhantomData,
        })
    }
}

impl<'de> Deserialize<'de> for GivenForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let expected = "the name of a role, or `role` and `when`";
        deserializer.deserialize_any(TextOr {
            expected,
            of_text: Self::Always,
            of_map: Self::When,
            map: PhantomData,
        })
    }
}

impl<'de> Deserialize<'de> for WhoForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let expected = "COLLECTION/ID, role:NAME, or `claims` with `provider` or `roles`";
        deserializer.deserialize_any(TextOr {
            expected,
            of_text: Self::Named,
            of_map: Self::Holder,
            map: PhantomData,
        })
    }
}
