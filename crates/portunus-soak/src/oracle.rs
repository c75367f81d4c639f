//! The engine beside the oracle: in random worlds everything that is asked and done is compared. It knows nothing of how either of them
//! decides.

mod asks;
mod case;
mod dice;
mod rules;
mod shrink;
pub mod twin;
pub mod worlds;

pub use case::{Case, Tried};
pub use shrink::{played, shrunk};

use dice::Dice;
use portunus_oracle::Flaw;

/// Of so many rounds one has many documents, of which every one is looked at under many policies.
const SURVEYS: u64 = 4;

/// One round, which counts decisions.
///
/// # Errors
/// What differed, in as small a world as was found.
pub fn run(seed: u64) -> Result<u64, String> {
    let case = case(seed, None);
    played(&case).map(|tried| tried.decisions).map_err(|text| shrunk(case, text))
}

/// What is played in one round; with a flaw of the oracle, which should be found.
pub fn case(seed: u64, flaw: Option<Flaw>) -> Case {
    let mut dice = Dice::new(seed);
    let is_survey = seed.is_multiple_of(SURVEYS);
    let mut populated = worlds::populated(&mut dice, if is_survey { 800 } else { 32 });
    populated.world.flaw = flaw;
    let steps = match is_survey {
        true => asks::surveys(&mut dice, &populated, 12),
        false => asks::steps(&mut dice, &populated, worlds::STEPS),
    };
    Case { populated, steps }
}

/// What is played where somebody chooses how the dice fall: a few things in a small world.
#[must_use]
pub fn chosen(bytes: &[u8]) -> Case {
    let mut dice = Dice::falling(bytes);
    let populated = worlds::populated(&mut dice, 6);
    let steps = asks::steps(&mut dice, &populated, 12);
    Case { populated, steps }
}
