//! Events of claims that use each part of serde's data model that events may use.

use std::collections::BTreeMap;

use es_core::Event;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Address {
    pub(crate) street: String,
    pub(crate) zip: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Dental,
    Surgery,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Payout {
    Refused,
    Cheque(u64),
    Split(u32, u32),
    Transfer { iban: String },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Amount(pub(crate) u64);

#[derive(Debug, Clone, PartialEq, Event, Serialize, Deserialize)]
#[expect(clippy::enum_variant_names, reason = "the names are what is stored")]
pub(crate) enum ClaimEvent {
    ClaimCreated {
        id: u64,
        balance: i64,
        share: f64,
        urgent: bool,
        patient: String,
        scan: Vec<u8>,
        note: Option<String>,
        codes: Vec<u16>,
        labels: BTreeMap<String, i32>,
        address: Address,
        kind: Kind,
        payout: Payout,
        amount: Amount,
    },
    ClaimPaid(u64),
    ClaimMoved(Address),
    ClaimSplit(u32, String),
    ClaimClosed,
}

pub(crate) fn samples() -> Vec<(&'static str, ClaimEvent)> {
    let address = Address {
        street: "Ringstraße 7".to_owned(),
        zip: Some(1010),
    };
    vec![
        (
            "created",
            ClaimEvent::ClaimCreated {
                id: 300,
                balance: -70_000,
                share: 0.25,
                urgent: true,
                patient: "Ada".to_owned(),
                scan: vec![0, 127, 255],
                note: None,
                codes: vec![1, 500],
                labels: BTreeMap::from([("a".to_owned(), -1), ("b".to_owned(), 2)]),
                address: address.clone(),
                kind: Kind::Surgery,
                payout: Payout::Split(1, 2),
                amount: Amount(1_000_000),
            },
        ),
        ("paid", ClaimEvent::ClaimPaid(1_000)),
        ("moved", ClaimEvent::ClaimMoved(address)),
        ("split", ClaimEvent::ClaimSplit(7, "left".to_owned())),
        ("closed", ClaimEvent::ClaimClosed),
    ]
}

/// Avro has no unsigned numbers, so none is larger than its long.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..300u64, 0..=i64::MAX as u64]
}

fn payout() -> impl Strategy<Value = Payout> {
    prop_oneof![
        Just(Payout::Refused),
        number().prop_map(Payout::Cheque),
        any::<(u32, u32)>().prop_map(|(left, right)| Payout::Split(left, right)),
        any::<String>().prop_map(|iban| Payout::Transfer { iban }),
    ]
}

fn address() -> impl Strategy<Value = Address> {
    any::<(String, Option<u32>)>().prop_map(|(street, zip)| Address { street, zip })
}

fn created() -> impl Strategy<Value = ClaimEvent> {
    let share = any::<f64>().prop_filter("NaN is not equal to itself", |share| share.is_finite());
    let kind = prop_oneof![Just(Kind::Dental), Just(Kind::Surgery)];
    let scalars = (
        number(),
        any::<i64>(),
        share,
        any::<bool>(),
        any::<String>(),
    );
    let lists = (
        vec(any::<u8>(), 0..40),
        any::<Option<String>>(),
        vec(any::<u16>(), 0..9),
        btree_map(any::<String>(), any::<i32>(), 0..5),
    );
    (scalars, lists, address(), kind, payout(), number()).prop_map(
        |(scalars, lists, address, kind, payout, amount)| {
            let (id, balance, share, urgent, patient) = scalars;
            let (scan, note, codes, labels) = lists;
            ClaimEvent::ClaimCreated {
                id,
                balance,
                share,
                urgent,
                patient,
                scan,
                note,
                codes,
                labels,
                address,
                kind,
                payout,
                amount: Amount(amount),
            }
        },
    )
}

pub(crate) fn any_event() -> impl Strategy<Value = ClaimEvent> {
    prop_oneof![
        4 => created(),
        1 => number().prop_map(ClaimEvent::ClaimPaid),
        1 => address().prop_map(ClaimEvent::ClaimMoved),
        1 => any::<(u32, String)>().prop_map(|(part, side)| ClaimEvent::ClaimSplit(part, side)),
        1 => Just(ClaimEvent::ClaimClosed),
    ]
}
