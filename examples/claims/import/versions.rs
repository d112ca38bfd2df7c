//! Which version each stream has, as the file says and as the store has answered so far.

use std::collections::HashMap;

use event_sourcing::core::{Appended, VersionConflict};
use event_sourcing::{StreamId, StreamVersion};

use super::error::Problem;

#[derive(Debug, Default)]
pub(super) struct Versions {
    streams: HashMap<StreamId, Stream>,
}

#[derive(Debug, Default)]
struct Stream {
    /// After all lines that were sent.
    sent: StreamVersion,
    /// After all lines whose answer is there.
    settled: StreamVersion,
}

impl Versions {
    /// The version that a stream has before the next line, which is sent now.
    pub(super) fn send(&mut self, stream: &StreamId) -> StreamVersion {
        let known = self.streams.entry(stream.clone()).or_default();
        let before = known.sent;
        known.sent = before.next();
        before
    }

    /// Notes the answer to a line.
    ///
    /// An event may stand in the file twice. The second is a repeat of an earlier version, so the
    /// lines after it were sent with versions that are one too high.
    pub(super) fn settle(&mut self, appended: &Appended) -> Result<(), Problem> {
        for written in &appended.streams {
            let known = self.streams.entry(written.stream.clone()).or_default();
            let (version, by_file) = (written.last_version, known.settled.next());
            if version < by_file {
                known.sent = known.sent.previous();
            } else if version == by_file {
                known.settled = version;
            } else {
                let stream = written.stream.clone();
                return Err(Problem::Displaced {
                    stream,
                    version,
                    by_file,
                });
            }
        }
        Ok(())
    }

    /// The version to send a line with once more, if its conflict was with lines of this file
    /// only.
    pub(super) fn after(&self, conflict: &VersionConflict) -> Option<StreamVersion> {
        let settled = self.streams.get(&conflict.stream)?.settled;
        (conflict.actual <= settled).then_some(settled)
    }
}
