//! Goes through the documents that a plan means, in batches.

use std::collections::VecDeque;

use bytes::Bytes;
use es_core::{Position, StreamId};
use mongodb::bson::{RawDocument, RawDocumentBuf, cstr, rawdoc};

use super::ArchiveError;
use super::documents::Stored;
use crate::command;
use crate::database::Database;
use crate::layout::STREAM_INDEX;

/// Which documents a run still has to look at.
#[derive(Debug)]
pub(super) enum Selection {
    /// Those that lie between two positions, the first not included.
    Positions { after: Position, until: Position },
    /// Those of these streams; of the first one only those above a version.
    Streams {
        streams: VecDeque<StreamId>,
        above: i64,
    },
}

/// Which of the documents are to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Those that hold their events.
    IntoArchive,
    /// The stubs.
    OutOfArchive,
}

impl Selection {
    /// The next documents, in the order of positions; none when all were looked at.
    pub(super) async fn next(
        &mut self,
        database: &Database,
        way: Way,
        documents: usize,
    ) -> Result<Vec<Stored>, ArchiveError> {
        while let Some(filter) = self.filter(way) {
            let mut find = rawdoc! { "find": database.events() };
            for element in filter.iter() {
                let (key, value) = element.map_err(mongodb::error::Error::from)?;
                find.append(key, value);
            }
            let documents = i64::try_from(documents).unwrap_or(i64::MAX);
            find.append(cstr!("limit"), documents);
            find.append(cstr!("batchSize"), documents);
            let found = command::find(database, find).await?;
            let batch = self.take(found)?;
            if !batch.is_empty() {
                return Ok(batch);
            }
        }
        Ok(Vec::new())
    }

    /// How to find what comes next: filter, order and index.
    fn filter(&self, way: Way) -> Option<RawDocumentBuf> {
        let stub = match way {
            Way::IntoArchive => rawdoc! { "$exists": false },
            Way::OutOfArchive => rawdoc! { "$eq": true },
        };
        match self {
            Self::Positions { after, until } if after < until => {
                let (after, until) = (after.get().cast_signed(), until.get().cast_signed());
                Some(rawdoc! {
                    "filter": { "_id": { "$gt": after, "$lte": until }, "z": stub },
                    "sort": { "_id": 1 },
                })
            }
            Self::Positions { .. } => None,
            Self::Streams { streams, above } => streams.front().map(|stream| {
                rawdoc! {
                    "filter": { "s": stream.as_str(), "v": { "$gt": *above }, "z": stub },
                    "sort": { "v": 1 },
                    "hint": STREAM_INDEX,
                }
            }),
        }
    }

    /// Notes how far it has come.
    fn take(&mut self, found: Vec<Bytes>) -> Result<Vec<Stored>, ArchiveError> {
        match self {
            Self::Positions { after, until } => {
                let mut batch = Vec::with_capacity(found.len());
                for bytes in found {
                    let stored = Stored::new(bytes, *after)?;
                    if stored.extent.last() > *until {
                        // It is meant only in part, so it stays, and nothing comes after it.
                        *after = *until;
                        return Ok(batch);
                    }
                    *after = stored.extent.last();
                    batch.push(stored);
                }
                if batch.is_empty() {
                    *after = *until;
                }
                Ok(batch)
            }
            Self::Streams { streams, above } => {
                let Some(last) = found.last() else {
                    streams.pop_front();
                    *above = 0;
                    return Ok(Vec::new());
                };
                *above = RawDocument::from_bytes(last)
                    .ok()
                    .and_then(|last| last.get_i64("v").ok())
                    .unwrap_or(i64::MAX);
                let batch = found.into_iter();
                let batch = batch.map(|bytes| Stored::new(bytes, Position::START));
                Ok(batch.collect::<Result<_, _>>()?)
            }
        }
    }
}
