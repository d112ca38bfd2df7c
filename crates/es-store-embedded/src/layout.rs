//! The file `layout`: what the directory is, and what cannot change about it.

use crate::record::digest;

/// The newest layout that this version reads: the one of a chained log.
pub(crate) const LAYOUT_VERSION: u32 = 2;
/// The layout of a log that is not chained, which the first versions read, too.
const PLAIN: u32 = 1;

const TITLE: &str = "event store, embedded";
const DOCUMENTS: &str = "table documents\n";

/// The content of `layout`: lines, the last one a checksum of those before.
///
/// Layout 2 says that the log is chained, and nothing else.
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
    pub(crate) fn new(event_ids: bool, chained: bool) -> Self {
        Self {
            version: if chained { LAYOUT_VERSION } else { PLAIN },
            event_ids: Some(event_ids),
            documents: false,
        }
    }

    /// Whether the log is chained.
    pub(crate) fn chained(&self) -> bool {
        self.version != PLAIN
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
                ..Layout::new(event_ids, documents)
            };
            let parsed = Layout::parse(&layout.text()).unwrap();
            assert_eq!(parsed.event_ids, Some(event_ids));
            assert_eq!(parsed.documents, documents);
            assert_eq!(parsed.chained(), documents);
        }
    }

    #[test]
    fn no_flipped_bit_in_the_layout_is_believed() {
        let text = Layout {
            documents: true,
            ..Layout::new(true, false)
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
