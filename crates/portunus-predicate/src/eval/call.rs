//! Functions on values: what each takes, and which fault what it does not take is.

use super::{Run, Valued};
use crate::ir::{Function, Node, Step};
use crate::outcome::Trace;
use crate::pattern::Pattern;
use crate::time::{Civil, Zone};
use crate::value::{List, Map, Val};
use crate::{Constant, Environment, Fault, Instant, Seen, TimeSpan, View};

impl<'s, 'a: 's, V, E, T> Run<'s, 'a, V, E, T>
where
    V: View<'a> + 's,
    E: Environment<'a, V>,
    T: Trace,
{
    /// A function that is true or false.
    pub(super) fn tested(&mut self, function: Function, arguments: &'s [Node]) -> Result<bool, Fault> {
        let [text, part] = arguments else {
            return Err(Fault::Type);
        };
        let text = self.text(text)?;
        let part = self.text(part)?;
        let gone_over = if function == Function::Contains { text.len() } else { part.len().min(text.len()) };
        self.spend_bytes(gone_over)?;
        match function {
            Function::StartsWith => Ok(text.starts_with(part)),
            Function::EndsWith => Ok(text.ends_with(part)),
            Function::Contains => Ok(text.contains(part)),
            _ => Err(Fault::Type),
        }
    }

    pub(super) fn matches(&mut self, text: &'s Node, pattern: &Pattern) -> Result<bool, Fault> {
        let text = self.text(text)?;
        self.spend_bytes(text.len().saturating_mul(pattern.weight()))?;
        Ok(pattern.is_match(text))
    }

    #[inline]
    fn text(&mut self, node: &'s Node) -> Result<&'s str, Fault> {
        match &node.step {
            Step::Constant(Constant::String(text)) if !T::IS_ON => return Ok(text),
            Step::Path(path) if !T::IS_ON => {
                if let Some(Seen::String(text)) = self.lent(path).map(View::see) {
                    return Ok(text);
                }
            }
            _ => {}
        }
        if let Val::String(text) = self.value(node)? { Ok(text) } else { Err(Fault::Type) }
    }

    pub(super) fn call(&mut self, function: Function, arguments: &'s [Node]) -> Valued<'s, 'a, V> {
        let Some((first, rest)) = arguments.split_first() else {
            return Err(Fault::Type);
        };
        let value = self.value(first)?;
        match function {
            Function::StartsWith | Function::EndsWith | Function::Contains => Err(Fault::Type),
            Function::Size => self.size(value),
            Function::Scopes => self.scopes(value),
            Function::Type => Ok(Val::Type(value.type_name())),
            Function::Dyn => Ok(value),
            Function::Bool
            | Function::Int
            | Function::Uint
            | Function::Double
            | Function::String
            | Function::Bytes
            | Function::Timestamp
            | Function::Duration => self.converted(function, value),
            Function::FullYear
            | Function::Month
            | Function::Date
            | Function::DayOfMonth
            | Function::DayOfWeek
            | Function::DayOfYear
            | Function::Hours
            | Function::Minutes
            | Function::Seconds
            | Function::Milliseconds => match (value, rest) {
                (Val::Timestamp(instant), []) => part_of_instant(function, instant, &Zone::utc()),
                (Val::Timestamp(instant), [zone]) => {
                    let zone = self.text(zone)?;
                    self.spend(1)?;
                    self.spend_bytes(zone.len())?;
                    part_of_instant(function, instant, &Zone::named(zone).ok_or(Fault::Argument)?)
                }
                (Val::Duration(span), []) => part_of_span(function, span),
                _ => Err(Fault::Type),
            },
        }
    }

    fn size(&mut self, value: Val<'s, 'a, V>) -> Valued<'s, 'a, V> {
        let size = match value {
            Val::String(text) => {
                self.spend_bytes(text.len())?;
                text.chars().count()
            }
            Val::Bytes(bytes) => bytes.len(),
            Val::List(list) => list.len(),
            Val::Map(map) => map.len(),
            _ => return Err(Fault::Type),
        };
        i64::try_from(size).map(Val::Int).map_err(|_| Fault::Arithmetic)
    }

    /// What a token may be used for: its claim `scope`, or else `scp`, as words of a text or as a list.
    fn scopes(&mut self, claims: Val<'s, 'a, V>) -> Valued<'s, 'a, V> {
        let claims = match claims {
            Val::Map(claims) => claims,
            Val::Null => return Err(Fault::Unknown),
            _ => return Err(Fault::Type),
        };
        match stated(claims, "scope").or_else(|| stated(claims, "scp")).ok_or(Fault::Missing)? {
            Val::List(list) => Ok(Val::List(list)),
            Val::String(words) => {
                self.spend_bytes(words.len())?;
                let split = || words.split(' ').filter(|word| !word.is_empty());
                let made = self.scratch.filled(split().count(), Val::Null)?;
                for (place, word) in made.iter_mut().zip(split()) {
                    *place = Val::String(word);
                }
                Ok(Val::List(List::Made(made)))
            }
            _ => Err(Fault::Type),
        }
    }
}

/// A claim; null is as good as none.
fn stated<'s, 'a: 's, V: View<'a>>(claims: Map<'s, 'a, V>, name: &str) -> Option<Val<'s, 'a, V>> {
    claims.named(name).filter(|value| !value.is_null())
}

fn part_of_instant<'s, 'a: 's, V: View<'a>>(
    function: Function,
    instant: Instant,
    zone: &Zone,
) -> Valued<'s, 'a, V> {
    let civil = Civil::of(instant, zone).ok_or(Fault::Arithmetic)?;
    Ok(Val::Int(match function {
        Function::FullYear => civil.year,
        Function::Month => civil.month - 1,
        Function::Date => civil.day,
        Function::DayOfMonth => civil.day - 1,
        Function::DayOfWeek => civil.day_of_week,
        Function::DayOfYear => civil.day_of_year - 1,
        Function::Hours => civil.hour,
        Function::Minutes => civil.minute,
        Function::Seconds => civil.second,
        Function::Milliseconds => i64::from(instant.nanos / 1_000_000),
        _ => return Err(Fault::Type),
    }))
}

/// Whole hours, minutes and seconds of all of it, but only the milliseconds that are left over: so the language has it.
fn part_of_span<'s, 'a: 's, V: View<'a>>(function: Function, span: TimeSpan) -> Valued<'s, 'a, V> {
    let (seconds, nanos) = span.towards_zero();
    Ok(Val::Int(match function {
        Function::Hours => seconds / 3600,
        Function::Minutes => seconds / 60,
        Function::Seconds => seconds,
        Function::Milliseconds => i64::from(nanos / 1_000_000),
        _ => return Err(Fault::Type),
    }))
}
