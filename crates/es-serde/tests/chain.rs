//! The hash chain finds every change of a history, and outlives an erasure.

#![cfg(all(feature = "chain", feature = "encrypt"))]
#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

use async_trait::async_trait;
use es_core::memory::MemoryStore;
use es_core::testing::sample_event;
use es_core::{
    AllPage, AllRange, Append, AppendError, Appended, EventId, EventStore, ExpectedVersion,
    Metadata, NewEvent, Position, Privacy, ReadError, RecordedEvent, StreamId, StreamPage,
    StreamRange, Timestamp,
};
use es_serde::PackedStore;
use es_serde::chain::{ChainError, HashChain, Link};
use es_serde::seal::{LocalKeys, SubjectKeys};

const EVENTS: u64 = 25;
const LINK_EVERY: u64 = 10;

type Doctor = fn(&mut Vec<RecordedEvent>);

/// A store whose history somebody changed behind its back.
#[derive(Debug, Clone)]
struct Doctored {
    inner: MemoryStore,
    doctor: Doctor,
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
        let mut page = self.inner.read_all(&all).await?;
        (self.doctor)(&mut page.events);
        page.events
            .retain(|event| event.position > range.after && event.position <= range.until);
        Ok(page)
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
        let append = Append::new(stream, ExpectedVersion::Any, [event(n)]).unwrap();
        store.append(append).await.unwrap();
    }
}

async fn linked() -> (MemoryStore, HashChain, Link) {
    let store = MemoryStore::new();
    fill(&store, 1, EVENTS).await;
    let chain = chain(&store, |_| {});
    let head = chain.extend().await.unwrap();
    (store, chain, head)
}

fn chain(store: &MemoryStore, doctor: Doctor) -> HashChain {
    let inner = store.clone();
    HashChain::new(Doctored { inner, doctor }, store.clone()).with_link_every(LINK_EVERY)
}

#[tokio::test]
async fn an_untouched_history_holds_and_can_be_extended() {
    let (store, chain, head) = linked().await;
    assert_eq!(head.position, Position::new(EVENTS));
    let mut links = Vec::new();
    assert_eq!(
        chain
            .verify(|link| links.push(link.position.get()))
            .await
            .unwrap(),
        head
    );
    assert_eq!(links, [10, 20]);
    fill(&store, EVENTS + 1, 2 * EVENTS).await;
    chain.verify_against(head).await.unwrap();
    let later = chain.extend().await.unwrap();
    assert_ne!(later.hash, head.hash);
    assert_eq!(chain.verify(|_| {}).await.unwrap(), later);
    chain.verify_against(head).await.unwrap();
}

#[tokio::test]
async fn an_empty_history_holds() {
    let chain = chain(&MemoryStore::new(), |_| {});
    assert_eq!(chain.extend().await.unwrap(), Link::start());
    assert_eq!(chain.verify(|_| {}).await.unwrap(), Link::start());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_make_one_chain() {
    let store = MemoryStore::new();
    fill(&store, 1, EVENTS).await;
    let chains = (0..8).map(|_| {
        let chain = chain(&store, |_| {});
        tokio::spawn(async move { chain.extend().await.unwrap() })
    });
    let heads = futures_util::future::try_join_all(chains).await.unwrap();
    assert!(heads.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(
        chain(&store, |_| {}).verify(|_| {}).await.unwrap(),
        heads[0]
    );
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
    let (store, _, head) = linked().await;
    for (what, edit) in edits {
        let chain = chain(&store, edit);
        match chain.verify(|_| {}).await.unwrap_err() {
            ChainError::Broken { after, up_to } => {
                assert_eq!((after.get(), up_to.get()), (10, 20), "{what}");
            }
            other => panic!("{what}: {other:?}"),
        }
        assert!(
            chain.verify_against(head).await.unwrap_err().is_tampering(),
            "{what}"
        );
    }
}

#[tokio::test]
async fn swapped_events_are_found() {
    let (store, ..) = linked().await;
    let chain = chain(&store, |events| {
        let (first, second) = (events[13].position, events[14].position);
        events.swap(13, 14);
        (events[13].position, events[14].position) = (first, second);
    });
    let error = chain.verify(|_| {}).await.unwrap_err();
    assert!(matches!(error, ChainError::Broken { .. }), "{error:?}");
}

#[tokio::test]
async fn a_removed_event_is_found_wherever_it_was() {
    let (store, ..) = linked().await;
    let in_the_middle = chain(&store, |events| drop(events.remove(12)));
    match in_the_middle.verify(|_| {}).await.unwrap_err() {
        ChainError::Missing { position } => assert_eq!(position.get(), 13),
        other => panic!("{other:?}"),
    }
    let at_the_end = chain(&store, |events| events.truncate(22));
    match at_the_end.verify(|_| {}).await.unwrap_err() {
        ChainError::Removed { last, linked } => {
            assert_eq!((last.get(), linked.get()), (22, EVENTS));
        }
        other => panic!("{other:?}"),
    }
    let closed_up = chain(&store, |events| {
        events.remove(12);
        for event in &mut events[12..] {
            event.position = event.position.previous();
        }
    });
    let error = closed_up.verify(|_| {}).await.unwrap_err();
    assert!(matches!(error, ChainError::Broken { .. }), "{error:?}");
}

/// Whoever rewrites history and chain is found by the head that was kept elsewhere.
#[tokio::test]
async fn a_chain_that_was_made_anew_does_not_fit_the_kept_head() {
    let (_, _, kept) = linked().await;
    let kept: Link = kept.to_string().parse().unwrap();
    let forged = MemoryStore::new();
    fill(&forged, 101, 100 + EVENTS).await;
    let chain = chain(&forged, |_| {});
    chain.extend().await.unwrap();
    chain.verify(|_| {}).await.unwrap();
    assert!(chain.verify_against(kept).await.unwrap_err().is_tampering());
}

#[tokio::test]
async fn it_holds_after_an_erasure() {
    let inner = MemoryStore::new();
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
    let chain = HashChain::new(inner.clone(), inner).with_link_every(LINK_EVERY);
    let head = chain.extend().await.unwrap();
    keys.erase("subject 1").await.unwrap();
    assert_eq!(chain.verify(|_| {}).await.unwrap(), head);
}
