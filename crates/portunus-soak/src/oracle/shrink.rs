//! A smaller case that breaks as well: what can be left out of it is. It knows nothing of why it breaks.

use super::case::{Case, Tried, told};
use portunus_oracle::Database;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many smaller cases are tried.
const TRIES: usize = 300;

/// Plays a case, and takes a panic for a difference.
///
/// # Errors
/// What differed, or what the panic said.
pub fn played(case: &Case) -> Result<Tried, String> {
    catch_unwind(AssertUnwindSafe(|| case.play())).unwrap_or_else(|panic| {
        let text =
            panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Err(format!("panicked: {}", text.unwrap_or_default()))
    })
}

/// What is said of a case that breaks, after all that is not needed for that was left out.
pub fn shrunk(case: Case, text: String) -> String {
    let mut search = Search { case, text, tries: TRIES };
    search.steps();
    search.documents();
    search.roles();
    let Case { populated, steps } = &search.case;
    let world = told(&populated.world);
    format!(
        "{}\nin the steps {steps:?}\nof this world (indexes: {}, principals remembered: {}):\n{world}",
        search.text, populated.has_indexes, populated.remembers
    )
}

struct Search {
    case: Case,
    text: String,
    tries: usize,
}

impl Search {
    /// Keeps a smaller case if that breaks, too.
    fn keeps(&mut self, change: impl FnOnce(&mut Case)) -> bool {
        if self.tries == 0 {
            return false;
        }
        self.tries -= 1;
        let mut smaller = self.case.clone();
        change(&mut smaller);
        match played(&smaller) {
            Ok(_) => false,
            Err(text) => {
                (self.case, self.text) = (smaller, text);
                true
            }
        }
    }

    /// Nothing comes after the step that broke; of those before, ever smaller parts are left out.
    fn steps(&mut self) {
        let number =
            self.text.strip_prefix("step ").and_then(|rest| rest.split(':').next()?.parse::<usize>().ok());
        if let Some(number) = number {
            self.keeps(|case| case.steps.truncate(number + 1));
        }
        let mut size = self.case.steps.len() / 2;
        self.keeps(|case| drop(case.steps.drain(..case.steps.len().saturating_sub(1))));
        while size > 0 {
            let mut at = 0;
            while at < self.case.steps.len() {
                let end = (at + size).min(self.case.steps.len());
                if !self.keeps(|case| drop(case.steps.drain(at..end))) {
                    at = end;
                }
            }
            size /= 2;
        }
    }

    fn documents(&mut self) {
        for path in self.paths() {
            let mut ids: Vec<String> =
                self.database(&path).collections["notes"].documents.keys().cloned().collect();
            let mut size = ids.len();
            while size > 0 {
                let mut left = Vec::new();
                for some in ids.chunks(size) {
                    let is_gone = self.keeps(|case| {
                        let database = case.populated.world.databases.get_mut(&path).unwrap();
                        let documents = &mut database.collections.get_mut("notes").unwrap().documents;
                        documents.retain(|id, _| !some.contains(id));
                    });
                    if !is_gone {
                        left.extend_from_slice(some);
                    }
                }
                ids = left;
                size /= 2;
            }
        }
    }

    fn roles(&mut self) {
        for path in self.paths() {
            let names: Vec<String> = self.database(&path).roles.keys().cloned().collect();
            for name in names {
                for is_denial in [false, true] {
                    let mut at = 0;
                    loop {
                        let role = &self.database(&path).roles[&name];
                        if at >= if is_denial { role.denials.len() } else { role.privileges.len() } {
                            break;
                        }
                        let is_gone = self.keeps(|case| {
                            let database = case.populated.world.databases.get_mut(&path).unwrap();
                            let role = database.roles.get_mut(&name).unwrap();
                            let rights = if is_denial { &mut role.denials } else { &mut role.privileges };
                            rights.remove(at);
                        });
                        at += usize::from(!is_gone);
                    }
                }
            }
        }
    }

    fn paths(&self) -> Vec<String> {
        self.case.populated.world.databases.keys().cloned().collect()
    }

    fn database(&self, path: &str) -> &Database {
        &self.case.populated.world.databases[path]
    }
}
