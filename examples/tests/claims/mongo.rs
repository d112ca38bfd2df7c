//! The program on a MongoDB server: it says the same as on a directory.

use es_testkit::mongo::shared;
use event_sourcing::core::testing;
use tempfile::tempdir;

use crate::log::{lines, write};
use crate::program::{import, row, run};

/// The address of a new database.
pub(crate) fn database() -> String {
    testing::run(async {
        let server = shared().await;
        server.uri_for(&server.database())
    })
}

/// What was said, without the store's own name and everything that is measured.
pub(crate) fn lasting(out: &str) -> Vec<&str> {
    const MEASURED: [&str; 9] = [
        "store",
        "took",
        "commands",
        "events",
        "read",
        "without",
        "with",
        "appends",
        "unluckiest",
    ];
    out.lines()
        .take_while(|line| *line != "Next")
        .filter(|line| {
            let first = line.split_whitespace().next().unwrap_or_default();
            !MEASURED.contains(&first) && !line.contains(':')
        })
        .collect()
}

#[test]
fn the_tour_says_the_same_as_on_a_directory() {
    let directory = tempdir().unwrap();
    let arguments = ["--claims", "40", "--concurrency", "1", "--store"];
    let of = |store: &str| run(arguments.into_iter().chain([store])).well();
    let uri = database();
    let (embedded, mongo) = (of(directory.path().to_str().unwrap()), of(&uri));
    assert_eq!(lasting(&mongo), lasting(&embedded));
    assert!(lasting(&mongo).len() > 20, "{mongo}");
    assert!(!mongo.contains(&uri), "the address may hold a password");
    let again = of(&uri);
    assert!(again.contains("run 2 adds claims 2-0001"), "{again}");
}

#[test]
fn a_log_is_imported_once() {
    let home = tempdir().unwrap();
    let log = home.path().join("log.jsonl");
    write(&log, &lines(1_000, 70));
    let uri = database();
    let first = import(&uri, &log).well();
    assert_eq!(row(&first, "total"), [1_000, 1_000, 0]);
    let second = import(&uri, &log).well();
    assert_eq!(row(&second, "total"), [1_000, 0, 1_000]);
}
