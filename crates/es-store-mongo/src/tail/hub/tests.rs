//! The hub against a log and a bell that do as they are told, on paused time.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use async_trait::async_trait;
use es_core::Timestamp;
use mongodb::bson::rawdoc;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::*;
use crate::tail::sources::{NoRings, Rings};

const OWN: i64 = 1;
const OTHER: i64 = 2;

/// A log of documents of one event each.
#[derive(Debug, Default)]
struct Log {
    head: AtomicU64,
    reads: AtomicUsize,
    fetches: AtomicUsize,
    fails: AtomicBool,
    hangs: AtomicBool,
}

#[async_trait]
impl TailSource for Log {
    async fn read_head(&self, _: Duration) -> Result<Position, ReadError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        // A read takes a while, in which others may ask.
        tokio::task::yield_now().await;
        if self.fails.load(Ordering::SeqCst) {
            let source = "as told".into();
            return Err(ReadError::Unavailable { source });
        }
        Ok(Position::new(self.head.load(Ordering::SeqCst)))
    }

    async fn confirmed_head(&self, patience: Duration) -> Result<Position, ReadError> {
        self.read_head(patience).await
    }

    async fn read_after(&self, position: Position) -> Result<Vec<Bytes>, ReadError> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let head = self.head.load(Ordering::SeqCst);
        Ok((position.get() + 1..=head).map(document).collect())
    }
}

/// A bell that is up, down or refused as the test says, and rings what it sends.
#[derive(Debug)]
struct Tower {
    state: watch::Receiver<Tone>,
    ropes: mpsc::UnboundedSender<mpsc::UnboundedSender<Ring>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tone {
    Up,
    Down,
    Refused,
    /// It is up and gives no sign of life.
    Silent,
}

#[async_trait]
impl RingSource for Tower {
    async fn open(&self) -> Result<Box<dyn Rings>, NoRings> {
        match *self.state.borrow() {
            Tone::Down => return Err(NoRings::Failed("as told".into())),
            Tone::Refused => return Err(NoRings::Refused("as told".into())),
            Tone::Up | Tone::Silent => {}
        }
        let (rope, rings) = mpsc::unbounded_channel();
        let _ = self.ropes.send(rope);
        let state = self.state.clone();
        Ok(Box::new(Swinging { state, rings }))
    }
}

struct Swinging {
    state: watch::Receiver<Tone>,
    rings: mpsc::UnboundedReceiver<Ring>,
}

#[async_trait]
impl Rings for Swinging {
    async fn next(&mut self) -> Result<Vec<Ring>, NoRings> {
        let ring = timeout(Duration::from_secs(1), self.rings.recv()).await;
        let tone = *self.state.borrow_and_update();
        match tone {
            Tone::Up => Ok(ring.unwrap_or(None).into_iter().collect()),
            Tone::Silent => std::future::pending().await,
            Tone::Down | Tone::Refused => Err(NoRings::Failed("as told".into())),
        }
    }
}

struct Scene {
    hub: Arc<Hub>,
    log: Arc<Log>,
    tone: watch::Sender<Tone>,
    ropes: mpsc::UnboundedReceiver<mpsc::UnboundedSender<Ring>>,
}

impl Scene {
    fn new(tone: Tone) -> Self {
        let log = Arc::new(Log::default());
        let (tone, state) = watch::channel(tone);
        let (ropes, seen) = mpsc::unbounded_channel();
        let source: Arc<dyn TailSource> = Arc::clone(&log) as _;
        Self {
            hub: Hub::with(source, Tower { state, ropes }, SECOND, 1_000_000, OWN),
            log,
            tone,
            ropes: seen,
        }
    }

    /// Another process commits, and the bell does not ring for it.
    fn commit_silently(&self, head: u64) {
        self.log.head.store(head, Ordering::SeqCst);
    }

    fn reads(&self) -> usize {
        self.log.reads.swap(0, Ordering::SeqCst)
    }

    /// Waits in the background, and says when it was over.
    fn waiter(&self, position: u64) -> tokio::task::JoinHandle<Result<Instant, ReadError>> {
        let hub = Arc::clone(&self.hub);
        tokio::spawn(async move {
            hub.wait_past(Position::new(position)).await?;
            Ok(Instant::now())
        })
    }
}

fn document(position: u64) -> Bytes {
    let first = position.cast_signed();
    Bytes::from(rawdoc! { "_id": first, "at": 0_i64, "n": 1 }.into_bytes())
}

fn ring(head: u64, writer: i64) -> Ring {
    Ring {
        head: Position::new(head),
        at: Timestamp::UNIX_EPOCH,
        writer,
        waited: false,
        chain: None,
    }
}

async fn after(duration: Duration) {
    tokio::time::sleep_until(Instant::now() + duration).await;
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn an_own_batch_wakes_its_readers_at_once_with_the_documents_there() {
    let scene = Scene::new(Tone::Up);
    let waiter = scene.waiter(0);
    after(SECOND).await;
    let then = Instant::now();
    scene.hub.own_batch(vec![document(1)], Position::new(1));
    assert_eq!(waiter.await.unwrap().unwrap(), then);
    let documents = scene.hub.buffer().after(Position::START, 10, 1_000);
    assert_eq!(documents, [document(1)]);
    assert!(scene.hub.wait_past(Position::START).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_was_there_before_anybody_waited_is_found_at_once() {
    let scene = Scene::new(Tone::Down);
    scene.commit_silently(3);
    let then = Instant::now();
    assert_eq!(scene.waiter(2).await.unwrap().unwrap(), then);
}

#[tokio::test(start_paused = true)]
async fn a_ring_of_another_process_wakes_and_brings_the_documents_once_for_all() {
    let mut scene = Scene::new(Tone::Up);
    let waiters = [scene.waiter(0), scene.waiter(0), scene.waiter(0)];
    let rope = scene.ropes.recv().await.unwrap();
    after(SECOND * 3 / 2).await;
    let then = Instant::now();
    scene.commit_silently(2);
    rope.send(ring(2, OTHER)).unwrap();
    for waiter in waiters {
        assert_eq!(waiter.await.unwrap().unwrap(), then);
    }
    assert_eq!(scene.log.fetches.load(Ordering::SeqCst), 1);
    let documents = scene.hub.buffer().after(Position::START, 10, 1_000);
    assert_eq!(documents, [document(1), document(2)]);
}

#[tokio::test(start_paused = true)]
async fn the_ring_of_an_own_batch_waits_for_its_documents() {
    let mut scene = Scene::new(Tone::Up);
    let waiter = scene.waiter(0);
    let rope = scene.ropes.recv().await.unwrap();
    rope.send(ring(1, OWN)).unwrap();
    after(SECOND / 2).await;
    assert!(!waiter.is_finished());
    scene.hub.own_batch(vec![document(1)], Position::new(1));
    waiter.await.unwrap().unwrap();
    assert_eq!(scene.log.fetches.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn what_the_bell_did_not_tell_is_found_by_the_timer() {
    let mut scene = Scene::new(Tone::Up);
    let waiter = scene.waiter(0);
    let _rope = scene.ropes.recv().await.unwrap();
    after(3 * SECOND).await;
    scene.commit_silently(1);
    let then = Instant::now();
    let late = waiter.await.unwrap().unwrap() - then;
    assert!(late <= 2 * SECOND, "{late:?}");

    after(60 * SECOND).await;
    let waiter = scene.waiter(1);
    after(40 * SECOND).await;
    scene.commit_silently(2);
    let then = Instant::now();
    let late = waiter.await.unwrap().unwrap() - then;
    assert!(late <= 6 * SECOND, "{late:?} after a long silence");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_missed_while_the_bell_is_down_or_silent() {
    for (tone, at_most) in [
        (Tone::Down, SECOND),
        (Tone::Silent, 2 * SECOND),
        (Tone::Refused, SECOND / 4),
    ] {
        let scene = Scene::new(tone);
        let waiter = scene.waiter(0);
        after(100 * SECOND).await;
        scene.commit_silently(1);
        let then = Instant::now();
        let late = waiter.await.unwrap().unwrap() - then;
        assert!(late <= at_most, "{late:?} with a bell that is {tone:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_came_while_the_bell_was_down_is_found_when_it_comes_up() {
    let mut scene = Scene::new(Tone::Down);
    let waiter = scene.waiter(0);
    after(90 * SECOND).await;
    scene.commit_silently(1);
    scene.tone.send(Tone::Up).unwrap();
    scene.ropes.recv().await.unwrap();
    let up = Instant::now();
    assert!(waiter.await.unwrap().unwrap() <= up + SECOND);
}

#[tokio::test(start_paused = true)]
async fn an_idle_hub_hardly_reads_and_one_that_nobody_asks_not_at_all() {
    let scene = Scene::new(Tone::Up);
    let waiter = scene.waiter(0);
    after(60 * SECOND).await;
    scene.reads();
    after(100 * SECOND).await;
    let reads = scene.reads();
    assert!((95..=105).contains(&reads), "{reads} reads while idle");
    waiter.abort();
    after(15 * SECOND).await;
    scene.reads();
    after(1_000 * SECOND).await;
    assert_eq!(scene.reads(), 0);
}

#[tokio::test(start_paused = true)]
async fn without_a_bell_the_head_is_polled_at_least_four_times_a_second() {
    let scene = Scene::new(Tone::Refused);
    let _waiter = scene.waiter(0);
    after(10 * SECOND).await;
    scene.reads();
    after(100 * SECOND).await;
    let reads = scene.reads();
    assert!((390..=440).contains(&reads), "{reads} reads");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_is_waited_for() {
    let scene = Scene::new(Tone::Down);
    scene.log.fails.store(true, Ordering::SeqCst);
    scene.commit_silently(1);
    let waiter = scene.waiter(0);
    after(300 * SECOND).await;
    assert!(!waiter.is_finished());
    assert!(scene.reads() < 400);
    scene.log.fails.store(false, Ordering::SeqCst);
    let then = Instant::now();
    assert!(waiter.await.unwrap().unwrap() - then <= 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_hangs_does_not_keep_rings_from_waking() {
    let mut scene = Scene::new(Tone::Up);
    scene.log.hangs.store(true, Ordering::SeqCst);
    let waiter = scene.waiter(0);
    let rope = scene.ropes.recv().await.unwrap();
    after(10 * SECOND).await;
    scene.commit_silently(1);
    rope.send(ring(1, OTHER)).unwrap();
    let then = Instant::now();
    assert!(waiter.await.unwrap().unwrap() - then <= 3 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn closing_turns_away_who_waits_now_and_later() {
    let scene = Scene::new(Tone::Up);
    let waiters = [scene.waiter(0), scene.waiter(7)];
    after(SECOND).await;
    scene.hub.close();
    for waiter in waiters {
        assert!(matches!(waiter.await.unwrap(), Err(ReadError::Closed)));
    }
    assert!(matches!(
        scene.waiter(0).await.unwrap(),
        Err(ReadError::Closed)
    ));
    assert!(matches!(
        scene.hub.fresh_head().await,
        Err(ReadError::Closed)
    ));
    after(20 * SECOND).await;
    scene.reads();
    after(100 * SECOND).await;
    assert_eq!(scene.reads(), 0, "nothing goes on behind");
}

#[tokio::test(start_paused = true)]
async fn no_waiter_is_missed_however_it_falls_between_batches() {
    let scene = Scene::new(Tone::Down);
    scene.log.fails.store(true, Ordering::SeqCst);
    let hub = Arc::clone(&scene.hub);
    let writer = tokio::spawn(async move {
        for position in 1..=1_000 {
            hub.own_batch(vec![document(position)], Position::new(position));
            tokio::task::yield_now().await;
        }
    });
    let then = Instant::now();
    for position in 0..1_000 {
        let waited = scene.hub.wait_past(Position::new(position));
        waited.await.unwrap();
    }
    writer.await.unwrap();
    assert!(then.elapsed() < SECOND / 2, "no timer was needed");
}

#[tokio::test(start_paused = true)]
async fn a_fresh_head_is_read_after_it_was_asked_for_and_once_for_many() {
    let scene = Scene::new(Tone::Down);
    let ask = || {
        let hub = Arc::clone(&scene.hub);
        tokio::spawn(async move { hub.fresh_head().await.unwrap().get() })
    };
    let first = ask();
    tokio::task::yield_now().await;
    scene.commit_silently(5);
    let later: Vec<_> = (0..100).map(|_| ask()).collect();
    first.await.unwrap();
    for answer in later {
        assert_eq!(answer.await.unwrap(), 5);
    }
    let reads = scene.reads();
    assert!((2..=4).contains(&reads), "{reads} reads");
    assert_eq!(scene.hub.head(), Position::new(5));
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_a_fresh_head_learns_that_the_server_is_away() {
    let scene = Scene::new(Tone::Down);
    scene.log.fails.store(true, Ordering::SeqCst);
    let error = scene.hub.fresh_head().await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    scene.log.fails.store(false, Ordering::SeqCst);
    assert!(scene.hub.fresh_head().await.is_ok());
}
