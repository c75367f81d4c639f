//! What the demo tells: tables for people, one object for programs. It shows no secret.

use super::eyes::{ATTEMPTS, Eyes, SideBySide};
use super::figures::Figures;
use super::lists::Lists;
use super::people::{Attempt, People};
use super::place::Place;
use super::reasons::Reasons;
use super::sights::{Seen, Sight};
use super::turns::Turn;
use super::world::World;
use crate::document_json::value_json;
use crate::failure::Result;
use crate::output::Output;
use crate::table::Table;
use portunus::Value;
use serde_json::{Value as Json, json};

/// All that was found.
pub(super) struct Report<'d> {
    pub place: &'d Place,
    pub world: &'d World,
    pub people: &'d People,
    pub sights: &'d [Sight],
    pub eyes: &'d SideBySide,
    pub reasons: &'d Reasons,
    pub turns: &'d [Turn],
    pub figures: &'d Figures,
}

/// # Errors
/// If the output cannot be written.
pub(super) fn show(report: &Report<'_>, output: &mut Output) -> Result {
    if output.is_json() {
        return output.json(&to_json(report)?);
    }
    section(output, "The tree of databases", &tree(report.world))?;
    section(output, "The secrets", &secrets(report.sights))?;
    section(output, "What each secret sees", &sees(report.sights))?;
    section(output, "What each secret may do", &may(report.sights))?;
    section(output, "What rules let each see of the flights in jfk and jfk/b6", &seen_by(&report.eyes.eyes))?;
    section(
        output,
        &format!("The flight {}, as each of them finds it", report.eyes.flight),
        &samples(&report.eyes.eyes),
    )?;
    section(output, "What becomes of attempts on it", &attempts(&report.eyes.eyes))?;
    output.line("Why so, as an administrator is told")?;
    for explanation in &report.reasons.explanations {
        output.line(&explanation.to_string())?;
    }
    output.line("How the flights are found that cho may see, as she is told who may see roles")?;
    output.line(&report.reasons.plan.to_string())?;
    section(output, "What comes of logins", &logins(&report.people.logins))?;
    section(output, "What becomes of open transactions", &turns(report.turns))?;
    section(output, "What it costs, beside raw redb (medians of the same run)", &costs(report.figures))?;
    section(output, "What rules cost (medians of the same run)", &rule_costs(&report.figures.lists))?;
    output.line("Go on from here")?;
    for command in commands(report.place) {
        output.line(&format!("  {command}"))?;
    }
    Ok(())
}

fn section(output: &mut Output, title: &str, table: &Table) -> Result {
    output.line(title)?;
    output.table(table)?;
    output.line("")
}

fn tree(world: &World) -> Table {
    let mut table = Table::new(["database", "imported documents"]).right([1]);
    for (path, count) in &world.documents {
        table.row([here_or(path), count.to_string()]);
    }
    table
}

fn secrets(sights: &[Sight]) -> Table {
    let mut table = Table::new(["secret", "what it is", "database", "role"]);
    for sight in sights {
        table.row([sight.name.clone(), sight.kind.into(), here_or(&sight.database), sight.role.clone()]);
    }
    table
}

fn sees(sights: &[Sight]) -> Table {
    let mut table = Table::new(["secret", "databases", "keys", "flights", "of B6", "JFK to LAX"]).right(1..6);
    for sight in sights {
        let mut row = vec![sight.name.clone()];
        match &sight.seen {
            Ok(seen) => row.extend(
                [seen.databases, seen.keys, seen.flights, seen.of_b6, seen.jfk_to_lax]
                    .map(|count| count.to_string()),
            ),
            Err(code) => row.push((*code).into()),
        }
        table.row(row);
    }
    table
}

fn may(sights: &[Sight]) -> Table {
    let mut table =
        Table::new(["secret", "create a flight", "delete one", "define a collection", "make a key"]);
    for sight in sights {
        let mut row = vec![sight.name.clone()];
        match &sight.seen {
            Ok(seen) => row.extend([seen.create, seen.delete, seen.define, seen.make_key].map(Into::into)),
            Err(code) => row.push((*code).into()),
        }
        table.row(row);
    }
    table
}

fn seen_by(eyes: &[Eyes]) -> Table {
    let headings = ["who", "database", "roles", "flights", "open", "internal", "confidential"];
    let mut table = Table::new(headings).right(3..7);
    for eyes in eyes {
        let [open, internal, confidential] = eyes.by_level;
        let counts = [open + internal + confidential, open, internal, confidential];
        let who = [eyes.name.into(), eyes.database.into(), eyes.roles.join(", ")];
        table.row(who.into_iter().chain(counts.map(|count| count.to_string())));
    }
    table
}

fn samples(eyes: &[Eyes]) -> Table {
    let mut table = Table::new(["who", "fields"]);
    for eyes in eyes {
        let fields = eyes.sample.as_ref().map(|flight| paths(&flight.value(), "").join(" "));
        table.row([eyes.name.to_owned(), fields.unwrap_or_else(|| "not there".into())]);
    }
    table
}

/// The paths to all values in an object that are none themselves.
fn paths(value: &Value, at: &str) -> Vec<String> {
    let Some(object) = value.as_object() else { return vec![at.to_owned()] };
    let below = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    object.iter().flat_map(|(name, value)| paths(value, &below(name))).collect()
}

fn attempts(eyes: &[Eyes]) -> Table {
    let names = eyes.iter().map(|eyes| eyes.name);
    let mut table = Table::new(std::iter::once("attempt").chain(names));
    for (number, (attempt, _)) in ATTEMPTS.iter().enumerate() {
        let outcomes = eyes.iter().map(|eyes| eyes.outcomes.get(number).copied().unwrap_or_default());
        table.row(std::iter::once(*attempt).chain(outcomes));
    }
    table
}

fn logins(logins: &[Attempt]) -> Table {
    let mut table = Table::new(["name", "password", "outcome"]);
    for attempt in logins {
        table.row([attempt.who, attempt.password, &attempt.outcome]);
    }
    table
}

fn turns(turns: &[Turn]) -> Table {
    let mut table = Table::new(["transaction", "before", "then", "after"]);
    for turn in turns {
        table.row([turn.what, &turn.before, turn.event, &turn.after]);
    }
    table
}

fn costs(figures: &Figures) -> Table {
    let mut table = Table::new(["measured", "Portunus", "raw redb", "ratio"]).right(1..4);
    table.row([
        "open with a secret, get by id".into(),
        format!("{:.0} ns", figures.get_ns),
        format!("{:.0} ns", figures.raw_get_ns),
        format!("{:.2} (below 1: faster)", figures.get_ratio()),
    ]);
    table.row([
        "durable commits, 64 writers".into(),
        format!("{:.0} /s", figures.commits64_per_s),
        format!("{:.0} /s", figures.raw_commits_per_s),
        format!("{:.1} (above 1: faster)", figures.commit64_ratio()),
    ]);
    table.row([
        "durable commits, one writer".into(),
        format!("{:.0} /s", figures.commits1_per_s),
        format!("{:.0} /s", figures.raw_commits_per_s),
        format!("{:.2} (above 1: faster)", figures.commits1_per_s / figures.raw_commits_per_s),
    ]);
    table.row([
        "the same in one phase".into(),
        String::new(),
        format!("{:.0} /s", figures.raw_one_phase_commits_per_s),
        String::new(),
    ]);
    table.row([
        "documents counted by a scan".into(),
        format!("{:.0} /s", figures.scan_documents_per_s),
        String::new(),
        String::new(),
    ]);
    table
}

fn rule_costs(lists: &Lists) -> Table {
    let mut table =
        Table::new(["measured, for each document", "with a rule", "beside it", "ratio"]).right(1..4);
    let mut row = |what: &str, with: f64, without: f64| {
        let ratio = format!("{:.2}", with / without);
        table.row([what.into(), format!("{with:.0} ns"), format!("{without:.0} ns"), ratio]);
    };
    row("list what a rule allows, beside raw redb along an index", lists.list_ns, lists.raw_list_ns);
    row("the same, beside an administrator along the index", lists.list_ns, lists.admin_list_ns);
    row("ask a rule of every document, beside an administrator", lists.scan_ns, lists.admin_scan_ns);
    table
}

/// Commands that go on with the store.
fn commands(place: &Place) -> Vec<String> {
    let program = std::env::args().next().unwrap_or_else(|| "portunus".into());
    let key = quoted(&place.key_file().display().to_string());
    let with = |command: &str| format!("{} {command} --secret-file {key}", quoted(&program));
    vec![
        format!("export PORTUNUS_STORE={}", quoted(&place.store().display().to_string())),
        with("whoami"),
        with("db list"),
        with("scan flights --index origin,dest --equal JFK --equal LAX --limit 5"),
        with("scan flights --count --in jfk/b6 --as server-readonly"),
        with("whoami --in jfk --as @doc/staff/ann"),
        with("scan flights --in jfk --as @doc/staff/ann --limit 5"),
        with("scan flights --in jfk/b6 --as @doc/staff/dan --index level --equal 2"),
        with("key create --role server-readonly --for lga --expires 30d"),
        with("check"),
    ]
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./+:,@".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn here_or(path: &str) -> String {
    if path.is_empty() { "(root)".into() } else { path.into() }
}

fn to_json(report: &Report<'_>) -> Result<Json> {
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
        "explore": commands(report.place),
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
        "list_ns": rounded(lists.list_ns),
        "raw_list_ns": rounded(lists.raw_list_ns),
        "admin_list_ns": rounded(lists.admin_list_ns),
        "scan_ratio": rounded(lists.scan_ratio()),
        "scan_ns": rounded(lists.scan_ns),
        "admin_scan_ns": rounded(lists.admin_scan_ns),
    })
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_word_stays_one_word_in_a_shell() {
        for (word, expected) in
            [("a/b-c.d", "a/b-c.d"), ("a b", "'a b'"), ("it's", r"'it'\''s'"), ("", "''"), ("$x", "'$x'")]
        {
            assert_eq!(quoted(word), expected);
        }
    }
}
