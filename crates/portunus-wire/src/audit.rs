//! The audit log: whether it is kept, its records, and whether they are those that were written. It knows nothing of other nouns.

use crate::Answer;
use crate::instant::Instant;
use crate::operation::{Act, Ask};
use portunus::{AuditQuery, AuditRecord, AuditSettings as Settings, ReadView, Result, WriteView};
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// How many records an answer has if nothing else is asked for.
const RECORDS: usize = 100;

fn record_json(record: &AuditRecord) -> Json {
    // What is no JSON could not have been written.
    let event = serde_json::from_str::<Json>(&record.json).unwrap_or_default();
    json!({
        "sequence": record.sequence,
        "at": record.at.to_string(),
        "kind": record.kind,
        "principal": record.principal.map(|id| id.to_string()),
        "event": event,
        "hash": record.hash,
    })
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Audit {
    #[serde(default)]
    since: Option<Instant>,
    #[serde(default)]
    until: Option<Instant>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    principal: Option<String>,
    #[serde(default)]
    after: Option<u64>,
    #[serde(default)]
    newest_first: bool,
    #[serde(default)]
    limit: Option<usize>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditSettings {}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifyAudit {}

/// Null ends it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetAudit {
    settings: Option<Settings>,
}

impl Ask for Audit {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        let mut query = AuditQuery::default().limit(self.limit.unwrap_or(RECORDS));
        if let Some(since) = self.since {
            query = query.since(since.0);
        }
        if let Some(until) = self.until {
            query = query.until(until.0);
        }
        if let Some(kind) = &self.kind {
            query = query.kind(kind);
        }
        if let Some(id) = &self.principal {
            query = query.principal(id.parse()?);
        }
        if let Some(after) = self.after {
            query = query.after(after);
        }
        let query = if self.newest_first { query.newest_first() } else { query };
        Answer::of(&view.audit(&query)?.iter().map(record_json).collect::<Json>())
    }
}

impl Ask for AuditSettings {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        Answer::one(view.audit_settings()?, |settings| Answer::of(&settings))
    }
}

impl Ask for VerifyAudit {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        let chain = view.verify_audit()?;
        Answer::of(&json!({
            "whole": chain.first_break.is_none(),
            "records": chain.records,
            "head": chain.head,
            "first_break": chain.first_break,
        }))
    }
}

impl Act for SetAudit {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.set_audit(self.settings)?;
        Ok(Answer::done())
    }
}
