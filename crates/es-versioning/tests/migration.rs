//! A history is copied into another namespace, changed on the way, once and whole.

#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

use es_core::memory::MemoryStore;
use es_core::testing::{FaultStore, sample_event};
use es_core::{
    AllRange, Append, BoxError, EventStore, ExpectedVersion, PayloadFlags, Position, RecordedEvent,
    StreamId, TypeName,
};
use es_versioning::migration::{Migrated, Migration, MigrationError};

const EVENTS: u64 = 500;

async fn source() -> MemoryStore {
    let store = MemoryStore::new();
    for n in 1..=EVENTS {
        let stream = StreamId::new("Claim", n * n % 17).unwrap();
        let append = Append::new(stream, ExpectedVersion::Any, [sample_event(n)]).unwrap();
        store.append(append).await.unwrap();
    }
    store
}

async fn events(store: &MemoryStore) -> Vec<RecordedEvent> {
    let all = AllRange::after(Position::START);
    store.read_all(&all).await.unwrap().events
}

/// Every third event goes, every fifth becomes two, and all of them move to another category.
#[expect(clippy::unnecessary_wraps, reason = "a transform may fail")]
fn transform(event: &RecordedEvent) -> Result<Vec<Migrated>, BoxError> {
    let stream = StreamId::new("Case", event.stream.id()).unwrap();
    let parts = match event.position.get() {
        n if n % 3 == 0 => 0,
        n if n % 5 == 0 => 2,
        _ => 1,
    };
    let part = |number| {
        let part = Migrated::part(event, number).to_stream(stream.clone());
        part.with(|event| {
            if number > 0 {
                event.name = TypeName::from_static("SecondPart");
            }
        })
    };
    Ok((0..parts).map(part).collect())
}

#[tokio::test]
async fn it_copies_in_order_and_keeps_ids_times_and_metadata() {
    let (from, to) = (source().await, MemoryStore::new());
    let migration = Migration::new(from.clone(), to.clone(), transform);
    let mut seen = Position::START;
    let done = migration
        .run(|progress| seen = progress.position)
        .await
        .unwrap();
    assert_eq!(seen, Position::new(EVENTS));
    let (sources, targets) = (events(&from).await, events(&to).await);
    assert_eq!((done.read, done.written), (EVENTS, targets.len() as u64));
    assert_eq!(done.dropped, EVENTS / 3);
    let due: Vec<_> = sources
        .iter()
        .flat_map(|event| transform(event).unwrap())
        .collect();
    assert_eq!(targets.len(), due.len());
    for (target, due) in targets.iter().zip(&due) {
        assert_eq!((&target.stream, target.id), (&due.stream, due.event.id));
        assert_eq!(
            (&target.name, &target.payload),
            (&due.event.name, &due.event.payload)
        );
        let from: u64 = target
            .metadata
            .header("es-migrated-from")
            .unwrap()
            .parse()
            .unwrap();
        let source = &sources[usize::try_from(from).unwrap() - 1];
        assert_eq!(target.occurred_at(), source.occurred_at());
    }
}

#[tokio::test]
async fn a_verification_counts_and_finds_what_differs() {
    let (from, to) = (source().await, MemoryStore::new());
    let migration = Migration::new(from.clone(), to.clone(), transform);
    migration.run(|_| {}).await.unwrap();
    let verified = migration.verify(|_| {}).await.unwrap();
    assert_eq!((verified.read, verified.dropped), (EVENTS, EVENTS / 3));
    assert_eq!(verified.sha256.len(), 64);
    let other = |event: &RecordedEvent| {
        let mut outputs = transform(event)?;
        if event.position.get() == 100 {
            outputs[0].event.payload.data = "other".into();
        }
        Ok(outputs)
    };
    let error = Migration::new(from.clone(), to.clone(), other)
        .verify(|_| {})
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            MigrationError::Differs {
                what: "the payload",
                ..
            }
        ),
        "{error:?}"
    );
    let short = Migration::new(from.clone(), MemoryStore::new(), transform);
    assert!(short.verify(|_| {}).await.is_err());
    let fewer = |event: &RecordedEvent| match event.position.get() {
        n if n > EVENTS - 5 => Ok(Vec::new()),
        _ => transform(event),
    };
    let error = Migration::new(from, to, fewer)
        .verify(|_| {})
        .await
        .unwrap_err();
    assert!(matches!(error, MigrationError::Differs { .. }), "{error:?}");
}

/// Whatever ends a run, the next one goes on, and in the end everything is there once.
#[tokio::test]
async fn an_interrupted_run_is_gone_on_with() {
    use es_core::testing::{Fault, Operation};
    let from = source().await;
    let whole = MemoryStore::new();
    Migration::new(from.clone(), whole.clone(), transform)
        .run(|_| {})
        .await
        .unwrap();
    let to = MemoryStore::new();
    let mut runs = 0;
    loop {
        runs += 1;
        let fault = match runs % 2 {
            0 => Fault::Unavailable(Operation::Append),
            _ => Fault::LostReply,
        };
        let faulty = FaultStore::new(to.clone())
            .inject(Fault::Pass(Operation::Append))
            .inject(Fault::Pass(Operation::Append))
            .inject(fault);
        let migration = Migration::new(from.clone(), faulty, transform).with_events_per_append(20);
        if migration.run(|_| {}).await.is_ok() {
            break;
        }
        assert!(runs < 100, "it never ends");
    }
    assert!(runs > 3, "nothing was interrupted");
    let content = |events: Vec<RecordedEvent>| -> Vec<_> {
        events
            .into_iter()
            .map(|event| (event.stream, event.id, event.version))
            .collect()
    };
    assert_eq!(content(events(&to).await), content(events(&whole).await));
    Migration::new(from, to, transform)
        .verify(|_| {})
        .await
        .unwrap();
}

#[tokio::test]
async fn the_rest_is_copied_when_the_source_has_grown() {
    let (from, to) = (source().await, MemoryStore::new());
    let migration = Migration::new(from.clone(), to.clone(), transform).one_stream_at_a_time();
    migration.run(|_| {}).await.unwrap();
    // The first of them goes, as its position says.
    let stream = StreamId::new("Claim", 1).unwrap();
    let more = [sample_event(9_001), sample_event(9_002)];
    let append = Append::new(stream, ExpectedVersion::Any, more).unwrap();
    from.append(append).await.unwrap();
    assert_eq!(migration.run(|_| {}).await.unwrap().written, 1);
    assert_eq!(migration.run(|_| {}).await.unwrap().written, 0);
    migration.verify(|_| {}).await.unwrap();
}

#[tokio::test]
async fn a_target_with_other_events_is_refused_and_left_alone() {
    let (from, to) = (source().await, source().await);
    let before = events(&to).await;
    let error = Migration::new(from, to.clone(), transform)
        .run(|_| {})
        .await
        .unwrap_err();
    assert!(matches!(error, MigrationError::Foreign { .. }), "{error:?}");
    assert_eq!(events(&to).await, before);
}

#[tokio::test]
async fn sealed_content_is_copied_but_not_moved() {
    let from = MemoryStore::new();
    let mut sealed = sample_event(1);
    sealed.payload.flags = PayloadFlags::ENCRYPTED;
    let stream = StreamId::new("Claim", 1).unwrap();
    from.append(Append::new(stream, ExpectedVersion::Any, [sealed]).unwrap())
        .await
        .unwrap();
    let moved = Migration::new(from.clone(), MemoryStore::new(), transform);
    let error = moved.run(|_| {}).await.unwrap_err();
    assert!(matches!(error, MigrationError::Sealed { .. }), "{error:?}");
    let same = |event: &RecordedEvent| Ok(vec![Migrated::same(event)]);
    let copied = Migration::new(from, MemoryStore::new(), same);
    assert_eq!(copied.run(|_| {}).await.unwrap().written, 1);
    copied.verify(|_| {}).await.unwrap();
}

#[tokio::test]
async fn a_transform_that_fails_names_the_event_and_goes_on_later() {
    let (from, to) = (source().await, MemoryStore::new());
    let failing = |event: &RecordedEvent| match event.position.get() {
        250 => Err("no".into()),
        _ => transform(event),
    };
    let failing = Migration::new(from.clone(), to.clone(), failing).with_events_per_append(10);
    match failing.run(|_| {}).await.unwrap_err() {
        MigrationError::Transform { position, .. } => assert_eq!(position.get(), 250),
        other => panic!("{other:?}"),
    }
    assert!(!events(&to).await.is_empty());
    let mended = Migration::new(from, to, transform);
    mended.run(|_| {}).await.unwrap();
    mended.verify(|_| {}).await.unwrap();
}
