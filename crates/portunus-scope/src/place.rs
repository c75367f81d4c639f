//! Where in a value something is: the path that messages show. It knows nothing of what is wrong there.

use crate::Error;
use std::fmt;

/// The most bytes of a name that a message shows.
const SHOWN_BYTES_MAX: usize = 64;

/// A step on the way from the top of a value down to a place in it. Shown as `address.lines[3]`.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    Top,
    Member(&'a Place<'a>, &'a str),
    Element(&'a Place<'a>, usize),
}

impl<'a> Place<'a> {
    pub(crate) fn member(&'a self, name: &'a str) -> Self {
        Place::Member(self, name)
    }

    pub(crate) fn element(&'a self, index: usize) -> Self {
        Place::Element(self, index)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top => Ok(()),
            Self::Member(Place::Top, name) => show_name(f, "", name),
            Self::Member(above, name) => {
                above.fmt(f)?;
                show_name(f, ".", name)
            }
            Self::Element(above, index) => write!(f, "{above}[{index}]"),
        }
    }
}

/// An error about something inside the member of this name, told from outside of it.
pub(crate) fn inside_member(error: Error, name: &str) -> Error {
    prefixed(error, Place::Top.member(name))
}

/// An error about something inside an element, told from outside of it.
pub(crate) fn inside_element(error: Error, index: usize) -> Error {
    prefixed(error, Place::Top.element(index))
}

fn prefixed(error: Error, outside: Place<'_>) -> Error {
    match error {
        Error::Invalid { place, problem } => {
            let joint = if place.is_empty() || place.starts_with('[') { "" } else { "." };
            Error::Invalid { place: format!("{outside}{joint}{place}"), problem }
        }
        other => other,
    }
}

/// Names that could be taken for something else, or could spoil a log, are quoted and escaped; long ones are cut.
fn show_name(f: &mut fmt::Formatter<'_>, before: &str, name: &str) -> fmt::Result {
    let is_plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-$@".contains(c));
    let shown = name.get(..name.floor_char_boundary(SHOWN_BYTES_MAX)).unwrap_or(name);
    let more = if shown.len() < name.len() { "…" } else { "" };
    if is_plain {
        write!(f, "{before}{shown}{more}")
    } else {
        write!(f, "[\"{}{more}\"]", shown.escape_debug())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_as_one_would_write_it() {
        let top = Place::Top;
        let check = |place: Place<'_>, text: &str| assert_eq!(place.to_string(), text);
        check(top, "");
        let address = top.member("address");
        let lines = address.member("lines");
        check(lines.element(3), "address.lines[3]");
        check(top.element(0), "[0]");
        check(top.element(0).member("ä"), "[0].ä");
        check(address.member("a.b"), "address[\"a.b\"]");
        check(top.member(""), "[\"\"]");
        check(top.member("a\n\u{1b}\0"), "[\"a\\n\\u{1b}\\0\"]");
        check(top.member(&"é".repeat(40)), &format!("{}…", "é".repeat(32)));
    }
}
