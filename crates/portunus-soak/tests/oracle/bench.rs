//! A small universe: every document that two fields can make of five values, and people who are the same. Whatever is seen in it, the
//! oracle and the engine must agree on. It knows nothing of what they should agree on.

use portunus_oracle::{
    Action, Collection, Comparison, Database, Document, Expr, Holder, Query, Right, Role, Value, Var, World,
};
use portunus_soak::oracle::twin::{Twin, from_document, to_query};
use portunus_soak::oracle::worlds::{Populated, START};
use std::collections::{BTreeMap, BTreeSet};

/// The two fields; there are indexes on both, if there are any.
const FIELDS: [&str; 2] = ["owner", "size"];

/// What a field can be, and what it is called in the id of a document.
fn values() -> [(&'static str, Option<Value>); 5] {
    [
        ("absent", None),
        ("null", Some(Value::Null)),
        ("true", Some(Value::Bool(true))),
        ("one", Some(Value::Int(1))),
        ("a", Some(Value::text("a"))),
    ]
}

pub struct Bench {
    world: World,
    twin: Twin,
    holders: Vec<Holder>,
}

pub type Seen = BTreeSet<String>;

impl Bench {
    /// A universe in each of these databases, where the people of each hold tokens, and keys the role `role`.
    pub fn new(paths: &[&str], has_indexes: bool) -> Self {
        let mut world = World { now: START, ..World::default() };
        let mut holders = Vec::new();
        for path in paths {
            let mut collections = BTreeMap::new();
            collections.insert("groups".to_owned(), Collection::default());
            let mut notes = Collection::default();
            let mut users = Collection::default();
            for (one, owner) in values() {
                put(&mut users, one.to_owned(), [owner.clone(), None]);
                let (database, collection) = ((*path).to_owned(), "users".to_owned());
                holders.push(Holder::Identity { database, collection, id: one.to_owned() });
                for (other, size) in values() {
                    put(&mut notes, format!("{one}-{other}"), [owner.clone(), size]);
                }
            }
            collections.extend([("users".to_owned(), users), ("notes".to_owned(), notes)]);
            let roles = BTreeMap::from([("role".to_owned(), Role::default())]);
            world.databases.insert((*path).to_owned(), Database { collections, roles });
            holders.push(Holder::Key { database: (*path).to_owned(), role: "role".to_owned() });
        }
        let populated = Populated {
            world,
            holders,
            has_indexes,
            is_typed: false,
            remembers: true,
            has_plain_members: true,
        };
        let twin = Twin::new(&populated);
        Self { world: populated.world, twin, holders: populated.holders }
    }

    /// One database, with indexes.
    pub fn single() -> Self {
        Self::new(&[""], true)
    }

    pub fn define(&mut self, path: &str, name: &str, role: Role) {
        self.twin.define(path, name, &role).unwrap_or_else(|error| panic!("{role:?}: {error}"));
        self.world.databases.get_mut(path).unwrap().roles.insert(name.to_owned(), role);
    }

    /// The notes that somebody of a database sees in it.
    pub fn seen(&mut self, path: &str, id: &str) -> Seen {
        let is_it = |it: &Holder| matches!(it, Holder::Identity { database, id: other, .. } if database == path && other == id);
        self.seen_by(self.holders.iter().position(is_it).expect("everybody is here"))
    }

    /// The notes that the holder of the key of a database sees in it.
    pub fn seen_by_key(&mut self, path: &str) -> Seen {
        let is_it = |it: &Holder| matches!(it, Holder::Key { database, .. } if database == path);
        self.seen_by(self.holders.iter().position(is_it).expect("every database has a key"))
    }

    fn seen_by(&mut self, number: usize) -> Seen {
        let query = Query { collection: "notes".into(), ..Query::default() };
        let view = self.twin.gate.begin_read(&self.twin.holders[number].0).unwrap();
        let found: Vec<Document> =
            to_query(&view, &query).documents().unwrap().iter().map(from_document).collect();
        let holder = &self.holders[number];
        let roles: Vec<Vec<String>> = self.world.roles_of(holder).into_iter().map(told).collect();
        assert_eq!(found, self.world.query(holder, &query), "{holder:?} with {roles:?}");
        found.into_iter().map(|it| it.id).collect()
    }

    /// The ids of all notes.
    pub fn all() -> Seen {
        let all = values().map(|(one, _)| values().map(|(other, _)| format!("{one}-{other}")));
        all.into_iter().flatten().collect()
    }
}

fn put(collection: &mut Collection, id: String, fields: [Option<Value>; 2]) {
    let members = FIELDS.into_iter().zip(fields).filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let document =
        Document { id: id.clone(), version: START, expires_at: None, value: Value::Map(members.collect()) };
    collection.documents.insert(id, document);
}

fn told(role: &Role) -> Vec<String> {
    let rights =
        role.privileges.iter().map(|it| ("grant", it)).chain(role.denials.iter().map(|it| ("denial", it)));
    rights.map(|(what, right)| format!("{what} {:?}", right.when.as_ref().map(Expr::source))).collect()
}

/// A privilege or a denial of reading notes, under a rule or always.
pub fn reading(when: Option<Expr>) -> Right {
    Right { on: Some("notes".into()), action: Action::Read, when, fields: None }
}

/// A role of all users, with these grants and denials of reading notes.
pub fn role(grants: &[Option<Expr>], denials: &[Option<Expr>]) -> Role {
    let rights = |of: &[Option<Expr>]| of.iter().cloned().map(reading).collect();
    let members = vec![("users".to_owned(), None)];
    Role { privileges: rights(grants), denials: rights(denials), members, inherits: false }
}

/// The smallest rules: always, never, with an answer for every document, and without one for some.
pub fn leaves() -> Vec<Expr> {
    let doc = |name: &str| Expr::field(Var::Doc, name);
    let value = |value: Value| Expr::Const(value);
    let equal = |one, other| Expr::compare(Comparison::Equal, one, other);
    vec![
        value(Value::Bool(true)),
        value(Value::Bool(false)),
        Expr::Has(Expr::Var(Var::Doc).into(), "owner".into()),
        doc("owner"),
        equal(doc("owner"), value(Value::Int(1))),
        equal(doc("size"), value(Value::text("a"))),
        equal(doc("owner"), doc("size")),
        Expr::compare(Comparison::Less, doc("size"), value(Value::Int(2))),
        Expr::In(doc("owner").into(), value(Value::List(vec![Value::text("a"), Value::Null])).into()),
        equal(doc("owner"), Expr::field(Var::Identity, "owner")),
    ]
}

/// The leaves, and what is not one of them.
pub fn literals() -> Vec<Expr> {
    leaves().into_iter().flat_map(|leaf| [leaf.clone(), leaf.negated()]).collect()
}

/// All rules of up to two leaves.
pub fn small_rules() -> Vec<Expr> {
    let mut rules = literals();
    for one in leaves() {
        for other in leaves() {
            for both in [one.clone().and(other.clone()), one.clone().or(other)] {
                rules.extend([both.clone(), both.negated()]);
            }
        }
    }
    rules
}
