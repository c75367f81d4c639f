//! A damaged document that a rule reads: whoever asks is told that it is damaged, and nobody is let in by it.

use crate::world::{START, World};
use portunus_auth::{
    Action, Collection, Durability as Kept, Error, Gate, GateOptions, ManualClock, NewKey, NewToken,
    Procedure, Role, Secret, TreeOptions, WriteView,
};
use portunus_storage::{
    Durability, Engine, EngineOptions, EngineStats, KeyRange, Order, Result, Snapshot, Transaction, Version,
    Visit, memory,
};
use serde_json::json;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

/// The id of the document that is damaged, which no other one has.
const DAMAGED: &str = "the one that is damaged";

/// What has become of the record.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Damage {
    #[default]
    None,
    /// Its checksum is another one.
    Checksum,
    /// It has its checksum, and is no document.
    Form,
    /// The same, with its end as it was.
    Begin,
}

type Shared = Arc<Mutex<Damage>>;

/// An engine in memory, one of whose records can be damaged.
struct Damaging(Arc<dyn Engine>, Shared);

struct Reading(Arc<dyn Snapshot>, Shared);

struct Writing(Box<dyn Transaction>, Shared);

/// Hands out a record, or what has become of it.
fn hand_out(damage: &Shared, (key, value): (&[u8], &[u8]), read: &mut dyn FnMut(&[u8])) -> Result<()> {
    let damage = *damage.lock().unwrap_or_else(PoisonError::into_inner);
    if !key.ends_with(DAMAGED.as_bytes()) {
        read(value);
        return Ok(());
    }
    match damage {
        Damage::None => read(value),
        Damage::Checksum => return Err(portunus_storage::Error::Corrupt("the test says so".into())),
        Damage::Form => read(&vec![0xff; value.len()]),
        Damage::Begin => {
            let mut value = value.to_vec();
            let half = value.len() / 2;
            value[..half].fill(0xff);
            read(&value);
        }
    }
    Ok(())
}

fn get(inner: &dyn Snapshot, damage: &Shared, key: &[u8], read: &mut dyn FnMut(&[u8])) -> Result<bool> {
    let mut done = Ok(());
    let found = inner.get(key, &mut |value| done = hand_out(damage, (key, value), read))?;
    done.map(|()| found)
}

fn scan(
    inner: &dyn Snapshot,
    damage: &Shared,
    (range, order): (&KeyRange, Order),
    visit: &mut Visit<'_>,
) -> Result<()> {
    let mut done = Ok(());
    inner.scan(range, order, &mut |key, value| {
        let mut flow = ControlFlow::Continue(());
        done = hand_out(damage, (key, value), &mut |value| flow = visit(key, value));
        if done.is_err() { ControlFlow::Break(()) } else { flow }
    })?;
    done
}

impl Snapshot for Reading {
    fn version(&self) -> Version {
        self.0.version()
    }

    fn get(&self, key: &[u8], read: &mut dyn FnMut(&[u8])) -> Result<bool> {
        get(&*self.0, &self.1, key, read)
    }

    fn scan(&self, range: &KeyRange, order: Order, visit: &mut Visit<'_>) -> Result<()> {
        scan(&*self.0, &self.1, (range, order), visit)
    }
}

impl Snapshot for Writing {
    fn version(&self) -> Version {
        self.0.version()
    }

    fn get(&self, key: &[u8], read: &mut dyn FnMut(&[u8])) -> Result<bool> {
        get(&*self.0, &self.1, key, read)
    }

    fn scan(&self, range: &KeyRange, order: Order, visit: &mut Visit<'_>) -> Result<()> {
        scan(&*self.0, &self.1, (range, order), visit)
    }
}

impl Transaction for Writing {
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.0.put(key, value)
    }

    fn delete(&mut self, key: &[u8]) -> Result<()> {
        self.0.delete(key)
    }

    fn delete_range(&mut self, range: &KeyRange) -> Result<()> {
        self.0.delete_range(range)
    }

    fn commit(self: Box<Self>, durability: Durability) -> Result<Version> {
        self.0.commit(durability)
    }
}

impl Engine for Damaging {
    fn begin_read(&self) -> Result<Arc<dyn Snapshot>> {
        Ok(Arc::new(Reading(self.0.begin_read()?, self.1.clone())))
    }

    fn begin_write(&self) -> Result<Box<dyn Transaction>> {
        Ok(Box::new(Writing(self.0.begin_write()?, self.1.clone())))
    }

    fn epoch(&self) -> Version {
        self.0.epoch()
    }

    fn stats(&self) -> EngineStats {
        self.0.stats()
    }

    fn close(&self) -> Result<()> {
        self.0.close()
    }
}

/// A world with a document that can be damaged, Ann as somebody with this role, and a procedure.
fn with_damage(role: Role, test: impl Fn(&World, &Secret, &dyn Fn(Damage))) {
    for principals_max in [0, 64] {
        let damage = Shared::default();
        let of_engine = damage.clone();
        let open = move |options: EngineOptions| {
            Ok::<Arc<dyn Engine>, portunus_storage::Error>(Arc::new(Damaging(memory(options)?, of_engine)))
        };
        let clock = Arc::new(ManualClock::new(START));
        let tree = TreeOptions { clock: clock.clone(), ..TreeOptions::default() };
        let procedures = vec![Procedure::new("work", |_, (): ()| Ok(()))];
        let options = GateOptions { tree, principals_max, procedures, ..GateOptions::default() };
        let (gate, admin) = Gate::create_on(open, &options).unwrap();
        let world = World { gate, admin, clock };
        let ann = world.write(&world.admin, |tx| {
            for name in ["users", "notes", "groups"] {
                tx.define(Collection::new(name))?;
            }
            tx.create_with_id("users", "ann", json!({}))?;
            tx.create_with_id("notes", "n1", json!({"group": DAMAGED}))?;
            tx.create_with_id("groups", DAMAGED, json!({"members": ["ann"], "open": true, "shut": false}))?;
            tx.define_procedure("work", None)?;
            tx.define_role(&role)?;
            tx.create_token(NewToken::new("users", "ann"))
        });
        test(&world, &ann.secret, &|now| *damage.lock().unwrap() = now);
    }
}

#[track_caller]
fn damaged<T: std::fmt::Debug>(rule: &str, result: portunus_auth::Result<T>) {
    assert!(matches!(result, Err(Error::Corrupt(_))), "{rule}: {result:?}");
}

/// Rules over the damaged document that would let Ann, were it not there or not what it is, do something.
fn rules(id: &str) -> Vec<String> {
    let read = format!("get('groups', {id})");
    vec![
        format!("{read}.open"),
        format!("!{read}.shut"),
        format!("{read} != null"),
        format!("exists('groups', {id})"),
        format!("!exists('groups', {id})"),
        format!("!has({read}.gone)"),
        format!("{read}.shut || {read}.open"),
        format!("'ann' in {read}.members"),
    ]
}

const DAMAGES: [Damage; 3] = [Damage::Checksum, Damage::Form, Damage::Begin];

type Act = fn(&mut WriteView) -> portunus_auth::Result<()>;

#[test]
fn a_rule_that_reads_what_is_damaged_lets_nobody_do_anything() {
    let acts: [(Action, Act); 6] = [
        (Action::Read, |tx| tx.get("notes", "n1").map(drop)),
        (Action::Read, |tx| tx.query("notes").count().map(drop)),
        (Action::Read, |tx| tx.query("notes").page(10, None).map(drop)),
        (Action::Write, |tx| tx.patch("notes", "n1", json!({"x": 1})).map(drop)),
        (Action::Create, |tx| tx.create("notes", json!({"group": DAMAGED})).map(drop)),
        (Action::Delete, |tx| tx.delete("notes", "n1").map(drop)),
    ];
    for (action, act) in acts {
        let thing = match action {
            Action::Write => "old.group",
            Action::Create => "new.group",
            _ => "doc.group",
        };
        for rule in rules(&format!("'{DAMAGED}'")).into_iter().chain(rules(thing)) {
            let role = Role::new("some").member("users").allow_when("notes", action, &rule);
            let role = if action == Action::Read { role } else { role.allow("notes", Action::Read) };
            let shut_out = role.clone().deny_when("notes", action, &rule);
            for role in [role, shut_out] {
                with_damage(role, |world, ann, damage| {
                    for now in DAMAGES {
                        damage(now);
                        let mut view = world.gate.begin_write(ann).unwrap();
                        damaged(&rule, act(&mut view));
                        // What it has read once, it does not read otherwise.
                        damaged(&rule, act(&mut view));
                    }
                });
            }
        }
    }
}

#[test]
fn a_rule_of_membership_that_reads_what_is_damaged_lets_nobody_in() {
    for rule in rules(&format!("'{DAMAGED}'")) {
        let role = Role::new("some").member_when("users", &rule).allow("notes", Action::Read);
        with_damage(role, |world, ann, damage| {
            let (reader, writer) =
                (world.gate.begin_read(ann).unwrap(), world.gate.begin_write(ann).unwrap());
            for now in DAMAGES {
                damage(now);
                damaged(&rule, world.gate.begin_read(ann).map(drop));
                damaged(&rule, world.gate.begin_write(ann).map(drop));
            }
            // What is open is not ended by that, nor let go on.
            world.advance(1);
            damaged(&rule, reader.get("notes", "n1"));
            damaged(&rule, writer.commit(Kept::Immediate));
            damage(Damage::None);
            world.opens(ann);
            reader.principal().unwrap();
        });
    }
}

#[test]
fn a_rule_about_a_call_that_reads_what_is_damaged_lets_nobody_call() {
    for rule in rules(&format!("'{DAMAGED}'")) {
        let role = Role::new("some").member("users").allow_call_when("work", &rule);
        with_damage(role, |world, ann, damage| {
            for now in DAMAGES {
                damage(now);
                damaged(&rule, world.gate.call::<_, ()>(ann, "work", ()));
            }
        });
    }
}

/// Others are not troubled by it.
#[test]
fn who_has_no_such_rule_notices_nothing() {
    with_damage(Role::new("some").member("users"), |world, ann, damage| {
        damage(Damage::Checksum);
        world.opens(ann);
        let server = world.write(&world.admin, |tx| tx.create_key(NewKey::new("server"))).secret;
        assert!(world.read(&server, |tx| tx.get("notes", "n1")).is_some());
        damaged("none", world.gate.begin_read(&server).unwrap().get("groups", DAMAGED));
    });
}
