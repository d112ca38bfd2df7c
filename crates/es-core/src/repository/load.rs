//! Rebuilding aggregates: now, at a version, at a time.

use std::fmt::Display;

use super::{LoadError, Repository};
use crate::event_coding::EventCoding;
use crate::{
    Aggregate, AggregateRoot, EventStoreExt, Place, ReadError, RecordedEvent, StreamId,
    StreamRange, StreamVersion, Timestamp,
};

/// Up to where to load.
#[derive(Clone, Copy)]
struct Bound {
    version: StreamVersion,
    time: Option<Timestamp>,
}

impl Bound {
    const NONE: Self = Self {
        version: StreamVersion::MAX,
        time: None,
    };

    fn allows(&self, event: &RecordedEvent) -> bool {
        self.time.is_none_or(|time| event.recorded_at <= time)
    }
}

impl<A: Aggregate> Repository<A> {
    /// Loads an aggregate as it is now.
    ///
    /// # Errors
    /// [`LoadError::NotFound`] if nothing has happened to it; otherwise see there.
    pub async fn load(&self, id: impl Display) -> Result<AggregateRoot<A>, LoadError> {
        let root = self.load_or_new(id).await?;
        if root.version().is_empty() {
            return Err(LoadError::NotFound {
                stream: root.stream().clone(),
            });
        }
        Ok(root)
    }

    /// Loads an aggregate, or starts one to which nothing has happened yet.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub async fn load_or_new(&self, id: impl Display) -> Result<AggregateRoot<A>, LoadError> {
        self.rebuild(A::stream(id)?, Bound::NONE).await
    }

    /// Loads an aggregate as it was at a version.
    ///
    /// # Errors
    /// [`LoadError::NoSuchVersion`] if it has not come to it; otherwise see there.
    pub async fn load_at_version(
        &self,
        id: impl Display,
        version: StreamVersion,
    ) -> Result<AggregateRoot<A>, LoadError> {
        let stream = A::stream(id)?;
        let root = self
            .rebuild(
                stream,
                Bound {
                    version,
                    ..Bound::NONE
                },
            )
            .await?;
        if root.version() == version {
            return Ok(root);
        }
        let (stream, actual) = (root.stream().clone(), root.version());
        Err(LoadError::NoSuchVersion {
            stream,
            version,
            actual,
        })
    }

    /// Loads an aggregate as it was at a time: with the events recorded at `time` or before.
    ///
    /// # Errors
    /// [`LoadError::NotYet`] if it did not exist then; otherwise see there.
    pub async fn load_at(
        &self,
        id: impl Display,
        time: Timestamp,
    ) -> Result<AggregateRoot<A>, LoadError> {
        let stream = A::stream(id)?;
        let root = self
            .rebuild(
                stream,
                Bound {
                    time: Some(time),
                    ..Bound::NONE
                },
            )
            .await?;
        if root.version().is_empty() {
            return Err(LoadError::NotYet {
                stream: root.stream().clone(),
                time,
            });
        }
        Ok(root)
    }

    /// Applies the events that were stored after those that the aggregate holds; whether there
    /// were any.
    pub(super) async fn catch_up(&self, root: &mut AggregateRoot<A>) -> Result<bool, LoadError> {
        let before = root.version();
        self.apply_from(root, before.next(), Bound::NONE).await?;
        Ok(root.version() > before)
    }

    async fn rebuild(&self, stream: StreamId, bound: Bound) -> Result<AggregateRoot<A>, LoadError> {
        let mut root = match self.restored(&stream, bound).await? {
            Some(root) => root,
            None => AggregateRoot::new(stream),
        };
        let next = root.version().next();
        self.apply_from(&mut root, next, bound).await?;
        Ok(root)
    }

    /// The newest snapshot within the bound whose last event is really in the stream: after a
    /// restore from a backup the two may be of different histories.
    async fn restored(
        &self,
        stream: &StreamId,
        bound: Bound,
    ) -> Result<Option<AggregateRoot<A>>, LoadError> {
        let Some(snapshots) = &self.snapshots else {
            return Ok(None);
        };
        let mut at_most = bound.version;
        while let Some(root) = snapshots.newest(&self.codecs, stream, at_most).await {
            let version = root.version();
            let range = StreamRange::all().from(version).to(version).limit(1);
            match self.store.read_stream(stream, range).await?.events.first() {
                Some(last) if bound.allows(last) => return Ok(Some(root)),
                Some(_) => at_most = version.previous(),
                None => {
                    let missing = hole(stream, version, StreamVersion::EMPTY);
                    snapshots.discard(stream, missing).await;
                }
            }
        }
        Ok(None)
    }

    async fn apply_from(
        &self,
        root: &mut AggregateRoot<A>,
        from: StreamVersion,
        bound: Bound,
    ) -> Result<(), LoadError> {
        let stream = root.stream().clone();
        let mut rest = Some(StreamRange::all().from(from).to(bound.version));
        while let Some(range) = rest {
            let page = self.store.read_stream(&stream, range).await?;
            for recorded in &page.events {
                if !bound.allows(recorded) {
                    return Ok(());
                }
                self.apply(root, recorded)?;
            }
            rest = page.rest;
        }
        Ok(())
    }

    fn apply(
        &self,
        root: &mut AggregateRoot<A>,
        recorded: &RecordedEvent,
    ) -> Result<(), LoadError> {
        let expected = root.version().next();
        if recorded.version != expected {
            return Err(hole(root.stream(), expected, recorded.version).into());
        }
        root.apply_decoded(self.codecs.decode_event::<A::Event>(recorded)?);
        root.growth.add_recorded(recorded);
        Ok(())
    }

    /// Whether the store has events for this aggregate.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub async fn exists(&self, id: impl Display) -> Result<bool, LoadError> {
        let version = self.store.stream_version(&A::stream(id)?).await?;
        Ok(!version.is_empty())
    }
}

fn hole(stream: &StreamId, expected: StreamVersion, found: StreamVersion) -> ReadError {
    ReadError::Hole {
        expected: Place::Version(stream.clone(), expected),
        found: Place::Version(stream.clone(), found),
    }
}
