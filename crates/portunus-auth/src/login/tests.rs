//! What a login makes of records that no program of ours has written, and of attempts that it counts.

use super::throttles::Throttles;
use super::{Login, RefreshTerms, by};
use crate::base62;
use crate::view::{Candidate, Tried};
use crate::{
    By, Collection, Durability, Error, Gate, GateOptions, ManualClock, Password, Secret, Sessions,
    ThrottleLimits, Timestamp, TreeOptions,
};
use portunus_scope::identities::credential_id;
use portunus_scope::{DatabaseId, Object, SystemCollection, Value};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

const START: Timestamp = Timestamp(1_800_000_000_000_000);

struct Home {
    gate: Gate,
    admin: Secret,
    clock: Arc<ManualClock>,
    password: Password,
}

impl Home {
    /// A store with `ann`, who has a password.
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let tree = TreeOptions { clock: clock.clone(), ..TreeOptions::default() };
        let (gate, admin) = Gate::create_in_memory(&GateOptions { tree, ..GateOptions::default() }).unwrap();
        let password = Password::new("correct horse").unwrap();
        let hash = gate.hash_password(&password).unwrap();
        let mut view = gate.begin_write(&admin).unwrap();
        view.define(Collection::new("users").unique(["email"])).unwrap();
        view.create_with_id("users", "ann", json!({"email": "ann@example.org"})).unwrap();
        view.set_credential("users", "ann", &hash, Sessions::End).unwrap();
        view.commit(Durability::Immediate).unwrap();
        Self { gate, admin, clock, password }
    }

    fn number(&self) -> u32 {
        let reader = self.gate.shared.tree.begin_read().unwrap();
        reader.collection(DatabaseId::ROOT, "users").unwrap().unwrap().number()
    }

    /// Stores a record of a password that nobody could have set.
    fn store(&self, hash: &str) {
        let record = [
            ("hash", Value::from(hash)),
            ("serial", Value::from(1)),
            ("created_at", Value::Timestamp(START)),
            ("changed_at", Value::Timestamp(START)),
            ("disabled", Value::Bool(false)),
        ];
        let mut writer = self.gate.shared.tree.begin_write().unwrap();
        let id = credential_id(self.number(), "ann");
        let value = Value::Object(Object::from_iter(record));
        writer.unfiltered_system_put(DatabaseId::ROOT, SystemCollection::Credential, &id, &value).unwrap();
        writer.commit(Durability::Immediate).unwrap();
    }

    fn login(&self) -> crate::Result<crate::Session> {
        self.gate.login(&self.admin, Login::new("users", by("email", "ann@example.org"), &self.password))
    }
}

#[test]
fn attack_068_a_hash_in_the_file_that_asks_for_too_much_or_too_little_is_a_wrong_password_after_one_hash() {
    let home = Home::new();
    let rest = "$AQIDBAUGBwgJCgsMDQ4PEA$4vmHFy8vFe4M2/pxpktZhQgMx6SMBCdNKUH8oDYZxfM";
    for parameters in ["m=4294967295,t=3,p=4", "m=65536,t=4294967295,p=4", "m=65536,t=1,p=4", "m=8,t=1,p=1"] {
        home.store(&format!("$argon2id$v=19${parameters}{rest}"));
        let hashes = home.gate.hashes();
        assert!(matches!(home.login(), Err(Error::WrongCredentials)), "{parameters}");
        assert_eq!(home.gate.hashes(), hashes + 1, "{parameters}");
        home.clock.advance(Duration::from_secs(30));
    }
    for text in
        ["", "plain text", "$argon2id$", "$2b$04$abcdefghijklmnopqrstuu23JPZtHcGhwXSF41f93o/7vBdDut3Xu"]
    {
        home.store(text);
        let hashes = home.gate.hashes();
        assert!(matches!(home.login(), Err(Error::WrongCredentials)), "{text}");
        assert_eq!(home.gate.hashes(), hashes + 1, "{text}");
        home.clock.advance(Duration::from_secs(30));
        let view = home.gate.begin_read(&home.admin).unwrap();
        assert_eq!(view.credential("users", "ann").unwrap().unwrap().algorithm, None);
    }
}

#[test]
fn a_hash_that_is_made_anew_is_still_the_same_password_and_one_that_is_set_again_is_not() {
    let home = Home::new();
    let candidate = || -> Candidate {
        let view = home.gate.begin_read(&home.admin).unwrap();
        let login = Login::new("users", by("email", "ann@example.org"), &home.password);
        view.try_for(crate::view::Trial::Login(&login)).unwrap().found.ok().unwrap()
    };
    let first = candidate();
    let mut view = home.gate.begin_write(&home.admin).unwrap();
    let hash = home.gate.hash_password(&home.password).unwrap();
    view.begin_session(&Login::new("users", By::id("ann"), &home.password), &first, Some(&hash)).unwrap();
    view.commit(Durability::Immediate).unwrap();
    let raised = candidate();
    assert!(raised.is(&first));
    assert_eq!(raised.credential.hash().unwrap().expose(), hash.expose());
    // At the same instant, with the same hash: the clock stands still.
    let mut view = home.gate.begin_write(&home.admin).unwrap();
    view.set_credential("users", "ann", &hash, Sessions::End).unwrap();
    view.commit(Durability::Immediate).unwrap();
    assert!(!candidate().is(&first));
    let mut view = home.gate.begin_write(&home.admin).unwrap();
    let login = Login::new("users", By::id("ann"), &home.password);
    assert!(matches!(view.begin_session(&login, &first, None), Err(Error::WrongCredentials)));
}

#[test]
fn an_attempt_takes_from_all_its_buckets_or_from_none() {
    let home = Home::new();
    let tree = &home.gate.shared.tree;
    let limits = |burst| ThrottleLimits::new(burst, Duration::from_secs(10)).unwrap();
    let throttles = Throttles::new(limits(3), limits(2));
    let attempt = |name: &str| {
        let by = By::id(name);
        let found = Err(super::LoginFailure::Unknown);
        let tried =
            Tried { database: DatabaseId::ROOT, collection: home.number(), by, found, document: None };
        throttles.attempt(&tried, Some("here")).unwrap()
    };
    let waits = |name: &str| match throttles.take(tree, &attempt(name)) {
        Ok(()) => None,
        Err(Error::Throttled { retry_after }) => Some(retry_after.as_secs()),
        Err(error) => panic!("{error}"),
    };
    assert_eq!([(); 2].map(|()| waits("ann")), [None, None]);
    assert_eq!(waits("ann"), Some(10), "the source is used up");
    home.clock.advance(Duration::from_secs(10));
    assert_eq!(waits("ann"), None, "and has taken nothing from the name meanwhile");
    // The clock is set back: the wait begins anew, and is not longer than before.
    home.clock.set(Timestamp(START.0 - 1_000_000_000));
    assert_eq!(waits("ann"), Some(10));
    home.clock.advance(Duration::from_secs(9));
    assert_eq!(waits("ann"), Some(1));
    home.clock.advance(Duration::from_secs(1));
    assert_eq!(waits("ann"), None);
}

#[test]
fn what_a_right_password_has_taken_is_given_back_and_a_full_bucket_is_not_kept() {
    let home = Home::new();
    let kept = || {
        let mut kept = 0;
        let reader = home.gate.shared.tree.begin_read().unwrap();
        let count = &mut |_: portunus_scope::DocumentRef<'_>| {
            kept += 1;
            Ok(std::ops::ControlFlow::Continue(()))
        };
        reader.unfiltered_system_scan(DatabaseId::ROOT, SystemCollection::Throttle, count).unwrap();
        kept
    };
    home.login().unwrap();
    assert_eq!(kept(), 0);
    let wrong = Password::new("battery staple").unwrap();
    assert!(!home.gate.verify_password(&home.admin, "users", &By::id("ann"), &wrong).unwrap());
    assert_eq!(kept(), 1);
    // What has filled up again is swept like everything that has expired.
    home.clock.advance(Duration::from_secs(30));
    home.gate.sweep(10).unwrap();
    assert_eq!(kept(), 0);
}

/// The same text with another digit somewhere, and the checksum that it then has.
fn changed(secret: &Secret, place: usize) -> Secret {
    let mut text = secret.expose()[..57].to_owned();
    let other = if &text[place..=place] == "1" { "2" } else { "1" };
    text.replace_range(place..=place, other);
    let mut checksum = crc32fast::hash(text.as_bytes()).to_be_bytes();
    base62::encode(&mut checksum, &mut text, 6);
    Secret::new(text)
}

#[test]
fn a_guess_at_a_refresh_token_changes_nothing_and_one_by_somebody_who_had_one_ends_the_login() {
    let home = Home::new();
    let login = Login::new("users", by("email", "ann@example.org"), &home.password);
    let begun = home.gate.login(&home.admin, login.refresh(RefreshTerms::default())).unwrap();
    let refresh = begun.refresh.unwrap().secret;
    let (first, last) = (14, 56);
    assert!(home.gate.refresh(&changed(&refresh, first)).is_err());
    let session = home.gate.refresh(&refresh).unwrap();
    let next = session.refresh.unwrap().secret;
    assert!(home.gate.refresh(&changed(&next, first)).is_err());
    assert!(home.gate.begin_read(&session.secret).is_ok(), "guesses, both of them");
    // Whoever is right about half of it has had it, or one before it.
    assert!(home.gate.refresh(&changed(&next, last)).is_err());
    assert!(home.gate.begin_read(&session.secret).is_err() && home.gate.refresh(&next).is_err());
}
