//! Any bytes: decompressed they stay within the limit, and compressed they come back.

#![no_main]

use bytes::Bytes;
use es_core::{CodecId, Payload, PayloadFlags, TypeVersion};
use es_serde::{Compression, MAX_PLAIN_BYTES, decompress};
use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 1024 * 1024;

fuzz_target!(|data: &[u8]| {
    let codec = CodecId::from_static("any");
    let plain = Payload::new(codec, TypeVersion::INITIAL, Bytes::copy_from_slice(data));
    let mut stored = plain.clone();
    stored.flags = PayloadFlags::COMPRESSED;
    if let Ok(read) = decompress(stored, LIMIT) {
        assert!(read.data.len() <= LIMIT);
    }
    for compression in [Compression::lz4(), Compression::zstd(1)] {
        let packed = compression.with_threshold(0).compress(plain.clone());
        assert!(packed.data.len() <= plain.data.len());
        assert_eq!(
            decompress(packed, MAX_PLAIN_BYTES).expect("it was compressed"),
            plain
        );
    }
});
