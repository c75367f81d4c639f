//! The lines of the acceptance list on tokens and identities, each as a test under its number.
//! Predicates come later: where a line speaks of one, an unconditional privilege stands in its place.

use crate::world::{World, check, check_with, constraint, denied, invalid, not_found};
use portunus_auth::{
    Action, Collection, Durability, Error, NewToken, Procedure, ReadView, Resource, Role, Timestamp,
};
use serde_json::json;
use std::time::Duration;

/// Ann's and Bob's store, in which they may do nothing yet.
fn settled(test: impl Fn(&World)) {
    check(|world| {
        world.settle("");
        test(world);
    });
}

fn identity(world: &World, secret: &portunus_auth::Secret) -> (String, String) {
    world.read(secret, |tx| {
        let own = tx.principal()?.identity().unwrap();
        Ok((own.collection().to_owned(), own.document().to_owned()))
    })
}

#[test]
fn acceptance_034_a_token_made_by_those_who_may_stands_for_its_document() {
    settled(|world| {
        let ann = || NewToken::new("users", "ann");
        world.write(&world.admin, |tx| {
            tx.define_role(Role::new("doorkeeper").allow_every(Resource::Token, Action::Create))?;
            tx.define_role(
                Role::new("reader").allow("users", Action::Read).allow_every(Resource::Token, Action::Read),
            )
        });
        for role in ["admin", "server", "doorkeeper"] {
            let made = world.write(&world.key("", role).1, |tx| tx.create_token(ann()));
            assert_eq!(identity(world, &made.secret), ("users".into(), "ann".into()), "{role}");
            let id = world.read(&made.secret, |tx| Ok(tx.principal()?.id()));
            assert_eq!((id, made.expires_at), (made.id, None));
        }
        let powerless = [
            world.key("", "none").1,
            world.key("", "server-readonly").1,
            world.key("", "reader").1,
            world.token("", "bob").secret,
            world.as_document("", "ann"),
        ];
        for secret in powerless {
            denied(world.try_write(&secret, |tx| tx.create_token(ann())));
            denied(world.try_write(&secret, |tx| tx.create_token(NewToken::new("users", "nobody"))));
            denied(world.try_write(&secret, |tx| tx.create_token(NewToken::new("nothing", ""))));
        }
        for (collection, document) in
            [("users", "nobody"), ("users", ""), ("ghosts", "ann"), ("", ""), ("notes", "ann")]
        {
            not_found(
                world.try_write(&world.admin, |tx| tx.create_token(NewToken::new(collection, document))),
            );
        }
        // A document of any collection may be one's identity, also with an id that looks like something else.
        for id in ["#", "@doc/users/ann", "a/b", "é\n\0", "0000", &"i".repeat(256)] {
            world.write(&world.admin, |tx| tx.create_with_id("notes", id, json!({})));
            let made = world.write(&world.admin, |tx| tx.create_token(NewToken::new("notes", id)));
            assert_eq!(identity(world, &made.secret), ("notes".into(), id.to_owned()));
        }
    });
}

#[test]
fn acceptance_035_a_record_of_the_engine_is_nobody_s_identity() {
    settled(|world| {
        let key = world.read(&world.admin, |tx| Ok(tx.principal()?.id())).to_string();
        for collection in ["Key", "key", "5", "00000005", "Token", "Database", "system", "\u{5}", "Role"] {
            for document in [key.as_str(), "self", "header", "mac_key", "users", "00000001"] {
                let made =
                    world.try_write(&world.admin, |tx| tx.create_token(NewToken::new(collection, document)));
                not_found(made);
                let text = format!("{}#@doc/{collection}/{document}", world.admin.expose());
                world.refuses(&portunus_auth::Secret::new(text));
            }
        }
    });
}

#[test]
fn acceptance_036_a_token_dies_with_its_document() {
    settled(|world| {
        let (ann, bob) = (world.token("", "ann"), world.token("", "bob"));
        world.opens(&ann.secret);
        world.write(&world.admin, |tx| tx.delete("users", "ann"));
        world.refuses(&ann.secret);
        world.opens(&bob.secret);
        assert!(world.read(&world.admin, |tx| tx.token(ann.id)).is_none(), "it is gone, not only refused");
        assert!(world.read(&world.admin, |tx| tx.tokens_of("users", "ann")).is_empty());
        assert_eq!(world.read(&world.admin, |tx| tx.tokens_of("users", "bob")).len(), 1);
        // In the transaction that deletes it too, also for one that was made there.
        world.write(&world.admin, |tx| {
            tx.create_with_id("users", "cid", json!({}))?;
            let made = tx.create_token(NewToken::new("users", "cid"))?;
            tx.delete("users", "cid")?;
            assert!(tx.token(made.id)?.is_none());
            Ok(())
        });
        assert_eq!(world.read(&world.admin, ReadView::check).problems, Vec::<String>::new());
    });
}

#[test]
fn acceptance_037_a_document_with_the_id_of_a_dead_one_revives_no_token() {
    settled(|world| {
        let before = world.token("", "ann");
        world.write(&world.admin, |tx| tx.delete("users", "ann"));
        world.write(&world.admin, |tx| tx.create_with_id("users", "ann", json!({})));
        world.refuses(&before.secret);
        // Nor in one transaction, nor where the old one has expired but was not collected.
        let before = world.token("", "ann");
        world.write(&world.admin, |tx| {
            tx.delete("users", "ann")?;
            tx.create_with_id("users", "ann", json!({}))
        });
        world.refuses(&before.secret);
        let before = world.token("", "ann");
        let soon = portunus_auth::Expiry::At(Timestamp(world.clock_now().0 + 1_000_000));
        world.write(&world.admin, |tx| tx.change("users", "ann").expires(soon).patch(json!({})));
        world.advance(1);
        world.refuses(&before.secret);
        world.write(&world.admin, |tx| tx.create_with_id("users", "ann", json!({})));
        world.refuses(&before.secret);
        assert!(world.read(&world.admin, |tx| tx.token(before.id)).is_none());
        // A collection of the same name with a document of the same id is another one.
        let before = world.token("", "ann");
        world.write(&world.admin, |tx| tx.drop_collection("users"));
        world.settle("");
        world.refuses(&before.secret);
        world.opens(&world.token("", "ann").secret);
    });
}

#[test]
fn acceptance_039_a_holder_sees_its_own_deletions_and_does_not_outlive_its_document() {
    settled(|world| {
        world.write(&world.admin, |tx| {
            tx.define_role(
                Role::new("author")
                    .member("users")
                    .allow("notes", Action::Read)
                    .allow("notes", Action::Create)
                    .allow("notes", Action::Delete)
                    .allow("users", Action::Delete)
                    .allow("users", Action::Read),
            )
        });
        let ann = world.token("", "ann");
        let mut view = world.gate.begin_write(&ann.secret).unwrap();
        view.delete("notes", "n1").unwrap();
        assert!(!view.exists("notes", "n1").unwrap());
        world.write(&world.admin, |tx| tx.delete("users", "ann"));
        assert!(matches!(view.exists("notes", "n1"), Err(Error::Unauthenticated)));
        assert!(matches!(view.commit(Durability::Immediate), Err(Error::Unauthenticated)));
        assert_eq!(world.place(&world.admin), "", "nothing was deleted");
        // Its own document it may delete if a role says so, and is gone with the commit.
        let bob = world.token("", "bob");
        world.write(&bob.secret, |tx| {
            tx.delete("users", "bob")?;
            assert!(!tx.exists("users", "bob")?);
            assert!(tx.own_tokens()?.is_empty());
            tx.create("notes", json!({"from": "somebody who leaves"}))
        });
        world.refuses(&bob.secret);
        assert_eq!(world.read(&world.admin, |tx| tx.query("notes").count()), 2);
    });
}

#[test]
fn acceptance_040_a_token_that_is_given_to_another_document_stands_for_that() {
    settled(|world| {
        let token = world.token("", "ann");
        assert_eq!(identity(world, &token.secret).1, "ann");
        world.write(&world.admin, |tx| tx.retarget_token(token.id, "users", "bob"));
        assert_eq!(identity(world, &token.secret).1, "bob");
        assert!(world.read(&world.admin, |tx| tx.tokens_of("users", "ann")).is_empty());
        assert_eq!(world.read(&token.secret, ReadView::own_tokens).len(), 1);
        // It dies with the one that it stands for now, not with the one from before.
        world.write(&world.admin, |tx| tx.delete("users", "ann"));
        world.opens(&token.secret);
        world.write(&world.admin, |tx| tx.delete("users", "bob"));
        world.refuses(&token.secret);
        not_found(world.try_write(&world.admin, |tx| tx.retarget_token(token.id, "users", "bob")));
    });
}

#[test]
fn acceptance_041_without_a_role_a_token_has_its_baseline_rights_and_no_more() {
    settled(|world| {
        let ann = world.token("", "ann");
        let view = world.gate.begin_read(&ann.secret).unwrap();
        assert!(view.get("users", "ann").unwrap().is_none(), "not even its own document");
        assert!(view.query("users").list_ids().unwrap().is_empty());
        assert!(view.collections().unwrap().is_empty() && view.roles().unwrap().is_empty());
        assert!(view.keys().unwrap().is_empty() && view.procedures().unwrap().is_empty());
        let own = view.token(ann.id).unwrap().unwrap();
        assert_eq!((own.id, own.document.as_str()), (ann.id, "ann"));
        assert_eq!(view.own_tokens().unwrap().len(), 1);
        assert!(view.tokens_of("users", "ann").unwrap().is_empty(), "that is for those with a right to it");
        drop(view);
        denied(world.try_write(&ann.secret, |tx| tx.create("notes", json!({}))));
        not_found(world.try_write(&ann.secret, |tx| tx.set_token_expiry(ann.id, None)));
        not_found(world.try_write(&ann.secret, |tx| tx.retarget_token(ann.id, "users", "bob")));
        denied(world.try_write(&ann.secret, |tx| tx.once("a token")));
        world.write(&ann.secret, |tx| tx.delete_token(ann.id));
        world.refuses(&ann.secret);
    });
}

#[test]
fn acceptance_041_no_role_takes_the_baseline_rights_of_a_token_away() {
    settled(|world| {
        let password = |text: &str| portunus_auth::Password::new(text).unwrap();
        let (old, new) = (password("correct horse"), password("battery staple"));
        let hash = world.gate.hash_password(&old).unwrap();
        // It denies everything that there is.
        let denial = Resource::ALL.into_iter().fold(Role::new("denial").member("users"), |role, resource| {
            let may = |action: &Action| {
                portunus_auth::BuiltInRole::Admin.decide(resource, *action) == portunus_auth::Decision::Allow
            };
            Action::ALL.into_iter().filter(may).fold(role, |role, action| role.deny_every(resource, action))
        });
        world.write(&world.admin, |tx| {
            tx.set_credential("users", "ann", &hash, portunus_auth::Sessions::Keep)?;
            tx.define_role(Role::new("all").member("users").allow_every(Resource::Document, Action::Read))?;
            tx.define_role(&denial)
        });
        let [phone, laptop, watch] = [(); 3].map(|()| world.token("", "ann"));
        assert!(world.read(&phone.secret, |tx| tx.get("notes", "n1")).is_none(), "the denial holds");
        assert_eq!(world.read(&phone.secret, ReadView::own_tokens).len(), 3);
        assert!(world.read(&phone.secret, |tx| tx.token(laptop.id)).is_some());
        world.write(&phone.secret, |tx| tx.delete_token(laptop.id));
        world.refuses(&laptop.secret);
        let keep = portunus_auth::Sessions::EndElsewhere;
        world.gate.change_password(&phone.secret, &old, &new, keep).unwrap();
        world.refuses(&watch.secret);
        assert_eq!(world.write(&phone.secret, |tx| tx.logout(portunus_auth::Logout::Everywhere)), 1);
        world.refuses(&phone.secret);
    });
}

#[test]
fn acceptance_044_who_may_list_tokens_sees_them_and_nothing_that_opens_anything() {
    settled(|world| {
        world.write(&world.admin, |tx| {
            tx.define_role(Role::new("auditor").member("users").allow_every(Resource::Token, Action::Read))
        });
        let (ann, bob) = (world.token("", "ann"), world.token("", "bob"));
        let listed = world.read(&ann.secret, |tx| tx.tokens_of("users", "bob"));
        assert_eq!(listed.iter().map(|token| token.id).collect::<Vec<_>>(), [bob.id]);
        assert_eq!(world.read(&ann.secret, |tx| tx.token(bob.id)).as_ref(), listed.first());
        let shown = format!("{listed:?}");
        let random = &bob.secret.expose()[14..57];
        for part in random.as_bytes().windows(5) {
            assert!(!shown.contains(std::str::from_utf8(part).unwrap()), "a part of the secret is shown");
        }
        // To see them is not to end them.
        denied(world.try_write(&ann.secret, |tx| tx.delete_token(bob.id)));
        denied(world.try_write(&ann.secret, |tx| tx.retarget_token(bob.id, "users", "ann")));
        denied(world.try_write(&ann.secret, |tx| tx.set_token_expiry(bob.id, None)));
    });
}

#[test]
fn acceptance_046_a_token_ends_after_its_time_and_is_not_made_for_a_time_that_has_passed() {
    settled(|world| {
        let ann = || NewToken::new("users", "ann");
        let token = world.write(&world.admin, |tx| tx.create_token(ann().ttl(Duration::from_secs(10))));
        assert_eq!(token.expires_at, Some(world.later(10)));
        world.advance(9);
        world.opens(&token.secret);
        world.advance(1);
        world.refuses(&token.secret);
        for past in
            [ann().ttl(Duration::ZERO), ann().expires_at(world.clock_now()), ann().expires_at(Timestamp(0))]
        {
            invalid(world.try_write(&world.admin, |tx| tx.create_token(&past)));
        }
        let endless = world.write(&world.admin, |tx| tx.create_token(ann().ttl(Duration::MAX)));
        world.opens(&endless.secret);
        // What has ended is not there any more, and cannot be brought back.
        assert!(world.read(&world.admin, |tx| tx.token(token.id)).is_none());
        not_found(world.try_write(&world.admin, |tx| tx.set_token_expiry(token.id, None)));
        invalid(world.try_write(&world.admin, |tx| tx.set_token_expiry(endless.id, Some(tx.now()))));
        world.opens(&endless.secret);
    });
}

#[test]
fn acceptance_048_no_more_than_64_roles_have_the_documents_of_one_collection() {
    settled(|world| {
        world.write(&world.admin, |tx| {
            for number in 0..64 {
                tx.define_role(Role::new(format!("r{number}")).member("users"))?;
            }
            tx.define_role(Role::new("other"))
        });
        let one_more =
            |name: &str| world.try_write(&world.admin, |tx| tx.define_role(Role::new(name).member("users")));
        constraint(one_more("r64"));
        constraint(one_more("other"));
        one_more("r7").unwrap();
        let ann = world.token("", "ann");
        assert_eq!(world.read(&ann.secret, |tx| Ok(tx.principal()?.roles().len())), 64);
        world.write(&world.admin, |tx| tx.define_role(Role::new("r7")));
        one_more("r64").unwrap();
        assert_eq!(world.read(&ann.secret, |tx| Ok(tx.principal()?.roles().len())), 64);
    });
}

#[test]
fn acceptance_049_a_procedure_with_a_role_of_its_own_knows_its_caller() {
    let who = Procedure::new("who", |call, (): ()| {
        let view = call.begin_read()?;
        let me = view.principal()?;
        let roles: Vec<String> = me.roles().iter().map(ToString::to_string).collect();
        let identity = me.identity().map(|own| own.document().to_owned());
        Ok((identity, roles, me.procedure().map(str::to_owned), me.id().to_string()))
    });
    check_with(&[who], |world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define(Collection::new("notes"))?;
            tx.define_procedure("who", Some("server-readonly"))?;
            tx.define_role(Role::new("caller").member("users").allow_call("who"))
        });
        let ann = world.token("", "ann");
        type Told = (Option<String>, Vec<String>, Option<String>, String);
        let (identity, roles, procedure, id): Told = world.gate.call(&ann.secret, "who", ()).unwrap();
        assert_eq!((identity.as_deref(), procedure.as_deref()), (Some("ann"), Some("who")));
        assert_eq!((roles, id), (vec!["server-readonly".to_owned()], ann.id.to_string()));
        let roles = world.read(&ann.secret, |tx| Ok(tx.principal()?.roles().to_vec()));
        assert_eq!(roles.iter().map(ToString::to_string).collect::<Vec<_>>(), ["caller"], "outside of it");
    });
}
