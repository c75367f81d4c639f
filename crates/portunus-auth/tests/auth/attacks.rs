//! The attacks on secrets, scopes and the tree whose subject exists by now, under their numbers.

use crate::leaks::checksum;
use crate::world::{World, check, constraint, denied, invalid, not_found, path, scope};
use portunus_auth::{Collection, DatabasePath, Durability, Error, NewKey, ReadView, Secret, SecretScope};
use serde_json::json;

#[test]
fn attack_047_a_wrong_checksum_is_refused_without_a_look_up() {
    let world = World::new(64);
    let (_, secret) = world.key("", "server");
    let text = secret.expose();
    let last = if text.ends_with('0') { "1" } else { "0" };
    let wrong = Secret::new(format!("{}{last}", &text[..62]));
    world.refuses(&wrong);
    // A store that is closed answers every look-up with `Closed`: this secret never came to one.
    world.gate.close().unwrap();
    world.refuses(&wrong);
    assert!(matches!(world.gate.begin_read(&World::new(0).admin), Err(Error::Closed)));
}

#[test]
fn attack_048_a_right_checksum_proves_nothing() {
    check(|world| {
        let (_, secret) = world.key("", "server");
        for random in ["0".repeat(43), "1".repeat(43)] {
            for id in [&secret.expose()[3..14], "00000000000"] {
                let checked = format!("pk_{id}{random}");
                world.refuses(&Secret::new(format!("{checked}{}", checksum(&checked))));
            }
        }
        // The reckoning of checksums here is the right one.
        let checked = &secret.expose()[..57];
        assert_eq!(format!("{checked}{}", checksum(checked)), secret.expose());
        // A key's proof is none for a token, nor the other way about.
        let token = checked.replacen("pk_", "pt_", 1);
        world.refuses(&Secret::new(format!("{token}{}", checksum(&token))));
    });
}

#[test]
fn attack_048_a_secret_with_one_wrong_digit_proves_nothing() {
    check(|world| {
        let (_, secret) = world.key("", "server");
        world.opens(&secret);
        for place in 14..57 {
            let mut text = secret.expose()[..57].to_owned();
            let other = if text[place..].starts_with('0') { "1" } else { "0" };
            text.replace_range(place..=place, other);
            world.refuses(&Secret::new(format!("{text}{}", checksum(&text))));
        }
    });
}

#[test]
fn attack_048_numbers_that_do_not_fit_are_no_second_text_of_a_secret() {
    check(|world| {
        for (id, random) in [("z".repeat(11), "0".repeat(43)), ("0".repeat(11), "z".repeat(43))] {
            let checked = format!("pk_{id}{random}");
            world.refuses(&Secret::new(format!("{checked}{}", checksum(&checked))));
        }
    });
}

#[test]
fn attack_050_and_051_deleted_and_expired_keys_open_nothing() {
    check(|world| {
        let (id, secret) = world.key("", "server");
        world.opens(&secret);
        world.delete_key(id);
        world.refuses(&secret);
        not_found(world.try_write(&world.admin, |tx| tx.set_key_expiry(id, None)));
        let key = NewKey::new("server").expires_at(world.later(5));
        let secret = world.write(&world.admin, |tx| tx.create_key(&key)).secret;
        let during = world.gate.begin_read(&secret).unwrap();
        world.advance(5);
        world.refuses(&secret);
        assert!(matches!(during.get("notes", "n1"), Err(Error::Unauthenticated)));
    });
}

#[test]
fn attack_053_and_078_a_namesake_revives_nothing() {
    check(|world| {
        let inside = world.inside("acme");
        let own = world.write(&inside, |tx| tx.create_key(NewKey::new("admin"))).secret;
        let (_, from_above) = world.key("acme", "server");
        let reader = world.gate.begin_read(&own).unwrap();
        let mut writer = world.gate.begin_write(&own).unwrap();
        writer.create_with_id("notes", "n2", json!({})).unwrap();
        world.write(&world.admin, |tx| {
            tx.delete_database(&path("acme"))?;
            tx.create_database(&path("acme"))
        });
        world.write(&inside, |tx| tx.define(Collection::new("notes")));
        for secret in [&own, &from_above] {
            world.refuses(secret);
        }
        assert!(matches!(reader.get("notes", "n1"), Err(Error::Unauthenticated)));
        assert!(matches!(writer.commit(Durability::Immediate), Err(Error::Unauthenticated)));
        assert_eq!(world.read(&inside, |tx| tx.query("notes").count()), 0);
        assert!(world.read(&inside, ReadView::keys).is_empty());
        not_found(world.gate.begin_read(&inside).unwrap().query("notes").index("owner").count());
    });
}

#[test]
fn attack_054_and_077_a_deleted_parent_takes_its_children_s_transactions_with_it() {
    check(|world| {
        let (_, below) = world.key("acme/eu", "admin");
        let mut writer = world.gate.begin_write(&below).unwrap();
        writer.create("notes", json!({})).unwrap();
        world.write(&world.admin, |tx| tx.delete_database(&path("acme")));
        assert!(matches!(writer.commit(Durability::Immediate), Err(Error::Unauthenticated)));
        world.refuses(&below);
    });
}

#[test]
fn attack_069_and_071_a_path_leads_down_or_nowhere() {
    let wrong = [
        "../",
        "..",
        "../beta",
        "acme/..",
        "acme/../beta",
        "..\\",
        "%2e%2e%2f",
        "%252e",
        "a/./b",
        "acme//eu",
        "/acme",
        "acme/",
        "acme\0",
        "acme\n",
        " acme",
        "ACME",
        "é",
        ".",
        "./acme",
        "acme/.",
    ];
    for text in wrong {
        assert!(text.parse::<DatabasePath>().is_err(), "{text:?}");
        assert!(format!("@{text}#admin").parse::<SecretScope>().is_err(), "{text:?}");
    }
    assert!("a".repeat(65).parse::<DatabasePath>().is_err());
    assert!("a/".repeat(100_000).parse::<DatabasePath>().is_err());
    check(|world| {
        for text in wrong {
            world.refuses(&Secret::new(format!("{}@{text}#admin", world.admin.expose())));
        }
        // Names that look like a way up are names here, or nothing.
        world.write(&world.admin, |tx| tx.create_database(&path("acme/...")));
        assert!(world.read(&world.inside("acme/..."), ReadView::collections).is_empty());
        // No deeper than 32.
        let deep = |depth: usize| path(&vec!["d"; depth].join("/"));
        for depth in 1..=32 {
            world.write(&world.admin, |tx| tx.create_database(&deep(depth)));
        }
        let deepest = world.inside(&vec!["d"; 32].join("/"));
        world.opens(&deepest);
        invalid(world.try_write(&deepest, |tx| tx.create_database(&path("d"))));
    });
}

// A million of them are as many times as many; what costs more the more there are is refused from ten thousand on.
#[test]
fn attack_072_very_many_children_hold_up_nobody_and_are_not_deleted_at_a_stroke() {
    let world = World::new(64);
    let (inside, first) = (world.inside("acme"), world.inside("acme/eu"));
    for chunk in 0..10 {
        world.write(&inside, |tx| {
            (0..1_000)
                .try_for_each(|number| tx.create_database(&path(&format!("c{chunk}-{number}"))).map(drop))
        });
    }
    assert_eq!(world.place(&first), "acme/eu");
    world.opens(&world.inside("acme/c9-999"));
    assert_eq!(world.read(&inside, |tx| tx.databases(&path(""))).len(), 10_001);
    // It and all below it are 10,002.
    for outcome in [
        world.try_write(&world.admin, |tx| tx.delete_database(&path("acme"))),
        world.try_write(&world.admin, |tx| tx.move_database(&path("acme"), &path("beta"))),
    ] {
        assert!(matches!(outcome, Err(Error::Limit { max: 10_000, .. })), "{outcome:?}");
    }
    world.write(&world.admin, |tx| tx.disable_database(&path("acme")));
    world.refuses(&world.inside("acme/c9-999"));
    world.write(&world.admin, |tx| tx.enable_database(&path("acme")));
    for place in ["c0-0", "c9-999"] {
        world.write(&inside, |tx| tx.delete_database(&path(place)));
    }
    world.write(&world.admin, |tx| tx.move_database(&path("acme"), &path("beta")));
    world.write(&world.admin, |tx| tx.delete_database(&path("beta/acme")));
    assert_eq!(world.read(&world.admin, ReadView::check).problems, Vec::<String>::new());
}

#[test]
fn attack_075_a_database_that_moves_under_an_open_transaction_stays_the_same_one() {
    check(|world| {
        let (_, key) = world.key("acme/eu", "server");
        let mut writer = world.gate.begin_write(&key).unwrap();
        writer.create_with_id("notes", "n2", json!({})).unwrap();
        world.write(&world.admin, |tx| {
            tx.move_database(&path("acme/eu"), &path("beta"))?;
            tx.rename_database(&path("beta/eu"), &"asia".parse().unwrap())?;
            tx.create_database(&path("acme/eu"))
        });
        // The rights of the writer rest on where its database was: it runs again, and works in the same one.
        assert!(matches!(writer.commit(Durability::Immediate), Err(Error::Conflict)));
        world.write(&key, |tx| tx.create_with_id("notes", "n2", json!({})));
        assert!(world.read(&world.inside("beta/asia"), |tx| tx.exists("notes", "n2")));
        assert!(world.read(&world.inside("acme/eu"), ReadView::collections).is_empty());
    });
}

#[test]
fn attack_075_no_database_moves_below_itself_or_out_of_reach() {
    check(|world| {
        constraint(world.try_write(&world.admin, |tx| tx.move_database(&path("acme"), &path("acme/eu"))));
        constraint(world.try_write(&world.admin, |tx| tx.move_database(&path("acme"), &path("acme"))));
        invalid(world.try_write(&world.admin, |tx| tx.move_database(&path(""), &path("acme"))));
        not_found(world.try_write(&world.inside("acme"), |tx| tx.move_database(&path("eu"), &path("beta"))));
        // To the root of what one sees is no way up.
        world.write(&world.inside("acme"), |tx| tx.create_database(&path("eu/north")));
        world.write(&world.inside("acme"), |tx| tx.move_database(&path("eu/north"), &path("")));
        assert!(world.read(&world.admin, |tx| tx.database_at(&path("acme/north"))).is_some());
    });
}

#[test]
fn attack_080_nobody_reaches_a_sibling_or_a_parent() {
    check(|world| {
        let (beta_key, _) = world.key("beta", "admin");
        let (root_key, _) = world.key("", "admin");
        let own = world.write(&world.inside("acme"), |tx| tx.create_key(NewKey::new("admin"))).secret;
        let mut view = world.gate.begin_write(&own).unwrap();
        for place in ["beta", "acme", "acme/eu"] {
            not_found(view.create_key(NewKey::new("admin").at(path(place))));
            not_found(view.databases(&path(place)));
            assert!(view.database_at(&path(place)).unwrap().is_none());
            not_found(view.rename_database(&path(place), &"x".parse().unwrap()));
            not_found(view.delete_database(&path(place)));
            not_found(view.disable_database(&path(place)));
            not_found(view.protect_database(&path(place), true));
            world.refuses(&own.scoped(&SecretScope::role(portunus_auth::BuiltInRole::Admin).at(path(place))));
        }
        // Its own database is changed from above.
        for outcome in [
            view.rename_database(&path(""), &"x".parse().unwrap()),
            view.delete_database(&path("")),
            view.disable_database(&path("")),
            view.protect_database(&path(""), true),
            view.move_database(&path(""), &path("eu")),
        ] {
            invalid(outcome);
        }
        // Keys that its database does not own are not there, whatever they open.
        let (opens_it, _) = world.key("acme", "admin");
        for id in [beta_key, root_key, opens_it] {
            assert!(view.key(id).unwrap().is_none());
            not_found(view.set_key_role(id, "admin"));
            not_found(view.set_key_expiry(id, None));
            not_found(view.delete_key(id));
        }
        denied(view.check());
        assert_eq!(view.keys().unwrap().len(), 1);
        let note = view.get("notes", "n1").unwrap().unwrap();
        assert_eq!(note.field("place").and_then(portunus_auth::ValueRef::as_str), Some("acme"));
    });
}

#[test]
fn attack_080_no_role_grants_what_it_does_not_hold() {
    check(|world| {
        for role in ["server", "server-readonly", "none"] {
            let (id, secret) = world.key("acme", role);
            for other in ["admin", "server", "server-readonly", "none"] {
                denied(world.try_write(&secret, |tx| tx.create_key(NewKey::new(other))));
                not_found(world.try_write(&secret, |tx| tx.set_key_role(id, other)));
            }
        }
        // An administrator that has narrowed itself has, for that transaction, given up the rest.
        let narrowed = world.admin.scoped(&scope("@acme#server"));
        denied(world.try_write(&narrowed, |tx| tx.create_key(NewKey::new("server"))));
        world.refuses(&narrowed.scoped(&scope("#admin")));
    });
}

#[test]
fn attack_081_no_scope_and_no_key_makes_a_database() {
    check(|world| {
        world.refuses(&world.inside("ghost"));
        world.refuses(&world.inside("acme/ghost"));
        not_found(world.try_write(&world.admin, |tx| tx.create_key(NewKey::new("admin").at(path("ghost")))));
        not_found(world.try_write(&world.admin, |tx| tx.create_database(&path("ghost/child"))));
        assert_eq!(world.read(&world.admin, |tx| tx.databases(&path(""))).len(), 2);
    });
}

#[test]
fn attack_113_and_119_a_failed_operation_changes_nothing_and_the_rest_commits() {
    check(|world| {
        world.write(&world.admin, |tx| {
            tx.create_with_id("notes", "n2", json!({"email": "a@b"}))?;
            assert!(tx.create_with_id("notes", "n2", json!({"owner": "eve"})).is_err());
            assert!(tx.create_with_id("notes", "n3", json!({"email": "a@b"})).is_err());
            assert!(tx.patch("notes", "n1", json!({"email": "a@b"})).is_err());
            assert!(tx.create_key(NewKey::new("editor")).is_err());
            assert!(tx.delete_database(&path("ghost")).is_err());
            tx.create_with_id("notes", "n4", json!({})).map(drop)
        });
        let ids = world.read(&world.admin, |tx| tx.query("notes").list_ids());
        assert_eq!(ids, ["n1", "n2", "n4"]);
        assert_eq!(world.read(&world.admin, ReadView::check).problems, Vec::<String>::new());
    });
}

#[test]
fn attack_120_a_transaction_that_panics_leaves_nothing_behind() {
    check(|world| {
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            world.write(&world.admin, |tx| -> portunus_auth::Result<()> {
                tx.create_with_id("notes", "n2", json!({}))?;
                panic!("on purpose")
            });
        }));
        assert!(result.is_err());
        assert!(!world.read(&world.admin, |tx| tx.exists("notes", "n2")));
        world.write(&world.admin, |tx| tx.create_with_id("notes", "n2", json!({})));
    });
}

#[test]
fn attack_066_a_store_begins_once_and_with_no_account_but_the_key_that_it_gives() {
    for _ in 0..10 {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("store");
        let options = portunus_auth::GateOptions::default();
        let begun = std::thread::scope(|scope| {
            let create = || portunus_auth::Gate::create(&file, &options);
            let both = [(); 2].map(|()| scope.spawn(create));
            both.map(|one| one.join().unwrap())
        });
        let mut given = begun.into_iter().filter_map(Result::ok);
        let (gate, admin) = given.next().unwrap();
        assert!(given.next().is_none(), "one of two wins");
        let view = gate.begin_read(&admin).unwrap();
        assert_eq!(view.keys().unwrap().len(), 1);
        assert!(view.roles().unwrap().is_empty() && view.collections().unwrap().is_empty());
        for (name, text) in [("admin", "admin"), ("root", ""), ("users", "password")] {
            let by = portunus_auth::By::id(name);
            let password = portunus_auth::Password::new(text).unwrap();
            not_found(gate.verify_password(&admin, name, &by, &password));
        }
    }
}
