//! The bytes of metadata: one byte that says which facts are there, then the facts.
//!
//! In this order, each if its bit is set: correlation (1), causation (2), actor (4), source (8),
//! all `text`; occurred at (16), 8 bytes of microseconds since 1970; trace (32), parent and state
//! `text`, the state being empty unless bit 64 is set; headers (128), `varint` count and that many
//! pairs of `text`, sorted by name.

use es_core::{Metadata, Timestamp, TraceContext};

use super::{Malformed, Reader, Writer};

const CORRELATION: u8 = 1;
const CAUSATION: u8 = 2;
const ACTOR: u8 = 4;
const SOURCE: u8 = 8;
const OCCURRED_AT: u8 = 16;
const TRACE: u8 = 32;
const TRACE_STATE: u8 = 64;
const HEADERS: u8 = 128;

/// Writes metadata.
pub(crate) fn encode(metadata: &Metadata, out: &mut Writer<'_>) {
    out.byte(facts(metadata));
    let texts = [
        metadata.correlation(),
        metadata.causation(),
        metadata.actor(),
        metadata.source(),
    ];
    texts.into_iter().flatten().for_each(|text| out.text(text));
    if let Some(time) = metadata.occurred_at() {
        out.i64(time.as_micros());
    }
    if let Some(trace) = metadata.trace() {
        out.text(&trace.parent);
        out.text(trace.state.as_deref().unwrap_or_default());
    }
    let headers = metadata.headers().count();
    if headers > 0 {
        out.varint(headers);
        for (name, value) in metadata.headers() {
            out.text(name);
            out.text(value);
        }
    }
}

fn facts(metadata: &Metadata) -> u8 {
    let bit = |there: bool, bit: u8| if there { bit } else { 0 };
    bit(metadata.correlation().is_some(), CORRELATION)
        | bit(metadata.causation().is_some(), CAUSATION)
        | bit(metadata.actor().is_some(), ACTOR)
        | bit(metadata.source().is_some(), SOURCE)
        | bit(metadata.occurred_at().is_some(), OCCURRED_AT)
        | bit(metadata.trace().is_some(), TRACE)
        | bit(
            metadata.trace().is_some_and(|trace| trace.state.is_some()),
            TRACE_STATE,
        )
        | bit(metadata.headers().next().is_some(), HEADERS)
}

/// Reads metadata.
pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Metadata, Malformed> {
    let facts = reader.byte()?;
    let has = |bit: u8| facts & bit != 0;
    let mut metadata = Metadata::new();
    if has(CORRELATION) {
        metadata = metadata.with_correlation(reader.text()?);
    }
    if has(CAUSATION) {
        metadata = metadata.with_causation(reader.text()?);
    }
    if has(ACTOR) {
        metadata = metadata.with_actor(reader.text()?);
    }
    if has(SOURCE) {
        metadata = metadata.with_source(reader.text()?);
    }
    if has(OCCURRED_AT) {
        metadata = metadata.with_occurred_at(Timestamp::from_micros(reader.i64()?));
    }
    if has(TRACE) {
        let parent = reader.text()?.into();
        let state = reader.text()?;
        let state = has(TRACE_STATE).then(|| state.into());
        metadata = metadata.with_trace(TraceContext { parent, state });
    }
    if has(HEADERS) {
        for _ in 0..reader.count(2)? {
            let name = reader.text()?;
            metadata = metadata.with_header(name, reader.text()?);
        }
    }
    Ok(metadata)
}
