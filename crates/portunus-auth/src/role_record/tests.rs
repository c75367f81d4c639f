//! Records of roles that no program of ours has written.

use super::*;
use crate::{Action, Collection, Durability, Gate, GateOptions, NewKey, Role};
use serde_json::json;

#[test]
fn what_a_record_says_beyond_what_is_understood_grants_nothing() {
    let (gate, admin) = Gate::create_in_memory(&GateOptions::default()).unwrap();
    let mut view = gate.begin_write(&admin).unwrap();
    view.define(Collection::new("notes")).unwrap();
    view.define_role(Role::new("reader").allow("notes", Action::Read)).unwrap();
    let key = view.create_key(NewKey::new("reader")).unwrap().secret;
    view.commit(Durability::Immediate).unwrap();
    let tree = &gate.shared.tree;
    let notes = tree.begin_read().unwrap().collection(DatabaseId::ROOT, "notes").unwrap().unwrap().number();
    let store = |record: serde_json::Value| {
        let mut writer = tree.begin_write().unwrap();
        let (id, record) = (numbered::id(FIRST_NUMBER), to_value(&record).unwrap());
        writer.unfiltered_system_put(DatabaseId::ROOT, SystemCollection::Role, &id, &record).unwrap();
        writer.commit(Durability::Immediate).unwrap();
    };
    let grant = json!({"on": {"collection": notes}, "action": "read"});
    let record =
        json!({"name": "reader", "privileges": [grant], "denials": [], "members": [], "created_at": 0});
    store(record.clone());
    assert!(gate.begin_read(&key).is_ok(), "as it would be written");

    let mut with_a_condition = record.clone();
    with_a_condition["privileges"][0]["if"] = json!("doc.is_public");
    let mut of_another_kind = record.clone();
    of_another_kind["privileges"][0]["on"] = json!({"field": "notes.title"});
    let mut with_an_end = record;
    with_an_end["until"] = json!(1);
    for other in [with_a_condition, of_another_kind, with_an_end] {
        store(other.clone());
        assert!(matches!(gate.begin_read(&key), Err(Error::Corrupt(_))), "{other}");
    }
}
