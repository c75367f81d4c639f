//! The attacks on tokens, roles and what they can be made to give, under their numbers; and some that have none.

use crate::leaks::checksum;
use crate::world::{World, check, constraint, denied, invalid, not_found, path, scope};
use portunus_auth::{
    Action, Collection, Durability, Error, Expiry, Logout, NewKey, NewToken, PublicId, ReadView, Resource,
    Result, Role, Secret, Timestamp, WriteView,
};
use serde_json::json;

/// Ann's and Bob's store, in which they may do nothing yet.
fn settled(test: impl Fn(&World)) {
    check(|world| {
        world.settle("");
        test(world);
    });
}

fn define(world: &World, role: Role) {
    world.write(&world.admin, |tx| tx.define_role(role));
}

fn actions(role: Role, resource: Resource, actions: &[Action]) -> Role {
    actions.iter().fold(role, |role, action| role.allow_every(resource, *action))
}

/// All that is done with definitions of roles.
const KEEP: [Action; 4] = [Action::Read, Action::Create, Action::Write, Action::Delete];

fn unauthenticated<T: std::fmt::Debug>(result: Result<T>) {
    assert!(matches!(result, Err(Error::Unauthenticated)), "{result:?}");
}

#[test]
fn attack_048_a_token_s_proof_is_good_for_its_own_record_alone() {
    settled(|world| {
        let (ann, bob) = (world.token("", "ann").secret, world.token("", "bob").secret);
        let (_, key) = world.key("", "server");
        let forged = |prefix: &str, id: &Secret, random: &Secret| {
            let checked = format!("{prefix}{}{}", &id.expose()[3..14], &random.expose()[14..57]);
            Secret::new(format!("{checked}{}", checksum(&checked)))
        };
        assert_eq!(forged("pt_", &ann, &ann).expose(), ann.expose());
        for secret in [
            forged("pt_", &ann, &bob),
            forged("pt_", &key, &key),
            forged("pk_", &ann, &ann),
            forged("pr_", &ann, &ann),
            forged("pr_", &key, &key),
            forged("pt_", &ann, &key),
        ] {
            world.refuses(&secret);
        }
    });
}

#[test]
fn attack_050_and_051_deleted_and_expired_tokens_open_nothing() {
    settled(|world| {
        let token = world.token("", "ann");
        world.opens(&token.secret);
        world.write(&world.admin, |tx| tx.delete_token(token.id));
        world.refuses(&token.secret);
        for result in [
            world.try_write(&world.admin, |tx| tx.delete_token(token.id)),
            world.try_write(&world.admin, |tx| tx.set_token_expiry(token.id, None)),
            world.try_write(&world.admin, |tx| tx.retarget_token(token.id, "users", "bob")),
        ] {
            not_found(result);
        }
        let passing = NewToken::new("users", "ann").expires_at(world.later(5));
        let token = world.write(&world.admin, |tx| tx.create_token(&passing));
        let during = world.gate.begin_read(&token.secret).unwrap();
        let writer = world.gate.begin_write(&token.secret).unwrap();
        world.advance(5);
        world.refuses(&token.secret);
        unauthenticated(during.own_tokens());
        unauthenticated(writer.commit(Durability::Immediate));
        // Collected or not, and with the clock set back: what has ended for an open transaction has ended.
        world.clock.set(Timestamp(world.clock_now().0 - 3_000_000));
        unauthenticated(during.own_tokens());
    });
}

#[test]
fn attack_053_and_078_a_namesake_of_a_database_revives_no_token_and_no_role() {
    check(|world| {
        world.settle("acme");
        let inside = world.inside("acme");
        world.write(&inside, |tx| {
            tx.define_role(Role::new("author").member("users").allow("notes", Action::Read))?;
            tx.define_procedure("work", Some("author"))
        });
        let (token, acting) = (world.token("acme", "ann"), world.as_document("acme", "ann"));
        let (_, key) = world.key("acme", "author");
        let view = world.gate.begin_read(&token.secret).unwrap();
        world.write(&world.admin, |tx| {
            tx.delete_database(&path("acme"))?;
            tx.create_database(&path("acme"))
        });
        world.write(&inside, |tx| tx.define(Collection::new("notes")));
        world.settle("acme");
        world.refuses(&token.secret);
        world.refuses(&key);
        unauthenticated(view.own_tokens());
        assert!(world.read(&inside, ReadView::roles).is_empty());
        assert!(world.read(&inside, ReadView::procedures).is_empty());
        assert!(world.read(&inside, |tx| tx.tokens_of("users", "ann")).is_empty());
        assert!(world.read(&inside, |tx| tx.token(token.id)).is_none());
        // Whoever acts as a document acts as the one that is there now, with none of the old one's roles.
        assert!(world.read(&acting, |tx| Ok(tx.principal()?.roles().is_empty())));
        assert_eq!(world.read(&world.admin, ReadView::check).problems, Vec::<String>::new());
    });
}

#[test]
fn attack_054_and_077_a_deleted_parent_takes_its_children_s_tokens_with_it() {
    check(|world| {
        world.settle("acme/eu");
        let token = world.token("acme/eu", "ann");
        define_in(world, "acme/eu", Role::new("author").member("users").allow("notes", Action::Create));
        let mut writer = world.gate.begin_write(&token.secret).unwrap();
        writer.create("notes", json!({})).unwrap();
        world.write(&world.admin, |tx| tx.delete_database(&path("acme")));
        unauthenticated(writer.create("notes", json!({})));
        unauthenticated(writer.commit(Durability::Immediate));
        world.refuses(&token.secret);
        assert_eq!(world.read(&world.admin, ReadView::check).problems, Vec::<String>::new());
    });
}

fn define_in(world: &World, place: &str, role: Role) {
    world.write(&world.inside(place), |tx| tx.define_role(role));
}

// 56, of what there is without passwords: what ends the sessions of an identity ends all of them, whenever they were made.
#[test]
fn attack_056_a_session_does_not_outlive_the_end_of_all() {
    settled(|world| {
        let old = world.token("", "ann").secret;
        world.advance(1_000);
        let new = world.token("", "ann").secret;
        let open = world.gate.begin_read(&old).unwrap();
        world.write(&new, |tx| tx.logout(Logout::Everywhere));
        unauthenticated(open.own_tokens());
        world.refuses(&old);
        world.refuses(&new);
    });
}

#[test]
fn attack_075_a_token_works_in_its_database_wherever_that_is_moved() {
    check(|world| {
        world.settle("acme/eu");
        define_in(
            world,
            "acme/eu",
            Role::new("author").member("users").allow_every(Resource::Document, Action::Create),
        );
        let token = world.token("acme/eu", "ann").secret;
        let mut writer = world.gate.begin_write(&token).unwrap();
        let reader = world.gate.begin_read(&token).unwrap();
        writer.create("notes", json!({})).unwrap();
        world.write(&world.admin, |tx| {
            tx.move_database(&path("acme/eu"), &path("beta"))?;
            tx.rename_database(&path("beta/eu"), &"asia".parse()?)?;
            tx.create_database(&path("acme/eu"))
        });
        assert_eq!(reader.own_tokens().unwrap().len(), 1);
        assert!(
            matches!(writer.commit(Durability::Immediate), Err(Error::Conflict)),
            "it rested on where it was"
        );
        world.write(&token, |tx| tx.create("notes", json!({})));
        assert_eq!(world.read(&world.inside("beta/asia"), |tx| tx.query("notes").count()), 2);
        // What is above it now closes it, and what was above it no longer does.
        world.write(&world.admin, |tx| tx.disable_database(&path("acme")));
        world.opens(&token);
        world.write(&world.admin, |tx| tx.disable_database(&path("beta")));
        world.refuses(&token);
    });
}

#[test]
fn attack_080_a_right_that_one_does_not_hold_is_given_to_nobody() {
    settled(|world| {
        let keeper = actions(Role::new("keeper"), Resource::Role, &KEEP);
        let keeper = actions(keeper, Resource::Key, &[Action::Read, Action::Create, Action::Write]);
        define(world, keeper.allow("notes", Action::Read).allow_every(Resource::Collection, Action::Read));
        let (_, secret) = world.key("", "keeper");
        let attempt = |role: Role| world.try_write(&secret, |tx| tx.define_role(&role));
        attempt(Role::new("reader").allow("notes", Action::Read).member("users")).unwrap();
        attempt(Role::new("keeper2").allow_every(Resource::Role, Action::Write)).unwrap();
        attempt(Role::new("strict").deny_every(Resource::Document, Action::Write)).unwrap();
        for role in [
            Role::new("r").allow("notes", Action::Write),
            Role::new("r").allow("users", Action::Read),
            Role::new("r").allow_every(Resource::Document, Action::Read),
            Role::new("r").allow_every(Resource::Token, Action::Create),
            Role::new("r").allow_every(Resource::Key, Action::Delete),
            Role::new("r").allow_every(Resource::Procedure, Action::Call),
            // What it denies in the same breath it would grant all the same: the denial could be taken off again.
            Role::new("r").allow("notes", Action::Write).deny("notes", Action::Write),
        ] {
            denied(attempt(renamed(&role, "reader")));
            denied(attempt(role));
        }
        // Its own role least of all.
        let own = world.read(&world.admin, |tx| tx.role("keeper")).unwrap();
        denied(attempt(own.clone().allow("notes", Action::Write)));
        denied(attempt(own.clone().allow_every(Resource::Database, Action::Delete)));
        // To have less it may.
        attempt(own.deny("notes", Action::Read)).unwrap();
        assert!(world.read(&secret, |tx| tx.get("notes", "n1")).is_none());
        denied(attempt(Role::new("r").allow("notes", Action::Read)));
    });
}

/// The same role under another name.
fn renamed(role: &Role, name: &str) -> Role {
    let mut renamed = Role::new(name);
    for privilege in role.privileges() {
        renamed = match &privilege.on {
            portunus_auth::On::Collection(collection) => renamed.allow(collection, privilege.action),
            portunus_auth::On::Every(resource) => renamed.allow_every(*resource, privilege.action),
            portunus_auth::On::Procedure(procedure) => renamed.allow_call(procedure),
        };
    }
    renamed
}

#[test]
fn attack_080_a_denial_is_lifted_by_nobody_whom_it_holds_back() {
    settled(|world| {
        define(world, actions(Role::new("keeper").member("users"), Resource::Role, &KEEP));
        define(
            world,
            Role::new("writer").member("users").allow("notes", Action::Read).allow("notes", Action::Write),
        );
        let denial = || Role::new("denial").member("users").deny("notes", Action::Write);
        define(world, denial());
        let ann = world.token("", "ann").secret;
        let writes = || world.try_write(&ann, |tx| tx.patch("notes", "n1", json!({})));
        denied(writes());
        let attempts: [fn(&mut WriteView) -> Result<()>; 5] = [
            |tx| tx.define_role(Role::new("denial").member("users")),
            |tx| tx.define_role(Role::new("denial").deny("notes", Action::Write)),
            |tx| tx.define_role(Role::new("denial").member("users").deny("users", Action::Write)),
            |tx| tx.delete_role("denial"),
            |tx| {
                tx.rename_role("denial", "other")?;
                tx.delete_role("other")
            },
        ];
        for attempt in attempts {
            let outcome = world.try_write(&ann, attempt);
            assert!(matches!(outcome, Err(Error::Denied { .. } | Error::Constraint(_))), "{outcome:?}");
            denied(writes());
        }
        // Who is not held back may.
        world.write(&world.admin, |tx| tx.delete_role("denial"));
        writes().unwrap();
    });
}

#[test]
fn attack_080_a_key_is_made_for_no_database_below_by_whoever_is_strong_in_its_own_only() {
    settled(|world| {
        let reader = actions(Role::new("reader"), Resource::Document, &[Action::Read, Action::ListIds]);
        let reader = actions(reader, Resource::Collection, &[Action::Read, Action::ListIds]);
        let reader = actions(reader, Resource::Key, &[Action::Read, Action::Create, Action::Write]);
        define(world, reader.allow_every(Resource::Procedure, Action::Read));
        let (_, secret) = world.key("", "reader");
        let attempt = |key: NewKey| world.try_write(&secret, |tx| tx.create_key(&key));
        let own = attempt(NewKey::new("server-readonly")).unwrap();
        // All databases of its own it may read. Those below are others, and are not even there for it.
        for place in ["acme", "acme/eu", "ghost"] {
            denied(attempt(NewKey::new("server-readonly").at(path(place))));
            denied(attempt(NewKey::new("none").at(path(place))));
        }
        // Nor does it give a key of an administrator, for a database below, to somebody else.
        let (below, _) = world.key("acme", "none");
        denied(world.try_write(&secret, |tx| tx.set_key_role(below, "server-readonly")));
        denied(world.try_write(&secret, |tx| tx.set_key_role(own.id, "server")));
        world.write(&secret, |tx| tx.set_key_role(own.id, "none"));
    });
}

#[test]
fn attack_080_a_key_that_ended_is_revived_by_nobody_weaker() {
    settled(|world| {
        let keeper = actions(Role::new("keeper"), Resource::Key, &[Action::Read, Action::Write]);
        define(world, keeper.allow("notes", Action::Read));
        let (_, secret) = world.key("", "keeper");
        let passing = |role: &str| {
            let key = NewKey::new(role).expires_at(Timestamp(world.clock_now().0 + 5_000_000));
            world.write(&world.admin, |tx| tx.create_key(&key))
        };
        let (strong, weak) = (passing("server"), passing("none"));
        let later = Some(Timestamp(world.clock_now().0 + 9_000_000));
        world.advance(5);
        for at in [later, None] {
            denied(world.try_write(&secret, |tx| tx.set_key_expiry(strong.id, at)));
            world.refuses(&strong.secret);
        }
        world.write(&secret, |tx| tx.set_key_expiry(weak.id, later));
        world.opens(&weak.secret);
        // To end one sooner takes no more than the right to change keys.
        let (id, server) = world.key("", "server");
        world.write(&secret, |tx| tx.set_key_expiry(id, Some(tx.now())));
        world.refuses(&server);
    });
}

#[test]
fn attack_080_no_role_has_a_name_like_a_built_in_one() {
    settled(|world| {
        for name in [
            "admin",
            "Admin",
            "ADMIN",
            "server",
            "Server",
            "server-readonly",
            "server_readonly",
            "Server_ReadOnly",
            "none",
            "None",
        ] {
            invalid(world.try_write(&world.admin, |tx| tx.define_role(Role::new(name))));
            world.refuses(&world.admin.scoped(&scope("#Admin")));
        }
        // Those of others are no obstacle.
        for name in ["admins", "administrator", "server-2", "nones"] {
            define(world, Role::new(name));
        }
    });
}

#[test]
fn what_is_defined_is_told_to_nobody_who_may_not_see_it() {
    settled(|world| {
        define(world, Role::new("hidden").allow("notes", Action::Read));
        world.write(&world.admin, |tx| tx.define_procedure("hidden", None));
        type Attempt = fn(&mut WriteView, &str) -> Result<()>;
        let attempts: [Attempt; 9] = [
            |tx, name| tx.define_role(Role::new(name)),
            |tx, name| tx.rename_role(name, "other"),
            |tx, name| tx.delete_role(name),
            |tx, name| tx.define_procedure(name, None),
            |tx, name| tx.delete_procedure(name),
            |tx, name| tx.define(Collection::new(name)),
            |tx, name| tx.create_key(NewKey::new(name)).map(drop),
            |tx, name| tx.create_database(&path(name)).map(drop),
            |tx, name| tx.create_token(NewToken::new(name, "n1")).map(drop),
        ];
        world.write(&world.admin, |tx| {
            tx.define(Collection::new("hidden"))?;
            tx.create_with_id("hidden", "n1", json!({}))?;
            tx.create_database(&path("hidden"))
        });
        for secret in [world.key("", "none").1, world.token("", "ann").secret, world.as_document("", "bob")] {
            for attempt in attempts {
                let told = |name: &str| {
                    format!("{:?}", world.try_write(&secret, |tx| attempt(tx, name)).unwrap_err())
                };
                assert_eq!(told("hidden"), told("missing"));
            }
        }
        // Whoever may create but not see is not told what is there, nor changes it.
        let blind = [Resource::Role, Resource::Procedure, Resource::Collection, Resource::Database];
        let blind =
            blind.into_iter().fold(Role::new("blind"), |role, kind| role.allow_every(kind, Action::Create));
        define(world, blind);
        let (_, secret) = world.key("", "blind");
        let before = world.read(&world.admin, |tx| Ok((tx.roles()?, tx.procedures()?, tx.collections()?)));
        denied(world.try_write(&secret, |tx| tx.define_role(Role::new("hidden"))));
        denied(world.try_write(&secret, |tx| tx.define_procedure("hidden", Some("none"))));
        denied(world.try_write(&secret, |tx| tx.define(Collection::new("hidden").index(["x"]))));
        denied(world.try_write(&secret, |tx| tx.create_database(&path("hidden"))));
        not_found(world.try_write(&secret, |tx| tx.create_database(&path("hidden/child"))));
        not_found(world.try_write(&secret, |tx| tx.create_database(&path("missing/child"))));
        assert_eq!(
            world.read(&world.admin, |tx| Ok((tx.roles()?, tx.procedures()?, tx.collections()?))),
            before
        );
        world.write(&secret, |tx| {
            tx.define_role(Role::new("new"))?;
            tx.define(Collection::new("new"))?;
            tx.create_database(&path("new"))
        });
    });
}

#[test]
fn a_role_is_no_way_to_ask_what_there_is() {
    settled(|world| {
        define(world, actions(Role::new("keeper"), Resource::Role, &KEEP));
        world.write(&world.admin, |tx| tx.define_procedure("hidden", None));
        let (_, secret) = world.key("", "keeper");
        let told =
            |role: Role| format!("{:?}", world.try_write(&secret, |tx| tx.define_role(role)).unwrap_err());
        let of = |name: &str| {
            [
                told(Role::new("r").allow(name, Action::Read)),
                told(Role::new("r").deny(name, Action::Read)),
                told(Role::new("r").member(name)),
            ]
        };
        assert_eq!(of("notes"), of("ghosts"));
        let call = |name: &str| [told(Role::new("r").allow_call(name)), told(Role::new("r").deny_call(name))];
        assert_eq!(call("hidden"), call("ghost"));
        // The store as a whole is looked at by nobody but its administrators.
        define(world, actions(Role::new("surveyor"), Resource::Database, &KEEP));
        denied(world.gate.begin_read(&world.key("", "surveyor").1).unwrap().check());
    });
}

#[test]
fn what_is_past_a_limit_is_refused_and_changes_nothing() {
    settled(|world| {
        let limit = |role: Role| {
            let refused = world.try_write(&world.admin, |tx| tx.define_role(&role)).unwrap_err();
            assert!(matches!(refused, Error::Limit { .. }), "{refused:?}");
        };
        let granted =
            |count: usize| (0..count).fold(Role::new("wide"), |role, _| role.allow("notes", Action::Read));
        world.write(&world.admin, |tx| tx.define_role(granted(1_000)));
        limit(granted(1_001));
        limit((0..501).fold(granted(500), |role, _| role.deny("notes", Action::Read)));
        limit((0..65).fold(Role::new("wide"), |role, _| role.member("users")));
        limit(Role::new("n".repeat(65)));
        assert_eq!(
            world.read(&world.admin, |tx| tx.role("wide")).unwrap().privileges().len(),
            1,
            "each counts once"
        );
        // Names of any length are looked for, and found nowhere.
        let long = "x".repeat(1 << 20);
        constraint(
            world.try_write(&world.admin, |tx| tx.define_role(Role::new("r").allow(&long, Action::Read))),
        );
        constraint(world.try_write(&world.admin, |tx| tx.define_role(Role::new("r").allow_call(&long))));
        not_found(world.try_write(&world.admin, |tx| tx.delete_role(&long)));
        not_found(world.try_write(&world.admin, |tx| tx.delete_procedure(&long)));
        not_found(world.try_write(&world.admin, |tx| tx.create_token(NewToken::new(&long, &long))));
        not_found(world.try_write(&world.admin, |tx| tx.create_token(NewToken::new("users", &long))));
    });
}

#[test]
fn a_database_has_a_thousand_roles_and_a_thousand_procedures_and_no_more() {
    let world = World::new(64);
    world.write(&world.admin, |tx| {
        for number in 0..1_000 {
            tx.define_role(Role::new(format!("r{number}")))?;
            tx.define_procedure(&format!("p{number}"), None)?;
        }
        Ok(())
    });
    let too_many =
        |result: Result<()>| assert!(matches!(result, Err(Error::Limit { max: 1_000, .. })), "{result:?}");
    too_many(world.try_write(&world.admin, |tx| tx.define_role(Role::new("one-more"))));
    too_many(world.try_write(&world.admin, |tx| tx.define_procedure("one_more", None)));
    world.write(&world.admin, |tx| {
        tx.define_role(Role::new("r7").allow("notes", Action::Read))?;
        tx.define_procedure("p7", Some("r7"))?;
        tx.delete_role("r8")?;
        tx.define_role(Role::new("one-more"))?;
        tx.delete_procedure("p8")?;
        tx.define_procedure("one_more", None)
    });
    assert_eq!(world.read(&world.admin, ReadView::roles).len(), 1_000);
    assert_eq!(world.read(&world.admin, ReadView::procedures).len(), 1_000);
    // Those of another database have nothing to do with them.
    world.write(&world.inside("acme"), |tx| tx.define_role(Role::new("one-more")));
}

#[test]
fn tenants_that_define_roles_at_the_same_time_do_not_meet() {
    check(|world| {
        let mut one = world.gate.begin_write(&world.inside("acme")).unwrap();
        let mut other = world.gate.begin_write(&world.inside("beta")).unwrap();
        one.define_role(Role::new("author").allow("notes", Action::Read)).unwrap();
        other.define_role(Role::new("author").allow("notes", Action::Write)).unwrap();
        one.commit(Durability::Immediate).unwrap();
        other.commit(Durability::Immediate).unwrap();
        // The roles of both have the same number, and nothing else in common.
        let place = |place: &str| world.key(place, "author").1;
        assert!(world.read(&place("acme"), |tx| tx.exists("notes", "n1")));
        assert!(!world.read(&place("beta"), |tx| tx.exists("notes", "n1")));
        constraint(world.try_write(&world.admin, |tx| tx.create_key(NewKey::new("author"))));
    });
}

#[test]
fn a_stale_membership_opens_nothing_more() {
    settled(|world| {
        let ann = world.token("", "ann").secret;
        let sees = || world.read(&ann, |tx| tx.exists("notes", "n1"));
        for _ in 0..3 {
            define(world, Role::new("reader").member("users").allow("notes", Action::Read));
            assert!(sees());
            define(world, Role::new("reader").allow("notes", Action::Read));
            assert!(!sees());
            define(world, Role::new("reader").member("users").allow("notes", Action::Read));
            assert!(sees());
            world.write(&world.admin, |tx| tx.delete_role("reader"));
            assert!(!sees());
        }
    });
}

#[test]
fn an_identity_that_expires_while_its_token_is_made_is_nobody() {
    settled(|world| {
        let soon = Expiry::At(Timestamp(world.clock_now().0 + 1_000_000));
        world.write(&world.admin, |tx| tx.change("users", "ann").expires(soon).patch(json!({})));
        let mut view = world.gate.begin_write(&world.admin).unwrap();
        world.advance(1);
        // The transaction is of before; its token opens nothing all the same.
        let made = view.create_token(NewToken::new("users", "ann")).unwrap();
        view.commit(Durability::Immediate).unwrap();
        world.refuses(&made.secret);
        not_found(world.try_write(&world.admin, |tx| tx.create_token(NewToken::new("users", "ann"))));
        world.gate.sweep(10).unwrap();
        assert_eq!(world.read(&world.admin, ReadView::check).problems, Vec::<String>::new());
    });
}

#[test]
fn ids_of_other_secrets_are_no_ids_of_tokens() {
    settled(|world| {
        let (key, _) = world.key("", "server");
        let token = world.token("", "ann").id;
        let zero: PublicId = "00000000000".parse().unwrap();
        for id in [key, zero] {
            assert!(world.read(&world.admin, |tx| tx.token(id)).is_none());
            not_found(world.try_write(&world.admin, |tx| tx.delete_token(id)));
        }
        assert!(world.read(&world.admin, |tx| tx.key(token)).is_none());
        not_found(world.try_write(&world.admin, |tx| tx.delete_key(token)));
    });
}
