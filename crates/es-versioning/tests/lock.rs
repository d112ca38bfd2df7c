//! The gate before shapes that were stored.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails in a helper of a test fails the test"
)]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use es_core::{Event, TypeName, TypeTag};
use es_versioning::{
    EventSchema, LockError, LockProblem, SchemaSet, Upcasts, add_field, check_lock, for_event,
    unchanged, update_lock,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tempfile::TempDir;

#[allow(
    clippy::enum_variant_names,
    reason = "the name of a stored event says what it is of"
)]
#[derive(Event, Serialize, Deserialize, JsonSchema)]
enum ClaimEvent {
    /// Words may change.
    #[event(version = "2.0")]
    ClaimCreated { amount: u64, category: String },
    #[event(name = "Claim was closed")]
    ClaimClosed,
}

#[derive(Event, Serialize, Deserialize, JsonSchema)]
struct PaymentMade {
    cents: u64,
}

fn upcasts() -> Upcasts {
    let created = for_event("ClaimCreated").current("2.0");
    Upcasts::new()
        .event(created.upcast("1.0", "2.0", add_field("category", "general")))
        .event(for_event("ClaimViewed").dropped())
        .build()
        .unwrap()
}

// The committed file has versions and types that the program has no more.
es_versioning::events_lock_test!("tests/events.lock", [ClaimEvent, PaymentMade], upcasts());

fn tag(name: &str, version: &str) -> TypeTag {
    TypeTag::new(TypeName::new(name).unwrap(), version.parse().unwrap())
}

fn object(properties: &Value) -> Value {
    let required: Vec<_> = properties.as_object().unwrap().keys().cloned().collect();
    json!({"type": "object", "properties": properties, "required": required})
}

fn set(schemas: &[(&str, &str, Value)]) -> SchemaSet {
    let schema = |(name, version, properties): &(&str, &str, Value)| {
        EventSchema::new(tag(name, version), &object(properties))
    };
    schemas.iter().map(schema).collect::<Vec<_>>().into()
}

/// A lock file with these shapes.
fn locked(schemas: &[(&str, &str, Value)]) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.lock");
    assert!(update_lock(&path, &set(schemas)).unwrap());
    (directory, path)
}

fn problems(error: LockError) -> Vec<LockProblem> {
    match error {
        LockError::Problems(problems) => problems.problems,
        error => panic!("{error:?}"),
    }
}

fn first() -> (&'static str, &'static str, Value) {
    (
        "ClaimCreated",
        "1.0",
        json!({"amount": {"type": "integer"}}),
    )
}

fn second() -> (&'static str, &'static str, Value) {
    (
        "ClaimCreated",
        "2.0",
        json!({"amount": {"type": "integer"}, "category": {"type": "string"}}),
    )
}

#[test]
fn what_is_as_it_was_passes() {
    let (_directory, path) = locked(&[first(), second()]);
    assert!(check_lock(&path, &set(&[first(), second()]), &Upcasts::none()).is_ok());
    assert!(check_lock(&path, &set(&[second()]), &upcasts()).is_ok());
}

#[test]
fn a_changed_shape_is_refused_with_its_fields() {
    let (_directory, path) = locked(&[first()]);
    let changed = (
        "ClaimCreated",
        "1.0",
        json!({"amount": {"type": "string"}, "by": {"type": "string"}}),
    );
    let error = check_lock(&path, &set(&[changed]), &Upcasts::none()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ClaimCreated 1.0: the shape changed at amount, by; \
         give it a new version with a rule from 1.0, or take the change back"
    );
}

#[test]
fn a_field_that_need_not_be_there_any_more_is_a_change() {
    let (_directory, path) = locked(&[second()]);
    let mut changed = object(&second().2);
    changed["required"] = json!(["amount"]);
    let changed = vec![EventSchema::new(tag("ClaimCreated", "2.0"), &changed)].into();
    let found = problems(check_lock(&path, &changed, &Upcasts::none()).unwrap_err());
    let fields = vec!["category".into()];
    assert_eq!(
        found,
        [LockProblem::Changed {
            tag: tag("ClaimCreated", "2.0"),
            fields
        }]
    );
}

#[test]
fn words_and_order_are_no_change() {
    let (_directory, path) = locked(&[second()]);
    let mut same = object(&second().2);
    same["required"] = json!(["category", "amount"]);
    same["description"] = json!("Words.");
    same["properties"]["amount"]["title"] = json!("Amount");
    let same = vec![EventSchema::new(tag("ClaimCreated", "2.0"), &same)].into();
    assert!(check_lock(&path, &same, &Upcasts::none()).is_ok());
}

#[test]
fn a_version_without_a_way_to_the_current_one_is_refused() {
    let (_directory, path) = locked(&[first(), second()]);
    let error = check_lock(&path, &set(&[second()]), &Upcasts::none()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ClaimCreated 1.0: no rules lead to ClaimCreated 2.0; add an upcast"
    );
}

#[test]
fn a_rule_that_leaves_unchanged_what_must_change_is_refused() {
    let (_directory, path) = locked(&[first(), second()]);
    let lazy = for_event("ClaimCreated").current("2.0");
    let lazy = lazy.upcast("1.0", "2.0", unchanged());
    let lazy = Upcasts::new().event(lazy).build().unwrap();
    let error = check_lock(&path, &set(&[second()]), &lazy).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ClaimCreated 1.0: rules leave it unchanged, and ClaimCreated 2.0 cannot read it: \
         field category is required, and there is no value for it"
    );
}

#[test]
fn a_type_that_is_gone_needs_a_rule() {
    let viewed = ("ClaimViewed", "1.0", json!({"by": {"type": "string"}}));
    let (_directory, path) = locked(&[second(), viewed]);
    let error = check_lock(&path, &set(&[second()]), &Upcasts::none()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ClaimViewed 1.0: the type is gone; add a rule that renames it, or drops its events"
    );
    assert!(check_lock(&path, &set(&[second()]), &upcasts()).is_ok());
    let renamed = Upcasts::new()
        .event(for_event("ClaimCreated").current("2.0"))
        .event(for_event("ClaimViewed").becomes(
            "1.0",
            "ClaimCreated",
            "2.0",
            add_field("amount", 0),
        ))
        .build()
        .unwrap();
    assert!(check_lock(&path, &set(&[second()]), &renamed).is_ok());
}

#[test]
fn a_new_shape_is_refused_until_it_is_written() {
    let (_directory, path) = locked(&[first()]);
    let both = set(&[first(), second()]);
    let error = check_lock(&path, &both, &upcasts()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ClaimCreated 2.0: the shape is new; run the test with UPDATE_EVENTS_LOCK=1 and commit the file"
    );
    assert!(update_lock(&path, &both).unwrap());
    assert!(check_lock(&path, &both, &upcasts()).is_ok());
    assert!(!update_lock(&path, &both).unwrap(), "nothing was new");
}

#[test]
fn a_file_that_is_not_there_holds_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.lock");
    let found = problems(check_lock(&path, &set(&[first()]), &Upcasts::none()).unwrap_err());
    assert_eq!(
        found,
        [LockProblem::New {
            tag: tag("ClaimCreated", "1.0")
        }]
    );
}

#[test]
fn writing_never_changes_what_is_in_the_file() {
    let (_directory, path) = locked(&[first()]);
    let before = fs::read_to_string(&path).unwrap();
    let changed = ("ClaimCreated", "1.0", json!({"amount": {"type": "string"}}));
    assert!(update_lock(&path, &set(&[changed.clone(), second()])).unwrap());
    let after = fs::read_to_string(&path).unwrap();
    assert!(after.starts_with(&before), "{after}");
    let found = problems(check_lock(&path, &set(&[changed, second()]), &upcasts()).unwrap_err());
    assert!(
        matches!(found[..], [LockProblem::Changed { .. }]),
        "{found:?}"
    );
}

#[test]
fn the_file_is_the_same_whatever_the_order_in_which_shapes_came() {
    let (_one, one) = locked(&[first(), second()]);
    let (_two, two) = locked(&[second()]);
    update_lock(&two, &set(&[first()])).unwrap();
    assert_eq!(fs::read(one).unwrap(), fs::read(two).unwrap());
}

#[test]
fn a_broken_file_is_refused_with_the_line() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.lock");
    for (text, line) in [
        ("# words\n{}\n", 2),
        ("event ClaimCreated\n{}\n", 1),
        ("event ClaimCreated one\n{}\n", 1),
        ("event A 1.0\n{}\n\nevent A 1.0\n{}\n", 4),
        ("event A 1.0\n{\n  x\n}\n", 3),
        ("event A 1.0\n<<<<<<< HEAD\n{}\n", 2),
        ("event A 1.0\n", 2),
    ] {
        fs::write(&path, text).unwrap();
        for error in [
            check_lock(&path, &SchemaSet::new(), &Upcasts::none()).unwrap_err(),
            update_lock(&path, &set(&[first()])).unwrap_err(),
        ] {
            let LockError::Malformed { line: found, .. } = error else {
                panic!("{error:?}");
            };
            assert_eq!(found, line, "{text}");
        }
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            text,
            "it was left alone"
        );
    }
}

mod with_a_file_of_its_own {
    use super::{ClaimEvent, upcasts};

    // The file is where the test below says, which runs this one in a process of its own.
    es_versioning::events_lock_test!(
        std::env::var("LOCK_OF_THE_TEST").unwrap_or_else(|_| "tests/events.lock".to_owned()),
        [ClaimEvent, super::PaymentMade],
        upcasts()
    );
}

#[test]
fn the_gate_writes_the_file_when_it_is_told_to() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.lock");
    let run = |update: &str| {
        Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "with_a_file_of_its_own::events_are_as_their_lock_says",
            ])
            .env("LOCK_OF_THE_TEST", &path)
            .env("UPDATE_EVENTS_LOCK", update)
            .output()
            .unwrap()
    };
    let refused = run("0");
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stdout).into_owned()
        + &String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.contains("run the test with UPDATE_EVENTS_LOCK=1"),
        "{said}"
    );
    assert!(!path.exists());
    assert!(run("1").status.success());
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .contains("event Claim was closed 1.0")
    );
    assert!(run("0").status.success());
}
