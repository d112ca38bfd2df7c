//! Asking the members what they are, and waiting until they are what is wanted.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use mongodb::{
    Client,
    bson::{Document, doc},
};
use tokio::time::{sleep, timeout};

use super::{Cluster, NODES, NodeId};
use crate::mongo::{ServerError, admin};

/// How long any state may be waited for: longer than any election and any catching up.
const LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
/// A member that says nothing for so long says nothing.
const PATIENCE: Duration = Duration::from_secs(2);

/// Connections to the members, each past its proxy, for as long as somebody waits.
pub(super) struct Watch<'a> {
    cluster: &'a Cluster,
    clients: BTreeMap<NodeId, (u16, Client)>,
    started: Instant,
}

impl<'a> Watch<'a> {
    pub(super) fn new(cluster: &'a Cluster) -> Self {
        Self {
            cluster,
            clients: BTreeMap::new(),
            started: Instant::now(),
        }
    }

    /// Waits for a member that takes writes, by its own account and in the newest term.
    pub(super) async fn primary(
        &mut self,
        is_wanted: impl Fn(NodeId) -> bool,
    ) -> Result<NodeId, ServerError> {
        loop {
            let mut newest = None;
            for node in NodeId::all() {
                newest = newest.max(self.primary_since(node).await.map(|term| (term, node)));
            }
            match newest {
                Some((_, node)) if is_wanted(node) => return Ok(node),
                _ => self.go_on("the primary that was waited for").await?,
            }
        }
    }

    /// Waits until one member takes writes and all others follow it.
    pub(super) async fn steady(&mut self) -> Result<NodeId, ServerError> {
        loop {
            let primary = self.primary(|_| true).await?;
            let followers = self.followers(primary).await;
            if followers == Some(NODES - 1) {
                return Ok(primary);
            }
            self.go_on("one primary and two secondaries").await?;
        }
    }

    /// The term in which this member is primary, if it is.
    async fn primary_since(&mut self, node: NodeId) -> Option<i64> {
        let hello = self.ask(node, doc! { "hello": 1 }).await?;
        if !hello.get_bool("isWritablePrimary").unwrap_or(false) {
            return None;
        }
        let election = hello.get_object_id("electionId").ok()?;
        // The last eight bytes of an election's id are its term.
        let term = election.bytes().last_chunk::<8>().copied()?;
        Some(i64::from_be_bytes(term))
    }

    /// How many members the primary sees following.
    async fn followers(&mut self, primary: NodeId) -> Option<usize> {
        let status = self.ask(primary, doc! { "replSetGetStatus": 1 }).await?;
        let members = status.get_array("members").ok()?;
        let secondary = |member: &&mongodb::bson::Bson| {
            let state = member
                .as_document()
                .and_then(|m| m.get_str("stateStr").ok());
            state == Some("SECONDARY")
        };
        Some(members.iter().filter(secondary).count())
    }

    async fn ask(&mut self, node: NodeId, command: Document) -> Option<Document> {
        let client = self.client(node).await?;
        // In a task of its own: the driver does not like it when its futures are dropped.
        let asking = tokio::spawn(async move { admin::run(&client, command).await });
        let reply = timeout(PATIENCE, asking).await.ok()?.ok()?;
        reply.ok()
    }

    async fn client(&mut self, node: NodeId) -> Option<Client> {
        let (runs, port, uri) = self.cluster.with(node, |node| {
            (node.is_running(), node.port(), node.own_uri())
        });
        match self.clients.get(&node) {
            _ if !runs => None,
            Some((to, client)) if *to == port => Some(client.clone()),
            _ => {
                let client = admin::direct(&uri).await.ok()?;
                self.clients.insert(node, (port, client.clone()));
                Some(client)
            }
        }
    }

    /// Waits a moment before the next look, or gives up.
    async fn go_on(&self, what: &'static str) -> Result<(), ServerError> {
        if self.started.elapsed() < LIMIT {
            sleep(POLL).await;
            return Ok(());
        }
        let logs: Vec<_> = NodeId::all()
            .map(|id| {
                format!(
                    "\nthe end of the log of {id}:\n{}",
                    self.cluster.log_tail(id)
                )
            })
            .collect();
        Err(ServerError::Late {
            what,
            seconds: LIMIT.as_secs(),
            log: logs.concat(),
        })
    }
}
