//! Comprehensions: `all` and `exists` absorb faults as `&&` and `||` do, the others do not.

use super::{Run, Valued};
use crate::ast::Macro;
use crate::ir::{Comprehension, Step};
use crate::outcome::Trace;
use crate::scratch::Gathered;
use crate::value::{List, Map, Val};
use crate::{Environment, Fault, ListView, Seen, View};

/// What a comprehension goes over: the elements of a list, or the keys of a map.
#[derive(Clone, Copy)]
enum Range<'s, 'a, V: View<'a>> {
    List(List<'s, 'a, V>),
    Map(Map<'s, 'a, V>),
}

impl<'s, 'a: 's, V, E, T> Run<'s, 'a, V, E, T>
where
    V: View<'a> + 's,
    E: Environment<'a, V>,
    T: Trace,
{
    /// One that is true or false.
    pub(super) fn quantified(&mut self, it: &'s Comprehension) -> Result<bool, Fault> {
        match it.kind {
            Macro::All => self.decided(it, false),
            Macro::Exists => self.decided(it, true),
            Macro::ExistsOne => self.exists_one(it),
            Macro::Filter | Macro::Map => Err(Fault::Type),
        }
    }

    /// One that makes a list.
    pub(super) fn comprehension(&mut self, it: &'s Comprehension) -> Valued<'s, 'a, V> {
        match it.kind {
            Macro::Filter => self.filtered(it),
            Macro::Map => self.mapped(it),
            Macro::All | Macro::Exists | Macro::ExistsOne => Err(Fault::Type),
        }
    }

    /// `all` and `exists`: one element for which the body is `by` decides.
    fn decided(&mut self, it: &'s Comprehension, by: bool) -> Result<bool, Fault> {
        let range = self.range(it)?;
        let (mut index, mut otherwise) = (0, Ok(!by));
        while self.next(it, range, &mut index)? {
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
        while self.next(it, range, &mut index)? {
            count += usize::from(self.truth(&it.body)?);
        }
        Ok(count == 1)
    }

    fn filtered(&mut self, it: &'s Comprehension) -> Valued<'s, 'a, V> {
        let range = self.range(it)?;
        let (mut index, mut made) = (0, Gathered::new(self.scratch, Val::Null));
        while self.next(it, range, &mut index)? {
            if self.truth(&it.body)? {
                made.push(self.local(it.local)?)?;
            }
        }
        Ok(Val::List(List::Made(made.into_slice())))
    }

    fn mapped(&mut self, it: &'s Comprehension) -> Valued<'s, 'a, V> {
        let range = self.range(it)?;
        let (mut index, mut made) = (0, Gathered::new(self.scratch, Val::Null));
        while self.next(it, range, &mut index)? {
            let passes = it.filter.as_ref().map_or(Ok(true), |filter| self.truth(filter))?;
            if passes {
                made.push(self.value(&it.body)?)?;
            }
        }
        Ok(Val::List(List::Made(made.into_slice())))
    }

    fn range(&mut self, it: &'s Comprehension) -> Result<Range<'s, 'a, V>, Fault> {
        if let Step::Path(path) = &it.range.step
            && !T::IS_ON
            && let Some(Seen::List(list)) = self.lent(path).map(View::see)
        {
            return Ok(Range::List(List::Lent(list)));
        }
        match self.value(&it.range)? {
            Val::List(list) => Ok(Range::List(list)),
            Val::Map(map) => Ok(Range::Map(map)),
            _ => Err(Fault::Type),
        }
    }

    /// Sets the variable to the next element, if there is one.
    #[inline(always)]
    fn next(
        &mut self,
        it: &'s Comprehension,
        range: Range<'s, 'a, V>,
        index: &mut usize,
    ) -> Result<bool, Fault> {
        let place = self.locals.get_mut(usize::from(it.local)).ok_or(Fault::Unknown)?;
        match range {
            Range::List(List::Lent(list)) => match list.at(*index) {
                Some(item) => *place = Val::lent(item),
                None => return Ok(false),
            },
            Range::List(list) => match list.at(*index) {
                Some(item) => *place = item,
                None => return Ok(false),
            },
            Range::Map(map) => match map.at(*index) {
                Some((key, _)) => *place = key,
                None => return Ok(false),
            },
        }
        *index += 1;
        self.spend(it.step_cost)?;
        Ok(true)
    }
}
