//! Connections that are dead and do not say so: a router forgot them, and drops what comes.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use es_core::{EventStore, Position};
use es_store_mongo::{MongoOptions, MongoStore};
use es_testkit::mongo::{Server, ServerOptions};
use es_testkit::{FaultProxy, Link};

use crate::log::{NEW, exact, numbers, one_event, open, pause, stored, until_answered};

const NAME: &str = "half-open";
/// The promise: appends go on sooner than this.
const SOON: Duration = Duration::from_secs(15);
/// After which the driver closes a connection that nobody uses.
const IDLE: u64 = 300;

/// A way to the server that can be closed for those who are on it, while others take another:
/// connections that were made before a change of the target stay where they are.
struct Ways {
    server: SocketAddr,
    /// What the client connects to.
    front: FaultProxy,
    /// Where the front one leads at first.
    back: FaultProxy,
}

impl Ways {
    fn to(server: &Server) -> Self {
        let server = SocketAddr::from((Ipv4Addr::LOCALHOST, server.port()));
        let back = FaultProxy::start(server).unwrap();
        let front = FaultProxy::start(back.address()).unwrap();
        Self {
            server,
            front,
            back,
        }
    }

    /// Has new connections go another way, which is as good.
    fn branch_off(&mut self) -> FaultProxy {
        let back = FaultProxy::start(self.server).unwrap();
        self.front.point_to(back.address());
        std::mem::replace(&mut self.back, back)
    }

    /// Nothing passes any more for who is on the way now; new connections go straight.
    fn forget(&self) {
        self.front.point_to(self.server);
        self.back.set_both(Link::black_hole());
    }

    async fn open(&self) -> MongoStore {
        let address = self.front.address();
        let options = format!("directConnection=true&maxIdleTimeMS={IDLE}");
        let uri = format!("mongodb://{address}/{NAME}?{options}");
        open(&uri, NAME, MongoOptions::default()).await
    }
}

/// Appends until the way is closed, and asserts that it goes on soon after that.
async fn appends_go_on(store: &MongoStore, ways: &Ways, uri: &str) {
    let mut version = 1;
    for _ in 0..10 {
        let append = one_event(1, exact(version), version + 1);
        store.append(append).await.unwrap();
        version += 1;
    }
    assert!(ways.back.open() > 0, "nobody is on the way");
    ways.forget();
    let forgotten = Instant::now();
    let append = one_event(1, exact(version), version + 1);
    let appended = until_answered(store, &append).await;
    let took = forgotten.elapsed();
    println!("went on after {took:?}");
    assert_eq!(appended.last_position, Position::new(version + 1));
    let all: Vec<_> = (1..=version + 1).collect();
    assert_eq!(numbers(&stored(uri).await), all);
    assert!(took < SOON, "went on only after {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_go_on_when_all_connections_are_dead_and_new_ones_work() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let ways = Ways::to(&server);
    let store = ways.open().await;
    store.append(one_event(1, NEW, 1)).await.unwrap();
    appends_go_on(&store, &ways, &server.uri_for(NAME)).await;
}

/// The connections on which the driver watches the server are good, so it sees nothing wrong.
#[tokio::test(flavor = "multi_thread")]
async fn appends_go_on_when_only_the_connection_of_the_appends_is_dead() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let mut ways = Ways::to(&server);
    let store = ways.open().await;
    store.append(one_event(1, NEW, 1)).await.unwrap();
    let _watching = ways.branch_off();
    // Those of the appends are closed meanwhile, as idle, and made anew on the other way.
    pause(4 * IDLE).await;
    appends_go_on(&store, &ways, &server.uri_for(NAME)).await;
}
