//! Equality, order and containment. Types never juggle: values of different kinds are not equal and have no order, but numbers
//! are one kind and compare exactly.

use super::{Run, constant_of};
use crate::ast::Comparison;
use crate::ir::Node;
use crate::limits::VALUE_DEPTH_MAX;
use crate::outcome::Trace;
use crate::value::{List, Map, Val};
use crate::{Constant, Environment, Fault, View};
use std::cmp::Ordering;

impl<'s, 'a: 's, V, E, T> Run<'s, 'a, V, E, T>
where
    V: View<'a> + 's,
    E: Environment<'a, V>,
    T: Trace,
{
    #[inline]
    pub(super) fn compare(&mut self, comparison: Comparison, pair: &'s [Node; 2]) -> Result<bool, Fault> {
        let [left, right] = pair;
        let left = self.operand(left)?;
        let right = match constant_of(right) {
            Some(constant) if !T::IS_ON => {
                if let Some(held) = self.compare_alike(comparison, left, constant) {
                    return held;
                }
                Val::constant(constant)
            }
            _ => self.value(right)?,
        };
        self.compare_values(comparison, left, right)
    }

    /// A value with a constant of the same frequent type: what most predicates are made of once they are bound.
    #[inline(always)]
    fn compare_alike(
        &mut self,
        comparison: Comparison,
        left: Val<'s, 'a, V>,
        right: &'s Constant,
    ) -> Option<Result<bool, Fault>> {
        let ordering = match (left, right) {
            (Val::String(left), Constant::String(right)) => match comparison {
                Comparison::Equal => return Some(self.same_bytes(left.as_bytes(), right.as_bytes())),
                Comparison::NotEqual => {
                    return Some(self.same_bytes(left.as_bytes(), right.as_bytes()).map(|same| !same));
                }
                _ => return None,
            },
            (Val::Int(left), Constant::Int(right)) => left.cmp(right),
            (Val::Bool(left), Constant::Bool(right)) => left.cmp(right),
            _ => return None,
        };
        Some(Ok(holds(comparison, Some(ordering))))
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
        Ok(left == right)
    }

    #[inline]
    fn byte_order(&mut self, left: &[u8], right: &[u8]) -> Result<Ordering, Fault> {
        self.spend_bytes(left.len().min(right.len()))?;
        Ok(left.cmp(right))
    }

    /// `left in right`
    #[inline]
    pub(super) fn contained(&mut self, pair: &'s [Node; 2]) -> Result<bool, Fault> {
        let [item, container] = pair;
        let value = self.operand(item)?;
        match self.operand(container)? {
            Val::List(list) => self.contained_in(value, list),
            Val::Map(map) => {
                self.spend(1 + map.searched() / 16)?;
                Ok(map.get(value).is_some())
            }
            _ => Err(Fault::Type),
        }
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
