//! Whether one schema can read what another one writes.

use apache_avro::Schema;

use super::plan::{Plan, Planner};
use super::reading::Input;
use super::sample::samples;
use super::shape::Shape;

/// Checks that everything that can be written under one schema can be read under another, both as
/// JSON.
///
/// The rules of the specification must allow it for every value, with aliases and defaults as they
/// are used in reading. Then samples of what the writer can write, with every branch of its unions
/// and every symbol of its enums, must be readable.
///
/// # Errors
/// [`AvroIncompatible`] names the field and says what is wrong with it; also if one of the schemas is
/// not valid.
///
/// ```
/// use es_serde::can_read;
///
/// let old = r#"{"type": "record", "name": "Paid", "fields": [
///     {"name": "amount", "type": "long"}
/// ]}"#;
/// let new = r#"{"type": "record", "name": "Paid", "fields": [
///     {"name": "amount", "type": "int"}
/// ]}"#;
/// assert!(can_read(new, old).is_ok());
/// let error = can_read(old, new).unwrap_err();
/// assert_eq!(error.to_string(), "amount: long is written and int read");
/// ```
pub fn can_read(writer: &str, reader: &str) -> Result<(), AvroIncompatible> {
    let writer = parse("the writer's schema", writer)?;
    let reader = parse("the reader's schema", reader)?;
    let plan = Planner::whole_plan(&writer, &reader)?;
    for sample in samples(&writer.kind) {
        let mut data = Vec::new();
        sample.write(&mut data);
        read_whole(&plan, &data)?;
    }
    Ok(())
}

fn parse(which: &str, json: &str) -> Result<Shape, AvroIncompatible> {
    let invalid = |words: String| AvroIncompatible::new(&[], format!("{which}: {words}"));
    let schema = Schema::parse_str(json).map_err(|error| invalid(error.to_string()))?;
    Shape::of(&schema).map_err(|error| invalid(error.to_string()))
}

fn read_whole(plan: &Plan, data: &[u8]) -> Result<(), AvroIncompatible> {
    let mut input = Input::new(data);
    let read = input.read(plan);
    read.map_err(|failure| AvroIncompatible::new(&[], failure.to_string()))?;
    if input.remaining() == 0 {
        Ok(())
    } else {
        let words = "a sample of the writer is not read to its end";
        Err(AvroIncompatible::new(&[], words.to_owned()))
    }
}

/// What keeps a schema from reading what another one writes: give new fields defaults, renamed ones
/// aliases, and enums a default; never take a narrower type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct AvroIncompatible {
    path: String,
    problem: String,
}

impl AvroIncompatible {
    pub(super) fn new(path: &[String], problem: String) -> Self {
        let path = if path.is_empty() {
            "the whole value".to_owned()
        } else {
            path.join(".")
        };
        Self { path, problem }
    }

    /// The names of the fields down to the one that is wrong, with dots; `[]` stands for the items
    /// of an array, and `{}` for the values of a map.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong there.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}
