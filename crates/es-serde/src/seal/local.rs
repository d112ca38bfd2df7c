//! Key-encryption keys from a file, or from the environment.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use super::cipher::{Cipher, NONCE_BYTES};
use super::key::{KEY_BYTES, fill_random};
use super::{DataKey, KeyError, KeyProvider, WrappedKey};

/// A file of keys is small; anything longer is no such file.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Key-encryption keys in this process: for development, and for places where a secret is mounted
/// as a file or put into the environment.
///
/// The text has a line for each key, `id:key` with 32 bytes in base64; the first one wraps, all of
/// them unwrap. Empty lines and lines that begin with `#` do not count. To rotate, put a line in
/// front, call [`SubjectKeys::rewrap`](super::SubjectKeys::rewrap), and take the old line away.
///
/// ```
/// use es_serde::seal::LocalKeys;
///
/// let keys = LocalKeys::parse("2026:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")?;
/// assert_eq!(format!("{keys:?}"), r#"LocalKeys(["2026"])"#);
/// # Ok::<(), es_serde::seal::InvalidKeys>(())
/// ```
pub struct LocalKeys {
    /// The first one wraps.
    keys: Vec<(String, DataKey)>,
}

impl LocalKeys {
    /// Reads the text.
    ///
    /// # Errors
    /// [`InvalidKeys::Line`], [`InvalidKeys::None`], [`InvalidKeys::Twice`].
    pub fn parse(text: &str) -> Result<Self, InvalidKeys> {
        let mut keys: Vec<(String, DataKey)> = Vec::new();
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (id, key) = parse_line(line).ok_or(InvalidKeys::Line { number })?;
            if keys.iter().any(|(other, _)| other == id) {
                return Err(InvalidKeys::Twice { number });
            }
            keys.push((id.to_owned(), key));
        }
        if keys.is_empty() {
            return Err(InvalidKeys::None);
        }
        Ok(Self { keys })
    }

    /// Reads the text from a file.
    ///
    /// # Errors
    /// [`InvalidKeys::File`], and those of [`parse`](Self::parse).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, InvalidKeys> {
        let path = path.as_ref();
        let failed = |source| InvalidKeys::File {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let mut text = Zeroizing::new(String::new());
        file.take(MAX_FILE_BYTES)
            .read_to_string(&mut text)
            .map_err(failed)?;
        Self::parse(&text)
    }

    /// Reads the text from an environment variable; several keys are separated by commas.
    ///
    /// # Errors
    /// [`InvalidKeys::Variable`], and those of [`parse`](Self::parse).
    pub fn from_env(variable: &str) -> Result<Self, InvalidKeys> {
        let text = std::env::var(variable).map(Zeroizing::new);
        let text = text.map_err(|_| InvalidKeys::Variable {
            name: variable.to_owned(),
        })?;
        Self::parse(&text.replace(',', "\n"))
    }

    /// Makes a file with one new random key, readable by its owner only.
    ///
    /// # Errors
    /// [`InvalidKeys::File`], also if the file is there already: it is never overwritten.
    pub fn create_file(path: impl AsRef<Path>, id: &str) -> Result<Self, InvalidKeys> {
        let path = path.as_ref();
        let failed = |source| InvalidKeys::File {
            path: path.to_owned(),
            source,
        };
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        fill_random(&mut *key).map_err(|error| failed(io::Error::other(error)))?;
        let line = Zeroizing::new(format!("{id}:{}\n", BASE64_STANDARD.encode(*key)));
        let keys = Self::parse(&line)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(failed)?;
        file.write_all(line.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(failed)?;
        Ok(keys)
    }

    fn key(&self, id: &str) -> Result<&DataKey, KeyError> {
        let found = self.keys.iter().find(|(known, _)| known == id);
        found
            .map(|(_, key)| key)
            .ok_or_else(|| KeyError::UnknownKeyEncryptionKey { id: id.to_owned() })
    }
}

fn parse_line(line: &str) -> Option<(&str, DataKey)> {
    let (id, key) = line.split_once(':')?;
    let bytes = Zeroizing::new(BASE64_STANDARD.decode(key.trim()).ok()?);
    let key: [u8; KEY_BYTES] = bytes.as_slice().try_into().ok()?;
    let id = id.trim();
    (!id.is_empty()).then_some((id, DataKey::from_bytes(key)))
}

#[async_trait]
impl KeyProvider for LocalKeys {
    async fn current(&self) -> Result<String, KeyError> {
        Ok(self.keys[0].0.clone())
    }

    async fn wrap(&self, key: &DataKey, context: &[u8]) -> Result<WrappedKey, KeyError> {
        let (id, wrapping) = &self.keys[0];
        let mut bytes = vec![0; NONCE_BYTES];
        fill_random(&mut bytes)?;
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&bytes);
        Cipher::new([wrapping])
            .encrypt(&nonce, context, key.as_bytes(), &mut bytes)
            .map_err(|_| KeyError::Unwrap { id: id.clone() })?;
        Ok(WrappedKey {
            key_id: id.clone(),
            bytes,
        })
    }

    async fn unwrap(&self, wrapped: &WrappedKey, context: &[u8]) -> Result<DataKey, KeyError> {
        let key = self.key(&wrapped.key_id)?;
        let does_not = || KeyError::Unwrap {
            id: wrapped.key_id.clone(),
        };
        let parts = wrapped.bytes.split_first_chunk();
        let (nonce, sealed) = parts.ok_or_else(does_not)?;
        let bytes = Cipher::new([key]).decrypt(nonce, context, sealed);
        let bytes = Zeroizing::new(bytes.map_err(|_| does_not())?);
        let bytes = bytes.as_slice().try_into().map_err(|_| does_not())?;
        Ok(DataKey::from_bytes(bytes))
    }
}

/// Shows the ids.
impl std::fmt::Debug for LocalKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ids: Vec<_> = self.keys.iter().map(|(id, _)| id).collect();
        f.debug_tuple("LocalKeys").field(&ids).finish()
    }
}

/// Why key-encryption keys could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidKeys {
    /// A line is not `id:key` with 32 bytes in base64, as `openssl rand -base64 32` prints them.
    #[error("line {number} of the keys is not `id:key` with 32 bytes in base64")]
    Line {
        /// Which line, from 1.
        number: usize,
    },
    /// Two lines have one id.
    #[error("line {number} of the keys has the id of an earlier one")]
    Twice {
        /// Which line, from 1.
        number: usize,
    },
    /// There is no key.
    #[error("there is no key; write a line `id:key` with 32 bytes in base64")]
    None,
    /// The environment variable is not set, or is no text.
    #[error("the environment variable {name} holds no keys")]
    Variable {
        /// The variable.
        name: String,
    },
    /// The file cannot be read or made.
    #[error("the file of keys {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: io::Error,
    },
}
