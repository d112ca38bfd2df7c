//! A subscription whose deliveries are written down.

use es_core::{EventFilter, Position, ReadError, RecordedEvent, Subscription};

use super::{recorder::Recorder, store::RecordingStore};

/// Follows all events of a store, and writes down what it is given.
#[derive(Debug)]
pub struct Subscriber {
    subscription: Subscription,
    recorder: Recorder,
    name: u64,
}

impl Subscriber {
    /// Follows the store from the event after `after` on.
    pub fn new(store: &RecordingStore, after: Position) -> Self {
        let recorder = store.recorder().clone();
        let name = recorder.subscribed(store.caller(), after);
        Self {
            subscription: Subscription::new(store.clone(), after, EventFilter::all()),
            recorder,
            name,
        }
    }

    /// The next events, as soon as there are any.
    ///
    /// # Errors
    /// Those of the subscription; after a passing one, call it again.
    ///
    /// # Cancel safety
    /// Dropping the future loses no event.
    pub async fn next_batch(&mut self) -> Result<Vec<RecordedEvent>, ReadError> {
        let events = self.subscription.next_batch().await?;
        self.recorder.delivered(self.name, &events);
        Ok(events)
    }

    /// Everything up to here was delivered.
    pub fn position(&self) -> Position {
        self.subscription.position()
    }
}
