//! Operands: literals, names, calls, and what is selected from them. It knows nothing of operators.

use super::{Parser, Part, optional};
use crate::ast::{Comprehension, Expr, ExprKind, Macro};
use crate::lexer::Kind;
use crate::{Constant, Error, Result, Span};

impl Parser<'_> {
    /// An operand with all that is selected from it. `minus` is the sign of the number that it begins with.
    pub(super) fn member(&mut self, minus: Option<Span>) -> Result<Part> {
        let mut part = self.primary(minus)?;
        loop {
            part = match self.token.kind {
                Kind::Dot => self.selection(part)?,
                Kind::LeftBracket => self.element(part)?,
                Kind::LeftBrace if may_be_type(&part.expr) => {
                    let problem =
                        "objects of a named type are not a part of the language; a map is `{\"key\": value}`";
                    return Err(Error::at(part.expr.span.to(self.token.span), problem));
                }
                _ => return Ok(part),
            }
        }
    }

    fn primary(&mut self, minus: Option<Span>) -> Result<Part> {
        let span = self.token.span;
        match self.token.kind.clone() {
            Kind::Literal(constant) => self.literal(constant, span),
            Kind::Double(value) => {
                let value = if minus.is_some() { -value } else { value };
                self.literal(Constant::Double(value), minus.unwrap_or(span).to(span))
            }
            Kind::Integer(size) => {
                let span = minus.unwrap_or(span).to(span);
                self.literal(Constant::Int(integer(size, minus.is_some(), span)?), span)
            }
            Kind::Name(name) => self.name(name, None),
            Kind::Dot => {
                self.advance()?;
                match self.token.kind.clone() {
                    Kind::Name(name) => self.name(name, Some(span)),
                    Kind::Reserved(word) => Err(self.reserved(word)),
                    _ => Err(self.expected("a name")),
                }
            }
            Kind::LeftParenthesis => {
                self.advance()?;
                let mut part = self.expression()?;
                part.expr.span = span.to(self.close(&Kind::RightParenthesis, "an operator or `)`")?);
                part.expr.is_enclosed = true;
                Ok(part)
            }
            Kind::LeftBracket => self.list(),
            Kind::LeftBrace => self.map(),
            Kind::Reserved(word) => Err(self.reserved(word)),
            Kind::Quoted(_) => {
                Err(Error::at(span, "a name between backticks can only be a field, as in `a.`b``"))
            }
            _ => Err(self.expected("an expression")),
        }
    }

    fn literal(&mut self, constant: Constant, span: Span) -> Result<Part> {
        self.advance()?;
        self.node(ExprKind::Literal(constant), span, 0)
    }

    /// A name, or a call of a function, perhaps with a dot in front of it.
    fn name(&mut self, name: &str, dot: Option<Span>) -> Result<Part> {
        let name_span = self.advance()?;
        let from = dot.unwrap_or(name_span);
        if !matches!(self.token.kind, Kind::LeftParenthesis) {
            let kind = ExprKind::Name { name: name.to_owned(), is_absolute: dot.is_some() };
            return self.node(kind, from.to(name_span), 0);
        }
        let (arguments, below) = self.arguments()?;
        let span = from.to(self.last);
        if name == "has" {
            return test(arguments, below, span);
        }
        self.node(ExprKind::Call { function: name.to_owned(), name_span, on: None, arguments }, span, below)
    }

    /// `of.field`, `on.method()`
    fn selection(&mut self, of: Part) -> Result<Part> {
        let dot = self.advance()?;
        let name_span = self.token.span;
        let (name, is_quoted) = match self.token.kind {
            Kind::Name(name) | Kind::Reserved(name) => (name, false),
            Kind::Quoted(name) => (name, true),
            Kind::Question => return Err(optional(dot.to(name_span))),
            Kind::In | Kind::Literal(Constant::Null | Constant::Bool(_)) => {
                let problem = format!("{} can be a field only between backticks", self.token.kind);
                return Err(Error::at(name_span, problem));
            }
            _ => return Err(self.expected("the name of a field")),
        };
        self.advance()?;
        if !matches!(self.token.kind, Kind::LeftParenthesis) {
            let span = of.expr.span.to(name_span);
            let kind = ExprKind::Select { of: Box::new(of.expr), field: name.to_owned(), is_test: false };
            return self.node(kind, span, of.height);
        }
        if is_quoted {
            return Err(Error::at(name_span, "a method has no name between backticks"));
        }
        let (arguments, below) = self.arguments()?;
        let below = below.max(of.height);
        let span = of.expr.span.to(self.last);
        let kind = match comprehension_kind(name) {
            Some(kind) => comprehension(kind, of.expr, arguments, name_span)?,
            None => ExprKind::Call {
                function: name.to_owned(),
                name_span,
                on: Some(Box::new(of.expr)),
                arguments,
            },
        };
        self.node(kind, span, below)
    }

    /// `of[index]`
    fn element(&mut self, of: Part) -> Result<Part> {
        self.advance()?;
        self.refuse_optional()?;
        let index = self.expression()?;
        let end = self.close(&Kind::RightBracket, "an operator or `]`")?;
        let span = of.expr.span.to(end);
        let below = of.height.max(index.height);
        self.node(ExprKind::Index { of: Box::new(of.expr), index: Box::new(index.expr) }, span, below)
    }

    /// What stands in the parentheses of a call, and the greatest height in it.
    fn arguments(&mut self) -> Result<(Vec<Expr>, usize)> {
        self.advance()?;
        let mut arguments = Vec::new();
        let mut below = 0;
        if matches!(self.token.kind, Kind::RightParenthesis) {
            self.advance()?;
            return Ok((arguments, below));
        }
        loop {
            let argument = self.expression()?;
            below = below.max(argument.height);
            arguments.push(argument.expr);
            if !self.comma()? {
                self.close(&Kind::RightParenthesis, "an operator, `,` or `)`")?;
                return Ok((arguments, below));
            }
        }
    }

    fn list(&mut self) -> Result<Part> {
        let start = self.advance()?;
        let mut items = Vec::new();
        let mut below = 0;
        while !matches!(self.token.kind, Kind::RightBracket) {
            self.refuse_optional()?;
            let item = self.expression()?;
            below = below.max(item.height);
            items.push(item.expr);
            if !self.comma()? {
                break;
            }
        }
        let end = self.close(&Kind::RightBracket, "an operator, `,` or `]`")?;
        self.node(ExprKind::List(items), start.to(end), below)
    }

    fn map(&mut self) -> Result<Part> {
        let start = self.advance()?;
        let mut entries = Vec::new();
        let mut below = 0;
        while !matches!(self.token.kind, Kind::RightBrace) {
            self.refuse_optional()?;
            let key = self.expression()?;
            self.close(&Kind::Colon, "an operator or `:`")?;
            let value = self.expression()?;
            below = below.max(key.height).max(value.height);
            entries.push((key.expr, value.expr));
            if !self.comma()? {
                break;
            }
        }
        let end = self.close(&Kind::RightBrace, "an operator, `,` or `}`")?;
        self.node(ExprKind::Map(entries), start.to(end), below)
    }

    fn comma(&mut self) -> Result<bool> {
        let found = matches!(self.token.kind, Kind::Comma);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Goes behind the sign that ends a part. `expected` names what else could have stood there.
    fn close(&mut self, sign: &Kind<'_>, expected: &str) -> Result<Span> {
        if std::mem::discriminant(&self.token.kind) == std::mem::discriminant(sign) {
            return self.advance();
        }
        Err(self.expected(expected))
    }

    fn refuse_optional(&self) -> Result<()> {
        match self.token.kind {
            Kind::Question => Err(optional(self.token.span)),
            _ => Ok(()),
        }
    }

    fn reserved(&self, word: &str) -> Error {
        Error::at(self.token.span, format!("`{word}` is a reserved word, which cannot be a name"))
    }
}

/// A literal integer of this size.
fn integer(size: u64, is_negative: bool, span: Span) -> Result<i64> {
    if is_negative {
        let problem = "this integer is past the range of an int";
        return 0_i64.checked_sub_unsigned(size).ok_or_else(|| Error::at(span, problem));
    }
    let problem = "this integer is past the range of an int; a uint ends in `u`";
    i64::try_from(size).map_err(|_| Error::at(span, problem))
}

/// `has(of.field)`. It is the selection itself that is tested, so it costs no height.
fn test(arguments: Vec<Expr>, height: usize, span: Span) -> Result<Part> {
    let mut arguments = arguments.into_iter();
    match (arguments.next().map(|argument| argument.kind), arguments.next()) {
        (Some(ExprKind::Select { of, field, is_test: false }), None) => Ok(Part {
            expr: Expr { kind: ExprKind::Select { of, field, is_test: true }, span, is_enclosed: false },
            height,
        }),
        _ => Err(Error::at(span, "`has` takes the field of something, as in `has(doc.owner)`")),
    }
}

fn comprehension_kind(method: &str) -> Option<Macro> {
    Some(match method {
        "all" => Macro::All,
        "exists" => Macro::Exists,
        "exists_one" | "existsOne" => Macro::ExistsOne,
        "filter" => Macro::Filter,
        "map" => Macro::Map,
        _ => return None,
    })
}

fn comprehension(kind: Macro, range: Expr, arguments: Vec<Expr>, name_span: Span) -> Result<ExprKind> {
    let mut arguments = arguments.into_iter();
    let parts = (arguments.next(), arguments.next(), arguments.next(), arguments.next());
    let (variable, filter, body) = match parts {
        (Some(variable), Some(body), None, None) => (variable, None, body),
        (Some(variable), Some(filter), Some(body), None) if kind == Macro::Map => {
            (variable, Some(filter), body)
        }
        _ => {
            let problem = match kind {
                Macro::Map => "a name, a condition that may be left out, and an expression are expected here",
                Macro::All | Macro::Exists | Macro::ExistsOne | Macro::Filter => {
                    "a name and a condition are expected here, as in `(x, x > 0)`"
                }
            };
            return Err(Error::at(name_span, problem));
        }
    };
    let variable = variable_name(variable)?;
    Ok(ExprKind::Comprehension(Box::new(Comprehension { kind, range, variable, filter, body })))
}

/// The name that stands for each value in turn: nothing but a name, not even one with a dot in front of it.
fn variable_name(expr: Expr) -> Result<String> {
    match expr.kind {
        ExprKind::Name { name, is_absolute: false } if !expr.is_enclosed => Ok(name),
        _ => Err(Error::at(expr.span, "a name for each value in turn is expected here")),
    }
}

/// Whether `{` behind it would make an object of a named type.
fn may_be_type(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Name { .. } | ExprKind::Select { is_test: false, .. })
}
