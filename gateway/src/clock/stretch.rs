//! Which times were stamped by a clock that was off, and by how much: pure, all times are arguments.
//!
//! A *stretch* is a time within which the clock ran without a jump against the time since the machine started, which never
//! jumps. Readings carry their stretch's number. What is to be added to a stretch's times is decided once, before the
//! first of its readings is sent, and never again: a reading that is sent twice is the same reading.
//!
//! The reference is the service's clock. What was measured in one stretch holds for every other one of the same start of
//! the machine. For an earlier start in which the service was never reached, order is all there is: its times are taken
//! at their word where they lie between what came before and what came after, and are not believed where they do not.

use serde::{Deserialize, Serialize};

/// A change of the clock against the time since start that is a jump, ms.
const JUMP_MS: i64 = 500;
/// A clock so near to the service's is right: answers name whole seconds, and are on their way for a while.
const NEAR_MS: i64 = 1_000;
/// How far the ends of two starts of a machine may overlap before one of them is not believed, ms.
const OVERLAP_MS: i64 = 120_000;
/// Stretches that are kept: years of daily restarts.
const MOST: usize = 2_000;

/// What is to be added to the times of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Correction {
    /// So many ms.
    Add(i64),
    /// Nobody knows: its times contradict those before or after it.
    NotKnown,
}

/// One stretch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stretch {
    no: u32,
    /// Which start of the machine.
    boot: String,
    /// Its times minus the time since start, ms.
    ahead_ms: i64,
    /// Time since start when it began and when it was last looked at, ms.
    first_boot_ms: i64,
    last_boot_ms: i64,
    /// True time minus time since start, as measured within it.
    truth_ms: Option<i64>,
    correction: Option<Correction>,
}

impl Stretch {
    fn added(&self) -> Option<i64> {
        match self.correction {
            Some(Correction::Add(ms)) => Some(ms),
            _ => None,
        }
    }

    /// What would have to be added, given true time minus time since start.
    fn off(&self, truth_ms: i64) -> i64 {
        let off = truth_ms - self.ahead_ms;
        if off.abs() <= NEAR_MS { 0 } else { off }
    }
}

/// All stretches, in the order in which they were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretches {
    list: Vec<Stretch>,
}

/// Where the clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// Number of the stretch.
    pub no: u32,
    /// Whether the clock was held against the service's and is right.
    pub sure: bool,
    /// Whether the stretch began just now.
    pub begun: bool,
}

impl Stretches {
    /// Looks at the clock: `utc_ms` is what it stamps, `boot_ms` the time since the machine's start `boot`.
    pub fn look(&mut self, boot: &str, utc_ms: i64, boot_ms: i64) -> At {
        let goes_on = self.goes_on(boot, utc_ms, boot_ms);
        if !goes_on {
            self.begin(boot, utc_ms - boot_ms, boot_ms);
        }
        let sure = self.is_sure(boot);
        // The list holds one at least now.
        let no = self.list.last_mut().map_or(0, |last| {
            last.last_boot_ms = last.last_boot_ms.max(boot_ms);
            last.no
        });
        At { no, sure, begun: !goes_on }
    }

    /// Whether the last stretch goes on, or the clock jumped.
    #[must_use]
    pub fn goes_on(&self, boot: &str, utc_ms: i64, boot_ms: i64) -> bool {
        let last = self.list.last();
        last.is_some_and(|last| last.boot == boot && (last.ahead_ms - (utc_ms - boot_ms)).abs() <= JUMP_MS)
    }

    /// Begins a stretch: the clock jumped, or was put right.
    pub fn begin(&mut self, boot: &str, ahead_ms: i64, boot_ms: i64) {
        let no = self.list.last().map_or(1, |last| last.no + 1);
        if self.list.len() >= MOST {
            self.list.remove(0);
        }
        self.list.push(Stretch {
            no,
            boot: boot.to_owned(),
            ahead_ms,
            first_boot_ms: boot_ms,
            last_boot_ms: boot_ms,
            truth_ms: None,
            correction: None,
        });
    }

    /// The service's clock was looked at within the last stretch: true time minus time since start. What the last stretch
    /// is off by, 0 where it is right.
    pub fn measured(&mut self, truth_ms: i64) -> i64 {
        let Some(last) = self.list.last_mut() else { return 0 };
        let off = last.off(truth_ms);
        // A clock that is right is finer than an answer that names whole seconds.
        let truth_ms = if off == 0 { last.ahead_ms } else { truth_ms };
        if last.truth_ms.is_none() {
            last.truth_ms = Some(truth_ms);
            last.correction.get_or_insert(Correction::Add(off));
        }
        off
    }

    /// What to add to the times of a stretch, decided now if it was not before; with it whether it was decided now, and
    /// must be on disk before a reading of it is sent. A number that is not (or no longer) known adds nothing.
    pub fn decide(&mut self, no: u32) -> (Correction, bool) {
        let Some(at) = self.list.iter().position(|stretch| stretch.no == no) else {
            return (Correction::Add(0), false);
        };
        if let Some(correction) = self.list[at].correction {
            return (correction, false);
        }
        let correction = match self.truth_near(at) {
            Some(truth_ms) => Correction::Add(self.list[at].off(truth_ms)),
            None if self.in_order(at) => Correction::Add(0),
            None => Correction::NotKnown,
        };
        self.list[at].correction = Some(correction);
        (correction, true)
    }

    /// Whether the clock was held against the service's and is right.
    #[must_use]
    pub fn is_sure(&self, boot: &str) -> bool {
        let Some(at) = self.list.len().checked_sub(1) else { return false };
        self.list[at].boot == boot
            && self.truth_near(at).is_some_and(|truth_ms| self.list[at].off(truth_ms) == 0)
    }

    /// True time minus time since start, as measured in this stretch or in the nearest one of the same start.
    fn truth_near(&self, at: usize) -> Option<i64> {
        let same = |other: &&Stretch| other.boot == self.list[at].boot;
        let later = self.list[at..].iter().filter(same).find_map(|stretch| stretch.truth_ms);
        later.or_else(|| self.list[..at].iter().rev().filter(same).find_map(|stretch| stretch.truth_ms))
    }

    /// Whether its times lie behind those before it and before those behind it.
    fn in_order(&self, at: usize) -> bool {
        let known =
            |stretch: &Stretch| stretch.truth_ms.or_else(|| Some(stretch.ahead_ms + stretch.added()?));
        let Stretch { ahead_ms, first_boot_ms, last_boot_ms, .. } = self.list[at];
        let before = self.list[..at].iter().rev().find_map(|s| Some(s.last_boot_ms + known(s)?));
        let behind = self.list[at + 1..].iter().find_map(|s| Some(s.first_boot_ms + known(s)?));
        before.is_none_or(|end_ms| first_boot_ms + ahead_ms >= end_ms - OVERLAP_MS)
            && behind.is_none_or(|start_ms| last_boot_ms + ahead_ms <= start_ms + OVERLAP_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;
    /// True time minus time since the start of the machine.
    const TRUTH: i64 = 1_767_571_200_000;

    /// A clock that is off by so much, looked at then.
    fn look(stretches: &mut Stretches, boot: &str, off_ms: i64, boot_ms: i64) -> At {
        stretches.look(boot, TRUTH + off_ms + boot_ms, boot_ms)
    }

    #[test]
    fn a_clock_that_is_right_is_left_alone() {
        let mut stretches = Stretches::default();
        assert_eq!(look(&mut stretches, "a", 300, 10), At { no: 1, sure: false, begun: true });
        assert_eq!(stretches.measured(TRUTH + 900), 0);
        assert_eq!(look(&mut stretches, "a", 300, 20), At { no: 1, sure: true, begun: false });
        assert_eq!(stretches.decide(1), (Correction::Add(0), false));
    }

    #[test]
    fn what_was_stamped_before_a_jump_is_put_right_by_what_is_measured_after_it() {
        for off_ms in [48 * HOUR_MS, -48 * HOUR_MS, 946_684_800_000 - TRUTH, 10_000, -10_000] {
            let mut stretches = Stretches::default();
            let first = look(&mut stretches, "a", off_ms, 1_000).no;
            // The clock is set, and only then the service is reached.
            let second = look(&mut stretches, "a", 0, 60_000);
            assert!(second.begun && !second.sure);
            assert_eq!(stretches.measured(TRUTH), 0);
            assert_eq!(stretches.decide(first), (Correction::Add(-off_ms), true));
            assert_eq!(stretches.decide(first), (Correction::Add(-off_ms), false));
            assert_eq!(stretches.decide(second.no), (Correction::Add(0), false));
        }
    }

    #[test]
    fn a_step_back_after_the_clock_was_known_is_put_right_without_another_look() {
        let mut stretches = Stretches::default();
        look(&mut stretches, "a", 0, 0);
        stretches.measured(TRUTH);
        let after = look(&mut stretches, "a", -HOUR_MS, 5_000);
        assert!(after.begun && !after.sure);
        assert_eq!(stretches.decide(after.no).0, Correction::Add(HOUR_MS));
    }

    #[test]
    fn a_decision_never_changes() {
        let mut stretches = Stretches::default();
        let first = look(&mut stretches, "a", -HOUR_MS, 0).no;
        assert_eq!(stretches.decide(first).0, Correction::Add(0));
        stretches.measured(TRUTH);
        assert_eq!(stretches.decide(first), (Correction::Add(0), false));
    }

    #[test]
    fn a_program_that_is_started_again_goes_on_in_the_same_stretch() {
        let mut stretches = Stretches::default();
        look(&mut stretches, "a", 40, 0);
        stretches.measured(TRUTH);
        let text = serde_json::to_string(&stretches).unwrap();
        let mut stretches: Stretches = serde_json::from_str(&text).unwrap();
        assert_eq!(look(&mut stretches, "a", 60, 9_000), At { no: 1, sure: true, begun: false });
        // Another start of the machine is another matter.
        assert_eq!(look(&mut stretches, "b", 60, 100), At { no: 2, sure: false, begun: true });
    }

    #[test]
    fn a_clock_that_moves_slowly_is_looked_at_again_once_it_is_a_second_away() {
        let mut stretches = Stretches::default();
        look(&mut stretches, "a", 0, 0);
        stretches.measured(TRUTH);
        let unsure: Vec<i64> = (1..3_000)
            .filter(|second| {
                let at = look(&mut stretches, "a", second / 2, second * 1_000);
                if !at.sure {
                    // It was what moved towards the truth.
                    assert_eq!(stretches.measured(TRUTH + second / 2), 0);
                }
                !at.sure
            })
            .collect();
        assert_eq!(unsure, [2_004]);
    }

    #[test]
    fn a_start_without_the_service_is_believed_where_order_allows_it() {
        let day = 24 * HOUR_MS;
        // Known, then a start whose clock nobody checked, then known again two days later.
        let third = |off_ms: i64| {
            let mut stretches = Stretches::default();
            look(&mut stretches, "a", 0, 0);
            stretches.measured(TRUTH);
            look(&mut stretches, "a", 0, HOUR_MS);
            let middle = stretches.look("b", TRUTH + day + off_ms, 0).no;
            stretches.look("b", TRUTH + day + off_ms + HOUR_MS, HOUR_MS);
            stretches.look("c", TRUTH + 2 * day, 0);
            stretches.measured(TRUTH + 2 * day);
            stretches.decide(middle).0
        };
        assert_eq!(third(0), Correction::Add(0));
        assert_eq!(third(-2 * day), Correction::NotKnown);
        assert_eq!(third(2 * day), Correction::NotKnown);
        assert_eq!(third(946_684_800_000 - TRUTH), Correction::NotKnown);
    }

    #[test]
    fn what_is_not_known_any_more_adds_nothing() {
        let mut stretches = Stretches::default();
        for boot_ms in 0..2_500 {
            stretches.look("a", boot_ms * 10_000, boot_ms);
        }
        assert_eq!(stretches.list.len(), MOST);
        assert_eq!(stretches.decide(1), (Correction::Add(0), false));
    }
}
