//! What a holder does: every operation of the views that somebody can call who is no administrator, with good and bad input. It knows
//! nothing of what comes of it.

use super::hidden::Region;
use super::random::Random;

/// One operation. The numbers say on which document, with which value.
#[derive(Clone, Debug)]
pub enum Step {
    Get { hidden: bool, id: u8 },
    Exists { hidden: bool, id: u8 },
    GetElsewhere { name: u8 },
    Principal,
    Scan { form: u8 },
    Index { form: u8, value: i64 },
    Count { form: u8, value: i64 },
    First { form: u8, value: i64 },
    Filter { filter: usize, value: i64 },
    Sort { field: usize, form: u8 },
    Pages { form: u8, size: usize },
    Plan { filter: usize, form: u8 },
    Wrong { form: u8 },
    Create { id: u8, size: i64, form: u8 },
    CreateUnnamed { size: i64, form: u8 },
    Clash { id: u8, other: u8 },
    Patch { hidden: bool, id: u8, form: u8, value: i64 },
    Replace { hidden: bool, id: u8, form: u8, value: i64 },
    Delete { hidden: bool, id: u8 },
    IfVersion { id: u8, form: u8 },
    Once { token: u8 },
    Elsewhere { name: u8 },
    Tokens { form: u8 },
    Definitions { name: u8 },
    Databases { form: u8 },
    Keys { form: u8 },
    Roles { name: u8, form: u8 },
    Procedures { form: u8 },
    Audit { form: u8 },
    Why { form: u8 },
    Credentials { form: u8 },
}

/// Filters: also by what the holder does not see.
pub const FILTERS: [&str; 11] = [
    "doc.size > args",
    "doc.salary == args",
    "!has(doc.salary) || doc.salary > args",
    "args in doc.tags",
    "doc.owner == 'bob' || doc.size == args",
    "doc.lines.exists(line, line.cost == args)",
    "size(doc.lines.filter(line, has(line.cost))) == 0",
    "10 / (doc.size - args) > 0",
    "doc.secret || id(doc).endsWith('x')",
    "version(doc) > 0 && doc.email.startsWith('x')",
    "doc.salary < args && doc.owner == 'ann'",
];
/// Fields to sort by.
pub const SORTS: [&str; 5] = ["size", "salary", "owner", "lines", "email"];

impl Step {
    /// Some step.
    pub fn any(random: &mut Random) -> Self {
        match random.below(12) {
            0..3 => Self::of_one(random),
            3..7 => Self::of_many(random),
            7..10 => Self::of_change(random),
            _ => Self::of_system(random),
        }
    }

    /// One that is about a single document.
    pub fn of_point(random: &mut Random) -> Self {
        if random.below(2) == 0 { Self::of_one(random) } else { Self::of_change(random) }
    }

    fn of_one(random: &mut Random) -> Self {
        let (hidden, id) = (random.below(2) == 0, random.small(6));
        match random.below(4) {
            0 => Self::Exists { hidden, id },
            1 => Self::GetElsewhere { name: random.small(4) },
            2 => Self::Principal,
            _ => Self::Get { hidden, id },
        }
    }

    fn of_many(random: &mut Random) -> Self {
        let (form, value) = (random.small(8), random.int(4));
        match random.below(9) {
            0 => Self::Scan { form },
            1 => Self::Index { form, value },
            2 => Self::Count { form, value },
            3 => Self::First { form, value },
            4 => Self::Filter { filter: random.below(FILTERS.len()), value },
            5 => Self::Sort { field: random.below(SORTS.len()), form },
            6 => Self::Pages { form, size: 1 + random.below(3) },
            7 => Self::Plan { filter: random.below(FILTERS.len()), form },
            _ => Self::Wrong { form },
        }
    }

    fn of_change(random: &mut Random) -> Self {
        let (id, form, value) = (random.small(6), random.small(8), random.int(4));
        let hidden = random.below(3) == 0;
        match random.below(10) {
            0 => Self::Create { id, size: value, form },
            1 => Self::CreateUnnamed { size: value, form },
            2 => Self::Clash { id, other: random.small(6) },
            3 | 4 => Self::Patch { hidden, id, form, value },
            5 => Self::Replace { hidden, id, form, value },
            6 => Self::Delete { hidden, id },
            7 => Self::IfVersion { id, form },
            8 => Self::Once { token: random.small(3) },
            _ => Self::Elsewhere { name: random.small(4) },
        }
    }

    fn of_system(random: &mut Random) -> Self {
        let form = random.small(6);
        match random.below(9) {
            0 => Self::Tokens { form },
            1 => Self::Definitions { name: random.small(4) },
            2 => Self::Databases { form },
            3 => Self::Keys { form },
            4 => Self::Roles { name: random.small(3), form },
            5 => Self::Procedures { form },
            6 => Self::Audit { form },
            7 => Self::Why { form },
            _ => Self::Credentials { form },
        }
    }

    /// Whether it reads of this region, beside single documents.
    pub fn reads(&self, region: Region) -> bool {
        match self {
            // It finds nothing to read, but the definition of a collection, which a role makes one of identities.
            Self::Scan { form: 6 } => region == Region::System,
            Self::Scan { .. } | Self::Index { .. } | Self::Count { .. } | Self::First { .. } => {
                region == Region::Notes
            }
            Self::Filter { .. } | Self::Sort { .. } | Self::Pages { .. } => region == Region::Notes,
            // They name other collections as well.
            Self::Plan { .. } | Self::Wrong { .. } => matches!(region, Region::Notes | Region::System),
            Self::Tokens { .. } | Self::Definitions { .. } | Self::Databases { .. } => {
                region == Region::System
            }
            Self::Keys { .. } | Self::Roles { .. } | Self::Procedures { .. } => region == Region::System,
            Self::Audit { .. } | Self::Why { .. } | Self::Credentials { .. } => region == Region::System,
            Self::GetElsewhere { .. } | Self::Elsewhere { .. } => region == Region::System,
            _ => self.is_of_hidden() && region == Region::Notes,
        }
    }

    /// Whether it is about a document that may be there, and that the holder does not see.
    pub fn is_of_hidden(&self) -> bool {
        match self {
            Self::Get { hidden, .. } | Self::Exists { hidden, .. } | Self::Patch { hidden, .. } => *hidden,
            Self::Replace { hidden, .. } | Self::Delete { hidden, .. } => *hidden,
            Self::IfVersion { form, .. } => form & 4 != 0,
            _ => false,
        }
    }

    /// Whether its work is to be the same in both worlds: it is about one document.
    pub fn is_point(&self) -> bool {
        matches!(
            self,
            Self::Get { .. }
                | Self::Exists { .. }
                | Self::Principal
                | Self::Create { .. }
                | Self::Patch { .. }
                | Self::Replace { .. }
                | Self::Delete { .. }
                | Self::IfVersion { .. }
                | Self::Once { .. }
        )
    }

    /// Whether caches are looked through again after it in one of the worlds: where a hidden role names the collection of what it
    /// writes, that is somebody's identity.
    pub fn may_be_watched(&self) -> bool {
        matches!(self, Self::Elsewhere { .. })
    }

    /// Whether index entries of hidden fields go with what it removes.
    pub fn removes(&self) -> bool {
        matches!(self, Self::Delete { .. } | Self::IfVersion { .. })
    }
}
