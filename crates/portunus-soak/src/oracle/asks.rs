//! Questions and deeds made at random. It knows nothing of what comes of them.

use super::dice::Dice;
use super::rules::{Place, rule};
use super::worlds::{self, COLLECTIONS, INDEXES, PEOPLE, Populated};
use portunus_oracle::{Deed, Fields, Next, Query, Role, Terms, Value};
use std::ops::Bound;

/// Something that is done with a world, by a holder that is told by its number.
#[derive(Clone, Debug)]
pub enum Step {
    Ask {
        holder: usize,
        queries: Vec<Query>,
    },
    /// Deeds of one transaction, which is committed or dropped.
    Do {
        holder: usize,
        attempts: Vec<Attempt>,
        is_committed: bool,
    },
    Explain {
        holder: usize,
        collection: String,
        deed: Deed,
    },
    /// A role gets another definition.
    Define {
        database: String,
        role: String,
        definition: Role,
    },
}

#[derive(Clone, Debug)]
pub struct Attempt {
    pub collection: String,
    pub deed: Deed,
}

/// What is asked and done in a world.
pub fn steps(dice: &mut Dice, populated: &Populated, number: usize) -> Vec<Step> {
    (0..number).map(|_| step(dice, populated)).collect()
}

/// Everything is looked at by everybody, under one policy after another.
pub fn surveys(dice: &mut Dice, populated: &Populated, number: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    for _ in 0..number {
        steps.push(definition(dice, populated));
        for holder in 0..populated.holders.len() {
            let collection = "notes".to_owned();
            let filter = dice.percent(30).then(|| rule(dice, Place::Filter));
            let args = Some(args(dice));
            steps.push(Step::Ask {
                holder,
                queries: vec![Query { collection, filter, args, ..Query::default() }],
            });
        }
    }
    steps
}

fn step(dice: &mut Dice, populated: &Populated) -> Step {
    let holder = dice.below(populated.holders.len());
    match dice.below(20) {
        0..=9 => {
            let number = dice.one(&[2, 4, 8]);
            Step::Ask { holder, queries: (0..number).map(|_| query(dice, populated)).collect() }
        }
        10..=14 => {
            // Who somebody is, and which roles that gives, stays what it was in a transaction that changes it itself.
            let fixed = if populated.has_plain_members { &["notes", "groups"][..] } else { &["notes"] };
            let (number, places) = match dice.percent(30) {
                true => (1, &COLLECTIONS[..]),
                false => (dice.one(&[1, 2, 4]), fixed),
            };
            let attempts = (0..number).map(|_| attempt(dice, places)).collect();
            Step::Do { holder, attempts, is_committed: dice.percent(50) }
        }
        15..=18 => {
            let Attempt { collection, deed } = attempt(dice, &COLLECTIONS);
            Step::Explain { holder, collection, deed }
        }
        _ => definition(dice, populated),
    }
}

fn definition(dice: &mut Dice, populated: &Populated) -> Step {
    let databases: Vec<&String> = populated.world.databases.keys().collect();
    let database = dice.one(&databases).clone();
    let names: Vec<&String> = populated.world.databases[&database].roles.keys().collect();
    let role = dice.one(&names).clone();
    let is_nested = dice.percent(40);
    // Whether it is inherited stays: a key below may have it.
    let inherits = populated.world.databases[&database].roles[&role].inherits;
    Step::Define {
        database,
        role,
        definition: Role { inherits, ..worlds::role(dice, is_nested, populated.has_plain_members) },
    }
}

fn query(dice: &mut Dice, populated: &Populated) -> Query {
    let collection = if dice.percent(90) { "notes" } else { dice.one(&["users", "groups", "ghosts"]) };
    let mut query = Query { collection: collection.into(), ..Query::default() };
    let plain =
        ["owner", "size", "tags", "secret", "group", "about", "rank", "turn", "labels"].map(str::to_owned);
    match dice.below(3) {
        0 if populated.has_indexes && collection == "notes" => {
            let fields: Vec<String> = dice.one(&INDEXES).iter().map(|it| (*it).to_owned()).collect();
            let terms = terms(dice, fields.len());
            query.index = Some((fields, terms));
        }
        1 if dice.percent(30) => {
            // The order of an index, if it is known that every document has one entry there.
            let largest_first = dice.percent(50);
            let fields = dice.one(&[&["rank"][..], &["rank", "turn"]]);
            query.sort = fields.iter().map(|field| ((*field).to_owned(), largest_first)).collect();
        }
        1 => {
            query.sort = dice.some(&plain).into_iter().map(|field| (field, dice.percent(50))).collect();
            query.sort.truncate(3);
        }
        _ => query.ids = dice.percent(40).then(|| ("n03".into(), "n25".into())),
    }
    query.filter = dice.percent(40).then(|| rule(dice, Place::Filter));
    query.args = Some(args(dice));
    query.descending = dice.percent(40);
    query.limit = dice.percent(25).then(|| dice.below(6));
    query.project = dice.percent(15).then(|| Fields::Only(dice.some(&plain)));
    query
}

fn args(dice: &mut Dice) -> Value {
    match dice.below(4) {
        0 => Value::map([]),
        1 => Value::map([("wanted", worlds::number(dice))]),
        2 => Value::map([("wanted", Value::Null)]),
        _ => Value::map([("wanted", Value::text(dice.one(&PEOPLE)))]),
    }
}

fn term(dice: &mut Dice) -> Value {
    match dice.below(4) {
        0 | 1 => worlds::number(dice),
        2 => Value::text(dice.one(&["ann", "bob", "red", "g1"])),
        _ => dice.one(&[Value::Null, Value::Bool(true), Value::text("")]),
    }
}

fn terms(dice: &mut Dice, fields: usize) -> Terms {
    let equal: Vec<Value> = (0..dice.below(fields + 1)).map(|_| term(dice)).collect();
    if equal.len() == fields {
        return Terms { equal, next: Next::Whatever };
    }
    let bound = |dice: &mut Dice| match dice.below(3) {
        0 => Bound::Unbounded,
        1 => Bound::Included(term(dice)),
        _ => Bound::Excluded(term(dice)),
    };
    let next = match dice.below(4) {
        0 => Next::Begins(dice.one(&["a", "ann", "", "r"]).into()),
        1 | 2 => match (bound(dice), bound(dice)) {
            (Bound::Unbounded, Bound::Unbounded) => Next::Whatever,
            (from, to) => Next::Between(from, to),
        },
        _ => Next::Whatever,
    };
    Terms { equal, next }
}

fn attempt(dice: &mut Dice, places: &[&str]) -> Attempt {
    let collection = if dice.percent(75) { "notes" } else { dice.one(places) };
    let id = match collection {
        "users" => dice.one(&PEOPLE).to_owned(),
        "groups" => format!("g{}", dice.below(4)),
        _ => format!("n{:02}", dice.below(32)),
    };
    // A version that is never that of a document, or one that stands for whatever the document has.
    let version = dice.one(&[None, None, Some(1), Some(u64::MAX)]);
    let mut value = match collection {
        "users" => worlds::person(dice),
        "groups" => worlds::group_of_people(dice),
        _ => worlds::note(dice),
    };
    let deed = match dice.below(7) {
        0 => Deed::Create { id: None, value },
        1 | 2 => Deed::Create { id: Some(id), value },
        3 => Deed::Replace { id, value, version },
        4 | 5 => {
            // A patch names few fields, and removes some.
            if let Value::Map(members) = &mut value {
                let named = dice.some(&members.keys().cloned().collect::<Vec<_>>());
                members.retain(|name, _| named.contains(name));
                let mut keep = members.clone();
                while keep.len() > 2 {
                    keep.pop_last();
                }
                *members = keep;
            }
            Deed::Patch { id, patch: value, version }
        }
        _ => Deed::Delete { id, version },
    };
    Attempt { collection: collection.into(), deed }
}
