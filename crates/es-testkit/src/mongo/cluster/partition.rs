//! Which connections between the members, and from clients, are cut off.
//!
//! A proxy stands in front of a member, so what others send to it is cut there. What it sends itself
//! goes through the proxies of the others, which know it by the process at the other end.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use super::{NODES, NodeId, lock};
use crate::{mongo::sockets, proxy::Isolation};

/// From whom a member is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    Everybody,
    /// Clients reach it still.
    Members,
}

/// The cuts there are, and the processes of the members by which connections are told apart.
#[derive(Debug, Default)]
pub(super) struct Partitions {
    cuts: Mutex<BTreeMap<NodeId, From>>,
    processes: Mutex<[Option<u32>; NODES]>,
}

impl Partitions {
    pub(super) fn cut(&self, node: NodeId, from: From) {
        lock(&self.cuts).insert(node, from);
    }

    pub(super) fn heal(&self, node: NodeId) {
        lock(&self.cuts).remove(&node);
    }

    /// Keeps up with restarts.
    pub(super) fn process(&self, node: NodeId, id: Option<u32>) {
        lock(&self.processes)[node.0] = id;
    }

    /// What the proxy of a member has to cut off now.
    pub(super) fn at_proxy_of(self: &Arc<Self>, node: NodeId) -> Option<Isolation> {
        if lock(&self.cuts).is_empty() {
            return None;
        }
        let partitions = self.clone();
        Some(Arc::new(move |peer| partitions.separate(node, peer)))
    }

    /// Whether a connection from `peer` to this member is cut off.
    fn separate(&self, node: NodeId, peer: SocketAddr) -> bool {
        let cuts = lock(&self.cuts).clone();
        let processes = *lock(&self.processes);
        let of = |which: &dyn Fn(NodeId) -> bool| -> Vec<u32> {
            let ids = NodeId::all().zip(processes);
            let ids = ids.filter(|(other, _)| *other != node && which(*other));
            ids.filter_map(|(_, id)| id).collect()
        };
        match cuts.get(&node) {
            Some(From::Everybody) => true,
            Some(From::Members) => sockets::belongs_to(peer, &of(&|_| true)),
            None => sockets::belongs_to(peer, &of(&|other| cuts.contains_key(&other))),
        }
    }
}
