//! What an acknowledgement of less than a majority and the journal is worth: nothing. These tests
//! use the driver alone; they are the reason why the store has no option for less.

use std::fs;
use std::path::Path;
use std::time::Instant;

use es_store_mongo::mongodb::bson::{Document, doc};
use es_store_mongo::mongodb::options::{Acknowledgment, ReadConcern, WriteConcern};
use es_store_mongo::mongodb::{Client, Collection};
use es_testkit::mongo::{Cluster, NodeId};

use crate::log::{AT_MOST, pause};
use crate::replication::{OneCluster, go_on_with_replication, stop_replication};

fn collection(client: &Client) -> Collection<Document> {
    client.database("weaker").collection("writes")
}

/// A client of the set, in whose collection there is one document that a majority has.
async fn client(cluster: &Cluster) -> Client {
    let client = Client::with_uri_str(cluster.uri()).await.unwrap();
    write(&client, 0, WriteConcern::majority()).await;
    client
}

async fn write(client: &Client, id: i32, concern: WriteConcern) {
    let writes = collection(client);
    let insert = writes.insert_one(doc! { "_id": id });
    insert.write_concern(concern).await.unwrap();
}

fn one_member(journal: bool) -> WriteConcern {
    WriteConcern::builder()
        .w(Acknowledgment::Nodes(1))
        .journal(journal)
        .build()
}

/// What this very member has, as soon as it answers.
async fn ids_at(cluster: &Cluster, node: NodeId) -> Vec<i32> {
    let writes = collection(&cluster.admin_client(node).await.unwrap());
    let started = Instant::now();
    loop {
        let find = writes.find(doc! {}).sort(doc! { "_id": 1 });
        match find.read_concern(ReadConcern::local()).await {
            Ok(mut found) => {
                let mut ids = Vec::new();
                while found.advance().await.unwrap() {
                    ids.push(found.current().get_i32("_id").unwrap());
                }
                return ids;
            }
            Err(error) => assert!(started.elapsed() < AT_MOST, "{error}"),
        }
        pause(50).await;
    }
}

/// Acknowledged by one member, and not in its journal: gone with the process.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_acknowledged_by_one_member_without_its_journal_is_gone_after_a_crash() {
    let one = OneCluster::start().await;
    let cluster = &one.cluster;
    let client = client(cluster).await;
    let primary = cluster.wait_steady().await.unwrap();
    let stopped = stop_replication(cluster, primary).await;
    let flusher = doc! { "configureFailPoint": "pauseJournalFlusherThread", "mode": "alwaysOn" };
    let flusher = cluster.set_fail_point(primary, flusher).await.unwrap();
    flusher.entered(1).await.unwrap();
    write(&client, 1, one_member(false)).await;
    assert_eq!(ids_at(cluster, primary).await, [0, 1]);
    cluster.kill(primary);
    // The others go as well, so that nobody can tell the first one to roll back: what it has when
    // it is back is what it had itself.
    go_on_with_replication(stopped).await;
    for node in NodeId::all().filter(|node| *node != primary) {
        cluster.kill(node);
    }
    cluster.restart(primary).await.unwrap();
    assert_eq!(ids_at(cluster, primary).await, [0]);
}

/// Acknowledged by one member, and in its journal: rolled back after a fail-over.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_acknowledged_by_one_member_with_its_journal_is_rolled_back_after_a_fail_over() {
    let one = OneCluster::start().await;
    let cluster = &one.cluster;
    let client = client(cluster).await;
    let old = cluster.wait_steady().await.unwrap();
    let stopped = stop_replication(cluster, old).await;
    write(&client, 1, one_member(true)).await;
    assert_eq!(ids_at(cluster, old).await, [0, 1]);
    cluster.kill(old);
    go_on_with_replication(stopped).await;
    let new = cluster.wait_for_primary_other_than(old).await.unwrap();
    assert_eq!(ids_at(cluster, new).await, [0]);
    cluster.restart(old).await.unwrap();
    let removed = cluster.data_dir(old).join("rollback");
    let started = Instant::now();
    while !has_removed_documents(&removed) {
        assert!(started.elapsed() < AT_MOST, "nothing was rolled back");
        pause(100).await;
    }
    cluster.wait_steady().await.unwrap();
    for node in NodeId::all() {
        assert_eq!(ids_at(cluster, node).await, [0], "at {node}");
    }
}

/// Whether a server has put documents aside that it had to take back.
fn has_removed_documents(directory: &Path) -> bool {
    let Ok(entries) = fs::read_dir(directory) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        (name.starts_with("removed.") && name.ends_with(".bson"))
            || has_removed_documents(&entry.path())
    })
}
