//! Histories of everything that a secret rests on: databases, collections, people, tokens, roles, providers, time. After
//! each step every secret opens the same to a reader, who may be answered from memory, and to a writer, who never is; what
//! was opened before goes on as exactly that or not at all; and nobody commits as somebody else.

use crate::mint::key_set;
use crate::outside::{ISSUER, Outside};
use crate::world::{START, World, path};
use portunus_auth::{
    Action, AuditSettings, Collection, DatabasePath, Durability, Error, Expiry, NewKey, NewToken, Principal,
    PrincipalKind, Provider, PublicId, ReadView, Result, Role, Secret, Timestamp, WriteView,
};
use proptest::prelude::*;
use serde_json::json;
use std::time::Duration;

const COLLECTIONS: [&str; 2] = ["users", "people"];
const PEOPLE: [&str; 2] = ["ann", "bob"];
const ROLES: [&str; 2] = ["reader", "writer"];
const PLACES: [&str; 6] = ["acme", "acme/eu", "beta", "beta/acme", "eu", "acme2"];
const SHARED: &str = "https://notes.example";

#[derive(Clone, Copy, Debug)]
enum Step {
    Define(usize),
    Drop(usize),
    /// Gives a collection the name of the other one.
    Rename(usize),
    Create(usize, usize, Ends),
    Delete(usize, usize),
    /// Makes a person the subject that another one may be.
    Patch(usize, usize, usize, Ends),
    Token(usize, usize, Ends),
    EndToken(usize),
    Retarget(usize, usize, usize),
    TokenExpiry(usize, Ends),
    /// With members, perhaps, and perhaps with a denial.
    Role(usize, Option<usize>, bool),
    DeleteRole(usize),
    SwapRoles,
    /// With a mapping, perhaps, with its keys elsewhere, and with an audience that another database may claim.
    Provider(usize, Option<usize>, bool, bool),
    DeleteProvider,
    NotBefore(bool),
    DenyJwt(usize),
    /// Lets another database claim the audience, or no longer.
    Claim(bool),
    Move(usize, usize),
    RenameDatabase(usize, usize),
    Disable(usize, bool),
    Key(usize),
    KeyRole(usize, usize),
    DeleteKey(usize),
    Audit(bool),
    Later(u64),
    Sweep,
}

#[derive(Clone, Copy, Debug)]
enum Ends {
    Never,
    After(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let two = || 0..2_usize;
    let one = || 0..8_usize;
    let ends = || prop_oneof![Just(Ends::Never), (1..8_u64).prop_map(Ends::After)];
    let maybe = || proptest::option::of(two());
    let people = prop_oneof![
        2 => two().prop_map(Step::Define),
        1 => two().prop_map(Step::Drop),
        1 => two().prop_map(Step::Rename),
        5 => (two(), two(), ends()).prop_map(|(of, who, ends)| Step::Create(of, who, ends)),
        1 => (two(), two()).prop_map(|(of, who)| Step::Delete(of, who)),
        1 => (two(), two(), two(), ends()).prop_map(|(of, who, subject, ends)| Step::Patch(of, who, subject, ends)),
        4 => (two(), two(), ends()).prop_map(|(of, who, ends)| Step::Token(of, who, ends)),
        1 => one().prop_map(Step::EndToken),
        1 => (one(), two(), two()).prop_map(|(token, of, who)| Step::Retarget(token, of, who)),
        1 => (one(), ends()).prop_map(|(token, ends)| Step::TokenExpiry(token, ends)),
    ];
    let rights = prop_oneof![
        3 => (two(), maybe(), any::<bool>()).prop_map(|(role, members, denies)| Step::Role(role, members, denies)),
        1 => two().prop_map(Step::DeleteRole),
        1 => Just(Step::SwapRoles),
        3 => (two(), maybe(), any::<bool>(), any::<bool>())
            .prop_map(|(role, mapped, fetched, shared)| Step::Provider(role, mapped, fetched, shared)),
        1 => Just(Step::DeleteProvider),
        1 => any::<bool>().prop_map(Step::NotBefore),
        1 => two().prop_map(Step::DenyJwt),
        1 => any::<bool>().prop_map(Step::Claim),
        2 => two().prop_map(Step::Key),
        1 => (one(), two()).prop_map(|(key, role)| Step::KeyRole(key, role)),
        1 => one().prop_map(Step::DeleteKey),
    ];
    let place = || 0..PLACES.len();
    let rest = prop_oneof![
        (place(), place()).prop_map(|(from, to)| Step::Move(from, to)),
        (place(), place()).prop_map(|(from, to)| Step::RenameDatabase(from, to)),
        (place(), any::<bool>()).prop_map(|(place, disabled)| Step::Disable(place, disabled)),
        any::<bool>().prop_map(Step::Audit),
        (0..5_u64).prop_map(Step::Later),
        Just(Step::Sweep),
    ];
    prop_oneof![5 => people, 4 => rights, 2 => rest]
}

/// A history so far.
struct History {
    outside: Outside,
    /// An administrator of what was first called `acme`, wherever that is now.
    acme: Secret,
    tokens: Vec<PublicId>,
    keys: Vec<PublicId>,
    secrets: Vec<Secret>,
    readers: Vec<(Secret, ReadView, Principal)>,
    writers: Vec<(Secret, WriteView, Principal)>,
}

impl History {
    fn new() -> Self {
        let outside = Outside::new(64);
        let world = &outside.world;
        let ((_, acme), (_, server), (_, below)) =
            (world.key("acme", "admin"), world.key("acme", "server"), world.key("acme/eu", "admin"));
        let mut secrets = vec![acme.clone(), server, below];
        for scope in ["#@doc/users/ann", "#@doc/people/bob", "@eu#admin", "#reader", "#writer"] {
            secrets.push(acme.scoped(&scope.parse().unwrap()));
        }
        for (who, audience) in [(PEOPLE[0], &outside.audience), (PEOPLE[1], &SHARED.to_owned())] {
            secrets.push(outside.jwt(|claims| {
                claims["sub"] = json!(who);
                claims["aud"] = json!(audience);
                claims["jti"] = json!(who);
            }));
        }
        let (tokens, keys, readers, writers) = Default::default();
        Self { outside, acme, tokens, keys, secrets, readers, writers }
    }

    fn world(&self) -> &World {
        &self.outside.world
    }

    fn write<T>(&self, run: impl FnOnce(&mut WriteView) -> Result<T>) -> Result<T> {
        self.world().try_write(&self.acme, run)
    }

    fn at(&self, ends: Ends) -> Option<Timestamp> {
        match ends {
            Ends::Never => None,
            Ends::After(seconds) => {
                Some(self.world().clock_now().saturating_add(Duration::from_secs(seconds)))
            }
        }
    }

    fn expiry(&self, ends: Ends) -> Expiry {
        self.at(ends).map_or(Expiry::Never, Expiry::At)
    }

    /// Does it, or finds that it cannot be done: that is no matter.
    fn take(&mut self, step: Step) {
        let of_people = self.people(step).is_some();
        let of_rights = of_people || self.rights(step).is_some();
        if !of_rights {
            self.rest(step);
        }
    }

    fn people(&mut self, step: Step) -> Option<Result<()>> {
        let token = |place: usize| self.tokens.get(place % self.tokens.len().max(1)).copied();
        Some(match step {
            Step::Define(of) => {
                self.write(|tx| tx.define(Collection::new(COLLECTIONS[of]).unique(["issuer", "subject"])))
            }
            Step::Drop(of) => self.write(|tx| tx.drop_collection(COLLECTIONS[of])),
            Step::Rename(of) => self.write(|tx| tx.rename_collection(COLLECTIONS[of], COLLECTIONS[1 - of])),
            Step::Create(of, who, ends) => {
                let (person, expiry) = (json!({"issuer": ISSUER, "subject": PEOPLE[who]}), self.expiry(ends));
                self.write(|tx| {
                    tx.add(COLLECTIONS[of]).id(PEOPLE[who]).expires(expiry).create(person).map(drop)
                })
            }
            Step::Delete(of, who) => self.write(|tx| tx.delete(COLLECTIONS[of], PEOPLE[who])),
            Step::Patch(of, who, subject, ends) => {
                let (patch, expiry) = (json!({"subject": PEOPLE[subject]}), self.expiry(ends));
                self.write(|tx| {
                    tx.change(COLLECTIONS[of], PEOPLE[who]).expires(expiry).patch(patch).map(drop)
                })
            }
            Step::Token(of, who, ends) => {
                let token = NewToken::new(COLLECTIONS[of], PEOPLE[who]);
                let token = self.at(ends).map_or(token.clone(), |at| token.expires_at(at));
                self.write(|tx| tx.create_token(token)).map(|made| {
                    self.tokens.push(made.id);
                    self.secrets.push(made.secret);
                })
            }
            Step::EndToken(place) => token(place).map_or(Ok(()), |id| self.write(|tx| tx.delete_token(id))),
            Step::Retarget(place, of, who) => token(place)
                .map_or(Ok(()), |id| self.write(|tx| tx.retarget_token(id, COLLECTIONS[of], PEOPLE[who]))),
            Step::TokenExpiry(place, ends) => {
                let at = self.at(ends);
                token(place).map_or(Ok(()), |id| self.write(|tx| tx.set_token_expiry(id, at)))
            }
            _ => return None,
        })
    }

    fn rights(&mut self, step: Step) -> Option<Result<()>> {
        let key = |place: usize| self.keys.get(place % self.keys.len().max(1)).copied();
        Some(match step {
            Step::Role(role, members, denies) => self.write(|tx| {
                let role = Role::new(ROLES[role]).allow("notes", Action::Read).allow("notes", Action::Create);
                let role = members.map_or(role.clone(), |of| role.member(COLLECTIONS[of]));
                tx.define_role(if denies { role.deny("notes", Action::Create) } else { role })
            }),
            Step::DeleteRole(role) => self.write(|tx| tx.delete_role(ROLES[role])),
            Step::SwapRoles => self.write(|tx| {
                tx.rename_role(ROLES[0], "other")?;
                tx.rename_role(ROLES[1], ROLES[0])?;
                tx.rename_role("other", ROLES[1])
            }),
            Step::Provider(role, mapped, fetched, shared) => {
                let (with_keys, with_url) = (self.outside.provider(), self.outside.fetching());
                let provider = if fetched { with_url } else { with_keys }.role(ROLES[role]);
                let provider = if shared { provider.audience(SHARED) } else { provider };
                let fields = ["issuer", "subject"];
                let provider =
                    mapped.map_or(provider.clone(), |of| provider.identity(COLLECTIONS[of], fields));
                self.write(|tx| tx.define_provider(provider))
            }
            Step::DeleteProvider => self.write(|tx| tx.delete_provider("staff")),
            Step::NotBefore(set) => {
                let at = set.then(|| START.saturating_add(Duration::from_secs(1)));
                self.write(|tx| tx.set_provider_not_before("staff", at))
            }
            Step::DenyJwt(who) => self.write(|tx| tx.deny_jwt("staff", PEOPLE[who], START)),
            Step::Claim(claims) => {
                let keys = key_set([&self.outside.signer]);
                let algorithm = self.outside.signer.algorithm();
                let other = Provider::new("other", ISSUER).jwks(keys).algorithm(algorithm).audience(SHARED);
                self.world().try_write(&self.world().inside("beta"), |tx| match claims {
                    true => tx.define_provider(other),
                    false => tx.delete_provider("other"),
                })
            }
            Step::Key(role) => self.write(|tx| tx.create_key(NewKey::new(ROLES[role]))).map(|made| {
                self.keys.push(made.id);
                self.secrets.push(made.secret);
            }),
            Step::KeyRole(place, role) => {
                key(place).map_or(Ok(()), |id| self.write(|tx| tx.set_key_role(id, ROLES[role])))
            }
            Step::DeleteKey(place) => key(place).map_or(Ok(()), |id| self.write(|tx| tx.delete_key(id))),
            _ => return None,
        })
    }

    fn rest(&self, step: Step) {
        let above = |run: &dyn Fn(&mut WriteView) -> Result<()>| {
            drop(self.world().try_write(&self.world().admin, run));
        };
        match step {
            Step::Move(from, to) => {
                let to = PLACES[to].split('/').next().unwrap();
                let to = if to == "eu" { DatabasePath::here() } else { path(to) };
                above(&|tx| tx.move_database(&path(PLACES[from]), &to));
            }
            Step::RenameDatabase(from, to) => {
                let name = PLACES[to].rsplit('/').next().unwrap().parse().unwrap();
                above(&|tx| tx.rename_database(&path(PLACES[from]), &name));
            }
            Step::Disable(place, true) => above(&|tx| tx.disable_database(&path(PLACES[place]))),
            Step::Disable(place, false) => above(&|tx| tx.enable_database(&path(PLACES[place]))),
            Step::Audit(kept) => {
                let all = AuditSettings { openings: true, refusals: true, denials: true };
                drop(self.write(|tx| tx.set_audit(kept.then_some(all))));
            }
            Step::Later(seconds) => self.world().advance(seconds),
            Step::Sweep => drop(self.world().gate.sweep(1_000).unwrap()),
            other => panic!("{other:?} is of another kind"),
        }
    }

    fn holder(&self, secret: &Secret) -> Result<Principal> {
        self.world().gate.begin_read(secret)?.principal().cloned()
    }

    /// Twice, because the first one may leave something in memory for the second.
    fn check_opened(&self) {
        for secret in self.secrets.iter().chain(&self.secrets) {
            let written = self.world().gate.begin_write(secret).and_then(|tx| tx.principal().cloned());
            match (self.holder(secret), written) {
                (Ok(read), Ok(written)) => assert!(read == written, "{read:?} reads, {written:?} writes"),
                (Err(Error::Unauthenticated), Err(Error::Unauthenticated)) => {}
                (read, written) => panic!("{read:?} reads, {written:?} writes"),
            }
        }
    }

    fn check_readers(&mut self) {
        let readers = std::mem::take(&mut self.readers);
        for (secret, view, was) in readers {
            match (view.principal().cloned(), self.holder(&secret)) {
                (Ok(is), Ok(now)) => {
                    assert!(is == now && is == was, "{is:?} goes on, who is {now:?} now");
                    self.readers.push((secret, view, was));
                }
                (Ok(is), Err(error)) => panic!("{is:?} goes on, though {error:?}"),
                // One of an issuer begins again after each change of its provider, whatever that was.
                (Err(Error::Conflict), Ok(now)) => assert!(was != now || now.kind() == PrincipalKind::Jwt),
                // One that has expired has expired, also where its end is moved later.
                (Err(Error::Unauthenticated), Ok(_)) => assert!(was.expires_at().is_some()),
                (Err(Error::Unauthenticated | Error::Conflict), Err(_)) => {}
                (Err(error), _) => panic!("{error:?}"),
            }
        }
    }

    fn check_writers(&mut self, place: usize) {
        if self.writers.is_empty() {
            return;
        }
        let (secret, tx, was) = self.writers.swap_remove(place % self.writers.len());
        let now = self.holder(&secret);
        if tx.commit(Durability::Immediate).is_ok() {
            assert!(now.as_ref().is_ok_and(|now| *now == was), "{was:?} has committed, who is {now:?} now");
        }
    }

    fn open(&mut self, place: usize) {
        let secret = self.secrets[place % self.secrets.len()].clone();
        let gate = &self.world().gate;
        let (Ok(reader), Ok(mut writer)) = (gate.begin_read(&secret), gate.begin_write(&secret)) else {
            return;
        };
        let (reads, writes) = (reader.principal().unwrap().clone(), writer.principal().unwrap().clone());
        // Most may not; those who may have something to lose.
        drop(writer.create("notes", json!({})));
        self.readers.push((secret.clone(), reader, reads));
        self.writers.push((secret, writer, writes));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_happens_nothing_opens_or_goes_on_that_should_not(
        steps in prop::collection::vec((step(), any::<prop::sample::Index>()), 40..120),
    ) {
        let mut history = History::new();
        for (step, place) in steps {
            let place = place.index(1_000);
            history.take(step);
            history.check_opened();
            history.check_readers();
            history.check_writers(place);
            history.open(place);
        }
        let History { outside, readers, writers, .. } = history;
        drop((readers, writers));
        let report = outside.world.read(&outside.world.admin, ReadView::check);
        prop_assert_eq!(report.problems, Vec::<String>::new());
    }
}
