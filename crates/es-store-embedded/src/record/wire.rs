//! Numbers and texts as bytes, written and read with bounds.

use super::Malformed;

/// Appends to a buffer.
pub(crate) struct Writer<'b>(pub(crate) &'b mut Vec<u8>);

impl Writer<'_> {
    pub(crate) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn i64(&mut self, number: i64) {
        self.raw(&number.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, number: u64) {
        self.raw(&number.to_le_bytes());
    }

    pub(crate) fn varint(&mut self, number: usize) {
        let mut rest = number;
        while rest >= 0x80 {
            self.byte((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        self.byte(rest as u8);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.varint(text.len());
        self.raw(text.as_bytes());
    }
}

/// Takes bytes from the front of a slice; what is missing is an error and never a panic.
#[derive(Clone)]
pub(crate) struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes were taken.
    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub(crate) fn raw(&mut self, count: usize) -> Result<&'b [u8], Malformed> {
        let end = self.at.checked_add(count).ok_or(Malformed::Short)?;
        let taken = self.bytes.get(self.at..end).ok_or(Malformed::Short)?;
        self.at = end;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.raw(N)?.try_into().map_err(|_| Malformed::Short)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn i64(&mut self) -> Result<i64, Malformed> {
        self.array().map(i64::from_le_bytes)
    }

    pub(crate) fn uuid(&mut self) -> Result<uuid::Uuid, Malformed> {
        self.array().map(uuid::Uuid::from_bytes)
    }

    pub(crate) fn varint(&mut self) -> Result<usize, Malformed> {
        let mut number = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return usize::try_from(number).map_err(|_| Malformed::Number);
            }
        }
        Err(Malformed::Number)
    }

    /// A count of things that take at least `least` bytes each: more than fit are an error, so
    /// that nobody makes room for them.
    pub(crate) fn count(&mut self, least: usize) -> Result<usize, Malformed> {
        let count = self.varint()?;
        if count > self.remaining() / least {
            Err(Malformed::Number)
        } else {
            Ok(count)
        }
    }

    pub(crate) fn text(&mut self) -> Result<&'b str, Malformed> {
        let length = self.varint()?;
        std::str::from_utf8(self.raw(length)?).map_err(|_| Malformed::Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_and_long_ones_are_refused() {
        for number in [0, 1, 127, 128, 300, 16_383, 16_384, u32::MAX as usize] {
            let mut bytes = Vec::new();
            Writer(&mut bytes).varint(number);
            assert_eq!(Reader::new(&bytes).varint().unwrap(), number);
        }
        assert!(Reader::new(&[0x80; 6]).varint().is_err());
        assert!(Reader::new(&[0x80]).varint().is_err());
    }
}
