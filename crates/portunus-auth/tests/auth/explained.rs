//! Explanations: who may have one, and what they tell of roles, rules and those who have them.

use crate::mint::{Signer, key_set};
use crate::world::{START, path, scope};
use portunus_auth::{
    Action, Algorithm, Answer, Collection, Deed, Durability, EXPLAINED_MAX, Error, Fields, Gate, GateOptions,
    ManualClock, NewKey, NewToken, On, Privilege, Provider, Resource, Role, RoleSource, Secret, TreeOptions,
    Verdict, WHO_CAN_IDENTITIES_MAX, WHO_CLAIMS_BYTES_MAX, WHO_ROLES_MAX, Who, WriteView,
};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// A database with two people, notes, and what a test adds; and its administrator's key.
fn store(add: impl FnOnce(&mut WriteView)) -> (Gate, Secret) {
    store_at(Arc::new(ManualClock::new(START)), add)
}

fn store_at(clock: Arc<ManualClock>, add: impl FnOnce(&mut WriteView)) -> (Gate, Secret) {
    let tree = TreeOptions { clock, ..TreeOptions::default() };
    let (gate, root) = Gate::create_in_memory(&GateOptions { tree, ..GateOptions::default() }).unwrap();
    let mut view = gate.begin_write(&root).unwrap();
    view.create_database(&path("acme")).unwrap();
    let admin = view.create_key(NewKey::new("admin").at(path("acme"))).unwrap().secret;
    view.commit(Durability::Immediate).unwrap();
    let mut view = gate.begin_write(&admin).unwrap();
    view.define(Collection::new("users").unique(["issuer", "subject"])).unwrap();
    view.define(Collection::new("notes")).unwrap();
    view.create_with_id("users", "ann", json!({"employed": true, "issuer": "urn:i", "subject": "ann"}))
        .unwrap();
    view.create_with_id("users", "bob", json!({"employed": false})).unwrap();
    view.create_with_id("notes", "n1", json!({"owner": "ann", "secret": "swordfish", "tags": ["a", "b"]}))
        .unwrap();
    add(&mut view);
    view.commit(Durability::Immediate).unwrap();
    (gate, admin)
}

fn ann() -> Who {
    Who::document("users", "ann")
}

#[test]
fn nobody_is_told_why_who_may_not_ask_not_even_of_itself() {
    let mut secrets = Vec::new();
    let (gate, admin) = store(|view| {
        view.define_role(Role::new("author").member("users").allow("notes", Action::Read)).unwrap();
        view.define_role(Role::new("advisor").allow_every(Resource::Role, Action::Explain)).unwrap();
        secrets.push(view.create_token(NewToken::new("users", "ann")).unwrap().secret);
        for role in ["server", "server-readonly", "none", "author"] {
            secrets.push(view.create_key(NewKey::new(role)).unwrap().secret);
        }
        secrets.push(view.create_key(NewKey::new("advisor")).unwrap().secret);
    });
    let advisor = secrets.pop().unwrap();
    for secret in &secrets {
        let view = gate.begin_read(secret).unwrap();
        let denied = |error: &Error| {
            matches!(error, Error::Denied { action: Action::Explain, resource: Resource::Role })
        };
        assert!(denied(&view.explain(&ann(), &Deed::read("notes", "n1")).unwrap_err()));
        assert!(denied(&view.explain(&ann(), &Deed::read("notes", "nothing")).unwrap_err()));
        assert!(denied(&view.what_can(&ann()).unwrap_err()));
        assert!(denied(&view.what_can(&Who::role("nothing")).unwrap_err()));
        assert!(denied(&view.who_can(&Deed::read("notes", "n1")).unwrap_err()));
    }
    // It can be delegated, and is enough by itself.
    for secret in [&admin, &advisor] {
        let view = gate.begin_read(secret).unwrap();
        assert_eq!(view.explain(&ann(), &Deed::read("notes", "n1")).unwrap().verdict, Verdict::Allowed);
    }
    // Who may not ask cannot let others ask.
    let made = gate.begin_write(&advisor).unwrap().create_key(NewKey::new("advisor"));
    assert!(matches!(made, Err(Error::Denied { .. })));
}

#[test]
fn no_value_of_a_document_is_told() {
    let (gate, admin) = store(|view| {
        let role = Role::new("author").member_when("users", "identity.subject == 'ann'");
        let fields = Fields::except(["secret"]);
        let read = Privilege::new(On::Collection("notes".into()), Action::Read)
            .when("doc.secret != identity.issuer");
        view.define_role(role.privilege(read.fields(fields)).allow("notes", Action::Write)).unwrap();
    });
    let view = gate.begin_read(&admin).unwrap();
    for deed in [
        Deed::read("notes", "n1"),
        Deed::patch("notes", "n1", json!({"tags": ["hush"]})).unwrap(),
        Deed::replace("notes", "n1", json!({"tags": ["hush"]})).unwrap(),
    ] {
        let explanation = view.explain(&ann(), &deed).unwrap();
        assert!(explanation.verdict.is_allowed(), "{explanation}");
        for told in [explanation.to_string(), serde_json::to_string(&explanation).unwrap()] {
            assert!(!["swordfish", "urn:i", "hush"].iter().any(|value| told.contains(value)), "{told}");
        }
    }
    let masked = view.explain(&ann(), &Deed::read("notes", "n1")).unwrap().verdict;
    assert_eq!(masked, Verdict::Masked { hidden: vec!["secret".into()] });
}

#[test]
fn a_role_that_is_not_had_is_told_with_the_reason() {
    let (gate, admin) = store(|view| {
        let staff = Role::new("staff").member_when("users", "identity.employed");
        view.define_role(staff.allow("notes", Action::Read)).unwrap();
        view.define_role(Role::new("robot").allow("notes", Action::Read)).unwrap();
        view.define_role(Role::new("other").allow("users", Action::Read)).unwrap();
    });
    let view = gate.begin_read(&admin).unwrap();
    let explanation = view.explain(&Who::document("users", "bob"), &Deed::read("notes", "n1")).unwrap();
    assert_eq!(
        explanation.to_string(),
        "\
users/bob: read notes/n1: as if it were not there
├─ role staff: not held
│  ├─ users: not a member
│  │  └─ identity.employed: false
│  └─ grant to read notes: holds
└─ role robot: not held
   ├─ nothing gives it to them
   └─ grant to read notes: holds
"
    );
}

#[test]
fn a_denial_is_lifted_on_exactly_false() {
    let (gate, admin) = store(|view| {
        let role = Role::new("author").member("users").allow("notes", Action::Read);
        view.define_role(role.deny_when("notes", Action::Read, "doc.locked || doc.owner == 'eve'")).unwrap();
    });
    let view = gate.begin_read(&admin).unwrap();
    let explanation = view.explain(&ann(), &Deed::read("notes", "n1")).unwrap();
    assert_eq!(explanation.verdict, Verdict::Unseen);
    let denial = &explanation.roles[0].denials[0];
    let rule = denial.rule.as_ref().unwrap();
    assert!(denial.holds && rule.answer.is_some_and(Answer::is_fault));
    assert!(rule.parts.iter().any(|part| part.text == "doc.locked" && part.answers[0].is_fault()));
    assert!(explanation.to_string().contains("denial to read notes: denies"), "{explanation}");
}

#[test]
fn parts_that_did_not_matter_are_not_asked_and_parts_in_lists_are_asked_of_each() {
    let (gate, admin) = store(|view| {
        let rule = "doc.owner == 'ann' || doc.locked";
        let each = "doc.tags.exists(t, t == 'b')";
        let role = Role::new("author").member("users").allow_when("notes", Action::Read, rule);
        view.define_role(role.allow_when("notes", Action::Read, each)).unwrap();
    });
    let view = gate.begin_read(&admin).unwrap();
    let explanation = view.explain(&ann(), &Deed::read("notes", "n1")).unwrap();
    let text = explanation.to_string();
    assert!(text.contains("doc.locked: not asked"), "{text}");
    assert!(text.contains("t == 'b': false, true"), "{text}");
}

#[test]
fn a_key_is_asked_about_by_its_public_id_and_one_that_has_expired_opens_nothing() {
    let mut key = None;
    let clock = Arc::new(ManualClock::new(START));
    let (gate, admin) = store_at(clock.clone(), |view| {
        view.define_role(Role::new("reader").allow("notes", Action::Read)).unwrap();
        let ends = START.saturating_add(Duration::from_secs(60));
        key = Some(view.create_key(NewKey::new("reader").expires_at(ends)).unwrap().id);
    });
    let key = Who::key(key.unwrap());
    let view = gate.begin_read(&admin).unwrap();
    let explanation = view.explain(&key, &Deed::read("notes", "n1")).unwrap();
    assert_eq!(
        (explanation.verdict, &explanation.roles[0].reasons[0].source),
        (Verdict::Allowed, &RoleSource::Key)
    );
    clock.advance(Duration::from_secs(60));
    let view = gate.begin_read(&admin).unwrap();
    let explanation = view.explain(&key, &Deed::read("notes", "n1")).unwrap();
    assert_eq!(explanation.verdict, Verdict::OpensNothing { reason: "expired".into() });
    assert!(view.what_can(&key).unwrap().is_empty());
    let first = view.principal().unwrap().id();
    let explanation = view.explain(&Who::key(first), &Deed::read("notes", "n1")).unwrap();
    assert!(explanation.to_string().contains("grant to read every document: holds"), "{explanation}");
    let nobody = view.explain(&Who::key("00000000007".parse().unwrap()), &Deed::read("notes", "n1"));
    assert!(matches!(nobody, Err(Error::NotFound("key"))));
}

#[test]
fn claims_are_asked_about_as_a_provider_lets_them_in() {
    let signer = Signer::new("k1");
    let (gate, admin) = store(|view| {
        view.define_role(Role::new("reader").allow("notes", Action::Read)).unwrap();
        view.define_role(Role::new("owner").member("users").allow_when(
            "notes",
            Action::Delete,
            "claims.mfa",
        ))
        .unwrap();
        let provider = Provider::new("okta", "urn:i").jwks(key_set([&signer])).algorithm(Algorithm::EdDsa);
        let provider =
            provider.role_when("reader", "'read' in scopes(claims)").identity("users", ["issuer", "subject"]);
        view.define_provider(provider).unwrap();
    });
    let view = gate.begin_read(&admin).unwrap();
    let asked = |claims: serde_json::Value, deed: Deed| {
        view.explain(&Who::claims("okta", claims).unwrap(), &deed).unwrap()
    };
    let read = asked(json!({"sub": "zoe", "scope": "read write"}), Deed::read("notes", "n1"));
    assert_eq!(read.verdict, Verdict::Allowed);
    assert_eq!(read.roles[0].reasons[0].source, RoleSource::Provider("okta".into()));
    let none = asked(json!({"sub": "zoe", "scope": "readers"}), Deed::read("notes", "n1"));
    assert_eq!(none.verdict, Verdict::OpensNothing { reason: "jwt_no_role".into() });
    let owner = asked(json!({"sub": "ann", "scope": "read", "mfa": true}), Deed::delete("notes", "n1"));
    assert_eq!(owner.verdict, Verdict::Allowed, "{owner}");
    let without = asked(json!({"sub": "ann", "scope": "read"}), Deed::delete("notes", "n1"));
    assert_eq!(without.verdict, Verdict::Denied);
    let unknown = view.explain(&Who::claims("other", json!({})).unwrap(), &Deed::read("notes", "n1"));
    assert!(matches!(unknown, Err(Error::NotFound("access provider"))));
    // What it says is what a JWT with these claims gets.
    let place = view.principal().unwrap().database().to_owned();
    let audience = format!("urn:portunus:db:{place}");
    let exp = view.now().0 / 1_000_000 + 60;
    let claims =
        json!({"iss": "urn:i", "aud": audience, "exp": exp, "sub": "ann", "scope": "read", "mfa": true});
    let jwt = Secret::new(signer.token(&claims));
    gate.begin_write(&jwt).unwrap().delete("notes", "n1").unwrap();
}

#[test]
fn a_role_of_a_database_above_is_told_as_one() {
    let (gate, admin) = store(|view| {
        view.define_role(Role::new("reader").member("users").allow("notes", Action::Read).inherit()).unwrap();
        view.create_database(&path("child")).unwrap();
    });
    let inside = admin.scoped(&scope("@child#admin"));
    let mut view = gate.begin_write(&inside).unwrap();
    view.define(Collection::new("users")).unwrap();
    view.define(Collection::new("notes")).unwrap();
    view.create_with_id("users", "ann", json!({})).unwrap();
    view.create_with_id("notes", "n1", json!({})).unwrap();
    let explanation = view.explain(&ann(), &Deed::read("notes", "n1")).unwrap();
    assert!(explanation.verdict.is_allowed() && explanation.roles[0].is_inherited);
    assert!(explanation.to_string().contains("role reader (of a database above): held"));
    let can = view.who_can(&Deed::read("notes", "n1")).unwrap();
    assert!(can.roles.iter().any(|role| role.name == "reader" && role.is_inherited));
    assert_eq!(can.identities.len(), 1);
}

#[test]
fn what_is_not_there_is_told_to_be_missing() {
    let (gate, admin) = store(|_| {});
    let view = gate.begin_read(&admin).unwrap();
    let read = Deed::read("notes", "n1");
    let missing = |found: Result<portunus_auth::Explanation, Error>| match found.unwrap_err() {
        Error::NotFound(what) => what,
        other => panic!("{other}"),
    };
    assert_eq!(missing(view.explain(&Who::role("nothing"), &read)), "role");
    assert_eq!(missing(view.explain(&Who::document("users", "zoe"), &read)), "identity document");
    assert_eq!(missing(view.explain(&Who::document("nothing", "ann"), &read)), "identity document");
    assert_eq!(missing(view.explain(&ann(), &Deed::read("notes", "n9"))), "document");
    assert_eq!(missing(view.explain(&ann(), &Deed::read("nothing", "n1"))), "collection");
    let created = view.explain(&ann(), &Deed::create_with_id("notes", "", json!({})).unwrap());
    assert!(matches!(created, Err(Error::Invalid { .. } | Error::Limit { .. })));
}

#[test]
fn questions_and_explanations_have_their_limits() {
    let names = |count: usize| (0..count).map(|number| format!("r{number}"));
    assert!(Who::roles(names(WHO_ROLES_MAX)).is_ok());
    assert!(matches!(Who::roles(names(WHO_ROLES_MAX + 1)), Err(Error::Limit { .. })));
    assert!(matches!(Who::roles(names(0)), Err(Error::Invalid { .. })));
    let long = "x".repeat(WHO_CLAIMS_BYTES_MAX);
    assert!(matches!(Who::claims("p", json!({"sub": long})), Err(Error::Limit { .. })));
    assert!(matches!(Who::claims("p", json!([])), Err(Error::Invalid { .. })));
    let mut deep = json!({});
    (0..70).for_each(|_| deep = json!({"a": deep.take()}));
    assert!(Deed::create("notes", &deep).is_err() && Deed::call("publish", &deep).is_err());

    // 900 grants of about 150 parts each are more than an explanation tells.
    let (gate, admin) = store(|view| {
        let parts = |number: usize| (0..150).map(move |at| format!("doc.n == {}", number * 1_000 + at));
        let rule = |number: usize| parts(number).collect::<Vec<_>>().join(" || ");
        let role = (0..900).fold(Role::new("wordy").member("users"), |role, number| {
            role.allow_when("notes", Action::Read, rule(number))
        });
        view.define_role(role).unwrap();
    });
    let view = gate.begin_read(&admin).unwrap();
    let explanation = view.explain(&ann(), &Deed::read("notes", "n1")).unwrap();
    assert!(!explanation.is_complete);
    let told: usize =
        explanation.roles[0].grants.iter().map(|it| 1 + it.rule.as_ref().unwrap().parts.len()).sum();
    assert!(told <= EXPLAINED_MAX && told > EXPLAINED_MAX / 2, "{told}");
    assert!(explanation.to_string().contains("the rest is left out"));
}

#[test]
fn who_can_says_when_it_has_not_looked_at_all() {
    let (gate, admin) = store(|view| {
        view.define(Collection::new("crowd")).unwrap();
        view.define_role(
            Role::new("one").member_when("crowd", "identity.n == 3").allow("notes", Action::Read),
        )
        .unwrap();
    });
    let mut view = gate.begin_write(&admin).unwrap();
    for number in 0..=WHO_CAN_IDENTITIES_MAX {
        view.create_with_id("crowd", &format!("{number:05}"), json!({"n": number})).unwrap();
    }
    let can = view.who_can(&Deed::read("notes", "n1")).unwrap();
    assert_eq!((can.examined, can.is_complete), (WHO_CAN_IDENTITIES_MAX, false));
    assert_eq!(can.identities.iter().map(|who| who.id.as_str()).collect::<Vec<_>>(), ["00003"]);
    assert!(can.to_string().contains("not looked at"));
    view.delete("crowd", "00000").unwrap();
    assert!(view.who_can(&Deed::read("notes", "n1")).unwrap().is_complete);
}

#[test]
fn asking_leaves_no_trace() {
    let (gate, admin) = store(|view| {
        view.define_role(Role::new("author").member("users")).unwrap();
    });
    let before = gate.auth_stats();
    let view = gate.begin_read(&admin).unwrap();
    assert_eq!(view.explain(&ann(), &Deed::read("notes", "n1")).unwrap().verdict, Verdict::Unseen);
    assert_eq!(
        view.explain(&ann(), &Deed::create("notes", json!({})).unwrap()).unwrap().verdict,
        Verdict::Denied
    );
    assert_eq!(gate.auth_stats().denied, before.denied, "nobody was denied anything");
}
