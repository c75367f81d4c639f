//! The columns of a table that is imported: which field each cell is of. It knows nothing of where the table comes from.

use crate::csv::{Cell, put, value_of};
use crate::failure::{Failure, Result};
use portunus::{Collection, Type};
use serde_json::{Map, Value as Json};
use std::collections::{HashMap, HashSet};

/// The columns of a table.
pub struct Columns(Vec<(String, Option<Type>)>);

impl Columns {
    /// The columns that the first record of a table names, each a path of a field, with their types as far as they are declared.
    ///
    /// # Errors
    /// If one has no name, or two have the same.
    pub fn new(header: Vec<Cell>, stated: Option<&Collection>) -> Result<Self> {
        let fields = stated.map_or(&[][..], Collection::fields);
        let declared: HashMap<&str, Type> =
            fields.iter().map(|field| (field.path(), field.r#type())).collect();
        let mut met = HashSet::new();
        let mut columns = Vec::with_capacity(header.len());
        for Cell { text: name, .. } in header {
            // What spreadsheets put before the first one is no part of its name.
            let name = name.strip_prefix('\u{feff}').unwrap_or(&name).to_owned();
            if name.is_empty() || !met.insert(name.clone()) {
                return Err(Failure::new("line 1 does not give each column a name of its own"));
            }
            let declared = declared.get(name.as_str()).copied();
            columns.push((name, declared));
        }
        Ok(Self(columns))
    }

    /// A record as the text of a document.
    ///
    /// # Errors
    /// If it has another number of cells than there are columns.
    pub fn document(&self, cells: &[Cell]) -> Result<String> {
        if cells.len() != self.0.len() {
            return Err(Failure::new(format!(
                "has {} cells, and there are {} columns",
                cells.len(),
                self.0.len()
            )));
        }
        let mut document = Map::new();
        for ((path, declared), cell) in self.0.iter().zip(cells) {
            if let Some(value) = value_of(cell, *declared) {
                put(&mut document, path, value);
            }
        }
        Ok(Json::Object(document).to_string())
    }
}
