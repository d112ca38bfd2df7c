//! What every codec promises, tested with the events of claims.

#![cfg(all(feature = "avro", feature = "bincode", feature = "postcard"))]
#![allow(clippy::unwrap_used, reason = "tests")]

mod claim;
mod golden;
mod hostile;
mod laws;
mod refusals;
mod schemas;

use es_core::{Codec, CodecError, CodecExt, Event};
use es_serde::{Bincode, Json, Postcard};
use serde::{Serialize, Serializer};

use crate::claim::ClaimEvent;

/// Every codec of this crate.
fn codecs() -> Vec<Box<dyn Codec>> {
    vec![
        Box::new(Json),
        Box::new(Bincode),
        Box::new(Postcard),
        Box::new(schemas::claim_codec()),
    ]
}

struct Content<'a, E>(&'a E);

impl<E: Event> Serialize for Content<'_, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_content(serializer)
    }
}

fn encode(codec: &dyn Codec, event: &ClaimEvent) -> Vec<u8> {
    let tag = event.type_tag();
    codec.encode(tag, &Content(event)).unwrap().to_vec()
}

fn decode(codec: &dyn Codec, index: usize, data: &[u8]) -> Result<ClaimEvent, CodecError> {
    codec.decode_with(&ClaimEvent::TYPES[index], data, |deserializer| {
        ClaimEvent::deserialize_content(index, deserializer)
    })
}

/// All that an error says.
fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = format!("{error} {error:?}");
    let mut next = error.source();
    while let Some(error) = next {
        words = format!("{words}: {error} {error:?}");
        next = error.source();
    }
    words
}
