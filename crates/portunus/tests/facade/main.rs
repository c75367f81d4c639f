//! What an application meets: files that are no stores, transactions that meet each other, limits, people who sign in.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected ends")]

mod attacks;
mod backups;
mod files;
mod limits;
mod sign_in;
mod transactions;

use portunus::{Collection, Error, ErrorKind, NewKey, Portunus, Result, Secret};

/// A store in memory with a collection, its admin key and a server key.
pub(crate) fn store() -> (Portunus, Secret, Secret) {
    let (db, admin) = Portunus::in_memory().unwrap();
    let server = db
        .write(&admin, |tx| {
            tx.define(Collection::new("notes").index(["owner"]))?;
            tx.create_key(NewKey::new("server"))
        })
        .unwrap();
    (db, admin, server.secret)
}

/// The kind of error that a call ended with.
pub(crate) fn kind<T>(result: Result<T>) -> ErrorKind {
    match result {
        Ok(_) => unreachable!("the call succeeded"),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            Error::kind(&error)
        }
    }
}
