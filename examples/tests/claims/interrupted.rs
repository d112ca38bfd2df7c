//! Stopped by Ctrl-C and killed: nothing is lost, nothing is half done, and the next run goes on.
//!
//! The log comes through a pipe that stays open, so the program is surely in the middle of it.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::tempdir;

use crate::log::{assert_stored, lines, write};
use crate::program::{Ended, import, program, run, stored};

/// How many lines may be read and not be stored: those in flight, and those in the pipe.
const UNDER_WAY: usize = 2_048;

fn import_from_pipe(store: &Path) -> Child {
    let mut program = program();
    program
        .arg("--store")
        .arg(store)
        .args(["--log", "/dev/stdin"]);
    program
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Returns once all but what fits into the pipe was read.
fn feed(child: &mut Child, lines: &[String]) {
    let text = lines.join("\n") + "\n";
    child
        .stdin
        .as_mut()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
}

fn interrupt(child: &Child) {
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
}

/// Waits until the program says that it has heard the signal.
fn wait_until_stopping(child: &mut Child) {
    let mut said = String::new();
    let err = child.stderr.as_mut().unwrap();
    let mut byte = [0];
    while !said.contains("stopping") {
        err.read_exact(&mut byte).unwrap();
        said.push(char::from(byte[0]));
    }
}

#[test]
fn an_import_that_is_killed_leaves_a_prefix_and_the_next_one_completes_it() {
    let home = tempdir().unwrap();
    let (log, store) = (home.path().join("log.jsonl"), home.path().join("store"));
    let lines = lines(20_000, 1_500);
    write(&log, &lines);
    for fed in [3_000, 9_001, 16_500] {
        let mut child = import_from_pipe(&store);
        feed(&mut child, &lines[..fed]);
        child.kill().unwrap();
        child.wait().unwrap();
        let stored = stored(&store);
        assert!(
            (fed - UNDER_WAY..=fed).contains(&stored.len()),
            "{} of {fed}",
            stored.len()
        );
        assert_stored(&stored, &lines[..stored.len()]);
    }
    let out = import(&store, &log).well();
    assert!(
        out.contains("imported      20,000 events of 1,500 streams"),
        "{out}"
    );
    assert_stored(&stored(&store), &lines);
}

#[test]
fn ctrl_c_finishes_what_is_under_way_and_the_next_import_goes_on() {
    let home = tempdir().unwrap();
    let (log, store) = (home.path().join("log.jsonl"), home.path().join("store"));
    let lines = lines(4_000, 100);
    write(&log, &lines);
    let mut child = import_from_pipe(&store);
    feed(&mut child, &lines[..1_500]);
    interrupt(&child);
    wait_until_stopping(&mut child);
    // It may be waiting for a line. Nobody reads these once it has stopped.
    let text = lines[1_500..].join("\n");
    let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
    let ended: Ended = child.wait_with_output().unwrap().into();
    assert_eq!(ended.code, Some(130), "{}", ended.out);
    assert!(
        ended
            .out
            .contains("Stopped, with all that was begun finished"),
        "{}",
        ended.out
    );
    let before = stored(&store);
    assert!((1_000..4_000).contains(&before.len()), "{}", before.len());
    assert_stored(&before, &lines[..before.len()]);

    import(&store, &log).well();
    assert_stored(&stored(&store), &lines);
}

#[test]
fn ctrl_c_on_the_tour_leaves_whole_claims_and_the_next_run_adds_more() {
    let home = tempdir().unwrap();
    let store = home.path().join("store");
    let mut program = program();
    program
        .arg("--store")
        .arg(&store)
        .args(["--claims", "1000000"]);
    let mut child = program
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains("nothing yet") {
        assert!(out.read_line(&mut said).unwrap() > 0, "{said}");
    }
    interrupt(&child);
    out.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(
        said.contains("Stopped, with all that was begun finished"),
        "{said}"
    );
    assert!(
        said.contains("The same again adds further claims"),
        "{said}"
    );

    let out = run(["--claims", "5", "--store", store.to_str().unwrap()]).well();
    assert!(out.contains("run 2 adds claims 2-0001"), "{out}");
}
