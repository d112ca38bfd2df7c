//! The tables of the store.

/// One ordered table. Keys and values are described in [`keys`](crate::keys).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    /// Position of the last event of an append -> its record.
    Log,
    /// Stream and version -> where in the log; version 0 marks that the stream exists.
    Streams,
    /// Append id -> where in the log.
    Appends,
    /// Event id and position -> nothing; without those that are found through their append id.
    Events,
    /// Stream and version -> a snapshot.
    Snapshots,
    /// Name -> a checkpoint.
    Checkpoints,
    /// One entry: what the other tables hold.
    Totals,
    /// Kind and name -> a document. Not in stores of the first versions.
    Documents,
}

impl Table {
    /// All tables, each at its own index.
    pub(crate) const ALL: [Self; 8] = [
        Self::Log,
        Self::Streams,
        Self::Appends,
        Self::Events,
        Self::Snapshots,
        Self::Checkpoints,
        Self::Totals,
        Self::Documents,
    ];
    /// Those that every store had from the beginning.
    pub(crate) const FIRST: &[Self] = Self::ALL.split_at(7).0;

    /// Its stored name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Streams => "streams",
            Self::Appends => "appends",
            Self::Events => "events",
            Self::Snapshots => "snapshots",
            Self::Checkpoints => "checkpoints",
            Self::Totals => "totals",
            Self::Documents => "documents",
        }
    }
}
