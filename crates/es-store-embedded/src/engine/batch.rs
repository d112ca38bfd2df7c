//! What is to be written at once.

use bytes::Bytes;

use super::Table;

/// One change.
pub(crate) enum Write {
    /// Sets the value of a key.
    Put(Table, Vec<u8>, Bytes),
    /// Removes a key.
    Delete(Table, Vec<u8>),
}

/// Changes that are made together or not at all.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) writes: Vec<Write>,
}

impl Batch {
    pub(crate) fn put(&mut self, table: Table, key: Vec<u8>, value: impl Into<Bytes>) {
        self.writes.push(Write::Put(table, key, value.into()));
    }

    pub(crate) fn delete(&mut self, table: Table, key: Vec<u8>) {
        self.writes.push(Write::Delete(table, key));
    }
}
