//! Committing, and what happens when that fails.
//!
//! - The disk is nearly full: nothing is taken until there is room.
//! - A commit failed, or the engine stopped before it synced: the engine can be opened again, and
//!   shows whether the batch is in it. Either way everybody gets a true answer. If it cannot be opened, the answer
//!   is "unknown", and opening is tried again with the next jobs.
//! - A sync failed: what is on disk is anybody's guess, and a second sync would lie. Nothing more
//!   is written until the store is opened anew.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::State;
use super::answers::Outcome;
use super::recent::Recent;
use crate::engine::{EngineError, Table};
use crate::error::Refused;
use crate::space;
use crate::totals::Totals;
use crate::{keys, verify};

/// How long to wait after a vain attempt to open the engine again.
const REVIVE_EVERY: Duration = Duration::from_millis(500);

/// Whether the writer can write.
#[derive(Debug)]
pub(super) enum Health {
    Up,
    /// The disk is nearly full, as of the last look.
    Full(Refused),
    /// There is no engine; the batch that it failed with may be in it or not.
    Down {
        reason: String,
        limbo: Totals,
        tried: Instant,
    },
    /// For good.
    Poisoned(String),
}

impl Health {
    pub(super) fn is_up(&self) -> bool {
        matches!(self, Self::Up | Self::Full(_))
    }

    /// Why nothing is taken just now.
    pub(super) fn refusal(&self) -> Option<Refused> {
        match self {
            Self::Up => None,
            Self::Full(refused) => Some(refused.clone()),
            Self::Down { reason, .. } => Some(Refused::EngineDown(reason.clone())),
            Self::Poisoned(reason) => Some(Refused::Poisoned(reason.clone())),
        }
    }
}

impl State {
    /// Looks whether it can write, and what time it is.
    pub(super) fn begin(&mut self) {
        if self.health.is_up() {
            self.health = self.look_at_space();
        } else if let Health::Down { limbo, tried, .. } = &self.health
            && tried.elapsed() >= REVIVE_EVERY
            && matches!(self.look_at_space(), Health::Up)
        {
            self.revive(*limbo);
        }
        self.staged.now = self.clock.now().max(self.totals.recorded_at);
    }

    fn look_at_space(&self) -> Health {
        let reserve = self.limits.reserve_bytes;
        match space::free_bytes(self.path()) {
            Some(free) if free < reserve => Health::Full(Refused::NearlyFull { free, reserve }),
            _ => Health::Up,
        }
    }

    /// Writes what is staged, and gives the answers.
    pub(super) fn commit(&mut self) {
        let outcome = if self.staged.is_empty() {
            Outcome::Durable
        } else {
            self.write()
        };
        let mut answers = std::mem::take(&mut self.staged.answers);
        answers.give(&outcome);
        self.staged.restart(self.totals);
        self.staged.answers = answers;
    }

    fn write(&mut self) -> Outcome {
        let totals = self.staged.totals;
        self.staged
            .batch
            .put(Table::Totals, keys::TOTALS.to_vec(), totals.encode());
        let shared = Arc::clone(&self.shared);
        let slot = shared.engine();
        let Some(engine) = slot.as_deref() else {
            return Outcome::Nothing(Refused::EngineDown("it is being opened again".into()));
        };
        let committed = engine.commit(&self.staged.batch);
        let settled = committed.is_ok().then(|| engine.settle());
        drop(slot);
        match (committed, settled) {
            (Err(error), _) | (_, Some(Err(error @ EngineError::Stopped(_)))) => {
                self.commit_failed(&error, totals)
            }
            (Ok(()), Some(Err(error))) => self.settle_failed(&error),
            (Ok(()), _) => {
                self.recent.add(self.staged.appends.keys().copied());
                self.publish(totals);
                Outcome::Durable
            }
        }
    }

    /// Everything up to `totals` is durable: note it, and let readers see it.
    fn publish(&mut self, totals: Totals) {
        if let Some(mark) = &mut self.mark
            && let Err(error) = mark.note(&totals)
        {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the mark was not written"
            );
        }
        let appends = totals.appends - self.totals.appends;
        self.totals = totals;
        self.heads.settle();
        self.shared.publish(totals, appends);
    }

    fn settle_failed(&mut self, error: &EngineError) -> Outcome {
        let reason = describe(error);
        tracing::error!(reason, "a sync failed; the store takes no more appends");
        self.heads.forget();
        self.shared.doubt();
        self.health = Health::Poisoned(reason.clone());
        Outcome::Unknown(Refused::Poisoned(reason))
    }

    fn commit_failed(&mut self, error: &EngineError, totals: Totals) -> Outcome {
        let reason = describe(error);
        tracing::error!(reason, "a write failed; opening the storage engine again");
        self.heads.forget();
        self.health = Health::Down {
            reason: reason.clone(),
            limbo: totals,
            tried: Instant::now(),
        };
        self.revive(totals);
        match &self.health {
            Health::Up if self.totals == totals => Outcome::Durable,
            Health::Up | Health::Full(_) => Outcome::Nothing(Refused::EngineDown(reason)),
            Health::Down { .. } => Outcome::Unknown(Refused::Interrupted(reason)),
            Health::Poisoned(reason) => Outcome::Unknown(Refused::Poisoned(reason.clone())),
        }
    }

    /// Opens the engine again; it must hold what was durable, and may hold the batch in limbo.
    fn revive(&mut self, limbo: Totals) {
        drop(self.shared.replace_engine(None));
        match self.reopened(limbo) {
            Ok(totals) => {
                self.health = Health::Up;
                self.recent = Recent::after(totals.appends);
                if totals != self.totals {
                    self.publish(totals);
                    self.staged.restart(totals);
                }
                tracing::info!("the storage engine is up again");
            }
            Err(EngineError::Damaged(error)) => {
                self.health = Health::Poisoned(format!("the data is damaged: {error}"));
            }
            Err(error) => {
                let (reason, tried) = (describe(&error), Instant::now());
                self.health = Health::Down {
                    reason,
                    limbo,
                    tried,
                };
            }
        }
    }

    fn reopened(&mut self, limbo: Totals) -> Result<Totals, EngineError> {
        let engine = (self.open_engine)()?;
        let totals = Totals::load(&*engine, self.totals.chain.is_some())?;
        if totals != self.totals && totals != limbo {
            return Err(EngineError::damaged("what was durable is no longer there"));
        }
        verify::contents(&*engine, &totals).map_err(EngineError::damaged)?;
        engine.settle()?;
        self.shared.replace_engine(Some(engine));
        Ok(totals)
    }
}

/// An error with its causes, for messages.
fn describe(error: &EngineError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
