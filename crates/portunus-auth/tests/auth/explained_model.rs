//! Explanations beside the transactions that they are about: whatever the roles, the documents and whoever is asked about, the
//! verdict is what they get, and what they can and who can are told alike.

use portunus_auth::{
    Action, Collection, Deed, Durability, Error, Fields, Gate, GateOptions, NamedPredicate, NewKey, NewToken,
    On, Privilege, Procedure, Resource, Result, Role, Secret, Verdict, Who, WriteView,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PEOPLE: [&str; 3] = ["ann", "bob", "eve"];
const NOTES: [&str; 3] = ["n1", "n2", "n3"];
const ACTIONS: [Action; 6] =
    [Action::Read, Action::Create, Action::CreateWithId, Action::Write, Action::Delete, Action::ListIds];

/// Rules about a thing, whose name is put in the place of `$`.
const RULES: [&str; 12] = [
    "$.owner == id(identity)",
    "$.public",
    "!$.public || $.level < 2",
    "$.level <= identity.level",
    "identity.level > 1",
    "'red' in $.tags",
    "$.tags.exists(t, t == identity.team)",
    "has($.level) && $.level > 0",
    "get('users', $.owner).level > 0",
    "owns($) ? $.public : $.level > 1",
    "size($.tags) > 0 && $.tags.all(t, t != 'blue')",
    "now > timestamp('2000-01-01T00:00:00Z') && identity.team == 'red'",
];
const MEMBERSHIPS: [&str; 4] = ["", "identity.level > 0", "identity.team == 'red'", "id(identity) != 'eve'"];
const FIELDS: [&[&str]; 4] = [&["owner"], &["level", "tags"], &["about.title", "public"], &["about"]];

#[derive(Clone, Debug)]
struct Right {
    on: u8,
    action: Action,
    rule: Option<usize>,
    fields: Option<(bool, usize)>,
    is_denial: bool,
}

#[derive(Clone, Debug)]
struct Model {
    rights: [Vec<Right>; 2],
    members: [usize; 2],
    people: Vec<Value>,
    notes: Vec<Value>,
    given: Value,
}

fn right() -> impl Strategy<Value = Right> {
    let action = prop::sample::select(ACTIONS.to_vec());
    let rule = prop::option::weighted(0.8, 0..RULES.len());
    let fields = prop::option::weighted(0.3, (any::<bool>(), 0..FIELDS.len()));
    (0..4_u8, action, rule, fields, prop::bool::weighted(0.15))
        .prop_map(|(on, action, rule, fields, is_denial)| Right { on, action, rule, fields, is_denial })
}

fn person() -> impl Strategy<Value = Value> {
    (prop::option::of(0..3), prop::option::of(prop::sample::select(vec!["red", "blue"]))).prop_map(
        |(level, team)| {
            let mut person = json!({});
            if let Some(level) = level {
                person["level"] = json!(level);
            }
            if let Some(team) = team {
                person["team"] = json!(team);
            }
            person
        },
    )
}

fn note() -> impl Strategy<Value = Value> {
    let owner = prop::option::weighted(0.9, prop::sample::select(PEOPLE.to_vec()));
    let tags = prop::option::of(prop::sample::subsequence(vec!["red", "blue", "green"], 0..3));
    (owner, prop::option::weighted(0.8, any::<bool>()), prop::option::of(0..3), tags, any::<bool>()).prop_map(
        |(owner, public, level, tags, has_about)| {
            let mut note = json!({});
            if let Some(owner) = owner {
                note["owner"] = json!(owner);
            }
            if let Some(public) = public {
                note["public"] = json!(public);
            }
            if let Some(level) = level {
                note["level"] = json!(level);
            }
            if let Some(tags) = tags {
                note["tags"] = json!(tags);
            }
            if has_about {
                note["about"] = json!({"title": "milk", "pages": 3});
            }
            note
        },
    )
}

fn model() -> impl Strategy<Value = Model> {
    let rights = || prop::collection::vec(right(), 0..9);
    let members = || 0..MEMBERSHIPS.len();
    (
        [rights(), rights()],
        [members(), members()],
        prop::collection::vec(person(), 3),
        prop::collection::vec(note(), 3),
        note(),
    )
        .prop_map(|(rights, members, people, notes, given)| Model {
            rights,
            members,
            people,
            notes,
            given,
        })
}

impl Model {
    fn role(&self, number: usize) -> Role {
        let mut role = Role::new(format!("role-{number}"));
        role = match MEMBERSHIPS[self.members[number]] {
            "" => role.member("users"),
            rule => role.member_when("users", rule),
        };
        for right in &self.rights[number] {
            let privilege = right.privilege();
            role = if right.is_denial { role.denial(privilege) } else { role.privilege(privilege) };
        }
        role.allow_call_when("publish", "args.pages < 3 || identity.level > 1")
    }

    fn store(&self) -> (Gate, Secret, Vec<(Who, Secret)>) {
        let publish = Procedure::new("publish", |_, _: Value| Ok(()));
        let options = GateOptions { procedures: vec![publish], ..GateOptions::default() };
        let (gate, admin) = Gate::create_in_memory(&options).unwrap();
        let mut view = gate.begin_write(&admin).unwrap();
        view.define(Collection::new("users")).unwrap();
        view.define(Collection::new("notes")).unwrap();
        view.define_procedure("publish", None).unwrap();
        let owns = NamedPredicate::new("owns", ["what"], "what.owner == id(identity)");
        view.define_predicate(owns).unwrap();
        PEOPLE
            .iter()
            .zip(&self.people)
            .for_each(|(id, it)| drop(view.create_with_id("users", id, it).unwrap()));
        NOTES
            .iter()
            .zip(&self.notes)
            .for_each(|(id, it)| drop(view.create_with_id("notes", id, it).unwrap()));
        let mut all = Vec::new();
        for number in 0..2 {
            view.define_role(self.role(number)).unwrap();
            let key = view.create_key(NewKey::new(format!("role-{number}"))).unwrap();
            all.push((Who::role(format!("role-{number}")), key.secret.clone()));
            all.push((Who::key(key.id), key.secret));
        }
        for id in PEOPLE {
            let token = view.create_token(NewToken::new("users", id)).unwrap();
            all.push((Who::document("users", id), token.secret));
        }
        view.commit(Durability::Immediate).unwrap();
        (gate, admin, all)
    }
}

impl Right {
    fn privilege(&self) -> Privilege {
        let on = match self.on {
            0 => On::Every(Resource::Document),
            1 => On::Collection("users".into()),
            _ => On::Collection("notes".into()),
        };
        let mut privilege = Privilege::new(on, self.action);
        if let Some(rule) = self.rule {
            let name = match self.action {
                Action::Create | Action::CreateWithId => "new",
                Action::Write => ["old", "new"][rule % 2],
                _ => "doc",
            };
            privilege = privilege.when(RULES[rule].replace('$', name));
        }
        match self.fields {
            Some((only, fields))
                if !self.is_denial
                    && matches!(self.action, Action::Read | Action::Create | Action::Write) =>
            {
                let fields = FIELDS[fields].iter().copied();
                privilege.fields(if only { Fields::only(fields) } else { Fields::except(fields) })
            }
            _ => privilege,
        }
    }
}

/// What somebody gets who does something in a transaction.
fn outcome<T>(done: Result<T>) -> Verdict {
    match done {
        Ok(_) => Verdict::Allowed,
        Err(Error::NotFound(_)) => Verdict::Unseen,
        Err(Error::Denied { .. }) => Verdict::Denied,
        Err(error) => panic!("{error}"),
    }
}

fn read(gate: &Gate, secret: &Secret, id: &str, whole: &Value) -> Verdict {
    let Some(seen) = gate.begin_read(secret).unwrap().get("notes", id).unwrap() else {
        return Verdict::Unseen;
    };
    let seen: Value = seen.to().unwrap();
    let mut hidden = BTreeSet::new();
    for (name, value) in whole.as_object().unwrap() {
        match (&seen[name], value) {
            (Value::Null, _) => drop(hidden.insert(name.clone())),
            (Value::Object(seen), Value::Object(whole)) => {
                let missing = whole.keys().filter(|inner| !seen.contains_key(*inner));
                hidden.extend(missing.map(|inner| format!("{name}.{inner}")));
            }
            (seen, whole) => assert_eq!(seen, whole),
        }
    }
    if hidden.is_empty() {
        Verdict::Allowed
    } else {
        Verdict::Masked { hidden: hidden.into_iter().collect() }
    }
}

/// The deeds that somebody tries, with what they get.
fn tried(gate: &Gate, secret: &Secret, model: &Model) -> Vec<(Deed, Verdict)> {
    let write =
        |run: &dyn Fn(&mut WriteView) -> Result<()>| outcome(run(&mut gate.begin_write(secret).unwrap()));
    let mut tried = Vec::new();
    for (id, whole) in NOTES.iter().zip(&model.notes) {
        tried.push((Deed::read("notes", *id), read(gate, secret, id, whole)));
        let ids = gate.begin_read(secret).unwrap().query("notes").ids(*id..=*id).list_ids().unwrap();
        let sees = if ids.is_empty() { Verdict::Unseen } else { Verdict::Allowed };
        tried.push((Deed::see_id("notes", *id), sees));
        tried.push((Deed::delete("notes", *id), write(&|view| view.delete("notes", id))));
        for given in
            [&model.given, &json!({"level": 2}), &json!({"public": true}), &json!({"level": null}), whole]
        {
            let replaced = write(&|view| view.replace("notes", id, given).map(drop));
            tried.push((Deed::replace("notes", *id, given).unwrap(), replaced));
            let patched = write(&|view| view.patch("notes", id, given).map(drop));
            tried.push((Deed::patch("notes", *id, given).unwrap(), patched));
        }
    }
    let given = &model.given;
    let created = write(&|view| view.create("notes", given).map(drop));
    tried.push((Deed::create("notes", given).unwrap(), created));
    let created = write(&|view| view.create_with_id("notes", "n9", given).map(drop));
    tried.push((Deed::create_with_id("notes", "n9", given).unwrap(), created));
    for pages in [1, 5] {
        let arguments = json!({"pages": pages});
        let called = outcome(gate.call::<_, ()>(secret, "publish", &arguments));
        tried.push((Deed::call("publish", &arguments).unwrap(), called));
    }
    tried
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn verdicts_are_what_transactions_get(model in model()) {
        let (gate, admin, all) = model.store();
        let admins = gate.begin_read(&admin).unwrap();
        let mut can: Vec<(Deed, BTreeSet<String>)> = Vec::new();
        for (who, secret) in &all {
            for (deed, got) in tried(&gate, secret, &model) {
                let explanation = admins.explain(who, &deed).unwrap();
                prop_assert_eq!(&explanation.verdict, &got, "{}", explanation);
                let is_new = !can.iter().any(|(other, _)| *other == deed);
                if is_new {
                    can.push((deed.clone(), BTreeSet::new()));
                }
                if let (true, Some((_, who_can))) = (got.is_allowed(), can.iter_mut().find(|(it, _)| *it == deed)) {
                    who_can.insert(who.to_string());
                }
            }
        }
        for (deed, expected) in can {
            let told = admins.who_can(&deed).unwrap();
            let people = told.identities.iter().map(|it| format!("{}/{}", it.collection, it.id));
            let keys = told.keys.iter().map(|key| Who::key(*key).to_string());
            let told: BTreeSet<String> = people.chain(keys).collect();
            // The first key of the store is not among those who tried.
            let first = Who::key(admins.principal().unwrap().id()).to_string();
            let expected: BTreeSet<String> =
                expected.into_iter().filter(|who| !who.starts_with("role ")).chain([first]).collect();
            prop_assert_eq!(told, expected, "{}", deed);
        }
    }

    #[test]
    fn what_somebody_can_is_what_some_verdict_says(model in model()) {
        let (gate, admin, all) = model.store();
        let admins = gate.begin_read(&admin).unwrap();
        for (who, secret) in &all {
            let can = admins.what_can(who).unwrap();
            let notes = On::Collection("notes".into());
            let terms = |action: Action| can.iter().find(|it| it.on == notes && it.action == action).map(|it| &it.terms);
            for (deed, got) in tried(&gate, secret, &model) {
                let action = match deed.to_string().split(' ').next().unwrap() {
                    "read" => Action::Read,
                    "delete" => Action::Delete,
                    "create" => Action::Create,
                    "write" => Action::Write,
                    _ => continue,
                };
                let by_terms = terms(action);
                prop_assert!(!got.is_allowed() || by_terms.is_some(), "{} {}", who, deed);
                if action == Action::Read && by_terms.is_some_and(portunus_auth::Terms::are_none) {
                    prop_assert_eq!(got, Verdict::Allowed);
                }
            }
        }
    }
}
