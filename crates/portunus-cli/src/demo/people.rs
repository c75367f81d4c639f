//! The people of the demo: they log in by a password, or come from an issuer elsewhere, and are documents of a database. Two
//! services have a role of their own there, and a key.

use super::issuer::{ALGORITHM, Issuer};
use super::roles;
use super::world::{World, path_of};
use crate::failure::{Failure, Result};
use portunus::{BuiltInRole, Login, NewKey, Password, Portunus, Provider, Secret, SecretScope, Sessions, by};
use std::time::Duration;

/// The database that they work in, and the one below it that has one of them.
pub(super) const DATABASE: &str = "jfk";
pub(super) const CHILD: &str = "jfk/b6";

/// Each of them, with a password, and the place of its document.
const STAFF: [(&str, &str, &str); 4] = [
    ("ann", "correct horse battery", DATABASE),
    ("bob", "staple correct horse", DATABASE),
    ("cho", "battery staple correct", DATABASE),
    ("dan", "horse battery staple", CHILD),
];

/// What each of them has to show, and each service.
pub(super) struct People {
    pub ann: Secret,
    pub bob: Secret,
    pub cho: Secret,
    pub dan: Secret,
    pub board: Secret,
    pub statistics: Secret,
    pub ann_by_sign_on: Secret,
    pub ann_long_ago: Secret,
    pub forged: Secret,
    /// The logins that were tried, in this order.
    pub logins: Vec<Attempt>,
}

/// A login that was tried.
pub(super) struct Attempt {
    pub who: &'static str,
    pub password: &'static str,
    pub outcome: String,
}

impl People {
    /// Gives the people a place in the store, logs them in, and lets one of them come from elsewhere too.
    ///
    /// # Errors
    /// What the store reports.
    pub(super) fn make(world: &World) -> Result<Self> {
        let db = world.db();
        let admin = admin_of(world, DATABASE)?;
        let issuer = Issuer::new("https://sign-on.example")?;
        hire(world, issuer.name)?;
        roles::define(db, &admin)?;
        let audience = trust(db, &admin, &issuer)?;
        let key = |role: &'static str| db.write(&admin, |tx| tx.create_key(NewKey::new(role).named(role)));
        let now = db.clock().now();
        let long_ago = now.saturating_sub(Duration::from_secs(2 * 3_600));
        let forger = Issuer::new(issuer.name)?;
        let [ann, bob, cho, dan] = STAFF;
        Ok(Self {
            ann: session(world, ann)?,
            bob: session(world, bob)?,
            cho: session(world, cho)?,
            dan: session(world, dan)?,
            board: key("board")?.secret,
            statistics: key("statistics")?.secret,
            ann_by_sign_on: issuer.jwt("ann", &audience, now),
            ann_long_ago: issuer.jwt("ann", &audience, long_ago),
            forged: forger.jwt("ann", &audience, now),
            logins: attempts(world)?,
        })
    }
}

/// A key for everything in one of the databases.
///
/// # Errors
/// Internal, if the path is none.
pub(super) fn admin_of(world: &World, path: &str) -> Result<Secret> {
    Ok(world.admin.scoped(&SecretScope::role(BuiltInRole::Admin).at(path_of(path)?)))
}

/// Makes the people's documents, and gives them passwords. `outside` is the issuer who knows them too.
fn hire(world: &World, outside: &str) -> Result {
    let db = world.db();
    for place in [DATABASE, CHILD] {
        db.write(&admin_of(world, place)?, |tx| tx.define(roles::staff()))?;
    }
    for (name, password, place) in STAFF {
        let hash = db.hash_password(&Password::new(password)?)?;
        db.write(&admin_of(world, place)?, |tx| {
            tx.create_with_id("staff", name, roles::person(name, outside))?;
            tx.set_credential("staff", name, &hash, Sessions::End)
        })?;
    }
    Ok(())
}

/// Takes JWTs of the issuer for those of people. Returns for whom those have to be.
fn trust(db: &Portunus, admin: &Secret, issuer: &Issuer) -> Result<String> {
    let provider = Provider::new("sign-on", issuer.name)
        .jwks(issuer.key_set().to_string())
        .algorithm(ALGORITHM)
        .identity("staff", ["issuer", "subject"]);
    let audience = db.write(admin, |tx| {
        tx.define_provider(&provider)?;
        Ok::<_, portunus::Error>(tx.provider("sign-on")?.map(|info| info.audience))
    })?;
    audience.ok_or_else(|| Failure::new("the provider of the demo is not there"))
}

/// What comes of logins, with the right password and with others.
fn attempts(world: &World) -> Result<Vec<Attempt>> {
    let [(ann, hers, place), (_, bobs, _), ..] = STAFF;
    let attempts = [(ann, "hers", hers), (ann, "bob's", bobs), ("zoe", "ann's", hers)];
    let attempts = attempts.map(|(who, password, text)| {
        let outcome = match login(world, who, text, place)? {
            Ok(_) => "a token".into(),
            Err(code) => code.into(),
        };
        Ok(Attempt { who, password, outcome })
    });
    attempts.into_iter().collect()
}

fn session(world: &World, (name, password, place): (&str, &str, &str)) -> Result<Secret> {
    login(world, name, password, place)?.map_err(|_| Failure::new("somebody of the demo could not log in"))
}

/// A token for somebody, or the code of the error by which the login failed.
fn login(world: &World, name: &str, password: &str, place: &str) -> Result<Result<Secret, &'static str>> {
    let app = world.holder(if place == CHILD { "jetblue at jfk" } else { "jfk desk" })?;
    let login = Login::new("staff", by("name", name), &Password::new(password)?);
    Ok(world.db().login(&app.secret, login).map(|session| session.secret).map_err(|error| error.code()))
}
