//! Whether reads saw what they had to see, and nothing else.
//!
//! The end of the log, told by itself or by a page that says `at_end`, is not before anything that
//! was known in the process, through whatever store. A stream and an event by its id show what was
//! known to the same store; a primary that was cut off and does not know yet may hide from them what
//! other stores wrote. Pages of all events that do not say `at_end` leave open what follows, so they
//! cannot be too old.

use es_core::{Position, StreamId, StreamVersion};

use super::{
    moments::{Moments, Window},
    stored::Stored,
    streams::{Streams, Wrong},
};
use crate::history::{
    call::Call,
    entry::{Answer, Operation},
    report::{Kind, Report},
    seen::Seen,
};

type Verdict = Result<(), (Kind, String)>;

pub(super) fn check(
    calls: &[Call<'_>],
    stored: &Stored<'_>,
    streams: &Streams<'_>,
    moments: &Moments<'_>,
    report: &mut Report,
) {
    let reads = Reads {
        stored,
        streams,
        moments,
    };
    for call in calls {
        let Some((verdict, sort)) = reads.judge(call) else {
            continue;
        };
        report.reads += 1;
        if let Err((kind, text)) = verdict {
            report.find(kind, format!("{sort} by {}: {text}", call.client));
        }
    }
}

struct Reads<'c> {
    stored: &'c Stored<'c>,
    streams: &'c Streams<'c>,
    moments: &'c Moments<'c>,
}

impl Reads<'_> {
    /// The verdict on a read, and what sort of read it was; nothing if it was none.
    fn judge(&self, call: &Call<'_>) -> Option<(Verdict, &'static str)> {
        let window = Window::from(call);
        match (call.operation, call.answer()?) {
            (Operation::Head, Answer::Head(head)) => Some((self.head(*head, &window), "head")),
            (Operation::ReadAll { after }, answer @ Answer::All { .. }) => {
                Some((self.page(*after, answer, &window), "page"))
            }
            (Operation::ReadStream { stream }, Answer::Stream { events, version }) => {
                let verdict = self.stream(stream, events, *version, &window);
                Some((verdict, "stream"))
            }
            (Operation::ReadEvent { .. }, Answer::Event { event }) => {
                Some((self.event(call, event.as_ref(), &window), "event"))
            }
            _ => None,
        }
    }

    fn head(&self, head: Position, window: &Window<'_>) -> Verdict {
        let head = head.get();
        self.not_stale(head, window)?;
        self.not_early(head, window)?;
        if head > self.stored.head() || self.is_inside(head) {
            let text = format!("the end was at {head}, where no append ends");
            return Err((Kind::WrongRead, text));
        }
        Ok(())
    }

    fn page(&self, after: Position, answer: &Answer, window: &Window<'_>) -> Verdict {
        let Answer::All {
            events,
            unfiltered,
            scanned_to,
            at_end,
        } = answer
        else {
            return Ok(());
        };
        self.stored.shows(events).map_err(wrong)?;
        let rising = events.numbers().zip(events.numbers().skip(1));
        if rising.into_iter().any(|(one, next)| one >= next) {
            return Err(wrong(format!(
                "positions {:?} are not in order",
                events.runs
            )));
        }
        let all = after.get() + 1..=scanned_to.get();
        if *unfiltered && !events.numbers().eq(all) {
            let runs = &events.runs;
            let text = format!("positions {runs:?} are not all from {after} to {scanned_to}");
            return Err(wrong(text));
        }
        if !*at_end {
            return self.not_early(events.numbers().max().unwrap_or(0), window);
        }
        if *scanned_to == after {
            // Where the end was is not told, only that it was not after this.
            return self.not_stale(after.get(), window);
        }
        self.head(*scanned_to, window)
    }

    fn stream(
        &self,
        stream: &StreamId,
        events: &Seen,
        version: Option<StreamVersion>,
        window: &Window<'_>,
    ) -> Verdict {
        self.stored.shows_of(stream, events).map_err(wrong)?;
        if events.runs.len() > 1 {
            let runs = &events.runs;
            return Err(wrong(format!(
                "versions {runs:?} of {stream} are not one run"
            )));
        }
        let newest = events.numbers().max().unwrap_or(0);
        if let Some(newest) = self.stored.version(stream, newest) {
            self.not_early(newest.position.get(), window)?;
        }
        let Some(version) = version else {
            return Ok(());
        };
        let known = self.moments.known_to_store(window);
        let was = self
            .streams
            .was_at(stream, version.get(), known, window, self.moments);
        was.map_err(|wrong| match wrong {
            Wrong::Past(text) => (Kind::StaleRead, format!("saw {text}")),
            Wrong::Never(text) => (Kind::WrongRead, format!("saw {text}")),
        })
    }

    fn event(&self, call: &Call<'_>, event: Option<&Seen>, window: &Window<'_>) -> Verdict {
        let Operation::ReadEvent { id } = call.operation else {
            return Ok(());
        };
        let there = self.stored.event(*id);
        match (event, there) {
            (Some(seen), Some(there)) => {
                self.stored.shows(seen).map_err(wrong)?;
                if !seen.numbers().eq([there.position.get()]) {
                    return Err(wrong(format!("event {id} was seen at {:?}", seen.runs)));
                }
                self.not_early(there.position.get(), window)
            }
            (Some(_), None) => Err(wrong(format!("saw event {id}, which is not stored"))),
            (None, Some(there)) => {
                let known = self.moments.known_to_store(window);
                let position = there.position;
                let text = format!("did not see event {id} at {position}, when {known} was known");
                let seen = known < position.get();
                seen.then_some(()).ok_or((Kind::StaleRead, text))
            }
            (None, None) => Ok(()),
        }
    }

    /// The end is not before what was known, to whatever store.
    fn not_stale(&self, head: u64, window: &Window<'_>) -> Verdict {
        let known = self.moments.known(window.process, window.begin);
        if head < known {
            let text = format!("the end was at {head}, when {known} was known");
            return Err((Kind::StaleRead, text));
        }
        Ok(())
    }

    /// Nothing can be seen before it is asked for.
    fn not_early(&self, position: u64, window: &Window<'_>) -> Verdict {
        if self.moments.begun(window.process, position) > window.end {
            let text = format!("saw position {position} before it was asked for");
            return Err((Kind::WrongRead, text));
        }
        Ok(())
    }

    /// Whether an append goes on after this position.
    fn is_inside(&self, position: u64) -> bool {
        self.streams.is_inside(position)
    }
}

fn wrong(text: String) -> (Kind, String) {
    (Kind::WrongRead, text)
}
