//! Names, fields and indexes: how a part of a value is reached.

use super::{Run, Valued};
use crate::bytes::same;
use crate::ir::{FieldName, Node, Path, Root};
use crate::limits::VALUE_DEPTH_MAX;
use crate::outcome::Trace;
use crate::scratch::Gathered;
use crate::value::{self, List, Map, Val};
use crate::{Constant, Environment, Fault, MapView, Seen, View};
use std::sync::atomic::Ordering::Relaxed;

type SeenBy<'a, V> = Seen<'a, <V as View<'a>>::List, <V as View<'a>>::Map>;

impl<'s, 'a: 's, V, E, T> Run<'s, 'a, V, E, T>
where
    V: View<'a> + 's,
    E: Environment<'a, V>,
    T: Trace,
{
    /// What a path leads to, if that is something lent and is reached in the most frequent way: through lent values alone. It is
    /// looked at where it lies, and never put anywhere, because that alone takes as long as the rest. For everything else, faults
    /// included, there is the long way.
    #[inline(always)]
    pub(super) fn lent(&self, path: &Path) -> Option<V> {
        let mut value = match path.root {
            Root::Entity => self.env.entity(path.slot)?.root,
            Root::Value => self.env.value(path.slot)?,
            Root::Claims => return None,
        };
        for name in &path.fields {
            let Seen::Map(map) = value.see() else {
                return None;
            };
            value = name.find_in(map)?;
        }
        Some(value)
    }

    /// The value that a path leads to. What comes of claims has no nulls in it from there on.
    #[inline]
    pub(super) fn path_value(&mut self, path: &Path) -> Valued<'s, 'a, V> {
        let value = Val::seen(self.path(path)?);
        if path.root == Root::Claims { self.without_nulls(value, VALUE_DEPTH_MAX) } else { Ok(value) }
    }

    /// What a path leads to.
    pub(super) fn path(&self, path: &Path) -> Result<SeenBy<'a, V>, Fault> {
        self.walked(path, &path.fields)
    }

    /// Whether there is what a path leads to. What is on the way must be.
    #[inline]
    pub(super) fn has_path(&self, path: &Path) -> Result<bool, Fault> {
        if self.lent(path).is_some() {
            return Ok(true);
        }
        let Some((last, way)) = path.fields.split_last() else {
            return Err(Fault::Type);
        };
        match field::<V>(path.root, self.walked(path, way)?, last) {
            Ok(_) => Ok(true),
            Err(Fault::Missing) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

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

    /// The value without the nulls in it that are values of keys.
    fn without_nulls(&mut self, value: Val<'s, 'a, V>, depth: usize) -> Valued<'s, 'a, V> {
        let depth = depth.checked_sub(1).ok_or(Fault::Cost)?;
        match value {
            Val::List(list) => {
                let mut made = Gathered::new(self.scratch, Val::Null);
                for item in list.iter() {
                    self.spend(1)?;
                    made.push(self.without_nulls(item, depth)?)?;
                }
                Ok(Val::List(List::Made(made.into_slice())))
            }
            Val::Map(map) => {
                let mut made = Gathered::new(self.scratch, (Val::Null, Val::Null));
                for (key, value) in map.iter().filter(|(_, value)| !value.is_null()) {
                    self.spend(1)?;
                    made.push((key, self.without_nulls(value, depth)?))?;
                }
                Ok(Val::Map(Map::Made(made.into_slice())))
            }
            _ => Ok(value),
        }
    }

    pub(super) fn select(&mut self, of: &'s Node, name: &FieldName) -> Valued<'s, 'a, V> {
        let Val::Map(map) = self.value(of)? else {
            return Err(Fault::Type);
        };
        self.spend(map.searched() / 16)?;
        let found = match map {
            Map::Lent(map) => name.find_in(map).map(Val::lent),
            Map::Constant(_) | Map::Made(_) => map.named(&name.name),
        };
        found.ok_or(Fault::Missing)
    }

    /// Only the field itself is asked for, and not what is on the way to it.
    pub(super) fn has(&mut self, of: &'s Node, name: &FieldName) -> Result<bool, Fault> {
        let Val::Map(map) = self.value(of)? else {
            return Err(Fault::Type);
        };
        self.spend(map.searched() / 16)?;
        Ok(map.named(&name.name).is_some())
    }

    pub(super) fn index(&mut self, pair: &'s [Node; 2]) -> Valued<'s, 'a, V> {
        let [of, index] = pair;
        let container = self.value(of)?;
        let index = self.value(index)?;
        match container {
            Val::List(list) => {
                let place = index.number().ok_or(Fault::Type)?.to_whole();
                // A number that is no place at all was never meant as one.
                let place = place.ok_or(Fault::Argument)?;
                usize::try_from(place).ok().and_then(|place| list.at(place)).ok_or(Fault::Missing)
            }
            Val::Map(map) => {
                let fits = matches!(index, Val::String(_) | Val::Bool(_)) || index.number().is_some();
                if !fits {
                    return Err(Fault::Type);
                }
                self.spend(map.searched() / 16)?;
                map.get(index).ok_or(Fault::Missing)
            }
            _ => Err(Fault::Type),
        }
    }
}

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
    #[inline(always)]
    fn find_in<'a, M: MapView<'a>>(&self, map: M) -> Option<M::Item> {
        let hint = usize::try_from(self.hint.load(Relaxed)).unwrap_or(usize::MAX);
        match map.at(hint) {
            Some((name, item)) if same(name.as_bytes(), self.name.as_bytes()) => Some(item),
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
