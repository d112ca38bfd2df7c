//! One connection through the proxy, from its acceptance to its end.

use std::sync::Arc;

use tokio::net::TcpStream;

use super::{
    control::{Control, Peer},
    link::Direction,
    pump::{Broken, Pump},
};

/// Takes the connection out of the list, however it ends.
struct Listed {
    control: Arc<Control>,
    peer: Arc<Peer>,
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.control.leave(&self.peer);
    }
}

/// Carries a connection until it ends; if it breaks on one side, the other side is reset, too.
pub(super) async fn carry(mut client: TcpStream, control: Arc<Control>, peer: Arc<Peer>) {
    let listed = Listed { control, peer };
    let mut server = None;
    if both_ways(&mut client, &mut server, &listed).await.is_err() {
        reset(&client);
        server.iter().for_each(reset);
    }
}

async fn both_ways(
    client: &mut TcpStream,
    server: &mut Option<TcpStream>,
    listed: &Listed,
) -> Result<(), Broken> {
    let Listed { control, peer } = listed;
    let mut there = Pump::new(Direction::ToServer, control, peer);
    let mut back = Pump::new(Direction::ToClient, control, peer);
    listed.unless_reset(there.passable()).await?;
    // Not given up half-way: once the target sees a connection, a reset has to reach it.
    let Ok(stream) = TcpStream::connect(control.target()).await else {
        // That nobody is there is an answer, too, and a black hole keeps it.
        listed.unless_reset(back.passable()).await?;
        return Err(Broken);
    };
    let server = server.insert(stream);
    // Fails on a connection that is broken already, which reading it will tell.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let pumps = async {
        tokio::try_join!(
            there.run(from_client, to_server),
            back.run(from_server, to_client)
        )
        .map(drop)
    };
    listed.unless_reset(pumps).await
}

impl Listed {
    /// Does the work, or breaks it off when the connections that are open are to be reset.
    async fn unless_reset(
        &self,
        work: impl Future<Output = Result<(), Broken>>,
    ) -> Result<(), Broken> {
        let before = self.peer.since.resets;
        let mut settings = self.control.watch();
        tokio::select! {
            done = work => done,
            // If the proxy is gone, the connection goes the same way.
            _ = settings.wait_for(|now| now.resets != before) => Err(Broken),
        }
    }
}

/// Has the connection end with RST instead of FIN when it is dropped.
pub(super) fn reset(stream: &TcpStream) {
    // It fails if the connection is broken already.
    let _ = stream.set_zero_linger();
}
