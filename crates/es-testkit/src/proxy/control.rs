//! What the connections of a proxy share: the settings, and the list of who is connected.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use super::link::{Direction, Link};

/// Tells whether a connection from this address is cut off.
pub(crate) type Isolation = Arc<dyn Fn(SocketAddr) -> bool + Send + Sync>;

/// What can be changed while connections are open.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    links: [Link; 2],
    /// Counts the changes of a link, so that a cut counts from the last one.
    changes: [u64; 2],
    /// Counts the calls, so that each connection sees each once.
    pub(super) resets: u64,
    half_closes: [u64; 2],
    pub(super) refuse: bool,
}

impl Settings {
    pub(super) fn link(&self, direction: Direction) -> &Link {
        &self.links[direction as usize]
    }

    pub(super) fn changes(&self, direction: Direction) -> u64 {
        self.changes[direction as usize]
    }

    pub(super) fn half_closes(&self, direction: Direction) -> u64 {
        self.half_closes[direction as usize]
    }

    pub(super) fn set(&mut self, direction: Direction, link: Link) {
        self.links[direction as usize] = link;
        self.changes[direction as usize] += 1;
    }

    pub(super) fn half_close(&mut self, direction: Direction) {
        self.half_closes[direction as usize] += 1;
    }
}

/// An open connection, as those who do not carry it see it.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) id: u64,
    /// The settings when it was taken: it obeys the calls after that.
    pub(super) since: Settings,
    address: SocketAddr,
    isolated: AtomicBool,
}

impl Peer {
    pub(super) fn is_isolated(&self) -> bool {
        self.isolated.load(Ordering::Acquire)
    }
}

pub(super) struct Control {
    settings: watch::Sender<Settings>,
    target: Mutex<SocketAddr>,
    accepted: AtomicU64,
    peers: Mutex<HashMap<u64, Arc<Peer>>>,
    isolation: Mutex<Option<Isolation>>,
    /// When the limited bandwidth of a direction is free again.
    free_at: Mutex<[Instant; 2]>,
}

impl Control {
    pub(super) fn new(target: SocketAddr) -> Self {
        Self {
            settings: watch::Sender::default(),
            target: Mutex::new(target),
            accepted: AtomicU64::new(0),
            peers: Mutex::default(),
            isolation: Mutex::new(None),
            free_at: Mutex::new([Instant::now(); 2]),
        }
    }

    pub(super) fn watch(&self) -> watch::Receiver<Settings> {
        self.settings.subscribe()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Settings)) {
        self.settings.send_modify(change);
    }

    pub(super) fn refuses(&self) -> bool {
        self.settings.borrow().refuse
    }

    pub(super) fn target(&self) -> SocketAddr {
        *lock(&self.target)
    }

    pub(super) fn point_to(&self, target: SocketAddr) {
        *lock(&self.target) = target;
    }

    pub(super) fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    pub(super) fn open(&self) -> usize {
        lock(&self.peers).len()
    }

    /// Cuts off the connections that `isolation` names, those to come included.
    pub(super) fn isolate(&self, isolation: Option<Isolation>) {
        // Held throughout, so that no connection is judged by an older rule later on.
        let mut current = lock(&self.isolation);
        current.clone_from(&isolation);
        let peers: Vec<_> = lock(&self.peers).values().cloned().collect();
        for peer in peers {
            let isolated = isolation.as_ref().is_some_and(|is| is(peer.address));
            peer.isolated.store(isolated, Ordering::Release);
        }
        drop(current);
        self.settings.send_modify(|_| {});
    }

    /// Takes a connection into the list.
    pub(super) fn enter(&self, address: SocketAddr) -> Arc<Peer> {
        let id = self.accepted.fetch_add(1, Ordering::Relaxed);
        let isolation = lock(&self.isolation);
        let isolated = isolation.as_ref().is_some_and(|is| is(address));
        let peer = Arc::new(Peer {
            id,
            since: self.settings.borrow().clone(),
            address,
            isolated: AtomicBool::new(isolated),
        });
        lock(&self.peers).insert(id, peer.clone());
        peer
    }

    pub(super) fn leave(&self, peer: &Peer) {
        lock(&self.peers).remove(&peer.id);
    }

    /// When so many bytes have passed a link of limited bandwidth that all connections share.
    pub(super) fn reserve(&self, direction: Direction, bytes: usize, per_second: u64) -> Instant {
        let takes = Duration::from_secs_f64(bytes as f64 / per_second as f64);
        let free = &mut lock(&self.free_at)[direction as usize];
        *free = (*free).max(Instant::now()) + takes;
        *free
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
