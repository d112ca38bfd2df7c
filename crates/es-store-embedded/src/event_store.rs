//! The event store: appends go to the writer thread, reads go to the engine.

use async_trait::async_trait;
use es_core::{
    AllPage, AllRange, Append, AppendError, AppendId, Appended, EventId, EventStore, NewEvent,
    Position, ReadError, RecordedEvent, StreamId, StreamPage, StreamRange,
};
use tokio::sync::oneshot;

use crate::EmbeddedStore;
use crate::error::Refused;
use crate::queue::{AppendJob, Job};
use crate::reader::{self, all::AllScan, stream::StreamScan};
use crate::record::EncodedRecord;

#[async_trait]
impl EventStore for EmbeddedStore {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        append.refuse_personal()?;
        let append_id = append.id();
        let bytes = append.events().map(NewEvent::approximate_bytes).sum();
        let room = self.queue.room(bytes).await.map_err(unavailable)?;
        let record = EncodedRecord::new(&append, self.shared.chained());
        let record = record.map_err(|error| AppendError::Unavailable {
            source: error.into(),
        })?;
        let (reply, answer) = oneshot::channel();
        let absent_among = self.absent_among(append_id);
        let job = AppendJob {
            append,
            record,
            absent_among,
            reply,
            room,
        };
        self.queue
            .send(Job::Append(Box::new(job)))
            .await
            .map_err(unavailable)?;
        answer.await.unwrap_or_else(|_| {
            let source = Refused::Interrupted("the writer stopped".into()).into();
            Err(AppendError::Unknown { append_id, source })
        })
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        range: StreamRange,
    ) -> Result<StreamPage, ReadError> {
        let scan = StreamScan::new(stream.clone(), range);
        Ok(reader::run(&self.shared, scan).await?.into_page())
    }

    async fn read_all(&self, range: &AllRange) -> Result<AllPage, ReadError> {
        let scan = AllScan::new(range.clone());
        Ok(reader::run(&self.shared, scan).await?.into_page())
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, ReadError> {
        if !self.shared.event_ids {
            return Err(ReadError::Unsupported {
                what: "find events by id, since it was made with event_ids(false); \
                       read them by stream or position",
            });
        }
        let head = self.shared.head()?;
        self.shared
            .read(|engine| reader::event::find(engine, head, id))
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.shared.head()
    }

    async fn wait_past(&self, position: Position) -> Result<(), ReadError> {
        let mut durable = self.shared.watch();
        let changed = durable
            .wait_for(|now| !now.open || now.totals.head > position)
            .await;
        match changed {
            Ok(now) if now.open => Ok(()),
            _ => Err(ReadError::Closed),
        }
    }
}

impl EmbeddedStore {
    /// Among how many appends, the first ones, this id is not to be found; nothing if it may be.
    fn absent_among(&self, id: AppendId) -> Option<u64> {
        // Counted before it is looked at: what comes meanwhile is not claimed to be known.
        let appends = self.shared.durable().totals.appends;
        let found = reader::event::append_end(self.shared.engine().as_deref()?, id).ok()?;
        found.is_none().then_some(appends)
    }
}

fn unavailable(refused: Refused) -> AppendError {
    AppendError::Unavailable {
        source: refused.into(),
    }
}
