//! The file `layout`: what the directory is, and what cannot change about it.

use crate::record::digest;

/// The newest layout that this version reads, and the one it writes.
pub(crate) const LAYOUT_VERSION: u32 = 1;

const TITLE: &str = "event store, embedded";
const DOCUMENTS: &str = "table documents\n";

/// The content of `layout`: lines, the last one a checksum of those before.
///
/// The first versions read the first three lines and take what follows for granted.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) version: u32,
    /// Not known of newer layouts.
    pub(crate) event_ids: Option<bool>,
    /// Whether there is a table of documents, which the first versions did not make.
    pub(crate) documents: bool,
}

impl Layout {
    /// That of a store which is about to be made.
    pub(crate) fn new(event_ids: bool) -> Self {
        Self {
            version: LAYOUT_VERSION,
            event_ids: Some(event_ids),
            documents: false,
        }
    }

    pub(crate) fn text(&self) -> String {
        let event_ids = if self.event_ids == Some(true) {
            "indexed"
        } else {
            "not indexed"
        };
        let documents = if self.documents { DOCUMENTS } else { "" };
        let version = self.version;
        let text = format!("{TITLE}\nlayout {version}\nevent ids {event_ids}\n{documents}");
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
        let documents = lines.any(|line| line == DOCUMENTS.trim_end());
        Some(Self {
            version,
            event_ids,
            documents,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_layout_says_comes_back() {
        for (event_ids, documents) in [(true, true), (true, false), (false, true), (false, false)] {
            let layout = Layout {
                documents,
                ..Layout::new(event_ids)
            };
            let parsed = Layout::parse(&layout.text()).unwrap();
            assert_eq!(parsed.event_ids, Some(event_ids));
            assert_eq!(parsed.documents, documents);
        }
    }

    #[test]
    fn no_flipped_bit_in_the_layout_is_believed() {
        let text = Layout {
            documents: true,
            ..Layout::new(true)
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
