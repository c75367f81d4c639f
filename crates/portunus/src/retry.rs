//! Running a transaction again when it met a conflict.

use crate::Result;
use std::time::Duration;

/// How often [`Portunus::write`](crate::Portunus::write) runs a closure at the most.
pub(crate) const ATTEMPTS_MAX: u32 = 5;

/// Runs `attempt` until it succeeds, fails for another reason than a conflict, or has been run `attempts` times.
/// Between two attempts it waits a little longer each time, so that the one that won has left.
pub(crate) fn run<T>(attempts: u32, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    let mut made = 1;
    loop {
        match attempt() {
            Err(error) if error.is_retryable() && made < attempts => {
                tracing::debug!(attempt = made, "transaction met a conflict, running it again");
                std::thread::sleep(pause(made));
                made += 1;
            }
            result => return result,
        }
    }
}

/// 50 µs, doubled with every attempt.
fn pause(made: u32) -> Duration {
    Duration::from_micros(50) * 2_u32.saturating_pow(made.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[test]
    fn only_a_conflict_is_run_again_and_only_so_often() {
        let check = |results: &[Result<u32>], runs: usize| {
            let mut made = 0;
            let _ = run(ATTEMPTS_MAX, || {
                made += 1;
                match &results[(made - 1).min(results.len() - 1)] {
                    Ok(value) => Ok(*value),
                    Err(Conflict) => Err(Conflict),
                    Err(_) => Err(OutcomeUnknown(String::new())),
                }
            });
            assert_eq!(made, runs, "{results:?}");
        };
        use Error::{Conflict, OutcomeUnknown};
        check(&[Ok(1)], 1);
        check(&[Err(Conflict), Ok(1)], 2);
        check(&[Err(Conflict)], 5);
        check(&[Err(OutcomeUnknown(String::new())), Ok(1)], 1);
    }
}
