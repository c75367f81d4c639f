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

/// The ways that a JWT may take: one for each of its audiences.
pub(crate) struct Ways(Vec<Way>);

struct Way {
    /// What the ids of routes for the audience begin with, whoever the issuer is, and for this issuer.
    of_audience: String,
    of_issuer: String,
    /// Whether the audience is of the kind that each database has one of by itself.
    is_own: bool,
}

/// Where a JWT leads.
pub(crate) enum Lead {
    To(RouteEnd),
    /// None of its audiences is for the issuer's JWTs here.
    Nowhere,
    /// Several of its audiences are ours, or one is that of several databases.
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
        Self { id: format!("{}{}:{}", hash(audience), hash(issuer), to.database.to_int()), to }
    }

    pub(crate) fn put(&self, writer: &mut TreeWriter) -> Result<()> {
        let record = to_value(&Record { database: self.to.database.to_int(), provider: self.to.provider })?;
        Ok(writer.unfiltered_system_put(DatabaseId::STORE, SystemCollection::Route, &self.id, &record)?)
    }

    pub(crate) fn delete(&self, writer: &mut TreeWriter) -> Result<()> {
        Ok(writer.unfiltered_system_delete(DatabaseId::STORE, SystemCollection::Route, &self.id)?)
    }
}

impl Ways {
    /// The ways of an issuer's JWT for these audiences.
    pub(crate) fn of(issuer: &str, audiences: &[String]) -> Self {
        let issuer = hash(issuer);
        let way = |audience: &String| {
            let of_audience = hash(audience);
            Way {
                of_issuer: format!("{of_audience}{issuer}"),
                of_audience,
                is_own: is_own_audience(audience),
            }
        };
        Self(audiences.iter().map(way).collect())
    }

    /// Where they lead together: to the provider that exactly one of them leads to. That others lead nowhere does not
    /// matter, unless they lead to a database of this store which does not know the issuer.
    ///
    /// # Errors
    /// `Corrupt` if a route has not its form; as every read.
    pub(crate) fn lead(&self, reader: &TreeReader) -> Result<Lead> {
        let (mut found, mut names_another) = (None, false);
        for way in &self.0 {
            match ends(reader, &way.of_issuer, 2)?.as_slice() {
                [] => names_another |= way.is_own && !ends(reader, &way.of_audience, 1)?.is_empty(),
                [only] if found.is_none() => found = Some(*only),
                _ => return Ok(Lead::Several),
            }
        }
        Ok(match found {
            Some(_) if names_another => Lead::Several,
            Some(end) => Lead::To(end),
            None => Lead::Nowhere,
        })
    }
}

/// Where the first routes of the store lead, in no order that means anything.
///
/// # Errors
/// As [`Ways::lead`].
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

fn hash(text: &str) -> String {
    base64url::encode(&digest(&[text.as_bytes()]))
}

fn damaged() -> Error {
    Error::Corrupt("a route has not its form".into())
}
