//! The declared channels, each as it is declared in SECURITY.md: that it is there, and how far it goes. What closes one of them has
//! to take it off that list.

use portunus_auth::{
    Action, Collection, Durability, Error, Field, NewToken, On, Privilege, Resource, Result, Role, Type,
    WriteView,
};
use portunus_soak::worlds::common::{Common, HOME, World};
use portunus_soak::worlds::counting::Work;
use portunus_soak::worlds::holder::Holder;
use serde_json::{Value as Json, json};

/// A world of Ann, who sees her own notes without their salaries; with these notes beside.
fn ann(form: u8, notes: &[(&str, Json)]) -> World {
    let world = Common::new(Holder::Author(form), 0).world();
    put(&world, notes);
    world
}

fn put(world: &World, notes: &[(&str, Json)]) {
    world.write(&world.inside(HOME), |tx| {
        for (id, note) in notes {
            tx.create_with_id("notes", id, note)?;
        }
        Ok(())
    });
}

/// What an operation of the holder gives, and what it takes.
fn work<T>(world: &World, run: impl FnOnce(&mut WriteView) -> T) -> (T, Work) {
    let mut view = world.gate.begin_write(&world.secret).unwrap();
    let _: Work = world.counters.take();
    (run(&mut view), world.counters.take())
}

fn denied<T: std::fmt::Debug>(result: Result<T>) {
    assert!(matches!(result, Err(Error::Denied { .. })), "{result:?}");
}

#[test]
fn scans_take_longer_over_hidden_documents() {
    let some = |note: Json| ["a", "b", "c", "d", "e"].map(|id| (id, note.clone()));
    let counted = |notes: &[(&str, Json)]| {
        let (count, work) = work(&ann(0, notes), |tx| tx.query("notes").count().unwrap());
        assert_eq!(count, 0);
        work.visited
    };
    let none = counted(&[]);
    assert_eq!(counted(&some(json!({"owner": "bob"}))), none, "an index leads around these");
    assert!(counted(&some(json!({"owner": "ann", "secret": true}))) >= none + 5, "these are looked at");
}

#[test]
fn an_id_or_a_unique_term_that_is_taken_is_told_and_nothing_of_what_has_it() {
    let world = ann(0, &[("theirs", json!({"owner": "bob", "email": "b"}))]);
    let mut view = world.gate.begin_write(&world.secret).unwrap();
    let note = |email: &str| json!({"owner": "ann", "email": email});
    denied(view.create_with_id("notes", "theirs", note("a")));
    denied(view.create_with_id("notes", "mine", note("b")));
    view.create_with_id("notes", "mine", note("a")).unwrap();
    denied(view.patch("notes", "mine", note("b")));
    assert!(
        matches!(view.create_with_id("notes", "mine", note("c")), Err(Error::AlreadyExists(_))),
        "one's own is told"
    );
}

#[test]
fn commits_conflict_with_hidden_changes_of_what_was_gone_through_and_of_nothing_else() {
    let open = |read: fn(&WriteView)| {
        let world = ann(2, &[]);
        let mut view = world.gate.begin_write(&world.secret).unwrap();
        read(&view);
        put(&world, &[("theirs", json!({"owner": "ann", "secret": true}))]);
        view.create("notes", json!({"owner": "ann"})).unwrap();
        view.commit(Durability::Immediate)
    };
    assert!(matches!(open(|tx| assert_eq!(tx.query("notes").count().unwrap(), 0)), Err(Error::Conflict)));
    assert!(matches!(open(|tx| assert!(!tx.exists("notes", "theirs").unwrap())), Err(Error::Conflict)));
    assert!(open(|tx| assert!(!tx.exists("notes", "other").unwrap())).is_ok());
}

#[test]
fn open_transactions_conflict_with_a_change_of_who_one_is_also_where_that_is_hidden() {
    let world = ann(0, &[]);
    let view = world.gate.begin_write(&world.secret).unwrap();
    world.write(&world.inside(HOME), |tx| tx.patch("users", "ann", json!({"remark": "late again"})));
    assert!(matches!(view.exists("notes", "n1"), Err(Error::Conflict)));
    assert!(
        !world.gate.begin_read(&world.secret).unwrap().exists("users", "ann").unwrap(),
        "which it does not see"
    );
}

#[test]
fn a_change_of_what_is_seen_is_refused_where_it_does_not_fit_beside_what_is_hidden() {
    let text = |bytes: usize| "x".repeat(bytes);
    let half = portunus_auth::DOCUMENT_BYTES_MAX / 2;
    for (hidden, fits) in [(1, true), (half, false)] {
        let world = ann(
            0,
            &[("n1", json!({"owner": "ann", "size": 1, "lines": [{"name": "a", "cost": text(hidden)}]}))],
        );
        let mut view = world.gate.begin_write(&world.secret).unwrap();
        let changed = view.patch("notes", "n1", json!({"text": text(half)}));
        // Neither how large it is, nor that size is what is wrong.
        if fits { assert!(changed.is_ok()) } else { denied(changed) }
    }
}

#[test]
fn the_version_of_a_document_rises_with_changes_of_its_hidden_fields() {
    let world = ann(0, &[("n1", json!({"owner": "ann", "size": 1, "salary": 1}))]);
    let version =
        || world.gate.begin_read(&world.secret).unwrap().get("notes", "n1").unwrap().unwrap().version();
    let before = version();
    world.write(&world.inside(HOME), |tx| tx.patch("notes", "n1", json!({"salary": 2})));
    assert_eq!(version(), before + 1);
}

#[test]
fn it_takes_longer_to_delete_what_has_hidden_fields_in_an_index() {
    let writes = |note: Json| {
        let world = ann(0, &[("n1", note)]);
        work(&world, |tx| tx.delete("notes", "n1").unwrap()).1.writes
    };
    let more =
        writes(json!({"owner": "ann", "size": 1, "salary": 2})) - writes(json!({"owner": "ann", "size": 1}));
    assert_eq!(more, 1, "its entry in the index of that field");
}

#[test]
fn a_rule_that_reads_other_documents_takes_longer_over_a_hidden_document_than_over_none() {
    let gets = |notes: &[(&str, Json)]| {
        let world = ann(0, notes);
        let flagged = Role::new("flagged").member("users").allow_when(
            "notes",
            Action::Read,
            "get('flags', doc.flag).on",
        );
        world.write(&world.inside(HOME), |tx| tx.define_role(&flagged));
        let (found, work) = work(&world, |tx| tx.exists("notes", "n1").unwrap());
        assert!(!found);
        work.gets
    };
    let more = gets(&[("n1", json!({"owner": "bob", "flag": "bob"}))]) - gets(&[]);
    assert_eq!(more, 2, "what it reads, and the definition of its collection");
}

#[test]
fn opening_takes_longer_with_roles_that_one_might_have() {
    let opening = |roles: usize| {
        let world = ann(0, &[]);
        world.write(&world.inside(HOME), |tx| {
            (0..roles).try_for_each(|nth| {
                tx.define_role(Role::new(format!("r{nth}")).member_when("users", "identity.boss"))
            })
        });
        world.gate.begin_read(&world.secret).unwrap();
        let _: Work = world.counters.take();
        world.gate.begin_read(&world.secret).unwrap();
        world.counters.take()
    };
    let (none, three) = (opening(0), opening(3));
    assert!(three.visited == none.visited + 3 && three.gets > none.gets, "{none:?} {three:?}");
}

#[test]
fn opening_takes_longer_after_any_record_that_decides_has_changed_anywhere() {
    let world = Common::new(Holder::Reader, 64).world();
    let opening = || {
        let _: Work = world.counters.take();
        world.gate.begin_read(&world.secret).unwrap();
        world.counters.take()
    };
    opening();
    let remembered = opening();
    put(&world, &[("theirs", json!({"owner": "bob"}))]);
    assert_eq!(opening(), remembered, "not after a change of documents");
    world.write(&world.inside("beta"), |tx| tx.create_token(NewToken::new("users", "ann")).map(drop));
    assert!(opening().gets > remembered.gets);
    assert_eq!(opening(), remembered, "once");
}

#[test]
fn who_has_a_right_to_documents_of_a_collection_learns_of_its_indexes_and_of_what_breaks_its_definition() {
    let world = Common::new(Holder::Reader, 0).world();
    let read = Privilege::new(On::Every(Resource::Document), Action::Read).when("doc.owner == 'ann'");
    world.write(&world.inside(HOME), |tx| {
        tx.define(Collection::new("c1").index(["owner"]).field(Field::new("size", Type::Int)))?;
        tx.define_role(Role::new("reader").privilege(read).allow_every(Resource::Document, Action::Create))
    });
    let mut view = world.gate.begin_write(&world.secret).unwrap();
    assert!(view.collections().unwrap().is_empty());
    assert!(view.query("c1").index("owner").documents().unwrap().is_empty());
    assert!(matches!(view.query("c1").index("size").documents(), Err(Error::NotFound("index"))));
    assert!(
        view.query("c2").index("size").documents().unwrap().is_empty(),
        "so it is told that there is no such collection"
    );
    assert!(matches!(view.create("c1", json!({"size": "large"})), Err(Error::Invalid { .. })));
}

#[test]
fn who_may_change_definitions_learns_whether_documents_fit_them() {
    let world = Common::new(Holder::Reader, 0).world();
    let role = [Action::Read, Action::Write]
        .into_iter()
        .fold(Role::new("reader"), |role, action| role.allow_every(Resource::Collection, action));
    world.write(&world.inside(HOME), |tx| {
        tx.create_with_id("vault", "n1", json!({"owner": "bob", "code": 17}))?;
        tx.create_with_id("vault", "n2", json!({"owner": "bob", "code": 18}))?;
        tx.define_role(role)
    });
    let vault = || Collection::new("vault").index(["owner"]);
    let defined = |collection: Collection| world.gate.begin_write(&world.secret).unwrap().define(collection);
    defined(vault().field(Field::new("code", Type::Int))).unwrap();
    defined(vault().unique(["code"])).unwrap();
    for refused in [vault().field(Field::new("code", Type::String)), vault().unique(["owner"])] {
        let told = defined(refused).unwrap_err().to_string();
        assert!(!["n1", "n2", "17", "18", "bob"].iter().any(|hidden| told.contains(hidden)), "{told}");
    }
}

#[test]
fn plans_count_hidden_documents_only_for_those_who_may_ask_why() {
    let plan = |world: &World| {
        let view = world.gate.begin_read(&world.secret).unwrap();
        let plan = view.query("notes").filter("doc.size > 1 && doc.owner == 'ann'").explain().unwrap();
        format!("{plan:?}")
    };
    let notes = [("theirs", json!({"owner": "ann", "size": 9, "secret": true}))];
    assert_eq!(plan(&ann(0, &[])), plan(&ann(0, &notes)));
    let plans = [&[], &notes[..]].map(|notes| {
        let world = ann(0, notes);
        let why = Role::new("why").member("users").allow_every(Resource::Role, Action::Explain);
        world.write(&world.inside(HOME), |tx| tx.define_role(why));
        plan(&world)
    });
    assert_ne!(plans[0], plans[1]);
}
