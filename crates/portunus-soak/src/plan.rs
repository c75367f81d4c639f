//! What is to be run: which kinds, from which seeds, and for how long. It knows nothing of how.

use crate::kind::{KINDS, Kind};
use clap::Parser;
use clap::builder::PossibleValuesParser;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

/// Tries to break Portunus for as long as it is told, and keeps a ledger of what was tried.
///
/// Without --minutes, --rounds or --slice, it runs for ten minutes. The time is divided among the kinds; what one of them does not need
/// is left to those after it.
#[derive(Debug, Parser)]
#[command(name = "portunus-soak")]
pub struct Plan {
    /// How long all of it may take together.
    #[arg(long, value_name = "N")]
    pub minutes: Option<NonZeroU64>,
    /// Only these kinds of runs.
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = PossibleValuesParser::new(KINDS.iter().map(|kind| kind.name)))]
    pub only: Vec<String>,
    /// The seed of the first round; those that follow count on from it. Taken from the clock unless given.
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// At most so many rounds of each kind.
    #[arg(long, value_name = "N")]
    pub rounds: Option<NonZeroU64>,
    /// The short slice of each kind that is run before a change lands.
    #[arg(long)]
    pub slice: bool,
    /// How many rounds run at the same time; as many as there are processors unless given.
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    /// The ledger, to which a line is added for each kind.
    #[arg(long, value_name = "FILE", default_value = "soak.csv")]
    pub ledger: PathBuf,
}

/// Where the rounds of one kind end, whichever of these is reached first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub time: Option<Duration>,
    pub rounds: Option<u64>,
    pub count: Option<u64>,
}

const MINUTES: u64 = 10;

impl Plan {
    /// The kinds that are to be run.
    pub fn kinds(&self) -> Vec<Kind> {
        let is_wanted = |kind: &&Kind| self.only.is_empty() || self.only.iter().any(|name| name == kind.name);
        KINDS.iter().filter(is_wanted).copied().collect()
    }

    /// How long all of it may take together, if that is bounded.
    pub fn time(&self) -> Option<Duration> {
        let is_bounded = self.slice || self.rounds.is_some();
        let minutes = self.minutes.map(NonZeroU64::get).or((!is_bounded).then_some(MINUTES));
        minutes.map(|minutes| Duration::from_secs(minutes * 60))
    }

    /// The bounds of one kind, if so much time is left for it and those after it, which are so many together.
    pub fn bounds(&self, kind: &Kind, left: Option<Duration>, kinds: usize) -> Bounds {
        Bounds {
            time: left.map(|left| left / u32::try_from(kinds.max(1)).unwrap()),
            rounds: self.rounds.map(NonZeroU64::get),
            count: self.slice.then_some(kind.slice),
        }
    }

    /// How many rounds run at the same time.
    pub fn threads(&self) -> usize {
        let available = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.threads.map_or_else(available, NonZeroUsize::get)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(arguments: &[&str]) -> Bounds {
        let kind = Kind { name: "it", counted: "things", slice: 7, run: |_| Ok(1) };
        let plan = Plan::parse_from([&["soak"], arguments].concat());
        plan.bounds(&kind, plan.time(), 2)
    }

    #[test]
    fn time_is_divided_and_whatever_is_given_bounds_a_kind() {
        let minutes = |minutes: u64| Some(Duration::from_secs(minutes * 60));
        let (time, rounds, count) = (None, None, None);
        assert_eq!(bounds(&[]), Bounds { time: minutes(5), rounds, count });
        assert_eq!(bounds(&["--minutes", "2"]), Bounds { time: minutes(1), rounds, count });
        assert_eq!(bounds(&["--rounds", "3"]), Bounds { time, rounds: Some(3), count });
        assert_eq!(bounds(&["--slice"]), Bounds { time, rounds, count: Some(7) });
        assert_eq!(
            bounds(&["--slice", "--minutes", "2"]),
            Bounds { time: minutes(1), rounds, count: Some(7) }
        );
        let both = Bounds { time: minutes(1), rounds: Some(3), count };
        assert_eq!(bounds(&["--rounds", "3", "--minutes", "2"]), both);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for arguments in [vec!["--only", "nothing"], vec!["--minutes", "0"], vec!["--seed", "-1"]] {
            assert!(
                Plan::try_parse_from([&["soak"], arguments.as_slice()].concat()).is_err(),
                "{arguments:?}"
            );
        }
    }
}
