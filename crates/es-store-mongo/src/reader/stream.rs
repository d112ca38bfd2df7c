//! Pages of one stream, in either direction.

use bytes::Bytes;
use es_core::{
    Direction, MAX_APPEND_EVENTS, MAX_PAGE_BYTES, MAX_PAGE_EVENTS, Place, ReadError, RecordedEvent,
    StreamId, StreamPage, StreamRange, StreamVersion,
};
use mongodb::bson::{RawDocumentBuf, rawdoc};

use super::all::stored;
use super::corrupt;
use super::fetch::{Found, Query, find};
use super::stubs::Stubs;
use crate::layout::decode::{Interned, Stored};
use crate::shared::Shared;

pub(super) async fn read(
    shared: &Shared,
    stream: &StreamId,
    range: StreamRange,
) -> Result<StreamPage, ReadError> {
    if range.is_empty() {
        return Ok(StreamPage::new(Vec::new(), None));
    }
    let mut scan = Scan::new(shared, stream, range);
    match range.direction {
        Direction::Forward => scan.forward().await?,
        Direction::Backward => scan.backward().await?,
    }
    Ok(scan.into_page())
}

/// A page in the making.
struct Scan<'s> {
    shared: &'s Shared,
    stream: &'s StreamId,
    stubs: Stubs<'s>,
    interned: Interned,
    /// What is left to read.
    range: StreamRange,
    events: Vec<RecordedEvent>,
    bytes: usize,
    documents: usize,
    /// Whether there is something in what is left.
    more: bool,
}

impl<'s> Scan<'s> {
    fn new(shared: &'s Shared, stream: &'s StreamId, mut range: StreamRange) -> Self {
        range.from = range.from.max(StreamVersion::FIRST);
        Self {
            shared,
            stream,
            stubs: Stubs::new(shared),
            interned: Interned::default(),
            range,
            events: Vec::new(),
            bytes: 0,
            documents: 0,
            more: false,
        }
    }

    fn into_page(self) -> StreamPage {
        let events = self.events.len() as u64;
        self.shared
            .database
            .reads()
            .pace
            .saw(self.documents, events);
        let rest = Some(self.range).filter(|rest| self.more && !rest.is_empty());
        StreamPage::new(self.events, rest)
    }

    async fn forward(&mut self) -> Result<(), ReadError> {
        let (from, to) = (self.range.from, self.range.to);
        let versions = rawdoc! { "$gte": signed(from), "$lte": signed(to) };
        let found = self.find(versions, 1, self.limit()).await?;
        let documents = stored(&found, 0, es_core::Position::START)?;
        let first = documents.first().map(|first| first.first_version);
        if from > StreamVersion::FIRST && first != Some(from) {
            self.begin_inside(from).await?;
        }
        self.take_in_order(&documents, found.batch.buffer()).await?;
        self.more |= found.more;
        if !self.more && to == StreamVersion::MAX && self.range.limit > 0 {
            self.tell_the_end();
        }
        Ok(())
    }

    /// Takes the rest of the document that holds a version in its middle, if there is one.
    async fn begin_inside(&mut self, from: StreamVersion) -> Result<(), ReadError> {
        let versions = rawdoc! { "$lt": signed(from) };
        let found = self.find(versions, -1, 1).await?;
        let documents = stored(&found, 0, es_core::Position::START)?;
        match documents.first() {
            Some(holder) if holder.last_version() >= from => {
                self.take(&documents, found.batch.buffer()).await
            }
            _ => Ok(()),
        }
    }

    async fn take_in_order(
        &mut self,
        documents: &[Stored<'_>],
        buffer: &Bytes,
    ) -> Result<(), ReadError> {
        for (index, document) in documents.iter().enumerate() {
            if self.is_full_before(document) {
                self.more = true;
                return Ok(());
            }
            if document.first_version != self.range.from {
                return Err(self.hole(self.range.from, document.first_version));
            }
            self.take(&documents[index..], buffer).await?;
        }
        Ok(())
    }

    async fn backward(&mut self) -> Result<(), ReadError> {
        // The lowest document may begin this far below the range.
        let lowest = self
            .range
            .from
            .get()
            .saturating_sub(MAX_APPEND_EVENTS as u64);
        let versions = rawdoc! { "$gt": lowest.cast_signed(), "$lte": signed(self.range.to) };
        let found = self.find(versions, -1, self.limit()).await?;
        let documents = stored(&found, 0, es_core::Position::START)?;
        let buffer = found.batch.buffer();
        for (index, document) in documents.iter().enumerate() {
            if document.last_version() < self.range.from {
                return self.check_begin(index);
            }
            if self.is_full_before(document) {
                self.more = true;
                return Ok(());
            }
            if index > 0 && document.last_version() != self.range.to {
                return Err(self.hole(self.range.to, document.last_version()));
            }
            self.take(&documents[index..], buffer).await?;
        }
        self.more |= found.more;
        if self.more {
            Ok(())
        } else {
            self.check_begin(documents.len())
        }
    }

    /// Whoever has read a stream down to where it ends must have come to the start of the range.
    fn check_begin(&self, documents: usize) -> Result<(), ReadError> {
        let rest = self.range;
        if documents == 0 || rest.is_empty() {
            Ok(())
        } else {
            Err(self.hole(rest.to, StreamVersion::EMPTY))
        }
    }

    /// How many documents to ask for.
    fn limit(&self) -> usize {
        self.shared
            .database
            .reads()
            .pace
            .documents(self.range.limit)
    }

    async fn find(
        &self,
        versions: RawDocumentBuf,
        direction: i32,
        limit: usize,
    ) -> Result<Found, ReadError> {
        let query = Query {
            collection: self.shared.database.events().to_owned(),
            filter: rawdoc! { "s": self.stream.as_str(), "v": versions },
            sort: rawdoc! { "v": direction },
            hint: rawdoc! { "s": 1, "v": 1 },
            projection: None,
            limit,
        };
        find(&self.shared.database, query).await
    }

    /// A page ends between documents, but for the end of the range.
    fn is_full_before(&self, document: &Stored<'_>) -> bool {
        let (from, to) = self.wanted(document);
        let over = self.events.len() as u64 + (to - from) > MAX_PAGE_EVENTS as u64;
        self.range.is_empty() || self.bytes >= MAX_PAGE_BYTES || (over && !self.events.is_empty())
    }

    /// Which events of a document are in the range, counted from 0.
    fn wanted(&self, document: &Stored<'_>) -> (u64, u64) {
        let first = document.first_version.get();
        let last = document.last_version().min(self.range.to).get();
        let from = self.range.from.get().saturating_sub(first);
        let to = (last + 1).saturating_sub(first).max(from);
        let most = self.range.limit.min(MAX_PAGE_EVENTS as u64);
        match self.range.direction {
            Direction::Forward => (from, to.min(from.saturating_add(most))),
            Direction::Backward => (from.max(to.saturating_sub(most)), to),
        }
    }

    /// Takes what the range wants of the first of these documents.
    async fn take(&mut self, documents: &[Stored<'_>], buffer: &Bytes) -> Result<(), ReadError> {
        let Some(document) = documents.first() else {
            return Ok(());
        };
        if document.is_archived() {
            let bytes = self.stubs.document(document, documents).await?;
            let restored = Stored::read(&bytes).map_err(corrupt(document.first_position))?;
            self.take_events(&restored, &bytes)
        } else {
            self.take_events(document, buffer)
        }
    }

    fn take_events(&mut self, document: &Stored<'_>, buffer: &Bytes) -> Result<(), ReadError> {
        let wanted = self.wanted(document);
        let before = self.events.len();
        let Self {
            interned,
            events,
            bytes,
            ..
        } = self;
        let taken = document.events(interned, buffer, wanted, |taken| {
            *bytes += taken.bytes;
            events.push(taken.event);
        });
        taken.map_err(corrupt(document.first_position))?;
        let taken = &mut self.events[before..];
        if self.range.direction == Direction::Backward {
            taken.reverse();
        }
        if let Some(last) = taken.last() {
            self.range = self.range.rest_after(last.version, taken.len());
        }
        self.documents += 1;
        Ok(())
    }

    /// Appends to this stream need not look its version up.
    fn tell_the_end(&self) {
        if let Some(last) = self.events.last() {
            let heads = &self.shared.heads;
            heads.saw(self.stream, last.version, last.position);
        }
    }

    fn hole(&self, expected: StreamVersion, found: StreamVersion) -> ReadError {
        let place = |version| Place::Version(self.stream.clone(), version);
        ReadError::Hole {
            expected: place(expected),
            found: place(found),
        }
    }
}

fn signed(version: StreamVersion) -> i64 {
    version.get().cast_signed()
}
