//! Seeded chance, and how much of it.

use std::time::Duration;

/// SplitMix64: the whole run follows from one printed number (but for the threads' timing).
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Another stream, for a thread of its own.
    pub(crate) fn fork(&mut self) -> Self {
        Self(self.next())
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// From `least` to `most`, both included.
    pub(crate) fn between(&mut self, least: i64, most: i64) -> i64 {
        least + (self.next() % (most - least + 1).unsigned_abs()).cast_signed()
    }

    /// A moment between the two, in microseconds: kills fall anywhere.
    pub(crate) fn moment(&mut self, least: Duration, most: Duration) -> Duration {
        let span = most.saturating_sub(least).as_micros() as u64;
        least + Duration::from_micros(self.next() % (span + 1))
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.next().is_multiple_of(n)
    }
}

/// The seed of this run: `FOULEE_TEST_SEED`, else the clock's. Printed with every figure.
pub(crate) fn seed() -> u64 {
    match std::env::var("FOULEE_TEST_SEED") {
        Ok(text) => text.parse().expect("FOULEE_TEST_SEED is a number"),
        Err(_) => std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(1, |since| since.as_nanos() as u64 >> 10),
    }
}

/// How many kills each part gets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// Of `foulee serve` while readings are posted.
    pub(crate) post: usize,
    /// Of `foulee import`.
    pub(crate) import: usize,
    /// Of the import of each of people's own exports, the last of them by SIGINT.
    pub(crate) archive: usize,
    /// How long these exports are.
    pub(crate) minutes: i64,
    /// Of each control.
    pub(crate) control: usize,
}

/// `FOULEE_TEST_SCALE`: 200 kills of the program, 40 with `ci`; the controls come on top.
pub(crate) fn scale() -> Scale {
    match std::env::var("FOULEE_TEST_SCALE").as_deref() {
        Ok("ci") => Scale { post: 28, import: 12, archive: 3, minutes: 20_000, control: 10 },
        Ok("full") | Err(_) => Scale { post: 140, import: 60, archive: 20, minutes: 80_000, control: 30 },
        Ok(other) => panic!("FOULEE_TEST_SCALE is ci or full, not {other}"),
    }
}
