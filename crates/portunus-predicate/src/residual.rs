//! A predicate that is bound: what is left to be decided for each document. It knows nothing of who asks.

use crate::bind::{add, as_truth, bool_step, chained};
use crate::ir::{Node, Step};
use crate::predicate::Name;
use crate::print::Printed;
use crate::{Constant, Environment, Fault, Outcome, Reach, Scratch, Slot, Span, Traced, View, eval, plan};
use std::fmt;
use std::sync::Arc;

/// A predicate into which all has been put that is known before there is a document. It may go over threads, and copying
/// it is cheap.
///
/// As text it shows the values that were put into it. Whoever has it decides who may see those.
///
/// ```
/// use portunus_predicate::{
///     Constant, Declaration, Fault, Known, Outcome, Predicate, Scene, Scratch, Traced, Type, Vocabulary,
/// };
/// let vocabulary = Vocabulary::new().declare(Declaration::entity("doc", Type::Any, Known::Decided));
/// let predicate = Predicate::new("doc.pages < 90 + 10", &vocabulary)?;
/// let residual = predicate.bind(&Scene::new(), &mut Scratch::new()).expect("nothing is read");
/// assert_eq!((residual.to_string().as_str(), residual.known()), ("doc.pages < 100", None));
/// assert!(!residual.needs_reads());
///
/// let (short, none) = (Constant::map([("pages", Constant::Int(9))]), Constant::Map([].into()));
/// let scene = Scene::new().with_entity(0, "books", "a", 1, &short);
/// assert_eq!(residual.decide(&scene, &mut Scratch::new()), Outcome::True);
/// let (scene, mut told) = (Scene::new().with_entity(0, "books", "b", 1, &none), Vec::new());
/// let outcome = residual.decide_traced(&scene, &mut Scratch::new(), &mut |_, traced| told.push(traced));
/// assert_eq!(outcome, Outcome::Fault(Fault::Missing));
/// assert_eq!(told, [Traced::Fault(Fault::Missing); 2]);
/// assert_eq!(residual.reach(0).to_string(), "pages < 100");
/// # Ok::<(), portunus_predicate::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Residual {
    node: Arc<Node>,
    names: Arc<[Name]>,
}

impl Residual {
    pub(crate) fn of(node: Node, names: Arc<[Name]>) -> Self {
        Self { node: Arc::new(node), names }
    }

    /// One that is always true.
    ///
    /// ```
    /// use portunus_predicate::{Outcome, Residual};
    /// assert_eq!(Residual::always().known(), Some(Outcome::True));
    /// ```
    #[must_use]
    pub fn always() -> Self {
        Self::of(Node { step: bool_step(true), span: Span::default() }, Arc::new([]))
    }

    /// What several rules say together: some grant is true, and all denials are false.
    ///
    /// It is exactly true where a grant is exactly true and every denial is exactly false, in whatever order they are.
    ///
    /// ```
    /// use portunus_predicate::{Outcome, Residual};
    /// let always = Residual::always();
    /// assert_eq!(Residual::any(&[always.clone()], &[]).known(), Some(Outcome::True));
    /// assert_eq!(Residual::any(&[always.clone()], &[always]).known(), Some(Outcome::False));
    /// assert_eq!(Residual::any(&[], &[]).known(), Some(Outcome::False));
    /// ```
    #[must_use]
    pub fn any(grants: &[Self], denials: &[Self]) -> Self {
        let mut kept = Vec::new();
        let is_open = grants.iter().all(|grant| add(&mut kept, grant.node(), true));
        let granted = if is_open { chained(kept, true) } else { bool_step(true) };
        let mut parts = Vec::new();
        let granted = as_truth(Node { step: granted, span: Span::default() });
        let is_open = add(&mut parts, granted, false)
            && denials.iter().all(|denial| add(&mut parts, negated(denial.node()), false));
        let step = if is_open { chained(parts, false) } else { bool_step(false) };
        Self::made(step, grants.iter().chain(denials))
    }

    /// What is true where both are.
    ///
    /// ```
    /// use portunus_predicate::{Outcome, Residual};
    /// let never = Residual::any(&[], &[]);
    /// assert_eq!(Residual::always().and(&never).known(), Some(Outcome::False));
    /// ```
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut parts = Vec::new();
        let is_open = [self, other].into_iter().all(|part| add(&mut parts, part.node(), false));
        let step = if is_open { chained(parts, false) } else { bool_step(false) };
        Self::made(step, [self, other])
    }

    /// What it says of every document, if that is known.
    #[must_use]
    pub fn known(&self) -> Option<Outcome> {
        match &self.node.step {
            Step::Constant(Constant::Bool(true)) => Some(Outcome::True),
            Step::Constant(Constant::Bool(false)) => Some(Outcome::False),
            Step::Constant(_) => Some(Outcome::Fault(Fault::Type)),
            Step::Fault(fault) => Some(Outcome::Fault(*fault)),
            _ => None,
        }
    }

    /// Whether it reads other documents.
    #[must_use]
    pub fn needs_reads(&self) -> bool {
        let mut found = false;
        self.node.each(&mut |node| found = found || matches!(node.step, Step::Get(..) | Step::Exists(..)));
        found
    }

    /// What it says in an environment.
    #[inline]
    pub fn decide<'a, V: View<'a>>(
        &self,
        environment: &impl Environment<'a, V>,
        scratch: &mut Scratch,
    ) -> Outcome {
        eval::decide(&self.node, environment, scratch)
    }

    /// The same, and what became of each part of it on the way.
    pub fn decide_traced<'a, V: View<'a>>(
        &self,
        environment: &impl Environment<'a, V>,
        scratch: &mut Scratch,
        trace: &mut dyn FnMut(Span, Traced),
    ) -> Outcome {
        eval::decide_traced(&self.node, environment, scratch, trace)
    }

    /// Where the documents of a declared name are for which it can be exactly true: no other document needs to be asked.
    #[must_use]
    pub fn reach(&self, slot: Slot) -> Reach {
        plan::reach(&self.node, slot, &self.names)
    }

    fn node(&self) -> Node {
        Node::clone(&self.node)
    }

    fn made<'r>(step: Step, parts: impl IntoIterator<Item = &'r Self>) -> Self {
        // Constants have no names, and all others are of one vocabulary.
        let names = parts.into_iter().map(|part| &part.names).max_by_key(|names| names.len());
        Self::of(as_truth(Node { step, span: Span::default() }), names.map_or(Arc::new([]), Arc::clone))
    }
}

impl fmt::Display for Residual {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printed { node: &self.node, names: &self.names }.fmt(to)
    }
}

fn negated(node: Node) -> Node {
    let span = node.span;
    let step = match node.step {
        Step::Constant(Constant::Bool(value)) => bool_step(!value),
        Step::Constant(_) => Step::Fault(Fault::Type),
        step @ Step::Fault(_) => step,
        step => Step::Not(Box::new(Node { step, span })),
    };
    Node { step, span }
}
