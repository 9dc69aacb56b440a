use super::{Merge, MergePolicy};
use crate::minutes::MinuteState;

/// Steps of one record of which nobody knows in which of its minutes they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Drifting {
    /// The rank of its source among the day's, the first by priority first.
    pub(super) rank: usize,
    /// Minutes of the day that it covers, rising.
    pub(super) minutes: Vec<usize>,
    /// Steps that its source counted in them.
    pub(super) own: u32,
    /// Those of them that the day counts.
    pub(super) counted: u32,
}

impl Merge {
    /// Settles what counts of the steps adrift: what others counted within a record's time is part of it, since both saw the same
    /// walk; so its time gives the greater of the two, and not their sum.
    pub(super) fn settle(&mut self) {
        self.drifting.sort_by_key(|drift| drift.rank);
        for at in 0..self.drifting.len() {
            let (before, rest) = self.drifting.split_at_mut(at);
            let drift = &mut rest[0];
            let (day, own) = (&self.day.steps, &self.taken[drift.rank]);
            let by_others = |&minute: &usize| {
                let all = day[minute].unwrap_or(0);
                u32::from(match self.policy {
                    MergePolicy::PriorityFill => all.saturating_sub(own[minute]),
                    // One source gives all of a minute.
                    MergePolicy::MaxPerSlice if own[minute] == all => 0,
                    MergePolicy::MaxPerSlice => all,
                })
            };
            let resolved: u32 = drift.minutes.iter().map(by_others).sum();
            let above: u32 = before
                .iter()
                .filter(|other| other.rank < drift.rank)
                .map(|other| other.share_within(drift))
                .sum();
            drift.counted = drift.own.saturating_sub(resolved.saturating_add(above));
            // It belongs to minutes of which nothing else is known, as far as there are any.
            let unknown = |minute: &&usize| self.day.state[**minute] == MinuteState::Unknown;
            let open: Vec<usize> = drift.minutes.iter().filter(unknown).copied().collect();
            let over = if open.is_empty() { &drift.minutes } else { &open };
            let share = |n: usize| u64::from(drift.counted) * n as u64 / over.len().max(1) as u64;
            for (n, &minute) in over.iter().enumerate() {
                let steps = u16::try_from(share(n + 1) - share(n)).unwrap_or(u16::MAX);
                self.day.adrift[minute] = self.day.adrift[minute].saturating_add(steps);
            }
        }
    }
}

impl Drifting {
    /// The even share of what counts of it that lies within another's minutes.
    fn share_within(&self, other: &Self) -> u32 {
        let (mut here, mut there, mut common) = (0, 0, 0_u64);
        while let (Some(a), Some(b)) = (self.minutes.get(here), other.minutes.get(there)) {
            common += u64::from(a == b);
            here += usize::from(a <= b);
            there += usize::from(b <= a);
        }
        u32::try_from(u64::from(self.counted) * common / self.minutes.len().max(1) as u64).unwrap_or(u32::MAX)
    }
}
