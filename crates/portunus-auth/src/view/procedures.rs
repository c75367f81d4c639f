//! Procedures through a view: which there are in the database, and which role each runs with. What they do is the
//! program's.

use super::{ReadView, WriteView};
use crate::audit::Event;
use crate::procedure::check_procedure_name;
use crate::procedure_record::ProcedureRecord;
use crate::resource::{Action, Resource};
use crate::role::RoleName;
use crate::role_record::RoleRecord;
use crate::thing::{Described, Thing};
use crate::{Error, Result};
use portunus_scope::SystemCollection;

/// The most procedures of a database.
const PROCEDURES_MAX: usize = 1_000;

/// What a change of a procedure that is not there, or may not be seen, is told.
const PROCEDURE: &str = "procedure";

/// A procedure of a database, as those see it who may.
///
/// ```
/// # use portunus_auth::{Error, Gate, GateOptions};
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// let mut view = gate.begin_write(&admin)?;
/// view.define_procedure("sign_up", Some("server"))?;
/// let procedure = view.procedures()?.pop().expect("it was defined just now");
/// assert_eq!(procedure.name, "sign_up");
/// assert_eq!(procedure.role.map(|role| role.to_string()).as_deref(), Some("server"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcedureInfo {
    /// The name.
    pub name: String,
    /// The role that it runs with; without one it runs with those of its caller.
    pub role: Option<RoleName>,
}

impl ReadView {
    /// The procedures of the database that the principal may see, in the order of their names.
    ///
    /// ```
    /// # use portunus_auth::{Durability, Error, Gate, GateOptions};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// # view.define_procedure("sign_up", None)?;
    /// # view.commit(Durability::Immediate)?;
    /// let view = gate.begin_read(&admin)?;
    /// assert_eq!(view.procedures()?.len(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of every operation.
    pub fn procedures(&self) -> Result<Vec<ProcedureInfo>> {
        self.policy()?.seen(|| {
            let records = ProcedureRecord::all(self.reader(), self.database())?;
            records.iter().map(|record| self.describe_procedure(record)).collect()
        })
    }

    pub(super) fn describe_procedure(&self, record: &ProcedureRecord) -> Result<ProcedureInfo> {
        let role = record.role.map(|role| self.role_rights(self.database(), role)).transpose()?;
        Ok(ProcedureInfo { name: record.name.clone(), role: role.flatten().map(|(name, _)| name) })
    }
}

/// What rules know of a procedure.
struct ProcedureFields<'p> {
    name: &'p str,
    role: Option<&'p str>,
}

impl Described for ProcedureFields<'_> {
    const KIND: Resource = Resource::Procedure;

    fn thing(&self) -> Thing {
        Thing::of(Self::KIND, self.name).with("name", self.name).with("role", self.role).done()
    }
}

impl Described for ProcedureInfo {
    const KIND: Resource = Resource::Procedure;

    fn thing(&self) -> Thing {
        ProcedureFields { name: &self.name, role: self.role.as_ref().map(RoleName::as_str) }.thing()
    }
}

impl WriteView {
    /// Lets a procedure of the program run in this database, with a role or with those of its caller; or lets it run
    /// with another one.
    ///
    /// ```
    /// # use portunus_auth::{Error, Gate, GateOptions};
    /// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
    /// # let mut view = gate.begin_write(&admin)?;
    /// view.define_procedure("sign_up", Some("server"))?;
    /// view.define_procedure("sign_up", None)?;
    /// view.delete_procedure("sign_up")?;
    /// assert!(view.procedures()?.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Denied`, also if the role may do what the principal may not; `Invalid` or `Limit` for the name; `Constraint` if
    /// the database has no such role.
    pub fn define_procedure(&mut self, name: &str, role: Option<&str>) -> Result<()> {
        let policy = self.policy()?;
        let database = self.database();
        let old = ProcedureRecord::find(self.reader(), database, name)?;
        let standing = old.as_ref().map(|old| self.describe_procedure(old)).transpose()?;
        let standing = standing.as_ref().map(Described::thing);
        policy.require_define(standing.as_ref(), &ProcedureFields { name, role })?;
        check_procedure_name(name)?;
        let count = || self.reader().unfiltered_system_count(database, SystemCollection::Procedure);
        if old.is_none() && count()? >= PROCEDURES_MAX {
            let (what, max) = ("procedures of a database", PROCEDURES_MAX);
            return Err(Error::Limit { what, actual: max + 1, max });
        }
        let given = role.map(|role| self.role_to_give(database, role, Resource::Procedure)).transpose()?;
        let created_at = old.as_ref().map_or_else(|| self.now(), |old| old.created_at);
        let record = ProcedureRecord { name: name.into(), role: given, created_at };
        self.whole(|writer| record.put(writer, database, old.as_ref()))?;
        self.note(Event::ProcedureDefined { procedure: name.into(), role: role.map(Into::into) })
    }

    /// Lets a procedure run in this database no longer.
    ///
    /// # Errors
    /// `NotFound`, `Denied`; `Constraint` if a role names it: its right must not pass to another one of that name.
    pub fn delete_procedure(&mut self, name: &str) -> Result<()> {
        let (policy, database) = (self.policy()?, self.database());
        let record =
            ProcedureRecord::find(self.reader(), database, name)?.ok_or(Error::NotFound(PROCEDURE))?;
        policy.require_on(Action::Delete, PROCEDURE, || self.describe_procedure(&record))?;
        if RoleRecord::all(self.reader(), database)?.iter().any(|role| role.names_procedure(name)) {
            return Err(Error::Constraint("a role names the procedure".into()));
        }
        self.whole(|writer| record.delete(writer, database))?;
        self.note(Event::ProcedureDeleted { procedure: name.into() })
    }
}
