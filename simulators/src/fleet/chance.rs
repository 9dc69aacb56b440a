//! Random choices that are the same on every platform and for every version of the `rand` crates.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::ble::Share;

/// Names this module's way of using a seed; a change of it changes every fleet.
const KEY_DOMAIN: [u8; 16] = *b"foulee-fleet v1\0";

/// What a stream of choices is for; each purpose has its own, so that none disturbs another.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// Who the person is.
    Person = 0,
    /// In what order and form the readings are sent.
    Deliveries = 1,
    /// How long is waited after a failure.
    Pauses = 2,
    /// What the device corrects and deletes.
    Origin = 3,
}

/// A stream of choices.
#[derive(Clone, Debug)]
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    /// The choices of one purpose for the `number`th person, on a `day` where it goes by days.
    pub(super) fn new(seed: u64, purpose: Purpose, number: u32, day: u32) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..24].copy_from_slice(&KEY_DOMAIN);
        key[24..28].copy_from_slice(&(purpose as u32).to_le_bytes());
        key[28..].copy_from_slice(&number.to_le_bytes());
        let mut words = ChaCha8Rng::from_seed(key);
        words.set_stream(u64::from(day));
        Self(words)
    }

    pub(super) fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// From 0 to `end - 1`; 0 where `end` is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.word()) * end as u128) >> 64) as usize
    }

    /// From `least` to `most`.
    pub(super) fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most - least + 1)
    }

    /// From 0 to 1, and never 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// Whether something happens that happens in this share of cases.
    pub(super) fn happens(&mut self, share: Share) -> bool {
        self.unit() < share.get()
    }

    /// Fisher and Yates.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
