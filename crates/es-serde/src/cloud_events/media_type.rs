//! Media types: which are JSON, and which stand for which codec.

use es_core::{CodecId, Payload, PayloadFlags};

use crate::Json;

const JSON: &str = "application/json";
const BYTES: &str = "application/octet-stream";

/// Whether it is a type and a subtype (RFC 2045, section 5.1); parameters are not looked at.
pub(super) fn is_media_type(text: &str) -> bool {
    let token = |text: &str| {
        let allowed = |byte: u8| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&byte);
        !text.is_empty() && text.bytes().all(allowed)
    };
    essence(text)
        .split_once('/')
        .is_some_and(|(kind, subtype)| token(kind) && token(subtype))
}

/// Whether data of this type is JSON: the format's section 3.1.1.
pub(super) fn is_json(media_type: Option<&str>) -> bool {
    let Some(media_type) = media_type else {
        return true;
    };
    let subtype = essence(media_type).split_once('/').map(|(_, sub)| sub);
    let subtype = subtype.unwrap_or_default().to_ascii_lowercase();
    subtype == "json" || subtype.ends_with("+json")
}

fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

/// The type that a payload is written with.
pub(super) fn of(payload: &Payload) -> &str {
    if is_plain_json(payload) {
        JSON
    } else if is_media_type(payload.codec.as_str()) {
        payload.codec.as_str()
    } else {
        BYTES
    }
}

/// The codec that data of this type is in, if nothing else names one.
pub(super) fn codec(media_type: Option<&str>) -> CodecId {
    match media_type {
        Some(media_type) if !is_json(Some(media_type)) => CodecId::new(media_type),
        _ => Json::ID,
    }
}

/// Whether a payload can stand in a document as it is.
pub(super) fn is_plain_json(payload: &Payload) -> bool {
    payload.codec == Json::ID && payload.flags == PayloadFlags::PLAIN
}
