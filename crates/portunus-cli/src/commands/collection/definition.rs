//! The definition of a collection as it is typed, or read from a file. It knows nothing of stores.

use crate::failure::{Failure, Result};
use crate::parse::Span;
use clap::Args;
use portunus::{Collection, Field, Type};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The definition of a collection.
#[derive(Args)]
pub struct Definition {
    /// The name of the collection
    name: String,
    /// Read the definition from this JSON file, as `show` prints it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["field", "index", "unique", "closed", "ttl"])]
    from: Option<PathBuf>,
    /// Declare a field: PATH:TYPE, and then perhaps ,required ,nullable ,max=LENGTH. Types: any, bool, int, number, string,
    /// bytes, timestamp, array, object
    #[arg(long, value_name = "FIELD")]
    field: Vec<TypedField>,
    /// Keep an index over these fields, as in origin,dest
    #[arg(long, value_name = "FIELDS")]
    index: Vec<String>,
    /// Keep an index over these fields, in which no two documents may be equal
    #[arg(long, value_name = "FIELDS")]
    unique: Vec<String>,
    /// Refuse documents with members that are not declared
    #[arg(long)]
    closed: bool,
    /// Let documents expire this long after they were created, as in 30d
    #[arg(long, value_name = "TIME")]
    ttl: Option<Span>,
}

impl Definition {
    /// The definition, whichever way it was stated.
    ///
    /// # Errors
    /// If the file cannot be read, or is of another collection.
    pub fn stated(&self) -> Result<Collection> {
        if let Some(path) = &self.from {
            return self.read(path);
        }
        let mut stated = Collection::new(&self.name);
        for field in &self.field {
            stated = stated.field(field.0.clone());
        }
        for fields in &self.index {
            stated = stated.index(fields.split(','));
        }
        for fields in &self.unique {
            stated = stated.unique(fields.split(','));
        }
        if self.closed {
            stated = stated.closed();
        }
        if let Some(ttl) = self.ttl {
            stated = stated.ttl(ttl.0);
        }
        Ok(stated)
    }

    fn read(&self, path: &Path) -> Result<Collection> {
        let text = std::fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))?;
        let stated: Collection = serde_json::from_str(&text)
            .map_err(|error| Failure::new(format!("{} is no definition: {error}", path.display())))?;
        if stated.name() != self.name {
            return Err(Failure::usage(format!("{} defines another collection", path.display())));
        }
        Ok(stated)
    }
}

/// A declared field as it is typed.
#[derive(Clone, Debug, PartialEq)]
struct TypedField(Field);

impl FromStr for TypedField {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',');
        let (path, kind) = parts.next().unwrap_or_default().rsplit_once(':').ok_or("write PATH:TYPE")?;
        let mut field = Field::new(path, type_named(kind)?);
        for part in parts {
            field = match (part, part.strip_prefix("max=").map(str::parse)) {
                ("required", _) => field.required(),
                ("nullable", _) => field.nullable(),
                (_, Some(Ok(max))) => field.max_len(max),
                _ => return Err(format!("{part:?} is none of required, nullable, max=LENGTH")),
            };
        }
        Ok(Self(field))
    }
}

fn type_named(name: &str) -> Result<Type, String> {
    match name {
        "any" => Ok(Type::Any),
        "bool" => Ok(Type::Bool),
        "int" => Ok(Type::Int),
        "number" => Ok(Type::Number),
        "string" => Ok(Type::String),
        "bytes" => Ok(Type::Bytes),
        "timestamp" => Ok(Type::Timestamp),
        "array" => Ok(Type::Array),
        "object" => Ok(Type::Object),
        _ => Err(format!(
            "{name:?} is no type: any, bool, int, number, string, bytes, timestamp, array, object"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_a_path_a_type_and_its_rules() {
        let check = |text: &str, field: Option<Field>| {
            assert_eq!(text.parse::<TypedField>().ok().map(|typed| typed.0), field, "{text:?}");
        };
        check("email:string", Some(Field::new("email", Type::String)));
        check("a.b:int,required,nullable", Some(Field::new("a.b", Type::Int).required().nullable()));
        check("a:b:bytes,max=5", Some(Field::new("a:b", Type::Bytes).max_len(5)));
        for wrong in ["", "email", "email:text", "email:string,", "email:string,max=", "email:string,max=-1"]
        {
            check(wrong, None);
        }
    }
}
