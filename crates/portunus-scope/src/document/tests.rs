//! Documents: what they tell, and that metadata and members never mix.

use super::*;
use crate::{Error, to_value};

fn note() -> Document {
    let value = to_value(&serde_json::json!({
        "id": "mine", "version": 99, "title": "milk", "to": {"owner": "ann", "a.b": [1, 2]}
    }));
    Document::new("n1", 7, Some(Timestamp(5)), &value.unwrap()).unwrap()
}

#[test]
fn a_member_never_shadows_the_metadata() {
    let note = note();
    assert_eq!((note.id(), note.version(), note.expires_at()), ("n1", 7, Some(Timestamp(5))));
    assert_eq!(note.field("id").and_then(ValueRef::as_str), Some("mine"));
    assert_eq!(note.field("version").and_then(ValueRef::as_int), Some(99));
    assert!(note.field("expires_at").is_none());
}

#[test]
fn fields_are_found_by_path() {
    let note = note();
    assert_eq!(note.field("to.owner").and_then(ValueRef::as_str), Some("ann"));
    assert_eq!(note.field(r"to.a\.b").and_then(ValueRef::as_array).map(crate::ArrayRef::len), Some(2));
    for nothing in ["", "to.", "to.a.b", "title.x", "none", "to.owner.x", r"to.a\"] {
        assert!(note.field(nothing).is_none(), "{nothing:?}");
    }
}

#[test]
fn a_document_survives_its_stored_form() {
    let note = note();
    let again = Document::from_stored("n1", note.as_stored().to_vec()).unwrap();
    assert_eq!(again, note);
    let borrowed = DocumentRef::from_stored("n1", note.as_stored()).unwrap();
    borrowed.verify().unwrap();
    assert_eq!((borrowed.id(), borrowed.version(), borrowed.expires_at()), ("n1", 7, Some(Timestamp(5))));
    assert_eq!(borrowed.field("to.owner").and_then(ValueRef::as_str), Some("ann"));
    assert_eq!(borrowed.value(), note.value());
    assert_eq!(borrowed.to_document(), note);
    let cut = note.as_stored().get(..25).unwrap();
    assert!(matches!(Document::from_stored("n1", cut.to_vec()), Err(Error::Corrupt(_))));
    assert!(matches!(DocumentRef::from_stored("n1", cut), Err(Error::Corrupt(_))));
}

/// Logs are read by those who may not read the document.
#[test]
fn debug_output_leaves_the_value_out() {
    let shown = format!("{:?} {:?}", note(), note().as_ref());
    assert!(shown.contains("n1") && !shown.contains("milk") && !shown.contains("ann"), "{shown}");
}
