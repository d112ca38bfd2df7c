//! What was sealed once opens for ever (I9).

use bytes::Bytes;
use es_core::memory::MemoryStore;
use es_core::{
    DocumentKind, DocumentName, DocumentStore, Payload, PayloadFlags, Position, RecordedEvent,
    Revision, StreamVersion, Timestamp,
};
use es_serde::PackedStore;
use es_serde::seal::{Opened, SealContext, Sealer};

use crate::material::{claim, keys, whole};

/// The document of kind `subject-keys` about the subject `jane`.
const DOCUMENT: &str = include_str!("../golden/subject_keys.json");
/// A content, an event and an event with a sealed field; base64 and JSON, a line each.
const SEALED: &str = include_str!("../golden/sealed.txt");
const NAME: &str = include_str!("../golden/subject_keys.name");

async fn store() -> MemoryStore {
    let store = MemoryStore::new();
    let kind = DocumentKind::from_static("subject-keys");
    let name = DocumentName::new(NAME.trim()).unwrap();
    let content = Bytes::from_static(DOCUMENT.trim().as_bytes());
    let saved = store.save_document(&kind, &name, Revision::ABSENT, content);
    saved.await.unwrap();
    store
}

fn event(flags: PayloadFlags, data: Vec<u8>) -> RecordedEvent {
    let mut event = whole(1, "jane", b"").with_privacy(None);
    event.payload = Payload {
        flags,
        data: data.into(),
        ..event.payload
    };
    let (position, version) = (Position::new(1), StreamVersion::FIRST);
    RecordedEvent::new(
        position,
        claim(1),
        version,
        Timestamp::from_micros(7),
        event,
    )
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits = (0..text.len()).step_by(2);
    digits
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

#[tokio::test]
async fn sealed_form_1_opens() {
    let store = store().await;
    let mut lines = SEALED.lines();
    let mut next = || lines.next().unwrap();
    let sealer = Sealer::new(keys(&store));
    let opened = sealer
        .open(SealContext::Other("golden"), &from_hex(next()))
        .await;
    assert_eq!(opened.unwrap(), Opened::Content(b"a sealed content".into()));

    let packed = PackedStore::new(store.clone()).with_keys(keys(&store));
    let sealed = event(PayloadFlags::ENCRYPTED, from_hex(next()));
    let opened = packed.unpack(sealed).await.unwrap();
    assert_eq!(&*opened.payload.data, br#"{"name":"Jane"}"#);

    let sealed = event(PayloadFlags::SEALED_FIELDS, next().into());
    let opened = packed.unpack(sealed).await.unwrap();
    assert_eq!(&*opened.payload.data, br#"{"amount":1,"name":"Jane"}"#);
}

/// Prints the files of a new form; those of an old one are never made again.
#[tokio::test]
#[ignore = "prints the golden files of a new form"]
async fn print_the_files() {
    use es_core::{EventStore, ExpectedVersion, Privacy};
    let store = MemoryStore::new();
    let keys = keys(&store);
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let sealer = Sealer::new(keys.clone());
    let context = SealContext::Other("golden");
    let sealed = sealer
        .seal(&Privacy::of("jane"), context, b"a sealed content")
        .await;
    println!("sealed.txt:\n{}", hex(&sealed.unwrap()));
    let packed = PackedStore::new(store.clone()).with_keys(keys);
    let event = whole(1, "jane", br#"{"name":"Jane"}"#);
    let append = crate::material::append(1, ExpectedVersion::Any, vec![event]);
    let append = packed.pack(append).await.unwrap();
    println!("{}", hex(&append.events().next().unwrap().payload.data));
    let mut event = whole(1, "jane", br#"{"name":"Jane","amount":1}"#);
    event.privacy = event.privacy.map(|privacy| privacy.in_fields(&["name"]));
    let append = crate::material::append(1, ExpectedVersion::Any, vec![event]);
    let append = packed.pack(append).await.unwrap();
    let data = &append.events().next().unwrap().payload.data;
    println!("{}", std::str::from_utf8(data).unwrap());
    let kind = DocumentKind::from_static("subject-keys");
    let document = store.documents(&kind, None, 1).await.unwrap().remove(0);
    println!("subject_keys.name:\n{}", document.name);
    println!(
        "subject_keys.json:\n{}",
        std::str::from_utf8(&document.content).unwrap()
    );
    assert_eq!(store.head().await.unwrap(), Position::START);
}
