//! The links of a chained log: each document has the one after it in its field `h`.

use async_trait::async_trait;
use es_core::chain::{ChainHash, ChainLink, ChainStore};
use es_core::{Position, ReadError};
use mongodb::bson::{RawDocument, rawdoc};

use crate::MongoStore;
use crate::command;
use crate::extent::Extent;

/// How many links one reply holds, well within 16 MiB.
const MOST: usize = 50_000;

/// The hash in a document; nothing if there is none.
pub(crate) fn hash_of(document: &RawDocument) -> Option<ChainHash> {
    let hash: [u8; 32] = document.get_binary("h").ok()?.bytes.try_into().ok()?;
    Some(hash.into())
}

/// The hash in a document of a chained log.
pub(crate) fn hash_at(extent: &Extent, document: &[u8]) -> Result<ChainHash, ReadError> {
    let hash = RawDocument::from_bytes(document).ok().and_then(hash_of);
    hash.ok_or_else(|| ReadError::Corrupt {
        position: extent.first,
        source: "the append has no hash, and the log is chained".into(),
    })
}

#[async_trait]
impl ChainStore for MongoStore {
    async fn chain_head(&self) -> Result<Option<ChainLink>, ReadError> {
        self.shared.hub.check_open()?;
        let last = self.shared.database.last_document().await?;
        let position = last.head;
        Ok(last.chain.map(|hash| ChainLink { position, hash }))
    }

    async fn chain_links(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<ChainLink>, ReadError> {
        self.shared.hub.check_open()?;
        let database = &self.shared.database;
        if !database.is_chained() {
            return Err(ReadError::Unsupported {
                what: "tell hashes, since its namespace was made with hash_chain(false)",
            });
        }
        let limit = i64::try_from(limit.clamp(1, MOST)).unwrap_or(1);
        let command = rawdoc! {
            "find": database.events(),
            "filter": { "_id": { "$gt": after.get().cast_signed() } },
            "sort": { "_id": 1 },
            "limit": limit,
            "batchSize": limit,
            "projection": { "_id": 1, "n": 1, "at": 1, "h": 1 },
        };
        let found = command::find(database, command).await;
        let found = found.map_err(|error| ReadError::Unavailable {
            source: error.into(),
        })?;
        found.iter().map(|document| link(document)).collect()
    }
}

fn link(document: &[u8]) -> Result<ChainLink, ReadError> {
    let extent = Extent::stored(document)?;
    Ok(ChainLink {
        position: extent.last(),
        hash: hash_at(&extent, document)?,
    })
}
