//! What is appended: sizes, streams, expected versions.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use es_core::{
    Aggregate, EventId, IdGenerator, Metadata, NewEvent, StreamId, StreamVersion, TimeOrderedIds,
};

use crate::Failure;
use crate::claims::{Claim, ClaimEvent, encoded};

/// A stream gets this many appends, then its task takes a new one.
pub const APPENDS_PER_STREAM: u32 = 20;

/// How many different events there are: more than a block of a disk holds, or they would compress to
/// nothing.
const VARIANTS: u64 = 1_024;
/// How many bytes they may take.
const VARIANT_BYTES: u64 = 16 * 1024 * 1024;

/// How many events an append has: `4`, or `1-8` for each number from 1 to 8 equally often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppendSize {
    least: usize,
    most: usize,
}

impl AppendSize {
    /// The most events in an append of a benchmark.
    pub const MOST: usize = 1_000;

    /// Always the same number.
    #[must_use]
    pub const fn exactly(events: usize) -> Self {
        Self {
            least: events,
            most: events,
        }
    }

    /// The size of the `turn`-th append of a task: mixed, yet the same in every run.
    #[must_use]
    pub fn at(self, turn: u64) -> usize {
        let span = (self.most - self.least + 1) as u64;
        self.least + (mixed(turn) % span) as usize
    }
}

fn mixed(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33
}

impl FromStr for AppendSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (least, most) = text.split_once('-').unwrap_or((text, text));
        let number = |text: &str| text.trim().parse::<usize>().ok();
        match (number(least), number(most)) {
            (Some(least), Some(most)) if 1 <= least && least <= most && most <= Self::MOST => {
                Ok(Self { least, most })
            }
            _ => Err(format!(
                "write a number such as 4, or a range such as 1-8, from 1 to {}",
                Self::MOST
            )),
        }
    }
}

impl fmt::Display for AppendSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.least == self.most {
            return write!(f, "{}", self.least);
        }
        write!(f, "{}-{}", self.least, self.most)
    }
}

/// What all appends of a run have in common.
#[derive(Debug, Clone)]
pub struct Shape {
    /// How many events an append has.
    pub size: AppendSize,
    /// Every event is a copy of one of these, encoded once, under an id of its own.
    events: Arc<[NewEvent]>,
    /// The first of them before it was encoded, for commands.
    pub line: Arc<ClaimEvent>,
}

impl Shape {
    /// Appends of this many events, with payloads of this many bytes.
    ///
    /// # Errors
    /// If the event cannot be encoded, which does not happen.
    pub fn new(size: AppendSize, payload_bytes: usize) -> Result<Self, Failure> {
        let event = |variant| encoded(&ClaimEvent::of_bytes(payload_bytes, variant)?);
        let variants = VARIANTS.min((VARIANT_BYTES / payload_bytes as u64).max(1));
        Ok(Self {
            size,
            events: (0..variants).map(event).collect::<Result<_, _>>()?,
            line: Arc::new(ClaimEvent::of_bytes(payload_bytes, 0)?),
        })
    }
}

/// One append, before it takes the form that a store or a ceiling wants.
#[derive(Debug, Clone)]
pub struct Work {
    /// The stream to append to.
    pub stream: StreamId,
    /// The version that it must have.
    pub version: StreamVersion,
    /// What to append; not empty.
    pub events: Vec<NewEvent>,
}

/// Makes the appends of one task: to one stream after the other, each append expecting the version
/// that the one before it left.
#[derive(Debug, Clone)]
pub struct Writer {
    shape: Shape,
    turn: u64,
    appends: u32,
    stream: StreamId,
    version: StreamVersion,
    metadata: Metadata,
}

impl Writer {
    /// The appends of the `task`-th task.
    ///
    /// # Errors
    /// If a stream cannot be named, which does not happen.
    pub fn new(shape: &Shape, task: usize) -> Result<Self, Failure> {
        Ok(Self::on(shape, task, new_stream()?))
    }

    /// The same, beginning with a given stream to which nothing was written yet.
    #[must_use]
    pub fn on(shape: &Shape, task: usize, stream: StreamId) -> Self {
        Self {
            shape: shape.clone(),
            turn: (task as u64) << 32,
            appends: 0,
            stream,
            version: StreamVersion::EMPTY,
            metadata: correlated(),
        }
    }

    /// Goes on after this version of the stream.
    #[must_use]
    pub fn at_version(mut self, version: StreamVersion) -> Self {
        self.version = version;
        self
    }

    /// The next append, to a new stream if the last one has had its share.
    ///
    /// # Errors
    /// If a stream cannot be named, which does not happen.
    pub fn next_work(&mut self) -> Result<Work, Failure> {
        if self.appends == APPENDS_PER_STREAM {
            self.appends = 0;
            self.stream = new_stream()?;
            self.version = StreamVersion::EMPTY;
            self.metadata = correlated();
        }
        self.appends += 1;
        self.turn += 1;
        Ok(self.work(self.shape.size.at(self.turn)))
    }

    /// An append of this many events to the same stream.
    #[must_use]
    pub fn work(&mut self, events: usize) -> Work {
        let version = self.version;
        self.version = version.plus(events as u64);
        let variants = &self.shape.events;
        // Mixed, so that tasks in step write different texts.
        let first = mixed(self.turn ^ version.get()) as usize;
        let event = |number| {
            let id = EventId::new(TimeOrderedIds.next_id());
            let copy = NewEvent {
                id,
                ..variants[first.wrapping_add(number) % variants.len()].clone()
            };
            copy.with_metadata(self.metadata.clone())
        };
        Work {
            stream: self.stream.clone(),
            version,
            events: (0..events).map(event).collect(),
        }
    }

    /// The stream of the last append.
    #[must_use]
    pub fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// The version of the stream, if all appends were stored.
    #[must_use]
    pub fn version(&self) -> StreamVersion {
        self.version
    }
}

/// A stream that nobody has used.
///
/// # Errors
/// If it cannot be named, which does not happen.
pub fn new_stream() -> Result<StreamId, Failure> {
    Claim::stream(TimeOrderedIds.next_id()).map_err(Failure::broken("name a stream"))
}

fn correlated() -> Metadata {
    Metadata::new().with_correlation(TimeOrderedIds.next_id().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_a_number_or_a_range() {
        for (text, size) in [("4", (4, 4)), ("1-8", (1, 8))] {
            let parsed: AppendSize = text.parse().unwrap();
            assert_eq!((parsed.least, parsed.most), size);
            assert_eq!(parsed.to_string(), text);
        }
        for text in ["", "0", "8-1", "x", "1-", "1-2-3", "9999"] {
            assert!(text.parse::<AppendSize>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_default_sizes_have_a_mean_of_four_and_a_half() {
        let sizes: AppendSize = "1-8".parse().unwrap();
        let sum: usize = (0..80_000).map(|turn| sizes.at(turn)).sum();
        let mean = sum as f64 / 80_000.0;
        assert!((mean - 4.5).abs() < 0.05, "{mean}");
    }

    #[test]
    fn each_append_expects_what_the_one_before_it_left() {
        let shape = Shape::new(AppendSize::exactly(3), 205).unwrap();
        let mut writer = Writer::new(&shape, 0).unwrap();
        let works: Vec<_> = (0..=APPENDS_PER_STREAM)
            .map(|_| writer.next_work().unwrap())
            .collect();
        assert_eq!(works[1].version, StreamVersion::new(3));
        assert_eq!(works[20].version, StreamVersion::EMPTY);
        assert_ne!(works[19].stream, works[20].stream);
    }
}
