//! Whether a store holds what was promised: for each writer a number of its transactions that may be there, all of those and
//! nothing of the next. It knows nothing of how the store came to be as it is.

use super::promises::{Bounds, Promises};
use super::state::{
    ANNEX, Annex, COLLECTIONS, Entry, ITEMS, Of, PLACES, Shelf, State, USERS, WRITERS, annex_path, labels,
    once_token, shelf_name, writer_of,
};
use super::writer::inside;
use portunus_auth::{DatabasePath, DocumentRef, Error, Gate, ReadView, Role, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

type Checked = Result<(), String>;

/// Checks a store against what was promised, as far as these bounds say that it has to be there or may be.
pub fn check(gate: &Gate, promises: &Promises, bounds: &Bounds) -> Checked {
    check_whole(gate, promises)?;
    let views = views(gate, promises)?;
    let numbers = numbers(&views)?;
    for (writer, number) in numbers.iter().enumerate() {
        let (least, most) = (bounds.least[writer], bounds.most[writer]);
        if !(least..=most).contains(number) {
            return Err(format!(
                "{number} transactions of writer {writer} are there, and not {least} to {most}"
            ));
        }
    }
    if let Some(problem) = promises.out_of_order(&numbers) {
        return Err(problem);
    }
    let checker = Checker { promises, states: promises.states(&numbers), now: gate.clock().now() };
    for (place, view) in views.shared.iter().enumerate() {
        checker
            .check_place(view, place)
            .map_err(|problem| format!("{problem}, in database {:?}", PLACES[place]))?;
    }
    for (writer, view) in views.annexes.iter().enumerate() {
        checker
            .check_annex(view.as_ref(), writer)
            .map_err(|problem| format!("{problem}, in the own one of {writer}"))?;
    }
    checker.check_shelves(&views.shared[1])?;
    checker.check_secrets(gate)?;
    checker.check_tokens_of_transactions(gate)
}

/// The check of the store by itself.
pub fn check_whole(gate: &Gate, promises: &Promises) -> Checked {
    let report = gate.begin_read(&promises.admin).and_then(|view| view.check()).map_err(told)?;
    match report.problems.first() {
        None => Ok(()),
        Some(problem) => Err(format!("the check of the whole store says: {problem}")),
    }
}

struct Views {
    shared: Vec<ReadView>,
    /// By writer.
    annexes: Vec<Option<ReadView>>,
}

fn views(gate: &Gate, promises: &Promises) -> Result<Views, String> {
    let open = |writer, place| gate.begin_read(&inside(&promises.admin, writer, place)).map_err(told);
    let shared: Vec<ReadView> = (0..PLACES.len()).map(|place| open(0, place)).collect::<Result<_, _>>()?;
    let databases = shared[0].databases(&DatabasePath::here()).map_err(told)?;
    let is_there = |path: &str| databases.iter().any(|database| database.path.to_string() == path);
    let annexes = (0..promises.writers())
        .map(|writer| is_there(&annex_path(writer)).then(|| open(writer, ANNEX)).transpose())
        .collect::<Result<Vec<_>, _>>()?;
    let expected = 1 + annexes.iter().flatten().count();
    if databases.len() != expected {
        return Err(format!("the root has {} databases instead of {expected}", databases.len()));
    }
    Ok(Views { shared, annexes })
}

/// How many transactions of each writer are there: the last number that one has written, wherever that was.
fn numbers(views: &Views) -> Result<Vec<usize>, String> {
    let mut numbers = vec![0; views.annexes.len()];
    for view in views.shared.iter().chain(views.annexes.iter().flatten()) {
        let stamps = view.query(COLLECTIONS[WRITERS]).for_each(|stamp| {
            let number = stamp.field("n").and_then(|n| n.as_int()).and_then(|n| usize::try_from(n).ok());
            if let Some((writer, number)) = writer_of(stamp.id()).zip(number) {
                numbers[writer] = numbers[writer].max(number);
            }
            Ok::<_, Error>(ControlFlow::Continue(()))
        });
        match stamps {
            // One that is not furnished yet.
            Ok(()) | Err(Error::NotFound(_)) => {}
            Err(error) => return Err(told(error)),
        }
    }
    Ok(numbers)
}

struct Checker<'p> {
    promises: &'p Promises,
    /// What each writer has left.
    states: Vec<Arc<State>>,
    now: Timestamp,
}

impl Checker<'_> {
    fn check_place(&self, view: &ReadView, place: usize) -> Checked {
        for collection in 0..COLLECTIONS.len() {
            // Somebody whom no writer has made.
            let others = usize::from(collection == USERS);
            let entries =
                |writer: usize| self.states.get(writer).map(|state| &state.documents[place][collection]);
            let expected =
                self.states.iter().map(|state| self.alive(&state.documents[place][collection])).sum();
            self.compare(view, collection, &entries, expected, others)?;
        }
        self.check_indexes(view)?;
        self.check_roles(view, place)?;
        self.check_credentials(view, place)?;
        let expected = self.promises.base[place].keys + self.keys(place);
        let found = view.keys().map_err(told)?.len();
        if found != expected {
            return Err(format!("{found} keys are there instead of {expected}"));
        }
        self.check_audit(view, place)
    }

    fn check_annex(&self, view: Option<&ReadView>, writer: usize) -> Checked {
        let state = &self.states[writer];
        match (view, state.annex) {
            (None, Annex::None) => Ok(()),
            (Some(view), Annex::Bare) => match view.collections().map_err(told)?.len() {
                0 => Ok(()),
                some => Err(format!("{some} collections are there that nobody has defined")),
            },
            (Some(view), Annex::Furnished) => {
                for collection in 0..COLLECTIONS.len() {
                    let entries = |of: usize| (of == writer).then(|| &state.documents[ANNEX][collection]);
                    let expected = self.alive(&state.documents[ANNEX][collection]);
                    self.compare(view, collection, &entries, expected, 0)?;
                }
                self.check_indexes(view)
            }
            (None, annex) => Err(format!("it is not there, and should be {annex:?}")),
            (Some(_), Annex::None) => Err("it is there, and should not".to_owned()),
        }
    }

    /// Every document of a collection is what its writer has left there, and none is missing.
    fn compare<'e>(
        &self,
        view: &ReadView,
        collection: usize,
        entries: &dyn Fn(usize) -> Option<&'e BTreeMap<String, Entry>>,
        expected: usize,
        others: usize,
    ) -> Checked {
        let (name, mut found) = (COLLECTIONS[collection], 0);
        let mut problem = None;
        let visited = view.query(name).for_each(|document| {
            found += 1;
            match writer_of(document.id()) {
                None => {}
                Some(writer) => match entries(writer).and_then(|entries| entries.get(document.id())) {
                    Some(entry) if is_same(entry, document) => {}
                    Some(_) => problem = Some(format!("document {} of {name} is another one", document.id())),
                    None => {
                        problem = Some(format!("document {} of {name} should not be there", document.id()))
                    }
                },
            }
            let flow = if problem.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
            Ok::<_, Error>(flow)
        });
        visited.map_err(told)?;
        match problem {
            Some(problem) => Err(problem),
            None if found != expected + others => {
                Err(format!("{name} has {found} documents instead of {}", expected + others))
            }
            None => Ok(()),
        }
    }

    /// Every index finds the documents that a scan finds.
    fn check_indexes(&self, view: &ReadView) -> Checked {
        let name = COLLECTIONS[ITEMS];
        let (mut ids, mut labelled) = (BTreeSet::new(), BTreeSet::new());
        let scanned = view.query(name).for_each(|item| {
            ids.insert(item.id().to_owned());
            let number = item.field("n").and_then(|n| n.as_int()).and_then(|n| usize::try_from(n).ok());
            if number.is_some_and(|number| labels(number).contains(&"l0".to_owned())) {
                labelled.insert(item.id().to_owned());
            }
            Ok::<_, Error>(ControlFlow::Continue(()))
        });
        scanned.map_err(told)?;
        for index in ["n", "tag", "writer,n"] {
            let listed = view.query(name).index(index).list_ids().map_err(told)?;
            if listed.len() != ids.len() || !listed.iter().all(|id| ids.contains(id)) {
                return Err(format!(
                    "index {index} finds {} documents, and a scan {}",
                    listed.len(),
                    ids.len()
                ));
            }
        }
        let listed = view.query(name).index("labels").equal(["l0"]).list_ids().map_err(told)?;
        if listed.len() != labelled.len() || !listed.iter().all(|id| labelled.contains(id)) {
            return Err(format!(
                "index labels finds {} documents, and a scan {}",
                listed.len(),
                labelled.len()
            ));
        }
        let counted = view.query(name).count().map_err(told)?;
        if counted != ids.len() {
            return Err(format!("{counted} documents are counted, and a scan finds {}", ids.len()));
        }
        Ok(())
    }

    fn check_roles(&self, view: &ReadView, place: usize) -> Checked {
        let found = view.roles().map_err(told)?;
        let expected: Vec<&Role> = self.states.iter().flat_map(|state| state.roles[place].values()).collect();
        for role in &expected {
            if !found.contains(role) {
                return Err(format!("role {} is not what was defined last", role.name()));
            }
        }
        if found.len() == expected.len() {
            Ok(())
        } else {
            Err(format!("{} roles are there instead of {}", found.len(), expected.len()))
        }
    }

    fn check_credentials(&self, view: &ReadView, place: usize) -> Checked {
        for state in &self.states {
            for user in state.documents[place][USERS].keys() {
                let found = view.credential(COLLECTIONS[USERS], user).map_err(told)?.is_some();
                if found != state.credentials[place].contains(user) {
                    return Err(format!(
                        "user {user} should have a password, or should not: there is one: {found}"
                    ));
                }
            }
        }
        Ok(())
    }

    fn check_audit(&self, view: &ReadView, place: usize) -> Checked {
        let chain = view.verify_audit().map_err(told)?;
        if let Some(sequence) = chain.first_break {
            return Err(format!("the audit log is broken at record {sequence}"));
        }
        let expected: u64 = self.states.iter().map(|state| state.audited[place]).sum();
        let expected = expected + self.promises.base[place].audited;
        if chain.records == expected {
            Ok(())
        } else {
            Err(format!("the audit log has {} records instead of {expected}", chain.records))
        }
    }

    fn check_shelves(&self, view: &ReadView) -> Checked {
        for (writer, state) in self.states.iter().enumerate() {
            let name = shelf_name(writer);
            let found = view.collection(&name).map_err(told)?;
            match (&state.shelf, found) {
                (None, None) => {}
                (Some(shelf), Some(found)) if found == shelf.definition => {
                    check_shelf(view, &name, shelf).map_err(|problem| format!("{problem}, in {name}"))?;
                }
                (_, found) => {
                    return Err(format!(
                        "{name} is not what was defined last: there is one: {}",
                        found.is_some()
                    ));
                }
            }
        }
        Ok(())
    }

    /// What was revoked stays dead, and what was not opens.
    fn check_secrets(&self, gate: &Gate) -> Checked {
        for (writer, state) in self.states.iter().enumerate() {
            for held in &state.held {
                let opened = match gate.begin_read(&held.secret) {
                    Ok(_) => true,
                    Err(Error::Unauthenticated) => false,
                    Err(error) => return Err(told(error)),
                };
                if opened != held.opens(self.now) {
                    return Err(format!("secret {} of writer {writer} opens: {opened}", held.id));
                }
            }
        }
        Ok(())
    }

    /// The tokens of transactions know which of them are there. One writer of all is asked.
    fn check_tokens_of_transactions(&self, gate: &Gate) -> Checked {
        let sum: usize = self.states.iter().map(|state| state.number).sum();
        let writer = sum % self.states.len().max(1);
        let number = self.states[writer].number;
        let mut known = 0;
        for place in 0..=ANNEX {
            if place == ANNEX && self.states[writer].annex == Annex::None {
                continue;
            }
            let mut view = gate.begin_write(&inside(&self.promises.admin, writer, place)).map_err(told)?;
            known += usize::from(!view.once(&once_token(writer, number)).map_err(told)?);
            if !view.once(&once_token(writer, number + 1)).map_err(told)? {
                return Err(format!("the token of transaction {} of writer {writer} is known", number + 1));
            }
        }
        // That of a transaction in a database that has been deleted since is gone with it.
        if known == usize::from(number > 0) {
            Ok(())
        } else {
            Err(format!("token {number} is known {known} times"))
        }
    }

    fn alive(&self, entries: &BTreeMap<String, Entry>) -> usize {
        entries.values().filter(|entry| entry.is_alive(self.now)).count()
    }

    /// How many keys a place owns that writers have made.
    fn keys(&self, place: usize) -> usize {
        let held = self.states.iter().flat_map(|state| &state.held);
        held.filter(|held| held.place == place && held.of == Of::Key && !held.is_revoked).count()
    }
}

fn check_shelf(view: &ReadView, name: &str, shelf: &Shelf) -> Checked {
    if view.unbuilt_indexes(name).map_err(told)? != shelf.unbuilt {
        return Err("other indexes are being built".to_owned());
    }
    let found = view.query(name).documents().map_err(told)?;
    let is_same = |document: &portunus_auth::Document| {
        shelf.documents.get(document.id()).is_some_and(|entry| is_same(entry, document.as_ref()))
    };
    if found.len() != shelf.documents.len() || !found.iter().all(is_same) {
        return Err(format!("there are {} documents, or others", found.len()));
    }
    for index in shelf.definition.indexes().iter().filter(|index| !shelf.unbuilt.contains(&index.name())) {
        let listed = view.query(name).index(index.name()).count().map_err(told)?;
        if listed != found.len() {
            return Err(format!("index {} finds {listed} documents of {}", index.name(), found.len()));
        }
    }
    Ok(())
}

fn is_same(entry: &Entry, document: DocumentRef<'_>) -> bool {
    entry.expires_at == document.expires_at() && entry.value == document.value()
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests;
