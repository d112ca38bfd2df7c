//! A program that lacks an algorithm says which feature to turn on.

#![cfg(not(all(feature = "lz4", feature = "zstd")))]
#![allow(clippy::unwrap_used, reason = "tests")]

use es_core::{CodecId, Payload, PayloadFlags, TypeVersion};
use es_serde::decompress;

#[test]
fn a_missing_algorithm_is_named_with_its_feature() {
    for (tag, feature, on) in [
        (1, "lz4", cfg!(feature = "lz4")),
        (2, "zstd", cfg!(feature = "zstd")),
    ] {
        let data = vec![tag, 1, 0, 0, 0, 0];
        let mut payload = Payload::new(CodecId::from_static("any"), TypeVersion::INITIAL, data);
        payload.flags = PayloadFlags::COMPRESSED;
        let message = decompress(payload, 10).unwrap_err().to_string();
        let says = message.contains(&format!("turn on feature \"{feature}\" of es-serde"));
        assert_eq!(says, !on, "{message}");
    }
}
