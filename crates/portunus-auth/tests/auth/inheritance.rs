//! Roles that work in the databases below their own: what they reach there, what they never do, and what becomes of them and
//! of their holders when databases, collections and keys come and go.

use crate::world::{World, check, check_with, constraint, denied, path};
use portunus_auth::{
    Action, Algorithm, Collection, DatabasePath, Error, NewKey, NewToken, Procedure, Provider, PublicId,
    ReadView, Resource, Role, Secret,
};
use serde_json::json;

/// `acme` has a role that reads the notes there and below, and whose members are the users of each.
fn reader() -> Role {
    Role::new("reader").allow("notes", Action::Read).member("users").inherit()
}

fn inherited(test: impl Fn(&World)) {
    check(|world| {
        for place in ["acme", "acme/eu"] {
            world.settle(place);
        }
        define(world, "acme", reader());
        test(world);
    });
}

fn define(world: &World, place: &str, role: Role) {
    world.write(&world.inside(place), |tx| tx.define_role(role));
}

/// A key that a database owns itself.
fn own_key(world: &World, place: &str, role: &str) -> (PublicId, Secret) {
    let made = world.write(&world.inside(place), |tx| tx.create_key(NewKey::new(role)));
    (made.id, made.secret)
}

fn sees(world: &World, secret: &Secret, collection: &str) -> bool {
    world.read(secret, |tx| tx.get(collection, "n1")).is_some()
}

fn roles(world: &World, secret: &Secret) -> Vec<String> {
    world.read(secret, |tx| Ok(tx.principal()?.roles().iter().map(ToString::to_string).collect()))
}

#[test]
fn acceptance_131_a_role_works_below_only_if_it_says_so() {
    inherited(|world| {
        let token = world.token("acme/eu", "ann").secret;
        let key = own_key(world, "acme/eu", "reader").1;
        for secret in [&token, &key, &world.as_document("acme/eu", "ann")] {
            assert_eq!(
                (roles(world, secret), sees(world, secret, "notes")),
                (vec!["reader".to_owned()], true)
            );
            assert_eq!(world.place(secret), "acme/eu", "what it reads is of the database below");
        }
        define(world, "acme", Role::new("reader").allow("notes", Action::Read).member("users"));
        assert_eq!((roles(world, &token), sees(world, &token, "notes")), (vec![], false));
        world.refuses(&key);
        constraint(world.try_write(&world.inside("acme/eu"), |tx| tx.create_key(NewKey::new("reader"))));
        assert_eq!(roles(world, &world.token("acme", "ann").secret), ["reader"]);
    });
}

#[test]
fn a_role_never_reaches_up_nor_aside() {
    inherited(|world| {
        world.settle("");
        world.settle("beta");
        // It is none of the databases above the one that it is of, nor of those beside it.
        for place in ["", "beta"] {
            assert!(roles(world, &world.token(place, "ann").secret).is_empty());
            constraint(world.try_write(&world.inside(place), |tx| tx.create_key(NewKey::new("reader"))));
        }
        // And one of the database below is none of that above.
        define(world, "acme/eu", Role::new("local").allow("notes", Action::Write).member("users").inherit());
        assert_eq!(roles(world, &world.token("acme", "ann").secret), ["reader"]);
        assert_eq!(roles(world, &world.token("acme/eu", "ann").secret), ["local", "reader"]);
        constraint(world.try_write(&world.inside("acme"), |tx| tx.create_key(NewKey::new("local"))));
        // What a rule reads, it reads where it works.
        let guest = Role::new("guest").member("users").inherit().allow_when(
            "notes",
            Action::Read,
            "get('users', id(identity)).name == doc.owner && exists('notes', 'only-here')",
        );
        define(world, "acme", guest);
        define(world, "acme", Role::new("reader"));
        world.write(&world.inside("acme"), |tx| {
            tx.create_with_id("notes", "only-here", json!({"email": "x"}))
        });
        assert!(sees(world, &world.token("acme", "ann").secret, "notes"));
        assert!(!sees(world, &world.token("acme/eu", "ann").secret, "notes"));
    });
}

#[test]
fn a_child_never_grants_what_it_was_not_given() {
    inherited(|world| {
        let keeper = Role::new("keeper").allow_every(Resource::Key, Action::Create);
        define(world, "acme/eu", keeper.clone());
        let secret = own_key(world, "acme/eu", "keeper").1;
        // Whoever does not hold what a role from above grants does not give it either, nor learn of it.
        let told = |name: &str| {
            world.try_write(&secret, |tx| tx.create_key(NewKey::new(name))).unwrap_err().to_string()
        };
        assert_eq!(told("reader"), told("ghost"));
        define(world, "acme/eu", keeper.clone().allow("notes", Action::Read));
        world.opens(&world.write(&secret, |tx| tx.create_key(NewKey::new("reader"))).secret);
        // Nor does it define one that works below without being an administrator.
        define(world, "acme/eu", keeper.allow_every(Resource::Role, Action::Create));
        denied(world.try_write(&secret, |tx| tx.define_role(Role::new("mine").inherit())));
        world.write(&secret, |tx| tx.define_role(Role::new("mine")));
        // The administrator below changes none of those from above, and is shown none.
        let admin = world.inside("acme/eu");
        assert!(world.read(&admin, |tx| tx.role("reader")).is_none());
        assert!(matches!(world.try_write(&admin, |tx| tx.delete_role("reader")), Err(Error::NotFound(_))));
        assert!(matches!(
            world.try_write(&admin, |tx| tx.rename_role("reader", "r")),
            Err(Error::NotFound(_))
        ));
        // One of the same name is its own, and counts there alone.
        define(world, "acme/eu", Role::new("reader").deny("notes", Action::Read).member("users"));
        assert!(!sees(world, &world.token("acme/eu", "ann").secret, "notes"));
        assert!(sees(world, &world.token("acme", "ann").secret, "notes"));
        assert!(sees(world, &own_key(world, "acme", "reader").1, "notes"));
        assert!(!sees(world, &own_key(world, "acme/eu", "reader").1, "notes"));
    });
}

#[test]
fn a_denial_from_above_is_lifted_by_nobody_below() {
    inherited(|world| {
        define(world, "acme", reader().deny_when("notes", Action::Read, "doc.owner == 'ann'"));
        define(
            world,
            "acme/eu",
            Role::new("all").allow_every(Resource::Document, Action::Read).member("users"),
        );
        assert!(!sees(world, &world.token("acme/eu", "ann").secret, "notes"));
        // It is one for those who have the role, and for nobody else.
        assert!(sees(world, &own_key(world, "acme/eu", "all").1, "notes"));
    });
}

#[test]
fn acceptance_126_a_role_is_on_the_collections_of_the_same_names_below() {
    inherited(|world| {
        let (above, below) = (world.token("acme", "ann").secret, world.token("acme/eu", "ann").secret);
        // Where a collection is renamed above, the role follows it, and is on those of the new name below.
        world.write(&world.inside("acme"), |tx| tx.rename_collection("notes", "papers"));
        assert!(sees(world, &above, "papers") && !sees(world, &below, "notes"));
        world.write(&world.inside("acme/eu"), |tx| tx.rename_collection("notes", "papers"));
        assert!(sees(world, &below, "papers"));
        world.write(&world.inside("acme"), |tx| tx.rename_collection("users", "people"));
        assert_eq!(roles(world, &above), ["reader"]);
        assert!(roles(world, &below).is_empty());
        world.write(&world.inside("acme/eu"), |tx| tx.rename_collection("users", "people"));
        assert_eq!(roles(world, &below), ["reader"]);
        // What there is no collection for above is found by its name all the same.
        define(world, "acme", Role::new("clerk").member("people").allow("bills", Action::Read).inherit());
        for (place, secret) in [("acme", &above), ("acme/eu", &below)] {
            world.write(&world.inside(place), |tx| {
                tx.define(Collection::new("bills"))?;
                tx.create_with_id("bills", "n1", json!({}))
            });
            assert!(sees(world, secret, "bills"), "{place}");
            world.write(&world.inside(place), |tx| tx.drop_collection("bills"));
            assert!(sees(world, secret, "papers"), "{place}");
        }
    });
}

#[test]
fn nobody_but_an_administrator_leads_an_inherited_role_elsewhere_by_a_name() {
    inherited(|world| {
        let keeper = Role::new("keeper")
            .allow_every(Resource::Collection, Action::Read)
            .allow_every(Resource::Collection, Action::Write);
        for place in ["acme", "acme/eu"] {
            define(world, place, keeper.clone());
            world.write(&world.inside(place), |tx| {
                tx.define(Collection::new("secrets"))?;
                tx.define(Collection::new("others"))
            });
            let secret = own_key(world, place, "keeper").1;
            for (from, to) in [("notes", "free"), ("users", "free")] {
                denied(world.try_write(&secret, |tx| tx.rename_collection(from, to)));
            }
            world.write(&world.inside(place), |tx| tx.rename_collection("notes", "old"));
            if place == "acme" {
                // Here the role has followed.
                denied(world.try_write(&secret, |tx| tx.rename_collection("old", "free")));
                world.write(&world.inside(place), |tx| tx.rename_collection("old", "notes"));
            } else {
                // Here the name is free, and the role would be on whatever took it.
                denied(world.try_write(&secret, |tx| tx.rename_collection("secrets", "notes")));
            }
            world.write(&secret, |tx| tx.rename_collection("others", "more"));
        }
    });
}

#[test]
fn acceptance_019_a_key_of_a_role_from_above_ends_where_that_does_not_reach() {
    inherited(|world| {
        let (own, below) = own_key(world, "acme/eu", "reader");
        let (from_root, by_root) = world.key("acme/eu", "reader");
        let key = |id| move |tx: &ReadView| tx.key(id);
        assert_eq!(world.read(&world.admin, key(from_root)).unwrap().role.as_str(), "reader");
        assert_eq!(world.read(&world.inside("acme/eu"), key(own)).unwrap().role.as_str(), "reader");
        // Out from below the owner of the role it is none.
        world.write(&world.admin, |tx| tx.move_database(&path("acme/eu"), &DatabasePath::here()));
        for secret in [&below, &by_root] {
            world.refuses(secret);
        }
        assert_eq!(world.read(&world.inside("eu"), key(own)).unwrap().role.as_str(), "none");
        constraint(world.try_write(&world.inside("eu"), |tx| tx.create_key(NewKey::new("reader"))));
        assert!(roles(world, &world.token("eu", "ann").secret).is_empty());
        // And back it is one again.
        world.write(&world.admin, |tx| tx.move_database(&path("eu"), &path("acme")));
        for secret in [&below, &by_root] {
            assert!(sees(world, secret, "notes"));
        }
        // What is open meanwhile goes no further.
        let view = world.gate.begin_read(&below).unwrap();
        world.write(&world.admin, |tx| tx.move_database(&path("acme/eu"), &path("beta")));
        assert!(matches!(view.get("notes", "n1"), Err(Error::Unauthenticated)));
    });
}

#[test]
fn acceptance_124_a_role_is_held_by_keys_below_until_they_are_gone() {
    inherited(|world| {
        let acme = world.inside("acme");
        let in_use = || constraint(world.try_write(&acme, |tx| tx.delete_role("reader")));
        let (own, _) = own_key(world, "acme/eu", "reader");
        let (from_above, _) = world.key("acme/eu", "reader");
        in_use();
        world.write(&world.inside("acme/eu"), |tx| tx.delete_key(own));
        in_use();
        world.write(&world.admin, |tx| tx.set_key_role(from_above, "none"));
        world.write(&acme, |tx| tx.delete_role("reader"));

        // With the database below go its keys, and their hold on the role.
        define(world, "acme", reader());
        own_key(world, "acme/eu", "reader");
        world.key("acme/eu", "reader");
        in_use();
        world.write(&world.admin, |tx| tx.delete_database(&path("acme/eu")));
        world.write(&acme, |tx| tx.delete_role("reader"));
        assert!(world.read(&world.admin, ReadView::check).problems.is_empty());
    });
}

#[test]
fn a_key_outlives_the_database_of_its_role_and_opens_nothing() {
    inherited(|world| {
        let (own, secret) = own_key(world, "acme/eu", "reader");
        world.write(&world.admin, |tx| {
            tx.move_database(&path("acme/eu"), &DatabasePath::here())?;
            tx.delete_database(&path("acme"))
        });
        world.refuses(&secret);
        let eu = world.inside("eu");
        world.write(&eu, |tx| tx.set_key_expiry(own, Some(world.later(60))));
        world.write(&eu, |tx| tx.set_key_role(own, "server"));
        world.opens(&secret);
        world.write(&eu, |tx| tx.delete_key(own));
        assert!(world.read(&world.admin, ReadView::check).problems.is_empty());
        // One of the same name is another one.
        let (_, secret) = {
            world.write(&world.admin, |tx| tx.create_database(&path("acme")));
            define(world, "acme", Role::new("reader").inherit());
            world.write(&world.admin, |tx| tx.move_database(&path("eu"), &path("acme")));
            own_key(world, "acme/eu", "reader")
        };
        assert!(!sees(world, &secret, "notes"));
    });
}

#[test]
fn nobody_but_an_administrator_makes_the_collection_that_an_inherited_role_waits_for() {
    check(|world| {
        let keeper = Role::new("keeper")
            .allow_every(Resource::Collection, Action::Read)
            .allow_every(Resource::Collection, Action::Create)
            .allow_every(Resource::Collection, Action::Write);
        world.write(&world.inside("acme"), |tx| {
            tx.define(Collection::new("plans"))?;
            // One name is that of a collection here, the others are nothing here.
            let role = Role::new("reader").member("people").allow("plans", Action::Read);
            tx.define_role(role.allow("bills", Action::Read).deny("debts", Action::Read).inherit())
        });
        for place in ["acme", "acme/eu", ""] {
            define(world, place, keeper.clone());
            let secret = own_key(world, place, "keeper").1;
            let waited_for: &[_] = match place {
                "" => &[],
                "acme" => &["people", "bills", "debts"],
                _ => &["people", "plans", "bills", "debts"],
            };
            for name in ["people", "plans", "bills", "debts", "free"] {
                let made = world.try_write(&secret, |tx| tx.define(Collection::new(name)));
                if waited_for.contains(&name) { denied(made) } else { made.unwrap() }
            }
            for name in waited_for {
                world.write(&world.inside(place), |tx| tx.define(Collection::new(*name)));
                // What is there, it may alter as before.
                world.write(&secret, |tx| tx.define(Collection::new(*name).index(["owner"])));
            }
        }
    });
}

#[test]
fn procedures_of_one_name_hold_a_role_each_in_its_own_database() {
    let work = Procedure::new("work", |call, (): ()| {
        Ok(call.begin_read()?.principal()?.roles().iter().map(ToString::to_string).collect::<Vec<_>>())
    });
    check_with(&[work], |world| {
        world.write(&world.admin, |tx| tx.create_database(&path("acme/us")));
        define(world, "acme", reader_of_notes());
        let places = ["acme", "acme/eu", "acme/us"];
        for place in places {
            world.write(&world.inside(place), |tx| tx.define_procedure("work", Some("reader")));
            let ran: Vec<String> = world.gate.call(&world.inside(place), "work", ()).unwrap();
            assert_eq!(ran, ["reader"], "{place}");
        }
        let acme = world.inside("acme");
        let in_use = || constraint(world.try_write(&acme, |tx| tx.delete_role("reader")));
        in_use();
        world.write(&world.inside("acme"), |tx| tx.delete_procedure("work"));
        in_use();
        world.write(&world.inside("acme/us"), |tx| tx.define_procedure("work", None));
        in_use();
        world.write(&world.admin, |tx| tx.delete_database(&path("acme/eu")));
        world.write(&acme, |tx| tx.delete_role("reader"));
        assert!(world.read(&world.admin, ReadView::check).problems.is_empty());
    });
}

fn reader_of_notes() -> Role {
    Role::new("reader").allow("notes", Action::Read).inherit()
}

#[test]
fn a_procedure_whose_role_does_not_reach_it_any_more_runs_for_nobody() {
    let work = Procedure::new("work", |call, (): ()| call.begin_read()?.exists("notes", "n1"));
    check_with(&[work], |world| {
        define(world, "acme", reader_of_notes());
        world.write(&world.inside("acme/eu"), |tx| tx.define_procedure("work", Some("reader")));
        let call = |place| world.gate.call::<_, bool>(&world.inside(place), "work", ());
        assert!(call("acme/eu").unwrap());
        world.write(&world.admin, |tx| tx.move_database(&path("acme/eu"), &DatabasePath::here()));
        assert!(matches!(call("eu"), Err(Error::Unauthenticated)));
    });
}

#[test]
fn acceptance_080_a_provider_gives_no_role_of_a_database_above() {
    inherited(|world| {
        let keys = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
        let staff = Provider::new("staff", "https://issuer.example").jwks(keys).algorithm(Algorithm::EdDsa);
        let told =
            world.try_write(&world.inside("acme/eu"), |tx| tx.define_provider(staff.clone().role("reader")));
        let told = told.unwrap_err().to_string();
        assert_eq!(told, "roles: a role of a database above is given by that one's providers");
        world.write(&world.inside("acme"), |tx| tx.define_provider(staff.role("reader")));
    });
}

#[test]
fn acceptance_019_a_role_is_inherited_over_several_levels_from_the_nearest() {
    check(|world| {
        world.settle("acme/eu");
        define(world, "", Role::new("far").member("users").allow("notes", Action::Read).inherit());
        define(world, "", Role::new("near").allow("notes", Action::Write).inherit());
        define(world, "acme", Role::new("near").allow("notes", Action::Read).inherit());
        define(world, "acme", Role::new("silent").allow("notes", Action::Read));
        let ann =
            world.write(&world.inside("acme/eu"), |tx| tx.create_token(NewToken::new("users", "ann"))).secret;
        assert_eq!((roles(world, &ann), world.place(&ann)), (vec!["far".to_owned()], "acme/eu".to_owned()));
        assert!(sees(world, &own_key(world, "acme/eu", "near").1, "notes"));
        constraint(world.try_write(&world.inside("acme/eu"), |tx| tx.create_key(NewKey::new("silent"))));
        // A scope names one as well.
        let scoped = world.admin.scoped(&"@acme/eu#near".parse().unwrap());
        assert!(sees(world, &scoped, "notes"));
    });
}
