//! Sealing: XChaCha20-Poly1305 with a random nonce, bound to the place the value belongs to.
//!
//! It is ChaCha20-Poly1305 under a key HChaCha20 makes of the nonce's first sixteen bytes, with the
//! other eight: values whose nonces begin alike are sealed [`Within`] one.

use crate::store::error::StoreError;
use crate::store::random::random;
use crate::words::Said;
use chacha20::{R20, hchacha};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

/// Bytes of a nonce.
pub const NONCE: usize = 24;
/// Bytes sealing adds: nonce and tag.
pub const OVERHEAD: usize = NONCE + TAG;

/// Bytes of a tag.
pub const TAG: usize = 16;
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
pub struct Seal(Zeroizing<[u8; 32]>);

/// A seal for nonces that begin alike.
pub struct Within(LessSafeKey);

impl Seal {
    /// A seal under `key`.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*key))
    }

    /// The seal for every nonce that begins as this one does. What is left of its key in memory
    /// tells nothing of the key it was made of.
    ///
    /// # Errors
    /// [`StoreError::Seal`], never in fact: the key is as long as it must be.
    pub fn within(&self, nonce: &[u8; NONCE]) -> Result<Within, StoreError> {
        let (first, _) = halves(nonce);
        let key = hchacha::<R20>((&*self.0).into(), first.into());
        let key = Zeroizing::new(<[u8; 32]>::from(key));
        let key = UnboundKey::new(&CHACHA20_POLY1305, &*key).map_err(|_| too_long())?;
        Ok(Within(LessSafeKey::new(key)))
    }

    /// Seals `plain` for the place `place` names: nonce, then ciphertext and tag.
    ///
    /// # Errors
    /// [`StoreError::Random`], or [`StoreError::Seal`] for more than the cipher can take.
    pub fn seal(&self, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.seal_with(&random()?, place, plain)
    }

    /// Seals with a given nonce: only to make again the very bytes that were sealed before.
    pub(in crate::store) fn seal_with(
        &self,
        nonce: &[u8; NONCE],
        place: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let mut out = Vec::with_capacity(OVERHEAD + plain.len());
        out.extend_from_slice(nonce);
        self.within(nonce)?.seal_onto(&mut out, nonce, place, plain)?;
        Ok(out)
    }

    /// Opens what was sealed for `place`; nothing when it was sealed for another place or under
    /// another key, or was changed.
    #[must_use]
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE>()?;
        self.within(nonce).ok()?.open(nonce, place, rest)
    }
}

impl Within {
    /// Appends ciphertext and tag, under a nonce that is kept elsewhere and used for nothing else.
    pub(in crate::store) fn seal_onto(
        &self,
        out: &mut Vec<u8>,
        nonce: &[u8; NONCE],
        place: &[u8],
        plain: &[u8],
    ) -> Result<(), StoreError> {
        let start = out.len();
        out.extend_from_slice(plain);
        let text = out.get_mut(start..).unwrap_or_default();
        let tag = self.0.seal_in_place_separate_tag(last_of(nonce), Aad::from(place), text);
        out.extend_from_slice(tag.map_err(|_| too_long())?.as_ref());
        Ok(())
    }

    /// Opens what [`Self::seal_onto`] appended.
    pub(in crate::store) fn open(
        &self,
        nonce: &[u8; NONCE],
        place: &[u8],
        sealed: &[u8],
    ) -> Option<Vec<u8>> {
        let mut text = sealed.to_vec();
        self.0.open_in_place(last_of(nonce), Aad::from(place), &mut text).ok()?;
        text.truncate(sealed.len() - TAG);
        Some(text)
    }
}

fn halves(nonce: &[u8; NONCE]) -> (&[u8; 16], &[u8; 8]) {
    let empty = (&[0; 16], &[0; 8]);
    nonce.first_chunk().zip(nonce.last_chunk()).unwrap_or(empty)
}

/// The nonce of the inner cipher.
fn last_of(nonce: &[u8; NONCE]) -> Nonce {
    let mut inner = [0; NONCE_LEN];
    let (_, last) = halves(nonce);
    inner.iter_mut().rev().zip(last.iter().rev()).for_each(|(to, from)| *to = *from);
    Nonce::assume_unique_for_key(inner)
}

fn too_long() -> StoreError {
    StoreError::Seal(Said::fixed("内容过长", "too long"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::files::disk::unhex;

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
