//! A claims office on an event store.
//!
//! ```sh
//! cargo run --release --example claims
//! cargo run --release --example claims -- --store ./claims
//! cargo run --release --example claims -- --store ./claims --log events.jsonl.gz
//! cargo run --release --example claims -- --store "mongodb://127.0.0.1:27117/claims"
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use clap::builder::RangedU64ValueParser;
use es_examples::durations::Durations;
use es_examples::log_file::LogFile;
use es_examples::projection::Projection;
use es_examples::report::{Report, counted};
use es_examples::stop::{INTERRUPTED, Stop};
use es_examples::store::{Address, Kept, Store};
use es_examples::{import, progress, tour};
use event_sourcing::core::BoxError;
use indicatif::ProgressBar;

/// Drives made-up healthcare claims through an event store and shows what came of it, or imports
/// a log of real ones.
#[derive(Debug, Parser)]
#[command(name = "claims")]
struct Arguments {
    /// Where the events go: a directory, `mongodb://...` or `memory:` [default: a temporary
    /// directory]
    #[arg(long, value_name = "WHERE")]
    store: Option<String>,

    /// Keep the temporary directory
    #[arg(long, conflicts_with = "store")]
    keep: bool,

    /// How many claims to drive
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    claims: u64,

    /// How many claims at a time
    #[arg(long, value_name = "N", default_value_t = 64)]
    #[arg(value_parser = RangedU64ValueParser::<usize>::new().range(1..=10_000))]
    concurrency: usize,

    /// What decides the fates of the claims; the same seed gives the same fates
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Import this file of CloudEvents, one JSON object a line, plain or gzip
    #[arg(long, value_name = "FILE", conflicts_with_all = ["claims", "concurrency", "seed"])]
    log: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let stop = Stop::on_ctrl_c();
    match run(Arguments::parse(), &stop).await {
        Ok(()) if stop.is_asked() => ExitCode::from(INTERRUPTED),
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {}", with_causes(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments, stop: &Stop) -> Result<(), BoxError> {
    let address = match &arguments.store {
        Some(address) => address.parse()?,
        None => Address::Temporary {
            keep: arguments.keep,
        },
    };
    // Before the store, so that a misspelt name does not leave an empty one behind.
    let bar = progress::file();
    let log = arguments
        .log
        .as_deref()
        .map(|path| LogFile::open(path, &bar))
        .transpose()?;
    let store = Store::open(address).await?;
    let mut report = Report::stdout();
    let outcome = match log {
        Some(log) => import_log(&store, log, &bar, &mut report, stop).await,
        None => tour::run(&store, (&arguments).into(), &mut report, stop).await,
    };
    let outcome = match outcome {
        Ok(()) => farewell(&store, &arguments, &mut report, stop).await,
        failed => failed,
    };
    store.close().await?;
    outcome
}

impl From<&Arguments> for tour::Options {
    fn from(arguments: &Arguments) -> Self {
        let Arguments {
            claims,
            concurrency,
            seed,
            ..
        } = *arguments;
        Self {
            claims,
            concurrency,
            seed,
        }
    }
}

async fn import_log(
    store: &Store,
    log: LogFile,
    bar: &ProgressBar,
    report: &mut Report,
    stop: &Stop,
) -> Result<(), BoxError> {
    report.title(format_args!("Importing {}", log.path().display()))?;
    report.fact("store", store)?;
    report.line("")?;
    progress::show(bar);
    let started = Instant::now();
    let (imported, outcome) = import::import(&*store.events, log, bar, stop).await;
    let took = started.elapsed();
    bar.finish_and_clear();
    imported.show(took, report)?;
    let mut durations = Projection::<Durations>::resume(store).await?;
    durations.catch_up_to(imported.last()).await?;
    durations.model().show(report)?;
    Ok(outcome?)
}

/// Says where the data are, and what to do next.
async fn farewell(
    store: &Store,
    arguments: &Arguments,
    report: &mut Report,
    stop: &Stop,
) -> Result<(), BoxError> {
    const COMMAND: &str = "cargo run --release --example claims --";
    let events = counted(store.events.head().await?.get(), "event");
    let (log, again) = match &arguments.log {
        Some(_) => (" --log FILE", "takes what the log has more by then"),
        None => ("", "adds further claims"),
    };
    report.line("")?;
    let stopped = "Stopped, with all that was begun finished";
    report.title(if stop.is_asked() { stopped } else { "Next" })?;
    if let Some(Kept { place, address }) = store.kept() {
        report.line(format_args!(
            "{events} are in {place}. The same again {again}:"
        ))?;
        report.line(format_args!("   {COMMAND} --store {address}{log}"))?;
    } else {
        report.line(format_args!(
            "{events} were stored, and are gone now. To keep them:"
        ))?;
        report.line(format_args!("   {COMMAND} --store ./claims{log}"))?;
    }
    if arguments.log.is_none() {
        report.line("To import a log of CloudEvents, plain or gzip:")?;
        report.line(format_args!("   {COMMAND} --store ./log --log FILE"))?;
        report.line("The code is in examples/claims; docs/tutorial.md goes through it.")?;
    }
    Ok(())
}

/// The error and its causes on one line, each said once.
fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

/// Whether nobody reads our output any more, as after `| head`: no error of ours.
fn is_closed_pipe(error: &(dyn Error + 'static)) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
