//! Who a proven secret stands for in one state of the store. It knows nothing of how it was proven, nor of caches.

use super::resolve_jwt::of_jwt;
use super::roles::Held;
use super::{Opened, Proof, Proven, place};
use crate::audit::Heard;
use crate::key_record::KeyRecord;
use crate::mac::Tag;
use crate::policy::Policy;
use crate::principal::{Identity, Principal, PrincipalKind};
use crate::procedure_record::ProcedureRecord;
use crate::refusal::{OpenError, Refusal};
use crate::resource::Action;
use crate::rights::Asked;
use crate::role::BuiltInRole;
use crate::role_record::RoleRef;
use crate::secret_scope::ScopeHolder;
use crate::token_record::{Purpose, TokenRecord};
use crate::token_use::LastNoted;
use crate::{Error, PublicId, SecretScope};
use portunus_scope::{DatabaseId, Timestamp, TreeReader};
use std::sync::Arc;

/// Who a proven secret stands for in the state that `reader` sees.
///
/// # Errors
/// That it opens nothing there; as every read of the store.
pub(crate) fn resolve(reader: &TreeReader, proof: &Proof) -> Opened<Principal> {
    let principal = match &proof.proven {
        Proven::Key { id, tag, scope } => of_key(reader, *id, tag, scope.as_ref())?,
        Proven::Token { id, tag } => of_token(reader, *id, tag)?,
        Proven::Jwt(jwt) => of_jwt(reader, jwt)?,
    };
    match &proof.procedure {
        None => Ok(principal),
        Some(name) => in_procedure(reader, principal, name),
    }
}

fn of_key(
    reader: &TreeReader,
    id: PublicId,
    tag: &Tag,
    scope: Option<&Arc<SecretScope>>,
) -> Opened<Principal> {
    let record = KeyRecord::find(reader, id)?.ok_or_else(|| Refusal::Unknown.of(Some(id)))?;
    let refuse = |refusal: Refusal| refusal.in_database(id, record.target);
    if record.tag != *tag {
        return Err(refuse(Refusal::Wrong));
    }
    if record.expires_at.is_some_and(|at| reader.now() >= at) {
        return Err(refuse(Refusal::Expired));
    }
    let database = match scope {
        None => record.target,
        Some(scope) => {
            let may = match (record.role, scope.holder()) {
                (RoleRef::BuiltIn(BuiltInRole::Admin), _) => true,
                (RoleRef::BuiltIn(BuiltInRole::Server), ScopeHolder::Document { .. }) => {
                    scope.path().is_here()
                }
                _ => false,
            };
            let found = if may { reader.resolve(record.target, scope.path())? } else { None };
            found.ok_or_else(|| refuse(Refusal::Scope))?.id
        }
    };
    let database_public_id = place::check(reader, database, &[record.target, record.owner], id)?;
    let (held, identity, identity_ends) = match scope.map(|scope| scope.holder()) {
        None => (Held::one(reader, database, record.role)?, None, None),
        Some(ScopeHolder::Role(name)) => {
            let role =
                RoleRef::named(reader, database, name.as_str())?.ok_or_else(|| refuse(Refusal::Role))?;
            (Held::one(reader, database, role)?, None, None)
        }
        Some(ScopeHolder::Document { collection, id }) => {
            let found = reader.collection(database, collection)?.ok_or_else(|| refuse(Refusal::Identity))?;
            let number = found.number();
            // First whether it is there: a guess leaves no mark.
            let ends = alive(reader, database, number, id)?.ok_or_else(|| refuse(Refusal::Identity))?;
            if !found.holds_identities() {
                return Err(OpenError::Unmarked { database, collection: collection.clone() });
            }
            let identity = Identity { number, collection: collection.clone(), document: id.clone() };
            (Some(Held::all(reader, database, &[], Some(number))?), Some(identity), ends)
        }
    };
    let held = held.ok_or_else(|| refuse(Refusal::Role))?;
    Ok(Principal {
        kind: PrincipalKind::Key,
        id,
        database,
        database_public_id,
        roles: held.names,
        rights: held.rights,
        identity,
        claims: None,
        scope: scope.cloned(),
        procedure: None,
        expires_at: earlier(record.expires_at, identity_ends),
        noted: LastNoted::never(),
        heard: Heard::default(),
    })
}

fn of_token(reader: &TreeReader, id: PublicId, tag: &Tag) -> Opened<Principal> {
    let record = TokenRecord::find(reader, id)?.ok_or_else(|| Refusal::Unknown.of(Some(id)))?;
    let database = record.database;
    let refuse = |refusal: Refusal| refusal.in_database(id, database);
    if record.tag != *tag {
        return Err(refuse(Refusal::Wrong));
    }
    if record.purpose != Purpose::Access {
        return Err(refuse(Refusal::Refresh));
    }
    if !record.is_alive(reader.now()) {
        return Err(refuse(Refusal::Expired));
    }
    let database_public_id = place::check(reader, database, &[database], id)?;
    let number = record.collection;
    let ends = alive(reader, database, number, &record.document)?.ok_or_else(|| refuse(Refusal::Identity))?;
    let collection =
        reader.identity_collection(database, number)?.ok_or_else(|| refuse(Refusal::Identity))?;
    let held = Held::all(reader, database, &[], Some(number))?;
    Ok(Principal {
        kind: PrincipalKind::Token,
        id,
        database,
        database_public_id,
        roles: held.names,
        rights: held.rights,
        identity: Some(Identity { number, collection, document: record.document }),
        claims: None,
        scope: None,
        procedure: None,
        expires_at: earlier(record.expires_at, ends),
        noted: LastNoted::never(),
        heard: Heard::default(),
    })
}

/// The same caller, with the rights of a procedure's role in the place of its own: if it may call the procedure.
fn in_procedure(reader: &TreeReader, caller: Principal, name: &Arc<str>) -> Opened<Principal> {
    let refuse = |refusal: Refusal| refusal.in_database(caller.id, caller.database);
    Policy::of(&caller).require(Asked::Procedure(name), Action::Call)?;
    let record = ProcedureRecord::find(reader, caller.database, name)?;
    let record = record.ok_or(Error::NotFound("procedure"))?;
    let Some(role) = record.role else { return Ok(Principal { procedure: Some(name.clone()), ..caller }) };
    let held = Held::one(reader, caller.database, role)?.ok_or_else(|| refuse(Refusal::Role))?;
    let (roles, rights) = (held.names, held.rights);
    Ok(Principal { roles, rights, procedure: Some(name.clone()), ..caller })
}

/// Whether the identity document is there, and when it ends.
pub(super) fn alive(
    reader: &TreeReader,
    database: DatabaseId,
    collection: u32,
    document: &str,
) -> Opened<Option<Option<Timestamp>>> {
    let found = reader.unfiltered_identity(database, collection, document)?;
    Ok(found.map(|document| document.expires_at()))
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}
