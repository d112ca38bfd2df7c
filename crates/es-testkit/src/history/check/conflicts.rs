//! Whether conflicts tell the truth.

use es_core::{ExpectedVersion, StreamVersion};

use super::{
    moments::{Moments, Window},
    streams::{Streams, Wrong},
};
use crate::history::{
    call::Call,
    entry::{Answer, AppendCall, Operation},
    report::{Kind, Report},
};

pub(super) fn check(
    calls: &[Call<'_>],
    streams: &Streams<'_>,
    moments: &Moments<'_>,
    report: &mut Report,
) {
    for call in calls {
        if let Operation::Append(append) = call.operation
            && let Some(Answer::Conflict { .. }) = call.answer()
            && let Err(why) = explain(call, append, streams, moments)
        {
            let text = format!("append {} by {}: {why}", append.id, call.client);
            report.find(Kind::WrongConflict, text);
        }
    }
}

fn explain(
    call: &Call<'_>,
    append: &AppendCall,
    streams: &Streams<'_>,
    moments: &Moments<'_>,
) -> Result<(), String> {
    let Some(Answer::Conflict { stream, actual }) = call.answer() else {
        return Ok(());
    };
    let condition = append.conditions().find(|(of, _)| *of == stream);
    let Some((_, expected)) = condition else {
        return Err(format!("conflict on {stream}, which is not in it"));
    };
    if expected.allows(*actual) {
        return Err(format!(
            "expected {expected} of {stream}, and got it: {actual}"
        ));
    }
    let window = Window::from(call);
    // Where the stream is past what was expected, an old version proves it as well as the newest,
    // and a primary that was cut off may name one. Where it is not there yet, that must be true.
    let known = if is_past(expected, *actual) {
        moments.known_to_store(&window)
    } else {
        moments.known(window.process, window.begin)
    };
    let was = streams.was_at(stream, actual.get(), known, &window, moments);
    was.map_err(|wrong| match wrong {
        Wrong::Past(text) | Wrong::Never(text) => format!("was told of {text}"),
    })
}

fn is_past(expected: ExpectedVersion, actual: StreamVersion) -> bool {
    match expected {
        ExpectedVersion::NoStream => true,
        ExpectedVersion::Exact(version) => actual > version,
        ExpectedVersion::Exists | ExpectedVersion::Any => false,
    }
}
