//! What rules cost: a list of what one may see among much that one may not, beside the same range of the same index read without
//! rights; opening with many roles and memberships; and scans with a rule beside scans without one.
//!
//! Ratios within one run mean something; absolute times depend on the machine of the day.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use portunus_auth::{Action, Collection, Durability, Gate, GateOptions, NewToken, Role, Secret, TreeOptions};
use portunus_scope::{Access, DatabaseId, Order, Scan, TermRange, Tree};
use serde_json::json;
use std::hint::black_box;
use std::ops::ControlFlow;
use std::sync::Arc;

/// The documents that ann may see.
const VISIBLE: usize = 100;
const BATCH: usize = 10_000;
const OWN: &str = "doc.owner == id(identity)";

/// A store, the same store without rights, and who opens it.
struct World {
    _folder: tempfile::TempDir,
    gate: Gate,
    tree: Tree,
    admin: Secret,
    ann: Secret,
}

fn options(principals_max: usize) -> GateOptions {
    GateOptions { principals_max, ..GateOptions::default() }
}

/// So many notes, of which a few are ann's, spread among the others; and roles.
fn world(documents: usize, principals_max: usize, roles: impl IntoIterator<Item = Role>) -> World {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut shared = None;
    let open = |options| {
        let engine = portunus_storage::create(&path, options)?;
        shared = Some(Arc::clone(&engine));
        Ok(engine)
    };
    let (gate, admin) = Gate::create_on(open, &options(principals_max)).unwrap();
    let engine = shared.unwrap();
    let mut view = gate.begin_write(&admin).unwrap();
    view.define(Collection::new("users")).unwrap();
    view.define(Collection::new("notes").index(["owner"])).unwrap();
    view.create_with_id("users", "ann", json!({"level": 1})).unwrap();
    for role in roles {
        view.define_role(role).unwrap();
    }
    let ann = view.create_token(NewToken::new("users", "ann")).unwrap().secret;
    view.commit(Durability::Immediate).unwrap();
    let mut next = 0;
    while next < documents {
        let mut view = gate.begin_write(&admin).unwrap();
        for number in next..(next + BATCH).min(documents) {
            let is_own = number % (documents / VISIBLE).max(1) == 0;
            let owner = if is_own { "ann".to_owned() } else { format!("user{}", number % 1_000) };
            let note = json!({"owner": owner, "size": number % 100, "text": "x".repeat(80)});
            view.create_with_id("notes", &id(number), note).unwrap();
        }
        view.commit(Durability::Relaxed).unwrap();
        next += BATCH;
    }
    let tree = Tree::open_on(|_| Ok(engine), &TreeOptions::default()).unwrap();
    World { _folder: folder, gate, tree, admin, ann }
}

fn id(number: usize) -> String {
    // Spread over the space of ids, like ids made by a hash.
    format!("{:016x}", u64::try_from(number).unwrap().wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

/// The same documents by a range of an index, by nobody.
fn raw(tree: &Tree) -> Vec<portunus_auth::Document> {
    let reader = tree.begin_read().unwrap();
    let notes = reader.collection(DatabaseId::ROOT, "notes").unwrap().unwrap();
    let terms = TermRange { equal: vec!["ann".into()], ..TermRange::default() };
    let access = Access::Index { name: "owner".into(), terms };
    let scan = Scan { collection: &notes, access: &access, order: Order::Ascending, after: None };
    let mut documents = Vec::new();
    let visit = &mut |document: portunus_auth::DocumentRef<'_>, _: &[u8]| {
        documents.push(document.to_document());
        Ok(ControlFlow::Continue(()))
    };
    reader.unfiltered_scan(&scan, visit).unwrap();
    documents
}

/// A hundred documents that ann may see, among many that she may not.
fn list(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("list 100 visible");
    group.throughput(Throughput::Elements(u64::try_from(VISIBLE).unwrap()));
    for hidden in [100_000, 1_000_000] {
        let own = Role::new("author").member("users").allow_when("notes", Action::Read, OWN);
        let world = world(hidden, 64, [own]);
        let listed = || world.gate.begin_read(&world.ann).unwrap().query("notes").documents().unwrap();
        assert_eq!((listed().len(), raw(&world.tree).len()), (VISIBLE, VISIBLE));
        group.bench_function(
            BenchmarkId::new("the range of the index, without rights, of", hidden),
            |bencher| {
                bencher.iter(|| black_box(raw(&world.tree)));
            },
        );
        group.bench_function(BenchmarkId::new("under a rule, of", hidden), |bencher| {
            bencher.iter(|| black_box(listed()));
        });
        group.bench_function(BenchmarkId::new("the first page of 10 under a rule, of", hidden), |bencher| {
            bencher.iter(|| {
                let view = world.gate.begin_read(&world.ann).unwrap();
                black_box(view.query("notes").page(10, None).unwrap())
            });
        });
    }
    group.finish();
}

/// Opening and getting one document, by how many roles there are.
fn roles(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("open and get");
    let held = |number: usize| {
        let rule = format!("{OWN} && doc.size >= -{number}");
        Role::new(format!("r{number}")).member("users").allow_when("notes", Action::Read, rule)
    };
    let not_held = |number: usize| {
        let rule = format!("identity.level > {number}");
        let role = Role::new(format!("m{number}")).member_when("users", rule);
        role.allow_when("notes", Action::Read, "doc.size >= 1000")
    };
    let first = id(0);
    for (what, principals_max) in [("remembered", 64), ("resolved each time", 0)] {
        for count in [1, 8, 64] {
            let all_held = world(VISIBLE, principals_max, (0..count).map(held));
            let one_held = world(VISIBLE, principals_max, (1..count).map(not_held).chain([held(0)]));
            for (of, world) in [("roles held", all_held), ("memberships, one held", one_held)] {
                group.bench_function(BenchmarkId::new(format!("{what}, {of}"), count), |bencher| {
                    bencher.iter(|| {
                        let view = world.gate.begin_read(&world.ann).unwrap();
                        black_box(view.get("notes", &first).unwrap().unwrap())
                    });
                });
            }
        }
    }
    group.finish();
}

/// All documents, with a rule that no index serves and without any.
fn scan(criterion: &mut Criterion) {
    const DOCUMENTS: usize = 100_000;
    let rule = "doc.size >= 0 && has(doc.text)";
    let world =
        world(DOCUMENTS, 64, [Role::new("all").member("users").allow_when("notes", Action::Read, rule)]);
    let mut group = criterion.benchmark_group("count all");
    group.sample_size(10).throughput(Throughput::Elements(u64::try_from(DOCUMENTS).unwrap()));
    let filtered = |secret: &Secret| {
        let view = world.gate.begin_read(secret).unwrap();
        view.query("notes").filter(rule).count().unwrap()
    };
    for (who, secret) in [("an administrator", &world.admin), ("under a rule", &world.ann)] {
        group.bench_function(who, |bencher| {
            bencher.iter(|| world.gate.begin_read(secret).unwrap().query("notes").count().unwrap());
        });
    }
    group.bench_function("an administrator with the same as a filter", |bencher| {
        bencher.iter(|| filtered(&world.admin));
    });
    group.finish();
}

criterion_group!(benches, list, roles, scan);
criterion_main!(benches);
