//! The roles that have something to say of a question: who has them and why, and what each of their rights came to. It knows
//! nothing of verdicts.

use super::case::{Case, called};
use super::{Answer, ExplainedRule, Inquiry, Room, Who, WhoIs};
use crate::fields::Fields;
use crate::judge::{Judge, Scene};
use crate::open::Supposed;
use crate::provider_record::ProviderRecord;
use crate::resource::Action;
use crate::rights::{Asked, Right, Target};
use crate::role::RoleName;
use crate::role_book::{PlacedRole, placed};
use crate::role_record::{RoleRecord, RoleRef};
use crate::rule::Subject;
use crate::weighing::Becoming;
use crate::{BuiltInRole, Result};
use serde::Serialize;

/// A role that was considered. See [`Explanation`](crate::Explanation).
///
/// ```
/// # use portunus_auth::{Action, Collection, Error, Gate, GateOptions, Role};
/// use portunus_auth::{Deed, ExplainedRight, ExplainedRole, RoleReason, RoleSource, Who};
/// # use serde_json::json;
/// # let (gate, admin) = Gate::create_in_memory(&GateOptions::default())?;
/// # let mut view = gate.begin_write(&admin)?;
/// # view.define(Collection::new("users"))?;
/// # view.create_with_id("users", "ann", json!({"employed": false}))?;
/// view.define_role(
///     Role::new("staff").member_when("users", "identity.employed").allow("users", Action::Read),
/// )?;
/// let explanation = view.explain(&Who::document("users", "ann"), &Deed::read("users", "ann"))?;
/// let role: &ExplainedRole = &explanation.roles[0];
/// assert!(role.name == "staff" && !role.is_held && role.denials.is_empty());
/// let reason: &RoleReason = &role.reasons[0];
/// assert_eq!(reason.rule.as_ref().map(|rule| rule.text.as_str()), Some("identity.employed"));
/// assert_eq!((&reason.source, reason.holds), (&RoleSource::Collection("users".into()), false));
/// let grant: &ExplainedRight = &role.grants[0];
/// assert!(grant.holds && grant.action == Action::Read && grant.on == "users", "it would, if she had the role");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExplainedRole {
    /// Its name.
    pub name: String,
    /// Whether it is one of a database above, which works below as well.
    pub is_inherited: bool,
    /// Whether they have it. What they do not have plays no part in the verdict.
    pub is_held: bool,
    /// Where they could have it from, and whether they do.
    pub reasons: Vec<RoleReason>,
    /// What of its grants is about the question.
    pub grants: Vec<ExplainedRight>,
    /// What of its denials is.
    pub denials: Vec<ExplainedRight>,
}

/// Where somebody could have a role from. See [`ExplainedRole`].
///
/// ```
/// use portunus_auth::{RoleReason, RoleSource};
/// fn is_member(reason: &RoleReason) -> bool {
///     reason.holds && matches!(reason.source, RoleSource::Collection(_))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RoleReason {
    /// What gives it.
    pub source: RoleSource,
    /// What must be true.
    pub rule: Option<ExplainedRule>,
    /// Whether they have it from there.
    pub holds: bool,
}

/// What gives somebody a role. See [`ExplainedRole`].
///
/// ```
/// use portunus_auth::RoleSource;
/// assert_ne!(RoleSource::Key, RoleSource::Provider("okta".into()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RoleSource {
    /// The question asks about somebody with this role.
    Question,
    /// The key names it.
    Key,
    /// The documents of this collection are members.
    Collection(String),
    /// The access provider of this name gives it.
    Provider(String),
}

/// A grant or a denial. See [`ExplainedRole`].
///
/// ```
/// use portunus_auth::ExplainedRight;
/// fn shown(right: &ExplainedRight) -> String {
///     format!("{} {}: {}", right.action, right.on, right.holds)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExplainedRight {
    /// The action.
    pub action: Action,
    /// What it is on, in words.
    pub on: String,
    /// The fields that it is for, if not for all.
    pub fields: Option<Fields>,
    /// The rule under which it holds, if it does not always.
    pub rule: Option<ExplainedRule>,
    /// Whether it grants here, or denies. Of one that was asked about no single thing it is told that it may.
    pub holds: bool,
}

/// The roles of somebody, and the others that have something to say.
pub(super) fn considered(
    inquiry: Inquiry<'_>,
    who: &Who,
    (supposed, case): (&Supposed, &Case),
    room: &mut Room,
) -> Result<Vec<ExplainedRole>> {
    let principal = &supposed.principal;
    let becoming = case.becoming_by(inquiry, principal)?;
    let judge = case.judge(inquiry, principal);
    let mut court = Court { inquiry, who, supposed, case, judge, room };
    let mut roles = Vec::new();
    for role in &supposed.held {
        if let RoleRef::BuiltIn(role) = role {
            roles.push(court.built_in(*role));
        }
    }
    for role in all_roles(inquiry)? {
        roles.extend(court.role(role, becoming.as_ref())?);
    }
    Ok(roles)
}

/// All roles that work in the database, but for those that are built in.
pub(super) fn all_roles(inquiry: Inquiry<'_>) -> Result<Vec<RoleRef>> {
    let own = RoleRecord::all(inquiry.reader, inquiry.database())?;
    let mut all: Vec<RoleRef> = own.into_iter().map(|role| RoleRef::User(role.number)).collect();
    for above in inquiry.lineage.iter().skip(1) {
        let inherited = RoleRecord::inherited(inquiry.reader, above.id)?;
        all.extend(inherited.into_iter().map(|number| RoleRef::Inherited(above.id, number)));
    }
    Ok(all)
}

/// A role as it works in the database, unless it is built in.
pub(super) fn load(inquiry: Inquiry<'_>, role: RoleRef) -> Result<Option<PlacedRole>> {
    let Some(place) = role.place(inquiry.database()) else { return Ok(None) };
    let Some(found) = inquiry.book.find(inquiry.reader, place)? else { return Ok(None) };
    PlacedRole::of(inquiry.reader, found, place.0, inquiry.database()).map(Some)
}

/// Whether a right is about what is asked.
pub(super) fn is_about(right: &Right, asked: Asked<'_>, actions: &[Action]) -> bool {
    let is_on = match &right.on {
        Target::Every(kind) => *kind == asked.kind(),
        Target::Documents(number) => matches!(asked, Asked::Documents(other) if other == *number),
        Target::Procedure(name) => matches!(asked, Asked::Procedure(other) if other == name),
        Target::Named(_) => false,
    };
    is_on && actions.contains(&right.action)
}

struct Court<'c, 'r> {
    inquiry: Inquiry<'c>,
    who: &'c Who,
    supposed: &'c Supposed,
    case: &'c Case,
    judge: Judge<'c>,
    room: &'r mut Room,
}

impl Court<'_, '_> {
    fn built_in(&self, role: BuiltInRole) -> ExplainedRole {
        let actions = self.case.deed.actions();
        let grants = role.grants().filter(|right| is_about(right, self.case.asked(), &actions));
        let grants = grants.map(|right| ExplainedRight {
            action: right.action,
            on: self.on(&right),
            fields: None,
            rule: None,
            holds: true,
        });
        ExplainedRole {
            name: RoleName::from(role).to_string(),
            is_inherited: false,
            is_held: true,
            reasons: vec![self.named()],
            grants: grants.collect(),
            denials: Vec::new(),
        }
    }

    /// A role, if they have it or it has anything to say.
    fn role(&mut self, role: RoleRef, becoming: Option<&Becoming>) -> Result<Option<ExplainedRole>> {
        let Some(loaded) = load(self.inquiry, role)? else { return Ok(None) };
        let is_held = self.supposed.held.contains(&role);
        let grants = self.rights(loaded.grants(), becoming, |answer| answer == Answer::True)?;
        let denials = self.rights(loaded.denials(), becoming, |answer| answer != Answer::False)?;
        if !is_held && grants.is_empty() && denials.is_empty() {
            return Ok(None);
        }
        let reasons = self.reasons(role, &loaded)?;
        Ok(Some(ExplainedRole {
            name: loaded.role.name.to_string(),
            is_inherited: matches!(role, RoleRef::Inherited(..)),
            is_held,
            reasons,
            grants,
            denials,
        }))
    }

    fn rights(
        &mut self,
        rights: &[Right],
        becoming: Option<&Becoming>,
        holds: impl Fn(Answer) -> bool,
    ) -> Result<Vec<ExplainedRight>> {
        let actions = self.case.deed.actions();
        let mut explained = Vec::new();
        for right in rights.iter().filter(|right| is_about(right, self.case.asked(), &actions)) {
            if !self.room.takes_one() {
                break;
            }
            let scene = self.case.scene(self.inquiry, right.action, becoming);
            let rule = match (&right.when, scene) {
                (None, _) => None,
                (Some(clause), None) => Some(ExplainedRule::unasked(&clause.predicate, self.room)),
                (Some(clause), Some(scene)) => {
                    Some(ExplainedRule::asked(&clause.predicate, &mut self.judge, scene, self.room)?)
                }
            };
            let answer = rule.as_ref().and_then(|rule| rule.answer);
            let (action, on, fields) = (right.action, self.on(right), right.fields.clone());
            explained.push(ExplainedRight { action, on, fields, rule, holds: answer.is_none_or(&holds) });
        }
        Ok(explained)
    }

    /// Where they could have a role from.
    fn reasons(&mut self, role: RoleRef, loaded: &PlacedRole) -> Result<Vec<RoleReason>> {
        match &self.who.0 {
            WhoIs::Roles(_) | WhoIs::Key(_) if self.supposed.held.contains(&role) => Ok(vec![self.named()]),
            WhoIs::Roles(_) | WhoIs::Key(_) => Ok(Vec::new()),
            WhoIs::Document { .. } => self.memberships(role, loaded),
            WhoIs::Claims { provider, .. } => {
                let mut reasons = self.given(role, provider)?;
                reasons.extend(self.memberships(role, loaded)?);
                Ok(reasons)
            }
        }
    }

    fn memberships(&mut self, role: RoleRef, loaded: &PlacedRole) -> Result<Vec<RoleReason>> {
        let (inquiry, database) = (self.inquiry, self.inquiry.database());
        let owner = role.place(database).map_or(database, |(owner, _)| owner);
        let Some(identity) = &self.supposed.principal.identity else { return Ok(Vec::new()) };
        let mut reasons = Vec::new();
        for (member, clause) in &loaded.role.members {
            let of = placed(inquiry.reader, &member.of, owner, database)?;
            if of != Some(Target::Documents(identity.number)) || !self.room.takes_one() {
                continue;
            }
            let rule = clause.as_ref().map(|clause| {
                ExplainedRule::asked(&clause.predicate, &mut self.judge, Scene::default(), self.room)
            });
            reasons
                .push(RoleReason::of(RoleSource::Collection(identity.collection.clone()), rule.transpose()?));
        }
        Ok(reasons)
    }

    /// What an access provider says of a role.
    fn given(&mut self, role: RoleRef, provider: &str) -> Result<Vec<RoleReason>> {
        let (inquiry, database) = (self.inquiry, self.inquiry.database());
        let providers = ProviderRecord::all(inquiry.reader, database)?;
        let given =
            providers.iter().filter(|record| record.name == provider).flat_map(|record| &record.roles);
        let mut reasons = Vec::new();
        for given in given.filter(|given| RoleRef::User(given.role) == role) {
            let clause = given
                .when
                .as_ref()
                .map(|rule| inquiry.book.rule(inquiry.reader, database, (Subject::Claims, rule)));
            let rule = clause.transpose()?.map(|clause| {
                ExplainedRule::asked(&clause.predicate, &mut self.judge, Scene::default(), self.room)
            });
            reasons.push(RoleReason::of(RoleSource::Provider(provider.to_owned()), rule.transpose()?));
        }
        Ok(reasons)
    }

    /// That a role is had by being named.
    fn named(&self) -> RoleReason {
        let is_key = matches!(self.who.0, WhoIs::Key(_));
        RoleReason::of(if is_key { RoleSource::Key } else { RoleSource::Question }, None)
    }

    fn on(&self, right: &Right) -> String {
        let name = self.case.collection_name().unwrap_or_default();
        called(Asked::from(&right.on), name)
    }
}

impl RoleReason {
    fn of(source: RoleSource, rule: Option<ExplainedRule>) -> Self {
        let holds = rule.as_ref().is_none_or(|rule| rule.answer == Some(Answer::True));
        Self { source, rule, holds }
    }
}
