//! What the lock costs: a secured open and get beside an unfiltered one on the same store. It decides nothing; run it
//! with `cargo test --release -p portunus-auth --lib speed -- --ignored --nocapture`.

use super::{Gate, GateOptions};
use crate::{Durability, NewKey, Value};
use portunus_scope::{Collection, DatabaseId, Object};
use std::hint::black_box;
use std::time::Instant;

const DOCUMENTS: u32 = 100_000;
const GETS: u32 = 300_000;
const ROUNDS: usize = 5;

type Step<'s> = (&'static str, Box<dyn FnMut(u32) + 's>);

/// The medians of some rounds, in nanoseconds a step. The steps take turns, so that a busy machine is busy for all.
fn report(mut steps: Vec<Step<'_>>) {
    let mut rounds = vec![Vec::new(); steps.len()];
    for _ in 0..ROUNDS {
        for ((_, step), rounds) in steps.iter_mut().zip(&mut rounds) {
            let begin = Instant::now();
            (0..GETS).for_each(step);
            rounds.push(begin.elapsed().as_secs_f64() * 1e9 / f64::from(GETS));
        }
    }
    for ((what, _), mut rounds) in steps.into_iter().zip(rounds) {
        rounds.sort_by(f64::total_cmp);
        println!("{:8.0} ns  {what}", rounds[ROUNDS / 2]);
    }
}

#[test]
#[ignore = "measures, and decides nothing"]
fn speed_of_a_secured_get() {
    let directory = tempfile::tempdir().unwrap();
    let (gate, admin) = Gate::create(&directory.path().join("speed"), &GateOptions::default()).unwrap();
    let id = |number: u32| format!("{:08x}", number.wrapping_mul(2_654_435_761) % DOCUMENTS);
    let mut view = gate.begin_write(&admin).unwrap();
    view.define(Collection::new("notes")).unwrap();
    let server = view.create_key(NewKey::new("server")).unwrap().secret;
    view.commit(Durability::Immediate).unwrap();
    for chunk in 0..DOCUMENTS / 10_000 {
        let mut view = gate.begin_write(&admin).unwrap();
        for number in 0..10_000 {
            let value = Value::Object(Object::from_iter([("text", Value::from("x".repeat(120)))]));
            view.create_with_id("notes", &format!("{:08x}", chunk * 10_000 + number), &value).unwrap();
        }
        view.commit(Durability::Relaxed).unwrap();
    }
    let tree = &gate.shared.tree;
    let opener = &gate.shared.opener;
    let nothing = super::JwksCache::new(None, tree.clock().clone(), super::JwksOptions::default());
    let stranger = super::Opener::new(super::MacKeys::derive(&[0; 32]), 0, nothing).unwrap();
    let parts = server.parts().unwrap();
    report(vec![
        ("making the id alone", Box::new(|number| drop(black_box(id(number))))),
        ("mac", Box::new(|_| _ = black_box(parts.proof(opener.keys())))),
        ("clock", Box::new(|_| _ = black_box(tree.clock().now()))),
        ("unfiltered begin", Box::new(|_| drop(black_box(tree.begin_read().unwrap())))),
        ("secured open", Box::new(|_| drop(black_box(gate.begin_read(&server).unwrap())))),
        (
            "refused, unknown",
            Box::new(|_| drop(black_box(stranger.open_read(tree, &admin, None).err().unwrap()))),
        ),
        (
            "unfiltered begin + collection + get",
            Box::new(|number| {
                let reader = tree.begin_read().unwrap();
                let collection = reader.collection(DatabaseId::ROOT, "notes").unwrap().unwrap();
                assert!(reader.unfiltered_get(&collection, &id(number)).unwrap().is_some());
            }),
        ),
        (
            "secured open + get",
            Box::new(|number| {
                let view = gate.begin_read(&server).unwrap();
                assert!(view.get("notes", &id(number)).unwrap().is_some());
            }),
        ),
    ]);
}
