//! Equality, order and containment. Types never juggle: values of different kinds are not equal and have no order, but numbers
//! are one kind and compare exactly.

use super::{Run, constant_of};
use crate::ast::Comparison;
use crate::bytes::same;
use crate::ir::{Function, Node, Path, Step};
use crate::limits::VALUE_DEPTH_MAX;
use crate::outcome::Trace;
use crate::value::{List, Map, Val};
use crate::{Constant, Environment, Fault, ListView, MapView, Seen, View};
use std::cmp::Ordering;

impl<'s, 'a: 's, V, E, T> Run<'s, 'a, V, E, T>
where
    V: View<'a> + 's,
    E: Environment<'a, V>,
    T: Trace,
{
    pub(super) fn compare(&mut self, comparison: Comparison, pair: &'s [Node; 2]) -> Result<bool, Fault> {
        let [left, right] = pair;
        if !T::IS_ON
            && let Some(constant) = constant_of(right)
            && let Some(held) = self.compare_lent(comparison, left, constant)
        {
            return held;
        }
        let left = self.value(left)?;
        let right = self.value(right)?;
        self.compare_values(comparison, left, right)
    }

    /// A field or a variable with a constant of the same type: what most predicates are made of once they are bound.
    #[inline(always)]
    fn compare_lent(
        &mut self,
        comparison: Comparison,
        left: &Node,
        right: &Constant,
    ) -> Option<Result<bool, Fault>> {
        match &left.step {
            Step::Path(path) => match (self.lent(path)?.see(), right) {
                (Seen::String(left), Constant::String(right)) => self.compare_text(comparison, left, right),
                (Seen::Int(left), Constant::Int(right)) => Some(Ok(holds(comparison, Some(left.cmp(right))))),
                (Seen::Bool(left), Constant::Bool(right)) => {
                    Some(Ok(holds(comparison, Some(left.cmp(right)))))
                }
                (Seen::Timestamp(left), Constant::Timestamp(right)) => {
                    Some(Ok(holds(comparison, Some(left.cmp(right)))))
                }
                _ => None,
            },
            Step::Local(number) => match (self.locals.get(usize::from(*number))?, right) {
                (Val::String(left), Constant::String(right)) => self.compare_text(comparison, left, right),
                (Val::Int(left), Constant::Int(right)) => Some(Ok(holds(comparison, Some(left.cmp(right))))),
                _ => None,
            },
            Step::Call(Function::Size, of) => match (of.first().map(|of| &of.step)?, right) {
                (Step::Path(path), Constant::Int(right)) => {
                    let size = i64::try_from(self.lent_count(path)?).ok()?;
                    Some(Ok(holds(comparison, Some(size.cmp(right)))))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// How many elements or names there are.
    #[inline]
    fn lent_count(&self, path: &Path) -> Option<usize> {
        match self.lent(path)?.see() {
            Seen::List(list) => Some(list.len()),
            Seen::Map(map) => Some(map.len()),
            _ => None,
        }
    }

    #[inline]
    fn compare_text(
        &mut self,
        comparison: Comparison,
        left: &str,
        right: &str,
    ) -> Option<Result<bool, Fault>> {
        match comparison {
            Comparison::Equal => Some(self.same_bytes(left.as_bytes(), right.as_bytes())),
            Comparison::NotEqual => {
                Some(self.same_bytes(left.as_bytes(), right.as_bytes()).map(|same| !same))
            }
            _ => None,
        }
    }

    #[inline(never)]
    fn compare_values(
        &mut self,
        comparison: Comparison,
        left: Val<'s, 'a, V>,
        right: Val<'s, 'a, V>,
    ) -> Result<bool, Fault> {
        match comparison {
            Comparison::Equal => self.equal(left, right, VALUE_DEPTH_MAX),
            Comparison::NotEqual => self.equal(left, right, VALUE_DEPTH_MAX).map(|equal| !equal),
            Comparison::Less | Comparison::LessOrEqual | Comparison::Greater | Comparison::GreaterOrEqual => {
                self.order(left, right).map(|ordering| holds(comparison, ordering))
            }
        }
    }

    /// Whether two values are equal. What is not a number is equal to nothing.
    pub(super) fn equal(
        &mut self,
        left: Val<'s, 'a, V>,
        right: Val<'s, 'a, V>,
        depth: usize,
    ) -> Result<bool, Fault> {
        match (left, right) {
            (Val::Null, Val::Null) => Ok(true),
            (Val::Bool(left), Val::Bool(right)) => Ok(left == right),
            (Val::String(left), Val::String(right)) => self.same_bytes(left.as_bytes(), right.as_bytes()),
            (Val::Bytes(left), Val::Bytes(right)) => self.same_bytes(left, right),
            (Val::Timestamp(left), Val::Timestamp(right)) => Ok(left == right),
            (Val::Duration(left), Val::Duration(right)) => Ok(left == right),
            (Val::Type(left), Val::Type(right)) => Ok(left == right),
            (Val::List(left), Val::List(right)) => self.equal_lists(left, right, depth),
            (Val::Map(left), Val::Map(right)) => self.equal_maps(left, right, depth),
            _ => Ok(match (left.number(), right.number()) {
                (Some(left), Some(right)) => left.compare(right) == Some(Ordering::Equal),
                _ => false,
            }),
        }
    }

    fn equal_lists(
        &mut self,
        left: List<'s, 'a, V>,
        right: List<'s, 'a, V>,
        depth: usize,
    ) -> Result<bool, Fault> {
        if left.len() != right.len() {
            return Ok(false);
        }
        let depth = depth.checked_sub(1).ok_or(Fault::Cost)?;
        for (left, right) in left.iter().zip(right.iter()) {
            self.spend(1)?;
            if !self.equal(left, right, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn equal_maps(
        &mut self,
        left: Map<'s, 'a, V>,
        right: Map<'s, 'a, V>,
        depth: usize,
    ) -> Result<bool, Fault> {
        if left.len() != right.len() {
            return Ok(false);
        }
        let depth = depth.checked_sub(1).ok_or(Fault::Cost)?;
        for (key, left) in left.iter() {
            self.spend(1 + right.searched() / 16)?;
            match right.get(key) {
                Some(right) if self.equal(left, right, depth)? => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// How two values compare; not at all if one is not a number.
    fn order(&mut self, left: Val<'s, 'a, V>, right: Val<'s, 'a, V>) -> Result<Option<Ordering>, Fault> {
        Ok(match (left, right) {
            (Val::Bool(left), Val::Bool(right)) => Some(left.cmp(&right)),
            (Val::String(left), Val::String(right)) => {
                Some(self.byte_order(left.as_bytes(), right.as_bytes())?)
            }
            (Val::Bytes(left), Val::Bytes(right)) => Some(self.byte_order(left, right)?),
            (Val::Timestamp(left), Val::Timestamp(right)) => Some(left.cmp(&right)),
            (Val::Duration(left), Val::Duration(right)) => Some(left.cmp(&right)),
            _ => match (left.number(), right.number()) {
                (Some(left), Some(right)) => left.compare(right),
                _ => return Err(Fault::Type),
            },
        })
    }

    #[inline]
    fn same_bytes(&mut self, left: &[u8], right: &[u8]) -> Result<bool, Fault> {
        if left.len() != right.len() {
            return Ok(false);
        }
        self.spend_bytes(left.len())?;
        Ok(same(left, right))
    }

    #[inline]
    fn byte_order(&mut self, left: &[u8], right: &[u8]) -> Result<Ordering, Fault> {
        self.spend_bytes(left.len().min(right.len()))?;
        Ok(left.cmp(right))
    }

    /// `left in right`
    pub(super) fn contained(&mut self, pair: &'s [Node; 2]) -> Result<bool, Fault> {
        let [item, container] = pair;
        if !T::IS_ON {
            match (&item.step, &container.step) {
                (Step::Constant(Constant::String(text)), Step::Path(path)) => {
                    if let Some(Seen::List(list)) = self.lent(path).map(View::see) {
                        return self.text_in_lent(text, list);
                    }
                }
                (Step::Path(path), Step::Constant(Constant::List(items))) => {
                    if let Some(Seen::String(text)) = self.lent(path).map(View::see) {
                        return self.text_in_constants(text, items);
                    }
                }
                _ => {}
            }
        }
        let value = self.value(item)?;
        match self.value(container)? {
            Val::List(list) => self.contained_in(value, list),
            Val::Map(map) => {
                self.spend(1 + map.searched() / 16)?;
                Ok(map.get(value).is_some())
            }
            _ => Err(Fault::Type),
        }
    }

    fn text_in_lent(&mut self, text: &str, list: V::List) -> Result<bool, Fault> {
        let mut index = 0;
        while let Some(item) = list.at(index) {
            self.spend(1)?;
            let is_it = match item.see() {
                Seen::String(other) => self.same_bytes(text.as_bytes(), other.as_bytes())?,
                Seen::Owned(Constant::String(other)) => self.same_bytes(text.as_bytes(), other.as_bytes())?,
                _ => false,
            };
            if is_it {
                return Ok(true);
            }
            index += 1;
        }
        Ok(false)
    }

    fn text_in_constants(&mut self, text: &str, items: &[Constant]) -> Result<bool, Fault> {
        for item in items {
            self.spend(1)?;
            if let Constant::String(other) = item
                && self.same_bytes(text.as_bytes(), other.as_bytes())?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn contained_in(&mut self, value: Val<'s, 'a, V>, list: List<'s, 'a, V>) -> Result<bool, Fault> {
        let mut index = 0;
        while let Some(item) = list.at(index) {
            self.spend(1)?;
            let equal = match (value, item) {
                (Val::String(left), Val::String(right)) => {
                    self.same_bytes(left.as_bytes(), right.as_bytes())?
                }
                _ => self.equal(value, item, VALUE_DEPTH_MAX)?,
            };
            if equal {
                return Ok(true);
            }
            index += 1;
        }
        Ok(false)
    }
}

#[inline]
fn holds(comparison: Comparison, ordering: Option<Ordering>) -> bool {
    match comparison {
        Comparison::Equal => ordering == Some(Ordering::Equal),
        Comparison::NotEqual => ordering != Some(Ordering::Equal),
        Comparison::Less => ordering == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => ordering == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
    }
}
