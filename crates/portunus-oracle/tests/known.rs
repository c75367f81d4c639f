//! What is known beforehand of values and rules, so that the oracle and the engine are not wrong together. It knows nothing of roles.

use portunus_oracle::value::compare;
use portunus_oracle::{Expr, Scene, Value, Var, World};
use std::cmp::Ordering;

#[test]
fn numbers_are_compared_exactly() {
    let far = 9_007_199_254_740_992_i64;
    for (int, float, expected) in [
        (far, far as f64, Ordering::Equal),
        (far + 1, far as f64, Ordering::Greater),
        (i64::MAX, i64::MAX as f64, Ordering::Less),
        (i64::MIN, i64::MIN as f64, Ordering::Equal),
        (i64::MIN, -1e300, Ordering::Greater),
        (0, -0.5, Ordering::Greater),
        (-1, -0.5, Ordering::Less),
        (2, 2.5, Ordering::Less),
        (0, -0.0, Ordering::Equal),
    ] {
        assert_eq!(compare(&Value::Int(int), &Value::Float(float)), expected, "{int} {float}");
        assert_eq!(compare(&Value::Float(float), &Value::Int(int)), expected.reverse(), "{float} {int}");
    }
}

#[test]
fn three_answers_are_put_together_as_the_tables_say() {
    let world = World { databases: [(String::new(), Default::default())].into(), ..World::default() };
    let nobody = portunus_oracle::Holder::BuiltIn { database: String::new(), reads: false, writes: false };
    let scene: Scene<'_> = world.scene(&nobody);
    let rule = |answer: Option<bool>| answer.map_or(Expr::Var(Var::Doc), |it| Expr::Const(Value::Bool(it)));
    let (yes, no, fault) = (Some(true), Some(false), None);
    for (one, other, and, or) in [
        (yes, yes, yes, yes),
        (yes, no, no, yes),
        (yes, fault, fault, yes),
        (no, no, no, no),
        (no, fault, no, fault),
        (fault, fault, fault, fault),
    ] {
        for (one, other) in [(one, other), (other, one)] {
            assert_eq!(scene.says(&rule(one).and(rule(other))), and, "{one:?} && {other:?}");
            assert_eq!(scene.says(&rule(one).or(rule(other))), or, "{one:?} || {other:?}");
        }
    }
    assert_eq!([yes, no, fault].map(|it| scene.says(&rule(it).negated())), [no, yes, fault]);
    let all =
        |list: Vec<Value>| Expr::All(Expr::Const(Value::List(list)).into(), Expr::Var(Var::Each).into());
    let (one, none) = (Value::Bool(true), Value::Null);
    assert_eq!(scene.says(&all(vec![one.clone(), none.clone(), Value::Bool(false)])), no);
    assert_eq!(scene.says(&all(vec![one, none])), fault);
    assert_eq!(scene.says(&all(Vec::new())), yes);
}

#[test]
fn a_patch_is_that_of_the_standard() {
    let text = Value::text;
    let old = Value::map([("a", text("b")), ("c", Value::map([("d", text("e")), ("f", text("g"))]))]);
    let patch = Value::map([("a", text("z")), ("c", Value::map([("f", Value::Null)]))]);
    assert_eq!(old.patched(&patch), Value::map([("a", text("z")), ("c", Value::map([("d", text("e"))]))]));
}
