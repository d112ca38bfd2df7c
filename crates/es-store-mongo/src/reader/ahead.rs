//! What was read too early, for who scans the log page by page.
//!
//! A large reply costs the server and the driver less than several small ones. So once a page
//! goes on where another one ended, more documents are asked for than fit it, and the rest waits
//! here for the next page. And while pages are made of one reply, the server works on the next one.
//! Documents never change, so what waits is not wrong, only short of what was appended since: a
//! page out of it never says that the log ends.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use es_core::{Position, ReadError};
use tokio::task::JoinHandle;

use super::fetch::Found;

/// How many documents are asked for when a scan is going on.
pub(super) const DOCUMENTS: usize = 5_000;
/// How many bytes of replies may wait, over all scans.
const HELD_BYTES: usize = 32 * 1024 * 1024;
/// How many ends of pages are remembered, to tell a scan from a single page.
const REMEMBERED: usize = 16;
/// How many replies may be under way, of as many scans.
const UNDER_WAY: usize = 2;

/// Waiting documents, and where scans will go on.
#[derive(Debug, Default)]
pub(crate) struct Ahead(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    held: VecDeque<Held>,
    bytes: usize,
    ends: VecDeque<Position>,
    under_way: VecDeque<(Position, JoinHandle<Result<Found, ReadError>>)>,
}

/// The documents of a reply from number `from` on, which follow on position `after`.
#[derive(Debug)]
struct Held {
    after: Position,
    found: Found,
    from: usize,
}

impl Held {
    fn bytes(&self) -> usize {
        self.found.batch.buffer().len()
    }
}

impl Ahead {
    /// Whether a page ended here, and so a scan may be going on.
    pub(super) fn expects(&self, after: Position) -> bool {
        self.state().ends.contains(&after)
    }

    /// A page ended here.
    pub(super) fn expect(&self, after: Position) {
        let mut state = self.state();
        if state.ends.len() == REMEMBERED {
            state.ends.pop_front();
        }
        state.ends.push_back(after);
    }

    /// The documents behind a position, if they wait here: a reply, and the number of the first.
    pub(super) fn take(&self, after: Position) -> Option<(Found, usize)> {
        let mut state = self.state();
        let at = state.held.iter().position(|held| held.after == after)?;
        let held = state.held.remove(at)?;
        state.bytes -= held.bytes();
        Some((held.found, held.from))
    }

    /// Keeps the rest of a reply for the page behind this one.
    pub(super) fn keep(&self, after: Position, found: Found, from: usize) {
        self.expect(after);
        let held = Held { after, found, from };
        let mut state = self.state();
        state.bytes += held.bytes();
        state.held.push_back(held);
        while state.bytes > HELD_BYTES {
            let Some(oldest) = state.held.pop_front() else {
                break;
            };
            state.bytes -= oldest.bytes();
        }
    }

    /// The reply with what is behind a position will be asked for: it comes meanwhile.
    pub(super) fn fetch(
        &self,
        after: Position,
        reply: impl Future<Output = Result<Found, ReadError>> + Send + 'static,
    ) {
        let mut state = self.state();
        if state.under_way.len() == UNDER_WAY {
            state.under_way.pop_front();
        }
        state.under_way.push_back((after, tokio::spawn(reply)));
    }

    /// The reply that was asked for before, if it was and that went well.
    pub(super) async fn fetched(&self, after: Position) -> Option<Found> {
        let under_way = {
            let mut state = self.state();
            let at = state.under_way.iter().position(|(of, _)| *of == after)?;
            state.under_way.remove(at)?
        };
        under_way.1.await.ok()?.ok()
    }

    /// Each change leaves it whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::batch::Batch;
    use super::*;

    fn reply(bytes: usize) -> Found {
        Found {
            batch: Batch::one(Bytes::from(vec![0; bytes])),
            more: true,
        }
    }

    fn position(number: u64) -> Position {
        Position::new(number)
    }

    #[test]
    fn what_waits_is_handed_out_once_and_only_for_its_place() {
        let ahead = Ahead::default();
        ahead.keep(position(7), reply(10), 3);
        assert!(ahead.take(position(6)).is_none());
        assert_eq!(ahead.take(position(7)).map(|(_, from)| from), Some(3));
        assert!(ahead.take(position(7)).is_none());
    }

    #[test]
    fn what_waits_is_bounded_in_bytes() {
        let ahead = Ahead::default();
        for number in 0..10 {
            ahead.keep(position(number), reply(8 * 1024 * 1024), 0);
        }
        assert!(ahead.state().bytes <= HELD_BYTES);
        assert!(ahead.take(position(0)).is_none());
        assert!(ahead.take(position(9)).is_some());
    }

    #[tokio::test]
    async fn what_is_under_way_is_for_its_place_and_bounded() {
        let ahead = Ahead::default();
        for number in 1..=3 {
            ahead.fetch(position(number), async { Ok(reply(10)) });
        }
        assert!(ahead.fetched(position(1)).await.is_none(), "too many");
        assert!(ahead.fetched(position(2)).await.is_some());
        assert!(ahead.fetched(position(2)).await.is_none());
        let lost = async { Err(ReadError::Closed) };
        ahead.fetch(position(4), lost);
        assert!(ahead.fetched(position(4)).await.is_none());
    }

    #[test]
    fn a_scan_is_told_from_a_single_page() {
        let ahead = Ahead::default();
        assert!(!ahead.expects(position(5)));
        ahead.expect(position(5));
        assert!(ahead.expects(position(5)));
    }
}
