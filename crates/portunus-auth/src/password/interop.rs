//! Hashes beside those of other programs, both ways: the reference implementation of Argon2 by way of argon2-cffi, and scrypt by
//! way of OpenSSL. It knows nothing of how either works.

use super::{HashParameters, Hasher, Password, PasswordHash, Verified};
use python::Python;

#[path = "../../tests/auth/python.rs"]
mod python;

/// Each line is `password,memory,passes,lanes`, the password in hexadecimal: prints its hash.
const HASH: &str = "
import os, sys
from argon2.low_level import hash_secret, Type
for line in sys.stdin:
    password, memory, passes, lanes = line.strip('\\n').split(',')
    print(hash_secret(bytes.fromhex(password), os.urandom(16), int(passes), int(memory), int(lanes), 32, Type.ID).decode())
";

/// Each line is the password in hexadecimal, and a hash: prints whether they belong together.
const VERIFY: &str = "
import sys
from argon2.exceptions import VerifyMismatchError
from argon2.low_level import verify_secret, Type
for line in sys.stdin:
    password, hash = line.strip('\\n').split(' ')
    try:
        print(verify_secret(hash.encode(), bytes.fromhex(password), Type.ID))
    except VerifyMismatchError:
        print(False)
";

/// As `HASH`, of scrypt, with `n` as its logarithm, `r` and `p`.
#[cfg(feature = "import-scrypt")]
const SCRYPT: &str = "
import base64, hashlib, os, sys
text = lambda data: base64.b64encode(data).decode().rstrip('=')
for line in sys.stdin:
    password, ln, r, p = line.strip('\\n').split(',')
    salt = os.urandom(16)
    hash = hashlib.scrypt(bytes.fromhex(password), salt=salt, n=1 << int(ln), r=int(r), p=int(p), maxmem=1 << 28, dklen=32)
    print(f'$scrypt$ln={ln},r={r},p={p}${text(salt)}${text(hash)}')
";

fn passwords() -> Vec<String> {
    ["correct horse", "", "pässwörd \u{1f434}", "nul\0inside", " spaces "]
        .into_iter()
        .map(String::from)
        .chain(["x".repeat(73), "y".repeat(1024)])
        .collect()
}

fn hexadecimal(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn hasher(memory_kib: u32, passes: u32, lanes: u32) -> Hasher {
    Hasher::new(HashParameters::new(memory_kib, passes, lanes).unwrap(), 1).unwrap()
}

/// Hashes that a script makes of all passwords are proven by them here, and by no other.
fn check_taken_over(python: &Python, script: &str, parameters: &str, expected: Verified) {
    let passwords = passwords();
    let lines: Vec<String> =
        passwords.iter().map(|password| format!("{},{parameters}", hexadecimal(password))).collect();
    let hashes = python.run(script, &lines);
    assert_eq!(hashes.len(), passwords.len());
    let hasher = hasher(19_456, 2, 1);
    for (text, password) in hashes.iter().zip(passwords) {
        let hash = PasswordHash::import(text).unwrap();
        let verify = |password| hasher.verify(&Password::new(password).unwrap(), Some(&hash)).unwrap();
        assert_eq!(verify(password.clone()), expected, "{text}");
        let other = password.strip_suffix(char::is_alphanumeric).unwrap_or("other");
        assert_eq!(verify(other.to_owned()), Verified::Wrong, "{text}");
    }
}

#[test]
fn hashes_of_the_reference_implementation_are_taken_over() {
    let Some(python) = Python::with(&["argon2"], "hashes of argon2-cffi are taken over") else { return };
    check_taken_over(&python, HASH, "19456,2,1", Verified::Right);
    check_taken_over(&python, HASH, "65536,3,4", Verified::Right);
    check_taken_over(&python, HASH, "7168,5,2", Verified::Outdated);
}

#[test]
fn the_reference_implementation_takes_over_hashes_that_are_made_here() {
    let Some(python) = Python::with(&["argon2"], "argon2-cffi takes over hashes") else { return };
    let mut lines = Vec::new();
    for hasher in [hasher(19_456, 2, 1), hasher(20_001, 3, 3)] {
        for password in passwords() {
            let hash = hasher.hash(&Password::new(password.clone()).unwrap()).unwrap();
            lines.push(format!("{} {}", hexadecimal(&password), hash.expose()));
            lines.push(format!("{} {}", hexadecimal(&(password + "x")), hash.expose()));
        }
    }
    let answers = python.run(VERIFY, &lines);
    assert_eq!(answers.len(), lines.len());
    assert!(answers.chunks(2).all(|pair| pair == ["True", "False"]), "{answers:?}");
}

#[cfg(feature = "import-scrypt")]
#[test]
fn hashes_of_scrypt_by_openssl_are_taken_over() {
    let Some(python) = Python::with(&["hashlib"], "hashes of scrypt by OpenSSL are taken over") else {
        return;
    };
    check_taken_over(&python, SCRYPT, "14,8,1", Verified::Outdated);
    check_taken_over(&python, SCRYPT, "13,8,3", Verified::Outdated);
}
