//! What was known when, within each process.

use super::{appends::Placed, groups::Group, stored::Stored};
use crate::history::{
    call::Call,
    entry::{Answer, Entry, Operation},
    log::History,
    report::{Kind, Report},
};

/// The time during which a call was under way.
pub(super) struct Window {
    pub(super) process: usize,
    pub(super) begin: u64,
    pub(super) end: u64,
}

impl From<&Call<'_>> for Window {
    fn from(call: &Call<'_>) -> Self {
        Self {
            process: call.process,
            begin: call.begin(),
            end: call.end(),
        }
    }
}

/// Bounds on when each position was committed.
pub(super) struct Moments {
    processes: Vec<Bounds>,
}

#[derive(Default)]
struct Bounds {
    /// By stamps: from then on the log is known to reach this position.
    known: Vec<(u64, u64)>,
    /// By positions: the log did not reach this position before this stamp.
    begun: Vec<(u64, u64)>,
}

impl Moments {
    pub(super) fn of(
        history: &History,
        calls: &[Call<'_>],
        placed: &[Placed<'_, '_>],
        stored: &Stored<'_>,
    ) -> Self {
        let mut processes: Vec<Bounds> = Vec::new();
        processes.resize_with(history.processes.len(), Bounds::default);
        for call in calls {
            if let Some(position) = call.answer().and_then(|a| reaches(call, a, stored)) {
                let bounds = &mut processes[call.process];
                bounds.known.push((call.end(), position));
            }
        }
        for (bounds, process) in processes.iter_mut().zip(&history.processes) {
            for line in &process.lines {
                if let Entry::Delivered { events, .. } = &line.entry
                    && let Some(position) = events.numbers().max()
                {
                    bounds.known.push((line.stamp, position));
                }
            }
        }
        for append in placed {
            if let Some((process, begin)) = append.group.begin() {
                processes[process].begun.push((append.first, begin));
            }
        }
        for bounds in &mut processes {
            rise(&mut bounds.known);
            rise(&mut bounds.begun);
        }
        Self { processes }
    }

    /// How far the log is known to have reached before this stamp.
    pub(super) fn known(&self, process: usize, before: u64) -> u64 {
        let known = &self.processes[process].known;
        let at = known.partition_point(|(stamp, _)| *stamp < before);
        at.checked_sub(1).map_or(0, |last| known[last].1)
    }

    /// The stamp before which the log did not reach this position.
    pub(super) fn begun(&self, process: usize, position: u64) -> u64 {
        let begun = &self.processes[process].begun;
        let at = begun.partition_point(|(of, _)| *of <= position);
        at.checked_sub(1).map_or(0, |last| begun[last].1)
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

/// Sorts by the first number, and lets the second never fall.
fn rise(bounds: &mut [(u64, u64)]) {
    bounds.sort_unstable();
    let mut highest = 0;
    for (_, bound) in bounds {
        highest = highest.max(*bound);
        *bound = highest;
    }
}
