//! When a record of an export was, and which grain its extent makes it.

use foulee_contract::{Grain, Metric, RejectCode};

use super::local_clock::{Instant, LocalClock};
use super::moment::{DateOrder, Moment, moment};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;

/// When a text says that something was. `Z` says when, but not how local time stood: it is the usual form of a time that
/// was moved to UTC.
pub(super) fn instant_of(text: &str, clock: &mut LocalClock) -> Result<Instant, RejectCode> {
    match moment(text, DateOrder::MonthFirst) {
        Some(Moment::Instant { utc_ms, offset_minutes }) => {
            let is_utc = offset_minutes == Some(0) && !text.contains('+');
            Ok(Instant { utc_ms, offset_minutes: offset_minutes.filter(|_| !is_utc) })
        }
        Some(Moment::Local(local)) => clock.instant(local),
        _ => Err(RejectCode::Unreadable),
    }
}

/// The grain of a record: regular parts of a minute are epochs, and steps of a whole day are the day's total, which may
/// not be summed with the minutes beside it.
pub(super) fn grain_of(metric: Metric, start_ms: i64, end_ms: i64) -> Grain {
    let length = end_ms.saturating_sub(start_ms);
    if (1..=MINUTE_MS).contains(&length) && MINUTE_MS % length == 0 && start_ms % length == 0 {
        Grain::Epoch
    } else if metric == Metric::Steps && (23 * HOUR_MS..=25 * HOUR_MS).contains(&length) {
        Grain::Total
    } else {
        Grain::Sample
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_an_epoch_and_a_day_a_total() {
        let grain = |start, length| grain_of(Metric::Steps, start, start + length);
        assert_eq!(
            [(0, 60_000), (90_000, 30_000), (60_000, 5_000)].map(|(s, l)| grain(s, l)),
            [Grain::Epoch; 3]
        );
        assert_eq!(
            [(1_000, 60_000), (0, 37_000), (0, 61_000), (0, HOUR_MS), (0, 0)].map(|(s, l)| grain(s, l)),
            [Grain::Sample; 5]
        );
        assert_eq!(grain(7, 23 * HOUR_MS), Grain::Total);
        assert_eq!(grain_of(Metric::HeartRate, 0, 24 * HOUR_MS), Grain::Sample);
    }

    #[test]
    fn only_a_written_offset_tells_how_local_time_stood() {
        let mut clock = LocalClock::new(Some(chrono_tz::Europe::Paris));
        let mut read = |text| instant_of(text, &mut clock).map(|at| (at.utc_ms, at.offset_minutes));
        assert_eq!(read("1970-01-01T02:00:00.5+02:00"), Ok((500, Some(120))));
        assert_eq!(read("1970-01-01T00:00:00+00:00"), Ok((0, Some(0))));
        assert_eq!(read("1970-01-01T00:00:00.123456Z"), Ok((123, None)));
        assert_eq!(read("1970-01-01T01:00:00"), Ok((0, Some(60))));
        assert_eq!(read("1970-01-01"), Err(RejectCode::Unreadable));
        assert_eq!(
            instant_of("1970-01-01T01:00:00", &mut LocalClock::new(None)),
            Err(RejectCode::Unreadable)
        );
    }
}
