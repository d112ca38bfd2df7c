//! Takes the steps from the layout in the database to the one of this program.

use std::pin::pin;
use std::time::Duration;

use es_core::{Clock, SystemClock};
use futures_util::future::{Either, select};

use super::claim::Claim;
use super::layout_document;
use super::{MigrateError, Migration};
use crate::database::Database;

/// How long a claim is good for after its process died.
const LEASE: Duration = Duration::from_secs(30);
/// How often to look whether another process is done.
const PAUSE: Duration = Duration::from_millis(200);

/// Brings a database forward, together with other processes that do the same.
#[derive(Debug)]
pub(super) struct Runner<'a> {
    database: &'a Database,
    migrations: &'a [&'a dyn Migration],
    /// Whether a new log is chained.
    chained: bool,
    lease: Duration,
    pause: Duration,
}

impl<'a> Runner<'a> {
    pub(super) fn new(database: &'a Database, migrations: &'a [&'a dyn Migration]) -> Self {
        Self {
            database,
            migrations,
            chained: false,
            lease: LEASE,
            pause: PAUSE,
        }
    }

    /// Chains the log if it is new.
    pub(super) fn chained(mut self, chained: bool) -> Self {
        self.chained = chained;
        self
    }

    /// With another lease, and another pause between two looks.
    #[cfg(test)]
    pub(super) fn patience(mut self, lease: Duration, pause: Duration) -> Self {
        (self.lease, self.pause) = (lease, pause);
        self
    }

    pub(super) async fn run(&self) -> Result<(), MigrateError> {
        let supported = i32::try_from(self.migrations.len() + 1).unwrap_or(i32::MAX);
        loop {
            let found = self.version(supported).await?;
            let step = usize::try_from(found - 1).unwrap_or_default();
            match self.migrations.get(step) {
                Some(migration) => self.take_step(*migration, found).await?,
                None if found == supported => return Ok(()),
                None => return Err(MigrateError::Newer { found, supported }),
            }
        }
    }

    /// The layout in the database; that of this program is noted if there is nothing yet.
    async fn version(&self, of_new_ones: i32) -> Result<i32, MigrateError> {
        if let Some(version) = layout_document::read(self.database).await? {
            return Ok(version);
        }
        if !layout_document::has_events(self.database).await? {
            layout_document::create(self.database, of_new_ones, self.chained).await?;
        }
        // Another process may have made it and appended events since the first look.
        let version = layout_document::read(self.database).await?;
        version.ok_or(MigrateError::Unknown)
    }

    /// Takes the step, or waits a moment while another process does.
    async fn take_step(&self, migration: &dyn Migration, from: i32) -> Result<(), MigrateError> {
        let Some(claim) = Claim::take(self.database, from, self.lease).await? else {
            SystemClock.sleep(self.pause).await;
            return Ok(());
        };
        tracing::info!(to = from + 1, "migrating the layout of the events");
        let done = {
            let step = migration.run(self.database);
            let renewed = keep(&claim);
            match select(pin!(step), pin!(renewed)).await {
                Either::Left((done, _)) => done,
                Either::Right((lost, _)) => return Err(lost),
            }
        };
        match done {
            Ok(()) => claim.finish().await.map(drop),
            Err(source) => {
                claim.give_back().await?;
                Err(MigrateError::Failed {
                    to: from + 1,
                    source,
                })
            }
        }
    }
}

/// Renews a claim until that fails.
async fn keep(claim: &Claim<'_>) -> MigrateError {
    loop {
        SystemClock.sleep(claim.lease() / 3).await;
        if let Err(error) = claim.renew().await {
            return error;
        }
    }
}
