//! TLS, users, and what may go wrong with them; the least rights that the store can do with.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic with a message is how a test fails"
)]

use std::time::{Duration, Instant};

use es_core::testing::sample_event;
use es_core::{
    AllRange, Append, CheckpointName, CheckpointStore, EventStore, ExpectedVersion, Payload,
    Position, Snapshot, SnapshotStore, StreamId, StreamRange, StreamVersion, Timestamp, TypeName,
};
use es_store_mongo::mongodb::bson::{Document, doc};
use es_store_mongo::{MongoOptions, MongoStore, OpenError};
use es_testkit::mongo::{SecureServer, ServerOptions};

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
        on("snapshots", &["find", "insert", "update", "remove"]),
        on("checkpoints", &["find", "insert", "update"]),
        on("meta", &["find"]),
    ]
}

async fn refusal(uri: &str) -> OpenError {
    let started = Instant::now();
    let refused = MongoStore::connect(uri).await.expect_err("a refusal");
    let took = started.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}: {refused:?}");
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
    let server = SecureServer::start(ServerOptions::default()).await.unwrap();
    let role = application_role("claims");
    let scram = server.user(&role).await.unwrap();
    let x509 = server.x509_user(&role).await.unwrap();
    let not_prepared = refusal(&server.uri_of(&scram, "claims")).await;
    assert!(
        matches!(not_prepared, OpenError::NotAuthorized { .. }),
        "{not_prepared:?}"
    );
    MongoStore::prepare(&server.admin_uri("claims"), &MongoOptions::default())
        .await
        .unwrap();
    for (number, user) in [scram, x509].iter().enumerate() {
        let store = MongoStore::connect(&server.uri_of(user, "claims"))
            .await
            .unwrap();
        work(&store, number as u64).await;
        store.close().await.unwrap();
    }
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
    store.wait_past(Position::START).await.unwrap();

    let sample = event(1);
    for version in 1..=3 {
        let snapshot = Snapshot {
            stream: claim.clone(),
            version: StreamVersion::new(version),
            name: TypeName::from_static("Claim"),
            payload: Payload::clone(&sample.payload),
            taken_at: Timestamp::UNIX_EPOCH,
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
}
