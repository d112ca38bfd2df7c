//! Clusters whose secondaries can be kept from following.

use es_store_mongo::mongodb::bson::doc;
use es_testkit::mongo::{Cluster, ClusterOptions, FailPoint, NodeId};
use tokio::sync::{Mutex, MutexGuard};

/// Three servers are enough at a time for a small machine.
static TURN: Mutex<()> = Mutex::const_new(());

pub(crate) struct OneCluster {
    pub(crate) cluster: Cluster,
    _turn: MutexGuard<'static, ()>,
}

impl OneCluster {
    pub(crate) async fn start() -> Self {
        let turn = TURN.lock().await;
        let cluster = Cluster::start(ClusterOptions::default()).await.unwrap();
        Self {
            cluster,
            _turn: turn,
        }
    }
}

/// The members that follow `primary` stay where they are, as long as these points are on.
pub(crate) async fn stop_replication(cluster: &Cluster, primary: NodeId) -> Vec<FailPoint> {
    let mut points = Vec::new();
    for node in NodeId::all().filter(|node| *node != primary) {
        let point = doc! { "configureFailPoint": "stopReplProducer", "mode": "alwaysOn" };
        points.push(cluster.set_fail_point(node, point).await.unwrap());
    }
    for point in &points {
        point.entered(1).await.unwrap();
    }
    points
}

pub(crate) async fn go_on_with_replication(points: Vec<FailPoint>) {
    for point in points {
        point.off().await.unwrap();
    }
}
