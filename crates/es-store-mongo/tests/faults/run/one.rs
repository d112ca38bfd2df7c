//! One fault: work begins, the fault happens some times, all is mended, and it is judged.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use es_core::{EventStore, ReadError, RecordedEvent};
use es_testkit::history::Recorder;

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
    summary, verdict,
    work::Work,
};

pub(crate) async fn run(
    fault: Fault,
    options: &RunOptions,
    servers: &mut Servers,
    directory: &RunDirectory,
) -> Result<Outcome, String> {
    let begin = Instant::now();
    let path = directory
        .of(fault.name())
        .map_err(|error| error.to_string())?;
    let set = servers.take(fault).await?;
    let act = Act {
        fault,
        options,
        set: &set,
        recorder: Recorder::to_file(&path.join("runner.jsonl")).map_err(|e| e.to_string())?,
        path,
    };
    let outcome = act.play(begin).await?;
    act.keep(&outcome)?;
    servers.give_back(set).await;
    Ok(outcome)
}

/// How long a fault may take each time, from harming to work that goes on.
const INJECT_LIMIT: Duration = Duration::from_secs(90);
/// How long the servers may take until all is well again.
const MEND_LIMIT: Duration = Duration::from_secs(90);

struct Act<'a> {
    fault: Fault,
    options: &'a RunOptions,
    set: &'a Set,
    recorder: Recorder,
    path: PathBuf,
}

impl Act<'_> {
    async fn play(&self, begin: Instant) -> Result<Outcome, String> {
        let mut problems = Vec::new();
        let mut scene = self.begin().await?;
        let times = self.fault.times(self.options.tier);
        let injected = match scene.goes_on().await {
            Ok(()) => self.inject(&mut scene, times).await,
            Err(text) => Err(text),
        };
        problems.extend(injected.err());
        let mended = limited("mending", MEND_LIMIT, self.mend()).await;
        problems.extend(mended.err());
        let injected = scene.injected;
        problems.extend(self.end(scene).await?);
        if let Some(damage) = self.options.damage {
            let damaged = damage::damage(&self.uri(), damage).await;
            damaged.map_err(|error| error.to_string())?;
        }
        let stored = match self.read_back().await? {
            Ok(stored) => stored,
            Err(error) => {
                problems.push(format!("reading everything back: {error}"));
                Vec::new()
            }
        };
        problems.extend(self.recorder.whole().err());
        self.judge(begin, injected, &stored, problems)
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

    async fn inject(&self, scene: &mut Scene<'_>, times: u64) -> Result<(), String> {
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
    async fn end(&self, mut scene: Scene<'_>) -> Result<Vec<String>, String> {
        let mut problems = Vec::new();
        for work in &mut scene.works {
            work.finish_writing().await;
        }
        problems.extend(scene.other.finish_writing().await.err());
        let heir = self.open("heir", Duration::from_secs(10)).await?;
        problems.extend(resolve::resolve(&scene.killed, &heir).await);
        let head = heir
            .events
            .head()
            .await
            .map_err(|error| error.to_string())?;
        for work in scene.works {
            problems.extend(work.finish(head).await);
        }
        problems.extend(scene.other.finish(head).await.err());
        problems.extend(heir.close().await.err());
        Ok(problems)
    }

    async fn read_back(&self) -> Result<Result<Vec<RecordedEvent>, ReadError>, String> {
        let fresh = self.open("fresh", Duration::from_secs(10)).await?;
        let stored = verdict::read_back(&fresh).await;
        fresh.close().await?;
        Ok(stored)
    }

    fn judge(
        &self,
        begin: Instant,
        injected: u64,
        stored: &[RecordedEvent],
        problems: Vec<String>,
    ) -> Result<Outcome, String> {
        let (history, report) = verdict::judge(&self.path, stored)?;
        Ok(Outcome {
            fault: self.fault.name(),
            injected,
            report,
            problems,
            worst_append: outcome::worst_append(&history),
            longest_gap: outcome::longest_gap(&history),
            took: begin.elapsed(),
        })
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

/// A step that does not come to its end is found, rather than waited for.
async fn limited(
    what: &str,
    limit: Duration,
    step: impl Future<Output = Result<(), String>>,
) -> Result<(), String> {
    let done = tokio::time::timeout(limit, step).await;
    done.unwrap_or_else(|_| Err(format!("{what} did not come to its end within {limit:?}")))
}
