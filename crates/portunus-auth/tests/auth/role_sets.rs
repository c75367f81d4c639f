//! All roles of a database at once: what is written is what is there, all or nothing of it is applied, and what was can be had
//! back. Nobody changes more in this way than in any other.

use crate::world::{World, check};
use portunus_auth::{
    Action, Collection, DOCUMENT_BYTES_MAX, Durability, Error, Extent, Fate, NamedPredicate, NewKey,
    ROLE_VERSIONS_MAX, ReadView, Resource, Result, Role, RoleEntry, RoleSet, Secret, WriteView,
};

fn set(predicates: &[(&str, &str)], roles: impl IntoIterator<Item = Role>) -> RoleSet {
    let predicates = predicates.iter().map(|(name, rule)| NamedPredicate::new(*name, ["it"], *rule));
    RoleSet::new(predicates, roles).unwrap()
}

fn mine(name: &str, predicate: &str) -> Role {
    Role::new(name).member("notes").allow_when("notes", Action::Read, format!("{predicate}(doc)"))
}

fn role_set(world: &World, secret: &Secret) -> RoleSet {
    world.read(secret, ReadView::role_set)
}

fn names(world: &World) -> Vec<String> {
    world.read(&world.admin, |tx| Ok(tx.roles()?.iter().map(|role| role.name().to_owned()).collect()))
}

/// Runs something that fails, and commits all the same.
fn fail_and_commit<T>(world: &World, run: impl FnOnce(&mut WriteView) -> Result<T>) -> Result<()> {
    let mut view = world.gate.begin_write(&world.admin)?;
    assert!(run(&mut view).is_err());
    view.commit(Durability::Immediate)
}

#[test]
fn what_was_applied_is_what_is_there() {
    check(|world| {
        let first = set(
            &[("owns", "it.owner == 'ann'"), ("loose", "owns(it) || it.public")],
            [
                mine("reader", "loose"),
                Role::new("writer").allow("notes", Action::Write).deny_when(
                    "notes",
                    Action::Write,
                    "old.locked",
                ),
            ],
        );
        world.write(&world.admin, |tx| tx.apply_roles(&first, Extent::All));
        assert_eq!(role_set(world, &world.admin), first);
        let second = set(&[("owns", "it.owner == 'bob'")], [mine("reader", "owns")]);
        let changes = world.write(&world.admin, |tx| tx.apply_roles(&second, Extent::All));
        let told: Vec<_> = changes.iter().map(|change| (change.entry.name(), change.fate)).collect();
        let (altered, removed) = (Fate::Altered, Fate::Removed);
        assert_eq!(told, [("loose", removed), ("owns", altered), ("reader", altered), ("writer", removed)]);
        assert_eq!(role_set(world, &world.admin), second);
        assert!(world.write(&world.admin, |tx| tx.apply_roles(&second, Extent::All)).is_empty());
    });
}

#[test]
fn what_is_not_named_stays_unless_all_is_meant() {
    check(|world| {
        world.write(&world.admin, |tx| {
            tx.apply_roles(&set(&[("owns", "it.a")], [mine("one", "owns")]), Extent::All)
        });
        let two = set(&[], [Role::new("two").allow("notes", Action::Read)]);
        world.write(&world.admin, |tx| tx.apply_roles(&two, Extent::Named));
        assert_eq!(names(world), ["one", "two"]);
        world.write(&world.admin, |tx| tx.apply_roles(&two, Extent::All));
        assert_eq!(role_set(world, &world.admin), two);
    });
}

#[test]
fn predicates_and_roles_change_together_in_whichever_order_they_depend_on_each_other() {
    check(|world| {
        let old = RoleSet::new([NamedPredicate::new("p", ["a"], "a.x")], [mine("r", "p")]).unwrap();
        world.write(&world.admin, |tx| tx.apply_roles(&old, Extent::All));
        // Neither the new predicate fits the old role, nor the old one the new role.
        let p = NamedPredicate::new("p", ["a", "b"], "q(a) && q(b)");
        let q = NamedPredicate::new("q", ["a"], "a.x");
        let role = Role::new("r").allow_when("notes", Action::Read, "p(doc, doc)");
        let new = RoleSet::new([p, q], [role]).unwrap();
        world.write(&world.admin, |tx| tx.apply_roles(&new, Extent::All));
        assert_eq!(role_set(world, &world.admin), new);
        world.write(&world.admin, |tx| tx.apply_roles(&old, Extent::All));
        assert_eq!(role_set(world, &world.admin), old);
    });
}

#[test]
fn what_breaks_others_is_refused_as_a_whole() {
    check(|world| {
        world.write(&world.admin, |tx| tx.apply_roles(&set(&[("p", "it.x")], [mine("r", "p")]), Extent::All));
        let before = role_set(world, &world.admin);
        let refused = [
            // The role that stays calls it.
            RoleSet::new([NamedPredicate::new("p", [""; 0], "true")], []).unwrap(),
            set(&[("a", "nothing(it)")], []),
            set(&[("a", "a(it)")], []),
            set(&[], [Role::new("new"), Role::new("other").allow("nowhere", Action::Read)]),
            set(&[], [Role::new("new"), Role::new("r").allow_when("notes", Action::Read, "doc.x = 1")]),
        ];
        for set in refused {
            let done = fail_and_commit(world, |tx| tx.apply_roles(&set, Extent::Named));
            assert!(matches!(done, Ok(()) | Err(Error::Incomplete)), "{done:?}");
            assert_eq!(role_set(world, &world.admin), before, "{set:?}");
        }
        let named = world.try_write(&world.admin, |tx| {
            tx.apply_roles(&set(&[], [Role::new("odd").allow("nowhere", Action::Read)]), Extent::Named)
        });
        assert!(matches!(named, Err(Error::Constraint(problem)) if problem.starts_with("role odd: ")));
        // A role by itself can wait for a collection that is defined later in the transaction; a set does not.
        let none = fail_and_commit(world, |tx| {
            tx.apply_roles(&set(&[], [Role::new("odd").member("nowhere")]), Extent::Named)
        });
        none.unwrap();
        assert_eq!(role_set(world, &world.admin), before);
    });
}

#[test]
fn a_role_in_use_is_not_deleted_by_a_set_without_it() {
    check(|world| {
        world.write(&world.admin, |tx| {
            tx.define_role(Role::new("used").allow("notes", Action::Read))?;
            tx.define_role(Role::new("also").allow("notes", Action::Read))?;
            tx.create_key(NewKey::new("used"))
        });
        let none = world.try_write(&world.admin, |tx| tx.apply_roles(&RoleSet::default(), Extent::All));
        assert!(matches!(none, Err(Error::Constraint(_))), "{none:?}");
        assert_eq!(names(world), ["also", "used"]);
    });
}

/// A single role may wait for a collection until the commit; a set says at once what it comes to.
#[test]
fn a_set_waits_for_no_collection() {
    check(|world| {
        let later = set(&[], [Role::new("early"), Role::new("late").allow("bills", Action::Read)]);
        let mut view = world.gate.begin_write(&world.admin).unwrap();
        let done = view.apply_roles(&later, Extent::All);
        let told = "late: the role names a collection that is not there";
        assert!(matches!(&done, Err(Error::Constraint(problem)) if problem.contains(told)), "{done:?}");
        // Half of it was done.
        assert!(matches!(view.commit(Durability::Immediate), Err(Error::Incomplete)));
        assert!(names(world).is_empty());
        world.write(&world.admin, |tx| {
            tx.define(Collection::new("bills"))?;
            tx.apply_roles(&later, Extent::All)
        });
        assert_eq!(names(world), ["early", "late"]);
    });
}

/// Somebody who may define roles, and read notes, and no more.
fn delegate(world: &World) -> Secret {
    world
        .write(&world.admin, |tx| {
            let role = [Action::Read, Action::Create, Action::Write, Action::Delete]
                .into_iter()
                .fold(Role::new("delegate"), |role, action| role.allow_every(Resource::Role, action));
            tx.define_role(
                role.allow("notes", Action::Read).allow_every(Resource::Collection, Action::Read),
            )?;
            tx.create_key(NewKey::new("delegate"))
        })
        .secret
}

#[test]
fn nobody_applies_more_than_they_hold() {
    check(|world| {
        let delegate = delegate(world);
        let held = set(&[], [Role::new("low").allow("notes", Action::Read)]);
        world.write(&delegate, |tx| tx.apply_roles(&held, Extent::Named));
        for more in [
            set(&[], [Role::new("high").allow("notes", Action::Write)]),
            set(
                &[],
                [Role::new("low").allow("notes", Action::Read).allow_every(Resource::Key, Action::Create)],
            ),
            set(&[], [Role::new("wide").inherit()]),
            set(&[("p", "it.x")], []),
        ] {
            let done = world.try_write(&delegate, |tx| tx.apply_roles(&more, Extent::Named));
            assert!(matches!(done, Err(Error::Denied { .. })), "{done:?}");
        }
        // What the administrator has made since is not undone, nor had back.
        let admins = Role::new("high").allow("notes", Action::Write).deny("notes", Action::Delete);
        world.write(&world.admin, |tx| tx.define_role(&admins));
        let newest = world.read(&delegate, |tx| Ok(tx.role_versions()?[0].number));
        let done = world.try_write(&delegate, |tx| tx.roll_back_roles(newest));
        assert!(matches!(done, Err(Error::Denied { .. })), "{done:?}");
        world.write(&world.admin, |tx| tx.delete_role("high"));
        let done = world.try_write(&delegate, |tx| tx.roll_back_roles(newest + 1));
        assert!(matches!(done, Err(Error::Denied { .. })), "{done:?}");
        assert_eq!(names(world), ["delegate", "low"]);
    });
}

/// What was taken from somebody it does not take back.
#[test]
fn nobody_gains_by_going_back() {
    let keeper = || {
        [Action::Read, Action::Create, Action::Write, Action::Delete]
            .into_iter()
            .fold(Role::new("keeper").member("users"), |role, it| role.allow_every(Resource::Role, it))
            .allow_every(Resource::Collection, Action::Read)
            .allow("notes", Action::Read)
    };
    let worker = || Role::new("worker").allow("notes", Action::Write);
    let mine = "doc.owner == id(identity)";
    // What the roles were, and what they are now.
    let takings: [(&[Role], &[Role]); 6] = [
        (&[keeper().allow("notes", Action::Write)], &[keeper()]),
        (&[keeper()], &[keeper().deny("notes", Action::Read)]),
        (&[keeper(), worker().member("users")], &[keeper(), worker()]),
        (&[keeper(), worker().member("users")], &[keeper()]),
        (&[keeper().allow("notes", Action::Delete)], &[keeper().allow_when("notes", Action::Delete, mine)]),
        (&[keeper()], &[keeper(), Role::new("stop").member("users").deny_every(Resource::Key, Action::Read)]),
    ];
    check(|world| {
        world.settle("");
        for (before, now) in &takings {
            let apply = |roles: &[Role]| {
                let roles = set(&[], roles.to_vec());
                world.write(&world.admin, |tx| tx.apply_roles(&roles, Extent::All));
            };
            apply(before);
            apply(now);
            let secret = world.token("", "ann").secret;
            let standing = role_set(world, &world.admin);
            let version = world.read(&secret, |tx| Ok(tx.role_versions()?[0].number));
            assert_eq!(world.read(&secret, |tx| tx.role_set_at(version)), Some(set(&[], before.to_vec())));
            let done = world.try_write(&secret, |tx| tx.roll_back_roles(version));
            assert!(matches!(done, Err(Error::Denied { .. })), "{before:?} after {now:?}: {done:?}");
            assert_eq!(role_set(world, &world.admin), standing);
            // Whoever took it, gives it back.
            world.write(&world.admin, |tx| tx.roll_back_roles(version));
            assert_eq!(role_set(world, &world.admin), set(&[], before.to_vec()));
        }
    });
}

#[test]
fn who_may_not_see_roles_is_told_of_none() {
    check(|world| {
        world.write(&world.admin, |tx| tx.apply_roles(&set(&[("p", "it.x")], [mine("r", "p")]), Extent::All));
        let (_, server) = world.key("", "server");
        world.read(&server, |tx| {
            assert_eq!(tx.role_set()?, RoleSet::default());
            assert!(tx.role_versions()?.is_empty() && tx.role_set_at(1)?.is_none());
            assert!(tx.compare_roles(&RoleSet::default(), Extent::All)?.is_empty());
            assert!(matches!(tx.check_roles(None), Err(Error::Denied { .. })));
            Ok(())
        });
        let done = world.try_write(&server, |tx| tx.roll_back_roles(1));
        assert!(matches!(done, Err(Error::NotFound(_))), "{done:?}");
        let done = world.try_write(&server, |tx| tx.apply_roles(&set(&[], [Role::new("x")]), Extent::All));
        assert!(matches!(done, Err(Error::Denied { .. })), "{done:?}");
    });
}

#[test]
fn each_transaction_that_changes_roles_keeps_what_they_were_before() {
    check(|world| {
        let numbers = || world.read(&world.admin, |tx| Ok(tx.role_versions()?.len()));
        let versions: [fn(&mut WriteView) -> Result<()>; 7] = [
            |tx| tx.define_role(Role::new("a").allow("notes", Action::Read)),
            |tx| tx.rename_role("a", "b"),
            |tx| tx.define_role(Role::new("b")),
            |tx| tx.define_predicate(NamedPredicate::new("p", ["it"], "it.x")),
            |tx| tx.delete_predicate("p"),
            |tx| tx.delete_role("b"),
            |tx| {
                tx.apply_roles(&set(&[("p", "it.x")], [mine("r", "p"), mine("s", "p")]), Extent::All)
                    .map(drop)
            },
        ];
        for (number, change) in (1..).zip(versions) {
            let before = role_set(world, &world.admin);
            world.write(&world.admin, change);
            assert_eq!(numbers(), number);
            world.read(&world.admin, |tx| {
                let newest = tx.role_versions()?[0].clone();
                assert_eq!(
                    (usize::try_from(newest.number).unwrap(), newest.by),
                    (number, tx.principal()?.id())
                );
                assert_eq!(tx.role_set_at(newest.number)?, Some(before));
                Ok(())
            });
        }
        // What changes nothing, or fails, or is dropped, is none.
        world.write(&world.admin, |tx| tx.apply_roles(&tx.role_set()?, Extent::All));
        let denied: [fn(&mut WriteView) -> Result<()>; 4] = [
            |tx| tx.define_role(Role::new("x").allow("notes", Action::Call)),
            |tx| tx.rename_role("r", "s"),
            |tx| tx.delete_role("nobody"),
            |tx| tx.delete_predicate("p"),
        ];
        for change in denied {
            fail_and_commit(world, change).unwrap();
        }
        world.gate.begin_write(&world.admin).unwrap().define_role(Role::new("dropped")).unwrap();
        assert_eq!(numbers(), versions.len());
        // A database below has its own.
        world.write(&world.inside("acme"), |tx| tx.define_role(Role::new("there")));
        assert_eq!(numbers(), versions.len());
    });
}

#[test]
fn what_was_can_be_had_back_and_that_taken_back_too() {
    check(|world| {
        let first = set(&[("p", "it.x")], [mine("r", "p"), Role::new("gone").allow("notes", Action::Delete)]);
        world.write(&world.admin, |tx| tx.apply_roles(&first, Extent::All));
        world.write(&world.admin, |tx| {
            tx.delete_role("gone")?;
            tx.define_role(Role::new("r"))?;
            tx.delete_predicate("p")?;
            tx.define_role(Role::new("new"))
        });
        let second = role_set(world, &world.admin);
        let changes = world.write(&world.admin, |tx| tx.roll_back_roles(2));
        assert_eq!(changes[0].entry, RoleEntry::Predicate("p".into()));
        assert_eq!(role_set(world, &world.admin), first);
        world.write(&world.admin, |tx| tx.roll_back_roles(3));
        assert_eq!(role_set(world, &world.admin), second);
        let done = world.try_write(&world.admin, |tx| tx.roll_back_roles(99));
        assert!(matches!(done, Err(Error::NotFound(_))), "{done:?}");
    });
}

#[test]
fn only_so_many_versions_are_kept() {
    let world = World::new(64);
    let last = ROLE_VERSIONS_MAX + 5;
    for number in 0..last {
        world.write(&world.admin, |tx| tx.define_role(Role::new(format!("r{number}"))));
    }
    world.read(&world.admin, |tx| {
        let numbers: Vec<u64> = tx.role_versions()?.iter().map(|version| version.number).collect();
        assert_eq!(numbers, (6..=last).rev().collect::<Vec<_>>());
        assert!(tx.role_set_at(5)?.is_none());
        assert_eq!(tx.role_set_at(6)?.unwrap().roles().len(), 5);
        Ok(())
    });
}

#[test]
fn roles_that_are_too_large_to_be_kept_can_be_changed_all_the_same() {
    let world = World::new(64);
    let rule = |number: usize| format!("doc.text == '{number:08}{}'", "x".repeat(8_000));
    let large = |name: &str| {
        (0..600).fold(Role::new(name), |role, number| role.allow_when("notes", Action::Read, rule(number)))
    };
    const { assert!(2 * 600 * 8_000 > DOCUMENT_BYTES_MAX) };
    world.write(&world.admin, |tx| tx.define_role(large("one")));
    world.write(&world.admin, |tx| tx.define_role(large("two")));
    world.write(&world.admin, |tx| tx.delete_role("two"));
    world.read(&world.admin, |tx| {
        assert_eq!(tx.role_versions()?.len(), 3);
        assert!(matches!(tx.role_set_at(3), Err(Error::Constraint(_))));
        assert!(tx.role_set_at(2)?.is_some());
        Ok(())
    });
    let done = world.try_write(&world.admin, |tx| tx.roll_back_roles(3));
    assert!(matches!(done, Err(Error::Constraint(_))), "{done:?}");
}

#[test]
fn a_collection_that_has_another_name_now_is_not_found_by_its_old_one() {
    check(|world| {
        world.write(&world.admin, |tx| {
            tx.define(Collection::new("tasks"))?;
            tx.define_role(Role::new("r").allow("tasks", Action::Read))
        });
        world.write(&world.admin, |tx| tx.define_role(Role::new("r")));
        world.write(&world.admin, |tx| tx.rename_collection("tasks", "jobs"));
        let done = world.try_write(&world.admin, |tx| tx.roll_back_roles(2));
        assert!(matches!(done, Err(Error::Constraint(_))), "{done:?}");
    });
}
