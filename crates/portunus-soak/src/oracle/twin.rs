//! The engine beside an oracle: what is in the one is put into the other, and said in its words. It decides nothing.

use super::worlds::{INDEXES, Populated, START};
use portunus_auth as engine;
use portunus_auth::{
    BuiltInRole, Durability, Expiry, Gate, GateOptions, ManualClock, NewKey, NewToken, On, Privilege,
    ReadView, Resource, RoleName, Secret, SecretScope, Sort, Timestamp, TreeOptions, Who,
};
use portunus_oracle::{
    Action, Deed, Document, Fields, Holder, Next, Query, Right, Role, Terms, Value, World,
};
use std::sync::Arc;

pub struct Twin {
    pub gate: Gate,
    admin: Secret,
    clock: Arc<ManualClock>,
    /// The secret of each holder, and who that is to those who may ask why.
    pub holders: Vec<(Secret, Who)>,
}

impl Twin {
    pub fn new(populated: &Populated) -> Self {
        let clock = Arc::new(ManualClock::new(instant(START)));
        let tree = TreeOptions { clock: clock.clone(), ..TreeOptions::default() };
        let principals_max = if populated.remembers { 64 } else { 0 };
        let options = GateOptions { tree, principals_max, ..GateOptions::default() };
        let (gate, admin) = Gate::create_in_memory(&options).unwrap();
        let mut twin = Self { gate, admin, clock, holders: Vec::new() };
        for path in populated.world.databases.keys().filter(|path| !path.is_empty()) {
            twin.write("", |view| view.create_database(&path.parse().unwrap()).map(drop));
        }
        for path in populated.world.databases.keys() {
            twin.fill(path, populated);
        }
        let settled = populated.holders.iter().enumerate();
        twin.holders = settled.map(|(number, holder)| twin.settle(number, holder)).collect();
        twin
    }

    /// An administrator's secret for a database.
    pub fn admin_of(&self, path: &str) -> Secret {
        self.narrowed(path, SecretScope::role(BuiltInRole::Admin))
    }

    fn narrowed(&self, path: &str, scope: SecretScope) -> Secret {
        self.admin.scoped(&if path.is_empty() { scope } else { scope.at(path.parse().unwrap()) })
    }

    /// Lets a transaction begin later than the last one.
    pub fn set_clock(&self, now: u64) {
        self.clock.set(instant(now));
    }

    /// # Errors
    /// Whatever the engine says of the definition.
    pub fn define(&self, path: &str, name: &str, role: &Role) -> engine::Result<()> {
        let mut view = self.gate.begin_write(&self.admin_of(path))?;
        view.define_role(to_role(name, role))?;
        view.commit(Durability::Relaxed).map(drop)
    }

    fn fill(&self, path: &str, populated: &Populated) {
        let database = &populated.world.databases[path];
        self.write(path, |view| {
            for (name, collection) in &database.collections {
                let mut definition = engine::Collection::new(name);
                if populated.has_indexes && name == "notes" {
                    definition = if populated.is_typed { typed(definition) } else { definition };
                    definition =
                        INDEXES.iter().fold(definition, |it, fields| it.index(fields.iter().copied()));
                }
                if populated.has_indexes && name == "groups" {
                    definition = definition.index(["members"]);
                }
                view.define(
                    collection.unique.iter().fold(definition, |it, field| it.unique([field.as_str()])),
                )?;
                for (id, document) in &collection.documents {
                    let expiry = document.expires_at.map_or(Expiry::Never, |at| Expiry::At(instant(at)));
                    view.add(name).id(id).expires(expiry).create(to_engine(&document.value))?;
                }
            }
            Ok(())
        });
        for (name, role) in &database.roles {
            self.define(path, name, role).unwrap_or_else(|error| panic!("{name} {role:?}: {error}"));
        }
    }

    fn settle(&self, number: usize, holder: &Holder) -> (Secret, Who) {
        let key = |role: &str| {
            self.write(holder.database(), |view| {
                view.create_key(NewKey::new(role)).map(|made| (made.secret, Who::key(made.id)))
            })
        };
        match holder {
            Holder::Key { role, .. } if is_narrowed(number) => {
                let role: RoleName = role.parse().unwrap();
                (
                    self.narrowed(holder.database(), SecretScope::role(role.clone())),
                    Who::role(role.to_string()),
                )
            }
            Holder::Key { role, .. } => key(role),
            Holder::BuiltIn { writes: true, .. } => key("server"),
            Holder::BuiltIn { reads: true, .. } => key("server-readonly"),
            Holder::BuiltIn { .. } => key("none"),
            Holder::Identity { database, collection, id } if is_narrowed(number) => {
                let scope = SecretScope::document(collection, id).unwrap();
                (self.narrowed(database, scope), Who::document(collection, id))
            }
            Holder::Identity { database, collection, id } => self.write(database, |view| {
                let made = view.create_token(NewToken::new(collection, id))?;
                Ok((made.secret, Who::document(collection, id)))
            }),
        }
    }

    fn write<T>(&self, path: &str, run: impl FnOnce(&mut engine::WriteView) -> engine::Result<T>) -> T {
        let mut view = self.gate.begin_write(&self.admin_of(path)).unwrap();
        let done = run(&mut view).unwrap();
        view.commit(Durability::Relaxed).unwrap();
        done
    }
}

/// Whether a holder has an administrator's key, narrowed to what it is, and no secret of its own.
pub fn is_narrowed(number: usize) -> bool {
    number % 3 == 2
}

/// With what all notes keep to: from it follows which indexes are in the order of which fields, and know all elements of which.
fn typed(definition: engine::Collection) -> engine::Collection {
    let field = engine::Field::new;
    let rank = field("rank", engine::Type::Int).required();
    definition
        .field(rank)
        .field(field("turn", engine::Type::String))
        .field(field("labels", engine::Type::Array))
}

pub fn to_query<'v>(view: &'v ReadView, query: &'v Query) -> engine::Query<'v> {
    let mut asked = view.query(&query.collection);
    if let Some((start, end)) = &query.ids {
        asked = asked.ids(start.as_str()..end.as_str());
    }
    if let Some((fields, Terms { equal, next })) = &query.index {
        asked = asked.index(fields.join(",")).equal(equal.iter().map(to_engine));
        asked = match next {
            Next::Whatever => asked,
            Next::Between(from, to) => {
                asked.range((from.as_ref().map(to_engine), to.as_ref().map(to_engine)))
            }
            Next::Begins(start) => asked.prefix(start),
        };
    }
    if let Some(filter) = &query.filter {
        asked = asked.filter(filter.source());
    }
    if let Some(args) = &query.args {
        asked = asked.args(to_engine(args));
    }
    let sort = |(field, largest_first): &(String, bool)| {
        if *largest_first { Sort::descending(field) } else { Sort::ascending(field) }
    };
    asked = asked.sort(query.sort.iter().map(sort));
    if let Some(Fields::Only(paths)) = &query.project {
        asked = asked.project(paths);
    }
    if let Some(limit) = query.limit {
        asked = asked.limit(limit);
    }
    if query.descending { asked.descending() } else { asked }
}

/// As those who ask why put it.
pub fn to_deed(collection: &str, deed: &Deed) -> engine::Deed {
    match deed {
        Deed::Create { id: None, value } => engine::Deed::create(collection, to_engine(value)),
        Deed::Create { id: Some(id), value } => {
            engine::Deed::create_with_id(collection, id, to_engine(value))
        }
        Deed::Replace { id, value, .. } => engine::Deed::replace(collection, id, to_engine(value)),
        Deed::Patch { id, patch, .. } => engine::Deed::patch(collection, id, to_engine(patch)),
        Deed::Delete { id, .. } => Ok(engine::Deed::delete(collection, id)),
    }
    .unwrap()
}

/// Does a deed; of what is changed it tells what the caller is shown.
///
/// # Errors
/// Whatever the engine says.
pub fn attempt(
    view: &mut engine::WriteView,
    collection: &str,
    deed: &Deed,
) -> engine::Result<Option<Document>> {
    let change = |view: &mut engine::WriteView, id: &str, version: Option<u64>, value: &Value| {
        let change = view.change(collection, id);
        let change = if let Some(version) = version { change.if_version(version) } else { change };
        match deed {
            Deed::Replace { .. } => change.replace(to_engine(value)).map(|it| Some(from_document(&it))),
            Deed::Patch { .. } => change.patch(to_engine(value)).map(|it| Some(from_document(&it))),
            _ => change.delete().map(|()| None),
        }
    };
    match deed {
        Deed::Create { id: None, value } => {
            view.create(collection, to_engine(value)).map(|it| Some(from_document(&it)))
        }
        Deed::Create { id: Some(id), value } => {
            view.create_with_id(collection, id, to_engine(value)).map(|it| Some(from_document(&it)))
        }
        Deed::Replace { id, value, version } | Deed::Patch { id, patch: value, version } => {
            change(view, id, *version, value)
        }
        Deed::Delete { id, version } => change(view, id, *version, &Value::Null),
    }
}

pub fn to_engine(value: &Value) -> engine::Value {
    match value {
        Value::Null => engine::Value::Null,
        Value::Bool(it) => engine::Value::Bool(*it),
        Value::Int(it) => engine::Value::Int(*it),
        Value::Float(it) => engine::Value::Float(*it),
        Value::Text(it) => engine::Value::String(it.clone()),
        Value::List(it) => engine::Value::Array(it.iter().map(to_engine).collect()),
        Value::Map(it) => {
            engine::Value::Object(it.iter().map(|(name, value)| (name.clone(), to_engine(value))).collect())
        }
    }
}

pub fn from_document(document: &engine::Document) -> Document {
    let (id, version) = (document.id().to_owned(), document.version());
    let expires_at = document.expires_at().map(|at| u64::try_from(at.0).unwrap());
    Document { id, version, expires_at, value: from_engine(&document.value()) }
}

fn from_engine(value: &engine::Value) -> Value {
    match value {
        engine::Value::Null => Value::Null,
        engine::Value::Bool(it) => Value::Bool(*it),
        engine::Value::Int(it) => Value::Int(*it),
        engine::Value::Float(it) => Value::Float(*it),
        engine::Value::String(it) => Value::Text(it.clone()),
        engine::Value::Array(it) => Value::List(it.iter().map(from_engine).collect()),
        engine::Value::Object(it) => {
            Value::Map(it.iter().map(|(name, value)| (name.to_owned(), from_engine(value))).collect())
        }
        other => panic!("no world has a value like {other:?}"),
    }
}

pub fn to_role(name: &str, role: &Role) -> engine::Role {
    let mut made = engine::Role::new(name);
    for (collection, when) in &role.members {
        made = match when {
            None => made.member(collection),
            Some(when) => made.member_when(collection, when.source()),
        };
    }
    made = role.privileges.iter().fold(made, |made, right| made.privilege(to_privilege(right)));
    made = role.denials.iter().fold(made, |made, right| made.denial(to_privilege(right)));
    if role.inherits { made.inherit() } else { made }
}

pub fn to_action(action: Action) -> engine::Action {
    match action {
        Action::Read => engine::Action::Read,
        Action::Create => engine::Action::Create,
        Action::CreateWithId => engine::Action::CreateWithId,
        Action::Write => engine::Action::Write,
        Action::Delete => engine::Action::Delete,
        Action::ListIds => engine::Action::ListIds,
    }
}

fn to_privilege(right: &Right) -> Privilege {
    let on = match &right.on {
        Some(name) => On::Collection(name.clone()),
        None => On::Every(Resource::Document),
    };
    let mut privilege = Privilege::new(on, to_action(right.action));
    if let Some(when) = &right.when {
        privilege = privilege.when(when.source());
    }
    match &right.fields {
        None => privilege,
        Some(Fields::Only(paths)) => privilege.fields(engine::Fields::only(paths)),
        Some(Fields::Except(paths)) => privilege.fields(engine::Fields::except(paths)),
    }
}

/// Whether somebody is told that there is no such collection: those who may see definitions are.
pub fn sees_definitions(holder: &Holder) -> bool {
    matches!(holder, Holder::BuiltIn { reads: true, .. })
}

/// The version that a deed asks for: one that stands for whatever there is becomes that.
pub fn with_present_version(world: &World, holder: &Holder, collection: &str, deed: &Deed) -> Deed {
    let mut deed = deed.clone();
    if let Deed::Replace { id, version, .. } | Deed::Patch { id, version, .. } | Deed::Delete { id, version } =
        &mut deed
        && *version == Some(u64::MAX)
    {
        let document = world.collection(holder, collection).and_then(|it| it.documents.get(id));
        *version = document.map(|it| it.version);
    }
    deed
}

fn instant(now: u64) -> Timestamp {
    Timestamp(i64::try_from(now).unwrap())
}
