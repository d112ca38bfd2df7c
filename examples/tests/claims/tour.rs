//! The tour on made-up claims.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use event_sourcing::EventFilter;
use tempfile::tempdir;

use crate::mongo::database;
use crate::program::{example, program, run, stored};

#[test]
fn it_runs_in_memory_and_in_a_directory() {
    let directory = tempdir().unwrap();
    for store in ["memory:", directory.path().to_str().unwrap()] {
        let out = run(["--claims", "40", "--concurrency", "8", "--store", store]).well();
        for said in [
            "1. Driving 40 claims, 8 at a time",
            "2. A projection: claims by status",
            "3. What is stored: stream Claim/1-00",
            "4. A snapshot used: claim 1-long",
            "777 events read",
            "32 events read",
            "5. Time travel",
            "6. A conflict, retried: 16 clerks",
            "notes         16 stored, 16 of 16 different ones",
            "7. Refused by the domain",
            "refused: it is submitted and cannot be paid",
            "8. And on from the checkpoint",
        ] {
            assert!(out.contains(said), "no {said:?} in:\n{out}");
        }
        assert!(!out.contains('\x1b'), "colours in a pipe");
    }
}

#[test]
fn the_same_directory_again_gets_further_claims() {
    let directory = tempdir().unwrap();
    let store = directory.path().to_str().unwrap();
    let first = run(["--claims", "20", "--store", store]).well();
    assert!(first.contains("holds         nothing yet"), "{first}");
    let before = stored(directory.path()).len();
    let second = run(["--claims", "20", "--store", store]).well();
    assert!(second.contains("run 2 adds claims 2-0001"), "{second}");
    assert!(second.contains(&format!("was {before}, is ")), "{second}");

    let after = stored(directory.path());
    assert!(after.len() > before);
    let of_run = |run| {
        after
            .iter()
            .filter(|e| e.stream.id().starts_with(run))
            .count()
    };
    assert_eq!((of_run("1-"), of_run("2-")), (before, after.len() - before));
    assert!(
        after
            .iter()
            .all(|event| EventFilter::all().category("Claim").matches(event))
    );
}

#[test]
fn the_same_seed_gives_the_same_fates() {
    let projection = |seed| {
        let out = run(["--claims", "60", "--store", "memory:", "--seed", seed]).well();
        let (_, rest) = out.split_once("2. A projection").unwrap();
        rest.lines()
            .take_while(|line| !line.is_empty())
            .map(String::from)
            .collect::<Vec<_>>()
    };
    assert_eq!(projection("7"), projection("7"));
    assert_ne!(projection("7"), projection("8"));
}

#[test]
fn a_temporary_directory_is_deleted_unless_it_is_to_be_kept() {
    let home = tempdir().unwrap();
    let run_there = |arguments: &[&str]| {
        let mut program = program();
        program
            .args(["--claims", "5"])
            .args(arguments)
            .env("TMPDIR", home.path());
        program.env("TMP", home.path()).env("TEMP", home.path());
        let output = program.output().unwrap();
        assert!(output.status.success());
        fs::read_dir(home.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect::<Vec<_>>()
    };
    assert_eq!(run_there(&[]), Vec::<&Path>::new());
    let kept = run_there(&["--keep"]);
    assert_eq!(kept.len(), 1);
    assert!(stored(&kept[0]).len() > 5);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = program()
        .args(["--claims", "5", "--store", "memory:"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
}

#[test]
fn in_a_rolling_update_each_program_reads_what_the_other_writes() {
    for store in [None, Some(database())] {
        let output = example("rolling_update").args(store).output().unwrap();
        let out = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        assert!(out.contains("publishes ClaimCreated 2.0"), "{out}");
        assert!(out.contains(r#"category: "dental", paid: 2000"#), "{out}");
    }
}

#[test]
fn the_quick_example_runs_to_its_end() {
    assert!(example("quick").status().unwrap().success());
}
