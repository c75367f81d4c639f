//! Clients that run transactions beside each other, and what they saw. They know nothing of what they should have seen.

use super::deed::{Deed, Minted, Outcome, View};
use super::observed;
use super::policy::{Policy, ROLES};
use super::state::{ADMIN, PEOPLE, Standing};
use super::world::{Credential, World};
use portunus_auth::{Durability, Error};
use portunus_storage::conformance::Random;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

/// How many transactions are open at a time.
const CLIENTS: usize = 5;
const THREADS: usize = 4;

/// How a transaction ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Committed,
    /// A transaction that only read, and was done.
    Read,
    /// Something that it had read, or who it was, has changed.
    Conflict,
    /// Its secret opens nothing any more.
    Unauthenticated,
    /// It was not let in at all.
    Refused,
}

/// A transaction, as its client saw it.
#[derive(Clone, Debug)]
pub struct Done {
    pub secret: usize,
    pub deeds: Vec<(Deed, Outcome)>,
    pub end: End,
    /// Whether the last deed was refused to somebody whose secret opened something, or something else, when the transaction began.
    pub cut_off: bool,
    /// The state in which it began, and where it committed.
    pub begun: u64,
    pub version: u64,
    /// The newest commit that had been acknowledged to anyone before it began.
    pub acknowledged_before: u64,
    /// A deed went well that began after the secret's end had been acknowledged.
    pub acted_revoked: bool,
}

/// A moment in the life of a transaction, as the checker of lists wants it.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    Invoked { client: usize, transaction: usize },
    Ended { client: usize, transaction: usize },
}

/// What all clients share.
pub struct Crowd<'w> {
    world: &'w World,
    credentials: Mutex<Vec<Credential>>,
    /// Secrets whose end has been acknowledged.
    revoked: Mutex<BTreeSet<usize>>,
    newest: AtomicU64,
    next_value: AtomicU64,
    next_number: AtomicUsize,
    log: Mutex<Log>,
}

#[derive(Default)]
struct Log {
    /// By the number of the transaction, once it has ended.
    done: Vec<Option<Done>>,
    events: Vec<Event>,
}

/// An open transaction.
struct Open {
    client: usize,
    transaction: usize,
    view: View,
    minted: Vec<Minted>,
    deeds_left: usize,
    done: Done,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

impl<'w> Crowd<'w> {
    pub fn new(world: &'w World) -> Self {
        Self {
            world,
            credentials: Mutex::new(world.credentials.clone()),
            revoked: Mutex::default(),
            newest: AtomicU64::new(observed::committed()),
            next_value: AtomicU64::new(1),
            next_number: AtomicUsize::new(world.credentials.len()),
            log: Mutex::default(),
        }
    }

    /// One thread goes from one open transaction to another: the seed decides all of it.
    pub fn run_interleaved(&self, random: &mut Random, transactions: usize) {
        let mut open: [Option<Open>; CLIENTS] = std::array::from_fn(|_| None);
        let mut begun = 0;
        while begun < transactions || open.iter().any(Option::is_some) {
            let client = random.below(CLIENTS);
            open[client] = match open[client].take() {
                Some(running) => self.step(running, random),
                None if begun < transactions => {
                    begun += 1;
                    self.begin(client, random)
                }
                None => None,
            };
        }
    }

    pub fn run_threads(&self, random: &mut Random, transactions: usize) {
        let seeds: Vec<u64> = (0..THREADS).map(|_| random.next()).collect();
        std::thread::scope(|threads| {
            for (client, seed) in seeds.into_iter().enumerate() {
                threads.spawn(move || {
                    let mut random = Random::new(seed);
                    for _ in 0..transactions / THREADS {
                        let mut open = self.begin(client, &mut random);
                        while let Some(running) = open {
                            open = self.step(running, &mut random);
                        }
                    }
                });
            }
        });
    }

    /// What was recorded, by the number of the transaction.
    pub fn into_history(self) -> (Vec<Done>, Vec<Event>) {
        let Log { done, events } = self.log.into_inner().unwrap();
        (done.into_iter().map(|done| done.unwrap()).collect(), events)
    }

    fn begin(&self, client: usize, random: &mut Random) -> Option<Open> {
        let credential = self.choose(random);
        let acknowledged_before = self.newest.load(Ordering::SeqCst);
        let transaction = {
            let mut log = locked(&self.log);
            log.done.push(None);
            let transaction = log.done.len() - 1;
            log.events.push(Event::Invoked { client, transaction });
            transaction
        };
        let is_revoked = locked(&self.revoked).contains(&credential.number);
        let gate = &self.world.gate;
        let view = if random.chance(35) {
            gate.begin_read(&credential.secret).map(View::Read)
        } else {
            gate.begin_write(&credential.secret).map(View::Write)
        };
        let begun = observed::begun();
        let done = Done {
            secret: credential.number,
            deeds: Vec::new(),
            end: End::Refused,
            cut_off: false,
            begun,
            version: begun,
            acknowledged_before,
            acted_revoked: false,
        };
        match view {
            Ok(view) => {
                let done = Done { acted_revoked: is_revoked, ..done };
                let deeds_left = 1 + random.below(5);
                Some(Open { client, transaction, view, minted: Vec::new(), deeds_left, done })
            }
            Err(Error::Unauthenticated) => {
                self.end(client, transaction, done);
                None
            }
            Err(error) => panic!("beginning failed: {error}"),
        }
    }

    /// Mostly somebody whose secret is of use.
    fn choose(&self, random: &mut Random) -> Credential {
        let credentials = locked(&self.credentials);
        if random.chance(25) {
            return credentials[ADMIN].clone();
        }
        // Those made last are the ones that are left.
        let recent = credentials.len().min(14);
        credentials[credentials.len() - 1 - random.below(recent)].clone()
    }

    /// One deed, or the end.
    fn step(&self, mut open: Open, random: &mut Random) -> Option<Open> {
        if open.deeds_left == 0 {
            self.finish(open);
            return None;
        }
        open.deeds_left -= 1;
        let deed = self.deed(&open, random);
        let is_revoked = locked(&self.revoked).contains(&open.done.secret);
        match deed.perform(&mut open.view, &mut open.minted) {
            Ok(outcome) => {
                open.done.acted_revoked |= is_revoked;
                open.done.deeds.push((deed, outcome));
                Some(open)
            }
            Err(error) => {
                let end = match error {
                    Error::Conflict => End::Conflict,
                    Error::Unauthenticated => End::Unauthenticated,
                    error => panic!("{deed:?} failed: {error}"),
                };
                self.end(open.client, open.transaction, Done { end, cut_off: true, ..open.done });
                None
            }
        }
    }

    fn deed(&self, open: &Open, random: &mut Random) -> Deed {
        let writes = matches!(open.view, View::Write(_));
        if !writes || open.done.secret != ADMIN || random.chance(45) {
            let mut next_value = || self.next_value.fetch_add(1, Ordering::Relaxed);
            return Deed::ordinary(random, writes, &mut next_value);
        }
        let person = random.below(PEOPLE.len());
        let team = i64::try_from(random.below(2)).unwrap();
        match random.below(20) {
            0..=7 => Deed::SetPolicy(random.below(ROLES.len()), Policy::random(random)),
            8..=11 => Deed::SetTeam(person, team),
            12 => Deed::DeletePerson(person),
            13..=14 => Deed::CreatePerson(person, team),
            15..=17 => Deed::Mint(person, self.next_number.fetch_add(1, Ordering::Relaxed)),
            _ => self.about_a_secret(random),
        }
    }

    fn about_a_secret(&self, random: &mut Random) -> Deed {
        let credentials = locked(&self.credentials);
        let of = &credentials[1 + random.below(credentials.len() - 1)];
        let id = of.id.unwrap();
        match of.standing {
            Standing::Key(_) if random.chance(85) => {
                Deed::KeyRole(of.number, id, 1 + random.below(ROLES.len() - 1))
            }
            Standing::Key(_) => Deed::RevokeKey(of.number, id),
            Standing::Person(_) | Standing::Admin => Deed::RevokeToken(of.number, id),
        }
    }

    fn finish(&self, open: Open) {
        let Open { client, transaction, view, minted, mut done, .. } = open;
        let view = match view {
            View::Write(view) => view,
            View::Read(_) => {
                done.end = End::Read;
                return self.end(client, transaction, done);
            }
        };
        let is_revoked = locked(&self.revoked).contains(&done.secret);
        match view.commit(Durability::Relaxed) {
            Ok(()) => {
                done.version = observed::committed();
                done.end = End::Committed;
                done.acted_revoked |= is_revoked;
                self.newest.fetch_max(done.version, Ordering::SeqCst);
                self.note_secrets(&done, minted);
            }
            Err(Error::Conflict) => done.end = End::Conflict,
            Err(Error::Unauthenticated) => done.end = End::Unauthenticated,
            Err(error) => panic!("committing failed: {error}"),
        }
        self.end(client, transaction, done);
    }

    /// What a commit means to secrets, now that it has been acknowledged.
    fn note_secrets(&self, done: &Done, minted: Vec<Minted>) {
        let mut credentials = locked(&self.credentials);
        for Minted { number, person, id, secret } in minted {
            credentials.push(Credential { number, id: Some(id), secret, standing: Standing::Person(person) });
        }
        let mut revoked = locked(&self.revoked);
        for (deed, outcome) in &done.deeds {
            match deed {
                Deed::RevokeToken(secret, _) | Deed::RevokeKey(secret, _) if *outcome == Outcome::Done => {
                    revoked.insert(*secret);
                }
                _ => {}
            }
        }
    }

    fn end(&self, client: usize, transaction: usize, done: Done) {
        let mut log = locked(&self.log);
        log.done[transaction] = Some(done);
        log.events.push(Event::Ended { client, transaction });
    }
}
