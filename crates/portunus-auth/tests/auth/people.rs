//! A small store whose documents are people: some of them have passwords.

use crate::world::{START, World};
use portunus_auth::{
    By, Collection, Durability, Error, Expiry, Gate, GateOptions, Login, ManualClock, NewKey, Password,
    PasswordHash, Result, Secret, Session, Sessions, ThrottleLimits, TreeOptions, by,
};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// What everybody's password is.
pub const RIGHT: &str = "correct horse";
/// What nobody's password is.
pub const WRONG: &str = "battery staple";

pub struct People {
    pub world: World,
    /// A key of the role `server`: what an application logs people in with.
    pub app: Secret,
    /// A hash of everybody's password.
    pub hash: PasswordHash,
}

pub fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

/// Limits that no test comes to.
pub fn endless() -> ThrottleLimits {
    ThrottleLimits::new(1_000_000, Duration::from_millis(1)).unwrap()
}

/// The password of one person, asked for by e-mail.
pub fn login(name: &str, text: &str) -> Login {
    Login::new("users", by("email", format!("{name}@example.org")), &password(text))
}

impl People {
    pub fn new() -> Self {
        Self::with(GateOptions::default())
    }

    /// `ann` and `eve` have a password, `bob` has none, that of `carl` is disabled, `dora` has one and has expired.
    pub fn with(options: GateOptions) -> Self {
        let (options, clock) = timed(options);
        let (gate, admin) = Gate::create_in_memory(&options).unwrap();
        Self::fill(World { gate, admin, clock })
    }

    pub fn fill(world: World) -> Self {
        let hash = world.gate.hash_password(&password(RIGHT)).unwrap();
        let app = world.write(&world.admin, |tx| {
            tx.define(Collection::new("users").unique(["email"]).index(["city"]).unique(["city", "name"]))?;
            for id in ["ann", "bob", "carl", "dora", "eve"] {
                let until = if id == "dora" { Expiry::At(world.later(10)) } else { Expiry::Never };
                let user = json!({"email": format!("{id}@example.org"), "city": "Ulm", "name": id});
                tx.add("users").id(id).expires(until).create(user)?;
                if id != "bob" {
                    tx.set_credential("users", id, &hash, Sessions::End)?;
                }
            }
            tx.disable_credential("users", "carl", Sessions::End)?;
            tx.create_key(NewKey::new("server"))
        });
        world.advance(10);
        Self { world, app: app.secret, hash }
    }

    /// Logs in with the right password.
    pub fn session(&self, name: &str) -> Session {
        self.world.gate.login(&self.app, login(name, RIGHT)).unwrap()
    }

    /// What a login is told that fails, and how many hashes it has cost.
    #[track_caller]
    pub fn failure(&self, login: &Login) -> (Error, u64) {
        let before = self.world.gate.hashes();
        let error = self.world.gate.login(&self.app, login).unwrap_err();
        (error, self.world.gate.hashes() - before)
    }

    pub fn verify(&self, secret: &Secret, id: &str, text: &str) -> Result<bool> {
        self.world.gate.verify_password(secret, "users", &By::id(id), &password(text))
    }

    /// Sets a password, however many log in meanwhile.
    pub fn set_password(&self, id: &str, hash: &PasswordHash, sessions: Sessions) {
        let set =
            || self.world.try_write(&self.world.admin, |tx| tx.set_credential("users", id, hash, sessions));
        while let Err(error) = set() {
            assert!(error.is_retryable(), "{error:?}");
        }
    }

    pub fn hash_of(&self, text: &str) -> PasswordHash {
        self.world.gate.hash_password(&password(text)).unwrap()
    }

    /// A key of a role of the database's own.
    pub fn key_with(&self, role: portunus_auth::Role) -> Secret {
        let name = role.name().to_owned();
        let made = self.world.write(&self.world.admin, |tx| {
            tx.define_role(&role)?;
            tx.create_key(NewKey::new(name))
        });
        made.secret
    }
}

/// Options with a clock that the test moves.
pub fn timed(options: GateOptions) -> (GateOptions, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(START));
    let tree = TreeOptions { clock: clock.clone(), ..options.tree };
    (GateOptions { tree, ..options }, clock)
}

/// That it failed for the one reason that is told.
#[track_caller]
pub fn wrong<T: std::fmt::Debug>(result: Result<T>) {
    assert!(matches!(result, Err(Error::WrongCredentials)), "{result:?}");
}

/// That it was not tried at all, and how many seconds are to be waited.
#[track_caller]
pub fn throttled<T: std::fmt::Debug>(result: Result<T>) -> u64 {
    match result {
        Err(Error::Throttled { retry_after }) => retry_after.as_secs(),
        other => panic!("{other:?}"),
    }
}

/// Commits what a closure does on a gate of the test's own.
pub fn commit<T>(
    gate: &Gate,
    secret: &Secret,
    run: impl FnOnce(&mut portunus_auth::WriteView) -> Result<T>,
) -> Result<T> {
    let mut view = gate.begin_write(secret)?;
    let done = run(&mut view)?;
    view.commit(Durability::Immediate)?;
    Ok(done)
}
