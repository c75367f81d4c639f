//! The appends and reads of lists in a history, handed to `adya`: a checker for strict serializability that knows nothing of this
//! engine, nor of versions. It is the only file that names it.

use super::client::{Done, End, Event};
use super::deed::{Deed, Outcome};
use adya::{History, Opts, Valid, Workload};
use std::fmt::Write as _;
use std::time::Duration;

pub fn judge(events: &[Event], history: &[Done]) -> Result<(), String> {
    let text = describe(events, history);
    if text.is_empty() {
        return Ok(());
    }
    let history = History::from_json(&text).map_err(|error| format!("adya: {error:?}"))?;
    // A checker that runs out of time says `Unknown`: a busy machine must not decide.
    let opts = Opts { timeout: Duration::from_secs(600), ..Opts::default() };
    let report = adya::check(&history, Workload::ListAppend, &opts);
    match report.valid {
        Valid::True => Ok(()),
        _ => Err(format!("adya says {:?}: {:?}", report.valid, report.anomaly_types)),
    }
}

fn describe(events: &[Event], history: &[Done]) -> String {
    let mut text = String::new();
    for event in events {
        let (client, transaction, is_over) = match *event {
            Event::Invoked { client, transaction } => (client, transaction, false),
            Event::Ended { client, transaction } => (client, transaction, true),
        };
        let done = &history[transaction];
        if !done.deeds.iter().any(|(deed, _)| matches!(deed, Deed::Append(..) | Deed::ReadList(_))) {
            continue;
        }
        let kind = match (is_over, &done.end) {
            (false, _) => "invoke",
            (true, End::Committed | End::Read) => "ok",
            (true, End::Conflict | End::Unauthenticated | End::Refused) => "fail",
        };
        let steps = steps(done, is_over);
        writeln!(text, r#"{{"type":"{kind}","process":{client},"f":"txn","value":[{steps}]}}"#).unwrap();
    }
    text
}

fn steps(done: &Done, is_over: bool) -> String {
    let steps = done.deeds.iter().filter_map(|(deed, outcome)| match (deed, outcome) {
        (Deed::Append(list, value), _) => Some(format!(r#"["append",{list},{value}]"#)),
        (Deed::ReadList(list), Outcome::List(found)) if is_over => Some(format!(r#"["r",{list},{found:?}]"#)),
        (Deed::ReadList(list), _) => Some(format!(r#"["r",{list},null]"#)),
        _ => None,
    });
    steps.collect::<Vec<_>>().join(",")
}
