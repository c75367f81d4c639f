//! Index terms: an encoding of simple values whose byte order is their order. It knows nothing of keys around them.
//!
//! Every term begins with a tag, and the tags are in the order of the types:
//!
//! ```text
//! missing    10
//! null       20
//! bool       30 [00 | 01]
//! number     40 [8 bytes: the largest float that is not above it, sortable][2 bytes: how much it is above that float]
//! string     50 [UTF-8, each 00 as 00 FF][00 01]
//! bytes      60 [the bytes, each 00 as 00 FF][00 01]
//! timestamp  70 [8 bytes: microseconds, sign bit flipped]
//! ```
//! Integers are big-endian. A sortable float is its bits with the sign bit flipped if it is positive, with all bits
//! flipped if it is negative; -0 is encoded as 0. Integers above 2^53 lie up to 1,023 above the next lower float, and that
//! remainder follows: so integers and floats are on one exact number line, and numbers that are equal have one term.
//!
//! No term is the beginning of another: all have a fixed length but strings and bytes, which end with a mark that
//! cannot be inside them. So a key may go on behind a term, and several terms in a row sort as a tuple does.

use crate::limits::INDEX_ENTRY_BYTES_MAX;
use crate::{Error, FieldPath, Result, Timestamp, ValueRef};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

const MISSING: u8 = 0x10;
const NULL: u8 = 0x20;
const BOOL: u8 = 0x30;
const NUMBER: u8 = 0x40;
const STRING: u8 = 0x50;
const BYTES: u8 = 0x60;
const TIMESTAMP: u8 = 0x70;

/// What a zero byte inside of text or bytes is followed by, and what ends them.
const ZERO: [u8; 2] = [0x00, 0xFF];
const END: [u8; 2] = [0x00, 0x01];

/// A term before it is encoded.
#[derive(Clone, Debug)]
pub enum Term<'a> {
    /// There is nothing at the field that an index can hold.
    Missing,
    /// Null.
    Null,
    /// A truth value; false is first.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float. It is a number.
    Float(f64),
    /// Text, by its bytes.
    String(Cow<'a, str>),
    /// Bytes.
    Bytes(Cow<'a, [u8]>),
    /// An instant.
    Timestamp(Timestamp),
}

impl<'a> Term<'a> {
    /// The term of a value; arrays, objects and what is not a number have none.
    #[must_use]
    pub fn of(value: ValueRef<'a>) -> Option<Self> {
        match value {
            ValueRef::Null => Some(Self::Null),
            ValueRef::Bool(truth) => Some(Self::Bool(truth)),
            ValueRef::Int(int) => Some(Self::Int(int)),
            ValueRef::Float(float) => (!float.is_nan()).then_some(Self::Float(float)),
            ValueRef::String(text) => Some(Self::String(text.into())),
            ValueRef::Bytes(bytes) => Some(Self::Bytes(bytes.into())),
            ValueRef::Timestamp(instant) => Some(Self::Timestamp(instant)),
            ValueRef::Array(_) | ValueRef::Object(_) => None,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Missing => MISSING,
            Self::Null => NULL,
            Self::Bool(_) => BOOL,
            Self::Int(_) | Self::Float(_) => NUMBER,
            Self::String(_) => STRING,
            Self::Bytes(_) => BYTES,
            Self::Timestamp(_) => TIMESTAMP,
        }
    }
}

impl Ord for Term<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Int(a), Self::Float(b)) => Number::of_int(*a).cmp(&Number::of_float(*b)),
            (Self::Float(a), Self::Int(b)) => Number::of_float(*a).cmp(&Number::of_int(*b)),
            (Self::Float(a), Self::Float(b)) => Number::of_float(*a).cmp(&Number::of_float(*b)),
            (Self::String(a), Self::String(b)) => a.cmp(b),
            (Self::Bytes(a), Self::Bytes(b)) => a.cmp(b),
            (Self::Timestamp(a), Self::Timestamp(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Term<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Term<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Term<'_> {}

/// The one order of values: null, truth values, numbers, text, bytes, instants, then arrays and objects, which compare
/// element by element and member by member. Integers and floats are on one exact number line.
///
/// ```
/// use portunus_scope::{ValueRef, compare};
/// let (int, float) = (ValueRef::Int((1 << 53) + 1), ValueRef::Float(9_007_199_254_740_992.0));
/// assert!(compare(int, float).is_gt());
/// assert!(compare(ValueRef::Int(0), ValueRef::Float(-0.0)).is_eq());
/// ```
#[must_use]
pub fn compare(a: ValueRef<'_>, b: ValueRef<'_>) -> Ordering {
    match (a, b) {
        (ValueRef::Array(a), ValueRef::Array(b)) => {
            let unequal = a.iter().zip(b.iter()).map(|(a, b)| compare(a, b)).find(|order| order.is_ne());
            unequal.unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        (ValueRef::Object(a), ValueRef::Object(b)) => {
            let pairs = a.iter().zip(b.iter());
            let unequal = pairs
                .map(|((a_name, a), (b_name, b))| a_name.cmp(b_name).then_with(|| compare(a, b)))
                .find(|order| order.is_ne());
            unequal.unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        (ValueRef::Array(_), ValueRef::Object(_)) => Ordering::Less,
        (ValueRef::Object(_), ValueRef::Array(_)) => Ordering::Greater,
        _ => match (Term::of(a), Term::of(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            (a, b) => a.is_none().cmp(&b.is_none()),
        },
    }
}

/// A place on the number line: the sortable bits of a float, and how far above it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Number(u64, u16);

const SIGN: u64 = 1 << 63;

impl Number {
    fn of_float(float: f64) -> Self {
        // All floats that are not a number have one place, and both zeros have one.
        let float = if float.is_nan() { f64::NAN.abs() } else { float + 0.0 };
        let bits = float.to_bits();
        Self(if bits & SIGN == 0 { bits | SIGN } else { !bits }, 0)
    }

    fn of_int(int: i64) -> Self {
        #[expect(
            clippy::as_conversions,
            reason = "rounds to one of the two floats around it; which one is seen to below"
        )]
        let near = int as f64;
        let floor = if to_integer(near) > i128::from(int) { near.next_down() } else { near };
        let above = i128::from(int) - to_integer(floor);
        // Floats of this size are 1,024 apart at most.
        Self(Self::of_float(floor).0, u16::try_from(above).unwrap_or(u16::MAX))
    }

    fn to_term(self) -> Option<Term<'static>> {
        let float = f64::from_bits(if self.0 & SIGN == 0 { !self.0 } else { self.0 & !SIGN });
        let is_integer = float.is_finite() && float.fract() == 0.0;
        let int = is_integer
            .then(|| i64::try_from(to_integer(float).saturating_add(i128::from(self.1))).ok())
            .flatten();
        let (term, again) = match int {
            Some(int) => (Term::Int(int), Self::of_int(int)),
            None => (Term::Float(float), Self::of_float(float)),
        };
        (again == self).then_some(term)
    }
}

#[expect(
    clippy::as_conversions,
    reason = "exact for every whole float of up to 127 bits, and saturating beyond"
)]
fn to_integer(float: f64) -> i128 {
    float as i128
}

/// Appends a term to a key.
///
/// ```
/// use portunus_scope::term::{Term, encode_term};
/// let mut key = Vec::new();
/// encode_term(&mut key, &Term::String("a\0".into()));
/// assert_eq!(key, [0x50, b'a', 0x00, 0xFF, 0x00, 0x01]);
/// ```
pub fn encode_term(key: &mut Vec<u8>, term: &Term<'_>) {
    key.push(term.rank());
    match term {
        Term::Missing | Term::Null => {}
        Term::Bool(truth) => key.push(u8::from(*truth)),
        Term::Int(int) => encode_number(key, Number::of_int(*int)),
        Term::Float(float) => encode_number(key, Number::of_float(*float)),
        Term::String(text) => encode_bytes(key, text.as_bytes()),
        Term::Bytes(bytes) => encode_bytes(key, bytes),
        Term::Timestamp(instant) => key.extend_from_slice(&(instant.0 ^ i64::MIN).to_be_bytes()),
    }
}

/// Appends the term of a value to a key.
///
/// # Errors
/// `Invalid` for an array or object, which have no term.
pub fn encode_value(key: &mut Vec<u8>, value: ValueRef<'_>) -> Result<()> {
    let term = Term::of(value).ok_or_else(|| {
        Error::invalid("index term", format!("{} cannot be looked up in an index", value.kind()))
    })?;
    encode_term(key, &term);
    Ok(())
}

/// Appends what the terms of all texts that begin with `prefix` begin with, and no other term.
pub fn encode_string_prefix(key: &mut Vec<u8>, prefix: &str) {
    key.push(STRING);
    encode_escaped(key, prefix.as_bytes());
}

fn encode_number(key: &mut Vec<u8>, number: Number) {
    key.extend_from_slice(&number.0.to_be_bytes());
    key.extend_from_slice(&number.1.to_be_bytes());
}

fn encode_bytes(key: &mut Vec<u8>, bytes: &[u8]) {
    encode_escaped(key, bytes);
    key.extend_from_slice(&END);
}

fn encode_escaped(key: &mut Vec<u8>, bytes: &[u8]) {
    for (place, part) in bytes.split(|byte| *byte == 0).enumerate() {
        if place > 0 {
            key.extend_from_slice(&ZERO);
        }
        key.extend_from_slice(part);
    }
}

/// Reads the term that a key begins with, and returns it with the rest of the key. A number that is whole and fits is
/// an integer, whichever it was.
///
/// # Errors
/// `Corrupt` if there is no term, or one that [`encode_term`] does not write.
pub fn decode_term(key: &[u8]) -> Result<(Term<'_>, &[u8])> {
    let (&tag, rest) = key.split_first().ok_or_else(corrupt)?;
    match tag {
        MISSING => Ok((Term::Missing, rest)),
        NULL => Ok((Term::Null, rest)),
        BOOL => match rest.split_first() {
            Some((0, rest)) => Ok((Term::Bool(false), rest)),
            Some((1, rest)) => Ok((Term::Bool(true), rest)),
            _ => Err(corrupt()),
        },
        NUMBER => {
            let (floor, rest) = rest.split_first_chunk().ok_or_else(corrupt)?;
            let (above, rest) = rest.split_first_chunk().ok_or_else(corrupt)?;
            let number = Number(u64::from_be_bytes(*floor), u16::from_be_bytes(*above));
            Ok((number.to_term().ok_or_else(corrupt)?, rest))
        }
        STRING => {
            let (bytes, rest) = decode_bytes(rest)?;
            let text = match bytes {
                Cow::Borrowed(bytes) => {
                    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| corrupt())?
                }
                Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|_| corrupt())?,
            };
            Ok((Term::String(text), rest))
        }
        BYTES => decode_bytes(rest).map(|(bytes, rest)| (Term::Bytes(bytes), rest)),
        TIMESTAMP => {
            let (micros, rest) = rest.split_first_chunk().ok_or_else(corrupt)?;
            Ok((Term::Timestamp(Timestamp(i64::from_be_bytes(*micros) ^ i64::MIN)), rest))
        }
        _ => Err(corrupt()),
    }
}

/// What follows the term that a key begins with. Cheaper than [`decode_term`], which looks at the inside too.
///
/// # Errors
/// `Corrupt` if there is no term.
pub fn skip_term(key: &[u8]) -> Result<&[u8]> {
    let (&tag, rest) = key.split_first().ok_or_else(corrupt)?;
    let length = match tag {
        MISSING | NULL => 0,
        BOOL => 1,
        NUMBER => 10,
        STRING | BYTES => escaped_length(rest)? + END.len(),
        TIMESTAMP => 8,
        _ => return Err(corrupt()),
    };
    rest.get(length..).ok_or_else(corrupt)
}

/// Whether a key begins with the term of a missing field or of null, which no unique index counts.
#[must_use]
pub fn is_missing_or_null(key: &[u8]) -> bool {
    matches!(key.first(), Some(&(MISSING | NULL)))
}

/// The length of escaped bytes up to the mark that ends them.
fn escaped_length(bytes: &[u8]) -> Result<usize> {
    let mut from = 0;
    loop {
        let rest = bytes.get(from..).ok_or_else(corrupt)?;
        let zero = rest.iter().position(|byte| *byte == 0).ok_or_else(corrupt)?;
        match rest.get(zero..zero + 2) {
            Some(pair) if pair == END => return Ok(from + zero),
            Some(pair) if pair == ZERO => from += zero + 2,
            _ => return Err(corrupt()),
        }
    }
}

fn decode_bytes(key: &[u8]) -> Result<(Cow<'_, [u8]>, &[u8])> {
    let (escaped, rest) = key.split_at_checked(escaped_length(key)?).ok_or_else(corrupt)?;
    let rest = rest.strip_prefix(&END).ok_or_else(corrupt)?;
    if !escaped.contains(&0) {
        return Ok((Cow::Borrowed(escaped), rest));
    }
    let mut bytes = Vec::with_capacity(escaped.len());
    for part in escaped.split_inclusive(|byte| *byte == 0) {
        // Behind each zero but the last stands the byte that escapes it.
        let part =
            if bytes.last() == Some(&0) { part.split_first().map_or(part, |(_, part)| part) } else { part };
        bytes.extend_from_slice(part);
    }
    Ok((Cow::Owned(bytes), rest))
}

fn corrupt() -> Error {
    Error::Corrupt("an index entry is malformed".into())
}

/// The entries of a document in an index over these fields: its terms one behind the other, in order, each entry once.
///
/// A field that is an array has a term for each of its elements. Arrays and objects inside of it have none, nor has an
/// object, nor an empty array. Several such fields have an entry for each combination. A field without a term counts as
/// missing if another one has a term; if none has, the document has no entry.
///
/// # Errors
/// `Limit` if there are more than `entries_max`, or one is longer than an index allows.
pub fn terms_of(root: ValueRef<'_>, fields: &[FieldPath], entries_max: usize) -> Result<Vec<Vec<u8>>> {
    let terms: Vec<BTreeSet<Vec<u8>>> =
        fields.iter().map(|field| terms_of_field(field.resolve(root), entries_max)).collect::<Result<_>>()?;
    if terms.iter().all(BTreeSet::is_empty) {
        return Ok(Vec::new());
    }
    let mut entries = vec![Vec::new()];
    for mut terms in terms {
        if terms.is_empty() {
            terms.insert(vec![MISSING]);
        }
        limit("number of index entries", entries.len().saturating_mul(terms.len()), entries_max)?;
        let longer = |entry: &Vec<u8>, term: &Vec<u8>| [entry.as_slice(), term].concat();
        entries =
            entries.iter().flat_map(|entry| terms.iter().map(move |term| longer(entry, term))).collect();
        limit("index entry", entries.iter().map(Vec::len).max().unwrap_or(0), INDEX_ENTRY_BYTES_MAX)?;
    }
    Ok(entries)
}

fn terms_of_field(value: Option<ValueRef<'_>>, entries_max: usize) -> Result<BTreeSet<Vec<u8>>> {
    let mut terms = BTreeSet::new();
    let mut add = |value| {
        let Some(term) = Term::of(value) else { return Ok(()) };
        if let Term::String(text) = &term {
            limit("index entry", text.len(), INDEX_ENTRY_BYTES_MAX)?;
        }
        if let Term::Bytes(bytes) = &term {
            limit("index entry", bytes.len(), INDEX_ENTRY_BYTES_MAX)?;
        }
        let mut key = Vec::new();
        encode_term(&mut key, &term);
        terms.insert(key);
        limit("number of index entries", terms.len(), entries_max)
    };
    match value {
        Some(ValueRef::Array(array)) => array.iter().try_for_each(add)?,
        Some(value) => add(value)?,
        None => {}
    }
    Ok(terms)
}

fn limit(what: &'static str, actual: usize, max: usize) -> Result<()> {
    if actual > max { Err(Error::Limit { what, actual, max }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
