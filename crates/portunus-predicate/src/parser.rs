//! Tokens into a tree, by recursive descent. It knows the grammar and the limits of a text, and not which names there are or
//! what fits together.

mod members;
#[cfg(test)]
mod tests;

use crate::ast::{Arithmetic, Binary, Comparison, Expr, ExprKind};
use crate::lexer::{Kind, Lexer, Token};
use crate::limits::{HEIGHT_MAX, NODES_MAX, SOURCE_BYTES_MAX};
use crate::{Error, Result, Span};

/// Reads a whole text as one expression.
pub(crate) fn parse(source: &str) -> Result<Expr> {
    if source.len() > SOURCE_BYTES_MAX {
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let span = Span { start: narrow(SOURCE_BYTES_MAX), end: narrow(source.len()) };
        return Err(Error::at(span, format!("the text has more than {SOURCE_BYTES_MAX} bytes")));
    }
    let mut lexer = Lexer::new(source);
    let token = lexer.token()?;
    let mut parser = Parser { lexer, token, last: Span::default(), depth: 0, nodes: 0 };
    let part = parser.expression()?;
    match parser.token.kind {
        Kind::End => Ok(part.expr),
        _ => Err(parser.expected("an operator or the end")),
    }
}

struct Parser<'s> {
    lexer: Lexer<'s>,
    /// The next token, not yet a part of anything.
    token: Token<'s>,
    /// Where the token before it stands.
    last: Span,
    /// How many expressions are begun and not ended. This bounds the stack; the height of the tree bounds that of others.
    depth: usize,
    nodes: usize,
}

/// A tree and its height, which for one without branches is 1.
struct Part {
    expr: Expr,
    height: usize,
}

/// The operators that take any number of operands.
#[derive(Clone, Copy)]
enum Logic {
    And,
    Or,
}

/// How strongly an operator between two operands holds them, from the loosest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Relation,
    Sum,
    Product,
}

impl<'s> Parser<'s> {
    fn expression(&mut self) -> Result<Part> {
        self.depth += 1;
        if self.depth > HEIGHT_MAX {
            return Err(too_high(self.token.span));
        }
        let part = self.conditional()?;
        self.depth -= 1;
        Ok(part)
    }

    fn conditional(&mut self) -> Result<Part> {
        let condition = self.chain(Logic::Or)?;
        if !matches!(self.token.kind, Kind::Question) {
            return Ok(condition);
        }
        let question = self.advance()?;
        let is_selection = matches!(self.token.kind, Kind::Dot) && self.token.span.start == question.end;
        let then = self.chain(Logic::Or)?;
        match self.token.kind {
            Kind::Colon => self.advance()?,
            Kind::Question => {
                let problem =
                    "expected `:`, found `?`; a conditional within another one stands in parentheses";
                return Err(Error::at(self.token.span, problem));
            }
            _ if is_selection => return Err(optional(question)),
            _ => return Err(self.expected("`:` of the conditional")),
        };
        let otherwise = self.expression()?;
        let span = condition.expr.span.to(otherwise.expr.span);
        let below = condition.height.max(then.height).max(otherwise.height);
        let parts = Box::new([condition.expr, then.expr, otherwise.expr]);
        self.node(ExprKind::Conditional(parts), span, below)
    }

    /// `… || …` or `… && …`, as one node however long it is. One within another is put into it, because that means the same.
    fn chain(&mut self, logic: Logic) -> Result<Part> {
        let mut next = self.link(logic)?;
        if !logic.is_sign(&self.token.kind) {
            return Ok(next);
        }
        let mut span = next.expr.span;
        let mut parts = Vec::new();
        let mut below = 0;
        loop {
            span = span.to(next.expr.span);
            below = below.max(logic.take(next, &mut parts));
            if !logic.is_sign(&self.token.kind) {
                return self.node(logic.build(parts), span, below);
            }
            self.advance()?;
            next = self.link(logic)?;
        }
    }

    fn link(&mut self, logic: Logic) -> Result<Part> {
        match logic {
            Logic::Or => self.chain(Logic::And),
            Logic::And => self.binary(Strength::Relation),
        }
    }

    /// Operators that hold at least so strongly; those of one strength hold from the left.
    fn binary(&mut self, least: Strength) -> Result<Part> {
        let mut left = self.unary()?;
        while let Some((operator, strength)) = binary_operator(&self.token.kind) {
            if strength < least {
                break;
            }
            self.advance()?;
            let right = match strength {
                Strength::Relation => self.binary(Strength::Sum)?,
                Strength::Sum => self.binary(Strength::Product)?,
                Strength::Product => self.unary()?,
            };
            let span = left.expr.span.to(right.expr.span);
            let below = left.height.max(right.height);
            left = self.node(ExprKind::Binary(operator, Box::new([left.expr, right.expr])), span, below)?;
        }
        Ok(left)
    }

    /// Signs in front of an operand. A number takes the last minus for itself, because the lowest integer has no positive one.
    fn unary(&mut self) -> Result<Part> {
        let mut signs: Vec<(fn(Box<Expr>) -> ExprKind, Span)> = Vec::new();
        let mut minus = None;
        loop {
            let build = match self.token.kind {
                Kind::Not => ExprKind::Not,
                Kind::Minus => ExprKind::Negate,
                _ => break,
            };
            let is_minus = matches!(self.token.kind, Kind::Minus);
            let span = self.advance()?;
            if is_minus && matches!(self.token.kind, Kind::Integer(_) | Kind::Double(_)) {
                minus = Some(span);
            } else {
                signs.push((build, span));
            }
        }
        let mut part = self.member(minus)?;
        while let Some((build, span)) = signs.pop() {
            let span = span.to(part.expr.span);
            part = self.node(build(Box::new(part.expr)), span, part.height)?;
        }
        Ok(part)
    }

    /// Goes to the next token, and tells where the one stood that is left behind.
    fn advance(&mut self) -> Result<Span> {
        self.last = self.token.span;
        self.token = self.lexer.token()?;
        Ok(self.last)
    }

    /// One more node, over what is `below` high.
    fn node(&mut self, kind: ExprKind, span: Span, below: usize) -> Result<Part> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return Err(Error::at(self.last, format!("the expression has more than {NODES_MAX} parts")));
        }
        let height = below + 1;
        if height > HEIGHT_MAX {
            return Err(too_high(self.last));
        }
        Ok(Part { expr: Expr { kind, span }, height })
    }

    fn expected(&self, what: &str) -> Error {
        Error::at(self.token.span, format!("expected {what}, found {}", self.token.kind))
    }
}

impl Logic {
    fn is_sign(self, kind: &Kind<'_>) -> bool {
        match self {
            Self::And => matches!(kind, Kind::And),
            Self::Or => matches!(kind, Kind::Or),
        }
    }

    fn build(self, parts: Vec<Expr>) -> ExprKind {
        match self {
            Self::And => ExprKind::And(parts),
            Self::Or => ExprKind::Or(parts),
        }
    }

    /// Adds an operand to the others, and tells how high it stands below the node of all of them.
    fn take(self, part: Part, parts: &mut Vec<Expr>) -> usize {
        match (self, part.expr.kind) {
            (Self::And, ExprKind::And(mut inner)) | (Self::Or, ExprKind::Or(mut inner)) => {
                parts.append(&mut inner);
                part.height - 1
            }
            (_, kind) => {
                parts.push(Expr { kind, span: part.expr.span });
                part.height
            }
        }
    }
}

fn binary_operator(kind: &Kind<'_>) -> Option<(Binary, Strength)> {
    let comparison = |which| (Binary::Compare(which), Strength::Relation);
    let arithmetic = |which, strength| (Binary::Arithmetic(which), strength);
    Some(match kind {
        Kind::Equal => comparison(Comparison::Equal),
        Kind::NotEqual => comparison(Comparison::NotEqual),
        Kind::Less => comparison(Comparison::Less),
        Kind::LessOrEqual => comparison(Comparison::LessOrEqual),
        Kind::Greater => comparison(Comparison::Greater),
        Kind::GreaterOrEqual => comparison(Comparison::GreaterOrEqual),
        Kind::In => (Binary::In, Strength::Relation),
        Kind::Plus => arithmetic(Arithmetic::Add, Strength::Sum),
        Kind::Minus => arithmetic(Arithmetic::Subtract, Strength::Sum),
        Kind::Star => arithmetic(Arithmetic::Multiply, Strength::Product),
        Kind::Slash => arithmetic(Arithmetic::Divide, Strength::Product),
        Kind::Percent => arithmetic(Arithmetic::Remainder, Strength::Product),
        _ => return None,
    })
}

fn too_high(span: Span) -> Error {
    Error::at(span, format!("the expression has more than {HEIGHT_MAX} levels"))
}

/// The language has no values that may be there or not.
fn optional(span: Span) -> Error {
    Error::at(span, "optional values are not a part of the language; `has()` tells whether there is a field")
}
