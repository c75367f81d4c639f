//! The conformance cases of the language: each but the excepted ones must come out as its suite wants. The file of cases is named by
//! the environment variable `PORTUNUS_CEL_CONFORMANCE`; without it this test has nothing to do, and says so.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    reason = "a test that meets the unexpected ends, and shows what it was at"
)]

use portunus_predicate::{
    Constant, Declaration, Instant, Known, Predicate, Scene, Scratch, TimeSpan, Type, Vocabulary,
};
use serde_json::Value;
use std::collections::BTreeSet;

const UNDECLARED: &str = "what is not declared is refused when a predicate is saved, not when it runs";

/// The cases that come out in another way, by their section and name, and why.
const EXCEPTIONS: [(&str, &str, &str); 19] = [
    ("variables", "unbound_is_runtime_error", UNDECLARED),
    ("functions", "unbound_is_runtime_error", UNDECLARED),
    ("receiver_function_names", "as", UNDECLARED),
    ("receiver_function_names", "break", UNDECLARED),
    ("receiver_function_names", "const", UNDECLARED),
    ("receiver_function_names", "continue", UNDECLARED),
    ("receiver_function_names", "else", UNDECLARED),
    ("receiver_function_names", "for", UNDECLARED),
    ("receiver_function_names", "function", UNDECLARED),
    ("receiver_function_names", "if", UNDECLARED),
    ("receiver_function_names", "import", UNDECLARED),
    ("receiver_function_names", "let", UNDECLARED),
    ("receiver_function_names", "loop", UNDECLARED),
    ("receiver_function_names", "namespace", UNDECLARED),
    ("receiver_function_names", "package", UNDECLARED),
    ("receiver_function_names", "return", UNDECLARED),
    ("receiver_function_names", "var", UNDECLARED),
    ("receiver_function_names", "void", UNDECLARED),
    ("receiver_function_names", "while", UNDECLARED),
];

#[test]
fn every_case_comes_out_as_the_suite_wants_it() {
    let Some(path) = std::env::var_os("PORTUNUS_CEL_CONFORMANCE") else {
        println!("skipped: PORTUNUS_CEL_CONFORMANCE names no file of cases");
        return;
    };
    let text = std::fs::read_to_string(path).expect("the file of cases can be read");
    let cases: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!cases.is_empty(), "there is no case");
    let (mut wrong, mut excepted) = (Vec::new(), BTreeSet::new());
    for case in &cases {
        let (section, name) = (case["section"].as_str().unwrap(), case["name"].as_str().unwrap());
        let exception = EXCEPTIONS.iter().find(|it| (it.0, it.1) == (section, name)).map(|it| it.2);
        let came = outcome(case, case["expr"].as_str().unwrap());
        let problem = match (&came, exception) {
            (Ok(()), None) => continue,
            (Err(_), Some(reason)) => {
                excepted.insert((section, name, reason));
                continue;
            }
            (Ok(()), Some(_)) => "is excepted, and comes out as the suite wants".to_owned(),
            (Err(_), None) if wants_rounded_integers(case) => {
                excepted.insert((
                    section,
                    name,
                    "integers and doubles compare exactly, not as the nearest doubles",
                ));
                continue;
            }
            (Err(problem), None) => problem.clone(),
        };
        wrong.push(format!("{section}/{name}: {}: {problem}", case["expr"]));
    }
    println!("{} cases, of which {} are excepted: {excepted:#?}", cases.len(), excepted.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// Whether an expression comes out as the case wants.
fn outcome(case: &Value, source: &str) -> Result<(), String> {
    let values: Vec<(&str, Constant)> = case["bind"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (pair[0].as_str().unwrap(), constant(&pair[1])))
        .collect();
    let declared = case["type_env"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
    let names: BTreeSet<&str> = declared.chain(values.iter().map(|(name, _)| *name)).collect();
    let mut vocabulary = Vocabulary::new();
    let mut scene = Scene::new();
    for (slot, name) in (0..).zip(&names) {
        vocabulary = vocabulary.declare(Declaration::value(name, Type::Any, Known::Bound));
        if let Some((_, value)) = values.iter().find(|(of, _)| of == name) {
            scene = scene.with_value(slot, value);
        }
    }
    if case["disable_check"] == true {
        vocabulary = vocabulary.without_types();
    }
    let came = match Predicate::expression(source, &vocabulary) {
        Ok(predicate) => predicate.evaluate(&scene, &mut Scratch::new()).map_err(|fault| fault.to_string()),
        Err(error) => Err(error.problem),
    };
    match (came, &case["want"]) {
        (Err(_), want) if want["t"] == "error" => Ok(()),
        (Ok(value), want) if want["t"] != "error" && is_same(&value, &constant(want)) => Ok(()),
        (came, want) => Err(format!("came to {came:?} instead of {want}")),
    }
}

/// Whether it is a comparison that comes out as wanted once the integers in it that no double is equal to are rounded to doubles.
fn wants_rounded_integers(case: &Value) -> bool {
    let source = case["expr"].as_str().unwrap();
    let mut rounded = String::new();
    let is_digit = |it: char| it.is_ascii_alphanumeric() || it == '.';
    for token in source.split_inclusive(|it: char| !is_digit(it)) {
        let digits = token.trim_end_matches(|it| !is_digit(it));
        let rest = &token[digits.len()..];
        let integer = digits.trim_end_matches('u');
        match integer.parse::<f64>() {
            Ok(double) if integer.parse::<u64>().is_ok() && format!("{double}") != integer => {
                rounded += &format!("{double:?}{rest}");
            }
            _ => rounded += token,
        }
    }
    case["file"] == "comparisons" && rounded != source && outcome(case, &rounded).is_ok()
}

/// A value with its type, as the cases have them.
fn constant(typed: &Value) -> Constant {
    let value = &typed["v"];
    let items = || value.as_array().unwrap().iter();
    let number = |of: &Value| of.as_str().map_or_else(|| of.to_string(), str::to_owned);
    let seconds = || number(&typed["s"]).parse().unwrap();
    let nanos = || number(&typed["n"]).parse().unwrap();
    match typed["t"].as_str().unwrap() {
        "null" => Constant::Null,
        "bool" => Constant::Bool(value.as_bool().unwrap()),
        "int" => Constant::Int(number(value).parse().unwrap()),
        "uint" => Constant::Uint(number(value).parse().unwrap()),
        "double" => Constant::Double(number(value).parse().unwrap()),
        "string" => Constant::from(value.as_str().unwrap()),
        "bytes" => {
            Constant::Bytes(items().map(|byte| u8::try_from(byte.as_u64().unwrap()).unwrap()).collect())
        }
        "list" => Constant::List(items().map(constant).collect()),
        "map" => Constant::Map(items().map(|pair| (constant(&pair[0]), constant(&pair[1]))).collect()),
        "type" => Constant::Type(Box::leak(value.as_str().unwrap().to_owned().into_boxed_str())),
        "timestamp" => Constant::Timestamp(Instant { seconds: seconds(), nanos: nanos() }),
        "duration" => Constant::Duration(TimeSpan { seconds: seconds(), nanos: nanos() }),
        other => panic!("the cases have a type that is not known here: {other}"),
    }
}

/// Whether values are the same, type and sign of zero included; the order of keys says nothing.
fn is_same(left: &Constant, right: &Constant) -> bool {
    match (left, right) {
        (Constant::Null, Constant::Null) => true,
        (Constant::Bool(left), Constant::Bool(right)) => left == right,
        (Constant::Int(left), Constant::Int(right)) => left == right,
        (Constant::Uint(left), Constant::Uint(right)) => left == right,
        (Constant::Double(left), Constant::Double(right)) => {
            left.to_bits() == right.to_bits() || (left.is_nan() && right.is_nan())
        }
        (Constant::String(left), Constant::String(right)) => left == right,
        (Constant::Bytes(left), Constant::Bytes(right)) => left == right,
        (Constant::Timestamp(left), Constant::Timestamp(right)) => left == right,
        (Constant::Duration(left), Constant::Duration(right)) => left == right,
        (Constant::Type(left), Constant::Type(right)) => left == right,
        (Constant::List(left), Constant::List(right)) => {
            left.len() == right.len()
                && left.iter().zip(right.iter()).all(|(left, right)| is_same(left, right))
        }
        (Constant::Map(left), Constant::Map(right)) => {
            let found = |(key, value): &(Constant, Constant)| {
                right.iter().any(|(other, of)| is_same(key, other) && is_same(value, of))
            };
            left.len() == right.len() && left.iter().all(found)
        }
        _ => false,
    }
}
