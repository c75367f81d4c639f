//! Logging in, carrying a login on, changing one's password: what takes several transactions, handed down as it is.

use crate::{By, Login, Password, PasswordHash, Portunus, Result, Secret, Session, Sessions};
use std::borrow::Borrow;

impl Portunus {
    /// Logs somebody in by a password: gives a token for the document that it belongs to. `app` is a secret of the
    /// application's own, with the rights to read credentials and to create tokens.
    ///
    /// Every login that fails costs one hash and gives the same error, and each attempt is counted before the password is
    /// looked at, by the name it is for and by the [source](Login::source) that it comes from.
    ///
    /// ```
    /// use portunus::{Collection, Login, Password, Portunus, RefreshTerms, Sessions, by};
    /// let (db, app) = Portunus::in_memory()?;
    /// let password = Password::new("correct horse")?;
    /// let hash = db.hash_password(&password)?; // it takes a while: before the transaction, not in it
    /// db.write(&app, |tx| {
    ///     tx.define(Collection::new("users").unique(["email"]))?;
    ///     let ann = tx.create("users", serde_json::json!({"email": "ann@example.org"}))?;
    ///     tx.set_credential("users", ann.id(), &hash, Sessions::End)
    /// })?;
    /// let login = Login::new("users", by("email", "ann@example.org"), &password);
    /// let session = db.login(&app, login.refresh(RefreshTerms::default()))?;
    /// assert!(db.read(&session.secret, |tx| Ok(tx.principal()?.identity().is_some()))?);
    /// let renewed = db.refresh(&session.refresh.expect("it was asked for").secret)?;
    /// assert!(db.begin_read(&session.secret).is_err() && db.begin_read(&renewed.secret).is_ok());
    /// # Ok::<(), portunus::Error>(())
    /// ```
    ///
    /// # Errors
    /// `WrongCredentials` for every login that fails; `Throttled` with the time to wait; `Unauthenticated` and `Denied` if
    /// `app` may not log anybody in; `NotFound`, `Invalid` or `Limit` if the login asks for what no login can have.
    pub fn login(&self, app: &Secret, login: impl Borrow<Login>) -> Result<Session> {
        self.gate().login(app, login)
    }

    /// Gives the next session of a login for its refresh token, which is good for this once. One that is shown a second time
    /// ends the login, with all its tokens.
    ///
    /// # Errors
    /// `Unauthenticated` if it is good for nothing, for whatever reason; as every write.
    pub fn refresh(&self, refresh_token: &Secret) -> Result<Session> {
        self.gate().refresh(refresh_token)
    }

    /// Whether a password is the right one, tried as a login tries it.
    ///
    /// ```
    /// # use portunus::{By, Collection, Password, Portunus, Sessions};
    /// # let (db, app) = Portunus::in_memory()?;
    /// # let password = Password::new("correct horse")?;
    /// # let hash = db.hash_password(&password)?;
    /// # db.write(&app, |tx| {
    /// #     tx.define(Collection::new("users"))?;
    /// #     tx.create_with_id("users", "ann", serde_json::json!({}))?;
    /// #     tx.set_credential("users", "ann", &hash, Sessions::End)
    /// # })?;
    /// assert!(db.verify_password(&app, "users", &By::id("ann"), &password)?);
    /// # Ok::<(), portunus::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Denied` if the secret may not read credentials; else as [`Portunus::login`], but `WrongCredentials`.
    pub fn verify_password(
        &self,
        app: &Secret,
        collection: &str,
        by: &By,
        password: &Password,
    ) -> Result<bool> {
        self.gate().verify_password(app, collection, by, password)
    }

    /// Changes the password of a token's own identity, which every holder of a token may that knows the present one.
    ///
    /// ```
    /// # use portunus::{By, Collection, Login, Password, Portunus, Sessions};
    /// # let (db, app) = Portunus::in_memory()?;
    /// # let old = Password::new("correct horse")?;
    /// # let hash = db.hash_password(&old)?;
    /// # db.write(&app, |tx| {
    /// #     tx.define(Collection::new("users"))?;
    /// #     tx.create_with_id("users", "ann", serde_json::json!({}))?;
    /// #     tx.set_credential("users", "ann", &hash, Sessions::End)
    /// # })?;
    /// # let ann = db.login(&app, Login::new("users", By::id("ann"), &old))?;
    /// let new = Password::new("battery staple")?;
    /// db.change_password(&ann.secret, &old, &new, Sessions::EndElsewhere)?;
    /// assert!(db.verify_password(&app, "users", &By::id("ann"), &new)?);
    /// # Ok::<(), portunus::Error>(())
    /// ```
    ///
    /// # Errors
    /// `WrongCredentials` if the present one is wrong; `Invalid` if the new one breaks the policy; `Denied` if the secret is
    /// not a token; `Throttled`; as every write.
    pub fn change_password(
        &self,
        token: &Secret,
        present: &Password,
        new: &Password,
        sessions: Sessions,
    ) -> Result<()> {
        self.gate().change_password(token, present, new, sessions)
    }

    /// Hashes a password that somebody wants to have from now on, for
    /// [`set_credential`](crate::WriteView::set_credential).
    ///
    /// # Errors
    /// `Invalid` if the password breaks the policy; `Limit` if too many wait already.
    pub fn hash_password(&self, password: &Password) -> Result<PasswordHash> {
        self.gate().hash_password(password)
    }

    /// Has the key sets of access providers fetched in the background, as far as they are not there, so that the first token of
    /// each need not wait for that. Only some are fetched at a time, and no more than a thousand providers are looked at: call
    /// it again for the next ones. The others are fetched when somebody comes.
    ///
    /// ```
    /// let (db, _) = portunus::Portunus::in_memory()?;
    /// db.prefetch_key_sets()?;
    /// # Ok::<(), portunus::Error>(())
    /// ```
    ///
    /// # Errors
    /// As every read. A set that cannot be fetched is fetched again when a token asks for it.
    pub fn prefetch_key_sets(&self) -> Result<()> {
        self.gate().prefetch_key_sets()
    }
}
