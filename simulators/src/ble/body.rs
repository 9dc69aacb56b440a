//! Who wears a device: what this person's body does at any instant.
//!
//! Minutes of the truth are spread evenly over their seconds, so that whole days add up to the truth exactly.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, TimeZone as _};
use chrono_tz::Tz;
use foulee_person::Person;

use super::plan::Plan;

/// Length of a minute, in milliseconds.
const MINUTE_MS: i64 = 60_000;
/// Days before the start that devices may remember, and one more because their clocks are wrong.
const DAYS_BEFORE: u64 = 9;
/// Share of heart-rate reserve that walking takes, for a plan in which everybody walks: that of a moderate walk.
const WALKING_RESERVE_SHARE: f64 = 0.4;

/// One local day as it really was: 1,380, 1,440 or 1,500 minutes.
#[derive(Debug)]
struct LocalDay {
    start_ms: i64,
    /// Steps from local midnight to the start of each minute, and to the end of the last.
    steps_before: Vec<u32>,
    heart_deci_bpm: Vec<u16>,
}

/// A person who lives in a time zone.
#[derive(Debug)]
pub(crate) struct Body {
    person: Person,
    zone: Tz,
    /// From when on, in milliseconds since 1970, UTC.
    walking_from_ms: i64,
    first_date: NaiveDate,
    days: BTreeMap<NaiveDate, LocalDay>,
}

impl Body {
    /// The person with this seed, from a little before the local day of `start_ms` on.
    pub(crate) fn new(person: u64, plan: &Plan, start_ms: i64) -> Self {
        let zone = plan.time_zone.get();
        Self {
            person: Person::new(person),
            zone,
            walking_from_ms: plan.walking_from_ms(),
            first_date: local_date(zone, start_ms) - Days::new(DAYS_BEFORE),
            days: BTreeMap::new(),
        }
    }

    /// The person's seed.
    pub(crate) fn seed(&self) -> u64 {
        self.person.seed()
    }

    /// The local date of an instant.
    pub(crate) fn date(&self, at_ms: i64) -> NaiveDate {
        local_date(self.zone, at_ms)
    }

    /// How far local time is ahead of UTC, in milliseconds.
    pub(crate) fn utc_offset_ms(&self, at_ms: i64) -> i64 {
        utc_offset_ms(self.zone, at_ms)
    }

    /// When a local date begins, in milliseconds since 1970, UTC.
    pub(crate) fn midnight_ms(&mut self, date: NaiveDate) -> i64 {
        self.day(date).start_ms
    }

    /// All steps of a local day.
    pub(crate) fn steps_of_day(&mut self, date: NaiveDate) -> u32 {
        self.day(date).steps_before.last().copied().unwrap_or_default()
    }

    /// Steps between two instants; 0 where the second one is earlier.
    pub(crate) fn steps_between(&mut self, from_ms: i64, to_ms: i64) -> u64 {
        self.steps_until(to_ms).saturating_sub(self.steps_until(from_ms))
    }

    /// Steps per minute at an instant.
    pub(crate) fn cadence(&mut self, at_ms: i64) -> u16 {
        let date = self.date(at_ms);
        let day = self.day(date);
        let minute = day.minute(at_ms);
        let steps = day.steps_before[minute + 1] - day.steps_before[minute];
        u16::try_from(steps).unwrap_or(u16::MAX)
    }

    /// Heart rate at an instant, in tenths of a beat per minute: between the means of two minutes.
    pub(crate) fn heart_deci_bpm(&mut self, at_ms: i64) -> u16 {
        let date = self.date(at_ms);
        let day = self.day(date);
        let (minute, last) = (day.minute(at_ms), day.heart_deci_bpm.len() - 1);
        let into_ms = (at_ms - day.start_ms).rem_euclid(MINUTE_MS) - MINUTE_MS / 2;
        let other = if into_ms < 0 { minute.saturating_sub(1) } else { (minute + 1).min(last) };
        let (here, there) = (i64::from(day.heart_deci_bpm[minute]), i64::from(day.heart_deci_bpm[other]));
        let deci_bpm = here + (there - here) * into_ms.abs() / MINUTE_MS;
        u16::try_from(deci_bpm).unwrap_or_default()
    }

    /// Steps from the start of the first local day to an instant; none before it.
    fn steps_until(&mut self, at_ms: i64) -> u64 {
        let date = self.date(at_ms);
        let mut steps = 0;
        for day in self.first_date.iter_days().take_while(|day| *day < date) {
            steps += u64::from(self.steps_of_day(day));
        }
        if date < self.first_date { 0 } else { steps + u64::from(self.day(date).steps_until(at_ms)) }
    }

    fn day(&mut self, date: NaiveDate) -> &LocalDay {
        let (person, zone, from_ms) = (&self.person, self.zone, self.walking_from_ms);
        self.days.entry(date).or_insert_with(|| LocalDay::make(person, zone, from_ms, date))
    }
}

impl LocalDay {
    fn make(person: &Person, zone: Tz, walking_from_ms: i64, date: NaiveDate) -> Self {
        let truth = person.day(date);
        let start_ms = local_midnight_ms(zone, date);
        let end_ms = date
            .checked_add_days(Days::new(1))
            .map_or(start_ms + 1440 * MINUTE_MS, |next| local_midnight_ms(zone, next));
        let minutes = usize::try_from((end_ms - start_ms) / MINUTE_MS).unwrap_or(1440);
        let (mut steps_before, mut heart_deci_bpm) = (vec![0], Vec::with_capacity(minutes));
        let mut sum = 0;
        for minute in 0..minutes {
            // The clock on the wall: an hour that clocks skip is not lived, one that they repeat is lived twice.
            let at_ms = start_ms + i64::try_from(minute).unwrap_or_default() * MINUTE_MS;
            let on_the_wall = (at_ms + utc_offset_ms(zone, at_ms)).div_euclid(MINUTE_MS).rem_euclid(1440);
            let index = usize::try_from(on_the_wall).unwrap_or_default();
            let (steps, heart) = if at_ms >= walking_from_ms {
                walk(person, index)
            } else {
                (truth.steps[index], truth.heart_rate_deci_bpm[index])
            };
            sum += u32::from(steps);
            steps_before.push(sum);
            heart_deci_bpm.push(heart);
        }
        Self { start_ms, steps_before, heart_deci_bpm }
    }

    fn minute(&self, at_ms: i64) -> usize {
        let minute = usize::try_from((at_ms - self.start_ms) / MINUTE_MS).unwrap_or_default();
        minute.min(self.heart_deci_bpm.len() - 1)
    }

    fn steps_until(&self, at_ms: i64) -> u32 {
        let minute = self.minute(at_ms);
        let (before, after) = (self.steps_before[minute], self.steps_before[minute + 1]);
        let into_ms = (at_ms - self.start_ms).rem_euclid(MINUTE_MS);
        before + u32::try_from(i64::from(after - before) * into_ms / MINUTE_MS).unwrap_or_default()
    }
}

/// Steps and heart rate of a minute in which the person walks: the own cadence, a little uneven.
fn walk(person: &Person, minute: usize) -> (u16, u16) {
    let traits = person.traits();
    let uneven = u16::try_from(minute * 7 % 9).unwrap_or_default();
    let reserve_bpm = traits.max_heart_rate_bpm - traits.resting_heart_rate_bpm;
    let deci_bpm = (traits.resting_heart_rate_bpm + WALKING_RESERVE_SHARE * reserve_bpm) * 10.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "cadence below 120, heart below 2500"
    )]
    let (cadence, heart) = (traits.walking_cadence_per_minute.round() as u16, deci_bpm.round() as u16);
    (cadence + uneven - 4, heart + uneven * 5)
}

fn local_date(zone: Tz, at_ms: i64) -> NaiveDate {
    instant(zone, at_ms).date_naive()
}

fn utc_offset_ms(zone: Tz, at_ms: i64) -> i64 {
    use chrono::Offset as _;
    i64::from(instant(zone, at_ms).offset().fix().local_minus_utc()) * 1000
}

fn instant(zone: Tz, at_ms: i64) -> chrono::DateTime<Tz> {
    zone.timestamp_millis_opt(at_ms).single().unwrap_or_else(|| zone.timestamp_nanos(0))
}

/// The first instant of a local date; where clocks skip midnight, the first one that is.
fn local_midnight_ms(zone: Tz, date: NaiveDate) -> i64 {
    let midnight = date.and_time(chrono::NaiveTime::MIN);
    let at = (0..=24).find_map(|quarters| {
        zone.from_local_datetime(&(midnight + chrono::TimeDelta::minutes(15 * quarters))).earliest()
    });
    at.map_or_else(|| midnight.and_utc().timestamp_millis(), |at| at.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::Body;
    use crate::ble::plan::Plan;
    use chrono::NaiveDate;
    use foulee_person::Person;

    fn body(zone: &str, start_ms: i64) -> Body {
        let plan: Plan = format!("time_zone = '{zone}'").parse().unwrap();
        Body::new(42, &plan, start_ms)
    }

    #[test]
    fn seconds_add_up_to_the_truth() {
        let date = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
        let mut body = body("Europe/Paris", 1_767_567_600_000);
        let (start, end) = (body.midnight_ms(date), body.midnight_ms(date.succ_opt().unwrap()));
        assert_eq!((start, end - start), (1_767_567_600_000, 86_400_000));
        let truth = Person::new(42).day(date);
        assert_eq!(body.steps_of_day(date), truth.total_steps());
        let seconds = (start..end).step_by(1000).map(|at| body.steps_between(at, at + 1000)).sum::<u64>();
        assert_eq!(seconds, u64::from(truth.total_steps()));
        assert_eq!(body.heart_deci_bpm(start + 600 * 60_000 + 30_000), truth.heart_rate_deci_bpm[600]);
    }

    #[test]
    fn days_of_clock_changes_have_23_and_25_hours() {
        let mut body = body("Europe/Paris", 1_774_000_000_000);
        for (month, day, hours) in [(3, 29, 23), (10, 25, 25), (10, 26, 24)] {
            let date = NaiveDate::from_ymd_opt(2026, month, day).unwrap();
            let length = body.midnight_ms(date.succ_opt().unwrap()) - body.midnight_ms(date);
            assert_eq!(length, hours * 3_600_000, "{date}");
        }
    }
}
