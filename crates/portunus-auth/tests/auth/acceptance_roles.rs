//! The lines of the acceptance list on roles of a database's own, each as a test under its number.
//! Predicates and inheritance come later: where a line speaks of them, that part is left out and said so.

use crate::world::{World, check, check_with, constraint, denied, invalid, not_found, path};
use portunus_auth::{
    Action, Collection, Durability, Error, Key, NewKey, NewToken, On, Privilege, Procedure, ReadView,
    Resource, Role, Secret,
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

/// A key with a role that is made of these privileges.
fn holder(world: &World, role: Role) -> Secret {
    define(world, role.clone());
    world.key("", role.name()).1
}

fn roles(world: &World, secret: &Secret) -> Vec<String> {
    world.read(secret, |tx| Ok(tx.principal()?.roles().iter().map(ToString::to_string).collect()))
}

#[test]
fn acceptance_010_a_right_to_make_keys_can_be_given_away() {
    settled(|world| {
        let keeper = Role::new("keeper")
            .allow_every(Resource::Key, Action::Read)
            .allow_every(Resource::Key, Action::Create)
            .allow("notes", Action::Read);
        let keeper = holder(world, keeper);
        define(world, Role::new("reader").allow("notes", Action::Read));
        let made = world.write(&keeper, |tx| tx.create_key(NewKey::new("reader").named("by a keeper")));
        assert_eq!(world.place(&made.secret), "");
        assert!(world.read(&keeper, |tx| tx.key(made.id)).is_some());
        world.opens(&world.write(&keeper, |tx| tx.create_key(NewKey::new("none"))).secret);
        // But no more than it holds itself, and nothing that was not given.
        for stronger in ["server-readonly", "server", "admin"] {
            denied(world.try_write(&keeper, |tx| tx.create_key(NewKey::new(stronger))));
        }
        denied(world.try_write(&keeper, |tx| tx.delete_key(made.id)));
        denied(world.try_write(&keeper, |tx| tx.set_key_role(made.id, "none")));
    });
}

#[test]
fn acceptance_011_a_key_of_an_unknown_role_is_refused_whoever_knows_it() {
    settled(|world| {
        world.write(&world.inside("acme"), |tx| tx.define_role(Role::new("editor")));
        constraint(world.try_write(&world.admin, |tx| tx.create_key(NewKey::new("editor"))));
        world.opens(&world.key("acme", "editor").1);
        define(world, Role::new("editor"));
        let (id, secret) = world.key("", "editor");
        constraint(world.try_write(&world.admin, |tx| tx.set_key_role(id, "author")));
        assert_eq!(roles(world, &secret), ["editor"]);
    });
}

#[test]
fn acceptance_012_a_role_of_a_key_is_not_deleted_and_a_key_follows_its_name() {
    settled(|world| {
        let (id, secret) = {
            define(world, Role::new("reader").allow("notes", Action::Read));
            world.key("", "reader")
        };
        constraint(world.try_write(&world.admin, |tx| tx.delete_role("reader")));
        world.write(&world.admin, |tx| tx.rename_role("reader", "visitor"));
        assert_eq!((roles(world, &secret), world.place(&secret)), (vec!["visitor".into()], String::new()));
        assert_eq!(world.read(&world.admin, |tx| tx.key(id)).unwrap().role.as_str(), "visitor");
        constraint(world.try_write(&world.admin, |tx| tx.delete_role("visitor")));
        // Another role of the old name is not the key's.
        define(world, Role::new("reader").allow("users", Action::Read));
        assert_eq!(roles(world, &secret), ["visitor"]);
        world.write(&world.admin, |tx| tx.set_key_role(id, "none"));
        world.write(&world.admin, |tx| tx.delete_role("visitor"));
        world.opens(&secret);
        // A key that is deleted keeps no role back, nor does one that is deleted with its database.
        let (id, _) = world.key("", "reader");
        world.delete_key(id);
        world.write(&world.admin, |tx| tx.delete_role("reader"));
    });
}

// Roles are not inherited yet: only those of the child itself count. "If the role goes later" cannot come to pass, as a role
// of a key cannot be deleted, wherever the key's owner is.
#[test]
fn acceptance_019_a_key_for_a_child_has_a_role_of_the_child() {
    settled(|world| {
        define(world, Role::new("parental").allow("notes", Action::Read));
        constraint(
            world.try_write(&world.admin, |tx| tx.create_key(NewKey::new("parental").at(path("acme")))),
        );
        let inside = world.inside("acme");
        world.write(&inside, |tx| tx.define_role(Role::new("childish").allow("notes", Action::Read)));
        let (id, secret) = world.key("acme", "childish");
        assert_eq!(world.place(&secret), "acme");
        let listed: Key = world.read(&world.admin, |tx| tx.key(id)).unwrap();
        assert_eq!(listed.role.as_str(), "childish");
        constraint(world.try_write(&inside, |tx| tx.delete_role("childish")));
        constraint(world.try_write(&world.admin, |tx| tx.set_key_role(id, "parental")));
        world.delete_key(id);
        world.write(&inside, |tx| tx.delete_role("childish"));
    });
}

#[test]
fn acceptance_091_privileges_on_one_collection_are_none_on_another() {
    settled(|world| {
        let mut role = Role::new("author");
        for action in [Action::Read, Action::Create, Action::CreateWithId, Action::Write, Action::Delete] {
            role = role.allow("notes", action);
        }
        let secret = holder(world, role);
        let mut view = world.gate.begin_write(&secret).unwrap();
        view.create_with_id("notes", "n2", json!({})).unwrap();
        view.patch("notes", "n2", json!({"size": 1})).unwrap();
        view.delete("notes", "n2").unwrap();
        assert_eq!(view.query("notes").count().unwrap(), 1);
        for collection in ["users", "ghosts"] {
            assert!(view.get(collection, "ann").unwrap().is_none());
            assert_eq!(view.query(collection).count().unwrap(), 0);
            assert!(view.query(collection).list_ids().unwrap().is_empty());
            denied(view.query(collection).strict().count());
            denied(view.create(collection, json!({})));
            denied(view.create_with_id(collection, "ann", json!({})));
            not_found(view.patch(collection, "ann", json!({})));
            not_found(view.replace(collection, "ann", json!({})));
            not_found(view.delete(collection, "ann"));
        }
        view.commit(Durability::Immediate).unwrap();
    });
}

// With predicates, "either" will be of documents; here it is of actions.
#[test]
fn acceptance_093_whoever_has_two_roles_may_do_what_either_grants() {
    settled(|world| {
        define(world, Role::new("reader").member("users").allow("notes", Action::Read));
        define(world, Role::new("writer").member("users").allow("notes", Action::Write));
        let ann = world.token("", "ann").secret;
        assert_eq!(roles(world, &ann), ["reader", "writer"]);
        world.write(&ann, |tx| tx.patch("notes", "n1", json!({"size": 1})));
        assert_eq!(world.place(&ann), "");
        denied(world.try_write(&ann, |tx| tx.delete("notes", "n1")));
    });
}

#[test]
fn acceptance_096_a_denial_beats_every_grant_and_silence_beats_none() {
    settled(|world| {
        let ann = world.token("", "ann").secret;
        let bob = world.as_document("", "bob");
        let allowed = |expected: bool| {
            for secret in [&ann, &bob] {
                assert_eq!(world.read(secret, |tx| tx.exists("notes", "n1")), expected);
            }
        };
        define(world, Role::new("a").member("users"));
        allowed(false);
        define(world, Role::new("b").member("users").allow("notes", Action::Read));
        allowed(true);
        define(
            world,
            Role::new("a").member("users").deny("users", Action::Read).deny("notes", Action::Write),
        );
        allowed(true);
        define(world, Role::new("a").member("users").deny("notes", Action::Read));
        allowed(false);
        define(world, Role::new("b").member("users").allow_every(Resource::Document, Action::Read));
        allowed(false);
        define(world, Role::new("a").member("users").deny_every(Resource::Document, Action::Read));
        allowed(false);
        define(world, Role::new("a").deny_every(Resource::Document, Action::Read));
        allowed(true);
    });
}

#[test]
fn acceptance_100_a_scan_without_any_grant_is_empty_and_a_strict_one_denied() {
    settled(|world| {
        let secret =
            holder(world, Role::new("writer").allow("notes", Action::Create).allow("notes", Action::Write));
        let view = world.gate.begin_read(&secret).unwrap();
        let queries = || [view.query("notes"), view.query("notes").index("owner"), view.query("ghosts")];
        for query in queries() {
            assert_eq!(query.documents().unwrap(), []);
        }
        for query in queries() {
            denied(query.strict().documents());
        }
        for query in queries() {
            denied(query.strict().list_ids());
        }
    });
}

#[test]
fn acceptance_102_a_reference_into_the_unseen_is_a_plain_value() {
    settled(|world| {
        world.write(&world.admin, |tx| tx.create_with_id("notes", "n2", json!({"author": "users/ann"})));
        let secret = holder(world, Role::new("reader").allow("notes", Action::Read));
        let note = world.read(&secret, |tx| tx.get("notes", "n2")).unwrap();
        assert_eq!(note.field("author").and_then(portunus_auth::ValueRef::as_str), Some("users/ann"));
        assert!(world.read(&secret, |tx| tx.get("users", "ann")).is_none());
    });
}

#[test]
fn acceptance_107_who_may_write_but_not_read_finds_nothing_to_change() {
    settled(|world| {
        let blind = Role::new("blind").allow("notes", Action::Write).allow("notes", Action::Delete);
        let secret = holder(world, blind);
        let told = |id: &str| {
            let mut view = world.gate.begin_write(&secret).unwrap();
            let results = [
                view.replace("notes", id, json!({})).map(drop),
                view.patch("notes", id, json!({})).map(drop),
                view.delete("notes", id),
                view.change("notes", id).if_version(1).delete(),
            ];
            results.map(|result| format!("{result:?}"))
        };
        assert_eq!(told("n1"), told("missing"));
        assert!(told("n1").iter().all(|told| told.contains("NotFound")));
    });
}

#[test]
fn acceptance_108_an_id_of_one_s_own_choice_takes_two_rights() {
    settled(|world| {
        let create = holder(world, Role::new("create").allow("notes", Action::Create));
        let both = Role::new("both").allow("notes", Action::Create).allow("notes", Action::CreateWithId);
        let both = holder(world, both);
        let chosen = holder(world, Role::new("chosen").allow("notes", Action::CreateWithId));
        let attempt = |secret, id| world.try_write(secret, |tx| tx.create_with_id("notes", id, json!({})));
        denied(attempt(&create, "n2"));
        denied(attempt(&chosen, "n2"));
        assert_eq!(attempt(&both, "n2").unwrap().id(), "n2");
        world.write(&create, |tx| tx.create("notes", json!({})));
        denied(world.try_write(&chosen, |tx| tx.create("notes", json!({}))));
        // A clash with what it may not see is told to nobody.
        denied(attempt(&both, "n1"));
        world.write(&world.admin, |tx| tx.create("notes", json!({"email": "a@b"})));
        denied(world.try_write(&create, |tx| tx.create("notes", json!({"email": "a@b"}))));
    });
}

#[test]
fn acceptance_118_a_procedure_hands_out_what_its_caller_may_not_read() {
    let place = Procedure::new("place", |call, id: String| {
        let note = call.begin_read()?.get("notes", &id)?;
        Ok(note.map(|note| note.value()))
    });
    check_with(&[place], |world| {
        world.write(&world.inside("acme"), |tx| {
            tx.define_procedure("place", Some("server-readonly"))?;
            tx.define_role(Role::new("caller").allow_call("place"))
        });
        let (_, secret) = world.key("acme", "caller");
        assert!(world.read(&secret, |tx| tx.get("notes", "n1")).is_none());
        let told: Option<serde_json::Value> = world.gate.call(&secret, "place", "n1").unwrap();
        assert_eq!(told, Some(json!({"owner": "ann", "place": "acme"})));
        let told: Option<serde_json::Value> = world.gate.call(&secret, "place", "n2").unwrap();
        assert_eq!(told, None);
    });
}

#[test]
fn acceptance_120_who_may_list_ids_gets_ids_and_no_documents() {
    settled(|world| {
        let secret = holder(world, Role::new("lister").allow("notes", Action::ListIds));
        world.write(&world.admin, |tx| tx.create_with_id("notes", "n2", json!({"owner": "bob"})));
        let view = world.gate.begin_read(&secret).unwrap();
        assert_eq!(view.query("notes").list_ids().unwrap(), ["n1", "n2"]);
        assert_eq!(view.query("notes").strict().ids("n2"..).list_ids().unwrap(), ["n2"]);
        for id in ["n1", "n2"] {
            assert!(view.get("notes", id).unwrap().is_none());
            assert!(!view.exists("notes", id).unwrap());
        }
        assert_eq!(view.query("notes").count().unwrap(), 0);
        assert_eq!(view.query("notes").documents().unwrap(), []);
        assert_eq!(view.query("notes").page(9, None).unwrap().documents, []);
        denied(view.query("notes").strict().count());
        assert!(view.query("users").list_ids().unwrap().is_empty());
        // An index would tell what the documents hold.
        let by_owner = || view.query("notes").index("owner");
        assert!(by_owner().list_ids().unwrap().is_empty());
        assert!(by_owner().equal(["bob"]).list_ids().unwrap().is_empty());
        denied(by_owner().equal(["bob"]).strict().list_ids());
    });
}

// Predicates on the names of these things come later.
#[test]
fn acceptance_121_rights_on_definitions_and_secrets_can_be_given_one_by_one() {
    settled(|world| {
        let all = |resource: Resource| {
            let role = Role::new(format!("on-{}", resource.to_string().replace('_', "-")));
            let actions = [Action::Read, Action::Create, Action::Write, Action::Delete];
            actions.into_iter().fold(role, |role, action| role.allow_every(resource, action))
        };
        type Attempt = fn(&mut portunus_auth::WriteView) -> portunus_auth::Result<()>;
        let attempts: [(Resource, Attempt); 6] = [
            (Resource::Collection, |tx| {
                tx.define(Collection::new("more").index(["x"]))?;
                tx.rename_collection("more", "less")?;
                tx.drop_collection("less")
            }),
            (Resource::Database, |tx| {
                tx.create_database(&path("gamma"))?;
                tx.rename_database(&path("gamma"), &"delta".parse()?)?;
                tx.delete_database(&path("delta"))
            }),
            (Resource::Key, |tx| {
                let made = tx.create_key(NewKey::new("none"))?;
                tx.set_key_role(made.id, "none")?;
                tx.delete_key(made.id)
            }),
            (Resource::Token, |tx| {
                let made = tx.create_token(NewToken::new("users", "ann"))?;
                tx.retarget_token(made.id, "users", "bob")?;
                tx.delete_token(made.id)
            }),
            (Resource::Role, |tx| {
                tx.define_role(Role::new("idle"))?;
                tx.rename_role("idle", "lazy")?;
                tx.delete_role("lazy")
            }),
            (Resource::Procedure, |tx| {
                tx.define_procedure("work", None)?;
                tx.define_procedure("work", Some("none"))?;
                tx.delete_procedure("work")
            }),
        ];
        for (resource, _) in attempts {
            let secret = holder(world, all(resource));
            for (other, attempt) in attempts {
                let done = world.try_write(&secret, attempt);
                if other == resource {
                    done.unwrap_or_else(|error| panic!("{resource}: {error}"));
                } else {
                    denied(done);
                }
            }
            assert!(world.read(&secret, |tx| tx.get("notes", "n1")).is_none());
        }
    });
}

#[test]
fn acceptance_123_a_deleted_role_takes_open_transactions_with_it() {
    settled(|world| {
        let author = || Role::new("author").member("users").allow("notes", Action::Create);
        define(world, author());
        let ann = world.token("", "ann").secret;
        let mut view = world.gate.begin_write(&ann).unwrap();
        view.create("notes", json!({})).unwrap();
        world.write(&world.admin, |tx| tx.delete_role("author"));
        assert!(matches!(view.create("notes", json!({})), Err(Error::Conflict)));
        assert!(matches!(view.commit(Durability::Immediate), Err(Error::Conflict)));
        assert!(roles(world, &ann).is_empty());
        denied(world.try_write(&ann, |tx| tx.create("notes", json!({}))));
        // One that asks nothing more before it commits is told so as well.
        define(world, author());
        let mut view = world.gate.begin_write(&ann).unwrap();
        view.create("notes", json!({})).unwrap();
        world.write(&world.admin, |tx| tx.delete_role("author"));
        assert!(matches!(view.commit(Durability::Immediate), Err(Error::Conflict)));
        assert_eq!(world.read(&world.admin, |tx| tx.query("notes").count()), 1);
    });
}

// Access providers are told of in their own file.
#[test]
fn acceptance_124_members_lose_a_deleted_role_and_who_names_it_keeps_it() {
    settled(|world| {
        define(world, Role::new("author").member("users").allow("notes", Action::Read));
        define(world, Role::new("worker"));
        let ann = world.token("", "ann").secret;
        world.write(&world.admin, |tx| tx.define_procedure("work", Some("worker")));
        let (id, _) = world.key("", "author");
        constraint(world.try_write(&world.admin, |tx| tx.delete_role("author")));
        constraint(world.try_write(&world.admin, |tx| tx.delete_role("worker")));
        world.delete_key(id);
        world.write(&world.admin, |tx| tx.delete_role("author"));
        assert!(roles(world, &ann).is_empty());
        assert!(world.read(&ann, |tx| tx.get("notes", "n1")).is_none());
        world.write(&world.admin, |tx| tx.define_procedure("work", Some("none")));
        world.write(&world.admin, |tx| tx.delete_role("worker"));
        not_found(world.try_write(&world.admin, |tx| tx.delete_role("worker")));
    });
}

#[test]
fn acceptance_126_privileges_and_membership_follow_a_renamed_collection() {
    settled(|world| {
        let role =
            Role::new("author").member("users").allow("notes", Action::Read).allow("users", Action::Read);
        define(world, role);
        let ann = world.token("", "ann").secret;
        world.write(&world.admin, |tx| {
            tx.rename_collection("notes", "papers")?;
            tx.rename_collection("users", "people")
        });
        assert!(world.read(&ann, |tx| tx.exists("papers", "n1")));
        let identity = world.read(&ann, |tx| Ok(tx.principal()?.identity().unwrap().collection().to_owned()));
        assert_eq!(identity, "people");
        let described = world.read(&world.admin, |tx| tx.role("author")).unwrap();
        assert_eq!(
            described,
            Role::new("author").member("people").allow("papers", Action::Read).allow("people", Action::Read)
        );
        // A collection that takes over a name takes over no right.
        world.write(&world.admin, |tx| {
            tx.define(Collection::new("notes"))?;
            tx.create_with_id("notes", "n1", json!({}))
        });
        assert!(!world.read(&ann, |tx| tx.exists("notes", "n1")));
        world.write(&world.admin, |tx| {
            tx.drop_collection("papers")?;
            tx.define(Collection::new("papers"))?;
            tx.create_with_id("papers", "n1", json!({}))
        });
        assert!(!world.read(&ann, |tx| tx.exists("papers", "n1")));
        assert!(world.read(&ann, |tx| tx.exists("people", "bob")), "the other privileges still work");
        assert_eq!(
            world.read(&world.admin, |tx| tx.role("author")).unwrap().privileges(),
            [Privilege::new(On::Collection("people".into()), Action::Read)]
        );
    });
}

// A role can name a collection that its own transaction has defined before. The other order is refused: a role is kept by the
// numbers of its collections, which are there only then.
#[test]
fn acceptance_127_a_role_names_what_is_there_or_is_refused() {
    settled(|world| {
        world.write(&world.admin, |tx| {
            tx.define(Collection::new("letters"))?;
            tx.define_role(Role::new("writer").member("letters").allow("letters", Action::Read))
        });
        let unknown = [
            Role::new("r").allow("ghosts", Action::Read),
            Role::new("r").deny("ghosts", Action::Read),
            Role::new("r").member("ghosts"),
            Role::new("r").member(""),
            Role::new("r").allow_call("ghost"),
            Role::new("r").deny_call("ghost"),
            Role::new("r").allow("Key", Action::Read),
            Role::new("r").allow(":Key", Action::Read),
        ];
        for role in unknown {
            constraint(world.try_write(&world.admin, |tx| tx.define_role(&role)));
        }
        // The collection may come after the role: until then the role is not there.
        let later = Role::new("later").allow_when("later", Action::Read, "doc.public").member("later");
        world.write(&world.admin, |tx| {
            tx.define_role(&later)?;
            assert!(tx.role("later")?.is_none());
            tx.define(Collection::new("unlike"))?;
            assert!(tx.role("later")?.is_none());
            tx.define(Collection::new("later"))?;
            assert_eq!(tx.role("later")?.as_ref(), Some(&later));
            tx.delete_role("later")
        });
        // What nobody could do, nobody is granted.
        for (resource, action) in [
            (Resource::Document, Action::Call),
            (Resource::Key, Action::Call),
            (Resource::Audit, Action::Delete),
            (Resource::Procedure, Action::ListIds),
            (Resource::Token, Action::CreateWithId),
        ] {
            let role = Role::new("r").allow_every(resource, action);
            invalid(world.try_write(&world.admin, |tx| tx.define_role(&role)));
        }
        invalid(
            world.try_write(&world.admin, |tx| tx.define_role(Role::new("r").allow("notes", Action::Call))),
        );
        assert_eq!(world.read(&world.admin, ReadView::roles).len(), 1);
    });
}

#[test]
fn acceptance_129_reserved_and_taken_names_are_refused() {
    settled(|world| {
        define(world, Role::new("author"));
        define(world, Role::new("editor").allow("notes", Action::Read));
        let reserved = ["admin", "server", "server-readonly", "none"];
        for name in reserved {
            invalid(world.try_write(&world.admin, |tx| tx.define_role(Role::new(name))));
            invalid(world.try_write(&world.admin, |tx| tx.rename_role("author", name)));
            not_found(world.try_write(&world.admin, |tx| tx.delete_role(name)));
            not_found(world.try_write(&world.admin, |tx| tx.rename_role(name, "other")));
            assert!(world.read(&world.admin, |tx| tx.role(name)).is_none());
        }
        let taken = world.try_write(&world.admin, |tx| tx.rename_role("author", "editor"));
        assert!(matches!(taken, Err(Error::AlreadyExists(_))), "{taken:?}");
        for name in ["", "a b", "é", "1st", "-a", "@doc", "a#b", "a/b", "a\0", &"a".repeat(65)] {
            invalid(world.try_write(&world.admin, |tx| tx.define_role(Role::new(name))));
            invalid(world.try_write(&world.admin, |tx| tx.rename_role("author", name)));
        }
        // Defining one that is there alters it: there are never two.
        define(world, Role::new("editor").allow("users", Action::Read));
        let names: Vec<String> =
            world.read(&world.admin, ReadView::roles).iter().map(|role| role.name().to_owned()).collect();
        assert_eq!(names, ["author", "editor"]);
        world.write(&world.admin, |tx| tx.rename_role("editor", "editor"));
    });
}

#[test]
fn acceptance_131_a_role_of_the_parent_is_none_of_the_child() {
    settled(|world| {
        world.settle("acme");
        define(world, Role::new("author").member("users").allow_every(Resource::Document, Action::Read));
        let child = world.token("acme", "ann").secret;
        assert!(roles(world, &child).is_empty());
        assert!(world.read(&child, |tx| tx.get("notes", "n1")).is_none());
        assert!(roles(world, &world.as_document("acme", "ann")).is_empty());
        assert_eq!(roles(world, &world.token("", "ann").secret), ["author"]);
        // Nor the other way about.
        world.write(&world.inside("acme"), |tx| tx.define_role(Role::new("local").member("users")));
        assert_eq!(roles(world, &world.token("", "ann").secret), ["author"]);
        assert_eq!(roles(world, &child), ["local"]);
    });
}
