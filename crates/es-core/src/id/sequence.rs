//! Version 7 UUIDs that grow within a thread: RFC 9562, section 6.2, method 2.
//!
//! Random bytes are taken from the system in blocks: a call into the kernel for each event was a
//! tenth of what an appending client did.

use std::cell::RefCell;

use getrandom::Error;
use uuid::{Builder, Uuid};

const BLOCK: usize = 1024;
/// What of the UUID's last 64 bits is not its variant.
const TAIL_BITS: u32 = 62;

thread_local! {
    static SEQUENCE: RefCell<Sequence> = const { RefCell::new(Sequence::NEW) };
}

/// The next UUID of this thread.
///
/// # Errors
/// The system has no random bytes to give.
pub(super) fn next(millis: u64) -> Result<Uuid, Error> {
    SEQUENCE.with_borrow_mut(|sequence| sequence.next(millis))
}

struct Sequence {
    millis: u64,
    head: [u8; 2],
    tail: u64,
    block: [u8; BLOCK],
    used: usize,
}

impl Sequence {
    const NEW: Self = Self {
        millis: 0,
        head: [0; 2],
        tail: 0,
        block: [0; BLOCK],
        used: BLOCK,
    };

    /// Within a millisecond, and while the clock stands or goes back, the tail grows by a random
    /// step: others cannot have made the same id, and this thread's are in order.
    fn next(&mut self, millis: u64) -> Result<Uuid, Error> {
        if millis > self.millis {
            // The highest bit stays free for the steps of this millisecond.
            let tail = u64::from_le_bytes(self.random()?) >> (64 - (TAIL_BITS - 1));
            (self.head, self.tail, self.millis) = (self.random()?, tail, millis);
        } else {
            self.tail += 1 + u64::from(u32::from_le_bytes(self.random()?));
        }
        let mut random = [0; 10];
        random[..2].copy_from_slice(&self.head);
        random[2..].copy_from_slice(&self.tail.to_be_bytes());
        Ok(Builder::from_unix_timestamp_millis(self.millis, &random).into_uuid())
    }

    /// Bytes that were never given before.
    fn random<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        const { assert!(N <= BLOCK) };
        if self.used + N > BLOCK {
            getrandom::fill(&mut self.block)?;
            self.used = 0;
        }
        let mut taken = [0; N];
        taken.copy_from_slice(&self.block[self.used..self.used + N]);
        self.used += N;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_also_within_a_millisecond_and_when_the_clock_goes_back() {
        let mut sequence = Sequence::NEW;
        let times = (0..10_000_u64).map(|n| 1_000_000 + n / 100 - n % 3);
        let ids: Vec<Uuid> = times.map(|time| sequence.next(time).unwrap()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }

    #[test]
    fn two_sequences_do_not_meet() {
        let (mut one, mut other) = (Sequence::NEW, Sequence::NEW);
        let ids = |sequence: &mut Sequence| -> Vec<Uuid> {
            (0..1_000).map(|_| sequence.next(5).unwrap()).collect()
        };
        let (ones, others) = (ids(&mut one), ids(&mut other));
        assert!(others.iter().all(|id| !ones.contains(id)));
    }
}
