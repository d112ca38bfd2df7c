//! The mark: a small file beside the engine that says how far the log reaches at least.
//!
//! An engine that finds its journal damaged at the end cannot know whether the lost write was
//! acknowledged. So after each sync of the journal, and before anybody is answered, the writer
//! thread notes the head here. That is a write without a sync, about a microsecond: the note
//! outlives the process at once, and a power cut once the system has written it out. About every
//! second, and when the store is closed, it is synced.
//!
//! The file has two slots of 48 bytes, at 0 and 4096, which take turns, so that a torn write
//! leaves the other one: `ESMARK`, version 1, 1 if the store was closed in order; sequence number,
//! position, recorded time and checksum of the last record, and the XXH3-64 of the slot so far.
//! Integers are little endian. The valid slot with the higher sequence number counts.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use es_core::{Position, Timestamp};

use crate::record::{Reader, Writer, digest};
use crate::totals::Totals;

const MAGIC: &[u8] = b"ESMARK\x01";
const SLOT: usize = 48;
const SECOND_SLOT_AT: u64 = 4096;
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// What a slot says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Noted {
    sequence: u64,
    /// The log reached this position.
    pub(crate) head: Position,
    recorded_at: Timestamp,
    /// The checksum of the header of the record that ends there.
    pub(crate) digest: u64,
    /// Whether nothing was written after it.
    pub(crate) closed: bool,
}

/// The open file.
#[derive(Debug)]
pub(crate) struct Mark {
    file: File,
    noted: Noted,
    synced_at: Timestamp,
}

impl Mark {
    /// Makes the file, for a log that reaches to nowhere.
    pub(crate) fn create(path: &Path) -> io::Result<()> {
        let mut file = File::create(path)?;
        let slot = Noted {
            closed: true,
            ..Noted::default()
        }
        .encode();
        file.write_all(&slot)?;
        file.seek(SeekFrom::Start(SECOND_SLOT_AT))?;
        file.write_all(&slot)?;
        file.sync_all()
    }

    /// Opens the file and reads it; nothing if neither slot is valid.
    pub(crate) fn open(path: &Path) -> io::Result<Option<Self>> {
        let mut file = File::options().read(true).write(true).open(path)?;
        let slots = [
            read_slot(&mut file, 0)?,
            read_slot(&mut file, SECOND_SLOT_AT)?,
        ];
        let newest = slots
            .into_iter()
            .flatten()
            .max_by_key(|noted| noted.sequence);
        Ok(newest.map(|noted| Self {
            file,
            noted,
            synced_at: noted.recorded_at,
        }))
    }

    pub(crate) fn noted(&self) -> Noted {
        self.noted
    }

    /// Notes that everything up to `totals.head` is durable.
    pub(crate) fn note(&mut self, totals: &Totals) -> io::Result<()> {
        self.write(totals, false)?;
        // As the clock of the events goes, which may stand still: it is only a bonus.
        if totals.recorded_at.since(self.synced_at) >= SYNC_EVERY {
            self.synced_at = totals.recorded_at;
            self.file.sync_data()?;
        }
        Ok(())
    }

    /// Notes that from now on there may be more than this.
    pub(crate) fn note_opened(&mut self, totals: &Totals) -> io::Result<()> {
        self.write(totals, false)?;
        self.file.sync_all()
    }

    /// Notes that the store was closed in order.
    pub(crate) fn note_closed(&mut self, totals: &Totals) -> io::Result<()> {
        self.write(totals, true)?;
        self.file.sync_all()
    }

    fn write(&mut self, totals: &Totals, closed: bool) -> io::Result<()> {
        self.noted = Noted {
            sequence: self.noted.sequence + 1,
            head: totals.head,
            recorded_at: totals.recorded_at,
            digest: totals.digest,
            closed,
        };
        let at = if self.noted.sequence.is_multiple_of(2) {
            0
        } else {
            SECOND_SLOT_AT
        };
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(&self.noted.encode())
    }
}

fn read_slot(file: &mut File, at: u64) -> io::Result<Option<Noted>> {
    let mut slot = [0; SLOT];
    file.seek(SeekFrom::Start(at))?;
    match file.read_exact(&mut slot) {
        Ok(()) => Ok(Noted::decode(&slot)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

impl Noted {
    fn encode(&self) -> Vec<u8> {
        let mut slot = Vec::with_capacity(SLOT);
        let mut out = Writer(&mut slot);
        out.raw(MAGIC);
        out.byte(self.closed.into());
        out.u64(self.sequence);
        out.u64(self.head.get());
        out.i64(self.recorded_at.as_micros());
        out.u64(self.digest);
        let sum = digest(&slot);
        Writer(&mut slot).u64(sum);
        slot
    }

    fn decode(slot: &[u8]) -> Option<Self> {
        let (content, sum) = slot.split_last_chunk::<8>()?;
        if digest(content) != u64::from_le_bytes(*sum) {
            return None;
        }
        let mut reader = Reader::new(content);
        if reader.raw(MAGIC.len()).ok()? != MAGIC {
            return None;
        }
        let closed = reader.byte().ok()? == 1;
        Some(Self {
            sequence: reader.u64().ok()?,
            head: Position::new(reader.u64().ok()?),
            recorded_at: Timestamp::from_micros(reader.i64().ok()?),
            digest: reader.u64().ok()?,
            closed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(head: u64) -> Totals {
        Totals {
            head: Position::new(head),
            digest: head * 7,
            ..Totals::default()
        }
    }

    #[test]
    fn a_broken_slot_leaves_the_one_before() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("mark");
        Mark::create(&path).unwrap();
        let mut mark = Mark::open(&path).unwrap().unwrap();
        for head in 1..=5 {
            mark.note(&totals(head)).unwrap();
        }
        let whole = std::fs::read(&path).unwrap();
        let slots = (0..SLOT).chain(4096..4096 + SLOT);
        for bit in slots.flat_map(|byte| byte * 8..byte * 8 + 8) {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, flipped).unwrap();
            let noted = Mark::open(&path).unwrap().unwrap().noted();
            assert!(matches!(noted.head.get(), 4 | 5), "bit {bit}: {noted:?}");
            assert_eq!(noted.digest, noted.head.get() * 7);
        }
    }

    #[test]
    fn two_broken_slots_are_not_believed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("mark");
        std::fs::write(&path, [0; 5000]).unwrap();
        assert!(Mark::open(&path).unwrap().is_none());
        std::fs::write(&path, []).unwrap();
        assert!(Mark::open(&path).unwrap().is_none());
    }
}
