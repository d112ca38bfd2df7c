//! How an event store on MongoDB is usually written: a transaction for each append, which takes
//! positions from a counter, looks at the end of the stream and inserts a document for each event.

use std::sync::Arc;

use es_core::BoxError;
use futures_util::FutureExt;
use mongodb::bson::{Document, RawDocumentBuf, doc};
use mongodb::error::{Error, Result};
use mongodb::options::{IndexOptions, ReturnDocument};
use mongodb::{ClientSession, Collection, Database, IndexModel};

use super::document::{durable, single};
use crate::Failure;
use crate::target::Target;
use crate::traffic::Work;

/// A transaction for each append, repeated by the driver when the server asks for it.
#[derive(Debug, Clone)]
pub struct NaiveTransactions {
    database: Database,
    tables: Arc<Tables>,
}

#[derive(Debug)]
struct Tables {
    counters: Collection<Document>,
    heads: Collection<Document>,
    events: Collection<RawDocumentBuf>,
}

impl NaiveTransactions {
    /// Makes the collections and the unique index on stream and version.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn open(database: Database) -> std::result::Result<Self, Failure> {
        let naive = Self {
            tables: Arc::new(Tables {
                counters: database.collection("naive_counters"),
                heads: database.collection("naive_events"),
                events: database.collection("naive_events"),
            }),
            database,
        };
        let prepared = naive.prepare().await;
        prepared.map_err(Failure::broken("make the collections"))?;
        Ok(naive)
    }

    async fn prepare(&self) -> Result<()> {
        let Tables {
            counters, events, ..
        } = &*self.tables;
        counters
            .insert_one(doc! { "_id": "position", "value": 0_i64 })
            .await?;
        let unique = IndexOptions::builder().unique(true).build();
        let stream_and_version = IndexModel::builder()
            .keys(doc! { "s": 1, "v": 1 })
            .options(unique)
            .build();
        events.create_index(stream_and_version).await?;
        Ok(())
    }

    async fn in_transaction(&self, work: Work) -> std::result::Result<(), BoxError> {
        let mut session = self.database.client().start_session().await?;
        session
            .start_transaction()
            .write_concern(durable())
            .and_run(
                (Arc::clone(&self.tables), work),
                |session, (tables, work)| tables.append(session, work).boxed(),
            )
            .await?;
        Ok(())
    }
}

impl Tables {
    async fn append(&self, session: &mut ClientSession, work: &Work) -> Result<()> {
        let count = work.events.len() as i64;
        let position = self.take_positions(session, count).await? - count + 1;
        let version = self.version(session, work).await?;
        if version != work.version.get().cast_signed() {
            return Err(Error::custom("the stream has another version"));
        }
        let documents = (0..work.events.len()).map(|at| single(work, at, position + at as i64));
        self.events.insert_many(documents).session(session).await?;
        Ok(())
    }

    async fn take_positions(&self, session: &mut ClientSession, count: i64) -> Result<i64> {
        let counter = self
            .counters
            .find_one_and_update(
                doc! { "_id": "position" },
                doc! { "$inc": { "value": count } },
            )
            .return_document(ReturnDocument::After)
            .session(session)
            .await?;
        number(counter.as_ref(), "value")
    }

    async fn version(&self, session: &mut ClientSession, work: &Work) -> Result<i64> {
        let head = self
            .heads
            .find_one(doc! { "s": work.stream.as_str() })
            .sort(doc! { "v": -1 })
            .projection(doc! { "v": 1 })
            .session(session)
            .await?;
        match head {
            Some(head) => number(Some(&head), "v"),
            None => Ok(0),
        }
    }
}

fn number(document: Option<&Document>, field: &str) -> Result<i64> {
    let number = document.and_then(|document| document.get_i64(field).ok());
    number.ok_or_else(|| Error::custom("a document lacks its number"))
}

impl Target for NaiveTransactions {
    async fn append(&self, work: Work) -> std::result::Result<(), Failure> {
        let appended = self.in_transaction(work).await;
        appended.map_err(Failure::broken("append in a transaction"))
    }
}
