//! The attacks on JWTs that need a store, its providers and their keys, under their numbers. Those on the text of a JWT and
//! on single keys are beside the code that reads them.

use crate::mint::{Signer, key_set};
use crate::outside::{ISSUER, KEYS_URL, Outside, audience, changed, check};
use crate::world::path;
use portunus_auth::{Action, Algorithm, Collection, Provider, ReadView, Role, Secret};
use serde_json::json;

/// `beta` trusts another issuer, with this key.
fn other_issuer(it: &Outside, signer: &Signer) {
    it.world.write(&it.world.inside("beta"), |tx| {
        tx.define_role(Role::new("reader").allow("notes", Action::Read))?;
        let provider = Provider::new("others", "https://other.example").role("reader");
        tx.define_provider(provider.jwks(key_set([signer])).algorithm(signer.algorithm()))
    });
}

#[test]
fn attack_008_a_key_of_another_issuer_signs_for_that_issuer_alone() {
    check(|it| {
        let theirs = Signer::new("theirs");
        other_issuer(it, &theirs);
        let beta = audience(&it.world, "beta");
        let claims = |issuer: &str, audience: &str| {
            let mut claims = it.claims();
            claims["iss"] = json!(issuer);
            claims["aud"] = json!(audience);
            claims
        };
        it.world.opens(&Secret::new(theirs.token(&claims("https://other.example", &beta))));
        for (issuer, audience) in
            [(ISSUER, it.audience.as_str()), ("https://other.example", &it.audience), (ISSUER, &beta)]
        {
            it.world.refuses(&Secret::new(theirs.token(&claims(issuer, audience))));
            // Nor under the id of a key that is known here, or under none.
            for header in [json!({"alg": "EdDSA", "kid": "first"}), json!({"alg": "EdDSA"})] {
                it.world.refuses(&Secret::new(theirs.token_with(&header, &claims(issuer, audience))));
            }
        }
    });
}

#[test]
fn attack_009_and_011_a_token_brings_no_key_along_and_names_no_place_for_one() {
    check(|it| {
        it.define(it.fetching().role("reader"));
        it.world.opens(&it.good());
        let own = Signer::new("own");
        it.key_sets.publish("https://evil.example/keys", [&own]);
        for kid in ["own", "first"] {
            let header = json!({
                "alg": "EdDSA", "kid": kid, "jwk": own.jwk(), "jku": "https://evil.example/keys",
                "x5u": "https://evil.example/keys", "x5c": ["MIIB"],
            });
            it.world.advance(30);
            it.world.refuses(&Secret::new(own.token_with(&header, &it.claims())));
        }
        // Its own keys were looked for where the provider says, and nowhere else.
        assert_eq!(it.key_sets.fetched(), [KEYS_URL; 2]);
    });
}

#[test]
fn attack_021_a_token_of_the_future_opens_nothing_beyond_the_leeway() {
    check(|it| {
        it.define(it.provider().role("reader").leeway(std::time::Duration::from_secs(60)));
        let now = it.seconds();
        for name in ["iat", "nbf"] {
            it.world.opens(&it.jwt(|claims| claims[name] = json!(now + 60)));
            it.world.refuses(&it.jwt(|claims| claims[name] = json!(now + 61)));
        }
        it.world.opens(&it.jwt(|claims| claims["exp"] = json!(now - 59)));
        it.world.refuses(&it.jwt(|claims| claims["exp"] = json!(now - 60)));
    });
}

#[test]
fn attack_023_no_issuer_passes_for_another_that_looks_like_it() {
    check(|it| {
        for issuer in [
            "https://issuer.example/",
            "HTTPS://issuer.example",
            "https://Issuer.example",
            "https://issuer.example ",
            " https://issuer.example",
            "https://issuer.example\0",
            "https://issuer.exаmple",
            "https://issuer.example.",
            "http://issuer.example",
            "issuer.example",
        ] {
            it.world.refuses(&it.jwt(|claims| claims["iss"] = json!(issuer)));
        }
    });
}

#[test]
fn attack_024_a_subject_is_nobody_but_itself() {
    check(|it| {
        it.define(it.provider().role("reader").identity("users", ["issuer", "subject"]));
        it.user("u1", "ann");
        for subject in ["admin", "server", "none", "*", "u1", "ann ", "Ann", "annn", "an", "urn:portunus"] {
            let secret = it.jwt(|claims| claims["sub"] = json!(subject));
            assert_eq!(
                (it.identity(&secret), it.roles(&secret)),
                (None, vec!["reader".to_owned()]),
                "{subject}"
            );
        }
        for subject in
            [json!(""), json!(null), json!(7), json!(["ann"]), json!("ann\0"), json!("x".repeat(256))]
        {
            it.world.refuses(&it.jwt(|claims| claims["sub"] = subject.clone()));
        }
        it.world.refuses(&it.without("sub"));
    });
}

#[test]
fn attack_038_a_token_for_another_purpose_opens_nothing() {
    check(|it| {
        it.define(it.provider().role("reader").token_type("at+jwt"));
        let typed = |typ: Option<&str>| {
            let mut header = it.signer.header();
            match typ {
                Some(typ) => header["typ"] = json!(typ),
                None => drop(header.as_object_mut().unwrap().remove("typ")),
            }
            Secret::new(it.signer.token_with(&header, &it.claims()))
        };
        it.world.opens(&typed(Some("at+jwt")));
        for typ in [None, Some("JWT"), Some("id+jwt"), Some("logout+jwt"), Some("at+jwt2"), Some("")] {
            it.world.refuses(&typed(typ));
        }
        it.define(it.provider().role("reader"));
        it.world.opens(&typed(None));
        it.world.refuses(&typed(Some("logout+jwt")));
    });
}

#[test]
fn attack_039_a_token_opens_no_other_database_than_the_one_it_is_for() {
    check(|it| {
        // The same issuer is trusted beside, above and below.
        for place in ["beta", "acme/eu"] {
            it.world.write(&it.world.inside(place), |tx| {
                tx.define_role(Role::new("reader").allow("notes", Action::Read))?;
                tx.define_provider(it.provider().role("reader"))
            });
        }
        for place in ["acme", "beta", "acme/eu"] {
            let secret = it.jwt(|claims| claims["aud"] = json!(audience(&it.world, place)));
            assert_eq!(it.world.place(&secret), place);
            let view = it.world.gate.begin_read(&secret).unwrap();
            assert!(view.databases(&path("")).unwrap().is_empty());
        }
        it.world.refuses(&it.jwt(|claims| claims["aud"] = json!([it.audience, audience(&it.world, "beta")])));
    });
}

#[test]
fn attack_041_a_token_that_was_refused_by_its_id_stays_refused_until_its_end() {
    check(|it| {
        let ends = it.world.later(3_600);
        let denied = it.jwt(|claims| claims["jti"] = json!("one"));
        let other = it.jwt(|claims| claims["jti"] = json!("two"));
        let (mine, without) = (it.world.gate.begin_read(&denied), it.good());
        it.world.write(&it.admin(), |tx| tx.deny_jwt("staff", "one", ends));
        it.world.refuses(&denied);
        assert!(matches!(mine.unwrap().get("notes", "n1"), Err(portunus_auth::Error::Unauthenticated)));
        it.world.opens(&other);
        it.world.opens(&without);
        // Also after its record could be collected, and with a clock that was set back by then.
        it.at(3_600);
        it.world.gate.sweep(100).unwrap();
        it.at(0);
        it.world.refuses(&denied);
        it.define(it.provider().role("author"));
        it.world.refuses(&denied);
        it.at(2 * 3_600);
        assert_eq!(it.world.gate.sweep(100).unwrap(), 1, "it does not stay for ever");
    });
}

#[test]
fn attack_041_what_is_refused_for_long_is_not_let_in_by_one_who_knows_less() {
    check(|it| {
        let denied = it.jwt(|claims| {
            claims["jti"] = json!("one");
            claims["exp"] = json!(it.seconds() + 10 * 3_600);
        });
        it.world.write(&it.admin(), |tx| {
            tx.deny_jwt("staff", "one", it.world.later(10 * 3_600))?;
            tx.deny_jwt("staff", "one", it.world.later(0))
        });
        it.at(9 * 3_600);
        it.world.gate.sweep(100).unwrap();
        it.world.refuses(&denied);
    });
}

#[test]
fn attack_042_what_a_token_says_of_roles_gives_none() {
    check(|it| {
        for said in [json!("admin"), json!(["admin", "author"]), json!({"name": "admin"}), json!(null)] {
            let secret = it.jwt(|claims| {
                for name in
                    ["role", "roles", "groups", "scope", "admin", "database", "https://portunus/roles"]
                {
                    claims[name] = said.clone();
                }
            });
            assert_eq!(it.roles(&secret), ["reader"]);
        }
    });
}

#[test]
fn attack_044_an_e_mail_address_is_nobody_s_name() {
    check(|it| {
        it.define(it.provider().role("reader").identity("users", ["issuer", "subject"]));
        it.world.write(&it.admin(), |tx| {
            tx.create_with_id(
                "users",
                "u1",
                json!({"email": "ann@example.org", "issuer": ISSUER, "subject": "ann"}),
            )
        });
        let claiming = it.jwt(|claims| {
            claims["sub"] = json!("mallory");
            claims["email"] = json!("ann@example.org");
            claims["preferred_username"] = json!("ann");
        });
        assert_eq!(it.identity(&claiming), None);
        // Nor can a provider be told to go by one.
        it.world.write(&it.admin(), |tx| tx.define(Collection::new("people").unique(["email"])));
        for fields in [["email", "email"], ["email", "subject"]] {
            crate::world::constraint(it.try_define(it.provider().identity("people", fields)));
        }
    });
}

#[test]
fn attack_045_a_storm_of_unknown_keys_causes_a_fetch_now_and_then() {
    for principals_max in [0, 64] {
        let it = Outside::new(principals_max);
        it.define(it.fetching().role("reader"));
        it.world.opens(&it.good());
        assert_eq!(it.key_sets.fetches(), 1);
        let claims = it.claims();
        let unknown = |number: u32| {
            let header = json!({"alg": "EdDSA", "kid": format!("unknown {number}")});
            Secret::new(it.signer.token_with(&header, &claims))
        };
        // An hour of it, 300 seconds at a time: the keys change meanwhile, and are found.
        for turn in 0..12 {
            for number in 0..250 {
                let secret = unknown(turn * 250 + number);
                assert!(it.world.gate.begin_read(&secret).is_err());
            }
            it.world.advance(300);
        }
        assert!((2..=13).contains(&it.key_sets.fetches()), "{}", it.key_sets.fetches());
        let good = it.good();
        it.world.opens(&good);
        assert!(it.world.gate.jwks_stats().refused > 2_900);
    }
}

#[test]
fn attack_045_unknown_keys_of_providers_of_many_databases_cause_a_fetch_for_each_url_alone() {
    let it = Outside::new(64);
    let secrets: Vec<Secret> = ["acme", "acme/eu", "beta"]
        .iter()
        .map(|place| {
            it.world.write(&it.world.inside(place), |tx| tx.define_provider(it.fetching()));
            let mut claims = it.claims();
            claims["aud"] = json!(audience(&it.world, place));
            Secret::new(Signer::new("unknown").token(&claims))
        })
        .collect();
    for secret in secrets.iter().cycle().take(300) {
        assert!(it.world.gate.begin_read(secret).is_err());
    }
    assert_eq!(it.key_sets.fetches(), 1);
}

#[test]
fn attack_053_and_078_a_database_of_an_old_name_is_another_audience() {
    check(|it| {
        let good = it.good();
        let reader = it.world.gate.begin_read(&good).unwrap();
        it.world.write(&it.world.admin, |tx| {
            tx.delete_database(&path("acme"))?;
            tx.create_database(&path("acme"))
        });
        it.world.refuses(&good);
        assert!(matches!(reader.get("notes", "n1"), Err(portunus_auth::Error::Unauthenticated)));
        assert!(it.world.read(&it.admin(), ReadView::providers).is_empty());
        it.world.write(&it.admin(), |tx| {
            tx.define(Collection::new("notes"))?;
            tx.define_role(Role::new("reader").allow("notes", Action::Read))?;
            tx.define_provider(it.provider().role("reader"))
        });
        it.world.refuses(&good);
        let new = audience(&it.world, "acme");
        assert_ne!(new, it.audience);
        it.world.opens(&it.jwt(|claims| claims["aud"] = json!(new)));
        assert_eq!(it.world.read(&it.world.admin, ReadView::check).problems, Vec::<String>::new());
    });
}

#[test]
fn attack_080_nobody_gives_away_by_a_provider_what_it_does_not_hold() {
    check(|it| {
        it.world.write(&it.admin(), |tx| {
            tx.define_role(
                Role::new("delegate")
                    .allow_every(portunus_auth::Resource::Role, Action::Read)
                    .allow_every(portunus_auth::Resource::AccessProvider, Action::Create)
                    .allow_every(portunus_auth::Resource::AccessProvider, Action::Write)
                    .allow_every(portunus_auth::Resource::AccessProvider, Action::Read)
                    .allow("notes", Action::Read),
            )
        });
        let (_, delegate) = it.world.key("acme", "delegate");
        let own = || changed(it.provider(), |it| (it.name, it.issuer) = ("own".into(), "urn:own".into()));
        let define = |provider: Provider| it.world.try_write(&delegate, |tx| tx.define_provider(provider));
        define(own().role("reader")).unwrap();
        crate::world::denied(define(own().role("author")));
        // Nor by letting its issuer be somebody.
        crate::world::denied(define(own().identity("users", ["issuer", "subject"])));
        // Nor by having others sign for a provider that gives more.
        it.define(it.provider().role("author"));
        crate::world::denied(define(it.provider().role("author").jwks(key_set([&Signer::new("mine")]))));
        define(it.provider()).unwrap();
        it.world.refuses(&it.good());
    });
}

#[test]
fn attack_080_tokens_that_were_refused_are_let_in_again_by_nobody_weaker_than_they_are() {
    check(|it| {
        it.world.write(&it.admin(), |tx| {
            let (provider, delegate) = (portunus_auth::Resource::AccessProvider, Role::new("delegate"));
            let delegate = delegate.allow_every(provider, Action::Read).allow_every(provider, Action::Write);
            tx.define_role(delegate.allow("notes", Action::Read))
        });
        let (_, delegate) = it.world.key("acme", "delegate");
        let refuse_before = |at| it.world.try_write(&delegate, |tx| tx.set_provider_not_before("staff", at));
        let (soon, later) = (Some(it.world.later(10)), Some(it.world.later(20)));
        let mapped = || it.provider().identity("users", ["issuer", "subject"]);
        for (strong, weak) in
            [(it.provider().role("author"), it.provider().role("reader")), (mapped(), it.provider())]
        {
            it.define(strong);
            let good = it.good();
            refuse_before(soon).unwrap();
            refuse_before(later).unwrap();
            for at in [soon, None] {
                crate::world::denied(refuse_before(at));
                it.world.refuses(&good);
            }
            it.define(weak);
            refuse_before(soon).unwrap();
            refuse_before(None).unwrap();
        }
        it.define(it.provider().role("reader"));
        it.world.opens(&it.good());
    });
}

#[test]
fn attack_006_a_key_serves_the_algorithm_of_its_kind_alone() {
    check(|it| {
        let (rsa, p256) = (Signer::rsa("rsa"), Signer::p256("p256"));
        let all = changed(it.provider().role("reader"), |it| it.algorithms = Algorithm::ALL.to_vec());
        it.define(all.jwks(key_set([&rsa, &p256, &it.signer])));
        let claims = it.claims();
        for signer in [&rsa, &p256, &it.signer] {
            it.world.opens(&Secret::new(signer.token(&claims)));
            for algorithm in Algorithm::ALL {
                let header = json!({"alg": algorithm.name(), "kid": signer.id});
                // RS512 is what that key signs if it is told so.
                let is_its_own =
                    [signer.algorithm(), Algorithm::Rs512].contains(&algorithm) && signer.id == "rsa";
                if algorithm != signer.algorithm() && !is_its_own {
                    it.world.refuses(&Secret::new(signer.token_with(&header, &claims)));
                }
            }
            for other in [&rsa, &p256, &it.signer].into_iter().filter(|other| other.id != signer.id) {
                let header = json!({"alg": signer.algorithm().name(), "kid": other.id});
                it.world.refuses(&Secret::new(signer.token_with(&header, &claims)));
            }
        }
        // Which of several keys it is, a token has to say.
        it.world.refuses(&Secret::new(it.signer.token_with(&json!({"alg": "EdDSA"}), &claims)));
        it.key_sets.withdraw(KEYS_URL);
    });
}
