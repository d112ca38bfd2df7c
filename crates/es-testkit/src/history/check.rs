//! Holds a history against what a store contains.

mod appends;
mod checkpoints;
mod conditions;
mod conflicts;
mod groups;
mod moments;
mod reads;
mod stored;
mod streams;
mod subscriptions;

use es_core::RecordedEvent;

use self::{groups::Groups, moments::Moments, stored::Stored, streams::Streams};
use super::{log::History, report::Report};

/// Decides whether a store that kept its promises could have given these answers.
///
/// `stored` is all that the store holds in the end, in the order in which it reads by position;
/// read it when no call is under way any more. The store must have been empty at the beginning,
/// and all who wrote to it must be in the history.
///
/// ```
/// use std::sync::Arc;
/// use es_core::{Append, EventStore, ExpectedVersion, memory::MemoryStore};
/// use es_core::testing::{run, sample_event};
/// use es_testkit::history::{History, Recorder, RecordingStore, check, read_everything};
/// # run(async {
/// let memory = MemoryStore::new();
/// let recorder = Recorder::in_memory();
/// let store = RecordingStore::new(Arc::new(memory.clone()), recorder.clone(), "writer");
/// store.append(Append::new("Claim/1".parse()?, ExpectedVersion::NoStream, [sample_event(1)])?).await?;
///
/// let history = History { processes: vec![recorder.process("this")] };
/// let stored = read_everything(&memory).await?;
/// assert!(check(&history, &stored).is_clean());
/// assert!(!check(&history, &[]).is_clean(), "an acknowledged event is lost");
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// # }).unwrap();
/// ```
pub fn check(history: &History, stored: &[RecordedEvent]) -> Report {
    let mut report = Report {
        stored: stored.len() as u64,
        ..Report::default()
    };
    let calls = history.calls();
    let stored = Stored::index(stored, &mut report);
    let groups = Groups::of(&calls);
    let placed = appends::check(&groups, &stored, &mut report);
    let streams = Streams::of(&placed, &stored);
    let moments = Moments::of(history, &calls, &placed, &stored);
    moments.check_order(&placed, &mut report);
    conditions::check(&placed, &stored, &mut report);
    conflicts::check(&calls, &streams, &moments, &mut report);
    reads::check(&calls, &stored, &streams, &moments, &mut report);
    subscriptions::check(history, &stored, &moments, &mut report);
    checkpoints::check(&calls, &mut report);
    report
}
