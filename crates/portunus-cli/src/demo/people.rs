//! The people of the demo: they log in by a password, or come from an issuer elsewhere, and are documents of a database.

use super::issuer::{ALGORITHM, Issuer};
use super::world::{World, path_of};
use crate::failure::{Failure, Result};
use portunus::{
    Action, BuiltInRole, Collection, Login, Password, Portunus, Provider, Role, Secret, SecretScope,
    Sessions, by,
};
use std::time::Duration;

/// The database that they work in.
pub(super) const DATABASE: &str = "jfk";
/// The role that they all have.
pub(super) const ROLE: &str = "gate";

/// Each of them, with a password.
const STAFF: [(&str, &str); 2] = [("ann", "correct horse battery"), ("bob", "staple correct horse")];

/// What each of them has to show.
pub(super) struct People {
    pub ann: Secret,
    pub bob: Secret,
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
        let here = SecretScope::role(BuiltInRole::Admin).at(path_of(DATABASE)?);
        let admin = world.admin.scoped(&here);
        let db = world.db();
        let issuer = Issuer::new("https://sign-on.example")?;
        let audience = settle(db, &admin, &issuer)?;
        let app = &world.holder("jfk desk")?.secret;
        let [(_, of_ann), (_, of_bob)] = STAFF;
        let (ann, bob) = (login(db, app, "ann", of_ann)?, login(db, app, "bob", of_bob)?);
        let attempts = [("ann", "hers", of_ann), ("ann", "bob's", of_bob), ("zoe", "ann's", of_ann)];
        let logins = attempts.map(|(who, password, text)| {
            let outcome = login(db, app, who, text)?;
            Ok(Attempt {
                who,
                password,
                outcome: outcome.map_or_else(ToOwned::to_owned, |_| "a token".into()),
            })
        });
        let now = db.clock().now();
        let long_ago = now.saturating_sub(Duration::from_secs(2 * 3_600));
        let forger = Issuer::new(issuer.name)?;
        let no_token = |_| Failure::new("somebody of the demo could not log in");
        Ok(Self {
            ann: ann.map_err(no_token)?,
            bob: bob.map_err(no_token)?,
            ann_by_sign_on: issuer.jwt("ann", &audience, now),
            ann_long_ago: issuer.jwt("ann", &audience, long_ago),
            forged: forger.jwt("ann", &audience, now),
            logins: logins.into_iter().collect::<Result<_>>()?,
        })
    }
}

/// Makes the documents, their role and their passwords, and takes JWTs of the issuer for theirs. Returns for whom those have
/// to be.
fn settle(db: &Portunus, admin: &Secret, issuer: &Issuer) -> Result<String> {
    let mut hashes = Vec::new();
    for (name, password) in STAFF {
        hashes.push((name, db.hash_password(&Password::new(password)?)?));
    }
    let provider = Provider::new("sign-on", issuer.name)
        .jwks(issuer.key_set().to_string())
        .algorithm(ALGORITHM)
        .identity("staff", ["issuer", "subject"]);
    let role =
        Role::new(ROLE).member("staff").allow("flights", Action::Read).allow("flights", Action::Create);
    db.write(admin, |tx| tx.define(Collection::new("staff").unique(["name"]).unique(["issuer", "subject"])))?;
    let audience = db.write(admin, |tx| {
        for (name, hash) in &hashes {
            let document = serde_json::json!({"name": name, "issuer": issuer.name, "subject": name});
            tx.create_with_id("staff", name, &document)?;
            tx.set_credential("staff", name, hash, Sessions::End)?;
        }
        tx.define_role(&role)?;
        tx.define_provider(&provider)?;
        Ok(tx.provider("sign-on")?.map(|info| info.audience))
    })?;
    audience.ok_or_else(|| Failure::new("the provider of the demo is not there"))
}

/// A token for somebody, or the code of the error by which the login failed.
fn login(db: &Portunus, app: &Secret, name: &str, password: &str) -> Result<Result<Secret, &'static str>> {
    let login = Login::new("staff", by("name", name), &Password::new(password)?);
    Ok(db.login(app, login).map(|session| session.secret).map_err(|error| error.code()))
}
