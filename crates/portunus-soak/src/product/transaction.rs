//! One random transaction of a writer: what it does to the store, and what it leaves. It knows nothing of how it is committed.

use super::state::{
    ANNEX, Annex, COLLECTIONS, Entry, Held, ITEMS, Of, PLACES, Shelf, State, USERS, WRITERS, annex_path,
    labels, once_token, shelf_name,
};
use portunus_auth::{
    Action, BuildProgress, Collection, DatabasePath, Expiry, Fields, NewKey, NewToken, On, PasswordHash,
    Privilege, Result, Role, Sessions, Timestamp, WriteView, to_value,
};
use portunus_storage::conformance::Random;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// How long what expires lasts.
const LIFETIME: Duration = Duration::from_secs(45);
/// Documents of a shelf that one transaction creates, and how long the text of each is: an index over it takes several steps.
const SHELVED: usize = 12;
const SHELVED_TEXT: usize = 500;
/// A hash that nobody knows the password of.
const HASH: &str =
    "$argon2id$v=19$m=65536,t=3,p=4$AQIDBAUGBwgJCgsMDQ4PEA$4vmHFy8vFe4M2/pxpktZhQgMx6SMBCdNKUH8oDYZxfM";

/// What a run does more often than all else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    Nothing,
    /// Databases that are created, filled and deleted.
    Annex,
    /// Collections over which indexes are built in steps.
    Shelf,
}

impl Focus {
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Annex, Self::Shelf];
}

/// A transaction under way, with what it leaves so far. Everything that it writes carries its number.
pub struct Transaction<'t> {
    pub view: WriteView,
    pub state: State,
    pub random: &'t mut Random,
    pub writer: usize,
    pub place: usize,
    pub focus: Focus,
}

/// What every database holds, or is to hold.
pub fn furniture() -> [Collection; COLLECTIONS.len()] {
    let items = Collection::new(COLLECTIONS[ITEMS])
        .index(["n"])
        .unique(["tag"])
        .index(["labels"])
        .index(["writer", "n"]);
    [items, Collection::new(COLLECTIONS[USERS]), Collection::new(COLLECTIONS[WRITERS])]
}

impl Transaction<'_> {
    /// Does what this one does, by chance.
    pub fn perform(&mut self) -> Result<()> {
        self.state.number += 1;
        if self.place == ANNEX && self.state.annex == Annex::Bare {
            furniture().iter().try_for_each(|collection| self.view.define(collection))?;
            self.state.annex = Annex::Furnished;
        }
        assert!(self.view.once(&once_token(self.writer, self.state.number))?, "a new token is not known");
        let (number, id) = (self.state.number, format!("w{}", self.writer));
        self.put(WRITERS, &id, &json!({ "n": number }), None)?;
        for _ in 0..=self.random.below(3) {
            self.change_a_document()?;
        }
        match (self.focus, self.place) {
            (Focus::Annex, 0) => return self.change_the_annex(),
            (Focus::Shelf, 1) => return self.change_the_shelf(),
            (Focus::Nothing | Focus::Annex | Focus::Shelf, _) => {}
        }
        match self.random.below(100) {
            0..14 => self.make_a_key(),
            14..22 => self.revoke(),
            _ if self.place == ANNEX => Ok(()),
            22..32 => self.make_a_token(),
            32..38 => self.set_a_password(),
            38..43 => self.delete_an_identity(),
            43..50 => self.change_a_role(),
            _ if self.place == 0 => self.change_the_annex(),
            _ if self.place == 1 => self.change_the_shelf(),
            _ => Ok(()),
        }
    }

    fn put(
        &mut self,
        collection: usize,
        id: &str,
        value: &Json,
        expires_at: Option<Timestamp>,
    ) -> Result<()> {
        let documents = &mut self.state.documents[self.place][collection];
        let name = COLLECTIONS[collection];
        if documents.contains_key(id) {
            self.view.replace(name, id, value)?;
        } else {
            let expiry = expires_at.map_or(Expiry::Unchanged, Expiry::At);
            self.view.add(name).id(id).expires(expiry).create(value)?;
        }
        documents.insert(id.to_owned(), Entry { value: to_value(value)?, expires_at });
        Ok(())
    }

    fn change_a_document(&mut self) -> Result<()> {
        let (number, slot) = (self.state.number, self.random.below(5));
        let mut id = format!("w{}-{slot}", self.writer);
        let is_there = self.state.documents[self.place][ITEMS].contains_key(&id);
        match self.random.below(10) {
            0..2 if is_there => {
                self.view.delete(COLLECTIONS[ITEMS], &id)?;
                self.state.documents[self.place][ITEMS].remove(&id);
                Ok(())
            }
            2 => {
                id = format!("w{}-e{number}-{slot}", self.writer);
                let until = self.view.now().saturating_add(LIFETIME);
                if self.state.documents[self.place][ITEMS].contains_key(&id) {
                    return Ok(());
                }
                let item = self.item(&id);
                self.put(ITEMS, &id, &item, Some(until))
            }
            _ => {
                let item = self.item(&id);
                self.put(ITEMS, &id, &item, None)
            }
        }
    }

    fn item(&mut self, id: &str) -> Json {
        let number = self.state.number;
        let pad = if self.random.chance(5) { 3000 } else { self.random.below(60) };
        json!({
            "n": number,
            "writer": self.writer,
            "tag": format!("{id} {number}"),
            "labels": labels(number),
            "text": "x".repeat(pad),
        })
    }

    fn make_a_key(&mut self) -> Result<()> {
        let made = self.view.create_key(NewKey::new("server").named(format!("key {}", self.state.number)))?;
        self.hold(Held {
            place: self.place,
            secret: made.secret,
            id: made.id,
            of: Of::Key,
            is_revoked: false,
            expires_at: None,
        });
        Ok(())
    }

    fn make_a_token(&mut self) -> Result<()> {
        let user = format!("w{}-u{}", self.writer, self.random.below(2));
        if !self.state.documents[self.place][USERS].contains_key(&user) {
            let number = self.state.number;
            self.put(USERS, &user, &json!({ "n": number }), None)?;
        }
        let ends = self.random.chance(30);
        let token = NewToken::new(COLLECTIONS[USERS], &user);
        let made = self.view.create_token(if ends { token.ttl(LIFETIME) } else { token })?;
        self.hold(Held {
            place: self.place,
            secret: made.secret,
            id: made.id,
            of: Of::Token(user),
            is_revoked: false,
            expires_at: made.expires_at,
        });
        Ok(())
    }

    /// Secrets that were revoked long ago are asked no more.
    fn hold(&mut self, held: Held) {
        self.audited();
        self.state.held.push(held);
        let revoked = self.state.held.iter().filter(|held| held.is_revoked).count();
        if let Some(first) = self.state.held.iter().position(|held| held.is_revoked).filter(|_| revoked > 4) {
            self.state.held.remove(first);
        }
    }

    fn audited(&mut self) {
        if let Some(audited) = self.state.audited.get_mut(self.place) {
            *audited += 1;
        }
    }

    fn revoke(&mut self) -> Result<()> {
        let (place, now) = (self.place, self.view.now());
        // What ends soon may have ended by the time that this is tried again.
        let is_mine = |held: &Held| held.place == place && held.opens(now) && held.expires_at.is_none();
        let Some(held) = self.state.held.iter_mut().find(|held| is_mine(held)) else { return Ok(()) };
        match held.of {
            Of::Key => self.view.delete_key(held.id)?,
            Of::Token(_) => self.view.delete_token(held.id)?,
        }
        held.is_revoked = true;
        self.audited();
        Ok(())
    }

    fn user(&mut self) -> Option<String> {
        let users = &self.state.documents[self.place][USERS];
        users.keys().nth(self.random.below(2)).cloned()
    }

    fn set_a_password(&mut self) -> Result<()> {
        let Some(user) = self.user() else { return Ok(()) };
        let hash = PasswordHash::import(HASH)?;
        self.view.set_credential(COLLECTIONS[USERS], &user, &hash, Sessions::Keep)?;
        self.state.credentials[self.place].insert(user);
        self.audited();
        Ok(())
    }

    fn delete_an_identity(&mut self) -> Result<()> {
        let Some(user) = self.user() else { return Ok(()) };
        self.view.delete(COLLECTIONS[USERS], &user)?;
        self.state.documents[self.place][USERS].remove(&user);
        self.state.credentials[self.place].remove(&user);
        let (place, of) = (self.place, Of::Token(user));
        let its = self.state.held.iter_mut().filter(|held| held.place == place && held.of == of);
        its.for_each(|held| held.is_revoked = true);
        self.audited();
        Ok(())
    }

    fn change_a_role(&mut self) -> Result<()> {
        let (number, name) = (self.state.number, format!("role{}", self.writer));
        if self.state.roles[self.place].contains_key(&name) && self.random.chance(30) {
            self.view.delete_role(&name)?;
            self.state.roles[self.place].remove(&name);
        } else {
            let titles = Privilege::new(On::Collection(COLLECTIONS[USERS].into()), Action::Read);
            let role = Role::new(&name)
                .member_when(COLLECTIONS[USERS], format!("identity.n != {number}"))
                .allow_when(COLLECTIONS[ITEMS], Action::Read, format!("doc.n <= {number}"))
                .deny_when(COLLECTIONS[ITEMS], Action::Read, "doc.hidden")
                .privilege(titles.fields(Fields::only(["n"])));
            self.view.define_role(&role)?;
            self.state.roles[self.place].insert(name, role);
        }
        self.audited();
        Ok(())
    }

    /// Creates the database of this writer's own, or deletes it with all that is in it.
    fn change_the_annex(&mut self) -> Result<()> {
        let path: DatabasePath = annex_path(self.writer).parse()?;
        if self.state.annex == Annex::None {
            self.view.create_database(&path)?;
            self.state.annex = Annex::Bare;
        } else if self.random.chance(30) {
            self.view.delete_database(&path)?;
            self.state.annex = Annex::None;
            self.state.documents[ANNEX].iter_mut().for_each(std::collections::BTreeMap::clear);
            let its = self.state.held.iter_mut().filter(|held| held.place == ANNEX);
            its.for_each(|held| held.is_revoked = true);
        } else {
            return Ok(());
        }
        self.audited();
        Ok(())
    }

    /// Goes one step on in the life of a collection: defined, filled, given an index that takes several steps, dropped.
    fn change_the_shelf(&mut self) -> Result<()> {
        let (name, number) = (shelf_name(self.writer), self.state.number);
        let Some(shelf) = &mut self.state.shelf else {
            let definition = Collection::new(&name).index(["n"]);
            self.view.define(&definition)?;
            self.state.shelf = Some(Shelf { definition, documents: Default::default(), unbuilt: Vec::new() });
            self.audited();
            return Ok(());
        };
        if shelf.documents.len() < 2 * SHELVED {
            for slot in 0..SHELVED {
                let (id, text) =
                    (format!("{number}-{slot}"), format!("{id:05}{}", "y".repeat(SHELVED_TEXT), id = slot));
                let value = json!({ "n": number, "text": text });
                self.view.create_with_id(&name, &id, &value)?;
                shelf.documents.insert(id, Entry { value: to_value(&value)?, expires_at: None });
            }
        } else if shelf.definition.indexes().len() == 1 {
            shelf.definition = shelf.definition.clone().index(["text", "n"]);
            self.view.define(&shelf.definition)?;
            shelf.unbuilt = self.view.unbuilt_indexes(&name)?;
            self.audited();
        } else if !shelf.unbuilt.is_empty() {
            if self.view.build_indexes(&name)? == BuildProgress::Ready {
                shelf.unbuilt.clear();
            }
        } else {
            self.view.drop_collection(&name)?;
            self.state.shelf = None;
            self.audited();
        }
        Ok(())
    }
}

/// The place that a transaction is in.
pub fn place(random: &mut Random, state: &State, focus: Focus) -> usize {
    match focus {
        Focus::Annex if random.chance(40) => return 0,
        Focus::Shelf if random.chance(60) => return 1,
        Focus::Nothing | Focus::Annex | Focus::Shelf => {}
    }
    random.below(if state.annex == Annex::None { PLACES.len() } else { PLACES.len() + 1 })
}
