//! Whatever rules, masks, denials, filters, orders and indexes there are: a query gives what going through everything gives.

mod oracle;

use oracle::{Condition, Document, Rights, Shown, Surroundings, Terms, Wanted, expected};
use portunus_auth::{
    Action, Collection, Durability, Field, Fields, Gate, GateOptions, NewToken, On, Privilege, Query,
    ReadView, Role, Secret, Sort, Type, WriteView,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value as Json, json};

const ME: &str = "ann";
const FIELDS: [&str; 5] = ["owner", "size", "tags", "secret", "group"];
const INDEXES: [&[&str]; 7] =
    [&["owner"], &["size"], &["tags"], &["secret"], &["group"], &["owner", "size"], &["size", "owner"]];

fn owner() -> impl Strategy<Value = Json> {
    prop_oneof![
        4 => select(vec!["ann", "bob", "annabel"]).prop_map(Json::from),
        1 => Just(Json::Null),
        1 => Just(json!(["ann", "bob"])),
        1 => Just(json!({"ann": 1})),
        1 => Just(json!(3)),
    ]
}

fn size() -> impl Strategy<Value = Json> {
    prop_oneof![
        4 => (0..5_i64).prop_map(Json::from),
        1 => Just(json!(2.5)),
        1 => Just(json!(3.0)),
        1 => Just(json!("3")),
        1 => Just(json!([1, 4])),
    ]
}

fn tags() -> impl Strategy<Value = Json> {
    prop_oneof![
        3 => subsequence(vec![json!("a"), json!("b"), json!(1), json!([1])], 0..4).prop_map(Json::from),
        1 => Just(json!({"a": 1})),
        1 => Just(json!("a")),
    ]
}

fn group() -> impl Strategy<Value = Json> {
    select(vec![json!("g1"), json!("g2"), json!("g3"), json!(1)])
}

fn value() -> impl Strategy<Value = Json> {
    let maybe = |part: BoxedStrategy<Json>| proptest::option::weighted(0.8, part);
    let parts = (
        maybe(owner().boxed()),
        maybe(size().boxed()),
        maybe(tags().boxed()),
        maybe((0..3_i64).prop_map(Json::from).boxed()),
        maybe(group().boxed()),
    );
    parts.prop_map(|(owner, size, tags, secret, group)| {
        let parts = FIELDS.into_iter().zip([owner, size, tags, secret, group]);
        Json::Object(parts.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
    })
}

fn documents() -> impl Strategy<Value = Vec<Document>> {
    proptest::collection::btree_map((0..30_u8).prop_map(|id| format!("n{id:02}")), value(), 0..24)
        .prop_map(|documents| documents.into_iter().collect())
}

/// A condition; one of a filter knows nothing of who asks.
fn condition(knows_me: bool) -> BoxedStrategy<Condition> {
    let own = if knows_me { vec![Condition::Own, Condition::InGroup] } else { vec![Condition::HasSecret] };
    let leaf = prop_oneof![
        6 => select(own),
        2 => owner().prop_filter("one that the text can have", |it| !it.is_array() && !it.is_object()).prop_map(Condition::OwnerIs),
        1 => subsequence(vec!["ann", "bob", "zoe"], 0..3).prop_map(Condition::OwnerIn),
        1 => select(vec!["a", "ann", "z", ""]).prop_map(Condition::OwnerBegins),
        2 => (0..5_i64).prop_map(Condition::SizeAtLeast),
        1 => select(vec![2.5, 3.0, -1.0]).prop_map(Condition::SizeBelow),
        1 => (0..5_i64).prop_map(Condition::SizeIs),
        2 => select(vec![json!("a"), json!("b"), json!(1)]).prop_map(Condition::Tagged),
        1 => Just(Condition::HasSecret),
        1 => (0..3_i64).prop_map(Condition::SecretIs),
        1 => select(vec!["n01", "n12", "x"]).prop_map(Condition::IdIs),
        1 => select(vec!["n0", "n1", "n", ""]).prop_map(Condition::IdBegins),
    ];
    let tree = leaf.prop_recursive(2, 6, 2, |inner| {
        let pair = || (inner.clone().prop_map(Box::new), inner.clone().prop_map(Box::new));
        prop_oneof![
            1 => inner.clone().prop_map(|part| Condition::Not(Box::new(part))),
            2 => pair().prop_map(|(one, other)| Condition::Both(one, other)),
            2 => pair().prop_map(|(one, other)| Condition::Either(one, other)),
        ]
    });
    tree.boxed()
}

fn shown() -> impl Strategy<Value = Shown> {
    let some = || subsequence(FIELDS.to_vec(), 1..4);
    prop_oneof![3 => Just(Shown::All), 1 => some().prop_map(Shown::Only), 1 => some().prop_map(Shown::Except)]
}

fn rights() -> impl Strategy<Value = Rights> {
    let when = proptest::option::weighted(0.8, condition(true));
    (
        proptest::collection::vec((when, shown()), 1..4),
        proptest::collection::vec(condition(true), 0..2),
        proptest::option::weighted(0.2, condition(true)),
    )
        .prop_map(|(grants, denials, ids)| Rights { grants, denials, ids })
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let terms = prop_oneof![
        2 => Just(Terms::All),
        1 => select(vec![json!("ann"), json!(3), json!("a"), json!("g1")]).prop_map(Terms::Equal),
        1 => (0..4_i64).prop_map(Terms::From),
        1 => Just(Terms::Begins("a")),
    ];
    let order = prop_oneof![
        2 => Just((None, Vec::new())),
        3 => (select(INDEXES.to_vec()), terms).prop_map(|(index, terms)| (Some((index.to_vec(), terms)), Vec::new())),
        2 => (subsequence(FIELDS.to_vec(), 1..3).prop_shuffle(), any::<[bool; 3]>())
            .prop_map(|(fields, largest)| (None, fields.into_iter().zip(largest).collect())),
    ];
    (
        order,
        proptest::option::weighted(0.2, Just(("n05", "n20"))),
        proptest::option::weighted(0.6, condition(false)),
        any::<bool>(),
        proptest::option::weighted(0.2, subsequence(FIELDS.to_vec(), 0..3)),
    )
        .prop_map(|((index, sort), ids, filter, descending, project)| Wanted {
            ids: ids.filter(|_| index.is_none()),
            index,
            filter,
            sort,
            descending,
            project,
        })
}

fn query<'v>(view: &'v ReadView, wanted: &Wanted) -> Query<'v> {
    let mut query = view.query("things");
    if let Some((start, end)) = wanted.ids {
        query = query.ids(start..end);
    }
    if let Some((fields, terms)) = &wanted.index {
        query = query.index(fields.join(","));
        query = match terms {
            Terms::All => query,
            Terms::Equal(value) => query.equal([portunus_auth::to_value(value).unwrap()]),
            Terms::From(start) => query.range(*start..),
            Terms::Begins(text) => query.prefix(*text),
        };
    }
    if let Some(filter) = &wanted.filter {
        query = query.filter(filter.text());
    }
    let sort = |(field, largest_first): &(&str, bool)| {
        if *largest_first { Sort::descending(*field) } else { Sort::ascending(*field) }
    };
    query = query.sort(wanted.sort.iter().map(sort));
    if let Some(fields) = &wanted.project {
        query = query.project(fields.iter().copied());
    }
    if wanted.descending { query.descending() } else { query }
}

fn role(rights: &Rights) -> Role {
    let on = || Privilege::new(On::Collection("things".into()), Action::Read);
    let mut role = Role::new("some").member("users");
    for (when, shown) in &rights.grants {
        let mut privilege = on();
        if let Some(when) = when {
            privilege = privilege.when(when.text());
        }
        role = role.privilege(match shown {
            Shown::All => privilege,
            Shown::Only(fields) => privilege.fields(Fields::only(fields.iter().copied())),
            Shown::Except(fields) => privilege.fields(Fields::except(fields.iter().copied())),
        });
    }
    for denial in &rights.denials {
        role = role.denial(on().when(denial.text()));
    }
    match &rights.ids {
        Some(ids) => role.allow_when("things", Action::ListIds, ids.text()),
        None => role,
    }
    // What is found out within one transaction takes its own writes into account.
    .allow("things", Action::Create)
    .allow("things", Action::CreateWithId)
}

/// How the store of a case is laid out.
#[derive(Clone, Copy, Debug)]
struct Layout {
    has_indexes: bool,
    is_declared: bool,
}

fn groups() -> Vec<Document> {
    [("g1", json!(["ann", "bob"])), ("g2", json!(["bob"]))]
        .map(|(id, members)| (id.to_owned(), json!({"members": members})))
        .to_vec()
}

/// A store, its administrator, and Ann.
fn world(layout: Layout, rights: &Rights, committed: &[Document]) -> (Gate, Secret, Secret) {
    let (gate, admin) = Gate::create_in_memory(&GateOptions::default()).unwrap();
    let mut view = gate.begin_write(&admin).unwrap();
    let mut things = Collection::new("things");
    let mut members = Collection::new("groups");
    if layout.is_declared {
        things = things.field(Field::new("tags", Type::Array));
        things = things.field(Field::new("size", Type::Number).required());
        members = members.field(Field::new("members", Type::Array));
    }
    if layout.has_indexes {
        things = INDEXES.iter().fold(things, |things, fields| things.index(fields.iter().copied()));
        members = members.index(["members"]);
    }
    view.define(Collection::new("users")).unwrap();
    view.define(things).unwrap();
    view.define(members).unwrap();
    view.create_with_id("users", ME, json!({})).unwrap();
    for (id, group) in groups() {
        view.create_with_id("groups", &id, group).unwrap();
    }
    for (id, value) in committed {
        view.create_with_id("things", id, value).unwrap();
    }
    view.define_role(role(rights)).unwrap();
    let ann = view.create_token(NewToken::new("users", ME)).unwrap().secret;
    view.commit(Durability::Immediate).unwrap();
    (gate, admin, ann)
}

fn found<'v>(query: Query<'v>) -> Vec<Document> {
    let json =
        |document: portunus_auth::Document| (document.id().to_owned(), document.value().to_json().unwrap());
    query.documents().unwrap().into_iter().map(json).collect()
}

fn paged<'v>(query: impl Fn() -> Query<'v>, size: usize) -> Vec<String> {
    let mut ids = Vec::new();
    let mut next = None;
    loop {
        let page = query().page(size, next.as_ref()).unwrap();
        ids.extend(page.documents.iter().map(|document| document.id().to_owned()));
        next = page.next;
        if next.is_none() {
            return ids;
        }
    }
}

/// That all ways to ask give what is expected.
fn agree(view: &WriteView, wanted: &Wanted, expected: &[Document], (page, limit): (usize, usize)) {
    let ask = || query(view, wanted);
    let ids: Vec<&str> = expected.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(found(ask()), expected);
    assert_eq!(ask().count().unwrap(), expected.len());
    assert_eq!(ask().exists().unwrap(), !expected.is_empty());
    assert_eq!(ask().first().unwrap().map(|it| it.id().to_owned()).as_deref(), ids.first().copied());
    assert_eq!(paged(ask, page), ids);
    assert_eq!(found(ask().limit(limit)), expected[..limit.min(expected.len())]);
    // It can be told how each would run.
    assert!(ask().explain().unwrap().to_string().starts_with("query on things"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn a_query_gives_what_going_through_everything_gives(
        (has_indexes, is_declared) in any::<(bool, bool)>(),
        mut documents in documents(),
        rights in rights(),
        queries in proptest::collection::vec(wanted(), 1..8),
        page in 1..6_usize,
        limit in 0..6_usize,
    ) {
        if is_declared {
            for (_, value) in &mut documents {
                let members = value.as_object_mut().unwrap();
                members.retain(|name, value| match name.as_str() {
                    "tags" => value.is_array(),
                    "size" => value.is_number(),
                    _ => true,
                });
                members.entry("size").or_insert(json!(1));
            }
        }
        let layout = Layout { has_indexes, is_declared };
        let half = documents.len() / 2;
        let (gate, _, ann) = world(layout, &rights, &documents[..half]);
        let mut view = gate.begin_write(&ann).unwrap();
        for (id, value) in &documents[half..] {
            view.create_with_id("things", id, value).unwrap();
        }
        let groups = groups();
        let around = Surroundings { me: ME, groups: &groups };
        for wanted in queries.iter().filter(|wanted| has_indexes || wanted.index.is_none()) {
            let expected = expected(&documents, &rights, &around, wanted);
            agree(&view, wanted, &expected, (page, limit));
            let mut ids: Vec<String> = expected.into_iter().map(|(id, _)| id).collect();
            if wanted.index.is_none() && wanted.filter.is_none() && wanted.sort.is_empty() {
                let within = |id: &str| wanted.ids.is_none_or(|(start, end)| id >= start && id < end);
                let seen = documents.iter().filter(|it| rights.shows_id(&around, it) && within(&it.0));
                ids = seen.map(|(id, _)| id.clone()).collect();
                if wanted.descending {
                    ids.reverse();
                }
            }
            prop_assert_eq!(query(&view, wanted).list_ids().unwrap(), ids);
        }
    }

    /// A cursor goes on in a later transaction, whatever has come, gone and changed meanwhile: all that stayed is found once
    /// and in its order, and nothing is found that may not be seen.
    #[test]
    fn pages_go_on_while_others_write(
        has_indexes in any::<bool>(),
        documents in documents(),
        rights in rights(),
        wanted in wanted(),
        changes in proptest::collection::vec((0..30_u8, proptest::option::of(value())), 0..16),
        size in 1..4_usize,
    ) {
        prop_assume!(has_indexes || wanted.index.is_none());
        let (gate, admin, ann) = world(Layout { has_indexes, is_declared: false }, &rights, &documents);
        let groups = groups();
        let around = Surroundings { me: ME, groups: &groups };
        let ids = |documents: &[Document]| -> Vec<String> {
            expected(documents, &rights, &around, &wanted).into_iter().map(|(id, _)| id).collect()
        };
        let mut now: std::collections::BTreeMap<_, _> = documents.iter().cloned().collect();
        let (mut found, mut changed, mut next) = (Vec::new(), std::collections::BTreeSet::new(), None);
        let mut changes = changes.into_iter();
        loop {
            let view = gate.begin_read(&ann).unwrap();
            let page = query(&view, &wanted).page(size, next.as_ref()).unwrap();
            let visible = ids(&now.clone().into_iter().collect::<Vec<_>>());
            for document in &page.documents {
                prop_assert!(visible.iter().any(|id| id == document.id()), "{} is not to be seen", document.id());
                found.push(document.id().to_owned());
            }
            next = page.next;
            if next.is_none() {
                break;
            }
            for (id, value) in changes.by_ref().take(2) {
                let id = format!("n{id:02}");
                let mut view = gate.begin_write(&admin).unwrap();
                match (value, now.contains_key(&id)) {
                    (Some(value), true) => drop(view.replace("things", &id, &value).map(|_| now.insert(id.clone(), value)).unwrap()),
                    (Some(value), false) => drop(view.create_with_id("things", &id, &value).map(|_| now.insert(id.clone(), value)).unwrap()),
                    (None, true) => drop(view.delete("things", &id).map(|()| now.remove(&id)).unwrap()),
                    (None, false) => {}
                }
                view.commit(Durability::Immediate).unwrap();
                changed.insert(id);
            }
        }
        let stayed = |ids: &[String]| -> Vec<String> {
            ids.iter().filter(|id| !changed.contains(*id)).cloned().collect()
        };
        prop_assert_eq!(stayed(&found), stayed(&ids(&documents)));
    }
}
