//! What is known of who asks, put into a predicate: whatever depends on nothing else becomes a constant. It must not turn a
//! fault into a value or a value into a fault, nor one fault into another.

mod reads;
mod rebuild;
#[cfg(test)]
mod tests;

use crate::ast::Macro;
use crate::ir::{Comprehension, Function, Node, Step};
use crate::limits::BOUND_BYTES_MAX;
use crate::predicate::Name;
use crate::{
    Constant, Environment, Fault, Known, Predicate, ReadFailed, Residual, Scratch, Slot, Span, View, eval,
};
use reads::Counted;
use rebuild::rebuilt;
use std::marker::PhantomData;

impl Predicate {
    /// Puts what is known before there is a document into the predicate. The environment is asked for no other name.
    ///
    /// What the residual says is what the predicate says, faults included, with one exception: a residual has paid already
    /// for what was put into it, so it can say more than a predicate that costs too much; and what takes more than
    /// [`crate::BOUND_BYTES_MAX`] bytes or [`crate::BOUND_READS_MAX`] reads to put into it is [`Fault::Cost`] there.
    ///
    /// # Errors
    /// That a document could not be read.
    ///
    /// ```
    /// use portunus_predicate::{Constant, Declaration, Known, Predicate, Scene, Scratch, Type, Vocabulary};
    /// let vocabulary = Vocabulary::new()
    ///     .declare(Declaration::entity("doc", Type::Any, Known::Decided))
    ///     .declare(Declaration::entity("identity", Type::Any, Known::Bound));
    /// let predicate = Predicate::new("identity.admin || doc.owner == id(identity)", &vocabulary)?;
    /// let user = Constant::Map([(Constant::String("admin".into()), Constant::Bool(false))].into());
    /// let scene = Scene::new().with_entity(1, "users", "ann", 1, &user);
    /// let residual = predicate.bind(&scene, &mut Scratch::new()).unwrap();
    /// assert_eq!(residual.to_string(), r#"doc.owner == "ann""#);
    /// # Ok::<(), portunus_predicate::Error>(())
    /// ```
    pub fn bind<'a, V: View<'a>>(
        &self,
        environment: &impl Environment<'a, V>,
        scratch: &mut Scratch,
    ) -> Result<Residual, ReadFailed> {
        let environment = Counted::new(environment);
        let names = &self.names;
        let mut binder =
            Binder { environment, names, scratch, bytes_left: BOUND_BYTES_MAX, view: PhantomData };
        let node = as_truth(binder.bound(&self.node, 0));
        binder.environment.result(Residual::of(node, self.names.clone()))
    }
}

struct Binder<'b, 'e, 'a, V, E> {
    environment: Counted<'e, E>,
    names: &'b [Name],
    scratch: &'b mut Scratch,
    bytes_left: usize,
    view: PhantomData<(&'a (), V)>,
}

impl<'a, V: View<'a>, E: Environment<'a, V>> Binder<'_, '_, 'a, V, E> {
    /// A node that says the same. `around` is how many variables of comprehensions there are around it.
    fn bound(&mut self, node: &Node, around: u8) -> Node {
        if matches!(node.step, Step::Constant(_) | Step::Fault(_)) {
            return node.clone();
        }
        if !self.depends(node, around) {
            return self.folded(node);
        }
        let step = match &node.step {
            Step::And(parts) => self.chain(parts, false, around),
            Step::Or(parts) => self.chain(parts, true, around),
            Step::Not(of) => match as_truth(self.bound(of, around)) {
                Node { step: Step::Constant(value), .. } => {
                    truth(&value).map_or_else(Step::Fault, |it| bool_step(!it))
                }
                Node { step: step @ Step::Fault(_), .. } => step,
                of => Step::Not(Box::new(of)),
            },
            Step::Conditional(parts) => return self.conditional(parts, node.span, around),
            Step::Comprehension(comprehension) => self.comprehension(comprehension, around),
            _ => return self.strict(node, around),
        };
        Node { step, span: node.span }
    }

    /// Whether it depends on what is known for each decision only, or on a variable from around it.
    fn depends(&self, node: &Node, around: u8) -> bool {
        let is_decided =
            |slot: Slot| self.names.get(usize::from(slot)).is_none_or(|name| name.known == Known::Decided);
        match &node.step {
            Step::Path(path) | Step::HasPath(path) => is_decided(path.slot),
            Step::Meta(_, slot) => is_decided(*slot),
            Step::Local(local) => *local < around,
            _ => {
                let mut found = false;
                node.each_part(&mut |part| found = found || self.depends(part, around));
                found
            }
        }
    }

    /// The value of what depends on nothing that is not known.
    fn folded(&mut self, node: &Node) -> Node {
        let value = eval::constant(node, &self.environment, self.scratch, self.bytes_left);
        let step = match value {
            Ok((value, bytes)) => {
                self.bytes_left = self.bytes_left.saturating_sub(bytes);
                Step::Constant(value)
            }
            Err(fault) => Step::Fault(self.environment.fault(fault)),
        };
        Node { step, span: node.span }
    }

    /// What has a value only if all of its parts have one.
    fn strict(&mut self, node: &Node, around: u8) -> Node {
        let (mut is_first, mut is_settled, mut first_fault) = (true, true, None);
        let changed = rebuilt(node, &mut |part| {
            let part = self.bound(part, around);
            match &part.step {
                Step::Constant(_) => {}
                Step::Fault(fault) if is_first => first_fault = Some(*fault),
                Step::Fault(_) => {}
                _ => is_settled = false,
            }
            is_first = false;
            part
        });
        match (first_fault, is_settled && !is_first) {
            (Some(fault), _) => Node { step: Step::Fault(fault), span: node.span },
            (None, true) => self.folded(&changed),
            (None, false) => changed,
        }
    }

    /// `&&`, where false decides, and `||`, where true does.
    fn chain(&mut self, parts: &[Node], decisive: bool, around: u8) -> Step {
        let mut kept = Vec::with_capacity(parts.len());
        for part in parts {
            let part = as_truth(self.bound(part, around));
            if !add(&mut kept, part, decisive) {
                return bool_step(decisive);
            }
        }
        chained(kept, decisive)
    }

    fn conditional(&mut self, parts: &[Node; 3], span: Span, around: u8) -> Node {
        let [condition, then, otherwise] = parts;
        let condition = as_truth(self.bound(condition, around));
        let step = match condition.step {
            Step::Constant(value) => match truth(&value) {
                Ok(true) => return self.bound(then, around),
                Ok(false) => return self.bound(otherwise, around),
                Err(fault) => Step::Fault(fault),
            },
            Step::Fault(_) => condition.step,
            _ => {
                let (then, otherwise) = (self.bound(then, around), self.bound(otherwise, around));
                Step::Conditional(Box::new([condition, then, otherwise]))
            }
        };
        Node { step, span }
    }

    fn comprehension(&mut self, comprehension: &Comprehension, around: u8) -> Step {
        let range = self.bound(&comprehension.range, around);
        match &range.step {
            Step::Fault(_) => return range.step,
            Step::Constant(Constant::List(items)) if items.is_empty() => {
                return of_nothing(comprehension.kind);
            }
            Step::Constant(Constant::Map(entries)) if entries.is_empty() => {
                return of_nothing(comprehension.kind);
            }
            Step::Constant(Constant::List(_) | Constant::Map(_)) => {}
            Step::Constant(_) => return Step::Fault(Fault::Type),
            _ => {}
        }
        let within = comprehension.local.saturating_add(1);
        let filter = comprehension.filter.as_ref().map(|filter| as_truth(self.bound(filter, within)));
        let body = self.bound(&comprehension.body, within);
        let body = if comprehension.kind == Macro::Map { body } else { as_truth(body) };
        let (kind, local) = (comprehension.kind, comprehension.local);
        Step::Comprehension(Box::new(Comprehension::new(kind, (local, range), filter, body)))
    }
}

/// Adds a part to a chain in which one truth value is decisive; whether it leaves anything to be decided.
pub(crate) fn add(kept: &mut Vec<Node>, part: Node, decisive: bool) -> bool {
    let has_fault = |kept: &[Node]| kept.iter().any(|part| matches!(part.step, Step::Fault(_)));
    match part.step {
        Step::Constant(Constant::Bool(value)) => value != decisive,
        // Of several faults the first is told, so others that are known are not needed.
        Step::Constant(_) | Step::Fault(_) if has_fault(kept) => true,
        Step::Constant(_) => {
            kept.push(Node { step: Step::Fault(Fault::Type), span: part.span });
            true
        }
        Step::And(parts) if !decisive => parts.into_iter().all(|part| add(kept, part, decisive)),
        Step::Or(parts) if decisive => parts.into_iter().all(|part| add(kept, part, decisive)),
        step => {
            kept.push(Node { step, span: part.span });
            true
        }
    }
}

/// What the parts of a chain come to that are left.
pub(crate) fn chained(mut kept: Vec<Node>, decisive: bool) -> Step {
    if kept.is_empty() {
        return bool_step(!decisive);
    }
    if kept.len() == 1 && kept.first().is_some_and(|part| is_truth(&part.step)) {
        return kept.pop().map_or(bool_step(!decisive), |part| part.step);
    }
    if decisive { Step::Or(kept.into()) } else { Step::And(kept.into()) }
}

/// A node where a truth value is needed: there a chain of one part says what that part says.
pub(crate) fn as_truth(node: Node) -> Node {
    match node.step {
        Step::And(parts) | Step::Or(parts) if parts.len() == 1 => {
            let span = node.span;
            let only = parts.into_iter().next();
            only.unwrap_or(Node { step: Step::Fault(Fault::Type), span })
        }
        step => Node { step, span: node.span },
    }
}

pub(crate) fn bool_step(value: bool) -> Step {
    Step::Constant(Constant::Bool(value))
}

fn truth(constant: &Constant) -> Result<bool, Fault> {
    if let Constant::Bool(value) = constant { Ok(*value) } else { Err(Fault::Type) }
}

fn of_nothing(kind: Macro) -> Step {
    Step::Constant(match kind {
        Macro::All => Constant::Bool(true),
        Macro::Exists | Macro::ExistsOne => Constant::Bool(false),
        Macro::Filter | Macro::Map => Constant::List([].into()),
    })
}

/// Whether it can be nothing but a truth value or a fault.
pub(crate) fn is_truth(step: &Step) -> bool {
    match step {
        Step::Compare(..) | Step::In(_) | Step::Not(_) | Step::And(_) | Step::Or(_) => true,
        Step::HasPath(_) | Step::Has(..) | Step::Exists(..) | Step::Matches(..) | Step::Fault(_) => true,
        Step::Constant(constant) => matches!(constant, Constant::Bool(_)),
        Step::Comprehension(comprehension) => {
            matches!(comprehension.kind, Macro::All | Macro::Exists | Macro::ExistsOne)
        }
        Step::Call(function, _) => {
            matches!(
                function,
                Function::StartsWith | Function::EndsWith | Function::Contains | Function::Bool
            )
        }
        _ => false,
    }
}
