//! A TCP proxy that breaks connections in the ways networks do.
//!
//! It knows nothing of what it carries. All can be changed while connections are open.

mod connection;
mod control;
mod link;
mod pump;

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
    task::{AbortHandle, JoinSet},
};

use control::Control;
pub(crate) use control::Isolation;
pub use link::{Direction, Link};

/// A proxy in front of one target. Dropped, it closes its port and its connections.
///
/// It runs on threads of its own: it does not depend on the runtime of who started it, nor on how
/// busy that is.
///
/// # Examples
/// ```no_run
/// # fn main() -> std::io::Result<()> {
/// use es_testkit::{Direction, FaultProxy, Link};
///
/// let proxy = FaultProxy::start("127.0.0.1:27017".parse().unwrap())?;
/// // Requests arrive, replies never do.
/// proxy.set(Direction::ToClient, Link::cut_after(0));
/// proxy.heal();
/// # Ok(())
/// # }
/// ```
pub struct FaultProxy {
    address: SocketAddr,
    control: Arc<Control>,
    accepting: AbortHandle,
}

impl fmt::Debug for FaultProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultProxy")
            .field("address", &self.address)
            .field("target", &self.control.target())
            .field("open", &self.open())
            .finish_non_exhaustive()
    }
}

impl FaultProxy {
    /// Listens on a free port of the loopback address; everything passes at first.
    ///
    /// # Errors
    /// Those of the system: no port, no thread.
    pub fn start(target: SocketAddr) -> io::Result<Self> {
        Self::start_on(0, target)
    }

    /// Listens on this port of the loopback address; everything passes at first.
    ///
    /// # Errors
    /// Those of the system, e.g. that the port is taken.
    pub fn start_on(port: u16, target: SocketAddr) -> io::Result<Self> {
        let runtime = runtime()?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let control = Arc::new(Control::new(target));
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let accepting = runtime.spawn(accept(listener, control.clone()));
        Ok(Self {
            address,
            control,
            accepting: accepting.abort_handle(),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it connects to.
    pub fn target(&self) -> SocketAddr {
        self.control.target()
    }

    /// Has new connections go elsewhere; open ones stay where they are.
    pub fn point_to(&self, target: SocketAddr) {
        self.control.point_to(target);
    }

    /// Changes one direction of all connections, those to come included.
    pub fn set(&self, direction: Direction, link: Link) {
        self.control
            .change(|settings| settings.set(direction, link));
    }

    /// Changes both directions alike.
    pub fn set_both(&self, link: Link) {
        self.control.change(|settings| {
            settings.set(Direction::ToServer, link.clone());
            settings.set(Direction::ToClient, link);
        });
    }

    /// Lets everything pass again, and takes new connections.
    pub fn heal(&self) {
        self.control.isolate(None);
        self.control.change(|settings| {
            settings.set(Direction::ToServer, Link::pass());
            settings.set(Direction::ToClient, Link::pass());
            settings.refuse = false;
        });
    }

    /// Resets (RST) both ends of all open connections, and returns how many there were.
    pub fn reset(&self) -> usize {
        let open = self.open();
        self.control.change(|settings| settings.resets += 1);
        open
    }

    /// Whether new connections are reset as soon as they are there.
    pub fn refuse(&self, refuse: bool) {
        self.control.change(|settings| settings.refuse = refuse);
    }

    /// Closes one direction of all open connections: who reads there sees the end, and may still
    /// write.
    pub fn half_close(&self, direction: Direction) {
        self.control
            .change(|settings| settings.half_close(direction));
    }

    /// How many connections were taken so far, those that were refused left out.
    pub fn accepted(&self) -> u64 {
        self.control.accepted()
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.control.open()
    }

    /// Puts the connections that `isolation` names into a black hole, those to come included.
    pub(crate) fn isolate(&self, isolation: Option<Isolation>) {
        self.control.isolate(isolation);
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, control: Arc<Control>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, address)) => admit(&mut connections, client, address, &control),
                // Out of descriptors, most likely: give back some, and do not turn in circles.
                Err(_) => pause().await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

fn admit(
    connections: &mut JoinSet<()>,
    client: TcpStream,
    address: SocketAddr,
    control: &Arc<Control>,
) {
    if control.refuses() {
        return connection::reset(&client);
    }
    let peer = control.enter(address);
    connections.spawn(connection::carry(client, control.clone(), peer));
}

#[allow(
    clippy::disallowed_methods,
    reason = "sockets are real, and so is the time they take"
)]
async fn pause() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// The threads of all proxies of this process.
fn runtime() -> io::Result<&'static Runtime> {
    static RUNTIME: OnceLock<io::Result<Runtime>> = OnceLock::new();
    let start = || {
        Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("fault-proxy")
            .enable_all()
            .build()
    };
    let runtime = RUNTIME.get_or_init(start).as_ref();
    runtime.map_err(|error| io::Error::new(error.kind(), error.to_string()))
}
