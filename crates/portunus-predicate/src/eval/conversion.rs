//! Conversions: strict, and what does not fit is a fault.

use super::{Run, Valued};
use crate::ir::Function;
use crate::number::{nearest, nearest_unsigned, truncated, truncated_unsigned};
use crate::outcome::Trace;
use crate::time;
use crate::value::Val;
use crate::{Environment, Fault, Instant, View};
use std::fmt;

/// The longest text that can be a number, with some room: what is longer is none.
const NUMBER_BYTES_MAX: usize = 1_100;

impl<'s, 'a: 's, V, E, T> Run<'s, 'a, V, E, T>
where
    V: View<'a> + 's,
    E: Environment<'a, V>,
    T: Trace,
{
    pub(super) fn converted(&mut self, to: Function, value: Val<'s, 'a, V>) -> Valued<'s, 'a, V> {
        if let Val::String(text) = value {
            self.spend_bytes(text.len())?;
        }
        match to {
            Function::Bool => to_bool(value).map(Val::Bool),
            Function::Int => to_int(value).map(Val::Int),
            Function::Uint => to_uint(value).map(Val::Uint),
            Function::Double => to_double(value).map(Val::Double),
            Function::String => self.text_of(value).map(Val::String),
            Function::Bytes => match value {
                Val::String(text) => Ok(Val::Bytes(text.as_bytes())),
                Val::Bytes(bytes) => Ok(Val::Bytes(bytes)),
                _ => Err(Fault::Type),
            },
            Function::Timestamp => match value {
                Val::String(text) => time::parse_instant(text).map(Val::Timestamp).ok_or(Fault::Argument),
                Val::Int(seconds) => {
                    Instant { seconds, nanos: 0 }.in_range().map(Val::Timestamp).ok_or(Fault::Arithmetic)
                }
                Val::Timestamp(_) => Ok(value),
                _ => Err(Fault::Type),
            },
            Function::Duration => match value {
                Val::String(text) => time::parse_span(text).map(Val::Duration).ok_or(Fault::Argument),
                Val::Duration(_) => Ok(value),
                _ => Err(Fault::Type),
            },
            _ => Err(Fault::Type),
        }
    }

    fn text_of(&mut self, value: Val<'s, 'a, V>) -> Result<&'s str, Fault> {
        match value {
            Val::String(text) => Ok(text),
            Val::Bytes(bytes) => {
                self.spend_bytes(bytes.len())?;
                str::from_utf8(bytes).map_err(|_| Fault::Argument)
            }
            Val::Bool(truth) => Ok(if truth { "true" } else { "false" }),
            Val::Int(int) => self.scratch.written(format_args!("{int}")),
            Val::Uint(uint) => self.scratch.written(format_args!("{uint}")),
            Val::Double(double) => self.scratch.written(format_args!("{}", Shortest(double))),
            Val::Timestamp(instant) => self.scratch.written(format_args!("{instant}")),
            Val::Duration(span) => self.scratch.written(format_args!("{span}")),
            Val::Null | Val::Type(_) | Val::List(_) | Val::Map(_) => Err(Fault::Type),
        }
    }
}

fn to_bool<'a, V: View<'a>>(value: Val<'_, 'a, V>) -> Result<bool, Fault> {
    match value {
        Val::Bool(truth) => Ok(truth),
        Val::String("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(true),
        Val::String("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(false),
        Val::String(_) => Err(Fault::Argument),
        _ => Err(Fault::Type),
    }
}

fn to_int<'a, V: View<'a>>(value: Val<'_, 'a, V>) -> Result<i64, Fault> {
    match value {
        Val::Int(int) => Ok(int),
        Val::Uint(uint) => i64::try_from(uint).map_err(|_| Fault::Arithmetic),
        // The least integer is not among them: no double next to it is told from it.
        Val::Double(double) => truncated(double).filter(|int| *int != i64::MIN).ok_or(Fault::Arithmetic),
        Val::String(text) => text.parse().map_err(|_| Fault::Argument),
        Val::Timestamp(instant) => Ok(instant.seconds),
        _ => Err(Fault::Type),
    }
}

fn to_uint<'a, V: View<'a>>(value: Val<'_, 'a, V>) -> Result<u64, Fault> {
    match value {
        Val::Uint(uint) => Ok(uint),
        Val::Int(int) => u64::try_from(int).map_err(|_| Fault::Arithmetic),
        Val::Double(double) => truncated_unsigned(double).ok_or(Fault::Arithmetic),
        Val::String(text) => text.parse().map_err(|_| Fault::Argument),
        _ => Err(Fault::Type),
    }
}

fn to_double<'a, V: View<'a>>(value: Val<'_, 'a, V>) -> Result<f64, Fault> {
    match value {
        Val::Double(double) => Ok(double),
        Val::Int(int) => Ok(nearest(int)),
        Val::Uint(uint) => Ok(nearest_unsigned(uint)),
        Val::String(text) if text.len() > NUMBER_BYTES_MAX => Err(Fault::Argument),
        Val::String(text) => {
            let double: f64 = text.parse().map_err(|_| Fault::Argument)?;
            // A number that is too large is not the same as one that says it is infinite.
            let is_digits = text.bytes().any(|byte| byte.is_ascii_digit());
            if double.is_infinite() && is_digits { Err(Fault::Arithmetic) } else { Ok(double) }
        }
        _ => Err(Fault::Type),
    }
}

/// A double with the fewest digits that tell it from all others; with an exponent where that is below -4 or above 20.
struct Shortest(f64);

impl fmt::Display for Shortest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let double = self.0;
        let size = double.abs();
        if double.is_nan() {
            formatter.write_str("NaN")
        } else if double.is_infinite() {
            formatter.write_str(if double > 0.0 { "+Inf" } else { "-Inf" })
        } else if size != 0.0 && !(1e-4..1e21).contains(&size) {
            let written = format!("{double:e}");
            let (digits, exponent) = written.split_once('e').unwrap_or((&written, "0"));
            let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |it| ('-', it));
            write!(formatter, "{digits}e{sign}{exponent:0>2}")
        } else {
            write!(formatter, "{double}")
        }
    }
}
