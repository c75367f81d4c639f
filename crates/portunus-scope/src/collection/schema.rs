//! The declared fields of a collection, and the check of a document against them.

use super::{Collection, INTEGER_MAX};
use crate::{Error, FieldPath, Object, Result, Value};
use serde::{Deserialize, Deserializer, Serialize};

/// The types that a declared field can have.
///
/// ```
/// use portunus_scope::{Collection, DatabaseId, Expiry, Field, Tree, TreeOptions, Type, Value};
/// # let (_tree, mut writer) = Tree::create_in_memory(&TreeOptions::default())?;
/// let readings = Collection::new("readings").field(Field::new("celsius", Type::Number));
/// writer.define_collection(DatabaseId::ROOT, &readings)?;
/// # let readings = writer.collection(DatabaseId::ROOT, "readings")?.expect("it was defined");
/// # let mut insert = |json: &str| {
/// #     let draft = writer.unfiltered_prepare(&readings, None, Value::from_json(json)?, Expiry::Unchanged)?;
/// #     writer.unfiltered_insert(&readings, draft)
/// # };
/// assert!(insert(r#"{"celsius": 21}"#).is_ok() && insert(r#"{"celsius": 21.5}"#).is_ok());
/// let error = insert(r#"{"celsius": "warm"}"#).unwrap_err();
/// assert_eq!(error.to_string(), "celsius: must be a number");
/// # Ok::<(), portunus_scope::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// Any value.
    Any,
    /// A truth value.
    Bool,
    /// A 64-bit integer.
    Int,
    /// An integer or a float.
    Number,
    /// Text.
    String,
    /// Bytes.
    Bytes,
    /// An instant.
    Timestamp,
    /// Values in order.
    Array,
    /// Named values.
    Object,
}

impl Type {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Any => true,
            Self::Bool => matches!(value, Value::Bool(_)),
            Self::Int => matches!(value, Value::Int(_)),
            Self::Number => matches!(value, Value::Int(_) | Value::Float(_)),
            Self::String => matches!(value, Value::String(_)),
            Self::Bytes => matches!(value, Value::Bytes(_)),
            Self::Timestamp => matches!(value, Value::Timestamp(_)),
            Self::Array => matches!(value, Value::Array(_)),
            Self::Object => matches!(value, Value::Object(_)),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::Bool => "a truth value",
            Self::Int => "an integer",
            Self::Number => "a number",
            Self::String => "text",
            Self::Bytes => "bytes",
            Self::Timestamp => "an instant",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

/// A declared field of a collection.
///
/// ```
/// use portunus_scope::{Field, Type};
/// let city = Field::new("address.city", Type::String).required().max_len(100);
/// assert_eq!((city.path(), city.r#type()), ("address.city", Type::String));
/// let visits = Field::new("visits", Type::Int).nullable().default(0);
/// assert!(city.is_required() && !visits.is_required() && visits.is_nullable());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    path: String,
    r#type: Type,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    required: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    nullable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_len: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    default: Option<Value>,
}

impl Field {
    /// A field that may be missing, and is of this type when it is not.
    pub fn new(path: impl Into<String>, r#type: Type) -> Self {
        Self { path: path.into(), r#type, required: false, nullable: false, max_len: None, default: None }
    }

    /// Refuses documents without the field.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Also allows null.
    #[must_use]
    pub fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// The most bytes of text or bytes, or the most elements of an array or members of an object.
    #[must_use]
    pub fn max_len(mut self, max_len: u64) -> Self {
        self.max_len = Some(max_len.min(INTEGER_MAX));
        self
    }

    /// The value that a new document gets where it has none.
    #[must_use]
    pub fn default(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// The path of the field, its names joined by `.`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The type.
    #[must_use]
    pub fn r#type(&self) -> Type {
        self.r#type
    }

    /// Whether documents without the field are refused.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.required
    }

    /// Whether null is allowed in the place of its type.
    #[must_use]
    pub fn is_nullable(&self) -> bool {
        self.nullable
    }

    fn check(&self, value: &Value) -> Result<()> {
        if matches!(value, Value::Null) && self.nullable {
            return Ok(());
        }
        if !self.r#type.fits(value) {
            return Err(Error::invalid(&self.path, format!("must be {}", self.r#type.name())));
        }
        let (length, unit) = match value {
            Value::String(text) => (text.len(), "bytes"),
            Value::Bytes(bytes) => (bytes.len(), "bytes"),
            Value::Array(elements) => (elements.len(), "elements"),
            Value::Object(object) => (object.len(), "members"),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_) => {
                return Ok(());
            }
        };
        match self.max_len {
            Some(most) if u64::try_from(length).is_ok_and(|length| length > most) => {
                Err(Error::invalid(&self.path, format!("is longer than {most} {unit}")))
            }
            _ => Ok(()),
        }
    }
}

/// A default that is stated, be it null: only one that is not stated is none.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Checks the declarations themselves.
pub(super) fn check_fields(fields: &[Field]) -> Result<()> {
    for (place, field) in fields.iter().enumerate() {
        let _: FieldPath = field.path.parse()?;
        if fields.iter().take(place).any(|before| before.path == field.path) {
            return Err(Error::invalid(&field.path, "the field is declared twice"));
        }
        if let Some(default) = &field.default {
            field
                .check(default)
                .map_err(|_| Error::invalid(&field.path, "the default breaks the field's own rule"))?;
        }
        let below_leaf = fields.iter().any(|other| {
            is_below(&field.path, &other.path) && !matches!(other.r#type, Type::Object | Type::Any)
        });
        if below_leaf {
            return Err(Error::invalid(&field.path, "the field is inside one that is not an object"));
        }
    }
    Ok(())
}

/// Whether a document of a closed collection with these fields can hold something at `path`.
pub(super) fn may_hold(fields: &[Field], path: &FieldPath) -> bool {
    let path = path.to_string();
    fields.iter().any(|field| {
        field.path == path
            || is_below(&field.path, &path)
            || (is_below(&path, &field.path) && matches!(field.r#type, Type::Object | Type::Any))
    })
}

fn is_below(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.starts_with('.'))
}

/// The declared fields with their paths parsed.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    fields: Vec<(Vec<String>, Field)>,
    closed: bool,
}

impl Schema {
    pub(crate) fn new(definition: &Collection) -> Result<Self> {
        let parse = |field: &Field| Ok((field.path.parse::<FieldPath>()?.segments().to_vec(), field.clone()));
        let fields = definition.fields.iter().map(parse).collect::<Result<_>>()?;
        Ok(Self { fields, closed: definition.closed })
    }

    /// Gives a new document the declared defaults where it has no value.
    pub(crate) fn apply_defaults(&self, document: &mut Object) {
        for (path, field) in &self.fields {
            if let Some(default) = &field.default {
                set_if_missing(document, path, default);
            }
        }
    }

    /// Checks a document against the declared fields.
    pub(crate) fn check(&self, document: &Object) -> Result<()> {
        for (path, field) in &self.fields {
            match find(document, path) {
                Some(value) => field.check(value)?,
                None if field.required => return Err(Error::invalid(&field.path, "is missing")),
                None => {}
            }
        }
        if self.closed { self.check_closed(document, &mut Vec::new()) } else { Ok(()) }
    }

    /// A member is known if it is declared, is on the way to a declared field, or lies inside a declared object
    /// of which no member is declared.
    fn check_closed(&self, object: &Object, place: &mut Vec<String>) -> Result<()> {
        for (name, value) in object.iter() {
            place.push(name.to_string());
            let declared = self.fields.iter().any(|(path, _)| path == place);
            let leads_on =
                self.fields.iter().any(|(path, _)| path.len() > place.len() && path.starts_with(place));
            match value {
                Value::Object(inner) if leads_on => self.check_closed(inner, place)?,
                _ if declared => {}
                _ => return Err(Error::invalid(place.join("."), "is not a field of this closed collection")),
            }
            place.pop();
        }
        Ok(())
    }
}

fn find<'a>(object: &'a Object, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let value = object.get(first)?;
    match value {
        _ if rest.is_empty() => Some(value),
        Value::Object(inner) => find(inner, rest),
        _ => None,
    }
}

fn set_if_missing(object: &mut Object, path: &[String], default: &Value) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        if object.get(first).is_none() {
            object.insert(first.clone(), default.clone());
        }
        return;
    }
    if object.get(first).is_none() {
        object.insert(first.clone(), Value::Object(Object::default()));
    }
    if let Some(Value::Object(inner)) = object.get_mut(first) {
        set_if_missing(inner, rest, default);
    }
}
