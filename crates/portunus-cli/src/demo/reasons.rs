//! Why the callers of the demo see what they see: explanations of decisions, for an administrator, and how a list by rules is
//! found.

use super::eyes::SideBySide;
use super::people::{DATABASE, People, admin_of};
use super::world::World;
use crate::failure::Result;
use portunus::{Deed, Explanation, QueryPlan, Who};
use serde_json::json;

/// What was explained.
pub(super) struct Reasons {
    /// What comes of some deeds, and how the roles that somebody has bear on it.
    pub explanations: Vec<Explanation>,
    /// How the list of the flights that cho sees is found.
    pub plan: QueryPlan,
}

/// # Errors
/// What the store reports.
pub(super) fn of_decisions(world: &World, people: &People, side_by_side: &SideBySide) -> Result<Reasons> {
    let flight = side_by_side.flight.as_str();
    let questions = [
        ("ann", Deed::patch("flights", flight, json!({"owner": "bob"}))?),
        ("bob", Deed::read("flights", flight)),
    ];
    let mut explanations = Vec::new();
    for (name, deed) in questions {
        let who = Who::document("staff", name);
        let mut explanation = world.db().read(&admin_of(world, DATABASE)?, |tx| tx.explain(&who, &deed))?;
        // Those that are not held are left out here, for brevity.
        explanation.roles.retain(|role| role.is_held);
        explanations.push(explanation);
    }
    let plan = world.db().read(&people.cho, |tx| tx.query("flights").explain())?;
    Ok(Reasons { explanations, plan })
}
