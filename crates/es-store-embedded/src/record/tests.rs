//! The format is frozen, survives anything, and says so when bytes are not what was written.

use bytes::Bytes;
use es_core::chain::ChainHash;
use es_core::{
    Append, AppendId, CodecId, EventId, ExpectedVersion, Metadata, NewEvent, Payload, PayloadFlags,
    Position, RecordedEvent, StreamId, StreamVersion, Timestamp, TraceContext, TypeName,
    TypeVersion,
};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
use uuid::Uuid;

use super::encode::{RecordPlace, SealedRecord};
use super::{EncodedRecord, Malformed, Record, digest, header};

const FIRST: Position = Position::new(41);
const TIME: Timestamp = Timestamp::from_micros(1_795_432_608_250_000);

fn sealed(append: &Append) -> Bytes {
    sealed_after(append, None).bytes
}

fn sealed_after(append: &Append, chain: Option<ChainHash>) -> SealedRecord {
    let versions = (0..append.writes().len() as u64).map(|n| StreamVersion::new(n * 10 + 1));
    let record = EncodedRecord::new(append, chain.is_some()).unwrap();
    record.seal(RecordPlace {
        first_position: FIRST,
        recorded_at: TIME,
        first_versions: versions.collect(),
        chain,
    })
}

fn last(append: &Append) -> Position {
    FIRST.plus(append.event_count() as u64 - 1)
}

fn decoded(bytes: Bytes, last: Position) -> Result<(AppendId, Vec<RecordedEvent>), Malformed> {
    let record = Record::open(bytes, last)?;
    let body = record.parse()?;
    let mut events = Vec::new();
    body.events(|_, _, _| true, |event| events.push(event))?;
    Ok((body.append_id(), events))
}

/// What must be read back.
fn expected(append: &Append) -> Vec<RecordedEvent> {
    let mut position = FIRST;
    let mut events = Vec::new();
    for (n, write) in append.writes().iter().enumerate() {
        for (k, event) in write.events.iter().enumerate() {
            let version = StreamVersion::new(n as u64 * 10 + 1 + k as u64);
            events.push(RecordedEvent::new(
                position,
                write.stream.clone(),
                version,
                TIME,
                event.clone(),
            ));
            position = position.next();
        }
    }
    events
}

fn event(id: u128, name: &'static str, data: &'static [u8]) -> NewEvent {
    let payload = Payload::new(CodecId::from_static("json"), TypeVersion::INITIAL, data);
    NewEvent::new(
        EventId::new(Uuid::from_u128(id)),
        TypeName::from_static(name),
        payload,
    )
}

/// The least that an append can be.
fn small() -> Append {
    Append::new(
        "C/1".parse().unwrap(),
        ExpectedVersion::Any,
        [event(1, "E", b"")],
    )
    .unwrap()
}

/// Something of everything.
fn large() -> Append {
    let shared = Metadata::new()
        .with_correlation("claim-42")
        .with_causation("command-7")
        .with_actor("assessor:7")
        .with_source("portal")
        .with_occurred_at(Timestamp::from_micros(-1))
        .with_trace(TraceContext {
            parent: "00-a-b-01".into(),
            state: Some("k=v".into()),
        })
        .with_header("tenant", "t-1")
        .with_header("région", "Zürich");
    let mut sealed = event(4, "ClaimPaid", b"\x00\x01\xFF");
    sealed.payload.codec = CodecId::from_static("postcard");
    sealed.payload.version = TypeVersion::new(65_535, 300);
    sealed.payload.flags = PayloadFlags::COMPRESSED.with(PayloadFlags::ENCRYPTED);
    let trace = TraceContext {
        parent: "00-c-d-00".into(),
        state: None,
    };
    Append::new(
        "Claim/42/2026".parse().unwrap(),
        ExpectedVersion::NoStream,
        [
            event(2, "ClaimCreated", br#"{"amount":1000}"#).with_metadata(shared.clone()),
            event(3, "ClaimCreated", br#"{"amount":2000}"#).with_metadata(shared),
            sealed.with_metadata(Metadata::new().with_trace(trace)),
        ],
    )
    .unwrap()
    .and(
        "Konto/Ü".parse().unwrap(),
        ExpectedVersion::Any,
        [event(5, "Geöffnet", b"{}")],
    )
    .unwrap()
    .with_id(AppendId::new(Uuid::from_u128(u128::MAX)))
}

/// Compares with a file that was written by the first version; `ES_BLESS=1` writes a missing one.
fn golden(name: &str, append: &Append, chain: Option<ChainHash>) {
    let sealed = |append| sealed_after(append, chain).bytes;
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    if !std::path::Path::new(&path).exists() && std::env::var("ES_BLESS").is_ok() {
        std::fs::write(&path, sealed(append)).unwrap();
    }
    let stored: Bytes = std::fs::read(path).unwrap().into();
    assert_eq!(sealed(append), stored, "what is written has changed");
    let (id, events) = decoded(stored, last(append)).unwrap();
    assert_eq!(
        (id, events),
        (append.id(), expected(append)),
        "what is read has changed"
    );
}

#[test]
fn the_first_format_is_written_and_read_for_ever() {
    golden("record-1-small.bin", &small(), None);
    golden("record-1-large.bin", &large(), None);
}

#[test]
fn the_format_of_a_chained_log_is_written_and_read_for_ever() {
    golden("record-2-small.bin", &small(), Some(ChainHash::start()));
    golden("record-2-large.bin", &large(), Some(ChainHash::start()));
}

#[test]
fn a_chained_record_has_the_hash_over_what_is_read_from_it() {
    for append in [small(), large()] {
        let sealed = sealed_after(&append, Some(ChainHash::start()));
        let hash = ChainHash::start().then_append(&expected(&append));
        assert_eq!(sealed.chain, Some(hash));
        let record = Record::open(sealed.bytes, last(&append)).unwrap();
        assert_eq!(record.chain(), Some(hash));
    }
}

#[test]
fn metadata_that_events_share_is_written_once() {
    let metadata = Metadata::new().with_header("long", "x".repeat(1_000));
    let events = (1..=100).map(|id| event(id, "E", b"").with_metadata(metadata.clone()));
    let append = Append::new("C/1".parse().unwrap(), ExpectedVersion::Any, events).unwrap();
    assert!(sealed(&append).len() < 4_000);
    let (_, events) = decoded(sealed(&append), last(&append)).unwrap();
    assert!(
        events
            .iter()
            .all(|event| event.metadata.shares(&events[0].metadata))
    );
}

#[test]
fn payloads_are_not_copied() {
    let bytes = sealed(&large());
    let (_, events) = decoded(bytes.clone(), last(&large())).unwrap();
    for event in events {
        assert!(bytes.as_ptr_range().contains(&event.payload.data.as_ptr()));
    }
}

#[test]
fn every_flipped_bit_and_every_cut_is_found() {
    let chains = [None, Some(ChainHash::start())];
    let records = chains.map(|chain| [small(), large()].map(|append| (append, chain)));
    for (append, chain) in records.concat() {
        let bytes = sealed_after(&append, chain).bytes;
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(
                Record::open(flipped.into(), last(&append)).is_err(),
                "bit {bit}"
            );
        }
        for length in 0..bytes.len() {
            assert!(
                Record::open(bytes.slice(..length), last(&append)).is_err(),
                "cut {length}"
            );
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(Record::open(longer.into(), last(&append)).is_err());
    }
}

#[test]
fn a_record_at_another_place_is_found() {
    let moved = Record::open(sealed(&small()), FIRST.next()).unwrap_err();
    assert_eq!(moved, Malformed::Moved { found: FIRST });
}

fn text() -> impl Strategy<Value = String> {
    "[a-zA-Zäß€ /:-]{1,40}"
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let option = || proptest::option::of(text());
    let headers = vec((text(), text()), 0..4);
    (
        option(),
        option(),
        option(),
        option(),
        any::<Option<i64>>(),
        option(),
        headers,
    )
        .prop_map(
            |(correlation, causation, actor, state, occurred_at, trace, headers)| {
                let mut metadata = Metadata::new();
                metadata = correlation
                    .iter()
                    .fold(metadata, |m, text| m.with_correlation(text));
                metadata = causation
                    .iter()
                    .fold(metadata, |m, text| m.with_causation(text));
                metadata = actor.iter().fold(metadata, |m, text| m.with_actor(text));
                metadata = trace.iter().fold(metadata, |m, parent| {
                    let state = state.as_deref().map(Into::into);
                    m.with_trace(TraceContext {
                        parent: parent.into(),
                        state,
                    })
                });
                metadata = occurred_at.iter().fold(metadata, |m, at| {
                    m.with_occurred_at(Timestamp::from_micros(*at))
                });
                headers
                    .iter()
                    .fold(metadata, |m, (name, value)| m.with_header(name, value))
            },
        )
}

fn new_event() -> impl Strategy<Value = NewEvent> {
    let payload = (
        text(),
        any::<(u16, u16)>(),
        any::<u8>(),
        vec(any::<u8>(), 0..200),
    );
    (any::<u128>(), text(), payload, metadata()).prop_map(|(id, name, payload, metadata)| {
        let (codec, (major, minor), flags, data) = payload;
        let payload = Payload {
            codec: CodecId::new(codec),
            version: TypeVersion::new(major, minor),
            flags: PayloadFlags::from_bits(flags),
            data: data.into(),
        };
        let id = EventId::new(Uuid::from_u128(id));
        NewEvent::new(id, TypeName::new(name).unwrap(), payload).with_metadata(metadata)
    })
}

fn append() -> impl Strategy<Value = Append> {
    (
        vec(new_event(), 1..8),
        vec(new_event(), 0..4),
        any::<u128>(),
    )
        .prop_filter_map("an append", |(first, second, id)| {
            let stream = |name| StreamId::new("Claim", name).unwrap();
            let mut append = Append::new(stream("1"), ExpectedVersion::Any, first).ok()?;
            if !second.is_empty() {
                append = append.and(stream("2"), ExpectedVersion::Any, second).ok()?;
            }
            Some(append.with_id(AppendId::new(Uuid::from_u128(id))))
        })
}

/// Makes the checksums right again, as somebody would who means harm.
fn resign(record: &mut [u8], streams: usize) {
    let header = header::length(streams, false);
    if record.len() < header {
        return;
    }
    let body = (record.len() - header) as u32;
    record[24..28].copy_from_slice(&body.to_le_bytes());
    let sum = digest(&record[header..]);
    record[28..36].copy_from_slice(&sum.to_le_bytes());
    let sum = digest(&record[..header - 8]);
    record[header - 8..header].copy_from_slice(&sum.to_le_bytes());
}

proptest! {
    #[test]
    fn what_is_written_is_read(append in append()) {
        let (id, events) = decoded(sealed(&append), last(&append)).unwrap();
        prop_assert_eq!(id, append.id());
        prop_assert_eq!(events, expected(&append));
    }

    #[test]
    fn hostile_records_are_refused_or_read_and_never_more(
        append in append(),
        changes in vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<proptest::sample::Index>(),
    ) {
        let streams = append.writes().len();
        let body_at = header::length(streams, false);
        let mut bytes = sealed(&append).to_vec();
        for (at, byte) in changes {
            let at = body_at + at.index(bytes.len() - body_at);
            bytes[at] = byte;
        }
        if cut.index(4) == 0 {
            bytes.truncate(body_at + cut.index(bytes.len() - body_at));
        }
        resign(&mut bytes, streams);
        let length = bytes.len();
        if let Ok((_, events)) = decoded(bytes.into(), last(&append)) {
            let payloads: usize = events.iter().map(|event| event.payload.data.len()).sum();
            prop_assert!(payloads <= length);
            prop_assert!(events.len() <= length);
        }
    }

    #[test]
    fn any_bytes_are_refused(bytes in vec(any::<u8>(), 0..300)) {
        prop_assert!(Record::open(bytes.into(), FIRST).is_err());
    }
}
