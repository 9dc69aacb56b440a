//! Sick leave as spells, and when the occupational physician is to be contacted.
//!
//! A spell runs from the day on which leave begins to the day before work is taken up again; a change of the fraction
//! meanwhile is no new spell. All of it is [D] where no source stands beside it, for clinicians to confirm.

use chrono::{Days, NaiveDate};

/// Day of a spell, from 1, from which contact is proposed: the fourth week (Dinan thesis: "dès la quatrième semaine
/// d'arrêt"; clinical design, section 1).
pub const CONTACT_PROPOSED_DAY: i64 = 22;
/// Day of a spell from which it is overdue: the end of that week.
pub const CONTACT_OVERDUE_DAY: i64 = 28;
/// Days of leave, within [`CUMULATED_WITHIN_DAYS`], that ask for contact as well: short spells that add up. [D]
pub const CUMULATED_DAYS: i64 = 28;
/// Length in days of the window in which they are counted, today included. [D]
pub const CUMULATED_WITHIN_DAYS: i64 = 90;

/// What changed about somebody's leave, on a local day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LeaveChange {
    /// Leave begins, or goes on with another fraction of the contracted hours, above 0 to 1.
    From {
        /// The first day.
        date: NaiveDate,
        /// Share of the contracted hours on leave.
        fraction: f64,
    },
    /// Work is taken up again.
    Until {
        /// The first day without leave.
        date: NaiveDate,
    },
}

impl LeaveChange {
    fn date(&self) -> NaiveDate {
        match *self {
            Self::From { date, .. } | Self::Until { date } => date,
        }
    }
}

/// Days with one fraction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeavePart {
    /// First day.
    pub from: NaiveDate,
    /// First day after it; `None` while it lasts.
    pub until: Option<NaiveDate>,
    /// Share of the contracted hours on leave, above 0 to 1.
    pub fraction: f64,
}

/// A spell of leave: its parts follow each other without a day between.
#[derive(Debug, Clone, PartialEq)]
pub struct LeaveSpell {
    /// In order, at least one.
    pub parts: Vec<LeavePart>,
}

impl LeaveSpell {
    /// First day.
    #[must_use]
    pub fn from(&self) -> NaiveDate {
        self.parts.first().map_or(NaiveDate::MIN, |part| part.from)
    }

    /// First day after it; `None` while it lasts.
    #[must_use]
    pub fn until(&self) -> Option<NaiveDate> {
        self.parts.last().and_then(|part| part.until)
    }

    /// Days of it from `from` to the day before `until`, whatever the fraction.
    #[must_use]
    pub fn days_within(&self, from: NaiveDate, until: NaiveDate) -> i64 {
        let end = self.until().map_or(until, |own| own.min(until));
        (end - self.from().max(from)).num_days().max(0)
    }

    /// Days of it from `from` to the day before `until`, each by its fraction.
    #[must_use]
    pub fn full_days_within(&self, from: NaiveDate, until: NaiveDate) -> f64 {
        let days = |part: &LeavePart| {
            let end = part.until.map_or(until, |own| own.min(until));
            (end - part.from.max(from)).num_days().max(0) as f64 * part.fraction
        };
        self.parts.iter().map(days).sum()
    }
}

/// The spells that changes make, whatever the order in which they are given.
///
/// Of two changes on one day the one given later holds. An end without a beginning says nothing; what begins on the day
/// on which the one before ends goes on with it.
#[must_use]
pub fn leave_spells(changes: &[LeaveChange]) -> Vec<LeaveSpell> {
    let mut sorted: Vec<&LeaveChange> = changes.iter().collect();
    sorted.sort_by_key(|change| change.date());
    let mut last_of_day: Vec<LeaveChange> = Vec::with_capacity(sorted.len());
    for change in sorted {
        match last_of_day.last_mut() {
            Some(last) if last.date() == change.date() => *last = *change,
            _ => last_of_day.push(*change),
        }
    }
    let mut spells: Vec<LeaveSpell> = Vec::new();
    let mut open = false;
    for change in last_of_day {
        let last = spells.last_mut().filter(|_| open);
        match (change, last) {
            (LeaveChange::From { date, fraction }, Some(spell)) => {
                if let Some(part) = spell.parts.last_mut() {
                    if part.fraction == fraction {
                        continue;
                    }
                    part.until = Some(date);
                }
                spell.parts.push(LeavePart { from: date, until: None, fraction });
            }
            (LeaveChange::From { date, fraction }, None) => {
                spells.push(LeaveSpell { parts: vec![LeavePart { from: date, until: None, fraction }] });
                open = true;
            }
            (LeaveChange::Until { date }, Some(spell)) => {
                if let Some(part) = spell.parts.last_mut() {
                    part.until = Some(date);
                }
                open = false;
            }
            (LeaveChange::Until { .. }, None) => {}
        }
    }
    spells
}

/// Whether the occupational physician is to be contacted. It is possible at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OccupationalContact {
    /// Nothing asks for it.
    Possible,
    /// It is proposed.
    Proposed {
        /// The first day on which it was.
        since: NaiveDate,
    },
    /// It should have been by now.
    Overdue {
        /// The first day on which it was.
        since: NaiveDate,
    },
    /// It was made during this spell, or within the days that add up.
    Made {
        /// When.
        on: NaiveDate,
    },
}

/// What holds on a day, given the spells and the days on which the physician was contacted.
///
/// A contact counts for the spell in which it was made, and for the 90 days behind it where days add up.
#[must_use]
pub fn occupational_contact(
    spells: &[LeaveSpell],
    contacts: &[NaiveDate],
    today: NaiveDate,
) -> OccupationalContact {
    let Some(tomorrow) = today.succ_opt() else { return OccupationalContact::Possible };
    let made_since =
        |from: NaiveDate| contacts.iter().filter(|on| (from..=today).contains(on)).max().copied();
    let current =
        spells.iter().find(|spell| spell.from() <= today && spell.until().is_none_or(|until| until > today));
    if let Some(spell) = current {
        let day = spell.days_within(spell.from(), tomorrow);
        if day >= CONTACT_PROPOSED_DAY {
            let nth = |n: i64| spell.from() + Days::new((n - 1).unsigned_abs());
            return match made_since(spell.from()) {
                Some(on) => OccupationalContact::Made { on },
                None if day >= CONTACT_OVERDUE_DAY => {
                    OccupationalContact::Overdue { since: nth(CONTACT_OVERDUE_DAY) }
                }
                None => OccupationalContact::Proposed { since: nth(CONTACT_PROPOSED_DAY) },
            };
        }
    }
    let window_from = |day: NaiveDate| {
        day.checked_sub_days(Days::new(CUMULATED_WITHIN_DAYS.unsigned_abs() - 1)).unwrap_or(day)
    };
    let cumulated = |day: NaiveDate| {
        let until = day.succ_opt().unwrap_or(day);
        spells.iter().map(|spell| spell.days_within(window_from(day), until)).sum::<i64>()
    };
    if cumulated(today) < CUMULATED_DAYS {
        return OccupationalContact::Possible;
    }
    if let Some(on) = made_since(window_from(today)) {
        return OccupationalContact::Made { on };
    }
    // Back to the first day of this run on which they added up.
    let mut since = today;
    while let Some(before) = since.pred_opt()
        && cumulated(before) >= CUMULATED_DAYS
    {
        since = before;
    }
    OccupationalContact::Proposed { since }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn from(date: &str, fraction: f64) -> LeaveChange {
        LeaveChange::From { date: day(date), fraction }
    }

    fn until(date: &str) -> LeaveChange {
        LeaveChange::Until { date: day(date) }
    }

    #[test]
    fn forty_days_at_two_fractions_are_one_spell() {
        // 25 days in full from 2 March, then 15 at half, back on 11 April.
        let changes = [until("2026-04-11"), from("2026-03-02", 1.0), from("2026-03-27", 0.5)];
        let spells = leave_spells(&changes);
        assert_eq!(spells.len(), 1);
        let spell = &spells[0];
        assert_eq!((spell.from(), spell.until()), (day("2026-03-02"), Some(day("2026-04-11"))));
        let (first, after) = (day("2026-01-01"), day("2027-01-01"));
        assert_eq!(spell.days_within(first, after), 40);
        assert_eq!(spell.full_days_within(first, after), 25.0 + 15.0 * 0.5);
        // April alone: ten days, each half.
        assert_eq!(spell.full_days_within(day("2026-04-01"), after), 5.0);
    }

    #[test]
    fn contact_is_proposed_in_the_fourth_week_and_overdue_at_its_end() {
        let spells = leave_spells(&[from("2026-03-02", 1.0)]);
        let on = |date| occupational_contact(&spells, &[], day(date));
        assert_eq!(on("2026-03-01"), OccupationalContact::Possible);
        // Day 21 is 22 March.
        assert_eq!(on("2026-03-22"), OccupationalContact::Possible);
        let since = day("2026-03-23");
        assert_eq!(on("2026-03-23"), OccupationalContact::Proposed { since });
        assert_eq!(on("2026-03-28"), OccupationalContact::Proposed { since });
        let since = day("2026-03-29");
        assert_eq!(on("2026-03-29"), OccupationalContact::Overdue { since });
        assert_eq!(on("2026-05-29"), OccupationalContact::Overdue { since });
        let made = day("2026-03-10");
        assert_eq!(
            occupational_contact(&spells, &[made], day("2026-04-29")),
            OccupationalContact::Made { on: made }
        );
        assert_eq!(
            occupational_contact(&spells, &[day("2026-02-20")], day("2026-03-29")),
            OccupationalContact::Overdue { since },
            "a contact before the spell is not about it"
        );
    }

    #[test]
    fn short_spells_add_up() {
        // Three of ten days: the 28th day in all is the eighth of the third.
        let changes = [
            from("2026-01-05", 1.0),
            until("2026-01-15"),
            from("2026-02-02", 0.5),
            until("2026-02-12"),
            from("2026-03-02", 1.0),
            until("2026-03-12"),
        ];
        let spells = leave_spells(&changes);
        assert_eq!(spells.len(), 3);
        let on = |date| occupational_contact(&spells, &[], day(date));
        assert_eq!(on("2026-03-08"), OccupationalContact::Possible);
        let since = day("2026-03-09");
        assert_eq!(on("2026-03-09"), OccupationalContact::Proposed { since });
        assert_eq!(on("2026-03-20"), OccupationalContact::Proposed { since });
        // On 5 April the window begins on 6 January: 29 days are left; two days later 27.
        assert_eq!(on("2026-04-05"), OccupationalContact::Proposed { since });
        assert_eq!(on("2026-04-07"), OccupationalContact::Possible);
    }

    #[test]
    fn an_end_without_a_beginning_says_nothing() {
        assert!(leave_spells(&[until("2026-03-02")]).is_empty());
        let spells = leave_spells(&[from("2026-03-02", 1.0), until("2026-03-02")]);
        assert!(spells.is_empty(), "{spells:?}");
    }

    proptest! {
        #[test]
        fn parts_follow_each_other_and_order_does_not_matter(
            changes in proptest::collection::vec((0_u64..400, 0_u8..4), 0..20),
            turn in 0_usize..20,
        ) {
            let start = day("2026-01-01");
            let mut seen = std::collections::BTreeSet::new();
            let all: Vec<LeaveChange> = changes
                .iter()
                .filter(|(at, _)| seen.insert(*at))
                .map(|(at, what)| match what {
                    0 => LeaveChange::Until { date: start + Days::new(*at) },
                    n => LeaveChange::From { date: start + Days::new(*at), fraction: f64::from(*n) / 3.0 },
                })
                .collect();
            let spells = leave_spells(&all);
            let mut turned = all.clone();
            turned.rotate_left(turn.min(all.len()));
            prop_assert_eq!(&spells, &leave_spells(&turned));
            for spell in &spells {
                for pair in spell.parts.windows(2) {
                    prop_assert_eq!(pair[0].until, Some(pair[1].from));
                }
                let (first, after) = (day("2025-01-01"), day("2028-01-01"));
                prop_assert!(spell.full_days_within(first, after) <= spell.days_within(first, after) as f64 + 1e-9);
            }
            for pair in spells.windows(2) {
                prop_assert!(pair[0].until().is_some_and(|until| until <= pair[1].from()));
            }
        }
    }
}
