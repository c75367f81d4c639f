//! Procedures: run with a role in the place of their caller's own, stronger or weaker, and never with more than whoever let
//! them run held.

use crate::world::{World, check_with, constraint, denied, invalid, not_found};
use portunus_auth::{
    Action, Collection, Durability, Error, Gate, GateOptions, NewKey, Procedure, ReadView, Resource, Role,
    Secret, WriteView,
};
use serde_json::json;
use std::sync::{Arc, Mutex, OnceLock};

type Act = Box<dyn FnOnce() + Send>;

/// What happens while a body runs.
#[derive(Clone, Default)]
struct Meanwhile(Arc<Mutex<Option<Act>>>);

impl Meanwhile {
    /// Lets the administrator of a world do this in the midst of the next call.
    fn changes(
        &self,
        world: &World,
        change: impl FnOnce(&mut WriteView) -> portunus_auth::Result<()> + Send + 'static,
    ) {
        let (gate, admin) = (world.gate.clone(), world.admin.clone());
        let act = move || {
            let mut tx = gate.begin_write(&admin).unwrap();
            change(&mut tx).unwrap();
            tx.commit(Durability::Immediate).unwrap();
        };
        *self.0.lock().unwrap() = Some(Box::new(act));
    }

    fn happen(&self) {
        let act = self.0.lock().unwrap().take();
        act.into_iter().for_each(|act| act());
    }
}

/// Counts, adds, and fails.
fn program() -> Vec<Procedure> {
    let count = Procedure::new("count", |call, (): ()| call.begin_read()?.query("notes").count());
    let add = Procedure::new("add", |call, id: String| {
        let mut view = call.begin_write()?;
        view.create_with_id("notes", &id, json!({}))?;
        view.commit(Durability::Immediate)?;
        Ok(id)
    });
    let fail = Procedure::new("fail", |call, (): ()| {
        let mut view = call.begin_write()?;
        view.create_with_id("notes", "left behind", json!({}))?;
        Err::<(), _>(Error::application("the shop is closed"))
    });
    let panic = Procedure::new("panic", |call, (): ()| -> portunus_auth::Result<()> {
        let mut view = call.begin_write()?;
        view.create_with_id("notes", "left behind", json!({}))?;
        panic!("on purpose")
    });
    vec![count, add, fail, panic]
}

/// A database that lets the program's procedures run, and a key that may call them and do nothing else.
fn with_caller(test: impl Fn(&World, &Secret)) {
    check_with(&program(), |world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            for name in ["count", "add", "fail", "panic"] {
                tx.define_procedure(name, Some("server"))?;
            }
            let caller = Role::new("caller").member("users");
            tx.define_role(["count", "add", "fail", "panic"].into_iter().fold(caller, Role::allow_call))
        });
        let (_, caller) = world.key("", "caller");
        test(world, &caller);
    });
}

fn count(world: &World, secret: &Secret) -> portunus_auth::Result<usize> {
    world.gate.call(secret, "count", ())
}

#[test]
fn a_procedure_may_be_stronger_than_its_caller_or_weaker() {
    with_caller(|world, caller| {
        assert_eq!(world.read(caller, |tx| tx.query("notes").count()), 0);
        assert_eq!(count(world, caller).unwrap(), 1);
        let added: String = world.gate.call(caller, "add", "n2").unwrap();
        assert_eq!((added.as_str(), count(world, caller).unwrap()), ("n2", 2));
        world.write(&world.admin, |tx| tx.define_procedure("add", Some("server-readonly")));
        denied(world.gate.call::<_, String>(&world.admin, "add", "n3"));
        // Without a role it runs with those of its caller.
        world.write(&world.admin, |tx| tx.define_procedure("count", None));
        assert_eq!((count(world, caller).unwrap(), count(world, &world.admin).unwrap()), (0, 2));
        assert_eq!(count(world, &world.key("", "server").1).unwrap(), 2);
        world.write(&world.admin, |tx| tx.define_procedure("count", Some("none")));
        assert_eq!(count(world, &world.admin).unwrap(), 0);
    });
}

#[test]
fn acceptance_086_a_readonly_server_calls_nothing_and_a_server_everything() {
    with_caller(|world, _| {
        assert_eq!(count(world, &world.key("", "server").1).unwrap(), 1);
        assert_eq!(count(world, &world.admin).unwrap(), 1);
        for role in ["server-readonly", "none"] {
            denied(count(world, &world.key("", role).1));
        }
        assert_eq!(world.read(&world.key("", "server-readonly").1, ReadView::procedures).len(), 4);
        assert!(world.read(&world.key("", "none").1, ReadView::procedures).is_empty());
    });
}

#[test]
fn acceptance_153_what_fails_inside_is_told_as_the_body_tells_it() {
    with_caller(|world, caller| {
        let failed = world.gate.call::<_, ()>(caller, "fail", ()).unwrap_err();
        assert_eq!(failed.to_string(), "the shop is closed");
        assert!(matches!(failed, Error::Application(_)));
        let twice = world.gate.call::<_, String>(caller, "add", "n1").unwrap_err();
        assert!(matches!(twice, Error::AlreadyExists("document")), "{twice:?}");
        assert_eq!(count(world, caller).unwrap(), 1);
    });
}

#[test]
fn a_body_that_panics_leaves_nothing_behind_and_the_store_usable() {
    with_caller(|world, caller| {
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            world.gate.call::<_, ()>(caller, "panic", ())
        }));
        assert!(result.is_err());
        assert_eq!(count(world, caller).unwrap(), 1);
        world.gate.call::<_, String>(caller, "add", "n2").unwrap();
        assert_eq!(world.read(&world.admin, ReadView::check).problems, Vec::<String>::new());
    });
}

#[test]
fn what_may_not_be_called_is_as_what_is_not_there() {
    check_with(&program(), |world| {
        world.write(&world.admin, |tx| {
            tx.define_procedure("count", Some("server"))?;
            tx.define_role(Role::new("one").allow_call("count"))?;
            tx.define_role(Role::new("all").allow_every(Resource::Procedure, Action::Call))
        });
        let (_, none) = world.key("", "none");
        let told = |secret: &Secret, name: &str| {
            format!("{:?}", world.gate.call::<_, usize>(secret, name, ()).unwrap_err())
        };
        // In the database and the program, in the program alone, in neither, and no name at all.
        for name in ["count", "add", "ghost", "", "no name", "\0"] {
            assert_eq!(told(&none, name), told(&none, "count"), "{name:?}");
            if name != "count" {
                assert_eq!(told(&world.key("", "one").1, name), told(&none, "count"), "{name:?}");
            }
        }
        // Whoever may call all is told which there are.
        let (_, all) = world.key("", "all");
        assert_eq!(count(world, &all).unwrap(), 1);
        for name in ["add", "ghost", ""] {
            not_found(world.gate.call::<_, String>(&all, name, "n2"));
        }
        world.refuses(&Secret::from("a guess"));
        let guess = world.gate.call::<_, usize>(&Secret::from("a guess"), "count", ());
        assert!(matches!(guess, Err(Error::Unauthenticated)));
    });
}

#[test]
fn arguments_have_limits_and_a_form() {
    let echo = Procedure::new("echo", |_, value: serde_json::Value| Ok(value));
    let typed = Procedure::new("typed", |_, (name, age): (String, u8)| Ok(format!("{name} {age}")));
    check_with(&[echo, typed], |world| {
        world.write(&world.admin, |tx| {
            tx.define_procedure("echo", None)?;
            tx.define_procedure("typed", None)
        });
        let echo =
            |value: &serde_json::Value| world.gate.call::<_, serde_json::Value>(&world.admin, "echo", value);
        let nested = |depth: usize| (0..depth).fold(json!(1), |value, _| json!([value]));
        assert_eq!(echo(&nested(32)).unwrap(), nested(32));
        invalid(echo(&nested(33)));
        invalid(echo(&nested(100)));
        assert!(echo(&json!("x".repeat(1 << 19))).is_ok());
        let too_large = echo(&json!("x".repeat(1 << 20))).unwrap_err();
        assert!(matches!(too_large, Error::Limit { what: "arguments of a procedure", .. }), "{too_large:?}");
        // What is too deep does not hide that it is too large as well.
        invalid(echo(&json!([nested(40), "x".repeat(1 << 21)])));
        let typed = |value: serde_json::Value| world.gate.call::<_, String>(&world.admin, "typed", value);
        assert_eq!(typed(json!(["ann", 7])).unwrap(), "ann 7");
        for wrong in [json!(null), json!(["ann"]), json!(["ann", 256]), json!([7, "ann"]), json!({})] {
            invalid(typed(wrong));
        }
        // Nor does the answer fit what the caller wants if it is something else.
        invalid(world.gate.call::<_, u8>(&world.admin, "echo", "text"));
    });
}

#[test]
fn a_role_of_a_procedure_is_renamed_and_not_deleted() {
    with_caller(|world, caller| {
        world.write(&world.admin, |tx| {
            tx.define_role(Role::new("worker").allow("notes", Action::Read))?;
            tx.define_procedure("count", Some("worker"))
        });
        assert_eq!(count(world, caller).unwrap(), 1);
        constraint(world.try_write(&world.admin, |tx| tx.delete_role("worker")));
        world.write(&world.admin, |tx| tx.rename_role("worker", "labourer"));
        assert_eq!(count(world, caller).unwrap(), 1);
        let listed = world.read(&world.admin, ReadView::procedures);
        let named = |name: &str| listed.iter().find(|one| one.name == name).unwrap().role.clone();
        assert_eq!(named("count").map(|role| role.to_string()).as_deref(), Some("labourer"));
        world.write(&world.admin, |tx| tx.define_role(Role::new("labourer")));
        assert_eq!(count(world, caller).unwrap(), 0);
        constraint(world.try_write(&world.admin, |tx| tx.define_procedure("count", Some("worker"))));
        // Nor is a procedure deleted that a role names: its right would pass to the next one of the name.
        constraint(world.try_write(&world.admin, |tx| tx.delete_procedure("count")));
        world.write(&world.admin, |tx| {
            tx.define_role(Role::new("caller"))?;
            tx.delete_procedure("count")?;
            tx.delete_role("labourer")
        });
        not_found(count(world, &world.admin));
        not_found(world.try_write(&world.admin, |tx| tx.delete_procedure("count")));
    });
}

/// A procedure in the midst of which something happens, which then reads, writes, commits and begins again.
fn interrupted(meanwhile: &Meanwhile) -> Procedure {
    let meanwhile = meanwhile.clone();
    Procedure::new("slow", move |call, (): ()| {
        let reader = call.begin_read()?;
        let mut writer = call.begin_write()?;
        writer.create_with_id("notes", "late", json!({}))?;
        meanwhile.happen();
        let read = reader.query("notes").count().map(drop);
        let wrote = writer.create("notes", json!({})).map(drop);
        let committed = writer.commit(Durability::Immediate);
        let again = call.begin_read().map(drop);
        let name = |result: portunus_auth::Result<()>| match result {
            Ok(()) => "ok".to_owned(),
            Err(error) => error.code().to_owned(),
        };
        Ok([read, wrote, committed, again].map(name))
    })
}

#[test]
fn a_call_whose_right_or_role_is_revoked_goes_no_further() {
    type Change = fn(&mut WriteView) -> portunus_auth::Result<()>;
    // What changes meanwhile; what the next operations and the commit are told, and what the next transaction.
    let cases: [(&str, Change, [&str; 2]); 6] = [
        ("nothing", |_| Ok(()), ["ok", "ok"]),
        ("the right to call", |tx| tx.define_role(Role::new("caller")), ["conflict", "denied"]),
        (
            "a denial",
            |tx| tx.define_role(Role::new("caller").allow_call("slow").deny_call("slow")),
            ["conflict", "denied"],
        ),
        ("another role", |tx| tx.define_procedure("slow", Some("server-readonly")), ["conflict", "ok"]),
        (
            "its role loses a right",
            |tx| tx.define_role(Role::new("worker").allow("notes", Action::Read)),
            ["conflict", "ok"],
        ),
        (
            "the procedure",
            |tx| {
                tx.define_role(Role::new("caller").allow_every(Resource::Procedure, Action::Call))?;
                tx.delete_procedure("slow")
            },
            ["conflict", "not_found"],
        ),
    ];
    for (what, change, [next, again]) in cases {
        let meanwhile = Meanwhile::default();
        check_with(&[interrupted(&meanwhile)], |world| {
            world.write(&world.admin, |tx| {
                let worker = Role::new("worker").allow("notes", Action::Read).allow("notes", Action::Create);
                tx.define_role(worker.allow("notes", Action::CreateWithId))?;
                tx.define_procedure("slow", Some("worker"))?;
                tx.define_role(Role::new("caller").allow_call("slow"))
            });
            let (_, caller) = world.key("", "caller");
            meanwhile.changes(world, change);
            let told: [String; 4] = world.gate.call(&caller, "slow", ()).unwrap();
            assert_eq!(told, [next, next, next, again], "{what}");
            assert_eq!(world.read(&world.admin, |tx| tx.exists("notes", "late")), what == "nothing");
        });
    }
}

#[test]
fn a_caller_that_is_revoked_is_so_inside_of_a_procedure() {
    let meanwhile = Meanwhile::default();
    check_with(&[interrupted(&meanwhile)], |world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define_procedure("slow", Some("server"))?;
            tx.define_role(Role::new("caller").member("users").allow_call("slow"))
        });
        let ended = |secret: &Secret| {
            let told: [String; 4] = world.gate.call(secret, "slow", ()).unwrap();
            assert_eq!(told, ["unauthenticated"; 4]);
            world.refuses(secret);
        };
        let (id, key) = world.key("", "caller");
        meanwhile.changes(world, move |tx| tx.delete_key(id));
        ended(&key);
        let acting = world.as_document("", "bob");
        meanwhile.changes(world, |tx| tx.delete("users", "bob"));
        ended(&acting);
        let token = world.token("", "ann");
        meanwhile.changes(world, |tx| tx.delete("users", "ann"));
        ended(&token.secret);
    });
}

#[test]
fn a_procedure_may_call_another_with_a_secret_that_it_has() {
    let gate: Arc<OnceLock<(Gate, Secret)>> = Arc::new(OnceLock::new());
    let inner = gate.clone();
    let outer = Procedure::new("outer", move |call, depth: u32| {
        let (gate, secret) = inner.get().unwrap();
        let mut found = vec![call.begin_read()?.principal()?.roles()[0].to_string()];
        if depth > 0 {
            found.extend(gate.call::<_, Vec<String>>(secret, "outer", depth - 1)?);
        }
        // The transaction of the outer call is still the outer caller's.
        found.push(call.begin_read()?.principal()?.id().to_string());
        Ok(found)
    });
    let options = GateOptions { procedures: vec![outer], ..GateOptions::default() };
    let (store, admin) = Gate::create_in_memory(&options).unwrap();
    assert!(gate.set((store.clone(), admin.clone())).is_ok());
    let mut tx = store.begin_write(&admin).unwrap();
    tx.define_procedure("outer", None).unwrap();
    tx.define_role(Role::new("caller").allow_call("outer")).unwrap();
    let caller = tx.create_key(NewKey::new("caller")).unwrap();
    tx.commit(Durability::Immediate).unwrap();
    let found: Vec<String> = store.call(&caller.secret, "outer", 3).unwrap();
    let first = store.begin_read(&admin).unwrap().principal().unwrap().id().to_string();
    let own = caller.id.to_string();
    assert_eq!(found, ["caller", "admin", "admin", "admin", &first, &first, &first, &own]);
}

#[test]
fn nobody_gives_a_procedure_more_than_it_holds() {
    with_caller(|world, _| {
        let (_, server) = world.key("", "server");
        for role in [Some("admin"), Some("server"), Some("none"), None] {
            denied(world.try_write(&server, |tx| tx.define_procedure("count", role)));
            denied(world.try_write(&server, |tx| tx.define_procedure("more", role)));
        }
        denied(world.try_write(&server, |tx| tx.delete_procedure("count")));
        let keeper = Role::new("keeper")
            .allow_every(Resource::Procedure, Action::Create)
            .allow_every(Resource::Procedure, Action::Write)
            .allow_every(Resource::Procedure, Action::Read)
            .allow("notes", Action::Read);
        world.write(&world.admin, |tx| {
            tx.define_role(&keeper)?;
            tx.define_role(Role::new("reader").allow("notes", Action::Read))?;
            tx.define_role(Role::new("writer").allow("notes", Action::Write))
        });
        let (_, secret) = world.key("", "keeper");
        for (role, may) in [("reader", true), ("none", true), ("keeper", true)] {
            assert_eq!(world.try_write(&secret, |tx| tx.define_procedure("p", Some(role))).is_ok(), may);
        }
        for role in ["server-readonly", "server", "admin"] {
            denied(world.try_write(&secret, |tx| tx.define_procedure("p", Some(role))));
            denied(world.try_write(&secret, |tx| tx.define_procedure("count", Some(role))));
        }
        // It may not see roles: one that is too strong is to it as one that is not there.
        for role in ["writer", "ghost"] {
            constraint(world.try_write(&secret, |tx| tx.define_procedure("p", Some(role))));
        }
        denied(world.try_write(&secret, |tx| tx.delete_procedure("p")));
        denied(world.gate.call::<_, usize>(&secret, "count", ()));
        for name in ["", "1st", "a-b", "a b", "é", &"a".repeat(129)] {
            invalid(world.try_write(&world.admin, |tx| tx.define_procedure(name, None)));
        }
    });
}

#[test]
fn a_program_has_no_two_procedures_of_one_name_and_none_without_one() {
    let named = |name: &str| Procedure::new(name, |_, (): ()| Ok(()));
    let open =
        |procedures| Gate::create_in_memory(&GateOptions { procedures, ..GateOptions::default() }).map(drop);
    assert!(matches!(open(vec![named("a"), named("a")]), Err(Error::AlreadyExists("procedure"))));
    for name in ["", "a b", "1", &"a".repeat(129)] {
        invalid(open(vec![named(name)]));
    }
    open(vec![named("a"), named("_b")]).unwrap();
}

#[test]
fn a_call_leaves_identity_rights_as_they_are() {
    // Inside of a procedure, whatever its role, the holder of a token has what every holder has, for its own tokens alone.
    let leave = Procedure::new("leave", |call, (): ()| {
        let mut view = call.begin_write()?;
        let seen = (view.own_tokens()?.len(), view.tokens_of("users", "bob")?.len());
        let ended = view.logout(portunus_auth::Logout::Everywhere)?;
        view.commit(Durability::Immediate)?;
        Ok((seen, ended))
    });
    check_with(&[leave], |world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define(Collection::new("notes"))?;
            tx.define_procedure("leave", Some("none"))?;
            tx.define_role(Role::new("caller").member("users").allow_call("leave"))
        });
        let (ann, bob) = (world.token("", "ann"), world.token("", "bob"));
        let told: ((usize, usize), usize) = world.gate.call(&ann.secret, "leave", ()).unwrap();
        assert_eq!(told, ((1, 0), 1));
        world.refuses(&ann.secret);
        world.opens(&bob.secret);
        denied(world.gate.call::<_, ((usize, usize), usize)>(&world.as_document("", "bob"), "leave", ()));
    });
}
