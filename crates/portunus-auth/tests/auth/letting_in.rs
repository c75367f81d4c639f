//! Who may let somebody in as a document: with a token, a password or an outside issuer's word. Whoever does could be that
//! document, so it holds all that documents of its collection may do.

use crate::people::{RIGHT, password};
use crate::world::{World, check, denied, not_found};
use portunus_auth::{
    Action, Algorithm, By, Collection, Durability, Error, Login, NewKey, NewToken, PasswordHash, Procedure,
    Provider, PublicId, Resource, Result, Role, Secret, Sessions, WriteView,
};
use serde_json::json;

const KEYS: &str =
    r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// What each way of letting somebody in is called, and how it is gone.
type Way = (&'static str, fn(&mut WriteView, &Doors) -> Result<()>);

/// What there is to let somebody in with.
struct Doors {
    hash: PasswordHash,
    /// A token of a document whose collection gives nothing, and one of Ann's that ends soon.
    idle: PublicId,
    ending: PublicId,
    /// An instant after that.
    later: portunus_auth::Timestamp,
}

const WAYS: [Way; 7] = [
    ("a token", |tx, _| tx.create_token(NewToken::new("users", "ann")).map(drop)),
    ("another document", |tx, doors| tx.retarget_token(doors.idle, "users", "ann")),
    ("a later end", |tx, doors| tx.set_token_expiry(doors.ending, Some(doors.later))),
    ("no end", |tx, doors| tx.set_token_expiry(doors.ending, None)),
    ("a password", |tx, doors| tx.set_credential("users", "ann", &doors.hash, Sessions::End)),
    ("a password again", |tx, _| tx.enable_credential("users", "bob")),
    ("a mapping", |tx, _| tx.define_provider(mapping())),
];

fn mapping() -> Provider {
    let own = Provider::new("own", "urn:own").jwks(KEYS).algorithm(Algorithm::EdDsa);
    own.identity("users", ["issuer", "subject"])
}

/// Somebody with every right over tokens, passwords and providers, and with these others.
fn doorkeeper(role: impl Fn(Role) -> Role) -> Role {
    let of = [Resource::Token, Resource::Credential, Resource::AccessProvider];
    let actions = [Action::Read, Action::Create, Action::Write];
    let pairs = of.into_iter().flat_map(|kind| actions.map(|action| (kind, action)));
    role(pairs.fold(Role::new("doorkeeper"), |role, (kind, action)| role.allow_every(kind, action)))
}

fn doors(world: &World) -> Doors {
    let hash = world.gate.hash_password(&password(RIGHT)).unwrap();
    world.write(&world.inside("acme/eu"), |tx| {
        tx.define(Collection::new("users").unique(["issuer", "subject"]))?;
        for id in ["ann", "bob"] {
            tx.create_with_id("users", id, json!({"name": id}))?;
        }
        tx.set_credential("users", "bob", &hash, Sessions::End)?;
        tx.disable_credential("users", "bob", Sessions::End)?;
        let idle = tx.create_token(NewToken::new("notes", "n1"))?.id;
        let ending = tx.create_token(NewToken::new("users", "ann").expires_at(world.later(3_600)))?.id;
        Ok(Doors { hash: hash.clone(), idle, ending, later: world.later(7_200) })
    })
}

/// Which of all ways this holder may go. What it does is not kept.
fn open_ways(world: &World, secret: &Secret, doors: &Doors) -> Vec<&'static str> {
    let may = |(name, way): Way| {
        let mut view = world.gate.begin_write(secret).unwrap();
        match way(&mut view, doors) {
            Ok(()) => Some(name),
            Err(Error::Denied { .. }) => None,
            Err(other) => panic!("{name}: {other:?}"),
        }
    };
    WAYS.into_iter().filter_map(may).collect()
}

fn all_ways() -> Vec<&'static str> {
    WAYS.into_iter().map(|(name, _)| name).collect()
}

/// What a doorkeeper may do who holds this, where members of users hold that: by a role of the database itself, and by one
/// of a database above.
fn ways_of(members: impl Fn(Role) -> Role, own: impl Fn(Role) -> Role, expected: &[&str]) {
    for above in [None, Some("acme"), Some("")] {
        check(|world| {
            let doors = doors(world);
            let role = members(Role::new("worker"));
            world.write(&world.inside(above.unwrap_or("acme/eu")), |tx| {
                tx.define_role(if above.is_some() { role.clone().inherit() } else { role.clone() })
            });
            world.write(&world.inside("acme/eu"), |tx| tx.define_role(doorkeeper(&own)));
            let keeper = world.key("acme/eu", "doorkeeper").1;
            assert_eq!(open_ways(world, &keeper, &doors), expected, "above: {above:?}");
            assert_eq!(open_ways(world, &world.inside("acme/eu"), &doors), all_ways());
        });
    }
}

#[test]
fn nobody_lets_in_who_may_do_more_than_itself() {
    let works = |role: Role| role.member("users").allow("notes", Action::Read);
    ways_of(works, |role| role, &[]);
    ways_of(works, |role| role.allow("notes", Action::Read), &all_ways());
    ways_of(works, |role| role.allow_every(Resource::Document, Action::Read), &all_ways());
    ways_of(works, |role| role.allow("users", Action::Read), &[]);
    // What is held under a rule alone is not held.
    ways_of(works, |role| role.allow_when("notes", Action::Read, "doc.public"), &[]);
}

#[test]
fn whether_documents_are_members_just_now_changes_nothing() {
    let boss = |role: Role| role.member_when("users", "identity.is_boss").allow("notes", Action::Read);
    ways_of(boss, |role| role, &[]);
    ways_of(boss, |role| role.allow("notes", Action::Read), &all_ways());
}

#[test]
fn rules_are_held_against_the_same_rules() {
    let public = |role: Role| role.allow_when("notes", Action::Read, "doc.public");
    ways_of(|role| public(role).member("users"), public, &all_ways());
    let own = |role: Role| role.allow_when("notes", Action::Read, "doc.owner == id(identity)");
    ways_of(|role| own(role).member("users"), own, &[]);
    ways_of(|role| own(role).member("users"), |role| role.allow("notes", Action::Read), &all_ways());
}

#[test]
fn roles_of_others_are_no_hindrance() {
    ways_of(|role| role.member("notes").allow("users", Action::Read), |role| role, &all_ways());
    check(|world| {
        let doors = doors(world);
        world.write(&world.inside("acme"), |tx| {
            tx.define(Collection::new("users"))?;
            // It does not reach below.
            tx.define_role(Role::new("above").member("users").allow("notes", Action::Read))?;
            tx.define(Collection::new("plans"))?;
            // It does, but there are no plans below.
            tx.define_role(Role::new("planner").member("users").allow("plans", Action::Read).inherit())
        });
        world.write(&world.inside("acme/eu"), |tx| tx.define_role(doorkeeper(|role| role)));
        let keeper = world.key("acme/eu", "doorkeeper").1;
        assert_eq!(open_ways(world, &keeper, &doors), all_ways());
    });
}

#[test]
fn a_server_lets_in_whom_it_likes_and_whoever_has_as_many_rights_does_not() {
    check(|world| {
        let doors = doors(world);
        let mut ways = all_ways();
        ways.retain(|way| *way != "a mapping");
        world.write(&world.inside("acme/eu"), |tx| {
            tx.define_role(Role::new("boss").member("users").allow_every(Resource::Key, Action::Create))?;
            let strong = [Action::Read, Action::Create, Action::CreateWithId, Action::Write, Action::Delete];
            let strong =
                |role| strong.iter().fold(role, |role: Role, it| role.allow_every(Resource::Document, *it));
            tx.define_role(doorkeeper(strong))
        });
        let open = |role| open_ways(world, &world.key("acme/eu", role).1, &doors);
        assert_eq!(open("doorkeeper"), Vec::<&str>::new());
        let server = world.key("acme/eu", "server").1;
        for (name, way) in WAYS.into_iter().filter(|(name, _)| ways.contains(name)) {
            let mut view = world.gate.begin_write(&server).unwrap();
            way(&mut view, &doors).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        }
    });
}

#[test]
fn everybody_may_let_itself_in() {
    check(|world| {
        let doors = doors(world);
        world.write(&world.inside("acme/eu"), |tx| {
            let role = doorkeeper(|role| role.member("users"));
            let own = role.allow_when("notes", Action::Read, "doc.owner == id(identity)");
            tx.define_role(own)
        });
        for secret in [world.token("acme/eu", "ann").secret, world.as_document("acme/eu", "ann")] {
            let ways = open_ways(world, &secret, &doors);
            assert_eq!(ways, ["a token", "another document", "a later end", "no end", "a password"]);
            let bob = NewToken::new("users", "bob");
            denied(world.try_write(&secret, |tx| tx.create_token(bob)));
        }
    });
}

#[test]
fn what_ends_earlier_needs_no_more_than_the_right_to_it() {
    check(|world| {
        let doors = doors(world);
        world.write(&world.inside("acme/eu"), |tx| {
            tx.define_role(Role::new("worker").member("users").allow("notes", Action::Read))?;
            tx.define_role(doorkeeper(|role| role))
        });
        let keeper = world.key("acme/eu", "doorkeeper").1;
        let sooner = world.later(60);
        world.write(&keeper, |tx| tx.set_token_expiry(doors.ending, Some(sooner)));
        world.write(&keeper, |tx| tx.disable_credential("users", "bob", Sessions::End));
    });
}

#[test]
fn it_is_not_told_who_is_there() {
    check(|world| {
        let doors = doors(world);
        world.write(&world.inside("acme/eu"), |tx| {
            tx.define_role(Role::new("worker").member("users").allow("notes", Action::Read))?;
            tx.define_role(doorkeeper(|role| role))
        });
        let keeper = world.key("acme/eu", "doorkeeper").1;
        for id in ["ann", "nobody", ""] {
            denied(world.try_write(&keeper, |tx| tx.create_token(NewToken::new("users", id))));
            denied(world.try_write(&keeper, |tx| tx.retarget_token(doors.idle, "users", id)));
            denied(
                world.try_write(&keeper, |tx| tx.set_credential("users", id, &doors.hash, Sessions::Keep)),
            );
        }
        not_found(world.try_write(&keeper, |tx| tx.create_token(NewToken::new("notes", "nobody"))));
    });
}

/// Whoever knows the password may be its document: the one who lets it in with that need not hold what it may.
#[test]
fn who_logs_people_in_need_not_hold_what_they_may() {
    check(|world| {
        let doors = doors(world);
        world.write(&world.inside("acme/eu"), |tx| {
            tx.set_credential("users", "ann", &doors.hash, Sessions::End)?;
            tx.define_role(Role::new("worker").member("users").allow("notes", Action::Read))?;
            tx.define_role(doorkeeper(|role| role))
        });
        let keeper = world.key("acme/eu", "doorkeeper").1;
        let login = Login::new("users", By::id("ann"), &password(RIGHT));
        world.opens(&world.gate.login(&keeper, login).unwrap().secret);
    });
}

/// A procedure has the rights of its role, and so has what it lets in.
#[test]
fn a_procedure_lets_in_as_its_role() {
    let invite = Procedure::new("invite", |call, (): ()| {
        let mut view = call.begin_write()?;
        view.create_token(NewToken::new("users", "ann"))?;
        view.commit(Durability::Immediate)
    });
    crate::world::check_with(&[invite], |world| {
        doors(world);
        world.write(&world.inside("acme/eu"), |tx| {
            tx.define_role(Role::new("worker").member("users").allow("notes", Action::Read))?;
            tx.define_role(doorkeeper(|role| role))?;
            tx.define_procedure("invite", Some("doorkeeper"))?;
            tx.define_role(Role::new("guest").allow_call("invite"))
        });
        let guest = world.write(&world.inside("acme/eu"), |tx| tx.create_key(NewKey::new("guest"))).secret;
        denied(world.gate.call::<_, ()>(&guest, "invite", ()));
        world.write(&world.inside("acme/eu"), |tx| tx.define_procedure("invite", Some("server")));
        world.gate.call::<_, ()>(&guest, "invite", ()).unwrap();
    });
}
