//! Bytes as stored documents: whatever they are, they are read whole or refused, and what was stored is read back.
//! It knows nothing of the layout of the bytes.

use portunus_scope::{Document, DocumentRef, Error, Object, Timestamp, Value, ValueRef};

use super::recipe::Recipe;

/// Takes `data` for a stored document, then for the recipe of a value, which is stored, read back, and damaged.
pub fn run(data: &[u8]) {
    read(data);
    let mut recipe = Recipe::new(data);
    let value = recipe.value(0);
    let expires_at = recipe.byte().is_multiple_of(2).then(|| Timestamp(recipe.long()));
    let version = recipe.long().unsigned_abs();
    match Document::new("id", version, expires_at, &value) {
        Ok(document) => {
            assert_eq!((document.version(), document.expires_at()), (version, expires_at));
            assert!(same(document.root(), ValueRef::from(&value)), "a value is not what it was");
            assert!(
                same(ValueRef::from(&document.value()), ValueRef::from(&value)),
                "a value is not what it was"
            );
            assert!(read(document.as_stored()), "what was stored is whole");
            let mut damaged = document.as_stored().to_vec();
            let place = usize::try_from(recipe.long().unsigned_abs()).unwrap_or(0) % damaged.len();
            damaged[place] ^= recipe.byte() | 1;
            read(&damaged);
            damaged.truncate(place);
            read(&damaged);
        }
        Err(Error::Invalid { .. } | Error::Limit { .. }) => {}
        Err(other) => panic!("{other}"),
    }
}

/// Reads bytes as a stored document, all of it, and tells whether they are one in every respect.
fn read(bytes: &[u8]) -> bool {
    let document = match DocumentRef::from_stored("id", bytes) {
        Ok(document) => document,
        Err(Error::Corrupt(_)) => return false,
        Err(other) => panic!("{other}"),
    };
    let value = document.value();
    assert!(same(document.root(), ValueRef::from(&value)), "a copy is not what was copied");
    assert_eq!(document.to_document().as_stored(), bytes);
    match document.verify() {
        Ok(()) => {
            let again = Document::new("id", document.version(), document.expires_at(), &value);
            assert!(same(again.unwrap().root(), document.root()), "what is whole can be stored again");
            true
        }
        Err(Error::Corrupt(_)) => false,
        Err(other) => panic!("{other}"),
    }
}

/// Whether two values are the same to the bit: other than with `==`, a float that is not a number is itself.
fn same(left: ValueRef<'_>, right: ValueRef<'_>) -> bool {
    match (left, right) {
        (ValueRef::Float(left), ValueRef::Float(right)) => left.to_bits() == right.to_bits(),
        (ValueRef::Array(left), ValueRef::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right.iter()).all(|(left, right)| same(left, right))
        }
        (ValueRef::Object(left), ValueRef::Object(right)) => {
            // An object whose members are out of order is read as it lies, and put in order where it is copied.
            let sorted = left.iter().map(|(name, _)| name).is_sorted_by(|first, second| first < second);
            !sorted
                || left.len() == right.len()
                    && left
                        .iter()
                        .zip(right.iter())
                        .all(|(left, right)| left.0 == right.0 && same(left.1, right.1))
        }
        (left, right) => left.to_value() == right.to_value(),
    }
}

impl Recipe<'_> {
    fn bytes(&mut self) -> Vec<u8> {
        (0..self.byte() % 24).map(|_| self.byte()).collect()
    }

    fn text(&mut self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    /// A value; deeper than a document may be, if the bytes say so.
    fn value(&mut self, depth: usize) -> Value {
        let kinds = if depth < 80 { 12 } else { 7 };
        match self.byte() % kinds {
            0 => Value::Null,
            1 => Value::Bool(self.byte().is_multiple_of(2)),
            2 => Value::Int(self.long()),
            3 => Value::Float(f64::from_bits(self.long().cast_unsigned())),
            4 => Value::String(self.text()),
            5 => Value::Bytes(self.bytes()),
            6 => Value::Timestamp(Timestamp(self.long())),
            7 | 8 => Value::Array((0..self.byte() % 5).map(|_| self.value(depth + 1)).collect()),
            9 | 10 => Value::Object(self.object(depth)),
            _ => Value::Array(vec![self.value(depth + 1)]),
        }
    }

    fn object(&mut self, depth: usize) -> Object {
        (0..self.byte() % 5).map(|_| (self.text(), self.value(depth + 1))).collect()
    }
}
