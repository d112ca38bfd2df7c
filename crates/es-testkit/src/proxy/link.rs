//! What a proxy does to the bytes of one direction.

use std::time::Duration;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From who connected, to the target.
    ToServer,
    /// From the target, back to who connected.
    ToClient,
}

/// What happens to the bytes of one direction. The default lets them pass.
///
/// The parts go together: bytes may be late and slow at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link {
    /// How late bytes arrive. What follows is not held up further: a stream is late, not slow.
    pub delay: Duration,
    /// Up to how much later than `delay`, at random; the order stays.
    pub jitter: Duration,
    /// The bandwidth that all connections of the proxy share.
    pub bytes_per_second: Option<u64>,
    /// Whether nothing passes. Connections stay open, also new ones, and what was sent arrives when
    /// the hole is closed, as after a cable that was plugged in again.
    pub black_hole: bool,
    /// After how many further bytes of a connection both its ends are reset. With 0, requests
    /// arrive, and the first byte of a reply ends the connection.
    pub cut_after: Option<u64>,
}

impl Link {
    /// Bytes pass.
    pub fn pass() -> Self {
        Self::default()
    }

    /// Bytes are late by `delay` and a random part of `jitter`.
    pub fn late(delay: Duration, jitter: Duration) -> Self {
        Self {
            delay,
            jitter,
            ..Self::default()
        }
    }

    /// No more bytes pass in a second than these.
    pub fn slow(bytes_per_second: u64) -> Self {
        Self {
            bytes_per_second: Some(bytes_per_second.max(1)),
            ..Self::default()
        }
    }

    /// Nothing passes, and nobody is told.
    pub fn black_hole() -> Self {
        Self {
            black_hole: true,
            ..Self::default()
        }
    }

    /// Each connection is reset once it carried so many further bytes in this direction.
    pub fn cut_after(bytes: u64) -> Self {
        Self {
            cut_after: Some(bytes),
            ..Self::default()
        }
    }
}
