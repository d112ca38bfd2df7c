//! How much space events take on the server's disk.

use es_core::BoxError;
use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};

use super::document::single;
use super::{EVENTS, Server};
use crate::Failure;
use crate::options::Options;
use crate::traffic::Writer;

/// What the events of a store take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Disk {
    /// Files of documents and indexes, over the events.
    pub(crate) bytes_per_event: f64,
}

impl Disk {
    /// Asks the server, after a checkpoint. Nothing if it may not be asked for one: until then the
    /// files lag behind.
    pub(crate) async fn of(
        server: &Server,
        database: &str,
        events: u64,
    ) -> Result<Option<Self>, Failure> {
        let checkpoint = doc! { "fsync": 1 };
        if let Err(error) = server.database("admin").run_command(checkpoint).await {
            eprintln!("es-bench: no figure of the disk, for want of a checkpoint: {error}");
            return Ok(None);
        }
        let bytes = bytes(&server.database(database)).await;
        let bytes = bytes.map_err(Failure::broken("ask for the size of a collection"))?;
        Ok((events > 0).then(|| Self {
            bytes_per_event: bytes / events as f64,
        }))
    }
}

async fn bytes(database: &Database) -> Result<f64, BoxError> {
    let stats = database.run_command(doc! { "collStats": EVENTS }).await?;
    Ok(number(&stats, "storageSize")? + number(&stats, "totalIndexSize")?)
}

/// Servers differ in the type of these numbers.
fn number(stats: &Document, field: &str) -> Result<f64, BoxError> {
    match stats.get(field) {
        Some(Bson::Int32(number)) => Ok(f64::from(*number)),
        Some(Bson::Int64(number)) => Ok(*number as f64),
        Some(Bson::Double(number)) => Ok(*number),
        _ => Err(format!("there is no number {field} in the statistics").into()),
    }
}

/// How many bytes of BSON an event is as a document of its own.
pub(crate) fn bson_bytes_per_event(options: &Options) -> Result<f64, Failure> {
    let mut writer = Writer::new(&options.shape()?, 0)?;
    let work = writer.work(1);
    Ok(single(&work, 0, 1).as_bytes().len() as f64)
}
