//! Answers that wait for the commit.

use es_core::{AppendError, Appended, CheckpointError, DocumentError, Revision, SnapshotError};
use tokio::sync::OwnedSemaphorePermit;

use crate::error::Refused;
use crate::queue::Reply;

/// How a commit ended.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    /// Everything in it is durable.
    Durable,
    /// Nothing in it was written.
    Nothing(Refused),
    /// Nobody knows.
    Unknown(Refused),
}

/// What an answer stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    /// It is true whatever becomes of the commit.
    Durable,
    /// It is true if the commit is.
    Commit,
}

/// The answers to the jobs of one commit, in order.
#[derive(Debug, Default)]
pub(super) struct Answers(Vec<Answer>);

#[derive(Debug)]
enum Answer {
    Append {
        reply: Reply<Appended, AppendError>,
        result: Result<Appended, AppendError>,
        ground: Ground,
        id: es_core::AppendId,
        room: OwnedSemaphorePermit,
    },
    Checkpoint(Reply<(), CheckpointError>, Result<(), CheckpointError>),
    Document(
        Reply<Revision, DocumentError>,
        OwnedSemaphorePermit,
        Result<Revision, DocumentError>,
    ),
    Snapshot(Reply<(), SnapshotError>, Option<OwnedSemaphorePermit>),
}

impl Answers {
    pub(super) fn append(
        &mut self,
        id: es_core::AppendId,
        reply: Reply<Appended, AppendError>,
        room: OwnedSemaphorePermit,
        result: Result<Appended, AppendError>,
        ground: Ground,
    ) {
        self.0.push(Answer::Append {
            reply,
            result,
            ground,
            id,
            room,
        });
    }

    pub(super) fn checkpoint(
        &mut self,
        reply: Reply<(), CheckpointError>,
        result: Result<(), CheckpointError>,
    ) {
        self.0.push(Answer::Checkpoint(reply, result));
    }

    pub(super) fn document(
        &mut self,
        reply: Reply<Revision, DocumentError>,
        room: OwnedSemaphorePermit,
        result: Result<Revision, DocumentError>,
    ) {
        self.0.push(Answer::Document(reply, room, result));
    }

    pub(super) fn snapshot(
        &mut self,
        reply: Reply<(), SnapshotError>,
        room: Option<OwnedSemaphorePermit>,
    ) {
        self.0.push(Answer::Snapshot(reply, room));
    }

    /// Gives all answers.
    pub(super) fn give(&mut self, outcome: &Outcome) {
        for answer in self.0.drain(..) {
            answer.give(outcome);
        }
    }
}

impl Answer {
    /// Nobody waiting any more is no error.
    fn give(self, outcome: &Outcome) {
        match self {
            Self::Append {
                reply,
                result,
                ground,
                id,
                room,
            } => {
                drop(room);
                let _ = reply.send(of_append(result, ground, id, outcome));
            }
            Self::Checkpoint(reply, result) => {
                let failed = |refused: &Refused| {
                    Err(CheckpointError::Unavailable {
                        source: refused.clone().into(),
                    })
                };
                let _ = reply.send(outcome.refusal().map_or(result, failed));
            }
            Self::Document(reply, room, result) => {
                drop(room);
                let failed = |refused: &Refused| {
                    Err(DocumentError::Unavailable {
                        source: refused.clone().into(),
                    })
                };
                let _ = reply.send(outcome.refusal().map_or(result, failed));
            }
            Self::Snapshot(reply, room) => {
                drop(room);
                let failed = |refused: &Refused| {
                    Err(SnapshotError::Unavailable {
                        source: refused.clone().into(),
                    })
                };
                let _ = reply.send(outcome.refusal().map_or(Ok(()), failed));
            }
        }
    }
}

impl Outcome {
    fn refusal(&self) -> Option<&Refused> {
        match self {
            Self::Durable => None,
            Self::Nothing(refused) | Self::Unknown(refused) => Some(refused),
        }
    }
}

fn of_append(
    result: Result<Appended, AppendError>,
    ground: Ground,
    append_id: es_core::AppendId,
    outcome: &Outcome,
) -> Result<Appended, AppendError> {
    match outcome {
        _ if ground == Ground::Durable => result,
        Outcome::Durable => result,
        Outcome::Unknown(refused) if result.is_ok() => Err(AppendError::Unknown {
            append_id,
            source: refused.clone().into(),
        }),
        // What was refused because of another append in this commit was not written anyway.
        Outcome::Unknown(refused) | Outcome::Nothing(refused) => Err(AppendError::Unavailable {
            source: refused.clone().into(),
        }),
    }
}
