//! What somebody gets who does something: decided by what decides about transactions, on the same documents. It knows nothing
//! of why.

use super::{Deed, DeedIs, Inquiry, Obstacle, Verdict};
use crate::fields::Mask;
use crate::judge::{Caller, Ground, Judge, Scene};
use crate::policy::Policy;
use crate::principal::Principal;
use crate::resource::Action;
use crate::rights::{Asked, Ruling, Target};
use crate::sight::{Sight, entity};
use crate::weighing::{Becoming, Put};
use crate::{Error, Result};
use portunus_predicate::Entity;
use portunus_scope::{Document, Draft, Expiry, Object, StoredCollection, Value, ValueRef};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most hidden fields that are told of a document.
const HIDDEN_FIELDS_MAX: usize = 1_000;

/// What a deed is on, looked up.
pub(super) struct Case {
    pub(super) deed: Deed,
    pub(super) on: CaseOn,
}

pub(super) enum CaseOn {
    Document { action: Action, collection: Arc<StoredCollection>, document: Document },
    Creation { collection: Arc<StoredCollection>, draft: Draft },
    Change { collection: Arc<StoredCollection>, old: Document, put: Put },
    Call { procedure: String, arguments: Value },
    Any { action: Action, target: Target },
}

impl Case {
    /// # Errors
    /// `NotFound` if there is no such collection or document; `Invalid` or `Limit` if an id can be none; as every read.
    pub(super) fn find(inquiry: Inquiry<'_>, deed: &Deed) -> Result<Self> {
        let reader = inquiry.reader;
        let collection = |name: &str| -> Result<Arc<StoredCollection>> {
            reader.collection(inquiry.database(), name)?.ok_or(Error::NotFound("collection"))
        };
        let document = |collection: &StoredCollection, id: &str| -> Result<Document> {
            reader.unfiltered_get(collection, id)?.ok_or(Error::NotFound("document"))
        };
        let on = match deed.0.clone() {
            DeedIs::On { action, collection: name, id } => {
                let collection = collection(&name)?;
                let document = document(&collection, &id)?;
                CaseOn::Document { action, collection, document }
            }
            DeedIs::Create { collection: name, id, value } => {
                let collection = collection(&name)?;
                let draft =
                    reader.unfiltered_prepare(&collection, id.as_deref(), value, Expiry::Unchanged)?;
                CaseOn::Creation { collection, draft }
            }
            DeedIs::Replace { collection: name, id, value } => {
                let collection = collection(&name)?;
                let old = document(&collection, &id)?;
                CaseOn::Change { collection, old, put: Put::Whole(value) }
            }
            DeedIs::Patch { collection: name, id, patch } => {
                let collection = collection(&name)?;
                let old = document(&collection, &id)?;
                CaseOn::Change { collection, old, put: Put::Patch(patch) }
            }
            DeedIs::Call { procedure, arguments } => CaseOn::Call { procedure, arguments },
            DeedIs::Any { action, collection: name } => {
                CaseOn::Any { action, target: Target::Documents(collection(&name)?.number()) }
            }
            DeedIs::Every { action, resource } => CaseOn::Any { action, target: Target::Every(resource) },
        };
        Ok(Self { deed: deed.clone(), on })
    }

    /// What rights on it are rights on.
    pub(super) fn asked(&self) -> Asked<'_> {
        match &self.on {
            CaseOn::Document { collection, .. }
            | CaseOn::Creation { collection, .. }
            | CaseOn::Change { collection, .. } => Asked::from(&**collection),
            CaseOn::Call { procedure, .. } => Asked::Procedure(procedure),
            CaseOn::Any { target, .. } => Asked::from(target),
        }
    }

    /// The name of the collection that it is on.
    pub(super) fn collection_name(&self) -> Option<&str> {
        match (&self.on, &self.deed.0) {
            (CaseOn::Document { collection, .. }, _)
            | (CaseOn::Creation { collection, .. }, _)
            | (CaseOn::Change { collection, .. }, _) => Some(collection.name()),
            (CaseOn::Any { .. }, DeedIs::Any { collection, .. }) => Some(collection),
            (CaseOn::Any { .. } | CaseOn::Call { .. }, _) => None,
        }
    }

    /// Who decides about a principal here.
    pub(super) fn judge<'c>(&'c self, inquiry: Inquiry<'c>, principal: &'c Principal) -> Judge<'c> {
        let caller = Caller::of(principal, inquiry.reader);
        let args = match &self.on {
            CaseOn::Call { arguments, .. } => Some(ValueRef::from(arguments)),
            CaseOn::Document { .. }
            | CaseOn::Creation { .. }
            | CaseOn::Change { .. }
            | CaseOn::Any { .. } => None,
        };
        Judge::new(inquiry.ground(), Caller { args, ..caller })
    }

    /// What the principal gets.
    ///
    /// # Errors
    /// As every read of the store.
    pub(super) fn decide(&self, inquiry: Inquiry<'_>, principal: &Principal) -> Result<Verdict> {
        let ground: Ground<'_> = inquiry.ground();
        let policy = Policy::of(principal, ground);
        let mut judge = self.judge(inquiry, principal);
        match &self.on {
            CaseOn::Document { action, collection, document } => {
                on_document(policy, &mut judge, (*action, collection, document))
            }
            CaseOn::Creation { collection, draft } => {
                let version = inquiry.reader.version_after(None);
                for action in self.deed.actions() {
                    let sight = policy.sight(&**collection, action, &mut judge)?;
                    if !sight.lets_come(&mut judge, collection, (draft, version), false)? {
                        return Ok(Verdict::Denied);
                    }
                }
                Ok(Verdict::Allowed)
            }
            CaseOn::Change { collection, old, put } => {
                let version = inquiry.reader.version_after(Some(old));
                on_change(policy, &mut judge, (collection, old), (put, version))
            }
            CaseOn::Call { procedure, arguments } => match policy.require_call(procedure, arguments) {
                Ok(_) => Ok(Verdict::Allowed),
                Err(Error::Denied { .. }) => Ok(Verdict::Denied),
                Err(error) => Err(error),
            },
            CaseOn::Any { action, target } => on_any(policy.ruling(target, *action), &mut judge),
        }
    }

    /// What keeps a principal from a change or a creation that is denied, if the rules do not.
    ///
    /// # Errors
    /// As every read of the store.
    pub(super) fn obstacle(&self, inquiry: Inquiry<'_>, principal: &Principal) -> Result<Option<Obstacle>> {
        let policy = Policy::of(principal, inquiry.ground());
        let mut judge = self.judge(inquiry, principal);
        let (collection, becoming) = match &self.on {
            CaseOn::Creation { collection, .. } => (collection, None),
            CaseOn::Change { collection, old, put } => {
                let Some(shown) = shown(policy, &mut judge, (collection, old))? else { return Ok(None) };
                match put.clone().onto(&shown, old) {
                    Some(becoming) => (collection, Some(becoming)),
                    None if policy.sight(&**collection, Action::Write, &mut judge)?.is_none() => {
                        return Ok(None);
                    }
                    None => return Ok(Some(Obstacle::HiddenFields)),
                }
            }
            CaseOn::Document { .. } | CaseOn::Call { .. } | CaseOn::Any { .. } => return Ok(None),
        };
        for action in self.deed.actions() {
            let Some(scene) = self.scene(inquiry, action, becoming.as_ref()) else { return Ok(None) };
            if !policy.sight(&**collection, action, &mut judge)?.holds(&mut judge, scene)? {
                return Ok(None);
            }
        }
        Ok(Some(Obstacle::OtherFields))
    }

    /// What a document is to become, as far as the principal may say that; as somebody may who sees all of it, if this one sees
    /// nothing.
    pub(super) fn becoming_by(
        &self,
        inquiry: Inquiry<'_>,
        principal: &Principal,
    ) -> Result<Option<Becoming>> {
        let CaseOn::Change { collection, old, put } = &self.on else { return Ok(None) };
        let mut judge = self.judge(inquiry, principal);
        let policy = Policy::of(principal, inquiry.ground());
        let shown = shown(policy, &mut judge, (collection, old))?;
        let becoming = shown.and_then(|shown| put.clone().onto(&shown, old));
        Ok(becoming.or_else(|| self.becoming()))
    }

    /// What a document is to become when all of it is seen.
    pub(super) fn becoming(&self) -> Option<Becoming> {
        let CaseOn::Change { old, put, .. } = &self.on else { return None };
        put.clone().onto(&Mask::all(), old)
    }

    /// The scene of a rule about one of the actions.
    pub(super) fn scene<'s>(
        &'s self,
        inquiry: Inquiry<'_>,
        action: Action,
        becoming: Option<&'s Becoming>,
    ) -> Option<Scene<'s>> {
        match &self.on {
            CaseOn::Document { collection, document, .. } => {
                Some(Scene { doc: Some(entity(collection, document.as_ref())), ..Scene::default() })
            }
            CaseOn::Creation { collection, draft } => {
                let (version, root) = (inquiry.reader.version_after(None), ValueRef::from(&draft.value));
                let new = Entity { id: &draft.id, version, collection: collection.name(), root };
                Some(Scene { new: Some(new), ..Scene::default() })
            }
            CaseOn::Change { collection, old, .. } if action == Action::Read => {
                Some(Scene { doc: Some(entity(collection, old.as_ref())), ..Scene::default() })
            }
            CaseOn::Change { collection, old, .. } => {
                let before = entity(collection, old.as_ref());
                let version = inquiry.reader.version_after(Some(old));
                let new = becoming.map(|it| Entity { version, root: ValueRef::from(&it.value), ..before });
                Some(Scene { old: Some(before), new, ..Scene::default() })
            }
            CaseOn::Call { .. } => Some(Scene::default()),
            CaseOn::Any { .. } => None,
        }
    }
}

fn on_document(
    policy: Policy<'_>,
    judge: &mut Judge<'_>,
    (action, collection, document): (Action, &StoredCollection, &Document),
) -> Result<Verdict> {
    let shown = shown(policy, judge, (collection, document))?;
    let doc = Scene { doc: Some(entity(collection, document.as_ref())), ..Scene::default() };
    let mut holds = || policy.sight(collection, action, judge)?.holds(judge, doc);
    match (action, shown) {
        (Action::Read, Some(mask)) => {
            let hidden = hidden_in(document, &mask);
            Ok(if hidden.is_empty() { Verdict::Allowed } else { Verdict::Masked { hidden } })
        }
        (Action::Read, None) => Ok(Verdict::Unseen),
        (Action::ListIds, Some(_)) => Ok(Verdict::Allowed),
        (Action::ListIds, None) => Ok(if holds()? { Verdict::Allowed } else { Verdict::Unseen }),
        (_, None) => Ok(Verdict::Unseen),
        (_, Some(_)) => Ok(if holds()? { Verdict::Allowed } else { Verdict::Denied }),
    }
}

fn on_change(
    policy: Policy<'_>,
    judge: &mut Judge<'_>,
    (collection, old): (&StoredCollection, &Document),
    (put, version): (&Put, u64),
) -> Result<Verdict> {
    let Some(shown) = shown(policy, judge, (collection, old))? else { return Ok(Verdict::Unseen) };
    let may = policy.sight(collection, Action::Write, judge)?;
    let Some(becoming) = put.clone().onto(&shown, old).filter(|_| !may.is_none()) else {
        return Ok(Verdict::Denied);
    };
    let lets = may.lets_become(judge, (collection, old, &shown), (&becoming, version))?;
    Ok(if lets { Verdict::Allowed } else { Verdict::Denied })
}

fn on_any(ruling: Ruling<'_>, judge: &mut Judge<'_>) -> Result<Verdict> {
    Ok(match Sight::bind(ruling, judge)? {
        Sight::All => Verdict::Allowed,
        Sight::None => Verdict::Denied,
        Sight::Some(_) => Verdict::Depends,
    })
}

/// What a principal sees of a document.
fn shown(
    policy: Policy<'_>,
    judge: &mut Judge<'_>,
    (collection, document): (&StoredCollection, &Document),
) -> Result<Option<Mask>> {
    let sight = policy.sight(collection, Action::Read, judge)?;
    let doc = || Scene { doc: Some(entity(collection, document.as_ref())), ..Scene::default() };
    sight.mask_in(judge, doc)
}

/// The paths of what a mask hides of a document.
fn hidden_in(document: &Document, mask: &Mask) -> Vec<String> {
    let mut hidden = BTreeSet::new();
    if !mask.is_all() {
        let shown = mask.show(document.root());
        add_hidden(&document.value(), &shown, &mut Vec::new(), &mut hidden);
    }
    hidden.into_iter().take(HIDDEN_FIELDS_MAX).collect()
}

fn add_hidden(whole: &Value, shown: &Value, at: &mut Vec<String>, hidden: &mut BTreeSet<String>) {
    match (whole, shown) {
        (Value::Object(whole), Value::Object(shown)) => add_hidden_members(whole, shown, at, hidden),
        (Value::Array(whole), Value::Array(shown)) if whole.len() == shown.len() => {
            for (whole, shown) in whole.iter().zip(shown) {
                add_hidden(whole, shown, at, hidden);
            }
        }
        (whole, shown) if whole == shown => {}
        (Value::Array(_), _) => {
            hidden.insert(format!("{}.*", at.join(".")));
        }
        _ => {
            hidden.insert(at.join("."));
        }
    }
}

fn add_hidden_members(whole: &Object, shown: &Object, at: &mut Vec<String>, hidden: &mut BTreeSet<String>) {
    for (name, value) in whole.iter() {
        at.push(name.replace('\\', "\\\\").replace('.', "\\."));
        match shown.get(name) {
            Some(shown) => add_hidden(value, shown, at, hidden),
            None => {
                hidden.insert(at.join("."));
            }
        }
        at.pop();
    }
}

/// The kind of what a target is, in words.
pub(super) fn called(asked: Asked<'_>, name: &str) -> String {
    match asked {
        Asked::Every(kind) => format!("every {kind}"),
        Asked::Documents(_) => name.to_owned(),
        Asked::Procedure(procedure) => format!("procedure {procedure}"),
    }
}
