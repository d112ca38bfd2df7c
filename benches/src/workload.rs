//! What is measured: one module for each workload.

pub mod append;
pub mod command;
pub mod live;
pub mod load;
pub mod naive;
pub mod processes;
pub mod scan;

use std::path::Path;

use crate::Failure;
use crate::mongo::{Mongo, Server};
use crate::options::{Options, StoreKind, WorkloadKind};
use crate::report::Report;
use crate::scratch::Scratch;
use crate::stop::Stop;
use crate::subject::{Embedded, Memory, Subject};

/// What each workload gets.
#[derive(Debug)]
pub struct Setting<'a> {
    /// What was asked for.
    pub options: &'a Options,
    /// Where the data goes.
    pub scratch: &'a Scratch,
    /// Whether to stop.
    pub stop: &'a Stop,
    /// es-bench itself, to be started again for work in several processes.
    pub executable: &'a Path,
}

/// Measures what the options ask for, and hands over each report as soon as there is one.
///
/// # Errors
/// See [`Failure`].
pub async fn measure(setting: &Setting<'_>, mut print: impl FnMut(Report)) -> Result<(), Failure> {
    let options = setting.options;
    options.check()?;
    let print = |report: Report| print(report.with_goals(options));
    let chained = options.chained;
    match options.store {
        StoreKind::Memory => match options.workload {
            WorkloadKind::Append => append::memory(setting, print).await,
            _ => on(&Memory, setting, print).await,
        },
        StoreKind::Embedded => match options.workload {
            WorkloadKind::Append => append::embedded(setting, print).await,
            _ => on(&Embedded { chained }, setting, print).await,
        },
        StoreKind::Mongo => on_server(setting, print).await,
    }
}

/// The workloads that are the same for every store.
async fn on<S: Subject>(
    subject: &S,
    setting: &Setting<'_>,
    print: impl FnMut(Report),
) -> Result<(), Failure> {
    match setting.options.workload {
        WorkloadKind::Load => load::measure(subject, setting, print).await,
        WorkloadKind::Scan => scan::measure(subject, setting, print).await,
        WorkloadKind::Command => command::measure(subject, setting, print).await,
        WorkloadKind::Live => live::measure(subject, setting, print).await,
        workload @ (WorkloadKind::Append | WorkloadKind::Naive) => Err(Failure::Refused(format!(
            "--workload {workload}: not for the {} store",
            setting.options.store
        ))),
    }
}

/// Drops what is left of the databases whatever happens.
async fn on_server(setting: &Setting<'_>, print: impl FnMut(Report)) -> Result<(), Failure> {
    let server = Server::connect(&setting.options.server_uri()).await?;
    let mongo = Mongo::new(server.clone()).chained(setting.options.chained);
    let outcome = on_mongo(&mongo, setting, print).await;
    server.clear().await;
    outcome
}

async fn on_mongo(
    mongo: &Mongo,
    setting: &Setting<'_>,
    print: impl FnMut(Report),
) -> Result<(), Failure> {
    let options = setting.options;
    match options.workload {
        WorkloadKind::Append if options.processes > 1 => {
            processes::measure(mongo, setting, print).await
        }
        WorkloadKind::Append => append::mongo::measure(mongo, setting, print).await,
        WorkloadKind::Naive => naive::measure(mongo, setting, print).await,
        WorkloadKind::Live if options.across_processes => {
            live::across::measure(mongo, setting, print).await
        }
        _ => on(mongo, setting, print).await,
    }
}
