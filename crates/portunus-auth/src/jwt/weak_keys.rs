//! Public keys that prove nothing, though a signature may be verified with them. It knows nothing of how keys are written.

/// Bytes of the smallest RSA modulus, 2048 bits.
const RSA_BYTES_MIN: usize = 256;
/// Bytes of the largest RSA modulus, 8192 bits.
const RSA_BYTES_MAX: usize = 1_024;
/// The smallest RSA exponent. With a smaller one, mistakes in how signatures are padded or read have let them be forged.
const RSA_EXPONENT_MIN: u32 = 65_537;

/// The primes by which a chip's faulty generator gives itself away (CVE-2017-15361): modulo each of them, its keys are
/// powers of 65537. Of 200 million other keys, one is.
const ROCA_PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
    107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// The points on Ed25519's curve that lie in a subgroup of at most eight, as texts with the sign left out, in the order of
/// their numbers; the last two are second texts of the first two. As a key, such a point accepts signatures of anybody.
const SMALL_ORDER: [[u8; 32]; 7] = [
    filled(0x00, 0x00, 0x00),
    filled(0x01, 0x00, 0x00),
    [
        0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0, 0xD5,
        0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
    ],
    [
        0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F, 0x2A,
        0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
    ],
    filled(0xEC, 0xFF, 0x7F),
    filled(0xED, 0xFF, 0x7F),
    filled(0xEE, 0xFF, 0x7F),
];

/// What is wrong with an RSA key of this modulus and exponent, both big-endian.
pub(super) fn fault_of_rsa(modulus: &[u8], exponent: &[u8]) -> Option<&'static str> {
    let (Some(&first), Some(&last)) = (modulus.first(), modulus.last()) else {
        return Some("has an RSA modulus of no bytes");
    };
    if first == 0 || exponent.first() == Some(&0) {
        return Some("has an RSA number with a leading zero byte");
    }
    let bytes = modulus.len();
    if bytes < RSA_BYTES_MIN || (bytes == RSA_BYTES_MIN && first < 0x80) || bytes > RSA_BYTES_MAX {
        return Some("has an RSA modulus of less than 2048 or more than 8192 bits");
    }
    if last.is_multiple_of(2) {
        return Some("has an even RSA modulus");
    }
    if is_roca(modulus) {
        return Some("has an RSA modulus that a faulty generator made");
    }
    match number(exponent) {
        Some(exponent) if exponent >= RSA_EXPONENT_MIN && !exponent.is_multiple_of(2) => None,
        Some(_) => Some("has an RSA exponent that is even or less than 65537"),
        None => Some("has an RSA exponent of more than 4 bytes"),
    }
}

/// Whether these are a point of small order on Ed25519's curve.
pub(super) fn is_of_small_order(point: &[u8; 32]) -> bool {
    let mut point = *point;
    if let Some(last) = point.last_mut() {
        *last &= 0x7F;
    }
    SMALL_ORDER.contains(&point)
}

/// The number that a key's exponent is; the verifier takes no larger ones.
fn number(bytes: &[u8]) -> Option<u32> {
    let fold = || bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
    (1..=4).contains(&bytes.len()).then(fold)
}

fn is_roca(modulus: &[u8]) -> bool {
    ROCA_PRIMES.iter().all(|prime| {
        let rest = modulus.iter().fold(0, |rest, byte| (rest << 8 | u32::from(*byte)) % prime);
        is_power(65_537 % prime, rest, *prime)
    })
}

/// Whether a power of `base`, modulo `prime`, is `number`.
fn is_power(base: u32, number: u32, prime: u32) -> bool {
    let mut power = 1;
    for _ in 1..prime {
        if power == number {
            return true;
        }
        power = power * base % prime;
    }
    false
}

/// 32 bytes: the first, one that fills, and the last.
const fn filled(first: u8, rest: u8, last: u8) -> [u8; 32] {
    let mut bytes = [rest; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}
