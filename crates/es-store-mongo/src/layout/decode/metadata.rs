//! Metadata as stored.

use es_core::{Metadata, Timestamp, TraceContext};

use super::Malformed;
use super::elements::Elements;

pub(super) fn decode(mut elements: Elements<'_>) -> Result<Metadata, Malformed> {
    let mut metadata = Metadata::new();
    let (mut parent, mut state) = (None, None);
    while let Some(element) = elements.next()? {
        metadata = match element.name {
            b"c" => metadata.with_correlation(element.text("m.c")?),
            b"u" => metadata.with_causation(element.text("m.u")?),
            b"b" => metadata.with_actor(element.text("m.b")?),
            b"r" => metadata.with_source(element.text("m.r")?),
            b"o" => metadata.with_occurred_at(Timestamp::from_micros(element.i64("m.o")?)),
            b"h" => headers(metadata, element.array("m.h")?)?,
            b"t" => {
                parent = Some(element.text("m.t")?);
                metadata
            }
            b"ts" => {
                state = Some(element.text("m.ts")?);
                metadata
            }
            // Of a later version of this layout.
            _ => metadata,
        };
    }
    Ok(match parent {
        Some(parent) => metadata.with_trace(TraceContext {
            parent: parent.into(),
            state: state.map(Into::into),
        }),
        None => metadata,
    })
}

/// Name, value, name, value ...
fn headers(mut metadata: Metadata, mut array: Elements<'_>) -> Result<Metadata, Malformed> {
    while let Some(name) = array.next()? {
        let value = array.next()?.ok_or(Malformed::Value("m.h"))?;
        metadata = metadata.with_header(name.text("m.h")?, value.text("m.h")?);
    }
    Ok(metadata)
}
