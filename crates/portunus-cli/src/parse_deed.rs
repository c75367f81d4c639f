//! Whom somebody asks about and what they do, as it is typed. It knows nothing of stores.

use crate::document_json::read_value;
use crate::failure::{Failure, Result};
use crate::parse::named;
use clap::Args;
use portunus::{Action, Deed, PublicId, Resource, Value, Who};

/// Whom a question is about.
#[derive(Args)]
pub struct WhoArgs {
    /// Whom: COLLECTION/ID for an identity document, role:NAME (or role:NAME,NAME), key:ID, or claims:PROVIDER
    #[arg(value_name = "WHO")]
    who: String,
    /// The claims of a holder of claims:PROVIDER
    #[arg(long, value_name = "JSON")]
    claims: Option<String>,
}

/// What a question is about.
#[derive(Args)]
pub struct DeedArgs {
    /// The action: read, create, create_with_id, write, delete, list_ids, call; on things of a kind also explain
    #[arg(value_name = "ACTION", value_parser = |text: &str| named(&Action::ALL, "action", text))]
    action: Action,
    /// What it is on: COLLECTION/ID, COLLECTION for whichever of its documents, or the name of a procedure
    #[arg(value_name = "ON", required_unless_present = "every")]
    on: Option<String>,
    /// Everything of a kind, in the place of ON: document, collection, database, key, token, credential, role,
    /// access_provider, procedure, audit
    #[arg(long, value_name = "KIND", conflicts_with = "on",
        value_parser = |text: &str| named(&Resource::ALL, "kind of thing", text))]
    every: Option<Resource>,
    /// To create: the document
    #[arg(long, value_name = "JSON")]
    document: Option<String>,
    /// To write: what is merged into the document
    #[arg(long, value_name = "JSON", conflicts_with_all = ["document", "replace"])]
    change: Option<String>,
    /// To write: what takes the place of the document
    #[arg(long, value_name = "JSON", conflicts_with = "document")]
    replace: Option<String>,
    /// To call: what the procedure is called with
    #[arg(long, value_name = "JSON", conflicts_with_all = ["document", "change", "replace"])]
    args: Option<String>,
}

impl WhoArgs {
    /// Whom.
    ///
    /// # Errors
    /// If it is nobody of these.
    pub fn stated(&self) -> Result<Who> {
        let text = self.who.as_str();
        if let Some(provider) = text.strip_prefix("claims:") {
            let claims =
                self.claims.as_deref().ok_or_else(|| Failure::usage("give the claims with --claims"))?;
            return Ok(Who::claims(provider, read_value(claims)?)?);
        }
        if self.claims.is_some() {
            return Err(Failure::usage("claims are those of claims:PROVIDER"));
        }
        if let Some(roles) = text.strip_prefix("role:") {
            return Ok(Who::roles(roles.split(','))?);
        }
        if let Some(key) = text.strip_prefix("key:") {
            return Ok(Who::key(key.parse::<PublicId>()?));
        }
        match text.split_once('/') {
            Some((collection, id)) => Ok(Who::document(collection, id)),
            None => Err(Failure::usage(format!(
                "{text:?} is nobody: write COLLECTION/ID, role:NAME, key:ID or claims:PROVIDER"
            ))),
        }
    }
}

impl DeedArgs {
    /// What is done.
    ///
    /// # Errors
    /// If the parts do not go together.
    pub fn stated(&self) -> Result<Deed> {
        self.check()?;
        let action = self.action;
        if let Some(resource) = self.every {
            return Ok(Deed::on_every(resource, action)?);
        }
        let on = self.on.as_deref().unwrap_or_default();
        let value = |text: &Option<String>| text.as_deref().map(read_value).transpose();
        let place = on.split_once('/');
        let usage = |problem: &str| Err(Failure::usage(problem));
        match (action, place) {
            (Action::Call, _) => Ok(Deed::call(on, value(&self.args)?.unwrap_or(Value::Null))?),
            (Action::Create | Action::CreateWithId, place) => match (value(&self.document)?, place) {
                (Some(document), Some((collection, id))) => {
                    Ok(Deed::create_with_id(collection, id, document)?)
                }
                (Some(document), None) => Ok(Deed::create(on, document)?),
                (None, Some(_)) => usage("give the document to create with --document"),
                (None, None) => Ok(Deed::on_any(on, action)?),
            },
            (action, None) => Ok(Deed::on_any(on, action)?),
            (Action::Read, Some((collection, id))) => Ok(Deed::read(collection, id)),
            (Action::ListIds, Some((collection, id))) => Ok(Deed::see_id(collection, id)),
            (Action::Delete, Some((collection, id))) => Ok(Deed::delete(collection, id)),
            (Action::Write, Some((collection, id))) => match (value(&self.change)?, value(&self.replace)?) {
                (Some(patch), _) => Ok(Deed::patch(collection, id, patch)?),
                (None, Some(whole)) => Ok(Deed::replace(collection, id, whole)?),
                (None, None) => usage("say what is to be written with --change or --replace"),
            },
            (action, Some(_)) => {
                Err(Failure::usage(format!("{action} is nothing that is done to a document")))
            }
        }
    }

    /// That no value is given which plays no part.
    fn check(&self) -> Result {
        let is_create = matches!(self.action, Action::Create | Action::CreateWithId);
        let is_single = self.on.as_ref().is_some_and(|on| on.contains('/'));
        let given = [
            ("--document", self.document.is_some(), is_create && self.every.is_none()),
            ("--change", self.change.is_some(), self.action == Action::Write && is_single),
            ("--replace", self.replace.is_some(), self.action == Action::Write && is_single),
            ("--args", self.args.is_some(), self.action == Action::Call && self.every.is_none()),
        ];
        match given.into_iter().find(|(_, is_given, is_used)| *is_given && !is_used) {
            Some((option, ..)) => Err(Failure::usage(format!("{option} plays no part here"))),
            None => Ok(()),
        }
    }
}
