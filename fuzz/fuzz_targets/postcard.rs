//! Any bytes, read as Postcard: no panic, and what is read is written and read again as the same.

#![no_main]

use es_core::{Codec, CodecExt, TypeName, TypeTag, TypeVersion};
use es_serde::Postcard;
use libfuzzer_sys::fuzz_target;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Claim {
    Created { amount: u64, tags: Vec<String> },
    Paid(i32, Option<bool>),
    Closed,
}

const TAG: TypeTag = TypeTag::new(TypeName::from_static("Claim"), TypeVersion::INITIAL);

fuzz_target!(|data: &[u8]| {
    if let Ok(claim) = Postcard.decode_value::<Claim>(&TAG, data) {
        let again = Postcard.encode(&TAG, &claim).expect("it was read");
        assert_eq!(
            Postcard.decode_value::<Claim>(&TAG, &again)
                .expect("it was written"),
            claim
        );
    }
});
