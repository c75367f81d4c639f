//! What the demo tells: tables for people, one object for programs. It shows no secret.

mod json;

use super::eyes::{ATTEMPTS, Eyes, SideBySide};
use super::figures::Figures;
use super::lists::Lists;
use super::people::{Attempt, People};
use super::place::Place;
use super::reasons::Reasons;
use super::sights::Sight;
use super::turns::Turn;
use super::world::World;
use crate::failure::Result;
use crate::output::Output;
use crate::table::Table;
use portunus::Value;

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
        return output.json(&json::of(report)?);
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
    output.line("How the flights are found that cho may see, as she is told who may ask why")?;
    output.line(&report.reasons.plan.to_string())?;
    section(output, "What comes of logins", &logins(&report.people.logins))?;
    section(output, "What becomes of open transactions", &turns(report.turns))?;
    section(output, "What it costs, beside raw redb (medians of the same run)", &costs(report.figures))?;
    section(output, "What rules cost (medians of the same run)", &rule_costs(&report.figures.lists))?;
    output.line("Go on from here")?;
    for command in commands(report) {
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
    let mut row = |what: &str, ns: (f64, f64), ratio: f64| {
        let (with, without) = ns;
        table.row([what.into(), format!("{with:.0} ns"), format!("{without:.0} ns"), format!("{ratio:.2}")]);
    };
    let ns = |other| (lists.list_ns, other);
    row("list what a rule allows, beside the same index range", ns(lists.admin_list_ns), lists.list_ratio());
    row("the same, beside that range in raw redb", ns(lists.raw_list_ns), lists.raw_list_ratio());
    let ns = (lists.scan_ns, lists.admin_scan_ns);
    row("ask a rule of every document, beside asking none", ns, lists.scan_ratio());
    table
}

/// Commands that go on with the store.
fn commands(report: &Report<'_>) -> Vec<String> {
    let place = report.place;
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
        with("scan flights --in jfk/b6 --as @doc/staff/dan --index level --equal 1 --limit 3"),
        with(&format!(
            "explain staff/bob read {} --in jfk",
            quoted(&format!("flights/{}", report.eyes.flight))
        )),
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
