//! The hash chain: the hashes are those of what is read, for each append and in every race.

use super::super::concurrency::together;
use super::super::material::{acknowledged, and, append, exact, of_events, position, seed, stream};
use super::super::observe::{assert_conflict, history};
use super::super::subject::Subject;
use crate::ExpectedVersion::{Any, NoStream};
use crate::chain::{ChainHash, ChainLink, ChainStore};
use crate::testing::sample_event;
use crate::{
    Appended, CodecId, EventStore, Metadata, NewEvent, PayloadFlags, Position, Timestamp,
    TraceContext, TypeName, TypeVersion,
};

/// More than anybody appends here.
const ALL: usize = 10_000;

pub(crate) async fn of_an_empty_log_is_at_its_start(subject: Subject) {
    assert_eq!(links(&*subject.links(), ALL).await, []);
    assert_eq!(head(&*subject.links()).await, ChainLink::start());
}

pub(crate) async fn has_a_link_at_the_end_of_each_append(subject: Subject) {
    let store = subject.events();
    let mut appends = Vec::new();
    for (number, count) in [(1, 1), (10, 3), (20, 1), (30, 40), (100, 2)] {
        let name = format!("Claim/{}", number % 3);
        let once = append(&name, Any, number..=number + count - 1);
        appends.push(acknowledged(&*store, once).await);
        assert_holds(&subject, &appends).await;
    }
    let ends: Vec<_> = appends.iter().map(|done| done.last_position).collect();
    let linked = links(&*subject.links(), ALL).await;
    let linked: Vec<_> = linked.iter().map(|link| link.position).collect();
    assert_eq!(linked, ends, "one append to one stream has one link");
}

pub(crate) async fn covers_everything_of_an_event(subject: Subject) {
    let store = subject.events();
    let mut appends = Vec::new();
    for (number, event) in (1_000..).zip(all_sorts()) {
        let events = vec![event, sample_event(number)];
        appends.push(acknowledged(&*store, of_events("Claim/1", Any, events)).await);
    }
    assert_holds(&subject, &appends).await;
}

pub(crate) async fn covers_appends_over_several_streams(subject: Subject) {
    let store = subject.events();
    let mut appends = Vec::new();
    for round in 0..5_u64 {
        let start = round * 10 + 1;
        // Not in the order of their names.
        let one = append("Policy/1", exact(round * 2), start..=start + 1);
        let both = and(one, "Claim/2", exact(round), start + 2..=start + 2);
        let three = and(both, "Claim/1", exact(round * 3), start + 3..=start + 5);
        appends.push(acknowledged(&*store, three).await);
        let alone = append(&format!("Lone/{round}"), NoStream, start + 6..=start + 6);
        appends.push(acknowledged(&*store, alone).await);
    }
    assert_holds(&subject, &appends).await;
}

pub(crate) async fn does_not_grow_by_what_was_not_appended(subject: Subject) {
    let store = subject.events();
    let first = acknowledged(&*store, append("Claim/1", NoStream, 1..=2)).await;
    let before = links(&*subject.links(), ALL).await;
    let refused = store.append(append("Claim/1", NoStream, 3..=4)).await;
    assert_conflict(refused, &stream("Claim/1"), NoStream, 2);
    assert_eq!(links(&*subject.links(), ALL).await, before);
    let second = acknowledged(&*store, append("Claim/1", exact(2), 5..=5)).await;
    assert_holds(&subject, &[first, second]).await;
}

pub(crate) async fn does_not_grow_by_repeats(subject: Subject) {
    let store = subject.events();
    let once = append("Claim/1", NoStream, 1..=2);
    let first = acknowledged(&*store, once.clone()).await;
    let before = links(&*subject.links(), ALL).await;
    assert!(acknowledged(&*store, once.clone()).await.repeated);
    assert_eq!(links(&*subject.links(), ALL).await, before);
    let second = acknowledged(&*store, append("Claim/2", NoStream, 3..=3)).await;
    assert!(acknowledged(&*store, once).await.repeated);
    assert_holds(&subject, &[first, second]).await;
}

pub(crate) async fn holds_while_many_write_at_once(subject: Subject) {
    let appends = together(16, |writer| {
        let store = subject.events();
        async move {
            let mut appends = Vec::new();
            for number in 0..12 {
                let start = (writer * 100 + number) * 4;
                let name = format!("Claim/{}", (writer + number) % 5);
                let once = append(&name, Any, start..=start + number % 3);
                appends.push(acknowledged(&*store, once).await);
            }
            appends
        }
    })
    .await;
    assert_holds(&subject, &appends.concat()).await;
}

pub(crate) async fn holds_while_many_write_to_several_streams_at_once(subject: Subject) {
    let appends = together(8, |writer| {
        let store = subject.events();
        async move {
            let mut appends = Vec::new();
            for number in 0..8 {
                let start = (writer * 100 + number) * 4;
                let shared = append(&format!("Claim/{}", number % 3), Any, start..=start + 1);
                let own = format!("Own/{writer}");
                let both = and(shared, &own, exact(number), start + 2..=start + 2);
                appends.push(acknowledged(&*store, both).await);
            }
            appends
        }
    })
    .await;
    assert_holds(&subject, &appends.concat()).await;
}

pub(crate) async fn is_read_in_pages_of_any_size(subject: Subject) {
    let store = subject.events();
    for number in 1..=25 {
        seed(&*store, "Claim/1", number * 3..=number * 3 + number % 3).await;
    }
    let all = links(&*subject.links(), ALL).await;
    assert_eq!(all.len(), 25);
    for size in [1, 2, 7, 24, 25, 26] {
        assert_eq!(
            links(&*subject.links(), size).await,
            all,
            "in pages of {size}"
        );
    }
    let nothing = subject.links().chain_links(Position::START, 0).await;
    assert!(
        nothing.expect("links").len() <= 1,
        "a page of none has one at most"
    );
    let beyond = subject.links().chain_links(position(10_000), 5).await;
    assert_eq!(beyond.expect("links"), []);
}

pub(crate) async fn is_there_as_soon_as_the_append_is_acknowledged(subject: Subject) {
    let store = subject.events();
    for number in 1..=20 {
        let done = acknowledged(&*store, append("Claim/1", Any, number..=number)).await;
        assert_eq!(head(&*subject.links()).await.position, done.last_position);
    }
}

pub(crate) async fn goes_on_after_a_restart(mut subject: Subject) {
    let mut appends = Vec::new();
    for round in 0..4 {
        let start = round * 10 + 1;
        let once = append("Claim/1", exact(round * 2), start..=start + 1);
        appends.push(acknowledged(&*subject.events(), once).await);
        assert_holds(&subject, &appends).await;
        subject.reopen().await;
        assert_holds(&subject, &appends).await;
    }
    // Nothing was appended in between.
    subject.reopen().await;
    assert_holds(&subject, &appends).await;
}

/// Each link is the hash of what is read up to it, and each append has one at its end.
async fn assert_holds(subject: &Subject, appends: &[Appended]) {
    let events = history(&*subject.events()).await;
    let links = links(&*subject.links(), ALL).await;
    let mut reached = ChainLink::start();
    for link in &links {
        let (from, to) = (reached.position.get(), link.position.get());
        assert!(from < to && to <= events.len() as u64, "a link at {to}");
        let hash = reached
            .hash
            .then_append(&events[from as usize..to as usize]);
        assert_eq!(link.hash, hash, "the link at {to}");
        reached = *link;
    }
    for done in appends {
        let linked = links.iter().any(|link| link.position == done.last_position);
        assert!(linked, "no link at the end of {done:?}");
    }
    let last = events.last().map(|event| event.position);
    assert_eq!(reached.position, last.unwrap_or_default());
    assert_eq!(head(&*subject.links()).await, reached);
    assert_ne!(reached.hash, ChainHash::start());
}

async fn head(store: &dyn ChainStore) -> ChainLink {
    let head = store.chain_head().await.expect("the head of the chain");
    head.expect("the log is chained")
}

/// All links, read in pages of this size.
async fn links(store: &dyn ChainStore, size: usize) -> Vec<ChainLink> {
    let mut links: Vec<ChainLink> = Vec::new();
    loop {
        let after = links.last().map_or(Position::START, |link| link.position);
        let page = store.chain_links(after, size).await.expect("links");
        assert!(page.len() <= size, "a page of {} links", page.len());
        assert!(page.iter().all(|link| link.position > after), "no progress");
        if page.is_empty() {
            return links;
        }
        links.extend(page);
    }
}

fn all_sorts() -> Vec<NewEvent> {
    let trace = TraceContext {
        parent: "00-a-b-01".into(),
        state: Some("k=v".into()),
    };
    let metadata = Metadata::new()
        .with_correlation("claim-42")
        .with_causation("command-7")
        .with_actor("assessor:7")
        .with_source("portal")
        .with_occurred_at(Timestamp::from_micros(-1))
        .with_trace(trace)
        .with_header("tenant", "t-1")
        .with_header("région", "Zürich");
    let mut strange = sample_event(2);
    strange.name = TypeName::from_static("Geöffnet");
    strange.payload.codec = CodecId::from_static("postcard");
    strange.payload.version = TypeVersion::new(65_535, 300);
    strange.payload.flags = PayloadFlags::COMPRESSED.with(PayloadFlags::ENCRYPTED);
    strange.payload.data = (0..=255).collect::<Vec<u8>>().into();
    let mut empty = sample_event(3);
    empty.payload.data = Vec::new().into();
    vec![sample_event(1).with_metadata(metadata), strange, empty]
}
