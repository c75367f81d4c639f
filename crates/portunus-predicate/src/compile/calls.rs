//! Calls: of the functions of the language, each with its rules, and of named predicates, whose bodies take their place.

use super::names::{Bound, Call, Names, Place};
use super::{Compiler, DependsOn, Term};
use crate::ast::{Arithmetic, Expr, ExprKind};
use crate::check;
use crate::functions::{self, Second, Signature, Style};
use crate::ir::{Meta, Node, Step};
use crate::pattern::Pattern;
use crate::vocabulary::Named;
use crate::{Constant, Result, Span, Type, nearest};
use std::cell::Cell;
use std::sync::Arc;

/// A call as it was written.
pub(super) struct Written<'e> {
    pub(super) name: &'e str,
    pub(super) name_span: Span,
    on: Option<&'e Expr>,
    pub(super) arguments: &'e [Expr],
    pub(super) span: Span,
}

impl Compiler<'_> {
    pub(super) fn call(&mut self, expr: &Expr, place: Place<'_>) -> Result<Term> {
        let ExprKind::Call { function, name_span, on, arguments } = &expr.kind else {
            return self.term(expr, place);
        };
        let (name, name_span, on, span) = (function.as_str(), *name_span, on.as_deref(), expr.span);
        let call = Written { name, name_span, on, arguments, span };
        if let Some(signature) = functions::named(name) {
            return self.function(signature, &call, place);
        }
        let meta = match name {
            "id" => Some((Meta::Id, Type::String)),
            "version" => Some((Meta::Version, Type::Int)),
            "collection" => Some((Meta::Collection, Type::String)),
            _ => None,
        };
        if let Some((meta, r#type)) = meta {
            return self.meta(meta, r#type, &call, place);
        }
        match name {
            "matches" => self.matches(&call, place),
            "database" if self.vocabulary.has_reads => {
                call.plain(0, "()", place)?;
                self.leaf(Step::Database, Type::String, span, place)
            }
            "get" | "exists" if self.vocabulary.has_reads => self.read(&call, place),
            "database" | "get" | "exists" => {
                Err(place.error(name_span, format!("`{name}` is not known in a predicate of this kind")))
            }
            _ => self.named_or_unknown(&call, place),
        }
    }

    fn function(&mut self, signature: &Signature, call: &Written<'_>, place: Place<'_>) -> Result<Term> {
        let (name, second) = (signature.name, signature.second);
        match (signature.style, call.on) {
            (Style::Function, Some(_)) => {
                return Err(place
                    .error(call.name_span, format!("`{name}` is no method; it is called as `{name}(…)`")));
            }
            (Style::Method, None) => {
                return Err(place
                    .error(call.name_span, format!("`{name}` is a method; it is called as `….{name}(…)`")));
            }
            (Style::Function | Style::Both, None) | (Style::Method | Style::Both, Some(_)) => {}
        }
        let values: Vec<&Expr> = call.on.into_iter().chain(call.arguments).collect();
        let (least, most) = match second {
            Second::Nothing => (1, 1),
            Second::Text => (2, 2),
            Second::Zone => (1, 2),
        };
        if values.len() < least || values.len() > most {
            let of_receiver = usize::from(call.on.is_some());
            let takes =
                if least == most { arguments(most - of_receiver) } else { "at most one argument".to_owned() };
            return Err(place.error(call.span, format!("`{name}` takes {takes}")));
        }
        let mut nodes = Vec::with_capacity(values.len());
        let (mut height, mut on, mut r#type) = (0, DependsOn::default(), Type::Any);
        for (at, value) in values.into_iter().enumerate() {
            let term = self.term(value, place)?;
            if at == 0 {
                r#type = self.judged(signature.judge(&term.r#type), value.span, place)?;
                if second == Second::Zone && term.r#type == Type::Duration && !call.arguments.is_empty() {
                    let problem = format!("`{name}` of a duration takes no time zone");
                    return Err(place.error(call.span, problem));
                }
            } else {
                self.judged(text(name, &term.r#type), value.span, place)?;
            }
            (height, on) = (term.height.max(height), term.on.and(on));
            nodes.push(term.node);
        }
        self.made(Step::Call(signature.function, nodes.into()), r#type, height, on, call.span, place)
    }

    fn meta(&mut self, meta: Meta, r#type: Type, call: &Written<'_>, place: Place<'_>) -> Result<Term> {
        call.plain(1, "(…)", place)?;
        let [entity] = call.arguments else { return Err(place.error(call.span, "one argument is missing")) };
        let slot = self.entity(call.name, entity, place)?;
        let on = DependsOn { decided: self.is_decided(slot), read: false };
        self.made(Step::Meta(meta, slot), r#type, 0, on, call.span, place)
    }

    fn matches(&mut self, call: &Written<'_>, place: Place<'_>) -> Result<Term> {
        let values: Vec<&Expr> = call.on.into_iter().chain(call.arguments).collect();
        let [value, pattern] = values.as_slice() else {
            let problem = "`matches` takes a string and a regular expression";
            return Err(place.error(call.span, problem));
        };
        let pattern_span = pattern.span;
        let (value_span, value) = (value.span, self.term(value, place)?);
        self.judged(text("matches", &value.r#type), value_span, place)?;
        let pattern = self.term(pattern, place)?;
        self.judged(text("matches", &pattern.r#type), pattern_span, place)?;
        let Some(pattern) = constant_text(&pattern.node) else {
            let problem =
                "a regular expression must be a constant, so that it can be checked when it is saved";
            return Err(place.error(pattern_span, problem));
        };
        let pattern = Pattern::new(&pattern).map_err(|problem| place.error(pattern_span, problem))?;
        let step = Step::Matches(Box::new(value.node), Arc::new(pattern));
        self.made(step, Type::Bool, value.height, value.on, call.span, place)
    }

    fn named_or_unknown(&mut self, call: &Written<'_>, place: Place<'_>) -> Result<Term> {
        let vocabulary = self.vocabulary;
        match vocabulary.predicates.get(call.name) {
            Some(named) => self.inlined(named, call, place),
            None => {
                let mut names: Vec<&str> = functions::names().collect();
                names.extend(vocabulary.predicates.keys().map(String::as_str));
                let hint = nearest::hint(call.name, names.into_iter());
                let problem = format!("there is no function `{}`{hint}", call.name);
                Err(place.error(call.name_span, problem))
            }
        }
    }

    /// The body of a named predicate, in the place of its call.
    fn inlined(&mut self, named: &Named, call: &Written<'_>, place: Place<'_>) -> Result<Term> {
        call.plain(named.parameters.len(), "(…)", place)?;
        if place.is_within(call.name) {
            return Err(place.error(call.name_span, format!("`{}` calls itself", call.name)));
        }
        // A call costs a node, though it leaves none: otherwise calls of calls would cost time and nothing else.
        self.nodes += 1;
        let used: Vec<Cell<bool>> = call.arguments.iter().map(|_| Cell::new(false)).collect();
        let inner = Call { name: call.name, span: place.span(call.span), outer: place.call };
        let arguments: Vec<(&str, &Expr, &Cell<bool>)> = named
            .parameters
            .iter()
            .zip(call.arguments)
            .zip(&used)
            .map(|((name, expr), is_used)| (name.as_str(), expr, is_used))
            .collect();
        let term = self.body(
            &named.body,
            &arguments,
            place,
            Place { source: &named.source, names: None, call: Some(&inner) },
        )?;
        // An argument that the body does not use is checked nevertheless, and what it reads is forgotten.
        let reads = self.reads.len();
        for (argument, is_used) in call.arguments.iter().zip(&used) {
            if !is_used.get() {
                self.term(argument, place)?;
            }
        }
        self.reads.truncate(reads);
        Ok(term)
    }

    /// Puts one argument after another among the names, and compiles the body among them.
    fn body(
        &mut self,
        body: &Expr,
        arguments: &[(&str, &Expr, &Cell<bool>)],
        caller: Place<'_>,
        place: Place<'_>,
    ) -> Result<Term> {
        match arguments.split_first() {
            Some(((name, expr, is_used), rest)) => {
                let bound = Bound::Argument { expr, place: caller, is_used };
                let names = Names { name, bound, outer: place.names };
                self.body(body, rest, caller, Place { names: Some(&names), ..place })
            }
            None => self.truth(body, "a predicate", place),
        }
    }

    /// Checks a named predicate by itself, with parameters of which nothing is known.
    pub(crate) fn alone(&mut self, named: &Named) -> Result<Term> {
        self.parameters(&named.parameters, &named.body, 0, Place::of(&named.source))
    }

    fn parameters(&mut self, parameters: &[String], body: &Expr, at: u8, place: Place<'_>) -> Result<Term> {
        match parameters.split_first() {
            Some((name, rest)) => {
                let names = Names { name, bound: Bound::Parameter(u8::MAX - at), outer: place.names };
                self.parameters(rest, body, at.saturating_add(1), Place { names: Some(&names), ..place })
            }
            None => self.truth(body, "a predicate", place),
        }
    }
}

impl Written<'_> {
    /// That it is no method, and has so many arguments.
    pub(super) fn plain(&self, count: usize, shape: &str, place: Place<'_>) -> Result<()> {
        let name = self.name;
        if self.on.is_some() {
            return Err(place
                .error(self.name_span, format!("`{name}` is no method; it is called as `{name}{shape}`")));
        }
        if self.arguments.len() == count {
            return Ok(());
        }
        Err(place.error(self.span, format!("`{name}` takes {}", arguments(count))))
    }
}

fn arguments(count: usize) -> String {
    match count {
        0 => "no argument".to_owned(),
        1 => "one argument".to_owned(),
        2 => "two arguments".to_owned(),
        more => format!("{more} arguments"),
    }
}

fn text(name: &str, r#type: &Type) -> check::Judged {
    match r#type {
        Type::Any | Type::String => Ok(Type::String),
        other => Err(format!("`{name}` takes a string here, and this is {}", check::called(other))),
    }
}

/// The text of a constant, or of constants that are put together.
fn constant_text(node: &Node) -> Option<String> {
    match &node.step {
        Step::Constant(Constant::String(text)) => Some(text.to_string()),
        Step::Arithmetic(Arithmetic::Add, sides) => {
            let [left, right] = &**sides;
            Some(constant_text(left)? + &constant_text(right)?)
        }
        _ => None,
    }
}
