//! The next place in the log, reserved by a writer that lost it too often.
//!
//! Turns are learnt from those who win. A writer that always loses - its batches take several
//! round trips, or those of the others are far more frequent - is not known to anybody, so it says
//! so itself: in the one document of the collection of turns, for half a second by the server's
//! clock. Writers look at that now and then, beside their work, and hold back while another one
//! has it. Like turns this is advice. A writer that may not use the collection does without.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mongodb::bson::{RawDocument, rawdoc};
use mongodb::error::{ErrorKind, Result};
use tokio::time::{Instant, timeout};

use crate::command;
use crate::database::Database;
use crate::shared::detached;

/// How long a place is reserved; whoever dies holds up the others for no longer.
const HOLD: Duration = Duration::from_millis(500);
/// How long an answer is worth waiting for.
const PATIENCE: Duration = Duration::from_secs(1);
const UNAUTHORIZED: i32 = 13;

/// One writer's view of it. Clones share what was seen.
#[derive(Debug, Clone)]
pub(super) struct Reservation {
    writer: i64,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Who has it, and until when.
    holder: Option<(i64, Instant)>,
    looked_at: Option<Instant>,
    looking: bool,
    /// This user may not use the collection.
    refused: bool,
}

impl Reservation {
    pub(super) fn new(writer: i64) -> Self {
        Self {
            writer,
            seen: Arc::default(),
        }
    }

    /// Whether another writer has it, as far as was seen.
    pub(super) fn is_anothers(&self) -> bool {
        self.holder().is_some_and(|holder| holder != self.writer)
    }

    /// Whether this writer has it.
    pub(super) fn is_own(&self) -> bool {
        self.holder() == Some(self.writer)
    }

    /// Begins to look who has it, unless that was done within `every`. Does not wait.
    pub(super) fn look_beside(&self, database: &Database, every: Duration) {
        if self.begins_look(every) {
            let (this, database) = (self.clone(), database.clone());
            tokio::spawn(async move { this.look(&database).await });
        }
    }

    /// Looks who has it.
    pub(super) async fn look(&self, database: &Database) {
        let found = answered(database.clone(), read).await;
        let mut seen = self.seen();
        seen.looking = false;
        seen.looked_at = Some(Instant::now());
        match found {
            Ok(holder) => seen.holder = holder,
            Err(error) => seen.failed(&error),
        }
    }

    /// Asks for it, or for more of it; whether this writer has it now.
    pub(super) async fn ask(&self, database: &Database) -> bool {
        if self.seen().refused {
            return false;
        }
        let writer = self.writer;
        let asked = answered(database.clone(), move |database| take(database, writer)).await;
        match asked {
            Ok(true) => {
                self.seen().holder = Some((writer, Instant::now() + HOLD));
                true
            }
            Ok(false) => {
                self.look(database).await;
                false
            }
            Err(error) => {
                self.seen().failed(&error);
                false
            }
        }
    }

    /// Gives it back. Does not wait.
    pub(super) fn give_back(&self, database: &Database) {
        self.seen().holder = None;
        let (writer, database) = (self.writer, database.clone());
        tokio::spawn(answered(database, move |database| free(database, writer)));
    }

    fn holder(&self) -> Option<i64> {
        let holder = self.seen().holder;
        holder
            .filter(|(_, until)| Instant::now() < *until)
            .map(|(writer, _)| writer)
    }

    fn begins_look(&self, every: Duration) -> bool {
        let mut seen = self.seen();
        let due = seen.looked_at.is_none_or(|at| at.elapsed() >= every);
        let begins = due && !seen.looking && !seen.refused;
        seen.looking |= begins;
        begins
    }

    /// Each change leaves it whole.
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn failed(&mut self, error: &mongodb::error::Error) {
        let refused =
            matches!(error.kind.as_ref(), ErrorKind::Command(error) if error.code == UNAUTHORIZED);
        if refused && !self.refused {
            tracing::info!(
                "this user may not use the collection of turns: a writer that always loses the \
                 race for a place is not waited for"
            );
        }
        self.refused |= refused;
        tracing::debug!(%error, "the reserved place could not be looked at");
    }
}

async fn answered<T, F>(database: Database, work: impl FnOnce(Database) -> F) -> Result<T>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let late = |_| Err(mongodb::error::Error::custom("no answer in time"));
    timeout(PATIENCE, detached(work(database)))
        .await
        .unwrap_or_else(late)
}

async fn read(database: Database) -> Result<Option<(i64, Instant)>> {
    let find = rawdoc! {
        "find": database.turns(),
        "filter": { "_id": "next" },
        "projection": { "w": 1, "left": { "$subtract": ["$until", "$$NOW"] } },
        "limit": 1,
    };
    let concern = rawdoc! { "level": "local" };
    let found = command::find_attached(&database, database.handle(), concern, find).await?;
    let Some(found) = found.first() else {
        return Ok(None);
    };
    Ok(holder_in(RawDocument::from_bytes(found)?))
}

/// What a document of turns says, of which `left` are the milliseconds that are left.
fn holder_in(document: &RawDocument) -> Option<(i64, Instant)> {
    let writer = document.get_i64("w").ok()?;
    let left = u64::try_from(document.get_i64("left").ok()?).ok()?;
    let left = Duration::from_millis(left).min(HOLD);
    Some((writer, Instant::now() + left))
}

/// Whether it was free, or this writer's already. Without a majority: it may be lost, as it is
/// only advice.
async fn take(database: Database, writer: i64) -> Result<bool> {
    let hold = i64::try_from(HOLD.as_millis()).unwrap_or(i64::MAX);
    let mine = rawdoc! { "$or": [
        { "$eq": ["$w", writer] },
        // Of a document that is not there this is true, too.
        { "$lte": ["$until", "$$NOW"] },
    ] };
    let command = rawdoc! {
        "findAndModify": database.turns(),
        "query": { "_id": "next" },
        "update": [{ "$set": {
            "w": { "$cond": [mine.clone(), writer, "$w"] },
            "until": { "$cond": [mine, { "$add": ["$$NOW", hold] }, "$until"] },
        } }],
        "upsert": true,
        "new": true,
        "writeConcern": { "w": 1 },
    };
    let reply = database.handle().run_raw_command(command).await?;
    let holder = reply.get_document("value").ok();
    let holder = holder.and_then(|value| value.get_i64("w").ok());
    Ok(holder == Some(writer))
}

async fn free(database: Database, writer: i64) -> Result<()> {
    let update = rawdoc! {
        "q": { "_id": "next", "w": writer },
        "u": [{ "$set": { "until": "$$NOW" } }],
    };
    let command = rawdoc! {
        "update": database.turns(),
        "updates": [update],
        "writeConcern": { "w": 1 },
    };
    database.handle().run_raw_command(command).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(reservation: &Reservation, writer: i64, left: Duration) {
        reservation.seen().holder = Some((writer, Instant::now() + left));
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_held_for_a_time_by_one() {
        let reservation = Reservation::new(1);
        assert!(!reservation.is_own() && !reservation.is_anothers());
        seen(&reservation, 2, HOLD);
        assert!(!reservation.is_own() && reservation.is_anothers());
        tokio::time::advance(HOLD).await;
        assert!(!reservation.is_anothers());
        seen(&reservation, 1, HOLD);
        assert!(reservation.is_own() && !reservation.is_anothers());
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_looked_at_now_and_then_by_one_at_a_time() {
        let reservation = Reservation::new(1);
        let every = Duration::from_millis(20);
        assert!(reservation.begins_look(every) && !reservation.begins_look(every));
        reservation.seen().looking = false;
        reservation.seen().looked_at = Some(Instant::now());
        assert!(!reservation.begins_look(every));
        tokio::time::advance(every).await;
        assert!(reservation.begins_look(every));
    }

    #[tokio::test]
    async fn a_document_that_promises_too_much_is_believed_for_a_while_only() {
        let document = rawdoc! { "w": 7_i64, "left": 1_000_000_i64 };
        let (writer, until) = holder_in(&document).unwrap();
        assert_eq!(writer, 7);
        assert!(until <= Instant::now() + HOLD);
        assert!(holder_in(&rawdoc! { "w": 7_i64, "left": -5_i64 }).is_none());
        assert!(holder_in(&rawdoc! {}).is_none());
    }
}
