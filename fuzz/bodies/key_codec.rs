//! Index terms: the order of the encoded bytes is the order of the values, nothing is lost, and no term begins another one.
//! It knows nothing of how a term is encoded; the order of values is written down here a second time, slowly.

use portunus_scope::term::{Term, decode_term, encode_string_prefix, encode_term, skip_term};
use portunus_scope::{Error, Timestamp, ValueRef, compare};
use std::cmp::Ordering;

use super::recipe::Recipe;

/// Terms of a tuple: as many as indexes commonly have.
const TERMS_MAX: u8 = 4;

/// Takes `data` for encoded terms, then for the recipe of two tuples, which are compared in every way there is.
pub fn run(data: &[u8]) {
    read(data);
    let mut recipe = Recipe::new(data);
    let left = recipe.tuple();
    // Much alike, half of the time: tuples that differ early say nothing of what comes later.
    let right = if recipe.byte().is_multiple_of(2) { recipe.tuple() } else { recipe.much_like(&left) };
    check_pair(&left, &right);
    for (left, right) in left.iter().zip(&right) {
        let order = order(left, right);
        assert_eq!(left.cmp(right), order, "{left:?} {right:?}");
        if let (Some(left), Some(right)) = (value(left), value(right)) {
            assert_eq!(compare(left, right), order, "{left:?} {right:?}");
        }
        check_prefix(left, right);
    }
}

/// Reads bytes as terms until they end or are none; what is read must be what is written.
fn read(data: &[u8]) {
    let mut rest = data;
    while !rest.is_empty() {
        let skipped = skip_term(rest);
        let (term, behind) = match decode_term(rest) {
            Ok(read) => read,
            Err(Error::Corrupt(_)) => return,
            Err(other) => panic!("{other}"),
        };
        assert_eq!(skipped.unwrap(), behind, "skipping and reading end at one place");
        assert_eq!(
            encoded(std::slice::from_ref(&term)),
            rest[..rest.len() - behind.len()],
            "{term:?} has two forms"
        );
        rest = behind;
    }
}

fn check_pair(left: &[Term<'_>], right: &[Term<'_>]) {
    let (left_key, right_key) = (encoded(left), encoded(right));
    let unequal = left.iter().zip(right).map(|(left, right)| order(left, right)).find(|order| order.is_ne());
    let expected = unequal.unwrap_or_else(|| left.len().cmp(&right.len()));
    assert_eq!(left_key.cmp(&right_key), expected, "{left:?} {right:?}");
    if unequal.is_some() {
        assert!(!left_key.starts_with(&right_key) && !right_key.starts_with(&left_key), "{left:?} {right:?}");
    }
    let mut rest = left_key.as_slice();
    for term in left {
        let (again, behind) = decode_term(rest).unwrap();
        assert!(order(&again, term).is_eq(), "{term:?} became {again:?}");
        assert_eq!(skip_term(rest).unwrap(), behind);
        rest = behind;
    }
    assert!(rest.is_empty());
}

/// A text's term begins with what its beginnings are looked up by, and no other term does.
fn check_prefix(left: &Term<'_>, right: &Term<'_>) {
    let Term::String(prefix) = left else { return };
    let mut key = Vec::new();
    encode_string_prefix(&mut key, prefix);
    let expected = matches!(right, Term::String(text) if text.starts_with(&**prefix));
    assert_eq!(encoded(std::slice::from_ref(right)).starts_with(&key), expected, "{left:?} {right:?}");
}

fn encoded(terms: &[Term<'_>]) -> Vec<u8> {
    let mut key = Vec::new();
    terms.iter().for_each(|term| encode_term(&mut key, term));
    key
}

fn order(left: &Term<'_>, right: &Term<'_>) -> Ordering {
    match (left, right) {
        (Term::Bool(left), Term::Bool(right)) => left.cmp(right),
        (Term::Int(left), Term::Int(right)) => left.cmp(right),
        (Term::Int(left), Term::Float(right)) => against_float(*left, *right),
        (Term::Float(left), Term::Int(right)) => against_float(*right, *left).reverse(),
        (Term::Float(left), Term::Float(right)) => {
            left.partial_cmp(right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
        }
        (Term::String(left), Term::String(right)) => left.as_bytes().cmp(right.as_bytes()),
        (Term::Bytes(left), Term::Bytes(right)) => left.cmp(right),
        (Term::Timestamp(left), Term::Timestamp(right)) => left.0.cmp(&right.0),
        _ => rank(left).cmp(&rank(right)),
    }
}

/// An integer and a float on one number line, without rounding either.
fn against_float(int: i64, float: f64) -> Ordering {
    const ABOVE_ALL: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() || float >= ABOVE_ALL {
        return Ordering::Less;
    }
    if float < -ABOVE_ALL {
        return Ordering::Greater;
    }
    #[expect(
        clippy::as_conversions,
        reason = "the float is within the integers, and its fraction is looked at after"
    )]
    let whole = float.trunc() as i64;
    int.cmp(&whole).then_with(|| 0.0.partial_cmp(&float.fract()).unwrap())
}

fn rank(term: &Term<'_>) -> u8 {
    match term {
        Term::Missing => 0,
        Term::Null => 1,
        Term::Bool(_) => 2,
        Term::Int(_) | Term::Float(_) => 3,
        Term::String(_) => 4,
        Term::Bytes(_) => 5,
        Term::Timestamp(_) => 6,
    }
}

fn value<'t>(term: &'t Term<'_>) -> Option<ValueRef<'t>> {
    match term {
        Term::Missing => None,
        Term::Null => Some(ValueRef::Null),
        Term::Bool(truth) => Some(ValueRef::Bool(*truth)),
        Term::Int(int) => Some(ValueRef::Int(*int)),
        // No document holds one, so it has no place in the order of values.
        Term::Float(float) if float.is_nan() => None,
        Term::Float(float) => Some(ValueRef::Float(*float)),
        Term::String(text) => Some(ValueRef::String(text)),
        Term::Bytes(bytes) => Some(ValueRef::Bytes(bytes)),
        Term::Timestamp(instant) => Some(ValueRef::Timestamp(*instant)),
    }
}

impl Recipe<'_> {
    /// Bytes, often of those that an encoding has to take care of.
    fn careful_bytes(&mut self) -> Vec<u8> {
        let careful = [0x00, 0x01, 0xFF, b'a'];
        (0..self.byte() % 8)
            .map(|_| self.byte())
            .map(|byte| careful.get(usize::from(byte)).copied().unwrap_or(byte))
            .collect()
    }

    fn tuple(&mut self) -> Vec<Term<'static>> {
        (0..1 + self.byte() % TERMS_MAX).map(|_| self.term()).collect()
    }

    fn term(&mut self) -> Term<'static> {
        match self.byte() % 9 {
            0 => Term::Missing,
            1 => Term::Null,
            2 => Term::Bool(self.byte().is_multiple_of(2)),
            3 | 4 => Term::Int(self.long()),
            5 => Term::Float(f64::from_bits(self.long().cast_unsigned())),
            6 => Term::String(String::from_utf8_lossy(&self.careful_bytes()).into_owned().into()),
            7 => Term::Bytes(self.careful_bytes().into()),
            _ => Term::Timestamp(Timestamp(self.long())),
        }
    }

    /// The same terms, of which some are changed a little: a neighbour, the same number as a float, a text with an end.
    fn much_like(&mut self, terms: &[Term<'static>]) -> Vec<Term<'static>> {
        terms
            .iter()
            .map(|term| if self.byte().is_multiple_of(3) { self.neighbour(term) } else { term.clone() })
            .collect()
    }

    fn neighbour(&mut self, term: &Term<'static>) -> Term<'static> {
        match term {
            Term::Missing => Term::Null,
            Term::Null => Term::Bool(false),
            Term::Bool(truth) => Term::Bool(!truth),
            #[expect(clippy::as_conversions, reason = "rounding is wanted: it makes a near neighbour")]
            Term::Int(int) if self.byte().is_multiple_of(2) => Term::Float(*int as f64),
            Term::Int(int) => Term::Int(int.wrapping_add(1)),
            #[expect(clippy::as_conversions, reason = "rounding is wanted: it makes a near neighbour")]
            Term::Float(float) if self.byte().is_multiple_of(2) => Term::Int(*float as i64),
            Term::Float(float) if self.byte().is_multiple_of(2) => Term::Float(-float),
            Term::Float(float) => Term::Float(float.next_up()),
            Term::String(text) => {
                Term::String(format!("{text}{}", String::from_utf8_lossy(&self.careful_bytes())).into())
            }
            Term::Bytes(bytes) => Term::Bytes([&**bytes, &*self.careful_bytes()].concat().into()),
            Term::Timestamp(instant) => Term::Timestamp(Timestamp(instant.0.wrapping_neg())),
        }
    }
}
