//! One fault: work begins, the fault happens some times, all is mended, and it is judged.

use std::{
    fs,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use es_core::{EventStore, RecordedEvent};
use es_testkit::history::Recorder;
use futures_util::FutureExt;
use tokio::time::timeout;

use super::servers::{Servers, Set};
use crate::{
    arguments::RunOptions,
    chance::Chance,
    child::Start,
    damage,
    directory::RunDirectory,
    fault::Fault,
    opened::{Opened, Opening},
    outcome::{self, Outcome},
    resolve,
    scene::Scene,
    summary,
    verdict::{self, ReadBack},
    work::Work,
};

/// Plays a fault; what goes wrong, also with the servers or in the runner itself, is in the outcome.
pub(crate) async fn run(
    fault: Fault,
    options: &RunOptions,
    servers: &mut Servers,
    directory: &RunDirectory,
) -> Outcome {
    let begin = Instant::now();
    let mut outcome = Outcome::of(fault.name());
    if let Err(problem) = act(fault, options, servers, directory, &mut outcome).await {
        outcome.problems.push(problem);
    }
    outcome.took = begin.elapsed();
    outcome
}

async fn act(
    fault: Fault,
    options: &RunOptions,
    servers: &mut Servers,
    directory: &RunDirectory,
    outcome: &mut Outcome,
) -> Result<(), String> {
    let path = directory.of(fault.name());
    let path = path.map_err(|error| error.to_string())?;
    let recorder = Recorder::to_file(&path.join("runner.jsonl"));
    let set = servers.take(fault).await?;
    let act = Act {
        fault,
        options,
        set: &set,
        recorder: recorder.map_err(|error| error.to_string())?,
        path,
    };
    if let Err(problem) = caught(act.play(outcome)).await {
        outcome.problems.push(problem);
    }
    act.keep(outcome)?;
    // After a problem nobody knows what state the servers are in.
    if outcome.problems.is_empty() {
        servers.give_back(set).await;
    }
    Ok(())
}

/// How long a fault may take each time, from harming to work that goes on.
const INJECT_LIMIT: Duration = Duration::from_secs(90);
/// How long the servers may take until all is well again.
const MEND_LIMIT: Duration = Duration::from_secs(90);
/// How long it may take until all appends are resolved and all subscribers at the end.
const END_LIMIT: Duration = Duration::from_secs(600);
/// How long it may take to read everything back.
const READ_LIMIT: Duration = Duration::from_secs(300);

struct Act<'a> {
    fault: Fault,
    options: &'a RunOptions,
    set: &'a Set,
    recorder: Recorder,
    path: PathBuf,
}

impl Act<'_> {
    async fn play(&self, outcome: &mut Outcome) -> Result<(), String> {
        let mut scene = self.begin().await?;
        let problems = &mut outcome.problems;
        problems.extend(self.inject(&mut scene).await.err());
        let mended = limited("mending", MEND_LIMIT, self.mend()).await;
        problems.extend(mended.err());
        outcome.injected = scene.injected;
        problems.extend(self.end(scene).await);
        if let Some(damage) = self.options.damage {
            let damaged = damage::damage(&self.uri(), damage).await;
            damaged.map_err(|error| format!("the damage: {error}"))?;
        }
        let read = self.read_back().await?;
        problems.extend(read.problems);
        problems.extend(self.recorder.whole().err());
        self.judge(&read.stored, outcome)
    }

    /// Two stores in this process, one in another, all at work.
    async fn begin(&self) -> Result<Scene<'_>, String> {
        let mut chance = Chance::new(self.options.seed, self.fault as u64);
        let mut works = Vec::new();
        for (name, timeout) in [("first", 2), ("second", 10)] {
            let opened = self.open(name, Duration::from_secs(timeout)).await?;
            works.push(Work::start(opened, chance.next(), false));
        }
        let start = Start {
            uri: self.uri(),
            directory: self.path.clone(),
            seed: chance.next() >> 16,
            indexed: self.fault.indexed(),
        };
        let other = start.start(0).map_err(|error| error.to_string())?;
        Ok(Scene {
            cluster: &self.set.cluster,
            disk: self.set.disk.as_ref(),
            chance,
            works,
            other,
            start,
            processes: 0,
            killed: Vec::new(),
            injected: 0,
        })
    }

    async fn inject(&self, scene: &mut Scene<'_>) -> Result<(), String> {
        scene.goes_on().await?;
        let times = self.fault.times(self.options.tier);
        let limit = INJECT_LIMIT * u32::try_from(times).unwrap_or(u32::MAX);
        limited("the fault", limit, self.fault.inject(scene, times)).await
    }

    /// Mends everything, also where a fault was broken off.
    async fn mend(&self) -> Result<(), String> {
        let cluster = &self.set.cluster;
        cluster.heal_all();
        for node in es_testkit::mongo::NodeId::all() {
            if cluster.is_down(node) {
                cluster
                    .restart(node)
                    .await
                    .map_err(|error| error.to_string())?;
            }
        }
        cluster
            .wait_steady()
            .await
            .map(drop)
            .map_err(|error| error.to_string())
    }

    /// Has all appends resolved and all subscribers at the end; returns what went wrong.
    async fn end(&self, scene: Scene<'_>) -> Vec<String> {
        let ended = timeout(END_LIMIT, self.try_end(scene)).await;
        ended.unwrap_or_else(|_| vec![late("the work", END_LIMIT)])
    }

    async fn try_end(&self, mut scene: Scene<'_>) -> Vec<String> {
        let mut problems = Vec::new();
        for work in &mut scene.works {
            work.finish_writing().await;
        }
        problems.extend(scene.other.finish_writing().await.err());
        match self.open("heir", Duration::from_secs(10)).await {
            Ok(heir) => {
                problems.extend(resolve::resolve(&scene.killed, &heir).await);
                problems.extend(finish(scene, &heir).await);
                problems.extend(heir.close().await.err());
            }
            Err(problem) => {
                problems.push(problem);
                problems.extend(scene.give_up());
            }
        }
        problems
    }

    async fn read_back(&self) -> Result<ReadBack, String> {
        let fresh = self.open("fresh", Duration::from_secs(10)).await?;
        let reading = timeout(READ_LIMIT, verdict::read_back(&fresh)).await;
        let read = reading.map_err(|_| late("reading everything back", READ_LIMIT))?;
        let mut read = read.map_err(|error| format!("reading everything back: {error}"))?;
        read.problems.extend(fresh.close().await.err());
        Ok(read)
    }

    fn judge(&self, stored: &[RecordedEvent], outcome: &mut Outcome) -> Result<(), String> {
        let (history, report) = verdict::judge(&self.path, stored)?;
        outcome.report = report;
        outcome.worst_append = outcome::worst_append(&history);
        outcome.longest_gap = outcome::longest_gap(&history);
        Ok(())
    }

    /// Keeps what explains a failure, removes what does not.
    fn keep(&self, outcome: &Outcome) -> Result<(), String> {
        let kept = if outcome.is_clean() {
            fs::remove_dir_all(&self.path)
        } else {
            keep(&self.path, self.set, outcome)
        };
        kept.map_err(|error| error.to_string())
    }

    async fn open(&self, name: &str, append_timeout: Duration) -> Result<Opened, String> {
        let opening = Opening {
            uri: self.uri(),
            indexed: self.fault.indexed(),
            append_timeout,
        };
        let opened = opening.open(name, &self.recorder).await;
        opened.map_err(|error| format!("opening {name}: {error}"))
    }

    fn uri(&self) -> String {
        let database = format!("faults_{}", self.fault.name().replace('-', "_"));
        self.set.cluster.uri_for(&database)
    }
}

fn keep(path: &Path, set: &Set, outcome: &Outcome) -> std::io::Result<()> {
    let mut text = summary::findings(outcome).join("\n");
    text.push('\n');
    fs::write(path.join("findings.txt"), text)?;
    set.cluster.save_logs(&path.join("servers"))
}

/// Has all subscribers at the end of the log; returns what went wrong.
async fn finish(scene: Scene<'_>, heir: &Opened) -> Vec<String> {
    let head = match heir.events.head().await {
        Ok(head) => head,
        Err(error) => {
            let mut problems = scene.give_up();
            problems.push(format!("where the log ends: {error}"));
            return problems;
        }
    };
    let mut problems = Vec::new();
    for work in scene.works {
        problems.extend(work.finish(head).await);
    }
    problems.extend(scene.other.finish(head).await.err());
    problems
}

/// A runner that panics has a problem, and goes on with the next fault.
async fn caught(act: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    let done = AssertUnwindSafe(act).catch_unwind().await;
    done.unwrap_or_else(|_| Err("the runner panicked; see its standard error".to_owned()))
}

/// A step that does not come to its end is found, rather than waited for.
async fn limited(
    what: &str,
    limit: Duration,
    step: impl Future<Output = Result<(), String>>,
) -> Result<(), String> {
    let done = timeout(limit, step).await;
    done.unwrap_or_else(|_| Err(late(what, limit)))
}

fn late(what: &str, limit: Duration) -> String {
    format!("{what} did not come to its end within {limit:?}")
}
