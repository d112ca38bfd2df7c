//! Snapshots: newest first, whole, and not too many.

use super::super::concurrency::together;
use super::super::material::{seed, stream, version_of};
use super::super::observe::{assert_nothing_written, version};
use super::super::subject::Subject;
use crate::{
    CodecId, Payload, PayloadFlags, Snapshot, SnapshotStore, StreamVersion, Timestamp, TypeName,
    TypeVersion,
};

pub(crate) async fn there_is_none_at_first(subject: Subject) {
    let store = subject.snapshots();
    for at_most in [0, 1, u64::MAX] {
        assert_eq!(load(&*store, "Claim/1", at_most).await, None);
    }
}

pub(crate) async fn keep_everything_they_were_given(subject: Subject) {
    let store = subject.snapshots();
    let payload = Payload {
        codec: CodecId::new("bincode"),
        version: TypeVersion::new(3, 4),
        flags: PayloadFlags::COMPRESSED.with(PayloadFlags::ENCRYPTED),
        data: (0..=255).collect::<Vec<u8>>().into(),
    };
    let all = [
        Snapshot {
            payload,
            ..snapshot("Claim/1", 7, 1)
        },
        Snapshot {
            taken_at: Timestamp::from_micros(-5),
            privacy: None,
            ..snapshot("Claim/2", 1, 2)
        },
        Snapshot {
            payload: Payload::new(CodecId::from_static("json"), TypeVersion::INITIAL, &b""[..]),
            name: TypeName::new("ü".repeat(128)).expect("a valid name"),
            ..snapshot("Claim/3", 1_000_000, 3)
        },
    ];
    for one in &all {
        save(&*store, one, 3).await;
    }
    for one in all {
        assert_eq!(
            load(&*store, one.stream.as_str(), u64::MAX).await,
            Some(one)
        );
    }
}

pub(crate) async fn the_newest_at_or_below_a_version_is_loaded(subject: Subject) {
    let store = subject.snapshots();
    for version in [10, 5, 20] {
        save(&*store, &snapshot("Claim/1", version, version), 10).await;
    }
    let due = [
        (0, 0),
        (4, 0),
        (5, 5),
        (9, 5),
        (10, 10),
        (19, 10),
        (20, 20),
        (u64::MAX, 20),
    ];
    for (at_most, due) in due {
        let found = load(&*store, "Claim/1", at_most).await;
        let version = found.map_or(0, |snapshot| snapshot.version.get());
        assert_eq!(version, due, "at most {at_most}");
    }
}

pub(crate) async fn of_one_version_the_last_saved_is_kept(subject: Subject) {
    let store = subject.snapshots();
    save(&*store, &snapshot("Claim/1", 5, 1), 3).await;
    for state in 2..=4 {
        save(&*store, &snapshot("Claim/1", 10, state), 3).await;
    }
    assert_eq!(
        load(&*store, "Claim/1", 10).await,
        Some(snapshot("Claim/1", 10, 4))
    );
    let older = load(&*store, "Claim/1", 9).await;
    assert_eq!(
        older,
        Some(snapshot("Claim/1", 5, 1)),
        "saving again counted as one more"
    );
}

pub(crate) async fn beyond_the_number_to_keep_the_oldest_go(subject: Subject) {
    let store = subject.snapshots();
    for version in 1..=6 {
        save(&*store, &snapshot("Claim/1", version, version), 3).await;
    }
    assert_eq!(versions(&*store, "Claim/1").await, [4, 5, 6]);
    save(&*store, &snapshot("Claim/1", 7, 7), 10).await;
    assert_eq!(versions(&*store, "Claim/1").await, [4, 5, 6, 7]);
    save(&*store, &snapshot("Claim/1", 8, 8), 1).await;
    assert_eq!(versions(&*store, "Claim/1").await, [8]);
    save(&*store, &snapshot("Claim/1", 2, 2), 1).await;
    assert_eq!(
        versions(&*store, "Claim/1").await,
        [8],
        "a late, old snapshot drove out the new"
    );
}

pub(crate) async fn the_newest_stays_whatever_is_to_be_kept(subject: Subject) {
    let store = subject.snapshots();
    for version in 1..=3 {
        save(&*store, &snapshot("Claim/1", version, version), 0).await;
        assert_eq!(versions(&*store, "Claim/1").await, [version]);
    }
    save(&*store, &snapshot("Claim/1", 4, 4), usize::MAX).await;
    assert_eq!(versions(&*store, "Claim/1").await, [3, 4]);
}

pub(crate) async fn of_other_streams_are_left_alone(subject: Subject) {
    let store = subject.snapshots();
    let names = [
        "Claim/1",
        "Claim/10",
        "Claim/1/2",
        "Claim/1 ",
        "Cl/1",
        "claim/1",
    ];
    for (state, name) in names.iter().enumerate() {
        for version in [3, 9] {
            save(&*store, &snapshot(name, version, state as u64), 2).await;
        }
    }
    save(&*store, &snapshot("Claim/1", 12, 99), 1).await;
    for (state, name) in names.iter().enumerate().skip(1) {
        let found = load(&*store, name, u64::MAX).await;
        assert_eq!(found, Some(snapshot(name, 9, state as u64)), "of {name}");
        assert_eq!(versions(&*store, name).await, [3, 9], "of {name}");
    }
}

pub(crate) async fn are_deleted_by_stream(subject: Subject) {
    let store = subject.snapshots();
    for name in ["Claim/1", "Claim/10", "Claim/1/2"] {
        for version in 1..=3 {
            save(&*store, &snapshot(name, version, 0), 5).await;
        }
    }
    for _ in 0..2 {
        store
            .delete_snapshots(&stream("Claim/1"))
            .await
            .expect("a deletion");
        assert_eq!(versions(&*store, "Claim/1").await, [0_u64; 0]);
    }
    for name in ["Claim/10", "Claim/1/2"] {
        assert_eq!(versions(&*store, name).await, [1, 2, 3], "of {name}");
    }
    save(&*store, &snapshot("Claim/1", 1, 7), 5).await;
    assert_eq!(
        load(&*store, "Claim/1", 1).await,
        Some(snapshot("Claim/1", 1, 7))
    );
}

pub(crate) async fn of_one_mebibyte_are_kept(subject: Subject) {
    let store = subject.snapshots();
    let mut large = snapshot("Claim/1", 4, 0);
    large.payload.data = vec![7; 1024 * 1024].into();
    save(&*store, &large, 2).await;
    assert!(
        load(&*store, "Claim/1", 4).await == Some(large),
        "a large snapshot has changed"
    );
}

pub(crate) async fn saved_by_racing_tasks_are_whole(subject: Subject) {
    let store = subject.snapshots();
    together(16, |task| {
        let store = store.clone();
        async move {
            save(&*store, &snapshot("Claim/1", task % 4 + 1, task), 2).await;
            let found = load(&*store, "Claim/1", u64::MAX)
                .await
                .expect("one was just saved");
            let state = state_of(&found);
            assert_eq!(
                found,
                snapshot("Claim/1", state % 4 + 1, state),
                "a torn snapshot"
            );
        }
    })
    .await;
    assert_eq!(versions(&*store, "Claim/1").await, [3, 4]);
}

/// They may come before their events, as when they are copied from elsewhere.
pub(crate) async fn need_no_events(subject: Subject) {
    let (events, store) = (subject.events(), subject.snapshots());
    save(&*store, &snapshot("Claim/1", 9, 9), 1).await;
    assert_eq!(version(&*events, &stream("Claim/1")).await.get(), 0);
    assert_nothing_written(&*events).await;
    seed(&*events, "Claim/2", 1..=3).await;
    assert_eq!(
        load(&*store, "Claim/2", u64::MAX).await,
        None,
        "events made a snapshot"
    );
}

/// A snapshot whose content says which one it is.
pub(super) fn snapshot(name: &str, version: u64, state: u64) -> Snapshot {
    let codec = CodecId::from_static("json");
    Snapshot {
        stream: stream(name),
        version: version_of(version),
        name: TypeName::from_static("Claim"),
        payload: Payload::new(codec, TypeVersion::INITIAL, state.to_le_bytes().to_vec()),
        taken_at: Timestamp::from_micros(1_000_000 + state.cast_signed()),
        privacy: None,
    }
}

pub(super) async fn save(store: &dyn SnapshotStore, snapshot: &Snapshot, keep: usize) {
    store
        .save_snapshot(snapshot.clone(), keep)
        .await
        .expect("a snapshot is saved");
}

pub(super) async fn load(store: &dyn SnapshotStore, name: &str, at_most: u64) -> Option<Snapshot> {
    store
        .load_snapshot(&stream(name), version_of(at_most))
        .await
        .expect("a snapshot is looked for")
}

/// All versions of which there is a snapshot, found from the newest down.
async fn versions(store: &dyn SnapshotStore, name: &str) -> Vec<u64> {
    let mut found = Vec::new();
    let mut at_most = StreamVersion::MAX;
    while let Some(snapshot) = load(store, name, at_most.get()).await {
        assert!(snapshot.version <= at_most, "newer than asked for");
        found.insert(0, snapshot.version.get());
        at_most = snapshot.version.previous();
    }
    found
}

fn state_of(snapshot: &Snapshot) -> u64 {
    u64::from_le_bytes(snapshot.payload.data[..].try_into().expect("eight bytes"))
}
