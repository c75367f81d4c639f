//! The definition of a role, as it is typed. It knows nothing of stores.

use crate::failure::{Failure, Result};
use crate::parse::named;
use clap::Args;
use portunus::{Action, Fields, On, Privilege, Resource, Role};
use std::fmt;
use std::str::FromStr;

/// The definition of a role.
#[derive(Args)]
pub struct Definition {
    /// The name of the role
    name: String,
    /// Make the documents of this collection its holders: whoever opens the store as one of them
    #[arg(long, value_name = "COLLECTION")]
    member: Vec<String>,
    /// Make those documents of a collection its holders of which a rule about `identity` is true
    #[arg(long, num_args = 2, value_names = ["COLLECTION", "RULE"])]
    member_when: Vec<String>,
    /// Allow an action on the documents of a collection, as in notes:read. Actions: read, create, create_with_id, write,
    /// delete, list_ids
    #[arg(long, value_name = "COLLECTION:ACTION")]
    allow: Vec<OnCollection>,
    /// The same where a rule is true, as in notes:read 'doc.owner == id(identity)'. It has `doc`, to create `new`, to write
    /// `old` and `new`; and `identity`, `claims` and `now`
    #[arg(long, num_args = 2, value_names = ["COLLECTION:ACTION", "RULE"])]
    allow_when: Vec<String>,
    /// Let what is allowed of an action be for these fields alone, separated by commas, as in notes:read title,tags.*.name
    #[arg(long, num_args = 2, value_names = ["COLLECTION:ACTION", "FIELDS"])]
    fields: Vec<String>,
    /// Let it be for all fields but these
    #[arg(long, num_args = 2, value_names = ["COLLECTION:ACTION", "FIELDS"])]
    except_fields: Vec<String>,
    /// Deny an action on the documents of a collection, whatever else allows it
    #[arg(long, value_name = "COLLECTION:ACTION")]
    deny: Vec<OnCollection>,
    /// The same, but where a rule is false
    #[arg(long, num_args = 2, value_names = ["COLLECTION:ACTION", "RULE"])]
    deny_when: Vec<String>,
    /// Allow an action on everything of a kind, as in collection:read. Kinds: document, collection, database, key, token,
    /// credential, role, access_provider, procedure, audit
    #[arg(long, value_name = "KIND:ACTION")]
    allow_every: Vec<OnEvery>,
    /// Deny an action on everything of a kind
    #[arg(long, value_name = "KIND:ACTION")]
    deny_every: Vec<OnEvery>,
    /// Allow that this procedure is called
    #[arg(long, value_name = "PROCEDURE")]
    allow_call: Vec<String>,
    /// Deny that this procedure is called
    #[arg(long, value_name = "PROCEDURE")]
    deny_call: Vec<String>,
    /// Let it work in the databases below as well, on the collections of the same names
    #[arg(long)]
    inherit: bool,
}

/// An action on the documents of a collection, as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OnCollection(String, Action);

/// An action on everything of a kind, as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OnEvery(Resource, Action);

impl Definition {
    /// The role.
    ///
    /// # Errors
    /// If what stands before a rule or fields is no collection with an action, or there are fields of what is not allowed.
    pub fn stated(self) -> Result<Role> {
        let mut masks = self.masks()?;
        let mut stated = Role::new(self.name);
        stated = self.member.into_iter().fold(stated, Role::member);
        for (collection, rule) in pairs(&self.member_when) {
            stated = stated.member_when(collection, rule);
        }
        for on in self.allow {
            stated = stated.privilege(masks.put_on(on, None));
        }
        for (on, rule) in pairs(&self.allow_when) {
            stated = stated.privilege(masks.put_on(on_collection("--allow-when", on)?, Some(rule)));
        }
        masks.check()?;
        for OnCollection(collection, action) in self.deny {
            stated = stated.deny(collection, action);
        }
        for (on, rule) in pairs(&self.deny_when) {
            let OnCollection(collection, action) = on_collection("--deny-when", on)?;
            stated = stated.deny_when(collection, action, rule);
        }
        for OnEvery(resource, action) in self.allow_every {
            stated = stated.allow_every(resource, action);
        }
        for OnEvery(resource, action) in self.deny_every {
            stated = stated.deny_every(resource, action);
        }
        stated = self.allow_call.into_iter().fold(stated, Role::allow_call);
        stated = self.deny_call.into_iter().fold(stated, Role::deny_call);
        Ok(if self.inherit { stated.inherit() } else { stated })
    }

    fn masks(&self) -> Result<Masks> {
        type Make = fn(Vec<String>) -> Fields;
        let mut masks = Vec::new();
        let options: [(&'static str, &[String], Make); 2] = [
            ("--fields", &self.fields, Fields::only),
            ("--except-fields", &self.except_fields, Fields::except),
        ];
        for (option, values, make) in options {
            for (on, fields) in pairs(values) {
                let on = on_collection(option, on)?;
                if masks.iter().any(|mask: &Mask| mask.on == on) {
                    return Err(Failure::usage(format!("there are fields of {on} twice")));
                }
                let fields = make(fields.split(',').map(|field| field.trim().to_owned()).collect());
                masks.push(Mask { on, fields, is_used: false });
            }
        }
        Ok(Masks(masks))
    }
}

/// The fields that an action is allowed for.
struct Mask {
    on: OnCollection,
    fields: Fields,
    is_used: bool,
}

struct Masks(Vec<Mask>);

impl Masks {
    /// What is allowed, for the fields that are named with it.
    fn put_on(&mut self, on: OnCollection, rule: Option<&str>) -> Privilege {
        let mask = self.0.iter_mut().find(|mask| mask.on == on);
        let OnCollection(collection, action) = on;
        let mut privilege = Privilege::new(On::Collection(collection), action);
        if let Some(rule) = rule {
            privilege = privilege.when(rule);
        }
        match mask {
            Some(mask) => {
                mask.is_used = true;
                privilege.fields(mask.fields.clone())
            }
            None => privilege,
        }
    }

    fn check(&self) -> Result<()> {
        match self.0.iter().find(|mask| !mask.is_used) {
            Some(Mask { on, .. }) => Err(Failure::usage(format!("{on} has fields, and is not allowed"))),
            None => Ok(()),
        }
    }
}

/// The values of an option that takes two of them, each time that it is given.
fn pairs(values: &[String]) -> impl Iterator<Item = (&str, &str)> {
    values.as_chunks().0.iter().map(|[first, second]: &[String; 2]| (first.as_str(), second.as_str()))
}

fn on_collection(option: &str, text: &str) -> Result<OnCollection> {
    text.parse()
        .map_err(|problem| Failure::usage(format!("invalid value '{text}' for '{option}': {problem}")))
}

impl fmt::Display for OnCollection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.0, self.1)
    }
}

impl FromStr for OnCollection {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (collection, action) = text.rsplit_once(':').ok_or("write COLLECTION:ACTION")?;
        Ok(Self(collection.into(), named(&Action::ALL, "action", action)?))
    }
}

impl FromStr for OnEvery {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (resource, action) = text.rsplit_once(':').ok_or("write KIND:ACTION")?;
        Ok(Self(named(&Resource::ALL, "kind of thing", resource)?, named(&Action::ALL, "action", action)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_stands_behind_what_it_is_on() {
        assert_eq!("notes:read".parse(), Ok(OnCollection("notes".into(), Action::Read)));
        assert_eq!("token:list_ids".parse(), Ok(OnEvery(Resource::Token, Action::ListIds)));
        for wrong in ["notes", "notes:", "notes:reed", ":", ""] {
            assert!(wrong.parse::<OnCollection>().is_err(), "{wrong}");
        }
        for wrong in ["notes:read", "token", "token:Read"] {
            assert!(wrong.parse::<OnEvery>().is_err(), "{wrong}");
        }
    }
}
