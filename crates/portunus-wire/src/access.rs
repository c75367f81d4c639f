//! What becomes of roles: compared, checked, renamed, deleted, rolled back. It knows nothing of what a role says.

use crate::Answer;
use crate::operation::{Act, Ask};
use crate::roles::{changes, extent};
use portunus::{ReadView, Result, RoleSet, WriteView};
use serde::Deserialize;
use serde_json::{Value as Json, json};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompareRoles {
    roles: RoleSet,
    #[serde(default)]
    prune: bool,
}

/// The roles that there are, or those that are given.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckRoles {
    #[serde(default)]
    roles: Option<RoleSet>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleVersions {}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleVersion {
    number: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RollBackRoles {
    number: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenameRole {
    role: String,
    new_name: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteRole {
    role: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeletePredicate {
    predicate: String,
}

impl Ask for CompareRoles {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        changes(&view.compare_roles(&self.roles, extent(self.prune))?)
    }
}

impl Ask for CheckRoles {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        let found = view.check_roles(self.roles.as_ref())?;
        let shown = found.iter().map(|finding| {
            json!({"severity": finding.severity.to_string(), "entry": finding.entry.to_string(), "problem": finding.problem, "rule": finding.rule()})
        });
        Answer::of(&shown.collect::<Json>())
    }
}

impl Ask for RoleVersions {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        let shown = |version: &portunus::RoleVersion| json!({"number": version.number, "at": version.at.to_string(), "by": version.by.to_string()});
        Answer::of(&view.role_versions()?.iter().map(shown).collect::<Json>())
    }
}

impl Ask for RoleVersion {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        Answer::one(view.role_set_at(self.number)?, |set| Answer::of(&set))
    }
}

impl Act for RollBackRoles {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        changes(&view.roll_back_roles(self.number)?)
    }
}

impl Act for RenameRole {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.rename_role(&self.role, &self.new_name)?;
        Ok(Answer::done())
    }
}

impl Act for DeleteRole {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.delete_role(&self.role)?;
        Ok(Answer::done())
    }
}

impl Act for DeletePredicate {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.delete_predicate(&self.predicate)?;
        Ok(Answer::done())
    }
}
