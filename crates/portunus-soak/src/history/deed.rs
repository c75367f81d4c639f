//! What a client does in a transaction, and what it is told. It knows nothing of what it should be told.

use super::policy::{Policy, ROLES};
use super::state::{ITEMS, Item, LISTS, PEOPLE};
use portunus_auth::{Document, Error, NewToken, PublicId, ReadView, Result, Secret, WriteView};
use portunus_storage::conformance::Random;
use serde_json::json;

#[derive(Clone, Debug)]
pub enum Deed {
    Get(usize),
    /// From one id to below another, backwards perhaps, and not more than so many.
    Ids(usize, usize, bool, usize),
    OfOwner(usize),
    CountOfOwner(usize),
    /// By the index of ranks.
    Ranks(i64, i64, bool),
    Count,
    /// Page by page.
    Pages(usize),
    Create(usize, Item),
    Patch(usize, Item),
    Delete(usize),
    ReadList(usize),
    Append(usize, u64),
    /// What only administrators do.
    SetPolicy(usize, Policy),
    SetTeam(usize, i64),
    CreatePerson(usize, i64),
    DeletePerson(usize),
    /// A token for a person, under this number.
    Mint(usize, usize),
    RevokeToken(usize, PublicId),
    RevokeKey(usize, PublicId),
    KeyRole(usize, PublicId, usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Items(Vec<(String, Item)>),
    Ids(Vec<String>),
    Count(usize),
    List(Vec<u64>),
    Done,
    Missing,
    Denied,
    Exists,
}

/// What was made, to be used once it is committed.
pub struct Minted {
    pub number: usize,
    pub person: usize,
    pub id: PublicId,
    pub secret: Secret,
}

pub enum View {
    Read(ReadView),
    Write(WriteView),
}

pub fn item_id(place: usize) -> String {
    format!("i{place:02}")
}

pub fn list_id(place: usize) -> String {
    format!("l{place}")
}

impl Deed {
    /// One that anybody may try.
    pub fn ordinary(random: &mut Random, writes: bool, next_value: &mut dyn FnMut() -> u64) -> Self {
        let place = random.below(ITEMS);
        if writes && random.chance(45) {
            let item = Item::random(random);
            return match random.below(10) {
                0..=2 => Self::Create(place, item),
                3..=5 => Self::Patch(place, item),
                6 => Self::Delete(place),
                _ => Self::Append(random.below(LISTS), next_value()),
            };
        }
        let end = place + 1 + random.below(ITEMS);
        let rank = i64::try_from(random.below(8)).unwrap();
        match random.below(10) {
            0..=1 => Self::Get(place),
            2 => Self::Ids(place, end, random.chance(50), 1 + random.below(ITEMS)),
            3 => Self::OfOwner(random.below(PEOPLE.len())),
            4 => Self::CountOfOwner(random.below(PEOPLE.len())),
            5 => Self::Ranks(rank, rank + 3, random.chance(50)),
            6 => Self::Count,
            7 => Self::Pages(1 + random.below(4)),
            _ => Self::ReadList(random.below(LISTS)),
        }
    }

    pub fn decides(&self) -> bool {
        matches!(
            self,
            Self::SetPolicy(..)
                | Self::SetTeam(..)
                | Self::CreatePerson(..)
                | Self::DeletePerson(_)
                | Self::RevokeToken(..)
                | Self::RevokeKey(..)
                | Self::KeyRole(..)
        )
    }

    /// Does it. An error is one that ends the transaction.
    pub fn perform(&self, view: &mut View, minted: &mut Vec<Minted>) -> Result<Outcome> {
        let done = match view {
            View::Read(view) => self.read(view),
            View::Write(view) => match self.write(view, minted) {
                Some(done) => done,
                None => self.read(view),
            },
        };
        match done {
            Err(Error::NotFound(_)) => Ok(Outcome::Missing),
            Err(Error::Denied { .. }) => Ok(Outcome::Denied),
            Err(Error::AlreadyExists(_)) => Ok(Outcome::Exists),
            done => done,
        }
    }

    fn read(&self, view: &ReadView) -> Result<Outcome> {
        Ok(match self {
            Self::Get(place) => {
                let found = view.get("items", &item_id(*place))?;
                Outcome::Items(found.iter().map(shown).collect())
            }
            Self::Ids(start, end, backwards, most) => {
                let (start, end) = (item_id(*start), item_id(*end));
                let query = view.query("items").ids(start.as_str()..end.as_str()).limit(*most);
                Outcome::Ids(if *backwards { query.descending() } else { query }.list_ids()?)
            }
            Self::OfOwner(owner) => {
                let found = view.query("items").index("owner").equal([PEOPLE[*owner]]).documents()?;
                Outcome::Items(found.iter().map(shown).collect())
            }
            Self::CountOfOwner(owner) => {
                Outcome::Count(view.query("items").index("owner").equal([PEOPLE[*owner]]).count()?)
            }
            Self::Ranks(from, to, backwards) => {
                let query = view.query("items").index("rank").range(*from..*to);
                let found = if *backwards { query.descending() } else { query }.documents()?;
                Outcome::Items(found.iter().map(shown).collect())
            }
            Self::Count => Outcome::Count(view.query("items").count()?),
            Self::Pages(size) => {
                let (mut ids, mut cursor) = (Vec::new(), None);
                loop {
                    let page = view.query("items").page(*size, cursor.as_ref())?;
                    ids.extend(page.documents.iter().map(|document| document.id().to_owned()));
                    cursor = page.next;
                    if cursor.is_none() {
                        break Outcome::Ids(ids);
                    }
                }
            }
            Self::ReadList(list) => Outcome::List(read_list(view, *list)?),
            other => panic!("{other:?} is not for readers"),
        })
    }

    fn write(&self, view: &mut WriteView, minted: &mut Vec<Minted>) -> Option<Result<Outcome>> {
        let done = match self {
            Self::Create(place, item) => {
                view.create_with_id("items", &item_id(*place), item.to_json()).map(drop)
            }
            Self::Patch(place, item) => view.patch("items", &item_id(*place), item.to_json()).map(drop),
            Self::Delete(place) => view.delete("items", &item_id(*place)),
            Self::Append(list, value) => append(view, *list, *value),
            Self::SetPolicy(place, policy) => view.define_role(policy.role(*place)),
            Self::SetTeam(person, team) => {
                view.patch("users", PEOPLE[*person], json!({"team": team})).map(drop)
            }
            Self::CreatePerson(person, team) => {
                view.create_with_id("users", PEOPLE[*person], json!({"team": team})).map(drop)
            }
            Self::DeletePerson(person) => view.delete("users", PEOPLE[*person]),
            Self::Mint(person, number) => {
                view.create_token(NewToken::new("users", PEOPLE[*person])).map(|made| {
                    let (id, secret) = (made.id, made.secret);
                    minted.push(Minted { number: *number, person: *person, id, secret });
                })
            }
            Self::RevokeToken(_, id) => view.delete_token(*id),
            Self::RevokeKey(_, id) => view.delete_key(*id),
            Self::KeyRole(_, id, role) => view.set_key_role(*id, ROLES[*role]),
            _ => return None,
        };
        Some(done.map(|()| Outcome::Done))
    }
}

fn read_list(view: &ReadView, list: usize) -> Result<Vec<u64>> {
    let document = view.get("lists", &list_id(list))?;
    let values = document.as_ref().and_then(|document| document.field("values")?.as_array());
    Ok(values.map_or_else(Vec::new, |values| {
        values.iter().map(|value| u64::try_from(value.as_int().unwrap()).unwrap()).collect()
    }))
}

fn append(view: &mut WriteView, list: usize, value: u64) -> Result<()> {
    let mut values = read_list(view, list)?;
    values.push(value);
    view.patch("lists", &list_id(list), json!({"values": values})).map(drop)
}

fn shown(document: &Document) -> (String, Item) {
    let number = |name: &str| document.field(name).unwrap().as_int().unwrap();
    let owner = document.field("owner").unwrap().as_str().unwrap().to_owned();
    let owner = PEOPLE.iter().position(|person| *person == owner).unwrap();
    (document.id().to_owned(), Item { owner, team: number("team"), rank: number("rank") })
}
