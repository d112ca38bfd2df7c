//! The load generator; `es-bench --help` says what each figure means.

use std::process::ExitCode;

use clap::Parser;
use es_benches::Failure;
use es_benches::closed_loop::chain;
use es_benches::options::{Options, StoreKind};
use es_benches::report::Report;
use es_benches::scratch::Scratch;
use es_benches::stop::Stop;
use es_benches::worker;
use es_benches::workload::{self, Setting};

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("es-bench: {}", chain(&failure));
            exit_code(&failure)
        }
    }
}

fn run(options: &Options) -> Result<(), Failure> {
    options.check()?;
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::broken("start the runtime"))?;
    runtime.block_on(async {
        let stop = Stop::on_ctrl_c();
        match options.role {
            Some(role) => worker::work(options, role, &stop).await,
            None => measure(options, &stop).await,
        }
    })
}

async fn measure(options: &Options, stop: &Stop) -> Result<(), Failure> {
    let scratch = Scratch::new(options.dir.as_deref())?;
    if let Some(warning) = scratch.warning()
        && options.store != StoreKind::Mongo
    {
        eprintln!("es-bench: warning: {warning}");
    }
    let executable = std::env::current_exe().map_err(Failure::broken("find itself"))?;
    let setting = Setting {
        options,
        scratch: &scratch,
        stop,
        executable: &executable,
    };
    eprintln!(
        "es-bench: {} {}, {} tasks, {} runs of {} s a side",
        options.store, options.workload, options.concurrency, options.runs, options.seconds
    );
    workload::measure(&setting, print).await
}

fn print(report: Report) {
    for goal in &report.goals {
        eprintln!("es-bench: {goal}");
    }
    match serde_json::to_string(&report) {
        Ok(line) => println!("{line}"),
        Err(error) => eprintln!("es-bench: a report cannot be written: {error}"),
    }
}

/// 2 for options that cannot be met, as clap does, and what a shell says after Ctrl-C.
fn exit_code(failure: &Failure) -> ExitCode {
    match failure {
        Failure::Refused(_) => ExitCode::from(2),
        Failure::Interrupted => ExitCode::from(130),
        _ => ExitCode::FAILURE,
    }
}
