//! All that roles say, in the form in which it is explained, but asked of nothing. It knows nothing of questions.

use super::case::called;
use super::roles::{all_roles, load};
use super::{ExplainedRight, ExplainedRole, ExplainedRule, Inquiry, RoleReason, RoleSource, Room};
use crate::Result;
use crate::provider_record::ProviderRecord;
use crate::rights::{Asked, Right, Target};
use crate::role_book::placed;
use crate::role_record::RoleRef;
use crate::rule::Subject;
use portunus_scope::StoredCollection;
use std::sync::Arc;

/// Every role that works in the database and is not built in.
///
/// # Errors
/// As every read of the store.
pub(crate) fn outline(inquiry: Inquiry<'_>) -> Result<Vec<ExplainedRole>> {
    let outline = Outline { inquiry, collections: inquiry.reader.collections(inquiry.database())? };
    let mut room = Room::default();
    let mut roles = Vec::new();
    for role in all_roles(inquiry)? {
        roles.extend(outline.role(role, &mut room)?);
    }
    Ok(roles)
}

struct Outline<'o> {
    inquiry: Inquiry<'o>,
    collections: Vec<Arc<StoredCollection>>,
}

impl Outline<'_> {
    fn role(&self, role: RoleRef, room: &mut Room) -> Result<Option<ExplainedRole>> {
        let Some(loaded) = load(self.inquiry, role)? else { return Ok(None) };
        let (reader, database) = (self.inquiry.reader, self.inquiry.database());
        let owner = role.place(database).map_or(database, |(owner, _)| owner);
        let mut reasons = Vec::new();
        for (member, clause) in &loaded.role.members {
            let Some(of) = placed(reader, &member.of, owner, database)? else { continue };
            let rule = clause.as_ref().map(|clause| ExplainedRule::unasked(&clause.predicate, room));
            reasons.push(RoleReason { source: RoleSource::Collection(self.name(&of)), rule, holds: false });
        }
        for provider in ProviderRecord::all(reader, database)? {
            for given in provider.roles.iter().filter(|given| RoleRef::User(given.role) == role) {
                let clause = given
                    .when
                    .as_ref()
                    .map(|rule| self.inquiry.book.rule(reader, database, (Subject::Claims, rule)));
                let rule = clause.transpose()?.map(|clause| ExplainedRule::unasked(&clause.predicate, room));
                let source = RoleSource::Provider(provider.name.clone());
                reasons.push(RoleReason { source, rule, holds: false });
            }
        }
        Ok(Some(ExplainedRole {
            name: loaded.role.name.to_string(),
            is_inherited: matches!(role, RoleRef::Inherited(..)),
            is_held: false,
            reasons,
            grants: self.rights(loaded.grants(), room),
            denials: self.rights(loaded.denials(), room),
        }))
    }

    fn rights(&self, rights: &[Right], room: &mut Room) -> Vec<ExplainedRight> {
        let right = |right: &Right| ExplainedRight {
            action: right.action,
            on: called(Asked::from(&right.on), &self.name(&right.on)),
            fields: right.fields.clone(),
            rule: right.when.as_ref().map(|clause| ExplainedRule::unasked(&clause.predicate, room)),
            holds: false,
        };
        rights.iter().map(right).collect()
    }

    fn name(&self, target: &Target) -> String {
        let Target::Documents(number) = target else { return String::new() };
        let found = self.collections.iter().find(|collection| collection.number() == *number);
        found.map(|collection| collection.name().to_owned()).unwrap_or_default()
    }
}
