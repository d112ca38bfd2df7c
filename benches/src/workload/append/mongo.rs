//! Appends on MongoDB, beside the same documents sent by the bare driver.

use std::cell::RefCell;

use super::{Setting, drive};
use crate::Failure;
use crate::closed_loop::Tally;
use crate::measure::{Measurement, interleaved, median, ratio, side};
use crate::mongo::{BareDriver, Batches, Disk, Mongo, bson_bytes_per_event};
use crate::report::{Further, Report, rounded};
use crate::subject::Subject;
use crate::target::Stored;
use crate::verify::verify;

/// Measures the store, and what the bare driver does with one connection and with four. For one
/// task a single insert for each append is what to compare the latency with.
///
/// # Errors
/// See [`Failure`].
pub async fn measure(
    mongo: &Mongo,
    setting: &Setting<'_>,
    mut print: impl FnMut(Report),
) -> Result<(), Failure> {
    let options = setting.options;
    let disk = RefCell::new(Vec::new());
    let sides = [
        side("insert commands, 1 connection", || raw(mongo, setting, 1)),
        side("insert commands, 4 connections", || raw(mongo, setting, 4)),
        side("an insert for each append", || single(mongo, setting)),
        side("store", || store(mongo, setting, &disk)),
    ];
    let [raw, connections4, insert, ours] = interleaved(options.runs, setting.stop, sides).await?;
    let report = Report::of_throughput(options, "insert commands, 1 connection", &ours, &raw);
    let disk = disk.into_inner();
    print(report.with(Further {
        connections4_events_per_s: Some(rounded(connections4.events_per_s, 1)),
        connections4_ratio: Some(rounded(ours.over(&connections4, |run| run.events_per_s), 3)),
        verified: Some(true),
        ..with_disk(with_insert(&ours, &insert), &disk, setting)?
    }));
    Ok(())
}

fn with_insert(ours: &Measurement, insert: &Measurement) -> Further {
    Further {
        insert_events_per_s: Some(rounded(insert.events_per_s, 1)),
        insert_p50_ms: Some(rounded(insert.p50_ms, 5)),
        insert_p50_ratio: Some(rounded(ours.over(insert, |run| run.p50_ms), 3)),
        ..Further::default()
    }
}

fn with_disk(further: Further, disk: &[Disk], setting: &Setting<'_>) -> Result<Further, Failure> {
    if disk.is_empty() {
        return Ok(further);
    }
    let bytes = median(disk.iter().map(|disk| disk.bytes_per_event).collect());
    let bson = bson_bytes_per_event(setting.options)?;
    Ok(Further {
        bytes_per_event: Some(rounded(bytes, 1)),
        bson_bytes_per_event: Some(rounded(bson, 1)),
        bytes_ratio: Some(rounded(ratio(bytes, bson), 3)),
        ..further
    })
}

/// Makes a database as the store has it, without events.
async fn prepared(mongo: &Mongo, setting: &Setting<'_>) -> Result<String, Failure> {
    let place = mongo.place(setting.scratch).await?;
    let store = mongo.open(&place).await?;
    mongo.close(store).await?;
    Ok(place)
}

/// One run of the bare driver with commands made beforehand.
pub(in crate::workload) async fn raw(
    mongo: &Mongo,
    setting: &Setting<'_>,
    connections: usize,
) -> Result<Tally, Failure> {
    let batches = Batches::new(setting.options, connections)?;
    let place = prepared(mongo, setting).await?;
    let database = mongo.server.database(&place);
    let tally = batches.insert(&database, setting.options, setting.stop);
    let tally = tally.await;
    mongo.remove(place).await?;
    Ok(tally)
}

async fn single(mongo: &Mongo, setting: &Setting<'_>) -> Result<Tally, Failure> {
    let place = prepared(mongo, setting).await?;
    let driver = BareDriver::new(mongo.server.database(&place));
    let tally = drive(driver, setting).await?;
    mongo.remove(place).await?;
    Ok(tally)
}

async fn store(
    mongo: &Mongo,
    setting: &Setting<'_>,
    disk: &RefCell<Vec<Disk>>,
) -> Result<Tally, Failure> {
    let place = mongo.place(setting.scratch).await?;
    let store = mongo.open(&place).await?;
    let tally = drive(Stored(store.clone()), setting).await?;
    verify(&store, &tally).await?;
    mongo.close(store).await?;
    let taken = Disk::of(&mongo.server, &place, tally.events).await?;
    disk.borrow_mut().extend(taken);
    mongo.remove(place).await?;
    Ok(tally)
}
