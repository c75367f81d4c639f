//! What a principal should get, worked out over plain JSON by going through everything: it shares nothing with what it judges.

use serde_json::Value as Json;
use std::cmp::Ordering;

/// A document: its id and its value.
pub type Document = (String, Json);

/// Something that can be said of a document.
#[derive(Clone, Debug)]
pub enum Condition {
    /// That its owner is the one who asks.
    Own,
    OwnerIs(Json),
    OwnerIn(Vec<&'static str>),
    OwnerBegins(&'static str),
    SizeAtLeast(i64),
    SizeBelow(f64),
    SizeIs(i64),
    Tagged(Json),
    HasSecret,
    SecretIs(i64),
    IdIs(&'static str),
    IdBegins(&'static str),
    /// That who asks is a member of its group.
    InGroup,
    Not(Box<Condition>),
    Both(Box<Condition>, Box<Condition>),
    Either(Box<Condition>, Box<Condition>),
}

/// Who asks, and what groups there are.
pub struct Surroundings<'s> {
    pub me: &'s str,
    pub groups: &'s [Document],
}

impl Condition {
    /// In the language of rules.
    pub fn text(&self) -> String {
        match self {
            Self::Own => "doc.owner == id(identity)".into(),
            Self::OwnerIs(owner) => format!("doc.owner == {owner}"),
            Self::OwnerIn(owners) => format!("doc.owner in {owners:?}"),
            Self::OwnerBegins(text) => format!("doc.owner.startsWith({text:?})"),
            Self::SizeAtLeast(size) => format!("doc.size >= {size}"),
            Self::SizeBelow(size) => format!("{size:?} > doc.size"),
            Self::SizeIs(size) => format!("doc.size == {size}"),
            Self::Tagged(tag) => format!("{tag} in doc.tags"),
            Self::HasSecret => "has(doc.secret)".into(),
            Self::SecretIs(secret) => format!("doc.secret == {secret}"),
            Self::IdIs(id) => format!("id(doc) == {id:?}"),
            Self::IdBegins(text) => format!("id(doc).startsWith({text:?})"),
            Self::InGroup => r#"id(identity) in get("groups", doc.group).members"#.into(),
            Self::Not(part) => format!("!({})", part.text()),
            Self::Both(one, other) => format!("({}) && ({})", one.text(), other.text()),
            Self::Either(one, other) => format!("({}) || ({})", one.text(), other.text()),
        }
    }

    /// What it says of a document; nothing where it cannot be told.
    pub fn says(&self, around: &Surroundings<'_>, (id, value): &Document) -> Option<bool> {
        let field = |name: &str| value.get(name);
        match self {
            Self::Own => Some(field("owner")? == around.me),
            Self::OwnerIs(owner) => Some(is_equal(field("owner")?, owner)),
            Self::OwnerIn(owners) => field("owner").map(|owner| owners.iter().any(|it| owner == it)),
            Self::OwnerBegins(text) => Some(field("owner")?.as_str()?.starts_with(text)),
            Self::SizeAtLeast(size) => {
                Some(field("size")?.as_f64()? >= f64::from(i32::try_from(*size).unwrap()))
            }
            Self::SizeBelow(size) => Some(field("size")?.as_f64()? < *size),
            Self::SizeIs(size) => Some(is_equal(field("size")?, &(*size).into())),
            Self::Tagged(tag) => match field("tags")? {
                Json::Array(tags) => Some(tags.iter().any(|it| is_equal(it, tag))),
                Json::Object(tags) => Some(tag.as_str().is_some_and(|tag| tags.contains_key(tag))),
                _ => None,
            },
            Self::HasSecret => Some(field("secret").is_some()),
            Self::SecretIs(secret) => Some(is_equal(field("secret")?, &(*secret).into())),
            Self::IdIs(other) => Some(id == other),
            Self::IdBegins(text) => Some(id.starts_with(text)),
            Self::InGroup => {
                let group = field("group")?.as_str()?;
                let (_, group) = around.groups.iter().find(|(id, _)| id == group)?;
                Some(group["members"].as_array()?.iter().any(|member| member == around.me))
            }
            Self::Not(part) => part.says(around, &(id.clone(), value.clone())).map(|it| !it),
            Self::Both(one, other) => {
                let document = (id.clone(), value.clone());
                match (one.says(around, &document), other.says(around, &document)) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                }
            }
            Self::Either(one, other) => {
                let document = (id.clone(), value.clone());
                match (one.says(around, &document), other.says(around, &document)) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                }
            }
        }
    }
}

/// The fields that a grant shows.
#[derive(Clone, Debug)]
pub enum Shown {
    All,
    Only(Vec<&'static str>),
    Except(Vec<&'static str>),
}

impl Shown {
    fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(&name),
            Self::Except(names) => !names.contains(&name),
        }
    }
}

/// What a caller may read.
#[derive(Clone, Debug)]
pub struct Rights {
    pub grants: Vec<(Option<Condition>, Shown)>,
    pub denials: Vec<Condition>,
    /// Of which it may see the ids.
    pub ids: Option<Condition>,
}

impl Rights {
    /// A document as the caller sees it.
    pub fn show(&self, around: &Surroundings<'_>, document: &Document) -> Option<Document> {
        let holds = |condition: &Option<Condition>| {
            condition.as_ref().is_none_or(|it| it.says(around, document) == Some(true))
        };
        let held: Vec<&Shown> =
            self.grants.iter().filter(|(when, _)| holds(when)).map(|(_, shown)| shown).collect();
        if held.is_empty() || self.denials.iter().any(|denial| denial.says(around, document) != Some(false)) {
            return None;
        }
        let mut shown = document.clone();
        if let Json::Object(members) = &mut shown.1 {
            members.retain(|name, _| held.iter().any(|it| it.has(name)));
        }
        Some(shown)
    }

    pub fn shows_id(&self, around: &Surroundings<'_>, document: &Document) -> bool {
        self.show(around, document).is_some()
            || self.ids.as_ref().is_some_and(|ids| ids.says(around, document) == Some(true))
    }
}

/// Where the terms of an index lie.
#[derive(Clone, Debug)]
pub enum Terms {
    All,
    Equal(Json),
    From(i64),
    Begins(&'static str),
}

/// What somebody looks for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub ids: Option<(&'static str, &'static str)>,
    pub index: Option<(Vec<&'static str>, Terms)>,
    pub filter: Option<Condition>,
    /// Fields, and whether the largest is first.
    pub sort: Vec<(&'static str, bool)>,
    pub descending: bool,
    pub project: Option<Vec<&'static str>>,
}

/// The documents that come, in their order.
pub fn expected(
    documents: &[Document],
    rights: &Rights,
    around: &Surroundings<'_>,
    wanted: &Wanted,
) -> Vec<Document> {
    let mut shown: Vec<Document> = documents.iter().filter_map(|it| rights.show(around, it)).collect();
    let passes =
        |it: &Document| wanted.filter.as_ref().is_none_or(|filter| filter.says(around, it) == Some(true));
    let within = |id: &str| wanted.ids.is_none_or(|(start, end)| id >= start && id < end);
    shown.retain(|it| passes(it) && within(&it.0));
    let mut found = match &wanted.index {
        Some((fields, terms)) => by_index(shown, fields, terms, wanted.descending),
        None => sorted(shown, &wanted.sort, wanted.descending),
    };
    if let Some(fields) = &wanted.project {
        for (_, value) in &mut found {
            value.as_object_mut().unwrap().retain(|name, _| fields.contains(&name.as_str()));
        }
    }
    found
}

fn sorted(mut documents: Vec<Document>, by: &[(&'static str, bool)], descending: bool) -> Vec<Document> {
    let directed = |order: Ordering, largest_first: bool| if largest_first { order.reverse() } else { order };
    documents.sort_by(|left, right| {
        let by_fields = by.iter().map(|(field, largest_first)| {
            directed(compare(left.1.get(field), right.1.get(field)), *largest_first)
        });
        let by_ids =
            directed(left.0.cmp(&right.0), by.last().is_some_and(|(_, largest_first)| *largest_first));
        directed(by_fields.fold(Ordering::Equal, Ordering::then).then(by_ids), descending)
    });
    documents
}

fn by_index(documents: Vec<Document>, fields: &[&str], terms: &Terms, descending: bool) -> Vec<Document> {
    let mut entries: Vec<(Vec<Option<Json>>, Document)> = Vec::new();
    for document in documents {
        let of_fields: Vec<Vec<Json>> = fields.iter().map(|field| terms_of(document.1.get(field))).collect();
        if of_fields.iter().all(Vec::is_empty) {
            continue;
        }
        let mut combined: Vec<Vec<Option<Json>>> = vec![Vec::new()];
        for terms in of_fields {
            let terms: Vec<Option<Json>> =
                if terms.is_empty() { vec![None] } else { terms.into_iter().map(Some).collect() };
            let longer = |entry: &Vec<Option<Json>>, term: &Option<Json>| {
                let mut entry = entry.clone();
                entry.push(term.clone());
                entry
            };
            combined = combined
                .iter()
                .flat_map(|entry| terms.iter().map(|term| longer(entry, term)).collect::<Vec<_>>())
                .collect();
        }
        entries.extend(combined.into_iter().map(|entry| (entry, document.clone())));
    }
    entries.retain(|(entry, _)| lies_in(entry[0].as_ref(), terms));
    entries.sort_by(|(left, left_document), (right, right_document)| {
        let by_terms = left.iter().zip(right).map(|(left, right)| compare(left.as_ref(), right.as_ref()));
        by_terms.fold(Ordering::Equal, Ordering::then).then_with(|| left_document.0.cmp(&right_document.0))
    });
    if descending {
        entries.reverse();
    }
    let mut found: Vec<Document> = Vec::new();
    for (_, document) in entries {
        if !found.iter().any(|(id, _)| *id == document.0) {
            found.push(document);
        }
    }
    found
}

fn terms_of(value: Option<&Json>) -> Vec<Json> {
    let is_plain = |value: &&Json| !value.is_array() && !value.is_object();
    match value {
        Some(Json::Array(elements)) => elements.iter().filter(is_plain).cloned().collect(),
        other => other.into_iter().filter(is_plain).cloned().collect(),
    }
}

fn lies_in(term: Option<&Json>, terms: &Terms) -> bool {
    match terms {
        Terms::All => true,
        Terms::Equal(value) => term.is_some_and(|term| is_equal(term, value)),
        Terms::From(start) => term
            .and_then(Json::as_f64)
            .is_some_and(|number| number >= f64::from(i32::try_from(*start).unwrap())),
        Terms::Begins(text) => term.and_then(Json::as_str).is_some_and(|term| term.starts_with(text)),
    }
}

fn is_equal(left: &Json, right: &Json) -> bool {
    compare(Some(left), Some(right)).is_eq()
}

/// The order of values: small numbers alone are made here, so that floats are exact.
fn compare(left: Option<&Json>, right: Option<&Json>) -> Ordering {
    let rank = |value: Option<&Json>| match value {
        None => 0,
        Some(Json::Null) => 1,
        Some(Json::Bool(_)) => 2,
        Some(Json::Number(_)) => 3,
        Some(Json::String(_)) => 4,
        Some(Json::Array(_)) => 5,
        Some(Json::Object(_)) => 6,
    };
    match (left, right) {
        (Some(Json::Bool(left)), Some(Json::Bool(right))) => left.cmp(right),
        (Some(Json::Number(left)), Some(Json::Number(right))) => {
            left.as_f64().partial_cmp(&right.as_f64()).unwrap()
        }
        (Some(Json::String(left)), Some(Json::String(right))) => left.cmp(right),
        (Some(Json::Array(left)), Some(Json::Array(right))) => {
            let elements = left.iter().zip(right).map(|(left, right)| compare(Some(left), Some(right)));
            elements.fold(Ordering::Equal, Ordering::then).then(left.len().cmp(&right.len()))
        }
        (Some(Json::Object(left)), Some(Json::Object(right))) => {
            let members = left.iter().zip(right).map(|((left_name, left), (right_name, right))| {
                left_name.cmp(right_name).then_with(|| compare(Some(left), Some(right)))
            });
            members.fold(Ordering::Equal, Ordering::then).then(left.len().cmp(&right.len()))
        }
        _ => rank(left).cmp(&rank(right)),
    }
}
