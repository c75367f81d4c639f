//! What leads from the issuer and the audience of a JWT to the database whose provider must verify it. It knows nothing of
//! JWTs, and believes nothing of them.

use crate::mac::digest;
use crate::provider::is_own_audience;
use crate::{Error, Result, base64url};
use portunus_scope::{DatabaseId, SystemCollection, TreeReader, TreeWriter, to_value};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// A way to a provider of a database: a record of the store, whose id begins with hashes of the audience and of the issuer,
/// so that it is found by them however long they are.
pub(crate) struct Route {
    id: String,
    to: RouteEnd,
}

/// The provider at the end of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RouteEnd {
    pub(crate) database: DatabaseId,
    pub(crate) provider: u32,
}

/// Where an issuer's JWTs of one audience lead.
pub(crate) enum Lead {
    /// The audience is nobody's here.
    Nowhere,
    /// It is the own audience of a database that does not know the issuer.
    Elsewhere,
    To(RouteEnd),
    /// Several databases answer to it.
    Several,
}

/// The stored form of a route.
#[derive(Serialize, Deserialize)]
struct Record {
    database: i64,
    provider: u32,
}

impl Route {
    /// The route of an issuer's JWTs for an audience to a provider.
    pub(crate) fn new(audience: &str, issuer: &str, to: RouteEnd) -> Self {
        Self { id: format!("{}:{}", prefix(audience, issuer), to.database.to_int()), to }
    }

    pub(crate) fn put(&self, writer: &mut TreeWriter) -> Result<()> {
        let record = to_value(&Record { database: self.to.database.to_int(), provider: self.to.provider })?;
        Ok(writer.unfiltered_system_put(DatabaseId::STORE, SystemCollection::Route, &self.id, &record)?)
    }

    pub(crate) fn delete(&self, writer: &mut TreeWriter) -> Result<()> {
        Ok(writer.unfiltered_system_delete(DatabaseId::STORE, SystemCollection::Route, &self.id)?)
    }
}

/// Where the JWTs of an issuer for an audience lead.
///
/// # Errors
/// `Corrupt` if a route has not its form; as every read.
pub(crate) fn lead(reader: &TreeReader, audience: &str, issuer: &str) -> Result<Lead> {
    match ends(reader, &prefix(audience, issuer), 2)?.as_slice() {
        [] if is_own_audience(audience) && !ends(reader, &hash(audience), 1)?.is_empty() => {
            Ok(Lead::Elsewhere)
        }
        [] => Ok(Lead::Nowhere),
        [only] => Ok(Lead::To(*only)),
        _ => Ok(Lead::Several),
    }
}

/// Where the first routes of the store lead, in no order that means anything.
///
/// # Errors
/// As [`lead`].
pub(crate) fn all_ends(reader: &TreeReader, most: usize) -> Result<Vec<RouteEnd>> {
    ends(reader, "", most)
}

/// Where the first routes lead whose ids begin with `prefix`.
fn ends(reader: &TreeReader, prefix: &str, most: usize) -> Result<Vec<RouteEnd>> {
    let mut found = Vec::new();
    let (store, routes) = (DatabaseId::STORE, SystemCollection::Route);
    reader.unfiltered_system_scan_of(store, routes, prefix, &mut |document| {
        found.push(document.to::<Record>());
        Ok(if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    let read = |record: portunus_scope::Result<Record>| {
        let Record { database, provider } = record.map_err(|_| damaged())?;
        Ok(RouteEnd { database: DatabaseId::from_int(database).ok_or_else(damaged)?, provider })
    };
    found.into_iter().map(read).collect()
}

fn prefix(audience: &str, issuer: &str) -> String {
    hash(audience) + &hash(issuer)
}

fn hash(text: &str) -> String {
    base64url::encode(&digest(&[text.as_bytes()]))
}

fn damaged() -> Error {
    Error::Corrupt("a route has not its form".into())
}
