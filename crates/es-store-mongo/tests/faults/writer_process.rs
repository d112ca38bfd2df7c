//! The other process: the same work on a store of its own, until its standard input ends.
//!
//! It tells how many appends were acknowledged, a line each time, and takes the position up to
//! which its subscriber has to come as the last line of its input.

use std::{process::ExitCode, time::Duration};

use es_core::Position;
use es_testkit::history::Recorder;
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};

use crate::{arguments::WriterOptions, opened::Opening, work::Work};

/// The line with which the runner asks for the end of writing.
pub(crate) const STOP: &str = "stop";
/// The line with which this process says that all its appends are resolved.
pub(crate) const RESOLVED: &str = "resolved";

pub(crate) async fn run(options: &WriterOptions) -> ExitCode {
    let problems = match work(options).await {
        Ok(problems) => problems,
        Err(error) => vec![error],
    };
    for problem in &problems {
        eprintln!("{problem}");
    }
    ExitCode::from(u8::from(!problems.is_empty()))
}

async fn work(options: &WriterOptions) -> Result<Vec<String>, String> {
    let recorder = Recorder::to_file(&options.history).map_err(|error| error.to_string())?;
    let opening = Opening {
        uri: options.uri.clone(),
        indexed: options.indexed,
        append_timeout: Duration::from_secs(4),
    };
    let opened = opening.open("other", &recorder).await;
    let opened = opened.map_err(|error| format!("opening the store: {error}"))?;
    let mut work = Work::start(opened, options.seed, true);
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    tell_until_stop(&work, &mut input).await;
    work.finish_writing().await;
    println!("{RESOLVED}");
    let head = next_line(&mut input).await;
    let head = head.and_then(|line| line.parse().ok()).map(Position::new);
    let problems = work.finish(head.ok_or("the runner is gone")?).await;
    recorder.whole()?;
    Ok(problems)
}

async fn tell_until_stop(work: &Work, input: &mut Lines<BufReader<Stdin>>) {
    let mut told = tokio::time::interval(Duration::from_millis(50));
    loop {
        tokio::select! {
            // Also if the runner is gone.
            _ = input.next_line() => return,
            _ = told.tick() => println!("{}", work.progress().acknowledged()),
        }
    }
}

async fn next_line(input: &mut Lines<BufReader<Stdin>>) -> Option<String> {
    input.next_line().await.ok().flatten()
}
