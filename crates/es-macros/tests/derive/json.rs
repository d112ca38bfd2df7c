//! Writes and reads an event's content as JSON.

use es_core::Event;

pub(crate) fn write<E: Event>(event: &E) -> String {
    let mut json = Vec::new();
    event
        .serialize_content(&mut serde_json::Serializer::new(&mut json))
        .unwrap();
    String::from_utf8(json).unwrap()
}

pub(crate) fn read<E: Event>(index: usize, json: &str) -> serde_json::Result<E> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let event = E::deserialize_content(index, &mut reader)?;
    reader.end().map(|()| event)
}

/// Checks the content that is written, and that it is read back, from text and from a tree.
#[track_caller]
pub(crate) fn assert_content<E: Event + std::fmt::Debug + PartialEq>(event: &E, content: &str) {
    let json = write(event);
    assert_eq!(json, content);
    assert_eq!(&read::<E>(event.type_index(), &json).unwrap(), event);
    let tree: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        &E::deserialize_content(event.type_index(), tree).unwrap(),
        event
    );
}
