//! AES-256-GCM under keys derived from data keys.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::DataKey;
use super::key::KEY_BYTES;

pub(super) const NONCE_BYTES: usize = 12;
pub(super) const TAG_BYTES: usize = 16;

const FOR_CONTENT: &[u8] = b"es-serde seal 1 content";
const FOR_NONCES: &[u8] = b"es-serde seal 1 nonce";

/// Encrypts and decrypts under one data key, or under several of which each is needed.
pub(super) struct Cipher {
    content: Aes256Gcm,
    nonces: Zeroizing<[u8; KEY_BYTES]>,
}

/// What was decrypted is not what was encrypted.
#[derive(Debug)]
pub(super) struct Mismatch;

impl Cipher {
    pub(super) fn new<'k>(keys: impl IntoIterator<Item = &'k DataKey>) -> Self {
        let mut material = Zeroizing::new(Vec::new());
        for key in keys {
            material.extend_from_slice(key.as_bytes());
        }
        let derive = |purpose| {
            let mut derived = Zeroizing::new([0; KEY_BYTES]);
            // Only lengths of over 255 hashes are refused.
            let _ = Hkdf::<Sha256>::new(None, &material).expand(purpose, &mut *derived);
            derived
        };
        let content = derive(FOR_CONTENT);
        Self {
            content: Aes256Gcm::new((&*content).into()),
            nonces: derive(FOR_NONCES),
        }
    }

    /// A nonce that is the same for the same content in the same place, and no other.
    pub(super) fn nonce(&self, associated: &[u8], content: &[u8]) -> [u8; NONCE_BYTES] {
        let mut hmac = hkdf::HkdfExtract::<Sha256>::new(Some(&*self.nonces));
        hmac.input_ikm(&(associated.len() as u64).to_le_bytes());
        hmac.input_ikm(associated);
        hmac.input_ikm(content);
        let (hash, _) = hmac.finalize();
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&hash[..NONCE_BYTES]);
        nonce
    }

    /// Appends ciphertext and tag to `out`.
    pub(super) fn encrypt(
        &self,
        nonce: &[u8; NONCE_BYTES],
        associated: &[u8],
        content: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Mismatch> {
        let start = out.len();
        out.extend_from_slice(content);
        let tag = self
            .content
            .encrypt_inout_detached(nonce.into(), associated, (&mut out[start..]).into())
            .map_err(|_| Mismatch)?;
        out.extend_from_slice(&tag);
        Ok(())
    }

    /// Decrypts ciphertext and tag.
    pub(super) fn decrypt(
        &self,
        nonce: &[u8; NONCE_BYTES],
        associated: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, Mismatch> {
        let length = sealed.len().checked_sub(TAG_BYTES).ok_or(Mismatch)?;
        let (ciphertext, tag) = sealed.split_at(length);
        let tag: &[u8; TAG_BYTES] = tag.try_into().map_err(|_| Mismatch)?;
        let mut content = ciphertext.to_vec();
        self.content
            .decrypt_inout_detached(
                nonce.into(),
                associated,
                content.as_mut_slice().into(),
                tag.into(),
            )
            .map_err(|_| Mismatch)?;
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_several_keys_is_needed() {
        let keys = [[1; 32], [2; 32]].map(DataKey::from_bytes);
        let both = Cipher::new(&keys);
        let nonce = both.nonce(b"place", b"content");
        let mut sealed = Vec::new();
        both.encrypt(&nonce, b"place", b"content", &mut sealed)
            .unwrap();
        assert_eq!(both.decrypt(&nonce, b"place", &sealed).unwrap(), b"content");
        for other in [&keys[..1], &keys[1..]] {
            assert!(
                Cipher::new(other)
                    .decrypt(&nonce, b"place", &sealed)
                    .is_err()
            );
        }
        assert!(both.decrypt(&nonce, b"elsewhere", &sealed).is_err());
    }

    #[test]
    fn nonces_differ_where_content_or_place_do() {
        let cipher = Cipher::new([&DataKey::from_bytes([7; 32])]);
        let nonce = cipher.nonce(b"ab", b"c");
        assert_eq!(nonce, cipher.nonce(b"ab", b"c"));
        assert_ne!(nonce, cipher.nonce(b"a", b"bc"));
        assert_ne!(nonce, cipher.nonce(b"ab", b"d"));
    }
}
