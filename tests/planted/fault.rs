//! What a planted fault is, and the list of them. It knows nothing of trying them.

use serde::Deserialize;
use std::path::Path;

/// One fault: a text of a source, what stands in its place, and the test that must find it out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub name: String,
    /// What it would cost somebody.
    pub why: String,
    /// From the top of the repository.
    pub file: String,
    /// Stands in the file exactly once.
    pub find: String,
    pub replace: String,
    pub caught_by: Test,
}

/// One test, as cargo is told of it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
pub struct Test {
    pub package: String,
    /// A test target's name, or `lib`.
    pub target: String,
    /// As the test is printed: with all modules that it is in.
    pub test: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    fault: Vec<Fault>,
}

/// The lists, one for each crate that is broken.
const LISTS: [&str; 4] = ["storage", "scope", "predicate", "auth"];

impl Fault {
    /// All faults.
    pub fn all() -> Vec<Self> {
        let read = |list: &&str| {
            let path = top().join(format!("tests/planted/{list}.toml"));
            let text = std::fs::read_to_string(&path).unwrap();
            let list: List =
                toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            list.fault
        };
        LISTS.iter().flat_map(read).collect()
    }

    /// The text of the file with the fault in it.
    ///
    /// # Errors
    /// What keeps it from being planted.
    pub fn plant(&self, text: &str) -> Result<String, String> {
        let (find, replace) = (self.find.trim_end_matches('\n'), self.replace.trim_end_matches('\n'));
        match text.matches(find).count() {
            _ if find == replace => Err(format!("{}: what it puts in place is what was there", self.name)),
            1 => Ok(text.replacen(find, replace, 1)),
            count => Err(format!("{}: what it looks for is {count} times in {}", self.name, self.file)),
        }
    }
}

/// The top of the repository.
pub fn top() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
