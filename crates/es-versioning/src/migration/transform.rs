//! What becomes of one event.

use es_core::{BoxError, RecordedEvent};

use super::Migrated;

/// Says what becomes of one event of the source: none, one or several of the target.
///
/// # Contract
/// The same event always becomes the same, so that a run that was interrupted, and a verification,
/// come to the same result.
pub trait Transform: Send + Sync {
    /// What becomes of an event.
    ///
    /// # Errors
    /// Of any kind; it stops the migration at this event.
    fn transform(&self, event: &RecordedEvent) -> Result<Vec<Migrated>, BoxError>;
}

impl<F> Transform for F
where
    F: Fn(&RecordedEvent) -> Result<Vec<Migrated>, BoxError> + Send + Sync,
{
    fn transform(&self, event: &RecordedEvent) -> Result<Vec<Migrated>, BoxError> {
        self(event)
    }
}
