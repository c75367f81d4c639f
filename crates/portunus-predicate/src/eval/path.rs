//! Names, fields and indexes: how a part of a value is reached.

use super::{Run, Valued};
use crate::ir::{FieldName, Node, Path, Root, Step};
use crate::outcome::Trace;
use crate::value::{self, Map, Val};
use crate::{Constant, Environment, Fault, MapView, Seen, View};
use std::sync::atomic::Ordering::Relaxed;

type SeenBy<'a, V> = Seen<'a, <V as View<'a>>::List, <V as View<'a>>::Map>;

impl<'s, 'a: 's, V, E, T> Run<'s, 'a, V, E, T>
where
    V: View<'a> + 's,
    E: Environment<'a, V>,
    T: Trace,
{
    /// What a path leads to.
    #[inline]
    pub(super) fn path(&self, path: &Path) -> Result<SeenBy<'a, V>, Fault> {
        self.walked(path, &path.fields)
    }

    /// Whether there is what a path leads to. What is on the way must be.
    #[inline]
    pub(super) fn has_path(&self, path: &Path) -> Result<bool, Fault> {
        let Some((last, way)) = path.fields.split_last() else {
            return Err(Fault::Type);
        };
        match field::<V>(path.root, self.walked(path, way)?, last) {
            Ok(_) => Ok(true),
            Err(Fault::Missing) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    #[inline]
    fn walked(&self, path: &Path, fields: &[FieldName]) -> Result<SeenBy<'a, V>, Fault> {
        let root = match path.root {
            Root::Entity => self.env.entity(path.slot).map(|entity| entity.root),
            Root::Value | Root::Claims => self.env.value(path.slot),
        };
        let Some(root) = root else {
            // The name itself is null; of what is not there, nothing is known.
            return if path.fields.is_empty() { Ok(Seen::Null) } else { Err(Fault::Unknown) };
        };
        let mut seen = root.see();
        for name in fields {
            seen = field::<V>(path.root, seen, name)?;
        }
        Ok(seen)
    }

    pub(super) fn select(&mut self, of: &'s Node, name: &FieldName) -> Valued<'s, 'a, V> {
        let value = self.value(of)?;
        self.selected(of, value, name)
    }

    /// Only the field itself is asked for, and not what is on the way to it.
    pub(super) fn has(&mut self, of: &'s Node, name: &FieldName) -> Result<bool, Fault> {
        let value = self.value(of)?;
        match self.selected(of, value, name) {
            Ok(_) => Ok(true),
            Err(Fault::Missing) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    fn selected(&mut self, of: &Node, value: Val<'s, 'a, V>, name: &FieldName) -> Valued<'s, 'a, V> {
        let Val::Map(map) = value else {
            return Err(Fault::Type);
        };
        self.spend(map.searched() / 16)?;
        let found = match map {
            Map::Lent(map) => name.find_in(map).map(Val::lent),
            Map::Constant(_) | Map::Made(_) => map.named(&name.name),
        };
        there(of, found)
    }

    pub(super) fn index(&mut self, pair: &'s [Node; 2]) -> Valued<'s, 'a, V> {
        let [of, index] = pair;
        let container = self.value(of)?;
        let index = self.value(index)?;
        let found = match container {
            Val::List(list) => {
                let place = index.number().ok_or(Fault::Type)?.to_whole();
                // A number that is no place at all was never meant as one.
                let place = place.ok_or(Fault::Argument)?;
                usize::try_from(place).ok().and_then(|place| list.at(place))
            }
            Val::Map(map) => {
                let fits = matches!(index, Val::String(_) | Val::Bool(_)) || index.number().is_some();
                if !fits {
                    return Err(Fault::Type);
                }
                self.spend(map.searched() / 16)?;
                map.get(index)
            }
            _ => return Err(Fault::Type),
        };
        there(of, found)
    }
}

/// What was found in the value of a node; in claims, a null is as good as nothing.
pub(super) fn there<'s, 'a: 's, V: View<'a>>(of: &Node, found: Option<Val<'s, 'a, V>>) -> Valued<'s, 'a, V> {
    match found {
        Some(value) if value.is_null() && is_of_claims(of) => Err(Fault::Missing),
        Some(value) => Ok(value),
        None => Err(Fault::Missing),
    }
}

fn is_of_claims(node: &Node) -> bool {
    match &node.step {
        Step::Path(path) => path.root == Root::Claims,
        Step::Select(of, _) => is_of_claims(of),
        Step::Index(pair) => is_of_claims(&pair[0]),
        _ => false,
    }
}

#[inline]
fn field<'a, V: View<'a>>(root: Root, seen: SeenBy<'a, V>, name: &FieldName) -> Result<SeenBy<'a, V>, Fault> {
    let found = match seen {
        Seen::Map(map) => name.find_in(map).map(View::see),
        Seen::Owned(Constant::Map(entries)) => value::named(entries, &name.name).map(Seen::Owned),
        _ => return Err(Fault::Type),
    };
    match found {
        Some(Seen::Null | Seen::Owned(Constant::Null)) if root == Root::Claims => Err(Fault::Missing),
        Some(found) => Ok(found),
        None => Err(Fault::Missing),
    }
}

impl FieldName {
    /// The value of this name: first where it was found last.
    #[inline]
    fn find_in<'a, M: MapView<'a>>(&self, map: M) -> Option<M::Item> {
        let hint = usize::try_from(self.hint.load(Relaxed)).unwrap_or(usize::MAX);
        match map.at(hint) {
            Some((name, item)) if *name == *self.name => Some(item),
            _ => self.search(map),
        }
    }

    #[inline(never)]
    fn search<'a, M: MapView<'a>>(&self, map: M) -> Option<M::Item> {
        let (mut from, mut to) = (0, map.len());
        while from < to {
            let middle = from.midpoint(to);
            let (name, item) = map.at(middle)?;
            match name.cmp(&self.name) {
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Greater => to = middle,
                std::cmp::Ordering::Equal => {
                    self.hint.store(u32::try_from(middle).unwrap_or(0), Relaxed);
                    return Some(item);
                }
            }
        }
        None
    }
}
