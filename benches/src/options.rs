//! What `es-bench` is told on the command line.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::Failure;
use crate::claims::{LEAST_PAYLOAD_BYTES, MOST_PAYLOAD_BYTES};
use crate::traffic::{AppendSize, Shape};

/// How each figure is made, for `--help`.
const METHOD: &str = "\
How the figures are made:
  Each task works in a closed loop: it waits for its answer before it goes on. A run takes
  --seconds; the ceiling (raw) and the store run in turns, --runs times each, on fresh content.
  Printed are the medians; `spread` is the range of the runs over the median. `ratio` is ours over
  raw. Compare ratios, not absolute figures of different times or machines.

  append   Events of --payload-bytes bytes of JSON, with an event id and a correlation id, in
           appends of --events-per-append; 20 appends to a stream, then a new one; every append
           states the exact version it expects. After each run the store is read to the end:
           positions and versions dense, as many events as were acknowledged (`verified`).
           raw, memory:   a vector of events and a map of streams behind a lock.
           raw, embedded: a raw log: one file filled beforehand, length and crc32c for each
                          record, one writer thread, one fdatasync for each batch.
           engine_*:      the bare storage engine with two keyspaces, driven the same way.
  load     An aggregate is rebuilt from a stream of each length in --stream-events, without and
           with a snapshot ten events before its end. `read_*` is the store alone, payloads left
           as bytes. raw, embedded: the bare engine reads the same records, nothing is made of
           them; raw, memory: the events are cloned.
  scan     All events of a store with --events in the order of positions, payloads left as bytes;
           an operation is a page of up to 5,000. `decoded_*` decodes each payload. raw: as for
           load, over the whole log.
  command  Repository: create, then 19 times execute on the same aggregate; each decides on as
           many events as an append has. Aggregates are cached unless --no-cache is given. raw: the
           same appends to the same kind of store, already encoded. `ratio` is commands over appends.
  live     From the acknowledgement of an append to the delivery of its last event at a
           subscription in the same process; each task waits for the delivery. raw: the same append,
           then its position handed over through a watch channel. `ratio` is of p99_ms, ours over
           raw: lower is better.

One JSON object a line goes to the standard output, progress to the standard error.";

/// A load generator: throughput and latency of a store, beside the raw engine in the same run.
#[derive(Debug, Clone, Parser)]
#[command(name = "es-bench", version, after_help = METHOD)]
pub struct Options {
    /// The store under test
    #[arg(long, value_enum)]
    pub store: StoreKind,
    /// What to do with it
    #[arg(long, value_enum)]
    pub workload: WorkloadKind,
    /// How many tasks work at a time
    #[arg(long, default_value_t = 16, value_parser = at_least_one)]
    pub concurrency: usize,
    /// How many events an append has: a number, or a range whose numbers are equally frequent
    #[arg(long, default_value = "1-8", value_name = "N|A-B")]
    pub events_per_append: AppendSize,
    /// How long each run takes
    #[arg(long, default_value_t = 3.0, value_parser = seconds)]
    pub seconds: f64,
    /// How often each side runs
    #[arg(long, default_value_t = 3, value_parser = at_least_one)]
    pub runs: usize,
    /// How many bytes of JSON a payload has
    #[arg(long, default_value_t = 205, value_parser = payload_bytes)]
    pub payload_bytes: usize,
    /// How many processes drive the store
    #[arg(long, default_value_t = 1, value_parser = at_least_one)]
    pub processes: usize,
    /// Where the database is, for stores that have a server
    #[arg(long)]
    pub uri: Option<String>,
    /// Where to put the data, in a directory of its own that is removed at the end; it should be
    /// on a real disk [default: target/ if there is one, else the system's temporary directory]
    #[arg(long, value_name = "PATH")]
    pub dir: Option<PathBuf>,
    /// For load: how long the streams are, separated by commas
    #[arg(
        long,
        default_value = "10,1000,10000",
        value_delimiter = ',',
        value_name = "N,.."
    )]
    #[arg(value_parser = stream_events)]
    pub stream_events: Vec<usize>,
    /// For scan and load: about how many events there are, for load of each stream length
    #[arg(long, default_value_t = 100_000, value_parser = at_least_one)]
    pub events: usize,
    /// For command: load the aggregate for each command
    #[arg(long)]
    pub no_cache: bool,
}

/// A store that can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StoreKind {
    /// The store in memory.
    Memory,
    /// The durable store in one directory.
    Embedded,
    /// The store on MongoDB.
    Mongo,
}

/// What can be done with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WorkloadKind {
    /// Append events.
    Append,
    /// Rebuild aggregates.
    Load,
    /// Read everything.
    Scan,
    /// Load, decide, append.
    Command,
    /// Follow what is appended.
    Live,
}

impl Options {
    /// Refuses what this version cannot do.
    ///
    /// # Errors
    /// [`Failure::Refused`], which says what follows when.
    pub fn check(&self) -> Result<(), Failure> {
        if self.store == StoreKind::Mongo {
            return refuse(format!(
                "the MongoDB store is not part of this version ({}); it follows in a later release, \
                 see \"Where it stands\" in README.md. Take --store embedded or --store memory",
                env!("CARGO_PKG_VERSION")
            ));
        }
        if self.processes > 1 {
            return refuse(format!(
                "--processes {}: the {} store is for one process at a time, by design; \
                 leave the option out, and turn up --concurrency instead",
                self.processes, self.store
            ));
        }
        if self.uri.is_some() {
            return refuse(format!("--uri: the {} store has no server", self.store));
        }
        Ok(())
    }

    /// How long each run takes.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    /// What appends look like.
    ///
    /// # Errors
    /// If the event cannot be encoded, which does not happen.
    pub fn shape(&self) -> Result<Shape, Failure> {
        Shape::new(self.events_per_append, self.payload_bytes)
    }
}

fn refuse(why: String) -> Result<(), Failure> {
    Err(Failure::Refused(why))
}

fn at_least_one(text: &str) -> Result<usize, String> {
    between(text, 1, 100_000_000)
}

fn payload_bytes(text: &str) -> Result<usize, String> {
    between(text, LEAST_PAYLOAD_BYTES, MOST_PAYLOAD_BYTES)
}

/// The ten last events come after the snapshot.
fn stream_events(text: &str) -> Result<usize, String> {
    between(text, 10, 1_000_000)
}

fn between(text: &str, least: usize, most: usize) -> Result<usize, String> {
    let number = text.parse().ok();
    let number = number.filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("write a number from {least} to {most}"))
}

fn seconds(text: &str) -> Result<f64, String> {
    let number = text.parse().ok();
    let number = number.filter(|number| (0.01..=3600.0).contains(number));
    number.ok_or_else(|| "write a number of seconds from 0.01 to 3600".to_owned())
}

/// Writes a value as it is typed.
macro_rules! display_as_typed {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let value = self.to_possible_value();
                f.write_str(value.as_ref().map_or("", |value| value.get_name()))
            }
        }
    )*};
}

display_as_typed!(StoreKind, WorkloadKind);

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(args: &str) -> Result<Options, clap::Error> {
        Options::try_parse_from(["es-bench"].into_iter().chain(args.split(' ')))
    }

    #[test]
    fn the_defaults_are_the_documented_ones() {
        let options = parsed("--store memory --workload append").unwrap();
        assert_eq!(options.events_per_append.to_string(), "1-8");
        assert_eq!((options.payload_bytes, options.runs), (205, 3));
        options.check().unwrap();
    }

    #[test]
    fn what_this_version_cannot_do_is_refused_with_a_reason() {
        for (args, reason) in [
            (
                "--store mongo --workload append --uri mongodb://db",
                "the MongoDB store is not part of this version",
            ),
            (
                "--store embedded --workload append --processes 2",
                "one process at a time",
            ),
            (
                "--store memory --workload append --processes 2",
                "one process at a time",
            ),
            ("--store memory --workload append --uri x", "no server"),
        ] {
            let refusal = parsed(args).unwrap().check().unwrap_err().to_string();
            assert!(refusal.contains(reason), "{refusal}");
        }
    }

    #[test]
    fn bad_values_are_refused_while_parsing() {
        for option in [
            "--concurrency 0",
            "--seconds 0",
            "--seconds NaN",
            "--events-per-append 8-1",
            "--payload-bytes 1",
            "--runs 0",
            "--stream-events 9",
            "--store redis",
        ] {
            let args = format!("--store memory --workload append {option}");
            assert!(parsed(&args).is_err(), "{option}");
        }
    }
}
