//! The bell against a source that does as it is told, on paused time.

use es_core::{Position, Timestamp};
use tokio::sync::mpsc;

use super::*;
use crate::tail::sources::Rings;
use async_trait::async_trait;

type Said = Result<Vec<Ring>, NoRings>;

/// A source whose answers the test sends, each opening with a channel of its own.
#[derive(Debug)]
struct Scripted {
    openings: Mutex<mpsc::UnboundedReceiver<Result<mpsc::UnboundedReceiver<Said>, NoRings>>>,
    opened: mpsc::UnboundedSender<Instant>,
}

#[async_trait]
impl RingSource for Scripted {
    async fn open(&self) -> Result<Box<dyn Rings>, NoRings> {
        self.opened.send(Instant::now()).unwrap();
        let next = self.openings.lock().unwrap().try_recv();
        let rings = next.unwrap_or_else(|_| Err(failed()))?;
        Ok(Box::new(Channel(rings)))
    }
}

struct Channel(mpsc::UnboundedReceiver<Said>);

#[async_trait]
impl Rings for Channel {
    async fn next(&mut self) -> Said {
        match timeout(Duration::from_secs(1), self.0.recv()).await {
            Ok(Some(said)) => said,
            Ok(None) => Err(failed()),
            Err(_) => Ok(Vec::new()),
        }
    }
}

fn failed() -> NoRings {
    NoRings::Failed("as told".into())
}

fn ring(head: u64) -> Ring {
    Ring {
        head: Position::new(head),
        at: Timestamp::UNIX_EPOCH,
        writer: 1,
        waited: false,
        chain: None,
    }
}

/// The bell, and what the test holds of its source.
struct Scene {
    bell: Arc<Bell>,
    openings: mpsc::UnboundedSender<Result<mpsc::UnboundedReceiver<Said>, NoRings>>,
    opened: mpsc::UnboundedReceiver<Instant>,
}

impl Scene {
    fn new() -> Self {
        let (openings, scripted) = mpsc::unbounded_channel();
        let (opened, seen) = mpsc::unbounded_channel();
        let source = Scripted {
            openings: Mutex::new(scripted),
            opened,
        };
        Self {
            bell: Arc::new(Bell::new(source)),
            openings,
            opened: seen,
        }
    }

    /// The next opening works; returns what rings then.
    fn will_open(&self) -> mpsc::UnboundedSender<Said> {
        let (say, said) = mpsc::unbounded_channel();
        self.openings.send(Ok(said)).unwrap();
        say
    }

    fn times_opened(&mut self) -> usize {
        std::iter::from_fn(|| self.opened.try_recv().ok()).count()
    }
}

#[tokio::test(start_paused = true)]
async fn all_listeners_share_one_change_stream_and_hear_each_ring() {
    let mut scene = Scene::new();
    let say = scene.will_open();
    let mut listeners = [scene.bell.listen(), scene.bell.listen()];
    for listener in &mut listeners {
        assert_eq!(listener.next().await, None, "it comes up");
        assert!(listener.is_up());
    }
    for head in [3, 7] {
        say.send(Ok(vec![ring(head)])).unwrap();
        for listener in &mut listeners {
            assert_eq!(listener.next().await, Some(ring(head)));
        }
    }
    assert_eq!(scene.times_opened(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_lags_hears_the_newest_ring_once() {
    let scene = Scene::new();
    let say = scene.will_open();
    let mut listener = scene.bell.listen();
    assert_eq!(listener.next().await, None);
    for head in 1..=5 {
        say.send(Ok(vec![ring(head)])).unwrap();
    }
    tokio::time::advance(Duration::from_secs(2)).await;
    tokio::task::yield_now().await;
    let mut last = listener.next().await;
    while last != Some(ring(5)) {
        last = listener.next().await;
    }
    let quiet = timeout(Duration::from_secs(60), listener.next()).await;
    assert!(quiet.is_err(), "nothing is heard twice");
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_heard_and_the_stream_is_opened_again() {
    let scene = Scene::new();
    let (first, second) = (scene.will_open(), scene.will_open());
    let mut listener = scene.bell.listen();
    assert_eq!(listener.next().await, None);
    first.send(Err(failed())).unwrap();
    assert_eq!(listener.next().await, None);
    assert!(!listener.is_up());
    second.send(Ok(vec![ring(9)])).unwrap();
    assert_eq!(listener.next().await, None, "rings may have been missed");
    assert!(listener.is_up());
    assert_eq!(listener.next().await, Some(ring(9)));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_fails_is_asked_ever_more_rarely_but_at_least_every_two_seconds() {
    let mut scene = Scene::new();
    let _listener = scene.bell.listen();
    tokio::time::sleep_until(Instant::now() + Duration::from_secs(60)).await;
    let times = scene.times_opened();
    assert!((28..=40).contains(&times), "{times} times");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_refuses_is_asked_once_a_minute() {
    let mut scene = Scene::new();
    for _ in 0..5 {
        let refused = NoRings::Refused("as told".into());
        scene.openings.send(Err(refused)).unwrap();
    }
    let mut listener = scene.bell.listen();
    assert_eq!(listener.next().await, None);
    assert_eq!(listener.line(), Line::Refused);
    tokio::time::sleep_until(Instant::now() + Duration::from_secs(150)).await;
    assert_eq!(scene.times_opened(), 3);
}

#[tokio::test(start_paused = true)]
async fn it_ends_some_time_after_the_last_listener_left_and_starts_again_with_the_next() {
    let mut scene = Scene::new();
    let first = scene.will_open();
    drop(scene.bell.listen());
    tokio::time::sleep_until(Instant::now() + Duration::from_secs(5)).await;
    assert!(!first.is_closed(), "it lingers");
    tokio::time::sleep_until(Instant::now() + Duration::from_secs(10)).await;
    assert!(first.is_closed(), "it has ended");
    let second = scene.will_open();
    let mut listener = scene.bell.listen();
    second.send(Ok(vec![ring(1)])).unwrap();
    while listener.next().await != Some(ring(1)) {}
    assert_eq!(scene.times_opened(), 2);
}

#[tokio::test(start_paused = true)]
async fn closing_ends_it() {
    let scene = Scene::new();
    let say = scene.will_open();
    let _listener = scene.bell.listen();
    tokio::time::sleep_until(Instant::now() + Duration::from_secs(1)).await;
    scene.bell.close();
    tokio::time::sleep_until(Instant::now() + Duration::from_secs(2)).await;
    assert!(say.is_closed());
}
