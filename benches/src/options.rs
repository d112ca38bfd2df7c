//! What `es-bench` is told on the command line.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::Failure;
use crate::claims::{LEAST_PAYLOAD_BYTES, MOST_PAYLOAD_BYTES};
use crate::method::METHOD;
use crate::mongo::{DEFAULT_URI, URI_VARIABLE};
use crate::traffic::{AppendSize, Shape};

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
    /// How many processes append to the store, each with --concurrency tasks (mongo only)
    #[arg(long, default_value_t = 1, value_parser = processes)]
    pub processes: usize,
    /// Where the server is, for mongo; better in ES_BENCH_MONGODB_URI if it holds a password
    /// [default: what `cargo xtask mongo up` starts]
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
    /// The store's log is chained: each append carries a hash (embedded and mongo only)
    #[arg(long)]
    pub chained: bool,
    /// For command: load the aggregate for each command
    #[arg(long)]
    pub no_cache: bool,
    /// For live: the subscriber is another process (mongo only)
    #[arg(long)]
    pub across_processes: bool,
    /// What a process does that was started by another es-bench
    #[arg(long, value_enum, hide = true, requires = "database")]
    pub role: Option<Role>,
    /// The database that the other one made
    #[arg(long, hide = true)]
    pub database: Option<String>,
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
    /// Append, beside a transaction for each append.
    Naive,
}

/// What a process does for the one that started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Appends, and tells what it did.
    Append,
    /// Subscribes, and tells of each event.
    Follow,
    /// Opens a bare change stream, and tells of each event.
    Watch,
}

impl Options {
    /// Refuses what this version cannot do.
    ///
    /// # Errors
    /// [`Failure::Refused`], which says what follows when.
    pub fn check(&self) -> Result<(), Failure> {
        match self.store {
            StoreKind::Mongo => self.check_on_a_server(),
            StoreKind::Memory | StoreKind::Embedded => self.check_without_a_server(),
        }
    }

    fn check_on_a_server(&self) -> Result<(), Failure> {
        if self.dir.is_some() {
            return refuse("--dir: the data of the mongo store is where its server puts it".into());
        }
        if self.processes > 1 && self.workload != WorkloadKind::Append {
            return refuse("--processes: only --workload append is for several".into());
        }
        if self.across_processes && self.workload != WorkloadKind::Live {
            return refuse("--across-processes: only --workload live has a subscriber".into());
        }
        Ok(())
    }

    fn check_without_a_server(&self) -> Result<(), Failure> {
        let store = self.store;
        if self.chained && store == StoreKind::Memory {
            return refuse(
                "--chained: it is the stores that keep their data where it matters".into(),
            );
        }
        if self.processes > 1 {
            return refuse(format!(
                "--processes {}: the {store} store is for one process at a time, by design; \
                 leave the option out, and turn up --concurrency instead",
                self.processes
            ));
        }
        if self.across_processes {
            return refuse(format!(
                "--across-processes: the {store} store is for one process at a time, by design"
            ));
        }
        if self.workload == WorkloadKind::Naive {
            return refuse(format!(
                "--workload naive: the {store} store has no transactions to compare with"
            ));
        }
        if self.uri.is_some() {
            return refuse(format!("--uri: the {store} store has no server"));
        }
        Ok(())
    }

    /// Where the server is.
    #[must_use]
    pub fn server_uri(&self) -> String {
        let named = self.uri.clone();
        let named = named.or_else(|| std::env::var(URI_VARIABLE).ok());
        let named = named.filter(|uri| !uri.is_empty());
        named.unwrap_or_else(|| DEFAULT_URI.to_owned())
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

fn processes(text: &str) -> Result<usize, String> {
    between(text, 1, 64)
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

display_as_typed!(StoreKind, WorkloadKind, Role);

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
                "--store mongo --workload scan --processes 2",
                "only --workload append",
            ),
            (
                "--store mongo --workload append --across-processes",
                "only --workload live",
            ),
            ("--store embedded --workload naive", "no transactions"),
            (
                "--store memory --workload live --across-processes",
                "one process at a time",
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
            (
                "--store memory --workload append --chained",
                "keep their data",
            ),
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
