//! The proxy's faults, each seen from both ends of plain TCP connections.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a panic with a message is how a test fails, and sockets live in real time"
)]

use std::{
    io::ErrorKind,
    net::SocketAddr,
    time::{Duration, Instant},
};

use es_testkit::{Direction, FaultProxy, Link};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{sleep, timeout},
};

/// Long enough for anything that is to happen here, and for what is not.
const SOON: Duration = Duration::from_secs(10);
const NEVER: Duration = Duration::from_millis(300);

/// A server that hands out its connections.
struct Target {
    address: SocketAddr,
    accepted: mpsc::UnboundedReceiver<TcpStream>,
}

impl Target {
    async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, accepted) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if sender.send(stream).is_err() {
                    break;
                }
            }
        });
        Self { address, accepted }
    }

    async fn next(&mut self) -> TcpStream {
        timeout(SOON, self.accepted.recv()).await.unwrap().unwrap()
    }

    async fn nobody_comes(&mut self) {
        assert!(timeout(NEVER, self.accepted.recv()).await.is_err());
    }
}

/// A proxy with one connection through it, held at both ends.
struct Pair {
    proxy: FaultProxy,
    target: Target,
    client: TcpStream,
    server: TcpStream,
}

impl Pair {
    async fn connect() -> Self {
        let mut target = Target::listen().await;
        let proxy = FaultProxy::start(target.address).unwrap();
        let client = TcpStream::connect(proxy.address()).await.unwrap();
        let server = target.next().await;
        Self {
            proxy,
            target,
            client,
            server,
        }
    }
}

async fn arrives(from: &mut TcpStream, to: &mut TcpStream, text: &str) -> Duration {
    let started = Instant::now();
    from.write_all(text.as_bytes()).await.unwrap();
    assert_eq!(read(to, text.len()).await, text);
    started.elapsed()
}

async fn read(from: &mut TcpStream, length: usize) -> String {
    let mut bytes = vec![0; length];
    timeout(SOON, from.read_exact(&mut bytes))
        .await
        .unwrap()
        .unwrap();
    String::from_utf8(bytes).unwrap()
}

async fn nothing_arrives(at: &mut TcpStream) {
    let mut byte = [0];
    assert!(timeout(NEVER, at.read(&mut byte)).await.is_err());
}

async fn ends(at: &mut TcpStream) {
    let mut byte = [0];
    assert_eq!(timeout(SOON, at.read(&mut byte)).await.unwrap().unwrap(), 0);
}

async fn is_reset(at: &mut TcpStream) {
    let mut byte = [0];
    let error = timeout(SOON, at.read(&mut byte)).await.unwrap();
    assert_eq!(error.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

async fn is_reset_at_once(address: SocketAddr) {
    match TcpStream::connect(address).await {
        Ok(mut client) => is_reset(&mut client).await,
        // The reset came before the connection was seen as made.
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
}

#[tokio::test]
async fn bytes_pass_both_ways_and_connections_are_counted() {
    let mut pair = Pair::connect().await;
    arrives(&mut pair.client, &mut pair.server, "there").await;
    arrives(&mut pair.server, &mut pair.client, "and back").await;
    let _second = TcpStream::connect(pair.proxy.address()).await.unwrap();
    pair.target.next().await;
    assert_eq!((pair.proxy.accepted(), pair.proxy.open()), (2, 2));
}

#[tokio::test]
async fn large_amounts_arrive_whole_and_in_order() {
    let Pair {
        proxy,
        mut client,
        mut server,
        ..
    } = Pair::connect().await;
    let late = Link::late(Duration::from_millis(2), Duration::from_millis(5));
    proxy.set(Direction::ToServer, late);
    let sent: Vec<u8> = (0..2_000_000_u32).map(|n| (n % 251) as u8).collect();
    let expected = sent.clone();
    let writing = tokio::spawn(async move {
        client.write_all(&sent).await.unwrap();
        client.shutdown().await.unwrap();
        client
    });
    let mut received = Vec::new();
    timeout(SOON, server.read_to_end(&mut received))
        .await
        .unwrap()
        .unwrap();
    assert!(received == expected);
    writing.await.unwrap();
}

#[tokio::test]
async fn an_end_on_one_side_is_an_end_of_that_direction_only() {
    let mut pair = Pair::connect().await;
    pair.client.shutdown().await.unwrap();
    ends(&mut pair.server).await;
    arrives(&mut pair.server, &mut pair.client, "still open").await;
}

#[tokio::test]
async fn a_late_link_adds_its_delay_to_one_direction() {
    let mut pair = Pair::connect().await;
    let delay = Duration::from_millis(150);
    let jitter = Duration::from_millis(50);
    pair.proxy
        .set(Direction::ToServer, Link::late(delay, jitter));
    let there = arrives(&mut pair.client, &mut pair.server, "x").await;
    let back = arrives(&mut pair.server, &mut pair.client, "x").await;
    assert!(there >= delay && back < delay, "{there:?} {back:?}");
}

#[tokio::test]
async fn a_late_link_is_not_a_slow_one() {
    let mut pair = Pair::connect().await;
    let late = Link::late(Duration::from_millis(200), Duration::ZERO);
    pair.proxy.set(Direction::ToServer, late);
    let started = Instant::now();
    for _ in 0..10 {
        pair.client.write_all(b"x").await.unwrap();
        sleep(Duration::from_millis(10)).await;
    }
    read(&mut pair.server, 10).await;
    let took = started.elapsed();
    // One delay each, one after the other, would take two seconds.
    assert!(took < Duration::from_millis(1_900), "{took:?}");
}

#[tokio::test]
async fn a_slow_link_takes_the_time_of_its_bandwidth() {
    let mut pair = Pair::connect().await;
    pair.proxy.set(Direction::ToClient, Link::slow(100_000));
    let text = "x".repeat(50_000);
    let back = arrives(&mut pair.server, &mut pair.client, &text).await;
    let there = arrives(&mut pair.client, &mut pair.server, &text).await;
    assert!(back >= Duration::from_millis(450), "{back:?}");
    assert!(there < back, "{there:?} is not faster than {back:?}");
}

#[tokio::test]
async fn a_black_hole_swallows_silently_and_delivers_when_healed() {
    let mut pair = Pair::connect().await;
    pair.proxy.set_both(Link::black_hole());
    pair.client.write_all(b"question").await.unwrap();
    pair.server.write_all(b"answer").await.unwrap();
    nothing_arrives(&mut pair.server).await;
    nothing_arrives(&mut pair.client).await;
    pair.proxy.heal();
    assert_eq!(read(&mut pair.server, 8).await, "question");
    assert_eq!(read(&mut pair.client, 6).await, "answer");
}

#[tokio::test]
async fn a_black_hole_hides_that_the_other_end_is_gone() {
    let mut pair = Pair::connect().await;
    pair.proxy.set_both(Link::black_hole());
    pair.server.set_zero_linger().unwrap();
    drop(pair.server);
    nothing_arrives(&mut pair.client).await;
    pair.proxy.heal();
    is_reset(&mut pair.client).await;
}

#[tokio::test]
async fn a_new_connection_into_a_black_hole_reaches_nobody_until_healed() {
    let mut pair = Pair::connect().await;
    pair.proxy.set_both(Link::black_hole());
    let mut client = TcpStream::connect(pair.proxy.address()).await.unwrap();
    pair.target.nobody_comes().await;
    pair.proxy.heal();
    let mut server = pair.target.next().await;
    arrives(&mut client, &mut server, "after all").await;
}

#[tokio::test]
async fn one_direction_may_be_a_black_hole_alone() {
    let mut pair = Pair::connect().await;
    pair.proxy.set(Direction::ToClient, Link::black_hole());
    arrives(&mut pair.client, &mut pair.server, "heard").await;
    pair.server.write_all(b"unheard").await.unwrap();
    nothing_arrives(&mut pair.client).await;
}

#[tokio::test]
async fn a_reset_reaches_both_ends_and_new_connections_pass() {
    let mut pair = Pair::connect().await;
    assert_eq!(pair.proxy.reset(), 1);
    is_reset(&mut pair.client).await;
    is_reset(&mut pair.server).await;
    let mut client = TcpStream::connect(pair.proxy.address()).await.unwrap();
    let mut server = pair.target.next().await;
    arrives(&mut client, &mut server, "again").await;
    assert_eq!(pair.proxy.open(), 1);
}

#[tokio::test]
async fn a_refusing_proxy_resets_new_connections_and_keeps_open_ones() {
    let mut pair = Pair::connect().await;
    pair.proxy.refuse(true);
    is_reset_at_once(pair.proxy.address()).await;
    pair.target.nobody_comes().await;
    arrives(&mut pair.client, &mut pair.server, "open").await;
    assert_eq!(pair.proxy.accepted(), 1);
    pair.proxy.heal();
    let _client = TcpStream::connect(pair.proxy.address()).await.unwrap();
    pair.target.next().await;
}

#[tokio::test]
async fn a_cut_lets_so_many_bytes_pass_and_resets_both_ends() {
    let mut pair = Pair::connect().await;
    arrives(&mut pair.client, &mut pair.server, "before the cut").await;
    pair.proxy.set(Direction::ToServer, Link::cut_after(5));
    arrives(&mut pair.client, &mut pair.server, "ab").await;
    pair.client.write_all(b"cdefgh").await.unwrap();
    assert_eq!(read(&mut pair.server, 3).await, "cde");
    is_reset(&mut pair.server).await;
    is_reset(&mut pair.client).await;
}

#[tokio::test]
async fn a_cut_of_replies_lets_requests_arrive() {
    let mut pair = Pair::connect().await;
    pair.proxy.set(Direction::ToClient, Link::cut_after(0));
    arrives(&mut pair.client, &mut pair.server, "request").await;
    pair.server.write_all(b"reply").await.unwrap();
    is_reset(&mut pair.client).await;
}

#[tokio::test]
async fn a_cut_counts_for_each_connection_alone() {
    let mut pair = Pair::connect().await;
    pair.proxy.set(Direction::ToServer, Link::cut_after(3));
    arrives(&mut pair.client, &mut pair.server, "abc").await;
    let mut client = TcpStream::connect(pair.proxy.address()).await.unwrap();
    let mut server = pair.target.next().await;
    arrives(&mut client, &mut server, "abc").await;
}

#[tokio::test]
async fn a_half_close_ends_one_direction_of_open_connections() {
    let mut pair = Pair::connect().await;
    pair.proxy.half_close(Direction::ToServer);
    ends(&mut pair.server).await;
    arrives(&mut pair.server, &mut pair.client, "still open").await;
    let mut client = TcpStream::connect(pair.proxy.address()).await.unwrap();
    let mut server = pair.target.next().await;
    arrives(&mut client, &mut server, "new ones are whole").await;
}

#[tokio::test]
async fn a_target_that_is_not_there_resets_the_client() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let proxy = FaultProxy::start(nobody).unwrap();
    is_reset_at_once(proxy.address()).await;
}

#[tokio::test]
async fn new_connections_go_where_the_proxy_points() {
    let mut pair = Pair::connect().await;
    let mut other = Target::listen().await;
    pair.proxy.point_to(other.address);
    let mut client = TcpStream::connect(pair.proxy.address()).await.unwrap();
    let mut server = other.next().await;
    arrives(&mut client, &mut server, "new").await;
    arrives(&mut pair.client, &mut pair.server, "old").await;
}

#[tokio::test]
async fn a_dropped_proxy_closes_its_port_and_its_connections() {
    let mut pair = Pair::connect().await;
    let address = pair.proxy.address();
    drop(pair.proxy);
    ends(&mut pair.client).await;
    let started = Instant::now();
    while TcpStream::connect(address).await.is_ok() {
        assert!(started.elapsed() < SOON, "still listening");
    }
}

#[test]
fn a_proxy_outlives_the_runtime_it_was_started_in() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let (proxy, listener) = runtime().block_on(async {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = FaultProxy::start(listener.local_addr().unwrap()).unwrap();
        (proxy, listener)
    });
    runtime().block_on(async {
        listener.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        arrives(&mut client, &mut server, "alive").await;
    });
}
