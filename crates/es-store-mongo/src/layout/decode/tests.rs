//! What was encoded comes back, and nothing else does harm.

use bytes::Bytes;
use es_core::chain::ChainHash;
use es_core::testing::sample_event;
use es_core::{
    Append, ExpectedVersion, Metadata, NewEvent, PayloadFlags, Position, RecordedEvent, StreamId,
    StreamVersion, Timestamp, TraceContext, TypeVersion,
};
use proptest::prelude::{any, prop_assert, proptest};

use super::{Interned, Malformed, Stored};
use crate::layout::encode::{EncodedAppend, Mark, Place, Seal};

fn place() -> Place {
    Place {
        position: Position::new(11),
        version: StreamVersion::new(7),
        first_position: Position::new(11),
    }
}

fn document(events: Vec<NewEvent>) -> Bytes {
    let stream = StreamId::new("Claim", 42).unwrap();
    let append = Append::new(stream, ExpectedVersion::Any, events).unwrap();
    let mark = Mark {
        writer: 1,
        waited: false,
    };
    let placed = EncodedAppend::new(&append, true, false).documents[0].placed(place());
    placed.sealed(Seal {
        recorded_at: Timestamp::from_micros(-9),
        mark: Some(mark),
        chain: Some(ChainHash::start()),
    })
}

fn decoded(document: &Bytes) -> Result<Vec<RecordedEvent>, Malformed> {
    let stored = Stored::read(document)?;
    let mut events = Vec::new();
    stored.events(&mut Interned::default(), document, (0, u64::MAX), |taken| {
        assert_eq!(taken.bytes, taken.event.approximate_bytes());
        events.push(taken.event);
    })?;
    Ok(events)
}

fn all_facts() -> Metadata {
    Metadata::new()
        .with_correlation("a")
        .with_causation("b")
        .with_actor("c")
        .with_source("d")
        .with_occurred_at(Timestamp::from_micros(5))
        .with_header("", "$.\0")
        .with_trace(TraceContext {
            parent: "p".into(),
            state: Some("s".into()),
        })
}

fn events() -> Vec<NewEvent> {
    let shared = sample_event(1).with_metadata(all_facts());
    let mut own = sample_event(2);
    own.payload.flags = PayloadFlags::ENCRYPTED;
    own.payload.version = TypeVersion::new(3, 4);
    own.payload.data = Bytes::new();
    vec![shared, own, sample_event(3).with_metadata(all_facts())]
}

#[test]
fn what_was_encoded_comes_back() {
    let document = document(events());
    let decoded = decoded(&document).unwrap();
    assert_eq!(decoded.len(), 3);
    for (number, (recorded, event)) in (0..).zip(decoded.iter().zip(&events())) {
        assert!(recorded.is(event), "event {number}");
        assert_eq!(recorded.position, Position::new(11 + number));
        assert_eq!(recorded.version, StreamVersion::new(7 + number));
        assert_eq!(recorded.recorded_at, Timestamp::from_micros(-9));
        assert_eq!(recorded.stream.as_str(), "Claim/42");
    }
}

#[test]
fn a_payload_is_not_copied() {
    let document = document(events());
    let decoded = decoded(&document).unwrap();
    let payload = decoded[0].payload.data.as_ptr().addr();
    let start = document.as_ptr().addr();
    assert!((start..start + document.len()).contains(&payload));
}

#[test]
fn a_part_of_the_events_is_taken_alone() {
    let document = document(events());
    let stored = Stored::read(&document).unwrap();
    let mut positions = Vec::new();
    let taken = stored.events(&mut Interned::default(), &document, (1, 2), |taken| {
        positions.push(taken.event.position.get());
    });
    assert_eq!((taken, positions), (Ok(()), vec![12]));
}

#[test]
fn a_document_cut_anywhere_is_an_error() {
    let document = document(events());
    for length in 0..document.len() {
        assert!(decoded(&document.slice(..length)).is_err(), "{length}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_an_error_or_events_and_never_a_panic(bytes: Vec<u8>) {
        let _ = decoded(&Bytes::from(bytes));
    }

    #[test]
    fn a_changed_byte_never_panics(at in any::<proptest::sample::Index>(), to: u8) {
        let mut bytes = document(events()).to_vec();
        let at = at.index(bytes.len());
        bytes[at] = to;
        if let Ok(events) = decoded(&Bytes::from(bytes)) {
            prop_assert!(events.len() <= 3);
        }
    }
}
