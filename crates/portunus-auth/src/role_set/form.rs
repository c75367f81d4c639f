//! How a set of roles is written by people: one entry for all actions that have a target, a rule and fields in common. It
//! knows nothing of what the names stand for.

use super::RoleSet;
use crate::{Action, Fields, Membership, NamedPredicate, On, Privilege, Resource, Role};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// All of it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    predicates: BTreeMap<String, PredicateForm>,
    #[serde(default, rename = "role", skip_serializing_if = "Vec::is_empty")]
    roles: Vec<RoleForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PredicateForm {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<String>,
    rule: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleForm {
    name: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    inherit: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    members: Vec<MemberForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allow: Vec<GrantForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    deny: Vec<GrantForm>,
}

/// A collection by its name alone, or with a rule.
#[derive(Serialize)]
#[serde(untagged)]
enum MemberForm {
    All(String),
    When(MemberWhen),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberWhen {
    collection: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    when: Option<String>,
}

/// What is allowed or denied.
#[derive(Serialize, Deserialize)]
#[serde(try_from = "AnyGrant", into = "AnyGrant")]
#[derive(Clone)]
struct GrantForm {
    on: On,
    actions: Vec<Action>,
    when: Option<String>,
    fields: Option<Fields>,
}

/// The same, whatever is written there.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnyGrant {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    every: Option<Resource>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    procedure: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    actions: Vec<Action>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    when: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    only: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    except: Option<Vec<String>>,
}

impl TryFrom<File> for RoleSet {
    type Error = crate::Error;

    fn try_from(file: File) -> crate::Result<Self> {
        let predicates = file.predicates.into_iter();
        let predicates = predicates.map(|(name, form)| NamedPredicate::new(name, form.parameters, form.rule));
        Self::new(predicates, file.roles.into_iter().map(Role::from))
    }
}

impl From<RoleSet> for File {
    fn from(set: RoleSet) -> Self {
        let predicates = set.predicates.iter().map(|predicate| {
            let form = PredicateForm {
                parameters: predicate.parameters().to_vec(),
                rule: predicate.rule().to_owned(),
            };
            (predicate.name().to_owned(), form)
        });
        Self { predicates: predicates.collect(), roles: set.roles.into_iter().map(RoleForm::from).collect() }
    }
}

impl From<RoleForm> for Role {
    fn from(form: RoleForm) -> Self {
        let member = |member| match member {
            MemberForm::All(collection) => Membership { collection, when: None },
            MemberForm::When(MemberWhen { collection, when }) => Membership { collection, when },
        };
        Self {
            name: form.name,
            inherit: form.inherit,
            members: form.members.into_iter().map(member).collect(),
            privileges: form.allow.into_iter().flat_map(GrantForm::into_privileges).collect(),
            denials: form.deny.into_iter().flat_map(GrantForm::into_privileges).collect(),
        }
    }
}

impl From<Role> for RoleForm {
    fn from(role: Role) -> Self {
        let member = |Membership { collection, when }| match when {
            None => MemberForm::All(collection),
            when => MemberForm::When(MemberWhen { collection, when }),
        };
        Self {
            name: role.name,
            inherit: role.inherit,
            members: role.members.into_iter().map(member).collect(),
            allow: GrantForm::of(role.privileges),
            deny: GrantForm::of(role.denials),
        }
    }
}

impl GrantForm {
    /// Puts those together that differ in nothing but the action.
    fn of(privileges: Vec<Privilege>) -> Vec<Self> {
        let mut forms: Vec<Self> = Vec::new();
        for Privilege { on, action, when, fields } in privileges {
            let like = |form: &&mut Self| form.on == on && form.when == when && form.fields == fields;
            match forms.iter_mut().find(like) {
                Some(form) => form.actions.push(action),
                None => forms.push(Self { on, actions: vec![action], when, fields }),
            }
        }
        forms
    }

    fn into_privileges(self) -> impl Iterator<Item = Privilege> {
        let Self { on, actions, when, fields } = self;
        let privilege =
            move |action| Privilege { on: on.clone(), action, when: when.clone(), fields: fields.clone() };
        actions.into_iter().map(privilege)
    }
}

impl TryFrom<AnyGrant> for GrantForm {
    type Error = &'static str;

    fn try_from(any: AnyGrant) -> Result<Self, &'static str> {
        let AnyGrant { on, every, procedure, mut actions, when, only, except } = any;
        let is_procedure = procedure.is_some();
        let on = match (on, every, procedure) {
            (Some(collection), None, None) => On::Collection(collection),
            (None, Some(kind), None) => On::Every(kind),
            (None, None, Some(name)) => On::Procedure(name),
            (None, None, None) => return Err("`on`, `every` or `procedure` must say what this is on"),
            _ => return Err("only one of `on`, `every` and `procedure` can say what this is on"),
        };
        match (actions.is_empty(), is_procedure) {
            (true, true) => actions.push(Action::Call),
            (true, false) => return Err("`actions` must name at least one action"),
            (false, _) => {}
        }
        let fields = match (only, except) {
            (None, None) => None,
            (Some(only), None) => Some(Fields::only(only)),
            (None, Some(except)) => Some(Fields::except(except)),
            (Some(_), Some(_)) => {
                return Err("only one of `only` and `except` can say for which fields this is");
            }
        };
        Ok(Self { on, actions, when, fields })
    }
}

impl From<GrantForm> for AnyGrant {
    fn from(form: GrantForm) -> Self {
        let GrantForm { on, mut actions, when, fields } = form;
        let (on, every, procedure) = match on {
            On::Collection(collection) => (Some(collection), None, None),
            On::Every(kind) => (None, Some(kind), None),
            On::Procedure(name) => (None, None, Some(name)),
        };
        if procedure.is_some() && actions == [Action::Call] {
            actions.clear();
        }
        let paths = |paths: Option<&[String]>| paths.map(<[String]>::to_vec);
        let fields = fields.as_ref();
        let (only, except) = (fields.and_then(Fields::as_only), fields.and_then(Fields::as_except));
        Self { on, every, procedure, actions, when, only: paths(only), except: paths(except) }
    }
}

impl<'de> Deserialize<'de> for MemberForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EitherMember)
    }
}

/// Reads a member by what is there, so that what is wrong in it is told.
struct EitherMember;

impl<'de> Visitor<'de> for EitherMember {
    type Value = MemberForm;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a collection, or `collection` and `when`")
    }

    fn visit_str<E: serde::de::Error>(self, collection: &str) -> Result<MemberForm, E> {
        Ok(MemberForm::All(collection.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<MemberForm, A::Error> {
        let read = MemberWhen::deserialize(MapAccessDeserializer::new(map));
        read.map(MemberForm::When).map_err(A::Error::custom)
    }
}
