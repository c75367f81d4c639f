//! Pages and cursors: every document once, and a cursor is good for its own query and principal alone.

use crate::world::{World, check, invalid, path, scope};
use portunus_auth::{Action, Collection, Cursor, Document, Query, ReadView, Role, Secret};
use serde_json::json;

fn fill(world: &World) {
    world.write(&world.admin, |tx| {
        for number in 0..25 {
            let value = json!({"owner": if number % 3 == 0 { "ann" } else { "bob" }, "number": number});
            tx.create_with_id("notes", &format!("m{number:02}"), &value)?;
        }
        Ok(())
    });
}

fn pages<'v>(query: impl Fn() -> Query<'v>, size: usize) -> Vec<Document> {
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let page = query().page(size, cursor.as_ref()).unwrap();
        assert!(page.documents.len() <= size);
        found.extend(page.documents);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return found,
        }
    }
}

fn come_to_the_whole<'v>(query: impl Fn() -> Query<'v>) {
    let whole = query().documents().unwrap();
    assert!(!whole.is_empty());
    for size in [1, 2, 7, whole.len(), whole.len() + 1] {
        assert_eq!(pages(&query, size), whole);
    }
    assert!(query().page(whole.len(), None).unwrap().next.is_none(), "no page behind the last");
}

#[test]
fn pages_of_every_size_make_up_the_whole() {
    check(|world| {
        fill(world);
        let view = world.gate.begin_read(&world.admin).unwrap();
        come_to_the_whole(|| view.query("notes"));
        come_to_the_whole(|| view.query("notes").descending());
        come_to_the_whole(|| view.query("notes").index("owner").equal(["ann"]));
        come_to_the_whole(|| view.query("notes").index("owner").prefix("b").descending());
        come_to_the_whole(|| view.query("notes").ids("m03".."m11"));
    });
}

fn first_cursor(view: &ReadView) -> Cursor {
    view.query("notes").index("owner").page(2, None).unwrap().next.unwrap()
}

#[test]
fn a_cursor_goes_on_in_a_later_transaction_of_the_same_principal() {
    check(|world| {
        fill(world);
        let (_, secret) = world.key("", "server");
        let cursor = world.read(&secret, |tx| Ok(first_cursor(tx)));
        let whole = world.read(&secret, |tx| tx.query("notes").index("owner").documents());
        let cursor = Cursor::from(cursor.as_str());
        let rest = world.read(&secret, |tx| tx.query("notes").index("owner").page(100, Some(&cursor)));
        assert_eq!(rest.documents, whole[2..]);
    });
}

#[test]
fn a_cursor_of_another_query_or_principal_is_refused() {
    check(|world| {
        fill(world);
        let (_, secret) = world.key("", "server");
        let cursor = world.read(&secret, |tx| Ok(first_cursor(tx)));
        let view = world.gate.begin_read(&secret).unwrap();
        let other_queries = [
            view.query("notes"),
            view.query("notes").ids("a"..),
            view.query("notes").index("owner").descending(),
            view.query("notes").index("owner").equal(["ann"]),
            view.query("notes").index("owner").prefix("a"),
            view.query("notes").index("owner").range("a".."b"),
            view.query("notes").index("email"),
        ];
        for query in other_queries {
            invalid(query.page(2, Some(&cursor)));
        }
        let others: [Secret; 5] = [
            world.key("", "server").1,
            world.key("", "none").1,
            world.admin.clone(),
            world.admin.scoped(&scope("#server")),
            world.inside("acme"),
        ];
        for other in others {
            invalid(
                world.gate.begin_read(&other).unwrap().query("notes").index("owner").page(2, Some(&cursor)),
            );
        }
    });
}

#[test]
fn a_cursor_dies_with_its_collection_and_with_its_key_s_role() {
    check(|world| {
        fill(world);
        let (id, secret) = world.key("", "server");
        let cursor = world.read(&secret, |tx| Ok(first_cursor(tx)));
        world.write(&world.admin, |tx| tx.set_key_role(id, "server-readonly"));
        invalid(world.gate.begin_read(&secret).unwrap().query("notes").index("owner").page(2, Some(&cursor)));
        world.write(&world.admin, |tx| tx.set_key_role(id, "server"));
        world.read(&secret, |tx| tx.query("notes").index("owner").page(2, Some(&cursor)));
        world.write(&world.admin, |tx| {
            tx.drop_collection("notes")?;
            tx.define(Collection::new("notes").index(["owner"]))
        });
        invalid(world.gate.begin_read(&secret).unwrap().query("notes").index("owner").page(2, Some(&cursor)));
    });
}

#[test]
fn a_cursor_of_a_token_is_of_the_identity_that_it_had() {
    check(|world| {
        fill(world);
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define_role(Role::new("reader").member("users").allow("notes", Action::Read))
        });
        let token = world.token("", "ann");
        let cursor = world.read(&token.secret, |tx| Ok(first_cursor(tx)));
        let next = || {
            let view = world.gate.begin_read(&token.secret).unwrap();
            view.query("notes").index("owner").page(2, Some(&cursor))
        };
        next().unwrap();
        world.write(&world.admin, |tx| tx.retarget_token(token.id, "users", "bob"));
        invalid(next());
        world.write(&world.admin, |tx| tx.retarget_token(token.id, "users", "ann"));
        next().unwrap();
    });
}

#[test]
fn a_cursor_of_a_database_does_not_survive_into_its_namesake() {
    check(|world| {
        let inside = world.inside("acme");
        let make = || {
            world.write(&inside, |tx| {
                tx.define(Collection::new("notes").index(["owner"]))?;
                (0..5).try_for_each(|_| tx.create("notes", json!({"owner": "ann"})).map(drop))
            });
        };
        make();
        let cursor = world.read(&inside, |tx| Ok(first_cursor(tx)));
        world.write(&world.admin, |tx| {
            tx.delete_database(&path("acme"))?;
            tx.create_database(&path("acme"))
        });
        make();
        invalid(world.gate.begin_read(&inside).unwrap().query("notes").index("owner").page(2, Some(&cursor)));
    });
}

#[test]
fn what_is_no_cursor_is_refused_and_pages_have_a_size() {
    check(|world| {
        fill(world);
        let view = world.gate.begin_read(&world.admin).unwrap();
        for text in ["", "x", "AQ==", "../..", "é", &"A".repeat(5_000)] {
            invalid(view.query("notes").page(2, Some(&Cursor::from(text))));
        }
        invalid(view.query("notes").page(0, None));
        invalid(view.query("notes").page(10_001, None));
    });
}

#[test]
fn a_cursor_names_no_document_that_was_not_on_its_page() {
    check(|world| {
        fill(world);
        let page = world.read(&world.admin, |tx| tx.query("notes").ids("m00"..).page(3, None));
        let next = page.next.unwrap();
        let bytes = data_encoding::BASE64URL_NOPAD.decode(next.as_str().as_bytes()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("m02") && !text.contains("m03"));
    });
}
