//! Whether somebody may do something to a document, and in which fields. It knows nothing of operations. Written down from
//! what is promised of roles: deny by default, the union of grants, a denial beats every grant, and no order counts.

use crate::fields::Mask;
use crate::judge::Scene;
use crate::world::{Action, Database, Document, Flaw, Holder, Right, Role, World};

/// What of somebody's roles is about an action on the documents of a collection.
pub struct Rights<'w> {
    holder: &'w Holder,
    world: &'w World,
    action: Action,
    granted: Vec<&'w Right>,
    denied: Vec<&'w Right>,
    identity: Option<&'w Document>,
}

impl World {
    pub fn rights<'w>(&'w self, holder: &'w Holder, collection: &str, action: Action) -> Rights<'w> {
        let fits = |right: &&Right| {
            right.action == action && right.on.as_ref().is_none_or(|name| name == collection)
        };
        let roles = self.roles_of(holder);
        let granted: Vec<&Right> =
            roles.iter().flat_map(|role| role.privileges.iter().filter(fits)).collect();
        let mut denied: Vec<&Right> =
            roles.iter().flat_map(|role| role.denials.iter().filter(fits)).collect();
        match self.flaw {
            Some(Flaw::DenialIgnored) => denied.clear(),
            Some(Flaw::DenialOnlyOfItsRole) => {
                let grants = |role: &&&Role| role.privileges.iter().filter(fits).count() > 0;
                denied =
                    roles.iter().filter(grants).flat_map(|role| role.denials.iter().filter(fits)).collect();
            }
            _ => {}
        }
        Rights { holder, world: self, action, granted, denied, identity: self.identity(holder) }
    }

    /// Keys have the one role that is named on them and gain none by membership; identity documents have those that they are
    /// members of. A role reaches down from its database where it is inherited, and never up or aside.
    pub fn roles_of<'w>(&'w self, holder: &'w Holder) -> Vec<&'w Role> {
        let own = &self.databases[holder.database()];
        let inherits = |role: &&Role| role.inherits || self.flaw == Some(Flaw::AllRolesInherit);
        let above = self.above(holder.database());
        match holder {
            Holder::BuiltIn { .. } => Vec::new(),
            Holder::Key { role: name, .. } => {
                let found = |database: &'w Database| database.roles.get(name);
                let inherited = above.filter_map(found).find(inherits);
                found(own).or(inherited).into_iter().collect()
            }
            Holder::Identity { collection, .. } => {
                let inherited = above.flat_map(|database| database.roles.values()).filter(inherits);
                let all = own.roles.values().chain(inherited);
                all.filter(|role| self.is_member(holder, collection, role)).collect()
            }
        }
    }

    /// Some membership names the collection, and its rule is exactly true of the identity document.
    fn is_member(&self, holder: &Holder, collection: &str, role: &Role) -> bool {
        let scene = Scene { identity: self.identity(holder), ..self.scene(holder) };
        let holds = |(name, when): &(String, Option<crate::Expr>)| {
            let is_true = when.as_ref().is_none_or(|when| scene.says(when) == Some(true));
            name == collection && (is_true || self.flaw == Some(Flaw::MembershipRuleIgnored))
        };
        role.members.iter().any(holds)
    }

    pub fn identity(&self, holder: &Holder) -> Option<&Document> {
        match holder {
            Holder::Identity { collection, id, .. } => self.collection(holder, collection)?.documents.get(id),
            _ => None,
        }
    }

    /// A scene in which nothing is seen yet.
    pub fn scene(&self, holder: &Holder) -> Scene<'_> {
        let collections = &self.databases[holder.database()].collections;
        Scene { doc: None, old: None, new: None, identity: None, args: None, collections, flaw: self.flaw }
    }
}

impl<'w> Rights<'w> {
    /// Whether no document whatever can be meant: there is no grant, or a denial without a rule.
    pub fn is_never(&self) -> bool {
        match self.holder {
            Holder::BuiltIn { reads, writes, .. } => !(self.is_built_in(*reads, *writes)),
            _ => self.granted.is_empty() || self.denied.iter().any(|denial| denial.when.is_none()),
        }
    }

    pub fn of(&self, doc: &Document) -> Option<Mask<'w>> {
        self.decide(|scene| Scene { doc: Some(doc), ..scene })
    }

    /// Whether it is allowed in a scene, and for the fields of which grants.
    pub fn decide<'s>(&self, fill: impl FnOnce(Scene<'s>) -> Scene<'s>) -> Option<Mask<'w>>
    where
        'w: 's,
    {
        self.world.decisions.set(self.world.decisions.get() + 1);
        if let Holder::BuiltIn { reads, writes, .. } = self.holder {
            return self.is_built_in(*reads, *writes).then_some(Mask::ALL);
        }
        let scene = fill(Scene { identity: self.identity, ..self.world.scene(self.holder) });
        let flaw = self.world.flaw;
        // A grant needs exactly true: nothing else grants.
        let holds = |grant: &&Right| {
            let said = grant.when.as_ref().map_or(Some(true), |when| scene.says(when));
            said == Some(true) || (said.is_none() && flaw == Some(Flaw::FaultGrants))
        };
        // A denial lifts on exactly false: a fault denies.
        let is_lifted = |denial: &&Right| {
            let said = denial.when.as_ref().map_or(Some(true), |when| scene.says(when));
            said == Some(false) || (said.is_none() && flaw == Some(Flaw::FaultLiftsDenial))
        };
        let held: Vec<&Right> = self.granted.iter().copied().filter(holds).collect();
        if held.is_empty() || !self.denied.iter().all(is_lifted) {
            return None;
        }
        let fields = held.iter().map(|grant| grant.fields.as_ref());
        match flaw {
            Some(Flaw::MaskForgotten) => Some(Mask::ALL),
            Some(Flaw::MaskIntersects) => Some(Mask(fields.take(1).collect())),
            _ => Some(Mask(fields.collect())),
        }
    }

    fn is_built_in(&self, reads: bool, writes: bool) -> bool {
        match self.action {
            Action::Read | Action::ListIds => reads,
            _ => writes,
        }
    }
}
