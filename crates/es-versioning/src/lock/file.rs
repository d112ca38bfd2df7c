//! The text of the lock file.
//!
//! Behind comments, which start with `#`, each shape has a heading, `event <name> <version>`, and
//! its canonical schema as JSON over several lines. Shapes are in order of name and version.

use std::collections::HashSet;
use std::fmt::Write;

use es_core::{TypeName, TypeTag, TypeVersion};
use serde_json::Value;

use crate::schema::canonical_text;
use crate::{EventSchema, SchemaSet};

const HEAD: &str = "\
# The shapes of all events that were ever stored. What is here never changes: a changed event gets
# a new version, and a rule that leads to it. Tests add what is new with UPDATE_EVENTS_LOCK=1.
";

const EVENT: &str = "event ";

pub(super) fn text(schemas: &SchemaSet) -> String {
    let mut text = HEAD.to_owned();
    for schema in schemas.iter() {
        let body = canonical_text(&schema.schema);
        // Writing into a `String` does not fail.
        let _ = write!(text, "\n{EVENT}{}\n{body}\n", schema.tag());
    }
    text
}

/// The number of a line, from 1, and what is wrong there.
pub(super) type Malformed = (usize, String);

pub(super) fn parse(text: &str) -> Result<SchemaSet, Malformed> {
    let mut schemas = SchemaSet::new();
    let mut seen = HashSet::new();
    let mut open: Option<(usize, TypeTag, String)> = None;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        if let Some(heading) = line.strip_prefix(EVENT) {
            close(open.take(), &mut schemas)?;
            let tag = tag(heading).ok_or_else(|| {
                let problem = "write `event`, the name and the version, as in `event Paid 1.0`";
                (number, problem.to_owned())
            })?;
            if !seen.insert(tag.clone()) {
                return Err((number, format!("{tag} is there twice")));
            }
            open = Some((number, tag, String::new()));
        } else if let Some((_, _, body)) = &mut open {
            body.push_str(line);
            body.push('\n');
        } else if !line.is_empty() && !line.starts_with('#') {
            return Err((number, "a shape starts with `event`".to_owned()));
        }
    }
    close(open, &mut schemas)?;
    Ok(schemas)
}

fn close(open: Option<(usize, TypeTag, String)>, schemas: &mut SchemaSet) -> Result<(), Malformed> {
    let Some((number, tag, body)) = open else {
        return Ok(());
    };
    let schema: Value = serde_json::from_str(&body).map_err(|error| {
        (
            number + error.line(),
            format!("the schema of {tag}: {error}"),
        )
    })?;
    schemas.insert(EventSchema::new(tag, &schema));
    Ok(())
}

/// Names may hold spaces; versions do not.
fn tag(heading: &str) -> Option<TypeTag> {
    let (name, version) = heading.trim_end().rsplit_once(' ')?;
    let version: TypeVersion = version.parse().ok()?;
    Some(TypeTag::new(TypeName::new(name).ok()?, version))
}
