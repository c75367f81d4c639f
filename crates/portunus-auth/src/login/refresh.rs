//! Carrying a login on: a refresh token against the next pair. It knows nothing of how a secret is proven.

use super::{Session, retried};
use crate::audit::{Author, Event, Events};
use crate::gate::Shared;
use crate::mac::MacKeys;
use crate::open::Renewal;
use crate::refusal::Refusal;
use crate::secret::{Issued, SecretKind};
use crate::token_record::{Purpose, Renewals, TokenRecord};
use crate::{CreatedToken, Gate, PrincipalKind, PublicId, Result, Secret};
use portunus_scope::{Durability, TreeWriter};

impl Gate {
    /// Gives the next session of a login for its refresh token, which proves itself like every secret, and is good for this
    /// once. The token that came with it ends: a login has one token and one refresh token at a time, and lasts no longer
    /// than its [terms](crate::RefreshTerms) say.
    ///
    /// A refresh token that is shown a second time is in the hands of two, and nobody can tell which of them is the thief: the
    /// login ends, with all its tokens. That goes also for one whose first answer was lost, and for two threads that show the
    /// same one at once. So a client asks once at a time, keeps the new one before it uses it, and logs in again where it
    /// cannot.
    ///
    /// ```
    /// # use portunus_auth::{Collection, Durability, Error, Gate, GateOptions, Password, Sessions, by};
    /// use portunus_auth::{Login, RefreshTerms};
    /// # let (gate, app) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let password = Password::new("correct horse")?;
    /// # let hash = gate.hash_password(&password)?;
    /// # let mut view = gate.begin_write(&app)?;
    /// # view.define(Collection::new("users").unique(["email"]))?;
    /// # view.create_with_id("users", "ann", serde_json::json!({"email": "ann@example.org"}))?;
    /// # view.set_credential("users", "ann", &hash, Sessions::End)?;
    /// # view.commit(Durability::Immediate)?;
    /// let login = Login::new("users", by("email", "ann@example.org"), &password);
    /// let first = gate.login(&app, login.refresh(RefreshTerms::default()))?;
    /// let refresh = first.refresh.expect("it was asked for").secret;
    /// let second = gate.refresh(&refresh)?;
    /// assert!(gate.begin_read(&second.secret).is_ok() && gate.begin_read(&first.secret).is_err());
    /// assert!(gate.refresh(&refresh).is_err(), "it was used already");
    /// assert!(gate.begin_read(&second.secret).is_err(), "and so the login has ended");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Unauthenticated` if it is good for nothing, for whatever reason: it is no refresh token, was used, has waited too
    /// long; its login or its document has ended; the password is disabled or deleted; the database is closed to it. As every
    /// write.
    pub fn refresh(&self, refresh_token: &Secret) -> Result<Session> {
        let shared = &self.shared;
        // A stranger is refused before anything begins to write.
        let known = shared.opener.renewal(&shared.tree.begin_read()?, refresh_token);
        known.map_err(|error| shared.told(error))?;
        retried(|| {
            let mut writer = shared.tree.begin_write()?;
            let renewal = shared.opener.renewal(&writer, refresh_token);
            match renewal.map_err(|error| shared.told(error))? {
                Renewal::Due(record, renewals) => {
                    let next = refresh_token.issue_next(shared.opener.keys())?;
                    let session = renew(&mut writer, shared.opener.keys(), next, (record.clone(), renewals))?;
                    let event = Event::LoginRenewed { refresh_token: record.id, token: session.id };
                    shared.commit_renewal(writer, &record, event)?;
                    Ok(session)
                }
                Renewal::Reused(record) => {
                    let tokens = end_login(&mut writer, &record)?;
                    record.delete(&mut writer)?;
                    let event = Event::RefreshTokenReused { refresh_token: record.id, tokens };
                    shared.commit_renewal(writer, &record, event)?;
                    Err(shared.told(Refusal::Reused.in_database(record.id, record.database)))
                }
            }
        })
    }
}

impl Shared {
    /// Commits what became of a refresh token, in the name of its holder.
    fn commit_renewal(&self, writer: TreeWriter, record: &TokenRecord, event: Event) -> Result<()> {
        let collection = writer.identity_collection(record.database, record.collection)?;
        let author = Author {
            proven_by: PrincipalKind::Token,
            id: record.id,
            database: record.database,
            collection: collection.as_deref(),
            document: Some(&record.document),
            procedure: None,
        };
        let events = Events::of(event);
        self.audit.commit(&self.tree, writer, author, &events, Durability::Immediate, || Ok(()))
    }
}

/// Puts the next pair of tokens in the place of the present one.
fn renew(
    writer: &mut TreeWriter,
    keys: &MacKeys,
    next: Issued,
    (record, renewals): (TokenRecord, Renewals),
) -> Result<Session> {
    end_login(writer, &record)?;
    let (now, until) = (writer.now(), renewals.login_ends);
    let expires_at = now.saturating_add(renewals.ttl).min(until);
    let (secret, access) = TokenRecord::issue(writer, keys, SecretKind::Token, |issued| TokenRecord {
        id: issued.id,
        tag: issued.tag,
        purpose: Purpose::Access,
        created_at: now,
        expires_at: Some(expires_at),
        family: Some(record.id),
        ..record.clone()
    })?;
    access.put(writer)?;
    let idle_until = Some(now.saturating_add(renewals.idle).min(until));
    TokenRecord { tag: next.tag, expires_at: idle_until, ..record }.put(writer)?;
    let refresh = CreatedToken { id: next.id, secret: next.secret, expires_at: idle_until };
    Ok(Session { id: access.id, secret, expires_at, refresh: Some(refresh) })
}

/// Ends the tokens of a login, but its refresh token, and tells which.
fn end_login(writer: &mut TreeWriter, refresh: &TokenRecord) -> Result<Vec<PublicId>> {
    let TokenRecord { database, collection, document, .. } = refresh;
    let tokens = TokenRecord::of_identity(writer, *database, *collection, document)?;
    let ended = tokens.iter().filter(|token| token.id != refresh.id && token.login() == Some(refresh.id));
    let end = |token: &TokenRecord| token.delete(writer).map(|()| token.id);
    ended.map(end).collect()
}
