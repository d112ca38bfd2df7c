use es_core::{Codec, CodecExt, Event, TypeName, TypeTag, TypeVersion};
use es_serde::{Bincode, Postcard};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::claim::{ClaimEvent, any_event, samples};
use crate::{codecs, decode, encode, words};

fn binary_codecs() -> Vec<Box<dyn Codec>> {
    codecs().into_iter().skip(1).collect()
}

fn tag() -> TypeTag {
    TypeTag::new(TypeName::from_static("Claim"), TypeVersion::INITIAL)
}

#[test]
fn bytes_that_end_too_early_are_refused() {
    for codec in binary_codecs() {
        for (_, event) in samples() {
            let data = encode(&*codec, &event);
            for end in 0..data.len() {
                let read = decode(&*codec, event.type_index(), &data[..end]);
                assert!(read.is_err(), "{:?}: {end} of {}", codec.id(), data.len());
            }
        }
    }
}

#[test]
fn bytes_that_are_left_over_are_refused() {
    for codec in codecs() {
        for (_, event) in samples() {
            let mut data = encode(&*codec, &event);
            data.push(0);
            let error = decode(&*codec, event.type_index(), &data).unwrap_err();
            let words = words(&error);
            let expected = ["1 bytes are left over", "trailing characters"];
            assert!(expected.iter().any(|word| words.contains(word)), "{words}");
        }
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(data in vec(any::<u8>(), 0..200), index in 0..ClaimEvent::TYPES.len()) {
        for codec in codecs() {
            let _ = decode(&*codec, index, &data);
        }
    }

    #[test]
    fn flipped_bits_never_panic(event in any_event(), flips in vec(any::<(prop::sample::Index, u8)>(), 1..4)) {
        for codec in codecs() {
            let mut data = encode(&*codec, &event);
            for (at, bits) in &flips {
                if !data.is_empty() {
                    let at = at.index(data.len());
                    data[at] ^= bits;
                }
            }
            let _ = decode(&*codec, event.type_index(), &data);
        }
    }
}

/// A length of `u64::MAX`, as bincode writes it.
const BINCODE_BOMB: [u8; 9] = [253, 255, 255, 255, 255, 255, 255, 255, 255];
/// A length of `u64::MAX`, as postcard writes it.
const POSTCARD_BOMB: [u8; 10] = [255, 255, 255, 255, 255, 255, 255, 255, 255, 1];

fn refuses_bomb<T: serde::de::DeserializeOwned>() {
    let tag = tag();
    assert!(Bincode.decode_value::<T>(&tag, &BINCODE_BOMB).is_err());
    assert!(Postcard.decode_value::<T>(&tag, &POSTCARD_BOMB).is_err());
}

#[test]
fn a_length_beyond_the_bytes_is_refused() {
    refuses_bomb::<String>();
    refuses_bomb::<Vec<u8>>();
    refuses_bomb::<Vec<u64>>();
    refuses_bomb::<Vec<Vec<String>>>();
    refuses_bomb::<std::collections::BTreeMap<String, String>>();
}

/// Elements without content take no bytes, so there is nothing else to stop them.
#[test]
fn a_list_of_nothing_ends() {
    refuses_bomb::<Vec<()>>();
}

#[derive(Debug, Serialize, Deserialize)]
struct Chain {
    next: Option<Box<Chain>>,
}

#[test]
fn nesting_is_bounded() {
    let deep = vec![1; 100_000];
    for codec in [&Bincode as &dyn Codec, &Postcard] {
        let error = codec.decode_value::<Chain>(&tag(), &deep).unwrap_err();
        let words = words(&error);
        assert!(words.contains("nest more than 128 deep"), "{words}");
    }
}

#[test]
fn a_payload_over_the_limit_is_neither_written_nor_read() {
    let long = "x".repeat(Bincode::MAX_BYTES);
    let bytes = vec![0; Bincode::MAX_BYTES + 1];
    for codec in [&Bincode as &dyn Codec, &Postcard] {
        assert!(codec.encode(&tag(), &long).is_err());
        let error = codec.decode_value::<String>(&tag(), &bytes).unwrap_err();
        assert!(words(&error).contains("16777217 bytes are more than"));
    }
}

/// bincode counts eight bytes for each of these numbers, though it writes one.
#[test]
fn a_payload_within_the_limit_is_read_whatever_it_holds() {
    let numbers = vec![1u64; Bincode::MAX_BYTES / 4];
    for codec in [&Bincode as &dyn Codec, &Postcard] {
        let data = codec.encode(&tag(), &numbers).unwrap();
        let read: Vec<u64> = codec.decode_value(&tag(), &data).unwrap();
        assert!(read == numbers);
    }
}
