//! The audit log: what was done and what was refused, told to the log of the database that it concerns, to the trace and to
//! the counters. It decides nothing, and is never asked whether something may be done.

mod chain;
mod event;
mod settings;
mod stats;
mod waiting;

pub(crate) use chain::{Head, Walk, id as record_id};
pub(crate) use event::{Author, Event, Events, FailedTrial, Mode};
pub use settings::AuditSettings;
pub(crate) use settings::Heard;
pub use stats::AuthStats;

use crate::login::LoginFailure;
use crate::principal::Principal;
use crate::refusal::Refused;
use crate::resource::{Action, Resource};
use crate::{Error, Result};
use chain::{Chains, Held};
use event::line;
use parking_lot::Mutex;
use portunus_scope::{Clock, DatabaseId, Durability, Tree, TreeReader, TreeWriter};
use stats::Counters;
use std::sync::Arc;
use waiting::{Batch, Class, Waiting};

/// How often records that wait are tried to be written while others change what they depend on.
const FLUSH_ATTEMPTS: usize = 3;

/// The audit logs of one store.
pub(crate) struct Audit {
    clock: Arc<dyn Clock>,
    chains: Chains,
    waiting: Waiting,
    counters: Counters,
    /// Held by whoever writes down what waits, so that it is written in the order in which it happened.
    flushing: Mutex<()>,
}

impl Audit {
    /// # Errors
    /// None but a fault in this program.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Result<Self> {
        Ok(Self {
            clock,
            chains: Chains::default(),
            waiting: Waiting::new()?,
            counters: Counters::default(),
            flushing: Mutex::default(),
        })
    }

    /// Tells that a transaction was opened. Unless the log asks for that, it costs a counter.
    pub(crate) fn opened(&self, tree: &Tree, principal: &Principal, mode: Mode) {
        self.counters.opened();
        if !principal.heard.0.openings {
            return;
        }
        // A log that is to hold every opening has no holes: whoever finds no room makes some.
        if self.waiting.is_full(principal.database) {
            let _ = self.flush(tree);
        }
        let now = self.clock.now();
        let line = || line(now, &Event::Opened { mode }, Some(principal.into()));
        self.waiting.push(principal.database, Class::Opening, now, line);
    }

    /// Tells that somebody begins to take a copy of the whole store. It is brought to the log at once, if that can be: a store that
    /// cannot be written any more is one of which somebody wants a backup.
    pub(crate) fn backup_begun(&self, tree: &Tree, principal: &Principal) {
        tracing::info!(id = %principal.id, "a backup was begun");
        if self.waiting.is_full(principal.database) {
            let _ = self.flush(tree);
        }
        let now = self.clock.now();
        let line = || line(now, &Event::BackupBegun, Some(principal.into()));
        self.waiting.push(principal.database, Class::Backup, now, line);
        let _ = self.flush(tree);
    }

    /// Tells that a secret was refused. The work is the same for all refusals, whether or not a log wants to know of them and
    /// has room for more: so the line is written before anybody asks.
    pub(crate) fn refused(&self, refused: &Refused) {
        refused.trace();
        self.counters.refused(refused.why);
        let now = self.clock.now();
        let event = Event::Refused { reason: refused.why, secret: refused.id };
        // Where nobody knows whom it was meant for, the operator of the whole store is told.
        let database = refused.database.unwrap_or(DatabaseId::ROOT);
        let line = line(now, &event, None);
        self.waiting.push(database, Class::Refusal, now, || line);
    }

    /// Tells that a principal was denied something.
    #[cold]
    pub(crate) fn denied(&self, principal: &Principal, action: Action, resource: Resource) {
        self.counters.denied();
        tracing::debug!(%action, %resource, id = %principal.id, "an operation was denied");
        if !principal.heard.0.denials {
            return;
        }
        let now = self.clock.now();
        let line = || line(now, &Event::Denied { action, resource }, Some(principal.into()));
        self.waiting.push(principal.database, Class::Denial, now, line);
    }

    /// Tells that a rule came to no decision because it would have cost too much.
    #[cold]
    pub(crate) fn rule_too_dear(&self) {
        self.counters.rule_too_dear();
        tracing::debug!("a rule would have cost too much to decide");
    }

    /// Tells that a password proved nothing. The work is the same for all of them. What was let in is brought to the log at
    /// once: nobody who tries a password is in a hurry.
    #[cold]
    pub(crate) fn login_failed(
        &self,
        tree: &Tree,
        caller: &Principal,
        trial: FailedTrial,
        why: LoginFailure,
    ) {
        why.trace();
        self.counters.login_failed(why);
        let now = self.clock.now();
        let event = match why {
            LoginFailure::Throttled => Event::LoginThrottled { trial },
            reason => Event::LoginFailed { reason, trial },
        };
        let line = || line(now, &event, Some(caller.into()));
        if self.waiting.push(caller.database, Class::FailedLogin, now, line) {
            let _ = self.flush(tree);
        }
    }

    /// Commits a transaction together with the records of what it did. `check` is called after others had to be waited for.
    ///
    /// # Errors
    /// Those of `check`; as every commit.
    pub(crate) fn commit(
        &self,
        tree: &Tree,
        mut writer: TreeWriter,
        author: Author<'_>,
        events: &Events,
        durability: Durability,
        check: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        let _span = tracing::debug_span!("commit").entered();
        let held = self.append(tree, &mut writer, author, events)?;
        if held.is_some() {
            check()?;
        }
        // The place in the order of all commits is not told: it would count those of other databases.
        writer.commit(durability)?;
        let records = held.map_or(0, |held| held.records());
        self.counters.committed(events, records);
        events.trace(author);
        Ok(())
    }

    /// Brings to the logs what has no transaction of its own.
    ///
    /// # Errors
    /// As every write. What could not be written waits on, as far as there is room; so does what may have been, because a
    /// record that is there twice misleads nobody, and one that is missing might.
    pub(crate) fn flush(&self, tree: &Tree) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let _one = self.flushing.lock();
        let _span = tracing::debug_span!("flush_audit").entered();
        let mut outcome = Ok(());
        for (database, batch) in self.waiting.take(self.clock.now()) {
            if let Err(error) = self.write(tree, database, &batch) {
                self.waiting.put_back(database, batch);
                outcome = Err(error);
            }
        }
        outcome
    }

    pub(crate) fn stats(&self) -> AuthStats {
        self.counters.read()
    }

    /// Adds the records of a transaction to it, if the log of its database is kept. What comes back is held until after
    /// the commit.
    fn append<'a>(
        &'a self,
        tree: &Tree,
        writer: &mut TreeWriter,
        author: Author<'_>,
        events: &Events,
    ) -> Result<Option<Held<'a>>> {
        // The log is asked for in the transaction itself: none commits unrecorded after it was turned on. The transaction
        // that turns it off is its last record.
        let is_kept = |writer: &TreeReader| AuditSettings::load(writer, author.database);
        if events.is_empty() || (is_kept(writer)?.is_none() && !events.end_the_log()) {
            return Ok(None);
        }
        let now = self.clock.now();
        let lines = events.iter().map(|event| line(now, event, Some(author))).collect::<Vec<_>>();
        self.chains.append(tree, writer, author.database, &lines).map(Some)
    }

    fn write(&self, tree: &Tree, database: DatabaseId, batch: &Batch) -> Result<()> {
        let mut attempt = 1;
        loop {
            match self.try_write(tree, database, batch) {
                Err(Error::Conflict) if attempt < FLUSH_ATTEMPTS => attempt += 1,
                done => return done,
            }
        }
    }

    fn try_write(&self, tree: &Tree, database: DatabaseId, batch: &Batch) -> Result<()> {
        // Most refusals concern databases without a log, which cost no more than this look.
        let Some(settings) = AuditSettings::load(&tree.begin_read()?, database)? else { return Ok(()) };
        let mut writer = tree.begin_write()?;
        // Read again by the writer: so it cannot write the log of a database that is no longer there.
        if AuditSettings::load(&writer, database)? != Some(settings) {
            return Err(Error::Conflict);
        }
        let mut lines = batch.lines_for(settings);
        let lost = batch.lost_for(settings);
        if let Some(event) = lost.event() {
            lines.push(line(self.clock.now(), &event, None));
        }
        if lines.is_empty() {
            return Ok(());
        }
        let held = self.chains.append(tree, &mut writer, database, &lines)?;
        // These outlive no more than what they tell of does: that a secret opened nothing, or something.
        writer.commit(Durability::Relaxed)?;
        self.counters.recorded(held.records(), lost.sum());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
