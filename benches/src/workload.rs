//! What is measured: one module for each workload.

pub mod append;
pub mod command;
pub mod live;
pub mod load;
pub mod scan;

use crate::Failure;
use crate::options::{Options, StoreKind, WorkloadKind};
use crate::report::Report;
use crate::scratch::Scratch;
use crate::stop::Stop;
use crate::subject::{Embedded, Memory};

/// What each workload gets.
#[derive(Debug)]
pub struct Setting<'a> {
    /// What was asked for.
    pub options: &'a Options,
    /// Where the data goes.
    pub scratch: &'a Scratch,
    /// Whether to stop.
    pub stop: &'a Stop,
}

/// Measures what the options ask for, and hands over each report as soon as there is one.
///
/// # Errors
/// See [`Failure`].
pub async fn measure(setting: &Setting<'_>, print: impl FnMut(Report)) -> Result<(), Failure> {
    let options = setting.options;
    options.check()?;
    match (options.store, options.workload) {
        (StoreKind::Memory, WorkloadKind::Append) => append::memory(setting, print).await,
        (StoreKind::Memory, WorkloadKind::Load) => load::measure::<Memory>(setting, print).await,
        (StoreKind::Memory, WorkloadKind::Scan) => scan::measure::<Memory>(setting, print).await,
        (StoreKind::Memory, WorkloadKind::Command) => {
            command::measure::<Memory>(setting, print).await
        }
        (StoreKind::Memory, WorkloadKind::Live) => live::measure::<Memory>(setting, print).await,
        (_, WorkloadKind::Append) => append::embedded(setting, print).await,
        (_, WorkloadKind::Load) => load::measure::<Embedded>(setting, print).await,
        (_, WorkloadKind::Scan) => scan::measure::<Embedded>(setting, print).await,
        (_, WorkloadKind::Command) => command::measure::<Embedded>(setting, print).await,
        (_, WorkloadKind::Live) => live::measure::<Embedded>(setting, print).await,
    }
}
