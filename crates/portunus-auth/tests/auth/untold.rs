//! What paired worlds have found: things that were told to somebody who sees nothing of them. Each has its story.

use crate::world::World;
use portunus_auth::{
    Action, Collection, Durability, Field, Fields, GateOptions, NamedPredicate, On, Privilege, ReadView,
    Resource, Result, Role, Secret, TreeOptions, Type,
};
use serde_json::json;

/// Somebody who may define roles whose names begin with `d`, and reads the notes of Ann.
fn delegate(world: &World) -> Secret {
    let begins = |name: &str| format!("{name}.name.startsWith('d')");
    let role = Role::new("delegate")
        .allow_when("notes", Action::Read, "has(doc.owner) && doc.owner == 'ann'")
        .allow_every_when(Resource::Role, Action::Read, begins("doc"))
        .allow_every_when(Resource::Role, Action::Create, begins("new"));
    world.write(&world.admin, |tx| tx.define_role(role));
    world.key("", "delegate").1
}

fn tries(world: &World, secret: &Secret, rule: &str) -> String {
    let role = Role::new("d1").allow_when("notes", Action::Read, rule);
    format!("{:?}", world.try_write(secret, |tx| tx.define_role(role)))
}

// Whoever may define some roles, but does not see all of them, was denied a rule that calls a named predicate which is there, and told
// that there is none of which is not; with the name of one that is, where the two look alike.
#[test]
fn who_sees_no_named_predicates_is_not_told_their_names() {
    let answers = [0, 1, 2].map(|there| {
        let world = World::new(64);
        let secret = delegate(&world);
        let predicates = ["is_chief", "is_chef"].map(|name| NamedPredicate::new(name, ["it"], "it.boss"));
        for predicate in &predicates[..there] {
            world.write(&world.admin, |tx| tx.define_predicate(predicate));
        }
        assert!(world.read(&secret, ReadView::predicates).is_empty());
        ["is_chief(doc)", "is_chef(doc)", "is_chiefs(doc)"].map(|rule| tries(&world, &secret, rule))
    });
    assert!(answers[0][0].contains("there is no function `is_chief`"), "{}", answers[0][0]);
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

// The same was told of the types of fields, although it takes a right to definitions to see those.
#[test]
fn who_sees_no_definitions_is_not_told_the_types_of_fields() {
    let answers = [None, Some(Type::Int), Some(Type::String)].map(|declared| {
        let world = World::new(64);
        let secret = delegate(&world);
        let notes = Collection::new("notes").index(["owner"]).unique(["email"]);
        let notes = declared.into_iter().fold(notes, |notes, it| notes.field(Field::new("salary", it)));
        world.write(&world.admin, |tx| tx.define(notes));
        assert!(world.read(&secret, ReadView::collections).is_empty());
        tries(&world, &secret, "doc.salary > 'x' && doc.salary.startsWith('x')")
    });
    assert!(answers[0].contains("Denied"), "it does not hold that right: {}", answers[0]);
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

// Altering a role removed its entry among those that work below, also where there was none: every transaction of the database
// and of those below it reads that list, and could not be committed. So everybody could tell that somebody edits roles.
#[test]
fn altering_a_role_of_others_is_no_conflict() {
    let world = World::new(64);
    world.settle("acme");
    let other = |action| Role::new("other").member("notes").allow("notes", action);
    let author = Role::new("author").member("users").allow("notes", Action::Create);
    world.write(&world.inside("acme"), |tx| {
        tx.define_role(author)?;
        tx.define_role(other(Action::Read))
    });
    for secret in [world.token("acme", "ann").secret, world.inside("acme/eu")] {
        let mut open = world.gate.begin_write(&secret).unwrap();
        world.write(&world.inside("acme"), |tx| tx.define_role(other(Action::Delete)));
        open.create("notes", json!({"owner": "ann"})).unwrap();
        open.commit(Durability::Immediate).unwrap();
    }
}

fn largest(world: &World, ann: &Secret) -> Result<()> {
    let mut view = world.gate.begin_write(ann).unwrap();
    view.patch("notes", "n1", json!({"size": 2})).unwrap();
    view.create("notes", json!({"text": "x".repeat(9_000)})).map(drop)
}

// A change of a document writes what is hidden of it as well. How much that was could be read off the error about a transaction
// that had grown too large.
#[test]
fn the_size_of_a_transaction_does_not_tell_that_of_hidden_fields() {
    let answers = [3_000, 4_000].map(|size| {
        let tree = TreeOptions { transaction_bytes_max: 10_000, ..TreeOptions::default() };
        let world = World::with(GateOptions { tree, ..GateOptions::default() });
        world.settle("");
        let on = |action| {
            Privilege::new(On::Collection("notes".into()), action).fields(Fields::except(["salary"]))
        };
        let role =
            Role::new("author").member("users").privilege(on(Action::Read)).privilege(on(Action::Write));
        world.write(&world.admin, |tx| {
            tx.define_role(role.allow("notes", Action::Create))?;
            tx.patch("notes", "n1", json!({"salary": "x".repeat(size)}))
        });
        format!("{:?}", largest(&world, &world.token("", "ann").secret))
    });
    assert!(answers[0].contains("the transaction"), "{}", answers[0]);
    assert_eq!(answers[0], answers[1]);
}
