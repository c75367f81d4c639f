//! Procedures: what the program does for a caller, with another role in the place of the caller's own. It decides nothing:
//! who may call one, and what it may then do, is found where every secret is resolved.

use crate::login::{By, Caller, Login, Session};
use crate::open::Running;
use crate::policy::Lasting;
use crate::principal::Principal;
use crate::value_limit::check_value;
use crate::view::{ReadView, WriteView};
use crate::{Error, Gate, Password, PasswordHash, Result, Secret};
use portunus_scope::{Value, to_value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// The most bytes of a procedure's name.
const NAME_BYTES_MAX: usize = 128;
/// The most bytes that the arguments of a call may take as a document.
const ARGUMENTS_BYTES_MAX: usize = 1 << 20;
/// The most nested levels of the arguments of a call.
const ARGUMENTS_DEPTH_MAX: usize = 32;

/// What runs when a procedure is called.
type Body = dyn Fn(&Call<'_>, Value) -> Result<Value> + Send + Sync;

/// A procedure of the program, under the name by which databases and callers know it.
///
/// With two of them, everybody can be given a key by which strangers sign up and log in, and that does nothing else:
///
/// ```
/// use portunus_auth::{
///     Action, By, Collection, Durability, Error, Gate, GateOptions, Login, NewKey, Password, Procedure, Resource, Role,
///     Secret, Sessions, by,
/// };
/// use serde_json::json;
///
/// let sign_up = Procedure::new("sign_up", |call, (email, password): (String, String)| {
///     let hash = call.hash_password(&Password::new(password)?)?; // before the transaction: it takes a while
///     let mut view = call.begin_write()?;
///     let user = view.create("users", json!({"email": email}))?;
///     view.set_credential("users", user.id(), &hash, Sessions::End)?;
///     view.commit(Durability::Immediate)?;
///     Ok(user.id().to_owned())
/// });
/// let login = Procedure::new("login", |call, (email, password): (String, String)| {
///     let password = Password::new(password)?;
///     let session = call.login(Login::new("users", by("email", email), &password))?;
///     Ok(session.secret.expose().to_owned())
/// });
/// assert_eq!(login.name(), "login");
/// let options = GateOptions { procedures: vec![sign_up, login], ..GateOptions::default() };
/// let (gate, admin) = Gate::create_in_memory(&options)?;
///
/// let mut view = gate.begin_write(&admin)?;
/// view.define(Collection::new("users").unique(["email"]))?;
/// view.define_role(
///     Role::new("registrar")
///         .allow("users", Action::Create)
///         .allow_every(Resource::Credential, Action::Create),
/// )?;
/// view.define_role(
///     Role::new("doorkeeper")
///         .allow_every(Resource::Credential, Action::Read)
///         .allow_every(Resource::Token, Action::Create),
/// )?;
/// view.define_procedure("sign_up", Some("registrar"))?;
/// view.define_procedure("login", Some("doorkeeper"))?;
/// view.define_role(Role::new("public").allow_call("sign_up").allow_call("login"))?;
/// let public = view.create_key(NewKey::new("public"))?.secret;
/// view.commit(Durability::Immediate)?;
///
/// let ann = ("ann@example.org", "correct horse");
/// let id: String = gate.call(&public, "sign_up", ann)?;
/// let token: String = gate.call(&public, "login", ann)?;
/// let me = gate.begin_read(&Secret::new(token))?.principal()?.identity().cloned();
/// assert_eq!(me.map(|me| me.document().to_owned()), Some(id.clone()));
///
/// let wrong = gate.call::<_, String>(&public, "login", ("ann@example.org", "battery staple"));
/// assert!(matches!(wrong, Err(Error::WrongCredentials)));
/// assert!(gate.begin_write(&public)?.create("users", json!({})).is_err(), "not by itself");
/// assert!(gate.verify_password(&public, "users", &By::id(id), &Password::new("guess")?).is_err());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Procedure {
    name: Arc<str>,
    body: Arc<Body>,
}

/// One call of a procedure: what its body has in hand. Its transactions are the caller's, with the procedure's role.
///
/// ```
/// use portunus_auth::{Error, Gate, GateOptions, Procedure};
/// use portunus_auth::{By, Password};
/// let who = Procedure::new("who", |call, (): ()| {
///     let guess = call.verify_password("users", &By::id("ann"), &Password::new("correct horse")?);
///     assert!(guess.is_err(), "this procedure has no right to try one");
///     let view = call.begin_read()?;
///     assert_eq!(call.name(), "who");
///     Ok(view.principal()?.roles()[0].to_string())
/// });
/// let options = GateOptions { procedures: vec![who], ..GateOptions::default() };
/// let (gate, admin) = Gate::create_in_memory(&options)?;
/// let mut view = gate.begin_write(&admin)?;
/// view.define_procedure("who", Some("none"))?;
/// view.commit(portunus_auth::Durability::Immediate)?;
/// assert_eq!(gate.call::<_, String>(&admin, "who", ())?, "none");
/// # Ok::<(), Error>(())
/// ```
pub struct Call<'c> {
    gate: &'c Gate,
    secret: &'c Secret,
    running: Running,
}

impl Procedure {
    /// A procedure whose body takes and gives values of the program's own types.
    pub fn new<A: DeserializeOwned, R: Serialize>(
        name: impl Into<String>,
        body: impl Fn(&Call<'_>, A) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        let body = move |call: &Call<'_>, arguments: Value| {
            let arguments = portunus_scope::from_value(&arguments)?;
            Ok(to_value(&body(call, arguments)?)?)
        };
        Self { name: Arc::from(name.into()), body: Arc::new(body) }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Call<'_> {
    /// Begins to read, as the caller with the role of the procedure.
    ///
    /// # Errors
    /// As [`Gate::begin_read`]; `Denied` if the caller may not call the procedure any more.
    pub fn begin_read(&self) -> Result<ReadView> {
        self.gate.read_as(self.secret, Some(&self.running))
    }

    /// Begins to write, as the caller with the role of the procedure.
    ///
    /// # Errors
    /// As [`Call::begin_read`]; `ReadOnly` while the store refuses writes.
    pub fn begin_write(&self) -> Result<WriteView> {
        self.gate.write_as(self.secret, Some(&self.running))
    }

    /// Logs somebody in by a password, as [`Gate::login`] does, by the rights of the procedure's role.
    ///
    /// # Errors
    /// As there; `Denied` also if the caller may not call the procedure any more.
    pub fn login(&self, login: impl Borrow<Login>) -> Result<Session> {
        self.gate.login_as(self.caller(), login.borrow())
    }

    /// Whether a password is the right one, as [`Gate::verify_password`] tells, by the rights of the procedure's role.
    ///
    /// # Errors
    /// As there; `Denied` also if the caller may not call the procedure any more.
    pub fn verify_password(&self, collection: &str, by: &By, password: &Password) -> Result<bool> {
        self.gate.verify_as(self.caller(), collection, by, password)
    }

    /// Hashes a password that somebody wants to have from now on, as [`Gate::hash_password`] does.
    ///
    /// # Errors
    /// As there.
    pub fn hash_password(&self, password: &Password) -> Result<PasswordHash> {
        self.gate.hash_password(password)
    }

    /// The name of the procedure.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.running.name
    }

    fn caller(&self) -> Caller<'_> {
        Caller { secret: self.secret, procedure: Some(&self.running) }
    }
}

impl Gate {
    /// Runs a procedure for the holder of a secret.
    ///
    /// # Errors
    /// `Unauthenticated`; `Denied` if the holder may not call it, whether or not there is one; `NotFound` if the database
    /// or the program has none of this name; `Invalid` or `Limit` if the arguments are not what it takes; what its body
    /// returns.
    pub fn call<A: Serialize, R: DeserializeOwned>(
        &self,
        secret: &Secret,
        name: &str,
        arguments: A,
    ) -> Result<R> {
        let view = self.begin_read(secret)?;
        let arguments = Arc::new(to_value(&arguments)?);
        check_value("arguments of a procedure", &arguments, ARGUMENTS_DEPTH_MAX, ARGUMENTS_BYTES_MAX)?;
        let _: Lasting = view.policy()?.require_call(name, &arguments)?;
        let procedure = self.shared.procedures.find(name)?;
        let running = Running { name: procedure.name.clone(), arguments: arguments.clone() };
        let call = Call { gate: self, secret, running };
        // Whether the database has it, and the role that it runs with, before anything of it runs.
        let _: &Principal = call.begin_read()?.principal()?;
        let result = (procedure.body)(&call, Arc::unwrap_or_clone(arguments))?;
        Ok(portunus_scope::from_value(&result)?)
    }
}

/// The procedures of the program, by name.
pub(crate) struct Procedures(HashMap<Arc<str>, Procedure>);

impl Procedures {
    /// # Errors
    /// `Invalid` or `Limit` if a name can be none; `AlreadyExists` if two procedures have the same.
    pub(crate) fn of(all: &[Procedure]) -> Result<Self> {
        let mut by_name = HashMap::new();
        for procedure in all {
            check_procedure_name(&procedure.name)?;
            if by_name.insert(procedure.name.clone(), procedure.clone()).is_some() {
                return Err(Error::AlreadyExists("procedure"));
            }
        }
        Ok(Self(by_name))
    }

    fn find(&self, name: &str) -> Result<&Procedure> {
        self.0.get(name).ok_or(Error::NotFound("procedure"))
    }
}

/// The rule for names of procedures: that of program code.
///
/// # Errors
/// `Invalid` or `Limit`.
pub(crate) fn check_procedure_name(name: &str) -> Result<()> {
    if name.len() > NAME_BYTES_MAX {
        return Err(Error::Limit { what: "procedure name", actual: name.len(), max: NAME_BYTES_MAX });
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !name.bytes().all(fits) || !name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
    {
        return Err(Error::invalid(
            "procedure name",
            "only letters, digits and '_' are allowed, not first a digit",
        ));
    }
    Ok(())
}

impl fmt::Debug for Procedure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Procedure").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Call").field("name", &self.running.name).finish_non_exhaustive()
    }
}
