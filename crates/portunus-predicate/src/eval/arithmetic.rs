//! Arithmetic: operands are of one type, and what is past its range is a fault. Doubles are those of IEEE 754.

use super::{Run, Valued};
use crate::ast::Arithmetic;
use crate::ir::Node;
use crate::outcome::Trace;
use crate::time;
use crate::value::{List, Val};
use crate::{Environment, Fault, View};

impl<'s, 'a: 's, V, E, T> Run<'s, 'a, V, E, T>
where
    V: View<'a> + 's,
    E: Environment<'a, V>,
    T: Trace,
{
    pub(super) fn arithmetic(&mut self, operator: Arithmetic, pair: &'s [Node; 2]) -> Valued<'s, 'a, V> {
        let [left, right] = pair;
        let left = self.value(left)?;
        let right = self.value(right)?;
        match (left, right) {
            (Val::Int(left), Val::Int(right)) => ints(operator, left, right).map(Val::Int),
            (Val::Uint(left), Val::Uint(right)) => uints(operator, left, right).map(Val::Uint),
            (Val::Double(left), Val::Double(right)) => doubles(operator, left, right).map(Val::Double),
            _ => match operator {
                Arithmetic::Add => self.sum(left, right),
                Arithmetic::Subtract => difference(left, right),
                Arithmetic::Multiply | Arithmetic::Divide | Arithmetic::Remainder => Err(Fault::Type),
            },
        }
    }

    fn sum(&mut self, left: Val<'s, 'a, V>, right: Val<'s, 'a, V>) -> Valued<'s, 'a, V> {
        match (left, right) {
            (Val::String(left), Val::String(right)) => {
                self.spend_bytes(left.len().saturating_add(right.len()))?;
                self.scratch.joined_text(left, right).map(Val::String)
            }
            (Val::Bytes(left), Val::Bytes(right)) => {
                self.spend_bytes(left.len().saturating_add(right.len()))?;
                self.scratch.joined(left, right).map(Val::Bytes)
            }
            (Val::List(left), Val::List(right)) => self.joined(left, right),
            (Val::Timestamp(instant), Val::Duration(span))
            | (Val::Duration(span), Val::Timestamp(instant)) => {
                time::later(instant, span).map(Val::Timestamp).ok_or(Fault::Arithmetic)
            }
            (Val::Duration(left), Val::Duration(right)) => {
                time::sum(left, right).map(Val::Duration).ok_or(Fault::Arithmetic)
            }
            _ => Err(Fault::Type),
        }
    }

    fn joined(&mut self, left: List<'s, 'a, V>, right: List<'s, 'a, V>) -> Valued<'s, 'a, V> {
        let count = left.len().saturating_add(right.len());
        self.spend(count)?;
        let made = self.scratch.filled(count, Val::Null)?;
        for (place, item) in made.iter_mut().zip(left.iter().chain(right.iter())) {
            *place = item;
        }
        Ok(Val::List(List::Made(made)))
    }

    pub(super) fn negate(&mut self, of: &'s Node) -> Valued<'s, 'a, V> {
        match self.value(of)? {
            Val::Int(int) => int.checked_neg().map(Val::Int).ok_or(Fault::Arithmetic),
            Val::Double(double) => Ok(Val::Double(-double)),
            _ => Err(Fault::Type),
        }
    }
}

fn difference<'s, 'a: 's, V: View<'a>>(left: Val<'s, 'a, V>, right: Val<'s, 'a, V>) -> Valued<'s, 'a, V> {
    match (left, right) {
        (Val::Timestamp(left), Val::Timestamp(right)) => time::between(right, left).map(Val::Duration),
        (Val::Timestamp(left), Val::Duration(right)) => time::earlier(left, right).map(Val::Timestamp),
        (Val::Duration(left), Val::Duration(right)) => time::difference(left, right).map(Val::Duration),
        _ => return Err(Fault::Type),
    }
    .ok_or(Fault::Arithmetic)
}

fn ints(operator: Arithmetic, left: i64, right: i64) -> Result<i64, Fault> {
    match operator {
        Arithmetic::Add => left.checked_add(right),
        Arithmetic::Subtract => left.checked_sub(right),
        Arithmetic::Multiply => left.checked_mul(right),
        Arithmetic::Divide => left.checked_div(right),
        Arithmetic::Remainder => left.checked_rem(right),
    }
    .ok_or(Fault::Arithmetic)
}

fn uints(operator: Arithmetic, left: u64, right: u64) -> Result<u64, Fault> {
    match operator {
        Arithmetic::Add => left.checked_add(right),
        Arithmetic::Subtract => left.checked_sub(right),
        Arithmetic::Multiply => left.checked_mul(right),
        Arithmetic::Divide => left.checked_div(right),
        Arithmetic::Remainder => left.checked_rem(right),
    }
    .ok_or(Fault::Arithmetic)
}

fn doubles(operator: Arithmetic, left: f64, right: f64) -> Result<f64, Fault> {
    match operator {
        Arithmetic::Add => Ok(left + right),
        Arithmetic::Subtract => Ok(left - right),
        Arithmetic::Multiply => Ok(left * right),
        Arithmetic::Divide => Ok(left / right),
        Arithmetic::Remainder => Err(Fault::Type),
    }
}
