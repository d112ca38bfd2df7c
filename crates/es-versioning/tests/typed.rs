//! Rules by way of Rust types, and codecs other than JSON.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails in a helper of a test fails the test"
)]

use bytes::Bytes;
use es_core::codec::{DecodeVisitor, erased};
use es_core::{
    Codec, CodecError, CodecExt, CodecId, CodecSet, Payload, TypeName, TypeTag, Upcast, UpcastError,
};
use es_serde::Json;
use es_versioning::{
    Conversion, Upcasts, add_field, change_type, for_event, remove_field, rename_field, typed,
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct V1 {
    sum: u64,
    by: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct V2 {
    amount: u64,
    by: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct V3 {
    category: String,
    amount: String,
    by: String,
}

impl From<V1> for V2 {
    fn from(V1 { sum, by }: V1) -> Self {
        Self { amount: sum, by }
    }
}

impl From<V2> for V1 {
    fn from(V2 { amount, by }: V2) -> Self {
        Self { sum: amount, by }
    }
}

impl From<V2> for V3 {
    fn from(V2 { amount, by }: V2) -> Self {
        let category = "general".to_owned();
        Self {
            category,
            amount: amount.to_string(),
            by,
        }
    }
}

fn tag(version: &str) -> TypeTag {
    TypeTag::new(
        TypeName::from_static("ClaimCreated"),
        version.parse().unwrap(),
    )
}

fn by_types() -> Upcasts {
    let chain = typed::<V1>("ClaimCreated", "1.0")
        .into::<V2>("2.0")
        .into::<V3>("3.0");
    Upcasts::new().event(chain).build().unwrap()
}

fn by_fields() -> Upcasts {
    let to_text = change_type("amount", Conversion::IntToString);
    Upcasts::new()
        .event(
            for_event("ClaimCreated")
                .current("3.0")
                .upcast("1.0", "2.0", rename_field("sum", "amount"))
                .upcast("2.0", "3.0", to_text.then(add_field("category", "general"))),
        )
        .build()
        .unwrap()
}

/// A compact format that does not describe itself.
#[derive(Debug)]
struct Postcard;

impl Codec for Postcard {
    fn id(&self) -> CodecId {
        CodecId::from_static("postcard")
    }

    fn encode(&self, tag: &TypeTag, value: &dyn erased::Serialize) -> Result<Bytes, CodecError> {
        let data = postcard::to_allocvec(value).map_err(|error| CodecError::encode(tag, error))?;
        Ok(data.into())
    }

    fn decode(
        &self,
        tag: &TypeTag,
        data: &[u8],
        visit: &mut DecodeVisitor<'_>,
    ) -> Result<(), CodecError> {
        let mut postcard = postcard::Deserializer::from_bytes(data);
        visit(&mut <dyn erased::Deserializer<'_>>::erase(&mut postcard))
            .map_err(|error| CodecError::decode(tag, error))
    }
}

/// A format that describes itself, and that is read only under the tag it was written with.
#[derive(Debug)]
struct Tagged;

impl Codec for Tagged {
    fn id(&self) -> CodecId {
        CodecId::from_static("tagged")
    }

    fn encode(&self, tag: &TypeTag, value: &dyn erased::Serialize) -> Result<Bytes, CodecError> {
        let json = Json.encode(tag, value)?;
        Ok([format!("{tag}|").as_bytes(), &json].concat().into())
    }

    fn decode(
        &self,
        tag: &TypeTag,
        data: &[u8],
        visit: &mut DecodeVisitor<'_>,
    ) -> Result<(), CodecError> {
        let json = data
            .strip_prefix(format!("{tag}|").as_bytes())
            .ok_or_else(|| CodecError::decode(tag, "another tag"))?;
        Json.decode(tag, json, visit)
    }
}

fn codecs() -> CodecSet {
    CodecSet::new(Json).and_read(Postcard).and_read(Tagged)
}

fn payload<T: Serialize>(codec: &dyn Codec, version: &str, content: &T) -> Payload {
    let tag = tag(version);
    Payload::new(
        codec.id(),
        tag.version,
        codec.encode(&tag, content).unwrap(),
    )
}

fn read(upcasts: &Upcasts, codec: &dyn Codec, from: &str, content: &impl Serialize) -> V3 {
    let stored = payload(codec, from, content);
    let read = upcasts
        .upcast(&tag(from), &stored, &[tag("3.0")], &codecs())
        .unwrap();
    let [(found, payload)] = &read[..] else {
        panic!("{} events", read.len());
    };
    assert_eq!((found, payload.version), (&tag("3.0"), tag("3.0").version));
    assert_eq!(payload.codec, codec.id());
    codec.decode_value(found, &payload.data).unwrap()
}

proptest! {
    #[test]
    fn typed_and_untyped_rules_agree(sum: u64, by in ".*") {
        let first = V1 { sum, by };
        let second = V2::from(first.clone());
        let third = V3::from(second.clone());
        for codec in [&Json as &dyn Codec, &Tagged] {
            for upcasts in [by_types(), by_fields()] {
                prop_assert_eq!(&read(&upcasts, codec, "1.0", &first), &third);
                prop_assert_eq!(&read(&upcasts, codec, "2.0", &second), &third);
            }
        }
        prop_assert_eq!(&read(&by_types(), &Postcard, "1.0", &first), &third);
        prop_assert_eq!(&read(&by_types(), &Postcard, "2.0", &second), &third);
    }

    #[test]
    fn typed_and_untyped_rules_agree_on_contents_of_no_store(sum: u64, by in ".*") {
        let first = serde_json::to_value(V1 { sum, by }).unwrap();
        let read = |upcasts: &Upcasts, known| {
            upcasts.translate(&tag("1.0"), first.clone(), &[known]).unwrap()
        };
        for known in ["2.0", "3.0"] {
            prop_assert_eq!(read(&by_types(), tag(known)), read(&by_fields(), tag(known)));
        }
    }

    #[test]
    fn damaged_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..32)) {
        for codec in [&Json as &dyn Codec, &Postcard, &Tagged] {
            let payload = Payload::new(codec.id(), tag("1.0").version, bytes.clone());
            for upcasts in [by_types(), by_fields()] {
                let _ = upcasts.upcast(&tag("1.0"), &payload, &[tag("3.0")], &codecs());
            }
        }
    }
}

#[test]
fn a_chain_of_types_goes_in_one_step() {
    let path = by_types().path(&tag("1.0"), &[tag("3.0")]).unwrap();
    assert_eq!(path, ["ClaimCreated 1.0 -> 3.0"]);
    assert!(by_types().leads(&tag("1.0"), &[tag("2.0")]));
}

#[test]
fn typed_rules_are_listed_as_functions() {
    let functions = by_types().rules().functions();
    let expected = [
        "ClaimCreated 1.0 -> 2.0",
        "ClaimCreated 1.0 -> 3.0",
        "ClaimCreated 2.0 -> 3.0",
    ];
    assert_eq!(functions, expected);
}

#[test]
fn rules_on_fields_say_that_a_format_does_not_describe_itself() {
    let stored = payload(
        &Postcard,
        "1.0",
        &V1 {
            sum: 1,
            by: "SECRET".into(),
        },
    );
    let result = by_fields().upcast(&tag("1.0"), &stored, &[tag("3.0")], &codecs());
    let Err(UpcastError::Rule { rule, source }) = result else {
        panic!("it was read");
    };
    assert_eq!(rule, "ClaimCreated 1.0 -> 2.0");
    assert_eq!(
        source.to_string(),
        "codec postcard cannot read the content without its type; use typed rules"
    );
}

#[test]
fn typed_rules_and_rules_on_fields_follow_each_other() {
    let upcasts = Upcasts::new()
        .event(
            for_event("ClaimCreated")
                .current("3.0")
                .upcast("0.1", "0.9", remove_field("x"))
                .upcast("0.9", "1.0", es_versioning::unchanged())
                .upcast_typed::<V1, V2>("1.0", "2.0")
                .downcast_typed::<V2, V1>("2.0", "1.0")
                .lossless()
                .upcast(
                    "2.0",
                    "3.0",
                    (
                        change_type("amount", Conversion::IntToString),
                        add_field("category", "a"),
                    ),
                ),
        )
        .build()
        .unwrap();
    let first = serde_json::json!({ "sum": 7, "by": "b", "x": 0 });
    let expected = V3 {
        category: "a".into(),
        amount: "7".into(),
        by: "b".into(),
    };
    for codec in [&Json as &dyn Codec, &Tagged] {
        assert_eq!(read(&upcasts, codec, "0.1", &first), expected);
        assert_eq!(read(&upcasts, codec, "0.9", &first), expected);
    }
    let samples = [serde_json::json!({ "amount": 7, "by": "b" })];
    es_versioning::testing::assert_lossless(&upcasts, "ClaimCreated", "2.0", "1.0", samples);
}

/// A version that reads the old shape as it is needs no format that describes itself; one that
/// looks at the tag gets the new one.
#[test]
fn unchanged_content_is_read_in_every_format() {
    let upcasts = Upcasts::new()
        .event(for_event("ClaimCreated").current("1.1").upcast(
            "1.0",
            "1.1",
            es_versioning::unchanged(),
        ))
        .build()
        .unwrap();
    let content = V1 {
        sum: 3,
        by: "b".into(),
    };
    for codec in [&Json as &dyn Codec, &Postcard, &Tagged] {
        let stored = payload(codec, "1.0", &content);
        let read = upcasts
            .upcast(&tag("1.0"), &stored, &[tag("1.1")], &codecs())
            .unwrap();
        let read: V1 = codec.decode_value(&read[0].0, &read[0].1.data).unwrap();
        assert_eq!(read, content);
    }
}
