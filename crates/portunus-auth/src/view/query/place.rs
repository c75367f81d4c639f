//! Places in the order of a query: those of documents that it has shown. It knows nothing of queries.

use portunus_scope::Order;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// The place of a document that was shown: what it is sorted by, which is nothing where ids alone are in order, and its id.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub(super) key: &'a [u8],
    pub(super) id: &'a str,
}

/// The same, to be kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) key: Vec<u8>,
    pub(super) id: String,
}

impl At<'_> {
    /// As bytes, for a cursor.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let length = u16::try_from(self.key.len()).unwrap_or(u16::MAX);
        let mut bytes = length.to_be_bytes().to_vec();
        bytes.extend_from_slice(self.key);
        bytes.extend_from_slice(self.id.as_bytes());
        bytes
    }
}

impl Place {
    /// A place from the bytes of a cursor, if they are one.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk()?;
        let (key, id) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        Some(Self { key: key.to_vec(), id: std::str::from_utf8(id).ok()?.to_owned() })
    }

    /// As an index has it.
    pub(super) fn to_entry(&self) -> Vec<u8> {
        [self.key.as_slice(), self.id.as_bytes()].concat()
    }

    pub(super) fn cmp_to(&self, other: &Self, order: Order) -> Ordering {
        match order {
            Order::Ascending => self.cmp(other),
            Order::Descending => other.cmp(self),
        }
    }
}

/// The first places of an order, as many as there is room for.
pub(super) struct Ranking {
    order: Order,
    room: usize,
    places: BinaryHeap<Ranked>,
    is_full: bool,
}

impl Ranking {
    pub(super) fn new(order: Order, room: usize) -> Self {
        Self { order, room, places: BinaryHeap::new(), is_full: false }
    }

    pub(super) fn add(&mut self, place: Place) {
        self.places.push(Ranked { place, order: self.order });
        if self.places.len() > self.room {
            self.places.pop();
            self.is_full = true;
        }
    }

    /// Whether places were left out for want of room.
    pub(super) fn has_overflowed(&self) -> bool {
        self.is_full
    }

    /// The places in their order.
    pub(super) fn into_places(self) -> impl Iterator<Item = Place> {
        self.places.into_sorted_vec().into_iter().map(|ranked| ranked.place)
    }
}

struct Ranked {
    place: Place,
    order: Order,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place.cmp_to(&other.place, self.order)
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}

#[cfg(test)]
mod tests {
    use super::{At, Place, Ranking};
    use portunus_scope::Order;

    #[test]
    fn a_place_survives_its_bytes_and_nothing_else_is_one() {
        for (key, id) in [(&b""[..], "n1"), (b"\0\xff", "ä"), (&[7; 1024], "x")] {
            let place = Place::from_bytes(&At { key, id }.to_bytes()).unwrap();
            assert_eq!((place.key.as_slice(), place.id.as_str()), (key, id));
        }
        for bytes in [&b""[..], b"\0", b"\0\x02a", b"\0\0\xff"] {
            assert_eq!(Place::from_bytes(bytes), None);
        }
    }

    #[test]
    fn the_first_of_many_are_kept_in_order() {
        let ranked = |order, room| {
            let mut ranking = Ranking::new(order, room);
            for id in ["c", "a", "d", "b"] {
                ranking.add(Place { key: Vec::new(), id: id.into() });
            }
            (ranking.has_overflowed(), ranking.into_places().map(|place| place.id).collect::<String>())
        };
        assert_eq!(ranked(Order::Ascending, 4), (false, "abcd".into()));
        assert_eq!(ranked(Order::Ascending, 2), (true, "ab".into()));
        assert_eq!(ranked(Order::Descending, 3), (true, "dcb".into()));
    }
}
