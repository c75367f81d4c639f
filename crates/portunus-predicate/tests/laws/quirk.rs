//! What other interpreters of the language are known to see otherwise, and whether it was met.

use std::cell::RefCell;
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quirk {
    /// What can be no key is in no map; to them it is an error to ask.
    NoKeyInMap,
    /// A list and a map cannot be added; they add the keys.
    ListAndMap,
    /// The keys of a map are in some order, and theirs is another one.
    OrderOfKeys,
    /// An integer and a float compare exactly; they round the integer first.
    RoundedInteger,
}

thread_local! {
    static MET: RefCell<BTreeSet<Quirk>> = const { RefCell::new(BTreeSet::new()) };
}

/// All that was met since this was asked last.
pub fn take() -> BTreeSet<Quirk> {
    MET.take()
}

pub fn meet(quirk: Quirk) {
    MET.with_borrow_mut(|met| met.insert(quirk));
}
