//! Randomness that a seed repeats, and how much of it a run takes.

/// SplitMix64: fast, and good enough to choose faults.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    /// Once in `n` times.
    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        for piece in bytes.chunks_mut(8) {
            piece.copy_from_slice(&self.next().to_le_bytes()[..piece.len()]);
        }
    }

    /// Another one, for the journal's nonces.
    pub(crate) fn filler(&mut self) -> impl FnMut(&mut [u8]) + Send + 'static {
        let mut own = Self::new(self.next());
        move |bytes| own.fill(bytes)
    }
}

/// How long a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    Ci,
    Usual,
    Full,
}

pub(crate) fn scale() -> Scale {
    match std::env::var("FOULEE_TEST_SCALE").as_deref() {
        Ok("ci") => Scale::Ci,
        Ok("full") => Scale::Full,
        Err(_) => Scale::Usual,
        Ok(other) => panic!("FOULEE_TEST_SCALE is ci or full, not {other}"),
    }
}

/// `FOULEE_TEST_SEED`, else one of its own for each run.
pub(crate) fn seed() -> u64 {
    match std::env::var("FOULEE_TEST_SEED") {
        Ok(seed) => seed.parse().expect("FOULEE_TEST_SEED is a number"),
        Err(_) => {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            now.expect("after 1970").subsec_nanos().into()
        }
    }
}
