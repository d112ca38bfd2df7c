//! Histories in files, also of processes that were killed.

use std::sync::Arc;

use es_core::memory::MemoryStore;
use es_core::testing::sample_event;
use es_core::{Append, EventStore, ExpectedVersion};
use es_testkit::history::{
    History, HistoryError, Recorder, RecordingStore, check, read_everything,
};

use crate::case::{run, stream};

#[test]
fn a_history_is_read_back_from_the_files_of_all_processes() {
    let directory = tempfile::tempdir().unwrap();
    let memory = MemoryStore::new();
    for n in 0..2 {
        let file = directory.path().join(format!("process-{n}.jsonl"));
        let recorder = Recorder::to_file(&file).unwrap();
        let store = RecordingStore::new(Arc::new(memory.clone()), recorder.clone(), "writer");
        let to = Append::new(stream(n), ExpectedVersion::NoStream, [sample_event(n)]).unwrap();
        run(store.append(to)).unwrap();
        recorder.whole().unwrap();
    }
    let history = History::read_directory(directory.path()).unwrap();
    let names: Vec<_> = history.processes.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["process-0", "process-1"]);
    let stored = run(read_everything(&memory)).unwrap();
    let report = check(&history, &stored);
    assert!(report.is_clean() && report.acknowledged == 2);
}

#[test]
fn a_line_that_was_cut_off_is_left_out_and_another_broken_one_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("killed.jsonl");
    let recorder = Recorder::to_file(&file).unwrap();
    let store = RecordingStore::new(Arc::new(MemoryStore::new()), recorder, "reader");
    run(store.head()).unwrap();
    let mut text = std::fs::read_to_string(&file).unwrap();
    let whole = History::read_directory(directory.path()).unwrap();
    text.push_str("{\"stamp\":3,\"mic");
    std::fs::write(&file, &text).unwrap();
    assert_eq!(History::read_directory(directory.path()).unwrap(), whole);
    text.push('\n');
    std::fs::write(&file, text).unwrap();
    let refused = History::read_directory(directory.path()).unwrap_err();
    assert!(matches!(refused, HistoryError::Line { line: 3, .. }));
}

#[test]
fn a_history_is_never_appended_to_another() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("one.jsonl");
    drop(Recorder::to_file(&file).unwrap());
    assert!(Recorder::to_file(&file).is_err());
}
