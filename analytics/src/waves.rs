//! Waves of follow-up: on calendar months from the day of inclusion, each with a window, and where one stands on a day.
//!
//! Every wave is counted from the inclusion, not from the wave before, and falls on the month's last day where the
//! month has no such day: from 31 August, six months are 28 or 29 February, and twelve are 31 August again.
//!
//! A wave opens some days before its day and closes some days after it. What comes after the closing, within the
//! grace, is late; what comes later is kept by the caller and changes nothing: the wave stays missed.

use chrono::{Days, Months, NaiveDate};

use crate::error::{AnalyticsError, check_range};

/// Name and version of these rules; raise it whenever a state could change.
pub const WAVES_VERSION: &str = "waves-calendar-months-v1";

/// The e-cohort's waves in months: at inclusion, then "tous les 6 mois" for three years (programme document 000).
pub const COHORT_MONTHS: [u16; 7] = [0, 6, 12, 18, 24, 30, 36];

/// Fewest days of a calendar month, so that windows are kept apart for every day of inclusion.
const LEAST_MONTH_DAYS: u32 = 28;

/// When waves are, and how long each is open. Parameters of a study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaveParams {
    /// Months from the inclusion, rising; 0 is the baseline. Up to 600.
    pub months: Vec<u16>,
    /// Days before its day on which a wave opens, 0 to 90.
    pub opens_days_before: u16,
    /// Days after its day on which a wave closes, 0 to 180.
    pub closes_days_after: u16,
    /// Days after the closing on which an answer is late and no more than that, 0 to 180.
    pub grace_days: u16,
}

impl Default for WaveParams {
    /// [D] Two weeks before, four weeks after, four weeks of grace.
    fn default() -> Self {
        Self { months: COHORT_MONTHS.to_vec(), opens_days_before: 14, closes_days_after: 28, grace_days: 28 }
    }
}

/// A plan that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WavePlan(WaveParams);

impl WaveParams {
    /// Checks the plan once.
    ///
    /// # Errors
    /// [`AnalyticsError::NoWave`]; [`AnalyticsError::ParameterOutOfRange`]; [`AnalyticsError::WavesTouch`] where two
    /// waves could be open on one day, reckoned with months of 28 days.
    pub fn check(self) -> Result<WavePlan, AnalyticsError> {
        check_range("opens_days_before", self.opens_days_before.into(), 0.0, 90.0)?;
        check_range("closes_days_after", self.closes_days_after.into(), 0.0, 180.0)?;
        check_range("grace_days", self.grace_days.into(), 0.0, 180.0)?;
        let last = self.months.last().ok_or(AnalyticsError::NoWave)?;
        check_range("months", (*last).into(), 0.0, 600.0)?;
        let open = u32::from(self.opens_days_before)
            + u32::from(self.closes_days_after)
            + u32::from(self.grace_days);
        for (index, pair) in self.months.windows(2).enumerate() {
            let between = u32::from(pair[1].saturating_sub(pair[0])) * LEAST_MONTH_DAYS;
            if between <= open {
                return Err(AnalyticsError::WavesTouch { index: index + 1 });
            }
        }
        Ok(WavePlan(self))
    }
}

/// One wave of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wave {
    /// Months from the inclusion.
    pub months: u16,
    /// Its day.
    pub day: NaiveDate,
    /// First day on which it can be answered.
    pub opens: NaiveDate,
    /// Last day on which an answer is in time.
    pub closes: NaiveDate,
    /// Last day on which an answer counts.
    pub grace_ends: NaiveDate,
}

impl WavePlan {
    /// The parameters.
    #[must_use]
    pub fn params(&self) -> &WaveParams {
        &self.0
    }

    /// The waves of a person included on a day.
    ///
    /// # Errors
    /// [`AnalyticsError::DateOutOfRange`] at the ends of the calendar.
    pub fn waves(&self, inclusion: NaiveDate) -> Result<Vec<Wave>, AnalyticsError> {
        let params = &self.0;
        let wave = |months: u16| {
            // Clamped to the month's last day.
            let day = inclusion.checked_add_months(Months::new(months.into()))?;
            let closes = day.checked_add_days(Days::new(params.closes_days_after.into()))?;
            Some(Wave {
                months,
                day,
                opens: day.checked_sub_days(Days::new(params.opens_days_before.into()))?,
                closes,
                grace_ends: closes.checked_add_days(Days::new(params.grace_days.into()))?,
            })
        };
        let waves: Option<Vec<Wave>> = params.months.iter().copied().map(wave).collect();
        waves.ok_or(AnalyticsError::DateOutOfRange { date: inclusion })
    }
}

/// What a person did with a wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaveAct {
    /// Opened the form.
    Opened,
    /// Handed it in.
    Submitted,
}

/// An act, and its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaveEvent {
    /// What was done.
    pub act: WaveAct,
    /// The local day.
    pub on: NaiveDate,
}

/// Where a wave stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaveState {
    /// It has not opened.
    NotYetDue,
    /// It can be answered, and the form was not opened.
    Due,
    /// It can be answered, and the form was opened.
    Opened,
    /// Handed in by the closing day.
    Submitted,
    /// Handed in after the closing day, within the grace.
    Late,
    /// The grace is over, and nothing was handed in by its end.
    Missed,
}

impl WaveState {
    /// Stable snake_case word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotYetDue => "not_yet_due",
            Self::Due => "due",
            Self::Opened => "opened",
            Self::Submitted => "submitted",
            Self::Late => "late",
            Self::Missed => "missed",
        }
    }
}

/// Where a wave stands on a day, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaveStanding {
    /// The state.
    pub state: WaveState,
    /// The first day within the window or the grace on which the form was opened.
    pub opened: Option<NaiveDate>,
    /// The first such day on which it was handed in.
    pub submitted: Option<NaiveDate>,
    /// Whether it can still be answered, but no longer in time.
    pub overdue: bool,
    /// Events up to this day that lie before the opening or after the grace: they change nothing.
    pub set_aside: usize,
}

impl Wave {
    /// Where it stands on a day, from what was done up to that day. The order of events does not matter, nor does
    /// saying one twice, apart from [`WaveStanding::set_aside`].
    #[must_use]
    pub fn standing(&self, events: &[WaveEvent], today: NaiveDate) -> WaveStanding {
        let past = || events.iter().filter(|event| event.on <= today);
        let counts = |event: &&WaveEvent| (self.opens..=self.grace_ends).contains(&event.on);
        let first = |act: WaveAct| past().filter(counts).filter(|event| event.act == act).map(|e| e.on).min();
        let (opened, submitted) = (first(WaveAct::Opened), first(WaveAct::Submitted));
        let state = match submitted {
            Some(on) if on <= self.closes => WaveState::Submitted,
            Some(_) => WaveState::Late,
            None if today < self.opens => WaveState::NotYetDue,
            None if today > self.grace_ends => WaveState::Missed,
            None if opened.is_some() => WaveState::Opened,
            None => WaveState::Due,
        };
        WaveStanding {
            state,
            opened,
            submitted,
            overdue: matches!(state, WaveState::Due | WaveState::Opened) && today > self.closes,
            set_aside: past().filter(|event| !counts(event)).count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn plan() -> WavePlan {
        WaveParams::default().check().unwrap()
    }

    #[test]
    fn every_wave_is_counted_from_the_inclusion_and_clamped() {
        let days = |inclusion| {
            let waves = plan().waves(day(inclusion)).unwrap();
            waves.iter().map(|wave| wave.day.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(
            days("2026-08-31"),
            [
                "2026-08-31",
                "2027-02-28",
                "2027-08-31",
                "2028-02-29",
                "2028-08-31",
                "2029-02-28",
                "2029-08-31"
            ]
        );
        assert_eq!(days("2024-02-29")[2], "2025-02-28");
        assert_eq!(days("2024-02-29")[1], "2024-08-29");
        assert_eq!(days("2026-01-15")[6], "2029-01-15");
    }

    #[test]
    fn each_day_around_a_wave_has_its_state() {
        // Six months from 15 January 2026 are 15 July; open from 1 July to 12 August, grace to 9 September.
        let wave = plan().waves(day("2026-01-15")).unwrap()[1];
        let dates = [wave.opens, wave.day, wave.closes, wave.grace_ends].map(|date| date.to_string());
        assert_eq!(dates, ["2026-07-01", "2026-07-15", "2026-08-12", "2026-09-09"]);
        let on = |act, text| WaveEvent { act, on: day(text) };
        let opened = on(WaveAct::Opened, "2026-07-20");
        let cases: [(&[WaveEvent], &str, WaveState); 14] = [
            (&[], "2026-06-30", WaveState::NotYetDue),
            (&[], "2026-07-01", WaveState::Due),
            (&[], "2026-09-09", WaveState::Due),
            (&[], "2026-09-10", WaveState::Missed),
            (&[opened], "2026-07-19", WaveState::Due),
            (&[opened], "2026-07-20", WaveState::Opened),
            (&[opened], "2026-09-10", WaveState::Missed),
            (&[on(WaveAct::Submitted, "2026-07-01")], "2026-07-01", WaveState::Submitted),
            (&[on(WaveAct::Submitted, "2026-08-12")], "2027-01-01", WaveState::Submitted),
            (&[on(WaveAct::Submitted, "2026-08-13")], "2026-08-13", WaveState::Late),
            (&[on(WaveAct::Submitted, "2026-09-09")], "2027-01-01", WaveState::Late),
            (&[on(WaveAct::Submitted, "2026-09-10")], "2027-01-01", WaveState::Missed),
            (&[on(WaveAct::Submitted, "2026-06-30")], "2026-07-02", WaveState::Due),
            (&[on(WaveAct::Submitted, "2026-08-13")], "2026-08-12", WaveState::Due),
        ];
        for (events, today, state) in cases {
            assert_eq!(wave.standing(events, day(today)).state, state, "{events:?} on {today}");
        }
        assert!(!wave.standing(&[], day("2026-08-12")).overdue);
        assert!(wave.standing(&[], day("2026-08-13")).overdue);
        let early = wave.standing(&[on(WaveAct::Submitted, "2026-06-30")], day("2026-07-02"));
        assert_eq!((early.submitted, early.set_aside), (None, 1));
    }

    #[test]
    fn what_is_no_plan_is_refused() {
        let params = |months: &[u16]| WaveParams { months: months.to_vec(), ..WaveParams::default() };
        assert_eq!(params(&[]).check().unwrap_err(), AnalyticsError::NoWave);
        // 14 + 28 + 28 = 70 days: two months are at least 56, three at least 84.
        assert_eq!(params(&[0, 2]).check().unwrap_err(), AnalyticsError::WavesTouch { index: 1 });
        assert!(params(&[0, 3]).check().is_ok());
        assert_eq!(params(&[0, 6, 6]).check().unwrap_err(), AnalyticsError::WavesTouch { index: 2 });
        assert_eq!(params(&[12, 6]).check().unwrap_err(), AnalyticsError::WavesTouch { index: 1 });
        let late = WaveParams { closes_days_after: 181, ..WaveParams::default() }.check().unwrap_err();
        assert!(late.to_string().contains("closes_days_after"), "{late}");
        let end = plan().waves(NaiveDate::MAX).unwrap_err();
        assert_eq!(end, AnalyticsError::DateOutOfRange { date: NaiveDate::MAX });
    }

    fn events() -> impl Strategy<Value = Vec<(bool, i64)>> {
        prop::collection::vec((any::<bool>(), -40_i64..140), 0..8)
    }

    proptest! {
        #[test]
        fn a_wave_is_in_its_month_on_the_same_day_or_the_last(start in 0_i64..20_000, months in 0_u16..=600) {
            use chrono::Datelike as _;
            let inclusion = day("2000-01-01") + Days::new(start.unsigned_abs());
            let params = WaveParams { months: vec![months], ..WaveParams::default() };
            let wave = params.check().unwrap().waves(inclusion).unwrap()[0];
            let index = |date: NaiveDate| date.year() * 12 + date.month0() as i32;
            prop_assert_eq!(index(wave.day) - index(inclusion), i32::from(months));
            let last = wave.day.succ_opt().unwrap().day() == 1;
            prop_assert!(wave.day.day() == inclusion.day() || (last && wave.day.day() < inclusion.day()));
        }

        #[test]
        fn two_waves_are_never_open_at_once(start in 0_i64..20_000) {
            let waves = plan().waves(day("2000-01-01") + Days::new(start.unsigned_abs())).unwrap();
            for pair in waves.windows(2) {
                prop_assert!(pair[0].grace_ends < pair[1].opens);
            }
        }

        #[test]
        fn neither_order_nor_saying_it_twice_matters(given in events(), today in -40_i64..160, cut in 0_usize..8) {
            let wave = plan().waves(day("2026-01-15")).unwrap()[1];
            let at = |offset: i64| wave.opens + chrono::TimeDelta::days(offset);
            let events: Vec<WaveEvent> = given
                .iter()
                .map(|&(submitted, offset)| WaveEvent {
                    act: if submitted { WaveAct::Submitted } else { WaveAct::Opened },
                    on: at(offset),
                })
                .collect();
            let standing = wave.standing(&events, at(today));
            let mut turned = events.clone();
            turned.reverse();
            turned.rotate_left(cut.min(events.len()));
            prop_assert_eq!(wave.standing(&turned, at(today)), standing);
            turned.extend(events.first().copied());
            prop_assert_eq!(wave.standing(&turned, at(today)).state, standing.state);
        }

        #[test]
        fn a_state_only_moves_on(given in events()) {
            let wave = plan().waves(day("2026-01-15")).unwrap()[1];
            let at = |offset: i64| wave.opens + chrono::TimeDelta::days(offset);
            let events: Vec<WaveEvent> = given
                .iter()
                .map(|&(submitted, offset)| WaveEvent {
                    act: if submitted { WaveAct::Submitted } else { WaveAct::Opened },
                    on: at(offset),
                })
                .collect();
            let rank = |state| match state {
                WaveState::NotYetDue => 0,
                WaveState::Due => 1,
                WaveState::Opened => 2,
                WaveState::Submitted | WaveState::Late | WaveState::Missed => 3,
            };
            let states: Vec<WaveState> =
                (-50..160).map(|offset| wave.standing(&events, at(offset)).state).collect();
            for pair in states.windows(2) {
                prop_assert!(rank(pair[0]) < rank(pair[1]) || pair[0] == pair[1], "{pair:?}");
            }
            // In the end every wave is answered or missed.
            prop_assert_eq!(rank(states[states.len() - 1]), 3);
        }
    }
}
