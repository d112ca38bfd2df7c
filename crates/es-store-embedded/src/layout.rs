//! The file `layout`: what the directory is, and what cannot change about it.

use crate::record::digest;

/// The newest layout that this version reads, and the one it writes.
pub(crate) const LAYOUT_VERSION: u32 = 1;

const TITLE: &str = "event store, embedded";

/// The content of `layout`: three lines, the last one a checksum of those before.
pub(crate) struct Layout {
    pub(crate) version: u32,
    /// Not known of newer layouts.
    pub(crate) event_ids: Option<bool>,
}

impl Layout {
    pub(crate) fn text(&self) -> String {
        let event_ids = if self.event_ids == Some(true) {
            "indexed"
        } else {
            "not indexed"
        };
        let text = format!("{TITLE}\nlayout {}\nevent ids {event_ids}\n", self.version);
        let sum = digest(text.as_bytes());
        format!("{text}checksum {sum:016x}\n")
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (content, sum) = text.strip_suffix('\n')?.rsplit_once('\n')?;
        let expected = digest(format!("{content}\n").as_bytes());
        if sum != format!("checksum {expected:016x}") {
            return None;
        }
        let mut lines = content.lines();
        if lines.next() != Some(TITLE) {
            return None;
        }
        let version = lines.next()?.strip_prefix("layout ")?.parse().ok()?;
        let event_ids = match lines.next() {
            Some("event ids indexed") => Some(true),
            Some("event ids not indexed") => Some(false),
            _ => None,
        };
        Some(Self { version, event_ids })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_flipped_bit_in_the_layout_is_believed() {
        let text = Layout {
            version: 1,
            event_ids: Some(true),
        }
        .text()
        .into_bytes();
        assert!(Layout::parse(std::str::from_utf8(&text).unwrap()).is_some());
        for bit in 0..text.len() * 8 {
            let mut flipped = text.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let parsed = String::from_utf8(flipped)
                .ok()
                .and_then(|text| Layout::parse(&text));
            assert!(parsed.is_none(), "bit {bit}");
        }
    }
}
