//! What holds for every event: read content equals what was written.

use es_core::Event;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::json;

#[derive(Debug, Clone, PartialEq, Event, Serialize, Deserialize)]
enum ClaimEvent {
    Created {
        amount: u64,
        holder: String,
        tags: BTreeMap<String, i64>,
    },
    Noted(Vec<Option<String>>),
    Moved(i32, char, bool),
    Paid(Payment),
    Reopened,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Payment {
    Cash,
    Card { number: u64 },
    Split(Vec<Payment>),
}

fn payment() -> impl Strategy<Value = Payment> {
    let whole = prop_oneof![
        Just(Payment::Cash),
        any::<u64>().prop_map(|number| Payment::Card { number }),
    ];
    whole.prop_recursive(3, 16, 4, |part| vec(part, 0..4).prop_map(Payment::Split))
}

fn event() -> impl Strategy<Value = ClaimEvent> {
    let tags = btree_map(any::<String>(), any::<i64>(), 0..4);
    prop_oneof![
        (any::<u64>(), any::<String>(), tags).prop_map(|(amount, holder, tags)| {
            ClaimEvent::Created {
                amount,
                holder,
                tags,
            }
        }),
        vec(option::of(any::<String>()), 0..4).prop_map(ClaimEvent::Noted),
        any::<(i32, char, bool)>().prop_map(|(by, key, near)| ClaimEvent::Moved(by, key, near)),
        payment().prop_map(ClaimEvent::Paid),
        Just(ClaimEvent::Reopened),
    ]
}

proptest! {
    #[test]
    fn read_equals_written(event in event()) {
        let content = json::write(&event);
        let read: ClaimEvent = json::read(event.type_index(), &content).unwrap();
        assert_eq!(read, event);
    }

    #[test]
    fn content_is_what_serde_writes_inside_the_name(event in event()) {
        let tagged = serde_json::to_value(&event).unwrap();
        let content: serde_json::Value = serde_json::from_str(&json::write(&event)).unwrap();
        match tagged.get(event.type_tag().name.as_str()) {
            Some(inside) => assert_eq!(&content, inside),
            None => assert_eq!(content, serde_json::json!({})),
        }
    }
}
