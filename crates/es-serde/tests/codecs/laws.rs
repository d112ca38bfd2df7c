use es_core::{CodecSet, Event};
use es_serde::{Bincode, Json, Postcard, round_trips};
use proptest::prelude::*;

use crate::claim::{any_event, samples};
use crate::{codecs, decode, encode, schemas};

proptest! {
    #[test]
    fn what_was_encoded_comes_back(event in any_event()) {
        for codec in codecs() {
            let data = encode(&*codec, &event);
            let read = decode(&*codec, event.type_index(), &data).unwrap();
            prop_assert_eq!(&read, &event, "{:?}", codec.id());
        }
    }

    #[test]
    fn the_same_event_is_always_the_same_bytes(event in any_event()) {
        for codec in codecs() {
            prop_assert_eq!(encode(&*codec, &event), encode(&*codec, &event.clone()));
        }
    }
}

#[test]
fn a_reader_finds_the_codec_by_its_id() {
    let set = CodecSet::new(Postcard)
        .and_read(Json)
        .and_read(Bincode)
        .and_read(schemas::claim_codec());
    for codec in codecs() {
        let reader = set.reader(&codec.id()).unwrap();
        for (_, event) in samples() {
            let data = encode(&*codec, &event);
            assert_eq!(decode(reader, event.type_index(), &data).unwrap(), event);
        }
    }
}

#[test]
fn the_samples_of_every_type_make_the_round_trip() {
    let events: Vec<_> = samples().into_iter().map(|(_, event)| event).collect();
    for codec in codecs() {
        round_trips(&*codec, &events).unwrap();
    }
}
