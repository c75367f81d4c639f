//! Paired worlds under rules: two stores that differ only in documents that a rule hides, and in fields that a mask hides, give
//! the same answers to everything that their principal asks and does.

use crate::world::World;
use portunus_auth::{
    Action, Collection, Fields, GateOptions, On, Privilege, Result, Role, Secret, Sort, Timestamp, WriteView,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::fmt::Debug;

/// A document that the principal sees, and in each of two worlds another form of what it does not see of it.
#[derive(Clone, Debug)]
struct Shown {
    id: u8,
    size: i64,
    tags: Vec<u8>,
    hidden: [HiddenFields; 2],
}

#[derive(Clone, Debug)]
struct HiddenFields {
    salary: Option<i64>,
    costs: [i64; 2],
}

/// A document of one world that the principal does not see: whose it is, or that it is secret.
#[derive(Clone, Debug)]
struct Hidden {
    id: u8,
    owner: Option<bool>,
    size: i64,
    tags: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Step {
    Get(bool, u8),
    All,
    Descending,
    Count,
    BySize(i64),
    ByTag(u8),
    BySalary(i64),
    ByOwnerAndSize(i64),
    Pages(usize),
    PagesBySize(usize),
    PagesBySalary(usize),
    Filter(usize, i64),
    Sort(usize, bool),
    PagesOfSorted(usize, usize),
    Explain(usize),
    Create(u8, i64),
    CreateForBob(u8),
    Patch(bool, u8, i64),
    PatchHidden(u8, i64),
    Replace(u8, i64),
    ReplaceLines(u8),
    GiveAway(u8),
    Delete(bool, u8),
    IfVersion(u8),
}

fn hidden_fields() -> impl Strategy<Value = HiddenFields> {
    (prop::option::of(0..4_i64), [0..3_i64, 0..3_i64])
        .prop_map(|(salary, costs)| HiddenFields { salary, costs })
}

fn shown() -> impl Strategy<Value = Vec<Shown>> {
    let one = (0..6_u8, 0..4_i64, prop::collection::vec(0..3_u8, 0..3), [hidden_fields(), hidden_fields()]);
    let one = one.prop_map(|(id, size, tags, hidden)| Shown { id, size, tags, hidden });
    prop::collection::vec(one, 0..6)
}

fn hidden() -> impl Strategy<Value = Vec<Hidden>> {
    let one = (0..6_u8, prop::option::of(any::<bool>()), 0..4_i64, prop::collection::vec(0..3_u8, 0..3));
    let one = one.prop_map(|(id, owner, size, tags)| Hidden { id, owner, size, tags });
    prop::collection::vec(one, 0..8)
}

fn step() -> impl Strategy<Value = Step> {
    let id = 0..6_u8;
    let size = 0..4_i64;
    prop_oneof![
        (any::<bool>(), id.clone()).prop_map(|(shown, id)| Step::Get(shown, id)),
        Just(Step::All),
        Just(Step::Descending),
        Just(Step::Count),
        size.clone().prop_map(Step::BySize),
        (0..3_u8).prop_map(Step::ByTag),
        size.clone().prop_map(Step::BySalary),
        size.clone().prop_map(Step::ByOwnerAndSize),
        (1..4_usize).prop_map(Step::Pages),
        (1..4_usize).prop_map(Step::PagesBySize),
        (1..4_usize).prop_map(Step::PagesBySalary),
        (0..FILTERS.len(), size.clone()).prop_map(|(filter, size)| Step::Filter(filter, size)),
        (0..SORTS.len(), any::<bool>()).prop_map(|(field, down)| Step::Sort(field, down)),
        (0..SORTS.len(), 1..3_usize).prop_map(|(field, size)| Step::PagesOfSorted(field, size)),
        (0..FILTERS.len()).prop_map(Step::Explain),
        (id.clone(), size.clone()).prop_map(|(id, size)| Step::Create(id, size)),
        id.clone().prop_map(Step::CreateForBob),
        (any::<bool>(), id.clone(), size.clone()).prop_map(|(shown, id, size)| Step::Patch(shown, id, size)),
        (id.clone(), size.clone()).prop_map(|(id, salary)| Step::PatchHidden(id, salary)),
        (id.clone(), size).prop_map(|(id, size)| Step::Replace(id, size)),
        id.clone().prop_map(Step::ReplaceLines),
        id.clone().prop_map(Step::GiveAway),
        (any::<bool>(), id.clone()).prop_map(|(shown, id)| Step::Delete(shown, id)),
        id.prop_map(Step::IfVersion),
    ]
}

/// What it looks for: also by what it does not see.
const FILTERS: [&str; 9] = [
    "doc.size > args",
    "doc.salary == args",
    "!has(doc.salary) || doc.salary > args",
    "args in doc.tags",
    "doc.owner == 'bob' || doc.size == args",
    "doc.lines.exists(line, line.cost == args)",
    "size(doc.lines.filter(line, has(line.cost))) == 0",
    "10 / (doc.size - args) > 0",
    "doc.secret || id(doc).endsWith('x')",
];
const SORTS: [&str; 4] = ["size", "salary", "owner", "lines"];

/// Which rights the principal has; all of them hide the same.
fn role(form: u8) -> Role {
    let on_notes = |action| Privilege::new(On::Collection("notes".into()), action);
    let hides = || Fields::except(["salary", "lines.cost"]);
    let write = "old.owner == id(identity) && new.owner == old.owner";
    let role = Role::new("author").member("users");
    let role = match form {
        // One rule that leads to an index, with a denial beside it.
        0 => role
            .privilege(on_notes(Action::Read).when("doc.owner == id(identity)").fields(hides()))
            .deny_when("notes", Action::Read, "has(doc.secret) && doc.secret"),
        // Two ways to the same documents, with masks that only together show all that may be shown.
        1 => role
            .privilege(
                on_notes(Action::Read)
                    .when("doc.owner == id(identity) && !has(doc.secret)")
                    .fields(Fields::only(["owner", "size"])),
            )
            .privilege(
                on_notes(Action::Read)
                    .when("doc.owner in [id(identity)] && !has(doc.secret)")
                    .fields(Fields::only(["tags", "lines.name", "text"])),
            ),
        // A rule that no index serves.
        _ => role.privilege(
            on_notes(Action::Read)
                .when("[doc.owner].exists(it, it == id(identity)) && !has(doc.secret)")
                .fields(hides()),
        ),
    };
    role.privilege(on_notes(Action::Write).when(write).fields(hides()))
        .allow_when("notes", Action::Create, "new.owner == id(identity)")
        .allow("notes", Action::CreateWithId)
        .allow_when("notes", Action::Delete, "doc.size < 3")
}

fn note(owner: &str, size: i64, tags: &[u8], fields: &HiddenFields) -> Json {
    let lines = json!([{"name": "a", "cost": fields.costs[0]}, {"name": "b", "cost": fields.costs[1]}]);
    let mut note = json!({"owner": owner, "size": size, "tags": tags, "lines": lines});
    if let Some(salary) = fields.salary {
        note["salary"] = json!(salary);
    }
    note
}

fn world(nth: usize, form: u8, shown: &[Shown], hidden: &[Hidden]) -> (World, Secret) {
    let world = World::with(GateOptions::default());
    world.settle("");
    world.write(&world.admin, |tx| {
        tx.delete("notes", "n1")?;
        let notes =
            Collection::new("notes").index(["owner"]).index(["size"]).index(["tags"]).index(["salary"]);
        tx.define(notes.index(["owner", "size"]).index(["size", "salary"]))?;
        for Shown { id, size, tags, hidden } in shown {
            let id = format!("n{id}");
            if tx.get("notes", &id)?.is_none() {
                tx.create_with_id("notes", &id, note("ann", *size, tags, &hidden[nth]))?;
            }
        }
        for Hidden { id, owner, size, tags } in hidden {
            let id = format!("n{id}x");
            let fields = HiddenFields { salary: Some(*size), costs: [1, 2] };
            let mut document = note(if *owner == Some(true) { "bob" } else { "ann" }, *size, tags, &fields);
            match owner {
                Some(true) => {}
                // What makes it secret, and what makes a rule fault.
                Some(false) => document["secret"] = json!(true),
                None => document["owner"] = json!({"name": "ann"}),
            }
            if tx.get("notes", &id)?.is_none() {
                tx.create_with_id("notes", &id, document)?;
            }
        }
        tx.define_role(role(form))
    });
    let secret = world.token("", "ann").secret;
    (world, secret)
}

fn told<T: Debug>(result: Result<T>) -> String {
    format!("{result:?}")
}

fn shown_of(documents: Vec<portunus_auth::Document>) -> Vec<(String, u64, Option<Timestamp>, String)> {
    let shown = |document: portunus_auth::Document| {
        let value = format!("{:?}", document.value());
        (document.id().to_owned(), document.version(), document.expires_at(), value)
    };
    documents.into_iter().map(shown).collect()
}

fn pages<'v>(size: usize, query: impl Fn() -> portunus_auth::Query<'v>) -> String {
    let mut all = Vec::new();
    let mut next = None;
    loop {
        match query().page(size, next.as_ref()) {
            Ok(page) => {
                all.push(shown_of(page.documents));
                next = page.next;
            }
            Err(error) => return format!("{all:?} {error:?}"),
        }
        if next.is_none() {
            return format!("{all:?}");
        }
    }
}

fn sort(field: usize, down: bool) -> Sort {
    if down { Sort::descending(SORTS[field]) } else { Sort::ascending(SORTS[field]) }
}

fn ask(tx: &mut WriteView, step: &Step) -> String {
    let id = |shown: &bool, number: &u8| if *shown { format!("n{number}") } else { format!("n{number}x") };
    let own = |number: &u8| format!("n{number}");
    let one = |changed: Result<portunus_auth::Document>| told(changed.map(|it| shown_of(vec![it])));
    let all = |query: portunus_auth::Query<'_>| told(query.documents().map(shown_of));
    match step {
        Step::Get(shown, number) => {
            told(tx.get("notes", &id(shown, number)).map(|it| it.map(|it| shown_of(vec![it]))))
        }
        Step::All => all(tx.query("notes")),
        Step::Descending => told(tx.query("notes").descending().list_ids()),
        Step::Count => told(tx.query("notes").count()),
        Step::BySize(size) => all(tx.query("notes").index("size").range(*size..)),
        Step::ByTag(tag) => all(tx.query("notes").index("tags").equal([i64::from(*tag)])),
        Step::BySalary(salary) => {
            all(tx.query("notes").index("salary").equal([*salary]))
                + &all(tx.query("notes").index("size,salary").descending())
        }
        Step::ByOwnerAndSize(size) => {
            let of = |owner| tx.query("notes").index("owner,size").equal([owner]).range(..*size);
            all(of("ann")) + &all(of("bob"))
        }
        Step::Pages(size) => pages(*size, || tx.query("notes")),
        Step::PagesBySize(size) => pages(*size, || tx.query("notes").index("size").descending()),
        Step::PagesBySalary(size) => pages(*size, || tx.query("notes").index("size,salary")),
        Step::Filter(filter, argument) => all(tx.query("notes").filter(FILTERS[*filter]).args(argument)),
        Step::Sort(field, down) => all(tx.query("notes").sort([sort(*field, *down)])),
        Step::PagesOfSorted(field, size) => {
            pages(*size, || tx.query("notes").sort([sort(*field, false)]).project(["size", "salary"]))
        }
        Step::Explain(filter) => {
            let plan = |query: portunus_auth::Query<'_>| told(query.explain().map(|plan| plan.to_string()));
            plan(tx.query("notes").filter(FILTERS[*filter]).args(1))
                + &plan(tx.query("notes"))
                + &plan(tx.query("notes").index("size").range(1..))
        }
        // Ids that a hidden document has are a declared channel: these are others.
        Step::Create(number, size) => {
            one(tx.create_with_id("notes", &own(number), json!({"owner": "ann", "size": size, "tags": []})))
        }
        Step::CreateForBob(number) => one(tx.create_with_id("notes", &own(number), json!({"owner": "bob"}))),
        Step::Patch(shown, number, size) => one(tx.patch("notes", &id(shown, number), json!({"size": size}))),
        Step::PatchHidden(number, salary) => {
            one(tx.patch("notes", &own(number), json!({"salary": salary})))
                + &one(tx.patch("notes", &own(number), json!({"salary": null})))
        }
        Step::Replace(number, size) => {
            one(tx.replace("notes", &own(number), json!({"owner": "ann", "size": size, "text": "x"})))
        }
        Step::ReplaceLines(number) => {
            one(tx.patch("notes", &own(number), json!({"lines": [{"name": "a", "cost": 1}]})))
                + &one(tx.patch("notes", &own(number), json!({"lines": [{"name": "a"}, {"name": "b"}]})))
        }
        Step::GiveAway(number) => one(tx.patch("notes", &own(number), json!({"owner": "bob"}))),
        Step::Delete(shown, number) => told(tx.delete("notes", &id(shown, number))),
        Step::IfVersion(number) => told(tx.change("notes", &own(number)).if_version(1).delete()),
    }
}

proptest! {
    #[test]
    fn what_rules_and_masks_hide_changes_no_answer(
        form in 0..3_u8,
        shown in shown(),
        hidden in [hidden(), hidden()],
        steps in prop::collection::vec(step(), 1..12),
    ) {
        let answers = [0, 1].map(|nth| {
            let (world, ann) = world(nth, form, &shown, &hidden[nth]);
            let mut view = world.gate.begin_write(&ann).unwrap();
            steps.iter().map(|step| ask(&mut view, step)).collect::<Vec<_>>()
        });
        let [one, other] = answers;
        for (step, (one, other)) in steps.iter().zip(one.iter().zip(&other)) {
            prop_assert_eq!(one, other, "{:?}", step);
        }
    }
}
