//! What compression keeps, what it refuses, and the stored forms that must be readable for ever.

#![cfg(all(feature = "lz4", feature = "zstd"))]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::error::Error;

use es_core::{CodecId, Payload, PayloadFlags, TypeVersion};
use es_serde::{Algorithm, Compression, DecompressError, MAX_PLAIN_BYTES, decompress};
use proptest::prelude::*;

const CODEC: CodecId = CodecId::from_static("any");

fn plain(data: impl Into<Vec<u8>>) -> Payload {
    Payload::new(CODEC, TypeVersion::new(3, 1), data.into())
}

fn stored(data: impl Into<Vec<u8>>) -> Payload {
    Payload {
        flags: PayloadFlags::COMPRESSED,
        ..plain(data)
    }
}

fn both() -> [Compression; 2] {
    [Compression::lz4(), Compression::zstd(3)]
}

fn everything() -> [Compression; 2] {
    both().map(|compression| compression.with_threshold(0))
}

/// Two kilobytes that look like an event.
fn claim() -> Vec<u8> {
    let lines = (0..40).map(|n| format!(r#"{{"line":{n},"amount":{},"paid":false}},"#, n * n));
    lines.collect::<String>().into_bytes()
}

#[test]
fn a_compressed_payload_is_smaller_flagged_and_otherwise_the_same() {
    for compression in both() {
        let packed = compression.compress(plain(claim()));
        assert!(packed.data.len() * 2 < claim().len(), "{compression:?}");
        assert_eq!(packed.flags, PayloadFlags::COMPRESSED);
        assert_eq!(
            (packed.codec.clone(), packed.version),
            (CODEC, TypeVersion::new(3, 1))
        );
        assert_eq!(decompress(packed, claim().len()).unwrap(), plain(claim()));
    }
}

#[test]
fn what_would_not_get_smaller_stays_as_it_is() {
    let mut state = 1_u64;
    let random: Vec<u8> = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state.to_be_bytes()[0]
    })
    .take(4_000)
    .collect();
    for compression in everything() {
        assert_eq!(
            compression.compress(plain(random.clone())),
            plain(random.clone())
        );
        assert_eq!(compression.compress(plain("")), plain(""));
        assert_eq!(compression.compress(plain("abc")), plain("abc"));
    }
}

#[test]
fn the_threshold_is_the_first_size_that_is_compressed() {
    for compression in both() {
        let at = |bytes: usize| compression.compress(plain(vec![7; bytes])).flags;
        assert_eq!(at(Compression::DEFAULT_THRESHOLD - 1), PayloadFlags::PLAIN);
        assert_eq!(at(Compression::DEFAULT_THRESHOLD), PayloadFlags::COMPRESSED);
    }
}

#[test]
fn what_no_append_can_hold_is_not_compressed_so_the_usual_limit_reads_everything() {
    for compression in both() {
        let largest = compression.compress(plain(vec![7; MAX_PLAIN_BYTES]));
        assert_eq!(largest.flags, PayloadFlags::COMPRESSED);
        assert!(decompress(largest, MAX_PLAIN_BYTES).is_ok());
        let beyond = compression.compress(plain(vec![7; MAX_PLAIN_BYTES + 1]));
        assert_eq!(beyond.flags, PayloadFlags::PLAIN);
    }
}

#[test]
fn a_payload_to_which_something_was_done_is_not_compressed() {
    let unknown = PayloadFlags::from_bits(128);
    for flags in [PayloadFlags::COMPRESSED, PayloadFlags::ENCRYPTED, unknown] {
        let done = Payload {
            flags,
            ..plain(claim())
        };
        assert_eq!(Compression::lz4().compress(done.clone()), done);
    }
}

#[test]
fn encryption_has_to_be_undone_before_compression() {
    let sealed = Payload {
        flags: PayloadFlags::COMPRESSED.with(PayloadFlags::ENCRYPTED),
        ..plain(claim())
    };
    let error = decompress(sealed, MAX_PLAIN_BYTES).unwrap_err();
    assert!(matches!(error, DecompressError::Flags { .. }), "{error}");
}

#[test]
fn the_declared_length_is_judged_before_anything_else_is_done_with_the_bytes() {
    for tag in [1, 2] {
        let bomb = stored([&[tag][..], &u32::MAX.to_le_bytes(), b"no such data"].concat());
        let error = decompress(bomb, MAX_PLAIN_BYTES).unwrap_err();
        let expected = "the payload declares 4294967295 plain bytes; at most 12582912 are allowed";
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_length_that_lies_is_found_out() {
    for compression in both() {
        let packed = compression.compress(plain(claim()));
        for lie in [0, 1, claim().len() - 1, claim().len() + 1, MAX_PLAIN_BYTES] {
            let mut data = packed.data.to_vec();
            data[1..5].copy_from_slice(&u32::try_from(lie).unwrap().to_le_bytes());
            let error = decompress(stored(data), MAX_PLAIN_BYTES).unwrap_err();
            assert!(
                matches!(error, DecompressError::Damaged { .. }),
                "{lie}: {error}"
            );
        }
    }
}

#[test]
fn a_cut_off_payload_is_refused_wherever_it_is_cut() {
    for compression in both() {
        let packed = compression.compress(plain(claim()));
        for length in 0..packed.data.len() {
            let cut = stored(packed.data[..length].to_vec());
            assert!(
                decompress(cut, MAX_PLAIN_BYTES).is_err(),
                "{compression:?} {length}"
            );
        }
    }
}

#[test]
fn nothing_may_follow_the_frame() {
    let mut data = Compression::zstd(3).compress(plain(claim())).data.to_vec();
    let empty_frame = zstd::bulk::compress(b"", 3).unwrap();
    data.extend(empty_frame);
    let error = decompress(stored(data), MAX_PLAIN_BYTES).unwrap_err();
    let source = error.source().unwrap().to_string();
    assert_eq!(source, "there are bytes behind the frame");
}

#[test]
fn an_algorithm_that_is_not_known_is_named() {
    let error = decompress(stored([9, 0, 0, 0, 0]), 0).unwrap_err();
    assert_eq!(error.to_string(), "compression algorithm 9 is not known");
    let error = decompress(stored([1, 0, 0, 0]), 0).unwrap_err();
    assert!(
        error.to_string().ends_with("this one has 4 bytes"),
        "{error}"
    );
}

#[test]
fn the_same_payload_gives_the_same_bytes_every_time() {
    for compression in both() {
        let first = compression.compress(plain(claim()));
        let _other = compression.compress(plain(vec![1; 90_000]));
        assert_eq!(compression.compress(plain(claim())), first);
    }
}

#[test]
fn levels_are_kept_within_their_range() {
    assert_eq!(Compression::zstd(i32::MIN), Compression::zstd(1));
    assert_eq!(Compression::zstd(23), Compression::zstd(22));
    assert_ne!(Compression::zstd(3), Compression::zstd(4));
}

/// The files were written when the form was fixed; a change here is a change of the form.
#[test]
fn the_stored_forms_of_the_first_version_are_read() {
    for (file, compression) in [
        (
            include_str!("golden/compressed_lz4.hex"),
            Compression::lz4(),
        ),
        (
            include_str!("golden/compressed_zstd.hex"),
            Compression::zstd(3),
        ),
    ] {
        let data = from_hex(file);
        assert_eq!(Algorithm::Lz4 == compression.algorithm(), data[0] == 1);
        assert_eq!(
            data[1..5],
            u32::try_from(claim().len()).unwrap().to_le_bytes()
        );
        let read = decompress(stored(data), MAX_PLAIN_BYTES).unwrap();
        assert_eq!(read, plain(claim()));
    }
}

/// `cargo test -p es-serde --all-features --test compression print -- --ignored --nocapture`
#[test]
#[ignore = "prints new golden files"]
fn print_the_stored_forms() {
    for compression in both() {
        let packed = compression.compress(plain(claim()));
        let hex: Vec<String> = packed.data.chunks(40).map(to_hex).collect();
        println!("{:?}\n{}", compression.algorithm(), hex.join("\n"));
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    let pairs = (0..digits.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

/// Bytes with repetitions in them, of any length up to some kilobytes.
fn data() -> impl Strategy<Value = Vec<u8>> {
    let run = (proptest::collection::vec(any::<u8>(), 0..20), 1..200_usize);
    proptest::collection::vec(run, 0..12).prop_map(|runs| {
        runs.into_iter()
            .flat_map(|(run, times)| run.repeat(times))
            .collect()
    })
}

proptest! {
    #[test]
    fn what_was_compressed_comes_back(data in data(), bits in any::<u8>()) {
        for compression in everything() {
            for flags in [PayloadFlags::PLAIN, PayloadFlags::from_bits(bits & !1)] {
                let payload = Payload { flags, ..plain(data.clone()) };
                let packed = compression.compress(payload.clone());
                prop_assert!(packed.data.len() <= payload.data.len());
                prop_assert_eq!(decompress(packed, MAX_PLAIN_BYTES).unwrap(), payload);
            }
        }
    }

    #[test]
    fn arbitrary_bytes_are_refused_or_stay_within_the_limit(
        tag in 0..4_u8,
        declared in 0..2_000_u32,
        rest in proptest::collection::vec(any::<u8>(), 0..300),
        limit in 0..1_000_usize,
    ) {
        let data = [&[tag][..], &declared.to_le_bytes(), &rest].concat();
        if let Ok(payload) = decompress(stored(data), limit) {
            prop_assert!(payload.data.len() <= limit);
        }
    }

    #[test]
    fn a_damaged_byte_is_refused_or_stays_within_the_limit(
        data in data(),
        at in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
    ) {
        for compression in everything() {
            let packed = compression.compress(plain(data.clone()));
            prop_assume!(packed.flags == PayloadFlags::COMPRESSED);
            let mut damaged = packed.data.to_vec();
            damaged[at.index(packed.data.len())] ^= flip;
            if let Ok(payload) = decompress(stored(damaged), data.len()) {
                prop_assert!(payload.data.len() <= data.len());
            }
        }
    }
}
