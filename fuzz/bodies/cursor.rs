//! Texts as cursors, and cursors of queries with something done to them: one that a query gave goes on exactly where its page ended,
//! with that query and that principal, and no other text goes on anywhere. It knows nothing of what is in a cursor.

use super::recipe::Recipe;
use portunus_auth::{
    Collection, Cursor, Durability, Error, Gate, GateOptions, NewKey, Query, ReadView, Secret, SecretScope,
    Sort,
};
use std::sync::LazyLock;

/// How many notes there are.
const NOTES: usize = 12;
/// What a cursor is made of.
const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct Store {
    gate: Gate,
    /// Each of them sees the same.
    secrets: Vec<Secret>,
}

static STORE: LazyLock<Store> = LazyLock::new(|| {
    let (gate, admin) = Gate::create_in_memory(&GateOptions::default()).unwrap();
    let mut view = gate.begin_write(&admin).unwrap();
    view.define(Collection::new("notes").index(["owner"]).index(["level"])).unwrap();
    for number in 0..NOTES {
        let owner = if number % 2 == 0 { "ann" } else { "bob" };
        let note = serde_json::json!({"owner": owner, "level": number / 3});
        view.create_with_id("notes", &format!("n{number:02}"), note).unwrap();
    }
    let server = view.create_key(NewKey::new("server")).unwrap().secret;
    let other = view.create_key(NewKey::new("server")).unwrap().secret;
    view.commit(Durability::Relaxed).unwrap();
    let narrowed = admin.scoped(&"#server".parse::<SecretScope>().unwrap());
    Store { gate, secrets: vec![admin, server, other, narrowed] }
});

/// Takes `data` for a cursor, then for the recipe of a query, a page and a change of its cursor.
pub fn run(data: &[u8]) {
    let mut recipe = Recipe::new(data);
    let (which, who) = (usize::from(recipe.byte()), usize::from(recipe.byte()));
    let secrets = &STORE.secrets;
    let view = STORE.gate.begin_read(&secrets[who % secrets.len()]).unwrap();
    if let Ok(text) = std::str::from_utf8(data) {
        refused(&view, which, &Cursor::from(text));
    }
    let size = 1 + usize::from(recipe.byte()) % NOTES;
    let Some(next) = query(&view, which).page(size, None).unwrap().next else { return };
    goes_on(&view, which, size, &next);
    let changed = changed(&mut recipe, next.as_str());
    if changed != next.as_str() {
        refused(&view, which, &Cursor::from(changed));
    }
    let other = usize::from(recipe.byte());
    if other % QUERIES != which % QUERIES {
        refused(&view, other, &next);
    }
    let other = usize::from(recipe.byte());
    if other % secrets.len() != who % secrets.len() {
        refused(&STORE.gate.begin_read(&secrets[other % secrets.len()]).unwrap(), which, &next);
    }
}

const QUERIES: usize = 8;

/// Queries that differ in what decides where a cursor belongs.
fn query(view: &ReadView, which: usize) -> Query<'_> {
    let notes = view.query("notes");
    match which % QUERIES {
        0 => notes,
        1 => notes.descending(),
        2 => notes.index("owner"),
        3 => notes.index("owner").equal(["ann"]),
        4 => notes.index("level").range(1..=3).descending(),
        5 => notes.ids("n02".."n11"),
        6 => notes.filter("doc.level != 2"),
        _ => notes.sort([Sort::descending("level")]),
    }
}

/// The pages from here on are the rest of the whole.
fn goes_on(view: &ReadView, which: usize, size: usize, next: &Cursor) {
    let whole = query(view, which).documents().unwrap();
    let rest = query(view, which).page(whole.len(), Some(next)).unwrap();
    assert_eq!(rest.documents, whole[size..], "query {which} goes on elsewhere");
    assert!(rest.next.is_none(), "query {which} goes on behind its end");
}

fn refused(view: &ReadView, which: usize, cursor: &Cursor) {
    match query(view, which).page(3, Some(cursor)) {
        Err(Error::Invalid { .. }) => {}
        other => panic!("query {which} with {cursor}: {other:?}"),
    }
}

/// The text with some signs changed, taken out, put in or repeated.
fn changed(recipe: &mut Recipe<'_>, text: &str) -> String {
    let mut signs = text.as_bytes().to_vec();
    for _ in 0..1 + recipe.byte() % 3 {
        let place = usize::from(recipe.byte()) % signs.len().max(1);
        let sign = SIGNS[usize::from(recipe.byte()) % SIGNS.len()];
        match recipe.byte() % 5 {
            _ if signs.is_empty() => signs.push(sign),
            0 | 1 => signs[place] = sign,
            2 => drop(signs.remove(place)),
            3 => signs.insert(place, sign),
            _ => signs.truncate(place),
        }
    }
    String::from_utf8(signs).unwrap()
}
