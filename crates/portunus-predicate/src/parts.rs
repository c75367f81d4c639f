//! What a predicate is made of, for those who show how it was decided. It knows nothing of decisions.

use crate::ast::Macro;
use crate::bind::is_truth;
use crate::ir::{Node, Step};
use crate::{Predicate, Span};
use std::collections::BTreeSet;

/// An expression inside a predicate.
///
/// ```
/// use portunus_predicate::{Declaration, Known, Predicate, Type, Vocabulary};
///
/// let vocabulary = Vocabulary::new().declare(Declaration::entity("doc", Type::Any, Known::Decided));
/// let predicate = Predicate::new("doc.public || doc.size < 3", &vocabulary)?;
/// let parts = predicate.parts();
/// let shown: Vec<_> = parts.iter().map(|it| (it.depth, it.span.of(predicate.source()), it.is_truth)).collect();
/// assert_eq!(shown[0], (0, "doc.public || doc.size < 3", true));
/// assert_eq!(shown[1], (1, "doc.public", true));
/// assert_eq!(shown[2], (1, "doc.size < 3", true));
/// assert_eq!(shown[3], (2, "doc.size", false));
/// assert!(!parts[0].is_named);
/// # Ok::<(), portunus_predicate::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it is written.
    pub span: Span,
    /// How many other ones it is part of.
    pub depth: usize,
    /// Whether it is asked for a truth value.
    pub is_truth: bool,
    /// Whether it is the call of a predicate with a name. What that is made of is told at the same place, and itself last.
    pub is_named: bool,
}

impl Predicate {
    /// The expressions that it is made of, each before what that is made of; constants are not among them.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        let mut list = List { parts: Vec::new(), listed: BTreeSet::new() };
        list.add(&self.node, 0, true);
        list.parts
    }
}

struct List {
    parts: Vec<Part>,
    /// The argument of a predicate with a name may stand in the tree several times.
    listed: BTreeSet<Span>,
}

impl List {
    fn add(&mut self, node: &Node, depth: usize, is_asked: bool) {
        if matches!(node.step, Step::Constant(_) | Step::Fault(_)) || !self.listed.insert(node.span) {
            return;
        }
        let place = self.parts.len();
        let is_truth = is_asked || is_truth(&node.step);
        self.parts.push(Part { span: node.span, depth, is_truth, is_named: false });
        let is_named = self.add_within(node, depth + 1);
        if let Some(part) = self.parts.get_mut(place) {
            part.is_named = is_named;
        }
    }

    /// What a node is made of; whether some of that is written where the node itself is.
    fn add_within(&mut self, node: &Node, depth: usize) -> bool {
        let (mut is_named, mut place) = (false, 0);
        node.each_part(&mut |part| {
            if part.span == node.span {
                is_named |= !matches!(part.step, Step::Constant(_) | Step::Fault(_));
                self.add_within(part, depth);
            } else {
                self.add(part, depth, asks(node, place));
            }
            place += 1;
        });
        is_named
    }
}

/// Whether a node asks its part of this number for a truth value.
fn asks(node: &Node, place: usize) -> bool {
    match &node.step {
        Step::And(_) | Step::Or(_) | Step::Not(_) => true,
        Step::Conditional(_) => place == 0,
        Step::Comprehension(it) => match it.kind {
            Macro::All | Macro::Exists | Macro::ExistsOne | Macro::Filter => place > 0,
            Macro::Map => place == 1 && it.filter.is_some(),
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::{Declaration, Known, Predicate, Type, Vocabulary};

    fn parts(source: &str) -> Vec<String> {
        let doc = Declaration::entity("doc", Type::Any, Known::Decided);
        let vocabulary = Vocabulary::new().declare(doc);
        let vocabulary =
            vocabulary.define("owns", &["it", "who"], "it.owner == who || it.owner == 'all'").unwrap();
        let predicate = Predicate::new(source, &vocabulary).unwrap();
        let shown = predicate.parts().into_iter().map(|part| {
            let marks = [(part.is_truth, "?"), (part.is_named, "!")];
            let marks: String = marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark).collect();
            format!("{}{}{marks}", " ".repeat(part.depth), part.span.of(source))
        });
        shown.collect()
    }

    #[test]
    fn bodies_of_comprehensions_are_asked_for_truth_and_their_ranges_are_not() {
        assert_eq!(parts("doc.tags.all(t, t.on)"), ["doc.tags.all(t, t.on)?", " doc.tags", " t.on?", "  t"]);
    }

    #[test]
    fn a_predicate_with_a_name_is_one_part_and_its_arguments_are_parts_of_it() {
        assert_eq!(
            parts("!owns(doc, doc.who) && true"),
            ["!owns(doc, doc.who) && true?", " !owns(doc, doc.who)?", "  owns(doc, doc.who)?!", "   doc.who"]
        );
    }
}
