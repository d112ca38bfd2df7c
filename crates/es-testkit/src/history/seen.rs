//! Which events somebody saw, in which order.

use es_core::RecordedEvent;
use serde::{Deserialize, Serialize};

use super::digest::{self, Digest};

/// Events in the order in which they were seen: their numbers as runs, and a digest of the rest.
///
/// The numbers are positions or, in a stream, versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// First and last number of each run; a run goes up or down by one.
    pub runs: Vec<(u64, u64)>,
    /// Of ids, streams, places and contents.
    pub digest: u64,
}

impl Seen {
    /// Events seen in the order of a log.
    pub fn by_position<'a>(events: impl IntoIterator<Item = &'a RecordedEvent>) -> Self {
        Self::numbered(
            events
                .into_iter()
                .map(|event| (event.position.get(), event)),
        )
    }

    /// Events seen in the order of a stream.
    pub fn by_version<'a>(events: impl IntoIterator<Item = &'a RecordedEvent>) -> Self {
        Self::numbered(events.into_iter().map(|event| (event.version.get(), event)))
    }

    /// The numbers, one by one.
    pub fn numbers(&self) -> impl Iterator<Item = u64> {
        self.runs.iter().flat_map(|&(first, last)| {
            let count = first.abs_diff(last);
            (0..=count).map(move |n| {
                if first <= last {
                    first.saturating_add(n)
                } else {
                    first.saturating_sub(n)
                }
            })
        })
    }

    fn numbered<'a>(events: impl Iterator<Item = (u64, &'a RecordedEvent)>) -> Self {
        let mut runs: Vec<(u64, u64)> = Vec::new();
        let mut mark = Digest::new();
        for (number, event) in events {
            mark = mark
                .number(event.position.get())
                .number(event.version.get())
                .bytes(event.stream.as_str().as_bytes())
                .number(digest::of_recorded(event));
            match runs.last_mut() {
                Some(run) if continues(*run, number) => run.1 = number,
                _ => runs.push((number, number)),
            }
        }
        Self {
            runs,
            digest: mark.finish(),
        }
    }
}

fn continues((first, last): (u64, u64), number: u64) -> bool {
    let up = first <= last && last.checked_add(1) == Some(number);
    let down = first >= last && last.checked_sub(1) == Some(number);
    up || down
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_go_up_and_down_and_give_their_numbers_back() {
        for numbers in [
            vec![],
            vec![4],
            vec![1, 2, 3],
            vec![9, 8, 7],
            vec![1, 2, 4, 3, 3],
        ] {
            let mut runs: Vec<(u64, u64)> = Vec::new();
            for &number in &numbers {
                match runs.last_mut() {
                    Some(run) if continues(*run, number) => run.1 = number,
                    _ => runs.push((number, number)),
                }
            }
            let seen = Seen { runs, digest: 0 };
            assert_eq!(seen.numbers().collect::<Vec<_>>(), numbers);
        }
    }
}
