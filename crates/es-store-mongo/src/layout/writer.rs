//! BSON written in place: a nested document grows in the buffer of the one around it, where the
//! driver's own types would build each level apart and copy it.
//!
//! The format is <https://bsonspec.org/spec.html>, version 1.1.

use mongodb::bson::spec::{BinarySubtype, ElementType};

/// A document that is being written at the end of a buffer.
pub(crate) struct Writer<'a> {
    buffer: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> Writer<'a> {
    /// Begins a document; it is whole once [`end`](Self::end) was called.
    pub(crate) fn begin(buffer: &'a mut Vec<u8>) -> Self {
        let start = buffer.len();
        buffer.extend_from_slice(&[0; 4]);
        Self { buffer, start }
    }

    /// Goes on with a whole document, the only content of its buffer.
    pub(crate) fn reopen(buffer: &'a mut Vec<u8>) -> Self {
        buffer.pop();
        Self { buffer, start: 0 }
    }

    pub(crate) fn end(self) {
        self.buffer.push(0);
        let length = length(self.buffer.len() - self.start);
        self.buffer[self.start..self.start + 4].copy_from_slice(&length);
    }

    pub(crate) fn i32(&mut self, key: &str, value: i32) {
        self.key(ElementType::Int32, key);
        self.buffer.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn i64(&mut self, key: &str, value: i64) {
        self.key(ElementType::Int64, key);
        self.buffer.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn bool(&mut self, key: &str, value: bool) {
        self.key(ElementType::Boolean, key);
        self.buffer.push(u8::from(value));
    }

    pub(crate) fn string(&mut self, key: &str, value: &str) {
        self.key(ElementType::String, key);
        self.buffer.extend_from_slice(&length(value.len() + 1));
        self.buffer.extend_from_slice(value.as_bytes());
        self.buffer.push(0);
    }

    pub(crate) fn binary(&mut self, key: &str, subtype: BinarySubtype, value: &[u8]) {
        self.key(ElementType::Binary, key);
        self.buffer.extend_from_slice(&length(value.len()));
        self.buffer.push(subtype.into());
        self.buffer.extend_from_slice(value);
    }

    /// A document that is written already.
    pub(crate) fn encoded(&mut self, key: &str, document: &[u8]) {
        self.key(ElementType::EmbeddedDocument, key);
        self.buffer.extend_from_slice(document);
    }

    pub(crate) fn document(&mut self, key: &str, content: impl FnOnce(&mut Writer<'_>)) {
        self.nested(ElementType::EmbeddedDocument, key, content);
    }

    /// An array of which each element is written under the key it is given.
    pub(crate) fn array<T>(
        &mut self,
        key: &str,
        elements: impl IntoIterator<Item = T>,
        mut element: impl FnMut(&mut Writer<'_>, &str, T),
    ) {
        self.nested(ElementType::Array, key, |array| {
            let mut index = itoa::Buffer::new();
            for (number, value) in elements.into_iter().enumerate() {
                element(array, index.format(number), value);
            }
        });
    }

    fn nested(&mut self, kind: ElementType, key: &str, content: impl FnOnce(&mut Writer<'_>)) {
        self.key(kind, key);
        let mut nested = Writer::begin(self.buffer);
        content(&mut nested);
        nested.end();
    }

    /// Keys are the layout's own, and numbers: none holds a zero byte.
    fn key(&mut self, kind: ElementType, key: &str) {
        self.buffer.push(kind as u8);
        self.buffer.extend_from_slice(key.as_bytes());
        self.buffer.push(0);
    }
}

/// A length that is too great for the format is too great for the server by far: the append is
/// refused by its size before it is sent.
fn length(bytes: usize) -> [u8; 4] {
    i32::try_from(bytes).unwrap_or(i32::MAX).to_le_bytes()
}
