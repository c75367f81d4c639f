//! Procedures of an application: closures that a caller runs with another role than its own. It runs and retries their
//! transactions; who may call one, and with which role, is decided below.

use crate::{By, Durability, Login, Password, PasswordHash, ReadView, Result, Session, WriteView, retry};
use portunus_auth::{Call as Begun, Procedure};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// One call of a procedure: what its closure has in hand. Its transactions are the caller's, with the procedure's role in
/// the place of the caller's own: the identity stays the caller's, and a caller that is revoked meanwhile goes no further.
///
/// ```
/// use portunus::{Action, Collection, NewKey, Portunus, Role};
/// use serde_json::json;
///
/// let (db, admin) = Portunus::builder()
///     .procedure("sign_up", |call, name: String| {
///         assert_eq!(call.name(), "sign_up");
///         let user = call.write(|tx| tx.create("users", json!({"name": name})))?;
///         let there = call.read(|tx| tx.query("users").count())?;
///         Ok((user.id().to_owned(), there))
///     })
///     .in_memory()?;
/// let public = db.write(&admin, |tx| {
///     tx.define(Collection::new("users"))?;
///     tx.define_role(Role::new("registrar").allow("users", Action::Create).allow("users", Action::Read))?;
///     tx.define_procedure("sign_up", Some("registrar"))?;
///     tx.define_role(Role::new("public").allow_call("sign_up"))?;
///     tx.create_key(NewKey::new("public"))
/// })?;
/// // This key can be given to everybody: it signs up, and does nothing else.
/// let (id, there): (String, usize) = db.call(&public.secret, "sign_up", "ann")?;
/// assert_eq!((id.len(), there), (36, 1));
/// assert!(db.write(&public.secret, |tx| tx.create("users", json!({}))).is_err());
/// # Ok::<(), portunus::Error>(())
/// ```
pub struct Call<'c> {
    pub(crate) begun: &'c Begun<'c>,
    pub(crate) running: Running,
}

/// How transactions are run.
#[derive(Clone, Copy)]
pub(crate) struct Running {
    pub(crate) durability: Durability,
    pub(crate) attempts_max: u32,
}

/// A procedure of the application, that waits to be told how its transactions are run.
pub(crate) type Unfinished = Arc<dyn Fn(Running) -> Procedure + Send + Sync>;

impl Call<'_> {
    /// Runs a closure on one state of the store, as [`Portunus::read`](crate::Portunus::read) does.
    ///
    /// # Errors
    /// As there; `Denied` if the caller may not call the procedure any more.
    pub fn read<T>(&self, run: impl FnOnce(&ReadView) -> Result<T>) -> Result<T> {
        run(&self.begun.begin_read()?)
    }

    /// Runs a closure in a transaction and commits it, as [`Portunus::write`](crate::Portunus::write) does: again, if it
    /// meets a conflict.
    ///
    /// # Errors
    /// As there; `Denied` if the caller may not call the procedure any more.
    pub fn write<T>(&self, mut run: impl FnMut(&mut WriteView) -> Result<T>) -> Result<T> {
        retry::run(self.running.attempts_max, || {
            let mut view = self.begun.begin_write()?;
            let done = run(&mut view)?;
            view.commit(self.running.durability)?;
            Ok(done)
        })
    }

    /// Logs somebody in, with the rights of the procedure's role: see [`Portunus::login`](crate::Portunus::login).
    ///
    /// ```
    /// use portunus::{Action, Collection, Login, NewKey, Password, Portunus, Resource, Role, Sessions, by};
    /// use serde_json::json;
    ///
    /// let (db, admin) = Portunus::builder()
    ///     .procedure("sign_up", |call, (email, password): (String, String)| {
    ///         let hash = call.hash_password(&Password::new(password)?)?;
    ///         call.write(|tx| {
    ///             let user = tx.create("users", json!({"email": email}))?;
    ///             tx.set_credential("users", user.id(), &hash, Sessions::End)
    ///         })
    ///     })
    ///     .procedure("login", |call, (email, password): (String, String)| {
    ///         let password = Password::new(password)?;
    ///         let session = call.login(Login::new("users", by("email", email), &password))?;
    ///         Ok(session.secret.expose().to_owned())
    ///     })
    ///     .in_memory()?;
    /// let public = db.write(&admin, |tx| {
    ///     tx.define(Collection::new("users").unique(["email"]))?;
    ///     tx.define_procedure("sign_up", Some("server"))?;
    ///     tx.define_procedure("login", Some("server"))?;
    ///     tx.define_role(Role::new("public").allow_call("sign_up").allow_call("login"))?;
    ///     tx.create_key(NewKey::new("public"))
    /// })?;
    /// let ann = ("ann@example.org", "correct horse");
    /// db.call::<_, ()>(&public.secret, "sign_up", ann)?;
    /// let token: String = db.call(&public.secret, "login", ann)?;
    /// let me = db.read(&token.into(), |tx| Ok(tx.principal()?.identity().cloned()))?;
    /// assert_eq!(me.as_ref().map(|me| me.collection()), Some("users"));
    /// # Ok::<(), portunus::Error>(())
    /// ```
    ///
    /// # Errors
    /// As there; `Denied` if the caller may not call the procedure any more.
    pub fn login(&self, login: impl Borrow<Login>) -> Result<Session> {
        self.begun.login(login)
    }

    /// Whether a password is the right one: see [`Portunus::verify_password`](crate::Portunus::verify_password).
    ///
    /// ```
    /// # use portunus::{By, Password, Portunus};
    /// let builder = Portunus::builder().procedure("is_mine", |call, (id, password): (String, String)| {
    ///     call.verify_password("users", &By::id(id), &Password::new(password)?)
    /// });
    /// # let (db, admin) = builder.in_memory()?;
    /// # Ok::<(), portunus::Error>(())
    /// ```
    ///
    /// # Errors
    /// As there.
    pub fn verify_password(&self, collection: &str, by: &By, password: &Password) -> Result<bool> {
        self.begun.verify_password(collection, by, password)
    }

    /// Hashes a password: see [`Portunus::hash_password`](crate::Portunus::hash_password).
    ///
    /// # Errors
    /// As there.
    pub fn hash_password(&self, password: &Password) -> Result<PasswordHash> {
        self.begun.hash_password(password)
    }

    /// The name of the procedure.
    #[must_use]
    pub fn name(&self) -> &str {
        self.begun.name()
    }
}

pub(crate) fn unfinished<A: DeserializeOwned, R: Serialize>(
    name: String,
    body: impl Fn(&Call<'_>, A) -> Result<R> + Send + Sync + 'static,
) -> Unfinished {
    let body = Arc::new(body);
    Arc::new(move |running| {
        let body = body.clone();
        Procedure::new(name.clone(), move |begun: &Begun<'_>, arguments: A| {
            body(&Call { begun, running }, arguments)
        })
    })
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("name", &self.name()).finish_non_exhaustive()
    }
}
