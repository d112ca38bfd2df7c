//! A store that is open, and written about.

use std::{sync::Arc, time::Duration};

use es_core::{CheckpointStore, EventStore};
use es_store_mongo::{Index, Indexes, MongoOptions, MongoStore, OpenError};
use es_testkit::history::{Recorder, RecordingCheckpoints, RecordingStore};

use crate::options::options;

/// The name under which the stores connect, for fail points.
pub(crate) const APP_NAME: &str = "fault-writers";

/// An open store; what is under test is known here only.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) name: String,
    pub(crate) events: RecordingStore,
    pub(crate) checkpoints: Arc<dyn CheckpointStore>,
    /// Whether it finds appends and events by their ids.
    pub(crate) indexed: bool,
    pub(crate) store: MongoStore,
}

/// How a store is opened.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    pub(crate) uri: String,
    /// With further indexes, and a hash chain.
    pub(crate) indexed: bool,
    /// Short ones leave more appends unknown.
    pub(crate) append_timeout: Duration,
}

impl Opening {
    /// Opens the store; tries again for a while, since the set may just have a fault.
    pub(crate) async fn open(&self, name: &str, recorder: &Recorder) -> Result<Opened, OpenError> {
        let mut left = 20;
        let store = loop {
            match MongoStore::connect_with(&self.uri, self.options()).await {
                Ok(store) => break store,
                Err(error) if left == 0 => return Err(error),
                Err(_) => left -= 1,
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        };
        let events: Arc<dyn EventStore> = Arc::new(store.clone());
        let checkpoints = Arc::new(store.clone());
        Ok(Opened {
            name: name.to_owned(),
            events: RecordingStore::new(events, recorder.clone(), name),
            checkpoints: Arc::new(RecordingCheckpoints::new(
                checkpoints,
                recorder.clone(),
                name,
            )),
            indexed: self.indexed,
            store,
        })
    }

    fn options(&self) -> MongoOptions {
        let indexes = if self.indexed {
            Indexes::of([Index::AppendIds, Index::EventIds])
        } else {
            Indexes::minimal()
        };
        options()
            .app_name(APP_NAME)
            .indexes(indexes)
            .hash_chain(self.indexed)
            .append_timeout(self.append_timeout)
            .read_timeout(Duration::from_secs(10))
    }
}

impl Opened {
    pub(crate) async fn close(&self) -> Result<(), String> {
        let closed = self.store.close().await;
        closed.map_err(|error| format!("closing {}: {error}", self.name))
    }
}
