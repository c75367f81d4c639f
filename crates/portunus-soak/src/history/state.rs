//! One state of the store as it should be, and what each deed should be told there. It shares no code with the engine.

use super::deed::{Deed, Outcome, item_id};
use super::policy::{Person, Policy, ROLES};
use portunus_storage::conformance::Random;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

pub const PEOPLE: [&str; 3] = ["ann", "bob", "cho"];
pub const ITEMS: usize = 12;
pub const LISTS: usize = 4;
/// The number of the secret of the administrator.
pub const ADMIN: usize = 0;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub owner: usize,
    pub team: i64,
    pub rank: i64,
}

impl Item {
    pub fn random(random: &mut Random) -> Self {
        let mut below = |bound: usize| random.below(bound);
        let (owner, team, rank) = (below(PEOPLE.len()), below(2), below(10));
        Self { owner, team: i64::try_from(team).unwrap(), rank: i64::try_from(rank).unwrap() }
    }

    pub fn to_json(&self) -> Json {
        json!({"owner": PEOPLE[self.owner], "team": self.team, "rank": self.rank})
    }
}

/// What a secret opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Admin,
    /// A token of a person.
    Person(usize),
    /// A key with a role.
    Key(usize),
}

#[derive(Clone, Debug)]
pub struct State {
    pub items: BTreeMap<String, Item>,
    pub lists: [Vec<u64>; LISTS],
    /// The teams of those who are there.
    pub people: [Option<i64>; PEOPLE.len()],
    pub policies: [Policy; ROLES.len()],
    /// By the number of the secret. Whose is not there opens nothing.
    pub standing: BTreeMap<usize, Standing>,
}

/// Who asks: nobody else than a person has an identity, and an administrator needs no policy.
struct Caller {
    policy: Option<Policy>,
    person: Option<Person>,
}

impl Caller {
    fn sees(&self, item: &Item) -> bool {
        self.policy.is_none_or(|policy| policy.shows(self.person, item))
    }
}

impl State {
    fn caller(&self, secret: usize) -> Option<Caller> {
        Some(match *self.standing.get(&secret)? {
            Standing::Admin => Caller { policy: None, person: None },
            Standing::Person(person) => {
                Caller { policy: Some(self.policies[0]), person: Some((person, self.people[person]?)) }
            }
            Standing::Key(role) => Caller { policy: Some(self.policies[role]), person: None },
        })
    }

    pub fn opens(&self, secret: usize) -> bool {
        self.caller(secret).is_some()
    }

    /// What the holder of a secret should be told of a deed, which is then done. Nothing if the secret opens nothing here.
    pub fn expect(&mut self, secret: usize, deed: &Deed) -> Option<Outcome> {
        let caller = self.caller(secret)?;
        Some(match self.seen(&caller, deed) {
            Some(outcome) => outcome,
            None => self.change(&caller, deed),
        })
    }

    fn seen(&self, caller: &Caller, deed: &Deed) -> Option<Outcome> {
        let visible = self.items.iter().filter(|(_, item)| caller.sees(item));
        let of = |wanted: usize| visible.clone().filter(move |(_, item)| item.owner == wanted);
        let copied = |pair: (&String, &Item)| (pair.0.clone(), pair.1.clone());
        Some(match deed {
            Deed::Get(place) => {
                let id = item_id(*place);
                Outcome::Items(visible.filter(|(found, _)| **found == id).map(copied).collect())
            }
            Deed::Ids(start, end, backwards, most) => {
                let (start, end) = (item_id(*start), item_id(*end));
                let within = visible.filter(|(id, _)| **id >= start && **id < end);
                let mut ids: Vec<String> = within.map(|(id, _)| id.clone()).collect();
                if *backwards {
                    ids.reverse();
                }
                ids.truncate(*most);
                Outcome::Ids(ids)
            }
            Deed::OfOwner(owner) => Outcome::Items(of(*owner).map(copied).collect()),
            Deed::CountOfOwner(owner) => Outcome::Count(of(*owner).count()),
            Deed::Ranks(from, to, backwards) => {
                let mut found: Vec<_> =
                    visible.filter(|(_, item)| (*from..*to).contains(&item.rank)).map(copied).collect();
                found.sort_by_key(|(id, item)| (item.rank, id.clone()));
                if *backwards {
                    found.reverse();
                }
                Outcome::Items(found)
            }
            Deed::Count => Outcome::Count(visible.count()),
            Deed::Pages(_) => Outcome::Ids(visible.map(|(id, _)| id.clone()).collect()),
            Deed::ReadList(list) => Outcome::List(self.lists[*list].clone()),
            _ => return None,
        })
    }

    fn change(&mut self, caller: &Caller, deed: &Deed) -> Outcome {
        let Caller { policy, person } = caller;
        match deed {
            Deed::Create(place, item) => {
                if policy.is_some_and(|policy| !policy.lets_come(*person, item)) {
                    return Outcome::Denied;
                }
                match self.items.get(&item_id(*place)) {
                    Some(there) if caller.sees(there) => Outcome::Exists,
                    Some(_) => Outcome::Denied,
                    None => {
                        self.items.insert(item_id(*place), item.clone());
                        Outcome::Done
                    }
                }
            }
            Deed::Patch(place, item) => match self.items.get_mut(&item_id(*place)) {
                Some(old) if caller.sees(old) => {
                    if policy.is_some_and(|policy| !policy.lets_become(*person, old, item)) {
                        return Outcome::Denied;
                    }
                    *old = item.clone();
                    Outcome::Done
                }
                Some(_) | None => Outcome::Missing,
            },
            Deed::Delete(place) => match self.items.get(&item_id(*place)) {
                Some(old) if caller.sees(old) => {
                    if policy.is_some_and(|policy| !policy.lets_go(*person, old)) {
                        return Outcome::Denied;
                    }
                    self.items.remove(&item_id(*place));
                    Outcome::Done
                }
                Some(_) | None => Outcome::Missing,
            },
            Deed::Append(list, value) => {
                self.lists[*list].push(*value);
                Outcome::Done
            }
            other => self.administer(other),
        }
    }

    fn administer(&mut self, deed: &Deed) -> Outcome {
        let is_done = match deed {
            Deed::SetPolicy(role, policy) => {
                self.policies[*role] = *policy;
                true
            }
            Deed::SetTeam(person, team) => self.people[*person].as_mut().map(|old| *old = *team).is_some(),
            Deed::CreatePerson(person, team) => {
                if self.people[*person].is_some() {
                    return Outcome::Exists;
                }
                self.people[*person] = Some(*team);
                true
            }
            Deed::DeletePerson(person) => {
                // Their tokens go with them, and do not come back with another of that name.
                self.standing.retain(|_, standing| *standing != Standing::Person(*person));
                self.people[*person].take().is_some()
            }
            Deed::Mint(person, number) => {
                let is_there = self.people[*person].is_some();
                if is_there {
                    self.standing.insert(*number, Standing::Person(*person));
                }
                is_there
            }
            Deed::RevokeToken(secret, _) | Deed::RevokeKey(secret, _) => {
                self.standing.remove(secret).is_some()
            }
            Deed::KeyRole(secret, _, role) => {
                self.standing.get_mut(secret).map(|standing| *standing = Standing::Key(*role)).is_some()
            }
            other => panic!("{other:?} is nothing that an administrator does"),
        };
        if is_done { Outcome::Done } else { Outcome::Missing }
    }
}
