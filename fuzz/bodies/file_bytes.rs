//! Bytes as the file of a store, and the file of a good one with something done to it: it is refused, or answers everybody as it did
//! while it was whole, or says that it is damaged. It knows nothing of what is where in the file.

use super::ram::Ram;
use super::recipe::Recipe;
use super::shelf::{SHELF, Shelf, answers, open, tells_damage};
use portunus_auth::{Durability, Gate, Secret};
use std::sync::LazyLock;

/// What the whole store answers.
static WHOLE: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| {
    let gate = open(&Ram::holding(SHELF.image.clone())).unwrap();
    let whole = |(_, secret): &(&str, Secret)| {
        answers(&gate, secret).into_iter().map(|said| format!("{said:?}")).collect()
    };
    SHELF.secrets.iter().map(whole).collect()
});

/// Takes `data` for a file, then for the recipe of what is done to the file of a good store.
pub fn run(data: &[u8]) {
    if let Err(error) = open(&Ram::holding(data.to_vec())) {
        assert!(tells_damage(&error), "{error:?}");
    }
    let shelf: &Shelf = &SHELF;
    let mut recipe = Recipe::new(data);
    let image = shelf.damaged(&mut recipe);
    let disk = Ram::holding(image.clone());
    let gate = match open(&disk) {
        Ok(gate) => gate,
        Err(error) => {
            assert!(tells_damage(&error), "{error:?}");
            assert!(image != shelf.image, "a good file was refused");
            assert!(*disk.bytes() == image, "a file that was refused was changed");
            return;
        }
    };
    for ((name, secret), whole) in shelf.secrets.iter().zip(&*WHOLE) {
        as_before(name, &gate, secret, whole);
    }
    go_on(&gate, &disk);
}

fn as_before(name: &str, gate: &Gate, secret: &Secret, whole: &[String]) {
    for (place, (said, before)) in answers(gate, secret).into_iter().zip(whole).enumerate() {
        if said.as_ref().is_err_and(tells_damage) {
            continue;
        }
        assert_eq!(&format!("{said:?}"), before, "{name} is told something else, question {place}");
    }
}

/// Who can write does so, and finds it when the store is opened again.
fn go_on(gate: &Gate, disk: &std::sync::Arc<Ram>) {
    let admin = &SHELF.secrets[2].1;
    let written = gate.begin_write(admin).and_then(|mut view| {
        view.create_with_id("notes", "new", serde_json::json!({"owner": "ann"}))?;
        view.commit(Durability::Immediate)
    });
    let closed = gate.close();
    match written.and(closed) {
        Ok(()) => {
            let found = open(disk).and_then(|gate| gate.begin_read(admin)?.get("notes", "new"));
            assert!(matches!(found, Ok(Some(_))), "what was written is not there: {found:?}");
        }
        Err(error) => assert!(tells_damage(&error), "{error:?}"),
    }
}
