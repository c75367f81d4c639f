//! Everything that can be asked, by its name. Each operation is in the file of its noun.

use crate::Answer;
use crate::access::{
    CheckRoles, CompareRoles, DeletePredicate, DeleteRole, RenameRole, RoleVersion, RoleVersions,
    RollBackRoles,
};
use crate::audit::{Audit, AuditSettings, SetAudit, VerifyAudit};
use crate::collections::{
    BuildIndexes, Collection, Collections, DefineCollection, DropCollection, RenameCollection,
};
use crate::databases::{
    CreateDatabase, Database, Databases, DeleteDatabase, DisableDatabase, EnableDatabase, MoveDatabase,
    ProtectDatabase, RenameDatabase,
};
use crate::documents::{Create, Delete, Exists, Get, Patch, Put, Replace};
use crate::keys::{CreateKey, DeleteKey, Key, Keys, SetKeyExpiry, SetKeyRole};
use crate::procedures::{DefineProcedure, DeleteProcedure, Procedures};
use crate::providers::{
    DefineProvider, DeleteProvider, DenyJwt, Provider, Providers, RenameProvider, SetProviderNotBefore,
};
use crate::query::{Count, ListIds, Plan, Query};
use crate::questions::{Explain, WhatCan, WhoCan, Whoami};
use crate::roles::{ApplyRoles, Roles};
use crate::sign_in::{Credential, DeleteCredential, DisableCredential, EnableCredential};
use crate::tokens::{CreateToken, DeleteToken, Logout, SetTokenExpiry, Tokens};
use portunus::{Error, ReadView, Result, WriteView};
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// What is asked of one state.
pub(crate) trait Ask: DeserializeOwned {
    /// The answer.
    fn ask(&self, view: &ReadView) -> Result<Answer>;
}

/// What changes something.
pub(crate) trait Act: DeserializeOwned {
    /// Does it.
    fn act(&self, view: &mut WriteView) -> Result<Answer>;
}

macro_rules! operations {
    (asks { $($asked:literal => $Ask:ident,)* } acts { $($done:literal => $Act:ident,)* }) => {
        #[derive(Clone, Debug)]
        enum Kind { $($Ask($Ask),)* $($Act($Act),)* }

        impl Operation {
            /// The names of those that only read, and of those that write.
            pub const NAMES: (&'static [&'static str], &'static [&'static str]) = (&[$($asked),*], &[$($done),*]);

            /// Reads the operation of this name from the object of its arguments.
            ///
            /// # Errors
            /// `Invalid` if there is no such operation, or if it does not have these arguments.
            pub fn named(name: &str, arguments: &str) -> Result<Self> {
                let kind = match name {
                    $($asked => read(arguments).map(Kind::$Ask),)*
                    $($done => read(arguments).map(Kind::$Act),)*
                    _ => Err(Error::invalid("op", "there is no such operation")),
                };
                kind.map(Self)
            }

            /// Whether it changes something.
            #[must_use]
            pub fn writes(&self) -> bool {
                match &self.0 { $(Kind::$Ask(_) => false,)* $(Kind::$Act(_) => true,)* }
            }

            /// Asks for it through a view that only reads.
            ///
            /// # Errors
            /// `Invalid` if it changes something; as the view.
            pub fn ask(&self, view: &ReadView) -> Result<Answer> {
                match &self.0 {
                    $(Kind::$Ask(asked) => asked.ask(view),)*
                    $(Kind::$Act(_) => Err(Error::invalid("op", concat!($done, " writes"))),)*
                }
            }

            /// Does it through a view that writes.
            ///
            /// # Errors
            /// As the view.
            pub fn write(&self, view: &mut WriteView) -> Result<Answer> {
                match &self.0 { $(Kind::$Ask(asked) => asked.ask(view),)* $(Kind::$Act(done) => done.act(view),)* }
            }
        }
    };
}

/// One thing that is asked for, or done.
#[derive(Clone, Debug)]
pub struct Operation(Kind);

operations! {
    asks {
        "whoami" => Whoami,
        "get" => Get,
        "exists" => Exists,
        "query" => Query,
        "list_ids" => ListIds,
        "count" => Count,
        "plan" => Plan,
        "collections" => Collections,
        "collection" => Collection,
        "roles" => Roles,
        "compare_roles" => CompareRoles,
        "check_roles" => CheckRoles,
        "role_versions" => RoleVersions,
        "role_version" => RoleVersion,
        "databases" => Databases,
        "database" => Database,
        "keys" => Keys,
        "key" => Key,
        "tokens" => Tokens,
        "credential" => Credential,
        "providers" => Providers,
        "provider" => Provider,
        "procedures" => Procedures,
        "explain" => Explain,
        "what_can" => WhatCan,
        "who_can" => WhoCan,
        "audit" => Audit,
        "audit_settings" => AuditSettings,
        "verify_audit" => VerifyAudit,
    }
    acts {
        "create" => Create,
        "put" => Put,
        "replace" => Replace,
        "patch" => Patch,
        "delete" => Delete,
        "define_collection" => DefineCollection,
        "rename_collection" => RenameCollection,
        "drop_collection" => DropCollection,
        "build_indexes" => BuildIndexes,
        "apply_roles" => ApplyRoles,
        "roll_back_roles" => RollBackRoles,
        "rename_role" => RenameRole,
        "delete_role" => DeleteRole,
        "delete_predicate" => DeletePredicate,
        "create_database" => CreateDatabase,
        "rename_database" => RenameDatabase,
        "move_database" => MoveDatabase,
        "disable_database" => DisableDatabase,
        "enable_database" => EnableDatabase,
        "protect_database" => ProtectDatabase,
        "delete_database" => DeleteDatabase,
        "create_key" => CreateKey,
        "set_key_role" => SetKeyRole,
        "set_key_expiry" => SetKeyExpiry,
        "delete_key" => DeleteKey,
        "create_token" => CreateToken,
        "set_token_expiry" => SetTokenExpiry,
        "delete_token" => DeleteToken,
        "logout" => Logout,
        "disable_credential" => DisableCredential,
        "enable_credential" => EnableCredential,
        "delete_credential" => DeleteCredential,
        "define_provider" => DefineProvider,
        "rename_provider" => RenameProvider,
        "set_provider_not_before" => SetProviderNotBefore,
        "deny_jwt" => DenyJwt,
        "delete_provider" => DeleteProvider,
        "define_procedure" => DefineProcedure,
        "delete_procedure" => DeleteProcedure,
        "set_audit" => SetAudit,
    }
}

fn read<T: DeserializeOwned>(arguments: &str) -> Result<T> {
    serde_json::from_str(arguments).map_err(|error| Error::invalid("", without_place(&error)))
}

/// The arguments were put together anew, so that line and column say nothing to the caller.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or_else(|| text.clone(), |(problem, _)| problem.to_owned())
}

impl<'de> serde::Deserialize<'de> for Operation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(Named)
    }
}

struct Named;

impl<'de> Visitor<'de> for Named {
    type Value = Operation;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object whose member op names the operation")
    }

    /// The members are kept as text: numbers would be changed by whatever looks at them before it is known what they are.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Operation, A::Error> {
        let mut name: Option<String> = None;
        let mut arguments = String::from("{");
        while let Some(member) = map.next_key::<String>()? {
            if member == "op" {
                if name.replace(map.next_value()?).is_some() {
                    return Err(A::Error::duplicate_field("op"));
                }
                continue;
            }
            let value: Box<RawValue> = map.next_value()?;
            if arguments.len() > 1 {
                arguments.push(',');
            }
            arguments.push_str(&serde_json::Value::from(member).to_string());
            arguments.push(':');
            arguments.push_str(value.get());
        }
        arguments.push('}');
        let name = name.ok_or_else(|| A::Error::missing_field("op"))?;
        Operation::named(&name, &arguments).map_err(A::Error::custom)
    }
}
