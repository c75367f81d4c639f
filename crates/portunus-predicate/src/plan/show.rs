//! A reach as text, for whoever may see the values in it. It knows nothing of how it was derived.

use crate::Constant;
use crate::plan::{Over, Reach};
use std::fmt::{Display, Formatter, Result};
use std::ops::Bound;

impl Display for Reach {
    fn fmt(&self, to: &mut Formatter<'_>) -> Result {
        match self {
            Self::Everything(why) => write!(to, "everything: {why}"),
            Self::Nothing => to.write_str("nothing"),
            Self::Field { path, over } => over.shown(to, path),
            Self::Id(over) => over.shown(to, "id"),
            Self::Members { path, collection, field, element } => {
                write!(to, "{path} among {collection} where {field} has {element}")
            }
            Self::Any(arms) => joined(to, arms, " or "),
            Self::All(arms) => joined(to, arms, " and "),
        }
    }
}

impl Over {
    fn shown(&self, to: &mut Formatter<'_>, what: &str) -> Result {
        match self {
            Self::Equal(point) => write!(to, "{what} = {point}"),
            Self::Prefix(prefix) => {
                write!(to, "{what} begins with {}", Constant::String(prefix.as_str().into()))
            }
            Self::Element(point) => write!(to, "{what} has {point}"),
            Self::Range(Bound::Unbounded, end) => match end {
                Bound::Included(end) => write!(to, "{what} <= {end}"),
                Bound::Excluded(end) => write!(to, "{what} < {end}"),
                Bound::Unbounded => to.write_str(what),
            },
            Self::Range(Bound::Included(from), Bound::Unbounded) => write!(to, "{what} >= {from}"),
            Self::Range(Bound::Excluded(from), Bound::Unbounded) => write!(to, "{what} > {from}"),
            Self::Range(from, end) => {
                match from {
                    Bound::Included(from) => write!(to, "{from} <= ")?,
                    Bound::Excluded(from) => write!(to, "{from} < ")?,
                    Bound::Unbounded => {}
                }
                Self::Range(Bound::Unbounded, end.clone()).shown(to, what)
            }
        }
    }
}

fn joined(to: &mut Formatter<'_>, arms: &[Reach], word: &str) -> Result {
    to.write_str("(")?;
    for (at, arm) in arms.iter().enumerate() {
        to.write_str(if at == 0 { "" } else { word })?;
        arm.fmt(to)?;
    }
    to.write_str(")")
}
