//! The stored form of a document. The only file that names the archiving library. It knows nothing of keys or collections.
//!
//! # The bytes
//!
//! Numbers are little-endian, signed ones in two's complement. Nothing is aligned; bytes that mean nothing are zero.
//! A stored document is read from its end: the **root** is the last 26 bytes, and points back to what lies before it.
//!
//! ```text
//! root      8  version, u64
//!           1  00: does not expire, 01: expires
//!           8  the instant at which it expires, i64 microseconds since 1970; zero if it does not
//!           9  value
//!
//! value     1  tag
//!           8  content, by the tag:
//!              00 null         8 bytes of zero
//!              01 bool         1 byte, 00 false or 01 true; then 7 bytes of zero
//!              02 integer      i64
//!              03 float        IEEE 754 binary64, never not-a-number
//!              04 string       text
//!              05 bytes        list of single bytes
//!              06 timestamp    i64 microseconds since 1970
//!              07 array        list of values
//!              08 object       list of members, in the byte order of their names, no name twice
//!
//! member    8  name, text
//!           9  value
//!
//! list      4  i32: how far from the first byte of this very number the first item lies, so it is negative
//!           4  u32: how many items there are; they lie one behind the other. If there are none, the distance says nothing
//!
//! text      8  if the upper two bits of the first byte are 10, the text is elsewhere, and longer than 8 bytes:
//!              4  u32: bits 0-5 are the length's lowest six, bits 6-7 are 0 and 1, bits 8-31 are the length's others
//!              4  i32: how far from the first byte of this text slot the text's first byte lies, so it is negative
//!              otherwise the text is the 8 bytes themselves, up to the first FF if there is one
//! ```
//! Text is UTF-8, where no byte is FF and no text begins with the bits 10. Containers are at most 64 deep. The writer
//! puts each list behind everything that its items point to, without a gap, so that what a pointer leads to lies before it
//! and nothing is pointed to twice; readers refuse bytes that break this.
//!
//! For example, version 7 of `{"n": [-2, 2.5], "owner name": "ann"}`, which expires at microsecond 1:
//!
//! ```text
//! at  bytes
//!  0  02 fe ff ff ff ff ff ff ff  the first element: tag 02, -2
//!  9  03 00 00 00 00 00 00 04 40  the second element: tag 03, 2.5
//! 18  6f 77 6e 65 72 20 6e 61 6d 65  the name that is too long for its slot: owner name
//! 28  6e ff ff ff ff ff ff ff  the first member's name: n
//! 36  07 db ff ff ff 02 00 00 00  its value: tag 07, a list 37 bytes before 37, of 2
//! 45  8a 00 00 00 e5 ff ff ff  the second member's name: 10 bytes, 27 bytes before 45
//! 53  04 61 6e 6e ff ff ff ff ff  its value: tag 04, ann
//! 62  07 00 00 00 00 00 00 00  the root: version 7
//! 70  01 01 00 00 00 00 00 00 00  expires at 1
//! 79  08 cc ff ff ff 02 00 00 00  the value: tag 08, a list 52 bytes before 80, of 2
//! ```

use crate::limits::{DEPTH_MAX, DOCUMENT_BYTES_MAX};
use crate::object::Member;
use crate::place::Place as At;
use crate::value::enter;
use crate::{ArrayRef, Error, Object, ObjectRef, Result, Timestamp, Value, ValueRef};
use rkyv::rancor::{Failure, Fallible, Source};
use rkyv::ser::{Allocator, Writer};
use rkyv::tuple::ArchivedTuple3;
use rkyv::validation::ArchiveContext;
use rkyv::validation::archive::ArchiveValidator;
use rkyv::vec::{ArchivedVec, VecResolver};
use rkyv::with::{ArchiveWith, Map, SerializeWith};
use rkyv::{Archive, Archived, Place, Serialize};
use std::num::NonZeroUsize;

/// The bytes of the root, which end a stored document.
pub(crate) const ROOT_BYTES: usize = 26;
/// The bytes of a value in its array.
pub(crate) const ELEMENT_BYTES: usize = 9;
/// The bytes of a member in its object.
pub(crate) const MEMBER_BYTES: usize = 17;
/// The longest text that lies inside the eight bytes that otherwise point to it.
pub(crate) const INLINE_TEXT_BYTES: usize = 8;

/// Entered by the validator: the root, one for each container, and the text or bytes inside the innermost one.
/// Its counter must not reach zero.
const VALIDATOR_DEPTH: Option<NonZeroUsize> = NonZeroUsize::new(DEPTH_MAX + 3);

type ArchivedStored = ArchivedTuple3<Archived<u64>, Archived<Option<i64>>, ArchivedValue>;

#[derive(Archive, Serialize)]
#[rkyv(remote = Timestamp, archived = ArchivedTimestamp)]
#[expect(dead_code, reason = "only its shape is used, by the derived code")]
pub(crate) struct TimestampForm(i64);

/// How [`Value`] is archived. Its variants are the archive's tags, in this order.
#[derive(Archive, Serialize)]
#[rkyv(remote = Value, archived = ArchivedValue)]
#[rkyv(serialize_bounds(__S: Writer + Allocator, __S::Error: Source))]
#[rkyv(bytecheck(bounds(__C: ArchiveContext, <__C as Fallible>::Error: Source)))]
#[expect(dead_code, reason = "only its shape is used, by the derived code")]
pub(crate) enum ValueForm {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(String),
    Bytes(Vec<u8>),
    Timestamp(#[rkyv(with = TimestampForm)] Timestamp),
    Array(#[rkyv(omit_bounds, with = Map<ValueForm>)] Vec<Value>),
    Object(#[rkyv(omit_bounds, with = Members)] Object),
}

/// How a member of an object is archived: its name, then its value.
#[derive(Archive, Serialize)]
#[rkyv(remote = Member, archived = ArchivedMember)]
#[rkyv(serialize_bounds(__S: Writer + Allocator, __S::Error: Source))]
#[rkyv(bytecheck(bounds(__C: ArchiveContext, <__C as Fallible>::Error: Source)))]
#[expect(dead_code, reason = "only its shape is used, by the derived code")]
pub(crate) struct MemberForm {
    name: String,
    #[rkyv(omit_bounds, with = ValueForm)]
    value: Value,
}

/// How an object is archived: as the list of its members, in order.
pub(crate) struct Members;

impl ArchiveWith<Object> for Members {
    type Archived = ArchivedVec<ArchivedMember>;
    type Resolver = VecResolver;

    fn resolve_with(object: &Object, resolver: VecResolver, out: Place<Self::Archived>) {
        Map::<MemberForm>::resolve_with(object.members(), resolver, out);
    }
}

impl<S: Fallible<Error: Source> + Writer + Allocator + ?Sized> SerializeWith<Object, S> for Members {
    fn serialize_with(object: &Object, serializer: &mut S) -> std::result::Result<VecResolver, S::Error> {
        Map::<MemberForm>::serialize_with(object.members(), serializer)
    }
}

/// A value that is archived from where it is.
struct Borrowed<'a>(&'a Value);

impl Archive for Borrowed<'_> {
    type Archived = ArchivedValue;
    type Resolver = <ValueForm as ArchiveWith<Value>>::Resolver;

    fn resolve(&self, resolver: Self::Resolver, out: Place<ArchivedValue>) {
        ValueForm::resolve_with(self.0, resolver, out);
    }
}

impl<S: Fallible<Error: Source> + Writer + Allocator + ?Sized> Serialize<S> for Borrowed<'_> {
    fn serialize(&self, serializer: &mut S) -> std::result::Result<Self::Resolver, S::Error> {
        ValueForm::serialize_with(self.0, serializer)
    }
}

impl ArchivedValue {
    #[inline(always)]
    pub(crate) fn view(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Bool(truth) => ValueRef::Bool(*truth),
            Self::Int(int) => ValueRef::Int(int.to_native()),
            Self::Float(float) => ValueRef::Float(float.to_native()),
            Self::String(text) => ValueRef::String(text.as_str()),
            Self::Bytes(bytes) => ValueRef::Bytes(bytes.as_slice()),
            Self::Timestamp(instant) => ValueRef::Timestamp(Timestamp(instant.0.to_native())),
            Self::Array(elements) => ValueRef::Array(ArrayRef::archived(elements.as_slice())),
            Self::Object(members) => ValueRef::Object(ObjectRef::archived(members.as_slice())),
        }
    }
}

impl ArchivedMember {
    #[inline(always)]
    pub(crate) fn name(&self) -> &str {
        self.name.as_str()
    }

    #[inline(always)]
    pub(crate) fn view(&self) -> ValueRef<'_> {
        self.value.view()
    }
}

/// A stored document, looked at where it lies.
#[derive(Clone, Copy)]
pub(crate) struct StoredRef<'a>(&'a ArchivedStored);

impl<'a> StoredRef<'a> {
    #[inline]
    pub(crate) fn version(self) -> u64 {
        self.0.0.to_native()
    }

    pub(crate) fn expires_at(self) -> Option<Timestamp> {
        self.0.1.as_ref().map(|micros| Timestamp(micros.to_native()))
    }

    #[inline]
    pub(crate) fn root(self) -> ValueRef<'a> {
        self.0.2.view()
    }
}

/// The stored form of a document.
///
/// # Errors
/// As [`Value::check`].
pub(crate) fn encode(version: u64, expires_at: Option<Timestamp>, value: &Value) -> Result<Vec<u8>> {
    let length = value.check(DEPTH_MAX, DOCUMENT_BYTES_MAX)?;
    let stored = (version, expires_at.map(|instant| instant.0), Borrowed(value));
    let bytes = rkyv::api::high::to_bytes_in::<_, Failure>(&stored, Vec::with_capacity(length))
        .map_err(|_| Error::Internal("a document could not be archived".into()))?;
    assert_eq!(bytes.len(), length, "the stored form has the length that the check has counted");
    Ok(bytes)
}

/// A view of a stored document. Every pointer, length, tag and text is checked first; that members are in order is not,
/// and out of order some would not be found: [`verify`] sees to that.
///
/// # Errors
/// `Corrupt` if the bytes are no stored document.
pub(crate) fn access(bytes: &[u8]) -> Result<StoredRef<'_>> {
    let mut validator = ArchiveValidator::with_max_depth(bytes, VALIDATOR_DEPTH);
    rkyv::api::access_with_context::<ArchivedStored, _, Failure>(bytes, &mut validator)
        .map(StoredRef)
        .map_err(|_| Error::Corrupt("a document does not have the form that it must have".into()))
}

/// Checks everything about a stored document that its bytes alone can tell.
///
/// # Errors
/// `Corrupt` with the rule that is broken.
pub(crate) fn verify(bytes: &[u8]) -> Result<()> {
    verify_value(access(bytes)?.root(), DEPTH_MAX)
}

fn verify_value(value: ValueRef<'_>, depth_left: usize) -> Result<()> {
    let corrupt = |problem: &str| Error::Corrupt(format!("a document {problem}"));
    match value {
        ValueRef::Null
        | ValueRef::Bool(_)
        | ValueRef::Int(_)
        | ValueRef::String(_)
        | ValueRef::Bytes(_)
        | ValueRef::Timestamp(_) => Ok(()),
        ValueRef::Float(float) if float.is_nan() => Err(corrupt("holds a float that is not a number")),
        ValueRef::Float(_) => Ok(()),
        ValueRef::Array(array) => {
            let depth_left = enter(At::Top, depth_left).map_err(|_| corrupt("is nested too deeply"))?;
            array.iter().try_for_each(|element| verify_value(element, depth_left))
        }
        ValueRef::Object(object) => {
            let depth_left = enter(At::Top, depth_left).map_err(|_| corrupt("is nested too deeply"))?;
            if !object.iter().map(|(name, _)| name).is_sorted_by(|a, b| a < b) {
                return Err(corrupt("has members that are out of order"));
            }
            object.iter().try_for_each(|(_, value)| verify_value(value, depth_left))
        }
    }
}

#[cfg(test)]
mod tests;
