//! What deciding costs for each document: three predicates over archived documents, by hand-written Rust, by a bound residual, and by
//! a library of the same language with and without converting the document.
//!
//! What is written by hand looks fields up by their names, or takes it for granted at which places they are: nothing that is right
//! for documents of any shape can be as fast as the latter.
//!
//! Ratios within one run mean something; absolute times depend on the machine of the day.

use cel::objects::{Key, Map};
use cel::{Context, Program};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use portunus_predicate::{
    Constant, Declaration, Entity, Environment, Instant, Known, Outcome, Predicate, ReadFailed, Residual,
    Scene, Scratch, Slot, Type, Vocabulary,
};
use portunus_scope::{Document, DocumentRef, ObjectRef, Value, ValueRef};
use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;

const DOCUMENTS: usize = 10_000;

/// A predicate, as a user writes it and as somebody would write it by hand.
struct Case {
    name: &'static str,
    source: &'static str,
    by_name: fn(Named<'_>, &Caller) -> bool,
    by_place: fn(Placed<'_>, &Caller) -> bool,
}

/// How what is written by hand finds a field.
trait Fields<'a>: Copy {
    fn field(self, name: &str) -> Option<ValueRef<'a>>;
}

/// By its name.
#[derive(Clone, Copy)]
struct Named<'a>(ObjectRef<'a>);

/// At its place, which is known when this is compiled.
#[derive(Clone, Copy)]
struct Placed<'a>(ObjectRef<'a>);

impl<'a> Fields<'a> for Named<'a> {
    #[inline(always)]
    fn field(self, name: &str) -> Option<ValueRef<'a>> {
        self.0.get(name)
    }
}

impl<'a> Fields<'a> for Placed<'a> {
    #[inline(always)]
    fn field(self, name: &str) -> Option<ValueRef<'a>> {
        let place = FIELDS.iter().position(|field| *field == name)?;
        self.0.at(place).map(|(_, value)| value)
    }
}

/// The fields of all documents, in the order in which they are stored.
const FIELDS: [&str; 9] =
    ["archived", "depts", "members", "owner", "pages", "region", "text", "title", "urgent"];

/// Who asks, as hand-written code knows them.
struct Caller {
    id: String,
    dept: String,
    regions: Vec<String>,
}

const CASES: [Case; 3] = [
    Case {
        name: "P1",
        source: "doc.owner == id(identity)",
        by_name: |doc, caller| owns(doc, caller),
        by_place: |doc, caller| owns(doc, caller),
    },
    Case {
        name: "P2",
        source: "doc.owner == id(identity) && identity.dept in doc.depts",
        by_name: |doc, caller| owns_in_department(doc, caller),
        by_place: |doc, caller| owns_in_department(doc, caller),
    },
    Case {
        name: "P3",
        source: "doc.region in identity.regions && (doc.pages > 100 || doc.urgent) && has(doc.title) \
                 && doc.title.startsWith('note') && doc.text.contains('needle') \
                 && doc.members.exists(it, it == id(identity)) && size(doc.depts) < 8 && !doc.archived",
        by_name: |doc, caller| eight_conditions(doc, caller),
        by_place: |doc, caller| eight_conditions(doc, caller),
    },
];

#[inline(always)]
fn text<'a>(doc: impl Fields<'a>, name: &str) -> Option<&'a str> {
    doc.field(name).and_then(ValueRef::as_str)
}

#[inline(always)]
fn has<'a>(doc: impl Fields<'a>, list: &str, wanted: &str) -> bool {
    let list = doc.field(list).and_then(ValueRef::as_array);
    list.is_some_and(|list| list.iter().any(|item| item.as_str() == Some(wanted)))
}

fn owns<'a>(doc: impl Fields<'a>, caller: &Caller) -> bool {
    text(doc, "owner") == Some(&caller.id)
}

fn owns_in_department<'a>(doc: impl Fields<'a>, caller: &Caller) -> bool {
    owns(doc, caller) && has(doc, "depts", &caller.dept)
}

fn eight_conditions<'a>(doc: impl Fields<'a>, caller: &Caller) -> bool {
    text(doc, "region").is_some_and(|region| caller.regions.iter().any(|it| it == region))
        && (doc.field("pages").and_then(ValueRef::as_int).is_some_and(|pages| pages > 100)
            || doc.field("urgent").and_then(ValueRef::as_bool) == Some(true))
        && text(doc, "title").is_some_and(|title| title.starts_with("note"))
        && text(doc, "text").is_some_and(|text| text.contains("needle"))
        && has(doc, "members", &caller.id)
        && doc.field("depts").and_then(ValueRef::as_array).is_some_and(|depts| depts.len() < 8)
        && doc.field("archived").and_then(ValueRef::as_bool) == Some(false)
}

/// Most documents pass all of it, so that nothing is spared by a first condition that is false.
fn documents() -> Vec<Document> {
    let document = |number: usize| {
        let owner = if number.is_multiple_of(10) { "user-0002" } else { "user-0001" };
        let json = format!(
            r#"{{"archived": false, "depts": ["sales", "legal", "research"], "members": ["user-0007", "user-0001"],
                "owner": "{owner}", "pages": {number}, "region": "north", "text": "{}needle{}",
                "title": "notes of {number}", "urgent": true}}"#,
            "hay ".repeat(5),
            "hay ".repeat(5),
        );
        Document::new(&format!("n{number}"), 1, None, &Value::from_json(&json).unwrap()).unwrap()
    };
    (0..DOCUMENTS).map(document).collect()
}

/// What surrounds a decision about one document.
struct About<'a>(Entity<'a, ValueRef<'a>>);

impl<'a> About<'a> {
    #[inline]
    fn of(document: DocumentRef<'a>) -> Self {
        let (id, version, root) = (document.id(), document.version(), document.root());
        Self(Entity { id, version, collection: "notes", root })
    }
}

impl<'a> Environment<'a, ValueRef<'a>> for About<'a> {
    fn value(&self, _: Slot) -> Option<ValueRef<'a>> {
        None
    }

    #[inline]
    fn entity(&self, slot: Slot) -> Option<Entity<'a, ValueRef<'a>>> {
        (slot == 0).then_some(self.0)
    }

    fn now(&self) -> Option<Instant> {
        None
    }

    fn database(&self) -> Option<&'a str> {
        None
    }

    fn read(&self, _: &str, _: &str) -> Result<Option<ValueRef<'a>>, ReadFailed> {
        Err(ReadFailed)
    }
}

fn predicate(source: &str) -> Predicate {
    let vocabulary = Vocabulary::new()
        .declare(Declaration::entity("doc", Type::Any, Known::Decided))
        .declare(Declaration::entity("identity", Type::Any, Known::Bound));
    Predicate::new(source, &vocabulary).unwrap()
}

fn bound(source: &str, caller: &Caller) -> Residual {
    let regions = Constant::list(caller.regions.iter().map(String::as_str));
    let identity = Constant::map([("dept", Constant::from(caller.dept.as_str())), ("regions", regions)]);
    let scene = Scene::new().with_entity(1, "users", &caller.id, 1, &identity);
    predicate(source).bind(&scene, &mut Scratch::new()).unwrap()
}

fn converted(value: ValueRef<'_>) -> cel::Value {
    match value {
        ValueRef::Null => cel::Value::Null,
        ValueRef::Bool(truth) => truth.into(),
        ValueRef::Int(int) => int.into(),
        ValueRef::Float(float) => float.into(),
        ValueRef::String(text) => text.into(),
        ValueRef::Bytes(bytes) => cel::Value::Bytes(Arc::new(bytes.to_vec())),
        ValueRef::Timestamp(instant) => instant.0.into(),
        ValueRef::Array(items) => cel::Value::List(Arc::new(items.iter().map(converted).collect())),
        ValueRef::Object(members) => {
            let map: HashMap<Key, cel::Value> =
                members.iter().map(|(name, value)| (Key::from(name), converted(value))).collect();
            cel::Value::Map(Map { map: Arc::new(map) })
        }
    }
}

/// What the library knows of who asks. It has no functions for metadata, so the id is a name of its own.
fn library_context(caller: &Caller) -> Context<'static, 'static> {
    let mut context = Context::default();
    let identity = HashMap::from([
        (Key::from("dept"), cel::Value::from(caller.dept.as_str())),
        (Key::from("regions"), cel::Value::from(caller.regions.clone())),
    ]);
    context.add_variable_from_value("identity", cel::Value::Map(Map { map: Arc::new(identity) }));
    context.add_variable_from_value("me", caller.id.as_str());
    context
}

fn deciding(criterion: &mut Criterion) {
    let documents = documents();
    let documents: Vec<DocumentRef<'_>> = documents.iter().map(Document::as_ref).collect();
    let values: Vec<cel::Value> = documents.iter().map(|document| converted(document.root())).collect();
    let caller = Caller {
        id: "user-0001".to_owned(),
        dept: "research".to_owned(),
        regions: vec!["south".to_owned(), "north".to_owned()],
    };

    for case in &CASES {
        let residual = bound(case.source, &caller);
        let program = Program::compile(&case.source.replace("id(identity)", "me")).unwrap();
        let mut context = library_context(&caller);
        let mut library = |value: cel::Value| {
            context.add_variable_from_value("doc", value);
            program.execute(&context) == Ok(cel::Value::Bool(true))
        };
        let by_name = |document: &DocumentRef<'_>| {
            document.root().as_object().is_some_and(|doc| (case.by_name)(Named(doc), &caller))
        };
        let by_place = |document: &DocumentRef<'_>| {
            document.root().as_object().is_some_and(|doc| (case.by_place)(Placed(doc), &caller))
        };
        let mut scratch = Scratch::new();
        let mut decided = |document: &DocumentRef<'_>| {
            residual.decide(&About::of(*document), &mut scratch) == Outcome::True
        };

        let expected = documents.iter().filter(|document| by_name(document)).count();
        assert!(expected > DOCUMENTS / 2, "{} passes hardly anything", case.name);
        assert_eq!(documents.iter().filter(|document| by_place(document)).count(), expected, "{}", case.name);
        assert_eq!(documents.iter().filter(|document| decided(document)).count(), expected, "{}", case.name);
        assert_eq!(
            values.iter().filter(|value| library((*value).clone())).count(),
            expected,
            "{}",
            case.name
        );

        let mut group = criterion.benchmark_group("deciding");
        group.throughput(Throughput::Elements(DOCUMENTS.try_into().unwrap()));
        group.bench_function(BenchmarkId::new("by hand, at known places", case.name), |bencher| {
            bencher.iter(|| black_box(&documents).iter().filter(|document| by_place(document)).count());
        });
        group.bench_function(BenchmarkId::new("by hand, by names", case.name), |bencher| {
            bencher.iter(|| black_box(&documents).iter().filter(|document| by_name(document)).count());
        });
        group.bench_function(BenchmarkId::new("bound residual", case.name), |bencher| {
            bencher.iter(|| black_box(&documents).iter().filter(|document| decided(document)).count());
        });
        group.sample_size(10);
        group.bench_function(BenchmarkId::new("library, converted before", case.name), |bencher| {
            bencher.iter(|| black_box(&values).iter().filter(|value| library((*value).clone())).count());
        });
        group.bench_function(BenchmarkId::new("library, converting each", case.name), |bencher| {
            bencher.iter(|| {
                black_box(&documents).iter().filter(|document| library(converted(document.root()))).count()
            });
        });
        group.finish();
    }
}

/// What is paid once for a transaction, or once for a saved rule.
fn preparing(criterion: &mut Criterion) {
    let caller = Caller {
        id: "user-0001".to_owned(),
        dept: "research".to_owned(),
        regions: vec!["south".to_owned(), "north".to_owned()],
    };
    let regions = Constant::list(caller.regions.iter().map(String::as_str));
    let identity = Constant::map([("dept", Constant::from(caller.dept.as_str())), ("regions", regions)]);
    let scene = Scene::new().with_entity(1, "users", &caller.id, 1, &identity);
    let mut group = criterion.benchmark_group("preparing");
    for case in &CASES {
        group.bench_function(BenchmarkId::new("compile", case.name), |bencher| {
            bencher.iter(|| predicate(black_box(case.source)));
        });
        let (predicate, mut scratch) = (predicate(case.source), Scratch::new());
        group.bench_function(BenchmarkId::new("bind", case.name), |bencher| {
            bencher.iter(|| black_box(&predicate).bind(&scene, &mut scratch).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, deciding, preparing);
criterion_main!(benches);
