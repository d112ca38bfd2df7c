//! Sealing and opening of content.

use std::collections::HashMap;

use bytes::Bytes;
use es_core::Privacy;
use futures_util::future::try_join_all;

use super::cipher::Cipher;
use super::frame::{self, Frame, MAX_KEYS};
use super::keys::Found;
use super::subject::KeyRef;
use super::{KeyError, SealContext, SealError, SubjectKeys};

/// How many keys are loaded at a time for one page.
const LOADS_AT_ONCE: usize = 16;

/// Seals and opens content with the keys of its subjects.
///
/// [`PackedStore`](crate::PackedStore) does it for events and snapshots; use this for what is kept
/// elsewhere: dead letters, states of sagas, read models.
///
/// ```
/// # use es_core::{Privacy, memory::MemoryStore};
/// # use es_serde::seal::{LocalKeys, Opened, SealContext, Sealer, SubjectKeys};
/// # es_core::testing::run(async {
/// let provider = LocalKeys::parse("dev:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")?;
/// let keys = SubjectKeys::new(MemoryStore::new(), provider);
/// let sealer = Sealer::new(keys.clone());
/// let context = SealContext::Other("dead-letters/7");
///
/// let sealed = sealer.seal(&Privacy::of("jane"), context, b"her diagnosis").await?;
/// assert_eq!(sealer.open(context, &sealed).await?, Opened::Content(b"her diagnosis".into()));
///
/// keys.erase("jane").await?;
/// assert_eq!(sealer.open(context, &sealed).await?, Opened::Erased);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Sealer {
    keys: SubjectKeys,
}

/// What sealed content is to a reader.
#[derive(Clone, PartialEq, Eq)]
pub enum Opened {
    /// The content.
    Content(Vec<u8>),
    /// A key that it needs was destroyed.
    Erased,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Content(_) => "Content(..)",
            Self::Erased => "Erased",
        })
    }
}

/// The keys for one content, ready to seal it.
pub(crate) struct SealingKeys {
    refs: Vec<KeyRef>,
    cipher: Cipher,
}

/// The keys for the contents of a page; what was erased is without one.
#[derive(Default)]
pub(crate) struct OpeningKeys(HashMap<Vec<KeyRef>, Option<Cipher>>);

impl Sealer {
    /// A sealer with these keys.
    #[must_use]
    pub fn new(keys: SubjectKeys) -> Self {
        Self { keys }
    }

    /// Seals content about the subjects of `privacy`; its fields play no part.
    ///
    /// # Errors
    /// [`SealError::SubjectErased`], or that of a key.
    pub async fn seal(
        &self,
        privacy: &Privacy,
        context: SealContext<'_>,
        content: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        self.sealing_keys(privacy)
            .await?
            .seal(&context, None, content)
    }

    /// Opens what was sealed with the same context.
    ///
    /// # Errors
    /// [`SealError::Tampered`], [`SealError::Malformed`], or that of a key.
    pub async fn open(&self, context: SealContext<'_>, sealed: &[u8]) -> Result<Opened, SealError> {
        let sealed = Bytes::copy_from_slice(sealed);
        let keys = self.opening_keys(std::slice::from_ref(&sealed)).await;
        let keys = keys.map_err(|(_, error)| error)?;
        let content = keys.open(&context, None, &sealed)?;
        Ok(content.map_or(Opened::Erased, Opened::Content))
    }

    /// The keys that seal content with this privacy, made where there are none.
    pub(crate) async fn sealing_keys(&self, privacy: &Privacy) -> Result<SealingKeys, SealError> {
        let subjects = privacy.subjects();
        if subjects.is_empty() || subjects.len() > MAX_KEYS {
            return Err(SealError::Malformed("it needs 1 to 255 subjects"));
        }
        let keys = subjects
            .iter()
            .map(|subject| self.keys.for_sealing(subject));
        let keys = try_join_all(keys).await.map_err(|error| match error {
            KeyError::Erased => SealError::SubjectErased,
            other => other.into(),
        })?;
        let cipher = Cipher::new(keys.iter().map(|(_, key)| key));
        let refs = keys.into_iter().map(|(key_ref, _)| key_ref).collect();
        Ok(SealingKeys { refs, cipher })
    }

    /// The keys that all of these sealed contents need.
    ///
    /// # Errors
    /// The first one, with the index of the content that it is about.
    pub(crate) async fn opening_keys(
        &self,
        sealed: &[Bytes],
    ) -> Result<OpeningKeys, (usize, SealError)> {
        let mut needed: HashMap<Vec<KeyRef>, usize> = HashMap::new();
        for (index, bytes) in sealed.iter().enumerate() {
            let frame = Frame::parse(bytes).map_err(|error| (index, error))?;
            needed.entry(frame.keys).or_insert(index);
        }
        let needed: Vec<_> = needed.into_iter().collect();
        let mut keys = HashMap::with_capacity(needed.len());
        for some in needed.chunks(LOADS_AT_ONCE) {
            let loads = some.iter().map(|(refs, index)| self.load(refs, *index));
            keys.extend(try_join_all(loads).await?);
        }
        Ok(OpeningKeys(keys))
    }

    async fn load(
        &self,
        refs: &[KeyRef],
        index: usize,
    ) -> Result<(Vec<KeyRef>, Option<Cipher>), (usize, SealError)> {
        let cipher = self.opening_cipher(refs).await;
        let cipher = cipher.map_err(|error| (index, error.into()))?;
        Ok((refs.to_vec(), cipher))
    }

    /// Nothing if one of the keys was destroyed.
    async fn opening_cipher(&self, refs: &[KeyRef]) -> Result<Option<Cipher>, KeyError> {
        let mut keys = Vec::with_capacity(refs.len());
        for key_ref in refs {
            match self.keys.for_opening(*key_ref).await? {
                Found::Key(key) => keys.push(key),
                Found::Erased => return Ok(None),
            }
        }
        Ok(Some(Cipher::new(&keys)))
    }
}

impl SealingKeys {
    pub(crate) fn seal(
        &self,
        context: &SealContext<'_>,
        field: Option<&str>,
        content: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let associated = context.bytes(field);
        let nonce = self.cipher.nonce(&associated, content);
        let bound = context.names_a_version();
        let mut bytes = frame::begin(bound, &self.refs, &nonce, content.len())?;
        self.cipher
            .encrypt(&nonce, &associated, content, &mut bytes)
            .map_err(|_| SealError::Malformed("it is too long"))?;
        Ok(bytes)
    }
}

impl OpeningKeys {
    /// The content, or nothing if it was erased.
    pub(crate) fn open(
        &self,
        context: &SealContext<'_>,
        field: Option<&str>,
        sealed: &[u8],
    ) -> Result<Option<Vec<u8>>, SealError> {
        let frame = Frame::parse(sealed)?;
        let context = if frame.bound_to_version {
            *context
        } else {
            context.without_version()
        };
        let cipher = self.0.get(&frame.keys).ok_or(KeyError::Missing)?;
        let Some(cipher) = cipher else {
            return Ok(None);
        };
        let content = cipher.decrypt(&frame.nonce, &context.bytes(field), frame.sealed);
        content.map(Some).map_err(|_| SealError::Tampered)
    }
}
