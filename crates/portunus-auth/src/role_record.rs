//! What the store keeps of roles that are not built in, and of who refers to them. It knows nothing of who may change one.

use crate::fields::Fields;
use crate::numbered;
use crate::rights::{Right, Target};
use crate::role::{BuiltInRole, RoleName};
use crate::rule::{Library, Rule, Shape, Subject};
use crate::{Action, Error, PublicId, Result};
use portunus_scope::{
    DatabaseId, Document, Object, SystemCollection, TreeReader, TreeWriter, Value, ValueRef, to_value,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::ControlFlow;

/// The first number of a role in a database.
const FIRST_NUMBER: u32 = 1;

/// How a record names a role: one that is built in by its name, any other by its number, so that renames follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RoleRef {
    BuiltIn(BuiltInRole),
    /// One of the database in which it is used.
    User(u32),
    /// One of a database above, whose roles work below as well.
    Inherited(DatabaseId, u32),
}

/// What refers to a role, and keeps it from being deleted.
pub(crate) enum RoleUser<'a> {
    Key(PublicId),
    /// By its number, as a role is named.
    Provider(u32),
    Procedure(&'a str),
}

/// A role of a database.
///
/// A record with a member that this program does not know may be one that grants less than it seems to: it is damage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleRecord {
    #[serde(skip)]
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) privileges: Vec<Grant>,
    pub(crate) denials: Vec<Grant>,
    pub(crate) members: Vec<Member>,
    /// Whether it works in the databases below as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) inherit: bool,
    /// In microseconds since 1970.
    pub(crate) created_at: i64,
}

/// A privilege or a denial, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grant {
    pub(crate) on: Target,
    pub(crate) action: Action,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<Rule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fields: Option<Fields>,
}

/// A collection whose documents are members of a role: all of them, or those of which something is true.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "StoredMember", into = "StoredMember")]
pub(crate) struct Member {
    /// [`Target::Documents`], or [`Target::Named`] in a role that is inherited.
    pub(crate) of: Target,
    pub(crate) when: Option<Rule>,
}

/// How a [`Member`] is kept: by the number of its collection alone, if there is nothing else to say.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum StoredMember {
    All(u32),
    Some(MemberWhen),
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberWhen {
    of: Target,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    when: Option<Rule>,
}

impl From<StoredMember> for Member {
    fn from(stored: StoredMember) -> Self {
        match stored {
            StoredMember::All(number) => Self { of: Target::Documents(number), when: None },
            StoredMember::Some(MemberWhen { of, when }) => Self { of, when },
        }
    }
}

impl From<Member> for StoredMember {
    fn from(member: Member) -> Self {
        match member {
            Member { of: Target::Documents(number), when: None } => Self::All(number),
            Member { of, when } => Self::Some(MemberWhen { of, when }),
        }
    }
}

impl Grant {
    /// What it says, ready to be decided.
    ///
    /// # Errors
    /// As [`Rule::compile`].
    pub(crate) fn compile(&self, library: &Library, shape: &Shape) -> Result<Right> {
        let subject = Subject::of(self.action);
        let when = self.when.as_ref().map(|rule| rule.compile(subject, library, shape)).transpose()?;
        Ok(Right { on: self.on.clone(), action: self.action, when, fields: self.fields.clone() })
    }
}

impl RoleRef {
    pub(crate) fn to_value(self) -> Value {
        match self {
            Self::BuiltIn(role) => Value::from(role.name()),
            Self::User(number) => Value::Int(number.into()),
            Self::Inherited(owner, number) => {
                let parts = [("database", owner.to_int()), ("role", number.into())];
                Value::Object(Object::from_iter(parts))
            }
        }
    }

    pub(crate) fn read(value: ValueRef<'_>) -> Option<Self> {
        let number = |value: ValueRef<'_>| u32::try_from(value.as_int()?).ok();
        match value {
            ValueRef::String(name) => BuiltInRole::named(name).map(Self::BuiltIn),
            ValueRef::Object(parts) => {
                let owner = DatabaseId::from_int(parts.get("database")?.as_int()?)?;
                Some(Self::Inherited(owner, number(parts.get("role")?)?))
            }
            other => number(other).map(Self::User),
        }
    }

    /// The role of this name in a database: its own, or the one that it inherits from the nearest above.
    ///
    /// # Errors
    /// As every read of the store.
    pub(crate) fn named(reader: &TreeReader, database: DatabaseId, name: &str) -> Result<Option<Self>> {
        if let Some(role) = BuiltInRole::named(name) {
            return Ok(Some(Self::BuiltIn(role)));
        }
        if let Some(number) = RoleRecord::number_of(reader, database, name)? {
            return Ok(Some(Self::User(number)));
        }
        for above in reader.lineage(database)?.into_iter().skip(1) {
            if let Some(number) = RoleRecord::number_of(reader, above.id, name)?
                && RoleRecord::inherited(reader, above.id)?.contains(&number)
            {
                return Ok(Some(Self::Inherited(above.id, number)));
            }
        }
        Ok(None)
    }

    /// Where its record is, if it has one: a database and a number.
    pub(crate) fn place(self, database: DatabaseId) -> Option<(DatabaseId, u32)> {
        match self {
            Self::BuiltIn(_) => None,
            Self::User(number) => Some((database, number)),
            Self::Inherited(owner, number) => Some((owner, number)),
        }
    }

    pub(crate) fn put_use(
        self,
        writer: &mut TreeWriter,
        database: DatabaseId,
        user: &RoleUser<'_>,
    ) -> Result<()> {
        let Some((owner, number)) = self.place(database) else { return Ok(()) };
        // Where the owner is gone there is nothing to be kept from being deleted.
        if owner != database && writer.database(owner)?.is_none() {
            return Ok(());
        }
        let entry = Value::Object(Object::new());
        let id = use_id(number, user, (owner, database));
        Ok(writer.unfiltered_system_put(owner, SystemCollection::RoleUse, &id, &entry)?)
    }

    pub(crate) fn delete_use(
        self,
        writer: &mut TreeWriter,
        database: DatabaseId,
        user: &RoleUser<'_>,
    ) -> Result<()> {
        let Some((owner, number)) = self.place(database) else { return Ok(()) };
        let id = use_id(number, user, (owner, database));
        Ok(writer.unfiltered_system_delete(owner, SystemCollection::RoleUse, &id)?)
    }
}

impl From<BuiltInRole> for RoleRef {
    fn from(role: BuiltInRole) -> Self {
        Self::BuiltIn(role)
    }
}

impl RoleRecord {
    /// A number for a new role, counted in its database: those of others have nothing to do with it.
    ///
    /// # Errors
    /// `Limit` if there is none left.
    pub(crate) fn next_number(writer: &mut TreeWriter, database: DatabaseId) -> Result<u32> {
        Ok(writer.next_number_in(database, "roles", FIRST_NUMBER)?)
    }

    /// The role of this number.
    ///
    /// # Errors
    /// `Corrupt` if it has not its form; as every read.
    pub(crate) fn find(reader: &TreeReader, database: DatabaseId, number: u32) -> Result<Option<Self>> {
        let found = Self::stored(reader, database, number)?;
        found.map(|document| Self::read(number, &document)).transpose()
    }

    /// The record of the role of this number, as it is stored.
    ///
    /// # Errors
    /// As every read.
    pub(crate) fn stored(reader: &TreeReader, database: DatabaseId, number: u32) -> Result<Option<Document>> {
        Ok(reader.unfiltered_system_get(database, SystemCollection::Role, &numbered::id(number))?)
    }

    /// What a record says.
    ///
    /// # Errors
    /// `Corrupt` if it has not its form.
    pub(crate) fn read(number: u32, document: &Document) -> Result<Self> {
        let record: Self = document.to().map_err(|_| damaged())?;
        Ok(Self { number, ..record })
    }

    /// The numbers of the roles that work in the databases below as well.
    ///
    /// # Errors
    /// As [`RoleRecord::find`].
    pub(crate) fn inherited(reader: &TreeReader, database: DatabaseId) -> Result<Vec<u32>> {
        let found = numbered::all::<()>(reader, database, SystemCollection::Inherited, damaged)?;
        Ok(found.into_iter().map(|(number, ())| number).collect())
    }

    /// Whether a role that works in the databases below its own is on a collection of one of these names, or has its
    /// documents as members: one of the database itself, or one of those above.
    ///
    /// # Errors
    /// As [`RoleRecord::find`].
    pub(crate) fn is_inherited_on(reader: &TreeReader, database: DatabaseId, names: &[&str]) -> Result<bool> {
        for owner in reader.lineage(database)? {
            let numbers = Self::inherited(reader, owner.id)?;
            if numbers.is_empty() {
                continue;
            }
            let collections = reader.collections(owner.id)?;
            let is_one = |target: &Target| match target {
                Target::Named(name) => names.contains(&name.as_str()),
                Target::Documents(number) => collections
                    .iter()
                    .any(|collection| collection.number() == *number && names.contains(&collection.name())),
                Target::Every(_) | Target::Procedure(_) => false,
            };
            for number in numbers {
                let found = Self::find(reader, owner.id, number)?;
                if found.is_some_and(|role| role.targets().any(is_one)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The number of the role of this name.
    ///
    /// # Errors
    /// As [`RoleRecord::find`].
    pub(crate) fn number_of(reader: &TreeReader, database: DatabaseId, name: &str) -> Result<Option<u32>> {
        if name.parse::<RoleName>().is_err() {
            return Ok(None);
        }
        let found = reader.unfiltered_system_get(database, SystemCollection::RoleName, name)?;
        let number = |document: &Document| u32::try_from(document.root().as_int()?).ok();
        found.map(|document| number(&document).ok_or_else(damaged)).transpose()
    }

    /// All roles of a database, in the order of their numbers.
    ///
    /// # Errors
    /// As [`RoleRecord::find`].
    pub(crate) fn all(reader: &TreeReader, database: DatabaseId) -> Result<Vec<Self>> {
        let found = numbered::all::<Self>(reader, database, SystemCollection::Role, damaged)?;
        Ok(found.into_iter().map(|(number, record)| Self { number, ..record }).collect())
    }

    /// The numbers of the roles that the documents of a collection are members of.
    ///
    /// # Errors
    /// As [`RoleRecord::find`].
    pub(crate) fn of_members(reader: &TreeReader, database: DatabaseId, collection: u32) -> Result<Vec<u32>> {
        let prefix = format!("{collection:08x}");
        let mut numbers = Vec::new();
        reader.unfiltered_system_scan_of(database, SystemCollection::Member, &prefix, &mut |entry| {
            numbers.push(entry.id().get(8..).and_then(|number| u32::from_str_radix(number, 16).ok()));
            Ok(ControlFlow::Continue(()))
        })?;
        numbers.into_iter().map(|number| number.ok_or_else(damaged)).collect()
    }

    /// Whether anything refers to the role.
    ///
    /// # Errors
    /// As [`RoleRecord::find`].
    pub(crate) fn is_used(&self, reader: &TreeReader, database: DatabaseId) -> Result<bool> {
        let mut used = false;
        let prefix = numbered::id(self.number);
        reader.unfiltered_system_scan_of(database, SystemCollection::RoleUse, &prefix, &mut |_| {
            used = true;
            Ok(ControlFlow::Break(()))
        })?;
        Ok(used)
    }

    /// Whether it grants or denies something on a procedure.
    pub(crate) fn names_procedure(&self, name: &str) -> bool {
        let is_on = |grant: &Grant| matches!(&grant.on, Target::Procedure(other) if other == name);
        self.privileges.iter().chain(&self.denials).any(is_on)
    }

    /// What it denies and another form of it would not: for all who have it, or for those who would have it no longer.
    pub(crate) fn denials_lifted(&self, denials: &[Grant], members: &[Member]) -> Vec<Grant> {
        let keeps_members = self.members.iter().all(|member| members.contains(member));
        let lifted = self.denials.iter().filter(|denial| !keeps_members || !denials.contains(denial));
        // Without its condition: nobody who does not hold all of it may lift a part.
        lifted.map(|denial| Grant { when: None, fields: None, ..denial.clone() }).collect()
    }

    /// All that it is on, and whose documents are its members.
    fn targets(&self) -> impl Iterator<Item = &Target> {
        let rights = self.privileges.iter().chain(&self.denials).map(|grant| &grant.on);
        rights.chain(self.members.iter().map(|member| &member.of))
    }

    /// All rules that it is made of, with what each is about.
    pub(crate) fn rules(&self) -> impl Iterator<Item = (Subject, &Rule)> {
        let of_rights = self.privileges.iter().chain(&self.denials);
        let of_rights =
            of_rights.filter_map(|it| it.when.as_ref().map(|rule| (Subject::of(it.action), rule)));
        let of_members = self.members.iter().filter_map(|it| it.when.as_ref());
        of_rights.chain(of_members.map(|rule| (Subject::Membership, rule)))
    }

    /// Stores the role in the place of what it was before, with its name and its membership entries.
    pub(crate) fn put(
        &self,
        writer: &mut TreeWriter,
        database: DatabaseId,
        old: Option<&Self>,
    ) -> Result<()> {
        if let Some(old) = old {
            old.delete_entries(writer, database)?;
        }
        let value = to_value(self)?;
        writer.unfiltered_system_put(database, SystemCollection::Role, &numbered::id(self.number), &value)?;
        let number = Value::Int(self.number.into());
        writer.unfiltered_system_put(database, SystemCollection::RoleName, &self.name, &number)?;
        for id in self.member_ids() {
            writer.unfiltered_system_put(database, SystemCollection::Member, &id, &Value::Null)?;
        }
        if self.inherit {
            let id = numbered::id(self.number);
            writer.unfiltered_system_put(database, SystemCollection::Inherited, &id, &Value::Null)?;
        }
        Ok(())
    }

    /// Removes the role.
    pub(crate) fn delete(&self, writer: &mut TreeWriter, database: DatabaseId) -> Result<()> {
        writer.unfiltered_system_delete(database, SystemCollection::Role, &numbered::id(self.number))?;
        self.delete_entries(writer, database)
    }

    /// Its name.
    ///
    /// # Errors
    /// `Corrupt` if that can be none.
    pub(crate) fn role_name(&self) -> Result<RoleName> {
        self.name.parse().map_err(|_| damaged())
    }

    fn delete_entries(&self, writer: &mut TreeWriter, database: DatabaseId) -> Result<()> {
        writer.unfiltered_system_delete(database, SystemCollection::RoleName, &self.name)?;
        for id in self.member_ids() {
            writer.unfiltered_system_delete(database, SystemCollection::Member, &id)?;
        }
        // Every transaction of the database and of those below depends on which entries there are, and on none that is removed
        // although it is not there.
        if self.inherit {
            let id = numbered::id(self.number);
            writer.unfiltered_system_delete(database, SystemCollection::Inherited, &id)?;
        }
        Ok(())
    }

    fn member_ids(&self) -> impl Iterator<Item = String> {
        self.members.iter().filter_map(|member| match &member.of {
            Target::Documents(collection) => Some(member_id(*collection, self.number)),
            Target::Every(_) | Target::Procedure(_) | Target::Named(_) => None,
        })
    }
}

impl fmt::Display for RoleUser<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => write!(formatter, "key:{id}"),
            Self::Provider(number) => write!(formatter, "provider:{number:08x}"),
            Self::Procedure(name) => write!(formatter, "procedure:{name}"),
        }
    }
}

/// What names a use of a role of `owner` in a database. Below the owner, each database has its own procedures of a name.
fn use_id(number: u32, user: &RoleUser<'_>, (owner, database): (DatabaseId, DatabaseId)) -> String {
    if owner == database {
        format!("{number:08x}{user}")
    } else {
        format!("{number:08x}{user}@{:x}", database.to_int())
    }
}

fn member_id(collection: u32, role: u32) -> String {
    format!("{collection:08x}{role:08x}")
}

fn damaged() -> Error {
    Error::Corrupt("a role has not its form".into())
}

#[cfg(test)]
mod tests;
