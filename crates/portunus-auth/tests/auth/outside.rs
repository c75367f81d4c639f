//! A world with an issuer outside of it: `acme` has an access provider for that, and finds holders of its JWTs among its
//! users. It knows nothing of how a JWT is made or verified.

use crate::mint::{Signer, key_set};
use crate::world::{START, World, path};
use parking_lot::Mutex;
use portunus_auth::{
    Action, Collection, GateOptions, JwksError, JwksSource, PrincipalKind, Provider, Result, Role, Secret,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

pub const ISSUER: &str = "https://issuer.example";
pub const KEYS_URL: &str = "https://issuer.example/keys";

/// Key sets by their URLs, and which were fetched.
#[derive(Default)]
pub struct KeySets {
    sets: Mutex<HashMap<String, String>>,
    fetched: Mutex<Vec<String>>,
    meanwhile: Mutex<Option<Meanwhile>>,
}

/// What happens during a fetch.
type Meanwhile = Box<dyn FnOnce() + Send>;

impl KeySets {
    pub fn publish<'s>(&self, url: &str, signers: impl IntoIterator<Item = &'s Signer>) {
        self.set(url, &key_set(signers));
    }

    pub fn set(&self, url: &str, json: &str) {
        self.sets.lock().insert(url.into(), json.into());
    }

    pub fn withdraw(&self, url: &str) {
        self.sets.lock().remove(url);
    }

    /// Lets something happen during the next fetch.
    pub fn meanwhile(&self, happens: impl FnOnce() + Send + 'static) {
        *self.meanwhile.lock() = Some(Box::new(happens));
    }

    pub fn fetches(&self) -> usize {
        self.fetched.lock().len()
    }

    /// The URLs of all fetches, in their order.
    pub fn fetched(&self) -> Vec<String> {
        self.fetched.lock().clone()
    }
}

impl JwksSource for KeySets {
    fn fetch(&self, url: &str) -> std::result::Result<Vec<u8>, JwksError> {
        let found = self.sets.lock().get(url).cloned();
        self.fetched.lock().push(url.into());
        if let Some(happens) = self.meanwhile.lock().take() {
            happens();
        }
        found.map(String::into_bytes).ok_or(JwksError::Status(404))
    }
}

/// A world, an issuer that `acme` trusts, and its key sets.
pub struct Outside {
    pub world: World,
    pub signer: Signer,
    pub key_sets: Arc<KeySets>,
    /// Of `acme`.
    pub audience: String,
}

/// Runs a test on a world whose readers remember principals, and on one whose readers do not.
pub fn check(test: impl Fn(&Outside)) {
    test(&Outside::new(0));
    test(&Outside::new(64));
}

impl Outside {
    /// `acme` has the roles `reader`, who reads its notes, `author`, who also creates them, and `member`, whose members are
    /// its users, and who reads those; and the provider `staff`, which gives the role `reader`.
    pub fn new(principals_max: usize) -> Self {
        let key_sets = Arc::new(KeySets::default());
        let jwks: Option<Arc<dyn JwksSource>> = Some(key_sets.clone());
        Self::on(GateOptions { principals_max, jwks, ..GateOptions::default() }, key_sets)
    }

    /// The same with these options, and no way to fetch keys.
    pub fn with(options: GateOptions) -> Self {
        Self::on(options, Arc::new(KeySets::default()))
    }

    fn on(options: GateOptions, key_sets: Arc<KeySets>) -> Self {
        let (world, signer) = (World::with(options), Signer::new("first"));
        key_sets.publish(KEYS_URL, [&signer]);
        let audience = audience(&world, "acme");
        let outside = Self { world, signer, key_sets, audience };
        outside.world.write(&outside.admin(), |tx| {
            tx.define(Collection::new("users").unique(["issuer", "subject"]))?;
            let reader = |name: &str| Role::new(name).allow("notes", Action::Read);
            tx.define_role(reader("reader"))?;
            tx.define_role(reader("author").allow("notes", Action::Create))?;
            tx.define_role(Role::new("member").member("users").allow("users", Action::Read))?;
            tx.define_provider(outside.provider().role("reader"))
        });
        outside
    }

    /// The administrator of `acme`.
    pub fn admin(&self) -> Secret {
        self.world.inside("acme")
    }

    /// The provider without its roles, with the key set as part of it.
    pub fn provider(&self) -> Provider {
        Provider::new("staff", ISSUER).jwks(key_set([&self.signer])).algorithm(self.signer.algorithm())
    }

    /// The provider without its roles, with a URL for its key set.
    pub fn fetching(&self) -> Provider {
        Provider::new("staff", ISSUER).jwks_url(KEYS_URL).algorithm(self.signer.algorithm())
    }

    pub fn define(&self, provider: Provider) {
        self.world.write(&self.admin(), |tx| tx.define_provider(provider));
    }

    pub fn try_define(&self, provider: Provider) -> Result<()> {
        self.world.try_write(&self.admin(), |tx| tx.define_provider(provider))
    }

    /// The claims of a JWT that is good for an hour.
    pub fn claims(&self) -> Value {
        let now = self.seconds();
        json!({"iss": ISSUER, "aud": self.audience, "sub": "ann", "iat": now, "exp": now + 3_600})
    }

    /// A JWT that is good for an hour, but for these changes.
    pub fn jwt(&self, change: impl FnOnce(&mut Value)) -> Secret {
        let mut claims = self.claims();
        change(&mut claims);
        Secret::new(self.signer.token(&claims))
    }

    /// A JWT that is good for an hour, but that it lacks a claim.
    pub fn without(&self, name: &str) -> Secret {
        self.jwt(|claims| {
            claims.as_object_mut().unwrap().remove(name).unwrap();
        })
    }

    /// A JWT that is good for an hour.
    pub fn good(&self) -> Secret {
        self.jwt(|_| ())
    }

    /// The time of the store in seconds since 1970.
    pub fn seconds(&self) -> i64 {
        self.world.clock_now().0 / 1_000_000
    }

    /// Sets the clock, to some seconds after the beginning of the world.
    pub fn at(&self, seconds: i64) {
        self.world.clock.set(portunus_auth::Timestamp(START.0 + seconds * 1_000_000));
    }

    /// The roles that a secret has.
    #[track_caller]
    pub fn roles(&self, secret: &Secret) -> Vec<String> {
        self.world.read(secret, |tx| {
            assert_eq!(tx.principal()?.kind(), PrincipalKind::Jwt);
            Ok(tx.principal()?.roles().iter().map(ToString::to_string).collect())
        })
    }

    /// The document that the holder of a secret is.
    #[track_caller]
    pub fn identity(&self, secret: &Secret) -> Option<String> {
        self.world.read(secret, |tx| Ok(tx.principal()?.identity().map(|own| own.document().to_owned())))
    }

    /// Creates the user that the subject of the issuer is.
    pub fn user(&self, id: &str, subject: &str) {
        let user = json!({"issuer": ISSUER, "subject": subject});
        self.world.write(&self.admin(), |tx| tx.create_with_id("users", id, user));
    }
}

/// A definition with a change that no call makes.
pub fn changed(mut provider: Provider, change: impl FnOnce(&mut Provider)) -> Provider {
    change(&mut provider);
    provider
}

/// The audience that a database has by itself.
pub fn audience(world: &World, place: &str) -> String {
    let found = world.read(&world.admin, |tx| tx.database_at(&path(place))).unwrap();
    format!("urn:portunus:db:{}", found.public_id)
}
