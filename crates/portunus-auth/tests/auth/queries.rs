//! Queries under rules: which ranges they go along, what they depend on, and what of them can be asked too much of.

use portunus_auth::{
    Action, Collection, Durability, Error, FILTER_ARGS_BYTES_MAX, Field, Fields, Gate, GateOptions, NewToken,
    On, PlanRanges, Privilege, Query, ReadView, Resource, Role, SORT_DOCUMENTS_MAX, SORT_FIELDS_MAX,
    SORT_KEY_BYTES_MAX, Secret, Sort, Type,
};
use serde_json::{Value as Json, json};

struct World {
    gate: Gate,
    admin: Secret,
    ann: Secret,
}

const OWN: &str = "doc.owner == id(identity)";
const MEMBER: &str = r#"id(identity) in get("groups", doc.group).members"#;

/// Notes of three people in two groups, of one of which ann is a member, and a role of hers.
fn world(role: impl FnOnce(Role) -> Role) -> World {
    let (gate, admin) = Gate::create_in_memory(&GateOptions::default()).unwrap();
    let mut view = gate.begin_write(&admin).unwrap();
    view.define(Collection::new("users")).unwrap();
    let members = Collection::new("groups").field(Field::new("members", Type::Array)).index(["members"]);
    view.define(members).unwrap();
    let notes = Collection::new("notes")
        .field(Field::new("tags", Type::Array))
        .field(Field::new("size", Type::Int).required())
        .index(["owner"])
        .index(["group"])
        .index(["tags"])
        .index(["size"])
        .index(["owner", "size"]);
    view.define(notes).unwrap();
    view.create_with_id("users", "ann", json!({})).unwrap();
    view.create_with_id("groups", "g1", json!({"members": ["ann", "bob"]})).unwrap();
    view.create_with_id("groups", "g2", json!({"members": ["bob"]})).unwrap();
    for (number, owner, group) in (0..12).flat_map(|number| [(number, "ann", "g1"), (number, "bob", "g2")]) {
        let tags = if number % 4 == 0 { json!(["rare"]) } else { json!(["usual"]) };
        let note =
            json!({"owner": owner, "group": group, "size": number, "tags": tags, "salary": 100 - number});
        view.create_with_id("notes", &format!("{owner}-{number:02}"), note).unwrap();
    }
    view.define_role(role(Role::new("some").member("users"))).unwrap();
    let ann = view.create_token(NewToken::new("users", "ann")).unwrap().secret;
    view.commit(Durability::Immediate).unwrap();
    World { gate, admin, ann }
}

/// What a caller with the right to see roles is told of how a query would run.
fn whole(rule: &str, query: impl FnOnce(Query<'_>) -> Query<'_>) -> PlanRanges {
    let world = world(|role| {
        role.allow_when("notes", Action::Read, rule).allow_every(Resource::Role, Action::Explain)
    });
    let view = world.gate.begin_read(&world.ann).unwrap();
    query(view.query("notes")).explain().unwrap().whole.unwrap()
}

fn chosen(rule: &str, query: impl FnOnce(Query<'_>) -> Query<'_>) -> String {
    let whole = whole(rule, query);
    let chosen: Vec<String> =
        whole.candidates.into_iter().filter(|it| it.is_chosen).map(|it| it.range).chain(whole.scan).collect();
    chosen.join(" and ")
}

#[test]
fn rules_and_filters_choose_ranges() {
    let by_rule = |rule: &str| chosen(rule, |query| query);
    assert_eq!(by_rule(OWN), r#"index owner: "ann""#);
    assert_eq!(by_rule(MEMBER), r#"index group: "g1""#);
    assert_eq!(by_rule("doc.size > 3 && doc.size <= 5"), "index size: above 3 to 5");
    assert_eq!(by_rule("doc.owner == 'ann' && doc.size > 10"), r#"index owner,size: "ann", above 10"#);
    assert_eq!(by_rule("doc.owner.startsWith('a')"), r#"index owner: begins with "a""#);
    assert_eq!(by_rule("'rare' in doc.tags"), r#"index tags: "rare""#);
    assert_eq!(
        by_rule("id(doc).startsWith('ann-0') || id(doc) == 'x'"),
        r#"ids from "ann-0" below "ann-1" or ids "x""#
    );
    assert_eq!(by_rule("doc.owner in ['zoe', 'ann']"), r#"index owner: "ann" or index owner: "zoe""#);
    assert_eq!(by_rule("doc.owner == 5 && doc.owner == 6"), "nothing can be so");
    // One arm without a range spoils a union; one part with a range serves an intersection.
    assert_eq!(
        by_rule("doc.owner == 'ann' || has(doc.public)"),
        "no range holds all for which `has(doc.public)`"
    );
    assert_eq!(by_rule("doc.owner == 'ann' && has(doc.public)"), r#"index owner: "ann""#);
    // The fewest entries win.
    assert_eq!(chosen(OWN, |query| query.filter("doc.size == 3")), r#"index owner,size: "ann", 3"#);
    assert_eq!(chosen(OWN, |query| query.filter("'rare' in doc.tags")), r#"index tags: "rare""#);
    assert_eq!(chosen(OWN, |query| query.filter("doc.group == 'g9'")), r#"index group: "g9""#);
    assert_eq!(
        chosen("doc.owner in ['ann', 'bob']", |query| query.filter("doc.size < 2")),
        r#"index size: below 2"#
    );
}

#[test]
fn a_list_that_may_be_an_object_is_not_looked_up() {
    // The text is a key of the object, of which an index of elements knows nothing.
    let (gate, admin) = Gate::create_in_memory(&GateOptions::default()).unwrap();
    let mut view = gate.begin_write(&admin).unwrap();
    view.define(Collection::new("notes").index(["tags"])).unwrap();
    view.create_with_id("notes", "list", json!({"tags": ["a", 1]})).unwrap();
    view.create_with_id("notes", "object", json!({"tags": {"a": 1}})).unwrap();
    let tagged = || view.query("notes").filter("args in doc.tags");
    assert_eq!(tagged().args("a").list_ids().unwrap(), ["list", "object"]);
    assert_eq!(tagged().args(1).list_ids().unwrap(), ["list"]);
    assert_eq!(tagged().args("a").explain().unwrap().own.candidates, []);
    assert_eq!(tagged().args(1).explain().unwrap().own.candidates[0].range, "index tags: 1");
}

#[test]
fn a_plan_says_nothing_of_rules_or_documents_to_those_who_do_not_see_roles() {
    let plan = |hidden: usize| {
        let world = world(|role| role.allow_when("notes", Action::Read, MEMBER));
        let mut view = world.gate.begin_write(&world.admin).unwrap();
        for number in 0..hidden {
            let note = json!({"owner": "bob", "group": "g2", "size": 1, "n": number});
            view.create("notes", note).unwrap();
        }
        view.commit(Durability::Immediate).unwrap();
        let view = world.gate.begin_read(&world.ann).unwrap();
        let query = view
            .query("notes")
            .filter("doc.size == 1 && doc.owner == 'bob'")
            .sort([Sort::descending("size")]);
        query.explain().unwrap()
    };
    assert_eq!(plan(0), plan(50));
    assert_eq!(
        plan(0).to_string(),
        "query on notes
├─ order: sorted by size descending: as in index size
└─ filter: doc.size == 1 && doc.owner == 'bob'
   ├─ index owner,size: \"bob\", 1
   ├─ index owner: \"bob\"
   └─ index size: 1
"
    );
    let json = serde_json::to_value(plan(0)).unwrap();
    assert_eq!((&json["condition"], &json["whole"]), (&Json::Null, &Json::Null));
    assert_eq!(
        json["own"]["candidates"][2],
        json!({"range": "index size: 1", "entries": null, "is_chosen": false})
    );
}

#[test]
fn a_plan_for_those_who_see_roles_has_the_rule_and_the_choice() {
    let world = world(|role| {
        role.allow_when("notes", Action::Read, MEMBER).allow_every(Resource::Role, Action::Explain)
    });
    let view = world.gate.begin_read(&world.ann).unwrap();
    assert_eq!(
        view.query("notes").filter("doc.size < 5").explain().unwrap().to_string(),
        r#"query on notes
├─ order: ids
├─ filter: doc.size < 5
│  └─ index size: below 5
└─ rules: "ann" in get("groups", doc.group).members
   ├─ index size: below 5, 10 entries counted, chosen
   └─ index group: "g1", 10 entries counted
"#
    );
    // Whoever may see nothing is told nothing, as where there is no such collection.
    let (_, blind) = blind(&world);
    let view = world.gate.begin_read(&blind).unwrap();
    let plan = |collection: &str| view.query(collection).index("owner").explain().map(|plan| plan.own);
    assert_eq!(plan("notes").unwrap(), plan("ghosts").unwrap());
}

fn blind(world: &World) -> (portunus_auth::PublicId, Secret) {
    let mut view = world.gate.begin_write(&world.admin).unwrap();
    let key = view.create_key(portunus_auth::NewKey::new("none")).unwrap();
    view.commit(Durability::Immediate).unwrap();
    (key.id, key.secret)
}

/// Whether a write of ann's that rests on a query commits, if the administrator does something meanwhile.
fn commits(rule: &str, ask: impl Fn(&ReadView), meanwhile: impl Fn(&mut portunus_auth::WriteView)) -> bool {
    let world = world(|role| role.allow_when("notes", Action::Read, rule).allow("notes", Action::Create));
    let mut view = world.gate.begin_write(&world.ann).unwrap();
    ask(&view);
    view.create("notes", json!({"owner": "ann", "size": 1})).unwrap();
    let mut other = world.gate.begin_write(&world.admin).unwrap();
    meanwhile(&mut other);
    other.commit(Durability::Immediate).unwrap();
    match view.commit(Durability::Immediate) {
        Ok(()) => true,
        Err(Error::Conflict) => false,
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn a_transaction_depends_on_the_ranges_that_its_queries_went_along() {
    let count = |view: &ReadView| assert_eq!(view.query("notes").count().unwrap(), 12);
    let note = |owner: &'static str, group: &'static str| {
        move |view: &mut portunus_auth::WriteView| {
            view.create("notes", json!({"owner": owner, "group": group, "size": 1})).map(drop).unwrap();
        }
    };
    assert!(!commits(OWN, count, note("ann", "g2")), "one more that it would have counted");
    assert!(commits(OWN, count, note("bob", "g1")), "one that it would not even have looked at");
    assert!(!commits(MEMBER, count, note("bob", "g1")));
    assert!(commits(MEMBER, count, note("ann", "g2")));
    // The groups that it is in are what it depends on, too.
    let join = |view: &mut portunus_auth::WriteView| {
        view.patch("groups", "g2", json!({"members": ["ann"]})).map(drop).unwrap();
    };
    assert!(!commits(MEMBER, count, join));
    let first = |view: &ReadView| assert_eq!(view.query("notes").first().unwrap().unwrap().id(), "ann-00");
    let behind = |view: &mut portunus_auth::WriteView| {
        view.create_with_id("notes", "z", json!({"owner": "ann", "size": 1})).map(drop).unwrap();
    };
    assert!(commits(OWN, first, behind), "the first one stays the first");
}

#[test]
fn what_cannot_be_asked_is_refused_and_says_where() {
    let world = world(|role| role.allow_when("notes", Action::Read, OWN));
    // To those who see something, and to those who see nothing at all.
    for secret in [&world.ann, &blind(&world).1] {
        let view = world.gate.begin_read(secret).unwrap();
        let refused = |query: Query<'_>| query.count().unwrap_err();
        for filter in [
            "doc.size >",
            "doc.size + 'a'",
            "doc.owner == id(identity)",
            "claims.admin",
            r#"get("notes", "n1").size > 1"#,
            r#"exists("notes", "n1")"#,
            "new.size > 1",
            "1",
        ] {
            let error = refused(view.query("notes").filter(filter));
            assert!(matches!(error, Error::Rule { .. }), "{filter}: {error:?}");
        }
        let too_long = "doc.size > 1 || ".repeat(1_000) + "true";
        assert!(matches!(refused(view.query("notes").filter(too_long)), Error::Rule { .. }));
        let sorts = |count: usize| (0..count).map(|_| Sort::ascending("size"));
        assert!(view.query("notes").sort(sorts(SORT_FIELDS_MAX)).count().is_ok());
        assert!(matches!(refused(view.query("notes").sort(sorts(SORT_FIELDS_MAX + 1))), Error::Limit { .. }));
        let text = |bytes: usize| "x".repeat(bytes);
        let args = |args: Json| view.query("notes").filter("doc.owner == args").args(args);
        assert!(args(json!(text(FILTER_ARGS_BYTES_MAX - 64))).count().is_ok());
        assert!(matches!(refused(args(json!(text(FILTER_ARGS_BYTES_MAX + 1)))), Error::Limit { .. }));
        let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
        assert!(matches!(refused(args(deep)), Error::Limit { .. } | Error::Invalid { .. }));
        assert!(
            matches!(refused(view.query("notes").args(u64::MAX)), Error::Invalid { place, .. } if place == "args")
        );
        for query in [
            view.query("notes").sort([Sort::ascending("")]),
            view.query("notes").sort([Sort::ascending("size")]).index("size"),
            view.query("notes").project(["a..b"]),
            view.query("notes").range(1..),
        ] {
            assert!(matches!(refused(query), Error::Invalid { .. }));
        }
        let many = (0..=portunus_auth::FIELDS_MAX).map(|number| format!("f{number}"));
        assert!(matches!(refused(view.query("notes").project(many)), Error::Limit { .. }));
    }
}

#[test]
fn a_filter_that_costs_too_much_is_true_of_nothing() {
    let world = world(|role| role.allow_when("notes", Action::Read, OWN));
    let view = world.gate.begin_read(&world.ann).unwrap();
    let dear = "args.all(a, args.all(b, a == b || a != b))";
    let args = |count: usize| vec![1; count];
    let asked = |count: usize| {
        view.query("notes").filter(format!("doc.size >= 0 && {dear}")).args(args(count)).count()
    };
    assert_eq!(asked(10).unwrap(), 12);
    assert_eq!(asked(1_000).unwrap(), 0);
    let before = world.gate.stats();
    let per_document = "doc.tags.all(a, args.all(b, args.all(c, b == c || a != c)))";
    assert_eq!(view.query("notes").filter(per_document).args(args(200)).count().unwrap(), 0);
    assert_eq!(world.gate.stats(), before, "a caller's own filter is no rule for an operator to look into");
}

#[test]
fn documents_that_are_equal_so_far_come_by_their_ids() {
    let (gate, admin) = Gate::create_in_memory(&GateOptions::default()).unwrap();
    let mut view = gate.begin_write(&admin).unwrap();
    view.define(Collection::new("notes")).unwrap();
    let same = "x".repeat(SORT_KEY_BYTES_MAX);
    for (id, end) in [("n1", "c"), ("n2", "a"), ("n3", "b")] {
        view.create_with_id("notes", id, json!({"text": format!("{same}{end}"), "short": end})).unwrap();
    }
    let sorted = |fields: Vec<Sort>| view.query("notes").sort(fields);
    assert_eq!(sorted(vec![Sort::ascending("text")]).list_ids().unwrap(), ["n1", "n2", "n3"]);
    assert_eq!(sorted(vec![Sort::descending("text")]).list_ids().unwrap(), ["n3", "n2", "n1"]);
    assert_eq!(sorted(vec![Sort::ascending("short")]).list_ids().unwrap(), ["n2", "n3", "n1"]);
    // A place fits into a cursor however much there is to sort by.
    let by_both = || sorted(vec![Sort::ascending("text"), Sort::descending("short")]);
    let page = by_both().page(2, None).unwrap();
    let rest = by_both().page(2, page.next.as_ref()).unwrap();
    assert_eq!((rest.documents[0].id(), rest.next), ("n1", None));
}

#[test]
fn a_cursor_belongs_to_all_of_its_query_and_holds_what_was_shown() {
    let read = Privilege::new(On::Collection("notes".into()), Action::Read).when(OWN);
    let world = world(|role| role.privilege(read.fields(Fields::except(["salary"]))));
    let view = world.gate.begin_read(&world.ann).unwrap();
    let query = || view.query("notes").filter("doc.size > args").args(3).sort([Sort::descending("size")]);
    let cursor = query().page(2, None).unwrap().next.unwrap();
    assert_eq!(query().page(1, Some(&cursor)).unwrap().documents[0].id(), "ann-09");
    for other in [
        query().filter("doc.size > args && true"),
        query().args(4),
        query().sort([Sort::ascending("size")]),
        query().sort([Sort::descending("size"), Sort::ascending("owner")]),
        query().project(["size"]),
        query().descending(),
        view.query("notes"),
    ] {
        assert!(matches!(other.page(2, Some(&cursor)), Err(Error::Invalid { .. })));
    }
    // Where the order would be by a hidden field, it is by what is shown instead: all are equal.
    let by_hidden = || view.query("notes").sort([Sort::ascending("salary")]);
    let shown: Vec<String> = by_hidden().list_ids().unwrap();
    assert_eq!(shown, view.query("notes").list_ids().unwrap());
    let next = by_hidden().page(5, None).unwrap().next.unwrap();
    let place = decoded(next.as_str());
    assert!(place.ends_with(b"\0\x01\x10ann-04"), "nothing but that the field is missing, and the id");
    assert!(view.query("notes").index("salary").count().is_err());
}

/// The bytes of base-64.
fn decoded(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digit = |byte: u8| u32::try_from(DIGITS.iter().position(|it| *it == byte).unwrap()).unwrap();
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for byte in text.bytes() {
        bits = (bits << 6 | digit(byte)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).unwrap());
        }
    }
    bytes
}

#[test]
fn pages_go_on_though_what_they_ended_with_has_gone_and_indexes_have_come() {
    let world = world(|role| role.allow_when("notes", Action::Read, OWN));
    let ask = |cursor| {
        let view = world.gate.begin_read(&world.ann).unwrap();
        let page = view.query("notes").sort([Sort::ascending("size")]).page(3, cursor).unwrap();
        let ids: Vec<String> = page.documents.iter().map(|note| note.id().to_owned()).collect();
        (ids, page.next)
    };
    let (first, next) = ask(None);
    assert_eq!(first, ["ann-00", "ann-01", "ann-02"]);
    let mut view = world.gate.begin_write(&world.admin).unwrap();
    view.delete("notes", "ann-02").unwrap();
    let notes = view.collection("notes").unwrap().unwrap();
    view.define(notes.without_index("size").without_index("owner").without_index("owner,size")).unwrap();
    view.commit(Durability::Immediate).unwrap();
    assert_eq!(ask(next.as_ref()).0, ["ann-03", "ann-04", "ann-05"]);
}

#[test]
fn the_right_to_see_ids_shows_nothing_that_values_decide() {
    let world = world(|role| {
        role.allow_when("notes", Action::ListIds, "doc.group == 'g2'").allow_when("notes", Action::Read, OWN)
    });
    let view = world.gate.begin_read(&world.ann).unwrap();
    assert_eq!(view.query("notes").list_ids().unwrap().len(), 24);
    assert_eq!(view.query("notes").ids("bob"..).list_ids().unwrap().len(), 12);
    assert_eq!(view.query("notes").count().unwrap(), 12);
    for by_values in [
        view.query("notes").filter("true"),
        view.query("notes").filter("id(doc) != ''"),
        view.query("notes").sort([Sort::ascending("size")]),
        view.query("notes").index("size"),
    ] {
        let ids = by_values.list_ids().unwrap();
        assert!(ids.len() == 12 && ids.iter().all(|id| id.starts_with("ann")), "{ids:?}");
    }
}

#[test]
fn strict_says_that_nothing_is_granted_and_nothing_else() {
    let world = world(|role| role.allow_when("notes", Action::Read, "doc.size > 1000"));
    let view = world.gate.begin_read(&world.ann).unwrap();
    assert_eq!(view.query("notes").strict().count().unwrap(), 0);
    assert!(matches!(view.query("groups").strict().count(), Err(Error::Denied { action: Action::Read, .. })));
    assert_eq!(view.query("groups").count().unwrap(), 0);
}

#[test]
fn more_than_can_be_collected_or_sorted_is_gone_through_or_refused() {
    let (gate, admin) = Gate::create_in_memory(&GateOptions::default()).unwrap();
    let mut view = gate.begin_write(&admin).unwrap();
    view.define(Collection::new("users")).unwrap();
    view.define(Collection::new("notes").index(["size"])).unwrap();
    view.create_with_id("users", "ann", json!({})).unwrap();
    let role = Role::new("some").member("users").allow_when("notes", Action::Read, "doc.size >= 0");
    view.define_role(role).unwrap();
    let ann = view.create_token(NewToken::new("users", "ann")).unwrap().secret;
    view.commit(Durability::Immediate).unwrap();
    let mut next = 0;
    while next <= SORT_DOCUMENTS_MAX {
        let mut view = gate.begin_write(&admin).unwrap();
        for number in next..next + 10_000 {
            view.create_with_id("notes", &format!("{number:06}"), json!({"size": number % 1_000})).unwrap();
        }
        view.commit(Durability::Relaxed).unwrap();
        next += 10_000;
    }
    let view = gate.begin_read(&ann).unwrap();
    assert_eq!(view.query("notes").count().unwrap(), next, "there are more entries than are collected");
    let sorted = || view.query("notes").sort([Sort::descending("size")]);
    assert!(matches!(sorted().list_ids(), Err(Error::Limit { max: SORT_DOCUMENTS_MAX, .. })));
    assert_eq!(
        sorted().limit(2).list_ids().unwrap(),
        [format!("{:06}", next - 1), format!("{:06}", next - 1_001)]
    );
    assert_eq!(sorted().page(1, None).unwrap().documents[0].id(), format!("{:06}", next - 1));
    assert_eq!(sorted().count().unwrap(), next);
}
