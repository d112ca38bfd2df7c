//! The snapshot store, and the format of a snapshot.
//!
//! The key is the stream and the version. The value is: format 1 (1 byte); name and codec `text`;
//! major and minor `varint`; payload flags 1 byte; taken at, 8 bytes of microseconds since 1970;
//! the payload `varint` and bytes; XXH3-64 over the key and everything before. `text` and `varint`
//! are as in [records](crate).

use async_trait::async_trait;
use bytes::Bytes;
use es_core::{
    BoxError, CodecId, Direction, Payload, PayloadFlags, Snapshot, SnapshotError, SnapshotStore,
    StreamId, StreamVersion, Timestamp, TypeName, TypeVersion,
};
use tokio::sync::oneshot;

use crate::EmbeddedStore;
use crate::engine::{Engine, Entry, Table};
use crate::error::Refused;
use crate::keys;
use crate::queue::{Job, SnapshotChange, SnapshotJob};
use crate::record::{Malformed, Reader, Writer, digest_under};

const FORMAT: u8 = 1;

#[async_trait]
impl SnapshotStore for EmbeddedStore {
    async fn save_snapshot(&self, snapshot: Snapshot, keep: usize) -> Result<(), SnapshotError> {
        snapshot.refuse_personal()?;
        let room = self
            .queue
            .room(snapshot.payload.data.len())
            .await
            .map_err(unavailable)?;
        let bytes = encode(&snapshot);
        let change = SnapshotChange::Save {
            version: snapshot.version,
            bytes,
            keep,
            room,
        };
        self.change_snapshots(snapshot.stream, change).await
    }

    async fn load_snapshot(
        &self,
        stream: &StreamId,
        at_most: StreamVersion,
    ) -> Result<Option<Snapshot>, SnapshotError> {
        match self.shared.engine().as_deref() {
            Some(engine) => newest(engine, stream, at_most),
            None => Err(unavailable(Refused::Closed)),
        }
    }

    async fn delete_snapshots(&self, stream: &StreamId) -> Result<(), SnapshotError> {
        self.change_snapshots(stream.clone(), SnapshotChange::DeleteAll)
            .await
    }
}

impl EmbeddedStore {
    async fn change_snapshots(
        &self,
        stream: StreamId,
        change: SnapshotChange,
    ) -> Result<(), SnapshotError> {
        let (reply, answer) = oneshot::channel();
        let job = Job::Snapshot(SnapshotJob {
            stream,
            change,
            reply,
        });
        self.queue.send(job).await.map_err(unavailable)?;
        let interrupted = |_| unavailable(Refused::Interrupted("the writer stopped".into()));
        answer.await.map_err(interrupted)?
    }
}

fn newest(
    engine: &dyn Engine,
    stream: &StreamId,
    at_most: StreamVersion,
) -> Result<Option<Snapshot>, SnapshotError> {
    let from = keys::version(stream, StreamVersion::EMPTY);
    let to = keys::version(stream, at_most);
    match engine
        .scan(Table::Snapshots, &from..=&to, Direction::Backward)
        .next()
    {
        None => Ok(None),
        Some(Err(error)) => Err(SnapshotError::Unavailable {
            source: error.into(),
        }),
        Some(Ok(entry)) => {
            decode(stream, entry)
                .map(Some)
                .map_err(|malformed| SnapshotError::Corrupt {
                    stream: stream.clone(),
                    source: BoxError::from(malformed),
                })
        }
    }
}

fn encode(snapshot: &Snapshot) -> Bytes {
    let Payload {
        codec,
        version,
        flags,
        data,
    } = &snapshot.payload;
    let mut bytes = Vec::with_capacity(64 + snapshot.name.as_str().len() + data.len());
    let mut out = Writer(&mut bytes);
    out.byte(FORMAT);
    out.text(snapshot.name.as_str());
    out.text(codec.as_str());
    out.varint(version.major.into());
    out.varint(version.minor.into());
    out.byte(flags.bits());
    out.i64(snapshot.taken_at.as_micros());
    out.varint(data.len());
    out.raw(data);
    let sum = digest_under(&keys::version(&snapshot.stream, snapshot.version), &bytes);
    Writer(&mut bytes).u64(sum);
    bytes.into()
}

fn decode(stream: &StreamId, (key, value): Entry) -> Result<Snapshot, Malformed> {
    let (content, expected) = value.split_last_chunk::<8>().ok_or(Malformed::Short)?;
    let version = keys::read_version(&key).ok_or(Malformed::Number)?;
    if digest_under(&keys::version(stream, version), content) != u64::from_le_bytes(*expected) {
        return Err(Malformed::Checksum);
    }
    let mut reader = Reader::new(content);
    match reader.byte()? {
        FORMAT => {}
        other => return Err(Malformed::Format(other)),
    }
    let name = TypeName::new(reader.text()?).map_err(|_| Malformed::Name)?;
    let codec = CodecId::new(reader.text()?);
    let mut number = || {
        reader
            .varint()
            .and_then(|n| n.try_into().map_err(|_| Malformed::Number))
    };
    let shape = TypeVersion::new(number()?, number()?);
    let flags = PayloadFlags::from_bits(reader.byte()?);
    let taken_at = Timestamp::from_micros(reader.i64()?);
    let length = reader.varint()?;
    let at = reader.offset();
    reader.raw(length)?;
    let payload = Payload {
        codec,
        version: shape,
        flags,
        data: value.slice(at..at + length),
    };
    Ok(Snapshot {
        stream: stream.clone(),
        version,
        name,
        payload,
        taken_at,
        privacy: None,
    })
}

fn unavailable(refused: Refused) -> SnapshotError {
    SnapshotError::Unavailable {
        source: refused.into(),
    }
}
