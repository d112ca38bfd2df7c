//! Any bytes, opened as sealed content, as a sealed event and as one with sealed fields: no panic,
//! and nothing opens that was not sealed.

#![no_main]

use std::sync::LazyLock;

use es_core::memory::MemoryStore;
use es_core::testing::sample_event;
use es_core::{PayloadFlags, Position, RecordedEvent, StreamId, StreamVersion, Timestamp};
use es_serde::PackedStore;
use es_serde::seal::{LocalKeys, SealContext, Sealer, SubjectKeys};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().build().expect("a runtime"));
static KEYS: LazyLock<SubjectKeys> = LazyLock::new(|| {
    let keys = LocalKeys::parse("fuzz:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    SubjectKeys::new(MemoryStore::new(), keys.expect("a key"))
});

fuzz_target!(|data: &[u8]| {
    RUNTIME.block_on(async {
        let opened = Sealer::new(KEYS.clone()).open(SealContext::Other("fuzz"), data).await;
        assert!(opened.is_err());
        let store = PackedStore::new(MemoryStore::new()).with_keys(KEYS.clone());
        for flags in [PayloadFlags::ENCRYPTED, PayloadFlags::SEALED_FIELDS] {
            let mut event = sample_event(1);
            event.payload.flags = flags;
            event.payload.data = data.to_vec().into();
            let event = RecordedEvent::new(
                Position::new(1),
                StreamId::new("Claim", 1).expect("a stream"),
                StreamVersion::FIRST,
                Timestamp::from_micros(1),
                event,
            );
            let opened = store.unpack(event).await;
            assert!(opened.is_err() || flags == PayloadFlags::SEALED_FIELDS);
        }
    });
});
