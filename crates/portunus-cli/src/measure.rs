//! How often something can be done in a second, by one or by many, and what is told of many rounds. It knows nothing of stores.

use crate::failure::{Failure, Result};
use std::time::{Duration, Instant};

/// How often something can be done in a second, one after the other.
///
/// # Errors
/// As `run`.
pub fn rate(length: Duration, run: impl Fn() -> Result) -> Result<f64> {
    let began = Instant::now();
    let mut count = 0_u32;
    while count == 0 || began.elapsed() < length {
        run()?;
        count += 1;
    }
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}

/// How often something can be done in a second by so many threads together.
///
/// # Errors
/// As `run`.
pub fn crowded_rate(threads: u32, length: Duration, run: &(dyn Fn() -> Result + Sync)) -> Result<f64> {
    let began = Instant::now();
    let one = || -> Result<u32> {
        let mut count = 0;
        while count == 0 || began.elapsed() < length {
            run()?;
            count += 1;
        }
        Ok(count)
    };
    let counts: Vec<Result<u32>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        let died = |_| Err(Failure::new("a thread of the measurement panicked"));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(died)).collect()
    });
    let elapsed = began.elapsed().as_secs_f64();
    let mut total = 0.0;
    for count in counts {
        total += f64::from(count?);
    }
    Ok(total / elapsed)
}

/// The middle one; between two of them, the upper.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn a_median_does_not_follow_one_slow_round() {
        assert!((median(vec![3.0, 1.0, 1000.0]) - 3.0).abs() < f64::EPSILON);
        assert!((median(vec![5.0]) - 5.0).abs() < f64::EPSILON);
    }

    #[test]
    fn everybody_comes_to_do_it_once_and_a_failure_is_told() {
        let done = AtomicU32::new(0);
        let run = || {
            done.fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        assert!(crowded_rate(8, Duration::ZERO, &run).unwrap() > 0.0);
        assert_eq!(done.load(Ordering::Relaxed), 8);
        assert!(crowded_rate(2, Duration::ZERO, &|| Err(Failure::new("no"))).is_err());
        assert!(rate(Duration::ZERO, || Err(Failure::new("no"))).is_err());
    }
}
