//! What a role says, as a few letters, as rules for the engine, and as a decision of its own. It knows nothing of the engine's
//! decisions.

use super::state::Item;
use portunus_auth::{Action, Role};
use portunus_storage::conformance::Random;

/// The roles: that of people, and two for keys.
pub const ROLES: [&str; 3] = ["member", "clerk", "porter"];

/// One condition. `Own` and `Team` fault for whoever is nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    Never,
    Always,
    Own,
    Team,
    Low,
}

/// What a role lets its holders do with items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    pub read: Rule,
    /// What must not be read, whatever grants it.
    pub denied: Rule,
    pub write: Rule,
    pub create: Rule,
    pub delete: Rule,
}

/// The place of a person, and their team.
pub type Person = (usize, i64);

const RULES: [Rule; 5] = [Rule::Never, Rule::Always, Rule::Own, Rule::Team, Rule::Low];

fn pick(random: &mut Random) -> Rule {
    // More often what lets something happen.
    if random.chance(40) { Rule::Always } else { RULES[random.below(RULES.len())] }
}

impl Rule {
    /// As a rule about a thing, under these names for what it was and what it is.
    fn text(self, old: &str, new: &str) -> Option<String> {
        match self {
            Self::Never | Self::Always => None,
            Self::Own => Some(format!("{old}.owner == id(identity)")),
            Self::Team => Some(format!("{new}.team == identity.team")),
            Self::Low => Some(format!("{new}.rank < 5")),
        }
    }

    /// Whether it holds of a change. Nothing if it faults.
    fn holds(self, person: Option<Person>, old: &Item, new: &Item) -> Option<bool> {
        match self {
            Self::Never => Some(false),
            Self::Always => Some(true),
            Self::Own => person.map(|(person, _)| old.owner == person),
            Self::Team => person.map(|(_, team)| new.team == team),
            Self::Low => Some(new.rank < 5),
        }
    }
}

impl Policy {
    pub fn random(random: &mut Random) -> Self {
        let denied = if random.chance(70) { Rule::Never } else { RULES[2 + random.below(3)] };
        let (read, write, create) = (pick(random), pick(random), pick(random));
        Self { read, denied, write, create, delete: pick(random) }
    }

    /// The role of this place, saying this. What it says of lists never changes.
    pub fn role(&self, place: usize) -> Role {
        let mut role = Role::new(ROLES[place]).allow("lists", Action::Read).allow("lists", Action::Write);
        if place == 0 {
            role = role.member("users");
        }
        for (action, rule, old, new) in [
            (Action::Read, self.read, "doc", "doc"),
            (Action::Write, self.write, "old", "new"),
            (Action::Create, self.create, "new", "new"),
            (Action::CreateWithId, self.create, "new", "new"),
            (Action::Delete, self.delete, "doc", "doc"),
        ] {
            role = match (rule, rule.text(old, new)) {
                (Rule::Never, _) => role,
                (_, None) => role.allow("items", action),
                (_, Some(text)) => role.allow_when("items", action, text),
            };
        }
        match self.denied.text("doc", "doc") {
            Some(text) => role.deny_when("items", Action::Read, text),
            None => role,
        }
    }

    pub fn shows(&self, person: Option<Person>, item: &Item) -> bool {
        self.read.holds(person, item, item) == Some(true)
            && self.denied.holds(person, item, item) == Some(false)
    }

    pub fn lets_become(&self, person: Option<Person>, old: &Item, new: &Item) -> bool {
        self.write.holds(person, old, new) == Some(true)
    }

    pub fn lets_come(&self, person: Option<Person>, item: &Item) -> bool {
        self.create.holds(person, item, item) == Some(true)
    }

    pub fn lets_go(&self, person: Option<Person>, item: &Item) -> bool {
        self.delete.holds(person, item, item) == Some(true)
    }
}
