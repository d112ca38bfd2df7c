//! Closures of `append_with` that fail, panic, or never end. They are the user's code: one append
//! is lost by them, and the store goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use es_core::{AppendError, BoxError, EventStore, Position};
use es_store_mongo::mongodb::bson::{Document, doc};
use es_store_mongo::mongodb::error::Error;
use es_store_mongo::mongodb::{ClientSession, Collection};
use es_store_mongo::{MongoOptions, MongoStore};
use futures_util::FutureExt;
use tokio::time::timeout;

use crate::log::{AT_MOST, NEW, fault, numbers, one_event, open, over_two, stored, times};
use crate::servers::quick;

/// How long an append may take here: long enough for a busy machine, and a test waits for it.
const PATIENCE: Duration = Duration::from_secs(10);

struct Case {
    uri: String,
    store: MongoStore,
    rows: Collection<Document>,
}

impl Case {
    async fn open(name: &str, patience: Duration) -> Self {
        let uri = quick().await.uri_for(name);
        let options = MongoOptions::default().append_timeout(patience);
        let store = open(&uri, name, options).await;
        let rows = store.database().collection("rows");
        let empty = rows.insert_one(doc! { "_id": 0 }).await;
        empty.unwrap();
        Self { uri, store, rows }
    }

    /// A plain append of the same store takes the first position, and nothing else is there then
    /// or later: of the row that is beside it, too, only the one that was there before.
    async fn only_a_plain_append_is_stored(&self) {
        let plain = timeout(AT_MOST, self.store.append(one_event(9, NEW, 9))).await;
        let plain = plain.unwrap().unwrap();
        assert_eq!(plain.last_position, Position::new(1));
        assert_eq!(numbers(&stored(&self.uri).await), [9]);
        assert_eq!(self.rows.count_documents(doc! {}).await.unwrap(), 1);
    }
}

async fn write_row(rows: &Collection<Document>, session: &mut ClientSession) -> Result<(), Error> {
    let row = doc! { "_id": 1 };
    rows.insert_one(row).session(session).await.map(drop)
}

/// Nothing is written, and why.
fn refusal(error: AppendError) -> BoxError {
    match error {
        AppendError::Unavailable { source } => source,
        other => panic!("not a refusal: {other:?}"),
    }
}

/// What the closure said.
fn own_words(source: &BoxError) -> Option<&&'static str> {
    source.downcast_ref::<Error>()?.get_custom()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_closure_refuses_its_append_and_no_other() {
    let case = Case::open("closure-fails", PATIENCE).await;
    let rows = case.rows.clone();
    let refused = case
        .store
        .append_with(over_two([1, 2], NEW, 1), move |session| {
            let rows = rows.clone();
            async move {
                write_row(&rows, session).await?;
                Err(Error::custom("out of stock"))
            }
            .boxed()
        });
    let source = refusal(refused.await.unwrap_err());
    assert_eq!(own_words(&source), Some(&"out of stock"), "{source:?}");
    case.only_a_plain_append_is_stored().await;
}

/// The first try may have been committed for all that is known. That the second one got as far as
/// to the closure proves little: a primary that was cut off takes inserts, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_closure_that_fails_after_an_unknown_try_leaves_its_append_unknown_and_holds_up_none() {
    let case = Case::open("closure-fails-later", PATIENCE).await;
    let server = quick().await.uri();
    // More than the commits that the store and the driver ask for in one try.
    let lost = doc! { "closeConnection": true };
    let name = "closure-fails-later";
    let point = fault(&server, name, "commitTransaction", times(6), lost).await;
    let calls = Arc::new(AtomicU32::new(0));
    let (rows, counted) = (case.rows.clone(), Arc::clone(&calls));
    let refused = case
        .store
        .append_with(over_two([1, 2], NEW, 1), move |session| {
            let (rows, call) = (rows.clone(), counted.fetch_add(1, Ordering::Relaxed));
            async move {
                write_row(&rows, session).await?;
                match call {
                    0 => Ok(()),
                    _ => Err(Error::custom("out of stock")),
                }
            }
            .boxed()
        });
    let refused = refused.await.unwrap_err();
    let calls = calls.load(Ordering::Relaxed);
    assert!(
        calls >= 2,
        "the first try was answered; {calls} calls, {refused:?}"
    );
    let AppendError::Unknown { source, .. } = refused else {
        panic!("not unknown: {refused:?}");
    };
    assert_eq!(own_words(&source), Some(&"out of stock"), "{source:?}");
    point.off().await.unwrap();
    case.only_a_plain_append_is_stored().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panicking_closure_refuses_its_append_and_no_other() {
    let case = Case::open("closure-panics", PATIENCE).await;
    let rows = case.rows.clone();
    let refused = case
        .store
        .append_with(over_two([1, 2], NEW, 1), move |session| {
            let rows = rows.clone();
            async move {
                write_row(&rows, session).await?;
                panic!("a panic that this test wants")
            }
            .boxed()
        });
    refusal(refused.await.unwrap_err());
    case.only_a_plain_append_is_stored().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closure_that_panics_before_it_returns_a_future_refuses_its_append_and_no_other() {
    let case = Case::open("closure-panics-early", PATIENCE).await;
    let refused = case
        .store
        .append_with(over_two([1, 2], NEW, 1), |_| {
            panic!("a panic that this test wants")
        })
        .await;
    refusal(refused.unwrap_err());
    case.only_a_plain_append_is_stored().await;
}

/// It may take as long as the append; then the append ends, and the transaction with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_closure_that_never_ends_holds_the_store_up_for_no_longer_than_an_append_may_take() {
    let case = Case::open("closure-hangs", Duration::from_secs(2)).await;
    let rows = case.rows.clone();
    let hanging = case
        .store
        .append_with(over_two([1, 2], NEW, 1), move |session| {
            let rows = rows.clone();
            async move {
                write_row(&rows, session).await?;
                std::future::pending().await
            }
            .boxed()
        });
    let ended = hanging.await.unwrap_err();
    assert!(
        matches!(
            ended,
            AppendError::Unknown { .. } | AppendError::Unavailable { .. }
        ),
        "{ended:?}"
    );
    // The store's own patience is short here, so the next appends may be told so for a while.
    let plain = crate::log::until_answered(&case.store, &one_event(9, NEW, 9)).await;
    assert_eq!(plain.last_position, Position::new(1));
    case.only_a_plain_append_is_stored().await;
}
