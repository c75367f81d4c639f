//! Which procedures a database has, and with which roles they run. It knows nothing of what they do.

use crate::Answer;
use crate::operation::{Act, Ask};
use portunus::{ProcedureInfo, ReadView, Result, WriteView};
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// A procedure as JSON.
#[must_use]
pub fn procedure_json(procedure: &ProcedureInfo) -> Json {
    json!({"name": procedure.name, "role": procedure.role.as_ref().map(ToString::to_string)})
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Procedures {}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DefineProcedure {
    name: String,
    #[serde(default)]
    role: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteProcedure {
    name: String,
}

impl Ask for Procedures {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        Answer::of(&view.procedures()?.iter().map(procedure_json).collect::<Json>())
    }
}

impl Act for DefineProcedure {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.define_procedure(&self.name, self.role.as_deref())?;
        Ok(Answer::done())
    }
}

impl Act for DeleteProcedure {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.delete_procedure(&self.name)?;
        Ok(Answer::done())
    }
}
