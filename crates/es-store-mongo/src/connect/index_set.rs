//! The indexes that are there, and those that should be.

use mongodb::bson::{Bson, Document, doc};
use mongodb::error::{Error, ErrorKind};

use super::cause;
use crate::database::Database;
use crate::error::OpenError;
use crate::indexes::{Definition, Index};

const DUPLICATE_KEY: i32 = 11_000;
/// Of a collection that is not there.
const NAMESPACE_NOT_FOUND: i32 = 26;

/// The indexes of one collection, as the server lists them.
#[derive(Debug)]
pub(crate) struct Listed(Vec<Document>);

impl Listed {
    pub(crate) async fn read(database: &Database, collection: &str) -> Result<Self, OpenError> {
        let command = doc! { "listIndexes": collection, "cursor": { "batchSize": 100 } };
        let reply = match database.handle().run_command(command).await {
            Ok(reply) => reply,
            Err(error) if code(&error) == Some(NAMESPACE_NOT_FOUND) => return Ok(Self(Vec::new())),
            Err(error) => return Err(cause::of_command(&error, "list indexes")),
        };
        let found = reply
            .get_document("cursor")
            .and_then(|cursor| cursor.get_array("firstBatch"));
        let found = found.into_iter().flatten();
        let indexes = found.filter_map(Bson::as_document).cloned();
        Ok(Self(indexes.collect()))
    }

    /// Whether all parts of an index are there.
    pub(crate) fn has(&self, index: Index) -> bool {
        let definitions = index.definitions();
        definitions
            .iter()
            .all(|wanted| self.0.iter().any(|found| is(found, wanted)))
    }

    /// Which of these are missing; an error if there is another one in the place of one.
    fn missing(
        &self,
        collection: &str,
        wanted: Vec<Definition>,
    ) -> Result<Vec<Definition>, OpenError> {
        let mut missing = Vec::new();
        for definition in wanted {
            if self.0.iter().any(|found| is(found, &definition)) {
                continue;
            }
            match self.0.iter().find_map(|found| problem(found, &definition)) {
                Some(problem) => {
                    return Err(wrong(
                        collection,
                        &definition,
                        found_name(&self.0, &definition),
                        problem,
                    ));
                }
                None => missing.push(definition),
            }
        }
        Ok(missing)
    }
}

/// Makes what is missing of these; what is there must be what it should be.
pub(crate) async fn make(
    database: &Database,
    collection: &str,
    wanted: Vec<Definition>,
) -> Result<(), OpenError> {
    let listed = Listed::read(database, collection).await?;
    let missing = listed.missing(collection, wanted)?;
    let Some(first) = missing.first() else {
        return Ok(());
    };
    let command = doc! {
        "createIndexes": collection,
        "indexes": missing.iter().map(Definition::document).collect::<Vec<_>>(),
        "writeConcern": { "w": "majority" },
    };
    let made = database.handle().run_command(command).await;
    made.map(drop).map_err(|error| match code(&error) {
        Some(DUPLICATE_KEY) => OpenError::Duplicates {
            collection: collection.to_owned(),
            name: first.name,
            source: cause::said(&error),
        },
        _ => cause::of_command(&error, "create indexes"),
    })
}

/// Whether the server's index does what ours must do. Its name does not matter.
fn is(found: &Document, wanted: &Definition) -> bool {
    has_key(found, wanted)
        && found.get_bool("unique").unwrap_or(false) == wanted.unique
        && found.get_document("partialFilterExpression").ok() == wanted.partial.as_ref()
        && !found.get_bool("sparse").unwrap_or(false)
        && !found.get_bool("hidden").unwrap_or(false)
        && !found.contains_key("collation")
        && !found.contains_key("expireAfterSeconds")
}

fn problem(found: &Document, wanted: &Definition) -> Option<&'static str> {
    let same_name = found.get_str("name").is_ok_and(|name| name == wanted.name);
    if has_key(found, wanted) {
        let unique = found.get_bool("unique").unwrap_or(false);
        Some(match (unique, wanted.unique) {
            (false, true) => "is not unique",
            (true, false) => "is unique, and must not be",
            _ => "has other options than it must have",
        })
    } else {
        same_name.then_some("has other keys than it must have")
    }
}

fn has_key(found: &Document, wanted: &Definition) -> bool {
    let Ok(key) = found.get_document("key") else {
        return false;
    };
    let ascending = |value: &Bson| match value {
        Bson::Int32(number) => *number == 1,
        Bson::Int64(number) => *number == 1,
        Bson::Double(number) => (*number - 1.0).abs() < f64::EPSILON,
        _ => false,
    };
    key.keys().eq(wanted.key.keys()) && key.values().all(ascending)
}

fn found_name<'f>(found: &'f [Document], wanted: &Definition) -> &'f str {
    let found = found.iter().find(|found| problem(found, wanted).is_some());
    found
        .and_then(|found| found.get_str("name").ok())
        .unwrap_or_default()
}

fn wrong(collection: &str, wanted: &Definition, name: &str, problem: &'static str) -> OpenError {
    let mut options = wanted.document();
    options.remove("key");
    OpenError::WrongIndex {
        collection: collection.to_owned(),
        name: name.to_owned(),
        problem,
        remedy: format!(
            "db.getCollection({collection:?}).dropIndex({name:?}); \
             db.getCollection({collection:?}).createIndex({}, {options})",
            wanted.key
        ),
    }
}

fn code(error: &Error) -> Option<i32> {
    match &*error.kind {
        ErrorKind::Command(command) => Some(command.code),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(index: Document) -> Listed {
        Listed(vec![
            doc! { "name": "_id_", "key": { "_id": 1 }, "unique": true, "clustered": true },
            index,
        ])
    }

    fn refusal(index: Document, wanted: Definition) -> String {
        let refused = listed(index).missing("events", vec![wanted]);
        refused.unwrap_err().to_string()
    }

    #[test]
    fn an_index_is_known_by_what_it_does() {
        let ours = doc! { "name": "other", "key": { "s": 1.0, "v": 1_i64 }, "unique": true };
        let missing = listed(ours).missing("events", vec![Definition::streams()]);
        assert_eq!(missing.unwrap(), []);
        let none = listed(doc! { "name": "x", "key": { "x": 1 } });
        let missing = none.missing("events", vec![Definition::streams()]);
        assert_eq!(missing.unwrap(), [Definition::streams()]);
    }

    #[test]
    fn streams_without_a_unique_index_are_refused_with_the_remedy() {
        let refused = refusal(
            doc! { "name": "s_v", "key": { "s": 1, "v": 1 } },
            Definition::streams(),
        );
        assert!(refused.contains("is not unique"), "{refused}");
        assert!(refused.contains(r#"dropIndex("s_v")"#), "{refused}");
        assert!(refused.contains(r#""unique": true"#), "{refused}");
    }

    #[test]
    fn an_index_that_does_something_else_is_refused() {
        let key = doc! { "s": 1, "v": 1 };
        for index in [
            doc! { "name": "s_v", "key": { "s": 1 }, "unique": true },
            doc! { "name": "s_v", "key": { "v": 1, "s": 1 }, "unique": true },
            doc! { "name": "s_v", "key": key.clone(), "unique": true, "sparse": true },
            doc! { "name": "x", "key": key, "unique": true, "partialFilterExpression": { "v": 1 } },
        ] {
            let refused = refusal(index, Definition::streams());
            assert!(refused.contains("than it must have"), "{refused}");
        }
    }

    #[test]
    fn an_index_counts_as_there_with_all_of_its_parts() {
        let half = listed(doc! { "name": "correlation", "key": { "m.c": 1, "_id": 1 } });
        assert!(!half.has(Index::Correlation));
        let types = listed(doc! { "name": "event_types", "key": { "e.t": 1, "_id": 1 } });
        assert!(types.has(Index::EventTypes) && !types.has(Index::Categories));
    }
}
