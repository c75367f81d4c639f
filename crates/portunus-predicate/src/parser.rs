//! Tokens into a tree. What is in brackets is read by descent, all else in one loop, which bounds the stack. It knows the grammar and the limits of a text, and not which names there are or
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
    /// How many expressions are begun and not ended, each in brackets of the one before it.
    depth: usize,
    nodes: usize,
}

/// A tree and its height, which for one without branches is 1.
struct Part {
    expr: Expr,
    height: usize,
}

/// What is read of an expression, and waits for what stands behind it.
#[derive(Default)]
struct Pile {
    operands: Vec<Part>,
    operators: Vec<(Operator, Span)>,
}

#[derive(Clone, Copy)]
enum Operator {
    /// `?`, and whether it is written like the selection of an optional field.
    Question(bool),
    /// `:` with its `?`
    Conditional,
    Or,
    And,
    Binary(Binary),
    Not,
    Negate,
}

/// How strongly an operator holds its operands, from the loosest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Conditional,
    Or,
    And,
    Relation,
    Sum,
    Product,
    Sign,
}

impl Parser<'_> {
    fn expression(&mut self) -> Result<Part> {
        self.depth += 1;
        if self.depth > HEIGHT_MAX {
            return Err(too_high(self.token.span));
        }
        let mut pile = Pile::default();
        loop {
            let minus = self.signs(&mut pile)?;
            let operand = self.member(minus)?;
            pile.operands.push(operand);
            if !self.operator(&mut pile)? {
                break;
            }
        }
        self.depth -= 1;
        self.whole(pile)
    }

    /// Signs in front of an operand. A number takes the last minus for itself, because the lowest integer has no positive one.
    fn signs(&mut self, pile: &mut Pile) -> Result<Option<Span>> {
        loop {
            let sign = match self.token.kind {
                Kind::Not => Operator::Not,
                Kind::Minus => Operator::Negate,
                _ => return Ok(None),
            };
            let span = self.advance()?;
            let before_number = matches!(self.token.kind, Kind::Integer(_) | Kind::Double(_));
            if before_number && matches!(sign, Operator::Negate) {
                return Ok(Some(span));
            }
            pile.operators.push((sign, span));
        }
    }

    /// The operator behind an operand. There is none if something else follows, which may be the end of brackets around all this.
    fn operator(&mut self, pile: &mut Pile) -> Result<bool> {
        let Some(operator) = operator(&self.token.kind) else { return Ok(false) };
        if let Operator::Question(_) | Operator::Conditional = operator {
            return self.part_of_conditional(operator, pile);
        }
        // Those of one strength hold from the left.
        self.reduce(pile, operator.strength())?;
        let span = self.advance()?;
        pile.operators.push((operator, span));
        Ok(true)
    }

    fn part_of_conditional(&mut self, operator: Operator, pile: &mut Pile) -> Result<bool> {
        self.reduce(pile, Strength::Or)?;
        let is_open = matches!(pile.operators.last(), Some((Operator::Question(_), _)));
        match operator {
            Operator::Conditional if is_open => {
                pile.operators.pop();
                let span = self.advance()?;
                pile.operators.push((operator, span));
                Ok(true)
            }
            Operator::Question(_) if is_open => {
                let problem =
                    "expected `:`, found `?`; a conditional within another one stands in parentheses";
                Err(Error::at(self.token.span, problem))
            }
            Operator::Question(_) => {
                let span = self.advance()?;
                let is_selection = matches!(self.token.kind, Kind::Dot) && self.token.span.start == span.end;
                pile.operators.push((Operator::Question(is_selection), span));
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn whole(&mut self, mut pile: Pile) -> Result<Part> {
        self.reduce(&mut pile, Strength::Or)?;
        match pile.operators.last() {
            Some((Operator::Question(true), span)) => return Err(optional(*span)),
            Some((Operator::Question(false), _)) => return Err(self.expected("`:` of the conditional")),
            _ => {}
        }
        self.reduce(&mut pile, Strength::Conditional)?;
        pile.operands.pop().ok_or_else(|| self.expected("an expression"))
    }

    /// Gives the operators that hold at least so strongly their operands.
    fn reduce(&mut self, pile: &mut Pile, least: Strength) -> Result<()> {
        while let Some((operator, span)) = pile.operators.pop_if(|(last, _)| last.strength() >= least) {
            let last = pile.operands.pop().ok_or_else(|| self.expected("an operand"))?;
            let part = match operator {
                Operator::Not => self.sign(ExprKind::Not, span, last)?,
                Operator::Negate => self.sign(ExprKind::Negate, span, last)?,
                _ => {
                    let left = pile.operands.pop().ok_or_else(|| self.expected("an operand"))?;
                    match operator {
                        Operator::Binary(binary) => self.binary(binary, left, last)?,
                        Operator::And | Operator::Or => self.logic(operator, left, last)?,
                        _ => {
                            let condition = pile.operands.pop().ok_or_else(|| self.expected("an operand"))?;
                            self.conditional(condition, left, last)?
                        }
                    }
                }
            };
            pile.operands.push(part);
        }
        Ok(())
    }

    fn sign(&mut self, build: fn(Box<Expr>) -> ExprKind, sign: Span, of: Part) -> Result<Part> {
        let span = sign.to(of.expr.span);
        self.node(build(Box::new(of.expr)), span, of.height)
    }

    fn binary(&mut self, operator: Binary, left: Part, right: Part) -> Result<Part> {
        let span = left.expr.span.to(right.expr.span);
        let below = left.height.max(right.height);
        self.node(ExprKind::Binary(operator, Box::new([left.expr, right.expr])), span, below)
    }

    /// A chain is one node, however long it is. One in parentheses within another is put into it, because that means the same.
    fn logic(&mut self, operator: Operator, left: Part, right: Part) -> Result<Part> {
        let span = left.expr.span.to(right.expr.span);
        let (mut parts, left_below, is_chain) = operator.links(left);
        let (mut more, right_below, _) = operator.links(right);
        parts.append(&mut more);
        let below = left_below.max(right_below);
        let kind = match operator {
            Operator::Or => ExprKind::Or(parts),
            _ => ExprKind::And(parts),
        };
        // A chain that grows was counted when it began.
        self.nodes -= usize::from(is_chain);
        self.node(kind, span, below)
    }

    fn conditional(&mut self, condition: Part, then: Part, otherwise: Part) -> Result<Part> {
        let span = condition.expr.span.to(otherwise.expr.span);
        let below = condition.height.max(then.height).max(otherwise.height);
        let parts = Box::new([condition.expr, then.expr, otherwise.expr]);
        self.node(ExprKind::Conditional(parts), span, below)
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
        Ok(Part { expr: Expr { kind, span, is_enclosed: false }, height })
    }

    fn expected(&self, what: &str) -> Error {
        Error::at(self.token.span, format!("expected {what}, found {}", self.token.kind))
    }
}

impl Operator {
    fn strength(self) -> Strength {
        match self {
            Self::Question(_) | Self::Conditional => Strength::Conditional,
            Self::Or => Strength::Or,
            Self::And => Strength::And,
            Self::Binary(Binary::Compare(_) | Binary::In) => Strength::Relation,
            Self::Binary(Binary::Arithmetic(Arithmetic::Add | Arithmetic::Subtract)) => Strength::Sum,
            Self::Binary(Binary::Arithmetic(_)) => Strength::Product,
            Self::Not | Self::Negate => Strength::Sign,
        }
    }

    /// What an operand adds to a chain, how high that stands below the chain, and whether the operand is such a chain.
    fn links(self, part: Part) -> (Vec<Expr>, usize, bool) {
        match (self, part.expr.kind) {
            (Self::And, ExprKind::And(parts)) | (Self::Or, ExprKind::Or(parts)) => {
                (parts, part.height - 1, true)
            }
            (_, kind) => (vec![Expr { kind, ..part.expr }], part.height, false),
        }
    }
}

/// The operator that stands behind an operand.
fn operator(kind: &Kind<'_>) -> Option<Operator> {
    let compare = |which| Operator::Binary(Binary::Compare(which));
    let arithmetic = |which| Operator::Binary(Binary::Arithmetic(which));
    Some(match kind {
        Kind::Question => Operator::Question(false),
        Kind::Colon => Operator::Conditional,
        Kind::Or => Operator::Or,
        Kind::And => Operator::And,
        Kind::Equal => compare(Comparison::Equal),
        Kind::NotEqual => compare(Comparison::NotEqual),
        Kind::Less => compare(Comparison::Less),
        Kind::LessOrEqual => compare(Comparison::LessOrEqual),
        Kind::Greater => compare(Comparison::Greater),
        Kind::GreaterOrEqual => compare(Comparison::GreaterOrEqual),
        Kind::In => Operator::Binary(Binary::In),
        Kind::Plus => arithmetic(Arithmetic::Add),
        Kind::Minus => arithmetic(Arithmetic::Subtract),
        Kind::Star => arithmetic(Arithmetic::Multiply),
        Kind::Slash => arithmetic(Arithmetic::Divide),
        Kind::Percent => arithmetic(Arithmetic::Remainder),
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
