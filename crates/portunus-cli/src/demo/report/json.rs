//! What the demo tells programs: one object. It shows no secret.

use super::Report;
use crate::demo::eyes::{ATTEMPTS, Eyes};
use crate::demo::sights::{Seen, Sight};
use crate::document_json::value_json;
use crate::failure::Result;
use serde_json::{Value as Json, json};

/// All of it, as one object.
///
/// # Errors
/// None for what was stored.
pub(super) fn of(report: &Report<'_>) -> Result<Json> {
    let documents = report.world.documents.iter();
    Ok(json!({
        "store": report.place.store().display().to_string(),
        "key_file": report.place.key_file().display().to_string(),
        "databases": documents.map(|(path, count)| json!({"path": path, "documents": count})).collect::<Json>(),
        "secrets": report.sights.iter().map(sight).collect::<Json>(),
        "eyes": {
            "flight": report.eyes.flight,
            "callers": report.eyes.eyes.iter().map(eyes).collect::<Result<Json>>()?,
        },
        "explanations": report.reasons.explanations,
        "plan": report.reasons.plan,
        "logins": report.people.logins.iter().map(|attempt| json!({
            "who": attempt.who, "password": attempt.password, "outcome": attempt.outcome,
        })).collect::<Json>(),
        "turns": report.turns.iter().map(|turn| json!({
            "what": turn.what, "before": turn.before, "then": turn.event, "after": turn.after,
        })).collect::<Json>(),
        "figures": figures(report),
        "explore": super::commands(report),
    }))
}

fn eyes(eyes: &Eyes) -> Result<Json> {
    let [open, internal, confidential] = eyes.by_level;
    let outcomes = ATTEMPTS
        .iter()
        .zip(&eyes.outcomes)
        .map(|((attempt, _), outcome)| ((*attempt).to_owned(), json!(outcome)));
    Ok(json!({
        "name": eyes.name, "database": eyes.database, "roles": eyes.roles,
        "flights": open + internal + confidential,
        "open": open, "internal": internal, "confidential": confidential,
        "sample": eyes.sample.as_ref().map(|flight| value_json(&flight.value())).transpose()?,
        "attempts": outcomes.collect::<serde_json::Map<_, _>>(),
    }))
}

fn sight(sight: &Sight) -> Json {
    let mut object = json!({
        "name": sight.name, "kind": sight.kind, "database": sight.database, "role": sight.role,
        "opens": sight.seen.is_ok(),
    });
    let more = match &sight.seen {
        Err(code) => vec![("error", json!(code))],
        Ok(seen) => vec![("sees", seen_json(seen)), ("may", may_json(seen))],
    };
    if let Some(object) = object.as_object_mut() {
        object.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    object
}

fn seen_json(seen: &Seen) -> Json {
    json!({
        "databases": seen.databases, "collections": seen.collections, "keys": seen.keys,
        "flights": seen.flights, "flights_of_b6": seen.of_b6, "flights_jfk_to_lax": seen.jfk_to_lax,
    })
}

fn may_json(seen: &Seen) -> Json {
    json!({"create": seen.create, "delete": seen.delete, "define": seen.define, "make_key": seen.make_key})
}

fn figures(report: &Report<'_>) -> Json {
    let figures = report.figures;
    let lists = &figures.lists;
    let rounded = |value: f64| json!((value * 1_000.0).round() / 1_000.0);
    json!({
        "documents": report.world.documents_total(),
        "import_s": rounded(report.world.import_time.as_secs_f64()),
        "get_ratio": rounded(figures.get_ratio()),
        "get_ns": rounded(figures.get_ns),
        "raw_get_ns": rounded(figures.raw_get_ns),
        "commit64_ratio": rounded(figures.commit64_ratio()),
        "commits64_per_s": rounded(figures.commits64_per_s),
        "commits1_per_s": rounded(figures.commits1_per_s),
        "raw_commits_per_s": rounded(figures.raw_commits_per_s),
        "raw_one_phase_commits_per_s": rounded(figures.raw_one_phase_commits_per_s),
        "scan_documents_per_s": rounded(figures.scan_documents_per_s),
        "list_ratio": rounded(lists.list_ratio()),
        "raw_list_ratio": rounded(lists.raw_list_ratio()),
        "list_ns": rounded(lists.list_ns),
        "raw_list_ns": rounded(lists.raw_list_ns),
        "admin_list_ns": rounded(lists.admin_list_ns),
        "scan_ratio": rounded(lists.scan_ratio()),
        "scan_ns": rounded(lists.scan_ns),
        "admin_scan_ns": rounded(lists.admin_scan_ns),
    })
}
