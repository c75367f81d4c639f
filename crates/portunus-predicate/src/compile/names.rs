//! What a name stands for: the variable of a comprehension, the parameter of a named predicate, a declared name with as many
//! fields as it takes, or a type.

use super::{Compiler, DependsOn, Term};
use crate::ast::{Expr, ExprKind};
use crate::ir::{Path, Root, Step};
use crate::{Constant, Declaration, Error, Known, Result, Slot, Span, Type, nearest};
use std::cell::Cell;

/// Where an expression stands: the names around it, and the call of a named predicate that it is the body of.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    /// The text that it is a part of.
    pub(super) source: &'p str,
    pub(super) names: Option<&'p Names<'p>>,
    pub(super) call: Option<&'p Call<'p>>,
}

/// A name that is not declared, and those around it.
pub(super) struct Names<'p> {
    pub(super) name: &'p str,
    pub(super) bound: Bound<'p>,
    pub(super) outer: Option<&'p Names<'p>>,
}

pub(super) enum Bound<'p> {
    /// The variable of a comprehension.
    Local { number: u8, r#type: &'p Type, on: DependsOn },
    /// A parameter, and what was handed over: it is compiled anew where it is used, among the names of the caller.
    Argument { expr: &'p Expr, place: Place<'p>, is_used: &'p Cell<bool> },
    /// A parameter of a predicate that is checked by itself, counted as variables are, but from above.
    Parameter(u8),
}

/// The call of a named predicate.
pub(super) struct Call<'p> {
    pub(super) name: &'p str,
    /// Where it was written in the text that is compiled.
    pub(super) span: Span,
    pub(super) outer: Option<&'p Call<'p>>,
}

/// The types that are values, by their names in the language.
const TYPES: [&str; 12] = [
    "bool",
    "bytes",
    "double",
    "google.protobuf.Duration",
    "google.protobuf.Timestamp",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "type",
    "uint",
];

/// The names that the language has in some places: where one is not declared, it is known and cannot be used.
const ELSEWHERE: [&str; 8] = ["doc", "old", "new", "current", "identity", "claims", "args", "now"];

impl<'p> Place<'p> {
    pub(super) fn of(source: &'p str) -> Self {
        Self { source, names: None, call: None }
    }

    /// Where a field stands at the end of what it is selected in.
    pub(super) fn last(self, field: &str, span: Span) -> Span {
        let before = span.of(self.source).rfind(field).and_then(|at| u32::try_from(at).ok());
        let width = u32::try_from(field.len()).ok();
        match (before, width) {
            (Some(before), Some(width)) => {
                Span { start: span.start + before, end: span.start + before + width }
            }
            _ => span,
        }
    }

    /// An error here. In the body of a named predicate it is told at its call, since that body is another text.
    pub(super) fn error(self, span: Span, problem: impl Into<String>) -> Error {
        match self.call {
            Some(call) => Error::at(call.span, format!("in `{}`: {}", call.name, problem.into())),
            None => Error::at(span, problem),
        }
    }

    /// Where a node counts as written.
    pub(super) fn span(self, span: Span) -> Span {
        self.call.map_or(span, |call| call.span)
    }

    /// What a name stands for that is not declared. One with a dot in front of it is.
    pub(super) fn find(self, name: &str, is_absolute: bool) -> Option<&'p Bound<'p>> {
        let mut names = if is_absolute { None } else { self.names };
        while let Some(found) = names {
            if found.name == name {
                return Some(&found.bound);
            }
            names = found.outer;
        }
        None
    }

    /// Whether this is in the body of the named predicate, or of one that it calls.
    pub(super) fn is_within(self, name: &str) -> bool {
        let mut call = self.call;
        while let Some(found) = call {
            if found.name == name {
                return true;
            }
            call = found.outer;
        }
        false
    }
}

impl Compiler<'_> {
    /// A name, and the fields that are selected from it.
    pub(super) fn selection(&mut self, expr: &Expr, place: Place<'_>) -> Result<Term> {
        let mut fields = Vec::new();
        let mut of = expr;
        while let ExprKind::Select { of: inner, field, is_test: false } = &of.kind {
            fields.push((field.as_str(), of.span));
            of = inner;
            if of.is_enclosed {
                break;
            }
        }
        fields.reverse();
        let (mut term, taken) = match &of.kind {
            ExprKind::Name { name, is_absolute } => {
                let fields = if of.is_enclosed { &[] } else { &*fields };
                self.name((name, *is_absolute), of.span, fields, place)?
            }
            _ => (self.term(of, place)?, 0),
        };
        for (field, span) in fields.into_iter().skip(taken) {
            term = self.select(term, field, span, place.last(field, span), place)?;
        }
        Ok(term)
    }

    /// The slot of the entity that an expression is the bare name of.
    pub(super) fn entity(&self, function: &str, expr: &Expr, place: Place<'_>) -> Result<Slot> {
        let problem =
            || place.error(expr.span, format!("`{function}` takes the name of a document and nothing else"));
        let ExprKind::Name { name, is_absolute } = &expr.kind else { return Err(problem()) };
        match place.find(name, *is_absolute) {
            Some(Bound::Argument { expr, place: outer, is_used }) => {
                is_used.set(true);
                return self.entity(function, expr, *outer);
            }
            Some(Bound::Parameter(_)) => return Ok(0),
            Some(Bound::Local { .. }) => return Err(problem()),
            None => {}
        }
        let Some((slot, declaration)) = self.declared(name) else {
            return Err(self.unknown(name, expr.span, place));
        };
        refuse_unknown(declaration, expr.span, place)?;
        if declaration.is_entity { Ok(slot) } else { Err(problem()) }
    }

    /// Whether a slot is known for each decision only.
    pub(super) fn is_decided(&self, slot: Slot) -> bool {
        self.vocabulary.declarations.get(usize::from(slot)).is_some_and(|it| it.known == Known::Decided)
    }

    /// What a name stands for, and how many of the fields belong to it.
    fn name(
        &mut self,
        (name, is_absolute): (&str, bool),
        span: Span,
        fields: &[(&str, Span)],
        place: Place<'_>,
    ) -> Result<(Term, usize)> {
        if let Some(bound) = place.find(name, is_absolute) {
            return Ok((self.bound(bound, span, place)?, 0));
        }
        let mut chain = name.to_owned();
        let mut names = vec![(chain.clone(), span)];
        for (field, span) in fields {
            chain = format!("{chain}.{field}");
            names.push((chain.clone(), *span));
        }
        for (taken, (name, span)) in names.iter().enumerate().rev() {
            if let Some(term) = self.global(name, *span, place)? {
                return Ok((term, taken));
            }
        }
        Err(self.unknown(name, span, place))
    }

    fn bound(&mut self, bound: &Bound<'_>, span: Span, place: Place<'_>) -> Result<Term> {
        match bound {
            Bound::Local { number, r#type, on } => {
                self.made(Step::Local(*number), (*r#type).clone(), 0, *on, span, place)
            }
            Bound::Argument { expr, place: outer, is_used } => {
                is_used.set(true);
                self.term(expr, *outer)
            }
            Bound::Parameter(number) => self.leaf(Step::Local(*number), Type::Any, span, place),
        }
    }

    /// What a name with dots stands for that is declared, or part of the language.
    fn global(&mut self, name: &str, span: Span, place: Place<'_>) -> Result<Option<Term>> {
        if let Some((slot, declaration)) = self.declared(name) {
            refuse_unknown(declaration, span, place)?;
            let root = match (declaration.is_entity, declaration.null_is_missing) {
                (true, _) => Root::Entity,
                (false, true) => Root::Claims,
                (false, false) => Root::Value,
            };
            let r#type = declaration.r#type.clone();
            let on = DependsOn { decided: declaration.known == Known::Decided, read: false };
            let path = Path { slot, root, fields: Box::default() };
            return self.made(Step::Path(path), r#type, 0, on, span, place).map(Some);
        }
        if name == "now" && self.vocabulary.has_now {
            return self.leaf(Step::Now, Type::Timestamp, span, place).map(Some);
        }
        match TYPES.iter().find(|it| **it == name) {
            Some(found) => {
                self.leaf(Step::Constant(Constant::Type(found)), Type::Type, span, place).map(Some)
            }
            None => Ok(None),
        }
    }

    fn declared(&self, name: &str) -> Option<(Slot, &Declaration)> {
        let mut declarations = (0..=Slot::MAX).zip(&self.vocabulary.declarations);
        declarations.find(|(_, declaration)| declaration.name == name)
    }

    fn unknown(&self, name: &str, span: Span, place: Place<'_>) -> Error {
        if ELSEWHERE.contains(&name) {
            return not_here(name, span, place);
        }
        let mut names: Vec<&str> = Vec::new();
        let mut around = place.names;
        while let Some(found) = around {
            names.push(found.name);
            around = found.outer;
        }
        let usable = self.vocabulary.declarations.iter().filter(|it| it.known != Known::Never);
        names.extend(usable.map(|it| it.name.as_str()));
        names.extend(self.vocabulary.has_now.then_some("now"));
        place.error(span, format!("there is no name `{name}`{}", nearest::hint(name, names.into_iter())))
    }
}

fn refuse_unknown(declaration: &Declaration, span: Span, place: Place<'_>) -> Result<()> {
    match declaration.known {
        Known::Bound | Known::Decided => Ok(()),
        Known::Never => Err(not_here(&declaration.name, span, place)),
    }
}

fn not_here(name: &str, span: Span, place: Place<'_>) -> Error {
    place.error(span, format!("`{name}` is not known in a predicate of this kind"))
}
