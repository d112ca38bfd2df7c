//! What a fault acts on: the replica set, and those at work on it.

use std::{path::PathBuf, time::Duration};

use es_testkit::{
    SmallDisk,
    mongo::{Cluster, NodeId},
};

use crate::{
    chance::Chance,
    child::{OtherProcess, Start},
    progress::Progress,
    work::Work,
};

/// After a fault so many further appends are waited for, from each store.
const FURTHER: u64 = 15;
/// How long they may take.
const FURTHER_LIMIT: Duration = Duration::from_secs(60);

/// A replica set with three stores at work: two in this process, one in another.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) cluster: &'a Cluster,
    /// The disk of the servers, if it is one of their own.
    pub(crate) disk: Option<&'a SmallDisk>,
    pub(crate) chance: Chance,
    pub(crate) works: Vec<Work>,
    pub(crate) other: OtherProcess,
    pub(crate) start: Start,
    /// How many processes were started.
    pub(crate) processes: usize,
    /// The histories of processes that were killed.
    pub(crate) killed: Vec<PathBuf>,
    /// How many faults there were.
    pub(crate) injected: u64,
}

impl Scene<'_> {
    /// Returns when all stores have work done again.
    pub(crate) async fn goes_on(&self) -> Result<(), String> {
        for (name, progress) in self.progresses() {
            let further = progress.further(FURTHER, FURTHER_LIMIT).await;
            further.map_err(|text| format!("store {name}: {text}"))?;
        }
        Ok(())
    }

    /// Counts a fault, and lets the stores work for a short while.
    pub(crate) async fn injected(&mut self) -> Result<(), String> {
        self.injected += 1;
        self.goes_on().await?;
        let pause = self.chance.millis(50, 400);
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// Waits some time of this many milliseconds at least, half as much more at most.
    pub(crate) async fn pause(&mut self, millis: u64) {
        let pause = self.chance.millis(millis, millis + millis / 2 + 1);
        tokio::time::sleep(pause).await;
    }

    pub(crate) async fn primary(&self) -> Result<NodeId, String> {
        self.cluster
            .primary()
            .await
            .map_err(|error| error.to_string())
    }

    /// Starts the next process in place of one that was killed.
    pub(crate) fn next_process(&mut self) -> Result<OtherProcess, String> {
        self.processes += 1;
        let started = self.start.start(self.processes);
        started.map_err(|error| error.to_string())
    }

    /// Ends it without waiting for anything; returns what went wrong until now.
    pub(crate) fn give_up(self) -> Vec<String> {
        let works = self.works.iter();
        works.flat_map(|work| work.progress().problems()).collect()
    }

    fn progresses(&self) -> Vec<(&str, &Progress)> {
        let here = ["first", "second"].into_iter().zip(&self.works);
        let here = here.map(|(name, work)| (name, work.progress()));
        here.chain([("other", self.other.progress())]).collect()
    }
}
