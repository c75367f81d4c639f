//! Stores from backups, and what is done to a closed file: no transaction is begun, so no secret is asked for. Whoever has the bytes
//! has what is in them; who got them is decided where they are written. It knows nothing of the form of a backup.

use crate::audit::{Head, Walk};
use crate::gate::store_key;
use crate::{Error, Gate, GateOptions, Result};
use portunus_scope::{BackupSummary, Compaction, DatabaseId, SystemCollection, Tree, TreeReader};
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

impl Gate {
    /// Makes a store from a backup. It is made beside `path`, under the same name with `.restoring` behind it; is verified there, to
    /// the last block, document, index and audit record; and comes to its place whole or not at all. What opened the store that the
    /// backup is of opens this one too, in the state of the backup: also what was revoked since.
    ///
    /// ```
    /// # use portunus_auth::{Error, Gate, GateOptions};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut backup = Vec::new();
    /// # gate.begin_read(&admin)?.backup(&mut backup)?;
    /// # let folder = tempfile::tempdir().unwrap();
    /// let path = folder.path().join("again.portunus");
    /// Gate::restore(&mut backup.as_slice(), &path, &GateOptions::default())?;
    /// let again = Gate::open(&path, &GateOptions::default())?;
    /// assert!(again.begin_read(&admin).is_ok());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `AlreadyExists` if there is anything at `path`; `Version` if it is no backup, or one of another format; `Backup` if it is
    /// damaged; `Corrupt` if the store in it is; `Io`. No file is left behind.
    pub fn restore(input: &mut impl Read, path: &Path, options: &GateOptions) -> Result<BackupSummary> {
        Tree::restore(input, path, &options.tree, |reader| {
            store_key(reader)?;
            check_audit_logs(reader)
        })
    }

    /// Reads a backup to its end and verifies it: each block, each record's form, the whole. What records are to each other, such as
    /// indexes, is checked by restoring it.
    ///
    /// ```
    /// # use portunus_auth::{Error, Gate};
    /// assert!(matches!(Gate::verify_backup(&mut b"dear all".as_slice()), Err(Error::Version(_))));
    /// ```
    ///
    /// # Errors
    /// `Version` if it is no backup, or one of another format; `Backup` if it is damaged; `Io`.
    pub fn verify_backup(input: &mut impl Read) -> Result<BackupSummary> {
        Ok(Tree::verify_backup(input)?)
    }

    /// Gives back the room in the file of a closed store that nothing lies in.
    ///
    /// ```
    /// # use portunus_auth::{Error, Gate, GateOptions};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("notes.portunus");
    /// let (gate, _) = Gate::create(&path, &GateOptions::default())?;
    /// assert!(matches!(Gate::compact(&path, &GateOptions::default()), Err(Error::Locked)));
    /// gate.close()?;
    /// let done = Gate::compact(&path, &GateOptions::default())?;
    /// assert!(done.bytes_after <= done.bytes_before);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Gate::open`].
    pub fn compact(path: &Path, options: &GateOptions) -> Result<Compaction> {
        Ok(Tree::compact(path, &options.tree)?)
    }
}

/// Walks along the audit log of every database.
fn check_audit_logs(reader: &TreeReader) -> Result<()> {
    let mut open = vec![DatabaseId::ROOT];
    while let Some(database) = open.pop() {
        let mut walk = Walk::default();
        reader.unfiltered_system_scan(database, SystemCollection::Audit, &mut |record| {
            walk.see(record);
            Ok(ControlFlow::Continue(()))
        })?;
        if let (_, Some(sequence)) = walk.end(Head::load(reader, database)?) {
            let problem = format!("the audit log of database {} is broken at {sequence}", database.to_int());
            return Err(Error::Corrupt(problem));
        }
        open.extend(reader.children(database)?.into_iter().map(|child| child.id));
    }
    Ok(())
}
