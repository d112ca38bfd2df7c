//! What to archive, and where to.

use std::path::PathBuf;
use std::time::Duration;

use es_core::{Position, StreamId, Timestamp};

/// Which events to move, and to where: another collection, or a file.
///
/// Whole documents are moved: one holds the events of one append to one stream. By position and by
/// time, a document goes if all its events are meant; the order of the log is kept, so that what is
/// archived is a beginning of it.
///
/// ```
/// use std::time::Duration;
/// use es_store_mongo::ArchivePlan;
/// let nightly = ArchivePlan::older_than(Duration::from_secs(400 * 86_400));
/// let to_file = ArchivePlan::streams(["Claim/42".parse()?]).to_file("/archive/claims.bson");
/// # Ok::<(), es_core::InvalidStreamId>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct ArchivePlan {
    pub(super) what: What,
    pub(super) file: Option<PathBuf>,
    pub(super) batch_documents: usize,
}

/// Which events are meant.
#[derive(Debug, Clone)]
pub(super) enum What {
    UpTo(Position),
    RecordedBefore(Timestamp),
    OlderThan(Duration),
    Streams(Vec<StreamId>),
}

impl ArchivePlan {
    /// The events up to a position.
    pub fn up_to(position: Position) -> Self {
        Self::of(What::UpTo(position))
    }

    /// The events that were recorded before a time.
    pub fn recorded_before(time: Timestamp) -> Self {
        Self::of(What::RecordedBefore(time))
    }

    /// The events that were recorded longer ago than this, by the store's clock: a retention
    /// period.
    pub fn older_than(age: Duration) -> Self {
        Self::of(What::OlderThan(age))
    }

    /// All events of these streams. Later events of them stay where they are until the next run.
    pub fn streams(streams: impl IntoIterator<Item = StreamId>) -> Self {
        Self::of(What::Streams(streams.into_iter().collect()))
    }

    /// Puts them into a file instead of the collection `events_archive`.
    ///
    /// The file is appended to, and made if it is missing. It holds the documents one after the
    /// other, as the server's own dump and restore programs write and read them. It is on the
    /// machine of the process that runs this, and only as safe as its disk: it is synced before an
    /// original is replaced, and copying it elsewhere is up to you. To read from it, name it in
    /// [`MongoOptions::archive_file`](crate::MongoOptions::archive_file).
    pub fn to_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// Moves at most this many documents at a time, 1 to 5,000; fewer if they are large. 1,000.
    ///
    /// Between two batches others get their turn; with small batches a run disturbs them less, and
    /// takes longer.
    pub fn batch_documents(mut self, documents: usize) -> Self {
        self.batch_documents = documents.clamp(1, 5_000);
        self
    }

    fn of(what: What) -> Self {
        Self {
            what,
            file: None,
            batch_documents: 1_000,
        }
    }
}
