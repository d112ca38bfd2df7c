//! Whether subscribers were given every event in order, each once.

use std::collections::HashMap;

use super::{moments::Moments, stored::Stored};
use crate::history::{
    entry::Entry,
    log::{History, Process},
    report::{Kind, Report},
    seen::Seen,
};

pub(super) fn check(
    history: &History,
    stored: &Stored<'_>,
    moments: &Moments<'_>,
    report: &mut Report,
) {
    for (number, process) in history.processes.iter().enumerate() {
        let early = |position, stamp| moments.begun(number, position) > stamp;
        check_process(process, stored, early, report);
    }
}

fn check_process(
    process: &Process,
    stored: &Stored<'_>,
    early: impl Fn(u64, u64) -> bool,
    report: &mut Report,
) {
    let mut at: HashMap<u64, (&str, u64)> = HashMap::new();
    for line in &process.lines {
        match &line.entry {
            Entry::Subscribed {
                subscription,
                client,
                after,
                ..
            } => {
                at.insert(*subscription, (client, after.get()));
            }
            Entry::Delivered {
                subscription,
                events,
            } => {
                let Some((client, last)) = at.get_mut(subscription) else {
                    continue;
                };
                report.delivered += events.numbers().count() as u64;
                if let Err(text) = follow(events, last, stored, |p| early(p, line.stamp)) {
                    report.find(Kind::Subscription, format!("{client}: {text}"));
                }
            }
            Entry::Called { .. } | Entry::Answered { .. } => {}
        }
    }
}

fn follow(
    events: &Seen,
    last: &mut u64,
    stored: &Stored<'_>,
    early: impl Fn(u64) -> bool,
) -> Result<(), String> {
    let from = *last;
    *last = events.numbers().max().unwrap_or(from).max(from);
    if !events
        .numbers()
        .zip(from + 1..)
        .all(|(one, next)| one == next)
    {
        return Err(format!("was given {:?} after {from}", events.runs));
    }
    if early(*last) {
        return Err(format!("was given {last} before it was asked for"));
    }
    stored.shows(events)
}
