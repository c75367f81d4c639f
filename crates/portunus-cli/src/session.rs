//! The store that a command works on, and the secret that it works with. It knows no command.

use crate::args::Common;
use crate::failure::{Failure, Result};
use crate::secret_source::read_secret;
use portunus::{
    BuiltInRole, Compaction, DatabasePath, ErrorKind, HttpJwks, Portunus, ReadView, Secret, SecretScope,
    WriteView,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The variable of the environment that names the store.
const STORE_VARIABLE: &str = "PORTUNUS_STORE";

/// An open store, and the secret that opens its transactions.
pub struct Session {
    db: Portunus,
    secret: Secret,
}

impl Session {
    /// Opens the store, and reads the secret.
    ///
    /// # Errors
    /// If no store or no secret was named, or one of them cannot be read.
    pub fn open(common: &Common) -> Result<Self> {
        let db = open_store(common)?;
        let secret = narrowed(common, read_secret(common)?);
        Ok(Self { db, secret })
    }

    /// Reads one state of the store.
    ///
    /// # Errors
    /// As [`Portunus::read`].
    pub fn read<T>(&self, run: impl FnOnce(&ReadView) -> portunus::Result<T>) -> Result<T> {
        Ok(self.db.read(&self.secret, run)?)
    }

    /// A state of the store, to be held for longer.
    ///
    /// # Errors
    /// As [`Portunus::begin_read`].
    pub fn begin_read(&self) -> Result<ReadView> {
        Ok(self.db.begin_read(&self.secret)?)
    }

    /// Writes in one transaction.
    ///
    /// # Errors
    /// As [`Portunus::write`].
    pub fn write<T>(&self, run: impl FnMut(&mut WriteView) -> portunus::Result<T>) -> Result<T> {
        Ok(self.db.write(&self.secret, run)?)
    }

    /// A transaction, to be dropped without effect.
    ///
    /// # Errors
    /// As [`Portunus::begin_write`].
    pub fn begin_write(&self) -> Result<WriteView> {
        Ok(self.db.begin_write(&self.secret)?)
    }

    /// The store itself, for what takes more than one transaction, and the secret.
    pub fn parts(&self) -> (&Portunus, &Secret) {
        (&self.db, &self.secret)
    }

    /// What the time is.
    pub fn now(&self) -> portunus::Timestamp {
        self.db.clock().now()
    }

    /// Closes the store.
    ///
    /// # Errors
    /// As [`Portunus::close`].
    pub fn close(self) -> Result {
        Ok(self.db.close()?)
    }
}

/// Makes a change in one transaction, and closes the store again.
///
/// # Errors
/// As [`Session::open`], [`Session::write`] and [`Session::close`].
pub fn change<T>(common: &Common, run: impl FnMut(&mut WriteView) -> portunus::Result<T>) -> Result<T> {
    let session = Session::open(common)?;
    let done = session.write(run)?;
    session.close()?;
    Ok(done)
}

/// Opens the store that a command was told to work on.
///
/// # Errors
/// If none was named, or it cannot be opened.
pub fn open_store(common: &Common) -> Result<Portunus> {
    let path = store_path(common)?;
    let keys = Arc::new(HttpJwks::new());
    let opened = Portunus::builder().sweep_every(None).jwks(keys).open(&path);
    opened.map_err(|error| not_opened(&path, error))
}

/// Compacts the store that a command was told to work on, which nobody may have open.
///
/// # Errors
/// As [`open_store`].
pub fn compact_store(common: &Common) -> Result<Compaction> {
    let path = store_path(common)?;
    Portunus::compact(&path).map_err(|error| not_opened(&path, error))
}

fn not_opened(path: &Path, error: portunus::Error) -> Failure {
    let kind = error.kind();
    let failure = Failure::from(error).at(path.display());
    match kind {
        ErrorKind::NotFound => failure.hint("`portunus init FILE` makes a new store"),
        ErrorKind::Version => failure.hint("is this the file of a store?"),
        _ => failure,
    }
}

fn store_path(common: &Common) -> Result<PathBuf> {
    let named = common.store.clone().or_else(|| std::env::var_os(STORE_VARIABLE).map(PathBuf::from));
    named.filter(|path| !path.as_os_str().is_empty()).ok_or_else(|| {
        Failure::usage("no store was named")
            .hint(format!("name its file with --store, or set {STORE_VARIABLE}"))
    })
}

/// The secret, narrowed to what the command was told to work as.
fn narrowed(common: &Common, secret: Secret) -> Secret {
    if common.within.is_none() && common.acting_as.is_none() {
        return secret;
    }
    let holder = common.acting_as.clone().map(|holder| holder.0);
    let scope = holder.unwrap_or_else(|| SecretScope::role(BuiltInRole::Admin));
    let path = common.within.clone().unwrap_or_else(DatabasePath::here);
    secret.scoped(&scope.at(path))
}
