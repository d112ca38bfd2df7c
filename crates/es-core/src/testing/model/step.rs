//! One step of a history, and how they are made at random.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::expectation::Expectation;
use super::selection::{STREAMS, Selection};
use crate::testing::conformance::Ability;

/// A step in words that fit any state.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// An append of new events.
    Append(Intent),
    /// An append that was made before, once more.
    Repeat { nth: usize, expected: Expectation },
    /// The id of an append that was made before, with other events.
    Reuse {
        nth: usize,
        expected: Expectation,
        change: Change,
    },
    /// A part of a stream, page by page.
    ReadStream {
        stream: &'static str,
        from: u64,
        to: u64,
        limit: u64,
        backward: bool,
    },
    /// A part of everything, page by page.
    ReadAll {
        after: u64,
        until: u64,
        limit: usize,
        selection: Selection,
    },
    /// An event by its id, which may not be there.
    ReadEvent { number: u64 },
    /// The store is stopped and started.
    Restart,
}

/// Which streams an append writes to and checks.
#[derive(Debug, Clone)]
pub(super) struct Intent {
    pub(super) writes: Vec<(&'static str, Expectation, u64)>,
    pub(super) checks: Vec<(&'static str, Expectation)>,
    /// Whether it has an id of its own, and not that of its first event.
    pub(super) own_id: bool,
}

/// How the content under a reused id is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Payload,
    Fewer,
    More,
    Stream,
}

impl Step {
    /// Steps that a store with these abilities is to take.
    pub(super) fn any(supports: &'static [Ability]) -> BoxedStrategy<Self> {
        let has = |ability| u32::from(supports.contains(&ability));
        let expected = || select(&Expectation::ALL[..]);
        let changes = [Change::Payload, Change::Fewer, Change::More, Change::Stream];
        let reuse = (any::<usize>(), expected(), select(changes.to_vec()));
        prop_oneof![
            10 => intent(supports).prop_map(Self::Append),
            3 => (any::<usize>(), expected()).prop_map(|(nth, expected)| Self::Repeat { nth, expected }),
            2 => reuse.prop_map(|(nth, expected, change)| Self::Reuse { nth, expected, change }),
            3 => read_stream(),
            3 => read_all(),
            has(Ability::EventIdLookup) => (0..60_u64).prop_map(|number| Self::ReadEvent { number }),
            has(Ability::Restart) => Just(Self::Restart),
        ]
        .boxed()
    }
}

fn intent(supports: &'static [Ability]) -> impl Strategy<Value = Intent> {
    let most = |ability, most: usize| if supports.contains(&ability) { most } else { 0 };
    let writes = 1..=1 + most(Ability::MultiStreamAppend, 2);
    let checks = 0..=most(Ability::CheckOnlyStreams, 2);
    let streams = subsequence(STREAMS.to_vec(), STREAMS.len()).prop_shuffle();
    let details = prop::collection::vec((select(&Expectation::ALL[..]), 1..=4_u64), STREAMS.len());
    (writes, checks, streams, details, any::<bool>()).prop_map(
        |(writes, checks, streams, details, own_id)| {
            let mut all = streams.into_iter().zip(details);
            let writes = all
                .by_ref()
                .take(writes)
                .map(|(stream, (e, count))| (stream, e, count));
            let writes = writes.collect();
            let checks = all
                .take(checks)
                .map(|(stream, (e, _))| (stream, e.of_check()))
                .collect();
            Intent {
                writes,
                checks,
                own_id,
            }
        },
    )
}

/// Numbers about as large as histories are long, and the extremes.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![6 => 0..12_u64, 3 => 0..60_u64, 1 => Just(u64::MAX)]
}

fn read_stream() -> impl Strategy<Value = Step> {
    (
        select(&STREAMS[..]),
        number(),
        number(),
        number(),
        any::<bool>(),
    )
        .prop_map(|(stream, from, to, limit, backward)| Step::ReadStream {
            stream,
            from,
            to,
            limit,
            backward,
        })
}

fn read_all() -> impl Strategy<Value = Step> {
    let limit = prop_oneof![0..8_usize, Just(usize::MAX)];
    (number(), number(), limit, selection()).prop_map(|(after, until, limit, selection)| {
        Step::ReadAll {
            after,
            until,
            limit,
            selection,
        }
    })
}

fn selection() -> impl Strategy<Value = Selection> {
    let category = option::of(select(&Selection::CATEGORIES[..]));
    let name_of = option::weighted(0.3, 0..4_u64);
    let correlation = option::weighted(0.3, select(&Selection::CORRELATIONS[..]));
    let tenant = option::weighted(0.3, select(&Selection::TENANTS[..]));
    (category, name_of, correlation, tenant).prop_map(|(category, name_of, correlation, tenant)| {
        Selection {
            category,
            name_of,
            correlation,
            tenant,
        }
    })
}
