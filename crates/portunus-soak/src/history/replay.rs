//! Replays a history in the order of its commits: every transaction must have been told what the model says at its place, under the
//! policy of that place. It knows nothing of how the history came to be.

use super::client::{Done, End};
use super::state::State;
use std::collections::BTreeMap;

/// Judges a history, and tells how many of its transactions ran to their end.
pub fn judge(start: &State, history: &[Done]) -> Result<u64, String> {
    let mut order: Vec<(usize, &Done)> = history.iter().enumerate().collect();
    // Whoever did not commit is judged at the state in which it began, so after the one that made it.
    order.sort_by_key(|(_, done)| (done.version, !commits(done)));
    let mut state = start.clone();
    let mut last = 0;
    let mut told = 0;
    let mut changes_of_policy = BTreeMap::new();
    for (number, done) in order {
        let named = |problem: String| format!("transaction {number} of secret {}: {problem}", done.secret);
        let fail = |problem: String| Err(named(problem));
        if done.acted_revoked {
            return fail(format!("it acted after its secret had been revoked: {done:?}"));
        }
        if done.end == End::Refused {
            continue;
        }
        if done.begun < done.acknowledged_before {
            return fail("it began in a state older than what had been acknowledged".to_owned());
        }
        if commits(done) {
            if done.version <= last {
                return fail(format!("version {} was given twice", done.version));
            }
            last = done.version;
            changes_of_policy.insert(done.version, done.deeds.iter().any(|(deed, _)| deed.decides()));
            retell(&mut state, done).map_err(named)?;
        } else {
            retell(&mut state.clone(), done).map_err(named)?;
        }
        told += u64::from(matches!(done.end, End::Committed | End::Read));
    }
    for (number, done) in history.iter().enumerate() {
        let is_over = matches!(done.end, End::Unauthenticated | End::Refused);
        if is_over && state.opens(done.secret) {
            return Err(format!("transaction {number}: secret {} was refused and opens", done.secret));
        }
        let changed = changes_of_policy.range(done.begun + 1..).any(|(_, changed)| *changed);
        if done.cut_off && done.end == End::Conflict && !changed {
            return Err(format!("transaction {number} was cut off, and nothing that decides has changed"));
        }
    }
    Ok(told)
}

/// Whether it has a place of its own in the order.
fn commits(done: &Done) -> bool {
    done.end == End::Committed && done.version > done.begun
}

fn retell(state: &mut State, done: &Done) -> Result<(), String> {
    if !state.opens(done.secret) {
        return Err("its secret opens nothing at its place".to_owned());
    }
    for (place, (deed, told)) in done.deeds.iter().enumerate() {
        match state.expect(done.secret, deed) {
            Some(expected) if expected == *told => {}
            expected => {
                let at = done.version;
                return Err(format!(
                    "deed {place} at {at}, {deed:?}, was told {told:?}, and not {expected:?}"
                ));
            }
        }
    }
    Ok(())
}
