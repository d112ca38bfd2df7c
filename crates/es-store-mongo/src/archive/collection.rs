//! The archive that is another collection of the same database.

use bytes::Bytes;
use es_core::{EventId, Position};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, RawArrayBuf, RawDocument, RawDocumentBuf, rawdoc};
use mongodb::error::Result as ServerResult;

use super::ArchiveError;
use super::documents::{Stored, in_commands};
use crate::command;
use crate::database::Database;

/// The collection of archived events.
#[derive(Debug, Clone)]
pub(super) struct ArchiveCollection {
    database: Database,
}

impl ArchiveCollection {
    pub(super) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Copies documents into it, durably. Those that are there already are left as they are.
    pub(super) async fn put(&self, documents: &[Stored]) -> Result<(), ArchiveError> {
        for documents in in_commands(documents) {
            self.insert(documents).await?;
        }
        Ok(())
    }

    /// What is there in the place of one of these is compared later.
    async fn insert(&self, documents: &[Stored]) -> Result<(), ArchiveError> {
        let mut array = RawArrayBuf::new();
        for stored in documents {
            let document = RawDocument::from_bytes(&stored.bytes).map_err(server)?;
            array.push(document.to_owned());
        }
        let insert = rawdoc! {
            "insert": self.database.archive(),
            "documents": array,
            "ordered": false,
        };
        command::write(self.database.handle(), insert).await?;
        Ok(())
    }

    /// The documents that begin at these positions, in order: those that are there, as far as they
    /// fit one reply.
    pub(super) async fn get(
        &self,
        positions: impl Iterator<Item = Position>,
    ) -> ServerResult<Vec<Bytes>> {
        let find = rawdoc! {
            "find": self.database.archive(),
            "filter": { "_id": { "$in": ids(positions) } },
            "sort": { "_id": 1 },
            "batchSize": 5_000,
        };
        self.find(find).await
    }

    /// The document that holds the event with this id.
    pub(super) async fn with_event(&self, id: EventId) -> ServerResult<Option<Bytes>> {
        let id = Binary {
            subtype: BinarySubtype::Uuid,
            bytes: id.uuid().into_bytes().to_vec(),
        };
        let find = rawdoc! {
            "find": self.database.archive(),
            "filter": { "e.i": id },
            "sort": { "_id": 1 },
            "limit": 1,
        };
        Ok(self.find(find).await?.into_iter().next())
    }

    async fn find(&self, command: RawDocumentBuf) -> ServerResult<Vec<Bytes>> {
        command::find(&self.database, command).await
    }
}

/// As `_id`s.
pub(super) fn ids(positions: impl Iterator<Item = Position>) -> RawArrayBuf {
    let mut array = RawArrayBuf::new();
    for position in positions {
        array.push(position.get().cast_signed());
    }
    array
}

fn server(error: impl Into<es_core::BoxError>) -> ArchiveError {
    ArchiveError::Server {
        source: error.into(),
    }
}
