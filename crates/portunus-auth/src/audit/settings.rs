//! What the log of one database is to hold, and the record that says so. It knows nothing of the log.

use crate::{Error, Result};
use portunus_scope::{DatabaseId, SystemCollection, TreeReader, TreeWriter, from_value, to_value};
use serde::{Deserialize, Serialize};

const OWN: &str = "self";

/// What the audit log of a database holds on top of what it always holds: the changes of everything that decides who may
/// do what, logins, and attempts at them.
///
/// ```
/// use portunus_auth::AuditSettings;
/// let settings = AuditSettings { refusals: true, ..AuditSettings::default() };
/// assert!(!settings.openings && !settings.denials);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditSettings {
    /// Every transaction that a secret opened. This is the one that costs something where nothing goes wrong.
    pub openings: bool,
    /// Secrets that were refused, and why. A refusal whose database cannot be known is in the log of the root.
    pub refusals: bool,
    /// Operations that were answered with a denial.
    pub denials: bool,
}

/// The settings of a principal's database, kept with it. They say nothing of who it is, so that no two principals differ by
/// them; and they only spare work: what is written down is decided anew.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heard(pub(crate) AuditSettings);

impl PartialEq for Heard {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Heard {
    /// # Errors
    /// As [`AuditSettings::load`].
    pub(crate) fn load(reader: &TreeReader, database: DatabaseId) -> Result<Self> {
        Ok(Self(AuditSettings::load(reader, database)?.unwrap_or_default()))
    }
}

impl AuditSettings {
    /// The settings of a database; none if it has no log, or had one and keeps it no longer.
    ///
    /// # Errors
    /// `Corrupt` if the record has not its form; as every read of the store.
    pub(crate) fn load(reader: &TreeReader, database: DatabaseId) -> Result<Option<Self>> {
        let found = reader.unfiltered_system_get(database, SystemCollection::AuditSettings, OWN)?;
        let damaged = |_| Error::Corrupt("the settings of an audit log have not their form".into());
        found.map(|document| from_value(&document.value()).map_err(damaged)).transpose()
    }

    /// # Errors
    /// As every write.
    pub(crate) fn store(settings: Option<Self>, writer: &mut TreeWriter, database: DatabaseId) -> Result<()> {
        let collection = SystemCollection::AuditSettings;
        match settings {
            Some(settings) => {
                writer.unfiltered_system_put(database, collection, OWN, &to_value(&settings)?)?;
            }
            None => writer.unfiltered_system_delete(database, collection, OWN)?,
        }
        Ok(())
    }
}
