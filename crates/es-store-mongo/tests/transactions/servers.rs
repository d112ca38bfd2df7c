//! Servers that differ in how long they let a transaction stand open.

use es_testkit::mongo::{Server, ServerOptions};
use tokio::sync::OnceCell;

/// One that ends a transaction which nobody commits after two seconds.
pub(crate) async fn quick() -> &'static Server {
    static SERVER: OnceCell<Server> = OnceCell::const_new();
    SERVER.get_or_init(|| start(2)).await
}

/// One on which a test may hold a transaction open, however busy the machine is.
pub(crate) async fn patient() -> &'static Server {
    static SERVER: OnceCell<Server> = OnceCell::const_new();
    SERVER.get_or_init(|| start(120)).await
}

async fn start(transaction_seconds: u32) -> Server {
    let mut options = ServerOptions::default();
    options.transaction_seconds = transaction_seconds;
    Server::start(options).await.unwrap()
}
