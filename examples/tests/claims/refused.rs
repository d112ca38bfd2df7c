//! What cannot be done: each time a message that names the thing, and what was done before stays.

use std::fs;

use tempfile::tempdir;

use crate::log::{assert_stored, gzip, line, lines, write};
use crate::program::{import, run, stored};

#[test]
fn a_bad_line_is_named_and_the_lines_before_it_stay() {
    let home = tempdir().unwrap();
    let log = home.path().join("log.jsonl");
    for (bad, reason) in [
        ("not JSON", "not a JSON object (it does not start with '{')"),
        (r#"{"specversion":"1.0","#, "not a JSON object (EOF"),
        (
            r#"{"specversion":"0.3","id":"1"}"#,
            "specversion \"0.3\" is not supported",
        ),
        (
            &line(9, 3).replace("Claim/", "Claim"),
            "no '/' between category and id",
        ),
        (
            &line(9, 3).replace("\"subject\"", "\"object\""),
            "attribute \"subject\" is missing",
        ),
        (
            &line(9, 3).replace("\"data\"", "\"data_base64\""),
            "\"data_base64\" is not supported",
        ),
    ] {
        let mut lines = lines(20, 3);
        lines.insert(12, bad.to_owned());
        write(&log, &lines);
        let store = tempdir().unwrap();
        let out = import(store.path(), &log).refused(&["log.jsonl, line 13: ", reason]);
        assert!(out.contains("imported      12 events"), "{out}");
        assert_stored(&stored(store.path()), &lines[..12]);

        lines.remove(12);
        write(&log, &lines);
        import(store.path(), &log).well();
        assert_stored(&stored(store.path()), &lines);
    }
}

#[test]
fn a_stream_with_other_events_is_left_as_it_is() {
    let home = tempdir().unwrap();
    let (log, store) = (home.path().join("log.jsonl"), home.path().join("store"));
    let lines = lines(30, 3);
    write(&log, &lines);
    import(&store, &log).well();

    write(&log, &[line(99, 3), line(100, 3)]);
    import(&store, &log).refused(&[
        "log.jsonl, line 1: stream Claim/0 is at version 10, expected version 0",
        "import into another store",
    ]);
    write(&log, &[lines[0].clone(), lines[6].clone()]);
    import(&store, &log).refused(&[
        "line 2: the event is version 3 of stream Claim/0 in the store and 2 in the file",
    ]);
    write(&log, &[lines[0].replace("\"n\":0", "\"n\":1")]);
    import(&store, &log).refused(&["line 1: event 00000000-", "with another content"]);
    assert_stored(&stored(&store), &lines);
}

#[test]
fn a_file_that_is_cut_off_is_named_and_its_whole_lines_stay() {
    let home = tempdir().unwrap();
    let (log, store) = (home.path().join("log.jsonl.gz"), home.path().join("store"));
    let lines = lines(2_000, 30);
    let whole = gzip(&lines);
    fs::write(&log, &whole[..whole.len() / 2]).unwrap();
    import(&store, &log).refused(&["log.jsonl.gz is cut off: its gzip data end after line "]);
    let stored_lines = stored(&store);
    assert!(
        (1..2_000).contains(&stored_lines.len()),
        "{}",
        stored_lines.len()
    );
    assert_stored(&stored_lines, &lines[..stored_lines.len()]);

    fs::write(&log, whole).unwrap();
    import(&store, &log).well();
    assert_stored(&stored(&store), &lines);
}

#[test]
fn a_file_that_cannot_be_opened_leaves_no_store_behind() {
    let home = tempdir().unwrap();
    let (log, store) = (home.path().join("missing.jsonl"), home.path().join("store"));
    import(&store, &log).refused(&["cannot open ", "missing.jsonl: "]);
    import(&store, home.path()).refused(&["cannot open ", "directory"]);
    assert!(!store.exists());
}

#[test]
fn a_store_that_cannot_be_reached_or_is_not_known_is_refused_without_its_address() {
    let ended = run(["--store", "mongodb://jane:secret@127.0.0.1:1/claims"]);
    assert!(!ended.err.contains("secret") && !ended.out.contains("secret"));
    ended.refused(&["127.0.0.1:1"]);
    run(["--store", "mongodb://"]).refused(&["MongoDB"]);
    run(["--store", "redis://db"]).refused(&["no store for \"redis\""]);
    run(["--store", ""]).refused(&["--store needs a directory"]);
}

#[test]
fn options_that_make_no_sense_are_explained() {
    for arguments in [
        ["--claims", "0"],
        ["--concurrency", "0"],
        ["--seed", "x"],
        ["--oops", "1"],
    ] {
        let ended = run(arguments);
        assert_eq!(ended.code, Some(2));
        assert!(ended.err.contains(arguments[0]), "{}", ended.err);
    }
    assert_eq!(run(["--log", "x", "--claims", "5"]).code, Some(2));
}
