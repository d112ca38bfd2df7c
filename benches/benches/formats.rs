//! Encoding and decoding a claim event in each format, reading older versions of it, and packing it:
//! compressed, encrypted.

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
    RecordedEvent, StreamId, StreamVersion, Timestamp, TypeVersion,
};
use es_serde::seal::{LocalKeys, SubjectKeys};
use es_serde::{Avro, AvroSchemas, Bincode, Compression, Json, PackedStore, Postcard};
use es_versioning::{Upcasts, add_field, for_event, rename_field};
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
            bencher.iter(|| decode(&codecs, black_box(&recorded)));
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

/// An event at the version that is read, with and without rules; and of one, two and three versions
/// before.
fn upcasting(criterion: &mut Criterion) {
    let rules = for_event("ClaimLineAdded")
        .current("1.0")
        .upcast("0.1", "0.2", rename_field("text", "note"))
        .upcast("0.2", "0.3", add_field("covered", true))
        .upcast("0.3", "1.0", add_field("code", "D2740-crown"));
    let rules = Upcasts::new().event(rules).build().unwrap();
    let without = CodecSet::new(Json);
    let with = without.clone().with_upcasts(rules);
    let event = ClaimEvent::of_bytes(SIZES[0], 7).unwrap();
    let current = recorded(encode(&without, &event));
    let mut group = criterion.benchmark_group("formats/upcast");
    group.throughput(Throughput::Elements(1));
    group.bench_function("current/no rules", |bencher| {
        bencher.iter(|| decode(&without, black_box(&current)));
    });
    group.bench_function("current/rules", |bencher| {
        bencher.iter(|| decode(&with, black_box(&current)));
    });
    for (steps, version, dropped) in [(1, 3, "code"), (2, 2, "covered"), (3, 1, "note")] {
        let mut old = current.clone();
        old.payload.version = TypeVersion::new(0, version);
        old.payload.data = older(&old.payload.data, dropped).into();
        group.bench_function(format!("{steps} steps"), |bencher| {
            bencher.iter(|| decode(&with, black_box(&old)));
        });
    }
    group.finish();
}

/// The content as it was before the field `dropped`, and those after it, came.
fn older(json: &[u8], dropped: &str) -> Vec<u8> {
    let mut content: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(json).unwrap();
    for field in ["code", "covered", "note"] {
        let value = content.remove(field).unwrap();
        if field == "note" {
            content.insert("text".to_owned(), value);
        }
        if field == dropped {
            break;
        }
    }
    serde_json::to_vec(&content).unwrap()
}

fn decode(codecs: &CodecSet, recorded: &RecordedEvent) -> Option<ClaimEvent> {
    codecs.decode_event(recorded).unwrap().next()
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

criterion_group!(benches, codecs, upcasting, packing);
criterion_main!(benches);
