//! `role`: what the holders of a name may do. It knows nothing of who they are.

use crate::args::Common;
use crate::confirm::confirm;
use crate::failure::Result;
use crate::output::Output;
use crate::session::{Session, change};
use crate::table::Table;
use clap::{Args, Subcommand};
use portunus::{Action, On, Privilege, ReadView, Resource, Role as Stated};
use serde_json::{Value as Json, json};
use std::str::FromStr;

/// Roles of the secret's own database, beside those that are built in
#[derive(Subcommand)]
pub enum Role {
    /// Create a role, or change the one that is there to this one
    Define(Box<Definition>),
    /// List the roles
    List,
    /// Give a role another name
    Rename {
        /// The role
        name: String,
        /// The new name
        new_name: String,
    },
    /// Delete a role. Its members just lose it
    Delete {
        /// The role
        name: String,
    },
}

/// The definition of a role.
#[derive(Args)]
pub struct Definition {
    /// The name of the role
    name: String,
    /// Make the documents of this collection its holders: whoever opens the store as one of them
    #[arg(long, value_name = "COLLECTION")]
    member: Vec<String>,
    /// Allow an action on the documents of a collection, as in notes:read. Actions: read, create, create_with_id, write,
    /// delete, list_ids
    #[arg(long, value_name = "COLLECTION:ACTION")]
    allow: Vec<OnCollection>,
    /// Deny an action on the documents of a collection, whatever else allows it
    #[arg(long, value_name = "COLLECTION:ACTION")]
    deny: Vec<OnCollection>,
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
}

/// An action on the documents of a collection, as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OnCollection(String, Action);

/// An action on everything of a kind, as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OnEvery(Resource, Action);

impl Role {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        match self {
            Self::Define(definition) => {
                let stated = definition.stated();
                change(common, |tx| tx.define_role(&stated))?;
                output.done(|| json!({"defined": stated.name()}), &format!("defined {}", stated.name()))
            }
            Self::List => list(common, output),
            Self::Rename { name, new_name } => {
                change(common, |tx| tx.rename_role(&name, &new_name))?;
                let value = || json!({"renamed": name, "name": new_name});
                output.done(value, &format!("renamed {name} to {new_name}"))
            }
            Self::Delete { name } => {
                confirm(common, &format!("delete the role {name}"))?;
                change(common, |tx| tx.delete_role(&name))?;
                output.done(|| json!({"deleted": name}), &format!("deleted {name}"))
            }
        }
    }
}

impl Definition {
    fn stated(self) -> Stated {
        let mut stated = Stated::new(self.name);
        for collection in self.member {
            stated = stated.member(collection);
        }
        for OnCollection(collection, action) in self.allow {
            stated = stated.allow(collection, action);
        }
        for OnCollection(collection, action) in self.deny {
            stated = stated.deny(collection, action);
        }
        for OnEvery(resource, action) in self.allow_every {
            stated = stated.allow_every(resource, action);
        }
        for OnEvery(resource, action) in self.deny_every {
            stated = stated.deny_every(resource, action);
        }
        for procedure in self.allow_call {
            stated = stated.allow_call(procedure);
        }
        for procedure in self.deny_call {
            stated = stated.deny_call(procedure);
        }
        stated
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

/// The one of these that is written like this.
fn named<T: Copy + ToString>(all: &[T], what: &str, name: &str) -> Result<T, String> {
    all.iter().copied().find(|one| one.to_string() == name).ok_or_else(|| {
        let names: Vec<String> = all.iter().map(ToString::to_string).collect();
        format!("{name:?} is no {what}: {}", names.join(", "))
    })
}

fn list(common: &Common, output: &mut Output) -> Result {
    let session = Session::open(common)?;
    let roles = session.read(ReadView::roles)?;
    if roles.is_empty() && !output.is_json() {
        output.note("there are no roles here but those that are built in, or none that this secret may see");
        return Ok(());
    }
    output.value_or_table(
        || roles.iter().map(to_json).collect(),
        || {
            let mut table = Table::new(["name", "members", "allows", "denies"]);
            for role in &roles {
                let words =
                    |privileges: &[Privilege]| -> Vec<String> { privileges.iter().map(words).collect() };
                table.row([
                    role.name().to_owned(),
                    role.members().iter().map(|it| it.collection.as_str()).collect::<Vec<_>>().join("; "),
                    words(role.privileges()).join("; "),
                    words(role.denials()).join("; "),
                ]);
            }
            table
        },
    )
}

fn to_json(role: &Stated) -> Json {
    let privileges = |privileges: &[Privilege]| -> Json { privileges.iter().map(privilege_json).collect() };
    json!({
        "name": role.name(),
        "members": role.members().iter().map(|it| json!({"collection": it.collection, "when": it.when})).collect::<Vec<_>>(),
        "allows": privileges(role.privileges()),
        "denies": privileges(role.denials()),
    })
}

fn privilege_json(privilege: &Privilege) -> Json {
    let action = privilege.action.to_string();
    match &privilege.on {
        On::Collection(name) => json!({"collection": name, "action": action}),
        On::Every(resource) => json!({"every": resource.to_string(), "action": action}),
        On::Procedure(name) => json!({"procedure": name, "action": action}),
    }
}

fn words(privilege: &Privilege) -> String {
    match &privilege.on {
        On::Collection(name) => format!("{name}:{}", privilege.action),
        On::Every(resource) => format!("every {resource}:{}", privilege.action),
        On::Procedure(name) => format!("call {name}"),
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
