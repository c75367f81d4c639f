//! Who one is, and who can do what, and why. It knows nothing of how that is decided.

use crate::instant::text_of;
use crate::operation::Ask;
use crate::tokens::token_json;
use crate::{Answer, Tagged};
use portunus::{Action, Deed as Asked, PrincipalKind, ReadView, Resource, Result, Who as Asker};
use serde::Deserialize;
use serde_json::json;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whoami {}

/// Whether somebody may do something, and which rules say so.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Explain {
    who: Who,
    deed: Deed,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhatCan {
    who: Who,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhoCan {
    deed: Deed,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Who {
    Document { collection: String, id: String },
    Roles(Vec<String>),
    Key(String),
    Claims { provider: String, claims: Tagged },
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Deed {
    Read { collection: String, id: String },
    SeeId { collection: String, id: String },
    Delete { collection: String, id: String },
    Create { collection: String, id: Option<String>, value: Tagged },
    Replace { collection: String, id: String, value: Tagged },
    Patch { collection: String, id: String, patch: Tagged },
    Call { procedure: String, arguments: Tagged },
    Any { collection: String, action: Action },
    Every { resource: Resource, action: Action },
}

impl Who {
    fn stated(&self) -> Result<Asker> {
        match self {
            Self::Document { collection, id } => Ok(Asker::document(collection, id)),
            Self::Roles(names) => Asker::roles(names),
            Self::Key(id) => Ok(Asker::key(id.parse()?)),
            Self::Claims { provider, claims } => Asker::claims(provider, &claims.0),
        }
    }
}

impl Deed {
    fn stated(&self) -> Result<Asked> {
        match self {
            Self::Read { collection, id } => Ok(Asked::read(collection, id)),
            Self::SeeId { collection, id } => Ok(Asked::see_id(collection, id)),
            Self::Delete { collection, id } => Ok(Asked::delete(collection, id)),
            Self::Create { collection, id: None, value } => Asked::create(collection, &value.0),
            Self::Create { collection, id: Some(id), value } => {
                Asked::create_with_id(collection, id, &value.0)
            }
            Self::Replace { collection, id, value } => Asked::replace(collection, id, &value.0),
            Self::Patch { collection, id, patch } => Asked::patch(collection, id, &patch.0),
            Self::Call { procedure, arguments } => Asked::call(procedure, &arguments.0),
            Self::Any { collection, action } => Asked::on_any(collection, *action),
            Self::Every { resource, action } => Asked::on_every(*resource, *action),
        }
    }
}

impl Ask for Whoami {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        let who = view.principal()?;
        let is_token = who.kind() == PrincipalKind::Token;
        let token = if is_token { view.token(who.id())? } else { None };
        let roles: Vec<String> = who.roles().iter().map(ToString::to_string).collect();
        let identity =
            |own: &portunus::Identity| json!({"collection": own.collection(), "document": own.document()});
        let claims = who.claims().map(portunus::Value::to_tagged_json).transpose()?;
        Answer::of(&json!({
            "kind": who.kind().to_string(),
            "id": who.id().to_string(),
            "roles": roles,
            "database": who.database(),
            "identity": who.identity().map(identity),
            "scope": who.scope().map(ToString::to_string),
            "expires_at": text_of(who.expires_at()),
            "token": token.as_ref().map(token_json).transpose()?,
            "claims": claims,
        }))
    }
}

impl Ask for Explain {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        Answer::of(&view.explain(&self.who.stated()?, &self.deed.stated()?)?)
    }
}

impl Ask for WhatCan {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        Answer::of(&view.what_can(&self.who.stated()?)?)
    }
}

impl Ask for WhoCan {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        Answer::of(&view.who_can(&self.deed.stated()?)?)
    }
}
