//! What an expression comes to, written down as plainly as possible. It shares nothing with the evaluator but the names of faults.

use super::quirk::{Quirk, meet};
use super::thing::Thing;
use super::tree::Tree;
use super::world::World;
use portunus_predicate::{Fault, Outcome};
use std::cmp::Ordering;

type Valued = Result<Thing, Fault>;

pub fn decide(tree: &Tree, world: &World) -> Outcome {
    Outcome::from(truth(tree, world, &mut Vec::new()))
}

pub fn value(tree: &Tree, world: &World) -> Valued {
    evaluate(tree, world, &mut Vec::new())
}

type Locals = Vec<(&'static str, Thing)>;

fn truth(tree: &Tree, world: &World, locals: &mut Locals) -> Result<bool, Fault> {
    match evaluate(tree, world, locals)? {
        Thing::Bool(truth) => Ok(truth),
        _ => Err(Fault::Type),
    }
}

// over 70 lines: there is one arm for each kind of expression, and they are best read in one place.
fn evaluate(tree: &Tree, world: &World, locals: &mut Locals) -> Valued {
    match tree {
        Tree::Literal(thing) => Ok(thing.clone()),
        Tree::Name(name) => Ok(named(name, world, locals)),
        Tree::Field(of, name) => field(of, name, world, locals),
        Tree::Has(of, name) => match field(of, name, world, locals) {
            // Only the last field may be missing.
            Err(Fault::Missing) => evaluate(of, world, locals).map(|_| Thing::Bool(false)),
            found => found.map(|_| Thing::Bool(true)),
        },
        Tree::Index(parts) => {
            if let Tree::Literal(Thing::Text(name)) = &parts[1] {
                return field(&parts[0], name, world, locals);
            }
            let (of, index) = (evaluate(&parts[0], world, locals)?, evaluate(&parts[1], world, locals)?);
            indexed(&of, &index)
        }
        Tree::Not(of) => truth(of, world, locals).map(|truth| Thing::Bool(!truth)),
        Tree::Negate(of) => match evaluate(of, world, locals)? {
            Thing::Int(int) => int.checked_neg().map(Thing::Int).ok_or(Fault::Arithmetic),
            Thing::Double(double) => Ok(Thing::Double(-double)),
            _ => Err(Fault::Type),
        },
        Tree::And(parts) => chain(parts.iter().map(|part| truth(part, world, locals)), false),
        Tree::Or(parts) => chain(parts.iter().map(|part| truth(part, world, locals)), true),
        Tree::If(parts) => {
            let then = truth(&parts[0], world, locals)?;
            evaluate(&parts[if then { 1 } else { 2 }], world, locals)
        }
        Tree::Compare(sign, parts) => {
            compared(sign, &evaluate(&parts[0], world, locals)?, &evaluate(&parts[1], world, locals)?)
        }
        Tree::In(parts) => {
            let (item, of) = (evaluate(&parts[0], world, locals)?, evaluate(&parts[1], world, locals)?);
            match of {
                Thing::List(items) => Ok(Thing::Bool(items.iter().any(|other| item.equals(other)))),
                Thing::Map(entries) => {
                    if !matches!(item, Thing::Text(_) | Thing::Bool(_) | Thing::Int(_) | Thing::Uint(_)) {
                        meet(Quirk::NoKeyInMap);
                    }
                    Ok(Thing::Bool(entries.iter().any(|(key, _)| item.equals(key))))
                }
                _ => Err(Fault::Type),
            }
        }
        Tree::Arithmetic(sign, parts) => {
            computed(sign, &evaluate(&parts[0], world, locals)?, &evaluate(&parts[1], world, locals)?)
        }
        Tree::List(items) => {
            items.iter().map(|item| evaluate(item, world, locals)).collect::<Result<_, _>>().map(Thing::List)
        }
        Tree::Map(entries) => map(entries, world, locals),
        Tree::Macro(name, range, variable, filter, body) => {
            let items = match evaluate(range, world, locals)? {
                Thing::List(items) => items,
                Thing::Map(entries) => {
                    meet(Quirk::OrderOfKeys);
                    entries.into_iter().map(|(key, _)| key).collect()
                }
                _ => return Err(Fault::Type),
            };
            each(name, items, variable, filter.as_deref(), body, world, locals)
        }
        Tree::Size(of) => {
            let size = match evaluate(of, world, locals)? {
                Thing::Text(text) => text.chars().count(),
                Thing::Bytes(bytes) => bytes.len(),
                Thing::List(items) => items.len(),
                Thing::Map(entries) => entries.len(),
                _ => return Err(Fault::Type),
            };
            Ok(Thing::Int(size as i64))
        }
        Tree::Text(name, parts) => {
            let Thing::Text(text) = evaluate(&parts[0], world, locals)? else { return Err(Fault::Type) };
            let Thing::Text(part) = evaluate(&parts[1], world, locals)? else { return Err(Fault::Type) };
            Ok(Thing::Bool(match *name {
                "startsWith" => text.starts_with(&part),
                "endsWith" => text.ends_with(&part),
                _ => text.contains(&part),
            }))
        }
        Tree::Meta(meta, name) => {
            let document = world.document(name).ok_or(Fault::Unknown)?;
            Ok(Thing::text(if *meta == "id" { document.id } else { document.collection }))
        }
        Tree::Read(name, collection, id) => {
            let Thing::Text(id) = evaluate(id, world, locals)? else { return Err(Fault::Type) };
            let found = world.group(collection, &id);
            if *name == "exists" {
                return Ok(Thing::Bool(found.is_some()));
            }
            found.map(|group| group.root.clone()).ok_or(Fault::Missing)
        }
    }
}

fn named(name: &str, world: &World, locals: &Locals) -> Thing {
    if let Some((_, thing)) = locals.iter().rev().find(|(local, _)| *local == name) {
        return thing.clone();
    }
    match name {
        "claims" => world.claims.as_ref().map_or(Thing::Null, Thing::without_nulls),
        "now" => Thing::Instant(world.now.0, world.now.1),
        _ => world.document(name).map_or(Thing::Null, |document| document.root.clone()),
    }
}

fn field(of: &Tree, name: &str, world: &World, locals: &mut Locals) -> Valued {
    let value = evaluate(of, world, locals)?;
    match (&value, of) {
        (Thing::Map(_), _) => value.field(name).cloned().ok_or(Fault::Missing),
        // Nothing is known of a document or of claims that are not there.
        (Thing::Null, Tree::Name("doc" | "old" | "identity" | "claims")) => Err(Fault::Unknown),
        _ => Err(Fault::Type),
    }
}

fn indexed(of: &Thing, index: &Thing) -> Valued {
    match (of, index) {
        (Thing::List(items), Thing::Int(_) | Thing::Uint(_) | Thing::Double(_)) => {
            let places = (0..items.len()).map(|place| Thing::Int(place as i64));
            let place = places.enumerate().find(|(_, place)| place.equals(index));
            let is_int = match index {
                Thing::Int(_) => true,
                Thing::Uint(uint) => *uint <= i64::MAX as u64,
                Thing::Double(double) => double.fract() == 0.0 && double.abs() < 9e18,
                _ => false,
            };
            let otherwise = if is_int { Fault::Missing } else { Fault::Argument };
            place.map(|(place, _)| items[place].clone()).ok_or(otherwise)
        }
        (
            Thing::Map(entries),
            Thing::Text(_) | Thing::Bool(_) | Thing::Int(_) | Thing::Uint(_) | Thing::Double(_),
        ) => {
            let found = entries.iter().find(|(key, _)| key.equals(index));
            found.map(|(_, value)| value.clone()).ok_or(Fault::Missing)
        }
        _ => Err(Fault::Type),
    }
}

/// One part that is `decisive` decides; otherwise the first fault is told.
fn chain(parts: impl Iterator<Item = Result<bool, Fault>>, decisive: bool) -> Valued {
    let parts: Vec<_> = parts.collect();
    if parts.contains(&Ok(decisive)) {
        return Ok(Thing::Bool(decisive));
    }
    parts.into_iter().find(Result::is_err).unwrap_or(Ok(!decisive)).map(Thing::Bool)
}

fn compared(sign: &str, left: &Thing, right: &Thing) -> Valued {
    let order = || left.order(right).ok_or(Fault::Type);
    Ok(Thing::Bool(match sign {
        "==" => left.equals(right),
        "!=" => !left.equals(right),
        "<" => order()?.is_some_and(Ordering::is_lt),
        "<=" => order()?.is_some_and(Ordering::is_le),
        ">" => order()?.is_some_and(Ordering::is_gt),
        _ => order()?.is_some_and(Ordering::is_ge),
    }))
}

fn computed(sign: &str, left: &Thing, right: &Thing) -> Valued {
    match (left, right) {
        (Thing::Int(left), Thing::Int(right)) => {
            let (left, right) = (i128::from(*left), i128::from(*right));
            let whole = whole(sign, left, right).ok_or(Fault::Arithmetic)?;
            // The remainder of the least one by -1 is past the range on the way to it.
            if sign == "%" && (left, right) == (i64::MIN.into(), -1) {
                return Err(Fault::Arithmetic);
            }
            i64::try_from(whole).map(Thing::Int).map_err(|_| Fault::Arithmetic)
        }
        (Thing::Uint(left), Thing::Uint(right)) => {
            let whole = whole(sign, (*left).into(), (*right).into()).ok_or(Fault::Arithmetic)?;
            u64::try_from(whole).map(Thing::Uint).map_err(|_| Fault::Arithmetic)
        }
        (Thing::Double(left), Thing::Double(right)) => Ok(Thing::Double(match sign {
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            "/" => left / right,
            _ => return Err(Fault::Type),
        })),
        (Thing::Text(left), Thing::Text(right)) if sign == "+" => Ok(Thing::Text(left.clone() + right)),
        (Thing::Bytes(left), Thing::Bytes(right)) if sign == "+" => {
            Ok(Thing::Bytes([left.as_slice(), right].concat()))
        }
        (Thing::List(left), Thing::List(right)) if sign == "+" => {
            Ok(Thing::List([left.as_slice(), right].concat()))
        }
        (Thing::Instant(..), Thing::Instant(..)) if sign == "-" => span(nanos(left) - nanos(right)),
        (Thing::Instant(..), Thing::Span(..)) if sign == "-" => instant(nanos(left) - nanos(right)),
        (Thing::Instant(..), Thing::Span(..)) | (Thing::Span(..), Thing::Instant(..)) if sign == "+" => {
            instant(nanos(left) + nanos(right))
        }
        (Thing::Span(..), Thing::Span(..)) if sign == "+" => span(nanos(left) + nanos(right)),
        (Thing::Span(..), Thing::Span(..)) if sign == "-" => span(nanos(left) - nanos(right)),
        (Thing::List(_), Thing::Map(_)) => {
            meet(Quirk::ListAndMap);
            Err(Fault::Type)
        }
        _ => Err(Fault::Type),
    }
}

fn nanos(time: &Thing) -> i128 {
    match time {
        Thing::Instant(seconds, nanos) | Thing::Span(seconds, nanos) => {
            i128::from(*seconds) * 1_000_000_000 + i128::from(*nanos)
        }
        _ => panic!("{time:?} is no time"),
    }
}

/// What is made here is far from where instants end.
fn instant(nanos: i128) -> Valued {
    Ok(Thing::Instant(nanos.div_euclid(1_000_000_000) as i64, nanos.rem_euclid(1_000_000_000) as u32))
}

fn span(nanos: i128) -> Valued {
    Ok(Thing::Span(nanos.div_euclid(1_000_000_000) as i64, nanos.rem_euclid(1_000_000_000) as u32))
}

fn whole(sign: &str, left: i128, right: i128) -> Option<i128> {
    match sign {
        "+" => Some(left + right),
        "-" => Some(left - right),
        "*" => left.checked_mul(right),
        "/" => left.checked_div(right),
        _ => left.checked_rem(right),
    }
}

fn map(entries: &[(Tree, Tree)], world: &World, locals: &mut Locals) -> Valued {
    let mut made: Vec<(Thing, Thing)> = Vec::new();
    for (key, value) in entries {
        let key = evaluate(key, world, locals)?;
        if !matches!(key, Thing::Bool(_) | Thing::Int(_) | Thing::Uint(_) | Thing::Text(_)) {
            return Err(Fault::Type);
        }
        if made.iter().any(|(other, _)| other.equals(&key)) {
            return Err(Fault::Argument);
        }
        made.push((key, evaluate(value, world, locals)?));
    }
    Ok(Thing::Map(made))
}

fn each(
    name: &str,
    items: Vec<Thing>,
    variable: &'static str,
    filter: Option<&Tree>,
    body: &Tree,
    world: &World,
    locals: &mut Locals,
) -> Valued {
    let mut with = |item: &Thing, tree: &Tree| {
        locals.push((variable, item.clone()));
        let value = evaluate(tree, world, locals);
        locals.pop();
        value
    };
    let as_truth = |value: Valued| match value? {
        Thing::Bool(truth) => Ok(truth),
        _ => Err(Fault::Type),
    };
    match name {
        "all" => chain(items.iter().map(|item| as_truth(with(item, body))), false),
        "exists" => chain(items.iter().map(|item| as_truth(with(item, body))), true),
        "exists_one" => {
            let truths: Result<Vec<_>, _> = items.iter().map(|item| as_truth(with(item, body))).collect();
            Ok(Thing::Bool(truths?.into_iter().filter(|truth| *truth).count() == 1))
        }
        "filter" => {
            let mut made = Vec::new();
            for item in items {
                if as_truth(with(&item, body))? {
                    made.push(item);
                }
            }
            Ok(Thing::List(made))
        }
        _ => {
            let mut made = Vec::new();
            for item in items {
                if filter.map_or(Ok(true), |filter| as_truth(with(&item, filter)))? {
                    made.push(with(&item, body)?);
                }
            }
            Ok(Thing::List(made))
        }
    }
}
