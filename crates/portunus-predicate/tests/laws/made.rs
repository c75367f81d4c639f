//! Random documents, callers and expressions, made of bytes: where those end there are zeroes, and those make what is simplest.

use super::thing::Thing;
use super::tree::Tree;
use super::world::{Document, World};

const TEXTS: [&str; 10] = ["a", "", "ab", "b", "abc", "g1", "g2", "u1", "ä", "B"];
const INTS: [i64; 12] =
    [0, 1, 2, 3, -1, 5, 1 << 53, (1 << 53) + 1, i64::MAX, i64::MIN, (1 << 62) + 1, -(1 << 53) - 1];
const UINTS: [u64; 6] = [0, 1, 3, 1 << 63, (1 << 63) + 1, u64::MAX];
const DOUBLES: [f64; 12] = [
    0.0,
    1.0,
    1.5,
    -0.0,
    3.0,
    9_007_199_254_740_992.0,
    9_223_372_036_854_775_808.0,
    f64::INFINITY,
    -1.5,
    f64::NEG_INFINITY,
    18_446_744_073_709_551_616.0,
    1e300,
];
const BYTES: [&[u8]; 3] = [b"", b"a", b"ab"];
/// The last ones are not whole microseconds.
const INSTANTS: [(i64, u32); 7] =
    [(0, 0), (1, 0), (1, 1_000), (-1, 999_999_000), (1, 2_000), (1, 1_500), (-1, 999_999_999)];
const FIELDS: [&str; 9] = ["a", "b", "flag", "list", "tags", "map", "at", "group", "none"];
const LIST_FIELDS: [&str; 3] = ["list", "tags", "map"];
const KEYS: [&str; 4] = ["a", "ab", "b", "g1"];
const VARIABLES: [&str; 2] = ["x", "y"];
const COMPARISONS: [&str; 6] = ["==", "<", ">=", "<=", ">", "!="];
const ARITHMETIC: [&str; 5] = ["+", "-", "*", "/", "%"];

/// What makes things of bytes.
pub struct Maker<'b> {
    rest: &'b [u8],
    /// The variables that can be used.
    variables: Vec<&'static str>,
    /// Whether only that is made which the language has in common with others of its kind.
    is_plain: bool,
}

impl<'b> Maker<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes, variables: Vec::new(), is_plain: false }
    }

    pub fn plain(bytes: &'b [u8]) -> Self {
        Self { is_plain: true, ..Self::new(bytes) }
    }

    /// Bytes without end to speak of, which those that are left begin.
    pub fn more(&mut self) -> Vec<u8> {
        let mut state =
            self.rest.iter().fold(1, |state: u64, byte| state.wrapping_mul(31) + u64::from(*byte));
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u8
        };
        (0..1_000).map(|_| next()).collect()
    }

    pub fn below(&mut self, end: usize) -> usize {
        let (first, rest) = self.rest.split_first().unwrap_or((&0, &[]));
        self.rest = rest;
        usize::from(*first) % end
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn chance(&mut self, of: usize) -> bool {
        self.below(of) == of - 1
    }

    fn boxed<const N: usize>(&mut self, mut make: impl FnMut(&mut Self) -> Tree) -> Box<[Tree; N]> {
        Box::new([(); N].map(|()| make(self)))
    }

    pub fn world(&mut self) -> World {
        let doc = Document { id: self.one_of(&["a", "u1", "ab"]), collection: "docs", root: self.object() };
        let old = self.chance(3).then(|| Document { id: "b", collection: "docs", root: self.object() });
        let has_identity = !self.chance(6);
        let identity = has_identity.then(|| Document { id: "u1", collection: "users", root: self.object() });
        let claims = (!self.chance(4)).then(|| self.object());
        let group = |id, made: &mut Self| Document { id, collection: "groups", root: made.object() };
        let groups = vec![group("g1", self), group("g2", self)];
        World { doc, old, identity, claims, groups, now: (1, 1_500) }
    }

    fn object(&mut self) -> Thing {
        let mut fields: Vec<(Thing, Thing)> = Vec::new();
        for name in ["a", "at", "b", "flag", "group", "list", "map", "tags"] {
            if self.chance(6) || (self.is_plain && name == "at") {
                continue;
            }
            let value = if self.chance(4) { self.stored(1) } else { self.usual(name) };
            fields.push((Thing::text(name), value));
        }
        Thing::Map(fields)
    }

    /// What such a field holds in most documents.
    fn usual(&mut self, name: &str) -> Thing {
        match name {
            "a" if self.chance(3) => Thing::Double(self.one_of(&DOUBLES)),
            "a" => Thing::Int(self.one_of(&INTS)),
            "b" => Thing::text(self.one_of(&TEXTS)),
            "flag" => Thing::Bool(self.chance(2)),
            "group" => Thing::text(self.one_of(&["g1", "g2", "a"])),
            "at" => {
                let (seconds, nanos) = self.one_of(&INSTANTS[..5]);
                Thing::Instant(seconds, nanos)
            }
            "tags" => Thing::List((0..self.below(4)).map(|_| Thing::text(self.one_of(&TEXTS))).collect()),
            "list" => Thing::List((0..self.below(4)).map(|_| Thing::Int(self.one_of(&INTS))).collect()),
            _ => self.keyed(1),
        }
    }

    /// What is worth comparing such a field with.
    fn rival(&mut self, name: &str) -> Thing {
        match (name, self.below(4)) {
            ("a", 2) => Thing::Uint(self.one_of(&UINTS)),
            ("a", 3) => Thing::Double(self.one_of(&DOUBLES)),
            ("at", _) => {
                let (seconds, nanos) = self.one_of(&INSTANTS);
                Thing::Instant(seconds, nanos)
            }
            _ => self.usual(name),
        }
    }

    fn keyed(&mut self, depth: usize) -> Thing {
        let mut entries = Vec::new();
        for key in KEYS {
            if self.chance(2) {
                entries.push((Thing::text(key), self.stored(depth - 1)));
            }
        }
        Thing::Map(entries)
    }

    fn stored(&mut self, depth: usize) -> Thing {
        match self.below(if depth == 0 { 7 } else { 9 }) {
            6 if self.is_plain => Thing::Null,
            0 => Thing::Null,
            1 => Thing::Bool(self.chance(2)),
            2 => Thing::Int(self.one_of(&INTS)),
            3 => Thing::Double(self.one_of(&DOUBLES)),
            4 => Thing::text(self.one_of(&TEXTS)),
            5 => Thing::Bytes(self.one_of(&BYTES).to_vec()),
            6 => {
                let (seconds, nanos) = self.one_of(&INSTANTS[..5]);
                Thing::Instant(seconds, nanos)
            }
            7 => Thing::List((0..self.below(4)).map(|_| self.stored(depth - 1)).collect()),
            _ => self.keyed(depth),
        }
    }

    fn literal(&mut self) -> Tree {
        let kinds = if self.is_plain { 7 } else { 11 };
        Tree::Literal(match self.below(kinds) {
            0 | 6 => Thing::Int(self.one_of(&INTS)),
            1 => Thing::text(self.one_of(&TEXTS)),
            2 => Thing::Bool(self.chance(2)),
            3 => Thing::Null,
            4 if self.is_plain => Thing::Double(self.one_of(&DOUBLES[..6])),
            4 => Thing::Double(self.one_of(&DOUBLES)),
            5 => Thing::Uint(self.one_of(&UINTS)),
            7 => Thing::Double(f64::NAN),
            8 => Thing::Bytes(self.one_of(&BYTES).to_vec()),
            9 => Thing::Span(1, 0),
            _ => {
                let (seconds, nanos) = self.one_of(&INSTANTS);
                Thing::Instant(seconds, nanos)
            }
        })
    }

    /// Something that is true or false, mostly.
    pub fn condition(&mut self, depth: usize) -> Tree {
        if depth == 0 {
            return self.simple_condition();
        }
        match self.below(16) {
            0..=3 => self.simple_condition(),
            4..=6 => Tree::And((0..2 + self.below(3)).map(|_| self.condition(depth - 1)).collect()),
            7..=9 => Tree::Or((0..2 + self.below(3)).map(|_| self.condition(depth - 1)).collect()),
            10 => Tree::Not(Box::new(self.condition(depth - 1))),
            11 => {
                let condition = self.condition(depth - 1);
                Tree::If(Box::new([condition, self.condition(depth - 1), self.condition(depth - 1)]))
            }
            12 | 13 => self.quantified(depth),
            14 => Tree::compare(self.one_of(&COMPARISONS), self.value(depth - 1), self.value(depth - 1)),
            _ => self.value(depth - 1),
        }
    }

    fn simple_condition(&mut self) -> Tree {
        match self.below(17) {
            16 => self.window(),
            0 | 1 => {
                // One that is true of some documents at least.
                let name = self.one_of(&["a", "b", "flag", "group", "at", "a", "at"]);
                let name = if self.is_plain && name == "at" { "b" } else { name };
                let (left, right) = (Tree::Name("doc").field(name), Tree::Literal(self.rival(name)));
                Tree::compare(self.one_of(&COMPARISONS), left, right)
            }
            2 => Tree::In(Box::new([Tree::Literal(self.usual("b")), Tree::Name("doc").field("tags")])),
            3 | 4 => {
                let (left, right) = (self.field(), self.operand());
                let sign = self.one_of(&COMPARISONS);
                if self.chance(4) {
                    Tree::compare(sign, right, left)
                } else {
                    Tree::compare(sign, left, right)
                }
            }
            5 => Tree::Literal(Thing::Bool(self.chance(2))),
            6 => self.field(),
            7 => Tree::Not(Box::new(self.field())),
            8 => {
                let of = self.one_of(&["doc", "identity", "claims"]);
                Tree::Has(Box::new(Tree::Name(of)), self.one_of(&FIELDS))
            }
            9 => Tree::In(Box::new([self.operand(), self.list_field()])),
            10 => {
                let items = (0..self.below(4)).map(|_| self.operand()).collect();
                Tree::In(Box::new([self.field(), Tree::List(items)]))
            }
            11 => {
                let name = self.one_of(&["startsWith", "endsWith", "contains"]);
                Tree::Text(name, Box::new([self.field(), self.operand()]))
            }
            12 => {
                let sign = self.one_of(&COMPARISONS);
                Tree::Not(Box::new(Tree::compare(sign, self.field(), self.operand())))
            }
            13 if !self.is_plain => {
                let sign = self.one_of(&COMPARISONS);
                Tree::compare(sign, Tree::Meta("id", "doc"), self.operand())
            }
            14 if !self.is_plain => {
                let group = Tree::Read("get", "groups", Box::new(self.field()));
                let list = self.one_of(&LIST_FIELDS);
                Tree::In(Box::new([self.operand(), group.field(list)]))
            }
            13 | 14 => Tree::compare("==", self.field(), self.literal()),
            _ => Tree::In(Box::new([self.field(), self.list_field()])),
        }
    }

    /// Several conditions on one field.
    fn window(&mut self) -> Tree {
        let name = self.one_of(&["a", "b", "at", "a"]);
        let name = if self.is_plain && name == "at" { "b" } else { name };
        let parts = (0..2 + self.below(2)).map(|_| {
            let (field, rival) = (Tree::Name("doc").field(name), Tree::Literal(self.rival(name)));
            if name == "b" && self.chance(2) {
                return Tree::Text("startsWith", Box::new([field, rival]));
            }
            // Two that are equal would be one, mostly.
            Tree::compare(self.one_of(&["<", ">=", "<=", ">", "<", ">=", "=="]), field, rival)
        });
        Tree::And(parts.collect())
    }

    /// A field of a document, of the one that is decided on most of the time.
    fn field(&mut self) -> Tree {
        let of = self.one_of(&["doc", "doc", "doc", "doc", "doc", "doc", "old", "identity", "claims"]);
        let of = if self.is_plain && of == "old" { "doc" } else { of };
        let field = Tree::Name(of).field(self.one_of(&FIELDS));
        match self.below(8) {
            6 => field.field(self.one_of(&KEYS)),
            7 if !self.variables.is_empty() => self.variable(),
            _ => field,
        }
    }

    fn variable(&mut self) -> Tree {
        let which = self.below(self.variables.len());
        Tree::Name(self.variables[which])
    }

    fn list_field(&mut self) -> Tree {
        match self.below(6) {
            4 => Tree::Name("identity").field(self.one_of(&LIST_FIELDS)),
            5 => Tree::Name("claims").field(self.one_of(&LIST_FIELDS)),
            _ => Tree::Name("doc").field(self.one_of(&LIST_FIELDS)),
        }
    }

    /// What a field is compared with.
    fn operand(&mut self) -> Tree {
        match self.below(12) {
            6 => Tree::Name("identity").field(self.one_of(&FIELDS)),
            7 => Tree::Name("claims").field(self.one_of(&FIELDS)),
            8 if !self.is_plain => Tree::Meta("id", "identity"),
            9 if !self.variables.is_empty() => self.variable(),
            10 if !self.is_plain => Tree::Name("now"),
            11 => self.field(),
            _ => self.literal(),
        }
    }

    fn quantified(&mut self, depth: usize) -> Tree {
        let name = self.one_of(&["exists", "exists", "all", "exists_one"]);
        let range = if self.chance(3) { self.value(depth - 1) } else { self.list_field() };
        let variable = VARIABLES[self.variables.len() % 2];
        self.variables.push(variable);
        let body = match self.below(4) {
            0 => Tree::compare("==", Tree::Name(variable), self.operand()),
            1 => Tree::In(Box::new([Tree::Name(variable), self.list_field()])),
            _ => self.condition(depth - 1),
        };
        self.variables.pop();
        Tree::Macro(name, Box::new(range), variable, None, Box::new(body))
    }

    /// Anything.
    pub fn value(&mut self, depth: usize) -> Tree {
        if depth == 0 {
            return if self.chance(2) { self.field() } else { self.operand() };
        }
        match self.below(15) {
            0 => self.field(),
            1 => self.operand(),
            2 => Tree::Arithmetic(self.one_of(&ARITHMETIC), self.boxed(|it| it.value(depth - 1))),
            3 => Tree::Negate(Box::new(self.value(depth - 1))),
            4 => Tree::List((0..self.below(4)).map(|_| self.value(depth - 1)).collect()),
            5 => Tree::Map(
                (0..self.below(3)).map(|_| (self.value(depth - 1), self.value(depth - 1))).collect(),
            ),
            6 => Tree::Index(self.boxed(|it| it.value(depth - 1))),
            7 => Tree::Size(Box::new(self.value(depth - 1))),
            8 => {
                Tree::If(Box::new([self.condition(depth - 1), self.value(depth - 1), self.value(depth - 1)]))
            }
            9 => self.condition(depth - 1),
            10 => self.value(depth - 1).field(self.one_of(&FIELDS)),
            11 => {
                let variable = VARIABLES[self.variables.len() % 2];
                let range = Box::new(self.value(depth - 1));
                self.variables.push(variable);
                let (filter, body) = (self.condition(depth - 1), self.value(depth - 1));
                self.variables.pop();
                match self.below(3) {
                    0 => Tree::Macro("map", range, variable, None, Box::new(body)),
                    1 => Tree::Macro("map", range, variable, Some(Box::new(filter)), Box::new(body)),
                    _ => Tree::Macro("filter", range, variable, None, Box::new(filter)),
                }
            }
            12 => Tree::Name(self.one_of(&["claims", "doc", "identity"])),
            13 if !self.is_plain => {
                let name = self.one_of(&["get", "exists"]);
                Tree::Read(name, "groups", Box::new(self.operand()))
            }
            14 if !self.is_plain => {
                Tree::Meta(self.one_of(&["id", "collection"]), self.one_of(&["doc", "identity", "old"]))
            }
            _ => self.list_field(),
        }
    }
}
