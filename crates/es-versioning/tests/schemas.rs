//! Shapes of events, and which of them can be read in which.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails in a helper of a test fails the test"
)]

use std::collections::BTreeMap;

use es_core::{Event, TypeName, TypeTag, TypeVersion};
use es_versioning::testing::{contents_of, objects};
use es_versioning::{
    Compatibility, EventSchema, SchemaError, SchemaSet, Upcasts, add_field, for_event,
    remove_field, unchanged,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Serialize, Deserialize, JsonSchema, Debug, Clone, PartialEq)]
struct Address {
    street: String,
    zip: Option<u32>,
}

/// A shape that holds itself.
#[derive(Serialize, Deserialize, JsonSchema, Debug, Clone, PartialEq)]
enum Tree {
    Leaf,
    Note(String),
    Branch {
        left: Box<Tree>,
        right: Option<Box<Tree>>,
    },
}

#[derive(Event, Serialize, Deserialize, JsonSchema, Debug, Clone, PartialEq)]
#[serde(rename_all = "snake_case")]
enum ClaimEvent {
    /// Has words of its own.
    #[event(name = "ClaimCreated", version = "2.0")]
    Created {
        /// In cents.
        amount: u64,
        address: Address,
        #[serde(default)]
        tags: Vec<String>,
    },
    #[event(name = "ClaimSubmitted")]
    Submitted,
    #[event(name = "ClaimMoved")]
    Moved(Address),
    /// A unit with words is described in another way than one without.
    #[event(name = "ClaimClosed")]
    Closed,
    #[event(name = "ClaimGrouped")]
    Grouped { tree: Tree },
    #[event(name = "ClaimRated")]
    Rated(i8, f32),
    /// Holds the whole.
    #[event(name = "ClaimCorrected")]
    Corrected {
        corrected: Vec<ClaimEvent>,
        by: Tree,
    },
}

#[derive(Event, Serialize, Deserialize, JsonSchema)]
#[event(name = "PaymentMade", version = "1.1")]
struct Payment {
    cents: u64,
}

#[derive(Event, Serialize, Deserialize, JsonSchema)]
enum OnlyUnits {
    Opened,
    Closed,
}

fn tag(name: &str, version: &str) -> TypeTag {
    TypeTag::new(TypeName::new(name).unwrap(), version.parse().unwrap())
}

fn schema(name: &str, version: &str) -> Value {
    let set = SchemaSet::of::<ClaimEvent>().unwrap();
    set.get(&tag(name, version)).unwrap().schema.clone()
}

#[test]
fn each_event_has_the_shape_of_its_content_alone() {
    let created = schema("ClaimCreated", "2.0");
    assert_eq!(created["type"], "object");
    assert_eq!(created["required"], json!(["address", "amount"]));
    assert_eq!(
        created["properties"]["address"],
        json!({"$ref": "#/$defs/Address"})
    );
    assert_eq!(
        created["$defs"].as_object().unwrap().len(),
        1,
        "no more than is needed"
    );
    assert!(
        !created.to_string().contains("cents"),
        "descriptions are no part of a shape"
    );

    for unit in ["ClaimSubmitted", "ClaimClosed"] {
        assert_eq!(schema(unit, "1.0"), json!({"type": "object"}));
    }
    let moved = schema("ClaimMoved", "1.0");
    assert_eq!(moved["$ref"], "#/$defs/Address");
    assert_eq!(
        schema("ClaimRated", "1.0")["prefixItems"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert!(schema("ClaimGrouped", "1.0")["$defs"]["Tree"].is_object());

    let corrected = schema("ClaimCorrected", "1.0");
    let itself = json!({"$ref": "#/$defs/ClaimEvent"});
    assert_eq!(corrected["properties"]["corrected"]["items"], itself);
    assert!(corrected["$defs"]["ClaimEvent"]["oneOf"].is_array());
    let corrected = EventSchema::new(tag("ClaimCorrected", "1.0"), &corrected);
    assert_eq!(corrected.mismatches(&corrected), []);

    let payment = SchemaSet::of::<Payment>().unwrap();
    assert_eq!(payment.tags(), [tag("PaymentMade", "1.1")]);
    let units = SchemaSet::of::<OnlyUnits>().unwrap();
    assert_eq!(units.tags(), [tag("Closed", "1.0"), tag("Opened", "1.0")]);
}

/// Whatever is stored of an event fits its schema, and the other way round.
#[test]
fn generated_contents_are_read_as_their_events() {
    let set = SchemaSet::of::<ClaimEvent>().unwrap();
    let mut runner = TestRunner::deterministic();
    for (index, tag) in ClaimEvent::TYPES.iter().enumerate() {
        let contents = contents_of(set.get(tag).unwrap());
        for _ in 0..100 {
            let content = contents.new_tree(&mut runner).unwrap().current();
            let text = content.to_string();
            let mut json = serde_json::Deserializer::from_str(&text);
            let event = ClaimEvent::deserialize_content(index, &mut json);
            // Shapes that hold themselves are cut off by a null at some depth.
            let is_cut =
                content.get("tree").or(content.get("by")).is_some() && text.contains("null");
            assert!(event.is_ok() || is_cut, "{tag}: {event:?} of {text}");
        }
    }
}

#[derive(Debug)]
#[expect(dead_code, reason = "only its schema matters")]
struct ByHand(u8);

impl<'de> Deserialize<'de> for ByHand {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        enum Other {
            A(u8),
            B(u8),
        }
        Other::deserialize(deserializer).map(|(Other::A(n) | Other::B(n))| Self(n))
    }
}

impl JsonSchema for ByHand {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ByHand".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "oneOf": [{ "type": "object", "properties": { "A": true } }] })
    }
}

macro_rules! event_by_hand {
    ($($types:literal),+) => {
        const TYPES: &'static [TypeTag] =
            &[$(TypeTag::new(TypeName::from_static($types), TypeVersion::INITIAL)),+];

        fn type_index(&self) -> usize {
            0
        }

        fn serialize_content<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
            s.serialize_unit()
        }

        fn deserialize_content<'de, D: serde::Deserializer<'de>>(
            _: usize,
            deserializer: D,
        ) -> Result<Self, D::Error> {
            Self::deserialize(deserializer)
        }
    };
}

impl Event for ByHand {
    event_by_hand!["A", "B"];
}

#[derive(Debug)]
struct TooFew;

impl<'de> Deserialize<'de> for TooFew {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ByHand::deserialize(deserializer).map(|_| Self)
    }
}

impl JsonSchema for TooFew {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TooFew".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        true.into()
    }
}

impl Event for TooFew {
    event_by_hand!["A", "B", "C"];
}

#[test]
fn a_schema_that_does_not_tell_the_shapes_is_refused() {
    let error = SchemaSet::of::<ByHand>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the schema has no variant B for event type B 1.0"
    );
    let error = SchemaSet::of::<TooFew>().unwrap_err();
    assert_eq!(
        error,
        SchemaError::Variants {
            variants: 2,
            types: 3
        }
    );
}

#[test]
fn a_set_is_data_that_reads_back_the_same() {
    let set = SchemaSet::of::<ClaimEvent>()
        .unwrap()
        .and(SchemaSet::of::<Payment>().unwrap());
    let text = serde_json::to_string(&set).unwrap();
    assert_eq!(serde_json::from_str::<SchemaSet>(&text).unwrap(), set);
}

/// What a reader of `reader` cannot read of what a writer of `writer` wrote.
fn unread(reader: &Value, writer: &Value) -> Vec<String> {
    let schema = |schema| EventSchema::new(tag("E", "1.0"), schema);
    let found = schema(reader).mismatches(&schema(writer));
    found.iter().map(ToString::to_string).collect()
}

fn of<T: JsonSchema>() -> Value {
    schema_for!(T).to_value()
}

mod shapes {
    #![allow(dead_code, reason = "only their schemas matter")]

    use super::*;

    #[derive(JsonSchema, Deserialize)]
    pub(super) struct Base {
        amount: u32,
    }
    #[derive(JsonSchema, Deserialize)]
    pub(super) struct Wider {
        amount: u64,
    }
    #[derive(JsonSchema, Deserialize)]
    pub(super) struct Signed {
        amount: i32,
    }
    #[derive(JsonSchema, Deserialize)]
    pub(super) struct Float {
        amount: f64,
    }
    #[derive(JsonSchema, Deserialize)]
    pub(super) struct Text {
        amount: String,
    }
    #[derive(JsonSchema, Deserialize)]
    pub(super) struct Maybe {
        amount: Option<u32>,
    }
    #[derive(JsonSchema, Deserialize)]
    pub(super) struct More {
        amount: u32,
        category: String,
    }
    #[derive(JsonSchema, Deserialize)]
    pub(super) struct MaybeMore {
        amount: u32,
        #[serde(default)]
        category: String,
    }
    #[derive(JsonSchema, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Strict {
        amount: u32,
    }
    #[derive(JsonSchema, Deserialize)]
    pub(super) struct Nested {
        inner: Vec<Base>,
    }
    #[derive(JsonSchema, Deserialize)]
    pub(super) struct NestedMore {
        inner: Vec<More>,
    }
    #[derive(JsonSchema, Deserialize)]
    pub(super) struct Map {
        map: BTreeMap<String, u32>,
    }
    #[derive(JsonSchema, Deserialize)]
    pub(super) struct MapOfText {
        map: BTreeMap<String, String>,
    }
    #[derive(JsonSchema, Deserialize)]
    pub(super) enum Kind {
        Dental,
        Other { what: String },
    }
    #[derive(JsonSchema, Deserialize)]
    pub(super) enum MoreKinds {
        Dental,
        /// Newer.
        Optical,
        Other {
            what: String,
        },
        Many(Vec<u8>),
    }
    #[derive(JsonSchema, Deserialize)]
    pub(super) enum ChangedKind {
        Dental,
        Other { what: u8 },
    }
    #[derive(JsonSchema, Deserialize)]
    #[serde(tag = "type")]
    pub(super) enum Tagged {
        A { a: u8 },
        B { b: u8 },
    }
    #[derive(JsonSchema, Deserialize)]
    #[serde(tag = "type")]
    pub(super) enum TaggedChanged {
        A { a: u8 },
        B { b: String },
    }
}

#[test]
fn shapes_are_compared_by_the_rules_of_serde() {
    use shapes::*;
    let missing = "field category is required, and there is no value for it";
    for (reader, writer, expected) in [
        (of::<Base>(), of::<Base>(), vec![]),
        (of::<Wider>(), of::<Base>(), vec![]),
        (
            of::<Base>(),
            of::<Wider>(),
            vec!["field amount takes fewer values than before (maximum)"],
        ),
        (
            of::<Base>(),
            of::<Signed>(),
            vec!["field amount takes fewer values than before (minimum)"],
        ),
        (
            of::<Signed>(),
            of::<Base>(),
            vec!["field amount takes fewer values than before (maximum)"],
        ),
        (of::<Float>(), of::<Base>(), vec![]),
        (
            of::<Base>(),
            of::<Float>(),
            vec!["field amount is an integer and was a number"],
        ),
        (
            of::<Text>(),
            of::<Base>(),
            vec!["field amount is a string and was an integer"],
        ),
        (of::<Maybe>(), of::<Base>(), vec![]),
        (
            of::<Base>(),
            of::<Maybe>(),
            vec![
                "field amount is an integer and was null",
                "field amount is required, and may have no value",
            ],
        ),
        (of::<More>(), of::<Base>(), vec![missing]),
        (of::<MaybeMore>(), of::<Base>(), vec![]),
        (of::<Base>(), of::<More>(), vec![]),
        (
            of::<More>(),
            of::<MaybeMore>(),
            vec!["field category is required, and may have no value"],
        ),
        (of::<Strict>(), of::<Base>(), vec![]),
        (
            of::<Strict>(),
            of::<More>(),
            vec!["field category is not known and refused"],
        ),
        (
            of::<NestedMore>(),
            of::<Nested>(),
            vec!["field inner.[].category is required, and there is no value for it"],
        ),
        (of::<Map>(), of::<Map>(), vec![]),
        (
            of::<MapOfText>(),
            of::<Map>(),
            vec!["field map.* is a string and was an integer"],
        ),
        (of::<MoreKinds>(), of::<Kind>(), vec![]),
        (
            of::<Kind>(),
            of::<MoreKinds>(),
            vec![
                "field (the content) does not take Many",
                "field (the content) does not take \"Optical\"",
            ],
        ),
        (
            of::<ChangedKind>(),
            of::<Kind>(),
            vec!["field Other.what is an integer and was a string"],
        ),
        (of::<Tagged>(), of::<Tagged>(), vec![]),
        (
            of::<TaggedChanged>(),
            of::<Tagged>(),
            vec!["field b is a string and was an integer"],
        ),
        (of::<[u8; 3]>(), of::<[u8; 3]>(), vec![]),
        (
            of::<[u8; 3]>(),
            of::<Vec<u8>>(),
            vec![
                "field (the content) takes fewer values than before (minItems)",
                "field (the content) takes fewer values than before (maxItems)",
            ],
        ),
        (of::<Vec<u8>>(), of::<[u8; 3]>(), vec![]),
        (of::<(u8, String)>(), of::<(u8, String)>(), vec![]),
        (
            of::<(u8, u8)>(),
            of::<(u8, String)>(),
            vec!["field [1] is an integer and was a string"],
        ),
        (of::<Tree>(), of::<Tree>(), vec![]),
        (of::<Value>(), of::<Tree>(), vec![]),
        (
            of::<f32>(),
            of::<f64>(),
            vec!["field (the content) takes fewer values than before (format)"],
        ),
        (of::<f64>(), of::<f32>(), vec![]),
        (
            of::<std::collections::BTreeSet<u8>>(),
            of::<Vec<u8>>(),
            vec!["field (the content) takes fewer values than before (uniqueItems)"],
        ),
    ] {
        let mut found = unread(&reader, &writer);
        let mut expected = expected;
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected, "{reader} reads {writer}");
    }
}

#[test]
fn what_is_not_understood_is_told() {
    let strange =
        json!({"type": "object", "properties": {"a": {"type": "string", "contentMediaType": "x"}}});
    let plain = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let told = ["field a has the keyword contentMediaType, which is not understood"];
    assert_eq!(unread(&strange, &plain), told);
    assert_eq!(unread(&plain, &strange), told);

    for (schema, expected) in [
        (
            json!({"$ref": "#/$defs/Lost"}),
            "field (the content) refers to #/$defs/Lost, which is not there",
        ),
        (
            json!({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}),
            "field (the content) nests too deep to be compared",
        ),
        (
            json!({"type": "object", "oneOf": [{"type": "object"}]}),
            "field (the content) has the keyword type beside oneOf, which is not understood",
        ),
        (
            json!({"allOf": [true, true]}),
            "field (the content) has the keyword allOf, which is not understood",
        ),
        (
            json!({"minimum": 3}),
            "field (the content) has the keyword beside no type, which is not understood",
        ),
        (
            json!(7),
            "field (the content) has the keyword of no schema, which is not understood",
        ),
    ] {
        assert_eq!(unread(&schema, &plain), [expected]);
    }
}

proptest! {
    #[test]
    fn any_json_for_a_schema_is_compared_or_told(reader in objects(), writer in objects()) {
        let _ = unread(&reader, &writer);
        let wrap = |schema: &Value| json!({"type": "object", "properties": schema, "required": schema,
            "items": schema, "oneOf": schema, "enum": schema, "$defs": schema, "$ref": schema});
        let _ = unread(&wrap(&reader), &wrap(&writer));
    }
}

/// A shape, and whether a content can be read in it.
type Sample = (Value, fn(Value) -> bool);

fn sample<T: JsonSchema + serde::de::DeserializeOwned>() -> Sample {
    (of::<T>(), |content| {
        serde_json::from_value::<T>(content).is_ok()
    })
}

/// What the comparison passes is read, whatever the writer's shape holds.
#[test]
fn what_is_compatible_is_read() {
    use shapes::*;
    let samples = [
        sample::<Base>(),
        sample::<Wider>(),
        sample::<Signed>(),
        sample::<Float>(),
        sample::<Text>(),
        sample::<Maybe>(),
        sample::<More>(),
        sample::<MaybeMore>(),
        sample::<Strict>(),
        sample::<Nested>(),
        sample::<NestedMore>(),
        sample::<Map>(),
        sample::<MapOfText>(),
        sample::<Kind>(),
        sample::<MoreKinds>(),
        sample::<ChangedKind>(),
        sample::<Tagged>(),
        sample::<TaggedChanged>(),
        sample::<Vec<u8>>(),
        sample::<[u8; 3]>(),
        sample::<(u8, i64)>(),
        sample::<Option<bool>>(),
        sample::<Value>(),
    ];
    let mut runner = TestRunner::deterministic();
    let mut compatible = 0;
    for (writer, _) in &samples {
        let contents = contents_of(&EventSchema::new(tag("E", "1.0"), writer));
        let contents: Vec<_> = (0..64)
            .map(|_| contents.new_tree(&mut runner).unwrap().current())
            .collect();
        for (reader, reads) in &samples {
            if unread(reader, writer).is_empty() {
                compatible += 1;
                for content in &contents {
                    assert!(reads(content.clone()), "{reader} of {writer}: {content}");
                }
            }
        }
    }
    assert!(
        compatible > 2 * samples.len(),
        "few pairs were compatible: {compatible}"
    );
}

fn version(version: &str, schema: &Value) -> EventSchema {
    EventSchema::new(tag("ClaimCreated", version), schema)
}

/// Three versions: the second adds a field that must be there, the third lets it be missing.
fn three() -> (SchemaSet, EventSchema) {
    use shapes::*;
    let older = vec![version("1.0", &of::<Base>()), version("2.0", &of::<More>())];
    (older.into(), version("3.0", &of::<MaybeMore>()))
}

#[test]
fn each_compatibility_asks_what_it_says() {
    use Compatibility::*;
    let (older, new) = three();
    let check = |compatibility: Compatibility, new: &EventSchema| {
        let checked = compatibility.check(&older, new, &Upcasts::none());
        checked.map_err(|error| error.to_string())
    };
    for fine in [Backward, BackwardTransitive, None] {
        assert_eq!(check(fine, &new), Ok(()), "{fine:?}");
    }
    let second = "ClaimCreated 2.0 cannot read events of 3.0: field category is required, and may have no value";
    for refused in [Forward, ForwardTransitive, Full, FullTransitive] {
        assert_eq!(check(refused, &new), Err(second.to_owned()), "{refused:?}");
    }

    // As 2.0, which reads 2.0 and not 1.0; and 1.0 and 2.0 both read it.
    let as_second = version("3.0", &of::<shapes::More>());
    let first = "ClaimCreated 3.0 cannot read events of 1.0: field category is required, and there is no value for it";
    for fine in [Backward, Forward, ForwardTransitive, Full, None] {
        assert_eq!(check(fine, &as_second), Ok(()), "{fine:?}");
    }
    for refused in [BackwardTransitive, FullTransitive, Compatibility::default()] {
        assert_eq!(
            check(refused, &as_second),
            Err(first.to_owned()),
            "{refused:?}"
        );
    }
}

#[test]
fn a_way_of_rules_is_compatible_unless_it_leaves_the_content_unchanged() {
    let (older, _) = three();
    let as_second = version("3.0", &of::<shapes::More>());
    let check = |rules| {
        let upcasts = Upcasts::new().event(rules).build().unwrap();
        Compatibility::FullTransitive.check(&older, &as_second, &upcasts)
    };
    let claim = || for_event("ClaimCreated").current("3.0");
    assert!(check(claim().upcast("1.0", "3.0", unchanged())).is_err());
    assert_eq!(
        check(claim().upcast("1.0", "3.0", add_field("category", "general"))),
        Ok(())
    );
    let over = claim()
        .upcast("1.0", "2.0", add_field("category", "general"))
        .upcast("2.0", "3.0", unchanged())
        .downcast("3.0", "1.0", remove_field("category"))
        .loses(["category"]);
    assert_eq!(check(over), Ok(()));
}
