//! The keys of the tables. Numbers in keys are big endian, so that they sort.
//!
//! A record and everything that points to it uses the position of the *last* event of the append:
//! a seek to any position or version then finds the append that holds it in one step forward.

use std::ops::RangeInclusive;

use es_core::{
    AppendId, CheckpointName, DocumentKind, DocumentName, EventId, Position, StreamId,
    StreamVersion,
};

/// The one key of [`Table::Totals`](crate::engine::Table::Totals).
pub(crate) const TOTALS: &[u8] = b"totals";

/// Key in the log, and value in the indexes.
pub(crate) fn position(last: Position) -> [u8; 8] {
    last.get().to_be_bytes()
}

/// Reads what [`position`] made.
pub(crate) fn read_position(bytes: &[u8]) -> Option<Position> {
    let number = u64::from_be_bytes(bytes.try_into().ok()?);
    (number <= Position::MAX.get()).then(|| Position::new(number))
}

/// Key of a version in a stream. Names hold no zero byte, so no name runs into another.
pub(crate) fn version(stream: &StreamId, version: StreamVersion) -> Vec<u8> {
    let mut key = Vec::with_capacity(stream.as_str().len() + 9);
    key.extend_from_slice(stream.as_str().as_bytes());
    key.push(0);
    key.extend_from_slice(&version.get().to_be_bytes());
    key
}

/// The version in a key that [`version`] made.
pub(crate) fn read_version(key: &[u8]) -> Option<StreamVersion> {
    let number = key.last_chunk::<8>().copied().map(u64::from_be_bytes)?;
    (number <= StreamVersion::MAX.get()).then(|| StreamVersion::new(number))
}

/// Key of an append id.
pub(crate) fn append(id: AppendId) -> Vec<u8> {
    id.uuid().as_bytes().to_vec()
}

/// Key of an event id with the position of its event.
pub(crate) fn event(id: EventId, position: Position) -> Vec<u8> {
    let mut key = Vec::with_capacity(24);
    key.extend_from_slice(id.uuid().as_bytes());
    key.extend_from_slice(&position.get().to_be_bytes());
    key
}

/// The position in a key that [`event`] made.
pub(crate) fn read_event_position(key: &[u8]) -> Option<Position> {
    read_position(key.get(16..)?)
}

/// Key of a checkpoint.
pub(crate) fn checkpoint(name: &CheckpointName) -> Vec<u8> {
    name.as_str().as_bytes().to_vec()
}

/// Key of a document. Neither kinds nor names hold a zero byte, so no pair has the key of another,
/// and those of a kind lie together in the order of their names.
pub(crate) fn document(kind: &DocumentKind, name: &DocumentName) -> Vec<u8> {
    [kind.as_str().as_bytes(), &[0], name.as_str().as_bytes()].concat()
}

/// The keys of the documents of a kind: those after a name, or all.
pub(crate) fn documents(
    kind: &DocumentKind,
    after: Option<&DocumentName>,
) -> RangeInclusive<Vec<u8>> {
    let kind_bytes = kind.as_str().as_bytes();
    let first = match after {
        Some(name) => [&document(kind, name)[..], &[0]].concat(),
        None => [kind_bytes, &[0]].concat(),
    };
    first..=[kind_bytes, &[1]].concat()
}

/// The name in a key that [`document`] made for this kind.
pub(crate) fn read_document_name(kind: &DocumentKind, key: &[u8]) -> Option<DocumentName> {
    let name = key.strip_prefix(kind.as_str().as_bytes())?;
    let name = std::str::from_utf8(name.strip_prefix(&[0])?).ok()?;
    DocumentName::new(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_a_stream_lie_together_and_in_order() {
        let key = |stream: &str, v| version(&stream.parse().unwrap(), StreamVersion::new(v));
        let sorted = [
            key("A/1", 0),
            key("A/1", 255),
            key("A/1", 256),
            key("A/1!", 1),
            key("A/10", 1),
        ];
        assert!(sorted.is_sorted());
    }

    #[test]
    fn documents_of_a_kind_lie_together_in_the_order_of_their_names() {
        let kind = |name| DocumentKind::new(name).unwrap();
        let name = |name| DocumentName::new(name).unwrap();
        let sorted = [
            ("a", "a"),
            ("a", "a "),
            ("a", "a/b"),
            ("a", "b"),
            ("a ", "a"),
            ("ab", "a"),
        ];
        let keys = sorted.map(|(k, n)| document(&kind(k), &name(n)));
        assert!(keys.is_sorted_by(|a, b| a < b));
        let of_kind = documents(&kind("a"), None);
        let after = documents(&kind("a"), Some(&name("a")));
        for (key, (k, n)) in keys.iter().zip(sorted) {
            assert_eq!(of_kind.contains(key), k == "a");
            assert_eq!(after.contains(key), k == "a" && n != "a");
            assert_eq!(read_document_name(&kind(k), key), Some(name(n)));
        }
        assert_eq!(read_document_name(&kind("a"), &keys[5]), None);
    }
}
