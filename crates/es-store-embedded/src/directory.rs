//! The directory of a store: its lock, its layout file, and how a new one comes to be.
//!
//! | name | content |
//! |---|---|
//! | `lock` | nothing; locked while the store is open |
//! | `layout` | text: what this is, the layout's version, the settings that cannot change |
//! | `engine/` | the storage engine's files |
//! | `mark` | how far the log reaches at least ([`mark`](crate::mark)) |
//!
//! A store is made in the order `layout`, `engine.new`, rename to `engine`, `mark.new`, rename to
//! `mark`. A crash in between is completed by the next open: without `mark` nothing was ever
//! acknowledged, so an `engine` without events may stay and one with events is damage.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use es_core::{BoxError, Position};

use crate::error::OpenError;
use crate::layout::{LAYOUT_VERSION, Layout};

const LOCK: &str = "lock";
const LAYOUT: &str = "layout";
const LAYOUT_NEW: &str = "layout.new";
const ENGINE: &str = "engine";
const ENGINE_NEW: &str = "engine.new";
const MARK: &str = "mark";
const MARK_NEW: &str = "mark.new";

/// What a store is to be, decided when it is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) event_ids: bool,
    /// A chained log is opened as one in any case.
    pub(crate) chained: bool,
}

/// A locked directory. Dropping it unlocks.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    layout: Layout,
    _lock: File,
}

impl Directory {
    /// Makes the directory if need be, locks it, and makes sure that it holds a store or nothing.
    pub(crate) fn open(path: &Path, wanted: Wanted) -> Result<Self, OpenError> {
        let io = |source: io::Error| io_error(path, source);
        fs::create_dir_all(path).map_err(io)?;
        // Before the lock file is made: a directory that is not ours stays as it is.
        let known = path.join(LAYOUT).try_exists().map_err(io)?;
        if !known && !holds_nothing(path).map_err(io)? {
            return Err(OpenError::NotAStore {
                path: path.to_owned(),
            });
        }
        let lock = lock(path)?;
        // Someone else may have made the store just before the lock was ours.
        let layout = if path.join(LAYOUT).try_exists().map_err(io)? {
            known_layout(path, wanted)?
        } else {
            let layout = Layout::new(wanted.event_ids, wanted.chained);
            write_layout(path, &layout).map_err(io)?;
            layout
        };
        Ok(Self {
            path: path.to_owned(),
            layout,
            _lock: lock,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn engine(&self) -> PathBuf {
        self.path.join(ENGINE)
    }

    pub(crate) fn mark(&self) -> PathBuf {
        self.path.join(MARK)
    }

    /// Whether the store was never completely made.
    pub(crate) fn is_new(&self) -> io::Result<bool> {
        Ok(!self.mark().try_exists()?)
    }

    /// Makes the engine's files by `create`; false if there are some.
    pub(crate) fn create_engine<E: From<io::Error>>(
        &self,
        create: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<bool, E> {
        if self.engine().try_exists()? {
            return Ok(false);
        }
        let new = self.path.join(ENGINE_NEW);
        if new.try_exists()? {
            fs::remove_dir_all(&new)?;
        }
        create(&new)?;
        fs::rename(&new, self.engine())?;
        sync_directory(&self.path)?;
        Ok(true)
    }

    /// Whether the log is chained.
    pub(crate) fn chained(&self) -> bool {
        self.layout.chained()
    }

    /// Whether it was noted that the table of documents is there: then it must be.
    pub(crate) fn has_documents(&self) -> bool {
        self.layout.documents
    }

    /// Notes that the table of documents is there.
    pub(crate) fn note_documents(&mut self) -> io::Result<()> {
        if !self.layout.documents {
            self.layout.documents = true;
            write_layout(&self.path, &self.layout)?;
        }
        Ok(())
    }

    /// Makes the mark by `create`, which makes the store complete.
    pub(crate) fn create_mark(
        &self,
        create: impl FnOnce(&Path) -> io::Result<()>,
    ) -> io::Result<()> {
        let new = self.path.join(MARK_NEW);
        create(&new)?;
        fs::rename(&new, self.mark())?;
        sync_directory(&self.path)
    }
}

/// Reads the layout, which must be one that this program can go on with.
fn known_layout(path: &Path, wanted: Wanted) -> Result<Layout, OpenError> {
    let corrupt = |what: &str| OpenError::Corrupt {
        path: path.to_owned(),
        position: Position::START,
        source: what.into(),
    };
    let text = fs::read(path.join(LAYOUT)).map_err(|error| io_error(path, error))?;
    let layout = String::from_utf8(text)
        .ok()
        .and_then(|text| Layout::parse(&text))
        .ok_or_else(|| corrupt("the file `layout` is malformed"))?;
    if layout.version > LAYOUT_VERSION {
        return Err(OpenError::NewerLayout {
            path: path.to_owned(),
            found: layout.version,
            supported: LAYOUT_VERSION,
        });
    }
    if wanted.chained && !layout.chained() {
        return Err(OpenError::NotChained {
            path: path.to_owned(),
        });
    }
    match layout.event_ids {
        Some(made_with) if made_with == wanted.event_ids => Ok(layout),
        Some(made_with) => Err(OpenError::EventIds {
            path: path.to_owned(),
            made_with,
        }),
        None => Err(corrupt(
            "the file `layout` does not say whether event ids are indexed",
        )),
    }
}

fn write_layout(path: &Path, layout: &Layout) -> io::Result<()> {
    let new = path.join(LAYOUT_NEW);
    let mut file = File::create(&new)?;
    file.write_all(layout.text().as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path.join(LAYOUT))?;
    sync_directory(path)?;
    // The directory itself may be new.
    path.parent()
        .map_or(Ok(()), |parent| sync_directory(parent).or(Ok(())))
}

/// Whether there is nothing in a directory, or only what an interrupted first open leaves.
fn holds_nothing(path: &Path) -> io::Result<bool> {
    for file in fs::read_dir(path)? {
        let name = file?.file_name();
        if name != LOCK && name != LAYOUT_NEW {
            return Ok(false);
        }
    }
    Ok(true)
}

fn lock(path: &Path) -> Result<File, OpenError> {
    let io = |source: io::Error| io_error(path, source);
    let open = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path.join(LOCK));
    let file = open.map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked {
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(io(error)),
    }
}

#[cfg(unix)]
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

pub(crate) fn io_error(path: &Path, source: impl Into<BoxError>) -> OpenError {
    OpenError::Io {
        path: path.to_owned(),
        source: source.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(event_ids: bool) -> Wanted {
        let chained = false;
        Wanted { event_ids, chained }
    }

    #[test]
    fn a_directory_of_somebody_else_is_refused_and_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("thesis.txt"), "mine").unwrap();
        let refused = Directory::open(directory.path(), wanted(true)).unwrap_err();
        assert!(matches!(refused, OpenError::NotAStore { .. }), "{refused}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_newer_layout_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        drop(Directory::open(directory.path(), wanted(true)).unwrap());
        let newer = Layout {
            version: 3,
            event_ids: None,
            documents: false,
        }
        .text();
        fs::write(directory.path().join(LAYOUT), newer).unwrap();
        let refused = Directory::open(directory.path(), wanted(true)).unwrap_err();
        assert!(
            matches!(refused, OpenError::NewerLayout { found: 3, .. }),
            "{refused}"
        );
    }

    #[test]
    fn the_index_of_event_ids_is_decided_once() {
        let directory = tempfile::tempdir().unwrap();
        drop(Directory::open(directory.path(), wanted(false)).unwrap());
        let refused = Directory::open(directory.path(), wanted(true)).unwrap_err();
        assert!(
            matches!(
                refused,
                OpenError::EventIds {
                    made_with: false,
                    ..
                }
            ),
            "{refused}"
        );
    }

    #[test]
    fn a_log_is_chained_from_the_beginning_or_never() {
        let chained = Wanted {
            event_ids: true,
            chained: true,
        };
        let directory = tempfile::tempdir().unwrap();
        drop(Directory::open(directory.path(), wanted(true)).unwrap());
        let refused = Directory::open(directory.path(), chained).unwrap_err();
        assert!(matches!(refused, OpenError::NotChained { .. }), "{refused}");

        let directory = tempfile::tempdir().unwrap();
        drop(Directory::open(directory.path(), chained).unwrap());
        let opened = Directory::open(directory.path(), wanted(true)).unwrap();
        assert!(opened.chained());
    }
}
