//! Secrets that were made just now: each is printed once, or written into a file of its own. It knows nothing of what they
//! open.

use crate::failure::Result;
use crate::files::SecretFile;
use crate::output::Output;
use portunus::Secret;
use serde_json::{Map, Value as Json};

/// A secret that was made just now, and where it goes.
pub struct NewSecret<'s> {
    /// What it is, in words.
    pub noun: &'static str,
    /// The public id that names it.
    pub id: String,
    /// What programs are told of it beside that.
    pub more: Vec<(&'static str, Json)>,
    /// The secret.
    pub secret: &'s Secret,
    /// The file that it goes into. Otherwise it is printed.
    pub file: Option<SecretFile>,
}

/// Prints a secret or writes it into its file, and another one that came with it.
///
/// # Errors
/// If one of them could not be handed over. No file is left then, and the caller should see to it that the secrets open
/// nothing: nobody has them.
pub fn hand_over(
    made: NewSecret<'_>,
    beside: Option<(&'static str, NewSecret<'_>)>,
    output: &mut Output,
) -> Result {
    let all = || std::iter::once(&made).chain(beside.as_ref().map(|(_, other)| other));
    for new in all() {
        if let Some(file) = &new.file {
            file.write(new.secret)?;
        }
    }
    if output.is_json() {
        let mut object = made.to_json();
        if let Some((member, other)) = &beside {
            object.insert((*member).into(), other.to_json().into());
        }
        output.json(&object.into())?;
    } else {
        for new in all().filter(|new| new.file.is_none()) {
            output.line(new.secret.expose())?;
        }
    }
    output.finish()?;
    let tell_of_file = !output.is_json();
    for new in std::iter::once(made).chain(beside.map(|(_, other)| other)) {
        let NewSecret { noun, id, file, .. } = new;
        match file {
            None => output
                .note(&format!("made the {noun} {id}; above is its secret, which cannot be shown again")),
            Some(file) => {
                let note = format!("made the {noun} {id}, its secret is in {}", file.path().display());
                file.keep()?;
                if tell_of_file {
                    output.note(&note);
                }
            }
        }
    }
    Ok(())
}

impl NewSecret<'_> {
    fn to_json(&self) -> Map<String, Json> {
        let mut object = Map::new();
        object.insert("id".into(), self.id.as_str().into());
        match &self.file {
            None => object.insert("secret".into(), self.secret.expose().into()),
            Some(file) => {
                let member = format!("{}_file", self.noun.split(' ').next().unwrap_or_default());
                object.insert(member, file.path().display().to_string().into())
            }
        };
        object.extend(self.more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        object
    }
}
