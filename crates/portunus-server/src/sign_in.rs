//! What takes more than one transaction: logins, refreshed logins, new passwords, procedures. It knows nothing of operations.

use crate::problem::Problem;
use crate::reply::Reply;
use crate::transaction::{Asked, Engine};
use axum::http::StatusCode;
use portunus::Value;
use portunus_wire::{LoginForm, PasswordForm, session_json};
use std::net::IpAddr;

impl Engine {
    /// Logs somebody in. Where the application says no other source, it is the other side of the connection; what headers say of it
    /// can be said by anybody.
    ///
    /// # Errors
    /// What is to be told.
    pub async fn login(&self, asked: Asked, peer: IpAddr) -> Result<Reply, Problem> {
        let (db, Asked { secret, body, .. }) = (self.db.clone(), asked);
        self.prove(&secret).await?;
        self.room
            .hash(move || {
                let session = db.login(&secret, LoginForm::read(&body)?.stated(&peer.to_string())?)?;
                Ok(Reply::json(StatusCode::OK, session_json(&session).to_string()))
            })
            .await
    }

    /// Carries a login on: its refresh token is the secret.
    ///
    /// # Errors
    /// What is to be told.
    pub async fn refresh(&self, asked: Asked) -> Result<Reply, Problem> {
        let (db, secret) = (self.db.clone(), asked.secret);
        let session = self.room.run(true, move || Ok(db.refresh(&secret)?)).await?;
        Ok(Reply::json(StatusCode::OK, session_json(&session).to_string()))
    }

    /// Sets the password of a document.
    ///
    /// # Errors
    /// What is to be told.
    pub async fn set_password(&self, asked: Asked) -> Result<Reply, Problem> {
        let (db, Asked { secret, parameters, body, .. }) = (self.db.clone(), asked);
        self.prove(&secret).await?;
        self.room
            .hash(move || {
                let (password, sessions) = PasswordForm::read(&body)?.stated()?;
                let hash = db.hash_password(&password)?;
                let named = |name| {
                    parameters.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
                };
                let (collection, id) =
                    (named("collection").unwrap_or_default(), named("id").unwrap_or_default());
                db.write(&secret, |tx| tx.set_credential(collection, id, &hash, sessions))?;
                Ok(Reply::json(StatusCode::OK, "{}"))
            })
            .await
    }

    /// Runs a procedure of the program that this server is part of.
    ///
    /// # Errors
    /// What is to be told.
    pub async fn call(&self, asked: Asked) -> Result<Reply, Problem> {
        let (db, Asked { secret, parameters, body, .. }) = (self.db.clone(), asked);
        self.room
            .run(true, move || {
                drop(db.begin_read(&secret)?);
                let arguments = match body.trim_ascii() {
                    "" => Value::Null,
                    text => Value::from_tagged_json(text).map_err(portunus::Error::from)?,
                };
                let name = parameters.first().map(|(_, value)| value.as_str()).unwrap_or_default();
                let answer: Value = db.call(&secret, name, arguments)?;
                let text = answer.to_tagged_json_text().map_err(portunus::Error::from)?;
                Ok(Reply::json(StatusCode::OK, text))
            })
            .await
    }
}
