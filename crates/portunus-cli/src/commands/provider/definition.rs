//! The definition of an access provider as it is typed. It knows nothing of stores.

use crate::failure::{Failure, Result};
use crate::parse::Span;
use clap::Args;
use portunus::{Algorithm, Provider};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The most bytes of a file with a key set, and more.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The definition of an access provider.
#[derive(Args)]
pub struct Definition {
    /// The name of the provider
    name: String,
    /// The issuer, exactly as its JWTs say it
    #[arg(long)]
    issuer: String,
    /// Fetch its key set from this URL
    #[arg(long, value_name = "URL", required_unless_present = "jwks_file", conflicts_with = "jwks_file")]
    jwks_url: Option<String>,
    /// Take its key set from this JSON file, once and for all
    #[arg(long, value_name = "FILE")]
    jwks_file: Option<PathBuf>,
    /// Take JWTs that are signed with this algorithm: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 or EdDSA
    #[arg(long, value_name = "ALGORITHM", required = true)]
    algorithm: Vec<Algorithm>,
    /// Take JWTs for this audience too; those for the database's own, urn:portunus:db: and its public id, are taken anyway
    #[arg(long)]
    audience: Vec<String>,
    /// Give this role to all holders of its JWTs
    #[arg(long)]
    role: Vec<String>,
    /// Give this role to those holders whose claims a rule is true of, as in "nurse: 'care' in claims.groups"
    #[arg(long, value_name = "ROLE: RULE")]
    role_when: Vec<RoleWhen>,
    /// Let holders be the documents of a collection that have their issuer and subject in these fields, over which it has a
    /// unique index
    #[arg(long, value_name = "COLLECTION:ISSUER_FIELD,SUBJECT_FIELD")]
    identity: Option<Mapping>,
    /// Allow for a clock of the issuer's that is off by so much, up to 60s
    #[arg(long, value_name = "TIME")]
    leeway: Option<Span>,
    /// Refuse JWTs that are older, or do not say how old they are
    #[arg(long, value_name = "TIME")]
    age_max: Option<Span>,
    /// Take only JWTs of this type, as in at+jwt
    #[arg(long, value_name = "TYPE")]
    token_type: Option<String>,
}

/// A role and whom it is given to, as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RoleWhen {
    role: String,
    rule: String,
}

impl FromStr for RoleWhen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (role, rule) = text.split_once(':').ok_or("write ROLE: RULE")?;
        let (role, rule) = (role.trim(), rule.trim());
        if role.is_empty() || rule.is_empty() {
            return Err("write ROLE: RULE".into());
        }
        Ok(Self { role: role.into(), rule: rule.into() })
    }
}

/// Which documents holders are, as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mapping {
    collection: String,
    fields: [String; 2],
}

impl FromStr for Mapping {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = "write COLLECTION:ISSUER_FIELD,SUBJECT_FIELD";
        let (collection, fields) = text.split_once(':').ok_or(wrong)?;
        let (issuer, subject) = fields.split_once(',').ok_or(wrong)?;
        if [collection, issuer, subject].contains(&"") || subject.contains(',') {
            return Err(wrong.into());
        }
        Ok(Self { collection: collection.into(), fields: [issuer.into(), subject.into()] })
    }
}

impl Definition {
    /// The definition.
    ///
    /// # Errors
    /// If the file with the key set cannot be read.
    pub fn stated(self) -> Result<Provider> {
        let mut provider = Provider::new(self.name, self.issuer);
        if let Some(url) = self.jwks_url {
            provider = provider.jwks_url(url);
        }
        if let Some(path) = &self.jwks_file {
            provider = provider.jwks(read(path)?);
        }
        for algorithm in self.algorithm {
            provider = provider.algorithm(algorithm);
        }
        for audience in self.audience {
            provider = provider.audience(audience);
        }
        for role in self.role {
            provider = provider.role(role);
        }
        for RoleWhen { role, rule } in self.role_when {
            provider = provider.role_when(role, rule);
        }
        if let Some(Mapping { collection, fields }) = self.identity {
            provider = provider.identity(collection, fields);
        }
        if let Some(leeway) = self.leeway {
            provider = provider.leeway(leeway.0);
        }
        if let Some(age) = self.age_max {
            provider = provider.age_max(age.0);
        }
        if let Some(token_type) = self.token_type {
            provider = provider.token_type(token_type);
        }
        Ok(provider)
    }
}

fn read(path: &Path) -> Result<String> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text));
    let read = read.map_err(|error| Failure::file("read", path, &error))?;
    if u64::try_from(read).unwrap_or(u64::MAX) > FILE_BYTES_MAX {
        return Err(Failure::usage(format!("{} is too large to be a key set", path.display())));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_told_from_its_rule_by_the_first_colon() {
        let given: RoleWhen = "nurse: claims.map == {'a': 1}".parse().unwrap();
        assert_eq!((given.role.as_str(), given.rule.as_str()), ("nurse", "claims.map == {'a': 1}"));
        for wrong in ["", "nurse", "nurse:", ":true", " : "] {
            assert!(wrong.parse::<RoleWhen>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_mapping_names_a_collection_and_two_fields() {
        let mapping: Mapping = "users:login.issuer,login.subject".parse().unwrap();
        assert_eq!((mapping.collection.as_str(), mapping.fields[1].as_str()), ("users", "login.subject"));
        for wrong in ["", "users", "users:a", "users:a,", "users:,b", ":a,b", "users:a,b,c"] {
            assert!(wrong.parse::<Mapping>().is_err(), "{wrong}");
        }
    }
}
