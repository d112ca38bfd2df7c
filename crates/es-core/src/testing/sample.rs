//! Events for tests that do not care what they say.

use uuid::Uuid;

use crate::{CodecId, EventId, NewEvent, Payload, TypeName, TypeVersion};

const NAMES: [TypeName; 4] = [
    TypeName::from_static("ClaimCreated"),
    TypeName::from_static("ClaimSubmitted"),
    TypeName::from_static("ClaimAssessed"),
    TypeName::from_static("ClaimPaid"),
];

/// The `n`th sample event: the same `n` always gives the same event, another `n` another one.
///
/// Its id is made of `n`, its name is one of four, its payload says `{"n":…}` in JSON.
///
/// ```
/// use es_core::testing::sample_event;
/// assert_eq!(sample_event(1), sample_event(1));
/// assert_ne!(sample_event(1).id, sample_event(2).id);
/// assert_eq!(sample_event(4).name, "ClaimCreated");
/// ```
#[must_use]
pub fn sample_event(n: u64) -> NewEvent {
    let name = NAMES[(n % NAMES.len() as u64) as usize].clone();
    let data = format!("{{\"n\":{n}}}");
    let payload = Payload::new(CodecId::from_static("json"), TypeVersion::INITIAL, data);
    NewEvent::new(EventId::new(Uuid::from_u128(u128::from(n))), name, payload)
}
