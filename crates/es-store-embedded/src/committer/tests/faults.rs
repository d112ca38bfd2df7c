//! What callers are told, and what is left, when the engine fails.

use std::pin::pin;

use es_core::testing::run;
use es_core::{
    AppendError, CheckpointError, CheckpointName, CheckpointStore, Clock, DocumentError,
    DocumentKind, DocumentName, DocumentStore, EventStore, ExpectedVersion, Position, ReadError,
    Revision, StreamRange, SystemClock,
};

use super::engine::CommitFault;
use super::{append, fresh, is_pending};

const ANY: ExpectedVersion = ExpectedVersion::Any;

fn document() -> (DocumentKind, DocumentName) {
    let kind = DocumentKind::from_static("rules");
    (kind, DocumentName::from_static("a"))
}

#[test]
fn a_failed_sync_ends_all_writing_until_the_store_is_opened_again() {
    run(async {
        let (disk, store) = fresh();
        store.append(append("A/1", ANY, 1, 1)).await.unwrap();
        disk.set(|disk| disk.settles_fail = true);
        let unknown = store.append(append("A/1", ANY, 2, 1)).await.unwrap_err();
        assert!(unknown.is_unknown(), "{unknown}");
        // Syncing may work again: it proves nothing about what failed.
        disk.set(|disk| disk.settles_fail = false);
        let settles = disk.get(|disk| disk.settles);
        let refused = store.append(append("A/1", ANY, 2, 1)).await.unwrap_err();
        let AppendError::Unavailable { source } = refused else {
            panic!("{refused}")
        };
        assert!(source.to_string().contains("open it again"), "{source}");
        assert_eq!(
            disk.get(|disk| disk.settles),
            settles,
            "a sync was repeated"
        );
        // What was durable is still read; what is in doubt is not.
        assert_eq!(store.head().await.unwrap(), Position::new(1));
        let stream = "A/1".parse().unwrap();
        assert_eq!(
            store
                .read_stream(&stream, StreamRange::all())
                .await
                .unwrap()
                .events
                .len(),
            1
        );
        let name = CheckpointName::from_static("view");
        let doubtful = store.load_checkpoint(&name).await.unwrap_err();
        assert!(matches!(doubtful, CheckpointError::Unavailable { .. }));
        let (kind, name) = document();
        let doubtful = store.load_document(&kind, &name).await.unwrap_err();
        assert!(matches!(doubtful, DocumentError::Unavailable { .. }));
        let doubtful = store.documents(&kind, None, 10).await.unwrap_err();
        assert!(matches!(doubtful, DocumentError::Unavailable { .. }));
        let refused = store.save_document(&kind, &name, Revision::ABSENT, "".into());
        let refused = refused.await.unwrap_err();
        assert!(matches!(refused, DocumentError::Unavailable { .. }));
        store.close().await.unwrap();

        // The repeat resolves what was unknown.
        let again = super::store(&disk, crate::EmbeddedOptions::default());
        let resolved = again.append(append("A/1", ANY, 2, 1)).await.unwrap();
        assert!(resolved.repeated);
    });
}

#[test]
fn what_waits_behind_a_failed_sync_is_not_tried() {
    run(async {
        let (disk, store) = fresh();
        disk.set(|disk| disk.hold_commits = true);
        let mut blocker = pin!(store.append(append("A/0", ANY, 1, 1)));
        assert!(is_pending(blocker.as_mut()));
        disk.wait_for_waiting();
        let mut appends: Vec<_> = (1..10)
            .map(|n| Box::pin(store.append(append("A/1", ANY, n * 10, 2))))
            .collect();
        let conflicting = append("A/1", ExpectedVersion::NoStream, 500, 1);
        let mut conflicting = pin!(store.append(conflicting));
        for append in &mut appends {
            assert!(is_pending(append.as_mut()));
        }
        assert!(is_pending(conflicting.as_mut()));
        disk.set(|disk| {
            disk.settles_fail = true;
            disk.hold_commits = false;
        });
        assert!(blocker.await.unwrap_err().is_unknown());
        // Taken from the queue after the failure: they were not even tried.
        for append in appends {
            let refused = append.await.unwrap_err();
            assert!(
                matches!(refused, AppendError::Unavailable { .. }),
                "{refused}"
            );
        }
        assert!(matches!(
            conflicting.await,
            Err(AppendError::Unavailable { .. })
        ));
        assert_eq!(store.head().await.unwrap(), Position::START);
    });
}

#[test]
fn everyone_in_a_commit_whose_sync_failed_is_told() {
    run(async {
        let (disk, store) = fresh();
        disk.set(|disk| (disk.hold_commits, disk.failing_settle) = (true, Some(2)));
        let mut blocker = pin!(store.append(append("A/0", ANY, 1, 1)));
        assert!(is_pending(blocker.as_mut()));
        disk.wait_for_waiting();
        let name = CheckpointName::from_static("view");
        let mut written = pin!(store.append(append("A/1", ANY, 10, 2)));
        let mut repeated = pin!(store.append(append("A/1", ANY, 10, 2)));
        let no_stream = append("A/1", ExpectedVersion::NoStream, 20, 1);
        let mut conflicting = pin!(store.append(no_stream));
        let mut stored = pin!(store.append(append("A/0", ANY, 1, 1)));
        let mut moved = pin!(store.save_checkpoint(&name, Position::START, Position::new(1)));
        assert!(is_pending(written.as_mut()) && is_pending(repeated.as_mut()));
        assert!(is_pending(conflicting.as_mut()) && is_pending(stored.as_mut()));
        let (kind, document) = document();
        let mut saved = pin!(store.save_document(&kind, &document, Revision::ABSENT, "1".into()));
        let mut changed = pin!(store.save_document(&kind, &document, Revision::ABSENT, "2".into()));
        assert!(is_pending(moved.as_mut()));
        assert!(is_pending(saved.as_mut()) && is_pending(changed.as_mut()));
        disk.set(|disk| disk.hold_commits = false);
        blocker.await.unwrap();
        assert!(written.await.unwrap_err().is_unknown());
        assert!(repeated.await.unwrap_err().is_unknown());
        // The stream may or may not have what it conflicts with.
        assert!(matches!(
            conflicting.await,
            Err(AppendError::Unavailable { .. })
        ));
        assert!(stored.await.unwrap().repeated, "what it repeats is durable");
        assert!(matches!(
            moved.await,
            Err(CheckpointError::Unavailable { .. })
        ));
        // Nor may anybody be told that somebody else saved it.
        for answer in [saved.await, changed.await] {
            assert!(matches!(answer, Err(DocumentError::Unavailable { .. })));
        }
        assert_eq!(store.head().await.unwrap(), Position::new(1));
    });
}

#[test]
fn a_write_that_failed_without_a_trace_leaves_the_store_in_use() {
    run(async {
        let (disk, store) = fresh();
        store.append(append("A/1", ANY, 1, 1)).await.unwrap();
        disk.set(|disk| disk.next_commit = CommitFault::WithoutTrace);
        let refused = store.append(append("A/1", ANY, 2, 1)).await.unwrap_err();
        assert!(
            matches!(refused, AppendError::Unavailable { .. }),
            "{refused}"
        );
        assert_eq!(store.head().await.unwrap(), Position::new(1));
        let repeated = store.append(append("A/1", ANY, 2, 1)).await.unwrap();
        assert_eq!(
            (repeated.repeated, repeated.first_position),
            (false, Position::new(2))
        );
    });
}

#[test]
fn a_write_that_failed_and_is_there_is_acknowledged() {
    run(async {
        let (disk, store) = fresh();
        disk.set(|disk| disk.next_commit = CommitFault::WrittenAllTheSame);
        let appended = store.append(append("A/1", ANY, 1, 2)).await.unwrap();
        assert_eq!(appended.last_position, Position::new(2));
        assert_eq!(store.head().await.unwrap(), Position::new(2));
        let next = store.append(append("A/1", ANY, 3, 1)).await.unwrap();
        assert_eq!(next.first_position, Position::new(3));
    });
}

#[test]
fn an_engine_that_stops_before_it_syncs_is_opened_again() {
    run(async {
        let (disk, store) = fresh();
        disk.set(|disk| disk.stops = true);
        let appended = store.append(append("A/1", ANY, 1, 2)).await.unwrap();
        assert_eq!(appended.last_position, Position::new(2));
        assert_eq!(
            disk.get(|disk| disk.settles),
            1,
            "it was synced after it was opened again"
        );
        store.append(append("A/1", ANY, 3, 1)).await.unwrap();
    });
}

#[test]
fn an_engine_that_is_down_is_opened_again_once_that_works() {
    run(async {
        for fault in [CommitFault::WithoutTrace, CommitFault::WrittenAllTheSame] {
            let (disk, store) = fresh();
            store.append(append("A/1", ANY, 1, 1)).await.unwrap();
            disk.set(|disk| (disk.next_commit, disk.opens_fail) = (fault, true));
            let unknown = store.append(append("A/1", ANY, 2, 1)).await.unwrap_err();
            assert!(unknown.is_unknown(), "{unknown}");
            let stream = "A/1".parse().unwrap();
            let away = store
                .read_stream(&stream, StreamRange::all())
                .await
                .unwrap_err();
            assert!(matches!(away, ReadError::Unavailable { .. }), "{away}");

            disk.set(|disk| disk.opens_fail = false);
            let resolved = loop {
                match store.append(append("A/1", ANY, 2, 1)).await {
                    Ok(appended) => break appended,
                    Err(AppendError::Unavailable { .. }) => {
                        SystemClock
                            .sleep(std::time::Duration::from_millis(50))
                            .await;
                    }
                    Err(other) => panic!("{other}"),
                }
            };
            assert_eq!(resolved.repeated, fault == CommitFault::WrittenAllTheSame);
            assert_eq!(resolved.first_position, Position::new(2));
            assert_eq!(store.head().await.unwrap(), Position::new(2));
        }
    });
}

#[test]
fn a_writer_that_panics_leaves_nobody_waiting() {
    run(async {
        let (disk, store) = fresh();
        disk.set(|disk| disk.next_commit = CommitFault::Panic);
        let unknown = store.append(append("A/1", ANY, 1, 1)).await.unwrap_err();
        assert!(unknown.is_unknown(), "{unknown}");
        assert!(matches!(
            store.wait_past(Position::START).await,
            Err(ReadError::Closed)
        ));
        let refused = store.append(append("A/1", ANY, 2, 1)).await.unwrap_err();
        assert!(
            matches!(refused, AppendError::Unavailable { .. }),
            "{refused}"
        );
        store.close().await.unwrap();
    });
}
