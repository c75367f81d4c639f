//! Schedules of transactions that are begun beside each other, as in the Hermitage suite (Kleppmann), through the views of people whose
//! roles have rules; and the same with changes of a role among them. It knows nothing of how a store finds conflicts.

use crate::world::World;
use portunus_auth::{Action, Collection, Durability, Error, Result, Role, Secret, ValueRef, WriteView};
use serde_json::json;
use std::collections::BTreeMap;

/// What ann may do is what she does with her own notes.
const OWN: &str = "it.owner == id(identity)";

/// Each step is a transaction's name, what it does, and what comes of it if that is not nothing. A name that begins with `r` is one of an
/// administrator, who changes the role; all others are of ann. It begins with its first step. The notes are `n1` of value 10 and `n2`
/// of value 20.
const HERMITAGE: &[(&str, &str)] = &[
    (
        "G0, dirty writes",
        "1 put n1 11; 2 put n1 12; 1 put n2 21; 1 commit; 2 put n2 22; 2 commit conflict; 3 sum 32",
    ),
    ("G1a, aborted reads", "1 put n1 101; 2 sum 30; 1 abort; 2 sum 30; 2 commit"),
    ("G1b, intermediate reads", "1 put n1 101; 2 sum 30; 1 put n1 11; 1 commit; 2 sum 30; 2 commit"),
    ("G1c, circular flow", "1 put n1 11; 2 put n2 22; 1 get n2 20; 2 get n1 10; 1 commit; 2 commit conflict"),
    (
        "OTV, observed transaction vanishes",
        "1 put n1 11; 1 put n2 19; 2 put n1 12; 1 commit; 3 get n1 11; 2 put n2 18; 3 get n2 19; 2 commit conflict; 3 get n2 19; 3 get n1 11; 3 commit",
    ),
    (
        "PMP, predicate with many predecessors",
        "1 at 30 -; 2 new n3 30; 2 commit; 1 at 30 -; 1 put n1 11; 1 commit conflict",
    ),
    (
        "PMP, by what a write goes through",
        "1 double; 2 at 20 n2; 2 del n2; 1 commit; 2 commit conflict; 3 sum 60",
    ),
    ("P4, lost update", "1 get n1 10; 2 get n1 10; 1 put n1 11; 2 put n1 11; 1 commit; 2 commit conflict"),
    (
        "G-single, read skew",
        "1 get n1 10; 2 get n1 10; 2 get n2 20; 2 put n1 12; 2 put n2 18; 2 commit; 1 get n2 20; 1 commit",
    ),
    (
        "G-single, over ranges",
        "1 at 10 n1; 2 put n1 12; 2 commit; 1 at 12 -; 1 at 10 n1; 1 put n2 21; 1 commit conflict",
    ),
    (
        "G-single, with a write",
        "1 get n1 10; 2 get n2 20; 2 put n1 12; 2 put n2 18; 2 commit; 1 del n2; 1 commit conflict",
    ),
    ("G2-item, write skew", "1 sum 30; 2 sum 30; 1 put n1 11; 2 put n2 21; 1 commit; 2 commit conflict"),
    (
        "G2, write skew over what is not there",
        "1 at 30 -; 2 at 30 -; 1 new n3 30; 2 new n4 30; 1 commit; 2 commit conflict",
    ),
    ("G2, two edges", "1 sum 30; 2 put n2 25; 2 commit; 3 sum 35; 3 commit; 1 put n1 0; 1 commit conflict"),
];

/// The same kinds of schedules, and a role is what one of them changes. `only V` leaves ann the notes of one value, `all` gives them back.
const WITH_ROLES: &[(&str, &str)] = &[
    (
        "nobody sees a change that is not committed",
        "r only 10; 1 sum 30; r abort; 1 sum 30; 1 put n2 21; 1 commit",
    ),
    (
        "nor an intermediate one",
        "r only 10; 1 sum 30; r all; 1 put n1 11; r commit; 1 sum 31; 1 commit conflict",
    ),
    (
        "what was written under the old role is not committed under a new one",
        "1 put n2 21; r only 10; r commit; 1 commit conflict; 2 sum 10",
    ),
    (
        "nor what was only read",
        "1 sum 30; 1 new n3 1; r only 10; r commit; 1 commit conflict; 2 sum 10; 2 get n3 none",
    ),
    (
        "nothing more is read either",
        "1 get n1 10; r only 10; r commit; 1 get n1 conflict; 1 get n2 conflict; 1 at 20 conflict",
    ),
    (
        "a phantom by a wider role",
        "r only 10; r commit; 1 sum 10; 1 put n1 11; s all; s commit; 1 commit conflict; 2 sum 30",
    ),
    (
        "who commits before the change has committed",
        "1 put n1 11; r only 10; 1 commit; r commit; 2 sum 0; 2 get n2 none",
    ),
    ("of two changes of one role, one wins", "r only 10; ra only 20; r commit; ra commit conflict; 1 sum 10"),
    (
        "write skew of a role and a note: who read the notes",
        "r sum 30; r only 10; 1 new n3 30; 1 commit; r commit conflict; 2 sum 60",
    ),
    (
        "write skew of a role and a note: who was changed first",
        "r sum 30; r only 10; 1 new n3 30; r commit; 1 commit conflict; 2 sum 10",
    ),
    (
        "a change of role and notes is seen whole or not at all",
        "1 sum 30; r only 10; r put n1 1; r put n2 10; r commit; 1 get n2 conflict; 2 sum 10; 2 get n1 none",
    ),
    (
        "what a rule hides is no reason for a conflict of who asks by id",
        "r only 10; r commit; 1 get n1 10; 1 put n1 10; ra put n2 7; ra commit; 1 commit",
    ),
    (
        "a role that comes back is another change",
        "1 put n1 11; r only 10; r commit; ra all; ra commit; 1 commit conflict",
    ),
];

fn author(rule: &str) -> Role {
    let [on_read, on_old, on_new] = ["doc", "old", "new"].map(|it| rule.replace("it.", &format!("{it}.")));
    Role::new("author")
        .member("users")
        .allow_when("notes", Action::Read, on_read)
        .allow_when("notes", Action::Write, format!("{on_old} && new.owner == old.owner"))
        .allow_when("notes", Action::Create, on_new.split(" && ").next().unwrap())
        .allow("notes", Action::CreateWithId)
        .allow_when("notes", Action::Delete, rule.replace("it.", "doc."))
}

/// A store for one schedule, and the transactions that are under way in it.
struct Schedule {
    world: World,
    ann: Secret,
    open: BTreeMap<String, WriteView>,
}

impl Schedule {
    fn new(principals_max: usize) -> Self {
        let world = World::new(principals_max);
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.delete("notes", "n1")?;
            tx.define(Collection::new("notes").index(["owner"]).index(["value"]))?;
            for (id, value) in [("n1", 10), ("n2", 20)] {
                tx.create_with_id("notes", id, json!({"owner": "ann", "value": value}))?;
            }
            tx.create_with_id("notes", "hidden", json!({"owner": "bob", "value": 500}))?;
            tx.define_role(author(OWN))
        });
        let ann = world.token("", "ann").secret;
        Self { world, ann, open: BTreeMap::new() }
    }

    fn run(&mut self, steps: &str) -> std::result::Result<(), String> {
        for step in steps.split(';').map(str::trim) {
            let [name, words @ ..] = &step.split(' ').collect::<Vec<_>>()[..] else { unreachable!() };
            let told = told(self.step(name, words));
            let expected = expected(words);
            if told != expected {
                return Err(format!("`{step}` came to `{told}`"));
            }
        }
        Ok(())
    }

    fn step(&mut self, name: &str, words: &[&str]) -> Result<String> {
        if !self.open.contains_key(name) {
            let who = if name.starts_with(['r', 's']) { &self.world.admin } else { &self.ann };
            self.open.insert(name.to_owned(), self.world.gate.begin_write(who)?);
        }
        let tx = self.open.get_mut(name).unwrap();
        match words {
            ["get", id, ..] => {
                Ok(tx.get("notes", id)?.map_or("none".into(), |note| value_of(&note).to_string()))
            }
            ["sum", ..] => {
                let own = tx.query("notes").index("owner").equal(["ann"]).documents()?;
                Ok(own.iter().map(value_of).sum::<i64>().to_string())
            }
            ["at", value, ..] => {
                let value: i64 = value.parse().unwrap();
                let found = tx.query("notes").index("value").equal([value]).list_ids()?;
                Ok(if found.is_empty() { "-".into() } else { found.join(",") })
            }
            ["put", id, value, ..] => tx.patch("notes", id, json!({"value": number(value)})).map(nothing),
            ["new", id, value, ..] => {
                let note = json!({"owner": "ann", "value": number(value)});
                tx.create_with_id("notes", id, note).map(nothing)
            }
            ["del", id, ..] => tx.delete("notes", id).map(nothing),
            ["double", ..] => {
                for note in tx.query("notes").index("owner").equal(["ann"]).documents()? {
                    tx.patch("notes", note.id(), json!({"value": 2 * value_of(&note)}))?;
                }
                Ok(String::new())
            }
            ["only", value, ..] => {
                tx.define_role(author(&format!("{OWN} && it.value == {value}"))).map(nothing)
            }
            ["all", ..] => tx.define_role(author(OWN)).map(nothing),
            ["commit", ..] => self.open.remove(name).unwrap().commit(Durability::Relaxed).map(nothing),
            ["abort"] => {
                self.open.remove(name);
                Ok(String::new())
            }
            other => unreachable!("{other:?}"),
        }
    }
}

fn value_of(note: &portunus_auth::Document) -> i64 {
    note.field("value").and_then(ValueRef::as_int).unwrap()
}

fn number(text: &str) -> i64 {
    text.parse().unwrap()
}

fn nothing<T>(_: T) -> String {
    String::new()
}

fn told(done: Result<String>) -> String {
    match done {
        Ok(found) => found,
        Err(Error::Conflict) => "conflict".into(),
        Err(other) => format!("{other:?}"),
    }
}

/// What a step says that comes of it: its words behind those that say what it does.
fn expected(words: &[&str]) -> String {
    let said = match words[0] {
        "sum" | "commit" | "abort" | "all" | "double" => 1,
        "get" | "at" | "del" | "only" => 2,
        _ => 3,
    };
    words[said..].join(" ")
}

fn all_hold(schedules: &[(&str, &str)]) {
    let mut broken = Vec::new();
    for (name, steps) in schedules {
        for principals_max in [0, 64] {
            let ran = Schedule::new(principals_max).run(steps);
            broken.extend(ran.err().map(|problem| format!("{name}: {problem}")));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn hermitage_holds_for_people_whose_roles_have_rules() {
    all_hold(HERMITAGE);
}

#[test]
fn changes_of_roles_are_serialized_with_all_else() {
    all_hold(WITH_ROLES);
}

#[test]
fn a_schedule_that_comes_to_something_else_is_noticed() {
    for wrong in ["1 sum 31", "1 put n1 1; 2 put n1 2; 1 commit; 2 commit", "1 get n1 none", "1 at 10 -"] {
        Schedule::new(64).run(wrong).unwrap_err();
    }
}
