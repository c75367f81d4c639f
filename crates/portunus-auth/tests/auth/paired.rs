//! Paired worlds: what is hidden from a principal changes none of its answers. Each question is asked in two stores whose hidden parts differ.

use crate::world::{World, path};
use portunus_auth::{
    Action, AuditQuery, AuditSettings, Collection, Durability, Logout, NewKey, NewToken, Order, Resource,
    Result, Role, Secret, WriteView,
};
use proptest::prelude::*;
use serde_json::json;
use std::fmt::Debug;

const ALL: AuditSettings = AuditSettings { openings: true, refusals: true, denials: true };

/// What happens out of the principal's sight.
#[derive(Clone, Debug)]
enum Hidden {
    Document {
        place: usize,
        id: u8,
        owner: u8,
    },
    Delete {
        place: usize,
        id: u8,
    },
    Define {
        place: usize,
        name: u8,
    },
    Database {
        name: u8,
    },
    Key {
        place: usize,
    },
    Audit {
        place: usize,
    },
    /// A role that denies everything to the documents of `notes`.
    Role {
        place: usize,
        name: u8,
    },
    /// A token for a note.
    Token {
        place: usize,
        id: u8,
    },
    Procedure {
        place: usize,
        name: u8,
    },
}

/// What the principal does.
#[derive(Clone, Debug)]
enum Step {
    Get(u8),
    Count(u8),
    List(Order),
    Strict,
    Pages(usize),
    Create(u8, u8),
    Patch(u8, u8),
    Delete(u8),
    Elsewhere(u8),
    Definitions,
    Databases,
    Keys,
    Once,
    Audit,
    Roles(u8),
    Tokens(u8),
    Procedures(u8),
}

fn hidden() -> impl Strategy<Value = Hidden> {
    let place = 0..3_usize;
    prop_oneof![
        (place.clone(), 0..6_u8, 0..3_u8).prop_map(|(place, id, owner)| Hidden::Document {
            place,
            id,
            owner
        }),
        (place.clone(), 0..6_u8).prop_map(|(place, id)| Hidden::Delete { place, id }),
        (place.clone(), 0..3_u8).prop_map(|(place, name)| Hidden::Define { place, name }),
        (0..3_u8).prop_map(|name| Hidden::Database { name }),
        place.clone().prop_map(|place| Hidden::Key { place }),
        place.clone().prop_map(|place| Hidden::Audit { place }),
        (place.clone(), 0..3_u8).prop_map(|(place, name)| Hidden::Role { place, name }),
        (place.clone(), 0..6_u8).prop_map(|(place, id)| Hidden::Token { place, id }),
        (place, 0..3_u8).prop_map(|(place, name)| Hidden::Procedure { place, name }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..6_u8).prop_map(Step::Get),
        (0..3_u8).prop_map(Step::Count),
        prop_oneof![Just(Order::Ascending), Just(Order::Descending)].prop_map(Step::List),
        Just(Step::Strict),
        (1..4_usize).prop_map(Step::Pages),
        (0..6_u8, 0..3_u8).prop_map(|(id, owner)| Step::Create(id, owner)),
        (0..6_u8, 0..3_u8).prop_map(|(id, owner)| Step::Patch(id, owner)),
        (0..6_u8).prop_map(Step::Delete),
        (0..3_u8).prop_map(Step::Elsewhere),
        Just(Step::Definitions),
        Just(Step::Databases),
        Just(Step::Keys),
        Just(Step::Once),
        Just(Step::Audit),
        (0..3_u8).prop_map(Step::Roles),
        (0..6_u8).prop_map(Step::Tokens),
        (0..3_u8).prop_map(Step::Procedures),
    ]
}

fn hide(world: &World, places: [&str; 3], hidden: &Hidden) {
    let inside = |place: usize| world.inside(places[place]);
    // Some fail, such as what is there already: that is no matter.
    drop(match hidden {
        Hidden::Document { place, id, owner } => world.try_write(&inside(*place), |tx| {
            tx.create_with_id(
                "notes",
                &format!("n{id}"),
                json!({"owner": format!("o{owner}"), "email": owner}),
            )
            .map(drop)
        }),
        Hidden::Delete { place, id } => {
            world.try_write(&inside(*place), |tx| tx.delete("notes", &format!("n{id}")))
        }
        Hidden::Define { place, name } => {
            world.try_write(&inside(*place), |tx| tx.define(Collection::new(format!("c{name}"))))
        }
        Hidden::Database { name } => {
            world.try_write(&world.admin, |tx| tx.create_database(&path(&format!("d{name}"))).map(drop))
        }
        Hidden::Key { place } => {
            world.try_write(&inside(*place), |tx| tx.create_key(NewKey::new("none")).map(drop))
        }
        Hidden::Audit { place } => world.try_write(&inside(*place), |tx| tx.set_audit(ALL)),
        Hidden::Role { place, name } => world.try_write(&inside(*place), |tx| {
            tx.define_role(
                Role::new(format!("r{name}")).member("notes").deny_every(Resource::Document, Action::Read),
            )
        }),
        Hidden::Token { place, id } => world.try_write(&inside(*place), |tx| {
            tx.create_token(NewToken::new("notes", format!("n{id}"))).map(drop)
        }),
        Hidden::Procedure { place, name } => {
            world.try_write(&inside(*place), |tx| tx.define_procedure(&format!("p{name}"), None))
        }
    });
}

fn told<T: Debug>(result: Result<T>) -> String {
    format!("{result:?}")
}

fn ask(tx: &mut WriteView, step: &Step) -> String {
    let id = |number: &u8| format!("n{number}");
    let value = |owner: &u8| json!({"owner": format!("o{owner}"), "email": owner});
    match step {
        Step::Get(number) => told(tx.get("notes", &id(number)).map(|found| found.map(|found| found.value()))),
        Step::Count(owner) => told(tx.query("notes").index("owner").equal([format!("o{owner}")]).count()),
        Step::List(Order::Ascending) => told(tx.query("notes").list_ids()),
        Step::List(Order::Descending) => told(tx.query("notes").descending().list_ids()),
        Step::Strict => told(tx.query("notes").strict().documents()),
        Step::Pages(size) => told((|| {
            let mut pages = Vec::new();
            let mut next = None;
            loop {
                let page = tx.query("notes").page(*size, next.as_ref())?;
                pages.push(page.documents);
                next = page.next;
                if next.is_none() {
                    return Ok(pages);
                }
            }
        })()),
        Step::Create(number, owner) => told(tx.create_with_id("notes", &id(number), value(owner))),
        Step::Patch(number, owner) => told(tx.patch("notes", &id(number), value(owner))),
        Step::Delete(number) => told(tx.delete("notes", &id(number))),
        Step::Elsewhere(number) => {
            let name = format!("c{number}");
            told(tx.get(&name, "n1"))
                + &told(tx.query(&name).count())
                + &told(tx.create(&name, json!([])))
                + &told(tx.delete(&name, "n1"))
        }
        Step::Definitions => {
            told(tx.collections()) + &told(tx.collection("c1")) + &told(tx.define(Collection::new("no name")))
        }
        Step::Databases => {
            told(tx.databases(&path("")).map(|found| found.len()))
                + &told(tx.database_at(&path("d1")))
                + &told(tx.rename_database(&path("d1"), &"x".parse().unwrap()))
        }
        Step::Keys => told(tx.keys().map(|keys| keys.len())),
        Step::Once => told(tx.once("a token")),
        Step::Roles(number) => {
            let name = format!("r{number}");
            told(tx.roles())
                + &told(tx.role(&name))
                + &told(tx.define_role(Role::new(&name).allow("notes", Action::Read)))
                + &told(tx.rename_role(&name, "r9"))
                + &told(tx.delete_role(&name))
                + &told(tx.create_key(NewKey::new(&name)).map(drop))
        }
        Step::Tokens(number) => {
            let made = tx.create_token(NewToken::new("notes", id(number)));
            told(tx.tokens_of("notes", &id(number)).map(|tokens| tokens.len()))
                + &told(made.map(drop))
                + &told(tx.own_tokens())
                + &told(tx.logout(Logout::Everywhere))
        }
        Step::Procedures(number) => {
            let name = format!("p{number}");
            told(tx.procedures())
                + &told(tx.define_procedure(&name, Some("none")))
                + &told(tx.delete_procedure(&name))
        }
        Step::Audit => {
            told(tx.audit_settings())
                + &told(tx.audit(AuditQuery::default()).map(|records| records.len()))
                + &told(tx.verify_audit().map(|chain| (chain.records, chain.first_break)))
        }
    }
}

/// All that a principal is told, over some transactions.
fn answers(world: &World, secret: &Secret, transactions: &[Vec<Step>]) -> Vec<String> {
    let mut told_all = Vec::new();
    for steps in transactions {
        let mut tx = world.gate.begin_write(secret).unwrap();
        told_all.extend(steps.iter().map(|step| ask(&mut tx, step)));
        told_all.push(told(tx.commit(Durability::Immediate)));
        world.advance(1);
    }
    told_all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_hidden_changes_no_answer(
        before in proptest::collection::vec(hidden(), 0..12),
        transactions in proptest::collection::vec(proptest::collection::vec(step(), 0..8), 1..4),
    ) {
        // An administrator and a server of `acme` see nothing of the root, of `beta`, or of what is made beside them;
        // a key without rights sees nothing of its own database either.
        for (role, places) in [
            ("admin", ["", "beta", "beta"]),
            ("server", ["", "beta", "beta"]),
            ("server-readonly", ["", "beta", "beta"]),
            ("none", ["", "beta", "acme"]),
        ] {
            let worlds = [World::new(64), World::new(64)];
            let secrets = [0, 1].map(|which| worlds[which].key("acme", role).1);
            before.iter().for_each(|hidden| hide(&worlds[1], places, hidden));
            if role != "admin" {
                // Nobody but an administrator can tell whether what it does is recorded, or which roles there are.
                worlds[1].write(&worlds[1].inside("acme"), |tx| tx.set_audit(ALL));
                let hidden = Hidden::Role { place: 0, name: 1 };
                hide(&worlds[1], ["acme"; 3], &hidden);
            }
            let [left, right] = [0, 1].map(|which| answers(&worlds[which], &secrets[which], &transactions));
            prop_assert_eq!(left, right, "as {}", role);
        }
    }
}
