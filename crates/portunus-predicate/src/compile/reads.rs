//! The rules for reading other documents: how many a predicate may read, and by what.

use super::calls::Written;
use super::names::Place;
use super::{Compiler, DependsOn, Term};
use crate::ast::ExprKind;
use crate::check;
use crate::ir::Step;
use crate::limits::BOUND_READS_MAX;
use crate::{Constant, Read, Result, Type, print};
use std::sync::Arc;

impl Compiler<'_> {
    /// `get("collection", id)` or `exists("collection", id)`.
    pub(super) fn read(&mut self, call: &Written<'_>, place: Place<'_>) -> Result<Term> {
        call.plain(2, "(…)", place)?;
        let [collection, id] = call.arguments else {
            return Err(place.error(call.span, "an argument is missing"));
        };
        let ExprKind::Literal(Constant::String(name)) = &collection.kind else {
            let problem = "the collection must be a literal, so that it is known what is read";
            return Err(place.error(collection.span, problem));
        };
        let id_span = id.span;
        let id = self.term(id, place)?;
        if !matches!(id.r#type, Type::Any | Type::String) {
            let problem = format!("an id is a string, and this is {}", check::called(&id.r#type));
            self.judged(Err(problem), id_span, place)?;
        }
        if id.on.read {
            return Err(place.error(id_span, "what is read cannot say what else to read"));
        }
        let read = Read { collection: Arc::clone(name), decided: id.on.decided };
        let on = DependsOn { read: true, ..id.on };
        let step = match call.name {
            "get" => Step::Get(Arc::clone(name), Box::new(id.node)),
            _ => Step::Exists(Arc::clone(name), Box::new(id.node)),
        };
        let r#type = if matches!(step, Step::Get(..)) { Type::Any } else { Type::Bool };
        let term = self.made(step, r#type, id.height, on, call.span, place)?;
        self.count(read, &term, call, place)?;
        Ok(term)
    }

    /// Counts the documents that are read, each once however often it is asked for. What is asked for by a variable is another one
    /// each time, since variables of different lists can have one number.
    fn count(&mut self, read: Read, term: &Term, call: &Written<'_>, place: Place<'_>) -> Result<()> {
        let decided = read.decided;
        let mut is_variable = false;
        term.node.each(&mut |part| is_variable |= matches!(part.step, Step::Local(_)));
        let id = match &term.node.step {
            Step::Get(_, id) | Step::Exists(_, id) if !is_variable => Some(print::key(id)),
            _ => None,
        };
        if id.is_some() && self.reads.iter().any(|(other, written)| *other == read && *written == id) {
            return Ok(());
        }
        self.reads.push((read, id));
        let alike = self.reads.iter().filter(|(other, _)| other.decided == decided).count();
        match decided {
            true if alike > 1 => Err(place.error(
                call.span,
                "a predicate reads at most one document whose id depends on the one it decides on",
            )),
            false if alike > BOUND_READS_MAX => {
                Err(place.error(call.span, format!("a predicate reads at most {BOUND_READS_MAX} documents")))
            }
            true | false => Ok(()),
        }
    }
}
