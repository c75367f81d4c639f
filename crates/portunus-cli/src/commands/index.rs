//! `index`: indexes of collections that are there already. It knows nothing of queries.

use crate::args::Common;
use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::progress::Progress;
use crate::session::Session;
use clap::Subcommand;
use portunus::{BuildProgress, Collection};
use serde_json::json;

/// Indexes of collections
#[derive(Subcommand)]
pub enum Index {
    /// Add an index, and build it
    Add {
        /// The collection
        collection: String,
        /// The fields, as in origin,dest
        fields: String,
        /// Refuse two documents that are equal in all of the fields
        #[arg(long)]
        unique: bool,
    },
    /// Drop an index
    Drop {
        /// The collection
        collection: String,
        /// Its fields, as in origin,dest
        fields: String,
    },
    /// Go on building indexes whose building was cut
    Build {
        /// The collection
        collection: String,
    },
}

impl Index {
    /// # Errors
    /// As the store's.
    pub fn run(self, common: &Common, output: &mut Output) -> Result {
        let session = Session::open(common)?;
        match self {
            Self::Add { collection, fields, unique } => {
                let stated = stated(&session, &collection)?;
                if stated.indexes().iter().any(|index| index.name() == fields) {
                    return Err(Failure::already_exists("the index exists already"));
                }
                let split = fields.split(',');
                let stated = if unique { stated.unique(split) } else { stated.index(split) };
                session.write(|tx| tx.define(&stated))?;
                build(&session, &collection, output)?;
                session.close()?;
                output.done(|| json!({"collection": collection, "added": fields}), &format!("added {fields}"))
            }
            Self::Drop { collection, fields } => {
                let stated = stated(&session, &collection)?;
                if !stated.indexes().iter().any(|index| index.name() == fields) {
                    return Err(Failure::not_found("index"));
                }
                let stated = stated.without_index(&fields);
                session.write(|tx| tx.define(&stated))?;
                session.close()?;
                output.done(
                    || json!({"collection": collection, "dropped": fields}),
                    &format!("dropped {fields}"),
                )
            }
            Self::Build { collection } => {
                build(&session, &collection, output)?;
                session.close()?;
                output.done(|| json!({"collection": collection, "built": true}), "every index is ready")
            }
        }
    }
}

fn stated(session: &Session, collection: &str) -> Result<Collection> {
    session.read(|tx| tx.collection(collection))?.ok_or_else(|| Failure::not_found("collection"))
}

/// Builds what is unbuilt, step by step. What one step has built stays, if the next one is cut.
///
/// # Errors
/// As the store's.
pub fn build(session: &Session, collection: &str, output: &Output) -> Result {
    if session.read(|tx| tx.unbuilt_indexes(collection))?.is_empty() {
        return Ok(());
    }
    let progress = Progress::steps(output, None);
    progress.say(format!("building the indexes of {collection}"));
    while let BuildProgress::More(taken) = session.write(|tx| tx.build_indexes(collection))? {
        progress.add(u64::try_from(taken).unwrap_or_default());
    }
    Ok(())
}
