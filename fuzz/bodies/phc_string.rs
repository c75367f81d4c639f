//! Texts as password hashes: what is taken over is within its limits, is shown to nobody, and comes back as it was. It knows
//! nothing of how hashes are read: the limits are looked for here a second time, in the text.

use portunus_auth::{Error, PASSWORD_HASH_BYTES_MAX, PasswordHash};

/// A salt and a hash that are long enough.
const REST: &str = "AQIDBAUGBwgJCgsMDQ4PEA$WSYaCniE35LgMC861etJkzreaLAHfRyCvDTHu5qnYDY";

/// Reads `data` as a hash, as the parameters of one, and as what comes behind them.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    check(text);
    check(&format!("$argon2id$v=19${text}${REST}"));
    check(&format!("$argon2id$v=19$m=19456,t=2,p=1${text}"));
    check(&format!("$scrypt${text}${REST}"));
    check(&format!("$2b${text}"));
}

fn check(text: &str) {
    match PasswordHash::import(text) {
        Ok(hash) => {
            assert_eq!(hash.expose(), text, "a hash keeps its text");
            assert!(text.len() <= PASSWORD_HASH_BYTES_MAX && text.is_ascii());
            let name = bounded(text).expect("what is taken over is within its limits");
            assert_eq!(format!("{hash:?}"), format!("PasswordHash({name}…)"));
        }
        Err(error @ (Error::Invalid { .. } | Error::Limit { .. })) => {
            let shown = error.to_string();
            // No word of an error is as long as that.
            let mut parts = text.split(['$', ',', ' ']).filter(|part| part.len() > 12);
            assert!(parts.all(|part| !shown.contains(part)), "an error shows nothing stored");
        }
        Err(other) => panic!("{other}"),
    }
}

/// The name of the function, if the text has its form and is within its limits.
fn bounded(text: &str) -> Option<&'static str> {
    let parts: Vec<&str> = text.split('$').collect();
    match parts[..] {
        ["", "argon2id", "v=19", parameters, salt, hash] => {
            let [memory, passes, lanes] = numbers(parameters, ["m=", "t=", "p="])?;
            let is_bounded = (7_168..=262_144).contains(&memory)
                && (1..=16).contains(&passes)
                && (1..=8).contains(&lanes)
                && memory * passes >= 35_840;
            (is_bounded && fits(salt, hash)).then_some("argon2id")
        }
        ["", "scrypt", parameters, salt, hash] => {
            let [log_n, r, p] = numbers(parameters, ["ln=", "r=", "p="])?;
            let blocks = 1_u64.checked_shl(u32::try_from(log_n).ok()?)?.checked_mul(r)?;
            let work = blocks.checked_mul(p)?;
            let is_bounded = blocks * 128 <= 256 << 20 && (1 << 17..=1 << 23).contains(&work);
            (is_bounded && fits(salt, hash)).then_some("scrypt")
        }
        ["", "2a" | "2b" | "2y", cost, salt_and_hash] => {
            let is_bounded = cost.len() == 2 && (10..=15).contains(&cost.parse::<u32>().ok()?);
            (is_bounded && salt_and_hash.len() == 53).then_some("bcrypt")
        }
        _ => None,
    }
}

fn numbers(parameters: &str, names: [&str; 3]) -> Option<[u64; 3]> {
    let mut found = parameters.split(',');
    let mut values = [0; 3];
    for (value, name) in values.iter_mut().zip(names) {
        let digits = found.next()?.strip_prefix(name)?;
        *value = digits.parse().ok()?;
        assert_eq!(value.to_string(), digits, "a number has one form");
    }
    found.next().is_none().then_some(values)
}

/// From 8 to 48 bytes of salt, and from 16 to 64 of hash, each in the one form that it has.
fn fits(salt: &str, hash: &str) -> bool {
    (11..=64).contains(&salt.len()) && (22..=86).contains(&hash.len())
}
