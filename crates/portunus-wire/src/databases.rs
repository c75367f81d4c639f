//! The tree of databases below the one that a secret opens. It knows nothing of what is in them.

use crate::Answer;
use crate::operation::{Act, Ask};
use portunus::{DatabaseInfo, DatabasePath, Error, ReadView, Result, Segment, WriteView};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Value as Json, json};

/// A path of databases, such as `berlin/sales`; nothing is the secret's own database.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path(pub DatabasePath);

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self::default());
        }
        text.parse().map(Self).map_err(|error| D::Error::custom(Error::from(error)))
    }
}

/// A database as JSON.
#[must_use]
pub fn database_json(database: &DatabaseInfo) -> Json {
    json!({
        "path": database.path.to_string(),
        "public_id": database.public_id,
        "disabled": database.disabled,
        "protected": database.protected,
        "created_at": database.created_at.to_string(),
    })
}

/// The databases below one; with `disabled`, those of them that are closed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Databases {
    #[serde(default)]
    path: Path,
    #[serde(default)]
    disabled: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Database {
    #[serde(default)]
    path: Path,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateDatabase {
    path: Path,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenameDatabase {
    path: Path,
    name: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveDatabase {
    path: Path,
    #[serde(default)]
    parent: Path,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DisableDatabase {
    path: Path,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnableDatabase {
    path: Path,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProtectDatabase {
    path: Path,
    protected: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteDatabase {
    path: Path,
}

impl Ask for Databases {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        let path = &self.path.0;
        let found = if self.disabled { view.disabled_databases(path) } else { view.databases(path) };
        Answer::of(&found?.iter().map(database_json).collect::<Json>())
    }
}

impl Ask for Database {
    fn ask(&self, view: &ReadView) -> Result<Answer> {
        Answer::one(view.database_at(&self.path.0)?, |found| Answer::of(&database_json(&found)))
    }
}

impl Act for CreateDatabase {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        Answer::of(&database_json(&view.create_database(&self.path.0)?))
    }
}

impl Act for RenameDatabase {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        let name: Segment = self.name.parse().map_err(Error::from)?;
        view.rename_database(&self.path.0, &name)?;
        Ok(Answer::done())
    }
}

impl Act for MoveDatabase {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.move_database(&self.path.0, &self.parent.0)?;
        Ok(Answer::done())
    }
}

impl Act for DisableDatabase {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.disable_database(&self.path.0)?;
        Ok(Answer::done())
    }
}

impl Act for EnableDatabase {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.enable_database(&self.path.0)?;
        Ok(Answer::done())
    }
}

impl Act for ProtectDatabase {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.protect_database(&self.path.0, self.protected)?;
        Ok(Answer::done())
    }
}

impl Act for DeleteDatabase {
    fn act(&self, view: &mut WriteView) -> Result<Answer> {
        view.delete_database(&self.path.0)?;
        Ok(Answer::done())
    }
}
