//! Runs the rounds of one kind on several threads until a bound is reached or something breaks. It knows nothing of what they try.

use crate::kind::Kind;
use crate::plan::Bounds;
use std::any::Any;
use std::panic::catch_unwind;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// What came of the rounds of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The seed of the first round.
    pub first_seed: u64,
    pub rounds: u64,
    pub count: u64,
    /// The first round that broke, and what it said.
    pub failure: Option<Failure>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub seed: u64,
    pub text: String,
}

/// How often the progress is told.
const TOLD_EVERY: Duration = Duration::from_secs(10);

struct Course<'r> {
    kind: &'r Kind,
    bounds: Bounds,
    began: Instant,
    state: Mutex<State>,
    tell: &'r (dyn Fn(&str) + Sync),
}

struct State {
    begun: u64,
    /// Whether a round found nothing to try.
    is_spent: bool,
    told: Instant,
    outcome: Outcome,
}

/// Runs rounds with the seeds from `first_seed` on, and tells from time to time how far it is.
pub fn run(
    kind: &Kind,
    first_seed: u64,
    bounds: Bounds,
    threads: usize,
    tell: &(dyn Fn(&str) + Sync),
) -> Outcome {
    let began = Instant::now();
    let outcome = Outcome { first_seed, rounds: 0, count: 0, failure: None };
    let state = Mutex::new(State { begun: 0, is_spent: false, told: began, outcome });
    let course = Course { kind, bounds, began, state, tell };
    std::thread::scope(|scope| {
        (0..threads).for_each(|_| drop(scope.spawn(|| course.work())));
    });
    course.state.into_inner().unwrap().outcome
}

impl Course<'_> {
    fn work(&self) {
        while let Some(seed) = self.next() {
            let result =
                catch_unwind(|| (self.kind.run)(seed)).unwrap_or_else(|panic| Err(said(panic.as_ref())));
            self.note(seed, result);
        }
    }

    /// The seed of the next round, if there is to be one.
    fn next(&self) -> Option<u64> {
        let mut state = self.state.lock().unwrap();
        let is_over = state.outcome.failure.is_some()
            || state.is_spent
            || self.bounds.time.is_some_and(|time| self.began.elapsed() >= time)
            || self.bounds.rounds.is_some_and(|rounds| state.begun >= rounds)
            || self.bounds.count.is_some_and(|count| state.outcome.count >= count);
        if is_over {
            return None;
        }
        let seed = state.outcome.first_seed.wrapping_add(state.begun);
        state.begun += 1;
        Some(seed)
    }

    fn note(&self, seed: u64, result: Result<u64, String>) {
        let mut state = self.state.lock().unwrap();
        state.outcome.rounds += 1;
        match result {
            Ok(count) => {
                state.outcome.count += count;
                state.is_spent |= count == 0;
            }
            Err(text) if state.outcome.failure.is_none() => {
                state.outcome.failure = Some(Failure { seed, text });
            }
            Err(_) => {}
        }
        if state.told.elapsed() >= TOLD_EVERY {
            state.told = Instant::now();
            (self.tell)(&self.progress(&state.outcome));
        }
    }

    fn progress(&self, outcome: &Outcome) -> String {
        let Kind { name, counted, .. } = self.kind;
        let until = match (self.bounds.time, self.bounds.count) {
            (Some(time), _) => format!(" of {} s", time.as_secs()),
            (None, Some(count)) => format!(", of {count} {counted}"),
            (None, None) => String::new(),
        };
        let (count, rounds) = (outcome.count, outcome.rounds);
        format!("{name}: {count} {counted} in {rounds} rounds, {} s{until}", self.began.elapsed().as_secs())
    }
}

/// What a panic has said.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    format!("panicked: {}", text.unwrap_or("with something that is no text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNBOUND: Bounds = Bounds { time: None, rounds: None, count: None };

    fn tried(run: fn(u64) -> Result<u64, String>, bounds: Bounds) -> Outcome {
        super::run(&Kind { name: "it", counted: "things", slice: 0, run }, 40, bounds, 2, &|_| {})
    }

    #[test]
    fn rounds_go_on_until_a_bound_is_reached() {
        let rounds = tried(|_| Ok(3), Bounds { rounds: Some(5), ..UNBOUND });
        assert_eq!(rounds, Outcome { first_seed: 40, rounds: 5, count: 15, failure: None });
        let counted = tried(|_| Ok(3), Bounds { count: Some(100), ..UNBOUND });
        assert!((100..=106).contains(&counted.count), "{counted:?}");
        let timed = tried(|_| Ok(1), Bounds { time: Some(Duration::ZERO), ..UNBOUND });
        assert_eq!(timed.rounds, 0);
        let spent = tried(|_| Ok(0), UNBOUND);
        assert!(
            spent.count == 0 && spent.failure.is_none(),
            "there is nothing to try, so it ends: {spent:?}"
        );
    }

    #[test]
    fn the_first_round_that_breaks_ends_it_and_is_told() {
        let broken = tried(|seed| if seed < 44 { Ok(1) } else { Err("it broke".to_owned()) }, UNBOUND);
        let failure = broken.failure.unwrap();
        assert!(failure.seed >= 44 && failure.text == "it broke", "{failure:?}");
        let panicked = tried(|_| panic!("a round panics, as it was told to"), UNBOUND);
        assert!(panicked.failure.unwrap().text.contains("as it was told to"));
    }
}
