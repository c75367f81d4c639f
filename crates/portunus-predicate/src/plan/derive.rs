//! What follows for the fields of a document from a tree's being true. It knows nothing of values of documents.

use crate::ast::{Comparison, Macro};
use crate::ir::{Comprehension, Function, Meta, Node, Root, Step};
use crate::plan::point::{self, Point};
use crate::plan::simplify::{all, any, points};
use crate::plan::{Over, REACH_POINTS_MAX, Reach};
use crate::predicate::Name;
use crate::print::Printed;
use crate::{Constant, Known, Slot};
use std::cmp::Ordering;
use std::ops::Bound;

/// The most nodes that a derivation visits, those of a comprehension over constants once for each of them.
const VISITS_MAX: usize = 20_000;
/// The most characters of a predicate that a reason shows.
const REASON_CHARACTERS_MAX: usize = 200;

/// Where the documents of one slot are for which a tree is exactly true.
pub(super) fn reach(node: &Node, slot: Slot, names: &[Name], is_bound: bool) -> Reach {
    let known_later = if is_bound { None } else { Some(KnownLater { names, sample: Constant::from("…") }) };
    let mut planner = Planner { slot, known_later, locals: Vec::new(), visits: 0 };
    match planner.truth(node) {
        Ok(reach) if reach.points() > REACH_POINTS_MAX => {
            Reach::Everything(Open::TooMany(node).reason(names))
        }
        Ok(reach) => reach,
        Err(open) => Reach::Everything(open.reason(names)),
    }
}

/// Why nothing follows.
#[derive(Clone, Copy)]
enum Open<'n> {
    /// It is true whatever the document is.
    Always,
    /// There is no range for it.
    NoRange(&'n Node),
    /// There are too many.
    TooMany(&'n Node),
}

type Found<'n> = Result<Reach, Open<'n>>;

/// What a condition is about.
#[derive(Clone)]
enum Subject<'n> {
    /// A field, by its path; that of the document itself is empty.
    Field(Vec<&'n str>),
    /// An element of the list in that field, or a key of the object there.
    Element(Vec<&'n str>),
    Id,
    /// A field of a document of another collection whose id is in a field.
    Other {
        path: Vec<&'n str>,
        collection: &'n str,
        field: Vec<&'n str>,
    },
    Constant(Constant),
    /// What binding will put there.
    KnownLater,
}

/// What binding will put into a tree that is planned before.
struct KnownLater<'n> {
    names: &'n [Name],
    /// What stands for it.
    sample: Constant,
}

struct Planner<'n> {
    slot: Slot,
    /// Nothing if the tree has been bound.
    known_later: Option<KnownLater<'n>>,
    /// What the variables of the comprehensions around stand for, as far as that is known.
    locals: Vec<Option<Subject<'n>>>,
    visits: usize,
}

impl<'n> Planner<'n> {
    /// What follows from its being exactly true.
    fn truth(&mut self, node: &'n Node) -> Found<'n> {
        self.visits += 1;
        if self.visits > VISITS_MAX {
            return Err(Open::TooMany(node));
        }
        if self.is_known_later(node) {
            return Err(Open::Always);
        }
        match &node.step {
            Step::Constant(Constant::Bool(true)) => Err(Open::Always),
            Step::Constant(_) | Step::Fault(_) => Ok(Reach::Nothing),
            Step::And(parts) => {
                let found: Vec<_> = parts.iter().map(|part| self.truth(part)).collect();
                self.all_of(found, node)
            }
            Step::Or(parts) => {
                // An arm that is known when binding is either gone by then, or leaves nothing to be planned.
                let open: Vec<_> = parts.iter().filter(|part| !self.is_known_later(part)).collect();
                self.any_of(open.into_iter(), node, Self::truth)
            }
            Step::Not(part) => self.falsehood(part, node),
            Step::Conditional(parts) => self.conditional(parts, node),
            Step::Compare(comparison, sides) => self.compared(*comparison, sides, node),
            Step::In(sides) => self.contained(sides, node),
            Step::Comprehension(comprehension) => self.comprehended(comprehension, node),
            Step::Call(Function::StartsWith, arguments) => self.prefixed(arguments, node),
            _ => self.equal(node, &Constant::Bool(true), node),
        }
    }

    /// What follows from its being exactly false. Only from plain comparisons anything does.
    fn falsehood(&mut self, node: &'n Node, whole: &'n Node) -> Found<'n> {
        if self.is_known_later(node) {
            return Err(Open::Always);
        }
        match &node.step {
            Step::Not(part) => self.truth(part),
            Step::Compare(comparison, sides) => {
                let opposite = match comparison {
                    Comparison::Equal => Comparison::NotEqual,
                    Comparison::NotEqual => Comparison::Equal,
                    Comparison::Less => Comparison::GreaterOrEqual,
                    Comparison::LessOrEqual => Comparison::Greater,
                    Comparison::Greater => Comparison::LessOrEqual,
                    Comparison::GreaterOrEqual => Comparison::Less,
                };
                let [left, right] = sides.as_ref();
                // No number is less than what is not a number, and none is not less either.
                if self.is_no_number(left) || self.is_no_number(right) {
                    return Err(Open::NoRange(whole));
                }
                self.compared(opposite, sides, whole)
            }
            _ => self.equal(node, &Constant::Bool(false), whole),
        }
    }

    /// `condition ? then : otherwise` is true where the first two are, or where the first is false and the third true.
    fn conditional(&mut self, parts: &'n [Node; 3], whole: &'n Node) -> Found<'n> {
        let [condition, then, otherwise] = parts;
        let first = vec![self.truth(condition), self.truth(then)];
        let first = self.all_of(first, then)?;
        let second = vec![self.falsehood(condition, condition), self.truth(otherwise)];
        let second = self.all_of(second, otherwise)?;
        any(vec![first, second]).ok_or(Open::TooMany(whole))
    }

    fn compared(&mut self, comparison: Comparison, sides: &'n [Node; 2], whole: &'n Node) -> Found<'n> {
        let [left, right] = sides;
        let mirrored = match comparison {
            Comparison::Equal | Comparison::NotEqual => comparison,
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        };
        let (subject, comparison, constant) = match (self.subject(left), self.subject(right)) {
            (Some(subject), Some(Subject::Constant(constant))) => (subject, comparison, constant),
            (Some(Subject::Constant(constant)), Some(subject)) => (subject, mirrored, constant),
            _ => return Err(Open::NoRange(whole)),
        };
        if comparison == Comparison::Equal {
            return equal(&subject, &constant, whole);
        }
        let over = match &subject {
            Subject::Field(path) if path.is_empty() => None,
            Subject::Field(_) | Subject::Id if comparison != Comparison::NotEqual => {
                let Some(over) = point::side(comparison, &constant) else { return Ok(Reach::Nothing) };
                Some(over)
            }
            _ => None,
        };
        over.and_then(|over| placed(&subject, over)).ok_or(Open::NoRange(whole))
    }

    /// `left in right`
    fn contained(&mut self, sides: &'n [Node; 2], whole: &'n Node) -> Found<'n> {
        let [left, right] = sides;
        let Some(left) = self.subject(left) else { return Err(Open::NoRange(whole)) };
        match (left, self.listed(right)) {
            (Subject::Constant(element), Some(Subject::Field(path))) => {
                equal(&Subject::Element(path), &element, whole)
            }
            (Subject::Constant(element), Some(Subject::Other { path, collection, field })) => {
                match Point::of(&element) {
                    Point::At(element) if !field.is_empty() => {
                        let (path, collection, field) =
                            (joined(&path), collection.to_owned(), joined(&field));
                        Ok(Reach::Members { path, collection, field, element })
                    }
                    Point::Nowhere => Ok(Reach::Nothing),
                    Point::At(_) | Point::Unindexed => Err(Open::NoRange(whole)),
                }
            }
            (subject, Some(Subject::Constant(list))) => one_of(&subject, &list, whole),
            (Subject::Constant(element), None) => match &right.step {
                Step::List(items) => {
                    self.any_of(items.iter(), whole, |planner, item| planner.equal(item, &element, whole))
                }
                _ => Err(Open::NoRange(whole)),
            },
            _ => Err(Open::NoRange(whole)),
        }
    }

    fn comprehended(&mut self, comprehension: &'n Comprehension, whole: &'n Node) -> Found<'n> {
        let (local, range) = (usize::from(comprehension.local), &comprehension.range);
        let before = self.locals.clone();
        // What the variable stands for, and whether that is all that it does.
        let (items, is_listed) = match (self.subject(range), &range.step) {
            _ if self.is_known_later(range) => (vec![Some(Subject::KnownLater)], true),
            (Some(Subject::Field(path)), _) => (vec![Some(Subject::Element(path))], false),
            (Some(Subject::Constant(constant)), _) => {
                let Some(items) = elements(&constant) else { return Ok(Reach::Nothing) };
                (items.into_iter().map(|item| Some(Subject::Constant(item))).collect(), true)
            }
            (_, Step::List(items)) => (items.iter().map(|item| self.subject(item)).collect(), true),
            _ => (vec![None], false),
        };
        let found = match comprehension.kind {
            Macro::Exists | Macro::ExistsOne => self.any_of(items.into_iter(), whole, |planner, item| {
                planner.with_local(local, item, &comprehension.body)
            }),
            Macro::All if is_listed => {
                let each =
                    items.into_iter().map(|item| self.with_local(local, item, &comprehension.body)).collect();
                self.all_of(each, whole)
            }
            Macro::All | Macro::Filter | Macro::Map => Err(Open::NoRange(whole)),
        };
        self.locals = before;
        found
    }

    fn with_local(&mut self, local: usize, item: Option<Subject<'n>>, body: &'n Node) -> Found<'n> {
        self.locals.resize(local, None);
        self.locals.push(item);
        self.truth(body)
    }

    /// `text.startsWith(prefix)`
    fn prefixed(&mut self, arguments: &'n [Node], whole: &'n Node) -> Found<'n> {
        let [text, prefix] = arguments else { return Err(Open::NoRange(whole)) };
        match (self.subject(text), self.subject(prefix)) {
            (Some(subject), Some(Subject::Constant(Constant::String(prefix)))) => {
                placed(&subject, Over::Prefix(prefix.as_ref().into())).ok_or(Open::NoRange(whole))
            }
            _ => Err(Open::NoRange(whole)),
        }
    }

    fn equal(&mut self, node: &'n Node, constant: &Constant, whole: &'n Node) -> Found<'n> {
        self.subject(node).ok_or(Open::NoRange(whole)).and_then(|subject| equal(&subject, constant, whole))
    }

    /// The documents of which one part is true; nothing follows unless something does from each.
    fn any_of<T>(
        &mut self,
        parts: impl Iterator<Item = T>,
        whole: &'n Node,
        found: impl Fn(&mut Self, T) -> Found<'n>,
    ) -> Found<'n> {
        let arms: Result<Vec<_>, _> = parts.map(|part| found(self, part)).collect();
        any(arms?).ok_or(Open::TooMany(whole))
    }

    /// The documents of which all parts are true, by those of which something follows.
    fn all_of(&mut self, parts: Vec<Found<'n>>, whole: &'n Node) -> Found<'n> {
        let is_always = parts.iter().all(|part| matches!(part, Err(Open::Always)));
        let too_many = parts.iter().find_map(|part| match part {
            Err(open @ Open::TooMany(_)) => Some(*open),
            _ => None,
        });
        let arms: Vec<_> = parts.into_iter().filter_map(Result::ok).collect();
        match (arms.is_empty(), is_always) {
            (false, _) => Ok(all(arms)),
            (true, true) => Err(Open::Always),
            (true, false) => Err(too_many.unwrap_or(Open::NoRange(whole))),
        }
    }

    /// What a node stands for, if something follows from conditions on it.
    fn subject(&self, node: &'n Node) -> Option<Subject<'n>> {
        match &self.known_later {
            Some(later) if self.is_known_later(node) => Some(Subject::Constant(later.sample.clone())),
            _ => self.stated(node),
        }
    }

    /// The same, where a list stands.
    fn listed(&self, node: &'n Node) -> Option<Subject<'n>> {
        match &self.known_later {
            Some(later) if self.is_known_later(node) => {
                Some(Subject::Constant(Constant::list([later.sample.clone()])))
            }
            _ => self.stated(node),
        }
    }

    /// Whether it will be a constant when the tree is bound, and is none yet.
    fn is_known_later(&self, node: &Node) -> bool {
        let Some(later) = &self.known_later else { return false };
        let is_bound =
            |slot: Slot| later.names.get(usize::from(slot)).is_some_and(|name| name.known == Known::Bound);
        let (mut any, mut all) = (false, true);
        node.each(&mut |part| {
            let is_known = match &part.step {
                Step::Path(path) | Step::HasPath(path) => is_bound(path.slot),
                Step::Meta(_, slot) => is_bound(*slot),
                Step::Now | Step::Database => true,
                Step::Local(local) => match self.locals.get(usize::from(*local)) {
                    Some(subject) => matches!(subject, Some(Subject::KnownLater)),
                    // One of its own.
                    None => return,
                },
                _ => return,
            };
            any |= is_known;
            all &= is_known;
        });
        any && all
    }

    fn stated(&self, node: &'n Node) -> Option<Subject<'n>> {
        match &node.step {
            Step::Constant(constant) => Some(Subject::Constant(constant.clone())),
            Step::Path(path) if path.slot == self.slot && path.root != Root::Claims => {
                Some(Subject::Field(path.fields.iter().map(|field| field.name.as_ref()).collect()))
            }
            Step::Meta(Meta::Id, slot) if *slot == self.slot => Some(Subject::Id),
            Step::Local(local) => self.locals.get(usize::from(*local)).cloned().flatten(),
            Step::Select(of, field) => selected(self.subject(of)?, &field.name),
            Step::Index(sides) => {
                let [of, index] = sides.as_ref();
                match (self.subject(of)?, &index.step) {
                    (of, Step::Constant(Constant::String(name))) => selected(of, name),
                    // An object has no such key.
                    (Subject::Field(path), Step::Constant(_)) => Some(Subject::Element(path)),
                    _ => None,
                }
            }
            Step::Get(collection, id) => match self.subject(id)? {
                Subject::Field(path) if !path.is_empty() => {
                    Some(Subject::Other { path, collection, field: Vec::new() })
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn is_no_number(&self, node: &'n Node) -> bool {
        matches!(self.subject(node), Some(Subject::Constant(Constant::Double(value))) if value.is_nan())
    }
}

impl Open<'_> {
    fn reason(self, names: &[Name]) -> String {
        match self {
            Self::Always => "there is no condition".to_owned(),
            Self::NoRange(node) => format!("no range holds all for which `{}`", shown(node, names)),
            Self::TooMany(node) => format!(
                "more than {REACH_POINTS_MAX} ranges would hold all for which `{}`",
                shown(node, names)
            ),
        }
    }
}

fn shown(node: &Node, names: &[Name]) -> String {
    let mut text = Printed { node, names }.to_string();
    if let Some((end, _)) = text.char_indices().nth(REASON_CHARACTERS_MAX) {
        text.truncate(end);
        text.push('…');
    }
    text
}

fn selected<'n>(of: Subject<'n>, name: &'n str) -> Option<Subject<'n>> {
    match of {
        Subject::Field(mut path) => {
            path.push(name);
            Some(Subject::Field(path))
        }
        Subject::Other { path, collection, mut field } => {
            field.push(name);
            Some(Subject::Other { path, collection, field })
        }
        Subject::Constant(Constant::Map(entries)) => {
            let is_named = |key: &Constant| matches!(key, Constant::String(key) if key.as_ref() == name);
            entries.iter().find(|(key, _)| is_named(key)).map(|(_, value)| Subject::Constant(value.clone()))
        }
        Subject::Constant(_) | Subject::Element(_) | Subject::Id | Subject::KnownLater => None,
    }
}

fn equal<'n>(subject: &Subject<'n>, constant: &Constant, whole: &'n Node) -> Found<'n> {
    match (subject, Point::of(constant)) {
        (Subject::Field(path), _) if path.is_empty() => Err(Open::NoRange(whole)),
        (Subject::Other { .. }, _) | (_, Point::Unindexed) => Err(Open::NoRange(whole)),
        (Subject::Constant(other), Point::At(point)) => match Point::of(other) {
            Point::At(other) if point::order(&point, &other).is_some_and(Ordering::is_eq) => {
                Err(Open::Always)
            }
            Point::At(_) => Ok(Reach::Nothing),
            Point::Nowhere | Point::Unindexed => Err(Open::NoRange(whole)),
        },
        (Subject::Constant(_), Point::Nowhere) | (Subject::KnownLater, _) => Err(Open::NoRange(whole)),
        (_, Point::Nowhere) => Ok(Reach::Nothing),
        (Subject::Element(_), Point::At(point)) => {
            placed(subject, Over::Element(point)).ok_or(Open::NoRange(whole))
        }
        (Subject::Field(_) | Subject::Id, Point::At(point)) => {
            placed(subject, Over::Equal(point)).ok_or(Open::NoRange(whole))
        }
    }
}

/// `subject in list`
fn one_of<'n>(subject: &Subject<'n>, list: &Constant, whole: &'n Node) -> Found<'n> {
    // What is in nothing but a list or a map has no value.
    let Some(items) = elements(list) else { return Ok(Reach::Nothing) };
    let Some(items) = points(items.iter()) else { return Err(Open::NoRange(whole)) };
    if items.len() > REACH_POINTS_MAX {
        return Err(Open::TooMany(whole));
    }
    let arms: Result<Vec<_>, _> = items.iter().map(|item| equal(subject, item, whole)).collect();
    any(arms?).ok_or(Open::TooMany(whole))
}

/// What a comprehension over a constant goes over, and what `in` looks among.
fn elements(constant: &Constant) -> Option<Vec<Constant>> {
    match constant {
        Constant::List(items) => Some(items.to_vec()),
        Constant::Map(entries) => Some(entries.iter().map(|(key, _)| key.clone()).collect()),
        _ => None,
    }
}

fn placed(subject: &Subject<'_>, over: Over) -> Option<Reach> {
    match (subject, &over) {
        (Subject::Field(path), _) if !path.is_empty() => Some(Reach::Field { path: joined(path), over }),
        (Subject::Element(path), Over::Element(_)) if !path.is_empty() => {
            Some(Reach::Field { path: joined(path), over })
        }
        (Subject::Id, Over::Prefix(_) | Over::Equal(Constant::String(_))) => Some(Reach::Id(over)),
        (Subject::Id, Over::Range(from, to)) => {
            let is_text = |bound: &Bound<Constant>| match bound {
                Bound::Included(end) | Bound::Excluded(end) => matches!(end, Constant::String(_)),
                Bound::Unbounded => true,
            };
            // What is no text is not comparable with an id.
            Some(if is_text(from) && is_text(to) { Reach::Id(over) } else { Reach::Nothing })
        }
        (Subject::Id, Over::Equal(_)) => Some(Reach::Nothing),
        _ => None,
    }
}

fn joined(path: &[&str]) -> String {
    let names: Vec<_> = path.iter().map(|name| name.replace('\\', r"\\").replace('.', r"\.")).collect();
    names.join(".")
}
