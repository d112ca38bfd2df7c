//! All that a store holds.

use es_core::{AllRange, EventStore, Position, ReadError, RecordedEvent};

/// Reads all events page by page, as the store returns them: whether they are right is for
/// [`check`](super::check) to say.
///
/// # Errors
/// Those of the store.
pub async fn read_everything(store: &dyn EventStore) -> Result<Vec<RecordedEvent>, ReadError> {
    let mut range = AllRange::after(Position::START);
    let mut events = Vec::new();
    loop {
        let page = store.read_all(&range).await?;
        events.extend(page.events);
        let stuck = page.scanned_to <= range.after;
        range.after = page.scanned_to;
        if page.at_end && stuck {
            return Ok(events);
        }
    }
}
