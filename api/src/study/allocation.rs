use sha2::{Digest, Sha256};

/// One arm of a study.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    /// Its name.
    pub name: String,
    /// Its share of the people, against those of the other arms.
    pub share: u32,
}

/// The longest block, in slots [D]: a longer one balances no better in a stratum of some dozens.
pub const MAX_BLOCK: u32 = 64;
/// The most arms [D].
const MAX_ARMS: usize = 8;

/// Why arms cannot be allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArmsError {
    /// Fewer than two arms, or too many.
    #[error("a study has 2 to {MAX_ARMS} arms")]
    Count,
    /// Two arms of one name.
    #[error("two arms have the same name")]
    Twice,
    /// An arm without a share.
    #[error("each arm has a share of 1 or more")]
    Share,
    /// A block that the shares do not divide.
    #[error("the block is a multiple of the shares' sum, at most {MAX_BLOCK}")]
    Block,
}

/// Permuted blocks: in each block of slots every arm has exactly its share, in an order that the seed decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockPlan {
    arms: Vec<Arm>,
    block: u32,
}

impl BlockPlan {
    /// Arms and the slots of a block, if they go together.
    ///
    /// # Errors
    /// [`ArmsError`] says what does not.
    pub fn new(arms: Vec<Arm>, block: u32) -> Result<Self, ArmsError> {
        if !(2..=MAX_ARMS).contains(&arms.len()) {
            return Err(ArmsError::Count);
        }
        if arms.iter().any(|arm| arm.share == 0) {
            return Err(ArmsError::Share);
        }
        if arms.iter().enumerate().any(|(at, arm)| arms[..at].iter().any(|before| before.name == arm.name)) {
            return Err(ArmsError::Twice);
        }
        let sum = arms.iter().try_fold(0_u32, |sum, arm| sum.checked_add(arm.share));
        match sum {
            Some(sum) if (sum..=MAX_BLOCK).contains(&block) && block.is_multiple_of(sum) => {
                Ok(Self { arms, block })
            }
            _ => Err(ArmsError::Block),
        }
    }

    /// The arms.
    #[must_use]
    pub fn arms(&self) -> &[Arm] {
        &self.arms
    }

    /// Slots of a block.
    #[must_use]
    pub fn block(&self) -> u32 {
        self.block
    }

    /// The arm of a slot of a stratum, from 0 on. Whoever has the seed can compute it again:
    ///
    /// The block is `slot / block`. Its arms are written in their order, each `share * block / sum of shares` times, and
    /// shuffled from the last place down (Fisher and Yates): place `i` changes with one of the places `0..=i`, drawn
    /// evenly. What is drawn are the 32-bit words (big-endian) of SHA-256 over `foulee-arms-v1`, the 32 bytes of the seed,
    /// the stratum's length in bytes, the stratum, the block and a counter from 0 (all numbers 64-bit, big-endian), one
    /// digest after another. A word is taken modulo `i + 1`; one that is not below the greatest multiple of `i + 1` up to
    /// 2^32 is passed over, so that no place is likelier.
    #[must_use]
    pub fn arm_of(&self, seed: &[u8; 32], stratum: &str, slot: u64) -> &Arm {
        let sum: u32 = self.arms.iter().map(|arm| arm.share).sum();
        let times = |arm: &Arm| (arm.share * (self.block / sum)) as usize;
        let mut places: Vec<usize> =
            self.arms.iter().enumerate().flat_map(|(at, arm)| std::iter::repeat_n(at, times(arm))).collect();
        let block = u64::from(self.block);
        let mut words = Words::new(seed, stratum, slot / block);
        for place in (1..places.len()).rev() {
            places.swap(place, words.below(place as u32 + 1) as usize);
        }
        &self.arms[places[(slot % block) as usize]]
    }
}

/// SHA-256 as a counter: the words of a stratum's block.
struct Words {
    base: Sha256,
    counter: u64,
    left: Vec<u32>,
}

impl Words {
    fn new(seed: &[u8; 32], stratum: &str, block: u64) -> Self {
        let base = Sha256::new()
            .chain_update(b"foulee-arms-v1")
            .chain_update(seed)
            .chain_update((stratum.len() as u64).to_be_bytes())
            .chain_update(stratum)
            .chain_update(block.to_be_bytes());
        Self { base, counter: 0, left: Vec::new() }
    }

    fn next(&mut self) -> u32 {
        loop {
            if let Some(word) = self.left.pop() {
                return word;
            }
            let digest = self.base.clone().chain_update(self.counter.to_be_bytes()).finalize();
            self.counter += 1;
            let words = digest.chunks_exact(4).rev();
            self.left = words.map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]])).collect();
        }
    }

    /// A number below `end`, each as likely as the others.
    fn below(&mut self, end: u32) -> u32 {
        // 2^32 modulo `end` words at the top would make the small numbers likelier.
        let over = (u32::MAX % end + 1) % end;
        loop {
            let word = self.next();
            if word <= u32::MAX - over {
                return word % end;
            }
        }
    }
}

/// What is shown of a seed before it is unsealed: whoever has this can tell later that it was not changed.
#[must_use]
pub fn commitment_of(seed: &[u8; 32]) -> [u8; 32] {
    Sha256::digest(seed).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn arms(shares: &[(&str, u32)]) -> Vec<Arm> {
        shares.iter().map(|(name, share)| Arm { name: (*name).to_owned(), share: *share }).collect()
    }

    fn list(plan: &BlockPlan, seed: &[u8; 32], stratum: &str, slots: u64) -> String {
        (0..slots).map(|slot| &plan.arm_of(seed, stratum, slot).name[..1]).collect()
    }

    #[test]
    fn the_list_of_a_seed_never_changes() {
        // Made by another program, in Python with hashlib, from the words above `arm_of`.
        let plan = BlockPlan::new(arms(&[("usual", 1), ("coached", 1)]), 4).unwrap();
        let seed: [u8; 32] = std::array::from_fn(|at| at as u8);
        assert_eq!(list(&plan, &seed, "", 24), "cuucuccuuuccuccuccuuuccu");
        assert_eq!(list(&plan, &seed, "Dijon", 24), "ccuuuuccuucccuucuucccuuc");
        let plan = BlockPlan::new(arms(&[("a", 2), ("b", 1), ("c", 1)]), 8).unwrap();
        assert_eq!(list(&plan, &[0xA5; 32], "", 32), "cacbabaacaaabacbaacacbbacabcaaab");
        let commitment = commitment_of(&seed);
        // printf of the bytes 0 to 31 into sha256sum
        assert_eq!(commitment[..4], [0x63, 0x0d, 0xcd, 0x29]);
    }

    #[test]
    fn every_block_holds_each_arm_by_its_share() {
        for (shares, block) in [
            (&[("u", 1), ("c", 1)][..], 6),
            (&[("a", 3), ("b", 2)], 10),
            (&[("x", 1), ("y", 1), ("z", 2)], 4),
        ] {
            let plan = BlockPlan::new(arms(shares), block).unwrap();
            let sum: u32 = shares.iter().map(|(_, share)| share).sum();
            for seed in 0..20 {
                for at in 0..10 {
                    let mut counts = BTreeMap::new();
                    for slot in 0..u64::from(block) {
                        let arm = plan.arm_of(&[seed; 32], "s", at * u64::from(block) + slot);
                        *counts.entry(arm.name.as_str()).or_insert(0) += 1;
                    }
                    for (name, share) in shares {
                        assert_eq!(counts[name], share * block / sum, "{name}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_order_of_a_block_is_as_likely_as_the_others() {
        // Six orders of two and two. 6,000 blocks: 1,000 each, standard deviation 28.9; five of them are allowed.
        let plan = BlockPlan::new(arms(&[("u", 1), ("c", 1)]), 4).unwrap();
        let mut orders: BTreeMap<String, u32> = BTreeMap::new();
        let all = list(&plan, &[7; 32], "", 24_000);
        for block in all.as_bytes().chunks(4) {
            *orders.entry(String::from_utf8_lossy(block).into_owned()).or_default() += 1;
        }
        assert_eq!(orders.len(), 6, "{orders:?}");
        assert!(orders.values().all(|count| count.abs_diff(1_000) < 145), "{orders:?}");
    }

    #[test]
    fn strata_and_seeds_have_lists_of_their_own() {
        let plan = BlockPlan::new(arms(&[("u", 1), ("c", 1)]), 4).unwrap();
        let one = list(&plan, &[1; 32], "Dijon", 60);
        assert_ne!(one, list(&plan, &[1; 32], "Lyon", 60));
        assert_ne!(one, list(&plan, &[2; 32], "Dijon", 60));
        assert_eq!(one, list(&plan, &[1; 32], "Dijon", 60));
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        for (shares, block, expected) in [
            (&[("u", 1)][..], 4, ArmsError::Count),
            (&[("u", 1), ("u", 1)], 4, ArmsError::Twice),
            (&[("u", 1), ("c", 0)], 4, ArmsError::Share),
            (&[("u", 1), ("c", 1)], 5, ArmsError::Block),
            (&[("u", 1), ("c", 1)], 0, ArmsError::Block),
            (&[("u", 1), ("c", 1)], 66, ArmsError::Block),
            (&[("u", u32::MAX), ("c", 1)], 4, ArmsError::Block),
        ] {
            assert_eq!(BlockPlan::new(arms(shares), block), Err(expected), "{shares:?} {block}");
        }
    }
}
