//! Roles, membership and secrets beside a plain model of them: whatever is done in whatever order, every action on every
//! collection is allowed to exactly those whom the definitions say, with principals remembered and without.

use crate::world::{World, path};
use portunus_auth::{
    Action, Collection, Durability, Error, NewKey, NewToken, Procedure, PublicId, ReadView, Resource, Result,
    Role, Secret, SecretScope, WriteView,
};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;

const COLLECTIONS: [&str; 3] = ["letters", "papers", "photos"];
const PEOPLE: [&str; 2] = ["users", "robots"];
const PROCEDURES: [&str; 2] = ["add", "drop"];
const ROLES: u8 = 4;
/// What can be done to a document.
const ACTIONS: [Action; 6] =
    [Action::Read, Action::Create, Action::CreateWithId, Action::Write, Action::Delete, Action::ListIds];

/// What a privilege or a denial is on, and of what.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Entry {
    On(usize, Action),
    Every(Action),
    Call(usize),
    CallEvery,
    /// Of those on other kinds of things, some that are asked about.
    ReadRoles,
    ReadTokens,
}

/// A role as it was defined.
#[derive(Clone, Debug, Default)]
struct Definition {
    granted: Vec<Entry>,
    denied: Vec<Entry>,
    members: Vec<usize>,
}

#[derive(Clone, Debug)]
enum Step {
    Define(u8, Definition),
    Delete(u8),
    Rename(u8, u8),
    Key(u8),
    SetKeyRole(usize, u8),
    DeleteKey(usize),
    Token(usize),
    Retarget(usize, usize),
    DeleteToken(usize),
    RenamePeople(usize),
    RecreatePeople(usize),
    Person(usize),
}

/// Somebody in the model.
#[derive(Clone, Debug)]
enum Holder {
    Key(PublicId, u8),
    Token(PublicId, usize),
    /// The administrator's key, acting as a document.
    Acting(usize),
}

/// What there should be.
struct Model {
    roles: BTreeMap<u8, Definition>,
    holders: Vec<(Secret, Holder)>,
    /// The present names of the collections of people.
    people: [String; 2],
}

fn entry() -> impl Strategy<Value = Entry> {
    let action = || prop::sample::select(ACTIONS.to_vec());
    prop_oneof![
        6 => (0..COLLECTIONS.len(), action()).prop_map(|(place, action)| Entry::On(place, action)),
        2 => action().prop_map(Entry::Every),
        2 => (0..PROCEDURES.len()).prop_map(Entry::Call),
        1 => Just(Entry::CallEvery),
        1 => Just(Entry::ReadRoles),
        1 => Just(Entry::ReadTokens),
    ]
}

fn definition() -> impl Strategy<Value = Definition> {
    let entries = |most| prop::collection::vec(entry(), 0..most);
    let members = prop::sample::subsequence(vec![0, 1], 0..=2);
    (entries(8), entries(3), members).prop_map(|(granted, denied, members)| Definition {
        granted,
        denied,
        members,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let role = || 0..ROLES;
    let some = || 0..8_usize;
    prop_oneof![
        6 => (role(), definition()).prop_map(|(role, definition)| Step::Define(role, definition)),
        2 => role().prop_map(Step::Delete),
        1 => (role(), role()).prop_map(|(from, to)| Step::Rename(from, to)),
        2 => role().prop_map(Step::Key),
        1 => (some(), role()).prop_map(|(key, role)| Step::SetKeyRole(key, role)),
        1 => some().prop_map(Step::DeleteKey),
        3 => (0..2_usize).prop_map(Step::Token),
        1 => (some(), 0..2_usize).prop_map(|(token, to)| Step::Retarget(token, to)),
        1 => some().prop_map(Step::DeleteToken),
        1 => (0..2_usize).prop_map(Step::RenamePeople),
        1 => (0..2_usize).prop_map(Step::RecreatePeople),
        2 => (0..2_usize).prop_map(Step::Person),
    ]
}

fn role_name(role: u8) -> String {
    format!("role-{role}")
}

impl Definition {
    fn to_role(&self, name: &str, people: &[String; 2]) -> Role {
        let role = self.members.iter().fold(Role::new(name), |role, place| role.member(&people[*place]));
        let role = self.granted.iter().fold(role, |role, entry| match entry {
            Entry::On(place, action) => role.allow(COLLECTIONS[*place], *action),
            Entry::Every(action) => role.allow_every(Resource::Document, *action),
            Entry::Call(place) => role.allow_call(PROCEDURES[*place]),
            Entry::CallEvery => role.allow_every(Resource::Procedure, Action::Call),
            Entry::ReadRoles => role.allow_every(Resource::Role, Action::Read),
            Entry::ReadTokens => role.allow_every(Resource::Token, Action::Read),
        });
        self.denied.iter().fold(role, |role, entry| match entry {
            Entry::On(place, action) => role.deny(COLLECTIONS[*place], *action),
            Entry::Every(action) => role.deny_every(Resource::Document, *action),
            Entry::Call(place) => role.deny_call(PROCEDURES[*place]),
            Entry::CallEvery => role.deny_every(Resource::Procedure, Action::Call),
            Entry::ReadRoles => role.deny_every(Resource::Role, Action::Read),
            Entry::ReadTokens => role.deny_every(Resource::Token, Action::Read),
        })
    }
}

impl Model {
    fn roles_of(&self, holder: &Holder) -> Vec<&Definition> {
        match holder {
            Holder::Key(_, role) => self.roles.get(role).into_iter().collect(),
            Holder::Token(_, place) | Holder::Acting(place) => {
                self.roles.values().filter(|role| role.members.contains(place)).collect()
            }
        }
    }

    /// Whether one of these entries is in a role, and none of them is denied in any.
    fn allows(&self, holder: &Holder, entries: &[Entry]) -> bool {
        let roles = self.roles_of(holder);
        let named = |list: fn(&Definition) -> &Vec<Entry>| {
            roles.iter().any(|role| entries.iter().any(|entry| list(role).contains(entry)))
        };
        named(|role| &role.granted) && !named(|role| &role.denied)
    }

    fn may(&self, holder: &Holder, place: usize, action: Action) -> bool {
        self.allows(holder, &[Entry::On(place, action), Entry::Every(action)])
    }

    fn is_used(&self, role: u8) -> bool {
        self.holders.iter().any(|(_, holder)| matches!(holder, Holder::Key(_, own) if *own == role))
    }

    fn pick(&self, number: usize, fits: fn(&Holder) -> bool) -> Option<usize> {
        let all: Vec<usize> = (0..self.holders.len()).filter(|place| fits(&self.holders[*place].1)).collect();
        (!all.is_empty()).then(|| all[number % all.len()])
    }
}

/// Does a step in the store and in the model; whether it succeeds is part of what is compared.
// over 70 lines: an arm for each kind of step, of which none says much without the others.
fn apply(world: &World, model: &mut Model, step: &Step) {
    let write = |run: &dyn Fn(&mut WriteView) -> Result<()>| world.try_write(&world.admin, run);
    let is_key = |holder: &Holder| matches!(holder, Holder::Key(..));
    let is_token = |holder: &Holder| matches!(holder, Holder::Token(..));
    match step {
        Step::Define(role, definition) => {
            let defined = definition.to_role(&role_name(*role), &model.people);
            write(&|tx| tx.define_role(&defined)).unwrap();
            model.roles.insert(*role, definition.clone());
        }
        Step::Delete(role) => {
            let expected = model.roles.contains_key(role) && !model.is_used(*role);
            assert_eq!(write(&|tx| tx.delete_role(&role_name(*role))).is_ok(), expected);
            if expected {
                model.roles.remove(role);
            }
        }
        Step::Rename(from, to) => {
            let expected = model.roles.contains_key(from) && (from == to || !model.roles.contains_key(to));
            assert_eq!(write(&|tx| tx.rename_role(&role_name(*from), &role_name(*to))).is_ok(), expected);
            if expected && let Some(definition) = model.roles.remove(from) {
                model.roles.insert(*to, definition);
                for (_, holder) in &mut model.holders {
                    if let Holder::Key(_, role) = holder
                        && role == from
                    {
                        *role = *to;
                    }
                }
            }
        }
        Step::Key(role) => {
            let made = world.try_write(&world.admin, |tx| tx.create_key(NewKey::new(role_name(*role))));
            assert_eq!(made.is_ok(), model.roles.contains_key(role));
            model.holders.extend(made.ok().map(|made| (made.secret, Holder::Key(made.id, *role))));
        }
        Step::SetKeyRole(number, role) => {
            let Some(place) = model.pick(*number, is_key) else { return };
            let Holder::Key(id, own) = &mut model.holders[place].1 else { return };
            let done = write(&|tx| tx.set_key_role(*id, &role_name(*role)));
            assert_eq!(done.is_ok(), model.roles.contains_key(role));
            if done.is_ok() {
                *own = *role;
            }
        }
        Step::DeleteKey(number) => {
            let Some(place) = model.pick(*number, is_key) else { return };
            let (secret, holder) = model.holders.remove(place);
            if let Holder::Key(id, _) = holder {
                write(&|tx| tx.delete_key(id)).unwrap();
            }
            world.refuses(&secret);
        }
        Step::Token(place) => {
            let token = NewToken::new(&model.people[*place], "one");
            let made = world.write(&world.admin, |tx| tx.create_token(&token));
            model.holders.push((made.secret, Holder::Token(made.id, *place)));
        }
        Step::Retarget(number, to) => {
            let Some(place) = model.pick(*number, is_token) else { return };
            let Holder::Token(id, own) = &mut model.holders[place].1 else { return };
            let name = model.people[*to].clone();
            write(&|tx| tx.retarget_token(*id, &name, "one")).unwrap();
            *own = *to;
        }
        Step::DeleteToken(number) => {
            let Some(place) = model.pick(*number, is_token) else { return };
            let (secret, holder) = model.holders.remove(place);
            if let Holder::Token(id, _) = holder {
                write(&|tx| tx.delete_token(id)).unwrap();
            }
            world.refuses(&secret);
        }
        Step::RenamePeople(place) => {
            let old = model.people[*place].clone();
            let new = if old == PEOPLE[*place] { format!("{old}-2") } else { PEOPLE[*place].to_owned() };
            write(&|tx| tx.rename_collection(&old, &new)).unwrap();
            model.people[*place] = new;
        }
        Step::RecreatePeople(place) => {
            let name = model.people[*place].clone();
            write(&|tx| {
                tx.drop_collection(&name)?;
                tx.define(Collection::new(&name))?;
                tx.create_with_id(&name, "one", json!({})).map(drop)
            })
            .unwrap();
            lose(world, model, *place);
            // It is another collection: no role has its documents as members.
            for role in model.roles.values_mut() {
                role.members.retain(|member| member != place);
            }
        }
        Step::Person(place) => {
            let name = model.people[*place].clone();
            write(&|tx| {
                tx.delete(&name, "one")?;
                tx.create_with_id(&name, "one", json!({})).map(drop)
            })
            .unwrap();
            lose(world, model, *place);
        }
    }
}

/// Tokens of these people are gone.
fn lose(world: &World, model: &mut Model, place: usize) {
    model.holders.retain(|(secret, holder)| {
        let is_gone = matches!(holder, Holder::Token(_, own) if *own == place);
        if is_gone {
            world.refuses(secret);
        }
        !is_gone
    });
}

fn is_denied<T>(result: &Result<T>) -> bool {
    matches!(result, Err(Error::Denied { .. }))
}

/// Holds every action of everybody against the model. Nothing of it is committed.
fn compare(world: &World, model: &Model) {
    let acting = (0..2).map(|place| {
        let scope = SecretScope::document(&model.people[place], "one").unwrap();
        (world.admin.scoped(&scope), Holder::Acting(place))
    });
    for (secret, holder) in model.holders.iter().cloned().chain(acting) {
        let mut tx = world.gate.begin_write(&secret).unwrap();
        let names: Vec<String> = tx.principal().unwrap().roles().iter().map(ToString::to_string).collect();
        let mut expected: Vec<String> = match &holder {
            Holder::Key(_, role) => vec![role_name(*role)],
            Holder::Token(_, place) | Holder::Acting(place) => {
                let of = |(_, role): &(&u8, &Definition)| role.members.contains(place);
                model.roles.iter().filter(of).map(|(role, _)| role_name(*role)).collect()
            }
        };
        expected.sort();
        assert_eq!(names, expected, "{holder:?}");
        for (place, name) in COLLECTIONS.iter().enumerate() {
            let may = |action| model.may(&holder, place, action);
            let is = |what: &str, actual: bool, expected: bool| {
                assert_eq!(
                    actual,
                    expected,
                    "{what} {name} as {holder:?} with {:?}",
                    model.roles_of(&holder)
                );
            };
            is("read", tx.exists(name, "d1").unwrap(), may(Action::Read));
            is("count", tx.query(name).count().unwrap() == 1, may(Action::Read));
            is("strict", tx.query(name).strict().count().is_ok(), may(Action::Read));
            let ids = tx.query(name).list_ids().unwrap().len();
            is("list", ids == 1, may(Action::Read) || may(Action::ListIds));
            is("patch", tx.patch(name, "d1", json!({})).is_ok(), may(Action::Read) && may(Action::Write));
            is(
                "denied",
                is_denied(&tx.patch(name, "d1", json!({}))),
                may(Action::Read) && !may(Action::Write),
            );
            is("create", tx.create(name, json!({})).is_ok(), may(Action::Create));
            let chosen = tx.create_with_id(name, "d2", json!({}));
            is("create with id", chosen.is_ok(), may(Action::Create) && may(Action::CreateWithId));
            is("clash", is_denied(&tx.create_with_id(name, "d1", json!({}))), {
                !(may(Action::Create) && may(Action::CreateWithId) && may(Action::Read))
            });
            is("delete", tx.delete(name, "d1").is_ok(), may(Action::Read) && may(Action::Delete));
        }
        let sees = |entry| model.allows(&holder, &[entry]);
        assert_eq!(!tx.roles().unwrap().is_empty(), sees(Entry::ReadRoles) && !model.roles.is_empty());
        let tokens = model.holders.iter().filter(|(_, other)| matches!(other, Holder::Token(_, 0))).count();
        let listed = tx.tokens_of(&model.people[0], "one").unwrap().len();
        assert_eq!(listed, if sees(Entry::ReadTokens) { tokens } else { 0 });
        drop(tx);
        for (place, name) in PROCEDURES.iter().enumerate() {
            let called = world.gate.call::<_, ()>(&secret, name, ());
            let expected = model.allows(&holder, &[Entry::Call(place), Entry::CallEvery]);
            assert_eq!(called.is_ok(), expected, "{name} as {holder:?}");
            assert!(expected || is_denied(&called));
        }
    }
}

fn world(principals_max: usize) -> World {
    let procedures = PROCEDURES
        .map(|name| Procedure::new(name, |call, (): ()| call.begin_write()?.commit(Durability::Immediate)));
    let world = World::with_procedures(principals_max, &procedures);
    world.write(&world.admin, |tx| {
        for name in COLLECTIONS {
            tx.define(Collection::new(name))?;
            tx.create_with_id(name, "d1", json!({}))?;
        }
        for name in PEOPLE {
            tx.define(Collection::new(name))?;
            tx.create_with_id(name, "one", json!({}))?;
        }
        PROCEDURES.iter().try_for_each(|name| tx.define_procedure(name, None))
    });
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn everybody_may_do_what_the_definitions_say_and_nothing_else(
        steps in proptest::collection::vec(step(), 1..24),
    ) {
        for principals_max in [0, 64] {
            let world = world(principals_max);
            let mut model =
                Model { roles: BTreeMap::new(), holders: Vec::new(), people: PEOPLE.map(Into::into) };
            for (number, step) in steps.iter().enumerate() {
                apply(&world, &mut model, step);
                if number % 3 == 2 || number + 1 == steps.len() {
                    compare(&world, &model);
                }
            }
            let problems = world.read(&world.admin, ReadView::check).problems;
            prop_assert_eq!(problems, Vec::<String>::new());
            // Nothing of it reaches another database.
            let elsewhere = world.read(&world.inside("acme"), |tx| Ok((tx.roles()?, tx.procedures()?)));
            prop_assert_eq!(elsewhere, (Vec::new(), Vec::new()));
            world.opens(&world.admin.scoped(&SecretScope::role(portunus_auth::BuiltInRole::None).at(path("acme"))));
        }
    }
}
