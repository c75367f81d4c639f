//! `init`: a new store, and its first key. It knows nothing of what will be in it.

use crate::args::Common;
use crate::failure::{Failure, Result};
use crate::files::SecretFile;
use crate::output::Output;
use clap::Args;
use portunus::{ErrorKind, Portunus, Secret};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Make a store in a new file, and its first key: one with the role admin
///
/// The key is printed once, or written into a file that only you can read. It cannot be shown again.
#[derive(Args)]
pub struct Init {
    /// The file of the new store. There must be nothing at its place
    file: PathBuf,
    /// Write the key into this new file, and do not print it
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

impl Init {
    /// # Errors
    /// A conflict if there is anything at one of the places; a failure of the operating system.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        refuse_store_option(common)?;
        match &self.key_file {
            Some(key_file) => self.with_key_file(key_file, output),
            None => self.printed(output),
        }
    }

    fn with_key_file(&self, key_file: &Path, output: &mut Output) -> Result {
        let file = SecretFile::create(key_file)?;
        let (db, admin) = create_store(&self.file)?;
        file.write(&admin).inspect_err(|_| remove(&db, &self.file))?;
        db.close()?;
        file.keep()?;
        let value =
            || json!({"store": self.file.display().to_string(), "key_file": key_file.display().to_string()});
        output.done(
            value,
            &format!("made {}, and its first key in {}", self.file.display(), key_file.display()),
        )
    }

    fn printed(&self, output: &mut Output) -> Result {
        let (db, admin) = create_store(&self.file)?;
        // Nobody could open a store whose only key was not seen.
        show(&self.file, &admin, output).map_err(|failure| {
            remove(&db, &self.file);
            Failure::new(format!("the key could not be shown, so no store was made: {failure}"))
        })?;
        db.close()?;
        output.note(&format!(
            "made {}; above is its first key, which cannot be shown again",
            self.file.display()
        ));
        Ok(())
    }
}

/// Refuses `--store` where the file of the store is an argument.
///
/// # Errors
/// A usage failure if it was given.
pub fn refuse_store_option(common: &Common) -> Result {
    match &common.store {
        Some(_) => Err(Failure::usage("this command makes a store: its file is an argument, not --store")),
        None => Ok(()),
    }
}

fn create_store(path: &Path) -> Result<(Portunus, Secret)> {
    let created = Portunus::builder().sweep_every(None).create(path);
    created.map_err(|error| match error.kind() {
        // The store is not there, of course; what lacks is the folder that it was to be in.
        ErrorKind::NotFound => Failure::not_found("folder").at(path.display()),
        _ => Failure::from(error).at(path.display()),
    })
}

fn show(path: &Path, admin: &Secret, output: &mut Output) -> Result {
    if output.is_json() {
        output.json(&json!({"store": path.display().to_string(), "secret": admin.expose()}))?;
    } else {
        output.line(admin.expose())?;
    }
    output.finish()
}

/// Removes a store that was made just now.
fn remove(db: &Portunus, path: &Path) {
    let _ = db.close();
    let _ = std::fs::remove_file(path);
}
