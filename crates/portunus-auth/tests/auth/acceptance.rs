//! The lines of the acceptance list whose subject exists by now, each as a test under its number.
//! The role that the list calls "client" is `none` here.

use crate::world::{World, check, constraint, denied, invalid, not_found, path, scope};
use portunus_auth::{Collection, Error, NewKey, ReadView, Secret, Timestamp};
use serde_json::json;

#[test]
fn acceptance_001_no_secret_opens_nothing() {
    check(|world| world.refuses(&Secret::from("")));
}

#[test]
fn acceptance_002_a_malformed_secret_is_refused_as_an_unknown_one_is() {
    check(|world| {
        let (_, good) = world.key("", "server");
        let unknown = World::new(0).admin;
        let text = good.expose();
        let malformed = [
            "pk_",
            "admin",
            "Bearer x",
            &text[..62],
            &format!("{text}x"),
            &text.replacen("pk_", "pt_", 1),
            &text.replacen("pk_", "xx_", 1),
            &format!("pk_{}", "!".repeat(60)),
        ];
        world.refuses(&unknown);
        for text in malformed {
            world.refuses(&Secret::from(text));
        }
        world.opens(&good);
    });
}

#[test]
fn acceptance_004_a_secret_is_shown_once() {
    check(|world| {
        let made = world.write(&world.admin, |tx| tx.create_key(NewKey::new("server").named("importer")));
        world.opens(&made.secret);
        let listed = world.read(&world.admin, |tx| tx.key(made.id)).unwrap();
        assert_eq!((listed.id, listed.name.as_deref()), (made.id, Some("importer")));
        let random = &made.secret.expose()[14..];
        assert!(!format!("{listed:?}").contains(random));
        // That no plaintext is in the file: `leaks.rs`.
    });
}

// 5 and 6 hold by type: neither `NewKey` nor any change of a key takes a secret or a hash. This is what a caller can say.
#[test]
fn acceptance_005_and_006_nobody_brings_or_changes_a_secret() {
    check(|world| {
        let (id, secret) = world.key("", "server");
        world.write(&world.admin, |tx| {
            tx.set_key_role(id, "server-readonly")?;
            tx.set_key_expiry(id, Some(Timestamp::MAX))
        });
        world.opens(&secret);
        assert_eq!(
            world.read(&secret, |tx| Ok(tx.principal()?.roles()[0].clone())).as_str(),
            "server-readonly"
        );
    });
}

#[test]
fn acceptance_011_a_key_of_an_unknown_role_is_refused() {
    check(|world| {
        for role in ["editor", "", "Admin", "admin ", "@doc", "admin#"] {
            constraint(world.try_write(&world.admin, |tx| tx.create_key(NewKey::new(role))));
        }
        let (id, secret) = world.key("", "server");
        constraint(world.try_write(&world.admin, |tx| tx.set_key_role(id, "editor")));
        assert_eq!(world.read(&secret, |tx| Ok(tx.principal()?.roles()[0].clone())).as_str(), "server");
    });
}

#[test]
fn acceptance_014_an_expired_key_opens_nothing_until_its_expiry_is_moved() {
    check(|world| {
        let (id, secret) = world.key("", "server");
        let expire = |at| world.write(&world.admin, |tx| tx.set_key_expiry(id, at));
        expire(Some(Timestamp(world.clock_now().0 - 1)));
        world.refuses(&secret);
        expire(Some(world.clock_now()));
        world.refuses(&secret);
        expire(Some(Timestamp(world.clock_now().0 + 1)));
        world.opens(&secret);
        expire(None);
        world.opens(&secret);
        invalid(
            world.try_write(&world.admin, |tx| tx.create_key(NewKey::new("server").expires_at(tx.now()))),
        );
    });
}

#[test]
fn acceptance_015_a_remembered_key_expires_without_any_write() {
    check(|world| {
        let key = NewKey::new("server").expires_at(world.later(10));
        let secret = world.write(&world.admin, |tx| tx.create_key(&key)).secret;
        world.opens(&secret);
        world.advance(9);
        world.opens(&secret);
        world.advance(1);
        world.refuses(&secret);
    });
}

#[test]
fn acceptance_017_and_090_a_role_without_rights_opens_and_sees_nothing() {
    check(|world| {
        let (_, secret) = world.key("", "none");
        world.opens(&secret);
        let view = world.gate.begin_read(&secret).unwrap();
        assert!(view.get("notes", "n1").unwrap().is_none());
        assert!(!view.exists("notes", "n1").unwrap());
        assert_eq!(view.query("notes").count().unwrap(), 0);
        assert_eq!(view.query("notes").index("owner").equal(["ann"]).documents().unwrap(), []);
        assert!(view.query("notes").list_ids().unwrap().is_empty());
        denied(view.query("notes").strict().count());
        assert!(view.collections().unwrap().is_empty());
        let mut view = world.gate.begin_write(&secret).unwrap();
        denied(view.create("notes", json!({})));
        not_found(view.replace("notes", "n1", json!({})));
        not_found(view.patch("notes", "n1", json!({})));
        not_found(view.delete("notes", "n1"));
        denied(view.define(Collection::new("more")));
        denied(view.define(Collection::new("notes")));
        not_found(view.drop_collection("notes"));
        denied(view.create_database(&path("gamma")));
        denied(view.create_key(NewKey::new("none")));
    });
}

#[test]
fn acceptance_019_a_key_for_a_child_needs_a_role_that_the_child_has() {
    check(|world| {
        constraint(world.try_write(&world.admin, |tx| tx.create_key(NewKey::new("editor").at(path("acme")))));
        not_found(
            world.try_write(&world.admin, |tx| tx.create_key(NewKey::new("server").at(path("nowhere")))),
        );
        let (_, secret) = world.key("acme", "server");
        assert_eq!(world.place(&secret), "acme");
    });
}

#[test]
fn acceptance_021_an_administrator_narrows_its_key_to_a_descendant_and_a_role() {
    check(|world| {
        let narrowed = Secret::new(format!("{}@acme/eu#server-readonly", world.admin.expose()));
        assert_eq!(world.place(&narrowed), "acme/eu");
        assert_eq!(
            world.read(&narrowed, |tx| Ok(tx.principal()?.roles()[0].clone())).as_str(),
            "server-readonly"
        );
        denied(world.try_write(&narrowed, |tx| tx.create("notes", json!({}))));
        world.write(&world.admin, |tx| tx.create_database(&path("acme/v1.2.x")));
        world.opens(&world.admin.scoped(&scope("@acme/v1.2.x#server")));
        assert_eq!(world.place(&world.admin.scoped(&scope("#server"))), "");
    });
}

#[test]
fn acceptance_023_and_024_no_other_role_narrows_its_key() {
    check(|world| {
        for role in ["server", "server-readonly", "none"] {
            let (_, secret) = world.key("", role);
            for narrowed in ["#none", "#admin", "@acme#none", "@acme#admin"] {
                world.refuses(&secret.scoped(&scope(narrowed)));
            }
            let document = Secret::new(format!("{}#@doc/notes/n1", secret.expose()));
            if role == "server" {
                world.opens(&document);
            } else {
                world.refuses(&document);
            }
            let child_and_document = format!("{}@acme#@doc/notes/n1", secret.expose());
            world.refuses(&Secret::new(child_and_document));
            world.opens(&secret);
        }
    });
}

#[test]
fn acceptance_028_a_scope_means_the_child_that_has_the_name_now() {
    check(|world| {
        let narrowed = world.inside("acme");
        let before = world.read(&narrowed, |tx| Ok(tx.principal()?.database().to_string()));
        world.write(&world.admin, |tx| tx.delete_database(&path("acme")));
        world.refuses(&narrowed);
        world.write(&world.admin, |tx| tx.create_database(&path("acme")));
        let after = world.read(&narrowed, |tx| Ok(tx.principal()?.database().to_string()));
        assert_ne!(before, after);
        assert!(world.read(&narrowed, ReadView::collections).is_empty());
    });
}

#[test]
fn acceptance_029_a_renamed_middle_breaks_scopes_and_not_keys() {
    check(|world| {
        let (narrowed, (_, key)) = (world.inside("acme/eu"), world.key("acme/eu", "server"));
        let own = world.write(&narrowed, |tx| tx.create_key(NewKey::new("server"))).secret;
        world.opens(&narrowed);
        world.write(&world.admin, |tx| tx.rename_database(&path("acme"), &"umbrella".parse().unwrap()));
        world.refuses(&narrowed);
        assert_eq!(world.place(&world.inside("umbrella/eu")), "acme/eu");
        assert_eq!(world.place(&key), "acme/eu");
        assert_eq!(world.place(&own), "acme/eu");
    });
}

#[test]
fn acceptance_031_nothing_but_a_key_takes_a_scope() {
    check(|world| {
        world.settle("");
        let token = world.token("", "ann").secret;
        world.opens(&token);
        for narrowed in ["#none", "#admin", "@acme#none", "#@doc/users/ann", "#@doc/users/bob"] {
            world.refuses(&token.scoped(&scope(narrowed)));
        }
        // Nor does a token's text that is made of a key's; nor what is of no kind at all.
        let (_, key) = world.key("", "admin");
        let text = key.expose().replacen("pk_", "pt_", 1);
        for text in [text.clone(), format!("{text}#admin"), "a.b.c".into(), "a.b.c#admin".into()] {
            world.refuses(&Secret::new(text));
        }
    });
}

#[test]
fn acceptance_032_a_suffix_of_no_known_form_is_never_ignored() {
    check(|world| {
        let text = world.admin.expose();
        for suffix in [
            "admin",
            ":admin",
            "/admin",
            "@",
            "#",
            "@acme",
            "@acme/",
            "@#admin",
            "@acme:admin",
            "@acme#",
            "#admin#admin",
            "@acme@eu#admin",
            "#editor",
            "@acme#editor",
            "@ghost#admin",
            " ",
            "\n",
            "\0",
            "#Admin",
            "#@doc/notes/ghost",
            "#@doc/ghosts/n1",
            "#@doc/notes",
            "#doc/notes/n1",
            "?role=admin",
            "%23admin",
            "@../acme#admin",
        ] {
            world.refuses(&Secret::new(format!("{text}{suffix}")));
        }
        world.opens(&Secret::new(format!("{text}#admin")));
    });
}

#[test]
fn acceptance_085_a_server_sees_no_databases_and_no_keys() {
    check(|world| {
        for role in ["server", "server-readonly", "none"] {
            let (id, secret) = world.key("", role);
            let view = world.gate.begin_read(&secret).unwrap();
            assert!(view.databases(&path("")).unwrap().is_empty());
            assert!(view.databases(&path("acme")).unwrap().is_empty());
            assert!(view.databases(&path("nowhere")).unwrap().is_empty());
            assert!(view.database_at(&path("acme")).unwrap().is_none());
            assert!(view.keys().unwrap().is_empty());
            assert!(view.key(id).unwrap().is_none());
            denied(view.check());
            let mut view = world.gate.begin_write(&secret).unwrap();
            denied(view.create_database(&path("gamma")));
            denied(view.create_key(NewKey::new("none")));
            not_found(view.rename_database(&path("acme"), &"x".parse().unwrap()));
            not_found(view.delete_database(&path("acme")));
            not_found(view.delete_database(&path("nowhere")));
            not_found(view.set_key_role(id, "admin"));
            not_found(view.set_key_expiry(id, None));
            not_found(view.delete_key(id));
        }
    });
}

#[test]
fn acceptance_088_a_server_reads_definitions_and_changes_none() {
    check(|world| {
        for role in ["server", "server-readonly"] {
            let (_, secret) = world.key("", role);
            assert_eq!(world.read(&secret, ReadView::collections).len(), 1);
            assert!(world.read(&secret, |tx| tx.collection("notes")).is_some());
            assert!(world.read(&secret, |tx| tx.unbuilt_indexes("notes")).is_empty());
            let mut view = world.gate.begin_write(&secret).unwrap();
            denied(view.define(Collection::new("notes")));
            denied(view.define(Collection::new("more")));
            denied(view.rename_collection("notes", "other"));
            denied(view.rename_collection("ghost", "other"));
            denied(view.drop_collection("notes"));
            denied(view.build_indexes("notes"));
        }
    });
}

#[test]
fn acceptance_100_a_scan_without_any_grant_is_empty_and_a_strict_one_denied() {
    check(|world| {
        let (_, secret) = world.key("", "none");
        assert_eq!(world.read(&secret, |tx| tx.query("notes").documents()), []);
        assert_eq!(world.read(&secret, |tx| tx.query("ghost").documents()), []);
        denied(world.gate.begin_read(&secret).unwrap().query("notes").strict().documents());
        denied(world.gate.begin_read(&secret).unwrap().query("ghost").strict().documents());
    });
}

#[test]
fn acceptance_102_a_reference_into_the_unseen_is_a_plain_value() {
    check(|world| {
        world.write(&world.admin, |tx| tx.create_with_id("notes", "n2", json!({"see": "acme/notes/n1"})));
        let (_, secret) = world.key("", "server");
        let note = world.read(&secret, |tx| tx.get("notes", "n2")).unwrap();
        assert_eq!(note.field("see").and_then(portunus_auth::ValueRef::as_str), Some("acme/notes/n1"));
        assert!(world.read(&secret, |tx| tx.get("notes", "acme/notes/n1")).is_none());
        not_found(world.gate.begin_read(&secret).unwrap().get("acme/notes", "n1"));
    });
}

#[test]
fn acceptance_107_who_may_not_read_finds_nothing_to_change() {
    check(|world| {
        let (_, secret) = world.key("", "none");
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
    });
}

#[test]
fn acceptance_142_a_child_is_opened_from_above_and_sees_nothing_above() {
    check(|world| {
        world.write(&world.admin, |tx| tx.create_database(&path("gamma")));
        world.opens(&world.inside("gamma"));
        let (_, key) = world.key("gamma", "admin");
        world.opens(&key);
        let view = world.gate.begin_read(&key).unwrap();
        assert!(view.collections().unwrap().is_empty());
        assert!(view.keys().unwrap().is_empty(), "its own key belongs to its parent");
        assert!(view.databases(&path("")).unwrap().is_empty());
        not_found(view.databases(&path("gamma")));
        not_found(view.get("notes", "n1"));
    });
}

#[test]
fn acceptance_143_keys_go_with_the_database_that_they_open() {
    check(|world| {
        let (old, secret) = world.key("acme", "server");
        let (below, secret_below) = world.key("acme/eu", "server");
        let own = world.write(&world.inside("acme"), |tx| tx.create_key(NewKey::new("admin"))).secret;
        let made = world.write(&world.admin, |tx| {
            let made = tx.create_key(NewKey::new("server").at(path("acme")))?;
            tx.delete_database(&path("acme"))?;
            assert!(tx.key(made.id)?.is_none());
            Ok(made)
        });
        for secret in [&secret, &secret_below, &own, &made.secret] {
            world.refuses(secret);
        }
        let left: Vec<_> = world.read(&world.admin, ReadView::keys).into_iter().map(|key| key.id).collect();
        for gone in [old, below, made.id] {
            assert!(!left.contains(&gone));
        }
        assert_eq!(left.len(), 1, "the first key is left");
        assert_eq!(world.read(&world.admin, ReadView::check).problems, Vec::<String>::new());
    });
}

#[test]
fn acceptance_145_a_renamed_child_keeps_its_keys() {
    check(|world| {
        let (id, secret) = world.key("acme", "server");
        let name = world.read(&secret, |tx| Ok(tx.principal()?.database().to_string()));
        world.write(&world.admin, |tx| tx.rename_database(&path("acme"), &"umbrella".parse().unwrap()));
        assert_eq!(world.place(&secret), "acme");
        assert_eq!(world.read(&secret, |tx| Ok(tx.principal()?.database().to_string())), name);
        assert_eq!(world.read(&world.admin, |tx| tx.key(id)).unwrap().path, Some(path("umbrella")));
    });
}

#[test]
fn acceptance_147_a_disabled_database_is_closed_with_all_below_it() {
    check(|world| {
        let (_, key) = world.key("acme", "server");
        let (_, below) = world.key("acme/eu", "server");
        let closed = [key, below, world.inside("acme"), world.inside("acme/eu")];
        let names = || {
            let found = world.read(&world.admin, |tx| tx.databases(&path("")));
            found.into_iter().map(|found| found.path.to_string()).collect::<Vec<_>>()
        };
        world.write(&world.admin, |tx| tx.disable_database(&path("acme")));
        closed.iter().for_each(|secret| world.refuses(secret));
        assert_eq!(names(), ["beta"]);
        let disabled = world.read(&world.admin, |tx| tx.disabled_databases(&path("")));
        assert_eq!(disabled.iter().map(|one| one.path.to_string()).collect::<Vec<_>>(), ["acme"]);
        world.opens(&world.inside("beta"));
        world.write(&world.admin, |tx| tx.enable_database(&path("acme")));
        closed.iter().for_each(|secret| world.opens(secret));
        assert_eq!(names(), ["acme", "beta"]);
    });
}

#[test]
fn acceptance_148_a_protected_database_is_not_deleted_nor_what_is_in_it() {
    check(|world| {
        world.write(&world.admin, |tx| tx.protect_database(&path("acme"), true));
        constraint(world.try_write(&world.admin, |tx| tx.delete_database(&path("acme"))));
        constraint(world.try_write(&world.admin, |tx| tx.delete_database(&path("acme/eu"))));
        constraint(world.try_write(&world.inside("acme"), |tx| tx.drop_collection("notes")));
        constraint(world.try_write(&world.inside("acme/eu"), |tx| tx.drop_collection("notes")));
        invalid(world.try_write(&world.inside("acme"), |tx| tx.protect_database(&path(""), false)));
        world.write(&world.admin, |tx| tx.protect_database(&path("acme"), false));
        world.write(&world.inside("acme"), |tx| tx.drop_collection("notes"));
        world.write(&world.admin, |tx| tx.delete_database(&path("acme")));
    });
}

#[test]
fn acceptance_150_two_children_of_one_parent_have_two_names() {
    check(|world| {
        let again = world.try_write(&world.admin, |tx| tx.create_database(&path("acme")));
        assert!(matches!(again, Err(Error::AlreadyExists(_))), "{again:?}");
        let renamed =
            world.try_write(&world.admin, |tx| tx.rename_database(&path("beta"), &"acme".parse().unwrap()));
        assert!(matches!(renamed, Err(Error::AlreadyExists(_))), "{renamed:?}");
        world.write(&world.admin, |tx| tx.create_database(&path("beta/acme")));
    });
}
