use std::fmt;

use sha2::{Digest, Sha256};

/// Characters of a code: those that the SDK's example apps take, without 0, 1, I and O, which people mistake.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Characters in a code, as many as the SDK's example apps take: 40 bits.
const LENGTH: usize = 8;
/// Rounds of SHA-256 over a code, about 20 ms. A code has 40 bits alone: after one round, who steals the file would try
/// them all in minutes; after these it takes a hundred times longer than a code holds (at 10^10 rounds a second).
const ROUNDS: u32 = 200_000;

/// A code that does one thing, once: it lets a phone in, or lifts a stop. It is shown once; printing it by accident hides
/// it.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeCode(String);

impl OneTimeCode {
    /// The code itself, for the one time that it is shown.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(super) fn of(random: [u8; LENGTH]) -> Self {
        Self(random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
    }

    /// A code as a person typed it: in any case, with spaces or dashes in it.
    pub(super) fn read(text: &str) -> Option<Self> {
        let plain: String =
            text.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase()).collect();
        let is_code = plain.len() == LENGTH && plain.bytes().all(|byte| ALPHABET.contains(&byte));
        is_code.then_some(Self(plain))
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        let mut hash: [u8; 32] = Sha256::digest(self.0.as_bytes()).into();
        for _ in 1..ROUNDS {
            hash = Sha256::digest(hash).into();
        }
        hash
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeCode(hidden)")
    }
}
