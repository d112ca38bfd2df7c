//! Reading: pages of raw documents, taken apart by hand.
//!
//! Every read is of what a majority has committed, and sees at least what this process has
//! written or read before ([`Database::read_concern`]). Where the log ends is confirmed by a
//! majority each time: a primary that was cut off from the others and does not know it yet may
//! answer a read, and know nothing of what the new primary has committed. So a page is never said
//! to end the log unless it is empty and that was confirmed. Documents tile the positions, and the
//! versions of each stream, so a reader knows at every document which one must come next, and
//! stops at a hole rather than read on over it (I6).
//!
//! A page begins with a query for what lies behind its start. Only if the start turns out to lie
//! inside a document is that one fetched as well, which is rare: pages end between documents
//! where they can.
//!
//! [`Database::read_concern`]: crate::database::Database::read_concern

mod ahead;
mod all;
mod append;
pub(crate) mod batch;
mod event;
pub(crate) mod fetch;
mod filtered;
mod pace;
pub(crate) mod page;
pub(crate) mod patience;
mod stream;
mod stubs;

use std::sync::Arc;

use es_core::{
    AllPage, AllRange, EventId, Position, ReadError, RecordedEvent, StreamId, StreamPage,
    StreamRange,
};

pub(crate) use ahead::Ahead;
pub(crate) use pace::Pace;

use crate::layout::decode::Malformed;
use crate::shared::Shared;

/// A page of one stream.
pub(crate) async fn read_stream(
    shared: &Arc<Shared>,
    stream: &StreamId,
    range: StreamRange,
) -> Result<StreamPage, ReadError> {
    shared.hub.check_open()?;
    stream::read(shared, stream, range).await
}

/// A page of all events.
pub(crate) async fn read_all(shared: &Arc<Shared>, range: &AllRange) -> Result<AllPage, ReadError> {
    shared.hub.check_open()?;
    all::read(shared, range).await
}

/// The first event with this id.
pub(crate) async fn read_event(
    shared: &Arc<Shared>,
    id: EventId,
) -> Result<Option<RecordedEvent>, ReadError> {
    shared.hub.check_open()?;
    event::read(shared, id).await
}

/// Returns once there is an event after a position.
pub(crate) async fn wait_past(shared: &Arc<Shared>, position: Position) -> Result<(), ReadError> {
    shared.hub.wait_past(position).await
}

/// The position of the last event.
pub(crate) async fn head(shared: &Arc<Shared>) -> Result<Position, ReadError> {
    shared.hub.fresh_head().await
}

/// The events of the append whose first document is at `first`. Of its documents at most one more
/// than `documents` are read, which shows that there are more.
pub(crate) async fn append_at(
    shared: &Shared,
    first: Position,
    documents: usize,
) -> Result<Vec<RecordedEvent>, ReadError> {
    append::read(shared, first, documents).await
}

fn corrupt(position: Position) -> impl Fn(Malformed) -> ReadError {
    move |malformed| ReadError::Corrupt {
        position,
        source: malformed.into(),
    }
}
