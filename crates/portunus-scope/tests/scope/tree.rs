//! The tree of databases.

use crate::{ROOT, Store, segment};
use portunus_scope::{Collection, DatabaseId, DatabasePath, Error};

fn path(text: &str) -> DatabasePath {
    text.parse().unwrap()
}

/// Creates the databases of these paths, parents first.
fn tree(paths: &[&str]) -> Store {
    let store = Store::in_memory();
    for text in paths {
        store
            .write(|writer| {
                let (parent, name) =
                    path(text).split_last().map(|(parent, name)| (parent, name.clone())).unwrap();
                let parent = writer.resolve(ROOT, &parent)?.unwrap();
                writer.create_database(parent.id, &name)
            })
            .unwrap();
    }
    store
}

fn id(store: &Store, text: &str) -> Option<DatabaseId> {
    store.read().resolve(ROOT, &path(text)).unwrap().map(|database| database.id)
}

#[test]
fn a_database_is_found_by_its_path_and_listed_by_its_parent() {
    let store = tree(&["acme", "acme/eu", "acme/us", "zeta"]);
    let reader = store.read();
    let names = |at: &str| -> Vec<String> {
        let children = reader.children(id(&store, at).unwrap()).unwrap();
        children.iter().map(|child| child.name.as_ref().unwrap().to_string()).collect()
    };
    assert_eq!(names(""), ["acme", "zeta"]);
    assert_eq!(names("acme"), ["eu", "us"]);
    assert_eq!(id(&store, "acme/nowhere"), None);
    let eu = id(&store, "acme/eu").unwrap();
    assert_eq!(reader.path_between(ROOT, eu).unwrap(), Some(path("acme/eu")));
    assert_eq!(reader.path_between(id(&store, "zeta").unwrap(), eu).unwrap(), None);
    store.check();
}

#[test]
fn two_siblings_never_have_the_same_name() {
    let store = tree(&["acme", "zeta"]);
    let again = store.write(|writer| writer.create_database(ROOT, &segment("acme")));
    assert!(matches!(again, Err(Error::AlreadyExists("database"))));
    let zeta = id(&store, "zeta").unwrap();
    let renamed = store.write(|writer| writer.rename_database(zeta, &segment("acme")));
    assert!(matches!(renamed, Err(Error::AlreadyExists("database"))));
}

#[test]
fn a_rename_keeps_the_id_and_everything_below() {
    let store = tree(&["acme", "acme/eu"]);
    let (acme, eu) = (id(&store, "acme").unwrap(), id(&store, "acme/eu").unwrap());
    store.write(|writer| writer.rename_database(acme, &segment("apex"))).unwrap();
    assert_eq!(id(&store, "apex"), Some(acme));
    assert_eq!(id(&store, "apex/eu"), Some(eu));
    assert_eq!(id(&store, "acme"), None);
    store.check();
}

#[test]
fn a_database_is_never_moved_below_itself() {
    let store = tree(&["a", "a/b", "a/b/c", "d"]);
    let at = |text| id(&store, text).unwrap();
    for below in ["a", "a/b", "a/b/c"] {
        let moved = store.write(|writer| writer.move_database(at("a"), at(below)));
        assert!(matches!(moved, Err(Error::Constraint(_))), "{below}");
    }
    store.write(|writer| writer.move_database(at("a/b"), at("d"))).unwrap();
    assert_eq!(id(&store, "a/b"), None);
    assert!(id(&store, "d/b/c").is_some());
    store.check();
}

#[test]
fn no_path_is_longer_than_thirty_two_names_not_even_by_a_move() {
    let store = Store::in_memory();
    let mut parent = ROOT;
    for _ in 0..32 {
        parent = store.write(|writer| writer.create_database(parent, &segment("x"))).unwrap().id;
    }
    let deeper = store.write(|writer| writer.create_database(parent, &segment("x")));
    assert!(matches!(deeper, Err(Error::Limit { .. })));
    let other = store.write(|writer| writer.create_database(ROOT, &segment("y"))).unwrap().id;
    let first = id(&store, "x").unwrap();
    let moved = store.write(|writer| writer.move_database(first, other));
    assert!(matches!(moved, Err(Error::Limit { .. })));
}

#[test]
fn the_root_is_neither_renamed_nor_moved_nor_deleted_nor_disabled() {
    let store = tree(&["a"]);
    let a = id(&store, "a").unwrap();
    assert!(store.write(|writer| writer.rename_database(ROOT, &segment("b"))).is_err());
    assert!(store.write(|writer| writer.move_database(ROOT, a)).is_err());
    assert!(store.write(|writer| writer.delete_database(ROOT)).is_err());
    assert!(store.write(|writer| writer.set_disabled(ROOT, true)).is_err());
}

#[test]
fn disabling_a_database_closes_everything_below_it() {
    let store = tree(&["a", "a/b", "c"]);
    let (a, b, c) = (id(&store, "a").unwrap(), id(&store, "a/b").unwrap(), id(&store, "c").unwrap());
    store.write(|writer| writer.set_disabled(a, true)).unwrap();
    let open =
        |id| store.read().lineage(id).is_ok_and(|lineage| lineage.iter().all(|database| !database.disabled));
    assert!(!open(a) && !open(b) && open(c) && open(ROOT));
    store.write(|writer| writer.set_disabled(a, false)).unwrap();
    assert!(open(b));
    assert!(!open(DatabaseId::from_int(99).unwrap()));
}

#[test]
fn a_deleted_database_takes_all_below_it_along_and_its_id_never_returns() {
    let store = tree(&["a", "a/b", "c"]);
    let (a, b) = (id(&store, "a").unwrap(), id(&store, "a/b").unwrap());
    store.write(|writer| writer.define_collection(b, &Collection::new("notes").index(["x"]))).unwrap();
    assert_eq!(store.write(|writer| writer.delete_database(a)).unwrap(), [a, b]);
    assert_eq!(id(&store, "a"), None);
    assert_eq!(store.read().database(b).unwrap(), None);
    let again = store.write(|writer| writer.create_database(ROOT, &segment("a"))).unwrap();
    assert!(again.id > b);
    assert!(store.read().collections(again.id).unwrap().is_empty());
    store.check();
}

#[test]
fn what_is_protected_is_not_deleted_and_neither_is_anything_in_it() {
    let store = tree(&["a", "a/b", "a/b/c"]);
    let at = |text| id(&store, text).unwrap();
    store.write(|writer| writer.define_collection(at("a/b/c"), &Collection::new("notes"))).unwrap();
    store.write(|writer| writer.set_protected(at("a/b"), true)).unwrap();
    for text in ["a", "a/b", "a/b/c"] {
        let deleted = store.write(|writer| writer.delete_database(at(text)));
        assert!(matches!(deleted, Err(Error::Constraint(_))), "{text}");
    }
    let dropped = store.write(|writer| writer.drop_collection(at("a/b/c"), "notes"));
    assert!(matches!(dropped, Err(Error::Constraint(_))));
    store.write(|writer| writer.set_protected(at("a/b"), false)).unwrap();
    store.write(|writer| writer.delete_database(at("a"))).unwrap();
    store.check();
}

#[test]
fn a_child_created_while_its_parent_is_deleted_does_not_survive_unnoticed() {
    let store = tree(&["a"]);
    let a = id(&store, "a").unwrap();
    let mut deleting = store.tree.begin_write().unwrap();
    deleting.delete_database(a).unwrap();
    let mut creating = store.tree.begin_write().unwrap();
    creating.create_database(a, &segment("b")).unwrap();
    creating.commit(portunus_scope::Durability::Immediate).unwrap();
    let late = deleting.commit(portunus_scope::Durability::Immediate);
    assert!(matches!(late, Err(Error::Storage(portunus_storage::Error::Conflict))));
    store.check();
}
