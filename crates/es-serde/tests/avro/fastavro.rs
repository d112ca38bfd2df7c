//! The Python implementation, run here: it writes what is read, and reads what is written.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::corpus::{Case, STORED, cases, written};
use crate::tree::hex;

const FASTAVRO: &str = "fastavro==1.13.1";

const REMEDY: &str = "this test needs python3 with pip, and a registry to install fastavro from; \
    put `fastavro` into the environment variable ES_TEST_SKIP to leave it out";

/// Whether `ES_TEST_SKIP`, a list with commas, names this.
fn skipped(name: &str) -> bool {
    let list = std::env::var("ES_TEST_SKIP").unwrap_or_default();
    let skip = list.split(',').any(|word| word.trim() == name);
    if skip {
        println!("skipped, since ES_TEST_SKIP names {name}");
    }
    skip
}

fn run(command: &mut Command, input: &str) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("python3 does not start ({error}): {REMEDY}"));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}\n{REMEDY}");
    String::from_utf8(output.stdout).unwrap()
}

fn install(to: &Path) {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--target"]);
    run(pip.arg(to).arg(FASTAVRO), "");
}

fn corpus(library: &Path, arguments: &[&str], input: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/avro/corpus.py");
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", library).arg("-B").arg(script);
    run(python.args(arguments), input)
}

#[test]
fn python_writes_what_is_stored_and_reads_what_is_written() {
    if skipped("fastavro") {
        return;
    }
    let library = tempfile::tempdir().unwrap();
    install(library.path());
    assert_eq!(corpus(library.path(), &[], ""), STORED);

    let cases = cases();
    let lines = cases
        .iter()
        .map(|case| format!("{} {}\n", case.name, hex(&written(case))));
    let read = corpus(library.path(), &["read"], &lines.collect::<String>());
    assert_eq!(values(&read), of(|case| case.value.clone()));

    // fastavro hands out the defaults as they are in the schema: bytes as a text, and records
    // without their own defaults.
    let mut resolved = values(&corpus(library.path(), &["resolve"], ""));
    let mut expected = of(|case| case.expected.clone());
    assert_ne!(resolved.remove("defaults"), expected.remove("defaults"));
    assert_eq!(resolved, expected);
}

/// The values by the name of the case.
fn values(lines: &str) -> BTreeMap<String, Value> {
    let value = |line: &str| {
        let (name, value) = line.split_once(' ').unwrap();
        (name.to_owned(), serde_json::from_str(value).unwrap())
    };
    lines.lines().map(value).collect()
}

fn of(value: impl Fn(&Case) -> Value) -> BTreeMap<String, Value> {
    let cases = cases().into_iter();
    cases
        .map(|case| (case.name.clone(), value(&case)))
        .collect()
}
