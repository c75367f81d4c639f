//! Some rounds in which nothing may differ, and an oracle that is wrong on purpose, which must be found out.

use portunus_oracle::Flaw;
use portunus_soak::oracle::{case, played, run, shrunk};

/// After so many rounds a flaw must be found.
const ROUNDS: u64 = 200;

fn found(flaw: Flaw) -> (u64, String) {
    let differs = |seed: u64| Some((seed, played(&case(seed, Some(flaw))).err()?));
    // Rounds with many documents take long where nothing is optimized, and find nothing else.
    let found = (1..=ROUNDS).filter(|seed| seed % 4 != 0).find_map(differs);
    found.unwrap_or_else(|| panic!("{flaw:?} was not found"))
}

#[test]
fn the_engine_answers_as_the_oracle_does() {
    for seed in [1, 2, 3, 4, 5] {
        let decisions = run(seed).unwrap_or_else(|text| panic!("seed {seed}: {text}"));
        assert!(decisions > 1_000, "seed {seed} compares {decisions} decisions only");
    }
}

#[test]
fn a_round_is_what_its_seed_says() {
    let tried = [7, 7, 9].map(|seed| played(&case(seed, None)).unwrap());
    assert_eq!((tried[0].decisions, tried[0].queries), (tried[1].decisions, tried[1].queries));
    assert_ne!(tried[0].decisions, tried[2].decisions);
}

macro_rules! planted {
    ($($name:ident: $flaw:ident,)*) => {$(
        #[test]
        fn $name() {
            let (seed, text) = found(Flaw::$flaw);
            println!("seed {seed}: {}", text.chars().take(200).collect::<String>());
        }
    )*};
}

planted! {
    a_fault_that_grants_is_found: FaultGrants,
    a_fault_that_lifts_a_denial_is_found: FaultLiftsDenial,
    a_denial_that_is_ignored_is_found: DenialIgnored,
    a_denial_that_binds_only_its_own_role_is_found: DenialOnlyOfItsRole,
    a_filter_before_the_policy_is_found: FilterBeforePolicy,
    a_mask_that_is_forgotten_is_found: MaskForgotten,
    masks_that_are_no_union_are_found: MaskIntersects,
    a_missing_field_that_is_null_is_found: MissingIsNull,
    a_fault_that_wins_over_true_is_found: FaultWinsInOr,
    a_role_that_works_below_without_being_told_to_is_found: AllRolesInherit,
    a_membership_whose_rule_is_ignored_is_found: MembershipRuleIgnored,
    a_count_of_what_is_hidden_is_found: CountsHidden,
    a_clash_that_tells_of_what_is_hidden_is_found: ClashTells,
    a_version_that_is_ignored_is_found: VersionIgnored,
    a_change_that_is_judged_by_what_was_alone_is_found: OldAlone,
    a_hidden_field_that_is_overwritten_is_found: HiddenFieldsAreWritten,
    an_expired_document_that_stays_is_found: ExpiredStays,
}

#[test]
fn what_is_told_of_a_difference_is_small() {
    let flaw = Flaw::FaultGrants;
    let (seed, text) = found(flaw);
    let told = shrunk(case(seed, Some(flaw)), text);
    let notes = told.lines().filter(|line| line.contains(" notes ")).count();
    assert!(told.contains("the oracle") && notes <= 4, "{told}");
}
