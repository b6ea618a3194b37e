//! The recovery key: shown once, written down on paper, typed back in need.

use crate::store::error::StoreError;
use crate::store::random::random;
use std::fmt;
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, Zeroizing};

/// Random bytes in a key: 160 bits, 32 characters.
const BYTES: usize = 20;
/// Bytes of checksum after them: 5 bits a character, so 20 bits take the last 4 characters.
const CHECK: usize = 4;
/// Crockford's base32: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The recovery key of a station; wiped when dropped, never printed by accident.
pub struct RecoveryKey([u8; BYTES]);

impl RecoveryKey {
    /// A new key.
    pub(in crate::store) fn generate() -> Result<Self, StoreError> {
        Ok(Self(random()?))
    }

    pub(in crate::store) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key for the paper: nine groups of four, the last a checksum.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut text = String::with_capacity(44);
        let body = symbols(&self.0);
        for (at, symbol) in body.iter().chain(&check(&self.0)).enumerate() {
            if at > 0 && at % 4 == 0 {
                text.push('-');
            }
            text.push(char::from(*symbol));
        }
        text
    }

    /// Reads a key as typed: case, spaces, dashes and full-width forms do not matter, and O, I
    /// and L are read as the digits they look like.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut values = Zeroizing::new(Vec::with_capacity(36));
        for c in text.nfkc().filter(|c| !c.is_whitespace() && !"-–—−_.·".contains(*c)) {
            let c = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            values.push(ALPHABET.iter().position(|symbol| char::from(*symbol) == c)?);
        }
        let (body, tail) = values.split_at_checked(BYTES * 8 / 5)?;
        let mut key = Self([0; BYTES]);
        for (five, eight) in key.0.chunks_exact_mut(5).zip(body.chunks_exact(8)) {
            let bits = eight.iter().fold(0u64, |bits, value| (bits << 5) | *value as u64);
            five.copy_from_slice(&bits.to_be_bytes()[3..]);
        }
        let tail: Vec<u8> = tail.iter().map(|value| ALPHABET[*value]).collect();
        (tail == check(&key.0)).then_some(key)
    }
}

impl Drop for RecoveryKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryKey(…)")
    }
}

/// Base32 of a multiple of five bytes.
fn symbols(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() * 8 / 5);
    for five in bytes.chunks(5) {
        let bits = five.iter().fold(0u64, |bits, byte| (bits << 8) | u64::from(*byte));
        out.extend((0..8).rev().map(|at| ALPHABET[(bits >> (at * 5)) as usize & 31]));
    }
    out
}

/// The last group: a slip of the pen shows before a wrong key is tried.
fn check(bytes: &[u8]) -> [u8; CHECK] {
    let hash = blake3::derive_key("yizhan 2025 recovery key v1: checksum", bytes);
    std::array::from_fn(|at| ALPHABET[usize::from(hash[at] & 31)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn base32_of_known_bytes() {
        // 20 bytes of 0xff are 32 symbols of value 31; 0x00..: value 0; from the alphabet's definition.
        assert_eq!(symbols(&[0xff; 5]), b"ZZZZZZZZ");
        assert_eq!(symbols(&[0; 5]), b"00000000");
        // 0x08 0x42 0x10 0x84 0x21 is 00001 eight times.
        assert_eq!(symbols(&[0x08, 0x42, 0x10, 0x84, 0x21]), b"11111111");
    }

    proptest! {
        #[test]
        fn comes_back(bytes: [u8; 20]) {
            let key = RecoveryKey(bytes);
            let shown = key.shown();
            prop_assert_eq!(shown.split('-').map(str::len).collect::<Vec<_>>(), [4; 9]);
            prop_assert_eq!(RecoveryKey::read(&shown).unwrap().0, bytes);
            let typed: String = shown.to_lowercase().replace('0', "o").replace('1', "l")
                .chars().map(|c| if c == '-' { '－' } else { c }).collect();
            prop_assert_eq!(RecoveryKey::read(&typed).unwrap().0, bytes);
        }

        #[test]
        fn a_missing_character_is_seen(bytes: [u8; 20], at in 0usize..36) {
            let mut typed: Vec<char> = RecoveryKey(bytes).shown().chars().filter(|c| *c != '-').collect();
            typed.remove(at);
            prop_assert!(RecoveryKey::read(&typed.into_iter().collect::<String>()).is_none());
        }

        #[test]
        fn any_text_is_survived(text in ".{0,60}") {
            let _ = RecoveryKey::read(&text);
        }
    }
}
