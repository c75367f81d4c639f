//! Rules on keys, tokens, roles and all else that is no document: each thing is looked at, and what is not to be seen is not
//! there, by whatever way it is asked for.

use crate::people::{RIGHT, password};
use crate::world::{World, check, constraint, denied, invalid, not_found, path};
use portunus_auth::{
    Action, Algorithm, AuditQuery, AuditSettings, By, Collection, Error, Login, Logout, NamedPredicate,
    NewKey, NewToken, On, Privilege, Provider, ReadView, Resource, Role, Secret, Sessions,
};
use serde_json::json;
use std::time::Duration;

const KEYS: &str =
    r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// A key in a database, whose holder has just this role.
fn holder(world: &World, place: &str, role: Role) -> Secret {
    world.write(&world.inside(place), |tx| tx.define_role(&role));
    world.key(place, role.name()).1
}

/// The role of somebody who does all of these to the things of a kind of which a rule is true.
fn over(resource: Resource, rules: &[(Action, &str)]) -> Role {
    let role = Role::new("keeper");
    rules.iter().fold(role, |role, (action, rule)| role.allow_every_when(resource, *action, *rule))
}

fn settled(test: impl Fn(&World)) {
    check(|world| {
        world.settle("");
        test(world);
    });
}

#[test]
fn acceptance_010_a_right_to_make_some_keys_can_be_given_away() {
    settled(|world| {
        let short = "has(new.expires_at) && new.expires_at - new.created_at <= duration('1h')";
        let create = format!("new.role == 'reader' && new.path == '' && {short}");
        let keeper = over(
            Resource::Key,
            &[
                (Action::Create, &create),
                (Action::Read, "doc.role == 'reader'"),
                (Action::Write, &format!("old.role == new.role && {short}")),
                (Action::Delete, "doc.name == 'mine'"),
            ],
        );
        world.write(&world.admin, |tx| tx.define_role(Role::new("reader").allow("notes", Action::Read)));
        let secret = holder(world, "", keeper.allow("notes", Action::Read));
        let soon = world.later(3_600);
        let good = NewKey::new("reader").expires_at(soon).named("mine");
        let made = world.write(&secret, |tx| tx.create_key(&good));
        for bad in [
            NewKey::new("reader"),
            NewKey::new("reader").expires_at(world.later(3_601)),
            NewKey::new("none").expires_at(soon),
            good.clone().at(path("acme")),
            good.clone().at(path("nowhere")),
        ] {
            denied(world.try_write(&secret, |tx| tx.create_key(bad)));
        }
        // Nor is anything told of names that are none.
        denied(world.try_write(&secret, |tx| tx.create_key(NewKey::new("ghost").expires_at(soon))));

        let other = world.key("", "reader").0;
        let ids = world.read(&secret, ReadView::keys).iter().map(|key| key.id).collect::<Vec<_>>();
        assert_eq!((ids.len(), ids.contains(&made.id), ids.contains(&other)), (2, true, true));
        let strong = world.key("", "server").0;
        assert!(world.read(&secret, |tx| tx.key(strong)).is_none());
        not_found(world.try_write(&secret, |tx| tx.delete_key(strong)));
        not_found(world.try_write(&secret, |tx| tx.set_key_role(strong, "reader")));
        not_found(world.try_write(&secret, |tx| tx.set_key_expiry(strong, Some(soon))));
        denied(world.try_write(&secret, |tx| tx.delete_key(other)));
        denied(world.try_write(&secret, |tx| tx.set_key_role(made.id, "none")));
        denied(world.try_write(&secret, |tx| tx.set_key_expiry(made.id, None)));
        world.write(&secret, |tx| tx.set_key_expiry(made.id, Some(world.later(60))));
        world.write(&secret, |tx| tx.delete_key(made.id));
    });
}

#[test]
fn nobody_hands_on_what_it_does_not_hold_whatever_the_rule_says() {
    settled(|world| {
        let keeper =
            over(Resource::Key, &[(Action::Create, "true"), (Action::Read, "true"), (Action::Write, "true")]);
        let secret = holder(world, "", keeper);
        for stronger in ["admin", "server", "server-readonly"] {
            denied(world.try_write(&secret, |tx| tx.create_key(NewKey::new(stronger))));
        }
        // A role that it may not see, and does not hold, is as one that is not there.
        world.write(&world.admin, |tx| tx.define_role(Role::new("reader").allow("notes", Action::Read)));
        let strong = world.try_write(&secret, |tx| tx.create_key(NewKey::new("reader")));
        let missing = world.try_write(&secret, |tx| tx.create_key(NewKey::new("ghost")));
        assert_eq!(strong.unwrap_err().to_string(), missing.unwrap_err().to_string());
        // Those that it sees by a rule, it is told of.
        let keeper = over(Resource::Key, &[(Action::Create, "true")]);
        let keeper = keeper.allow_every_when(Resource::Role, Action::Read, "doc.name.startsWith('read')");
        world.write(&world.admin, |tx| {
            tx.define_role(keeper)?;
            tx.define_role(Role::new("writer").allow("notes", Action::Write))
        });
        denied(world.try_write(&secret, |tx| tx.create_key(NewKey::new("reader"))));
        constraint(world.try_write(&secret, |tx| tx.create_key(NewKey::new("writer"))));
        // A key for a database below takes an administrator still.
        denied(world.try_write(&secret, |tx| tx.create_key(NewKey::new("none").at(path("acme")))));
    });
}

#[test]
fn acceptance_034_tokens_are_made_for_those_of_whom_the_rule_is_true() {
    settled(|world| {
        let keeper = over(
            Resource::Token,
            &[
                (Action::Create, "new.collection == 'users' && new.document != 'bob' && !new.is_refresh"),
                (Action::Read, "doc.document != 'bob'"),
                (Action::Write, "new.document == old.document"),
                (Action::Delete, "has(doc.data.device)"),
            ],
        );
        let secret = holder(world, "", keeper);
        world.write(&world.admin, |tx| tx.create_with_id("users", "eve", json!({})));
        let made = world.write(&secret, |tx| tx.create_token(NewToken::new("users", "ann")));
        world.opens(&made.secret);
        denied(world.try_write(&secret, |tx| tx.create_token(NewToken::new("users", "bob"))));
        // Permission comes before it is looked for anybody.
        denied(world.try_write(&secret, |tx| tx.create_token(NewToken::new("notes", "n1"))));
        denied(world.try_write(&secret, |tx| tx.create_token(NewToken::new("ghosts", "n1"))));
        not_found(world.try_write(&secret, |tx| tx.create_token(NewToken::new("users", "ghost"))));

        let hidden = world.token("", "bob");
        assert!(world.read(&secret, |tx| tx.token(hidden.id)).is_none());
        assert!(world.read(&secret, |tx| tx.tokens_of("users", "bob")).is_empty());
        assert_eq!(world.read(&secret, |tx| tx.tokens_of("users", "ann")).len(), 1);
        not_found(world.try_write(&secret, |tx| tx.delete_token(hidden.id)));
        not_found(world.try_write(&secret, |tx| tx.retarget_token(hidden.id, "users", "ann")));
        not_found(world.try_write(&secret, |tx| tx.set_token_expiry(hidden.id, None)));
        denied(world.try_write(&secret, |tx| tx.delete_token(made.id)));
        denied(world.try_write(&secret, |tx| tx.retarget_token(made.id, "users", "eve")));
        denied(world.try_write(&secret, |tx| tx.retarget_token(made.id, "ghosts", "eve")));
        world.write(&secret, |tx| tx.set_token_expiry(made.id, Some(world.later(60))));
        let phone = NewToken::new("users", "ann").data(json!({"device": "phone"})).unwrap();
        let phone = world.write(&secret, |tx| tx.create_token(phone)).id;
        world.write(&secret, |tx| tx.delete_token(phone));
        // What is one's own is, whatever the rules say.
        let mine = world.read(&hidden.secret, |tx| tx.token(hidden.id));
        assert_eq!(mine.unwrap().id, hidden.id);
        assert_eq!(world.write(&hidden.secret, |tx| tx.logout(Logout::Here)), 1);
    });
}

#[test]
fn acceptance_044_what_is_shown_of_a_token_by_a_rule_is_no_secret() {
    settled(|world| {
        let reader = over(Resource::Token, &[(Action::Read, "doc.collection == 'users' && id(doc) != ''")]);
        let secret = holder(world, "", reader);
        let made = world.token("", "ann");
        let shown = format!("{:?}", world.read(&secret, |tx| tx.tokens_of("users", "ann")));
        assert!(shown.contains(&made.id.to_string()) && !shown.contains(made.secret.expose()));
        // No rule finds what is not shown.
        for hidden in ["mac", "tag", "secret", "hash", "family"] {
            let guess = over(Resource::Token, &[(Action::Read, &format!("has(doc.{hidden})"))]);
            world.write(&world.admin, |tx| tx.define_role(guess));
            assert!(world.read(&secret, |tx| tx.tokens_of("users", "ann")).is_empty(), "{hidden}");
        }
        for hidden in ["mac", "tag", "secret", "hash", "owner", "target"] {
            let guess = over(Resource::Key, &[(Action::Read, &format!("has(doc.{hidden})"))]);
            world.write(&world.admin, |tx| tx.define_role(guess));
            assert!(world.read(&secret, ReadView::keys).is_empty(), "{hidden}");
        }
    });
}

/// Ann, Bob and Eve, of whom the first two have a password.
fn with_passwords(test: impl Fn(&World)) {
    settled(|world| {
        let hash = world.gate.hash_password(&password(RIGHT)).unwrap();
        world.write(&world.admin, |tx| {
            tx.create_with_id("users", "eve", json!({}))?;
            for name in ["ann", "bob"] {
                tx.set_credential("users", name, &hash, Sessions::End)?;
            }
            Ok(())
        });
        test(world);
    });
}

#[test]
fn acceptance_059_passwords_are_changed_by_those_of_whom_the_rule_is_true() {
    with_passwords(|world| {
        let keeper = over(
            Resource::Credential,
            &[
                (Action::Create, "new.document == 'eve'"),
                (Action::Read, "doc.document == 'ann'"),
                (Action::Write, "old.document == 'ann' && (new.disabled || !old.disabled)"),
                (Action::Delete, "doc.disabled"),
            ],
        );
        let secret = holder(world, "", keeper);
        let hash = world.gate.hash_password(&password(RIGHT)).unwrap();
        let set =
            |id: &str| world.try_write(&secret, |tx| tx.set_credential("users", id, &hash, Sessions::Keep));
        set("ann").unwrap();
        set("eve").unwrap();
        // One that is hidden, one that is not there, and one that cannot be: all the same.
        let told = ["bob", "ghost", "eve"].map(|id| set(id).unwrap_err().to_string());
        assert_eq!(told, ["denied: create on credential"; 3]);
        denied(world.try_write(&secret, |tx| tx.set_credential("ghosts", "x", &hash, Sessions::Keep)));

        assert!(world.read(&secret, |tx| tx.credential("users", "ann")).is_some());
        assert!(world.read(&secret, |tx| tx.credential("users", "bob")).is_none());
        not_found(world.try_write(&secret, |tx| tx.disable_credential("users", "bob", Sessions::Keep)));
        not_found(world.try_write(&secret, |tx| tx.delete_credential("users", "bob", Sessions::Keep)));
        denied(world.try_write(&secret, |tx| tx.delete_credential("users", "ann", Sessions::Keep)));
        world.write(&secret, |tx| tx.disable_credential("users", "ann", Sessions::Keep));
        denied(world.try_write(&secret, |tx| tx.enable_credential("users", "ann")));
        world.write(&secret, |tx| tx.delete_credential("users", "ann", Sessions::Keep));
    });
}

#[test]
fn a_password_that_may_not_be_seen_is_none_to_whoever_tries_it() {
    with_passwords(|world| {
        let door = over(Resource::Credential, &[(Action::Read, "doc.document != 'bob'")]);
        let door = door.allow_every_when(Resource::Token, Action::Create, "!new.is_refresh");
        let secret = holder(world, "", door);
        let right = password(RIGHT);
        let login = |id: &str| Login::new("users", By::id(id), &right);
        let verify = |id: &str| world.gate.verify_password(&secret, "users", &By::id(id), &right).unwrap();
        assert!(verify("ann"));
        world.opens(&world.gate.login(&secret, login("ann")).unwrap().secret);
        // After the same work as for somebody who is not there.
        let hashes = world.gate.hashes();
        for (nobody, id) in ["bob", "ghost", "eve"].into_iter().enumerate() {
            assert!(!verify(id));
            let told = world.gate.login(&secret, login(id));
            assert!(matches!(told, Err(Error::WrongCredentials)), "{told:?}");
            assert_eq!(world.gate.hashes(), hashes + 2 * (u64::try_from(nobody).unwrap() + 1));
        }
        let terms = portunus_auth::RefreshTerms::default();
        denied(world.gate.login(&secret, login("ann").refresh(terms)));
        // Nor does anybody log in who may make no token for the document.
        let door = over(Resource::Credential, &[(Action::Read, "true")]);
        let door = door.allow_every_when(Resource::Token, Action::Create, "new.document == 'bob'");
        world.write(&world.admin, |tx| tx.define_role(door));
        world.opens(&world.gate.login(&secret, login("bob")).unwrap().secret);
        denied(world.gate.login(&secret, login("ann")));
    });
}

#[test]
fn acceptance_121_roles_are_managed_by_their_names() {
    settled(|world| {
        let keeper = over(
            Resource::Role,
            &[
                (Action::Read, "doc.name.startsWith('app-')"),
                (Action::Create, "new.name.startsWith('app-') && !new.inherit"),
                (Action::Write, "new.name.startsWith('app-')"),
                (Action::Delete, "doc.name == 'app-old'"),
            ],
        );
        let secret = holder(world, "", keeper.allow("notes", Action::Read));
        let reads = |name: &str| Role::new(name).allow("notes", Action::Read);
        world.write(&world.admin, |tx| tx.define_role(reads("secret")));
        world.write(&secret, |tx| tx.define_role(reads("app-one")));
        world.write(&secret, |tx| tx.define_role(Role::new("app-one")));
        let names = |secret: &Secret| -> Vec<String> {
            world.read(secret, ReadView::roles).iter().map(|role| role.name().to_owned()).collect()
        };
        assert_eq!(names(&secret), ["app-one"]);
        assert!(world.read(&secret, |tx| tx.role("secret")).is_none());
        assert!(world.read(&secret, |tx| tx.role("app-one")).is_some());
        // What is hidden is in the way as what may not be made is.
        let there = world.try_write(&secret, |tx| tx.define_role(Role::new("secret"))).unwrap_err();
        let nowhere = world.try_write(&secret, |tx| tx.define_role(Role::new("ghost"))).unwrap_err();
        assert_eq!(there.to_string(), nowhere.to_string());
        denied(world.try_write(&secret, |tx| tx.define_role(Role::new("app-two").inherit())));
        not_found(world.try_write(&secret, |tx| tx.rename_role("secret", "app-two")));
        not_found(world.try_write(&secret, |tx| tx.delete_role("secret")));
        denied(world.try_write(&secret, |tx| tx.rename_role("app-one", "secret")));
        denied(world.try_write(&secret, |tx| tx.rename_role("app-one", "ghost")));
        denied(world.try_write(&secret, |tx| tx.delete_role("app-one")));
        world.write(&secret, |tx| tx.rename_role("app-one", "app-old"));
        world.write(&secret, |tx| tx.delete_role("app-old"));
        // More than it holds it grants by no name.
        denied(
            world.try_write(&secret, |tx| tx.define_role(Role::new("app-x").allow("notes", Action::Write))),
        );
        assert!(world.read(&secret, ReadView::predicates).is_empty());
    });
}

#[test]
fn a_name_that_is_taken_by_what_may_not_be_seen_is_denied() {
    settled(|world| {
        let keeper = Role::new("keeper");
        let kinds = [Resource::Role, Resource::Collection, Resource::Database];
        let keeper = kinds.into_iter().fold(keeper, |role, kind| {
            role.allow_every_when(kind, Action::Read, "id(doc) != 'hidden'")
                .allow_every(kind, Action::Create)
                .allow_every(kind, Action::Write)
        });
        world.write(&world.admin, |tx| {
            for name in ["hidden", "seen", "own"] {
                tx.define_role(Role::new(name))?;
                tx.define(Collection::new(name))?;
                tx.create_database(&path(name))?;
            }
            Ok(())
        });
        let secret = holder(world, "", keeper);
        type Change = fn(&mut portunus_auth::WriteView, &str) -> portunus_auth::Result<()>;
        let changes: [Change; 7] = [
            |tx, to| tx.rename_role("own", to),
            |tx, to| tx.rename_collection("own", to),
            |tx, to| tx.rename_database(&path("own"), &to.parse()?),
            |tx, to| {
                let below = path(&format!("own/{to}"));
                tx.create_database(&below)?;
                tx.move_database(&below, &path(""))
            },
            |tx, to| tx.create_database(&path(to)).map(drop),
            |tx, to| tx.define_role(Role::new(to)).and_then(|()| Err(Error::AlreadyExists("role"))),
            |tx, to| tx.define(Collection::new(to)).and_then(|()| Err(Error::AlreadyExists("collection"))),
        ];
        for change in changes {
            let told = world.try_write(&secret, |tx| change(tx, "seen"));
            assert!(matches!(told, Err(Error::AlreadyExists(_))), "{told:?}");
            denied(world.try_write(&secret, |tx| change(tx, "hidden")));
        }
    });
}

#[test]
fn acceptance_121_collections_are_managed_by_their_names() {
    settled(|world| {
        let keeper = over(
            Resource::Collection,
            &[
                (Action::Read, "doc.name.startsWith('app_') || 'owner' in doc.indexes"),
                (Action::Create, "new.name.startsWith('app_') && new.closed"),
                (Action::Write, "old.name.startsWith('app_') && new.name.startsWith('app_')"),
                (Action::Delete, "size(doc.fields) == 0"),
            ],
        );
        let secret = holder(world, "", keeper);
        world.write(&secret, |tx| tx.define(Collection::new("app_one").closed()));
        denied(world.try_write(&secret, |tx| tx.define(Collection::new("app_two"))));
        let names = world.read(&secret, ReadView::collections);
        assert_eq!(names.iter().map(Collection::name).collect::<Vec<_>>(), ["app_one", "notes"]);
        assert!(world.read(&secret, |tx| tx.collection("users")).is_none());
        for name in ["users", "ghosts"] {
            not_found(world.try_write(&secret, |tx| tx.drop_collection(name)));
            not_found(world.try_write(&secret, |tx| tx.rename_collection(name, "app_x")));
            not_found(world.try_write(&secret, |tx| tx.build_indexes(name)));
            not_found(world.try_write(&secret, |tx| tx.unbuilt_indexes(name)));
            denied(world.try_write(&secret, |tx| tx.define(Collection::new(name).closed())));
        }
        denied(world.try_write(&secret, |tx| tx.define(Collection::new("notes"))));
        denied(world.try_write(&secret, |tx| tx.rename_collection("app_one", "other")));
        world
            .write(&secret, |tx| tx.define(Collection::new("app_one").closed().ttl(Duration::from_secs(60))));
        world.write(&secret, |tx| tx.build_indexes("app_one"));
        world.write(&secret, |tx| tx.rename_collection("app_one", "app_two"));
        world.write(&secret, |tx| tx.drop_collection("app_two"));
        // To its documents it has no right by that.
        assert!(world.read(&secret, |tx| tx.get("notes", "n1")).is_none());
    });
}

#[test]
fn acceptance_121_databases_are_managed_by_their_paths() {
    check(|world| {
        let keeper = over(
            Resource::Database,
            &[
                (Action::Read, "doc.path.startsWith('acme')"),
                (Action::Create, "new.path.startsWith('acme/') && !new.disabled"),
                (
                    Action::Write,
                    "old.path.startsWith('acme/') && new.path.startsWith('acme/') && !new.protected",
                ),
                (Action::Delete, "doc.name != 'eu'"),
            ],
        );
        let secret = holder(world, "", keeper);
        let seen = |parent: &str| -> Vec<String> {
            let found = world.read(&secret, |tx| tx.databases(&path(parent)));
            found.iter().map(|found| found.path.to_string()).collect()
        };
        assert_eq!((seen(""), seen("acme")), (vec!["acme".to_owned()], vec!["acme/eu".to_owned()]));
        world.write(&world.admin, |tx| tx.create_database(&path("beta/hidden")));
        for parent in ["beta", "ghost"] {
            not_found(world.gate.begin_read(&secret).unwrap().databases(&path(parent)));
            not_found(world.gate.begin_read(&secret).unwrap().disabled_databases(&path(parent)));
            assert!(world.read(&secret, |tx| tx.database_at(&path(parent))).is_none());
            denied(world.try_write(&secret, |tx| tx.create_database(&path(&format!("{parent}/x")))));
            not_found(world.try_write(&secret, |tx| tx.rename_database(&path(parent), &"x".parse()?)));
            not_found(world.try_write(&secret, |tx| tx.move_database(&path(parent), &path("acme"))));
            not_found(world.try_write(&secret, |tx| tx.disable_database(&path(parent))));
            not_found(world.try_write(&secret, |tx| tx.delete_database(&path(parent))));
            denied(world.try_write(&secret, |tx| tx.move_database(&path("acme/eu"), &path(parent))));
        }
        world.write(&secret, |tx| tx.create_database(&path("acme/us")));
        world.write(&secret, |tx| tx.disable_database(&path("acme/us")));
        assert_eq!(world.read(&secret, |tx| tx.disabled_databases(&path("acme"))).len(), 1);
        world.write(&secret, |tx| tx.enable_database(&path("acme/us")));
        denied(world.try_write(&secret, |tx| tx.protect_database(&path("acme/us"), true)));
        denied(world.try_write(&secret, |tx| tx.disable_database(&path("acme"))));
        not_found(world.try_write(&secret, |tx| tx.protect_database(&path(""), true)));
        denied(world.try_write(&secret, |tx| tx.delete_database(&path("acme/eu"))));
        // Nor is it deleted together with the one that it lies in.
        denied(world.try_write(&secret, |tx| tx.delete_database(&path("acme"))));
        world.write(&secret, |tx| tx.move_database(&path("acme/eu"), &path("acme/us")));
        denied(world.try_write(&secret, |tx| tx.delete_database(&path("acme/us"))));
        world.write(&world.admin, |tx| tx.delete_database(&path("acme/us/eu")));
        world.write(&secret, |tx| tx.delete_database(&path("acme/us")));
        assert!(world.read(&world.admin, |tx| tx.database_at(&path("acme/us"))).is_none());
    });
}

#[test]
fn acceptance_121_procedures_and_providers_are_managed_by_their_names() {
    check(|world| {
        let keeper = over(
            Resource::Procedure,
            &[
                (Action::Read, "doc.name.startsWith('app_')"),
                (Action::Create, "new.name.startsWith('app_') && !has(new.role)"),
                (Action::Write, "new.role == 'none'"),
                (Action::Delete, "has(doc.role)"),
            ],
        );
        let keeper = keeper
            .allow_every_when(Resource::AccessProvider, Action::Read, "doc.issuer.startsWith('https://app')")
            .allow_every_when(
                Resource::AccessProvider,
                Action::Create,
                "new.name == 'app' && size(new.roles) == 0",
            )
            .allow_every_when(Resource::AccessProvider, Action::Write, "new.name == old.name")
            .allow_every_when(Resource::AccessProvider, Action::Delete, "has(doc.not_before)");
        let secret = holder(world, "acme", keeper);
        let admin = world.inside("acme");
        let provider =
            |name: &str, issuer: &str| Provider::new(name, issuer).jwks(KEYS).algorithm(Algorithm::EdDsa);
        world.write(&admin, |tx| {
            tx.define_procedure("hidden", None)?;
            tx.define_provider(provider("hidden", "https://issuer.example"))
        });
        world.write(&secret, |tx| tx.define_procedure("app_one", None));
        denied(world.try_write(&secret, |tx| tx.define_procedure("app_two", Some("none"))));
        assert_eq!(world.read(&secret, ReadView::procedures).len(), 1);
        for name in ["hidden", "ghost"] {
            denied(world.try_write(&secret, |tx| tx.define_procedure(name, None)));
            not_found(world.try_write(&secret, |tx| tx.delete_procedure(name)));
            denied(world.try_write(&secret, |tx| tx.define_provider(provider(name, "https://app.example"))));
            not_found(world.try_write(&secret, |tx| tx.delete_provider(name)));
            not_found(world.try_write(&secret, |tx| tx.rename_provider(name, "app")));
            not_found(world.try_write(&secret, |tx| tx.set_provider_not_before(name, Some(tx.now()))));
            not_found(world.try_write(&secret, |tx| tx.deny_jwt(name, "jti", tx.now())));
            assert!(world.read(&secret, |tx| tx.provider(name)).is_none());
        }
        denied(world.try_write(&secret, |tx| tx.delete_procedure("app_one")));
        world.write(&secret, |tx| tx.define_procedure("app_one", Some("none")));
        world.write(&secret, |tx| tx.delete_procedure("app_one"));

        // An issuer that is taken is told of by nobody who may not see whose it is.
        denied(world.try_write(&secret, |tx| tx.define_provider(provider("app", "https://issuer.example"))));
        world.write(&secret, |tx| tx.define_provider(provider("app", "https://app.example")));
        assert_eq!(world.read(&secret, ReadView::providers).len(), 1);
        denied(world.try_write(&secret, |tx| tx.rename_provider("app", "other")));
        denied(world.try_write(&secret, |tx| tx.delete_provider("app")));
        world.write(&secret, |tx| tx.set_provider_not_before("app", Some(tx.now())));
        world.write(&secret, |tx| tx.delete_provider("app"));
    });
}

#[test]
fn a_right_on_one_procedure_is_one_to_see_and_change_that_one() {
    check(|world| {
        world.write(&world.admin, |tx| {
            tx.define_procedure("one", None)?;
            tx.define_procedure("other", None)
        });
        let on = |action| Privilege::new(On::Procedure("one".into()), action);
        let role = Role::new("keeper")
            .privilege(on(Action::Read))
            .privilege(on(Action::Delete).when("has(doc.role)"));
        let secret = holder(world, "", role);
        let names = world.read(&secret, ReadView::procedures);
        assert_eq!(names.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(), ["one"]);
        not_found(world.try_write(&secret, |tx| tx.delete_procedure("other")));
        denied(world.try_write(&secret, |tx| tx.delete_procedure("one")));
        let all_but = Role::new("keeper")
            .allow_every(Resource::Procedure, Action::Read)
            .denial(Privilege::new(On::Procedure("one".into()), Action::Read));
        world.write(&world.admin, |tx| tx.define_role(all_but));
        let names = world.read(&secret, ReadView::procedures);
        assert_eq!(names.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(), ["other"]);
    });
}

#[test]
fn records_of_an_audit_log_are_seen_one_by_one() {
    check(|world| {
        world.write(&world.admin, |tx| tx.set_audit(AuditSettings::default()));
        let reader = over(Resource::Audit, &[(Action::Read, "doc.kind == 'role_created' && doc.at <= now")]);
        let secret = holder(world, "", reader);
        world.key("", "none");
        let kinds = |query: AuditQuery| -> Vec<String> {
            world.read(&secret, |tx| tx.audit(query)).into_iter().map(|record| record.kind).collect()
        };
        assert_eq!(kinds(AuditQuery::default()), ["role_created"]);
        assert_eq!(kinds(AuditQuery::default().newest_first().limit(1)), ["role_created"]);
        assert!(kinds(AuditQuery::default().kind("key_created")).is_empty());
        assert_eq!(world.read(&secret, ReadView::audit_settings), None);
        // The whole of it is verified by those only who may see the whole.
        denied(world.gate.begin_read(&secret).unwrap().verify_audit());
        denied(world.try_write(&secret, |tx| tx.set_audit(None)));

        let setter = over(
            Resource::Audit,
            &[
                (Action::Read, "id(doc) == 'settings'"),
                (Action::Write, "new.kept && (new.denials || !old.denials)"),
            ],
        );
        world.write(&world.admin, |tx| tx.define_role(setter));
        assert_eq!(world.read(&secret, ReadView::audit_settings), Some(AuditSettings::default()));
        let denials = AuditSettings { denials: true, ..AuditSettings::default() };
        world.write(&secret, |tx| tx.set_audit(denials));
        denied(world.try_write(&secret, |tx| tx.set_audit(AuditSettings::default())));
        denied(world.try_write(&secret, |tx| tx.set_audit(None)));
        assert!(kinds(AuditQuery::default()).is_empty());
    });
}

#[test]
fn a_denial_with_a_rule_beats_the_right_to_all_of_a_kind() {
    check(|world| {
        let role = Role::new("keeper")
            .allow_every(Resource::Key, Action::Read)
            .allow_every(Resource::Key, Action::Delete)
            .deny_every_when(Resource::Key, Action::Read, "doc.role == 'admin'")
            .deny_every_when(Resource::Key, Action::Delete, "doc.name == 'keep'");
        let secret = holder(world, "", role);
        let admin = world.read(&world.admin, |tx| Ok(tx.principal()?.id()));
        let (nameless, _) = world.key("", "none");
        let named = world.write(&world.admin, |tx| tx.create_key(NewKey::new("none").named("go"))).id;
        let kept = world.write(&world.admin, |tx| tx.create_key(NewKey::new("none").named("keep"))).id;
        assert!(world.read(&secret, |tx| tx.key(admin)).is_none());
        not_found(world.try_write(&secret, |tx| tx.delete_key(admin)));
        denied(world.try_write(&secret, |tx| tx.delete_key(kept)));
        // A denial whose rule has no value is not lifted.
        denied(world.try_write(&secret, |tx| tx.delete_key(nameless)));
        world.write(&secret, |tx| tx.delete_key(named));
    });
}

#[test]
fn acceptance_115_rules_on_things_know_who_asks() {
    settled(|world| {
        let member = Role::new("member")
            .member("users")
            .allow_every_when(Resource::Token, Action::Read, "doc.document == identity.friend")
            .allow_every_when(
                Resource::Role,
                Action::Read,
                "doc.name == identity.name || id(identity) == 'bob'",
            );
        world.write(&world.admin, |tx| {
            tx.define_role(member)?;
            tx.define_role(Role::new("ann"))?;
            tx.patch("users", "ann", json!({"friend": "bob"}))
        });
        let (ann, bob) = (world.token("", "ann"), world.token("", "bob"));
        assert!(world.read(&ann.secret, |tx| tx.token(bob.id)).is_some());
        assert!(world.read(&bob.secret, |tx| tx.token(ann.id)).is_none());
        let roles = |secret: &Secret| world.read(secret, ReadView::roles).len();
        assert_eq!((roles(&ann.secret), roles(&bob.secret)), (1, 2));
        // For a key there is nobody to compare with.
        world.write(&world.admin, |tx| {
            tx.define_role(Role::new("k").allow_every_when(Resource::Role, Action::Read, "identity == null"))
        });
        assert_eq!(roles(&world.key("", "k").1), 3);
    });
}

#[test]
fn acceptance_112_rules_on_things_are_checked_when_they_are_saved() {
    settled(|world| {
        for (action, rule) in [
            (Action::Read, "old.role == 'x'"),
            (Action::Create, "doc.role == 'x'"),
            (Action::Write, "doc.role == 'x'"),
            (Action::Read, "args.x"),
            (Action::Read, "doc.role = 'x'"),
        ] {
            let told =
                world.try_write(&world.admin, |tx| tx.define_role(over(Resource::Key, &[(action, rule)])));
            assert!(matches!(told, Err(Error::Rule { .. })), "{rule}: {told:?}");
        }
        // They take no part of a thing.
        let masked = Privilege::new(On::Every(Resource::Key), Action::Read)
            .fields(portunus_auth::Fields::only(["role"]));
        invalid(world.try_write(&world.admin, |tx| tx.define_role(Role::new("keeper").privilege(masked))));
        // Named predicates are called in them as in others, and no matter what a field is called.
        world.write(&world.admin, |tx| {
            tx.define_predicate(NamedPredicate::new("soon", ["key"], "key.expires_at < now + duration('1h')"))
        });
        let secret = holder(world, "", over(Resource::Key, &[(Action::Read, "soon(doc)")]));
        let soon = NewKey::new("none").expires_at(world.later(60));
        let made = world.write(&world.admin, |tx| tx.create_key(soon)).id;
        let ids =
            |world: &World| world.read(&secret, ReadView::keys).iter().map(|key| key.id).collect::<Vec<_>>();
        assert_eq!(ids(world), [made]);
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(ids(world), [made]);
    });
}

#[test]
fn acceptance_127_roles_wait_for_their_collections_as_far_as_they_may() {
    settled(|world| {
        let keeper = Role::new("keeper")
            .allow_every(Resource::Role, Action::Create)
            .allow_every(Resource::Role, Action::Read)
            .allow_every(Resource::Document, Action::Read);
        let secret = holder(world, "", keeper.clone());
        let later = Role::new("later").allow("later", Action::Read);
        // Who may define no collection waits for none.
        let view = &mut world.gate.begin_write(&secret).unwrap();
        constraint(view.define_role(&later));
        let keeper = keeper.allow_every_when(Resource::Collection, Action::Create, "new.name == 'later'");
        world.write(&world.admin, |tx| tx.define_role(keeper));
        world.write(&secret, |tx| {
            tx.define_role(&later)?;
            tx.define(Collection::new("later"))
        });
        assert_eq!(world.read(&world.admin, |tx| tx.role("later")), Some(later));
        // One that is there and may not be seen is waited for as one that is not there is.
        world.write(&world.admin, |tx| {
            let keeper = Role::new("keeper")
                .allow_every(Resource::Role, Action::Create)
                .allow_every(Resource::Collection, Action::Create);
            tx.define_role(keeper)
        });
        for name in ["users", "ghosts"] {
            let told = world.try_write(&secret, |tx| tx.define_role(Role::new("r").deny(name, Action::Read)));
            let told = told.unwrap_err();
            assert_eq!(told.to_string(), "the role r names a collection that is not there");
        }
        // What is wrong with a role is told when it comes to be, and then nothing does.
        let mut view = world.gate.begin_write(&world.admin).unwrap();
        view.define_role(Role::new("wrong").allow_when("letters", Action::Read, "doc.a ==")).unwrap();
        assert!(matches!(view.define(Collection::new("letters")), Err(Error::Rule { .. })));
        let told = view.commit(portunus_auth::Durability::Immediate);
        assert!(matches!(told, Err(Error::Incomplete)), "{told:?}");
        // The last word on a role counts, and a collection may come by its new name.
        world.write(&world.admin, |tx| {
            tx.define_role(Role::new("r").allow("letters", Action::Read))?;
            tx.define_role(Role::new("r").allow("papers", Action::Read))?;
            tx.rename_collection("later", "papers")
        });
        assert!(world.read(&world.admin, |tx| tx.role("r")).is_some());
    });
}

#[test]
fn acceptance_017_a_key_of_a_role_that_no_rule_lets_do_anything_logs_in_and_sees_nothing() {
    settled(|world| {
        let kinds = Resource::ALL.into_iter().filter(|kind| *kind != Resource::Document);
        let role =
            kinds.fold(Role::new("nobody"), |role, kind| role.allow_every_when(kind, Action::Read, "false"));
        let role = role.allow_every_when(Resource::Document, Action::Read, "doc.missing");
        let secret = holder(world, "", role);
        world.read(&secret, |tx| {
            assert!(tx.keys()?.is_empty() && tx.roles()?.is_empty() && tx.collections()?.is_empty());
            assert!(tx.databases(&path(""))?.is_empty() && tx.procedures()?.is_empty());
            assert!(tx.get("notes", "n1")?.is_none() && tx.query("notes").count()? == 0);
            Ok(())
        });
        denied(world.try_write(&secret, |tx| tx.create("notes", json!({}))));
        not_found(world.try_write(&secret, |tx| tx.patch("notes", "n1", json!({}))));
    });
}
