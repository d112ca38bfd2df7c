//! Which process holds the other end of a connection on this machine, as Linux tells it.

use std::{
    fs, io,
    net::{IpAddr, SocketAddr},
};

const TABLE: &str = "/proc/net/tcp";

/// Whether it can be told at all.
pub(crate) fn known() -> io::Result<()> {
    fs::metadata(TABLE).map(drop)
}

/// Whether the socket with this local address belongs to one of these processes.
pub(crate) fn belongs_to(address: SocketAddr, processes: &[u32]) -> bool {
    let Some(inode) = inode(address) else {
        return false;
    };
    let name = format!("socket:[{inode}]");
    processes.iter().any(|id| holds(*id, &name))
}

fn inode(address: SocketAddr) -> Option<u64> {
    let wanted = as_listed(address)?;
    let table = fs::read_to_string(TABLE).ok()?;
    table.lines().skip(1).find_map(|line| {
        let mut words = line.split_whitespace();
        let inode = || line.split_whitespace().nth(9)?.parse().ok();
        (words.nth(1)? == wanted).then(inode).flatten()
    })
}

/// `127.0.0.1:80` as `0100007F:0050`: the address in the byte order of the machine.
fn as_listed(address: SocketAddr) -> Option<String> {
    let IpAddr::V4(ip) = address.ip() else {
        return None;
    };
    let ip = u32::from_ne_bytes(ip.octets());
    Some(format!("{ip:08X}:{:04X}", address.port()))
}

fn holds(process: u32, name: &str) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{process}/fd")) else {
        return false;
    };
    descriptors
        .flatten()
        .filter_map(|descriptor| fs::read_link(descriptor.path()).ok())
        .any(|link| link.as_os_str() == name)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_holder_of_the_other_end_is_found() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (_server, peer) = listener.accept().unwrap();
        assert!(belongs_to(peer, &[1_000_000_000, std::process::id()]));
        assert!(!belongs_to(peer, &[1_000_000_000]));
        known().unwrap();
    }
}
