//! Who holds a proven JWT in one state of the store. It knows nothing of how it was verified, nor of caches.

use super::prove_jwt::ProvenJwt;
use super::resolve::{Holder, principal};
use super::roles::{Given, Held, Search};
use super::{Opened, place};
use crate::Result;
use crate::denied_jwt::is_denied;
use crate::judge::Caller;
use crate::principal::{Identity, Principal, PrincipalKind};
use crate::provider_record::{Mapping, ProviderRecord};
use crate::refusal::{OpenError, Refusal};
use crate::role_book::RoleBook;
use portunus_scope::{
    Access, DatabaseId, FieldPath, Order, Scan, StoredCollection, TermRange, Then, TreeReader, Value,
    ValueRef,
};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Whom a JWT stands for in the state that `reader` sees.
///
/// # Errors
/// That it opens nothing there; `Changed` if its provider is not the one that it was verified for; as every read.
pub(super) fn of_jwt((reader, book): (&TreeReader, &RoleBook), jwt: &ProvenJwt) -> Opened<Principal> {
    let loaded = &*jwt.provider;
    let database = loaded.database;
    let refuse = |why: Refusal| why.in_database(jwt.id, database);
    check_revoked(reader, jwt)?;
    jwt.check_ways(reader)?;
    if reader.now() >= jwt.expires_at {
        return Err(refuse(Refusal::Expired));
    }
    let lineage = place::check(reader, database, &[database], jwt.id)?;
    let search = Search { reader, book, lineage: &lineage };
    let (held, holder) = match of_claims(search, &loaded.record, (&jwt.subject, &jwt.payload)) {
        Err(OpenError::Refused(refused)) => return Err(refuse(refused.why)),
        found => found?,
    };
    if held.names.is_empty() {
        return Err(refuse(Refusal::NoRole));
    }
    let ends = holder.as_ref().and_then(Holder::ends);
    let principal = principal(PrincipalKind::Jwt, jwt.id, &lineage, held, holder);
    Ok(Principal {
        claims: Some(jwt.payload.clone()),
        expires_at: [Some(jwt.expires_at), ends].into_iter().flatten().min(),
        ..principal
    })
}

/// The roles that claims come to by a provider, and the document that their holder is, if it is one.
pub(super) fn of_claims(
    search: Search<'_>,
    record: &ProviderRecord,
    (subject, claims): (&str, &Value),
) -> Opened<(Held, Option<Holder>)> {
    let Search { reader, .. } = search;
    let holder = match &record.identity {
        Some(mapping) => {
            let found = collection_of(mapping, reader, search.database())?;
            let found = found.ok_or_else(|| Refusal::Mapping.of(None))?;
            find_holder(mapping, reader, &found, [&record.issuer, subject])?
        }
        None => None,
    };
    let given: Vec<Given<'_>> = record.roles.iter().map(Given::from).collect();
    let members_of = holder.as_ref().map(|holder| holder.identity.number);
    let caller = holder.as_ref().map_or_else(|| search.nobody(), |holder| holder.caller(search));
    let caller = Caller { claims: Some(ValueRef::from(claims)), ..caller };
    let held = Held::all(search, caller, &given, members_of)?;
    Ok((held, holder))
}

/// That nobody has revoked it, alone or with others, and that its provider is what it was.
fn check_revoked(reader: &TreeReader, jwt: &ProvenJwt) -> Opened<()> {
    let loaded = &*jwt.provider;
    let (database, number) = (loaded.database, loaded.record.number);
    let refuse = |why: Refusal| why.in_database(jwt.id, database);
    let version = ProviderRecord::version(reader, database, number)?;
    let version = version.ok_or_else(|| refuse(Refusal::Provider))?;
    if let Some(token_id) = &jwt.token_id
        && is_denied(reader, database, number, token_id)?
    {
        return Err(refuse(Refusal::DeniedJwt));
    }
    if version == loaded.version {
        return if jwt.predates(loaded.record.not_before()) {
            Err(refuse(Refusal::IssuedBefore))
        } else {
            Ok(())
        };
    }
    // Whatever else has changed: what was issued too early for the new record is not looked at again.
    match ProviderRecord::find(reader, database, number)? {
        Some((record, _)) if jwt.predates(record.not_before()) => Err(refuse(Refusal::IssuedBefore)),
        Some(_) | None => Err(OpenError::Changed),
    }
}

/// The collection of a mapping, with the index that keeps two of its documents from being the same person. It may have been
/// dropped since, or the index; then nobody can be told who is who.
fn collection_of(
    mapping: &Mapping,
    reader: &TreeReader,
    database: DatabaseId,
) -> Result<Option<Arc<StoredCollection>>> {
    let Some(name) = reader.identity_collection(database, mapping.collection)? else { return Ok(None) };
    let found = reader.collection(database, &name)?;
    Ok(found.filter(|found| found.number() == mapping.collection && mapping.is_kept_by(found)))
}

/// The document with exactly this issuer and this subject, and when it ends.
fn find_holder(
    mapping: &Mapping,
    reader: &TreeReader,
    collection: &StoredCollection,
    terms: [&str; 2],
) -> Result<Option<Holder>> {
    let [issuer_field, subject_field] = &mapping.fields;
    let paths = [issuer_field.parse::<FieldPath>()?, subject_field.parse::<FieldPath>()?];
    let equal = terms.iter().map(|term| Value::from(*term)).collect();
    let access = Access::Index { name: mapping.index(), terms: TermRange { equal, then: Then::Any } };
    let scan = Scan { collection, access: &access, order: Order::Ascending, after: None };
    let mut found = None;
    reader.unfiltered_scan(&scan, &mut |document, _| {
        // An index has an entry for each element of an array: a document with several issuers and several subjects would
        // be people that nobody meant.
        let is_text = |(path, term): (&FieldPath, &&str)| {
            matches!(path.resolve(document.root()), Some(ValueRef::String(text)) if text == *term)
        };
        if !paths.iter().zip(&terms).all(is_text) {
            return Ok(ControlFlow::Continue(()));
        }
        let identity = Identity {
            number: mapping.collection,
            collection: collection.name().to_owned(),
            document: document.id().to_owned(),
        };
        found = Some(Holder { identity, document: document.to_document() });
        Ok(ControlFlow::Break(()))
    })?;
    Ok(found)
}
