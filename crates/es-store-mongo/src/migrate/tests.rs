//! The runner with migrations of the test's own, on a real server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use es_core::{Clock, SystemClock};
use futures_util::future::join_all;
use mongodb::bson::doc;

use super::*;
use crate::MongoOptions;
use crate::migrate::layout_document;

const LEASE: Duration = Duration::from_millis(600);

async fn database() -> Database {
    let server = es_testkit::mongo::shared().await;
    let uri = server.uri_for(&server.database());
    Database::open(&uri, &MongoOptions::default().accept_unsafe_server(true))
        .await
        .unwrap()
}

fn runner<'a>(database: &'a Database, migrations: &'a [&'a dyn Migration]) -> Runner<'a> {
    Runner::new(database, migrations).patience(LEASE, Duration::from_millis(20))
}

/// Counts its runs, and sees to it that those before it are done.
#[derive(Debug, Default)]
struct Step {
    runs: AtomicUsize,
    after: Option<Arc<Step>>,
    /// How many runs end in a failure, and how many never end.
    failures: AtomicUsize,
    hangs: AtomicUsize,
    takes: Duration,
}

impl Step {
    fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }
}

fn count_down(left: &AtomicUsize) -> bool {
    let less = |left: usize| left.checked_sub(1);
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
        .is_ok()
}

#[async_trait]
impl Migration for Step {
    async fn run(&self, _: &Database) -> Result<(), BoxError> {
        if let Some(before) = &self.after {
            assert_eq!(before.runs(), 1, "the one before comes first");
        }
        if count_down(&self.hangs) {
            std::future::pending::<()>().await;
        }
        if count_down(&self.failures) {
            return Err("as told".into());
        }
        SystemClock.sleep(self.takes).await;
        self.runs.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test]
async fn a_new_namespace_is_noted_with_the_layout_of_this_program() {
    let database = database().await;
    run(&database, false).await.unwrap();
    let version = layout_document::read(&database).await.unwrap();
    assert_eq!(version, Some(LAYOUT_VERSION));
    run(&database, false).await.unwrap();
}

#[tokio::test]
async fn migrations_run_in_order_and_once_however_many_processes_start_together() {
    let database = database().await;
    run(&database, false).await.unwrap();
    let first = Arc::new(Step {
        takes: Duration::from_millis(100),
        ..Step::default()
    });
    let second = Step {
        after: Some(Arc::clone(&first)),
        ..Step::default()
    };
    let migrations: [&dyn Migration; 2] = [&*first, &second];
    let runners = (0..16).map(|_| async { runner(&database, &migrations).run().await });
    for done in join_all(runners).await {
        done.unwrap();
    }
    assert_eq!((first.runs(), second.runs()), (1, 1));
    assert_eq!(layout_document::read(&database).await.unwrap(), Some(3));
    runner(&database, &migrations).run().await.unwrap();
    assert_eq!((first.runs(), second.runs()), (1, 1));
}

#[tokio::test]
async fn a_step_that_takes_longer_than_a_claim_keeps_it() {
    let database = database().await;
    run(&database, false).await.unwrap();
    let step = Step {
        takes: LEASE * 3,
        ..Step::default()
    };
    let migrations: [&dyn Migration; 1] = [&step];
    let runners = (0..4).map(|_| async { runner(&database, &migrations).run().await });
    for done in join_all(runners).await {
        done.unwrap();
    }
    assert_eq!(step.runs(), 1);
}

#[tokio::test]
async fn a_step_whose_process_died_is_taken_again_by_another() {
    let database = database().await;
    run(&database, false).await.unwrap();
    let step = Step {
        hangs: AtomicUsize::new(1),
        ..Step::default()
    };
    let migrations: [&dyn Migration; 1] = [&step];
    let died = runner(&database, &migrations);
    let died = tokio::time::timeout(Duration::from_millis(200), died.run());
    assert!(died.await.is_err(), "it hangs, and is dropped");
    assert_eq!(layout_document::read(&database).await.unwrap(), Some(1));
    runner(&database, &migrations).run().await.unwrap();
    assert_eq!(step.runs(), 1);
    assert_eq!(layout_document::read(&database).await.unwrap(), Some(2));
}

#[tokio::test]
async fn a_step_that_fails_says_so_and_can_be_taken_again_at_once() {
    let database = database().await;
    run(&database, false).await.unwrap();
    let step = Step {
        failures: AtomicUsize::new(1),
        ..Step::default()
    };
    let migrations: [&dyn Migration; 1] = [&step];
    let error = runner(&database, &migrations).run().await.unwrap_err();
    assert!(
        matches!(error, MigrateError::Failed { to: 2, .. }),
        "{error}"
    );
    let long = Runner::new(&database, &migrations);
    let again = tokio::time::timeout(Duration::from_secs(5), long.run());
    again.await.unwrap().unwrap();
    assert_eq!(step.runs(), 1);
}

#[tokio::test]
async fn a_newer_layout_is_refused_and_left_as_it_is() {
    let database = database().await;
    run(&database, false).await.unwrap();
    let newer = doc! { "$set": { "version": LAYOUT_VERSION + 1 } };
    let changed = layout_document::update(&database, doc! {}, newer).await;
    assert!(changed.unwrap());
    let error = run(&database, false).await.unwrap_err();
    let found = LAYOUT_VERSION + 1;
    assert!(
        matches!(error, MigrateError::Newer { found: f, supported: LAYOUT_VERSION } if f == found)
    );
    let version = layout_document::read(&database).await.unwrap();
    assert_eq!(version, Some(found));
}

#[tokio::test]
async fn events_of_an_unknown_layout_are_refused() {
    let database = database().await;
    let meta = database
        .handle()
        .collection::<mongodb::bson::Document>(database.meta());
    meta.delete_many(doc! {}).await.unwrap();
    let event = doc! { "_id": 1_i64, "v": 1_i64, "at": 1_i64, "n": 1, "s": "Claim/1" };
    let events = database.handle().collection(database.events());
    events.insert_one(event).await.unwrap();
    let error = run(&database, false).await.unwrap_err();
    assert!(matches!(error, MigrateError::Unknown), "{error}");
    meta.insert_one(doc! { "_id": layout_document::LAYOUT, "version": "1" })
        .await
        .unwrap();
    let error = run(&database, false).await.unwrap_err();
    assert!(matches!(error, MigrateError::Unreadable), "{error}");
}
