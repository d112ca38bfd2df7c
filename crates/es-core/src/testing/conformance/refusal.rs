//! What a store must answer where it does not support something.

use super::Ability;
use super::material::{append, events, stream};
use super::observe::assert_nothing_written;
use super::subject::Subject;
use crate::{AppendError, AppendId, ExpectedVersion, ReadError};

/// Checks that the store refuses what it does not support, and that refusing changes nothing.
pub(super) async fn assert_refused(ability: Ability, mut subject: Subject) {
    match ability {
        Ability::MultiStreamAppend => {
            let append = append("Claim/1", ExpectedVersion::Any, 1..=1)
                .and(stream("Claim/2"), ExpectedVersion::Any, events(2..=2))
                .expect("a valid append");
            assert_append_unsupported(&subject, append).await;
        }
        Ability::CheckOnlyStreams => {
            let append = append("Claim/1", ExpectedVersion::Any, 1..=1)
                .check(stream("Claim/2"), ExpectedVersion::NoStream)
                .expect("a valid append");
            assert_append_unsupported(&subject, append).await;
        }
        Ability::AppendIdsForAny => {
            let id = AppendId::new(uuid::Uuid::from_u128(77));
            let append = append("Claim/1", ExpectedVersion::Any, 1..=1).with_id(id);
            assert_append_unsupported(&subject, append).await;
        }
        Ability::EventIdLookup => {
            let answer = subject.events().read_event(events(1..=1)[0].id).await;
            assert!(
                matches!(answer, Err(ReadError::Unsupported { .. })),
                "answered {answer:?}"
            );
        }
        Ability::Snapshots => {
            assert!(
                subject.maybe_snapshots().is_none(),
                "has snapshots and does not declare them"
            );
        }
        Ability::Checkpoints => {
            let there = subject.maybe_checkpoints().is_some();
            assert!(!there, "has checkpoints and does not declare them");
        }
        Ability::Documents => {
            let there = subject.maybe_documents().is_some();
            assert!(!there, "has documents and does not declare them");
        }
        Ability::HashChain => {
            let there = subject.maybe_links().is_some();
            assert!(!there, "has links and does not declare them");
        }
        Ability::Restart => {
            assert!(
                !subject.try_reopen().await,
                "was restarted and does not declare that"
            );
        }
        Ability::ManualClock => {
            assert!(
                subject.maybe_clock().is_none(),
                "has a clock and does not declare it"
            );
        }
    }
}

async fn assert_append_unsupported(subject: &Subject, append: crate::Append) {
    let store = subject.events();
    let answer = store.append(append).await;
    assert!(
        matches!(answer, Err(AppendError::Unsupported { .. })),
        "answered {answer:?}"
    );
    assert_nothing_written(&*store).await;
}
