//! The lines of the acceptance list about JWTs of outside issuers, each as a test under its number.
//! What the list says of predicates over claims is left to the roles that will have them.

use crate::mint::{Signer, key_set};
use crate::outside::{ISSUER, KEYS_URL, audience, changed, check};
use crate::world::{constraint, denied, invalid, path};
use data_encoding::BASE64URL_NOPAD;
use portunus_auth::{Action, Algorithm, Collection, Error, Provider, ReadView, Role, Secret};
use serde_json::{Value, json};

#[test]
fn acceptance_031_a_jwt_takes_no_scope() {
    check(|it| {
        let good = it.good();
        it.world.opens(&good);
        for scope in ["#admin", "#reader", "@eu#reader", "#@doc/users/ann", "@", "#", " "] {
            it.world.refuses(&Secret::new(format!("{}{scope}", good.expose())));
        }
    });
}

#[test]
fn acceptance_063_a_right_token_has_every_role_that_its_provider_gives() {
    check(|it| {
        assert_eq!(it.roles(&it.good()), ["reader"]);
        it.define(it.provider().role("reader").role("author"));
        let good = it.good();
        assert_eq!(it.roles(&good), ["author", "reader"]);
        it.world.write(&good, |tx| tx.create("notes", json!({"by": "an author"})));
        assert_eq!(it.world.place(&good), "acme");
        // One audience of ours among others'.
        assert_eq!(
            it.roles(&it.jwt(|claims| claims["aud"] = json!(["https://other", it.audience]))).len(),
            2
        );
    });
}

#[test]
fn acceptance_064_issuer_and_audience_have_to_be_right() {
    check(|it| {
        let world = &it.world;
        it.define(it.provider().role("reader").audience("https://notes.example"));
        let beta = audience(world, "beta");
        world.write(&world.inside("beta"), |tx| {
            tx.define_role(Role::new("reader").allow("notes", Action::Read))?;
            tx.define_provider(
                Provider::new("others", "https://other.example")
                    .role("reader")
                    .jwks(key_set([&it.signer]))
                    .algorithm(it.signer.algorithm()),
            )
        });
        world.opens(&it.jwt(|claims| claims["aud"] = json!("https://notes.example")));
        for aud in [
            json!(null),
            json!(""),
            json!([]),
            json!(7),
            json!(["https://nobody.example"]),
            json!(beta),
            json!(format!("{} ", it.audience)),
            json!(it.audience.to_uppercase()),
            json!({"aud": it.audience}),
            json!([it.audience, 7]),
            // Two of ours, of one database or of two.
            json!([it.audience, "https://notes.example"]),
            json!([it.audience, it.audience]),
            json!([it.audience, beta]),
            json!([beta, it.audience]),
        ] {
            world.refuses(&it.jwt(|claims| claims["aud"] = aud.clone()));
        }
        world.refuses(&it.without("aud"));
        for iss in [json!(null), json!(""), json!([ISSUER]), json!("https://other.example"), json!(7)] {
            world.refuses(&it.jwt(|claims| claims["iss"] = iss.clone()));
        }
        world.refuses(&it.without("iss"));
        world.opens(&it.good());
    });
}

#[test]
fn acceptance_066_an_issuer_is_compared_to_the_byte() {
    check(|it| {
        let with_slash = format!("{ISSUER}/");
        it.world.refuses(&it.jwt(|claims| claims["iss"] = json!(with_slash)));
        it.define(changed(it.provider().role("reader"), |it| it.issuer = with_slash.clone()));
        it.world.opens(&it.jwt(|claims| claims["iss"] = json!(with_slash)));
        it.world.refuses(&it.good());
    });
}

#[test]
fn acceptance_067_a_provider_is_for_its_own_database_alone() {
    check(|it| {
        let below = audience(&it.world, "acme/eu");
        it.world.refuses(&it.jwt(|claims| claims["aud"] = json!(below)));
        it.world.refuses(
            &it.jwt(|claims| claims["aud"] = json!([it.audience, below, "x"]))
                .scoped(&"@eu#admin".parse().unwrap()),
        );
    });
}

#[test]
fn acceptance_068_a_token_is_good_between_its_instants() {
    check(|it| {
        let now = it.seconds();
        for (name, bad) in [
            ("exp", vec![json!(now - 1), json!(now)]),
            ("nbf", vec![json!(now + 1), json!(now + 3_000)]),
            ("iat", vec![json!(now + 1)]),
        ] {
            let wrong_types =
                [json!("1"), json!(true), json!([now]), json!({}), json!(null), json!(-1), json!(u64::MAX)];
            for value in bad.into_iter().chain(wrong_types) {
                it.world.refuses(&it.jwt(|claims| claims[name] = value.clone()));
            }
        }
        it.world.refuses(&it.without("exp"));
        it.world.opens(&it.jwt(|claims| claims["nbf"] = json!(now)));
        it.world.opens(&it.jwt(|claims| claims["exp"] = json!(now + 1)));
    });
}

#[test]
fn acceptance_069_a_token_is_signed_as_the_provider_lists_or_nothing_is_looked_up_for_it() {
    check(|it| {
        let signer = Signer::rsa("rsa");
        it.key_sets.publish(KEYS_URL, [&signer]);
        let fetching = it.fetching();
        it.define(changed(fetching.role("reader"), |it| it.algorithms = vec![Algorithm::Rs256]));
        let claims = it.claims();
        it.world.opens(&Secret::new(signer.token(&claims)));
        let fetched = it.key_sets.fetches();
        it.key_sets.withdraw(KEYS_URL);
        // From here on another fetch is allowed, for a key that is not there.
        it.world.advance(30);
        for name in [
            "none", "None", "NONE", "nOnE", "HS256", "HS512", "RS384", "PS256", "ES256", "EdDSA", "rs256", "",
        ] {
            it.world.refuses(&Secret::new(signer.token_with(&json!({"alg": name, "kid": "other"}), &claims)));
        }
        for alg in [json!(null), json!(7), json!(["RS256"])] {
            it.world.refuses(&Secret::new(signer.token_with(&json!({"alg": alg, "kid": "other"}), &claims)));
        }
        it.world.refuses(&Secret::new(signer.token_with(&json!({"kid": "other"}), &claims)));
        // The public key, in every form that a library might take for a secret.
        let unsigned = signer.token_with(&json!({"alg": "HS256", "typ": "JWT", "kid": "rsa"}), &claims);
        let (signed, _) = unsigned.rsplit_once('.').unwrap();
        let jwk = signer.jwk();
        for secret in [
            signer.public_key(),
            jwk.to_string().into_bytes(),
            key_set([&signer]).into_bytes(),
            jwk["n"].as_str().unwrap().as_bytes().to_vec(),
        ] {
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &secret);
            let tag = aws_lc_rs::hmac::sign(&key, signed.as_bytes());
            it.world.refuses(&Secret::new(format!("{signed}.{}", BASE64URL_NOPAD.encode(tag.as_ref()))));
        }
        assert_eq!(it.key_sets.fetches(), fetched, "none of them caused a look-up of keys");
        let listed = json!({"alg": "RS256", "kid": "other"});
        it.world.refuses(&Secret::new(signer.token_with(&listed, &claims)));
        assert_eq!(it.key_sets.fetches(), fetched + 1, "one that is signed as the provider lists does");
    });
}

#[test]
fn acceptance_070_a_signature_is_for_one_algorithm_and_one_payload() {
    check(|it| {
        let signer = Signer::rsa("rsa");
        let both = changed(it.provider(), |it| it.algorithms = vec![Algorithm::Rs256, Algorithm::Rs512]);
        it.define(both.jwks(key_set([&signer])).role("reader"));
        let claims = it.claims();
        let header = |name: &str| json!({"alg": name, "kid": "rsa"});
        let right = signer.token_with(&header("RS256"), &claims);
        it.world.opens(&Secret::new(right.as_str()));
        it.world.opens(&Secret::new(signer.token_with(&header("RS512"), &claims)));
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let parts: Vec<&str> = right.split('.').collect();
        it.world.refuses(&Secret::new(format!("{}.{}.{}", part(&header("RS512")), parts[1], parts[2])));
        let mut other = claims.clone();
        other["sub"] = json!("bob");
        it.world.refuses(&Secret::new(format!("{}.{}.{}", parts[0], part(&other), parts[2])));
        it.world.refuses(&Secret::new(format!("{}.{}.", parts[0], parts[1])));
    });
}

#[test]
fn acceptance_074_what_cannot_be_used_in_a_key_set_is_passed_over() {
    check(|it| {
        let strange = [
            json!({"kty": "oct", "k": "c3dvcmRmaXNo", "kid": "hmac", "alg": "HS256"}),
            json!({"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA", "kid": "large"}),
            json!({"kty": "new", "kid": "new"}),
            json!({"kid": "none"}),
            json!(7),
        ];
        let mut encryption = it.signer.jwk();
        encryption["use"] = json!("enc");
        encryption["kid"] = json!("enc");
        let mut set: Value = serde_json::from_str(&key_set([&it.signer])).unwrap();
        set["keys"].as_array_mut().unwrap().extend(strange.into_iter().chain([encryption]));
        it.key_sets.set(KEYS_URL, &set.to_string());
        it.define(it.fetching().role("reader"));
        it.world.opens(&it.good());
        for id in ["hmac", "large", "new", "none", "enc"] {
            let header = json!({"alg": it.signer.algorithm().name(), "kid": id});
            it.world.refuses(&Secret::new(it.signer.token_with(&header, &it.claims())));
        }
    });
}

#[test]
fn acceptance_075_a_token_that_brings_no_role_opens_nothing() {
    check(|it| {
        it.define(it.provider());
        it.world.refuses(&it.good());
        // Nor does one whose holder is known, but has no role by that.
        it.define(it.provider().identity("users", ["issuer", "subject"]));
        it.user("u1", "ann");
        it.world.opens(&it.good());
        it.world.write(&it.admin(), |tx| tx.delete_role("member"));
        it.world.refuses(&it.good());
    });
}

#[test]
fn acceptance_077_and_079_claims_are_all_that_the_token_says_and_without_a_mapping_there_is_no_identity() {
    check(|it| {
        it.user("u1", "ann");
        let claims = json!({"group": {"name": "staff", "levels": [1, 2]}, "email": "ann@example.org"});
        let good = it.jwt(|all| all["more"] = claims.clone());
        it.world.read(&good, |tx| {
            let me = tx.principal()?;
            assert!(me.identity().is_none());
            let said = me.claims().unwrap();
            assert_eq!(said.member("more"), Some(&portunus_auth::to_value(&claims)?));
            assert_eq!(said.member("sub").and_then(|subject| subject.as_str()), Some("ann"));
            assert_eq!(me.expires_at(), Some(it.world.later(3_600)));
            assert_eq!(me.kind().to_string(), "jwt");
            // Membership is of documents, and this is none.
            assert!(tx.query("users").documents()?.is_empty());
            Ok(())
        });
        assert_eq!(it.roles(&good), ["reader"]);
    });
}

#[test]
fn acceptance_079_a_mapping_makes_the_holder_a_document_with_the_roles_of_its_members() {
    check(|it| {
        it.define(it.provider().role("reader").identity("users", ["issuer", "subject"]));
        let (ann, bob) = (it.good(), it.jwt(|claims| claims["sub"] = json!("bob")));
        it.user("u1", "ann");
        assert_eq!(it.identity(&ann).as_deref(), Some("u1"));
        assert_eq!(it.roles(&ann), ["member", "reader"]);
        assert_eq!(it.world.read(&ann, |tx| tx.query("users").count()), 1);
        // There is no such document for this one: it has what the provider gives to all.
        assert_eq!((it.identity(&bob), it.roles(&bob)), (None, vec!["reader".to_owned()]));
        // Two tokens of one holder are one principal, and those of two are two.
        let id = |secret: &Secret| it.world.read(secret, |tx| Ok(tx.principal()?.id()));
        assert_eq!(id(&ann), id(&it.jwt(|claims| claims["jti"] = json!("another"))));
        assert_ne!(id(&ann), id(&bob));
        // So are those of one name at two issuers, whoever signs for them.
        let other =
            changed(it.provider(), |it| (it.name, it.issuer) = ("others".into(), "urn:others".into()));
        it.define(other.role("reader"));
        assert_ne!(id(&ann), id(&it.jwt(|claims| claims["iss"] = json!("urn:others"))));
    });
}

#[test]
fn acceptance_080_a_definition_that_cannot_be_right_is_refused() {
    check(|it| {
        let mut private = it.signer.jwk();
        private["d"] = json!("AAAA");
        let set = |entries: &[Value]| json!({"keys": entries}).to_string();
        let bare = || Provider::new("second", "https://second.example").algorithm(Algorithm::EdDsa);
        let with_keys = || bare().jwks(key_set([&it.signer]));
        it.define(with_keys());
        invalid(it.try_define(with_keys().role("admin")));
        invalid(it.try_define(with_keys().role("none")));
        constraint(it.try_define(with_keys().role("ghost")));
        constraint(it.try_define(with_keys().role("no name")));
        invalid(it.try_define(with_keys().role("reader").role("reader")));
        for url in [
            "http://issuer.example/keys",
            "http://127.0.0.1/keys",
            "ftp://issuer.example",
            "keys",
            "",
            "https://u:p@issuer.example/",
        ] {
            invalid(it.try_define(bare().jwks_url(url)));
        }
        invalid(it.try_define(bare()));
        invalid(it.try_define(with_keys().jwks_url(KEYS_URL)));
        for json in [
            "",
            "{}",
            "[]",
            r#"{"keys": []}"#,
            r#"{"keys": [7]}"#,
            r#"{"keys": [{"kty": "oct", "k": "AA"}]}"#,
        ] {
            invalid(it.try_define(bare().jwks(json)));
        }
        invalid(it.try_define(bare().jwks(set(&[it.signer.jwk(), private]))));
        invalid(it.try_define(bare().jwks(key_set([&Signer::p256("other kind")]))));
        invalid(it.try_define(changed(with_keys(), |it| it.algorithms.clear())));
        invalid(it.try_define(with_keys().leeway(std::time::Duration::from_secs(61))));
        invalid(it.try_define(with_keys().audience(&it.audience)));
        invalid(it.try_define(with_keys().audience(audience(&it.world, "beta"))));
        constraint(it.try_define(changed(with_keys(), |it| it.issuer = ISSUER.into())));
        // Names: defining one that is there alters it, and no other one can take it.
        let renamed = it.world.try_write(&it.admin(), |tx| tx.rename_provider("second", "staff"));
        assert!(matches!(renamed, Err(Error::AlreadyExists(_))), "{renamed:?}");
        // A mapping needs an index that keeps two documents from being one person.
        let mapped =
            |collection: &str, fields: [&str; 2]| it.try_define(with_keys().identity(collection, fields));
        constraint(mapped("ghosts", ["issuer", "subject"]));
        constraint(mapped("notes", ["issuer", "subject"]));
        constraint(mapped("users", ["subject", "issuer"]));
        constraint(mapped("users", ["issuer", "email"]));
        constraint(mapped("users", ["subject", "subject"]));
        it.world.write(&it.admin(), |tx| {
            tx.define(Collection::new("people").index(["issuer", "subject"]).unique(["subject"]))
        });
        constraint(mapped("people", ["issuer", "subject"]));
        it.world
            .write(&it.admin(), |tx| tx.define(Collection::new("people").unique(["issuer", "subject", "x"])));
        constraint(mapped("people", ["issuer", "subject"]));
        // Whatever was refused has changed nothing.
        let there = it.world.read(&it.admin(), |tx| tx.provider("second")).unwrap().definition;
        assert_eq!(there, with_keys());
        it.world.opens(&it.good());
    });
}

// DESIGN says that each database has an audience. So has the root; but nothing answers to it, since the root takes no provider.
#[test]
fn acceptance_083_no_jwt_opens_the_root() {
    check(|it| {
        let world = &it.world;
        let root = world.read(&world.admin, |tx| Ok(tx.principal()?.database().to_owned()));
        let root = format!("urn:portunus:db:{root}");
        constraint(world.try_write(&world.admin, |tx| tx.define_provider(it.provider())));
        world.refuses(&it.jwt(|claims| claims["aud"] = json!(root)));
        let (_, server) = world.key("", "server");
        denied(world.try_write(&server, |tx| tx.define_provider(it.provider())));
        assert!(world.read(&world.admin, ReadView::providers).is_empty());
    });
}

#[test]
fn acceptance_085_a_server_sees_and_defines_no_providers() {
    check(|it| {
        for role in ["server", "server-readonly", "none"] {
            let (_, secret) = it.world.key("acme", role);
            assert!(it.world.read(&secret, ReadView::providers).is_empty());
            assert!(it.world.read(&secret, |tx| tx.provider("staff")).is_none());
            let mut view = it.world.gate.begin_write(&secret).unwrap();
            denied(view.define_provider(it.provider()));
            for name in ["staff", "ghost"] {
                crate::world::not_found(view.rename_provider(name, "other"));
                crate::world::not_found(view.set_provider_not_before(name, None));
                crate::world::not_found(view.deny_jwt(name, "id", it.world.clock_now()));
                crate::world::not_found(view.delete_provider(name));
            }
        }
    });
}

#[test]
fn acceptance_124_a_role_that_a_provider_gives_stays() {
    check(|it| {
        constraint(it.world.try_write(&it.admin(), |tx| tx.delete_role("reader")));
        let good = it.good();
        it.world.write(&it.admin(), |tx| tx.rename_role("reader", "visitor"));
        assert_eq!(it.roles(&good), ["visitor"]);
        it.define(it.provider().role("author"));
        it.world.write(&it.admin(), |tx| tx.delete_role("visitor"));
        it.world.write(&it.admin(), |tx| tx.delete_provider("staff"));
        it.world.write(&it.admin(), |tx| tx.delete_role("author"));
    });
}

#[test]
fn acceptance_145_and_147_a_database_keeps_its_audience_where_it_goes_and_closes_with_all_above() {
    check(|it| {
        let (world, good) = (&it.world, it.good());
        world.write(&world.admin, |tx| tx.rename_database(&path("acme"), &"umbrella".parse().unwrap()));
        world.opens(&good);
        world.write(&world.admin, |tx| tx.move_database(&path("umbrella"), &path("beta")));
        assert_eq!(world.place(&good), "acme");
        world.write(&world.admin, |tx| tx.disable_database(&path("beta")));
        world.refuses(&good);
        world.write(&world.admin, |tx| tx.enable_database(&path("beta")));
        world.opens(&good);
    });
}
