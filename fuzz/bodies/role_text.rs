//! Texts as files of roles: what is read is written and read back, what was found in it has its place there, and it can be applied
//! exactly if nothing is found that hinders it. It knows nothing of how a file is read.

use super::role_file::{RoleFile, written};
use portunus_auth::{
    Collection, Durability, Error, Extent, Field, Gate, GateOptions, RoleSet, Secret, Severity, Type,
    from_value, to_value,
};
use std::sync::LazyLock;

/// A store with two collections and no roles, and its administrator. Nothing is ever committed to it.
static STORE: LazyLock<(Gate, Secret)> = LazyLock::new(|| {
    let (gate, admin) = Gate::create_in_memory(&GateOptions::default()).unwrap();
    let mut view = gate.begin_write(&admin).unwrap();
    view.define(Collection::new("users").closed().field(Field::new("name", Type::String))).unwrap();
    view.define(Collection::new("notes").index(["owner"])).unwrap();
    view.commit(Durability::Relaxed).unwrap();
    (gate, admin)
});

/// Reads `data` as a file of roles, and applies it.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let file = match RoleFile::of("roles.toml".into(), text.to_owned()) {
        Ok(file) => file,
        Err(failure) => {
            assert!(failure.message().starts_with("roles.toml: "), "{failure}");
            return;
        }
    };
    let set = &file.set;
    let again = RoleFile::of("again.toml".into(), written(set).unwrap());
    assert_eq!(&again.unwrap().set, set, "a file says what it was written of");
    assert_eq!(&from_value::<RoleSet>(&to_value(set).unwrap()).unwrap(), set, "so does a value");
    apply(&file);
}

fn apply(file: &RoleFile) {
    let (gate, admin) = &*STORE;
    let mut view = gate.begin_write(admin).unwrap();
    let found = view.check_roles(Some(&file.set)).unwrap();
    let places = file.places(&found);
    assert_eq!(places.len(), found.len());
    for (finding, place) in found.iter().zip(places) {
        assert!(place.is_some_and(|place| place.line >= 1 && place.column >= 1), "{finding:?} has no place");
        assert!(!finding.to_string().is_empty() && finding.shown().is_none_or(|shown| shown.contains('^')));
    }
    let hinders = found.iter().find(|finding| finding.severity == Severity::Error);
    match view.apply_roles(&file.set, Extent::All) {
        Ok(_) => {
            assert_eq!(hinders, None, "what was found did not hinder");
            assert_eq!(view.role_set().unwrap(), file.set, "what was applied is there");
            assert!(view.apply_roles(&file.set, Extent::All).unwrap().is_empty(), "and is no change");
            let was = view.role_versions().unwrap();
            assert!(file.set == RoleSet::default() || was.len() == 1, "what it was before is kept");
            if let [version] = &*was {
                view.roll_back_roles(version.number).unwrap();
                assert_eq!(view.role_set().unwrap(), RoleSet::default(), "it can be taken back");
            }
        }
        Err(Error::Internal(problem)) => panic!("{problem}"),
        // How much may be there at all is not said of any one of them.
        Err(error @ Error::Limit { .. }) => assert!(hinders.is_some() || !error.to_string().is_empty()),
        Err(error) => assert!(hinders.is_some(), "{error}: {found:?}"),
    }
}
