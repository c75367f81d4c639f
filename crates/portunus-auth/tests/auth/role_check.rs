//! What is said of roles that are hardly meant as they are: each kind of it where it is so, and not where it is not.

use crate::world::World;
use portunus_auth::{
    Action, Collection, Error, Field, Fields, Finding, NamedPredicate, NewKey, On, Privilege, Resource, Role,
    RoleSet, Severity, Type,
};

fn world() -> World {
    let world = World::new(64);
    world.write(&world.admin, |tx| {
        tx.define(Collection::new("users"))?;
        let closed = Collection::new("cards").field(Field::new("owner", Type::String));
        tx.define(
            closed
                .field(Field::new("at.city", Type::String))
                .field(Field::new("tags", Type::Object))
                .closed(),
        )?;
        tx.define(Collection::new("teams").index(["members"]))?;
        tx.define(Collection::new("open").index(["owner", "at"]).index(["team"]))
    });
    world
}

fn found(world: &World, predicates: &[(&str, &str)], roles: Vec<Role>) -> Vec<Finding> {
    let predicates = predicates.iter().map(|(name, rule)| NamedPredicate::new(*name, ["it"], *rule));
    let set = RoleSet::new(predicates, roles).unwrap();
    world.read(&world.admin, |tx| tx.check_roles(Some(&set)))
}

/// That there is nothing to say, or one thing that has these words.
#[track_caller]
fn expect(world: &World, roles: Vec<Role>, words: Option<&str>) {
    let found = found(world, &[], roles);
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    match words {
        None => assert!(told.is_empty(), "{told:#?}"),
        Some(words) => {
            assert!(told.len() == 1 && told[0].contains(words), "{words:?} is not all of {told:#?}");
        }
    }
}

fn reader(rule: &str) -> Vec<Role> {
    vec![Role::new("r").member("users").allow_when("open", Action::Read, rule)]
}

fn on(collection: &str, action: Action) -> Privilege {
    Privilege::new(On::Collection(collection.into()), action)
}

#[test]
fn what_cannot_be_defined_is_told_with_its_place() {
    let world = world();
    let check = |role: Role, words: &str| {
        let found = found(&world, &[], vec![role.member("users")]);
        let error = found.iter().find(|it| it.severity == Severity::Error).unwrap();
        assert!(error.to_string().contains(words), "{error}");
    };
    check(Role::new("admin"), "is that of a built-in role");
    check(Role::new("r").allow("nowhere", Action::Read), "a collection that is not there");
    check(Role::new("r").allow_call("nothing"), "a procedure that is not there");
    check(Role::new("r").allow("open", Action::Call), "call is nothing that is done to a document");
    check(Role::new("r").member("nowhere"), "a collection that is not there");
    check(Role::new("r").member_when("users", "doc.x"), "not known in a predicate of this kind");
    check(Role::new("r").denial(on("open", Action::Read).fields(Fields::only(["a"]))), "is for all fields");
    check(Role::new("r").privilege(on("open", Action::Read).fields(Fields::only(["a..b"]))), "only[0]");
    check(
        Role::new("r").privilege(on("open", Action::Delete).fields(Fields::only(["a"]))),
        "for all of its fields",
    );

    let found = found(
        &world,
        &[],
        vec![
            Role::new("r").member("users").allow_when("open", Action::Write, "old.owner ==\n  id(user)"),
            Role::new("s").member("users").deny_when("open", Action::Delete, "doc.x == 'a' - 1"),
        ],
    );
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].span, Some(18..22));
    assert_eq!(found[0].shown().unwrap(), "  id(user)\n     ^^^^ there is no name `user`");
    assert_eq!((found[1].entry.name(), found[1].rule()), ("s", Some("doc.x == 'a' - 1")));
}

#[test]
fn a_predicate_that_is_none_is_told_before_what_calls_it() {
    let world = world();
    let calls = || vec![Role::new("r").member("users").allow_when("open", Action::Read, "p(doc)")];
    let told = found(&world, &[("p", "it.x +")], calls());
    assert_eq!((told.len(), told[0].severity, told[0].entry.name()), (1, Severity::Error, "p"));
    // What is warned of in a predicate is told of that, not of everything that calls it.
    let told = found(&world, &[("p", "it.owner == 'ann' && 1 == 1")], calls());
    assert_eq!((told.len(), told[0].severity, told[0].entry.name()), (1, Severity::Warning, "p"));
    // Those of the database can be called as well.
    world
        .write(&world.admin, |tx| tx.define_predicate(NamedPredicate::new("p", ["it"], "it.owner == 'ann'")));
    assert!(found(&world, &[], calls()).is_empty());
}

#[test]
fn parts_of_words_in_scopes_are_told() {
    let world = world();
    let by = |rule: &str| vec![Role::new("r").member("users").allow_when("open", Action::Delete, rule)];
    expect(
        &world,
        by("claims.scope.contains('admin')"),
        Some("`contains` also finds a part of a longer word"),
    );
    expect(&world, by("'admin' in scopes(claims)"), None);
    let world_found = found(&world, &[], by("claims.scope.contains('admin')"));
    assert_eq!(world_found[0].span, Some(0..30));
}

#[test]
fn what_a_role_grants_and_denies_is_told() {
    let world = world();
    let role = || Role::new("r").member("users").allow("open", Action::Read);
    expect(&world, vec![role().deny("open", Action::Read)], Some("the role denies it: deny open: read"));
    expect(
        &world,
        vec![role().deny_every(Resource::Document, Action::Read)],
        Some("deny every document: read"),
    );
    expect(&world, vec![role().deny_when("open", Action::Read, "doc.secret")], None);
    expect(&world, vec![role().deny("open", Action::Write)], None);
    expect(&world, vec![role().deny("users", Action::Read)], None);
    let all = Role::new("r").member("users").allow_every(Resource::Document, Action::Read);
    expect(&world, vec![all.deny("open", Action::Read)], None);
}

#[test]
fn a_role_that_nobody_has_is_told() {
    let world = world();
    let words = Some("nobody has it");
    let role = || Role::new("r").allow("open", Action::Read);
    expect(&world, vec![role()], words);
    expect(&world, vec![role().member("users")], None);
    expect(&world, vec![Role::new("r")], None);
    world.write(&world.admin, |tx| tx.define_role(role()));
    expect(&world, vec![role()], words);
    world.write(&world.admin, |tx| tx.create_key(NewKey::new("r")));
    expect(&world, vec![role()], None);
    assert!(world.read(&world.admin, |tx| tx.check_roles(None)).is_empty());
}

#[test]
fn an_id_that_is_chosen_for_what_cannot_be_created_is_told() {
    let world = world();
    let role = || Role::new("r").member("users").allow("open", Action::CreateWithId);
    expect(&world, vec![role()], Some("on top of `create`"));
    expect(&world, vec![role().allow("users", Action::Create)], Some("on top of `create`"));
    expect(&world, vec![role().allow("open", Action::Create)], None);
    expect(&world, vec![role().allow_when("open", Action::Create, "new.owner == id(identity)")], None);
    expect(&world, vec![role().allow_every(Resource::Document, Action::Create)], None);
}

#[test]
fn a_rule_that_looks_at_every_document_is_told_with_the_reason() {
    let world = world();
    for rule in [
        "doc.owner == id(identity)",
        "identity.admin || doc.owner in identity.people",
        "doc.owner == 'a' && doc.size > 3",
        "id(doc) == identity.main",
        "id(identity) in get('teams', doc.team).members",
        "identity.admin",
        "now < timestamp('2030-01-01T00:00:00Z')",
    ] {
        expect(&world, reader(rule), None);
    }
    expect(&world, reader("doc.size > 3"), Some("no index of `open` begins with `size`"));
    expect(&world, reader("doc.at == 'x'"), Some("no index of `open` begins with `at`"));
    expect(&world, reader("doc.owner == 'a' || doc.size > 3"), Some("begins with `size`"));
    expect(
        &world,
        reader("id(identity) in get('users', doc.team).friends"),
        Some("no index of `users` begins with `friends`"),
    );
    expect(
        &world,
        reader("doc.owner != id(identity)"),
        Some("no range holds all for which `doc.owner != id(identity)`"),
    );
    // Neither where all is seen anyway, nor where nothing is looked for.
    let all = reader("doc.size > 3").remove(0).allow("open", Action::Read);
    expect(&world, vec![all], None);
    let deletes = Role::new("r").member("users").allow_when("open", Action::Delete, "doc.size > 3");
    expect(&world, vec![deletes], None);
}

#[test]
fn fields_that_a_collection_does_not_declare_are_told() {
    let world = world();
    let by =
        |action: Action, rule: &str| vec![Role::new("r").member("users").allow_when("cards", action, rule)];
    expect(
        &world,
        by(Action::Delete, "doc.owner == 'a' && doc.at.city == 'b' && doc.tags.x && has(doc.at)"),
        None,
    );
    expect(&world, by(Action::Delete, "doc.ownr == 'a'"), Some("cards declares no field `ownr`"));
    expect(&world, by(Action::Delete, "doc.at.town == 'a'"), Some("cards declares no field `at.town`"));
    expect(&world, by(Action::Create, "new.ownr == 'a'"), Some("`ownr`"));
    expect(&world, by(Action::Write, "old.owner == new.ownr"), Some("`ownr`"));
    let masked = |fields: Fields| {
        vec![Role::new("r").member("users").privilege(on("cards", Action::Read).fields(fields))]
    };
    expect(&world, masked(Fields::only(["owner", "at", "tags.*", "*"])), None);
    expect(&world, masked(Fields::except(["owner", "salary"])), Some("cards declares no field `salary`"));
    let member = |rule: &str| vec![Role::new("r").member_when("cards", rule)];
    expect(&world, member("identity.owner == 'a'"), None);
    expect(&world, member("identity.onwer == 'a'"), Some("cards declares no field `onwer`"));
    // A collection that declares nothing and is open can have anything.
    expect(&world, vec![Role::new("r").member_when("users", "identity.any")], None);
    // Whoever may not see definitions is told nothing of them.
    world.write(&world.admin, |tx| {
        tx.define_role(by(Action::Delete, "doc.ownr == 'a'").remove(0))?;
        let blind = Role::new("blind").allow_every(Resource::Role, Action::Read);
        tx.define_role(blind.allow("users", Action::ListIds).allow("cards", Action::ListIds))
    });
    let (_, blind) = world.key("", "blind");
    assert_eq!(world.read(&blind, |tx| tx.check_roles(None)), []);
}

#[test]
fn membership_that_a_member_can_give_itself_is_told() {
    let world = world();
    let staff =
        || Role::new("staff").member_when("users", "identity.staff.since != ''").allow("open", Action::Read);
    let words = Some("can make itself a member");
    let user = |role: fn(Role) -> Role| vec![staff(), role(Role::new("user").member("users"))];
    expect(&world, vec![staff()], None);
    expect(&world, user(|role| role.allow("users", Action::Write)), words);
    expect(&world, user(|role| role.allow_every(Resource::Document, Action::Write)), words);
    let own = "id(old) == id(identity)";
    expect(
        &world,
        vec![staff(), Role::new("user").member("users").allow_when("users", Action::Write, own)],
        words,
    );
    expect(&world, vec![staff().allow("users", Action::Write)], words);
    // What keeps the field, or is about others.
    let kept = |rule: &'static str| {
        vec![staff(), Role::new("user").member("users").allow_when("users", Action::Write, rule)]
    };
    expect(&world, kept("new.staff == old.staff && id(old) == id(identity)"), None);
    expect(&world, kept("old.staff.since == new.staff.since"), None);
    expect(&world, kept("new.staff == old.staff || old.open"), words);
    expect(&world, kept("new.name == old.name"), words);
    expect(&world, vec![staff(), Role::new("user").member("teams").allow("users", Action::Write)], None);
    expect(&world, user(|role| role.allow("users", Action::Create).allow("open", Action::Write)), None);
    // Fields that may be changed.
    let masked = |fields: Fields| {
        let write = on("users", Action::Write).fields(fields);
        vec![staff(), Role::new("user").member("users").privilege(write)]
    };
    expect(&world, masked(Fields::only(["name"])), None);
    expect(&world, masked(Fields::only(["name", "staff.since"])), words);
    expect(&world, masked(Fields::only(["*"])), words);
    expect(&world, masked(Fields::except(["staff"])), None);
    expect(&world, masked(Fields::except(["*.since"])), None);
    expect(&world, masked(Fields::except(["staff.since.day", "name"])), words);
    // What is denied to all of them.
    expect(
        &world,
        user(|role| {
            role.allow("users", Action::Write).deny_when("users", Action::Write, "new.staff != old.staff")
        }),
        None,
    );
    expect(
        &world,
        user(|role| role.allow("users", Action::Write).deny_when("users", Action::Write, "old.locked")),
        words,
    );
    let writes =
        || Role::new("writes").member_when("users", "id(identity) != 'x'").allow("users", Action::Write);
    let denies = || Role::new("denies").deny_when("users", Action::Write, "new.staff != old.staff");
    expect(&world, vec![staff(), writes(), denies().member("users")], None);
    expect(&world, vec![staff(), writes(), denies().member("teams")], words);
    expect(&world, vec![staff(), writes(), denies().member_when("users", "id(identity) != 'y'")], words);
}

#[test]
fn roles_are_looked_over_for_those_alone_who_see_them() {
    let world = world();
    let (_, server) = world.key("", "server");
    let view = world.gate.begin_read(&server).unwrap();
    assert!(matches!(view.check_roles(None), Err(Error::Denied { .. })));
    assert!(matches!(view.check_roles(Some(&RoleSet::default())), Err(Error::Denied { .. })));
}
