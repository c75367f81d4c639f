//! `demo`: a store of real data, with several secrets, and what each of them sees and costs. The main job.
//! It leaves the file, and the first key beside it.

mod additions;
mod data;
mod eyes;
mod figures;
mod issuer;
mod lists;
mod people;
mod place;
mod reasons;
mod report;
mod roles;
mod sights;
mod turns;
mod world;

use crate::args::Common;
use crate::commands::init::refuse_store_option;
use crate::failure::Result;
use crate::output::Output;
use clap::Args;
use figures::Extent;
use people::People;
use place::Place;
use std::path::PathBuf;
use world::World;

/// Make a store of real flights with several secrets, and show what each of them sees and may do, and how fast it is
///
/// The store stays where it was made, and its first key is written into a file beside it that only you can read: the demo
/// ends with commands to go on with. No secret is printed.
#[derive(Args)]
pub struct Demo {
    /// The file of the new store [default: demo.portunus, or demo-2.portunus and so on if that is there]
    file: Option<PathBuf>,
    /// Measure for a moment only: the figures are then no more than signs of life
    #[arg(long)]
    quick: bool,
    /// Replace the file, demo.portunus unless another is named, if it is a store, and the key beside it
    #[arg(long)]
    force: bool,
}

impl Demo {
    /// # Errors
    /// A conflict if the file exists; what the store reports.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        refuse_store_option(common)?;
        let mut place = match &self.file {
            Some(file) => Place::free(file, self.force)?,
            None if self.force => Place::free(&place::nth(1), true)?,
            None => Place::free(&place::first_free(), false)?,
        };
        output.note("importing the flights of January 2013 from New York");
        let world = World::make(&place)?;
        output.note("logging people in, by passwords and from elsewhere");
        let people = People::make(&world)?;
        output.note("looking at the same flights through the eyes of each");
        let eyes = eyes::side_by_side(&world, &people)?;
        let reasons = reasons::of_decisions(&world, &people, &eyes)?;
        output.note("revoking a key, closing a database and logging out, and looking with every secret");
        let turns = turns::of_events(&world, &people)?;
        let sights = sights::of_all(&world, &people)?;
        world.reopen_ewr()?;
        output.note("measuring, beside raw redb with the same bytes");
        let figures = figures::measure(&world, &people, &place, &Extent::of(self.quick))?;
        world.db().close()?;
        place.keep();
        report::show(
            &report::Report {
                place: &place,
                world: &world,
                people: &people,
                sights: &sights,
                eyes: &eyes,
                reasons: &reasons,
                turns: &turns,
                figures: &figures,
            },
            output,
        )
    }
}
