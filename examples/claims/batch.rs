//! Driving many claims at once: each goes through its own plan, command by command.

use std::time::{Duration, Instant};

use event_sourcing::core::BoxError;
use event_sourcing::core::repository::{ExecuteError, Executed, LoadError};
use event_sourcing::{Metadata, Position, Repository};
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;

use crate::claim::{Claim, ClaimError};
use crate::plan::{Command, Plan, Step};
use crate::stop::Stop;

/// The claims of one run, numbered from 1.
#[derive(Debug, Clone, Copy)]
pub struct Batch {
    /// Which run on this store it is.
    pub number: u64,
    /// How many claims.
    pub claims: u64,
    /// How many of them at a time.
    pub concurrency: usize,
    /// What decides their fates.
    pub seed: u64,
}

impl Batch {
    /// The id of one claim: `2-0042`.
    #[must_use]
    pub fn id(&self, claim: u64) -> String {
        id(self.number, claim)
    }

    /// The fate of one claim.
    #[must_use]
    pub fn plan(&self, claim: u64) -> Plan {
        Plan::of(self.seed.wrapping_add(self.number), claim)
    }

    /// Drives all claims, or those that were begun when it is asked to stop.
    ///
    /// # Errors
    /// The first one that is not a refusal by the domain.
    pub async fn drive(
        self,
        claims: &Repository<Claim>,
        progress: &ProgressBar,
        stop: &Stop,
    ) -> Result<Tally, BoxError> {
        let started = Instant::now();
        // The first claim goes first, so that the next run sees that this number is taken.
        let mut tally = drive_claim(claims, &self.id(1), self.plan(1)).await?;
        let mut rest = stream::iter(2..=self.claims)
            .take_until(Box::pin(stop.clone().asked()))
            .map(|claim| {
                let (claims, id, plan) = (claims.clone(), self.id(claim), self.plan(claim));
                tokio::spawn(async move { drive_claim(&claims, &id, plan).await })
            })
            .buffer_unordered(self.concurrency);
        while let Some(driven) = rest.try_next().await? {
            tally.add(&driven?);
            progress.inc(1);
        }
        tally.took = started.elapsed();
        Ok(tally)
    }
}

/// The first number that no earlier run on this store has used.
///
/// # Errors
/// If the store cannot read.
pub async fn next_number(claims: &Repository<Claim>) -> Result<u64, LoadError> {
    let mut number = 1;
    while claims.exists(id(number, 1)).await? {
        number += 1;
    }
    Ok(number)
}

fn id(batch: u64, claim: u64) -> String {
    format!("{batch}-{claim:04}")
}

/// What came of some commands.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Claims that were created.
    pub created: u64,
    /// Commands given, creations among them.
    pub commands: u64,
    /// Events stored.
    pub events: u64,
    /// Commands refused by the domain.
    pub refused: u64,
    /// Commands that had nothing to do.
    pub idle: u64,
    /// The position of the last event.
    pub last: Position,
    /// How long it took.
    pub took: Duration,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.created += other.created;
        self.commands += other.commands;
        self.events += other.events;
        self.refused += other.refused;
        self.idle += other.idle;
        self.last = self.last.max(other.last);
    }
}

async fn drive_claim(claims: &Repository<Claim>, id: &str, plan: Plan) -> Result<Tally, BoxError> {
    let by = Metadata::new()
        .with_actor("member")
        .with_occurred_at(plan.created_at);
    let created = Claim::create(plan.category, plan.amount)?;
    let appended = claims.clone().with_metadata(by).create(id, created).await?;
    let mut tally = Tally {
        created: 1,
        commands: 1,
        events: 1,
        ..Tally::default()
    };
    tally.last = appended.last_position;
    for step in plan.steps {
        tally.commands += 1;
        match give(claims, id, step).await {
            Ok(Executed {
                appended: Some(appended),
                ..
            }) => {
                tally.events += 1;
                tally.last = appended.last_position;
            }
            Ok(_) => tally.idle += 1,
            Err(ExecuteError::Refused(_)) => tally.refused += 1,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(tally)
}

async fn give(
    claims: &Repository<Claim>,
    id: &str,
    step: Step,
) -> Result<Executed, ExecuteError<ClaimError>> {
    let by = Metadata::new()
        .with_actor(step.by)
        .with_occurred_at(step.at);
    let claims = claims.clone().with_metadata(by);
    match step.command {
        Command::Submit => claims.execute(id, Claim::submit).await,
        Command::Assess(payable) => claims.execute(id, |claim| claim.assess(payable)).await,
        Command::Reject(reason) => claims.execute(id, |claim| claim.reject(reason)).await,
        Command::Pay => claims.execute(id, Claim::pay).await,
        Command::Note(text) => claims.execute(id, |claim| claim.add_note(text)).await,
    }
}
