//! Texts that come again and again.

use es_core::{CodecId, StreamId, TypeName};

use super::Malformed;

/// How many different texts are remembered: more event types than that are checked anew.
const REMEMBERED: usize = 64;

/// The names of the events that were read before, checked once. Lives as long as a page.
#[derive(Debug, Default)]
pub(crate) struct Interned {
    names: Vec<TypeName>,
    codecs: Vec<CodecId>,
    stream: Option<StreamId>,
}

impl Interned {
    pub(super) fn name(&mut self, text: &[u8]) -> Result<TypeName, Malformed> {
        if let Some(name) = find(&mut self.names, text, |name| name.as_str().as_bytes()) {
            return Ok(name);
        }
        let checked = std::str::from_utf8(text).ok();
        let name = checked.and_then(|text| TypeName::new(text).ok());
        let name = name.ok_or(Malformed::Value("e.t"))?;
        remember(&mut self.names, name.clone());
        Ok(name)
    }

    pub(super) fn codec(&mut self, text: &[u8]) -> Result<CodecId, Malformed> {
        if let Some(codec) = find(&mut self.codecs, text, |codec| codec.as_str().as_bytes()) {
            return Ok(codec);
        }
        let text = std::str::from_utf8(text).map_err(|_| Malformed::Value("e.k"))?;
        let codec = CodecId::new(text);
        remember(&mut self.codecs, codec.clone());
        Ok(codec)
    }

    /// Consecutive documents of one stream share its name.
    pub(super) fn stream(&mut self, text: &[u8]) -> Result<StreamId, Malformed> {
        let same = |stream: &&StreamId| stream.as_str().as_bytes() == text;
        if let Some(stream) = self.stream.as_ref().filter(same) {
            return Ok(stream.clone());
        }
        let checked = std::str::from_utf8(text).ok();
        let stream: Option<StreamId> = checked.and_then(|text| text.parse().ok());
        let stream = stream.ok_or(Malformed::Value("s"))?;
        self.stream = Some(stream.clone());
        Ok(stream)
    }
}

/// The text that comes most often moves to the front, step by step.
fn find<T: Clone>(known: &mut [T], text: &[u8], bytes: impl Fn(&T) -> &[u8]) -> Option<T> {
    let at = known.iter().position(|known| bytes(known) == text)?;
    let found = known[at].clone();
    if at > 8 {
        known.swap(at, at / 2);
    }
    Some(found)
}

fn remember<T>(known: &mut Vec<T>, new: T) {
    if known.len() < REMEMBERED {
        known.push(new);
    }
}
