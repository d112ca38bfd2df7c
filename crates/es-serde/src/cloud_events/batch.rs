//! The JSON batch format: many events in one array, read one at a time.

use std::io::{self, BufRead};

use super::{CloudEvent, CloudEventError};

impl CloudEvent {
    /// Writes a batch: a JSON array, media type `application/cloudevents-batch+json`.
    #[must_use]
    pub fn batch_to_json<'a>(events: impl IntoIterator<Item = &'a Self>) -> String {
        let documents: Vec<String> = events.into_iter().map(Self::to_json).collect();
        format!("[{}]", documents.join(","))
    }
}

/// Reads a batch event by event, however long it is: no more than one event is in memory.
///
/// After an error there are no more events.
///
/// ```
/// use es_serde::{CloudEvent, CloudEventBatch};
/// let batch = r#"[{"specversion":"1.0","id":"1","source":"/s","type":"t"},
///                 {"specversion":"1.0","id":"2","source":"/s","type":"t"}]"#;
/// let read: Vec<CloudEvent> = CloudEventBatch::new(batch.as_bytes(), 1_000).collect::<Result<_, _>>()?;
/// assert_eq!(read.len(), 2);
/// assert_eq!(read[1].id(), "2");
/// # Ok::<(), es_serde::BatchError>(())
/// ```
#[derive(Debug)]
pub struct CloudEventBatch<R> {
    reader: R,
    max_event_bytes: usize,
    place: Place,
    /// How many events were read.
    count: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    AtFirst,
    AtNext,
    AtEnd,
    Done,
}

impl<R: BufRead> CloudEventBatch<R> {
    /// Reads from `reader`. An event whose document has more than `max_event_bytes` is refused.
    pub fn new(reader: R, max_event_bytes: usize) -> Self {
        Self {
            reader,
            max_event_bytes,
            place: Place::Before,
            count: 0,
        }
    }

    fn next_event(&mut self) -> Result<Option<CloudEvent>, BatchError> {
        if self.place == Place::Before {
            match self.next_byte_after_blanks()? {
                Some(b'[') => self.place = Place::AtFirst,
                _ => return Err(BatchError::NotAnArray),
            }
        }
        if self.place != Place::AtEnd {
            let was_first = self.place == Place::AtFirst;
            let document = self.next_document()?;
            if !(was_first && self.place == Place::AtEnd && document.is_empty()) {
                return self.event(&document).map(Some);
            }
        }
        match self.next_byte_after_blanks()? {
            None => Ok(None),
            Some(_) => Err(BatchError::Trailing),
        }
    }

    fn event(&mut self, document: &[u8]) -> Result<CloudEvent, BatchError> {
        let index = self.count;
        self.count += 1;
        CloudEvent::from_json(document).map_err(|source| BatchError::Event { index, source })
    }

    /// The bytes up to the comma or bracket that ends an element of the array.
    ///
    /// Only brackets and quotes are looked at: what is between them is for the event's reader.
    fn next_document(&mut self) -> Result<Vec<u8>, BatchError> {
        let mut document = Vec::new();
        let mut nesting = Nesting::default();
        loop {
            let byte = self.next_byte()?.ok_or(BatchError::CutOff)?;
            match byte {
                b',' if nesting.is_outside() => self.place = Place::AtNext,
                b']' if nesting.is_outside() => self.place = Place::AtEnd,
                _ if document.is_empty() && is_blank(byte) => continue,
                _ if document.len() == self.max_event_bytes => {
                    return Err(BatchError::TooLong {
                        index: self.count,
                        limit: self.max_event_bytes,
                    });
                }
                _ => {
                    nesting.pass(byte);
                    document.push(byte);
                    continue;
                }
            }
            return Ok(document);
        }
    }

    fn next_byte_after_blanks(&mut self) -> Result<Option<u8>, BatchError> {
        loop {
            match self.next_byte()? {
                Some(byte) if is_blank(byte) => {}
                other => return Ok(other),
            }
        }
    }

    fn next_byte(&mut self) -> Result<Option<u8>, BatchError> {
        loop {
            match self.reader.fill_buf() {
                Ok(buffer) => {
                    let byte = buffer.first().copied();
                    self.reader.consume(usize::from(byte.is_some()));
                    return Ok(byte);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(BatchError::Read(error)),
            }
        }
    }
}

impl<R: BufRead> Iterator for CloudEventBatch<R> {
    type Item = Result<CloudEvent, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.place == Place::Done {
            return None;
        }
        let next = self.next_event().transpose();
        if !matches!(next, Some(Ok(_))) {
            self.place = Place::Done;
        }
        next
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// How deep in brackets, and whether in a text.
#[derive(Default)]
struct Nesting {
    depth: usize,
    in_text: bool,
    escaped: bool,
}

impl Nesting {
    fn is_outside(&self) -> bool {
        self.depth == 0 && !self.in_text
    }

    fn pass(&mut self, byte: u8) {
        if self.in_text {
            self.in_text = self.escaped || byte != b'"';
            self.escaped = !self.escaped && byte == b'\\';
            return;
        }
        match byte {
            b'"' => self.in_text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

/// Why a batch cannot be read to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The batch cannot be read at all: try again from its beginning.
    #[error("the batch cannot be read")]
    Read(#[source] io::Error),
    /// It is no batch. A single event is read with [`CloudEvent::from_json`].
    #[error("the batch does not begin with '['")]
    NotAnArray,
    /// The batch is incomplete: fetch it once more.
    #[error("the batch ends before its array does")]
    CutOff,
    /// There is something behind the batch: read one batch at a time.
    #[error("something follows the array of the batch")]
    Trailing,
    /// An event is larger than allowed: allow more, if the batch can be trusted.
    #[error("event {index} of the batch has more than {limit} bytes")]
    TooLong {
        /// Which one, from 0.
        index: u64,
        /// How many bytes are allowed.
        limit: usize,
    },
    /// An element is no CloudEvent: the source says why.
    #[error("event {index} of the batch cannot be read")]
    Event {
        /// Which one, from 0.
        index: u64,
        /// Why.
        source: CloudEventError,
    },
}
