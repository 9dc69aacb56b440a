//! The International Physical Activity Questionnaire, short form.
//!
//! Source: IPAQ Group, Guidelines for Data Processing and Analysis of the IPAQ, short and long forms, revised November
//! 2005: sections 5 (short form) and 7 (data processing).

use super::answers::Known;
use super::score::NoScore;

/// Days of a week, and minutes of a day: the greatest answers.
pub(super) const MOST_DAYS: i32 = 7;
pub(super) const MOST_MINUTES: i32 = 1_440;
/// METs of vigorous activity, moderate activity and walking, in tenths (guidelines, section 5).
const DECI_METS: [f64; 3] = [80.0, 40.0, 33.0];
/// More minutes a day in all are not believed: eight hours are slept (section 7).
const MOST_MINUTES_IN_ALL: f64 = 960.0;
/// Shorter than this is no activity, and its days are none (section 7).
const LEAST_MINUTES: f64 = 10.0;
/// Longer counts as this much (section 7, short form only).
const TRUNCATED_MINUTES: f64 = 180.0;
/// The greatest score, MET-min/week: 180 min of each on 7 days.
pub(super) const MOST_MET_MINUTES: f64 = 19_278.0;

/// How active: the guidelines' three categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Category {
    Low,
    Moderate,
    High,
}

impl Category {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
        }
    }
}

/// Days a week and minutes a day of one activity.
#[derive(Debug, Clone, Copy)]
struct Activity {
    days: f64,
    minutes: f64,
}

/// MET-min/week and category from days and minutes of vigorous activity, moderate activity and walking.
///
/// Whoever does something on no day need not say for how long. Where days or minutes are not known otherwise, the
/// guidelines take the person out.
pub(super) fn ipaq(known: [Known; 6]) -> Result<(f64, Category), NoScore> {
    let [vigorous, moderate, walking] =
        [activity(known[0], known[1])?, activity(known[2], known[3])?, activity(known[4], known[5])?];
    if vigorous.minutes + moderate.minutes + walking.minutes > MOST_MINUTES_IN_ALL {
        return Err(NoScore::Implausible);
    }
    let done = [vigorous, moderate, walking].map(processed);
    let total = done.iter().zip(DECI_METS).map(|(a, mets)| mets * a.days * a.minutes).sum::<f64>() / 10.0;
    Ok((total, category(done, total)))
}

fn activity(days: Known, minutes: Known) -> Result<Activity, NoScore> {
    match (days, minutes) {
        (Known::Value(0.0), _) => Ok(Activity { days: 0.0, minutes: 0.0 }),
        (Known::Value(days), Known::Value(minutes)) => Ok(Activity { days, minutes }),
        _ => Err(NoScore::TooFewAnswered),
    }
}

fn processed(activity: Activity) -> Activity {
    if activity.minutes < LEAST_MINUTES {
        return Activity { days: 0.0, minutes: 0.0 };
    }
    Activity { days: activity.days, minutes: activity.minutes.min(TRUNCATED_MINUTES) }
}

fn category([vigorous, moderate, walking]: [Activity; 3], total: f64) -> Category {
    let days = vigorous.days + moderate.days + walking.days;
    if (vigorous.days >= 3.0 && total >= 1_500.0) || (days >= 7.0 && total >= 3_000.0) {
        return Category::High;
    }
    // Days of half an hour of moderate activity and of walking are added, as WHO's processing reads the guidelines.
    let half_hour = |a: Activity| if a.minutes >= 30.0 { a.days } else { 0.0 };
    let moderately = (vigorous.days >= 3.0 && vigorous.minutes >= 20.0)
        || half_hour(moderate) + half_hour(walking) >= 5.0
        || (days >= 5.0 && total >= 600.0);
    if moderately { Category::Moderate } else { Category::Low }
}
