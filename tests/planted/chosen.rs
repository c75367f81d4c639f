//! Which faults are tried: all, some by name, or a sample that moves with the commit. It knows nothing of trying them.

use super::fault::Fault;

/// The crates of which samples are taken: these build within a minute or two, and tests of the others take longer.
const SAMPLED: [&str; 2] = ["portunus-storage", "portunus-predicate"];

/// Those of `faults` that `asked` names. A sample is spread over what is sampled, and begins where `commit` says.
///
/// # Errors
/// That there is no fault of some name.
pub fn chosen(faults: &[Fault], asked: &str, commit: &str) -> Result<Vec<Fault>, String> {
    if asked == "all" {
        return Ok(faults.to_vec());
    }
    if let Ok(count) = asked.parse::<usize>() {
        let is_sampled = |fault: &&Fault| SAMPLED.contains(&fault.caught_by.package.as_str());
        let faults: Vec<&Fault> = faults.iter().filter(is_sampled).collect();
        let first = usize::from_str_radix(commit.get(..7).unwrap_or_default(), 16).unwrap_or(0);
        let count = count.clamp(1, faults.len());
        let place = |nth: usize| (first + nth * faults.len() / count) % faults.len();
        return Ok((0..count).map(|nth| Fault::clone(faults[place(nth)])).collect());
    }
    let by_name = |name: &str| {
        let fault = faults.iter().find(|fault| fault.name == name);
        fault.cloned().ok_or_else(|| format!("there is no fault {name}"))
    };
    asked.split(',').map(|name| by_name(name.trim())).collect()
}

#[test]
fn a_sample_is_as_large_as_asked_for_and_moves_with_the_commit() {
    let faults = Fault::all();
    let names = |asked: &str, commit: &str| -> Vec<String> {
        chosen(&faults, asked, commit).unwrap().into_iter().map(|fault| fault.name).collect()
    };
    let mut sample = names("4", "0000001f");
    assert_ne!(sample, names("4", "0000002f"));
    sample.sort();
    sample.dedup();
    assert_eq!(sample.len(), 4);
    assert_eq!(names("all", "").len(), faults.len());
    assert_eq!(
        names(&format!("{}, {}", faults[1].name, faults[0].name), ""),
        [faults[1].name.as_str(), faults[0].name.as_str()]
    );
    assert!(chosen(&faults, "no-such-fault", "").is_err());
}
