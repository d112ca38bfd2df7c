//! Any bytes, read as a CloudEvent and as a batch: no panic, and what is read comes back.

#![no_main]

use es_serde::{CloudEvent, CloudEventBatch};
use libfuzzer_sys::fuzz_target;

const SOURCE: &str = "urn:fuzz";

fuzz_target!(|data: &[u8]| {
    if let Ok(read) = CloudEvent::from_json(data) {
        let again = CloudEvent::from_json(read.to_json().as_bytes()).expect("it was written");
        assert_eq!(again, read);
        round_trip(read);
    }
    for event in CloudEventBatch::new(data, 4_096) {
        let _event = event;
    }
});

fn round_trip(read: CloudEvent) {
    if let Ok(recorded) = read.clone().into_recorded(SOURCE)
        && let Ok(made) = CloudEvent::from_recorded(&recorded, SOURCE)
    {
        assert_eq!(made.into_recorded(SOURCE).expect("it was made"), recorded);
    }
    if let Ok((stream, event)) = read.into_new(SOURCE)
        && let Ok(made) = CloudEvent::from_new(&stream, &event, SOURCE)
    {
        assert_eq!(made.into_new(SOURCE).expect("it was made"), (stream, event));
    }
}
