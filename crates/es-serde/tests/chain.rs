//! The hash chain finds every change of a history, and outlives an erasure.

#![cfg(all(feature = "chain", feature = "encrypt"))]
#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

use async_trait::async_trait;
use es_core::chain::{ChainLink, ChainStore};
use es_core::memory::MemoryStore;
use es_core::testing::sample_event;
use es_core::{
    AllPage, AllRange, Append, AppendError, Appended, EventId, EventStore, EventStoreExt,
    ExpectedVersion, Metadata, NewEvent, Position, Privacy, ReadError, RecordedEvent, StreamId,
    StreamPage, StreamRange, Timestamp,
};
use es_serde::PackedStore;
use es_serde::chain::{ChainError, HashChain};
use es_serde::seal::{LocalKeys, SubjectKeys};
use futures_util::TryStreamExt;

const APPENDS: u64 = 25;
/// Two for each append.
const EVENTS: u64 = 50;

type Doctor = fn(&mut Vec<RecordedEvent>);
type Forger = fn(&mut Vec<ChainLink>);

/// A store whose history somebody changed behind its back.
#[derive(Debug, Clone)]
struct Doctored {
    inner: MemoryStore,
    doctor: Doctor,
    forge: Forger,
}

impl Doctored {
    async fn forged(&self) -> Vec<ChainLink> {
        let links = self.inner.chain_links(Position::START, usize::MAX).await;
        let mut links = links.unwrap();
        (self.forge)(&mut links);
        links
    }
}

#[async_trait]
impl ChainStore for Doctored {
    async fn chain_head(&self) -> Result<Option<ChainLink>, ReadError> {
        let last = self.forged().await.last().copied();
        Ok(Some(last.unwrap_or_else(ChainLink::start)))
    }

    async fn chain_links(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<ChainLink>, ReadError> {
        let mut links = self.forged().await;
        links.retain(|link| link.position > after);
        links.truncate(limit);
        Ok(links)
    }
}

#[async_trait]
impl EventStore for Doctored {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.inner.append(append).await
    }

    async fn read_stream(&self, s: &StreamId, r: StreamRange) -> Result<StreamPage, ReadError> {
        self.inner.read_stream(s, r).await
    }

    async fn read_all(&self, range: &AllRange) -> Result<AllPage, ReadError> {
        let all = AllRange::after(Position::START);
        let mut events: Vec<_> = self.inner.stream_all(all).try_collect().await?;
        (self.doctor)(&mut events);
        events.retain(|event| event.position > range.after && event.position <= range.until);
        events.truncate(200);
        let scanned_to = events.last().map_or(range.after, |last| last.position);
        Ok(AllPage::new(events, scanned_to, false))
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, ReadError> {
        self.inner.read_event(id).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.inner.head().await
    }

    async fn wait_past(&self, position: Position) -> Result<(), ReadError> {
        self.inner.wait_past(position).await
    }
}

fn event(n: u64) -> NewEvent {
    let metadata = Metadata::new().with_actor("jane").with_header("a", "1");
    sample_event(n).with_metadata(metadata)
}

async fn fill(store: &impl EventStore, from: u64, to: u64) {
    for n in from..=to {
        let stream = StreamId::new("Claim", n % 3).unwrap();
        let events = [event(2 * n), event(2 * n + 1)];
        let append = Append::new(stream, ExpectedVersion::Any, events).unwrap();
        store.append(append).await.unwrap();
    }
}

async fn chained() -> (MemoryStore, HashChain, ChainLink) {
    let store = MemoryStore::chained();
    fill(&store, 1, APPENDS).await;
    let chain = doctored(&store, |_| {});
    let head = chain.head().await.unwrap();
    (store, chain, head)
}

fn doctored(store: &MemoryStore, doctor: Doctor) -> HashChain {
    let (inner, forge) = (store.clone(), (|_| {}) as Forger);
    HashChain::new(Doctored {
        inner,
        doctor,
        forge,
    })
}

fn forged(store: &MemoryStore, forge: Forger) -> HashChain {
    let (inner, doctor) = (store.clone(), (|_| {}) as Doctor);
    HashChain::new(Doctored {
        inner,
        doctor,
        forge,
    })
}

async fn found(chain: &HashChain) -> ChainError {
    let error = chain.verify(|_| {}).await.unwrap_err();
    assert!(error.is_tampering(), "{error:?}");
    error
}

#[tokio::test]
async fn an_untouched_history_holds_and_goes_on() {
    let (store, chain, head) = chained().await;
    assert_eq!(head.position, Position::new(EVENTS));
    let mut told = Vec::new();
    let reached = chain.verify(|link| told.push(link)).await.unwrap();
    assert_eq!((reached, told.last()), (head, Some(&head)));
    fill(&store, APPENDS + 1, 2 * APPENDS).await;
    chain.verify_against(head).await.unwrap();
    let later = chain.head().await.unwrap();
    assert_ne!(later.hash, head.hash);
    assert_eq!(chain.verify(|_| {}).await.unwrap(), later);
    assert_eq!(chain.verify_after(head, |_| {}).await.unwrap(), later);
    chain.verify_against(head).await.unwrap();
    chain.verify_against(later).await.unwrap();
}

#[tokio::test]
async fn a_long_history_is_read_page_by_page() {
    let store = MemoryStore::chained();
    fill(&store, 1, 2_500).await;
    let chain = doctored(&store, |_| {});
    let mut told = Vec::new();
    let reached = chain.verify(|link| told.push(link)).await.unwrap();
    assert_eq!(told.len(), 3);
    chain.verify_against(told[1]).await.unwrap();
    assert_eq!(chain.verify_after(told[0], |_| {}).await.unwrap(), reached);
}

#[tokio::test]
async fn an_empty_history_holds() {
    let chain = doctored(&MemoryStore::chained(), |_| {});
    let start = ChainLink::start();
    assert_eq!(chain.verify(|_| {}).await.unwrap(), start);
    chain.verify_against(start).await.unwrap();
}

#[tokio::test]
async fn a_log_that_is_not_chained_is_no_broken_one() {
    let store = MemoryStore::new();
    fill(&store, 1, 3).await;
    let error = HashChain::new(store).verify(|_| {}).await.unwrap_err();
    assert!(matches!(error, ChainError::NotChained), "{error:?}");
    assert!(!error.is_tampering());
}

#[tokio::test]
async fn every_edit_is_found_between_its_links() {
    let edits: [(&str, Doctor); 12] = [
        ("payload", |events| events[12].payload.data = "other".into()),
        ("codec", |events| {
            events[12].payload.codec = es_core::CodecId::from_static("other");
        }),
        ("flags", |events| {
            events[12].payload.flags = es_core::PayloadFlags::COMPRESSED;
        }),
        ("type version", |events| {
            events[12].payload.version = es_core::TypeVersion::new(7, 0);
        }),
        ("name", |events| {
            events[12].name = es_core::TypeName::from_static("Other");
        }),
        ("id", |events| events[12].id = events[3].id),
        ("stream", |events| {
            events[12].stream = StreamId::new("Other", 1).unwrap();
        }),
        ("version", |events| {
            events[12].version = events[12].version.next();
        }),
        ("time", |events| {
            events[12].recorded_at = Timestamp::from_micros(1);
        }),
        ("actor", |events| {
            events[12].metadata = events[12].metadata.clone().with_actor("john");
        }),
        ("header", |events| {
            events[12].metadata = events[12].metadata.clone().with_header("a", "2");
        }),
        ("no metadata", |events| {
            events[12].metadata = Metadata::new()
        }),
    ];
    let (store, _, head) = chained().await;
    for (what, edit) in edits {
        let chain = doctored(&store, edit);
        match found(&chain).await {
            ChainError::Broken { after, up_to } => {
                assert_eq!((after.get(), up_to.get()), (12, 14), "{what}");
            }
            other => panic!("{what}: {other:?}"),
        }
        let error = chain.verify_against(head).await.unwrap_err();
        assert!(error.is_tampering(), "{what}");
    }
}

/// Places of all but the first event of an append are not hashed: they follow from the first one's.
#[tokio::test]
async fn an_edit_of_a_later_event_of_an_append_is_found() {
    let edits: [Doctor; 4] = [
        |events| events[13].version = events[13].version.next(),
        |events| events[13].recorded_at = Timestamp::from_micros(1),
        |events| events[13].stream = StreamId::new("Other", 1).unwrap(),
        |events| events[13].payload.data = "other".into(),
    ];
    let (store, ..) = chained().await;
    for (number, edit) in edits.into_iter().enumerate() {
        let error = found(&doctored(&store, edit)).await;
        assert!(
            matches!(error, ChainError::Broken { .. }),
            "{number}: {error:?}"
        );
    }
}

#[tokio::test]
async fn swapped_events_are_found() {
    let (store, ..) = chained().await;
    let swaps: [Doctor; 2] = [
        |events| swap(events, 13, 14),
        // Within one append.
        |events| swap(events, 12, 13),
    ];
    for swapped in swaps {
        let error = found(&doctored(&store, swapped)).await;
        assert!(matches!(error, ChainError::Broken { .. }), "{error:?}");
    }
}

fn swap(events: &mut [RecordedEvent], one: usize, other: usize) {
    let (first, second) = (events[one].clone(), events[other].clone());
    events.swap(one, other);
    (events[one].position, events[one].version) = (first.position, first.version);
    (events[other].position, events[other].version) = (second.position, second.version);
}

#[tokio::test]
async fn a_removed_event_is_found_wherever_it_was() {
    let (store, ..) = chained().await;
    let in_the_middle = doctored(&store, |events| drop(events.remove(12)));
    match found(&in_the_middle).await {
        ChainError::Missing { position } => assert_eq!(position.get(), 13),
        other => panic!("{other:?}"),
    }
    let at_the_end = doctored(&store, |events| events.truncate(44));
    match found(&at_the_end).await {
        ChainError::Removed { last, linked } => assert_eq!((last.get(), linked.get()), (44, 50)),
        other => panic!("{other:?}"),
    }
    let closed_up = doctored(&store, |events| {
        events.remove(12);
        for event in &mut events[12..] {
            event.position = event.position.previous();
        }
    });
    let error = found(&closed_up).await;
    assert!(matches!(error, ChainError::Broken { .. }), "{error:?}");
}

#[tokio::test]
async fn a_changed_or_missing_hash_is_found() {
    let (store, _, head) = chained().await;
    let changed = forged(&store, |links| links[6].hash = links[5].hash);
    match found(&changed).await {
        ChainError::Broken { after, up_to } => assert_eq!((after.get(), up_to.get()), (12, 14)),
        other => panic!("{other:?}"),
    }
    let at_the_end = forged(&store, |links| links.truncate(20));
    match found(&at_the_end).await {
        ChainError::NoHash { after } => assert_eq!(after.get(), 40),
        other => panic!("{other:?}"),
    }
    let none_for_long = MemoryStore::chained();
    fill(&none_for_long, 1, 2_100).await;
    let error = found(&forged(&none_for_long, |links| {
        links.drain(..links.len() - 1);
    }))
    .await;
    assert!(matches!(error, ChainError::NoHash { .. }), "{error:?}");
    // What was kept elsewhere tells whoever takes off the end, hashes and all.
    let shorter = MemoryStore::chained();
    fill(&shorter, 1, APPENDS - 1).await;
    let chain = doctored(&shorter, |_| {});
    chain.verify(|_| {}).await.unwrap();
    for error in [
        chain.verify_against(head).await.unwrap_err(),
        chain.verify_after(head, |_| {}).await.unwrap_err(),
    ] {
        assert!(matches!(error, ChainError::Removed { .. }), "{error:?}");
    }
}

/// Whoever rewrites history and chain is found by the head that was kept elsewhere.
#[tokio::test]
async fn a_chain_that_was_made_anew_does_not_fit_the_kept_head() {
    let (_, _, kept) = chained().await;
    let kept: ChainLink = kept.to_string().parse().unwrap();
    let forged = MemoryStore::chained();
    fill(&forged, 101, 100 + APPENDS).await;
    let chain = doctored(&forged, |_| {});
    chain.verify(|_| {}).await.unwrap();
    assert!(chain.verify_against(kept).await.unwrap_err().is_tampering());
}

#[tokio::test]
async fn it_holds_after_an_erasure() {
    let inner = MemoryStore::chained();
    let provider = LocalKeys::parse("dev:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
    let keys = SubjectKeys::new(inner.clone(), provider);
    let store = PackedStore::new(inner.clone()).with_keys(keys.clone());
    for n in 1..=20_u64 {
        let subject = Privacy::of(format!("subject {}", n % 2));
        let event = event(n).with_privacy(Some(subject));
        let stream = StreamId::new("Claim", n % 3).unwrap();
        let append = Append::new(stream, ExpectedVersion::Any, [event]).unwrap();
        store.append(append).await.unwrap();
    }
    let chain = HashChain::new(inner);
    let head = chain.head().await.unwrap();
    keys.erase("subject 1").await.unwrap();
    assert_eq!(chain.verify(|_| {}).await.unwrap(), head);
}
