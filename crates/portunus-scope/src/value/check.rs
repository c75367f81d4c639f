//! The rules that a value must keep to be stored. It knows nothing of schemas.

use crate::limits::DEPTH_MAX;
use crate::place::Place;
use crate::stored::{ELEMENT_BYTES, INLINE_TEXT_BYTES, MEMBER_BYTES, ROOT_BYTES};
use crate::{Error, Object, Result, Value};

impl Value {
    /// Checks that the value can be stored, and returns how many bytes its stored form has.
    ///
    /// `depth_max` is the most arrays and objects inside one another: 0 allows none, 1 allows a flat object, and more
    /// than [`DEPTH_MAX`] is taken as that. The value is looked at no deeper, however deep it is.
    ///
    /// # Errors
    /// `Invalid` with the place of a float that is not a number, or of what is nested too deeply;
    /// `Limit` if the stored form would be too large.
    ///
    /// ```
    /// use portunus_scope::{Object, Value};
    /// let value = Value::from(Object::from_iter([("x", Value::from(vec![Value::from(f64::NAN)]))]));
    /// let error = value.check(64, 1 << 20).unwrap_err();
    /// assert_eq!(error.to_string(), "x[0]: is not a number");
    /// ```
    pub fn check(&self, depth_max: usize, bytes_max: usize) -> Result<usize> {
        let mut check = Check { bytes: 0, bytes_max };
        check.add(ROOT_BYTES)?;
        check.value(self, Place::Top, depth_max.min(DEPTH_MAX))?;
        Ok(check.bytes)
    }
}

struct Check {
    bytes: usize,
    bytes_max: usize,
}

impl Check {
    /// `depth_left` is how many more containers may be entered.
    fn value(&mut self, value: &Value, place: Place<'_>, depth_left: usize) -> Result<()> {
        match value {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Timestamp(_) => Ok(()),
            Value::Float(float) if float.is_nan() => {
                Err(Error::invalid(place.to_string(), "is not a number"))
            }
            Value::Float(_) => Ok(()),
            Value::String(text) => self.add(out_of_line(text)),
            Value::Bytes(bytes) => self.add(bytes.len()),
            Value::Array(elements) => {
                let depth_left = enter(place, depth_left)?;
                self.add(elements.len().saturating_mul(ELEMENT_BYTES))?;
                elements
                    .iter()
                    .enumerate()
                    .try_for_each(|(index, element)| self.value(element, place.element(index), depth_left))
            }
            Value::Object(object) => self.object(object, place, enter(place, depth_left)?),
        }
    }

    fn object(&mut self, object: &Object, place: Place<'_>, depth_left: usize) -> Result<()> {
        self.add(object.len().saturating_mul(MEMBER_BYTES))?;
        object.iter().try_for_each(|(name, value)| {
            self.add(out_of_line(name))?;
            self.value(value, place.member(name), depth_left)
        })
    }

    fn add(&mut self, bytes: usize) -> Result<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.bytes_max {
            return Err(Error::Limit { what: "document", actual: self.bytes, max: self.bytes_max });
        }
        Ok(())
    }
}

/// The bytes of a text that do not lie inside its array or object.
fn out_of_line(text: &str) -> usize {
    if text.len() > INLINE_TEXT_BYTES { text.len() } else { 0 }
}

/// One container deeper, if that is allowed.
pub(crate) fn enter(place: Place<'_>, depth_left: usize) -> Result<usize> {
    depth_left.checked_sub(1).ok_or_else(|| Error::invalid(place.to_string(), "is nested too deeply"))
}
