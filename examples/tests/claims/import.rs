//! Importing logs: what gets into the store, and in which order.

use std::fs;

use tempfile::tempdir;

use crate::log::{assert_stored, gzip, line, lines, write};
use crate::program::{import, row, stored};

#[test]
fn each_line_is_stored_once_in_file_order_whatever_the_number_of_runs() {
    let home = tempdir().unwrap();
    let (log, store) = (home.path().join("log.jsonl"), home.path().join("store"));
    let lines = lines(3_000, 70);
    write(&log, &lines);

    let out = import(&store, &log).well();
    assert_eq!(row(&out, "total"), [3_000, 3_000, 0]);
    assert!(
        out.contains("imported      3,000 events of 70 streams"),
        "{out}"
    );
    assert_stored(&stored(&store), &lines);

    let out = import(&store, &log).well();
    assert_eq!(row(&out, "total"), [3_000, 0, 3_000]);
    assert_stored(&stored(&store), &lines);
}

#[test]
fn a_compressed_log_is_the_same_whatever_it_is_called() {
    let home = tempdir().unwrap();
    let (log, store) = (home.path().join("log.jsonl"), home.path().join("store"));
    let lines = lines(500, 7);
    let (begin, end) = lines.split_at(200);
    fs::write(&log, [gzip(begin), gzip(end)].concat()).unwrap();
    import(&store, &log).well();
    assert_stored(&stored(&store), &lines);
}

#[test]
fn an_event_that_stands_in_the_file_twice_is_taken_once() {
    let home = tempdir().unwrap();
    let (log, store) = (home.path().join("log.jsonl"), home.path().join("store"));
    let once = lines(400, 3);
    let mut twice = once.clone();
    for (n, at) in [(0, 1), (100, 150), (101, 150), (102, 300), (399, 403)] {
        twice.insert(at, line(n, 3));
    }
    twice.push(line(5, 3));
    write(&log, &twice);
    let out = import(&store, &log).well();
    assert_eq!(row(&out, "total"), [406, 400, 6]);

    let stored = stored(&store);
    for stream in ["Claim/0", "Claim/1", "Claim/2"] {
        let of_stream: Vec<_> = stored
            .iter()
            .filter(|e| e.stream.as_str() == stream)
            .collect();
        assert!(of_stream.is_sorted_by_key(|event| event.id), "{stream}");
    }
    assert_eq!(stored.len(), 400);
}

#[test]
fn a_log_and_made_up_claims_live_in_one_store() {
    let home = tempdir().unwrap();
    let (log, store) = (home.path().join("log.jsonl"), home.path().join("store"));
    write(&log, &lines(50, 7));
    let claims = || crate::program::run(["--claims", "5", "--store", store.to_str().unwrap()]);
    claims().well();
    import(&store, &log).well();
    let out = claims().well();
    assert!(out.contains("run 2 adds claims"), "{out}");
    let out = import(&store, &log).well();
    assert!(out.contains("50 events of 7 streams"), "{out}");
}
