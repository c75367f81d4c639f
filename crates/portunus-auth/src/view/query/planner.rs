//! The choice of ranges: among those that indexes have for what must be true of a document, the ones with the fewest entries. It
//! knows nothing of rights, nor of what is done with the documents.

use super::needs::{Need, Where};
use crate::Result;
use portunus_scope::{
    EntryRange, FieldPath, IdRange, IdSource, StoredCollection, TermRange, Then, TreeReader,
};

/// The most ranges of one plan.
pub(super) const ARMS_MAX: usize = 1_000;
/// How far entries are counted to choose among ranges.
pub(super) const DIVE_MAX: usize = 1_000;
/// How often that is done for one query.
const DIVES_MAX: usize = 16;
/// The most entries of ranges that are not in the order of ids; if there are more, all documents are gone through instead.
const COLLECTED_MAX: usize = 65_536;

/// How the documents are found of which something can be true, always in the order of their ids.
#[derive(Clone, Debug)]
pub(super) enum Plan {
    /// By going through all, for a reason.
    Scan(String),
    /// By some ranges; by none if there can be no such document.
    Ranges(Vec<Arm>),
}

/// A range of documents.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Arm {
    Ids(IdRange),
    Entries(EntryRange),
}

/// Some ranges among which there is a choice, and what was found out about them.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) arms: Vec<Arm>,
    /// How many entries there are, up to where it was counted.
    pub(super) entries: Option<usize>,
    pub(super) is_chosen: bool,
    /// The conditions that it makes use of.
    used: Vec<usize>,
}

/// Plans one query.
pub(super) struct Planner<'p> {
    reader: &'p TreeReader,
    collection: &'p StoredCollection,
    dives_left: usize,
    /// What there was to choose from for the whole of the need.
    pub(super) considered: Vec<Candidate>,
}

/// What is known of a document's fields where a part of a need is planned.
type Conditions<'n> = Vec<(&'n FieldPath, &'n Where)>;

impl<'p> Planner<'p> {
    pub(super) fn new(reader: &'p TreeReader, collection: &'p StoredCollection) -> Self {
        Self { reader, collection, dives_left: DIVES_MAX, considered: Vec::new() }
    }

    /// One that looks at no entry, so that what it says depends on no document.
    pub(super) fn without_dives(reader: &'p TreeReader, collection: &'p StoredCollection) -> Self {
        Self { dives_left: 0, ..Self::new(reader, collection) }
    }

    /// # Errors
    /// As every read of the store.
    pub(super) fn plan(&mut self, need: &Need) -> Result<Plan> {
        let found = self.candidates(need, &Vec::new())?;
        Ok(match found {
            Err(reason) => Plan::Scan(reason),
            Ok(candidates) => {
                let candidates = self.chosen(candidates)?;
                let arms = candidates.iter().find(|it| it.is_chosen).map(|it| it.arms.clone());
                self.considered = candidates;
                Plan::Ranges(arms.unwrap_or_default())
            }
        })
    }

    /// What there is to choose from for a need, where some conditions are known to hold beside it; or why there is nothing.
    fn candidates(
        &mut self,
        need: &Need,
        around: &Conditions<'_>,
    ) -> Result<std::result::Result<Vec<Candidate>, String>> {
        let mut parts = Parts::default();
        if !parts.add(need) {
            return Ok(Ok(vec![Candidate::new(Vec::new(), Vec::new())]));
        }
        let own = parts.fields.len();
        let mut conditions = parts.fields;
        conditions.extend(around.iter().copied());
        let mut found: Vec<Candidate> = Vec::new();
        for ids in parts.ids {
            found.push(Candidate::new(vec![Arm::Ids(ids.clone())], Vec::new()));
        }
        for (name, fields) in self.collection.ready_indexes() {
            let Some((terms, used)) = matched(fields, &conditions) else { continue };
            if used.iter().all(|condition| *condition >= own) {
                continue;
            }
            let range = self.collection.entry_range(name, &terms)?;
            let candidate = Candidate::new(vec![Arm::Entries(range)], used);
            match found.iter_mut().find(|it| !it.used.is_empty() && it.used == candidate.used) {
                Some(same) if same.streams() || !candidate.streams() => {}
                Some(same) => *same = candidate,
                None => found.push(candidate),
            }
        }
        let mut reasons = parts.reasons;
        for arms in parts.unions {
            match self.union(arms, &conditions)? {
                Ok(arms) => found.push(Candidate::new(arms, Vec::new())),
                Err(reason) => reasons.push(reason),
            }
        }
        if !found.is_empty() {
            return Ok(Ok(found));
        }
        let first = conditions.first().map(|(path, _)| format!("no index has the field {path}"));
        Ok(Err(first.or(reasons.into_iter().next()).unwrap_or_else(|| "there is no condition".to_owned())))
    }

    /// The ranges of all arms, if each of them has some.
    fn union(
        &mut self,
        needs: &[Need],
        around: &Conditions<'_>,
    ) -> Result<std::result::Result<Vec<Arm>, String>> {
        let mut arms: Vec<Arm> = Vec::new();
        for need in needs {
            let candidates = match self.candidates(need, around)? {
                Ok(candidates) => self.chosen(candidates)?,
                Err(reason) => return Ok(Err(reason)),
            };
            arms.extend(candidates.into_iter().filter(|it| it.is_chosen).flat_map(|it| it.arms));
            if arms.len() > ARMS_MAX {
                return Ok(Err(format!("it would take more than {ARMS_MAX} ranges")));
            }
        }
        Ok(Ok(arms))
    }

    /// Marks the candidate with the fewest entries; where they are not counted, the one that makes use of the most conditions.
    fn chosen(&mut self, mut candidates: Vec<Candidate>) -> Result<Vec<Candidate>> {
        candidates.sort_by_key(|it| (std::cmp::Reverse(it.used.len()), !it.streams()));
        if candidates.len() > 1 && candidates.len() <= self.dives_left {
            let mut fewest = DIVE_MAX;
            for candidate in &mut candidates {
                self.dives_left -= 1;
                let entries = self.count(&candidate.arms, fewest)?;
                candidate.entries = Some(entries);
                fewest = fewest.min(entries.max(1));
            }
        }
        let best = candidates.iter().enumerate().min_by_key(|(_, it)| it.entries).map(|(place, _)| place);
        if let Some(best) = best.and_then(|best| candidates.get_mut(best)) {
            best.is_chosen = true;
        }
        Ok(candidates)
    }

    /// How many entries some ranges have, counted to `max` at most.
    ///
    /// # Errors
    /// As every read of the store.
    pub(super) fn count(&self, arms: &[Arm], max: usize) -> Result<usize> {
        let mut count = 0;
        for arm in arms {
            count += match arm {
                Arm::Entries(range) => self.reader.count_entries(range, max.saturating_sub(count))?,
                Arm::Ids(range) => {
                    self.reader.count_ids(self.collection, range, max.saturating_sub(count))?
                }
            };
        }
        Ok(count)
    }

    /// Where the ids of a plan come from, in their order; nothing if all documents must be gone through.
    ///
    /// # Errors
    /// As every read of the store.
    pub(super) fn sources(&self, plan: &Plan) -> Result<Option<Vec<IdSource>>> {
        let Plan::Ranges(arms) = plan else { return Ok(None) };
        let mut sources = Vec::with_capacity(arms.len());
        let mut collected: Vec<String> = Vec::new();
        for arm in arms {
            match arm {
                Arm::Ids(range) => sources.push(IdSource::Range(range.clone())),
                Arm::Entries(range) if range.is_point() => sources.push(IdSource::Entries(range.clone())),
                Arm::Entries(range) => {
                    match self.reader.ids_of_entries(range, COLLECTED_MAX.saturating_sub(collected.len()))? {
                        Some(ids) => collected.extend(ids),
                        None => return Ok(None),
                    }
                }
            }
        }
        if !collected.is_empty() {
            collected.sort_unstable();
            collected.dedup();
            sources.push(IdSource::Known(collected));
        }
        Ok(Some(sources))
    }
}

impl Candidate {
    fn new(arms: Vec<Arm>, used: Vec<usize>) -> Self {
        Self { arms, entries: None, is_chosen: false, used }
    }

    /// Whether its documents can be had in the order of ids without reading all entries first.
    fn streams(&self) -> bool {
        self.arms.iter().all(|arm| match arm {
            Arm::Ids(_) => true,
            Arm::Entries(range) => range.is_point(),
        })
    }
}

/// The parts of a need that must all be true.
#[derive(Default)]
struct Parts<'n> {
    fields: Conditions<'n>,
    ids: Vec<&'n IdRange>,
    unions: Vec<&'n [Need]>,
    reasons: Vec<String>,
}

impl<'n> Parts<'n> {
    /// Adds what a need says; whether it can be true.
    fn add(&mut self, need: &'n Need) -> bool {
        match need {
            Need::Whatever(reason) => self.reasons.push(reason.clone()),
            Need::Impossible => return false,
            Need::Field(path, place) => self.fields.push((path, place)),
            Need::Id(range) => self.ids.push(range),
            Need::Any(arms) => self.unions.push(arms),
            Need::All(parts) => return parts.iter().all(|part| self.add(part)),
        }
        true
    }
}

/// The terms that an index has for some conditions, on its leading fields: equal ones, then one that is not. And which they were.
fn matched(fields: &[FieldPath], conditions: &Conditions<'_>) -> Option<(TermRange, Vec<usize>)> {
    let mut terms = TermRange::default();
    let mut used = Vec::new();
    for field in fields {
        let on_field = || conditions.iter().enumerate().filter(|(_, (path, _))| *path == field);
        let at = on_field().find_map(|(place, (_, it))| match it {
            Where::At(value) => Some((place, value)),
            Where::Among(_) => None,
        });
        if let Some((place, value)) = at {
            used.push(place);
            terms.equal.push(value.clone());
            continue;
        }
        let among = on_field().find_map(|(place, (_, it))| match it {
            Where::Among(then) => Some((place, then)),
            Where::At(_) => None,
        });
        if let Some((place, then)) = among {
            used.push(place);
            terms.then = Then::clone(then);
        }
        break;
    }
    (!used.is_empty()).then_some((terms, used))
}
