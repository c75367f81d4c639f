//! What it costs to prove who calls: a key, a token, a JWT the first time and remembered, a login. Beside them what each
//! cannot do without: the bare signature check, the bare password hash.
//!
//! Ratios within one run mean something. `opened anew` makes the secret from its text each time, as a server does that gets
//! it with each request.

#[path = "../crates/portunus-auth/tests/auth/mint.rs"]
#[expect(dead_code, reason = "only a part of the issuer of the tests is wanted here")]
mod mint;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use data_encoding::BASE64URL_NOPAD;
use mint::Signer;
use portunus::{
    Action, Algorithm, BuiltInRole, By, Collection, Login, NewToken, Password, Portunus, Provider, Role,
    Secret, SecretScope, Sessions,
};
use serde_json::json;
use std::hint::black_box;
use std::time::Duration;

const ISSUER: &str = "https://issuer.example/";
const AUDIENCE: &str = "https://notes.example";

struct World {
    db: Portunus,
    /// The administrator of the database below the root.
    admin: Secret,
}

/// A database with users, a role that they have, and a provider of the issuer.
fn world(principals_max: usize, signer: &Signer) -> World {
    let builder = Portunus::builder().principals_max(principals_max).sweep_every(None);
    let (db, root) = builder.in_memory().unwrap();
    db.write(&root, |tx| tx.create_database(&"notes".parse()?).map(drop)).unwrap();
    let admin = root.scoped(&SecretScope::role(BuiltInRole::Admin).at("notes".parse().unwrap()));
    db.write(&admin, |tx| {
        tx.define(Collection::new("users").unique(["issuer", "subject"]))?;
        tx.define(Collection::new("notes"))?;
        tx.create_with_id("users", "ann", json!({"issuer": ISSUER, "subject": "ann"}))?;
        tx.create_with_id("notes", "n1", json!({"text": "hello"}))?;
        tx.define_role(Role::new("reader").member("users").allow("notes", Action::Read))?;
        tx.define_provider(
            Provider::new("staff", ISSUER)
                .jwks(mint::key_set([signer]))
                .algorithm(Algorithm::Rs256)
                .audience(AUDIENCE)
                .role("reader"),
        )
    })
    .unwrap();
    World { db, admin }
}

impl World {
    fn token(&self) -> Secret {
        self.db.write(&self.admin, |tx| tx.create_token(NewToken::new("users", "ann"))).unwrap().secret
    }

    fn get(&self, secret: &Secret) {
        let note = self.db.begin_read(secret).unwrap().get("notes", "n1").unwrap();
        black_box(note.unwrap());
    }

    fn begin(&self, secret: &Secret) {
        black_box(self.db.begin_read(secret).unwrap());
    }
}

fn opening(criterion: &mut Criterion) {
    let signer = Signer::rsa("k1");
    let claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "exp": 4_102_444_800_u64});
    let text = signer.token(&claims);
    let (remembering, forgetting) = (world(4_096, &signer), world(0, &signer));

    let mut group = criterion.benchmark_group("open");
    let token = remembering.token();
    group.bench_function("token", |bencher| bencher.iter(|| remembering.begin(&token)));
    group.bench_function("token, opened anew", |bencher| {
        bencher.iter(|| remembering.begin(&Secret::from(token.expose())));
    });
    group.bench_function("token, and one get", |bencher| bencher.iter(|| remembering.get(&token)));
    let jwt = Secret::from(text.as_str());
    remembering.begin(&jwt);
    group.bench_function("jwt", |bencher| bencher.iter(|| remembering.begin(&jwt)));
    group.bench_function("jwt, opened anew", |bencher| {
        bencher.iter(|| remembering.begin(&Secret::from(text.as_str())));
    });
    group.bench_function("jwt, and one get", |bencher| bencher.iter(|| remembering.get(&jwt)));
    let unknown = forgetting.token();
    group.bench_function("token, not remembered", |bencher| bencher.iter(|| forgetting.begin(&unknown)));
    group.finish();

    let mut group = criterion.benchmark_group("first RS256");
    let (signed, signature) = text.rsplit_once('.').unwrap();
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, signer.public_key());
    group.bench_function("bare check of the signature", |bencher| {
        bencher.iter(|| key.verify(black_box(signed.as_bytes()), black_box(&signature)).unwrap());
    });
    group.bench_function("jwt, from its text to a reader", |bencher| {
        bencher.iter(|| forgetting.begin(&Secret::from(text.as_str())));
    });
    group.finish();
}

fn login(criterion: &mut Criterion) {
    let world = world(4_096, &Signer::rsa("k1"));
    let password = Password::new("correct horse").unwrap();
    let hash = world.db.hash_password(&password).unwrap();
    world.db.write(&world.admin, |tx| tx.set_credential("users", "ann", &hash, Sessions::Keep)).unwrap();

    let mut group = criterion.benchmark_group("login");
    group.sample_size(20).measurement_time(Duration::from_secs(4));
    group.bench_function("bare hash", |bencher| {
        bencher.iter(|| world.db.hash_password(black_box(&password)).unwrap());
    });
    let log_in = || {
        let login = Login::new("users", By::id("ann"), &password);
        let session = world.db.login(&world.admin, login).unwrap();
        world.db.write(&world.admin, |tx| tx.delete_token(session.id)).unwrap();
    };
    group.bench_function("login, in memory", |bencher| {
        bencher.iter_batched(|| (), |()| log_in(), BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, opening, login);
criterion_main!(benches);
