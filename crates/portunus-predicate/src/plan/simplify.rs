//! Unions and intersections of what is known of where documents lie. It knows nothing of predicates.

use crate::Constant;
use crate::plan::point::{Point, order};
use crate::plan::{Over, REACH_POINTS_MAX, Reach};
use std::cmp::Ordering;
use std::ops::Bound;

/// Up to how many arms of a union are compared with each other to find those that are there twice. More of them only cost
/// those who read twice what they name.
const COMPARED_ARMS_MAX: usize = 64;

/// The documents that are in one of these; none if those are too many ranges.
pub(super) fn any(arms: Vec<Reach>) -> Option<Reach> {
    let mut union: Vec<Reach> = Vec::with_capacity(arms.len());
    let flat = arms.into_iter().flat_map(|arm| match arm {
        Reach::Any(arms) => arms,
        Reach::Nothing => Vec::new(),
        other => vec![other],
    });
    for arm in flat {
        if union.len() > COMPARED_ARMS_MAX || !union.iter().any(|known| known.is_same(&arm)) {
            union.push(arm);
        }
    }
    if union.len() > 1 {
        let union = Reach::Any(union);
        return (union.points() <= REACH_POINTS_MAX).then_some(union);
    }
    Some(union.pop().unwrap_or(Reach::Nothing))
}

/// The documents that are in all of these, of which there is at least one.
pub(super) fn all(arms: Vec<Reach>) -> Reach {
    let mut meeting: Vec<Reach> = Vec::with_capacity(arms.len());
    let flat = arms.into_iter().flat_map(|arm| match arm {
        Reach::All(arms) => arms,
        other => vec![other],
    });
    for arm in flat {
        if !meet_all(&mut meeting, arm) {
            return Reach::Nothing;
        }
    }
    match (meeting.pop(), meeting.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            meeting.extend(last);
            Reach::All(meeting)
        }
    }
}

/// The values to which stored ones can be equal, each once, in their order; nothing if one has no place in an index.
pub(super) fn points<'c>(constants: impl Iterator<Item = &'c Constant>) -> Option<Vec<Constant>> {
    let mut points = Vec::new();
    for constant in constants {
        match Point::of(constant) {
            Point::At(point) => points.push(point),
            Point::Nowhere => {}
            Point::Unindexed => return None,
        }
    }
    points.sort_by(|left, right| order(left, right).unwrap_or_else(|| rank(left).cmp(&rank(right))));
    points.dedup_by(|left, right| is_same(left, right));
    Some(points)
}

impl Reach {
    /// How many points and ranges it names.
    pub(super) fn points(&self) -> usize {
        match self {
            Self::Everything(_) | Self::Nothing => 0,
            Self::Field { .. } | Self::Id(_) | Self::Members { .. } => 1,
            Self::Any(arms) | Self::All(arms) => arms.iter().map(Self::points).sum(),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing, Self::Nothing) => true,
            (Self::Field { path, over }, Self::Field { path: other_path, over: other }) => {
                path == other_path && over.is_same(other)
            }
            (Self::Id(over), Self::Id(other)) => over.is_same(other),
            (
                Self::Members { path, collection, field, element },
                Self::Members { path: path2, collection: collection2, field: field2, element: element2 },
            ) => (path, collection, field) == (path2, collection2, field2) && is_same(element, element2),
            (Self::Any(arms), Self::Any(others)) | (Self::All(arms), Self::All(others)) => {
                arms.len() == others.len() && arms.iter().zip(others).all(|(arm, other)| arm.is_same(other))
            }
            _ => false,
        }
    }
}

impl Over {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Equal(left), Self::Equal(right)) | (Self::Element(left), Self::Element(right)) => {
                is_same(left, right)
            }
            (Self::Prefix(left), Self::Prefix(right)) => left == right,
            (Self::Range(from, to), Self::Range(other_from, other_to)) => {
                is_same_bound(from, other_from) && is_same_bound(to, other_to)
            }
            _ => false,
        }
    }
}

/// Adds one more arm; whether there can be documents in all of them.
fn meet_all(meeting: &mut Vec<Reach>, arm: Reach) -> bool {
    if matches!(arm, Reach::Nothing) {
        return false;
    }
    for at in 0..meeting.len() {
        let met = match (meeting.get(at), &arm) {
            (Some(known), arm) if known.is_same(arm) => return true,
            (Some(Reach::Field { path, over }), Reach::Field { path: other, over: with })
                if path == other =>
            {
                meet(over, with).map(|over| over.map(|over| Reach::Field { path: path.clone(), over }))
            }
            (Some(Reach::Id(over)), Reach::Id(with)) => meet(over, with).map(|over| over.map(Reach::Id)),
            _ => None,
        };
        match met {
            None => {}
            Some(None) => return false,
            Some(Some(met)) => {
                meeting.swap_remove(at);
                return meet_all(meeting, met);
            }
        }
    }
    meeting.push(arm);
    true
}

/// Where a value lies that lies in both: nothing if that is no one range, and within it nothing if there is no such value.
fn meet(left: &Over, right: &Over) -> Option<Option<Over>> {
    match (left, right) {
        (Over::Element(_), _) | (_, Over::Element(_)) => None,
        (Over::Equal(point), other) | (other, Over::Equal(point)) => {
            Some(holds(other, point).then(|| Over::Equal(point.clone())))
        }
        (Over::Prefix(left), Over::Prefix(right)) => {
            let (short, long) = if left.len() < right.len() { (left, right) } else { (right, left) };
            Some(long.starts_with(short.as_str()).then(|| Over::Prefix(long.clone())))
        }
        (Over::Range(from, to), Over::Prefix(_)) | (Over::Prefix(_), Over::Range(from, to)) => {
            let is_text = |bound: &Bound<Constant>| matches!(inner(bound), None | Some(Constant::String(_)));
            if is_text(from) && is_text(to) { None } else { Some(None) }
        }
        (Over::Range(from, to), Over::Range(other_from, other_to)) => {
            let ends = [from, to, other_from, other_to].map(inner);
            let mut ends = ends.iter().flatten();
            let first = ends.next()?;
            if ends.any(|end| order(first, end).is_none()) {
                return Some(None);
            }
            let from = tighter(from, other_from, Ordering::Greater);
            let to = tighter(to, other_to, Ordering::Less);
            Some((!is_empty(from, to)).then(|| Over::Range(from.clone(), to.clone())))
        }
    }
}

/// Whether a value lies there.
fn holds(over: &Over, point: &Constant) -> bool {
    match over {
        Over::Equal(other) => is_same(other, point),
        Over::Prefix(prefix) => matches!(point, Constant::String(text) if text.starts_with(prefix.as_str())),
        Over::Range(from, to) => {
            let is_beyond = |bound: &Bound<Constant>, side| match bound {
                Bound::Unbounded => true,
                Bound::Included(end) => {
                    matches!(order(point, end), Some(order) if order == side || order.is_eq())
                }
                Bound::Excluded(end) => order(point, end) == Some(side),
            };
            is_beyond(from, Ordering::Greater) && is_beyond(to, Ordering::Less)
        }
        Over::Element(_) => true,
    }
}

/// The bound that leaves less, where `side` is that on which the range goes on.
fn tighter<'b>(left: &'b Bound<Constant>, right: &'b Bound<Constant>, side: Ordering) -> &'b Bound<Constant> {
    let (Some(left_end), Some(right_end)) = (inner(left), inner(right)) else {
        return if inner(left).is_some() { left } else { right };
    };
    match order(left_end, right_end) {
        Some(Ordering::Equal) if matches!(left, Bound::Excluded(_)) => left,
        Some(order) if order == side => left,
        _ => right,
    }
}

fn is_empty(from: &Bound<Constant>, to: &Bound<Constant>) -> bool {
    let (Some(low), Some(high)) = (inner(from), inner(to)) else { return false };
    match order(low, high) {
        Some(Ordering::Less) => false,
        Some(Ordering::Equal) => !matches!((from, to), (Bound::Included(_), Bound::Included(_))),
        Some(Ordering::Greater) | None => true,
    }
}

fn inner(bound: &Bound<Constant>) -> Option<&Constant> {
    match bound {
        Bound::Included(end) | Bound::Excluded(end) => Some(end),
        Bound::Unbounded => None,
    }
}

fn is_same_bound(left: &Bound<Constant>, right: &Bound<Constant>) -> bool {
    match (left, right) {
        (Bound::Unbounded, Bound::Unbounded) => true,
        (Bound::Included(left), Bound::Included(right)) | (Bound::Excluded(left), Bound::Excluded(right)) => {
            is_same(left, right)
        }
        _ => false,
    }
}

fn is_same(left: &Constant, right: &Constant) -> bool {
    order(left, right) == Some(Ordering::Equal)
}

fn rank(constant: &Constant) -> u8 {
    match constant {
        Constant::Null => 0,
        Constant::Bool(_) => 1,
        Constant::Int(_) | Constant::Uint(_) | Constant::Double(_) => 2,
        Constant::String(_) => 3,
        Constant::Bytes(_) => 4,
        Constant::Timestamp(_) => 5,
        Constant::Duration(_) | Constant::List(_) | Constant::Map(_) | Constant::Type(_) => 6,
    }
}
