//! Encryption that can forget: a data key for each subject, wrapped by a key of the operator's.
//!
//! # How it works
//! - Each subject (a claimant, a tenant, a stream) has a random 256-bit **data key**. It is stored
//!   beside the events, wrapped by a **key-encryption key** that a [`KeyProvider`] holds.
//! - Content about a subject is encrypted with AES-256-GCM (NIST SP 800-38D) under keys that are
//!   derived from the data key by HKDF (RFC 5869). What it belongs to is bound as associated data:
//!   the stream, the event's id, its type and version, the format, and the version in the stream
//!   where the append named one. Content that was moved elsewhere does not open.
//! - The nonce is derived from key and content, as in SIV mode (Rogaway and Shrimpton, 2006), so
//!   that the repeat of an append is the same append. One data key is good for 2^32 events.
//! - **Rotation** of the key-encryption key wraps the data keys anew, and of a data key adds a
//!   generation for what is written later. Neither touches an event.
//! - **Erasure** destroys a subject's data keys. What was encrypted with them is gone wherever it
//!   was written: events, snapshots, copies, backups of the events. A backup of the *keys* has to be
//!   destroyed too; see [`SubjectKeys::erase`].
//!
//! # Sealed form, version 1
//! ```text
//! 1 byte    1, the version of this form
//! 1 byte    flags: 1 = bound to the version in the stream
//! 1 byte    how many keys, n
//! n * 20    the keys: pseudonym of the subject (16), generation (4, little endian)
//! 12 bytes  nonce
//! the rest  ciphertext, and the tag of 16 bytes
//! ```
//! The pseudonym is the beginning of SHA-256 over the subject's name: whoever knows a name can tell
//! which content is about it, and not read it. A sealed field in JSON is an object
//! `{"$sealed":"..."}` with that form in base64url.

mod cipher;
mod context;
mod error;
pub(crate) mod fields;
mod frame;
mod key;
mod keys;
mod local;
mod provider;
mod record;
mod sealer;
mod subject;

pub use context::SealContext;
pub use error::{KeyError, SealError};
pub use key::DataKey;
pub use keys::{Erasure, KeyOptions, SubjectKeys};
pub use local::{InvalidKeys, LocalKeys};
pub use provider::{KeyProvider, WrappedKey};
pub use sealer::{Opened, Sealer};
pub(crate) use sealer::{OpeningKeys, SealingKeys};
