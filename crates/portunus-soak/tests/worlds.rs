//! A short slice of paired worlds, and leaks that are planted to see whether they are found.

use portunus_soak::worlds::common::{HOME, World};
use portunus_soak::worlds::pair::{Act, Leak};
use portunus_soak::worlds::step::Step;
use portunus_soak::worlds::{run, run_leaking};

/// How many notes there are, whoever may see them.
fn notes(world: &World) -> usize {
    world.gate.begin_read(&world.inside(HOME)).unwrap().query("notes").count().unwrap()
}

#[track_caller]
fn finds(leak: &Leak) {
    let found = (0..40).find_map(|seed| run_leaking(seed, Some(leak)).err());
    let told = found.expect("a leak is found within a few rounds");
    let acts =
        told.split("acts: [").nth(1).unwrap().lines().filter(|line| line.starts_with("        ")).count();
    assert!(acts < 40, "what is left of the script is short: {told}");
}

#[test]
fn what_is_hidden_changes_no_answer() {
    for seed in 0..26 {
        run(seed).unwrap_or_else(|told| panic!("seed {seed}: {told}"));
    }
}

#[test]
fn a_count_of_all_documents_is_found() {
    finds(&|world, act, said| {
        if matches!(act, Act::Ask(Step::Count { .. })) {
            said.text.push_str(&notes(world).to_string());
        }
    });
}

#[test]
fn a_number_that_counts_the_commits_of_others_is_found() {
    finds(&|world, act, said| {
        if matches!(act, Act::Commit) {
            said.text.push_str(&world.gate.stats().commits.to_string());
        }
    });
}

#[test]
fn an_error_about_what_is_there_and_hidden_is_found() {
    finds(&|world, act, said| {
        let Act::Ask(Step::Get { id, hidden: true }) = act else { return };
        let view = world.gate.begin_read(&world.inside(HOME)).unwrap();
        if view.exists("notes", &format!("n{id}x")).unwrap() {
            said.text = "denied".into();
        }
    });
}

#[test]
fn work_that_depends_on_what_is_hidden_is_found() {
    finds(&|world, act, said| {
        if let (Act::Ask(Step::Exists { .. }), Some(work)) = (act, &mut said.work) {
            work.gets += u64::try_from(notes(world)).unwrap();
        }
    });
}

#[test]
fn another_order_is_found() {
    finds(&|world, act, said| {
        if matches!(act, Act::Ask(Step::Scan { .. })) && notes(world) % 2 == 1 {
            said.text = said.text.chars().rev().collect();
        }
    });
}
