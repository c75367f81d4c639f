//! Deciding allocates nothing: not for what bound predicates are made of, and for the rest not once the scratch has its memory.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected ends, and shows what it was at")]

use allocation_counter::measure;
use portunus_predicate::{
    Constant, Declaration, Entity, Environment, Instant, Known, ListView, MapView, Outcome, Predicate,
    ReadFailed, Residual, Scratch, Seen, Slot, Type, View, Vocabulary,
};
use std::hint::black_box;

/// A value that is lent, as those of documents are.
enum Stored {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(&'static str),
    List(&'static [Stored]),
    Map(&'static [(&'static str, Stored)]),
}

static DOC: Stored = Stored::Map(&[
    ("archived", Stored::Bool(false)),
    ("depts", Stored::List(&[Stored::Text("sales"), Stored::Text("legal"), Stored::Text("research")])),
    (
        "members",
        Stored::List(&[
            Stored::Map(&[("id", Stored::Text("bob"))]),
            Stored::Map(&[("id", Stored::Text("ann"))]),
        ]),
    ),
    ("note", Stored::Null),
    ("owner", Stored::Text("ann-with-a-name-of-many-letters")),
    ("pages", Stored::Int(12)),
    ("price", Stored::Double(1.5)),
    ("region", Stored::Text("eu")),
    ("title", Stored::Text("notes about the weather")),
]);

static IDENTITY: Stored = Stored::Map(&[
    ("dept", Stored::Text("research")),
    ("regions", Stored::List(&[Stored::Text("us"), Stored::Text("eu")])),
]);

#[derive(Clone, Copy)]
struct Items(&'static [Stored]);

#[derive(Clone, Copy)]
struct Members(&'static [(&'static str, Stored)]);

impl View<'static> for &'static Stored {
    type List = Items;
    type Map = Members;

    fn see(self) -> Seen<'static, Self::List, Self::Map> {
        match self {
            Stored::Null => Seen::Null,
            Stored::Bool(truth) => Seen::Bool(*truth),
            Stored::Int(int) => Seen::Int(*int),
            Stored::Double(double) => Seen::Double(*double),
            Stored::Text(text) => Seen::String(text),
            Stored::List(items) => Seen::List(Items(items)),
            Stored::Map(members) => Seen::Map(Members(members)),
        }
    }
}

impl ListView<'static> for Items {
    type Item = &'static Stored;

    fn len(self) -> usize {
        self.0.len()
    }

    fn at(self, index: usize) -> Option<&'static Stored> {
        self.0.get(index)
    }
}

impl MapView<'static> for Members {
    type Item = &'static Stored;

    fn len(self) -> usize {
        self.0.len()
    }

    fn find(self, name: &str) -> Option<&'static Stored> {
        self.0.iter().find(|(of, _)| *of == name).map(|(_, value)| value)
    }

    fn at(self, index: usize) -> Option<(&'static str, &'static Stored)> {
        self.0.get(index).map(|(name, value)| (*name, value))
    }
}

struct Surroundings;

impl Environment<'static, &'static Stored> for Surroundings {
    fn value(&self, _: Slot) -> Option<&'static Stored> {
        None
    }

    fn entity(&self, slot: Slot) -> Option<Entity<'static, &'static Stored>> {
        let (id, collection, root) =
            if slot == 0 { ("n1", "notes", &DOC) } else { ("ann", "users", &IDENTITY) };
        Some(Entity { id, version: 1, collection, root })
    }

    fn now(&self) -> Option<Instant> {
        Some(Instant::from_micros(0))
    }

    fn database(&self) -> Option<&'static str> {
        Some("db")
    }

    fn read(&self, _: &str, _: &str) -> Result<Option<&'static Stored>, ReadFailed> {
        Ok(None)
    }
}

fn bound(source: &str) -> Residual {
    let vocabulary = Vocabulary::new()
        .declare(Declaration::entity("doc", Type::Any, Known::Decided))
        .declare(Declaration::entity("identity", Type::Any, Known::Bound));
    let residual =
        Predicate::new(source, &vocabulary).unwrap().bind(&Surroundings, &mut Scratch::new()).unwrap();
    assert_eq!(residual.known(), None, "{source} is known without a document");
    residual
}

/// How often deciding allocates with a scratch, and what it says.
fn allocations(residual: &Residual, scratch: &mut Scratch) -> (u64, Outcome) {
    let mut outcome = Outcome::False;
    let counted = measure(|| outcome = black_box(residual).decide(&Surroundings, scratch));
    (counted.count_total, outcome)
}

#[test]
fn what_bound_predicates_are_made_of_allocates_nothing() {
    for source in [
        "doc.owner == 'ann-with-a-name-of-many-letters'",
        "id(identity) != doc.owner && identity.dept in doc.depts",
        "doc.region in identity.regions && (doc.pages > 10 || doc.price < 1) && has(doc.title) \
         && doc.title.startsWith('notes') && doc.title.contains('weather') && doc.depts.exists(it, it == 'legal') \
         && size(doc.members) == 2 && !doc.archived",
        "doc.members.exists_one(it, it.id == 'ann') && doc.members.all(it, has(it.id))",
        "doc.title.endsWith('weather') && size(doc.title) > 5 && doc.note == null && doc.depts[0] == 'sales'",
        "doc['own' + 'er'] == doc.owner || doc.pages * 2 + 1 == 25 && -doc.price < 0.0",
        "(doc.archived ? doc.pages : doc.price) == 1.5 && doc == doc && doc.depts != doc.members && type(doc.pages) == int",
        "id(doc) == 'n1' && collection(doc) == 'notes' && version(doc) == 1 && doc.pages == 12.0 && 'pages' in doc",
        "int(doc.price) == 1 && double(doc.pages) == 12.0 && !(doc.region < 'a') && timestamp(doc.pages).getHours() == 0",
    ] {
        let residual = bound(source);
        // The first decision may find fields where nobody has looked yet; it allocates nothing either.
        for _ in 0..3 {
            assert_eq!(allocations(&residual, &mut Scratch::new()), (0, Outcome::True), "{source}");
        }
    }
}

#[test]
fn a_fault_allocates_nothing() {
    for source in
        ["doc.other == 1", "doc.owner < 1", "doc.title.contains('x') && doc.pages / 0 == 1 || doc.owner.x"]
    {
        let (count, outcome) = allocations(&bound(source), &mut Scratch::new());
        assert!(count == 0 && matches!(outcome, Outcome::Fault(_)), "{source}: {count}, {outcome:?}");
    }
}

#[test]
fn a_scratch_that_has_its_memory_needs_no_more() {
    for source in [
        "doc.owner + '!' == 'ann-with-a-name-of-many-letters!'",
        "doc.depts.filter(it, it.startsWith('s')).map(it, it + it) == ['salessales']",
        "[doc.pages, 1] + [2] == [12, 1, 2] && {'a': doc.pages}.a == 12",
        "string(doc.pages) + string(doc.price) == '121.5'",
        "doc.title.matches('w[eath]+r$')",
    ] {
        let (residual, mut scratch) = (bound(source), Scratch::new());
        let (first, _) = allocations(&residual, &mut scratch);
        assert!(first > 0, "{source} uses no scratch");
        assert_eq!(allocations(&residual, &mut scratch), (0, Outcome::True), "{source}");
    }
}

#[test]
fn a_new_scratch_has_no_memory() {
    assert_eq!(measure(|| drop(black_box(Scratch::new()))).count_total, 0);
}

#[test]
fn constants_that_are_lent_are_not_copied() {
    let vocabulary = Vocabulary::new().declare(Declaration::value("args", Type::Any, Known::Decided));
    let predicate = Predicate::new("args.name == 'ann' && 'b' in args.tags", &vocabulary).unwrap();
    let tags = Constant::list(["a", "b"]);
    let args = Constant::map([("name", Constant::from("ann")), ("tags", tags)]);
    let scene = portunus_predicate::Scene::new().with_value(0, &args);
    let mut scratch = Scratch::new();
    let mut outcome = Outcome::False;
    let counted = measure(|| outcome = predicate.decide(&scene, &mut scratch));
    assert_eq!((counted.count_total, outcome), (0, Outcome::True));
}
