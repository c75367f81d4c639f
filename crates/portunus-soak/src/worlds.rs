//! Paired worlds: two stores that are equal in what a principal may see and different in everything else give it the same answers, and
//! single documents take the same work. It knows nothing of how that is brought about.

mod ask;
pub mod common;
pub mod counting;
pub mod hidden;
pub mod holder;
pub mod pair;
pub mod random;
pub mod step;
mod transcript;

use common::Common;
use holder::Holder;
use pair::{Leak, Pair};
use random::Random;

/// Pairs of one round: they have their beginning in common, and nothing else.
const PAIRS: u64 = 100;

/// Compares the pairs of one round.
///
/// # Errors
/// The shortest pair that differs, and where.
pub fn run(seed: u64) -> Result<u64, String> {
    run_leaking(seed, None)
}

/// The same, with a fault planted.
///
/// # Errors
/// As [`run`].
pub fn run_leaking(seed: u64, leak: Option<&Leak>) -> Result<u64, String> {
    let mut random = Random::new(seed);
    let holder = Holder::ALL[random.below(Holder::ALL.len())];
    let common = Common::new(holder, 64 * random.below(2));
    for number in 0..PAIRS {
        let pair = Pair::any(&mut random, &common);
        if pair.difference(&common, leak).is_some() {
            let pair = pair.shrunk(&common, leak);
            let found = pair.difference(&common, leak).map_or_else(
                || "it does not differ any more".to_owned(),
                |difference| difference.to_string(),
            );
            return Err(format!("as {holder:?}, pair {number}: {found}\nof {pair:#?}"));
        }
    }
    Ok(PAIRS)
}
