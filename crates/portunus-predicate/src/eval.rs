//! The evaluator: a tree and its surroundings in, a value, a truth value or a fault out. It knows neither text nor storage, and
//! allocates nothing but what the scratch has.

mod arithmetic;
mod call;
mod comparison;
mod comprehension;
mod conversion;
mod path;
#[cfg(test)]
mod tests;

use crate::ast::Macro;
use crate::ir::{Function, Meta, Node, Step};
use crate::limits::{COMPREHENSIONS_OVER_ANYTHING_MAX, FUEL_MAX, READ_COST};
use crate::outcome::{NoTrace, Outcome, Trace, Traced};
use crate::scratch::Scratch;
use crate::value::{List, Map, Val, same_key};
use crate::{Constant, Environment, Fault, Seen, Slot, Span, View};

/// What an expression comes to.
type Valued<'s, 'a, V> = Result<Val<'s, 'a, V>, Fault>;

/// What a predicate says.
#[inline]
pub(crate) fn decide<'a, V: View<'a>>(
    node: &Node,
    env: &impl Environment<'a, V>,
    scratch: &mut Scratch,
) -> Outcome {
    scratch.reset();
    let truth = Run::new(env, scratch, NoTrace).truth(node);
    told(truth, scratch)
}

/// The same, and what each part of it came to on the way.
pub(crate) fn decide_traced<'a, V: View<'a>>(
    node: &Node,
    env: &impl Environment<'a, V>,
    scratch: &mut Scratch,
    trace: &mut dyn FnMut(Span, Traced),
) -> Outcome {
    scratch.reset();
    let truth = Run::new(env, scratch, trace).truth(node);
    told(truth, scratch)
}

/// Of all faults, that it was cut short is told: with another one it might have come to something else.
#[inline]
fn told(truth: Result<bool, Fault>, scratch: &Scratch) -> Outcome {
    match truth {
        Err(_) if scratch.has_run_out() => Outcome::Fault(Fault::Cost),
        truth => truth.into(),
    }
}

/// The value of an expression as a constant of at most so many bytes, and how many it has.
pub(crate) fn constant<'a, V: View<'a>>(
    node: &Node,
    env: &impl Environment<'a, V>,
    scratch: &mut Scratch,
    bytes_max: usize,
) -> Result<(Constant, usize), Fault> {
    scratch.reset();
    Run::new(env, scratch, NoTrace).value(node)?.to_constant(bytes_max)
}

/// One evaluation.
struct Run<'s, 'a, V: View<'a>, E, T> {
    env: &'s E,
    scratch: &'s Scratch,
    trace: T,
    fuel: u32,
    /// The variables of the comprehensions that it is in, the outermost first.
    locals: [Val<'s, 'a, V>; COMPREHENSIONS_OVER_ANYTHING_MAX],
}

impl<'s, 'a: 's, V, E, T> Run<'s, 'a, V, E, T>
where
    V: View<'a> + 's,
    E: Environment<'a, V>,
    T: Trace,
{
    #[inline]
    fn new(env: &'s E, scratch: &'s Scratch, trace: T) -> Self {
        Self { env, scratch, trace, fuel: FUEL_MAX, locals: [Val::Null; COMPREHENSIONS_OVER_ANYTHING_MAX] }
    }

    /// Pays for work before it is done. Once it cannot, nothing that costs is done any more.
    #[inline]
    fn spend(&mut self, cost: usize) -> Result<(), Fault> {
        self.burn(u32::try_from(cost).ok())
    }

    #[inline]
    fn burn(&mut self, cost: Option<u32>) -> Result<(), Fault> {
        match cost.and_then(|cost| self.fuel.checked_sub(cost)) {
            Some(fuel) => {
                self.fuel = fuel;
                Ok(())
            }
            None => {
                self.fuel = 0;
                Err(self.scratch.run_out())
            }
        }
    }

    /// Pays for going over so many bytes.
    #[inline]
    fn spend_bytes(&mut self, bytes: usize) -> Result<(), Fault> {
        self.spend(bytes / 16)
    }

    fn value(&mut self, node: &'s Node) -> Valued<'s, 'a, V> {
        let valued = self.step(node);
        if T::IS_ON {
            let traced = match valued {
                Ok(Val::Bool(true)) => Traced::True,
                Ok(Val::Bool(false)) => Traced::False,
                Ok(_) => Traced::Other,
                Err(fault) => Traced::Fault(fault),
            };
            self.trace.told(node.span, traced);
        }
        valued
    }

    #[inline]
    fn local(&self, number: u8) -> Valued<'s, 'a, V> {
        self.locals.get(usize::from(number)).copied().ok_or(Fault::Unknown)
    }

    #[inline]
    fn truth(&mut self, node: &'s Node) -> Result<bool, Fault> {
        if T::IS_ON { truth_of(self.value(node)?) } else { self.truth_step(node) }
    }

    /// What is true or false by its nature is so without a value in between.
    fn truth_step(&mut self, node: &'s Node) -> Result<bool, Fault> {
        match &node.step {
            Step::Compare(comparison, pair) => self.compare(*comparison, pair),
            Step::And(parts) => self.all_of(parts),
            Step::Or(parts) => self.any_of(parts),
            Step::Not(part) => self.truth(part).map(|truth| !truth),
            Step::In(pair) => self.contained(pair),
            Step::HasPath(path) => self.has_path(path),
            Step::Comprehension(it) if it.kind.is_test() => self.quantified(it),
            Step::Call(function, arguments) if function.is_test() => self.tested(*function, arguments),
            Step::Matches(text, pattern) => self.matches(text, pattern),
            Step::Has(of, field) => self.has(of, field),
            Step::Exists(collection, id) => self.exists(collection, id),
            Step::Path(path) => match self.lent(path).map(View::see) {
                Some(Seen::Bool(truth)) => Ok(truth),
                _ => truth_of(self.value(node)?),
            },
            _ => truth_of(self.value(node)?),
        }
    }

    fn step(&mut self, node: &'s Node) -> Valued<'s, 'a, V> {
        match &node.step {
            Step::Constant(constant) => Ok(Val::constant(constant)),
            Step::Fault(fault) => Err(*fault),
            Step::Path(path) => self.path_value(path),
            Step::Now => self.env.now().map(Val::Timestamp).ok_or(Fault::Unknown),
            Step::Database => self.env.database().map(|it| Val::String(it)).ok_or(Fault::Unknown),
            Step::Local(number) => self.local(*number),
            Step::Meta(meta, slot) => self.meta(*meta, *slot),
            Step::Select(of, field) => self.select(of, field),
            Step::Index(pair) => self.index(pair),
            Step::Negate(of) => self.negate(of),
            Step::Conditional(parts) => self.conditional(parts),
            Step::Arithmetic(operator, pair) => self.arithmetic(*operator, pair),
            Step::List(items) => self.list(items),
            Step::Map(entries) => self.map(entries),
            Step::Comprehension(it) if !it.kind.is_test() => self.comprehension(it),
            Step::Call(function, arguments) if !function.is_test() => self.call(*function, arguments),
            Step::Get(collection, id) => self.get(collection, id),
            Step::Compare(..)
            | Step::And(_)
            | Step::Or(_)
            | Step::Not(_)
            | Step::In(_)
            | Step::HasPath(_)
            | Step::Matches(..)
            | Step::Has(..)
            | Step::Exists(..)
            | Step::Comprehension(_)
            | Step::Call(..) => self.truth_step(node).map(Val::Bool),
        }
    }

    /// False wins over faults, faults over true.
    fn all_of(&mut self, parts: &'s [Node]) -> Result<bool, Fault> {
        let mut all = Ok(true);
        for part in parts {
            match self.truth(part) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(fault) => all = all.and(Err(fault)),
            }
        }
        all
    }

    /// True wins over faults, faults over false.
    fn any_of(&mut self, parts: &'s [Node]) -> Result<bool, Fault> {
        let mut any = Ok(false);
        for part in parts {
            match self.truth(part) {
                Ok(false) => {}
                Ok(true) => return Ok(true),
                Err(fault) => any = any.and(Err(fault)),
            }
        }
        any
    }

    fn conditional(&mut self, parts: &'s [Node; 3]) -> Valued<'s, 'a, V> {
        let [condition, then, otherwise] = parts;
        if self.truth(condition)? { self.value(then) } else { self.value(otherwise) }
    }

    fn meta(&mut self, meta: Meta, slot: Slot) -> Valued<'s, 'a, V> {
        let entity = self.env.entity(slot).ok_or(Fault::Unknown)?;
        Ok(match meta {
            Meta::Id => Val::String(entity.id),
            Meta::Version => i64::try_from(entity.version).map_or(Val::Uint(entity.version), Val::Int),
            Meta::Collection => Val::String(entity.collection),
        })
    }

    fn list(&mut self, items: &'s [Node]) -> Valued<'s, 'a, V> {
        let made = self.scratch.filled(items.len(), Val::Null)?;
        for (place, item) in made.iter_mut().zip(items) {
            *place = self.value(item)?;
        }
        Ok(Val::List(List::Made(made)))
    }

    fn map(&mut self, entries: &'s [(Node, Node)]) -> Valued<'s, 'a, V> {
        let made = self.scratch.filled(entries.len(), (Val::Null, Val::Null))?;
        for (count, (key, value)) in entries.iter().enumerate() {
            let key = self.value(key)?;
            if !matches!(key, Val::Bool(_) | Val::Int(_) | Val::Uint(_) | Val::String(_)) {
                return Err(Fault::Type);
            }
            self.spend(count / 16)?;
            if made.iter().take(count).any(|(other, _)| same_key(*other, key)) {
                return Err(Fault::Argument);
            }
            let value = self.value(value)?;
            if let Some(place) = made.get_mut(count) {
                *place = (key, value);
            }
        }
        Ok(Val::Map(Map::Made(made)))
    }

    fn get(&mut self, collection: &str, id: &'s Node) -> Valued<'s, 'a, V> {
        self.read(collection, id)?.map(Val::lent).ok_or(Fault::Missing)
    }

    fn exists(&mut self, collection: &str, id: &'s Node) -> Result<bool, Fault> {
        Ok(self.read(collection, id)?.is_some())
    }

    fn read(&mut self, collection: &str, id: &'s Node) -> Result<Option<V>, Fault> {
        let Val::String(id) = self.value(id)? else {
            return Err(Fault::Type);
        };
        self.burn(Some(READ_COST))?;
        self.env.read(collection, id).map_err(|_| Fault::Read)
    }
}

#[inline]
fn truth_of<'a, V: View<'a>>(value: Val<'_, 'a, V>) -> Result<bool, Fault> {
    if let Val::Bool(truth) = value { Ok(truth) } else { Err(Fault::Type) }
}

impl Function {
    /// Whether it says something that is true or false of two texts.
    #[inline]
    fn is_test(self) -> bool {
        matches!(self, Self::StartsWith | Self::EndsWith | Self::Contains)
    }
}

impl Macro {
    /// Whether it is true or false, and no list.
    #[inline]
    fn is_test(self) -> bool {
        matches!(self, Self::All | Self::Exists | Self::ExistsOne)
    }
}

/// The constant that a node is, if it is one.
#[inline]
fn constant_of(node: &Node) -> Option<&Constant> {
    if let Step::Constant(constant) = &node.step { Some(constant) } else { None }
}
