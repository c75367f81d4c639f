//! Comprehensions: `all` and `exists` absorb faults as `&&` and `||` do, the others do not.

use super::{Run, Valued};
use crate::ast::Macro;
use crate::ir::Comprehension;
use crate::outcome::Trace;
use crate::scratch::Gathered;
use crate::value::{List, Map, Val};
use crate::{Environment, Fault, View};

/// What a comprehension goes over: the elements of a list, or the keys of a map.
#[derive(Clone, Copy)]
enum Range<'s, 'a, V: View<'a>> {
    List(List<'s, 'a, V>),
    Map(Map<'s, 'a, V>),
}

impl<'s, 'a: 's, V: View<'a>> Range<'s, 'a, V> {
    #[inline]
    fn at(self, index: usize) -> Option<Val<'s, 'a, V>> {
        match self {
            Self::List(list) => list.at(index),
            Self::Map(map) => map.at(index).map(|(key, _)| key),
        }
    }
}

impl<'s, 'a: 's, V, E, T> Run<'s, 'a, V, E, T>
where
    V: View<'a> + 's,
    E: Environment<'a, V>,
    T: Trace,
{
    /// One that is true or false; `None` for one that makes a list.
    pub(super) fn quantified(&mut self, it: &'s Comprehension) -> Option<Result<bool, Fault>> {
        match it.kind {
            Macro::All => Some(self.decided(it, false)),
            Macro::Exists => Some(self.decided(it, true)),
            Macro::ExistsOne => Some(self.exists_one(it)),
            Macro::Filter | Macro::Map => None,
        }
    }

    pub(super) fn comprehension(&mut self, it: &'s Comprehension) -> Valued<'s, 'a, V> {
        match it.kind {
            Macro::All => self.decided(it, false).map(Val::Bool),
            Macro::Exists => self.decided(it, true).map(Val::Bool),
            Macro::ExistsOne => self.exists_one(it).map(Val::Bool),
            Macro::Filter => self.filtered(it),
            Macro::Map => self.mapped(it),
        }
    }

    /// `all` and `exists`: one element for which the body is `by` decides.
    fn decided(&mut self, it: &'s Comprehension, by: bool) -> Result<bool, Fault> {
        let range = self.range(it)?;
        let (mut index, mut otherwise) = (0, Ok(!by));
        while self.next(it, range, &mut index)?.is_some() {
            match self.truth(&it.body) {
                Ok(truth) if truth == by => return Ok(by),
                Ok(_) => {}
                Err(fault) => otherwise = otherwise.and(Err(fault)),
            }
        }
        otherwise
    }

    fn exists_one(&mut self, it: &'s Comprehension) -> Result<bool, Fault> {
        let range = self.range(it)?;
        let (mut index, mut count) = (0, 0_usize);
        while self.next(it, range, &mut index)?.is_some() {
            count += usize::from(self.truth(&it.body)?);
        }
        Ok(count == 1)
    }

    fn filtered(&mut self, it: &'s Comprehension) -> Valued<'s, 'a, V> {
        let range = self.range(it)?;
        let (mut index, mut made) = (0, Gathered::new(self.scratch, Val::Null));
        while let Some(item) = self.next(it, range, &mut index)? {
            if self.truth(&it.body)? {
                made.push(item)?;
            }
        }
        Ok(Val::List(List::Made(made.into_slice())))
    }

    fn mapped(&mut self, it: &'s Comprehension) -> Valued<'s, 'a, V> {
        let range = self.range(it)?;
        let (mut index, mut made) = (0, Gathered::new(self.scratch, Val::Null));
        while self.next(it, range, &mut index)?.is_some() {
            let passes = it.filter.as_ref().map_or(Ok(true), |filter| self.truth(filter))?;
            if passes {
                made.push(self.value(&it.body)?)?;
            }
        }
        Ok(Val::List(List::Made(made.into_slice())))
    }

    fn range(&mut self, it: &'s Comprehension) -> Result<Range<'s, 'a, V>, Fault> {
        match self.operand(&it.range)? {
            Val::List(list) => Ok(Range::List(list)),
            Val::Map(map) => Ok(Range::Map(map)),
            _ => Err(Fault::Type),
        }
    }

    /// Sets the variable to the next element.
    #[inline]
    fn next(
        &mut self,
        it: &'s Comprehension,
        range: Range<'s, 'a, V>,
        index: &mut usize,
    ) -> Result<Option<Val<'s, 'a, V>>, Fault> {
        let Some(item) = range.at(*index) else {
            return Ok(None);
        };
        self.spend(1)?;
        *index += 1;
        *self.locals.get_mut(usize::from(it.local)).ok_or(Fault::Unknown)? = item;
        Ok(Some(item))
    }
}
