use std::fmt;

use foulee_contract::{Series, Tuple, Value};
use xxhash_rust::xxh3::{xxh3_128, xxh3_128_with_seed};

/// An order-free digest of a set of readings: the sum, modulo 2^128, of a 128-bit hash of each.
///
/// It finds accidents, not forgers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Digest(u128);

impl Digest {
    /// The digest of this set and `other` together; the two share no reading.
    #[must_use]
    pub fn plus(self, other: Digest) -> Digest {
        Digest(self.0.wrapping_add(other.0))
    }

    /// The digest of this set without `part`, which is in it.
    #[must_use]
    pub fn minus(self, part: Digest) -> Digest {
        Digest(self.0.wrapping_sub(part.0))
    }

    /// As 16 bytes, big-endian.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// From 16 bytes, big-endian.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Digest {
        Digest(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Hashes the tuples of one series.
#[derive(Clone, Copy, Debug)]
pub struct SeriesHasher {
    seed: u64,
    salt: [u8; 8],
}

impl SeriesHasher {
    /// For the tuples of `series`: participant, source key, metric and grain enter every hash.
    #[must_use]
    pub fn new(series: &Series) -> Self {
        let mut bytes = Vec::with_capacity(96);
        bytes.extend_from_slice(series.participant.as_bytes());
        bytes.extend_from_slice(series.source.key().as_bytes());
        bytes.extend_from_slice(&[0, series.metric.code(), series.grain as u8]);
        let hash = xxh3_128(&bytes);
        Self { seed: hash as u64, salt: ((hash >> 64) as u64).to_le_bytes() }
    }

    /// The hash of one tuple.
    #[must_use]
    pub fn hash(&self, tuple: &Tuple) -> Digest {
        let (tombstone, value) = match tuple.value {
            Value::Present(value) => (0_u8, value),
            Value::Deleted => (1, 0),
        };
        let mut bytes = [0_u8; 49];
        bytes[0..8].copy_from_slice(&self.salt);
        bytes[8..16].copy_from_slice(&tuple.start_ms.to_le_bytes());
        bytes[16..24].copy_from_slice(&tuple.end_ms.to_le_bytes());
        bytes[24..32].copy_from_slice(&tuple.seq.to_le_bytes());
        bytes[32..40].copy_from_slice(&tuple.rev.to_le_bytes());
        bytes[40..48].copy_from_slice(&value.to_le_bytes());
        bytes[48] = tombstone;
        Digest(xxh3_128_with_seed(&bytes, self.seed))
    }
}
