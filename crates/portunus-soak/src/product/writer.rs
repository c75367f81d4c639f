//! One writer: its transactions, one after the other, and what the store promised of each. It knows nothing of disks.

use super::promises::Promises;
use super::state::{ANNEX, COLLECTIONS, PLACES, WRITERS, annex_path, once_token};
use super::transaction::{Focus, Transaction, place};
use portunus_auth::{BuiltInRole, Durability, Error, Gate, Result, Secret, SecretScope};
use portunus_storage::conformance::Random;
use std::sync::Arc;

/// How often a transaction is tried again after a conflict.
const ATTEMPTS: usize = 200;

pub struct Writer {
    number: usize,
    random: Random,
    promises: Arc<Promises>,
    focus: Focus,
    /// Whether nobody knows if the last transaction is there.
    is_in_doubt: bool,
}

impl Writer {
    pub fn new(number: usize, random: Random, promises: Arc<Promises>, focus: Focus) -> Self {
        Self { number, random, promises, focus, is_in_doubt: false }
    }

    /// Runs its next transaction, until there is no conflict. After an outcome that nobody knows, the next step begins with
    /// finding out.
    pub fn step(&mut self, gate: &Gate) -> Result<()> {
        if self.is_in_doubt {
            self.find_out(gate)?;
        }
        for _ in 0..ATTEMPTS {
            let mut random = self.random.clone();
            match self.attempt(gate, &mut random) {
                Err(Error::Conflict) => {}
                outcome => {
                    self.random = random;
                    self.is_in_doubt = matches!(outcome, Err(Error::OutcomeUnknown(_)));
                    return outcome;
                }
            }
        }
        Err(Error::Conflict)
    }

    fn attempt(&self, gate: &Gate, random: &mut Random) -> Result<()> {
        let after = self.promises.acknowledged();
        let state = self.promises.latest(self.number);
        let place = place(random, &state, self.focus);
        let view = gate.begin_write(&inside(&self.promises.admin, self.number, place))?;
        let state = (*state).clone();
        let mut transaction =
            Transaction { view, state, random, writer: self.number, place, focus: self.focus };
        match transaction.perform() {
            // It was to do more than transactions have room for: it is given up as a whole.
            Err(Error::Limit { what: "the transaction", .. }) => return Ok(()),
            performed => performed?,
        }
        let Transaction { view, state, random, .. } = transaction;
        let is_immediate = random.chance(70);
        let durability = if is_immediate { Durability::Immediate } else { Durability::Relaxed };
        self.promises.offer(self.number, state, after, is_immediate);
        let outcome = view.commit(durability);
        match &outcome {
            Ok(()) => self.promises.acknowledge(self.number),
            Err(Error::OutcomeUnknown(_)) => {}
            Err(_) => self.promises.withdraw(self.number),
        }
        outcome
    }

    /// Finds out whether the last transaction is there: its token tells, and so does what it wrote.
    pub fn find_out(&mut self, gate: &Gate) -> Result<()> {
        let state = self.promises.latest(self.number);
        let (mut is_there, mut is_known) = (false, false);
        for place in 0..=ANNEX {
            let secret = inside(&self.promises.admin, self.number, place);
            let mut view = match gate.begin_write(&secret) {
                // The database of this writer's own need not be there.
                Err(Error::Unauthenticated) if place == ANNEX => continue,
                view => view?,
            };
            let id = format!("w{}", self.number);
            let stamp = if place == ANNEX && view.collection(COLLECTIONS[WRITERS])?.is_none() {
                None
            } else {
                view.get(COLLECTIONS[WRITERS], &id)?
            };
            let found = stamp.and_then(|stamp| stamp.field("n").and_then(|n| n.as_int()));
            is_there |= found == i64::try_from(state.number).ok();
            is_known |= !view.once(&once_token(self.number, state.number))?;
        }
        assert_eq!(is_there, is_known, "the token of a transaction tells whether it is there");
        if is_there {
            self.promises.acknowledge_read(self.number);
        } else {
            self.promises.withdraw(self.number);
        }
        self.is_in_doubt = false;
        Ok(())
    }

    pub fn is_in_doubt(&self) -> bool {
        self.is_in_doubt
    }
}

/// The administrator, narrowed to one of the places of a writer.
pub fn inside(admin: &Secret, writer: usize, place: usize) -> Secret {
    let path = if place == ANNEX { annex_path(writer) } else { PLACES[place].to_owned() };
    admin.scoped(&SecretScope::role(BuiltInRole::Admin).at(path.parse().unwrap()))
}
