//! What fits together: the types that operators take and give. A type that is not known fits everywhere; what does not fit shows
//! when the predicate runs. It knows no names and no tree.

use crate::ast::{Arithmetic, Comparison};
use crate::{Constant, Type, nearest};

/// What a rule says: a type, or the problem in words.
pub(crate) type Judged = Result<Type, String>;

/// The type of a constant.
pub(crate) fn constant(value: &Constant) -> Type {
    match value {
        Constant::Null => Type::Null,
        Constant::Bool(_) => Type::Bool,
        Constant::Int(_) => Type::Int,
        Constant::Uint(_) => Type::Uint,
        Constant::Double(_) => Type::Double,
        Constant::String(_) => Type::String,
        Constant::Bytes(_) => Type::Bytes,
        Constant::Timestamp(_) => Type::Timestamp,
        Constant::Duration(_) => Type::Duration,
        Constant::List(items) => Type::List(Box::new(joined(items.iter().map(constant)))),
        Constant::Map(entries) => {
            let keys = joined(entries.iter().map(|(key, _)| constant(key)));
            Type::Map(Box::new(keys), Box::new(joined(entries.iter().map(|(_, value)| constant(value)))))
        }
        Constant::Type(_) => Type::Type,
    }
}

/// The name of a type in the language, for messages.
pub(crate) fn called(r#type: &Type) -> &'static str {
    match r#type {
        Type::Any => "dyn",
        Type::Null => "null",
        Type::Bool => "bool",
        Type::Int => "int",
        Type::Uint => "uint",
        Type::Double => "double",
        Type::Number => "number",
        Type::String => "string",
        Type::Bytes => "bytes",
        Type::Timestamp => "timestamp",
        Type::Duration => "duration",
        Type::List(_) => "list",
        Type::Map(..) | Type::Object(..) => "map",
        Type::Type => "type",
    }
}

/// The type that covers all of these; of none, it is not known.
pub(crate) fn joined(types: impl Iterator<Item = Type>) -> Type {
    types.reduce(|left, right| join(&left, &right)).unwrap_or(Type::Any)
}

/// The type that covers both. Numbers of two types have none: what is chosen among them is not known before it is there.
pub(crate) fn join(left: &Type, right: &Type) -> Type {
    match (left, right) {
        _ if left == right => left.clone(),
        (Type::List(left), Type::List(right)) => Type::List(Box::new(join(left, right))),
        (Type::Map(left_key, left), Type::Map(right_key, right)) => {
            Type::Map(Box::new(join(left_key, right_key)), Box::new(join(left, right)))
        }
        (Type::Object(..), Type::Object(..)) => Type::Map(Box::new(Type::String), Box::new(Type::Any)),
        _ => Type::Any,
    }
}

/// Whether values of these types can be equal. Null may be compared with everything, because that is how it is tested for.
pub(crate) fn can_equal(left: &Type, right: &Type) -> bool {
    match (left, right) {
        (Type::Any | Type::Null, _) | (_, Type::Any | Type::Null) => true,
        (Type::List(left), Type::List(right)) => can_equal(left, right),
        (Type::Map(left_key, left), Type::Map(right_key, right)) => {
            can_equal(left_key, right_key) && can_equal(left, right)
        }
        (Type::Object(..), Type::Object(..)) => true,
        (Type::Object(..), Type::Map(key, _)) | (Type::Map(key, _), Type::Object(..)) => {
            can_equal(key, &Type::String)
        }
        _ => left == right || (is_number(left) && is_number(right)),
    }
}

fn is_number(r#type: &Type) -> bool {
    matches!(r#type, Type::Int | Type::Uint | Type::Double | Type::Number)
}

/// A condition, an operand of `&&`, `||` or `!`, or the body of a test: true or false.
pub(crate) fn truth(r#type: &Type, role: &str) -> Judged {
    match r#type {
        Type::Bool | Type::Any => Ok(Type::Bool),
        other => Err(format!("{role} must be true or false, and this is {}", called(other))),
    }
}

pub(crate) fn comparison(comparison: Comparison, left: &Type, right: &Type) -> Judged {
    let is_equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    let ordered = |it: &Type| {
        let plain = matches!(
            it,
            Type::Any | Type::Bool | Type::String | Type::Bytes | Type::Timestamp | Type::Duration
        );
        plain || is_number(it)
    };
    if can_equal(left, right) && (is_equality || (ordered(left) && ordered(right))) {
        return Ok(Type::Bool);
    }
    if is_equality {
        return Err(format!("{} and {} are never equal", called(left), called(right)));
    }
    Err(format!("there is no order between {} and {}", called(left), called(right)))
}

pub(crate) fn containment(item: &Type, container: &Type) -> Judged {
    let (within, of) = match container {
        Type::Any => return Ok(Type::Bool),
        Type::List(of) => ("list", &**of),
        Type::Map(key, _) => ("map", &**key),
        Type::Object(..) => ("map", &Type::String),
        Type::String => {
            return Err(
                "`in` looks into lists and maps; for a part of a string there is `contains`".to_owned()
            );
        }
        other => return Err(format!("`in` looks into lists and maps, and this is {}", called(other))),
    };
    if can_equal(item, of) {
        return Ok(Type::Bool);
    }
    let (role, item) = (if within == "list" { "elements" } else { "keys" }, called(item));
    Err(format!("{item} is never in a {within} whose {role} are {}", called(of)))
}

pub(crate) fn arithmetic(operator: Arithmetic, left: &Type, right: &Type) -> Judged {
    let adds = operator == Arithmetic::Add;
    let subtracts = operator == Arithmetic::Subtract;
    let takes = |it: &Type| match it {
        Type::Any | Type::Int | Type::Uint | Type::Number => true,
        Type::Double => operator != Arithmetic::Remainder,
        Type::String | Type::Bytes | Type::List(_) => adds,
        Type::Timestamp | Type::Duration => adds || subtracts,
        Type::Null | Type::Bool | Type::Map(..) | Type::Object(..) | Type::Type => false,
    };
    let given = match (left, right) {
        _ if !takes(left) || !takes(right) => None,
        (Type::Any, Type::Any) => Some(Type::Any),
        (Type::Timestamp, Type::Timestamp) => subtracts.then_some(Type::Duration),
        (Type::Timestamp, Type::Duration) => Some(Type::Timestamp),
        (Type::Duration, Type::Timestamp) => adds.then_some(Type::Timestamp),
        (Type::Duration, Type::Any) | (Type::Any, Type::Timestamp | Type::Duration) => Some(Type::Any),
        (Type::Timestamp, Type::Any) if subtracts => Some(Type::Any),
        (Type::List(left), Type::List(right)) => Some(Type::List(Box::new(join(left, right)))),
        (Type::List(_), Type::Any) | (Type::Any, Type::List(_)) => Some(Type::List(Box::new(Type::Any))),
        (known, Type::Any) | (Type::Any, known) => Some(known.clone()),
        (Type::Number, other) | (other, Type::Number) if is_number(other) => Some(other.clone()),
        _ if left == right => Some(left.clone()),
        _ => None,
    };
    let hint =
        if left != right && is_number(left) && is_number(right) { "; convert one of them" } else { "" };
    given.ok_or_else(|| {
        format!("there is no `{}` of {} and {}{hint}", operator.sign(), called(left), called(right))
    })
}

pub(crate) fn negation(of: &Type) -> Judged {
    match of {
        Type::Any | Type::Int | Type::Double | Type::Number => Ok(of.clone()),
        other => Err(format!("there is no `-` of {}", called(other))),
    }
}

/// What a field of this name is.
pub(crate) fn field(of: &Type, name: &str) -> Judged {
    match of {
        Type::Any => Ok(Type::Any),
        Type::Object(fields, is_open) => match fields.get(name) {
            Some(found) => Ok(found.clone()),
            None if *is_open => Ok(Type::Any),
            None => {
                let hint = nearest::hint(name, fields.keys().map(String::as_str));
                Err(format!("there is no field `{name}`{hint}"))
            }
        },
        Type::Map(key, value) if can_equal(key, &Type::String) => Ok((**value).clone()),
        other => Err(format!("{} has no fields", called(other))),
    }
}

/// What stands at this index or key.
pub(crate) fn element(of: &Type, index: &Type) -> Judged {
    let given = match of {
        Type::Any => matches!(index, Type::Any | Type::Bool | Type::String) || is_number(index),
        Type::List(_) => matches!(index, Type::Any) || is_number(index),
        Type::Map(key, _) => *index != Type::Null && can_equal(key, index),
        Type::Object(..) => matches!(index, Type::Any | Type::String),
        other => return Err(format!("{} has no elements", called(other))),
    };
    match of {
        _ if !given => Err(format!("{} has no elements at {}", called(of), called(index))),
        Type::List(value) | Type::Map(_, value) => Ok((**value).clone()),
        _ => Ok(Type::Any),
    }
}

/// What the variable of a comprehension is: an element of a list, a key of a map.
pub(crate) fn range(of: &Type) -> Judged {
    match of {
        Type::Any => Ok(Type::Any),
        Type::List(element) => Ok((**element).clone()),
        Type::Map(key, _) => Ok((**key).clone()),
        Type::Object(..) => Ok(Type::String),
        other => Err(format!("only a list or a map can be gone through, and this is {}", called(other))),
    }
}

/// What may be a key of a map.
pub(crate) fn key(of: &Type) -> Judged {
    match of {
        Type::Any | Type::Bool | Type::Int | Type::Uint | Type::String => Ok(of.clone()),
        other => Err(format!(
            "a key of a map is a bool, an int, a uint or a string, and this is {}",
            called(other)
        )),
    }
}
