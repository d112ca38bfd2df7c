//! What comes out is what went in.

use std::time::Duration;

use super::super::concurrency::together;
use super::super::material::{acknowledged, events, of_events, seed, stream};
use super::super::observe::{assert_history, assert_holds, history, whole_stream};
use super::super::subject::Subject;
use crate::ExpectedVersion::{Any, NoStream};
use crate::testing::sample_event;
use crate::{
    Append, Clock, CodecId, EventStore, MAX_APPEND_BYTES, MAX_APPEND_EVENTS, Metadata, NewEvent,
    PayloadFlags, RecordedEvent, Timestamp, TraceContext, TypeName, TypeVersion,
};

pub(crate) async fn keep_everything_they_were_given(subject: Subject) {
    let store = subject.events();
    let partial = [
        full_metadata(),
        Metadata::new().with_correlation(""),
        Metadata::new().with_causation("command-9"),
        Metadata::new().with_source("import \u{1F980} \"quoted\" \\ \n"),
        Metadata::new().with_occurred_at(Timestamp::from_micros(-1)),
        Metadata::new()
            .with_header("", "")
            .with_header("a.b$c", "ä\u{0}ö"),
        Metadata::new().with_trace(TraceContext {
            parent: "00-1-2-01".into(),
            state: None,
        }),
        Metadata::new(),
    ];
    let events = partial
        .into_iter()
        .zip(1..)
        .map(|(m, n)| sample_event(n).with_metadata(m));
    assert_kept(&*store, events.collect()).await;
}

pub(crate) async fn keep_each_payload_flag_codec_and_version(subject: Subject) {
    let store = subject.events();
    let mut all = Vec::new();
    let versions = [(0, 0), (1, 0), (1, 1), (2, 7), (u16::MAX, u16::MAX)];
    let codecs = [
        "json",
        "bincode",
        "x",
        "a-codec-with-a-name-that-is-rather-long",
    ];
    for (number, flags) in [0, 1, 2, 3, 4, 128, 255].into_iter().enumerate() {
        let mut event = sample_event(number as u64);
        let (major, minor) = versions[number % versions.len()];
        event.payload.flags = PayloadFlags::from_bits(flags);
        event.payload.version = TypeVersion::new(major, minor);
        event.payload.codec = CodecId::new(codecs[number % codecs.len()]);
        all.push(event);
    }
    assert_kept(&*store, all).await;
}

pub(crate) async fn keep_an_empty_payload(subject: Subject) {
    let store = subject.events();
    let events = vec![
        with_data(1, Vec::new()),
        sample_event(2),
        with_data(3, Vec::new()),
    ];
    assert_kept(&*store, events).await;
}

pub(crate) async fn keep_a_payload_of_one_mebibyte(subject: Subject) {
    let store = subject.events();
    let large = noise(1024 * 1024);
    assert_kept(
        &*store,
        vec![sample_event(1), with_data(2, large), sample_event(3)],
    )
    .await;
}

pub(crate) async fn keep_every_byte_value(subject: Subject) {
    let store = subject.events();
    let all: Vec<u8> = (0..=255).collect();
    let zeros = vec![0; 1_000];
    assert_kept(&*store, vec![with_data(1, all), with_data(2, zeros)]).await;
}

pub(crate) async fn keep_the_longest_and_strangest_names(subject: Subject) {
    let store = subject.events();
    let names = [
        "n".repeat(256),
        "ü".repeat(128),
        "B register claim".into(),
        "$.\"'\\/%".into(),
    ];
    let streams = [
        format!("{}/{}", "c".repeat(128), "i".repeat(383)),
        format!("{}/{}", "ß".repeat(64), "\u{1F980}".repeat(95)),
        "a b/c d".into(),
        "$set/.%2F'\"\\/..".into(),
    ];
    let mut appends = Vec::new();
    for ((number, name), stream) in names.into_iter().enumerate().zip(streams) {
        let mut event = sample_event(number as u64);
        event.name = TypeName::new(name).expect("a valid name");
        let append = of_events(&stream, NoStream, vec![event]);
        let appended = acknowledged(&*store, append.clone()).await;
        appends.push((append, appended));
    }
    assert_history(&*store, &appends).await;
}

pub(crate) async fn keep_metadata_of_their_own_within_one_append(subject: Subject) {
    let store = subject.events();
    let shared = full_metadata();
    let mut all: Vec<_> = events(1..=3)
        .into_iter()
        .map(|e| e.with_metadata(shared.clone()))
        .collect();
    all.push(sample_event(4));
    all.push(sample_event(5).with_metadata(shared.clone().with_actor("someone else")));
    all.push(sample_event(6).with_metadata(shared));
    assert_kept(&*store, all).await;
}

pub(crate) async fn of_an_append_of_4096_are_all_there(subject: Subject) {
    let store = subject.events();
    assert_kept(&*store, events(1..=MAX_APPEND_EVENTS as u64)).await;
}

pub(crate) async fn of_an_append_as_large_as_allowed_are_all_there(subject: Subject) {
    let store = subject.events();
    let event = MAX_APPEND_BYTES / 12 - 200;
    let all = (1..=12)
        .map(|number| with_data(number, noise(event)))
        .collect();
    assert_kept(&*store, all).await;
}

pub(crate) async fn have_times_that_never_go_back(subject: Subject) {
    let store = subject.events();
    together(8, |writer| {
        let store = store.clone();
        async move {
            for round in 0..4 {
                let number = writer * 10 + round;
                seed(&*store, &format!("Claim/{writer}"), number..=number).await;
            }
        }
    })
    .await;
    // The history looks at the times.
    assert_holds(&*store, 32).await;
}

pub(crate) async fn have_times_that_never_go_back_when_the_clock_does(subject: Subject) {
    let (store, clock) = (subject.events(), subject.clock());
    let start = clock.now();
    for (number, back) in [0, 3_600, 1, 86_400].into_iter().enumerate() {
        clock.set(Timestamp::from_micros(start.as_micros() - back * 1_000_000));
        let name = format!("Claim/{number}");
        let start = number as u64 * 10;
        seed(&*store, &name, start..=start + 1).await;
    }
    clock.set(start.plus(Duration::from_secs(1)));
    seed(&*store, "Claim/1", 90..=90).await;
    let history = history(&*store).await;
    let last = history.last().expect("the event just appended");
    assert_eq!(
        last.recorded_at,
        start.plus(Duration::from_secs(1)),
        "time stands still"
    );
}

pub(crate) async fn have_the_time_of_the_clock(subject: Subject) {
    let (store, clock) = (subject.events(), subject.clock());
    let mut due = Vec::new();
    for number in 0..3 {
        clock.advance(Duration::from_micros(1_000_001));
        due.push(clock.now());
        seed(&*store, "Claim/1", number..=number).await;
    }
    let times: Vec<_> = history(&*store)
        .await
        .iter()
        .map(|event| event.recorded_at)
        .collect();
    assert_eq!(times, due);
}

/// Appends events, and reads them back in every way there is without an index on ids.
async fn assert_kept(store: &dyn EventStore, events: Vec<NewEvent>) {
    let append = Append::new(stream("Claim/1"), Any, events.clone()).expect("a valid append");
    let appended = acknowledged(store, append.clone()).await;
    let same = |stored: &[RecordedEvent]| stored.iter().zip(&events).all(|(old, new)| old.is(new));
    let by_version = whole_stream(store, &stream("Claim/1")).await;
    assert!(
        by_version.len() == events.len() && same(&by_version),
        "read by version, changed"
    );
    assert_history(store, &[(append, appended)]).await;
}

fn with_data(number: u64, data: Vec<u8>) -> NewEvent {
    let mut event = sample_event(number);
    event.payload.data = data.into();
    event
}

/// Bytes that do not compress to nothing.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    let block: Vec<u8> = (0..128 * 1024).map(|_| next()).collect();
    block.repeat(length.div_ceil(block.len()))[..length].to_vec()
}

fn full_metadata() -> Metadata {
    let trace = TraceContext {
        parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into(),
        state: Some("vendor=1,other=2".into()),
    };
    Metadata::new()
        .with_correlation("claim-42")
        .with_causation("command-7")
        .with_actor("assessor:7")
        .with_source("portal")
        .with_occurred_at(Timestamp::from_micros(1_700_000_000_123_456))
        .with_trace(trace)
        .with_header("tenant", "north")
        .with_header("region", "eu")
}
