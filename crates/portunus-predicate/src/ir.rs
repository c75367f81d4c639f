//! The tree that is evaluated: names are slots, functions are resolved, constants are folded. Binding turns one into a smaller one.

use crate::ast::{Arithmetic, Comparison, Macro};
use crate::limits::NODES_OF_A_STEP;
use crate::pattern::Pattern;
use crate::{Constant, Fault, Slot, Span};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

/// A step of an evaluation, and where it was written.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) step: Step,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Constant(Constant),
    /// What is known to have no value, since it was bound.
    Fault(Fault),
    /// A declared name, and the fields that are selected from it: `doc.owner.name`. The list may be empty.
    Path(Path),
    /// `has()` of such a path, which is not empty.
    HasPath(Path),
    /// `now`
    Now,
    /// `database()`
    Database,
    /// The variable of a comprehension, counted from the outermost.
    Local(u8),
    /// A field of something that is computed.
    Select(Box<Node>, FieldName),
    Has(Box<Node>, FieldName),
    Index(Box<[Node; 2]>),
    Not(Box<Node>),
    Negate(Box<Node>),
    And(Box<[Node]>),
    Or(Box<[Node]>),
    Conditional(Box<[Node; 3]>),
    Compare(Comparison, Box<[Node; 2]>),
    /// `left in right`
    In(Box<[Node; 2]>),
    Arithmetic(Arithmetic, Box<[Node; 2]>),
    List(Box<[Node]>),
    Map(Box<[(Node, Node)]>),
    Comprehension(Box<Comprehension>),
    Call(Function, Box<[Node]>),
    /// `text.matches(constant)`
    Matches(Box<Node>, Arc<Pattern>),
    /// `id(entity)`, `version(entity)`, `collection(entity)`
    Meta(Meta, Slot),
    /// `get("collection", id)`
    Get(Arc<str>, Box<Node>),
    /// `exists("collection", id)`
    Exists(Arc<str>, Box<Node>),
}

#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub(crate) slot: Slot,
    pub(crate) root: Root,
    pub(crate) fields: Box<[FieldName]>,
}

/// What a declared name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    /// A document: the environment is asked for an entity.
    Entity,
    /// A value, in which null is a value as any other.
    Value,
    /// A value in which a null counts as missing, at any depth: claims.
    Claims,
}

/// The name of a field, and where in its object it was found last: documents of one collection tend to look alike.
#[derive(Debug)]
pub(crate) struct FieldName {
    pub(crate) name: Box<str>,
    pub(crate) hint: AtomicU32,
}

#[derive(Clone, Debug)]
pub(crate) struct Comprehension {
    pub(crate) kind: Macro,
    pub(crate) range: Node,
    /// The number of the variable, as in [`Step::Local`].
    pub(crate) local: u8,
    pub(crate) filter: Option<Node>,
    pub(crate) body: Node,
    /// What one step of it costs: more where there is more to be done in each.
    pub(crate) step_cost: usize,
}

impl Comprehension {
    pub(crate) fn new(kind: Macro, (local, range): (u8, Node), filter: Option<Node>, body: Node) -> Self {
        let mut nodes = 0;
        filter.iter().chain([&body]).for_each(|part| part.each(&mut |_| nodes += 1));
        Self { kind, range, local, filter, body, step_cost: 1 + nodes / NODES_OF_A_STEP }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meta {
    Id,
    Version,
    Collection,
}

/// The functions on values, methods included: the receiver is the first argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Size,
    StartsWith,
    EndsWith,
    Contains,
    /// `scopes(claims)`: the list of the words of `claims.scope`, or of the list `claims.scp`.
    Scopes,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Timestamp,
    Duration,
    Type,
    /// `dyn(value)`, the value.
    Dyn,
    FullYear,
    Month,
    /// Day of month, from 1: `getDate`.
    Date,
    /// Day of month, from 0: `getDayOfMonth`.
    DayOfMonth,
    DayOfWeek,
    DayOfYear,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

impl Clone for FieldName {
    fn clone(&self) -> Self {
        Self::new(&self.name)
    }
}

impl FieldName {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.into(), hint: AtomicU32::new(0) }
    }
}

impl Node {
    /// Calls on each part that this is directly made of, in the order in which they are written.
    pub(crate) fn each_part<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        match &self.step {
            Step::Constant(_)
            | Step::Fault(_)
            | Step::Path(_)
            | Step::HasPath(_)
            | Step::Now
            | Step::Database
            | Step::Local(_)
            | Step::Meta(..) => {}
            Step::Select(of, _)
            | Step::Has(of, _)
            | Step::Not(of)
            | Step::Negate(of)
            | Step::Matches(of, _)
            | Step::Get(_, of)
            | Step::Exists(_, of) => visit(of),
            Step::Index(parts) | Step::Compare(_, parts) | Step::In(parts) | Step::Arithmetic(_, parts) => {
                parts.iter().for_each(visit);
            }
            Step::Conditional(parts) => parts.iter().for_each(visit),
            Step::And(parts) | Step::Or(parts) | Step::List(parts) | Step::Call(_, parts) => {
                parts.iter().for_each(visit);
            }
            Step::Map(entries) => entries.iter().for_each(|(key, value)| {
                visit(key);
                visit(value);
            }),
            Step::Comprehension(comprehension) => {
                visit(&comprehension.range);
                comprehension.filter.iter().for_each(&mut *visit);
                visit(&comprehension.body);
            }
        }
    }

    /// Calls on this and on everything that it is made of, from the top.
    pub(crate) fn each<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        visit(self);
        self.each_part(&mut |part| part.each(visit));
    }
}
