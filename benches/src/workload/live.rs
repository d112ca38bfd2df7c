//! Live: how long an acknowledged event takes to a subscriber in the same process.

pub mod across;
mod awaited;

use std::sync::Arc;
use std::time::Instant;

use es_core::{EventFilter, EventId, EventStoreExt, Position};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::awaited::Awaited;
use super::Setting;
use crate::Failure;
use crate::closed_loop::{self, Step, Tally, Task, Until};
use crate::measure::{interleaved, side};
use crate::report::Report;
use crate::subject::Subject;
use crate::target::{Stored, Target};
use crate::traffic::Writer;

/// A task that appends, and waits for the subscription to bring the last event.
struct Publishing<T> {
    target: T,
    writer: Writer,
    awaited: Awaited<EventId>,
}

impl<T: Target> Task for Publishing<T> {
    async fn step(&mut self) -> Result<Step, Failure> {
        let work = self.writer.next_work()?;
        let events = work.events.len() as u64;
        let Some(last) = work.events.last().map(|event| event.id) else {
            return Err(Failure::broken("append")("an append without events"));
        };
        let delivered = self.awaited.expect(last);
        self.target.append(work).await?;
        let acknowledged = Instant::now();
        let delivered = delivered.await.map_err(Failure::broken("follow"))?;
        Ok(Step {
            events,
            latency: delivered.saturating_duration_since(acknowledged),
        })
    }
}

/// A task that appends the same, and hands a number to a task behind a watch channel.
struct HandingOver<T> {
    target: T,
    writer: Writer,
    awaited: Awaited<Position>,
    head: Arc<watch::Sender<Position>>,
}

impl<T: Target> Task for HandingOver<T> {
    async fn step(&mut self) -> Result<Step, Failure> {
        let work = self.writer.next_work()?;
        let events = work.events.len() as u64;
        self.target.append(work).await?;
        let acknowledged = Instant::now();
        let mut delivered = None;
        self.head.send_modify(|head| {
            *head = head.next();
            delivered = Some(self.awaited.expect(*head));
        });
        let Some(delivered) = delivered else {
            return Err(Failure::broken("hand over")("the channel did not call"));
        };
        let delivered = delivered.await.map_err(Failure::broken("hand over"))?;
        Ok(Step {
            events,
            latency: delivered.saturating_duration_since(acknowledged),
        })
    }
}

/// Measures deliveries.
///
/// # Errors
/// See [`Failure`].
pub async fn measure<S: Subject>(
    subject: &S,
    setting: &Setting<'_>,
    mut print: impl FnMut(Report),
) -> Result<(), Failure> {
    let raw = side("watch channel", || watched(subject, setting));
    let ours = side("subscription", || subscribed(subject, setting));
    let [raw, ours] = interleaved(setting.options.runs, setting.stop, [raw, ours]).await?;
    print(Report::of_latency(
        setting.options,
        "watch channel",
        &ours,
        &raw,
    ));
    Ok(())
}

async fn subscribed<S: Subject>(subject: &S, setting: &Setting<'_>) -> Result<Tally, Failure> {
    let place = subject.place(setting.scratch).await?;
    let store = subject.open(&place).await?;
    let awaited = Awaited::new();
    let subscriber = follow(store.clone(), awaited.clone());
    let target = Stored(store.clone());
    let publishing = |writer| Publishing {
        target: target.clone(),
        writer,
        awaited: awaited.clone(),
    };
    let tally = drive(setting, publishing).await?;
    end(subscriber).await;
    drop(target);
    subject.close(store).await?;
    subject.remove(place).await?;
    Ok(tally)
}

fn follow<S: EventStoreExt + Clone + 'static>(
    store: S,
    awaited: Awaited<EventId>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut events = store.subscribe(Position::START, EventFilter::all());
        loop {
            match events.next().await {
                Ok(event) => awaited.delivered(&event.id, Instant::now()),
                Err(error) => {
                    eprintln!("es-bench: {}", closed_loop::chain(&error));
                    return awaited.close();
                }
            }
        }
    })
}

async fn watched<S: Subject>(subject: &S, setting: &Setting<'_>) -> Result<Tally, Failure> {
    let place = subject.place(setting.scratch).await?;
    let store = subject.open(&place).await?;
    let head = Arc::new(watch::Sender::new(Position::START));
    let awaited = Awaited::new();
    let watcher = watch_head(head.subscribe(), awaited.clone());
    let target = Stored(store.clone());
    let handing_over = |writer| HandingOver {
        target: target.clone(),
        writer,
        awaited: awaited.clone(),
        head: Arc::clone(&head),
    };
    let tally = drive(setting, handing_over).await?;
    end(watcher).await;
    drop(target);
    subject.close(store).await?;
    subject.remove(place).await?;
    Ok(tally)
}

fn watch_head(mut head: watch::Receiver<Position>, awaited: Awaited<Position>) -> JoinHandle<()> {
    tokio::spawn(async move {
        while head.changed().await.is_ok() {
            let position = *head.borrow_and_update();
            awaited.delivered_up_to(&position);
        }
    })
}

async fn drive<T: Task>(
    setting: &Setting<'_>,
    task: impl Fn(Writer) -> T,
) -> Result<Tally, Failure> {
    let options = setting.options;
    let shape = options.shape()?;
    let writers = (0..options.concurrency).map(|number| Writer::new(&shape, number));
    let tasks: Vec<_> = writers
        .map(|writer| writer.map(&task))
        .collect::<Result<_, _>>()?;
    let until = Until::Elapsed(options.duration(), setting.stop.clone());
    Ok(closed_loop::run(tasks, until).await)
}

/// Ends a subscriber, which waits for ever.
async fn end(subscriber: JoinHandle<()>) {
    subscriber.abort();
    // An error says that it was aborted.
    let _ = subscriber.await;
}
