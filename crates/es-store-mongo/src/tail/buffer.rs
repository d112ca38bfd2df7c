//! The newest documents of the log, so that who follows it needs no round trip.

use std::collections::VecDeque;

use bytes::Bytes;
use es_core::Position;

use crate::extent::{Extent, NoExtent};

/// What a document takes beside its bytes.
const OVERHEAD: usize = 64;

/// A run of documents without a hole, of bounded size, up to some position.
#[derive(Debug)]
pub(super) struct Buffer {
    documents: VecDeque<Stored>,
    /// The position of the last event that was pushed.
    end: Position,
    bytes: usize,
    capacity: usize,
}

#[derive(Debug)]
struct Stored {
    extent: Extent,
    bytes: Bytes,
}

impl Buffer {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            documents: VecDeque::new(),
            end: Position::START,
            bytes: 0,
            capacity,
        }
    }

    /// Adds a committed document. One that was added before is left out; after a gap the buffer
    /// starts again.
    pub(super) fn push(&mut self, document: Bytes) -> Result<(), NoExtent> {
        let extent = Extent::of_bytes(&document)?;
        if extent.last() <= self.end {
            return Ok(());
        }
        if extent.first != self.end.next() {
            self.documents.clear();
            self.bytes = 0;
        }
        self.end = extent.last();
        self.bytes += document.len() + OVERHEAD;
        self.documents.push_back(Stored {
            extent,
            bytes: document,
        });
        while self.bytes > self.capacity {
            self.drop_oldest();
        }
        Ok(())
    }

    /// The documents with the events after `position`, up to about so many events and bytes;
    /// none if the next event is not here.
    pub(super) fn after(&self, position: Position, events: u64, bytes: usize) -> Vec<Bytes> {
        let next = position.next();
        let starts = self.documents.front().map(|stored| stored.extent.first);
        if starts.is_none_or(|starts| starts > next) {
            return Vec::new();
        }
        let from = self
            .documents
            .partition_point(|stored| stored.extent.last() < next);
        let (mut events_left, mut bytes_left) = (events, bytes);
        let mut documents = Vec::new();
        for stored in self.documents.range(from..) {
            documents.push(stored.bytes.clone());
            // The first document may hold events that are not wanted: only its last counts.
            let wanted = stored
                .extent
                .count
                .min(stored.extent.last().get() - position.get());
            events_left = events_left.saturating_sub(wanted);
            bytes_left = bytes_left.saturating_sub(stored.bytes.len());
            if events_left == 0 || bytes_left == 0 {
                break;
            }
        }
        documents
    }

    fn drop_oldest(&mut self) {
        match self.documents.pop_front() {
            Some(oldest) => self.bytes -= oldest.bytes.len() + OVERHEAD,
            None => self.bytes = 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::rawdoc;

    use super::*;

    fn document(first: i64, events: i32) -> Bytes {
        let document = rawdoc! { "_id": first, "at": 0_i64, "n": events };
        Bytes::from(document.into_bytes())
    }

    fn buffer(documents: &[(i64, i32)]) -> Buffer {
        let mut buffer = Buffer::new(1_000_000);
        for (first, events) in documents {
            buffer.push(document(*first, *events)).unwrap();
        }
        buffer
    }

    fn firsts(buffer: &Buffer, after: u64, events: u64) -> Vec<u64> {
        let documents = buffer.after(Position::new(after), events, usize::MAX);
        documents
            .iter()
            .map(|bytes| Extent::of_bytes(bytes).unwrap().first.get())
            .collect()
    }

    #[test]
    fn it_gives_what_comes_after_a_position() {
        let buffer = buffer(&[(1, 3), (4, 1), (5, 2)]);
        assert_eq!(firsts(&buffer, 0, 100), [1, 4, 5]);
        assert_eq!(firsts(&buffer, 1, 100), [1, 4, 5], "from inside a document");
        assert_eq!(firsts(&buffer, 3, 100), [4, 5]);
        assert_eq!(firsts(&buffer, 5, 100), [5]);
        assert!(firsts(&buffer, 6, 100).is_empty());
        assert!(firsts(&buffer, 60, 100).is_empty());
    }

    #[test]
    fn it_gives_no_more_documents_than_a_page_needs() {
        let buffer = buffer(&[(1, 3), (4, 1), (5, 2)]);
        assert_eq!(firsts(&buffer, 0, 1), [1]);
        assert_eq!(firsts(&buffer, 0, 3), [1]);
        assert_eq!(firsts(&buffer, 2, 2), [1, 4]);
        let one = buffer.after(Position::START, 100, 1);
        assert_eq!(one.len(), 1, "one document even if it is larger");
    }

    #[test]
    fn nothing_is_given_from_behind_a_gap() {
        let mut buffer = buffer(&[(1, 3), (4, 1)]);
        buffer.push(document(9, 2)).unwrap();
        assert!(firsts(&buffer, 0, 100).is_empty());
        assert!(firsts(&buffer, 4, 100).is_empty());
        assert!(firsts(&buffer, 7, 100).is_empty());
        assert_eq!(firsts(&buffer, 8, 100), [9]);
    }

    #[test]
    fn what_is_pushed_again_is_kept_once() {
        let mut buffer = buffer(&[(1, 3), (4, 1)]);
        buffer.push(document(1, 3)).unwrap();
        buffer.push(document(4, 1)).unwrap();
        buffer.push(document(5, 1)).unwrap();
        assert_eq!(firsts(&buffer, 0, 100), [1, 4, 5]);
    }

    #[test]
    fn its_size_is_bounded_and_the_oldest_go_first() {
        let size = document(1, 1).len() + OVERHEAD;
        let mut buffer = Buffer::new(3 * size);
        for position in 1..=10 {
            buffer.push(document(position, 1)).unwrap();
            assert!(buffer.bytes <= 3 * size && buffer.documents.len() <= 3);
        }
        assert_eq!(firsts(&buffer, 7, 100), [8, 9, 10]);
        assert!(firsts(&buffer, 6, 100).is_empty());
    }

    #[test]
    fn a_document_larger_than_the_buffer_leaves_it_empty_and_usable() {
        let size = document(1, 1).len() + OVERHEAD;
        let mut buffer = Buffer::new(size);
        let large = rawdoc! { "_id": 1_i64, "at": 0_i64, "n": 1, "s": "x".repeat(100) };
        buffer.push(Bytes::from(large.into_bytes())).unwrap();
        assert!(firsts(&buffer, 0, 100).is_empty());
        buffer.push(document(2, 1)).unwrap();
        assert_eq!(firsts(&buffer, 1, 100), [2]);
    }
}
