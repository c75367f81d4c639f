//! What somebody who mistyped a name may have meant.

/// `; did you mean …?`, if one of the names is near enough.
pub(crate) fn hint<'n>(written: &str, names: impl Iterator<Item = &'n str>) -> String {
    let most = if written.chars().count() < 4 { 1 } else { 2 };
    let near = names
        .map(|name| (distance(written, name, most), name))
        .filter(|(distance, _)| (1..=most).contains(distance));
    match near.min() {
        Some((_, name)) => format!("; did you mean `{name}`?"),
        None => String::new(),
    }
}

/// How many letters are to be changed, put in or left out to get from one word to the other; more than `most` need not be exact.
fn distance(from: &str, to: &str, most: usize) -> usize {
    let to: Vec<char> = to.chars().collect();
    if from.chars().count().abs_diff(to.len()) > most {
        return most + 1;
    }
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, letter) in from.chars().enumerate() {
        let mut diagonal = at;
        let mut left = at + 1;
        for (cell, other) in row.iter_mut().zip(std::iter::once(None).chain(to.iter().map(Some))) {
            let above = *cell;
            *cell = match other {
                None => at + 1,
                Some(other) => (diagonal + usize::from(letter != *other)).min(above + 1).min(left + 1),
            };
            diagonal = above;
            left = *cell;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_offered_and_a_far_one_is_not() {
        for (written, hinted) in [
            ("identiy", "; did you mean `identity`?"),
            ("docs", "; did you mean `doc`?"),
            ("dco", ""),
            ("odl", ""),
            ("dod", "; did you mean `doc`?"),
            ("claim", "; did you mean `claims`?"),
            ("elephant", ""),
            ("", ""),
        ] {
            assert_eq!(hint(written, ["doc", "identity", "claims"].into_iter()), hinted, "{written}");
        }
    }

    #[test]
    fn the_distance_is_that_of_letters() {
        for (from, to, far) in [("kitten", "sitting", 3), ("", "ab", 2), ("äö", "äu", 1), ("same", "same", 0)]
        {
            assert_eq!(distance(from, to, 5), far, "{from} {to}");
        }
    }
}
