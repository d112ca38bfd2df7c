//! The gate: a committed file that holds every shape that was ever stored.
//!
//! A shape that is in the file never changes. A change of the code that would change it, or that
//! leaves events of some version unreadable, fails a test before it fails in production.

mod file;
mod problem;

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

pub use self::problem::{LockError, LockProblem, LockProblems};

use crate::{SchemaSet, Upcasts};

/// Makes a test that runs [`check_lock`] on a file of the crate: its path from the crate's root,
/// the event type (or several in brackets), and an expression that makes the [`Upcasts`].
///
/// With `UPDATE_EVENTS_LOCK=1` in the environment the test runs [`update_lock`] first.
///
/// ```
/// # use es_core::Event;
/// # use es_versioning::Upcasts;
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// #[derive(Event, Serialize, Deserialize, JsonSchema)]
/// enum ClaimEvent {
///     ClaimSubmitted,
/// }
///
/// fn upcasts() -> Upcasts {
///     Upcasts::none()
/// }
///
/// es_versioning::events_lock_test!("events.lock", ClaimEvent, upcasts());
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! events_lock_test {
    ($path:expr, [$($event:ty),+ $(,)?], $upcasts:expr $(,)?) => {
        #[test]
        fn events_are_as_their_lock_says() {
            let mut schemas = $crate::SchemaSet::new();
            $(
                schemas = match $crate::SchemaSet::of::<$event>() {
                    Ok(more) => schemas.and(more),
                    Err(error) => panic!("{}: {error}", stringify!($event)),
                };
            )+
            let root = ::std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
            if let Err(error) = $crate::__private::gate(&root.join($path), &schemas, &$upcasts) {
                panic!("{error}");
            }
        }
    };
    ($path:expr, $event:ty, $upcasts:expr $(,)?) => {
        $crate::events_lock_test!($path, [$event], $upcasts);
    };
}

/// What [`events_lock_test!`](crate::events_lock_test) runs.
#[doc(hidden)]
pub fn gate(path: &Path, schemas: &SchemaSet, upcasts: &Upcasts) -> Result<(), LockError> {
    if std::env::var_os("UPDATE_EVENTS_LOCK").is_some_and(|value| value == "1") {
        update_lock(path, schemas)?;
    }
    check_lock(path, schemas, upcasts)
}

/// Compares the shapes of a program with those in the file. A file that is not there holds none.
///
/// # Errors
/// [`LockError::Problems`] if a shape in the file was changed without a new version, a version in
/// the file has no way of rules to what is current (or one that leaves a content as it is which the
/// current version cannot read), a type in the file is gone without a rule, or a shape is not in
/// the file; [`LockError`] if the file cannot be read.
pub fn check_lock(
    path: impl AsRef<Path>,
    schemas: &SchemaSet,
    upcasts: &Upcasts,
) -> Result<(), LockError> {
    let frozen = read(path.as_ref())?;
    let known = schemas.tags();
    let mut problems = Vec::new();
    for old in frozen.iter() {
        let tag = old.tag();
        match schemas.get(&tag) {
            Some(new) if new.schema == old.schema => {}
            Some(new) => problems.push(problem::changed(old, new)),
            None if upcasts.leads(&tag, &known) => {
                let unread = upcasts.unchanged_as(&tag, &known);
                let reader = unread.and_then(|to| schemas.get(&to));
                problems.extend(reader.and_then(|reader| problem::unread(old, reader)));
            }
            None => problems.push(problem::unreadable(tag, schemas)),
        }
    }
    let new = schemas
        .iter()
        .filter(|new| frozen.get(&new.tag()).is_none());
    problems.extend(new.map(|new| LockProblem::New { tag: new.tag() }));
    if problems.is_empty() {
        Ok(())
    } else {
        Err(LockError::Problems(LockProblems { problems }))
    }
}

/// Adds the shapes to the file that are not in it, and returns whether there were any. It makes the
/// file if need be, and leaves what is in it.
///
/// # Errors
/// [`LockError`] if the file cannot be read or written.
pub fn update_lock(path: impl AsRef<Path>, schemas: &SchemaSet) -> Result<bool, LockError> {
    let path = path.as_ref();
    let frozen = read(path)?;
    let new: Vec<_> = schemas
        .iter()
        .filter(|schema| frozen.get(&schema.tag()).is_none())
        .cloned()
        .collect();
    if new.is_empty() {
        return Ok(false);
    }
    let all = frozen.and(new.into());
    write(path, &file::text(&all)).map_err(|source| LockError::Io {
        path: path.to_owned(),
        source,
    })?;
    Ok(true)
}

/// The shapes in a lock file; none if there is no file.
pub(crate) fn read(path: &Path) -> Result<SchemaSet, LockError> {
    match fs::read_to_string(path) {
        Ok(text) => file::parse(&text).map_err(|(line, problem)| LockError::Malformed {
            path: path.to_owned(),
            line,
            problem,
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(SchemaSet::new()),
        Err(source) => Err(LockError::Io {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Beside the file first, so that it is whole whatever happens.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    fs::write(&beside, text)?;
    fs::rename(&beside, path)
}
