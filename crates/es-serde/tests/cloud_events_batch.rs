//! Batches: read one event at a time, within bounds, and never past a fault.

#![cfg(feature = "cloudevents")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::error::Error;
use std::io::{BufReader, Cursor};

use es_serde::{BatchError, CloudEvent, CloudEventBatch};
use proptest::prelude::*;

/// One with every character that could mislead a reader of brackets.
const EVENT: &str =
    r#"{"specversion":"1.0","id":"1","source":"/s","type":"a]\"},\\","data":[{"x":"]"},[]]}"#;

fn read(batch: &str) -> Result<Vec<CloudEvent>, BatchError> {
    CloudEventBatch::new(batch.as_bytes(), 1_000).collect()
}

fn event() -> CloudEvent {
    CloudEvent::from_json(EVENT.as_bytes()).unwrap()
}

#[test]
fn a_batch_is_the_array_of_its_events() {
    for count in 0..4 {
        let events = vec![event(); count];
        let batch = CloudEvent::batch_to_json(&events);
        assert_eq!(read(&batch).unwrap(), events);
    }
    let spread = format!("\r\n [ \t{EVENT}\n ,\n{EVENT} ] \n");
    assert_eq!(read(&spread).unwrap(), [event(), event()]);
    assert_eq!(read("[]").unwrap(), []);
}

#[test]
fn a_batch_may_come_in_pieces_of_any_size() {
    let batch = CloudEvent::batch_to_json(&[event(), event()]);
    for bytes in 1..20 {
        let reader = BufReader::with_capacity(bytes, Cursor::new(batch.as_bytes()));
        let events: Result<Vec<_>, _> = CloudEventBatch::new(reader, 1_000).collect();
        assert_eq!(events.unwrap(), [event(), event()]);
    }
}

#[test]
fn a_faulty_batch_is_refused_with_its_reason() {
    for (batch, reason) in [
        (String::new(), "the batch does not begin with '['"),
        (EVENT.to_owned(), "the batch does not begin with '['"),
        (format!("[{EVENT}"), "the batch ends before its array does"),
        (format!("[{EVENT},"), "the batch ends before its array does"),
        (format!("[{EVENT},]"), "event 1 of the batch cannot be read"),
        (format!("[,{EVENT}]"), "event 0 of the batch cannot be read"),
        (
            format!("[{EVENT} {EVENT}]"),
            "event 0 of the batch cannot be read",
        ),
        ("[}]".to_owned(), "event 0 of the batch cannot be read"),
        (
            format!("[{EVENT}]]"),
            "something follows the array of the batch",
        ),
    ] {
        assert_eq!(read(&batch).unwrap_err().to_string(), reason, "{batch}");
    }
    let error = read("[{}]").unwrap_err();
    assert_eq!(
        error.source().unwrap().to_string(),
        "attribute \"specversion\" is missing"
    );
}

#[test]
fn an_event_is_as_long_as_allowed_and_no_longer() {
    let batch = format!("[ {EVENT}]");
    let with_limit = |limit| {
        CloudEventBatch::new(batch.as_bytes(), limit)
            .next()
            .unwrap()
    };
    assert_eq!(with_limit(EVENT.len()).unwrap(), event());
    let error = with_limit(EVENT.len() - 1).unwrap_err();
    assert!(
        matches!(error, BatchError::TooLong { index: 0, .. }),
        "{error}"
    );
}

#[test]
fn an_endless_event_is_refused_at_the_limit() {
    let endless = BufReader::new(std::io::Read::chain(&b"["[..], std::io::repeat(b'[')));
    let error = CloudEventBatch::new(endless, 10_000)
        .next()
        .unwrap()
        .unwrap_err();
    assert!(
        matches!(error, BatchError::TooLong { limit: 10_000, .. }),
        "{error}"
    );
}

#[test]
fn events_before_a_fault_are_read_and_none_after_it() {
    let batch = format!("[{EVENT},{{}},{EVENT}]");
    let mut batch = CloudEventBatch::new(batch.as_bytes(), 1_000);
    assert_eq!(batch.next().unwrap().unwrap(), event());
    assert!(batch.next().unwrap().is_err());
    assert!(batch.next().is_none());
}

proptest! {
    #[test]
    fn a_mutated_batch_never_panics_and_gives_no_more_events_than_it_had(
        at in any::<prop::sample::Index>(),
        byte in prop_oneof![any::<u8>(), proptest::sample::select(&b"[]{}\",\\"[..])],
    ) {
        let mut batch = CloudEvent::batch_to_json(&[event(), event()]).into_bytes();
        let at = at.index(batch.len());
        batch[at] = byte;
        prop_assert!(CloudEventBatch::new(&batch[..], 1_000).filter(Result::is_ok).count() <= 2);
    }
}
