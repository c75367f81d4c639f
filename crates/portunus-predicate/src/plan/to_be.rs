//! What a reach will look like, told before it is known who asks. It knows nothing of indexes.

use crate::plan::{Reach, derive};
use crate::{Predicate, Slot};

impl Predicate {
    /// What a reach will look like once the predicate is bound to somebody for whom no part of it is settled by that alone:
    /// over which fields, or why over everything. Texts stand in it for what is not known yet.
    ///
    /// ```
    /// use portunus_predicate::{Declaration, Known, Predicate, Reach, Type, Vocabulary};
    /// let vocabulary = Vocabulary::new()
    ///     .declare(Declaration::entity("doc", Type::Any, Known::Decided))
    ///     .declare(Declaration::entity("identity", Type::Any, Known::Bound));
    /// let reach = |source: &str| Predicate::new(source, &vocabulary).unwrap().reach_to_be(0);
    /// let Reach::Field { path, .. } = reach("identity.admin || doc.owner == id(identity)") else { panic!() };
    /// assert_eq!(path, "owner");
    /// let Reach::Everything(why) = reach("doc.size != identity.size") else { panic!() };
    /// assert!(why.contains("doc.size != identity.size"));
    /// ```
    #[must_use]
    pub fn reach_to_be(&self, slot: Slot) -> Reach {
        derive::reach(&self.node, slot, &self.names, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Declaration, Known, Type, Vocabulary};

    fn predicate(source: &str) -> Predicate {
        let vocabulary = Vocabulary::new()
            .declare(Declaration::entity("doc", Type::Any, Known::Decided))
            .declare(Declaration::entity("old", Type::Any, Known::Decided))
            .declare(Declaration::entity("identity", Type::Any, Known::Bound))
            .with_now()
            .with_reads();
        Predicate::new(source, &vocabulary).unwrap()
    }

    /// The fields of a reach, `id` for the id, or `all` with the reason.
    fn shape(reach: &Reach) -> String {
        let join = |arms: &[Reach], with: &str| arms.iter().map(shape).collect::<Vec<_>>().join(with);
        match reach {
            Reach::Everything(why) => format!("all: {why}"),
            Reach::Nothing => "nothing".into(),
            Reach::Field { path, .. } => path.clone(),
            Reach::Id(_) => "id".into(),
            Reach::Members { path, collection, field, .. } => format!("{path} by {collection}.{field}"),
            Reach::Any(arms) => join(arms, " or "),
            Reach::All(arms) => join(arms, " and "),
        }
    }

    #[test]
    fn the_form_of_a_reach_is_known_before_anybody_asks() {
        let check = |source: &str, expected: &str| {
            assert_eq!(shape(&predicate(source).reach_to_be(0)), expected, "{source}");
        };
        check("doc.owner == id(identity)", "owner");
        check("identity.admin || doc.owner == id(identity)", "owner");
        check("identity.admin && doc.owner == id(identity)", "owner");
        check("identity.admin", "all: there is no condition");
        check("!identity.gone && !(now < identity.since)", "all: there is no condition");
        check("doc.region in identity.regions || doc.public", "region or public");
        check("identity.dept in doc.depts", "depts");
        check("doc.name.startsWith(identity.prefix)", "name");
        check("doc.from <= now", "from");
        check("identity.groups.exists(g, g.open && g.name == doc.group)", "group");
        check("doc.group in identity.groups.filter(g, g.open).map(g, g.name)", "group");
        check("id(identity) in get('teams', doc.team).members", "team by teams.members");
        check("doc.team == get('people', id(identity)).team", "team");
        check("identity.wide ? doc.region == identity.region : doc.owner == id(identity)", "region or owner");
        check("id(doc) == identity.main", "id");
        let why = |text: &str| format!("all: no range holds all for which `{text}`");
        check("doc.size != identity.size", &why("doc.size != identity.size"));
        check("doc.a + 1 == identity.a || doc.owner == 'x'", &why("doc.a + 1 == identity.a"));
        check("identity.groups.exists(g, doc.tags.all(t, t == g))", &why("doc.tags.all(v1, v1 == v0)"));
    }

    #[test]
    fn what_is_kept_is_read_off_the_conditions_that_all_must_hold() {
        let check = |source: &str, wherever: bool, expected: &[&str]| {
            let kept = predicate(source).kept((1, 0), wherever);
            let kept: Vec<String> = kept.iter().map(|path| path.fields.join(".")).collect();
            assert_eq!(kept, expected, "{source}");
        };
        check("doc.a == old.a && old.b.c == doc.b.c && doc.d == 1", true, &["a", "b.c"]);
        check("doc.a == old.a || doc.b == old.b", true, &[]);
        check("(doc.a == old.a && old.x) || (old.a == doc.a && old.y)", true, &["a"]);
        check("!(doc.a != old.a || doc.b != old.b)", true, &["a", "b"]);
        check("doc.a == old.b && doc.c == identity.c", true, &[]);
        check("doc.a != old.a", true, &[]);
        check("doc.a != old.a || doc.b != old.b", false, &["a", "b"]);
        check("doc.a != old.a && doc.b != old.b", false, &[]);
    }
}
