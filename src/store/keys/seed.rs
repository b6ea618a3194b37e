//! A seed, and the two keys that come from it: Ed25519 to sign with, X25519 to receive with.

use super::seal::Seal;
use crate::store::error::StoreError;
use crate::store::files::disk::hex;
use crate::store::random::random;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

/// Bytes of a signature.
pub type Signature = [u8; 64];

/// BLAKE3 key derivation contexts; part of the format, never changed.
const SIGN: &str = "yizhan 2026 seed v1: signing key";
const RECEIVE: &str = "yizhan 2026 seed v1: receiving key";
const ID: &str = "yizhan 2026 signer v1: id";
const SEALED_FOR: &str = "yizhan 2026 sealed for v1";

/// The 32 random bytes an account's keys come from; wiped when dropped.
#[derive(Clone)]
pub struct Seed(Zeroizing<[u8; 32]>);

impl Seed {
    /// A new seed.
    ///
    /// # Errors
    /// [`StoreError::Random`].
    pub fn generate() -> Result<Self, StoreError> {
        Ok(Self(Zeroizing::new(random()?)))
    }

    /// A seed from its bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// The bytes, for sealing.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whoever holds it, ready to sign.
    #[must_use]
    pub fn signer(&self) -> Signer {
        let bytes = Zeroizing::new(blake3::derive_key(SIGN, self.bytes()));
        let key = SigningKey::from_bytes(&bytes);
        let receive = PublicKey::from(&self.receiving()).to_bytes();
        let public = Public { sign: key.verifying_key().to_bytes(), receive };
        Signer(Arc::new(Held { seed: self.clone(), key, public, id: public.id() }))
    }

    fn receiving(&self) -> StaticSecret {
        StaticSecret::from(blake3::derive_key(RECEIVE, self.bytes()))
    }
}

/// The public halves of a seed's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Public {
    /// Ed25519: checks signatures.
    #[serde(with = "super::bytes")]
    pub sign: [u8; 32],
    /// X25519: data keys are sealed for it.
    #[serde(with = "super::bytes")]
    pub receive: [u8; 32],
}

impl Public {
    /// The short name frames give their signer.
    #[must_use]
    pub fn id(&self) -> SignerId {
        let [a, b, c, d, e, f, g, h, ..] = blake3::derive_key(ID, &self.sign);
        SignerId([a, b, c, d, e, f, g, h])
    }

    /// What people compare: eight groups of four hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let hash = blake3::hash(&[self.sign, self.receive].concat());
        let text = hex(hash.as_bytes().get(..16).unwrap_or_default());
        let groups: Vec<&str> = (0..8).filter_map(|n| text.get(n * 4..n * 4 + 4)).collect();
        groups.join("-")
    }

    /// Whether a signature over `message` was made with this key.
    #[must_use]
    pub fn signed(&self, message: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        VerifyingKey::from_bytes(&self.sign)
            .is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
    }
}

/// The first eight bytes of a hash of a signing key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SignerId(#[serde(with = "super::bytes")] pub [u8; 8]);

impl fmt::Debug for SignerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// A seed in use: whoever proved who they are, until they lock or leave.
#[derive(Clone)]
pub struct Signer(Arc<Held>);

struct Held {
    seed: Seed,
    key: SigningKey,
    public: Public,
    id: SignerId,
}

impl Signer {
    /// Signs.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        self.0.key.sign(message).to_bytes()
    }

    /// The public halves.
    #[must_use]
    pub fn public(&self) -> Public {
        self.0.public
    }

    /// The name frames give it.
    #[must_use]
    pub fn id(&self) -> SignerId {
        self.0.id
    }

    /// The seed, for sealing it under another password.
    #[must_use]
    pub fn seed(&self) -> &Seed {
        &self.0.seed
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({:?})", self.id())
    }
}

impl PartialEq for Signer {
    fn eq(&self, other: &Self) -> bool {
        self.public() == other.public()
    }
}

impl Eq for Signer {}

/// Seals `plain` so that only the owner of the seed behind `to` opens it, at `place`: a fresh
/// X25519 key, 32 bytes, and what is sealed under the secret the two share.
///
/// # Errors
/// [`StoreError::Random`].
pub fn seal_for(to: &Public, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let fresh = StaticSecret::from(random::<32>()?);
    let mut out = PublicKey::from(&fresh).to_bytes().to_vec();
    let shared = fresh.diffie_hellman(&PublicKey::from(to.receive));
    let seal = shared_seal(shared.as_bytes(), &out, &to.receive);
    out.extend(seal.seal(place, plain)?);
    Ok(out)
}

/// Opens what [`seal_for`] made; nothing when it was sealed for somebody else or another place.
#[must_use]
pub fn open_for(seed: &Seed, place: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (fresh, rest) = sealed.split_first_chunk::<32>()?;
    let own = seed.receiving();
    let shared = own.diffie_hellman(&PublicKey::from(*fresh));
    if !shared.was_contributory() {
        return None;
    }
    let receive = PublicKey::from(&own).to_bytes();
    let seal = shared_seal(shared.as_bytes(), fresh, &receive);
    seal.open(place, rest).map(Zeroizing::new)
}

fn shared_seal(shared: &[u8; 32], fresh: &[u8], to: &[u8; 32]) -> Seal {
    let mut hasher = blake3::Hasher::new_derive_key(SEALED_FOR);
    hasher.update(shared).update(fresh).update(to);
    let key = Zeroizing::new(*hasher.finalize().as_bytes());
    Seal::new(&key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::files::disk::unhex;

    fn array<const N: usize>(text: &str) -> [u8; N] {
        unhex(text).unwrap().try_into().unwrap()
    }

    /// RFC 8032, 7.1, TEST 2: the library signs as the standard says.
    #[test]
    fn published_signature() {
        let key = SigningKey::from_bytes(&array(
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        ));
        let signature: Signature = array(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        );
        assert_eq!(key.sign(&[0x72]).to_bytes(), signature);
        let public = Public { sign: key.verifying_key().to_bytes(), receive: [0; 32] };
        assert!(public.signed(&[0x72], &signature) && !public.signed(&[0x73], &signature));
    }

    #[test]
    fn only_the_owner_opens_and_only_in_its_place() {
        let (ours, theirs) = (Seed::generate().unwrap(), Seed::generate().unwrap());
        let sealed = seal_for(&ours.signer().public(), b"here", b"key").unwrap();
        assert_eq!(open_for(&ours, b"here", &sealed).unwrap().as_slice(), b"key");
        assert!(open_for(&theirs, b"here", &sealed).is_none());
        assert!(open_for(&ours, b"there", &sealed).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open_for(&ours, b"here", &changed).is_none(), "{at}");
        }
        assert!(open_for(&ours, b"here", &[0; 80]).is_none());
    }
}
