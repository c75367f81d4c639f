//! Rules made at random, about what random documents have. It knows nothing of what they mean.

use super::dice::Dice;
use super::worlds::{PEOPLE, group, tag};
use portunus_oracle::{Comparison, Expr, Value, Var};

const ORDERS: [Comparison; 4] =
    [Comparison::Less, Comparison::LessOrEqual, Comparison::Greater, Comparison::GreaterOrEqual];

/// Where a rule stands, which says what it may speak of.
#[derive(Clone, Copy)]
pub enum Place {
    /// About a document, or about both sides of a change.
    Right {
        vars: &'static [Var],
    },
    Membership {
        reads: bool,
    },
    /// What a caller looks for: it knows neither who asks nor other documents.
    Filter,
}

/// A rule of some size.
pub fn rule(dice: &mut Dice, place: Place) -> Expr {
    // At most one document is read because of another one.
    let mut reads = usize::from(!matches!(place, Place::Filter | Place::Membership { reads: false }));
    let size = dice.one(&[0, 0, 1, 1, 2, 3]);
    tree(dice, place, size, &mut reads)
}

fn tree(dice: &mut Dice, place: Place, size: usize, reads: &mut usize) -> Expr {
    if size == 0 {
        return leaf(dice, place, reads);
    }
    let mut part = |dice: &mut Dice| tree(dice, place, size - 1, reads);
    match dice.below(8) {
        0 | 1 => part(dice).negated(),
        2..=4 => part(dice).and(part(dice)),
        5 | 6 => part(dice).or(part(dice)),
        _ => Expr::If(Box::new(part(dice)), Box::new(part(dice)), Box::new(part(dice))),
    }
}

fn leaf(dice: &mut Dice, place: Place, reads: &mut usize) -> Expr {
    let var = match place {
        Place::Right { vars } => dice.one(vars),
        Place::Membership { .. } => Var::Identity,
        Place::Filter => Var::Doc,
    };
    let knows_me = !matches!(place, Place::Filter);
    if knows_me && *reads > 0 && dice.percent(8) {
        *reads -= 1;
        return reading(dice, var);
    }
    match dice.below(if knows_me { 16 } else { 13 }) {
        13 => same(Expr::field(var, "owner"), Expr::Id(Var::Identity)),
        14 => compared(dice, Expr::field(var, "size"), Expr::field(Var::Identity, "level")),
        15 => about_me(dice, var, place),
        number => about_one(dice, var, place, number),
    }
}

fn about_one(dice: &mut Dice, var: Var, place: Place, number: usize) -> Expr {
    let field = |name: &str| Expr::field(var, name);
    match number {
        0 => same(field("owner"), person(dice)),
        1 => Expr::Compare(
            dice.one(&[Comparison::Equal, Comparison::Unequal]),
            field(dice.one(&["owner", "size", "flag", "tags", "group", "about"])).into(),
            Expr::Const(whatever(dice)).into(),
        ),
        2 | 3 => {
            let number = number_const(dice);
            let name = dice.one(&["size", "size", "rank"]);
            compared(dice, field(name), number)
        }
        4 => Expr::In(field("owner").into(), Expr::Const(Value::List(people(dice))).into()),
        5 => Expr::In(Expr::Const(tag(dice)).into(), field(dice.one(&["tags", "labels"])).into()),
        6 => match dice.below(3) {
            0 => Expr::Has(Expr::Var(var).into(), dice.one(&["owner", "size", "secret", "code"]).into()),
            1 => Expr::Has(field("about").into(), "title".into()),
            _ => same(Expr::Field(field("about").into(), "title".into()), Expr::Const(Value::text("milk"))),
        },
        7 if dice.percent(50) => Expr::StartsWith(field("owner").into(), Expr::Const(start(dice)).into()),
        7 => Expr::StartsWith(
            Expr::Id(var).into(),
            Expr::Const(Value::text(dice.one(&["n0", "n1", "", "a"]))).into(),
        ),
        8 => match dice.below(3) {
            0 => Expr::Const(Value::Bool(dice.percent(50))),
            1 => same(Expr::Id(var), Expr::Const(Value::text(dice.one(&["n01", "n12", "ann", "x"])))),
            _ => field("flag"),
        },
        9 => field("flag"),
        10 => {
            let size = Expr::Size(field(dice.one(&["tags", "owner", "about"])).into());
            let number = Expr::Const(Value::Int(dice.below(4) as i64));
            compared(dice, size, number)
        }
        11 => {
            let far = dice.one(&[1, 2, i64::MAX]);
            let sum = Expr::Add(field("size").into(), Expr::Const(Value::Int(far)).into());
            compared(dice, sum, Expr::Const(Value::Int(3)))
        }
        _ if matches!(place, Place::Filter) && dice.percent(60) => {
            same(field(dice.one(&["owner", "size"])), Expr::field(Var::Args, "wanted"))
        }
        _ => {
            let part = Box::new(same(Expr::Var(Var::Each), Expr::Const(tag(dice))));
            let part = if dice.percent(50) { part } else { Box::new(part.negated()) };
            let list = Box::new(field("tags"));
            if dice.percent(50) { Expr::Any(list, part) } else { Expr::All(list, part) }
        }
    }
}

/// What hangs on who asks, or on both sides of a change.
fn about_me(dice: &mut Dice, var: Var, place: Place) -> Expr {
    let field = |name: &str| Expr::field(var, name);
    match dice.below(5) {
        0 => same(Expr::field(Var::Identity, "team"), Expr::Const(Value::text(dice.one(&["red", "blue"])))),
        1 => Expr::In(Expr::field(Var::Identity, "team").into(), field("tags").into()),
        2 => Expr::In(Expr::Id(Var::Identity).into(), field("owner").into()),
        3 => Expr::field(Var::Identity, "flag"),
        _ => match place {
            Place::Right { vars: [one, other] } => {
                let name = dice.one(&["owner", "size", "about"]);
                same(Expr::field(*one, name), Expr::field(*other, name))
            }
            _ => same(field("group"), Expr::field(Var::Identity, "group")),
        },
    }
}

/// What hangs on another document.
fn reading(dice: &mut Dice, var: Var) -> Expr {
    let from = dice.one(&[var, Var::Identity]);
    let group = || Expr::Get("groups".into(), Expr::field(from, "group").into());
    match dice.below(5) {
        0 | 1 => {
            Expr::In(Expr::Id(Var::Identity).into(), Expr::Field(group().into(), "members".into()).into())
        }
        2 => Expr::Exists("groups".into(), Expr::field(from, "group").into()),
        3 => Expr::Field(group().into(), "flag".into()),
        _ => {
            let owner = Expr::Get("users".into(), Expr::field(var, "owner").into());
            let level = Expr::Field(owner.into(), "level".into());
            compared(dice, level, Expr::Const(Value::Int(1)))
        }
    }
}

fn same(one: Expr, other: Expr) -> Expr {
    Expr::compare(Comparison::Equal, one, other)
}

/// In either direction: an index has to know both.
fn compared(dice: &mut Dice, one: Expr, other: Expr) -> Expr {
    let comparison = dice.one(&ORDERS);
    if dice.percent(70) {
        Expr::compare(comparison, one, other)
    } else {
        Expr::compare(comparison, other, one)
    }
}

fn number_const(dice: &mut Dice) -> Expr {
    Expr::Const(super::worlds::number(dice))
}

fn person(dice: &mut Dice) -> Expr {
    Expr::Const(Value::text(dice.one(&PEOPLE)))
}

fn people(dice: &mut Dice) -> Vec<Value> {
    dice.some(&PEOPLE).into_iter().map(Value::text).collect()
}

fn start(dice: &mut Dice) -> Value {
    Value::text(dice.one(&["a", "ann", "", "z"]))
}

fn whatever(dice: &mut Dice) -> Value {
    match dice.below(7) {
        0 => Value::Null,
        1 => Value::Bool(true),
        2 => super::worlds::number(dice),
        3 => Value::text(dice.one(&PEOPLE)),
        4 => Value::List(people(dice)),
        5 => Value::Bool(false),
        _ => group(dice),
    }
}
