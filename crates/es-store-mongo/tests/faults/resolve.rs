//! What became of the appends of processes that were killed.

use std::{collections::HashMap, path::PathBuf};

use es_core::AppendId;
use es_testkit::history::{Answer, AppendCall, Call, History, Operation, Process};

use crate::{contents, opened::Opened, writers};

/// Repeats each append whose caller was killed before it knew, through another store.
pub(crate) async fn resolve(killed: &[PathBuf], opened: &Opened) -> Vec<String> {
    let store = opened.events.client("heir");
    let mut problems = Vec::new();
    for path in killed {
        let process = match Process::read(path) {
            Ok(process) => process,
            Err(error) => {
                problems.push(error.to_string());
                continue;
            }
        };
        for call in open(process) {
            let append = contents::append(&call).expect("it was a valid append");
            if let Err(text) = writers::resolve(&store, &append).await {
                problems.push(text);
            }
        }
    }
    problems
}

/// The appends without a certain answer.
fn open(process: Process) -> Vec<AppendCall> {
    let history = History {
        processes: vec![process],
    };
    let mut open: HashMap<AppendId, AppendCall> = HashMap::new();
    let calls = history.calls();
    for call in &calls {
        let Operation::Append(append) = call.operation else {
            continue;
        };
        if is_certain(call) {
            open.remove(&append.id);
        } else {
            open.insert(append.id, append.clone());
        }
    }
    open.into_values().collect()
}

/// That a store could not write says nothing about an attempt before.
fn is_certain(call: &Call<'_>) -> bool {
    matches!(
        call.answer(),
        Some(Answer::Appended(_) | Answer::Conflict { .. } | Answer::Refused { .. })
    )
}
