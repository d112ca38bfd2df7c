//! Encoding and decoding a claim event in each format, and packing it: compressed, encrypted.

#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has nothing to say"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use es_benches::claims::ClaimEvent;
use es_core::memory::MemoryStore;
use es_core::{
    Append, Codec, CodecSet, EventCoding, EventId, ExpectedVersion, NewEvent, Position, Privacy,
    RecordedEvent, StreamId, StreamVersion, Timestamp,
};
use es_serde::seal::{LocalKeys, SubjectKeys};
use es_serde::{Avro, AvroSchemas, Bincode, Compression, Json, PackedStore, Postcard};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

/// As JSON, with the text that fills them up.
const SIZES: [usize; 2] = [205, 4_096];
const SCHEMA: &str = r#"{"type": "record", "name": "ClaimLineAdded", "fields": [
    {"name": "amount", "type": "long"},
    {"name": "code", "type": "string"},
    {"name": "covered", "type": "boolean"},
    {"name": "note", "type": "string"}
]}"#;
const KEK: &str = "bench:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn codecs(criterion: &mut Criterion) {
    let schemas = AvroSchemas::new().with("ClaimLineAdded", "1.0", SCHEMA);
    of(criterion, "json", Json);
    of(criterion, "bincode", Bincode);
    of(criterion, "postcard", Postcard);
    of(criterion, "avro", Avro::new(schemas.unwrap()));
}

fn of(criterion: &mut Criterion, name: &str, codec: impl Codec + 'static) {
    let codecs = CodecSet::new(codec);
    for size in SIZES {
        let event = ClaimEvent::of_bytes(size, 7).unwrap();
        let encoded = encode(&codecs, &event);
        println!("{name}/{size}: {} bytes", encoded.payload.data.len());
        let recorded = recorded(encoded);
        let mut group = criterion.benchmark_group(format!("formats/{name}"));
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("encode/{size}"), |bencher| {
            bencher.iter(|| encode(&codecs, black_box(&event)));
        });
        group.bench_function(format!("decode/{size}"), |bencher| {
            bencher.iter(|| {
                let decoded = codecs.decode_event::<ClaimEvent>(black_box(&recorded));
                decoded.unwrap().next()
            });
        });
        group.finish();
    }
}

fn packing(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let keys = SubjectKeys::new(MemoryStore::new(), LocalKeys::parse(KEK).unwrap());
    let plain = PackedStore::new(MemoryStore::new());
    let whole = Some(Privacy::of("jane"));
    let field = Some(Privacy::of("jane").in_fields(&["note"]));
    let encrypted = plain.clone().with_keys(keys.clone());
    packed(criterion, &runtime, "plain", &plain, None);
    let lz4 = plain
        .clone()
        .with_compression(Compression::lz4().with_threshold(0));
    packed(criterion, &runtime, "lz4", &lz4, None);
    let zstd = plain.with_compression(Compression::zstd(3).with_threshold(0));
    packed(criterion, &runtime, "zstd-3", &zstd, None);
    packed(criterion, &runtime, "encrypted", &encrypted, whole.clone());
    packed(criterion, &runtime, "encrypted-field", &encrypted, field);
    let both = lz4.with_keys(keys);
    packed(criterion, &runtime, "lz4-encrypted", &both, whole);
}

/// Without encoding and decoding, which are above.
fn packed(
    criterion: &mut Criterion,
    runtime: &Runtime,
    name: &str,
    store: &PackedStore<MemoryStore>,
    privacy: Option<Privacy>,
) {
    let codecs = CodecSet::new(Json);
    for size in SIZES {
        let event = ClaimEvent::of_bytes(size, 7).unwrap();
        let event = encode(&codecs, &event).with_privacy(privacy.clone());
        let append = Append::new(stream(), ExpectedVersion::NoStream, [event]).unwrap();
        let stored = runtime.block_on(store.pack(append.clone())).unwrap();
        let stored = stored.events().next().unwrap().clone();
        println!("{name}/{size}: {} bytes", stored.payload.data.len());
        let recorded = recorded(stored);
        let mut group = criterion.benchmark_group(format!("formats/{name}"));
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("pack/{size}"), |bencher| {
            bencher.iter(|| runtime.block_on(store.pack(append.clone())).unwrap());
        });
        group.bench_function(format!("unpack/{size}"), |bencher| {
            bencher.iter(|| runtime.block_on(store.unpack(recorded.clone())).unwrap());
        });
        group.finish();
    }
}

fn encode(codecs: &CodecSet, event: &ClaimEvent) -> NewEvent {
    let id = EventId::new(Uuid::from_u128(1));
    codecs.encode_event(id, event).unwrap()
}

fn recorded(event: NewEvent) -> RecordedEvent {
    RecordedEvent::new(
        Position::new(1),
        stream(),
        StreamVersion::FIRST,
        Timestamp::from_micros(1),
        event,
    )
}

fn stream() -> StreamId {
    StreamId::new("Claim", 1).unwrap()
}

criterion_group!(benches, codecs, packing);
criterion_main!(benches);
