//! What is refused before any event is read, and what each transformation does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails in a helper of a test fails the test"
)]

use std::error::Error;

use es_core::{TypeName, TypeTag, Upcast, UpcastError};
use es_versioning::testing::{assert_loses_as_declared, assert_lossless, objects};
use es_versioning::{
    Conversion, EventRules, Misfit, RuleProblem, RuleSet, Transform, Upcasts, add_computed,
    add_field, change_type, change_with, for_event, merge_fields, merge_with, move_field, part,
    remove_field, rename_field, replace_value, unchanged, unwrap_from, with, wrap_in,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn tag(name: &str, version: &str) -> TypeTag {
    TypeTag::new(TypeName::new(name).unwrap(), version.parse().unwrap())
}

fn created(version: &str) -> TypeTag {
    tag("ClaimCreated", version)
}

fn refusals(rules: impl IntoIterator<Item = EventRules>) -> Vec<String> {
    let builder = rules.into_iter().fold(Upcasts::new(), |b, r| b.event(r));
    let error = builder.build().unwrap_err();
    let text = error.to_string();
    let problems: Vec<_> = error.problems.iter().map(ToString::to_string).collect();
    assert_eq!(text, problems.join("; "));
    problems
}

#[test]
fn each_mistake_in_rules_is_refused_by_name() {
    let claim = || for_event("ClaimCreated").current("2.0");
    let up = || claim().upcast("1.0", "2.0", unchanged());
    let cases: Vec<(Vec<EventRules>, &str)> = vec![
        (
            vec![claim().upcast("1", "2.0", unchanged())],
            "ClaimCreated 1 -> 2.0: \"1\" is not a type version; write two numbers with a dot, as in 2.0",
        ),
        (
            vec![for_event("ClaimCreated").current("two")],
            "ClaimCreated: \"two\" is not a type version; write two numbers with a dot, as in 2.0",
        ),
        (
            vec![for_event("").current("1.0")],
            ": a name of 0 bytes is empty; use 1 to 256 bytes without control characters",
        ),
        (
            vec![claim().upcast("1.0", "2.0", add_field("a..b", 1))],
            "ClaimCreated 1.0 -> 2.0: \"a..b\" is not the path of a field",
        ),
        (
            vec![claim().upcast("1.0", "2.0", wrap_in("a.b"))],
            "ClaimCreated 1.0 -> 2.0: \"a.b\" is not the path of a field",
        ),
        (
            vec![up().downcast("2.0", "1.0", unchanged()).loses([""])],
            "ClaimCreated 2.0 -> 1.0: \"\" is not the path of a field",
        ),
        (
            vec![claim().upcast("2.0", "1.0", unchanged())],
            "ClaimCreated 2.0 -> 1.0: the versions are not in the order of an upcast",
        ),
        (
            vec![claim().upcast("2.0", "2.0", unchanged())],
            "ClaimCreated 2.0 -> 2.0: the versions are not in the order of an upcast",
        ),
        (
            vec![up().downcast("1.0", "2.0", unchanged())],
            "ClaimCreated 1.0 -> 2.0: the versions are not in the order of a downcast",
        ),
        (
            vec![up().upcast("1.0", "2.0", add_field("a", 1))],
            "ClaimCreated 1.0 -> 2.0: there are two rules for this step",
        ),
        (
            vec![up().upcast("0.1", "0.2", unchanged())],
            "ClaimCreated 0.1 -> 0.2: no rules lead from ClaimCreated 0.1 to a current version",
        ),
        (
            vec![claim().downcast("2.0", "1.0", unchanged())],
            "ClaimCreated 2.0 -> 1.0: no rules lead from ClaimCreated 1.0 to a current version",
        ),
        (
            vec![for_event("ClaimCreated").upcast("1.0", "2.0", unchanged())],
            "ClaimCreated 1.0 -> 2.0: no rules lead from ClaimCreated 1.0 to a current version",
        ),
        (
            vec![for_event("Old").becomes("1.0", "Unheard", "1.0", unchanged())],
            "Old 1.0 -> Unheard 1.0: the event type Unheard is not declared",
        ),
        (
            vec![for_event("Old").renamed_to("Unheard")],
            "Old -> Unheard: the event type Unheard is not declared",
        ),
        (
            vec![for_event("ClaimCreated")],
            "ClaimCreated: the type has no current version, and no rule leads away from it",
        ),
        (
            vec![up(), claim()],
            "ClaimCreated: the type is declared twice",
        ),
        (
            vec![claim().dropped()],
            "ClaimCreated: the type is gone, and still has a current version",
        ),
        (
            vec![for_event("A").dropped().upcast("1.0", "2.0", unchanged())],
            "A: the type is gone, and still has rules",
        ),
        (
            vec![up().lossless()],
            "ClaimCreated: a loss is declared where there is no downcast",
        ),
        (
            vec![claim().split("1.0", [])],
            "ClaimCreated 1.0 -> nothing: the rule makes no event",
        ),
        (
            vec![claim().split("2.0", [part("ClaimCreated", "2.0", unchanged())])],
            "ClaimCreated 2.0 -> 2.0: the versions are not in the order of an upcast",
        ),
    ];
    for (rules, expected) in cases {
        let found = refusals(rules);
        assert!(
            found.iter().any(|problem| problem == expected),
            "{expected} is not in {found:#?}"
        );
    }
}

#[test]
fn rules_that_go_round_are_refused() {
    let round = [
        for_event("A")
            .current("1.0")
            .becomes("1.0", "B", "1.0", unchanged()),
        for_event("B")
            .current("1.0")
            .becomes("1.0", "A", "1.0", unchanged()),
    ];
    let found = refusals(round);
    assert_eq!(found, ["B 1.0 -> A 1.0: the rule closes a circle"]);

    let renames = [
        for_event("A").renamed_to("B"),
        for_event("B").renamed_to("A"),
    ];
    let found = refusals(renames);
    assert!(
        found.contains(&"A -> B: the rule closes a circle".to_owned()),
        "{found:?}"
    );
}

#[test]
fn all_mistakes_are_told_at_once() {
    let rules =
        for_event("ClaimCreated")
            .current("2.0")
            .lossless()
            .upcast("x", "2.0", add_field("", 1));
    let error = Upcasts::new().event(rules).build().unwrap_err();
    assert!(matches!(
        error.problems[..],
        [
            RuleProblem::StrayLoss { .. },
            RuleProblem::Field { .. },
            RuleProblem::Version { .. }
        ]
    ));
}

fn done(transform: impl Into<Transform>, content: Value) -> Value {
    transform.into().apply(content).unwrap()
}

fn misfit(transform: impl Into<Transform>, content: Value) -> String {
    transform.into().apply(content).unwrap_err().to_string()
}

#[test]
fn each_transformation_does_what_it_says() {
    let upper = |value: Value| Some(value.as_str()?.to_uppercase().into());
    let cases: Vec<(Transform, Value, Value)> = vec![
        (unchanged(), json!([1]), json!([1])),
        (add_field("a.b", 1), json!({"a":{}}), json!({"a":{"b":1}})),
        (
            add_computed("double", |c| Some((c["n"].as_i64()? * 2).into())),
            json!({"n":4}),
            json!({"n":4,"double":8}),
        ),
        (
            remove_field("a.b"),
            json!({"a":{"b":1,"c":2}}),
            json!({"a":{"c":2}}),
        ),
        (rename_field("a", "b"), json!({"a":[1]}), json!({"b":[1]})),
        (
            move_field("city", "address.city"),
            json!({"city":"Graz","address":{}}),
            json!({"address":{"city":"Graz"}}),
        ),
        (change_with("a", upper), json!({"a":"x"}), json!({"a":"X"})),
        (
            replace_value("kind", "tooth", "dental"),
            json!({"kind":"tooth"}),
            json!({"kind":"dental"}),
        ),
        (
            replace_value("kind", "tooth", "dental"),
            json!({"kind":"eye"}),
            json!({"kind":"eye"}),
        ),
        (
            merge_fields(["first", "last"], "name", " "),
            json!({"first":"A","last":"B","x":1}),
            json!({"name":"A B","x":1}),
        ),
        (
            merge_fields(["name", "last"], "name", " "),
            json!({"name":"A","last":"B"}),
            json!({"name":"A B"}),
        ),
        (
            merge_with(["a", "b"], "sum", |v| {
                Some((v[0].as_i64()? + v[1].as_i64()?).into())
            }),
            json!({"a":1,"b":2}),
            json!({"sum":3}),
        ),
        (wrap_in("inner"), json!({"a":1}), json!({"inner":{"a":1}})),
        (
            unwrap_from("inner"),
            json!({"inner":{"a":1}}),
            json!({"a":1}),
        ),
        (with("anything", |c| Some(json!([c]))), json!(1), json!([1])),
        (
            vec![add_field("a", json!({})), add_field("a.b", 1)].into(),
            json!({}),
            json!({"a":{"b":1}}),
        ),
        (
            (rename_field("a", "b"), remove_field("c")).into(),
            json!({"a":1,"c":2}),
            json!({"b":1}),
        ),
        (remove_field("a").optional(), json!({"b":1}), json!({"b":1})),
        (
            rename_field("a", "b").optional(),
            json!({"b":1}),
            json!({"b":1}),
        ),
        (add_field("a", 1).optional(), json!({"a":2}), json!({"a":2})),
        (change_with("a", upper).optional(), json!({}), json!({})),
    ];
    for (transform, content, expected) in cases {
        assert_eq!(done(transform.clone(), content), expected, "{transform:?}");
    }
}

#[test]
fn each_conversion_takes_only_what_it_can_give_back() {
    use Conversion::*;
    for (conversion, from, to) in [
        (IntToString, json!(12), json!("12")),
        (StringToInt, json!("-12"), json!(-12)),
        (NumberToString, json!(1.5), json!("1.5")),
        (StringToNumber, json!("1.5"), json!(1.5)),
        (IntToFloat, json!(12), json!(12.0)),
        (FloatToInt, json!(12.0), json!(12)),
        (BoolToString, json!(true), json!("true")),
        (StringToBool, json!("false"), json!(false)),
        (OneToList, json!("x"), json!(["x"])),
        (ListToOne, json!(["x"]), json!("x")),
    ] {
        let change = change_type("a", conversion);
        assert_eq!(
            done(change, json!({"a": from})),
            json!({"a": to}),
            "{conversion:?}"
        );
    }
    for (conversion, refused) in [
        (IntToString, json!(1.5)),
        (StringToInt, json!("012")),
        (StringToInt, json!("+1")),
        (StringToInt, json!("18446744073709551616")),
        (StringToInt, json!("1.0")),
        (StringToNumber, json!("1e1000")),
        (StringToNumber, json!(" 1")),
        (IntToFloat, json!(9_007_199_254_740_993_u64)),
        (FloatToInt, json!(1.5)),
        (FloatToInt, json!(1e300)),
        (StringToBool, json!("yes")),
        (ListToOne, json!([1, 2])),
        (BoolToString, json!(null)),
    ] {
        let message = misfit(change_type("a", conversion), json!({"a": refused}));
        assert!(message.starts_with("field a is not "), "{message}");
    }
}

#[test]
fn a_misfit_names_the_field_and_shows_no_content() {
    let secret = || json!({"a":"SECRET","b":{"c":"SECRET"}});
    for (transform, expected) in [
        (add_field("a", 1), "field a is present already"),
        (add_field("x.y", 1), "field x is missing"),
        (add_field("a.y", 1), "field a is not an object"),
        (remove_field("b.x"), "field b.x is missing"),
        (move_field("a", "b.c"), "field b.c is present already"),
        (rename_field("x", "y"), "field x is missing"),
        (
            change_type("a", Conversion::StringToInt),
            "field a is not a string that holds a plain integer of 64 bits",
        ),
        (merge_fields(["a", "b"], "d", ""), "field b is not a string"),
        (
            unwrap_from("b"),
            "field (the content) is not an object of that one field",
        ),
        (
            change_with("a", |_| None),
            "the function for a does not take what is stored",
        ),
        (
            with("the whole", |_| None),
            "the function for the whole does not take what is stored",
        ),
    ] {
        let upcasts = Upcasts::new()
            .event(
                for_event("ClaimCreated")
                    .current("2.0")
                    .upcast("1.0", "2.0", transform),
            )
            .build()
            .unwrap();
        let error = upcasts
            .translate(&created("1.0"), secret(), &[created("2.0")])
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the rule ClaimCreated 1.0 -> 2.0 does not fit what is stored"
        );
        let source = error.source().unwrap();
        assert!(source.is::<Misfit>());
        assert_eq!(source.to_string(), expected);
        assert!(!format!("{error:?}").contains("SECRET"));
    }
}

#[test]
fn upcasts_go_before_shorter_downcasts() {
    let upcasts = Upcasts::new()
        .event(
            for_event("E")
                .current("3.0")
                .upcast("1.0", "1.1", unchanged())
                .upcast("1.1", "2.0", unchanged())
                .upcast("1.0", "2.0", unchanged())
                .upcast("2.0", "2.1", unchanged())
                .upcast("2.1", "3.0", unchanged())
                .upcast("0.9", "1.0", unchanged())
                .downcast("1.0", "0.9", unchanged())
                .lossless(),
        )
        .build()
        .unwrap();
    let path = |from, known: &[TypeTag]| upcasts.path(&tag("E", from), known);
    let both = [tag("E", "0.9"), tag("E", "3.0")];
    let expected = ["E 1.0 -> 2.0", "E 2.0 -> 2.1", "E 2.1 -> 3.0"];
    assert_eq!(path("1.0", &both).unwrap(), expected);
    assert_eq!(path("1.0", &[tag("E", "0.9")]).unwrap(), ["E 1.0 -> 0.9"]);
    assert_eq!(path("3.0", &[tag("E", "0.9")]), None);
    assert_eq!(path("3.0", &both).unwrap(), [""; 0]);
}

#[test]
fn readers_of_many_sets_of_types_get_their_own_ways() {
    let mut rules = for_event("E").current("300.0");
    for version in 1..300 {
        let (from, to) = (format!("{version}.0"), format!("{}.0", version + 1));
        rules = rules.upcast(&from, &to, unchanged());
    }
    let upcasts = Upcasts::new().event(rules).build().unwrap();
    for _ in 0..2 {
        for known in 2..=300_usize {
            let known_tag = [tag("E", &format!("{known}.0"))];
            let path = upcasts.path(&tag("E", "1.0"), &known_tag).unwrap();
            assert_eq!(path.len(), known - 1);
        }
    }
}

#[test]
fn splits_of_splits_are_bounded() {
    let mut builder = Upcasts::new();
    for level in 0..40 {
        let next = format!("L{}", level + 1);
        let parts = [
            part(&next, "1.0", unchanged()),
            part(&next, "1.0", unchanged()),
        ];
        builder = builder.event(for_event(format!("L{level}")).split("1.0", parts));
    }
    let upcasts = builder
        .clone()
        .event(for_event("L40").current("1.0"))
        .build();
    assert!(
        upcasts
            .unwrap_err()
            .to_string()
            .contains("no rules lead from L0 1.0")
    );
}

#[test]
fn rules_are_data_that_reads_back_the_same() {
    let transform = add_field("a", json!({"b": 1}))
        .then(remove_field("c").optional())
        .then(rename_field("d", "e"))
        .then(change_type("e", Conversion::IntToString))
        .then(replace_value("e", "1", "2"))
        .then(merge_fields(["e", "f"], "g", "-"))
        .then((wrap_in("h"), unwrap_from("h")));
    let rules = for_event("E")
        .current("2.0")
        .upcast("1.0", "2.0", transform)
        .downcast("2.0", "1.0", remove_field("a"))
        .loses(["a"])
        .split(
            "0.1",
            [part("E", "1.0", unchanged()), part("F", "1.0", unchanged())],
        );
    let upcasts = Upcasts::new()
        .event(rules)
        .event(for_event("F").current("1.0"))
        .event(for_event("G").renamed_to("F"))
        .event(for_event("H").dropped())
        .build()
        .unwrap();
    let stored = serde_json::to_string(upcasts.rules()).unwrap();
    assert!(upcasts.rules().functions().is_empty());
    let loaded: RuleSet = serde_json::from_str(&stored).unwrap();
    assert_eq!(serde_json::to_string(&loaded).unwrap(), stored);

    let reader = Upcasts::new().and_rules(loaded).build().unwrap();
    let content = json!({"d": 1, "f": "x"});
    for from in [tag("E", "0.1"), tag("E", "1.0")] {
        let known = [tag("E", "2.0"), tag("F", "1.0")];
        let read = |upcasts: &Upcasts| upcasts.translate(&from, content.clone(), &known).unwrap();
        assert_eq!(read(&reader), read(&upcasts));
    }
    assert!(reader.leads(&tag("G", "1.0"), &[tag("F", "1.0")]));
    assert_eq!(
        reader.translate(&tag("H", "9.9"), json!(1), &[]).unwrap(),
        []
    );
}

/// The words of a stored rule set may never change.
#[test]
fn a_stored_rule_set_is_read_for_ever() {
    let stored = r#"{"events":[{"event":"ClaimCreated","current":"2.0","rules":[
        {"from":"1.0","to":[{"event":"ClaimCreated","version":"2.0","step":[
            {"add_field":{"field":"category","value":"general"}},
            {"remove_field":{"field":"x"},"optional":true},
            {"move_field":{"from":"a","to":"b"}},
            {"change_type":{"field":"b","conversion":"int_to_string"}},
            {"replace_value":{"field":"b","value":"1","with":"2"}},
            {"merge_fields":{"fields":["b","c"],"into":"d","separator":" "}},
            {"wrap_in":{"field":"e"}},{"unwrap_from":{"field":"e"}}]}],"direction":"up"},
        {"from":"2.0","to":[{"event":"ClaimCreated","version":"1.0","step":"function"}],
         "direction":"down","loss":{"fields":["category"]}}]},
        {"event":"Old","fate":{"renamed_to":"ClaimCreated"}},{"event":"Gone","fate":"dropped"}]}"#;
    let rules: RuleSet = serde_json::from_str(stored).unwrap();
    assert_eq!(rules.functions(), ["ClaimCreated 2.0 -> 1.0"]);
    assert_eq!(
        rules.events().collect::<Vec<_>>(),
        ["ClaimCreated", "Old", "Gone"]
    );
    let again: Value = serde_json::to_value(&rules).unwrap();
    assert_eq!(again, serde_json::from_str::<Value>(stored).unwrap());

    let upcasts = Upcasts::new().and_rules(rules).build().unwrap();
    let read = upcasts
        .translate(
            &tag("Old", "1.0"),
            json!({"a":1,"c":"C"}),
            &[created("2.0")],
        )
        .unwrap();
    assert_eq!(
        read,
        [(created("2.0"), json!({"category":"general","d":"2 C"}))]
    );
    // A function of another program leads nowhere here.
    assert!(!upcasts.leads(&created("2.0"), &[created("1.0")]));
}

#[test]
fn an_older_program_reads_newer_events_by_stored_rules() {
    let newer = Upcasts::new()
        .event(
            for_event("ClaimOpened")
                .current("2.0")
                .upcast("1.0", "2.0", add_field("category", "general"))
                .downcast("2.0", "1.0", remove_field("category"))
                .loses(["category"])
                .upcast("0.9", "1.0", change_with("a", Some))
                .downcast("1.0", "0.9", change_with("a", Some)),
        )
        .event(for_event("ClaimCreated").renamed_to("ClaimOpened"))
        .build()
        .unwrap();
    let mut functions = newer.rules().functions();
    functions.sort();
    assert_eq!(
        functions,
        ["ClaimOpened 0.9 -> 1.0", "ClaimOpened 1.0 -> 0.9"]
    );

    let stored = serde_json::to_vec(newer.rules()).unwrap();
    let older = Upcasts::new()
        .event(
            for_event("ClaimCreated")
                .current("1.0")
                .upcast("0.9", "1.0", add_field("b", 1)),
        )
        .and_rules(serde_json::from_slice(&stored).unwrap())
        .build()
        .unwrap();
    let read = |from, content| older.translate(&from, content, &[created("1.0")]).unwrap();
    let newer_event = json!({"amount":1,"category":"dental"});
    let read_newer = read(tag("ClaimOpened", "2.0"), newer_event);
    assert_eq!(read_newer, [(created("1.0"), json!({"amount":1}))]);
    // Its own rule goes before the function that it does not have.
    let read_older = read(created("0.9"), json!({}));
    assert_eq!(read_older, [(created("1.0"), json!({"b":1}))]);
}

#[test]
fn what_no_rule_leads_to_is_no_path_whatever_the_content() {
    let upcasts = Upcasts::none();
    let payload = es_core::Payload::new(
        es_core::CodecId::from_static("none"),
        "1.0".parse().unwrap(),
        vec![1],
    );
    let codecs = es_core::CodecSet::new(es_serde::Json);
    let error = upcasts.upcast(&created("1.0"), &payload, &[created("2.0")], &codecs);
    assert!(matches!(error, Err(UpcastError::NoPath { recorded }) if recorded == created("1.0")));
}

#[test]
fn what_a_program_says_itself_goes_before_what_was_stored() {
    let stored = Upcasts::new()
        .event(for_event("A").renamed_to("B"))
        .event(for_event("B").current("1.0"))
        .build()
        .unwrap();
    let own = Upcasts::new()
        .event(for_event("A").dropped())
        .and_rules(stored.rules().clone())
        .build()
        .unwrap();
    let read = own.translate(&tag("A", "1.0"), json!({}), &[tag("B", "1.0")]);
    assert_eq!(read.unwrap(), []);
}

#[test]
fn a_type_is_read_under_any_name_that_it_had() {
    let upcasts = Upcasts::new()
        .event(for_event("A").renamed_to("B"))
        .event(for_event("B").renamed_to("C"))
        .event(
            for_event("C")
                .current("2.0")
                .upcast("1.0", "2.0", add_field("c", 1)),
        )
        .build()
        .unwrap();
    for recorded in ["A", "B", "C"] {
        for known in ["A", "B", "C"] {
            let read = upcasts.translate(&tag(recorded, "1.0"), json!({}), &[tag(known, "2.0")]);
            assert_eq!(read.unwrap(), [(tag(known, "2.0"), json!({"c": 1}))]);
        }
    }
}

/// Three versions: a field added, renamed and changed in type, a field moved into another.
fn chain() -> Upcasts {
    let nest = add_field("at", json!({})).then(move_field("city", "at.city"));
    let flat = move_field("at.city", "city").then(remove_field("at"));
    Upcasts::new()
        .event(
            for_event("ClaimCreated")
                .current("4.0")
                .upcast("1.0", "2.0", add_field("category", "general"))
                .downcast("2.0", "1.0", remove_field("category"))
                .loses(["category"])
                .upcast(
                    "2.0",
                    "3.0",
                    (
                        rename_field("sum", "amount"),
                        change_type("amount", Conversion::IntToString),
                    ),
                )
                .downcast(
                    "3.0",
                    "2.0",
                    (
                        change_type("amount", Conversion::StringToInt),
                        rename_field("amount", "sum"),
                    ),
                )
                .lossless()
                .upcast("3.0", "4.0", nest)
                .downcast("4.0", "3.0", flat)
                .lossless(),
        )
        .build()
        .unwrap()
}

fn first_version() -> impl Strategy<Value = Value> {
    (any::<i64>(), ".*", objects())
        .prop_map(|(sum, city, other)| json!({"sum": sum, "city": city, "other": other}))
}

fn translated(upcasts: &Upcasts, from: &str, to: &str, content: Value) -> Value {
    let mut events = upcasts
        .translate(&created(from), content, &[created(to)])
        .unwrap();
    assert_eq!(events.len(), 1);
    events.remove(0).1
}

const VERSIONS: [&str; 4] = ["1.0", "2.0", "3.0", "4.0"];

proptest! {
    #[test]
    fn a_chain_equals_its_steps(content in first_version(), middle in 0..4_usize) {
        let upcasts = chain();
        let at_once = translated(&upcasts, "1.0", "4.0", content.clone());
        let half = translated(&upcasts, "1.0", VERSIONS[middle], content.clone());
        prop_assert_eq!(&translated(&upcasts, VERSIONS[middle], "4.0", half), &at_once);
        let by_steps = VERSIONS.windows(2).fold(content, |content, step| {
            translated(&upcasts, step[0], step[1], content)
        });
        prop_assert_eq!(by_steps, at_once);
    }

    #[test]
    fn down_after_up_is_identity_where_promised(content in first_version(), to in 1..4_usize) {
        assert_lossless(&chain(), "ClaimCreated", "1.0", VERSIONS[to], [content.clone()]);
        let second = translated(&chain(), "1.0", "2.0", content);
        assert_lossless(&chain(), "ClaimCreated", "2.0", "4.0", [second.clone()]);
        let last = translated(&chain(), "2.0", "4.0", second);
        assert_lossless(&chain(), "ClaimCreated", "4.0", "2.0", [last]);
    }

    #[test]
    fn a_lossy_downcast_loses_what_it_declares(category in "[a-z]{8,9}", content in first_version()) {
        let mut second = content;
        second["category"] = category.into();
        assert_loses_as_declared(&chain(), "ClaimCreated", "2.0", "1.0", [second]);
    }

    #[test]
    fn the_current_version_is_left_alone(content in objects()) {
        let current = created("4.0");
        let read = chain().translate(&current, content.clone(), std::slice::from_ref(&current)).unwrap();
        prop_assert_eq!(read, [(current, content)]);
    }

    #[test]
    fn any_content_is_translated_or_refused_without_showing_it(content in objects(), from in 0..4_usize, to in 0..4_usize) {
        let marked = json!({"sum": content, "city": "SECRET", "category": ["SECRET"], "at": "SECRET"});
        if let Err(error) = chain().translate(&created(VERSIONS[from]), marked, &[created(VERSIONS[to])]) {
            let shown = format!("{error:?} {error}");
            prop_assert!(!shown.contains("SECRET"));
        }
    }

    #[test]
    fn joined_transformations_do_one_after_the_other(content in objects(), values in prop::collection::vec(any::<i32>(), 0..6)) {
        let single: Vec<_> = values
            .iter()
            .enumerate()
            .map(|(index, value)| add_field(format!("NEW{index}"), *value))
            .collect();
        let joined = Transform::from(single.clone());
        let by_steps = single.iter().try_fold(content.clone(), |content, next| next.apply(content));
        prop_assert_eq!(joined.apply(content).unwrap(), by_steps.unwrap());
    }
}

#[test]
#[should_panic(expected = "is not declared")]
fn an_undeclared_loss_is_found() {
    let upcasts = Upcasts::new()
        .event(
            for_event("E")
                .current("2.0")
                .upcast("1.0", "2.0", (add_field("a", 1), add_field("b", 1)))
                .downcast("2.0", "1.0", (remove_field("a"), remove_field("b")))
                .loses(["a"]),
        )
        .build()
        .unwrap();
    assert_loses_as_declared(&upcasts, "E", "2.0", "1.0", [json!({"a":2,"b":2})]);
}

#[test]
#[should_panic(expected = "no sample loses it")]
fn a_declared_loss_that_never_happens_is_found() {
    let upcasts = Upcasts::new()
        .event(
            for_event("E")
                .current("2.0")
                .upcast("1.0", "2.0", unchanged())
                .downcast("2.0", "1.0", unchanged())
                .loses(["a"]),
        )
        .build()
        .unwrap();
    assert_loses_as_declared(&upcasts, "E", "2.0", "1.0", [json!({"a":2})]);
}

#[test]
#[should_panic(expected = "and back changes [\"a\"]")]
fn a_loss_behind_a_lossless_downcast_is_found() {
    let upcasts = Upcasts::new()
        .event(
            for_event("E")
                .current("2.0")
                .upcast("1.0", "2.0", add_field("a", 1))
                .downcast("2.0", "1.0", remove_field("a"))
                .lossless(),
        )
        .build()
        .unwrap();
    assert_lossless(&upcasts, "E", "2.0", "1.0", [json!({"a":2})]);
}
