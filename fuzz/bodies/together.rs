//! Damage of a file, the text of a rule and the text of a secret, all at once: whatever opens, nobody finds what they may not know.
//! It knows nothing of how any of the three is read.

use super::ram::Ram;
use super::recipe::Recipe;
use super::secret_text::with_checksum;
use super::shelf::{SHELF, answers, author, open, tells_damage};
use portunus_auth::{Durability, Error, Gate, Secret};

/// Canaries of notes, and who may know them whatever the rule says: it is put beside one that is about the owner.
const CANARIES: [(&str, &[&str]); 5] = [
    ("canary-ann", &["ann", "admin", "server"]),
    ("canary-bob", &["bob", "admin", "server"]),
    ("canary-sealed", &["admin", "server"]),
    ("canary-hidden", &["admin", "server"]),
    ("canary-below", &["admin", "below"]),
];

/// Takes `data` for a recipe of damage, and behind it two texts with a line break between them: of a rule, and of what is done to a
/// secret.
pub fn run(data: &[u8]) {
    let mut recipe = Recipe::new(data);
    let (who, how) = (usize::from(recipe.byte()), recipe.byte());
    let image = SHELF.damaged(&mut recipe);
    let Ok(text) = std::str::from_utf8(recipe.rest()) else { return };
    let (rule, change) = text.split_once('\n').unwrap_or((text, ""));
    let (name, honest) = &SHELF.secrets[who % SHELF.secrets.len()];
    let secret = Secret::from(changed(honest.expose(), how, change));
    let gate = match open(&Ram::holding(image)) {
        Ok(gate) => gate,
        Err(error) => return assert!(tells_damage(&error), "{error:?}"),
    };
    define(&gate, rule);
    // A token has no scope and a key but one, so a text that is not the honest one is good for nothing, or for a narrower use of a
    // key that reaches no further.
    let is_honest = secret.expose() == honest.expose();
    let narrows = ["admin", "below"].contains(name);
    for said in answers(&gate, &secret) {
        let said = match said {
            Ok(said) => said,
            Err(error) => {
                assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
                continue;
            }
        };
        assert!(is_honest || narrows, "{secret:?} of {name} opens something: {said}");
        let found =
            CANARIES.iter().find(|(canary, knowing)| said.contains(canary) && !knowing.contains(name));
        assert!(found.is_none(), "{name} finds {found:?} under {rule:?}: {said}");
    }
}

/// Gives the role of authors that rule beside the one about owners, if it is a rule.
fn define(gate: &Gate, rule: &str) {
    let defined = gate.begin_write(&SHELF.secrets[2].1).and_then(|mut view| {
        // What is no rule by itself could end the brackets that it is put in.
        view.define_role(author(rule))?;
        view.define_role(author(&format!("({rule}\n) && doc.owner == id(identity)")))?;
        view.commit(Durability::Relaxed)
    });
    assert!(!matches!(defined, Err(Error::Internal(_))), "{defined:?}");
}

/// What becomes of the text of a secret: nothing, a tail, another end, another sign with the right checksum, or another text.
fn changed(honest: &str, how: u8, change: &str) -> String {
    let place = usize::from(how / 8) * 2;
    let signs = |text: &str| text.chars().take(honest.len()).collect::<String>();
    match how % 8 {
        0 | 1 => honest.to_owned(),
        2 | 3 => format!("{honest}{change}"),
        4 => format!("{}{change}", &honest[..place]),
        5 | 6 => {
            let put_in = signs(change);
            let mut text = honest.to_owned();
            let end = (place + put_in.len()).min(honest.len());
            text.replace_range(place..end, &put_in);
            with_checksum(&text).unwrap_or(text)
        }
        _ => change.to_owned(),
    }
}
