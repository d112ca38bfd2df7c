//! Links of the chain; see [`chain`](super) for their form.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use super::ContentHash;
use super::content::ContentHasher;
use crate::{Position, RecordedEvent, StreamVersion, Timestamp};

/// The hash over a part of the log and everything before it: 32 bytes, shown in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChainHash([u8; 32]);

/// A text that is no hash, or no link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a hash has 64 hexadecimal digits, and a link is a position, a colon and a hash")]
pub struct InvalidHash;

/// What one append wrote to one stream, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainPart {
    /// The position of its first event; the others follow.
    pub first_position: Position,
    /// The version of its first event; the others follow.
    pub first_version: StreamVersion,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// How many events it has.
    pub events: u64,
    /// The hash over them.
    pub content: ContentHash,
}

/// The log up to a position, as one hash. As text: `position:hash`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainLink {
    /// The last event that the hash is over.
    pub position: Position,
    /// The hash.
    pub hash: ChainHash,
}

impl ChainHash {
    /// Of no events at all.
    #[must_use]
    pub fn start() -> Self {
        static START: LazyLock<[u8; 32]> =
            LazyLock::new(|| Sha256::digest(b"event-sourcing hash chain 1").into());
        Self(*START)
    }

    /// The hash after one more part.
    #[must_use]
    pub fn then(self, part: &ChainPart) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(part.first_position.get().to_le_bytes());
        hash.update(part.first_version.get().to_le_bytes());
        hash.update(part.recorded_at.as_micros().to_le_bytes());
        hash.update(part.events.to_le_bytes());
        hash.update(part.content.0);
        Self(hash.finalize().into())
    }

    /// The hash after the events of one append, which are given in order.
    #[must_use]
    pub fn then_append(self, events: &[RecordedEvent]) -> Self {
        let parts = events.chunk_by(goes_on);
        parts.fold(self, |hash, events| {
            let first = &events[0];
            let mut content = ContentHasher::new(&first.stream);
            events.iter().for_each(|event| content.recorded(event));
            hash.then(&ChainPart {
                first_position: first.position,
                first_version: first.version,
                recorded_at: first.recorded_at,
                events: events.len() as u64,
                content: content.finish(),
            })
        })
    }

    /// As it is stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Whether an event is of the same part. The places of all but the first event of a part follow from
/// that one's, and are not hashed: so they must.
fn goes_on(one: &RecordedEvent, next: &RecordedEvent) -> bool {
    one.stream == next.stream
        && one.version.next() == next.version
        && one.position.next() == next.position
        && one.recorded_at == next.recorded_at
}

impl From<[u8; 32]> for ChainHash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ChainHash {
    type Err = InvalidHash;

    fn from_str(text: &str) -> Result<Self, InvalidHash> {
        let mut hash = [0; 32];
        if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(InvalidHash);
        }
        for (byte, at) in hash.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| InvalidHash)?;
        }
        Ok(Self(hash))
    }
}

impl ChainLink {
    /// Before the first event.
    #[must_use]
    pub fn start() -> Self {
        Self {
            position: Position::START,
            hash: ChainHash::start(),
        }
    }
}

impl fmt::Display for ChainLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.position, self.hash)
    }
}

impl FromStr for ChainLink {
    type Err = InvalidHash;

    fn from_str(text: &str) -> Result<Self, InvalidHash> {
        let (position, hash) = text.split_once(':').ok_or(InvalidHash)?;
        Ok(Self {
            position: Position::new(position.parse().map_err(|_| InvalidHash)?),
            hash: hash.parse()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::sample_event;
    use crate::{EventId, ExpectedVersion, Metadata, NewEvent, StreamId, StreamWrite};

    fn recorded(stream: &StreamId, position: u64, version: u64, event: NewEvent) -> RecordedEvent {
        RecordedEvent::new(
            Position::new(position),
            stream.clone(),
            StreamVersion::new(version),
            Timestamp::from_micros(1_795_432_608_250_000),
            event,
        )
    }

    fn golden_event() -> NewEvent {
        let metadata = Metadata::new()
            .with_correlation("claim-42")
            .with_occurred_at(Timestamp::from_micros(-1))
            .with_header("tenant", "t-1");
        let mut event = sample_event(1).with_metadata(metadata);
        event.id = EventId::new(uuid::Uuid::from_u128(7));
        event.payload.data = r#"{"amount":1000}"#.into();
        event
    }

    /// Recomputed from the form's description by another program.
    #[test]
    fn the_form_is_frozen() {
        let claim = StreamId::new("Claim", 42).unwrap();
        let event = recorded(&claim, 1, 1, golden_event());
        let hash = ChainHash::start().then_append(&[event]);
        assert_eq!(
            (ChainHash::start().to_string(), hash.to_string()),
            (GOLDEN.0.to_owned(), GOLDEN.1.to_owned())
        );
    }

    const GOLDEN: (&str, &str) = (
        "5410f9b7ea92d444bcd6ffbd098acda6657613c6b50ce0e8053d6bbc819847e6",
        "086bad163e9a4cb5c65da9832bab17d4035bde814abc66f52542b5fe2316d92d",
    );

    #[test]
    fn what_is_hashed_before_it_has_a_place_is_what_is_hashed_when_it_is_read() {
        let claim = StreamId::new("Claim", 42).unwrap();
        let events = [golden_event(), sample_event(2)];
        let write = StreamWrite {
            stream: claim.clone(),
            expected: ExpectedVersion::Any,
            events: events.to_vec(),
        };
        let part = ChainPart {
            first_position: Position::new(11),
            first_version: StreamVersion::new(3),
            recorded_at: Timestamp::from_micros(1_795_432_608_250_000),
            events: 2,
            content: ContentHash::of(&write),
        };
        let [one, two] = events;
        let read = [recorded(&claim, 11, 3, one), recorded(&claim, 12, 4, two)];
        let before = ChainHash::start();
        assert_eq!(before.then(&part), before.then_append(&read));
    }

    #[test]
    fn links_are_told_as_text() {
        let link = ChainLink::start();
        assert_eq!(link.to_string().parse(), Ok(link));
        for wrong in ["", "1", "1:", "1:+f", &format!("x:{}", link.hash)] {
            assert_eq!(wrong.parse::<ChainLink>(), Err(InvalidHash), "{wrong}");
        }
        let signed = format!("{:+>64}", "1");
        assert_eq!(signed.parse::<ChainHash>(), Err(InvalidHash));
    }
}
