//! An event store whose calls are written down.

use std::sync::Arc;

use async_trait::async_trait;
use es_core::{
    AllPage, AllRange, Append, AppendError, Appended, Direction, EventId, EventStore, Position,
    ReadError, RecordedEvent, StreamId, StreamPage, StreamRange, StreamVersion,
};

use super::{
    entry::{Answer, Operation, why},
    recorder::Recorder,
    seen::Seen,
};

/// Passes all calls on and writes them down. Clones share the store and the recorder.
///
/// A call whose future is dropped has no answer in the history: for an append that means that its
/// outcome is unknown.
#[derive(Debug, Clone)]
pub struct RecordingStore {
    store: Arc<dyn EventStore>,
    recorder: Recorder,
    caller: Caller,
}

/// Who calls a store.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// Which of the stores that the process has open.
    pub(super) store: Arc<str>,
    /// Which part of the process, for people.
    pub(super) client: Arc<str>,
}

impl Caller {
    pub(super) fn new(store: &str) -> Self {
        Self {
            store: store.into(),
            client: store.into(),
        }
    }
}

impl RecordingStore {
    /// Puts the recorder around a store. `name` tells it from the other stores that the process has
    /// open, and is the caller's name until [`client`](Self::client) gives another.
    ///
    /// What one store was told, another on the same log need not show in every read, so each gets
    /// a name of its own.
    pub fn new(store: Arc<dyn EventStore>, recorder: Recorder, name: &str) -> Self {
        Self {
            store,
            recorder,
            caller: Caller::new(name),
        }
    }

    /// The same store, called by somebody else; `client` names the caller to people.
    #[must_use]
    pub fn client(&self, client: &str) -> Self {
        let mut other = self.clone();
        other.caller.client = client.into();
        other
    }

    pub(super) fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    fn called(&self, operation: Operation) -> u64 {
        self.recorder.called(&self.caller, operation)
    }

    fn read<T>(&self, call: u64, result: &Result<T, ReadError>, answer: impl FnOnce(&T) -> Answer) {
        let answer = match result {
            Ok(value) => answer(value),
            Err(error) => Answer::Failed { why: why(error) },
        };
        self.recorder.answered(call, answer);
    }
}

#[async_trait]
impl EventStore for RecordingStore {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let call = self.called(Operation::Append((&append).into()));
        let result = self.store.append(append).await;
        self.recorder.answered(call, Answer::from(&result));
        result
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        range: StreamRange,
    ) -> Result<StreamPage, ReadError> {
        let call = self.called(Operation::ReadStream {
            stream: stream.clone(),
        });
        let result = self.store.read_stream(stream, range).await;
        self.read(call, &result, |page| Answer::Stream {
            events: Seen::by_version(&page.events),
            version: version(range, page),
        });
        result
    }

    async fn read_all(&self, range: &AllRange) -> Result<AllPage, ReadError> {
        let call = self.called(Operation::ReadAll { after: range.after });
        let result = self.store.read_all(range).await;
        self.read(call, &result, |page| Answer::All {
            events: Seen::by_position(&page.events),
            unfiltered: range.filter.is_all(),
            scanned_to: page.scanned_to,
            at_end: page.at_end && range.until == Position::MAX,
        });
        result
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, ReadError> {
        let call = self.called(Operation::ReadEvent { id });
        let result = self.store.read_event(id).await;
        self.read(call, &result, |event| Answer::Event {
            event: event.as_ref().map(|event| Seen::by_position([event])),
        });
        result
    }

    async fn head(&self) -> Result<Position, ReadError> {
        let call = self.called(Operation::Head);
        let result = self.store.head().await;
        self.read(call, &result, |head| Answer::Head(*head));
        result
    }

    /// Not written down: it may return early, so nothing follows from it.
    async fn wait_past(&self, position: Position) -> Result<(), ReadError> {
        self.store.wait_past(position).await
    }
}

/// The version of the stream, if a page tells it.
fn version(range: StreamRange, page: &StreamPage) -> Option<StreamVersion> {
    if range.to != StreamVersion::MAX || range.is_empty() {
        return None;
    }
    match (range.direction, page.events.first(), page.events.last()) {
        (Direction::Backward, Some(newest), _) => Some(newest.version),
        (Direction::Forward, _, Some(newest)) => {
            let ended = page.rest.is_none() && (page.events.len() as u64) < range.limit;
            ended.then_some(newest.version)
        }
        _ if range.from == StreamVersion::FIRST => Some(StreamVersion::EMPTY),
        _ => None,
    }
}
