//! The fault runner: a replica set is harmed in all ways that we know while writers, readers and
//! subscribers are at work, and the checker of histories says whether the store kept its promises.
//!
//! `cargo xtask faults --tier fast|full [--seed N]`, see `docs/faults.md`. The last line of the
//! output is one line of JSON.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a panic with a message is how a test fails, and servers run in real time"
)]

mod appends;
mod arguments;
mod chance;
mod child;
mod contents;
mod damage;
mod directory;
mod fault;
mod inject;
mod opened;
#[path = "../support/options.rs"]
mod options;
mod outcome;
mod progress;
mod readers;
mod resolve;
mod run;
mod scene;
mod subscribers;
mod summary;
mod verdict;
mod work;
mod writer_process;
mod writers;

use std::process::ExitCode;

use clap::Parser;

use self::arguments::{Arguments, Mode};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let code = runtime.block_on(async {
        match arguments.mode() {
            Mode::List => fault::list(),
            Mode::Writer(options) => writer_process::run(&options).await,
            Mode::Run(options) => run::run(options).await,
        }
    });
    // Nothing that is stuck in the driver may keep the verdict back.
    runtime.shutdown_background();
    code
}
