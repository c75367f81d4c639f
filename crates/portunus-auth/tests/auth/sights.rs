//! What a holder sees of definitions and secrets: what its roles grant, of each kind by itself, and nothing beside it. What
//! documents show is told elsewhere.

use crate::outside::{Outside, check};
use crate::world::{denied, not_found, path};
use portunus_auth::{
    Action, AuditSettings, BuiltInRole, Decision, NewKey, NewToken, ReadView, Resource, Role, Secret,
    Sessions,
};
use serde_json::json;

/// Something that is seen by a right on one kind of thing.
type Sight = (Resource, fn(&ReadView) -> bool);

/// Each shows something in the store of [`furnished`] to those with the right.
const SIGHTS: [Sight; 16] = [
    (Resource::Collection, |view| !view.collections().unwrap().is_empty()),
    (Resource::Collection, |view| view.collection("notes").unwrap().is_some()),
    (Resource::Collection, |view| view.unbuilt_indexes("notes").is_ok()),
    (Resource::Database, |view| !view.databases(&path("")).unwrap().is_empty()),
    (Resource::Database, |view| view.database_at(&path("eu")).unwrap().is_some()),
    (Resource::Key, |view| !view.keys().unwrap().is_empty()),
    (Resource::Token, |view| !view.tokens_of("users", "u2").unwrap().is_empty()),
    (Resource::Credential, |view| view.credential("users", "u2").unwrap().is_some()),
    (Resource::Role, |view| !view.roles().unwrap().is_empty()),
    (Resource::Role, |view| view.role("reader").unwrap().is_some()),
    (Resource::AccessProvider, |view| !view.providers().unwrap().is_empty()),
    (Resource::AccessProvider, |view| view.provider("staff").unwrap().is_some()),
    (Resource::Procedure, |view| !view.procedures().unwrap().is_empty()),
    (Resource::Audit, |view| view.audit_settings().unwrap().is_some()),
    (Resource::Audit, |view| !view.audit(portunus_auth::AuditQuery::default()).unwrap().is_empty()),
    (Resource::Audit, |view| view.verify_audit().is_ok()),
];

/// `acme` with something of every kind in it, and its users `u1`, whose JWTs are good, and `u2`.
fn furnished(it: &Outside) {
    it.user("u1", "ann");
    it.user("u2", "bob");
    let hash = it.world.gate.hash_password(&crate::people::password(crate::people::RIGHT)).unwrap();
    it.world.write(&it.admin(), |tx| {
        tx.set_audit(AuditSettings::default())?;
        tx.delete_role("member")?;
        tx.define_procedure("work", None)?;
        tx.create_key(NewKey::new("none"))?;
        tx.create_token(NewToken::new("users", "u2"))?;
        tx.set_credential("users", "u2", &hash, Sessions::Keep)
    });
}

/// One holder of each kind that has what the role `holder` grants.
fn holders(it: &Outside) -> [(&'static str, Secret); 5] {
    it.define(it.provider().role("holder"));
    let token = it.world.write(&it.admin(), |tx| tx.create_token(NewToken::new("users", "u1")));
    [
        ("a key", it.world.key("acme", "holder").1),
        ("a key narrowed to the role", it.world.admin.scoped(&"@acme#holder".parse().unwrap())),
        ("a key that acts as a document", it.world.as_document("acme", "u1")),
        ("a token", token.secret),
        ("a JWT", it.good()),
    ]
}

fn sees(it: &Outside, secret: &Secret) -> [bool; SIGHTS.len()] {
    let view = it.world.gate.begin_read(secret).unwrap();
    SIGHTS.map(|(_, look)| look(&view))
}

#[test]
fn acceptance_088_tokens_and_roles_of_a_database_see_of_definitions_what_they_are_granted() {
    check(|it| {
        furnished(it);
        let define = |role: Role| it.world.write(&it.admin(), |tx| tx.define_role(role.member("users")));
        define(Role::new("holder"));
        let holders = holders(it);
        assert_eq!(sees(it, &it.admin()), [true; SIGHTS.len()], "there is something to be seen of each");
        for (holder, secret) in &holders {
            assert_eq!(sees(it, secret), [false; SIGHTS.len()], "{holder} without a grant");
        }
        for granted in Resource::ALL {
            define(Role::new("holder").allow_every(granted, Action::Read));
            for (holder, secret) in &holders {
                let expected = SIGHTS.map(|(resource, _)| resource == granted);
                assert_eq!(sees(it, secret), expected, "{holder} with a right to see each {granted}");
            }
        }
        // All other rights together show nothing.
        let blind = Resource::ALL.into_iter().fold(Role::new("holder"), |role, resource| {
            let others = Action::ALL.into_iter().filter(|action| *action != Action::Read);
            let fit = others.filter(|action| BuiltInRole::Admin.decide(resource, *action) == Decision::Allow);
            fit.fold(role, |role, action| role.allow_every(resource, action))
        });
        define(blind);
        for (holder, secret) in &holders {
            assert_eq!(sees(it, secret), [false; SIGHTS.len()], "{holder} with all rights but to see");
        }
    });
}

#[test]
fn acceptance_085_and_088_the_built_in_roles_see_their_kinds_of_things() {
    check(|it| {
        furnished(it);
        for (role, seen) in [
            (
                "server",
                &[Resource::Collection, Resource::Procedure, Resource::Token, Resource::Credential][..],
            ),
            ("server-readonly", &[Resource::Collection, Resource::Procedure]),
            ("none", &[]),
        ] {
            let expected = SIGHTS.map(|(resource, _)| seen.contains(&resource));
            assert_eq!(sees(it, &it.world.key("acme", role).1), expected, "{role}");
        }
    });
}

#[test]
fn acceptance_085_a_server_sees_and_defines_no_roles() {
    check(|it| {
        for role in ["server", "server-readonly", "none"] {
            let (_, secret) = it.world.key("acme", role);
            let mut view = it.world.gate.begin_write(&secret).unwrap();
            assert!(view.roles().unwrap().is_empty());
            for name in ["reader", "ghost"] {
                assert!(view.role(name).unwrap().is_none());
                denied(view.define_role(Role::new(name)));
                not_found(view.rename_role(name, "other"));
                not_found(view.delete_role(name));
            }
            for name in ["work", "ghost"] {
                denied(view.define_procedure(name, Some("none")));
            }
        }
    });
}

// The holder of a JWT is one like all others: what its roles do not grant, it may not.
#[test]
fn acceptance_034_054_and_059_the_holder_of_a_jwt_makes_no_tokens_and_tries_no_passwords() {
    check(|it| {
        furnished(it);
        it.define(it.provider().role("reader").identity("users", ["issuer", "subject"]));
        let good = it.good();
        let hash = it.world.gate.hash_password(&crate::people::password(crate::people::RIGHT)).unwrap();
        let mut view = it.world.gate.begin_write(&good).unwrap();
        for id in ["u1", "u2", "ghost"] {
            denied(view.create_token(NewToken::new("users", id)));
            denied(view.set_credential("users", id, &hash, Sessions::Keep));
            not_found(view.delete_credential("users", id, Sessions::Keep));
            let by = portunus_auth::By::id(id);
            let right = crate::people::password(crate::people::RIGHT);
            denied(it.world.gate.verify_password(&good, "users", &by, &right));
            denied(it.world.gate.login(&good, portunus_auth::Login::new("users", by, &right)));
            denied(it.world.gate.change_password(&good, &right, &right, Sessions::Keep));
        }
        denied(view.create("notes", json!({})));
        denied(view.create_key(NewKey::new("none")));
    });
}
