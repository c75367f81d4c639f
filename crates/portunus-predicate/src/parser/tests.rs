//! What the grammar takes, what it refuses and where, and that no text of any size harms it.

use super::parse;
use crate::ast::{Arithmetic, Binary, Comparison, Expr, ExprKind, Macro};
use crate::{Constant, Error, HEIGHT_MAX, NODES_MAX, SOURCE_BYTES_MAX, Span};
use proptest::prelude::*;
use std::ops::Range;

/// Half of what a thread usually has. Code that is not optimized takes most of it, other code a small part.
const STACK_BYTES: usize = 1024 * 1024;

/// The tree with all its parentheses.
fn shown(expr: &Expr) -> String {
    let list = |parts: &[Expr], between: &str| parts.iter().map(shown).collect::<Vec<_>>().join(between);
    match &expr.kind {
        ExprKind::Literal(constant) => literal(constant),
        ExprKind::Name { name, .. } => name.clone(),
        ExprKind::Select { of, field, is_test: false } => format!("{}.{field}", shown(of)),
        ExprKind::Select { of, field, is_test: true } => format!("has({}.{field})", shown(of)),
        ExprKind::Index { of, index } => format!("{}[{}]", shown(of), shown(index)),
        ExprKind::Call { function, on, arguments, .. } => match on {
            Some(on) => format!("{}.{function}({})", shown(on), list(arguments, ", ")),
            None => format!("{function}({})", list(arguments, ", ")),
        },
        ExprKind::Not(of) => format!("!{}", shown(of)),
        ExprKind::Negate(of) => format!("-{}", shown(of)),
        ExprKind::Binary(operator, sides) => {
            format!("({} {} {})", shown(&sides[0]), sign(*operator), shown(&sides[1]))
        }
        ExprKind::And(parts) => format!("({})", list(parts, " && ")),
        ExprKind::Or(parts) => format!("({})", list(parts, " || ")),
        ExprKind::Conditional(parts) => {
            format!("({} ? {} : {})", shown(&parts[0]), shown(&parts[1]), shown(&parts[2]))
        }
        ExprKind::List(items) => format!("[{}]", list(items, ", ")),
        ExprKind::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", shown(key), shown(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        ExprKind::Comprehension(parts) => {
            let name = match parts.kind {
                Macro::All => "all",
                Macro::Exists => "exists",
                Macro::ExistsOne => "exists_one",
                Macro::Filter => "filter",
                Macro::Map => "map",
            };
            let filter = parts.filter.as_ref().map(|filter| shown(filter) + " | ").unwrap_or_default();
            format!("{}.{name}<{}: {filter}{}>", shown(&parts.range), parts.variable, shown(&parts.body))
        }
    }
}

fn literal(constant: &Constant) -> String {
    match constant {
        Constant::Null => "null".into(),
        Constant::Bool(value) => value.to_string(),
        Constant::Int(value) => value.to_string(),
        Constant::Uint(value) => format!("{value}u"),
        Constant::Double(value) => format!("{value:?}"),
        Constant::String(value) => format!("{value:?}"),
        Constant::Bytes(value) => format!("b{value:?}"),
        other => panic!("no literal: {other:?}"),
    }
}

fn sign(operator: Binary) -> &'static str {
    match operator {
        Binary::In => "in",
        Binary::Compare(Comparison::Equal) => "==",
        Binary::Compare(Comparison::NotEqual) => "!=",
        Binary::Compare(Comparison::Less) => "<",
        Binary::Compare(Comparison::LessOrEqual) => "<=",
        Binary::Compare(Comparison::Greater) => ">",
        Binary::Compare(Comparison::GreaterOrEqual) => ">=",
        Binary::Arithmetic(Arithmetic::Add) => "+",
        Binary::Arithmetic(Arithmetic::Subtract) => "-",
        Binary::Arithmetic(Arithmetic::Multiply) => "*",
        Binary::Arithmetic(Arithmetic::Divide) => "/",
        Binary::Arithmetic(Arithmetic::Remainder) => "%",
    }
}

fn parts(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Name { .. } => vec![],
        ExprKind::Select { of, .. } | ExprKind::Not(of) | ExprKind::Negate(of) => vec![of],
        ExprKind::Index { of, index } => vec![of, index],
        ExprKind::Call { on, arguments, .. } => on.iter().map(|on| &**on).chain(arguments).collect(),
        ExprKind::Binary(_, sides) => sides.iter().collect(),
        ExprKind::Conditional(parts) => parts.iter().collect(),
        ExprKind::And(parts) | ExprKind::Or(parts) | ExprKind::List(parts) => parts.iter().collect(),
        ExprKind::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
        ExprKind::Comprehension(parts) => {
            [&parts.range].into_iter().chain(&parts.filter).chain([&parts.body]).collect()
        }
    }
}

#[track_caller]
fn tree(source: &str) -> String {
    match parse(source) {
        Ok(expr) => {
            spans_hold(&expr, source);
            shown(&expr)
        }
        Err(error) => panic!("{}", error.shown_in(source)),
    }
}

/// What stands where a part stands is that part, and lies within the whole.
#[track_caller]
fn spans_hold(expr: &Expr, source: &str) {
    let again = parse(expr.span.of(source)).expect("a part is an expression");
    assert_eq!(shown(&again), shown(expr), "{source:?}");
    for part in parts(expr) {
        assert_eq!(part.span.to(expr.span), expr.span, "{source:?}");
        spans_hold(part, source);
    }
}

#[track_caller]
fn trees(cases: &[(&str, &str)]) {
    for (source, expected) in cases {
        assert_eq!(tree(source), *expected, "{source}");
    }
}

/// The error of a text, with the part of the text that it marks.
#[track_caller]
fn error(source: &str) -> (String, String) {
    let Error { span, problem } = parse(source).expect_err(source);
    let marked = marked(source, span).expect("it marks a part of the text");
    (marked.to_owned(), problem)
}

fn marked(source: &str, span: Span) -> Option<&str> {
    source.get(place(span))
}

fn place(span: Span) -> Range<usize> {
    usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap()
}

#[track_caller]
fn errors(cases: &[(&str, &str, &str)]) {
    for (source, marked, problem) in cases {
        assert_eq!(error(source), ((*marked).to_owned(), (*problem).to_owned()), "{source}");
    }
}

#[test]
fn operators_hold_as_the_language_says() {
    trees(&[
        ("a || b && c", "(a || (b && c))"),
        ("a && b || c && d || e", "((a && b) || (c && d) || e)"),
        ("a || b ? c || d : e ? f : g", "((a || b) ? (c || d) : (e ? f : g))"),
        ("a ? (b ? c : d) : e", "(a ? (b ? c : d) : e)"),
        ("a == b && c in d || e", "(((a == b) && (c in d)) || e)"),
        ("a < b == c >= d != e", "((((a < b) == c) >= d) != e)"),
        ("a in b in c", "((a in b) in c)"),
        ("a + b * c - d / e % f", "((a + (b * c)) - ((d / e) % f))"),
        ("a - b - c", "((a - b) - c)"),
        ("a - (b - c)", "(a - (b - c))"),
        ("(a + b) * c", "((a + b) * c)"),
        ("a + b > c * d", "((a + b) > (c * d))"),
        ("!a.b[0].c(d)", "!a.b[0].c(d)"),
        ("-a + -b", "(-a + -b)"),
        ("!!a == --b", "(!!a == --b)"),
        ("!-1", "!-1"),
        ("a\n\t&&\r\u{c} b // why\n", "(a && b)"),
        ("a // to the end", "a"),
    ]);
}

#[test]
fn a_chain_is_one_node_however_it_is_bracketed() {
    trees(&[
        ("a && (b && c) && (d || e)", "(a && b && c && (d || e))"),
        ("((a || b) || c) || (d || (e || f))", "(a || b || c || d || e || f)"),
        ("!(a && b) && c", "(!(a && b) && c)"),
    ]);
}

#[test]
fn operands_are_selected_called_and_indexed() {
    trees(&[
        ("a.b.c", "a.b.c"),
        (".a.b", "a.b"),
        ("  . a", "a"),
        (".f(a)", "f(a)"),
        ("f()", "f()"),
        ("f(a, b ? c : d)[1].g(h)", "f(a, (b ? c : d))[1].g(h)"),
        ("a.if.while().as", "a.if.while().as"),
        ("a.`content-type`.`in`.`a.b/c d`", "a.content-type.in.a.b/c d"),
        ("[1, [], [a],]", "[1, [], [a]]"),
        ("{}", "{}"),
        ("{'a': 1, b ? c : d: {1: 2,}}", "{\"a\": 1, (b ? c : d): {1: 2}}"),
        ("(a)", "a"),
        ("1.size()", "1.size()"),
        ("'a'.size() + [1].size() + {}.size()", "((\"a\".size() + [1].size()) + {}.size())"),
        ("-1.size()", "-1.size()"),
        ("-a.size()", "-a.size()"),
        ("inside + r + b + br + rb + truer", "(((((inside + r) + b) + br) + rb) + truer)"),
    ]);
}

#[test]
fn macros_are_methods_with_a_name_first() {
    trees(&[
        ("a.all(x, x > 0)", "a.all<x: (x > 0)>"),
        ("a.b.exists(x, true)", "a.b.exists<x: true>"),
        ("a.exists_one(x, true) || a.existsOne(x, true)", "(a.exists_one<x: true> || a.exists_one<x: true>)"),
        ("a.filter(x, x.y).map(z, z.w)", "a.filter<x: x.y>.map<z: z.w>"),
        ("a.map(x, x > 0, x * 2)", "a.map<x: (x > 0) | (x * 2)>"),
        ("has(a.b) && has(a[0].`b-c`)", "(has(a.b) && has(a[0].b-c))"),
        ("has((a.b))", "has(a.b)"),
        // Without anything in front of them they are functions, or names like any other.
        ("exists('groups', id) && all && map(filter)", "(exists(\"groups\", id) && all && map(filter))"),
        ("a.has(b)", "a.has(b)"),
    ]);
    let one = "a name and a condition are expected here, as in `(x, x > 0)`";
    let map = "a name, a condition that may be left out, and an expression are expected here";
    let name = "a name for each value in turn is expected here";
    let has = "`has` takes the field of something, as in `has(doc.owner)`";
    errors(&[
        ("a.all()", "all", one),
        ("a.exists(x)", "exists", one),
        ("a.filter(x, y, z)", "filter", one),
        ("a.map(x)", "map", map),
        ("a.map(x, y, z, w)", "map", map),
        ("a.all(1, true)", "1", name),
        ("a.all(x.y, true)", "x.y", name),
        ("a.map(.x, true)", ".x", name),
        ("a.exists((x), true)", "(x)", name),
        ("a.exists(has(x.y), true)", "has(x.y)", name),
        ("has(a)", "has(a)", has),
        ("has(a['b'])", "has(a['b'])", has),
        ("has()", "has()", has),
        ("has(a.b, a.c)", "has(a.b, a.c)", has),
        ("has(has(a.b))", "has(has(a.b))", has),
        ("has(a.b())", "has(a.b())", has),
    ]);
}

#[test]
fn numbers_are_read_to_the_edges_of_their_types() {
    trees(&[
        ("0 + 007", "(0 + 7)"),
        ("9223372036854775807", "9223372036854775807"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("- 9223372036854775808", "-9223372036854775808"),
        ("--9223372036854775808", "--9223372036854775808"),
        ("0x7fffffffffffffff - 0xAbC", "(9223372036854775807 - 2748)"),
        ("-0x8000000000000000", "-9223372036854775808"),
        ("18446744073709551615u + 0xFFFFFFFFFFFFFFFFU", "(18446744073709551615u + 18446744073709551615u)"),
        ("-1u", "-1u"),
        ("1 -1", "(1 - 1)"),
        ("a-1", "(a - 1)"),
        ("[-1, - 1.5]", "[-1, -1.5]"),
        ("1.5 + .5 + 1e3 + 1E+3 + 2.5e-1", "((((1.5 + 0.5) + 1000.0) + 1000.0) + 0.25)"),
        ("-.5", "-0.5"),
        ("-0.0", "-0.0"),
        ("1.7976931348623157e308", "1.7976931348623157e308"),
        ("1e-400", "0.0"),
        ("a ?.5:1", "(a ? 0.5 : 1)"),
        ("1in[1]", "(1 in [1])"),
    ]);
    errors(&[
        (
            "9223372036854775808",
            "9223372036854775808",
            "this integer is past the range of an int; a uint ends in `u`",
        ),
        (
            "a - 9223372036854775808",
            "9223372036854775808",
            "this integer is past the range of an int; a uint ends in `u`",
        ),
        ("-9223372036854775809", "-9223372036854775809", "this integer is past the range of an int"),
        ("18446744073709551616", "18446744073709551616", "this integer is past the range of 64 bits"),
        ("18446744073709551616u", "18446744073709551616u", "this integer is past the range of 64 bits"),
        ("0x10000000000000000", "0x10000000000000000", "this integer is past the range of 64 bits"),
        ("1e309", "1e309", "this number is past the range of a double"),
        ("-1e309", "1e309", "this number is past the range of a double"),
        ("1 + 2e", "2e", "the exponent has no digits"),
        ("2.5e+ 1", "2.5e+", "the exponent has no digits"),
        ("0x", "0x", "hexadecimal digits are expected behind `0x`"),
        ("0xg", "0x", "hexadecimal digits are expected behind `0x`"),
        ("0X1", "0X1", "letters directly behind a number"),
        ("10k", "10k", "letters directly behind a number"),
        ("1.5u", "1.5u", "letters directly behind a number"),
        ("1uu", "1uu", "letters directly behind a number"),
        ("1_000", "1_000", "letters directly behind a number"),
        ("1.", "", "expected the name of a field, found the end"),
        ("1.2.3", ".3", "expected an operator or the end, found a number"),
    ]);
}

#[test]
fn a_text_has_four_quotes_and_can_be_raw() {
    trees(&[
        (r#"'a' + "b" + '''c''' + """d""""#, r#"((("a" + "b") + "c") + "d")"#),
        (r#"'"' + "'""#, r#"("\"" + "'")"#),
        (r#"'''a'b''c"""d'''"#, r#""a'b''c\"\"\"d""#),
        (r#"'' + "" + '''''' + """""""#, r#"((("" + "") + "") + "")"#),
        (r"r'\n\' + R'\'", r#"("\\n\\" + "\\")"#),
        (r#"r"""a\""""#, r#""a\\""#),
        ("'''a\nb\r\nc\rd\\r'''", r#""a\nb\nc\nd\r""#),
        ("r'''a\r\nb'''", r#""a\nb""#),
        ("'é✌🐱'", r#""é✌🐱""#),
        ("'\u{0}\u{7f}\t'", r#""\0\u{7f}\t""#),
        (r"'// no comment'", r#""// no comment""#),
    ]);
    errors(&[
        ("a == 'b", "'b", "this text is not closed: ' is missing"),
        (
            "'a\nb'",
            "'a",
            "this text is not closed: ' is missing; one of more than one line stands between three quotes",
        ),
        (
            "r\"a\rb\"",
            "r\"a",
            "this text is not closed: \" is missing; one of more than one line stands between three quotes",
        ),
        ("'''a''", "'''a''", "this text is not closed: ''' is missing"),
        ("b'''a", "b'''a", "these bytes are not closed: ''' is missing"),
        (r"'a\'", r"'a\'", "this text is not closed: ' is missing"),
        ("'a' 'b'", "'b'", "expected an operator or the end, found a text"),
        ("rb'a'", "'a'", "expected an operator or the end, found a text"),
    ]);
}

#[test]
fn escapes_stand_for_signs_and_in_bytes_for_bytes() {
    trees(&[
        (r#"'\a\b\f\n\r\t\v\\\?\"\'\`'"#, r#""\u{7}\u{8}\u{c}\n\r\t\u{b}\\?\"'`""#),
        (r"'\x41\X4a\101\377\u00e9\u270C\U0001F431'", r#""AJAÿé✌🐱""#),
        (r"'\1011\x411\u00411'", r#""A1A1A1""#),
        (r"'\U0010FFFF' == '\uFFFF'", r#"("\u{10ffff}" == "\u{ffff}")"#),
        (r"b'\x41\XfF\000\377é\n'", "b[65, 255, 0, 255, 195, 169, 10]"),
        (r#"B"a" + bR'\n' + Br'''é'''"#, "((b[97] + b[92, 110]) + b[195, 169])"),
    ]);
    let none = "no such escape; a backslash is written `\\\\`";
    let sign = "this is no sign of Unicode: it is past the last, or half of a pair";
    let bytes = "bytes have no signs to be escaped; a byte is written `\\xHH` or `\\ooo`";
    errors(&[
        (r"'\s'", r"\s", none),
        (r"'a\é'", r"\é", none),
        (r"'\8'", r"\8", none),
        (r"'\400'", r"\4", none),
        ("'a\\\nb'", "\\\n", none),
        (r"'\", r"\", "the text ends within an escape"),
        (r"'\", r"\", "the text ends within an escape"),
        (r"'\x4'", r"\x4", "this escape takes 2 hexadecimal digits"),
        (r"'\x+4'", r"\x", "this escape takes 2 hexadecimal digits"),
        (r"'\u123g'", r"\u123", "this escape takes 4 hexadecimal digits"),
        (r"'\U0001F43", r"\U0001F43", "this escape takes 8 hexadecimal digits"),
        (r"'\1'", r"\1", "this escape takes 3 octal digits"),
        (r"'\128'", r"\12", "this escape takes 3 octal digits"),
        (r"'\ud800'", r"\ud800", sign),
        (r"'\udfff'", r"\udfff", sign),
        (r"'\U00110000'", r"\U00110000", sign),
        (r"'\UFFFFFFFF'", r"\UFFFFFFFF", sign),
        (r"b'\u0041'", r"\u", bytes),
        (r"b'\U00000041'", r"\U", bytes),
    ]);
}

#[test]
fn what_is_no_expression_is_told_with_its_place() {
    errors(&[
        ("", "", "expected an expression, found the end"),
        ("// nothing", "", "expected an expression, found the end"),
        ("a ==", "", "expected an expression, found the end"),
        ("a == == b", "==", "expected an expression, found `==`"),
        ("a b", "b", "expected an operator or the end, found the name `b`"),
        ("a)", ")", "expected an operator or the end, found `)`"),
        ("(a", "", "expected an operator or `)`, found the end"),
        ("(a]", "]", "expected an operator or `)`, found `]`"),
        ("()", ")", "expected an expression, found `)`"),
        ("[a b]", "b", "expected an operator, `,` or `]`, found the name `b`"),
        ("[,]", ",", "expected an expression, found `,`"),
        ("[a,,]", ",", "expected an expression, found `,`"),
        ("a[]", "]", "expected an expression, found `]`"),
        ("a[b", "", "expected an operator or `]`, found the end"),
        ("f(a,)", ")", "expected an expression, found `)`"),
        ("f(a", "", "expected an operator, `,` or `)`, found the end"),
        ("{a}", "}", "expected an operator or `:`, found `}`"),
        ("{a: b c}", "c", "expected an operator, `,` or `}`, found the name `c`"),
        ("a ? b", "", "expected `:` of the conditional, found the end"),
        (
            "a ? b ? c : d : e",
            "?",
            "expected `:`, found `?`; a conditional within another one stands in parentheses",
        ),
        ("a.", "", "expected the name of a field, found the end"),
        ("a.1", ".1", "expected an operator or the end, found a number"),
        ("a.'b'", "'b'", "expected the name of a field, found a text"),
        (".", "", "expected a name, found the end"),
        (".'a'", "'a'", "expected a name, found a text"),
        ("..a", ".", "expected a name, found `.`"),
        ("a(b)(c)", "(", "expected an operator or the end, found `(`"),
        ("true(b)", "(", "expected an operator or the end, found `(`"),
        ("a in", "", "expected an expression, found the end"),
        ("in a", "in", "expected an expression, found `in`"),
        ("a = b", "=", "`=` is no operator; two values are compared with `==`"),
        ("a & b", "&", "`&` is no operator; both are demanded with `&&`"),
        ("a | b", "|", "`|` is no operator; one of both is demanded with `||`"),
        ("a === b", "=", "`=` is no operator; two values are compared with `==`"),
        ("a; b", ";", "`;` has no meaning here"),
        ("a @ b", "@", "`@` has no meaning here"),
        ("é == 1", "é", "the sign U+00E9 has no meaning outside of a text"),
        ("a \u{0} b", "\u{0}", "the sign U+0000 has no meaning outside of a text"),
        ("a\u{a0}== b", "\u{a0}", "the sign U+00A0 has no meaning outside of a text"),
        ("a \\ b", "\\", "`\\` has no meaning here"),
    ]);
    let long = "x".repeat(41);
    assert_eq!(
        error(&format!("a {long}")),
        (long, "expected an operator or the end, found a name".to_owned())
    );
}

#[test]
fn words_of_the_language_are_no_names() {
    for word in [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ] {
        let problem = format!("`{word}` is a reserved word, which cannot be a name");
        for source in
            [word.to_owned(), format!(".{word}"), format!("{word}(a)"), format!("a.all({word}, true)")]
        {
            assert_eq!(error(&source), (word.to_owned(), problem.clone()), "{source}");
        }
        assert_eq!(tree(&format!("{word}s.{word}")), format!("{word}s.{word}"));
    }
    for word in ["true", "false", "null", "in"] {
        let problem = format!("`{word}` can be a field only between backticks");
        assert_eq!(error(&format!("a.{word}")), (word.to_owned(), problem));
        assert_eq!(tree(&format!("a.`{word}`")), format!("a.{word}"));
    }
    let backticks = "between backticks, a name of letters, digits, `_`, `.`, `-`, `/` and spaces is expected";
    errors(&[
        ("`a`", "`a`", "a name between backticks can only be a field, as in `a.`b``"),
        (".`a`", "`a`", "expected a name, found a name between backticks"),
        ("a.`b`()", "`b`", "a method has no name between backticks"),
        ("a.``", "`", backticks),
        ("a.`b", "`b", backticks),
        ("a.`b$c`", "`b", backticks),
        ("a.`b\nc`", "`b", backticks),
        ("a.`é`", "`", backticks),
    ]);
}

#[test]
fn what_other_dialects_have_is_refused_by_its_name() {
    let optional = "optional values are not a part of the language; `has()` tells whether there is a field";
    let typed = "objects of a named type are not a part of the language; a map is `{\"key\": value}`";
    errors(&[
        ("a.?b", ".?", optional),
        ("a?.b", "?", optional),
        ("a?.b == 1", "?", optional),
        ("a[?0]", "?", optional),
        ("[?a]", "?", optional),
        ("[a, ?b]", "?", optional),
        ("{?'a': b}", "?", optional),
        ("A{}", "A{", typed),
        ("a.b.C{d: 1}", "a.b.C{", typed),
        (".A{d: 1}", ".A{", typed),
        ("f(){}", "{", "expected an operator or the end, found `{`"),
    ]);
    assert_eq!(tree("a ?.b : c"), "(a ? b : c)");
}

/// The deepest of these that is taken, and that the one after it is refused for being too high.
#[track_caller]
fn deepest(nested: impl Fn(usize) -> String) -> usize {
    let deepest = (1..=HEIGHT_MAX + 2).take_while(|count| parse(&nested(*count)).is_ok()).count();
    let (_, problem) = error(&nested(deepest + 1));
    assert_eq!(
        problem,
        format!("the expression has more than {HEIGHT_MAX} levels"),
        "{}",
        nested(deepest + 1)
    );
    deepest
}

#[test]
fn no_tree_is_higher_than_the_limit() {
    for (name, one) in
        [("selections", ".b"), ("elements", "[0]"), ("calls", ".f()"), ("sums", "+1"), ("relations", "==1")]
    {
        assert_eq!(deepest(|count| format!("a{}", one.repeat(count))), HEIGHT_MAX - 1, "{name}");
    }
    for (name, open, close) in [
        ("parentheses", "(", ")"),
        ("lists", "[", "]"),
        ("maps", "{1:", "}"),
        ("keys", "{", ":1}"),
        ("calls", "f(", ")"),
        ("arguments", "f(1,", ")"),
        ("methods", "a.f(", ")"),
        ("elements", "a[", "]"),
        ("nots", "!", ""),
        ("minuses", "-", ""),
        ("conditionals", "a?b:", ""),
        ("ranges", "", ".all(x,x)"),
        ("bodies", "a.all(x,", ")"),
        ("filters", "a.map(x,", ",x)"),
        ("right operands", "1+(", ")"),
        ("sides of and", "a||b&&(", ")"),
    ] {
        let deepest = deepest(|count| format!("{}a{}", open.repeat(count), close.repeat(count)));
        let expected = if name == "sides of and" { HEIGHT_MAX / 2 - 1 } else { HEIGHT_MAX - 1 };
        assert_eq!(deepest, expected, "{name}");
    }
}

#[test]
fn a_long_chain_costs_no_height() {
    for sign in ["&&", "||"] {
        let longest = format!("a{}", format!("{sign}b").repeat(NODES_MAX - 2));
        assert!(parse(&longest).is_ok());
        assert_eq!(
            error(&format!("{longest}{sign}c")).1,
            format!("the expression has more than {NODES_MAX} parts")
        );
        let nested = "(".repeat(HEIGHT_MAX - 1) + "a" + &format!("{sign}b)").repeat(HEIGHT_MAX - 1);
        assert!(parse(&nested).is_ok());
        assert_eq!(parse(&nested).map(|expr| parts(&expr).len()), Ok(HEIGHT_MAX));
    }
}

#[test]
fn no_tree_has_more_parts_than_the_limit() {
    let list = |items: usize| format!("[{}]", "1,".repeat(items));
    assert!(parse(&list(NODES_MAX - 1)).is_ok());
    let problem = format!("the expression has more than {NODES_MAX} parts");
    assert_eq!(error(&list(NODES_MAX)), ("]".to_owned(), problem.clone()));
    assert_eq!(error(&list(NODES_MAX + 1)), ("1".to_owned(), problem));
    let map = |entries: usize| format!("{{{}}}", "1:1,".repeat(entries));
    assert!(parse(&map((NODES_MAX - 1) / 2)).is_ok());
    assert!(parse(&map(NODES_MAX / 2)).is_err());
}

#[test]
fn a_text_too_long_is_refused_before_it_is_read() {
    let longest = format!("'{}'", "a".repeat(SOURCE_BYTES_MAX - 2));
    assert!(parse(&longest).is_ok());
    for source in [format!("{longest} "), "\u{0}".repeat(SOURCE_BYTES_MAX + 1), "é".repeat(1 << 20)] {
        let Error { span, problem } = parse(&source).unwrap_err();
        assert_eq!(problem, format!("the text has more than {SOURCE_BYTES_MAX} bytes"));
        assert_eq!(place(span), SOURCE_BYTES_MAX..source.len());
    }
}

/// What is repeated.
const UNITS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "!",
    "-",
    "- -",
    "!-",
    "+",
    "1+",
    "1-",
    "a.",
    ".a",
    "a.b.",
    ".",
    "a[",
    "[0]",
    "f(",
    "f()",
    "a.f(",
    ".f()",
    "a?",
    "a?b:",
    "a:",
    "a?(",
    "?",
    ":",
    "{1:",
    "{a:[",
    "[[],",
    "a&&",
    "a||",
    "a||b&&",
    "(a&&",
    "a||b&&c==d+e*-!(",
    "!(",
    "-(",
    "-[",
    "a in ",
    "in ",
    "a.all(x,",
    "a.map(x,y,",
    "[1].map(x,",
    ".map(x,x)",
    "has(",
    "has(a.b)",
    "has(a.",
    "'a'",
    "'a'+",
    "'",
    "'''",
    "\"",
    "\"\"\"",
    "r'",
    "b'",
    "br'''",
    "\\",
    "'\\",
    "\\x",
    "`",
    "a.`b`",
    ".`b`",
    "//",
    "//\n",
    " ",
    "\n",
    "\r",
    "1",
    "1.",
    ".1",
    "1e",
    "1e1",
    "0x",
    "0xf",
    "9",
    "9u",
    "_",
    "aé",
    "é",
    "\u{0}",
    "\u{10ffff}",
    "=",
    "==",
    "===",
    "a==",
    "<",
    "&",
    "|",
    ",",
    "1,",
    "[1,",
    "f(1,",
    "{1:1,",
    "a{",
    "a.b{",
    "true",
    "true ",
    "null.",
    "as",
    "as.",
    ".as",
    "?.",
    "[?",
    "{?",
];

/// Whatever is repeated to the full length of a text, it is read or refused, on half of a usual stack.
#[test]
fn no_repetition_exhausts_the_stack() {
    let read_all = || {
        for unit in UNITS {
            let whole = unit.repeat(SOURCE_BYTES_MAX / unit.len());
            let _read = parse(&whole);
            for end in ["a", "1", ")", "'"] {
                let _read = parse(&(unit.repeat((SOURCE_BYTES_MAX - 1) / unit.len()) + end));
            }
        }
    };
    std::thread::Builder::new().stack_size(STACK_BYTES).spawn(read_all).unwrap().join().unwrap();
}

/// What is taken at the utmost height is also dropped, on the same small stack.
#[test]
fn the_highest_tree_needs_no_more() {
    let source = "a||b&&c==d+e*-!(".repeat(HEIGHT_MAX / 2 - 1);
    let close = ")".repeat(HEIGHT_MAX / 2 - 1);
    std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || drop(parse(&format!("{source}a{close}"))))
        .unwrap()
        .join()
        .unwrap();
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(source in ".{0,200}") {
        read_or_refused(&source);
    }

    #[test]
    fn any_tokens_are_read_or_refused(
        tokens in proptest::collection::vec(
            prop::sample::select(vec![
                "a", "b.c", "doc", "1", "2u", ".5", "'x'", "b'y'", "true", "null", "has(", "f(", ".all(x,", ".map(", "(",
                ")", "[", "]", "{", "}", ",", ":", "?", ".", "+", "-", "*", "/", "%", "!", "==", "!=", "<", ">=", "&&", "||",
                " in ", "`a-b`", "if", "\\", "'", "\"\"\"", "r'", "//", "\n", "é", "0x", "1e",
            ]),
            0..40,
        ),
    ) {
        read_or_refused(&tokens.concat());
    }

    #[test]
    fn what_is_well_formed_is_read(source in expressions()) {
        if let Err(error) = parse(&source) {
            prop_assert!(error.problem.contains("more than"), "{}", error.shown_in(&source));
        }
        read_or_refused(&source);
    }
}

fn read_or_refused(source: &str) {
    match parse(source) {
        Ok(expr) => spans_hold(&expr, source),
        Err(error) => {
            assert!(marked(source, error.span).is_some());
            let first = error.problem.chars().next().unwrap();
            assert!(!first.is_uppercase() && !error.problem.ends_with('.'), "{}", error.problem);
        }
    }
}

/// Texts that follow the grammar, with blanks and without.
fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-h][a-z_]{0,3}_",
        "[0-9]{1,9}u?",
        "-?[0-9]{1,5}\\.[0-9]{1,3}(e-?[0-9])?",
        "0x[0-9a-f]{1,8}",
        "(b|r)?'[a-z é]{0,4}'",
        "b?\"(\\\\n|\\\\x41|\\\\101|z){0,3}\"",
        Just("true".to_owned()),
        Just("null".to_owned()),
        Just("{}".to_owned()),
        Just("[]".to_owned()),
    ];
    leaf.prop_recursive(6, 60, 4, |inner| {
        let two = (inner.clone(), inner.clone());
        let three = (inner.clone(), inner.clone(), inner.clone());
        let binary = prop::sample::select(vec![
            "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "&&", "||", " in ",
        ]);
        prop_oneof![
            (two.clone(), binary).prop_map(|((left, right), sign)| format!("({left}){sign} {right}")),
            (two.clone(), prop::sample::select(vec!["&&", "||"]))
                .prop_map(|((left, right), sign)| format!("{left}{sign}{right}")),
            three.clone().prop_map(|(a, b, c)| format!("({a}) ? ({b}) : {c}")),
            inner.clone().prop_map(|of| format!("({of}).field")),
            inner.clone().prop_map(|of| format!("has(({of}).`a-b`)")),
            inner.clone().prop_map(|of| format!("!({of})")),
            inner.clone().prop_map(|of| format!("-({of})")),
            two.clone().prop_map(|(of, index)| format!("({of})[{index}]")),
            two.clone().prop_map(|(a, b)| format!("f({a}, {b})")),
            two.clone().prop_map(|(a, b)| format!("({a}).g({b})")),
            two.clone().prop_map(|(a, b)| format!("({a}).exists(x, {b})")),
            three.prop_map(|(a, b, c)| format!("({a}).map(x, {b}, {c})")),
            two.clone().prop_map(|(a, b)| format!("[{a},\n{b}, // both\n]")),
            two.prop_map(|(a, b)| format!("{{({a}): {b}}}")),
        ]
    })
}

#[test]
fn errors_of_a_text_of_many_lines_show_the_line() {
    let source = "a &&\nb == = c";
    let error = parse(source).unwrap_err();
    assert_eq!(error.span, Span { start: 10, end: 11 });
    let shown = error.shown_in(source);
    assert!(shown.starts_with("b == = c\n     ^ `=` is no operator"), "{shown}");
}
