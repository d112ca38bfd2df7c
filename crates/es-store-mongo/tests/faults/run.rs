//! A run: one fault after the other, each with a database of its own.

mod one;
mod servers;

use std::process::ExitCode;

use self::servers::Servers;
use crate::{
    arguments::RunOptions,
    directory::RunDirectory,
    fault::Fault,
    outcome::Outcome,
    summary::{self, Summary},
};

pub(crate) async fn run(options: RunOptions) -> ExitCode {
    match try_run(&options).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all went well.
async fn try_run(options: &RunOptions) -> Result<bool, String> {
    let faults = selected(options)?;
    let directory = RunDirectory::create(options.seed).map_err(|error| error.to_string())?;
    println!("seed {}, {} sorts of faults", options.seed, faults.len());
    summary::print_head();
    let mut servers = Servers::default();
    let mut outcomes = Vec::new();
    for fault in faults {
        let outcome = one::run(fault, options, &mut servers, &directory).await?;
        summary::print(&outcome);
        outcomes.push(outcome);
    }
    drop(servers);
    let clean = outcomes.iter().all(Outcome::is_clean);
    if clean {
        directory.remove().map_err(|error| error.to_string())?;
    } else {
        println!(
            "histories and logs are kept in {}",
            directory.path().display()
        );
    }
    Summary::of(&outcomes).print();
    Ok(clean)
}

fn selected(options: &RunOptions) -> Result<Vec<Fault>, String> {
    let named = |name: &String| Fault::ALL.into_iter().find(|fault| fault.name() == name);
    for name in &options.only {
        named(name).ok_or_else(|| format!("there is no fault {name}; --list names them"))?;
    }
    let mut faults = Fault::ALL.to_vec();
    if !options.only.is_empty() {
        faults.retain(|fault| options.only.iter().any(|name| fault.name() == name));
    }
    faults.retain(|fault| !es_testkit::skipped(fault.name()));
    Ok(faults)
}
