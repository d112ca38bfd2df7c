//! What was known when, within each process and to each of its stores.

use std::collections::HashMap;

use super::{appends::Placed, groups::Group, stored::Stored};
use crate::history::{
    call::Call,
    entry::{Answer, Entry, Operation},
    log::{History, Process},
    report::{Kind, Report},
};

/// The time during which a call was under way, and through which store.
pub(super) struct Window<'a> {
    pub(super) process: usize,
    pub(super) store: &'a str,
    pub(super) begin: u64,
    pub(super) end: u64,
}

impl<'a> From<&Call<'a>> for Window<'a> {
    fn from(call: &Call<'a>) -> Self {
        Self {
            process: call.process,
            store: call.store,
            begin: call.begin(),
            end: call.end(),
        }
    }
}

/// Bounds on when each position was committed.
pub(super) struct Moments<'a> {
    processes: Vec<Bounds<'a>>,
}

#[derive(Default)]
struct Bounds<'a> {
    /// What was known to anybody in the process.
    known: Rising,
    /// What was known to one of its stores, by its name.
    known_to: HashMap<&'a str, Rising>,
    /// By positions: the log did not reach this position before this stamp.
    begun: Rising,
}

/// Pairs whose second numbers rise with the first. As a bound of knowledge: since this stamp the
/// log is known to reach this position.
#[derive(Default)]
struct Rising(Vec<(u64, u64)>);

impl<'a> Moments<'a> {
    pub(super) fn of(
        history: &'a History,
        calls: &[Call<'a>],
        placed: &[Placed<'_, '_>],
        stored: &Stored<'_>,
    ) -> Self {
        let mut processes: Vec<Bounds<'_>> = Vec::new();
        processes.resize_with(history.processes.len(), Bounds::default);
        for call in calls {
            if let Some(position) = call.answer().and_then(|a| reaches(call, a, stored)) {
                processes[call.process].know(call.store, call.end(), position);
            }
        }
        for (bounds, process) in processes.iter_mut().zip(&history.processes) {
            bounds.know_deliveries(process);
        }
        for append in placed {
            if let Some((process, begin)) = append.group.begin() {
                processes[process].begun.push(append.first, begin);
            }
        }
        processes.iter_mut().for_each(Bounds::order);
        Self { processes }
    }

    /// How far the log is known to have reached before this stamp, to anybody in the process.
    pub(super) fn known(&self, process: usize, before: u64) -> u64 {
        self.processes[process].known.before(before)
    }

    /// How far the call's store knew the log to reach when the call was made.
    pub(super) fn known_to_store(&self, window: &Window<'_>) -> u64 {
        let stores = &self.processes[window.process].known_to;
        let known = stores.get(window.store);
        known.map_or(0, |known| known.before(window.begin))
    }

    /// The stamp before which the log did not reach this position.
    pub(super) fn begun(&self, process: usize, position: u64) -> u64 {
        self.processes[process]
            .begun
            .before(position.saturating_add(1))
    }

    /// What is asked for after something was seen lies after it in the log.
    pub(super) fn check_order(&self, placed: &[Placed<'_, '_>], report: &mut Report) {
        for Placed { group, first, .. } in placed {
            let Some((process, begin)) = group.begin() else {
                continue;
            };
            let known = self.known(process, begin);
            if known >= *first {
                report.find(Kind::OutOfOrder, late(group, *first, known));
            }
        }
    }
}

impl<'a> Bounds<'a> {
    fn know(&mut self, store: &'a str, since: u64, position: u64) {
        self.known.push(since, position);
        let of_store = self.known_to.entry(store).or_default();
        of_store.push(since, position);
    }

    fn know_deliveries(&mut self, process: &'a Process) {
        let mut stores = HashMap::new();
        for line in &process.lines {
            match &line.entry {
                Entry::Subscribed {
                    subscription,
                    store,
                    ..
                } => {
                    stores.insert(*subscription, store.as_str());
                }
                Entry::Delivered {
                    subscription,
                    events,
                } => {
                    let store = stores.get(subscription).copied().unwrap_or_default();
                    if let Some(position) = events.numbers().max() {
                        self.know(store, line.stamp, position);
                    }
                }
                Entry::Called { .. } | Entry::Answered { .. } => {}
            }
        }
    }

    fn order(&mut self) {
        self.known.order();
        self.known_to.values_mut().for_each(Rising::order);
        self.begun.order();
    }
}

impl Rising {
    fn push(&mut self, first: u64, second: u64) {
        self.0.push((first, second));
    }

    /// Sorts by the first number, and lets the second never fall.
    fn order(&mut self) {
        self.0.sort_unstable();
        let mut highest = 0;
        for (_, bound) in &mut self.0 {
            highest = highest.max(*bound);
            *bound = highest;
        }
    }

    /// The second number of the last pair whose first one is below this, 0 if there is none.
    fn before(&self, first: u64) -> u64 {
        let at = self.0.partition_point(|(of, _)| *of < first);
        at.checked_sub(1).map_or(0, |last| self.0[last].1)
    }
}

fn late(group: &Group<'_>, first: u64, known: u64) -> String {
    let id = group.append.id;
    format!("append {id} is at position {first}, and was asked for when {known} was known")
}

/// Up to where the log reaches, as an answer says.
fn reaches(call: &Call<'_>, answer: &Answer, stored: &Stored<'_>) -> Option<u64> {
    match answer {
        Answer::Appended(appended) => Some(appended.last_position.get()),
        Answer::Head(head) => Some(head.get()),
        // Who asks after a place beyond the end knows no more than before.
        Answer::All { scanned_to, .. } => match call.operation {
            Operation::ReadAll { after } if scanned_to > after => Some(scanned_to.get()),
            _ => None,
        },
        Answer::Event { event: Some(event) } => event.numbers().max(),
        Answer::Stream { events, .. } => {
            let Operation::ReadStream { stream } = call.operation else {
                return None;
            };
            let newest = stored.version(stream, events.numbers().max()?)?;
            Some(newest.position.get())
        }
        _ => None,
    }
}
