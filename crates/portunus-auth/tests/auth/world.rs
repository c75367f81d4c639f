//! A small store to try things on: a tree of databases, a collection in each, a clock that the test moves.

use portunus_auth::{
    BuiltInRole, Collection, CreatedToken, DatabasePath, Durability, Error, Gate, GateOptions, ManualClock,
    NewKey, NewToken, Procedure, PublicId, ReadView, Result, Role, Secret, SecretScope, Timestamp,
    TreeOptions, WriteView,
};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;

/// The instant at which every world begins.
pub const START: Timestamp = Timestamp(1_800_000_000_000_000);

pub struct World {
    pub gate: Gate,
    /// An administrator of the root.
    pub admin: Secret,
    pub clock: Arc<ManualClock>,
}

/// Runs a test on a world whose readers remember principals, and on one whose readers do not: nothing may differ.
pub fn check(test: impl Fn(&World)) {
    test(&World::new(0));
    test(&World::new(64));
}

/// The same, on worlds whose program has these procedures.
pub fn check_with(procedures: &[Procedure], test: impl Fn(&World)) {
    for principals_max in [0, 64] {
        test(&World::with_procedures(principals_max, procedures));
    }
}

/// Runs a test with Ann, whose only role is made of these privileges, in worlds with these notes beside `n1`, which is hers.
pub fn with_notes(role: impl Fn(Role) -> Role, notes: &[(&str, Json)], test: impl Fn(&World, &Secret)) {
    check(|world| {
        world.settle("");
        world.write(&world.admin, |tx| {
            for (id, note) in notes {
                tx.create_with_id("notes", id, note)?;
            }
            tx.define_role(role(Role::new("author").member("users")))
        });
        test(world, &world.token("", "ann").secret);
    });
}

/// The notes that the holder of a secret finds.
pub fn seen(world: &World, secret: &Secret) -> Vec<String> {
    world.read(secret, |tx| tx.query("notes").list_ids())
}

pub fn path(text: &str) -> DatabasePath {
    text.parse().unwrap()
}

pub fn scope(text: &str) -> SecretScope {
    text.parse().unwrap()
}

impl World {
    /// Root, `acme`, `acme/eu` and `beta`, each with a collection `notes` that holds the note `n1`.
    pub fn new(principals_max: usize) -> Self {
        Self::with(GateOptions { principals_max, ..GateOptions::default() })
    }

    /// The same, of a program that has these procedures.
    pub fn with_procedures(principals_max: usize, procedures: &[Procedure]) -> Self {
        Self::with(GateOptions { principals_max, procedures: procedures.to_vec(), ..GateOptions::default() })
    }

    /// The same, with these options but for the clock.
    pub fn with(options: GateOptions) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let tree = TreeOptions { clock: clock.clone(), ..options.tree.clone() };
        let (gate, admin) = Gate::create_in_memory(&GateOptions { tree, ..options }).unwrap();
        let world = Self { gate, admin, clock };
        world.write(&world.admin, |tx| {
            for place in ["acme", "acme/eu", "beta"] {
                tx.create_database(&path(place))?;
            }
            Ok(())
        });
        for place in ["", "acme", "acme/eu", "beta"] {
            world.write(&world.inside(place), |tx| {
                tx.define(Collection::new("notes").index(["owner"]).unique(["email"]))?;
                tx.create_with_id("notes", "n1", json!({"owner": "ann", "place": place}))
            });
        }
        world
    }

    /// The administrator, narrowed to a database and still its administrator there.
    pub fn inside(&self, place: &str) -> Secret {
        self.admin.scoped(&SecretScope::role(BuiltInRole::Admin).at(path(place)))
    }

    pub fn try_write<T>(&self, secret: &Secret, run: impl FnOnce(&mut WriteView) -> Result<T>) -> Result<T> {
        let mut view = self.gate.begin_write(secret)?;
        let done = run(&mut view)?;
        view.commit(Durability::Immediate)?;
        Ok(done)
    }

    pub fn write<T>(&self, secret: &Secret, run: impl FnOnce(&mut WriteView) -> Result<T>) -> T {
        self.try_write(secret, run).unwrap()
    }

    pub fn read<T>(&self, secret: &Secret, run: impl FnOnce(&ReadView) -> Result<T>) -> T {
        run(&self.gate.begin_read(secret).unwrap()).unwrap()
    }

    /// A key that the root owns, for a database and with a role.
    pub fn key(&self, place: &str, role: &str) -> (PublicId, Secret) {
        let made = self.write(&self.admin, |tx| tx.create_key(NewKey::new(role).at(path(place))));
        (made.id, made.secret)
    }

    /// Gives a database a collection `users` with `ann` and `bob`.
    pub fn settle(&self, place: &str) {
        self.write(&self.inside(place), |tx| {
            tx.define(Collection::new("users"))?;
            for id in ["ann", "bob"] {
                tx.create_with_id("users", id, json!({"name": id}))?;
            }
            Ok(())
        });
    }

    /// A token for a document of `users`.
    pub fn token(&self, place: &str, document: &str) -> CreatedToken {
        self.write(&self.inside(place), |tx| tx.create_token(NewToken::new("users", document)))
    }

    /// The administrator's key, narrowed to a document of `users`.
    pub fn as_document(&self, place: &str, document: &str) -> Secret {
        self.admin.scoped(&SecretScope::document("users", document).unwrap().at(path(place)))
    }

    pub fn delete_key(&self, id: PublicId) {
        self.write(&self.admin, |tx| tx.delete_key(id));
    }

    /// That the secret opens nothing, and that nothing is told but that.
    #[track_caller]
    pub fn refuses(&self, secret: &Secret) {
        for error in [self.gate.begin_read(secret).err(), self.gate.begin_write(secret).err()] {
            let error = error.unwrap_or_else(|| panic!("{secret:?} opens something"));
            assert!(matches!(error, Error::Unauthenticated), "{error:?}");
            assert_eq!(error.to_string(), "unauthenticated");
            assert_eq!(format!("{error:?}"), "Unauthenticated");
        }
    }

    #[track_caller]
    pub fn opens(&self, secret: &Secret) {
        self.gate.begin_read(secret).unwrap();
        self.gate.begin_write(secret).unwrap();
    }

    /// The place of the database that the secret opens, by what its note says.
    #[track_caller]
    pub fn place(&self, secret: &Secret) -> String {
        let note = self.read(secret, |tx| tx.get("notes", "n1")).unwrap();
        note.field("place").and_then(portunus_auth::ValueRef::as_str).unwrap().to_string()
    }

    pub fn later(&self, seconds: u64) -> Timestamp {
        Timestamp(START.0 + i64::try_from(seconds).unwrap() * 1_000_000)
    }

    pub fn clock_now(&self) -> Timestamp {
        self.gate.clock().now()
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

#[track_caller]
pub fn denied<T: std::fmt::Debug>(result: Result<T>) {
    assert!(matches!(result, Err(Error::Denied { .. })), "{result:?}");
}

#[track_caller]
pub fn not_found<T: std::fmt::Debug>(result: Result<T>) {
    assert!(matches!(result, Err(Error::NotFound(_))), "{result:?}");
}

#[track_caller]
pub fn constraint<T: std::fmt::Debug>(result: Result<T>) {
    assert!(matches!(result, Err(Error::Constraint(_))), "{result:?}");
}

#[track_caller]
pub fn invalid<T: std::fmt::Debug>(result: Result<T>) {
    assert!(matches!(result, Err(Error::Invalid { .. } | Error::Limit { .. })), "{result:?}");
}
