//! Documents where replies are lost and primaries go.

use std::net::Ipv4Addr;
use std::time::Instant;

use es_core::{DocumentError, DocumentKind, DocumentName, DocumentStore, Revision};
use es_store_mongo::{MongoOptions, MongoStore};
use es_testkit::mongo::{Server, ServerOptions};
use es_testkit::{Direction, FaultProxy, Link};
use tokio::task::JoinHandle;

use crate::log::{AT_MOST, open, pause};
use crate::replication::OneCluster;

static RULES: DocumentKind = DocumentKind::from_static("rules");
static NAME: DocumentName = DocumentName::from_static("a");

fn save(store: &MongoStore, at: u64) -> JoinHandle<Result<Revision, DocumentError>> {
    let store = store.clone();
    tokio::spawn(async move {
        let text = format!("from {at}");
        let saved = store.save_document(&RULES, &NAME, Revision::new(at), text.into());
        saved.await
    })
}

/// Waits until it stands there, as others see it.
async fn until_it_stands_at(store: &MongoStore, revision: u64) {
    let started = Instant::now();
    loop {
        let found = store.load_document(&RULES, &NAME).await.unwrap();
        if found.is_some_and(|found| found.revision == Revision::new(revision)) {
            return;
        }
        assert!(started.elapsed() < AT_MOST, "it was never saved");
        pause(10).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_whose_reply_was_lost_is_told_from_one_of_somebody_else() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let proxy = FaultProxy::start((Ipv4Addr::LOCALHOST, server.port()).into()).unwrap();
    let address = proxy.address();
    let uri = format!("mongodb://{address}/documents?directConnection=true");
    let store = open(&uri, "store", MongoOptions::default()).await;
    let uri = server.uri_for("documents");
    let other = open(&uri, "other", MongoOptions::default()).await;
    for at in [0, 1] {
        proxy.set(Direction::ToClient, Link::black_hole());
        let saving = save(&store, at);
        until_it_stands_at(&other, at + 1).await;
        proxy.reset();
        proxy.heal();
        assert_eq!(saving.await.unwrap().unwrap(), Revision::new(at + 1));
        until_it_stands_at(&store, at + 1).await;
    }
    // Saved, and saved over by somebody else before anybody could look.
    proxy.set(Direction::ToClient, Link::black_hole());
    let saving = save(&store, 2);
    until_it_stands_at(&other, 3).await;
    assert_eq!(save(&other, 3).await.unwrap().unwrap(), Revision::new(4));
    proxy.reset();
    proxy.heal();
    // It was saved: that is known if the reply gets through after all, and unknown otherwise.
    match saving.await.unwrap() {
        Ok(revision) => assert_eq!(revision, Revision::new(3)),
        Err(DocumentError::Unavailable { .. }) => {}
        Err(other) => panic!("{other:?}"),
    }
    // Where no reply was lost, it is known. Connections that died may still be found out one by one.
    let started = Instant::now();
    loop {
        match save(&store, 2).await.unwrap().unwrap_err() {
            DocumentError::Unavailable { .. } if started.elapsed() < AT_MOST => pause(10).await,
            changed => break assert!(changed.is_conflict(), "{changed:?}"),
        }
    }
}

/// A load is confirmed by a majority there, unlike in a set of one.
#[tokio::test(flavor = "multi_thread")]
async fn documents_outlive_the_primary() {
    let one = OneCluster::start().await;
    let cluster = &one.cluster;
    let uri = cluster.uri_for("documents");
    let store = open(&uri, "documents", MongoOptions::default()).await;
    assert_eq!(store.load_document(&RULES, &NAME).await.unwrap(), None);
    for at in 0..3 {
        assert_eq!(
            save(&store, at).await.unwrap().unwrap(),
            Revision::new(at + 1)
        );
        assert!(save(&store, at).await.unwrap().unwrap_err().is_conflict());
        let primary = cluster.wait_steady().await.unwrap();
        cluster.step_down().await.unwrap();
        cluster.wait_for_primary_other_than(primary).await.unwrap();
        let found = store.load_document(&RULES, &NAME).await.unwrap().unwrap();
        assert_eq!(found.revision, Revision::new(at + 1));
        assert_eq!(store.documents(&RULES, None, 9).await.unwrap(), [found]);
    }
}
