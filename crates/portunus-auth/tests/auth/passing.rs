//! Those who are who they are by documents that nobody watches, or by the clock: open transactions of theirs end with that, and
//! what a transaction has changed itself counts in it.

use crate::world::{World, check};
use portunus_auth::{Action, Collection, Durability, Error, Result, Role, Secret, ValueRef, WriteView};
use serde_json::json;
use std::ops::ControlFlow;
use std::time::Duration;

/// Ann, who may read and change notes as long as this is true of her.
fn member_when(rule: &str, test: impl Fn(&World, &Secret)) {
    check(|world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            tx.define(Collection::new("groups"))?;
            tx.create_with_id("groups", "g", json!({"members": ["ann", "bob"]}))?;
            for id in ["n2", "n3", "n4"] {
                tx.create_with_id("notes", id, json!({}))?;
            }
            let role = Role::new("author").member_when("users", rule);
            tx.define_role(role.allow("notes", Action::Read).allow("notes", Action::Write))
        });
        test(world, &world.token("", "ann").secret);
    });
}

const IN_GROUP: &str = "id(identity) in get('groups', 'g').members";
const BY_NOW: &str = "now < timestamp('2027-01-15T08:00:10Z')";

fn group(world: &World, members: &[&str]) {
    world.write(&world.admin, |tx| tx.patch("groups", "g", json!({"members": members})));
}

#[track_caller]
fn begin_again<T: std::fmt::Debug>(result: Result<T>) {
    assert!(matches!(result, Err(Error::Conflict)), "{result:?}");
}

fn touch(view: &mut WriteView) -> Result<()> {
    view.patch("notes", "n1", json!({"touched": true})).map(drop)
}

/// What ends a membership.
type Ending = (&'static str, fn(&World));

const ENDINGS: [Ending; 2] =
    [(IN_GROUP, |world| group(world, &["bob"])), (BY_NOW, |world| world.advance(10))];

#[test]
fn a_reader_ends_with_what_it_was_let_in_for() {
    for (rule, end) in ENDINGS {
        member_when(rule, |world, ann| {
            let view = world.gate.begin_read(ann).unwrap();
            assert!(view.get("notes", "n1").unwrap().is_some());
            end(world);
            begin_again(view.get("notes", "n1"));
            begin_again(view.query("notes").count());
            // She is still somebody, but no author.
            assert!(world.read(ann, |tx| tx.get("notes", "n1")).is_none());
        });
    }
}

/// As long as the clock has hardly moved, nobody is asked again who it is.
#[test]
fn a_thousandth_of_a_second_is_when_the_clock_has_moved() {
    member_when("now < timestamp('2027-01-15T08:00:00.001Z')", |world, ann| {
        let view = world.gate.begin_read(ann).unwrap();
        world.clock.advance(Duration::from_micros(999));
        assert!(view.get("notes", "n1").unwrap().is_some());
        world.clock.advance(Duration::from_micros(1));
        begin_again(view.get("notes", "n1"));
    });
}

#[test]
fn a_scan_ends_in_the_midst_with_what_it_was_let_in_for() {
    for (rule, end) in ENDINGS {
        member_when(rule, |world, ann| {
            let view = world.gate.begin_read(ann).unwrap();
            let mut seen = 0;
            begin_again(view.query("notes").for_each(|_| {
                seen += 1;
                if seen == 2 {
                    end(world);
                }
                Ok::<_, Error>(ControlFlow::Continue(()))
            }));
            assert_eq!(seen, 2);
        });
    }
}

#[test]
fn no_writer_commits_with_what_has_ended() {
    for (rule, end) in ENDINGS {
        member_when(rule, |world, ann| {
            let mut view = world.gate.begin_write(ann).unwrap();
            touch(&mut view).unwrap();
            end(world);
            begin_again(view.commit(Durability::Immediate));
            let note = world.read(&world.admin, |tx| tx.get("notes", "n1")).unwrap();
            assert!(note.field("touched").is_none());
        });
    }
}

#[test]
fn those_of_whom_it_is_still_true_go_on() {
    for rule in [IN_GROUP, BY_NOW] {
        member_when(rule, |world, ann| {
            let reader = world.gate.begin_read(ann).unwrap();
            let mut writer = world.gate.begin_write(ann).unwrap();
            touch(&mut writer).unwrap();
            world.write(&world.admin, |tx| tx.patch("notes", "n2", json!({"touched": true})));
            world.advance(9);
            assert!(reader.get("notes", "n1").unwrap().is_some());
            touch(&mut writer).unwrap();
            writer.commit(Durability::Immediate).unwrap();
        });
    }
}

/// Also where the outcome is the same: what such a rule has read is what the commit depends on.
#[test]
fn a_commit_depends_on_what_a_rule_of_membership_has_read() {
    member_when(IN_GROUP, |world, ann| {
        let reader = world.gate.begin_read(ann).unwrap();
        let mut writer = world.gate.begin_write(ann).unwrap();
        touch(&mut writer).unwrap();
        group(world, &["ann"]);
        assert!(reader.get("notes", "n1").unwrap().is_some());
        begin_again(writer.commit(Durability::Immediate));
        world.write(ann, touch);
    });
    // Nor is there a document where none was.
    member_when("!exists('groups', 'closed')", |world, ann| {
        let mut writer = world.gate.begin_write(ann).unwrap();
        touch(&mut writer).unwrap();
        world.write(&world.admin, |tx| tx.create_with_id("groups", "closed", json!({})));
        begin_again(writer.commit(Durability::Immediate));
    });
}

#[test]
fn a_clock_that_is_set_back_lets_in_again_and_shuts_out_again() {
    member_when(BY_NOW, |world, ann| {
        let sees = || world.read(ann, |tx| tx.get("notes", "n1")).is_some();
        for _ in 0..2 {
            assert!(sees());
            let view = world.gate.begin_read(ann).unwrap();
            world.clock.set(world.later(10));
            assert!(!sees());
            begin_again(view.get("notes", "n1"));
            let late = world.gate.begin_read(ann).unwrap();
            world.clock.set(world.later(9));
            // Who was nobody then is somebody now, and has to begin again for it.
            begin_again(late.get("notes", "n1"));
        }
    });
    member_when("now >= timestamp('2027-01-15T08:00:10Z')", |world, ann| {
        let sees = || world.read(ann, |tx| tx.get("notes", "n1")).is_some();
        assert!(!sees());
        world.advance(10);
        assert!(sees());
        world.clock.set(world.later(0));
        assert!(!sees());
    });
}

/// Rules about documents as well: what they say after a write is what they would say to the next transaction.
#[test]
fn what_a_transaction_writes_counts_in_its_rules() {
    let rules = [
        "get('groups', 'g').open",
        "get('groups', 'g').open && doc.owner == 'ann'",
        "get('groups', id(doc)).open",
    ];
    for rule in rules {
        check(|world| {
            world.settle("");
            world.write(&world.admin, |tx| {
                tx.define(Collection::new("groups"))?;
                for id in ["g", "n1"] {
                    tx.create_with_id("groups", id, json!({"open": false}))?;
                }
                let role = Role::new("author").member("users");
                let role = role.allow("groups", Action::Read).allow("groups", Action::Write);
                tx.define_role(role.allow_when("notes", Action::Read, rule))
            });
            let ann = world.token("", "ann").secret;
            let mut view = world.gate.begin_write(&ann).unwrap();
            for open in [true, false, true] {
                let before = view.get("notes", "n1").unwrap().is_some();
                assert_eq!(
                    (before, view.query("notes").count().unwrap()),
                    (!open, usize::from(!open)),
                    "{rule}"
                );
                for id in ["g", "n1"] {
                    view.patch("groups", id, json!({"open": open})).unwrap();
                }
                let after = view.get("notes", "n1").unwrap().is_some();
                assert_eq!(
                    (after, view.query("notes").count().unwrap()),
                    (open, usize::from(open)),
                    "{rule}"
                );
            }
            view.commit(Durability::Immediate).unwrap();
            let note = world.read(&ann, |tx| tx.get("notes", "n1")).unwrap();
            assert_eq!(note.field("owner").and_then(ValueRef::as_str), Some("ann"));
        });
    }
}
