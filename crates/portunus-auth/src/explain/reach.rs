//! The two questions the other way round: what somebody can do, and who can do something. It knows nothing of why.

use super::case::{Case, CaseOn};
use super::roles::{all_roles, load};
use super::{Deed, Inquiry, Who, WhoIs, verdict};
use crate::fields::Fields;
use crate::judge::{Caller, Judge};
use crate::key_record::KeyRecord;
use crate::policy::Policy;
use crate::procedure_record::ProcedureRecord;
use crate::resource::{Action, Resource};
use crate::rights::{Asked, Conditions, Rights, Ruling, Target};
use crate::role::RoleName;
use crate::role_book::{placed, union};
use crate::role_record::RoleRef;
use crate::rule::{self, Clause};
use crate::{BuiltInRole, On, PublicId, Result};
use portunus_predicate::Outcome;
use portunus_scope::{Access, Order, Scan, StoredCollection, SystemCollection};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

/// The most identity documents, and the most keys, that are looked at to tell who can do something.
pub const WHO_CAN_IDENTITIES_MAX: usize = 10_000;

/// Something that somebody can do, always or under some rules.
///
/// ```
/// # use portunus_auth::{Action, Collection, Error, Gate, GateOptions, Role};
/// use portunus_auth::{On, Reachable, Terms, Who};
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&admin)?;
/// # view.define(Collection::new("notes"))?;
/// view.define_role(
///     Role::new("reader")
///         .allow_when("notes", Action::Read, "doc.public")
///         .deny_when("notes", Action::Read, "doc.withdrawn")
///         .allow("notes", Action::Create),
/// )?;
/// let can: Vec<Reachable> = view.what_can(&Who::role("reader"))?;
/// assert_eq!(can[0].to_string(), "read notes: where doc.public, unless doc.withdrawn");
/// assert_eq!(can[1].to_string(), "create notes: always");
/// let Terms { grants, denials, .. } = &can[0].terms;
/// assert_eq!(grants[0].rule.as_deref(), Some("doc.public"));
/// assert!(can[0].on == On::Collection("notes".into()) && !can[0].terms.are_none());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reachable {
    /// What it is on.
    #[serde(serialize_with = "as_words")]
    pub on: On,
    /// The action.
    pub action: Action,
    /// When.
    pub terms: Terms,
}

/// When something is allowed: some grant must hold, and no denial may. What is known without the thing itself is left out.
///
/// ```
/// use portunus_auth::Terms;
/// assert!(!Terms::default().are_none(), "what nothing grants is not allowed always");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Terms {
    /// The grants.
    pub grants: Vec<GrantTerms>,
    /// The rules of the denials.
    pub denials: Vec<String>,
}

/// When something is granted, and in which fields. See [`Terms`].
///
/// ```
/// # use portunus_auth::{Action, Collection, Error, Fields, Gate, GateOptions, On, Privilege, Role};
/// use portunus_auth::{GrantTerms, Who};
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&admin)?;
/// # view.define(Collection::new("staff"))?;
/// let names = Privilege::new(On::Collection("staff".into()), Action::Read).fields(Fields::only(["name"]));
/// view.define_role(Role::new("visitor").privilege(names))?;
/// let can = view.what_can(&Who::role("visitor"))?;
/// let GrantTerms { rule, fields, .. } = &can[0].terms.grants[0];
/// assert_eq!((rule, fields), (&None, &Some(Fields::only(["name"]))));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GrantTerms {
    /// The rule, if there is one.
    pub rule: Option<String>,
    /// The fields, if it is not for all of them.
    pub fields: Option<Fields>,
}

/// Who can do something.
///
/// ```
/// # use portunus_auth::{Action, Collection, Error, Gate, GateOptions, NewKey, Role};
/// use portunus_auth::{Deed, IdentityCan, RoleCan, WhoCan};
/// # use serde_json::json;
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&admin)?;
/// # view.define(Collection::new("users"))?;
/// # view.define(Collection::new("notes"))?;
/// # view.create_with_id("users", "ann", json!({}))?;
/// # view.create_with_id("users", "bob", json!({}))?;
/// # view.create_with_id("notes", "n1", json!({"owner": "ann"}))?;
/// view.define_role(
///     Role::new("author").member("users").allow_when("notes", Action::Read, "doc.owner == id(identity)"),
/// )?;
/// let can: WhoCan = view.who_can(&Deed::read("notes", "n1"))?;
/// let author: &RoleCan = can.roles.last().expect("it can");
/// assert!(author.name == "author" && !author.is_always, "it depends on who has it");
/// let IdentityCan { collection, id, .. } = &can.identities[0];
/// assert_eq!((collection.as_str(), id.as_str(), can.identities.len()), ("users", "ann", 1));
/// assert_eq!((can.keys.len(), can.examined, can.is_complete), (1, 2, true), "the first key of the store can everything");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WhoCan {
    /// What they do.
    pub deed: String,
    /// The roles that allow it by themselves, if their rules do.
    pub roles: Vec<RoleCan>,
    /// The identity documents, among the members of roles, whose token would allow it.
    pub identities: Vec<IdentityCan>,
    /// The keys that allow it. Administrators of databases above can besides, by narrowing their keys.
    pub keys: Vec<PublicId>,
    /// How many identity documents were looked at.
    pub examined: usize,
    /// Whether all of them were, and all keys: no more than [`WHO_CAN_IDENTITIES_MAX`] are.
    pub is_complete: bool,
}

/// A role that allows something by itself. See [`WhoCan`].
///
/// ```
/// use portunus_auth::RoleCan;
/// fn always(roles: &[RoleCan]) -> Vec<&str> {
///     roles.iter().filter(|role| role.is_always).map(|role| role.name.as_str()).collect()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RoleCan {
    /// Its name.
    pub name: String,
    /// Whether it is one of a database above, which works below as well.
    pub is_inherited: bool,
    /// Whether everybody can who has it.
    pub is_always: bool,
    /// What it takes.
    pub needs: Vec<Reachable>,
}

/// An identity document whose holder can do something. See [`WhoCan`].
///
/// ```
/// use portunus_auth::IdentityCan;
/// fn place(identity: &IdentityCan) -> String {
///     format!("{}/{}", identity.collection, identity.id)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IdentityCan {
    /// Its collection.
    pub collection: String,
    /// Its id.
    pub id: String,
}

impl Terms {
    /// Whether it is allowed always and wholly.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.denials.is_empty()
            && self.grants.iter().any(|grant| grant.rule.is_none() && grant.fields.is_none())
    }

    /// What a ruling comes to, when `known` tells what is known of its rules already; nothing if it allows nothing.
    fn of(
        ruling: Ruling<'_>,
        known: &mut dyn FnMut(&Clause) -> Result<Option<Outcome>>,
    ) -> Result<Option<Self>> {
        match ruling {
            Ruling::Deny => Ok(None),
            Ruling::Allow => {
                let grants = vec![GrantTerms { rule: None, fields: None }];
                Ok(Some(Self { grants, denials: Vec::new() }))
            }
            Ruling::Depends(conditions) => Self::of_conditions(conditions, known),
        }
    }

    fn of_conditions(
        conditions: &Conditions,
        known: &mut dyn FnMut(&Clause) -> Result<Option<Outcome>>,
    ) -> Result<Option<Self>> {
        let mut terms = Self::default();
        for grant in &conditions.grants {
            let rule = match &grant.when {
                None => None,
                Some(clause) => match known(clause)? {
                    Some(Outcome::True) => None,
                    Some(Outcome::False | Outcome::Fault(_)) => continue,
                    None => Some(clause.predicate.source().to_owned()),
                },
            };
            terms.grants.push(GrantTerms { rule, fields: grant.fields.clone() });
        }
        if let Some(whole) = terms.grants.iter().find(|grant| grant.rule.is_none() && grant.fields.is_none())
        {
            terms.grants = vec![whole.clone()];
        }
        for clause in &conditions.denials {
            match known(clause)? {
                Some(Outcome::False) => {}
                Some(Outcome::True | Outcome::Fault(_)) => return Ok(None),
                None => terms.denials.push(clause.predicate.source().to_owned()),
            }
        }
        Ok(Some(terms).filter(|terms| !terms.grants.is_empty()))
    }
}

/// What somebody can do, on single collections and procedures and on things of all other kinds.
///
/// # Errors
/// `NotFound` if there is nobody of that name; as every read of the store.
pub(crate) fn what_can(inquiry: Inquiry<'_>, who: &Who) -> Result<Vec<Reachable>> {
    let supposed = inquiry.suppose(who)?;
    if supposed.refusal.is_some() {
        return Ok(Vec::new());
    }
    let policy = Policy::of(&supposed.principal, inquiry.ground());
    let mut judge = Judge::new(inquiry.ground(), Caller::of(&supposed.principal, inquiry.reader));
    let mut reachable = Vec::new();
    for (on, target) in all_targets(inquiry)? {
        for action in Action::ALL {
            let mut known = |clause: &Clause| {
                // What it will be called with is not known yet, which is not the same as being called with nothing.
                let takes_arguments = clause.predicate.uses().slots.contains(&rule::ARGS);
                let bound = if takes_arguments { None } else { Some(judge.bind(&clause.predicate)?) };
                Ok(bound.and_then(|residual| residual.known()))
            };
            if let Some(terms) = Terms::of(policy.ruling(&target, action), &mut known)? {
                reachable.push(Reachable { on: on.clone(), action, terms });
            }
        }
    }
    Ok(reachable)
}

/// Who can do something.
///
/// # Errors
/// As [`explain`](super::explain).
pub(crate) fn who_can(inquiry: Inquiry<'_>, deed: &Deed) -> Result<WhoCan> {
    let case = Case::find(inquiry, deed)?;
    let mut search = Search { inquiry, case: &case, roles: Vec::new(), collections: BTreeMap::new() };
    for role in BuiltInRole::ALL {
        search.add(RoleName::from(role).as_str(), false, &role.rights())?;
    }
    for role in all_roles(inquiry)? {
        search.add_role(role)?;
    }
    let Search { roles, collections, .. } = search;
    let (mut identities, mut examined, mut is_complete) = (Vec::new(), 0, true);
    for collection in collections.values() {
        let (ids, all) = ids_of(inquiry, collection, WHO_CAN_IDENTITIES_MAX - examined)?;
        (examined, is_complete) = (examined + ids.len(), is_complete && all);
        for id in ids {
            let who = WhoIs::Document { collection: collection.name().to_owned(), id };
            if can(inquiry, &case, who.clone())?
                && let WhoIs::Document { collection, id } = who
            {
                identities.push(IdentityCan { collection, id });
            }
        }
    }
    let mut ids = KeyRecord::ids_in(inquiry.reader, inquiry.database(), SystemCollection::KeyTarget)?;
    is_complete &= ids.len() <= WHO_CAN_IDENTITIES_MAX;
    ids.truncate(WHO_CAN_IDENTITIES_MAX);
    let mut keys = Vec::new();
    for id in ids {
        if can(inquiry, &case, WhoIs::Key(id))? {
            keys.push(id);
        }
    }
    Ok(WhoCan { deed: deed.to_string(), roles, identities, keys, examined, is_complete })
}

struct Search<'s> {
    inquiry: Inquiry<'s>,
    case: &'s Case,
    roles: Vec<RoleCan>,
    /// Those whose documents are members of a role that has a part in it.
    collections: BTreeMap<u32, Arc<StoredCollection>>,
}

impl Search<'_> {
    fn add_role(&mut self, role: RoleRef) -> Result<()> {
        let (reader, database) = (self.inquiry.reader, self.inquiry.database());
        let Some(loaded) = load(self.inquiry, role)? else { return Ok(()) };
        let owner = role.place(database).map_or(database, |(owner, _)| owner);
        let is_inherited = matches!(role, RoleRef::Inherited(..));
        let members: Vec<Target> = loaded.role.members.iter().map(|(member, _)| member.of.clone()).collect();
        let name = loaded.role.name.clone();
        if !self.add(name.as_str(), is_inherited, &union(&[loaded], &[]))? {
            return Ok(());
        }
        let all = reader.collections(database)?;
        for of in members {
            let Some(Target::Documents(number)) = placed(reader, &of, owner, database)? else { continue };
            let found = all.iter().find(|collection| collection.number() == number);
            self.collections.extend(found.map(|found| (number, found.clone())));
        }
        Ok(())
    }

    /// Notes a role that allows it by itself; whether it has a part in it at least.
    fn add(&mut self, name: &str, is_inherited: bool, rights: &Rights) -> Result<bool> {
        let actions = self.case.deed.actions();
        let mut needs = Vec::new();
        for action in &actions {
            let mut known = |clause: &Clause| self.known(*action, clause);
            let terms = Terms::of(rights.ruling(self.case.asked(), *action), &mut known)?;
            needs.extend(terms.map(|terms| Reachable { on: self.on(), action: *action, terms }));
        }
        // To see an id, either is enough.
        let is_enough = match actions.as_slice() {
            [.., Action::ListIds] => !needs.is_empty(),
            _ => needs.len() == actions.len(),
        };
        let has_part = !needs.is_empty();
        if is_enough {
            let is_always = needs.iter().all(|need| need.terms.are_none());
            self.roles.push(RoleCan { name: name.to_owned(), is_inherited, is_always, needs });
        }
        Ok(has_part)
    }

    /// What a rule says of the thing, if it says the same whoever asks.
    fn known(&self, action: Action, clause: &Clause) -> Result<Option<Outcome>> {
        if !clause.is_about_the_thing_alone() {
            return Ok(None);
        }
        let becoming = self.case.becoming();
        let Some(scene) = self.case.scene(self.inquiry, action, becoming.as_ref()) else { return Ok(None) };
        let mut judge = Judge::new(self.inquiry.ground(), self.inquiry.nobody());
        judge.decide_traced(&clause.predicate, scene, &mut |_, _| {}).map(Some)
    }

    fn on(&self) -> On {
        match &self.case.on {
            CaseOn::Call { procedure, .. } => On::Procedure(procedure.clone()),
            CaseOn::Document { .. }
            | CaseOn::Creation { .. }
            | CaseOn::Change { .. }
            | CaseOn::Any { .. } => {
                let name = self.case.collection_name().map(|name| On::Collection(name.to_owned()));
                name.unwrap_or_else(|| On::Every(self.case.asked().kind()))
            }
        }
    }
}

fn can(inquiry: Inquiry<'_>, case: &Case, who: WhoIs) -> Result<bool> {
    let supposed = inquiry.suppose(&Who(who))?;
    Ok(verdict(inquiry, &supposed, case)?.is_allowed())
}

/// The ids of the documents of a collection, up to a limit, and whether these are all.
fn ids_of(inquiry: Inquiry<'_>, collection: &StoredCollection, most: usize) -> Result<(Vec<String>, bool)> {
    let access = Access::Ids(Bound::Unbounded, Bound::Unbounded);
    let scan = Scan { collection, access: &access, order: Order::Ascending, after: None };
    let (mut ids, mut is_all) = (Vec::new(), true);
    inquiry.reader.unfiltered_scan(&scan, &mut |document, _| {
        if ids.len() == most {
            is_all = false;
            return Ok(ControlFlow::Break(()));
        }
        ids.push(document.id().to_owned());
        Ok(ControlFlow::Continue(()))
    })?;
    Ok((ids, is_all))
}

/// All that something could be said of: each collection, each procedure, and all other kinds of things.
fn all_targets(inquiry: Inquiry<'_>) -> Result<Vec<(On, Target)>> {
    let collections = inquiry.reader.collections(inquiry.database())?;
    let mut targets: Vec<(On, Target)> = collections
        .iter()
        .map(|it| (On::Collection(it.name().to_owned()), Target::Documents(it.number())))
        .collect();
    let mut names = Vec::new();
    inquiry.reader.unfiltered_system_scan(
        inquiry.database(),
        SystemCollection::Procedure,
        &mut |document| {
            names.push(ProcedureRecord::read(&document.to_document()).map(|record| record.name));
            Ok(ControlFlow::Continue(()))
        },
    )?;
    for name in names {
        let name = name?;
        targets.push((On::Procedure(name.clone()), Target::Procedure(name)));
    }
    let others =
        Resource::ALL.into_iter().filter(|kind| !matches!(kind, Resource::Document | Resource::Procedure));
    targets.extend(others.map(|kind| (On::Every(kind), Target::Every(kind))));
    Ok(targets)
}

pub(super) fn words(on: &On) -> String {
    let (asked, name) = match on {
        On::Collection(name) => (Asked::Documents(0), name.as_str()),
        On::Every(kind) => (Asked::Every(*kind), ""),
        On::Procedure(name) => (Asked::Procedure(name), ""),
    };
    super::case::called(asked, name)
}

fn as_words<S: Serializer>(on: &On, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&words(on))
}
