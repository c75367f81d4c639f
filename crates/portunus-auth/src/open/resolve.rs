//! Who a proven secret stands for in one state of the store. It knows nothing of how it was proven, nor of caches.

use super::proof::Running;
use super::resolve_jwt::of_jwt;
use super::roles::{Held, Search};
use super::{Opened, Proof, Proven, place};
use crate::audit::Heard;
use crate::judge::{Caller, Ground, Memo};
use crate::key_record::KeyRecord;
use crate::mac::Tag;
use crate::policy::{Lasting, Policy};
use crate::principal::{Identity, Principal, PrincipalKind};
use crate::procedure_record::ProcedureRecord;
use crate::refusal::{OpenError, Refusal};
use crate::role::BuiltInRole;
use crate::role_book::RoleBook;
use crate::role_record::RoleRef;
use crate::secret_scope::ScopeHolder;
use crate::token_record::{Purpose, TokenRecord};
use crate::token_use::LastNoted;
use crate::{Error, PublicId, SecretScope};
use portunus_scope::{Database, DatabaseId, Document, Timestamp, TreeReader};
use std::sync::Arc;

/// Who a proven secret stands for in the state that `reader` sees.
///
/// # Errors
/// That it opens nothing there; as every read of the store.
pub(crate) fn resolve(reader: &TreeReader, book: &RoleBook, proof: &Proof) -> Opened<Principal> {
    let principal = match &proof.proven {
        Proven::Key { id, tag, scope } => of_key((reader, book), *id, tag, scope.as_ref())?,
        Proven::Token { id, tag } => of_token((reader, book), *id, tag)?,
        Proven::Jwt(jwt) => of_jwt((reader, book), jwt)?,
    };
    match &proof.procedure {
        None => Ok(principal),
        Some(running) => in_procedure((reader, book), principal, running),
    }
}

/// Whom a key stands for whose record has this tag, narrowed to a scope.
pub(super) fn of_key(
    (reader, book): (&TreeReader, &RoleBook),
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
    let lineage = place::check(reader, database, &[record.target, record.owner], id)?;
    let search = Search { reader, book, lineage: &lineage };
    let (held, holder) = match scope.map(|scope| scope.holder()) {
        None => (Held::one(search, record.role)?, None),
        Some(ScopeHolder::Role(name)) => {
            let role =
                RoleRef::named(reader, database, name.as_str())?.ok_or_else(|| refuse(Refusal::Role))?;
            (Held::one(search, role)?, None)
        }
        Some(ScopeHolder::Document { collection, id }) => {
            let found = reader.collection(database, collection)?.ok_or_else(|| refuse(Refusal::Identity))?;
            let number = found.number();
            // First whether it is there: a guess leaves no mark.
            let document = alive(reader, database, number, id)?.ok_or_else(|| refuse(Refusal::Identity))?;
            if !found.holds_identities() {
                return Err(OpenError::Unmarked { database, collection: collection.clone() });
            }
            let identity = Identity { number, collection: collection.clone(), document: id.clone() };
            let holder = Holder { identity, document };
            (Some(Held::all(search, holder.caller(search), &[], Some(number))?), Some(holder))
        }
    };
    let held = held.ok_or_else(|| refuse(Refusal::Role))?;
    let expires_at = earlier(record.expires_at, holder.as_ref().and_then(Holder::ends));
    let principal = principal(PrincipalKind::Key, id, &lineage, held, holder);
    Ok(Principal { scope: scope.cloned(), expires_at, ..principal })
}

fn of_token((reader, book): (&TreeReader, &RoleBook), id: PublicId, tag: &Tag) -> Opened<Principal> {
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
    let lineage = place::check(reader, database, &[database], id)?;
    let number = record.collection;
    let document =
        alive(reader, database, number, &record.document)?.ok_or_else(|| refuse(Refusal::Identity))?;
    let collection =
        reader.identity_collection(database, number)?.ok_or_else(|| refuse(Refusal::Identity))?;
    let identity = Identity { number, collection, document: record.document };
    let holder = Holder { identity, document };
    let search = Search { reader, book, lineage: &lineage };
    let held = Held::all(search, holder.caller(search), &[], Some(number))?;
    let expires_at = earlier(record.expires_at, holder.ends());
    let principal = principal(PrincipalKind::Token, id, &lineage, held, Some(holder));
    Ok(Principal { expires_at, ..principal })
}

/// The same caller, with the rights of a procedure's role in the place of its own: if it may call the procedure.
fn in_procedure(
    (reader, book): (&TreeReader, &RoleBook),
    caller: Principal,
    running: &Running,
) -> Opened<Principal> {
    let name = &running.name;
    let refuse = |refusal: Refusal| refusal.in_database(caller.id, caller.database);
    let memo = Memo::default();
    let ground = Ground { reader, memo: &memo, audit: None };
    let may = Policy::of(&caller, ground).require_call(name, &running.arguments)?;
    let record = ProcedureRecord::find(reader, caller.database, name)?;
    let record = record.ok_or(Error::NotFound("procedure"))?;
    let is_lasting = caller.is_lasting && may == Lasting::Yes;
    let caller = Principal { procedure: Some(name.clone()), is_lasting, ..caller };
    let Some(role) = record.role else { return Ok(caller) };
    let found = book.rights(reader, caller.database, role)?;
    let (name, rights) = found.ok_or_else(|| refuse(Refusal::Role))?;
    Ok(Principal { roles: vec![name], rights, ..caller })
}

/// A caller that is a document.
pub(super) struct Holder {
    pub(super) identity: Identity,
    pub(super) document: Document,
}

impl Holder {
    pub(super) fn ends(&self) -> Option<Timestamp> {
        self.document.expires_at()
    }

    /// What rules about membership know of it.
    pub(super) fn caller<'c>(&'c self, search: Search<'c>) -> Caller<'c> {
        let identity = Some((self.identity.collection.as_str(), self.document.as_ref()));
        Caller { identity, ..search.nobody() }
    }
}

/// Who somebody is in a database, as far as that does not depend on the kind of its secret.
pub(super) fn principal(
    kind: PrincipalKind,
    id: PublicId,
    lineage: &[Database],
    held: Held,
    holder: Option<Holder>,
) -> Principal {
    let own = lineage.first();
    let (identity, document) = holder.map(|holder| (holder.identity, holder.document)).unzip();
    Principal {
        kind,
        id,
        database: own.map_or(DatabaseId::STORE, |own| own.id),
        database_public_id: own.map(|own| own.public_id.clone()).unwrap_or_default(),
        roles: held.names,
        identity_document: document.map(Arc::new),
        rights: held.rights,
        is_lasting: held.is_lasting,
        identity,
        claims: None,
        scope: None,
        procedure: None,
        expires_at: None,
        noted: LastNoted::never(),
        heard: Heard::default(),
    }
}

/// The identity document, if it is there.
pub(super) fn alive(
    reader: &TreeReader,
    database: DatabaseId,
    collection: u32,
    document: &str,
) -> Opened<Option<Document>> {
    Ok(reader.unfiltered_identity(database, collection, document)?)
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}
