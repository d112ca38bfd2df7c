//! How values become bytes: the codec trait, and the set of codecs that a reader knows.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::{BoxError, OnUnknown, TypeTag, Upcast};

/// The object-safe view of serde that [`Codec`] is written against.
pub use erased_serde as erased;

/// Names the format of a payload, as in `json`. It is stored with every payload.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodecId(SmolStr);

impl CodecId {
    /// Takes the name of a format, at most 23 bytes of lower-case ASCII by convention.
    #[must_use]
    pub const fn from_static(id: &'static str) -> Self {
        Self(SmolStr::new_static(id))
    }

    /// Takes a name that was read from a store.
    #[must_use]
    pub fn new(id: impl AsRef<str>) -> Self {
        Self(SmolStr::new(id))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CodecId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CodecId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// What [`Codec::decode`] hands its deserializer to.
pub type DecodeVisitor<'v> =
    dyn FnMut(&mut dyn erased::Deserializer<'_>) -> Result<(), erased::Error> + 'v;

/// One format: turns values into bytes and back.
///
/// # Contract
/// - Decoding what was encoded gives an equal value, today and in every later version.
/// - Decoding never panics and never allocates without bound, whatever the bytes are.
/// - Bytes left over after the value are an error.
///
/// Callers use the typed methods of [`CodecExt`].
pub trait Codec: fmt::Debug + Send + Sync {
    /// The name that is stored with each payload.
    fn id(&self) -> CodecId;

    /// Turns a value into bytes. `tag` is for formats that look up a schema.
    ///
    /// # Errors
    /// [`CodecError::Encode`] if the value does not fit the format.
    fn encode(&self, tag: &TypeTag, value: &dyn erased::Serialize) -> Result<Bytes, CodecError>;

    /// Reads bytes that [`encode`](Self::encode) wrote under the same `tag`: opens a deserializer
    /// over them and calls `visit` once.
    ///
    /// # Errors
    /// [`CodecError::Decode`] if the bytes are not such a value.
    fn decode(
        &self,
        tag: &TypeTag,
        data: &[u8],
        visit: &mut DecodeVisitor<'_>,
    ) -> Result<(), CodecError>;
}

/// Typed calls on any [`Codec`].
pub trait CodecExt: Codec {
    /// Reads one owned value.
    ///
    /// # Errors
    /// [`CodecError::Decode`] if the bytes are not a `T`.
    fn decode_value<T: DeserializeOwned>(
        &self,
        tag: &TypeTag,
        data: &[u8],
    ) -> Result<T, CodecError> {
        self.decode_with(tag, data, |deserializer| T::deserialize(deserializer))
    }

    /// Reads one value with a function of the caller's.
    ///
    /// # Errors
    /// [`CodecError::Decode`] if the function fails, or bytes are left over.
    fn decode_with<T>(
        &self,
        tag: &TypeTag,
        data: &[u8],
        read: impl Fn(&mut dyn erased::Deserializer<'_>) -> Result<T, erased::Error>,
    ) -> Result<T, CodecError> {
        let mut value = None;
        self.decode(tag, data, &mut |deserializer| {
            value = Some(read(deserializer)?);
            Ok(())
        })?;
        value.ok_or_else(|| CodecError::decode(tag, "the codec returned without a value"))
    }
}

impl<C: Codec + ?Sized> CodecExt for C {}

/// Why a codec failed. The messages name the type and never the content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The value cannot be written in this format: change the type, or choose another codec.
    #[error("cannot encode a {tag}")]
    Encode {
        /// The type that was to be written.
        tag: TypeTag,
        /// What the format says.
        source: BoxError,
    },
    /// The bytes are not a value of this type: they are damaged, or were written with another
    /// shape under the same version.
    #[error("cannot decode a {tag}")]
    Decode {
        /// The type that was to be read.
        tag: TypeTag,
        /// What the format says.
        source: BoxError,
    },
}

impl CodecError {
    /// An encoding failure of `tag`.
    pub fn encode(tag: &TypeTag, source: impl Into<BoxError>) -> Self {
        Self::Encode {
            tag: tag.clone(),
            source: source.into(),
        }
    }

    /// A decoding failure of `tag`.
    pub fn decode(tag: &TypeTag, source: impl Into<BoxError>) -> Self {
        Self::Decode {
            tag: tag.clone(),
            source: source.into(),
        }
    }
}

/// The codecs that one part of a program works with: one writes, all of them read.
///
/// A store may hold events of several formats at once, since each payload says which one it is.
///
/// It also says how a consumer reads events of other versions, and what it does about those that
/// it does not know.
#[derive(Debug, Clone)]
pub struct CodecSet {
    /// The first one writes.
    codecs: Arc<[Arc<dyn Codec>]>,
    upcast: Option<Arc<dyn Upcast>>,
    on_unknown: OnUnknown,
}

impl CodecSet {
    /// A set with one codec, which writes and reads.
    pub fn new(writer: impl Codec + 'static) -> Self {
        Self {
            codecs: Arc::new([Arc::new(writer) as Arc<dyn Codec>]),
            upcast: None,
            on_unknown: OnUnknown::Stop,
        }
    }

    /// Adds a codec that only reads; one with the same id as an earlier one is never asked.
    #[must_use]
    pub fn and_read(self, reader: impl Codec + 'static) -> Self {
        let reader: Arc<dyn Codec> = Arc::new(reader);
        Self {
            codecs: self.codecs.iter().cloned().chain([reader]).collect(),
            ..self
        }
    }

    /// Translates events of other versions than the program reads.
    #[must_use]
    pub fn with_upcasts(mut self, upcast: impl Upcast + 'static) -> Self {
        self.upcast = Some(Arc::new(upcast));
        self
    }

    /// Says what to do about events that the program does not know; it stops by default.
    #[must_use]
    pub fn on_unknown(mut self, policy: OnUnknown) -> Self {
        self.on_unknown = policy;
        self
    }

    pub(crate) fn upcast(&self) -> Option<&dyn Upcast> {
        self.upcast.as_deref()
    }

    pub(crate) fn unknown_policy(&self) -> &OnUnknown {
        &self.on_unknown
    }

    /// The codec that writes.
    #[must_use]
    pub fn writer(&self) -> &dyn Codec {
        &*self.codecs[0]
    }

    /// The codec that reads payloads of this id.
    #[must_use]
    pub fn reader(&self, id: &CodecId) -> Option<&dyn Codec> {
        self.codecs
            .iter()
            .find(|codec| codec.id() == *id)
            .map(|codec| &**codec)
    }

    /// The ids in the set, the writer's first.
    pub fn ids(&self) -> impl Iterator<Item = CodecId> {
        self.codecs.iter().map(|codec| codec.id())
    }
}

impl<C: Codec + 'static> From<C> for CodecSet {
    fn from(writer: C) -> Self {
        Self::new(writer)
    }
}
