//! The replica set that faults share, as long as it is well.

use es_testkit::{
    SmallDisk,
    mongo::{Cluster, ClusterOptions, NodeId},
};

use crate::fault::Fault;

/// Room for three members and what is written, but not for long.
const DISK_MEBIBYTES: u32 = 1_400;

/// The servers of a run.
#[derive(Debug, Default)]
pub(crate) struct Servers {
    shared: Option<Cluster>,
}

/// A replica set, with the disk that it is on if that is to become full.
#[derive(Debug)]
pub(crate) struct Set {
    // Dropped before its disk.
    pub(crate) cluster: Cluster,
    pub(crate) disk: Option<SmallDisk>,
}

impl Servers {
    /// A set for this fault: the one of the last fault, or a new one.
    pub(crate) async fn take(&mut self, fault: Fault) -> Result<Set, String> {
        if fault == Fault::DiskFull {
            let disk = SmallDisk::mount(DISK_MEBIBYTES).map_err(|error| error.to_string())?;
            let mut options = ClusterOptions::default();
            options.data_root = Some(disk.path().to_owned());
            let cluster = start(options).await?;
            return Ok(Set {
                cluster,
                disk: Some(disk),
            });
        }
        let cluster = match self.shared.take() {
            Some(cluster) => cluster,
            None => start(ClusterOptions::default()).await?,
        };
        Ok(Set {
            cluster,
            disk: None,
        })
    }

    /// Keeps a set for the next fault, if it is well.
    pub(crate) async fn give_back(&mut self, set: Set) {
        let up = NodeId::all().all(|node| !set.cluster.is_down(node));
        if set.disk.is_none() && up && set.cluster.wait_steady().await.is_ok() {
            self.shared = Some(set.cluster);
        }
    }
}

async fn start(options: ClusterOptions) -> Result<Cluster, String> {
    Cluster::start(options)
        .await
        .map_err(|error| error.to_string())
}
