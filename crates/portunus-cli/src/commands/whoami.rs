//! `whoami`: who one is to the store by the secret in hand. It knows nothing of what may be done with it.

use super::token;
use crate::args::Common;
use crate::document_json::value_json;
use crate::failure::Result;
use crate::output::Output;
use crate::parse::optional_instant;
use crate::session::Session;
use crate::table::Table;
use clap::Args;
use portunus::{Principal, PrincipalKind, RoleName, Token};
use serde_json::{Value as Json, json};

/// Show whom the secret stands for, be it a key, a token or a JWT
#[derive(Args)]
pub struct Whoami {}

impl Whoami {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let session = Session::open(common)?;
        let (who, token) = session.read(|tx| {
            let who = tx.principal()?.clone();
            let is_token = who.kind() == PrincipalKind::Token;
            let token = if is_token { tx.token(who.id())? } else { None };
            Ok((who, token))
        })?;
        let claims = who.claims().map(value_json).transpose()?;
        if output.is_json() {
            return output.json(&to_json(&who, token.as_ref(), claims.as_ref())?);
        }
        let mut properties = vec![
            ("kind".to_owned(), who.kind().to_string()),
            ("id".to_owned(), who.id().to_string()),
            ("roles".to_owned(), dash_if_empty(roles(&who).join(" "))),
            ("database".to_owned(), who.database().to_owned()),
            ("document".to_owned(), dash_if_empty(document(&who).unwrap_or_default())),
        ];
        if let Some(scope) = who.scope() {
            properties.push(("scope".into(), scope.to_string()));
        }
        if let Some(token) = &token {
            properties.push(("created".into(), token.created_at.to_string()));
            properties.push(("data".into(), token::data(token)?));
        }
        properties.push(("expires".into(), optional_instant(who.expires_at())));
        for (name, value) in claims.iter().filter_map(Json::as_object).flatten() {
            let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            properties.push((format!("claim {name}"), text));
        }
        output.table(&Table::of_properties(properties))
    }
}

fn to_json(who: &Principal, token: Option<&Token>, claims: Option<&Json>) -> Result<Json> {
    Ok(json!({
        "kind": who.kind().to_string(),
        "id": who.id().to_string(),
        "roles": roles(who),
        "database": who.database(),
        "identity": who.identity().map(|own| json!({"collection": own.collection(), "document": own.document()})),
        "scope": who.scope().map(ToString::to_string),
        "expires_at": who.expires_at().map(|at| at.to_string()),
        "token": token.map(token::to_json).transpose()?,
        "claims": claims,
    }))
}

fn roles(who: &Principal) -> Vec<String> {
    who.roles().iter().map(RoleName::to_string).collect()
}

fn document(who: &Principal) -> Option<String> {
    who.identity().map(|own| format!("{}/{}", own.collection(), own.document()))
}

fn dash_if_empty(text: String) -> String {
    if text.is_empty() { "-".into() } else { text }
}
