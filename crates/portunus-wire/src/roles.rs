//! Roles and the predicates that they call, as one set: read, and changed to what a set says. It knows nothing of their history.

use crate::Answer;
use crate::operation::{Act, Ask};
use portunus::{Extent, ReadView, Result, RoleChange, RoleSet, WriteView};
use serde::Deserialize;
use serde_json::Value as Json;

/// What became of roles, or would: a line each, as people read them.
pub(crate) fn changes(changes: &[RoleChange]) -> Result<Answer> {
    Answer::of(&changes.iter().map(|change| Json::from(change.to_string())).collect::<Json>())
}

/// Whether roles that a set does not name are to be deleted.
pub(crate) fn extent(prune: bool) -> Extent {
    if prune { Extent::All } else { Extent::Named }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Roles {}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplyRoles {
    roles: RoleSet,
    #[serde(default)]
    prune: bool,
}

impl Ask for Roles {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        Answer::of(&view.role_set()?)
    }
}

impl Act for ApplyRoles {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        changes(&view.apply_roles(&self.roles, extent(self.prune))?)
    }
}
