//! `provider`: whose JWTs open a database, and which of them do not. It knows nothing of how one is verified.

mod definition;

use crate::args::Common;
use crate::confirm::confirm;
use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::parse::{When, optional_instant};
use crate::session::{Session, change};
use crate::table::Table;
use clap::Subcommand;
use definition::Definition;
use portunus::{
    Algorithm, GivenRole, IdentityMapping, Provider as Stated, ProviderInfo, ReadView, Timestamp,
};
use serde_json::{Value as Json, json};
use std::str::FromStr;
use std::time::Duration;

/// Access providers: outside issuers whose JWTs open the secret's own database. The root of the tree has none
#[derive(Subcommand)]
pub enum Provider {
    /// Create a provider, or change the one that is there to this one
    Define(Box<Definition>),
    /// List the providers
    List,
    /// Show a provider
    Show {
        /// The provider
        name: String,
    },
    /// Give a provider another name
    Rename {
        /// The provider
        name: String,
        /// The new name
        new_name: String,
    },
    /// Refuse all JWTs of a provider that were issued before an instant
    NotBefore {
        /// The provider
        name: String,
        /// An instant, or now; or none, to refuse no more
        when: NotBefore,
    },
    /// Refuse one JWT of a provider
    Deny {
        /// The provider
        name: String,
        /// The id of the JWT: its claim jti
        #[arg(value_name = "JTI", allow_hyphen_values = true)]
        token_id: String,
        /// When it ends by itself, and need not be remembered any more: an instant, or a length of time such as 1h
        #[arg(long, value_name = "WHEN")]
        until: When,
    },
    /// Delete a provider. Its JWTs open nothing any more
    Delete {
        /// The provider
        name: String,
    },
}

/// From when on JWTs are let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotBefore {
    /// Whenever they were issued.
    None,
    /// From now on.
    Now,
    /// From this instant on.
    At(Timestamp),
}

impl FromStr for NotBefore {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            "now" => Ok(Self::Now),
            _ => text
                .parse()
                .map(Self::At)
                .map_err(|_| "write an instant as in 2027-01-31T12:00:00Z, or now, or none".into()),
        }
    }
}

impl Provider {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        match self {
            Self::Define(definition) => {
                let stated = definition.stated()?;
                let audience = change(common, |tx| {
                    tx.define_provider(&stated)?;
                    Ok(tx.provider(&stated.name)?.map(|info| info.audience))
                })?;
                let value = || json!({"defined": stated.name, "audience": audience});
                output.done(value, &format!("defined {}", stated.name))
            }
            Self::List => list(common, output),
            Self::Show { name } => show(&name, common, output),
            Self::Rename { name, new_name } => {
                change(common, |tx| tx.rename_provider(&name, &new_name))?;
                let value = || json!({"renamed": name, "name": new_name});
                output.done(value, &format!("renamed {name} to {new_name}"))
            }
            Self::NotBefore { name, when } => not_before(&name, when, common, output),
            Self::Deny { name, token_id, until } => {
                change(common, |tx| tx.deny_jwt(&name, &token_id, until.instant(tx.now())))?;
                let value = || json!({"provider": name, "denied": token_id});
                output.done(value, &format!("denied the JWT {token_id} of {name}"))
            }
            Self::Delete { name } => {
                confirm(common, &format!("delete the access provider {name}"))?;
                change(common, |tx| tx.delete_provider(&name))?;
                output.done(|| json!({"deleted": name}), &format!("deleted {name}"))
            }
        }
    }
}

fn not_before(name: &str, when: NotBefore, common: &Common, output: &mut Output) -> Result {
    let instant = change(common, |tx| {
        let instant = match when {
            NotBefore::None => None,
            NotBefore::Now => Some(tx.now()),
            NotBefore::At(instant) => Some(instant),
        };
        tx.set_provider_not_before(name, instant)?;
        Ok(instant)
    })?;
    let note = match instant {
        Some(at) => format!("JWTs of {name} from before {at} open nothing any more"),
        None => format!("JWTs of {name} are let in whenever they were issued"),
    };
    output.done(|| json!({"provider": name, "not_before": instant.map(|at| at.to_string())}), &note)
}

fn list(common: &Common, output: &mut Output) -> Result {
    let session = Session::open(common)?;
    let found = session.read(ReadView::providers)?;
    if found.is_empty() && !output.is_json() {
        output.note("there are no access providers here, or none that this secret may see");
        return Ok(());
    }
    output.value_or_table(
        || found.iter().map(to_json).collect(),
        || {
            let mut table = Table::new(["name", "issuer", "algorithms", "roles", "documents", "not before"]);
            for ProviderInfo { definition, not_before, .. } in &found {
                table.row([
                    definition.name.clone(),
                    definition.issuer.clone(),
                    algorithms(definition).join(" "),
                    roles(definition),
                    definition.identity.as_ref().map_or_else(|| "-".into(), mapping),
                    not_before.map_or_else(|| "-".into(), |at| at.to_string()),
                ]);
            }
            table
        },
    )
}

fn show(name: &str, common: &Common, output: &mut Output) -> Result {
    let session = Session::open(common)?;
    let found = session.read(|tx| tx.provider(name))?;
    let info = found.ok_or_else(|| Failure::not_found("access provider"))?;
    output.value_or_table(|| to_json(&info), || Table::of_properties(properties(&info)))
}

fn to_json(info: &ProviderInfo) -> Json {
    let definition = &info.definition;
    let identity = definition.identity.as_ref().map(|IdentityMapping { collection, issuer_field, subject_field }| {
        json!({"collection": collection, "issuer_field": issuer_field, "subject_field": subject_field})
    });
    // A set that is no JSON could not have been defined.
    let jwks = definition.jwks.as_ref().map(|text| serde_json::from_str::<Json>(text).unwrap_or_default());
    json!({
        "name": definition.name,
        "issuer": definition.issuer,
        "jwks_url": definition.jwks_url,
        "jwks": jwks,
        "algorithms": algorithms(definition),
        "audience": info.audience,
        "audiences": definition.audiences,
        "roles": definition.roles.iter().map(role_to_json).collect::<Json>(),
        "identity": identity,
        "leeway_s": definition.leeway.as_secs(),
        "age_max_s": definition.age_max.map(|age| age.as_secs()),
        "token_type": definition.token_type,
        "not_before": info.not_before.map(|at| at.to_string()),
        "created_at": info.created_at.to_string(),
    })
}

fn properties(info: &ProviderInfo) -> Vec<(&'static str, String)> {
    let definition = &info.definition;
    let dash = || "-".to_owned();
    let seconds = |time: Duration| format!("{} s", time.as_secs());
    let audiences = std::iter::once(&info.audience).chain(&definition.audiences).cloned();
    let keys = match &definition.jwks_url {
        Some(url) => url.clone(),
        None => "part of the definition".into(),
    };
    vec![
        ("name", definition.name.clone()),
        ("issuer", definition.issuer.clone()),
        ("keys", keys),
        ("algorithms", algorithms(definition).join(" ")),
        ("audiences", audiences.collect::<Vec<_>>().join(" ")),
        ("roles", if definition.roles.is_empty() { dash() } else { roles(definition) }),
        ("documents", definition.identity.as_ref().map_or_else(dash, mapping)),
        ("leeway", seconds(definition.leeway)),
        ("age at most", definition.age_max.map_or_else(dash, seconds)),
        ("token type", definition.token_type.clone().unwrap_or_else(dash)),
        ("not before", info.not_before.map_or_else(dash, |at| optional_instant(Some(at)))),
        ("created", info.created_at.to_string()),
    ]
}

fn algorithms(definition: &Stated) -> Vec<&'static str> {
    definition.algorithms.iter().copied().map(Algorithm::name).collect()
}

/// A role that is given to all by its name, and another one with its rule.
fn role_to_json(given: &GivenRole) -> Json {
    match &given.when {
        Some(rule) => json!({"role": given.role, "when": rule}),
        None => json!(given.role),
    }
}

/// The roles that are given, each with its rule if it has one.
fn roles(definition: &Stated) -> String {
    let text = |given: &GivenRole| match &given.when {
        Some(rule) => format!("{} when {rule}", given.role),
        None => given.role.clone(),
    };
    let is_plain = definition.roles.iter().all(|given| given.when.is_none());
    definition.roles.iter().map(text).collect::<Vec<_>>().join(if is_plain { " " } else { ", " })
}

fn mapping(mapping: &IdentityMapping) -> String {
    format!("{}:{},{}", mapping.collection, mapping.issuer_field, mapping.subject_field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jwts_are_let_in_from_an_instant_on_or_always() {
        assert_eq!("none".parse(), Ok(NotBefore::None));
        assert_eq!("now".parse(), Ok(NotBefore::Now));
        assert_eq!("1970-01-01T00:00:05Z".parse(), Ok(NotBefore::At(Timestamp(5_000_000))));
        assert!("5m".parse::<NotBefore>().is_err(), "before now, or after it?");
    }
}
