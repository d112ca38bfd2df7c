//! A projection: a read model fed by a subscription, with its checkpoint in the store.
//!
//! A read model that fits into memory is nothing but a fold over the events, so what is saved of
//! it is a snapshot, with the position in place of the version. It is saved before the checkpoint
//! moves. A program that dies between the two still finds the one before it, at the checkpoint;
//! one that finds none starts again at the first event.

use event_sourcing::core::{
    BoxError, CheckpointName, Clock, Payload, Snapshot, SystemClock, TypeName, TypeVersion,
};
use event_sourcing::serde::Json;
use event_sourcing::{EventFilter, Position, RecordedEvent, StreamId, StreamVersion, Subscription};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::Store;

/// What a projection builds from events.
pub trait ReadModel: Default + Serialize + DeserializeOwned {
    /// The name of the projection and of its checkpoint.
    const NAME: &'static str;

    /// Which events it wants.
    fn filter() -> EventFilter;

    /// Takes one event into the model.
    ///
    /// # Errors
    /// If the event is not what the model expects.
    fn apply(&mut self, event: &RecordedEvent) -> Result<(), BoxError>;
}

/// A read model, and the position up to which it has seen everything.
#[derive(Debug)]
pub struct Projection<'s, M> {
    store: &'s Store,
    name: CheckpointName,
    saved_as: StreamId,
    model: M,
    position: Position,
}

impl<'s, M: ReadModel> Projection<'s, M> {
    /// Goes on where the last run left off.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn resume(store: &'s Store) -> Result<Self, BoxError> {
        let name = CheckpointName::new(M::NAME)?;
        let saved_as = StreamId::new("Projection", M::NAME)?;
        let checkpoint = store.checkpoints.load_checkpoint(&name).await?;
        let at = StreamVersion::new(checkpoint.get());
        let saved = store.snapshots.load_snapshot(&saved_as, at).await?;
        let model = saved
            .filter(|saved| saved.version == at)
            .and_then(|saved| serde_json::from_slice(&saved.payload.data).ok());
        if model.is_none() && checkpoint != Position::START {
            store
                .checkpoints
                .save_checkpoint(&name, checkpoint, Position::START)
                .await?;
        }
        let position = if model.is_some() {
            checkpoint
        } else {
            Position::START
        };
        Ok(Self {
            store,
            name,
            saved_as,
            model: model.unwrap_or_default(),
            position,
        })
    }

    /// Follows the store until the event at `target`, one that the model wants, is in the model;
    /// returns how many events it took.
    ///
    /// # Errors
    /// If the store cannot read or write, or the model refuses an event.
    pub async fn catch_up_to(&mut self, target: Position) -> Result<u64, BoxError> {
        let before = self.position;
        let events = self.store.events.clone();
        let mut subscription = Subscription::new(events, before, M::filter());
        let mut taken = 0;
        while self.position < target {
            for event in subscription.next_batch().await? {
                self.model.apply(&event)?;
                taken += 1;
            }
            self.position = subscription.position();
        }
        self.save(before).await?;
        Ok(taken)
    }

    /// The read model.
    #[must_use]
    pub fn model(&self) -> &M {
        &self.model
    }

    /// Every event up to here is in the model, or not wanted.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    async fn save(&self, before: Position) -> Result<(), BoxError> {
        if self.position == before {
            return Ok(());
        }
        let data = serde_json::to_vec(&self.model)?;
        let model = Snapshot {
            stream: self.saved_as.clone(),
            version: StreamVersion::new(self.position.get()),
            name: TypeName::new(M::NAME)?,
            payload: Payload::new(Json::ID, TypeVersion::INITIAL, data),
            taken_at: SystemClock.now(),
            privacy: None,
        };
        self.store.snapshots.save_snapshot(model, 2).await?;
        self.store
            .checkpoints
            .save_checkpoint(&self.name, before, self.position)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use event_sourcing::core::testing::{run, sample_event};
    use event_sourcing::{Append, ExpectedVersion};
    use serde::Deserialize;

    use super::*;
    use crate::store::Address;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Seen(Vec<u64>);

    impl ReadModel for Seen {
        const NAME: &'static str = "seen";

        fn filter() -> EventFilter {
            EventFilter::all()
        }

        fn apply(&mut self, event: &RecordedEvent) -> Result<(), BoxError> {
            self.0.push(event.position.get());
            Ok(())
        }
    }

    async fn append(store: &Store, n: u64) -> Position {
        let (stream, any) = (StreamId::new("Claim", n).unwrap(), ExpectedVersion::Any);
        let append = Append::new(stream, any, [sample_event(n)]).unwrap();
        store.events.append(append).await.unwrap().last_position
    }

    #[test]
    fn it_goes_on_at_its_checkpoint_and_sees_each_event_once() {
        run(async {
            let store = Store::open(Address::Memory).await.unwrap();
            for n in 1..=3 {
                let last = append(&store, n).await;
                let mut seen = Projection::<Seen>::resume(&store).await.unwrap();
                assert_eq!(seen.position(), Position::new(n - 1));
                assert_eq!(seen.catch_up_to(last).await.unwrap(), 1);
                assert_eq!(seen.model().0, (1..=n).collect::<Vec<_>>());
            }
        });
    }

    #[test]
    fn it_starts_again_where_its_model_is_lost() {
        run(async {
            let store = Store::open(Address::Memory).await.unwrap();
            let last = append(&store, 1).await;
            let mut seen = Projection::<Seen>::resume(&store).await.unwrap();
            seen.catch_up_to(last).await.unwrap();
            let model = StreamId::new("Projection", Seen::NAME).unwrap();
            store.snapshots.delete_snapshots(&model).await.unwrap();

            let mut seen = Projection::<Seen>::resume(&store).await.unwrap();
            assert_eq!(seen.position(), Position::START);
            assert_eq!(seen.catch_up_to(last).await.unwrap(), 1);
            assert_eq!(seen.model(), &Seen(vec![1]));
        });
    }
}
