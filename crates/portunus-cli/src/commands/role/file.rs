//! `role export`, `diff`, `check` and `apply`: all roles at once, as a file.

use super::shown;
use crate::args::Common;
use crate::confirm::confirm;
use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::role_file::{FilePlace, RoleFile, written};
use crate::session::Session;
use portunus::{Error, Extent, Fate, Finding, ReadView, RoleChange, Severity};
use std::path::Path;

/// Writes all roles as a file.
pub fn export(common: &Common, output: &mut Output) -> Result {
    let set = Session::open(common)?.read(ReadView::role_set)?;
    if output.is_json() {
        let value = serde_json::to_value(&set);
        return output.json(&value.map_err(|error| Failure::new(error.to_string()))?);
    }
    let text = written(&set)?;
    output.raw(text.as_bytes())
}

/// Shows what a file would change.
pub fn diff(file: &Path, prune: bool, common: &Common, output: &mut Output) -> Result {
    let file = RoleFile::read(file)?;
    let changes = Session::open(common)?.read(|tx| tx.compare_roles(&file.set, extent(prune)))?;
    tell_if_none(&changes, output);
    shown::changes(&changes, output)
}

/// Shows what is wrong with a file, or with the roles that are there.
pub fn check(file: Option<&Path>, common: &Common, output: &mut Output) -> Result {
    let file = file.map(RoleFile::read).transpose()?;
    let found = Session::open(common)?.read(|tx| tx.check_roles(file.as_ref().map(|file| &file.set)))?;
    let found = placed(file.as_ref(), found);
    if output.is_json() {
        output.json(&found.iter().map(|(finding, place)| shown::finding_json(finding, *place)).collect())?;
    } else {
        let name = file.as_ref().map(RoleFile::name);
        found.iter().try_for_each(|(it, place)| output.line(&shown::finding(it, name, *place)))?;
        if found.is_empty() {
            output.note("nothing is wrong with the roles");
        }
    }
    match found.iter().filter(|(finding, _)| finding.severity == Severity::Error).count() {
        0 => Ok(()),
        1 => Err(Failure::new("there is an error in the roles")),
        errors => Err(Failure::new(format!("there are {errors} errors in the roles"))),
    }
}

/// Changes the roles to those of a file.
pub fn apply(file: &Path, prune: bool, dry_run: bool, common: &Common, output: &mut Output) -> Result {
    let file = RoleFile::read(file)?;
    let session = Session::open(common)?;
    refuse_errors(&file, &session)?;
    let extent = extent(prune);
    let changes = session.read(|tx| tx.compare_roles(&file.set, extent))?;
    let applied = if dry_run {
        session.begin_write()?.apply_roles(&file.set, extent)?
    } else {
        confirm_removal(&changes, common)?;
        session.write(|tx| tx.apply_roles(&file.set, extent))?
    };
    session.close()?;
    told(&applied, dry_run, output)
}

/// Shows what was done, or would be.
pub fn told(changes: &[RoleChange], dry_run: bool, output: &mut Output) -> Result {
    tell_if_none(changes, output);
    shown::changes(changes, output)?;
    if !changes.is_empty() && !output.is_json() {
        let count = |fate: Fate| changes.iter().filter(|change| change.fate == fate).count();
        let [added, altered, removed] = [Fate::Added, Fate::Altered, Fate::Removed].map(count);
        let done = if dry_run { "would be " } else { "" };
        output.note(&format!("{done}added: {added}, altered: {altered}, deleted: {removed}"));
    }
    Ok(())
}

/// Asks before roles or predicates are deleted.
pub fn confirm_removal(changes: &[RoleChange], common: &Common) -> Result {
    let removed = changes.iter().filter(|change| change.fate == Fate::Removed);
    let names: Vec<String> = removed.map(|change| change.entry.to_string()).collect();
    if names.is_empty() { Ok(()) } else { confirm(common, &format!("delete the {}", names.join(", the "))) }
}

fn tell_if_none(changes: &[RoleChange], output: &mut Output) {
    if changes.is_empty() && !output.is_json() {
        output.note("the roles are that already");
    }
}

fn extent(prune: bool) -> Extent {
    if prune { Extent::All } else { Extent::Named }
}

/// That nothing in a file is wrong by itself. A transaction tells only the first thing that is, and not where in the file.
fn refuse_errors(file: &RoleFile, session: &Session) -> Result {
    let mut found = session.read(|tx| match tx.check_roles(Some(&file.set)) {
        // Whoever may not see roles, but define them, is told what is wrong where that is done.
        Err(Error::Denied { .. }) => Ok(Vec::new()),
        checked => checked,
    })?;
    found.retain(|finding| finding.severity == Severity::Error);
    if found.is_empty() {
        return Ok(());
    }
    let found = placed(Some(file), found);
    let lines = found.iter().map(|(finding, place)| shown::problem(finding, Some(file.name()), *place));
    Err(Failure::new(lines.collect::<Vec<_>>().join("\n")))
}

/// What was found, each with where it is in the file, and in the order in which it is there.
fn placed(file: Option<&RoleFile>, found: Vec<Finding>) -> Vec<(Finding, Option<FilePlace>)> {
    let places = file.map_or_else(|| vec![None; found.len()], |file| file.places(&found));
    let mut found: Vec<_> = found.into_iter().zip(places).collect();
    found.sort_by_key(|(_, place)| *place);
    found
}
