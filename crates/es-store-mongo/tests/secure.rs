//! TLS, users, and what may go wrong with them; the least rights that the store can do with.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic with a message is how a test fails"
)]

#[path = "support/options.rs"]
mod options;

use std::time::{Duration, Instant};

use es_core::testing::sample_event;
use es_core::{
    AllRange, Append, CheckpointName, CheckpointStore, Clock, DocumentKind, DocumentName,
    DocumentStore, EventFilter, EventStore, EventStoreExt, ExpectedVersion, Payload, Position,
    Revision, Snapshot, SnapshotStore, StreamId, StreamRange, StreamVersion, SystemClock,
    Timestamp, TypeName,
};
use es_store_mongo::mongodb::bson::{Document, doc};
use es_store_mongo::mongodb::error::ErrorKind;
use es_store_mongo::mongodb::{self, Client};
use es_store_mongo::{ArchivePlan, MongoStore, OpenError};
use es_testkit::mongo::{SecureServer, ServerOptions};
use es_testkit::skipped;
use futures_util::TryStreamExt;
use options::options;
use tokio::time::timeout;

/// Long enough for a busy machine.
const AT_MOST: Duration = Duration::from_secs(30);

/// The role of the guide for MongoDB, for one database.
fn application_role(database: &str) -> Vec<Document> {
    let on = |collection: &str, actions: &[&str]| {
        doc! {
            "resource": { "db": database, "collection": collection },
            "actions": actions,
        }
    };
    vec![
        on(
            "events",
            &["find", "insert", "listIndexes", "changeStream", "collStats"],
        ),
        on("events_archive", &["find", "collStats"]),
        on(
            "snapshots",
            &["find", "insert", "update", "remove", "collStats"],
        ),
        on("checkpoints", &["find", "insert", "update"]),
        on("documents", &["find", "insert", "update"]),
        on("meta", &["find"]),
    ]
}

/// What the guide adds to that for whoever archives and restores.
fn archiving_role(database: &str) -> Vec<Document> {
    let mut role = application_role(database);
    for (collection, actions) in [
        ("events", vec!["update", "createIndex"]),
        ("events_archive", vec!["insert"]),
        ("meta", vec!["insert", "update"]),
    ] {
        role.push(doc! {
            "resource": { "db": database, "collection": collection },
            "actions": actions,
        });
    }
    role
}

async fn refusal(uri: &str) -> OpenError {
    let started = Instant::now();
    let refused = MongoStore::connect_with(uri, options())
        .await
        .expect_err("a refusal");
    let took = started.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}: {refused:?}");
    let mut shown = format!("{refused} {refused:?}");
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(&refused);
    while let Some(error) = cause {
        shown += &format!(" {error} {error:?}");
        cause = error.source();
    }
    assert!(!shown.contains("s3cret"), "the password shows: {shown}");
    refused
}

#[tokio::test]
async fn what_is_wrong_with_a_connection_is_said_within_seconds() {
    if skipped("own-server") {
        return;
    }
    let server = SecureServer::start(ServerOptions::default()).await.unwrap();
    let wrong_password = refusal(&server.wrong_password_uri("claims")).await;
    assert!(
        matches!(wrong_password, OpenError::Authentication { .. }),
        "{wrong_password:?}"
    );
    let wrong_authority = refusal(&server.wrong_authority_uri("claims")).await;
    assert!(
        matches!(wrong_authority, OpenError::Tls { .. }),
        "{wrong_authority:?}"
    );
    let plain = refusal(&server.plain_uri("claims")).await;
    assert!(matches!(plain, OpenError::Tls { .. }), "{plain:?}");
    let anonymous = refusal(&server.anonymous_uri("claims")).await;
    assert!(
        matches!(anonymous, OpenError::Authentication { .. }),
        "{anonymous:?}"
    );
}

#[tokio::test]
async fn the_documented_role_is_all_that_the_program_needs() {
    if skipped("own-server") {
        return;
    }
    let server = SecureServer::start(ServerOptions::default()).await.unwrap();
    let role = application_role("claims");
    let scram = server.user(&role).await.unwrap();
    let x509 = server.x509_user(&role).await.unwrap();
    let not_prepared = refusal(&server.uri_of(&scram, "claims")).await;
    assert!(
        matches!(not_prepared, OpenError::NotAuthorized { .. }),
        "{not_prepared:?}"
    );
    MongoStore::prepare(&server.admin_uri("claims"), &options())
        .await
        .unwrap();
    for (number, user) in [scram, x509].iter().enumerate() {
        let store = MongoStore::connect_with(&server.uri_of(user, "claims"), options())
            .await
            .unwrap();
        work(&store, number as u64).await;
        let events = (number as u64 + 1) * 3;
        figures(&store, events).await;
        no_event_can_be_changed(&store).await;
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn the_documented_roles_are_all_that_archiving_needs() {
    let server = SecureServer::start(ServerOptions::default()).await.unwrap();
    MongoStore::prepare(&server.admin_uri("claims"), &options())
        .await
        .unwrap();
    let program = server.user(&application_role("claims")).await.unwrap();
    let program = server.uri_of(&program, "claims");
    let keeper = server.user(&archiving_role("claims")).await.unwrap();
    let keeper = server.uri_of(&keeper, "claims");
    let (store, keeper) = (
        MongoStore::connect_with(&program, options()).await.unwrap(),
        MongoStore::connect_with(&keeper, options()).await.unwrap(),
    );
    let claim = StreamId::new("Claim", 1).unwrap();
    let append = Append::new(claim, ExpectedVersion::NoStream, [sample_event(1)]).unwrap();
    store.append(append.clone()).await.unwrap();
    let plan = ArchivePlan::up_to(Position::MAX);
    let refused = store.archive(&plan, |_| {}).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(keeper.archive(&plan, |_| {}).await.unwrap().events, 1);
    // It is compared with what is archived.
    assert!(store.append(append).await.unwrap().repeated);
    let options = options().read_archive(true);
    let reader = MongoStore::connect_with(&program, options).await.unwrap();
    let all = reader.read_all(&AllRange::after(Position::START)).await;
    assert_eq!(all.unwrap().events.len(), 1);
    assert_eq!(keeper.restore(&plan, |_| {}).await.unwrap().events, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn under_the_documented_role_other_processes_are_followed_by_a_change_stream() {
    let server = SecureServer::start(ServerOptions::default()).await.unwrap();
    let admin_uri = server.admin_uri("claims");
    MongoStore::prepare(&admin_uri, &options()).await.unwrap();
    let user = server.user(&application_role("claims")).await.unwrap();
    let uri = server.uri_of(&user, "claims");
    let named = |name: &str| options().app_name(name);
    let writer = MongoStore::connect_with(&uri, named("writer"))
        .await
        .unwrap();
    let reader = MongoStore::connect_with(&uri, named("reader"))
        .await
        .unwrap();
    let mut events = reader.subscribe(Position::START, EventFilter::all());
    let mut delivered = tokio::spawn(async move {
        let first = events.next().await;
        (events, first)
    });
    let admin = Client::with_uri_str(&admin_uri).await.unwrap();
    let opened = Instant::now();
    while change_streams(&admin, "reader-tail").await == 0 {
        // Where it is refused, it is not asked for again within a minute.
        assert!(opened.elapsed() < AT_MOST, "no change stream is open");
        SystemClock.sleep(Duration::from_millis(20)).await;
    }
    for number in 1..=20 {
        let append = Append::new(
            StreamId::new("Claim", number).unwrap(),
            ExpectedVersion::NoStream,
            [sample_event(number)],
        );
        writer.append(append.unwrap()).await.unwrap();
        let (mut events, event) = timeout(AT_MOST, delivered).await.unwrap().unwrap();
        assert_eq!(event.unwrap().position, Position::new(number));
        delivered = tokio::spawn(async move {
            let next = events.next().await;
            (events, next)
        });
    }
    delivered.abort();
}

/// How many change streams a client of this name has open on the collection of events. One may be
/// missed that is between two commands just now.
async fn change_streams(admin: &Client, app_name: &str) -> usize {
    let cursors = doc! { "$currentOp": { "allUsers": true, "idleCursors": true } };
    let of_client = doc! { "$match": { "appName": app_name, "ns": "claims.events" } };
    let admin = admin.database("admin");
    let found = admin.aggregate([cursors, of_client]).await.unwrap();
    let found: Vec<Document> = found.try_collect().await.unwrap();
    let opened_by = |found: &Document| {
        let cursor = found.get_document("cursor").ok()?;
        let command = cursor.get_document("originatingCommand").ok()?;
        let pipeline = command.get_array("pipeline").ok()?;
        Some(
            pipeline
                .first()?
                .as_document()?
                .contains_key("$changeStream"),
        )
    };
    found.iter().filter_map(opened_by).filter(|is| *is).count()
}

/// The figures of a store, which are asked of several collections.
async fn figures(store: &MongoStore, events: u64) {
    let statistics = store.statistics().await.unwrap();
    assert_eq!(statistics.events, events);
    assert_eq!(statistics.log.documents, events);
    assert_eq!(statistics.snapshots.documents, events / 3);
    assert_eq!(statistics.archive.documents, 0);
    assert_eq!(store.count_streams().await.unwrap(), events / 3 * 2);
    let days = store.events_per_day(2).await.unwrap();
    assert_eq!(days.last().unwrap().events, events);
}

async fn no_event_can_be_changed(store: &MongoStore) {
    let events = store.database().collection::<Document>("events");
    let all = || doc! {};
    let changed = events.update_many(all(), doc! { "$set": { "n": 7 } }).await;
    assert_unauthorized(changed);
    assert_unauthorized(events.replace_one(all(), doc! {}).await);
    assert_unauthorized(events.delete_many(all()).await);
    assert_unauthorized(events.find_one_and_delete(all()).await);
    assert_unauthorized(events.drop().await);
}

fn assert_unauthorized<T: std::fmt::Debug>(answer: mongodb::error::Result<T>) {
    const UNAUTHORIZED: i32 = 13;
    let error = answer.expect_err("the role must not allow this");
    let ErrorKind::Command(command) = &*error.kind else {
        panic!("not the expected error: {error:?}");
    };
    assert_eq!(command.code, UNAUTHORIZED, "{error:?}");
}

/// Everything that a program does.
async fn work(store: &MongoStore, number: u64) {
    let claim = StreamId::new("Claim", number).unwrap();
    let policy = StreamId::new("Policy", number).unwrap();
    let event = |n: u64| sample_event(number * 100 + n);
    let single = Append::new(claim.clone(), ExpectedVersion::NoStream, [event(1)]).unwrap();
    store.append(single.clone()).await.unwrap();
    assert!(store.append(single).await.unwrap().repeated);
    let both = Append::new(claim.clone(), ExpectedVersion::Exists, [event(2)])
        .and_then(|append| append.and(policy, ExpectedVersion::NoStream, [event(3)]))
        .unwrap();
    store.append(both).await.unwrap();
    let page = store.read_stream(&claim, StreamRange::all()).await.unwrap();
    assert_eq!(page.events.len(), 2);
    let all = store.read_all(&AllRange::after(Position::START)).await;
    assert_eq!(all.unwrap().events.len() as u64, (number + 1) * 3);

    let sample = event(1);
    for version in 1..=3 {
        let snapshot = Snapshot {
            stream: claim.clone(),
            version: StreamVersion::new(version),
            name: TypeName::from_static("Claim"),
            payload: Payload::clone(&sample.payload),
            taken_at: Timestamp::UNIX_EPOCH,
            privacy: None,
        };
        store.save_snapshot(snapshot, 1).await.unwrap();
    }
    let newest = store.load_snapshot(&claim, StreamVersion::MAX).await;
    assert_eq!(newest.unwrap().unwrap().version, StreamVersion::new(3));
    let name = CheckpointName::new(format!("consumer-{number}")).unwrap();
    let to = Position::new(3);
    store
        .save_checkpoint(&name, Position::START, to)
        .await
        .unwrap();
    assert_eq!(store.load_checkpoint(&name).await.unwrap(), to);
    documents(store, number).await;
}

/// The first save ever makes the collection.
async fn documents(store: &MongoStore, number: u64) {
    let kind = DocumentKind::from_static("rules");
    let name = DocumentName::new(format!("rule-{number}")).unwrap();
    let save =
        |at, text: &'static str| store.save_document(&kind, &name, Revision::new(at), text.into());
    assert_eq!(store.load_document(&kind, &name).await.unwrap(), None);
    assert_eq!(save(0, "one").await.unwrap(), Revision::new(1));
    assert!(save(0, "again").await.unwrap_err().is_conflict());
    assert_eq!(save(1, "two").await.unwrap(), Revision::new(2));
    let found = store.load_document(&kind, &name).await.unwrap().unwrap();
    assert_eq!(found.content, "two");
    let listed = store.documents(&kind, None, 10).await.unwrap();
    assert_eq!(listed.len() as u64, number + 1);
}
