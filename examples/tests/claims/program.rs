//! Running the program, and looking into the store that it leaves.

use std::env::{self, consts::EXE_SUFFIX};
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

use event_sourcing::core::{AllRange, Position, testing};
use event_sourcing::embedded::EmbeddedStore;
use event_sourcing::mongo::MongoStore;
use event_sourcing::{EventStore, EventStoreExt, RecordedEvent};
use futures_util::TryStreamExt;

/// What came of a run.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// Requires that all went well, and gives what was said.
    #[track_caller]
    pub(crate) fn well(self) -> String {
        // What went wrong first: a long output may be cut.
        let Self { code, out, err } = self;
        assert!(
            code == Some(0) && err.is_empty(),
            "code {code:?}: {err}\n{out}"
        );
        out
    }

    /// Requires that it failed for a reason that says all of this.
    #[track_caller]
    pub(crate) fn refused(self, reasons: &[&str]) -> String {
        assert_eq!(self.code, Some(1), "{}{}", self.out, self.err);
        assert_eq!(self.err.trim_end().lines().count(), 1, "{}", self.err);
        for reason in reasons {
            assert!(self.err.contains(reason), "no {reason:?} in {}", self.err);
        }
        self.out
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}

/// The program, which cargo builds beside the tests of its package.
pub(crate) fn program() -> Command {
    example("claims")
}

pub(crate) fn example(name: &str) -> Command {
    let test = env::current_exe().unwrap();
    let built = test.parent().and_then(Path::parent).unwrap();
    let program = built.join("examples").join(format!("{name}{EXE_SUFFIX}"));
    let shown = program.display();
    assert!(
        program.exists(),
        "no {shown}; run `cargo build -p es-examples --examples` first"
    );
    Command::new(program)
}

pub(crate) fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ended {
    program().args(arguments).output().unwrap().into()
}

/// Imports a log into a store.
pub(crate) fn import(store: impl AsRef<OsStr>, log: &Path) -> Ended {
    program()
        .arg("--store")
        .arg(store)
        .arg("--log")
        .arg(log)
        .output()
        .unwrap()
        .into()
}

/// All events of a store, in the order of their positions.
pub(crate) fn stored(path: &Path) -> Vec<RecordedEvent> {
    testing::run(async {
        let store = EmbeddedStore::open(path).await.unwrap();
        let events = everything(&store).await;
        store.close().await.unwrap();
        events
    })
}

/// The same of a MongoDB database.
pub(crate) fn stored_in_mongo(uri: &str) -> Vec<RecordedEvent> {
    testing::run(async {
        let store = MongoStore::connect(uri).await.unwrap();
        let events = everything(&store).await;
        store.close().await.unwrap();
        events
    })
}

async fn everything(store: &impl EventStore) -> Vec<RecordedEvent> {
    let everything = AllRange::after(Position::START);
    store.stream_all(everything).try_collect().await.unwrap()
}

/// The numbers of a row of an import's summary: events, new, already there.
pub(crate) fn row(out: &str, name: &str) -> Vec<u64> {
    let mut rows = out
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix(name));
    let numbers = rows.find(|rest| rest.starts_with("  ")).unwrap();
    numbers
        .split_whitespace()
        .map(|n| n.replace(',', "").parse().unwrap())
        .collect()
}
