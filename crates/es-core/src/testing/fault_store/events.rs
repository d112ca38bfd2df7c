//! Faults of the event store.

use async_trait::async_trait;

use super::{Fault, FaultStore, Operation};
use crate::{
    AllPage, AllRange, Append, AppendError, Appended, EventId, EventStore, EventStoreExt, Position,
    ReadError, RecordedEvent, StreamId, StreamPage, StreamRange, VersionConflict,
};

#[async_trait]
impl<S: EventStore> EventStore for FaultStore<S> {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let append_id = append.id();
        let unknown = || AppendError::Unknown {
            append_id,
            source: Fault::source(),
        };
        match self.next_fault(Operation::Append).await {
            Some(Fault::Unavailable(_)) => Err(unavailable()),
            Some(Fault::Corrupt(_)) => Err(AppendError::Corrupt {
                source: Fault::source(),
            }),
            Some(Fault::LostRequest) => Err(unknown()),
            Some(Fault::LostReply) => {
                // A refusal is a reply as well, and lost as well.
                let _ = self.inner.append(append).await;
                Err(unknown())
            }
            Some(Fault::Conflict) => Err(self.conflict(&append).await),
            Some(Fault::Overtaken(first)) => {
                self.inner.append(first).await?;
                self.inner.append(append).await
            }
            _ => self.inner.append(append).await,
        }
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        range: StreamRange,
    ) -> Result<StreamPage, ReadError> {
        self.read_fault().await?;
        self.inner.read_stream(stream, range).await
    }

    async fn read_all(&self, range: &AllRange) -> Result<AllPage, ReadError> {
        self.read_fault().await?;
        self.inner.read_all(range).await
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, ReadError> {
        self.read_fault().await?;
        self.inner.read_event(id).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.read_fault().await?;
        self.inner.head().await
    }

    async fn wait_past(&self, position: Position) -> Result<(), ReadError> {
        match self.next_fault(Operation::Wait).await {
            Some(Fault::Unavailable(_)) => Err(ReadError::Unavailable {
                source: Fault::source(),
            }),
            Some(Fault::Corrupt(_)) => Err(ReadError::Closed),
            _ => self.inner.wait_past(position).await,
        }
    }
}

impl<S: Send + Sync> FaultStore<S> {
    pub(super) async fn read_fault(&self) -> Result<(), ReadError> {
        match self.next_fault(Operation::Read).await {
            Some(Fault::Unavailable(_)) => Err(ReadError::Unavailable {
                source: Fault::source(),
            }),
            Some(Fault::Corrupt(_)) => {
                let position = Position::START.next();
                Err(ReadError::Corrupt {
                    position,
                    source: Fault::source(),
                })
            }
            _ => Ok(()),
        }
    }
}

impl<S: EventStore> FaultStore<S> {
    async fn conflict(&self, append: &Append) -> AppendError {
        let Some(write) = append.writes().first() else {
            return unavailable();
        };
        let (stream, expected) = (write.stream.clone(), write.expected);
        match self.inner.stream_version(&stream).await {
            Ok(actual) => VersionConflict {
                stream,
                expected,
                actual,
            }
            .into(),
            Err(_) => unavailable(),
        }
    }
}

fn unavailable() -> AppendError {
    AppendError::Unavailable {
        source: Fault::source(),
    }
}
