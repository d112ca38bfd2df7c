//! The domain of the benchmarks: insurance claims that collect lines.

use es_core::{Aggregate, CodecSet, Event, EventCoding, EventId, NewEvent};
use es_serde::Json;
use serde::{Deserialize, Serialize};

use crate::Failure;

/// The smallest payload that [`ClaimEvent`] can be filled up to.
pub const LEAST_PAYLOAD_BYTES: usize = 100;
/// The largest payload that `es-bench` takes: eight of them stay far below the limit of an append.
pub const MOST_PAYLOAD_BYTES: usize = 1024 * 1024;

/// What happens to a claim.
#[derive(Debug, Clone, PartialEq, Eq, Event, Serialize, Deserialize)]
pub enum ClaimEvent {
    /// Something was added to what is claimed.
    ClaimLineAdded {
        /// How much, in cents.
        amount: u64,
        /// A code of the catalogue of services.
        code: String,
        /// Whether it was found to be covered.
        covered: bool,
        /// Free text; it fills the payload up to the wanted size.
        note: String,
    },
}

impl ClaimEvent {
    /// An event whose JSON payload has this many bytes, or the fewest possible. Variants differ in
    /// their text, so that events compress about as those of people do.
    ///
    /// # Errors
    /// If it cannot be encoded, which does not happen.
    pub fn of_bytes(bytes: usize, variant: u64) -> Result<Self, Failure> {
        let empty = Self::with_note(String::new());
        let filler = bytes.saturating_sub(encoded(&empty)?.payload.data.len());
        Ok(Self::with_note(text(filler, variant)))
    }

    fn with_note(note: String) -> Self {
        Self::ClaimLineAdded {
            amount: 125_000,
            code: "D2740-crown".to_owned(),
            covered: true,
            note,
        }
    }
}

/// Text of so many bytes: letters without a pattern, with spaces in between.
fn text(bytes: usize, variant: u64) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz eatno";
    let mut state = variant.wrapping_add(1);
    let letters = (0..bytes).map(|_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        char::from(LETTERS[(state >> 59) as usize])
    });
    letters.collect()
}

/// The event as a store takes it, under an id that is to be replaced.
///
/// # Errors
/// If it cannot be encoded, which does not happen.
pub fn encoded(event: &ClaimEvent) -> Result<NewEvent, Failure> {
    CodecSet::new(Json)
        .encode_event(EventId::new(Default::default()), event)
        .map_err(Failure::broken("encode an event"))
}

/// A claim.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    lines: u64,
    covered: u64,
}

impl Claim {
    /// Adds lines: a command that is never refused.
    #[must_use]
    pub fn add_lines(&self, line: &ClaimEvent, count: usize) -> Vec<ClaimEvent> {
        vec![line.clone(); count]
    }

    /// How many lines it has.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }
}

impl Aggregate for Claim {
    const CATEGORY: &'static str = "Claim";
    type Event = ClaimEvent;

    fn apply(&mut self, event: &ClaimEvent) {
        let ClaimEvent::ClaimLineAdded {
            amount, covered, ..
        } = event;
        self.lines += 1;
        self.covered += if *covered { *amount } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_has_the_bytes_that_were_asked_for() {
        for bytes in [LEAST_PAYLOAD_BYTES, 205, 4_096] {
            let event = ClaimEvent::of_bytes(bytes, 7).unwrap();
            assert_eq!(encoded(&event).unwrap().payload.data.len(), bytes);
        }
    }
}
