//! Three servers, and each way to harm them.
//!
//! The tests share one cluster and take turns: starting one takes longer than most faults.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a panic with a message is how a test fails, and servers live in real time"
)]

use std::{
    future::Future,
    time::{Duration, Instant},
};

use es_testkit::{
    mongo::{Cluster, ClusterOptions, NodeId},
    skipped,
};
use mongodb::{
    Client, Database,
    bson::{Document, doc},
    options::ClientOptions,
};
use tokio::{
    runtime::Runtime,
    sync::Mutex,
    time::{sleep, timeout},
};

static CLUSTER: Mutex<Option<Cluster>> = Mutex::const_new(None);

/// Runs a test on the shared cluster. It is mended for the next one, also after a failure.
fn on_the_cluster<F>(test: F)
where
    F: AsyncFnOnce(&Cluster),
{
    if skipped("own-server") {
        return;
    }
    Runtime::new().unwrap().block_on(async {
        let mut shared = CLUSTER.lock().await;
        if shared.is_none() {
            *shared = Some(Cluster::start(ClusterOptions::default()).await.unwrap());
        }
        let cluster = shared.as_ref().unwrap();
        mend(cluster).await;
        test(cluster).await;
    });
}

async fn mend(cluster: &Cluster) {
    cluster.heal_all();
    for node in NodeId::all() {
        if cluster.is_down(node) {
            cluster.restart(node).await.unwrap();
        }
    }
    cluster.wait_steady().await.unwrap();
}

async fn client(uri: &str) -> Client {
    let mut options = ClientOptions::parse(uri).await.unwrap();
    options.connect_timeout = Some(Duration::from_secs(2));
    options.server_selection_timeout = Some(Duration::from_secs(20));
    Client::with_options(options).unwrap()
}

async fn says_it_is_primary(admin: &Database) -> bool {
    let hello = admin.run_command(doc! { "hello": 1 }).await.unwrap();
    hello.get_bool("isWritablePrimary").unwrap()
}

/// Others may elect a new primary a moment before the old one notices that it is alone.
async fn stepped_down(admin: &Database) {
    while says_it_is_primary(admin).await {
        sleep(Duration::from_millis(50)).await;
    }
}

/// A write that a majority has, through the proxies. One that is sent to a member which was cut off
/// a moment ago is never answered, so it is sent again.
async fn write(client: &Client) -> Result<(), mongodb::error::Error> {
    within(AN_ELECTION, async {
        loop {
            if let Ok(written) = timeout(Duration::from_secs(10), write_once(client)).await {
                return written;
            }
        }
    })
    .await
}

async fn write_once(client: &Client) -> Result<(), mongodb::error::Error> {
    let things = client.database("cluster").collection::<Document>("things");
    let concern = mongodb::options::WriteConcern::builder()
        .w(mongodb::options::Acknowledgment::Majority)
        .journal(true)
        .build();
    let insert = things.insert_one(doc! { "a": 1 }).write_concern(concern);
    insert.await.map(drop)
}

async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let done = timeout(limit, work).await;
    done.unwrap_or_else(|_| panic!("not done after {:?}", started.elapsed()))
}

/// About two seconds where nothing else runs, and many times that on a busy machine.
const AN_ELECTION: Duration = Duration::from_secs(60);

#[test]
fn clients_and_members_meet_through_the_proxies() {
    on_the_cluster(async |cluster| {
        let client = client(&cluster.uri_for("some")).await;
        assert_eq!(client.default_database().unwrap().name(), "some");
        write(&client).await.unwrap();
        for node in NodeId::all() {
            assert!(cluster.proxy(node).open() > 1, "{node}");
        }
    });
}

#[test]
fn a_killed_primary_is_replaced_and_comes_back_as_a_follower() {
    on_the_cluster(async |cluster| {
        let client = client(&cluster.uri()).await;
        write(&client).await.unwrap();
        let old = cluster.primary().await.unwrap();
        cluster.kill(old);
        assert!(cluster.is_down(old));
        let elected = cluster.wait_for_primary_other_than(old);
        let new = within(AN_ELECTION, elected).await.unwrap();
        assert_ne!(new, old);
        write(&client).await.unwrap();
        cluster.restart(old).await.unwrap();
        assert!(!cluster.is_down(old));
        cluster.wait_steady().await.unwrap();
    });
}

#[test]
fn a_terminated_primary_hands_over_and_ends_soon() {
    on_the_cluster(async |cluster| {
        let old = cluster.primary().await.unwrap();
        within(AN_ELECTION, cluster.terminate(old)).await.unwrap();
        assert!(cluster.is_down(old));
        cluster.wait_for_primary_other_than(old).await.unwrap();
    });
}

#[test]
fn a_stopped_primary_is_replaced_and_follows_when_it_goes_on() {
    on_the_cluster(async |cluster| {
        let old = cluster.primary().await.unwrap();
        cluster.stop(old).unwrap();
        let elected = cluster.wait_for_primary_other_than(old);
        within(AN_ELECTION, elected).await.unwrap();
        assert!(!cluster.is_down(old));
        cluster.cont(old).unwrap();
        assert_ne!(cluster.wait_steady().await.unwrap(), old);
    });
}

#[test]
fn a_step_down_makes_another_the_primary() {
    on_the_cluster(async |cluster| {
        let old = cluster.step_down().await.unwrap();
        let elected = cluster.wait_for_primary_other_than(old);
        within(AN_ELECTION, elected).await.unwrap();
    });
}

#[test]
fn a_partitioned_primary_is_replaced_and_rejoins_when_healed() {
    on_the_cluster(async |cluster| {
        let client = client(&cluster.uri()).await;
        write(&client).await.unwrap();
        let old = cluster.primary().await.unwrap();
        cluster.partition(old).unwrap();
        let elected = cluster.wait_for_primary_other_than(old);
        within(AN_ELECTION, elected).await.unwrap();
        write(&client).await.unwrap();
        // Alone, it does not stay primary, and nothing new reaches it.
        let alone = cluster.admin_client(old).await.unwrap();
        within(AN_ELECTION, stepped_down(&alone.database("admin"))).await;
        let before = count_at(cluster, old).await;
        write(&client).await.unwrap();
        assert_eq!(count_at(cluster, old).await, before);
        cluster.heal(old);
        cluster.wait_steady().await.unwrap();
        assert!(!cluster.is_down(old));
    });
}

#[test]
fn a_primary_cut_off_from_its_members_still_hears_clients_and_steps_down() {
    on_the_cluster(async |cluster| {
        let old = cluster.primary().await.unwrap();
        cluster.partition_from_members(old).unwrap();
        let elected = cluster.wait_for_primary_other_than(old);
        within(AN_ELECTION, elected).await.unwrap();
        let address = cluster.proxy(old).address();
        let through = format!("mongodb://{address}/?directConnection=true");
        let hello = client(&through).await.database("admin");
        within(AN_ELECTION, stepped_down(&hello)).await;
    });
}

#[test]
fn all_members_killed_at_once_come_back_with_what_was_acknowledged() {
    on_the_cluster(async |cluster| {
        let writer = client(&cluster.uri()).await;
        write(&writer).await.unwrap();
        let before = count_at(cluster, cluster.primary().await.unwrap()).await;
        NodeId::all().for_each(|node| cluster.kill(node));
        for node in NodeId::all() {
            cluster.restart(node).await.unwrap();
        }
        let primary = cluster.wait_steady().await.unwrap();
        assert_eq!(count_at(cluster, primary).await, before);
    });
}

#[test]
fn a_storm_of_resets_is_survived_by_retries() {
    on_the_cluster(async |cluster| {
        let client = client(&cluster.uri()).await;
        write(&client).await.unwrap();
        let reset: usize = NodeId::all().map(|node| cluster.proxy(node).reset()).sum();
        assert!(reset > 0);
        write(&client).await.unwrap();
        cluster.wait_steady().await.unwrap();
    });
}

#[test]
fn stopped_replication_makes_a_majority_write_time_out() {
    on_the_cluster(async |cluster| {
        let client = client(&cluster.uri()).await;
        let primary = cluster.primary().await.unwrap();
        let mut points = Vec::new();
        for node in NodeId::all().filter(|node| *node != primary) {
            let point = doc! { "configureFailPoint": "rsSyncApplyStop", "mode": "alwaysOn" };
            points.push(cluster.set_fail_point(node, point).await.unwrap());
        }
        let insert = doc! {
            "insert": "things",
            "documents": [{ "a": 1 }],
            "writeConcern": { "w": "majority", "wtimeout": 500 },
        };
        let reply = client.database("cluster").run_command(insert).await;
        let refused = format!("{reply:?}");
        assert!(refused.contains("64"), "{refused}");
        for point in points {
            point.off().await.unwrap();
        }
        write(&client).await.unwrap();
    });
}

#[tokio::test]
async fn a_dropped_cluster_leaves_neither_processes_nor_data() {
    if skipped("own-server") {
        return;
    }
    let cluster = Cluster::start(ClusterOptions::default()).await.unwrap();
    let directories: Vec<_> = NodeId::all().map(|node| cluster.data_dir(node)).collect();
    let proxy = cluster.proxy(NodeId::all().next().unwrap()).address();
    assert!(directories.iter().all(|directory| directory.is_dir()));
    drop(cluster);
    assert!(directories.iter().all(|directory| !directory.exists()));
    let started = Instant::now();
    while std::net::TcpStream::connect(proxy).is_ok() {
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}

async fn count_at(cluster: &Cluster, node: NodeId) -> i64 {
    let client = cluster.admin_client(node).await.unwrap();
    let things = client.database("cluster");
    let nearest = mongodb::options::SelectionCriteria::ReadPreference(
        mongodb::options::ReadPreference::Nearest {
            options: Default::default(),
        },
    );
    let reply = things
        // With a query it counts; without, it tells a number that a crash makes wrong.
        .run_command(doc! { "count": "things", "query": { "a": 1 } })
        .selection_criteria(nearest)
        .await
        .unwrap();
    i64::from(reply.get_i32("n").unwrap())
}
