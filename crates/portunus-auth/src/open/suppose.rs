//! Who somebody would be that has shown nothing: for those who may ask what others may do. What comes of it opens no
//! transaction. It knows nothing of what is asked.

use super::resolve::{Holder, alive, of_key, principal};
use super::resolve_jwt::of_claims;
use super::roles::{Held, Search};
use super::{OpenError, Opened, place};
use crate::explain::WhoIs;
use crate::key_record::KeyRecord;
use crate::principal::{Identity, Principal, PrincipalKind};
use crate::provider_record::ProviderRecord;
use crate::refusal::Refusal;
use crate::role_book::RoleBook;
use crate::role_record::RoleRef;
use crate::{Error, PublicId, Result};
use portunus_scope::{Database, DatabaseId, TreeReader, Value, ValueRef};

/// Somebody, as they would be.
pub(crate) struct Supposed {
    pub(crate) principal: Principal,
    /// Its roles.
    pub(crate) held: Vec<RoleRef>,
    /// Why its secret would open nothing, if it would not.
    pub(crate) refusal: Option<Refusal>,
}

/// Who somebody would be in a database, in the state that `reader` sees.
///
/// # Errors
/// `NotFound` if there is no such role, document, key or provider; as every read of the store.
pub(crate) fn suppose(
    (reader, book): (&TreeReader, &RoleBook),
    lineage: &[Database],
    who: &WhoIs,
) -> Result<Supposed> {
    let search = Search { reader, book, lineage };
    let supposed = match who {
        WhoIs::Roles(names) => with_roles(search, names),
        WhoIs::Document { collection, id } => document(search, (collection, id)),
        WhoIs::Key(id) => key(search, *id),
        WhoIs::Claims { provider, claims } => holder_of_claims(search, provider, claims),
    };
    supposed.map_err(OpenError::told)
}

fn with_roles(search: Search<'_>, names: &[String]) -> Opened<Supposed> {
    let mut roles = Vec::new();
    for name in names {
        let role = RoleRef::named(search.reader, search.database(), name)?;
        roles.push(role.ok_or(Error::NotFound("role"))?);
    }
    let held = Held::several(search, &roles)?;
    Ok(supposed(search, PrincipalKind::Key, held, None))
}

fn document(search: Search<'_>, (collection, id): (&str, &str)) -> Opened<Supposed> {
    let Search { reader, .. } = search;
    let missing = || Error::NotFound("identity document");
    let database = search.database();
    let found = reader.collection(database, collection)?.ok_or_else(missing)?;
    let number = found.number();
    let document = alive(reader, database, number, id)?.ok_or_else(missing)?;
    let identity = Identity { number, collection: collection.to_owned(), document: id.to_owned() };
    let holder = Holder { identity, document };
    let held = Held::all(search, holder.caller(search), &[], Some(number))?;
    Ok(supposed(search, PrincipalKind::Token, held, Some(holder)))
}

/// A key, as if its secret had been shown.
fn key(search: Search<'_>, id: PublicId) -> Opened<Supposed> {
    let Search { reader, book, .. } = search;
    let record = KeyRecord::find(reader, id)?.filter(|record| record.target == search.database());
    let record = record.ok_or(Error::NotFound("key"))?;
    match of_key((reader, book), id, &record.tag, None) {
        Ok(principal) => Ok(Supposed { principal, held: vec![record.role], refusal: None }),
        Err(OpenError::Refused(refused)) => {
            let nobody = supposed(search, PrincipalKind::Key, Held::several(search, &[])?, None);
            Ok(Supposed { refusal: Some(refused.why), ..nobody })
        }
        Err(error) => Err(error),
    }
}

fn holder_of_claims(search: Search<'_>, provider: &str, claims: &Value) -> Opened<Supposed> {
    let all = ProviderRecord::all(search.reader, search.database())?;
    let record = all.into_iter().find(|record| record.name == provider);
    let record = record.ok_or(Error::NotFound("access provider"))?;
    let subject = ValueRef::from(claims).member("sub").and_then(ValueRef::as_str).unwrap_or_default();
    match of_claims(search, &record, (subject, claims)) {
        Ok((held, holder)) => {
            let refusal = held.names.is_empty().then_some(Refusal::NoRole);
            let found = supposed(search, PrincipalKind::Jwt, held, holder);
            let principal = Principal { claims: Some(claims.clone().into()), ..found.principal };
            Ok(Supposed { principal, refusal, ..found })
        }
        Err(OpenError::Refused(refused)) => {
            let nobody = supposed(search, PrincipalKind::Jwt, Held::several(search, &[])?, None);
            Ok(Supposed { refusal: Some(refused.why), ..nobody })
        }
        Err(error) => Err(error),
    }
}

fn supposed(search: Search<'_>, kind: PrincipalKind, held: Held, holder: Option<Holder>) -> Supposed {
    let roles = held.roles.clone();
    let principal = principal(kind, PublicId::new(0), search.lineage, held, holder);
    Supposed { principal, held: roles, refusal: None }
}

/// The database that questions are asked in, and those above it.
///
/// # Errors
/// As every read of the store.
pub(crate) fn lineage_of(reader: &TreeReader, database: DatabaseId) -> Result<Vec<Database>> {
    place::check(reader, database, &[database], PublicId::new(0)).map_err(OpenError::told)
}
