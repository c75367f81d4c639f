//! The paths of field masks as trees of names, and the walk through several of them at once. It knows nothing of values.

use portunus_scope::FieldPath;
use std::collections::BTreeMap;

/// What the segment is that stands for every member.
const ANY: &str = "*";

/// The paths that go on from one place. Those that another one covers are not kept, so that two nodes are equal if they say
/// the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Node {
    /// Whether a path ends here, and covers all below.
    ends: bool,
    names: BTreeMap<String, Self>,
    any: Option<Box<Self>>,
}

impl Node {
    pub(super) fn add(&mut self, path: &FieldPath) {
        let mut node = self;
        for segment in path.segments() {
            if node.ends {
                return;
            }
            node = if segment == ANY {
                node.any.get_or_insert_default()
            } else {
                node.names.entry(segment.clone()).or_default()
            };
        }
        *node = Self { ends: true, ..Self::default() };
    }

    /// Adds all paths of another one.
    pub(super) fn join(&mut self, other: &Self) {
        if self.ends || other.is_empty() {
            return;
        }
        if other.ends {
            self.clone_from(other);
            return;
        }
        for (name, node) in &other.names {
            self.names.entry(name.clone()).or_default().join(node);
        }
        if let Some(node) = &other.any {
            self.any.get_or_insert_default().join(node);
        }
    }

    fn is_empty(&self) -> bool {
        !self.ends && self.names.is_empty() && self.any.is_none()
    }

    fn member(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.names.get(name).into_iter().chain(self.any.as_deref())
    }
}

/// What a mask says of one place in a value.
#[derive(Clone, Debug)]
pub(super) enum Sight<'m> {
    /// It is visible with all that may be inside.
    Full,
    /// It is hidden with all that may be inside.
    Hidden,
    /// That depends on what is inside.
    Partly(Partly<'m>),
}

/// A place below which some paths end: where all of them are.
#[derive(Clone, Debug)]
pub(super) struct Partly<'m> {
    /// In the paths of what is shown.
    only: Vec<&'m Node>,
    /// In the paths of what is hidden, once for each list of those which does not hide this place.
    excepts: Vec<Vec<&'m Node>>,
}

impl<'m> Sight<'m> {
    /// The sight of the top. It is never hidden as such: what is asked for is there, its members may be hidden.
    pub(super) fn of_top(only: &'m Node, excepts: &'m [Node]) -> Self {
        let states = |node: &'m Node| if node.is_empty() { Vec::new() } else { vec![node] };
        if excepts.iter().any(Node::is_empty) {
            return Self::Full;
        }
        Self::Partly(Partly { only: states(only), excepts: excepts.iter().map(states).collect() })
    }

    fn new(only: Vec<&'m Node>, excepts: impl Iterator<Item = Vec<&'m Node>>) -> Self {
        if only.iter().any(|node| node.ends) {
            return Self::Full;
        }
        let mut showing = Vec::new();
        for except in excepts {
            if except.is_empty() {
                return Self::Full;
            }
            if !except.iter().any(|node| node.ends) {
                showing.push(except);
            }
        }
        if only.is_empty() && showing.is_empty() {
            return Self::Hidden;
        }
        Self::Partly(Partly { only, excepts: showing })
    }
}

impl<'m> Partly<'m> {
    /// Whether the place itself is visible, whatever is inside.
    pub(super) fn is_shown(&self) -> bool {
        !self.excepts.is_empty()
    }

    pub(super) fn member(&self, name: &str) -> Sight<'m> {
        let step = |nodes: &Vec<&'m Node>| nodes.iter().flat_map(|node| node.member(name)).collect();
        Sight::new(step(&self.only), self.excepts.iter().map(step))
    }

    /// The sight of each element, if an array is here. Its members are where those of the place would be, and what hides
    /// any member hides any element as well.
    pub(super) fn element(&self) -> Sight<'m> {
        let step = |nodes: &Vec<&'m Node>| {
            let elements = nodes.iter().filter_map(|node| node.any.as_deref());
            let mut all: Vec<&'m Node> = nodes.iter().copied().chain(elements).collect();
            // Arrays in arrays come to one node in many ways, whose number must not grow with the depth.
            all.sort_unstable_by_key(|node| std::ptr::from_ref(*node));
            all.dedup_by(|a, b| std::ptr::eq(*a, *b));
            all
        };
        Sight::new(self.only.clone(), self.excepts.iter().map(step))
    }
}
