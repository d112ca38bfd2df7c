//! Checkpoints: compare and set, by name.

use super::super::concurrency::together;
use super::super::material::position;
use super::super::subject::Subject;
use crate::{CheckpointError, CheckpointName, CheckpointStore, Position};

pub(crate) async fn start_at_the_start(subject: Subject) {
    let store = subject.checkpoints();
    assert_eq!(load(&*store, "claims").await, 0);
    assert_eq!(list(&*store).await, []);
}

pub(crate) async fn move_from_where_they_stand(subject: Subject) {
    let store = subject.checkpoints();
    for (from, to) in [(0, 5), (5, 6), (6, 1_000)] {
        save(&*store, "claims", from, to)
            .await
            .expect("it stands there");
        assert_eq!(load(&*store, "claims").await, to);
    }
}

pub(crate) async fn do_not_move_from_elsewhere_and_say_where_they_stand(subject: Subject) {
    let store = subject.checkpoints();
    assert_moved(save(&*store, "claims", 1, 2).await, "claims", 1, 0);
    assert_eq!(list(&*store).await, [], "a refused move wrote something");
    save(&*store, "claims", 0, 7)
        .await
        .expect("it stands there");
    for from in [0, 6, 8, 9] {
        assert_moved(save(&*store, "claims", from, 9).await, "claims", from, 7);
        assert_eq!(load(&*store, "claims").await, 7, "a refused move moved it");
    }
}

pub(crate) async fn move_backwards(subject: Subject) {
    let store = subject.checkpoints();
    for (from, to) in [(0, 50), (50, 20), (20, 0), (0, 3)] {
        save(&*store, "claims", from, to)
            .await
            .expect("it stands there");
        assert_eq!(load(&*store, "claims").await, to);
    }
}

pub(crate) async fn may_stay_where_they_are(subject: Subject) {
    let store = subject.checkpoints();
    for (from, to) in [(0, 0), (0, 4), (4, 4), (4, 4)] {
        save(&*store, "claims", from, to)
            .await
            .expect("it stands there");
        assert_eq!(load(&*store, "claims").await, to);
    }
    assert_eq!(list(&*store).await, [("claims".to_owned(), 4)]);
}

pub(crate) async fn of_16_racing_consumers_one_moves_it(subject: Subject) {
    let store = subject.checkpoints();
    let mut from = 0;
    for _ in 0..5 {
        let answers = together(16, |task| {
            let store = store.clone();
            async move {
                save(&*store, "claims", from, from + 10 + task)
                    .await
                    .map(|()| task)
            }
        })
        .await;
        let won: Vec<u64> = answers.iter().flatten().copied().collect();
        let [winner] = won[..] else {
            panic!("{} of 16 moved it", won.len())
        };
        for answer in answers.into_iter().filter(Result::is_err) {
            assert_moved(answer.map(|_| ()), "claims", from, from + 10 + winner);
        }
        from += 10 + winner;
        assert_eq!(load(&*store, "claims").await, from);
    }
}

pub(crate) async fn moved_by_many_lose_no_step(subject: Subject) {
    let store = subject.checkpoints();
    together(6, |_| {
        let store = store.clone();
        async move {
            for _ in 0..8 {
                step(&*store).await;
            }
        }
    })
    .await;
    assert_eq!(load(&*store, "claims").await, 48);
}

pub(crate) async fn of_other_names_are_left_alone(subject: Subject) {
    let store = subject.checkpoints();
    let long = "n".repeat(256);
    let names = [
        "claims", "claims2", "claim", "Claims", "claims/1", "ä", "a\u{308}", "$x.y", &long,
    ];
    for (index, name) in names.iter().enumerate() {
        save(&*store, name, 0, index as u64 + 1)
            .await
            .expect("it stands at the start");
    }
    for (index, name) in names.iter().enumerate() {
        assert_eq!(load(&*store, name).await, index as u64 + 1, "of {name}");
    }
    assert_eq!(load(&*store, "claims3").await, 0);
}

pub(crate) async fn are_listed_by_name(subject: Subject) {
    let store = subject.checkpoints();
    let names = ["m", "b", "zz", "a", "z", "B", "ä", "a1", "a-1", "10", "9"];
    for (index, name) in names.iter().enumerate() {
        save(&*store, name, 0, index as u64 + 1)
            .await
            .expect("it stands at the start");
    }
    let listed = list(&*store).await;
    let mut due: Vec<_> = names
        .iter()
        .zip(1_u64..)
        .map(|(n, p)| ((*n).to_owned(), p))
        .collect();
    due.sort();
    assert_eq!(listed, due);
}

pub(crate) async fn back_at_the_start_are_not_listed(subject: Subject) {
    let store = subject.checkpoints();
    for (name, from, to) in [("a", 0, 5), ("b", 0, 6), ("a", 5, 0), ("c", 0, 0)] {
        save(&*store, name, from, to)
            .await
            .expect("it stands there");
    }
    assert_eq!(list(&*store).await, [("b".to_owned(), 6)]);
}

pub(crate) async fn hold_any_position(subject: Subject) {
    let store = subject.checkpoints();
    let max = Position::MAX.get();
    for (from, to) in [
        (0, max),
        (max, 1 << 53),
        (1 << 53, (1 << 53) + 1),
        ((1 << 53) + 1, 1),
    ] {
        save(&*store, "claims", from, to)
            .await
            .expect("it stands there");
        assert_eq!(load(&*store, "claims").await, to);
    }
}

/// Moves it on by one, from wherever it stands.
async fn step(store: &dyn CheckpointStore) {
    loop {
        let from = load(store, "claims").await;
        match save(store, "claims", from, from + 1).await {
            Ok(()) => return,
            Err(CheckpointError::Moved { actual, .. }) => assert_ne!(actual, position(from)),
            Err(error) => panic!("neither moved nor refused: {error:?}"),
        }
    }
}

pub(super) async fn load(store: &dyn CheckpointStore, name: &str) -> u64 {
    store
        .load_checkpoint(&named(name))
        .await
        .expect("a checkpoint is loaded")
        .get()
}

pub(super) async fn save(
    store: &dyn CheckpointStore,
    name: &str,
    from: u64,
    to: u64,
) -> Result<(), CheckpointError> {
    store
        .save_checkpoint(&named(name), position(from), position(to))
        .await
}

pub(super) async fn list(store: &dyn CheckpointStore) -> Vec<(String, u64)> {
    let all = store.checkpoints().await.expect("a list");
    all.into_iter()
        .map(|(name, position)| (name.as_str().to_owned(), position.get()))
        .collect()
}

fn named(name: &str) -> CheckpointName {
    CheckpointName::new(name).expect("a valid name")
}

fn assert_moved(answer: Result<(), CheckpointError>, of: &str, from: u64, stands: u64) {
    match answer {
        Err(CheckpointError::Moved {
            name,
            expected,
            actual,
        }) => {
            assert_eq!(name, of);
            assert_eq!(
                (expected.get(), actual.get()),
                (from, stands),
                "expected and actual"
            );
        }
        other => panic!("it stands at {stands}, was moved from {from}, and answered {other:?}"),
    }
}
