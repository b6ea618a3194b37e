//! Sealing: XChaCha20-Poly1305 with a random nonce, bound to the place the value belongs to.

use super::error::StoreError;
use crate::words::Said;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// Bytes of a nonce.
pub const NONCE: usize = 24;
/// Bytes sealing adds: nonce and tag.
pub const OVERHEAD: usize = NONCE + 16;

/// Random bytes from the operating system.
///
/// # Errors
/// [`StoreError::Random`] when it gives none.
pub fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| StoreError::Random)?;
    Ok(bytes)
}

/// The 32 random bytes everything of a station is sealed under; wiped when dropped.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// A new key.
    ///
    /// # Errors
    /// [`StoreError::Random`].
    pub fn generate() -> Result<Self, StoreError> {
        Ok(Self(Zeroizing::new(random()?)))
    }

    /// A key from its bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// The bytes, for wrapping.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The seal for one purpose; keys of different purposes do not open each other's content.
    #[must_use]
    pub fn seal(&self, purpose: Purpose) -> Seal {
        let key = Zeroizing::new(blake3::derive_key(purpose.context(), self.bytes()));
        Seal::new(&key)
    }
}

/// What a seal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Entries of the journal.
    Journal,
    /// Records in the table.
    Records,
    /// Backup files.
    Backup,
    /// Drafts and packs beside the records.
    Shelf,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [Self::Journal, Self::Records, Self::Backup, Self::Shelf];

    /// BLAKE3 key derivation contexts; part of the format, never changed.
    fn context(self) -> &'static str {
        match self {
            Self::Journal => "yizhan 2025 data key v1: journal entries",
            Self::Records => "yizhan 2025 data key v1: records table",
            Self::Backup => "yizhan 2025 data key v1: backup blocks",
            Self::Shelf => "yizhan 2026 data key v1: shelf",
        }
    }
}

/// Seals and opens under one key; the key is wiped when dropped.
#[derive(Clone)]
pub struct Seal(XChaCha20Poly1305);

impl Seal {
    /// A seal under `key`.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(&Key::from(*key)))
    }

    /// Seals `plain` for the place `place` names: nonce, then ciphertext and tag.
    ///
    /// # Errors
    /// [`StoreError::Random`], or [`StoreError::Seal`] for more than the cipher can take.
    pub fn seal(&self, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.seal_with(&random()?, place, plain)
    }

    /// Seals with a given nonce: only to make again the very bytes that were sealed before.
    pub(super) fn seal_with(
        &self,
        nonce: &[u8; NONCE],
        place: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let sealed = self.seal_bare(nonce, place, plain)?;
        let mut out = Vec::with_capacity(NONCE + sealed.len());
        out.extend_from_slice(nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Ciphertext and tag alone, under a nonce that is kept elsewhere and used for nothing else.
    pub(super) fn seal_bare(
        &self,
        nonce: &[u8; NONCE],
        place: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        self.0
            .encrypt(&XNonce::from(*nonce), Payload { msg: plain, aad: place })
            .map_err(|_| StoreError::Seal(Said::fixed("内容过长", "too long")))
    }

    /// Opens what [`Self::seal_bare`] sealed.
    pub(super) fn open_bare(
        &self,
        nonce: &[u8; NONCE],
        place: &[u8],
        sealed: &[u8],
    ) -> Option<Vec<u8>> {
        self.0.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: place }).ok()
    }

    /// Opens what was sealed for `place`; nothing when it was sealed for another place or under
    /// another key, or was changed.
    #[must_use]
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE>()?;
        self.open_bare(nonce, place, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::super::disk::unhex;
    use super::*;

    /// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    #[test]
    fn published_vector() {
        let key: [u8; 32] = std::array::from_fn(|i| 0x80 + u8::try_from(i).unwrap());
        let nonce: [u8; 24] = std::array::from_fn(|i| 0x40 + u8::try_from(i).unwrap());
        let aad = unhex("50515253c0c1c2c3c4c5c6c7").unwrap();
        let plain = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
        let sealed = Seal::new(&key).seal_with(&nonce, &aad, plain).unwrap();
        assert_eq!(sealed[24..32], unhex("bd6d179d3e83d43b").unwrap());
        assert_eq!(sealed[sealed.len() - 16..], unhex("c0875924c1c7987947deafd8780acf49").unwrap());
        assert_eq!(Seal::new(&key).open(&aad, &sealed).unwrap(), plain);
    }

    #[test]
    fn opens_only_where_it_belongs() {
        let key = DataKey::generate().unwrap();
        let seal = key.seal(Purpose::Journal);
        let sealed = seal.seal(b"here", b"content").unwrap();
        assert_eq!(sealed.len(), 7 + OVERHEAD);
        assert_eq!(seal.open(b"here", &sealed).unwrap(), b"content");
        assert!(seal.open(b"there", &sealed).is_none());
        assert!(key.seal(Purpose::Records).open(b"here", &sealed).is_none());
        assert!(seal.open(b"here", &[]).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(seal.open(b"here", &changed).is_none());
        }
    }
}
