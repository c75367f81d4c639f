//! A transaction as a value: its operations, and the run of them through a view. It knows nothing of single operations.

use crate::{ANSWER_BYTES_MAX, Answer, OPERATIONS_MAX, Operation};
use portunus::{Error, ReadView, Result, WriteView};
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use std::fmt;

/// The operations of one transaction, which are done together or not at all.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    #[serde(deserialize_with = "bounded")]
    operations: Vec<Operation>,
}

/// How far a transaction has come: which operation it was, if it was one, that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The operation that is under way or has failed, counted from 0.
    pub operation: Option<usize>,
}

impl Request {
    /// A transaction of one operation.
    #[must_use]
    pub fn of(operation: Operation) -> Self {
        Self { operations: vec![operation] }
    }

    /// Reads `{"operations": [{"op": …}, …]}`.
    ///
    /// # Errors
    /// `Invalid` if it is not that, with what is wrong and where.
    pub fn read(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|error| Error::invalid("", error.to_string()))
    }

    /// How many operations there are.
    #[must_use]
    pub fn operations(&self) -> usize {
        self.operations.len()
    }

    /// Whether any of them changes something.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.operations.iter().any(Operation::writes)
    }

    /// Runs them through a view that only reads.
    ///
    /// # Errors
    /// As the operation that fails, which `progress` tells; `Limit` past [`ANSWER_BYTES_MAX`].
    pub fn ask(&self, view: &ReadView, progress: &mut Progress) -> Result<Vec<Answer>> {
        self.each(progress, |operation| operation.ask(view))
    }

    /// Runs them through a view that writes.
    ///
    /// # Errors
    /// As [`Request::ask`].
    pub fn write(&self, view: &mut WriteView, progress: &mut Progress) -> Result<Vec<Answer>> {
        self.each(progress, |operation| operation.write(view))
    }

    fn each(
        &self,
        progress: &mut Progress,
        mut run: impl FnMut(&Operation) -> Result<Answer>,
    ) -> Result<Vec<Answer>> {
        let mut answers = Vec::with_capacity(self.operations.len());
        let mut bytes = 0_usize;
        for (number, operation) in self.operations.iter().enumerate() {
            progress.operation = Some(number);
            let answer = run(operation)?;
            bytes = bytes.saturating_add(answer.json().len());
            if bytes > ANSWER_BYTES_MAX {
                return Err(Error::Limit { what: "answer", actual: bytes, max: ANSWER_BYTES_MAX });
            }
            answers.push(answer);
        }
        progress.operation = None;
        Ok(answers)
    }
}

fn bounded<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Vec<Operation>, D::Error> {
    deserializer.deserialize_seq(Operations)
}

struct Operations;

impl<'de> Visitor<'de> for Operations {
    type Value = Vec<Operation>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a list of at most {OPERATIONS_MAX} operations")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Vec<Operation>, A::Error> {
        let mut operations = Vec::new();
        while let Some(operation) = list.next_element()? {
            if operations.len() == OPERATIONS_MAX {
                return Err(serde::de::Error::invalid_length(OPERATIONS_MAX.saturating_add(1), &self));
            }
            operations.push(operation);
        }
        Ok(operations)
    }
}

#[cfg(test)]
mod tests;
