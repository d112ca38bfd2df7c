//! The event store: appends go to the committer, reads go to the server.

use async_trait::async_trait;
use es_core::{
    AllPage, AllRange, Append, AppendError, Appended, EventId, EventStore, Position, ReadError,
    RecordedEvent, StreamId, StreamPage, StreamRange,
};

use crate::{MongoStore, reader};

#[async_trait]
impl EventStore for MongoStore {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.enqueue(append).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        range: StreamRange,
    ) -> Result<StreamPage, ReadError> {
        reader::read_stream(&self.shared, stream, range).await
    }

    async fn read_all(&self, range: &AllRange) -> Result<AllPage, ReadError> {
        reader::read_all(&self.shared, range).await
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, ReadError> {
        reader::read_event(&self.shared, id).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        reader::head(&self.shared).await
    }

    async fn wait_past(&self, position: Position) -> Result<(), ReadError> {
        reader::wait_past(&self.shared, position).await
    }
}
