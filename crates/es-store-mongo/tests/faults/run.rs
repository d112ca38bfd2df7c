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

/// Runs the faults. Whatever happens, the last line of the output sums up what is known by then.
pub(crate) async fn run(options: RunOptions) -> ExitCode {
    let mut outcomes = Vec::new();
    let played = play(&options, &mut outcomes).await;
    if let Err(problem) = &played {
        println!("{problem}");
    }
    let clean = played.is_ok() && outcomes.iter().all(Outcome::is_clean);
    Summary::of(&outcomes, played.err().as_slice()).print();
    ExitCode::from(u8::from(!clean))
}

/// Plays one fault after the other. What goes wrong with one of them is in its outcome.
async fn play(options: &RunOptions, outcomes: &mut Vec<Outcome>) -> Result<(), String> {
    let faults = selected(options)?;
    let directory = RunDirectory::create(options.seed);
    let directory = directory.map_err(|error| format!("a directory for histories: {error}"))?;
    println!("seed {}, {} sorts of faults", options.seed, faults.len());
    summary::print_head();
    let mut servers = Servers::default();
    for fault in faults {
        let outcome = one::run(fault, options, &mut servers, &directory).await;
        summary::print(&outcome);
        outcomes.push(outcome);
    }
    drop(servers);
    if outcomes.iter().all(Outcome::is_clean) {
        let removed = directory.remove();
        return removed.map_err(|error| format!("removing the histories: {error}"));
    }
    let kept = directory.path().display();
    println!("histories and logs are kept in {kept}");
    Ok(())
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
