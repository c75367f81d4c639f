//! Secrets that were narrowed: to a role, to a place below, to a document. Every segment of a scope is renamed, deleted,
//! made again and disabled in turn.

use crate::world::{World, check, denied, not_found, path, scope};
use portunus_auth::{
    Action, BuiltInRole, Collection, Durability, Error, Expiry, NewKey, ReadView, Resource, Role, RoleName,
    Secret, SecretScope,
};
use serde_json::json;

fn settled(test: impl Fn(&World)) {
    check(|world| {
        world.settle("acme/eu");
        let inside = world.inside("acme/eu");
        world.write(&inside, |tx| {
            tx.define_role(Role::new("reader").member("users").allow("notes", Action::Read))
        });
        test(world);
    });
}

fn roles(world: &World, secret: &Secret) -> Vec<String> {
    world.read(secret, |tx| Ok(tx.principal()?.roles().iter().map(ToString::to_string).collect()))
}

#[test]
fn acceptance_021_an_administrator_narrows_its_key_to_a_role_of_the_database_s_own() {
    settled(|world| {
        let narrowed = world.admin.scoped(&scope("@acme/eu#reader"));
        assert_eq!(
            (roles(world, &narrowed), world.place(&narrowed)),
            (vec!["reader".into()], "acme/eu".into())
        );
        denied(world.try_write(&narrowed, |tx| tx.create("notes", json!({}))));
        assert!(world.read(&narrowed, |tx| tx.get("users", "ann")).is_none());
        // A role of another database, or of none, is no role there.
        world.refuses(&world.admin.scoped(&scope("@acme#reader")));
        world.refuses(&world.admin.scoped(&scope("#reader")));
        world.refuses(&world.admin.scoped(&scope("@acme/eu#Reader")));
        let inside = world.inside("acme/eu");
        world.write(&inside, |tx| tx.rename_role("reader", "visitor"));
        world.refuses(&narrowed);
        world.opens(&world.admin.scoped(&scope("@acme/eu#visitor")));
        // A scope means the role that has the name now.
        world.write(&inside, |tx| tx.define_role(Role::new("reader")));
        assert!(world.read(&narrowed, |tx| tx.get("notes", "n1")).is_none());
        world.write(&inside, |tx| tx.delete_role("reader"));
        world.refuses(&narrowed);
    });
}

#[test]
fn acceptance_028_and_029_every_segment_of_a_scope_is_renamed_deleted_made_again_and_disabled() {
    for target in ["#admin", "#reader", "#@doc/users/ann"] {
        settled(|world| {
            let narrowed = world.admin.scoped(&scope(&format!("@acme/eu{target}")));
            let moved = |to: &str| world.admin.scoped(&scope(&format!("@{to}{target}")));
            world.opens(&narrowed);
            for (segment, other) in [("acme", "umbrella"), ("acme/eu", "asia")] {
                let renamed = match segment {
                    "acme" => path("umbrella"),
                    _ => path("acme/asia"),
                };
                let original = segment.rsplit('/').next().unwrap().parse().unwrap();
                world.write(&world.admin, |tx| tx.rename_database(&path(segment), &other.parse()?));
                world.refuses(&narrowed);
                world.opens(&moved(if segment == "acme" { "umbrella/eu" } else { "acme/asia" }));
                world.write(&world.admin, |tx| tx.rename_database(&renamed, &original));
                world.opens(&narrowed);
                world.write(&world.admin, |tx| tx.disable_database(&path(segment)));
                world.refuses(&narrowed);
                world.write(&world.admin, |tx| tx.enable_database(&path(segment)));
                world.opens(&narrowed);
            }
            // Deleted, made again, and settled anew: the scope leads to the new one.
            for segment in ["acme/eu", "acme"] {
                world.write(&world.admin, |tx| tx.delete_database(&path(segment)));
                world.refuses(&narrowed);
                world.write(&world.admin, |tx| {
                    if segment == "acme" {
                        tx.create_database(&path("acme"))?;
                    }
                    tx.create_database(&path("acme/eu"))
                });
                assert_eq!(world.gate.begin_read(&narrowed).is_ok(), target == "#admin");
                let inside = world.inside("acme/eu");
                world.write(&inside, |tx| tx.define(Collection::new("notes")));
                world.settle("acme/eu");
                world.write(&inside, |tx| tx.define_role(Role::new("reader").allow("notes", Action::Read)));
                world.opens(&narrowed);
                assert!(world.read(&narrowed, |tx| tx.get("notes", "n1")).is_none(), "nothing of before");
            }
        });
    }
}

#[test]
fn acceptance_025_whoever_acts_as_a_document_has_its_roles_and_no_power_of_the_key() {
    settled(|world| {
        let ann = world.as_document("acme/eu", "ann");
        let view = world.gate.begin_read(&ann).unwrap();
        let me = view.principal().unwrap();
        assert_eq!(me.identity().map(|own| (own.collection(), own.document())), Some(("users", "ann")));
        assert_eq!(me.scope().unwrap().document_id(), Some(("users", "ann")));
        assert_eq!(roles(world, &ann), ["reader"]);
        assert!(view.get("notes", "n1").unwrap().is_some());
        // Not even its own document, which no role lets it see.
        assert!(view.get("users", "ann").unwrap().is_none());
        assert!(view.query("users").list_ids().unwrap().is_empty());
        assert!(view.collections().unwrap().is_empty());
        assert!(view.keys().unwrap().is_empty() && view.roles().unwrap().is_empty());
        assert!(view.procedures().unwrap().is_empty());
        assert!(view.databases(&path("")).unwrap().is_empty());
        assert!(view.tokens_of("users", "ann").unwrap().is_empty());
        denied(view.own_tokens());
        denied(view.check());
        let mut view = world.gate.begin_write(&ann).unwrap();
        denied(view.create("notes", json!({})));
        denied(view.define(Collection::new("more")));
        denied(view.create_key(NewKey::new("none")));
        denied(view.create_database(&path("x")));
        denied(view.define_role(Role::new("more")));
        denied(view.define_procedure("more", None));
        denied(view.logout(portunus_auth::Logout::Everywhere));
        // Without any role it opens, and sees nothing at all.
        world.write(&world.inside("acme/eu"), |tx| tx.delete_role("reader"));
        assert!(world.read(&ann, |tx| tx.get("notes", "n1")).is_none());
    });
}

#[test]
fn acceptance_023_a_server_s_key_acts_as_a_document_of_its_own_database_alone() {
    settled(|world| {
        let (_, server) = world.key("acme/eu", "server");
        let ann = server.scoped(&scope("#@doc/users/ann"));
        assert_eq!(roles(world, &ann), ["reader"]);
        denied(world.try_write(&ann, |tx| tx.create("notes", json!({}))));
        let (_, above) = world.key("acme", "server");
        world.refuses(&above.scoped(&scope("@eu#@doc/users/ann")));
        world.refuses(&above.scoped(&scope("#@doc/users/ann")));
        for role in ["#none", "#server", "#reader", "#admin"] {
            world.refuses(&server.scoped(&scope(role)));
        }
        // A path to itself is none: there is no such text.
        world.refuses(&Secret::new(format!("{}@#@doc/users/ann", server.expose())));
    });
}

#[test]
fn acceptance_024_and_031_no_other_key_and_no_token_is_narrowed() {
    settled(|world| {
        let inside = world.inside("acme/eu");
        let everything = Resource::ALL.into_iter().fold(Role::new("everything"), |role, resource| {
            let fits = |action: &Action| {
                BuiltInRole::Admin.decide(resource, *action) == portunus_auth::Decision::Allow
            };
            Action::ALL.into_iter().filter(fits).fold(role, |role, action| role.allow_every(resource, action))
        });
        world.write(&inside, |tx| tx.define_role(everything.member("users")));
        let secrets = [
            world.key("acme/eu", "none").1,
            world.key("acme/eu", "server-readonly").1,
            world.key("acme/eu", "reader").1,
            world.key("acme/eu", "everything").1,
            world.token("acme/eu", "ann").secret,
        ];
        for secret in &secrets {
            world.opens(secret);
            for text in ["#none", "#reader", "#everything", "#admin", "#@doc/users/ann", "#@doc/users/bob"] {
                world.refuses(&secret.scoped(&scope(text)));
            }
            world.refuses(&secret.scoped(&scope("@x#none")));
            world.refuses(&Secret::new(format!("{}#", secret.expose())));
        }
        // What is narrowed is not narrowed again: the id of a document may hold any mark, so that this is another one.
        let ann = world.as_document("acme/eu", "ann");
        for text in ["#none", "#admin", "#@doc/users/bob"] {
            world.refuses(&ann.scoped(&scope(text)));
        }
    });
}

#[test]
fn a_document_that_goes_takes_whoever_acts_as_it_along() {
    settled(|world| {
        let inside = world.inside("acme/eu");
        let ann = world.as_document("acme/eu", "ann");
        let view = world.gate.begin_read(&ann).unwrap();
        let mut writer = world.gate.begin_write(&ann).unwrap();
        assert!(matches!(writer.create("notes", json!({})), Err(Error::Denied { .. })));
        world.write(&inside, |tx| tx.delete("users", "ann"));
        world.refuses(&ann);
        assert!(matches!(view.get("notes", "n1"), Err(Error::Unauthenticated)));
        assert!(matches!(writer.commit(Durability::Immediate), Err(Error::Unauthenticated)));
        // A scope is a name: it means the document that has the id now. The view of before has ended for good.
        world.write(&inside, |tx| tx.create_with_id("users", "ann", json!({})));
        world.opens(&ann);
        assert!(matches!(view.get("notes", "n1"), Err(Error::Unauthenticated)));
        // One that expires, by the clock alone.
        let soon = Expiry::At(portunus_auth::Timestamp(world.clock_now().0 + 5_000_000));
        world.write(&inside, |tx| tx.change("users", "ann").expires(soon).patch(json!({})));
        let view = world.gate.begin_read(&ann).unwrap();
        world.opens(&ann);
        world.advance(5);
        world.refuses(&ann);
        assert!(matches!(view.get("notes", "n1"), Err(Error::Unauthenticated)));
        assert_eq!(world.gate.sweep(10).unwrap(), 1);
        world.refuses(&ann);
        // The collection renamed, dropped, made again.
        let bob = world.as_document("acme/eu", "bob");
        world.opens(&bob);
        world.write(&inside, |tx| tx.rename_collection("users", "people"));
        world.refuses(&bob);
        world.write(&inside, |tx| tx.rename_collection("people", "users"));
        world.opens(&bob);
        let view = world.gate.begin_read(&bob).unwrap();
        world.write(&inside, |tx| tx.drop_collection("users"));
        world.refuses(&bob);
        assert!(matches!(view.get("notes", "n1"), Err(Error::Unauthenticated)));
        world.settle("acme/eu");
        world.opens(&bob);
        assert!(roles(world, &bob).is_empty(), "its documents are members of nothing");
    });
}

#[test]
fn somebody_for_whom_nobody_stood_before_is_noticed_at_once_when_gone() {
    check(|world| {
        world.write(&world.admin, |tx| {
            tx.define(Collection::new("robots"))?;
            tx.create_with_id("robots", "r1", json!({}))
        });
        let robot = world.admin.scoped(&scope("#@doc/robots/r1"));
        let reader = world.gate.begin_read(&robot).unwrap();
        let writer = world.gate.begin_write(&robot).unwrap();
        reader.query("notes").count().unwrap();
        world.write(&world.admin, |tx| tx.delete("robots", "r1"));
        assert!(matches!(reader.query("notes").count(), Err(Error::Unauthenticated)));
        assert!(matches!(writer.commit(Durability::Immediate), Err(Error::Unauthenticated)));
        world.refuses(&robot);
        // A document that is not there is looked for in vain, and leaves no mark on its collection.
        world.write(&world.admin, |tx| tx.define(Collection::new("stones")));
        let before = world.gate.stats().commits;
        for text in ["#@doc/stones/s1", "#@doc/ghosts/s1"] {
            world.refuses(&world.admin.scoped(&scope(text)));
        }
        assert_eq!(world.gate.stats().commits, before, "a guess writes nothing");
    });
}

#[test]
fn many_who_act_as_documents_for_the_first_time_do_not_get_in_each_other_s_way() {
    for _ in 0..20 {
        let world = World::new(64);
        world.settle("");
        let start = std::sync::Barrier::new(4);
        std::thread::scope(|threads| {
            for id in ["ann", "bob", "ann", "bob"] {
                let (world, start) = (&world, &start);
                threads.spawn(move || {
                    let secret = world.as_document("", id);
                    start.wait();
                    world.gate.begin_read(&secret).unwrap().query("notes").count().unwrap();
                    world.gate.begin_write(&secret).unwrap();
                });
            }
        });
    }
}

#[test]
fn a_scope_is_what_it_says() {
    let role: RoleName = "editor".parse().unwrap();
    assert_eq!(SecretScope::role(role.clone()).role_name(), Some(&role));
    let document = SecretScope::document("users", "a/b#c@d").unwrap().at(path("acme"));
    assert_eq!(document.to_string(), "@acme#@doc/users/a/b%23c@d");
    assert_eq!(document.to_string().parse::<SecretScope>().unwrap(), document);
    for (collection, id) in [("", "x"), ("users", ""), ("a/b", "x")] {
        assert!(SecretScope::document(collection, id).is_err());
    }
    assert!(SecretScope::document("c".repeat(65), "x").is_err());
    assert!(SecretScope::document("c", "x".repeat(257)).is_err());
    check(|world| {
        let id = "a/b#c@d\n é";
        world.write(&world.inside("acme"), |tx| {
            tx.define(Collection::new("users"))?;
            tx.create_with_id("users", id, json!({}))
        });
        let secret = world.as_document("acme", id);
        let me = world.read(&secret, |tx| Ok(tx.principal()?.identity().unwrap().document().to_owned()));
        assert_eq!(me, id);
        assert!(world.read(&secret, ReadView::collections).is_empty());
        not_found(world.try_write(&secret, |tx| tx.delete("users", id)));
    });
}

#[test]
fn what_one_document_has_done_once_is_nothing_that_another_has_done() {
    let world = World::new(0);
    world.write(&world.admin, |tx| {
        tx.create_with_id("notes", "n2", json!({}))?;
        tx.define_role(Role::new("writer").member("notes").allow("notes", Action::Create))
    });
    let (_, server) = world.key("", "server");
    let first_time = |secret: &Secret| world.write(secret, |tx| tx.once("order-17"));
    let [one, other] = ["n1", "n2"].map(|id| server.scoped(&SecretScope::document("notes", id).unwrap()));
    assert_eq!([&one, &other, &server].map(first_time), [true, true, true]);
    assert_eq!([&one, &other, &server].map(first_time), [false, false, false]);
    // Also where both names are as long as they may be.
    let [left, right] = ["l", "r"].map(|last| format!("{}{last}", "é".repeat(127) + "i"));
    world.write(&world.admin, |tx| {
        [&left, &right].into_iter().try_for_each(|id| tx.create_with_id("notes", id, json!({})).map(drop))
    });
    let longest = |secret: &Secret| world.write(secret, |tx| tx.once(&"x".repeat(128)));
    let acting = [&left, &right].map(|id| server.scoped(&SecretScope::document("notes", id).unwrap()));
    assert_eq!((left.len(), acting.each_ref().map(longest)), (256, [true, true]));
    assert_eq!(acting.each_ref().map(longest), [false, false]);
}
