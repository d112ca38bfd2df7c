//! The log of a real claims department, where there is one.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use event_sourcing::RecordedEvent;
use flate2::bufread::MultiGzDecoder;
use tempfile::tempdir;

use crate::log::assert_stored;
use crate::mongo::{database, lasting};
use crate::program::{import, row, stored, stored_in_mongo};

/// Names the file, if it is somewhere else.
const VARIABLE: &str = "ES_TELECLAIMS";
const BESIDE_THE_WORKSPACE: &str = "../../shared/data/teleclaims.jsonl.gz";

#[test]
fn the_real_log_is_imported_whole_and_once() {
    let Some(log) = find() else { return };
    let lines = read(&log);
    let (types, streams) = count(&lines);
    assert_eq!((lines.len(), streams, types.len()), (46_138, 3_512, 11));
    assert_eq!(types["end"], 7_024);

    let store = tempdir().unwrap();
    let out = import(store.path(), &log).well();
    assert!(
        out.contains("imported      46,138 events of 3,512 streams"),
        "{out}"
    );
    for (name, events) in &types {
        let row = row(&out, name);
        assert_eq!(row, [*events, *events, 0], "{name}");
    }
    assert_stored(&stored(store.path()), &lines);

    let out = import(store.path(), &log).well();
    assert_eq!(row(&out, "total"), [46_138, 0, 46_138]);
    assert_eq!(stored(store.path()).len(), 46_138);
}

#[test]
fn the_real_log_is_the_same_on_mongodb_as_on_the_embedded_store() {
    let Some(log) = find() else { return };
    let (directory, uri) = (tempdir().unwrap(), database());
    for (new, there) in [(46_138, 0), (0, 46_138)] {
        let embedded = import(directory.path(), &log).well();
        let mongo = import(&uri, &log).well();
        assert_eq!(row(&mongo, "total"), [46_138, new, there]);
        assert_eq!(lasting(&mongo), lasting(&embedded));
        assert!(lasting(&mongo).len() >= 13, "{mongo}");
    }
    let (embedded, mongo) = (stored(directory.path()), stored_in_mongo(&uri));
    assert_eq!((embedded.len(), mongo.len()), (46_138, 46_138));
    assert!(
        (1..)
            .zip(&mongo)
            .all(|(n, event)| event.position.get() == n)
    );
    for (one, other) in by_stream(embedded).into_iter().zip(by_stream(mongo)) {
        // When they were stored, and between which events of other streams: appends that are under
        // way together are put in an order by the store.
        let (position, recorded_at) = (one.position, one.recorded_at);
        let other = RecordedEvent {
            position,
            recorded_at,
            ..other
        };
        assert_eq!(one, other);
    }
}

fn by_stream(mut events: Vec<RecordedEvent>) -> Vec<RecordedEvent> {
    events.sort_by(|a, b| (&a.stream, a.version).cmp(&(&b.stream, b.version)));
    events
}

/// The log, or nothing if there is none here, which is said.
fn find() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join(BESIDE_THE_WORKSPACE);
    let log = env::var_os(VARIABLE).map_or_else(beside, PathBuf::from);
    if !log.is_file() {
        // Past the test harness, which would hide it.
        let _ = writeln!(
            io::stderr(),
            "teleclaims: no log here; {VARIABLE}=FILE names one"
        );
        return None;
    }
    Some(log)
}

fn read(log: &Path) -> Vec<String> {
    let file = BufReader::new(File::open(log).unwrap());
    BufReader::new(MultiGzDecoder::new(file))
        .lines()
        .map(Result::unwrap)
        .collect()
}

/// Counts without the code that is tested: events of each type, and streams.
fn count(lines: &[String]) -> (BTreeMap<String, u64>, usize) {
    let (mut types, mut streams) = (BTreeMap::new(), BTreeSet::new());
    for line in lines {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        *types
            .entry(line["type"].as_str().unwrap().to_owned())
            .or_default() += 1;
        streams.insert(line["subject"].to_string());
    }
    (types, streams.len())
}
