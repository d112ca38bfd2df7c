//! Appends share commits, wait their turn, and are seen once they are durable.

use std::pin::pin;

use es_core::testing::run;
use es_core::{
    AllRange, AppendError, AppendId, CheckpointName, CheckpointStore, DocumentKind, DocumentName,
    DocumentStore, EventStore, ExpectedVersion, Position, Revision, StreamRange, StreamVersion,
};

use super::{append, eventually, fresh, is_pending, store};
use crate::committer::tests::engine::Disk;
use crate::options::EmbeddedOptions;

const ANY: ExpectedVersion = ExpectedVersion::Any;

#[test]
fn appends_that_wait_share_one_commit_and_one_sync() {
    run(async {
        let (disk, store) = fresh();
        disk.set(|disk| disk.hold_commits = true);
        let first = tokio::spawn({
            let store = store.clone();
            async move { store.append(append("A/0", ANY, 1, 1)).await }
        });
        disk.wait_for_waiting();
        let waiting: Vec<_> = (1..128)
            .map(|n| {
                let store = store.clone();
                tokio::spawn(async move {
                    store
                        .append(append(&format!("A/{n}"), ANY, n * 10, 2))
                        .await
                })
            })
            .collect();
        eventually(|| store.queue.free_places() == 1_024 - 127).await;
        disk.set(|disk| disk.hold_commits = false);
        first.await.unwrap().unwrap();
        for append in waiting {
            append.await.unwrap().unwrap();
        }
        assert_eq!(disk.get(|disk| (disk.commits, disk.settles)), (2, 2));
        let stats = store.stats();
        assert_eq!(
            (stats.commits, stats.committed_appends, stats.events),
            (2, 128, 255)
        );
    });
}

#[test]
fn nothing_is_seen_before_it_is_durable() {
    run(async {
        let (disk, store) = fresh();
        store.append(append("A/1", ANY, 1, 1)).await.unwrap();
        disk.set(|disk| disk.hold_settles = true);
        let mut pending = pin!(store.append(append("A/1", ANY, 2, 3)));
        assert!(is_pending(pending.as_mut()));
        disk.wait_for_waiting();
        assert_eq!(
            disk.get(|disk| disk.commits),
            2,
            "it is written, and not durable"
        );

        let stream = "A/1".parse().unwrap();
        assert_eq!(store.head().await.unwrap(), Position::new(1));
        assert_eq!(
            store
                .read_all(&AllRange::after(Position::START))
                .await
                .unwrap()
                .events
                .len(),
            1
        );
        for range in [StreamRange::all(), StreamRange::all().backward()] {
            let page = store.read_stream(&stream, range).await.unwrap();
            assert_eq!((page.events.len(), page.rest), (1, None));
        }
        let to_two = StreamRange::all().to(StreamVersion::new(2)).backward();
        assert_eq!(
            store
                .read_stream(&stream, to_two)
                .await
                .unwrap()
                .events
                .len(),
            1
        );
        for n in 2..5 {
            let id = es_core::testing::sample_event(n).id;
            assert_eq!(store.read_event(id).await.unwrap(), None);
        }
        assert!(is_pending(pin!(store.wait_past(Position::new(1)))));

        disk.set(|disk| disk.hold_settles = false);
        pending.await.unwrap();
        store.wait_past(Position::new(1)).await.unwrap();
        assert_eq!(
            store
                .read_stream(&stream, StreamRange::all())
                .await
                .unwrap()
                .events
                .len(),
            4
        );
    });
}

#[test]
fn a_full_queue_makes_appends_wait_and_takes_no_memory() {
    run(async {
        let disk = std::sync::Arc::new(Disk::default());
        let store = store(
            &disk,
            EmbeddedOptions::default()
                .queue_appends(4)
                .queue_bytes(1_000),
        );
        disk.set(|disk| disk.hold_commits = true);
        let mut appends: Vec<_> = (0..100)
            .map(|n| Box::pin(store.append(append(&format!("A/{n}"), ANY, n * 10 + 1, 1))))
            .collect();
        for append in &mut appends {
            assert!(is_pending(append.as_mut()));
        }
        disk.wait_for_waiting();
        for append in &mut appends {
            assert!(is_pending(append.as_mut()));
        }
        // About 80 bytes each: a dozen fit, whatever they wait for.
        assert!(
            store.queue.free_bytes() < 100,
            "{} bytes are free",
            store.queue.free_bytes()
        );
        disk.set(|disk| disk.hold_commits = false);
        for append in appends {
            append.await.unwrap();
        }
        assert_eq!(store.queue.free_bytes(), 1_000);
    });
}

#[test]
fn closing_writes_what_waits_and_takes_no_more() {
    run(async {
        let (disk, store) = fresh();
        disk.set(|disk| disk.hold_commits = true);
        let mut appends: Vec<_> = (0..50)
            .map(|n| Box::pin(store.append(append(&format!("A/{n}"), ANY, n * 10 + 1, 1))))
            .collect();
        for append in &mut appends {
            assert!(is_pending(append.as_mut()));
        }
        let mut waiter = pin!(store.wait_past(Position::new(1_000)));
        assert!(is_pending(waiter.as_mut()));
        let mut close = pin!(store.close());
        assert!(is_pending(close.as_mut()));
        disk.set(|disk| disk.hold_commits = false);
        close.await.unwrap();
        for append in appends {
            append.await.unwrap();
        }
        assert!(matches!(waiter.await, Err(es_core::ReadError::Closed)));
        let refused = store.append(append("A/1", ANY, 999, 1)).await.unwrap_err();
        assert!(
            matches!(refused, AppendError::Unavailable { .. }),
            "{refused}"
        );
        assert!(matches!(
            store.head().await,
            Err(es_core::ReadError::Closed)
        ));
        store.close().await.unwrap();
    });
}

#[test]
fn dropping_the_last_handle_closes_the_store() {
    run(async {
        let (_disk, store) = fresh();
        store.append(append("A/1", ANY, 1, 1)).await.unwrap();
        let shared = std::sync::Arc::clone(&store.shared);
        drop(store);
        eventually(|| !shared.durable().open).await;
    });
}

/// Sends all at once, so that they are in one commit, and gives the results in order.
async fn in_one_commit(
    appends: Vec<es_core::Append>,
) -> Vec<Result<es_core::Appended, AppendError>> {
    let (disk, store) = fresh();
    disk.set(|disk| disk.hold_commits = true);
    let mut blocker = pin!(store.append(append("Blocker/1", ANY, 1_000_000, 1)));
    assert!(is_pending(blocker.as_mut()));
    disk.wait_for_waiting();
    let mut appends: Vec<_> = appends
        .into_iter()
        .map(|a| Box::pin(store.append(a)))
        .collect();
    for append in &mut appends {
        assert!(is_pending(append.as_mut()));
    }
    disk.set(|disk| disk.hold_commits = false);
    blocker.await.unwrap();
    let mut results = Vec::new();
    for append in appends {
        results.push(append.await);
    }
    assert_eq!(
        disk.get(|disk| disk.commits),
        2,
        "they were to share a commit"
    );
    results
}

#[test]
fn an_append_sees_those_before_it_in_its_commit() {
    run(async {
        let exact = |version| ExpectedVersion::Exact(StreamVersion::new(version));
        let results = in_one_commit(vec![
            append("A/1", ExpectedVersion::NoStream, 1, 2),
            append("A/1", exact(2), 3, 1),
            append("A/1", exact(2), 4, 1),
            append("A/1", ExpectedVersion::NoStream, 5, 1),
        ])
        .await;
        assert_eq!(
            results[1].as_ref().unwrap().version(),
            StreamVersion::new(3)
        );
        for result in &results[2..] {
            let Err(AppendError::Conflict(conflict)) = result else {
                panic!("{result:?}")
            };
            assert_eq!(conflict.actual, StreamVersion::new(3));
        }
    });
}

#[test]
fn a_repeat_is_known_in_its_own_commit() {
    run(async {
        let first = append("A/1", ExpectedVersion::NoStream, 1, 2);
        let other = append("A/1", ANY, 9, 1).with_id(first.id());
        let results = in_one_commit(vec![first.clone(), first, other]).await;
        let (first, repeat) = (results[0].as_ref().unwrap(), results[1].as_ref().unwrap());
        assert_eq!(first.streams, repeat.streams);
        assert_eq!(first.first_position, repeat.first_position);
        assert!(repeat.repeated && !first.repeated);
        assert!(matches!(results[2], Err(AppendError::IdReused { .. })));
    });
}

#[test]
fn the_id_of_an_event_is_not_taken_for_that_of_an_append() {
    run(async {
        let (_disk, store) = fresh();
        let first = append("A/1", ANY, 1, 3);
        store.append(first.clone()).await.unwrap();
        // The id of the middle event of the first append names an append of its own.
        let middle = first.events().nth(1).unwrap().id;
        let second = append("A/2", ANY, 10, 2).with_id(AppendId::from(middle));
        assert!(!store.append(second.clone()).await.unwrap().repeated);
        assert!(store.append(second).await.unwrap().repeated);
        assert!(store.append(first).await.unwrap().repeated);
        // And the event is still found by its id.
        let found = store.read_event(middle).await.unwrap().unwrap();
        assert_eq!(found.position, Position::new(2));
    });
}

#[test]
fn documents_compare_within_a_commit() {
    run(async {
        let (disk, store) = fresh();
        let kind = DocumentKind::from_static("rules");
        let name = DocumentName::from_static("a");
        disk.set(|disk| disk.hold_commits = true);
        let mut blocker = pin!(store.append(append("A/1", ANY, 1, 1)));
        assert!(is_pending(blocker.as_mut()));
        disk.wait_for_waiting();
        let save = |at, text: &'static str| {
            store.save_document(&kind, &name, Revision::new(at), text.into())
        };
        let mut saves = [
            pin!(save(0, "one")),
            pin!(save(0, "lost")),
            pin!(save(1, "two")),
        ];
        for save in &mut saves {
            assert!(is_pending(save.as_mut()));
        }
        disk.set(|disk| disk.hold_commits = false);
        blocker.await.unwrap();
        let [one, lost, two] = saves;
        assert_eq!(one.await.unwrap(), Revision::new(1));
        assert!(lost.await.unwrap_err().is_conflict());
        assert_eq!(two.await.unwrap(), Revision::new(2));
        let found = store.load_document(&kind, &name).await.unwrap().unwrap();
        assert_eq!((found.revision.get(), &found.content[..]), (2, &b"two"[..]));
        assert_eq!(disk.get(|disk| disk.settles), 2, "they share a sync");
    });
}

#[test]
fn checkpoints_compare_within_a_commit() {
    run(async {
        let (disk, store) = fresh();
        let name = CheckpointName::from_static("view");
        disk.set(|disk| disk.hold_commits = true);
        let mut blocker = pin!(store.append(append("A/1", ANY, 1, 1)));
        assert!(is_pending(blocker.as_mut()));
        disk.wait_for_waiting();
        let move_to = |to| store.save_checkpoint(&name, Position::START, Position::new(to));
        let (mut one, mut two) = (pin!(move_to(1)), pin!(move_to(2)));
        assert!(is_pending(one.as_mut()) && is_pending(two.as_mut()));
        disk.set(|disk| disk.hold_commits = false);
        blocker.await.unwrap();
        one.await.unwrap();
        let lost = two.await.unwrap_err();
        assert!(
            matches!(lost, es_core::CheckpointError::Moved { .. }),
            "{lost}"
        );
        assert_eq!(
            store.load_checkpoint(&name).await.unwrap(),
            Position::new(1)
        );
    });
}
