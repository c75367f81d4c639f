//! The store of one round as it begins: its documents, its people, its roles and the secrets that open it, in the engine and in
//! the model. It knows nothing of what happens to it.

use super::deed::{item_id, list_id};
use super::observed::{Fault, Observed};
use super::policy::{Policy, ROLES};
use super::state::{ADMIN, ITEMS, Item, LISTS, PEOPLE, Standing, State};
use portunus_auth::{
    Collection, Durability, Gate, GateOptions, ManualClock, NewKey, NewToken, PublicId, Secret, Timestamp,
    TreeOptions,
};
use portunus_storage::conformance::{Random, RecordingDisk};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The instant at which every world stays.
const NOW: Timestamp = Timestamp(1_800_000_000_000_000);

/// A secret, and by which number the model knows it.
#[derive(Clone)]
pub struct Credential {
    pub number: usize,
    pub id: Option<PublicId>,
    pub secret: Secret,
    pub standing: Standing,
}

pub struct World {
    pub gate: Gate,
    pub start: State,
    pub credentials: Vec<Credential>,
}

impl World {
    /// In memory, and one of eight over a file on a disk in memory.
    pub fn new(random: &mut Random, fault: Fault) -> Self {
        let tree = TreeOptions { clock: Arc::new(ManualClock::new(NOW)), ..TreeOptions::default() };
        let principals_max = if random.chance(75) { 64 } else { 0 };
        let options = GateOptions { tree, principals_max, ..GateOptions::default() };
        let on_disk = random.chance(12);
        let open = |options| {
            let engine = if on_disk {
                portunus_storage::create_on(RecordingDisk::empty(), options)?
            } else {
                portunus_storage::memory(options)?
            };
            Ok(Observed::over(engine, fault))
        };
        let (gate, admin) = Gate::create_on(open, &options).unwrap();
        let start = State {
            items: (0..ITEMS).step_by(2).map(|place| (item_id(place), Item::random(random))).collect(),
            lists: std::array::from_fn(|_| Vec::new()),
            people: [Some(0), Some(1), Some(0)],
            policies: std::array::from_fn(|_| Policy::random(random)),
            standing: BTreeMap::from([(ADMIN, Standing::Admin)]),
        };
        let credentials =
            vec![Credential { number: ADMIN, id: None, secret: admin, standing: Standing::Admin }];
        let mut world = Self { gate, start, credentials };
        world.fill();
        world
    }

    fn fill(&mut self) {
        let mut view = self.gate.begin_write(&self.credentials[ADMIN].secret).unwrap();
        for name in ["users", "lists"] {
            view.define(Collection::new(name)).unwrap();
        }
        view.define(Collection::new("items").index(["owner"]).index(["rank"])).unwrap();
        for (person, team) in PEOPLE.iter().zip(self.start.people) {
            view.create_with_id("users", person, json!({"team": team})).unwrap();
        }
        for list in 0..LISTS {
            view.create_with_id("lists", &list_id(list), json!({"values": []})).unwrap();
        }
        for (id, item) in &self.start.items {
            view.create_with_id("items", id, item.to_json()).unwrap();
        }
        for (place, policy) in self.start.policies.iter().enumerate() {
            view.define_role(policy.role(place)).unwrap();
        }
        for place in 0..PEOPLE.len() * 2 {
            let person = place % PEOPLE.len();
            let made = view.create_token(NewToken::new("users", PEOPLE[person])).unwrap();
            self.know(made.id, made.secret, Standing::Person(person));
        }
        for (role, name) in ROLES.iter().enumerate().skip(1) {
            for _ in 0..2 {
                let made = view.create_key(NewKey::new(*name)).unwrap();
                self.know(made.id, made.secret, Standing::Key(role));
            }
        }
        view.commit(Durability::Relaxed).unwrap();
    }

    fn know(&mut self, id: PublicId, secret: Secret, standing: Standing) {
        let number = self.credentials.len();
        self.start.standing.insert(number, standing);
        self.credentials.push(Credential { number, id: Some(id), secret, standing });
    }
}
