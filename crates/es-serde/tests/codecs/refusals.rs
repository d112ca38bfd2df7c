use es_core::{Codec, CodecExt, Event, TypeName, TypeTag, TypeVersion};
use es_serde::{Bincode, Postcard, RoundTripError, round_trips};
use serde::{Deserialize, Serialize};

use crate::words;

const BINARY: [&dyn Codec; 2] = [&Bincode, &Postcard];

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Number;

impl TryFrom<String> for Number {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Err(format!("{text} is not a number"))
    }
}

#[derive(Debug, Deserialize)]
struct Inner<T>(T);

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only reading it matters")]
struct Outer<T> {
    inner: Option<Vec<Inner<T>>>,
}

/// Reads `T` out of a value that holds a `W` in its place.
fn refusal<T: serde::de::DeserializeOwned>(codec: &dyn Codec, value: &impl Serialize) -> String {
    let tag = TypeTag::new(TypeName::from_static("Claim"), TypeVersion::INITIAL);
    let data = codec.encode(&tag, &Some(vec![value])).unwrap();
    match codec.decode_value::<Outer<T>>(&tag, &data) {
        Ok(_) => String::new(),
        Err(error) => words(&error),
    }
}

#[test]
fn an_error_says_what_is_wrong_and_shows_no_content() {
    for codec in BINARY {
        for (message, reason) in [
            (
                refusal::<Number>(codec, &"SECRET"),
                "the type refuses a value",
            ),
            (
                refusal::<std::num::NonZeroU32>(codec, &0),
                "invalid value, expected a nonzero u32",
            ),
            (
                refusal::<bool>(codec, &77u8),
                "a boolean is neither true nor false",
            ),
            (
                refusal::<Option<u8>>(codec, &77u8),
                "an option is neither there nor absent",
            ),
            (refusal::<String>(codec, &[3u8, 255, 77, 77]), ""),
            (refusal::<String>(codec, &"SECRET".as_bytes()), ""),
            (refusal::<u64>(codec, &"SECRET"), "left over"),
            (
                refusal::<(String, String)>(codec, &"SECRET"),
                "the bytes end within a value",
            ),
        ] {
            assert!(message.contains(reason), "{reason}: {message}");
            assert!(!message.contains("SECRET"), "{message}");
            assert!(!message.contains("77"), "{message}");
        }
    }
}

/// Each level of bincode quotes an error again, which makes it eight times as long.
#[test]
fn an_error_deep_inside_stays_short() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only reading it matters")]
    struct Chain {
        next: Option<Box<Chain>>,
    }
    let tag = TypeTag::new(TypeName::from_static("Chain"), TypeVersion::INITIAL);
    for codec in BINARY {
        let error = codec.decode_value::<Chain>(&tag, &[1; 40]).unwrap_err();
        let words = words(&error);
        assert!(words.contains("the bytes end within a value"), "{words}");
        assert!(words.len() < 400, "{words}");
    }
}

macro_rules! event {
    ($name:ident, $(#[$attribute:meta])* $content:ty) => {
        #[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
        enum $name {
            Fine(u64),
            Stored {
                $(#[$attribute])*
                content: $content,
                after: u8,
            },
        }
    };
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Dental { teeth: u8 },
}

event!(WithTag, Tagged);
event!(WithJson, serde_json::Value);
event!(WithSkipped, #[serde(skip_serializing_if = "Option::is_none", default)] Option<u8>);
event!(
    WithLost,
    #[serde(skip)]
    u8
);

#[test]
fn the_check_finds_types_that_are_written_and_cannot_be_read() {
    fn refused<E: Event + PartialEq>(fine: E, stored: E) {
        let samples = [fine, stored];
        for codec in BINARY {
            let error = round_trips(codec, &samples).unwrap_err();
            assert!(matches!(&error, RoundTripError::Codec(_)), "{error:?}");
            assert!(error.to_string().contains("Stored 1.0"), "{error}");
        }
    }
    let content = Tagged::Dental { teeth: 2 };
    refused(WithTag::Fine(1), WithTag::Stored { content, after: 1 });
    let content = serde_json::json!([1]);
    refused(WithJson::Fine(1), WithJson::Stored { content, after: 1 });
    let content = None;
    refused(
        WithSkipped::Fine(1),
        WithSkipped::Stored { content, after: 0 },
    );
}

#[test]
fn the_check_finds_types_that_change() {
    for codec in BINARY {
        let samples = [
            WithLost::Fine(1),
            WithLost::Stored {
                content: 5,
                after: 1,
            },
        ];
        let error = round_trips(codec, &samples).unwrap_err();
        assert!(matches!(error, RoundTripError::Changed { .. }), "{error:?}");
    }
}

#[test]
fn a_flattened_struct_is_not_written() {
    #[derive(Serialize)]
    struct Inner {
        amount: u8,
    }
    #[derive(Serialize)]
    struct Outer {
        #[serde(flatten)]
        inner: Inner,
    }
    let tag = TypeTag::new(TypeName::from_static("Outer"), TypeVersion::INITIAL);
    let inner = Inner { amount: 1 };
    let value = Outer { inner };
    for codec in BINARY {
        let error = codec.encode(&tag, &value).unwrap_err();
        assert!(words(&error).contains("does not know its length"));
    }
}

#[test]
fn a_list_that_does_not_know_its_length_is_not_written() {
    struct Endless;
    impl Serialize for Endless {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serde::ser::SerializeSeq::end(serializer.serialize_seq(None)?)
        }
    }
    let tag = TypeTag::new(TypeName::from_static("Endless"), TypeVersion::INITIAL);
    for codec in BINARY {
        let error = codec.encode(&tag, &Endless).unwrap_err();
        assert!(
            words(&error).contains("does not know its length"),
            "{error:?}"
        );
    }
}

#[test]
fn a_refusal_deep_inside_stays_short() {
    struct Refusing;
    impl Serialize for Refusing {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("\"SECRET\""))
        }
    }
    #[derive(Serialize)]
    struct Chain {
        next: Option<Box<Chain>>,
        end: Option<Refusing>,
    }
    fn chain(depth: usize) -> Chain {
        let next = (depth > 0).then(|| Box::new(chain(depth - 1)));
        let end = next.is_none().then_some(Refusing);
        Chain { next, end }
    }
    let tag = TypeTag::new(TypeName::from_static("Chain"), TypeVersion::INITIAL);
    for codec in BINARY {
        let error = codec.encode(&tag, &chain(60)).unwrap_err();
        assert!(words(&error).contains("the type refuses to be written"));
        assert!(!words(&error).contains("SECRET"));
    }
}
