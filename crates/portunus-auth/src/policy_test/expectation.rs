//! One expectation, read: whom it is about, what they do, and what is to come of it. It knows nothing of stores.

use super::form::{ExpectForm, HolderForm, WhoForm};
use crate::fields::{Fields, Mask};
use crate::{Action, Deed, Error, Result, Who};
use portunus_scope::{Object, Value};
use std::fmt;

/// What somebody without a subject of its own is called.
const SUBJECT: &str = "somebody";

/// An expectation.
pub(super) struct Expectation {
    /// Where it stands.
    pub(super) place: String,
    pub(super) who: Asked,
    pub(super) checks: Vec<Check>,
    pub(super) because: Option<String>,
    pub(super) note: Option<String>,
}

/// Whom it is about.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asked {
    Document { collection: String, id: String },
    Role(String),
    Holder { provider: String, claims: Object },
}

/// Something that is checked.
pub(super) enum Check {
    Can { deed: Deed, does: Does, is_expected: bool },
    Sees { collection: String, id: String, path: String, mask: Mask, is_expected: bool },
    Lists { collection: String, ids: Vec<String> },
}

/// What is done in a transaction.
pub(super) enum Does {
    Read { collection: String, id: String },
    ListIds { collection: String, id: String },
    Delete { collection: String, id: String },
    Create { collection: String, id: Option<String>, value: Value },
    Patch { collection: String, id: String, patch: Value },
    Replace { collection: String, id: String, value: Value },
    Call { procedure: String, arguments: Value },
}

impl Expectation {
    /// # Errors
    /// `Invalid` with the place if it cannot be tried.
    pub(super) fn read(place: String, form: &ExpectForm) -> Result<Self> {
        let invalid = |problem: &str| Error::invalid(place.clone(), problem.to_owned());
        let mut checks = Vec::new();
        for (action, is_expected) in [(form.can, true), (form.cannot, false)] {
            let Some(action) = action else { continue };
            let does = Does::read(action, form).map_err(|problem| invalid(&problem))?;
            let deed = does.deed().map_err(|error| invalid(&error.to_string()))?;
            checks.push(Check::Can { deed, does, is_expected });
        }
        for (paths, is_expected) in [(&form.sees, true), (&form.does_not_see, false)] {
            for path in paths {
                let fields = Fields::only([path]);
                fields.check().map_err(|error| invalid(&error.to_string()))?;
                let (collection, id) = document_of(&form.on).map_err(|problem| invalid(&problem))?;
                let (path, mask) = (path.clone(), Mask::of(&fields));
                checks.push(Check::Sees { collection, id, path, mask, is_expected });
            }
        }
        if let Some(ids) = &form.lists {
            let mut ids = ids.clone();
            ids.sort();
            checks.push(Check::Lists { collection: form.on.clone(), ids });
        }
        if checks.is_empty() {
            return Err(invalid("expects nothing: give `can`, `cannot`, `sees`, `does_not_see` or `lists`"));
        }
        if form.because.is_some() && checks.iter().all(|check| matches!(check, Check::Lists { .. })) {
            return Err(invalid("`because` is for what somebody can, cannot, sees or does not"));
        }
        if form.can.is_none() && form.cannot.is_none() {
            let given = [&form.document, &form.change, &form.replace, &form.args];
            if given.iter().any(|given| given.is_some()) {
                return Err(invalid("`document`, `change`, `replace` and `args` are for `can` and `cannot`"));
            }
        }
        let who = Asked::read(&form.who).map_err(|problem| invalid(&problem))?;
        Ok(Self { place, who, checks, because: form.because.clone(), note: form.note.clone() })
    }
}

impl Asked {
    fn read(form: &WhoForm) -> std::result::Result<Self, String> {
        match form {
            WhoForm::Named(name) => match name.strip_prefix("role:") {
                Some(role) => Ok(Self::Role(role.to_owned())),
                None => {
                    let (collection, id) = document_of(name).map_err(|_| {
                        format!("`who` is COLLECTION/ID, role:NAME or claims, and {name:?} is none of these")
                    })?;
                    Ok(Self::Document { collection, id })
                }
            },
            WhoForm::Holder(HolderForm { claims, provider, roles }) => {
                let Value::Object(claims) = claims else { return Err("`claims` are an object".into()) };
                let mut claims = claims.clone();
                if !claims.contains("sub") {
                    claims.insert("sub", SUBJECT);
                }
                match (provider, roles.as_slice()) {
                    (Some(provider), []) => Ok(Self::Holder { provider: provider.clone(), claims }),
                    (None, [_, ..]) => Ok(Self::Holder { provider: provider_of(roles), claims }),
                    (Some(_), [_, ..]) | (None, []) => {
                        Err("claims need either the name of a `provider` or a list of `roles`".into())
                    }
                }
            }
        }
    }

    /// The same, to ask about.
    ///
    /// # Errors
    /// As [`Who::claims`].
    pub(super) fn who(&self) -> Result<Who> {
        match self {
            Self::Document { collection, id } => Ok(Who::document(collection, id)),
            Self::Role(name) => Ok(Who::role(name)),
            Self::Holder { provider, claims } => Who::claims(provider, claims),
        }
    }
}

/// The name of the access provider that there is for these roles.
pub(super) fn provider_of(roles: &[String]) -> String {
    format!("with-{}", roles.join("-"))
}

impl Does {
    fn read(action: Action, form: &ExpectForm) -> std::result::Result<Self, String> {
        let document = || document_of(&form.on);
        let used = match action {
            Action::Create | Action::CreateWithId => [form.document.is_some(), false, false],
            Action::Write => [false, form.change.is_some() != form.replace.is_some(), false],
            Action::Call => [false, false, form.args.is_some()],
            _ => [false; 3],
        };
        let given =
            [form.document.is_some(), form.change.is_some() || form.replace.is_some(), form.args.is_some()];
        if used != given {
            return Err(format!(
                "to {action}, give {}",
                match action {
                    Action::Create | Action::CreateWithId => "`document` and nothing else",
                    Action::Write => "either `change` or `replace`",
                    Action::Call => "`args` and nothing else",
                    _ => "nothing but `on`",
                }
            ));
        }
        Ok(match action {
            Action::Read => document().map(|(collection, id)| Self::Read { collection, id })?,
            Action::ListIds => document().map(|(collection, id)| Self::ListIds { collection, id })?,
            Action::Delete => document().map(|(collection, id)| Self::Delete { collection, id })?,
            Action::Create | Action::CreateWithId => {
                let value = form.document.clone().ok_or("to create, give the `document`")?;
                match (form.on.split_once('/'), action) {
                    (None, Action::Create) => Self::Create { collection: form.on.clone(), id: None, value },
                    (None, _) => return Err("`on` is COLLECTION/ID here".into()),
                    (Some((collection, id)), _) => {
                        Self::Create { collection: collection.into(), id: Some(id.into()), value }
                    }
                }
            }
            Action::Write => {
                let (collection, id) = document()?;
                match (form.change.clone(), form.replace.clone()) {
                    (Some(patch), _) => Self::Patch { collection, id, patch },
                    (None, Some(value)) => Self::Replace { collection, id, value },
                    (None, None) => return Err("to write, give `change` or `replace`".into()),
                }
            }
            Action::Call => {
                let arguments = form.args.clone().unwrap_or(Value::Null);
                Self::Call { procedure: form.on.clone(), arguments }
            }
            other => return Err(format!("{other} cannot be tried here")),
        })
    }

    fn deed(&self) -> Result<Deed> {
        match self {
            Self::Read { collection, id } => Ok(Deed::read(collection, id)),
            Self::ListIds { collection, id } => Ok(Deed::see_id(collection, id)),
            Self::Delete { collection, id } => Ok(Deed::delete(collection, id)),
            Self::Create { collection, id: None, value } => Deed::create(collection, value),
            Self::Create { collection, id: Some(id), value } => Deed::create_with_id(collection, id, value),
            Self::Patch { collection, id, patch } => Deed::patch(collection, id, patch),
            Self::Replace { collection, id, value } => Deed::replace(collection, id, value),
            Self::Call { procedure, arguments } => Deed::call(procedure, arguments),
        }
    }
}

fn document_of(on: &str) -> std::result::Result<(String, String), String> {
    match on.split_once('/') {
        Some((collection, id)) if !collection.is_empty() && !id.is_empty() => {
            Ok((collection.into(), id.into()))
        }
        Some(_) | None => Err(format!("{on:?} is not COLLECTION/ID")),
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document { collection, id } => write!(formatter, "{collection}/{id}"),
            Self::Role(name) => write!(formatter, "role:{name}"),
            Self::Holder { provider, .. } => write!(formatter, "a holder of claims of {provider}"),
        }
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.who)?;
        for (place, check) in self.checks.iter().enumerate() {
            write!(formatter, "{} {check}", if place == 0 { "" } else { "," })?;
        }
        self.because.as_ref().map_or(Ok(()), |because| write!(formatter, " because {because}"))
    }
}

impl fmt::Display for Check {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Can { deed, is_expected, .. } => {
                write!(formatter, "{} {deed}", if *is_expected { "can" } else { "cannot" })
            }
            Self::Sees { collection, id, path, is_expected, .. } => {
                let sees = if *is_expected { "sees" } else { "does not see" };
                write!(formatter, "{sees} {path} of {collection}/{id}")
            }
            Self::Lists { collection, ids } if ids.is_empty() => {
                write!(formatter, "lists nothing in {collection}")
            }
            Self::Lists { collection, ids } => write!(formatter, "lists {} in {collection}", ids.join(", ")),
        }
    }
}
