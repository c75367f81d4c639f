//! The whole store through a view, for whoever may have all of it. It knows nothing of the form of a backup.

use super::ReadView;
use crate::{Error, Result};
use portunus_scope::BackupSummary;
use std::io::Write;
use std::ops::ControlFlow;

impl ReadView {
    /// Writes the state that this view is on to `out`, as one stream: everything in the store, of all databases, hashes of secrets and
    /// the store's own key included. Whoever has it has what is in the store: see `SECURITY.md`.
    ///
    /// It takes a key of the root with the built-in role `admin` that is narrowed to nothing. Others go on reading and writing
    /// meanwhile; the backup is of this state. Once begun, it is not cut by the deadline of readers, because it may take longer: what
    /// others replace meanwhile is given back only after it has ended, so let `out` be something that does not wait for ever. If
    /// the key is revoked, it ends before its next block. Where an audit log of the root is kept, it is noted there when it begins.
    ///
    /// ```
    /// # use portunus_auth::{Error, Gate, GateOptions};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// let mut bytes = Vec::new();
    /// let written = gate.begin_read(&admin)?.backup(&mut bytes)?;
    /// assert_eq!(Gate::verify_backup(&mut bytes.as_slice())?, written);
    ///
    /// let narrowed = admin.scoped(&"#server".parse()?);
    /// assert!(gate.begin_read(&narrowed)?.backup(&mut bytes).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Denied`; `Unauthenticated` if the key is revoked meanwhile; `SnapshotExpired` if the view has outlived the deadline
    /// of readers before this began; `Invalid` in a transaction that writes; `Corrupt` if a record fails its checksum; `Io` with
    /// what `out` reports. What was written then is no backup, and is never taken for one.
    pub fn backup(&self, out: &mut impl Write) -> Result<BackupSummary> {
        self.policy()?.require_whole_store()?;
        let shared = self.shared();
        shared.audit.backup_begun(&shared.tree, self.lease.principal());
        let mut ended = None;
        let written = self.reader().unfiltered_backup(out, &mut || match self.lease.check() {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                ended = Some(error);
                ControlFlow::Break(())
            }
        })?;
        let ended = || ended.unwrap_or_else(|| Error::Internal("a backup ended without a reason".into()));
        written.ok_or_else(ended)
    }
}
