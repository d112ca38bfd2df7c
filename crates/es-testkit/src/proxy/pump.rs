//! Carries the bytes of one direction of one connection.

use std::{future::pending, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::tcp::{ReadHalf, WriteHalf},
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

use super::{
    control::{Control, Peer, Settings},
    link::{Direction, Link},
};

/// How many pieces may be on their way; with their size it bounds what a connection holds.
const DEPTH: usize = 64;
const PIECE: usize = 16 * 1024;

/// The connection is to be reset.
pub(super) struct Broken;

pub(super) struct Pump {
    pub(super) direction: Direction,
    pub(super) control: Arc<Control>,
    pub(super) peer: Arc<Peer>,
    pub(super) settings: watch::Receiver<Settings>,
    /// Which version of the link the count of bytes belongs to, and the count.
    carried: (u64, u64),
}

/// What travels, and when it arrives.
struct Piece {
    due: Instant,
    what: Content,
}

enum Content {
    Bytes(Vec<u8>),
    /// The sender has closed its direction.
    End,
    /// The sender's connection broke; it travels as bytes do, so a black hole hides it.
    Broken,
}

impl Pump {
    pub(super) fn new(direction: Direction, control: &Arc<Control>, peer: &Arc<Peer>) -> Self {
        let settings = control.watch();
        let version = settings.borrow().changes(direction);
        Self {
            direction,
            control: control.clone(),
            peer: peer.clone(),
            settings,
            carried: (version, 0),
        }
    }

    /// Ends when the direction is closed, at its source or by a half-close.
    pub(super) async fn run(
        mut self,
        from: ReadHalf<'_>,
        mut to: WriteHalf<'_>,
    ) -> Result<(), Broken> {
        let (queue, pieces) = mpsc::channel(DEPTH);
        let before = self.peer.since.half_closes(self.direction);
        let half_closed = half_closed(self.settings.clone(), self.direction, before);
        let latency = Latency::new(self.settings.clone(), self.direction, self.peer.id);
        let done = tokio::select! {
            done = self.deliver(pieces, &mut to) => done,
            () = half_closed => Ok(()),
            () = collect(from, queue, latency) => Ok(()),
        };
        if done.is_ok() {
            // Of a direction that is closed already it fails, and may.
            let _ = to.shutdown().await;
        }
        done
    }

    /// Waits until bytes may pass.
    pub(super) async fn passable(&mut self) -> Result<(), Broken> {
        let (direction, peer) = (self.direction, self.peer.clone());
        let open =
            |settings: &Settings| !settings.link(direction).black_hole && !peer.is_isolated();
        let waited = self.settings.wait_for(open).await;
        waited.map(drop).map_err(|_| Broken)
    }

    async fn deliver(
        &mut self,
        mut pieces: mpsc::Receiver<Piece>,
        to: &mut WriteHalf<'_>,
    ) -> Result<(), Broken> {
        while let Some(Piece { due, what }) = pieces.recv().await {
            sleep_until(due).await;
            self.passable().await?;
            match what {
                Content::Bytes(bytes) => self.write(&bytes, to).await?,
                Content::End => return Ok(()),
                Content::Broken => return Err(Broken),
            }
        }
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8], to: &mut WriteHalf<'_>) -> Result<(), Broken> {
        let link = self.link();
        if let Some(per_second) = link.bytes_per_second {
            sleep_until(
                self.control
                    .reserve(self.direction, bytes.len(), per_second),
            )
            .await;
        }
        let left = link
            .cut_after
            .map(|limit| limit.saturating_sub(self.carried.1));
        let passing = match left.map(usize::try_from) {
            Some(Ok(left)) if left < bytes.len() => &bytes[..left],
            _ => bytes,
        };
        to.write_all(passing).await.map_err(|_| Broken)?;
        self.carried.1 += passing.len() as u64;
        if passing.len() < bytes.len() {
            return Err(Broken);
        }
        Ok(())
    }

    /// The link as it is now; a new one begins to count anew.
    fn link(&mut self) -> Link {
        let settings = self.settings.borrow();
        let version = settings.changes(self.direction);
        if self.carried.0 != version {
            self.carried = (version, 0);
        }
        settings.link(self.direction).clone()
    }
}

/// Reads on while earlier pieces are still on their way, and never ends by itself.
async fn collect(mut from: ReadHalf<'_>, queue: mpsc::Sender<Piece>, mut latency: Latency) {
    loop {
        let mut bytes = vec![0; PIECE];
        let what = match from.read(&mut bytes).await {
            Ok(0) => Content::End,
            Ok(length) => {
                bytes.truncate(length);
                Content::Bytes(bytes)
            }
            Err(_) => Content::Broken,
        };
        let last = !matches!(what, Content::Bytes(_));
        let due = latency.due();
        if queue.send(Piece { due, what }).await.is_err() || last {
            return pending().await;
        }
    }
}

/// Completes when this direction is half-closed once more.
async fn half_closed(mut settings: watch::Receiver<Settings>, direction: Direction, before: u64) {
    let changed = |settings: &Settings| settings.half_closes(direction) != before;
    if settings.wait_for(changed).await.is_err() {
        pending().await
    }
}

/// When the pieces of a connection arrive: late, and in order.
struct Latency {
    settings: watch::Receiver<Settings>,
    direction: Direction,
    last: Instant,
    random: u64,
}

impl Latency {
    fn new(settings: watch::Receiver<Settings>, direction: Direction, connection: u64) -> Self {
        Self {
            settings,
            direction,
            last: Instant::now(),
            // The same for the same connection in each run, and never zero.
            random: (connection << 1 | direction as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
        }
    }

    fn due(&mut self) -> Instant {
        let (delay, jitter) = {
            let settings = self.settings.borrow();
            let link = settings.link(self.direction);
            (link.delay, link.jitter)
        };
        let due = Instant::now() + delay + self.part_of(jitter);
        self.last = self.last.max(due);
        self.last
    }

    fn part_of(&mut self, jitter: Duration) -> Duration {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        jitter.mul_f64((self.random >> 11) as f64 / (1_u64 << 53) as f64)
    }
}
