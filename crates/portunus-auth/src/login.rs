//! Logins: from a password to a token. Each takes several transactions, because a password takes longer to try than one
//! should; it knows nothing of how a document is found, nor how a token is stored.

mod by;
mod failure;
mod refresh;
mod terms;
mod throttles;

pub(crate) use by::Named;
pub use by::{By, by};
pub(crate) use failure::LoginFailure;
pub use terms::{LOGIN_SOURCE_BYTES_MAX, Login, RefreshTerms, SESSION_TTL, SESSION_TTL_MAX, Session};

use crate::open::Running;
use crate::password::{Hasher, Verified};
use crate::view::{Candidate, Sessions, Trial};
use crate::{Error, Gate, GateOptions, Password, PasswordHash, PasswordPolicy, Result, Secret};
use portunus_scope::Durability;
use std::borrow::Borrow;
use throttles::Throttles;

/// How often a transaction of a login is run at the most that gets into a conflict with another one.
const ATTEMPTS_MAX: u32 = 16;

/// What all logins of a store share.
pub(crate) struct Logins {
    hasher: Hasher,
    policy: PasswordPolicy,
    throttles: Throttles,
}

/// Whose rights a login needs: those of the holder of a secret, or of the procedure that runs for it.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'c> {
    pub(crate) secret: &'c Secret,
    pub(crate) procedure: Option<&'c Running>,
}

/// A password that was the right one a moment ago.
struct ProvenPassword {
    candidate: Candidate,
    /// Whether its hash should be made anew.
    is_outdated: bool,
}

impl Logins {
    /// # Errors
    /// None that the limits of parameters leave room for.
    pub(crate) fn new(options: &GateOptions) -> Result<Self> {
        Ok(Self {
            hasher: Hasher::new(options.hash_parameters, options.hashes_at_once)?,
            policy: options.passwords.clone(),
            throttles: Throttles::new(options.throttle_credential, options.throttle_source),
        })
    }
}

impl Gate {
    /// Logs somebody in by a password: gives a token for the document that it belongs to.
    ///
    /// The secret is the application's own: its holder must have the rights to read credentials and to create tokens. Every
    /// login that fails costs one hash and gives the same error, whether there is nobody of that name, no password, a
    /// disabled one, or another one.
    ///
    /// Each attempt is counted before the password is looked at, by the name it is for and by the
    /// [source](Login::source) that it comes from. A right password gives its attempt back. Somebody who keeps
    /// trying passwords for a user so keeps that user waiting too, but never longer than for the next attempt to be free, and
    /// never for good; tokens and refresh tokens are not concerned. The limit of a source is there to end this: it stops
    /// whoever tries from one place, for however many names.
    ///
    /// ```
    /// # use portunus_auth::{Collection, Durability, Error, Gate, GateOptions, Sessions};
    /// use portunus_auth::{ErrorKind, Login, Password, by};
    /// # let (gate, app) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let password = Password::new("correct horse")?;
    /// # let hash = gate.hash_password(&password)?;
    /// # let mut view = gate.begin_write(&app)?;
    /// # view.define(Collection::new("users").unique(["email"]))?;
    /// # view.create_with_id("users", "ann", serde_json::json!({"email": "ann@example.org"}))?;
    /// # view.set_credential("users", "ann", &hash, Sessions::End)?;
    /// # view.commit(Durability::Immediate)?;
    /// let ann = gate.login(&app, Login::new("users", by("email", "ann@example.org"), &password))?;
    /// assert!(gate.begin_read(&ann.secret).is_ok());
    /// let wrong = Password::new("battery staple")?;
    /// let hashes = gate.hashes();
    /// for name in ["ann@example.org", "nobody@example.org"] {
    ///     let refused = gate.login(&app, Login::new("users", by("email", name), &wrong)).unwrap_err();
    ///     assert_eq!((refused.kind(), refused.code()), (ErrorKind::InvalidSecret, "invalid_secret"));
    /// }
    /// assert_eq!(gate.hashes(), hashes + 2);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Unauthenticated`; `Denied`; `NotFound` if there is no such collection; `Invalid` or `Limit` if it has no such unique
    /// index, or if the login asks for what no login can have; `Throttled`; `WrongCredentials`; `Limit` if too many
    /// passwords wait to be tried already, or the document has too many tokens; as every write.
    pub fn login(&self, secret: &Secret, login: impl Borrow<Login>) -> Result<Session> {
        self.login_as(Caller { secret, procedure: None }, login.borrow())
    }

    /// Whether a password is the right one. It is tried as a login tries it: counted, with one hash whatever the answer, and
    /// wrong for everybody who is not there.
    ///
    /// ```
    /// # use portunus_auth::{Collection, Durability, Error, Gate, GateOptions, Password, Sessions};
    /// use portunus_auth::By;
    /// # let (gate, app) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let password = Password::new("correct horse")?;
    /// # let hash = gate.hash_password(&password)?;
    /// # let mut view = gate.begin_write(&app)?;
    /// # view.define(Collection::new("users"))?;
    /// # view.create_with_id("users", "ann", serde_json::json!({}))?;
    /// # view.set_credential("users", "ann", &hash, Sessions::End)?;
    /// # view.commit(Durability::Immediate)?;
    /// assert!(gate.verify_password(&app, "users", &By::id("ann"), &password)?);
    /// assert!(!gate.verify_password(&app, "users", &By::id("bob"), &password)?);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Denied` if the caller may not read credentials; else as [`Gate::login`], but `WrongCredentials`.
    pub fn verify_password(
        &self,
        secret: &Secret,
        collection: &str,
        by: &By,
        password: &Password,
    ) -> Result<bool> {
        self.verify_as(Caller { secret, procedure: None }, collection, by, password)
    }

    /// Changes the password of a token's own identity, which every holder of a token may that knows the present one.
    ///
    /// [`Sessions::End`] ends the token that it is called with as well: its holder logs in again, with the new password.
    ///
    /// ```
    /// # use portunus_auth::{Collection, Durability, Error, Gate, GateOptions, Login, Password, by};
    /// use portunus_auth::{ErrorKind, Sessions};
    /// # let (gate, app) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let old = Password::new("correct horse")?;
    /// # let hash = gate.hash_password(&old)?;
    /// # let mut view = gate.begin_write(&app)?;
    /// # view.define(Collection::new("users").unique(["email"]))?;
    /// # view.create_with_id("users", "ann", serde_json::json!({"email": "ann@example.org"}))?;
    /// # view.set_credential("users", "ann", &hash, Sessions::End)?;
    /// # view.commit(Durability::Immediate)?;
    /// # let ann = gate.login(&app, Login::new("users", by("email", "ann@example.org"), &old))?;
    /// let new = Password::new("battery staple")?;
    /// gate.change_password(&ann.secret, &old, &new, Sessions::EndElsewhere)?;
    /// let again = gate.change_password(&ann.secret, &old, &new, Sessions::EndElsewhere);
    /// assert_eq!(again.map_err(|error| error.kind()), Err(ErrorKind::InvalidSecret));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Unauthenticated`; `Denied` if the secret is not a token; `Invalid` if the new password breaks the
    /// [policy](GateOptions::passwords); `Throttled`; `WrongCredentials` if the present one is wrong, disabled, or not
    /// there; as every write.
    pub fn change_password(
        &self,
        token: &Secret,
        present: &Password,
        new: &Password,
        sessions: Sessions,
    ) -> Result<()> {
        let caller = Caller { secret: token, procedure: None };
        self.begin_read(token)?.try_for(Trial::Own)?;
        self.shared.logins.policy.check(new)?;
        let proven = self.prove_password(caller, Trial::Own, present, None)?;
        let hash = self.shared.logins.hasher.hash(new)?;
        retried(|| {
            let mut view = self.begin_write(token)?;
            view.change_own_password(&proven.candidate, &hash, sessions)?;
            view.commit(Durability::Immediate)
        })
    }

    /// Hashes a password that somebody wants to have from now on, for [`set_credential`](crate::WriteView::set_credential).
    /// That takes a while: it is done before a transaction begins.
    ///
    /// ```
    /// use portunus_auth::{Gate, GateOptions, Password, PasswordPolicy};
    /// let passwords = PasswordPolicy::new().at_least(12)?;
    /// let (gate, _) = Gate::create_in_memory(&GateOptions { passwords, ..GateOptions::default() })?;
    /// assert!(gate.hash_password(&Password::new("correct")?).is_err(), "it is too short");
    /// let hash = gate.hash_password(&Password::new("correct horse")?)?;
    /// assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    /// # Ok::<(), portunus_auth::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Invalid` if the password breaks the [policy](GateOptions::passwords); `Limit` if too many wait already.
    pub fn hash_password(&self, password: &Password) -> Result<PasswordHash> {
        self.shared.logins.policy.check(password)?;
        self.shared.logins.hasher.hash(password)
    }

    /// How many password hashes were worked out since the store was opened. What must look the same costs the same: tests
    /// count it, and operators watch it.
    #[must_use]
    pub fn hashes(&self) -> u64 {
        self.shared.logins.hasher.hashes()
    }

    pub(crate) fn login_as(&self, caller: Caller<'_>, login: &Login) -> Result<Session> {
        let trial = Trial::Login(login);
        let proven = self.prove_password(caller, trial, &login.password, login.source.as_deref())?;
        let raised = match proven.is_outdated {
            true => Some(self.shared.logins.hasher.hash(&login.password)?),
            false => None,
        };
        retried(|| {
            let mut view = self.write_as(caller.secret, caller.procedure)?;
            let session = view.begin_session(login, &proven.candidate, raised.as_ref())?;
            view.commit(Durability::Immediate)?;
            Ok(session)
        })
    }

    pub(crate) fn verify_as(
        &self,
        caller: Caller<'_>,
        collection: &str,
        by: &By,
        password: &Password,
    ) -> Result<bool> {
        match self.prove_password(caller, Trial::Verify { collection, by }, password, None) {
            Ok(_) => Ok(true),
            Err(Error::WrongCredentials) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Tries a password: counted first, then exactly one hash, and whatever the answer is, it is still so at the end.
    fn prove_password(
        &self,
        caller: Caller<'_>,
        trial: Trial<'_>,
        password: &Password,
        source: Option<&str>,
    ) -> Result<ProvenPassword> {
        let Logins { hasher, throttles, .. } = &self.shared.logins;
        let tree = &self.shared.tree;
        let _span = tracing::debug_span!("try_password").entered();
        let look = || {
            let view = self.read_as(caller.secret, caller.procedure)?;
            Ok::<_, Error>((view.try_for(trial)?, view.caller()))
        };
        let (tried, caller) = look()?;
        let told = || trial.told(&caller, tried.document.clone());
        let attempt = throttles.attempt(&tried, source)?;
        throttles.take(tree, &attempt).inspect_err(|error| {
            if matches!(error, Error::Throttled { .. }) {
                self.shared.password_failed(&caller, told(), LoginFailure::Throttled);
            }
        })?;
        let hash = tried.found.as_ref().ok().and_then(|candidate| candidate.credential.hash());
        let verified = hasher.verify(password, hash.as_ref());
        if !matches!(verified, Ok(Verified::Wrong)) {
            throttles.give_back(tree, &attempt);
        }
        let verified = verified?;
        let (now, _) = look()?;
        let failure = match (tried.found, verified) {
            (Ok(candidate), Verified::Right | Verified::Outdated) => match now.found {
                Ok(still) if still.is(&candidate) => {
                    return Ok(ProvenPassword { candidate, is_outdated: verified == Verified::Outdated });
                }
                Ok(_) | Err(_) => LoginFailure::Changed,
            },
            (Ok(_), Verified::Wrong) if hash.is_none() => LoginFailure::UnusableHash,
            (Ok(_), Verified::Wrong) => LoginFailure::Wrong,
            (Err(failure), _) => failure,
        };
        Err(self.shared.password_failed(&caller, trial.told(&caller, tried.document), failure))
    }
}

/// Runs a transaction of a login until it meets no conflict, or has been run too often. No password is hashed in it.
fn retried<T>(mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    let mut made = 1;
    loop {
        match attempt() {
            Err(error) if error.is_retryable() && made < ATTEMPTS_MAX => made += 1,
            done => return done,
        }
        std::thread::yield_now();
    }
}

#[cfg(test)]
mod tests;
