//! From what was written to what is evaluated: names become slots, calls of named predicates their bodies, and each part is checked
//! where it is built. It knows the rules for names and reads; which types fit is in `check`.

mod calls;
mod names;
mod reads;
#[cfg(test)]
mod tests;

use crate::ast::{Binary, Comprehension as Written, Expr, ExprKind, Macro};
use crate::check::{self, Judged};
use crate::ir::{Comprehension, FieldName, Node, Path, Step};
use crate::limits::{COMPREHENSIONS_MAX, COMPREHENSIONS_OVER_ANYTHING_MAX, HEIGHT_MAX, NODES_MAX};
use crate::{Constant, Read, Result, Span, Type, Vocabulary};
use names::{Bound, Names, Place};

/// Compiles one text.
pub(crate) struct Compiler<'v> {
    vocabulary: &'v Vocabulary,
    /// How many nodes there are so far, those of named predicates included, however often one is used.
    nodes: usize,
    /// How many expressions and calls are begun and not ended. This bounds the stack.
    depth: usize,
    /// How many comprehensions are begun, and how many of them go over what is known for each decision only.
    comprehensions: usize,
    decided_comprehensions: usize,
    /// What is read, and how its id is written, where that says which it is.
    reads: Vec<(Read, Option<String>)>,
}

/// A part that is compiled, and what is known of it.
pub(crate) struct Term {
    pub(crate) node: Node,
    pub(crate) r#type: Type,
    height: usize,
    on: DependsOn,
}

/// What the value of a part depends on.
#[derive(Clone, Copy, Debug, Default)]
struct DependsOn {
    /// Something that is known for each decision only.
    decided: bool,
    /// A document that is read.
    read: bool,
}

impl<'v> Compiler<'v> {
    pub(crate) fn new(vocabulary: &'v Vocabulary) -> Self {
        let (nodes, depth, comprehensions, decided_comprehensions) = (0, 0, 0, 0);
        Self { vocabulary, nodes, depth, comprehensions, decided_comprehensions, reads: Vec::new() }
    }

    /// Compiles a whole text.
    pub(crate) fn compile(&mut self, source: &str, expr: &Expr) -> Result<Term> {
        self.term(expr, Place::of(source))
    }

    /// What the compiled text reads.
    pub(crate) fn into_reads(self) -> Vec<Read> {
        self.reads.into_iter().map(|(read, _)| read).collect()
    }

    fn term(&mut self, expr: &Expr, place: Place<'_>) -> Result<Term> {
        self.deeper(expr.span, place)?;
        let term = match &expr.kind {
            ExprKind::Literal(constant) => {
                let r#type = check::constant(constant);
                self.leaf(Step::Constant(constant.clone()), r#type, expr.span, place)
            }
            ExprKind::Name { .. } | ExprKind::Select { is_test: false, .. } => self.selection(expr, place),
            ExprKind::Select { of, field, is_test: true } => self.test(of, field, expr.span, place),
            ExprKind::Index { of, index } => self.index(of, index, expr.span, place),
            ExprKind::Call { .. } => self.call(expr, place),
            ExprKind::Not(of) => self.not(of, expr.span, place),
            ExprKind::Negate(of) => self.negate(of, expr.span, place),
            ExprKind::Binary(operator, sides) => self.binary(*operator, sides, expr.span, place),
            ExprKind::And(parts) => self.chain(parts, true, expr.span, place),
            ExprKind::Or(parts) => self.chain(parts, false, expr.span, place),
            ExprKind::Conditional(parts) => self.conditional(parts, expr.span, place),
            ExprKind::List(items) => self.list(items, expr.span, place),
            ExprKind::Map(entries) => self.map(entries, expr.span, place),
            ExprKind::Comprehension(written) => self.comprehension(written, expr.span, place),
        }?;
        self.depth -= 1;
        Ok(term)
    }

    /// Goes one level deeper. A text has at most `HEIGHT_MAX` levels; those of named predicates in each other could be any number.
    fn deeper(&mut self, span: Span, place: Place<'_>) -> Result<()> {
        self.depth += 1;
        if self.depth > HEIGHT_MAX * 2 {
            return Err(place.error(span, "predicates with a name are called too deep in each other"));
        }
        Ok(())
    }

    fn index(&mut self, of: &Expr, index: &Expr, span: Span, place: Place<'_>) -> Result<Term> {
        let of = self.term(of, place)?;
        if let ExprKind::Literal(Constant::String(name)) = &index.kind {
            return self.select(of, name, span, index.span, place);
        }
        let index = self.term(index, place)?;
        let r#type = self.judged(check::element(&of.r#type, &index.r#type), span, place)?;
        let (height, on) = (of.height.max(index.height), of.on.and(index.on));
        self.made(Step::Index(Box::new([of.node, index.node])), r#type, height, on, span, place)
    }

    /// A field of something. Fields of a declared name become one path, whichever way they are written.
    fn select(&mut self, of: Term, field: &str, span: Span, name: Span, place: Place<'_>) -> Result<Term> {
        let r#type = self.judged(check::field(&of.r#type, field), name, place)?;
        let step = match of.node.step {
            Step::Path(path) => Step::Path(longer(path, field)),
            step => Step::Select(Box::new(Node { step, span: of.node.span }), FieldName::new(field)),
        };
        self.made(step, r#type, of.height, of.on, span, place)
    }

    fn test(&mut self, of: &Expr, field: &str, span: Span, place: Place<'_>) -> Result<Term> {
        let of = self.term(of, place)?;
        self.judged(check::field(&of.r#type, field), place.last(field, span), place)?;
        let step = match of.node.step {
            Step::Path(path) => Step::HasPath(longer(path, field)),
            step => Step::Has(Box::new(Node { step, span: of.node.span }), FieldName::new(field)),
        };
        self.made(step, Type::Bool, of.height, of.on, span, place)
    }

    fn not(&mut self, of: &Expr, span: Span, place: Place<'_>) -> Result<Term> {
        let of = self.truth(of, "what `!` turns around", place)?;
        self.made(Step::Not(Box::new(of.node)), Type::Bool, of.height, of.on, span, place)
    }

    fn negate(&mut self, of: &Expr, span: Span, place: Place<'_>) -> Result<Term> {
        let of = self.term(of, place)?;
        let r#type = self.judged(check::negation(&of.r#type), span, place)?;
        let folded = match &of.node.step {
            Step::Constant(Constant::Int(value)) => value.checked_neg().map(Constant::Int),
            Step::Constant(Constant::Double(value)) => Some(Constant::Double(-value)),
            _ => None,
        };
        let step = folded.map_or_else(|| Step::Negate(Box::new(of.node)), Step::Constant);
        self.made(step, r#type, of.height, of.on, span, place)
    }

    fn binary(&mut self, operator: Binary, sides: &[Expr; 2], span: Span, place: Place<'_>) -> Result<Term> {
        let [left, right] = sides;
        let (left, right) = (self.term(left, place)?, self.term(right, place)?);
        let judged = match operator {
            Binary::Compare(comparison) => check::comparison(comparison, &left.r#type, &right.r#type),
            Binary::In => check::containment(&left.r#type, &right.r#type),
            Binary::Arithmetic(arithmetic) => check::arithmetic(arithmetic, &left.r#type, &right.r#type),
        };
        let r#type = self.judged(judged, span, place)?;
        let (height, on) = (left.height.max(right.height), left.on.and(right.on));
        let nodes = Box::new([left.node, right.node]);
        let step = match operator {
            Binary::Compare(comparison) => Step::Compare(comparison, nodes),
            Binary::In => Step::In(nodes),
            Binary::Arithmetic(arithmetic) => Step::Arithmetic(arithmetic, nodes),
        };
        self.made(step, r#type, height, on, span, place)
    }

    /// `&&` or `||`. A chain in a chain of the same kind is a part of it: where faults are absorbed, how parts are grouped says nothing.
    fn chain(&mut self, parts: &[Expr], is_and: bool, span: Span, place: Place<'_>) -> Result<Term> {
        let role = if is_and { "a part of `&&`" } else { "a part of `||`" };
        let (mut nodes, mut height, mut on) = (Vec::with_capacity(parts.len()), 0, DependsOn::default());
        for part in parts {
            let part = self.truth(part, role, place)?;
            (height, on) = (part.height.max(height), part.on.and(on));
            match part.node.step {
                Step::And(inner) if is_and => nodes.extend(inner),
                Step::Or(inner) if !is_and => nodes.extend(inner),
                step => nodes.push(Node { step, span: part.node.span }),
            }
        }
        let step = if is_and { Step::And(nodes.into()) } else { Step::Or(nodes.into()) };
        self.made(step, Type::Bool, height, on, span, place)
    }

    fn conditional(&mut self, parts: &[Expr; 3], span: Span, place: Place<'_>) -> Result<Term> {
        let [condition, then, otherwise] = parts;
        let condition = self.truth(condition, "the condition", place)?;
        let (then, otherwise) = (self.term(then, place)?, self.term(otherwise, place)?);
        let r#type = check::join(&then.r#type, &otherwise.r#type);
        let height = condition.height.max(then.height).max(otherwise.height);
        let on = condition.on.and(then.on).and(otherwise.on);
        let nodes = Box::new([condition.node, then.node, otherwise.node]);
        self.made(Step::Conditional(nodes), r#type, height, on, span, place)
    }

    fn list(&mut self, items: &[Expr], span: Span, place: Place<'_>) -> Result<Term> {
        let (mut nodes, mut types) = (Vec::with_capacity(items.len()), Vec::with_capacity(items.len()));
        let (mut height, mut on) = (0, DependsOn::default());
        for item in items {
            let item = self.term(item, place)?;
            (height, on) = (item.height.max(height), item.on.and(on));
            nodes.push(item.node);
            types.push(item.r#type);
        }
        let folded: Option<Vec<Constant>> = nodes.iter().map(constant_of).collect();
        let step =
            folded.map_or_else(|| Step::List(nodes.into()), |it| Step::Constant(Constant::List(it.into())));
        let r#type = Type::List(Box::new(check::joined(types.into_iter())));
        self.made(step, r#type, height, on, span, place)
    }

    fn map(&mut self, entries: &[(Expr, Expr)], span: Span, place: Place<'_>) -> Result<Term> {
        let mut nodes: Vec<(Node, Node)> = Vec::with_capacity(entries.len());
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        let (mut height, mut on) = (0, DependsOn::default());
        for (key, value) in entries {
            let key_span = key.span;
            let (key, value) = (self.term(key, place)?, self.term(value, place)?);
            keys.push(self.judged(check::key(&key.r#type), key_span, place)?);
            values.push(value.r#type);
            if let Step::Constant(key) = &key.node.step
                && nodes
                    .iter()
                    .any(|(other, _)| constant_of(other).is_some_and(|other| is_same_key(key, &other)))
            {
                return Err(place.error(key_span, "this key is there already"));
            }
            (height, on) = (height.max(key.height).max(value.height), on.and(key.on).and(value.on));
            nodes.push((key.node, value.node));
        }
        // Without rules for types a key may be anything here, and is refused when it is evaluated.
        let key_of = |key: &Node| constant_of(key).filter(|key| check::key(&check::constant(key)).is_ok());
        let folded: Option<Vec<(Constant, Constant)>> =
            nodes.iter().map(|(key, value)| Some((key_of(key)?, constant_of(value)?))).collect();
        let step =
            folded.map_or_else(|| Step::Map(nodes.into()), |it| Step::Constant(Constant::Map(it.into())));
        let joined = |types: Vec<Type>| Box::new(check::joined(types.into_iter()));
        self.made(step, Type::Map(joined(keys), joined(values)), height, on, span, place)
    }

    fn comprehension(&mut self, written: &Written, span: Span, place: Place<'_>) -> Result<Term> {
        let range_span = written.range.span;
        let range = self.term(&written.range, place)?;
        let element = self.judged(check::range(&range.r#type), range_span, place)?;
        let local = self.enter(range.on, span, place)?;
        let variable = Bound::Local { number: local, r#type: &element, on: range.on };
        let names = Names { name: &written.variable, bound: variable, outer: place.names };
        let inner = Place { names: Some(&names), ..place };
        let filter = match &written.filter {
            Some(filter) => Some(self.truth(filter, "what `map` chooses by", inner)?),
            None => None,
        };
        let body = match written.kind {
            Macro::Map => self.term(&written.body, inner)?,
            Macro::All | Macro::Exists | Macro::ExistsOne | Macro::Filter => {
                self.truth(&written.body, &format!("what `{}` tests", written.kind.name()), inner)?
            }
        };
        self.comprehensions -= 1;
        self.decided_comprehensions -= usize::from(range.on.decided);
        let r#type = match written.kind {
            Macro::All | Macro::Exists | Macro::ExistsOne => Type::Bool,
            Macro::Filter => Type::List(Box::new(element)),
            Macro::Map => Type::List(Box::new(body.r#type)),
        };
        let mut height = range.height.max(body.height);
        let mut on = range.on.and(body.on);
        if let Some(filter) = &filter {
            (height, on) = (height.max(filter.height), on.and(filter.on));
        }
        let (filter, body) = (filter.map(|it| it.node), body.node);
        let comprehension = Comprehension::new(written.kind, (local, range.node), filter, body);
        self.made(Step::Comprehension(Box::new(comprehension)), r#type, height, on, span, place)
    }

    /// Goes into a comprehension over such a range; gives the number of its variable.
    fn enter(&mut self, range: DependsOn, span: Span, place: Place<'_>) -> Result<u8> {
        let local = u8::try_from(self.comprehensions).unwrap_or(u8::MAX);
        self.comprehensions += 1;
        self.decided_comprehensions += usize::from(range.decided);
        if self.decided_comprehensions > COMPREHENSIONS_MAX
            || self.comprehensions > COMPREHENSIONS_OVER_ANYTHING_MAX
        {
            let most = if range.decided { COMPREHENSIONS_MAX } else { COMPREHENSIONS_OVER_ANYTHING_MAX };
            return Err(place.error(span, format!("more than {most} lists are gone through in each other")));
        }
        Ok(local)
    }

    fn truth(&mut self, expr: &Expr, role: &str, place: Place<'_>) -> Result<Term> {
        let term = self.term(expr, place)?;
        self.judged(check::truth(&term.r#type, role), expr.span, place)?;
        Ok(term)
    }

    /// The type that a rule gives, or its problem with the place.
    fn judged(&self, judged: Judged, span: Span, place: Place<'_>) -> Result<Type> {
        match judged {
            Ok(r#type) => Ok(r#type),
            Err(_) if self.vocabulary.is_dynamic => Ok(Type::Any),
            Err(problem) => Err(place.error(span, problem)),
        }
    }

    fn leaf(&mut self, step: Step, r#type: Type, span: Span, place: Place<'_>) -> Result<Term> {
        self.made(step, r#type, 0, DependsOn::default(), span, place)
    }

    /// One more node, above others of this height.
    fn made(
        &mut self,
        step: Step,
        r#type: Type,
        below: usize,
        on: DependsOn,
        span: Span,
        place: Place<'_>,
    ) -> Result<Term> {
        self.nodes += 1;
        let height = below + 1;
        if self.nodes > NODES_MAX {
            return Err(place.error(span, format!("the expression has more than {NODES_MAX} parts")));
        }
        if height > HEIGHT_MAX {
            return Err(place.error(span, format!("the expression has more than {HEIGHT_MAX} levels")));
        }
        Ok(Term { node: Node { step, span: place.span(span) }, r#type, height, on })
    }
}

impl DependsOn {
    fn and(self, other: Self) -> Self {
        Self { decided: self.decided || other.decided, read: self.read || other.read }
    }
}

fn longer(path: Path, field: &str) -> Path {
    let mut fields = path.fields.into_vec();
    fields.push(FieldName::new(field));
    Path { fields: fields.into(), ..path }
}

fn constant_of(node: &Node) -> Option<Constant> {
    match &node.step {
        Step::Constant(constant) => Some(constant.clone()),
        _ => None,
    }
}

/// Whether two constants are one key: numbers are by their value, whichever type they have.
fn is_same_key(left: &Constant, right: &Constant) -> bool {
    match (left, right) {
        (Constant::Bool(left), Constant::Bool(right)) => left == right,
        (Constant::String(left), Constant::String(right)) => left == right,
        (Constant::Int(left), Constant::Int(right)) => left == right,
        (Constant::Uint(left), Constant::Uint(right)) => left == right,
        (Constant::Int(int), Constant::Uint(uint)) | (Constant::Uint(uint), Constant::Int(int)) => {
            u64::try_from(*int).is_ok_and(|int| int == *uint)
        }
        _ => false,
    }
}
