//! One world, and what is asked and done in it, by the oracle and by the engine; where they differ is told. It knows nothing of
//! chance.

use super::asks::{Attempt, Step};
use super::twin::{self, Twin, attempt, from_document, to_deed, to_query};
use super::worlds::{Populated, START};
use portunus_auth::{Cursor, Durability, Error, ErrorKind, ReadView, Result as EngineResult, Verdict};
use portunus_oracle::{Action, Deed, Document, Holder, Query, Refusal, World};
use std::fmt::Debug;

/// A world, and what is done in it.
#[derive(Clone)]
pub struct Case {
    pub populated: Populated,
    pub steps: Vec<Step>,
}

/// What was tried without a difference.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tried {
    pub decisions: u64,
    pub queries: u64,
}

struct Play<'c> {
    case: &'c Case,
    world: World,
    twin: Twin,
    /// Holders whose identity document was deleted, or has expired: nothing revives their tokens.
    dead: Vec<bool>,
    queries: u64,
}

type Told = Result<(), String>;

impl Case {
    /// Plays it all, and tells where it was when the two differed first.
    ///
    /// # Errors
    /// What differed, and how.
    pub fn play(&self) -> Result<Tried, String> {
        let world = self.populated.world.clone();
        let dead = vec![false; self.populated.holders.len()];
        let mut play = Play { case: self, world, twin: Twin::new(&self.populated), dead, queries: 0 };
        for (number, step) in self.steps.iter().enumerate() {
            play.advance(START + 1 + number as u64);
            play.step(number, step).map_err(|text| format!("step {number}: {text}"))?;
        }
        Ok(Tried { decisions: play.world.decisions.get(), queries: play.queries })
    }
}

impl Play<'_> {
    fn step(&mut self, number: usize, step: &Step) -> Told {
        match step {
            Step::Ask { holder, queries } => self.ask(number, *holder, queries),
            Step::Do { holder, attempts, is_committed } => self.act(*holder, attempts, *is_committed),
            Step::Explain { holder, collection, deed } => self.explain(*holder, collection, deed),
            Step::Define { database, role, definition } => {
                let defined = self.twin.define(database, role, definition);
                defined.map_err(|error| format!("{role} {definition:?} cannot be defined: {error}"))?;
                let roles = &mut self.world.databases.get_mut(database).unwrap().roles;
                roles.insert(role.clone(), definition.clone());
                Ok(())
            }
        }
    }

    fn advance(&mut self, now: u64) {
        self.twin.set_clock(now);
        self.world.advance(now);
        for (dead, holder) in self.dead.iter_mut().zip(&self.case.populated.holders) {
            let is_somebody = matches!(holder, Holder::Identity { .. });
            *dead |= is_somebody && self.world.identity(holder).is_none();
        }
    }

    fn holder(&self, number: usize) -> &Holder {
        &self.case.populated.holders[number]
    }

    /// A key opens nothing while no role has its name, a token nothing once its identity document was deleted, and a key
    /// that is narrowed to a document nothing while there is none.
    fn opens(&self, number: usize) -> bool {
        match self.holder(number) {
            Holder::BuiltIn { .. } => true,
            holder @ Holder::Key { .. } => !self.world.roles_of(holder).is_empty(),
            holder @ Holder::Identity { .. } if twin::is_narrowed(number) => {
                self.world.identity(holder).is_some()
            }
            Holder::Identity { .. } => !self.dead[number],
        }
    }

    /// What a secret has opened; nothing if it rightly opens nothing.
    fn opened<V>(&self, number: usize, view: EngineResult<V>) -> Result<Option<V>, String> {
        match (view, self.opens(number)) {
            (Ok(view), true) => Ok(Some(view)),
            (Err(Error::Unauthenticated), false) => Ok(None),
            (Ok(_), false) => Err(format!("{:?} opens a transaction", self.holder(number))),
            (Err(error), _) => Err(format!("{:?} is refused: {error}", self.holder(number))),
        }
    }

    fn ask(&mut self, number: usize, holder: usize, queries: &[Query]) -> Told {
        let view = self.twin.gate.begin_read(&self.twin.holders[holder].0);
        let Some(view) = self.opened(holder, view)? else { return Ok(()) };
        for (way, query) in queries.iter().enumerate() {
            self.compare(&view, holder, query, number + way)?;
        }
        Ok(())
    }

    /// One query, as documents and in one of the other ways.
    fn compare(&mut self, view: &ReadView, holder: usize, query: &Query, way: usize) -> Told {
        self.queries += 2;
        let (world, who) = (&self.world, &self.case.populated.holders[holder]);
        let asked = || to_query(view, query);
        if world.collection(who, &query.collection).is_none() && twin::sees_definitions(who) {
            return same(
                who,
                query,
                "of no collection",
                asked().count().map_err(|it| it.kind()),
                Err(ErrorKind::NotFound),
            );
        }
        let expected = world.query(who, query);
        let ids: Vec<String> = expected.iter().map(|it| it.id.clone()).collect();
        let told = |error: Error| format!("{who:?}, {query:?}: {error}");
        let found = asked().documents().map_err(told)?;
        same(who, query, "documents", found.iter().map(from_document).collect(), expected)?;
        match way % 7 {
            0 => same(who, query, "count", asked().count().map_err(told)?, world.count(who, query)),
            1 => same(who, query, "exists", asked().exists().map_err(told)?, !ids.is_empty()),
            2 => {
                let first = asked().first().map_err(told)?.map(|it| it.id().to_owned());
                same(who, query, "first", first, ids.into_iter().next())
            }
            3 => {
                let all = Query { limit: None, ..query.clone() };
                let ids = world.query(who, &all).into_iter().map(|it| it.id).collect();
                same(who, query, "pages", pages(asked, 1 + way % 5).map_err(told)?, ids)
            }
            4 => same(who, query, "ids", asked().list_ids().map_err(told)?, world.list_ids(who, query)),
            5 => {
                let is_denied = match asked().strict().documents() {
                    Ok(strict) => {
                        same(
                            who,
                            query,
                            "strict",
                            strict.iter().map(|it| it.id().to_owned()).collect(),
                            ids,
                        )?;
                        false
                    }
                    Err(Error::Denied { .. }) => true,
                    Err(error) => return Err(told(error)),
                };
                let expected = world.denies_strict(who, query).unwrap_or(is_denied);
                same(who, query, "denied strictly", is_denied, expected)
            }
            _ => {
                let id = ids.first().map_or("n07", String::as_str);
                let got = view.get(&query.collection, id).map_err(told)?;
                let got = got.as_ref().map(from_document);
                same(who, query, "get", got, world.get(who, &query.collection, id))
            }
        }
    }

    fn act(&mut self, number: usize, attempts: &[Attempt], is_committed: bool) -> Told {
        let view = self.twin.gate.begin_write(&self.twin.holders[number].0);
        let Some(mut view) = self.opened(number, view)? else { return Ok(()) };
        let who = self.holder(number).clone();
        let before = self.world.databases.clone();
        let mut deleted = Vec::new();
        for Attempt { collection, deed } in attempts {
            let deed = twin::with_present_version(&self.world, &who, collection, deed);
            // What this oracle cannot tell is not done.
            let Some(expected) = self.world.weigh(&who, collection, &deed) else { continue };
            let got = attempt(&mut view, collection, &deed);
            let differs = |got: &dyn Debug| {
                format!("{who:?} in {collection}, {deed:?}: the engine says {got:?}, the oracle {expected:?}")
            };
            match (&got, &expected) {
                (Ok(got), Ok(done)) => {
                    let mut done = done.clone();
                    if let Deed::Create { id: None, .. } = deed {
                        let made = got.as_ref().map(|it| it.id.clone()).unwrap_or_default();
                        let named = [done.new.as_mut(), done.shown.as_mut()];
                        named.into_iter().flatten().for_each(|it| it.id.clone_from(&made));
                    }
                    // Elsewhere it may be what rules read that has changed: they keep in one transaction what they saw.
                    if collection == "notes" && *got != done.shown {
                        return Err(differs(got));
                    }
                    self.world.apply(&who, collection, &done);
                    if let (Deed::Delete { id, .. }, "users") = (&deed, collection.as_str()) {
                        deleted.push(id.clone());
                    }
                }
                (Err(error), Err(refusals)) if refusals.iter().any(|it| is_like(*it, error.kind())) => {}
                _ => return Err(differs(&got)),
            }
        }
        if attempts.iter().all(|it| it.collection != "users") {
            let query = Query { collection: "notes".into(), ..Query::default() };
            self.compare(&view, number, &query, attempts.len())?;
        }
        if !is_committed {
            self.world.databases = before;
            return Ok(());
        }
        view.commit(Durability::Relaxed).map_err(|error| format!("{who:?} cannot commit: {error}"))?;
        for (dead, other) in self.dead.iter_mut().zip(&self.case.populated.holders) {
            let is_it = matches!(other, Holder::Identity { database, id, .. } if database == who.database() && deleted.contains(id));
            *dead |= is_it;
        }
        Ok(())
    }

    /// What those are told who ask why, beside what would happen.
    fn explain(&mut self, number: usize, collection: &str, deed: &Deed) -> Told {
        let who = self.holder(number).clone();
        let is_there = self.world.identity(&who).is_some() || !matches!(who, Holder::Identity { .. });
        if !is_there || !self.opens(number) {
            return Ok(());
        }
        let admins = self.twin.gate.begin_read(&self.twin.admin_of(who.database())).unwrap();
        let ask = |deed: &portunus_auth::Deed| {
            let explanation = admins.explain(&self.twin.holders[number].1, deed);
            explanation.map(|it| it.verdict).map_err(|error| format!("{who:?}, {deed}: {error}"))
        };
        let id = match deed {
            Deed::Create { id, .. } => id.as_deref().unwrap_or("n07"),
            Deed::Replace { id, .. } | Deed::Patch { id, .. } | Deed::Delete { id, .. } => id,
        };
        let documents = &self.world.databases[who.database()].collections[collection].documents;
        if let Some(document) = documents.get(id) {
            let verdict = ask(&portunus_auth::Deed::read(collection, id))?;
            let is_right = match self.world.get(&who, collection, id) {
                None => verdict == Verdict::Unseen,
                Some(shown) if shown == *document => verdict == Verdict::Allowed,
                Some(_) => matches!(verdict, Verdict::Masked { .. }),
            };
            if !is_right {
                return Err(format!("{who:?} is told to get {verdict:?} who reads {document:?}"));
            }
        }
        let deed = twin::with_present_version(&self.world, &who, collection, deed);
        // Explanations are about rights, not about versions or what is there already.
        let expected = match self.world.weigh(&who, collection, &deed) {
            Some(Ok(_)) => Verdict::Allowed,
            Some(Err(refusals)) if refusals == [Refusal::NotFound] => return Ok(()),
            Some(Err(refusals))
                if refusals == [Refusal::Denied] && !self.may_clash(&who, collection, &deed) =>
            {
                Verdict::Denied
            }
            _ => return self.reaches(number, &who, collection),
        };
        let verdict = ask(&to_deed(collection, &deed))?;
        if verdict != expected {
            return Err(format!("{who:?} in {collection}, {deed:?}: told {verdict:?}, gets {expected:?}"));
        }
        self.reaches(number, &who, collection)
    }

    fn may_clash(&self, who: &Holder, collection: &str, deed: &Deed) -> bool {
        let found = &self.world.databases[who.database()].collections[collection];
        let is_taken = matches!(deed, Deed::Create { id: Some(id), .. } if found.documents.contains_key(id));
        is_taken || found.unique.is_some()
    }

    /// What somebody can do at all, beside what it sees and has no grant for.
    fn reaches(&self, number: usize, who: &Holder, collection: &str) -> Told {
        if matches!(who, Holder::BuiltIn { .. }) {
            return Ok(());
        }
        let admins = self.twin.gate.begin_read(&self.twin.admin_of(who.database())).unwrap();
        let can =
            admins.what_can(&self.twin.holders[number].1).map_err(|error| format!("{who:?}: {error}"))?;
        let on = portunus_auth::On::Collection(collection.to_owned());
        for action in Action::ALL {
            let is_listed = can.iter().any(|it| it.on == on && it.action == twin::to_action(action));
            let rights = self.world.rights(who, collection, action);
            let documents = self.world.databases[who.database()].collections[collection].documents.values();
            let sees = action == Action::Read && documents.into_iter().any(|it| rights.of(it).is_some());
            if (is_listed && rights.is_never()) || (sees && !is_listed) {
                return Err(format!("that {who:?} can {action:?} in {collection}: listed {is_listed}"));
            }
        }
        Ok(())
    }
}

fn pages<'v>(asked: impl Fn() -> portunus_auth::Query<'v>, size: usize) -> EngineResult<Vec<String>> {
    let mut ids = Vec::new();
    let mut next: Option<Cursor> = None;
    loop {
        let page = asked().page(size, next.as_ref())?;
        ids.extend(page.documents.iter().map(|it| it.id().to_owned()));
        next = page.next;
        if next.is_none() {
            return Ok(ids);
        }
    }
}

fn is_like(refusal: Refusal, kind: ErrorKind) -> bool {
    match refusal {
        Refusal::NotFound => kind == ErrorKind::NotFound,
        Refusal::Denied => kind == ErrorKind::Denied,
        Refusal::AlreadyExists => kind == ErrorKind::AlreadyExists,
        Refusal::Constraint => kind == ErrorKind::Constraint,
    }
}

fn same<T: PartialEq + Debug>(who: &Holder, query: &Query, what: &str, engine: T, oracle: T) -> Told {
    if engine == oracle {
        return Ok(());
    }
    let source = query.filter.as_ref().map(portunus_oracle::Expr::source);
    Err(format!(
        "{what}, {who:?}, {query:?}, filter {source:?}: the engine says {engine:?}, the oracle {oracle:?}"
    ))
}

/// What is in a world, as far as it helps to see why something differs.
pub fn told(world: &World) -> String {
    let mut lines = Vec::new();
    for (path, database) in &world.databases {
        for (name, collection) in &database.collections {
            let tell = |document: &Document| {
                format!("  /{path} {name} {}: {}", document.id, document.value.literal())
            };
            lines.extend(collection.documents.values().map(tell));
        }
        for (name, role) in &database.roles {
            lines.push(format!("  /{path} role {name}, inherited: {}", role.inherits));
            for (what, right) in role
                .privileges
                .iter()
                .map(|it| ("grant", it))
                .chain(role.denials.iter().map(|it| ("denial", it)))
            {
                let when = right.when.as_ref().map(portunus_oracle::Expr::source);
                lines.push(format!(
                    "    {what} {:?} on {:?} when {when:?} fields {:?}",
                    right.action, right.on, right.fields
                ));
            }
            let members = role.members.iter().map(|(of, when)| {
                format!("{of} when {:?}", when.as_ref().map(portunus_oracle::Expr::source))
            });
            lines.push(format!("    members {:?}", members.collect::<Vec<_>>()));
        }
    }
    lines.join("\n")
}
