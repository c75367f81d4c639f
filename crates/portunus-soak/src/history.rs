//! Random transactions of several clients over the whole product, with keys, tokens, roles with rules and people changing among
//! them. What the clients saw is judged twice: by `adya`, which knows nothing of this engine, and by a replay in the order of the
//! commits, which judges ranges, indexes, counts and by which policy each operation was decided. It knows nothing of the disk.

mod client;
mod deed;
mod lists;
mod observed;
mod policy;
mod replay;
mod state;
#[cfg(test)]
mod tests;
mod world;

use client::Crowd;
use observed::Fault;
use portunus_storage::conformance::Random;
use world::World;

/// How many transactions one round has.
const TRANSACTIONS: usize = 600;

/// Three rounds of four are one thread that goes from one open transaction to the next, so that its seed decides all of it. The
/// fourth one has real threads: their seed decides what they do, and not how they meet.
pub fn run(seed: u64) -> Result<u64, String> {
    judged(seed, TRANSACTIONS, Fault::None)
}

fn judged(seed: u64, transactions: usize, fault: Fault) -> Result<u64, String> {
    let mut random = Random::new(seed);
    let world = World::new(&mut random, fault);
    let crowd = Crowd::new(&world);
    if seed % 4 == 3 {
        crowd.run_threads(&mut random, transactions);
    } else {
        crowd.run_interleaved(&mut random, transactions);
    }
    let (history, events) = crowd.into_history();
    let count = replay::judge(&world.start, &history)?;
    lists::judge(&events, &history)?;
    Ok(count)
}
