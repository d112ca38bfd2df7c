//! Whether a copy is what it should be.

use std::collections::VecDeque;
use std::fmt::Write;

use es_core::{AllRange, Position, RecordedEvent};
use sha2::{Digest, Sha256};

use super::{Migrated, Migration, MigrationError, MigrationProgress, Verified};

pub(super) async fn verify(
    migration: &Migration,
    mut progress: impl FnMut(MigrationProgress),
) -> Result<Verified, MigrationError> {
    let mut target = Target::new(migration);
    let mut done = MigrationProgress::default();
    loop {
        done.head = migration.from.head().await?;
        let page = migration
            .from
            .read_all(&AllRange::after(done.position))
            .await?;
        for event in &page.events {
            let outputs = migration.outputs(event)?;
            done.read += 1;
            done.dropped += u64::from(outputs.is_empty());
            for output in &outputs {
                target.compare_next(output).await?;
                done.written += 1;
            }
        }
        done.position = page.scanned_to;
        progress(done);
        if page.at_end && page.events.is_empty() {
            target.must_end().await?;
            return Ok(Verified {
                read: done.read,
                written: done.written,
                dropped: done.dropped,
                sha256: target.sha256(),
            });
        }
    }
}

/// The target, read page by page.
struct Target<'m> {
    migration: &'m Migration,
    page: VecDeque<RecordedEvent>,
    position: Position,
    hash: Sha256,
}

impl<'m> Target<'m> {
    fn new(migration: &'m Migration) -> Self {
        Self {
            migration,
            page: VecDeque::new(),
            position: Position::START,
            hash: Sha256::new(),
        }
    }

    async fn next(&mut self) -> Result<Option<RecordedEvent>, MigrationError> {
        while self.page.is_empty() {
            let range = AllRange::after(self.position);
            let page = self.migration.to.read_all(&range).await?;
            if page.events.is_empty() && page.at_end {
                return Ok(None);
            }
            self.position = page.scanned_to;
            self.page = page.events.into();
        }
        Ok(self.page.pop_front())
    }

    async fn compare_next(&mut self, due: &Migrated) -> Result<(), MigrationError> {
        let position = self.position.next();
        let Some(found) = self.next().await? else {
            let what = "events are missing at the end; run the migration again";
            return Err(MigrationError::Differs { position, what });
        };
        let difference = [
            (found.stream == due.stream, "the stream"),
            (found.id == due.event.id, "the event id"),
            (found.name == due.event.name, "the event type"),
            (found.payload == due.event.payload, "the payload"),
            (found.metadata == due.event.metadata, "the metadata"),
        ];
        if let Some((_, what)) = difference.into_iter().find(|(same, _)| !same) {
            let position = found.position;
            return Err(MigrationError::Differs { position, what });
        }
        self.add(&found);
        Ok(())
    }

    async fn must_end(&mut self) -> Result<(), MigrationError> {
        match self.next().await? {
            None => Ok(()),
            Some(event) => Err(MigrationError::Differs {
                position: event.position,
                what: "the source has no such event",
            }),
        }
    }

    fn add(&mut self, event: &RecordedEvent) {
        let version = event.payload.version.to_string();
        for part in [
            event.stream.as_str().as_bytes(),
            event.id.uuid().as_bytes(),
            event.name.as_str().as_bytes(),
            version.as_bytes(),
            event.payload.codec.as_str().as_bytes(),
            &[event.payload.flags.bits()],
            &event.payload.data,
        ] {
            self.hash.update((part.len() as u64).to_le_bytes());
            self.hash.update(part);
        }
    }

    fn sha256(self) -> String {
        let mut text = String::with_capacity(64);
        for byte in self.hash.finalize() {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}
