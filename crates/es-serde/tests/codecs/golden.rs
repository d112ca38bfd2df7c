//! Bytes that were stored once must be read forever, and be written the same by every version.

use std::path::Path;

use es_core::{Codec, Event};

use crate::claim::samples;
use crate::{codecs, decode, encode};

fn golden(codec: &dyn Codec, sample: &str) -> Vec<u8> {
    let name = format!("{}-{sample}.hex", codec.id());
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    let text = std::fs::read_to_string(path).unwrap();
    bytes(text.trim())
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().map(|c| c.to_digit(16).unwrap() as u8).collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

fn hex(data: &[u8]) -> String {
    data.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_event_is_the_bytes_it_always_was() {
    let mut changed = Vec::new();
    for codec in codecs() {
        for (sample, event) in samples() {
            let stored = golden(&*codec, sample);
            let data = encode(&*codec, &event);
            if data != stored {
                changed.push(format!("{}-{sample}.hex {}", codec.id(), hex(&data)));
            } else {
                assert_eq!(decode(&*codec, event.type_index(), &stored).unwrap(), event);
            }
        }
    }
    assert!(
        changed.is_empty(),
        "these bytes changed:\n{}",
        changed.join("\n")
    );
}
