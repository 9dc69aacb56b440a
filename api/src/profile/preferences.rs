use chrono::{NaiveDate, Weekday};
use foulee_analytics::HomeZones;
use foulee_analytics::programme::{EligibleWeekdays, PrescribedDay, Quota, QuotaKind};
use foulee_contract::ResponseState;

use crate::ApiError;
use crate::registry::ContextEntry;

/// What somebody will not do, and when it cannot be, over time. Hard constraints on what is prescribed: they hold from
/// the day after they were said, and take nothing back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// From which day on, by day and by order of recording.
    changes: Vec<Change>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    from: NaiveDate,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Avoids(Vec<QuotaKind>),
    Impossible(Vec<Weekday>),
}

/// The kinds of quota of an activity.
fn kinds_of(activity: &str) -> &'static [QuotaKind] {
    match activity {
        "walking" => &[QuotaKind::Steps, QuotaKind::WalkMinutes],
        "stretching" => &[QuotaKind::Stretching],
        "strengthening" => &[QuotaKind::Strengthening],
        "relaxation" => &[QuotaKind::Relaxation],
        "workshop" => &[QuotaKind::Workshop],
        _ => &[],
    }
}

impl Preferences {
    /// Those among all that was recorded of somebody. What was declined or withdrawn constrains nothing.
    ///
    /// # Errors
    /// A time beyond the calendar; a stored value that is none of ours.
    pub fn of(entries: &[ContextEntry], zones: &HomeZones) -> Result<Self, ApiError> {
        let mut changes = Vec::new();
        for entry in entries {
            let words: Vec<String> = match (&entry.value, entry.state) {
                (Some(value), ResponseState::Answered) if is_constraint(&entry.item) => {
                    serde_json::from_str(value)?
                }
                _ => Vec::new(),
            };
            let what = match entry.item.as_str() {
                "avoids" => What::Avoids(words.iter().flat_map(|word| kinds_of(word)).copied().collect()),
                "impossible_days" => {
                    What::Impossible(words.iter().filter_map(|word| word.parse().ok()).collect())
                }
                _ => continue,
            };
            // Never before it was said: what was prescribed until then stays prescribed.
            let said = zones.date_of(entry.effective_ms.max(entry.recorded_ms))?;
            let Some(from) = said.succ_opt() else { continue };
            changes.push(Change { from, what });
        }
        changes.sort_by_key(|change| change.from);
        Ok(Self { changes })
    }

    /// What holds on a day: kinds that are avoided, weekdays that are impossible.
    fn on(&self, date: NaiveDate) -> (&[QuotaKind], &[Weekday]) {
        let (mut avoids, mut impossible): (&[QuotaKind], &[Weekday]) = (&[], &[]);
        for change in self.changes.iter().take_while(|change| change.from <= date) {
            match &change.what {
                What::Avoids(kinds) => avoids = kinds,
                What::Impossible(days) => impossible = days,
            }
        }
        (avoids, impossible)
    }

    /// A prescribed day under what holds on it; `None` where it may not be prescribed. A week that lost days asks for no more
    /// of them than are left.
    #[must_use]
    pub fn constrain(&self, day: PrescribedDay) -> Option<PrescribedDay> {
        use chrono::Datelike as _;
        let (avoids, impossible) = self.on(day.date);
        if avoids.contains(&day.quota.kind) || impossible.contains(&day.date.weekday()) {
            return None;
        }
        Some(PrescribedDay { quota: without(day.quota, impossible), ..day })
    }
}

fn is_constraint(item: &str) -> bool {
    matches!(item, "avoids" | "impossible_days")
}

fn without(quota: Quota, impossible: &[Weekday]) -> Quota {
    if impossible.is_empty() {
        return quota;
    }
    let left: Vec<Weekday> = (0..7)
        .filter_map(|n| Weekday::try_from(n).ok())
        .filter(|day| quota.weekdays.contains(*day) && !impossible.contains(day))
        .collect();
    let weekdays = EligibleWeekdays::of(&left);
    Quota { weekdays, per_week: quota.per_week.min(weekdays.count()), ..quota }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Paris;
    use serde_json::json;

    use super::*;
    use crate::registry::Origin;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn said(number: i64, item: &str, value: serde_json::Value, on: &str) -> ContextEntry {
        let at_ms = day(on).and_hms_opt(12, 0, 0).unwrap().and_utc().timestamp_millis();
        ContextEntry {
            number,
            item: item.to_owned(),
            state: ResponseState::Answered,
            value: Some(value.to_string()),
            effective_ms: at_ms,
            origin: Origin::Participant,
            recorded_ms: at_ms,
        }
    }

    fn prescribed(date: &str, kind: QuotaKind, per_week: u8) -> PrescribedDay {
        PrescribedDay { date: day(date), week_start: day(date), quota: Quota::of(kind, per_week, 20) }
    }

    #[test]
    fn what_is_avoided_or_impossible_is_not_prescribed_from_the_next_day_on() {
        let zones = HomeZones::fixed(Paris);
        let entries = [
            said(1, "avoids", json!(["walking"]), "2026-03-02"),
            said(2, "impossible_days", json!(["sat", "sun"]), "2026-03-02"),
            said(3, "avoids", json!([]), "2026-03-09"),
        ];
        let preferences = Preferences::of(&entries, &zones).unwrap();
        let of = |date, kind| preferences.constrain(prescribed(date, kind, 6));
        assert!(of("2026-03-02", QuotaKind::Steps).is_some(), "what was prescribed stays");
        assert!(of("2026-03-03", QuotaKind::Steps).is_none());
        assert!(of("2026-03-03", QuotaKind::WalkMinutes).is_none());
        assert!(of("2026-03-07", QuotaKind::Stretching).is_none(), "a Saturday");
        let left = of("2026-03-06", QuotaKind::Stretching).unwrap().quota;
        assert_eq!((left.per_week, left.weekdays.count()), (5, 5));
        assert!(of("2026-03-10", QuotaKind::Steps).is_some(), "it is avoided no more");
    }

    #[test]
    fn what_was_declined_constrains_nothing() {
        let zones = HomeZones::fixed(Paris);
        let first = said(1, "avoids", json!(["walking"]), "2026-03-02");
        let declined = ContextEntry {
            state: ResponseState::Declined,
            value: None,
            ..said(2, "avoids", json!([]), "2026-03-03")
        };
        let preferences = Preferences::of(&[first, declined], &zones).unwrap();
        assert!(preferences.constrain(prescribed("2026-03-04", QuotaKind::Steps, 5)).is_some());
    }
}
