//! Worlds made at random: a tree of databases with people, groups and notes, roles in each, and who holds them. It knows nothing of
//! what any of it means.

use super::dice::Dice;
use super::rules::{Place, rule};
use portunus_oracle::{
    Action, Collection, Database, Document, Fields, Holder, Right, Role, Value, Var, World,
};
use std::collections::BTreeMap;

pub const PEOPLE: [&str; 4] = ["ann", "annabel", "bob", "eve"];
pub const DATABASES: [&str; 4] = ["", "acme", "acme/eu", "beta"];
pub const COLLECTIONS: [&str; 3] = ["users", "groups", "notes"];
/// The indexes of the notes, in the worlds that have any.
pub const INDEXES: [&[&str]; 10] = [
    &["owner"],
    &["size"],
    &["tags"],
    &["secret"],
    &["group"],
    &["owner", "size"],
    &["size", "tags", "owner"],
    &["rank"],
    &["rank", "turn"],
    &["labels"],
];
pub const FIELDS: [&str; 12] = [
    "owner",
    "size",
    "flag",
    "tags",
    "group",
    "secret",
    "about",
    "about.title",
    "steps.by",
    "rank",
    "turn",
    "labels",
];
/// How much is done in a world that is not large.
pub const STEPS: usize = 160;
/// The instant at which every world begins, in microseconds.
pub const START: u64 = 1_800_000_000_000_000;

/// A world, and whoever asks in it.
#[derive(Clone)]
pub struct Populated {
    pub world: World,
    pub holders: Vec<Holder>,
    pub has_indexes: bool,
    /// Whether the types of some fields are declared.
    pub is_typed: bool,
    /// Whether it remembers principals.
    pub remembers: bool,
    /// Whether who has a role never hangs on another document.
    pub has_plain_members: bool,
}

/// A world with so many notes in each database.
pub fn populated(dice: &mut Dice, notes: usize) -> Populated {
    let is_unique = dice.percent(40);
    // Lists of nested fields are told apart from those of whole ones, through which one can also write.
    let is_nested = dice.percent(40);
    let has_plain_members = dice.percent(50);
    let mut world = World { now: START, ..World::default() };
    let places = if dice.percent(40) { &DATABASES[..1] } else { &DATABASES[..] };
    for place in places {
        let mut database = Database::default();
        for name in COLLECTIONS {
            let unique = (is_unique && name == "notes").then(|| "code".to_owned());
            database.collections.insert(name.into(), Collection { unique, ..Collection::default() });
        }
        fill(dice, &mut database, notes);
        let (number, named) = (dice.one(&[1, 2, 3]), place.replace('/', "-"));
        for role_number in 0..number {
            // The same name may stand for another role above.
            let name = if role_number == 0 { "common".into() } else { format!("role-{named}-{role_number}") };
            database.roles.insert(name, role(dice, is_nested, has_plain_members));
        }
        world.databases.insert((*place).to_owned(), database);
    }
    let holders = holders(dice, &world);
    Populated {
        world,
        holders,
        has_indexes: dice.percent(70),
        is_typed: dice.percent(60),
        remembers: dice.percent(50),
        has_plain_members,
    }
}

fn fill(dice: &mut Dice, database: &mut Database, notes: usize) {
    let mut put = |dice: &mut Dice, collection: &str, id: String, value: Value| {
        // With each step it is a microsecond later.
        let expires_at = dice.percent(12).then(|| START + 1 + dice.below(STEPS) as u64);
        let document = Document { id: id.clone(), version: START, expires_at, value };
        database.collections.get_mut(collection).unwrap().documents.insert(id, document);
    };
    for person in PEOPLE {
        let value = self::person(dice);
        put(dice, "users", person.into(), value);
    }
    for number in 0..3 {
        let value = group_of_people(dice);
        put(dice, "groups", format!("g{number}"), value);
    }
    for number in 0..notes {
        if dice.percent(80) {
            let mut note = note(dice);
            // No two notes clash from the beginning.
            if let Value::Map(members) = &mut note {
                members.remove("code");
                if dice.percent(30) {
                    members.insert("code".into(), Value::Int(number as i64));
                }
            }
            put(dice, "notes", format!("n{number:02}"), note);
        }
    }
}

pub fn person(dice: &mut Dice) -> Value {
    let mut members = BTreeMap::new();
    let mut maybe = |dice: &mut Dice, name: &str, value: Value| {
        if dice.percent(70) {
            members.insert(name.to_owned(), value);
        }
    };
    let level = Value::Int(dice.below(4) as i64);
    maybe(dice, "level", level);
    let team = Value::text(dice.one(&["red", "blue"]));
    maybe(dice, "team", team);
    let flag = flag(dice);
    maybe(dice, "flag", flag);
    let group = group(dice);
    maybe(dice, "group", group);
    let owner = owner(dice);
    maybe(dice, "owner", owner);
    Value::Map(members)
}

pub fn note(dice: &mut Dice) -> Value {
    let mut members = BTreeMap::new();
    for name in [
        "owner", "size", "flag", "tags", "group", "secret", "about", "steps", "code", "rank", "turn",
        "labels",
    ] {
        if name != "rank" && dice.percent(25) {
            continue;
        }
        let value = match name {
            "owner" => owner(dice),
            "size" => size(dice),
            "flag" => flag(dice),
            "tags" => tags(dice),
            "group" => group(dice),
            "about" => about(dice),
            "steps" => steps(dice),
            "turn" => Value::text(dice.one(&["", "a", "b\0", "b"])),
            "labels" => Value::List(dice.some(&[Value::text("red"), Value::text("blue")])),
            _ => Value::Int(dice.below(6) as i64),
        };
        members.insert(name.to_owned(), value);
    }
    Value::Map(members)
}

pub fn group_of_people(dice: &mut Dice) -> Value {
    let members = dice.some(&PEOPLE).into_iter().map(Value::text).collect();
    Value::map([("members", Value::List(members)), ("flag", flag(dice))])
}

fn owner(dice: &mut Dice) -> Value {
    match dice.below(12) {
        0 => Value::Null,
        1 => Value::List(vec![Value::text("ann"), Value::text("bob")]),
        2 => Value::map([("ann", Value::Int(1))]),
        3 => Value::Int(3),
        _ => Value::text(dice.one(&PEOPLE)),
    }
}

pub fn number(dice: &mut Dice) -> Value {
    // About 2^53 an integer is more exact than a float.
    let far = 9_007_199_254_740_992_i64;
    match dice.below(12) {
        0 => Value::Float(2.5),
        1 => Value::Float(3.0),
        2 => Value::Int(far + 1),
        3 => Value::Float(far as f64),
        4 => dice.one(&[
            Value::Int(i64::MAX),
            Value::Int(i64::MIN + 1),
            Value::Float(1e300),
            Value::Float(-0.5),
        ]),
        _ => Value::Int(dice.below(5) as i64),
    }
}

fn size(dice: &mut Dice) -> Value {
    match dice.below(10) {
        0 => Value::text("3"),
        1 => Value::List(vec![Value::Int(1), Value::Float(4.0)]),
        2 => Value::Null,
        _ => number(dice),
    }
}

pub fn flag(dice: &mut Dice) -> Value {
    dice.one(&[Value::Bool(true), Value::Bool(true), Value::Bool(false), Value::Null, Value::text("true")])
}

pub fn tag(dice: &mut Dice) -> Value {
    dice.one(&[Value::text("red"), Value::text("blue"), Value::Int(1), Value::Null])
}

fn tags(dice: &mut Dice) -> Value {
    match dice.below(8) {
        0 => Value::map([("red", Value::Int(1)), ("blue", Value::Null)]),
        1 => Value::text("red"),
        _ => {
            let elements = [
                Value::text("red"),
                Value::text("blue"),
                Value::Float(1.0),
                Value::List(vec![Value::Int(1)]),
            ];
            Value::List(dice.some(&elements))
        }
    }
}

pub fn group(dice: &mut Dice) -> Value {
    dice.one(&[Value::text("g0"), Value::text("g1"), Value::text("g2"), Value::text("g9"), Value::Int(1)])
}

fn about(dice: &mut Dice) -> Value {
    let title = Value::text(dice.one(&["milk", "tea"]));
    match dice.below(4) {
        0 => Value::text("milk"),
        1 => Value::map([("pages", Value::Int(3))]),
        2 => Value::map([("title", title)]),
        _ => Value::map([("title", title), ("pages", Value::Int(3))]),
    }
}

fn steps(dice: &mut Dice) -> Value {
    let step = |name: &str| Value::map([("by", Value::text(name)), ("at", Value::Int(1))]);
    match dice.below(3) {
        0 => Value::List(Vec::new()),
        1 => Value::List(vec![step("ann"), Value::Int(7)]),
        _ => Value::List(vec![step("bob"), Value::List(vec![step("ann")])]),
    }
}

pub fn role(dice: &mut Dice, is_nested: bool, has_plain_members: bool) -> Role {
    let mut rights = |most: usize, is_denial: bool| {
        (0..dice.below(most)).map(|_| right(dice, is_denial, is_nested)).collect::<Vec<_>>()
    };
    let (privileges, denials) = (rights(9, false), rights(3, true));
    let mut members = Vec::new();
    if dice.percent(85) {
        members.push((
            "users".into(),
            dice.percent(50).then(|| rule(dice, Place::Membership { reads: !has_plain_members })),
        ));
    }
    Role { privileges, denials, members, inherits: dice.percent(50) }
}

fn right(dice: &mut Dice, is_denial: bool, is_nested: bool) -> Right {
    let action = if dice.percent(40) { Action::Read } else { dice.one(&Action::ALL) };
    let vars: &[Var] = match action {
        Action::Create | Action::CreateWithId => &[Var::New],
        Action::Write => &[Var::Old, Var::New],
        _ => &[Var::Doc],
    };
    let can_mask = !is_denial && matches!(action, Action::Read | Action::Create | Action::Write);
    Right {
        on: (!dice.percent(20))
            .then(|| if dice.percent(85) { "notes".into() } else { dice.one(&COLLECTIONS).into() }),
        action,
        when: dice.percent(if is_denial { 90 } else { 75 }).then(|| rule(dice, Place::Right { vars })),
        fields: (can_mask && dice.percent(30)).then(|| fields(dice, is_nested)),
    }
}

pub fn fields(dice: &mut Dice, is_nested: bool) -> Fields {
    let can_be = |path: &&str| is_nested || !path.contains('.');
    let all: Vec<&str> = FIELDS.into_iter().filter(can_be).collect();
    let mut paths: Vec<String> = dice.some(&all).into_iter().map(Into::into).collect();
    if dice.percent(50) {
        return Fields::Only(paths);
    }
    paths.truncate(3);
    if paths.is_empty() {
        paths.push("secret".into());
    }
    Fields::Except(paths)
}

/// Somebody of each kind: all identities of a database, a key of some roles, and keys with roles that are built in.
fn holders(dice: &mut Dice, world: &World) -> Vec<Holder> {
    let mut holders = Vec::new();
    for database in world.databases.keys() {
        let identity = |id: &str| Holder::Identity {
            database: database.clone(),
            collection: "users".into(),
            id: id.into(),
        };
        holders.extend(dice.some(&PEOPLE).into_iter().map(identity));
        let mut names: Vec<String> = world.databases[database].roles.keys().cloned().collect();
        let above = world.above(database).flat_map(|above| &above.roles);
        names.extend(above.filter(|(_, role)| role.inherits).map(|(name, _)| name.clone()));
        let role = dice.one(&names);
        holders.push(Holder::Key { database: database.clone(), role });
        let (reads, writes) = dice.one(&[(true, true), (true, false), (false, false)]);
        holders.push(Holder::BuiltIn { database: database.clone(), reads, writes });
    }
    holders
}
