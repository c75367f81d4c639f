//! A tree like another one, with other parts. It knows nothing of what a step does.

use crate::ir::{Comprehension, Node, Step};

/// The same step over what is made of its parts, which are gone through in the order in which they are evaluated.
pub(super) fn rebuilt(node: &Node, make: &mut dyn FnMut(&Node) -> Node) -> Node {
    let step = match &node.step {
        Step::Constant(_)
        | Step::Fault(_)
        | Step::Path(_)
        | Step::HasPath(_)
        | Step::Now
        | Step::Database
        | Step::Local(_)
        | Step::Meta(..) => node.step.clone(),
        Step::Select(of, name) => Step::Select(Box::new(make(of)), name.clone()),
        Step::Has(of, name) => Step::Has(Box::new(make(of)), name.clone()),
        Step::Not(of) => Step::Not(Box::new(make(of))),
        Step::Negate(of) => Step::Negate(Box::new(make(of))),
        Step::Matches(of, pattern) => Step::Matches(Box::new(make(of)), pattern.clone()),
        Step::Get(collection, id) => Step::Get(collection.clone(), Box::new(make(id))),
        Step::Exists(collection, id) => Step::Exists(collection.clone(), Box::new(make(id))),
        Step::Index(parts) => Step::Index(pair(parts, make)),
        Step::Compare(comparison, parts) => Step::Compare(*comparison, pair(parts, make)),
        Step::In(parts) => Step::In(pair(parts, make)),
        Step::Arithmetic(operator, parts) => Step::Arithmetic(*operator, pair(parts, make)),
        Step::Conditional(parts) => {
            let [condition, then, otherwise] = parts.as_ref();
            Step::Conditional(Box::new([make(condition), make(then), make(otherwise)]))
        }
        Step::And(parts) => Step::And(parts.iter().map(make).collect()),
        Step::Or(parts) => Step::Or(parts.iter().map(make).collect()),
        Step::List(items) => Step::List(items.iter().map(make).collect()),
        Step::Call(function, arguments) => Step::Call(*function, arguments.iter().map(make).collect()),
        Step::Map(entries) => {
            Step::Map(entries.iter().map(|(key, value)| (make(key), make(value))).collect())
        }
        Step::Comprehension(it) => {
            let (kind, local, range) = (it.kind, it.local, make(&it.range));
            let filter = it.filter.as_ref().map(&mut *make);
            let comprehension = Comprehension::new(kind, (local, range), filter, make(&it.body));
            Step::Comprehension(Box::new(comprehension))
        }
    };
    Node { step, span: node.span }
}

fn pair(parts: &[Node; 2], make: &mut dyn FnMut(&Node) -> Node) -> Box<[Node; 2]> {
    let [left, right] = parts;
    Box::new([make(left), make(right)])
}
