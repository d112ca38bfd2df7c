//! Whether an append may happen at the head, as far as is known.

use std::collections::HashMap;

use es_core::{Append, ExpectedVersion, Position, StreamId, StreamVersion};

use super::heads::{Head, Heads};
use super::job::Job;
use super::own_writes::OwnWrites;

/// What is to be done with an append.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Put it into the batch; the versions of its written streams before it. The unique index
    /// has the last word.
    Place(Vec<StreamVersion>),
    /// It cannot happen, unless it has happened before: somebody has to look.
    Refuse,
    /// The versions of these streams must be read first.
    LookUp(Vec<StreamId>),
    /// It depends on an append before it that is not settled: judge again when it is.
    Later,
}

/// What is known at the head that the batch goes to.
pub(super) struct View<'a> {
    pub(super) heads: &'a Heads,
    pub(super) own: &'a OwnWrites,
    /// All positions after this one up to the head were written by this process.
    pub(super) alone_since: Position,
    /// The versions that the batch so far makes, and the one that is under way before it.
    pub(super) staged: [&'a HashMap<StreamId, StreamVersion>; 2],
}

/// How well the version of a stream is known.
#[derive(Clone, Copy)]
enum Known {
    /// As the batch so far leaves it, or the one before it.
    Staged(StreamVersion),
    /// True at the head.
    Certain(StreamVersion),
    /// Read after the append was called; may have grown since.
    Fresh(StreamVersion),
    /// At least this.
    Old(StreamVersion),
    Nothing,
}

enum Answer {
    Fine(StreamVersion),
    Refuse,
    LookUp,
    Later,
}

impl View<'_> {
    pub(super) fn judge(&self, job: &Job) -> Verdict {
        let append: &Append = &job.append;
        let mut versions = Vec::with_capacity(append.writes().len());
        let mut look_up = Vec::new();
        let (mut refuse, mut later) = (false, false);
        let writes = append.writes().iter().map(|write| {
            let answer = write_answer(write.expected, &self.known(&write.stream, job));
            (&write.stream, answer)
        });
        let checks = append.checks().iter().map(|check| {
            let answer = check_answer(check.expected, &self.known(&check.stream, job));
            (&check.stream, answer)
        });
        let mut written = append.writes().len();
        for (stream, answer) in writes.chain(checks) {
            match answer {
                Answer::Fine(version) if written > 0 => versions.push(version),
                Answer::Fine(_) => {}
                Answer::Refuse => refuse = true,
                Answer::LookUp => look_up.push(stream.clone()),
                Answer::Later => later = true,
            }
            written = written.saturating_sub(1);
        }
        if later {
            Verdict::Later
        } else if refuse {
            Verdict::Refuse
        } else if !look_up.is_empty() {
            Verdict::LookUp(look_up)
        } else {
            Verdict::Place(versions)
        }
    }

    fn known(&self, stream: &StreamId, job: &Job) -> Known {
        if let Some(version) = self.staged.iter().find_map(|staged| staged.get(stream)) {
            return Known::Staged(*version);
        }
        let fresh = job.looked_up.iter().find(|(of, _)| of == stream);
        let fresh = fresh.map(|(_, head)| *head);
        let own = self.own.version(stream);
        let Some(head) = self.heads.get(stream).max(fresh) else {
            return own.map_or(Known::Nothing, Known::Old);
        };
        let Head { version, known_at } = head;
        let version = own.map_or(version, |own| own.max(version));
        if known_at >= self.alone_since && self.own.reach_back_to(known_at) {
            Known::Certain(version)
        } else if fresh.is_some() {
            Known::Fresh(version)
        } else {
            Known::Old(version)
        }
    }
}

/// A write needs no certainty where the index decides: a version that is too low is taken.
fn write_answer(expected: ExpectedVersion, known: &Known) -> Answer {
    let exact = match expected {
        ExpectedVersion::NoStream => Some(StreamVersion::EMPTY),
        ExpectedVersion::Exact(version) => Some(version),
        ExpectedVersion::Any | ExpectedVersion::Exists => None,
    };
    match (*known, exact) {
        (Known::Nothing, Some(StreamVersion::EMPTY)) => Answer::Fine(StreamVersion::EMPTY),
        (Known::Nothing, _) => Answer::LookUp,
        (Known::Staged(version), _) if expected.allows(version) => Answer::Fine(version),
        // The append that this rests on may fail yet.
        (Known::Staged(_), _) => Answer::Later,
        (Known::Certain(version) | Known::Fresh(version) | Known::Old(version), _)
            if expected.allows(version) =>
        {
            Answer::Fine(version)
        }
        (Known::Certain(_) | Known::Fresh(_), _) => Answer::Refuse,
        // Versions only grow: what is passed stays passed.
        (Known::Old(version), Some(exact)) if exact < version => Answer::Refuse,
        (Known::Old(_), _) => Answer::LookUp,
    }
}

/// A stream that is only checked has no index to decide: it must be known at the head. That holds
/// when the insert at the next position wins, since anyone else's append would have taken it.
fn check_answer(expected: ExpectedVersion, known: &Known) -> Answer {
    match *known {
        Known::Staged(version) if expected.allows(version) => Answer::Fine(version),
        Known::Staged(_) => Answer::Later,
        Known::Certain(version) if expected.allows(version) => Answer::Fine(version),
        Known::Certain(_) => Answer::Refuse,
        Known::Fresh(version) if !expected.allows(version) => Answer::Refuse,
        Known::Fresh(_) | Known::Old(_) | Known::Nothing => Answer::LookUp,
    }
}

#[cfg(test)]
mod tests {
    use es_core::testing::sample_event;
    use tokio::sync::{Semaphore, oneshot};

    use super::*;
    use crate::layout::encode::EncodedAppend;

    /// The head is at position 100; others wrote at or below 50.
    const ALONE_SINCE: Position = Position::new(50);

    struct Case {
        heads: Heads,
        own: OwnWrites,
        staged: HashMap<StreamId, StreamVersion>,
        looked_up: Vec<(StreamId, Head)>,
    }

    impl Case {
        fn nothing_known() -> Self {
            Self {
                heads: Heads::new(16),
                own: OwnWrites::new(),
                staged: HashMap::new(),
                looked_up: Vec::new(),
            }
        }

        fn knows(self, version: u64, known_at: u64) -> Self {
            self.heads
                .saw(&claim(), version_of(version), Position::new(known_at));
            self
        }

        fn certain(version: u64) -> Self {
            Self::nothing_known().knows(version, 100)
        }

        fn old(version: u64) -> Self {
            Self::nothing_known().knows(version, 10)
        }

        fn fresh(version: u64) -> Self {
            let head = Head {
                version: version_of(version),
                known_at: Position::new(40),
            };
            let mut case = Self::nothing_known();
            case.looked_up.push((claim(), head));
            case
        }

        fn wrote(mut self, version: u64, position: u64) -> Self {
            let position = Position::new(position);
            self.own.note(&claim(), version_of(version), position);
            self
        }

        fn staged(version: u64) -> Self {
            let mut case = Self::nothing_known();
            case.staged.insert(claim(), version_of(version));
            case
        }

        fn verdict(self, append: Append) -> Verdict {
            let room = std::sync::Arc::new(Semaphore::new(1));
            let encoded = EncodedAppend::new(&append, false, false);
            let (reply, _) = oneshot::channel();
            let room = room.try_acquire_owned().unwrap();
            let mut job = Job::new(append, encoded, None, reply, room);
            job.looked_up = self.looked_up;
            let view = View {
                heads: &self.heads,
                own: &self.own,
                alone_since: ALONE_SINCE,
                staged: [&self.staged, &HashMap::new()],
            };
            view.judge(&job)
        }

        fn writes(self, expected: ExpectedVersion) -> Verdict {
            self.verdict(Append::new(claim(), expected, [sample_event(1)]).unwrap())
        }

        fn checks(self, expected: ExpectedVersion) -> Verdict {
            let other = StreamId::new("Account", 7).unwrap();
            let append = Append::new(other, ExpectedVersion::NoStream, [sample_event(1)]);
            self.verdict(append.unwrap().check(claim(), expected).unwrap())
        }
    }

    fn claim() -> StreamId {
        StreamId::new("Claim", 42).unwrap()
    }

    fn version_of(version: u64) -> StreamVersion {
        StreamVersion::new(version)
    }

    fn exact(version: u64) -> ExpectedVersion {
        ExpectedVersion::Exact(version_of(version))
    }

    fn place(version: u64) -> Verdict {
        Verdict::Place(vec![version_of(version)])
    }

    fn look_up() -> Verdict {
        Verdict::LookUp(vec![claim()])
    }

    #[test]
    fn a_new_stream_needs_no_look_up_since_the_index_decides() {
        let nothing = Case::nothing_known;
        assert_eq!(nothing().writes(ExpectedVersion::NoStream), place(0));
        assert_eq!(nothing().writes(exact(0)), place(0));
        assert_eq!(nothing().writes(exact(3)), look_up());
        assert_eq!(nothing().writes(ExpectedVersion::Any), look_up());
        assert_eq!(nothing().writes(ExpectedVersion::Exists), look_up());
    }

    #[test]
    fn an_old_version_is_good_enough_where_the_index_decides() {
        assert_eq!(Case::old(3).writes(exact(3)), place(3));
        assert_eq!(Case::old(3).writes(ExpectedVersion::Any), place(3));
        assert_eq!(Case::old(3).writes(ExpectedVersion::Exists), place(3));
    }

    #[test]
    fn a_version_that_is_passed_stays_passed_and_one_ahead_may_have_come() {
        assert_eq!(Case::old(3).writes(exact(2)), Verdict::Refuse);
        assert_eq!(
            Case::old(3).writes(ExpectedVersion::NoStream),
            Verdict::Refuse
        );
        assert_eq!(Case::old(3).writes(exact(4)), look_up());
        assert_eq!(Case::certain(3).writes(exact(4)), Verdict::Refuse);
        assert_eq!(Case::fresh(3).writes(exact(4)), Verdict::Refuse);
        assert_eq!(Case::old(0).writes(ExpectedVersion::Exists), look_up());
    }

    #[test]
    fn a_check_needs_to_be_true_at_the_head() {
        assert_eq!(Case::certain(3).checks(exact(3)), place(0));
        assert_eq!(Case::old(3).checks(exact(3)), look_up());
        assert_eq!(Case::fresh(3).checks(exact(3)), look_up());
        assert_eq!(Case::nothing_known().checks(exact(0)), look_up());
        assert_eq!(
            Case::nothing_known().checks(ExpectedVersion::NoStream),
            look_up()
        );
        assert_eq!(Case::certain(3).checks(exact(2)), Verdict::Refuse);
        assert_eq!(Case::fresh(3).checks(exact(2)), Verdict::Refuse);
    }

    #[test]
    fn what_was_read_before_an_own_write_counts_for_no_check_after_it() {
        let mut looked_up = Case::nothing_known().wrote(4, 90);
        let head = Head {
            version: version_of(3),
            known_at: Position::new(80),
        };
        looked_up.looked_up.push((claim(), head));
        assert_eq!(looked_up.checks(exact(3)), Verdict::Refuse);
        assert_eq!(Case::certain(3).wrote(4, 90).checks(exact(4)), place(0));
        assert_eq!(
            Case::nothing_known().wrote(4, 90).checks(exact(4)),
            look_up()
        );
    }

    #[test]
    fn what_rests_on_an_append_of_the_same_batch_waits_for_it() {
        assert_eq!(Case::staged(3).writes(exact(3)), place(3));
        assert_eq!(Case::staged(3).writes(exact(2)), Verdict::Later);
        assert_eq!(Case::staged(3).checks(exact(3)), place(0));
        assert_eq!(Case::staged(3).checks(exact(2)), Verdict::Later);
    }
}
