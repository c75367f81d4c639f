//! Roles that an access provider gives by what a JWT says, and procedures whose callers are held against their arguments.

use crate::outside::{Outside, check};
use crate::world::{World, check_with, denied, invalid};
use portunus_auth::{Action, Error, GivenRole, NamedPredicate, Procedure, Resource, Role, Secret};
use serde_json::{Value, json};

/// The roles that a JWT with these claims has under a rule; none if it opens nothing.
fn with_claims(it: &Outside, claims: &Value) -> Option<Vec<String>> {
    let secret = it.jwt(|all| {
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
    });
    match it.world.gate.begin_read(&secret) {
        Ok(view) => Some(view.principal().unwrap().roles().iter().map(ToString::to_string).collect()),
        Err(Error::Unauthenticated) => None,
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn acceptance_063_a_login_has_every_role_whose_rule_holds() {
    check(|it| {
        it.define(it.provider().role("reader").role_when("author", "'writers' in claims.groups"));
        assert_eq!(with_claims(it, &json!({})).unwrap(), ["reader"]);
        assert_eq!(with_claims(it, &json!({"groups": ["writers"]})).unwrap(), ["author", "reader"]);
        assert_eq!(with_claims(it, &json!({"groups": ["readers"]})).unwrap(), ["reader"]);
        // What it may do is what those roles grant.
        let author = it.jwt(|claims| claims["groups"] = json!(["writers"]));
        it.world.write(&author, |tx| tx.create("notes", json!({})).map(drop));
        denied(it.world.try_write(&it.good(), |tx| tx.create("notes", json!({}))));
        // Nothing is left of one JWT in the next one of the same holder.
        assert_eq!(with_claims(it, &json!({"groups": ["writers"]})).unwrap(), ["author", "reader"]);
    });
}

#[test]
fn acceptance_075_a_token_of_which_no_rule_is_true_opens_nothing() {
    check(|it| {
        it.define(
            it.provider().role_when("reader", "claims.level > 3").role_when("author", "claims.level > 5"),
        );
        for (claims, roles) in [
            (json!({"level": 4}), Some(vec!["reader"])),
            (json!({"level": 6}), Some(vec!["author", "reader"])),
            (json!({"level": 3}), None),
            (json!({"level": "4"}), None),
            (json!({"level": [4]}), None),
            (json!({"level": {}}), None),
            (json!({"level": null}), None),
            (json!({"level": true}), None),
            (json!({}), None),
        ] {
            let found = with_claims(it, &claims);
            assert_eq!(found, roles.map(|roles| roles.into_iter().map(str::to_owned).collect()), "{claims}");
        }
        // And a transaction that is open goes no further once the rule is another one; nor is another one begun.
        let secret = it.jwt(|claims| claims["level"] = json!(4));
        let view = it.world.gate.begin_read(&secret).unwrap();
        it.define(it.provider().role_when("reader", "claims.level > 9"));
        assert!(matches!(view.get("notes", "n1"), Err(Error::Conflict)));
        it.world.refuses(&secret);
    });
}

#[test]
fn acceptance_077_a_rule_sees_the_whole_payload() {
    check(|it| {
        let opens = |rule: &str, claims: Value| {
            it.define(it.provider().role_when("reader", rule));
            with_claims(it, &claims).is_some()
        };
        let nested =
            json!({"org": {"units": [{"name": "care", "lead": true}, {"name": "desk", "lead": false}]}});
        assert!(opens("claims.org.units.exists(u, u.name == 'care' && u.lead)", nested.clone()));
        assert!(!opens("claims.org.units.exists(u, u.name == 'desk' && u.lead)", nested.clone()));
        assert!(!opens("claims.org.units[7].lead", nested.clone()));
        assert!(opens("claims.org['units'][0].name == 'care'", nested));
        // The registered claims are in it too.
        assert!(opens(
            "claims.sub == 'ann' && claims.iss.startsWith('https://') && claims.exp > claims.iat",
            json!({})
        ));
        // A claim that is null is none, wherever it is.
        assert!(!opens("has(claims.dept)", json!({"dept": null})));
        assert!(!opens("claims.dept == null", json!({"dept": null})));
        assert!(!opens("has(claims.org.dept)", json!({"org": {"dept": null}})));
        assert!(!opens("claims.dept == claims.other", json!({"dept": null, "other": null})));
        // Scopes are words and no parts of words.
        assert!(opens("'admin' in scopes(claims)", json!({"scope": "read admin"})));
        assert!(!opens("'admin' in scopes(claims)", json!({"scope": "nonadmin"})));
        assert!(opens("'admin' in scopes(claims)", json!({"scp": ["read", "admin"]})));
        assert!(!opens("'admin' in scopes(claims)", json!({"scope": {"admin": true}})));
        assert!(!opens("'admin' in scopes(claims)", json!({})));
    });
}

#[test]
fn acceptance_080_a_rule_that_is_none_defines_no_provider() {
    check(|it| {
        for rule in
            ["claims.level ===", "claim.level", "doc.owner == 'x'", "identity.x", "args.x", "1 + 1", ""]
        {
            let told = it.try_define(it.provider().role_when("author", rule));
            assert!(matches!(told, Err(Error::Rule { .. })), "{rule}: {told:?}");
        }
        invalid(it.try_define(it.provider().role("reader").role_when("reader", "true")));
        invalid(it.try_define(it.provider().role_when("admin", "true")));
        // It was changed by none of them.
        let found = it.world.read(&it.admin(), |tx| tx.provider("staff")).unwrap();
        assert_eq!(
            (found.definition.roles[0].role.as_str(), &found.definition.roles[0].when),
            ("reader", &None)
        );
        it.define(it.provider().role_when("author", "claims.level > 3"));
        let found = it.world.read(&it.admin(), |tx| tx.provider("staff")).unwrap().definition;
        let GivenRole { role, when, .. } = &found.roles[0];
        assert_eq!((role.as_str(), when.as_deref()), ("author", Some("claims.level > 3")));
        // What is shown can be defined as it is.
        it.define(found);
    });
}

#[test]
fn a_predicate_that_a_provider_calls_stays_one() {
    check(|it| {
        let admin = it.admin();
        let level = |rule: &str| NamedPredicate::new("senior", ["c"], rule);
        it.world.write(&admin, |tx| tx.define_predicate(level("c.level > 3")));
        it.define(it.provider().role_when("reader", "senior(claims)"));
        let opens = |at: i64| with_claims(it, &json!({"level": at})).is_some();
        assert!(opens(4) && !opens(3));
        it.world.write(&admin, |tx| tx.define_predicate(level("c.level > 2")));
        assert!(opens(3) && !opens(2));
        let told = it.world.try_write(&admin, |tx| tx.delete_predicate("senior"));
        assert!(
            matches!(&told, Err(Error::Constraint(why)) if why.contains("access provider staff")),
            "{told:?}"
        );
        let two = NamedPredicate::new("senior", ["c", "d"], "c.level > d");
        let told = it.world.try_write(&admin, |tx| tx.define_predicate(two));
        assert!(matches!(told, Err(Error::Constraint(_))), "{told:?}");
        it.define(it.provider().role("reader"));
        it.world.write(&admin, |tx| tx.delete_predicate("senior"));
    });
}

#[test]
fn acceptance_079_without_a_mapping_there_are_claims_and_nobody() {
    check(|it| {
        let rules = Role::new("reader")
            .allow_when("notes", Action::Read, "identity == null && claims.sub == doc.owner")
            .allow_when("notes", Action::Create, "id(identity) == 'u1'");
        it.world.write(&it.admin(), |tx| tx.define_role(rules));
        assert!(it.world.read(&it.good(), |tx| tx.get("notes", "n1")).is_some());
        let bob = it.jwt(|claims| claims["sub"] = json!("bob"));
        assert!(it.world.read(&bob, |tx| tx.get("notes", "n1")).is_none());
        // With one, it is that document, and its members' roles apply, under their own rules.
        it.user("u1", "ann");
        it.world.write(&it.admin(), |tx| {
            tx.define_role(Role::new("member").member_when("users", "identity.subject == 'ann'"))
        });
        it.define(it.provider().role("reader").identity("users", ["issuer", "subject"]));
        assert_eq!(it.roles(&it.good()), ["member", "reader"]);
        assert!(it.world.read(&it.good(), |tx| tx.get("notes", "n1")).is_none());
        it.world.write(&it.good(), |tx| tx.create("notes", json!({})).map(drop));
        denied(it.world.try_write(&bob, |tx| tx.create("notes", json!({}))));
        // A provider that gives nothing by itself lets in those that are members.
        it.define(it.provider().role_when("reader", "false").identity("users", ["issuer", "subject"]));
        assert_eq!(it.roles(&it.good()), ["member"]);
        it.world.refuses(&bob);
    });
}

#[test]
fn a_rule_that_looks_at_the_clock_is_asked_again() {
    check(|it| {
        let until = it.world.later(100).to_string();
        it.define(it.provider().role_when("reader", format!("now < timestamp('{until}')")));
        let secret = it.good();
        it.world.opens(&secret);
        it.world.advance(100);
        it.world.refuses(&secret);
    });
}

/// A procedure that tells who calls it, and one that does nothing.
fn procedures() -> [Procedure; 2] {
    let who = Procedure::new("who", |call, amount: i64| {
        let view = call.begin_read()?;
        let me = view.principal()?;
        let document = me.identity().map(|own| own.document().to_owned());
        let roles: Vec<String> = me.roles().iter().map(ToString::to_string).collect();
        let subject = me.claims().and_then(|claims| claims.member("sub")?.as_str().map(str::to_owned));
        Ok((amount, document, roles, subject))
    });
    let again = Procedure::new("again", |call, amount: i64| {
        // Each transaction of the body is one of this call, with its arguments.
        for _ in 0..3 {
            call.begin_read()?.principal()?;
            drop(call.begin_write()?);
        }
        Ok(amount)
    });
    [who, again]
}

type Who = (i64, Option<String>, Vec<String>, Option<String>);

fn with_caller(test: impl Fn(&World, &Secret)) {
    check_with(&procedures(), |world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define_role(Role::new("clerk").allow("notes", Action::Read))?;
            tx.define_procedure("who", Some("clerk"))?;
            tx.define_procedure("again", None)?;
            let caller = Role::new("caller")
                .member("users")
                .allow_call_when("who", "args < 100 && identity.name != 'bob'")
                .allow_call_when("again", "args < 10");
            tx.define_role(caller)
        });
        let ann = world.token("", "ann").secret;
        test(world, &ann);
    });
}

#[test]
fn a_call_is_allowed_by_its_arguments_and_the_next_one_by_its_own() {
    with_caller(|world, ann| {
        let call = |amount: i64| world.gate.call::<_, Who>(ann, "who", amount);
        for _ in 0..2 {
            assert_eq!(call(99).unwrap().0, 99);
            denied(call(100));
            denied(call(i64::MAX));
            assert_eq!(call(-1).unwrap().0, -1);
        }
        denied(world.gate.call::<_, Who>(ann, "who", "99"));
        denied(world.gate.call::<_, Who>(ann, "who", ()));
        denied(world.gate.call::<_, Who>(ann, "nowhere", 1));
        denied(world.gate.call::<_, Who>(&world.token("", "bob").secret, "who", 1));
        assert_eq!(world.gate.call::<_, i64>(ann, "again", 9).unwrap(), 9);
        denied(world.gate.call::<_, i64>(ann, "again", 10));
    });
}

#[test]
fn acceptance_049_and_115_a_body_knows_its_caller_and_has_the_rights_of_its_role() {
    with_caller(|world, ann| {
        let who: Who = world.gate.call(ann, "who", 1).unwrap();
        assert_eq!(who, (1, Some("ann".into()), vec!["clerk".into()], None));
        // For a key there is nobody.
        let caller = Role::new("machine").allow_call_when("who", "identity == null && args == 7");
        world.write(&world.admin, |tx| tx.define_role(caller));
        let key = world.key("", "machine").1;
        assert_eq!(world.gate.call::<_, Who>(&key, "who", 7).unwrap(), (7, None, vec!["clerk".into()], None));
        denied(world.gate.call::<_, Who>(&key, "who", 8));
    });
    let [who, _] = procedures();
    let it = Outside::with(portunus_auth::GateOptions { procedures: vec![who], ..Default::default() });
    it.world.write(&it.admin(), |tx| {
        tx.define_procedure("who", Some("author"))?;
        tx.define_role(
            Role::new("reader").allow_call_when("who", "claims.sub == 'ann' && args in claims.may"),
        )
    });
    let ann = it.jwt(|claims| claims["may"] = json!([3]));
    let found: Who = it.world.gate.call(&ann, "who", 3).unwrap();
    assert_eq!(found, (3, None, vec!["author".into()], Some("ann".into())));
    denied(it.world.gate.call::<_, Who>(&ann, "who", 4));
    denied(it.world.gate.call::<_, Who>(&it.good(), "who", 3));
}

#[test]
fn acceptance_118_rules_in_a_body_are_those_of_its_role_over_its_caller() {
    let read = Procedure::new("read", |call, id: String| {
        let note = call.begin_read()?.get("notes", &id)?;
        Ok(note.and_then(|note| note.field("owner").and_then(|owner| owner.as_str().map(str::to_owned))))
    });
    check_with(&[read], |world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define_role(Role::new("own").allow_when("notes", Action::Read, "doc.owner == id(identity)"))?;
            tx.define_procedure("read", Some("own"))?;
            tx.define_role(Role::new("caller").member("users").allow_call("read"))
        });
        let call = |name: &str| -> Option<String> {
            world.gate.call(&world.token("", name).secret, "read", "n1").unwrap()
        };
        // She may not read it herself, and is told what the procedure reads for her.
        assert!(world.read(&world.token("", "ann").secret, |tx| tx.get("notes", "n1")).is_none());
        assert_eq!((call("ann"), call("bob")), (Some("ann".into()), None));
        assert_eq!(world.gate.call::<_, Option<String>>(&world.admin, "read", "n1").unwrap(), None);
    });
}

#[test]
fn a_rule_on_all_procedures_and_a_denial_on_one() {
    with_caller(|world, _| {
        let role = Role::new("wide")
            .allow_every_when(Resource::Procedure, Action::Call, "args > 0")
            .deny_call_when("who", "args > 50");
        world.write(&world.admin, |tx| tx.define_role(role));
        let key = world.key("", "wide").1;
        assert_eq!(world.gate.call::<_, i64>(&key, "again", 80).unwrap(), 80);
        assert_eq!(world.gate.call::<_, Who>(&key, "who", 50).unwrap().0, 50);
        denied(world.gate.call::<_, Who>(&key, "who", 51));
        denied(world.gate.call::<_, i64>(&key, "again", 0));
    });
}
